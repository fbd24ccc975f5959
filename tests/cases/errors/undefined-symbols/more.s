.globl setup
.type setup, %function
setup:
    bl _defmt_acquire
    bl setpu
.size setup, . - setup

    .globl personality
    .type personality, @function
personality:
    ret

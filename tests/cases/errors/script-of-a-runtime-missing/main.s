.globl main
main: b main

.globl Reset
Reset: bl main

.data
.globl shared
shared: .quad 0

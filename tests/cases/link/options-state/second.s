    .globl from_second
from_second: .quad 0

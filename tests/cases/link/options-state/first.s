    .globl from_first
from_first: .quad from_second

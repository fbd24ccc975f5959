.globl f
f:
    .functype f (i32) -> ()
    end_function
.section .init_array,"",@
.p2align 2
.int32 f

.functype resize (i64) -> ()
.macro caller name
.section .text.\name,"",@
.globl \name
\name:
    .functype \name () -> ()
    i64.const 1
    call resize
    end_function
.endm
caller _start
caller second
caller third
caller fourth
caller fifth

.globl _start
_start:
    .functype _start () -> ()
    end_function

    .section .custom_section.target_features,"",@
    .int8 1
    .int8 43
    .int8 7
    .ascii "simd128"

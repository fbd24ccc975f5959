    .functype helper () -> ()
    .globl _start
_start:
    .functype _start () -> ()
    call helper
    end_function

    .section .custom_section.target_features,"",@
    .int8 3
    .int8 45
    .int8 7
    .ascii "simd128"
    .int8 45
    .int8 18
    .ascii "exception-handling"
    .int8 43
    .int8 15
    .ascii "mutable-globals"

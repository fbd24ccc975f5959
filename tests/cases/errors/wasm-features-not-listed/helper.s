    .globl helper
helper:
    .functype helper () -> ()
    end_function

    .section .custom_section.target_features,"",@
    .int8 2
    .int8 43
    .int8 7
    .ascii "simd128"
    .int8 43
    .int8 11
    .ascii "bulk-memory"

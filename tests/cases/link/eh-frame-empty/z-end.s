    .section .eh_frame, "a"
    .long 0

    .option relax
    .section .plain, "ax"
    call near
    tail near
    ret

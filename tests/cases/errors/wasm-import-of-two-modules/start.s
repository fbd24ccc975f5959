    .functype h () -> ()
    .import_module h, one
    .import_name h, h

    .section .text.f,"",@
    .globl f
    .type f,@function
f:
    .functype f () -> ()
    call h
    end_function

    .functype h () -> ()
    .import_module h, one
    .import_name h, k

    .section .text.g,"",@
    .globl g
    .type g,@function
g:
    .functype g () -> ()
    call h
    end_function

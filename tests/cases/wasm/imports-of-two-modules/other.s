    .functype h () -> ()
    .import_module h, two
    .import_name h, h

    .section .text.g,"",@
    .globl g
    .type g,@function
g:
    .functype g () -> ()
    call h
    end_function

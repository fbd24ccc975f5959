    .section .text.wanted,"",@
    .globl wanted
    .type wanted,@function
wanted:
    .functype wanted () -> ()
    end_function

    .section .custom_section.notes,"",@
    .ascii "here"

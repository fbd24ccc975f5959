    .functype gone0 () -> ()
    .functype gone1 () -> ()
    .functype gone2 () -> ()
    .functype gone3 () -> ()
    .functype gone4 () -> ()
    .functype gone5 () -> ()
    .functype gone6 () -> ()
    .functype gone7 () -> ()
    .functype gone8 () -> ()

    .section .text.start,"",@
    .globl start
start:
    .functype start () -> ()
    call gone0
    call gone1
    call gone2
    call gone3
    call gone4
    call gone5
    call gone6
    call gone7
    call gone8
    end_function

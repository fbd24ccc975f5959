.globl run
run:
    .functype draw () -> ()
    .functype run () -> ()
    call draw
    end_function

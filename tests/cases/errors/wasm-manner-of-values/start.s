.globl run
run:
    .functype run () -> ()
    end_function

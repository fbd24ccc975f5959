.globl f
f:
    .functype f () -> ()
    end_function

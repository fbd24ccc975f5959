    .globl helper
helper:
    .functype helper () -> ()
    end_function

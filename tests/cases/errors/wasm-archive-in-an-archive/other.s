.globl g
g:
    .functype g () -> ()
    end_function

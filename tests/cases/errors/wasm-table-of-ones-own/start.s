.globl __indirect_function_table
.tabletype __indirect_function_table, funcref
__indirect_function_table:
.globl f
f:
    .functype f () -> ()
    end_function

.globaltype count, i32
.globl count
count:
.globl f
f:
    .functype f () -> (i32)
    global.get count
    end_function

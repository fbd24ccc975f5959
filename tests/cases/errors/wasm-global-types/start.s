    .globaltype level, i64
    .globaltype __stack_pointer, f32
    .globl _start
_start:
    .functype _start () -> ()
    global.get level
    drop
    global.get __stack_pointer
    drop
    end_function

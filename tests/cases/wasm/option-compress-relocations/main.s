// --compress-relocations: numbers that relocations fill in take as few bytes as they can, even with -O0.
//# args: --no-entry --export=f -O0 --compress-relocations
//# shows: --compress-relocations
//# run: f(5) = 5
//# run: f(0) = 0
    .functype g (i32) -> (i32)

    .section .text.f,"",@
    .globl f
    .type f,@function
f:
    .functype f (i32) -> (i32)
    block
    local.get 0
    i32.eqz
    br_if 0
    local.get 0
    call g
    drop
    end_block
    local.get 0
    end_function

    .section .text.g,"",@
    .globl g
    .type g,@function
g:
    .functype g (i32) -> (i32)
    local.get 0
    i32.const 1
    i32.add
    end_function

// Equal strings are one, and a string that ends another is its tail.
//# args: --no-entry --export=same --export=tail --export=other -O2
//# run: same() = 0
//# run: other() = 98
//# compare: rust-lld

    .section .text.same,"",@
    .globl same
    .type same,@function
same:
    .functype same () -> (i32)
    i32.const first
    i32.const second
    i32.sub
    end_function

    .section .text.tail,"",@
    .globl tail
    .type tail,@function
tail:
    .functype tail () -> (i32)
    i32.const first
    i32.const end
    i32.sub
    end_function

    .section .text.other,"",@
    .globl other
    .type other,@function
other:
    .functype other () -> (i32)
    i32.const end
    i32.load8_u 0
    end_function

    .section .rodata.first,"S",@
    .type first,@object
first:
    .asciz "abab"
    .size first, 5

    .section .rodata.second,"S",@
    .type second,@object
second:
    .asciz "abab"
    .size second, 5

    .section .rodata.end,"S",@
    .type end,@object
end:
    .asciz "b"
    .size end, 2

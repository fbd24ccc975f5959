// How far something is from where the module is loaded: that cannot be said of what is not there.
//# rustc: -Ctarget-feature=+mutable-globals
//# args: --no-entry --export=get --export=call --unresolved-symbols=ignore-all
//# expect-error: `main.o` needs the relative address of `missing`
//# expect-error: `main.o` needs the relative address of `callback`
//# compare: rust-lld

    .globaltype __memory_base, i32, immutable
    .globaltype __table_base, i32, immutable
    .functype callback () -> ()
    .section .text.get,"",@
    .globl get
    .type get,@function
get:
    .functype get () -> (i32)
    global.get __memory_base
    i32.const missing@MBREL
    i32.add
    end_function
    .section .text.call,"",@
    .globl call
    .type call,@function
call:
    .functype call () -> (i32)
    global.get __table_base
    i32.const callback@TBREL
    i32.add
    end_function

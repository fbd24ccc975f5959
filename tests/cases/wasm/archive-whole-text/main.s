// With `--whole-archive` wasm-ld refuses whatever is no object; archives hold licences and lists, too.
//# archive: libx.a = b.o notes.txt
//# args: main.o --whole-archive libx.a --no-entry --export=run --export=b
//# present: b
//# refused: The file was not recognized as a valid object file
//# compare: rust-lld

    .section .text.run,"",@
    .globl run
    .type run,@function
run:
    .functype run () -> (i32)
    i32.const 1
    end_function

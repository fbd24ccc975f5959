// The format of these cases.
//
// A case is a folder. `main.s` (or `main.rs`) holds directives and is the first input; every other
// `.s` or `.rs` file becomes an object of its name, in the order of their names. Assembler is
// LLVM's for wasm (it goes through `global_asm!`, so no library of the target is needed); Rust is a
// crate without dependencies but `core`. All other files are copied beside the objects.
//
// `target` lists what to compile for; each is a test of its own. The default is wasm32-unknown-unknown.
//# target: wasm32-unknown-unknown, wasm32v1-none
//
// `args` are the linker's arguments. All objects that are in no archive stand in front of them,
// unless they name objects themselves. Names that end in .o .a .wasm .txt .map lie in the case's
// folder. `$std` stands for the target's libraries, `$lib/…` for files in the folder that they are
// in. Each link is done twice, with one thread and with eight, which must give the same bytes;
// each module must be valid.
//# args: --no-entry --export=run --export=table libx.a
//
// `shows: WORDS` says that something else comes out of the link without these words of `args`: the case is linked once
// more without them. `docs/linker-options.md` names such a case for each option.
//# shows: --export=table
//
// `rustc` adds compiler flags, for all sources or for one (`//# rustc: a.s: -Ctarget-cpu=mvp`); `--target=` makes an
// object for another machine.
//# rustc: -Cdebuginfo=0
//
// `archive` puts objects into an archive; `[no-index]` and `[thin]` are its variants. `first: NAME =
// ARGUMENTS` makes an input by a link of its own. `program: bin` (or `cdylib`) has rustc build
// `main.rs` with std; its command line for the linker is then the case's.
//# archive: libx.a = member.o
//
// Lists, complete and in order:
//# imports: function host.tell
//# exports: memory memory, function run, global table
//# memory: 2
//# tables: 2..2
//# segments: .data 0x10000+8
// and `tags`. `value` is that of an exported global, `bytes` the contents of a data segment or custom
// section, `start` the start function's name, `calls` what a function calls, in order.
//# value: table = 0x10000
//# bytes: .data = 01 00 00 00 2a 00 00 00
//# start: none
//# calls: run = tell helper
//
// `present` and `absent` are about names of functions, `custom` and `no-custom` about sections.
//# present: run helper
//# absent: dead
//# custom: target_features
//# no-custom: .debug_info
//
// `contains: FILE TEXT` looks into another file of the link, `prints` into the linker's standard
// output. `expect-error` and `expect-warning` are parts of messages; messages that are not expected
// make a case fail.
//
// `main.c` or `main.cpp` (c-*) is a program for WASI, compiled and linked as clang says; `clang` adds flags
// for it, `clang-below: 19` leaves the case out for newer compilers, `-emit-llvm` lets rustc's LLVM (component
// llvm-tools) make the object. `inspect` is a line of sh that looks at `$module` with LLVM's tools, of which
// `tools` lists what the case needs; `says` is part of what they print. Such sources include no files of the
// case's own: objects are kept by the text of the source.
//
// `run` makes calls in one instance, in order; `trap` and `none` are results too. An imported
// function returns its first argument. The engine is wasmi; with `engine: node` it is Node, where
// `workers: 3` starts so many threads on the same memory first, each of which makes the calls of
// `worker`; a module that imports from WASI is started there as a command, and `stdout` is what it
// prints.
//# run: run(5) = 47
//
// `compare: rust-lld` links with rust-lld and with `--compat=wasm-ld`, too: the bytes of these two
// must be the same, and our ordinary module must mean the same (src/wasm/relation.rs). `differs:
// bytes: WHY` excuses the former, `differs: meaning: WHY` the latter, `differs: run: WHY` says
// that rust-lld's module does not run like that. `lld-args` are for rust-lld alone. Both must give the same errors
// and warnings (their first lines) and print the same (`differs: words: WHY`, `differs: prints: WHY`). What we refuse
// both must refuse (`differs: refusal: WHY`); `refused: TEXT` begins an error of theirs, whatever we do otherwise.
//# compare: rust-lld

    .functype helper (i32) -> (i32)
    .functype tell (i32) -> (i32)
    .import_module tell, host
    .import_name tell, tell

    .section .text.run,"",@
    .globl run
    .type run,@function
run:
    .functype run (i32) -> (i32)
    local.get 0
    call tell
    call helper
    end_function

    .section .text.dead,"",@
    .globl dead
    .type dead,@function
dead:
    .functype dead () -> ()
    end_function

    .section .data.table,"",@
    .globl table
    .type table,@object
    .p2align 2
table:
    .int32 helper
    .int32 42
    .size table, 8

// The format of these cases.
//
// A case is a folder. `main.s` (or `main.rs`) holds directives and is the first input; every other
// `.s` or `.rs` file becomes an object of its name, in the order of their names. Assembler is
// AT&T's on x86. All other files are copied beside the objects.
//
// `target` lists what to assemble for; each is a test of its own.
//# target: aarch64-unknown-none, thumbv7m-none-eabi, x86_64-unknown-none
//
// `args` are the linker's arguments. All objects that are in no archive stand in front of them,
// unless they name objects themselves. Names that end in .o .a .x .ld .txt .map lie in the case's
// folder. `-L` to that folder, `-o` and `--threads` are always added, and each link is done twice:
// with one thread and with eight, which must give the same bytes.
//# args: -T link.x --gc-sections libx.a -Map=out.map
//
// `shows: WORDS` says that something else comes out of the link without these words of `args`: the case is linked once
// more without them. `docs/linker-options.md` names such a case for each option.
//# shows: --gc-sections
//# shows: -Map=out.map
//
// `rustc` adds compiler flags, for all sources or for one (`//# rustc: a.s: -C …`).
//# rustc: -Cdebuginfo=0
//
// `first` makes an input by a link of its own. rust-lld gets that file as well, and then one that it
// made itself: both must come to the same.
//# first: joined.o = -r main.o member.o
//
// `archive` puts objects into an archive; `[no-index]` and `[thin]` are its variants.
//# archive: libx.a = member.o
//
// `check` is a condition over the image; src/link/eval.rs lists what it knows.
//# check: entry == start && addr(.text) == 0x1000
//# check: u32(table) == helper & 0xffffffff
//# check: size(.data) == 8
//
// `present` and `absent` are about symbols; `sections` lists those that occupy memory, `segments`
// the program headers, both completely and in order.
//# present: start helper
//# absent: dead
//# no-section: .bss
//# sections: .text .data
//# segments: LOAD r-x, LOAD rw-, STACK rw-
//
// `bytes` is a section's whole contents, `string` what stands at an address up to its NUL.
//# string: table + 4 = abc
//
// `contains` looks into another file of the link (spaces count as one), `prints` into what the
// linker prints on standard output.
//# contains: out.map helper
//
// `expect-error` and `expect-warning` are parts of messages. Messages that are not expected make
// a case fail.
//
// `compare: rust-lld` links with rust-lld, too, and compares what the images mean. `differs` names
// what xsys does differently and why (src/link/oracle.rs); `lld-args` are for rust-lld alone. `map` names a map whose
// rows are compared, too.
//
// `run: 0` executes the image and expects that exit code, `stdout` what it prints, a line each.
// `machine: arm -M lm3s6965evb` runs it there, under `qemu-system-arm`, and not as a process.
// `program: std` leaves the whole build to rustc, with xsys as its linker.

    .section .text.start, "ax"
    .globl start
start:
    .long 0

    .section .data.table, "aw"
    .globl table
table:
    .long helper
    .asciz "abc"

    .section .text.dead, "ax"
    .globl dead
dead:
    .long 0

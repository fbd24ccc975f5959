// Boards with pages of 64 KB: ELF headers put into the first LOAD would lie over the boot block in
// front of the code. The script leaves no room for them, so no LOAD begins before a section; with
// `--nmagic`, which projects pass against it, nothing changes.
//# target: thumbv7m-none-eabi
//# args: -T link.x -z max-page-size=65536
//# check: addr(.text) == 0x10000100 && addr(.boot) == 0x10000000 && load(.text) == 0x10000100
//# check: offset(.text) & 0xffff == 0x100
//# segments: LOAD r-x, LOAD r--, STACK rw-
//# compare: rust-lld
    .section .boot, "a"
    .fill 256, 1, 0x5a
    .text
    .globl start
start: .long start

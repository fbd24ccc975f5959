// No script at all, as blog_os, hermit and their like: the built-in layout for a kernel that a loader
// starts from a note. Headers, notes and read-only data first, then code, then what is written, each
// on pages of its own. Runs under QEMU by its PVH note.
//# target: x86_64-unknown-none
//# args: -static --image-base=0x200000 -e start --gc-sections -z norelro
//# check: entry == start && addr(.note.Xen) >= 0x200000 && addr(.note.Xen) < 0x201000
//# check: addr(.text) / 4096 != addr(.rodata) / 4096 && addr(.data) / 4096 != addr(.text) / 4096
//# check: u32(addr(.note.Xen) + 16) == start && __bss_start == addr(.bss)
//# absent: unused
//# compare: rust-lld
//# machine: x86_64 -device isa-debug-exit,iobase=0xf4,iosize=4
//# run: 33
//# stdout: no script
    .section .note.Xen, "a", @note
    .p2align 2
    .long 4, 4, 18
    .asciz "Xen"
    .long start
    .code32
    .text
    .globl start
start:
    movl $stack, %esp
    movl $message, %esi
    movw $0x3f8, %dx
1:  lodsb
    testb %al, %al
    jz 2f
    outb %al, %dx
    jmp 1b
2:  movl value, %eax
    addl $__bss_start, %eax
    subl $__bss_start, %eax
    outl %eax, $0xf4
    hlt
    .section .text.unused, "ax"
unused: ret
    .section .rodata, "a"
message: .asciz "no script\n"
    .data
value: .long 16
    .bss
    .space 4096
stack:

// A kernel for a Multiboot 2 loader: its header within the first 32 KB of the file, everything from
// 1 MB on, sections on pages, bounds for the memory map. QEMU starts it by its PVH note instead.
//# target: x86_64-unknown-none
//# args: -T kernel.ld -z noexecstack --gc-sections
//# check: addr(.boot) == 0x100000 && mb2 == 0x100000 && offset(.boot) < 32768 && align(.boot) == 8
//# check: u32(mb2) == 0xe85250d6 && (u32(mb2) + u32(mb2 + 4) + u32(mb2 + 8) + u32(mb2 + 12)) & 0xffffffff == 0
//# check: addr(.text) % 4096 == 0 && addr(.rodata) % 4096 == 0 && addr(.data) % 4096 == 0
//# check: u32(bounds) == 0x100000 && u32(bounds + 4) == kernel_end && stack_top == addr(.bss) + 16384
//# segments: LOAD r--, LOAD r-x, LOAD r--, LOAD rw-, STACK rw-, NOTE r--
//# compare: rust-lld
//# machine: x86_64 -device isa-debug-exit,iobase=0xf4,iosize=4
//# run: 33
//# stdout: mb2
    .section .note.Xen, "a", @note
    .p2align 2
    .long 4, 4, 18
    .asciz "Xen"
    .long start
    .section .multiboot2, "a"
    .p2align 3
    .globl mb2
mb2:
    .long 0xe85250d6, 0, 24, 0x100000000 - 0xe85250d6 - 24
    .short 0, 0
    .long 8
    .code32
    .text
    .globl start
start:
    movl $stack_top, %esp
    movl $message, %esi
1:  lodsb
    testb %al, %al
    jz 3f
    movw $0x3f8, %dx
    outb %al, %dx
    jmp 1b
3:  movl bounds, %eax
    subl $0x100000 - 16, %eax
    outl %eax, $0xf4
    hlt
    .section .rodata, "a"
    .p2align 2
    .globl bounds
bounds: .long kernel_start, kernel_end
    .data
message: .asciz "mb2\n"
    .bss
    .p2align 4
    .space 16384
    .globl stack_top
stack_top:

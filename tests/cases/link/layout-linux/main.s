// The image of an AArch64 Linux kernel: linked for the upper half of the address space and loaded
// anywhere by its physical addresses. It begins with a header that is a DOS stub at the same time,
// whose sizes and offsets the script computes; initcalls by level, exception table sorted by name,
// per-CPU data, alternatives, an exit section that is thrown away, symbols with a prefix for the
// EFI stub. Runs: QEMU loads it by physical addresses.
//# target: aarch64-unknown-none
//# args: -T vmlinux.ld --gc-sections --no-rosegment
//# check: _text == 0xffff800008000000 && addr(.head.text) == _text && load(.head.text) == 0x40200000
//# check: u32(_text) == 0xfa405a4d && u64(_text + 16) == _end - _text && u64(_text + 24) == 0xa
//# check: u32(_text + 56) == 0x644d5241 && u32(_text + 60) == pe_header - _text
//# check: u64(initcalls) == first && u64(initcalls + 8) == driver_a && u64(initcalls + 16) == driver_b
//# check: u64(initcalls + 24) == late && __initcall_end - __initcall_start == 32
//# check: __initcall1_start == __initcall_start + 8 && __initcall7_start == __initcall_start + 24
//# check: __stop___ex_table - __start___ex_table == 16 && u32(__start___ex_table) == 1
//# check: u32(__start___ex_table + 8) == 2
//# check: __per_cpu_start % 64 == 0 && __per_cpu_end - __per_cpu_start == 80 && u64(__per_cpu_start) == 1
//# check: jiffies == jiffies_64 && __efistub_memcpy == own_memcpy
//# check: addr(.altinstructions) % 4 == 0 && _sinittext % 0x10000 == 0 && __init_end % 0x10000 == 0
//# check: load(.data) - addr(.data) & 0xffffffffffffffff == 0x40200000 - 0xffff800008000000 & 0xffffffffffffffff
//# absent: module_exit
//# segments: LOAD r-x, LOAD rw-, NOTE r--
//# compare: rust-lld
//# machine: aarch64 -M virt -cpu cortex-a53
//# run: 0
//# stdout: abcd
    .section .head.text, "ax"
    .globl _head
_head:
    ccmp x18, #0, #0xd, pl              // "MZ"
    b primary_entry
    .quad 0
    .quad _kernel_size_le
    .quad _kernel_flags_le
    .quad 0, 0, 0
    .ascii "ARMd"
    .long pe_header_offset
    .globl pe_header
pe_header:
    .ascii "PE\0\0"
    .section .init.text, "ax"
    .globl primary_entry
primary_entry:
    adr x19, initcalls                  // runs where it was loaded: all by distance
    adr x20, _head
    ldr x21, =_text
    sub x20, x20, x21                   // load address against link address
    mov x22, #4
1:  ldr x0, [x19], #8
    add x0, x0, x20
    blr x0
    subs x22, x22, #1
    b.ne 1b
    adr x1, ending
    mov w0, #0x20
    hlt #0xf000
    b .
    .macro call name, section, letter
    .text
    .globl \name
\name:
    mov w2, #\letter
    mov x1, #0x09000000
    strb w2, [x1]
    ret
    .section \section, "a"
    .quad \name
    .endm
    call late, .initcall7.init, 0x64
    call driver_b, .initcall6s.init, 0x63
    call driver_a, .initcall6.init, 0x62
    call first, .initcallearly.init, 0x61
    .text
    .globl own_memcpy
own_memcpy: ret
    .quad __efistub_memcpy, jiffies, banner, zeros
    .section .exit.text, "ax"
module_exit: ret
    .section __ex_table, "a"
    .long 1, 0
    .section __ex_table, "a"
    .long 2, 0
    .section .altinstructions, "a"
    .long 0, 0
    .section .init.data, "aw"
    .p2align 3
ending: .quad 0x20026, 0
    .section .data..percpu..first, "aw"
    .quad 1
    .section .data..percpu, "aw"
    .quad 2
    .section .data..percpu..shared_aligned, "aw"
    .p2align 6
    .quad 3, 4
    .section .rodata.banner, "a"
    .globl banner
banner: .asciz "Linux"
    .data
    .globl jiffies_64
    .p2align 3
jiffies_64: .quad 0
    .section .note.kernel, "a", @note
    .long 4, 4, 1
    .asciz "lnx"
    .long 6
    .bss
zeros:
    .space 100

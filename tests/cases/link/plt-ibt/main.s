// An image that is marked for IBT: both halves of a PLT entry begin where an indirect branch may land. The first call goes
// through the dynamic linker, the second one does not.
//# target: x86_64-unknown-none
//# first: libx.so = -shared lib.o -soname=libx.so
//# args: main.o libx.so --dynamic-linker=/lib64/ld-linux-x86-64.so.2 --rpath=. -z lazy
//# run: 42
//# check: size(.plt) == 16 + 2 * 32
//# check: u32(addr(.plt) + 16) == 0xfa1e0ff3 && u32(addr(.plt) + 32) == 0xfa1e0ff3 && u8(addr(.plt) + 36) == 0x68
//# check: u64(addr(.got.plt) + 24) == addr(.plt) + 32 && u64(addr(.got.plt) + 32) == addr(.plt) + 64
    .globl _start
_start:
    endbr64
    call other@PLT
    mov %eax, %ebx
    call f@PLT
    add %eax, %ebx
    call f@PLT
    lea (%rax,%rbx), %edi
    mov $60, %eax
    syscall
    .section .note.gnu.property, "a", @note
    .p2align 3
    .long 4, 16, 5
    .asciz "GNU"
    .long 0xc0000002, 4, 3, 0

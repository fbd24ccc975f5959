// Every form of a GOT load: `mov` becomes `lea`, calls and jumps direct, arithmetic takes the address as
// immediate. What has no known form, another addend or no promise keeps its slot.
//# target: x86_64-unknown-none
//# rustc: -Zrelax-elf-relocations=yes
//# args: -T link.x
//# compare: rust-lld
//# differs: section .got - a slot whose readers all have the address as immediate stays
//# differs: segments - that slot
//# check: s32(_start + 3) == target - _start - 7
    .globl _start, target
    .text
_start:
    mov target@GOTPCREL(%rip), %rax
    mov target@GOTPCREL(%rip), %r15
    mov target@GOTPCREL(%rip), %eax
    call *target@GOTPCREL(%rip)
    jmp *target@GOTPCREL(%rip)
    add target@GOTPCREL(%rip), %rax
    or target@GOTPCREL(%rip), %rcx
    adc target@GOTPCREL(%rip), %rdx
    sbb target@GOTPCREL(%rip), %rbx
    and target@GOTPCREL(%rip), %r8
    sub target@GOTPCREL(%rip), %r9
    xor target@GOTPCREL(%rip), %r15
    cmp target@GOTPCREL(%rip), %rdi
    test %rax, target@GOTPCREL(%rip)
    test %r12, target@GOTPCREL(%rip)
target:
    ret

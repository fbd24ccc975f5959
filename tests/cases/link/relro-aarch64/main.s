// Where pages may be larger than they usually are, what is protected ends at a usual page, as more may not be mapped there, and what follows is on the next large one. `-z now` protects the slots of IFUNCs, too.
//# target: aarch64-unknown-linux-musl
//# args: -static -z now
//# shows: -z now
//# sections: .rela.dyn .text .plt .data.rel.ro .got.plt .data
//# check: addr(.got.plt) > addr(.data.rel.ro) && addr(.got.plt) & 0xffff0000 == addr(.data.rel.ro) & 0xffff0000
//# check: addr(.data) == addr(.got.plt) + 0x10008
//# check: u64(__ehdr_start + 360) == addr(.data.rel.ro)
//# check: u64(__ehdr_start + 360) + u64(__ehdr_start + 384) == (addr(.got.plt) | 0xfff) + 1
//# segments: PHDR r--, LOAD r--, LOAD r-x, LOAD rw-, LOAD rw-, RELRO r--, STACK rw-
    .globl _start
_start: bl which
    adrp x0, __ehdr_start
    .globl which
    .type which, %gnu_indirect_function
which: ret
    .section .data.rel.ro, "aw"
    .globl constant
constant: .quad variable
    .data
    .globl variable
variable: .quad 0

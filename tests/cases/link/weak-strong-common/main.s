// A strong definition beats a weak one, and both beat common symbols; the largest common symbol
// counts, with the strictest alignment.
//# args: -T link.x
//# check: u64(addr(.data)) == picked && u64(picked) == 2
//# check: symsize(shared) == 32 && shared % 64 == 0
//# check: symsize(defined) == 8 && u64(defined) == 9
//# check: weak_undefined_slot == addr(.data) + 8 && u64(weak_undefined_slot) == 0
//# check: bind(picked) == 1 && type(.bss) == 8
//# compare: rust-lld
    .data
    .quad picked
    .weak nowhere
    .globl weak_undefined_slot
weak_undefined_slot:
    .quad nowhere
    .section .data.weak, "aw"
    .weak picked
picked: .quad 1
    .comm shared, 16, 64
    .comm defined, 4, 4

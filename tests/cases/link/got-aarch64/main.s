// GOT slots hold addresses; weak undefined symbols are 0; LD64_GOTPAGE_LO15 reaches from the page.
//# args: -T link.x --no-relax
//# shows: --no-relax
//# check: u64(addr(.got)) == target || u64(addr(.got) + 8) == target
//# check: size(.got) == 16
//# compare: rust-lld
//# lld-args: -z norelro
    .text
    .globl start, target
    .weak nothing
start:
    adrp x0, :got:target
    ldr x0, [x0, :got_lo12:target]
    adrp x1, :got:nothing
    ldr x1, [x1, :got_lo12:nothing]
target: ret

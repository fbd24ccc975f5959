// --wrap: undefined references go to __wrap_x, those to __real_x go to x.
//# args: -e start -Ttext=0x1000 --wrap=f
//# shows: --wrap=f
//# check: u64(slot) == __wrap_f && u64(slot + 8) == f && u64(slot2) == f
    .text
    .globl start, __wrap_f
start: ret
__wrap_f: ret
    .data
    .globl slot
slot: .quad f, __real_f

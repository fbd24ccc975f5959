//# target: x86_64-unknown-none
//# args: -e start -T link.x --no-demangle -Map=out.map
//# shows: --no-demangle
//# compare: rust-lld
//# map: out.map
//# contains: out.map _ZN3foo3barEi
    .text
    .globl start, _ZN3foo3barEi
start:
_ZN3foo3barEi: ret

// Maps show names of C++ and Rust as in the source, rust-lld's text; the last of both options counts.
//# target: x86_64-unknown-none
//# args: -e start -T link.x --no-demangle --demangle -Map=out.map
//# shows: --demangle
//# compare: rust-lld
//# map: out.map
//# contains: out.map foo::bar(int)
//# contains: out.map core::fmt::write::h0123456789abcdef
//# contains: out.map mycrate::run
    .text
    .globl start, _ZN3foo3barEi
start:
_ZN3foo3barEi: ret
_ZN4core3fmt5write17h0123456789abcdefE: ret
_RNvCs15kBYyAo9fc_7mycrate3run: ret

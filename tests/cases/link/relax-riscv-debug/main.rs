// Line tables, locations, unwind tables and symbol sizes of relaxed Rust code: the same bytes as
// rust-lld's.
//# target: riscv32imac-unknown-none-elf, riscv64gc-unknown-none-elf
//# rustc: -Ctarget-feature=+relax -Cdebuginfo=2 -Copt-level=1 -Cforce-unwind-tables=yes
//# args: -T link.x --relax-gp
//# compare: rust-lld
//# differs: section .debug_str - another order of strings
//# differs: contents .debug_info - offsets of those strings
//# check: size(.text) < 0x1c0
#![feature(no_core, auto_traits, lang_items, rustc_attrs)]
#![no_core]
#![crate_type = "lib"]
#![allow(internal_features)]

#[lang = "pointee_sized"]
pub trait PointeeSized {}
#[lang = "meta_sized"]
pub trait MetaSized: PointeeSized {}
#[lang = "sized"]
pub trait Sized: MetaSized {}
#[lang = "copy"]
pub trait Copy {}
#[lang = "freeze"]
pub unsafe auto trait Freeze {}
#[lang = "legacy_receiver"]
pub trait LegacyReceiver {}
impl Copy for u32 {}

unsafe extern "C" {
    fn sink(value: u32) -> u32;
}

#[inline(never)]
#[unsafe(no_mangle)]
pub extern "C" fn choose(which: u32) -> u32 {
    unsafe {
        match which {
            0 => sink(11),
            1 => sink(sink(5)),
            2 => sink(7),
            3 => sink(sink(sink(9))),
            4 => sink(100),
            5 => sink(sink(3)),
            6 => twice(sink(2)),
            _ => sink(77),
        }
    }
}

#[inline(never)]
#[unsafe(no_mangle)]
pub extern "C" fn twice(value: u32) -> u32 {
    unsafe {
        sink(value);
        sink(sink(value))
    }
}

#[unsafe(no_mangle)]
pub extern "C" fn start() -> u32 {
    choose(choose(3));
    twice(choose(4))
}

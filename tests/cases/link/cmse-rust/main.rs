// Entry functions as rustc compiles them.
//# target: thumbv8m.main-none-eabi, thumbv8m.base-none-eabi
//# args: main.o -T link.x --gc-sections --cmse-implib --out-implib=secure.o
//# shows: --out-implib=secure.o
//# check: add & ~1 == 0x10010000 && u32(add & ~1) == 0xe97fe97f && size(.gnu.sgstubs) == 8
//# present: __acle_se_add
//# absent: __thunk_add
//# compare: rust-lld
//# differs: contents .text - gaps are filled with jumps over them, not with traps
#![feature(no_core, lang_items, cmse_nonsecure_entry)]
#![no_core]
#[lang = "pointee_sized"]
trait PointeeSized {}
#[lang = "meta_sized"]
trait MetaSized: PointeeSized {}
#[lang = "sized"]
trait Sized: MetaSized {}
#[lang = "copy"]
trait Copy {}
impl Copy for u32 {}

#[unsafe(no_mangle)]
extern "C" fn reset() {}

#[unsafe(no_mangle)]
extern "cmse-nonsecure-entry" fn add(a: u32, _b: u32) -> u32 {
    a
}

// The compiler's own records, with code and data as it makes them.
//# target: thumbv7em-none-eabi, riscv32imac-unknown-none-elf, aarch64-unknown-none, x86_64-unknown-none
//# rustc: -Zemit-stack-sizes -Copt-level=1
//# args: -e _start --print-stack-usage --gc-sections
//# prints:  B  _start (entry point)
//# prints:  B  main::buffer
//# prints: plus unknown: 1 function is reached through pointers; the largest is `main::behind` (
//# absent: unused
#![feature(no_core, lang_items)]
#![no_core]
#[lang = "pointee_sized"]
trait PointeeSized {}
#[lang = "meta_sized"]
trait MetaSized: PointeeSized {}
#[lang = "sized"]
trait Sized: MetaSized {}
#[lang = "copy"]
trait Copy {}
impl Copy for u8 {}
#[lang = "sync"]
trait Sync {}
impl Sync for extern "C" fn() {}
#[lang = "freeze"]
trait Freeze {}
#[lang = "drop_in_place"]
unsafe fn drop_in_place<T: PointeeSized>(_: *mut T) {}

static POINTER: extern "C" fn() = behind;

unsafe extern "C" {
    fn fill(bytes: &[u8; 256]);
    fn take(pointer: &extern "C" fn());
}

#[inline(never)]
fn buffer(byte: u8) {
    unsafe { fill(&[byte; 256]) };
}

extern "C" fn behind() {
    buffer(1);
}

#[unsafe(no_mangle)]
extern "C" fn _start() {
    buffer(2);
    unsafe { take(&POINTER) };
}

#[unsafe(no_mangle)]
extern "C" fn unused() {
    buffer(3);
}

#![feature(no_core, lang_items)]
#![no_core]
#[lang = "pointee_sized"]
trait PointeeSized {}
#[lang = "meta_sized"]
trait MetaSized: PointeeSized {}
#[lang = "sized"]
trait Sized: MetaSized {}

#[unsafe(no_mangle)]
extern "C" fn fill(_bytes: &[u8; 256]) {}
#[unsafe(no_mangle)]
extern "C" fn take(_pointer: &extern "C" fn()) {}
// What the compiler calls to fill memory.
#[unsafe(no_mangle)]
extern "C" fn memset() {}
#[unsafe(no_mangle)]
extern "C" fn __aeabi_memset4() {}

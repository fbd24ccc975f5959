//! The checks that do not depend on the processor's peripherals.

use alloc::collections::BTreeMap;
use alloc::format;
use alloc::string::String;
use alloc::vec::Vec;
use core::fmt::Write;
use core::hint::black_box;

#[repr(align(64))]
struct Aligned([u32; 3]);

static mut WORDS: [u32; 4] = [0x5eed_0001, 2, 3, 0xffff_fffe];
static mut ZEROS: [u8; 301] = [0; 301];
static mut ALIGNED: Aligned = Aligned([7, 8, 9]);
static mut ALIGNED_ZERO: Aligned = Aligned([0; 3]);
static CONSTANT: &str = "text in flash";


pub fn memory(out: &mut impl Write) {
    let words = unsafe { (&raw const WORDS).read_volatile() };
    let sum = words.iter().fold(0_u32, |sum, word| sum.wrapping_add(*word));
    writeln!(out, "data: {:#x} sum {sum:#x}", words[0]).unwrap();
    let zeros = unsafe { (&raw const ZEROS).read_volatile() };
    let zero = zeros.iter().all(|byte| *byte == 0);
    let address = (&raw const ALIGNED) as usize | (&raw const ALIGNED_ZERO) as usize;
    let aligned = unsafe { (&raw const ALIGNED).read_volatile() };
    let empty = unsafe { (&raw const ALIGNED_ZERO).read_volatile() };
    let sum: u32 = aligned.0.iter().chain(&empty.0).sum();
    writeln!(out, "bss: {zero}, aligned: {} {sum}", address % 64 == 0).unwrap();
    writeln!(out, "rodata: {}", black_box(CONSTANT)).unwrap();
}

/// Runs in RAM and calls code in flash, far beyond a branch's reach.
#[unsafe(link_section = ".data.code_in_ram")]
#[inline(never)]
fn in_ram(value: u32) -> u32 {
    in_flash(value) + 1
}

#[inline(never)]
fn in_flash(value: u32) -> u32 {
    black_box(value) * 3
}

pub fn code_in_ram(out: &mut impl Write) {
    let place = in_ram as *const () as usize;
    let other = in_flash as *const () as usize;
    let far = place.abs_diff(other) > 0x0010_0000;
    let value = in_ram(black_box(13));
    writeln!(out, "code in ram: {value}, far: {far}").unwrap();
}

pub fn arithmetic(out: &mut impl Write) {
    let big = black_box(0x0123_4567_89ab_cdef_u64);
    let small = black_box(1_000_003_u64);
    writeln!(out, "u64: {} {}", big / small, big % small).unwrap();
    let signed = black_box(-9_876_543_210_123_i64);
    writeln!(out, "i64: {} {}", signed / 1_000, signed % 1_000).unwrap();
    let mut root = black_box(2.0_f32);
    for _ in 0..12 {
        root = (root + 2.0 / root) / 2.0;
    }
    let double = black_box(1.0e10_f64) / black_box(3.0);
    writeln!(out, "f32: {root:.5}, f64: {double:.4e}").unwrap();
}

/// Found by their section's name, wherever the linker puts it.
#[used]
#[unsafe(link_section = "registry")]
static FIRST: [u32; 2] = [1, 10];
#[used]
#[unsafe(link_section = "registry")]
static SECOND: [u32; 2] = [2, 20];

unsafe extern "C" {
    static __start_registry: [u32; 2];
    static __stop_registry: [u32; 2];
}

pub fn registry(out: &mut impl Write) {
    let start = &raw const __start_registry;
    let count = unsafe { (&raw const __stop_registry).offset_from(start) };
    let entries = unsafe { core::slice::from_raw_parts(start, count as usize) };
    let sum: u32 = entries.iter().map(|[key, value]| key * value).sum();
    writeln!(out, "registry: {count} entries, {sum}").unwrap();
}

pub fn heap(out: &mut impl Write) {
    let mut map = BTreeMap::new();
    for number in 0..12_u32 {
        map.insert(number * 7 % 12, format!("{number}"));
    }
    let joined: Vec<&str> = map.values().map(String::as_str).collect();
    writeln!(out, "heap: {}", joined.join(" ")).unwrap();
}

#[inline(never)]
fn name(code: u32) -> &'static str {
    match code {
        0 => "zero",
        1 => "one",
        2 => "two",
        3 => "three",
        4 => "four",
        5 => "five",
        6 => "six",
        _ => "many",
    }
}

/// A match that becomes a table.
pub fn jump_table(out: &mut impl Write) {
    let [a, b, c, d, e] = [6, 1, 0, 9, 3].map(|code| name(black_box(code)));
    writeln!(out, "names: {a} {b} {c} {d} {e}").unwrap();
}

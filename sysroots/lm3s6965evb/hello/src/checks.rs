//! The checks: each says what it saw, or what is wrong.

use alloc::boxed::Box;
use alloc::collections::BTreeMap;
use alloc::format;
use alloc::string::String;
use alloc::vec::Vec;
use core::hint::black_box;
use core::sync::atomic::{AtomicU32, Ordering};

use cortex_m::Peripherals;
use cortex_m::peripheral::syst::SystClkSource;

type Outcome = Result<String, String>;
type Check = (&'static str, fn() -> Outcome);

/// Names and checks, in the order they run.
pub const ALL: &[Check] = &[
    ("memory", memory),
    ("vec", vec),
    ("string", string),
    ("btree map", btree_map),
    ("trait objects", trait_objects),
    ("64-bit and floating point", arithmetic),
    ("timer interrupt", timer),
];

fn expect(condition: bool, detail: String) -> Outcome {
    if condition { Ok(detail) } else { Err(detail) }
}

static INITIALISED: AtomicU32 = AtomicU32::new(0x5eed_1234);
static CLEARED: AtomicU32 = AtomicU32::new(0);

/// The start code copied `.data` from flash and cleared `.bss`.
fn memory() -> Outcome {
    // Through `black_box`, or the compiler makes constants of two variables nobody changes.
    let data = black_box(&INITIALISED).load(Ordering::Relaxed);
    let bss = black_box(&CLEARED).load(Ordering::Relaxed);
    expect(
        (data, bss) == (0x5eed_1234, 0),
        format!("{data:#x}, {bss:#x}"),
    )
}

fn vec() -> Outcome {
    let mut primes: Vec<u32> = Vec::new();
    let mut n = 2;
    while primes.len() < 100 {
        if primes
            .iter()
            .take_while(|&&p| p * p <= n)
            .all(|p| !n.is_multiple_of(*p))
        {
            primes.push(n);
        }
        n += 1;
    }
    let last = primes.last().copied().unwrap_or(0);
    expect(
        last == 541,
        format!("prime number {} is {last}", primes.len()),
    )
}

fn string() -> Outcome {
    let words = ["bare", "metal", "strings", "grow"];
    let mut text = String::new();
    for (n, word) in words.iter().enumerate() {
        text.push_str(&format!("{n}:{word} "));
    }
    let text = text.trim_end().to_uppercase();
    expect(text == "0:BARE 1:METAL 2:STRINGS 3:GROW", text)
}

fn btree_map() -> Outcome {
    let mut map = BTreeMap::new();
    for n in 0..200u32 {
        map.insert(n.wrapping_mul(7919) % 211, n);
    }
    for key in 0..100 {
        map.remove(&key);
    }
    let sorted = map.keys().zip(map.keys().skip(1)).all(|(a, b)| a < b);
    let sum: u32 = map.keys().sum();
    let expected: u32 = (0..200u32)
        .map(|n| n.wrapping_mul(7919) % 211)
        .filter(|key| *key >= 100)
        .sum();
    expect(
        sorted && sum == expected,
        format!("{} keys, sum {sum}", map.len()),
    )
}

trait Shape {
    fn area(&self) -> u32;
}

struct Square(u32);
struct Rectangle(u32, u32);

impl Shape for Square {
    fn area(&self) -> u32 {
        self.0 * self.0
    }
}

impl Shape for Rectangle {
    fn area(&self) -> u32 {
        self.0 * self.1
    }
}

/// Calls through tables of function addresses in flash.
fn trait_objects() -> Outcome {
    let shapes: Vec<Box<dyn Shape>> = Vec::from([
        Box::new(Square(black_box(7))) as Box<dyn Shape>,
        Box::new(Rectangle(black_box(3), black_box(5))),
    ]);
    let area: u32 = shapes.iter().map(|shape| shape.area()).sum();
    expect(area == 64, format!("area {area}"))
}

/// A Cortex-M3 has neither: both come from compiler_builtins.
fn arithmetic() -> Outcome {
    let quotient = black_box(0x1234_5678_9abc_def0u64) / black_box(1_000_003);
    let product = black_box(1.5f64) * black_box(2.25);
    expect(
        quotient == 1_311_764_532_170 && product == 3.375,
        format!("{quotient}, {product}"),
    )
}

static TICKS: AtomicU32 = AtomicU32::new(0);

/// Called by the timer's interrupt.
pub fn tick() {
    TICKS.fetch_add(1, Ordering::SeqCst);
}

/// The vector table is where the processor looks for it.
fn timer() -> Outcome {
    let mut timer = Peripherals::take().ok_or("the peripherals are taken")?.SYST;
    timer.set_reload(10_000);
    timer.set_clock_source(SystClkSource::Core);
    timer.clear_current();
    timer.enable_interrupt();
    timer.enable_counter();
    while TICKS.load(Ordering::SeqCst) < 3 {
        cortex_m::asm::wfi();
    }
    timer.disable_counter();
    timer.disable_interrupt();
    Ok(String::from("3 ticks"))
}

//! The checks: each exercises something that a linker or a compiler can get wrong here.

use core::fmt::Write;
use core::hint::black_box;
use core::sync::atomic::{AtomicU8, AtomicU16, Ordering};

use avr_device::atmega328p::TC1;

type Check = (&'static str, fn() -> bool);

/// Names and checks, in the order they run.
pub const ALL: &[Check] = &[
    ("memory", memory),
    ("arithmetic", arithmetic),
    ("trait objects", trait_objects),
    ("formatting", formatting),
    ("timer interrupt", timer),
];

static INITIALISED: AtomicU16 = AtomicU16::new(0x5eed);
static CLEARED: AtomicU16 = AtomicU16::new(0);

/// The start code copied `.data` from flash and cleared `.bss`.
fn memory() -> bool {
    // Through `black_box`, or the compiler makes constants of two variables nobody changes.
    let data = black_box(&INITIALISED).load(Ordering::Relaxed);
    let bss = black_box(&CLEARED).load(Ordering::Relaxed);
    (data, bss) == (0x5eed, 0)
}

/// Wide numbers and floating point are functions of compiler_builtins.
pub fn arithmetic() -> bool {
    let product = black_box(123_457u32) * black_box(31_337);
    let quotient = black_box(0x1234_5678_9abc_def0u64) / black_box(1_000_003);
    let signed = black_box(-1_000_000i32) / black_box(7) * 7 + black_box(-1_000_000) % 7;
    let shifted = black_box(0x8000_0001u32) >> black_box(13u8);
    let float = black_box(1.5f32) * black_box(2.25) + black_box(0.125);
    product == 3_868_772_009
        && quotient == 1_311_764_532_170
        && signed == -1_000_000
        && shifted == 0x4_0000
        && float == 3.5
}

trait Shape {
    fn area(&self) -> u16;
}

struct Square(u16);
struct Rectangle(u16, u16);

impl Shape for Square {
    fn area(&self) -> u16 {
        self.0 * self.0
    }
}

impl Shape for Rectangle {
    fn area(&self) -> u16 {
        self.0 * self.1
    }
}

/// Calls through tables in RAM whose entries are word addresses in flash.
fn trait_objects() -> bool {
    let shapes: [&dyn Shape; 2] = [&Square(black_box(7)), &Rectangle(black_box(3), black_box(5))];
    shapes.iter().map(|shape| shape.area()).sum::<u16>() == 64
}

/// A text buffer without a heap.
struct Line {
    bytes: [u8; 40],
    used: usize,
}

impl Write for Line {
    fn write_str(&mut self, text: &str) -> core::fmt::Result {
        let end = self.used + text.len();
        let room = self.bytes.get_mut(self.used..end).ok_or(core::fmt::Error)?;
        room.copy_from_slice(text.as_bytes());
        self.used = end;
        Ok(())
    }
}

fn formatting() -> bool {
    let mut line = Line {
        bytes: [0; 40],
        used: 0,
    };
    let values = black_box((-42i16, 0xbeefu16, "x", Some(7u8)));
    let written = write!(line, "{:+} {:#06x} {:>3} {:?}", values.0, values.1, values.2, values.3);
    written.is_ok() && line.bytes.starts_with(b"-42 0xbeef   x Some(7)\0")
}

static TICKS: AtomicU8 = AtomicU8::new(0);

/// A tick every 4 ms: 65,536 steps at 16 MHz.
pub fn start_timer(timer: &TC1) {
    timer.tccr1b.write(|w| w.cs1().direct());
    timer.timsk1.write(|w| w.toie1().set_bit());
}

#[avr_device::interrupt(atmega328p)]
fn TIMER1_OVF() {
    // A load and a store: nobody else writes.
    TICKS.store(TICKS.load(Ordering::Relaxed).wrapping_add(1), Ordering::Relaxed);
}

/// Interrupts reach their handlers and return.
pub fn timer() -> bool {
    let start = TICKS.load(Ordering::Relaxed);
    while TICKS.load(Ordering::Relaxed).wrapping_sub(start) < 3 {
        core::hint::spin_loop();
    }
    true
}

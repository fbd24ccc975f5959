//! The checks.

use core::fmt::Write as _;
use core::hint::black_box;
use core::sync::atomic::{AtomicU32, Ordering};

use riscv::interrupt::Interrupt;
use riscv_rt::core_interrupt;

use crate::machine;

type Check = (&'static str, fn() -> bool);

/// Names and checks, in the order they run.
pub const ALL: &[Check] = &[
    ("initialised memory", memory),
    ("atomics", atomics),
    ("multiplication and division", arithmetic),
    ("floating point by software", floating_point),
    ("sha256", sha256_of_abc),
    ("formatting", formatting),
    ("timer interrupt", timer),
];

static INITIALISED: AtomicU32 = AtomicU32::new(0x5eed_1234);
static CLEARED: AtomicU32 = AtomicU32::new(0);

/// The start code copied `.data` and cleared `.bss`.
fn memory() -> bool {
    // Through `black_box`, or the compiler makes constants of two variables nobody changes.
    let data = black_box(&INITIALISED).load(Ordering::Relaxed);
    let bss = black_box(&CLEARED).load(Ordering::Relaxed);
    (data, bss) == (0x5eed_1234, 0)
}

/// The A extension.
fn atomics() -> bool {
    static COUNTER: AtomicU32 = AtomicU32::new(5);
    let counter = black_box(&COUNTER);
    counter.fetch_add(10, Ordering::SeqCst) == 5
        && counter.swap(40, Ordering::AcqRel) == 15
        && counter.compare_exchange(40, 2, Ordering::SeqCst, Ordering::Relaxed) == Ok(40)
        && counter.fetch_or(8, Ordering::Relaxed) == 2
        && counter.load(Ordering::Acquire) == 10
}

/// The M extension, and 64-bit division, which comes from compiler_builtins.
fn arithmetic() -> bool {
    let (a, b) = (black_box(0x1234_5678_9abc_def0u64), black_box(1_000_003u64));
    let (c, d) = (black_box(-1_000_000i32), black_box(7i32));
    a / b == 1_311_764_532_170
        && (a / b) * b + a % b == a
        && (c / d, c % d) == (-142_857, -1)
        && c.checked_mul(10_000).is_none()
}

/// An RV32IMAC has no floating point unit.
fn floating_point() -> bool {
    let sum: f64 = (1..=black_box(1000u32))
        .map(|n| 1.0 / f64::from(n * n))
        .sum();
    (sum - 1.643_934_566_681_56).abs() < 1e-12
}

fn sha256_of_abc() -> bool {
    sha256_one_block(black_box(b"abc"))
        == [
            0xba78_16bf,
            0x8f01_cfea,
            0x4141_40de,
            0x5dae_2223,
            0xb003_61a3,
            0x9617_7a9c,
            0xb410_ff61,
            0xf200_15ad,
        ]
}

/// SHA-256 (FIPS 180-4) of at most 55 bytes.
fn sha256_one_block(message: &[u8]) -> [u32; 8] {
    // The first 32 bits of the fractional parts of the cube and square roots of the first primes.
    const K: [u32; 64] = [
        0x428a2f98, 0x71374491, 0xb5c0fbcf, 0xe9b5dba5, 0x3956c25b, 0x59f111f1, 0x923f82a4,
        0xab1c5ed5, 0xd807aa98, 0x12835b01, 0x243185be, 0x550c7dc3, 0x72be5d74, 0x80deb1fe,
        0x9bdc06a7, 0xc19bf174, 0xe49b69c1, 0xefbe4786, 0x0fc19dc6, 0x240ca1cc, 0x2de92c6f,
        0x4a7484aa, 0x5cb0a9dc, 0x76f988da, 0x983e5152, 0xa831c66d, 0xb00327c8, 0xbf597fc7,
        0xc6e00bf3, 0xd5a79147, 0x06ca6351, 0x14292967, 0x27b70a85, 0x2e1b2138, 0x4d2c6dfc,
        0x53380d13, 0x650a7354, 0x766a0abb, 0x81c2c92e, 0x92722c85, 0xa2bfe8a1, 0xa81a664b,
        0xc24b8b70, 0xc76c51a3, 0xd192e819, 0xd6990624, 0xf40e3585, 0x106aa070, 0x19a4c116,
        0x1e376c08, 0x2748774c, 0x34b0bcb5, 0x391c0cb3, 0x4ed8aa4a, 0x5b9cca4f, 0x682e6ff3,
        0x748f82ee, 0x78a5636f, 0x84c87814, 0x8cc70208, 0x90befffa, 0xa4506ceb, 0xbef9a3f7,
        0xc67178f2,
    ];
    let start: [u32; 8] = [
        0x6a09e667, 0xbb67ae85, 0x3c6ef372, 0xa54ff53a, 0x510e527f, 0x9b05688c, 0x1f83d9ab,
        0x5be0cd19,
    ];

    let mut block = [0; 64];
    block[..message.len()].copy_from_slice(message);
    block[message.len()] = 0x80;
    block[56..].copy_from_slice(&(message.len() as u64 * 8).to_be_bytes());

    let mut w = [0; 64];
    for (word, bytes) in w.iter_mut().zip(block.chunks_exact(4)) {
        *word = u32::from_be_bytes([bytes[0], bytes[1], bytes[2], bytes[3]]);
    }
    for i in 16..64 {
        let (x, y) = (w[i - 15], w[i - 2]);
        let s0 = x.rotate_right(7) ^ x.rotate_right(18) ^ (x >> 3);
        let s1 = y.rotate_right(17) ^ y.rotate_right(19) ^ (y >> 10);
        w[i] = s1
            .wrapping_add(w[i - 7])
            .wrapping_add(s0)
            .wrapping_add(w[i - 16]);
    }

    let [mut a, mut b, mut c, mut d, mut e, mut f, mut g, mut h] = start;
    for i in 0..64 {
        let s1 = e.rotate_right(6) ^ e.rotate_right(11) ^ e.rotate_right(25);
        let choice = (e & f) ^ (!e & g);
        let t1 = h
            .wrapping_add(s1)
            .wrapping_add(choice)
            .wrapping_add(K[i])
            .wrapping_add(w[i]);
        let s0 = a.rotate_right(2) ^ a.rotate_right(13) ^ a.rotate_right(22);
        let majority = (a & b) ^ (a & c) ^ (b & c);
        (h, g, f, e) = (g, f, e, d.wrapping_add(t1));
        (d, c, b, a) = (c, b, a, t1.wrapping_add(s0).wrapping_add(majority));
    }
    let end = [a, b, c, d, e, f, g, h];
    core::array::from_fn(|i| start[i].wrapping_add(end[i]))
}

/// A text buffer without a heap.
struct Line {
    bytes: [u8; 64],
    used: usize,
}

impl core::fmt::Write for Line {
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
        bytes: [0; 64],
        used: 0,
    };
    let values = black_box((-42i32, 0xbeefu16, 2.5f32, "x", Some('é')));
    let written = write!(
        line,
        "{:+} {:#010x} {:.2} {:>3} {:?}",
        values.0, values.1, values.2, values.3, values.4
    );
    let text = "-42 0x0000beef 2.50   x Some('é')";
    let too_long = write!(line, "{:>64}", "");
    written.is_ok() && too_long.is_err() && line.bytes[..line.used].starts_with(text.as_bytes())
}

/// A tick every 100 µs.
const PERIOD: u64 = 1000;

static TICKS: AtomicU32 = AtomicU32::new(0);

#[core_interrupt(Interrupt::MachineTimer)]
fn tick() {
    TICKS.fetch_add(1, Ordering::SeqCst);
    machine::alarm(machine::time() + PERIOD);
}

/// Traps reach their handlers and return.
fn timer() -> bool {
    let start = machine::time();
    machine::alarm(start + PERIOD);
    // SAFETY: the handler touches nothing but an atomic and the timer.
    unsafe {
        riscv::register::mie::set_mtimer();
        riscv::interrupt::enable();
    }
    while TICKS.load(Ordering::SeqCst) < 3 {
        riscv::asm::wfi();
    }
    riscv::interrupt::disable();
    machine::time() - start >= 3 * PERIOD
}

//! Raspberry Pi 2 without an operating system: starts, looks around, checks itself, ends.
//!
//! The output comes out of the serial port on GPIO 14 and 15 (115200 baud, 8N1). On a real Pi the
//! program then waits for the power to go; under QEMU it ends with the number of failed checks.

#![no_std]
// Tests have an entry and a panic handler of their own.
#![cfg_attr(not(test), no_main)]

mod boot;
mod exception;
mod mailbox;
mod semihosting;
mod serial;

use core::hint::black_box;
use core::ptr::addr_of;
use core::sync::atomic::{AtomicU32, Ordering};

use serial::println;

/// Lives in `.data`: has this value only if the start code copied it from the image.
static INITIALISED: AtomicU32 = AtomicU32::new(0x5eed_1234);
/// Lives in `.bss`: zero only if the start code cleared it.
static CLEARED: AtomicU32 = AtomicU32::new(0);

unsafe extern "C" {
    static _start: u8;
    static __image_end: u8;
}

/// The start code comes here, on core 0, with a stack and with memory set up.
fn main() -> ! {
    serial::init();
    println!(
        "hello from core {} in mode {:#x}",
        boot::core_id(),
        boot::mode()
    );

    let mut checks = Checks { done: 0, failed: 0 };

    // Through `black_box`, or the compiler makes constants of two variables nobody changes.
    let data = black_box(&INITIALISED).load(Ordering::Relaxed);
    checks.check("data", data == 0x5eed_1234, format_args!("{data:#x}"));
    let bss = black_box(&CLEARED).load(Ordering::Relaxed);
    checks.check("bss", bss == 0, format_args!("{bss:#x}"));

    let mut table = [0; 256];
    crc32_table(&mut table);
    let known = crc32(&table, black_box(b"123456789"));
    checks.check("crc32", known == 0xcbf4_3926, format_args!("{known:#010x}"));

    let (start, end) = (addr_of!(_start) as usize, addr_of!(__image_end) as usize);
    // SAFETY: the linker script puts the whole image between these two symbols, and nothing
    // writes there: `.data` is used at its copy.
    let image = unsafe { core::slice::from_raw_parts(start as *const u8, end - start) };
    checks.check(
        "image",
        start == 0x8000 && !image.is_empty(),
        format_args!(
            "{} bytes at {start:#x}, crc32 {:#010x}",
            image.len(),
            crc32(&table, image)
        ),
    );

    let primes = count_primes();
    checks.check(
        "primes below 10000",
        primes == 1229,
        format_args!("{primes}"),
    );

    let mean = mean_of_roots(black_box(100));
    checks.check(
        "floating point",
        (mean - 6.7146).abs() < 1e-3,
        format_args!("{mean:.4}"),
    );

    match mailbox::board_revision() {
        Some(revision) => {
            checks.check(
                "board revision",
                revision != 0,
                format_args!("{revision:#x}"),
            );
        }
        None => checks.check("board revision", false, format_args!("no answer")),
    }

    println!("{} checks, {} failed", checks.done, checks.failed);
    semihosting::exit(checks.failed)
}

struct Checks {
    done: u32,
    failed: u32,
}

impl Checks {
    fn check(&mut self, name: &str, passed: bool, detail: core::fmt::Arguments<'_>) {
        self.done += 1;
        self.failed += u32::from(!passed);
        println!("{} {name}: {detail}", if passed { "ok  " } else { "FAIL" });
    }
}

/// CRC-32 as in zip and Ethernet, a table entry per byte value.
fn crc32_table(table: &mut [u32; 256]) {
    for (byte, entry) in (0u32..).zip(table.iter_mut()) {
        *entry = (0..8).fold(byte, |crc, _| {
            let shifted = crc >> 1;
            if crc & 1 == 1 {
                shifted ^ 0xedb8_8320
            } else {
                shifted
            }
        });
    }
}

fn crc32(table: &[u32; 256], bytes: &[u8]) -> u32 {
    !bytes.iter().fold(!0, |crc, byte| {
        table[usize::from(crc as u8 ^ byte)] ^ (crc >> 8)
    })
}

/// The sieve of Eratosthenes.
fn count_primes() -> usize {
    let mut composite = [false; 10_000];
    for n in 2..100 {
        if !composite[n] {
            for multiple in (n * n..composite.len()).step_by(n) {
                composite[multiple] = true;
            }
        }
    }
    composite
        .iter()
        .skip(2)
        .filter(|composite| !**composite)
        .count()
}

/// The mean of the square roots of 1 to `n`, by Newton's method: core has no `sqrt`.
fn mean_of_roots(n: u32) -> f64 {
    let sum: f64 = (1..=n)
        .map(f64::from)
        .map(|x| (0..20).fold(x, |root, _| (root + x / root) / 2.0))
        .sum();
    sum / f64::from(n)
}

#[cfg(not(test))]
#[panic_handler]
fn panic(info: &core::panic::PanicInfo<'_>) -> ! {
    println!("{info}");
    semihosting::exit(101)
}

/// `xsys test` runs each test on a machine of its own.
#[cfg(test)]
mod tests {
    use super::*;

    /// Called first.
    #[unsafe(no_mangle)]
    fn xsys_test_init() {
        serial::init();
    }

    /// How tests are told what happens.
    #[unsafe(no_mangle)]
    fn xsys_test_print(text: &str) {
        use core::fmt::Write as _;
        // The port never reports an error.
        let _ = serial::Serial.write_str(text);
    }

    #[test]
    fn counts_primes() {
        assert_eq!(count_primes(), 1229);
    }

    #[test]
    fn the_crc_is_known() {
        let mut table = [0; 256];
        crc32_table(&mut table);
        assert_eq!(crc32(&table, b"123456789"), 0xcbf4_3926);
    }
}

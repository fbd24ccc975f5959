//! An ESP32-C3 that toggles a pin: code in flash and RAM, functions of the ROM.

#![no_std]
#![no_main]

use core::sync::atomic::{AtomicU32, Ordering};

use esp_hal::gpio::{Level, Output, OutputConfig};
use esp_hal::{main, ram};

static ROUNDS: AtomicU32 = AtomicU32::new(0x5eed_0001);

#[ram]
fn count() -> u32 {
    // No atomic instructions: one core, and no interrupt counts.
    let rounds = ROUNDS.load(Ordering::Relaxed);
    ROUNDS.store(rounds.wrapping_add(1), Ordering::Relaxed);
    rounds
}

#[panic_handler]
fn panic(_: &core::panic::PanicInfo) -> ! {
    loop {}
}

#[main]
fn main() -> ! {
    let chip = esp_hal::init(esp_hal::Config::default());
    let mut led = Output::new(chip.GPIO7, Level::Low, OutputConfig::default());
    loop {
        if count() % 1000 == 0 {
            led.toggle();
        }
    }
}

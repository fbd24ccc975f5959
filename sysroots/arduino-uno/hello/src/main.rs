//! An Arduino Uno without a runtime of its own: serial port, timer interrupt, formatting, arithmetic
//! that the processor cannot do itself.
//!
//! The output comes out of the serial port. The last line tells whether all checks passed; it ends
//! the emulator, as an ATmega cannot switch itself off.

#![no_std]
// Tests have an entry and a panic handler of their own.
#![cfg_attr(not(test), no_main)]
#![feature(abi_avr_interrupt)]

mod checks;
mod serial;

use avr_device::atmega328p::Peripherals;
use serial::println;

#[cfg_attr(not(test), avr_device::entry)]
fn main() -> ! {
    let Some(peripherals) = Peripherals::take() else {
        println!("FAIL the peripherals are taken");
        stop(false)
    };
    serial::open(&peripherals.USART0);
    checks::start_timer(&peripherals.TC1);
    // SAFETY: nothing relies on interrupts being off.
    unsafe { avr_device::interrupt::enable() };

    println!("hello from an ATmega328P");
    let mut failed = 0u8;
    for (name, check) in checks::ALL {
        let passed = check();
        failed += u8::from(!passed);
        println!("{} {name}", if passed { "ok  " } else { "FAIL" });
    }
    println!("{} checks, {failed} failed", checks::ALL.len());
    stop(failed == 0)
}

/// Says how it went; nothing is left to do then.
fn stop(passed: bool) -> ! {
    println!("{}", if passed { "passed" } else { "failed" });
    avr_device::interrupt::disable();
    loop {
        avr_device::asm::sleep();
    }
}

#[cfg(not(test))]
#[panic_handler]
fn panic(info: &core::panic::PanicInfo<'_>) -> ! {
    avr_device::interrupt::disable();
    // The message would need tables of Unicode in RAM; the place is enough.
    match info.location() {
        Some(place) => println!("FAIL panic in line {}", place.line()),
        None => println!("FAIL panic"),
    }
    stop(false)
}

/// `xsys test` runs each test on a machine of its own.
#[cfg(test)]
mod tests {
    use super::*;

    /// Called first.
    #[unsafe(no_mangle)]
    fn xsys_test_init() {
        if let Some(peripherals) = Peripherals::take() {
            serial::open(&peripherals.USART0);
            checks::start_timer(&peripherals.TC1);
        }
        // SAFETY: nothing relies on interrupts being off.
        unsafe { avr_device::interrupt::enable() };
    }

    /// How tests are told what happens.
    #[unsafe(no_mangle)]
    fn xsys_test_print(text: &str) {
        use core::fmt::Write as _;
        // The port never reports an error.
        let _ = serial::Serial.write_str(text);
    }

    // Not all checks in one program: with what they format it would fill the memory.
    #[test]
    fn arithmetic() {
        assert!(checks::arithmetic());
    }

    #[test]
    fn interrupts() {
        assert!(checks::timer());
    }
}

//! An Arduino Uno without a runtime of its own: serial port, timer interrupt, formatting, arithmetic
//! that the processor cannot do itself.
//!
//! The output comes out of the serial port. The last line tells whether all checks passed; it ends
//! the emulator, as an ATmega cannot switch itself off.

#![no_std]
#![no_main]
#![feature(abi_avr_interrupt)]

mod checks;
mod serial;

use core::panic::PanicInfo;

use avr_device::atmega328p::Peripherals;
use serial::println;

#[avr_device::entry]
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

#[panic_handler]
fn panic(info: &PanicInfo<'_>) -> ! {
    avr_device::interrupt::disable();
    // The message would need tables of Unicode in RAM; the place is enough.
    match info.location() {
        Some(place) => println!("FAIL panic in line {}", place.line()),
        None => println!("FAIL panic"),
    }
    stop(false)
}

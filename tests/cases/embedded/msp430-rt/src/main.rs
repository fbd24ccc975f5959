//! A program for msp430-rt: initialised and cleared variables, arithmetic that the processor lacks.

#![no_main]
#![no_std]

use core::ptr::{read_volatile, write_volatile};

use msp430_rt::entry;
use panic_msp430 as _;

static mut COUNT: u16 = 0x1234;
static mut RATIO: u32 = 0;

#[entry]
fn main() -> ! {
    loop {
        // SAFETY: there are no interrupts, so that nobody else looks at the variables.
        unsafe {
            let count = read_volatile(&raw const COUNT);
            write_volatile(&raw mut COUNT, count.wrapping_mul(3) / 7 % 1000);
            let ratio = read_volatile(&raw const RATIO);
            let next = u32::from(count).wrapping_mul(70_000) / (ratio | 1);
            write_volatile(&raw mut RATIO, next >> (count & 15));
        }
    }
}

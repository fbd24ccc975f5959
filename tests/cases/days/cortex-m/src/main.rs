#![no_std]
#![no_main]

use core::panic::PanicInfo;

use cortex_m_rt::entry;
use cortex_m_semihosting::{debug, hprintln};

include!(concat!(env!("OUT_DIR"), "/rate.rs"));

static mut LOG: [u32; 64] = [0; 64];

fn record(index: usize, value: u32) -> u32 {
    // SAFETY: one core, no interrupts.
    let log = unsafe { &mut *(&raw mut LOG) };
    log[index] = value;
    log.iter().sum()
}

#[entry]
fn main() -> ! {
    let sum = record(3, RATE * 4);
    hprintln!("rate {}, sum {}", RATE, sum);
    debug::exit(debug::EXIT_SUCCESS);
    loop {
        cortex_m::asm::wfi();
    }
}

#[panic_handler]
fn panic(info: &PanicInfo<'_>) -> ! {
    hprintln!("{}", info);
    debug::exit(debug::EXIT_FAILURE);
    loop {}
}

//! An nRF52 that blinks and logs: vectors, data in RAM, log strings that are not loaded.

#![no_std]
#![no_main]

use core::sync::atomic::{AtomicU32, Ordering};

use cortex_m as _;
use cortex_m_rt::entry;
use defmt_rtt as _;
use embassy_nrf::gpio::{Level, Output, OutputDrive};
use panic_probe as _;

static ROUNDS: AtomicU32 = AtomicU32::new(0x5eed_0001);

defmt::timestamp!("{=u32}", ROUNDS.load(Ordering::Relaxed));

#[entry]
fn main() -> ! {
    let chip = embassy_nrf::init(Default::default());
    let mut led = Output::new(chip.P0_13, Level::Low, OutputDrive::Standard);
    defmt::info!("started with {=u32:#x}", ROUNDS.load(Ordering::Relaxed));
    loop {
        led.set_high();
        let round = ROUNDS.load(Ordering::Relaxed).wrapping_add(1);
        ROUNDS.store(round, Ordering::Relaxed);
        defmt::debug!("round {}", round);
        if round == 0x5eed_0100 {
            defmt::error!("enough of {=str}", "blinking");
            panic!("the end");
        }
    }
}

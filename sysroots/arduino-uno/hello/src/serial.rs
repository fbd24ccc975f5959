//! The serial port, for `println!`.

use core::fmt;
use core::ptr::with_exposed_provenance_mut;

use avr_device::atmega328p::USART0;

/// The Uno's crystal.
const CLOCK: u32 = 16_000_000;
const BAUD: u32 = 115_200;

const STATUS: usize = 0xc0;
const DATA: usize = 0xc6;
const DATA_EMPTY: u8 = 1 << 5;

/// 115,200 baud, 8 bits, no parity, one stop bit: what the port wakes up with but for the speed.
pub fn open(port: &USART0) {

    port.ubrr0.write(|w| w.bits((CLOCK / 8 / BAUD) as u16 - 1));
    port.ucsr0a.write(|w| w.u2x0().set_bit());
    port.ucsr0b.write(|w| w.txen0().set_bit());
}

/// The port; it belongs to the one who prints, be it an interrupt or a panic.
pub struct Serial;

impl fmt::Write for Serial {
    fn write_str(&mut self, text: &str) -> fmt::Result {
        for byte in text.bytes() {
            // SAFETY: both are registers of one byte (ATmega328P data sheet, "Register Summary").
            unsafe {
                while with_exposed_provenance_mut::<u8>(STATUS).read_volatile() & DATA_EMPTY == 0 {}
                with_exposed_provenance_mut::<u8>(DATA).write_volatile(byte);
            }
        }
        Ok(())
    }
}

/// A line on the serial port.
macro_rules! println {
    ($($arg:tt)*) => {{
        use core::fmt::Write as _;
        // The port never reports an error.
        let _ = writeln!($crate::serial::Serial, $($arg)*);
    }};
}
pub(crate) use println;

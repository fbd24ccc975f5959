//! The serial port for debugging: PL011 (UART10), on the connector of its own between the HDMI sockets.
//!
//! The ports on GPIO pins are behind PCI Express, in the chip RP1; this one is in the processor's chip. The firmware has
//! set its speed to 115200 baud and its clock, which is not the one of earlier Pis: `enable_uart=1` in config.txt.

use core::fmt;
use core::ptr::with_exposed_provenance_mut;

const UART: usize = 0x10_7d00_1000;
const DR: usize = UART;
const FR: usize = UART + 0x18;
const CR: usize = UART + 0x30;

const FR_BUSY: u32 = 1 << 3;
const FR_TRANSMIT_FULL: u32 = 1 << 5;

/// Sees to it that the port is on; its speed stays.
pub fn init() {
    write(CR, read(CR) | 1 << 9 | 1 << 8 | 1);
}

fn send(byte: u8) {
    while read(FR) & FR_TRANSMIT_FULL != 0 {}
    write(DR, u32::from(byte));
}

/// A peripheral's register.
pub fn read(address: usize) -> u32 {
    // SAFETY: the addresses in this program are registers of the BCM2712, which take 32-bit reads.
    unsafe { with_exposed_provenance_mut::<u32>(address).read_volatile() }
}

/// Likewise.
pub fn write(address: usize, value: u32) {
    // SAFETY: as in `read`; none of the registers lets a peripheral write to memory by itself
    // except the mailbox, which is given a buffer that lives as long as the program.
    unsafe { with_exposed_provenance_mut::<u32>(address).write_volatile(value) }
}

/// The port, for `write!`.
pub struct Serial;

impl fmt::Write for Serial {
    fn write_str(&mut self, text: &str) -> fmt::Result {
        for byte in text.bytes() {
            if byte == b'\n' {
                send(b'\r');
            }
            send(byte);
        }
        // Whoever switches the machine off next must not cut the last letters.
        while read(FR) & FR_BUSY != 0 {}
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

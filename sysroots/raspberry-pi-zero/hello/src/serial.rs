//! The serial port: PL011 (UART0) on GPIO 14 (transmit) and 15 (receive), 115200 baud.
//!
//! Specification: BCM2835 ARM Peripherals, chapters 6 and 13.
//! The firmware clocks the PL011 with 48 MHz.

use core::fmt;
use core::ptr::with_exposed_provenance_mut;

const GPIO: usize = 0x2020_0000;
const GPFSEL1: usize = GPIO + 0x04;
const GPPUD: usize = GPIO + 0x94;
const GPPUDCLK0: usize = GPIO + 0x98;

const UART: usize = 0x2020_1000;
const DR: usize = UART;
const FR: usize = UART + 0x18;
const IBRD: usize = UART + 0x24;
const FBRD: usize = UART + 0x28;
const LCRH: usize = UART + 0x2c;
const CR: usize = UART + 0x30;
const ICR: usize = UART + 0x44;

const FR_BUSY: u32 = 1 << 3;
const FR_TRANSMIT_FULL: u32 = 1 << 5;

/// Connects the pins (on a Zero W the firmware gives the PL011 to Bluetooth) and sets the speed.
pub fn init() {
    write(CR, 0);
    // Function 4 is "alternative 0", the PL011, for pins 14 (bits 12-14) and 15 (bits 15-17).
    let select = read(GPFSEL1) & !(0o77 << 12) | (0o44 << 12);
    write(GPFSEL1, select);
    // No pull resistors. The hardware wants 150 cycles between the steps.
    write(GPPUD, 0);
    delay(150);
    write(GPPUDCLK0, 3 << 14);
    delay(150);
    write(GPPUDCLK0, 0);

    write(ICR, 0x7ff);
    // 48 MHz / (16 * 115200) = 26 + 3/64.
    write(IBRD, 26);
    write(FBRD, 3);
    // Eight bits, queues on; then transmit, receive and the port itself.
    write(LCRH, 0b111 << 4);
    write(CR, 1 << 9 | 1 << 8 | 1);
}

fn send(byte: u8) {
    while read(FR) & FR_TRANSMIT_FULL != 0 {}
    write(DR, u32::from(byte));
}

fn delay(cycles: u32) {
    for cycle in 0..cycles {
        core::hint::black_box(cycle);
    }
}

/// A peripheral's register.
pub fn read(address: usize) -> u32 {
    // SAFETY: the addresses in this program are registers of the BCM2835, which take 32-bit reads.
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

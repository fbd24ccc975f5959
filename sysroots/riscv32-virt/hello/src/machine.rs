//! The devices of QEMU's virt machine: serial port, timer, and the switch that ends it.
//!
//! Addresses: <https://github.com/qemu/qemu/blob/master/hw/riscv/virt.c>. The serial port is a
//! 16550 at 0x10000000, the timer a SiFive CLINT at 0x2000000, the switch a "sifive,test1" device
//! at 0x100000.

use core::fmt;
use core::ptr::with_exposed_provenance_mut;

const UART_DATA: usize = 0x1000_0000;
const UART_LINE_STATUS: usize = 0x1000_0005;
const LINE_STATUS_EMPTY: u8 = 1 << 5;

const TIMER_COMPARE: usize = 0x0200_4000;
const TIMER: usize = 0x0200_bff8;

const SWITCH: usize = 0x0010_0000;
const SWITCH_PASS: u32 = 0x5555;
const SWITCH_FAIL: u32 = 0x3333;

/// Ends QEMU with an exit code.
pub fn exit(code: u16) -> ! {
    let value = match code {
        0 => SWITCH_PASS,
        _ => u32::from(code) << 16 | SWITCH_FAIL,
    };
    // SAFETY: the switch takes 32-bit writes.
    unsafe { with_exposed_provenance_mut::<u32>(SWITCH).write_volatile(value) };
    loop {
        riscv::asm::wfi();
    }
}

/// Ticks since the start, at 10 MHz.
pub fn time() -> u64 {
    let word = |offset: usize| {
        // SAFETY: the timer takes 32-bit reads.
        unsafe { with_exposed_provenance_mut::<u32>(TIMER + offset).read_volatile() }
    };
    loop {
        // The halves are read one after the other: read again if the upper one moved.
        let (high, low) = (word(4), word(0));
        if word(4) == high {
            return u64::from(high) << 32 | u64::from(low);
        }
    }
}

/// The timer's interrupt is pending from this tick on.
pub fn alarm(tick: u64) {
    let write = |offset: usize, value: u32| {
        // SAFETY: the comparison register takes 32-bit writes.
        unsafe {
            with_exposed_provenance_mut::<u32>(TIMER_COMPARE + offset).write_volatile(value);
        }
    };
    // No tick that is not meant may match between the writes.
    write(4, u32::MAX);
    write(0, tick as u32);
    write(4, (tick >> 32) as u32);
}

/// The serial port, for `write!`.
pub struct Serial;

impl fmt::Write for Serial {
    fn write_str(&mut self, text: &str) -> fmt::Result {
        let data = with_exposed_provenance_mut::<u8>(UART_DATA);
        let status = with_exposed_provenance_mut::<u8>(UART_LINE_STATUS);
        for byte in text.bytes() {
            // SAFETY: the port takes 8-bit accesses.
            unsafe {
                while status.read_volatile() & LINE_STATUS_EMPTY == 0 {}
                data.write_volatile(byte);
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
        let _ = writeln!($crate::machine::Serial, $($arg)*);
    }};
}
pub(crate) use println;

//! The devices of QEMU's virt machine: a 16550, a CLINT and the switch that ends it.

use core::fmt;

/// Ends QEMU with an exit code.
pub fn exit(code: u16) -> ! {
    let value = match code {
        0 => 0x5555,
        _ => u32::from(code) << 16 | 0x3333,
    };
    unsafe { (0x0010_0000 as *mut u32).write_volatile(value) };
    loop {}
}

/// Ticks since the start.
pub fn time() -> u64 {
    let low = 0x0200_bff8 as *const u32;
    loop {
        let (high, word) = unsafe { (low.add(1).read_volatile(), low.read_volatile()) };
        if unsafe { low.add(1).read_volatile() } == high {
            return u64::from(high) << 32 | u64::from(word);
        }
    }
}

/// The timer's interrupt is pending from this tick on.
pub fn alarm(tick: u64) {
    let low = 0x0200_4000 as *mut u32;
    unsafe {
        low.add(1).write_volatile(u32::MAX);
        low.write_volatile(tick as u32);
        low.add(1).write_volatile((tick >> 32) as u32);
    }
}

/// The serial port.
pub struct Serial;

impl fmt::Write for Serial {
    fn write_str(&mut self, text: &str) -> fmt::Result {
        for byte in text.bytes() {
            unsafe { (0x1000_0000 as *mut u8).write_volatile(byte) };
        }
        Ok(())
    }
}

//! Asking the firmware, which runs on the graphics processor, through mailbox 0, channel 8.
//!
//! Specification: <https://github.com/raspberrypi/firmware/wiki/Mailbox-property-interface>.

use core::cell::UnsafeCell;
use core::sync::atomic::{Ordering, fence};

use crate::serial::{read, write};

const MAILBOX: usize = 0x3f00_b880;
const READ: usize = MAILBOX;
const STATUS: usize = MAILBOX + 0x18;
const WRITE: usize = MAILBOX + 0x20;

const STATUS_FULL: u32 = 1 << 31;
const STATUS_EMPTY: u32 = 1 << 30;
const CHANNEL_PROPERTIES: u32 = 8;
/// How the graphics processor addresses memory past its caches.
const BUS: u32 = 0xc000_0000;

const REQUEST: u32 = 0;
const SUCCESS: u32 = 0x8000_0000;
const TAG_BOARD_REVISION: u32 = 0x0001_0002;

/// The message: the low four bits of its address carry the channel.
#[repr(C, align(16))]
struct Buffer(UnsafeCell<[u32; 8]>);

// SAFETY: only core 0 runs, and no interrupt touches the buffer.
unsafe impl Sync for Buffer {}

static BUFFER: Buffer = Buffer(UnsafeCell::new([0; 8]));

/// The board's revision code, such as 0xa02082, or nothing if the firmware does not answer.
pub fn board_revision() -> Option<u32> {
    let buffer = BUFFER.0.get();
    let message = [32, REQUEST, TAG_BOARD_REVISION, 4, 0, 0, 0, 0];
    // SAFETY: nothing else refers to the buffer; volatile because the firmware reads it.
    unsafe { buffer.write_volatile(message) };
    let address = u32::try_from(buffer.addr()).ok()? | BUS;
    fence(Ordering::SeqCst);

    wait_while(STATUS_FULL)?;
    write(WRITE, address | CHANNEL_PROPERTIES);
    loop {
        wait_while(STATUS_EMPTY)?;
        if read(READ) == address | CHANNEL_PROPERTIES {
            break;
        }
    }
    fence(Ordering::SeqCst);
    // SAFETY: the firmware is done with the buffer; volatile because it wrote to it.
    let answer = unsafe { buffer.read_volatile() };
    (answer[1] == SUCCESS).then_some(answer[5])
}

fn wait_while(status: u32) -> Option<()> {
    (0..10_000_000)
        .find(|_| read(STATUS) & status == 0)
        .map(drop)
}

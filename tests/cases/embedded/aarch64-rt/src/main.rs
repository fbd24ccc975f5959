//! What aarch64-rt promises, looked at from inside: initialised memory, the MMU with its own page
//! table, exceptions, formatted output, a heap and a panic.
#![no_std]
#![no_main]

extern crate alloc;

mod checks;

use core::arch::asm;
use core::fmt::{self, Write};
use core::panic::PanicInfo;
use core::sync::atomic::{AtomicU64, Ordering};

use aarch64_rt::{
    ExceptionHandlers, InitialPagetable, RegisterStateRef, entry, exception_handlers,
    initial_pagetable,
};
use embedded_alloc::LlffHeap;
use smccc::{Hvc, psci::system_off};

#[global_allocator]
static HEAP: LlffHeap = LlffHeap::empty();

static CALLS: AtomicU64 = AtomicU64::new(0);

/// Valid, accessed, not for EL0's instructions; device memory.
const DEVICE: usize = 1 | 1 << 10 | 1 << 54;
/// Valid, accessed, inner shareable, the second kind of memory, not global.
const MEMORY: usize = 1 | 1 << 2 | 3 << 8 | 1 << 10 | 1 << 11;

initial_pagetable!(
    {
        let mut map = [0; 512];
        map[0] = DEVICE;
        map[1] = MEMORY | 0x4000_0000;
        InitialPagetable(map)
    },
    0xff04
);

exception_handlers!(Exceptions);

struct Exceptions;

impl ExceptionHandlers for Exceptions {
    extern "C" fn sync_current(mut state: RegisterStateRef) {
        let syndrome: u64;
        unsafe { asm!("mrs {}, esr_el1", out(reg) syndrome) };
        match syndrome >> 26 {
            // SVC: the return address is behind it already.
            0x15 => {
                CALLS.fetch_add(syndrome & 0xffff, Ordering::SeqCst);
            }
            // BRK returns to itself.
            0x3c => {
                CALLS.fetch_add(1000, Ordering::SeqCst);
                unsafe { state.get_mut().elr += 4 };
            }
            class => panic!("exception {class:#x}"),
        }
    }
}

entry!(main);
fn main(device_tree: u64, _: u64, _: u64, _: u64) -> ! {
    let mut out = Serial;
    writeln!(out, "hello, device tree: {}", device_tree != 0).unwrap();
    checks::memory(&mut out);
    checks::arithmetic(&mut out);
    checks::registry(&mut out);
    checks::atomics(&mut out);

    static mut ARENA: [u64; 512] = [0; 512];
    unsafe { HEAP.init((&raw mut ARENA) as usize, 4096) };
    checks::heap(&mut out);

    unsafe { asm!("svc #7", "brk #1", "svc #20") };
    writeln!(out, "calls: {}", CALLS.load(Ordering::SeqCst)).unwrap();

    let list = core::hint::black_box([1, 2, 3]);
    let at = core::hint::black_box(5);
    writeln!(out, "{}", list[at]).unwrap();
    unreachable!()
}

/// The first PL011.
struct Serial;

impl fmt::Write for Serial {
    fn write_str(&mut self, text: &str) -> fmt::Result {
        for byte in text.bytes() {
            unsafe { (0x0900_0000 as *mut u8).write_volatile(byte) };
        }
        Ok(())
    }
}

struct NoInterrupts;
critical_section::set_impl!(NoInterrupts);

/// One core, and nothing interrupts it.
unsafe impl critical_section::Impl for NoInterrupts {
    unsafe fn acquire() -> bool {
        false
    }
    unsafe fn release(_: bool) {}
}

#[panic_handler]
fn panic(info: &PanicInfo<'_>) -> ! {
    let _ = writeln!(Serial, "panic: {}", info.message());
    let _ = system_off::<Hvc>();
    loop {}
}

//! A kernel in the higher half, looked at from inside: where it runs, initialised memory,
//! exceptions, formatted output, a heap, floating point by software and a panic.
#![no_std]
#![no_main]

extern crate alloc;

mod checks;

use core::arch::{asm, global_asm};
use core::fmt::{self, Write};
use core::panic::PanicInfo;
use core::sync::atomic::{AtomicU64, Ordering};

use embedded_alloc::LlffHeap;

global_asm!(include_str!("boot.s"), options(att_syntax));

#[global_allocator]
static HEAP: LlffHeap = LlffHeap::empty();

static BREAKPOINTS: AtomicU64 = AtomicU64::new(0);
static mut INTERRUPTS: [[u64; 2]; 32] = [[0; 2]; 32];

unsafe extern "C" {
    fn on_breakpoint();
    fn on_page_fault();
    static __kernel_start: u8;
    static __kernel_size: u8;
}

#[unsafe(no_mangle)]
extern "C" fn kernel_main() -> ! {
    let mut out = Serial;
    let start = (&raw const __kernel_start) as u64;
    writeln!(out, "hello from {:#x}", start >> 24).unwrap();
    // A number in the place of an address.
    let size = (&raw const __kernel_size) as u64;
    writeln!(out, "small: {}", size > 0x4000 && size < 0x20_0000).unwrap();
    checks::memory(&mut out);
    checks::arithmetic(&mut out);
    checks::registry(&mut out);
    checks::atomics(&mut out);

    static mut ARENA: [u64; 512] = [0; 512];
    unsafe { HEAP.init((&raw mut ARENA) as usize, 4096) };
    checks::heap(&mut out);

    set_handler(3, on_breakpoint);
    set_handler(14, on_page_fault);
    let table = (&raw const INTERRUPTS) as u64;
    let pointer: [u16; 5] = [
        511,
        table as u16,
        (table >> 16) as u16,
        (table >> 32) as u16,
        (table >> 48) as u16,
    ];
    unsafe { asm!("lidt [{}]", in(reg) &pointer) };
    unsafe { asm!("int3", "int3") };
    writeln!(out, "breakpoints: {}", BREAKPOINTS.load(Ordering::SeqCst)).unwrap();
    let hole = core::hint::black_box(0x1234_5678_9000_u64 as *const u8);
    unsafe { hole.read_volatile() };
    unreachable!()
}

fn set_handler(vector: usize, handler: unsafe extern "C" fn()) {
    let at = handler as *const () as u64;
    let low = at & 0xffff | 8 << 16 | 0x8e00 << 32 | (at >> 16 & 0xffff) << 48;
    unsafe { INTERRUPTS[vector] = [low, at >> 32] };
}

#[unsafe(no_mangle)]
extern "C" fn breakpoint(at: u64) {
    let in_kernel = at >= (&raw const __kernel_start) as u64;
    BREAKPOINTS.fetch_add(1 + u64::from(in_kernel), Ordering::SeqCst);
}

#[unsafe(no_mangle)]
extern "C" fn page_fault(_at: u64) {
    let address: u64;
    unsafe { asm!("mov {}, cr2", out(reg) address) };
    panic!("page fault at {address:#x}");
}

/// The first serial port.
struct Serial;

impl fmt::Write for Serial {
    fn write_str(&mut self, text: &str) -> fmt::Result {
        for byte in text.bytes() {
            unsafe { asm!("out dx, al", in("dx") 0x3f8_u16, in("al") byte) };
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
    // QEMU's isa-debug-exit makes 33 of it.
    unsafe { asm!("out dx, eax", in("dx") 0xf4_u16, in("eax") 0x10_u32) };
    loop {}
}

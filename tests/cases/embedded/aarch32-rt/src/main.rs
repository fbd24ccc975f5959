//! What aarch32-rt promises, looked at from inside: initialised memory, exceptions in their own
//! modes and both instruction sets, code in RAM, formatted output, a heap and a panic.
#![no_std]
#![no_main]

extern crate alloc;

mod checks;

use core::arch::{asm, global_asm};
use core::fmt::{self, Write};
use core::panic::PanicInfo;
use core::sync::atomic::{AtomicU32, Ordering};

use aarch32_rt::{entry, exception};
use embedded_alloc::LlffHeap;

#[global_allocator]
static HEAP: LlffHeap = LlffHeap::empty();

static CALLS: AtomicU32 = AtomicU32::new(0);

// A function of the other instruction set, called and calling across the border.
global_asm!(
    ".syntax unified",
    ".pushsection .text.over_there, \"ax\"",
    ".thumb",
    ".p2align 2",
    ".global over_there",
    ".type over_there, %function",
    ".thumb_func",
    "over_there:",
    "push {{r4, lr}}",
    "bl come_back",
    "adds r0, #1",
    "pop {{r4, pc}}",
    ".popsection",
    ".arm",
);

unsafe extern "C" {
    fn over_there(value: u32) -> u32;
}

#[unsafe(no_mangle)]
extern "C" fn come_back(value: u32) -> u32 {
    value * 100
}

#[entry]
fn main() -> ! {
    let mut out = Serial;
    writeln!(out, "hello from mode {:#x}", mode()).unwrap();
    checks::memory(&mut out);
    checks::code_in_ram(&mut out);
    checks::arithmetic(&mut out);
    checks::registry(&mut out);
    let there = unsafe { over_there(core::hint::black_box(3)) };
    writeln!(out, "over there: {there}").unwrap();

    static mut ARENA: [u64; 512] = [0; 512];
    unsafe { HEAP.init((&raw mut ARENA) as usize, 4096) };
    checks::heap(&mut out);

    unsafe { asm!("svc #0x3", "svc #0x4", out("r0") _, out("r1") _, out("r2") _, out("r3") _, out("r12") _, out("lr") _) };
    writeln!(out, "calls: {}", CALLS.load(Ordering::SeqCst)).unwrap();

    // An instruction that does not exist.
    unsafe { asm!("udf #0") };
    writeln!(out, "behind it, mode {:#x}", mode()).unwrap();
    panic!("the {}", alloc::format!("{}", "end"));
}

/// The processor's mode: 0x1f is system mode.
fn mode() -> u32 {
    let status: u32;
    unsafe { asm!("mrs {}, cpsr", out(reg) status) };
    status & 0x1f
}

#[exception(SupervisorCall)]
fn supervisor_call(_arg: u32, _frame: &aarch32_rt::Frame) -> u32 {
    CALLS.fetch_add(5, Ordering::SeqCst);
    0
}

#[exception(Undefined)]
unsafe fn undefined(addr: usize) -> usize {
    let _ = writeln!(Serial, "undefined, mode {:#x}", mode());
    addr + 4
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

#[panic_handler]
fn panic(info: &PanicInfo<'_>) -> ! {
    let _ = writeln!(Serial, "panic: {}", info.message());
    // PSCI's SYSTEM_OFF.
    unsafe { asm!(".arch_extension virt", "hvc #0", in("r0") 0x8400_0008_u32, options(noreturn)) }
}

//! What riscv-rt promises, looked at from inside: initialised memory, traps, code in RAM, a heap in
//! the script's region, formatted output and a panic.
#![no_std]
#![no_main]

extern crate alloc;

mod checks;
mod machine;

use core::fmt::Write;
use core::sync::atomic::{AtomicU32, Ordering};

use embedded_alloc::LlffHeap;
use machine::Serial;
use riscv::interrupt::{Exception, Interrupt};
use riscv_rt::{TrapFrame, core_interrupt, entry, exception, heap_start};

#[global_allocator]
static HEAP: LlffHeap = LlffHeap::empty();

static TICKS: AtomicU32 = AtomicU32::new(0);
static CALLS: AtomicU32 = AtomicU32::new(0);

/// Neither zeroed nor initialised by the runtime, so it shows that `__pre_init` ran before it.
#[unsafe(link_section = ".uninit.early")]
static mut EARLY: u32 = 0;

core::arch::global_asm!(
    ".section .init.pre_init, \"ax\"",
    ".global __pre_init",
    "__pre_init:",
    "la t0, {early}",
    "li t1, 0xea511e57",
    "sw t1, 0(t0)",
    "ret",
    early = sym EARLY,
);

unsafe extern "C" {
    static __eheap: u8;
}

#[entry]
fn main() -> ! {
    let mut out = Serial;
    let bits = usize::BITS;
    writeln!(out, "hello from {bits} bits").unwrap();
    let early = unsafe { (&raw const EARLY).read_volatile() };
    writeln!(out, "early: {early:#x}").unwrap();
    checks::memory(&mut out);
    checks::code_in_ram(&mut out);
    checks::arithmetic(&mut out);
    checks::registry(&mut out);
    checks::jump_table(&mut out);

    let size = (&raw const __eheap) as usize - heap_start() as usize;
    unsafe { HEAP.init(heap_start() as usize, size) };
    writeln!(out, "heap of {size} bytes").unwrap();
    checks::heap(&mut out);

    machine::alarm(machine::time() + 1000);
    unsafe {
        riscv::register::mie::set_mtimer();
        riscv::interrupt::enable();
    }
    while TICKS.load(Ordering::SeqCst) < 3 {}
    unsafe { riscv::register::mie::clear_mtimer() };
    writeln!(out, "ticks: enough").unwrap();

    unsafe { riscv::asm::ecall() };
    unsafe { riscv::asm::ecall() };
    writeln!(out, "calls: {}", CALLS.load(Ordering::SeqCst)).unwrap();

    let nothing: Option<u32> = core::hint::black_box(None);
    panic!("{:?}", nothing.ok_or("nothing there"));
}

#[core_interrupt(Interrupt::MachineTimer)]
fn timer() {
    TICKS.fetch_add(1, Ordering::SeqCst);
    machine::alarm(machine::time() + 1000);
}

#[exception(Exception::MachineEnvCall)]
fn call(_frame: &mut TrapFrame) {
    CALLS.fetch_add(10, Ordering::SeqCst);
    // Behind the instruction, which is never a compressed one.
    let at = riscv::register::mepc::read();
    unsafe { riscv::register::mepc::write(at + 4) };
}

#[panic_handler]
fn panic(info: &core::panic::PanicInfo<'_>) -> ! {
    let _ = writeln!(Serial, "panic: {}", info.message());
    machine::exit(0)
}

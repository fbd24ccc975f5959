//! What cortex-m-rt promises, looked at from inside: initialised memory, vectors, exceptions, code
//! in RAM, a heap, formatted output and a panic.
#![no_std]
#![no_main]

extern crate alloc;

mod checks;

use core::cell::Cell;
use core::fmt::Write;
use core::sync::atomic::{AtomicU32, Ordering};

use cortex_m::interrupt::Mutex;
use cortex_m::peripheral::syst::SystClkSource;
use cortex_m_rt::{ExceptionFrame, entry, exception, pre_init};
use cortex_m_semihosting::{debug, hio};
use embedded_alloc::LlffHeap;

#[global_allocator]
static HEAP: LlffHeap = LlffHeap::empty();

static TICKS: Mutex<Cell<u32>> = Mutex::new(Cell::new(0));
static SERVED: AtomicU32 = AtomicU32::new(0);

/// Neither zeroed nor initialised by the runtime, so it shows that `pre_init` ran before it.
#[unsafe(link_section = ".uninit.early")]
static mut EARLY: u32 = 0;

#[pre_init]
unsafe fn before_memory() {
    unsafe { (&raw mut EARLY).write_volatile(0xea51_1e57) };
}

#[entry]
fn main() -> ! {
    let mut out = hio::hstdout().unwrap();
    let mut peripherals = cortex_m::Peripherals::take().unwrap();
    writeln!(out, "hello from {}", checks::core_name()).unwrap();
    let early = unsafe { (&raw const EARLY).read_volatile() };
    writeln!(out, "early: {early:#x}").unwrap();
    checks::memory(&mut out);
    #[cfg(feature = "code-in-ram")]
    checks::code_in_ram(&mut out);
    checks::arithmetic(&mut out);

    static mut ARENA: [u64; 256] = [0; 256];
    unsafe { HEAP.init((&raw mut ARENA) as usize, 2048) };
    checks::heap(&mut out);

    let mut systick = peripherals.SYST;
    systick.set_clock_source(SystClkSource::Core);
    systick.set_reload(10_000);
    systick.clear_current();
    systick.enable_counter();
    systick.enable_interrupt();
    while cortex_m::interrupt::free(|section| TICKS.borrow(section).get()) < 3 {}
    systick.disable_interrupt();
    writeln!(out, "ticks: enough").unwrap();

    cortex_m::peripheral::SCB::set_pendsv();
    cortex_m::asm::isb();
    writeln!(out, "served: {}", SERVED.load(Ordering::SeqCst)).unwrap();
    let _ = &mut peripherals.SCB;

    // An instruction that does not exist: HardFault, whose handler gets the frame of this place.
    cortex_m::asm::udf()
}

#[exception]
fn SysTick() {
    static mut CALLS: u32 = 0;
    *CALLS += 1;
    let calls = *CALLS;
    cortex_m::interrupt::free(|section| TICKS.borrow(section).set(calls));
}

#[exception]
fn PendSV() {
    let served = SERVED.load(Ordering::SeqCst);
    SERVED.store(served + 7, Ordering::SeqCst);
}

#[exception]
unsafe fn HardFault(frame: &ExceptionFrame) -> ! {
    // The fault was raised by code in flash, in Thumb state.
    let in_code = frame.pc() & 1 == 0 && (frame.xpsr() >> 24) & 1 == 1;
    panic!("fault in code: {in_code}");
}

#[panic_handler]
fn panic(info: &core::panic::PanicInfo<'_>) -> ! {
    let mut out = hio::hstdout().unwrap();
    let _ = writeln!(out, "panic: {}", info.message());
    debug::exit(debug::EXIT_SUCCESS);
    loop {}
}

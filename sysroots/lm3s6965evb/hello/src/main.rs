//! A Cortex-M3 with a heap: collections, formatting, a timer interrupt, initialised memory.
//!
//! The output goes through semihosting, so it needs an emulator or a debugger; the program ends
//! with success only if all checks passed.

#![no_std]
// Tests have an entry and a panic handler of their own.
#![cfg_attr(not(test), no_main)]

extern crate alloc;

mod checks;

use cortex_m_rt::{ExceptionFrame, exception};
use cortex_m_semihosting::{debug, hprintln};
use embedded_alloc::LlffHeap as Heap;

#[global_allocator]
static HEAP: Heap = Heap::empty();

const HEAP_SIZE: usize = 16 * 1024;

#[cfg_attr(not(test), cortex_m_rt::entry)]
fn main() -> ! {
    make_heap();
    hprintln!("hello from a Cortex-M3 with {} bytes of heap", HEAP.free());
    let mut failed = 0;
    for (name, check) in checks::ALL {
        match check() {
            Ok(detail) => hprintln!("ok   {}: {}", name, detail),
            Err(reason) => {
                hprintln!("FAIL {}: {}", name, reason);
                failed += 1;
            }
        }
    }
    let leaked = HEAP.used();
    if leaked != 0 {
        hprintln!("FAIL heap: {} bytes leaked", leaked);
        failed += 1;
    }
    hprintln!("{} checks, {} failed", checks::ALL.len() + 1, failed);
    exit(failed == 0)
}

fn make_heap() {
    // SAFETY: called once, before the first allocation, on memory that nothing else uses.
    unsafe {
        embedded_alloc::init!(HEAP, HEAP_SIZE);
    }
}

fn exit(success: bool) -> ! {
    debug::exit(if success {
        debug::EXIT_SUCCESS
    } else {
        debug::EXIT_FAILURE
    });
    loop {
        cortex_m::asm::wfi();
    }
}

#[exception]
fn SysTick() {
    checks::tick();
}

#[exception]
unsafe fn HardFault(frame: &ExceptionFrame) -> ! {
    hprintln!("hard fault at {:#010x}", frame.pc());
    exit(false)
}

#[cfg(not(test))]
#[panic_handler]
fn panic(info: &core::panic::PanicInfo<'_>) -> ! {
    hprintln!("{}", info);
    exit(false)
}

/// `xsys test` runs each test on a machine of its own.
#[cfg(test)]
mod tests {
    use super::*;

    /// Called first.
    #[unsafe(no_mangle)]
    fn xsys_test_init() {
        make_heap();
    }

    #[test]
    fn checks_pass() {
        for (name, check) in checks::ALL {
            let outcome = check();
            assert!(outcome.is_ok(), "{name}: {outcome:?}");
        }
    }
}

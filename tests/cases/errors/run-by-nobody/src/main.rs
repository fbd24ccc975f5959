#![no_std]
#![no_main]

use core::arch::asm;

#[unsafe(link_section = ".vectors")]
#[used]
static VECTORS: [unsafe extern "C" fn() -> !; 2] = [stack, _start];

unsafe extern "C" {
    #[link_name = "__stack"]
    fn stack() -> !;
}

/// Asks the host to end the machine.
#[unsafe(no_mangle)]
unsafe extern "C" fn _start() -> ! {
    unsafe { asm!("bkpt 0xab", in("r0") 0x18, in("r1") 0x20026, options(noreturn)) }
}

#[panic_handler]
fn panic(_: &core::panic::PanicInfo<'_>) -> ! {
    loop {}
}

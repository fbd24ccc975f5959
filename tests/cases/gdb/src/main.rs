#![no_std]
#![no_main]

use core::hint::black_box;
use core::panic::PanicInfo;

#[cfg(target_arch = "arm")]
#[cortex_m_rt::entry]
fn start() -> ! {
    main()
}

#[cfg(target_arch = "riscv32")]
#[riscv_rt::entry]
fn start() -> ! {
    main()
}

#[cfg(target_arch = "aarch64")]
core::arch::global_asm!(
    ".section .text.boot, \"ax\"",
    ".global _start",
    "_start:",
    "mrs x0, mpidr_el1",
    "and x0, x0, #3",
    "cbnz x0, 1f",
    "ldr x0, =__stack_top",
    "mov sp, x0",
    "bl {start}",
    "1: wfe",
    "b 1b",
    start = sym start,
);

#[cfg(target_arch = "aarch64")]
extern "C" fn start() -> ! {
    main()
}

#[inline(never)]
fn main() -> ! {
    let items = black_box([3u16, 5, 4]);
    black_box(dep::largest(&items, black_box(3)));
    black_box(dep::largest(&items, black_box(9)));
    loop {}
}

#[panic_handler]
#[inline(never)]
fn panic(info: &PanicInfo<'_>) -> ! {
    black_box(info);
    loop {}
}

//! RISC-V without an operating system, on QEMU's virt machine: checks itself and ends.
//!
//! The output comes out of the serial port; the exit code is the number of failed checks.

#![no_std]
#![no_main]

mod checks;
mod machine;

use core::panic::PanicInfo;

use machine::println;
use riscv_rt::entry;

#[entry]
fn main() -> ! {
    let isa = riscv::register::misa::read().bits();
    println!(
        "hello from hart {}, misa {isa:#010x}",
        riscv::register::mhartid::read()
    );

    let mut failed = 0;
    for (name, check) in checks::ALL {
        let passed = check();
        failed += u16::from(!passed);
        println!("{} {name}", if passed { "ok  " } else { "FAIL" });
    }
    println!("{} checks, {failed} failed", checks::ALL.len());
    machine::exit(failed)
}

/// Any trap nobody asked for.
#[unsafe(export_name = "ExceptionHandler")]
fn unexpected(_frame: &riscv_rt::TrapFrame) -> ! {
    println!(
        "trap {:#x} at {:#010x}",
        riscv::register::mcause::read().bits(),
        riscv::register::mepc::read()
    );
    machine::exit(102)
}

#[panic_handler]
fn panic(info: &PanicInfo<'_>) -> ! {
    println!("{info}");
    machine::exit(101)
}

//! RISC-V without an operating system, on QEMU's virt machine: checks itself and ends.
//!
//! The output comes out of the serial port; the exit code is the number of failed checks.

#![no_std]
// Tests have an entry and a panic handler of their own.
#![cfg_attr(not(test), no_main)]

mod checks;
mod machine;

use machine::println;

#[cfg_attr(not(test), riscv_rt::entry)]
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

#[cfg(not(test))]
#[panic_handler]
fn panic(info: &core::panic::PanicInfo<'_>) -> ! {
    println!("{info}");
    machine::exit(101)
}

/// `xsys test` runs each test on a machine of its own.
#[cfg(test)]
mod tests {
    use super::*;

    /// How tests are told what happens.
    #[unsafe(no_mangle)]
    fn xsys_test_print(text: &str) {
        use core::fmt::Write as _;
        // The port never reports an error.
        let _ = machine::Serial.write_str(text);
    }

    #[test]
    fn checks_pass() {
        for (name, check) in checks::ALL {
            assert!(check(), "{name}");
        }
    }
}

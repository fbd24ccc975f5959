//! What tests need of the machine: a way out for text, and an end.
//!
//! Each is a function that a project can define itself, for the machine it is for:
//!
//! ```ignore
//! #[unsafe(no_mangle)]
//! fn xsys_test_print(text: &str) { … }       // to the serial port
//! #[unsafe(no_mangle)]
//! fn xsys_test_init() { … }                  // called first: a heap, a clock
//! #[unsafe(no_mangle)]
//! fn xsys_test_exit(success: bool) -> ! { … }
//! ```
//!
//! The ones here are weak. They call the emulator or debugger (Arm's semihosting, which RISC-V has
//! too), the wasm engine, or std.
//!
//! Spec: <https://github.com/ARM-software/abi-aa/blob/main/semihosting/semihosting.rst>.

pub fn print(text: &str) {
    xsys_test_print(text)
}

pub fn init() {
    xsys_test_init()
}

pub fn exit(success: bool) -> ! {
    xsys_test_exit(success)
}

#[linkage = "weak"]
#[unsafe(no_mangle)]
#[inline(never)]
fn xsys_test_init() {}

#[linkage = "weak"]
#[unsafe(no_mangle)]
#[inline(never)]
fn xsys_test_print(text: &str) {
    host::print(text);
}

#[linkage = "weak"]
#[unsafe(no_mangle)]
#[inline(never)]
fn xsys_test_exit(success: bool) -> ! {
    host::exit(success)
}

/// A standard library with output: WASI.
#[cfg(all(xsys_std, not(target_os = "unknown")))]
mod host {
    use std::io::Write;

    pub fn print(text: &str) {
        // Past `print!`, whose output is kept until the end of a test.
        let mut out = std::io::stdout().lock();
        let _ = out.write_all(text.as_bytes()).and_then(|()| out.flush());
    }

    pub fn exit(success: bool) -> ! {
        std::process::exit(if success { 0 } else { 101 })
    }
}

/// xsys' own engine.
#[cfg(all(target_family = "wasm", not(all(xsys_std, not(target_os = "unknown")))))]
mod host {
    #[link(wasm_import_module = "xsys")]
    unsafe extern "C" {
        #[link_name = "print"]
        fn xsys_print(text: *const u8, len: usize);
        #[link_name = "exit"]
        fn xsys_exit(code: i32);
    }

    pub fn print(text: &str) {
        // SAFETY: reads the bytes it is given.
        unsafe { xsys_print(text.as_ptr(), text.len()) };
    }

    pub fn exit(success: bool) -> ! {
        // SAFETY: does not return.
        unsafe { xsys_exit(if success { 0 } else { 101 }) };
        loop {}
    }
}

#[cfg(any(
    target_arch = "arm",
    target_arch = "aarch64",
    target_arch = "riscv32",
    target_arch = "riscv64"
))]
mod host {
    use core::arch::asm;

    const SYS_WRITE0: usize = 0x04;
    const SYS_EXIT: usize = 0x18;
    const SYS_EXIT_EXTENDED: usize = 0x20;
    const APPLICATION_EXIT: usize = 0x2_0026;
    const INTERNAL_ERROR: usize = 0x2_0024;

    pub fn print(text: &str) {
        // The call wants a zero behind the text.
        let mut buffer = [0; 65];
        for part in text.as_bytes().chunks(buffer.len() - 1) {
            buffer[..part.len()].copy_from_slice(part);
            buffer[part.len()] = 0;
            call(SYS_WRITE0, buffer.as_ptr() as usize);
        }
    }

    pub fn exit(success: bool) -> ! {
        let parameters = [APPLICATION_EXIT, if success { 0 } else { 101 }];
        call(SYS_EXIT_EXTENDED, parameters.as_ptr() as usize);
        // Older hosts know only this one.
        let reason = if success {
            APPLICATION_EXIT
        } else {
            INTERNAL_ERROR
        };
        call(SYS_EXIT, reason);
        loop {
            core::hint::spin_loop();
        }
    }

    fn call(operation: usize, parameter: usize) {
        // SAFETY: the host reads the text or the words that the parameter points to.
        unsafe {
            #[cfg(all(target_arch = "arm", target_feature = "mclass"))]
            asm!("bkpt #0xab", inout("r0") operation => _, in("r1") parameter, options(nostack));
            #[cfg(all(
                target_arch = "arm",
                not(target_feature = "mclass"),
                target_feature = "thumb-mode"
            ))]
            asm!("svc #0xab", inout("r0") operation => _, in("r1") parameter, out("lr") _, options(nostack));
            #[cfg(all(
                target_arch = "arm",
                not(target_feature = "mclass"),
                not(target_feature = "thumb-mode")
            ))]
            asm!("svc #0x123456", inout("r0") operation => _, in("r1") parameter, out("lr") _, options(nostack));
            #[cfg(target_arch = "aarch64")]
            asm!("hlt #0xf000", inout("x0") operation => _, in("x1") parameter, options(nostack));
            #[cfg(any(target_arch = "riscv32", target_arch = "riscv64"))]
            asm!(
                // The three in this order, none of them compressed, are the call.
                ".balign 16",
                ".option push",
                ".option norvc",
                "slli x0, x0, 0x1f",
                "ebreak",
                "srai x0, x0, 7",
                ".option pop",
                inout("a0") operation => _,
                in("a1") parameter,
                options(nostack),
            );
        }
    }
}

/// Nobody to talk to unless the project says how.
#[cfg(not(any(
    target_family = "wasm",
    target_arch = "arm",
    target_arch = "aarch64",
    target_arch = "riscv32",
    target_arch = "riscv64"
)))]
mod host {
    pub fn print(_: &str) {}

    pub fn exit(_: bool) -> ! {
        loop {
            core::hint::spin_loop();
        }
    }
}

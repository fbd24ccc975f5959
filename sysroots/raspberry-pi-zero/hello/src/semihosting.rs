//! Ending the program, where there is somebody to tell: Arm's semihosting for AArch32.
//!
//! `svc #0x123456` calls the emulator or the debugger. On a board with neither it is a system call;
//! the exception handler recognises its address and waits. Specification:
//! <https://github.com/ARM-software/abi-aa/blob/main/semihosting/semihosting.rst>.

use core::arch::{asm, global_asm};

const SYS_EXIT_EXTENDED: u32 = 0x20;
const APPLICATION_EXIT: u32 = 0x20026;

global_asm!(
    r#"
    .section .text.semihosting, "ax"
    .arm
    .global semihosting_call
    .global semihosting_call_svc
semihosting_call:
    push    {{r4, lr}}
semihosting_call_svc:
    svc     #0x123456
    pop     {{r4, pc}}
"#
);

unsafe extern "C" {
    fn semihosting_call(operation: u32, parameter: *const u32) -> u32;
    static semihosting_call_svc: u8;
}

/// Ends the program with an exit code; on real hardware, waits for the power to go.
pub fn exit(code: u32) -> ! {
    let parameters = [APPLICATION_EXIT, code];
    // SAFETY: the operation reads two words and does not return where it is understood.
    unsafe { semihosting_call(SYS_EXIT_EXTENDED, parameters.as_ptr()) };
    wait_forever()
}

/// Whether this is the address of the semihosting instruction.
pub fn is_call(address: usize) -> bool {
    address == (&raw const semihosting_call_svc).addr()
}

/// Sleeps.
pub fn wait_forever() -> ! {
    loop {
        // SAFETY: waits for an interrupt and has no other effect.
        unsafe { asm!("mcr p15, 0, {}, c7, c0, 4", in(reg) 0, options(nomem, nostack)) };
    }
}

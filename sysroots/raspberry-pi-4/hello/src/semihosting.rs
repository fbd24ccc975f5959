//! Ending the program, where there is somebody to tell: Arm's semihosting for AArch64.
//!
//! `hlt #0xf000` calls the emulator or the debugger. On a board with neither it is an undefined
//! instruction; the exception handler recognises its address and waits. Specification:
//! <https://github.com/ARM-software/abi-aa/blob/main/semihosting/semihosting.rst>.

use core::arch::{asm, global_asm};

const SYS_EXIT_EXTENDED: u64 = 0x20;
const APPLICATION_EXIT: u64 = 0x20026;

global_asm!(
    r#"
    .section .text.semihosting, "ax"
    .global semihosting_call
semihosting_call:
    hlt     #0xf000
    ret
"#
);

unsafe extern "C" {
    fn semihosting_call(operation: u64, parameter: *const u64) -> u64;
}

/// Ends the program with an exit code; on real hardware, waits for the power to go.
pub fn exit(code: u32) -> ! {
    let parameters = [APPLICATION_EXIT, u64::from(code)];
    // SAFETY: the operation reads two words and does not return where it is understood.
    unsafe { semihosting_call(SYS_EXIT_EXTENDED, parameters.as_ptr()) };
    wait_forever()
}

/// Whether this is the address of the semihosting instruction.
pub fn is_call(address: u64) -> bool {
    address == semihosting_call as *const () as u64
}

/// Sleeps.
pub fn wait_forever() -> ! {
    loop {
        // SAFETY: waits for an event and has no other effect.
        unsafe { asm!("wfe", options(nomem, nostack)) };
    }
}

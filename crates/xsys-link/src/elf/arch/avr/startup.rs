//! Start code for a device, as an object made for the link.
//!
//! Problem: AVR programs in Rust define `main` and interrupt handlers (`__vector_1` …, which is what
//! avr-device's attributes make of them) and rely on avr-gcc to add vectors, stack pointer, the copy
//! of `.data` and the clearing of `.bss`. The object here does that. It is linked like a member of an
//! archive, only if nothing else defines `__vectors`, so that programs can bring a runtime of their
//! own.
//!
//! Sections follow avr-libc's protocol ("The .initN Sections" in its manual), so that code in
//! `.init3` runs before memory is set up. Interrupts without a handler restart the program.
//! Encodings: "AVR Instruction Set Manual" (DS40002198).

use object::elf;

use super::assemble::{kind, op};
use super::devices::Device;
use super::rules::r;
use crate::elf::arch::small_object::{Code, write};

/// I/O addresses of the registers that matter before `main`.
const RAMPZ: u16 = 0x3b;
const EIND: u16 = 0x3c;
const SPL: u16 = 0x3d;
const SPH: u16 = 0x3e;
const SREG: u16 = 0x3f;

const R0: u16 = 0;
const ZERO: u16 = 1;
const CLI: u16 = 0x94f8;

/// The object's bytes.
pub(super) fn object(device: &Device) -> Vec<u8> {
    let long = device.long_vectors();

    let mut vectors = Code::new(".vectors");
    vectors.go("__init", long, false);
    for vector in 1..device.vectors {
        vectors.go(&format!("__vector_{vector}"), long, false);
    }

    // Compiled code expects r1 to be 0.
    let mut stack = Code::new(".init2");
    stack.two(op::EOR, ZERO, ZERO);
    stack.out(SREG, ZERO);
    stack.load(28, r::LO8_LDI, "__stack");
    if device.ram_end() > 0xff {
        stack.load(29, r::HI8_LDI, "__stack");
        stack.out(SPH, 29);
    }
    stack.out(SPL, 28);
    if device.has_eind() {
        stack.out(EIND, ZERO);
    }

    let mut memory = Code::new(".init4");
    memory.load(17, r::HI8_LDI, "__data_end");
    memory.load(26, r::LO8_LDI, "__data_start");
    memory.load(27, r::HI8_LDI, "__data_start");
    memory.load(30, r::LO8_LDI, "__data_load_start");
    memory.load(31, r::HI8_LDI, "__data_load_start");
    if device.reads_far() {
        memory.load(16, r::HH8_LDI, "__data_load_start");
        memory.out(RAMPZ, 16);
    }
    memory.until("__data_end", 17, |code| {
        // lpm r0, Z+ or elpm r0, Z+; st X+, r0
        code.word(0x9005 | R0 << 4 | if device.reads_far() { 2 } else { 0 });
        code.word(0x920d | R0 << 4);
    });
    if device.reads_far() {
        memory.out(RAMPZ, ZERO);
    }
    memory.load(18, r::HI8_LDI, "__bss_end");
    memory.load(26, r::LO8_LDI, "__bss_start");
    memory.load(27, r::HI8_LDI, "__bss_start");
    memory.until("__bss_end", 18, |code| code.word(0x920d | ZERO << 4));

    // A program that returns from `main` stays here.
    let mut start = Code::new(".init9");
    start.go("main", long, true);
    start.word(CLI);
    start.word(op::RJMP | 0xfff);
    let unhandled = start.here();
    start.go("__vectors", long, false);

    let mut defined = vec![("__vectors".to_owned(), 0, 0, elf::STB_GLOBAL)];
    let weak = (1..device.vectors).map(|vector| format!("__vector_{vector}"));
    defined.extend(weak.map(|name| (name, 3, unhandled, elf::STB_WEAK)));
    write(
        kind(device.arch),
        &[vectors, stack, memory, start],
        &defined,
    )
}

//! Encodes AVR instructions for the code that the linker adds to programs.
//!
//! Encodings: "AVR Instruction Set Manual" (DS40002198).

use super::rules::r;
use crate::elf::arch::small_object::{Code, ObjectKind};

/// The kind of an architecture's objects.
pub(super) fn kind(arch: u8) -> ObjectKind {
    ObjectKind {
        machine: object::elf::EM_AVR.0,
        e_flags: u32::from(arch) | super::RELAX_PREPARED,
    }
}

/// Instructions without their operands.
#[rustfmt::skip]
pub(super) mod op {
    // Two registers.
    pub(crate) const ADD: u16 = 0x0c00;
    pub(crate) const ADC: u16 = 0x1c00;
    pub(crate) const AND: u16 = 0x2000;
    pub(crate) const EOR: u16 = 0x2400;
    pub(crate) const OR: u16 = 0x2800;
    pub(crate) const MOV: u16 = 0x2c00;
    pub(crate) const MUL: u16 = 0x9c00;
    pub(crate) const CPC: u16 = 0x0400;
    // One register.
    pub(crate) const COM: u16 = 0x9400;
    pub(crate) const NEG: u16 = 0x9401;
    pub(crate) const LSR: u16 = 0x9406;
    pub(crate) const ROR: u16 = 0x9407;
    pub(crate) const PUSH: u16 = 0x920f;
    pub(crate) const POP: u16 = 0x900f;
    /// Skips the next instruction where bit 7 is clear.
    pub(crate) const SBRC_7: u16 = 0xfc07;
    /// `sbci rD, 255` with the register's number less 16.
    pub(crate) const SBCI_255: u16 = 0x4f0f;
    // Branches.
    pub(crate) const BRCC: u16 = 0xf400;
    pub(crate) const BRNE: u16 = 0xf401;
    pub(crate) const BRPL: u16 = 0xf402;
    pub(crate) const RJMP: u16 = 0xc000;
    pub(crate) const RET: u16 = 0x9508;
}

impl Code {
    /// `ldi rD, part(symbol)`
    pub(crate) fn load(&mut self, register: u16, r_type: u32, symbol: &str) {
        self.reloc(r_type, symbol);
        self.one(0xe000, register - 16);
    }

    /// `cpi rD, lo8(symbol)`
    pub(crate) fn compare(&mut self, register: u16, symbol: &str) {
        self.reloc(r::LO8_LDI, symbol);
        self.one(0x3000, register - 16);
    }

    /// An instruction with two registers.
    pub(crate) fn two(&mut self, op: u16, d: u16, r: u16) {
        self.word(op | (r & 0x10) << 5 | d << 4 | r & 0xf);
    }

    /// An instruction with one register.
    pub(crate) fn one(&mut self, op: u16, d: u16) {
        self.word(op | d << 4);
    }

    /// `movw`: two registers at once.
    pub(crate) fn pair(&mut self, d: u16, r: u16) {
        self.word(0x0100 | (d / 2) << 4 | (r / 2));
    }

    /// A branch back to an offset.
    pub(crate) fn back(&mut self, op: u16, to: u32) {
        let words = (to as i32 - self.here() as i32 - 2) / 2;
        self.word(op | (words as u16 & 0x7f) << 3);
    }

    /// A branch over the code that `body` writes.
    pub(crate) fn over(&mut self, op: u16, body: impl FnOnce(&mut Self)) {
        let at = self.bytes.len();
        self.word(op);
        body(self);
        let words = (self.bytes.len() - at - 2) / 2;
        self.patch(at as u32, op | (words as u16 & 0x7f) << 3);
    }

    /// `out port, rR`
    pub(crate) fn out(&mut self, port: u16, register: u16) {
        self.word(0xb800 | (port & 0x30) << 5 | register << 4 | port & 0xf);
    }

    /// A jump or a call to a symbol, in the long form or in the short one.
    pub(crate) fn go(&mut self, symbol: &str, long: bool, call: bool) {
        if long {
            self.reloc(r::CALL, symbol);
            self.word(if call { 0x940e } else { 0x940c });
            self.word(0);
        } else {
            self.reloc(r::PCREL_13, symbol);
            self.word(if call { 0xd000 } else { op::RJMP });
        }
    }

    /// A loop over X up to a symbol, whose upper half `limit` holds: the test comes first.
    pub(crate) fn until(&mut self, end: &str, limit: u16, body: impl FnOnce(&mut Self)) {
        let jump = self.bytes.len();
        self.word(op::RJMP);
        let start = self.here();
        body(self);
        let length = (self.here() - start) / 2;
        self.patch(jump as u32, op::RJMP | length as u16);
        self.compare(26, end);
        self.two(op::CPC, 27, limit);
        self.back(op::BRNE, start);
    }
}

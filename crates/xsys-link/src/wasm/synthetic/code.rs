//! Instructions for the bodies of functions that the linker makes.
//!
//! Spec: core specification, "Binary Format, Instructions", and the threads proposal for atomic ones.

use crate::wasm::leb;

pub(super) const UNREACHABLE: u8 = 0x00;
pub(super) const BLOCK: u8 = 0x02;
pub(super) const NO_RESULT: u8 = 0x40;
pub(super) const END: u8 = 0x0b;
pub(super) const BR: u8 = 0x0c;
pub(super) const BR_TABLE: u8 = 0x0e;
pub(super) const CALL: u8 = 0x10;
pub(super) const DROP: u8 = 0x1a;
pub(super) const LOCAL_GET: u8 = 0x20;
pub(super) const GLOBAL_GET: u8 = 0x23;
pub(super) const GLOBAL_SET: u8 = 0x24;
pub(super) const I32_CONST: u8 = 0x41;
pub(super) const I64_CONST: u8 = 0x42;
pub(super) const I32_STORE: u8 = 0x36;
pub(super) const I64_STORE: u8 = 0x37;
pub(super) const I32_ADD: u8 = 0x6a;
pub(super) const I64_ADD: u8 = 0x7c;
pub(super) const BULK: u8 = 0xfc;
pub(super) const MEMORY_INIT: u8 = 0x08;
pub(super) const DATA_DROP: u8 = 0x09;
pub(super) const MEMORY_FILL: u8 = 0x0b;
pub(super) const ATOMIC: u8 = 0xfe;
pub(super) const NOTIFY: u8 = 0x00;
pub(super) const WAIT32: u8 = 0x01;
pub(super) const STORE32: u8 = 0x17;
pub(super) const CMPXCHG32: u8 = 0x48;

/// Code that is being written.
pub(super) struct Code<'c> {
    pub(super) out: &'c mut Vec<u8>,
    pub(super) is64: bool,
}

impl Code<'_> {
    pub(super) fn number(&mut self, value: i32) {
        self.out.push(I32_CONST);
        leb::sleb(self.out, i64::from(value));
    }

    pub(super) fn address(&mut self, value: u64) {
        pointer(self.out, value, self.is64);
    }

    pub(super) fn index(&mut self, opcode: u8, number: u32) {
        self.out.push(opcode);
        leb::uleb(self.out, u64::from(number));
    }

    /// An atomic access to four aligned bytes.
    pub(super) fn atomic(&mut self, opcode: u8) {
        self.out.extend([ATOMIC, opcode, 2, 0]);
    }

    /// Copies a whole passive segment to the address on the stack.
    pub(super) fn memory_init(&mut self, number: u32, size: u64) {
        self.number(0);
        self.number(size as i32);
        self.out.extend([BULK, MEMORY_INIT]);
        leb::uleb(self.out, u64::from(number));
        self.out.push(0);
    }
}

/// Pushes an address.
pub(crate) fn pointer(out: &mut Vec<u8>, value: u64, is64: bool) {
    if is64 {
        out.push(I64_CONST);
        leb::sleb(out, value as i64);
    } else {
        out.push(I32_CONST);
        leb::sleb(out, i64::from(value as i32));
    }
}

//! The immediate fields of RISC-V instructions, and the data relocations that add to, subtract from
//! or replace bits of what is in the place.
//!
//! "The RISC-V Instruction Set Manual", Volume I: base instruction formats, and the chapter on
//! the C extension for the compressed ones.

use super::rules::r;

/// The place as an array; `None` past the end, which the caller has excluded.
fn place<const N: usize>(section: &mut [u8], offset: usize) -> Option<&mut [u8; N]> {
    section.get_mut(offset..)?.first_chunk_mut()
}

pub(super) fn change16(section: &mut [u8], offset: usize, change: impl FnOnce(u16) -> u16) {
    if let Some(bytes) = place(section, offset) {
        *bytes = change(u16::from_le_bytes(*bytes)).to_le_bytes();
    }
}

pub(super) fn change32(section: &mut [u8], offset: usize, change: impl FnOnce(u32) -> u32) {
    if let Some(bytes) = place(section, offset) {
        *bytes = change(u32::from_le_bytes(*bytes)).to_le_bytes();
    }
}

fn change64(section: &mut [u8], offset: usize, change: impl FnOnce(u64) -> u64) {
    if let Some(bytes) = place(section, offset) {
        *bytes = change(u64::from_le_bytes(*bytes)).to_le_bytes();
    }
}

fn change8(section: &mut [u8], offset: usize, change: impl FnOnce(u8) -> u8) {
    if let Some(byte) = section.get_mut(offset) {
        *byte = change(*byte);
    }
}

/// Upper part: bits 31–12, rounded so that the sign-extended lower part adds up.
pub(super) fn u_type(insn: u32, value: i64) -> u32 {
    insn & 0xfff | (value as u32).wrapping_add(0x800) & 0xffff_f000
}

/// Lower part in a load, `addi` or `jalr`.
pub(super) fn i_type(insn: u32, value: i64) -> u32 {
    insn & 0x000f_ffff | (value as u32) << 20
}

/// Lower part in a store.
pub(super) fn s_type(insn: u32, value: i64) -> u32 {
    let v = value as u32;
    insn & 0x01ff_f07f | (v & 0xfe0) << 20 | (v & 0x1f) << 7
}

/// Conditional branch.
fn b_type(insn: u32, value: i64) -> u32 {
    let v = value as u32;
    insn & 0x01ff_f07f | (v & 0x1000) << 19 | (v & 0x7e0) << 20 | (v & 0x1e) << 7 | (v & 0x800) >> 4
}

/// `jal`.
pub(super) fn j_type(insn: u32, value: i64) -> u32 {
    let v = value as u32;
    insn & 0xfff | (v & 0x10_0000) << 11 | (v & 0x7fe) << 20 | (v & 0x800) << 9 | v & 0x000f_f000
}

/// `c.beqz`, `c.bnez`.
fn cb_type(insn: u16, value: i64) -> u16 {
    let v = value as u16;
    insn & 0xe383
        | (v & 0x100) << 4
        | (v & 0x18) << 7
        | (v & 0xc0) >> 1
        | (v & 0x6) << 2
        | (v & 0x20) >> 3
}

/// `c.j`, `c.jal`.
pub(super) fn cj_type(insn: u16, value: i64) -> u16 {
    let v = value as u16;
    insn & 0xe003
        | (v & 0x800) << 1
        | (v & 0x10) << 7
        | (v & 0x300) << 1
        | (v & 0x400) >> 2
        | (v & 0x40) << 1
        | (v & 0x80) >> 1
        | (v & 0xe) << 2
        | (v & 0x20) >> 3
}

/// `c.lui`, `c.li`: an immediate of 6 bits.
pub(super) fn ci_type(insn: u16, value: u16) -> u16 {
    insn & 0xef83 | (value & 0x20) << 7 | (value & 0x1f) << 2
}

/// Writes a relocation's value; those of data that say ADD, SUB or SET combine.
pub(super) fn write(r_type: u32, section: &mut [u8], offset: usize, value: i64) {
    let (v8, v16, v32) = (value as u8, value as u16, value as u32);
    match r_type {
        r::ABS32
        | r::TLS_DTPREL32
        | r::TLS_TPREL32
        | r::GOT32_PCREL
        | r::SET32
        | r::PCREL32
        | r::PLT32 => {
            change32(section, offset, |_| v32);
        }
        r::ABS64 | r::TLS_DTPREL64 | r::TLS_TPREL64 => {
            change64(section, offset, |_| value as u64);
        }
        r::BRANCH => change32(section, offset, |insn| b_type(insn, value)),
        r::JAL => change32(section, offset, |insn| j_type(insn, value)),
        r::RVC_BRANCH => change16(section, offset, |insn| cb_type(insn, value)),
        r::RVC_JUMP => change16(section, offset, |insn| cj_type(insn, value)),
        r::CALL | r::CALL_PLT => write_pair(section, offset, value, 0x17),
        r::GOT_HI20
        | r::TLS_GOT_HI20
        | r::TLS_GD_HI20
        | r::PCREL_HI20
        | r::HI20
        | r::TPREL_HI20
        | r::TLSDESC_HI20 => {
            change32(section, offset, |insn| u_type(insn, value));
        }
        r::PCREL_LO12_I
        | r::LO12_I
        | r::TPREL_LO12_I
        | r::TLSDESC_LOAD_LO12
        | r::TLSDESC_ADD_LO12 => {
            change32(section, offset, |insn| i_type(insn, value));
        }
        r::PCREL_LO12_S | r::LO12_S | r::TPREL_LO12_S => {
            change32(section, offset, |insn| s_type(insn, value));
        }
        r::ADD8 => change8(section, offset, |x| x.wrapping_add(v8)),
        r::ADD16 => change16(section, offset, |x| x.wrapping_add(v16)),
        r::ADD32 => change32(section, offset, |x| x.wrapping_add(v32)),
        r::ADD64 => change64(section, offset, |x| x.wrapping_add(value as u64)),
        r::SUB8 => change8(section, offset, |x| x.wrapping_sub(v8)),
        r::SUB16 => change16(section, offset, |x| x.wrapping_sub(v16)),
        r::SUB32 => change32(section, offset, |x| x.wrapping_sub(v32)),
        r::SUB64 => change64(section, offset, |x| x.wrapping_sub(value as u64)),
        // The upper two bits are DW_CFA_advance_loc's opcode.
        r::SET6 => change8(section, offset, |x| x & 0xc0 | v8 & 0x3f),
        r::SUB6 => change8(section, offset, |x| x & 0xc0 | x.wrapping_sub(v8) & 0x3f),
        r::SET8 => change8(section, offset, |_| v8),
        r::SET16 => change16(section, offset, |_| v16),
        r::SET_ULEB128 => change_uleb(section, offset, |_| value as u64),
        r::SUB_ULEB128 => change_uleb(section, offset, |x| x.wrapping_sub(value as u64)),
        _ => {}
    }
}

/// Writes a 32-bit offset into `auipc`, or an address into what becomes `lui`, and the `jalr`
/// after it.
pub(super) fn write_pair(section: &mut [u8], offset: usize, value: i64, opcode: u32) {
    if place::<8>(section, offset).is_some() {
        change32(section, offset, |insn| u_type(insn & !0x7f | opcode, value));
        change32(section, offset + 4, |insn| i_type(insn, value));
    }
}

/// Changes a ULEB128 number without changing its length: the assembler has left room for the largest
/// possible difference. The value that SET writes is cut off; SUB then makes it right modulo 2^(7n).
pub(crate) fn change_uleb(section: &mut [u8], offset: usize, change: impl FnOnce(u64) -> u64) {
    let Some(bytes) = section.get_mut(offset..) else {
        return;
    };
    let Some(last) = bytes.iter().position(|b| b & 0x80 == 0) else {
        return;
    };
    let Some(bytes) = bytes.get_mut(..=last) else {
        return;
    };
    let old = bytes.iter().rev().fold(0u64, |value, &byte| {
        value.wrapping_shl(7) | u64::from(byte & 0x7f)
    });
    let mut value = change(old);
    for byte in bytes.iter_mut() {
        *byte = *byte & 0x80 | value as u8 & 0x7f;
        value >>= 7;
    }
}

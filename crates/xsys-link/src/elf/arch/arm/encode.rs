//! The immediate fields of ARM and Thumb instructions: reading the addend that REL keeps in
//! them, and writing the result.
//!
//! AAELF32, "Static ARM relocations", "Static Thumb relocations", "Addends and PC-bias
//! compensation"; encodings from the Arm Architecture Reference Manual. A 32-bit Thumb
//! instruction is two little-endian halfwords, the first one holding the upper bits: this file
//! handles it as one number `first << 16 | second`.
//!
//! The same [`Field`] drives reading and writing, so that they cannot disagree.

use super::rules::r;

/// Where in the instruction a value is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Field {
    /// No bits.
    None,
    Byte,
    Half,
    Word,
    /// The lower 31 bits of a word (`.ARM.exidx`).
    Low31,
    /// `B`, `BL`, `BLX`: imm24, and H for `BLX`.
    ArmBranch,
    /// `LDR`, `STR`: U and imm12, after so many groups were taken off by `ADD`s.
    ArmLoad(u32),
    /// `LDRD`, `LDRH` …: U and two nibbles.
    ArmLoadExtra(u32),
    /// `LDC`, `VLDR`: U and imm8 in words.
    ArmLoadCoprocessor(u32),
    /// `ADD`, `SUB` with a rotated immediate: the given group of eight bits.
    ArmAlu(u32),
    /// `MOVW` (shift 0), `MOVT` (shift 16).
    ArmMove(u32),
    /// `BL`, `BLX`, `B.W`: S, J1, J2, imm10, imm11.
    ThumbBranch,
    /// Conditional `B.W`: S, J2, J1, imm6, imm11.
    ThumbBranch19,
    /// `B`: imm11.
    ThumbBranch11,
    /// Conditional `B`: imm8.
    ThumbBranch8,
    /// `CBZ`, `CBNZ`: i, imm5; forward only.
    ThumbBranch6,
    /// Literal `LDR` and `ADR`: imm8 in words.
    ThumbLiteral8,
    /// `LDR.W` literal: U and imm12.
    ThumbLiteral12,
    /// `LDR.W` with a register: imm12.
    ThumbLoad12,
    /// `ADR.W`, an `ADDW` or `SUBW`: i, imm3, imm8.
    ThumbAdr,
    /// `LDR` with imm5 in words.
    ThumbLoad5,
    /// `MOVW` (shift 0), `MOVT` (shift 16): imm4, i, imm3, imm8.
    ThumbMove(u32),
    /// `MOVS`, `ADDS` with imm8: the byte at this shift of the value.
    ThumbByte(u32),
}

/// The field that a relocation changes.
pub(super) fn field(r_type: u32) -> Field {
    match r_type {
        r::PC24 | r::XPC25 | r::PLT32 | r::CALL | r::JUMP24 => Field::ArmBranch,
        r::ABS32
        | r::REL32
        | r::SBREL32
        | r::TLS_DTPMOD32..=r::TLS_TPOFF32
        | r::GOTOFF32
        | r::BASE_PREL
        | r::GOT_BREL
        | r::BASE_ABS
        | r::TARGET1
        | r::TARGET2
        | r::ABS32_NOI
        | r::REL32_NOI
        | r::PLT32_ABS
        | r::GOT_ABS
        | r::GOT_PREL
        | r::TLS_GD32..=r::TLS_LE32 => Field::Word,
        r::ABS16 => Field::Half,
        r::ABS8 => Field::Byte,
        r::PREL31 => Field::Low31,
        r::ABS12
        | r::LDR_PC_G0
        | r::LDR_SB_G0
        | r::GOT_BREL12
        | r::GOTOFF12
        | r::TLS_LDO12..=r::TLS_IE12GP => Field::ArmLoad(0),
        r::LDR_PC_G1 | r::LDR_SB_G1 => Field::ArmLoad(1),
        r::LDR_PC_G2 | r::LDR_SB_G2 => Field::ArmLoad(2),
        r::LDRS_PC_G0..=r::LDRS_PC_G2 => Field::ArmLoadExtra(r_type - r::LDRS_PC_G0),
        r::LDRS_SB_G0..=r::LDRS_SB_G2 => Field::ArmLoadExtra(r_type - r::LDRS_SB_G0),
        r::LDC_PC_G0..=r::LDC_PC_G2 => Field::ArmLoadCoprocessor(r_type - r::LDC_PC_G0),
        r::LDC_SB_G0..=r::LDC_SB_G2 => Field::ArmLoadCoprocessor(r_type - r::LDC_SB_G0),
        r::ALU_PC_G0_NC | r::ALU_PC_G0 | r::ALU_SB_G0_NC | r::ALU_SB_G0 => Field::ArmAlu(0),
        r::ALU_PC_G1_NC | r::ALU_PC_G1 | r::ALU_SB_G1_NC | r::ALU_SB_G1 => Field::ArmAlu(1),
        r::ALU_PC_G2 | r::ALU_SB_G2 => Field::ArmAlu(2),
        r::MOVW_ABS_NC | r::MOVW_PREL_NC | r::MOVW_BREL_NC | r::MOVW_BREL => Field::ArmMove(0),
        r::MOVT_ABS | r::MOVT_PREL | r::MOVT_BREL => Field::ArmMove(16),
        r::THM_CALL | r::THM_XPC22 | r::THM_JUMP24 => Field::ThumbBranch,
        r::THM_JUMP19 => Field::ThumbBranch19,
        r::THM_JUMP11 => Field::ThumbBranch11,
        r::THM_JUMP8 => Field::ThumbBranch8,
        r::THM_JUMP6 => Field::ThumbBranch6,
        r::THM_PC8 => Field::ThumbLiteral8,
        r::THM_PC12 => Field::ThumbLiteral12,
        r::THM_GOT_BREL12 => Field::ThumbLoad12,
        r::THM_ALU_PREL_11_0 => Field::ThumbAdr,
        r::THM_ABS5 => Field::ThumbLoad5,
        r::THM_MOVW_ABS_NC | r::THM_MOVW_PREL_NC | r::THM_MOVW_BREL_NC | r::THM_MOVW_BREL => {
            Field::ThumbMove(0)
        }
        r::THM_MOVT_ABS | r::THM_MOVT_PREL | r::THM_MOVT_BREL => Field::ThumbMove(16),
        r::THM_ALU_ABS_G0_NC..=r::THM_ALU_ABS_G3 => {
            Field::ThumbByte((r_type - r::THM_ALU_ABS_G0_NC) * 8)
        }
        _ => Field::None,
    }
}

/// Bytes of the place that a field is in, and of the units that have a byte order of their own.
pub(super) fn shape(field: Field) -> (usize, usize) {
    match field {
        Field::Byte => (1, 1),
        Field::Half
        | Field::ThumbBranch11
        | Field::ThumbBranch8
        | Field::ThumbBranch6
        | Field::ThumbLiteral8
        | Field::ThumbLoad5
        | Field::ThumbByte(_) => (2, 2),
        Field::ThumbBranch
        | Field::ThumbBranch19
        | Field::ThumbLiteral12
        | Field::ThumbLoad12
        | Field::ThumbAdr
        | Field::ThumbMove(_) => (4, 2),
        _ => (4, 4),
    }
}

/// Reads a halfword; 0 past the end, which the caller has excluded.
pub(super) fn read16(section: &[u8], offset: usize) -> u16 {
    section
        .get(offset..)
        .and_then(|rest| rest.first_chunk())
        .map_or(0, |bytes| u16::from_le_bytes(*bytes))
}

pub(super) fn read32(section: &[u8], offset: usize) -> u32 {
    section
        .get(offset..)
        .and_then(|rest| rest.first_chunk())
        .map_or(0, |bytes| u32::from_le_bytes(*bytes))
}

pub(super) fn read_thumb(section: &[u8], offset: usize) -> u32 {
    read32(section, offset).rotate_right(16)
}

pub(super) fn write16(section: &mut [u8], offset: usize, value: u16) {
    if let Some(bytes) = section.get_mut(offset..).and_then(|s| s.first_chunk_mut()) {
        *bytes = value.to_le_bytes();
    }
}

pub(super) fn write32(section: &mut [u8], offset: usize, value: u32) {
    if let Some(bytes) = section.get_mut(offset..).and_then(|s| s.first_chunk_mut()) {
        *bytes = value.to_le_bytes();
    }
}

pub(super) fn write_thumb(section: &mut [u8], offset: usize, value: u32) {
    write32(section, offset, value.rotate_right(16));
}

/// The lower `bits` bits of `value` as a signed number.
fn sign_extend(value: u32, bits: u32) -> i64 {
    let shift = 32 - bits;
    i64::from(((value << shift) as i32) >> shift)
}

fn signed(negative: bool, magnitude: u32) -> i64 {
    if negative {
        -i64::from(magnitude)
    } else {
        i64::from(magnitude)
    }
}

/// The addend that REL stores in a field.
pub(super) fn read(field: Field, section: &[u8], offset: usize) -> i64 {
    let half = || u32::from(read16(section, offset));
    let word = || read32(section, offset);
    let thumb = || read_thumb(section, offset);
    match field {
        Field::None => 0,
        Field::Byte => section.get(offset).map_or(0, |&b| i64::from(b as i8)),
        Field::Half => sign_extend(half(), 16),
        Field::Word => sign_extend(word(), 32),
        Field::Low31 => sign_extend(word(), 31),
        Field::ArmBranch => {
            let insn = word();
            let half_bit = if is_arm_blx(insn) { insn >> 23 & 2 } else { 0 };
            sign_extend(insn << 2, 26) | i64::from(half_bit)
        }
        Field::ArmLoad(_) => signed(word() & U == 0, word() & 0xfff),
        Field::ArmLoadExtra(_) => {
            let insn = word();
            signed(insn & U == 0, insn >> 4 & 0xf0 | insn & 0xf)
        }
        Field::ArmLoadCoprocessor(_) => signed(word() & U == 0, (word() & 0xff) << 2),
        Field::ArmAlu(_) => {
            let insn = word();
            let immediate = (insn & 0xff).rotate_right(insn >> 7 & 0x1e);
            signed(insn & ALU_SUB != 0, immediate)
        }
        Field::ArmMove(_) => {
            let insn = word();
            sign_extend(insn >> 4 & 0xf000 | insn & 0xfff, 16)
        }
        Field::ThumbBranch => {
            let insn = thumb();
            let s = insn >> 26 & 1;
            let i1 = !(insn >> 13 ^ s) & 1;
            let i2 = !(insn >> 11 ^ s) & 1;
            let imm10 = insn >> 16 & 0x3ff;
            let imm11 = insn & 0x7ff;
            sign_extend(s << 24 | i1 << 23 | i2 << 22 | imm10 << 12 | imm11 << 1, 25)
        }
        Field::ThumbBranch19 => {
            let insn = thumb();
            let (s, j1, j2) = (insn >> 26 & 1, insn >> 13 & 1, insn >> 11 & 1);
            let imm = s << 20 | j2 << 19 | j1 << 18 | (insn >> 16 & 0x3f) << 12;
            sign_extend(imm | (insn & 0x7ff) << 1, 21)
        }
        Field::ThumbBranch11 => sign_extend(half() << 1, 12),
        Field::ThumbBranch8 => sign_extend(half() << 1, 9),
        // The field is unsigned, but its addend is the PC bias −4, which assemblers store
        // modulo the field's size.
        Field::ThumbBranch6 => {
            let insn = half();
            let stored = insn >> 3 & 0x40 | insn >> 2 & 0x3e;
            i64::from((stored + 4) & 0x7e) - 4
        }
        Field::ThumbLiteral8 => i64::from((((half() & 0xff) << 2) + 4) & 0x3ff) - 4,
        Field::ThumbLiteral12 => signed(thumb() & U == 0, thumb() & 0xfff),
        Field::ThumbLoad12 => i64::from(thumb() & 0xfff),
        Field::ThumbAdr => {
            let insn = thumb();
            let immediate = insn >> 15 & 0x800 | insn >> 4 & 0x700 | insn & 0xff;
            signed(insn & ADR_SUB != 0, immediate)
        }
        Field::ThumbLoad5 => i64::from(half() >> 4 & 0x7c),
        Field::ThumbMove(_) => {
            let insn = thumb();
            let upper = insn >> 4 & 0xf000 | insn >> 15 & 0x800;
            sign_extend(upper | insn >> 4 & 0x700 | insn & 0xff, 16)
        }
        Field::ThumbByte(_) => i64::from(half() & 0xff),
    }
}

/// Writes a value that fits. Branches keep their kind; [`write_arm_branch`] and
/// [`write_thumb_branch`] can change it.
pub(super) fn write(field: Field, section: &mut [u8], offset: usize, value: i64) {
    let v = value as u32;
    let magnitude = value.unsigned_abs() as u32;
    // U says "add": set for values that are not negative.
    let u = if value < 0 { 0 } else { U };
    let half = read16(section, offset);
    let word = read32(section, offset);
    let thumb = read_thumb(section, offset);
    match field {
        Field::None => {}
        Field::Byte => {
            if let Some(byte) = section.get_mut(offset) {
                *byte = v as u8;
            }
        }
        Field::Half => write16(section, offset, v as u16),
        Field::Word => write32(section, offset, v),
        Field::Low31 => write32(section, offset, word & 0x8000_0000 | v & 0x7fff_ffff),
        Field::ArmBranch => write_arm_branch(section, offset, value, None),
        Field::ArmLoad(group) => {
            let rest = residual(magnitude, group).0 & 0xfff;
            write32(section, offset, word & !(U | 0xfff) | u | rest);
        }
        Field::ArmLoadExtra(group) => {
            let rest = residual(magnitude, group).0;
            let nibbles = (rest & 0xf0) << 4 | rest & 0xf;
            write32(section, offset, word & !(U | 0xf0f) | u | nibbles);
        }
        Field::ArmLoadCoprocessor(group) => {
            let rest = residual(magnitude, group).0 >> 2 & 0xff;
            write32(section, offset, word & !(U | 0xff) | u | rest);
        }
        Field::ArmAlu(group) => {
            let opcode = if value < 0 { ALU_SUB } else { ALU_ADD };
            let kept = word & !(ALU_ADD | ALU_SUB | 0xfff);
            write32(section, offset, kept | opcode | rotated(magnitude, group).0);
        }
        Field::ArmMove(shift) => {
            let half = v >> shift & 0xffff;
            let bits = (half & 0xf000) << 4 | half & 0xfff;
            write32(section, offset, word & !0xf_0fff | bits);
        }
        Field::ThumbBranch => write_thumb_branch(section, offset, value, None),
        Field::ThumbBranch19 => {
            let bits = (v >> 20 & 1) << 26
                | (v >> 12 & 0x3f) << 16
                | (v >> 18 & 1) << 13
                | (v >> 19 & 1) << 11
                | v >> 1 & 0x7ff;
            write_thumb(section, offset, thumb & !0x043f_2fff | bits);
        }
        Field::ThumbBranch11 => {
            write16(section, offset, half & !0x7ff | (v >> 1 & 0x7ff) as u16);
        }
        Field::ThumbBranch8 => write16(section, offset, half & !0xff | (v >> 1 & 0xff) as u16),
        Field::ThumbBranch6 => {
            let bits = (v & 0x40) << 3 | (v & 0x3e) << 2;
            write16(section, offset, half & !0x2f8 | bits as u16);
        }
        Field::ThumbLiteral8 => write16(section, offset, half & !0xff | (v >> 2 & 0xff) as u16),
        Field::ThumbLiteral12 => {
            let bits = u | magnitude & 0xfff;
            write_thumb(section, offset, thumb & !(U | 0xfff) | bits);
        }
        Field::ThumbLoad12 => write_thumb(section, offset, thumb & !0xfff | v & 0xfff),
        Field::ThumbAdr => {
            let opcode = if value < 0 { ADR_SUB } else { 0 };
            let m = magnitude;
            let bits = (m & 0x800) << 15 | (m & 0x700) << 4 | m & 0xff;
            write_thumb(
                section,
                offset,
                thumb & !(ADR_SUB | 0x0400_70ff) | opcode | bits,
            );
        }
        Field::ThumbLoad5 => write16(section, offset, half & !0x7c0 | ((v & 0x7c) << 4) as u16),
        Field::ThumbMove(shift) => {
            let x = v >> shift & 0xffff;
            let bits = (x & 0xf000) << 4 | (x & 0x800) << 15 | (x & 0x700) << 4 | x & 0xff;
            write_thumb(section, offset, thumb & !0x040f_70ff | bits);
        }
        Field::ThumbByte(shift) => {
            write16(section, offset, half & !0xff | (v >> shift & 0xff) as u16);
        }
    }
}

/// Whether a field can hold what is left of a group relocation's value (AAELF32, "Group
/// relocations").
pub(super) fn group_fits(field: Field, value: i64) -> bool {
    let magnitude = value.unsigned_abs() as u32;
    match field {
        Field::ArmAlu(group) => rotated(magnitude, group).1 == 0,
        Field::ArmLoad(group) => residual(magnitude, group).0 <= 0xfff,
        Field::ArmLoadExtra(group) => residual(magnitude, group).0 <= 0xff,
        Field::ArmLoadCoprocessor(group) => residual(magnitude, group).0 <= 0x3fc,
        _ => true,
    }
}

/// What is left of a magnitude after `group` chunks of eight bits at even positions were taken
/// off its top, and where its next chunk starts (leading zeros, even).
fn residual(magnitude: u32, group: u32) -> (u32, u32) {
    let mut rest = magnitude;
    for _ in 0..group {
        let zeros = rest.leading_zeros() & !1;
        rest &= 0x00ff_ffffu32.checked_shr(zeros).unwrap_or(0);
    }
    (rest, rest.leading_zeros() & !1)
}

/// A group's chunk as rotated immediate, and the rest of the value.
fn rotated(magnitude: u32, group: u32) -> (u32, u32) {
    let (rest, zeros) = residual(magnitude, group);
    if zeros >= 24 {
        return (rest, 0);
    }
    let chunk = rest >> (24 - zeros) & 0xff;
    ((zeros + 8) << 7 | chunk, rest & (0x00ff_ffff >> zeros))
}

const U: u32 = 1 << 23;
const ALU_ADD: u32 = 0x0080_0000;
const ALU_SUB: u32 = 0x0040_0000;
/// The bits in which `SUBW` differs from `ADDW`.
const ADR_SUB: u32 = 0x00a0_0000;

fn is_arm_blx(insn: u32) -> bool {
    insn >> 25 == 0x7d
}

/// Writes an ARM branch. `to_thumb` is the state of the target where it is known: an
/// unconditional `BL` becomes `BLX` and back; a `B` cannot change and needs a thunk.
pub(super) fn write_arm_branch(
    section: &mut [u8],
    offset: usize,
    value: i64,
    to_thumb: Option<bool>,
) {
    let insn = read32(section, offset);
    let v = value as u32;
    let links = is_arm_blx(insn) || insn >> 24 == 0xeb;
    let blx = links && to_thumb.unwrap_or_else(|| is_arm_blx(insn));
    let opcode = match (links, blx) {
        (true, true) => 0xfa00_0000 | (v & 2) << 23,
        (true, false) => 0xeb00_0000,
        (false, _) => insn & 0xff00_0000,
    };
    write32(section, offset, opcode | v >> 2 & 0x00ff_ffff);
}

/// Writes a Thumb `BL`, `BLX` or `B.W`. `to_thumb` as in [`write_arm_branch`].
pub(super) fn write_thumb_branch(
    section: &mut [u8],
    offset: usize,
    value: i64,
    to_thumb: Option<bool>,
) {
    let insn = read_thumb(section, offset);
    let links = insn & 0x4000 != 0;
    let stays = to_thumb.unwrap_or(insn & 0x1000 != 0);
    let (kind, v) = if !links {
        (insn & 0xd000, value as u32)
    } else if stays {
        (0xd000, value as u32)
    } else {
        // BLX counts from the word that holds the instruction.
        (0xc000, blx_offset(value) as u32)
    };
    let s = v >> 24 & 1;
    let j1 = !(v >> 23 ^ s) & 1;
    let j2 = !(v >> 22 ^ s) & 1;
    let first = insn & 0xf800_0000 | s << 26 | (v >> 12 & 0x3ff) << 16;
    write_thumb(
        section,
        offset,
        first | kind | j1 << 13 | j2 << 11 | v >> 1 & 0x7ff,
    );
}

/// The offset in a Thumb `BLX` to S + A − P: ARM code is aligned to words, P may lie between
/// two.
pub(super) fn blx_offset(value: i64) -> i64 {
    (value + 2) & !3
}

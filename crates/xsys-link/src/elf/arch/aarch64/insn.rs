//! Reading, building and patching single A64 instructions ("A64 Instruction Set", C4).

/// `nop`
pub(super) const NOP: u32 = 0xd503_201f;

/// Where calls through a register may land.
pub(super) const BTI_C: u32 = 0xd503_245f;

/// The word at `offset`.
pub(super) fn word(section: &[u8], offset: usize) -> Option<u32> {
    let bytes = section.get(offset..offset.checked_add(4)?)?;
    Some(u32::from_le_bytes(bytes.try_into().ok()?))
}

/// Replaces the word at `offset`.
pub(super) fn put(section: &mut [u8], offset: usize, value: u32) {
    let end = offset.saturating_add(4);
    if let Some(place) = section.get_mut(offset..end) {
        place.copy_from_slice(&value.to_le_bytes());
    }
}

/// `imm12` of `add`, loads and stores.
pub(super) fn with_imm12(insn: u32, imm: i64) -> u32 {
    insn & !(0xfff << 10) | ((imm & 0xfff) as u32) << 10
}

/// `immhi:immlo` of `adr` and `adrp`.
pub(super) fn with_imm21(insn: u32, imm: i64) -> u32 {
    let imm = imm as u32;
    insn & !(3 << 29 | 0x7_ffff << 5) | (imm & 3) << 29 | (imm >> 2 & 0x7_ffff) << 5
}

/// `imm16` of `movn`, `movz`, `movk`.
pub(super) fn with_imm16(insn: u32, imm: i64) -> u32 {
    insn & !(0xffff << 5) | ((imm & 0xffff) as u32) << 5
}

/// `movz xD, #imm, lsl #16 · group`
pub(super) fn movz(rd: u32, group: u32, imm: i64) -> u32 {
    with_imm16(0xd280_0000 | group << 21 | rd & 31, imm)
}

/// `movk xD, #imm, lsl #16 · group`
pub(super) fn movk(rd: u32, group: u32, imm: i64) -> u32 {
    with_imm16(0xf280_0000 | group << 21 | rd & 31, imm)
}

pub(super) fn is_adrp(insn: u32) -> bool {
    insn & 0x9f00_0000 == 0x9000_0000
}

pub(super) fn is_adr(insn: u32) -> bool {
    insn & 0x9f00_0000 == 0x1000_0000
}

pub(super) fn is_bl(insn: u32) -> bool {
    insn & 0xfc00_0000 == 0x9400_0000
}

/// `ldr xT, [xN, #imm12]`
pub(super) fn is_ldr_x(insn: u32) -> bool {
    insn & 0xffc0_0000 == 0xf940_0000
}

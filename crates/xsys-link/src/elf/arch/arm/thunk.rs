//! Code that the linker adds: thunks for branches that cannot reach or cannot change state, and
//! IPLT entries.
//!
//! A thunk may only touch ip (r12), which AAPCS32 leaves to the linker between a call and the
//! callee's first instruction. Which sequence is possible depends on the core: `MOVW` and `MOVT`
//! since ARMv6T2 and in ARMv8-M Baseline; before that the address is a literal; ARMv6-M can
//! load literals only into low registers and passes the address through the stack. Every last
//! instruction changes state by bit 0 of its operand.

use super::Core;
use super::encode::{self, Field};
use crate::elf::arch::{MappingSymbol, ThunkForm};

/// The sequences; the number is the [`ThunkForm`].
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[repr(u8)]
pub(super) enum Sequence {
    /// ARM: `movw ip; movt ip; bx ip`
    ArmMove,
    /// ARM: `movw ip; movt ip; add ip, ip, pc; bx ip`
    ArmMovePic,
    /// ARM: `ldr ip, [pc]; bx ip; .word`
    ArmLiteral,
    /// ARM: `ldr ip, [pc, #4]; add ip, pc, ip; bx ip; .word`
    ArmLiteralPic,
    /// Thumb: `movw ip; movt ip; bx ip`
    ThumbMove,
    /// Thumb: `movw ip; movt ip; add ip, pc; bx ip`
    ThumbMovePic,
    /// Thumb without the high half of Thumb-2: `bx pc; nop`, then [`Sequence::ArmLiteral`]
    ThumbViaArm,
    /// `bx pc; nop`, then [`Sequence::ArmLiteralPic`]
    ThumbViaArmPic,
    /// ARMv6-M: `push {r0, r1}; ldr r0, [pc, #4]; str r0, [sp, #4]; pop {r0, pc}; .word`
    ThumbStack,
    /// ARMv6-M: `push {r0}; ldr r0, [pc, #8]; mov ip, r0; pop {r0}; add pc, ip; nop; .word`
    ThumbStackPic,
    /// ARMv6-M without literals: `push {r0, r1}`, the address in r0 byte by byte, `str r0, [sp,
    /// #4]; pop {r0, pc}`
    ThumbStackImmediate,
    /// Thumb: `b.w`
    ThumbShort,
    /// `bx pc; nop`, then [`Sequence::ArmLoad`]
    ThumbViaArmLoad,
    /// ARM, where a load into PC ends in the right state: `ldr pc, [pc, #-4]; .word`
    ArmLoad,
}

impl Sequence {
    /// The sequence for branches from Thumb or ARM code.
    pub(super) fn choose(core: Core, from_thumb: bool, to_thumb: bool, pic: bool) -> Sequence {
        // Loads change state since ARMv5T.
        let load = core.has_blx() || !to_thumb;
        let (absolute, relative) = if from_thumb {
            if core.has_movw() {
                (Sequence::ThumbMove, Sequence::ThumbMovePic)
            } else if !core.has_arm_state() {
                (Sequence::ThumbStack, Sequence::ThumbStackPic)
            } else if load {
                (Sequence::ThumbViaArmLoad, Sequence::ThumbViaArmPic)
            } else {
                (Sequence::ThumbViaArm, Sequence::ThumbViaArmPic)
            }
        } else if core.has_movw() {
            (Sequence::ArmMove, Sequence::ArmMovePic)
        } else if load {
            (Sequence::ArmLoad, Sequence::ArmLiteralPic)
        } else {
            (Sequence::ArmLiteral, Sequence::ArmLiteralPic)
        };
        if pic { relative } else { absolute }
    }

    pub(super) fn number(self) -> ThunkForm {
        ThunkForm(self as u8)
    }

    /// The sequence of a number; numbers only come from [`Sequence::number`].
    pub(super) fn of(form: ThunkForm) -> Sequence {
        const ALL: [Sequence; 14] = [
            Sequence::ArmMove,
            Sequence::ArmMovePic,
            Sequence::ArmLiteral,
            Sequence::ArmLiteralPic,
            Sequence::ThumbMove,
            Sequence::ThumbMovePic,
            Sequence::ThumbViaArm,
            Sequence::ThumbViaArmPic,
            Sequence::ThumbStack,
            Sequence::ThumbStackPic,
            Sequence::ThumbStackImmediate,
            Sequence::ThumbShort,
            Sequence::ThumbViaArmLoad,
            Sequence::ArmLoad,
        ];
        ALL.get(usize::from(form.0))
            .copied()
            .unwrap_or(Sequence::ArmMove)
    }

    /// Entered in Thumb state.
    pub(super) fn is_thumb(self) -> bool {
        (Sequence::ThumbMove as u8..=Sequence::ThumbViaArmLoad as u8).contains(&(self as u8))
    }

    /// Words need the alignment of words, and so does ARM code.
    pub(super) fn align(self) -> u64 {
        match self {
            Sequence::ThumbMove
            | Sequence::ThumbMovePic
            | Sequence::ThumbShort
            | Sequence::ThumbStackImmediate => 2,
            _ => 4,
        }
    }

    pub(super) fn size(self) -> usize {
        match self {
            Sequence::ThumbShort => 4,
            Sequence::ArmLoad => 8,
            Sequence::ThumbMove => 10,
            Sequence::ArmMove
            | Sequence::ArmLiteral
            | Sequence::ThumbMovePic
            | Sequence::ThumbStack
            | Sequence::ThumbViaArmLoad => 12,
            Sequence::ArmMovePic
            | Sequence::ArmLiteralPic
            | Sequence::ThumbViaArm
            | Sequence::ThumbStackPic => 16,
            Sequence::ThumbViaArmPic | Sequence::ThumbStackImmediate => 20,
        }
    }

    pub(super) fn mapping(self) -> &'static [MappingSymbol] {
        const fn at(offset: u32, name: &'static str) -> MappingSymbol {
            MappingSymbol { offset, name }
        }
        const ARM: MappingSymbol = at(0, "$a");
        const THUMB: MappingSymbol = at(0, "$t");
        match self {
            Sequence::ArmMove | Sequence::ArmMovePic => const { &[ARM] },
            Sequence::ArmLiteral => const { &[ARM, at(8, "$d")] },
            Sequence::ArmLiteralPic => const { &[ARM, at(12, "$d")] },
            Sequence::ThumbMove
            | Sequence::ThumbMovePic
            | Sequence::ThumbShort
            | Sequence::ThumbStackImmediate => const { &[THUMB] },
            Sequence::ThumbViaArmLoad => const { &[THUMB, at(4, "$a"), at(8, "$d")] },
            Sequence::ArmLoad => const { &[ARM, at(4, "$d")] },
            Sequence::ThumbViaArm => const { &[THUMB, at(4, "$a"), at(12, "$d")] },
            Sequence::ThumbViaArmPic => const { &[THUMB, at(4, "$a"), at(16, "$d")] },
            Sequence::ThumbStack => const { &[THUMB, at(8, "$d")] },
            Sequence::ThumbStackPic => const { &[THUMB, at(12, "$d")] },
        }
    }

    /// Writes the sequence at `addr`; bit 0 of `target` is the target's state.
    pub(super) fn write(self, out: &mut [u8], addr: u64, target: u64) {
        // Distance from the PC that the sequence's ADD sees.
        let from = |pc: u64| target.wrapping_sub(addr.wrapping_add(pc));
        match self {
            Sequence::ArmMove => {
                arm_move(out, target);
                encode::write32(out, 8, BX_IP);
            }
            Sequence::ArmMovePic => {
                arm_move(out, from(16));
                encode::write32(out, 8, ADD_IP_IP_PC);
                encode::write32(out, 12, BX_IP);
            }
            Sequence::ArmLiteral => words(out, &[0xe59f_c000, BX_IP, target as u32]),
            Sequence::ArmLiteralPic => {
                words(out, &[LDR_IP_PC_4, 0xe08f_c00c, BX_IP, from(12) as u32])
            }
            Sequence::ThumbMove => {
                thumb_move(out, target);
                encode::write16(out, 8, T_BX_IP);
            }
            Sequence::ThumbMovePic => {
                thumb_move(out, from(12));
                encode::write16(out, 8, T_ADD_IP_PC);
                encode::write16(out, 10, T_BX_IP);
            }
            Sequence::ArmLoad => words(out, &[0xe51f_f004, target as u32]),
            Sequence::ThumbShort => {
                halves(out, &[0xf000, 0x9000]);
                encode::write(Field::ThumbBranch, out, 0, from(4) as i64);
            }
            Sequence::ThumbViaArm | Sequence::ThumbViaArmPic | Sequence::ThumbViaArmLoad => {
                halves(out, &[0x4778, T_NOP]);
                let rest = match self {
                    Sequence::ThumbViaArm => Sequence::ArmLiteral,
                    Sequence::ThumbViaArmLoad => Sequence::ArmLoad,
                    _ => Sequence::ArmLiteralPic,
                };
                if let Some(out) = out.get_mut(4..) {
                    rest.write(out, addr.wrapping_add(4), target);
                }
            }
            Sequence::ThumbStack => {
                halves(out, &[0xb403, 0x4801, 0x9001, 0xbd01]);
                encode::write32(out, 8, target as u32);
            }
            Sequence::ThumbStackImmediate => {
                let [d, c, b, a] = (target as u32).to_le_bytes().map(u16::from);
                // movs, then lsls #8 and adds
                halves(
                    out,
                    &[
                        0xb403,
                        0x2000 | a,
                        0x0200,
                        0x3000 | b,
                        0x0200,
                        0x3000 | c,
                        0x0200,
                        0x3000 | d,
                        0x9001,
                        0xbd01,
                    ],
                );
            }
            Sequence::ThumbStackPic => {
                halves(out, &[0xb401, 0x4802, 0x4684, 0xbc01, 0x44e7, T_NOP]);
                encode::write32(out, 12, from(12) as u32);
            }
        }
    }
}

/// Bytes of a secure gateway veneer.
pub(super) const GATEWAY_SIZE: usize = 8;

/// Writes a secure gateway veneer at `addr`: `sg; b.w target`. Returns whether the target is in reach.
pub(super) fn write_gateway(out: &mut [u8], addr: u64, target: u64) -> bool {
    let distance = (target & !1).wrapping_sub(addr.wrapping_add(8)) as i64;
    halves(out, &[0xe97f, 0xe97f, 0xf000, 0x9000]);
    encode::write(Field::ThumbBranch, out, 4, distance);
    (-(1 << 24)..1 << 24).contains(&distance)
}

/// Fills the place of an absent veneer with undefined instructions.
pub(super) fn fill_gateways(out: &mut [u8]) {
    for half in out.chunks_exact_mut(2) {
        half.copy_from_slice(&0xdeff_u16.to_le_bytes());
    }
}

/// Bytes of an IPLT entry.
pub(super) fn plt_entry_size(core: Core) -> usize {
    match core {
        Core::V4T => 20,
        _ => 16,
    }
}

/// The mapping symbols of an IPLT entry.
pub(super) fn plt_mapping(core: Core) -> &'static [MappingSymbol] {
    const fn at(offset: u32, name: &'static str) -> MappingSymbol {
        MappingSymbol { offset, name }
    }
    match core {
        Core::V4T => const { &[at(0, "$a"), at(16, "$d")] },
        Core::V5T => const { &[at(0, "$a"), at(12, "$d")] },
        Core::V7 => const { &[at(0, "$a")] },
        Core::V6M => const { &[at(0, "$t"), at(12, "$d")] },
        Core::V8MBaseline | Core::V7M => const { &[at(0, "$t")] },
    }
}

/// Writes the beginning of the PLT at `addr`: the resolver, whose address is the third word at `got`, finds the slot in
/// ip, the address of that third word in lr, and the return address on the stack (AAELF32, "PLT Sequences").
pub(super) fn write_plt_header(out: &mut [u8], addr: u64, got: u64) {
    let distance = got.wrapping_sub(addr.wrapping_add(16));
    words(
        out,
        &[
            0xe52d_e004, // str lr, [sp, #-4]!
            0xe59f_e004, // ldr lr, [pc, #4]
            0xe08f_e00e, // add lr, pc, lr
            0xe5be_f008, // ldr pc, [lr, #8]!
            distance as u32,
        ],
    );
}

/// Writes an IPLT entry at `addr` that jumps to what the GOT slot at `slot` holds.
pub(super) fn write_plt_entry(core: Core, out: &mut [u8], addr: u64, slot: u64) {
    let distance = slot.wrapping_sub(addr.wrapping_add(12));
    match (core.has_arm_state(), core.has_movw()) {
        (true, true) => {
            // ADD at 8 reads PC as addr + 16.
            arm_move(out, slot.wrapping_sub(addr.wrapping_add(16)));
            encode::write32(out, 8, ADD_IP_IP_PC);
            encode::write32(out, 12, 0xe59c_f000); // ldr pc, [ip]
        }
        // Before ARMv5T a load into PC stays in ARM state, even if the function is in Thumb code.
        (true, false) if core == Core::V4T => words(
            out,
            // ldr ip, [pc, #8]; add ip, ip, pc; ldr ip, [ip]; bx ip
            &[
                0xe59f_c008,
                ADD_IP_IP_PC,
                0xe59c_c000,
                BX_IP,
                distance as u32,
            ],
        ),
        (true, false) => words(
            out,
            // ldr ip, [pc, #4]; add ip, ip, pc; ldr pc, [ip]
            &[LDR_IP_PC_4, ADD_IP_IP_PC, 0xe59c_f000, distance as u32],
        ),
        (false, true) => {
            thumb_move(out, distance);
            // add ip, pc; ldr.w pc, [ip]; nop
            if let Some(out) = out.get_mut(8..) {
                halves(out, &[T_ADD_IP_PC, 0xf8dc, 0xf000, T_NOP]);
            }
        }
        (false, false) => {
            // push {r0, r1}; ldr r0, [pc, #8]; ldr r0, [r0]; str r0, [sp, #4]; pop {r0, pc}
            halves(out, &[0xb403, 0x4802, 0x6800, 0x9001, 0xbd01, T_NOP]);
            encode::write32(out, 12, slot as u32);
        }
    }
}

const BX_IP: u32 = 0xe12f_ff1c;
const ADD_IP_IP_PC: u32 = 0xe08c_c00f;
const LDR_IP_PC_4: u32 = 0xe59f_c004;
const T_BX_IP: u16 = 0x4760;
const T_ADD_IP_PC: u16 = 0x44fc;
/// `mov r8, r8`, a no-operation that every core has.
pub(super) const T_NOP: u16 = 0x46c0;

fn arm_move(out: &mut [u8], value: u64) {
    words(out, &[0xe300_c000, 0xe340_c000]);
    encode::write(Field::ArmMove(0), out, 0, value as i64);
    encode::write(Field::ArmMove(16), out, 4, value as i64);
}

fn thumb_move(out: &mut [u8], value: u64) {
    halves(out, &[0xf240, 0x0c00, 0xf2c0, 0x0c00]);
    encode::write(Field::ThumbMove(0), out, 0, value as i64);
    encode::write(Field::ThumbMove(16), out, 4, value as i64);
}

fn words(out: &mut [u8], values: &[u32]) {
    for (i, &value) in values.iter().enumerate() {
        encode::write32(out, i * 4, value);
    }
}

fn halves(out: &mut [u8], values: &[u16]) {
    for (i, &value) in values.iter().enumerate() {
        encode::write16(out, i * 2, value);
    }
}

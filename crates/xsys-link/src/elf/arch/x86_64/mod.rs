//! x86-64 (little endian, LP64).
//!
//! Spec: "System V Application Binary Interface, AMD64 Architecture Processor Supplement" 1.0:
//! 4.4 Relocation, chapter 10 (large code models), appendix B (linker optimization), and the APX
//! additions for `CODE_n` relocations; "ELF Handling For Thread-Local Storage" for the sequences.
//!
//! Instructions have no fixed fields: a relocation always stands on a displacement or an immediate
//! of whole bytes, so one encoder serves all rows. Displacements count from the end of the
//! instruction, which is why the addend of nearly every place-relative relocation is −4. A rewrite
//! that turns a displacement into an immediate has to add those 4 again.
//!
//! Quirks:
//! - Objects for static programs are full of `GOTPCREL`: the prebuilt `core` is position
//!   independent. Only `GOTPCRELX`, `REX_GOTPCRELX` and `CODE_4_GOTPCRELX` promise that the
//!   instruction may change; plain `GOTPCREL` may sit on anything, so it keeps its slot.
//! - `32` must be zero-extensible and `32S` sign-extensible; `PC32` to a function may be its address.
//! - Prefixes that look useless (`data16 lea`, `data16 data16 rex64 call`) pad TLS sequences to the
//!   16 bytes that their replacement needs.
//!
//! Rewrites look at the bytes around the place and not at addresses:
//! - `mov x@GOTPCREL(%rip), %reg` becomes `lea x(%rip), %reg`, `call *` and `jmp *` become direct.
//!   Absolute symbols keep the slot: in a position-independent image their distance is unknown, and
//!   elsewhere they may be out of reach. For an undefined weak symbol `mov` loads 0 as immediate.
//! - General dynamic, TLS descriptor and initial exec code gets its offset from the thread pointer
//!   as a constant. Local dynamic code gets the thread pointer itself as its base, and each
//!   `DTPOFF` in code becomes `TPOFF`. `rewrite` is not called for sections that are not loaded: in
//!   debug information `DTPOFF` keeps its meaning. The sequences of the large code model
//!   (`movabs` and `call *%rax`) are not rewritten.
//!
//! Once addresses are known, `test` and arithmetic with a slot take the address as immediate, if it is
//! a constant of 32 bits.
//!
//! TLS is variant II: offsets are negative. Branches reach ±2 GiB; there are no thunks.

mod machine;
mod rules;
#[cfg(test)]
mod tests;

use super::Range::Signed;
use super::{
    Arch, DynamicTypes, Errata, FinalSite, FirstCall, PltForm, Range, Relaxation, RelocRule,
    RelocRules, Rewrite, Rewrites, Runtime, Site, SymbolFacts, Thunks, TlsVariant,
};
use rules::{DIRECT, DIRECT_BRANCH, DROPPED, GOT_TP, TP_OFFSET, TP_OFFSET_64};

/// The architecture.
pub(super) struct X86_64 {
    /// The processor may check where indirect branches land.
    pub ibt: bool,
    /// Loads from the GOT may become cheaper.
    pub relax: bool,
}

// Sequences that [`X86_64::rewrite`] recognises.
/// `mov x@GOTPCREL(%rip), %reg` → `lea x(%rip), %reg`
const LEA: u8 = 0;
/// `call *x@GOTPCREL(%rip)` → `addr32 call x`
const CALL: u8 = 1;
/// `jmp *x@GOTPCREL(%rip)` → `jmp x; nop`
const JMP: u8 = 2;
/// `mov x@GOTPCREL(%rip), %reg` → `mov $0, %reg`, without a prefix that names the register.
const ZERO: u8 = 3;
/// The same with REX.
const ZERO_REX: u8 = 4;
/// The same with REX2.
const ZERO_REX2: u8 = 5;
/// General dynamic: 16 bytes.
const GD: u8 = 6;
/// Local dynamic with a direct call: 12 bytes.
const LD_12: u8 = 7;
/// Local dynamic with a call of two bytes of opcode: 13 bytes.
const LD_13: u8 = 8;
/// `DTPOFF32` after local dynamic.
const OFFSET_32: u8 = 9;
/// `DTPOFF64` after local dynamic.
const OFFSET_64: u8 = 10;
/// `mov x@gottpoff(%rip), %reg` and `lea x@tlsdesc(%rip), %reg` → `mov $x@tpoff, %reg`
const MOV_OFFSET: u8 = 11;
/// The same with REX2.
const MOV_OFFSET_REX2: u8 = 12;
/// `add x@gottpoff(%rip), %reg` → `add $x@tpoff, %reg`
const ADD_OFFSET: u8 = 13;
/// The same with REX2.
const ADD_OFFSET_REX2: u8 = 14;
/// `call *x@tlscall(%rax)` → `xchg %ax, %ax`
const DESC_CALL: u8 = 15;

/// General dynamic → initial exec: 16 bytes.
const GD_TO_IE: u8 = 16;
/// `lea x@tlsdesc(%rip), %reg` → `mov x@gottpoff(%rip), %reg`
const DESC_TO_IE: u8 = 17;

/// `endbr64`: where indirect branches may land.
const ENDBR64: [u8; 4] = [0xf3, 0x0f, 0x1e, 0xfa];

/// `mov %fs:0, %rax`
const THREAD_POINTER: [u8; 9] = [0x64, 0x48, 0x8b, 0x04, 0x25, 0, 0, 0, 0];

/// The `N` bytes that begin `back` bytes before `offset`.
fn bytes<const N: usize>(section: &[u8], offset: usize, back: usize) -> Option<[u8; N]> {
    let start = offset.checked_sub(back)?;
    section.get(start..start.checked_add(N)?)?.try_into().ok()
}

fn put(section: &mut [u8], start: usize, bytes: &[u8]) {
    if let Some(place) = section.get_mut(start..start.saturating_add(bytes.len())) {
        place.copy_from_slice(bytes);
    }
}

/// ModRM of `disp32(%rip)` with any register.
fn is_rip(modrm: u8) -> bool {
    modrm & 0xc7 == 0x05
}

/// The register field as r/m of a register operand.
fn register(modrm: u8) -> u8 {
    0xc0 | (modrm >> 3 & 7)
}

/// The prefix that extends the register of `op disp32(%rip), %reg`.
#[derive(Clone, Copy, PartialEq)]
enum Prefix {
    None,
    /// One byte 0x40 … 0x4f before the opcode.
    Rex,
    /// 0xd5 and a payload byte before the opcode (APX).
    Rex2,
}

/// Turns `op disp32(%rip), %reg` before `offset` into `op $imm32, %reg`: the register moves from
/// ModRM.reg to ModRM.rm, so in the prefix R becomes B. The opcode's own number in ModRM.reg is 0
/// for both that are used, C7 (`mov`) and 81 (`add`).
fn put_immediate(section: &mut [u8], offset: usize, prefix: Prefix, op: u8, imm: [u8; 4]) {
    let Some([_, modrm]) = bytes(section, offset, 2) else {
        return;
    };
    put(section, offset - 2, &[op, register(modrm)]);
    put(section, offset, &imm);
    let register_bits = match prefix {
        Prefix::None => return,
        Prefix::Rex => 0x04,
        Prefix::Rex2 => 0x44,
    };
    if let Some([before]) = bytes(section, offset, 3) {
        let moved = before & !register_bits | (before & register_bits) >> 2;
        put(section, offset - 3, &[moved]);
    }
}

/// `test` and arithmetic of a register with a GOT slot: where the address is a constant of 32 bits,
/// it becomes the operand (psABI, B.2). Only with a prefix, as the relocations promise.
fn relax_operand(known: &FinalSite, out: &mut [u8]) -> usize {
    let offset = known.site.offset;
    let prefix = match known.site.r_type {
        42 => Prefix::Rex,
        _ => Prefix::Rex2,
    };
    let value = known.s as i64;
    if known.facts.pic || known.site.addend != -4 || !Signed(32).contains(value) {
        return 0;
    }
    let (op, digit) = match rip_operand(out, offset, prefix) {
        Some(0x85) => (0xf7, 0),
        // add, or, adc, sbb, and, sub, xor, cmp
        Some(op) if op & 0xc7 == 0x03 => (0x81, op & 0x38),
        _ => return 0,
    };
    put_immediate(out, offset, prefix, op, (value as u32).to_le_bytes());
    if let Some([modrm]) = bytes(out, offset, 1) {
        put(out, offset - 1, &[modrm | digit]);
    }
    1
}

/// The opcode of `op disp32(%rip), %reg` before `offset`, if it has exactly this prefix.
fn rip_operand(section: &[u8], offset: usize, prefix: Prefix) -> Option<u8> {
    let [op, modrm] = bytes(section, offset, 2)?;
    let known = match prefix {
        Prefix::None => true,
        Prefix::Rex => bytes::<1>(section, offset, 3)?[0] & 0xf0 == 0x40,
        // Opcode map 0 only.
        Prefix::Rex2 => matches!(bytes(section, offset, 4)?, [0xd5, payload] if payload < 0x80),
    };
    (known && is_rip(modrm)).then_some(op)
}

fn rewrite_got(section: &[u8], site: Site, facts: SymbolFacts, prefix: Prefix) -> Option<Rewrite> {
    // Another addend would read beside the slot.
    if facts.ifunc || facts.preemptible || site.addend != -4 {
        return None;
    }
    let plain = |rule, form| {
        Some(Rewrite {
            rule,
            form,
            skip_next: false,
        })
    };
    if rip_operand(section, site.offset, prefix) == Some(0x8b) {
        return match prefix {
            Prefix::None if facts.undefined_weak => plain(&DROPPED, ZERO),
            Prefix::Rex if facts.undefined_weak => plain(&DROPPED, ZERO_REX),
            Prefix::Rex2 if facts.undefined_weak => plain(&DROPPED, ZERO_REX2),
            _ if facts.absolute => None,
            _ => plain(&DIRECT, LEA),
        };
    }
    if facts.undefined_weak || facts.absolute || prefix != Prefix::None {
        return None;
    }
    match bytes(section, site.offset, 2)? {
        [0xff, 0x15] => plain(&DIRECT_BRANCH, CALL),
        [0xff, 0x25] => plain(&DIRECT_BRANCH, JMP),
        _ => None,
    }
}

/// `data16 lea x@tlsgd(%rip), %rdi`, then a padded call to `__tls_get_addr`: direct, direct with
/// `addr32`, or through the GOT.
fn is_general_dynamic(section: &[u8], offset: usize) -> bool {
    let call = offset
        .checked_add(4)
        .and_then(|call| bytes::<8>(section, call, 0));
    bytes(section, offset, 4) == Some([0x66, 0x48, 0x8d, 0x3d])
        && matches!(
            call,
            Some(
                [0x66, 0x66, 0x48, 0xe8, ..]
                    | [0x66, 0x48, 0x67, 0xe8, ..]
                    | [0x66, 0x48, 0xff, 0x15, ..]
            )
        )
}

/// `lea x@tlsld(%rip), %rdi`, then a call to `__tls_get_addr`.
fn local_dynamic(section: &[u8], offset: usize) -> Option<u8> {
    let call = offset.checked_add(4)?;
    if bytes(section, offset, 3)? != [0x48, 0x8d, 0x3d] {
        return None;
    }
    match bytes::<5>(section, call, 0)? {
        [0xe8, ..] => Some(LD_12),
        [0xff, 0x15, ..] | [0x67, 0xe8, ..] => bytes::<6>(section, call, 0).map(|_| LD_13),
        _ => None,
    }
}

/// The machine.
pub(super) static MACHINE: machine::X86Machine = machine::X86Machine;

impl Arch for X86_64 {
    fn machine(&self) -> u16 {
        62
    }

    fn is_64(&self) -> bool {
        true
    }

    fn name(&self) -> &'static str {
        "x86_64"
    }

    fn image_base(&self) -> u64 {
        0x20_0000
    }

    fn fill(&self) -> &'static [u8] {
        // int3
        &[0xcc]
    }

    fn call_pushes(&self) -> u64 {
        8
    }

    /// The psABI defines no flags.
    fn merge_e_flags(&self, so_far: Option<u32>, _next: u32) -> Result<u32, String> {
        Ok(so_far.unwrap_or(0))
    }
}

impl RelocRules for X86_64 {
    fn rule(&self, r_type: u32) -> Option<&'static RelocRule> {
        rules::find(r_type)
    }

    fn implicit_addend(&self, rule: &RelocRule, section: &[u8], offset: usize) -> i64 {
        let size = usize::from(rule.size);
        let Some(place) = section.get(offset..offset.saturating_add(size)) else {
            return 0;
        };
        if !matches!(size, 1..=8) {
            return 0;
        }
        let mut raw = [0; 8];
        raw[..size].copy_from_slice(place);
        let unused = 64 - 8 * size;
        i64::from_le_bytes(raw) << unused >> unused
    }

    fn encode(&self, rule: &RelocRule, section: &mut [u8], offset: usize, value: i64) {
        let size = usize::from(rule.size).min(8);
        put(section, offset, &value.to_le_bytes()[..size]);
    }

    fn branch_bias(&self, _r_type: u32) -> u64 {
        4
    }
}

impl Rewrites for X86_64 {
    fn rewrite(&self, site: Site, facts: SymbolFacts, section: &[u8]) -> Option<Rewrite> {
        let offset = site.offset;
        let offset_of = |form| {
            Some(Rewrite {
                rule: &TP_OFFSET,
                form,
                skip_next: false,
            })
        };
        match site.r_type {
            // GOTPCRELX, REX_GOTPCRELX, CODE_4_GOTPCRELX
            41 if self.relax => rewrite_got(section, site, facts, Prefix::None),
            42 if self.relax => rewrite_got(section, site, facts, Prefix::Rex),
            43 if self.relax => rewrite_got(section, site, facts, Prefix::Rex2),
            // Where a library's TLS block is, is known when the program runs.
            17 | 19 | 20 | 21 | 22 | 34 | 35 | 44 | 45 if facts.shared => None,
            // TLSGD
            19 if facts.preemptible && is_general_dynamic(section, offset) => Some(Rewrite {
                rule: &GOT_TP,
                form: GD_TO_IE,
                skip_next: true,
            }),
            22 | 44 if facts.preemptible => None,
            34 if facts.preemptible && rip_operand(section, offset, Prefix::Rex)? == 0x8d => {
                Some(Rewrite {
                    rule: &GOT_TP,
                    form: DESC_TO_IE,
                    skip_next: false,
                })
            }
            45 if facts.preemptible => None,
            // TLSGD
            19 if is_general_dynamic(section, offset) => Some(Rewrite {
                rule: &TP_OFFSET,
                form: GD,
                skip_next: true,
            }),
            // TLSLD
            20 => local_dynamic(section, offset).map(|form| Rewrite {
                rule: &DROPPED,
                form,
                skip_next: true,
            }),
            // DTPOFF32, DTPOFF64
            21 => offset_of(OFFSET_32),
            17 => Some(Rewrite {
                rule: &TP_OFFSET_64,
                form: OFFSET_64,
                skip_next: false,
            }),
            // GOTTPOFF, CODE_4_GOTTPOFF
            22 => match rip_operand(section, offset, Prefix::Rex)? {
                0x8b => offset_of(MOV_OFFSET),
                0x03 => offset_of(ADD_OFFSET),
                _ => None,
            },
            44 => match rip_operand(section, offset, Prefix::Rex2)? {
                0x8b => offset_of(MOV_OFFSET_REX2),
                0x03 => offset_of(ADD_OFFSET_REX2),
                _ => None,
            },
            // GOTPC32_TLSDESC, CODE_4_GOTPC32_TLSDESC
            34 if rip_operand(section, offset, Prefix::Rex)? == 0x8d => offset_of(MOV_OFFSET),
            45 if rip_operand(section, offset, Prefix::Rex2)? == 0x8d => offset_of(MOV_OFFSET_REX2),
            // TLSDESC_CALL
            35 if bytes(section, offset, 0)? == [0xff, 0x10] => Some(Rewrite {
                rule: &DROPPED,
                form: DESC_CALL,
                skip_next: false,
            }),
            _ => None,
        }
    }

    fn relocation_after(&self, rewrite: &Rewrite, _r_type: u32) -> Option<(u32, i64)> {
        match rewrite.form {
            LEA | CALL => Some((DIRECT.r_type, 0)),
            JMP => Some((DIRECT.r_type, -1)),
            _ => None,
        }
    }

    fn apply_rewrite(
        &self,
        rewrite: &Rewrite,
        site: Site,
        section: &mut [u8],
        value: i64,
    ) -> Result<(), Range> {
        let range = rewrite.rule.range;
        // Added to `value`: displacements count from the next instruction (4 bytes on), immediates do not, and
        // the displacement of the shorter `jmp` is a byte earlier.
        let value = match rewrite.form {
            GD | MOV_OFFSET | MOV_OFFSET_REX2 | ADD_OFFSET | ADD_OFFSET_REX2 => {
                value.checked_add(4)
            }
            JMP => value.checked_add(1),
            // The displacement is eight bytes further on.
            GD_TO_IE => value.checked_sub(8),
            _ => Some(value),
        };
        let Some(value) = value.filter(|&value| range.contains(value)) else {
            return Err(range);
        };
        let word = (value as u32).to_le_bytes();
        let offset = site.offset;
        let back = |count: usize| offset.saturating_sub(count);
        match rewrite.form {
            LEA => {
                put(section, back(2), &[0x8d]);
                put(section, offset, &word);
            }
            CALL => {
                put(section, back(2), &[0x67, 0xe8]);
                put(section, offset, &word);
            }
            JMP => {
                put(section, back(2), &[0xe9]);
                put(section, back(1), &word);
                put(section, offset + 3, &[0x90]);
            }
            ZERO => put_immediate(section, offset, Prefix::None, 0xc7, [0; 4]),
            ZERO_REX => put_immediate(section, offset, Prefix::Rex, 0xc7, [0; 4]),
            ZERO_REX2 => put_immediate(section, offset, Prefix::Rex2, 0xc7, [0; 4]),
            GD => {
                put(section, back(4), &THREAD_POINTER);
                put(section, offset + 5, &[0x48, 0x8d, 0x80]); // lea x@tpoff(%rax), %rax
                put(section, offset + 8, &word);
            }
            GD_TO_IE => {
                put(section, back(4), &THREAD_POINTER);
                put(section, offset + 5, &[0x48, 0x03, 0x05]); // add x@gottpoff(%rip), %rax
                put(section, offset + 8, &word);
            }
            DESC_TO_IE => {
                put(section, back(2), &[0x8b]); // mov x@gottpoff(%rip), %reg
                put(section, offset, &word);
            }
            LD_12 => {
                put(section, back(3), &[0x66; 3]);
                put(section, offset, &THREAD_POINTER);
            }
            LD_13 => {
                put(section, back(3), &[0x66; 4]);
                put(section, offset + 1, &THREAD_POINTER);
            }
            OFFSET_32 => put(section, offset, &word),
            OFFSET_64 => put(section, offset, &value.to_le_bytes()),
            MOV_OFFSET => put_immediate(section, offset, Prefix::Rex, 0xc7, word),
            MOV_OFFSET_REX2 => put_immediate(section, offset, Prefix::Rex2, 0xc7, word),
            // `add`, not the `lea` that the psABI also allows: it sets the flags as before.
            ADD_OFFSET => put_immediate(section, offset, Prefix::Rex, 0x81, word),
            ADD_OFFSET_REX2 => put_immediate(section, offset, Prefix::Rex2, 0x81, word),
            DESC_CALL => put(section, offset, &[0x66, 0x90]),
            _ => {}
        }
        Ok(())
    }

    fn in_place_starts(&self) -> &'static [u32] {
        // REX_GOTPCRELX, CODE_4_GOTPCRELX
        if self.relax { &[42, 43] } else { &[] }
    }

    fn relax_in_place(&self, known: &FinalSite, out: &mut [u8]) -> usize {
        relax_operand(known, out)
    }
}

impl Runtime for X86_64 {
    fn tls(&self) -> TlsVariant {
        TlsVariant::Two
    }

    fn dynamic(&self) -> DynamicTypes {
        DynamicTypes {
            relative: 8,
            irelative: 37,
            symbolic: 1,
            glob_dat: 6,
            jump_slot: 7,
            copy: 5,
            tls_module: 16,
            tls_offset: 17,
            tp_offset: 18,
            tls_descriptor: 36,
            rela: true,
        }
    }

    fn dynamic_linker(&self) -> Option<&'static str> {
        Some("/lib64/ld-linux-x86-64.so.2")
    }

    fn plt(&self) -> PltForm {
        PltForm {
            header: 16,
            entry: if self.ibt { 32 } else { 16 },
            reserved: 3,
            first_call: FirstCall::Entry(if self.ibt { 16 } else { 6 }),
        }
    }

    fn write_plt_header(&self, out: &mut [u8], addr: u64, got: u64) {
        let from = |next: u64, to: u64| to.wrapping_sub(addr.wrapping_add(next)) as u32;
        put(out, 0, &[0xff, 0x35]); // push got+8(%rip)
        put(out, 2, &from(6, got.wrapping_add(8)).to_le_bytes());
        put(out, 6, &[0xff, 0x25]); // jmp *got+16(%rip)
        put(out, 8, &from(12, got.wrapping_add(16)).to_le_bytes());
        put(out, 12, &[0x0f, 0x1f, 0x40, 0x00]); // nopl 0(%rax)
    }

    fn write_lazy_plt_entry(
        &self,
        out: &mut [u8],
        index: u32,
        (addr, header): (u64, u64),
        slot: u64,
    ) {
        let from = |next: u64, to: u64| to.wrapping_sub(addr.wrapping_add(next)) as u32;
        let mut at = 6;
        if self.ibt {
            // The slot leads to the second half at first, so both begin where an indirect branch may land.
            self.write_plt_entry(out, addr, slot);
            put(out, 16, &ENDBR64);
            at = 20;
        } else {
            put(out, 0, &[0xff, 0x25]); // jmp *slot(%rip)
            put(out, 2, &from(6, slot).to_le_bytes());
        }
        put(out, at, &[0x68]); // push $index
        put(out, at + 1, &index.to_le_bytes());
        put(out, at + 5, &[0xe9]); // jmp header
        put(out, at + 6, &from(at as u64 + 10, header).to_le_bytes());
    }

    fn plt_entry_size(&self) -> usize {
        16
    }

    fn write_plt_entry(&self, out: &mut [u8], addr: u64, slot: u64) {
        out.fill(0xcc);
        let mut at = 0;
        if self.ibt {
            put(out, 0, &ENDBR64);
            at = 4;
        }
        let distance = slot.wrapping_sub(addr.wrapping_add(at as u64 + 6)) as u32;
        put(out, at, &[0xff, 0x25]); // jmp *slot(%rip)
        put(out, at + 2, &distance.to_le_bytes());
    }
}

impl Thunks for X86_64 {}

impl Relaxation for X86_64 {}

impl Errata for X86_64 {}

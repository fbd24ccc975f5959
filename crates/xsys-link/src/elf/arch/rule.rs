//! Relocations as data: each row of a psABI's table says which address is computed, relative to what, and which
//! values fit.
//!
//! Vocabulary (psABI): S is the symbol's value, A the addend, P the place, GOT(S) the address of
//! the symbol's GOT slot, L the address of its PLT entry, TP the thread pointer.

/// What a relocation computes, from two independent choices: which address ([`Base`]) and relative
/// to what ([`Relative`]). The value is `relative(base(S) + A)`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct RelocRule {
    /// ELF relocation number.
    pub r_type: u32,
    /// The psABI's name, with `R_`.
    pub name: &'static str,
    /// Which address.
    pub base: Base,
    /// Relative to what.
    pub relative: Relative,
    /// Bytes read and written at the place (0 for markers).
    pub size: u8,
    /// Which values fit; checked before [`super::RelocRules::encode`].
    pub range: Range,
    /// The value must be a multiple of this (1: any).
    pub align: u8,
}

/// A row of a relocation table.
pub(super) const fn row(
    r_type: u32,
    name: &'static str,
    base: Base,
    relative: Relative,
    size: u8,
    range: Range,
    align: u8,
) -> RelocRule {
    RelocRule {
        r_type,
        name,
        base,
        relative,
        size,
        range,
        align,
    }
}

/// Which address a relocation starts from.
#[expect(clippy::enum_variant_names)] // the base of the GOT is what psABIs call it
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Base {
    /// Nothing is computed; a marker (NONE, RELAX, V4BX, TLSDESC_CALL that was not rewritten).
    Nothing,
    /// S.
    Symbol,
    /// L where the symbol has a PLT entry, else S: the target of a branch, which may go through a
    /// thunk.
    Branch,
    /// Address of a GOT slot that holds S.
    Got,
    /// Address of the GOT itself (`_GLOBAL_OFFSET_TABLE_`); S is ignored.
    GotBase,
    /// S as offset from the thread pointer (local exec).
    TpOffset,
    /// S as offset in its module's TLS block (local dynamic), biased as the psABI says.
    DtpOffset,
    /// Address of a GOT slot that holds the TP offset of S (initial exec).
    GotTp,
    /// Address of a GOT pair {module, DTP offset} (general dynamic).
    GotTlsGd,
    /// Address of the GOT pair {module, 0} (local dynamic).
    GotTlsLd,
    /// Address of a TLS descriptor in the GOT.
    GotTlsDesc,
    /// The section-relative label of another relocation, whose value is used: RISC-V's PCREL_LO12
    /// and TLSDESC_LOAD_LO12 … refer to the AUIPC that carries the high part.
    PairedHigh,
    /// The size of the symbol.
    Size,
    /// S, to be subtracted from what the next relocation, at the same place, computes; A is
    /// ignored (MSP430 SYM_DIFF).
    Subtrahend,
}

/// Relative to what a relocation's address is expressed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Relative {
    /// Absolute.
    Zero,
    /// − P.
    Place,
    /// Page(X) − Page(P) with 4 KiB pages.
    Page,
    /// − GOT.
    GotBase,
    /// − Page(GOT) (AArch64 `LD64_GOTPAGE_LO15`).
    GotPage,
    /// − the global pointer (RISC-V relaxation).
    GlobalPointer,
    /// − (P rounded down to 4) (Thumb `ADR`, literal loads).
    PlaceAlign4,
}

/// Which values fit a field; bits count the value, before any scaling by the encoder.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Range {
    /// Truncated without a check (`_NC` and arithmetic relocations).
    Any,
    /// −2^(n−1) … 2^(n−1) − 1
    Signed(u8),
    /// 0 … 2^n − 1
    Unsigned(u8),
    /// −2^(n−1) … 2^n − 1
    Either(u8),
    /// 2 − 2^(n−1) … 2^(n−1) + 1: counted from the instruction after a branch of two bytes, while
    /// the value is counted from the branch itself (AVR, MSP430).
    SignedFromNext(u8),
    /// −(2^n − 1) … 2^n − 1: a magnitude of n bits beside a sign bit (ARM's literal loads).
    Magnitude(u8),
    /// −2^31 − 0x800 … 2^31 − 0x800 − 1: an upper part that the sign-extended low 12 bits of a
    /// second instruction correct (RISC-V's `auipc` and `lui`).
    High20,
}

impl Range {
    /// Whether `value` fits.
    pub(crate) fn contains(self, value: i64) -> bool {
        let (low, high) = self.bounds();
        (low..=high).contains(&i128::from(value))
    }

    /// Lowest and highest value that fit.
    pub(crate) fn bounds(self) -> (i128, i128) {
        match self {
            Range::Any => (i128::from(i64::MIN), i128::from(u64::MAX)),
            Range::Signed(n) => (-(1 << (n - 1)), (1 << (n - 1)) - 1),
            Range::SignedFromNext(n) => (2 - (1 << (n - 1)), (1 << (n - 1)) + 1),
            Range::Unsigned(n) => (0, (1 << n) - 1),
            Range::Either(n) => (-(1 << (n - 1)), (1 << n) - 1),
            Range::Magnitude(n) => (1 - (1 << n), (1 << n) - 1),
            Range::High20 => (-(1 << 31) - 0x800, (1 << 31) - 0x801),
        }
    }
}

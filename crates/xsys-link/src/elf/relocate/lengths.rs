//! Differences of labels that are stored as ULEB128 numbers.
//!
//! Problem: an assembler that leaves differences to the linker has to guess how many bytes they take.
//! The linker cannot insert bytes; if the guess is too small, that is an error, not a cut-off number.
//!
//! Spec: RISC-V psABI, "SET_ULEB128/SUB_ULEB128": always a pair, in this order, at one place.

use xsys_diag::Diagnostic;

use super::Relocator;
use crate::elf::ids::SectionId;
use crate::elf::object::Reloc;
use crate::elf::sections::describe::describe_place;

/// The pair that is being relocated: what its first relocation has set.
pub(super) struct Lengths {
    pair: Option<(u32, u32)>,
    set: Option<(u64, i64)>,
}

/// A difference that does not fit its number.
pub(super) struct TooLong {
    difference: u64,
    bytes: usize,
}

impl Lengths {
    pub(super) fn new(pair: Option<(u32, u32)>) -> Self {
        Self { pair, set: None }
    }

    /// Checks a value that is about to be written to `out` at `at`.
    #[inline]
    pub(super) fn check(
        &mut self,
        reloc: Reloc,
        value: i64,
        at: usize,
        out: &[u8],
    ) -> Option<TooLong> {
        let (set, sub) = self.pair?;
        if reloc.r_type == set {
            self.set = Some((reloc.offset, value));
            return None;
        }
        if reloc.r_type != sub {
            return None;
        }
        let (_, minuend) = self.set.take().filter(|(at, _)| *at == reloc.offset)?;
        let difference = minuend.wrapping_sub(value) as u64;
        let number = out.get(at..)?;
        let bytes = 1 + number.iter().position(|byte| byte & 0x80 == 0)?;
        let fits = bytes >= 10 || difference >> (7 * bytes) == 0;
        (!fits).then_some(TooLong { difference, bytes })
    }
}

impl Relocator<'_, '_> {
    pub(super) fn too_long(&self, id: SectionId, offset: u64, found: TooLong) -> Diagnostic {
        let (resolution, sections) = (self.addresses.resolution, self.addresses.sections);
        let TooLong { difference, bytes } = found;
        let s = if bytes == 1 { "" } else { "s" };
        Diagnostic::error(format!(
            "a difference of labels does not fit its ULEB128 number of {bytes} byte{s}"
        ))
        .note(format!(
            "it is {difference:#x}, the number holds up to {:#x}",
            (1u64 << (7 * bytes)) - 1
        ))
        .note(format!("in {}", describe_place(resolution, sections, id, offset)))
        .help("the second label must not lie behind the first, and the script must keep both sections near; otherwise write the number with more bytes")
    }
}

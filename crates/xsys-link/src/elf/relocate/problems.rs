//! Messages about relocations that have no value, or whose value does not fit.

use xsys_diag::Diagnostic;

use super::{RelocValue, Relocator};
use crate::elf::arch::{Base, Range};
use crate::elf::ids::SectionId;
use crate::elf::sections::describe::describe_place;
use crate::elf::sections::refs::SymRef;
use crate::elf::synthetic::scan::Decided;

impl Relocator<'_, '_> {
    pub(super) fn unresolved(
        &self,
        id: SectionId,
        decided: &Decided,
        problem: NoValue,
    ) -> Diagnostic {
        let (resolution, sections) = (self.addresses.resolution, self.addresses.sections);
        let name = crate::elf::names::demangle(decided.symbol.name(resolution));
        let place = describe_place(resolution, sections, id, decided.site.offset as u64);
        match problem {
            NoValue::Dropped => Diagnostic::error(format!("`{name}` is not in the image, but live code refers to it"))
                .note(format!("referenced by {place}"))
                .help("its section is discarded by the script (`/DISCARD/`); keep it, or remove the reference"),
            NoValue::NoHighPart => {
                Diagnostic::error(format!("relocation `{}` has no matching high part at its label", decided.rule.name))
                    .note(format!("in {place}, label `{name}`"))
                    .help("the object is damaged or was written by hand: a low part must name the label of its `auipc`")
            }
            NoValue::NoSlot | NoValue::TlsDescriptor => Diagnostic::error(format!(
                "relocation `{}` against `{name}` needs a run-time linker",
                decided.rule.name
            ))
            .note(format!("in {place}"))
            .help("compile with a static TLS model: `-Ztls-model=local-exec` or `initial-exec`"),
        }
    }

    pub(super) fn out_of_range(
        &self,
        id: SectionId,
        decided: &Decided,
        value: RelocValue,
        limit: Limit,
    ) -> Diagnostic {
        let (resolution, sections) = (self.addresses.resolution, self.addresses.sections);
        let name = crate::elf::names::demangle(decided.symbol.name(resolution));
        let rule = decided.rule.name;
        let value = value.number;
        let branch = decided.rule.base == Base::Branch;
        let help = match limit {
            Limit::State => format!(
                "call `{name}` with `bl`, or jump to it with a 32-bit branch (`b`, `b.w`), which can use a thunk"
            ),
            Limit::Range(_) if branch && decided.rule.size < 4 => {
                "a 16-bit branch cannot use a thunk: write the 32-bit form (`b.w`, `bl`), or move the target into the same section".to_owned()
            }
            Limit::Range(_) if branch && self.arch.thunk_spacing(Some(21)).is_some() => {
                "no thunk can be placed within its reach: put functions into sections of their own, so that code can stand between them".to_owned()
            }
            // The symbol is a section: it stands for a local label in it, and only that may be misaligned.
            Limit::Align(align) if name.starts_with('.') => format!(
                "align what lies there in `{name}` to {align} bytes: `#[repr(align({align}))]`, or `.balign {align}` in front of it"
            ),
            Limit::Align(align) => format!(
                "align `{name}` to {align} bytes: `#[repr(align({align}))]`, `.balign {align}`, or ALIGN({align}) in the script"
            ),
            // A field this small holds numbers, not addresses of code.
            Limit::Range(range) if range.bounds().1 <= i128::from(u16::MAX) => {
                "place what it refers to where the field reaches, or use a wider one".to_owned()
            }
            Limit::Range(_) | Limit::Encoding => "place the two nearer to each other in the script, or compile with a larger code model".to_owned(),
        };
        let diagnostic = match limit {
            Limit::State => Diagnostic::error(format!(
                "relocation `{rule}` cannot switch to the instruction set of `{name}`"
            ))
            .note("ARM code and Thumb code need a branch that switches, and this one cannot"),
            Limit::Range(range) => {
                let (low, high) = range.bounds();
                Diagnostic::error(format!(
                    "relocation `{rule}` against `{name}` is out of range"
                ))
                .note(format!(
                    "its value is {value:#x} ({value}), the field holds {low} to {high}"
                ))
            }
            Limit::Align(align) => Diagnostic::error(format!(
                "relocation `{rule}` against `{name}` is misaligned"
            ))
            .note(format!("its value {value:#x} is not a multiple of {align}")),
            Limit::Encoding => Diagnostic::error(format!(
                "relocation `{rule}` against `{name}` cannot be encoded"
            ))
            .note(format!(
                "its value {value:#x} does not fit the instruction's form"
            )),
        };
        let diagnostic = diagnostic.note(format!(
            "in {}",
            describe_place(resolution, sections, id, decided.site.offset as u64)
        ));
        match defined_in(resolution, decided.symbol) {
            Some(place) => diagnostic.note(format!("`{name}` is defined in {place}")),
            None => diagnostic,
        }
        .help(help)
    }
}

/// A branch that does not reach the patch of an erratum.
pub(super) fn unreachable_patch(place: u64) -> Diagnostic {
    Diagnostic::error(format!(
        "the instruction at {place:#x} cannot be moved to avoid erratum 835769"
    ))
    .note("the next place for moved instructions is more than 128 MiB away")
    .help("give the code between them a section of its own in the script, or leave `--fix-cortex-a53-835769` out if the core is not affected")
}

/// Why a relocation has no value.
#[derive(Clone, Copy, Debug)]
pub(crate) enum NoValue {
    /// The symbol's section is not in the image.
    Dropped,
    /// A RISC-V low part without its high part.
    NoHighPart,
    /// The scan made no slot.
    NoSlot,
    /// A TLS descriptor in a sequence that cannot be rewritten.
    TlsDescriptor,
}

/// Why a value cannot be written.
#[derive(Clone, Copy)]
pub(super) enum Limit {
    Range(Range),
    Align(u8),
    Encoding,
    /// The target runs in another instruction set state.
    State,
}

/// The object that defines a symbol, for messages.
fn defined_in(
    resolution: &crate::elf::symbols::resolve::Resolution<'_>,
    symbol: SymRef,
) -> Option<String> {
    let (file, _) = symbol.entry(resolution)?;
    Some(resolution.files[file.0 as usize].name.to_string())
}

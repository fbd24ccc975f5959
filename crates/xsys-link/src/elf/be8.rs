//! BE8: big-endian data with little-endian instructions.
//!
//! Problem: big-endian ARM objects hold their code big-endian. Cores since ARMv6 always fetch
//! instructions little-endian, so the linker turns the code around once it is relocated: words of
//! ARM code, halfwords of Thumb code, but no data between them. Mapping symbols (`$a`, `$t`, `$d`)
//! tell which is which. Only links with `--be8` pay for looking at them.
//!
//! Spec: AAELF32, "Mapping symbols", "ELF Header" (EF_ARM_BE8).

use object::Endianness;
use object::elf;
use xsys_diag::Diagnostic;

use super::Map;
use super::arch::arm::Core;
use super::object::SymbolPlace;
use super::resolve::{FileId, Resolution};
use super::sections::{SectionId, Sections};
use crate::options::ElfOptions;

/// `e_flags` of such images.
pub const EF_ARM_BE8: u32 = 0x0080_0000;

/// What a stretch of a section holds: the size of its units, 1 for data.
type Unit = usize;

/// Which parts of the code sections are code.
#[derive(Default)]
pub struct CodeMap(Map<SectionId, Vec<(u64, Unit)>>);

/// The units of what follows a mapping symbol.
pub fn unit(name: &[u8]) -> Option<Unit> {
    let unit = match name.get(..2)? {
        b"$a" => 4,
        b"$t" => 2,
        b"$d" => 1,
        _ => return None,
    };
    matches!(name.get(2), None | Some(b'.')).then_some(unit)
}

/// Reverses the bytes of each unit; what is left over at the end stays.
pub fn swap(bytes: &mut [u8], unit: Unit) {
    if unit > 1 {
        bytes.chunks_exact_mut(unit).for_each(<[u8]>::reverse);
    }
}

impl CodeMap {
    /// Reads the mapping symbols of all code.
    pub fn gather(resolution: &Resolution<'_>, sections: &Sections) -> Self {
        let mut out: Map<SectionId, Vec<(u64, Unit)>> = Map::default();
        for (file, object) in resolution.files.iter().enumerate() {
            for index in 1..object.first_global {
                let symbol = object.symbols.get(index);
                let SymbolPlace::Section(section) = symbol.place else {
                    continue;
                };
                let code = object
                    .sections
                    .get(section as usize)
                    .is_some_and(|s| s.flags & elf::SHF_EXECINSTR.0 != 0);
                if let Some(unit) = unit(object.symbols.name(&symbol)).filter(|_| code) {
                    let id = sections.id(FileId(file as u32), section);
                    out.entry(id).or_default().push((symbol.value, unit));
                }
            }
        }
        for marks in out.values_mut() {
            marks.sort_by_key(|(at, _)| *at);
        }
        Self(out)
    }

    /// Turns the code of a relocated section around.
    pub fn turn(&self, id: SectionId, out: &mut [u8]) {
        let Some(marks) = self.0.get(&id) else {
            return;
        };
        let ends = marks.iter().skip(1).map(|(at, _)| *at);
        for (&(start, unit), end) in marks.iter().zip(ends.chain([out.len() as u64])) {
            if let Some(part) = out.get_mut(start as usize..end as usize) {
                swap(part, unit);
            }
        }
    }
}

/// Whether byte order, core and options go together.
pub fn check(
    endian: Endianness,
    core: Option<&[u8]>,
    options: &ElfOptions,
    diagnostics: &mut Vec<Diagnostic>,
) {
    let big = endian == Endianness::Big;
    if options.be8 && !big {
        diagnostics.push(
            Diagnostic::error("`--be8` is for big-endian objects, but these are little-endian")
                .help("leave it out, or build for a big-endian target (`armebv7r-none-eabi`)"),
        );
    }
    let core = core.map_or(Core::V7, super::attributes::arm_core);
    if big && !options.be8 && !matches!(core, Core::V4T | Core::V5T) {
        diagnostics.push(
            Diagnostic::error(
                "big-endian programs for this core need `--be8`: it fetches instructions little-endian",
            )
            .note("instructions that are big-endian like the data (BE32) ended with ARMv6")
            .help("pass `--be8` (rustc: `-Clink-arg=--be8`)"),
        );
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn units() {
        for (name, expected) in [
            ("$a", Some(4)),
            ("$t.7", Some(2)),
            ("$d", Some(1)),
            ("$ab", None),
            ("$x", None),
            ("$", None),
        ] {
            assert_eq!(unit(name.as_bytes()), expected, "{name}");
        }
    }

    #[test]
    fn only_code_is_turned() {
        let id = SectionId(3);
        let mut map = CodeMap::default();
        map.0.insert(id, vec![(2, 2), (4, 1), (6, 4)]);
        let mut bytes: Vec<u8> = (0..11).collect();
        map.turn(id, &mut bytes);
        assert_eq!(bytes, [0, 1, 3, 2, 4, 5, 9, 8, 7, 6, 10]);
        map.turn(SectionId(4), &mut bytes);
        let mut short = [1, 2, 3];
        map.turn(id, &mut short);
        assert_eq!(short, [1, 2, 3]);
    }
}

//! Which parts of sections are code, for outputs in which the byte order of code is not that of data
//! ([`crate::elf::arch::Arch::code_units`]): after relocation the bytes of code are swapped.
//!
//! Spec: AAELF32, "Mapping symbols".

use object::elf;

use crate::elf::arch::CodeUnits;
use crate::elf::ids::{FileId, SectionId};
use crate::elf::names::Map;
use crate::elf::object::SymbolPlace;
use crate::elf::sections::Sections;
use crate::elf::symbols::resolve::Resolution;

/// Which parts of the code sections are code.
#[derive(Default)]
pub(crate) struct CodeRanges(Map<SectionId, Vec<(u64, usize)>>);

impl CodeRanges {
    /// Reads the mapping symbols of all code.
    pub(crate) fn gather(
        resolution: &Resolution<'_>,
        sections: &Sections,
        units: CodeUnits,
    ) -> Self {
        let mut out: Map<SectionId, Vec<(u64, usize)>> = Map::default();
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
                if let Some(unit) = units(object.symbols.name(&symbol)).filter(|_| code) {
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

    /// Swaps the bytes of the code in a relocated section.
    pub(crate) fn turn(&self, id: SectionId, out: &mut [u8]) {
        let Some(marks) = self.0.get(&id) else {
            return;
        };
        let ends = marks.iter().skip(1).map(|(at, _)| *at);
        for (&(start, unit), end) in marks.iter().zip(ends.chain([out.len() as u64])) {
            if let Some(part) = out.get_mut(start as usize..end as usize)
                && unit > 1
            {
                part.chunks_exact_mut(unit).for_each(<[u8]>::reverse);
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_code_is_turned() {
        let id = SectionId(3);
        let mut map = CodeRanges::default();
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

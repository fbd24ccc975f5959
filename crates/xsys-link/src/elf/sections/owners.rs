//! Which crate a symbol, an object or a section belongs to.
//!
//! Problem: people can remove crates and functions, not sections. rustc's mangled names begin with
//! the crate that defined the code. For generics that is not the crate that uses them, which would
//! be less useful: with link-time optimisation all objects are the program's. What has no Rust name
//! (string constants, C, assembler) belongs to the file that it is in.
//!
//! Spec: Rust symbol mangling v0 and legacy, as `rustc-demangle` prints them.

use object::elf;

use super::Sections;
use crate::elf::ids::FileId;
use crate::elf::ids::SectionId;
use crate::elf::names::Map;
use crate::elf::object::{ObjectName, SymbolPlace};
use crate::elf::symbols::resolve::Resolution;
use crate::hints::origin;

/// The crate that an object comes from: `libfoo-0123abcd.rlib(member)` or `foo-0123abcd.x.rcgu.o`.
pub(crate) fn of_object(name: &ObjectName<'_>) -> String {
    let file = name.path.file_name().map(|file| file.to_string_lossy());
    origin::of_file(&file.unwrap_or_default(), name.member.is_some()).to_owned()
}

/// The crate in a mangled name; `None` for names that are not Rust's.
pub(crate) fn of_symbol(name: &[u8]) -> Option<String> {
    origin::of_symbol(std::str::from_utf8(name).ok()?)
}

/// A function or an object in a section.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Named<'a> {
    /// Its offset in the section, without the bit that says how it runs.
    pub offset: u64,
    /// Bytes, by its symbol.
    pub size: u64,
    /// It is a function.
    pub function: bool,
    /// Its mangled name.
    pub name: &'a [u8],
}

/// The functions and objects of all sections, by section and offset, one for each place.
pub(crate) fn named_places<'a>(
    resolution: &Resolution<'a>,
    sections: &Sections,
) -> Map<SectionId, Vec<Named<'a>>> {
    named_places_in(resolution, sections, |_| true)
}

/// The same for some of the sections.
pub(crate) fn named_places_in<'a>(
    resolution: &Resolution<'a>,
    sections: &Sections,
    is_wanted: impl Fn(SectionId) -> bool,
) -> Map<SectionId, Vec<Named<'a>>> {
    let mut out: Map<SectionId, Vec<Named<'a>>> = Map::default();
    for (file, object) in resolution.files.iter().enumerate() {
        let file = FileId(file as u32);
        let mode = crate::elf::arch::mode_bit(object.machine);
        for symbol in (1..object.symbols.len()).map(|index| object.symbols.get(index)) {
            let SymbolPlace::Section(section) = symbol.place else {
                continue;
            };
            let function = symbol.kind() == elf::STT_FUNC.0;
            if !(function || symbol.kind() == elf::STT_OBJECT.0)
                || section as usize >= object.sections.len()
                || resolution.is_discarded(file, section)
                || !is_wanted(sections.id(file, section))
            {
                continue;
            }
            out.entry(sections.id(file, section))
                .or_default()
                .push(Named {
                    offset: symbol.value & !if function { mode } else { 0 },
                    size: symbol.size,
                    function,
                    name: object.symbols.name(&symbol),
                });
        }
    }
    for places in out.values_mut() {
        // Of aliases the largest is taken, and of equally large ones the first by name.
        places.sort_by_key(|place| (place.offset, std::cmp::Reverse(place.size), place.name));
        places.dedup_by_key(|place| place.offset);
    }
    out
}

#[cfg(test)]
mod tests {
    use std::path::Path;

    use super::*;

    #[test]
    fn crates_are_told_from_file_names() {
        let name = |path, member| {
            of_object(&ObjectName {
                path: Path::new(path),
                member,
            })
        };
        assert_eq!(
            name("/x/libcore-0123456789abcdef.rlib", Some("core.o")),
            "core"
        );
        assert_eq!(
            name("/x/hello-0123456789abcdef.hello.1-cgu.0.rcgu.o", None),
            "hello"
        );
        assert_eq!(name("/x/libc.a", Some("printf.lo")), "c");
    }
}

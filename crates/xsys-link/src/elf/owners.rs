//! Whose bytes are these: the crate of a symbol, of an object, of a section.
//!
//! Problem: people can remove crates and functions, not sections. rustc's mangled names begin with
//! the crate that defined the code (for generics that is not the one that asked for it, which is the
//! answer wanted: with link-time optimisation all objects are the program's). What has no Rust name
//! (string constants, C, assembler) belongs to the file that it came in.
//!
//! Spec: Rust symbol mangling v0 and legacy, as `rustc-demangle` prints them.

use object::elf;

use super::Map;
use super::object::{ObjectName, SymbolPlace};
use super::resolve::{FileId, Resolution};
use super::sections::{SectionId, Sections};

/// The crate that an object comes from: `libfoo-0123abcd.rlib(member)` or `foo-0123abcd.x.rcgu.o`.
pub fn of_object(name: &ObjectName<'_>) -> String {
    let file = name
        .path
        .file_name()
        .map(|f| f.to_string_lossy().into_owned())
        .unwrap_or_default();
    let stem = file
        .strip_prefix("lib")
        .filter(|_| name.member.is_some())
        .unwrap_or(&file);
    let end = stem.find(['.']).unwrap_or(stem.len());
    let stem = &stem[..end];
    match stem.rsplit_once('-') {
        Some((name, hash)) if hash.len() == 16 && hash.bytes().all(|b| b.is_ascii_hexdigit()) => {
            name.to_owned()
        }
        _ => stem.to_owned(),
    }
}

/// The crate in a mangled name; `None` for names that are not Rust's.
pub fn of_symbol(name: &[u8]) -> Option<String> {
    let raw = std::str::from_utf8(name).ok()?;
    let readable = format!("{:#}", rustc_demangle::try_demangle(raw).ok()?);
    of_path(&readable).map(str::to_owned)
}

/// The crate in a demangled name: `core` in `<core::fmt::Error as core::fmt::Debug>::fmt`.
pub fn of_path(name: &str) -> Option<&str> {
    let Some(inside) = name.strip_prefix('<') else {
        return path_start(name);
    };
    // `<[u8] as core::fmt::Debug>::fmt`: a type without a crate is its trait's.
    path_start(inside).or_else(|| path_start(inside.split_once(" as ")?.1))
}

/// The first part of a path, behind references and the like.
fn path_start(text: &str) -> Option<&str> {
    const BEFORE: [&str; 9] = [
        "<", "&", "*const ", "*mut ", "mut ", "dyn ", "(", "[", "impl ",
    ];
    let mut text = text;
    while let Some(shorter) = BEFORE.iter().find_map(|prefix| text.strip_prefix(prefix)) {
        text = shorter;
    }
    let end = text.find(|letter: char| !(letter.is_alphanumeric() || letter == '_'))?;
    let (name, after) = text.split_at(end);
    (!name.is_empty() && after.starts_with("::")).then_some(name)
}

/// A function or an object in a section.
#[derive(Clone, Copy, Debug)]
pub struct Named<'a> {
    /// Its offset in the section, without Arm's Thumb bit.
    pub offset: u64,
    /// Bytes, by its symbol.
    pub size: u64,
    /// It is a function.
    pub function: bool,
    /// Arm: its code is Thumb.
    pub thumb: bool,
    /// As it is mangled.
    pub name: &'a [u8],
}

/// The functions and objects of all sections, by section and offset, one a place.
pub fn named_places<'a>(
    resolution: &Resolution<'a>,
    sections: &Sections,
) -> Map<SectionId, Vec<Named<'a>>> {
    let mut out: Map<SectionId, Vec<Named<'a>>> = Map::default();
    for (file, object) in resolution.files.iter().enumerate() {
        let file = FileId(file as u32);
        for symbol in (1..object.symbols.len()).map(|index| object.symbols.get(index)) {
            let SymbolPlace::Section(section) = symbol.place else {
                continue;
            };
            let function = symbol.kind() == elf::STT_FUNC.0;
            if !(function || symbol.kind() == elf::STT_OBJECT.0)
                || section as usize >= object.sections.len()
                || resolution.is_discarded(file, section)
            {
                continue;
            }
            let thumb = function && object.machine == elf::EM_ARM.0 && symbol.value & 1 != 0;
            out.entry(sections.id(file, section))
                .or_default()
                .push(Named {
                    offset: symbol.value & !u64::from(thumb),
                    size: symbol.size,
                    function,
                    thumb,
                    name: object.symbols.name(&symbol),
                });
        }
    }
    for places in out.values_mut() {
        // Of aliases the largest counts, and of equal ones the first by name.
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

    #[test]
    fn crates_are_told_from_symbols() {
        for (name, expected) in [
            ("_ZN4core9panicking5panic17h0123456789abcdefE", Some("core")),
            ("_RNvCs1234_7mycrate3foo", Some("mycrate")),
            (
                "_ZN58_$LT$alloc..string..String$u20$as$u20$core..fmt..Debug$GT$3fmt17h0123456789abcdefE",
                Some("alloc"),
            ),
            ("memcpy", None),
            ("_ZN3foo3barEv", None),
        ] {
            assert_eq!(of_symbol(name.as_bytes()).as_deref(), expected, "{name}");
        }
    }

    #[test]
    fn crates_are_told_from_paths() {
        for (name, expected) in [
            ("core::fmt::Formatter::pad", Some("core")),
            (
                "<alloc::string::String as core::fmt::Write>::write_str",
                Some("alloc"),
            ),
            ("<&T as core::fmt::Debug>::fmt", Some("core")),
            (
                "<&mut alloc::vec::Vec<u8> as std::io::Write>::write",
                Some("alloc"),
            ),
            ("<[T] as my_crate::Trait>::f", Some("my_crate")),
            ("<dyn core::any::Any>::is", Some("core")),
            ("hello::main::{{closure}}", Some("hello")),
            ("memcpy", None),
            ("_start", None),
            ("", None),
        ] {
            assert_eq!(of_path(name), expected, "{name}");
        }
    }
}

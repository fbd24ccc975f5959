//! Sizes in a finished wasm module (WebAssembly core specification, "Binary Format").
//!
//! A module has no symbols: functions have names in the `name` section, data only those of its
//! segments. Custom sections (names, debug information) are not part of the program; they are added
//! up separately.

use std::collections::BTreeMap;

use wasmparser::{DataKind, KnownCustom, Name, Operator, Parser, Payload};
use xsys_diag::Diagnostic;

use crate::size::{By, Item, Kind, Sizes, crate_of, largest_first};
use crate::ui::bytes;
use crate::wasm_engine::symbols::Symbols;

pub(super) fn measure(content: &[u8], by: By) -> Result<Sizes, Diagnostic> {
    let module = read(content)?;
    match by {
        By::Section => Ok(module.sections.into()),
        By::Symbol => Ok(module.by_symbol(content)),
        By::Crate => Ok(module.by_crate(content)),
        By::Region => Ok(module.data.into()),
    }
}

/// What there is besides functions.
struct Contents {
    /// In their order.
    sections: Vec<Item>,
    data: Vec<Item>,
}

fn read(content: &[u8]) -> Result<Contents, Diagnostic> {
    let mut sections = Vec::new();
    let mut data = Vec::new();
    let mut names = BTreeMap::new();
    for payload in Parser::new(0).parse_all(content) {
        let payload = payload.map_err(|error| bad(&error))?;
        if let Payload::Version { encoding, .. } = payload
            && encoding == wasmparser::Encoding::Component
        {
            return Err(Diagnostic::error("it is a component, not a module")
                .help("name the module that it was made of, or take all out of it: `wasm-tools component unbundle --module-dir DIR`"));
        }
        if let Some((id, range)) = payload.as_section() {
            let custom = match &payload {
                Payload::CustomSection(section) => Some(section.name()),
                _ => None,
            };
            sections.push(section(id, custom, range.end.saturating_sub(range.start)));
        }
        match payload {
            Payload::CustomSection(section) => {
                if let KnownCustom::Name(subsections) = section.as_known() {
                    for subsection in subsections.into_iter().filter_map(Result::ok) {
                        if let Name::Data(list) = subsection {
                            let list = list.into_iter().filter_map(Result::ok);
                            names.extend(list.map(|naming| (naming.index, naming.name.to_owned())));
                        }
                    }
                }
            }
            Payload::DataSection(segments) => {
                for segment in segments {
                    let segment = segment.map_err(|error| bad(&error))?;
                    data.push(Item {
                        name: String::new(),
                        kind: Kind::Data,
                        addr: address(&segment.kind),
                        size: segment.data.len() as u64,
                    });
                }
            }
            _ => {}
        }
    }
    for (at, item) in (0u32..).zip(&mut data) {
        let name = names.get(&at).cloned();
        item.name = name.unwrap_or_else(|| format!("segment {at}"));
    }
    Ok(Contents { sections, data })
}

fn bad(error: &wasmparser::BinaryReaderError) -> Diagnostic {
    Diagnostic::error("the wasm file cannot be read").note(format!(
        "at {:#x}: {}",
        error.offset(),
        error.message()
    ))
}

fn section(id: u8, custom: Option<&str>, size: u64) -> Item {
    const NAMES: [&str; 14] = [
        "custom",
        "type",
        "import",
        "function",
        "table",
        "memory",
        "global",
        "export",
        "start",
        "element",
        "code",
        "data",
        "datacount",
        "tag",
    ];
    let name = NAMES.get(usize::from(id)).unwrap_or(&"unknown");
    let debug = custom.is_some_and(|name| name.starts_with(".debug_"));
    Item {
        name: custom.map_or((*name).to_owned(), |custom| format!("custom \"{custom}\"")),
        kind: match id {
            _ if debug => Kind::Debug,
            10 => Kind::Code,
            11 => Kind::Data,
            _ => Kind::Other,
        },
        addr: None,
        size,
    }
}

fn address(kind: &DataKind<'_>) -> Option<u64> {
    let DataKind::Active { offset_expr, .. } = kind else {
        return None;
    };
    match offset_expr.get_operators_reader().read() {
        Ok(Operator::I32Const { value }) => Some(value.cast_unsigned().into()),
        Ok(Operator::I64Const { value }) => Some(value.cast_unsigned()),
        _ => None,
    }
}

impl Contents {
    fn by_symbol(self, content: &[u8]) -> Sizes {
        let symbols = Symbols::read(content);
        let mut items: Vec<Item> = symbols
            .bodies()
            .map(|(function, body)| Item {
                name: symbols.name(function),
                kind: Kind::Code,
                addr: Some(body.start.into()),
                size: (body.end - body.start).into(),
            })
            .collect();
        let mut notes = self.notes(&symbols);
        items.extend(self.data.into_iter().map(|mut item| {
            item.name = format!("[data] {}", item.name);
            item
        }));
        largest_first(&mut items);
        if !items.is_empty() {
            notes.push("a module has no names of data: its segments are shown instead".to_owned());
        }
        Sizes { items, notes }
    }

    fn by_crate(self, content: &[u8]) -> Sizes {
        let symbols = Symbols::read(content);
        let mut sums: BTreeMap<(String, Kind), u64> = BTreeMap::new();
        for (function, body) in symbols.bodies() {
            let owner = match symbols.named(function) {
                Some(name) => crate_of(name),
                None => "[without a name]",
            };
            *sums.entry((owner.to_owned(), Kind::Code)).or_default() +=
                u64::from(body.end - body.start);
        }
        for item in &self.data {
            let name = format!("[data] {}", item.name);
            *sums.entry((name, Kind::Data)).or_default() += item.size;
        }
        let own = |item: &&Item| !is_custom(item);
        let total: u64 = self.sections.iter().filter(own).map(|item| item.size).sum();
        let rest = total.saturating_sub(sums.values().sum());
        if rest != 0 {
            sums.insert(("[imports, types, tables …]".to_owned(), Kind::Other), rest);
        }
        let mut items: Vec<Item> = sums
            .into_iter()
            .map(|((name, kind), size)| Item {
                name,
                kind,
                addr: None,
                size,
            })
            .collect();
        largest_first(&mut items);
        let notes = self.notes(&symbols);
        Sizes { items, notes }
    }

    /// Remarks: what is not in the rows, and which names are missing.
    fn notes(&self, symbols: &Symbols<'_>) -> Vec<String> {
        let sum = |wanted: fn(&Item) -> bool| {
            let items = self.sections.iter().filter(|item| wanted(item));
            items.map(|item| item.size).sum::<u64>()
        };
        let debug = sum(|item| item.kind == Kind::Debug);
        let custom = sum(is_custom);
        let mut notes = Vec::new();
        if custom != 0 {
            notes.push(format!(
                "without custom sections: {} of debug information, {} of names and others",
                bytes(debug),
                bytes(custom - debug)
            ));
        }
        let all = symbols.bodies().count();
        let nameless = symbols
            .bodies()
            .filter(|(function, _)| symbols.named(*function).is_none())
            .count();
        if nameless * 2 > all {
            notes.push(format!(
                "it was stripped: {nameless} of {all} functions have no name (the others are \
                 exported); build with `strip = false` in the profile"
            ));
        }
        notes
    }
}

/// Names, debug information and the like, by how [`section`] calls them.
fn is_custom(item: &Item) -> bool {
    item.name.starts_with("custom \"")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn sections_are_listed_and_damage_is_told() {
        let mut module = b"\0asm\x01\0\0\0".to_vec();
        let items = |module: &[u8]| measure(module, By::Section).map(|sizes| sizes.items);
        module.extend([1, 1, 0]);
        module.extend([0, 0x85, 0x00, 4, b'n', b'a', b'm', b'e']);
        let items = items(&module).unwrap();
        let shown: Vec<(&str, u64)> = items
            .iter()
            .map(|item| (item.name.as_str(), item.size))
            .collect();
        assert_eq!(shown, [("type", 1), ("custom \"name\"", 5)]);
        for end in [9, 10, 12, 13, 15] {
            assert!(measure(&module[..end], By::Section).is_err(), "{end}");
        }
    }

    #[test]
    fn crates_are_those_of_the_names() {
        let text = r#"(module
            (func $core::fmt::write (export "w") (nop) (nop))
            (func $"<alloc::string::String as core::fmt::Display>::fmt" (nop))
            (func $"mine::run::{{closure}}" (nop) (nop) (nop))
            (func $memcpy)
            (memory 1)
            (data $.rodata (i32.const 16) "abcdef"))"#;
        let module = wat::parse_str(text).unwrap();
        let sizes = measure(&module, By::Crate).unwrap();
        let of = |name: &str| sizes.items.iter().find(|item| item.name == name);
        for (name, size) in [("core", 4), ("alloc", 3), ("mine", 5), ("[not Rust]", 2)] {
            assert_eq!(of(name).unwrap().size, size, "{name}");
        }
        assert_eq!(of("[data] .rodata").unwrap().size, 6);
        let symbols = measure(&module, By::Symbol).unwrap();
        assert_eq!(symbols.items[0].name, "[data] .rodata");
        assert_eq!(symbols.items[0].addr, Some(16));

        let text = r#"(module (func (export "f")) (func) (func))"#;
        let sizes = measure(&wat::parse_str(text).unwrap(), By::Symbol).unwrap();
        let names: Vec<&str> = sizes.items.iter().map(|item| item.name.as_str()).collect();
        assert_eq!(names, ["f", "function 1", "function 2"]);
        assert!(sizes.notes[0].contains("2 of 3 functions have no name"));
    }
}

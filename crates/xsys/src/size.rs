//! Where the bytes of a linked file are: by section, symbol, crate or segment.
//!
//! What counts is what the program occupies at run time: sections that are loaded or reserved,
//! not debug information. A symbol's crate is read from its demangled name; for code made from
//! generics that is the crate that defined the code, not the one that asked for it.

use std::collections::BTreeMap;

use object::{Object, ObjectSection, ObjectSegment, ObjectSymbol, SectionFlags, SymbolKind};
use xsys_diag::Diagnostic;

/// One line of an answer.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Item {
    pub name: String,
    pub addr: Option<u64>,
    pub size: u64,
}

/// Sections that the program occupies, by address; a wasm file's sections in their order.
pub fn by_section(content: &[u8]) -> Result<Vec<Item>, Diagnostic> {
    if content.starts_with(b"\0asm") {
        return wasm_sections(content);
    }
    let file = parse(content)?;
    let mut items: Vec<Item> = file
        .sections()
        .filter(is_loaded)
        .filter(|section| section.size() != 0)
        .map(|section| Item {
            name: section.name().unwrap_or("?").to_owned(),
            addr: Some(section.address()),
            size: section.size(),
        })
        .collect();
    items.sort_by_key(|item| item.addr);
    Ok(items)
}

/// Functions and data, the largest first.
pub fn by_symbol(content: &[u8]) -> Result<Vec<Item>, Diagnostic> {
    let file = parse(content)?;
    let mut items: Vec<Item> = symbols(&file)
        .map(|symbol| Item {
            name: readable(symbol.name().unwrap_or("?")),
            addr: Some(symbol.address()),
            size: symbol.size(),
        })
        .collect();
    if items.is_empty() {
        return Err(Diagnostic::error("it has no symbols")
            .help("it was stripped: build with `strip = false` in the profile"));
    }
    // Several names of one place are one thing.
    items.sort_by(|a, b| (a.addr, a.size, &a.name).cmp(&(b.addr, b.size, &b.name)));
    items.dedup_by_key(|item| (item.addr, item.size));
    largest_first(&mut items);
    Ok(items)
}

/// Symbols added up by the crate that defines them; what no symbol covers is shown as such.
pub fn by_crate(content: &[u8]) -> Result<Vec<Item>, Diagnostic> {
    let mut sums: BTreeMap<String, u64> = BTreeMap::new();
    let mut named = 0u64;
    for item in by_symbol(content)? {
        named = named.saturating_add(item.size);
        *sums.entry(crate_of(&item.name).to_owned()).or_default() += item.size;
    }
    let total: u64 = by_section(content)?.iter().map(|item| item.size).sum();
    let unnamed = total.saturating_sub(named);
    if unnamed != 0 {
        sums.insert("[without a symbol]".to_owned(), unnamed);
    }
    let mut items: Vec<Item> = sums
        .into_iter()
        .map(|(name, size)| Item {
            name,
            addr: None,
            size,
        })
        .collect();
    largest_first(&mut items);
    Ok(items)
}

/// What is loaded or reserved as one piece.
pub fn by_segment(content: &[u8]) -> Result<Vec<Item>, Diagnostic> {
    let file = parse(content)?;
    let mut items: Vec<Item> = file
        .segments()
        .map(|segment| {
            let permissions = segment.permissions();
            let flag = |set: bool, letter: char| if set { letter } else { '-' };
            Item {
                name: [
                    flag(permissions.readable(), 'r'),
                    flag(permissions.writable(), 'w'),
                    flag(permissions.executable(), 'x'),
                ]
                .iter()
                .collect(),
                addr: Some(segment.address()),
                size: segment.size(),
            }
        })
        .collect();
    items.sort_by_key(|item| item.addr);
    Ok(items)
}

fn parse(content: &[u8]) -> Result<object::File<'_>, Diagnostic> {
    object::File::parse(content).map_err(|error| {
        let problem = Diagnostic::error("not an ELF file that can be read");
        if content.starts_with(b"\0asm") {
            problem.help("wasm files have sizes `--by section` only")
        } else {
            problem.note(error.to_string())
        }
    })
}

fn is_loaded<'data>(section: &impl ObjectSection<'data>) -> bool {
    match section.flags() {
        SectionFlags::Elf { sh_flags, .. } => sh_flags.contains(object::elf::SHF_ALLOC),
        _ => false,
    }
}

fn symbols<'data, 'file>(
    file: &'file object::File<'data>,
) -> impl Iterator<Item = object::Symbol<'data, 'file>> {
    file.symbols().filter(|symbol| {
        symbol.is_definition()
            && symbol.size() != 0
            && matches!(
                symbol.kind(),
                SymbolKind::Text | SymbolKind::Data | SymbolKind::Tls | SymbolKind::Unknown
            )
    })
}

fn readable(name: &str) -> String {
    format!("{:#}", rustc_demangle::demangle(name))
}

fn largest_first(items: &mut [Item]) {
    items.sort_by(|a, b| b.size.cmp(&a.size).then_with(|| a.name.cmp(&b.name)));
}

/// The crate in a demangled name, or that there is none.
fn crate_of(name: &str) -> &str {
    xsys_link::elf::owners::of_path(name).unwrap_or("[not Rust]")
}

/// The sections of a wasm module (WebAssembly core specification, "Binary Format", 5.5.2).
fn wasm_sections(content: &[u8]) -> Result<Vec<Item>, Diagnostic> {
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
    let cut = || Diagnostic::error("the wasm file is cut short");
    let mut items = Vec::new();
    let mut at = 8;
    while let Some(&id) = content.get(at) {
        at += 1;
        let size = leb(content, &mut at).ok_or_else(cut)?;
        let start = at;
        let end = usize::try_from(size)
            .ok()
            .and_then(|size| start.checked_add(size))
            .filter(|&end| end <= content.len())
            .ok_or_else(cut)?;
        let mut name = NAMES.get(usize::from(id)).unwrap_or(&"unknown").to_string();
        if id == 0 {
            let mut inside = start;
            let length = leb(content, &mut inside).ok_or_else(cut)?;
            let text = usize::try_from(length)
                .ok()
                .and_then(|length| inside.checked_add(length))
                .filter(|&stop| stop <= end)
                .and_then(|stop| content.get(inside..stop))
                .ok_or_else(cut)?;
            name = format!("custom \"{}\"", String::from_utf8_lossy(text));
        }
        items.push(Item {
            name,
            addr: None,
            size,
        });
        at = end;
    }
    Ok(items)
}

/// An unsigned 32-bit LEB128 number.
fn leb(content: &[u8], at: &mut usize) -> Option<u64> {
    let mut value = 0;
    for shift in [0, 7, 14, 21, 28] {
        let byte = *content.get(*at)?;
        *at += 1;
        value |= u64::from(byte & 0x7f) << shift;
        if byte & 0x80 == 0 {
            return Some(value);
        }
    }
    None
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn this_program_has_sizes() {
        let Ok(own) = std::env::current_exe() else {
            return;
        };
        if !cfg!(target_os = "linux") {
            return;
        }
        let content = std::fs::read(own).unwrap();
        let sections = by_section(&content).unwrap();
        assert!(sections.iter().any(|item| item.name == ".text"));
        assert!(!sections.iter().any(|item| item.name == ".debug_info"));
        let symbols = by_symbol(&content).unwrap();
        assert!(symbols.windows(2).all(|pair| pair[0].size >= pair[1].size));
        let crates = by_crate(&content).unwrap();
        for name in ["core", "std", "object"] {
            assert!(crates.iter().any(|item| item.name == name), "{name}");
        }
        assert!(
            by_segment(&content)
                .unwrap()
                .iter()
                .any(|item| item.name == "r-x")
        );
    }

    #[test]
    fn wasm_sections_are_listed() {
        let mut module = b"\0asm\x01\0\0\0".to_vec();
        module.extend([1, 2, 0, 0]);
        module.extend([0, 0x85, 0x00, 4, b'n', b'a', b'm', b'e']);
        let items = by_section(&module).unwrap();
        let shown: Vec<(&str, u64)> = items
            .iter()
            .map(|item| (item.name.as_str(), item.size))
            .collect();
        assert_eq!(shown, [("type", 2), ("custom \"name\"", 5)]);
        for end in 9..module.len() {
            if end != 12 {
                assert!(by_section(&module[..end]).is_err(), "{end}");
            }
        }
        assert!(by_section(b"\0asm\x01\0\0\0\0\x01\x7f").is_err());
        assert!(by_symbol(&module).is_err());
        assert!(by_section(b"text").is_err());
    }
}

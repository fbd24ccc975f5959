//! Where the bytes of a linked file are: by section, symbol, crate or region.
//!
//! Only what the program occupies at run time counts: sections that are loaded or reserved, not debug information. A
//! symbol's crate is read from its demangled name; for generic code that is the crate that defines it, not the one that
//! instantiates it.
//!
//! Wasm modules are read by [`wasm`]; [`why`] says why a function of theirs is in it, and [`compare`] compares two
//! files.

pub(crate) mod compare;
pub(crate) mod html;
mod treemap;
mod wasm;
pub(crate) mod why;
pub(crate) mod why_elf;

use std::collections::BTreeMap;

use object::{Object, ObjectSection, ObjectSegment, ObjectSymbol, SectionFlags, SymbolKind};
use xsys_diag::Diagnostic;

/// What bytes are used for.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Kind {
    Code,
    Data,
    /// Debug information, which is not part of the program.
    Debug,
    Other,
}

impl Kind {
    pub(crate) fn name(self) -> &'static str {
        match self {
            Self::Code => "code",
            Self::Data => "data",
            Self::Debug => "debug",
            Self::Other => "other",
        }
    }
}

/// One row of a table.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Item {
    pub name: String,
    pub kind: Kind,
    pub addr: Option<u64>,
    pub size: u64,
}

/// A table: its rows, and remarks on how to read them.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct Sizes {
    pub items: Vec<Item>,
    pub notes: Vec<String>,
}

impl From<Vec<Item>> for Sizes {
    fn from(items: Vec<Item>) -> Self {
        Self {
            items,
            notes: Vec::new(),
        }
    }
}

/// What sizes are added up by.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum By {
    Section,
    Symbol,
    Crate,
    /// What is loaded or reserved as one piece: a segment.
    Region,
}

/// The sizes in a linked file, the largest first.
pub(crate) fn measure(content: &[u8], by: By) -> Result<Sizes, Diagnostic> {
    let mut sizes: Sizes = if is_wasm(content) {
        wasm::measure(content, by)?
    } else {
        of_elf(content, by)?.into()
    };
    largest_first(&mut sizes.items);
    Ok(sizes)
}

fn of_elf(content: &[u8], by: By) -> Result<Vec<Item>, Diagnostic> {
    Ok(match by {
        By::Section => by_section(content)?,
        By::Symbol => by_symbol(content)?,
        By::Crate => by_crate(content)?,
        By::Region => by_region(content)?,
    })
}

fn is_wasm(content: &[u8]) -> bool {
    content.starts_with(b"\0asm")
}

/// Sections that the program occupies.
fn by_section(content: &[u8]) -> Result<Vec<Item>, Diagnostic> {
    let file = parse(content)?;
    let items = file
        .sections()
        .filter(is_loaded)
        .filter(|section| section.size() != 0)
        .map(|section| Item {
            name: section.name().unwrap_or("?").to_owned(),
            kind: match section.kind() {
                object::SectionKind::Text => Kind::Code,
                _ => Kind::Data,
            },
            addr: Some(section.address()),
            size: section.size(),
        });
    Ok(items.collect())
}

/// Functions and data.
fn by_symbol(content: &[u8]) -> Result<Vec<Item>, Diagnostic> {
    placed(content, readable)
}

/// Functions and data; `name` makes their names from their symbols.
fn placed(content: &[u8], name: fn(&str) -> String) -> Result<Vec<Item>, Diagnostic> {
    let file = parse(content)?;
    let mut items: Vec<Item> = symbols(&file)
        .map(|symbol| Item {
            name: name(symbol.name().unwrap_or("?")),
            kind: match symbol.kind() {
                SymbolKind::Text => Kind::Code,
                _ => Kind::Data,
            },
            addr: Some(symbol.address()),
            size: symbol.size(),
        })
        .collect();
    if items.is_empty() {
        return Err(Diagnostic::error("it has no symbols")
            .help("it was stripped: build with `strip = false` in the profile"));
    }
    // Several names of one place are one row.
    items.sort_by(|a, b| (a.addr, a.size, &a.name).cmp(&(b.addr, b.size, &b.name)));
    items.dedup_by_key(|item| (item.addr, item.size));
    Ok(items)
}

/// Symbols added up by the crate that defines them; bytes without a symbol are a row of their own.
fn by_crate(content: &[u8]) -> Result<Vec<Item>, Diagnostic> {
    let mut sums: BTreeMap<String, u64> = BTreeMap::new();
    let mut named = 0u64;
    // C++'s `std::` is not Rust's: its names are left unchanged.
    let rust = |name: &str| format!("{:#}", rustc_demangle::demangle(name));
    for item in placed(content, rust)? {
        named = named.saturating_add(item.size);
        *sums.entry(crate_of(&item.name).to_owned()).or_default() += item.size;
    }
    let total: u64 = by_section(content)?.iter().map(|item| item.size).sum();
    let unnamed = total.saturating_sub(named);
    if unnamed != 0 {
        sums.insert("[without a symbol]".to_owned(), unnamed);
    }
    let items = sums.into_iter().map(|(name, size)| Item {
        name,
        kind: Kind::Other,
        addr: None,
        size,
    });
    Ok(items.collect())
}

/// What is loaded or reserved as one piece.
fn by_region(content: &[u8]) -> Result<Vec<Item>, Diagnostic> {
    let file = parse(content)?;
    let items = file.segments().map(|segment| {
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
            kind: match permissions.executable() {
                true => Kind::Code,
                false => Kind::Data,
            },
            addr: Some(segment.address()),
            size: segment.size(),
        }
    });
    Ok(items.collect())
}

fn parse(content: &[u8]) -> Result<object::File<'_>, Diagnostic> {
    object::File::parse(content).map_err(|error| {
        Diagnostic::error("neither an ELF file nor a wasm module that can be read")
            .note(error.to_string())
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
    xsys_link::demangle::readable(name).into_owned()
}

fn largest_first(items: &mut [Item]) {
    items.sort_by(|a, b| b.size.cmp(&a.size).then_with(|| a.name.cmp(&b.name)));
}

/// The crate in a demangled name, or another origin.
fn crate_of(name: &str) -> &str {
    if has_parameters(name) {
        return "[not Rust]";
    }
    match xsys_link::hints::origin::of_path(name) {
        Some(name) => name,
        None if is_constant(name) => "[anonymous constants]",
        None => "[not Rust]",
    }
}

/// A function of C++: only its names contain parameters, and qualifiers of methods.
fn has_parameters(name: &str) -> bool {
    let plain = match name.rsplit_once(" (.") {
        Some((plain, _)) => plain, // what compilers add: `f (.llvm.123)`
        None => name,
    };
    let qualified = [" const", " volatile", " &", " &&"];
    let method = qualified.iter().find_map(|end| plain.strip_suffix(end));
    method.unwrap_or(plain).ends_with(')')
}

/// Data without a name in any source: rustc and LLVM number it, or name it by its content.
fn is_constant(name: &str) -> bool {
    let name = name.strip_prefix(".L").unwrap_or(name);
    let numbered = [
        "anon.",
        "__unnamed_",
        "vtable.",
        "str.",
        "switch.table",
        "const.",
    ];
    let digest = name
        .strip_prefix("alloc_")
        .filter(|digest| digest.len() >= 32);
    numbered.iter().any(|beginning| name.starts_with(beginning))
        || digest.is_some_and(|digest| digest.bytes().take(32).all(|byte| byte.is_ascii_hexdigit()))
}

/// How many of a list are shown where so many are wanted; 0 is all.
pub(crate) fn shown(all: usize, top: usize) -> usize {
    if top == 0 { all } else { top.min(all) }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn functions_of_cpp_are_not_of_a_crate() {
        for (name, expected) in [
            ("std::vector<int>::push_back(int&&)", "[not Rust]"),
            ("std::string::size() const", "[not Rust]"),
            ("std::io::stdio::stdout", "std"),
            ("std::thread::spawn (.llvm.123)", "std"),
            (
                "<fn() as core::ops::function::FnOnce<()>>::call_once",
                "core",
            ),
        ] {
            assert_eq!(crate_of(name), expected, "{name}");
        }
    }

    #[test]
    fn constants_are_not_foreign() {
        for (name, expected) in [
            ("core::fmt::write", "core"),
            (
                "alloc_0123456789abcdef0123456789abcdef",
                "[anonymous constants]",
            ),
            ("alloc_pages", "[not Rust]"),
            (
                "anon.5c0bd4ab11bd5f2b53b3ae1c3bd2e2bd.12.llvm.77",
                "[anonymous constants]",
            ),
            (".Lanon.5c0bd4ab.0", "[anonymous constants]"),
            ("switch.table.main", "[anonymous constants]"),
            ("memcpy", "[not Rust]"),
        ] {
            assert_eq!(crate_of(name), expected, "{name}");
        }
    }

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
        assert!(!symbols.is_empty());
        let sorted = measure(&content, By::Section).unwrap().items;
        assert!(sorted.windows(2).all(|pair| pair[0].size >= pair[1].size));
        let crates = by_crate(&content).unwrap();
        for name in ["core", "std", "object"] {
            assert!(crates.iter().any(|item| item.name == name), "{name}");
        }
        assert!(
            by_region(&content)
                .unwrap()
                .iter()
                .any(|item| item.name == "r-x")
        );
    }
}

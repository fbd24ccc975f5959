//! What the dynamic parts of two links of the same inputs have in common: the libraries that are needed, the symbols
//! that are imported and exported, with their versions, and what the dynamic section says of the file.

use std::collections::BTreeSet;
use std::fmt::Write as _;
use std::path::Path;

use object::Endianness;
use object::elf;
use object::read::elf::{Dyn as _, FileHeader, Sym as _};

/// The differences between the ELF files of the same names in two directories, as text.
pub(super) fn compare(own: &Path, other: &Path) -> String {
    let mut names: Vec<_> = match std::fs::read_dir(own) {
        Ok(entries) => entries.flatten().map(|entry| entry.file_name()).collect(),
        Err(error) => return error.to_string(),
    };
    names.sort();
    let mut out = String::new();
    for name in names {
        let read = |place: &Path| {
            let bytes = std::fs::read(place.join(&name)).ok()?;
            facts(&bytes)
        };
        let (Some(own), Some(other)) = (read(own), read(other)) else {
            continue;
        };
        for fact in own.difference(&other) {
            let _ = writeln!(out, "{}: only ours: {fact}", name.display());
        }
        for fact in other.difference(&own) {
            let _ = writeln!(out, "{}: only the other's: {fact}", name.display());
        }
    }
    out
}

/// `None` for files without a dynamic part.
fn facts(bytes: &[u8]) -> Option<BTreeSet<String>> {
    if !bytes.starts_with(b"\x7fELF") {
        return None;
    }
    match bytes.get(4)? {
        2 => read::<elf::FileHeader64<Endianness>>(bytes),
        _ => read::<elf::FileHeader32<Endianness>>(bytes),
    }
}

/// Tags whose values are not places or sizes.
const WORDS: [(elf::DynamicTag, &str); 3] = [
    (elf::DT_NEEDED, "needed"),
    (elf::DT_SONAME, "soname"),
    (elf::DT_RUNPATH, "runpath"),
];

/// Names of GNU ld's own scripts, and of start-up files, which it exports by rules of each machine.
const OF_LAYOUT: [&str; 12] = [
    "main",
    "__global_pointer$",
    "__BSS_END__",
    "__DATA_BEGIN__",
    "__SDATA_BEGIN__",
    "__bss_end__",
    "__bss_start",
    "__bss_start__",
    "__end__",
    "_bss_end__",
    "_edata",
    "_end",
];

fn read<H: FileHeader<Endian = Endianness>>(bytes: &[u8]) -> Option<BTreeSet<String>> {
    let header = H::parse(bytes).ok()?;
    let endian = header.endian().ok()?;
    let sections = header.sections(endian, bytes).ok()?;
    let (entries, link) = sections.dynamic(endian, bytes).ok()??;
    let strings = sections.strings(endian, bytes, link).ok()?;
    let mut out = BTreeSet::new();
    for entry in entries {
        let tag = entry.tag(endian);
        for (known, name) in WORDS {
            if tag == known {
                let text = entry.string(endian, strings).ok()?;
                out.insert(format!("{name} {}", String::from_utf8_lossy(text)));
            }
        }
        if tag == elf::DT_FLAGS_1 {
            let value: u64 = entry.d_val(endian).into();
            out.insert(format!("flags_1 {value:#x}"));
        }
        if tag == elf::DT_TEXTREL {
            out.insert("text relocations".to_owned());
        }
    }
    let versions = sections.versions(endian, bytes).ok()?;
    let table = sections.symbols(endian, bytes, elf::SHT_DYNSYM).ok()?;
    for (index, symbol) in table.enumerate().skip(1) {
        let name = symbol.name(endian, table.strings()).ok()?;
        let name = String::from_utf8_lossy(name);
        let mut version = String::new();
        if let Some(versions) = &versions {
            let own = versions.version_index(endian, index);
            if let Ok(Some(found)) = versions.version(own.index()) {
                let hidden = if own.is_hidden() && !symbol.is_undefined(endian) {
                    "@"
                } else {
                    "@@"
                };
                let text = String::from_utf8_lossy(found.name());
                version = format!("{hidden}{text}");
            }
        }
        let undefined = symbol.is_undefined(endian);
        let weak = symbol.st_bind() == elf::STB_WEAK;
        // A version that a library defines is a symbol of GNU ld's, too.
        let names_version =
            symbol.st_shndx(endian) == elf::SHN_ABS && *version == *format!("@@{name}");
        // What only weak references name, linkers treat by rules of their own; the program shows whether it works.
        let left_out = names_version || undefined && weak || OF_LAYOUT.contains(&&*name);
        if left_out || symbol.st_bind() == elf::STB_LOCAL {
            continue;
        }
        let what = if undefined { "imports" } else { "exports" };
        out.insert(format!("{what} {name}{version}"));
    }
    Some(out)
}

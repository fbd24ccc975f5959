//! Whether the dynamic parts of two images mean the same to a dynamic linker.
//!
//! Compared are the libraries that are needed, names of the image and search paths, and the exported and imported
//! symbols with bindings, kinds and versions; not addresses, orders, or how a table is hashed. Which weak names of
//! nothing an image mentions is the linker's choice, as is whether it names the ends of its sections, or its versions by
//! symbols.

use std::collections::BTreeSet;
use std::path::Path;

use object::Endianness;
use object::elf::{self, FileHeader64};
use object::read::elf::{Dyn as _, FileHeader as _, Sym as _};

/// The facts that only one of two images has, as an error.
pub(super) fn dynamic_parts(ours: &Path, theirs: &Path, differs: &[String]) -> Result<(), String> {
    if ours.extension().is_some_and(|end| end == "a") {
        return Ok(());
    }
    let (our_facts, their_facts) = (facts(ours)?, facts(theirs)?);
    let allowed = |fact: &&String| !differs.iter().any(|start| fact.starts_with(start.as_str()));
    let only = |a: &BTreeSet<String>, b: &BTreeSet<String>| -> Vec<String> {
        a.difference(b).filter(allowed).cloned().collect()
    };
    let (added, lost) = (
        only(&our_facts, &their_facts),
        only(&their_facts, &our_facts),
    );
    match added.is_empty() && lost.is_empty() {
        true => Ok(()),
        false => Err(format!(
            "the dynamic parts differ\nonly xsys: {added:#?}\nonly GNU ld: {lost:#?}"
        )),
    }
}

/// Names at the ends of sections, which GNU ld exports or not by version, and those of the start files.
const ENDS: [&str; 12] = [
    "_edata",
    "__bss_start",
    "_end",
    "_init",
    "_fini",
    "end",
    "edata",
    "data_start",
    "__data_start",
    "_IO_stdin_used",
    "_start",
    "__gmon_start__",
];

fn facts(file: &Path) -> Result<BTreeSet<String>, String> {
    let shown = file.display();
    let data = std::fs::read(file).map_err(|e| format!("{shown}: {e}"))?;
    read(&data).map_err(|e| format!("{shown}: {e}"))
}

fn read(data: &[u8]) -> object::Result<BTreeSet<String>> {
    let header = FileHeader64::<Endianness>::parse(data)?;
    let endian = header.endian()?;
    let sections = header.sections(endian, data)?;
    let mut out = BTreeSet::new();
    out.insert(format!("type {}", header.e_type(endian).0));
    if let Some((entries, link)) = sections.dynamic(endian, data)? {
        let names = sections.strings(endian, data, link)?;
        for entry in entries {
            let tag = entry.tag(endian);
            let word = match tag {
                elf::DT_NULL => break,
                elf::DT_NEEDED => "needs",
                elf::DT_SONAME => "is called",
                elf::DT_RUNPATH => "searches",
                elf::DT_RPATH => "searches first",
                _ => continue,
            };
            let text = String::from_utf8_lossy(entry.string(endian, names)?);
            out.insert(format!("{word} {text}"));
        }
    }
    let is_library = out.iter().any(|fact| fact.starts_with("is called"));
    let table = sections.symbols(endian, data, elf::SHT_DYNSYM)?;
    let versions = sections.versions(endian, data)?;
    for (index, symbol) in table.enumerate() {
        let name = String::from_utf8_lossy(symbol.name(endian, table.strings())?).into_owned();
        if name.is_empty() || ENDS.contains(&name.as_str()) {
            continue;
        }
        let mut version = String::new();
        if let Some(versions) = &versions {
            let own = versions.version_index(endian, index);
            if let Some(found) = versions.version(own.index())? {
                let at = match own.is_hidden() && !symbol.is_undefined(endian) {
                    true => "@",
                    false => "@@",
                };
                version = format!("{at}{}", String::from_utf8_lossy(found.name()));
            }
        }
        if version.trim_start_matches('@') == name {
            continue;
        }
        let weak = symbol.st_bind() == elf::STB_WEAK;
        let imported = symbol.is_undefined(endian) && symbol.st_value(endian) == 0;
        let word = match (imported, symbol.is_undefined(endian)) {
            (true, _) => "imports",
            (false, true) => "stands for",
            (false, false) => "exports",
        };
        // A program's definition comes first whatever its binding, and of a copied variable GNU ld takes any name's.
        let of_program = !imported && !is_library;
        let weak = match of_program {
            true => "",
            false if weak => " weak",
            false => " strong",
        };
        let kind = match imported {
            true => String::new(),
            false => format!(" kind {}", symbol.st_type().0),
        };
        out.insert(format!("{word} {name}{version}{weak}{kind}"));
    }
    Ok(out)
}

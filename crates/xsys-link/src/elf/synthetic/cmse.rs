//! Secure entry functions of ARMv8-M: gateway veneers and import libraries.
//!
//! Problem: non-secure code may enter secure code only at an `SG` instruction in memory that is
//! marked non-secure callable. Compilers give an entry function `f` two names, `f` and
//! `__acle_se_f`. Where both have one address, the linker makes a veneer (`sg; b.w
//! __acle_se_f`) in `.gnu.sgstubs` and defines `f` there; where they differ, the function has its own
//! `SG`. The non-secure program is linked with an import library, an object in which all `f` are
//! absolute. It is built separately, so a later secure image must keep the addresses of the veneers:
//! it reads the previous image's library (`--in-implib`), keeps old veneers at their addresses and
//! adds new ones after them.
//!
//! Spec: "Arm v8-M Security Extensions: Requirements on Development Tools" (ECM0359818) 1.4,
//! chapter 3; GNU ld manual, `--cmse-implib`.

use std::path::Path;

use crate::elf::consts::CMSE_SPECIAL;
use object::elf;
use xsys_diag::Diagnostic;

use crate::elf::arch::{self, Arch};
use crate::elf::ids::SymbolId;
use crate::elf::layout::Addresses;
use crate::elf::names::Map;
use crate::elf::object::{ElfSymbol, ObjectFile, ObjectName, SymbolPlace};
use crate::elf::sections::{Sections, Synthetic, SyntheticKind};
use crate::elf::symbols::resolve::{Definition, Resolution};
use crate::input::map::FileStore;
use crate::options::ElfOptions;
use crate::output::OutputFile;

const ALIGN: u64 = 32;

/// All entry functions of a secure image.
#[derive(Default)]
pub(crate) struct Gateways {
    entries: Vec<EntryFunction>,
    /// Where an import library wants `.gnu.sgstubs`.
    base: Option<u64>,
    /// Bytes of all veneers.
    size: u64,
    /// Bytes of one.
    veneer: u64,
}

struct EntryFunction {
    name: SymbolId,
    special: SymbolId,
    /// Offset of the veneer; `None` where the function has its own `SG`.
    veneer: Option<u64>,
}

/// Finds the entry functions, and makes their plain names symbols that the linker defines.
pub(crate) fn find(
    resolution: &mut Resolution<'_>,
    arch: &dyn Arch,
    store: &FileStore,
    options: &ElfOptions,
    diagnostics: &mut Vec<Diagnostic>,
) -> Gateways {
    let mut out = Gateways::default();
    if !options.machine.cmse_implib {
        let libraries = [
            (&options.machine.in_implib, "--in-implib"),
            (&options.machine.out_implib, "--out-implib"),
        ];
        for (_, option) in libraries.iter().filter(|(path, _)| path.is_some()) {
            diagnostics.push(
                Diagnostic::error(format!("`{option}` needs `--cmse-implib`"))
                    .help("import libraries are made for secure images only"),
            );
        }
        return out;
    }
    let known = import_library(store, arch.machine(), options, diagnostics);
    let pairs = pairs(resolution, diagnostics);
    let code = arch.gateways();
    if !code.is_some_and(arch::Gateways::supported) && !pairs.is_empty() {
        diagnostics.push(
            Diagnostic::error("secure entry functions need ARMv8-M")
                .note("the objects' build attributes are for another architecture")
                .help("build for a `thumbv8m` target"),
        );
        return out;
    }
    let Some(code) = code else {
        return out;
    };
    let veneer_size = code.size();
    out.veneer = veneer_size;
    out.base = known.iter().map(|(_, at)| at & !1).min();
    let base = out.base.unwrap_or(0);
    let end = known
        .iter()
        .map(|(_, at)| (at & !1) - base + veneer_size)
        .max();
    out.size = end.unwrap_or(0);
    for &(name, special, needs_veneer) in &pairs {
        let text = resolution.symbol(name).name;
        let old = known.iter().find(|(known, _)| *known == text);
        let veneer = needs_veneer.then(|| match old {
            Some((_, at)) => (at & !1) - base,
            None => {
                out.size += veneer_size;
                out.size - veneer_size
            }
        });
        out.entries.push(EntryFunction {
            name,
            special,
            veneer,
        });
        if old.is_none()
            && options.machine.in_implib.is_some()
            && options.machine.out_implib.is_none()
        {
            diagnostics.push(
                Diagnostic::warning(format!(
                    "the entry function `{}` is new, and no import library tells the non-secure side",
                    crate::elf::names::demangle(text)
                ))
                .help("write one with `--out-implib=FILE`"),
            );
        }
    }
    for (text, _) in &known {
        let still = |entry: &EntryFunction| resolution.symbol(entry.name).name == *text;
        if !out.entries.iter().any(still) {
            diagnostics.push(
                Diagnostic::warning(format!(
                    "the entry function `{}` of the import library is not in this image",
                    crate::elf::names::demangle(text)
                ))
                .note(
                    "its place among the veneers stays empty: non-secure code that calls it faults",
                ),
            );
        }
    }
    out.redirect(resolution);
    out
}

/// Entry functions as (plain name, special name, needs a veneer), in order of first mention.
fn pairs(
    resolution: &Resolution<'_>,
    diagnostics: &mut Vec<Diagnostic>,
) -> Vec<(SymbolId, SymbolId, bool)> {
    let mut out = Vec::new();
    for index in 0..resolution.symbols.len() as u32 {
        let special = SymbolId(index);
        let symbol = resolution.symbol(special);
        let Some(text) = symbol.name.strip_prefix(CMSE_SPECIAL) else {
            continue;
        };
        let Some((file, own)) = function(resolution, special) else {
            continue;
        };
        let shown = crate::elf::names::demangle(text);
        let object = &resolution.files[file].name;
        let plain = resolution
            .find(text)
            .and_then(|id| Some((id, function(resolution, id)?)));
        let Some((name, (plain_file, plain))) = plain else {
            diagnostics.push(
                Diagnostic::error(format!(
                    "`{}` marks an entry function, but no global function `{shown}` is defined",
                    crate::elf::names::demangle(symbol.name)
                ))
                .note(format!("in {object}"))
                .help("define both names at the same place"),
            );
            continue;
        };
        for (entry, name) in [(&own, symbol.name), (&plain, text)] {
            if entry.kind() != elf::STT_FUNC.0 || entry.value & 1 == 0 {
                diagnostics.push(
                    Diagnostic::error(format!(
                        "`{}` must be a Thumb function to be a secure entry",
                        crate::elf::names::demangle(name)
                    ))
                    .note(format!("in {object}"))
                    .help("give it the type `%function` (`.thumb_func`, `.type`)"),
                );
            }
        }
        let same = file == plain_file && own.place == plain.place && own.value == plain.value;
        out.push((name, special, same));
    }
    out
}

fn function(resolution: &Resolution<'_>, id: SymbolId) -> Option<(usize, ElfSymbol)> {
    match resolution.symbol(id).definition {
        Definition::Object { .. } => {
            let (file, entry) = resolution.definition_entry(id)?;
            Some((file.0 as usize, entry))
        }
        _ => None,
    }
}

/// Names and addresses (with the Thumb bit) of the previous image.
fn import_library<'s>(
    store: &'s FileStore,
    machine: u16,
    options: &ElfOptions,
    diagnostics: &mut Vec<Diagnostic>,
) -> Vec<(&'s [u8], u64)> {
    let Some(path) = &options.machine.in_implib else {
        return Vec::new();
    };
    let file = match store.open(path) {
        Ok(file) => file,
        Err(error) => {
            diagnostics.push(error.into_diagnostic());
            return Vec::new();
        }
    };
    let name = ObjectName {
        path: &file.path,
        member: None,
    };
    let object = match ObjectFile::parse(name, file.bytes()) {
        Ok(object) if object.machine == machine => object,
        Ok(_) => {
            diagnostics.push(
                Diagnostic::error(format!(
                    "the import library `{}` is not for Arm",
                    path.display()
                ))
                .help("name the file that `--out-implib` wrote"),
            );
            return Vec::new();
        }
        Err(error) => {
            diagnostics.push(
                Diagnostic::error(error.to_string())
                    .help("name the file that `--out-implib` wrote"),
            );
            return Vec::new();
        }
    };
    let mut out: Vec<(&[u8], u64)> = Vec::new();
    for index in object.first_global..object.symbols.len() {
        let symbol = object.symbols.get(index);
        let text = object.symbols.name(&symbol);
        // ECM0359818: only such symbols are in an import library.
        let valid = symbol.place == SymbolPlace::Absolute
            && symbol.kind() == elf::STT_FUNC.0
            && symbol.value & 1 == 1
            && u32::try_from(symbol.value).is_ok();
        if !valid {
            diagnostics.push(
                Diagnostic::error(format!(
                    "`{}` of the import library `{}` is not an absolute Thumb function",
                    crate::elf::names::demangle(text),
                    path.display()
                ))
                .help("name the file that `--out-implib` wrote"),
            );
            continue;
        }
        let twice = |(known, at): &(&[u8], u64)| *known == text || *at == symbol.value;
        if out.iter().any(twice) {
            diagnostics.push(
                Diagnostic::error(format!(
                    "`{}` or its address is twice in the import library `{}`",
                    crate::elf::names::demangle(text),
                    path.display()
                ))
                .help("name the file that `--out-implib` wrote"),
            );
            continue;
        }
        out.push((text, symbol.value));
    }
    // A wrong distance must not make a huge section.
    const LIMIT: u64 = 16 << 20;
    let places = || out.iter().map(|(_, at)| at & !1);
    if let (Some(low), Some(high)) = (places().min(), places().max())
        && high - low > LIMIT
    {
        diagnostics.push(
            Diagnostic::error(format!(
                "the functions of the import library `{}` are {:#x} bytes apart, more than {LIMIT:#x}",
                path.display(),
                high - low
            ))
            .help("name the file that `--out-implib` wrote"),
        );
        out.clear();
    }
    out
}

impl Gateways {
    /// Secure code calls the functions directly; only the image's symbol table has the veneers.
    fn redirect(&self, resolution: &mut Resolution<'_>) {
        if self.entries.is_empty() {
            return;
        }
        let special: Map<SymbolId, SymbolId> =
            self.entries.iter().map(|e| (e.name, e.special)).collect();
        for id in resolution.globals.iter_mut().flatten() {
            if let Some(&special) = special.get(id) {
                *id = special;
            }
        }
        for entry in self.entries.iter().filter(|e| e.veneer.is_some()) {
            resolution.symbols[entry.name.0 as usize].definition = Definition::Linker;
        }
    }

    /// Adds `.gnu.sgstubs`.
    pub(crate) fn reserve(&self, sections: &mut Sections) {
        if self.size == 0 {
            return;
        }
        sections.add(Synthetic {
            kind: SyntheticKind::Gateways,
            name: ".gnu.sgstubs".to_owned(),
            sh_type: elf::SHT_PROGBITS.0,
            flags: elf::SHF_ALLOC.0 | elf::SHF_EXECINSTR.0,
            align: ALIGN,
            entsize: self.veneer,
            size: self.size,
            link: None,
        });
    }

    /// The addresses of the veneers.
    pub(crate) fn values(&self, addresses: &Addresses<'_, '_>, values: &mut Map<SymbolId, u64>) {
        let Some(start) = addresses.synthetic(SyntheticKind::Gateways) else {
            return;
        };
        let veneers = self
            .entries
            .iter()
            .filter_map(|e| Some((e.name, e.veneer?)));
        values.extend(veneers.map(|(name, at)| (name, (start + at) | 1)));
    }

    /// Writes `.gnu.sgstubs`, which stands at `start`.
    pub(crate) fn write(
        &self,
        arch: &dyn Arch,
        addresses: &Addresses<'_, '_>,
        out: &mut [u8],
        start: u64,
        problems: &mut Vec<Diagnostic>,
    ) {
        let Some(code) = arch.gateways() else {
            return;
        };
        if let Some(base) = self.base.filter(|&base| base != start) {
            problems.push(
                Diagnostic::error(format!(
                    "`.gnu.sgstubs` is at {start:#x}, but the import library's functions begin at {base:#x}"
                ))
                .help(format!(
                    "place it there (`.gnu.sgstubs {base:#x} : {{ *(.gnu.sgstubs) }}`), or leave `--in-implib` out and rebuild the non-secure program"
                )),
            );
        }
        code.fill(out);
        for entry in &self.entries {
            let Some(at) = entry.veneer else { continue };
            let symbol = crate::elf::sections::refs::SymRef::Global(entry.special);
            let (Some(target), Some(place)) = (
                addresses.of_symbol(symbol, 0),
                out.get_mut(at as usize..(at + self.veneer) as usize),
            ) else {
                continue;
            };
            if !code.write(place, start + at, target) {
                let name =
                    crate::elf::names::demangle(addresses.resolution.symbol(entry.name).name);
                problems.push(
                    Diagnostic::error(format!(
                        "the veneer of the entry function `{name}` at {:#x} cannot reach {:#x}",
                        start + at,
                        target & !1
                    ))
                    .note("its branch reaches 16 MiB")
                    .help("place `.gnu.sgstubs` nearer to the secure code"),
                );
            }
        }
    }

    /// Writes the import library of this image.
    ///
    /// # Errors
    /// The file cannot be written.
    pub(crate) fn save_library(
        &self,
        path: &Path,
        arch: &dyn Arch,
        addresses: &Addresses<'_, '_>,
        e_flags: u32,
    ) -> Result<(), Diagnostic> {
        let library = self.import_library(addresses, arch.machine(), e_flags);
        OutputFile::create(path, library.len() as u64)
            .and_then(|mut file| {
                file.bytes_mut().copy_from_slice(&library);
                file.persist(false)
            })
            .map_err(|error| error.into_diagnostic())
    }

    /// The import library of this image.
    fn import_library(&self, addresses: &Addresses<'_, '_>, machine: u16, e_flags: u32) -> Vec<u8> {
        let resolution = addresses.resolution;
        let mut functions: Vec<(u32, u32, &[u8])> = Vec::with_capacity(self.entries.len());
        for entry in &self.entries {
            let value = match entry.veneer {
                Some(_) => addresses.linker.get(&entry.name).copied(),
                None => {
                    addresses.of_symbol(crate::elf::sections::refs::SymRef::Global(entry.name), 0)
                }
            };
            let size = match entry.veneer {
                Some(_) => self.veneer,
                None => function(resolution, entry.name).map_or(0, |(_, symbol)| symbol.size),
            };
            let name = resolution.symbol(entry.name).name;
            functions.push((value.unwrap_or(0) as u32, size as u32, name));
        }
        functions.sort_unstable();
        write_library(&functions, machine, e_flags)
    }
}

/// An object of absolute functions, as (address, size, name).
fn write_library(functions: &[(u32, u32, &[u8])], machine: u16, e_flags: u32) -> Vec<u8> {
    const HEADER: usize = 52;
    const NAMES: &[u8] = b"\0.symtab\0.strtab\0.shstrtab\0";
    let mut symbols = vec![0u8; 16];
    let mut strings = vec![0u8];
    for &(value, size, name) in functions {
        for word in [strings.len() as u32, value, size] {
            symbols.extend_from_slice(&word.to_le_bytes());
        }
        symbols.extend_from_slice(&[elf::STB_GLOBAL.0 << 4 | elf::STT_FUNC.0, 0]);
        symbols.extend_from_slice(&elf::SHN_ABS.0.to_le_bytes());
        strings.extend_from_slice(name);
        strings.push(0);
    }
    let strings_at = HEADER + symbols.len();
    let names_at = strings_at + strings.len();
    let headers_at = (names_at + NAMES.len()).next_multiple_of(4);
    let word = |n: usize| n as u32;
    // name, type, offset, size, link, info, alignment, entry size
    let sections = [
        [0; 8],
        [
            1,
            elf::SHT_SYMTAB.0,
            word(HEADER),
            word(symbols.len()),
            2,
            1,
            4,
            16,
        ],
        [
            9,
            elf::SHT_STRTAB.0,
            word(strings_at),
            word(strings.len()),
            0,
            0,
            1,
            0,
        ],
        [
            17,
            elf::SHT_STRTAB.0,
            word(names_at),
            word(NAMES.len()),
            0,
            0,
            1,
            0,
        ],
    ];
    let mut out = b"\x7fELF\x01\x01\x01\0\0\0\0\0\0\0\0\0".to_vec();
    for half in [elf::ET_REL.0, machine] {
        out.extend_from_slice(&half.to_le_bytes());
    }
    // version, entry, program headers, section headers
    for value in [1, 0, 0, word(headers_at), e_flags] {
        out.extend_from_slice(&value.to_le_bytes());
    }
    for half in [HEADER as u16, 0, 0, 40, sections.len() as u16, 3] {
        out.extend_from_slice(&half.to_le_bytes());
    }
    out.extend_from_slice(&symbols);
    out.extend_from_slice(&strings);
    out.extend_from_slice(NAMES);
    out.resize(headers_at, 0);
    for [name, sh_type, offset, size, link, info, align, entsize] in sections {
        let fields = [
            name, sh_type, 0, 0, offset, size, link, info, align, entsize,
        ];
        for field in fields {
            out.extend_from_slice(&field.to_le_bytes());
        }
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn import_libraries_are_objects() {
        let bytes = write_library(
            &[(0x1001, 8, b"first"), (0x1009, 8, b"second")],
            40,
            0x0500_0000,
        );
        let name = ObjectName {
            path: std::path::Path::new("secure.lib"),
            member: None,
        };
        let object = ObjectFile::parse(name, &bytes).unwrap();
        assert_eq!((object.machine, object.e_flags), (40, 0x0500_0000));
        assert_eq!((object.symbols.len(), object.first_global), (3, 1));
        for (index, text, value) in [(1, "first", 0x1001), (2, "second", 0x1009)] {
            let symbol = object.symbols.get(index);
            assert_eq!(object.symbols.name(&symbol), text.as_bytes());
            assert_eq!((symbol.value, symbol.size), (value, 8));
            assert_eq!(symbol.place, SymbolPlace::Absolute);
            assert_eq!(symbol.kind(), elf::STT_FUNC.0);
        }
    }
}

//! `.dynsym` and what belongs to it: `.dynstr`, the hash tables and the versions.
//!
//! First come the symbols that the output needs from other files, then those that it defines for them, ordered by
//! their bucket in `.gnu.hash`. An image that relocates itself has none of both, but loaders and debuggers expect the
//! tables there, too.
//!
//! Spec: gABI, "Symbol Table", "Hash Table", "Dynamic Section".

mod hash;
mod strings;
mod versions;

use object::elf;

use self::hash::GnuShape;
use self::strings::Strings;
use self::versions::Versions;
use super::plt;
use super::put::Words;
use super::scan::Demands;
use super::scan::imports::aliases;
use super::symtab::encode::SymbolFormat;
use super::symtab::globals::global;
use crate::elf::arch::Arch;
use crate::elf::ids::SymbolId;
use crate::elf::layout::Addresses;
use crate::elf::names::Map;
use crate::elf::sections::refs::{SymRef, ValueSource};
use crate::elf::sections::{Sections, Synthetic, SyntheticKind};
use crate::elf::symbols::resolve::{Definition, Resolution};
use crate::elf::symbols::versions::nodes;
use crate::options::{ElfOptions, HashStyle};
use crate::script::ast::Script;

/// The dynamic symbols and the names of the dynamic section.
#[derive(Default)]
pub(crate) struct DynamicSymbols {
    /// Without the null symbol.
    order: Vec<SymbolId>,
    index: Map<SymbolId, u32>,
    /// For each symbol its name's place in `strings`.
    names: Vec<u32>,
    /// `.dynstr`
    strings: Vec<u8>,
    has_sysv: bool,
    gnu: Option<GnuShape>,
    /// The hashes of the symbols that other files find in the output.
    hashes: Vec<u32>,
    versions: Versions,
    /// Entries of `.dynamic` whose values are names, as (tag, place in `strings`).
    pub named_entries: Vec<(u64, u64)>,
}

/// DT_* whose value is a name.
mod tag {
    pub(super) const NEEDED: u64 = 1;
    pub(super) const SONAME: u64 = 14;
    pub(super) const RPATH: u64 = 15;
    pub(super) const RUNPATH: u64 = 29;
    pub(super) const DEPAUDIT: u64 = 0x6fff_fefb;
    pub(super) const AUDIT: u64 = 0x6fff_fefc;
    pub(super) const AUXILIARY: u64 = 0x7fff_fffd;
    pub(super) const FILTER: u64 = 0x7fff_ffff;
}

/// What symbols' values depend on.
#[derive(Clone, Copy)]
pub(crate) struct WriteContext<'w, 'a> {
    /// The instruction set.
    pub arch: &'w dyn Arch,
    /// Addresses.
    pub addresses: &'w Addresses<'w, 'a>,
    /// PLT entries.
    pub demands: &'w Demands,
    /// Options.
    pub options: &'w ElfOptions,
}

/// Bytes of a symbol.
pub(super) fn entry_size(arch: &dyn Arch) -> u64 {
    if arch.is_64() { 24 } else { 16 }
}

impl DynamicSymbols {
    /// Chooses the symbols and lays out their names.
    pub(super) fn gather<'s>(
        arch: &dyn Arch,
        resolution: &'s Resolution<'s>,
        sections: &Sections,
        demands: &Demands,
        script: &'s Script,
        options: &'s ElfOptions,
    ) -> Self {
        let mut strings = Strings::new();
        let mut out = Self {
            has_sysv: true,
            ..Self::default()
        };
        if options.kind.is_dynamic() {
            out.name_entries(resolution, demands, options, &mut strings);
            out.choose(arch, resolution, sections, demands, options);
            out.versions(resolution, script, options, &mut strings);
        }
        for &id in &out.order {
            let name = plain_name(resolution.symbol(id).name);
            out.names.push(strings.add(name));
        }
        out.strings = strings.finish();
        out
    }

    /// The libraries that are needed, and what the options name.
    fn name_entries<'s>(
        &mut self,
        resolution: &'s Resolution<'s>,
        demands: &Demands,
        options: &'s ElfOptions,
        strings: &mut Strings<'s>,
    ) {
        let mut used = vec![false; resolution.shared.len()];
        for &id in &demands.imports.named {
            let symbol = resolution.symbol(id);
            if let (Definition::Shared { file, .. }, false) = (symbol.definition, symbol.weak) {
                used[file as usize] = true;
            }
        }
        let mut add = |tag, name: &'s [u8]| {
            let at = u64::from(strings.add(name));
            self.named_entries.push((tag, at));
        };
        let mut left_out = Vec::new();
        for (library, used) in resolution.shared.iter().zip(used) {
            let needed = used || !library.as_needed;
            left_out.push(!needed);
            if needed {
                add(tag::NEEDED, library.soname);
            }
        }
        let dynamic = &options.dynamic;
        if options.kind.is_shared() {
            let soname = dynamic.soname.iter();
            soname.for_each(|name| add(tag::SONAME, name.as_bytes()));
        }
        for (tag, names) in [
            (tag::AUXILIARY, &dynamic.auxiliary),
            (tag::FILTER, &dynamic.filter),
            (tag::AUDIT, &dynamic.audit),
            (tag::DEPAUDIT, &dynamic.depaudit),
        ] {
            names.iter().for_each(|name| add(tag, name.as_bytes()));
        }
        if let Some(paths) = &dynamic.rpath_joined {
            let tag = match dynamic.new_dtags {
                true => tag::RUNPATH,
                false => tag::RPATH,
            };
            add(tag, paths.as_bytes());
        }
        self.versions.left_out = left_out;
    }

    /// The symbols in their order.
    fn choose(
        &mut self,
        arch: &dyn Arch,
        resolution: &Resolution<'_>,
        sections: &Sections,
        demands: &Demands,
        options: &ElfOptions,
    ) {
        let mut copied: Map<SymbolId, ()> = Map::default();
        for &copy in &demands.imports.copies {
            copied.extend(aliases(resolution, copy).into_iter().map(|id| (id, ())));
        }
        let is_own = |id: SymbolId| match resolution.symbol(id).definition {
            Definition::Shared { .. } => copied.contains_key(&id),
            Definition::Undefined | Definition::Lazy { .. } => false,
            _ => {
                let home = SymRef::Global(id).value_source(resolution, sections);
                resolution.symbol(id).exported && home != ValueSource::Discarded
            }
        };
        // Other files find the address of a canonical PLT entry by its name, too.
        let is_found = |id| is_own(id) || demands.imports.canonical.contains_key(&id);
        let named = demands.imports.named.iter().copied();
        self.order.extend(named.filter(|&id| !is_found(id)));
        let first = self.order.len() + 1;
        let all = (0..resolution.symbols.len() as u32).map(SymbolId);
        let mut own: Vec<(u32, SymbolId)> = all
            .filter(|&id| is_found(id))
            .map(|id| (hash::gnu(plain_name(resolution.symbol(id).name)), id))
            .collect();
        let style = options.dynamic.hash_style;
        self.has_sysv = style.has_sysv();
        if style != HashStyle::Sysv {
            let word = super::word(arch) as usize;
            let shape = GnuShape::of(own.len(), first, word);
            own.sort_by_key(|(hash, _)| hash % shape.buckets);
            self.gnu = Some(shape);
        }
        for (hash, id) in own {
            self.hashes.push(hash);
            self.order.push(id);
        }
        let indexes = self.order.iter().zip(1..);
        self.index = indexes.map(|(id, index)| (*id, index)).collect();
    }

    fn versions<'s>(
        &mut self,
        resolution: &'s Resolution<'s>,
        script: &'s Script,
        options: &'s ElfOptions,
        strings: &mut Strings<'s>,
    ) {
        let named = nodes(script).filter_map(|node| {
            let parents = node.parents.iter().map(|parent| &*parent.text);
            Some((&*node.name.as_ref()?.text, parents.collect()))
        });
        let file = match &options.dynamic.soname {
            Some(name) => name.as_bytes(),
            None => options
                .output
                .file_name()
                .map_or(&[][..], |name| name.as_encoded_bytes()),
        };
        self.versions.define(named, file, strings);
        let mut of_symbols = vec![elf::VER_NDX_LOCAL.0];
        for &id in &self.order {
            let symbol = resolution.symbol(id);
            of_symbols.push(match symbol.definition {
                Definition::Shared { .. } => self.versions.need(resolution, symbol, strings),
                _ => symbol.version,
            });
        }
        self.versions.of_symbols = of_symbols;
    }

    /// The index of a symbol in the table; 0 if it is not there.
    pub(crate) fn index_of(&self, id: SymbolId) -> u32 {
        self.index.get(&id).copied().unwrap_or(0)
    }

    /// Bytes of `.dynstr`.
    pub(super) fn strings_size(&self) -> u64 {
        self.strings.len() as u64
    }

    /// The numbers of versions for `.dynamic`: defined and needed ones.
    pub(super) fn version_counts(&self) -> (u64, u64) {
        let versions = &self.versions;
        (versions.defined.len() as u64, versions.needed.len() as u64)
    }

    /// The sections that exist, with their sizes in bytes.
    pub(super) fn has(&self, kind: SyntheticKind) -> bool {
        match kind {
            SyntheticKind::Hash => self.has_sysv,
            SyntheticKind::GnuHash => self.gnu.is_some(),
            SyntheticKind::VersionSymbols => self.versions.are_used(),
            SyntheticKind::VersionsDefined => !self.versions.defined.is_empty(),
            SyntheticKind::VersionsNeeded => !self.versions.needed.is_empty(),
            _ => true,
        }
    }

    /// Adds the sections.
    pub(super) fn add(&self, arch: &dyn Arch, sections: &mut Sections) {
        let word = super::word(arch);
        let symbol = entry_size(arch);
        let count = self.order.len() as u64 + 1;
        let to_strings = Some((SyntheticKind::DynStr, 1));
        let to_symbols = Some((SyntheticKind::DynSym, 0));
        let mut add = |kind, name: &str, sh_type: elf::SectionType, align, entsize, size, link| {
            if !self.has(kind) {
                return;
            }
            sections.add(Synthetic {
                kind,
                name: name.to_owned(),
                sh_type: sh_type.0,
                flags: elf::SHF_ALLOC.0,
                align,
                entsize,
                size,
                link,
            });
        };
        let size = symbol * count;
        let kind = SyntheticKind::DynSym;
        add(
            kind,
            ".dynsym",
            elf::SHT_DYNSYM,
            word,
            symbol,
            size,
            to_strings,
        );
        let (kind, size) = (SyntheticKind::DynStr, self.strings_size());
        add(kind, ".dynstr", elf::SHT_STRTAB, 1, 0, size, None);
        let buckets = hash::sysv_buckets(count as usize) as u64;
        let (kind, size) = (SyntheticKind::Hash, 4 * (2 + buckets + count));
        add(kind, ".hash", elf::SHT_HASH, 4, 4, size, to_symbols);
        let size = self.gnu.map_or(0, |shape| shape.size(word as usize));
        let kind = SyntheticKind::GnuHash;
        add(
            kind,
            ".gnu.hash",
            elf::SHT_GNU_HASH,
            word,
            0,
            size,
            to_symbols,
        );
        let (kind, size) = (SyntheticKind::VersionSymbols, 2 * count);
        add(
            kind,
            ".gnu.version",
            elf::SHT_GNU_VERSYM,
            2,
            2,
            size,
            to_symbols,
        );
        let (defined, needed) = self.version_counts();
        let (kind, size) = (SyntheticKind::VersionsDefined, self.versions.defined_size());
        let link = Some((SyntheticKind::DynStr, defined as u32));
        add(
            kind,
            ".gnu.version_d",
            elf::SHT_GNU_VERDEF,
            word,
            0,
            size,
            link,
        );
        let (kind, size) = (SyntheticKind::VersionsNeeded, self.versions.needed_size());
        let link = Some((SyntheticKind::DynStr, needed as u32));
        add(
            kind,
            ".gnu.version_r",
            elf::SHT_GNU_VERNEED,
            word,
            0,
            size,
            link,
        );
    }

    /// Writes one of the sections.
    pub(crate) fn write(
        &self,
        kind: SyntheticKind,
        words: Words,
        given: WriteContext<'_, '_>,
        out: &mut [u8],
    ) {
        let addresses = given.addresses;
        match kind {
            SyntheticKind::DynSym => self.write_symbols(words, given, out),
            SyntheticKind::DynStr => out.copy_from_slice(&self.strings),
            SyntheticKind::Hash => {
                let symbols = self.order.iter();
                let own = symbols.map(|id| plain_name(addresses.resolution.symbol(*id).name));
                let names: Vec<&[u8]> = std::iter::once(&b""[..]).chain(own).collect();
                hash::write_sysv(words, &names, out);
            }
            SyntheticKind::GnuHash => {
                if let Some(shape) = self.gnu {
                    shape.write(words, &self.hashes, out);
                }
            }
            SyntheticKind::VersionSymbols => self.versions.write_symbols(words, out),
            SyntheticKind::VersionsDefined => self.versions.write_defined(words, out),
            SyntheticKind::VersionsNeeded => self.versions.write_needed(words, out),
            _ => {}
        }
    }

    fn write_symbols(&self, words: Words, given: WriteContext<'_, '_>, out: &mut [u8]) {
        let WriteContext {
            arch,
            addresses,
            demands,
            options,
        } = given;
        let layout = addresses.layout;
        let mut numbers = vec![0u32; layout.extents.len()];
        for (id, number) in layout.in_order().into_iter().zip(1..) {
            numbers[id.0 as usize] = number;
        }
        let format = SymbolFormat {
            is_64: words.is_64,
            endian: words.endian,
            numbers: &numbers,
        };
        let mut table = vec![0; format.entry_size()];
        for (&id, &name) in self.order.iter().zip(&self.names) {
            match global(addresses, id, options) {
                Some(mut entry) => {
                    // The address of the function in the whole process.
                    let symbol = SymRef::Global(id);
                    if let Some(at) = plt::canonical_entry(arch, addresses, demands, symbol) {
                        entry.value = at;
                    }
                    format.put(&entry, name, &mut table);
                }
                // Its section is not in the image: nobody finds it.
                None => table.resize(table.len() + format.entry_size(), 0),
            }
        }
        let length = table.len().min(out.len());
        out[..length].copy_from_slice(&table[..length]);
    }
}

/// A symbol's name without the version that `.symver` adds.
pub(crate) fn plain_name(name: &[u8]) -> &[u8] {
    let end = memchr::memchr(b'@', name).filter(|at| *at > 0);
    &name[..end.unwrap_or(name.len())]
}

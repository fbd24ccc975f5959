//! What references to symbols need whose definition the dynamic linker chooses.
//!
//! Position-independent code reaches them through the GOT and the PLT, and words in writable data get a relocation
//! with the symbol's name. Code for fixed addresses has no place for either: there an executable has a copy of the
//! variable, or the function's PLT entry becomes its address in the whole process (a canonical PLT entry). A shared
//! library cannot do that.
//!
//! Spec: gABI "Dynamic Linking"; psABIs, "Procedure Linkage Table", R_*_COPY.

use object::elf;

use super::problems::What;
use super::{Decided, Scanner, SectionScan};
use crate::elf::arch::{Base, Relative, RelocRule};
use crate::elf::ids::SymbolId;
use crate::elf::names::Map;
use crate::elf::object::Section;
use crate::elf::sections::refs::SymRef;
use crate::elf::symbols::resolve::{Definition, Resolution};

/// What the output needs for symbols of other files.
#[derive(Default)]
pub(crate) struct Imports {
    /// Symbols that dynamic relocations name, in the order in which they are first needed.
    pub named: Vec<SymbolId>,
    /// Functions with a PLT entry, in order.
    pub plt: Vec<SymbolId>,
    /// Index of each function in `plt`.
    pub plt_index: Map<SymbolId, u32>,
    /// Variables of libraries that the executable has copies of.
    pub copies: Vec<SymbolId>,
    /// Functions whose address is that of their PLT entry.
    pub canonical: Map<SymbolId, ()>,
    /// Words in data that a dynamic relocation with a symbol fills.
    pub words: u64,
}

/// What one reference needs.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum ImportUse {
    /// A dynamic relocation names it.
    Named,
    /// A PLT entry.
    Plt,
    /// A PLT entry that is its address.
    Canonical,
    /// A copy of the variable.
    Copy,
}

impl Imports {
    /// Adds what a section needs.
    pub(super) fn join(
        &mut self,
        uses: Vec<(SymbolId, ImportUse)>,
        words: u64,
        known: &mut Map<(SymbolId, u8), ()>,
    ) {
        self.words += words;
        for (id, what) in uses {
            if known.insert((id, what as u8), ()).is_some() {
                continue;
            }
            match what {
                ImportUse::Named => self.name(id, known),
                ImportUse::Plt => self.add_plt(id, known),
                ImportUse::Canonical => {
                    self.add_plt(id, known);
                    self.canonical.insert(id, ());
                }
                ImportUse::Copy => {
                    self.name(id, known);
                    self.copies.push(id);
                }
            }
        }
    }

    fn name(&mut self, id: SymbolId, known: &mut Map<(SymbolId, u8), ()>) {
        const LISTED: u8 = u8::MAX;
        if known.insert((id, LISTED), ()).is_none() {
            self.named.push(id);
        }
    }

    fn add_plt(&mut self, id: SymbolId, known: &mut Map<(SymbolId, u8), ()>) {
        self.name(id, known);
        self.plt_index.entry(id).or_insert_with(|| {
            self.plt.push(id);
            self.plt.len() as u32 - 1
        });
    }

    /// The index of a symbol's PLT entry, if calls go there.
    pub(crate) fn plt_of(&self, symbol: SymRef) -> Option<u32> {
        match symbol {
            SymRef::Global(id) => self.plt_index.get(&id).copied(),
            SymRef::Local(..) => None,
        }
    }

    /// The same, if its address is that of the entry.
    pub(crate) fn canonical_of(&self, symbol: SymRef) -> Option<u32> {
        match symbol {
            SymRef::Global(id) if self.canonical.contains_key(&id) => self.plt_of(symbol),
            _ => None,
        }
    }
}

impl Scanner<'_, '_> {
    /// Whether the dynamic linker chooses the symbol's definition.
    pub(super) fn is_import(&self, symbol: SymRef) -> bool {
        match symbol {
            SymRef::Global(id) => self.resolution.symbol(id).preemptible,
            SymRef::Local(..) => false,
        }
    }

    /// A reference to a symbol that may be another file's. Slots of the GOT are the caller's.
    pub(super) fn import(
        &self,
        decided: &Decided,
        section: &Section<'_>,
        out: &mut SectionScan,
    ) -> Option<What> {
        let SymRef::Global(id) = decided.symbol else {
            return None;
        };
        let rule = decided.rule;
        match rule.base {
            Base::Symbol | Base::Branch
                if rule.relative != Relative::Zero && self.is_call(rule) =>
            {
                out.imports.push((id, ImportUse::Plt));
                None
            }
            Base::Got | Base::GotTp | Base::GotTlsGd | Base::GotTlsDesc => {
                out.imports.push((id, ImportUse::Named));
                None
            }
            Base::Symbol | Base::Branch | Base::TpOffset => {
                let word = if self.arch.is_64() { 8 } else { 4 };
                let is_word = rule.base != Base::TpOffset
                    && rule.relative == Relative::Zero
                    && rule.size == word;
                let writable = section.flags & elf::SHF_WRITE.0 != 0;
                // A word that is not writable is a fixed address in an executable, and an error elsewhere.
                if is_word && (writable || self.kind.is_pic()) {
                    out.imports.push((id, ImportUse::Named));
                    out.import_words += 1;
                    if !writable {
                        out.changes_text = true;
                        return Some(What::ReadOnly(rule, decided.symbol));
                    }
                    return None;
                }
                match self.fixed(id) {
                    Some(what) => out.imports.extend(what.map(|what| (id, what))),
                    None => return Some(What::NotPic(rule, decided.symbol)),
                }
                None
            }
            _ => None,
        }
    }

    /// Whether the PLT entry of a function is as good as the function.
    fn is_call(&self, rule: &RelocRule) -> bool {
        rule.base == Base::Branch || self.arch.takes_plt_entry(rule.r_type)
    }

    /// What a fixed address of the symbol needs; `None` if it cannot have one.
    fn fixed(&self, id: SymbolId) -> Option<Option<ImportUse>> {
        if self.kind.is_shared() {
            return None;
        }
        let symbol = self.resolution.symbol(id);
        let Definition::Shared { file, index } = symbol.definition else {
            // Nothing defines it: its address is 0.
            return Some(None);
        };
        let shared = &self.resolution.shared[file as usize].symbols[index as usize];
        match symbol.kind {
            kind if kind == elf::STT_FUNC.0 => Some(Some(ImportUse::Canonical)),
            kind if kind == elf::STT_TLS.0 => None,
            _ if shared.size == 0 || shared.protected || !self.copy_relocs => None,
            _ => Some(Some(ImportUse::Copy)),
        }
    }
}

/// The names of a library's variable: those of the same place, which all stand for the copy.
pub(crate) fn aliases(resolution: &Resolution<'_>, id: SymbolId) -> Vec<SymbolId> {
    let Definition::Shared { file, index } = resolution.symbol(id).definition else {
        return Vec::new();
    };
    let symbols = &resolution.shared[file as usize].symbols;
    let at = symbols[index as usize].value;
    let same = symbols.iter().enumerate().filter(|(_, s)| s.value == at);
    let own = same.filter_map(|(index, s)| {
        let index = index as u32;
        let id = resolution.find(s.name)?;
        (resolution.symbol(id).definition == Definition::Shared { file, index }).then_some(id)
    });
    own.collect()
}

//! Records how traced symbols are resolved, as wasm-ld prints it.

use super::{Entry, Table};
use crate::wasm::ids::SymbolId;
use crate::wasm::symbols::{Definition, LinkerSymbol};

impl<'a> Table<'a> {
    /// A symbol is added.
    pub(super) fn tell_first(&mut self, id: SymbolId) {
        let name = self.resolved.symbol(id).name;
        if self.resolved.told.wants(name) {
            self.resolved.told.follow(id.0);
            self.tell_meaning(id);
        }
    }

    /// A definition is chosen for a symbol.
    pub(super) fn tell_meaning(&mut self, id: SymbolId) {
        if !self.resolved.told.follows(id.0) {
            return;
        }
        let symbol = self.resolved.symbol(id);
        let (name, file) = (symbol.name, symbol.file);
        let (how, file) = match symbol.definition {
            Definition::Undefined => return,
            // That is told when it is known whether there is such a segment.
            Definition::Linker(LinkerSymbol::SegmentStart | LinkerSymbol::SegmentEnd) => return,
            Definition::Lazy(number) => {
                let candidate = self.candidates[number as usize].as_ref();
                ("lazy definition", candidate.map(|known| known.name.clone()))
            }
            Definition::Linker(_) => ("definition", None),
            _ => {
                let file = file.map(|file| self.resolved.file(file).name.clone());
                ("definition", file)
            }
        };
        let what = format!("{how} of {name}");
        self.resolved.told.line(file.as_deref(), &what);
    }

    /// A file refers to a name, whose symbol was `known` so far.
    pub(super) fn tell_reference(&mut self, known: Option<SymbolId>, entry: &Entry<'a>) {
        let told = &self.resolved.told;
        let traced = match known {
            Some(id) => told.follows(id.0),
            None => told.wants(entry.name),
        };
        if traced {
            let file = entry.file.map(|file| self.resolved.file(file).name.clone());
            let what = format!("reference to {}", entry.name);
            self.resolved.told.line(file.as_deref(), &what);
        }
    }

    /// A stub library lists or needs a name.
    pub(super) fn tell_of_stub(&mut self, library: usize, id: SymbolId, what: &str) {
        if self.resolved.told.follows(id.0) {
            let file = self.resolved.stub_libraries[library].clone();
            self.resolved.told.line(Some(&file), what);
        }
    }
}

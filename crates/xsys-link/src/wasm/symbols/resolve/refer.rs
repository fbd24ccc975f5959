//! Adds references to names that their file does not define.
//!
//! Problem: what is known of a name comes from the files before, and a reference may change that: it may pull in the
//! member that defines the name, expect another type, name another import, or be strong where others were weak.

use wasmparser::SymbolFlags;

use super::{Entry, Step, Table, weak};
use crate::wasm::ids::{FileId, SymbolId, SymbolKind};
use crate::wasm::symbols::{Asker, Definition, Extracted};

impl<'a> Table<'a> {
    pub(super) fn refer(&mut self, entry: Entry<'a>) -> Step {
        let known = self.get_hashed(entry.hashed());
        self.tell_reference(known, &entry);
        let Some(id) = known else {
            return Ok(self.insert_hashed(entry.hash, entry.symbol(true)));
        };
        let symbol = self.at(id);
        symbol.used = true;
        if let Definition::Lazy(number) = symbol.definition {
            if entry.flags.contains(SymbolFlags::BINDING_WEAK) {
                symbol.flags |= SymbolFlags::BINDING_WEAK;
                symbol.kind = entry.kind;
                symbol.signature = entry.signature;
                symbol.global_type = entry.global_type;
                return Ok(id);
            }
            if self.candidates[number as usize].is_some() {
                return Err(number);
            }
            // wasm-ld reports the member once more, and leaves the name as it is.
            if self.options.shrink.compat {
                self.tell_again(number, &entry);
                return Ok(id);
            }
            // The member does not define the name although the index lists it, or it is being added.
            self.replace(id, &entry);
            return Ok(id);
        }
        if symbol.kind != entry.kind {
            self.kind_clash(id, &entry);
            return Ok(id);
        }
        if !self.same_type(id, &entry) {
            return Ok(id);
        }
        let symbol = self.at(id);
        let mut id = id;
        if entry.kind == SymbolKind::Function {
            let other_type = entry.called && symbol.signature != entry.signature;
            let replaced = other_type && symbol.is_undefined() && !symbol.called;
            if !replaced {
                self.same_import(id, &entry);
            }
            if other_type {
                if replaced {
                    self.replace(id, &entry);
                } else {
                    let (variant, new) = self.variant(id, &entry);
                    if new {
                        self.replace(variant, &entry);
                    }
                    id = variant;
                }
            }
            self.at(id).called |= entry.called;
        }
        self.learn(id, &entry);
        Ok(id)
    }

    /// Updates an undefined symbol with what one more reference says.
    fn learn(&mut self, id: SymbolId, entry: &Entry<'a>) {
        let compat = self.options.shrink.compat;
        let symbol = self.at(id);
        // Of other kinds, wasm-ld keeps what the first file says.
        let heeds = !compat || matches!(entry.kind, SymbolKind::Function | SymbolKind::Data);
        if !symbol.is_undefined() || !heeds {
            return;
        }
        // wasm-ld forgets what it knew of a weak name.
        let variable = entry.kind == SymbolKind::Data;
        let anew = compat && symbol.is_weak() && (variable || weak(entry));
        if !symbol.has_import || (entry.explicit && !symbol.explicit_import) {
            symbol.import = entry.unusual_import().map(Box::new);
            symbol.has_import = entry.import.is_some();
            symbol.explicit_import = entry.explicit;
        }
        // One strong reference makes the name strong.
        if anew {
            symbol.flags = entry.flags;
        } else if symbol.is_weak() && !weak(entry) {
            symbol.flags.remove(SymbolFlags::BINDING_WEAK);
        }
    }

    /// The file that is reported as pulled in for a symbol. In wasm-ld that is the one that defines the symbol now; if
    /// `member` defines another type, it still is the one that asked.
    pub(super) fn told_of(&self, id: SymbolId, member: FileId) -> FileId {
        let symbol = self.resolved.symbol(id);
        let lazy = matches!(symbol.definition, Definition::Lazy(_));
        let known = symbol.file.filter(|_| self.options.shrink.compat && !lazy);
        known.unwrap_or(member)
    }

    /// A file refers to a function of a member that is being added.
    pub(super) fn tell_again(&mut self, number: u32, entry: &Entry<'a>) {
        let file = self.opened.get(&number).copied();
        if let (Some(file), Some(by), SymbolKind::Function) = (file, entry.file, entry.kind) {
            let (by, name) = (Asker::File(by), entry.name);
            self.resolved.extracted.push(Extracted { file, by, name });
        }
    }
}

//! `--wrap=NAME`: references to NAME become references to `__wrap_NAME`, and references to `__real_NAME` become
//! references to NAME.
//!
//! Spec: GNU ld's manual, `--wrap`. Where that leaves a choice, this follows wasm-ld: references in the file that
//! defines NAME change, too, and a name that no file mentions is not wrapped. The names are declared before the last
//! members are pulled in, and swapped when all names are resolved.

use hashbrown::HashMap;
use wasmparser::SymbolFlags;

use super::{Entry, Table};
use crate::wasm::WasmOptions;
use crate::wasm::ids::{SymbolId, SymbolKind};
use crate::wasm::name_table;
use crate::wasm::symbols::{Asker, Definition, Resolved};

/// The three names of a wrapped function.
pub(super) struct Wrapped<'a> {
    name: (&'a str, SymbolId),
    real: (&'a str, SymbolId),
    wrap: (&'a str, SymbolId),
}

impl<'a> Table<'a> {
    /// Refers to the names that wrapping needs. That may pull in members.
    pub(super) fn declare_wrapped(&mut self, options: &'a WasmOptions) -> Vec<Wrapped<'a>> {
        let mut wrapped = Vec::new();
        for wish in &options.wrap {
            let Some(id) = self.get(&wish.name) else {
                continue;
            };
            let real = self.want(&wish.real, id);
            let wrap = self.want(&wish.wrap, id);
            self.at(id).used = true;
            // Its users will refer to NAME.
            self.at(real).used = false;
            wrapped.push(Wrapped {
                name: (&wish.name, id),
                real: (&wish.real, real),
                wrap: (&wish.wrap, wrap),
            });
        }
        wrapped
    }

    /// Adds a reference from the command line to a symbol of the same kind as `like`.
    fn want(&mut self, name: &'a str, like: SymbolId) -> SymbolId {
        loop {
            let mut entry = Entry::linker(name, self.at(like).kind, Definition::Undefined);
            entry.hash = name_table::hash(name);
            entry.flags = SymbolFlags::UNDEFINED;
            match self.refer(entry) {
                Ok(id) => return id,
                Err(needed) => {
                    let asked = self.get(name).map(|id| (Asker::Option("--wrap"), id));
                    self.pull(needed, asked);
                }
            }
        }
    }
}

/// Swaps the names, in files and on the command line.
pub(super) fn redirect<'a>(resolved: &mut Resolved<'a>, wrapped: &[Wrapped<'a>]) {
    if wrapped.is_empty() {
        return;
    }
    let mut instead: HashMap<SymbolId, SymbolId> = HashMap::new();
    for Wrapped { name, real, wrap } in wrapped {
        instead.insert(name.1, wrap.1);
        instead.insert(real.1, name.1);
        // An undefined `__wrap_NAME` has the type that references to NAME expect.
        let model = resolved.symbol(name.1).clone();
        for id in [real.1, wrap.1] {
            let symbol = &mut resolved.symbols[id.0 as usize];
            if symbol.is_undefined() && symbol.signature.is_empty() {
                symbol.signature = model.signature;
                symbol.global_type = model.global_type;
                // No object refers to either name: the type of such a function is unknown.
                symbol.used &= symbol.kind != SymbolKind::Function || !symbol.signature.is_empty();
            }
        }
    }
    for id in resolved.file_symbols.iter_mut().flatten() {
        if let Some(&other) = instead.get(id) {
            *id = other;
        }
    }
    for Wrapped { name, real, wrap } in wrapped {
        resolved.renamed.push((name.0, wrap.1));
        resolved.renamed.push((real.0, name.1));
    }
}

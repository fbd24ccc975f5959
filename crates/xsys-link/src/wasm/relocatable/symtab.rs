//! The symbol table of an output with relocations.
//!
//! The order is wasm-ld's: global symbols as they were first mentioned, then each file's local ones, then one symbol
//! for each custom section. Symbols that nothing live refers to are left out.

use std::borrow::Cow;

use hashbrown::HashSet;
use wasmparser::SymbolFlags;

use crate::wasm::ids::{FunctionRef, SymbolId, SymbolKind};
use crate::wasm::layout::module::Module;
use crate::wasm::symbols::describe;
use crate::wasm::symbols::{Definition, LinkerSymbol, Symbol, SyntheticKind};

/// Not in the symbol table.
const NONE: u32 = u32::MAX;

/// The symbol table.
pub(crate) struct Symtab {
    /// Symbols of functions, data and so on, in order.
    pub symbols: Vec<SymbolId>,
    /// Indexes of the custom sections in the output. Their symbols follow, in order.
    pub sections: Vec<u32>,
    /// By [`SymbolId`].
    numbers: Vec<u32>,
    /// Functions that are exported by a wrapper.
    wrapped: HashSet<SymbolId>,
}

impl Symtab {
    /// Builds the symbol table; `sections` are the indexes of the output's custom sections.
    pub(crate) fn build(module: &Module<'_, '_>, sections: &[u32]) -> Self {
        let resolved = module.resolved;
        let mut symtab = Self {
            symbols: Vec::new(),
            sections: sections.to_vec(),
            numbers: vec![NONE; resolved.symbols.len()],
            wrapped: resolved
                .synthetic
                .iter()
                .filter_map(|function| match function.kind {
                    SyntheticKind::CommandExport(id) => Some(id),
                    _ => None,
                })
                .collect(),
        };
        // Addresses that the linker defines are listed if anything mentions them.
        let ours = |symbol: &Symbol<'_>| {
            matches!(symbol.definition, Definition::Linker(_)) && symbol.kind == SymbolKind::Data
        };
        let stays = |id: SymbolId, symbol: &Symbol<'_>| {
            symbol.kind != SymbolKind::Section && (ours(symbol) || module.live.holds(id, symbol))
        };
        let mut mentioned = vec![false; resolved.symbols.len()];
        for id in resolved.file_symbols.iter().flatten() {
            mentioned[id.0 as usize] = true;
        }
        for (id, symbol) in resolved.named() {
            let asked = mentioned[id.0 as usize] || (symbol.used && !ours(symbol));
            if asked && stays(id, symbol) {
                symtab.add(id);
            }
        }
        for &id in resolved.file_symbols.iter().flatten() {
            let symbol = resolved.symbol(id);
            // wasm-ld lists a function that traps, which is local now, once for each file that refers to it.
            let again = symbol.stub && !symbol.missing && module.options.shrink.compat;
            if (symbol.is_local() || again) && stays(id, symbol) {
                symtab.add(id);
            }
        }
        // References that expect another type than the definition have a symbol of their own, which is not found by
        // name. wasm-ld does not list them.
        if module.options.shrink.compat {
            return symtab;
        }
        for &id in resolved.file_symbols.iter().flatten() {
            let symbol = resolved.symbol(id);
            if symtab.numbers[id.0 as usize] == NONE && symbol.used && stays(id, symbol) {
                symtab.add(id);
            }
        }
        symtab
    }

    fn add(&mut self, id: SymbolId) {
        self.numbers[id.0 as usize] = self.symbols.len() as u32;
        self.symbols.push(id);
    }

    /// A symbol's index in the symbol table.
    pub(crate) fn number(&self, id: SymbolId) -> Option<u32> {
        let number = self.numbers.get(id.0 as usize).copied();
        number.filter(|&number| number != NONE)
    }

    /// The index in the symbol table of the symbol for a custom section of the output.
    pub(crate) fn section(&self, custom: u32) -> Option<u32> {
        let exists = (custom as usize) < self.sections.len();
        exists.then(|| self.symbols.len() as u32 + custom)
    }

    /// A symbol's name in the symbol table.
    pub(crate) fn name<'m>(&self, module: &'m Module<'_, '_>, id: SymbolId) -> Cow<'m, str> {
        let symbol = module.resolved.symbol(id);
        match symbol.definition {
            Definition::Function(FunctionRef::Synthetic(at))
                if symbol.stub && Self::has_definition(module, symbol) =>
            {
                let name = &module.resolved.synthetic[at as usize].name;
                match module.options.shrink.compat {
                    // wasm-ld writes the demangled name.
                    true => describe::synthetic(module.options, name),
                    false => Cow::Borrowed(name),
                }
            }
            _ => Cow::Borrowed(symbol.name),
        }
    }

    /// A symbol's flags in the symbol table.
    pub(crate) fn flags(&self, module: &Module<'_, '_>, id: SymbolId) -> u32 {
        let symbol = module.resolved.symbol(id);
        let mut flags = symbol.flags;
        match symbol.definition {
            Definition::Linker(LinkerSymbol::FunctionTable) => {
                flags = match module.options.table.export {
                    true => SymbolFlags::empty(),
                    false => SymbolFlags::VISIBILITY_HIDDEN,
                };
            }
            Definition::Linker(_) if symbol.kind == SymbolKind::Data => {
                flags |= SymbolFlags::ABSOLUTE;
            }
            Definition::Undefined if symbol.demoted && module.options.shrink.compat => {
                flags = SymbolFlags::BINDING_WEAK;
            }
            Definition::Undefined => flags |= SymbolFlags::UNDEFINED,
            _ => {}
        }
        if module.options.entry.as_deref() == Some(symbol.name)
            && symbol.is_defined()
            && !symbol.is_local()
        {
            flags.remove(SymbolFlags::VISIBILITY_HIDDEN);
        }
        if self.wrapped.contains(&id) {
            flags |= SymbolFlags::VISIBILITY_HIDDEN;
            flags.remove(SymbolFlags::EXPORTED);
        }
        // A function that traps belongs to its callers; another link must not take it for a definition.
        if symbol.stub && !symbol.missing {
            let hidden = match module.options.shrink.compat {
                true => flags & SymbolFlags::VISIBILITY_HIDDEN,
                false => SymbolFlags::empty(),
            };
            flags = SymbolFlags::BINDING_LOCAL | hidden;
        }
        match (symbol.missing, module.options.shrink.compat) {
            // In wasm-ld such a symbol stays undefined, and has the index of the function that traps.
            (true, true) => flags |= SymbolFlags::UNDEFINED,
            (true, false) => flags |= SymbolFlags::VISIBILITY_HIDDEN,
            (false, _) => {}
        }
        if Self::has_definition(module, symbol) {
            flags.remove(SymbolFlags::UNDEFINED);
        }
        flags.bits()
    }

    /// Whether the symbol table has a definition for a symbol.
    pub(crate) fn has_definition(module: &Module<'_, '_>, symbol: &Symbol<'_>) -> bool {
        symbol.is_defined() && !(symbol.missing && module.options.shrink.compat)
    }
}

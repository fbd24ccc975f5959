//! What stays in the output: what [`gc`] finds reachable, less the copies that [`fold`] leaves out.

pub(crate) mod externals;
pub(crate) mod fold;
pub(crate) mod gc;

use crate::wasm::ids::{FileId, FunctionRef, SymbolId, SymbolKind};
use crate::wasm::symbols::{Definition, Symbol};

/// What stays.
#[derive(Debug, Default)]
pub struct Live {
    /// Per file.
    pub functions: Vec<Vec<bool>>,
    /// Per file.
    pub segments: Vec<Vec<bool>>,
    /// Per file.
    pub globals: Vec<Vec<bool>>,
    /// Per file.
    pub tables: Vec<Vec<bool>>,
    /// Per file.
    pub tags: Vec<Vec<bool>>,
    /// Functions that the linker makes.
    pub synthetic: Vec<bool>,
    /// Symbols that something live refers to.
    pub symbols: Vec<bool>,
    /// Files of which something stays.
    pub files: Vec<bool>,
    /// Per file, functions that an equal one stands in for: dead, but their symbols mean the other
    /// one. Empty where nothing was folded.
    pub folded: Vec<Vec<bool>>,
}

impl Live {
    /// Whether an equal function stands in for this one.
    pub fn is_folded(&self, file: FileId, function: u32) -> bool {
        let list = self.folded.get(file.0 as usize);
        list.and_then(|list| list.get(function as usize))
            .copied()
            .unwrap_or(false)
    }

    /// Whether what a symbol names stays.
    pub fn holds(&self, id: SymbolId, symbol: &Symbol<'_>) -> bool {
        let at = |lists: &[Vec<bool>], file: FileId, index: u32| {
            let list = &lists[file.0 as usize];
            list.get(index as usize).copied().unwrap_or(false)
        };
        match symbol.definition {
            Definition::Function(FunctionRef::Object(file, index)) => {
                at(&self.functions, file, index)
            }
            Definition::Function(FunctionRef::Synthetic(index)) => self.synthetic[index as usize],
            Definition::Data { file, segment, .. } => at(&self.segments, file, segment),
            Definition::Item(file, index) => match symbol.kind {
                SymbolKind::Global => at(&self.globals, file, index),
                SymbolKind::Table => at(&self.tables, file, index),
                SymbolKind::Tag => at(&self.tags, file, index),
                _ => true,
            },
            _ => self.symbols[id.0 as usize],
        }
    }
}

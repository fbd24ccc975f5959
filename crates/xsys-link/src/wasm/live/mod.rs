//! What is live: what [`gc`] finds reachable, without the copies that [`fold`] drops.

pub(crate) mod externals;
pub(crate) mod fold;
pub(crate) mod gc;

use crate::wasm::ids::{FileId, FunctionRef, SymbolId, SymbolKind};
use crate::wasm::symbols::{Definition, Symbol};

/// What is live.
#[derive(Debug, Default)]
pub struct Live {
    /// By file.
    pub functions: Vec<Vec<bool>>,
    /// By file.
    pub segments: Vec<Vec<bool>>,
    /// By file.
    pub globals: Vec<Vec<bool>>,
    /// By file.
    pub tables: Vec<Vec<bool>>,
    /// By file.
    pub tags: Vec<Vec<bool>>,
    /// Functions that the linker makes.
    pub synthetic: Vec<bool>,
    /// Symbols that something live refers to.
    pub symbols: Vec<bool>,
    /// Files of which something is live.
    pub files: Vec<bool>,
    /// By file, functions that were folded into an equal one: they are dead, and their symbols mean the other one.
    /// Empty if nothing was folded.
    pub folded: Vec<Vec<bool>>,
}

impl Live {
    /// Whether a function was folded into an equal one.
    pub fn is_folded(&self, file: FileId, function: u32) -> bool {
        let list = self.folded.get(file.0 as usize);
        list.and_then(|list| list.get(function as usize))
            .copied()
            .unwrap_or(false)
    }

    /// Whether what a symbol names is live.
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

//! Names that files do not agree about: defined twice, of two kinds, of two types.

use xsys_diag::Diagnostic;

use super::super::object::SymbolKind;
use super::super::symbols::{FileId, SymbolId};
use super::{Entry, Table, readable};

impl<'a> Table<'a> {
    pub(super) fn duplicate(&mut self, id: SymbolId, entry: &Entry<'a>) {
        if self
            .options
            .is_some_and(|options| options.allow_multiple_definition)
        {
            return;
        }
        let (first, second) = (
            self.place_of(self.resolved.symbol(id).file),
            self.place_of(entry.file),
        );
        self.problems.push(
            Diagnostic::error(format!(
                "symbol `{}` is defined twice",
                readable(entry.name)
            ))
            .note(format!("first in {first}"))
            .note(format!("and again in {second}"))
            .help("rename one of them, or drop the file that should not be there"),
        );
    }

    pub(super) fn kind_clash(&mut self, id: SymbolId, entry: &Entry<'a>) {
        let (kind, file) = (self.at(id).kind, self.at(id).file);
        let (first, second) = (self.place_of(file), self.place_of(entry.file));
        self.problems.push(
            Diagnostic::error(format!(
                "symbol `{}` is a {} here and a {} there",
                readable(entry.name),
                noun(kind),
                noun(entry.kind)
            ))
            .note(format!("a {} in {first}", noun(kind)))
            .note(format!("a {} in {second}", noun(entry.kind)))
            .help("declare it the way it is defined"),
        );
    }

    pub(super) fn place_of(&self, file: Option<FileId>) -> String {
        match file {
            Some(file) => format!("`{}`", self.resolved.file(file).name),
            None => "the linker itself".to_owned(),
        }
    }

    /// The symbol for a name with another type; `true` when it is new.
    pub(super) fn variant(&mut self, id: SymbolId, entry: &Entry<'a>) -> (SymbolId, bool) {
        let at = match self
            .variants
            .iter()
            .position(|(name, _)| *name == entry.name)
        {
            Some(at) => at,
            None => {
                self.variants.push((entry.name, vec![id]));
                self.variants.len() - 1
            }
        };
        let known = &self.variants[at].1;
        let same = known
            .iter()
            .find(|&&id| self.resolved.symbol(id).signature == entry.signature);
        if let Some(&variant) = same {
            return (variant, false);
        }
        let variant = self.push(entry.symbol(true));
        self.variants[at].1.push(variant);
        (variant, true)
    }
}

fn noun(kind: SymbolKind) -> &'static str {
    match kind {
        SymbolKind::Function => "function",
        SymbolKind::Data => "variable",
        SymbolKind::Global => "wasm global",
        SymbolKind::Table => "table",
        SymbolKind::Tag => "tag",
        SymbolKind::Section => "section",
    }
}

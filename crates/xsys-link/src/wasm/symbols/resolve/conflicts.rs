//! Conflicts between files about a name: two definitions, two kinds, two types.

use wasmparser::SymbolFlags;
use xsys_diag::Diagnostic;

use super::{Entry, Table};
use crate::demangle::readable;
use crate::hints;
use crate::wasm::ids::{FileId, SymbolId, SymbolKind};
use crate::wasm::object::ImportName;
use crate::wasm::symbols::{Definition, mismatch};

impl<'a> Table<'a> {
    pub(super) fn duplicate(&mut self, id: SymbolId, entry: &Entry<'a>) {
        if self.options.allow_multiple_definition {
            return;
        }
        let first = self.place_of(self.resolved.symbol(id).file);
        let second = self.place_of(entry.file);
        let name = readable(entry.name);
        let message = format!("symbol `{name}` is defined twice");
        let problem = match self.options.forgives {
            true => Diagnostic::warning(message),
            false => Diagnostic::error(message),
        };
        self.problems.push(
            problem
                .counterpart(format!("duplicate symbol: {name}"))
                .code("duplicate-symbol")
                .note(format!("first defined in {first}"))
                .note(format!("defined again in {second}"))
                .help(hints::for_duplicate(entry.name.as_bytes())),
        );
    }

    pub(super) fn kind_clash(&mut self, id: SymbolId, entry: &Entry<'a>) {
        let (kind, file) = (self.at(id).kind, self.at(id).file);
        let (first, second) = (self.place_of(file), self.place_of(entry.file));
        let (here, there) = (noun(kind), noun(entry.kind));
        let help = match (kind, entry.kind) {
            (SymbolKind::Function, SymbolKind::Data) | (SymbolKind::Data, SymbolKind::Function) => {
                "declare it the way it is defined: `fn` and `static` in an `extern` block are \
                 different things, also where only the address is taken"
            }
            _ => "declare it the way it is defined, or rename one of the two",
        };
        self.problems.push(
            Diagnostic::error(format!(
                "symbol `{}` is a {here} and a {there}",
                readable(entry.name)
            ))
            .code("symbol-kinds")
            .counterpart(format!("symbol type mismatch: {}", readable(entry.name)))
            .note(format!("a {here} in {first}"))
            .note(format!("a {there} in {second}"))
            .help(help),
        );
        // This has been reported; do not report it as undefined as well.
        self.at(id).flags |= SymbolFlags::BINDING_WEAK;
    }

    /// Checks that globals and tags have the same type everywhere. Unlike functions, they cannot be replaced by
    /// something that traps.
    pub(super) fn same_type(&mut self, id: SymbolId, entry: &Entry<'a>) -> bool {
        let symbol = self.resolved.symbol(id);
        // Without a definition, mutability may differ: C libraries for WASI declare `__memory_base` both ways.
        let open = symbol.is_undefined() && entry.definition == Definition::Undefined;
        let compared = if open { 1 } else { 2 };
        let (first, second, help) = match entry.kind {
            SymbolKind::Global
                if symbol.global_type[..compared] != entry.global_type[..compared] =>
            {
                (
                    global_text(symbol.global_type),
                    global_text(entry.global_type),
                    "declare it the way it is defined; objects for `wasm32` and `wasm64` cannot be linked together",
                )
            }
            SymbolKind::Tag if symbol.signature != entry.signature => (
                mismatch::type_text(symbol.signature),
                mismatch::type_text(entry.signature),
                "compile both files with the same kind of exceptions",
            ),
            _ => return true,
        };
        let message = format!(
            "{} `{}` has two types",
            noun(entry.kind),
            readable(entry.name)
        );
        // wasm-ld continues with the first type.
        let goes_on = entry.kind == SymbolKind::Tag && self.options.shrink.compat;
        let problem = match goes_on {
            true => Diagnostic::warning(message),
            false => Diagnostic::error(message),
        }
        .code("symbol-types")
        .counterpart(format!(
            "{}: {}",
            match entry.kind {
                SymbolKind::Global => "Global type mismatch",
                _ => "Tag signature mismatch",
            },
            readable(entry.name)
        ))
        .note(format!("`{first}` in {}", self.place_of(symbol.file)))
        .note(format!("`{second}` in {}", self.place_of(entry.file)))
        .help(help);
        self.problems.push(problem);
        if goes_on {
            return true;
        }
        self.at(id).flags |= SymbolFlags::BINDING_WEAK;
        false
    }

    /// Checks that an undefined function is the same import in every file. A plain declaration means the module `env`
    /// and the function's own name; without `--compat=wasm-ld`, what the source of another file says goes before that.
    pub(super) fn same_import(&mut self, id: SymbolId, entry: &Entry<'a>) {
        let symbol = self.resolved.symbol(id);
        let Some(new) = entry
            .import
            .filter(|_| symbol.is_undefined() && symbol.has_import)
        else {
            return;
        };
        let known = symbol.import.as_deref().copied().unwrap_or(ImportName {
            module: "env",
            field: symbol.name,
        });
        let said = symbol.explicit_import && entry.explicit;
        let name = readable(entry.name);
        let (message, word) = if known.module != new.module && (said || self.options.shrink.compat)
        {
            (
                format!("function `{name}` is imported from two modules"),
                "module",
            )
        } else if known.field != new.field && said {
            (
                format!("function `{name}` is imported by two names"),
                "name",
            )
        } else {
            return;
        };
        let mut problem = Diagnostic::error(message)
            .code("import-names")
            .counterpart(format!("import {word} mismatch for symbol: {name}"));
        for (import, file) in [(known, symbol.file), (new, entry.file)] {
            let (ImportName { module, field }, file) = (import, self.place_of(file));
            problem = problem.note(format!("from `{module}` as `{field}` in {file}"));
        }
        let problem = problem
            .help("declare it alike in all files, or give one of the two functions another name");
        self.problems.push(problem);
    }

    pub(super) fn place_of(&self, file: Option<FileId>) -> String {
        match file {
            Some(file) => self.resolved.file(file).name.clone(),
            None => "the linker itself".to_owned(),
        }
    }

    /// The symbol of a name for one more type; `true` if it is new.
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

/// A global's type as text: `mut i32`.
fn global_text([value, mutable]: [u8; 2]) -> String {
    let value = match value {
        0x7f => "i32",
        0x7e => "i64",
        0x7d => "f32",
        0x7c => "f64",
        0x7b => "v128",
        0x70 => "funcref",
        0x6f => "externref",
        _ => "?",
    };
    match mutable {
        0 => value.to_owned(),
        _ => format!("mut {value}"),
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

//! Stub libraries: undefined names that they list become imports.

use super::{Table, asked};
use crate::demangle::readable;
use crate::wasm::ids::SymbolId;
use crate::wasm::load::stub_library::{self, Stubs};
use crate::wasm::symbols::{Asker, Definition, Extracted};

impl<'a> Table<'a> {
    /// Makes imports of the undefined names that stub libraries list, and exports the symbols that these need. That
    /// may pull in members with more undefined names.
    pub(super) fn apply_stubs(&mut self, libraries: &[Stubs<'a>]) {
        let files = libraries.iter().map(|library| library.file.clone());
        self.resolved.stub_libraries = files.collect();
        loop {
            let mut pulled = false;
            for (number, library) in libraries.iter().enumerate() {
                for (name, needed) in self.in_order(library) {
                    let Some(id) = self.get(name) else { continue };
                    if !self.at(id).is_undefined() {
                        let what = format!("stub symbol not needed: {name}");
                        self.tell_of_stub(number, id, &what);
                    }
                    pulled |= self.provide(number, needed, id);
                }
                pulled |= self.apply_to_imports(number, library);
            }
            if !pulled {
                return;
            }
        }
    }

    /// The lines of a library; wasm-ld keeps them in a table of LLVM's, and walks over that.
    fn in_order<'l>(&self, library: &'l Stubs<'a>) -> Vec<&'l (&'a str, Vec<&'a str>)> {
        let mut lines: Vec<_> = library.symbols.iter().collect();
        if self.options.shrink.compat {
            let order = asked::in_map_order(library.symbols.iter().map(|(name, _)| *name));
            lines.sort_by_key(|(name, _)| order.iter().position(|known| known == name));
        }
        lines
    }

    /// Names that are imported under another name, which the library lists.
    fn apply_to_imports(&mut self, number: usize, library: &Stubs<'a>) -> bool {
        let mut pulled = false;
        for at in 0..self.resolved.named.len() {
            let id = self.resolved.named[at];
            let symbol = self.resolved.symbol(id);
            let field = symbol.import.as_ref().map(|import| import.field);
            let field = field.filter(|_| symbol.is_undefined() && symbol.explicit_import);
            let mut listed = library.symbols.iter();
            if let Some((_, needed)) = listed.find(|(name, _)| Some(*name) == field) {
                pulled |= self.provide(number, needed, id);
            }
        }
        pulled
    }

    /// Makes an import of a name. Returns whether a member was pulled in for the symbols that it needs.
    fn provide(&mut self, library: usize, needed: &[&'a str], id: SymbolId) -> bool {
        let symbol = self.at(id);
        let name = symbol.name;
        // The first library that lists the name counts.
        if !symbol.is_undefined() || std::mem::replace(&mut symbol.provided, true) {
            return false;
        }
        self.tell_of_stub(library, id, &format!("importing {name}"));
        let mut pulled = false;
        for needed in needed {
            pulled |= self.need(library, needed, (id, name));
        }
        pulled
    }

    /// Exports a symbol that an import needs. Returns whether a member was pulled in.
    fn need(&mut self, library: usize, needed: &'a str, (by, name): (SymbolId, &'a str)) -> bool {
        let id = self.get(needed);
        let id = id.filter(|&id| !self.resolved.symbol(id).is_undefined());
        let Some(id) = id else {
            let file = &self.resolved.stub_libraries[library];
            let problem = stub_library::missing(file, &readable(needed), &readable(name));
            self.problems.push(problem);
            return false;
        };
        let shown = readable(needed);
        let what = format!("exported {shown} due to import of {name}");
        self.tell_of_stub(library, id, &what);
        self.at(id).force_export = true;
        self.at(id).used = true;
        if let Definition::Lazy(number) = self.at(id).definition {
            let asker = Asker::Stub(library as u32);
            if !self.options.shrink.compat {
                self.pull(number, Some((asker, id)));
                return true;
            }
            // wasm-ld reports the import's name, and the file that refers to it.
            self.pull(number, None);
            if let Some(file) = self.at(by).file {
                let told = Extracted {
                    file,
                    by: asker,
                    name,
                };
                self.resolved.extracted.push(told);
            }
            return true;
        }
        false
    }
}

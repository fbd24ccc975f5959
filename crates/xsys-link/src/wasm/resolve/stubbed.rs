//! What stub libraries say about names that nothing defines.

use super::super::stub_library::{self, Stubs};
use super::super::symbols::{Asker, Definition};
use super::Table;
use crate::demangle::readable;

impl<'a> Table<'a> {
    /// Lets the host provide what stub libraries list, and exports what that needs. Members that are pulled on
    /// the way may lack more.
    pub(super) fn apply_stubs(&mut self, libraries: &[Stubs<'a>]) {
        loop {
            let mut pulled = false;
            for library in libraries {
                for (name, needed) in &library.symbols {
                    let Some(id) = self.get(name) else { continue };
                    let symbol = self.at(id);
                    // The first library that has the name counts.
                    if !symbol.is_undefined() || std::mem::replace(&mut symbol.provided, true) {
                        continue;
                    }
                    for needed in needed {
                        pulled |= self.need(&library.file, needed, name);
                    }
                }
            }
            if !pulled {
                return;
            }
        }
    }

    /// Whether a member was pulled.
    fn need(&mut self, file: &str, needed: &'a str, by: &str) -> bool {
        let id = self.get(needed);
        let id = id.filter(|&id| !self.resolved.symbol(id).is_undefined());
        let Some(id) = id else {
            let problem = stub_library::missing(file, &readable(needed), &readable(by));
            self.problems.push(problem);
            return false;
        };
        self.at(id).force_export = true;
        self.at(id).used = true;
        if let Definition::Lazy(number) = self.at(id).definition {
            self.pull(number, Some((Asker::Linker, needed)));
            return true;
        }
        false
    }
}

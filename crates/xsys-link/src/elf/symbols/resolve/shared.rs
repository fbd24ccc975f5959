//! What shared libraries define and expect.
//!
//! A definition in an object beats one in a library, wherever they stand; of several libraries the first counts, as
//! for the dynamic linker. What a library expects of others may pull members out of archives, and what the output
//! defines of it must be exported. That is also so for what both define: the output comes first in a process.
//!
//! Spec: gABI "Shared Object Dependencies"; GNU ld manual, "Options" (`-l`, `--export-dynamic`).

use object::elf;

use super::{Definition, Resolver};
use crate::elf::object::shared::SharedObject;

impl<'a> Resolver<'a, '_> {
    /// Enters the names of a shared library. A library that is given twice counts once.
    pub(super) fn add_shared(&mut self, library: SharedObject<'a>) {
        let known = self.out.shared.iter_mut();
        let mut same = known.filter(|known| known.soname == library.soname);
        if let Some(first) = same.next() {
            first.as_needed &= library.as_needed;
            return;
        }
        let file = self.out.shared.len() as u32;
        for (index, offered) in library.symbols.iter().enumerate() {
            if offered.hidden {
                continue;
            }
            let id = self.intern(offered.name);
            let symbol = &mut self.out.symbols[id.0 as usize];
            symbol.shared_refers = true;
            if symbol.visibility == elf::STV_DEFAULT.0
                && let Definition::Undefined | Definition::Lazy { .. } = symbol.definition
            {
                symbol.definition = Definition::Shared {
                    file,
                    index: index as u32,
                };
                // Whether the library has a resolver for a function does not matter to its callers.
                symbol.kind = match offered.kind {
                    kind if kind == elf::STT_GNU_IFUNC.0 => elf::STT_FUNC.0,
                    kind => kind,
                };
            }
        }
        let mut wanted = Vec::new();
        for &(name, weak) in &library.references {
            let id = self.intern(name);
            let symbol = &mut self.out.symbols[id.0 as usize];
            symbol.shared_refers = true;
            symbol.shared_needs |= !weak;
            if let Definition::Lazy { input, member } = symbol.definition
                && !weak
            {
                symbol.definition = Definition::Undefined;
                wanted.push((input, member, id));
            }
        }
        self.out.shared.push(library);
        for (input, member, id) in wanted {
            self.load_member(input, member, id);
        }
    }
}

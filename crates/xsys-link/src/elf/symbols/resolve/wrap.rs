//! `--wrap`: references to one name go to another.
//!
//! Spec: GNU ld manual, `--wrap`.

use super::{Resolution, Resolver};
use crate::elf::ids::SymbolId;
use crate::elf::object::SymbolPlace;
use crate::options::ElfOptions;

impl<'a> Resolver<'a, '_> {
    /// The symbols of `--wrap`. Those that references will go to are referred to.
    pub(super) fn want_wrapped(&mut self, options: &'a ElfOptions) -> Vec<Wrapped> {
        let mut out = Vec::new();
        for names in &options.symbols.wrap {
            let plain = self.intern(names.plain.as_bytes());
            let real = self.intern(names.real.as_bytes());
            let referenced = |this: &Self, id: SymbolId| this.out.symbols[id.0 as usize].referenced;
            let wrapper = match referenced(self, plain) {
                true => self.want(names.wrapper.as_bytes()),
                false => self.intern(names.wrapper.as_bytes()),
            };
            if referenced(self, real) {
                self.want(names.plain.as_bytes());
            }
            out.push(Wrapped {
                plain,
                wrapper,
                real,
            });
        }
        out
    }
}

/// The three symbols of one `--wrap`.
#[derive(Clone, Copy, Debug)]
pub(super) struct Wrapped {
    /// `f`
    plain: SymbolId,
    /// `__wrap_f`
    wrapper: SymbolId,
    /// `__real_f`
    real: SymbolId,
}

/// Redirects the references of all files.
pub(super) fn redirect(resolution: &mut Resolution<'_>, wrapped: &[Wrapped]) {
    if wrapped.is_empty() {
        return;
    }
    for (file, globals) in resolution.files.iter().zip(&mut resolution.globals) {
        for (position, id) in globals.iter_mut().enumerate() {
            let entry = file.symbols.get(file.first_global + position);
            if entry.place != SymbolPlace::Undefined {
                continue;
            }
            for names in wrapped {
                if *id == names.plain {
                    *id = names.wrapper;
                    break;
                } else if *id == names.real {
                    *id = names.plain;
                    break;
                }
            }
        }
    }
    for names in wrapped {
        // Nothing refers to this name any more; it must not be reported as undefined.
        resolution.symbols[names.real.0 as usize].referenced = false;
    }
}

//! `--wrap=f`: whoever refers to `f` gets `__wrap_f`, whoever refers to `__real_f` gets `f`.
//!
//! Only undefined references are redirected: a file that defines `f` calls its own. Spec: GNU ld
//! manual, `--wrap`.

use super::object::SymbolPlace;
use super::resolve::{Resolution, SymbolId};

/// The three symbols of one `--wrap`.
#[derive(Clone, Copy, Debug)]
pub struct Wrapped {
    /// `f`
    pub plain: SymbolId,
    /// `__wrap_f`
    pub wrapper: SymbolId,
    /// `__real_f`
    pub real: SymbolId,
}

/// Redirects the references of all files.
pub fn redirect(resolution: &mut Resolution<'_>, wrapped: &[Wrapped]) {
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
        // Nobody refers to this name any more; it must not be reported as undefined.
        resolution.symbols[names.real.0 as usize].referenced = false;
    }
}

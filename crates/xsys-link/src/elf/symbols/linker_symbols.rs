//! Symbols that the linker defines.
//!
//! Problem: start-up code and compilers refer to names that no object defines: the GOT, the headers,
//! the bounds of a section. They are defined only if something refers to them and nothing else
//! defines them.
//!
//! Spec: psABIs (`_GLOBAL_OFFSET_TABLE_`, `_TLS_MODULE_BASE_`, `__global_pointer$`); gABI
//! (`_DYNAMIC`); GNU ld manual ("Orphan Sections": `__start_SECNAME`).

use object::elf;

use super::resolve::{Definition, Resolution};
use crate::elf::names::is_c_identifier;
use crate::options::ElfOptions;

/// What a linker-defined symbol means.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Meaning {
    GotBase,
    Dynamic,
    Headers,
    TlsBase,
    GlobalPointer,
    /// The start (or the end) of an output section.
    Bound {
        section: String,
        end: bool,
    },
    /// IRELATIVE relocations of a static executable.
    Irelative {
        end: bool,
    },
    /// The start (or the end) of `.ARM.exidx`, for unwinders (EHABI32).
    UnwindIndex {
        end: bool,
    },
}

pub(crate) const UNWIND_INDEX: &str = ".ARM.exidx";

pub(crate) fn meaning(name: &[u8]) -> Option<Meaning> {
    let bound = |section: &[u8], end| {
        is_c_identifier(section).then(|| Meaning::Bound {
            section: String::from_utf8_lossy(section).into_owned(),
            end,
        })
    };
    Some(match name {
        b"_GLOBAL_OFFSET_TABLE_" => Meaning::GotBase,
        b"_DYNAMIC" => Meaning::Dynamic,
        b"__ehdr_start" | b"__executable_start" | b"__dso_handle" => Meaning::Headers,
        b"_TLS_MODULE_BASE_" => Meaning::TlsBase,
        b"__global_pointer$" => Meaning::GlobalPointer,
        b"__rela_iplt_start" | b"__rel_iplt_start" => Meaning::Irelative { end: false },
        b"__rela_iplt_end" | b"__rel_iplt_end" => Meaning::Irelative { end: true },
        b"__exidx_start" => Meaning::UnwindIndex { end: false },
        b"__exidx_end" => Meaning::UnwindIndex { end: true },
        _ => {
            if let Some(section) = name.strip_prefix(b"__start_") {
                return bound(section, false);
            }
            return bound(name.strip_prefix(b"__stop_")?, true);
        }
    })
}

/// Defines the linker's symbols among those that are referred to and undefined.
pub(crate) fn define(resolution: &mut Resolution<'_>, options: &ElfOptions) {
    let names: Vec<Vec<u8>> = resolution
        .files
        .iter()
        .flat_map(|file| file.sections.iter())
        .filter(|s| is_c_identifier(s.name))
        .map(|s| s.name.to_vec())
        .collect();
    for symbol in &mut resolution.symbols {
        if !symbol.referenced || !matches!(symbol.definition, Definition::Undefined) {
            continue;
        }
        let defined = match meaning(symbol.name) {
            Some(Meaning::Bound { section, .. }) => names.iter().any(|n| *n == section.as_bytes()),
            // A weak `_DYNAMIC` asks whether there is one; see `values`.
            other => other.is_some(),
        };
        if defined {
            symbol.definition = Definition::Linker;
            symbol.kind = elf::STT_NOTYPE.0;
            // `__start_` symbols are visible from outside, but nothing can replace them there.
            symbol.visibility = match meaning(symbol.name) {
                Some(Meaning::Bound { .. }) => options.z.start_stop_visibility,
                _ => elf::STV_HIDDEN.0,
            };
        }
    }
}

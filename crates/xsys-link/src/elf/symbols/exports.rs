//! Which symbols other files of a process see, and which the dynamic linker may bind to another file's definition.
//!
//! A shared library exports what has default or protected visibility; an executable only what a shared library refers
//! to, or what options ask for. An executable comes first in every search, so that its own definitions count; those of
//! a library may be replaced by any file before it, unless visibility or `-Bsymbolic` say otherwise.
//!
//! Spec: gABI "Symbol Table" (visibility), "Shared Object Dependencies"; GNU ld manual, `--export-dynamic`,
//! `--dynamic-list`, `--exclude-libs`, `-Bsymbolic`.

use object::elf;

use super::patterns::SymbolPattern;
use super::resolve::{Definition, Resolution, Symbol};
use crate::options::{ElfOptions, Symbolic, Unresolved};
use crate::script::ast::{Command, Glob, Script};

/// Decides for all symbols.
pub(crate) fn decide(resolution: &mut Resolution<'_>, script: &Script, options: &ElfOptions) {
    if !options.kind.is_dynamic() {
        return;
    }
    let lists = SymbolLists::gather(script, options);
    let mut symbols = std::mem::take(&mut resolution.symbols);
    for symbol in &mut symbols {
        decide_one(symbol, resolution, &lists, options);
    }
    resolution.symbols = symbols;
}

fn decide_one(
    symbol: &mut Symbol<'_>,
    resolution: &Resolution<'_>,
    lists: &SymbolLists<'_>,
    options: &ElfOptions,
) {
    let default = symbol.visibility == elf::STV_DEFAULT.0;
    match symbol.definition {
        // What an object wants to find in the output itself no library can define.
        Definition::Shared { .. } if !default => symbol.definition = Definition::Undefined,
        Definition::Shared { .. } => symbol.preemptible = true,
        Definition::Undefined | Definition::Lazy { .. } => {
            let wanted = match symbol.weak {
                true => options.dynamic.undefined_weak.unwrap_or(true),
                false => options.symbols.unresolved != Unresolved::Error,
            };
            symbol.preemptible = symbol.referenced && default && wanted;
        }
        _ => {
            let visible = default || symbol.visibility == elf::STV_PROTECTED.0;
            let excluded = is_excluded(symbol, resolution, options);
            let listed = lists.replaceable(symbol.name);
            let wanted = match options.kind.is_shared() {
                true => !excluded,
                false => {
                    symbol.shared_refers
                        || options.symbols.export_dynamic && !excluded
                        || listed
                        || lists.exports(symbol.name)
                }
            };
            symbol.exported = visible && wanted && !symbol.local;
            let bound_inside = match lists.says_what_is_replaceable {
                true => !listed,
                false => is_symbolic(symbol, options.dynamic.symbolic),
            };
            let replaceable = symbol.exported && default && !bound_inside;
            symbol.preemptible = options.kind.is_shared() && replaceable;
        }
    }
}

/// `--exclude-libs`: the symbol is defined in an archive whose symbols are not exported.
fn is_excluded(symbol: &Symbol<'_>, resolution: &Resolution<'_>, options: &ElfOptions) -> bool {
    let excluded = &options.dynamic.exclude_libs;
    if excluded.is_empty() {
        return false;
    }
    let (Definition::Object { file, .. } | Definition::Common { file, .. }) = symbol.definition
    else {
        return false;
    };
    let name = resolution.files[file.0 as usize].name;
    let archive = name.member.and_then(|_| name.path.file_name());
    archive.is_some_and(|archive| {
        let named = |excluded: &String| excluded == "ALL" || archive == excluded.as_str();
        excluded.iter().any(named)
    })
}

fn is_symbolic(symbol: &Symbol<'_>, how: Symbolic) -> bool {
    let function = symbol.kind == elf::STT_FUNC.0 || symbol.kind == elf::STT_GNU_IFUNC.0;
    match how {
        Symbolic::None => false,
        Symbolic::Functions => function,
        Symbolic::NonWeakFunctions => function && !symbol.weak,
        Symbolic::NonWeak => !symbol.weak,
        Symbolic::All => true,
    }
}

/// The lists of symbols that the options name.
struct SymbolLists<'s> {
    /// `--dynamic-list`
    replaceable: Vec<SymbolPattern<'s>>,
    says_what_is_replaceable: bool,
    /// `--export-dynamic-symbol-list`
    exported: Vec<SymbolPattern<'s>>,
    /// `--export-dynamic-symbol`
    globs: Vec<Glob>,
}

impl<'s> SymbolLists<'s> {
    fn gather(script: &'s Script, options: &ElfOptions) -> Self {
        let mut out = Self {
            replaceable: Vec::new(),
            says_what_is_replaceable: !options.dynamic.lists.is_empty(),
            exported: Vec::new(),
            globs: options
                .dynamic
                .export
                .iter()
                .map(|glob| Glob::new(glob.as_str()))
                .collect(),
        };
        for command in &script.commands {
            if let Command::SymbolList { replaceable, nodes } = command {
                let patterns = nodes.iter().flat_map(|node| &node.global);
                let patterns = patterns.map(SymbolPattern::new);
                match replaceable {
                    true => out.replaceable.extend(patterns),
                    false => out.exported.extend(patterns),
                }
            }
        }
        out
    }

    fn replaceable(&self, name: &[u8]) -> bool {
        self.replaceable.iter().any(|listed| listed.matches(name))
    }

    fn exports(&self, name: &[u8]) -> bool {
        self.exported.iter().any(|listed| listed.matches(name))
            || self.globs.iter().any(|glob| glob.matches(name))
    }
}

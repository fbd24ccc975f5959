//! Version scripts: which global symbols become local, and which version the others have.
//!
//! Problem: `--version-script` and VERSION say which symbols a shared library exports, and under which versions. A
//! static image exports none at run time, but debuggers, plugin hosts and `--gc-keep-exported` look at its global
//! symbols, and lld obeys `local:` there, too.
//!
//! An object may also say itself which version it means (`.symver`): `f@@V2` defines what the plain name `f` refers to,
//! `f@V1` an older form of it that only old programs and references to `f@V1` get.
//!
//! Spec: GNU ld manual, "VERSION"; GNU as manual, ".symver". A name has priority over a pattern, a pattern
//! over `*`, and among equals `global:` over `local:`.

use object::elf;

use super::patterns::{SymbolPattern, split};
use super::resolve::{Definition, Resolution};
use crate::elf::names::Map;
use crate::elf::object::shared::NO_VERSION;
use crate::script::ast::{Command, Script, VersionNode};

/// The index of the first version that a script names: below are "local" and "no version" (VER_NDX_GLOBAL).
pub(crate) const FIRST_VERSION: u16 = NO_VERSION + 1;

/// VERSYM_HIDDEN: the bit of `.gnu.version` that marks what is not the default.
const HIDDEN: u16 = 0x8000;

/// The nodes of all version scripts.
pub(crate) fn nodes(script: &Script) -> impl Iterator<Item = &VersionNode> {
    let lists = script.commands.iter().filter_map(|command| match command {
        Command::Version(nodes) => Some(nodes),
        _ => None,
    });
    lists.flatten()
}

/// Gives each symbol its version, or makes it local.
pub(crate) fn assign(resolution: &mut Resolution<'_>, script: &Script) {
    bind_to_old_versions(resolution);
    apply_rules(resolution, script);
    apply_symver(resolution, script);
}

/// References to `f@V1` that no object defines mean that version of a library's symbol, also if it is hidden.
fn bind_to_old_versions(resolution: &mut Resolution<'_>) {
    let Resolution {
        shared, symbols, ..
    } = resolution;
    for symbol in symbols {
        if symbol.definition != Definition::Undefined {
            continue;
        }
        let Some((name, version)) = split(symbol.name) else {
            continue;
        };
        for (file, library) in shared.iter().enumerate() {
            let found = library.symbols.iter().position(|offered| {
                offered.name == name && library.version_name(offered.version) == Some(version)
            });
            if let Some(index) = found {
                symbol.definition = Definition::Shared {
                    file: file as u32,
                    index: index as u32,
                };
                symbol.kind = match library.symbols[index].kind {
                    kind if kind == elf::STT_GNU_IFUNC.0 => elf::STT_FUNC.0,
                    kind => kind,
                };
                break;
            }
        }
    }
}

/// Definitions have the version that their object gives them, whatever patterns say.
fn apply_symver(resolution: &mut Resolution<'_>, script: &Script) {
    let named = nodes(script).filter_map(|node| node.name.as_ref());
    let known: Vec<_> = named.map(|name| name.text.as_bytes()).collect();
    let index_of = |version: &[u8]| {
        let position = known.iter().position(|name| *name == version)?;
        Some(FIRST_VERSION + position as u16)
    };
    let defaults = std::mem::take(&mut resolution.default_versions);
    for (id, version) in defaults {
        let symbol = &mut resolution.symbols[id.0 as usize];
        if let (true, Some(index)) = (symbol.definition.is_own(), index_of(version)) {
            symbol.local = false;
            symbol.version = index;
        }
    }
    for symbol in &mut resolution.symbols {
        if symbol.definition.is_own()
            && let Some((_, version)) = split(symbol.name)
            && let Some(index) = index_of(version)
        {
            symbol.local = false;
            symbol.version = index | HIDDEN;
        }
    }
}

fn apply_rules(resolution: &mut Resolution<'_>, script: &Script) {
    let rules = Rules::gather(script);
    if rules.is_empty() {
        return;
    }
    for symbol in &mut resolution.symbols {
        let defined = !matches!(
            symbol.definition,
            Definition::Undefined | Definition::Lazy { .. } | Definition::Shared { .. }
        );
        if defined && let Some(meaning) = rules.find(symbol.name) {
            symbol.local = meaning.local;
            symbol.version = meaning.version;
        }
    }
}

/// What version scripts say of a symbol.
#[derive(Clone, Copy)]
struct Meaning {
    local: bool,
    /// [`NO_VERSION`] for local symbols.
    version: u16,
}

/// All rules. Compilers write scripts with a name for each of thousands of symbols, so names are looked up.
#[derive(Default)]
struct Rules<'s> {
    names: Map<&'s [u8], Meaning>,
    /// The others, in the order in which they are tried.
    patterns: Vec<(SymbolPattern<'s>, Meaning)>,
}

impl<'s> Rules<'s> {
    fn gather(script: &'s Script) -> Self {
        let mut out = Self::default();
        let mut next = FIRST_VERSION;
        for node in nodes(script) {
            let version = match node.name {
                Some(_) => {
                    next += 1;
                    next - 1
                }
                None => NO_VERSION,
            };
            let global = Meaning {
                local: false,
                version,
            };
            let local = Meaning {
                local: true,
                version: NO_VERSION,
            };
            for (patterns, meaning) in [(&node.global, global), (&node.local, local)] {
                for pattern in patterns {
                    out.add(SymbolPattern::new(pattern), meaning);
                }
            }
        }
        out.patterns
            .sort_by_key(|(pattern, meaning)| (pattern.rank(), meaning.local));
        out
    }

    fn add(&mut self, pattern: SymbolPattern<'s>, meaning: Meaning) {
        let Some(name) = pattern.plain_name() else {
            return self.patterns.push((pattern, meaning));
        };
        let known = self.names.entry(name).or_insert(meaning);
        if known.local && !meaning.local {
            *known = meaning;
        }
    }

    fn is_empty(&self) -> bool {
        self.names.is_empty() && self.patterns.is_empty()
    }

    fn find(&self, name: &[u8]) -> Option<Meaning> {
        let by_pattern = || {
            let mut patterns = self.patterns.iter();
            let found = patterns.find(|(pattern, _)| pattern.matches(name));
            found.map(|(_, meaning)| *meaning)
        };
        self.names.get(name).copied().or_else(by_pattern)
    }
}

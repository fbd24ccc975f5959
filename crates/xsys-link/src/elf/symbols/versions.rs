//! Version scripts: which global symbols become local, and which version the others have.
//!
//! Problem: `--version-script` and VERSION say which symbols a shared library exports, and under which versions. A
//! static image exports none at run time, but debuggers, plugin hosts and `--gc-keep-exported` look at its global
//! symbols, and lld obeys `local:` there, too.
//!
//! Spec: GNU ld manual, "VERSION". A name has priority over a pattern, a pattern over `*`, and among
//! equals `global:` over `local:`.

use super::patterns::SymbolPattern;
use super::resolve::{Definition, Resolution};
use crate::elf::object::shared::NO_VERSION;
use crate::script::ast::{Command, Script, VersionNode};

/// The index of the first version that a script names: below are "local" and "no version" (VER_NDX_GLOBAL).
pub(crate) const FIRST_VERSION: u16 = NO_VERSION + 1;

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
    let mut rules = Vec::new();
    let mut next = FIRST_VERSION;
    for node in nodes(script) {
        let version = match node.name {
            Some(_) => {
                next += 1;
                next - 1
            }
            None => NO_VERSION,
        };
        for (patterns, local) in [(&node.global, false), (&node.local, true)] {
            rules.extend(patterns.iter().map(|pattern| VersionRule {
                pattern: SymbolPattern::new(pattern),
                local,
                version,
            }));
        }
    }
    if rules.is_empty() {
        return;
    }
    rules.sort_by_key(|rule| (rule.pattern.rank(), rule.local));
    for symbol in &mut resolution.symbols {
        let defined = !matches!(
            symbol.definition,
            Definition::Undefined | Definition::Lazy { .. } | Definition::Shared { .. }
        );
        if defined && let Some(rule) = rules.iter().find(|rule| rule.pattern.matches(symbol.name)) {
            symbol.local = rule.local;
            symbol.version = match rule.local {
                true => NO_VERSION,
                false => rule.version,
            };
        }
    }
}

struct VersionRule<'s> {
    pattern: SymbolPattern<'s>,
    local: bool,
    version: u16,
}

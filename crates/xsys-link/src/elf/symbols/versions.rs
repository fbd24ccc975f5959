//! Version scripts in static links: which global symbols become local.
//!
//! Problem: `--version-script` and VERSION say which symbols a shared library exports. A static image
//! exports none at run time, but debuggers, plugin hosts and `--gc-keep-exported` look at its global
//! symbols, and lld obeys `local:` there, too. The versions themselves are written nowhere.
//!
//! Spec: GNU ld manual, "VERSION". A name has priority over a pattern, a pattern over `*`, and among
//! equals `global:` over `local:`.

use super::resolve::{Definition, Resolution};
use crate::script::ast::{Command, Glob, Script, VersionPattern};

/// Marks the symbols that version scripts make local.
pub(crate) fn localise(resolution: &mut Resolution<'_>, script: &Script) {
    let nodes = script.commands.iter().filter_map(|command| match command {
        Command::Version(nodes) => Some(nodes),
        _ => None,
    });
    let mut rules = Vec::new();
    for node in nodes.flatten() {
        rules.extend(
            node.global
                .iter()
                .map(|pattern| VersionRule::new(pattern, false)),
        );
        rules.extend(
            node.local
                .iter()
                .map(|pattern| VersionRule::new(pattern, true)),
        );
    }
    if !rules.iter().any(|rule| rule.local) {
        return;
    }
    rules.sort_by_key(|rule| (rule.rank, rule.local));
    for symbol in &mut resolution.symbols {
        let defined = !matches!(
            symbol.definition,
            Definition::Undefined | Definition::Lazy { .. }
        );
        if defined && let Some(rule) = rules.iter().find(|rule| rule.matches(symbol.name)) {
            symbol.local = rule.local;
        }
    }
}

struct VersionRule<'s> {
    pattern: &'s VersionPattern,
    glob: Glob,
    local: bool,
    /// Names, patterns, `*`.
    rank: u8,
}

impl<'s> VersionRule<'s> {
    fn new(pattern: &'s VersionPattern, local: bool) -> Self {
        let rank = match &*pattern.pattern.text {
            "*" if !pattern.exact => 2,
            _ if !pattern.exact => 1,
            _ => 0,
        };
        Self {
            pattern,
            glob: Glob::new(pattern.pattern.text.clone()),
            local,
            rank,
        }
    }

    fn matches(&self, name: &[u8]) -> bool {
        let demangled;
        let name = match self.pattern.demangled {
            true => {
                demangled = crate::elf::names::demangle(name);
                demangled.as_bytes()
            }
            false => name,
        };
        match self.pattern.exact {
            true => name == self.pattern.pattern.text.as_bytes(),
            false => self.glob.matches(name),
        }
    }
}

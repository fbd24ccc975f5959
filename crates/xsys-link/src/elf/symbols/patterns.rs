//! Patterns of symbols' names in version scripts and lists of symbols.
//!
//! Spec: GNU ld manual, "VERSION". A name has priority over a pattern, a pattern over `*`.

use crate::script::ast::{Glob, VersionPattern};

/// A pattern, ready to be compared.
pub(super) struct SymbolPattern<'s> {
    pattern: &'s VersionPattern,
    glob: Glob,
}

impl<'s> SymbolPattern<'s> {
    /// Prepares a pattern.
    pub(super) fn new(pattern: &'s VersionPattern) -> Self {
        Self {
            pattern,
            glob: Glob::new(pattern.pattern.text.clone()),
        }
    }

    /// The name, if the pattern is one and means symbols as they are in the objects.
    pub(super) fn plain_name(&self) -> Option<&'s [u8]> {
        let plain = self.pattern.exact && !self.pattern.demangled;
        plain.then_some(self.pattern.pattern.text.as_bytes())
    }

    /// 0 for names, 1 for patterns, 2 for `*`.
    pub(super) fn rank(&self) -> u8 {
        match &*self.pattern.pattern.text {
            "*" if !self.pattern.exact => 2,
            _ if !self.pattern.exact => 1,
            _ => 0,
        }
    }

    /// Whether it means a symbol of this name.
    pub(super) fn matches(&self, name: &[u8]) -> bool {
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

/// `f@V1` as name and version.
pub(crate) fn split(name: &[u8]) -> Option<(&[u8], &[u8])> {
    let at = memchr::memchr(b'@', name).filter(|at| *at > 0)?;
    Some((&name[..at], &name[at + 1..]))
}

/// `f@@V2` as name and version: what the plain name means.
pub(crate) fn split_default(name: &[u8]) -> Option<(&[u8], &[u8])> {
    let (name, version) = split(name)?;
    Some((name, version.strip_prefix(b"@")?))
}

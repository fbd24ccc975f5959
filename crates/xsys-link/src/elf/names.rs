//! Names: hash maps keyed by them, demangling, and what they say of a section.

/// A fast hash map. Its seed is fixed, so that runs are repeatable; inputs are trusted not to attack it.
pub(crate) type Map<K, V> = std::collections::HashMap<K, V, foldhash::fast::FixedState>;

/// A symbol's name for people.
pub(crate) fn demangle(name: &[u8]) -> String {
    let name = String::from_utf8_lossy(name);
    crate::demangle::readable(&name).into_owned()
}

/// Whether a section name can follow `__start_`.
pub(crate) fn is_c_identifier(name: &[u8]) -> bool {
    name.first()
        .is_some_and(|c| c.is_ascii_alphabetic() || *c == b'_')
        && name.iter().all(|c| c.is_ascii_alphanumeric() || *c == b'_')
}

/// Sections that are written by the start-up code and constant afterwards (RELRO).
pub(crate) fn is_relro_name(name: &str) -> bool {
    const NAMES: [&str; 12] = [
        ".data.rel.ro",
        ".bss.rel.ro",
        ".got",
        ".dynamic",
        ".init_array",
        ".fini_array",
        ".preinit_array",
        ".tdata",
        ".tbss",
        ".ctors",
        ".dtors",
        ".jcr",
    ];
    NAMES.contains(&name)
}

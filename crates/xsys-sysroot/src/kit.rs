//! What is needed of a C library: its files, and which toolchains have suitable copies. [`crate::musl`] and
//! [`crate::wasi`] are such lists.

/// A C library and the files that are needed of it.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct Kit {
    pub name: &'static str,
    /// Files that are copied unchanged, if they exist.
    pub pieces: &'static [&'static str],
    /// Files without which no program starts.
    pub needed: &'static [&'static str],
    /// Libraries that linkers are told to use and that are empty.
    pub empty: &'static [&'static str],
    /// The unwinder's archive: std calls it even if panics abort (for backtraces), and no C library
    /// contains it.
    pub unwinder: Option<&'static str>,
    /// A variable that replaces the search; for one's own builds.
    pub variable: &'static str,
    /// What such a build is, for messages.
    pub own: &'static str,
}

/// A kit, and the built-in targets whose rust-std has it for this target, best first. rustup is
/// asked for the last one.
#[derive(Debug)]
pub(crate) struct Wanted {
    pub kit: &'static Kit,
    pub triples: Vec<String>,
}

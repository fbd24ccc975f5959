//! What there is of a C library: its files, and whose copies of them do. [`crate::musl`] and [`crate::wasi`] are such lists.

/// A C library and what there is of it.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct Kit {
    pub name: &'static str,
    /// Files that are copied as they are, where they exist.
    pub pieces: &'static [&'static str],
    /// Without these no program starts.
    pub needed: &'static [&'static str],
    /// Libraries that linkers are told of and that have nothing to say.
    pub empty: &'static [&'static str],
    /// std calls it whatever panics do (for backtraces), and no C library has it.
    pub unwinder: Option<&'static str>,
    /// Overrides the search; for builds of one's own.
    pub variable: &'static str,
    /// What such a build may be.
    pub own: &'static str,
}

/// A kit, and the built-in targets whose rust-std has it for this target, the best first. rustup is
/// asked for the last one.
#[derive(Debug)]
pub(crate) struct Wanted {
    pub kit: &'static Kit,
    pub triples: Vec<String>,
}

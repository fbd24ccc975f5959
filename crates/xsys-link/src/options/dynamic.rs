//! The options of outputs that a dynamic linker completes: executables with shared libraries, and shared libraries.

use std::path::PathBuf;

/// What the dynamic section says, and which symbols other files of a process see.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct DynamicOptions {
    /// `--dynamic-linker`: the contents of `.interp`.
    pub dynamic_linker: Option<String>,
    /// `--no-dynamic-linker`: there is no `.interp`.
    pub no_dynamic_linker: bool,
    /// `--soname`: DT_SONAME.
    pub soname: Option<String>,
    /// `--rpath`
    pub rpath: Vec<String>,
    /// All of them, for DT_RUNPATH or DT_RPATH.
    pub rpath_joined: Option<String>,
    /// `--enable-new-dtags`: DT_RUNPATH, else DT_RPATH.
    pub new_dtags: bool,
    /// `--hash-style`
    pub hash_style: HashStyle,
    /// `-Bsymbolic` and its relatives.
    pub symbolic: Symbolic,
    /// `--export-dynamic-symbol`: patterns.
    pub export: Vec<String>,
    /// `--export-dynamic-symbol-list`: files.
    pub export_lists: Vec<PathBuf>,
    /// `--dynamic-list`: files.
    pub lists: Vec<PathBuf>,
    /// `--exclude-libs`: names of archives, or `ALL`.
    pub exclude_libs: Vec<String>,
    /// `--filter`: DT_FILTER.
    pub filter: Vec<String>,
    /// `--auxiliary`: DT_AUXILIARY.
    pub auxiliary: Vec<String>,
    /// `--audit`: DT_AUDIT.
    pub audit: Vec<String>,
    /// `--depaudit`: DT_DEPAUDIT.
    pub depaudit: Vec<String>,
    /// Bits of DT_FLAGS that `-z` sets.
    pub flags: u64,
    /// Bits of DT_FLAGS_1 that `-z` sets.
    pub flags_1: u64,
    /// `-z copyreloc`: executables may have copies of libraries' variables.
    pub copy_relocs: bool,
    /// `-z dynamic-undefined-weak`, if given.
    pub undefined_weak: Option<bool>,
}

impl Default for DynamicOptions {
    fn default() -> Self {
        Self {
            dynamic_linker: None,
            no_dynamic_linker: false,
            soname: None,
            rpath: Vec::new(),
            rpath_joined: None,
            new_dtags: true,
            hash_style: HashStyle::Both,
            symbolic: Symbolic::None,
            export: Vec::new(),
            export_lists: Vec::new(),
            lists: Vec::new(),
            exclude_libs: Vec::new(),
            filter: Vec::new(),
            auxiliary: Vec::new(),
            audit: Vec::new(),
            depaudit: Vec::new(),
            flags: 0,
            flags_1: 0,
            copy_relocs: true,
            undefined_weak: None,
        }
    }
}

/// Which hash tables there are.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum HashStyle {
    /// DT_HASH.
    Sysv,
    /// DT_GNU_HASH.
    Gnu,
    /// Both.
    Both,
}

impl HashStyle {
    /// DT_HASH is there.
    pub(crate) fn has_sysv(self) -> bool {
        self != HashStyle::Gnu
    }
}

/// Which symbols of a shared library its own references go to, whatever other files define.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Symbolic {
    /// None: other files may replace every one of them.
    None,
    /// `-Bsymbolic-functions`
    Functions,
    /// `-Bsymbolic-non-weak-functions`
    NonWeakFunctions,
    /// `-Bsymbolic-non-weak`
    NonWeak,
    /// `-Bsymbolic`
    All,
}

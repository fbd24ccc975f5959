//! A compiler driver's command line as plain data.
//!
//! Positions matter for inputs and for what goes to the linker, and for nothing else; so those stay in a list, and the rest are
//! fields.

use std::ffi::OsString;

/// What a command line asks for.
#[derive(Debug, Default)]
pub(super) struct Request {
    pub(super) output: Option<String>,
    pub(super) dirs: Vec<String>,
    pub(super) prefixes: Vec<String>,
    pub(super) sysroot: Option<String>,
    pub(super) target: Option<String>,
    pub(super) bits_64: bool,
    pub(super) shared: bool,
    pub(super) pie: Option<bool>,
    pub(super) is_static: bool,
    pub(super) static_pie: bool,
    pub(super) relocatable: bool,
    pub(super) no_start_files: bool,
    pub(super) no_default_libs: bool,
    pub(super) no_libc: bool,
    pub(super) pthread: bool,
    pub(super) libgcc_shared: Option<bool>,
    pub(super) question: Option<Question>,
    pub(super) verbose: bool,
    pub(super) only_print: bool,
    /// Inputs, libraries and words for the linker, in their order.
    pub(super) words: Vec<Word>,
    /// The first thing that only a compiler can do: the word, and what that is.
    pub(super) compile: Option<(String, &'static str)>,
}

/// Something whose position matters.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Word {
    Input(OsString),
    Library(String),
    Linker(String),
}

/// Something to be printed.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Question {
    Version,
    DumpVersion,
    Machine,
    SearchDirs,
    Sysroot,
    File(String),
    Program(String),
    Help,
}

impl Request {
    pub(super) fn library(&mut self, name: String) {
        self.words.push(Word::Library(name));
    }

    pub(super) fn linker(&mut self, word: &str) {
        self.words.push(Word::Linker(word.to_owned()));
    }
}

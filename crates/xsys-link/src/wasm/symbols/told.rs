//! The lines of `--trace` and `--trace-symbol` in wasm-ld's order.
//!
//! Problem: wasm-ld prints a line when it opens a file, reads a reference to a traced symbol, or chooses a definition
//! for it. So the lines have the order of these steps, and a definition that is not chosen has no line. The passes
//! record their steps here; the lines are printed with the other reports.

use std::fmt::Write;

use hashbrown::HashSet;

use crate::wasm::WasmOptions;

/// When a line is recorded.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) enum Stage {
    /// Until it is known which members are linked.
    #[default]
    Members,
    /// Until garbage collection.
    Names,
    /// After that.
    Layout,
    /// When it is known which segments the module has.
    Segments,
}

/// The recorded lines, and which files and symbols are traced.
#[derive(Debug, Default)]
pub(crate) struct Told<'a> {
    files: bool,
    names: Vec<&'a str>,
    /// The first symbols with traced names.
    symbols: HashSet<u32>,
    text: [String; 4],
    stage: Stage,
}

impl<'a> Told<'a> {
    /// Records what the options ask for, with `--compat=wasm-ld`.
    pub(crate) fn new(options: &'a WasmOptions) -> Self {
        let reports = &options.reports;
        let names = reports.trace_symbols.iter().map(String::as_str);
        match options.shrink.compat {
            true => Self {
                files: reports.trace,
                names: names.collect(),
                ..Self::default()
            },
            false => Self::default(),
        }
    }

    /// Whether a name is traced.
    pub(crate) fn wants(&self, name: &str) -> bool {
        self.names.contains(&name)
    }

    /// Traces this symbol, which is the first with its name.
    pub(crate) fn follow(&mut self, symbol: u32) {
        self.symbols.insert(symbol);
    }

    /// Whether a symbol is traced. Other symbols of the same name, with another type, are not.
    pub(crate) fn follows(&self, symbol: u32) -> bool {
        !self.symbols.is_empty() && self.symbols.contains(&symbol)
    }

    /// Starts the next stage.
    pub(crate) fn set_stage(&mut self, stage: Stage) {
        self.stage = stage;
    }

    /// Records that a file was opened.
    pub(crate) fn opened(&mut self, file: &str) {
        if self.files {
            let text = &mut self.text[self.stage as usize];
            // Writing to a string cannot fail.
            let _ = writeln!(text, "{file}");
        }
    }

    /// Records what a file, or the linker itself, does with a name.
    pub(crate) fn line(&mut self, file: Option<&str>, what: &str) {
        let file = file.unwrap_or("<internal>");
        let text = &mut self.text[self.stage as usize];
        let _ = writeln!(text, "{file}: {what}");
    }

    /// The lines of a stage.
    pub(crate) fn text(&self, stage: Stage) -> &str {
        &self.text[stage as usize]
    }
}

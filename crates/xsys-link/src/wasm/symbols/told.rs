//! What `--trace` and `--trace-symbol` tell in wasm-ld's manner.
//!
//! Problem: wasm-ld prints a line whenever it opens a file, meets a reference to a traced name, or gives that a meaning.
//! So its lines come in the order of its steps, and a definition that another one outweighs has none. Whoever takes such
//! a step says so here; the lines are printed with what else the link has to tell.

use std::fmt::Write;

use hashbrown::HashSet;

use crate::wasm::WasmOptions;

/// When something is told.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) enum Stage {
    /// Until it is known which members take part.
    #[default]
    Members,
    /// Until nothing is dropped any more.
    Names,
    /// After that.
    Layout,
}

/// Lines, and what there are to be lines about.
#[derive(Debug, Default)]
pub(crate) struct Told<'a> {
    files: bool,
    names: Vec<&'a str>,
    /// Numbers of the symbols that first had these names.
    symbols: HashSet<u32>,
    text: [String; 3],
    stage: Stage,
}

impl<'a> Told<'a> {
    /// What the options ask for, where wasm-ld is to be imitated.
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

    /// This symbol is the first with a traced name.
    pub(crate) fn follow(&mut self, symbol: u32) {
        self.symbols.insert(symbol);
    }

    /// Whether a symbol is traced: others with its name and another type are not.
    pub(crate) fn follows(&self, symbol: u32) -> bool {
        !self.symbols.is_empty() && self.symbols.contains(&symbol)
    }

    /// What is told from now on comes in another place.
    pub(crate) fn set_stage(&mut self, stage: Stage) {
        self.stage = stage;
    }

    /// A file takes part.
    pub(crate) fn opened(&mut self, file: &str) {
        if self.files {
            let text = &mut self.text[self.stage as usize];
            // Writing to a string cannot fail.
            let _ = writeln!(text, "{file}");
        }
    }

    /// A file, or the linker itself, has something to do with a name.
    pub(crate) fn line(&mut self, file: Option<&str>, what: &str) {
        let file = file.unwrap_or("<internal>");
        let text = &mut self.text[self.stage as usize];
        let _ = writeln!(text, "{file}: {what}");
    }

    /// What was told in a stage.
    pub(crate) fn text(&self, stage: Stage) -> &str {
        &self.text[stage as usize]
    }
}

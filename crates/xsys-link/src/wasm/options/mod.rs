//! wasm-ld's command line as plain data.
//!
//! Spec: `wasm-ld --help` of LLVM 22 and lld's `docs/WebAssembly.rst`. Every spelling that wasm-ld
//! takes is taken: one dash or two, `--x v` and `--x=v`, joined short options, `@file`. Which
//! options exist, what they take and what they do is the table in [`self::flags`].

pub(crate) mod flags;
pub(crate) mod parse;
pub(crate) mod reading;
mod values;

use std::fs::File;
use std::io::Read;
use std::path::{Path, PathBuf};

use xsys_diag::Diagnostic;

pub use parse::expand_all;

use crate::input::kind::FileKind;
use crate::input::search::Search;
use crate::options::{BuildId, MapTo, Reproduce};
use crate::wasm::object::DebugRelocs;

/// What to link and how.
#[derive(Clone, Debug)]
pub struct WasmOptions {
    /// The file to write.
    pub output: PathBuf,
    /// Objects, archives and libraries, in order.
    pub inputs: Vec<InputRef>,
    /// Where `-l` looks, in order.
    pub search: Vec<PathBuf>,
    /// The function to start with; it must be defined.
    pub entry: Option<String>,
    /// Symbols that must be there and are exported.
    pub exports: Vec<String>,
    /// Symbols that are exported where they are there.
    pub export_if_defined: Vec<String>,
    /// Export everything.
    pub export_all: bool,
    /// Export everything that is not hidden.
    pub export_dynamic: bool,
    /// Symbols that pull archive members (`-u`).
    pub undefined: Vec<String>,
    /// What an undefined symbol means.
    pub unresolved: Unresolved,
    /// Undefined functions become imports.
    pub import_undefined: bool,
    /// Names that may be undefined (`--allow-undefined-file`).
    pub allow_undefined: Vec<String>,
    /// Linear memory.
    pub memory: MemoryOptions,
    /// The table of functions that are called through pointers.
    pub table: TableOptions,
    /// Drop what nothing refers to.
    pub gc_sections: bool,
    /// Name what was dropped.
    pub print_gc_sections: bool,
    /// `.data.x` goes into `.data`, and so on.
    pub merge_data_segments: bool,
    /// 0: strings stay as they are; else equal strings and ends of others are merged.
    pub optimize: u32,
    /// What makes the module smaller than wasm-ld would.
    pub shrink: Shrink,
    /// Drop names, producers, features and other custom sections.
    pub strip_all: bool,
    /// Drop DWARF.
    pub strip_debug: bool,
    /// Sections that `strip_all` leaves alone.
    pub keep_sections: Vec<String>,
    /// Write readable names to the name section.
    pub demangle: bool,
    /// The module's name in the name section; the output file's name otherwise.
    pub module_name: Option<String>,
    /// The features of the output, instead of those of the objects.
    pub features: Option<Vec<String>>,
    /// Features besides those of the objects, by option; for wasm-ld the last one counts.
    pub extra_features: Vec<Vec<String>>,
    /// Complain about objects whose features do not go together.
    pub check_features: bool,
    /// The first definition wins.
    pub allow_multiple_definition: bool,
    /// Warnings prevent the output.
    pub fatal_warnings: bool,
    /// `-r`: the output is an object again.
    pub relocatable: bool,
    /// The finished module says which of its fields were filled in, and with what.
    pub emit_relocs: bool,
    /// Names whose users get another function.
    pub wrap: Vec<Wrap>,
    /// A section with a number that stands for the contents.
    pub build_id: BuildId,
    /// What the link is to tell besides its problems.
    pub reports: Reports,
    /// How many errors are shown; 0 for all.
    pub error_limit: usize,
    /// How many threads work; `None` for as many as there are cores.
    pub threads: Option<usize>,
    /// `-m wasm64`: complain when the objects say otherwise.
    pub memory64: Option<bool>,
    /// Do not link, only say this.
    pub only_say: Option<String>,
    /// What is said before a link (`-v`).
    pub say_first: Option<String>,
    /// Problems of the command line that do not prevent the output.
    pub warnings: Vec<Diagnostic>,
    /// What has two definitions is a warning (`--noinhibit-exec`).
    pub forgives: bool,
}

/// `--wrap=NAME`: users of NAME get `__wrap_NAME`, users of `__real_NAME` get NAME.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Wrap {
    /// NAME.
    pub name: String,
    /// `__real_NAME`.
    pub real: String,
    /// `__wrap_NAME`.
    pub wrap: String,
}

/// What a link tells besides its problems.
#[derive(Clone, Debug, Default)]
pub struct Reports {
    /// The files that take part (`--trace`).
    pub trace: bool,
    /// Who mentions and who defines these names (`--trace-symbol`).
    pub trace_symbols: Vec<String>,
    /// What keeps these names in the output (`--why-live`).
    pub why_live: Vec<String>,
    /// Who asked for which archive member (`--why-extract`).
    pub why_extract: Option<MapTo>,
    /// Where everything is (`--Map`, `--print-map`).
    pub map: Option<MapTo>,
    /// All inputs and the command line (`--reproduce`).
    pub reproduce: Option<Reproduce>,
    /// Files that options name, besides the inputs.
    pub read: Vec<(PathBuf, Vec<u8>)>,
}

/// What makes a module smaller. `None` stands for the default, which [`WasmOptions`]' methods know.
#[derive(Clone, Debug, Default)]
pub struct Shrink {
    /// `--compat=wasm-ld`: the same bytes in the same order as wasm-ld's, so that the two can be
    /// compared. What is asked for by name is done all the same.
    pub compat: bool,
    /// Relocated LEB128 fields take as few bytes as they can.
    pub compress_relocations: Option<bool>,
    /// Functions with equal bodies, and read-only data with equal contents, are kept once.
    pub icf: Option<bool>,
    /// Blocks and branches are written as `if` and `else` where that is shorter.
    pub tidy: Option<bool>,
    /// Debug entries of dropped functions go.
    pub prune_debug: Option<bool>,
}

/// What an undefined symbol means.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Unresolved {
    /// An error.
    #[default]
    Error,
    /// A warning; calls trap.
    Warn,
    /// Nothing; calls trap.
    Ignore,
    /// An import.
    Import,
}

/// Linear memory.
#[derive(Clone, Debug)]
pub struct MemoryOptions {
    /// Module and field that memory comes from.
    pub import: Option<(String, String)>,
    /// The name that memory is exported under. `None`: `memory`, unless it is imported.
    pub export: Option<String>,
    /// Size at the start; 0 for as much as the data need.
    pub initial: u64,
    /// Room for the heap at the start.
    pub initial_heap: u64,
    /// Limit; 0 for none.
    pub max: u64,
    /// The initial size is the limit.
    pub fixed: bool,
    /// The stack's size.
    pub stack_size: u64,
    /// The stack lies below the data, so that its overflow traps.
    pub stack_first: bool,
    /// Where data start.
    pub global_base: Option<u64>,
    /// 65536, or 1.
    pub page_size: u64,
    /// Threads share it.
    pub shared: bool,
}

/// The indirect function table.
#[derive(Clone, Debug)]
pub struct TableOptions {
    /// It comes from `env.__indirect_function_table`.
    pub import: bool,
    /// It is exported.
    pub export: bool,
    /// It may grow.
    pub growable: bool,
    /// The first slot in use; slot 0 stays empty so that null pointers trap.
    pub base: u32,
}

/// An input as the command line names it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct InputRef {
    /// The file, or the library's name.
    pub what: InputName,
    /// Between `--whole-archive` and `--no-whole-archive`.
    pub whole_archive: bool,
    /// Between `--start-lib` and `--end-lib`.
    pub lazy: bool,
}

/// A file or a library.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum InputName {
    /// A path.
    File(PathBuf),
    /// `-l NAME`: `libNAME.a` in one of the search directories.
    Library(String),
    /// The same behind `-Bdynamic`: in the first folder with either, `libNAME.so` comes before `libNAME.a`.
    Dynamic(String),
}

impl Default for WasmOptions {
    fn default() -> Self {
        Self {
            output: PathBuf::from("a.out"),
            inputs: Vec::new(),
            search: Vec::new(),
            entry: Some("_start".into()),
            exports: Vec::new(),
            export_if_defined: Vec::new(),
            export_all: false,
            export_dynamic: false,
            undefined: Vec::new(),
            unresolved: Unresolved::Error,
            import_undefined: false,
            allow_undefined: Vec::new(),
            memory: MemoryOptions {
                import: None,
                export: None,
                initial: 0,
                initial_heap: 0,
                max: 0,
                fixed: false,
                stack_size: 64 * 1024,
                stack_first: true,
                global_base: None,
                page_size: 64 * 1024,
                shared: false,
            },
            table: TableOptions {
                import: false,
                export: false,
                growable: false,
                base: 1,
            },
            gc_sections: true,
            print_gc_sections: false,
            merge_data_segments: true,
            optimize: 1,
            shrink: Shrink::default(),
            strip_all: false,
            strip_debug: false,
            keep_sections: Vec::new(),
            demangle: true,
            module_name: None,
            features: None,
            extra_features: Vec::new(),
            check_features: true,
            allow_multiple_definition: false,
            fatal_warnings: false,
            relocatable: false,
            emit_relocs: false,
            wrap: Vec::new(),
            build_id: BuildId::None,
            reports: Reports::default(),
            error_limit: 20,
            threads: None,
            memory64: None,
            only_say: None,
            say_first: None,
            warnings: Vec::new(),
            forgives: false,
        }
    }
}

impl WasmOptions {
    /// Whether addresses are 64 bits wide.
    pub fn is64(&self) -> bool {
        self.memory64 == Some(true)
    }

    /// The name that memory is exported under.
    pub fn memory_export(&self) -> Option<&str> {
        if self.relocatable {
            return None;
        }
        match (&self.memory.export, &self.memory.import) {
            (Some(name), _) => Some(name),
            (None, None) => Some("memory"),
            (None, Some(_)) => None,
        }
    }

    /// Whether the output carries relocations and a symbol table.
    pub fn keeps_relocs(&self) -> bool {
        self.relocatable || self.emit_relocs
    }

    /// Whether relocated LEB128 fields are shortened: in release, where nobody patches them later.
    pub fn shortens(&self) -> bool {
        let allowed = !self.keeps_relocs();
        allowed
            && self
                .shrink
                .compress_relocations
                .unwrap_or(!self.shrink.compat && self.optimize > 0)
    }

    /// Whether equal functions and equal read-only data are kept once.
    pub fn folds(&self) -> bool {
        let allowed = !self.keeps_relocs();
        allowed
            && self
                .shrink
                .icf
                .unwrap_or(!self.shrink.compat && self.optimize > 0)
    }

    /// Whether what is used most gets the shortest numbers.
    pub fn sorts(&self) -> bool {
        !self.shrink.compat && self.optimize > 0
    }

    /// Whether zeros are left out of data segments.
    pub fn leaves_gaps(&self) -> bool {
        !self.keeps_relocs() && !self.shrink.compat && self.optimize > 0
    }

    /// Whether code is written with cheaper structure, where no debug information tells its
    /// offsets.
    pub fn tidies(&self) -> bool {
        let tidies = self.shrink.tidy;
        !self.keeps_relocs() && tidies.unwrap_or(!self.shrink.compat && self.optimize > 0)
    }

    /// What is done about relocations of debug information.
    pub fn debug_relocs(&self) -> DebugRelocs {
        let mut kept = self.keep_sections.iter();
        // wasm-ld looks at them where it drops nothing else.
        let kept = kept.any(|name| name.starts_with(".debug_"))
            || (self.shrink.compat && !self.gc_sections);
        match self.strip_debug || self.strip_all {
            true if kept => DebugRelocs::Checked,
            true => DebugRelocs::Ignored,
            false if self.prunes_debug() => DebugRelocs::Deferred,
            false => DebugRelocs::Checked,
        }
    }

    /// Whether debug entries of dropped functions are left out.
    pub fn prunes_debug(&self) -> bool {
        !self.keeps_relocs() && self.shrink.prune_debug.unwrap_or(!self.shrink.compat)
    }

    /// Whether the command line names `section` as one to be kept.
    pub fn keeps_by_name(&self, section: &str) -> bool {
        self.keep_sections.iter().any(|kept| kept == section)
    }

    /// Whether `section` is written although everything is to be stripped.
    pub fn keeps(&self, section: &str) -> bool {
        !self.strip_all || self.keeps_by_name(section)
    }

    /// Beside an archive `libx.a`, `libx.imports` lists what the host provides for it.
    pub(super) fn read_import_lists(&mut self) {
        let (found, _) = self.look_for_inputs();
        for (path, _) in found.iter().filter(|(path, _)| is_archive(path)) {
            let list = path.with_extension("imports");
            let Ok(bytes) = std::fs::read(&list) else {
                continue;
            };
            let text = String::from_utf8_lossy(&bytes);
            let lines = text.lines().map(str::trim);
            let names = lines.filter(|line| !line.is_empty() && !line.starts_with('#'));
            self.allow_undefined.extend(names.map(str::to_owned));
            self.reports.read.push((list, bytes));
        }
    }

    /// Finds the files behind the inputs: libraries in the search directories, in order.
    pub fn find_inputs(&self) -> Result<Vec<(PathBuf, InputRef)>, Vec<Diagnostic>> {
        match self.look_for_inputs() {
            (found, problems) if problems.is_empty() => Ok(found),
            (_, problems) => Err(problems),
        }
    }

    /// The library that only `-Bdynamic` lets `-l` find.
    fn stub_library(&self, input: &InputRef) -> Option<PathBuf> {
        let InputName::Dynamic(name) = &input.what else {
            return None;
        };
        let mut folders = self.search.iter();
        let found = folders.find_map(|folder| {
            let file = |ending: &str| folder.join(format!("lib{name}.{ending}"));
            let (shared, archive) = (file("so"), file("a"));
            let there = shared.exists().then_some((shared, true));
            there.or_else(|| archive.exists().then_some((archive, false)))
        });
        found.and_then(|(path, shared)| shared.then_some(path))
    }

    /// The files that there are, and what is to be said about the others.
    pub(super) fn look_for_inputs(&self) -> (Vec<(PathBuf, InputRef)>, Vec<Diagnostic>) {
        let search = Search::new(&self.search, None);
        let (mut found, mut problems) = (Vec::new(), Vec::new());
        for input in &self.inputs {
            match &input.what {
                InputName::File(path) => found.push((path.clone(), input.clone())),
                InputName::Library(name) | InputName::Dynamic(name) => match self
                    .stub_library(input)
                    .map_or_else(|| search.library(name), Ok)
                {
                    Ok(path) => found.push((path, input.clone())),
                    Err(error) => {
                        let problem = error.into_diagnostic();
                        problems
                            .push(problem.counterpart(format!("unable to find library -l{name}")));
                    }
                },
            }
        }
        (found, problems)
    }
}

/// Whether a file begins as archives do, whatever its name.
fn is_archive(path: &Path) -> bool {
    let mut start = [0; 8];
    let read = File::open(path).and_then(|mut file| file.read_exact(&mut start));
    read.is_ok()
        && matches!(
            FileKind::of(&start),
            FileKind::Archive | FileKind::ThinArchive
        )
}

#[cfg(test)]
mod tests;

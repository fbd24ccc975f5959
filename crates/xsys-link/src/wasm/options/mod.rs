//! wasm-ld's command line as plain data.
//!
//! Spec: `wasm-ld --help` of LLVM 22 and lld's `docs/WebAssembly.rst`. Every spelling that wasm-ld accepts is
//! accepted: one dash or two, `--x v` and `--x=v`, joined short options, `@file`. The options themselves are the
//! table in [`self::flags`].

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
use crate::input::search::{Libraries, Search};
use crate::options::{BuildId, MapTo, Reproduce};
use crate::wasm::object::DebugRelocs;

/// The options of a link.
#[derive(Clone, Debug)]
pub struct WasmOptions {
    /// The output file.
    pub output: PathBuf,
    /// Objects, archives and libraries, in order.
    pub inputs: Vec<InputRef>,
    /// Directories in which `-l` looks, in order.
    pub search: Vec<PathBuf>,
    /// The entry point, which has to be defined.
    pub entry: Option<String>,
    /// Symbols to export; they have to be defined.
    pub exports: Vec<String>,
    /// Symbols to export if they are defined.
    pub export_if_defined: Vec<String>,
    /// Export all symbols.
    pub export_all: bool,
    /// Export all symbols that are not hidden.
    pub export_dynamic: bool,
    /// Symbols that pull in archive members (`-u`).
    pub undefined: Vec<String>,
    /// What happens to undefined symbols.
    pub unresolved: Unresolved,
    /// Undefined functions become imports.
    pub import_undefined: bool,
    /// Names that may stay undefined (`--allow-undefined-file`).
    pub allow_undefined: Vec<String>,
    /// Linear memory.
    pub memory: MemoryOptions,
    /// The indirect function table.
    pub table: TableOptions,
    /// Drop what nothing refers to.
    pub gc_sections: bool,
    /// Print what was dropped.
    pub print_gc_sections: bool,
    /// Merge `.data.x` into `.data`, and so on.
    pub merge_data_segments: bool,
    /// 0: strings are copied; otherwise equal strings and common tails are merged.
    pub optimize: u32,
    /// How the module is made smaller than wasm-ld's.
    pub shrink: Shrink,
    /// Drop the name section, `producers`, `target_features` and other custom sections.
    pub strip_all: bool,
    /// Drop DWARF.
    pub strip_debug: bool,
    /// Custom sections that `strip_all` keeps.
    pub keep_sections: Vec<String>,
    /// Demangle the names in the name section.
    pub demangle: bool,
    /// The module's name in the name section; by default the output's file name.
    pub module_name: Option<String>,
    /// The features of the output; by default those of the objects.
    pub features: Option<Vec<String>>,
    /// Features in addition to those of the objects, a list for each option. wasm-ld only obeys the last one.
    pub extra_features: Vec<Vec<String>>,
    /// Report objects whose features contradict each other.
    pub check_features: bool,
    /// Of several definitions the first one is used.
    pub allow_multiple_definition: bool,
    /// Warnings are errors.
    pub fatal_warnings: bool,
    /// `-r`: the output is an object.
    pub relocatable: bool,
    /// Keep the relocations that were applied in the output.
    pub emit_relocs: bool,
    /// The names of `--wrap`.
    pub wrap: Vec<Wrap>,
    /// A hash of the output in a section of its own.
    pub build_id: BuildId,
    /// Reports besides errors and warnings.
    pub reports: Reports,
    /// How many errors are printed; 0 for all.
    pub error_limit: usize,
    /// How many threads are used; `None` for one per core.
    pub threads: Option<usize>,
    /// `-m wasm64` or `-m wasm32`; objects of the other kind are errors.
    pub memory64: Option<bool>,
    /// Print this instead of linking.
    pub only_say: Option<String>,
    /// Print this before linking (`-v`).
    pub say_first: Option<String>,
    /// Warnings about the command line.
    pub warnings: Vec<Diagnostic>,
    /// Several definitions of a symbol are a warning (`--noinhibit-exec`).
    pub forgives: bool,
}

/// `--wrap=NAME`: references to NAME become references to `__wrap_NAME`, and references to `__real_NAME` become
/// references to NAME.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Wrap {
    /// NAME.
    pub name: String,
    /// `__real_NAME`.
    pub real: String,
    /// `__wrap_NAME`.
    pub wrap: String,
}

/// Reports besides errors and warnings.
#[derive(Clone, Debug, Default)]
pub struct Reports {
    /// The linked files (`--trace`).
    pub trace: bool,
    /// The files that refer to these names or define them (`--trace-symbol`).
    pub trace_symbols: Vec<String>,
    /// Why these names are in the output (`--why-live`).
    pub why_live: Vec<String>,
    /// Why each archive member was pulled in (`--why-extract`).
    pub why_extract: Option<MapTo>,
    /// The map (`--Map`, `--print-map`).
    pub map: Option<MapTo>,
    /// An archive of all inputs and the command line (`--reproduce`).
    pub reproduce: Option<Reproduce>,
    /// Other files that were read because of options.
    pub read: Vec<(PathBuf, Vec<u8>)>,
}

/// How the module is made smaller. `None` stands for the default, which methods of [`WasmOptions`] decide.
#[derive(Clone, Debug, Default)]
pub struct Shrink {
    /// `--compat=wasm-ld`: write the very bytes that wasm-ld writes, so that the two can be compared. Options that
    /// ask for something else by name are still obeyed.
    pub compat: bool,
    /// LEB128 fields of relocations are encoded with as few bytes as possible.
    pub compress_relocations: Option<bool>,
    /// Equal functions, and equal read-only data, are kept once.
    pub icf: Option<bool>,
    /// Blocks and branches become `if` and `else` where that is shorter.
    pub tidy: Option<bool>,
    /// Debug information of dropped functions is dropped.
    pub prune_debug: Option<bool>,
}

/// What happens to undefined symbols.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Unresolved {
    /// They are errors.
    #[default]
    Error,
    /// They are warnings; calls trap.
    Warn,
    /// They are accepted; calls trap.
    Ignore,
    /// They are imported.
    Import,
}

/// Linear memory.
#[derive(Clone, Debug)]
pub struct MemoryOptions {
    /// Memory is imported from this module, under this name.
    pub import: Option<(String, String)>,
    /// The name that memory is exported under. `None`: `memory`, unless it is imported.
    pub export: Option<String>,
    /// Initial size; 0 for as much as needed.
    pub initial: u64,
    /// Space for the heap within the initial size.
    pub initial_heap: u64,
    /// Maximum size; 0 for none.
    pub max: u64,
    /// Memory cannot grow.
    pub fixed: bool,
    /// The stack's size.
    pub stack_size: u64,
    /// The stack is below the data, so that a stack overflow traps.
    pub stack_first: bool,
    /// Address of the data.
    pub global_base: Option<u64>,
    /// Page size: 65536 or 1.
    pub page_size: u64,
    /// Threads share the memory.
    pub shared: bool,
}

/// The indirect function table.
#[derive(Clone, Debug)]
pub struct TableOptions {
    /// It is imported from `env.__indirect_function_table`.
    pub import: bool,
    /// It is exported.
    pub export: bool,
    /// It may grow.
    pub growable: bool,
    /// The first slot in use. Slot 0 stays empty, so that calls through null pointers trap.
    pub base: u32,
}

/// An input as the command line names it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct InputRef {
    /// The file or library.
    pub what: InputName,
    /// Between `--whole-archive` and `--no-whole-archive`.
    pub whole_archive: bool,
    /// Between `--start-lib` and `--end-lib`: linked only if something refers to it.
    pub lazy: bool,
}

/// A file or a library.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum InputName {
    /// A path.
    File(PathBuf),
    /// `-l NAME`: `libNAME.a` in one of the search directories.
    Library(String),
    /// The same behind `-Bdynamic`: in the first directory that contains either, `libNAME.so` is preferred to
    /// `libNAME.a`.
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

    /// The name under which memory is exported.
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

    /// Whether the output contains relocations and a symbol table.
    pub fn keeps_relocs(&self) -> bool {
        self.relocatable || self.emit_relocs
    }

    /// Whether LEB128 fields of relocations are shortened. Not if relocations are kept: tools patch fields of full
    /// width.
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

    /// Whether the functions that are called most get the shortest indexes.
    pub fn sorts(&self) -> bool {
        !self.shrink.compat && self.optimize > 0
    }

    /// Whether runs of zeros are left out of data segments.
    pub fn leaves_gaps(&self) -> bool {
        !self.keeps_relocs() && !self.shrink.compat && self.optimize > 0
    }

    /// Whether blocks and branches are made cheaper. Offsets in code change, so there must be no debug information.
    pub fn tidies(&self) -> bool {
        let tidies = self.shrink.tidy;
        !self.keeps_relocs() && tidies.unwrap_or(!self.shrink.compat && self.optimize > 0)
    }

    /// When the relocations of debug information are checked.
    pub fn debug_relocs(&self) -> DebugRelocs {
        let mut kept = self.keep_sections.iter();
        let kept = match self.shrink.compat {
            // wasm-ld checks them if nothing else is dropped.
            true => !self.gc_sections,
            false => kept.any(|name| name.starts_with(".debug_")),
        };
        match self.strip_debug || self.strip_all {
            true if kept => DebugRelocs::Checked,
            true => DebugRelocs::Ignored,
            false if self.prunes_debug() => DebugRelocs::Deferred,
            false => DebugRelocs::Checked,
        }
    }

    /// Whether debug information of dropped functions is dropped.
    pub fn prunes_debug(&self) -> bool {
        !self.keeps_relocs() && self.shrink.prune_debug.unwrap_or(!self.shrink.compat)
    }

    /// Whether the command line asks to keep `section`.
    pub fn keeps_by_name(&self, section: &str) -> bool {
        self.keep_sections.iter().any(|kept| kept == section)
    }

    /// Whether `section` is written even if everything is stripped.
    pub fn keeps(&self, section: &str) -> bool {
        !self.strip_all || self.keeps_by_name(section)
    }

    /// Reads `libx.imports` beside each archive `libx.a`: it lists functions that the host provides.
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

    /// The stub library that `-l` finds behind `-Bdynamic`.
    fn stub_library(&self, input: &InputRef) -> Option<PathBuf> {
        let InputName::Dynamic(name) = &input.what else {
            return None;
        };
        let mut directories = self.search.iter();
        let found = directories.find_map(|directory| {
            let file = |ending: &str| directory.join(format!("lib{name}.{ending}"));
            let (shared, archive) = (file("so"), file("a"));
            let there = shared.exists().then_some((shared, true));
            there.or_else(|| archive.exists().then_some((archive, false)))
        });
        found.and_then(|(path, shared)| shared.then_some(path))
    }

    /// The input files that exist, and errors for the others.
    pub(super) fn look_for_inputs(&self) -> (Vec<(PathBuf, InputRef)>, Vec<Diagnostic>) {
        let search = Search::new(&self.search, None);
        let (mut found, mut problems) = (Vec::new(), Vec::new());
        for input in &self.inputs {
            match &input.what {
                InputName::File(path) => found.push((path.clone(), input.clone())),
                InputName::Library(name) | InputName::Dynamic(name) => match self
                    .stub_library(input)
                    .map_or_else(|| search.library(name, Libraries::Static), Ok)
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

/// Whether a file is an archive by its contents.
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

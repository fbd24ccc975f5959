//! wasm-ld's command line as plain data.
//!
//! Spec: `wasm-ld --help` of LLVM 22 and lld's `docs/WebAssembly.rst`. Every spelling that wasm-ld
//! takes is taken: one dash or two, `--x v` and `--x=v`, joined short options, `@file`. Which
//! options exist, what they take and what they do is the table in [`super::flags`].

use std::ffi::OsString;
use std::path::{Path, PathBuf};

use xsys_diag::{Diagnostic, did_you_mean};

use super::flags::{Action, Argument, FLAGS, Flag};

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
    /// Features besides those of the objects.
    pub extra_features: Vec<String>,
    /// Complain about objects whose features do not go together.
    pub check_features: bool,
    /// The first definition wins.
    pub allow_multiple_definition: bool,
    /// Warnings prevent the output.
    pub fatal_warnings: bool,
    /// Name the files that take part.
    pub trace: bool,
    /// `-m wasm64`: complain when the objects say otherwise.
    pub memory64: Option<bool>,
    /// Only say which linker this is.
    pub version: bool,
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
    /// Debug entries of dropped functions go.
    pub prune_debug: Option<bool>,
}

/// What an undefined symbol means.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Unresolved {
    /// An error.
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
    /// `-l NAME`: `libNAME.a` in one of the search folders.
    Library(String),
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
            trace: false,
            memory64: None,
            version: false,
        }
    }
}

/// Options while they are being read: some hold for the inputs that follow.
pub(super) struct Reading {
    pub(super) options: WasmOptions,
    pub(super) whole_archive: bool,
    pub(super) lazy: bool,
}

impl Reading {
    pub(super) fn input(&mut self, what: InputName) {
        self.options.inputs.push(InputRef {
            what,
            whole_archive: self.whole_archive,
            lazy: self.lazy,
        });
    }
}

impl WasmOptions {
    /// Reads a command line, without the program's name and `-flavor wasm`.
    pub fn parse(arguments: &[OsString]) -> Result<WasmOptions, Vec<Diagnostic>> {
        let (words, mut problems) = expand_all(arguments);
        let mut reading = Reading {
            options: WasmOptions::default(),
            whole_archive: false,
            lazy: false,
        };
        let mut words = words.into_iter();
        let mut only_files = false;
        while let Some(word) = words.next() {
            let text = word.to_string_lossy().into_owned();
            if only_files || !text.starts_with('-') || text == "-" {
                reading.input(InputName::File(PathBuf::from(word)));
            } else if text == "--" {
                only_files = true;
            } else if let Err(problem) = option(&text, &mut words, &mut reading) {
                problems.push(problem);
            }
        }
        match problems.is_empty() {
            true => Ok(reading.options),
            false => Err(problems),
        }
    }

    /// Whether addresses are 64 bits wide.
    pub fn is64(&self) -> bool {
        self.memory64 == Some(true)
    }

    /// The name that memory is exported under.
    pub fn memory_export(&self) -> Option<&str> {
        match (&self.memory.export, &self.memory.import) {
            (Some(name), _) => Some(name),
            (None, None) => Some("memory"),
            (None, Some(_)) => None,
        }
    }

    /// Whether relocated LEB128 fields are shortened: in release, where nobody patches them later.
    pub fn shortens(&self) -> bool {
        self.shrink
            .compress_relocations
            .unwrap_or(!self.shrink.compat && self.optimize > 0)
    }

    /// Whether equal functions and equal read-only data are kept once.
    pub fn folds(&self) -> bool {
        self.shrink
            .icf
            .unwrap_or(!self.shrink.compat && self.optimize > 0)
    }

    /// Whether code is written with cheaper structure, where no debug information tells its
    /// offsets.
    pub fn tidies(&self) -> bool {
        !self.shrink.compat && self.optimize > 0
    }

    /// Whether the output may have debug information.
    pub fn has_debug(&self) -> bool {
        !self.strip_debug && !self.strip_all
    }

    /// Whether debug entries of dropped functions are left out.
    pub fn prunes_debug(&self) -> bool {
        self.shrink.prune_debug.unwrap_or(!self.shrink.compat)
    }

    /// Whether `section` is written although everything is to be stripped.
    pub fn keeps(&self, section: &str) -> bool {
        !self.strip_all || self.keep_sections.iter().any(|kept| kept == section)
    }

    /// Finds the files behind the inputs: libraries in the search folders, in order.
    pub fn find_inputs(&self) -> Result<Vec<(PathBuf, InputRef)>, Vec<Diagnostic>> {
        let (mut found, mut problems) = (Vec::new(), Vec::new());
        for input in &self.inputs {
            match &input.what {
                InputName::File(path) => found.push((path.clone(), input.clone())),
                InputName::Library(name) => match self.library(name) {
                    Ok(path) => found.push((path, input.clone())),
                    Err(problem) => problems.push(problem),
                },
            }
        }
        match problems.is_empty() {
            true => Ok(found),
            false => Err(problems),
        }
    }

    fn library(&self, name: &str) -> Result<PathBuf, Diagnostic> {
        let file = match name.strip_prefix(':') {
            Some(exact) => exact.to_owned(),
            None => format!("lib{name}.a"),
        };
        let candidates = self.search.iter().map(|folder| folder.join(&file));
        candidates
            .into_iter()
            .find(|path| path.is_file())
            .ok_or_else(|| {
                let mut problem = Diagnostic::error(format!("library `{name}` not found"));
                for folder in &self.search {
                    problem = problem.note(format!("`{}` has no `{file}`", folder.display()));
                }
                problem.help("name the folder that it is in with `-L`")
            })
    }
}

/// How deep response files may refer to each other.
const MAX_DEPTH: usize = 16;

/// The words of a command line with those of its response files in place, and what is wrong with
/// these.
pub fn expand_all(arguments: &[OsString]) -> (Vec<OsString>, Vec<Diagnostic>) {
    let (mut words, mut problems) = (Vec::new(), Vec::new());
    for argument in arguments {
        expand(argument.clone(), 0, &mut words, &mut problems);
    }
    (words, problems)
}

/// Replaces `@file` by the words in that file, quoted as in a POSIX shell.
fn expand(word: OsString, depth: usize, words: &mut Vec<OsString>, problems: &mut Vec<Diagnostic>) {
    let text = word.to_string_lossy();
    let Some(path) = text
        .strip_prefix('@')
        .filter(|path| Path::new(path).exists())
    else {
        words.push(word);
        return;
    };
    if depth == MAX_DEPTH {
        problems.push(
            Diagnostic::error(format!("response file `{path}` refers to itself"))
                .note(format!("response files may be nested {MAX_DEPTH} deep")),
        );
        return;
    }
    match std::fs::read_to_string(path) {
        Ok(contents) => {
            for word in split_words(&contents) {
                expand(word.into(), depth + 1, words, problems);
            }
        }
        Err(error) => problems.push(Diagnostic::error(format!(
            "response file `{path}` cannot be read: {error}"
        ))),
    }
}

/// Words separated by white space; quotes group, a backslash takes the next character as it is.
fn split_words(text: &str) -> Vec<String> {
    let mut words = Vec::new();
    let mut word: Option<String> = None;
    let mut quote = None;
    let mut letters = text.chars();
    while let Some(letter) = letters.next() {
        match (letter, quote) {
            ('\\', Some('"') | None) => word.get_or_insert_default().extend(letters.next()),
            ('"' | '\'', None) => {
                quote = Some(letter);
                word.get_or_insert_default();
            }
            (_, Some(open)) if letter == open => quote = None,
            (_, None) if letter.is_whitespace() => words.extend(word.take()),
            _ => word.get_or_insert_default().push(letter),
        }
    }
    words.extend(word);
    words
}

/// Reads one option and, where it takes one, its argument.
fn option(
    text: &str,
    rest: &mut impl Iterator<Item = OsString>,
    reading: &mut Reading,
) -> Result<(), Diagnostic> {
    let bare = text.strip_prefix("--").or_else(|| text.strip_prefix('-'));
    let bare = bare.unwrap_or(text);
    let (name, joined) = match bare.split_once('=') {
        Some((name, value)) => (name, Some(value.to_owned())),
        None => (bare, None),
    };
    let (flag, joined) = match find(name) {
        Some(flag) => (flag, joined),
        None => short(text, bare).ok_or_else(|| unknown(text, name))?,
    };
    let value = match (flag.argument, joined) {
        (Argument::None, None) => String::new(),
        (Argument::None, Some(value)) => {
            return Err(Diagnostic::error(format!("option `{text}` takes no value"))
                .help(format!("leave out `={value}`")));
        }
        (Argument::Required | Argument::Optional, Some(value)) => value,
        (Argument::Optional, None) => String::new(),
        (Argument::Required, None) => match rest.next() {
            Some(value) => value.to_string_lossy().into_owned(),
            None => {
                return Err(
                    Diagnostic::error(format!("option `{text}` needs a value")).help(flag.help)
                );
            }
        },
    };
    match flag.action {
        Action::Set(set) => set(reading, &value).map_err(|problem| {
            Diagnostic::error(format!("option `{text}`: {problem}")).help(flag.help)
        }),
        Action::Ignored => Ok(()),
        Action::Rejected(reason) => Err(Diagnostic::error(format!(
            "option `{text}` is not supported: {reason}"
        ))),
    }
}

fn find(name: &str) -> Option<&'static Flag> {
    let exact = FLAGS.iter().find(|flag| flag.names.contains(&name));
    exact.or_else(|| {
        // A row whose name ends with a star stands for a family.
        FLAGS.iter().find(|flag| {
            let family = flag
                .names
                .iter()
                .filter_map(|known| known.strip_suffix('*'));
            family.into_iter().any(|prefix| name.starts_with(prefix))
        })
    })
}

/// `-O2`, `-lfoo`, `-zstack-size=1`: a letter with the value right behind it.
fn short(text: &str, bare: &str) -> Option<(&'static Flag, Option<String>)> {
    if text.starts_with("--") {
        return None;
    }
    let mut letters = bare.chars();
    let letter = letters.next()?.to_string();
    let flag = FLAGS.iter().find(|flag| {
        flag.argument == Argument::Required && flag.names.contains(&letter.as_str())
    })?;
    Some((flag, Some(letters.as_str().to_owned())))
}

fn unknown(text: &str, name: &str) -> Diagnostic {
    let names = FLAGS.iter().flat_map(|flag| flag.names).copied();
    let problem = Diagnostic::error(format!("unknown option `{text}`"));
    match did_you_mean(
        name,
        names.filter(|name| !name.ends_with('*') && name.len() > 1),
    ) {
        Some(close) => problem.help(format!("did you mean `--{close}`?")),
        None => problem.help("the wasm linker takes the options of `wasm-ld`"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn parse(line: &str) -> Result<WasmOptions, String> {
        let words: Vec<OsString> = split_words(line).into_iter().map(OsString::from).collect();
        WasmOptions::parse(&words).map_err(|problems| {
            let texts: Vec<String> = problems.iter().map(ToString::to_string).collect();
            texts.join("\n")
        })
    }

    #[test]
    fn what_rustc_passes() {
        let options = parse(
            "--export add --export=__heap_base -z stack-size=1048576 --stack-first \
             --allow-undefined --no-demangle --no-entry a.o lib.rlib -L dir -o out.wasm \
             --gc-sections --no-entry -O3 --strip-debug",
        )
        .unwrap();
        assert_eq!(options.exports, ["add", "__heap_base"]);
        assert_eq!(options.memory.stack_size, 1_048_576);
        assert_eq!(options.unresolved, Unresolved::Ignore);
        assert!(options.import_undefined && options.strip_debug && !options.demangle);
        assert_eq!(options.entry, None);
        assert_eq!(options.inputs.len(), 2);
        assert_eq!(options.optimize, 3);
        assert_eq!(options.output, Path::new("out.wasm"));
        assert_eq!(options.search, [Path::new("dir")]);
    }

    #[test]
    fn every_spelling() {
        for line in ["-O2", "-O 2", "--O=2", "-O=2"] {
            assert_eq!(parse(line).unwrap().optimize, 2, "{line}");
        }
        for line in ["-zstack-size=32", "-z stack-size=32", "-z stack-size=0x20"] {
            assert_eq!(parse(line).unwrap().memory.stack_size, 32, "{line}");
        }
        for line in ["--entry go", "--entry=go", "-entry=go", "-e go", "-ego"] {
            assert_eq!(parse(line).unwrap().entry.as_deref(), Some("go"), "{line}");
        }
        for line in ["--import-memory=m,n", "-import-memory=m,n"] {
            let import = parse(line).unwrap().memory.import;
            assert_eq!(import, Some(("m".into(), "n".into())), "{line}");
        }
        let options = parse("--import-memory -mwasm32 --lto-O2 -lto-CGO3 -s -E").unwrap();
        assert_eq!(options.memory.import, Some(("env".into(), "memory".into())));
        assert_eq!(options.memory64, Some(false));
        assert!(options.strip_all && options.export_dynamic);
    }

    #[test]
    fn state_of_inputs() {
        let options =
            parse("a.o --whole-archive b.a -lc --no-whole-archive --start-lib d.o --end-lib e.o")
                .unwrap();
        let state: Vec<_> = options
            .inputs
            .iter()
            .map(|input| (input.whole_archive, input.lazy))
            .collect();
        let expected = [
            (false, false),
            (true, false),
            (true, false),
            (false, true),
            (false, false),
        ];
        assert_eq!(state, expected);
        assert_eq!(options.inputs[2].what, InputName::Library("c".into()));
    }

    #[test]
    fn mistakes() {
        for (line, expected) in [
            (
                "--gc-section",
                "unknown option `--gc-section`\n  = help: did you mean `--gc-sections`?",
            ),
            (
                "--stack-first=1",
                "option `--stack-first=1` takes no value\n  = help: leave out `=1`",
            ),
            ("-O", "option `-O` needs a value"),
            ("-O x", "option `-O`: `x` is not a number"),
            ("-z foo=1", "option `-z`: unknown keyword `foo`"),
            (
                "--initial-memory=64K",
                "option `--initial-memory=64K`: `64K` is not a number",
            ),
            ("-l", "option `-l` needs a value"),
        ] {
            let text = parse(line).unwrap_err();
            assert!(text.contains(expected), "{line}: {text}");
        }
    }

    #[test]
    fn response_files() {
        let dir = tempfile::tempdir().unwrap();
        let inner = dir.path().join("inner");
        std::fs::write(&inner, "-o 'a b' \"c\\\"d\"\ne\\ f").unwrap();
        let options = parse(&format!("@{}", inner.display())).unwrap();
        assert_eq!(options.output, Path::new("a b"));
        let files: Vec<_> = options
            .inputs
            .iter()
            .map(|input| input.what.clone())
            .collect();
        assert_eq!(
            files,
            [
                InputName::File("c\"d".into()),
                InputName::File("e f".into())
            ]
        );
        let looping = dir.path().join("loop");
        std::fs::write(&looping, format!("@{}", looping.display())).unwrap();
        let text = parse(&format!("@{}", looping.display())).unwrap_err();
        assert!(text.contains("refers to itself"), "{text}");
    }
}

//! Reads the linker scripts, which name inputs, symbols and roots.
//!
//! Problem: the order of `-T`, `--defsym`, version scripts and text files in place of libraries matters,
//! scripts include other scripts and name further inputs, and a link whose scripts have no layout gets
//! the default one.
//!
//! Spec: GNU ld manual, "Commands Dealing with Files", "Implicit Linker Scripts".

use std::ops::Range;
use std::path::{Path, PathBuf};

use xsys_diag::{Diagnostic, Source};

use super::default_layout::{has_layout, read_before};
use crate::input::kind::FileKind;
use crate::input::map::{FileStore, InputFile};
use crate::input::search::{Libraries, Search};
use crate::options::{ElfOptions, InputArg, InputWhat};
use crate::script::ast::{Command, Glob, Name, Script};
use crate::script::parse::{IncludeError, Loader, parse_defsym, parse_into, parse_versions};

/// The files of a link, opened but not parsed.
pub(crate) struct Opened<'a> {
    pub(super) files: Vec<(InputArg, &'a InputFile)>,
}

/// Opens scripts for INCLUDE and `-T`.
struct Scripts<'a, 'd> {
    store: &'a FileStore,
    search: &'a Search,
    warnings: &'d mut Vec<Diagnostic>,
}

impl Loader for Scripts<'_, '_> {
    fn open(&mut self, name: &str, _from: &Path) -> Result<Source, IncludeError> {
        let found = self
            .search
            .script(Path::new(name))
            .map_err(|_| IncludeError::NotFound {
                name: name.to_owned(),
                searched: std::iter::once(PathBuf::from("."))
                    .chain(self.search.dirs().iter().cloned())
                    .collect(),
            })?;
        self.warnings.extend(found.shadow_warning());
        self.store.note_missed(found.missed);
        let unreadable = |reason: String| IncludeError::Unreadable {
            path: found.path.clone(),
            reason,
        };
        let file = self
            .store
            .open(&found.path)
            .map_err(|error| unreadable(error.to_string()))?;
        let text = std::str::from_utf8(file.bytes())
            .map_err(|_| unreadable("it is not UTF-8 text".to_owned()))?;
        Ok(Source {
            path: found.path,
            text: text.into(),
        })
    }
}

/// Reads all scripts (`-T`, `--defsym`, text files among the inputs) and opens all input files.
pub(crate) fn open<'a>(
    options: &ElfOptions,
    store: &'a FileStore,
    diagnostics: &mut Vec<Diagnostic>,
) -> (Script, Opened<'a>) {
    let mut reading = Reading {
        options,
        store,
        search: Search::new(&options.input.search_dirs, options.input.sysroot.as_deref()),
        script: Script::default(),
        defined: 0,
        startup: Vec::new(),
        named: Vec::new(),
        warnings: Vec::new(),
        diagnostics,
    };
    reading.given_scripts();
    reading.default_script();
    let queue = reading.queue();
    let files = reading.files(queue);
    reading.version_scripts();
    reading.symbol_lists();
    reading.define_symbols(usize::MAX);
    reading.diagnostics.append(&mut reading.warnings);
    (reading.script, Opened { files })
}

/// A file that a script names, and where it was found.
type NamedFile = (InputArg, PathBuf);

/// The state while scripts and inputs are read.
struct Reading<'o, 'a, 'd> {
    options: &'o ElfOptions,
    store: &'a FileStore,
    search: Search,
    script: Script,
    /// How many `--defsym` are among the script's commands.
    defined: usize,
    /// The files of STARTUP, which come before all others.
    startup: Vec<NamedFile>,
    /// The files of INPUT and GROUP; they take the place of their script among the inputs.
    named: Vec<(usize, Vec<NamedFile>)>,
    /// Diagnostics that come after all others.
    warnings: Vec<Diagnostic>,
    diagnostics: &'d mut Vec<Diagnostic>,
}

impl<'a> Reading<'_, 'a, '_> {
    /// The scripts of `-T` and each `--defsym`, in the order of the command line.
    fn given_scripts(&mut self) {
        let options = self.options;
        let mut read: Vec<PathBuf> = Vec::new();
        // Where each script's commands begin.
        let mut begins = Vec::new();
        for (position, path) in options.input.scripts.iter().enumerate() {
            self.define_symbols(position);
            begins.push(self.script.commands.len());
            self.given_script(path, &mut read);
        }
        for (index, &begin) in begins.iter().enumerate() {
            let end = begins.get(index + 1).copied();
            let commands = begin..end.unwrap_or(self.script.commands.len());
            let at = options.input.scripts_at.get(index).copied().unwrap_or(0);
            let rest = self.inputs_of(commands, Path::new(""));
            self.startup.extend(rest.startup);
            self.named.push((at, rest.others));
        }
    }

    /// Reads a script of `-T`, but only once: build scripts of several crates may pass the same one.
    fn given_script(&mut self, path: &Path, read: &mut Vec<PathBuf>) {
        let Some(source) = self.open_script(path) else {
            return;
        };
        let own = source.path.canonicalize().unwrap_or_default();
        if read.contains(&own) {
            let shown = source.path.display();
            let text = format!("linker script `{shown}` is given twice; it is read once");
            self.diagnostics.push(
                Diagnostic::warning(text).help(
                    "look for `-T` in build scripts and in `.cargo/config.toml`, and keep one",
                ),
            );
            return;
        }
        read.push(own);
        self.parse(source);
    }

    /// `--default-script`, for links whose scripts have no layout.
    fn default_script(&mut self) {
        let Some(path) = &self.options.input.default_script else {
            return;
        };
        if has_layout(&self.script.commands) || self.has_implicit_layout() {
            return;
        }
        let before = self.script.commands.len();
        if let Some(source) = self.open_script(path) {
            let mut loader = Scripts {
                store: self.store,
                search: &self.search,
                warnings: &mut self.warnings,
            };
            let problems = read_before(&mut self.script, source, &mut loader);
            self.diagnostics.extend(problems);
        }
        let commands = 0..self.script.commands.len().saturating_sub(before);
        let rest = self.inputs_of(commands, Path::new(""));
        self.startup.extend(rest.startup);
        self.named.insert(0, (0, rest.others));
    }

    /// Whether one of the scripts among the inputs has a layout.
    fn has_implicit_layout(&self) -> bool {
        let compiled = |path: &Path| {
            path.extension()
                .is_some_and(|end| end == "o" || end == "rlib")
        };
        let args = self.options.input.args.iter();
        let files = args.filter_map(|arg| match &arg.what {
            InputWhat::File(path) if !arg.binary && !compiled(path) => Some(path),
            _ => None,
        });
        let mut opened = files.filter_map(|path| self.store.open(path).ok());
        opened.any(|file| {
            if FileKind::of(file.bytes()) != FileKind::Text {
                return false;
            }
            let Ok(text) = std::str::from_utf8(file.bytes()) else {
                return false;
            };
            let mut script = Script::default();
            let mut loader = Scripts {
                store: self.store,
                search: &self.search,
                warnings: &mut Vec::new(),
            };
            let source = Source {
                path: file.path.clone(),
                text: text.into(),
            };
            // Errors are reported when it is read in its place.
            parse_into(&mut script, source, &mut loader);
            has_layout(&script.commands)
        })
    }

    /// All input files in their order, those that scripts name among them.
    fn queue(&mut self) -> Vec<NamedFile> {
        let mut queue = std::mem::take(&mut self.startup);
        let mut named = std::mem::take(&mut self.named).into_iter().peekable();
        for (position, arg) in self.options.input.args.iter().enumerate() {
            while let Some((_, list)) = named.next_if(|(at, _)| *at <= position) {
                queue.extend(list);
            }
            let path = match &arg.what {
                InputWhat::File(path) => remapped(path, self.options),
                InputWhat::Library(name) => match self
                    .search
                    .library(name, self.wanted_libraries(arg.static_only))
                {
                    Ok(path) => path,
                    Err(error) => {
                        self.diagnostics.push(error.into_diagnostic());
                        continue;
                    }
                },
            };
            let mut arg = arg.clone();
            arg.static_only |= self.options.input.fully_static;
            queue.push((arg, path));
        }
        queue.extend(named.flat_map(|(_, list)| list));
        queue
    }

    /// Which libraries `-l` means.
    fn wanted_libraries(&self, static_only: bool) -> Libraries {
        let input = &self.options.input;
        match static_only || input.fully_static {
            true => Libraries::Static,
            false if input.shared_libraries => Libraries::SharedFirst,
            false => Libraries::StaticFirst,
        }
    }

    /// Opens what is queued. Text files are read as scripts, and what they name takes their place.
    fn files(&mut self, queue: Vec<NamedFile>) -> Vec<(InputArg, &'a InputFile)> {
        let mut files = Vec::new();
        let paths: Vec<PathBuf> = queue.iter().map(|(_, path)| path.clone()).collect();
        let opened = self.store.open_all(&paths);
        for ((arg, path), file) in queue.into_iter().zip(opened) {
            match file {
                Err(error) => self.diagnostics.push(error.into_diagnostic()),
                Ok(file)
                    if arg.binary
                        || arg.just_symbols
                        || FileKind::of(file.bytes()) != FileKind::Text =>
                {
                    files.push((arg, file));
                }
                Ok(file) => self.implicit_script((&arg, path), file, &mut files),
            }
        }
        files
    }

    /// A text file in place of an object or library is a linker script (GNU ld manual, "Implicit Linker Scripts").
    fn implicit_script(
        &mut self,
        (outer, path): (&InputArg, PathBuf),
        file: &InputFile,
        files: &mut Vec<(InputArg, &'a InputFile)>,
    ) {
        let Ok(text) = std::str::from_utf8(file.bytes()) else {
            return;
        };
        let before = self.script.commands.len();
        self.parse(Source {
            path: path.clone(),
            text: text.into(),
        });
        let commands = before..self.script.commands.len();
        let rest = self.inputs_of(commands, &path);
        for (mut arg, path) in rest.startup.into_iter().chain(rest.others) {
            arg.as_needed |= outer.as_needed;
            arg.static_only |= outer.static_only;
            match self.store.open(&path) {
                Ok(file) => files.push((arg, file)),
                Err(error) => self.diagnostics.push(error.into_diagnostic()),
            }
        }
    }

    /// Version scripts, which mean the same as VERSION in a linker script.
    fn version_scripts(&mut self) {
        for path in &self.options.symbols.version_scripts {
            let mut loader = Scripts {
                store: self.store,
                search: &self.search,
                warnings: &mut Vec::new(),
            };
            match loader.open(&path.to_string_lossy(), Path::new("")) {
                Ok(source) => {
                    let (nodes, problems) = parse_versions(&mut self.script, source);
                    self.diagnostics.extend(problems);
                    self.script.commands.push(Command::Version(nodes));
                }
                Err(error) => self.diagnostics.push(error.into_diagnostic()),
            }
        }
    }

    /// `--dynamic-list` and `--export-dynamic-symbol-list`, which are written like a version without a name.
    fn symbol_lists(&mut self) {
        let dynamic = &self.options.dynamic;
        let lists = dynamic.lists.iter().map(|path| (path, true));
        let lists = lists.chain(dynamic.export_lists.iter().map(|path| (path, false)));
        for (path, replaceable) in lists {
            if let Some(source) = self.open_script(path) {
                let (nodes, problems) = parse_versions(&mut self.script, source);
                self.diagnostics.extend(problems);
                let list = Command::SymbolList { replaceable, nodes };
                self.script.commands.push(list);
            }
        }
    }

    /// `--defsym` is an assignment at the place of the option among the scripts (lld): adds those before the
    /// script of this number.
    fn define_symbols(&mut self, number: usize) {
        let symbols = &self.options.symbols;
        let given = symbols.defsym.iter().zip(&symbols.defsym_after);
        let new = given
            .skip(self.defined)
            .take_while(|(_, after)| **after <= number);
        for ((symbol, expression), _) in new {
            self.defined += 1;
            match parse_defsym(&mut self.script, &format!("{symbol}={expression}")) {
                Ok(assignment) => self.script.commands.push(Command::Assign(assignment)),
                Err(problems) => self.diagnostics.extend(problems),
            }
        }
    }

    /// Opens a script of the command line.
    fn open_script(&mut self, path: &Path) -> Option<Source> {
        let mut loader = Scripts {
            store: self.store,
            search: &self.search,
            warnings: &mut self.warnings,
        };
        let opened = loader.open(&path.to_string_lossy(), Path::new(""));
        opened
            .map_err(|error| self.diagnostics.push(error.into_diagnostic()))
            .ok()
    }

    fn parse(&mut self, source: Source) {
        let mut loader = Scripts {
            store: self.store,
            search: &self.search,
            warnings: &mut self.warnings,
        };
        let problems = parse_into(&mut self.script, source, &mut loader);
        self.diagnostics.extend(problems);
    }

    /// The files named by these commands of the script, which are in the file `from`.
    fn inputs_of(&mut self, commands: Range<usize>, from: &Path) -> ScriptInputs {
        let mut out = ScriptInputs::default();
        let mut binary = false;
        for command in &self.script.commands[commands] {
            let named: Vec<(&Name, bool)> = match command {
                Command::SearchDir(dir) => {
                    if !self.options.input.only_command_line_dirs {
                        self.search.add_script_dir(&dir.text);
                    }
                    continue;
                }
                Command::Input(files) | Command::Group(files) => {
                    let files = files.iter().map(|file| (&file.name, file.as_needed));
                    files.collect()
                }
                Command::Startup(name) => vec![(name, false)],
                // The format of the files that are named from here on, as with `--format`.
                Command::Target(name) => {
                    binary = &*name.text == "binary";
                    continue;
                }
                _ => continue,
            };
            for (place, as_needed) in named {
                let name = &*place.text;
                let (what, path) = match name.strip_prefix("-l") {
                    Some(library) => (
                        InputWhat::Library(library.to_owned()),
                        self.search.library(library, self.wanted_libraries(false)),
                    ),
                    None => (
                        InputWhat::File(PathBuf::from(name)),
                        self.search.input(name, from),
                    ),
                };
                let path = match path {
                    Ok(path) => path,
                    Err(error) => {
                        let problem = error.into_diagnostic();
                        let problem = self.script.label(problem, place.span, "");
                        self.diagnostics.push(problem);
                        continue;
                    }
                };
                let arg = InputArg {
                    what,
                    whole_archive: false,
                    in_lib_group: false,
                    just_symbols: false,
                    binary,
                    as_needed,
                    static_only: self.options.input.fully_static,
                };
                match command {
                    Command::Startup(_) => out.startup.push((arg, path)),
                    _ => out.others.push((arg, path)),
                }
            }
        }
        out
    }
}

/// The files that a script names.
#[derive(Default)]
struct ScriptInputs {
    /// By STARTUP.
    startup: Vec<NamedFile>,
    /// By INPUT and GROUP.
    others: Vec<NamedFile>,
}

/// `--remap-inputs`: the file that is read in place of another.
fn remapped(path: &Path, options: &ElfOptions) -> PathBuf {
    let text = path.to_string_lossy();
    let found = options
        .input
        .remap_inputs
        .iter()
        .find(|(from, _)| Glob::new(from.as_str()).matches(text.as_bytes()));
    found.map_or_else(|| path.to_owned(), |(_, to)| PathBuf::from(to))
}

/// The error for an output that would overwrite one of the inputs, so that the link could not be repeated.
pub(crate) fn output_among_inputs(opened: &Opened<'_>, options: &ElfOptions) -> Option<Diagnostic> {
    let name = options.output.file_name()?;
    let output = std::fs::canonicalize(&options.output).ok()?;
    opened
        .files
        .iter()
        .map(|(_, file)| file.path.as_path())
        .filter(|path| path.file_name() == Some(name))
        .find(|path| std::fs::canonicalize(path).is_ok_and(|path| path == output))
        .map(|path| {
            Diagnostic::error(format!(
                "the output `{}` is one of the inputs",
                path.display()
            ))
            .help("name another file with `-o`")
            .code("output-is-input")
        })
}

//! Scripts are read first: they name inputs, symbols and roots.
//!
//! Problem: `-T`, `--defsym`, version scripts and text files in place of libraries each have their
//! place among the others, scripts include scripts and name further inputs, and whoever has no layout of
//! his own gets the built-in one.
//!
//! Spec: GNU ld manual, "Commands Dealing with Files", "Implicit Linker Scripts".

use std::path::{Path, PathBuf};

use xsys_diag::{Diagnostic, Source};

use super::fallback::{has_layout, read_before};
use crate::input::kind::FileKind;
use crate::input::map::{FileStore, InputFile};
use crate::input::search::Search;
use crate::options::{ElfOptions, InputArg, InputWhat};
use crate::script::ast::{Command, Glob, Name, Script};
use crate::script::parse::{IncludeError, Loader, parse_defsym, parse_into, parse_versions};

/// The files of a link, opened but not looked into.
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
    let mut search = Search::new(&options.input.search_dirs, options.input.sysroot.as_deref());
    let mut script = Script::default();
    let mut warnings = Vec::new();
    let mut read: Vec<PathBuf> = Vec::new();
    let mut defsym = options
        .symbols
        .defsym
        .iter()
        .zip(&options.symbols.defsym_after)
        .peekable();
    // Where each script's commands begin.
    let mut begins = Vec::new();
    for (position, path) in options.input.scripts.iter().enumerate() {
        while let Some((given, _)) = defsym.next_if(|(_, after)| **after <= position) {
            define_symbol(&mut script, given, diagnostics);
        }
        let mut loader = Scripts {
            store,
            search: &search,
            warnings: &mut warnings,
        };
        begins.push(script.commands.len());
        read_given(path, &mut read, &mut script, &mut loader, diagnostics);
    }
    let mut files = Vec::new();
    // What a script names stands where the script stands among the inputs.
    let mut queue: Vec<(InputArg, PathBuf)> = Vec::new();
    let mut named: Vec<(usize, Vec<NamedFile>)> = Vec::new();
    for (index, &begin) in begins.iter().enumerate() {
        let end = begins.get(index + 1).copied();
        let commands = begin..end.unwrap_or(script.commands.len());
        let at = options.input.scripts_at.get(index).copied().unwrap_or(0);
        let (first, rest) = script_inputs(
            &script,
            commands,
            &mut search,
            options,
            Path::new(""),
            diagnostics,
        );
        queue.extend(first);
        named.push((at, rest));
    }
    if let Some(path) = &options.input.default_script
        && !has_layout(&script.commands)
        && !implicit_layout(options, store, &search)
    {
        let mut loader = Scripts {
            store,
            search: &search,
            warnings: &mut warnings,
        };
        let before = script.commands.len();
        match loader.open(&path.to_string_lossy(), Path::new("")) {
            Ok(source) => diagnostics.extend(read_before(&mut script, source, &mut loader)),
            Err(error) => diagnostics.push(error.into_diagnostic()),
        }
        let commands = 0..script.commands.len().saturating_sub(before);
        let from = Path::new("");
        let (first, rest) =
            script_inputs(&script, commands, &mut search, options, from, diagnostics);
        queue.extend(first);
        named.insert(0, (0, rest));
    }
    let mut named = named.into_iter().peekable();
    for (position, arg) in options.input.args.iter().enumerate() {
        while let Some((_, list)) = named.next_if(|(at, _)| *at <= position) {
            queue.extend(list);
        }
        let path = match &arg.what {
            InputWhat::File(path) => remapped(path, options),
            InputWhat::Library(name) => match search.library(name) {
                Ok(path) => path,
                Err(error) => {
                    diagnostics.push(error.into_diagnostic());
                    continue;
                }
            },
        };
        queue.push((arg.clone(), path));
    }
    queue.extend(named.flat_map(|(_, list)| list));
    let paths: Vec<PathBuf> = queue.iter().map(|(_, path)| path.clone()).collect();
    let opened = store.open_all(&paths);
    for ((arg, path), file) in queue.into_iter().zip(opened) {
        let file = match file {
            Ok(file) => file,
            Err(error) => {
                diagnostics.push(error.into_diagnostic());
                continue;
            }
        };
        if arg.binary || arg.just_symbols || FileKind::of(file.bytes()) != FileKind::Text {
            files.push((arg, file));
            continue;
        }
        // A text file in place of an object or library is a linker script (GNU ld manual,
        // "Implicit Linker Scripts").
        let Ok(text) = std::str::from_utf8(file.bytes()) else {
            continue;
        };
        let before = script.commands.len();
        let source = Source {
            path: path.clone(),
            text: text.into(),
        };
        let mut loader = Scripts {
            store,
            search: &search,
            warnings: &mut warnings,
        };
        diagnostics.extend(parse_into(&mut script, source, &mut loader));
        let commands = before..script.commands.len();
        let (first, rest) =
            script_inputs(&script, commands, &mut search, options, &path, diagnostics);
        for (arg, path) in first.into_iter().chain(rest) {
            match store.open(&path) {
                Ok(file) => files.push((arg, file)),
                Err(error) => diagnostics.push(error.into_diagnostic()),
            }
        }
    }
    version_scripts(options, store, &search, &mut script, diagnostics);
    for (given, _) in defsym {
        define_symbol(&mut script, given, diagnostics);
    }
    diagnostics.append(&mut warnings);
    (script, Opened { files })
}

/// Reads a script of `-T`, but none twice: build scripts of several crates may each pass the same one.
fn read_given(
    path: &Path,
    read: &mut Vec<PathBuf>,
    script: &mut Script,
    loader: &mut dyn Loader,
    diagnostics: &mut Vec<Diagnostic>,
) {
    let source = match loader.open(&path.to_string_lossy(), Path::new("")) {
        Ok(source) => source,
        Err(error) => return diagnostics.push(error.into_diagnostic()),
    };
    let own = source.path.canonicalize().unwrap_or_default();
    if read.contains(&own) {
        let shown = source.path.display();
        let text = format!("linker script `{shown}` is given twice; it is read once");
        diagnostics.push(
            Diagnostic::warning(text)
                .help("look for `-T` in build scripts and in `.cargo/config.toml`, and keep one"),
        );
        return;
    }
    read.push(own);
    diagnostics.extend(parse_into(script, source, loader));
}

/// Whether a text file among the inputs, which is a script as well, brings a layout.
fn implicit_layout(options: &ElfOptions, store: &FileStore, search: &Search) -> bool {
    let compiled = |path: &Path| {
        path.extension()
            .is_some_and(|end| end == "o" || end == "rlib")
    };
    let files = options.input.args.iter().filter_map(|arg| match &arg.what {
        InputWhat::File(path) if !arg.binary && !compiled(path) => Some(path),
        _ => None,
    });
    files.filter_map(|path| store.open(path).ok()).any(|file| {
        if FileKind::of(file.bytes()) != FileKind::Text {
            return false;
        }
        let Ok(text) = std::str::from_utf8(file.bytes()) else {
            return false;
        };
        let mut script = Script::default();
        let mut loader = Scripts {
            store,
            search,
            warnings: &mut Vec::new(),
        };
        let source = Source {
            path: file.path.clone(),
            text: text.into(),
        };
        // What is wrong with it is told when it is read in its place.
        parse_into(&mut script, source, &mut loader);
        has_layout(&script.commands)
    })
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

/// Version scripts, which say the same as VERSION in a linker script.
fn version_scripts(
    options: &ElfOptions,
    store: &FileStore,
    search: &Search,
    script: &mut Script,
    diagnostics: &mut Vec<Diagnostic>,
) {
    for path in &options.symbols.version_scripts {
        let mut warnings = Vec::new();
        let mut loader = Scripts {
            store,
            search,
            warnings: &mut warnings,
        };
        match loader.open(&path.to_string_lossy(), Path::new("")) {
            Ok(source) => {
                let (nodes, problems) = parse_versions(script, source);
                diagnostics.extend(problems);
                script.commands.push(Command::Version(nodes));
            }
            Err(error) => diagnostics.push(error.into_diagnostic()),
        }
    }
}

/// `--defsym` is an assignment that stands where the option stands among the scripts (lld).
fn define_symbol(
    script: &mut Script,
    (symbol, expression): &(String, String),
    diagnostics: &mut Vec<Diagnostic>,
) {
    match parse_defsym(script, &format!("{symbol}={expression}")) {
        Ok(assignment) => script.commands.push(Command::Assign(assignment)),
        Err(problems) => diagnostics.extend(problems),
    }
}

/// A file that a script names, and where it was found.
type NamedFile = (InputArg, PathBuf);

/// The files that a script's STARTUP names, and those of its INPUT and GROUP.
fn script_inputs(
    script: &Script,
    commands: std::ops::Range<usize>,
    search: &mut Search,
    options: &ElfOptions,
    from: &Path,
    diagnostics: &mut Vec<Diagnostic>,
) -> (Vec<NamedFile>, Vec<NamedFile>) {
    let (mut startup, mut out) = (Vec::new(), Vec::new());
    let mut binary = false;
    for command in &script.commands[commands] {
        let named: Vec<&Name> = match command {
            Command::SearchDir(dir) => {
                if !options.input.only_command_line_dirs {
                    search.add_script_dir(&dir.text);
                }
                continue;
            }
            Command::Input(files) | Command::Group(files) => {
                files.iter().map(|file| &file.name).collect()
            }
            Command::Startup(name) => vec![name],
            // The format of the files that are named from here on, as with `--format`.
            Command::Target(name) => {
                binary = &*name.text == "binary";
                continue;
            }
            _ => continue,
        };
        for place in named {
            let name = &*place.text;
            let (what, path) = match name.strip_prefix("-l") {
                Some(library) => (
                    InputWhat::Library(library.to_owned()),
                    search.library(library),
                ),
                None => (
                    InputWhat::File(PathBuf::from(name)),
                    search.input(name, from),
                ),
            };
            match path {
                Ok(path) => {
                    let arg = InputArg {
                        what,
                        whole_archive: false,
                        in_lib_group: false,
                        just_symbols: false,
                        binary,
                    };
                    // STARTUP comes before everything else.
                    if matches!(command, Command::Startup(_)) {
                        startup.push((arg, path))
                    } else {
                        out.push((arg, path))
                    }
                }
                Err(error) => {
                    diagnostics.push(script.label(error.into_diagnostic(), place.span, ""))
                }
            }
        }
    }
    (startup, out)
}

/// An output that would replace one of the inputs, which could then not be linked again.
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

//! Which files a linker will read, judged by its arguments.
//!
//! Some linkers can list what they have read (`--dependency-file`), but whether one can is only known once it has
//! failed. The command line is the same for all of them: scripts and lists that options name, libraries, plain file
//! names, and what scripts INCLUDE. The options of GNU ld, lld, compilers in front of them and lld-link are read
//! together: if an option means something else to another linker, its value is not the name of an existing file.

use std::ffi::OsString;
use std::path::{Path, PathBuf};

use xsys_diag::Source;
use xsys_link::ReadFile;
use xsys_link::input::kind::FileKind;
use xsys_link::input::search::{Search, in_sysroot};
use xsys_link::script::ast::{Command, Script};
use xsys_link::script::parse::{IncludeError, Loader, parse_into};
use xsys_link::wasm::options::expand_all;

use crate::linker::record::stat;

/// The files that a link will read.
#[derive(Debug, Default)]
pub(super) struct Reading {
    pub output: Option<PathBuf>,
    pub read: Vec<ReadFile>,
    /// Places where scripts were searched before they were found.
    pub missed: Vec<PathBuf>,
}

/// The kind of an option's value.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Value {
    Output,
    Script,
    /// A file that is read.
    List,
    Library,
    Directory,
    Sysroot,
    /// A name, or a file that is written.
    NotRead,
}

/// Options with one or two dashes, whose value comes after `=` or as the next word.
const LONG: [(&str, Value); 37] = [
    ("output", Value::Output),
    ("script", Value::Script),
    ("default-script", Value::Script),
    ("dT", Value::Script),
    ("version-script", Value::List),
    ("dynamic-list", Value::List),
    ("just-symbols", Value::List),
    ("retain-symbols-file", Value::List),
    ("symbol-ordering-file", Value::List),
    ("section-ordering-file", Value::List),
    ("call-graph-ordering-file", Value::List),
    ("export-dynamic-symbol-list", Value::List),
    ("remap-inputs-file", Value::List),
    ("in-implib", Value::List),
    ("mri-script", Value::List),
    ("allow-undefined-file", Value::List),
    ("exported_symbols_list", Value::List),
    ("unexported_symbols_list", Value::List),
    ("order_file", Value::List),
    ("specs", Value::List),
    ("library", Value::Library),
    ("library-path", Value::Directory),
    ("sysroot", Value::Sysroot),
    ("Map", Value::NotRead),
    ("dependency-file", Value::NotRead),
    ("out-implib", Value::NotRead),
    ("cmse-implib", Value::NotRead),
    ("flavor", Value::NotRead),
    ("entry", Value::NotRead),
    ("undefined", Value::NotRead),
    ("soname", Value::NotRead),
    ("wrap", Value::NotRead),
    ("defsym", Value::NotRead),
    ("dumpbase", Value::NotRead),
    ("rpath", Value::NotRead),
    ("rpath-link", Value::NotRead),
    ("dynamic-linker", Value::NotRead),
];

/// Options of one letter, whose value may be in the same word.
const SHORT: [(&str, Value); 4] = [
    ("T", Value::Script),
    ("L", Value::Directory),
    ("l", Value::Library),
    // A directory for the loader, or a file of which only symbols are used.
    ("R", Value::List),
];

/// Options whose value is always the next word.
const APART: [(&str, Value); 6] = [
    ("o", Value::Output),
    ("e", Value::NotRead),
    ("u", Value::NotRead),
    ("m", Value::NotRead),
    ("z", Value::NotRead),
    ("h", Value::NotRead),
];

/// Options of lld-link, compared without regard to case.
const COLON: [(&str, Value); 5] = [
    ("out:", Value::Output),
    ("def:", Value::List),
    ("order:@", Value::List),
    ("manifestinput:", Value::List),
    ("libpath:", Value::Directory),
];

impl Reading {
    /// Searches the disk as the linker will do, in the same directory.
    pub(super) fn of(args: &[OsString]) -> Self {
        let (words, _) = expand_all(args);
        let (handed_on, more) = (for_the_linker(&words), xsys_link::response_files);
        let mut reader = Reader::default();
        for path in more(args).iter().chain(&more(&handed_on)) {
            reader.take(path);
        }
        let (words, _) = expand_all(&handed_on);
        let items = items(&words);
        let values = |wanted: Value| {
            let of_it = items.iter().filter(move |item| item.0 == Some(wanted));
            of_it.map(|item| item.1.as_str())
        };
        let sysroot = values(Value::Sysroot).next_back().map(PathBuf::from);
        let directories = values(Value::Directory);
        let directories: Vec<PathBuf> = directories
            .map(|directory| in_sysroot(sysroot.as_deref(), Path::new(directory)))
            .collect();
        reader.search = Search::new(&directories, sysroot.as_deref());
        reader.directories = directories;
        for (value, text) in &items {
            match value {
                Some(Value::Script) => reader.script(text),
                Some(Value::List) => drop(reader.find(text)),
                Some(Value::Library) => reader.library(text),
                None => reader.input(Path::new(text)),
                _ => {}
            }
        }
        reader.found.output = values(Value::Output).next_back().map(PathBuf::from);
        reader.found
    }
}

/// The arguments that a linker gets from the compiler in front of it.
fn for_the_linker(words: &[OsString]) -> Vec<OsString> {
    let mut plain = Vec::new();
    let mut words = words.iter();
    while let Some(word) = words.next() {
        match word.to_str() {
            Some("-Xlinker") => plain.extend(words.next().cloned()),
            Some(text) => match text.strip_prefix("-Wl,") {
                Some(list) => plain.extend(list.split(',').map(OsString::from)),
                None => plain.push(word.clone()),
            },
            None => plain.push(word.clone()),
        }
    }
    plain
}

/// The values of options, and the other words (without a kind).
fn items(words: &[OsString]) -> Vec<(Option<Value>, String)> {
    let mut items = Vec::new();
    let mut words = words.iter().map(|word| word.to_string_lossy());
    while let Some(word) = words.next() {
        match option(&word) {
            Some((value, Some(text))) => items.push((Some(value), text.to_owned())),
            Some((value, None)) => {
                items.extend(words.next().map(|text| (Some(value), text.into_owned())));
            }
            None if !word.starts_with('-') => items.push((None, word.into_owned())),
            None => {}
        }
    }
    items
}

/// An option with a value, and the value unless it is the next word.
fn option(word: &str) -> Option<(Value, Option<&str>)> {
    if let Some(rest) = word.strip_prefix(['/', '-']) {
        let of_link = COLON.iter().find_map(|(name, value)| {
            let (start, text) = rest.split_at_checked(name.len())?;
            let is_it = start.eq_ignore_ascii_case(name);
            is_it.then_some((*value, Some(text)))
        });
        if of_link.is_some() {
            return of_link;
        }
    }
    let one = word.strip_prefix('-')?;
    let (name, text) = match one.strip_prefix('-').unwrap_or(one).split_once('=') {
        Some((name, text)) => (name, Some(text)),
        None => (one.strip_prefix('-').unwrap_or(one), None),
    };
    if let Some((_, value)) = LONG.iter().find(|(known, _)| *known == name) {
        return Some((*value, text));
    }
    if let Some((_, value)) = APART.iter().find(|(known, _)| *known == one) {
        return Some((*value, None));
    }
    SHORT.iter().find_map(|(letter, value)| {
        let text = one.strip_prefix(letter)?;
        Some((*value, Some(text).filter(|text| !text.is_empty())))
    })
}

/// Finds the files that names mean.
#[derive(Default)]
struct Reader {
    search: Search,
    /// From the command line.
    directories: Vec<PathBuf>,
    found: Reading,
}

impl Reader {
    /// Adds an existing file; returns whether it is new.
    fn take(&mut self, path: &Path) -> bool {
        let is_known = self.found.read.iter().any(|read| read.path == path);
        let read = Some(path).filter(|path| !is_known && path.is_file());
        let Some(read) = read.and_then(stat) else {
            return false;
        };
        self.found.read.push(read);
        true
    }

    /// Searches a file as linkers search scripts.
    fn find(&mut self, name: &str) -> Option<PathBuf> {
        let found = self.search.script(Path::new(name)).ok()?;
        self.found.missed.extend(found.missed);
        self.take(&found.path).then_some(found.path)
    }

    fn script(&mut self, name: &str) {
        if let Some(path) = self.find(name) {
            self.follow(&path);
        }
    }

    /// An input; a text file is a script.
    fn input(&mut self, path: &Path) {
        if self.take(path) && is_text(path) {
            self.follow(path);
        }
    }

    /// `-lNAME`. If a directory has both kinds of library, both are added, because the choice
    /// depends on too much.
    fn library(&mut self, name: &str) {
        let names = match name.strip_prefix(':') {
            Some(exact) => vec![exact.to_owned()],
            None => ["lib*.so", "lib*.dylib", "lib*.a", "*.lib", "lib*.dll.a"]
                .map(|pattern| pattern.replace('*', name))
                .into(),
        };
        let files = |directory: &PathBuf| -> Vec<PathBuf> {
            let paths = names.iter().map(|name| directory.join(name));
            paths.filter(|path| path.is_file()).collect()
        };
        let first = self.directories.iter().map(files).find(|it| !it.is_empty());
        for path in first.into_iter().flatten() {
            self.input(&path);
        }
    }

    /// The files that a script names. Its mistakes are left for the linker to report.
    fn follow(&mut self, path: &Path) {
        let Some(source) = source(path) else {
            return;
        };
        let mut script = Script::default();
        parse_into(&mut script, source, self);
        for command in &script.commands {
            let files = match command {
                Command::SearchDir(directory) => {
                    self.search.add_script_dir(&directory.text);
                    continue;
                }
                Command::Input(files) | Command::Group(files) => {
                    files.iter().map(|file| &file.name).collect()
                }
                Command::Startup(name) => vec![name],
                _ => continue,
            };
            for name in files {
                match name.text.strip_prefix("-l") {
                    Some(library) => self.library(library),
                    None => {
                        if let Ok(found) = self.search.input(&name.text, path) {
                            self.input(&found);
                        }
                    }
                }
            }
        }
    }
}

impl Loader for Reader {
    fn open(&mut self, name: &str, from: &Path) -> Result<Source, IncludeError> {
        let path = match self.search.script(Path::new(name)) {
            Ok(found) => {
                self.found.missed.extend(found.missed);
                found.path
            }
            // Not all linkers search there.
            Err(_) => from.with_file_name(name),
        };
        self.take(&path);
        source(&path).ok_or_else(|| IncludeError::NotFound {
            name: name.to_owned(),
            searched: Vec::new(),
        })
    }
}

fn source(path: &Path) -> Option<Source> {
    let text = std::fs::read_to_string(path).ok()?;
    Some(Source {
        path: path.to_owned(),
        text: text.into(),
    })
}

fn is_text(path: &Path) -> bool {
    use std::io::Read;
    let mut start = Vec::new();
    let read = std::fs::File::open(path).and_then(|file| file.take(64).read_to_end(&mut start));
    read.is_ok()
        && matches!(FileKind::of(&start), FileKind::Text | FileKind::Unknown)
        && std::fs::read(path).is_ok_and(|bytes| FileKind::of(&bytes) == FileKind::Text)
}

#[cfg(test)]
mod tests {
    use super::*;

    /// A directory with files; returns which of them a command line has read and missed, by name.
    fn read(files: &[(&str, &str)], line: &str) -> (String, String) {
        let directory = tempfile::tempdir().unwrap();
        let at = directory.path();
        for (name, text) in files {
            let path = at.join(name);
            std::fs::create_dir_all(path.parent().unwrap()).unwrap();
            std::fs::write(path, text.replace("DIR/", &format!("{}/", at.display()))).unwrap();
        }
        let line = line.replace("DIR", &at.display().to_string());
        let args: Vec<OsString> = line.split(' ').map(OsString::from).collect();
        let found = Reading::of(&args);
        let names = |paths: Vec<&PathBuf>| {
            let inside = paths.iter().filter_map(|path| path.strip_prefix(at).ok());
            let names = inside.map(|path| path.display().to_string());
            names.collect::<Vec<_>>().join(" ")
        };
        let paths = found.read.iter().map(|read| &read.path).collect();
        (names(paths), names(found.missed.iter().collect()))
    }

    #[test]
    fn scripts_are_found_in_all_spellings() {
        for line in [
            "-T DIR/a.x",
            "-TDIR/a.x",
            "--script=DIR/a.x",
            "-script DIR/a.x",
            "-dT DIR/a.x",
            "-flavor gnu DIR/a.x",
            "-Wl,-TDIR/a.x",
            "-Wl,-T -Wl,DIR/a.x",
            "-Wl,--script,DIR/a.x,-n",
            "-Xlinker -T -Xlinker DIR/a.x",
            "-Wl,--version-script=DIR/a.x",
            "--dynamic-list=DIR/a.x",
            "--just-symbols DIR/a.x",
            "-RDIR/a.x",
            "-LDIR -Ta.x",
            "-L DIR --version-script a.x",
            "-LDIR -l:a.x",
            "/NOLOGO /DEF:DIR/a.x /OUT:DIR/b",
            "-o DIR/b DIR/a.x",
            "-Map DIR/b -Map=DIR/b DIR/a.x",
        ] {
            let files = [("a.x", "ENTRY(e)"), ("b", "written")];
            assert_eq!(read(&files, line).0, "a.x", "{line}");
        }
        for line in ["-Ttext=0x100 -n", "-DIR/a.x", "-LDIR -lx", "-Map=DIR/a.x"] {
            assert_eq!(read(&[("a.x", "")], line).0, "", "{line}");
        }
    }

    #[test]
    fn what_scripts_name_is_followed() {
        for (files, line, expected, missed) in [
            // The first directory that has it; places that come before it are recorded.
            (
                &[
                    ("b/a.x", "INCLUDE m.x SECTIONS { INCLUDE i/s.x }"),
                    ("c/m.x", "MEMORY { INCLUDE r.x }"),
                    ("c/r.x", ""),
                    ("b/i/s.x", ""),
                ][..],
                "-T a.x -LDIR/n -LDIR/b -LDIR/c",
                "b/a.x c/m.x c/r.x b/i/s.x",
                "n/a.x n/m.x b/m.x n/r.x b/r.x n/i/s.x",
            ),
            // Beside the script, and a circle.
            (
                &[("b/a.x", "INCLUDE m.x"), ("b/m.x", "INCLUDE a.x")],
                "-TDIR/b/a.x",
                "b/a.x b/m.x",
                "",
            ),
            // Libraries, some of them text, and mistakes.
            (
                &[
                    ("l/libt.so", "GROUP ( -lu DIR/v.a )"),
                    ("l/libu.a", "!<arch>\n"),
                    ("v.a", "!<arch>\n"),
                    ("w", "SEARCH_DIR(DIR/l) INPUT(x.o) }}"),
                    ("l/x.o", "\x7fELF"),
                ],
                "-LDIR/l -lt DIR/w",
                "l/libt.so l/libu.a v.a w l/x.o",
                "",
            ),
            // Response files.
            (
                &[
                    ("r", "-LDIR/ -Wl,@DIR/s"),
                    ("s", "-T\na.x\n"),
                    ("a.x", "INCLUDE missing.x"),
                ],
                "@DIR/r -n",
                "r s a.x",
                "",
            ),
        ] {
            let found = read(files, line);
            assert_eq!(found, (expected.to_owned(), missed.to_owned()), "{line}");
        }
    }

    #[test]
    fn the_output_is_known() {
        for (line, expected) in [
            ("-o a.out b.o", Some("a.out")),
            ("--output=a.out", Some("a.out")),
            ("/OUT:a.exe", Some("a.exe")),
            ("-Wl,-o,a.out", Some("a.out")),
            ("--version -omagic", None),
        ] {
            let args: Vec<OsString> = line.split(' ').map(OsString::from).collect();
            let output = Reading::of(&args).output;
            assert_eq!(output.as_deref(), expected.map(Path::new), "{line}");
        }
    }
}

//! xsys as an archiver: `ar` and `ranlib` for build scripts, for any architecture.
//!
//! A linker finds members of an archive by its index, which is made from the symbols of the objects. The host's `ar`
//! makes none for objects of a foreign format, so that a linker sees an empty library. Build scripts are given this
//! program instead (`AR_<target>`); it is called `xsys-ar` or `xsys-ranlib` through links in the cache. It takes the
//! command lines of GNU's and LLVM's `ar`: the operations `d`, `p`, `q`, `r`, `s`, `t` and `x`.
//!
//! Archives contain no times, owners or modes of files: equal objects give equal bytes.

use std::ffi::OsString;
use std::io::Write;
use std::path::{Path, PathBuf};
use std::process::ExitCode;

use ar_archive_writer::{
    ArchiveKind, DEFAULT_OBJECT_READER, NewArchiveMember, ObjectReader, write_archive_to_stream,
};
use object::read::archive::ArchiveFile;
use object::{Object, ObjectSymbol};
use xsys_diag::Diagnostic;
use xsys_sysroot::Cache;

use crate::error::file;
use crate::own_program;
use crate::render;
use crate::ui::{self, Ui};

type Result<T> = std::result::Result<T, Diagnostic>;

/// The names that it is called by.
pub(crate) const AR: &str = "xsys-ar";
pub(crate) const RANLIB: &str = "xsys-ranlib";

/// Creates links to this program in the cache and returns the path of `xsys-ar`. The path is the same for all programs
/// and versions of xsys, because build scripts run again when a variable changes.
pub(crate) fn install(cache: &Cache) -> Result<PathBuf> {
    let own = own_program::path().map_err(|error| file("find", Path::new("xsys"), &error))?;
    let directory = cache.root().join("bin");
    std::fs::create_dir_all(&directory).map_err(|error| file("make", &directory, &error))?;
    for name in [AR, RANLIB] {
        let path = directory.join(format!("{name}{}", std::env::consts::EXE_SUFFIX));
        link(&own, &path).map_err(|error| file("write", &path, &error))?;
    }
    Ok(directory.join(format!("{AR}{}", std::env::consts::EXE_SUFFIX)))
}

#[cfg(unix)]
fn link(own: &Path, path: &Path) -> std::io::Result<()> {
    if std::fs::read_link(path).is_ok_and(|target| target == own) {
        return Ok(());
    }
    let directory = path.parent().unwrap_or(Path::new("."));
    let staging = tempfile::tempdir_in(directory)?;
    let fresh = staging.path().join("link");
    std::os::unix::fs::symlink(own, &fresh)?;
    std::fs::rename(&fresh, path)
}

/// Links need rights on Windows that few users have.
#[cfg(not(unix))]
fn link(own: &Path, path: &Path) -> std::io::Result<()> {
    let size = |path: &Path| path.metadata().map(|metadata| metadata.len()).ok();
    if size(path).is_some() && size(path) == size(own) {
        return Ok(());
    }
    let _ = std::fs::remove_file(path);
    std::fs::hard_link(own, path).or_else(|_| std::fs::copy(own, path).map(|_| ()))
}

/// `xsys-ar` with the arguments behind its name.
pub(crate) fn main(args: Vec<OsString>) -> ExitCode {
    ended(
        expanded(args).and_then(|args| match Request::parse(&args)? {
            Some(request) => request.run(),
            None => {
                version(AR);
                Ok(())
            }
        }),
    )
}

/// `xsys-ranlib`: makes the index of archives anew.
pub(crate) fn ranlib_main(args: Vec<OsString>) -> ExitCode {
    let is_flag = |arg: &OsString| arg.to_string_lossy().starts_with('-');
    if args.iter().any(|arg| arg == "--version" || arg == "-V") {
        version(RANLIB);
        return ExitCode::SUCCESS;
    }
    let archives = args.into_iter().filter(|arg| !is_flag(arg));
    ended(archives.map(PathBuf::from).try_for_each(|path| {
        let members = read(&path)?;
        write(&path, &members)
    }))
}

fn version(name: &str) {
    // Scripts that look for `GNU` in it then use the usual options.
    ui::answer(&format!(
        "{name} {}, compatible with GNU ar",
        env!("CARGO_PKG_VERSION")
    ));
}

fn ended(result: Result<()>) -> ExitCode {
    match result {
        Ok(()) => ExitCode::SUCCESS,
        Err(diagnostic) => {
            render::show(&Ui::new(None, false), &[diagnostic]);
            ExitCode::FAILURE
        }
    }
}

/// Replaces `@FILE` by the words in a file.
fn expanded(args: Vec<OsString>) -> Result<Vec<OsString>> {
    let mut list = Vec::new();
    for arg in args {
        let text = arg.to_string_lossy();
        let Some(path) = text.strip_prefix('@').map(Path::new) else {
            list.push(arg);
            continue;
        };
        let words = std::fs::read_to_string(path).map_err(|error| file("read", path, &error))?;
        list.extend(words_of(&words).into_iter().map(OsString::from));
    }
    Ok(list)
}

/// Splits text into words as a shell does: quotes and backslashes protect.
fn words_of(text: &str) -> Vec<String> {
    let mut words = Vec::new();
    let mut word: Option<String> = None;
    let mut quote = None;
    let mut letters = text.chars();
    while let Some(letter) = letters.next() {
        match (letter, quote) {
            ('\\', None | Some('"')) => word.get_or_insert_default().extend(letters.next()),
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

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Operation {
    Delete,
    Print,
    Append,
    Replace,
    Index,
    List,
    Extract,
}

#[derive(Debug, PartialEq, Eq)]
struct Request {
    operation: Operation,
    archive: PathBuf,
    files: Vec<PathBuf>,
}

impl Request {
    /// None if only the version was asked for.
    fn parse(args: &[OsString]) -> Result<Option<Self>> {
        let mut letters = String::new();
        let mut names = Vec::new();
        let mut args = args.iter();
        while let Some(arg) = args.next() {
            let text = arg.to_string_lossy();
            match text.as_ref() {
                "--version" | "-V" => return Ok(None),
                "--plugin" | "--target" | "--format" => {
                    args.next();
                }
                _ if text.starts_with("--") => {}
                _ if names.is_empty() && text.starts_with('-') => letters.push_str(&text[1..]),
                _ if names.is_empty() && letters.is_empty() => letters.push_str(&text),
                _ => names.push(PathBuf::from(arg)),
            }
        }
        let mut operation = None;
        for letter in letters.chars() {
            let found = match letter {
                'd' => Operation::Delete,
                'p' => Operation::Print,
                'q' => Operation::Append,
                'r' => Operation::Replace,
                't' => Operation::List,
                'x' => Operation::Extract,
                's' => {
                    operation = operation.or(Some(Operation::Index));
                    continue;
                }
                'c' | 'D' | 'f' | 'l' | 'o' | 'P' | 'S' | 'u' | 'U' | 'v' | 'V' => continue,
                other => {
                    return Err(
                        Diagnostic::error(format!("unknown operation `{other}` of ar"))
                            .help("known: d, p, q, r, s, t, x"),
                    );
                }
            };
            if operation.is_some_and(|old| old != found && old != Operation::Index) {
                return Err(Diagnostic::error(format!(
                    "`{letters}` asks ar for two operations at once"
                )));
            }
            operation = Some(found);
        }
        let operation = operation.ok_or_else(|| {
            Diagnostic::error("no operation for ar")
                .help("`xsys-ar rcs libNAME.a FILE.o …` makes an archive")
        })?;
        let mut names = names.into_iter();
        let archive = names
            .next()
            .ok_or_else(|| Diagnostic::error("no archive named for ar"))?;
        Ok(Some(Self {
            operation,
            archive,
            files: names.collect(),
        }))
    }

    fn run(&self) -> Result<()> {
        let exists = self.archive.exists();
        let mut members = match self.operation {
            Operation::Append | Operation::Replace if !exists => Vec::new(),
            _ => read(&self.archive)?,
        };
        match self.operation {
            Operation::Index => {}
            Operation::List => {
                for member in self.chosen(&members)? {
                    ui::answer(&member.name);
                }
                return Ok(());
            }
            Operation::Print => {
                for member in self.chosen(&members)? {
                    // A closed pipe is no reason to fail.
                    let _ = std::io::stdout().write_all(&member.bytes);
                }
                return Ok(());
            }
            Operation::Extract => {
                for member in self.chosen(&members)? {
                    let path = Path::new(&member.name);
                    // A name with directories in it must not be written elsewhere.
                    let path = Path::new(path.file_name().unwrap_or(path.as_os_str()));
                    std::fs::write(path, &member.bytes)
                        .map_err(|error| file("write", path, &error))?;
                }
                return Ok(());
            }
            Operation::Delete => {
                let names: Vec<String> = self.files.iter().map(|path| name_of(path)).collect();
                members.retain(|member| !names.contains(&member.name));
            }
            Operation::Append | Operation::Replace => {
                for path in &self.files {
                    let fresh = Member::load(path)?;
                    let old = members
                        .iter_mut()
                        .find(|member| member.name == fresh.name)
                        .filter(|_| self.operation == Operation::Replace);
                    match old {
                        Some(old) => *old = fresh,
                        None => members.push(fresh),
                    }
                }
            }
        }
        write(&self.archive, &members)
    }

    /// The named members, or all.
    fn chosen<'a>(&self, members: &'a [Member]) -> Result<Vec<&'a Member>> {
        if self.files.is_empty() {
            return Ok(members.iter().collect());
        }
        self.files
            .iter()
            .map(|path| {
                let name = name_of(path);
                let found = members.iter().find(|member| member.name == name);
                found.ok_or_else(|| {
                    Diagnostic::error(format!(
                        "`{}` has no member `{name}`",
                        self.archive.display()
                    ))
                })
            })
            .collect()
    }
}

struct Member {
    name: String,
    bytes: Vec<u8>,
}

impl Member {
    fn load(path: &Path) -> Result<Self> {
        Ok(Self {
            name: name_of(path),
            bytes: std::fs::read(path).map_err(|error| file("read", path, &error))?,
        })
    }
}

fn name_of(path: &Path) -> String {
    let name = path.file_name().unwrap_or(path.as_os_str());
    name.to_string_lossy().into_owned()
}

fn read(path: &Path) -> Result<Vec<Member>> {
    let bytes = std::fs::read(path).map_err(|error| file("read", path, &error))?;
    let broken = |error: object::Error| {
        Diagnostic::error(format!("`{}` is no archive: {error}", path.display()))
    };
    let archive = ArchiveFile::parse(bytes.as_slice()).map_err(broken)?;
    if archive.is_thin() {
        return Err(Diagnostic::error(format!(
            "`{}` is a thin archive, which only names its files",
            path.display()
        ))
        .help("make it without `T` or `--thin`"));
    }
    archive
        .members()
        .map(|member| {
            let member = member.map_err(broken)?;
            Ok(Member {
                name: String::from_utf8_lossy(member.name()).into_owned(),
                bytes: member.data(bytes.as_slice()).map_err(broken)?.to_vec(),
            })
        })
        .collect()
}

/// The finished archive takes its place at once.
fn write(path: &Path, members: &[Member]) -> Result<()> {
    let list: Vec<NewArchiveMember<'_>> = members
        .iter()
        .map(|member| NewArchiveMember::new(&member.bytes, &READER, member.name.clone()))
        .collect();
    let mut out = std::io::Cursor::new(Vec::new());
    let failed = |error: std::io::Error| file("write", path, &error);
    write_archive_to_stream(&mut out, &list, ArchiveKind::Gnu, false, Some(false))
        .map_err(failed)?;
    let mut name = path.as_os_str().to_owned();
    name.push(format!(".{}.tmp", std::process::id()));
    let staging = PathBuf::from(name);
    std::fs::write(&staging, out.into_inner())
        .and_then(|()| std::fs::rename(&staging, path))
        .map_err(|error| {
            let _ = std::fs::remove_file(&staging);
            failed(error)
        })
}

static READER: ObjectReader = ObjectReader {
    get_symbols: symbols,
    ..DEFAULT_OBJECT_READER
};

/// The names that an object defines for others. Files that are not objects define none.
fn symbols(
    bytes: &[u8],
    add: &mut dyn FnMut(&[u8]) -> std::io::Result<()>,
) -> std::io::Result<bool> {
    if bytes.starts_with(b"\0asm") {
        return wasm_symbols(bytes, add);
    }
    let Ok(object) = object::File::parse(bytes) else {
        return Ok(false);
    };
    for symbol in object.symbols() {
        let hidden_kind = matches!(
            symbol.kind(),
            object::SymbolKind::File | object::SymbolKind::Section
        );
        if !hidden_kind
            && symbol.is_global()
            && !symbol.is_undefined()
            && let Ok(name) = symbol.name_bytes()
        {
            add(name)?;
        }
    }
    Ok(true)
}

/// Of a wasm object: the definitions in its `linking` section.
fn wasm_symbols(
    bytes: &[u8],
    add: &mut dyn FnMut(&[u8]) -> std::io::Result<()>,
) -> std::io::Result<bool> {
    use wasmparser::{KnownCustom, Linking, Parser, Payload, SymbolFlags, SymbolInfo};
    let mut found = false;
    for payload in Parser::new(0).parse_all(bytes) {
        let Ok(Payload::CustomSection(section)) = payload else {
            if payload.is_err() {
                break;
            }
            continue;
        };
        let KnownCustom::Linking(linking) = section.as_known() else {
            continue;
        };
        for part in linking.into_iter().flatten() {
            let Linking::SymbolTable(symbols) = part else {
                continue;
            };
            found = true;
            for symbol in symbols.into_iter().flatten() {
                let (flags, name) = match symbol {
                    SymbolInfo::Func { flags, name, .. }
                    | SymbolInfo::Global { flags, name, .. }
                    | SymbolInfo::Event { flags, name, .. }
                    | SymbolInfo::Table { flags, name, .. } => (flags, name),
                    SymbolInfo::Data { flags, name, .. } => (flags, Some(name)),
                    SymbolInfo::Section { .. } => continue,
                };
                let given = !flags.contains(SymbolFlags::UNDEFINED)
                    && !flags.contains(SymbolFlags::BINDING_LOCAL);
                if let (true, Some(name)) = (given, name) {
                    add(name.as_bytes())?;
                }
            }
        }
    }
    Ok(found)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn parse(line: &str) -> Result<Option<Request>> {
        let args: Vec<OsString> = line.split_whitespace().map(OsString::from).collect();
        Request::parse(&args)
    }

    #[test]
    fn command_lines_of_build_scripts_are_understood() {
        for (line, operation, files) in [
            ("cq liba.a a.o b.o", Operation::Append, 2),
            ("cqD liba.a a.o", Operation::Append, 1),
            ("s liba.a", Operation::Index, 0),
            ("-rcs liba.a a.o", Operation::Replace, 1),
            ("rcs --plugin x.so liba.a a.o", Operation::Replace, 1),
            ("-r -c -s liba.a a.o", Operation::Replace, 1),
            ("t liba.a", Operation::List, 0),
            ("x liba.a a.o", Operation::Extract, 1),
        ] {
            let request = parse(line).unwrap().unwrap();
            assert_eq!(request.operation, operation, "{line}");
            assert_eq!(request.archive, Path::new("liba.a"), "{line}");
            assert_eq!(request.files.len(), files, "{line}");
        }
        assert_eq!(parse("--version").unwrap(), None);
        for (line, message) in [
            ("", "no operation for ar"),
            ("rcs", "no archive named for ar"),
            ("M", "unknown operation `M` of ar"),
            ("rx liba.a", "`rx` asks ar for two operations at once"),
        ] {
            assert_eq!(parse(line).unwrap_err().message, message, "{line}");
        }
    }

    #[test]
    fn response_files_have_words() {
        assert_eq!(
            words_of("rcs 'a b.a' \"c\\\"d.o\"\n e\\ f.o ''"),
            ["rcs", "a b.a", "c\"d.o", "e f.o", ""]
        );
    }

    #[test]
    fn archives_are_made_changed_and_read() {
        let place = tempfile::tempdir().unwrap();
        let archive = place.path().join("liba.a");
        let path = |name: &str| place.path().join(name);
        for (name, text) in [
            ("a.o", "one"),
            ("a_rather_long_name.o", "two"),
            ("b.o", "three"),
        ] {
            std::fs::write(path(name), text).unwrap();
        }
        let run = |operation: Operation, files: &[&str]| {
            let request = Request {
                operation,
                archive: archive.clone(),
                files: files.iter().map(|name| path(name)).collect(),
            };
            request.run().unwrap();
        };
        let content = || -> Vec<(String, String)> {
            let members = read(&archive).unwrap().into_iter();
            members
                .map(|member| (member.name, String::from_utf8(member.bytes).unwrap()))
                .collect()
        };
        let pair = |name: &str, text: &str| (name.to_owned(), text.to_owned());
        run(Operation::Append, &["a.o", "a_rather_long_name.o"]);
        run(Operation::Append, &["b.o"]);
        std::fs::write(path("a.o"), "changed").unwrap();
        run(Operation::Replace, &["a.o"]);
        run(Operation::Delete, &["b.o"]);
        assert_eq!(
            content(),
            [pair("a.o", "changed"), pair("a_rather_long_name.o", "two")]
        );
        let first = std::fs::read(&archive).unwrap();
        run(Operation::Index, &[]);
        assert_eq!(std::fs::read(&archive).unwrap(), first, "the same bytes");

        std::fs::write(&archive, "no archive").unwrap();
        assert!(read(&archive).is_err());
    }
}

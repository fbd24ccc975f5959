//! `--reproduce`: everything that a link was made of, in one file.
//!
//! Problem: a link cannot be repeated elsewhere or later. rustc removes its temporary objects, build
//! scripts write memory layouts into directories with hashes in their names, and a bug report has none
//! of these files. As with lld's option of this name, a tar file gets every file that was read, under
//! its absolute path in one directory, and `response.txt` with the arguments, in which these paths are
//! relative. Unpacked, the link is `xsys ld @response.txt`, or the same with another linker.
//!
//! The archive is made after the link, whether it has succeeded or not.

use std::collections::BTreeMap;
use std::ffi::{OsStr, OsString};
use std::fs::File;
use std::io::{self, BufWriter, Write};
use std::path::{Component, Path, PathBuf};

use xsys_diag::Diagnostic;

use super::map::FileStore;
use crate::options::Reproduce;
use crate::options::gnu::VERSION;

/// The archive of a link that has not been done yet.
pub struct Archive<'o> {
    wish: &'o Reproduce,
    /// The output's file name.
    output: &'o OsStr,
    path: PathBuf,
    file: File,
}

impl<'o> Archive<'o> {
    /// Creates the file, so that a directory that is missing is told before the link.
    ///
    /// # Errors
    /// The file cannot be created.
    pub fn create(wish: &'o Reproduce, output: &'o Path) -> Result<Self, Diagnostic> {
        let output = output.file_name().unwrap_or(OsStr::new("out"));
        let path = if wish.file.is_dir() {
            let mut name = output.to_owned();
            name.push(".tar");
            wish.file.join(name)
        } else {
            wish.file.clone()
        };
        match File::create(&path) {
            Ok(file) => Ok(Self {
                wish,
                output,
                path,
                file,
            }),
            Err(error) => Err(problem(&path, &error)),
        }
    }

    /// Fills it with all files that were read.
    pub fn fill(self, store: &FileStore) -> Option<Diagnostic> {
        let path = self.path.clone();
        let error = self.write(store).err()?;
        Some(problem(&path, &error))
    }

    fn write(self, store: &FileStore) -> io::Result<()> {
        let cwd = std::env::current_dir()?;
        let root = PathBuf::from(self.path.file_stem().unwrap_or(OsStr::new("link")));
        // Sorted by path: the order in which threads have opened them differs between links.
        let files: BTreeMap<PathBuf, &[u8]> = store
            .iter()
            .map(|file| (inside(&cwd, &file.path), file.bytes()))
            .collect();
        let mut tar = tar::Builder::new(BufWriter::new(self.file));
        let response = response(self.wish, self.output, &cwd, store);
        append(&mut tar, &root.join("response.txt"), &response)?;
        let version = format!("{VERSION}\n");
        append(&mut tar, &root.join("version.txt"), version.as_bytes())?;
        for (path, bytes) in files {
            append(&mut tar, &root.join(path), bytes)?;
        }
        tar.into_inner()?.flush()
    }
}

fn problem(path: &Path, error: &io::Error) -> Diagnostic {
    Diagnostic::error(format!("cannot write `{}`: {error}", path.display())).help(
        "`--reproduce` needs the name of a file in a directory that exists and can be written to",
    )
}

/// No times, owners or modes of this machine: the same link gives the same archive.
fn append(tar: &mut tar::Builder<impl Write>, path: &Path, bytes: &[u8]) -> io::Result<()> {
    let mut header = tar::Header::new_gnu();
    header.set_size(bytes.len() as u64);
    header.set_mode(0o644);
    header.set_mtime(0);
    tar.append_data(&mut header, path, bytes)
}

/// The path of a file in the archive: its absolute path with `..` resolved and without root or drive.
fn inside(cwd: &Path, path: &Path) -> PathBuf {
    let mut out = PathBuf::new();
    for part in cwd.join(path).components() {
        match part {
            Component::Normal(name) => out.push(name),
            Component::ParentDir => {
                out.pop();
            }
            Component::Prefix(_) | Component::RootDir | Component::CurDir => {}
        }
    }
    out
}

/// The arguments, one on each line, changed so that they mean the same in the unpacked archive.
fn response(wish: &Reproduce, output: &OsStr, cwd: &Path, store: &FileStore) -> Vec<u8> {
    let read = |path: &Path| store.iter().any(|file| file.path == path);
    let moved = |value: &OsStr, what: &str| -> OsString {
        let path = Path::new(value);
        let is_folder = what.contains('L') || what.contains("path") || what.contains("sysroot");
        if (is_folder && path.is_dir()) || read(path) {
            inside(cwd, path).into_os_string()
        } else {
            value.to_owned()
        }
    };
    let mut words: Vec<OsString> = Vec::new();
    let mut args = wish.args.iter();
    while let Some(arg) = args.next() {
        let text = arg.to_string_lossy();
        match &*text {
            "-flavor" | "-o" | "--output" | "-output" | "--reproduce" | "-reproduce"
            | "--repro" => {
                args.next();
                continue;
            }
            _ if text.starts_with("-o")
                || text.starts_with("--output=")
                || text.starts_with("--repro")
                // These do not change the link, and another linker may not know them.
                || text.starts_with("--machine-memory")
                || text.starts_with("--compat=") =>
            {
                continue;
            }
            _ => {}
        }
        if !text.starts_with('-') {
            words.push(moved(arg, ""));
            continue;
        }
        // `-Ttext=0` and `-Tdata` name no file, so none is found for them.
        let option = wish
            .paths
            .iter()
            .find(|option| text.starts_with(*option) && !is_longer(&text, option));
        let Some(option) = option else {
            words.push(arg.clone());
            continue;
        };
        let value = &text[option.len()..];
        if value.is_empty() {
            words.push(arg.clone());
            words.extend(args.next().map(|value| moved(value, option)));
            continue;
        }
        let (equals, value) = match value.strip_prefix('=') {
            Some(value) => ("=", value),
            None => ("", value),
        };
        let mut word = OsString::from(format!("{option}{equals}"));
        word.push(moved(OsStr::new(value), option));
        words.push(word);
    }
    let mut front = vec![OsString::from("-o"), output.to_owned()];
    // Scripts are first looked for in the current directory, which will be another one.
    let by_search = |path: &Path| path.is_relative() && !wish.args.iter().any(|arg| arg == path);
    if store.iter().any(|file| by_search(&file.path)) {
        front.push("-L".into());
        front.push(inside(cwd, Path::new("")).into_os_string());
    }
    let mut out = Vec::new();
    for word in front.iter().chain(&words) {
        quote(word, &mut out);
        out.push(b'\n');
    }
    out
}

/// Whether an argument is a long option whose name only begins like this one, as `--script-x` for
/// `--script`.
fn is_longer(text: &str, option: &str) -> bool {
    option.len() > 3 && !matches!(text.as_bytes().get(option.len()), None | Some(b'='))
}

/// Escapes blanks, quotes and backslashes by a backslash, which all readers of response files
/// understand.
fn quote(word: &OsStr, out: &mut Vec<u8>) {
    if word.is_empty() {
        out.extend(b"\"\"");
    }
    for byte in word.as_encoded_bytes() {
        if byte.is_ascii_whitespace() || matches!(byte, b'\\' | b'"' | b'\'') {
            out.push(b'\\');
        }
        out.push(*byte);
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::input::map::InputFile;

    fn words(wish: &[&str], opened: &[&str]) -> String {
        let store = FileStore::new();
        for path in opened {
            store.add(InputFile::from_bytes(PathBuf::from(path), Vec::new()));
        }
        let wish = Reproduce {
            file: PathBuf::from("x.tar"),
            args: wish.iter().map(OsString::from).collect(),
            paths: crate::options::gnu::PATH_OPTIONS,
        };
        let text = response(&wish, OsStr::new("out"), Path::new("/w"), &store);
        String::from_utf8(text).unwrap().replace('\n', " ")
    }

    #[test]
    fn paths_of_files_become_relative() {
        for (wish, opened, expected) in [
            (
                &["a.o", "-o", "/x/out", "/lib/b.a", "--gc-sections"][..],
                &["a.o", "/lib/b.a"][..],
                "-o out w/a.o lib/b.a --gc-sections ",
            ),
            (
                &["-Tlink.x", "-T", "/s/m.x", "--script=/s/n.x"],
                &["/s/m.x", "/s/n.x"],
                "-o out -Tlink.x -T s/m.x --script=s/n.x ",
            ),
            (
                &["-Ttext=0x10", "-Tdata", "5", "--reproduce=r.tar", "-lfoo"],
                &[],
                "-o out -Ttext=0x10 -Tdata 5 -lfoo ",
            ),
            // Found in the directory where the link was started, through a script's INCLUDE.
            (
                &["-T/s/m.x"],
                &["/s/m.x", "memory.x"],
                "-o out -L w -Ts/m.x ",
            ),
            (
                &["/a b/../c d/e.o", "--reproduce", "f"],
                &["/a b/../c d/e.o"],
                "-o out c\\ d/e.o ",
            ),
        ] {
            assert_eq!(words(wish, opened), expected);
        }
    }
}

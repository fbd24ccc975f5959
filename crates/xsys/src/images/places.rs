//! Images that would replace a linked file or each other.
//!
//! Problem: `emit = ["bin=hello"]` for a program `hello` would replace the linked file, which cargo, debuggers and the
//! next command expect, by a flat one, and of two images with one name only the second would be left. The same file may
//! have different names: through a link, or in another case on some file systems. So all places are compared before the
//! first image is written.

use std::path::{Path, PathBuf};

use xsys_diag::Diagnostic;
use xsys_image::Format;

use crate::files::is_special;
use crate::images::emit::Emit;

/// What is wrong with the places of a linked file's images.
pub(crate) fn check(elf: &Path, places: &[(&Emit, PathBuf)]) -> Vec<Diagnostic> {
    let mut problems = Vec::new();
    let own = identity(elf);
    let mut taken: Vec<(PathBuf, &Emit)> = Vec::new();
    for (emit, path) in places {
        let name = identity(path);
        let copy_of_itself = emit.format == Format::Elf;
        if name == own {
            problems.push(
                Diagnostic::error(format!(
                    "the `{}` image would replace the linked file `{}`",
                    emit.format,
                    elf.display()
                ))
                .help(format!(
                    "name another file, such as `{}={}.{}`",
                    kind(emit),
                    stem(elf),
                    emit.format.extension()
                )),
            );
        } else if !copy_of_itself && is_linked(path) {
            problems.push(
                Diagnostic::error(format!(
                    "the `{}` image would replace `{}`, which is a linked file",
                    emit.format,
                    path.display()
                ))
                .help("name a file that is not a program's"),
            );
        } else if let Some((_, other)) = taken.iter().find(|(before, _)| *before == name) {
            problems.push(
                Diagnostic::error(format!(
                    "two images have the name `{}`",
                    path.file_name().unwrap_or_default().display()
                ))
                .note(format!("they are `{}` and `{}`", other.text(), emit.text()))
                .help("give each a file of its own: `FORMAT=FILE`"),
            );
        } else {
            taken.push((name, emit));
        }
    }
    problems
}

/// The format as it is written, without a file.
fn kind(emit: &Emit) -> String {
    let text = emit.text();
    text.split('=').next().unwrap_or_default().to_owned()
}

fn stem(elf: &Path) -> String {
    elf.file_stem().unwrap_or_default().display().to_string()
}

/// The same for all names of a file: links are followed, and case is ignored.
fn identity(path: &Path) -> PathBuf {
    let found = std::fs::canonicalize(path).unwrap_or_else(|_| {
        let directory = path
            .parent()
            .filter(|directory| *directory != Path::new(""));
        let directory =
            std::fs::canonicalize(directory.unwrap_or(Path::new("."))).unwrap_or_default();
        directory.join(path.file_name().unwrap_or_default())
    });
    let name = found.file_name().unwrap_or_default().to_string_lossy();
    found.with_file_name(name.to_lowercase())
}

/// Whether a file is a linked one. Devices and pipes are not read: they may never answer.
fn is_linked(path: &Path) -> bool {
    if is_special(path) {
        return false;
    }
    let mut begin = [0; 4];
    let read = std::fs::File::open(path)
        .and_then(|mut file| std::io::Read::read_exact(&mut file, &mut begin));
    read.is_ok() && &begin == b"\x7fELF"
}

#[cfg(test)]
mod tests {
    use super::*;

    fn problems(directory: &Path, elf: &str, emits: &[&str]) -> Vec<String> {
        let emits: Vec<Emit> = emits
            .iter()
            .map(|text| Emit::parse(text).unwrap())
            .collect();
        let elf = directory.join(elf);
        let places: Vec<(&Emit, PathBuf)> = emits
            .iter()
            .filter_map(|emit| Some((emit, emit.path(&elf)?)))
            .collect();
        let found = check(&elf, &places);
        found
            .iter()
            .map(|problem| {
                problem
                    .message
                    .replace(&directory.display().to_string(), "DIR")
            })
            .collect()
    }

    #[test]
    fn every_image_has_a_place_of_its_own() {
        let temporary = tempfile::tempdir().unwrap();
        let directory = temporary.path().canonicalize().unwrap();
        for name in ["hello", "other"] {
            std::fs::write(directory.join(name), b"\x7fELF....").unwrap();
        }
        std::fs::write(directory.join("old.bin"), b"....").unwrap();
        let itself = "the `bin` image would replace the linked file `DIR/hello`";
        let mut cases = vec![
            (
                &["bin", "hex", "bin=old.bin", "elf=copy.elf", "elf"][..],
                vec![],
            ),
            (&["bin=hello"], vec![itself]),
            (&["bin=HELLO"], vec![itself]),
            (
                &["bin=other"],
                vec!["the `bin` image would replace `DIR/other`, which is a linked file"],
            ),
            (&["bin=a", "hex=a"], vec!["two images have the name `a`"]),
            (
                &["bin=a.img", "hex=A.img"],
                vec!["two images have the name `A.img`"],
            ),
            (
                &["bin", "hex=hello.bin"],
                vec!["two images have the name `hello.bin`"],
            ),
            // A repeated build finds the last one's images.
            (&["elf=other"], vec![]),
        ];
        if cfg!(unix) {
            #[cfg(unix)]
            std::os::unix::fs::symlink("hello", directory.join("link")).unwrap();
            cases.push((&["bin=link"], vec![itself]));
        }
        for (emits, expected) in cases {
            assert_eq!(problems(&directory, "hello", emits), expected, "{emits:?}");
        }
    }
}

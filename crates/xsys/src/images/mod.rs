//! Images beside the ELF file: `--emit`, `emit` in manifests and boards ([`emit`]).
//!
//! All [`places`] are checked before the first image is written, and programs that would not start are reported
//! ([`start_code`]).

pub(crate) mod emit;
pub(crate) mod places;
mod start_code;

use std::path::{Path, PathBuf};

use serde::{Deserialize, Serialize};
use xsys_diag::Diagnostic;

use self::emit::Emit;
use crate::error::file;
use crate::files::replace;

/// A file that was made.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Output {
    pub path: PathBuf,
    pub format: String,
    pub size: u64,
    /// The placeholder for it in run arguments.
    #[serde(skip)]
    pub names: Vec<String>,
}

/// Why there is no image, with the name of the linked file.
pub(crate) fn no_image(emit: &Emit, elf: &Path, error: xsys_image::Error) -> Diagnostic {
    let mut diagnostic = error.into_diagnostic();
    diagnostic.message = format!(
        "no `{}` image of `{}`: {}",
        emit.format,
        elf.display(),
        diagnostic.message
    );
    diagnostic
}

/// Makes images of a linked file. The outputs include everything that a run argument may name, the
/// ELF file first.
pub(crate) fn write_all(
    elf: &Path,
    emits: &[Emit],
    fill: u8,
) -> Result<Vec<Output>, Vec<Diagnostic>> {
    let content = std::fs::read(elf).map_err(|error| vec![file("read", elf, &error)])?;
    start_code::check(elf, &content).map_err(|problem| vec![problem])?;
    let mut outputs = vec![Output {
        path: elf.to_owned(),
        format: if content.starts_with(b"\0asm") {
            "wasm"
        } else {
            "elf"
        }
        .to_owned(),
        size: content.len() as u64,
        names: vec!["elf".to_owned()],
    }];
    let places: Vec<(&Emit, PathBuf)> = emits
        .iter()
        .filter_map(|emit| Some((emit, emit.path(elf)?)))
        .collect();
    let mut problems = places::check(elf, &places);
    if !problems.is_empty() {
        return Err(problems);
    }
    for (emit, path) in places {
        let written = xsys_image::write(emit.format, &content, &emit.options(fill))
            .map_err(|error| no_image(emit, elf, error))
            .and_then(|image| replace(&path, &image).map(|()| image.len() as u64));
        match written {
            Ok(size) => {
                let mut names = vec![emit.format.name().to_owned()];
                names.extend(emit.file.clone());
                outputs.push(Output {
                    path,
                    format: emit.format.name().to_owned(),
                    size,
                    names,
                });
            }
            Err(problem) => problems.push(problem),
        }
    }
    if problems.is_empty() {
        Ok(outputs)
    } else {
        Err(problems)
    }
}

/// A library that cargo made, as an output; no image is made of it.
pub(crate) fn library(path: &Path) -> Result<Output, Diagnostic> {
    let size = std::fs::metadata(path).map_err(|error| file("read", path, &error))?;
    let is_archive = path
        .extension()
        .is_some_and(|end| end == "a" || end == "lib");
    Ok(Output {
        path: path.to_owned(),
        format: if is_archive { "staticlib" } else { "cdylib" }.to_owned(),
        size: size.len(),
        names: Vec::new(),
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_file_that_is_no_elf_is_an_error() {
        let directory = tempfile::tempdir().unwrap();
        let path = directory.path().join("a");
        std::fs::write(&path, b"\0asm\x01\0\0\0").unwrap();
        let outputs = write_all(&path, &[], 0).unwrap();
        assert_eq!((outputs[0].format.as_str(), outputs[0].size), ("wasm", 8));
        let problems = write_all(&path, &Emit::parse_all(["bin"]).unwrap(), 0).unwrap_err();
        assert!(problems[0].message.starts_with("no `bin` image of `"));
        assert!(!directory.path().join("a.bin").exists());
    }
}

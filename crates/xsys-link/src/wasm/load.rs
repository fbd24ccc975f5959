//! Pass 1, load: files into objects.
//!
//! Objects named on the command line are parsed at once, in parallel. Members of archives are only
//! listed with the names that they provide; resolution parses those it pulls.

use std::path::PathBuf;

use ::object::read::archive::ArchiveFile;
use hashbrown::HashMap;
use rayon::prelude::*;
use xsys_diag::Diagnostic;

use super::object::{self, MAGIC, ObjectFile};

/// A file of the command line, mapped by the caller.
#[derive(Clone, Debug)]
pub struct WasmInput<'a> {
    /// The path as it is to be named in messages.
    pub path: PathBuf,
    /// The contents.
    pub bytes: &'a [u8],
    /// All members are wanted, not only those that something refers to.
    pub whole_archive: bool,
    /// An object that is to be treated like an archive's member (`--start-lib`).
    pub lazy: bool,
}

/// An object that may take part in the link.
#[derive(Debug)]
pub struct Candidate<'a> {
    /// The file's name, `archive(member)` for members.
    pub name: String,
    /// The object, if it takes part in any case.
    pub object: Option<ObjectFile<'a>>,
    /// Whether it was named by itself, not as an archive's member.
    pub explicit: bool,
    /// The bytes, to be parsed when it is pulled.
    pub bytes: &'a [u8],
    /// The names that pull it.
    pub provides: Vec<&'a str>,
}

/// Lists all objects, in command-line order.
pub fn load<'a>(inputs: &[WasmInput<'a>]) -> Result<Vec<Candidate<'a>>, Vec<Diagnostic>> {
    let (mut candidates, mut problems) = (Vec::new(), Vec::new());
    for input in inputs {
        let result = match input.bytes.starts_with(b"!<arch>\n") {
            true => archive(input, &mut candidates),
            // An object that can never be pulled is not there.
            false => plain(input).map(|candidate| {
                if candidate.explicit || !candidate.provides.is_empty() {
                    candidates.push(candidate);
                }
            }),
        };
        problems.extend(result.err());
    }
    let failed: Vec<Diagnostic> = candidates
        .par_iter_mut()
        .filter(|candidate| candidate.provides.is_empty() && candidate.object.is_none())
        .filter_map(|candidate| parse(candidate).err())
        .collect();
    problems.extend(failed);
    match problems.is_empty() {
        true => Ok(candidates),
        false => Err(problems),
    }
}

/// Parses a candidate in place.
fn parse(candidate: &mut Candidate<'_>) -> Result<(), Diagnostic> {
    candidate.object = Some(parse_object(candidate.name.clone(), candidate.bytes)?);
    Ok(())
}

/// Parses an object; problems name the file.
pub fn parse_object(name: String, bytes: &[u8]) -> Result<ObjectFile<'_>, Diagnostic> {
    ObjectFile::parse(name.clone(), bytes).map_err(|problem| malformed(&name, &problem))
}

fn malformed(name: &str, problem: &str) -> Diagnostic {
    Diagnostic::error(format!("`{name}` cannot be linked: {problem}"))
        .help("the file may be cut short or broken; delete it and build again")
}

fn plain<'a>(input: &WasmInput<'a>) -> Result<Candidate<'a>, Diagnostic> {
    let name = input.path.display().to_string();
    if let Some(what) = foreign(input.bytes) {
        return Err(wrong_kind(&name, what));
    }
    let provides = match input.lazy {
        true => object::defined_names(input.bytes).map_err(|why| malformed(&name, &why))?,
        false => Vec::new(),
    };
    Ok(Candidate {
        name,
        object: None,
        explicit: !input.lazy,
        bytes: input.bytes,
        provides,
    })
}

fn archive<'a>(
    input: &WasmInput<'a>,
    candidates: &mut Vec<Candidate<'a>>,
) -> Result<(), Diagnostic> {
    let path = input.path.display();
    let broken = |error: &dyn std::fmt::Display| {
        Diagnostic::error(format!("archive `{path}` cannot be read: {error}"))
            .help("the file may be cut short or broken; delete it and build again")
    };
    let archive = ArchiveFile::parse(input.bytes).map_err(|error| broken(&error))?;
    let first = candidates.len();
    let mut at_offset = HashMap::new();
    for member in archive.members() {
        let member = member.map_err(|error| broken(&error))?;
        let name = String::from_utf8_lossy(member.name());
        let bytes = member.data(input.bytes).map_err(|error| broken(&error))?;
        // Metadata for the compiler, wrapped as an object.
        if name.ends_with(".rmeta") {
            continue;
        }
        let name = format!("{path}({name})");
        match foreign(bytes) {
            None => {}
            Some("not a wasm file") => continue,
            Some(what) => return Err(wrong_kind(&name, what)),
        }
        at_offset.insert(member.file_range().0, candidates.len());
        candidates.push(Candidate {
            name,
            object: None,
            explicit: false,
            bytes,
            provides: Vec::new(),
        });
    }
    if input.whole_archive {
        return Ok(());
    }
    let mut listed = false;
    let mut last = None;
    if let Some(symbols) = archive.symbols().map_err(|error| broken(&error))? {
        for symbol in symbols {
            let symbol = symbol.map_err(|error| broken(&error))?;
            // The table groups names by member.
            let candidate = match last {
                Some((offset, candidate)) if offset == symbol.offset().0 => candidate,
                _ => {
                    let member = archive
                        .member(symbol.offset())
                        .map_err(|error| broken(&error))?;
                    at_offset.get(&member.file_range().0).copied()
                }
            };
            last = Some((symbol.offset().0, candidate));
            let name = std::str::from_utf8(symbol.name()).map_err(|error| broken(&error))?;
            if let Some(candidate) = candidate {
                candidates[candidate].provides.push(name);
                listed = true;
            }
        }
    }
    // Archivers that do not know wasm write an empty table, or none.
    if !listed {
        for candidate in &mut candidates[first..] {
            candidate.provides = object::defined_names(candidate.bytes)
                .map_err(|problem| malformed(&candidate.name, &problem))?;
        }
    }
    // A member that provides nothing can never be pulled.
    let mut at = 0;
    candidates.retain(|candidate| {
        at += 1;
        at <= first || !candidate.provides.is_empty()
    });
    Ok(())
}

/// What a file is when it is not a core wasm module.
fn foreign(bytes: &[u8]) -> Option<&'static str> {
    if bytes.starts_with(MAGIC) {
        return None;
    }
    Some(match bytes {
        [] => "an empty file",
        [b'B', b'C', 0xc0, 0xde, ..] | [0xde, 0xc0, 0x17, 0x0b, ..] => "LLVM bitcode",
        [0x7f, b'E', b'L', b'F', ..] => "an ELF file",
        [0xcf | 0xce, 0xfa, 0xed, 0xfe, ..] => "a Mach-O file",
        [0x64, 0x86, ..] | [0x4c, 0x01, ..] => "a COFF file",
        b"!<thin>\n" | [b'!', b'<', b't', b'h', b'i', b'n', b'>', b'\n', ..] => "a thin archive",
        [0, b'a', b's', b'm', 0x0d, 0, 1, 0, ..] => "a WebAssembly component",
        [0, b'a', b's', b'm', ..] => "a wasm file of another version, or one that is cut short",
        _ => "not a wasm file",
    })
}

fn wrong_kind(name: &str, what: &str) -> Diagnostic {
    let diagnostic = Diagnostic::error(format!("`{name}` is {what}, not a wasm object"));
    match what {
        "LLVM bitcode" => diagnostic.help(
            "link-time optimisation by the linker is not supported; \
             use `lto = \"fat\"` in the profile, without `-C linker-plugin-lto`",
        ),
        "an ELF file" | "a Mach-O file" | "a COFF file" => {
            diagnostic.help("it was built for another target; build it for the wasm target as well")
        }
        "a thin archive" => diagnostic.help("make a regular archive: `ar r` without `T`"),
        "a WebAssembly component" => {
            diagnostic.help("components are finished programs; link the objects they came from")
        }
        _ => diagnostic.help("wasm objects start with the bytes 00 61 73 6d 01 00 00 00"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn foreign_files_are_named() {
        for (bytes, expected) in [
            (&b""[..], "an empty file"),
            (b"BC\xc0\xde....", "LLVM bitcode"),
            (b"\x7fELF\x02\x01", "an ELF file"),
            (b"\0asm\x0d\0\x01\0", "a WebAssembly component"),
            (
                b"\0asm",
                "a wasm file of another version, or one that is cut short",
            ),
            (b"!<thin>\nabc", "a thin archive"),
            (b"hello", "not a wasm file"),
        ] {
            let input = WasmInput {
                path: "x.o".into(),
                bytes,
                whole_archive: false,
                lazy: false,
            };
            let errors = load(&[input]).unwrap_err();
            assert_eq!(
                errors[0].message,
                format!("`x.o` is {expected}, not a wasm object")
            );
            assert!(!errors[0].help.is_empty());
        }
    }
}

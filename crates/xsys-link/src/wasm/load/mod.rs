//! Load: reads the input files.
//!
//! Objects on the command line are parsed in parallel. Of archives only the index is read; members are parsed when
//! resolution pulls them in, or before that, if they are likely to be.

pub(crate) mod stub_library;

use std::path::{Path, PathBuf};
use std::sync::Mutex;
use std::sync::atomic::{AtomicBool, Ordering::Relaxed};

use hashbrown::HashMap;
use rayon::Scope;
use rayon::prelude::*;
use xsys_diag::Diagnostic;

use self::stub_library::Stubs;
use crate::input::InputError;
use crate::input::archive::{Archive, Member};
use crate::input::kind::FileKind;
use crate::input::map::FileStore;
use crate::wasm::WasmOptions;
use crate::wasm::name_table::{Hashed, NameTable};
use crate::wasm::object::{self, DebugRelocs, ObjectFile};
use crate::wasm::reloc::Keeper;

/// An input file, mapped by the caller.
#[derive(Clone, Debug)]
pub struct WasmInput<'a> {
    /// The path, as messages show it.
    pub path: PathBuf,
    /// The contents.
    pub bytes: &'a [u8],
    /// Link all members of an archive, not only those that something refers to.
    pub whole_archive: bool,
    /// Treat an object like an archive member (`--start-lib`).
    pub lazy: bool,
}

/// The code of errors about whole files.
pub(super) const UNUSABLE: &str = "unusable-input";

/// An object that may be linked.
#[derive(Debug)]
pub(super) struct Candidate<'a> {
    /// The file's name; `archive(member)` for archive members.
    pub name: String,
    /// The object, if it has been parsed.
    pub object: Option<Box<ObjectFile<'a>>>,
    /// Whether it is linked even if nothing refers to it: it is on the command line itself, or `--whole-archive`
    /// covers it.
    pub explicit: bool,
    /// The file's bytes, to be parsed when it is pulled in.
    pub bytes: &'a [u8],
    /// The names for which it is pulled in.
    pub provides: Vec<Hashed<'a>>,
}

impl<'a> Candidate<'a> {
    fn new(name: String, bytes: &'a [u8], explicit: bool) -> Self {
        Self {
            name,
            object: None,
            explicit,
            bytes,
            provides: Vec::new(),
        }
    }
}

/// All inputs of a link.
#[derive(Debug)]
pub(super) struct Loaded<'a> {
    /// Objects that are or may be linked.
    pub candidates: Vec<Candidate<'a>>,
    /// Stub libraries.
    pub stubs: Vec<Stubs<'a>>,
    /// Warnings.
    pub warnings: Vec<Diagnostic>,
}

/// Lists all objects, in command-line order. Members of thin archives are opened in `store`; relocations are stored
/// in `keeper`.
pub(super) fn load<'a>(
    inputs: &'a [WasmInput<'_>],
    store: &'a FileStore,
    keeper: &'a Keeper,
    options: &WasmOptions,
) -> Result<Loaded<'a>, Vec<Diagnostic>> {
    let debug = options.debug_relocs();
    let listed: Vec<Result<Vec<Candidate<'a>>, Diagnostic>> = inputs
        .par_iter()
        .filter(|input| !stub_library::is_stub(input.bytes))
        .map(|input| match FileKind::of(input.bytes) {
            FileKind::Archive | FileKind::ThinArchive => archive(options, input, store),
            _ => plain(options, input),
        })
        .collect();
    let (mut candidates, mut problems) = (Vec::new(), Vec::new());
    let mut stub_libraries = Vec::new();
    for input in inputs
        .iter()
        .filter(|input| stub_library::is_stub(input.bytes))
    {
        match Stubs::parse(input.path.display().to_string(), input.bytes) {
            Ok(library) => stub_libraries.push(library),
            Err(problem) => problems.push(problem),
        }
    }
    for result in listed {
        match result {
            Ok(list) => candidates.extend(list),
            Err(problem) => problems.push(problem),
        }
    }
    let failed: Vec<Diagnostic> = candidates
        .par_iter_mut()
        .filter(|candidate| candidate.provides.is_empty() && candidate.object.is_none())
        .filter_map(|candidate| parse(options, candidate, debug, keeper).err())
        .collect();
    problems.extend(failed);
    if options.shrink.compat {
        problems.extend(look_at_all(options, &mut candidates, keeper));
        // wasm-ld has also checked the members that define nothing and are never pulled in.
        let idle = |candidate: &Candidate<'_>| !candidate.explicit && candidate.provides.is_empty();
        let objects = candidates.iter().filter(|candidate| idle(candidate));
        let objects = objects.filter_map(|candidate| candidate.object.as_deref());
        problems.extend(objects.filter_map(|object| wrong_width(options, object)));
        candidates.retain(|candidate| !idle(candidate));
    }
    prefetch(&mut candidates, debug, keeper);
    match problems.is_empty() {
        true => Ok(Loaded {
            candidates,
            stubs: stub_libraries,
            warnings: foreign_members(inputs, store, options),
        }),
        false => Err(problems),
    }
}

/// wasm-ld parses all members, and refuses those that it could not link even if nothing needs them.
fn look_at_all<'a>(
    options: &WasmOptions,
    candidates: &mut [Candidate<'a>],
    keeper: &'a Keeper,
) -> Vec<Diagnostic> {
    let debug = options.debug_relocs();
    let lazy = candidates
        .par_iter_mut()
        .filter(|candidate| candidate.object.is_none());
    let problems = lazy.filter_map(|candidate| match parse(options, candidate, debug, keeper) {
        Err(problem) => Some(problem),
        Ok(()) => {
            let object = candidate.object.as_ref()?;
            wrong_width(options, object).map(|problem| problem.code(UNUSABLE))
        }
    });
    problems.collect()
}

/// wasm-ld's warnings about members for other machines, which it leaves out. By default only members that are needed
/// matter.
fn foreign_members(
    inputs: &[WasmInput<'_>],
    store: &FileStore,
    options: &WasmOptions,
) -> Vec<Diagnostic> {
    let mut warnings = Vec::new();
    if !options.shrink.compat {
        return warnings;
    }
    for input in inputs.iter().filter(|input| !input.whole_archive) {
        let Ok(archive) = Archive::parse(&input.path, input.bytes) else {
            continue;
        };
        for member in archive.members().flatten() {
            if member.bytes(store).is_ok_and(is_linkable) {
                continue;
            }
            let (path, name) = (input.path.display(), String::from_utf8_lossy(member.name));
            warnings.push(
                Diagnostic::warning(format!("`{path}({name})` is not a wasm object"))
                    .note("it is left out")
                    .counterpart(format!(
                        "{path}: archive member '{name}' is neither Wasm object file nor LLVM bitcode"
                    )),
            );
        }
    }
    warnings
}

/// Whether wasm-ld would try to link this file.
fn is_linkable(bytes: &[u8]) -> bool {
    matches!(FileKind::of(bytes), FileKind::Wasm | FileKind::LlvmBitcode)
}

/// Parses in parallel the members that resolution is going to pull in, as far as that can be predicted: those that
/// define names which parsed objects do not, then those that these need. Resolution would parse them one after the
/// other. A wrong prediction (an object on the command line defines the name, too) only costs time; members that are
/// not predicted, or are malformed, are left to resolution.
fn prefetch<'a>(candidates: &mut [Candidate<'a>], debug: DebugRelocs, keeper: &'a Keeper) {
    let mut providers = NameTable::default();
    providers.reserve(candidates.iter().map(|c| c.provides.len()).sum());
    for (at, candidate) in candidates.iter().enumerate() {
        for name in &candidate.provides {
            // The first candidate that defines a name counts. A collision of hashes only leads to a wrong prediction.
            if providers.get(name.hash, |_| true).is_none() {
                providers.insert(name.hash, at as u32);
            }
        }
    }
    let guesses = Guesses {
        candidates,
        providers,
        guessed: candidates.iter().map(|_| AtomicBool::default()).collect(),
        parsed: Mutex::default(),
        debug,
        keeper,
    };
    rayon::scope(|scope| {
        for candidate in guesses.candidates {
            if let Some(object) = &candidate.object {
                guesses.follow(scope, object);
            }
        }
    });
    let parsed = guesses.parsed.into_inner().unwrap_or_default();
    for (at, object) in parsed {
        candidates[at as usize].object = Some(object);
    }
}

/// Members that are likely to be pulled in.
struct Guesses<'g, 'a> {
    candidates: &'g [Candidate<'a>],
    /// The candidate for each name.
    providers: NameTable,
    /// Whether a candidate has been chosen.
    guessed: Vec<AtomicBool>,
    parsed: Mutex<Vec<(u32, Box<ObjectFile<'a>>)>>,
    debug: DebugRelocs,
    keeper: &'a Keeper,
}

impl<'s, 'a: 's> Guesses<'_, 'a> {
    /// Chooses the members that an object needs.
    fn follow(&'s self, scope: &Scope<'s>, object: &ObjectFile<'a>) {
        for symbol in object.symbols.iter().filter(|symbol| symbol.is_lacking()) {
            let Some(at) = self.providers.get(symbol.hash, |_| true) else {
                continue;
            };
            let guessed = &self.guessed[at as usize];
            if !guessed.load(Relaxed) && !guessed.swap(true, Relaxed) {
                scope.spawn(move |scope| self.parse(scope, at));
            }
        }
    }

    fn parse(&'s self, scope: &Scope<'s>, at: u32) {
        let candidate = &self.candidates[at as usize];
        let name = candidate.name.clone();
        let Ok(object) = ObjectFile::parse(name, candidate.bytes, self.debug, self.keeper) else {
            return;
        };
        self.follow(scope, &object);
        if let Ok(mut parsed) = self.parsed.lock() {
            parsed.push((at, Box::new(object)));
        }
    }
}

/// Parses a candidate in place.
fn parse<'a>(
    options: &WasmOptions,
    candidate: &mut Candidate<'a>,
    debug: DebugRelocs,
    keeper: &'a Keeper,
) -> Result<(), Diagnostic> {
    let name = candidate.name.clone();
    if options.shrink.compat
        && let Some(problem) = object::objection(candidate.bytes, options.optimize > 0)
    {
        return Err(damaged(&name, &problem));
    }
    let object = parse_object(name, candidate.bytes, debug, keeper)?;
    candidate.object = Some(Box::new(object));
    Ok(())
}

/// Parses an object; an error names the file.
pub(super) fn parse_object<'a>(
    name: String,
    bytes: &'a [u8],
    debug: DebugRelocs,
    keeper: &'a Keeper,
) -> Result<ObjectFile<'a>, Diagnostic> {
    ObjectFile::parse(name.clone(), bytes, debug, keeper)
        .map_err(|problem| unusable(&name, bytes, &problem))
}

/// Reports an object whose addresses are wider or narrower than the output's.
pub(super) fn wrong_width(options: &WasmOptions, file: &ObjectFile<'_>) -> Option<Diagnostic> {
    let is64 = options.is64();
    if file.memory64 == is64 {
        return None;
    }
    Some(match is64 {
        false => Diagnostic::error(format!("`{}` uses 64-bit addresses", file.name))
            .help("pass `-mwasm64`, and link only objects of `wasm64` targets")
            .counterpart(match options.memory64 {
                None => format!(
                    "{}: must specify -mwasm64 to process wasm64 object files",
                    file.name
                ),
                Some(_) => format!(
                    "{}: wasm32 object file can't be linked in wasm64 mode",
                    file.name
                ),
            }),
        true => Diagnostic::error(format!("`{}` uses 32-bit addresses", file.name))
            .help("build it for the `wasm64` target, or leave out `-mwasm64`")
            .counterpart(format!(
                "{}: wasm32 object file can't be linked in wasm64 mode",
                file.name
            )),
    })
}

/// Why a file that could not be parsed cannot be linked.
fn unusable(name: &str, bytes: &[u8], problem: &str) -> Diagnostic {
    if let Some(refusal) = FileKind::of(bytes).refuse_for_wasm(Path::new(name)) {
        return in_archive(refusal, name)
            .code(UNUSABLE)
            .counterpart(format!("unknown file type: {name}"));
    }
    let problem = match object::finished(bytes) {
        Some(what) => Diagnostic::error(format!("cannot link `{name}`: it is {what}"))
            .note("it has no `linking` section, so there are no symbols to link by")
            .help("link the objects that it was made of, or load it at run time"),
        None => return damaged(name, problem),
    };
    problem.code(UNUSABLE)
}

/// An error about an object that is malformed.
pub(super) fn damaged(name: &str, problem: &str) -> Diagnostic {
    Diagnostic::error(format!("cannot link `{name}`: {problem}"))
        .counterpart(format!("{name}: {problem}"))
        .help("the file may have been cut off while it was written; remove it and build it again")
        .code(UNUSABLE)
}

/// Adds which archive a member is in; only its name says so.
fn in_archive(problem: Diagnostic, name: &str) -> Diagnostic {
    match name.rsplit_once('(') {
        Some((archive, member)) if member.ends_with(')') => {
            problem.note(format!("it is a member of the archive `{archive}`"))
        }
        _ => problem,
    }
}

fn plain<'a>(
    options: &WasmOptions,
    input: &'a WasmInput<'_>,
) -> Result<Vec<Candidate<'a>>, Diagnostic> {
    let name = input.path.display().to_string();
    let mut candidate = Candidate::new(name, input.bytes, !input.lazy);
    if input.lazy {
        list_names(&mut candidate)?;
        // An object that defines nothing is never pulled in.
        if candidate.provides.is_empty() && !options.shrink.compat {
            return Ok(Vec::new());
        }
    }
    Ok(vec![candidate])
}

/// Lists the names that an object defines from the object itself.
fn list_names(candidate: &mut Candidate<'_>) -> Result<(), Diagnostic> {
    let names = object::defined_names(candidate.bytes)
        .map_err(|problem| unusable(&candidate.name, candidate.bytes, &problem))?;
    candidate.provides = names.into_iter().map(Hashed::from).collect();
    Ok(())
}

fn archive<'a>(
    options: &WasmOptions,
    input: &'a WasmInput<'_>,
    store: &'a FileStore,
) -> Result<Vec<Candidate<'a>>, Diagnostic> {
    let path = input.path.display();
    let archive = Archive::parse(&input.path, input.bytes).map_err(InputError::into_diagnostic)?;
    let candidate = |member: Member<'a>| -> Result<Candidate<'a>, Diagnostic> {
        let bytes = member.bytes(store).map_err(InputError::into_diagnostic)?;
        let name = format!("{path}({})", String::from_utf8_lossy(member.name));
        Ok(Candidate::new(name, bytes, input.whole_archive))
    };
    let mut candidates: Vec<Candidate<'a>> = Vec::new();
    // wasm-ld does not use the archive's index.
    if !input.whole_archive && !options.shrink.compat {
        let mut at_offset: HashMap<u64, usize> = HashMap::new();
        let mut last = None;
        for symbol in archive.symbols() {
            let (name, offset) = symbol.map_err(InputError::into_diagnostic)?;
            // An archive's index lists the names of a member together.
            let at = match last {
                Some((known, at)) if known == offset => at,
                _ => match at_offset.get(&offset) {
                    Some(&at) => at,
                    None => {
                        let member = archive
                            .member(offset)
                            .map_err(InputError::into_diagnostic)?;
                        candidates.push(candidate(member)?);
                        at_offset.insert(offset, candidates.len() - 1);
                        candidates.len() - 1
                    }
                },
            };
            last = Some((offset, at));
            // Names of symbols are UTF-8, so any other name cannot be referred to.
            if let Ok(name) = std::str::from_utf8(name) {
                candidates[at].provides.push(name.into());
            }
        }
        candidates.retain(|candidate| {
            !candidate.provides.is_empty()
                && (!options.shrink.compat || is_linkable(candidate.bytes))
        });
        if !candidates.is_empty() {
            return Ok(candidates);
        }
    }
    // Read the members themselves: archivers that do not know wasm write no index, or an empty one.
    for member in archive.members() {
        let mut candidate = candidate(member.map_err(InputError::into_diagnostic)?)?;
        match FileKind::of(candidate.bytes) {
            FileKind::Wasm => {}
            // `foreign_members` warns about members for other machines.
            kind if options.shrink.compat
                && !input.whole_archive
                && kind != FileKind::LlvmBitcode =>
            {
                continue;
            }
            kind if options.shrink.compat && kind != FileKind::LlvmBitcode => {
                return Err(in_archive(
                    wanted_all(kind, &candidate.name),
                    &candidate.name,
                ));
            }
            // Archives may contain licences and other text.
            FileKind::Text | FileKind::Empty | FileKind::Unknown => continue,
            kind => {
                let refusal = kind.refuse_for_wasm(Path::new(&candidate.name));
                let refusal = refusal.unwrap_or_else(|| nested(&candidate.name));
                return Err(in_archive(refusal, &candidate.name));
            }
        }
        if !input.whole_archive {
            list_names(&mut candidate)?;
            // A member that defines nothing is never pulled in.
            if candidate.provides.is_empty() && !options.shrink.compat {
                continue;
            }
        }
        candidates.push(candidate);
    }
    Ok(candidates)
}

/// With `--whole-archive`, wasm-ld takes everything that is not a wasm object for LLVM bitcode.
fn wanted_all(kind: FileKind, name: &str) -> Diagnostic {
    let refusal = kind.refuse_for_wasm(Path::new(name));
    let refusal = refusal.unwrap_or_else(|| nested(name));
    refusal.counterpart(match kind {
        FileKind::ElfObject
        | FileKind::ElfShared
        | FileKind::ElfExec
        | FileKind::ElfOther
        | FileKind::MachO
        | FileKind::Coff => "Bitcode section not found in object file",
        _ => "The file was not recognized as a valid object file",
    })
}

fn nested(name: &str) -> Diagnostic {
    Diagnostic::error(format!(
        "cannot link `{name}`: it is an archive within an archive"
    ))
    .help("unpack it and name it on the command line itself")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn foreign_files_are_named() {
        for (bytes, expected) in [
            (&b""[..], "empty"),
            (b"BC\xc0\xde....", "LLVM bitcode"),
            (b"\x7fELF\x02\x01", "an ELF file that is not an object"),
            (b"\0asm\x0d\0\x01\0", "a WebAssembly component"),
            (b"\0asm\x01\0\0\0", "a finished wasm module"),
            (
                b"\0asm\x01\0\0\0\0\x09\x08dylink.0",
                "a wasm module for dynamic linking",
            ),
            (b"(module)", "a wasm module in text form"),
            (b"hello", "text"),
        ] {
            let input = WasmInput {
                path: "x.o".into(),
                bytes,
                whole_archive: false,
                lazy: false,
            };
            let store = FileStore::new();
            let (inputs, keeper) = ([input], Keeper::default());
            let options = WasmOptions::default();
            let errors = load(&inputs, &store, &keeper, &options).unwrap_err();
            assert_eq!(
                errors[0].message,
                format!("cannot link `x.o`: it is {expected}")
            );
            assert!(!errors[0].help.is_empty());
        }
    }
}

//! From the command line to objects and archives in memory.
//!
//! Problem: inputs come as paths, `-l` names, archives, linker scripts in place of libraries, and
//! files that scripts name. They must keep their order, and everything that cannot be linked (bitcode,
//! an object for another machine) must be refused by name. Objects are
//! parsed in parallel; of archives only the index is read.

pub(super) mod agreement;
pub(super) mod converted;
mod default_layout;
pub(super) mod properties;
mod refused;
mod scripts;

use std::path::{Path, PathBuf};

pub(super) use default_layout::complete_script;
use rayon::prelude::*;
pub(super) use scripts::{Opened, open, output_among_inputs};
use xsys_diag::Diagnostic;

use super::arch;
use super::object::shared::SharedObject;
use super::object::{ObjectFile, ObjectName};
use crate::crash::WorkingOn;
use crate::input::archive::{Archive, Member};
use crate::input::kind::FileKind;
use crate::input::map::{FileStore, InputFile};
use crate::options::{ElfOptions, InputArg, InputWhat};

/// One input in command-line order.
pub(super) enum Input<'a> {
    /// An object that is linked in any case.
    Object(Box<ObjectFile<'a>>),
    /// An archive whose members are linked when they are needed.
    Archive(ArchiveInput<'a>),
    /// A shared library, which is loaded beside the output.
    Shared(Box<SharedObject<'a>>),
}

/// An archive with its index.
pub(super) struct ArchiveInput<'a> {
    /// Symbols and the members that define them, by index into `members`.
    pub symbols: Vec<(&'a [u8], u32)>,
    /// Members that define a symbol.
    pub members: Vec<LazyMember<'a>>,
}

/// An archive member that has not been read yet.
pub(super) struct LazyMember<'a> {
    path: &'a Path,
    name: &'a str,
    bytes: &'a [u8],
}

impl<'a> LazyMember<'a> {
    /// The object, if it can be read at all.
    pub(super) fn outline(&self) -> Option<ObjectFile<'a>> {
        let name = ObjectName {
            path: self.path,
            member: Some(self.name),
        };
        ObjectFile::parse(name, self.bytes).ok()
    }

    /// Reads the object.
    pub(super) fn load(self) -> Result<ObjectFile<'a>, Diagnostic> {
        object(
            ObjectName {
                path: self.path,
                member: Some(self.name),
            },
            self.bytes,
        )
    }
}

/// All inputs.
#[derive(Default)]
pub(super) struct Inputs<'a> {
    /// In command-line order.
    pub list: Vec<Input<'a>>,
}

/// Adds the start code and compiler helpers of machines that have no C library of their own, for
/// programs that bring none.
pub(super) fn add_runtime<'a>(
    inputs: &mut Inputs<'a>,
    machine: u16,
    options: &ElfOptions,
    store: &'a FileStore,
    diagnostics: &mut Vec<Diagnostic>,
) {
    if options.kind.is_object() {
        return;
    }
    let machine = arch::machine(machine);
    let made = machine.map(|machine| machine.runtime(&options.machine));
    for (name, bytes) in made.unwrap_or_default() {
        let path = PathBuf::from(name);
        let arg = InputArg {
            what: InputWhat::File(path.clone()),
            whole_archive: false,
            in_lib_group: true,
            just_symbols: false,
            binary: false,
            as_needed: false,
            static_only: true,
        };
        let file = store.add(InputFile::from_bytes(path, bytes));
        match load_one(&arg, file, store) {
            Ok(list) => inputs.list.extend(list),
            Err(problems) => diagnostics.extend(problems),
        }
    }
}

/// Parses objects and reads archive indexes, in parallel.
pub(super) fn load<'a>(
    opened: &Opened<'a>,
    store: &'a FileStore,
    diagnostics: &mut Vec<Diagnostic>,
) -> Inputs<'a> {
    let results: Vec<Result<Vec<Input<'a>>, Vec<Diagnostic>>> = opened
        .files
        .par_iter()
        .map(|(arg, file)| load_one(arg, file, store))
        .collect();
    let mut inputs = Inputs::default();
    for result in results {
        match result {
            Ok(list) => inputs.list.extend(list),
            Err(problems) => diagnostics.extend(problems),
        }
    }
    inputs
}

fn load_one<'a>(
    arg: &InputArg,
    file: &'a InputFile,
    store: &'a FileStore,
) -> Result<Vec<Input<'a>>, Vec<Diagnostic>> {
    let bytes = file.bytes();
    let shown = file.path.display();
    let _guard = WorkingOn(&shown);
    if arg.binary {
        return Ok(vec![Input::Object(Box::new(converted::data(file, store)))]);
    }
    if arg.just_symbols {
        let object = converted::just_symbols(file).map_err(|problem| vec![problem])?;
        return Ok(vec![Input::Object(Box::new(object))]);
    }
    let kind = FileKind::of(bytes);
    if kind == FileKind::ElfShared && !arg.static_only {
        return shared(arg, file).map(|library| vec![library]);
    }
    if let Some(refusal) = kind.refuse_for_elf(&file.path) {
        return Err(vec![refusal]);
    }
    match kind {
        FileKind::Archive | FileKind::ThinArchive => archive(arg, file, store),
        _ => {
            let name = ObjectName {
                path: &file.path,
                member: None,
            };
            let object = object(name, bytes).map_err(|d| vec![d])?;
            if !arg.in_lib_group {
                return Ok(vec![Input::Object(Box::new(object))]);
            }
            let symbols = defined_names(&object).map(|name| (name, 0)).collect();
            let member = LazyMember {
                path: &file.path,
                name: "",
                bytes,
            };
            Ok(vec![Input::Archive(ArchiveInput {
                symbols,
                members: vec![member],
            })])
        }
    }
}

fn shared<'a>(arg: &InputArg, file: &'a InputFile) -> Result<Input<'a>, Vec<Diagnostic>> {
    let searched = matches!(arg.what, InputWhat::Library(_));
    let name = ObjectName {
        path: &file.path,
        member: None,
    };
    let mut library = SharedObject::parse(name, file.bytes(), searched).map_err(|error| {
        vec![Diagnostic::error(error.to_string()).help("install the library again")]
    })?;
    library.as_needed = arg.as_needed;
    Ok(Input::Shared(Box::new(library)))
}

fn archive<'a>(
    arg: &InputArg,
    file: &'a InputFile,
    store: &'a FileStore,
) -> Result<Vec<Input<'a>>, Vec<Diagnostic>> {
    let fail = |error: crate::input::InputError| vec![error.into_diagnostic()];
    let archive = Archive::parse(&file.path, file.bytes()).map_err(fail)?;
    let lazy = |member: &Member<'a>| -> Result<LazyMember<'a>, Vec<Diagnostic>> {
        let name = std::str::from_utf8(member.name).unwrap_or("(a name that is not UTF-8)");
        Ok(LazyMember {
            path: &file.path,
            name,
            bytes: member.bytes(store).map_err(fail)?,
        })
    };
    if arg.whole_archive {
        let members: Vec<LazyMember<'a>> = archive
            .members()
            .map(|member| lazy(&member.map_err(fail)?))
            .collect::<Result<_, _>>()?;
        return members
            .into_par_iter()
            .map(|member| {
                member
                    .load()
                    .map(|object| Input::Object(Box::new(object)))
                    .map_err(|d| vec![d])
            })
            .collect();
    }
    let mut out = ArchiveInput {
        symbols: Vec::new(),
        members: Vec::new(),
    };
    if archive.has_index() {
        let mut by_offset: super::names::Map<u64, u32> = super::names::Map::default();
        for symbol in archive.symbols() {
            let (name, offset) = symbol.map_err(fail)?;
            let member = match by_offset.get(&offset) {
                Some(&member) => member,
                None => {
                    out.members
                        .push(lazy(&archive.member(offset).map_err(fail)?)?);
                    let member = out.members.len() as u32 - 1;
                    by_offset.insert(offset, member);
                    member
                }
            };
            out.symbols.push((name, member));
        }
    } else {
        for member in archive.members() {
            let member = lazy(&member.map_err(fail)?)?;
            if FileKind::of(member.bytes) != FileKind::ElfObject {
                continue;
            }
            let name = ObjectName {
                path: member.path,
                member: Some(member.name),
            };
            let object = object(name, member.bytes).map_err(|d| vec![d])?;
            let index = out.members.len() as u32;
            out.symbols
                .extend(defined_names(&object).map(|name| (name, index)));
            out.members.push(member);
        }
    }
    Ok(vec![Input::Archive(out)])
}

/// Global names that an object defines.
fn defined_names<'o, 'a>(object: &'o ObjectFile<'a>) -> impl Iterator<Item = &'a [u8]> + 'o {
    (object.first_global..object.symbols.len())
        .map(|index| object.symbols.get(index))
        .filter(|symbol| symbol.place != super::object::SymbolPlace::Undefined)
        .map(|symbol| object.symbols.name(&symbol))
}

fn object<'a>(name: ObjectName<'a>, bytes: &'a [u8]) -> Result<ObjectFile<'a>, Diagnostic> {
    let _guard = WorkingOn(&name);
    if name.member.is_some()
        && let Some(mut refusal) = FileKind::of(bytes).refuse_for_elf(Path::new(&name.to_string()))
    {
        refusal.notes.push(format!(
            "it is a member of the archive `{}`",
            name.path.display()
        ));
        return Err(refusal);
    }
    // Files of other kinds were refused before they came here.
    let object = ObjectFile::parse(name, bytes).map_err(|error| {
        Diagnostic::error(error.to_string()).help(
            "the file may have been cut off while it was written; remove it and build it again",
        )
    })?;
    match refused::refusal(&object) {
        Some(refusal) => Err(refusal),
        None => Ok(object),
    }
}

//! Checks that all inputs are for one machine and one ABI.
//!
//! Problem: if objects of another architecture, byte order, float ABI or core are linked silently,
//! the program fails when it runs. The machine comes from `-m` or the first object; all other objects
//! have to agree with it in `e_machine`, `e_flags` and build attributes, or an error names them.
//!
//! Spec: gABI "ELF Header"; the psABIs on `e_flags` and build attributes.

use std::path::Path;

use object::Endianness;
use object::elf;
use xsys_diag::{Diagnostic, Severity};

use super::properties::{self, Properties};
use super::{Input, Inputs};
use crate::elf::arch;
use crate::elf::arch::{ANY_MACHINE, Arch, Link};
use crate::elf::object::ObjectFile;
use crate::elf::object::shared::SharedObject;
use crate::options::ElfOptions;

/// The machine and ABI of all inputs.
pub(crate) struct Abi {
    /// The instruction set, for the core that this link is for.
    pub arch: Box<dyn Arch>,
    /// The section of the merged build attributes: name and contents.
    pub attributes: Option<(String, Vec<u8>)>,
    /// What the whole image is made for.
    pub properties: Properties,
    /// `e_flags` of the output.
    pub e_flags: u32,
    /// Byte order of the data.
    pub endian: Endianness,
}

/// Checks that all files fit together; `None` if they do not.
pub(crate) fn agree(
    files: &[ObjectFile<'_>],
    (machine, is_64): (u16, bool),
    family: &dyn Arch,
    options: &ElfOptions,
    diagnostics: &mut Vec<Diagnostic>,
) -> Option<Abi> {
    check_machines(files, machine, is_64, options, diagnostics);
    if diagnostics.iter().any(|d| d.severity == Severity::Error) {
        return None;
    }
    let attributes = build_attributes(files, options, diagnostics);
    let core = attributes.as_ref().map(|(_, bytes)| bytes.as_slice());
    let mut e_flags = e_flags(family, files, core, diagnostics);
    let first = files.iter().find(|file| file.machine == machine);
    let endian = first.map_or(Endianness::Little, |file| file.endian);
    let marks = arch::machine(machine).and_then(|machine| machine.feature_marks());
    let marked = properties::check_options(marks, family.name(), &options.z.marks, diagnostics);
    let properties = match (marked, marks) {
        (true, Some(marks)) => {
            properties::merge(files, machine, marks, &options.z.marks, diagnostics)
        }
        _ => Properties::default(),
    };
    let features = marks.and_then(|marks| properties.get(&marks.number));
    let link = Link {
        is_64,
        features: features.copied().unwrap_or(0),
        attributes: core,
        e_flags,
        endian,
        pic: options.kind.is_pic(),
        options: &options.machine,
    };
    let image = options.kind.is_image();
    if let Some(machine) = arch::machine(machine).filter(|_| image) {
        machine.check(&link, diagnostics);
    }
    let arch = arch::open(machine, &link)?;
    if image {
        e_flags |= arch.image_e_flags();
    }
    Some(Abi {
        arch,
        attributes,
        properties,
        e_flags,
        endian,
    })
}

/// The machine of a link (`EM_*`, 64 bits): what `-m` says, else that of the first object.
pub(crate) fn machine(
    inputs: &Inputs<'_>,
    options: &ElfOptions,
    diagnostics: &mut Vec<Diagnostic>,
) -> Option<(u16, bool)> {
    if let Some(emulation) = options.machine.emulation {
        return Some((emulation.machine, emulation.is_64));
    }
    let first = inputs.list.iter().find_map(|input| match input {
        Input::Object(object) if object.machine == ANY_MACHINE => None,
        Input::Object(object) => Some((object.machine, object.is_64)),
        Input::Shared(_) => None,
        Input::Archive(archive) => {
            let member = archive.members.first()?;
            let object = member.outline()?;
            Some((object.machine, object.is_64))
        }
    });
    if first.is_none() {
        diagnostics.push(
            Diagnostic::error("there is nothing to link: no input is an object")
                .help("name object files or archives whose members are needed; `-u SYMBOL` pulls a member"),
        );
    }
    first
}

/// Shared libraries for another machine are errors.
pub(crate) fn check_libraries(
    libraries: &[SharedObject<'_>],
    (machine, is_64): (u16, bool),
    diagnostics: &mut Vec<Diagnostic>,
) {
    let foreign =
        |library: &&SharedObject<'_>| (library.machine, library.is_64) != (machine, is_64);
    for library in libraries.iter().filter(foreign) {
        let own = arch::machine_name(library.machine, library.is_64);
        let wanted = arch::machine_name(machine, is_64);
        diagnostics.push(
            Diagnostic::error(format!("`{}` is a shared library for {own}", library.name))
                .note(format!("the link is for {wanted}"))
                .help("name the directory of the target's libraries with `-L` before others")
                .code("object-of-another-architecture"),
        );
    }
}

/// The byte order of a machine's first object.
pub(crate) fn byte_order(inputs: &Inputs<'_>, machine: u16) -> Endianness {
    let mut orders = inputs.list.iter().filter_map(|input| {
        let (of, order) = match input {
            Input::Object(object) => (object.machine, object.endian),
            Input::Shared(library) => (library.machine, library.endian),
            Input::Archive(archive) => {
                let object = archive.members.first()?.outline()?;
                (object.machine, object.endian)
            }
        };
        (of == machine).then_some(order)
    });
    orders.next().unwrap_or(Endianness::Little)
}

/// The error for a machine that is not supported, with the file that is for it.
pub(crate) fn unsupported(inputs: &Inputs<'_>, machine: u16, is_64: bool) -> Diagnostic {
    let first = inputs.list.iter().find_map(|input| match input {
        Input::Object(object) if object.machine == machine => Some(object.name.to_string()),
        _ => None,
    });
    let diagnostic = arch::unsupported(machine, is_64);
    match first {
        Some(name) => diagnostic.note(format!("the input `{name}` is for it")),
        None => diagnostic,
    }
}

/// Objects for another machine are errors, all of them named.
fn check_machines(
    files: &[ObjectFile<'_>],
    machine: u16,
    is_64: bool,
    options: &ElfOptions,
    diagnostics: &mut Vec<Diagnostic>,
) {
    let why = match (options.machine.emulation, files.first()) {
        (Some(emulation), _) => format!("`-m {}`", emulation.name),
        (None, Some(file)) => format!("the first input, `{}`", file.name),
        (None, None) => return,
    };
    let endian = files
        .iter()
        .find(|f| (f.machine, f.is_64) == (machine, is_64))
        .map(|f| f.endian);
    let big = Endianness::Big;
    let may_be_big = arch::machine(machine).is_some_and(|machine| machine.links_big_endian());
    if let Some(file) = files.iter().find(|file| file.endian == big && !may_be_big) {
        diagnostics.push(
            Diagnostic::error(format!("`{}` is a big-endian object", file.name))
                .note(format!(
                    "big-endian images are written for {} only",
                    arch::big_endian_names()
                ))
                .help("build for the little-endian variant of the target"),
        );
        return;
    }
    let by_emulation = options.machine.emulation.map(|e| e.big_endian);
    let asked = options.machine.big_endian.or(by_emulation);
    if let (Some(asked), Some(endian)) = (asked, endian)
        && asked != (endian == big)
    {
        let name = |big| if big { "big-endian" } else { "little-endian" };
        diagnostics.push(
            Diagnostic::error(format!(
                "a {} output is asked for, but the objects are {}",
                name(asked),
                name(!asked)
            ))
            .help("leave out `-EB`, `-EL` or `-m`: the byte order follows from the objects"),
        );
        return;
    }
    let is_foreign = |file: &&ObjectFile<'_>| {
        let differs = (file.machine, file.is_64) != (machine, is_64);
        let swapped = endian.is_some_and(|endian| endian != file.endian);
        (differs || swapped) && file.machine != ANY_MACHINE
    };
    if options.input.no_warn_mismatch {
        return;
    }
    // The archive of a C library has hundreds of them, all wrong for the same reason.
    let mut archives: Vec<(&Path, usize)> = Vec::new();
    for file in files.iter().filter(is_foreign) {
        if file.name.member.is_some() {
            match archives
                .iter_mut()
                .find(|(path, _)| *path == file.name.path)
            {
                Some((_, count)) => {
                    *count += 1;
                    continue;
                }
                None => archives.push((file.name.path, 0)),
            }
        }
        diagnostics.push(other_machine(file, (machine, is_64), &why));
    }
    for (path, count) in archives.into_iter().filter(|(_, count)| *count > 0) {
        let start = format!("`{}(", path.display());
        if let Some(told) = diagnostics
            .iter_mut()
            .find(|d| d.message.starts_with(&start))
        {
            told.notes.push(match count {
                1 => "so is another member of this archive".to_owned(),
                _ => format!("so are {count} other members of this archive"),
            });
        }
    }
}

fn other_machine(file: &ObjectFile<'_>, (machine, is_64): (u16, bool), why: &str) -> Diagnostic {
    let own = arch::machine_name(file.machine, file.is_64);
    let note = if (file.machine, file.is_64) != (machine, is_64) {
        format!(
            "it is for {own}, but this link is for {}",
            arch::machine_name(machine, is_64)
        )
    } else {
        format!("its byte order differs from that of the other objects for {own}")
    };
    Diagnostic::error(format!("`{}` is for another architecture", file.name))
        .note(note)
        .note(format!("the link's architecture comes from {why}"))
        .help("build it for the target of this link, or leave it out")
        .code("object-of-another-architecture")
}

/// Merges all objects' `e_flags`.
fn e_flags(
    arch: &dyn Arch,
    files: &[ObjectFile<'_>],
    attributes: Option<&[u8]>,
    diagnostics: &mut Vec<Diagnostic>,
) -> u32 {
    let mut merged = None;
    for file in files {
        // An object without code or data (rustc's symbol list) says nothing about the ABI.
        let empty = file
            .sections
            .iter()
            .all(|s| s.size == 0 || s.flags & elf::SHF_ALLOC.0 == 0);
        if (empty || file.machine == ANY_MACHINE) && file.e_flags == 0 {
            continue;
        }
        match arch.merge_e_flags(merged, file.e_flags) {
            Ok(flags) => merged = Some(flags),
            Err(contradiction) => diagnostics.push(
                Diagnostic::error(format!(
                    "`{}` was built for another ABI than the objects before it",
                    file.name
                ))
                .note(contradiction)
                .help("build all objects with the same target and the same ABI options"),
            ),
        }
    }
    arch.finish_e_flags(merged.unwrap_or(0), attributes)
}

/// Merges the build attributes of all objects: the section's name and contents.
fn build_attributes(
    files: &[ObjectFile<'_>],
    options: &ElfOptions,
    diagnostics: &mut Vec<Diagnostic>,
) -> Option<(String, Vec<u8>)> {
    let sections = files
        .iter()
        .flat_map(|file| file.sections.iter().map(move |section| (file, section)));
    let found: Vec<(&dyn arch::Machine, String, &[u8])> = sections
        .filter_map(|(file, section)| {
            let machine = arch::attributes_of(section)?;
            Some((machine, file.name.to_string(), section.data))
        })
        .collect();
    let &(machine, ..) = found.first()?;
    let inputs: Vec<(&str, &[u8])> = found
        .iter()
        .map(|(_, file, data)| (file.as_str(), *data))
        .collect();
    let (mut merged, conflicts) = machine.merge_attributes(&inputs, &options.machine);
    for conflict in conflicts {
        if options.input.no_warn_mismatch {
            continue;
        }
        let message = format!("`{}`: {}", conflict.input, conflict.message);
        let mut diagnostic = match conflict.fatal {
            true => Diagnostic::error(message),
            false => Diagnostic::warning(message),
        };
        if let Some(other) = conflict.other {
            diagnostic = diagnostic.note(format!("`{other}` is the earlier object that says so"));
        }
        let general = conflict
            .fatal
            .then_some("build all objects for the same core and the same ABI");
        diagnostics.push(match conflict.help.or(general) {
            Some(help) => diagnostic.help(help),
            None => diagnostic,
        });
    }
    let big = |file: &ObjectFile<'_>| file.endian == Endianness::Big;
    if files.iter().any(big) {
        crate::elf::arch::attributes::make_big_endian(&mut merged);
    }
    Some((machine.attributes_section()?.to_owned(), merged))
}

//! From the command line to objects and archives in memory.
//!
//! Problem: inputs come as paths, `-l` names, archives, linker scripts in place of libraries, and
//! files that scripts name. They must keep their order, and everything that cannot be linked (a
//! shared library, bitcode, an object for another machine) must be refused by name. Objects are
//! parsed in parallel; of archives only the index is read.

use std::path::{Path, PathBuf};

use rayon::prelude::*;
use xsys_diag::{Diagnostic, Source};

use super::arch::{self, Arch};
use super::foreign;
use super::object::{ObjectFile, ObjectName};
use super::resolve::Resolution;
use crate::input::archive::{Archive, Member};
use crate::input::kind::FileKind;
use crate::input::map::{FileStore, InputFile};
use crate::input::search::Search;
use crate::options::{ElfOptions, InputArg, InputWhat, OutputKind, SeparateCode};
use crate::script::ast::{Command, Glob, Name, Script, SectionsItem};
use crate::script::builtin;
use crate::script::overlay;
use crate::script::parse::{IncludeError, Loader, parse_defsym, parse_into, parse_versions};

/// One input in command-line order.
pub enum Input<'a> {
    /// An object that is linked in any case.
    Object(Box<ObjectFile<'a>>),
    /// An archive whose members are linked when they are needed.
    Archive(ArchiveInput<'a>),
}

/// An archive with its index.
pub struct ArchiveInput<'a> {
    /// Symbols and the members that define them, by index into `members`.
    pub symbols: Vec<(&'a [u8], u32)>,
    /// Members that define a symbol.
    pub members: Vec<LazyMember<'a>>,
}

/// An archive member that has not been read yet.
pub struct LazyMember<'a> {
    path: &'a Path,
    name: &'a str,
    bytes: &'a [u8],
}

impl<'a> LazyMember<'a> {
    /// Reads the object.
    pub fn load(self) -> Result<ObjectFile<'a>, Diagnostic> {
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
pub struct Inputs<'a> {
    /// In command-line order.
    pub list: Vec<Input<'a>>,
}

/// The files of a link, opened but not looked into.
pub struct Opened<'a> {
    files: Vec<(InputArg, &'a InputFile)>,
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
pub fn open<'a>(
    options: &ElfOptions,
    store: &'a FileStore,
    diagnostics: &mut Vec<Diagnostic>,
) -> (Script, Opened<'a>) {
    let mut search = Search::new(&options.search_dirs, options.sysroot.as_deref());
    let mut script = Script::default();
    let mut warnings = Vec::new();
    let mut read: Vec<PathBuf> = Vec::new();
    let mut defsym = options.defsym.iter().zip(&options.defsym_after).peekable();
    // Where each script's commands begin.
    let mut begins = Vec::new();
    let all_scripts = options.scripts.iter().chain(
        options
            .default_script
            .iter()
            .filter(|_| options.scripts.is_empty()),
    );
    for (position, path) in all_scripts.enumerate() {
        while let Some((given, _)) = defsym.next_if(|(_, after)| **after <= position) {
            define_symbol(&mut script, given, diagnostics);
        }
        let mut loader = Scripts {
            store,
            search: &search,
            warnings: &mut warnings,
        };
        begins.push(script.commands.len());
        match loader.open(&path.to_string_lossy(), Path::new("")) {
            Ok(source) => {
                // Build scripts of several crates may each pass the same script.
                let own = source.path.canonicalize().unwrap_or_default();
                if read.contains(&own) {
                    let shown = source.path.display();
                    let text = format!("linker script `{shown}` is given twice; it is read once");
                    diagnostics.push(Diagnostic::warning(text).help(
                        "look for `-T` in build scripts and in `.cargo/config.toml`, and keep one",
                    ));
                    continue;
                }
                read.push(own);
                diagnostics.extend(parse_into(&mut script, source, &mut loader));
            }
            Err(error) => diagnostics.push(error.into_diagnostic()),
        }
    }
    let mut files = Vec::new();
    // What a script names stands where the script stands among the inputs.
    let mut queue: Vec<(InputArg, PathBuf)> = Vec::new();
    let mut named: Vec<(usize, Vec<NamedFile>)> = Vec::new();
    for (index, &begin) in begins.iter().enumerate() {
        let end = begins.get(index + 1).copied();
        let commands = begin..end.unwrap_or(script.commands.len());
        let at = options.scripts_at.get(index).copied().unwrap_or(0);
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
    let mut named = named.into_iter().peekable();
    for (position, arg) in options.inputs.iter().enumerate() {
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

/// `--remap-inputs`: the file that is read in place of another.
fn remapped(path: &Path, options: &ElfOptions) -> PathBuf {
    let text = path.to_string_lossy();
    let found = options
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
    for path in &options.version_scripts {
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

/// What a program for a machine without an own library gets where it brings none: an AVR device's
/// start code, compiler helpers.
pub fn add_runtime<'a>(
    inputs: &mut Inputs<'a>,
    machine: u16,
    options: &ElfOptions,
    store: &'a FileStore,
    diagnostics: &mut Vec<Diagnostic>,
) {
    if options.kind == OutputKind::Relocatable {
        return;
    }
    let mut made: Vec<(String, Vec<u8>)> = Vec::new();
    match (::object::elf::Machine(machine), options.avr_device) {
        (::object::elf::EM_AVR, Some(device)) => {
            let name = format!("start code of {}", device.name);
            made.push((name, arch::avr::startup::object(device)));
            let helpers = arch::avr::helpers::objects(device.arch);
            made.extend(helpers.map(|(name, bytes)| (format!("compiler helper {name}"), bytes)));
        }
        (::object::elf::EM_MSP430, _) => {
            let bytes = arch::msp430::helpers::object();
            made.push(("compiler helpers of MSP430".to_owned(), bytes));
        }
        _ => return,
    }
    for (name, bytes) in made {
        let path = PathBuf::from(name);
        let arg = InputArg {
            what: InputWhat::File(path.clone()),
            whole_archive: false,
            as_needed: false,
            static_only: true,
            in_lib_group: true,
            just_symbols: false,
            binary: false,
        };
        let file = store.add(InputFile::from_bytes(path, bytes));
        match load_one(&arg, file, store) {
            Ok(list) => inputs.list.extend(list),
            Err(problems) => diagnostics.extend(problems),
        }
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
        let named: Vec<(&Name, bool)> = match command {
            Command::SearchDir(dir) => {
                if !options.only_command_line_dirs {
                    search.add_script_dir(&dir.text);
                }
                continue;
            }
            Command::Input(files) | Command::Group(files) => {
                files.iter().map(|f| (&f.name, f.as_needed)).collect()
            }
            Command::Startup(name) => vec![(name, false)],
            // The format of the files that are named from here on, as with `--format`.
            Command::Target(name) => {
                binary = &*name.text == "binary";
                continue;
            }
            _ => continue,
        };
        for (place, as_needed) in named {
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
                        as_needed,
                        static_only: true,
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

/// Parses objects and reads archive indexes, in parallel.
pub fn load<'a>(
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
    if arg.binary {
        return Ok(vec![Input::Object(Box::new(foreign::data(file, store)))]);
    }
    if arg.just_symbols {
        let object = foreign::just_symbols(file).map_err(|problem| vec![problem])?;
        return Ok(vec![Input::Object(Box::new(object))]);
    }
    let kind = FileKind::of(bytes);
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
        let mut by_offset: super::Map<u64, u32> = super::Map::default();
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
    if name.member.is_some()
        && let Some(mut refusal) = FileKind::of(bytes).refuse_for_elf(Path::new(&name.to_string()))
    {
        refusal.notes.push(format!(
            "it is a member of the archive `{}`",
            name.path.display()
        ));
        return Err(refusal);
    }
    ObjectFile::parse(name, bytes).map_err(|error| {
        let diagnostic = Diagnostic::error(error.to_string());
        match error {
            super::object::ObjectError::Damaged { .. } => diagnostic.help(
                "the file may have been cut off while it was written; remove it and build it again",
            ),
            super::object::ObjectError::NotRelocatable { .. } => {
                diagnostic.help("inputs are objects as compilers write them, before any linking")
            }
        }
    })
}

/// The machine of a link (`EM_*`, 64 bits): what `-m` says, else that of the first object.
pub fn machine(
    inputs: &Inputs<'_>,
    options: &ElfOptions,
    diagnostics: &mut Vec<Diagnostic>,
) -> Option<(u16, bool)> {
    if let Some(emulation) = options.emulation {
        return Some((emulation.machine, emulation.is_64));
    }
    let first = inputs.list.iter().find_map(|input| match input {
        Input::Object(object) if object.machine == foreign::ANY_MACHINE => None,
        Input::Object(object) => Some((object.machine, object.is_64)),
        Input::Archive(archive) => {
            let member = archive.members.first()?;
            let object = ObjectFile::parse(
                ObjectName {
                    path: member.path,
                    member: Some(member.name),
                },
                member.bytes,
            );
            object.ok().map(|object| (object.machine, object.is_64))
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

/// An output that would replace one of the inputs, which could then not be linked again.
pub fn output_among_inputs(opened: &Opened<'_>, options: &ElfOptions) -> Option<Diagnostic> {
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

/// The error for a machine that nothing is known about, with the file that is for it.
pub fn unsupported(inputs: &Inputs<'_>, machine: u16, is_64: bool) -> Diagnostic {
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
pub fn check_machines(
    files: &[ObjectFile<'_>],
    machine: u16,
    is_64: bool,
    options: &ElfOptions,
    diagnostics: &mut Vec<Diagnostic>,
) {
    let why = match (options.emulation, files.first()) {
        (Some(emulation), _) => format!("`-m {}`", emulation.name),
        (None, Some(file)) => format!("the first input, `{}`", file.name),
        (None, None) => return,
    };
    let endian = files
        .iter()
        .find(|f| (f.machine, f.is_64) == (machine, is_64))
        .map(|f| f.endian);
    let arm = machine == ::object::elf::EM_ARM.0;
    let big = ::object::Endianness::Big;
    if let Some(file) = files.iter().find(|file| file.endian == big && !arm) {
        diagnostics.push(
            Diagnostic::error(format!("`{}` is a big-endian object", file.name))
                .note("big-endian images are written for arm only")
                .help("build for the little-endian variant of the target"),
        );
        return;
    }
    let asked = options
        .big_endian
        .or(options.emulation.map(|emulation| emulation.big_endian));
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
    for file in files.iter().filter(|f| f.machine != foreign::ANY_MACHINE) {
        let differs = (file.machine, file.is_64) != (machine, is_64);
        let swapped = endian.is_some_and(|endian| endian != file.endian);
        if !(differs || swapped) || options.no_warn_mismatch {
            continue;
        }
        let own = arch::machine_name(file.machine, file.is_64);
        let note = if differs {
            format!(
                "it is for {own}, but this link is for {}",
                arch::machine_name(machine, is_64)
            )
        } else {
            format!("its byte order differs from that of the other objects for {own}")
        };
        diagnostics.push(
            Diagnostic::error(format!("`{}` is for another architecture", file.name))
                .note(note)
                .note(format!("the link's architecture comes from {why}"))
                .help("build it for the target of this link, or leave it out"),
        );
    }
}

/// Compressed debug sections are left out, which their user should know.
pub fn check_compressed(files: &[ObjectFile<'_>], diagnostics: &mut Vec<Diagnostic>) {
    let compressed: Vec<&ObjectFile<'_>> = files.iter().filter(|file| file.compressed).collect();
    let Some(first) = compressed.first() else {
        return;
    };
    let text = format!(
        "`{}` has compressed debug sections, which are left out",
        first.name
    );
    let mut diagnostic = Diagnostic::warning(text);
    if compressed.len() > 1 {
        diagnostic = diagnostic.note(format!("so have {} other files", compressed.len() - 1));
    }
    diagnostics.push(diagnostic.help(
        "compile without compression (`-gz=none`, for rustc `-Zdebuginfo-compression=none`) to \
         debug this code",
    ));
}

/// Merges all objects' `e_flags`.
pub fn e_flags(
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
            .all(|s| s.size == 0 || s.flags & ::object::elf::SHF_ALLOC.0 == 0);
        if (empty || file.machine == foreign::ANY_MACHINE) && file.e_flags == 0 {
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

/// Merges `.ARM.attributes` or `.riscv.attributes`: the section's name and contents.
pub fn build_attributes(
    resolution: &Resolution<'_>,
    options: &ElfOptions,
    diagnostics: &mut Vec<Diagnostic>,
) -> Option<(String, Vec<u8>)> {
    let found: Vec<(String, &[u8], &[u8])> = resolution
        .files
        .iter()
        .flat_map(|file| file.sections.iter().map(move |section| (file, section)))
        .filter(|(_, section)| super::place::is_attributes(section))
        .map(|(file, section)| (file.name.to_string(), section.name, section.data))
        .collect();
    let (_, name, _) = found.first()?;
    let inputs: Vec<(&str, &[u8])> = found
        .iter()
        .map(|(file, _, data)| (file.as_str(), *data))
        .collect();
    let (mut merged, conflicts) = match *name {
        b".ARM.attributes" => super::attributes::merge_arm(&inputs),
        b".MSP430.attributes" => super::attributes::merge_msp430(&inputs),
        _ => super::attributes::merge_riscv(&inputs),
    };
    for conflict in conflicts {
        let arm = *name == b".ARM.attributes";
        let unwanted = match conflict.tag {
            super::attributes::tag::PCS_WCHAR_T => arm && options.no_wchar_size_warning,
            super::attributes::tag::ENUM_SIZE => arm && options.no_enum_size_warning,
            _ => false,
        };
        if options.no_warn_mismatch || unwanted {
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
    let big = |file: &ObjectFile<'_>| file.endian == ::object::Endianness::Big;
    if resolution.files.iter().any(big) {
        super::attributes::make_big_endian(&mut merged);
    }
    Some((String::from_utf8_lossy(name).into_owned(), merged))
}

/// Adds the built-in layout where the user's scripts have none: no `-T`, or only ones that INSERT
/// into it.
pub fn complete_script(
    script: &mut Script,
    arch: &dyn Arch,
    options: &ElfOptions,
    diagnostics: &mut Vec<Diagnostic>,
) {
    overlay::expand(script);
    let mut own_layout = false;
    for (index, command) in script.commands.iter().enumerate() {
        let inserted = matches!(script.commands.get(index + 1), Some(Command::Insert { .. }));
        own_layout |= matches!(command, Command::Sections(_)) && !inserted;
    }
    if own_layout {
        return;
    }
    let has_phdrs = script
        .commands
        .iter()
        .any(|c| matches!(c, Command::Phdrs(_)));
    let unpaged = options.nmagic || options.omagic;
    let kind = match options.kind {
        OutputKind::Relocatable => builtin::Kind::Relocatable,
        _ if arch.machine() == ::object::elf::EM_AVR.0 => builtin::Kind::BareMetal,
        OutputKind::StaticPie => builtin::Kind::StaticPie,
        OutputKind::Static => builtin::Kind::Static,
    };
    let facts = builtin::Facts {
        image_base: options.image_base.unwrap_or(match options.kind {
            OutputKind::Static => arch.image_base(),
            _ => 0,
        }),
        segments: match options.z.separate_code {
            _ if unpaged => builtin::Segments::Unpaged,
            SeparateCode::None => builtin::Segments::Packed,
            SeparateCode::Code => builtin::Segments::SeparateCode,
            SeparateCode::Loadable => builtin::Segments::Separate,
        },
        headers: !unpaged && !has_phdrs,
        relro: options.z.relro,
        now: options.z.now,
        rela: arch.dynamic().rela,
        one_readonly_segment: !options.rosegment,
        text_prefixes: options.z.keep_text_section_prefix,
        machine: match ::object::elf::Machine(arch.machine()) {
            ::object::elf::EM_ARM => builtin::Machine::Arm,
            ::object::elf::EM_RISCV => builtin::Machine::RiscV,
            ::object::elf::EM_AVR => builtin::Machine::Avr,
            _ => builtin::Machine::Other,
        },
        avr: options.avr_device.map(|device| builtin::AvrMemory {
            flash: device.flash,
            ram_start: device.ram_start,
            ram: device.ram,
            eeprom: device.eeprom,
        }),
    };
    script.default_layout = true;
    let source = Source {
        path: "built-in linker script".into(),
        text: builtin::builtin(kind, &facts).into(),
    };
    let own = std::mem::take(&mut script.commands);
    let is_entry = |command: &Command| match command {
        Command::Entry(_) => true,
        Command::Sections(items) => items.iter().any(|i| matches!(i, SectionsItem::Entry(_))),
        _ => false,
    };
    let mut none = NoIncludes;
    diagnostics.extend(parse_into(script, source, &mut none));
    // Whatever entry the user's scripts name beats the usual one.
    if own.iter().any(is_entry) {
        script.commands.retain(|command| !is_entry(command));
    }
    script.commands.extend(own);
}

/// Built-in scripts include nothing.
struct NoIncludes;

impl Loader for NoIncludes {
    fn open(&mut self, name: &str, _from: &Path) -> Result<Source, IncludeError> {
        Err(IncludeError::NotFound {
            name: name.to_owned(),
            searched: Vec::new(),
        })
    }
}

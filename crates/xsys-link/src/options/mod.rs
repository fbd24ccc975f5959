//! The options of a link, as plain data.
//!
//! The meaning of a command line depends on spellings and positions. The parser in [`gnu`] turns it into
//! plain data once, and no pass looks at arguments again.

pub(crate) mod build;
mod dynamic;
pub(crate) mod gnu;
mod groups;
mod machine_memory;
#[cfg(test)]
mod page;
pub(crate) mod response;
mod row;
mod table;
#[cfg(test)]
mod tests;
mod z;

use std::ffi::OsString;
use std::path::PathBuf;

use xsys_diag::Diagnostic;

use xsys_diag::Severity;

pub(crate) use super::elf::arch::{MachineOptions, Target2};
pub(crate) use build::Action;
pub(crate) use dynamic::{DynamicOptions, HashStyle, Symbolic};
pub(crate) use groups::{InputOptions, LayoutOptions, ReportOptions, SymbolOptions};
pub(crate) use machine_memory::MachineMemory;

/// The response files that a command line names, those within others included: inputs of the link
/// like all others.
pub fn response_files(args: &[OsString]) -> Vec<PathBuf> {
    response::files(args, response::Quoting::Gnu)
}

/// A command line with the contents of its response files in their places.
///
/// # Errors
/// A response file cannot be read.
pub fn expand_response_files(args: &[OsString]) -> Result<Vec<OsString>, Vec<Diagnostic>> {
    let mut diagnostics = Vec::new();
    let args = response::expand(args, response::Quoting::Gnu, &mut diagnostics);
    if diagnostics.is_empty() {
        Ok(args)
    } else {
        Err(diagnostics)
    }
}

/// Everything an ELF link is asked to do.
///
/// `Option` fields are `None` if no option was given and the default depends on the architecture or
/// the kind of output.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct ElfOptions {
    /// `-o`
    pub output: PathBuf,
    /// `-o` was given: it overrides OUTPUT in a script.
    pub output_given: bool,
    /// `--enable-linker-version`: LINKER_VERSION in scripts writes the linker's version.
    pub linker_version: bool,
    /// The kind of output.
    pub kind: OutputKind,
    /// `-Bsymbolic`, `--soname` and so on.
    pub dynamic: DynamicOptions,
    /// Options for single machines.
    pub machine: MachineOptions,
    /// `-z`
    pub z: ZOptions,
    /// `--noinhibit-exec`: writes the output in spite of errors, which become warnings.
    pub no_inhibit_exec: bool,
    /// `--reproduce`
    pub reproduce: Option<Reproduce>,
    /// `--threads`
    pub threads: Option<usize>,
    /// The files to read, and where they are looked for.
    pub input: InputOptions,
    /// How symbols are resolved, and which of them are kept.
    pub symbols: SymbolOptions,
    /// What is in the image, and where.
    pub layout: LayoutOptions,
    /// Reports and messages.
    pub reports: ReportOptions,
}

impl ElfOptions {
    /// The output has relocation tables.
    pub(crate) fn keeps_relocations(&self) -> bool {
        self.layout.emit_relocs || self.kind.is_object()
    }
}

impl Default for ElfOptions {
    fn default() -> Self {
        Self {
            output: PathBuf::from("a.out"),
            output_given: false,
            linker_version: false,
            kind: OutputKind::Static,
            dynamic: DynamicOptions::default(),
            machine: MachineOptions::default(),
            z: ZOptions::default(),
            no_inhibit_exec: false,
            reproduce: None,
            threads: None,
            input: InputOptions::default(),
            symbols: SymbolOptions::default(),
            layout: LayoutOptions::default(),
            reports: ReportOptions::default(),
        }
    }
}

/// One input and the state of the command line where it stood.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct InputArg {
    /// Which file.
    pub what: InputWhat,
    /// `--whole-archive`: every member is linked.
    pub whole_archive: bool,
    /// Between `--start-lib` and `--end-lib`: an object that is linked like an archive member.
    pub in_lib_group: bool,
    /// `--just-symbols`: only the symbols' values are taken.
    pub just_symbols: bool,
    /// `--format=binary`: the file is data, whatever it looks like.
    pub binary: bool,
    /// `--as-needed`: a shared library is left out if nothing refers to it.
    pub as_needed: bool,
    /// `-Bstatic`: only archives are taken.
    pub static_only: bool,
}

/// One `--wrap`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Wrap {
    /// `f`, references to which go to the wrapper.
    pub plain: String,
    /// `__wrap_f`
    pub wrapper: String,
    /// `__real_f`, references to which go to `f`.
    pub real: String,
}

impl Wrap {
    /// The names that belong to `--wrap=plain`.
    pub(crate) fn of(plain: String) -> Self {
        Self {
            wrapper: format!("__wrap_{plain}"),
            real: format!("__real_{plain}"),
            plain,
        }
    }
}

/// The file an input argument names. Whether a [`File`](InputWhat::File) is an object, an archive
/// or a linker script shows when it is opened.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum InputWhat {
    /// A path.
    File(PathBuf),
    /// What followed `-l`: `foo`, or `:file` for a file of exactly that name.
    Library(String),
}

/// The kind of output.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) enum OutputKind {
    /// An executable for fixed addresses.
    #[default]
    Static,
    /// An executable that relocates itself.
    StaticPie,
    /// An executable for fixed addresses that uses shared libraries.
    DynamicExec,
    /// A position-independent executable that a dynamic linker loads.
    DynamicPie,
    /// A shared library.
    Shared,
    /// One object out of many (`-r`).
    Relocatable,
}

impl OutputKind {
    /// Whether it is an input of another link.
    pub(crate) fn is_object(self) -> bool {
        self == OutputKind::Relocatable
    }

    /// Whether it is loaded and run.
    pub(crate) fn is_image(self) -> bool {
        !self.is_object()
    }

    /// Whether it may be loaded anywhere, and relocates addresses when it starts.
    pub(crate) fn is_pic(self) -> bool {
        matches!(
            self,
            OutputKind::StaticPie | OutputKind::DynamicPie | OutputKind::Shared
        )
    }

    /// Whether a dynamic linker completes it: other files of the process may define what it refers to.
    pub(crate) fn is_dynamic(self) -> bool {
        matches!(
            self,
            OutputKind::DynamicExec | OutputKind::DynamicPie | OutputKind::Shared
        )
    }

    /// Whether it is a shared library.
    pub(crate) fn is_shared(self) -> bool {
        self == OutputKind::Shared
    }
}

/// What is left out of the symbol table and the debug sections.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Strip {
    /// Nothing.
    None,
    /// Debug sections (`-S`).
    Debug,
    /// Debug sections and the symbol table (`-s`).
    All,
}

/// Which local symbols are left out.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Discard {
    /// None.
    None,
    /// The assembler's (`.L…`) (`-X`).
    Locals,
    /// All (`-x`).
    All,
}

/// What the build id is computed with.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum BuildId {
    /// There is none.
    None,
    /// Eight bytes, whatever hash is quick.
    Fast,
    /// Twenty bytes, a cryptographic hash.
    Sha1,
    /// Sixteen bytes, a hash.
    Md5,
    /// These bytes.
    Hex(Vec<u8>),
}

/// `--reproduce`: where the archive goes and what it has besides the inputs.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Reproduce {
    /// A file, or a directory that gets a file named after the output.
    pub file: PathBuf,
    /// The command line, response files expanded.
    pub args: Vec<OsString>,
    /// Options that begin a joined or following path, longest first.
    pub paths: &'static [&'static str],
}

/// Folding of identical functions.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Icf {
    /// Off.
    None,
    /// Where no address is compared.
    Safe,
    /// Everywhere.
    All,
}

/// What happens to input sections that no script rule names.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Orphan {
    /// Placed after the sections that are most like them.
    Place,
    /// Placed, with a warning.
    Warn,
    /// Errors.
    Error,
    /// Left out.
    Discard,
}

/// The order of common symbols by alignment.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum SortCommon {
    /// Largest alignment first, which leaves the fewest gaps.
    Descending,
    /// Smallest first.
    Ascending,
}

/// How wildcard patterns without a sort of their own are sorted.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum SortSection {
    /// In input order.
    None,
    /// By name.
    Name,
    /// By alignment, largest first.
    Alignment,
}

/// What an undefined symbol leads to.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Unresolved {
    /// An error.
    Error,
    /// A warning, and address 0.
    Warn,
    /// Address 0.
    Ignore,
}

/// Where a report goes.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum MapTo {
    /// Into a file.
    File(PathBuf),
    /// To standard output.
    Stdout,
}

/// How segments of different permissions share pages.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum SeparateCode {
    /// They may share a page of the file.
    None,
    /// Code has pages of its own (`-z separate-code`).
    Code,
    /// Every loadable segment has (`-z separate-loadable-segments`).
    Loadable,
}

/// What an image and its objects are marked for, in GNU properties.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct MarkOptions {
    /// `-z force-bti` and the like: objects without the mark count as marked, with a warning.
    pub forced: Vec<ForcedMark>,
    /// `-z shstk` and the like: whatever the objects say.
    pub whole: Vec<ForcedMark>,
    /// `-z bti-report` and the like, those that report anything.
    pub reports: Vec<MarkReport>,
}

/// A keyword that gives a mark or takes it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct ForcedMark {
    /// As `-z` has it.
    pub keyword: &'static str,
    /// The psABI's name.
    pub mark: &'static str,
    /// It is given, not taken.
    pub on: bool,
}

/// A keyword that reports objects without marks.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct MarkReport {
    /// As `-z` has it.
    pub keyword: &'static str,
    /// The psABI's names.
    pub marks: &'static [&'static str],
    /// How it is reported.
    pub severity: Severity,
}

/// What `-z` sets.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct ZOptions {
    /// `-z max-page-size=N`
    pub max_page_size: Option<u64>,
    /// `-z common-page-size=N`
    pub common_page_size: Option<u64>,
    /// `-z stack-size=N`: size of PT_GNU_STACK.
    pub stack_size: Option<u64>,
    /// `-z relro`, `-z norelro`: whether data that is constant after relocation gets PT_GNU_RELRO; else built-in
    /// layouts have it.
    pub relro: Option<bool>,
    /// `-z now`: sets DF_BIND_NOW and DF_1_NOW.
    pub now: bool,
    /// `-z execstack`, `-z noexecstack`; else the objects' `.note.GNU-stack` decide.
    pub exec_stack: Option<bool>,
    /// `-z nognustack`: no PT_GNU_STACK at all.
    pub no_gnu_stack: bool,
    /// `-z text`: relocations in read-only segments are errors.
    pub text: bool,
    /// `-z separate-code` and its relatives.
    pub separate_code: SeparateCode,
    /// `-z start-stop-gc`: `__start_x` does not keep sections named `x`.
    pub start_stop_gc: bool,
    /// `-z keep-text-section-prefix`: `.text.hot` and so on become output sections.
    pub keep_text_section_prefix: bool,
    /// `-z wxneeded`: writes PT_OPENBSD_WXNEEDED.
    pub wxneeded: bool,
    /// `-z start-stop-visibility`: STV_* of `__start_x` and `__stop_x`.
    pub start_stop_visibility: u8,
    /// What the image and its objects are marked for.
    pub marks: MarkOptions,
    /// `-z dead-reloc-in-nonalloc=GLOB=VALUE`: what references to dropped sections read as.
    pub dead_reloc_in_nonalloc: Vec<(String, u64)>,
}

impl Default for ZOptions {
    fn default() -> Self {
        Self {
            max_page_size: None,
            common_page_size: None,
            stack_size: None,
            relro: None,
            now: false,
            exec_stack: None,
            no_gnu_stack: false,
            text: true,
            separate_code: SeparateCode::None,
            start_stop_gc: false,
            keep_text_section_prefix: false,
            wxneeded: false,
            start_stop_visibility: object::elf::STV_PROTECTED.0,
            marks: MarkOptions::default(),
            dead_reloc_in_nonalloc: Vec::new(),
        }
    }
}

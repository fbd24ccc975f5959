//! What a link is asked to do, as plain data.
//!
//! A command line is history, full of spellings and positions; the passes want answers. The parser
//! in [`gnu`] turns the one into the other once, and nothing after it looks at arguments again.

pub(crate) mod build;
pub mod gnu;
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

pub use super::elf::arch::{MachineOptions, Target2};
use super::elf::compressed::Format;
pub use build::Action;
pub use gnu::{Parsed, parse};
pub use machine_memory::MachineMemory;

/// The response files that a command line names, those within others included. They are read before
/// anything else is known, and what they say is as much a part of the link as any other input.
pub fn response_files(args: &[OsString]) -> Vec<PathBuf> {
    response::files(args, response::Quoting::Gnu)
}

/// Everything an ELF link is asked to do.
///
/// `Option` fields are `None` where nothing was said and the answer depends on the architecture or
/// on the kind of output.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ElfOptions {
    /// `-o`
    pub output: PathBuf,
    /// Files and libraries in the order of the command line, each with the state it was given in.
    pub inputs: Vec<InputArg>,
    /// `-L`, with `=` and `$SYSROOT` already replaced.
    pub search_dirs: Vec<PathBuf>,
    /// `--sysroot`
    pub sysroot: Option<PathBuf>,
    /// `-T`, in order; as written, to be looked up in the current folder and then in
    /// `search_dirs`.
    pub scripts: Vec<PathBuf>,
    /// For each of `scripts` how many `inputs` stood in front of it: the files that it names come there.
    pub scripts_at: Vec<usize>,
    /// `--default-script`: takes the built-in script's place where there is no `-T`.
    pub default_script: Option<PathBuf>,
    /// `--nostdlib`: ignores SEARCH_DIR in scripts.
    pub only_command_line_dirs: bool,
    /// Files whose lines options take (`--retain-symbols-file` and the like).
    pub lists: Vec<PathBuf>,

    /// `-o` was given: it beats OUTPUT of a script.
    pub output_given: bool,
    /// `--enable-linker-version`: LINKER_VERSION in scripts writes something.
    pub linker_version: bool,

    /// What is made.
    pub kind: OutputKind,
    /// What concerns instruction sets.
    pub machine: MachineOptions,
    /// `-e`: a symbol or a number.
    pub entry: Option<String>,
    /// `-u`: pulled from archives and kept.
    pub undefined: Vec<String>,
    /// `--require-defined`: like `undefined`, and an error where nothing defines it.
    pub require_defined: Vec<String>,
    /// `--defsym`: symbol and expression, in order.
    pub defsym: Vec<(String, String)>,
    /// For each `--defsym`, how many scripts stand before it: `DEFINED` sees the difference.
    pub defsym_after: Vec<usize>,
    /// `--wrap`: references to one name go to another.
    pub wrap: Vec<Wrap>,
    /// `--init`: the symbol whose address DT_INIT holds.
    pub init: String,
    /// `--fini`: the symbol whose address DT_FINI holds.
    pub fini: String,

    /// `--undefined-glob`: like `undefined`, for all symbols that are defined somewhere.
    pub undefined_glob: Vec<String>,
    /// `--remap-inputs`: patterns of paths and what is read instead, in order.
    pub remap_inputs: Vec<(String, String)>,
    /// `--version-script`
    pub version_scripts: Vec<PathBuf>,
    /// `--symbol-ordering-file`: its lines.
    pub symbol_order: Option<Vec<String>>,
    /// `--warn-symbol-ordering`: symbols of that file that no section defines are told.
    pub warn_symbol_order: bool,
    /// `--retain-symbols-file`: its lines.
    pub retain_symbols: Option<Vec<String>>,
    /// `--sort-common`
    pub sort_common: Option<SortCommon>,
    /// `--force-group-allocation`: `-r` resolves groups.
    pub force_group_allocation: bool,

    /// `--gc-sections`
    pub gc_sections: bool,
    /// `--print-gc-sections`
    pub print_gc_sections: bool,
    /// `--gc-keep-exported`: global symbols with default visibility are roots.
    pub gc_keep_exported: bool,
    /// `--export-dynamic`: together with `gc_keep_exported` the usual roots of a plugin host.
    pub export_dynamic: bool,
    /// `--icf`
    pub icf: Icf,
    /// `--print-icf-sections`
    pub print_icf_sections: bool,
    /// `-O`: from 2 on, tails of strings are merged too.
    pub optimize: u8,

    /// `-s` and `-S`
    pub strip: Strip,
    /// `--compress-debug-sections`
    pub compress_debug: Option<Format>,
    /// `-x` and `-X`
    pub discard: Discard,
    /// `--emit-relocs`
    pub emit_relocs: bool,
    /// `--build-id`
    pub build_id: BuildId,
    /// `--eh-frame-hdr`
    pub eh_frame_hdr: bool,

    /// `-z`
    pub z: ZOptions,
    /// Start addresses by name: `.text` and so on from `--section-start` and `-Ttext`, `-Tdata`,
    /// `-Tbss`; without the dot `text-segment`, `rodata-segment` and `ldata-segment`, which
    /// SEGMENT_START asks for. The last of a name counts and is the only one here.
    pub section_start: Vec<(String, u64)>,
    /// `--image-base`
    pub image_base: Option<u64>,
    /// `-n`: no page alignment, no headers in segments.
    pub nmagic: bool,
    /// `-N`: like `nmagic`, and text is writable.
    pub omagic: bool,
    /// `--rosegment`: read-only data is not put into the executable segment.
    pub rosegment: bool,
    /// `--orphan-handling`
    pub orphan_handling: Orphan,
    /// `--sort-section`
    pub sort_section: SortSection,
    /// `--flip-stack`: the stack goes below the statics; with the symbol where it starts, if given.
    pub flip_stack: Option<Option<String>>,
    /// `--machine-memory`: what scripts are compared with.
    pub machine_memory: Vec<MachineMemory>,
    /// `--check-sections`: overlapping addresses are errors.
    pub check_sections: bool,
    /// `-d`: `-r` turns common symbols into allocated ones.
    pub define_common: bool,

    /// `--unresolved-symbols`, `--warn-unresolved-symbols`, `-z defs`, `-z undefs` combined.
    pub unresolved: Unresolved,
    /// `--warn-unresolved-symbols`, as last given.
    pub warn_unresolved_symbols: bool,
    /// `--allow-multiple-definition`, `-z muldefs`
    pub allow_multiple_definition: bool,
    /// `--noinhibit-exec`: writes the output in spite of errors, which become warnings.
    pub no_inhibit_exec: bool,
    /// `--warn-common`
    pub warn_common: bool,
    /// `--no-warn-mismatch`: files for another machine are not an error.
    pub no_warn_mismatch: bool,

    /// `-Map` and `-M`
    pub map: Option<MapTo>,
    /// `--cref`
    pub cref: bool,
    /// `--print-memory-usage`
    pub print_memory_usage: bool,
    /// `--print-stack-usage`
    pub print_stack_usage: bool,
    /// `-t`: lists the input files.
    pub trace: bool,
    /// `-y`: symbols whose mentions are reported.
    pub trace_symbol: Vec<String>,
    /// No option: the caller wants to know afterwards why each section is in the image, if it has no
    /// more loaded sections than this.
    pub keep_reasons: usize,
    /// `--why-live`: symbols whose chain of references is printed.
    pub why_live: Vec<String>,
    /// `--why-extract`: where to list why each archive member was pulled.
    pub why_extract: Option<MapTo>,
    /// `--print-archive-stats`: where to list how much of each archive was linked.
    pub archive_stats: Option<MapTo>,
    /// `--dependency-file`: where to write the inputs as a make rule.
    pub dependency_file: Option<PathBuf>,
    /// `--reproduce`
    pub reproduce: Option<Reproduce>,
    /// `--verbose`
    pub verbose: bool,

    /// `--threads`
    pub threads: Option<usize>,
    /// `--error-limit`; 0 means no limit.
    pub error_limit: usize,
    /// `--fatal-warnings`
    pub fatal_warnings: bool,
    /// `--no-warnings`
    pub no_warnings: bool,
    /// `--color-diagnostics`
    pub color: Color,
    /// `--error-format`
    pub error_format: ErrorFormat,
}

impl ElfOptions {
    /// The output has relocation tables.
    pub fn keeps_relocations(&self) -> bool {
        self.emit_relocs || self.kind.is_object()
    }
}

impl Default for ElfOptions {
    fn default() -> Self {
        Self {
            output: PathBuf::from("a.out"),
            inputs: Vec::new(),
            search_dirs: Vec::new(),
            sysroot: None,
            scripts: Vec::new(),
            scripts_at: Vec::new(),
            default_script: None,
            only_command_line_dirs: false,
            lists: Vec::new(),
            output_given: false,
            linker_version: false,
            kind: OutputKind::Static,
            machine: MachineOptions::default(),
            entry: None,
            undefined: Vec::new(),
            require_defined: Vec::new(),
            defsym: Vec::new(),
            defsym_after: Vec::new(),
            wrap: Vec::new(),
            init: "_init".to_owned(),
            fini: "_fini".to_owned(),
            undefined_glob: Vec::new(),
            remap_inputs: Vec::new(),
            version_scripts: Vec::new(),
            symbol_order: None,
            warn_symbol_order: true,
            retain_symbols: None,
            sort_common: None,
            force_group_allocation: false,
            gc_sections: false,
            print_gc_sections: false,
            gc_keep_exported: false,
            export_dynamic: false,
            icf: Icf::None,
            print_icf_sections: false,
            optimize: 1,
            strip: Strip::None,
            compress_debug: None,
            discard: Discard::None,
            emit_relocs: false,
            build_id: BuildId::None,
            eh_frame_hdr: false,
            z: ZOptions::default(),
            section_start: Vec::new(),
            image_base: None,
            nmagic: false,
            omagic: false,
            rosegment: true,
            orphan_handling: Orphan::Place,
            sort_section: SortSection::None,
            flip_stack: None,
            machine_memory: Vec::new(),
            check_sections: true,
            define_common: false,
            unresolved: Unresolved::Error,
            warn_unresolved_symbols: false,
            allow_multiple_definition: false,
            no_inhibit_exec: false,
            warn_common: false,
            no_warn_mismatch: false,
            map: None,
            cref: false,
            print_memory_usage: false,
            print_stack_usage: false,
            trace: false,
            trace_symbol: Vec::new(),
            keep_reasons: 0,
            why_live: Vec::new(),
            why_extract: None,
            archive_stats: None,
            dependency_file: None,
            reproduce: None,
            verbose: false,
            threads: None,
            error_limit: 20,
            fatal_warnings: false,
            no_warnings: false,
            color: Color::Auto,
            error_format: ErrorFormat::Human,
        }
    }
}

/// One input and the state of the command line where it stood.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct InputArg {
    /// Which file.
    pub what: InputWhat,
    /// `--whole-archive`: every member is linked.
    pub whole_archive: bool,
    /// `--as-needed`: means something for shared libraries only.
    pub as_needed: bool,
    /// `-Bstatic`: `-l` takes only `.a`.
    pub static_only: bool,
    /// Between `--start-lib` and `--end-lib`: an object that is linked like an archive member.
    pub in_lib_group: bool,
    /// `--just-symbols`: only the symbols' values are taken.
    pub just_symbols: bool,
    /// `--format=binary`: the file is data, whatever it looks like.
    pub binary: bool,
}

/// One `--wrap`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Wrap {
    /// `f`, references to which go to the wrapper.
    pub plain: String,
    /// `__wrap_f`
    pub wrapper: String,
    /// `__real_f`, references to which go to `f`.
    pub real: String,
}

impl Wrap {
    /// The names that belong to `--wrap=plain`.
    pub fn of(plain: String) -> Self {
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
pub enum InputWhat {
    /// A path.
    File(PathBuf),
    /// What followed `-l`: `foo`, or `:file` for a file of exactly that name.
    Library(String),
}

/// What kind of file is made.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum OutputKind {
    /// An executable for fixed addresses.
    #[default]
    Static,
    /// An executable that relocates itself.
    StaticPie,
    /// One object out of many (`-r`).
    Relocatable,
}

impl OutputKind {
    /// Another link gets it, not a loader.
    pub fn is_object(self) -> bool {
        self == OutputKind::Relocatable
    }

    /// It is loaded and runs.
    pub fn is_image(self) -> bool {
        !self.is_object()
    }

    /// It may be loaded anywhere: addresses in it are relocated when it starts.
    pub fn is_pic(self) -> bool {
        self == OutputKind::StaticPie
    }
}

/// What is left out of the symbol table and the debug sections.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Strip {
    /// Nothing.
    None,
    /// Debug sections (`-S`).
    Debug,
    /// Debug sections and the symbol table (`-s`).
    All,
}

/// Which local symbols are left out.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Discard {
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

/// `--reproduce`: where the archive goes and what is to be in it besides the inputs.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Reproduce {
    /// A file, or a folder that gets a file named after the output.
    pub file: PathBuf,
    /// The command line, response files expanded.
    pub args: Vec<OsString>,
    /// Options that begin a joined or following path, longest first.
    pub paths: &'static [&'static str],
}

/// Folding of identical functions.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Icf {
    /// Off.
    None,
    /// Where no address is compared.
    Safe,
    /// Everywhere.
    All,
}

/// What happens to input sections that no script rule names.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Orphan {
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
pub enum SortCommon {
    /// Largest alignment first, which leaves the fewest gaps.
    Descending,
    /// Smallest first.
    Ascending,
}

/// How wildcard patterns without a sort of their own are sorted.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum SortSection {
    /// In input order.
    None,
    /// By name.
    Name,
    /// By alignment, largest first.
    Alignment,
}

/// What an undefined symbol leads to.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Unresolved {
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

/// Colours in messages.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Color {
    /// Where there is a terminal.
    Auto,
    /// Always.
    Always,
    /// Never.
    Never,
}

/// How messages are written.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ErrorFormat {
    /// For people.
    Human,
    /// A JSON object a line.
    Json,
}

/// How segments of different permissions share pages.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum SeparateCode {
    /// They may share a page of the file.
    None,
    /// Code has pages of its own (`-z separate-code`).
    Code,
    /// Every loadable segment has (`-z separate-loadable-segments`).
    Loadable,
}

/// What `-z` sets.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ZOptions {
    /// `-z max-page-size=N`
    pub max_page_size: Option<u64>,
    /// `-z common-page-size=N`
    pub common_page_size: Option<u64>,
    /// `-z stack-size=N`: size of PT_GNU_STACK.
    pub stack_size: Option<u64>,
    /// `-z relro`: data that is constant after relocation gets PT_GNU_RELRO.
    pub relro: bool,
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
    /// `-z dead-reloc-in-nonalloc=GLOB=VALUE`: what references to dropped sections read as.
    pub dead_reloc_in_nonalloc: Vec<(String, u64)>,
}

impl Default for ZOptions {
    fn default() -> Self {
        Self {
            max_page_size: None,
            common_page_size: None,
            stack_size: None,
            relro: false,
            now: false,
            exec_stack: None,
            no_gnu_stack: false,
            text: true,
            separate_code: SeparateCode::None,
            start_stop_gc: false,
            keep_text_section_prefix: false,
            wxneeded: false,
            start_stop_visibility: object::elf::STV_PROTECTED.0,
            dead_reloc_in_nonalloc: Vec::new(),
        }
    }
}

//! The options of an ELF link, grouped by the passes that read them.
//!
//! Options for single machines are in [`super::MachineOptions`].

use std::path::PathBuf;

use super::{
    BuildId, Discard, Icf, InputArg, MachineMemory, MapTo, Orphan, SortCommon, SortSection, Strip,
    Unresolved, Wrap,
};
use crate::elf::compressed::Format;

/// The files to read, and where they are looked for.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct InputOptions {
    /// Files and libraries in the order of the command line, each with the state it was given in.
    pub args: Vec<InputArg>,
    /// `-L`, with `=` and `$SYSROOT` already replaced.
    pub search_dirs: Vec<PathBuf>,
    /// `--sysroot`
    pub sysroot: Option<PathBuf>,
    /// `-l` finds shared libraries first.
    pub shared_libraries: bool,
    /// `-static`, `-r`: shared libraries are no inputs.
    pub fully_static: bool,
    /// `-T`, in order; as written, to be looked up in the current directory and then in
    /// `search_dirs`.
    pub scripts: Vec<PathBuf>,
    /// For each of `scripts` how many `inputs` stood in front of it: the files that it names come there.
    pub scripts_at: Vec<usize>,
    /// `--default-script`: replaces the built-in script if no other script has a layout.
    pub default_script: Option<PathBuf>,
    /// `--nostdlib`: ignores SEARCH_DIR in scripts.
    pub only_command_line_dirs: bool,
    /// Files whose lines options take (`--retain-symbols-file` and the like).
    pub lists: Vec<PathBuf>,
    /// `--remap-inputs`: patterns of paths and what is read instead, in order.
    pub remap_inputs: Vec<(String, String)>,
    /// `--no-warn-mismatch`: files for another machine are not an error.
    pub no_warn_mismatch: bool,
}

/// How symbols are resolved, and which of them are kept.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct SymbolOptions {
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
    /// `--gc-keep-exported`: global symbols with default visibility are roots.
    pub gc_keep_exported: bool,
    /// `--export-dynamic`: together with `gc_keep_exported` the usual roots of a plugin host.
    pub export_dynamic: bool,
    /// `-s` and `-S`
    pub strip: Strip,
    /// `-x` and `-X`
    pub discard: Discard,
    /// `-d`: `-r` turns common symbols into allocated ones.
    pub define_common: bool,
    /// `--unresolved-symbols`, `--warn-unresolved-symbols`, `-z defs`, `-z undefs` combined.
    pub unresolved: Unresolved,
    /// `--warn-unresolved-symbols`, as last given.
    pub warn_unresolved_symbols: bool,
    /// `--allow-multiple-definition`, `-z muldefs`
    pub allow_multiple_definition: bool,
    /// `--fortran-common`: members of archives that define a common symbol are linked.
    pub fortran_common: bool,
    /// `--warn-common`
    pub warn_common: bool,
}

impl Default for SymbolOptions {
    fn default() -> Self {
        Self {
            entry: None,
            undefined: Vec::new(),
            require_defined: Vec::new(),
            defsym: Vec::new(),
            defsym_after: Vec::new(),
            wrap: Vec::new(),
            init: "_init".to_owned(),
            fini: "_fini".to_owned(),
            undefined_glob: Vec::new(),
            version_scripts: Vec::new(),
            symbol_order: None,
            warn_symbol_order: true,
            retain_symbols: None,
            sort_common: None,
            gc_keep_exported: false,
            export_dynamic: false,
            strip: Strip::None,
            discard: Discard::None,
            define_common: false,
            unresolved: Unresolved::Error,
            warn_unresolved_symbols: false,
            allow_multiple_definition: false,
            fortran_common: true,
            warn_common: false,
        }
    }
}

/// What is in the image, and where.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct LayoutOptions {
    /// `--force-group-allocation`: `-r` resolves groups.
    pub force_group_allocation: bool,
    /// `--gc-sections`
    pub gc_sections: bool,
    /// `--icf`
    pub icf: Icf,
    /// `-O`: from 2 on, tails of strings are merged too.
    pub optimize: u8,
    /// `--compress-debug-sections`
    pub compress_debug: Option<Format>,
    /// `--emit-relocs`
    pub emit_relocs: bool,
    /// `--build-id`
    pub build_id: BuildId,
    /// `--eh-frame-hdr`
    pub eh_frame_hdr: bool,
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
}

impl Default for LayoutOptions {
    fn default() -> Self {
        Self {
            force_group_allocation: false,
            gc_sections: false,
            icf: Icf::None,
            optimize: 1,
            compress_debug: None,
            emit_relocs: false,
            build_id: BuildId::None,
            eh_frame_hdr: false,
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
        }
    }
}

/// Reports and messages.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct ReportOptions {
    /// `--print-gc-sections`
    pub print_gc_sections: bool,
    /// `--no-demangle`: maps show names as they are in the files.
    pub mangled: bool,
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
    /// Not an option: the caller wants to know why each section is in the image, if it has at most this
    /// many loaded sections.
    pub keep_reasons: usize,
    /// `--why-live`: symbols whose chain of references is printed.
    pub why_live: Vec<String>,
    /// `--why-extract`: where to list why each archive member was pulled.
    pub why_extract: Option<MapTo>,
    /// `--print-archive-stats`: where to list how much of each archive was linked.
    pub archive_stats: Option<MapTo>,
    /// `--dependency-file`: where to write the inputs as a make rule.
    pub dependency_file: Option<PathBuf>,
    /// `--error-limit`; 0 means no limit.
    pub error_limit: usize,
    /// `--fatal-warnings`
    pub fatal_warnings: bool,
    /// `--no-warnings`
    pub no_warnings: bool,
}

impl Default for ReportOptions {
    fn default() -> Self {
        Self {
            mangled: false,
            print_gc_sections: false,
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
            error_limit: 20,
            fatal_warnings: false,
            no_warnings: false,
        }
    }
}

//! The options of the wasm linker: one row each, with what it takes, what it does and, where it
//! does nothing, why that is right.

use std::fmt::Write;
use std::path::PathBuf;

use super::Unresolved;
use super::reading::Reading;
pub(crate) use super::values::{Counterpart, Wrong};
use super::values::{
    allow_undefined_file, build_id, compat, error_limit, icf, import_memory, keyword, list,
    machine, number, page_size, report_to, reproduce, table_base, threads, unresolved, wrap,
};
use crate::options::MapTo;
use crate::options::gnu::VERSION;

/// A row of the table.
pub(crate) struct Flag {
    /// Spellings without dashes; a star at the end stands for any rest.
    pub names: &'static [&'static str],
    /// What follows.
    pub argument: Argument,
    /// What happens.
    pub action: Action,
    /// One line for people.
    pub help: &'static str,
}

/// What follows an option.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Argument {
    /// Nothing.
    None,
    /// `--x v` or `--x=v`; one-letter options also take `-xv`.
    Required,
    /// `--x` or `--x=v`.
    Optional,
}

/// What an option does.
pub(crate) enum Action {
    /// It changes the options.
    Set(fn(&mut Reading, &str) -> Result<(), Wrong>),
    /// Nothing; the row's help says why that is right.
    Ignored,
    /// Nothing, but not every value is one.
    Checked(fn(&str) -> Result<(), Wrong>),
    /// It would change the output in a way that is not there yet.
    Rejected(&'static str),
}

const fn flag(
    names: &'static [&'static str],
    argument: Argument,
    action: Action,
    help: &'static str,
) -> Flag {
    Flag {
        names,
        argument,
        action,
        help,
    }
}

/// A row that sets one field to the value of an expression over `value`.
macro_rules! set {
    ($names:expr, $argument:ident, |$r:ident, $value:pat_param| $body:expr, $help:expr) => {
        flag(
            &$names,
            Argument::$argument,
            Action::Set(|$r, $value| {
                $body;
                Ok(())
            }),
            $help,
        )
    };
}

macro_rules! ignored {
    ($names:expr, $argument:ident, $reason:expr) => {
        flag(&$names, Argument::$argument, Action::Ignored, $reason)
    };
}

macro_rules! rejected {
    ($names:expr, $argument:ident, $reason:expr) => {
        flag(&$names, Argument::$argument, Action::Rejected($reason), "")
    };
}

/// All options.
pub(crate) static FLAGS: &[Flag] = &[
    // Files.
    set!(
        ["o", "output"],
        Required,
        |r, v| r.options.output = PathBuf::from(v),
        "`-o FILE` writes the module to FILE; `-` is standard output"
    ),
    set!(
        ["l", "library"],
        Required,
        |r, v| r.library(v),
        "`-l NAME` links libNAME.a"
    ),
    set!(
        ["L", "library-path"],
        Required,
        |r, v| r.options.search.push(v.into()),
        "`-L DIR` adds a directory for `-l`"
    ),
    set!(
        ["Bdynamic", "dy", "call_shared"],
        None,
        |r, _| r.dynamic = true,
        "`-l` takes a stub library libNAME.so before libNAME.a"
    ),
    set!(
        ["Bstatic", "static", "dn", "non_shared"],
        None,
        |r, _| r.dynamic = false,
        "`-l` takes libNAME.a alone"
    ),
    set!(
        ["whole-archive"],
        None,
        |r, _| r.whole_archive = true,
        "all members of the archives that follow"
    ),
    set!(
        ["no-whole-archive"],
        None,
        |r, _| r.whole_archive = false,
        "only needed members of the archives that follow"
    ),
    set!(
        ["start-lib"],
        None,
        |r, _| r.start_lib(),
        "the objects that follow act like an archive's members"
    ),
    set!(["end-lib"], None, |r, _| r.end_lib(), "ends `--start-lib`"),
    // Entry, exports, imports.
    set!(
        ["e", "entry"],
        Required,
        |r, v| r.options.entry = Some(v.to_owned()).filter(|name| !name.is_empty()),
        "`--entry NAME` names the function to start with"
    ),
    set!(
        ["no-entry"],
        None,
        |r, _| r.options.entry = Option::None,
        "the module has no entry point"
    ),
    set!(
        ["export"],
        Required,
        |r, v| r.options.exports.push(v.into()),
        "`--export NAME` exports a symbol that must exist"
    ),
    set!(
        ["export-if-defined"],
        Required,
        |r, v| r.options.export_if_defined.push(v.into()),
        "exports a symbol if it exists"
    ),
    set!(
        ["export-all"],
        None,
        |r, _| r.options.export_all = true,
        "exports every symbol"
    ),
    set!(
        ["export-dynamic", "E"],
        None,
        |r, _| r.options.export_dynamic = true,
        "exports every symbol that is not hidden"
    ),
    set!(
        ["no-export-dynamic"],
        None,
        |r, _| r.options.export_dynamic = false,
        "exports only what is asked for"
    ),
    set!(
        ["u", "undefined"],
        Required,
        |r, v| r.options.undefined.push(v.into()),
        "`-u NAME` pulls the archive member that defines NAME"
    ),
    set!(
        ["allow-undefined"],
        None,
        |r, _| r.options.import_undefined = true,
        "undefined functions become imports, undefined data are at address 0"
    ),
    set!(
        ["import-undefined"],
        None,
        |r, _| r.options.import_undefined = true,
        "undefined functions become imports"
    ),
    flag(
        &["allow-undefined-file"],
        Argument::Required,
        Action::Set(allow_undefined_file),
        "`--allow-undefined-file FILE`: one name a line",
    ),
    flag(
        &["unresolved-symbols"],
        Argument::Required,
        Action::Set(unresolved),
        "one of report-all, warn, ignore-all, import-dynamic",
    ),
    set!(
        ["error-unresolved-symbols"],
        None,
        |r, _| r.severity = Unresolved::Error,
        "undefined symbols are errors"
    ),
    set!(
        ["warn-unresolved-symbols"],
        None,
        |r, _| r.severity = Unresolved::Warn,
        "undefined symbols are warnings"
    ),
    set!(
        ["allow-multiple-definition"],
        None,
        |r, _| r.options.allow_multiple_definition = true,
        "the first definition wins"
    ),
    set!(
        ["noinhibit-exec"],
        None,
        |r, _| r.options.forgives = true,
        "two definitions are a warning, and the last wins; other errors prevent the output as ever"
    ),
    set!(
        ["no-allow-multiple-definition"],
        None,
        |r, _| r.options.allow_multiple_definition = false,
        "two definitions are an error"
    ),
    // Memory and table.
    flag(
        &["z"],
        Argument::Required,
        Action::Set(keyword),
        "`-z stack-size=BYTES`; `-z muldefs`: the first definition wins; others are warned of",
    ),
    set!(
        ["stack-first"],
        None,
        |r, _| r.options.memory.stack_first = true,
        "the stack lies below the data"
    ),
    set!(
        ["no-stack-first"],
        None,
        |r, _| r.options.memory.stack_first = false,
        "the stack lies above the data"
    ),
    set!(
        ["global-base"],
        Required,
        |r, v| r.options.memory.global_base = Some(number(r, v)?).filter(|&base| base != 0),
        "where data start"
    ),
    set!(
        ["initial-memory"],
        Required,
        |r, v| r.options.memory.initial = number(r, v)?,
        "memory's size at the start, in bytes"
    ),
    set!(
        ["initial-heap"],
        Required,
        |r, v| r.options.memory.initial_heap = number(r, v)?,
        "room for the heap at the start, in bytes"
    ),
    set!(
        ["max-memory"],
        Required,
        |r, v| r.options.memory.max = number(r, v)?,
        "memory's limit, in bytes"
    ),
    set!(
        ["no-growable-memory"],
        None,
        |r, _| r.options.memory.fixed = true,
        "memory cannot grow"
    ),
    flag(
        &["page-size"],
        Argument::Required,
        Action::Set(page_size),
        "65536, or 1 for the custom-page-sizes proposal",
    ),
    flag(
        &["import-memory"],
        Argument::Optional,
        Action::Set(import_memory),
        "`--import-memory=MODULE,NAME`, or `=NAME` of the module env; by default env,memory",
    ),
    flag(
        &["export-memory"],
        Argument::Optional,
        Action::Set(super::values::export_memory),
        "`--export-memory=NAME`, by default memory",
    ),
    set!(
        ["shared-memory"],
        None,
        |r, _| r.options.memory.shared = true,
        "threads share the memory"
    ),
    set!(
        ["import-table"],
        None,
        |r, _| r.options.table.import = true,
        "the function table comes from env.__indirect_function_table"
    ),
    set!(
        ["export-table"],
        None,
        |r, _| r.options.table.export = true,
        "exports the function table"
    ),
    set!(
        ["growable-table"],
        None,
        |r, _| r.options.table.growable = true,
        "the function table may grow"
    ),
    flag(
        &["table-base"],
        Argument::Required,
        Action::Set(table_base),
        "the first slot of the function table in use",
    ),
    // Other kinds of output.
    set!(
        ["relocatable", "r"],
        None,
        |r, _| r.options.relocatable = true,
        "joins the objects into one object that can be linked again"
    ),
    set!(
        ["emit-relocs", "q"],
        None,
        |r, _| r.options.emit_relocs = true,
        "the module carries its symbol table and relocations, for tools that take it apart"
    ),
    flag(
        &["wrap"],
        Argument::Required,
        Action::Set(wrap),
        "`--wrap=NAME`: users of NAME get `__wrap_NAME`, users of `__real_NAME` get NAME",
    ),
    flag(
        &["build-id"],
        Argument::Optional,
        Action::Set(build_id),
        "a `build_id` section: none, fast (default), sha1, md5, or 0x and digits",
    ),
    // Size.
    flag(
        &["compat"],
        Argument::Required,
        Action::Set(compat),
        "`--compat=wasm-ld` writes the bytes that wasm-ld would",
    ),
    set!(
        ["compress-relocations"],
        None,
        |r, _| r.options.shrink.compress_relocations = Some(true),
        "relocated numbers take as few bytes as they can (on from `-O1`)"
    ),
    set!(
        ["no-compress-relocations"],
        None,
        |r, _| r.options.shrink.compress_relocations = Some(false),
        "relocated numbers keep their padding"
    ),
    flag(
        &["icf"],
        Argument::Required,
        Action::Set(icf),
        "`--icf=safe` (on from `-O1`) keeps equal functions once where nobody can tell; `none`",
    ),
    set!(
        ["tidy-code"],
        None,
        |r, _| r.options.shrink.tidy = Some(true),
        "blocks become `if` and `else` where that is shorter (on from `-O1`; code that keeps its padding stays as it is)"
    ),
    set!(
        ["no-tidy-code"],
        None,
        |r, _| r.options.shrink.tidy = Some(false),
        "instructions stay as the compiler wrote them"
    ),
    set!(
        ["prune-debug"],
        None,
        |r, _| r.options.shrink.prune_debug = Some(true),
        "debug entries of dropped functions go (on unless `--compat=wasm-ld`)"
    ),
    set!(
        ["no-prune-debug"],
        None,
        |r, _| r.options.shrink.prune_debug = Some(false),
        "debug entries of dropped functions stay"
    ),
    set!(
        ["gc-sections"],
        None,
        |r, _| r.options.gc_sections = true,
        "drops what nothing refers to"
    ),
    set!(
        ["no-gc-sections"],
        None,
        |r, _| r.options.gc_sections = false,
        "keeps everything"
    ),
    set!(
        ["print-gc-sections"],
        None,
        |r, _| r.options.print_gc_sections = true,
        "names what was dropped"
    ),
    set!(
        ["no-print-gc-sections"],
        None,
        |r, _| r.options.print_gc_sections = false,
        "does not name what was dropped"
    ),
    set!(
        ["merge-data-segments"],
        None,
        |r, _| r.options.merge_data_segments = true,
        "`.data.x` goes into `.data`"
    ),
    set!(
        ["no-merge-data-segments"],
        None,
        |r, _| r.options.merge_data_segments = false,
        "one segment per section name"
    ),
    set!(
        ["O"],
        Required,
        |r, v| r.options.optimize = number(r, v)? as u32,
        "`-O0` merges no strings, every other level does"
    ),
    set!(
        ["strip-all", "s"],
        None,
        |r, _| r.options.strip_all = true,
        "drops custom sections"
    ),
    set!(
        ["strip-debug", "S"],
        None,
        |r, _| r.options.strip_debug = true,
        "drops DWARF"
    ),
    set!(
        ["keep-section"],
        Required,
        |r, v| r.options.keep_sections.push(v.into()),
        "a custom section that `--strip-all` leaves alone"
    ),
    set!(
        ["demangle"],
        None,
        |r, _| r.options.demangle = true,
        "readable names in the name section (on): of C++ in LLVM's text; hashes of old Rust names are left out unless `--compat=wasm-ld`"
    ),
    set!(
        ["no-demangle"],
        None,
        |r, _| r.options.demangle = false,
        "symbols' names in the name section"
    ),
    set!(
        ["soname"],
        Required,
        |r, v| r.options.module_name = (!v.is_empty()).then(|| v.into()),
        "the module's name in the name section"
    ),
    set!(
        ["features"],
        Required,
        |r, v| r.options.features = Some(list(v)),
        "the output's features, separated by commas"
    ),
    set!(
        ["extra-features"],
        Required,
        |r, v| r.options.extra_features.push(list(v)),
        "features besides those of the objects"
    ),
    set!(
        ["check-features"],
        None,
        |r, _| r.options.check_features = true,
        "complains about features that do not go together"
    ),
    set!(
        ["no-check-features"],
        None,
        |r, _| r.options.check_features = false,
        "does not look at features"
    ),
    // Behaviour.
    set!(
        ["fatal-warnings"],
        None,
        |r, _| r.options.fatal_warnings = true,
        "warnings are errors"
    ),
    set!(
        ["no-fatal-warnings"],
        None,
        |r, _| r.options.fatal_warnings = false,
        "warnings are not errors"
    ),
    set!(
        ["trace", "t"],
        None,
        |r, _| r.options.reports.trace = true,
        "names the files that take part"
    ),
    set!(
        ["trace-symbol", "y"],
        Required,
        |r, v| r.options.reports.trace_symbols.push(v.into()),
        "names the files that mention or define a symbol"
    ),
    set!(
        ["why-live"],
        Required,
        |r, v| r.options.reports.why_live.push(v.into()),
        "says what keeps a symbol in the output: the chain of references from a root"
    ),
    set!(
        ["why-extract"],
        Required,
        |r, v| r.options.reports.why_extract = report_to(r, v)?,
        "writes which file asked for each archive member, and by which symbol; `-` prints it"
    ),
    set!(
        ["Map"],
        Required,
        |r, v| r.options.reports.map = report_to(r, v)?,
        "writes where every section, function and variable is; `-` prints it"
    ),
    set!(
        ["print-map", "M"],
        None,
        |r, _| r.options.reports.map = Some(MapTo::Stdout),
        "prints where every section, function and variable is"
    ),
    flag(
        &["reproduce"],
        Argument::Required,
        Action::Set(reproduce),
        "writes all inputs and the arguments to a tar file (to OUTPUT.tar if the value is a directory)",
    ),
    flag(
        &["error-limit"],
        Argument::Required,
        Action::Set(error_limit),
        "how many errors are shown, by default 20; 0 for all",
    ),
    flag(
        &["threads"],
        Argument::Required,
        Action::Set(threads),
        "how many threads work; the bytes do not depend on it",
    ),
    flag(
        &["rsp-quoting"],
        Argument::Required,
        Action::Set(super::values::quoting),
        "how response files are quoted: posix (as rustc writes them) or windows",
    ),
    set!(
        ["v", "V"],
        None,
        |r, _| r.options.say_first = Some(format!("{VERSION}\n")),
        "says which linker this is, and links if there are inputs"
    ),
    set!(
        ["version"],
        None,
        |r, _| r.options.only_say = Some(format!("{VERSION}\n")),
        "says which linker this is"
    ),
    set!(
        ["help"],
        None,
        |r, _| r.options.only_say = Some(help()),
        "lists the options"
    ),
    flag(
        &["m"],
        Argument::Required,
        Action::Set(machine),
        "`-m wasm32` or `-m wasm64`",
    ),
    // Accepted, nothing to do.
    ignored!(["Bsymbolic"], None, "matters for shared modules only"),
    ignored!(
        ["experimental-pic"],
        None,
        "only keeps wasm-ld from warning of what may change"
    ),
    ignored!(
        ["no-pie", "no-color-diagnostics", "no-shlib-sigcheck"],
        None,
        "that is how it is"
    ),
    flag(
        &["color-diagnostics"],
        Argument::Optional,
        Action::Checked(super::values::colours),
        "the caller renders messages",
    ),
    ignored!(["rpath"], Required, "matters for shared modules only"),
    ignored!(["verbose"], None, "there is no log"),
    ignored!(["save-temps"], None, "there are no intermediate files"),
    ignored!(
        [
            "mllvm",
            "thinlto-cache-dir",
            "thinlto-cache-policy",
            "thinlto-jobs"
        ],
        Required,
        "there is no code generator in the linker"
    ),
    ignored!(
        ["lto-*"],
        Optional,
        "there is no code generator in the linker; bitcode is rejected where it comes in"
    ),
    // Would change the output.
    rejected!(
        ["shared", "pie"],
        None,
        "the layout of shared modules (`dylink.0`) is not settled; link everything into one module"
    ),
];

/// The options as a list for people.
fn help() -> String {
    let mut out = String::from("Links WebAssembly objects, as wasm-ld does.\n\n");
    for flag in FLAGS {
        let what = match &flag.action {
            Action::Set(_) => flag.help.to_owned(),
            Action::Ignored | Action::Checked(_) => format!("no effect: {}", flag.help),
            Action::Rejected(reason) => format!("not supported: {reason}"),
        };
        // Writing to a string cannot fail.
        let _ = writeln!(out, "  {:<32} {what}", flag.usage());
    }
    out
}

impl Flag {
    /// All spellings, with what follows.
    pub(crate) fn usage(&self) -> String {
        let names = self.names.iter().map(|name| match name.len() {
            1 => format!("-{name}"),
            _ => format!("--{name}"),
        });
        let names: Vec<String> = names.collect();
        let names = names.join(", ");
        match self.argument {
            Argument::None => names,
            Argument::Required => format!("{names} VALUE"),
            Argument::Optional => format!("{names}[=VALUE]"),
        }
    }
}

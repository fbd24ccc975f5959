//! The options of the wasm linker, a row each: what it takes, what it does and, where it does nothing, why that is
//! right.

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
    /// Spellings without dashes. One that ends with `*` stands for all that begin like it.
    pub names: &'static [&'static str],
    /// Whether it takes a value.
    pub argument: Argument,
    /// What it does.
    pub action: Action,
    /// One line for the list of options.
    pub help: &'static str,
}

/// Whether an option takes a value.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Argument {
    /// It takes none.
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
    /// Nothing, but its value is checked.
    Checked(fn(&str) -> Result<(), Wrong>),
    /// It would change the output, and is not supported.
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

/// The table.
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
        "`-L DIR` adds a directory in which `-l` looks"
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
        "links all members of the archives that follow"
    ),
    set!(
        ["no-whole-archive"],
        None,
        |r, _| r.whole_archive = false,
        "links only needed members of the archives that follow"
    ),
    set!(
        ["start-lib"],
        None,
        |r, _| r.start_lib(),
        "the objects that follow are linked only if something refers to them, like archive members"
    ),
    set!(["end-lib"], None, |r, _| r.end_lib(), "ends `--start-lib`"),
    // Entry, exports, imports.
    set!(
        ["e", "entry"],
        Required,
        |r, v| r.options.entry = Some(v.to_owned()).filter(|name| !name.is_empty()),
        "`--entry NAME` sets the entry point"
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
        "exports only symbols that are named"
    ),
    set!(
        ["u", "undefined"],
        Required,
        |r, v| r.options.undefined.push(v.into()),
        "`-u NAME` pulls in the archive member that defines NAME"
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
        "the first of several definitions is used"
    ),
    set!(
        ["noinhibit-exec"],
        None,
        |r, _| r.options.forgives = true,
        "several definitions of a symbol are a warning, and the last one is used; other errors still prevent the output"
    ),
    set!(
        ["no-allow-multiple-definition"],
        None,
        |r, _| r.options.allow_multiple_definition = r.muldefs,
        "several definitions of a symbol are an error"
    ),
    // Memory and table.
    flag(
        &["z"],
        Argument::Required,
        Action::Set(keyword),
        "`-z stack-size=BYTES`; `-z muldefs`: the first definition is used; other keywords are warnings",
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
        "address of the data"
    ),
    set!(
        ["initial-memory"],
        Required,
        |r, v| r.options.memory.initial = number(r, v)?,
        "initial size of memory, in bytes"
    ),
    set!(
        ["initial-heap"],
        Required,
        |r, v| r.options.memory.initial_heap = number(r, v)?,
        "initial size of the heap, in bytes"
    ),
    set!(
        ["max-memory"],
        Required,
        |r, v| r.options.memory.max = number(r, v)?,
        "maximum size of memory, in bytes"
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
        "imports the function table from env.__indirect_function_table"
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
        "keeps symbol table and relocations in the module, for tools that change it"
    ),
    flag(
        &["wrap"],
        Argument::Required,
        Action::Set(wrap),
        "`--wrap=NAME`: references to NAME go to `__wrap_NAME`, references to `__real_NAME` go to NAME",
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
        "`--icf=safe` (on from `-O1`) keeps one of equal functions where no program can tell the difference; or `none`",
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
        "drops debug information of dropped functions (on unless `--compat=wasm-ld`)"
    ),
    set!(
        ["no-prune-debug"],
        None,
        |r, _| r.options.shrink.prune_debug = Some(false),
        "keeps debug information of dropped functions"
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
        "prints what was dropped"
    ),
    set!(
        ["no-print-gc-sections"],
        None,
        |r, _| r.options.print_gc_sections = false,
        "does not print what was dropped"
    ),
    set!(
        ["merge-data-segments"],
        None,
        |r, _| r.options.merge_data_segments = true,
        "merges `.data.x` into `.data`"
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
        "a custom section that `--strip-all` keeps"
    ),
    set!(
        ["demangle"],
        None,
        |r, _| r.options.demangle = true,
        "demangled names in the name section (on): C++ names as LLVM writes them; hashes of legacy Rust names are left out unless `--compat=wasm-ld`"
    ),
    set!(
        ["no-demangle"],
        None,
        |r, _| r.options.demangle = false,
        "mangled names in the name section"
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
        "features in addition to those of the objects"
    ),
    set!(
        ["check-features"],
        None,
        |r, _| r.options.check_features = true,
        "reports objects whose features contradict each other"
    ),
    set!(
        ["no-check-features"],
        None,
        |r, _| r.options.check_features = false,
        "does not check features"
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
        "prints the linked files"
    ),
    set!(
        ["trace-symbol", "y"],
        Required,
        |r, v| r.options.reports.trace_symbols.push(v.into()),
        "prints the files that refer to a symbol or define it"
    ),
    set!(
        ["why-live"],
        Required,
        |r, v| r.options.reports.why_live.push(v.into()),
        "prints why a symbol is in the output: the chain of references from a root"
    ),
    set!(
        ["why-extract"],
        Required,
        |r, v| r.options.reports.why_extract = report_to(r, v)?,
        "writes which file needed each archive member, and for which symbol; `-` prints it"
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
        "how many threads are used; the output does not depend on it",
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
        "prints the version, and links if there are inputs"
    ),
    set!(
        ["version"],
        None,
        |r, _| r.options.only_say = Some(format!("{VERSION}\n")),
        "prints the version"
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
    // Accepted without effect.
    ignored!(["Bsymbolic"], None, "matters for shared modules only"),
    ignored!(
        ["experimental-pic"],
        None,
        "only suppresses a warning of wasm-ld"
    ),
    ignored!(
        ["no-pie", "no-color-diagnostics", "no-shlib-sigcheck"],
        None,
        "that is always so"
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
        "there is no code generator in the linker; LLVM bitcode is an error"
    ),
    // Refused.
    rejected!(
        ["shared", "pie"],
        None,
        "the layout of shared modules (`dylink.0`) is not settled; link everything into one module"
    ),
];

/// The list of options that `--help` prints.
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
    /// All spellings, with the value.
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

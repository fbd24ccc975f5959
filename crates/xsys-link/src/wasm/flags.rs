//! The options of the wasm linker: one row each, with what it takes, what it does and, where it
//! does nothing, why that is right.

use std::path::PathBuf;

use super::options::{InputName, Reading, Unresolved};

/// A row of the table.
pub struct Flag {
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
pub enum Argument {
    /// Nothing.
    None,
    /// `--x v` or `--x=v`; one-letter options also take `-xv`.
    Required,
    /// `--x` or `--x=v`.
    Optional,
}

/// What an option does.
pub enum Action {
    /// It changes the options.
    Set(fn(&mut Reading, &str) -> Result<(), String>),
    /// Nothing; the row's help says why that is right.
    Ignored,
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
pub static FLAGS: &[Flag] = &[
    // Files.
    set!(
        ["o", "output"],
        Required,
        |r, v| r.options.output = PathBuf::from(v),
        "`-o FILE` writes the module to FILE"
    ),
    set!(
        ["l", "library"],
        Required,
        |r, v| r.input(InputName::Library(v.into())),
        "`-l NAME` links libNAME.a"
    ),
    set!(
        ["L", "library-path"],
        Required,
        |r, v| r.options.search.push(v.into()),
        "`-L DIR` adds a folder for `-l`"
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
        |r, _| r.lazy = true,
        "the objects that follow act like an archive's members"
    ),
    set!(
        ["end-lib"],
        None,
        |r, _| r.lazy = false,
        "ends `--start-lib`"
    ),
    // Entry, exports, imports.
    set!(
        ["e", "entry"],
        Required,
        |r, v| r.options.entry = Some(v.into()),
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
        |r, _| {
            r.options.import_undefined = true;
            r.options.unresolved = Unresolved::Ignore;
        },
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
        |r, _| r.options.unresolved = Unresolved::Error,
        "undefined symbols are errors"
    ),
    set!(
        ["warn-unresolved-symbols"],
        None,
        |r, _| r.options.unresolved = Unresolved::Warn,
        "undefined symbols are warnings"
    ),
    set!(
        ["allow-multiple-definition"],
        None,
        |r, _| r.options.allow_multiple_definition = true,
        "the first definition wins"
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
        "`-z stack-size=BYTES`",
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
        |r, v| r.options.memory.global_base = Some(number(v)?),
        "where data start"
    ),
    set!(
        ["initial-memory"],
        Required,
        |r, v| r.options.memory.initial = number(v)?,
        "memory's size at the start, in bytes"
    ),
    set!(
        ["initial-heap"],
        Required,
        |r, v| r.options.memory.initial_heap = number(v)?,
        "room for the heap at the start, in bytes"
    ),
    set!(
        ["max-memory"],
        Required,
        |r, v| r.options.memory.max = number(v)?,
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
        "`--import-memory=MODULE,NAME`, by default env,memory",
    ),
    set!(
        ["export-memory"],
        Optional,
        |r, v| {
            let name = if v.is_empty() { "memory" } else { v };
            r.options.memory.export = Some(name.into());
        },
        "`--export-memory=NAME`, by default memory"
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
    // What is kept, and how.
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
        |r, v| r.options.optimize = number(v)?.min(9) as u32,
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
        "readable names in the name section"
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
        |r, v| r.options.module_name = Some(v.into()),
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
        |r, v| r.options.extra_features.extend(list(v)),
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
        |r, _| r.options.trace = true,
        "names the files that take part"
    ),
    set!(
        ["version", "v", "V"],
        None,
        |r, _| r.options.version = true,
        "says which linker this is"
    ),
    flag(
        &["m"],
        Argument::Required,
        Action::Set(machine),
        "`-m wasm32` or `-m wasm64`",
    ),
    // Accepted, nothing to do.
    ignored!(
        [
            "Bstatic",
            "static",
            "dn",
            "non_shared",
            "Bdynamic",
            "dy",
            "call_shared"
        ],
        None,
        "there are only static libraries"
    ),
    ignored!(["Bsymbolic"], None, "matters for shared modules only"),
    ignored!(
        ["no-pie", "no-color-diagnostics", "no-shlib-sigcheck"],
        None,
        "that is how it is"
    ),
    ignored!(
        ["color-diagnostics"],
        Optional,
        "the caller renders messages"
    ),
    ignored!(["error-limit"], Required, "everything is reported"),
    ignored!(
        ["threads"],
        Optional,
        "the bytes do not depend on the number of threads"
    ),
    ignored!(["rpath"], Required, "matters for shared modules only"),
    ignored!(
        ["rsp-quoting"],
        Required,
        "response files are read with POSIX quoting, as rustc writes them"
    ),
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
        ["relocatable", "r"],
        None,
        "objects cannot be merged into another object yet"
    ),
    rejected!(
        ["emit-relocs", "q"],
        None,
        "the output cannot carry relocations yet"
    ),
    rejected!(
        ["shared", "pie", "experimental-pic"],
        None,
        "dynamic linking of wasm modules is experimental"
    ),
    rejected!(["build-id"], Optional, "there is no `build_id` section yet"),
    rejected!(["wrap"], Required, "wrapper symbols are not there yet"),
    rejected!(
        ["Map", "why-extract", "reproduce", "trace-symbol", "y"],
        Required,
        "there is no such report yet"
    ),
    rejected!(["print-map", "M"], None, "there is no such report yet"),
    rejected!(
        ["noinhibit-exec"],
        None,
        "there is no output when there are errors"
    ),
];

fn number(text: &str) -> Result<u64, String> {
    let parsed = match text.strip_prefix("0x") {
        Some(digits) => u64::from_str_radix(digits, 16),
        None => text.parse(),
    };
    parsed.map_err(|_| format!("`{text}` is not a number"))
}

fn list(text: &str) -> Vec<String> {
    let names = text.split(',').filter(|name| !name.is_empty());
    names.map(str::to_owned).collect()
}

fn keyword(reading: &mut Reading, text: &str) -> Result<(), String> {
    match text.split_once('=') {
        Some(("stack-size", value)) => {
            reading.options.memory.stack_size = number(value)?;
            Ok(())
        }
        other => {
            let name = other.map_or(text, |(name, _)| name);
            Err(format!("unknown keyword `{name}`"))
        }
    }
}

fn allow_undefined_file(reading: &mut Reading, path: &str) -> Result<(), String> {
    let text = std::fs::read_to_string(path)
        .map_err(|error| format!("`{path}` cannot be read: {error}"))?;
    let lines = text.lines().map(str::trim);
    let names = lines.filter(|line| !line.is_empty() && !line.starts_with('#'));
    reading
        .options
        .allow_undefined
        .extend(names.map(str::to_owned));
    Ok(())
}

fn compat(reading: &mut Reading, value: &str) -> Result<(), String> {
    match value {
        "wasm-ld" => reading.options.shrink.compat = true,
        "none" => reading.options.shrink.compat = false,
        _ => {
            return Err(format!(
                "`{value}` is not a linker to agree with: `wasm-ld`, `none`"
            ));
        }
    }
    Ok(())
}

fn icf(reading: &mut Reading, value: &str) -> Result<(), String> {
    reading.options.shrink.icf = Some(match value {
        "safe" => true,
        "none" => false,
        _ => return Err(format!("`{value}` is not known: `safe`, `none`")),
    });
    Ok(())
}

fn unresolved(reading: &mut Reading, text: &str) -> Result<(), String> {
    reading.options.unresolved = match text {
        "report-all" => Unresolved::Error,
        "warn" => Unresolved::Warn,
        "ignore-all" => Unresolved::Ignore,
        "import-dynamic" => Unresolved::Import,
        _ => return Err(format!("unknown choice `{text}`")),
    };
    Ok(())
}

fn import_memory(reading: &mut Reading, text: &str) -> Result<(), String> {
    let (module, name) = match text {
        "" => ("env", "memory"),
        _ => text
            .split_once(',')
            .ok_or_else(|| format!("`{text}` is not MODULE,NAME"))?,
    };
    reading.options.memory.import = Some((module.into(), name.into()));
    Ok(())
}

fn page_size(reading: &mut Reading, text: &str) -> Result<(), String> {
    reading.options.memory.page_size = match number(text)? {
        size @ (1 | 65536) => size,
        size => return Err(format!("{size} is neither 1 nor 65536")),
    };
    Ok(())
}

fn table_base(reading: &mut Reading, text: &str) -> Result<(), String> {
    reading.options.table.base =
        u32::try_from(number(text)?).map_err(|_| format!("`{text}` is over 0xffffffff"))?;
    Ok(())
}

fn machine(reading: &mut Reading, text: &str) -> Result<(), String> {
    reading.options.memory64 = match text {
        "wasm32" => Some(false),
        "wasm64" => Some(true),
        _ => return Err(format!("unknown machine `{text}`")),
    };
    Ok(())
}

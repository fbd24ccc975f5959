//! The options of GNU ld and lld: a table with a row for each option.
//!
//! A row says how the option is spelled, whether it takes a value, and what it does: it sets
//! something, it is accepted although it does nothing (with the reason), or it is refused because
//! ignoring it would change the output. Options that are not here are errors.
//! References: GNU ld's manual, "Command-line Options"; lld's `ld.lld(1)`.

use std::fmt::Write;

use super::build::Action;
use super::build::{Builder, OptionUse};
use super::row::{Arg, Effect};
use super::z::{Z_TABLE, apply_z};
use super::{
    Discard, HashStyle, Icf, InputWhat, MapTo, Orphan, SortCommon, SortSection, Strip, Symbolic,
    Target2, Wrap,
};
use crate::elf::compressed::Format;

/// A row.
pub(super) struct Row {
    /// All spellings; long ones work with one dash too.
    pub names: &'static [&'static str],
    pub arg: Arg,
    pub act: Effect,
}

impl Row {
    /// The help or the reason.
    pub(super) fn text(&self) -> &'static str {
        match self.act {
            Effect::Set(_, text) | Effect::Ignore(text) | Effect::Reject(text) => text,
        }
    }

    /// The names of more than one letter, without dashes.
    pub(super) fn long_names(&self) -> impl Iterator<Item = &'static str> {
        self.names
            .iter()
            .filter(|name| name.len() > 2)
            .map(|name| name.trim_start_matches('-'))
    }

    /// How the option is written.
    pub(super) fn usage(&self) -> String {
        let names: Vec<String> = self
            .names
            .iter()
            .map(|name| match self.arg {
                Arg::None => (*name).to_owned(),
                Arg::Switch => name.replacen("--", "--[no-]", 1),
                Arg::Value(value) if name.len() == 2 => format!("{name} {value}"),
                Arg::Value(value) => format!("{name}={value}"),
                Arg::Optional(value) => format!("{name}[={value}]"),
                Arg::Prefix(value) => format!("{name}{value}"),
            })
            .collect();
        names.join(", ")
    }
}

type Spellings = &'static [&'static str];
type Set = fn(&mut Builder, &OptionUse);

const fn flag(names: Spellings, set: Set, help: &'static str) -> Row {
    Row {
        names,
        arg: Arg::None,
        act: Effect::Set(set, help),
    }
}

const fn switch(names: Spellings, set: Set, help: &'static str) -> Row {
    Row {
        names,
        arg: Arg::Switch,
        act: Effect::Set(set, help),
    }
}

const fn value(names: Spellings, what: &'static str, set: Set, help: &'static str) -> Row {
    Row {
        names,
        arg: Arg::Value(what),
        act: Effect::Set(set, help),
    }
}

const fn optional(names: Spellings, what: &'static str, set: Set, help: &'static str) -> Row {
    Row {
        names,
        arg: Arg::Optional(what),
        act: Effect::Set(set, help),
    }
}

const fn ignore(names: Spellings, arg: Arg, reason: &'static str) -> Row {
    Row {
        names,
        arg,
        act: Effect::Ignore(reason),
    }
}

const fn reject(names: Spellings, arg: Arg, reason: &'static str) -> Row {
    Row {
        names,
        arg,
        act: Effect::Reject(reason),
    }
}

const LTO: &str = "inputs are machine code; bitcode is an error that says so";
const INSIDE: &str = "concerns the internals of other linkers";
const WARNING: &str = "this warning does not exist here";
const HINT: &str = "a hint; the order of sections stays as scripts and inputs have it";
const FORMAT: &str = "the format follows from the inputs";
const COMPILER: &str = "for compilers";
const LATER: &str = "not supported yet";

/// All options.
#[rustfmt::skip] // a row a line
pub(super) const TABLE: &[Row] = &[
    // Files.
    value(&["-o", "--output"], "FILE", |b, g| { b.options.output = g.path(); b.options.output_given = true; }, "write the output to FILE; `-` is standard output"),
    value(&["-l", "--library"], "NAME", |b, g| { if let Some(name) = b.text(g) { b.input(InputWhat::Library(name), false); } }, "link libNAME.a; with `:` before it, a file of that name"),
    value(&["-L", "--library-path"], "DIR", |b, g| b.options.input.search_dirs.push(g.path()), "search DIR for libraries and scripts"),
    value(&["--sysroot"], "DIR", |b, g| b.options.input.sysroot = Some(g.path()), "what `=` and $SYSROOT stand for in paths"),
    flag(&["-nostdlib"], |b, _| b.options.input.only_command_line_dirs = true, "search only directories given with -L"),
    value(&["-T", "--script"], "FILE", |b, g| { b.options.input.scripts.push(g.path()); b.options.input.scripts_at.push(b.options.input.args.len()); }, "use a linker script; may be repeated"),
    value(&["-dT", "--default-script"], "FILE", |b, g| b.options.input.default_script = Some(g.path()), "use a linker script unless another one has a layout (INSERT adds to it)"),
    value(&["-R", "--just-symbols"], "FILE", |b, g| b.input(InputWhat::File(g.path()), true), "take only the addresses of FILE's symbols"),
    value(
        &["-b", "--format"],
        "FORMAT",
        |b, g| match b.text(g) {
            Some(name) if name == "binary" => b.state.binary = true,
            Some(name) if name == "default" || name.starts_with("elf") => b.state.binary = false,
            Some(name) => b.diagnostics.push(
                xsys_diag::Diagnostic::error(format!("unknown input format `{name}`"))
                    .note("known values: binary, default, and the names of ELF formats"),
            ),
            None => {}
        },
        "what the following files are: binary (data), or default",
    ),
    value(&["--remap-inputs"], "GLOB=FILE", |b, g| { let pair = b.pair(g, "GLOB=FILE"); b.options.input.remap_inputs.extend(pair) }, "read FILE in place of inputs whose path matches"),
    value(
        &["--remap-inputs-file"],
        "FILE",
        |b, g| {
            for line in b.lines(g).unwrap_or_default() {
                let mut words = line.split_whitespace().map(str::to_owned);
                match (words.next(), words.next()) {
                    (Some(from), Some(to)) => b.options.input.remap_inputs.push((from, to)),
                    _ => b.error(format!("a line of a remapping file is `GLOB FILE`, not `{line}`")),
                }
            }
        },
        "the same from a file with lines `GLOB FILE`",
    ),
    value(&["--version-script"], "FILE", |b, g| b.options.symbols.version_scripts.push(g.path()), "make symbols local by a version script"),
    flag(&["--whole-archive"], |b, _| b.state.whole_archive = true, "link every member of the archives that follow"),
    flag(&["--no-whole-archive"], |b, _| b.state.whole_archive = false, "back to the members that are needed"),
    switch(&["--as-needed"], |b, g| b.state.as_needed = g.on, "leave out the shared libraries that follow if nothing refers to them"),
    flag(&["-static"], |b, _| b.fully_static = true, "no shared libraries and no dynamic linker: with `-pie`, an executable that relocates itself"),
    flag(&["-Bstatic", "-dn", "-non_shared"], |b, _| b.state.static_only = true, "-l takes static libraries only from here on"),
    flag(&["-Bdynamic", "-dy", "-call_shared"], |b, _| b.state.static_only = false, "-l takes shared libraries, too, from here on"),
    flag(&["--push-state"], |b, _| b.saved.push(b.state), "save the state of options that hold for the following files"),
    flag(&["--pop-state"], |b, _| match b.saved.pop() { Some(state) => b.state = state, None => b.error("`--pop-state` without `--push-state`"), }, "restore the state that --push-state saved"),
    flag(&["-(", "--start-group"], |b, _| { if std::mem::replace(&mut b.in_group, true) { b.error("groups may not be nested"); } }, "begin a group; all archives are searched until nothing is missing"),
    flag(&["-)", "--end-group"], |b, _| { if !std::mem::replace(&mut b.in_group, false) { b.error("`--end-group` without `--start-group`"); } }, "end a group"),
    flag(&["--start-lib"], |b, _| { if std::mem::replace(&mut b.state.in_lib_group, true) { b.error("`--start-lib` may not be nested"); } }, "link the objects that follow only if needed, as if in an archive"),
    flag(&["--end-lib"], |b, _| { if !std::mem::replace(&mut b.state.in_lib_group, false) { b.error("`--end-lib` without `--start-lib`"); } }, "end --start-lib"),
    // What is made.
    flag(&["-shared", "-Bshareable"], |b, _| b.shared = true, "make a shared library"),
    flag(&["-pie", "--pic-executable"], |b, _| b.pie = true, "make an executable that relocates itself"),
    flag(&["--no-pie", "--no-pic-executable"], |b, _| b.pie = false, "make an executable for fixed addresses"),
    flag(&["-r", "-i", "--relocatable"], |b, _| b.relocatable = true, "make one object out of many"),
    value(&["-m"], "EMULATION", |b, g| b.emulation(g), "what the output is for (default: what the inputs are for)"),
    flag(&["-EB"], |b, _| b.options.machine.big_endian = Some(true), "big-endian output"),
    flag(&["-EL"], |b, _| b.options.machine.big_endian = Some(false), "little-endian output"),
    value(
        &["--oformat"],
        "FORMAT",
        |b, g| match b.text(g) {
            Some(name) if name == "default" || name.starts_with("elf") => {}
            Some(name) => b.diagnostics.push(
                xsys_diag::Diagnostic::error(format!("the linker writes ELF, not `{name}`"))
                    .help("`xsys image` makes binary, hex and other images from ELF files"),
            ),
            None => {}
        },
        "accepts the names of ELF formats",
    ),
    value(&["-e", "--entry"], "SYMBOL", |b, g| b.options.symbols.entry = b.text(g), "where the program starts: a symbol or an address"),
    value(&["-u", "--undefined"], "SYMBOL", |b, g| { let name = b.text(g); b.options.symbols.undefined.extend(name) }, "pull SYMBOL from archives and keep it"),
    value(&["--undefined-glob"], "GLOB", |b, g| { let glob = b.text(g); b.options.symbols.undefined_glob.extend(glob) }, "like -u, for all symbols that match and are defined somewhere"),
    value(&["--require-defined"], "SYMBOL", |b, g| { let name = b.text(g); b.options.symbols.require_defined.extend(name) }, "like -u, and an error if SYMBOL is not defined"),
    value(&["--defsym"], "SYMBOL=EXPR", |b, g| { let pair = b.pair(g, "SYMBOL=EXPR"); if pair.is_some() { b.options.symbols.defsym_after.push(b.options.input.scripts.len()) } b.options.symbols.defsym.extend(pair) }, "define a symbol"),
    value(&["--wrap"], "SYMBOL", |b, g| { let name = b.text(g); b.options.symbols.wrap.extend(name.map(Wrap::of)) }, "references to SYMBOL go to __wrap_SYMBOL"),
    value(&["--init"], "SYMBOL", |b, g| { if let Some(name) = b.text(g) { b.options.symbols.init = name } }, "the symbol for DT_INIT"),
    value(&["--fini"], "SYMBOL", |b, g| { if let Some(name) = b.text(g) { b.options.symbols.fini = name } }, "the symbol for DT_FINI"),
    // What is left out.
    switch(&["--gc-sections"], |b, g| b.options.layout.gc_sections = g.on, "leave out sections that nothing needs"),
    switch(&["--print-gc-sections"], |b, g| b.options.reports.print_gc_sections = g.on, "list what --gc-sections leaves out"),
    switch(&["--gc-keep-exported"], |b, g| b.options.symbols.gc_keep_exported = g.on, "--gc-sections keeps global symbols"),
    flag(&["-E", "--export-dynamic"], |b, _| b.options.symbols.export_dynamic = true, "export all global symbols"),
    flag(&["--no-export-dynamic"], |b, _| b.options.symbols.export_dynamic = false, "undo --export-dynamic"),
    optional(
        &["--icf"],
        "none|safe|all",
        |b, g| {
            if g.value.is_none() {
                b.options.layout.icf = Icf::All;
            } else if let Some(icf) = b.choice(
                g,
                &[("none", Icf::None), ("safe", Icf::Safe), ("all", Icf::All)],
            ) {
                b.options.layout.icf = icf;
            }
        },
        "fold identical functions",
    ),
    flag(&["--no-icf"], |b, _| b.options.layout.icf = Icf::None, "undo --icf"),
    ignore(&["--print-icf-sections"], Arg::Switch, "nothing is folded yet"),
    value(&["-O"], "LEVEL", |b, g| { if let Some(level) = b.number(g) { b.options.layout.optimize = u8::try_from(level).unwrap_or(u8::MAX); } }, "0 merges no strings; from 2 on, compressed sections take more time and less room"),
    switch(&["--relax"], |b, g| b.options.machine.relax = Some(g.on), "shorten instruction sequences"),
    switch(&["--relax-gp"], |b, g| b.options.machine.relax_gp = Some(g.on), "RISC-V: reach data through gp"),
    flag(&["-s", "--strip-all"], |b, _| b.options.symbols.strip = Strip::All, "leave out symbols and debug sections"),
    flag(&["-S", "--strip-debug"], |b, _| { if b.options.symbols.strip == Strip::None { b.options.symbols.strip = Strip::Debug; } }, "leave out debug sections"),
    flag(&["-x", "--discard-all"], |b, _| b.options.symbols.discard = Discard::All, "leave out local symbols"),
    flag(&["-X", "--discard-locals"], |b, _| b.options.symbols.discard = Discard::Locals, "leave out temporary local symbols (.L)"),
    flag(&["--discard-none"], |b, _| b.options.symbols.discard = Discard::None, "keep local symbols"),
    flag(&["-q", "--emit-relocs"], |b, _| b.options.layout.emit_relocs = true, "keep relocations in the output"),
    optional(&["--build-id"], "STYLE", |b, g| b.build_id(g), "none, fast (default), sha1, md5, or 0x and digits"),
    switch(&["--eh-frame-hdr"], |b, g| b.options.layout.eh_frame_hdr = g.on, "write the search table for unwinders"),
    // Where things go.
    value(&["-z"], "KEYWORD", apply_z, "see below"),
    value(
        &["--section-start"],
        "SECTION=ADDR",
        |b, g| {
            if let Some((name, text)) = b.pair(g, "SECTION=ADDRESS") {
                let addr = b.parsed(g.spelled, &text, super::build::hex_number(&text));
                b.start(&name, addr);
            }
        },
        "where a section starts",
    ),
    value(&["-Ttext"], "ADDR", |b, g| { let addr = b.hex(g); b.start(".text", addr) }, "where .text starts"),
    value(&["-Tdata"], "ADDR", |b, g| { let addr = b.hex(g); b.start(".data", addr) }, "where .data starts"),
    value(&["-Tbss"], "ADDR", |b, g| { let addr = b.hex(g); b.start(".bss", addr) }, "where .bss starts"),
    value(&["-Ttext-segment"], "ADDR", |b, g| { let addr = b.hex(g); b.start("text-segment", addr) }, "where the first segment starts"),
    value(&["-Trodata-segment"], "ADDR", |b, g| { let addr = b.hex(g); b.start("rodata-segment", addr) }, "where the read-only segment starts"),
    value(&["-Tldata-segment"], "ADDR", |b, g| { let addr = b.hex(g); b.start("ldata-segment", addr) }, "where the large data segment starts"),
    value(&["--image-base"], "ADDR", |b, g| b.options.layout.image_base = b.number(g), "the lowest address of the image"),
    flag(&["-n", "--nmagic"], |b, _| b.options.layout.nmagic = true, "do not align segments to pages"),
    flag(&["--no-nmagic"], |b, _| b.options.layout.nmagic = false, "undo --nmagic"),
    flag(&["-N", "--omagic"], |b, _| b.options.layout.omagic = true, "like --nmagic, and text is writable"),
    flag(&["--no-omagic"], |b, _| b.options.layout.omagic = false, "undo --omagic"),
    switch(&["--rosegment"], |b, g| b.options.layout.rosegment = g.on, "keep read-only data apart from code"),
    value(
        &["--orphan-handling"],
        "place|warn|error|discard",
        |b, g| {
            let choices = [
                ("place", Orphan::Place),
                ("warn", Orphan::Warn),
                ("error", Orphan::Error),
                ("discard", Orphan::Discard),
            ];
            if let Some(orphan) = b.choice(g, &choices) {
                b.options.layout.orphan_handling = orphan;
            }
        },
        "what becomes of sections that the script does not name",
    ),
    value(
        &["--sort-section"],
        "none|name|alignment",
        |b, g| {
            let choices = [
                ("none", SortSection::None),
                ("name", SortSection::Name),
                ("alignment", SortSection::Alignment),
            ];
            if let Some(sort) = b.choice(g, &choices) {
                b.options.layout.sort_section = sort;
            }
        },
        "the order of sections where the script sets none",
    ),
    optional(&["--flip-stack"], "SYMBOL", |b, g| { let symbol = if g.value.is_some() { b.text(g) } else { None }; b.options.layout.flip_stack = Some(symbol) }, "place the stack below the statics, so that its overflow faults; SYMBOL is where it starts"),
    flag(&["--no-flip-stack"], |b, _| b.options.layout.flip_stack = None, "undo --flip-stack"),
    value(&["--machine-memory"], "FILE", |b, g| b.machine_memory(g), "the memory of the machine (lines NAME=ORIGIN+LENGTH@PLACE): warn about regions and sections outside of it"),
    switch(&["--check-sections"], |b, g| b.options.layout.check_sections = g.on, "overlapping addresses are errors"),
    flag(&["--force-group-allocation"], |b, _| b.options.layout.force_group_allocation = true, "-r: members of groups become ordinary sections"),
    flag(&["-d", "-dc", "-dp"], |b, _| b.options.symbols.define_common = true, "-r: make room for common symbols"),
    flag(&["--enable-linker-version"], |b, _| b.options.linker_version = true, "LINKER_VERSION in scripts writes the linker's version"),
    flag(&["--disable-linker-version"], |b, _| b.options.linker_version = false, "undo --enable-linker-version"),
    switch(&["--define-common"], |b, g| b.options.symbols.define_common = g.on, "-r: make room for common symbols"),
    // What is an error.
    value(
        &["--unresolved-symbols"],
        "MODE",
        |b, g| {
            let modes = [
                ("ignore-all", true),
                ("ignore-in-object-files", true),
                ("report-all", false),
                ("ignore-in-shared-libs", false),
            ];
            if let Some(ignore) = b.choice(g, &modes) {
                b.ignore_unresolved = Some(ignore);
            }
        },
        "ignore-all, ignore-in-object-files, report-all, ignore-in-shared-libs",
    ),
    flag(&["--no-undefined"], |b, _| b.ignore_unresolved = Some(false), "undefined symbols are errors"),
    flag(&["--warn-unresolved-symbols"], |b, _| b.options.symbols.warn_unresolved_symbols = true, "undefined symbols are warnings"),
    flag(&["--error-unresolved-symbols"], |b, _| b.options.symbols.warn_unresolved_symbols = false, "undefined symbols are errors"),
    switch(&["--allow-multiple-definition"], |b, g| b.options.symbols.allow_multiple_definition = g.on, "the first definition of a symbol counts"),
    flag(&["--noinhibit-exec"], |b, _| b.options.no_inhibit_exec = true, "write the output in spite of errors"),
    switch(&["--fortran-common"], |b, g| b.options.symbols.fortran_common = g.on, "archive members that define common symbols are linked; it is so already"),
    switch(&["--warn-common"], |b, g| b.options.symbols.warn_common = g.on, "warn where common symbols meet others"),
    flag(&["--no-warn-mismatch"], |b, _| b.options.input.no_warn_mismatch = true, "files for another machine are not errors"),
    flag(&["--no-wchar-size-warning"], |b, _| b.options.machine.no_wchar_size_warning = true, "Arm: sizes of wchar_t may differ"),
    flag(&["--no-enum-size-warning"], |b, _| b.options.machine.no_enum_size_warning = true, "Arm: sizes of enums may differ"),
    switch(&["--fatal-warnings"], |b, g| b.options.reports.fatal_warnings = g.on, "warnings are errors"),
    flag(&["-w", "--no-warnings"], |b, _| b.options.reports.no_warnings = true, "no warnings"),
    value(&["--error-limit"], "N", |b, g| { if let Some(limit) = b.size(g) { b.options.reports.error_limit = limit; } }, "stop after N errors (0: never)"),
    // Machines.
    optional(&["--fix-cortex-a53-843419"], "full|adr|adrp", |b, _| b.options.machine.fix_cortex_a53_843419 = true, "AArch64: avoid erratum 843419"),
    flag(&["--no-fix-cortex-a53-843419"], |b, _| b.options.machine.fix_cortex_a53_843419 = false, "undo it"),
    switch(&["--fix-cortex-a53-835769"], |b, g| b.options.machine.fix_cortex_a53_835769 = g.on, "AArch64: avoid erratum 835769"),
    switch(&["--fix-cortex-a8"], |b, g| b.options.machine.fix_cortex_a8 = g.on, "Arm: avoid the branch erratum of Cortex-A8"),
    flag(&["--fix-v4bx"], |b, _| b.options.machine.fix_v4bx = true, "Arm: no BX instruction"),
    flag(&["--be8"], |b, _| b.options.machine.be8 = true, "Arm: big-endian data, little-endian instructions"),
    flag(&["--cmse-implib"], |b, _| b.options.machine.cmse_implib = true, "Arm: make secure gateway veneers"),
    value(&["--in-implib"], "FILE", |b, g| b.options.machine.in_implib = Some(g.path()), "Arm: keep the veneers where this import library has them"),
    value(&["--out-implib"], "FILE", |b, g| b.options.machine.out_implib = Some(g.path()), "Arm: write the import library of the secure image"),
    flag(&["--target1-rel"], |b, _| b.options.machine.target1_rel = true, "Arm: TARGET1 relocations are relative"),
    flag(&["--target1-abs"], |b, _| b.options.machine.target1_rel = false, "Arm: TARGET1 relocations are absolute"),
    value(
        &["--target2"],
        "rel|abs|got-rel",
        |b, g| {
            if let Some(target2) = b.choice(
                g,
                &[
                    ("rel", Target2::Rel),
                    ("abs", Target2::Abs),
                    ("got-rel", Target2::GotRel),
                ],
            ) {
                b.options.machine.target2 = target2;
            }
        },
        "Arm: what TARGET2 relocations are",
    ),
    flag(&["--pic-veneer"], |b, _| b.options.machine.pic_thunks = true, "position-independent thunks"),
    switch(&["--merge-exidx-entries"], |b, g| b.options.machine.merge_exidx_entries = g.on, "Arm: merge equal unwind entries"),
    // Reports.
    value(&["-Map"], "FILE", |b, g| { if let Some(to) = b.report_to(g) { b.options.reports.map = Some(to) } }, "write a map of the output; `-` is standard output"),
    flag(&["-M", "--print-map"], |b, _| b.options.reports.map = Some(MapTo::Stdout), "print a map of the output"),
    switch(&["--cref"], |b, g| b.options.reports.cref = g.on, "add a cross reference to the map"),
    flag(&["--print-memory-usage"], |b, _| b.options.reports.print_memory_usage = true, "print how full the memory regions are"),
    flag(&["--print-stack-usage"], |b, _| b.options.reports.print_stack_usage = true, "print how much stack the entry point and the interrupt handlers need at most, from `.stack_sizes` (rustc's `-Z emit-stack-sizes`)"),
    flag(&["-t", "--trace"], |b, _| b.options.reports.trace = true, "print the input files"),
    value(&["-y", "--trace-symbol"], "SYMBOL", |b, g| { let name = b.text(g); b.options.reports.trace_symbol.extend(name) }, "print which files mention SYMBOL"),
    value(&["--why-live"], "SYMBOL", |b, g| { let name = b.text(g); b.options.reports.why_live.extend(name) }, "print which references keep SYMBOL in the output"),
    value(&["--why-extract"], "FILE", |b, g| { if let Some(to) = b.report_to(g) { b.options.reports.why_extract = Some(to) } }, "write why archive members were linked"),
    value(&["--print-archive-stats"], "FILE", |b, g| { if let Some(to) = b.report_to(g) { b.options.reports.archive_stats = Some(to) } }, "write how many members of each archive were linked"),
    value(&["--dependency-file"], "FILE", |b, g| b.options.reports.dependency_file = Some(g.path()), "write the input files as a make rule"),
    value(&["--reproduce", "--repro"], "FILE", |b, g| b.reproduce = Some(g.path()), "write all inputs and the arguments to a tar file (to OUTPUT.tar if FILE is a directory)"),
    ignore(&["--verbose"], Arg::Optional("N"), "`--trace` names the files, `-Map` says where everything is"),
    switch(&["--demangle"], |b, g| b.options.reports.mangled = !g.on, "maps show names as in the source (on); messages do, with mangled ones in a note"),
    ignore(&["--apply-dynamic-relocs"], Arg::Switch, "addends stand in the table and in the places, which every start-up code takes"),
    optional(
        &["--color-diagnostics"],
        "auto|always|never",
        |b, g| if g.value.is_some() { b.choice(g, &[("auto", ()), ("always", ()), ("never", ())]); },
        "colours in messages (`xsys ld` reads it before the linker does)",
    ),
    flag(&["--no-color-diagnostics"], |_, _| {}, "no colours in messages (likewise)"),
    value(
        &["--error-format"],
        "human|json",
        |b, g| { b.choice(g, &[("human", ()), ("json", ())]); },
        "how messages are written (likewise)",
    ),
    optional(&["--threads", "--thread-count"], "N", |b, g| b.options.threads = if g.value.is_some() { b.size(g) } else { None }, "use N threads"),
    flag(&["--no-threads"], |b, _| b.options.threads = Some(1), "use one thread"),
    flag(&["--help", "--target-help"], |b, _| b.action = Some(Action::Help(help())), "print this"),
    flag(&["--version"], |b, _| b.action = Some(Action::Version), "print the version"),
    flag(&["-v", "-V"], |b, _| b.show_version = true, "print the version if there is nothing to link"),
    // Dynamic linking.
    value(&["-I", "--dynamic-linker"], "FILE", |b, g| { b.options.dynamic.no_dynamic_linker = false; b.options.dynamic.dynamic_linker = b.text(g) }, "the program that loads the executable and its libraries"),
    flag(&["--no-dynamic-linker"], |b, _| { b.options.dynamic.dynamic_linker = None; b.options.dynamic.no_dynamic_linker = true }, "the executable is not loaded by a dynamic linker"),
    value(&["-h", "--soname"], "NAME", |b, g| b.options.dynamic.soname = b.text(g), "the name of the shared library (DT_SONAME)"),
    value(&["--rpath"], "DIR", |b, g| if let Some(dir) = b.text(g) { let known = &mut b.options.dynamic.rpath; if !known.contains(&dir) { known.push(dir) } }, "where the dynamic linker looks for libraries (DT_RUNPATH)"),
    ignore(&["--rpath-link"], Arg::Value("DIR"), "the libraries that libraries need are not looked at"),
    value(&["-f", "--auxiliary"], "NAME", |b, g| { let name = b.text(g); b.options.dynamic.auxiliary.extend(name) }, "the library is an auxiliary filter for NAME (DT_AUXILIARY)"),
    value(&["-F", "--filter"], "NAME", |b, g| { let name = b.text(g); b.options.dynamic.filter.extend(name) }, "the library is a filter for NAME (DT_FILTER)"),
    value(&["--audit"], "NAME", |b, g| { let name = b.text(g); b.options.dynamic.audit.extend(name) }, "a library that audits the program (DT_AUDIT)"),
    value(&["-P", "--depaudit"], "NAME", |b, g| { let name = b.text(g); b.options.dynamic.depaudit.extend(name) }, "a library that audits the libraries of the program (DT_DEPAUDIT)"),
    value(&["--dynamic-list"], "FILE", |b, g| b.options.dynamic.lists.push(g.path()), "the symbols that are exported from an executable, or may be replaced in a library"),
    value(&["--export-dynamic-symbol"], "GLOB", |b, g| { let glob = b.text(g); b.options.dynamic.export.extend(glob) }, "export the symbols that match"),
    value(&["--export-dynamic-symbol-list"], "FILE", |b, g| b.options.dynamic.export_lists.push(g.path()), "export the symbols that a file lists"),
    flag(&["-Bsymbolic"], |b, _| b.options.dynamic.symbolic = Symbolic::All, "a library's references to its own symbols stay inside"),
    flag(&["-Bsymbolic-functions"], |b, _| b.options.dynamic.symbolic = Symbolic::Functions, "the same for functions"),
    flag(&["-Bsymbolic-non-weak"], |b, _| b.options.dynamic.symbolic = Symbolic::NonWeak, "the same for all but weak symbols"),
    flag(&["-Bsymbolic-non-weak-functions"], |b, _| b.options.dynamic.symbolic = Symbolic::NonWeakFunctions, "the same for all but weak functions"),
    flag(&["-Bno-symbolic"], |b, _| b.options.dynamic.symbolic = Symbolic::None, "undo -Bsymbolic"),
    value(
        &["--hash-style"],
        "sysv|gnu|both",
        |b, g| {
            let styles = [("sysv", HashStyle::Sysv), ("gnu", HashStyle::Gnu), ("both", HashStyle::Both)];
            if let Some(style) = b.choice(g, &styles) {
                b.options.dynamic.hash_style = style;
            }
        },
        "which hash tables the dynamic linker finds",
    ),
    value(&["--exclude-libs"], "NAMES", |b, g| if let Some(names) = b.text(g) { let names = names.split([',', ':']).map(str::to_owned); b.options.dynamic.exclude_libs.extend(names) }, "archives whose symbols are not exported; ALL for all"),
    flag(&["--enable-new-dtags"], |b, _| b.options.dynamic.new_dtags = true, "--rpath is DT_RUNPATH"),
    flag(&["--disable-new-dtags"], |b, _| b.options.dynamic.new_dtags = false, "--rpath is DT_RPATH"),
    ignore(&["--allow-shlib-undefined"], Arg::Switch, "what shared libraries expect of others is the dynamic linker's to check"),
    ignore(&["-Y"], Arg::Value("PATH"), "there are no directories that are always searched"),
    ignore(&["--dynamic-list-data", "--dynamic-list-cpp-new", "--dynamic-list-cpp-typeinfo"], Arg::None, "without a list, other files may replace every exported symbol"),
    ignore(&["-Bgroup"], Arg::None, "the dynamic linker looks everywhere, as for other libraries"),
    reject(&["--default-symver", "--default-imported-symver"], Arg::None, "versions come from a version script"),
    ignore(&["--gnu-unique", "--no-gnu-unique"], Arg::None, "symbols of STB_GNU_UNIQUE are global ones"),
    ignore(&["--pack-dyn-relocs"], Arg::Value("X"), "dynamic relocations are written in full, which every dynamic linker takes"),
    ignore(&["--undefined-version"], Arg::Switch, "a version script may name what nothing defines"),
    ignore(&["--copy-dt-needed-entries", "--add-needed"], Arg::Switch, "libraries that libraries need are not linked with"),
    ignore(&["--ld-generated-unwind-info"], Arg::Switch, "the PLT has no unwind tables"),
    ignore(&["--spare-dynamic-tags"], Arg::Value("X"), "the dynamic section has no spare entries"),
    ignore(&["--android-memtag-heap", "--android-memtag-stack", "--use-android-relr-tags", "--no-use-android-relr-tags"], Arg::None, "for Android's dynamic linker"),
    // Accepted: link-time optimisation of bitcode.
    ignore(&["--lto-", "--thinlto-", "-plugin-opt", "--opt-remarks-", "--save-temps"], Arg::Prefix("..."), LTO),
    ignore(&["--plugin", "-mllvm"], Arg::Value("X"), LTO),
    ignore(&["-flto", "--disable-verify", "--no-lto-whole-program-visibility", "--fat-lto-objects", "--no-fat-lto-objects"], Arg::None, LTO),
    // Accepted: nothing else is done, or nothing can be.
    ignore(&["--stats", "--traditional-format", "--no-keep-memory", "--keep-memory", "--reduce-memory-overheads", "--no-reduce-memory-overheads"], Arg::None, INSIDE),
    ignore(&["--hash-size", "--max-cache-size", "--stub-group-size", "--split-stack-adjust-size"], Arg::Value("N"), INSIDE),
    ignore(&["--mmap-output-file", "--fork", "--quick-exit"], Arg::Switch, INSIDE),
    ignore(&["-a"], Arg::Value("KEYWORD"), INSIDE),
    ignore(&["-A", "--architecture"], Arg::Value("ARCH"), FORMAT),
    ignore(&["--accept-unknown-input-arch", "--no-accept-unknown-input-arch"], Arg::None, FORMAT),
    ignore(&["-G", "--gpsize"], Arg::Value("N"), "small data follows from the objects"),
    ignore(&["-g", "-Qy", "-qmagic"], Arg::None, COMPILER),
    ignore(&["--print-map-discarded", "--print-map-locals"], Arg::Switch, "the map has one form"),
    value(
        &["--compress-debug-sections"],
        "none|zlib|zstd",
        |b, g| {
            let choices = [
                ("none", None),
                ("zlib", Some(Format::Zlib)),
                ("zlib-gabi", Some(Format::Zlib)),
                ("zstd", Some(Format::Zstd)),
            ];
            if let Some(format) = b.choice(g, &choices) {
                b.options.layout.compress_debug = format;
            }
        },
        "compress sections of debug information",
    ),
    optional(
        &["--sort-common"],
        "descending|ascending",
        |b, g| {
            let choices = [
                ("descending", SortCommon::Descending),
                ("ascending", SortCommon::Ascending),
            ];
            b.options.symbols.sort_common = match g.value {
                None => Some(SortCommon::Descending),
                Some(_) => b.choice(g, &choices),
            };
        },
        "common symbols in the order of their alignments",
    ),
    value(&["--symbol-ordering-file"], "FILE", |b, g| b.options.symbols.symbol_order = b.lines(g), "sections that define the symbols of FILE come first, in its order"),
    switch(&["--warn-symbol-ordering"], |b, g| b.options.symbols.warn_symbol_order = g.on, "warn about symbols of that file that do not exist"),
    value(&["--retain-symbols-file"], "FILE", |b, g| b.options.symbols.retain_symbols = b.lines(g), "leave out symbols that FILE does not list"),
    ignore(&["--call-graph-ordering-file", "--call-graph-profile-sort", "--bp-startup-sort"], Arg::Value("X"), HINT),
    ignore(&["--optimize-bb-jumps", "--toc-optimize", "--tls-optimize", "--plt-align"], Arg::Switch, HINT),
    ignore(&["--toc-sort", "--multi-toc", "--save-restore-funcs", "--inline-optimize", "--plt-localentry", "--opd-optimize"], Arg::Switch, "PowerPC code stays as it was compiled"),
    ignore(&["--use-blx", "--fix-arm1176", "--long-plt"], Arg::Switch, "follows from the objects' attributes"),
    ignore(&["--no-warn-search-mismatch"], Arg::None, WARNING),
    ignore(&["--warn-backrefs", "--warn-constructors", "--warn-multiple-gp", "--warn-once", "--warn-section-align", "--warn-textrel", "--warn-alternate-em", "--warn-shared-textrel"], Arg::Switch, WARNING),
    ignore(&["--warn-execstack", "--warn-rwx-segments", "--error-execstack", "--error-rwx-segments", "--warn-execstack-objects", "--warn-ifunc-textrel"], Arg::Switch, WARNING),
    ignore(&["--warn-backrefs-exclude"], Arg::Value("X"), WARNING),
    ignore(&["--gdb-index", "--debug-names"], Arg::Switch, "debuggers make the index themselves"),
    ignore(&["--branch-to-branch"], Arg::Switch, HINT),
    ignore(&["--ignore-data-address-equality", "--ignore-function-address-equality"], Arg::Switch, "nothing is folded that this would concern"),
    ignore(&["--keep-unique"], Arg::Value("SYMBOL"), "no symbol is folded into another"),
    ignore(&["--power10-stubs"], Arg::Optional("X"), "PowerPC code stays as it was compiled"),
    ignore(&["--vs-diagnostics", "--no-vs-diagnostics"], Arg::None, INSIDE),
    ignore(&["--pmem-wrap-around"], Arg::Value("SIZE"), "AVR: branches are not turned into wrapping ones"),
    ignore(&["--no-call-ret-replacement", "--no-stubs", "--debug-relax", "--debug-stubs"], Arg::None, "AVR: not done anyway"),
    value(&["--rsp-quoting"], "posix", |b, g| { b.choice(g, &[("posix", ())]); }, "how response files are quoted"),
    value(&["--vfp11-denorm-fix"], "none", |b, g| { b.choice(g, &[("none", ())]); }, "Arm: no fix for VFP11"),
    // Refused: the user would not get what was asked for.
    reject(&["-Ur"], Arg::None, "constructor tables are not made; use `-r`"),
    reject(&["-c", "--mri-script"], Arg::Value("FILE"), "MRI scripts are of another language; write a linker script (`-T`)"),
    reject(&["--unique"], Arg::Optional("SECTION"), LATER),
    reject(&["--enable-non-contiguous-regions", "--enable-non-contiguous-regions-warnings"], Arg::None, LATER),
    reject(&["--section-ordering-file"], Arg::Value("FILE"), "give the order in a linker script, or with `--symbol-ordering-file`"),
    reject(&["--split-by-file", "--split-by-reloc"], Arg::Optional("SIZE"), LATER),
    reject(&["--task-link"], Arg::Value("SYMBOL"), LATER),
    reject(&["--embedded-relocs", "--disable-multiple-abs-defs"], Arg::None, LATER),
    reject(&["--execute-only"], Arg::None, LATER),
    reject(&["--fix-v4bx-interworking"], Arg::None, "thunks for Arm v4 are not made; use `--fix-v4bx`"),
    reject(&["--fix-stm32l4xx-629360"], Arg::Optional("X"), "the erratum is not worked around"),
    reject(&["--android-memtag-mode"], Arg::Value("X"), "memory tags are set up by Android's dynamic linker"),
    reject(&["--shuffle-sections", "--randomize-section-padding"], Arg::Value("X"), "outputs are never random"),
    reject(&["--compress-sections"], Arg::Value("X"), "sections are written as they are"),
    reject(&["--package-metadata"], Arg::Optional("JSON"), "put the note into an assembler file: section `.note.package`"),
    reject(&["--print-symbol-order"], Arg::Value("FILE"), "there is no call graph; `--symbol-ordering-file` takes an order that you made"),
    reject(&["--error-handling-script"], Arg::Value("FILE"), "errors come as JSON with `--error-format=json`"),
    reject(&["--time-trace"], Arg::Optional("FILE"), LATER),
];

/// What `--help` prints.
pub(super) fn help() -> String {
    let mut text = String::from("Usage: xsys ld [OPTION | FILE]...\n\nOptions:\n");
    let is_set = |row: &&Row| matches!(row.act, Effect::Set(..));
    for row in TABLE.iter().filter(is_set) {
        line(&mut text, &row.usage(), row.text());
    }
    text.push_str("\nKeywords of -z:\n");
    for row in Z_TABLE
        .iter()
        .filter(|row| matches!(row.act, Effect::Set(..)))
    {
        line(&mut text, &row.usage(), row.text());
    }
    text.push_str("\nAccepted without effect:\n");
    for row in TABLE {
        if let Effect::Ignore(reason) = row.act {
            line(&mut text, &row.usage(), reason);
        }
    }
    for row in Z_TABLE {
        if let Effect::Ignore(reason) = row.act {
            line(&mut text, &format!("-z {}", row.usage()), reason);
        }
    }
    // Build systems look for this line to learn whether ELF is supported.
    text.push_str("\nxsys-ld: supported targets: elf\n");
    text
}

fn line(text: &mut String, usage: &str, what: &str) {
    // Writing to a string cannot fail.
    let _ = if usage.chars().count() > 28 {
        writeln!(text, "  {usage}\n  {:28} {what}", "")
    } else {
        writeln!(text, "  {usage:28} {what}")
    };
}

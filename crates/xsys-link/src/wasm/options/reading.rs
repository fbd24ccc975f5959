//! Options while the command line is parsed.
//!
//! Some options apply to the inputs behind them, and some are only allowed together with others. Both are handled
//! here, so that [`WasmOptions`] is plain data.

use std::ffi::OsString;

use xsys_diag::Diagnostic;

use super::{InputName, InputRef, Unresolved, WasmOptions};
use crate::options::MapTo;

/// wasm-ld keeps full width where debug information contains offsets in code.
const WITH_DEBUG: &str = "--compress-relocations is incompatible with output debug information. \
    Please pass --strip-debug or --strip-all";

/// Options that cannot be used with `-r`: the row's first name, its spelling, and wasm-ld's message.
const NOT_FOR_OBJECTS: &[(&str, &str, &str)] = &[
    (
        "e",
        "--entry",
        "entry point specified for relocatable output file",
    ),
    (
        "u",
        "--undefined",
        "-r -and --undefined may not be used together",
    ),
    (
        "gc-sections",
        "--gc-sections",
        "-r and --gc-sections may not be used together",
    ),
    (
        "compress-relocations",
        "--compress-relocations",
        "-r -and --compress-relocations may not be used together",
    ),
    (
        "global-base",
        "--global-base",
        "-r and --global-base may not by used together",
    ),
    (
        "shared-memory",
        "--shared-memory",
        "-r and --shared-memory may not be used together",
    ),
    (
        "export-table",
        "--export-table",
        "--relocatable is incompatible with --export-table",
    ),
    (
        "growable-table",
        "--growable-table",
        "--relocatable is incompatible with --growable-table",
    ),
];

/// Options while the command line is parsed.
#[derive(Default)]
pub(crate) struct Reading {
    pub(crate) options: WasmOptions,
    /// Whether `--compat=wasm-ld` is on the command line, so that values are parsed as wasm-ld does.
    pub(crate) strict: bool,
    pub(crate) whole_archive: bool,
    pub(crate) lazy: bool,
    /// Behind `-Bdynamic`.
    pub(crate) dynamic: bool,
    /// `-z muldefs`, which `--no-allow-multiple-definition` does not take back.
    pub(crate) muldefs: bool,
    /// Errors about the order of options.
    problems: Vec<Diagnostic>,
    /// First names of the rows that were used.
    pub(super) asked: Vec<&'static str>,
    /// The value of `--unresolved-symbols`, which takes precedence over `severity`.
    pub(crate) policy: Option<Unresolved>,
    /// What happens to undefined symbols if `policy` does not say it.
    pub(crate) severity: Unresolved,
    /// Whether the current option has a value.
    pub(crate) has_value: bool,
    /// The command line with response files expanded.
    pub(crate) words: Vec<OsString>,
}

impl Reading {
    /// `--start-lib`; it must not be nested.
    pub(crate) fn start_lib(&mut self) {
        if std::mem::replace(&mut self.lazy, true) {
            self.problems.push(
                Diagnostic::error("`--start-lib` within another `--start-lib`")
                    .help("end the first with `--end-lib`")
                    .counterpart("nested --start-lib"),
            );
        }
    }

    /// `--end-lib`; it needs a `--start-lib` before it.
    pub(crate) fn end_lib(&mut self) {
        if !std::mem::replace(&mut self.lazy, false) {
            self.problems.push(
                Diagnostic::error("`--end-lib` without a `--start-lib`")
                    .help("put `--start-lib` before the objects that it applies to")
                    .counterpart("stray --end-lib"),
            );
        }
    }

    /// `-l NAME`.
    pub(crate) fn library(&mut self, name: &str) {
        let what = match self.dynamic {
            true => InputName::Dynamic(name.into()),
            false => InputName::Library(name.into()),
        };
        self.input(what);
    }

    pub(crate) fn input(&mut self, what: InputName) {
        self.options.inputs.push(InputRef {
            what,
            whole_archive: self.whole_archive,
            lazy: self.lazy,
        });
    }

    /// Settles what depends on several options.
    pub(super) fn finish(&mut self) -> Vec<Diagnostic> {
        let asked = |name: &str| self.asked.contains(&name);
        let mut problems = std::mem::take(&mut self.problems);
        if self.options.shrink.compat {
            // It takes precedence over `--Map`.
            if asked("print-map") {
                self.options.reports.map = Some(MapTo::Stdout);
            }
            problems.extend(output_without_name(&self.options, asked("o")));
        }
        let mut clash = |one: &str, other: &str, help: &str, counterpart: &str| {
            problems.push(
                Diagnostic::error(format!("`{one}` and `{other}` cannot go together"))
                    .help(help)
                    .counterpart(counterpart),
            );
        };
        let options = &mut self.options;
        options.unresolved = match self.policy {
            // This option accepts undefined symbols, whatever others say.
            _ if asked("allow-undefined") => Unresolved::Ignore,
            policy => policy.unwrap_or(self.severity),
        };
        if options.shrink.compat {
            let dynamic = options.unresolved == Unresolved::Import && !asked("experimental-pic");
            options
                .warnings
                .extend(not_stable(dynamic, asked("Bsymbolic")));
        }
        if options.table.import && options.table.export {
            clash(
                "--import-table",
                "--export-table",
                "an imported table cannot be exported; drop one of the options",
                "--import-table and --export-table may not be used together",
            );
        }
        let compress = options.shrink.compress_relocations == Some(true);
        if options.emit_relocs && compress {
            clash(
                "--emit-relocs",
                "--compress-relocations",
                "relocations need fields of full width; drop one of the options",
                WITH_DEBUG,
            );
        } else if options.shrink.compat && compress && !options.strip_debug && !options.strip_all {
            clash(
                "--compress-relocations",
                "debug information",
                "pass `--strip-debug`, or leave out `--compat=wasm-ld`: then debug information is updated",
                WITH_DEBUG,
            );
        }
        if !options.relocatable {
            return problems;
        }
        for &(name, spelled, counterpart) in NOT_FOR_OBJECTS {
            // Whether a later `--no-gc-sections` or the like cancels this option.
            let taken_back = match name {
                "gc-sections" => !options.gc_sections,
                "compress-relocations" => options.shrink.compress_relocations == Some(false),
                "e" => options.entry.is_none(),
                "global-base" => options.memory.global_base.is_none(),
                _ => false,
            };
            if asked(name) && !taken_back {
                clash(
                    "--relocatable",
                    spelled,
                    "an object is not laid out yet; pass the option when it is linked",
                    counterpart,
                );
            }
        }
        options.entry = None;
        options.gc_sections = false;
        options.merge_data_segments &= asked("merge-data-segments");
        problems
    }
}

/// wasm-ld has no default name for the output.
fn output_without_name(options: &WasmOptions, asked: bool) -> Option<Diagnostic> {
    let alone = options.say_first.is_some() && options.inputs.is_empty();
    let named = asked && !options.output.as_os_str().is_empty();
    if named || alone || options.only_say.is_some() {
        return None;
    }
    let problem = Diagnostic::error("the output has no name")
        .help("name it with `-o`; without `--compat=wasm-ld` it is `a.out`");
    Some(problem.counterpart("no output file specified"))
}

/// wasm-ld's warnings about options for dynamic libraries.
fn not_stable(imports: bool, symbolic: bool) -> Vec<Diagnostic> {
    let mut warnings = Vec::new();
    if imports {
        let message = "`--unresolved-symbols=import-dynamic` may mean something else one day";
        warnings.push(Diagnostic::warning(message).counterpart(
            "dynamic imports are not yet stable (--unresolved-symbols=import-dynamic)",
        ));
    }
    if symbolic {
        let message = "`-Bsymbolic` has no meaning without `-shared`";
        warnings.push(
            Diagnostic::warning(message)
                .counterpart("-Bsymbolic is only meaningful when combined with -shared"),
        );
    }
    warnings
}

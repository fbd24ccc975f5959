//! Options while they are being read.
//!
//! Some options hold for the inputs that follow, some only make sense together; both are settled
//! here, so that the options themselves are plain data.

use std::ffi::OsString;

use xsys_diag::Diagnostic;

use super::{InputName, InputRef, Unresolved, WasmOptions};
use crate::options::MapTo;

/// wasm-ld writes padded numbers wherever debug information could tell their places.
const WITH_DEBUG: &str = "--compress-relocations is incompatible with output debug information. \
    Please pass --strip-debug or --strip-all";

/// What does not go with `-r`: the first name of the row, how it is spelled, and wasm-ld's words.
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

/// Options while they are being read.
#[derive(Default)]
pub(crate) struct Reading {
    pub(crate) options: WasmOptions,
    /// `--compat=wasm-ld` is somewhere on the command line: values are read as wasm-ld reads them.
    pub(crate) strict: bool,
    pub(crate) whole_archive: bool,
    pub(crate) lazy: bool,
    /// Behind `-Bdynamic`.
    pub(crate) dynamic: bool,
    /// What is wrong with the order of options.
    problems: Vec<Diagnostic>,
    /// The first names of the rows that were used.
    pub(super) asked: Vec<&'static str>,
    /// What `--unresolved-symbols` says; it outweighs the next.
    pub(crate) policy: Option<Unresolved>,
    /// What an undefined symbol is where nothing else is said.
    pub(crate) severity: Unresolved,
    /// Whether the option that is being read has a value behind it.
    pub(crate) has_value: bool,
    /// The command line, response files expanded.
    pub(crate) words: Vec<OsString>,
}

impl Reading {
    /// `--start-lib`, which is in no other.
    pub(crate) fn start_lib(&mut self) {
        if std::mem::replace(&mut self.lazy, true) {
            self.problems.push(
                Diagnostic::error("`--start-lib` within another `--start-lib`")
                    .help("end the first with `--end-lib`")
                    .counterpart("nested --start-lib"),
            );
        }
    }

    /// `--end-lib`, which ends one.
    pub(crate) fn end_lib(&mut self) {
        if !std::mem::replace(&mut self.lazy, false) {
            self.problems.push(
                Diagnostic::error("`--end-lib` without a `--start-lib`")
                    .help("put `--start-lib` before the objects that it is about")
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

    /// Decides what depends on several options.
    pub(super) fn finish(&mut self) -> Vec<Diagnostic> {
        let asked = |name: &str| self.asked.contains(&name);
        let mut problems = std::mem::take(&mut self.problems);
        if self.options.shrink.compat {
            // It outweighs `--Map`.
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
            // It forgives, whatever else is said.
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
                "a table that comes from outside is there already; drop one of them",
                "--import-table and --export-table may not be used together",
            );
        }
        let compress = options.shrink.compress_relocations == Some(true);
        if options.emit_relocs && compress {
            clash(
                "--emit-relocs",
                "--compress-relocations",
                "who patches fields later needs their padding; drop one of them",
                WITH_DEBUG,
            );
        } else if options.shrink.compat && compress && !options.strip_debug && !options.strip_all {
            clash(
                "--compress-relocations",
                "debug information",
                "pass `--strip-debug`, or leave `--compat=wasm-ld` out: then debug information follows",
                WITH_DEBUG,
            );
        }
        if !options.relocatable {
            return problems;
        }
        for &(name, spelled, counterpart) in NOT_FOR_OBJECTS {
            // `--no-gc-sections` and the like take an earlier `--gc-sections` back.
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

/// wasm-ld has no name of its own for the output.
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

/// What wasm-ld says of options that have to do with dynamic libraries.
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

//! The command line, word by word.
//!
//! Some options hold for the inputs that follow, some only make sense together; both are settled
//! here, so that the options themselves are plain data.

use std::ffi::OsString;
use std::path::PathBuf;

use xsys_diag::{Diagnostic, did_you_mean};

use super::super::flags::{Action, Argument, FLAGS, Flag};
use super::{InputName, InputRef, Unresolved, WasmOptions};
use crate::options::response::{self, Quoting};

/// wasm-ld writes padded numbers wherever debug information could tell their places.
const WITH_DEBUG: &str = "--compress-relocations is incompatible with output debug information. \
    Please pass --strip-debug or --strip-all";

/// Options while they are being read.
pub(crate) struct Reading {
    pub(crate) options: WasmOptions,
    pub(crate) whole_archive: bool,
    pub(crate) lazy: bool,
    /// What is wrong with the order of options.
    problems: Vec<Diagnostic>,
    /// The first names of the rows that were used.
    asked: Vec<&'static str>,
    /// What `--unresolved-symbols` says; it outweighs the next.
    pub(crate) policy: Option<Unresolved>,
    /// What an undefined symbol is where nothing else is said.
    pub(crate) severity: Unresolved,
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

    pub(crate) fn input(&mut self, what: InputName) {
        self.options.inputs.push(InputRef {
            what,
            whole_archive: self.whole_archive,
            lazy: self.lazy,
        });
    }

    /// Decides what depends on several options.
    fn finish(&mut self) -> Vec<Diagnostic> {
        let asked = |name: &str| self.asked.contains(&name);
        let mut problems = std::mem::take(&mut self.problems);
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
        } else if options.shrink.compat
            && compress
            && !options.strip_debug
            && !options.strip_all
            && !options.relocatable
        {
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
        for (name, spelled, counterpart) in [
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
        ] {
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

impl WasmOptions {
    /// Reads a command line, without the program's name and `-flavor wasm`.
    pub fn parse(arguments: &[OsString]) -> Result<WasmOptions, Vec<Diagnostic>> {
        let (words, mut problems) = expand_all(arguments);
        let mut reading = Reading {
            options: WasmOptions::default(),
            whole_archive: false,
            lazy: false,
            problems: Vec::new(),
            asked: Vec::new(),
            policy: None,
            severity: Unresolved::Error,
            words: Vec::new(),
        };
        // Only an archive of the link needs them a second time.
        if words
            .iter()
            .any(|word| word.to_string_lossy().contains("-reproduce"))
        {
            reading.words = words.clone();
        }
        let mut words = words.into_iter();
        let mut only_files = false;
        while let Some(word) = words.next() {
            let text = word.to_string_lossy();
            if only_files || !text.starts_with('-') || text == "-" {
                reading.input(InputName::File(PathBuf::from(word)));
            } else if text == "--" {
                only_files = true;
            } else if let Err(problem) = option(&text, &mut words, &mut reading) {
                problems.push(problem);
            }
        }
        problems.extend(reading.finish());
        if reading.options.shrink.compat {
            problems.iter_mut().for_each(Diagnostic::imitate);
            reading
                .options
                .warnings
                .iter_mut()
                .for_each(Diagnostic::imitate);
        }
        match problems.is_empty() {
            true => Ok(reading.options),
            false => Err(problems),
        }
    }
}

/// The words of a command line with those of its response files in place, and what is wrong with
/// these.
pub fn expand_all(arguments: &[OsString]) -> (Vec<OsString>, Vec<Diagnostic>) {
    let mut problems = Vec::new();
    let words = response::expand(arguments, quoting(arguments), &mut problems);
    (words, problems)
}

/// How response files are written: it has to be known before they are read.
fn quoting(arguments: &[OsString]) -> Quoting {
    let mut quoting = Quoting::Gnu;
    let mut words = arguments.iter().map(|word| word.to_string_lossy());
    while let Some(word) = words.next() {
        let word = word.trim_start_matches('-');
        let value = match word.strip_prefix("rsp-quoting") {
            Some("") => words.next().unwrap_or_default().into_owned(),
            Some(rest) => rest.trim_start_matches('=').to_owned(),
            None => continue,
        };
        quoting = match value.as_str() {
            "windows" => Quoting::Windows,
            _ => Quoting::Gnu,
        };
    }
    quoting
}

/// Reads one option and, where it takes one, its argument.
fn option(
    text: &str,
    rest: &mut impl Iterator<Item = OsString>,
    reading: &mut Reading,
) -> Result<(), Diagnostic> {
    let bare = text.strip_prefix("--").or_else(|| text.strip_prefix('-'));
    let bare = bare.unwrap_or(text);
    let (name, joined) = match bare.split_once('=') {
        Some((name, value)) => (name, Some(value.to_owned())),
        None => (bare, None),
    };
    let (flag, joined) = match find(name) {
        Some(flag) => (flag, joined),
        None => short(text, bare).ok_or_else(|| unknown(text, name))?,
    };
    reading.asked.extend(flag.names.first());
    let value = match (flag.argument, joined) {
        (Argument::None, None) => String::new(),
        (Argument::None, Some(value)) => {
            return Err(Diagnostic::error(format!("option `{text}` takes no value"))
                .help(format!("leave out `={value}`")));
        }
        (Argument::Required | Argument::Optional, Some(value)) => value,
        (Argument::Optional, None) => String::new(),
        (Argument::Required, None) => match rest.next() {
            Some(value) => value.to_string_lossy().into_owned(),
            None => {
                return Err(
                    Diagnostic::error(format!("option `{text}` needs a value")).help(flag.help)
                );
            }
        },
    };
    match flag.action {
        Action::Set(set) => set(reading, &value).map_err(|problem| {
            Diagnostic::error(format!("option `{text}`: {problem}")).help(flag.help)
        }),
        Action::Ignored => Ok(()),
        Action::Rejected(reason) => Err(Diagnostic::error(format!(
            "option `{text}` is not supported: {reason}"
        ))),
    }
}

fn find(name: &str) -> Option<&'static Flag> {
    let exact = FLAGS.iter().find(|flag| flag.names.contains(&name));
    exact.or_else(|| {
        // A row whose name ends with a star stands for a family.
        FLAGS.iter().find(|flag| {
            let family = flag
                .names
                .iter()
                .filter_map(|known| known.strip_suffix('*'));
            family.into_iter().any(|prefix| name.starts_with(prefix))
        })
    })
}

/// `-O2`, `-lfoo`, `-zstack-size=1`: a letter with the value right behind it.
fn short(text: &str, bare: &str) -> Option<(&'static Flag, Option<String>)> {
    if text.starts_with("--") {
        return None;
    }
    let mut letters = bare.chars();
    let letter = letters.next()?.to_string();
    let flag = FLAGS.iter().find(|flag| {
        flag.argument == Argument::Required && flag.names.contains(&letter.as_str())
    })?;
    Some((flag, Some(letters.as_str().to_owned())))
}

fn unknown(text: &str, name: &str) -> Diagnostic {
    let names = FLAGS.iter().flat_map(|flag| flag.names).copied();
    let problem = Diagnostic::error(format!("unknown option `{text}`"))
        .counterpart(format!("unknown argument: {text}"));
    match did_you_mean(
        name,
        names.filter(|name| !name.ends_with('*') && name.len() > 1),
    ) {
        Some(close) => problem.help(format!("did you mean `--{close}`?")),
        None => problem.help("the wasm linker takes the options of `wasm-ld`"),
    }
}

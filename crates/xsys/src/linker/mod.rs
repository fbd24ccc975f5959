//! xsys as a linker: rustc calls it, it links, and leaves a report for `xsys build`.
//!
//! If `XSYS_LINK_REPORT` names a directory, facts about the link are written there ([`report`]), its inputs
//! ([`record`]), and why each section is in the file ([`reasons`]). [`messages`] shows what rustc hides, and [`other`]
//! does the same for links by other linkers.

pub(crate) mod messages;
pub(crate) mod other;
pub(crate) mod reasons;
pub(crate) mod record;
pub(crate) mod report;

use std::ffi::OsString;
use std::io::Read;
use std::path::Path;
use std::process::ExitCode;
use std::time::Instant;

use xsys_diag::Diagnostic;
use xsys_link::{Flavor, Kept, Outcome};

use self::record::Record;
use self::report::{LinkReport, Message, Region};
use crate::c_code::foreign;
use crate::children;
use crate::component;
use crate::error::file;
use crate::render;
use crate::ui::{self, Ui, When};
use crate::variables;

/// Links as a command line in the program's own process.
pub(crate) fn main(flavor: Option<Flavor>, args: Vec<OsString>) -> ExitCode {
    let start = Instant::now();
    children::watch();
    let (color, args) = take_color(args);
    let (json, args) = take_format(args);
    let variable = |name: &str| std::env::var(name).unwrap_or_default();
    let inherited = match variable(variables::COLOR).as_str() {
        "always" => Some(When::Always),
        "never" => Some(When::Never),
        _ => None,
    };
    let json = json.unwrap_or_else(|| variable(variables::ERROR_FORMAT) == "json");
    let ui = Ui::new(color.or(inherited), json);
    let (flavor, mut args) = match split_flavor(flavor, args) {
        Ok(split) => split,
        Err(diagnostic) => {
            render::show(&ui, &[diagnostic]);
            return ExitCode::FAILURE;
        }
    };
    if let Some(directory) = std::env::var_os(variables::REPRODUCE) {
        // The linker would take the name for that of a file, which each link replaces.
        let _ = std::fs::create_dir_all(&directory);
        let mut arg = OsString::from("--reproduce=");
        arg.push(directory);
        args.push(arg);
    }
    let responses = xsys_link::response_files(&args);
    let words = args.clone();
    let report_directory = std::env::var_os(variables::LINK_REPORT);
    let reasons = report_directory.is_some();
    let mut outcome = match component::Request::take(flavor, args) {
        Ok(component::Request::Plain(args)) => match reasons {
            true => xsys_link::link_with_reasons(flavor, &args, reasons::MOST),
            false => xsys_link::link_command_line(flavor, &args),
        },
        Ok(component::Request::Component(request)) => request.link(),
        Err(diagnostics) => Outcome {
            diagnostics,
            failed: true,
            ..Outcome::default()
        },
    };
    if let Ok(target) = std::env::var(variables::TARGET) {
        foreign::explain(&mut outcome.diagnostics, &words, &target);
    }
    // rustc hides a linker's messages when it succeeds; the report keeps them.
    if outcome.failed || outcome.output.is_none() || report_directory.is_none() {
        ui::answer(&outcome.stdout);
        render::show(&ui, &outcome.diagnostics);
    }
    if outcome.failed {
        return ExitCode::FAILURE;
    }
    if let (Some(directory), Some(output)) = (report_directory, &outcome.output) {
        let report = LinkReport {
            wall_ms: u64::try_from(start.elapsed().as_millis()).unwrap_or(u64::MAX),
            peak_kib: peak_kib(),
            regions: outcome
                .usage
                .iter()
                .map(|region| Region {
                    name: region.name.clone(),
                    origin: region.origin,
                    length: region.length,
                    used: region.used,
                })
                .collect(),
            messages: outcome.diagnostics.iter().map(Message::of).collect(),
            printed: outcome.stdout.clone(),
        };
        let directory = Path::new(&directory);
        let left = leave(directory, output, &report, &outcome.reasons).and_then(|name| {
            let Some(records) = std::env::var_os(variables::LINK_RECORD) else {
                return Ok(());
            };
            let record = Record::of(&outcome, &responses, output, name.clone());
            match record.leave(Path::new(&records))? {
                Some(old) if old != name => reasons::forget(directory, &old),
                _ => {}
            }
            Ok(())
        });
        // Failing to write a report is no reason to fail a link.
        if let Err(diagnostic) = left {
            ui::answer(&outcome.stdout);
            render::show(&ui, &outcome.diagnostics);
            render::show(&ui, &[diagnostic]);
        }
    }
    ExitCode::SUCCESS
}

/// `xsys ld`: the same, with another way to give the flavor, and a help text.
pub(crate) fn command(ui: &Ui, mut args: Vec<OsString>) -> ExitCode {
    if args.is_empty() {
        render::show(
            ui,
            &[Diagnostic::error("no input files").help(
                "`xsys ld` takes a linker's command line, such as `xsys ld -T link.x main.o -o main.elf`; `xsys ld -flavor wasm …` links wasm",
            )],
        );
        return ExitCode::FAILURE;
    }
    // What is given before `ld` applies unless the linker's own arguments say something else.
    if ui.json {
        let at = if args[0] == "-flavor" || args[0] == "--flavor" {
            args.len().min(2)
        } else {
            0
        };
        args.insert(at, "--error-format=json".into());
    }
    main(None, args)
}

/// `--error-format=human|json`, in both spellings; the last one counts. Wrong values are left for
/// the parser to refuse.
fn take_format(args: Vec<OsString>) -> (Option<bool>, Vec<OsString>) {
    let known = |value: &str| match value {
        "json" => Some(true),
        "human" => Some(false),
        _ => None,
    };
    let mut json = None;
    let mut rest = Vec::with_capacity(args.len());
    let mut args = args.into_iter().peekable();
    while let Some(arg) = args.next() {
        let text = arg.to_str().unwrap_or_default();
        let name = ["--error-format", "-error-format"]
            .into_iter()
            .find_map(|name| text.strip_prefix(name));
        let found = match name {
            Some("") => args.peek().and_then(|value| value.to_str()).and_then(known),
            Some(value) => value.strip_prefix('=').and_then(known),
            None => None,
        };
        match found {
            Some(format) => {
                if name == Some("") {
                    args.next();
                }
                json = Some(format);
            }
            None => rest.push(arg),
        }
    }
    (json, rest)
}

/// `--color` is understood in the spellings of lld (`--color-diagnostics`) and ours.
fn take_color(args: Vec<OsString>) -> (Option<When>, Vec<OsString>) {
    let mut color = None;
    let rest = args
        .into_iter()
        .filter(|arg| {
            let Some(text) = arg.to_str() else {
                return true;
            };
            if text == "--no-color-diagnostics" {
                color = Some(When::Never);
                return false;
            }
            let Some(text) = text.strip_prefix("--color") else {
                return true;
            };
            let value = match text.strip_prefix("-diagnostics").unwrap_or(text) {
                "" => "always",
                value => match value.strip_prefix('=') {
                    Some(value) => value,
                    None => return true,
                },
            };
            color = match value {
                "always" => Some(When::Always),
                "never" => Some(When::Never),
                "auto" => Some(When::Auto),
                _ => return true,
            };
            false
        })
        .collect();
    (color, rest)
}

/// Takes `-flavor NAME` off the front, as lld does.
fn split_flavor(
    named: Option<Flavor>,
    mut args: Vec<OsString>,
) -> Result<(Flavor, Vec<OsString>), Diagnostic> {
    let is_flag = args
        .first()
        .is_some_and(|arg| arg == "-flavor" || arg == "--flavor");
    if !is_flag {
        let flavor = named.unwrap_or_else(|| flavor_of_inputs(&args));
        return Ok((flavor, args));
    }
    let help = "known flavors: gnu (for ELF) and wasm";
    let Some(name) = args.get(1).map(|name| name.to_string_lossy().into_owned()) else {
        return Err(Diagnostic::error("`-flavor` needs a name").help(help));
    };
    let flavor = match name.as_str() {
        "gnu" | "ld" | "ld.lld" | "gnu-lld" => Flavor::Gnu,
        "wasm" | "wasm-ld" | "ld-wasm" | "wasm-lld" => Flavor::Wasm,
        "link" | "lld-link" | "darwin" | "ld64" | "ld64.lld" => {
            return Err(Diagnostic::error(format!(
                "this linker writes ELF and wasm files, not those of flavor `{name}`"
            ))
            .help("the toolchain's `rust-lld` has it; it is in the directory `lib/rustlib/HOST/bin` of what `rustc --print sysroot` shows"));
        }
        _ => {
            let diagnostic = Diagnostic::error(format!("unknown linker flavor `{name}`"));
            return Err(diagnostic.help(help));
        }
    };
    args.drain(..2);
    Ok((flavor, args))
}

/// The flavor of the first object, if none is given: `wasm-component-ld` and clang call their
/// linker without one, expecting it to know.
fn flavor_of_inputs(args: &[OsString]) -> Flavor {
    let (words, _) = xsys_link::wasm::options::expand_all(args);
    let mut after_output = false;
    for word in &words {
        let is_file = !after_output && !word.as_encoded_bytes().starts_with(b"-");
        after_output = word == "-o";
        let mut magic = [0; 4];
        let read = is_file
            .then(|| std::fs::File::open(word).and_then(|mut file| file.read_exact(&mut magic)));
        match (read, &magic) {
            (Some(Ok(())), b"\0asm") => return Flavor::Wasm,
            (Some(Ok(())), b"\x7fELF") => return Flavor::Gnu,
            _ => {}
        }
    }
    Flavor::Gnu
}

/// Writes the report and the reasons of a finished file, and returns the report's name.
fn leave(
    directory: &Path,
    output: &Path,
    report: &LinkReport,
    reasons: &[Kept],
) -> Result<String, Diagnostic> {
    let content = std::fs::read(output).map_err(|error| file("read", output, &error))?;
    let name = report::leave(directory, &content, report)?;
    if !reasons.is_empty() {
        reasons::leave(directory, &content, reasons)?;
    }
    Ok(name)
}

/// The peak of this process's memory, from `/proc`.
fn peak_kib() -> Option<u64> {
    let status = std::fs::read_to_string("/proc/self/status").ok()?;
    let line = status
        .lines()
        .find_map(|line| line.strip_prefix("VmHWM:"))?;
    line.trim().strip_suffix(" kB")?.trim().parse().ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn words(line: &str) -> Vec<OsString> {
        line.split_whitespace().map(OsString::from).collect()
    }

    #[test]
    fn flavors_are_taken_off() {
        for (line, named, flavor, rest) in [
            ("-flavor gnu a.o", None, Flavor::Gnu, "a.o"),
            ("-flavor wasm a.o", None, Flavor::Wasm, "a.o"),
            ("--flavor ld.lld", Some(Flavor::Wasm), Flavor::Gnu, ""),
            ("a.o -flavor wasm", None, Flavor::Gnu, "a.o -flavor wasm"),
            ("a.o", Some(Flavor::Wasm), Flavor::Wasm, "a.o"),
        ] {
            assert_eq!(
                split_flavor(named, words(line)),
                Ok((flavor, words(rest))),
                "{line}"
            );
        }
        for (line, message) in [
            ("-flavor", "`-flavor` needs a name"),
            ("-flavor gnuu", "unknown linker flavor `gnuu`"),
            (
                "-flavor darwin a.o",
                "this linker writes ELF and wasm files, not those of flavor `darwin`",
            ),
        ] {
            assert_eq!(
                split_flavor(None, words(line)).unwrap_err().message,
                message
            );
        }
    }

    #[test]
    fn colour_flags_are_taken_out() {
        for (line, color, rest) in [
            ("a.o --color=never b.o", Some(When::Never), "a.o b.o"),
            ("--color-diagnostics", Some(When::Always), ""),
            ("--color-diagnostics=auto", Some(When::Auto), ""),
            ("--color=pink", None, "--color=pink"),
            ("--colorful", None, "--colorful"),
        ] {
            assert_eq!(take_color(words(line)), (color, words(rest)), "{line}");
        }
    }

    #[test]
    fn formats_are_taken_out() {
        for (line, json, rest) in [
            ("a.o --error-format=json b.o", Some(true), "a.o b.o"),
            ("--error-format json a.o", Some(true), "a.o"),
            ("--error-format=json -error-format=human", Some(false), ""),
            ("--error-format=xml a.o", None, "--error-format=xml a.o"),
            ("a.o --error-format", None, "a.o --error-format"),
        ] {
            assert_eq!(take_format(words(line)), (json, words(rest)), "{line}");
        }
    }
}

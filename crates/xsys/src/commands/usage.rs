//! Command lines that run no command: help, the version, and mistakes.
//!
//! Clap shows each of them to people. With `--error-format json` mistakes are printed as JSON,
//! although the command line with that flag has just been refused.

use std::ffi::OsString;
use std::process::ExitCode;

use clap::error::{ContextKind, ContextValue, Error};
use xsys_diag::Diagnostic;

use crate::render;
use crate::ui::Ui;

pub(super) fn tell(error: &Error, args: &[OsString]) -> ExitCode {
    let code = u8::try_from(error.exit_code()).unwrap_or(2);
    if error.use_stderr() && wants_json(args) {
        render::show(&Ui::new(None, true), &[diagnostic(error)]);
    } else {
        // A closed pipe is no reason to fail.
        let _ = error.print();
    }
    ExitCode::from(code)
}

/// Whether `--error-format json` comes before arguments for other programs.
fn wants_json(args: &[OsString]) -> bool {
    let ours: Vec<_> = args.iter().take_while(|arg| *arg != "--").collect();
    ours.iter().any(|arg| *arg == "--error-format=json")
        || ours
            .windows(2)
            .any(|pair| pair[0] == "--error-format" && pair[1] == "json")
}

/// Clap's text consists of `error: MESSAGE`, tips, and the usage.
fn diagnostic(error: &Error) -> Diagnostic {
    let text = error.render().to_string();
    let message = text
        .lines()
        .take_while(|line| !line.is_empty())
        .map(str::trim)
        .collect::<Vec<_>>()
        .join(" ");
    let mut diagnostic = Diagnostic::error(message.strip_prefix("error: ").unwrap_or(&message));
    for line in text.lines() {
        if let Some(tip) = line.trim().strip_prefix("tip: ") {
            diagnostic.help.push(tip.to_owned());
        }
    }
    if let Some(ContextValue::StyledStr(usage)) = error.get(ContextKind::Usage) {
        diagnostic.notes.push(usage.to_string().trim().to_owned());
    }
    diagnostic
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::cli::{Cli, sort};
    use clap::Parser;

    #[test]
    fn mistakes_become_diagnostics() {
        let words = |line: &str| line.split(' ').map(OsString::from).collect::<Vec<_>>();
        for (line, json, message, help) in [
            (
                "xsys --error-format=json bild",
                true,
                "unrecognized subcommand 'bild'",
                "'build'",
            ),
            (
                "xsys sysroot list --jsn --error-format json",
                true,
                "unexpected argument '--jsn' found",
                "'--json'",
            ),
            (
                "xsys new",
                false,
                "the following required arguments were not provided: <--board <NAME>|--target <TRIPLE>|--appliance>",
                "",
            ),
        ] {
            let args = sort(words(line)).args;
            assert_eq!(wants_json(&args), json, "{line}");
            let problem = diagnostic(&Cli::try_parse_from(args).unwrap_err());
            assert!(problem.message.starts_with(message), "{problem}");
            let told = problem.help.iter().any(|text| text.contains(help));
            assert!(told || help.is_empty(), "{problem:?}");
            assert!(problem.notes[0].starts_with("Usage: "), "{problem:?}");
        }
    }
}

//! Reads the command line, word by word.
use std::ffi::OsString;
use std::path::PathBuf;

use xsys_diag::{Diagnostic, did_you_mean};

use super::flags::{Action, Argument, Counterpart, FLAGS, Flag, Wrong};
use super::reading::Reading;
use super::{InputName, WasmOptions};
use crate::options::response::{self, Quoting};

impl WasmOptions {
    /// Parses a command line, without the program's name and `-flavor wasm`.
    pub fn parse(arguments: &[OsString]) -> Result<WasmOptions, Vec<Diagnostic>> {
        let (words, mut problems) = expand_all(arguments);
        let mut reading = Reading::default();
        // Only `--reproduce` needs the words again.
        if words
            .iter()
            .any(|word| word.to_string_lossy().contains("-reproduce"))
        {
            reading.words = words.clone();
        }
        reading.strict = is_strict(&words);
        let mut words = words.into_iter();
        let mut only_files = false;
        // Errors of values, with their options' names.
        let mut values: Vec<(Option<String>, Diagnostic)> = Vec::new();
        while let Some(word) = words.next() {
            let text = word.to_string_lossy();
            if only_files || !text.starts_with('-') || text == "-" {
                // wasm-ld ignores empty arguments.
                if !(reading.strict && text.is_empty()) {
                    reading.input(InputName::File(PathBuf::from(word)));
                }
            } else if text == "--" && !reading.strict {
                only_files = true;
            } else {
                let (about, result) = option(&text, &mut words, &mut reading);
                // wasm-ld only uses the last value.
                if reading.strict && about.is_some() {
                    values.retain(|(earlier, _)| *earlier != about);
                }
                values.extend(result.err().map(|problem| (about, problem)));
            }
        }
        problems.extend(values.into_iter().map(|(_, problem)| problem));
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

/// The words of a command line with response files expanded, and errors of these.
pub fn expand_all(arguments: &[OsString]) -> (Vec<OsString>, Vec<Diagnostic>) {
    let mut problems = Vec::new();
    let words = response::expand(arguments, quoting(arguments), &mut problems);
    (words, problems)
}

/// The quoting rules of response files, which have to be known before they are read.
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

/// Whether `--compat=wasm-ld` is on the command line, so that values are parsed as wasm-ld does.
fn is_strict(words: &[OsString]) -> bool {
    let mut strict = false;
    let mut words = words.iter().map(|word| word.to_string_lossy());
    while let Some(word) = words.next() {
        let name = word.strip_prefix("--").or_else(|| word.strip_prefix('-'));
        strict = match name.and_then(|name| name.strip_prefix("compat")) {
            Some("") => words.next().is_some_and(|value| value == "wasm-ld"),
            Some("=wasm-ld") => true,
            Some("=none") => false,
            _ => strict,
        };
    }
    strict
}

/// Parses one option and its value, if it takes one.
/// Also returns the option's name if only its last value counts.
fn option(
    text: &str,
    rest: &mut impl Iterator<Item = OsString>,
    reading: &mut Reading,
) -> (Option<String>, Result<(), Diagnostic>) {
    let (flag, value) = match with_value(text, rest, reading) {
        Ok(found) => found,
        Err(problem) => return (None, Err(problem)),
    };
    let about = match flag.names {
        // wasm-ld checks all keywords.
        ["z", ..] => None,
        _ if text.ends_with("-color-diagnostics") => Some("color-diagnostics".to_owned()),
        _ if flag.argument == Argument::None => None,
        names => names.first().map(|name| (*name).to_owned()),
    };
    let said = |wrong: Wrong| {
        let problem = Diagnostic::error(format!("option `{text}`: {}", wrong.problem));
        let problem = match flag.action {
            // The row's help says why the value does not matter.
            Action::Checked(_) => problem,
            _ => problem.help(flag.help),
        };
        match wrong.counterpart {
            Counterpart::Unknown => problem,
            Counterpart::Message(said) => problem.counterpart(said),
            Counterpart::AfterOption(said) => problem.counterpart(format!("{text}: {said}")),
        }
    };
    let result = match flag.action {
        Action::Set(set) => set(reading, &value).map_err(said),
        Action::Ignored => Ok(()),
        Action::Checked(check) if reading.has_value => check(&value).map_err(said),
        Action::Checked(_) => Ok(()),
        Action::Rejected(reason) => Err(Diagnostic::error(format!(
            "option `{text}` is not supported: {reason}"
        ))),
    };
    (about, result)
}

/// The row of an option and its value.
fn with_value(
    text: &str,
    rest: &mut impl Iterator<Item = OsString>,
    reading: &mut Reading,
) -> Result<(&'static Flag, String), Diagnostic> {
    let bare = text.strip_prefix("--").or_else(|| text.strip_prefix('-'));
    let bare = bare.unwrap_or(text);
    let (name, joined) = match bare.split_once('=') {
        Some((name, value)) => (name, Some(value.to_owned())),
        None => (bare, None),
    };
    // In wasm-ld, the value of `-e=run` is `=run`.
    let letter = reading.strict && joined.is_some() && name.len() == 1;
    let (flag, joined) = match find(name).filter(|_| !letter || text.starts_with("--")) {
        Some(flag) => (flag, joined),
        None => short(text, bare).ok_or_else(|| unknown(text, name))?,
    };
    reading.asked.extend(flag.names.first());
    reading.has_value = joined.is_some();
    let value = match (flag.argument, joined) {
        (Argument::None, None) => String::new(),
        (Argument::None, Some(value)) => {
            return Err(Diagnostic::error(format!("option `{text}` takes no value"))
                .help(format!("leave out `={value}`"))
                .counterpart(format!("unknown argument: {text}")));
        }
        (Argument::Required | Argument::Optional, Some(value)) => value,
        (Argument::Optional, None) => String::new(),
        (Argument::Required, None) => match rest.next() {
            Some(value) => value.to_string_lossy().into_owned(),
            None => {
                return Err(Diagnostic::error(format!("option `{text}` needs a value"))
                    .help(flag.help)
                    .counterpart(format!("{text}: missing argument")));
            }
        },
    };
    Ok((flag, value))
}

fn find(name: &str) -> Option<&'static Flag> {
    let exact = FLAGS.iter().find(|flag| flag.names.contains(&name));
    exact.or_else(|| {
        // A spelling that ends with `*` stands for all that begin like it.
        FLAGS.iter().find(|flag| {
            let family = flag
                .names
                .iter()
                .filter_map(|known| known.strip_suffix('*'));
            family.into_iter().any(|prefix| name.starts_with(prefix))
        })
    })
}

/// `-O2`, `-lfoo`, `-zstack-size=1`: a letter that is followed by its value.
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

//! Reads a compiler driver's command line.
//!
//! Words that begin with a dash are options of the table, endings of names tell sources from inputs of a link, and everything that
//! is wrong is told in one run.

use std::ffi::OsString;
use std::path::Path;

use xsys_diag::{Diagnostic, did_you_mean};

use super::options::{Arg, Effect, TABLE, find};
use super::request::{Request, Word};

/// Endings of files that a compiler reads.
const SOURCES: &[&str] = &[
    "c", "i", "ii", "cc", "cp", "cpp", "cxx", "c++", "C", "m", "mm", "s", "S", "sx", "f", "f90",
    "h", "hpp",
];

/// Reads a command line without response files.
pub(super) fn read(args: &[OsString]) -> (Request, Vec<Diagnostic>) {
    let (mut request, mut diagnostics) = (Request::default(), Vec::new());
    let mut args = args.iter();
    while let Some(arg) = args.next() {
        let text = arg.to_string_lossy();
        if !text.starts_with('-') {
            let ending = Path::new(arg)
                .extension()
                .and_then(|ending| ending.to_str());
            if ending.is_some_and(|ending| SOURCES.contains(&ending)) {
                request
                    .compile
                    .get_or_insert((text.into_owned(), "compiling"));
            } else {
                request.words.push(Word::Input(arg.clone()));
            }
            continue;
        }
        let Some((row, name, joined)) = find(&text) else {
            diagnostics.push(unknown(&text));
            continue;
        };
        let value = match (row.arg, joined) {
            (_, Some(joined)) => joined.to_owned(),
            (Arg::Value(_) | Arg::Next(_), None) => match args.next() {
                Some(next) => next.to_string_lossy().into_owned(),
                None => {
                    let text = format!("option `{name}` needs a value");
                    diagnostics.push(Diagnostic::error(text));
                    continue;
                }
            },
            _ => String::new(),
        };
        match row.effect {
            Effect::Set(set, _) => set(&mut request, value),
            Effect::Linker(_) => request.linker(&text),
            Effect::Ignore(_) => {}
            Effect::Compile(what) => {
                request.compile.get_or_insert((text.into_owned(), what));
            }
            Effect::Refuse(reason) => {
                let text = format!("option `{text}` is not supported");
                diagnostics.push(Diagnostic::error(text).note(reason));
            }
        }
    }
    (request, diagnostics)
}

fn unknown(word: &str) -> Diagnostic {
    // rustc and build systems look for these words to learn whether an option is known.
    let diagnostic = Diagnostic::error(format!("unrecognized command line option `{word}`"));
    let names = TABLE.iter().flat_map(|row| row.names.iter().copied());
    match did_you_mean(word, names) {
        Some(close) => diagnostic.help(format!("did you mean `{close}`")),
        None => diagnostic.help(
            "an option of the linker is passed on by `-Wl,`; docs/cc-options.md lists the options",
        ),
    }
}

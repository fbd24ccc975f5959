//! Reads the command line of GNU ld and lld's `ld.lld`.
//!
//! Spellings (GNU ld's manual, "Command-line Options"): `-x value`, `-xvalue`, `--long value`,
//! `--long=value`; long options also with one dash, unless they begin with `o`, because `-oFILE`
//! names the output. A long option that matches exactly goes before a short one with a value, so
//! that `-Ttext=0` is not a script named `text=0`. Deviation: GNU ld also takes abbreviations of
//! long options; here they are unknown options with a suggestion, as with lld.
//!
//! What each option means stands in [`table`](super::table), a row an option.

use std::ffi::{OsStr, OsString};
use std::path::PathBuf;

use xsys_diag::{Diagnostic, did_you_mean};

use super::build::{Action, Builder, OptionUse};
use super::response::{self, Quoting, tail};
use super::row::{Arg, Effect};
use super::table::{Row, TABLE};
use super::{ElfOptions, InputWhat, Reproduce};

/// A command line that was read.
#[derive(Clone, Debug)]
pub(crate) struct Parsed {
    /// The options, as far as they could be understood.
    pub options: ElfOptions,
    /// What is wrong with the command line.
    pub diagnostics: Vec<Diagnostic>,
    /// What to do, if there are no errors.
    pub action: Action,
}

/// What `--version` prints. Build systems look for "GNU" to tell which options a linker knows.
pub(crate) const VERSION: &str = concat!(
    "xsys-ld ",
    env!("CARGO_PKG_VERSION"),
    " (compatible with GNU linkers)"
);

/// Options that begin a joined or following path, longest first.
pub(crate) const PATH_OPTIONS: &[&str] = &[
    "--library-path",
    "-library-path",
    "--default-script",
    "-default-script",
    "--version-script",
    "--dynamic-list",
    "--just-symbols",
    "-just-symbols",
    "--sysroot",
    "--script",
    "-script",
    "-dT",
    "-L",
    "-T",
    "-R",
];

/// Reads a command line without the program's name.
pub(crate) fn parse(given: &[OsString]) -> Parsed {
    let mut builder = Builder::default();
    let args = response::expand(given, Quoting::Gnu, &mut builder.diagnostics);
    let mut args = args.into_iter().peekable();
    if args.next_if(|arg| arg == "-flavor").is_some() {
        args.next();
    }
    while let Some(arg) = args.next() {
        let bytes = arg.as_encoded_bytes();
        if bytes.len() < 2 || bytes[0] != b'-' {
            builder.input(InputWhat::File(PathBuf::from(arg)), false);
            continue;
        }
        match find(&arg) {
            Some(found) => apply(&mut builder, &arg, found, || args.next()),
            None => unknown(&mut builder, &arg),
        }
    }
    builder.finish();
    builder.options.reproduce = builder.reproduce.take().map(|file| Reproduce {
        file,
        args: response::expand(given, Quoting::Gnu, &mut Vec::new()),
        paths: PATH_OPTIONS,
    });
    Parsed {
        options: builder.options,
        diagnostics: builder.diagnostics,
        action: builder.action.unwrap_or(Action::Link),
    }
}

/// An option that was recognised.
pub(super) struct Recognised {
    pub row: &'static Row,
    /// Length of the option's name in the argument, dashes included.
    name: usize,
    /// Where the value begins that is part of the argument.
    value: Option<usize>,
    /// `false` for the `--no-` form of a switch.
    on: bool,
}

/// Finds the row of an argument that begins with a dash.
pub(super) fn find(arg: &OsStr) -> Option<Recognised> {
    let head = unicode_head(arg);
    let dashes = if head.starts_with("--") { 2 } else { 1 };
    let name = &head[dashes..];
    let short_only = dashes == 1 && name.starts_with('o');
    let long = (!short_only).then(|| find_long(name, dashes)).flatten();
    long.or_else(|| {
        let letter = name.chars().next().filter(|_| dashes == 1)?;
        let end = dashes + letter.len_utf8();
        let row = TABLE.iter().find(|row| row.names.contains(&&head[..end]))?;
        let joined = arg.len() > end;
        match row.arg {
            Arg::None | Arg::Switch if joined => None,
            _ => Some(Recognised {
                row,
                name: end,
                value: joined.then_some(end),
                on: true,
            }),
        }
    })
}

/// Finds a long option by its name without dashes, which may be followed by `=value`.
fn find_long(name: &str, dashes: usize) -> Option<Recognised> {
    let key = name.split('=').next().unwrap_or(name);
    let found = |row, length: usize, on| Recognised {
        row,
        name: dashes + length,
        value: (name.len() > length).then_some(dashes + length + 1),
        on,
    };
    let exact = |wanted: &str, switch_only: bool| {
        TABLE.iter().find(|row| {
            (!switch_only || matches!(row.arg, Arg::Switch))
                && !matches!(row.arg, Arg::Prefix(_))
                && row.long_names().any(|long| long == wanted)
        })
    };
    if let Some(row) = exact(key, false) {
        return Some(found(row, key.len(), true));
    }
    if let Some(row) = key.strip_prefix("no-").and_then(|key| exact(key, true)) {
        return Some(found(row, key.len(), false));
    }
    // Families such as `--lto-O2`; with one dash, `-lto…` is a library.
    TABLE.iter().find_map(|row| {
        let Arg::Prefix(_) = row.arg else { return None };
        let prefix = row.names.iter().find(|full| {
            let own = if full.starts_with("--") { 2 } else { 1 };
            own <= dashes && name.starts_with(&full[own..])
        })?;
        let length = prefix.trim_start_matches('-').len();
        let skip = usize::from(name[length..].starts_with('='));
        Some(Recognised {
            row,
            name: dashes + length,
            value: Some(dashes + length + skip),
            on: true,
        })
    })
}

/// Carries out an option; `next` gives the argument that follows.
fn apply(
    builder: &mut Builder,
    arg: &OsStr,
    found: Recognised,
    next: impl FnOnce() -> Option<OsString>,
) {
    let spelled = &unicode_head(arg)[..found.name];
    let value = match (found.row.arg, found.value) {
        (Arg::None | Arg::Switch, Some(_)) => {
            builder.error(format!("option `{spelled}` takes no value"));
            return;
        }
        (Arg::None | Arg::Switch | Arg::Optional(_), None) => None,
        (_, Some(at)) => match tail(arg, at) {
            Some(value) => Some(value),
            None => {
                builder.error(format!(
                    "option `{spelled}` has a value that is not Unicode"
                ));
                return;
            }
        },
        (Arg::Value(what) | Arg::Prefix(what), None) => match next() {
            Some(value) => Some(value),
            None => {
                builder.error(format!("option `{spelled}` needs a value: {what}"));
                return;
            }
        },
    };
    let given = OptionUse {
        spelled,
        value,
        on: found.on,
    };
    match found.row.act {
        Effect::Set(set, _) => set(builder, &given),
        Effect::Ignore(_) => {}
        Effect::Reject(reason) => builder
            .diagnostics
            .push(Diagnostic::error(format!("option `{spelled}` is not supported")).note(reason)),
    }
}

/// The error for an unknown option, with advice for options that belong to compilers.
const DRIVER_OPTIONS: &[&str] = &[
    "-nostartfiles",
    "-nodefaultlibs",
    "-specs",
    "--specs",
    "-pthread",
    "-rdynamic",
    "-static-pie",
    "-Xlinker",
];

fn unknown(builder: &mut Builder, arg: &OsStr) {
    let shown = arg.display();
    let head = unicode_head(arg);
    let mut diagnostic = Diagnostic::error(format!("unknown option `{shown}`"));
    let key = head.split('=').next().unwrap_or(head);
    if let Some(inner) = head.strip_prefix("-Wl,") {
        diagnostic = diagnostic.help(format!(
            "`-Wl,` is for compilers that call a linker; pass `{}`",
            inner.replace(',', " ")
        ));
    } else if DRIVER_OPTIONS.contains(&key) {
        diagnostic =
            diagnostic.help("this is an option of compilers that call a linker; leave it out");
    } else if let Some(close) = suggestion(key) {
        diagnostic = diagnostic.help(format!("did you mean `{close}`"));
    } else if head[1..].contains('-') || head.starts_with("--") {
        diagnostic = diagnostic.help("`--help` lists the options");
    }
    builder.diagnostics.push(diagnostic);
}

/// The known option most like `key`.
fn suggestion(key: &str) -> Option<String> {
    let bare = key.trim_start_matches('-');
    let negated = TABLE
        .iter()
        .filter(|row| matches!(row.arg, Arg::Switch))
        .flat_map(Row::long_names)
        .map(|name| format!("no-{name}"))
        .collect::<Vec<_>>();
    let mut names: Vec<&str> = TABLE.iter().flat_map(Row::long_names).collect();
    names.extend(negated.iter().map(String::as_str));
    // GNU ld's abbreviations: the beginning of exactly one option.
    let mut longer = names.iter().filter(|name| name.starts_with(bare));
    let close = match (longer.next(), longer.next()) {
        (Some(only), None) if bare.len() > 2 => only,
        _ => did_you_mean(bare, names.iter().copied())?,
    };
    let written = TABLE
        .iter()
        .flat_map(|row| row.names)
        .find(|name| name.trim_start_matches('-') == close);
    Some(match written {
        Some(name) => (*name).to_owned(),
        None => format!("--{close}"),
    })
}

/// The beginning of an argument up to the first byte that is not Unicode.
fn unicode_head(arg: &OsStr) -> &str {
    let bytes = arg.as_encoded_bytes();
    match std::str::from_utf8(bytes) {
        Ok(text) => text,
        Err(error) => std::str::from_utf8(&bytes[..error.valid_up_to()]).unwrap_or(""),
    }
}

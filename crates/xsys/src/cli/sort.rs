//! Separates our flags from cargo's.
//!
//! Clap can keep unknown arguments only after the known ones, but people mix them (`xsys build
//! --release --board b`), so ours are first moved to the front. They are recognised by the flags
//! that the grammar declares.

use std::ffi::{OsStr, OsString};

use clap::CommandFactory;

use super::Cli;

/// A sorted command line: clap's arguments, and rustup's `+toolchain`.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct Sorted {
    pub args: Vec<OsString>,
    pub toolchain: Option<String>,
}

/// Moves our flags to the front of cargo's for the commands that take both, and takes
/// `+toolchain` out. `args` begins with the program's name.
pub(crate) fn sort(args: Vec<OsString>) -> Sorted {
    let command = Cli::command();
    let mut rest = args.into_iter();
    let mut front: Vec<OsString> = rest.next().into_iter().collect();
    let mut rest: Vec<OsString> = rest.collect();
    let mut toolchain = take_toolchain(&mut rest, 0);

    // The subcommand is the first argument that is neither a flag of ours nor its value.
    let globals = Known::of(&command);
    let mut at = 0;
    while let Some(flag) = rest.get(at).and_then(|arg| globals.find(arg)) {
        at += flag.arguments();
    }
    let name = rest
        .get(at)
        .and_then(|arg| arg.to_str())
        .unwrap_or_default();
    let Some(subcommand) = command.find_subcommand(name) else {
        front.append(&mut rest);
        return Sorted {
            args: front,
            toolchain,
        };
    };
    // Commands with a tail of cargo's flags; some may have a file among them.
    if !subcommand.get_arguments().any(clap::Arg::is_last_set) {
        front.append(&mut rest);
        return Sorted {
            args: front,
            toolchain,
        };
    }
    toolchain = toolchain.or_else(|| take_toolchain(&mut rest, at + 1));
    let known = globals.and(Known::of(subcommand));
    let tail = rest.split_off(at + 1);
    front.append(&mut rest);

    let takes_file = subcommand
        .get_positionals()
        .any(|positional| !positional.is_last_set());
    let mut cargo: Vec<OsString> = Vec::new();
    let mut arguments = tail.into_iter();
    while let Some(arg) = arguments.next() {
        if arg == "--" {
            // The rest is for the program.
            cargo.push(arg);
            break;
        }
        match known.find(&arg) {
            Some(flag) => {
                let more = flag.arguments() - 1;
                front.push(arg);
                front.extend(arguments.by_ref().take(more));
            }
            None if takes_file && is_bare(&arg, cargo.last()) => front.push(arg),
            None => cargo.push(arg),
        }
    }
    cargo.extend(arguments);
    if !cargo.is_empty() {
        front.push("--".into());
        front.append(&mut cargo);
    }
    Sorted {
        args: front,
        toolchain,
    }
}

/// Flags of cargo's that take a value.
const WITH_VALUE: [&str; 21] = [
    "--bench",
    "--bin",
    "--color",
    "--config",
    "--example",
    "--exclude",
    "--features",
    "--jobs",
    "--lockfile-path",
    "--manifest-path",
    "--message-format",
    "--package",
    "--profile",
    "--target-dir",
    "--test",
    "--artifact-dir",
    "-C",
    "-F",
    "-Z",
    "-j",
    "-p",
];

/// Whether an argument takes no value.
fn is_bare(arg: &OsStr, before: Option<&OsString>) -> bool {
    let is_value = before.is_some_and(|flag| WITH_VALUE.iter().any(|known| flag == known));
    !is_value && !arg.to_string_lossy().starts_with('-')
}

fn take_toolchain(args: &mut Vec<OsString>, at: usize) -> Option<String> {
    let name = args.get(at)?.to_str()?.strip_prefix('+')?.to_owned();
    args.remove(at);
    Some(name)
}

/// Our flags: as typed, and whether a value follows.
struct Known(Vec<(String, bool)>);

/// A flag of ours on the command line.
enum Found {
    Alone,
    WithValueNext,
}

impl Found {
    fn arguments(&self) -> usize {
        match self {
            Self::Alone => 1,
            Self::WithValueNext => 2,
        }
    }
}

impl Known {
    fn of(command: &clap::Command) -> Self {
        let mut flags = vec![("--help".to_owned(), false), ("-h".to_owned(), false)];
        for arg in command.get_arguments() {
            // An optional value is joined to the flag.
            let takes_value = arg.get_action().takes_values() && !arg.is_require_equals_set();
            if let Some(long) = arg.get_long() {
                flags.push((format!("--{long}"), takes_value));
            }
        }
        Self(flags)
    }

    fn and(mut self, other: Self) -> Self {
        self.0.extend(other.0);
        self
    }

    fn find(&self, arg: &OsStr) -> Option<Found> {
        let arg = arg.to_str()?;
        let (name, has_value) = match arg.split_once('=') {
            Some((name, _)) => (name, true),
            None => (arg, false),
        };
        self.0
            .iter()
            .find(|(flag, _)| flag == name)
            .map(|&(_, takes_value)| {
                if takes_value && !has_value {
                    Found::WithValueNext
                } else {
                    Found::Alone
                }
            })
    }
}

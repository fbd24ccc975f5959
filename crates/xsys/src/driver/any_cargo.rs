//! `xsys cargo -- COMMAND`: which of cargo's commands compile, and how each of them is told the target.
//!
//! cargo's own take `--target`. Its extensions have command lines of their own, but all of them call cargo, which reads
//! its settings from the environment. Commands that compile nothing are passed on unchanged, and so are those with
//! their own standard library (`miri`), and `install` if no target is named.

use std::ffi::{OsStr, OsString};

/// What a command needs.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Class {
    /// One of cargo's own commands that compiles.
    Compiles,
    /// One of cargo's own commands that reads the graph for a target.
    Asks,
    /// It needs nothing.
    PassedOn,
    /// An extension.
    Extension,
}

const COMPILES: [&str; 16] = [
    "bench", "build", "b", "check", "c", "clippy", "doc", "d", "fix", "package", "publish", "run",
    "r", "rustc", "rustdoc", "test",
];
const ASKS: [&str; 2] = ["fetch", "tree"];
const PASSED_ON: [&str; 34] = [
    "add",
    "clean",
    "config",
    "fmt",
    "generate-lockfile",
    "git-checkout",
    "help",
    "info",
    "init",
    "install",
    "locate-project",
    "login",
    "logout",
    "metadata",
    "miri",
    "new",
    "owner",
    "pkgid",
    "read-manifest",
    "remove",
    "report",
    "rm",
    "search",
    "uninstall",
    "update",
    "upgrade",
    "vendor",
    "verify-project",
    "version",
    "xsys",
    "yank",
    "audit",
    "deny",
    "outdated",
];

/// A command line of cargo's, taken apart.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Line {
    /// Flags in front of the command.
    pub front: Vec<OsString>,
    /// The command, if there is one.
    pub name: Option<OsString>,
    /// What follows it.
    pub rest: Vec<OsString>,
    /// Targets among the flags.
    pub targets: Vec<String>,
}

impl Line {
    pub(crate) fn read(words: &[OsString]) -> Self {
        let mut words = words.iter().cloned().peekable();
        let mut front = Vec::new();
        while let Some(flag) = words.next_if(|word| word.to_string_lossy().starts_with('-')) {
            let takes_value = ["--config", "-Z", "-C", "--color"].map(OsStr::new);
            let more = takes_value.contains(&flag.as_os_str());
            front.push(flag);
            front.extend(words.next_if(|_| more));
        }
        let name = words.next();
        let (mut rest, mut targets) = (Vec::new(), Vec::new());
        while let Some(word) = words.next() {
            let text = word.to_string_lossy();
            if text == "--" {
                rest.push(word);
                break;
            }
            if text == "--target" {
                let value = words.next();
                targets.extend(value.map(|value| value.to_string_lossy().into_owned()));
            } else if let Some(value) = text.strip_prefix("--target=") {
                targets.push(value.to_owned());
            } else {
                rest.push(word);
            }
        }
        rest.extend(words);
        Self {
            front,
            name,
            rest,
            targets,
        }
    }

    pub(crate) fn class(&self) -> Class {
        let name = self.name.as_deref().and_then(OsStr::to_str);
        match name {
            None => Class::PassedOn,
            _ if self.is_help() => Class::PassedOn,
            Some("t") => Class::Compiles,
            Some(name) if COMPILES.contains(&name) => Class::Compiles,
            Some(name) if ASKS.contains(&name) => Class::Asks,
            Some(name) if PASSED_ON.contains(&name) => Class::PassedOn,
            Some(_) => Class::Extension,
        }
    }

    pub(crate) fn installs(&self) -> bool {
        self.name.as_deref().is_some_and(|name| name == "install") && !self.is_help()
    }

    /// Whether that installs a package for this machine.
    pub(crate) fn installs_from_sources(&self) -> bool {
        let path =
            |word: &OsString| word == "--path" || word.to_string_lossy().starts_with("--path=");
        self.rest.iter().any(path)
    }

    fn is_help(&self) -> bool {
        let help = |word: &OsString| word == "--help" || word == "-h";
        self.rest.iter().take_while(|word| *word != "--").any(help)
    }
}

/// The environment variable that cargo reads a setting of a target from.
pub(crate) fn variable(target: &str, setting: &str) -> String {
    let name = target.replace(['-', '.'], "_").to_uppercase();
    format!("CARGO_TARGET_{name}_{setting}")
}

#[cfg(test)]
mod tests {
    use super::*;

    fn words(line: &str) -> Vec<OsString> {
        line.split_whitespace().map(OsString::from).collect()
    }

    #[test]
    fn commands_are_told_apart() {
        for (line, class) in [
            ("rustc --release -- --emit asm", Class::Compiles),
            ("-q --config a=b t", Class::Compiles),
            ("+nightly", Class::Extension),
            ("tree -e features", Class::Asks),
            ("update -p x", Class::PassedOn),
            ("--version", Class::PassedOn),
            ("-Z help", Class::PassedOn),
            ("build --help", Class::PassedOn),
            ("run -- --help", Class::Compiles),
            ("nextest run", Class::Extension),
            ("expand", Class::Extension),
            ("", Class::PassedOn),
        ] {
            assert_eq!(Line::read(&words(line)).class(), class, "{line}");
        }
    }

    #[test]
    fn a_target_among_the_flags_is_ours() {
        let line = Line::read(&words("-v rustc --target a -p b --target=c -- --target d"));
        assert_eq!(line.front, words("-v"));
        assert_eq!(line.name, Some("rustc".into()));
        assert_eq!(line.rest, words("-p b -- --target d"));
        assert_eq!(line.targets, ["a", "c"]);
    }

    #[test]
    fn variables_are_cargos() {
        assert_eq!(
            variable("thumbv8m.main-none-eabi", "RUNNER"),
            "CARGO_TARGET_THUMBV8M_MAIN_NONE_EABI_RUNNER"
        );
    }
}

//! Other programs: where they are, how they are started, how their command lines are shown.

use std::path::{Path, PathBuf};
use std::process::Command;

use xsys_diag::Diagnostic;

use crate::error::{self, Failure};

/// Finds a program in PATH as a shell does.
pub(crate) fn find(name: &str) -> Option<PathBuf> {
    let is_program = |path: &Path| {
        let Ok(metadata) = path.metadata() else {
            return false;
        };
        #[cfg(unix)]
        {
            use std::os::unix::fs::PermissionsExt;
            metadata.is_file() && metadata.permissions().mode() & 0o111 != 0
        }
        #[cfg(not(unix))]
        {
            metadata.is_file()
        }
    };
    if name.contains(['/', '\\']) {
        return Some(PathBuf::from(name)).filter(|path| is_program(path));
    }
    let file_name = format!("{name}{}", std::env::consts::EXE_SUFFIX);
    std::env::split_paths(&std::env::var_os("PATH")?)
        .map(|directory| directory.join(&file_name))
        .find(|path| is_program(path))
}

/// A word quoted for a shell.
pub(crate) fn quote(word: &str) -> String {
    let plain = |letter: char| letter.is_ascii_alphanumeric() || "-_./=:,+@%".contains(letter);
    if !word.is_empty() && word.chars().all(plain) {
        word.to_owned()
    } else {
        format!("'{}'", word.replace('\'', r"'\''"))
    }
}

pub(crate) fn cannot_start(program: &Path, error: &std::io::Error) -> Failure {
    Diagnostic::error(format!(
        "cannot start `{}`: {}",
        program.display(),
        error::reason(error)
    ))
    .into()
}

/// Replaces this process; returns only if that is impossible.
#[cfg(unix)]
pub(crate) fn become_it(mut command: Command) -> std::io::Error {
    std::os::unix::process::CommandExt::exec(&mut command)
}

#[cfg(not(unix))]
pub fn become_it(_: Command) -> std::io::Error {
    std::io::ErrorKind::Unsupported.into()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn words_are_quoted_for_shells() {
        for (word, expected) in [
            ("-M", "-M"),
            ("a=b,c", "a=b,c"),
            ("a b", "'a b'"),
            ("it's", r"'it'\''s'"),
            ("", "''"),
        ] {
            assert_eq!(quote(word), expected);
        }
    }

    #[test]
    fn programs_are_looked_up() {
        assert!(find("cargo").is_some());
        assert!(find("no-such-program-anywhere").is_none());
        assert!(find("/no/such/file").is_none());
    }
}

//! Options of a wasm program: arguments, environment, directories, and whether calls are recorded.
//!
//! The flags are spelled as in wasmtime.

use std::path::PathBuf;

use serde::{Deserialize, Serialize};
use xsys_diag::Diagnostic;

/// A directory of this machine and the name that the program sees.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Directory {
    pub host: PathBuf,
    pub guest: String,
}

#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Options {
    pub directories: Vec<Directory>,
    /// `NAME=VALUE` each.
    pub environment: Vec<String>,
    /// Whether calls are recorded, so that a trap can be located.
    pub backtrace: bool,
}

impl Default for Options {
    fn default() -> Self {
        Self {
            directories: Vec::new(),
            environment: Vec::new(),
            backtrace: true,
        }
    }
}

/// Reads the values of `--dir`: HOST, or HOST::GUEST.
pub(crate) fn directory(text: &str) -> Result<Directory, Diagnostic> {
    let (host, guest) = text.split_once("::").unwrap_or((text, text));
    if host.is_empty() || guest.is_empty() {
        return Err(
            Diagnostic::error(format!("`--dir {text}` names no directory"))
                .help("write `--dir HOST`, or `--dir HOST::GUEST` to give it another name"),
        );
    }
    Ok(Directory {
        host: PathBuf::from(host),
        guest: guest.to_owned(),
    })
}

/// Reads the values of `--env`: NAME=VALUE, or NAME for our own variable of that name.
pub(crate) fn variable(text: &str) -> Result<String, Diagnostic> {
    match text.split_once('=') {
        Some(("", _)) => Err(Diagnostic::error(format!("`--env {text}` has no name"))
            .help("write `--env NAME=VALUE`, or `--env NAME` to hand a variable on")),
        Some(_) => Ok(text.to_owned()),
        None => {
            let value = std::env::var(text).map_err(|_| {
                Diagnostic::error(format!("`--env {text}`: there is no such variable"))
                    .help(format!("give its value: `--env {text}=VALUE`"))
            })?;
            Ok(format!("{text}={value}"))
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn directories_and_variables() {
        let shown = |text| directory(text).map(|directory| (directory.host, directory.guest));
        assert_eq!(shown("."), Ok((PathBuf::from("."), ".".to_owned())));
        assert_eq!(
            shown("/a/b::/c"),
            Ok((PathBuf::from("/a/b"), "/c".to_owned()))
        );
        assert!(shown("::x").is_err() && shown("x::").is_err() && shown("").is_err());
        assert_eq!(variable("A=b=c").unwrap(), "A=b=c");
        assert_eq!(variable("A=").unwrap(), "A=");
        assert!(variable("=b").is_err());
        assert!(variable("NO_SUCH_VARIABLE_HERE").is_err());
        assert!(variable("PATH").unwrap().starts_with("PATH="));
    }
}

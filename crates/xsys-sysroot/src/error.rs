//! Everything that can prevent a sysroot from being built, each with its remedy.

use std::io;
use std::path::{Path, PathBuf};

use xsys_diag::Diagnostic;

/// Why there is no sysroot.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// A program does not exist or does not start.
    #[error("cannot run `{}`: {source}", .program.display())]
    Start {
        /// What was to be run.
        program: PathBuf,
        /// What the system said.
        source: io::Error,
    },
    /// A program failed.
    #[error("`{command}` failed")]
    Program {
        /// The command line as people would type it.
        command: String,
        /// What it wrote.
        output: String,
        /// What to do.
        help: Vec<String>,
    },
    /// rustc could not be asked about itself.
    #[error("{0}")]
    Rustc(Box<Diagnostic>),
    /// `+toolchain` without rustup.
    #[error("`+{toolchain}` needs rustup, which is not installed")]
    NoRustup {
        /// The toolchain asked for.
        toolchain: String,
    },
    /// The toolchain has no standard library sources.
    #[error("the toolchain `{toolchain}` has no sources of the standard library at `{}`", .expected.display())]
    NoRustSrc {
        /// The toolchain's name or directory.
        toolchain: String,
        /// Where they would be.
        expected: PathBuf,
        /// What to do.
        help: Vec<String>,
    },
    /// A manifest or lock file of rust-src is not understood.
    #[error("`{}`: {reason}", .path.display())]
    Source {
        /// The file.
        path: PathBuf,
        /// What is wrong with it.
        reason: String,
    },
    /// Sources from crates.io are missing.
    #[error("the sources of {} crate{} of the standard library are not on this machine", .names.len(), if .names.len() == 1 { "" } else { "s" })]
    MissingCrates {
        /// `name version` each.
        names: Vec<String>,
        /// The command that gets them.
        command: String,
        /// Why it was not or could not be run.
        reason: String,
    },
    /// A feature that the crates do not have.
    #[error("`{crate_name}` has no feature `{feature}`")]
    UnknownFeature {
        /// The crate the feature was looked for in.
        crate_name: String,
        /// The feature.
        feature: String,
        /// One that may have been meant.
        suggestion: Option<String>,
        /// All there are.
        known: Vec<String>,
    },
    /// The user's C library has no unwinder, and there is none elsewhere.
    #[error("`{}` has no unwinder (`{name}`), which std needs whatever panics do", .directory.display())]
    NoUnwinder {
        /// The user's directory.
        directory: PathBuf,
        /// The file.
        name: &'static str,
        /// What to do.
        help: Vec<String>,
    },
    /// The C pieces of a program with std are missing.
    #[error("no start-up objects and `libc.a` of {library} for `{target}`")]
    NoCPieces {
        /// The C library.
        library: &'static str,
        /// The target's name.
        target: String,
        /// Where they were looked for, and what went wrong.
        tried: Vec<String>,
        /// What to do.
        help: Vec<String>,
    },
    /// A crate does not compile.
    #[error("`{crate_name}` does not compile for `{target}`")]
    Compile {
        /// The crate.
        crate_name: String,
        /// The target's name.
        target: String,
        /// rustc's messages.
        output: String,
        /// The command line.
        command: String,
    },
    /// std does not support the operating system.
    #[error("std of Rust {release} has no implementation for the operating system `{os}`")]
    NoStd {
        /// `target_os`.
        os: String,
        /// The compiler's release.
        release: String,
    },
    /// The cache cannot be read or written.
    #[error("cannot {action} `{}`: {source}", .path.display())]
    Cache {
        /// What was to be done.
        action: &'static str,
        /// The file or directory.
        path: PathBuf,
        /// What the system said.
        source: io::Error,
    },
    /// The platform has no cache directory.
    #[error("no directory for the cache: {reason}")]
    NoCacheDirectory {
        /// Why.
        reason: String,
    },
    /// No entry, or more than one, begins with the given key.
    #[error("{}", if .matches.is_empty() { format!("no sysroot `{key}` in the cache") } else { format!("`{key}` is short for {} sysroots", .matches.len()) })]
    NoSuchEntry {
        /// What was asked for.
        key: String,
        /// The keys it fits.
        matches: Vec<String>,
    },
    /// A target name that cannot be a directory's name.
    #[error("`{name}` cannot be a target's name")]
    TargetName {
        /// The name.
        name: String,
    },
}

impl Error {
    /// Whether there is no room to write.
    pub(crate) fn is_disk_full(&self) -> bool {
        use io::ErrorKind::{QuotaExceeded, StorageFull};
        let Self::Cache { source, .. } = self else {
            return false;
        };
        matches!(source.kind(), StorageFull | QuotaExceeded)
    }

    /// Wraps a failed file operation.
    pub(crate) fn cache(action: &'static str, path: &Path) -> impl FnOnce(io::Error) -> Error {
        let path = path.to_owned();
        move |source| Error::Cache {
            action,
            path,
            source,
        }
    }

    /// The problem as `xsys` shows it.
    pub fn into_diagnostic(self) -> Diagnostic {
        let mut diagnostic = Diagnostic::error(self.to_string());
        match self {
            Error::Rustc(diagnostic) => return *diagnostic,
            Error::Start { program, source } => {
                if source.kind() == io::ErrorKind::NotFound {
                    diagnostic = diagnostic.help(format!(
                        "install Rust with rustup, or set `{}` to the program",
                        if program.file_stem().is_some_and(|name| name == "cargo") {
                            "CARGO"
                        } else {
                            "RUSTC"
                        }
                    ));
                }
            }
            Error::Program { output, help, .. } => {
                diagnostic = with_output(diagnostic, &output);
                diagnostic.help.extend(help);
            }
            Error::NoRustup { toolchain } => {
                diagnostic = diagnostic.help(format!(
                    "install rustup, or set `RUSTC` to the compiler of `{toolchain}` and leave out the `+`"
                ));
            }
            Error::NoRustSrc { help, .. } => diagnostic.help.extend(help),
            Error::Source { .. } => {
                diagnostic = diagnostic.help(
                    "reinstall the sources: `rustup component remove rust-src`, then `rustup component add rust-src`",
                );
            }
            Error::MissingCrates {
                names,
                command,
                reason,
            } => {
                diagnostic = diagnostic
                    .note(format!(
                        "missing: {}, and their dependencies",
                        names.join(", ")
                    ))
                    .note(reason)
                    .help(format!("run `{command}` once where there is a network"));
            }
            Error::UnknownFeature {
                suggestion, known, ..
            } => {
                diagnostic = diagnostic.note(format!("features: {}", known.join(", ")));
                if let Some(name) = suggestion {
                    diagnostic = diagnostic.help(format!("did you mean `{name}`?"));
                }
            }
            Error::NoUnwinder { help, .. } => diagnostic.help.extend(help),
            Error::NoCPieces { tried, help, .. } => {
                diagnostic.notes.extend(tried);
                diagnostic.help.extend(help);
            }
            Error::Compile {
                output, command, ..
            } => {
                diagnostic = with_output(diagnostic, &output).note(format!("command: {command}"));
            }
            Error::NoStd { os, .. } => {
                diagnostic = diagnostic
                    .help("build `core` or `alloc` instead: `crates = \"alloc\"` in `[package.metadata.xsys]`, and `#![no_std]` in the program")
                    .help(format!(
                        "a patched rust-src is built once its `library/std/build.rs` lists `target_os == \"{os}\"`"
                    ));
            }
            Error::Cache { path, source, .. } => {
                diagnostic.help.extend(storage_help(&path, &source));
            }
            Error::NoCacheDirectory { .. } => {
                diagnostic = diagnostic.help("set `XSYS_CACHE_DIR` to a directory");
            }
            Error::NoSuchEntry { matches, .. } => {
                diagnostic.notes.extend(matches);
                diagnostic = diagnostic.help("`xsys sysroot list` shows what there is");
            }
            Error::TargetName { .. } => {
                diagnostic = diagnostic
                    .help("rename the spec file: letters, digits, `.`, `_` and `-` are allowed");
            }
        }
        diagnostic
    }
}

fn with_output(diagnostic: Diagnostic, output: &str) -> Diagnostic {
    match output.trim_end() {
        "" => diagnostic,
        output => diagnostic.note(output.to_owned()),
    }
}

/// What to do about a file operation that failed for lack of room or rights.
fn storage_help(path: &Path, source: &io::Error) -> Vec<String> {
    let path = path.display();
    match source.kind() {
        io::ErrorKind::StorageFull | io::ErrorKind::QuotaExceeded => vec![
            format!("the disk of `{path}` is full; nothing incomplete was left behind"),
            "free space, for instance with `xsys sysroot prune`, or set `XSYS_CACHE_DIR` to a directory on another disk".to_owned(),
        ],
        io::ErrorKind::ReadOnlyFilesystem | io::ErrorKind::PermissionDenied => vec![format!(
            "sysroots that are in the cache can be used, but this one has to be built: make `{path}` writable or set `XSYS_CACHE_DIR` to a directory that is"
        )],
        io::ErrorKind::AlreadyExists | io::ErrorKind::NotADirectory => vec![format!(
            "a file is in the way: remove it, or set `XSYS_CACHE_DIR` to a directory other than `{path}`"
        )],
        _ => Vec::new(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_full_disk_names_the_directory_and_the_way_out() {
        let error = Error::Cache {
            action: "write",
            path: "/cache/x".into(),
            source: io::ErrorKind::StorageFull.into(),
        };
        let text = error.into_diagnostic().to_string();
        assert!(text.contains("`/cache/x`"), "{text}");
        assert!(text.contains("xsys sysroot prune"), "{text}");
    }

    #[test]
    fn missing_crates_are_all_named_with_the_command() {
        let error = Error::MissingCrates {
            names: vec!["libc 0.2.178".into(), "hashbrown 0.16.1".into()],
            command: "cargo fetch".into(),
            reason: "offline".into(),
        };
        let text = error.into_diagnostic().to_string();
        assert!(text.starts_with("error: the sources of 2 crates"), "{text}");
        assert!(
            text.contains("libc 0.2.178, hashbrown 0.16.1, and"),
            "{text}"
        );
        assert!(text.contains("run `cargo fetch`"), "{text}");
    }
}

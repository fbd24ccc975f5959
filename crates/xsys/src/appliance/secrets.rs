//! Secrets: keys and tokens that go onto a card and nowhere else.
//!
//! They are never in a description, which is committed: `[secrets]` names a file or environment variable for each.
//! Nothing here shows one in its `Debug` form or in a message, and they are overwritten in memory when they are no
//! longer needed.

use std::collections::BTreeMap;
use std::ops::Range;
use std::path::{Path, PathBuf};

use serde::Deserialize;
use xsys_diag::{Diagnostic, Source};
use zeroize::Zeroizing;

use crate::error::file;

/// Where a secret is.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Origin {
    pub file: Option<PathBuf>,
    pub env: Option<String>,
}

/// The sources of all secrets of an appliance.
#[derive(Clone, Debug)]
pub(crate) struct Secrets {
    /// Paths are relative to it.
    directory: PathBuf,
    source: Source,
    origins: BTreeMap<String, (Origin, Range<usize>)>,
}

impl Secrets {
    /// `place` returns where in the description a secret is named.
    pub(crate) fn new(
        directory: &Path,
        source: &Source,
        origins: &BTreeMap<String, Origin>,
        place: impl Fn(&str) -> Range<usize>,
    ) -> Self {
        let origins = origins.iter();
        let origins = origins.map(|(name, origin)| (name.clone(), (origin.clone(), place(name))));
        Self {
            directory: directory.to_owned(),
            source: source.clone(),
            origins: origins.collect(),
        }
    }

    /// Their names.
    pub(crate) fn names(&self) -> impl Iterator<Item = &str> {
        self.origins.keys().map(String::as_str)
    }

    pub(crate) fn has(&self, name: &str) -> bool {
        self.origins.contains_key(name)
    }

    /// What is wrong with the table. Nothing is read.
    pub(crate) fn problems(&self) -> Vec<Diagnostic> {
        let wrong = |(name, (origin, span)): (&String, &(Origin, Range<usize>))| {
            let said = match (&origin.file, &origin.env) {
                (Some(_), Some(_)) => "is said to be in two places",
                (None, None) => "is nowhere",
                _ => return None,
            };
            let problem = Diagnostic::error(format!("the secret `{name}` {said}"))
                .label(&self.source, span.clone(), "")
                .help("say one: `{ file = \"secrets/NAME\" }` or `{ env = \"VARIABLE\" }`");
            Some(problem)
        };
        self.origins.iter().filter_map(wrong).collect()
    }

    /// Reads one. The caller has checked that it exists.
    pub(crate) fn read(&self, name: &str) -> Result<Zeroizing<Vec<u8>>, Diagnostic> {
        let Some((origin, span)) = self.origins.get(name) else {
            return Err(Diagnostic::error(format!("no secret is called `{name}`")));
        };
        let here = |problem: Diagnostic| problem.label(&self.source, span.clone(), "");
        let (bytes, whence) = match (&origin.file, &origin.env) {
            (Some(path), _) => {
                let path = self.directory.join(path);
                let read = std::fs::read(&path);
                let bytes = read.map_err(|error| {
                    here(file("read", &path, &error)).note(format!("it has the secret `{name}`"))
                })?;
                (bytes, format!("`{}`", path.display()))
            }
            (None, variable) => {
                let variable = variable.as_deref().unwrap_or_default();
                let Some(value) = std::env::var_os(variable) else {
                    return Err(here(Diagnostic::error(format!(
                        "the environment variable `{variable}` is not set"
                    )))
                    .note(format!("it has the secret `{name}`"))
                    .help("set it for this command, or keep the secret in a file: `{ file = \"secrets/NAME\" }`"));
                };
                let bytes = value.into_encoded_bytes();
                (bytes, format!("the environment variable `{variable}`"))
            }
        };
        let bytes = Zeroizing::new(bytes);
        match bytes.is_empty() {
            true => Err(here(Diagnostic::error(format!("{whence} is empty")))
                .note(format!("it has the secret `{name}`"))),
            false => Ok(bytes),
        }
    }

    /// Warns of files that others can read.
    #[cfg(unix)]
    pub(crate) fn exposed(&self) -> Vec<Diagnostic> {
        use std::os::unix::fs::PermissionsExt;
        let files = self.origins.values();
        let files = files.filter_map(|(origin, _)| origin.file.as_ref());
        let exposed = |path: &PathBuf| {
            let path = self.directory.join(path);
            let mode = std::fs::metadata(&path).ok()?.permissions().mode() & 0o777;
            let text = format!(
                "`{}` has a secret, and everybody on this machine can read it",
                path.display()
            );
            (mode & 0o004 != 0).then(|| {
                Diagnostic::warning(text)
                    .note(format!("its mode is {mode:o}"))
                    .help(format!("chmod 600 {}", path.display()))
            })
        };
        files.filter_map(exposed).collect()
    }

    #[cfg(not(unix))]
    pub fn exposed(&self) -> Vec<Diagnostic> {
        Vec::new()
    }
}

//! `trim-paths`: which paths of this machine are left out of what rustc makes.
//!
//! Problem: who debugs wants paths that an editor and a debugger can open, who ships wants the same
//! bytes in every folder and nothing of the builder's machine. As in cargo's RFC 3127 the profile
//! decides: those that come from `dev` keep all paths, those that come from `release` keep them in
//! messages alone; a key of the metadata and a flag say otherwise. Where a profile has cargo's own
//! `trim-paths` (unstable), cargo does it.

use std::path::PathBuf;
use std::str::FromStr;

use serde::Deserialize;
use xsys_diag::did_you_mean;
use xsys_sysroot::Toolchain;

use crate::driver::project::Project;
use crate::driver::settings::Manifest;

/// Where paths are replaced.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
#[serde(try_from = "Given")]
pub enum TrimPaths {
    None,
    /// rustc's names of scopes.
    Scopes(Vec<&'static str>),
    All,
}

/// As cargo writes it: a boolean, a word, a list of words.
#[derive(Deserialize)]
#[serde(untagged)]
enum Given {
    Flag(bool),
    Word(String),
    List(Vec<String>),
}

impl TryFrom<Given> for TrimPaths {
    type Error = String;

    fn try_from(given: Given) -> Result<Self, String> {
        match given {
            Given::Flag(true) => Ok(Self::All),
            Given::Flag(false) => Ok(Self::None),
            Given::Word(word) => Self::of_words(&[word.as_str()]),
            Given::List(list) => {
                Self::of_words(&list.iter().map(String::as_str).collect::<Vec<_>>())
            }
        }
    }
}

impl FromStr for TrimPaths {
    type Err = String;

    /// The flag's value: words with commas between.
    fn from_str(text: &str) -> Result<Self, String> {
        Self::of_words(&text.split(',').map(str::trim).collect::<Vec<_>>())
    }
}

const SCOPES: [&str; 3] = ["macro", "diagnostics", "object"];
const WORDS: [&str; 7] = [
    "none",
    "macro",
    "diagnostics",
    "object",
    "all",
    "true",
    "false",
];

impl TrimPaths {
    fn of_words(words: &[&str]) -> Result<Self, String> {
        match words {
            [] | ["none" | "false"] => return Ok(Self::None),
            ["all" | "true"] => return Ok(Self::All),
            _ => {}
        }
        let mut scopes = Vec::new();
        for word in words {
            match SCOPES.into_iter().find(|scope| scope == word) {
                Some(scope) if scopes.contains(&scope) => {}
                Some(scope) => scopes.push(scope),
                None if WORDS.contains(word) => {
                    return Err(format!("`{word}` cannot be one of several values"));
                }
                None => return Err(unknown(word)),
            }
        }
        Ok(Self::Scopes(scopes))
    }

    /// What a profile has by default.
    fn of_profile(is_release: bool) -> Self {
        match is_release {
            // In a release build as well errors are read by the person who builds.
            true => Self::Scopes(vec!["object"]),
            false => Self::None,
        }
    }
}

fn unknown(word: &str) -> String {
    let known = match did_you_mean(word, WORDS) {
        Some(close) => format!("did you mean `{close}`?"),
        None => format!("known: {}", WORDS.join(", ")),
    };
    format!("unknown value `{word}` for `trim-paths`, {known}")
}

/// The flags that rustc gets: the command line's wish, else the metadata's, else the profile's.
pub fn flags(
    asked: Option<&TrimPaths>,
    profile: &str,
    project: &Project,
    toolchain: &Toolchain,
) -> Vec<String> {
    let manifest = &project.root_manifest;
    if asked.is_none() && is_cargos(manifest, profile) {
        return Vec::new();
    }
    let trim = asked
        .or(project.settings.trim_paths.as_ref())
        .cloned()
        .unwrap_or_else(|| TrimPaths::of_profile(manifest.is_release(profile)));
    let scopes = match trim {
        TrimPaths::None => return Vec::new(),
        TrimPaths::Scopes(scopes) if knows_scopes(toolchain.rustc.release()) => scopes,
        // Older compilers know nothing in between.
        TrimPaths::Scopes(_) | TrimPaths::All => vec!["all"],
    };
    let mut flags: Vec<String> = remaps(project, toolchain)
        .iter()
        .map(|(from, to)| format!("--remap-path-prefix={}={to}", from.display()))
        .collect();
    if scopes != ["all"] {
        flags.push(format!("--remap-path-scope={}", scopes.join(",")));
    }
    flags
}

/// Whether cargo itself was told, in the manifest or the environment.
fn is_cargos(manifest: &Manifest, profile: &str) -> bool {
    let name = profile.to_uppercase().replace('-', "_");
    manifest.has_trim_paths(profile)
        || std::env::var_os(format!("CARGO_PROFILE_{name}_TRIM_PATHS")).is_some()
}

/// Whether rustc has `--remap-path-scope` without asking for unstable options.
fn knows_scopes(release: &str) -> bool {
    let mut numbers = release.split('.').map(str::parse::<u64>);
    match (numbers.next(), numbers.next()) {
        (Some(Ok(1)), Some(Ok(minor))) => minor >= 95,
        (Some(Ok(major)), _) => major > 1,
        _ => false,
    }
}

/// Folders of this machine and what stands for them in programs; longer prefixes come later,
/// where they win.
fn remaps(project: &Project, toolchain: &Toolchain) -> Vec<(PathBuf, String)> {
    let mut remaps = vec![
        (project.workspace_root.clone(), ".".to_owned()),
        (project.target_dir.clone(), "target".to_owned()),
        (
            toolchain.rust_src(),
            // What rustc's own builds of the standard library have.
            format!("/rustc/{}", toolchain.rustc.commit_hash()),
        ),
    ];
    if let Some(home) = cargo_home() {
        remaps.push((home, "/cargo".to_owned()));
    }
    // The root of the file system is the beginning of every path.
    remaps.retain(|(path, _)| path.parent().is_some());
    remaps.sort_by_key(|(path, _)| path.components().count());
    remaps
}

/// Where cargo keeps the sources of dependencies.
pub fn cargo_home() -> Option<PathBuf> {
    match std::env::var_os("CARGO_HOME") {
        Some(home) => Some(PathBuf::from(home)),
        None => Some(std::env::home_dir()?.join(".cargo")),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn values_are_cargos() {
        use TrimPaths::{All, None, Scopes};
        for (text, expected) in [
            ("false", Ok(None)),
            ("true", Ok(All)),
            ("\"none\"", Ok(None)),
            ("\"all\"", Ok(All)),
            ("[]", Ok(None)),
            ("\"object\"", Ok(Scopes(vec!["object"]))),
            (
                "[\"macro\", \"diagnostics\", \"macro\"]",
                Ok(Scopes(vec!["macro", "diagnostics"])),
            ),
            (
                "[\"all\", \"macro\"]",
                Err("`all` cannot be one of several values"),
            ),
            (
                "\"objects\"",
                Err("unknown value `objects` for `trim-paths`, did you mean `object`?"),
            ),
        ] {
            let value: Given = toml::from_str::<toml::Table>(&format!("v = {text}"))
                .unwrap()
                .remove("v")
                .unwrap()
                .try_into()
                .unwrap();
            assert_eq!(
                TrimPaths::try_from(value),
                expected.map_err(str::to_owned),
                "{text}"
            );
        }
        assert_eq!("macro, object".parse(), Ok(Scopes(vec!["macro", "object"])));
        assert_eq!("none".parse(), Ok(None));
    }

    #[test]
    fn scopes_are_stable_since() {
        for (release, expected) in [
            ("1.94.1", false),
            ("1.95.0", true),
            ("1.97.0-nightly", true),
            ("2.0.0", true),
            ("unknown", false),
        ] {
            assert_eq!(knows_scopes(release), expected, "{release}");
        }
    }
}

//! `trim-paths`: which paths of this machine are left out of what rustc makes.
//!
//! Problem: for debugging, paths must be those that an editor and a debugger can open; for shipping, the bytes must be
//! the same in every directory and contain nothing of the building machine. As in cargo's RFC 3127 the profile decides:
//! those that inherit from `dev` keep all paths, those that inherit from `release` keep them in messages only; a key of
//! the metadata and a flag override that. If a profile has cargo's own `trim-paths` (unstable), it is left to cargo.

use std::path::PathBuf;

use xsys_sysroot::Toolchain;

use crate::cli::TrimPaths;
use crate::project::Project;
use crate::project::settings::Manifest;

/// The flags for rustc: by the command line, else the metadata, else the profile.
pub(crate) fn flags(
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

/// Whether cargo's own key is set, in the manifest or the environment.
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

/// Directories of this machine and their replacements in programs; longer prefixes come later,
/// where they win.
fn remaps(project: &Project, toolchain: &Toolchain) -> Vec<(PathBuf, String)> {
    let mut remaps = vec![
        (project.workspace_root.clone(), ".".to_owned()),
        (project.target_dir.clone(), "target".to_owned()),
        (
            toolchain.rust_src(),
            // The paths in rustc's own builds of the standard library.
            format!("/rustc/{}", toolchain.rustc.commit_hash()),
        ),
    ];
    if let Some(home) = cargo_home() {
        remaps.push((home, "/cargo".to_owned()));
    }
    // The root of the file system is a prefix of every path.
    remaps.retain(|(path, _)| path.parent().is_some());
    remaps.sort_by_key(|(path, _)| path.components().count());
    remaps
}

/// Where cargo keeps the sources of dependencies.
pub(crate) fn cargo_home() -> Option<PathBuf> {
    match std::env::var_os("CARGO_HOME") {
        Some(home) => Some(PathBuf::from(home)),
        None => Some(std::env::home_dir()?.join(".cargo")),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

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

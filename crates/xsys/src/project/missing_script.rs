//! A linker script that a manifest names and that does not exist: reported with its line, before anything is compiled.
//! The linker would only notice at the very end, and could not say where the name comes from.

use std::path::Path;
use std::sync::Arc;

use serde::Deserialize;
use toml::Spanned;
use xsys_diag::{Diagnostic, Source, did_you_mean};

use crate::project::settings::Settings;

// The span is only needed here, so it is read only here.
#[derive(Default, Deserialize)]
#[serde(default)]
struct Manifest {
    package: Section,
    workspace: Section,
}

#[derive(Default, Deserialize)]
#[serde(default)]
struct Section {
    metadata: Metadata,
}

#[derive(Default, Deserialize)]
#[serde(default)]
struct Metadata {
    xsys: Keys,
}

#[derive(Default, Deserialize)]
#[serde(default)]
struct Keys {
    script: Option<Spanned<String>>,
}

/// Checks that the script of these settings exists; one of the manifests names it.
pub(super) fn check<'m>(
    settings: &Settings,
    manifests: impl Iterator<Item = &'m Path>,
) -> Result<(), Diagnostic> {
    let Some(script) = settings.script().filter(|script| !script.is_file()) else {
        return Ok(());
    };
    if is_built(&script) {
        return Ok(());
    }
    let what = match script.is_dir() {
        true => "is a directory",
        false => "does not exist",
    };
    let found = manifests.filter_map(|path| named(path, &script)).next();
    let Some((source, key)) = found else {
        return Err(Diagnostic::error(format!(
            "the linker script `{}` {what}",
            script.display()
        )));
    };
    let name = key.get_ref();
    let problem = Diagnostic::error(format!("the linker script `{name}` {what}")).label(
        &source,
        key.span(),
        "looked for in the manifest's directory",
    );
    Err(match similar(&script) {
        Some(close) => problem.help(format!("did you mean `{close}`?")),
        None => problem
            .help("write it, or leave the key out where a build script or a board brings one"),
    })
}

/// Whether a build script may write it: there is one in a parent directory.
fn is_built(script: &Path) -> bool {
    let mut directories = script.ancestors().skip(1);
    directories
        .find(|directory| directory.join("Cargo.toml").is_file())
        .is_some_and(|directory| directory.join("build.rs").is_file())
}

/// The key of a manifest that names this file.
fn named(path: &Path, script: &Path) -> Option<(Source, Spanned<String>)> {
    let text = std::fs::read_to_string(path).ok()?;
    let manifest: Manifest = toml::from_str(&text).ok()?;
    let directory = path.parent()?;
    let key = [manifest.package, manifest.workspace]
        .into_iter()
        .filter_map(|section| section.metadata.xsys.script)
        .find(|key| directory.join(key.get_ref()) == script)?;
    let source = Source {
        path: path.to_owned(),
        text: Arc::from(text),
    };
    Some((source, key))
}

/// A file in the same directory with a similar name.
fn similar(script: &Path) -> Option<String> {
    let entries = std::fs::read_dir(script.parent()?).ok()?.flatten();
    let mut names: Vec<String> = entries
        .filter_map(|entry| entry.file_name().into_string().ok())
        .collect();
    names.sort();
    let wanted = script.file_name()?.to_str()?;
    did_you_mean(wanted, names.iter().map(String::as_str)).map(str::to_owned)
}

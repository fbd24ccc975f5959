//! Finds what to compare: a manifest, an image's, those of a directory, or a device's by its name.
//!
//! A directory may be that of an earlier release (a copy of `target/fleet`, with a directory for each device), of a
//! device, or of a single appliance.

use std::collections::BTreeMap;
use std::io::Read;
use std::path::{Path, PathBuf};

use serde::Deserialize;
use xsys_diag::Diagnostic;

use super::software::Lists;
use crate::appliance::manifest::{FORMAT, Manifest};
use crate::error::{Result, file};

/// The suffixes of manifests and of lists of software.
const MANIFEST: &str = ".manifest.json";
const SOFTWARE: &str = ".sbom.json";

/// In bytes. What makes a manifest large are the user's files, 150 bytes each.
const LARGEST: u64 = 16 << 20;

/// One appliance or device.
#[derive(Clone, Debug)]
pub(crate) struct Known {
    pub manifest: Manifest,
    /// None if there is no list beside the manifest.
    pub software: Option<Lists>,
}

/// Finds what a word means in a directory, by name: several devices if it is a directory. `built` finds a device's
/// manifest.
pub(crate) fn find(
    directory: &Path,
    word: &Path,
    built: &dyn Fn(&str) -> Result<Option<PathBuf>>,
) -> Result<BTreeMap<String, Known>> {
    let there = directory.join(word);
    let path = match there.exists() {
        true => Some(there),
        false => match word.to_str() {
            Some(name) => built(name)?,
            None => None,
        },
    };
    let Some(path) = path else {
        return Err(
            Diagnostic::error(format!("there is no `{}`", word.display()))
                .note("it is neither a path nor a device of fleet.toml in this directory")
                .help("name manifests (`….manifest.json`), directories with them, or devices")
                .into(),
        );
    };
    let mut manifests = BTreeMap::new();
    if path.is_dir() {
        collect(&path, &mut manifests)?;
        for directory in directories(&path)? {
            collect(&directory, &mut manifests)?;
        }
    } else {
        let beside = beside(&path);
        manifests.insert(name(&beside), beside);
    }
    if manifests.is_empty() {
        return Err(
            Diagnostic::error(format!("there is no manifest in `{}`", path.display()))
                .help(
                    "build first: `xsys build` and `xsys fleet build` write one beside each image",
                )
                .into(),
        );
    }
    let read = |(name, path): (String, PathBuf)| Ok((name, Known::read(&path)?));
    manifests.into_iter().map(read).collect()
}

impl Known {
    fn read(path: &Path) -> Result<Self> {
        let manifest = manifest(path, &limited(path)?)?;
        let list = path.with_file_name(format!("{}{SOFTWARE}", name(path)));
        let software = match list.is_file() {
            true => Some(software(&list, &limited(&list)?)?),
            false => None,
        };
        Ok(Self { manifest, software })
    }
}

/// The part that all formats of manifests have.
#[derive(Deserialize)]
struct Head {
    format: u32,
    #[serde(default)]
    xsys: String,
}

/// A manifest may come from anybody, and be of another version of xsys.
pub(super) fn manifest(path: &Path, text: &str) -> Result<Manifest> {
    let shown = path.display();
    if let Ok(Head { format, xsys }) = serde_json::from_str(text)
        && format > FORMAT
    {
        let xsys: String = xsys.chars().filter(|letter| !letter.is_control()).collect();
        return Err(
            Diagnostic::error(format!("`{shown}` was written by a newer xsys ({xsys})")).into(),
        );
    }
    serde_json::from_str(text)
        .map_err(|error| Diagnostic::error(format!("`{shown}` is no manifest: {error}")).into())
}

/// The list of software beside it.
pub(super) fn software(path: &Path, text: &str) -> Result<Lists> {
    let list = serde_json::from_str(text).map_err(|error| {
        let shown = path.display();
        Diagnostic::error(format!("`{shown}` is no list of software: {error}"))
    })?;
    Ok(Lists::read(&list))
}

/// A text, limited to the size of its kind.
fn limited(path: &Path) -> Result<String> {
    let failed = |error| file("read", path, &error);
    let mut bytes = Vec::new();
    let from = std::fs::File::open(path).map_err(failed)?;
    from.take(LARGEST + 1)
        .read_to_end(&mut bytes)
        .map_err(failed)?;
    let shown = path.display();
    if bytes.len() as u64 > LARGEST {
        return Err(Diagnostic::error(format!(
            "`{shown}` is too large for a manifest or a list of software"
        ))
        .note(format!("none has more than {} MiB", LARGEST >> 20))
        .into());
    }
    String::from_utf8(bytes).map_err(|_| Diagnostic::error(format!("`{shown}` is no text")).into())
}

/// The manifest of an image, or the file itself.
fn beside(path: &Path) -> PathBuf {
    let name = path.file_name().unwrap_or_default().to_string_lossy();
    let endings = [".img", ".img.zst", ".img.xz"];
    match endings.iter().find_map(|ending| name.strip_suffix(ending)) {
        Some(name) => path.with_file_name(format!("{name}{MANIFEST}")),
        None => path.to_owned(),
    }
}

/// A manifest's name without its suffix.
fn name(path: &Path) -> String {
    let name = path.file_name().unwrap_or_default().to_string_lossy();
    let bare = name.strip_suffix(MANIFEST).unwrap_or(&name);
    bare.to_owned()
}

fn collect(directory: &Path, manifests: &mut BTreeMap<String, PathBuf>) -> Result<()> {
    for path in entries(directory)? {
        let is_manifest = path.to_string_lossy().ends_with(MANIFEST);
        if is_manifest && path.is_file() {
            manifests.insert(name(&path), path);
        }
    }
    Ok(())
}

fn directories(directory: &Path) -> Result<Vec<PathBuf>> {
    let mut entries = entries(directory)?;
    entries.retain(|path| path.is_dir());
    Ok(entries)
}

fn entries(directory: &Path) -> Result<Vec<PathBuf>> {
    let failed = |error| file("read", directory, &error);
    let mut found = Vec::new();
    for entry in std::fs::read_dir(directory).map_err(failed)? {
        found.push(entry.map_err(failed)?.path());
    }
    Ok(found)
}

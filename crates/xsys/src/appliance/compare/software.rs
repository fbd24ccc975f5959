//! Crates and libraries, from the lists of software beside the images.

use std::collections::{BTreeMap, BTreeSet};

use serde_json::Value;

use super::{Part, Row};

/// Versions by name, with the source unless that is crates.io.
pub(super) type Software = BTreeMap<String, BTreeSet<String>>;

/// A list's contents: in programs, and in the build only.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct Lists {
    pub linked: Software,
    pub build: Software,
}

impl Lists {
    /// From a CycloneDX list of ours. Packages are in the manifest as well, and are skipped here.
    pub(crate) fn read(list: &Value) -> Self {
        let mut lists = Self::default();
        for component in list["components"].as_array().into_iter().flatten() {
            if component["type"] != "library" {
                continue;
            }
            let text = |key: &str| component[key].as_str().unwrap_or_default();
            let into = match text("scope") {
                "excluded" => &mut lists.build,
                _ => &mut lists.linked,
            };
            let (kind, rest) = text("bom-ref").split_once(':').unwrap_or_default();
            let from = match (kind, rest.rsplit_once('#')) {
                ("git", Some((_, commit))) => {
                    format!(" (git {})", commit.get(..12).unwrap_or(commit))
                }
                ("git", None) => " (git)".to_owned(),
                ("folder", _) => " (directory)".to_owned(),
                ("cargo", _) if rest.ends_with(')') => " (another registry)".to_owned(),
                _ => String::new(),
            };
            let versions = into.entry(text("name").to_owned()).or_default();
            versions.insert(format!("{}{from}", text("version")));
        }
        lists
    }
}

/// If one side has no list, nothing can be compared.
pub(super) fn rows(rows: &mut Vec<Row>, before: &Option<Lists>, after: &Option<Lists>) {
    let (Some(before), Some(after)) = (before, after) else {
        return;
    };
    changed(rows, Part::Crates, &before.linked, &after.linked);
    changed(rows, Part::BuildCrates, &before.build, &after.build);
}

fn changed(rows: &mut Vec<Row>, part: Part, before: &Software, after: &Software) {
    let names: BTreeSet<&String> = before.keys().chain(after.keys()).collect();
    for name in names {
        let none = BTreeSet::new();
        let (one, other) = (
            before.get(name).unwrap_or(&none),
            after.get(name).unwrap_or(&none),
        );
        // Versions that are on both sides are not shown.
        let only = |these: &BTreeSet<String>, those: &BTreeSet<String>| {
            let only: Vec<&str> = these.difference(those).map(String::as_str).collect();
            (!only.is_empty()).then(|| only.join(", "))
        };
        let (gone, new) = (only(one, other), only(other, one));
        if gone.is_some() || new.is_some() {
            rows.push(Row::new(part, name, gone, new));
        }
    }
}

//! Facts about a link, for the command that started cargo and for later commands.
//!
//! cargo does not say what its linker did, and does not call it if nothing has changed. So a report is stored under the
//! hash of the finished file: with the file, its report can be found, however old it is.

use std::path::Path;

use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};
use xsys_diag::Diagnostic;

use crate::error::file;
use crate::files::keep_newest;
use crate::render;

/// The number of reports that are kept in a directory.
const KEEP: usize = 256;

/// What is known after a link.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct LinkReport {
    pub wall_ms: u64,
    /// Peak memory of the linker's process, if the system tells.
    pub peak_kib: Option<u64>,
    pub regions: Vec<Region>,
    /// The linker's messages, which rustc would hide.
    #[serde(default)]
    pub messages: Vec<Message>,
    /// The output that its options asked for.
    #[serde(default)]
    pub printed: String,
}

/// A diagnostic as people and programs read it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Message {
    pub plain: String,
    pub colored: String,
    pub json: serde_json::Value,
}

impl Message {
    pub(crate) fn of(diagnostic: &Diagnostic) -> Self {
        Self {
            plain: render::to_text(diagnostic, false),
            colored: render::to_text(diagnostic, true),
            json: render::to_json(diagnostic),
        }
    }
}

/// A memory region and how full it is.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Region {
    pub name: String,
    pub origin: u64,
    pub length: u64,
    pub used: u64,
}

/// The name of the report for a finished file.
pub(crate) fn report_name(content: &[u8]) -> String {
    let mut name: String = Sha256::digest(content)
        .iter()
        .map(|byte| format!("{byte:02x}"))
        .collect();
    name.push_str(".json");
    name
}

/// The report of a finished file, if its link left one.
pub(crate) fn find_report(directory: &Path, content: &[u8]) -> Option<LinkReport> {
    read_report(directory, &report_name(content))
}

/// The report of a linked file, whose build's output directory is above it.
pub(crate) fn known_about(path: &Path, content: &[u8]) -> Option<LinkReport> {
    let path = std::path::absolute(path).ok()?;
    let mut directories = path.ancestors().skip(1);
    directories.find_map(|above| find_report(&above.join("xsys").join("links"), content))
}

/// The report of this name.
pub(crate) fn read_report(directory: &Path, name: &str) -> Option<LinkReport> {
    let text = std::fs::read(directory.join(name)).ok()?;
    serde_json::from_slice(&text).ok()
}

/// Removes all but the newest reports.
pub(crate) fn prune_reports(directory: &Path) {
    keep_newest(directory, KEEP);
}

/// Writes the report for a finished file, and returns its name.
pub(crate) fn leave(
    directory: &Path,
    content: &[u8],
    report: &LinkReport,
) -> Result<String, Diagnostic> {
    std::fs::create_dir_all(directory).map_err(|error| file("create", directory, &error))?;
    let name = report_name(content);
    let path = directory.join(&name);
    let text = serde_json::to_vec(report)
        .map_err(|error| Diagnostic::error(format!("cannot write a link report: {error}")))?;
    std::fs::write(&path, text).map_err(|error| file("write", &path, &error))?;
    Ok(name)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn reports_are_found_by_content() {
        let directory = tempfile::tempdir().unwrap();
        let reports = directory.path().join("deep/reports");
        let report = LinkReport {
            wall_ms: 3,
            peak_kib: Some(9),
            regions: vec![Region {
                name: "RAM".to_owned(),
                origin: 0x8_0000,
                length: 1 << 20,
                used: 17,
            }],
            ..LinkReport::default()
        };
        leave(&reports, b"program", &report).unwrap();
        assert_eq!(find_report(&reports, b"program"), Some(report));
        assert_eq!(find_report(&reports, b"another"), None);
    }

    #[test]
    fn old_reports_go() {
        let directory = tempfile::tempdir().unwrap();
        for at in 0..KEEP + 5 {
            std::fs::write(directory.path().join(at.to_string()), "").unwrap();
        }
        prune_reports(directory.path());
        assert_eq!(std::fs::read_dir(directory.path()).unwrap().count(), KEEP);
    }
}

//! Why each section of an image is in it, written down beside the link's report.
//!
//! `xsys why` is asked when the objects are gone: rustc removes them. So each link that cargo asks
//! for leaves what garbage collection knew, under a name that follows from the image's content. It goes
//! with the image that it is about: a large program's is some megabytes.

use std::path::{Path, PathBuf};

use serde::{Deserialize, Serialize};
use xsys_diag::Diagnostic;
use xsys_link::{By, Kept};

use crate::error::file;
use crate::linker::{keep_newest, report_name};

/// How many images can be asked about, at most.
const KEEP: usize = 256;

/// A section of an image.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Section {
    pub section: String,
    pub file: String,
    pub member: Option<String>,
    #[serde(rename = "crate")]
    pub owner: String,
    /// Mangled.
    pub symbols: Vec<String>,
    pub size: u64,
    /// The place in the list of the one that refers to it.
    pub from: Option<u32>,
    /// Or why it is needed by itself, in words.
    pub root: Option<String>,
}

impl From<&Kept> for Section {
    fn from(kept: &Kept) -> Self {
        let (from, root) = match &kept.by {
            By::Section(at) => (Some(*at), None),
            By::Root(text) => (None, Some(text.clone())),
        };
        Self {
            section: kept.section.clone(),
            file: kept.file.clone(),
            member: kept.member.clone(),
            owner: kept.owner.clone(),
            symbols: kept.symbols.clone(),
            size: kept.size,
            from,
            root,
        }
    }
}

/// The folder beside the one for reports.
fn folder(reports: &Path) -> PathBuf {
    reports.with_file_name("reasons")
}

/// Keeps what is known about an image with this content.
pub fn leave(reports: &Path, content: &[u8], kept: &[Kept]) -> Result<(), Diagnostic> {
    let folder = folder(reports);
    std::fs::create_dir_all(&folder).map_err(|error| file("create", &folder, &error))?;
    let sections: Vec<Section> = kept.iter().map(Section::from).collect();
    let text = serde_json::to_vec(&sections)
        .map_err(|error| Diagnostic::error(format!("cannot write what a link knew: {error}")))?;
    crate::driver::emit::replace(&folder.join(report_name(content)), &text)?;
    keep_newest(&folder, KEEP);
    Ok(())
}

/// Removes what is known about an image that another has taken the place of; `name` is its report's.
pub fn forget(reports: &Path, name: &str) {
    // There may be nothing.
    let _ = std::fs::remove_file(folder(reports).join(name));
}

/// What is known about a linked file: its build's output folder is above it.
pub fn find(path: &Path, content: &[u8]) -> Option<Vec<Section>> {
    let name = report_name(content);
    let path = std::path::absolute(path).ok()?;
    let mut folders = path.ancestors().skip(1);
    let text = folders.find_map(|above| {
        let reports = above.join("xsys").join("links");
        std::fs::read(folder(&reports).join(&name)).ok()
    })?;
    serde_json::from_slice(&text).ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_left_is_found_from_below() {
        let target = tempfile::tempdir().unwrap();
        let kept = Kept {
            section: ".text.main".to_owned(),
            file: "libcore-1.rlib".to_owned(),
            member: Some("core.o".to_owned()),
            owner: "core".to_owned(),
            symbols: vec!["main".to_owned()],
            size: 4,
            by: By::Root("the entry `main` is".to_owned()),
        };
        leave(
            &target.path().join("xsys/links"),
            b"image",
            std::slice::from_ref(&kept),
        )
        .unwrap();
        let image = target.path().join("triple/debug/image");
        assert_eq!(find(&image, b"image"), Some(vec![Section::from(&kept)]));
        assert_eq!(find(&image, b"another"), None);
        forget(&target.path().join("xsys/links"), &report_name(b"image"));
        assert_eq!(find(&image, b"image"), None);
    }
}

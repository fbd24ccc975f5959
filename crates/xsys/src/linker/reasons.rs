//! Why each section of an image is in it, stored beside the link's report.
//!
//! When `xsys why` is called, rustc has removed the objects. So each link that cargo asks for stores what garbage
//! collection found, under a name that follows from the image's content. It is removed together with the image.
//! Firmware has hundreds or thousands of sections; for a large program with debug information, which has hundreds of
//! thousands, storing this would double the time of the link, so it is left out.

use std::path::{Path, PathBuf};

use serde::{Deserialize, Serialize};
use xsys_diag::Diagnostic;
use xsys_link::hints::origin;
use xsys_link::{By, Kept};

use crate::error::file;
use crate::files::keep_newest;
use crate::linker::report::report_name;

/// Nothing is stored for images with more sections than this.
pub(crate) const MOST: usize = 1 << 14;

/// The number of images for which it is kept.
const KEEP: usize = 256;

/// A section of an image.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Section {
    pub section: String,
    pub file: String,
    pub member: Option<String>,
    /// The section's crate, computed when asked for and not during the link.
    #[serde(skip)]
    pub owner: String,
    /// Mangled.
    pub symbols: Vec<String>,
    pub size: u64,
    /// The index of the section that refers to it.
    pub from: Option<u32>,
    /// Or why it is a root.
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
            owner: String::new(),
            symbols: kept.symbols.clone(),
            size: kept.size,
            from,
            root,
        }
    }
}

impl Section {
    fn crate_name(&self) -> String {
        let by_symbol = self.symbols.iter().find_map(|name| origin::of_symbol(name));
        by_symbol.unwrap_or_else(|| origin::of_file(&self.file, self.member.is_some()).to_owned())
    }
}

/// The directory beside the one for reports.
fn directory(reports: &Path) -> PathBuf {
    reports.with_file_name("reasons")
}

/// Stores what is known about an image with this content.
pub(crate) fn leave(reports: &Path, content: &[u8], kept: &[Kept]) -> Result<(), Diagnostic> {
    let directory = directory(reports);
    std::fs::create_dir_all(&directory).map_err(|error| file("create", &directory, &error))?;
    let sections: Vec<Section> = kept.iter().map(Section::from).collect();
    let text = serde_json::to_vec(&sections).map_err(|error| {
        Diagnostic::error(format!("cannot write the reasons of a link: {error}"))
    })?;
    crate::files::replace(&directory.join(report_name(content)), &text)?;
    keep_newest(&directory, KEEP);
    Ok(())
}

/// Removes what is known about an image that was replaced; `name` is its report's.
pub(crate) fn forget(reports: &Path, name: &str) {
    // It may not exist.
    let _ = std::fs::remove_file(directory(reports).join(name));
}

/// What is known about a linked file: its build's output directory is above it.
pub(crate) fn find(path: &Path, content: &[u8]) -> Option<Vec<Section>> {
    let name = report_name(content);
    let path = std::path::absolute(path).ok()?;
    let mut directories = path.ancestors().skip(1);
    let text = directories.find_map(|above| {
        let reports = above.join("xsys").join("links");
        std::fs::read(directory(&reports).join(&name)).ok()
    })?;
    let mut sections: Vec<Section> = serde_json::from_slice(&text).ok()?;
    for section in &mut sections {
        section.owner = section.crate_name();
    }
    Some(sections)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_left_is_found_from_below() {
        let target = tempfile::tempdir().unwrap();
        let kept = Kept {
            section: ".text.main".to_owned(),
            file: "libcore-0123456789abcdef.rlib".to_owned(),
            member: Some("core.o".to_owned()),
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
        let found = Section {
            owner: "core".to_owned(),
            ..Section::from(&kept)
        };
        assert_eq!(find(&image, b"image"), Some(vec![found]));
        assert_eq!(find(&image, b"another"), None);
        forget(&target.path().join("xsys/links"), &report_name(b"image"));
        assert_eq!(find(&image, b"image"), None);
    }
}

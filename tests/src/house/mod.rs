//! The structure of the sources, from their `mod`, `use` and paths: which file refers to which, circles, public
//! items, and the length of functions.
//!
//! The tidy test compares it with the rules of ARCHITECTURE.md; the example `structure` prints it as a table.

mod arrows;
mod circles;
pub mod options;
mod parse;
pub mod rules;
pub mod table;

use std::path::{Path, PathBuf};

pub use arrows::Arrow;
pub use parse::{Function, SourceFile};

/// The sources of one crate.
pub struct Crate {
    /// As Cargo.toml names it.
    pub name: String,
    /// In the order of their paths.
    pub files: Vec<SourceFile>,
    /// Which file refers to which: indexes of `files`, each pair once.
    pub arrows: Vec<Arrow>,
}

impl Crate {
    /// Reads the crate in this directory.
    ///
    /// # Panics
    /// If a file cannot be read or is not Rust.
    pub fn read(folder: &Path) -> Self {
        let manifest = std::fs::read_to_string(folder.join("Cargo.toml")).expect("a manifest");
        let manifest: toml::Table = manifest.parse().expect("a manifest in TOML");
        let name = manifest["package"]["name"].as_str().expect("a name");
        let files = parse::files(&folder.join("src"));
        let arrows = arrows::all(&files);
        Self {
            name: name.to_owned(),
            files,
            arrows,
        }
    }

    /// Groups of files that refer to each other in a circle, largest first. Arrows between a directory's root and its
    /// parts do not count.
    pub fn circles(&self) -> Vec<Vec<&Path>> {
        let mut circles: Vec<Vec<&Path>> = circles::of(&self.files, &self.arrows)
            .into_iter()
            .map(|circle| {
                let mut paths: Vec<&Path> = circle
                    .into_iter()
                    .map(|file| &*self.files[file].path)
                    .collect();
                paths.sort();
                paths
            })
            .collect();
        circles.sort_by(|a, b| b.len().cmp(&a.len()).then_with(|| a.cmp(b)));
        circles
    }
}

/// The repository that this crate of tests belongs to.
pub fn repository() -> PathBuf {
    let here = Path::new(env!("CARGO_MANIFEST_DIR"));
    here.parent().expect("a repository").to_owned()
}

/// All crates below `crates/`, in the order of their names.
pub fn crates() -> Vec<Crate> {
    let folder = repository().join("crates");
    let mut folders: Vec<PathBuf> = std::fs::read_dir(folder)
        .expect("the crates")
        .filter_map(|entry| Some(entry.ok()?.path()))
        .filter(|path| path.join("Cargo.toml").exists())
        .collect();
    folders.sort();
    folders.iter().map(|folder| Crate::read(folder)).collect()
}

//! The user's files on a card: `[files]`.
//!
//! Entries ([`super::entry`]) are read here, when everything that they need is known. Files with secrets are marked,
//! because they go into an archive of their own and are reported nowhere.

use std::path::PathBuf;

use xsys_diag::{Diagnostic, Source};
use xsys_image::kernel::tree::Tree;
use zeroize::Zeroizing;

use super::description::Description;
use super::entry::{Entry, Origin};
use super::piece::digest;
use super::templates::Template;
use super::{manifest, told};
use crate::error::file;

/// The mode of files without one.
const MODE: u32 = 0o644;
const SECRET_MODE: u32 = 0o600;

/// A file as it will be on the card.
pub(crate) struct Placed {
    /// Without the first `/`.
    pub path: String,
    pub mode: u32,
    pub user: u32,
    pub group: u32,
    pub content: Content,
    /// Names of the secrets in it.
    pub secrets: Vec<String>,
}

/// What is in it.
pub(crate) enum Content {
    File(PathBuf),
    Bytes(Zeroizing<Vec<u8>>),
}

impl Placed {
    pub(crate) fn is_secret(&self) -> bool {
        !self.secrets.is_empty()
    }
}

/// Reads everything that an appliance's files need. All mistakes are reported together.
pub(crate) fn gather(description: &Description) -> Result<Vec<Placed>, Vec<Diagnostic>> {
    let mut placed = Vec::new();
    let mut problems = Vec::new();
    for (place, entry) in description.files() {
        match read(description, place, entry) {
            Ok(file) => placed.push(file),
            Err(problem) => problems.push(problem),
        }
    }
    match problems.is_empty() {
        true => Ok(placed),
        false => Err(problems),
    }
}

/// Reads everything that one file needs.
pub(crate) fn read(
    description: &Description,
    place: &str,
    entry: &Entry,
) -> Result<Placed, Diagnostic> {
    let (content, secrets) = content(description, place, entry)?;
    let mode = match secrets.is_empty() {
        true => MODE,
        false => SECRET_MODE,
    };
    Ok(Placed {
        path: place.trim_start_matches('/').to_owned(),
        mode: entry.mode.unwrap_or(mode),
        user: entry.user,
        group: entry.group.unwrap_or(entry.user),
        content,
        secrets,
    })
}

fn content(
    description: &Description,
    place: &str,
    entry: &Entry,
) -> Result<(Content, Vec<String>), Diagnostic> {
    let names = description.names();
    let here = |problem: Diagnostic| {
        problem.label(
            description.source(),
            description.file_place(place),
            "goes here",
        )
    };
    match &entry.origin {
        Origin::From(path) => {
            let path = description.directory().join(path);
            match path.is_file() {
                true => Ok((Content::File(path), Vec::new())),
                false => Err(here(missing(description, &path))),
            }
        }
        Origin::Template(path) => {
            let path = description.directory().join(path);
            if !path.is_file() {
                return Err(here(missing(description, &path)));
            }
            let text = std::fs::read_to_string(&path)
                .map_err(|error| here(file("read", &path, &error)))?;
            let source = Source {
                path,
                text: text.as_str().into(),
            };
            let template = Template {
                text: &text,
                source: &source,
                within: None,
            };
            let rendered = names.render(&template, true).map_err(here)?;
            Ok((bytes(&rendered.text), rendered.secrets))
        }
        Origin::Text(text) => {
            let template = Template {
                text,
                source: description.source(),
                within: Some(description.file_text_place(place)),
            };
            let rendered = names.render(&template, true)?;
            Ok((bytes(&rendered.text), rendered.secrets))
        }
        Origin::Secret(name) => {
            let bytes = names.secrets().read(name)?;
            Ok((Content::Bytes(bytes), vec![name.clone()]))
        }
    }
}

fn bytes(text: &str) -> Content {
    Content::Bytes(Zeroizing::new(text.as_bytes().to_vec()))
}

fn missing(description: &Description, path: &std::path::Path) -> Diagnostic {
    Diagnostic::error(format!("there is no file `{}`", path.display())).help(format!(
        "paths of `[files]` are relative to the directory of {}",
        description.file_name()
    ))
}

/// Adds a file to a tree; returns its row in the manifest.
pub(crate) fn add<'a>(
    tree: &mut Tree<'a>,
    placed: &'a Placed,
) -> crate::error::Result<manifest::File> {
    let known = match &placed.content {
        Content::File(path) => {
            let bytes = std::fs::read(path).map_err(|error| file("read", path, &error))?;
            let known = known(&bytes);
            tree.file(&placed.path, placed.mode, bytes).map_err(told)?;
            Some(known)
        }
        Content::Bytes(bytes) => {
            tree.file(&placed.path, placed.mode, &bytes[..])
                .map_err(told)?;
            (!placed.is_secret()).then(|| known(bytes))
        }
    };
    tree.owner(&placed.path, placed.user, placed.group)
        .map_err(told)?;
    let (size, sha256) = known.unzip();
    Ok(manifest::File {
        path: format!("/{}", placed.path),
        mode: format!("{:04o}", placed.mode),
        user: placed.user,
        group: placed.group,
        size,
        sha256,
        secrets: placed.secrets.clone(),
    })
}

fn known(bytes: &[u8]) -> (u64, String) {
    (bytes.len() as u64, digest(bytes))
}

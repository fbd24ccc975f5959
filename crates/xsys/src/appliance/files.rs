//! The user's files on a card: `[files]`.
//!
//! An entry is a path, or a table that says what the file is (`from`, `template`, `text` or `secret`) and whose. They are
//! read here, when everything that they need is there; which of them have secrets comes with them, because these lie in
//! an archive of their own and are told nobody.

use std::fmt;
use std::path::PathBuf;

use serde::Deserialize;
use serde::de::value::MapAccessDeserializer;
use serde::de::{Error, MapAccess, Visitor};
use xsys_diag::{Diagnostic, Source};
use zeroize::Zeroizing;

use super::description::Description;
use super::templates::Template;
use crate::error::file;

/// The mode of files without one.
const MODE: u32 = 0o644;
const SECRET_MODE: u32 = 0o600;

/// An entry.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Entry {
    pub origin: Origin,
    pub mode: Option<u32>,
    pub user: u32,
    pub group: Option<u32>,
}

/// What a file is.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Origin {
    From(PathBuf),
    Template(PathBuf),
    /// A template in the description.
    Text(String),
    Secret(String),
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Table {
    from: Option<PathBuf>,
    template: Option<PathBuf>,
    text: Option<String>,
    secret: Option<String>,
    mode: Option<u32>,
    user: Option<u32>,
    group: Option<u32>,
}

impl<'de> Deserialize<'de> for Entry {
    fn deserialize<D: serde::Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_any(Form)
    }
}

/// A path or a table.
struct Form;

impl<'de> Visitor<'de> for Form {
    type Value = Entry;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a path, or a table with `from`, `template`, `text` or `secret`")
    }

    fn visit_str<E: Error>(self, path: &str) -> Result<Entry, E> {
        Ok(Entry {
            origin: Origin::From(path.into()),
            mode: None,
            user: 0,
            group: None,
        })
    }

    fn visit_map<A: MapAccess<'de>>(self, map: A) -> Result<Entry, A::Error> {
        let table = Table::deserialize(MapAccessDeserializer::new(map))?;
        let origin = match (table.from, table.template, table.text, table.secret) {
            (Some(path), None, None, None) => Origin::From(path),
            (None, Some(path), None, None) => Origin::Template(path),
            (None, None, Some(text), None) => Origin::Text(text),
            (None, None, None, Some(name)) => Origin::Secret(name),
            _ => {
                return Err(A::Error::custom(
                    "a file is one of `from`, `template`, `text` and `secret`",
                ));
            }
        };
        if table.mode.is_some_and(|mode| mode > 0o7777) {
            return Err(A::Error::custom(
                "`mode` has four octal digits at most, such as 0o640",
            ));
        }
        Ok(Entry {
            origin,
            mode: table.mode,
            user: table.user.unwrap_or(0),
            group: table.group,
        })
    }
}

/// A file as it is going to be.
pub struct Placed {
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
pub enum Content {
    File(PathBuf),
    Bytes(Zeroizing<Vec<u8>>),
}

impl Placed {
    pub fn is_secret(&self) -> bool {
        !self.secrets.is_empty()
    }
}

/// Reads what has to be read for the files of an appliance. All that is wrong is told together.
pub fn gather(description: &Description) -> Result<Vec<Placed>, Vec<Diagnostic>> {
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

/// Reads what has to be read for one.
pub fn read(description: &Description, place: &str, entry: &Entry) -> Result<Placed, Diagnostic> {
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
            let path = description.folder().join(path);
            match path.is_file() {
                true => Ok((Content::File(path), Vec::new())),
                false => Err(here(missing(description, &path))),
            }
        }
        Origin::Template(path) => {
            let path = description.folder().join(path);
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
        "paths of `[files]` are relative to the folder of {}",
        description.file_name()
    ))
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeMap;

    use super::*;

    fn entry(text: &str) -> Result<Entry, String> {
        let mut files: BTreeMap<String, Entry> =
            toml::from_str(text).map_err(|error| error.message().to_owned())?;
        Ok(files.remove("f").unwrap())
    }

    #[test]
    fn an_entry_is_a_path_or_a_table() {
        assert_eq!(entry("f = 'a'").unwrap().origin, Origin::From("a".into()));
        let found = entry("f = { secret = 'token', user = 1000, mode = 0o400 }").unwrap();
        assert_eq!(found.origin, Origin::Secret("token".to_owned()));
        assert_eq!((found.mode, found.user), (Some(0o400), 1000));
        for (text, said) in [
            ("f = { mode = 0o400 }", "a file is one of"),
            ("f = { text = '', from = 'a' }", "a file is one of"),
            ("f = { text = '', mode = 99999 }", "four octal digits"),
            ("f = { txt = '' }", "unknown field `txt`"),
            ("f = 3", "expected a path, or a table"),
        ] {
            let error = entry(text).unwrap_err();
            assert!(error.contains(said), "{text}: {error}");
        }
    }
}

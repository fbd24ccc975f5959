//! An entry of `[files]`: a path, or a table with the source (`from`, `template`, `text` or `secret`), mode and owner.

use std::fmt;
use std::path::PathBuf;

use serde::Deserialize;
use serde::de::value::MapAccessDeserializer;
use serde::de::{Error, MapAccess, Visitor};

/// An entry.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Entry {
    pub origin: Origin,
    pub mode: Option<u32>,
    pub user: u32,
    pub group: Option<u32>,
}

/// What a file is.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Origin {
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

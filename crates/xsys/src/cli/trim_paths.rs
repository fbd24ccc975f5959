//! The value of `trim-paths`, on the command line and in manifests, as in cargo's RFC 3127.

use std::str::FromStr;

use serde::Deserialize;
use xsys_diag::did_you_mean;

/// Where paths are replaced.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
#[serde(try_from = "Given")]
pub(crate) enum TrimPaths {
    None,
    /// rustc's names of scopes.
    Scopes(Vec<&'static str>),
    All,
}

/// The form in cargo's manifests: a boolean, a word, a list of words.
#[derive(Deserialize)]
#[serde(untagged)]
enum Given {
    Flag(bool),
    Word(String),
    List(Vec<String>),
}

impl TryFrom<Given> for TrimPaths {
    type Error = String;

    fn try_from(given: Given) -> Result<Self, String> {
        match given {
            Given::Flag(true) => Ok(Self::All),
            Given::Flag(false) => Ok(Self::None),
            Given::Word(word) => Self::of_words(&[word.as_str()]),
            Given::List(list) => {
                Self::of_words(&list.iter().map(String::as_str).collect::<Vec<_>>())
            }
        }
    }
}

impl FromStr for TrimPaths {
    type Err = String;

    /// The flag's value: words with commas between.
    fn from_str(text: &str) -> Result<Self, String> {
        Self::of_words(&text.split(',').map(str::trim).collect::<Vec<_>>())
    }
}

const SCOPES: [&str; 3] = ["macro", "diagnostics", "object"];

const WORDS: [&str; 7] = [
    "none",
    "macro",
    "diagnostics",
    "object",
    "all",
    "true",
    "false",
];

impl TrimPaths {
    fn of_words(words: &[&str]) -> Result<Self, String> {
        match words {
            [] | ["none" | "false"] => return Ok(Self::None),
            ["all" | "true"] => return Ok(Self::All),
            _ => {}
        }
        let mut scopes = Vec::new();
        for word in words {
            match SCOPES.into_iter().find(|scope| scope == word) {
                Some(scope) if scopes.contains(&scope) => {}
                Some(scope) => scopes.push(scope),
                None if WORDS.contains(word) => {
                    return Err(format!("`{word}` cannot be one of several values"));
                }
                None => return Err(unknown(word)),
            }
        }
        Ok(Self::Scopes(scopes))
    }

    /// A profile's default.
    pub(crate) fn of_profile(is_release: bool) -> Self {
        match is_release {
            // Even in a release build, messages are read by the person who builds.
            true => Self::Scopes(vec!["object"]),
            false => Self::None,
        }
    }
}

fn unknown(word: &str) -> String {
    let known = match did_you_mean(word, WORDS) {
        Some(close) => format!("did you mean `{close}`?"),
        None => format!("known: {}", WORDS.join(", ")),
    };
    format!("unknown value `{word}` for `trim-paths`, {known}")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn values_are_cargos() {
        use TrimPaths::{All, None, Scopes};
        for (text, expected) in [
            ("false", Ok(None)),
            ("true", Ok(All)),
            ("\"none\"", Ok(None)),
            ("\"all\"", Ok(All)),
            ("[]", Ok(None)),
            ("\"object\"", Ok(Scopes(vec!["object"]))),
            (
                "[\"macro\", \"diagnostics\", \"macro\"]",
                Ok(Scopes(vec!["macro", "diagnostics"])),
            ),
            (
                "[\"all\", \"macro\"]",
                Err("`all` cannot be one of several values"),
            ),
            (
                "\"objects\"",
                Err("unknown value `objects` for `trim-paths`, did you mean `object`?"),
            ),
        ] {
            let value: Given = toml::from_str::<toml::Table>(&format!("v = {text}"))
                .unwrap()
                .remove("v")
                .unwrap()
                .try_into()
                .unwrap();
            assert_eq!(
                TrimPaths::try_from(value),
                expected.map_err(str::to_owned),
                "{text}"
            );
        }
        assert_eq!("macro, object".parse(), Ok(Scopes(vec!["macro", "object"])));
        assert_eq!("none".parse(), Ok(None));
    }
}

//! `kernel.lock`: what was requested, and the resulting files with their digests.
//!
//! With it in version control everybody gets the same files, whatever the mirror has by then; if the mirror does not
//! have them any more there is an error, not another kernel.

use std::path::Path;

use serde::{Deserialize, Serialize};

use super::Error;

/// Its name, in the directory of the packages.
pub(crate) const FILE: &str = "kernel.lock";

/// The format that this xsys writes.
const FORMAT: u32 = 1;

#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Lock {
    pub format: u32,
    pub request: Request,
    #[serde(rename = "package", default)]
    pub packages: Vec<Package>,
}

/// The user's request.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub(crate) struct Request {
    #[serde(skip_serializing_if = "Option::is_none")]
    pub mirror: Option<String>,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub suites: Vec<String>,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub components: Vec<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub arch: Option<String>,
    /// Packages and addresses.
    pub names: Vec<String>,
}

/// A file that resulted from it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Package {
    /// The package's name, or the file's.
    pub name: String,
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub version: Option<String>,
    pub url: String,
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub size: Option<u64>,
    pub sha256: String,
}

impl Package {
    /// The file's name: the last part of its address, if that is a file name.
    pub(crate) fn file(&self) -> Option<String> {
        file_name(&self.url)
    }
}

/// The last part of an address, with `%3a` and the like decoded: mirrors write `+` and `~` so.
pub(super) fn file_name(url: &str) -> Option<String> {
    let path = url.split(['?', '#']).next()?;
    let (_, rest) = path.split_once("://")?;
    let (_, name) = rest.rsplit_once('/')?;
    let mut text = String::new();
    let mut letters = name.chars();
    while let Some(letter) = letters.next() {
        match letter {
            '%' => {
                let digits: String = letters.by_ref().take(2).collect();
                text.push(char::from(u8::from_str_radix(&digits, 16).ok()?));
            }
            letter => text.push(letter),
        }
    }
    let good = |letter: char| letter.is_ascii_alphanumeric() || "+-._~:".contains(letter);
    let name = text.replace(':', "_");
    let usable = text.chars().all(good) && !name.starts_with('.') && !name.is_empty();
    (usable && name.len() < 200).then_some(name)
}

impl Lock {
    pub(crate) fn new(request: Request, packages: Vec<Package>) -> Self {
        Self {
            format: FORMAT,
            request,
            packages,
        }
    }

    /// Reads it, if it exists.
    pub(crate) fn read(path: &Path) -> Result<Option<Self>, Error> {
        let text = match std::fs::read_to_string(path) {
            Ok(text) => text,
            Err(error) if error.kind() == std::io::ErrorKind::NotFound => return Ok(None),
            Err(error) => {
                return Err(Error::File {
                    doing: "read",
                    path: path.to_owned(),
                    error,
                });
            }
        };
        let wrong = |cause: String| Error::Lock {
            path: path.to_owned(),
            cause,
        };
        let lock: Self = toml::from_str(&text).map_err(|error| {
            let first = error.message().lines().next().unwrap_or_default();
            wrong(first.to_owned())
        })?;
        if lock.format != FORMAT {
            return Err(wrong(format!("its format is {}", lock.format)));
        }
        for package in &lock.packages {
            if package.file().is_none() || !is_digest(&package.sha256) {
                return Err(wrong(format!("`{}` cannot be fetched so", package.name)));
            }
        }
        Ok(Some(lock))
    }

    /// Writes it in one step.
    pub(crate) fn write(&self, path: &Path) -> Result<(), Error> {
        let told = |error| Error::File {
            doing: "write",
            path: path.to_owned(),
            error,
        };
        let text = toml::to_string(self).map_err(|error| told(std::io::Error::other(error)))?;
        let text = format!(
            "# Made by `xsys image fetch-kernel`. In version control it gives everybody the same files.\n\n{text}"
        );
        if std::fs::read_to_string(path).is_ok_and(|before| before == text) {
            return Ok(());
        }
        let new = path.with_extension("lock.new");
        std::fs::write(&new, text).map_err(told)?;
        std::fs::rename(&new, path).map_err(told)
    }
}

/// Whether it is a SHA-256 digest in hexadecimal digits.
pub(crate) fn is_digest(text: &str) -> bool {
    let digit = |byte: u8| byte.is_ascii_digit() || (b'a'..=b'f').contains(&byte);
    text.len() == 64 && text.bytes().all(digit)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_of_files() {
        for (url, name) in [
            ("http://a/b/c_1%2b2_arm64.deb", Some("c_1+2_arm64.deb")),
            ("http://a/b/c_1%3a2.deb?x=1", Some("c_1_2.deb")),
            ("http://a/b/", None),
            ("http://a/b/..", None),
            ("http://a/b/%2e%2e%2fc", None),
            ("http://a/.hidden", None),
            ("http://a/x%zz", None),
            ("x.deb", None),
        ] {
            assert_eq!(file_name(url).as_deref(), name, "{url}");
        }
    }

    #[test]
    fn what_is_written_is_read() {
        let directory = tempfile::tempdir().unwrap();
        let path = directory.path().join(FILE);
        assert!(Lock::read(&path).unwrap().is_none());
        let request = Request {
            mirror: Some("http://mirror/debian".to_owned()),
            suites: vec!["stable".to_owned()],
            names: vec!["linux-image-arm64".to_owned()],
            ..Request::default()
        };
        let package = Package {
            name: "linux-image-6.1-arm64".to_owned(),
            version: None,
            url: "http://mirror/debian/pool/linux.deb".to_owned(),
            size: Some(5),
            sha256: "ab".repeat(32),
        };
        let lock = Lock::new(request, vec![package]);
        lock.write(&path).unwrap();
        assert_eq!(Lock::read(&path).unwrap().as_ref(), Some(&lock));
        let text = std::fs::read_to_string(&path).unwrap();
        for (what, by) in [
            ("linux.deb", ".."),
            ("abab", "xxxx"),
            ("format = 1", "format = 2"),
            ("size", "sise"),
        ] {
            std::fs::write(&path, text.replacen(what, by, 1)).unwrap();
            assert!(Lock::read(&path).is_err(), "{what}");
        }
    }
}

//! `library/Cargo.lock`: which versions of crates.io packages a rust-src is made for.
//!
//! Format: version 3 and 4 of cargo's lock file. Only names, versions and checksums are needed;
//! the dependency edges follow from the manifests, for the target at hand.

use std::path::Path;

use serde::Deserialize;

use crate::Error;
use crate::manifest::read;

/// The packages of a lock file.
#[derive(Clone, Debug, Deserialize)]
pub(crate) struct Lock {
    #[serde(default, rename = "package")]
    pub packages: Vec<LockedPackage>,
}

/// One pinned package. Those without a checksum are part of rust-src.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
pub(crate) struct LockedPackage {
    pub name: String,
    pub version: semver::Version,
    pub checksum: Option<String>,
}

impl Lock {
    /// Reads a lock file.
    pub(crate) fn load(path: &Path) -> Result<Lock, Error> {
        toml::from_str(&read(path)?).map_err(|error| Error::Source {
            path: path.to_owned(),
            reason: error.to_string(),
        })
    }

    /// The pinned crates.io package that a dependency means; the newest where several fit.
    pub(crate) fn find(
        &self,
        name: &str,
        requirement: &semver::VersionReq,
    ) -> Option<&LockedPackage> {
        self.packages
            .iter()
            .filter(|package| package.name == name && package.checksum.is_some())
            .filter(|package| requirement.matches(&package.version))
            .max_by(|a, b| a.version.cmp(&b.version))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn several_versions_are_told_apart_by_the_requirement() {
        let lock: Lock = toml::from_str(
            "version = 4\n\
             [[package]]\nname = 'wasi'\nversion = '0.11.1+wasi-snapshot-preview1'\nchecksum = 'a'\n\
             [[package]]\nname = 'wasi'\nversion = '0.14.4+wasi-0.2.4'\nchecksum = 'b'\n\
             [[package]]\nname = 'std'\nversion = '0.0.0'\ndependencies = ['wasi 0.14.4+wasi-0.2.4']\n",
        )
        .unwrap();
        let find = |name: &str, requirement: &str| {
            lock.find(name, &requirement.parse().unwrap())
                .map(|package| package.checksum.clone().unwrap())
        };
        assert_eq!(find("wasi", "0.11.0"), Some("a".to_owned()));
        assert_eq!(find("wasi", "0.14.4"), Some("b".to_owned()));
        assert_eq!(find("wasi", "1"), None);
        assert_eq!(find("std", "*"), None);
    }
}

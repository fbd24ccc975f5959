//! A Debian mirror: from names of packages to files with digests.
//!
//! `dists/SUITE/Release` has the digests of the lists of packages, which have the digests of packages. So everything
//! depends on `Release`, whose signature is not checked here (that takes OpenPGP and the archive's keys): it is as
//! trustworthy as the connection to the mirror, unless the user gives its digest.
//!
//! A name such as `linux-image-arm64` means the newest kernel: a package without files, which depends on that.

use std::collections::{BTreeMap, BTreeSet};
use std::io::BufReader;

use xsys_diag::did_you_mean;
use xsys_image::digest::hex;
use xsys_image::packing::Packing;

use sha2::{Digest, Sha256};

use super::control::{self, Stanza};
use super::download::list;
use super::lock::{Package, Request, is_digest};
use super::{Error, version};
use crate::ui::Ui;

/// Components that are searched by default: the Pi's firmware is in the second.
const COMPONENTS: [&str; 2] = ["main", "non-free-firmware"];
/// Debian's have 0.2, 9 and 50 MB.
const RELEASE_LIMIT: u64 = 16 << 20;
const LIST_LIMIT: u64 = 128 << 20;
const UNPACKED_LIMIT: u64 = 1 << 30;
/// What kernels are called.
const KERNEL: &str = "linux-image-";
/// Where a package was found, among what is said of it.
const MIRROR: &str = "Mirror";
/// From a name to the package with the kernel.
const MOST_STEPS: usize = 4;

/// What `Release` says.
struct Release {
    url: String,
    /// Digest and size of each list, by path.
    lists: BTreeMap<String, (String, u64)>,
    components: Vec<String>,
    by_hash: bool,
}

/// The files that the request's names mean on the mirror. `pins` are digests that the user gave.
pub(crate) fn resolve(
    ui: Ui,
    mirror: &str,
    request: &Request,
    pins: &BTreeMap<String, String>,
) -> Result<Vec<Package>, Error> {
    let arch = request.arch.as_deref().unwrap_or_default();
    let names: Vec<&String> = request
        .names
        .iter()
        .filter(|name| !name.contains("://"))
        .collect();
    let mut found = Found::default();
    for suite in &request.suites {
        // A suite of another mirror, such as that of security updates.
        let (mirror, suite) = suite.split_once("/dists/").unwrap_or((mirror, suite));
        let release = Release::fetch(ui, mirror, suite, pins)?;
        for list in release.lists_for(&request.components, arch)? {
            release.read(ui, mirror, suite, &list, |stanza| {
                found.add(&names, mirror, stanza)
            })?;
        }
    }
    names
        .iter()
        .map(|name| found.package(request, name))
        .collect()
}

impl Release {
    fn fetch(
        ui: Ui,
        mirror: &str,
        suite: &str,
        pins: &BTreeMap<String, String>,
    ) -> Result<Self, Error> {
        let url = format!("{mirror}/dists/{suite}/Release");
        ui.status("Asking", &url);
        let bytes = list(ui, &url, RELEASE_LIMIT, None)?;
        if let Some(wanted) = pins.get("Release") {
            let is = hex(&Sha256::digest(&bytes));
            if *wanted != is {
                let (name, wanted) = ("Release".to_owned(), wanted.clone());
                return Err(Error::Pin { name, is, wanted });
            }
        }
        let damaged = |cause: String| Error::Damaged {
            url: url.clone(),
            cause,
        };
        let mut stanza = None;
        control::read(&bytes[..], |one| {
            stanza.get_or_insert(one);
        })
        .map_err(|error| damaged(error.to_string()))?;
        let stanza = stanza.filter(|stanza| stanza.contains_key("SHA256"));
        let stanza = stanza.ok_or_else(|| damaged("it has no digests".to_owned()))?;
        let mut lists = BTreeMap::new();
        for line in stanza["SHA256"].lines() {
            let words: Vec<&str> = line.split_whitespace().collect();
            if let [digest, size, path] = words[..]
                && let Ok(size) = size.parse()
                && is_digest(digest)
            {
                lists.insert(path.to_owned(), (digest.to_owned(), size));
            }
        }
        let words = |name| {
            stanza
                .get(name)
                .map_or("", String::as_str)
                .split_whitespace()
        };
        Ok(Self {
            // Some archives have the suite's name before components.
            components: words("Components")
                .map(|name| name.rsplit('/').next().unwrap_or(name).to_owned())
                .collect(),
            by_hash: stanza
                .get("Acquire-By-Hash")
                .is_some_and(|value| value == "yes"),
            lists,
            url,
        })
    }

    /// The paths of the lists that are to be read.
    fn lists_for(&self, components: &[String], arch: &str) -> Result<Vec<String>, Error> {
        let asked: Vec<&str> = match components {
            [] => COMPONENTS.to_vec(),
            some => some.iter().map(String::as_str).collect(),
        };
        let mut lists = Vec::new();
        for component in &asked {
            let list = format!("{component}/binary-{arch}/Packages");
            let forms = ["xz", "gz"].map(|ending| format!("{list}.{ending}"));
            let mut forms = forms.into_iter().chain([list.clone()]);
            match forms.find(|form| self.lists.contains_key(form)) {
                Some(form) => lists.push(form),
                // Older archives have no component for firmware alone.
                None if components.is_empty() && *component != COMPONENTS[0] => {}
                None => {
                    let has = self.lists.keys().filter_map(|path| {
                        let list = path.strip_suffix("/Packages")?;
                        (list.matches('/').count() == 1).then(|| list.replace("/binary-", " for "))
                    });
                    let has: BTreeSet<String> = has.collect();
                    let mut has: Vec<String> = has.into_iter().collect();
                    if has.is_empty() {
                        has.clone_from(&self.components);
                    }
                    return Err(Error::NoList { list, has });
                }
            }
        }
        Ok(lists)
    }

    fn read(
        &self,
        ui: Ui,
        mirror: &str,
        suite: &str,
        path: &str,
        each: impl FnMut(Stanza),
    ) -> Result<(), Error> {
        let (digest, size) = &self.lists[path];
        let directory = path.rsplit_once('/').map_or("", |(directory, _)| directory);
        // Requested by digest, a list stays available while the mirror is being updated.
        let path = match self.by_hash {
            true => format!("{directory}/by-hash/SHA256/{digest}"),
            false => path.to_owned(),
        };
        let url = format!("{mirror}/dists/{suite}/{path}");
        let bytes = list(ui, &url, (*size).min(LIST_LIMIT), Some(digest))?;
        let reader = Packing::of_bytes(&bytes).reader(&bytes[..]);
        let limited = std::io::Read::take(reader, UNPACKED_LIMIT);
        control::read(BufReader::new(limited), each).map_err(|error| Error::Damaged {
            url: format!("{} of {}", url, self.url),
            cause: error.to_string(),
        })
    }
}

/// Requested packages, kernels, and the names of all others.
#[derive(Default)]
struct Found {
    packages: BTreeMap<String, Vec<Stanza>>,
    names: BTreeSet<String>,
}

impl Found {
    fn add(&mut self, asked: &[&String], mirror: &str, mut stanza: Stanza) {
        let Some(name) = stanza.get("Package") else {
            return;
        };
        let name = name.clone();
        self.names.insert(name.clone());
        if name.starts_with(KERNEL) || asked.contains(&&name) {
            stanza.insert(MIRROR, mirror.to_owned());
            self.packages.entry(name).or_default().push(stanza);
        }
    }

    /// The newest package of a name, or the one of this version.
    fn newest(&self, name: &str, exact: Option<&str>) -> Option<&Stanza> {
        let of = |stanza: &&Stanza| stanza.get("Version").cloned().unwrap_or_default();
        let packages = self.packages.get(name)?.iter();
        let packages = packages.filter(|stanza| exact.is_none_or(|exact| of(stanza) == exact));
        packages.max_by(|one, other| version::compare(&of(one), &of(other)))
    }

    /// The package that a name means.
    fn package(&self, request: &Request, name: &str) -> Result<Package, Error> {
        let mut meant = name.to_owned();
        let mut exact = None;
        let mut stanza = None;
        for _ in 0..MOST_STEPS {
            stanza = self.newest(&meant, exact.as_deref());
            let depends = stanza.and_then(|stanza| stanza.get("Depends"));
            match depends.and_then(|depends| kernel_in(depends)) {
                Some(next) if meant.starts_with(KERNEL) && next.0 != meant => (meant, exact) = next,
                _ => break,
            }
        }
        let missing = || {
            let close = did_you_mean(&meant, self.names.iter().map(String::as_str));
            Error::NoPackage {
                name: meant.clone(),
                arch: request.arch.clone().unwrap_or_default(),
                suites: request.suites.join(" and "),
                close: close.into_iter().map(str::to_owned).collect(),
            }
        };
        let stanza = stanza.ok_or_else(missing)?;
        let mirror = stanza.get(MIRROR).map_or("", String::as_str);
        let damaged = |field: &str| Error::Damaged {
            url: mirror.to_owned(),
            cause: format!("its list says no usable `{field}` of `{meant}`"),
        };
        let field = |name: &str| stanza.get(name).cloned().ok_or_else(|| damaged(name));
        let path = field("Filename")?;
        let package = Package {
            name: meant.clone(),
            version: Some(field("Version")?),
            url: format!("{mirror}/{path}"),
            size: Some(field("Size")?.parse().map_err(|_| damaged("Size"))?),
            sha256: field("SHA256")?,
        };
        let clean = path.split('/').all(|part| !matches!(part, "" | "." | ".."))
            && path.chars().all(|letter| letter.is_ascii_graphic());
        if !clean || package.file().is_none_or(|file| !file.ends_with(".deb")) {
            return Err(damaged("Filename"));
        }
        match is_digest(&package.sha256) {
            true => Ok(package),
            false => Err(damaged("SHA256")),
        }
    }
}

/// The kernel among a package's dependencies, with its version if only one is allowed.
fn kernel_in(depends: &str) -> Option<(String, Option<String>)> {
    depends.split(',').find_map(|one| {
        let first = one.split('|').next()?.trim();
        let (name, rest) = first.split_once([' ', '(']).unwrap_or((first, ""));
        let name = name.split(':').next()?;
        let exact = rest
            .split_once('=')
            .filter(|(before, _)| !before.contains(['<', '>']));
        let exact = exact.map(|(_, version)| version.trim().trim_end_matches(')').to_owned());
        name.starts_with(KERNEL).then(|| (name.to_owned(), exact))
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn kernels_are_found_in_what_is_needed() {
        for (depends, name, version) in [
            (
                "linux-image-6.1.0-57-arm64 (= 6.1.192-3)",
                "6.1.0-57-arm64",
                Some("6.1.192-3"),
            ),
            ("a, linux-image-6-rpi (>= 1) | b", "6-rpi", None),
            ("linux-image-x:arm64", "x", None),
        ] {
            let (found, exact) = kernel_in(depends).unwrap();
            assert_eq!(found, format!("linux-image-{name}"));
            assert_eq!(exact.as_deref(), version, "{depends}");
        }
        assert!(kernel_in("kmod, initramfs-tools | linux-initramfs-tool").is_none());
    }
}

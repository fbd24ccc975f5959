//! `xsys image fetch-kernel`: packages from a mirror into a directory, the same ones each time.

use std::collections::BTreeMap;
use std::path::Path;

use xsys_diag::Diagnostic;

use crate::cli::Call;
use crate::cli::FetchKernelArgs;
use crate::error::{Result, file};
use crate::fetch::{
    Error, FILE, Lock, Package, Request, Want, fetch, is_digest, part_name, resolve,
};
use crate::ui::bytes;

/// A kernel's package has 60 MB; one with all its debug information 1 GB.
const MOST: u64 = 2 << 30;

pub(super) fn run(call: &Call, args: &FetchKernelArgs) -> Result<u8> {
    let path = args.to.join(FILE);
    let before = Lock::read(&path).map_err(Diagnostic::from)?;
    let request = request(args, before.as_ref())?;
    let pins = pins(&args.digests)?;
    let known = before
        .as_ref()
        .filter(|lock| !args.update && lock.request == request);
    let lock = match known {
        Some(lock) => lock.clone(),
        None => {
            let packages = packages(call, &request, &pins)?;
            Lock::new(request, packages)
        }
    };
    check(&lock.packages, &pins)?;
    std::fs::create_dir_all(&args.to).map_err(|error| file("make", &args.to, &error))?;
    lock.write(&path).map_err(Diagnostic::from)?;
    for package in &lock.packages {
        // A lock is only written and read together with its packages.
        let name = package.file().unwrap_or_default();
        let want = Want {
            url: &package.url,
            file: &name,
            size: package.size,
            sha256: &package.sha256,
            most: MOST,
        };
        let fetched = fetch(call.ui, &want, &args.to).map_err(Diagnostic::from)?;
        let at = args.to.join(&name);
        let size = at.metadata().map_or(0, |data| data.len());
        let verb = if fetched { "Fetched" } else { "Unchanged" };
        call.ui
            .status(verb, &format!("{}  {}", at.display(), bytes(size)));
    }
    if let Some(before) = &before {
        remove_old(call, before, &lock, &args.to);
    }
    call.ui.status("Locked", &path.display().to_string());
    Ok(0)
}

/// The request: the user's arguments, or those in the lock.
fn request(args: &FetchKernelArgs, lock: Option<&Lock>) -> Result<Request> {
    if args.names.is_empty() {
        return match lock {
            Some(lock) => Ok(lock.request.clone()),
            None => Err(Diagnostic::error("nothing is named that could be fetched")
                .note(format!("`{}` has no lock file of an earlier call", args.to.display()))
                .help("name packages and where they are: `xsys image fetch-kernel --mirror https://deb.debian.org/debian --suite bookworm linux-image-arm64 raspi-firmware`")
                .into()),
        };
    }
    let packages = args.names.iter().any(|name| !name.contains("://"));
    if packages && args.mirror.is_none() {
        return Err(Diagnostic::error("no mirror is named that the packages could come from")
            .help("xsys has no default mirror: add `--mirror https://deb.debian.org/debian --suite bookworm`, or another mirror")
            .into());
    }
    if packages && args.suites.is_empty() {
        return Err(
            Diagnostic::error("mirrors have several suites, and none is named")
                .help("add `--suite bookworm`, or another one that the mirror has below `dists`")
                .into(),
        );
    }
    let mirror = args.mirror.as_deref().filter(|_| packages);
    let others = args.suites.iter().filter(|suite| suite.contains("/dists/"));
    let mut addresses = others.map(String::as_str).chain(mirror);
    if let Some(wrong) = addresses.find(|address| !is_address(address)) {
        return Err(Diagnostic::from(Error::Address(wrong.to_owned())).into());
    }
    let mirror = mirror.map(|mirror| mirror.trim_end_matches('/').to_owned());
    let of_mirror = |names: &[String]| if packages { names.to_vec() } else { Vec::new() };
    Ok(Request {
        mirror,
        suites: of_mirror(&args.suites),
        components: of_mirror(&args.components),
        arch: packages.then(|| args.arch.clone()),
        names: args.names.clone(),
    })
}

fn is_address(text: &str) -> bool {
    let host = text
        .strip_prefix("http://")
        .or_else(|| text.strip_prefix("https://"));
    host.is_some_and(|host| !host.is_empty() && !host.starts_with('/'))
        && text.chars().all(|letter| letter.is_ascii_graphic())
}

/// Digests by what they are for; by "" if nothing is said.
fn pins(digests: &[String]) -> Result<BTreeMap<String, String>> {
    let mut pins = BTreeMap::new();
    for text in digests {
        let (name, digest) = text.rsplit_once('=').unwrap_or(("", text));
        let digest = digest.to_ascii_lowercase();
        if !is_digest(&digest) {
            return Err(
                Diagnostic::error(format!("`{text}` is not a SHA-256 digest"))
                    .help("write `--sha256 NAME=DIGEST`, with 64 hexadecimal digits")
                    .into(),
            );
        }
        pins.insert(name.to_owned(), digest);
    }
    Ok(pins)
}

/// The files that the request means now.
fn packages(
    call: &Call,
    request: &Request,
    pins: &BTreeMap<String, String>,
) -> Result<Vec<Package>> {
    let mut packages = Vec::new();
    if let Some(mirror) = &request.mirror {
        packages = resolve(call.ui, mirror, request, pins).map_err(Diagnostic::from)?;
        for package in &packages {
            let version = package.version.as_deref().unwrap_or_default();
            call.ui
                .status("Found", &format!("{} {version}", package.name));
        }
        if !pins.contains_key("Release") {
            call.ui.status(
                "Trusting",
                "the mirror's list as it came: its signature is not checked, the packages' digests are",
            );
        }
    }
    for url in request.names.iter().filter(|name| name.contains("://")) {
        let package = |name: String, sha256| Package {
            name,
            version: None,
            url: url.clone(),
            size: None,
            sha256,
        };
        let name = package(String::new(), String::new()).file();
        let name = name.filter(|_| is_address(url));
        let name = name.ok_or_else(|| Diagnostic::from(Error::Address(url.clone())))?;
        let alone = pins.get("").filter(|_| request.names.len() == 1);
        let digest = pins.get(&name).or_else(|| pins.get(url)).or(alone);
        let digest = digest.ok_or_else(|| {
            Diagnostic::error(format!("no digest is given for `{name}`")).help(format!(
                "add `--sha256 {name}=DIGEST`, with the SHA-256 that its publisher says"
            ))
        })?;
        packages.push(package(name, digest.clone()));
    }
    Ok(packages)
}

/// Compares with the digests that the user gave. One for a file that is not fetched is a mistake.
fn check(packages: &[Package], pins: &BTreeMap<String, String>) -> Result<()> {
    for (name, wanted) in pins.iter().filter(|(name, _)| *name != "Release") {
        let is_meant = |package: &&Package| match &**name {
            "" => packages.len() == 1,
            name => {
                package.name == name
                    || package.url == name
                    || package.file().as_deref() == Some(name)
            }
        };
        let Some(package) = packages.iter().find(is_meant) else {
            let names: Vec<&str> = packages.iter().map(|package| &*package.name).collect();
            return Err(Diagnostic::error(format!(
                "`--sha256 {name}` is of nothing that is fetched"
            ))
            .help(format!("what is fetched: `{}`", names.join("`, `")))
            .into());
        };
        if package.sha256 != *wanted {
            let (name, is) = (package.name.clone(), package.sha256.clone());
            let wanted = wanted.clone();
            return Err(Diagnostic::from(Error::Pin { name, is, wanted }).into());
        }
    }
    Ok(())
}

/// Removes files that an earlier lock named and this one does not: with two kernels in a directory it is not clear
/// which is meant.
fn remove_old(call: &Call, before: &Lock, lock: &Lock, directory: &Path) {
    let stays: Vec<Option<String>> = lock.packages.iter().map(Package::file).collect();
    for package in &before.packages {
        let name = package.file();
        if let (false, Some(name)) = (stays.contains(&name), name) {
            // A partial download is of no use any more.
            let _ = std::fs::remove_file(directory.join(part_name(&name)));
            let path = directory.join(name);
            if std::fs::remove_file(&path).is_ok() {
                call.ui.status("Removed", &path.display().to_string());
            }
        }
    }
}

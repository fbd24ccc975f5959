//! The path of this program that cargo and rustc call back.
//!
//! `xsys`, `cargo-xsys`, `xsys-ld` and `xsys-cc` are one program under four names. cargo compiles everything
//! again when the linker's name changes, so it is always given `xsys`, whichever was started.

use std::path::{Path, PathBuf};

use crate::programs::find;

/// The program `xsys` beside the running one.
pub(crate) fn path() -> std::io::Result<PathBuf> {
    std::env::current_exe().map(|own| named_xsys(&own, Path::is_file))
}

fn named_xsys(own: &Path, is_file: impl Fn(&Path) -> bool) -> PathBuf {
    let name = own.file_stem().and_then(|name| name.to_str());
    let xsys = own.with_file_name(format!("xsys{}", std::env::consts::EXE_SUFFIX));
    match name {
        Some("cargo-xsys" | "xsys-ld" | "xsys-cc") if is_file(&xsys) => xsys,
        _ => own.to_owned(),
    }
}

/// Hosts whose start files `xsys-cc` can make where the C library's are not installed.
const SERVED: [&str; 2] = ["x86_64-unknown-linux-gnu", "aarch64-unknown-linux-gnu"];

/// `xsys-cc`, if it has to stand in for the `cc` that this host lacks.
pub(crate) fn instead_of_cc(host: &str) -> Option<PathBuf> {
    if !SERVED.contains(&host) || find("cc").is_some() {
        return None;
    }
    let own = path().ok()?.with_file_name("xsys-cc");
    own.is_file().then_some(own)
}

/// Makes a link to this program under another name.
pub(crate) fn link(bin: &Path, name: &str) -> std::io::Result<PathBuf> {
    let own = path()?;
    let link = bin.join(name);
    if std::fs::read_link(&link).is_ok_and(|found| found == own) {
        return Ok(link);
    }
    std::fs::create_dir_all(bin)?;
    // First under a temporary name: another build may be using the link.
    let new = bin.join(format!("{name}-{}", std::process::id()));
    symlink(&own, &new)?;
    std::fs::rename(&new, &link)?;
    Ok(link)
}

#[cfg(unix)]
fn symlink(to: &Path, link: &Path) -> std::io::Result<()> {
    std::os::unix::fs::symlink(to, link)
}

#[cfg(not(unix))]
fn symlink(_: &Path, _: &Path) -> std::io::Result<()> {
    Err(std::io::ErrorKind::Unsupported.into())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn all_names_lead_to_one() {
        let suffix = std::env::consts::EXE_SUFFIX;
        let file = |name: &str| PathBuf::from(format!("/bin/{name}{suffix}"));
        for (own, is_there, expected) in [
            ("xsys", true, "xsys"),
            ("cargo-xsys", true, "xsys"),
            ("xsys-ld", true, "xsys"),
            ("cargo-xsys", false, "cargo-xsys"),
            ("mine", true, "mine"),
        ] {
            assert_eq!(named_xsys(&file(own), |_| is_there), file(expected));
        }
    }
}

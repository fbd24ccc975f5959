//! `lib/rustlib/src/rust` of a sysroot: a link to the toolchain's rust-src.
//!
//! Crates contain `/rustc/<commit>/library/…` as the paths of their sources. rustc looks for the real files in its
//! sysroot, and if it finds them, its messages and the debug information of generic functions name files that editors
//! and debuggers can open. The link only serves this machine and is not part of the entry: it is made when an entry is
//! used, and made again if it leads to another toolchain.

use std::path::Path;

use crate::compile::root;

/// Makes the link. A read-only entry has none.
pub(crate) fn ensure(sysroot: &Path, library: &Path) {
    let link = sysroot.join("lib/rustlib/src/rust");
    let sources = root(library);
    if std::fs::read_link(&link).is_ok_and(|found| found == sources) {
        return;
    }
    let Some(directory) = link.parent() else {
        return;
    };
    // First under a temporary name: another process may be reading it.
    let new = directory.join(format!("new-{}", std::process::id()));
    let made = std::fs::create_dir_all(directory).and_then(|()| symlink(sources, &new));
    if made.is_ok() && std::fs::rename(&new, &link).is_err() {
        let _ = std::fs::remove_file(&new);
    }
}

#[cfg(unix)]
fn symlink(to: &Path, link: &Path) -> std::io::Result<()> {
    std::os::unix::fs::symlink(to, link)
}

#[cfg(windows)]
fn symlink(to: &Path, link: &Path) -> std::io::Result<()> {
    std::os::windows::fs::symlink_dir(to, link)
}

#[cfg(all(test, unix))]
mod tests {
    use super::*;

    #[test]
    fn it_leads_to_the_toolchain_in_use() {
        let directory = tempfile::tempdir().unwrap();
        let link = directory.path().join("lib/rustlib/src/rust");
        for library in ["/a/library", "/b/library", "/b/library"] {
            ensure(directory.path(), Path::new(library));
            let expected = Path::new(library).parent().unwrap();
            assert_eq!(std::fs::read_link(&link).unwrap(), expected);
        }
        let beside = std::fs::read_dir(link.parent().unwrap()).unwrap();
        assert_eq!(beside.count(), 1);
    }
}

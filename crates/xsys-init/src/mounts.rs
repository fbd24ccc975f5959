//! The file systems that every program expects, and a read-only root.
//!
//! The root is the initramfs itself, or is below it (see `root.rs`), so it is memory: files written there would be gone
//! after the next boot, and would take memory from everybody until then. Temporary files go to `/run` and `/tmp`, each
//! with a limit; state goes to `/data` (see `data.rs`).

use crate::sys::{self, MS_NOATIME, MS_NODEV, MS_NOEXEC, MS_NOSUID, MS_RDONLY, MS_REMOUNT};
use std::fs;
use std::os::unix::fs::symlink;

const EARLY: &[(&str, &str, &str, u32, &str)] = &[
    (
        "proc",
        "/proc",
        "proc",
        MS_NOSUID | MS_NODEV | MS_NOEXEC,
        "",
    ),
    (
        "sysfs",
        "/sys",
        "sysfs",
        MS_NOSUID | MS_NODEV | MS_NOEXEC,
        "",
    ),
    (
        "devtmpfs",
        "/dev",
        "devtmpfs",
        MS_NOSUID | MS_NOEXEC,
        "mode=0755",
    ),
    (
        "devpts",
        "/dev/pts",
        "devpts",
        MS_NOSUID | MS_NOEXEC,
        "gid=5,mode=0620,ptmxmode=0666",
    ),
    (
        "shm",
        "/dev/shm",
        "tmpfs",
        MS_NOSUID | MS_NODEV | MS_NOEXEC,
        "mode=1777,size=10%",
    ),
    (
        "run",
        "/run",
        "tmpfs",
        MS_NOSUID | MS_NODEV,
        "mode=0755,size=10%",
    ),
    (
        "tmp",
        "/tmp",
        "tmpfs",
        MS_NOSUID | MS_NODEV,
        "mode=1777,size=25%",
    ),
];

/// Mounts what is the same on every machine. Returns errors: nothing can be logged yet.
pub(crate) fn early() -> Vec<String> {
    let mut wrong = Vec::new();
    for &(source, target, kind, flags, options) in EARLY {
        // Most of these directories are missing in an initramfs.
        let _ = fs::create_dir_all(target);
        if let Err(error) = sys::mount_on(source, target, kind, flags, options) {
            // The kernel may have mounted /dev itself (CONFIG_DEVTMPFS_MOUNT).
            if error.kind() != std::io::ErrorKind::ResourceBusy {
                wrong.push(format!("cannot mount {kind} on {target}: {error}"));
            }
        }
    }
    for (link, target) in [
        ("/dev/fd", "/proc/self/fd"),
        ("/dev/stdin", "/proc/self/fd/0"),
        ("/dev/stdout", "/proc/self/fd/1"),
        ("/dev/stderr", "/proc/self/fd/2"),
    ] {
        let _ = symlink(target, link);
    }
    wrong
}

/// Files that change although the root cannot: `/etc/resolv.conf` is in `/run`. The data
/// partition's mount point must exist before the root becomes read-only.
pub(crate) fn prepare_root(mount_point: Option<&str>) {
    if let Some(directory) = mount_point {
        let _ = fs::create_dir_all(directory);
    }
    let _ = fs::create_dir_all("/etc");
    let _ = fs::remove_file("/etc/resolv.conf");
    let _ = symlink("/run/resolv.conf", "/etc/resolv.conf");
    if fs::metadata("/etc/hosts").is_err() {
        let _ = fs::write("/etc/hosts", "127.0.0.1 localhost\n::1 localhost\n");
    }
}

/// Makes the root read-only.
pub(crate) fn seal_root() -> std::io::Result<()> {
    sys::mount_on("none", "/", "none", MS_REMOUNT | MS_RDONLY | MS_NOATIME, "")
}

//! Copies what can still be read of a damaged file system into the new one.
//!
//! A damaged journal is the usual case: without it (`noload`) everything is readable, as of a moment before. But
//! without a journal the partition must not be written. So its files are read into memory, a new file system is made,
//! and they are written back, as far as memory allows; what cannot be read is counted. A power cut in those seconds
//! loses them.

use crate::log::say;
use crate::sys::{self, MS_NODEV, MS_NOSUID, MS_RDONLY};
use std::ffi::CString;
use std::fs::{self, Metadata};
use std::io;
use std::os::unix::fs::{MetadataExt, chown, lchown, symlink};
use std::path::Path;

const OLD: &str = "/run/xsys/old";
const KEPT: &str = "/run/xsys/kept";
/// Directories of a damaged file system may contain themselves.
const DEEPEST: u32 = 64;

#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub(crate) struct Tally {
    pub files: u64,
    pub bytes: u64,
    pub lost: u64,
}

#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) enum Amount {
    /// Returns everything or nothing.
    All,
    WhatFits,
}

/// Reads what can be read into memory; `None` if the root directory is unreadable, or if it is too much.
pub(crate) fn collect(device: &str, amount: Amount) -> Option<Tally> {
    let _ = fs::create_dir_all(OLD);
    let _ = fs::create_dir_all(KEPT);
    let read_only = |options| {
        sys::mount_on(
            device,
            OLD,
            "ext4",
            MS_RDONLY | MS_NOSUID | MS_NODEV,
            options,
        )
    };
    read_only("noload")
        .or_else(|_| read_only("noload,sb=131072"))
        .ok()?;
    let (used, room) = (used(OLD), free_memory() / 2);
    if amount == Amount::All && used > room {
        say!("{device}: its {} MB do not fit into memory", used >> 20);
        let _ = sys::unmount(OLD, 0);
        return None;
    }
    let mut tally = Tally::default();
    let done = sys::mount_on(
        "kept",
        KEPT,
        "tmpfs",
        MS_NOSUID | MS_NODEV,
        "mode=0700,size=50%",
    )
    .and_then(|()| copy_directory(Path::new(OLD), Path::new(KEPT), 0, &mut tally));
    let _ = sys::unmount(OLD, 0);
    match done {
        Ok(()) => {
            say!(
                "{device}: {} files ({} KB) can be read, {} cannot",
                tally.files,
                tally.bytes >> 10,
                tally.lost
            );
            Some(tally)
        }
        Err(error) => {
            say!("{device}: nothing can be read: {error}");
            let _ = sys::unmount(KEPT, 0);
            None
        }
    }
}

fn used(mount: &str) -> u64 {
    let space = CString::new(mount).ok().and_then(|path| sys::space(&path));
    space.map_or(0, |(free, total)| total.saturating_sub(free))
}

fn free_memory() -> u64 {
    let text = fs::read_to_string("/proc/meminfo").unwrap_or_default();
    let line = text
        .lines()
        .find_map(|line| line.strip_prefix("MemAvailable:"));
    line.and_then(|line| line.split_whitespace().next()?.parse::<u64>().ok())
        .unwrap_or(0)
        << 10
}

/// Writes the files into the new file system. Failures are added to the tally.
pub(crate) fn restore(mount: &str, tally: &mut Tally) {
    let mut back = Tally::default();
    if let Err(error) = copy_directory(Path::new(KEPT), Path::new(mount), 0, &mut back) {
        say!("cannot write back what was kept: {error}");
    }
    sys::sync();
    tally.lost += tally.files.saturating_sub(back.files);
    tally.files = back.files;
    let _ = sys::unmount(KEPT, 0);
}

/// Fails only if the directory itself cannot be read; its entries are tried one by one.
fn copy_directory(from: &Path, to: &Path, depth: u32, tally: &mut Tally) -> io::Result<()> {
    for entry in fs::read_dir(from)? {
        let Ok(entry) = entry else {
            tally.lost += 1;
            break;
        };
        // The new file system has its own.
        if depth == 0 && entry.file_name() == "lost+found" {
            continue;
        }
        let (old, new) = (entry.path(), to.join(entry.file_name()));
        let copied =
            fs::symlink_metadata(&old).and_then(|meta| copy_entry(&old, &new, &meta, depth, tally));
        if copied.is_err() {
            tally.lost += 1;
        }
    }
    Ok(())
}

fn copy_entry(
    old: &Path,
    new: &Path,
    meta: &Metadata,
    depth: u32,
    tally: &mut Tally,
) -> io::Result<()> {
    let (user, group) = (Some(meta.uid()), Some(meta.gid()));
    if meta.is_dir() {
        if depth >= DEEPEST {
            return Err(io::ErrorKind::QuotaExceeded.into());
        }
        fs::create_dir_all(new)?;
        fs::set_permissions(new, meta.permissions())?;
        chown(new, user, group)?;
        return copy_directory(old, new, depth + 1, tally);
    }
    if meta.is_symlink() {
        symlink(fs::read_link(old)?, new)?;
        lchown(new, user, group)?;
    } else if meta.is_file() {
        // Half a file is worse than none.
        if let Err(error) = fs::copy(old, new) {
            let _ = fs::remove_file(new);
            return Err(error);
        }
        chown(new, user, group)?;
    } else {
        // Sockets and pipes are created again by the programs that need them.
        return Ok(());
    }
    tally.files += 1;
    tally.bytes += meta.len();
    Ok(())
}

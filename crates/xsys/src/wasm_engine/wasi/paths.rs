//! WASI's calls on paths, each below a directory that the program holds.

use std::path::{Path, PathBuf};

use cap_fs_ext::{DirExt, FollowSymlinks, OpenOptionsFollowExt, SystemTimeSpec};
use cap_std::fs::{Dir, OpenOptions};

use crate::wasm_engine::guest::Guest;
use crate::wasm_engine::wasi::State;
use crate::wasm_engine::wasi::errno::{Done, Errno};
use crate::wasm_engine::wasi::files::{stat_of, times};
use crate::wasm_engine::wasi::layout::{FOLLOW, fd_flags, open_flags, rights};
use crate::wasm_engine::wasi::table::{Descriptor, Object};

/// A path as the program has it in memory; WASI's are UTF-8.
fn path(guest: &Guest<'_>, addr: u32, len: u32) -> Done<PathBuf> {
    let bytes = guest.bytes(addr.into(), len.into())?;
    let text = std::str::from_utf8(bytes).map_err(|_| Errno::Ilseq)?;
    if text.contains('\0') {
        return Err(Errno::Ilseq);
    }
    if text.is_empty() {
        return Err(Errno::Noent);
    }
    Ok(PathBuf::from(text))
}

pub(super) fn create_directory(
    state: &mut State,
    guest: &mut Guest<'_>,
    fd: u32,
    addr: u32,
    len: u32,
) -> Done {
    let dir = state.table.directory(fd)?;
    Ok(dir.create_dir(path(guest, addr, len)?)?)
}

pub(super) fn remove_directory(
    state: &mut State,
    guest: &mut Guest<'_>,
    fd: u32,
    addr: u32,
    len: u32,
) -> Done {
    let dir = state.table.directory(fd)?;
    Ok(dir.remove_dir(path(guest, addr, len)?)?)
}

pub(super) fn unlink_file(
    state: &mut State,
    guest: &mut Guest<'_>,
    fd: u32,
    addr: u32,
    len: u32,
) -> Done {
    let dir = state.table.directory(fd)?;
    Ok(dir.remove_file_or_symlink(path(guest, addr, len)?)?)
}

pub(super) fn filestat_get(
    state: &mut State,
    guest: &mut Guest<'_>,
    fd: u32,
    flags: u32,
    addr: u32,
    len: u32,
    out: u32,
) -> Done {
    let dir = state.table.directory(fd)?;
    let path = path(guest, addr, len)?;
    let metadata = match flags & FOLLOW != 0 {
        true => dir.metadata(path)?,
        false => dir.symlink_metadata(path)?,
    };
    stat_of(&metadata).put(guest, out)
}

#[expect(clippy::too_many_arguments, reason = "the call has as many")]
pub(super) fn filestat_set_times(
    state: &mut State,
    guest: &mut Guest<'_>,
    fd: u32,
    flags: u32,
    addr: u32,
    len: u32,
    accessed: u64,
    modified: u64,
    which: u32,
) -> Done {
    let dir = state.table.directory(fd)?;
    let path = path(guest, addr, len)?;
    let (accessed, modified) = times(accessed, modified, which)?;
    let spec = |time: Option<std::time::SystemTime>| {
        time.map(|time| SystemTimeSpec::Absolute(cap_std::time::SystemTime::from_std(time)))
    };
    let (accessed, modified) = (spec(accessed), spec(modified));
    match flags & FOLLOW != 0 {
        true => dir.set_times(path, accessed, modified)?,
        false => dir.set_symlink_times(path, accessed, modified)?,
    }
    Ok(())
}

#[expect(clippy::too_many_arguments, reason = "the call has as many")]
pub(super) fn link(
    state: &mut State,
    guest: &mut Guest<'_>,
    from: u32,
    flags: u32,
    old: u32,
    old_len: u32,
    to: u32,
    new: u32,
    new_len: u32,
) -> Done {
    if flags & FOLLOW != 0 {
        // A hard link to a symbolic link is not possible on all systems.
        return Err(Errno::Inval);
    }
    let (from, to) = (state.table.directory(from)?, state.table.directory(to)?);
    let (old, new) = (path(guest, old, old_len)?, path(guest, new, new_len)?);
    Ok(from.hard_link(old, &to, new)?)
}

#[expect(clippy::too_many_arguments, reason = "the call has as many")]
pub(super) fn rename(
    state: &mut State,
    guest: &mut Guest<'_>,
    from: u32,
    old: u32,
    old_len: u32,
    to: u32,
    new: u32,
    new_len: u32,
) -> Done {
    let (from, to) = (state.table.directory(from)?, state.table.directory(to)?);
    let (old, new) = (path(guest, old, old_len)?, path(guest, new, new_len)?);
    Ok(from.rename(old, &to, new)?)
}

pub(super) fn symlink(
    state: &mut State,
    guest: &mut Guest<'_>,
    old: u32,
    old_len: u32,
    fd: u32,
    new: u32,
    new_len: u32,
) -> Done {
    let dir = state.table.directory(fd)?;
    let (old, new) = (path(guest, old, old_len)?, path(guest, new, new_len)?);
    Ok(DirExt::symlink(&*dir, old, new)?)
}

#[expect(clippy::too_many_arguments, reason = "the call has as many")]
pub(super) fn readlink(
    state: &mut State,
    guest: &mut Guest<'_>,
    fd: u32,
    addr: u32,
    len: u32,
    into: u32,
    most: u32,
    out: u32,
) -> Done {
    let dir = state.table.directory(fd)?;
    let target = dir.read_link(path(guest, addr, len)?)?;
    let bytes = target.as_os_str().as_encoded_bytes();
    let bytes = bytes.get(..most as usize).unwrap_or(bytes);
    guest.put(into.into(), bytes)?;
    let used = u32::try_from(bytes.len()).map_err(|_| Errno::Overflow)?;
    Ok(guest.put_u32(out.into(), used)?)
}

/// How a program wants to open a path.
struct Open {
    follow: bool,
    flags: u32,
    rights: u64,
    fd_flags: u16,
}

#[expect(clippy::too_many_arguments, reason = "the call has as many")]
pub(super) fn open(
    state: &mut State,
    guest: &mut Guest<'_>,
    fd: u32,
    follow: u32,
    addr: u32,
    len: u32,
    flags: u32,
    rights: u64,
    inheriting: u64,
    fd_flags: u32,
    out: u32,
) -> Done {
    let dir = state.table.directory(fd)?;
    let path = path(guest, addr, len)?;
    guest.bytes(out.into(), 4)?;
    let wanted = Open {
        follow: follow & FOLLOW != 0,
        flags,
        rights,
        fd_flags: u16::try_from(fd_flags).map_err(|_| Errno::Inval)?,
    };
    let directory = |dir: Dir| Object::Directory {
        dir: dir.into(),
        given: None,
        listing: Vec::new(),
    };
    let object = if flags & open_flags::DIRECTORY != 0 {
        if flags & (open_flags::CREATE | open_flags::EXCLUSIVE | open_flags::TRUNCATE) != 0 {
            return Err(Errno::Inval);
        }
        directory(match wanted.follow {
            true => dir.open_dir(path)?,
            false => dir.open_dir_nofollow(path)?,
        })
    } else {
        match open_file(&dir, &path, &wanted) {
            // Programs may open directories like files, for reading.
            Ok(file) if file.metadata()?.is_dir() => directory(Dir::from_std_file(file.into_std())),
            Ok(file) => Object::File(file),
            Err(errno) => return Err(errno),
        }
    };
    let mut descriptor = Descriptor::new(object);
    descriptor.flags = wanted.fd_flags & (fd_flags::APPEND | fd_flags::NONBLOCK);
    descriptor.rights &= rights;
    descriptor.inheriting &= inheriting;
    let opened = state.table.add(descriptor)?;
    Ok(guest.put_u32(out.into(), opened)?)
}

fn open_file(dir: &Dir, path: &Path, wanted: &Open) -> Done<cap_std::fs::File> {
    let flag = |flag: u32| wanted.flags & flag != 0;
    let append = wanted.fd_flags & fd_flags::APPEND != 0;
    let write = wanted.rights & rights::WRITING != 0;
    // Creating and truncating change the file, whatever is done with it afterwards.
    let write = write || flag(open_flags::CREATE) || flag(open_flags::TRUNCATE);
    let read = wanted.rights & (rights::FD_READ | rights::FD_READDIR) != 0;
    let mut options = OpenOptions::new();
    options
        .read(read || !write)
        .write(write)
        .append(append && write && !flag(open_flags::TRUNCATE))
        .truncate(flag(open_flags::TRUNCATE))
        .follow(match wanted.follow {
            true => FollowSymlinks::Yes,
            false => FollowSymlinks::No,
        });
    match flag(open_flags::EXCLUSIVE) && flag(open_flags::CREATE) {
        true => options.create_new(true),
        false => options.create(flag(open_flags::CREATE)),
    };
    Ok(dir.open_with(path, &options)?)
}

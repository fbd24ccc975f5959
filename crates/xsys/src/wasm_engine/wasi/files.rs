//! WASI's calls on descriptors: reading, writing, seeking, listing, and metadata.
//!
//! Positions are the system's own: a descriptor is an open file of the system.

use std::fs::FileTimes;
use std::io::{Read, Seek, SeekFrom, Write};
use std::time::{Duration, SystemTime};

use cap_fs_ext::MetadataExt;
use cap_std::fs::{File, Metadata};

use crate::wasm_engine::guest::Guest;
use crate::wasm_engine::wasi::clock::nanoseconds;
use crate::wasm_engine::wasi::errno::{Done, Errno};
use crate::wasm_engine::wasi::layout::{
    FileStat, entry_head, fd_flags, file_type, pieces, time_flags, type_of,
};
use crate::wasm_engine::wasi::table::{Item, Object};
use crate::wasm_engine::wasi::{State, streams};

pub(super) fn stat_of(metadata: &Metadata) -> FileStat {
    let time = |time: std::io::Result<cap_std::time::SystemTime>| {
        time.map_or(0, |time| nanoseconds(time.into_std()))
    };
    FileStat {
        device: metadata.dev(),
        inode: metadata.ino(),
        file_type: type_of(metadata.file_type()),
        links: metadata.nlink(),
        size: metadata.len(),
        accessed: time(metadata.accessed()),
        modified: time(metadata.modified()),
        changed: time(metadata.modified()),
    }
}

pub(super) fn read(
    state: &mut State,
    guest: &mut Guest<'_>,
    fd: u32,
    list: u32,
    count: u32,
    out: u32,
) -> Done {
    let pieces = pieces(guest, list, count)?;
    let mut read_in_all = 0u32;
    for (addr, len) in pieces {
        let into = guest.bytes_mut(addr, len)?;
        if into.is_empty() {
            continue;
        }
        let read = match &mut state.table.get_mut(fd)?.object {
            Object::Input => streams::read(into)?,
            Object::File(file) => file.read(into)?,
            Object::Directory { .. } => return Err(Errno::Isdir),
            Object::Output | Object::Errors => return Err(Errno::Badf),
        };
        read_in_all = read_in_all.saturating_add(u32::try_from(read).unwrap_or(u32::MAX));
        // A short read is the end for now: reading again might block.
        if (read as u64) < len {
            break;
        }
        if matches!(state.table.get(fd)?.object, Object::Input) {
            break;
        }
    }
    state.table.get(fd)?;
    Ok(guest.put_u32(out.into(), read_in_all)?)
}

pub(super) fn write(
    state: &mut State,
    guest: &mut Guest<'_>,
    fd: u32,
    list: u32,
    count: u32,
    out: u32,
) -> Done {
    let descriptor = state.table.get_mut(fd)?;
    let append = descriptor.flags & fd_flags::APPEND != 0;
    let mut written = 0u32;
    for (addr, len) in pieces(guest, list, count)? {
        let bytes = guest.bytes(addr, len)?;
        match &mut descriptor.object {
            Object::Output => streams::write(&mut std::io::stdout().lock(), bytes)?,
            Object::Errors => streams::write(&mut std::io::stderr().lock(), bytes)?,
            Object::File(file) => {
                if append {
                    file.seek(SeekFrom::End(0))?;
                }
                file.write_all(bytes)?;
            }
            Object::Directory { .. } => return Err(Errno::Isdir),
            Object::Input => return Err(Errno::Badf),
        }
        written = written.saturating_add(u32::try_from(len).unwrap_or(u32::MAX));
    }
    Ok(guest.put_u32(out.into(), written)?)
}

/// Does something at another position of a file and returns to the old one.
fn at<T>(file: &mut File, offset: u64, work: impl FnOnce(&mut File) -> Done<T>) -> Done<T> {
    let back = file.stream_position()?;
    file.seek(SeekFrom::Start(offset))?;
    let done = work(file);
    file.seek(SeekFrom::Start(back))?;
    done
}

pub(super) fn pread(
    state: &mut State,
    guest: &mut Guest<'_>,
    fd: u32,
    list: u32,
    count: u32,
    offset: u64,
    out: u32,
) -> Done {
    let pieces = pieces(guest, list, count)?;
    let read = at(state.table.file(fd)?, offset, |file| {
        let mut read_in_all = 0u32;
        for (addr, len) in pieces {
            let read = file.read(guest.bytes_mut(addr, len)?)?;
            read_in_all = read_in_all.saturating_add(u32::try_from(read).unwrap_or(u32::MAX));
            if (read as u64) < len {
                break;
            }
        }
        Ok(read_in_all)
    })?;
    Ok(guest.put_u32(out.into(), read)?)
}

pub(super) fn pwrite(
    state: &mut State,
    guest: &mut Guest<'_>,
    fd: u32,
    list: u32,
    count: u32,
    offset: u64,
    out: u32,
) -> Done {
    let pieces = pieces(guest, list, count)?;
    let written = at(state.table.file(fd)?, offset, |file| {
        let mut written = 0u32;
        for (addr, len) in pieces {
            file.write_all(guest.bytes(addr, len)?)?;
            written = written.saturating_add(u32::try_from(len).unwrap_or(u32::MAX));
        }
        Ok(written)
    })?;
    Ok(guest.put_u32(out.into(), written)?)
}

pub(super) fn seek(
    state: &mut State,
    guest: &mut Guest<'_>,
    fd: u32,
    offset: i64,
    whence: u32,
    out: u32,
) -> Done {
    let to = match whence {
        0 => SeekFrom::Start(u64::try_from(offset).map_err(|_| Errno::Inval)?),
        1 => SeekFrom::Current(offset),
        2 => SeekFrom::End(offset),
        _ => return Err(Errno::Inval),
    };
    let position = state.table.file(fd)?.seek(to)?;
    Ok(guest.put_u64(out.into(), position)?)
}

pub(super) fn tell(state: &mut State, guest: &mut Guest<'_>, fd: u32, out: u32) -> Done {
    let position = state.table.file(fd)?.stream_position()?;
    Ok(guest.put_u64(out.into(), position)?)
}

pub(super) fn close(state: &mut State, _: &mut Guest<'_>, fd: u32) -> Done {
    state.table.close(fd)
}

pub(super) fn renumber(state: &mut State, _: &mut Guest<'_>, from: u32, to: u32) -> Done {
    state.table.renumber(from, to)
}

pub(super) fn sync(state: &mut State, _: &mut Guest<'_>, fd: u32) -> Done {
    match &state.table.get(fd)?.object {
        Object::File(file) => Ok(file.sync_all()?),
        Object::Directory { .. } => Ok(()),
        _ => Err(Errno::Inval),
    }
}

pub(super) fn datasync(state: &mut State, _: &mut Guest<'_>, fd: u32) -> Done {
    match &state.table.get(fd)?.object {
        Object::File(file) => Ok(file.sync_data()?),
        Object::Directory { .. } => Ok(()),
        _ => Err(Errno::Inval),
    }
}

/// Advice may be ignored, and is.
pub(super) fn advise(
    state: &mut State,
    _: &mut Guest<'_>,
    fd: u32,
    _: u64,
    _: u64,
    advice: u32,
) -> Done {
    state.table.file(fd)?;
    if advice > 5 {
        return Err(Errno::Inval);
    }
    Ok(())
}

/// Makes sure that a file has at least this length.
pub(super) fn allocate(
    state: &mut State,
    _: &mut Guest<'_>,
    fd: u32,
    offset: u64,
    len: u64,
) -> Done {
    let file = state.table.file(fd)?;
    let end = offset.checked_add(len).ok_or(Errno::Fbig)?;
    if len == 0 {
        return Err(Errno::Inval);
    }
    if file.metadata()?.len() < end {
        file.set_len(end)?;
    }
    Ok(())
}

pub(super) fn fdstat_get(state: &mut State, guest: &mut Guest<'_>, fd: u32, out: u32) -> Done {
    state.table.get(fd)?.stat()?.put(guest, out)
}

pub(super) fn fdstat_set_flags(state: &mut State, _: &mut Guest<'_>, fd: u32, flags: u32) -> Done {
    let flags = u16::try_from(flags).map_err(|_| Errno::Inval)?;
    if flags & (fd_flags::DSYNC | fd_flags::RSYNC | fd_flags::SYNC) != 0 {
        return Err(Errno::Notsup);
    }
    // Files never make one wait, and streams are asked about with `poll_oneoff`.
    state.table.get_mut(fd)?.flags = flags & (fd_flags::APPEND | fd_flags::NONBLOCK);
    Ok(())
}

/// Rights can be dropped, not added.
pub(super) fn fdstat_set_rights(
    state: &mut State,
    _: &mut Guest<'_>,
    fd: u32,
    rights: u64,
    inheriting: u64,
) -> Done {
    let descriptor = state.table.get_mut(fd)?;
    if rights & !descriptor.rights != 0 || inheriting & !descriptor.inheriting != 0 {
        return Err(Errno::Notcapable);
    }
    descriptor.rights = rights;
    descriptor.inheriting = inheriting;
    Ok(())
}

pub(super) fn filestat_get(state: &mut State, guest: &mut Guest<'_>, fd: u32, out: u32) -> Done {
    let descriptor = state.table.get(fd)?;
    let stat = match &descriptor.object {
        Object::File(file) => stat_of(&file.metadata()?),
        Object::Directory { dir, .. } => stat_of(&dir.dir_metadata()?),
        _ => FileStat {
            file_type: descriptor.stat()?.file_type,
            ..FileStat::default()
        },
    };
    stat.put(guest, out)
}

pub(super) fn filestat_set_size(state: &mut State, _: &mut Guest<'_>, fd: u32, size: u64) -> Done {
    Ok(state.table.file(fd)?.set_len(size)?)
}

pub(super) fn filestat_set_times(
    state: &mut State,
    _: &mut Guest<'_>,
    fd: u32,
    accessed: u64,
    modified: u64,
    flags: u32,
) -> Done {
    let (accessed, modified) = times(accessed, modified, flags)?;
    let mut times = FileTimes::new();
    if let Some(time) = accessed {
        times = times.set_accessed(time);
    }
    if let Some(time) = modified {
        times = times.set_modified(time);
    }
    let file = match &state.table.get(fd)?.object {
        Object::File(file) => file.try_clone()?.into_std(),
        Object::Directory { dir, .. } => dir.try_clone()?.into_std_file(),
        _ => return Err(Errno::Inval),
    };
    Ok(file.set_times(times)?)
}

/// The meaning of `fstflags` for two times: each is set to a time, or unchanged.
pub(super) fn times(
    accessed: u64,
    modified: u64,
    flags: u32,
) -> Done<(Option<SystemTime>, Option<SystemTime>)> {
    let one = |nanoseconds, given: u32, now: u32| match (flags & given != 0, flags & now != 0) {
        (true, true) => Err(Errno::Inval),
        (true, false) => SystemTime::UNIX_EPOCH
            .checked_add(Duration::from_nanos(nanoseconds))
            .map(Some)
            .ok_or(Errno::Overflow),
        (false, true) => Ok(Some(SystemTime::now())),
        (false, false) => Ok(None),
    };
    Ok((
        one(accessed, time_flags::ACCESSED, time_flags::ACCESSED_NOW)?,
        one(modified, time_flags::MODIFIED, time_flags::MODIFIED_NOW)?,
    ))
}

pub(super) fn prestat_get(state: &mut State, guest: &mut Guest<'_>, fd: u32, out: u32) -> Done {
    let len = u32::try_from(given_name(state, fd)?.len()).map_err(|_| Errno::Overflow)?;
    // The tag of a directory is 0.
    guest.put_u32(out.into(), 0)?;
    Ok(guest.put_u32(u64::from(out) + 4, len)?)
}

pub(super) fn prestat_dir_name(
    state: &mut State,
    guest: &mut Guest<'_>,
    fd: u32,
    addr: u32,
    len: u32,
) -> Done {
    let name = given_name(state, fd)?;
    if name.len() > len as usize {
        return Err(Errno::Nametoolong);
    }
    Ok(guest.put(addr.into(), name.as_bytes())?)
}

/// The name of a directory of `--dir`. Programs ask from 3 on until there is none.
fn given_name(state: &State, fd: u32) -> Done<&str> {
    match &state.table.get(fd)?.object {
        Object::Directory {
            given: Some(name), ..
        } => Ok(name),
        _ => Err(Errno::Badf),
    }
}

/// Lists a directory from the entry `cookie` on; entries that do not fit are truncated, and asked
/// for again.
pub(super) fn readdir(
    state: &mut State,
    guest: &mut Guest<'_>,
    fd: u32,
    addr: u32,
    len: u32,
    cookie: u64,
    out: u32,
) -> Done {
    let Object::Directory { dir, listing, .. } = &mut state.table.get_mut(fd)?.object else {
        return Err(Errno::Notdir);
    };
    // The list is read once, so that entries keep their numbers while it is used.
    if cookie == 0 || listing.is_empty() {
        let own = dir.dir_metadata()?.ino();
        let this = |name: &[u8]| Item {
            name: name.to_vec(),
            inode: own,
            file_type: file_type::DIRECTORY,
        };
        *listing = vec![this(b"."), this(b"..")];
        for entry in dir.entries()? {
            let entry = entry?;
            listing.push(Item {
                name: entry.file_name().as_encoded_bytes().to_vec(),
                inode: entry.metadata().map_or(0, |metadata| metadata.ino()),
                file_type: entry.file_type().map_or(file_type::UNKNOWN, type_of),
            });
        }
    }
    let mut bytes = Vec::new();
    let first = usize::try_from(cookie).map_err(|_| Errno::Inval)?;
    for (at, item) in listing.iter().enumerate().skip(first) {
        if bytes.len() >= len as usize {
            break;
        }
        let next = at as u64 + 1;
        bytes.extend(entry_head(
            next,
            item.inode,
            item.name.len(),
            item.file_type,
        ));
        bytes.extend(&item.name);
    }
    bytes.truncate(len as usize);
    guest.put(addr.into(), &bytes)?;
    let used = u32::try_from(bytes.len()).map_err(|_| Errno::Overflow)?;
    Ok(guest.put_u32(out.into(), used)?)
}

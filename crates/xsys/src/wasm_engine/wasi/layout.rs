//! The layout of WASI's structures in a program's memory (preview 1's witx): offsets, flags and
//! rights.

use cap_fs_ext::FileTypeExt;
use cap_std::fs::FileType;

use crate::wasm_engine::guest::Guest;
use crate::wasm_engine::wasi::errno::Done;

/// Kinds of files (`filetype`).
pub(super) mod file_type {
    pub(crate) const UNKNOWN: u8 = 0;
    pub(crate) const BLOCK_DEVICE: u8 = 1;
    pub(crate) const CHARACTER_DEVICE: u8 = 2;
    pub(crate) const DIRECTORY: u8 = 3;
    pub(crate) const REGULAR_FILE: u8 = 4;
    pub(crate) const SOCKET_STREAM: u8 = 6;
    pub(crate) const SYMBOLIC_LINK: u8 = 7;
}

/// How a descriptor behaves (`fdflags`).
pub(super) mod fd_flags {
    pub(crate) const APPEND: u16 = 1;
    pub(crate) const DSYNC: u16 = 2;
    pub(crate) const NONBLOCK: u16 = 4;
    pub(crate) const RSYNC: u16 = 8;
    pub(crate) const SYNC: u16 = 16;
}

/// How a path is opened (`oflags`).
pub(super) mod open_flags {
    pub(crate) const CREATE: u32 = 1;
    pub(crate) const DIRECTORY: u32 = 2;
    pub(crate) const EXCLUSIVE: u32 = 4;
    pub(crate) const TRUNCATE: u32 = 8;
}

/// `lookupflags`: whether a symbolic link at the end of a path is followed.
pub(super) const FOLLOW: u32 = 1;

/// What may be done with a descriptor (`rights`).
pub(super) mod rights {
    pub(crate) const FD_DATASYNC: u64 = 1;
    pub(crate) const FD_READ: u64 = 1 << 1;
    pub(crate) const FD_SEEK: u64 = 1 << 2;
    pub(crate) const FD_TELL: u64 = 1 << 5;
    pub(crate) const FD_WRITE: u64 = 1 << 6;
    pub(crate) const FD_ALLOCATE: u64 = 1 << 8;
    pub(crate) const FD_READDIR: u64 = 1 << 14;
    pub(crate) const FD_FILESTAT_SET_SIZE: u64 = 1 << 22;
    pub(crate) const ALL: u64 = (1 << 30) - 1;
    /// Any of these opens for writing.
    pub(crate) const WRITING: u64 = FD_DATASYNC | FD_WRITE | FD_ALLOCATE | FD_FILESTAT_SET_SIZE;
    /// Input and output that are streams: they cannot seek, by which programs recognise a terminal.
    pub(crate) const STREAM: u64 = ALL & !(FD_SEEK | FD_TELL);
}

/// Which times are set, and to what (`fstflags`).
pub(super) mod time_flags {
    pub(crate) const ACCESSED: u32 = 1;
    pub(crate) const ACCESSED_NOW: u32 = 2;
    pub(crate) const MODIFIED: u32 = 4;
    pub(crate) const MODIFIED_NOW: u32 = 8;
}

/// A file's metadata.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) struct FileStat {
    pub device: u64,
    pub inode: u64,
    pub file_type: u8,
    pub links: u64,
    pub size: u64,
    /// In nanoseconds since 1970.
    pub accessed: u64,
    pub modified: u64,
    pub changed: u64,
}

impl FileStat {
    pub(super) fn put(&self, guest: &mut Guest<'_>, addr: u32) -> Done {
        let mut bytes = [0; 64];
        bytes[0..8].copy_from_slice(&self.device.to_le_bytes());
        bytes[8..16].copy_from_slice(&self.inode.to_le_bytes());
        bytes[16] = self.file_type;
        bytes[24..32].copy_from_slice(&self.links.to_le_bytes());
        bytes[32..40].copy_from_slice(&self.size.to_le_bytes());
        bytes[40..48].copy_from_slice(&self.accessed.to_le_bytes());
        bytes[48..56].copy_from_slice(&self.modified.to_le_bytes());
        bytes[56..64].copy_from_slice(&self.changed.to_le_bytes());
        Ok(guest.put(addr.into(), &bytes)?)
    }
}

/// A descriptor's properties.
#[derive(Clone, Copy, Debug)]
pub(super) struct FdStat {
    pub file_type: u8,
    pub flags: u16,
    pub rights: u64,
    pub inheriting: u64,
}

impl FdStat {
    pub(super) fn put(&self, guest: &mut Guest<'_>, addr: u32) -> Done {
        let mut bytes = [0; 24];
        bytes[0] = self.file_type;
        bytes[2..4].copy_from_slice(&self.flags.to_le_bytes());
        bytes[8..16].copy_from_slice(&self.rights.to_le_bytes());
        bytes[16..24].copy_from_slice(&self.inheriting.to_le_bytes());
        Ok(guest.put(addr.into(), &bytes)?)
    }
}

/// A directory's entry: the header before its name.
pub(super) fn entry_head(next: u64, inode: u64, name: usize, file_type: u8) -> [u8; 24] {
    let mut bytes = [0; 24];
    bytes[0..8].copy_from_slice(&next.to_le_bytes());
    bytes[8..16].copy_from_slice(&inode.to_le_bytes());
    let name = u32::try_from(name).unwrap_or(u32::MAX);
    bytes[16..20].copy_from_slice(&name.to_le_bytes());
    bytes[20] = file_type;
    bytes
}

/// Where `iovec` and `ciovec` lists point to.
pub(super) fn pieces(guest: &Guest<'_>, list: u32, count: u32) -> Done<Vec<(u64, u64)>> {
    // The list itself must be in memory, so this takes no more than the program has.
    let bytes = guest.bytes(list.into(), u64::from(count) * 8)?;
    let word = |bytes: &[u8]| {
        let mut word = [0; 4];
        word.copy_from_slice(bytes);
        u64::from(u32::from_le_bytes(word))
    };
    Ok(bytes
        .chunks_exact(8)
        .map(|piece| (word(&piece[..4]), word(&piece[4..])))
        .collect())
}

/// The kind of a file of the system.
pub(super) fn type_of(kind: FileType) -> u8 {
    if kind.is_dir() {
        file_type::DIRECTORY
    } else if kind.is_file() {
        file_type::REGULAR_FILE
    } else if kind.is_symlink() {
        file_type::SYMBOLIC_LINK
    } else if kind.is_char_device() {
        file_type::CHARACTER_DEVICE
    } else if kind.is_block_device() {
        file_type::BLOCK_DEVICE
    } else if kind.is_socket() {
        file_type::SOCKET_STREAM
    } else {
        file_type::UNKNOWN
    }
}

//! A root in a file: SquashFS 4.0, compressed by gzip's method, which every kernel with SquashFS can be built for.
//!
//! Its files take no memory until they are read, and the kernel can drop them again. The format is little-endian
//! throughout: a superblock, contents in blocks of 128 KiB that are compressed one by one, then tables of inodes,
//! directories and owners in blocks of 8 KiB. Ends of files are blocks of their own (no fragments), duplicates are not
//! looked for, and there are no times: the same entries always give the same bytes, on any number of processors.
//!
//! Spec: <https://docs.kernel.org/filesystems/squashfs.html> and the kernel's `squashfs_fs.h`, whose names the fields
//! have. The crate `backhand` writes SquashFS as well. It is not used because it turns on another compressor of
//! `flate2` for the whole workspace, so that bytes of other outputs would depend on it, and because it brings a dozen
//! crates.

use std::collections::{BTreeMap, BTreeSet};
use std::fs::File;
use std::io::{Read, Write};
use std::path::Path;

use flate2::Compression;
use flate2::write::ZlibEncoder;
use memchr::memmem;
use rayon::prelude::*;

use super::error::Error;
use super::pick::Picked;
use super::source::Source;
use super::tree::{BLOCKS, CHARACTERS, Content, DIRECTORY, Entry, FILE, LINK, Tree};

const MAGIC: u32 = 0x7371_7368;
const GZIP: u16 = 1;
const BLOCK_LOG: u16 = 17;
const BLOCK: usize = 1 << BLOCK_LOG;
const SUPERBLOCK: usize = 96;
/// `NO_FRAGMENTS` and `NO_XATTRS`.
const FLAGS: u16 = 0x0010 | 0x0200;
/// There is no such table, or no such fragment.
const NONE: u64 = u64::MAX;
const NO_FRAGMENT: u32 = u32::MAX;

/// In the length of a content's block: it is not compressed.
const PLAIN: u32 = 1 << 24;
const METADATA: usize = 8192;
/// The same in the length of a metadata block.
const METADATA_PLAIN: u16 = 1 << 15;

/// Blocks that are read, and compressed side by side, before they are written.
const AT_ONCE: usize = 64;
/// Entries of a directory that share a header.
const MOST_IN_HEADER: usize = 256;
/// The length of a directory that its short form of an inode takes.
const SHORT_DIRECTORY: usize = u16::MAX as usize;
/// Loop devices have whole sectors, and kernels read a page.
const ALIGNMENT: usize = 4096;
/// FAT has no larger files, and short inodes reach no further.
const MOST: u64 = u32::MAX as u64 & !(ALIGNMENT as u64 - 1);

/// Kinds of inodes.
mod kind {
    pub(super) const DIRECTORY: u16 = 1;
    pub(super) const FILE: u16 = 2;
    pub(super) const LINK: u16 = 3;
    pub(super) const BLOCKS: u16 = 4;
    pub(super) const CHARACTERS: u16 = 5;
    pub(super) const LONG_DIRECTORY: u16 = 8;
}

/// A file's content in the image.
#[derive(Default)]
struct Stored {
    start: u32,
    size: u32,
    /// Of each block, with [`PLAIN`].
    lengths: Vec<u32>,
}

/// Where an inode is: the place of its metadata block in the table, and its own in what is in that block.
#[derive(Clone, Copy)]
struct Place {
    block: u32,
    offset: u16,
}

/// An entry of a directory.
struct Child<'t> {
    name: &'t str,
    place: Place,
    kind: u16,
    number: u32,
}

impl Tree<'_> {
    /// The file system, in whole pages; `name` is what it is called in messages.
    ///
    /// # Errors
    /// If a file of this machine cannot be read, or the image becomes too large.
    pub fn squashfs(&self, name: &Path) -> Result<Vec<u8>, Error> {
        let mut image = vec![0; SUPERBLOCK];
        let mut stored: BTreeMap<&str, Stored> = BTreeMap::new();
        for (path, entry) in &self.entries {
            if entry.mode & !0o7777 == FILE {
                stored.insert(path, store(&mut image, path, entry, name)?);
            }
        }
        let owners = Owners::of(self, name)?;
        let (inodes, directories, root) = inodes(self, &owners, stored);

        let inode_table = image.len() as u64;
        image.append(&mut inodes.finish());
        let directory_table = image.len() as u64;
        image.append(&mut directories.finish());
        let fragment_table = image.len() as u64;
        let id_table = owners.write(&mut image);
        let used = image.len() as u64;
        image.resize(image.len().next_multiple_of(ALIGNMENT), 0);
        if image.len() as u64 > MOST {
            return Err(too_large(name));
        }

        let count = self.entries.len() as u32 + 1;
        let mut superblock = Vec::with_capacity(SUPERBLOCK);
        put(
            &mut superblock,
            &[&MAGIC.to_le_bytes(), &count.to_le_bytes()],
        );
        // No time, and no fragments.
        for word in [0, BLOCK as u32, 0] {
            superblock.extend(word.to_le_bytes());
        }
        for half in [GZIP, BLOCK_LOG, FLAGS, owners.count, 4, 0] {
            superblock.extend(half.to_le_bytes());
        }
        let root = u64::from(root.block) << 16 | u64::from(root.offset);
        for long in [
            root,
            used,
            id_table,
            NONE,
            inode_table,
            directory_table,
            fragment_table,
            NONE,
        ] {
            superblock.extend(long.to_le_bytes());
        }
        image[..SUPERBLOCK].copy_from_slice(&superblock);
        Ok(image)
    }
}

/// Users and groups, which inodes name by their indexes.
struct Owners {
    /// Sorted.
    ids: Vec<u32>,
    count: u16,
}

impl Owners {
    fn of(tree: &Tree<'_>, name: &Path) -> Result<Self, Error> {
        let owners = tree.entries.values().map(|entry| entry.owner);
        let owners = owners.flat_map(|(user, group)| [user, group]).chain([0]);
        let ids: Vec<u32> = owners.collect::<BTreeSet<_>>().into_iter().collect();
        let count = u16::try_from(ids.len()).map_err(|_| Error::InitramfsFile {
            path: name.display().to_string(),
            cause: "its files have more than 65535 owners",
        })?;
        Ok(Self { ids, count })
    }

    fn index(&self, owner: u32) -> u16 {
        self.ids.binary_search(&owner).unwrap_or_default() as u16
    }

    /// Appends the table: metadata blocks, then where each of them is; where that list begins.
    fn write(&self, image: &mut Vec<u8>) -> u64 {
        let start = image.len() as u64;
        let mut table = Metadata::default();
        let mut starts = Vec::new();
        for ids in self.ids.chunks(METADATA / 4) {
            // A whole block each, so that it begins where the one before ends.
            starts.push(start + u64::from(table.place().block));
            let bytes: Vec<u8> = ids.iter().flat_map(|id| id.to_le_bytes()).collect();
            table.push(&bytes);
        }
        image.append(&mut table.finish());
        let list = image.len() as u64;
        image.extend(starts.iter().flat_map(|start| start.to_le_bytes()));
        list
    }
}

/// The tables of inodes and of directories, and where the top's inode is.
fn inodes(
    tree: &Tree<'_>,
    owners: &Owners,
    mut stored: BTreeMap<&str, Stored>,
) -> (Metadata, Metadata, Place) {
    let (mut inodes, mut directories) = (Metadata::default(), Metadata::default());
    let mut children: BTreeMap<&str, Vec<Child<'_>>> = BTreeMap::new();
    let count = tree.entries.len() as u32 + 1;
    let top = Entry {
        mode: DIRECTORY | 0o755,
        owner: (0, 0),
        device: (0, 0),
        content: Content::Bytes((&[]).into()),
    };
    // A directory's contents sort after it, so in reverse order every inode exists before it is referred to.
    let entries = tree.entries.iter().enumerate();
    let entries = entries.map(|(at, (path, entry))| (path.as_str(), entry, at as u32 + 2));
    let mut root = Place {
        block: 0,
        offset: 0,
    };
    let entries: Vec<_> = [("", &top, 1)].into_iter().chain(entries).collect();
    let numbers: BTreeMap<&str, u32> = entries
        .iter()
        .map(|(path, _, number)| (*path, *number))
        .collect();
    for (path, entry, number) in entries.into_iter().rev() {
        let inode = Inode {
            mode: (entry.mode & 0o7777) as u16,
            user: owners.index(entry.owner.0),
            group: owners.index(entry.owner.1),
            number,
        };
        let (directory, name) = path.rsplit_once('/').unwrap_or(("", path));
        let place = inodes.place();
        let kind = match (entry.mode & !0o7777, &entry.content) {
            (DIRECTORY, _) => {
                let mut inside = children.remove(path).unwrap_or_default();
                inside.sort_by_key(|child| child.name);
                // The top's parent has the number behind all others.
                let parent = match path {
                    "" => count + 1,
                    _ => numbers[directory],
                };
                inode.directory(&mut inodes, &mut directories, &inside, parent)
            }
            (LINK, Content::Bytes(target)) => inode.link(&mut inodes, target),
            (CHARACTERS, _) => inode.device(&mut inodes, kind::CHARACTERS, entry.device),
            (BLOCKS, _) => inode.device(&mut inodes, kind::BLOCKS, entry.device),
            _ => inode.file(&mut inodes, &stored.remove(path).unwrap_or_default()),
        };
        match path {
            "" => root = place,
            _ => children.entry(directory).or_default().push(Child {
                name,
                place,
                kind,
                number,
            }),
        }
    }
    (inodes, directories, root)
}

/// Checks that a kernel with SquashFS reads what is written here: it may have been built for other compressors only. A
/// module for gzip's method calls `zlib_inflate`; if SquashFS is built in, the kernel's configuration is read, if there
/// is one.
///
/// # Errors
/// If the kernel lacks that compressor, or its configuration cannot be read.
pub fn can_be_read(source: &Source, picked: &Picked, version: &str) -> Result<(), Error> {
    let module = picked.modules.iter().find(|one| one.name == "squashfs");
    let can = match module {
        Some(module) => memmem::find(&module.bytes, b"zlib_inflate").is_some(),
        None => {
            let path = format!("boot/config-{version}");
            let text = match source.has(&path) {
                true => source.read(&path)?,
                false => return Ok(()),
            };
            let mut lines = text.split(|byte| *byte == b'\n');
            lines.any(|line| line == b"CONFIG_SQUASHFS_ZLIB=y")
        }
    };
    match can {
        true => Ok(()),
        false => Err(Error::SquashfsWithoutGzip(version.to_owned())),
    }
}

/// Appends a file's content, block by block.
fn store(image: &mut Vec<u8>, path: &str, entry: &Entry<'_>, name: &Path) -> Result<Stored, Error> {
    let wrong = |cause| Error::InitramfsFile {
        path: path.to_owned(),
        cause,
    };
    let mut stored = Stored {
        // The image's size was checked against the limit before.
        start: image.len() as u32,
        ..Stored::default()
    };
    let mut add = |bytes: &[u8]| -> Result<(), Error> {
        let size = u64::from(stored.size) + bytes.len() as u64;
        stored.size = u32::try_from(size).map_err(|_| wrong("it has more than 4 GiB"))?;
        let pressed: Vec<_> = bytes.par_chunks(BLOCK).map(press).collect();
        for (pressed, plain) in pressed.iter().zip(bytes.chunks(BLOCK)) {
            let length = match pressed {
                // A hole.
                Some(pressed) if pressed.is_empty() => 0,
                Some(pressed) => {
                    image.extend(pressed);
                    pressed.len() as u32
                }
                None => {
                    image.extend(plain);
                    plain.len() as u32 | PLAIN
                }
            };
            stored.lengths.push(length);
        }
        match image.len() as u64 <= MOST {
            true => Ok(()),
            false => Err(too_large(name)),
        }
    };
    match &entry.content {
        Content::Bytes(bytes) => add(bytes)?,
        Content::File(from) => {
            let mut file = File::open(from).map_err(Error::read(from))?;
            let len = file.metadata().map_err(Error::read(from))?.len();
            let mut buffer = Vec::with_capacity(AT_ONCE * BLOCK);
            let mut read = 0;
            loop {
                buffer.clear();
                let mut part = Read::by_ref(&mut file).take((AT_ONCE * BLOCK) as u64);
                part.read_to_end(&mut buffer).map_err(Error::read(from))?;
                if buffer.is_empty() {
                    break;
                }
                read += buffer.len() as u64;
                add(&buffer)?;
            }
            if read != len {
                return Err(Error::InitramfsFile {
                    path: from.display().to_string(),
                    cause: "it changed while it was read",
                });
            }
        }
    }
    Ok(stored)
}

fn too_large(name: &Path) -> Error {
    Error::InitramfsFile {
        path: name.display().to_string(),
        cause: "it has more than 4 GiB",
    }
}

/// A block compressed: nothing of one that is all zeros, none where that makes it no smaller.
fn press(bytes: &[u8]) -> Option<Vec<u8>> {
    match bytes.iter().all(|byte| *byte == 0) {
        true => Some(Vec::new()),
        false => zlib(bytes),
    }
}

fn zlib(bytes: &[u8]) -> Option<Vec<u8>> {
    let mut encoder = ZlibEncoder::new(Vec::new(), Compression::default());
    // Into memory, where nothing fails.
    encoder.write_all(bytes).ok()?;
    let pressed = encoder.finish().ok()?;
    (pressed.len() < bytes.len()).then_some(pressed)
}

fn put(to: &mut Vec<u8>, parts: &[&[u8]]) {
    parts.iter().for_each(|part| to.extend_from_slice(part));
}

/// A table in blocks of 8 KiB, each with its length before it.
#[derive(Default)]
struct Metadata {
    done: Vec<u8>,
    begun: Vec<u8>,
}

impl Metadata {
    /// Where the next byte goes.
    fn place(&self) -> Place {
        Place {
            block: self.done.len() as u32,
            offset: self.begun.len() as u16,
        }
    }

    fn push(&mut self, bytes: &[u8]) {
        self.begun.extend_from_slice(bytes);
        while self.begun.len() >= METADATA {
            let rest = self.begun.split_off(METADATA);
            self.end_block();
            self.begun = rest;
        }
    }

    fn end_block(&mut self) {
        let length = self.begun.len() as u16;
        match zlib(&self.begun) {
            Some(pressed) => {
                self.done.extend((pressed.len() as u16).to_le_bytes());
                self.done.extend(pressed);
            }
            None => {
                self.done.extend((length | METADATA_PLAIN).to_le_bytes());
                self.done.append(&mut self.begun);
            }
        }
        self.begun.clear();
    }

    fn finish(mut self) -> Vec<u8> {
        if !self.begun.is_empty() {
            self.end_block();
        }
        self.done
    }
}

/// What all inodes have; `user` and `group` are places in the table of owners.
struct Inode {
    mode: u16,
    user: u16,
    group: u16,
    number: u32,
}

impl Inode {
    fn push(&self, table: &mut Metadata, kind: u16, rest: &[u8]) -> u16 {
        let mut bytes = Vec::with_capacity(16 + rest.len());
        for half in [kind, self.mode, self.user, self.group] {
            bytes.extend(half.to_le_bytes());
        }
        let time = 0_u32;
        put(
            &mut bytes,
            &[&time.to_le_bytes(), &self.number.to_le_bytes(), rest],
        );
        table.push(&bytes);
        kind
    }

    fn file(&self, table: &mut Metadata, stored: &Stored) -> u16 {
        let words = [stored.start, NO_FRAGMENT, 0, stored.size];
        let words = words.iter().chain(&stored.lengths);
        let bytes: Vec<u8> = words.flat_map(|word| word.to_le_bytes()).collect();
        self.push(table, kind::FILE, &bytes)
    }

    fn link(&self, table: &mut Metadata, target: &[u8]) -> u16 {
        let (links, length) = (1_u32.to_le_bytes(), (target.len() as u32).to_le_bytes());
        self.push(table, kind::LINK, &[&links, &length, target].concat())
    }

    fn device(&self, table: &mut Metadata, kind: u16, (major, minor): (u32, u32)) -> u16 {
        // Linux has twelve bits for the one, twenty for the other.
        let device = minor & 0xff | major << 8 | (minor & !0xff) << 12;
        let links = 1_u32.to_le_bytes();
        self.push(table, kind, &[links, device.to_le_bytes()].concat())
    }

    fn directory(
        &self,
        table: &mut Metadata,
        directories: &mut Metadata,
        inside: &[Child<'_>],
        parent: u32,
    ) -> u16 {
        let is_directory = |child: &&Child<'_>| child.kind == kind::DIRECTORY;
        let links = 2 + inside.iter().filter(is_directory).count() as u32;
        let place = directories.place();
        let list = list(inside);
        directories.push(&list);
        // `.` and `..` count, and are not written.
        let size = list.len() + 3;
        let mut bytes = Vec::new();
        match size <= SHORT_DIRECTORY {
            true => {
                put(
                    &mut bytes,
                    &[&place.block.to_le_bytes(), &links.to_le_bytes()],
                );
                put(
                    &mut bytes,
                    &[&(size as u16).to_le_bytes(), &place.offset.to_le_bytes()],
                );
                bytes.extend(parent.to_le_bytes());
                self.push(table, kind::DIRECTORY, &bytes)
            }
            false => {
                for word in [links, size as u32, place.block, parent] {
                    bytes.extend(word.to_le_bytes());
                }
                let (no_index, no_attributes) = (0_u16, u32::MAX);
                put(
                    &mut bytes,
                    &[&no_index.to_le_bytes(), &place.offset.to_le_bytes()],
                );
                bytes.extend(no_attributes.to_le_bytes());
                self.push(table, kind::LONG_DIRECTORY, &bytes);
                // In the directory that it is in, it has the kind of the short form.
                kind::DIRECTORY
            }
        }
    }
}

/// A directory's entries. Those that share a header have their inodes in the same block, and numbers that are near the
/// first's.
fn list(mut inside: &[Child<'_>]) -> Vec<u8> {
    let mut bytes = Vec::new();
    while let Some(first) = inside.first() {
        let near = |child: &Child<'_>| {
            let distance = i64::from(child.number) - i64::from(first.number);
            i16::try_from(distance).ok()
        };
        let fits =
            |child: &&Child<'_>| child.place.block == first.place.block && near(child).is_some();
        let together = inside.iter().take_while(fits).take(MOST_IN_HEADER).count();
        for word in [together as u32 - 1, first.place.block, first.number] {
            bytes.extend(word.to_le_bytes());
        }
        for child in &inside[..together] {
            let distance = near(child).unwrap_or_default();
            put(
                &mut bytes,
                &[&child.place.offset.to_le_bytes(), &distance.to_le_bytes()],
            );
            // A name has a byte at least.
            let length = child.name.len() as u16 - 1;
            put(
                &mut bytes,
                &[&child.kind.to_le_bytes(), &length.to_le_bytes()],
            );
            bytes.extend(child.name.as_bytes());
        }
        inside = &inside[together..];
    }
    bytes
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::kernel::modinfo;
    use crate::kernel::pick::PickedModule;
    use crate::kernel::source::test::memory;
    use object::elf;

    /// Bytes that no compressor makes smaller.
    fn noise(length: usize) -> Vec<u8> {
        let mut state = 1_u32;
        let next = || {
            state ^= state << 13;
            state ^= state >> 17;
            state ^= state << 5;
            state as u8
        };
        std::iter::repeat_with(next).take(length).collect()
    }

    /// `tests/disks.rs` has others read it.
    #[test]
    fn the_same_entries_are_the_same_bytes() {
        let name = Path::new("root");
        let mut tree = Tree::new().unwrap();
        for length in [0, 1, BLOCK, 20 * BLOCK + 1] {
            let bytes: Vec<u8> = (0..length).map(|at| (at >> 7) as u8).collect();
            tree.file(&format!("data/{length}"), 0o644, bytes).unwrap();
        }
        let image = tree.squashfs(name).unwrap();
        assert_eq!(image.len() % ALIGNMENT, 0);
        let alone = rayon::ThreadPoolBuilder::new().num_threads(1).build();
        assert!(alone.unwrap().install(|| tree.squashfs(name).unwrap()) == image);
        assert_eq!(Tree::default().squashfs(name).unwrap().len(), ALIGNMENT);
    }

    #[test]
    fn a_kernel_reads_gzip_or_not() {
        let ask = |module: Option<&[&str]>, configuration: &str| {
            let path = "boot/config-6.1";
            let files = [(path, configuration.as_bytes().to_vec())];
            let source = memory(files.into_iter().filter(|(_, text)| !text.is_empty()));
            let modules = module.map(|lines| PickedModule {
                name: "squashfs".to_owned(),
                path: String::new(),
                bytes: modinfo::test::module(elf::EM_AARCH64, lines),
                why: String::new(),
                optional: false,
            });
            let picked = Picked {
                modules: modules.into_iter().collect(),
                ..Picked::default()
            };
            can_be_read(&source, &picked, "6.1").map_err(|error| error.to_string())
        };
        assert_eq!(ask(Some(&["zlib_inflate"]), ""), Ok(()));
        assert!(ask(Some(&["xz_dec_run"]), "CONFIG_SQUASHFS_ZLIB=y").is_err());
        // Built in.
        assert_eq!(ask(None, ""), Ok(()));
        assert_eq!(ask(None, "A=m\nCONFIG_SQUASHFS_ZLIB=y\n"), Ok(()));
        let said = ask(None, "# CONFIG_SQUASHFS_ZLIB is not set\n").unwrap_err();
        assert!(said.contains("`6.1` cannot read gzip"), "{said}");
    }

    #[test]
    fn files_are_read_in_parts() {
        let name = Path::new("root");
        let directory = tempfile::tempdir().unwrap();
        let from = directory.path().join("from");
        let bytes = noise(AT_ONCE * BLOCK + 5);
        std::fs::write(&from, &bytes).unwrap();
        let (mut one, mut other) = (Tree::default(), Tree::default());
        one.file("a", 0o644, bytes).unwrap();
        other.file_of("a", 0o644, &from).unwrap();
        assert!(one.squashfs(name).unwrap() == other.squashfs(name).unwrap());
        std::fs::remove_file(&from).unwrap();
        assert!(matches!(other.squashfs(name), Err(Error::Read { .. })));
    }
}

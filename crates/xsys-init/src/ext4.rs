//! An empty ext4 file system with a journal, written for a given number of blocks.
//!
//! An appliance makes its data partition at the first boot, and there is no `mke2fs` on it. What is written
//! is what the kernel needs and `e2fsck -f` accepts, no more (Documentation/filesystems/ext4 in Linux):
//! blocks of 4096 bytes, groups of 32768 blocks, each with its own bitmaps and inode table, copies of the
//! superblock in groups 0, 1 and powers of 3, 5 and 7, checksums over all metadata. Tables of inodes that
//! nobody has used yet are not written but marked as such, so that a card of 64 GB takes as long as one of
//! 1 GB: the journal is most of it.
//!
//! In group 0: superblock, group descriptors, bitmaps, inode table, then the root directory, `lost+found`, and
//! the journal as one extent.

use std::io::{self, Seek, SeekFrom, Write};

pub const BLOCK: usize = 4096;
pub(crate) const PER_GROUP: u64 = 32_768;
const INODE: usize = 256;
pub(crate) const DESCRIPTOR: usize = 32;
const FIRST_FREE_INODE: u32 = 11;
const JOURNAL_INODE: u32 = 8;
const ROOT_INODE: u32 = 2;

/// What a new file system is called.
#[derive(Clone, Debug)]
pub struct Names {
    /// At most 16 bytes.
    pub label: String,
    /// Random; it also seeds the checksums.
    pub uuid: [u8; 16],
    /// Seconds since 1970.
    pub time: u32,
    /// There was another file system before.
    pub replaces: bool,
}

/// Written to the start of a partition while a file system is made, in case the power fails in
/// between.
const MARKS: [(bool, &[u8]); 2] = [
    (false, b"xsys makes a file system here"),
    (true, b"xsys replaces a file system here"),
];

/// What a card's image has at the start of its data partition: no file system was made there yet. Zeros alone could be
/// damage.
pub const NEW: &[u8] = b"xsys: no file system was made here yet\n";

/// Was the creation of a file system interrupted here? If so, did it replace one?
pub fn half_made(start: &[u8]) -> Option<bool> {
    let mark = MARKS.iter().find(|(_, mark)| start.starts_with(mark));
    mark.map(|(replaces, _)| *replaces)
}

/// Where everything is; computed once, then only read.
struct Layout {
    blocks: u64,
    groups: u64,
    inodes_per_group: u32,
    table_blocks: u64,
    descriptor_blocks: u64,
    journal_blocks: u64,
    seed: u32,
}

/// Writes a file system over the first `blocks` blocks.
///
/// # Errors
/// If the partition is too small or cannot be written.
pub fn make(out: &mut (impl Write + Seek), blocks: u64, names: &Names) -> io::Result<()> {
    let layout = Layout::new(blocks, names).ok_or_else(|| {
        io::Error::new(
            io::ErrorKind::InvalidInput,
            "4 MB are the least and 16 TB the most of a file system",
        )
    })?;
    // The old superblock is overwritten first, by a mark, so that an incomplete file system never looks complete.
    let mut first = vec![0; BLOCK];
    for (_, mark) in MARKS
        .iter()
        .filter(|(replaces, _)| *replaces == names.replaces)
    {
        first[..mark.len()].copy_from_slice(mark);
    }
    put(out, 0, &first)?;
    out.flush()?;
    layout.write_journal(out, names)?;
    layout.write_directories(out)?;
    layout.write_inodes(out, names)?;
    let descriptors = layout.write_bitmaps(out)?;
    for group in (1..layout.groups).filter(|group| has_copy(*group)) {
        put(out, group * PER_GROUP, &layout.superblock(names, group))?;
        put(out, group * PER_GROUP + 1, &descriptors)?;
    }
    put(out, 1, &descriptors)?;
    out.flush()?;
    let mut first = vec![0; BLOCK];
    first[1024..2048].copy_from_slice(&layout.superblock(names, 0));
    put(out, 0, &first)?;
    out.flush()
}

fn put(out: &mut (impl Write + Seek), block: u64, bytes: &[u8]) -> io::Result<()> {
    out.seek(SeekFrom::Start(block * BLOCK as u64))?;
    out.write_all(bytes)
}

/// Groups 0 and 1 and powers of 3, 5 and 7 have copies of superblock and descriptors (sparse_super).
pub(crate) fn has_copy(group: u64) -> bool {
    let power_of = |base: u64| {
        let mut power = base;
        while power < group {
            power *= base;
        }
        power == group
    };
    group <= 1 || power_of(3) || power_of(5) || power_of(7)
}

impl Layout {
    fn new(blocks: u64, names: &Names) -> Option<Layout> {
        let mut layout = Layout {
            blocks,
            groups: 0,
            inodes_per_group: 0,
            table_blocks: 0,
            descriptor_blocks: 0,
            // As mke2fs: 4 MB for small ones, 16 MB, 32 MB.
            journal_blocks: match blocks {
                0..32_768 => 1024,
                32_768..262_144 => 4096,
                _ => 8192,
            },
            seed: crc32c(!0, &names.uuid),
        };
        if !(1024..=u64::from(u32::MAX)).contains(&blocks) {
            return None;
        }
        loop {
            layout.groups = layout.blocks.div_ceil(PER_GROUP);
            // One inode for 16 KB.
            let inodes = (layout.blocks / 4)
                .div_ceil(layout.groups)
                .next_multiple_of(16)
                .min(8192);
            layout.inodes_per_group = inodes as u32;
            layout.table_blocks = inodes * INODE as u64 / BLOCK as u64;
            layout.descriptor_blocks = (layout.groups * DESCRIPTOR as u64).div_ceil(BLOCK as u64);
            let last = layout.groups - 1;
            // A last group with room for its own tables only is left out.
            if last > 0 && layout.size_of(last) < layout.overhead(last) + 64 {
                layout.blocks = last * PER_GROUP;
                continue;
            }
            let needed = layout.overhead(0) + 5 + layout.journal_blocks;
            return (layout.size_of(0) > needed).then_some(layout);
        }
    }

    fn size_of(&self, group: u64) -> u64 {
        PER_GROUP.min(self.blocks - group * PER_GROUP)
    }

    /// Blocks of a group before its bitmaps: copies of superblock and descriptors.
    fn copies(&self, group: u64) -> u64 {
        if has_copy(group) {
            1 + self.descriptor_blocks
        } else {
            0
        }
    }

    fn overhead(&self, group: u64) -> u64 {
        self.copies(group) + 2 + self.table_blocks
    }

    fn block_bitmap(&self, group: u64) -> u64 {
        group * PER_GROUP + self.copies(group)
    }

    fn inode_table(&self, group: u64) -> u64 {
        self.block_bitmap(group) + 2
    }

    fn root_block(&self) -> u64 {
        self.overhead(0)
    }

    fn lost_block(&self) -> u64 {
        self.root_block() + 1
    }

    /// `lost+found` has 4 blocks, so that it needs no new ones when something is put there.
    fn journal_block(&self) -> u64 {
        self.lost_block() + 4
    }

    fn used_blocks(&self, group: u64) -> u64 {
        if group == 0 {
            self.journal_block() + self.journal_blocks
        } else {
            self.overhead(group)
        }
    }

    fn used_inodes(group: u64) -> u32 {
        if group == 0 { FIRST_FREE_INODE } else { 0 }
    }

    /// The journal's superblock, and zeros: old records must not look like ones to be replayed.
    fn write_journal(&self, out: &mut (impl Write + Seek), names: &Names) -> io::Result<()> {
        let mut first = vec![0; BLOCK];
        for (at, value) in [
            (0, 0xc03b_3998), // magic number
            (4, 4),           // superblock, version 2
            (12, BLOCK as u32),
            (16, self.journal_blocks as u32),
            (20, 1), // first block of the log
            (24, 1), // first transaction
            (64, 1), // users
        ] {
            first[at..at + 4].copy_from_slice(&u32::to_be_bytes(value));
        }
        first[48..64].copy_from_slice(&names.uuid);
        put(out, self.journal_block(), &first)?;
        let zeros = vec![0; 64 * BLOCK];
        let mut left = (self.journal_blocks - 1) as usize * BLOCK;
        while left > 0 {
            let length = left.min(zeros.len());
            out.write_all(&zeros[..length])?;
            left -= length;
        }
        Ok(())
    }

    fn write_directories(&self, out: &mut (impl Write + Seek)) -> io::Result<()> {
        let root = [
            (ROOT_INODE, "."),
            (ROOT_INODE, ".."),
            (FIRST_FREE_INODE, "lost+found"),
        ];
        put(out, self.root_block(), &self.directory(ROOT_INODE, &root))?;
        let lost = [(FIRST_FREE_INODE, "."), (ROOT_INODE, "..")];
        put(
            out,
            self.lost_block(),
            &self.directory(FIRST_FREE_INODE, &lost),
        )?;
        for block in 1..4 {
            put(
                out,
                self.lost_block() + block,
                &self.directory(FIRST_FREE_INODE, &[(0, "")]),
            )?;
        }
        Ok(())
    }

    /// A block of a directory: entries, the last of which reaches to a tail with the checksum.
    fn directory(&self, inode: u32, entries: &[(u32, &str)]) -> Vec<u8> {
        let tail = BLOCK - 12;
        let mut block = vec![0; BLOCK];
        let mut at = 0;
        for (index, (target, name)) in entries.iter().enumerate() {
            let length = if index + 1 == entries.len() {
                tail - at
            } else {
                (8 + name.len()).next_multiple_of(4)
            };
            block[at..at + 4].copy_from_slice(&target.to_le_bytes());
            block[at + 4..at + 6].copy_from_slice(&(length as u16).to_le_bytes());
            block[at + 6] = name.len() as u8;
            block[at + 7] = if *target == 0 { 0 } else { 2 };
            block[at + 8..at + 8 + name.len()].copy_from_slice(name.as_bytes());
            at += length;
        }
        block[tail + 4..tail + 8].copy_from_slice(&[12, 0, 0, 0xde]);
        let sum = crc32c(self.inode_seed(inode), &block[..tail]);
        block[tail + 8..].copy_from_slice(&sum.to_le_bytes());
        block
    }

    fn inode_seed(&self, inode: u32) -> u32 {
        let generation = [0; 4];
        crc32c(crc32c(self.seed, &inode.to_le_bytes()), &generation)
    }

    /// The blocks of group 0's table that have inodes in them; the rest of it stays unwritten.
    fn write_inodes(&self, out: &mut (impl Write + Seek), names: &Names) -> io::Result<()> {
        let mut table = vec![0; (FIRST_FREE_INODE as usize * INODE).next_multiple_of(BLOCK)];
        let (directory, file) = (0o040_000u16, 0o100_000u16);
        let inodes = [
            (ROOT_INODE, directory | 0o755, 3u16, self.root_block(), 1u64),
            (
                JOURNAL_INODE,
                file | 0o600,
                1,
                self.journal_block(),
                self.journal_blocks,
            ),
            (FIRST_FREE_INODE, directory | 0o700, 2, self.lost_block(), 4),
        ];
        // Those in between are reserved: empty, but with a valid checksum.
        for number in 1..FIRST_FREE_INODE {
            self.seal_inode(&mut table, number);
        }
        for (number, mode, links, start, length) in inodes {
            let at = (number as usize - 1) * INODE;
            let inode = &mut table[at..at + INODE];
            inode[..2].copy_from_slice(&mode.to_le_bytes());
            inode[4..8].copy_from_slice(&(length as u32 * BLOCK as u32).to_le_bytes());
            for time in [8, 12, 16, 144] {
                inode[time..time + 4].copy_from_slice(&names.time.to_le_bytes());
            }
            inode[26..28].copy_from_slice(&links.to_le_bytes());
            inode[28..32].copy_from_slice(&(length as u32 * (BLOCK as u32 / 512)).to_le_bytes());
            let extents_flag = 0x8_0000u32;
            inode[32..36].copy_from_slice(&extents_flag.to_le_bytes());
            inode[40..100].copy_from_slice(&extent(start, length));
            self.seal_inode(&mut table, number);
        }
        put(out, self.inode_table(0), &table)
    }

    fn seal_inode(&self, table: &mut [u8], number: u32) {
        let at = (number as usize - 1) * INODE;
        let inode = &mut table[at..at + INODE];
        let extra_size = 32u16;
        inode[128..130].copy_from_slice(&extra_size.to_le_bytes());
        // The checksum's own places are taken as 0.
        inode[124..126].fill(0);
        inode[130..132].fill(0);
        let sum = crc32c(self.inode_seed(number), inode).to_le_bytes();
        inode[124..126].copy_from_slice(&sum[..2]);
        inode[130..132].copy_from_slice(&sum[2..]);
    }

    /// Bitmaps of the groups that have something in them; returns all descriptors.
    fn write_bitmaps(&self, out: &mut (impl Write + Seek)) -> io::Result<Vec<u8>> {
        let mut descriptors = vec![0; self.descriptor_blocks as usize * BLOCK];
        for group in 0..self.groups {
            let size = self.size_of(group);
            let at = group as usize * DESCRIPTOR;
            let descriptor = &mut descriptors[at..at + DESCRIPTOR];
            // A group that is cut off needs a bitmap that says so.
            let written = group == 0 || size < PER_GROUP;
            let (mut block_sum, mut inode_sum) = (0, 0);
            if written {
                let blocks = bitmap(self.used_blocks(group), size);
                block_sum = crc32c(self.seed, &blocks);
                put(out, self.block_bitmap(group), &blocks)?;
            }
            if group == 0 {
                let inodes = bitmap(
                    Layout::used_inodes(group).into(),
                    self.inodes_per_group.into(),
                );
                inode_sum = crc32c(self.seed, &inodes[..self.inodes_per_group as usize / 8]);
                put(out, self.block_bitmap(group) + 1, &inodes)?;
            }
            // INODE_UNINIT (1): no inode was ever used. BLOCK_UNINIT (2): the bitmap of blocks is
            // not written.
            let flags = u16::from(group > 0) | if written { 0 } else { 2 };
            let unused = (self.inodes_per_group - Layout::used_inodes(group)) as u16;
            let bitmap = self.block_bitmap(group) as u32;
            descriptor[..4].copy_from_slice(&bitmap.to_le_bytes());
            descriptor[4..8].copy_from_slice(&(bitmap + 1).to_le_bytes());
            descriptor[8..12].copy_from_slice(&(bitmap + 2).to_le_bytes());
            let directories = if group == 0 { 2 } else { 0 };
            let fields = [
                (size - self.used_blocks(group)) as u16,
                unused,
                directories,
                flags,
            ];
            for (index, value) in fields.into_iter().enumerate() {
                descriptor[12 + 2 * index..14 + 2 * index].copy_from_slice(&value.to_le_bytes());
            }
            descriptor[24..26].copy_from_slice(&(block_sum as u16).to_le_bytes());
            descriptor[26..28].copy_from_slice(&(inode_sum as u16).to_le_bytes());
            descriptor[28..30].copy_from_slice(&unused.to_le_bytes());
            // Its own checksum is taken as 0.
            let sum = crc32c(crc32c(self.seed, &(group as u32).to_le_bytes()), descriptor);
            descriptor[30..32].copy_from_slice(&(sum as u16).to_le_bytes());
        }
        Ok(descriptors)
    }

    fn superblock(&self, names: &Names, group: u64) -> Vec<u8> {
        let mut bytes = vec![0; 1024];
        let mut word =
            |at: usize, value: u32| bytes[at..at + 4].copy_from_slice(&value.to_le_bytes());
        let used: u64 = (0..self.groups).map(|group| self.used_blocks(group)).sum();
        let inodes = self.inodes_per_group * self.groups as u32;
        word(0, inodes);
        word(4, self.blocks as u32);
        word(8, (self.blocks / 100) as u32); // reserved for root: the log of a full disk
        word(12, (self.blocks - used) as u32);
        word(16, inodes - FIRST_FREE_INODE);
        word(24, 2); // block size: 1024 << 2
        word(28, 2); // the same for clusters
        word(32, PER_GROUP as u32);
        word(36, PER_GROUP as u32);
        word(40, self.inodes_per_group);
        word(48, names.time);
        word(64, names.time);
        word(76, 1); // revision with features
        word(84, FIRST_FREE_INODE);
        word(92, 0x4 | 0x8 | 0x20); // has_journal, ext_attr, dir_index
        word(96, 0x2 | 0x40); // filetype, extents
        word(100, 0x1 | 0x2 | 0x8 | 0x20 | 0x40 | 0x400); // sparse_super, large_file, huge_file, dir_nlink, extra_isize, metadata_csum
        word(224, JOURNAL_INODE);
        word(264, names.time);
        word(352, 1); // signed hash of names
        // The journal's extent once more, for repairs.
        for (index, four) in extent(self.journal_block(), self.journal_blocks)
            .chunks(4)
            .enumerate()
        {
            word(
                268 + 4 * index,
                u32::from_le_bytes([four[0], four[1], four[2], four[3]]),
            );
        }
        word(268 + 64, self.journal_blocks as u32 * BLOCK as u32);
        let mut half =
            |at: usize, value: u16| bytes[at..at + 2].copy_from_slice(&value.to_le_bytes());
        half(54, 0xffff); // never checked by number of mounts
        half(56, 0xef53);
        half(58, 1); // clean
        half(60, 2); // on errors: no more writing
        half(88, INODE as u16);
        half(90, group as u16);
        half(348, 32); // of inodes: what is used above 128 bytes, at least and usually
        half(350, 32);
        bytes[104..120].copy_from_slice(&names.uuid);
        bytes[236..252].copy_from_slice(&names.uuid); // seed for hashes of names
        let label = &names.label.as_bytes()[..names.label.len().min(16)];
        bytes[120..120 + label.len()].copy_from_slice(label);
        bytes[252] = 1; // hash: half MD4
        bytes[253] = 1; // the journal's inode is copied below
        bytes[373] = 1; // checksums are CRC-32C
        let sum = crc32c(!0, &bytes[..1020]);
        bytes[1020..].copy_from_slice(&sum.to_le_bytes());
        bytes
    }
}

/// A bitmap with the first `used` bits set, and those from `size` on, which stand for nothing.
fn bitmap(used: u64, size: u64) -> Vec<u8> {
    let mut bytes = vec![0u8; BLOCK];
    for (index, byte) in bytes.iter_mut().enumerate() {
        for bit in 0..8 {
            let number = index as u64 * 8 + bit;
            if number < used || number >= size {
                *byte |= 1 << bit;
            }
        }
    }
    bytes
}

/// The 60 bytes of an inode that say: all blocks are here, one after another.
fn extent(start: u64, length: u64) -> [u8; 60] {
    let mut bytes = [0; 60];
    bytes[..2].copy_from_slice(&0xf30au16.to_le_bytes());
    bytes[2] = 1; // entries
    bytes[4] = 4; // room for so many
    bytes[16..18].copy_from_slice(&(length as u16).to_le_bytes());
    bytes[18..20].copy_from_slice(&((start >> 32) as u16).to_le_bytes());
    bytes[20..24].copy_from_slice(&(start as u32).to_le_bytes());
    bytes
}

/// CRC-32C as ext4 has it: no inversion at the end, and the sum so far at the start.
pub(crate) fn crc32c(sum: u32, bytes: &[u8]) -> u32 {
    const TABLE: [u32; 256] = {
        let mut table = [0; 256];
        let mut byte = 0;
        while byte < 256 {
            let mut sum = byte as u32;
            let mut bit = 0;
            while bit < 8 {
                sum = if sum & 1 == 1 {
                    sum >> 1 ^ 0x82f6_3b78
                } else {
                    sum >> 1
                };
                bit += 1;
            }
            table[byte] = sum;
            byte += 1;
        }
        table
    };
    bytes.iter().fold(sum, |sum, byte| {
        sum >> 8 ^ TABLE[usize::from(sum as u8 ^ byte)]
    })
}

/// What a superblock says, if there is one.
#[derive(Debug, PartialEq)]
pub struct Found {
    pub label: String,
    pub blocks: u64,
    /// It was in use when the machine stopped: the journal is replayed when it is mounted.
    pub unclean: bool,
    /// The kernel has found errors in it before.
    pub errors: bool,
}

/// Looks at the first 2048 bytes of a partition.
pub fn look(start: &[u8]) -> Option<Found> {
    let bytes = start.get(1024..2048)?;
    let word =
        |at: usize| u32::from_le_bytes([bytes[at], bytes[at + 1], bytes[at + 2], bytes[at + 3]]);
    if bytes[56..58] != [0x53, 0xef] {
        return None;
    }
    let label: Vec<u8> = bytes[120..136]
        .iter()
        .copied()
        .take_while(|byte| *byte != 0)
        .collect();
    Some(Found {
        label: String::from_utf8_lossy(&label).into_owned(),
        blocks: word(4).into(),
        unclean: word(96) & 4 != 0,
        errors: bytes[58] & 2 != 0,
    })
}

#[cfg(test)]
mod tests;

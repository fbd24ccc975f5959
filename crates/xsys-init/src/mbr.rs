//! The partition table of an appliance's disk, and which disk that is.
//!
//! An image ends where its boot partitions end, so that it is small to write and fits any card. The fourth partition
//! reaches to the card's end, which only the device itself knows: its entry is made or grown at the first boot. A disk
//! is ours if its first partition is a FAT file system with the label `SELECT`.

pub const SECTOR: u64 = 512;
/// The label of partition 1, as written in its boot sector.
pub const LABEL: &str = "SELECT";
/// Flash is erased in large pieces; partitions begin and end at 4 MB.
const ALIGNMENT: u64 = 8192;
const LINUX: u8 = 0x83;
const PROTECTIVE: u8 = 0xee;

#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct Entry {
    pub kind: u8,
    /// In sectors, as the length.
    pub start: u64,
    pub length: u64,
}

#[derive(Clone, Debug, PartialEq)]
pub struct Table {
    /// Identifies the disk (`disk identifier` in fdisk).
    pub signature: u32,
    pub entries: [Entry; 4],
}

impl Table {
    /// Reads a disk's first sector.
    pub fn parse(sector: &[u8]) -> Option<Table> {
        if sector.len() < 512 || sector[510..512] != [0x55, 0xaa] {
            return None;
        }
        let word = |at: usize| {
            u32::from_le_bytes([sector[at], sector[at + 1], sector[at + 2], sector[at + 3]])
        };
        let entries = [446, 462, 478, 494].map(|at| Entry {
            kind: sector[at + 4],
            start: word(at + 8).into(),
            length: word(at + 12).into(),
        });
        Some(Table {
            signature: word(440),
            entries,
        })
    }

    /// The real table is a GPT.
    pub fn is_protective(&self) -> bool {
        self.entries.iter().any(|entry| entry.kind == PROTECTIVE)
    }

    /// The entry that partition `number` should have on a disk of this size; `None` if it is fine as it is.
    /// Only the last partition of a disk can grow.
    pub fn grown(&self, number: u32, disk_sectors: u64) -> Option<Entry> {
        let index = (number as usize)
            .checked_sub(1)
            .filter(|index| *index < 4)?;
        let old = self.entries[index];
        let others = self
            .entries
            .iter()
            .enumerate()
            .filter(|(at, entry)| *at != index && entry.kind != 0);
        let last_end = others
            .map(|(_, entry)| entry.start + entry.length)
            .max()
            .unwrap_or(0);
        let (kind, start) = match old {
            Entry { kind: 0, .. } | Entry { length: 0, .. } => {
                (LINUX, last_end.next_multiple_of(ALIGNMENT).max(ALIGNMENT))
            }
            old => (old.kind, old.start),
        };
        // The table counts to 2 TB.
        let end = disk_sectors.min(u64::from(u32::MAX)) / ALIGNMENT * ALIGNMENT;
        let length = end.checked_sub(start)?;
        (start >= last_end && length >= ALIGNMENT && length >= old.length + ALIGNMENT).then_some(
            Entry {
                kind,
                start,
                length,
            },
        )
    }
}

/// Puts an entry into a disk's first sector.
pub fn write(sector: &mut [u8], number: u32, entry: Entry) {
    let at = 446 + 16 * (number as usize - 1);
    // The cylinder, head and sector fields have the value that means "beyond 8 GB: use the others".
    let out_of_range = [0xfe, 0xff, 0xff];
    sector[at] = 0;
    sector[at + 1..at + 4].copy_from_slice(&out_of_range);
    sector[at + 4] = entry.kind;
    sector[at + 5..at + 8].copy_from_slice(&out_of_range);
    sector[at + 8..at + 12].copy_from_slice(&(entry.start as u32).to_le_bytes());
    sector[at + 12..at + 16].copy_from_slice(&(entry.length as u32).to_le_bytes());
}

/// The label in a FAT file system's boot sector.
pub fn fat_label(sector: &[u8]) -> Option<String> {
    if sector.len() < 512 || sector[510..512] != [0x55, 0xaa] {
        return None;
    }
    // FAT12 and FAT16 have 0x29 at 38, FAT32 at 66; the label follows 5 bytes later.
    let fat32 = sector[22..24] == [0, 0];
    let at = if fat32 { 66 } else { 38 };
    (sector[at] == 0x29).then(|| {
        String::from_utf8_lossy(&sector[at + 5..at + 16])
            .trim_end()
            .to_string()
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn disk(entries: &[(u32, Entry)]) -> Table {
        let mut sector = vec![0; 512];
        sector[510..].copy_from_slice(&[0x55, 0xaa]);
        sector[440] = 7;
        for (number, entry) in entries {
            write(&mut sector, *number, *entry);
        }
        let table = Table::parse(&sector).unwrap();
        assert_eq!(table.signature, 7);
        table
    }

    const BOOT: Entry = Entry {
        kind: 12,
        start: 8192,
        length: 100_000,
    };

    #[test]
    fn the_last_partition_reaches_to_the_end() {
        let grown = |table: &Table, sectors| {
            table
                .grown(4, sectors)
                .map(|entry| (entry.kind, entry.start, entry.length))
        };
        let empty = disk(&[(1, BOOT)]);
        assert_eq!(
            grown(&empty, 1_000_000),
            Some((LINUX, 114_688, 999_424 - 114_688))
        );
        assert_eq!(grown(&empty, 100_000), None, "no room");
        let small = disk(&[
            (1, BOOT),
            (
                4,
                Entry {
                    kind: LINUX,
                    start: 114_688,
                    length: 8192,
                },
            ),
        ]);
        assert_eq!(
            grown(&small, 1_000_000),
            Some((LINUX, 114_688, 999_424 - 114_688))
        );
        assert_eq!(
            grown(&small, 114_688 + 8192 + 100),
            None,
            "it is at the end"
        );
        assert_eq!(
            grown(&small, 1 << 40).map(|(_, start, length)| start + length),
            Some(0xffff_e000)
        );
        let not_last = disk(&[
            (
                4,
                Entry {
                    kind: LINUX,
                    start: 2048,
                    length: 2048,
                },
            ),
            (1, BOOT),
        ]);
        assert_eq!(grown(&not_last, 1_000_000), None);
        assert_eq!(small.grown(5, 1_000_000), None);
        assert_eq!(small.grown(0, 1_000_000), None);
    }

    #[test]
    fn labels() {
        let mut sector = vec![0; 512];
        assert_eq!(fat_label(&sector), None);
        sector[510..].copy_from_slice(&[0x55, 0xaa]);
        sector[22] = 1;
        sector[38] = 0x29;
        sector[43..54].copy_from_slice(b"SELECT     ");
        assert_eq!(fat_label(&sector).as_deref(), Some(LABEL));
        sector[22] = 0;
        assert_eq!(fat_label(&sector), None);
    }
}

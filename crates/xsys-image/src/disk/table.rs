//! Partition tables: MBR, which every Raspberry Pi's firmware reads, and GPT (UEFI specification 2.10, chapter 5).

use std::io::{self, Seek, SeekFrom, Write};

use gptman::{GPT, GPTPartitionEntry};
use mbrman::{BOOT_INACTIVE, CHS, MBR, MBRPartitionEntry};

use super::sparse::Sparse;
use super::{ALIGNMENT, Content, Disk, Error, Placed, SECTOR, Table};

/// Entries in a GPT, as all tools make them.
const GPT_ENTRIES: usize = 128;

/// System identifiers of an MBR: FAT with 16 and 32 bits, addressed by sector; Linux.
const MBR_FAT16: u8 = 0x0e;
const MBR_FAT32: u8 = 0x0c;
const MBR_LINUX: u8 = 0x83;

/// Partition types of a GPT, as they are stored: "Microsoft basic data", which is what FAT partitions have, and
/// "Linux file system data".
const GPT_FAT: [u8; 16] = guid(0xebd0_a0a2, 0xb9e5, 0x4433, 0x87c0_68b6_b726_99c7);
const GPT_LINUX: [u8; 16] = guid(0x0fc6_3daf, 0x8483, 0x4772, 0x8e79_3d69_d847_7de4);

/// A GUID's first three fields are little-endian.
const fn guid(a: u32, b: u16, c: u16, d: u64) -> [u8; 16] {
    let (a, b, c, d) = (
        a.to_le_bytes(),
        b.to_le_bytes(),
        c.to_le_bytes(),
        d.to_be_bytes(),
    );
    [
        a[0], a[1], a[2], a[3], b[0], b[1], c[0], c[1], d[0], d[1], d[2], d[3], d[4], d[5], d[6],
        d[7],
    ]
}

/// The disk's size and its partitions' places: one after the other, aligned.
///
/// # Errors
/// If partitions do not fit the table or the disk.
pub fn place(disk: &Disk) -> Result<(u64, Vec<Placed>), Error> {
    let room = match disk.table {
        Table::Mbr => 4,
        Table::Gpt => GPT_ENTRIES,
    };
    if disk.partitions.len() > room {
        return Err(Error::TooManyPartitions(disk.partitions.len(), room));
    }
    let too_large = |size| Error::DiskTooLarge { size };
    let aligned = |size: u64| {
        size.max(1)
            .checked_next_multiple_of(ALIGNMENT)
            .ok_or(too_large(size))
    };
    let mut at = ALIGNMENT;
    let mut placed = Vec::new();
    for partition in &disk.partitions {
        let size = aligned(partition.size)?;
        let end = at.checked_add(size).ok_or(too_large(size))?;
        placed.push(Placed {
            name: partition.name.clone(),
            range: at..end,
        });
        at = end;
    }
    // A copy of the table stands at the end of the disk.
    let needed = match disk.table {
        Table::Mbr => at,
        Table::Gpt => at.checked_add(ALIGNMENT).ok_or(too_large(at))?,
    };
    let size = disk.size.unwrap_or(needed);
    if size < needed {
        return Err(Error::DiskTooSmall { needed, size });
    }
    // Sector numbers of an MBR have 32 bits. `off_t` has a sign.
    if (disk.table == Table::Mbr && at / SECTOR > u64::from(u32::MAX)) || size > i64::MAX as u64 {
        return Err(too_large(size));
    }
    Ok((size, placed))
}

/// Writes the table.
///
/// # Errors
/// If the image cannot be written.
pub fn write(disk: &Disk, placed: &[Placed], image: &mut Sparse) -> Result<(), Error> {
    match disk.table {
        Table::Mbr => write_mbr(disk, placed, image),
        Table::Gpt => write_gpt(disk, placed, image),
    }
}

fn failed(error: impl std::fmt::Display) -> Error {
    Error::Table(error.to_string())
}

fn write_mbr(disk: &Disk, placed: &[Placed], image: &mut Sparse) -> Result<(), Error> {
    let id = disk.identifier("mbr");
    let size = image.size();
    let mut region = image.region(0..size);
    // An MBR cannot count more sectors than this.
    let mut sized = Sized {
        size: size.min(u64::from(u32::MAX) * SECTOR),
    };
    let signature = [id[0], id[1], id[2], id[3]];
    let mut table = MBR::new_from(&mut sized, SECTOR as u32, signature).map_err(failed)?;
    for (number, (partition, place)) in disk.partitions.iter().zip(placed).enumerate() {
        let sys = match &partition.content {
            Content::Fat(_) if super::fat::is_fat16(place.sectors() * SECTOR) => MBR_FAT16,
            Content::Fat(_) => MBR_FAT32,
            Content::Empty | Content::Marked(_) | Content::Bytes(_) => MBR_LINUX,
        };
        let sector = |number: u64| u32::try_from(number).map_err(failed);
        table[number + 1] = MBRPartitionEntry {
            boot: BOOT_INACTIVE,
            // Cylinder addresses are not used for cards.
            first_chs: CHS::empty(),
            last_chs: CHS::empty(),
            sys,
            starting_lba: sector(place.first_sector())?,
            sectors: sector(place.sectors())?,
        };
    }
    // Written at once, so that an error is the system's own.
    let mut sector = io::Cursor::new(Vec::new());
    table.write_into(&mut sector).map_err(failed)?;
    region.write_all(sector.get_ref()).map_err(Error::Write)
}

/// A disk that only knows its size.
struct Sized {
    size: u64,
}

impl Seek for Sized {
    fn seek(&mut self, to: SeekFrom) -> io::Result<u64> {
        Ok(match to {
            SeekFrom::End(_) => self.size,
            _ => 0,
        })
    }
}

fn write_gpt(disk: &Disk, placed: &[Placed], image: &mut Sparse) -> Result<(), Error> {
    let size = image.size();
    let mut region = image.region(0..size);
    let id = version_8(disk.identifier("gpt"));
    let mut table = GPT::new_from(&mut region, SECTOR, id).map_err(failed)?;
    for (number, (partition, place)) in disk.partitions.iter().zip(placed).enumerate() {
        let number = u32::try_from(number + 1).map_err(failed)?;
        table[number] = GPTPartitionEntry {
            partition_type_guid: match &partition.content {
                Content::Fat(_) => GPT_FAT,
                Content::Empty | Content::Marked(_) | Content::Bytes(_) => GPT_LINUX,
            },
            unique_partition_guid: version_8(disk.identifier(&format!("gpt {number}"))),
            starting_lba: place.first_sector(),
            ending_lba: place.first_sector() + place.sectors() - 1,
            attribute_bits: 0,
            partition_name: partition.name.as_str().into(),
        };
    }
    GPT::write_protective_mbr_into(&mut region, SECTOR).map_err(failed)?;
    table.write_into(&mut region).map_err(failed)?;
    Ok(())
}

/// Marks bytes as a UUID of version 8, "custom" (RFC 9562, section 5.8). As stored in a GPT, the version is in the
/// upper half of byte 7 and the variant in byte 8.
fn version_8(mut id: [u8; 16]) -> [u8; 16] {
    id[7] = id[7] & 0x0f | 0x80;
    id[8] = id[8] & 0x3f | 0x80;
    id
}

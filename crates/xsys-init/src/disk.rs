//! The appliance's disk: which one of the machine's it is, and its partitions.
//!
//! It is the one with an MBR and a first partition that is FAT and called `SELECT` (see `mbr`); with `xsys.disk=` and an
//! MBR signature in hexadecimal on the kernel's command line only that one. Among several, SD cards come first.

use std::fs::{self, File};
use std::io::{self, Error, Read, Seek, SeekFrom};
use std::path::PathBuf;
use std::thread;
use std::time::{Duration, Instant};
use xsys_init::mbr::{self, SECTOR};

/// Its name. Drivers may find their disks some time after they are loaded.
pub(crate) fn wait() -> io::Result<String> {
    let begun = Instant::now();
    let signature = wanted_signature();
    loop {
        let disks = disks();
        if let Some(disk) = disks.iter().find(|disk| is_ours(disk, signature)) {
            return Ok(disk.clone());
        }
        if begun.elapsed() > Duration::from_secs(10) {
            let seen = if disks.is_empty() {
                "none".into()
            } else {
                disks.join(", ")
            };
            return Err(Error::other(format!(
                "no disk of this appliance was found (disks: {seen})"
            )));
        }
        thread::sleep(Duration::from_millis(20));
    }
}

fn wanted_signature() -> Option<u32> {
    let line = fs::read_to_string("/proc/cmdline").ok()?;
    let value = line
        .split_whitespace()
        .find_map(|word| word.strip_prefix("xsys.disk="))?;
    u32::from_str_radix(value.trim_start_matches("0x"), 16).ok()
}

/// Names like `mmcblk0`, the most likely first.
fn disks() -> Vec<String> {
    let not_disks = ["loop", "ram", "zram", "dm-", "sr", "fd", "nbd", "mtdblock"];
    let entries = fs::read_dir("/sys/block").into_iter().flatten().flatten();
    let mut names: Vec<String> = entries
        .filter_map(|entry| entry.file_name().into_string().ok())
        .collect();
    names.retain(|name| {
        !not_disks.iter().any(|kind| name.starts_with(kind)) && !name.contains("boot")
    });
    names.sort_by_key(|name| (!name.starts_with("mmcblk"), name.clone()));
    names
}

fn is_ours(disk: &str, signature: Option<u32>) -> bool {
    let mut sector = [0; 512];
    let read = |at: u64, sector: &mut [u8]| -> io::Result<()> {
        let mut file = File::open(format!("/dev/{disk}"))?;
        file.seek(SeekFrom::Start(at * SECTOR))?;
        file.read_exact(sector)
    };
    if read(0, &mut sector).is_err() {
        return false;
    }
    let Some(table) = mbr::Table::parse(&sector) else {
        return false;
    };
    if let Some(signature) = signature {
        return table.signature == signature;
    }
    // Through the kernel's list, because with a GPT the MBR does not say where partition 1 is.
    let first = partition(disk, 1).and_then(|name| File::open(format!("/dev/{name}")).ok());
    first.is_some_and(|mut first| {
        first.read_exact(&mut sector).is_ok()
            && mbr::fat_label(&sector).as_deref() == Some(mbr::LABEL)
    })
}

/// What a partition of it is called.
pub(crate) fn partition(disk: &str, number: u32) -> Option<String> {
    let entries = fs::read_dir(PathBuf::from("/sys/block").join(disk)).ok()?;
    entries.flatten().find_map(|entry| {
        let text = fs::read_to_string(entry.path().join("partition")).ok()?;
        (text.trim().parse() == Ok(number)).then(|| entry.file_name().into_string().ok())?
    })
}

//! The data partition: found, grown to the disk's end, formatted if it is new, mounted.
//!
//! Whatever happens, the mount point can be written when services start: if need be it is memory, and log and status
//! say so. A file system that the kernel refuses, or in which it found errors, is kept or replaced, as configured: by a
//! new one with everything that can still be read of the old one (see `salvage`). There is no e2fsck here. A kernel
//! without ext4 is no reason to replace anything.

use crate::disk;
use crate::log::say;
use crate::salvage;
use crate::sys::{self, Change, MS_NOATIME, MS_NODEV, MS_NOSUID};
use std::fs::{self, File, OpenOptions};
use std::io::{self, Error, Read, Seek, SeekFrom, Write};
use std::os::unix::fs::PermissionsExt;
use std::sync::Mutex;
use std::time::Instant;
use xsys_init::config::{Damaged, Data};
use xsys_init::ext4::{self, BLOCK, Names};
use xsys_init::mbr::{self, SECTOR};
use xsys_init::superblock;

/// The outcome for the data partition, for the status page.
#[derive(Clone, Debug, Default)]
pub(crate) struct Status {
    pub text: String,
    /// Whether the state of earlier boots is lost, or cannot be reached now.
    pub lost: bool,
    /// Where it is mounted from a disk, if it is.
    pub mounted: Option<String>,
}

static STATUS: Mutex<Option<Status>> = Mutex::new(None);

pub(crate) fn status() -> Option<Status> {
    STATUS.lock().ok()?.clone()
}

/// Does everything; afterwards the mount point can be written.
pub(crate) fn prepare(data: &Data) -> Status {
    let status = match on_disk(data) {
        Ok((text, lost)) => Status {
            text,
            lost,
            mounted: Some(data.mount.clone()),
        },
        Err(error) => {
            say!("DATA IS IN MEMORY ONLY and will be lost: {error}");
            let flags = MS_NOSUID | MS_NODEV;
            if let Err(error) =
                sys::mount_on("data", &data.mount, "tmpfs", flags, "mode=1777,size=25%")
            {
                say!("cannot mount memory on {} either: {error}", data.mount);
            }
            Status {
                text: format!("in memory only: {error}"),
                lost: true,
                mounted: None,
            }
        }
    };
    if let Ok(mut shared) = STATUS.lock() {
        *shared = Some(status.clone());
    }
    status
}

fn on_disk(data: &Data) -> io::Result<(String, bool)> {
    let disk = disk::wait()?;
    if let Err(error) = grow(&disk, data.partition) {
        say!(
            "cannot grow partition {} of {disk}: {error}",
            data.partition
        );
    }
    let partition = disk::partition(&disk, data.partition)
        .ok_or_else(|| Error::other(format!("{disk} has no partition {}", data.partition)))?;
    let device = format!("/dev/{partition}");
    let mut start = vec![0; 64 << 10];
    let length = File::open(&device)?.read(&mut start)?;
    start.truncate(length);
    if start.starts_with(ext4::NEW) {
        make(&device, data, false)?;
        return Ok((format!("{device}, made at this boot"), false));
    }
    if start.iter().all(|byte| *byte == 0) {
        return on_empty(&device, data);
    }
    if let Some(replaces) = ext4::half_made(&start) {
        say!("{device}: the power failed while a file system was made");
        make(&device, data, replaces)?;
        if replaces {
            say!("STATE LOST: a damaged file system was being replaced");
        }
        return Ok((
            format!("{device}, made at this boot, after an interruption"),
            replaces,
        ));
    }
    let found = ext4::look(&start);
    let errors = found.as_ref().is_some_and(|found| found.errors);
    if let Some(found) = &found {
        let state = match (errors, found.unclean) {
            (true, _) => "the kernel met damage in it earlier",
            (false, true) => "it was in use when the machine stopped",
            (false, false) => "clean",
        };
        say!(
            "{device}: ext4, {} MB, {state}",
            (found.blocks * BLOCK as u64) >> 20
        );
    }
    match mount_and_try(&device, data, "") {
        Ok(()) if !errors => {
            if let Some(found) = found {
                fill_partition(&device, data, found.blocks);
            }
            return Ok((device, false));
        }
        Ok(()) if data.damaged == Damaged::Keep => {
            return Ok((format!("{device}: there is damage in it"), false));
        }
        Ok(()) => sys::unmount(&data.mount, 0)?,
        Err(error) => {
            say!("{device} CANNOT BE USED: {}", reason(&error));
            if !is_damage(&error) {
                return Err(Error::other(format!("{device}: {}", reason(&error))));
            }
        }
    }
    if data.damaged == Damaged::Keep {
        return Err(Error::other(format!(
            "{device} is damaged and kept as it is"
        )));
    }
    check_disk(&device)
        .map_err(|error| Error::other(format!("{device} cannot be read: {error}")))?;
    match restore_superblock(&device) {
        Ok(Some(group)) => {
            say!(
                "{device}: its superblock was damaged, and is written anew from the copy in group {group}"
            );
            match mount_and_try(&device, data, "") {
                Ok(()) => {
                    let text = "its superblock was damaged, and was written anew from a copy";
                    return Ok((format!("{device}: {text}"), false));
                }
                Err(error) => say!("{device} cannot be used with it: {}", reason(&error)),
            }
        }
        Ok(None) => {}
        Err(error) => say!("{device}: its superblock cannot be looked for: {error}"),
    }
    replace(&device, data, errors)
}

/// A partition that begins with zeros but lacks the mark of a new one: a card made by other means, or damage.
fn on_empty(device: &str, data: &Data) -> io::Result<(String, bool)> {
    let mut disk = File::open(device)?;
    let size = disk.seek(SeekFrom::End(0))?;
    if !superblock::has_traces(&mut disk, size)? {
        make(device, data, false)?;
        return Ok((format!("{device}, made at this boot"), false));
    }
    say!("{device} CANNOT BE USED: there was a file system in it, and its start is empty");
    if data.damaged == Damaged::Keep {
        return Err(Error::other(format!(
            "{device} is damaged and kept as it is"
        )));
    }
    make(device, data, true)?;
    say!("STATE LOST: the start of the file system was gone, with its root directory");
    let text =
        format!("{device}, made at this boot: STATE LOST, the start of the old one was gone");
    Ok((text, true))
}

fn restore_superblock(device: &str) -> io::Result<Option<u64>> {
    let mut disk = OpenOptions::new().read(true).write(true).open(device)?;
    let size = disk.seek(SeekFrom::End(0))?;
    let group = superblock::restore(&mut disk, size)?;
    disk.sync_all()?;
    Ok(group)
}

/// A partition may be larger than its file system: its card was copied to a larger one, or the image came with data.
/// Growing is done by the kernel and survives power cuts.
fn fill_partition(device: &str, data: &Data, old: u64) {
    let size = File::open(device)
        .and_then(|mut file| file.seek(SeekFrom::End(0)))
        .unwrap_or(0);
    let blocks = size / BLOCK as u64;
    // A last group that would be too small is left out.
    if blocks < old + 8192 {
        return;
    }
    let done = File::open(&data.mount).and_then(|root| sys::grow_ext4(&root, blocks));
    match done {
        Ok(()) => say!("{device}: its file system has grown to {} MB", size >> 20),
        Err(error) => say!(
            "{device}: its file system cannot grow to {} MB: {error}",
            size >> 20
        ),
    }
}

/// Replaces the file system by a new one with what can be read of the old one. If that does not fit into memory, the
/// old one is used as it is, if possible.
fn replace(device: &str, data: &Data, usable: bool) -> io::Result<(String, bool)> {
    let mut kept = salvage::collect(device, salvage::Amount::All);
    if kept.is_none() {
        // Not by a copy of the superblock: copies call blocks free that are in use.
        if usable && mount_and_try(device, data, "").is_ok() {
            say!("{device} is damaged, and used nevertheless: its files do not fit into memory");
            return Ok((format!("{device}: it is damaged"), false));
        }
        kept = salvage::collect(device, salvage::Amount::WhatFits);
    }
    say!("{device} is replaced by a new file system");
    make(device, data, true)?;
    let Some(mut tally) = kept.filter(|tally| tally.files > 0) else {
        say!("STATE LOST: nothing of the old file system could be read");
        let text = format!(
            "{device}, made at this boot: STATE LOST, nothing of the old one could be read"
        );
        return Ok((text, true));
    };
    salvage::restore(&data.mount, &mut tally);
    let salvage::Tally { files, lost, .. } = tally;
    // Without the journal the last seconds are missing, for an unknown set of files.
    if lost == 0 {
        say!("{files} files were kept, perhaps without what was written last");
        let text = format!("{device}, made at this boot, with the {files} files of a damaged one");
        return Ok((text + ", perhaps without what was written last", false));
    }
    say!("STATE LOST IN PART: {files} files were kept, {lost} were not");
    let text = format!(
        "{device}, made at this boot: {files} files of a damaged one were kept, {lost} LOST"
    );
    Ok((text, true))
}

/// Mounts it, and checks that the root directory can be read and written.
fn mount_and_try(device: &str, data: &Data, options: &str) -> io::Result<()> {
    mount(device, data, options)?;
    let tried = || -> io::Result<()> {
        for entry in fs::read_dir(&data.mount)? {
            entry?;
        }
        let probe = format!("{}/.xsys-probe", data.mount);
        match File::create(&probe) {
            Ok(_) => fs::remove_file(&probe),
            // A full disk is not damaged.
            Err(error) if error.kind() == io::ErrorKind::StorageFull => Ok(()),
            Err(error) => Err(error),
        }
    };
    tried().inspect_err(|_| {
        let _ = sys::unmount(&data.mount, 0);
    })
}

/// The kernel's error in words; C libraries lack some of them.
fn reason(error: &io::Error) -> String {
    match error.raw_os_error() {
        Some(NOT_VALID) => "there is no valid file system in it".into(),
        Some(BAD_CHECKSUM) => "a checksum is wrong".into(),
        Some(UNCLEAN) => "it is damaged".into(),
        Some(19) => "the kernel has no ext4".into(),
        Some(2) => {
            "the kernel lacks something that ext4 needs, such as the module crc32c_generic".into()
        }
        _ => error.to_string(),
    }
}

const IO: i32 = 5;
const NOT_VALID: i32 = 22;
const READ_ONLY: i32 = 30;
const BAD_CHECKSUM: i32 = 74;
const UNCLEAN: i32 = 117;

/// Is the file system damaged? Only these errors say so. A kernel without ext4 or without memory does not.
fn is_damage(error: &io::Error) -> bool {
    matches!(
        error.raw_os_error(),
        Some(IO | NOT_VALID | READ_ONLY | BAD_CHECKSUM | UNCLEAN)
    )
}

/// Can the disk itself be read where a file system has its tables? A bad contact is no reason to format.
fn check_disk(device: &str) -> io::Result<()> {
    let mut file = File::open(device)?;
    let mut part = vec![0; 1 << 20];
    for _ in 0..64 {
        if file.read(&mut part)? == 0 {
            break;
        }
    }
    Ok(())
}

fn mount(device: &str, data: &Data, options: &str) -> io::Result<()> {
    let flags = MS_NOATIME | MS_NODEV | MS_NOSUID;
    sys::mount_on(device, &data.mount, "ext4", flags, options)
}

/// Makes a file system and mounts it.
fn make(device: &str, data: &Data, replaces: bool) -> io::Result<()> {
    let begun = Instant::now();
    let mut file = OpenOptions::new().read(true).write(true).open(device)?;
    let size = file.seek(SeekFrom::End(0))?;
    let mut uuid = [0; 16];
    File::open("/dev/urandom")?.read_exact(&mut uuid)?;
    // Version 4, variant 1: random.
    uuid[6] = uuid[6] & 0x0f | 0x40;
    uuid[8] = uuid[8] & 0x3f | 0x80;
    let names = Names {
        label: data.label.clone(),
        uuid,
        time: crate::log::clock() as u32,
        replaces,
    };
    say!("{device}: an ext4 file system of {} MB is made", size >> 20);
    ext4::make(&mut file, size / BLOCK as u64, &names)?;
    file.sync_all()?;
    mount(device, data, "")?;
    // Services of any user can create files here, and cannot touch those of others (sticky bit).
    fs::set_permissions(&data.mount, fs::Permissions::from_mode(0o1777))?;
    say!(
        "{device}: done in {:.1} s, and mounted",
        begun.elapsed().as_secs_f64()
    );
    Ok(())
}

/// Makes or grows the partition's entry, on the disk and in the kernel.
fn grow(disk: &str, number: u32) -> io::Result<()> {
    let mut file = OpenOptions::new()
        .read(true)
        .write(true)
        .open(format!("/dev/{disk}"))?;
    let sectors = file.seek(SeekFrom::End(0))? / SECTOR;
    let mut sector = [0; 512];
    file.seek(SeekFrom::Start(0))?;
    file.read_exact(&mut sector)?;
    let table =
        mbr::Table::parse(&sector).ok_or_else(|| Error::other("it has no partition table"))?;
    if table.is_protective() {
        return Ok(());
    }
    let Some(entry) = table.grown(number, sectors) else {
        return Ok(());
    };
    mbr::write(&mut sector, number, entry);
    file.seek(SeekFrom::Start(0))?;
    file.write_all(&sector)?;
    file.sync_all()?;
    let change = if disk::partition(disk, number).is_some() {
        Change::Resize
    } else {
        Change::Add
    };
    let (start, length) = (entry.start * SECTOR, entry.length * SECTOR);
    sys::change_partition(&file, change, number, start, length)
        .or_else(|_| sys::reread_partitions(&file))?;
    say!(
        "{disk}: partition {number} reaches to the disk's end now ({} MB)",
        length >> 20
    );
    Ok(())
}

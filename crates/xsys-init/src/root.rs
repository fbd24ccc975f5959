//! The root, if it is a SquashFS image on the boot partition: only what was read lately is in memory, and only until
//! the memory is needed.
//!
//! What the kernel has unpacked from the initramfs (this program, settings, the device's own files and secrets) is laid
//! over the image by a read-only overlay. So programs see the same root in both cases.
//!
//! The boot partition is the one with the same manifest as the initramfs, because both come from the same system. If
//! both boot partitions have it, the firmware's choice counts.
//!
//! Without its root a machine cannot do its work, but it can be inspected: network, status page and log work, and the
//! reason is logged and recorded. Then it restarts, as after a reset by the watchdog: the card may work next time, or
//! the other system may start. After five restarts in a row it stays up.

use crate::disk;
use crate::log::say;
use crate::record;
use crate::shutdown;
use crate::sys::{
    self, MNT_DETACH, MS_MOVE, MS_NOATIME, MS_NODEV, MS_NOEXEC, MS_NOSUID, MS_RDONLY,
};
use crate::watchdog;
use std::env;
use std::fs::{self, File};
use std::io::{self, Read};
use std::os::unix::fs::chroot;
use std::path::Path;
use std::time::Duration;
use xsys_init::config::Root;
use xsys_init::squashfs;

/// Where the boot partition and the image are mounted before the root is switched.
const BOOT: &str = "/run/xsys/boot";
const IMAGE: &str = "/run/xsys/root";
/// The new root before the switch. It must not be in a file system that is moved into it.
const NEW: &str = "/mnt";
const MANIFEST: &str = "manifest.json";
/// The manifest in the initramfs.
const OURS: &str = "/etc/xsys/manifest.json";
/// Numbers of the partitions with systems.
const SYSTEMS: [u32; 2] = [2, 3];
/// The character set of long names, given explicitly because the kernel's default depends on its build.
const LETTERS: [&str; 3] = ["", "iocharset=ascii", "iocharset=iso8859-1"];
/// The first wait before a restart.
const FIRST_WAIT: Duration = Duration::from_secs(10);

/// Makes the image the root of this process and of all that it starts. If that fails, nothing has changed.
pub(crate) fn enter(root: &Root) -> Result<(), String> {
    for directory in [BOOT, IMAGE, NEW] {
        fs::create_dir_all(directory)
            .map_err(|error| format!("cannot make {directory}: {error}"))?;
    }
    let partition = boot_partition(&root.image)?;
    let result = mount_image(&format!("{BOOT}/{}", root.image))
        .map_err(|why| format!("{} on {partition}: {why}", root.image))
        .and_then(|()| lay_over());
    // The mounted root keeps them in use.
    for directory in [IMAGE, BOOT] {
        let _ = sys::unmount(directory, MNT_DETACH);
        let _ = fs::remove_dir(directory);
    }
    result?;
    change().map_err(|error| format!("cannot change the root: {error}"))?;
    say!("the root is {} on {partition}", root.image);
    Ok(())
}

/// Restarts after a while, unless earlier restarts did not help.
pub(crate) fn try_again(why: &str) {
    let before = record::resets();
    if before >= watchdog::ENOUGH {
        say!(
            "{before} restarts did not help: this machine stays up without its root, so that it can be inspected"
        );
        return;
    }
    let wait = FIRST_WAIT * 2_u32.pow(before);
    say!("it restarts in {} s", wait.as_secs());
    shutdown::restart_in(wait, format!("{}: {why}", record::NO_ROOT));
}

/// Mounts the boot partition that this system is from, and returns its name.
fn boot_partition(image: &str) -> Result<String, String> {
    let ours = fs::read(OURS).map_err(|error| format!("cannot read {OURS}: {error}"))?;
    let disk = disk::wait().map_err(|error| error.to_string())?;
    let mut numbers = SYSTEMS;
    numbers.sort_by_key(|number| Some(*number) != firmwares_word());
    let mut seen = Vec::new();
    for number in numbers {
        let Some(name) = disk::partition(&disk, number) else {
            continue;
        };
        match mount_boot(&format!("/dev/{name}")) {
            Ok(()) => {
                match fs::read(Path::new(BOOT).join(MANIFEST)) {
                    Ok(theirs) if theirs == ours => return Ok(name),
                    Ok(_) => seen.push(format!("{name} has another system")),
                    Err(error) if error.kind() == io::ErrorKind::NotFound => {
                        seen.push(format!("{name} has no system"));
                    }
                    Err(error) => seen.push(format!("{name} cannot be read: {error}")),
                }
                let _ = sys::unmount(BOOT, MNT_DETACH);
            }
            Err(error) => seen.push(format!("{name} cannot be mounted: {error}")),
        }
    }
    Err(format!(
        "no boot partition with {image} of this system on {disk} ({})",
        seen.join("; ")
    ))
}

/// The partition that the firmware of a Pi has started from, if it says so.
fn firmwares_word() -> Option<u32> {
    let word = fs::read("/proc/device-tree/chosen/bootloader/partition").ok()?;
    Some(u32::from_be_bytes(word.try_into().ok()?))
}

fn mount_boot(device: &str) -> io::Result<()> {
    let flags = MS_RDONLY | MS_NOATIME | MS_NODEV | MS_NOSUID | MS_NOEXEC;
    let mut first = None;
    for letters in LETTERS {
        match sys::mount_on(device, BOOT, "vfat", flags, letters) {
            Ok(()) => return Ok(()),
            Err(error) => first = first.or(Some(error)),
        }
    }
    Err(first.unwrap_or_else(|| io::ErrorKind::Unsupported.into()))
}

/// Mounts the image, and reads all its entries: damage found later would be too late.
fn mount_image(path: &str) -> Result<(), String> {
    let mut image = File::open(path).map_err(|error| match error.kind() {
        io::ErrorKind::NotFound => "it is not there".to_owned(),
        _ => error.to_string(),
    })?;
    let mut start = Vec::new();
    let beginning = Read::by_ref(&mut image).take(squashfs::SUPERBLOCK as u64);
    io::BufReader::new(beginning)
        .read_to_end(&mut start)
        .map_err(|error| format!("it cannot be read: {error}"))?;
    let size = image.metadata().map_err(|error| error.to_string())?.len();
    squashfs::check(&start, size)?;
    let (_device, name) =
        as_disk(&image).map_err(|error| format!("no loop device for it: {error}"))?;
    let flags = MS_RDONLY | MS_NOATIME | MS_NODEV;
    sys::mount_on(&name, IMAGE, "squashfs", flags, "")
        .map_err(|error| format!("it cannot be mounted: {}", reason(&error)))?;
    look(Path::new(IMAGE)).map_err(|error| format!("it is damaged: {error}"))
}

/// A loop device and its name. It is freed when the file system on it is unmounted and the device is closed.
fn as_disk(image: &File) -> io::Result<(File, String)> {
    let control = File::open("/dev/loop-control")?;
    let mut tries = 0;
    loop {
        let name = format!("/dev/loop{}", sys::free_loop(&control)?);
        let device = File::open(&name)?;
        match sys::attach_loop(&device, image) {
            Ok(()) => return Ok((device, name)),
            // Another process was faster.
            Err(error) if error.kind() == io::ErrorKind::ResourceBusy && tries < 8 => tries += 1,
            Err(error) => return Err(error),
        }
    }
}

/// The kernel's error in words.
fn reason(error: &io::Error) -> String {
    match error.raw_os_error() {
        Some(19) => "the kernel has no squashfs".into(),
        Some(5 | 22) => {
            format!("{error}; it is damaged, or the kernel's squashfs cannot read gzip")
        }
        _ => error.to_string(),
    }
}

fn look(directory: &Path) -> io::Result<()> {
    for entry in fs::read_dir(directory)? {
        let entry = entry?;
        // The directory's entry has a type of its own; this one is the inode's.
        if entry.metadata()?.is_dir() {
            look(&entry.path())?;
        }
    }
    Ok(())
}

/// Lays what the kernel has unpacked over the image.
fn lay_over() -> Result<(), String> {
    let layers = format!("lowerdir=/:{IMAGE}");
    sys::mount_on("root", NEW, "overlay", MS_RDONLY | MS_NOATIME, &layers).map_err(|error| {
        match error.raw_os_error() {
            Some(19) => "the kernel has no overlay".into(),
            _ => format!("cannot lay this system's files over it: {error}"),
        }
    })
}

/// Moves the mounts into the new root, and the new root to the place of the old one.
fn change() -> io::Result<()> {
    for directory in ["proc", "sys", "dev", "run", "tmp"] {
        let (old, new) = (format!("/{directory}"), format!("{NEW}/{directory}"));
        if let Err(error) = sys::mount_on(&old, &new, "", MS_MOVE, "") {
            say!("cannot move {old} to the new root: {error}");
        }
    }
    env::set_current_dir(NEW)?;
    sys::mount_on(".", "/", "", MS_MOVE, "")?;
    chroot(".")?;
    env::set_current_dir("/")
}

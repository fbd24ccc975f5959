//! The root, where that is a SquashFS image on the boot partition: memory has of it what was read lately, and that only as
//! long as nobody needs it more.
//!
//! What the kernel has unpacked from the initramfs (this program, settings, the device's own files and secrets) is laid
//! over the image by an overlay that has nothing to write to. So programs see the same root in both cases.
//!
//! Which boot partition: the one with the manifest that the initramfs has, too, for they come from the same system. Where
//! both have it, the firmware's word counts.
//!
//! Without its root a machine is of no use, but it can be looked at: network, status page and log work, and why there is
//! none is said and written down. Then it restarts, as after a reset by the watchdog: a new start may find the card in
//! order, or the other system. After five in a row it stays up.

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

/// Where the boot partition and the image are mounted until the root has them.
const BOOT: &str = "/run/xsys/boot";
const IMAGE: &str = "/run/xsys/root";
/// The new root, before it is one. It must not be in a file system that is moved into it.
const NEW: &str = "/mnt";
const MANIFEST: &str = "manifest.json";
/// The manifest in the initramfs.
const OURS: &str = "/etc/xsys/manifest.json";
/// Numbers of the partitions with systems.
const SYSTEMS: [u32; 2] = [2, 3];
/// What the kernel takes for letters in long names, where it is not told: that depends on who built it.
const LETTERS: [&str; 3] = ["", "iocharset=ascii", "iocharset=iso8859-1"];
/// The first wait before a restart.
const FIRST_WAIT: Duration = Duration::from_secs(10);

/// Makes the image the root of this process and of all that it starts. Where that fails everything is as before.
pub(crate) fn enter(root: &Root) -> Result<(), String> {
    for folder in [BOOT, IMAGE, NEW] {
        fs::create_dir_all(folder).map_err(|error| format!("cannot make {folder}: {error}"))?;
    }
    let partition = boot_partition(&root.image)?;
    let result = mount_image(&format!("{BOOT}/{}", root.image))
        .map_err(|why| format!("{} on {partition}: {why}", root.image))
        .and_then(|()| lay_over());
    // The root has its own hold on them.
    for folder in [IMAGE, BOOT] {
        let _ = sys::unmount(folder, MNT_DETACH);
        let _ = fs::remove_dir(folder);
    }
    result?;
    change().map_err(|error| format!("cannot change the root: {error}"))?;
    say!("the root is {} on {partition}", root.image);
    Ok(())
}

/// Restarts after a while, unless that was of no use before.
pub(crate) fn try_again(why: &str) {
    let before = record::resets();
    if before >= watchdog::ENOUGH {
        say!(
            "{before} restarts did not help: this machine stays up without its root, so that somebody can look"
        );
        return;
    }
    let wait = FIRST_WAIT * 2_u32.pow(before);
    say!("it restarts in {} s", wait.as_secs());
    shutdown::restart_in(wait, format!("{}: {why}", record::NO_ROOT));
}

/// Mounts the boot partition that this system is from, and says its name.
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

/// The partition that the firmware of a Pi has started from, where it tells.
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

/// Mounts the image, and looks at all its entries: what is damaged there would show too late.
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

/// A loop device and its name. It is free again when the file system on it and the device are closed.
fn as_disk(image: &File) -> io::Result<(File, String)> {
    let control = File::open("/dev/loop-control")?;
    let mut tries = 0;
    loop {
        let name = format!("/dev/loop{}", sys::free_loop(&control)?);
        let device = File::open(&name)?;
        match sys::attach_loop(&device, image) {
            Ok(()) => return Ok((device, name)),
            // Somebody else was faster.
            Err(error) if error.kind() == io::ErrorKind::ResourceBusy && tries < 8 => tries += 1,
            Err(error) => return Err(error),
        }
    }
}

/// The kernel's reasons.
fn reason(error: &io::Error) -> String {
    match error.raw_os_error() {
        Some(19) => "the kernel has no squashfs".into(),
        Some(5 | 22) => {
            format!("{error}; it is damaged, or the kernel's squashfs cannot read gzip")
        }
        _ => error.to_string(),
    }
}

fn look(folder: &Path) -> io::Result<()> {
    for entry in fs::read_dir(folder)? {
        let entry = entry?;
        // The entry's own word is from the folder; this is its inode's.
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

/// Moves what is mounted into the new root, and the new root to where the old one is.
fn change() -> io::Result<()> {
    for folder in ["proc", "sys", "dev", "run", "tmp"] {
        let (old, new) = (format!("/{folder}"), format!("{NEW}/{folder}"));
        if let Err(error) = sys::mount_on(&old, &new, "", MS_MOVE, "") {
            say!("cannot move {old} to the new root: {error}");
        }
    }
    env::set_current_dir(NEW)?;
    sys::mount_on(".", "/", "", MS_MOVE, "")?;
    chroot(".")?;
    env::set_current_dir("/")
}

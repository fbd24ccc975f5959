//! Which disks there are, what they are, and reasons against writing to one: from Linux's sysfs and procfs
//! (Documentation/ABI/stable/sysfs-block, proc_pid_mountinfo(5)).

use std::fs;
use std::path::{Path, PathBuf};

use serde::Serialize;

/// Bytes in a sector of sysfs, whatever the disk's own are.
const SECTOR: u64 = 512;

/// Larger disks are hardly cards, in bytes.
pub(crate) const LARGE: u64 = 512 << 30;

/// Where the kernel lists disks.
#[derive(Clone, Debug)]
pub(crate) struct Kernel {
    sys: PathBuf,
    proc: PathBuf,
    dev: PathBuf,
}

impl Default for Kernel {
    fn default() -> Self {
        Self::below(Path::new("/"))
    }
}

/// A whole disk.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize)]
pub(crate) struct Disk {
    pub path: PathBuf,
    /// Maker and model, if it reports them.
    pub model: String,
    /// Bytes.
    pub size: u64,
    pub removable: bool,
    pub read_only: bool,
    /// Partitions that are mounted, or in use in another way.
    pub used: Vec<Use>,
    /// Whether the running system is on it.
    pub system: bool,
}

#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub(crate) struct Use {
    pub partition: String,
    /// "mounted on /home", "swap", "part of dm-0".
    pub how: String,
}

/// What a name refers to.
#[derive(Debug, PartialEq, Eq)]
pub(crate) enum Found {
    Disk(Disk),
    /// A part of the disk that is named.
    Partition(PathBuf),
    /// Not a block device.
    Other,
}

impl Kernel {
    fn below(root: &Path) -> Self {
        Self {
            sys: root.join("sys"),
            proc: root.join("proc"),
            dev: root.join("dev"),
        }
    }

    /// What a path refers to.
    pub(crate) fn find(&self, path: &Path) -> Found {
        // /dev/disk/by-id/… are links.
        let real = fs::canonicalize(path).unwrap_or_else(|_| path.to_owned());
        let Some(name) = self.name(&real) else {
            return Found::Other;
        };
        let about = self.sys.join("class/block").join(&name);
        if !about.exists() {
            return Found::Other;
        }
        if about.join("partition").exists() {
            let directory = fs::canonicalize(&about).unwrap_or(about);
            let disk = directory.parent().and_then(Path::file_name);
            let disk =
                disk.map_or_else(|| name.clone(), |disk| disk.to_string_lossy().into_owned());
            return Found::Partition(self.path(&disk));
        }
        Found::Disk(self.disk(&name))
    }

    /// All disks that can be written to.
    pub(crate) fn disks(&self) -> Vec<Disk> {
        let mut names = directories(&self.sys.join("block"));
        // These are virtual disks, in files or memory.
        names.retain(|name| {
            !["loop", "ram", "zram", "dm-", "md", "sr"]
                .iter()
                .any(|made| name.starts_with(made))
        });
        names
            .iter()
            .map(|name| self.disk(name))
            .filter(|disk| disk.size > 0)
            .collect()
    }

    /// The kernel's name of a device file: a `/` in it is written as `!`.
    fn name(&self, path: &Path) -> Option<String> {
        let name = path.strip_prefix(&self.dev).ok()?.to_str()?;
        Some(name.replace('/', "!"))
    }

    fn path(&self, name: &str) -> PathBuf {
        self.dev.join(name.replace('!', "/"))
    }

    fn disk(&self, name: &str) -> Disk {
        let about = self.sys.join("class/block").join(name);
        let flag = |file: &str| text(&about.join(file)) == "1";
        let words = [
            // A number, for virtual disks.
            Some(text(&about.join("device/vendor")))
                .filter(|maker| !maker.starts_with("0x"))
                .unwrap_or_default(),
            text(&about.join("device/model")),
            text(&about.join("device/name")),
        ];
        let words: Vec<String> = words.into_iter().filter(|word| !word.is_empty()).collect();
        let mut parts = vec![name.to_owned()];
        parts.extend(
            directories(&about)
                .into_iter()
                .filter(|part| about.join(part).join("partition").exists()),
        );
        let mounts = self.mounts();
        let mut used = Vec::new();
        let mut system = false;
        for part in &parts {
            let about = self.sys.join("class/block").join(part);
            self.uses(part, &about, &mounts, &mut used, &mut system, 0);
        }
        Disk {
            path: self.path(name),
            model: words.join(" "),
            size: text(&about.join("size"))
                .parse::<u64>()
                .unwrap_or(0)
                .saturating_mul(SECTOR),
            removable: flag("removable"),
            read_only: flag("ro"),
            used,
            system,
        }
    }

    /// What uses a device: itself, and devices that are built on it.
    fn uses(
        &self,
        part: &str,
        about: &Path,
        mounts: &[(String, String)],
        used: &mut Vec<Use>,
        system: &mut bool,
        depth: usize,
    ) {
        let number = text(&about.join("dev"));
        for (_, place) in mounts.iter().filter(|(device, _)| *device == number) {
            *system |=
                ["/", "/boot", "/usr", "/boot/firmware", "/boot/efi"].contains(&place.as_str());
            used.push(Use {
                partition: part.to_owned(),
                how: format!("mounted on {place}"),
            });
        }
        let swaps = fs::read_to_string(self.proc.join("swaps")).unwrap_or_default();
        let own = about.file_name().unwrap_or_default().to_string_lossy();
        let own = self.path(&own).display().to_string();
        if swaps
            .lines()
            .any(|line| line.split_whitespace().next() == Some(&own))
        {
            *system = true;
            used.push(Use {
                partition: part.to_owned(),
                how: "swap of the running system".to_owned(),
            });
        }
        for holder in directories(&about.join("holders")) {
            used.push(Use {
                partition: part.to_owned(),
                how: format!("part of {holder}"),
            });
            let above = self.sys.join("class/block").join(&holder);
            // Encrypted volumes on arrays and the like: few levels.
            if depth < 8 {
                self.uses(part, &above, mounts, used, system, depth + 1);
            }
        }
    }

    /// Device numbers and where they are mounted.
    fn mounts(&self) -> Vec<(String, String)> {
        let table = fs::read_to_string(self.proc.join("self/mountinfo")).unwrap_or_default();
        table
            .lines()
            .filter_map(|line| {
                let words: Vec<&str> = line.split(' ').collect();
                let place = words.get(4)?.replace("\\040", " ");
                Some(((*words.get(2)?).to_owned(), place))
            })
            .collect()
    }
}

/// A small file of the kernel's.
fn text(path: &Path) -> String {
    fs::read_to_string(path)
        .unwrap_or_default()
        .trim()
        .to_owned()
}

/// Names in a directory, sorted.
fn directories(path: &Path) -> Vec<String> {
    let entries = fs::read_dir(path).into_iter().flatten().flatten();
    let mut names: Vec<String> = entries
        .map(|entry| entry.file_name().to_string_lossy().into_owned())
        .collect();
    names.sort();
    names
}

#[cfg(test)]
#[cfg(unix)]
mod tests {
    use super::*;

    /// A kernel that has a system disk, a card with a mounted partition, and an empty card.
    fn kernel(root: &Path) -> Kernel {
        let write = |path: &str, text: &str| {
            let path = root.join(path);
            fs::create_dir_all(path.parent().unwrap()).unwrap();
            fs::write(path, text).unwrap();
        };
        let disk = |name: &str, dev: &str, sectors: u64, removable: &str| {
            let directory = format!("sys/devices/{name}");
            write(&format!("{directory}/dev"), dev);
            write(&format!("{directory}/size"), &sectors.to_string());
            write(&format!("{directory}/removable"), removable);
            write(&format!("{directory}/ro"), "0\n");
            write(&format!("dev/{name}"), "");
            link(root, name, &directory);
            fs::create_dir_all(root.join("sys/block")).unwrap();
            std::os::unix::fs::symlink(root.join(&directory), root.join("sys/block").join(name))
                .unwrap();
        };
        let part = |disk: &str, name: &str, dev: &str| {
            let directory = format!("sys/devices/{disk}/{name}");
            write(&format!("{directory}/dev"), dev);
            write(&format!("{directory}/partition"), "1");
            write(&format!("dev/{name}"), "");
            link(root, name, &directory);
        };
        disk("nvme0n1", "259:0", 1 << 31, "0\n");
        part("nvme0n1", "nvme0n1p2", "259:2");
        write("sys/devices/nvme0n1/nvme0n1p2/holders/dm-0", "");
        write("sys/devices/dm-0/dev", "254:0");
        link(root, "dm-0", "sys/devices/dm-0");
        disk("mmcblk0", "179:0", 62_521_344, "0\n");
        write("sys/devices/mmcblk0/device/name", "SD32G\n");
        part("mmcblk0", "mmcblk0p1", "179:1");
        disk("sdb", "8:16", 1000, "1\n");
        write("sys/devices/sdb/device/vendor", "Generic \n");
        write("sys/devices/sdb/device/model", "STORAGE DEVICE  \n");
        disk("sdc", "8:32", 0, "1\n");
        write(
            "proc/self/mountinfo",
            "22 1 254:0 / / rw - ext4 /dev/dm-0 rw\n30 22 179:1 / /media/my\\040card rw - vfat /dev/x rw\n",
        );
        write("proc/swaps", "Filename Type Size\n");
        Kernel::below(root)
    }

    fn link(root: &Path, name: &str, directory: &str) {
        let class = root.join("sys/class/block");
        fs::create_dir_all(&class).unwrap();
        std::os::unix::fs::symlink(root.join(directory), class.join(name)).unwrap();
    }

    #[test]
    fn disks_are_described() {
        let directory = tempfile::tempdir().unwrap();
        let root = directory.path().canonicalize().unwrap();
        let kernel = kernel(&root);
        let disks = kernel.disks();
        let names: Vec<&str> = disks
            .iter()
            .map(|disk| disk.path.file_name().unwrap().to_str().unwrap())
            .collect();
        assert_eq!(names, ["mmcblk0", "nvme0n1", "sdb"]);
        let [card, system, empty] = disks.as_slice() else {
            unreachable!("three names")
        };
        assert_eq!(
            (card.model.as_str(), card.size, card.system),
            ("SD32G", 62_521_344 * 512, false)
        );
        assert_eq!(card.used.len(), 1);
        assert_eq!(card.used[0].how, "mounted on /media/my card");
        assert!(system.system && !system.removable);
        assert!(system.size > LARGE);
        assert_eq!(system.used.last().unwrap().how, "mounted on /");
        assert_eq!(empty.model, "Generic STORAGE DEVICE");
        assert!(empty.used.is_empty() && empty.removable);
    }

    #[test]
    fn partitions_and_files_are_not_disks() {
        let directory = tempfile::tempdir().unwrap();
        let root = directory.path().canonicalize().unwrap();
        let kernel = kernel(&root);
        let found = kernel.find(&root.join("dev/mmcblk0p1"));
        assert_eq!(found, Found::Partition(root.join("dev/mmcblk0")));
        assert!(matches!(kernel.find(&root.join("dev/sdb")), Found::Disk(_)));
        assert_eq!(kernel.find(&root.join("proc/swaps")), Found::Other);
        assert_eq!(kernel.find(&root.join("dev/none")), Found::Other);
    }
}

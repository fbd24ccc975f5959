//! A card that `xsys build` made and one that was in use, read by programs that have nothing to do with xsys: sfdisk,
//! mtools, fsck.fat, gzip, cpio, unsquashfs, e2fsck and debugfs.
//!
//! `tests/disks.rs` compares the formats one by one; here they are together, with what is really in them.

use std::collections::BTreeMap;
use std::fs::File;
use std::io::{Read, Seek, SeekFrom};
use std::path::{Path, PathBuf};
use std::process::{Command, Output};

use serde_json::Value;
use sha2::{Digest, Sha256};

use xsys_tests::project::{find_program, skip};

const SECTOR: u64 = 512;

/// Where the first system is on every card.
const BOOT_A: usize = 1;

/// A program's path; told where it is not installed. Those for administrators are not always in everybody's search path.
fn program_of(name: &str) -> Option<PathBuf> {
    let sbin = ["/usr/sbin", "/sbin"].map(|folder| Path::new(folder).join(name));
    let found = find_program(name).or_else(|| sbin.into_iter().find(|path| path.is_file()));
    if found.is_none() {
        skip("card", &format!("{name} is not installed"));
    }
    found
}

fn call(name: &str, arguments: &[&str], folder: &Path) -> Option<Output> {
    let mut command = Command::new(program_of(name)?);
    command.args(arguments).current_dir(folder).env("TZ", "UTC");
    Some(command.output().unwrap())
}

/// What a program says; it must be content.
#[track_caller]
fn said(name: &str, arguments: &[&str], folder: &Path) -> Option<Vec<u8>> {
    let output = call(name, arguments, folder)?;
    assert!(output.status.success(), "{name} {arguments:?}: {output:?}");
    Some(output.stdout)
}

/// Where sfdisk finds partitions: first byte and number of bytes.
fn partitions(image: &str, folder: &Path) -> Option<Vec<(u64, u64)>> {
    let text = said("sfdisk", &["--json", image], folder)?;
    let json: Value = serde_json::from_slice(&text).unwrap();
    let rows = json["partitiontable"]["partitions"].as_array().unwrap();
    let number = |row: &Value, key: &str| row[key].as_u64().unwrap() * SECTOR;
    let place = |row| (number(row, "start"), number(row, "size"));
    Some(rows.iter().map(place).collect())
}

/// Copies a partition into a file of its own.
fn copy(image: &Path, (start, size): (u64, u64), to: &Path) {
    let mut image = File::open(image).unwrap();
    image.seek(SeekFrom::Start(start)).unwrap();
    std::io::copy(&mut image.take(size), &mut File::create(to).unwrap()).unwrap();
}

/// The system on a new card, and its digests in the manifest.
pub(crate) fn others_read_a_new_card(folder: &Path, name: &str) {
    let image = format!("{name}.img");
    let Some(places) = partitions(&image, folder) else {
        return;
    };
    assert_eq!(places.len(), 4);
    for place in &places[..3] {
        copy(&folder.join(&image), *place, &folder.join("part"));
        said("fsck.fat", &["-n", "part"], folder);
    }
    let boot = format!("{image}@@{}", places[BOOT_A].0);
    let file = |name: &str| said("mtype", &["-i", &boot, &format!("::/{name}")], folder);
    let Some(manifest) = file("manifest.json") else {
        return;
    };
    let beside = std::fs::read(folder.join(format!("{name}.manifest.json"))).unwrap();
    let beside: Value = serde_json::from_slice(&beside).unwrap();
    let manifest: Value = serde_json::from_slice(&manifest).unwrap();
    assert_eq!(manifest["name"], beside["name"]);
    // Every part that the manifest names has the size and the digest that it says; pieces of a file are in it in order.
    let parts = beside["boot"].as_array().unwrap();
    assert!(parts.len() > 4, "{beside}");
    let mut starts: BTreeMap<&str, usize> = BTreeMap::new();
    for part in parts {
        let path = part["path"].as_str().unwrap();
        let bytes = file(path).unwrap();
        let size = usize::try_from(part["size"].as_u64().unwrap()).unwrap();
        let start = starts.entry(path).or_default();
        let piece = &bytes[*start..*start + size];
        *start += size;
        if part.get("piece").is_none() {
            assert_eq!(bytes.len(), size, "{path}");
        }
        let digest = Sha256::digest(piece);
        let digest: String = digest.iter().map(|byte| format!("{byte:02x}")).collect();
        assert_eq!(Some(digest.as_str()), part["sha256"].as_str(), "{path}");
    }

    std::fs::write(folder.join("initramfs.gz"), file("initramfs.gz").unwrap()).unwrap();
    let script = "gzip -dc initramfs.gz | LC_ALL=C cpio --quiet -itvn";
    if program_of("cpio").is_some() {
        let list = said("sh", &["-c", script], folder).unwrap();
        let list = String::from_utf8(list).unwrap();
        let programs = [&format!("bin/{name}"), "init"];
        for program in programs {
            let is = |line: &&str| line.starts_with("-r-x") || line.starts_with("-rwx");
            let line = list
                .lines()
                .find(|line| line.ends_with(&format!(" {program}")));
            assert!(line.is_some_and(|line| is(&line)), "{program}: {list}");
        }
        assert!(list.contains("/kernel/fs/ext4/ext4.ko"), "{list}");
        assert!(!list.contains(" 2026 "), "there are no times: {list}");
    }
    for left in ["part", "initramfs.gz"] {
        let _ = std::fs::remove_file(folder.join(left));
    }
}

/// The root in SquashFS of a card: the programs are there, as the manifest says, and not in the initramfs.
pub(crate) fn others_read_its_root(folder: &Path, name: &str) {
    let image = format!("{name}.img");
    let Some(places) = partitions(&image, folder) else {
        return;
    };
    let boot = format!("{image}@@{}", places[BOOT_A].0);
    let file = |name: &str| said("mtype", &["-i", &boot, &format!("::/{name}")], folder);
    let Some(root) = file("root.squashfs") else {
        return;
    };
    std::fs::write(folder.join("root.squashfs"), root).unwrap();
    let manifest = std::fs::read(folder.join(format!("{name}.manifest.json"))).unwrap();
    let manifest: Value = serde_json::from_slice(&manifest).unwrap();
    let program = &manifest["programs"][0];
    if let Some(list) = said("unsquashfs", &["-lln", "root.squashfs"], folder) {
        let list = String::from_utf8(list).unwrap();
        let line = list
            .lines()
            .find(|line| line.ends_with(&format!("/bin/{name}")));
        let words: Vec<_> = line.unwrap_or_default().split_whitespace().collect();
        let size = program["size"].to_string();
        assert_eq!(words[..4], ["-rwxr-xr-x", "0/0", &size, "1970-01-01"]);
        let path = format!("bin/{name}");
        let content = said("unsquashfs", &["-cat", "root.squashfs", &path], folder).unwrap();
        let digest = Sha256::digest(content);
        let digest: String = digest.iter().map(|byte| format!("{byte:02x}")).collect();
        assert_eq!(program["sha256"], digest);
    }
    std::fs::write(folder.join("initramfs.gz"), file("initramfs.gz").unwrap()).unwrap();
    let script = "gzip -dc initramfs.gz | LC_ALL=C cpio --quiet -it";
    if program_of("cpio").is_some() {
        let list = said("sh", &["-c", script], folder).unwrap();
        let list = String::from_utf8(list).unwrap();
        assert!(!list.contains("bin/"), "{list}");
    }
    for left in ["root.squashfs", "initramfs.gz"] {
        let _ = std::fs::remove_file(folder.join(left));
    }
}

/// Cuts the root's image on a card short, and says how to boot it then in QEMU's machine of virtual devices.
pub(crate) fn with_a_cut_root(card: &Path) -> Option<Command> {
    let folder = card.parent().unwrap();
    let name = card.file_name().unwrap().to_str().unwrap();
    let boot = format!("{name}@@{}", partitions(name, folder)?[BOOT_A].0);
    let file = |name: &str| said("mtype", &["-i", &boot, &format!("::/{name}")], folder);
    let root = file("root.squashfs")?;
    std::fs::write(folder.join("cut"), &root[..4096]).unwrap();
    said(
        "mcopy",
        &["-o", "-i", &boot, "cut", "::/root.squashfs"],
        folder,
    );
    for name in ["kernel8.img", "initramfs.gz"] {
        std::fs::write(folder.join(name), file(name).unwrap()).unwrap();
    }
    let line = String::from_utf8(file("cmdline.txt").unwrap()).unwrap();
    let line = line.trim().replace("serial0", "ttyAMA0");
    let mut command = Command::new("qemu-system-aarch64");
    command
        .current_dir(folder)
        .args(["-M", "virt", "-cpu", "cortex-a72", "-m", "512"])
        .args(["-display", "none", "-serial", "stdio", "-monitor", "none"])
        .args(["-kernel", "kernel8.img", "-initrd", "initramfs.gz"])
        .args(["-append", &line])
        .args(["-device", "virtio-blk-device,drive=card", "-drive"])
        .arg(format!("if=none,id=card,format=raw,file={name}"));
    Some(command)
}

/// The data partition of a card whose power was cut: its journal is replayed, nothing else but sums is to be mended, and
/// a file is there.
pub(crate) fn others_read_its_data(card: &Path, file: &str, content: &[u8]) {
    let folder = card.parent().unwrap();
    let name = card.file_name().unwrap().to_str().unwrap();
    let Some(places) = partitions(name, folder) else {
        return;
    };
    copy(card, places[3], &folder.join("data"));
    // 1: something was mended, which the journal is.
    let Some(checked) = call("e2fsck", &["-fy", "data"], folder) else {
        return;
    };
    let text = String::from_utf8_lossy(&checked.stdout).into_owned();
    assert!(matches!(checked.status.code(), Some(0 | 1)), "{text}");
    // Sums of what is free are corrected by every mount, too, and are in no journal.
    let sums = text
        .lines()
        .filter(|line| line.starts_with("Free "))
        .count();
    assert_eq!(text.matches("Fix?").count(), sums, "{text}");
    said("e2fsck", &["-fn", "data"], folder);
    if let Some(bytes) = said("debugfs", &["-R", &format!("cat {file}"), "data"], folder) {
        assert!(bytes == content, "{file}: {}", bytes.escape_ascii());
    }
    let _ = std::fs::remove_file(folder.join("data"));
}

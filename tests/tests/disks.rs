//! Disk images and file systems, read back by programs that have nothing to do with xsys: fdisk, mtools, dosfstools,
//! bmap-tools, unsquashfs, xz and zstd.

#![cfg(unix)]

#[path = "disks/squashfs.rs"]
mod squashfs;

use std::collections::BTreeMap;
use std::fs::File;
use std::io::{BufReader, Seek};
use std::path::{Path, PathBuf};
use std::process::Command;
use std::sync::Arc;

use xsys_image::disk::bmap::BlockMap;
use xsys_image::disk::compress::Compression;
use xsys_image::disk::fat::{Reader, Volume};
use xsys_image::disk::{Content, Disk, Error, Partition, Source, Table, WIPED};
use xsys_image::part::Part;
use xsys_tests::project::{Place, find_program, skip};

const MIB: u64 = 1 << 20;

/// A name that has to be kept in full, in folders.
const LONG: &str = "overlays/a folder/Vc4-kms-v3d.long.name.dtbo";

fn files(place: &Place) -> BTreeMap<String, Source> {
    let large: Vec<u8> = (0..300_000_u32).map(|at| (at >> 3) as u8).collect();
    let path = place.path("kernel");
    std::fs::write(&path, &large).unwrap();
    BTreeMap::from([
        (
            "config.txt".to_owned(),
            Source::Bytes(b"arm_64bit=1\n".to_vec()),
        ),
        ("kernel8.img".to_owned(), Source::File(path)),
        (LONG.to_owned(), Source::Bytes(b"overlay".to_vec())),
        ("empty".to_owned(), Source::Bytes(Vec::new())),
    ])
}

fn disk(table: Table, place: &Place) -> Disk {
    let partition = |name: &str, size, content| Partition {
        name: name.to_owned(),
        size,
        content,
    };
    let volume = |label: &str| {
        Content::Fat(Volume {
            label: label.to_owned(),
            files: files(place),
        })
    };
    // One FAT16 and, where there is one table for it, one FAT32, which cannot be small.
    let boot = if table == Table::Mbr { 264 } else { 8 };
    let mut partitions = vec![
        partition("select", 4 * MIB, volume("select")),
        partition("boot-a", boot * MIB, volume("boot-a")),
        partition("data", 8 * MIB, Content::Marked(b"nothing here")),
    ];
    if table == Table::Gpt {
        let bytes = Source::Bytes(vec![7; MIB as usize]);
        partitions.push(partition("root", 4 * MIB, Content::Bytes(bytes)));
        partitions.push(partition("fifth", 4 * MIB, Content::Empty));
    }
    Disk {
        table,
        seed: "shop-1".to_owned(),
        size: None,
        partitions,
    }
}

fn write(disk: &Disk, path: &Path) -> BlockMap {
    let file = File::create_new(path);
    drop(file);
    let file = File::options().read(true).write(true).open(path).unwrap();
    let image = disk.write(file).unwrap();
    let mut file = File::open(path).unwrap();
    BlockMap::new(&image, &mut file).unwrap()
}

/// What a program says; none where it is not installed.
#[track_caller]
fn said(program: &str, arguments: &[&str], folder: &Path) -> Option<String> {
    let Some(found) = find_program(program).or_else(|| in_sbin(program)) else {
        skip("disks", &format!("{program} is not installed"));
        return None;
    };
    let output = Command::new(found)
        .args(arguments)
        .current_dir(folder)
        .output()
        .unwrap();
    let text = format!(
        "{}{}",
        String::from_utf8_lossy(&output.stdout),
        String::from_utf8_lossy(&output.stderr)
    );
    assert!(output.status.success(), "{program} {arguments:?}: {text}");
    Some(text)
}

/// Programs for administrators are not always in everybody's search path.
fn in_sbin(program: &str) -> Option<PathBuf> {
    let folders = ["/usr/sbin", "/sbin"].map(Path::new);
    folders
        .iter()
        .map(|folder| folder.join(program))
        .find(|path| path.is_file())
}

#[test]
fn others_read_what_was_written() {
    for (table, name) in [(Table::Mbr, "mbr"), (Table::Gpt, "gpt")] {
        let place = Place::new("disks", name);
        let disk = disk(table, &place);
        let path = place.path("card.img");
        let map = write(&disk, &path);
        let (size, placed) = disk.layout().unwrap();
        assert_eq!(path.metadata().unwrap().len(), size);

        if let Some(text) = said("sfdisk", &["--verify", "card.img"], &place.folder) {
            assert!(text.contains("No errors detected"), "{text}");
        }
        if let Some(text) = said("sfdisk", &["--json", "card.img"], &place.folder) {
            let json: serde_json::Value = serde_json::from_str(&text).unwrap();
            let table = &json["partitiontable"];
            assert_eq!(table["label"], if name == "mbr" { "dos" } else { "gpt" });
            for (number, placed) in placed.iter().enumerate() {
                let partition = &table["partitions"][number];
                assert_eq!(partition["start"], placed.range.start / 512, "{text}");
                let sectors = (placed.range.end - placed.range.start) / 512;
                assert_eq!(partition["size"], sectors, "{text}");
            }
            let types = |number: usize| table["partitions"][number]["type"].as_str().unwrap();
            if name == "mbr" {
                assert_eq!([types(0), types(1), types(2)], ["e", "c", "83"]);
            } else {
                assert_eq!(table["partitions"][4]["name"], "fifth");
            }
        }
        for (number, label) in [(0, "SELECT"), (1, "BOOT-A")] {
            file_system_is_right(&place, placed[number].range.start, label);
            let size = placed[number].range.end - placed[number].range.start;
            check_fat(&place, placed[number].range.start, size);
        }

        // Where the data partition begins, zeros have to be written: nobody shall find an older file system there.
        let data = placed[2].range.start / map.block;
        let wiped = data..data + WIPED / map.block;
        let covers =
            |blocks: &std::ops::Range<u64>| blocks.start <= wiped.start && wiped.end <= blocks.end;
        assert!(map.ranges.iter().any(|mapped| covers(&mapped.blocks)));
        let card = std::fs::read(&path).unwrap();
        let start = &card[usize::try_from(placed[2].range.start).unwrap()..][..WIPED as usize];
        assert!(start.starts_with(b"nothing here"));
        assert!(start[12..].iter().all(|byte| *byte == 0));
        std::fs::write(place.path("card.bmap"), map.to_xml()).unwrap();
        let copy = ["copy", "--bmap", "card.bmap", "card.img", "copied.img"];
        if said("bmaptool", &copy, &place.folder).is_some() {
            said("cmp", &["card.img", "copied.img"], &place.folder);
        }
        // Few blocks: two copies of what is in `files`, FATs and what is wiped.
        assert!(map.mapped() < 5 * MIB, "{}", map.mapped());
    }
}

/// mtools finds every file, with the same bytes.
fn file_system_is_right(place: &Place, start: u64, label: &str) {
    let image = format!("card.img@@{start}");
    let Some(text) = said("mdir", &["-b", "-/", "-i", &image, "::"], &place.folder) else {
        return;
    };
    for (name, source) in files(place) {
        assert!(text.contains(&format!("::/{name}")), "{text}");
        said(
            "mcopy",
            &["-n", "-i", &image, &format!("::/{name}"), "copy"],
            &place.folder,
        );
        let copy = std::fs::read(place.path("copy")).unwrap();
        let expected = match source {
            Source::Bytes(bytes) => bytes,
            Source::Shared(pieces) => pieces.concat(),
            Source::File(path) => std::fs::read(path).unwrap(),
        };
        assert!(copy == expected, "{name}");
        std::fs::remove_file(place.path("copy")).unwrap();
    }
    let text = said("mlabel", &["-s", "-i", &image, "::"], &place.folder).unwrap();
    assert!(text.contains(label), "{text}");
}

fn check_fat(place: &Place, start: u64, size: u64) {
    let part = place.path("part");
    let mut image = File::open(place.path("card.img")).unwrap();
    image.seek(std::io::SeekFrom::Start(start)).unwrap();
    let mut copy = File::create(&part).unwrap();
    std::io::copy(&mut std::io::Read::take(&mut image, size), &mut copy).unwrap();
    said("fsck.fat", &["-n", "-v", "part"], &place.folder);
    let file = Arc::new(File::open(&part).unwrap());
    let reader = Reader::open(Part::new(file, 0, size)).unwrap();
    let expected = files(place).into_iter();
    let expected: Vec<(String, u64)> = expected
        .map(|(name, source)| (name, source.size().unwrap()))
        .collect();
    assert_eq!(reader.files().unwrap(), expected);
    assert_eq!(reader.read(LONG, 100).unwrap(), b"overlay");
    assert!(reader.read(LONG, 6).is_err());
    std::fs::remove_file(part).unwrap();
}

#[test]
fn same_description_same_bytes() {
    let (one, two) = (Place::new("disks", "one"), Place::new("disks", "two"));
    for table in [Table::Mbr, Table::Gpt] {
        let name = format!("{table:?}.img");
        let maps = [&one, &two].map(|place| write(&disk(table, place), &place.path(&name)));
        assert_eq!(maps[0], maps[1]);
        let other = Disk {
            seed: "shop-2".to_owned(),
            ..disk(table, &one)
        };
        assert_ne!(maps[0], write(&other, &one.path("other.img")));
    }
}

#[test]
fn compressed_images_are_the_same() {
    let place = Place::new("disks", "compressed");
    let mut small = disk(Table::Mbr, &place);
    small.partitions[1].size = 4 * MIB;
    write(&small, &place.path("card.img"));
    for (kind, name, program) in [
        (Compression::Zstd, "card.img.zst", "zstd"),
        (Compression::Xz, "card.img.xz", "xz"),
    ] {
        assert_eq!(Compression::of_name(name), Some(kind));
        let image = File::open(place.path("card.img")).unwrap();
        let packed = File::create(place.path(name)).unwrap();
        kind.compress(BufReader::new(image), packed).unwrap();
        let folder = &place.folder;
        if said(program, &["-d", "-k", "-f", "-q", name, "-c"], folder).is_some() {
            let script = format!("{program} -dc {name} | cmp - card.img");
            said("sh", &["-c", &script], folder);
        }
    }
}

#[test]
fn what_does_not_fit_is_said() {
    let place = Place::new("disks", "mistakes");
    let file = || tempfile::tempfile().unwrap();
    let mut small = disk(Table::Mbr, &place);
    small.size = Some(16 * MIB);
    assert!(matches!(
        small.write(file()),
        Err(Error::DiskTooSmall { .. })
    ));
    let small = disk(Table::Mbr, &place);
    File::create(place.path("kernel"))
        .and_then(|file| file.set_len(5 * MIB))
        .unwrap();
    let error = small.write(file()).unwrap_err();
    assert!(matches!(error, Error::PartitionTooSmall { .. }), "{error}");
    let mut five = disk(Table::Gpt, &place);
    five.table = Table::Mbr;
    assert!(matches!(
        five.write(file()),
        Err(Error::TooManyPartitions(5, 4))
    ));
    let mut large = disk(Table::Mbr, &place);
    large.partitions[2].size = 4096 << 30;
    assert!(matches!(
        large.write(file()),
        Err(Error::DiskTooLarge { .. })
    ));
    large.partitions[2].size = u64::MAX;
    assert!(matches!(
        large.write(file()),
        Err(Error::DiskTooLarge { .. })
    ));
    for name in ["../x", "a//b", "", "a*b", "dir/", "dot.", "a\u{1}"] {
        let mut odd = disk(Table::Mbr, &place);
        let Content::Fat(volume) = &mut odd.partitions[0].content else {
            unreachable!("the first partition has files")
        };
        volume
            .files
            .insert(name.to_owned(), Source::Bytes(Vec::new()));
        let error = odd.write(file()).unwrap_err();
        assert!(matches!(error, Error::FileName(_)), "{name}: {error}");
    }
    for name in ["CONFIG.txt", "overlays", "empty/file"] {
        let mut twice = disk(Table::Mbr, &place);
        let Content::Fat(volume) = &mut twice.partitions[0].content else {
            unreachable!("the first partition has files")
        };
        volume
            .files
            .insert(name.to_owned(), Source::Bytes(Vec::new()));
        let error = twice.write(file()).unwrap_err();
        assert!(matches!(error, Error::SameFile(_)), "{name}: {error}");
    }
}

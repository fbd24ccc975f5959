//! `xsys flash`: images onto files, in the place of cards, with maps and compressed; and what is refused.

#![cfg(unix)]

use std::collections::BTreeMap;
use std::fs::File;
use std::io::{Seek, SeekFrom, Write};

use xsys_image::disk::bmap::BlockMap;
use xsys_image::disk::compress::Compression;
use xsys_image::disk::fat::Volume;
use xsys_image::disk::{Content, Disk, Partition, Source, Table};
use xsys_tests::project::{Place, Ran, run};

const MIB: u64 = 1 << 20;

/// `card.img` with a map, and the same compressed.
fn image(place: &Place) -> Vec<u8> {
    let files = BTreeMap::from([("kernel8.img".to_owned(), Source::Bytes(vec![0x55; 300_000]))]);
    let disk = Disk {
        table: Table::Mbr,
        seed: "flash".to_owned(),
        size: None,
        partitions: vec![
            Partition {
                name: "boot".to_owned(),
                size: 8 * MIB,
                content: Content::Fat(Volume {
                    label: "boot".to_owned(),
                    files,
                }),
            },
            Partition {
                name: "data".to_owned(),
                size: 8 * MIB,
                content: Content::Empty,
            },
        ],
    };
    let path = place.path("card.img");
    let mut options = File::options();
    options.read(true).write(true).create(true).truncate(true);
    let file = options.open(&path).unwrap();
    let written = disk.write(file).unwrap();
    let map = BlockMap::new(&written, &mut File::open(&path).unwrap()).unwrap();
    std::fs::write(place.path("card.bmap"), map.to_xml()).unwrap();
    for (kind, name) in [
        (Compression::Zstd, "card.img.zst"),
        (Compression::Xz, "card.img.xz"),
    ] {
        let packed = File::create(place.path(name)).unwrap();
        kind.compress(File::open(&path).unwrap(), packed).unwrap();
    }
    std::fs::read(path).unwrap()
}

fn flash(place: &Place, call: &str) -> Ran {
    run(&mut place.xsys(&format!("flash {call}")))
}

#[test]
fn what_is_flashed_is_the_image() {
    let place = Place::new("flash", "right");
    let image = image(&place);
    for source in ["card.img", "card.img.zst", "card.img.xz"] {
        // New, shorter and longer files all end as the image.
        for before in [None, Some(1000), Some(image.len() + 1_000_000)] {
            let card = place.path("card");
            let _ = std::fs::remove_file(&card);
            if let Some(length) = before {
                std::fs::write(&card, vec![0; length]).unwrap();
            }
            let ran = flash(&place, &format!("{source} card --yes"));
            assert_eq!(ran.code, Some(0), "{source} {before:?}\n{}", ran.stderr);
            assert!(
                ran.stderr.contains("read back and compared"),
                "{}",
                ran.stderr
            );
            assert!(
                std::fs::read(&card).unwrap() == image,
                "{source} {before:?}"
            );
        }
    }
    // Without a map everything is written, zeros too.
    std::fs::remove_file(place.path("card.bmap")).unwrap();
    std::fs::write(place.path("card"), vec![0xaa; image.len()]).unwrap();
    let ran = flash(&place, "card.img.xz card --yes --no-verify");
    assert_eq!(ran.code, Some(0), "{}", ran.stderr);
    assert!(!ran.stderr.contains("compared"), "{}", ran.stderr);
    assert!(std::fs::read(place.path("card")).unwrap() == image);
}

#[test]
fn damage_is_found() {
    let place = Place::new("flash", "damage");
    let image = image(&place);
    let refused = |call: &str, says: &str| {
        let ran = flash(&place, call);
        assert_eq!(ran.code, Some(1), "{call}\n{}", ran.stderr);
        assert!(ran.stderr.contains(says), "{call}\n{}", ran.stderr);
    };
    let mut file = File::options()
        .write(true)
        .open(place.path("card.img"))
        .unwrap();
    file.seek(SeekFrom::Start(5 * MIB)).unwrap();
    file.write_all(b"damage").unwrap();
    // FAT and kernel are there; what was a hole is not looked at.
    file.seek(SeekFrom::Start(4 * MIB + 100)).unwrap();
    file.write_all(b"damage").unwrap();
    refused("card.img card --yes", "is damaged");
    std::fs::write(place.path("card.img"), &image[..6 * MIB as usize]).unwrap();
    refused("card.img card --yes", "its block map says");
    let packed = std::fs::read(place.path("card.img.xz")).unwrap();
    std::fs::write(place.path("card.img.xz"), &packed[..packed.len() / 2]).unwrap();
    refused("card.img.xz card --yes", "cannot read `card.img.xz`");
    let map = std::fs::read_to_string(place.path("card.bmap")).unwrap();
    std::fs::write(place.path("card.bmap"), &map[..map.len() - 40]).unwrap();
    refused("card.img.zst card --yes", "is not a block map");
    std::fs::remove_file(place.path("card.bmap")).unwrap();
    let packed = std::fs::read(place.path("card.img.zst")).unwrap();
    std::fs::write(place.path("card.img.zst"), &packed[..packed.len() - 30]).unwrap();
    refused("card.img.zst card --yes", "cannot read `card.img.zst`");
}

#[test]
fn nothing_is_overwritten_without_a_yes() {
    let place = Place::new("flash", "asked");
    image(&place);
    std::fs::write(place.path("card"), b"mine").unwrap();
    let ran = flash(&place, "card.img card");
    assert_eq!(ran.code, Some(1), "{}", ran.stderr);
    assert!(
        ran.stderr.contains("there is no terminal to ask on"),
        "{}",
        ran.stderr
    );
    assert_eq!(std::fs::read(place.path("card")).unwrap(), b"mine");
    for (device, says) in [
        ("/dev/null", "is neither a disk nor a file"),
        ("/dev/no-such-disk", "is neither a disk nor a file"),
        (".", "is neither a disk nor a file"),
    ] {
        let ran = flash(&place, &format!("card.img {device}"));
        assert_eq!(ran.code, Some(1), "{}", ran.stderr);
        assert!(ran.stderr.contains(says), "{device}\n{}", ran.stderr);
    }
}

/// The disk that this machine runs from is known as such, where the kernel tells.
#[test]
fn the_running_system_is_safe() {
    let place = Place::new("flash", "system");
    image(&place);
    let listed = flash(&place, "--list --json");
    assert_eq!(listed.code, Some(0), "{}", listed.stderr);
    let disks: serde_json::Value = serde_json::from_str(&listed.stdout)
        .unwrap_or_else(|_| serde_json::Value::Array(Vec::new()));
    for disk in disks.as_array().into_iter().flatten() {
        if disk["system"] == true {
            let path = disk["path"].as_str().unwrap();
            // Nobody says yes: nothing can happen even if this were wrong.
            let ran = flash(&place, &format!("card.img {path}"));
            assert_eq!(ran.code, Some(1), "{}", ran.stderr);
            assert!(
                ran.stderr.contains("holds the running system"),
                "{}",
                ran.stderr
            );
        }
    }
    let ran = flash(&place, "--list");
    assert_eq!(ran.code, Some(0), "{}", ran.stderr);
}

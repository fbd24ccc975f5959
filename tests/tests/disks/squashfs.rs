//! A root in SquashFS, read by unsquashfs: what is listed, and every file's content.

use std::collections::BTreeMap;

use xsys_image::kernel::tree::Tree;
use xsys_tests::project::Place;

use super::said;

/// Contents have blocks of this size.
const BLOCK: usize = 128 << 10;

/// A file that is somebody's own.
const NOISE: &str = "data/noise";

/// Bytes that no compressor makes smaller.
fn noise(length: usize) -> Vec<u8> {
    let mut state = 1_u32;
    let next = || {
        state ^= state << 13;
        state ^= state >> 17;
        state ^= state << 5;
        state as u8
    };
    std::iter::repeat_with(next).take(length).collect()
}

/// Contents on both sides of every bound.
fn contents() -> BTreeMap<String, Vec<u8>> {
    let mut holes = vec![0; 4 * BLOCK + 5];
    holes[3 * BLOCK] = 1;
    let mut contents = BTreeMap::from([
        ("data/holes".to_owned(), holes),
        (NOISE.to_owned(), noise(2 * BLOCK + 77)),
        // It sorts between a folder and what is in it.
        ("many-not".to_owned(), b"x".to_vec()),
    ]);
    for length in [0, 1, BLOCK - 1, BLOCK, BLOCK + 1, 3 * BLOCK] {
        let bytes = (0..length).map(|at| (at >> 7) as u8).collect();
        contents.insert(format!("data/{length}"), bytes);
    }
    contents
}

#[test]
fn unsquashfs_reads_the_same() {
    let place = Place::new("disks", "squashfs");
    let contents = contents();
    let mut tree = Tree::new().unwrap();
    for (path, bytes) in &contents {
        let mode = if path == NOISE { 0o600 } else { 0o644 };
        tree.file(path, mode, &bytes[..]).unwrap();
    }
    tree.owner(NOISE, 1000, 70_000).unwrap();
    tree.owner("data", 1, 0).unwrap();
    tree.link("bin/sh", "../data/1").unwrap();
    tree.block_device("dev/vda", 0o660, 254, 3).unwrap();
    tree.file("bin/all-rights", 0o4755, vec![]).unwrap();
    tree.directory("empty", 0o700).unwrap();
    // Their inodes and owners fill several blocks, and the folder needs the long form of an inode.
    let last = 1100_u32;
    let name = |number: u32| format!("many/{number:060}");
    for number in 0..=last {
        let path = name(number);
        tree.file(&path, 0o644, vec![]).unwrap();
        tree.owner(&path, 100_000 + number, 200_000 + number)
            .unwrap();
    }
    let image = tree.squashfs("root".as_ref()).unwrap();
    std::fs::write(place.path("root"), image).unwrap();

    let Some(list) = said("unsquashfs", &["-lln", "-UTC", "root"], &place.folder) else {
        return;
    };
    let lines: Vec<String> = list
        .lines()
        .map(|line| line.split_whitespace().collect::<Vec<_>>().join(" "))
        .collect();
    let last = name(last);
    for (head, path) in [
        ("drwxrwxrwt 0/0 3", "tmp"),
        ("drwx------ 0/0 3", "empty"),
        ("drwxr-xr-x 1/0 115", "data"),
        ("-rw------- 1000/70000 262221", NOISE),
        ("-rw-r--r-- 0/0 524293", "data/holes"),
        ("-rwsr-xr-x 0/0 0", "bin/all-rights"),
        ("lrwxrwxrwx 0/0 9", "bin/sh -> ../data/1"),
        ("brw-rw---- 0/0 254, 3", "dev/vda"),
        ("crw------- 0/0 5, 1", "dev/console"),
        ("-rw-r--r-- 101100/201100 0", &last),
    ] {
        let line = format!("{head} 1970-01-01 00:00 squashfs-root/{path}");
        assert!(
            lines.contains(&line),
            "{line} in\n{}",
            lines[..30].join("\n")
        );
    }
    let entries = tree.paths().count();
    assert_eq!(lines.len(), entries + 1);

    let to = ["-q", "-n", "-d", "out", "root", "data", "many-not"];
    said("unsquashfs", &to, &place.folder);
    for (path, bytes) in &contents {
        let read = std::fs::read(place.path("out").join(path)).unwrap();
        assert!(read == *bytes, "{path}");
    }
}

//! Damaged superblocks are restored, judged by their bytes, and by `debugfs` and `e2fsck` where these are installed.

use super::*;
use crate::ext4::{NEW, Names, half_made, look, make};
use std::fs::{File, OpenOptions};
use std::path::{Path, PathBuf};
use std::process::Command;

/// Three groups, the second of which has a copy.
const BLOCKS: u64 = 70_000;
const BYTES: u64 = BLOCKS * BLOCK as u64;

/// A file system in a file with holes.
struct Image(PathBuf);

impl Image {
    fn new(name: &str, blocks: u64) -> Self {
        let name = format!("xsys-init-copies-{name}-{}", std::process::id());
        let path = std::env::temp_dir().join(name);
        let mut file = File::create(&path).unwrap();
        file.set_len(blocks * BLOCK as u64).unwrap();
        let names = Names {
            label: "data".into(),
            uuid: *b"0123456789abcdef",
            time: 1_764_000_000,
            replaces: false,
        };
        make(&mut file, blocks, &names).unwrap();
        Self(path)
    }

    fn open(&self) -> File {
        let mut options = OpenOptions::new();
        options.read(true).write(true).open(&self.0).unwrap()
    }

    fn bytes(&self, at: u64, length: usize) -> Vec<u8> {
        read(&mut self.open(), at, length).unwrap()
    }

    fn put(&self, at: u64, bytes: &[u8]) {
        let mut file = self.open();
        file.seek(SeekFrom::Start(at)).unwrap();
        file.write_all(bytes).unwrap();
    }

    fn restore(&self) -> Option<u64> {
        restore(&mut self.open(), BYTES).unwrap()
    }
}

impl Drop for Image {
    fn drop(&mut self) {
        let _ = std::fs::remove_file(&self.0);
    }
}

#[test]
fn a_superblock_comes_back() {
    let image = Image::new("back", BLOCKS);
    let whole = image.bytes(0, 16 * BLOCK);
    assert_eq!(image.restore(), None, "it is not damaged");
    for damage in [[0u8; 4096], [0xff; 4096]] {
        image.put(0, &damage);
        assert_eq!(look(&image.bytes(0, 2048)), None);
        assert_eq!(image.restore(), Some(1));
        assert_eq!(image.bytes(1024, 1024), whole[1024..2048]);
        assert_eq!(image.restore(), None);
    }
    // A single bit, where only the checksum tells.
    image.put(1024 + 300, &[whole[1024 + 300] ^ 1]);
    assert_eq!(image.restore(), Some(1));
    assert_eq!(image.bytes(1024, 1024), whole[1024..2048]);
}

#[test]
fn nothing_is_written_where_more_is_damaged() {
    let image = Image::new("more", BLOCKS);
    let whole = image.bytes(0, 3 * BLOCK);
    // Also a damaged descriptor; one more group than the copy knows; the journal; the copy.
    let journal = (0..4096).find(|block| is_journal(&image.bytes(block * BLOCK as u64, 8)));
    let copy = PER_GROUP * BLOCK as u64;
    for at in [
        BLOCK as u64 + 40,
        journal.unwrap() * BLOCK as u64,
        copy + 1000,
    ] {
        let before = image.bytes(at, 1);
        image.put(0, &[0x55; BLOCK]);
        image.put(at, &[before[0] ^ 0x80]);
        assert_eq!(image.restore(), None, "{at}");
        assert_eq!(image.bytes(0, BLOCK), [0x55; BLOCK], "{at}");
        image.put(at, &before);
        assert_eq!(image.restore(), Some(1), "{at}");
    }
    let larger = Image::new("larger", BLOCKS + PER_GROUP);
    image.put(0, &[0x55; BLOCK]);
    image.put(BLOCK as u64, &larger.bytes(BLOCK as u64, BLOCK));
    assert_eq!(image.restore(), None);
    image.put(BLOCK as u64, &whole[BLOCK..2 * BLOCK]);
    assert_eq!(image.restore(), Some(1));
}

#[test]
fn an_empty_start_is_not_a_new_partition() {
    let image = Image::new("traces", BLOCKS);
    let traces = |size: u64| has_traces(&mut image.open(), size).unwrap();
    image.put(0, &[0; 64 << 10]);
    assert!(traces(BYTES));
    // The copy alone.
    image.put(0, &vec![0; 32 << 20]);
    assert!(traces(BYTES));
    image.put(PER_GROUP * BLOCK as u64, &[0; BLOCK]);
    assert!(!traces(BYTES));
    // One group has no copy, but a journal.
    let small = Image::new("small", 4096);
    small.put(0, &[0; 64 << 10]);
    assert!(has_traces(&mut small.open(), 4096 * BLOCK as u64).unwrap());
    let mut nothing = io::Cursor::new(vec![0; 5 << 20]);
    assert!(!has_traces(&mut nothing, 5 << 20).unwrap());
    // The mark of a new partition is not mistaken for another.
    assert_eq!(half_made(NEW), None);
}

/// Garbage is never taken for a superblock, wherever it is.
#[test]
fn garbage_is_passed_over() {
    let image = Image::new("garbage", BLOCKS);
    let mut number = 1u64;
    let mut next = || {
        number = number.wrapping_mul(6_364_136_223_846_793_005) + 1;
        (number >> 33) as u8
    };
    for _ in 0..300 {
        let mut copy = image.bytes(PER_GROUP * BLOCK as u64, 1024);
        for _ in 0..=next() % 8 {
            let at = usize::from(next()) * 4 + usize::from(next() % 4);
            copy[at] = next();
        }
        // Even with a valid checksum.
        let sum = crc32c(!0, &copy[..1020]);
        copy[1020..].copy_from_slice(&sum.to_le_bytes());
        let mut disk = io::Cursor::new(vec![0x5a; 200 << 10]);
        disk.get_mut()[1024..2048].copy_from_slice(&copy);
        // On a disk that is smaller than it claims.
        let end = disk.get_ref().len() as u64;
        restore(&mut disk, end).unwrap();
        has_traces(&mut disk, end).unwrap();
    }
}

fn debugfs(image: &Path, script: &str) -> Option<String> {
    let commands = image.with_extension("commands");
    std::fs::write(&commands, script).unwrap();
    let mut command = Command::new("debugfs");
    let output = command
        .args(["-w", "-f"])
        .arg(&commands)
        .arg(image)
        .output();
    let _ = std::fs::remove_file(commands);
    let output = output.ok()?;
    assert!(output.status.success(), "{output:?}");
    Some(String::from_utf8_lossy(&output.stdout).into_owned())
}

/// What is in the journal alone is there afterwards.
#[test]
fn the_journal_is_replayed() {
    let (image, other) = (Image::new("journal", BLOCKS), Image::new("written", BLOCKS));
    let source = other.0.with_extension("source");
    std::fs::write(&source, "the newest of all\n").unwrap();
    let written = debugfs(&other.0, &format!("write {} newest\n", source.display()));
    let _ = std::fs::remove_file(&source);
    if written.is_none() {
        assert!(std::env::var_os("CI").is_none(), "debugfs is not installed");
        return;
    }
    // What has changed but for the superblock goes into the first one's journal.
    let (before, after) = (image.bytes(0, 32 << 20), other.bytes(0, 32 << 20));
    let pairs = before.chunks(BLOCK).zip(after.chunks(BLOCK)).enumerate();
    let changed: Vec<_> = pairs
        .skip(1)
        .filter(|(_, (before, after))| before != after)
        .map(|(number, (_, after))| (number.to_string(), after))
        .collect();
    assert!(changed.len() >= 5, "{}", changed.len());
    let blocks = image.0.with_extension("blocks");
    std::fs::write(
        &blocks,
        changed
            .iter()
            .flat_map(|(_, after)| after.iter().copied())
            .collect::<Vec<u8>>(),
    )
    .unwrap();
    let numbers: Vec<&str> = changed.iter().map(|(number, _)| number.as_str()).collect();
    let script = format!(
        "jo -c\njw -b {} {}\njc\n",
        numbers.join(","),
        blocks.display()
    );
    debugfs(&image.0, &script);
    let _ = std::fs::remove_file(&blocks);
    assert!(look(&image.bytes(0, 2048)).unwrap().unclean);

    image.put(0, &[0xee; BLOCK]);
    assert_eq!(image.restore(), Some(1));
    let found = look(&image.bytes(0, 2048)).unwrap();
    assert!(found.unclean, "its journal is not to be replayed");
    let check = Command::new("e2fsck")
        .arg("-fy")
        .arg(&image.0)
        .output()
        .unwrap();
    let said = String::from_utf8_lossy(&check.stdout).into_owned();
    // 1: something was mended, which is the sum of free blocks; the kernel does not rely on it.
    assert!(check.status.code() <= Some(1), "{said}");
    assert!(
        said.contains("recovering journal")
            || String::from_utf8_lossy(&check.stderr).contains("recovering journal"),
        "{said}"
    );
    let text = debugfs(&image.0, "cat newest\n").unwrap();
    assert!(text.contains("the newest of all"), "{text}");
}

//! An empty file system, judged by `e2fsck` where there is one.

use super::*;
use std::fs::File;
use std::io::Read;
use std::process::Command;

fn names() -> Names {
    Names {
        label: "data".into(),
        uuid: *b"0123456789abcdef",
        time: 1_764_000_000,
        replaces: false,
    }
}

#[test]
fn checksums() {
    assert_eq!(!crc32c(!0, b"123456789"), 0xe306_9283);
}

#[test]
fn copies_are_in_few_groups() {
    let groups: Vec<u64> = (0..100).filter(|group| has_copy(*group)).collect();
    assert_eq!(groups, [0, 1, 3, 5, 7, 9, 25, 27, 49, 81]);
}

#[test]
fn too_small() {
    for blocks in [0, 1, 1023, 1024] {
        assert!(
            make(&mut io::Cursor::new(Vec::new()), blocks, &names()).is_err(),
            "{blocks}"
        );
    }
}

#[test]
fn an_interruption_can_be_seen() {
    struct Interrupted(Vec<u8>);
    impl Write for Interrupted {
        fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
            if !self.0.is_empty() {
                return Err(io::ErrorKind::BrokenPipe.into());
            }
            self.0.extend_from_slice(bytes);
            Ok(bytes.len())
        }
        fn flush(&mut self) -> io::Result<()> {
            Ok(())
        }
    }
    impl Seek for Interrupted {
        fn seek(&mut self, _: SeekFrom) -> io::Result<u64> {
            Ok(0)
        }
    }
    for replaces in [false, true] {
        let mut out = Interrupted(Vec::new());
        let names = Names {
            replaces,
            ..names()
        };
        make(&mut out, 4096, &names).unwrap_err();
        assert_eq!(half_made(&out.0), Some(replaces));
        assert_eq!(look(&out.0), None);
    }
}

/// Where there is e2fsck, it has the last word: sizes around every boundary, over old contents.
#[test]
fn e2fsck_has_nothing_to_say() {
    let directory = std::env::temp_dir().join(format!("xsys-init-ext4-{}", std::process::id()));
    std::fs::create_dir_all(&directory).unwrap();
    let path = directory.join("image");
    let mut missing = false;
    for blocks in [
        2048, 4096, 32_767, 32_768, 32_769, 33_500, 65_600, 1_200_000,
    ] {
        let mut file = File::create(&path).unwrap();
        file.set_len(blocks * BLOCK as u64).unwrap();
        // What was there before must not matter where something is written.
        file.write_all(&vec![0xa5; 16 << 20][..(blocks as usize * BLOCK).min(16 << 20)])
            .unwrap();
        make(&mut file, blocks, &names()).unwrap();
        drop(file);
        let mut start = [0; 2048];
        File::open(&path).unwrap().read_exact(&mut start).unwrap();
        let found = look(&start).unwrap();
        assert_eq!((found.label.as_str(), found.unclean), ("data", false));
        assert_eq!(half_made(&start), None);
        let Ok(check) = Command::new("e2fsck").arg("-fn").arg(&path).output() else {
            missing = true;
            break;
        };
        let text = String::from_utf8_lossy(&check.stdout).into_owned();
        assert!(
            check.status.success(),
            "{blocks} blocks: {text}{}",
            String::from_utf8_lossy(&check.stderr)
        );
        assert!(text.contains("data: 11/"), "{text}");
    }
    std::fs::remove_dir_all(&directory).unwrap();
    assert!(
        !missing || std::env::var_os("CI").is_none(),
        "e2fsck is not installed"
    );
}

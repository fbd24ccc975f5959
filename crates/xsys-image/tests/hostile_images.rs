//! Packages, kernels, modules and images of others, cut, damaged and made on purpose: each ends in an error or in a
//! right result, soon, without much memory.
//!
//! The damage is the same each time: a failure tells the number that belongs to it. With `XSYS_HOSTILE_SECONDS=600` each
//! format gets as long with numbers that were not tried yet (`fuzz/run hostile` does so, and knows more).

#[path = "../../../fuzz/image/mod.rs"]
mod image;

use std::panic::{AssertUnwindSafe, catch_unwind};
use std::time::{Duration, Instant};

use image::damage::cuts;
use image::{Bench, FORMATS, Format, Wrap, memory, seeds};
use xsys_image::disk::compress::Compression;
use xsys_image::kernel::image::{Choice, find};
use xsys_image::kernel::modules::Modules;
use xsys_image::kernel::{Error, Source, needs};
use xsys_image::packing::Packing;

/// Damaged files of each format, where nobody asks for more.
const ROUNDS: u64 = 150;
/// What one file may take on a loaded machine.
const LONGEST: Duration = Duration::from_secs(20);
/// KiB that this process may ever have: what it reads at most of one file, and room for it to grow.
const MOST_MEMORY: u64 = 1400 << 10;

/// Reads a file; a panic tells which it was.
fn read(format: &Format, bench: &Bench, bytes: &[u8], which: &str) -> Result<(), String> {
    let start = Instant::now();
    let result = catch_unwind(AssertUnwindSafe(|| (format.read)(bench, bytes)));
    let took = start.elapsed();
    let result = result.unwrap_or_else(|_| panic!("{}: a panic at {which}", format.name));
    assert!(took < LONGEST, "{}: {which} took {took:?}", format.name);
    result
}

/// The most memory that this process had.
fn check_memory() {
    let status = std::fs::read_to_string("/proc/self/status").unwrap_or_default();
    let most = status.lines().find_map(|line| line.strip_prefix("VmHWM:"));
    let most = most.and_then(|most| most.trim().trim_end_matches(" kB").parse::<u64>().ok());
    assert!(most.unwrap_or_default() < MOST_MEMORY, "{most:?} KiB");
}

/// Keeps a good file for the fuzz target `image`: before it the numbers of its format and of what it is to be wrapped
/// in, which is nothing where the number is the next after the last.
fn keep(name: &str, format: usize, wrap: usize, bytes: &[u8]) {
    let Some(directory) = std::env::var_os("XSYS_HOSTILE_SEEDS") else {
        return;
    };
    let input = [&[format as u8, wrap as u8], bytes].concat();
    let path = std::path::Path::new(&directory).join(format!("seed-{format}-{wrap}-{name}"));
    std::fs::write(path, input).unwrap();
}

#[test]
fn good_files_are_read_and_cut_ones_are_errors() {
    let bench = Bench::default();
    for (number, format) in FORMATS.iter().enumerate() {
        let good = (format.good)();
        for (which, wrap) in format.wraps.iter().enumerate() {
            let bytes = wrap(&good);
            keep("inside", number, which, &good);
            keep(
                &format!("whole-{which}"),
                number,
                format.wraps.len(),
                &bytes,
            );
            assert_eq!(
                read(format, &bench, &bytes, "a good file"),
                Ok(()),
                "{}",
                format.name
            );
            for cut in cuts(bytes.len(), 60) {
                let result = read(format, &bench, &bytes[..cut], &format!("a cut at {cut}"));
                // The end of a package may be a byte that only fills.
                let whole = format.name == "deb" && bytes[cut..] == *b"\n";
                if format.whole_or_error && !whole {
                    let name = format.name;
                    assert!(result.is_err(), "{name}: cut at {cut} of {}", bytes.len());
                }
            }
        }
    }
    check_memory();
}

#[test]
fn damaged_files_end_in_a_result() {
    let seconds = std::env::var("XSYS_HOSTILE_SECONDS").ok();
    let seconds = seconds.map(|seconds| Duration::from_secs(seconds.parse().unwrap()));
    let only = std::env::var("XSYS_HOSTILE_FORMAT").ok();
    let bench = Bench::default();
    for format in FORMATS {
        if only.as_ref().is_some_and(|only| *only != format.name) {
            continue;
        }
        let good = (format.good)();
        let start = Instant::now();
        let more = |number| match seconds {
            Some(seconds) => start.elapsed() < seconds,
            None => number < ROUNDS,
        };
        let mut number = 0;
        while more(number) {
            let bytes = format.damaged(&good, number);
            let _ = read(format, &bench, &bytes, &format!("number {number}"));
            number += 1;
        }
    }
    check_memory();
}

/// Picks `name` from modules with these lines.
fn pick(modules: &[(&str, Vec<String>)], name: &'static str) -> Result<usize, Error> {
    let files = modules.iter().map(|(name, lines)| {
        let lines: Vec<&str> = lines.iter().map(String::as_str).collect();
        (format!("lib/modules/6.1/{name}.ko"), seeds::module(&lines))
    });
    let kernel = ("boot/vmlinuz-6.1".to_owned(), seeds::arm64());
    let source = memory(files.chain([kernel]));
    let kernel = find(&source, &Choice::default())?;
    let modules = Modules::open(&source, &kernel)?;
    let need = needs::Need {
        what: "test",
        names: Box::leak(Box::new([name])),
        must: true,
    };
    Ok(modules.pick(&needs::wanted(&[need]))?.modules.len())
}

#[test]
fn modules_that_need_each_other_come_to_an_end() {
    let lines = |text: String| vec![text];
    let circle = [
        ("a", lines("depends=b".into())),
        ("b", lines("depends=c".into())),
        ("c", lines("depends=a".into())),
    ];
    assert!(matches!(pick(&circle, "a"), Err(Error::Circle(_))));
    let own = [("a", lines("depends=a".into()))];
    assert!(matches!(pick(&own, "a"), Err(Error::Circle(_))));
    // Wishes may go in circles.
    for when in ["pre", "post"] {
        let wishes = [
            ("a", lines(format!("softdep={when}: b"))),
            ("b", lines(format!("softdep={when}: a"))),
        ];
        assert_eq!(pick(&wishes, "a").unwrap(), 2, "{when}");
    }
    // Chains that no stack has room for.
    let names: Vec<String> = (0..4000).map(|number| format!("m{number}")).collect();
    for key in ["depends=", "softdep=pre: ", "softdep=post: "] {
        let chain: Vec<(&str, Vec<String>)> = names
            .iter()
            .enumerate()
            .map(|(at, name)| (name.as_str(), lines(format!("{key}m{}", at + 1))))
            .collect();
        let _ = pick(&chain, "m0").map_err(|error| error.to_string());
    }
}

#[test]
fn modules_that_ask_for_everything_come_to_an_end() {
    let start = Instant::now();
    let words = |count: usize| {
        (0..count)
            .map(|number| format!("w{number} "))
            .collect::<String>()
    };
    let commas = words(200_000).replace(' ', ",");
    let stars = "*a".repeat(200_000);
    for line in [
        format!("softdep=pre: {}", words(200_000)),
        format!("depends={commas}"),
        format!("depends={}", "x".repeat(1 << 20)),
        format!("alias={stars}\0softdep=pre: {}", "b".repeat(200_000)),
        format!("softdep=pre: {}", "* ".repeat(100_000)),
        "alias=*\0".repeat(300_000),
    ] {
        let mut modules = vec![("a", vec![line])];
        let others: Vec<String> = (0..300).map(|number| format!("other{number}")).collect();
        let alias = || vec!["alias=platform:something*".to_owned()];
        modules.extend(others.iter().map(|name| (name.as_str(), alias())));
        let _ = pick(&modules, "a").map_err(|error| error.to_string());
    }
    assert!(start.elapsed() < LONGEST * 2, "{:?}", start.elapsed());
    check_memory();
}

/// Files that unpack to more than anybody has.
#[test]
fn bombs_are_defused() {
    let zeros = vec![0; 1 << 20];
    for (pack, ending) in [
        (seeds::gzip as Wrap, ".gz"),
        (seeds::xz, ".xz"),
        (seeds::zstd, ".zst"),
    ] {
        // All of them may be repeated.
        let bomb = pack(&zeros).repeat(1000);
        let packing = Packing::of_bytes(&bomb);
        let error = packing.unpack(&bomb[..], 1 << 20).unwrap_err();
        assert!(error.to_string().contains("more than 1048576"), "{error}");
        let source = memory([("Image", bomb.clone())]);
        let error = find(&source, &Choice::default()).unwrap_err().to_string();
        assert!(error.contains("Image"), "{error}");
        let module = format!("lib/modules/6.1/a.ko{ending}");
        let kernel = ("boot/vmlinuz-6.1".to_owned(), seeds::arm64());
        let source = memory([(module, bomb), kernel]);
        let kernel = find(&source, &Choice::default()).unwrap();
        let modules = Modules::open(&source, &kernel).unwrap();
        let need = needs::Need {
            what: "test",
            names: &["a"],
            must: true,
        };
        let error = modules.pick(&needs::wanted(&[need])).unwrap_err();
        assert!(
            error.to_string().contains("unpacks to more than"),
            "{error}"
        );
    }
    check_memory();
}

/// A header can ask for gigabytes before the first byte comes out.
#[test]
fn dictionaries_have_a_limit() {
    let mut header = vec![0xfd, b'7', b'z', b'X', b'Z', 0, 0, 4];
    header.extend(crc32(&[0, 4]).to_le_bytes());
    // One filter, LZMA2, with a dictionary of 4 GiB.
    let mut block = vec![2, 0, 0x21, 1, 40, 0, 0, 0];
    let sum = crc32(&block);
    block.extend(sum.to_le_bytes());
    header.extend(block);
    header.extend([1, 0, 0, b'a', 0]);
    let packing = Packing::of_bytes(&header);
    assert!(packing.unpack(&header[..], 1 << 20).is_err());
    let mut expanded = Compression::of_content(&header).expand(&header[..]);
    assert!(std::io::copy(&mut expanded, &mut std::io::sink()).is_err());

    // A zstd frame with a window of gigabytes.
    let frame = [0x28, 0xb5, 0x2f, 0xfd, 0, 0xb8, 1, 0, 0];
    let packing = Packing::of_bytes(&frame);
    assert!(packing.unpack(&frame[..], 1 << 20).is_err());
    let mut expanded = Compression::of_content(&frame).expand(&frame[..]);
    assert!(std::io::copy(&mut expanded, &mut std::io::sink()).is_err());
    check_memory();
}

/// As in xz's headers.
fn crc32(bytes: &[u8]) -> u32 {
    let mut sum = !0_u32;
    for byte in bytes {
        sum ^= u32::from(*byte);
        for _ in 0..8 {
            sum = sum >> 1 ^ if sum & 1 == 1 { 0xedb8_8320 } else { 0 };
        }
    }
    !sum
}

/// Chains of clusters that are circles or leave their volume, and directories within themselves.
#[test]
fn chains_come_to_an_end() {
    let directory = tempfile::tempdir().unwrap();
    let path = directory.path().join("pi.img");
    let read = |pieces: &[(usize, Vec<u8>)]| {
        let mut volume = seeds::fat32();
        for (at, piece) in pieces {
            volume[*at..at + piece.len()].copy_from_slice(piece);
        }
        std::fs::write(&path, volume).unwrap();
        let source = Source::open(std::slice::from_ref(&path), directory.path())?;
        source.read("kernel8.img").map(|bytes| bytes.len())
    };
    let error = |pieces: &[(usize, Vec<u8>)]| match read(pieces) {
        Ok(size) => panic!("{size} bytes"),
        Err(error) => format!("{error} {error:?}"),
    };
    assert!(read(&[]).is_ok());
    // The FAT begins at byte 1024, the root directory at 1536; there the kernel's entry is the second, the directory's the
    // third.
    let next = |cluster: usize, next: u32| (1024 + cluster * 4, next.to_le_bytes().to_vec());
    let size = |size: u32| (1536 + 32 + 28, size.to_le_bytes().to_vec());
    let directory_at = |cluster: u8| (1536 + 64 + 26, vec![cluster]);
    assert_eq!(read(&[size(1000)]).unwrap(), 1000);
    for to in [0, 1, 39, 500, 0x0fff_fff0] {
        assert!(error(&[size(1000), next(3, to)]).contains("leaves"), "{to}");
    }
    assert!(error(&[size(1025)]).contains("too early"));
    for large in [1 << 20, u32::MAX] {
        assert!(
            error(&[size(large), next(3, 3)]).contains("large"),
            "{large}"
        );
    }
    assert!(error(&[next(5, 5)]).contains("circle"));
    assert!(error(&[directory_at(2)]).contains("no end"));
    assert!(error(&[directory_at(40)]).contains("leaves"));
}

/// Images that were joined or compressed in pieces, as pzstd and pixz do, are read to their end.
#[test]
fn images_in_pieces_are_read_as_a_whole() {
    for pack in [seeds::zstd as Wrap, seeds::xz] {
        let pieces = [pack(b"first "), pack(b"second")].concat();
        let mut text = String::new();
        let mut reader = Compression::of_content(&pieces).expand(&pieces[..]);
        std::io::Read::read_to_string(&mut reader, &mut text).unwrap();
        assert_eq!(text, "first second");
    }
}

/// A package that climbs out, by names and by links, gives nothing.
#[test]
fn packages_stay_where_they_are() {
    let directory = tempfile::tempdir().unwrap();
    let link = |name: &str, target: &str| {
        let mut header = tar::Header::new_gnu();
        header.set_entry_type(tar::EntryType::Symlink);
        header.set_size(0);
        let as_old = header.as_old_mut();
        as_old.name[..name.len()].copy_from_slice(name.as_bytes());
        as_old.linkname[..target.len()].copy_from_slice(target.as_bytes());
        header.set_cksum();
        header.as_bytes().to_vec()
    };
    let opened = |links: &[(&str, &str)]| {
        let mut tar: Vec<u8> = links.iter().flat_map(|(name, to)| link(name, to)).collect();
        tar.resize(tar.len() + 1024, 0);
        let path = directory.path().join("links.deb");
        std::fs::write(&path, seeds::deb("", &tar)).unwrap();
        let source = Source::open(&[path], &directory.path().join("cache"));
        source.map(|source| source.files().count())
    };
    for (links, error) in [
        (&[("boot/a", "b"), ("boot/b", "a")][..], "circle"),
        (&[("boot/a", "a")], "circle"),
        (&[("boot/a", "../../etc/passwd")], "outside"),
        (&[("../a", "b")], "outside"),
    ] {
        let text = opened(links).unwrap_err().to_string();
        assert!(text.contains(error), "{links:?}: {text}");
    }
    // Links to directories and into nothing are of no use, and no harm.
    assert_eq!(opened(&[("boot/a", "/etc"), ("b", "boot/a/c")]).unwrap(), 0);
}

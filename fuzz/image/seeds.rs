//! Good files to be damaged: kernels, modules, packages, images, in the smallest form that is complete.

use std::io::{Cursor, Seek, SeekFrom, Write};

use fatfs::{FatType, FileSystem, FormatVolumeOptions, FsOptions};

/// The kernel's release in all of them.
pub(crate) const RELEASE: &str = "6.1";

pub(crate) fn gzip(bytes: &[u8]) -> Vec<u8> {
    let mut writer = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::fast());
    writer.write_all(bytes).expect("memory takes everything");
    writer.finish().expect("memory takes everything")
}

pub(crate) fn xz(bytes: &[u8]) -> Vec<u8> {
    let options = lzma_rust2::XzOptions::with_preset(0);
    let mut writer = lzma_rust2::XzWriter::new(Vec::new(), options).expect("a usual preset");
    writer.write_all(bytes).expect("memory takes everything");
    writer.finish().expect("memory takes everything")
}

pub(crate) fn zstd(bytes: &[u8]) -> Vec<u8> {
    ruzstd::encoding::compress_to_vec(bytes, ruzstd::encoding::CompressionLevel::Fastest)
}

/// An arm64 kernel: an EFI program with one section.
pub(crate) fn arm64() -> Vec<u8> {
    let mut bytes = vec![0; 256];
    bytes[..2].copy_from_slice(b"MZ");
    bytes[24] = 1 << 1 | 8;
    bytes[56..60].copy_from_slice(b"ARMd");
    bytes[60..64].copy_from_slice(&64_u32.to_le_bytes());
    bytes[64..68].copy_from_slice(b"PE\0\0");
    bytes[70] = 1;
    bytes[84] = 24;
    let section = 64 + 24 + 24;
    bytes[section + 16..section + 20].copy_from_slice(&1000_u32.to_le_bytes());
    bytes[section + 20..section + 24].copy_from_slice(&256_u32.to_le_bytes());
    bytes.extend(b"Linux version %s\0Linux version 6.1 (debian)\0");
    bytes.resize(1256, 0);
    bytes
}

/// A kernel in an EFI program that unpacks itself.
pub(crate) fn efi(packed: &[u8]) -> Vec<u8> {
    let mut bytes = b"MZ\0\0zimg".to_vec();
    bytes.extend(64_u32.to_le_bytes());
    bytes.extend((packed.len() as u32).to_le_bytes());
    bytes.resize(64, 0);
    bytes.extend(packed);
    bytes
}

/// A zImage.
pub(crate) fn arm(payload: &[u8]) -> Vec<u8> {
    let mut bytes = vec![0; 64];
    bytes[36..40].copy_from_slice(&0x016f_2818_u32.to_le_bytes());
    bytes[44..48].copy_from_slice(&(64 + payload.len() as u32 + 16).to_le_bytes());
    bytes.extend(payload);
    bytes.resize(bytes.len() + 16, 7);
    bytes
}

/// A bzImage.
pub(crate) fn x86() -> Vec<u8> {
    let mut bytes = vec![0; 2048];
    bytes[0x1f1] = 1;
    bytes[0x1f4] = 64;
    bytes[0x1fe..0x200].copy_from_slice(&[0x55, 0xaa]);
    bytes[0x202..0x206].copy_from_slice(b"HdrS");
    bytes[0x20e] = 0x80;
    bytes[0x280..0x289].copy_from_slice(b"6.1.0 (a)");
    bytes
}

/// An arm64 module with these lines.
pub(crate) fn module(lines: &[&str]) -> Vec<u8> {
    let mut info: Vec<u8> = Vec::new();
    for line in ["vermagic=6.1 SMP aarch64"].iter().chain(lines) {
        info.extend(line.bytes());
        info.push(0);
    }
    let names = b"\0.modinfo\0.shstrtab\0";
    let names_at = 64 + info.len();
    let table = (names_at + names.len()).next_multiple_of(8);
    let mut bytes = b"\x7fELF\x02\x01\x01".to_vec();
    bytes.resize(16, 0);
    // A file to be linked further, for arm64.
    for half in [1_u16, 183] {
        bytes.extend(half.to_le_bytes());
    }
    bytes.extend(1_u32.to_le_bytes());
    for long in [0, 0, table as u64] {
        bytes.extend(long.to_le_bytes());
    }
    bytes.extend(0_u32.to_le_bytes());
    for half in [64_u16, 0, 0, 64, 3, 2] {
        bytes.extend(half.to_le_bytes());
    }
    bytes.extend(&info);
    bytes.extend(names);
    bytes.resize(table + 64, 0);
    for (name, kind, at, size) in [
        (1_u32, 1_u32, 64, info.len()),
        (10, 3, names_at, names.len()),
    ] {
        bytes.extend(name.to_le_bytes());
        bytes.extend(kind.to_le_bytes());
        for long in [0, 0, at as u64, size as u64, 0, 1, 0] {
            bytes.extend(u64::to_le_bytes(long));
        }
    }
    bytes
}

/// A tar archive with files, a long name and links.
pub(crate) fn tar() -> Vec<u8> {
    let mut builder = tar::Builder::new(Vec::new());
    let long = format!("./lib/modules/{RELEASE}/kernel/{}/long.ko", "x".repeat(120));
    let depends = module(&["name=a", "depends=long"]);
    for (name, bytes) in [
        ("./boot/vmlinuz-6.1", arm64()),
        ("./usr/lib/modules/6.1/kernel/a.ko", depends),
        (&*long, module(&["name=long", "alias=of:N*T*"])),
        (
            "./lib/modules/6.1/modules.builtin",
            b"kernel/fs/fat/vfat.ko\n".to_vec(),
        ),
    ] {
        let mut header = tar::Header::new_gnu();
        header.set_size(bytes.len() as u64);
        header.set_mode(0o644);
        let added = builder.append_data(&mut header, name, &bytes[..]);
        added.expect("memory takes everything");
    }
    for (kind, name, target) in [
        (tar::EntryType::Symlink, "./vmlinuz", "boot/vmlinuz-6.1"),
        (tar::EntryType::Symlink, "./boot/vmlinuz-old", "../vmlinuz"),
        (tar::EntryType::Link, "./boot/copy", "./boot/vmlinuz-6.1"),
    ] {
        let mut header = tar::Header::new_gnu();
        header.set_entry_type(kind);
        header.set_size(0);
        let added = builder.append_link(&mut header, name, target);
        added.expect("memory takes everything");
    }
    builder.into_inner().expect("memory takes everything")
}

/// Makes the checksums of a tar archive's headers right again, or nothing behind them would be read.
pub(crate) fn sum_tar(bytes: &mut [u8]) {
    for block in bytes.chunks_exact_mut(512) {
        if &block[257..262] != b"ustar" {
            continue;
        }
        block[148..156].fill(b' ');
        let sum: u32 = block.iter().map(|byte| u32::from(*byte)).sum();
        block[148..156].copy_from_slice(format!("{sum:06o}\0 ").as_bytes());
    }
}

pub(crate) fn ar(members: &[(&str, &[u8])]) -> Vec<u8> {
    let mut bytes = b"!<arch>\n".to_vec();
    for (name, content) in members {
        let size = content.len();
        let header = format!("{name:<16}{:<12}0     0     100644  {size:<10}`\n", 0);
        bytes.extend(header.bytes());
        bytes.extend(*content);
        if size % 2 == 1 {
            bytes.push(b'\n');
        }
    }
    bytes
}

/// A package with this archive of files.
pub(crate) fn deb(ending: &str, data: &[u8]) -> Vec<u8> {
    let control = b"Package: linux-image-test\nVersion: 6.1-1\nArchitecture: arm64\n";
    let mut builder = tar::Builder::new(Vec::new());
    let mut header = tar::Header::new_gnu();
    header.set_size(control.len() as u64);
    header.set_mode(0o644);
    let added = builder.append_data(&mut header, "./control", &control[..]);
    added.expect("memory takes everything");
    let control = builder.into_inner().expect("memory takes everything");
    ar(&[
        ("debian-binary", b"2.0\n"),
        ("control.tar.gz", &gzip(&control)),
        (&format!("data.tar{ending}"), data),
    ])
}

/// A FAT volume as Raspberry Pi OS's boot partition has it, made by another crate; what is free at its end is left out.
pub(crate) fn fat(kind: FatType) -> Vec<u8> {
    let size = match kind {
        FatType::Fat12 => 100 << 10,
        _ => 2300 << 10,
    };
    let mut disk = Cursor::new(vec![0; size]);
    let options = FormatVolumeOptions::new()
        .fat_type(kind)
        .bytes_per_cluster(512);
    fatfs::format_volume(&mut disk, options).expect("a usual volume");
    let system = FileSystem::new(&mut disk, FsOptions::new()).expect("it was made a moment ago");
    let root = system.root_dir();
    let overlays = root.create_dir("overlays").expect("there is room");
    for (folder, name, content) in [
        (&root, "kernel8.img", gzip(&arm64())),
        (&root, "A file with a long name.dtb", vec![7; 1500]),
        (&overlays, "disable-bt.dtbo", b"overlay".to_vec()),
    ] {
        let mut file = folder.create_file(name).expect("there is room");
        file.write_all(&content).expect("there is room");
        file.flush().expect("there is room");
    }
    drop((root, overlays));
    system.unmount().expect("memory takes everything");
    let mut bytes = disk.into_inner();
    let last = bytes
        .iter()
        .rposition(|byte| *byte != 0)
        .unwrap_or_default();
    bytes.truncate((last + 1).next_multiple_of(512));
    bytes
}

/// A small FAT32 volume, which some systems make and the crate does not: two sectors before a FAT of one, then the root
/// with a kernel of two clusters and a folder.
pub(crate) fn fat32() -> Vec<u8> {
    let mut bytes = vec![0; 40 * 512];
    let mut put = |at: usize, piece: &[u8]| bytes[at..at + piece.len()].copy_from_slice(piece);
    put(11, &512_u16.to_le_bytes());
    put(13, &[1, 2, 0, 1]);
    put(32, &40_u32.to_le_bytes());
    put(36, &1_u32.to_le_bytes());
    put(44, &2_u32.to_le_bytes());
    put(82, b"FAT32   ");
    put(510, &[0x55, 0xaa]);
    let end = 0x0fff_ffff_u32;
    for (cluster, next) in [
        (0, 0x0fff_fff8),
        (1, end),
        (2, end),
        (3, 4),
        (4, end),
        (5, end),
    ] {
        put(1024 + cluster * 4, &u32::to_le_bytes(next));
    }
    let kernel = gzip(&arm64());
    let cluster = |number: usize| 1536 + (number - 2) * 512;
    let mut entry =
        |folder: usize, at: usize, name: &[u8; 11], kind: u8, first: u8, size: usize| {
            let at = cluster(folder) + at * 32;
            put(at, name);
            put(at + 11, &[kind]);
            put(at + 26, &[first]);
            put(at + 28, &(size as u32).to_le_bytes());
        };
    entry(2, 0, b"BOOT       ", 8, 0, 0);
    entry(2, 1, b"KERNEL8 IMG", 0x20, 3, kernel.len().min(1024));
    entry(2, 2, b"OVERLAYS   ", 0x10, 5, 0);
    entry(5, 0, b".          ", 0x10, 5, 0);
    entry(5, 1, b"..         ", 0x10, 0, 0);
    entry(5, 2, b"A       DTB", 0x20, 4, 100);
    put(cluster(3), &kernel);
    bytes
}

/// A disk with one partition from sector 1 on.
pub(crate) fn mbr(volume: &[u8]) -> Vec<u8> {
    let mut bytes = vec![0; 512];
    bytes[446 + 4] = 0xc;
    bytes[446 + 8..446 + 12].copy_from_slice(&1_u32.to_le_bytes());
    bytes[446 + 12..446 + 16].copy_from_slice(&((volume.len() / 512) as u32).to_le_bytes());
    bytes[510..].copy_from_slice(&[0x55, 0xaa]);
    bytes.extend(volume);
    bytes
}

/// The same with a GPT of four entries.
pub(crate) fn gpt(volume: &[u8]) -> Vec<u8> {
    let mut bytes = Cursor::new(vec![0; 1536]);
    let mut put = |at: u64, piece: &[u8]| {
        bytes.seek(SeekFrom::Start(at)).expect("memory has no end");
        bytes.write_all(piece).expect("memory takes everything");
    };
    put(446 + 4, &[0xee]);
    put(510, &[0x55, 0xaa]);
    put(512, b"EFI PART");
    put(512 + 72, &2_u64.to_le_bytes());
    put(512 + 80, &4_u32.to_le_bytes());
    put(512 + 84, &128_u32.to_le_bytes());
    put(1024, &[1; 32]);
    put(1024 + 32, &3_u64.to_le_bytes());
    put(1024 + 40, &(2 + volume.len() as u64 / 512).to_le_bytes());
    put(1536, volume);
    bytes.into_inner()
}

//! The headers of kernels, and the release that a kernel prints when it starts.
//!
//! - arm64: `Documentation/arm64/booting.rst`; an EFI program as well, whose sections say how large the
//!   file is, and perhaps one that unpacks itself (`zboot`).
//! - arm: a `zImage`, which unpacks itself; its header is known from boot loaders.
//! - x86: `Documentation/x86/boot.rst`.

use std::io::Read;

use memchr::memmem;

use super::arch::Arch;
use super::files::FILE_LIMIT;
use crate::packing::Packing;

/// What the header of a kernel says.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Head {
    pub(crate) arch: Arch,
    pub(crate) page_size: Option<u32>,
    /// How large the file must be at least.
    pub(crate) size: u64,
    /// Where its version is, if the header says so.
    version_at: Option<usize>,
}

impl Head {
    pub(crate) fn read(bytes: &[u8]) -> Option<Self> {
        if bytes.get(56..60) == Some(b"ARMd") {
            let page_size = match u32_at(bytes, 24)? >> 1 & 3 {
                1 => Some(4096),
                2 => Some(16384),
                3 => Some(65536),
                _ => None,
            };
            return Some(Self {
                arch: Arch::Arm64,
                page_size,
                size: efi_size(bytes).unwrap_or(64),
                version_at: None,
            });
        }
        if u32_at(bytes, 36) == Some(0x016f_2818) {
            let (start, end) = (u32_at(bytes, 40)?, u32_at(bytes, 44)?);
            return Some(Self {
                arch: Arch::Arm,
                page_size: Some(4096),
                size: u64::from(end.saturating_sub(start)),
                version_at: None,
            });
        }
        if bytes.get(0x202..0x206) == Some(b"HdrS")
            && bytes.get(0x1fe..0x200) == Some(&[0x55, 0xaa])
        {
            let sectors = match bytes[0x1f1] {
                0 => 4,
                sectors => u64::from(sectors),
            };
            let version = u16::from_le_bytes([bytes[0x20e], bytes[0x20f]]);
            return Some(Self {
                arch: Arch::X86,
                page_size: Some(4096),
                size: (sectors + 1) * 512 + u64::from(u32_at(bytes, 0x1f4)?) * 16,
                version_at: (version > 0).then_some(usize::from(version) + 0x200),
            });
        }
        None
    }
}

/// How far the headers and sections of an EFI program reach. The size in an arm64 kernel's own header counts what is
/// cleared in memory, too, and says nothing about the file.
fn efi_size(bytes: &[u8]) -> Option<u64> {
    if bytes.get(..2)? != b"MZ" {
        return None;
    }
    let at = u32_at(bytes, 60)? as usize;
    let headers = at.checked_add(24)?;
    let Some(header) = bytes.get(at..headers) else {
        return Some(headers as u64);
    };
    if !header.starts_with(b"PE\0\0") {
        return None;
    }
    let half = |at: usize| usize::from(u16::from_le_bytes([header[at], header[at + 1]]));
    let table = headers.checked_add(half(20))?;
    let ends = (0..half(6)).map(|number| {
        let section = table + number * 40;
        match (u32_at(bytes, section + 16), u32_at(bytes, section + 20)) {
            (Some(size), Some(start)) => u64::from(size) + u64::from(start),
            _ => section as u64 + 40,
        }
    });
    ends.max()
}

/// The compressed kernel in an EFI program that unpacks itself; `Some(None)` if it is cut short.
pub(crate) fn efi_payload(bytes: &[u8]) -> Option<Option<&[u8]>> {
    if bytes.get(..2)? != b"MZ" || bytes.get(4..8)? != b"zimg" {
        return None;
    }
    let (start, size) = (u32_at(bytes, 8)? as usize, u32_at(bytes, 12)? as usize);
    Some(
        start
            .checked_add(size)
            .and_then(|end| bytes.get(start..end)),
    )
}

fn u32_at(bytes: &[u8], at: usize) -> Option<u32> {
    let bytes = bytes.get(at..at.checked_add(4)?)?;
    Some(u32::from_le_bytes(bytes.try_into().ok()?))
}

/// The release that the kernel prints when it starts.
pub(crate) fn version(head: &Head, bytes: &[u8]) -> Option<String> {
    if let Some(at) = head.version_at {
        return word(bytes.get(at..)?);
    }
    if let Some(version) = banner(bytes) {
        return Some(version);
    }
    // An Arm kernel unpacks itself: the banner is in its payload, behind a program and before a table.
    let starts: [&[u8]; 2] = [b"\x1f\x8b\x08\x00", b"\xfd7zXZ\0"];
    let payload = starts.iter().find_map(|start| memmem::find(bytes, start))?;
    let payload = &bytes[payload..];
    let mut unpacked = Vec::new();
    let mut reader = Packing::of_bytes(payload).reader(payload).take(FILE_LIMIT);
    // What follows the payload is not part of it, and makes an error at the end.
    let mut buffer = vec![0; 64 * 1024];
    while let Ok(read @ 1..) = reader.read(&mut buffer) {
        unpacked.extend_from_slice(&buffer[..read]);
    }
    banner(&unpacked)
}

fn banner(bytes: &[u8]) -> Option<String> {
    let start = b"Linux version ";
    let found = memmem::find_iter(bytes, start).map(|at| &bytes[at + start.len()..]);
    // Formats such as `Linux version %s` are not it.
    let mut found = found.filter(|rest| rest.first().is_some_and(u8::is_ascii_digit));
    word(found.next()?)
}

fn word(bytes: &[u8]) -> Option<String> {
    let bytes = &bytes[..bytes.len().min(128)];
    let end = bytes.iter().position(|byte| !byte.is_ascii_graphic())?;
    let text = std::str::from_utf8(&bytes[..end]).ok()?;
    (!text.is_empty()).then(|| text.to_owned())
}

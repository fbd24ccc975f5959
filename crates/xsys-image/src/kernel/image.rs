//! Finds the kernel among the user's files, and reads from its header what it is.
//!
//! Boot loaders look at the same headers: a kernel for another machine, or a truncated one, is reported here instead of
//! ending in a black screen. Names say little (`kernel8.img` is for 64 bit, `vmlinuz` for anything), so they are only
//! used to find candidates.

use std::borrow::Cow;
use std::fmt;
use std::io::{Read, Write};
use std::path::Path;

use flate2::{Compression, GzBuilder};
use sha2::{Digest, Sha256};

use super::arch::Arch;
use super::error::Error;
use super::files::FILE_LIMIT;
use super::header::{Head, efi_payload, version};
use super::kept::in_use;
use super::source::Source;
use crate::digest::hex;
use crate::packing::Packing;

/// What of a file is read to see which kind of kernel it is.
const HEAD: u64 = 4096;

/// A kernel.
#[derive(Clone)]
pub struct Kernel {
    /// Where in the source it is.
    pub path: String,
    pub arch: Arch,
    /// The size of its memory pages in bytes, where the header says it.
    pub page_size: Option<u32>,
    /// Its release, as `uname -r` and its modules have it.
    pub version: Option<String>,
    bytes: Vec<u8>,
}

impl fmt::Debug for Kernel {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Kernel")
            .field("path", &self.path)
            .field("arch", &self.arch)
            .field("page_size", &self.page_size)
            .field("version", &self.version)
            .field("bytes", &self.bytes.len())
            .finish()
    }
}

/// Which kernel, where there are several.
#[derive(Clone, Copy, Debug, Default)]
pub struct Choice<'a> {
    /// A path, a file's name or a version that the user gave.
    pub name: Option<&'a str>,
    /// What the machine is.
    pub arch: Option<Arch>,
    /// Names of files that the machine would rather have, the best first.
    pub prefer: &'a [&'a str],
}

impl Kernel {
    /// The kernel as linked: for a compressed arm64 one, the uncompressed file.
    pub fn bytes(&self) -> &[u8] {
        &self.bytes
    }

    /// The kernel as small as boot loaders accept it. The firmware of a Pi, U-Boot and QEMU unpack gzip for arm64;
    /// kernels for other machines unpack themselves. The bytes are the same each time.
    pub fn compressed(&self) -> Cow<'_, [u8]> {
        if self.arch != Arch::Arm64 {
            return Cow::Borrowed(&self.bytes);
        }
        let out = Vec::with_capacity(self.bytes.len() / 2);
        let mut gzip = GzBuilder::new().write(out, Compression::default());
        let written = gzip.write_all(&self.bytes).and_then(|()| gzip.finish());
        Cow::Owned(written.expect("memory takes everything"))
    }
}

impl Kernel {
    /// [`Self::compressed`], kept in a directory of a cache: compressing takes longer than everything else in the build
    /// of an image.
    ///
    /// # Errors
    /// If compressing fails.
    pub fn compressed_in(&self, cache: &Path) -> Result<Cow<'_, [u8]>, Error> {
        if self.arch != Arch::Arm64 {
            return Ok(self.compressed());
        }
        let kept = cache.join(format!("{}.kernel.gz", hex(&Sha256::digest(&self.bytes))));
        if let Ok(bytes) = std::fs::read(&kept)
            && is_whole(&bytes, self.bytes.len())
        {
            in_use(&kept);
            return Ok(Cow::Owned(bytes));
        }
        std::fs::create_dir_all(cache).map_err(Error::write(cache))?;
        let bytes = self.compressed();
        let mut unfinished = tempfile::NamedTempFile::new_in(cache).map_err(Error::write(cache))?;
        unfinished.write_all(&bytes).map_err(Error::write(&kept))?;
        // If another process was faster, its file has the same content.
        let _ = unfinished.persist(&kept);
        Ok(bytes)
    }
}

/// A gzip file ends with the size of its content: one that a power cut left incomplete does not.
fn is_whole(gzip: &[u8], size: usize) -> bool {
    gzip.starts_with(&[0x1f, 0x8b]) && gzip.last_chunk() == Some(&(size as u32).to_le_bytes())
}

/// Finds the kernel that is meant.
///
/// # Errors
/// If there is no such kernel, if several fit, or if it is damaged or for another machine.
pub fn find(source: &Source, choice: &Choice<'_>) -> Result<Kernel, Error> {
    let none = |found: &[Candidate]| Error::NoKernel {
        wanted: choice.name.map(str::to_owned),
        origins: source.origins().to_vec(),
        found: found.iter().map(|one| one.path.to_owned()).collect(),
    };
    let all = candidates(source)?;
    let mut left = all.clone();
    if let Some(name) = choice.name {
        left.retain(|one| one.is_called(name));
        // A path that is not a usual place, or a version that no file name contains.
        if left.is_empty() && source.has(name) {
            left.push(Candidate::of(source, source_path(source, name))?);
        }
        if left.is_empty() {
            // A damaged kernel is reported only if it is the one that was asked for.
            let version = |one: &&Candidate<'_>| read(source, one.path).ok()?.version;
            let meant = |one: &&Candidate<'_>| version(one).as_deref() == Some(name);
            left.extend(
                all.iter()
                    .filter(|one| one.arch.is_some())
                    .filter(meant)
                    .cloned(),
            );
        }
        if left.is_empty() {
            return Err(none(&all));
        }
    }
    // Files that are not kernels are only reported if there is nothing else.
    if left.len() > 1 && left.iter().any(|one| one.arch.is_some()) {
        left.retain(|one| one.arch.is_some());
    }
    if let Some(wanted) = choice.arch {
        let other = left.iter().find_map(|one| Some((one.path, one.arch?)));
        left.retain(|one| one.arch.is_none_or(|arch| arch == wanted));
        if let (true, Some((path, is))) = (left.is_empty(), other) {
            let path = path.to_owned();
            return Err(Error::KernelFor { path, is, wanted });
        }
    }
    let preferred = choice.prefer.iter().find_map(|name| {
        let mut named = left.iter().filter(|one| file_name(one.path) == *name);
        named.next().filter(|_| named.next().is_none())
    });
    match (preferred, &left[..]) {
        (Some(one), _) | (None, [one]) => read(source, one.path),
        (None, []) => Err(none(&all)),
        (None, several) => Err(Error::SeveralKernels(
            several.iter().map(Candidate::to_string).collect(),
        )),
    }
}

/// Reads a kernel and checks that all of it is there.
///
/// # Errors
/// If it is damaged, or not a kernel.
pub fn read(source: &Source, path: &str) -> Result<Kernel, Error> {
    let file = source.read(path)?;
    let damaged = |cause: &str| Error::damaged(path, cause);
    let packing = Packing::of_bytes(&file);
    let mut bytes = match packing {
        Packing::Plain => file,
        packing => packing
            .unpack(&file[..], FILE_LIMIT)
            .map_err(|error| Error::damaged(path, error))?,
    };
    if let Some(payload) = efi_payload(&bytes) {
        let payload = payload.ok_or_else(|| damaged("it ends within the kernel"))?;
        let packing = Packing::of_bytes(payload);
        if packing == Packing::Plain {
            return Err(damaged("it is compressed in a way that is not known here"));
        }
        bytes = packing
            .unpack(payload, FILE_LIMIT)
            .map_err(|error| Error::damaged(path, error))?;
    }
    let head = Head::read(&bytes)
        .ok_or_else(|| damaged("it has none of the headers of arm64, arm and x86 kernels"))?;
    if head.size > bytes.len() as u64 {
        return Err(Error::damaged(
            path,
            format!(
                "it has {} of the {} bytes that its header says",
                bytes.len(),
                head.size
            ),
        ));
    }
    let version = version(&head, &bytes).or_else(|| version_in_name(path).map(str::to_owned));
    Ok(Kernel {
        path: path.to_owned(),
        arch: head.arch,
        page_size: head.page_size,
        version,
        bytes,
    })
}

/// A file that may be a kernel.
#[derive(Clone, Debug)]
struct Candidate<'s> {
    path: &'s str,
    /// None if it is not a kernel after all.
    arch: Option<Arch>,
}

impl<'s> Candidate<'s> {
    fn of(source: &Source, path: &'s str) -> Result<Self, Error> {
        let mut head = Vec::new();
        let mut file = source.stream(path)?;
        let read = file.by_ref().take(HEAD).read_to_end(&mut head);
        read.map_err(|error| source.failed(path, error))?;
        let packing = Packing::of_bytes(&head);
        if packing != Packing::Plain {
            let start = std::mem::take(&mut head);
            let all = std::io::Cursor::new(start).chain(file);
            // Damage is found when the whole file is read.
            let _ = packing.reader(all).take(HEAD).read_to_end(&mut head);
        }
        let arch = match efi_payload(&head) {
            // Kernels that unpack themselves as EFI programs (`zboot`) are never for x86.
            Some(_) => Some(Arch::Arm64),
            None => Head::read(&head).map(|head| head.arch),
        };
        Ok(Self { path, arch })
    }

    fn is_called(&self, name: &str) -> bool {
        self.path == name
            || file_name(self.path) == name
            || version_in_name(self.path) == Some(name)
    }
}

impl fmt::Display for Candidate<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.path)?;
        match self.arch {
            Some(arch) => write!(f, " ({arch})"),
            None => f.write_str(" (not a kernel)"),
        }
    }
}

fn source_path<'s>(source: &'s Source, name: &str) -> &'s str {
    let found = source
        .below("")
        .map(|(path, _)| path)
        .find(|path| *path == name);
    found.unwrap_or_default()
}

fn candidates(source: &Source) -> Result<Vec<Candidate<'_>>, Error> {
    let paths = source.files().map(|(path, _)| path);
    let paths = paths.filter(|path| is_candidate(path) && !source.is_link(path));
    // Builds leave the same kernel with and without compression.
    let paths = paths.filter(|path| {
        !path
            .strip_suffix(".gz")
            .is_some_and(|plain| source.has(plain))
    });
    paths.map(|path| Candidate::of(source, path)).collect()
}

fn is_candidate(path: &str) -> bool {
    let (directory, name) = path.rsplit_once('/').unwrap_or(("", path));
    let known = matches!(directory, "" | "boot" | "boot/firmware" | "firmware");
    let built = directory.starts_with("arch/") && directory.ends_with("/boot");
    let image = matches!(name, "Image" | "Image.gz" | "zImage" | "bzImage");
    known
        && (image
            || name.starts_with("vmlinuz")
            || name.starts_with("kernel") && name.ends_with(".img"))
        || built && image
        || directory.starts_with("lib/modules/")
            && name == "vmlinuz"
            && directory.matches('/').count() == 2
}

fn file_name(path: &str) -> &str {
    path.rsplit_once('/').map_or(path, |(_, name)| name)
}

/// `6.1.0-57-arm64` of `boot/vmlinuz-6.1.0-57-arm64`.
fn version_in_name(path: &str) -> Option<&str> {
    let version = file_name(path).strip_prefix("vmlinuz-");
    version.or_else(|| path.strip_prefix("lib/modules/")?.strip_suffix("/vmlinuz"))
}

/// Kernels for tests.
#[cfg(test)]
pub(crate) mod test {
    /// The header of an arm64 kernel and its banner.
    pub(crate) fn arm64(version: &str, page_bits: u8) -> Vec<u8> {
        let mut bytes = vec![0; 64];
        bytes[24] = page_bits << 1 | 8;
        bytes[56..60].copy_from_slice(b"ARMd");
        bytes.extend(b"Linux version %s\0");
        bytes.extend(format!("Linux version {version} (debian)\0").bytes());
        bytes.resize(8192, 0);
        bytes
    }

    pub(crate) fn arm(payload: &[u8]) -> Vec<u8> {
        let mut bytes = vec![0; 64];
        bytes[36..40].copy_from_slice(&0x016f_2818_u32.to_le_bytes());
        bytes[44..48].copy_from_slice(&(64 + payload.len() as u32 + 16).to_le_bytes());
        bytes.extend(payload);
        bytes.resize(bytes.len() + 16, 7);
        bytes
    }
}

#[cfg(test)]
mod tests {
    use super::test::{arm, arm64};
    use super::*;
    use crate::kernel::source::test::memory;
    use crate::packing::pack;

    fn only(path: &str, bytes: Vec<u8>) -> Result<Kernel, Error> {
        find(&memory([(path, bytes)]), &Choice::default())
    }

    #[test]
    fn headers_say_what_a_kernel_is() {
        let kernel = only("boot/vmlinuz-6.1", arm64("6.1.0-5-arm64", 1)).unwrap();
        assert_eq!(kernel.arch, Arch::Arm64);
        assert_eq!(kernel.page_size, Some(4096));
        assert_eq!(kernel.version.as_deref(), Some("6.1.0-5-arm64"));
        for packing in [Packing::Gzip, Packing::Xz, Packing::Zstd] {
            let packed = pack(packing, &arm64("6.6.31+rpt-rpi-v8", 2));
            let kernel = only("kernel8.img", packed.clone()).unwrap();
            assert_eq!(kernel.page_size, Some(16384));
            assert_eq!(kernel.bytes().len(), 8192);
            // As an EFI program that unpacks itself.
            let mut efi = b"MZ\0\0zimg".to_vec();
            efi.extend(64_u32.to_le_bytes());
            efi.extend((packed.len() as u32).to_le_bytes());
            efi.resize(64, 0);
            efi.extend(packed);
            let kernel = only("boot/vmlinuz-6.12", efi.clone()).unwrap();
            assert_eq!(kernel.version.as_deref(), Some("6.6.31+rpt-rpi-v8"));
            efi.pop();
            let error = only("boot/vmlinuz-6.12", efi).unwrap_err();
            assert!(error.to_string().contains("ends within"), "{error}");
        }
        for packing in [Packing::Gzip, Packing::Xz] {
            let kernel = arm(&pack(packing, b"..Linux version 6.6.31-v7 (gcc)"));
            let kernel = only("kernel7.img", kernel).unwrap();
            assert_eq!(kernel.arch, Arch::Arm);
            assert_eq!(kernel.version.as_deref(), Some("6.6.31-v7"));
            assert!(matches!(kernel.compressed(), Cow::Borrowed(_)));
        }
        let mut x86 = vec![0; 2048];
        x86[0x1f1] = 1;
        x86[0x1f4] = 64;
        x86[0x1fe..0x200].copy_from_slice(&[0x55, 0xaa]);
        x86[0x202..0x206].copy_from_slice(b"HdrS");
        x86[0x20e] = 0x80;
        x86[0x280..0x289].copy_from_slice(b"6.1.0 (a)");
        let kernel = only("bzImage", x86.clone()).unwrap();
        assert_eq!(
            (kernel.arch, kernel.version.as_deref()),
            (Arch::X86, Some("6.1.0"))
        );
        x86.pop();
        let error = only("bzImage", x86).unwrap_err();
        assert!(
            error.to_string().contains("2047 of the 2048 bytes"),
            "{error}"
        );
        let error = only("kernel.img", b"hello".to_vec()).unwrap_err();
        assert!(error.to_string().contains("none of the headers"), "{error}");
    }

    #[test]
    fn compressed_is_the_same_each_time_and_smaller() {
        let kernel = only("Image", arm64("6.1.0", 1)).unwrap();
        let packed = kernel.compressed();
        assert_eq!(packed, kernel.compressed());
        assert!(packed.len() < 1000);
        assert_eq!(packed[4..8], [0; 4], "no time");
        assert_eq!(
            Packing::Gzip.unpack(&packed[..], 10_000).unwrap(),
            kernel.bytes()
        );
        let cache = tempfile::tempdir().unwrap();
        for _ in 0..2 {
            assert_eq!(kernel.compressed_in(cache.path()).unwrap(), packed);
        }
        // One that was cut short is made again.
        let kept = std::fs::read_dir(cache.path()).unwrap().next().unwrap();
        std::fs::write(kept.unwrap().path(), &packed[..100]).unwrap();
        assert_eq!(kernel.compressed_in(cache.path()).unwrap(), packed);
    }

    #[test]
    fn of_several_one_is_chosen_by_machine_or_by_the_user() {
        let source = memory([
            ("kernel.img", arm(b"Linux version 6.6.31 (a)")),
            ("kernel7.img", arm(b"Linux version 6.6.31-v7 (a)")),
            ("kernel8.img", pack(Packing::Gzip, &arm64("6.6.31-v8", 1))),
            (
                "kernel_2712.img",
                pack(Packing::Gzip, &arm64("6.6.31-2712", 2)),
            ),
            ("kernel_notes.img", b"notes".to_vec()),
        ]);
        let pick = |choice: Choice<'_>| find(&source, &choice).map(|kernel| kernel.path);
        let arch = Some(Arch::Arm64);
        let error = pick(Choice {
            arch,
            ..Choice::default()
        })
        .unwrap_err();
        let text = error.into_diagnostic().to_string();
        assert!(
            text.contains("2 kernels") && text.contains("such as `kernel8.img`"),
            "{text}"
        );
        let prefer = &["kernel_2712.img", "kernel8.img"][..];
        let of = |name, arch, prefer| pick(Choice { name, arch, prefer });
        assert_eq!(of(None, arch, prefer).unwrap(), "kernel_2712.img");
        assert_eq!(of(None, arch, &prefer[1..]).unwrap(), "kernel8.img");
        assert_eq!(of(Some("6.6.31-v7"), None, &[]).unwrap(), "kernel7.img");
        assert_eq!(of(Some("kernel8.img"), arch, &[]).unwrap(), "kernel8.img");
        let error = of(Some("kernel.img"), arch, &[]).unwrap_err();
        assert_eq!(
            error.to_string(),
            "the kernel `kernel.img` is for arm, not for arm64"
        );
        let error = of(Some("5.0"), arch, &[]).unwrap_err();
        assert!(
            error
                .into_diagnostic()
                .to_string()
                .contains("choose one that is there: `kernel.img`")
        );
        let error = find(&Source::empty(), &Choice::default()).unwrap_err();
        assert!(error.into_diagnostic().to_string().contains("looked for"));
    }

    #[test]
    fn cut_and_changed_kernels_never_panic() {
        for whole in [
            arm64("6.1", 1),
            arm(b"abc"),
            pack(Packing::Gzip, &arm64("6.1", 1)),
        ] {
            for end in 0..whole.len().min(300) {
                let _ = only("Image", whole[..end].to_vec());
            }
            for at in 0..128.min(whole.len()) {
                for byte in [0, 0x7f, 0xff] {
                    let mut broken = whole.clone();
                    broken[at] = byte;
                    let _ = only("Image", broken);
                }
            }
        }
    }
}

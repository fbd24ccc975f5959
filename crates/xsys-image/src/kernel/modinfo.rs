//! What a module says about itself: the `.modinfo` section of its ELF file.
//!
//! Packages have no `modules.dep` (depmod makes it on the machine where they are installed), so only the modules can
//! say what they need.

use object::elf::{self, FileHeader32, FileHeader64};
use object::read::elf::{FileHeader, SectionHeader as _};
use object::{Endianness, FileKind};

use super::arch::Arch;

/// The most modules that a module may name, of each kind. In Debian's it is 15.
const MOST_NAMES: usize = 256;
/// The longest name or alias, in bytes. In Debian's it is 55.
const LONGEST: usize = 1024;

/// The contents of a module's `.modinfo`.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Modinfo {
    /// Its name, if given.
    pub name: Option<String>,
    /// Modules that it cannot be loaded without.
    pub depends: Vec<String>,
    /// Patterns of devices that it drives, and second names.
    pub aliases: Vec<String>,
    /// Modules to be loaded before it, where there are any.
    pub pre: Vec<String>,
    /// Modules to be loaded after it, where there are any.
    pub post: Vec<String>,
    /// The kernel that it was built for.
    pub vermagic: Option<String>,
    /// Firmware that it may ask for.
    pub firmware: Vec<String>,
    /// What it runs on, if that is known here.
    pub arch: Option<Arch>,
}

/// Reads a module, which is not compressed any more.
///
/// # Errors
/// If it is not a module, or is damaged.
pub fn read(bytes: &[u8]) -> Result<Modinfo, String> {
    let kind = FileKind::parse(bytes).map_err(|_| "it is not an ELF file".to_owned())?;
    let (machine, section) = match kind {
        FileKind::Elf64 => section::<FileHeader64<Endianness>>(bytes),
        FileKind::Elf32 => section::<FileHeader32<Endianness>>(bytes),
        _ => return Err("it is not an ELF file".to_owned()),
    }
    .map_err(|error| error.to_string())?;
    let section = section.ok_or("it has no `.modinfo`, so it is not a module")?;
    let mut info = Modinfo {
        arch: match machine {
            elf::EM_AARCH64 => Some(Arch::Arm64),
            elf::EM_ARM => Some(Arch::Arm),
            elf::EM_X86_64 | elf::EM_386 => Some(Arch::X86),
            _ => None,
        },
        ..Modinfo::default()
    };
    for (key, value) in pairs(section) {
        match key {
            "name" => info.name = Some(value.to_owned()),
            "vermagic" => info.vermagic = Some(value.to_owned()),
            // No device asks for a longer one, and comparing them takes long.
            "alias" if value.len() > LONGEST => {}
            "alias" => info.aliases.push(value.to_owned()),
            "firmware" => info.firmware.push(value.to_owned()),
            "depends" => {
                let names = value.split(',').filter(|name| !name.is_empty());
                info.depends.extend(names.map(str::to_owned));
            }
            "softdep" => {
                // `pre: a b post: c`; what stands before either is ignored, as modprobe does.
                let mut list = None;
                for word in value.split_whitespace() {
                    match (word, &mut list) {
                        ("pre:", _) => list = Some(&mut info.pre),
                        ("post:", _) => list = Some(&mut info.post),
                        (name, Some(list)) => list.push(name.to_owned()),
                        (_, None) => {}
                    }
                }
            }
            _ => {}
        }
    }
    for names in [&info.depends, &info.pre, &info.post] {
        if names.len() > MOST_NAMES || names.iter().any(|name| name.len() > LONGEST) {
            return Err(format!(
                "it names more modules than {MOST_NAMES}, or longer ones than any is"
            ));
        }
    }
    Ok(info)
}

/// The lines `key=value` of a `.modinfo` section or of `modules.builtin.modinfo`; each ends in NUL.
pub(crate) fn pairs(section: &[u8]) -> impl Iterator<Item = (&str, &str)> {
    section.split(|byte| *byte == 0).filter_map(|line| {
        let line = std::str::from_utf8(line).ok()?;
        line.split_once('=')
    })
}

/// The machine and the section, if there is one.
fn section<Elf: FileHeader<Endian = Endianness>>(
    bytes: &[u8],
) -> object::Result<(elf::Machine, Option<&[u8]>)> {
    let header = Elf::parse(bytes)?;
    let endian = header.endian()?;
    let sections = header.sections(endian, bytes)?;
    let found = sections.section_by_name(endian, b".modinfo");
    let data = found
        .map(|(_, section)| section.data(endian, bytes))
        .transpose()?;
    Ok((header.e_machine(endian), data))
}

/// Modules for tests.
#[cfg(test)]
pub(crate) mod test {
    /// A module of 64 bits with a `.modinfo` of these lines.
    pub(crate) fn module(machine: object::elf::Machine, lines: &[&str]) -> Vec<u8> {
        let info: Vec<u8> = lines
            .iter()
            .flat_map(|line| [line.as_bytes(), b"\0"].concat())
            .collect();
        let names = b"\0.modinfo\0.shstrtab\0";
        let info_at = 64;
        let names_at = info_at + info.len();
        let table = (names_at + names.len()).next_multiple_of(8);
        let mut bytes = b"\x7fELF\x02\x01\x01".to_vec();
        bytes.resize(16, 0);
        for half in [1, machine.0] {
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
            (1_u32, 1_u32, info_at, info.len()),
            (10, 3, names_at, names.len()),
        ] {
            bytes.extend(name.to_le_bytes());
            bytes.extend(kind.to_le_bytes());
            for long in [0, 0, at as u64, size as u64, 0, 1, 0] {
                let long: u64 = long;
                bytes.extend(long.to_le_bytes());
            }
            bytes.truncate(bytes.len());
        }
        bytes
    }
}

#[cfg(test)]
mod tests {
    use super::test::module;
    use super::*;

    #[test]
    fn all_that_matters_is_read() {
        let bytes = module(
            elf::EM_AARCH64,
            &[
                "alias=fs-ext4",
                "alias=ext3",
                "depends=jbd2,mbcache",
                "softdep=ignored pre: crc32c md5 post: late",
                "vermagic=6.1.0 SMP",
                "firmware=a/b.bin",
                "name=ext4",
                "parm=no use",
            ],
        );
        let info = read(&bytes).unwrap();
        assert_eq!(info.name.as_deref(), Some("ext4"));
        assert_eq!(info.aliases, ["fs-ext4", "ext3"]);
        assert_eq!(info.depends, ["jbd2", "mbcache"]);
        assert_eq!(info.pre, ["crc32c", "md5"]);
        assert_eq!(info.post, ["late"]);
        assert_eq!(info.vermagic.as_deref(), Some("6.1.0 SMP"));
        assert_eq!(info.firmware, ["a/b.bin"]);
        assert_eq!(info.arch, Some(Arch::Arm64));
        assert!(read(b"hello").unwrap_err().contains("not an ELF"));
    }

    #[test]
    fn cut_and_changed_modules_never_panic() {
        let bytes = module(elf::EM_ARM, &["depends=a", "name=b"]);
        for end in 0..bytes.len() {
            assert!(read(&bytes[..end]).is_err(), "{end}");
        }
        for at in 0..bytes.len() {
            for byte in [0, 1, 0x7f, 0xff] {
                let mut broken = bytes.clone();
                broken[at] = byte;
                let _ = read(&broken);
            }
        }
    }
}

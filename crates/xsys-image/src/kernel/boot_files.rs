//! Device trees, overlays and firmware: the files that lie beside a kernel on a boot partition.
//!
//! Every distribution has them somewhere else. They are found by name; of device trees for several
//! kernels, those of the kernel at hand are taken.

use super::alias::matches;
use super::error::Error;
use super::source::Source;
use crate::packing::Packing;

/// Where firmware lies: the top of a boot partition, and where systems mount or install it.
const FIRMWARE: [&str; 5] = [
    "",
    "boot/",
    "boot/firmware/",
    "firmware/",
    "lib/raspi-firmware/",
];

/// A file for the boot partition.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct BootFile {
    /// Its name there; overlays have `overlays/` before it.
    pub name: String,
    /// Where in the source it is.
    pub path: String,
}

impl BootFile {
    fn new(name: &str, path: &str) -> Self {
        Self {
            name: name.to_owned(),
            path: path.to_owned(),
        }
    }
}

/// All device trees for a kernel, sorted by name.
pub fn device_trees(source: &Source, version: Option<&str>) -> Vec<BootFile> {
    let mut found: Vec<(bool, BootFile)> = Vec::new();
    for (path, _) in source.files() {
        let (directory, name) = path.rsplit_once('/').unwrap_or(("", path));
        if !name.ends_with(".dtb") || directory.contains("overlays") {
            continue;
        }
        let of = kernel_of(directory);
        if of.is_some() && version.is_some() && of != version {
            continue;
        }
        found.push((of.is_none(), BootFile::new(name, path)));
    }
    // Device trees from a directory of this kernel are preferred to those from elsewhere.
    found.sort_by(|(loose, one), (other_loose, other)| {
        (&one.name, loose, &one.path).cmp(&(&other.name, other_loose, &other.path))
    });
    found.dedup_by(|(_, later), (_, first)| later.name == first.name);
    found.into_iter().map(|(_, file)| file).collect()
}

/// The kernel whose device trees are in the directory, if its name says it.
fn kernel_of(directory: &str) -> Option<&str> {
    let part = |rest: &'static str| {
        let rest = directory.strip_prefix(rest)?;
        Some(rest.split('/').next().unwrap_or(rest))
    };
    let ubuntu = || {
        let directory = directory.strip_prefix("lib/firmware/")?;
        let (version, _) = directory.split_once("/device-tree")?;
        Some(version)
    };
    part("lib/linux-image-")
        .or_else(|| part("boot/dtbs/"))
        .or_else(ubuntu)
        .or_else(|| part("lib/modules/"))
}

/// The first device tree of a list that is there, checked to be one.
///
/// # Errors
/// If there is none, or it is damaged.
pub fn device_tree(
    source: &Source,
    version: Option<&str>,
    names: &[&str],
) -> Result<(BootFile, Vec<u8>), Error> {
    let trees = device_trees(source, version);
    let found = names
        .iter()
        .find_map(|name| trees.iter().find(|tree| tree.name == *name));
    let Some(found) = found else {
        return Err(Error::NoFile {
            path: names
                .first()
                .map_or_else(String::new, |name| (*name).to_owned()),
            origins: source.origins().to_vec(),
        });
    };
    let bytes = source.read(&found.path)?;
    check_device_tree(&found.path, &bytes)?;
    Ok((found.clone(), bytes))
}

/// A device tree contains its own size: a truncated one would stop the boot without a message.
///
/// # Errors
/// If it is truncated or not a device tree.
pub fn check_device_tree(path: &str, bytes: &[u8]) -> Result<(), Error> {
    let word = |at: usize| Some(u32::from_be_bytes(bytes.get(at..at + 4)?.try_into().ok()?));
    match (word(0), word(4)) {
        (Some(0xd00d_feed), Some(size)) if size as usize <= bytes.len() => Ok(()),
        (Some(0xd00d_feed), size) => Err(Error::damaged(
            path,
            format!(
                "it has {} of the {} bytes that its header says",
                bytes.len(),
                size.unwrap_or(40)
            ),
        )),
        _ => Err(Error::damaged(path, "it has no header of a device tree")),
    }
}

/// Overlays and what the firmware needs to find them, sorted by name.
pub fn overlays(source: &Source) -> Vec<BootFile> {
    let mut found: Vec<BootFile> = Vec::new();
    for (path, _) in source.files() {
        let (directory, name) = path.rsplit_once('/').unwrap_or(("", path));
        let useful = name.ends_with(".dtbo") || name == "overlay_map.dtb" || name == "hat_map.dtb";
        if useful && (directory == "overlays" || directory.ends_with("/overlays")) {
            found.push(BootFile::new(&format!("overlays/{name}"), path));
        }
    }
    found.sort();
    found.dedup_by(|later, first| later.name == first.name);
    found
}

/// The firmware's files of these names; all of them must be there.
///
/// # Errors
/// If one of them is missing.
pub fn firmware(source: &Source, names: &[&str]) -> Result<Vec<BootFile>, Error> {
    let find = |name: &&str| {
        let mut paths = FIRMWARE
            .iter()
            .map(|directory| format!("{directory}{name}"));
        match paths.find(|path| source.has(path)) {
            Some(path) => Ok(BootFile::new(name, &path)),
            None => Err(Error::NoFile {
                path: (*name).to_owned(),
                origins: source.origins().to_vec(),
            }),
        }
    };
    names.iter().map(find).collect()
}

/// The firmware files that exist among those that modules may ask for: paths in the source, which are also those of the
/// running system. Modules name more than any machine has, with wildcards.
pub fn modules_firmware(source: &Source, names: &[String]) -> Vec<String> {
    let asked = |path: &str| {
        let name = Packing::of_name(path.strip_prefix("lib/firmware/")?).0;
        names.iter().find(|wanted| matches(wanted, name))
    };
    let files = source.below("lib/firmware/").map(|(path, _)| path);
    files
        .filter(|path| asked(path).is_some())
        .map(str::to_owned)
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::kernel::source::test::memory;

    fn tree(size: u32) -> Vec<u8> {
        let mut bytes = [0xd0, 0x0d, 0xfe, 0xed].to_vec();
        bytes.extend(size.to_be_bytes());
        bytes.resize(48, 0);
        bytes
    }

    #[test]
    fn device_trees_are_those_of_the_kernel() {
        let source = memory([
            ("a.dtb", tree(48)),
            ("b.dtb", tree(48)),
            ("lib/linux-image-6.1/broadcom/a.dtb", tree(48)),
            ("lib/linux-image-6.2/broadcom/a.dtb", tree(49)),
            ("lib/firmware/6.2/device-tree/broadcom/c.dtb", tree(48)),
            ("overlays/overlay_map.dtb", tree(48)),
            ("overlays/spi.dtbo", tree(48)),
        ]);
        let paths = |version| {
            let trees = device_trees(&source, version);
            trees.into_iter().map(|tree| tree.path).collect::<Vec<_>>()
        };
        assert_eq!(
            paths(Some("6.1")),
            ["lib/linux-image-6.1/broadcom/a.dtb", "b.dtb"]
        );
        assert_eq!(paths(Some("6.2")).len(), 3);
        let (found, _) = device_tree(&source, Some("6.1"), &["x.dtb", "a.dtb"]).unwrap();
        assert_eq!(found.name, "a.dtb");
        let error = device_tree(&source, Some("6.2"), &["a.dtb"]).unwrap_err();
        assert!(error.to_string().contains("48 of the 49 bytes"), "{error}");
        let error = device_tree(&source, Some("6.2"), &["x.dtb"]).unwrap_err();
        assert!(
            error.to_string().contains("`x.dtb` is in none of"),
            "{error}"
        );
        assert!(check_device_tree("a", b"hello").is_err());
        assert!(check_device_tree("a", &tree(48)[..5]).is_err());
        let names: Vec<_> = overlays(&source)
            .into_iter()
            .map(|file| file.name)
            .collect();
        assert_eq!(names, ["overlays/overlay_map.dtb", "overlays/spi.dtbo"]);
    }

    #[test]
    fn firmware_is_found_where_packages_have_it() {
        let source = memory([
            ("lib/raspi-firmware/start.elf", vec![1]),
            ("boot/firmware/bootcode.bin", vec![1]),
        ]);
        let found = firmware(&source, &["bootcode.bin", "start.elf"]).unwrap();
        assert_eq!(found[1].path, "lib/raspi-firmware/start.elf");
        assert!(firmware(&source, &["fixup.dat"]).is_err());
    }
    #[test]
    fn firmware_that_modules_ask_for_is_found_with_wildcards_and_compressed() {
        let source = memory([
            ("lib/firmware/brcm/brcmfmac43430-sdio.txt", vec![1]),
            ("lib/firmware/brcm/brcmfmac43455-sdio.bin.xz", vec![1]),
            ("lib/firmware/intel/other.bin", vec![1]),
        ]);
        let names = ["brcm/brcmfmac*-sdio.*", "brcm/brcmfmac43455-sdio.bin"];
        let names = names.map(str::to_owned);
        let found = modules_firmware(&source, &names);
        assert_eq!(found.len(), 2);
        assert_eq!(found[0], "lib/firmware/brcm/brcmfmac43430-sdio.txt");
    }
}

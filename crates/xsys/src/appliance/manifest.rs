//! What is on a card, part by part: `manifest.json` on its boot partition, and beside the image.
//!
//! From a card, or only its manifest, people can see which programs, kernel and settings it has, and compare it with
//! others. The same parts give the same text: it contains no time, and no path of the building machine.

use serde::{Deserialize, Serialize};
use xsys_image::disk::Placed;
use xsys_image::kernel::deb;
use xsys_image::kernel::pick::Picked;

use super::piece::Piece;
use super::revision::Revision;

/// The format of manifests that this xsys writes.
pub(crate) const FORMAT: u32 = 1;

/// What a card is made of.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub(crate) struct Manifest {
    pub format: u32,
    pub name: String,
    pub version: String,
    pub machine: String,
    pub target: String,
    /// The sources it was made from.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub source: Option<Revision>,
    /// The versions of xsys and of the compiler.
    pub xsys: String,
    pub rustc: String,
    /// The kernel's release.
    pub kernel: Option<String>,
    /// Debian packages that contain the kernel, modules and firmware.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub packages: Vec<Package>,
    pub modules: Vec<Module>,
    pub programs: Vec<Program>,
    /// The first process.
    pub init: Option<Program>,
    /// The user's files.
    pub files: Vec<File>,
    /// The init's configuration.
    pub settings: serde_json::Value,
    /// The configuration of firmware and kernel.
    pub config_txt: Vec<String>,
    pub command_line: String,
    pub partitions: Vec<Partition>,
    /// Files of the partition that says which system starts, and of the system's own.
    pub select: Vec<Part>,
    pub boot: Vec<Part>,
}

/// A module of the kernel.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Module {
    pub name: String,
    #[serde(rename = "for")]
    pub why: String,
}

/// A Debian package.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Package {
    pub name: String,
    pub version: String,
    pub architecture: String,
    /// The distribution that it is from.
    pub vendor: String,
    pub sha256: String,
}

/// A program on the card.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Program {
    pub name: String,
    /// cargo's package, and its version.
    pub package: String,
    pub version: String,
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub features: Vec<String>,
    pub size: u64,
    pub sha256: String,
}

/// A file of the user's. If it contains secrets, neither size nor digest is listed: short secrets could be guessed.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct File {
    /// The absolute path.
    pub path: String,
    /// Four octal digits; none where the file system has no modes and owners.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub mode: String,
    #[serde(default)]
    pub user: u32,
    #[serde(default)]
    pub group: u32,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub size: Option<u64>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub sha256: Option<String>,
    /// Names of the secrets in it.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub secrets: Vec<String>,
}

/// A partition; bytes.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Partition {
    pub name: String,
    pub start: u64,
    pub size: u64,
}

/// A file of a boot partition.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Part {
    pub path: String,
    /// If a file was joined from several pieces, which: what all devices of a kind share (`system`), or what is this
    /// device's own (`device`). Pieces with secrets are not listed.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub piece: Option<String>,
    pub size: u64,
    pub sha256: String,
}

impl Manifest {
    /// The text of the file.
    pub(crate) fn text(&self) -> String {
        let text = serde_json::to_string_pretty(self).unwrap_or_default();
        format!("{text}\n")
    }
}

/// Modules with their reasons.
pub(crate) fn modules(picked: &Picked) -> Vec<Module> {
    let module = |module: &xsys_image::kernel::pick::PickedModule| Module {
        name: module.name.clone(),
        why: module.why.clone(),
    };
    picked.modules.iter().map(module).collect()
}

/// The packages that kernel, modules and firmware of a system come from.
pub(crate) fn packages(used: &[&deb::Package]) -> Vec<Package> {
    let package = |package: &&deb::Package| Package {
        name: package.name.clone(),
        version: package.version.clone(),
        architecture: package.architecture.clone(),
        vendor: package.vendor().to_owned(),
        sha256: package.sha256.clone(),
    };
    used.iter().map(package).collect()
}

/// Where a card's partitions are.
pub(crate) fn partitions(placed: &[Placed]) -> Vec<Partition> {
    let partition = |placed: &Placed| Partition {
        name: placed.name.clone(),
        start: placed.range.start,
        size: placed.range.end - placed.range.start,
    };
    placed.iter().map(partition).collect()
}

/// A file of a partition, or a piece of one.
pub(crate) fn part(path: &str, piece: Option<&str>, content: &Piece) -> Part {
    Part {
        path: path.to_owned(),
        piece: piece.map(str::to_owned),
        size: content.bytes.len() as u64,
        sha256: content.sha256.clone(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_written_can_be_read() {
        let piece = Piece::new(&b"quiet"[..]);
        let manifest = Manifest {
            format: FORMAT,
            name: "shop".to_owned(),
            version: "0.1.0".to_owned(),
            machine: "qemu-virt".to_owned(),
            target: "aarch64-unknown-linux-musl".to_owned(),
            source: None,
            xsys: "0.1.0".to_owned(),
            rustc: "1.95.0".to_owned(),
            kernel: None,
            packages: Vec::new(),
            modules: Vec::new(),
            programs: Vec::new(),
            init: None,
            files: Vec::new(),
            settings: serde_json::json!({ "hostname": "shop" }),
            config_txt: Vec::new(),
            command_line: String::new(),
            partitions: partitions(&[Placed {
                name: "SELECT".to_owned(),
                range: 512..1024,
            }]),
            select: Vec::new(),
            boot: vec![part("cmdline.txt", None, &piece)],
        };
        assert_eq!(manifest.partitions[0].size, 512);
        assert_eq!(manifest.boot[0].size, 5);
        let text = manifest.text();
        assert_eq!(serde_json::from_str::<Manifest>(&text).unwrap(), manifest);
    }
}

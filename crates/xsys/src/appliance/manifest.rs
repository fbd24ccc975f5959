//! What is on a card, part by part: `manifest.json` on its boot partition, and beside the image.
//!
//! Whoever has a card, or only an image's manifest, can say which programs, kernel and settings these are, and compare
//! them with others. The same parts give the same text: it has no time, and no path of the machine that built it.

use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};
use xsys_image::disk::bmap::hex;
use xsys_image::disk::{Placed, Source as Bytes};
use xsys_image::kernel::pick::Picked;

use super::assemble::Files;

/// The format of manifests that this xsys writes.
pub const FORMAT: u32 = 1;

/// What a card is made of.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Manifest {
    pub format: u32,
    pub name: String,
    pub version: String,
    pub machine: String,
    /// The version of xsys that made it.
    pub xsys: String,
    /// The kernel's release.
    pub kernel: Option<String>,
    pub modules: Vec<Module>,
    pub partitions: Vec<Partition>,
    /// Files of the partition that says which system starts, and of the system's own.
    pub select: Vec<Part>,
    pub boot: Vec<Part>,
}

/// A module of the kernel.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Module {
    pub name: String,
    #[serde(rename = "for")]
    pub why: String,
}

/// A partition; bytes.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Partition {
    pub name: String,
    pub start: u64,
    pub size: u64,
}

/// A file of a boot partition.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Part {
    pub path: String,
    pub size: u64,
    pub sha256: String,
}

impl Manifest {
    /// As it is written.
    pub fn text(&self) -> String {
        let text = serde_json::to_string_pretty(self).unwrap_or_default();
        format!("{text}\n")
    }
}

/// Modules with their reasons.
pub fn modules(picked: &Picked) -> Vec<Module> {
    let module = |module: &xsys_image::kernel::pick::PickedModule| Module {
        name: module.name.clone(),
        why: module.why.clone(),
    };
    picked.modules.iter().map(module).collect()
}

/// Where a card's partitions are.
pub fn partitions(placed: &[Placed]) -> Vec<Partition> {
    let partition = |placed: &Placed| Partition {
        name: placed.name.clone(),
        start: placed.range.start,
        size: placed.range.end - placed.range.start,
    };
    placed.iter().map(partition).collect()
}

/// Files of a partition with their digests.
pub fn parts(files: &Files) -> Vec<Part> {
    let part = |(path, content): (&String, &Bytes)| {
        let Bytes::Bytes(content) = content else {
            unreachable!("all parts are in memory")
        };
        Part {
            path: path.clone(),
            size: content.len() as u64,
            sha256: hex(&Sha256::digest(content)),
        }
    };
    files.iter().map(part).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_written_can_be_read() {
        let files = Files::from([("cmdline.txt".to_owned(), Bytes::Bytes(b"quiet".to_vec()))]);
        let manifest = Manifest {
            format: FORMAT,
            name: "shop".to_owned(),
            version: "0.1.0".to_owned(),
            machine: "qemu-virt".to_owned(),
            xsys: "0.1.0".to_owned(),
            kernel: None,
            modules: Vec::new(),
            partitions: partitions(&[Placed {
                name: "SELECT".to_owned(),
                range: 512..1024,
            }]),
            select: Vec::new(),
            boot: parts(&files),
        };
        assert_eq!(manifest.partitions[0].size, 512);
        assert_eq!(manifest.boot[0].size, 5);
        let text = manifest.text();
        assert_eq!(serde_json::from_str::<Manifest>(&text).unwrap(), manifest);
    }
}

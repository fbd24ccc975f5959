//! The keys of `appliance.toml`, and of an appliance's tables in `fleet.toml`, as written in the
//! file.

use std::collections::BTreeMap;
use std::path::PathBuf;

use serde::Deserialize;
use serde_json::Value;

use super::entry::Entry;
use super::secrets;

#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub(super) struct Keys {
    #[serde(default)]
    pub(super) machine: Option<String>,
    #[serde(default)]
    pub(super) kernel: Paths,
    #[serde(default)]
    pub(super) firmware: Paths,
    #[serde(default)]
    pub(super) kernel_version: Option<String>,
    #[serde(default)]
    pub(super) hostname: Option<String>,
    #[serde(default)]
    pub(super) modules: Vec<String>,
    #[serde(default)]
    pub(super) kernel_arguments: Option<String>,
    #[serde(default)]
    pub(super) config_txt: Vec<String>,
    #[serde(default)]
    pub(super) files: BTreeMap<String, Entry>,
    #[serde(default)]
    pub(super) secrets: BTreeMap<String, secrets::Origin>,
    #[serde(default)]
    pub(super) variables: toml::Table,
    #[serde(default)]
    pub(super) image: ImageKeys,
    #[serde(default)]
    pub(super) run: RunKeys,
    #[serde(default)]
    pub(super) test: TestKeys,
    // Read by the init.
    pub(super) network: Option<Value>,
    pub(super) time: Option<Value>,
    pub(super) data: Option<Value>,
    pub(super) watchdog: Option<Value>,
    pub(super) status: Option<Value>,
    pub(super) log: Option<Value>,
    pub(super) console: Option<Value>,
    pub(super) services: Option<Value>,
}

impl Keys {
    pub(super) fn machine_name(&self) -> &str {
        self.machine.as_deref().unwrap_or("qemu-virt")
    }
}

/// A path or several.
#[derive(Clone, Debug, Deserialize)]
#[serde(untagged)]
pub(super) enum Paths {
    One(PathBuf),
    Several(Vec<PathBuf>),
}

impl Default for Paths {
    fn default() -> Self {
        Self::Several(Vec::new())
    }
}

#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "kebab-case", default)]
pub(super) struct ImageKeys {
    pub(super) root: Root,
    /// MiB.
    pub(super) boot: u64,
    /// MiB.
    pub(super) data: u64,
    pub(super) formats: Vec<Form>,
    /// Where images will be, for Raspberry Pi Imager.
    pub(super) url: Option<String>,
}

impl Default for ImageKeys {
    fn default() -> Self {
        Self {
            root: Root::default(),
            boot: 128,
            data: 64,
            formats: Vec::new(),
            url: None,
        }
    }
}

/// The kind of root on the card.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub(crate) enum Root {
    /// An archive that the kernel unpacks into memory.
    #[default]
    Initramfs,
    /// A file system in a file, which is read from the card.
    Squashfs,
}

/// A compressed form beside the image.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize)]
pub(crate) enum Form {
    #[serde(rename = "img.zst")]
    Zstd,
    #[serde(rename = "img.xz")]
    Xz,
}

impl Form {
    /// The suffix of its files.
    pub(crate) fn ending(self) -> &'static str {
        match self {
            Self::Zstd => "img.zst",
            Self::Xz => "img.xz",
        }
    }
}

#[derive(Clone, Debug, Default, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "kebab-case", default)]
pub(super) struct RunKeys {
    pub(super) machine: Option<String>,
    /// `HOST:GUEST`.
    pub(super) ports: Vec<String>,
    /// MiB.
    pub(super) memory: Option<u64>,
}

#[derive(Clone, Debug, Default, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "kebab-case", default)]
pub(super) struct TestKeys {
    /// A program of this machine, with its arguments.
    pub(super) command: Vec<String>,
    /// Seconds.
    pub(super) ready_within: Option<u64>,
}

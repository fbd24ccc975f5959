//! From a system and what is specific to a device to the card's files.
//!
//! If nothing has changed, nothing is written; digests show that before an image is made.

use std::collections::BTreeMap;
use std::sync::Arc;

use sha2::{Digest, Sha256};
use xsys_image::digest::hex;
use xsys_image::disk::fat::Volume;
use xsys_image::disk::{Content, Disk, Partition, Source as Bytes, Table};
use xsys_image::kernel::tree::Tree;

use super::card::{CMDLINE, CONFIG, INITRAMFS, MANIFEST, ROOT_IMAGE, SOFTWARE};
use super::description::Description;
use super::manifest::{self, Manifest, Part};
use super::output::{Output, Text, no_disk};
use super::own::{MANIFEST_FILE, Own};
use super::piece::Piece;
use super::revision::Revision;
use super::system::{Program, System};
use super::{Image, imager, sbom, told};
use crate::error::Result;
use crate::ui::{Ui, bytes};

/// Bytes of the first partition.
const SELECT_SIZE: u64 = 16 << 20;

/// Which system starts, in the words of the Pi's firmware: the second partition, and after `reboot "0 tryboot"` once
/// the third.
const AUTOBOOT: &str = "[all]\ntryboot_a_b=1\nboot_partition=2\n[tryboot]\nboot_partition=3\n";

/// The path that old Pis load their first stage from.
const FIRST_STAGE: &str = "bootcode.bin";

/// Files by their paths, for a FAT partition.
type Files = BTreeMap<String, Bytes>;

/// A card to be made.
pub(crate) struct Card<'a> {
    pub target: &'a str,
    /// The directory of its files, relative to the fleet's.
    pub directory: Option<&'a str>,
    /// The sources that it is made of.
    pub source: Option<&'a Revision>,
    /// The digest of its files; identifiers on the card are computed from it, too.
    pub name: &'a str,
    pub version: &'a str,
    pub description: &'a Description,
    pub system: &'a System,
}

impl Card<'_> {
    /// Makes its files, unless they are up to date.
    pub(crate) fn make(&self, output: &Output) -> Result<Image> {
        let own = Own::make(self.description, self.system, self.version)?;
        let select = self.select();
        let settings = [
            (CONFIG, Piece::new(own.config_txt.clone().into_bytes())),
            (CMDLINE, Piece::new(own.command_line.clone().into_bytes())),
        ];
        let (_, placed) = self
            .disk(Files::new(), Files::new())
            .layout()
            .map_err(no_disk)?;
        let open = Piece::new(own.open.clone());
        let mut boot: Vec<Part> = Vec::new();
        let files = self
            .system
            .boot
            .iter()
            .map(|(name, piece)| (name.as_str(), piece));
        let settings_parts = settings.iter().map(|(name, piece)| (*name, piece));
        for (name, piece) in files.chain(settings_parts) {
            boot.push(manifest::part(name, None, piece));
        }
        // Not the archive with secrets, not even its size.
        for (what, piece) in [("system", &self.system.archive), ("device", &open)] {
            boot.push(manifest::part(INITRAMFS, Some(what), piece));
        }
        let select_parts = select
            .iter()
            .map(|(name, piece)| manifest::part(name, None, piece));
        let manifest = Manifest {
            format: manifest::FORMAT,
            name: self.name.to_owned(),
            version: self.version.to_owned(),
            machine: self.description.machine().name.to_owned(),
            target: self.target.to_owned(),
            source: self.source.cloned(),
            xsys: env!("CARGO_PKG_VERSION").to_owned(),
            rustc: self.system.rustc(),
            kernel: self.system.chosen.kernel.version.clone(),
            packages: self.system.chosen.packages.clone(),
            modules: manifest::modules(&self.system.chosen.modules),
            programs: self.system.programs.iter().map(Program::listed).collect(),
            init: Some(self.system.init.listed()),
            files: own.files.clone(),
            settings: own.settings.clone(),
            config_txt: own.config_txt.lines().map(str::to_owned).collect(),
            command_line: own.command_line.trim_end().to_owned(),
            partitions: manifest::partitions(&placed),
            select: select_parts.collect(),
            boot,
        };
        let text = manifest.text();
        let software = self.software(&manifest);
        let inputs = self.inputs(&own, &[&text, &software]);
        if let Some(image) = output.unchanged(&inputs) {
            return Ok(image);
        }

        let mut boot = Files::new();
        let shared = |piece: &Piece| Bytes::Shared(vec![Arc::clone(&piece.bytes)]);
        for (name, piece) in &self.system.boot {
            boot.insert(name.clone(), shared(piece));
        }
        for (name, piece) in &settings {
            boot.insert((*name).to_owned(), shared(piece));
        }
        let mut archives = vec![Arc::clone(&self.system.archive.bytes), open.bytes];
        archives.extend(own.secret.as_ref().map(|secret| Arc::from(&secret[..])));
        archives.push(manifest_archive(&text)?.into());
        boot.insert(INITRAMFS.to_owned(), Bytes::Shared(archives));
        boot.insert(MANIFEST.to_owned(), Bytes::Bytes(text.clone().into_bytes()));
        let select = select
            .iter()
            .map(|(name, piece)| (name.clone(), shared(piece)));
        let disk = self.disk(select.collect(), boot);
        let texts = [
            Text {
                ending: MANIFEST,
                text: &text,
            },
            Text {
                ending: SOFTWARE,
                text: &software,
            },
        ];
        let entry = imager::Entry {
            manifest: &manifest,
            title: self.description.machine().title,
            url: self.description.url(),
            directory: self.directory,
        };
        output.make(&inputs, &disk, &texts, self.description.forms(), &entry)
    }

    /// The list of what is on it, for others' programs.
    fn software(&self, manifest: &Manifest) -> String {
        let chosen = &self.system.chosen;
        let programs = self.system.programs.iter();
        let mut files = manifest.files.clone();
        let image = manifest.boot.iter().find(|part| part.path == ROOT_IMAGE);
        files.extend(image.map(|image| manifest::File {
            path: image.path.clone(),
            mode: "0644".to_owned(),
            user: 0,
            group: 0,
            size: Some(image.size),
            sha256: Some(image.sha256.clone()),
            secrets: Vec::new(),
        }));
        sbom::text(&sbom::Contents {
            name: &manifest.name,
            version: &manifest.version,
            machine: &manifest.machine,
            target: &manifest.target,
            programs: programs.chain([&self.system.init]).collect(),
            kernel: Some(sbom::Kernel {
                version: chosen.kernel.version.as_deref(),
                sha256: self
                    .system
                    .boot
                    .get(chosen.kernel_name)
                    .map_or("", |it| &it.sha256),
                package: chosen.of_kernel.as_deref(),
            }),
            packages: &chosen.packages,
            files: &files,
        })
    }

    /// The partition that says which system starts.
    fn select(&self) -> BTreeMap<String, Piece> {
        let autoboot = Piece::new(AUTOBOOT.as_bytes());
        let mut select = BTreeMap::from([("autoboot.txt".to_owned(), autoboot)]);
        if let Some(first) = self.system.boot.get(FIRST_STAGE) {
            select.insert(FIRST_STAGE.to_owned(), first.clone());
        }
        select
    }

    /// The digest of all inputs. It is only written to the private state, because it includes
    /// secrets.
    fn inputs(&self, own: &Own, texts: &[&str]) -> String {
        let mut digest = Sha256::new();
        let secret = own.secret.as_ref().map(|secret| &secret[..]);
        let description = self.description;
        let forms = format!("{:?} {:?}", description.forms(), description.url());
        let parts = [
            self.system.digest.as_bytes(),
            &own.open,
            secret.unwrap_or_default(),
            own.config_txt.as_bytes(),
            own.command_line.as_bytes(),
            forms.as_bytes(),
        ];
        for part in parts
            .into_iter()
            .chain(texts.iter().map(|text| text.as_bytes()))
        {
            digest.update((part.len() as u64).to_le_bytes());
            digest.update(part);
        }
        hex(&digest.finalize())
    }

    fn disk(&self, select: Files, boot: Files) -> Disk {
        let fat = |label: &str, size, files| Partition {
            name: label.to_owned(),
            size,
            content: Content::Fat(Volume {
                label: label.to_owned(),
                files,
            }),
        };
        let description = self.description;
        Disk {
            // Every Pi reads it, and the init grows the last partition in it.
            table: Table::Mbr,
            seed: self.name.to_owned(),
            size: None,
            partitions: vec![
                fat("SELECT", SELECT_SIZE, select),
                fat("BOOT-A", description.boot_size(), boot),
                fat("BOOT-B", description.boot_size(), Files::new()),
                Partition {
                    name: "data".to_owned(),
                    size: description.data_size(),
                    content: Content::Marked(xsys_init::ext4::NEW),
                },
            ],
        }
    }
}

/// The manifest for the appliance itself, in an archive of its own, because it contains the digests of the others.
fn manifest_archive(text: &str) -> Result<Vec<u8>> {
    let mut archive = Tree::default();
    archive
        .file(MANIFEST_FILE, 0o644, text.as_bytes())
        .map_err(told)?;
    archive.piece(INITRAMFS.as_ref()).map_err(told)
}

/// A line about an image.
pub(crate) fn tell(ui: Ui, image: &Image) {
    let what = if image.unchanged { ", unchanged" } else { "" };
    let text = format!(
        "{}  {} of {} to write{what}",
        image.path.display(),
        bytes(image.mapped),
        bytes(image.size)
    );
    ui.status("Image", &text);
}

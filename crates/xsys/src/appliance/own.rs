//! What is specific to a device: its name and settings for the init, its files and secrets, and the firmware's
//! settings.
//!
//! Linux unpacks archives that follow each other, so these are small archives after the system's: first what everybody
//! may read, then the files with secrets, whose digest is told nowhere. If the root is an image, the system may contain
//! some of the files (`root`).

use std::path::Path;

use serde_json::{Value, json};
use xsys_image::kernel::Arch;
use xsys_image::kernel::tree::Tree;
use zeroize::Zeroizing;

use super::card::INITRAMFS;
use super::description::Description;
use super::files::{self, Placed};
use super::manifest;
use super::system::System;
use super::told;
use crate::error::Result;

/// The path of the init's configuration.
pub(crate) const INIT_FILE: &str = "etc/xsys/appliance.json";

/// The path of the appliance's manifest on the appliance.
pub(crate) const MANIFEST_FILE: &str = "etc/xsys/manifest.json";

/// A device's own parts.
pub(crate) struct Own {
    /// The archive with settings and files.
    pub open: Vec<u8>,
    /// The one with secrets.
    pub secret: Option<Zeroizing<Vec<u8>>>,
    /// `appliance.json`, as it is on the card.
    pub settings: Value,
    pub files: Vec<manifest::File>,
    pub config_txt: String,
    pub command_line: String,
}

/// Whether files can be written to their paths, next to what every appliance has.
pub(crate) fn check_places<'a>(
    description: &Description,
    programs: impl Iterator<Item = &'a str>,
) -> Result<()> {
    let hidden = description.hidden_files();
    if !hidden.is_empty() {
        return Err(hidden.into());
    }
    let mut archive = Tree::new().map_err(told)?;
    let ours = ["init", INIT_FILE, MANIFEST_FILE].map(str::to_owned);
    let programs = programs.map(|name| format!("bin/{name}"));
    let theirs = description
        .files()
        .map(|(place, _)| place.trim_start_matches('/').to_owned());
    for path in ours.into_iter().chain(programs).chain(theirs) {
        let added = archive.file(&path, 0o644, Vec::new());
        added.map_err(|error| {
            let place = description.path.display();
            error
                .into_diagnostic()
                .note(format!("from `[files]` in `{place}`"))
        })?;
    }
    Ok(())
}

impl Own {
    /// Reads and makes it. `version` is the program's, or the fleet's.
    pub(crate) fn make(description: &Description, system: &System, version: &str) -> Result<Self> {
        let names: Vec<String> = system
            .programs
            .iter()
            .map(|program| program.name.clone())
            .collect();
        let mut settings = description.for_init(&names, &system.modules, version);
        if system.modules_in_qemu != system.modules {
            settings["modules-in-qemu"] = json!(system.modules_in_qemu);
        }
        let files = files::gather(description)?;
        let mut open = Tree::default();
        let text = format!("{settings:#}\n");
        open.file(INIT_FILE, 0o644, text.into_bytes())
            .map_err(told)?;
        let mut secret = Tree::default();
        let mut known = Vec::new();
        for file in &files {
            if let Some(shared) = system.file(&file.path) {
                known.push(shared.clone());
                continue;
            }
            if system.has(&file.path) || file.path == MANIFEST_FILE {
                let error = xsys_image::kernel::Error::Twice(file.path.clone());
                return Err(told(error));
            }
            let archive = match file.is_secret() {
                true => &mut secret,
                false => &mut open,
            };
            known.push(files::add(archive, file)?);
        }
        let piece = |archive: &mut Tree<'_>| {
            // A directory must stay accessible to everybody, whatever the mode of its files is.
            if archive.has("tmp") {
                archive.directory("tmp", 0o1777)?;
            }
            archive.piece(Path::new(INITRAMFS))
        };
        let has_secrets = files.iter().any(Placed::is_secret);
        let secret = match has_secrets {
            true => Some(Zeroizing::new(piece(&mut secret).map_err(told)?)),
            false => None,
        };
        Ok(Self {
            open: piece(&mut open).map_err(told)?,
            secret,
            settings,
            files: known,
            config_txt: config_txt(description, system.chosen.kernel.arch),
            command_line: command_line(description),
        })
    }
}

/// The settings of a Pi's firmware.
fn config_txt(description: &Description, arch: Arch) -> String {
    let mut lines = vec![
        format!("kernel={}", description.machine().card_kernel(arch)),
        format!("initramfs {INITRAMFS} followkernel"),
        "enable_uart=1".to_owned(),
        // Written in both cases: the default depends on the firmware's version.
        format!("arm_64bit={}", u8::from(arch == Arch::Arm64)),
    ];
    lines.extend(description.config_txt().iter().cloned());
    lines.push(String::new());
    lines.join("\n")
}

/// The kernel's command line: it restarts after a panic; the firmware replaces the serial port's
/// name.
fn command_line(description: &Description) -> String {
    let mut line = "console=tty1 console=serial0,115200 panic=10".to_owned();
    if !description.kernel_arguments().is_empty() {
        line = format!("{line} {}", description.kernel_arguments());
    }
    format!("{line}\n")
}

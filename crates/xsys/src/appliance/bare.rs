//! Cards for programs without an operating system: the firmware of a Pi loads the program's image as it would load a
//! kernel.
//!
//! A package whose target is a board has the same `appliance.toml`. The machine is the one with the board's name, so
//! the file may be empty; keys that need an operating system are errors there. The card has one partition: firmware,
//! `config.txt`, the program, and the user's files.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use sha2::{Digest, Sha256};
use xsys_diag::Diagnostic;
use xsys_image::digest::hex;
use xsys_image::disk::fat::Volume;
use xsys_image::disk::{Content as OnDisk, Disk, Partition, Source as Bytes, Table};
use xsys_image::kernel::Arch;
use xsys_image::kernel::needs::{self, Machine};
use xsys_image::kernel::{Source, boot_files};
use xsys_image::{Format, Options};
use xsys_sysroot::Cache;
use xsys_target::Target;

use super::card::{CONFIG, MANIFEST, SOFTWARE};
use super::description::{self, Description, no_machine};
use super::files::{self, Content};
use super::imager;
use super::manifest::{self, Manifest};
use super::output::no_disk;
use super::output::{Output, Text};
use super::piece::Piece;
use super::revision::Revision;
use super::system::Program;
use super::{Image, crates, sbom, told};
use crate::cli::Call;
use crate::driver::plan::Plan;
use crate::error::{Result, file};
use crate::images::no_image;
use crate::project::Project;
use crate::project::members::Member;

/// Keys that make sense without an operating system.
const KEYS: [&str; 7] = [
    "machine",
    "firmware",
    "config-txt",
    "files",
    "image",
    "variables",
    "secrets",
];

/// A package whose programs get cards.
pub(crate) struct Bare {
    package: Member,
    description: Description,
    machine: &'static Machine,
    firmware: BTreeMap<String, Piece>,
    /// The packages that the firmware comes from.
    packages: Vec<manifest::Package>,
}

/// A program as the firmware loads it.
struct Loaded {
    image: Piece,
    /// The file's name on the card.
    kernel: String,
    /// The firmware's settings.
    config: String,
}

impl Bare {
    /// The packages in a project that get cards. All their mistakes are reported before anything is compiled.
    pub(crate) fn prepare(project: &Project, target: &Target) -> Result<Vec<Self>> {
        let mut prepared = Vec::new();
        if target.os() != "none" {
            return Ok(prepared);
        }
        for package in &project.members {
            let path = package.directory().join(description::FILE);
            if path.is_file() {
                prepared.push(Self::read(target, package, &path)?);
            }
        }
        Ok(prepared)
    }

    fn read(target: &Target, package: &Member, path: &Path) -> Result<Self> {
        let description = Description::read(path)?;
        let mut besides = description.keys_besides(&KEYS);
        besides.extend(description.root_key());
        let problems: Vec<Diagnostic> = besides
            .into_iter()
            .map(|(key, span)| {
                Diagnostic::error(format!("`{key}` means nothing without an operating system"))
                    .label(description.source(), span, "")
                    .help(format!("known here: {}", KEYS.join(", ")))
            })
            .collect();
        if !problems.is_empty() {
            return Err(problems.into());
        }
        let machine = machine(target, &description)?;
        files::gather(&description)?;
        let paths = description.kernel();
        let cache = Cache::from_env().map_err(|error| error.into_diagnostic())?;
        let cache = cache.root().join("kernels");
        std::fs::create_dir_all(&cache).map_err(|error| file("write", &cache, &error))?;
        let source = Source::open(&paths, &cache).map_err(told)?;
        if paths.is_empty() && !machine.firmware.is_empty() {
            return Err(Diagnostic::error("no firmware is named")
                .note(format!("a card for {} has {} on it", machine.title, machine.firmware.join(", ")))
                .help("in appliance.toml: `firmware = \"firmware\"`, a directory with these files or Debian's package `raspi-firmware`")
                .into());
        }
        let mut firmware = BTreeMap::new();
        let mut used = BTreeMap::new();
        for found in boot_files::firmware(&source, machine.firmware).map_err(told)? {
            let content = source.read(&found.path).map_err(told)?;
            if let Some(package) = source.package(&found.path) {
                used.insert(package.name.clone(), package);
            }
            firmware.insert(found.name, Piece::new(content));
        }
        let used: Vec<_> = used.into_values().collect();
        Ok(Self {
            package: package.clone(),
            description,
            machine,
            firmware,
            packages: manifest::packages(&used),
        })
    }

    /// Makes the card of each program of the package.
    pub(crate) fn make(
        &self,
        call: &Call,
        plan: &Plan,
        programs: &[PathBuf],
    ) -> Result<Vec<Image>> {
        let of_package = |path: &&PathBuf| {
            let name = path.file_stem().unwrap_or_default().to_string_lossy();
            path.parent()
                .is_none_or(|directory| !directory.ends_with("examples"))
                && self.package.binaries().any(|binary| binary == name)
        };
        let programs: Vec<&PathBuf> = programs.iter().filter(of_package).collect();
        if programs.is_empty() {
            return Ok(Vec::new());
        }
        let known = crates::of(&call.ui, plan)?;
        let programs = programs.into_iter();
        programs
            .map(|path| self.card(call, plan, path, &known))
            .collect()
    }

    fn card(
        &self,
        call: &Call,
        plan: &Plan,
        path: &Path,
        known: &[crates::Program],
    ) -> Result<Image> {
        let name = path.file_stem().unwrap_or_default().to_string_lossy();
        let output = Output {
            directory: path.parent().unwrap_or(Path::new("")).to_owned(),
            name: name.clone().into_owned(),
            fleet: None,
        };
        let loaded = self.loaded(plan, path)?;
        let mut boot = self.firmware.clone();
        boot.insert(
            CONFIG.to_owned(),
            Piece::new(loaded.config.clone().into_bytes()),
        );
        boot.insert(loaded.kernel, loaded.image.clone());
        let made_of = known.iter().find(|known| known.name == name);
        let program = Program {
            name: name.clone().into_owned(),
            content: loaded.image,
            crates: made_of.cloned().map(Arc::new),
        };
        let (users, listed) = self.users(&boot)?;
        let digest = digest(boot.iter().chain(&users), &self.description);
        let placed = self.disk(&name, BTreeMap::new()).layout();
        let parts = boot.iter();
        let manifest = Manifest {
            name: name.clone().into_owned(),
            rustc: match made_of {
                Some(made_of) => made_of.library.rustc(),
                None => plan.toolchain.shown_release(),
            },
            programs: vec![program.listed()],
            files: listed,
            config_txt: loaded.config.lines().map(str::to_owned).collect(),
            partitions: manifest::partitions(&placed.map_err(no_disk)?.1),
            boot: parts
                .map(|(path, piece)| manifest::part(path, None, piece))
                .collect(),
            ..self.manifest(&plan.target)
        };
        let text = manifest.text();
        let _lock = output.lock(call.ui)?;
        let url = self.description.url().unwrap_or_default();
        let software = sbom::text(&sbom::Contents {
            name: &manifest.name,
            version: &manifest.version,
            machine: &manifest.machine,
            target: &manifest.target,
            programs: vec![&program],
            kernel: None,
            packages: &self.packages,
            files: &manifest.files,
        });
        let inputs = hex(&Sha256::digest(format!("{digest}{text}{software}{url}")));
        if let Some(image) = output.unchanged(&inputs) {
            return Ok(image);
        }
        let mut on_card: BTreeMap<String, Bytes> = boot
            .into_iter()
            .chain(users)
            .map(|(path, piece)| (path, Bytes::Shared(vec![piece.bytes])))
            .collect();
        on_card.insert(MANIFEST.to_owned(), Bytes::Bytes(text.clone().into_bytes()));
        let texts = [(MANIFEST, &text), (SOFTWARE, &software)];
        let texts = texts.map(|(ending, text)| Text { ending, text });
        let disk = self.disk(&name, on_card);
        let entry = imager::Entry {
            manifest: &manifest,
            title: self.machine.title,
            url: self.description.url(),
            directory: None,
        };
        output.make(&inputs, &disk, &texts, self.description.forms(), &entry)
    }

    /// The program as the firmware loads it.
    fn loaded(&self, plan: &Plan, path: &Path) -> Result<Loaded> {
        let elf = std::fs::read(path).map_err(|error| file("read", path, &error))?;
        let binary = plan.emits.iter().find(|emit| emit.format == Format::Bin);
        let options = binary.map_or_else(Options::default, |emit| emit.options(0));
        let image = xsys_image::write(Format::Bin, &elf, &options);
        let start = xsys_image::load::read(&elf).map(|image| image.start());
        let (image, start) = match (image, start) {
            (Ok(image), Ok(start)) => (image, start),
            (Err(error), _) | (_, Err(error)) => {
                let Some(emit) = binary else {
                    return Err(error.into_diagnostic().into());
                };
                return Err(no_image(emit, path, error).into());
            }
        };
        let wide = plan.target.arch() == "aarch64";
        let arch = if wide { Arch::Arm64 } else { Arch::Arm };
        let kernel = binary.and_then(|emit| emit.file.clone());
        let kernel = kernel.unwrap_or_else(|| self.machine.card_kernel(arch).to_owned());
        Ok(Loaded {
            config: self.config_txt(&kernel, start, wide),
            kernel,
            image: Piece::new(image),
        })
    }

    /// The user's files, and their rows in the manifest.
    fn users(
        &self,
        boot: &BTreeMap<String, Piece>,
    ) -> Result<(BTreeMap<String, Piece>, Vec<manifest::File>)> {
        let mut users = BTreeMap::new();
        let mut listed = Vec::new();
        for placed in files::gather(&self.description)? {
            let (place, is_secret) = (placed.path.clone(), placed.is_secret());
            let piece = match placed.content {
                Content::File(path) => {
                    Piece::new(std::fs::read(&path).map_err(|error| file("read", &path, &error))?)
                }
                Content::Bytes(bytes) => Piece::new(&bytes[..]),
            };
            if boot.contains_key(&place) {
                return Err(Diagnostic::error(format!("`{place}` is on the card already"))
                    .label(
                        self.description.source(),
                        self.description.file_place(&format!("/{place}")),
                        "",
                    )
                    .help("give the file another place; lines for `config.txt` go into `config-txt`")
                    .into());
            }
            let open = Some(&piece).filter(|_| !is_secret);
            listed.push(manifest::File {
                path: format!("/{place}"),
                mode: String::new(),
                user: 0,
                group: 0,
                size: open.map(|piece| piece.bytes.len() as u64),
                sha256: open.map(|piece| piece.sha256.clone()),
                secrets: placed.secrets,
            });
            users.insert(place, piece);
        }
        Ok((users, listed))
    }

    /// What the manifests of all cards of the package have in common.
    fn manifest(&self, target: &Target) -> Manifest {
        Manifest {
            format: manifest::FORMAT,
            name: String::new(),
            version: self.package.version(),
            machine: self.machine.name.to_owned(),
            target: target.name.clone(),
            source: Revision::of(&self.package.directory().join("Cargo.toml")),
            xsys: env!("CARGO_PKG_VERSION").to_owned(),
            rustc: String::new(),
            kernel: None,
            packages: self.packages.clone(),
            modules: Vec::new(),
            programs: Vec::new(),
            init: None,
            files: Vec::new(),
            settings: serde_json::Value::Null,
            config_txt: Vec::new(),
            command_line: String::new(),
            partitions: Vec::new(),
            select: Vec::new(),
            boot: Vec::new(),
        }
    }

    /// The firmware's settings.
    fn config_txt(&self, kernel: &str, start: u64, wide: bool) -> String {
        let mut lines = vec![
            format!("kernel={kernel}"),
            format!("arm_64bit={}", u8::from(wide)),
            "enable_uart=1".to_owned(),
        ];
        if self.machine.firmware.is_empty() {
            // A Pi 5 loads programs to 0x80000 whatever is configured, but only if it finds a system that it knows.
            lines.push("os_check=0".to_owned());
        } else {
            lines.push(format!("kernel_address={start:#x}"));
        }
        lines.extend(self.description.config_txt().iter().cloned());
        lines.push(String::new());
        lines.join("\n")
    }

    fn disk(&self, name: &str, files: BTreeMap<String, Bytes>) -> Disk {
        Disk {
            table: Table::Mbr,
            seed: name.to_owned(),
            size: None,
            partitions: vec![Partition {
                name: "BOOT".to_owned(),
                size: self.description.boot_size(),
                content: OnDisk::Fat(Volume {
                    label: "BOOT".to_owned(),
                    files,
                }),
            }],
        }
    }
}

/// The machine that the description names, or the one with the board's name.
fn machine(target: &Target, description: &Description) -> Result<&'static Machine> {
    let board = target.board.as_ref().map(|board| board.name.as_str());
    let name = description.named_machine().or(board).unwrap_or_default();
    match needs::machine(name) {
        Some(machine) if !machine.device_trees.is_empty() => Ok(machine),
        Some(_) => Err(no_card(name).into()),
        None if name.is_empty() || board == Some(name) => Err(no_card(&target.name).into()),
        None => Err(no_machine(name).into()),
    }
}

fn no_card(name: &str) -> Diagnostic {
    Diagnostic::error(format!("no card is known for programs without an operating system on `{name}`"))
        .help("say in appliance.toml which Raspberry Pi it is for, such as `machine = \"raspberry-pi-3\"`, or remove the file")
}

/// Everything that goes onto the card.
fn digest<'a>(
    parts: impl Iterator<Item = (&'a String, &'a Piece)>,
    description: &Description,
) -> String {
    let mut digest = Sha256::new();
    for (path, piece) in parts {
        digest.update(format!("{path}\0{}\0", piece.sha256));
    }
    digest.update(format!("{:?}", description.forms()));
    hex(&digest.finalize())
}

//! A system: what devices of one kind share. Kernel, modules and firmware are chosen before anything is compiled
//! ([`choose`]); with init and programs they become the larger part of a card ([`System`]), which is made, compressed
//! and hashed once, however many devices share it.

use std::collections::{BTreeMap, BTreeSet};
use std::io::Write;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use sha2::{Digest, Sha256};
use xsys_image::digest::hex;
use xsys_image::kernel::Arch;
use xsys_image::kernel::image::{Choice, Kernel, find};
use xsys_image::kernel::initramfs::Pressing;
use xsys_image::kernel::modules::Modules;
use xsys_image::kernel::needs::{self, Machine};
use xsys_image::kernel::pick::{Picked, Wanted};
use xsys_image::kernel::tree::Tree;
use xsys_image::kernel::{Error, Source, boot_files, deb, squashfs};
use xsys_image::strip::{Strip, strip};
use xsys_sysroot::Cache;
use xsys_target::Target;

use super::card::{INITRAMFS, ROOT_IMAGE};
use super::description::{Description, Root};
use super::files::Placed;
use super::piece::Piece;
use super::{crates, manifest, processor, root, told};
use crate::error::{Result, file};
use crate::ui::Ui;

/// The kernel and what goes with it.
#[derive(Debug)]
pub(crate) struct Chosen {
    pub source: Source,
    pub kernel: Kernel,
    pub modules: Picked,
    pub root: Root,
    /// The names of the modules that QEMU's machine needs: the others would only slow down its
    /// boots.
    in_qemu: BTreeSet<String>,
    /// Firmware and device trees, by their names on a boot partition.
    beside: BTreeMap<String, Piece>,
    /// The kernel's name there.
    pub kernel_name: &'static str,
    /// Packages of which something is taken, and the one that contains the kernel.
    pub packages: Vec<manifest::Package>,
    pub of_kernel: Option<String>,
    /// Where packages are unpacked.
    cache: PathBuf,
}

/// Finds the kernel that the description means, and the modules and firmware that the machine needs.
pub(crate) fn choose(ui: Ui, target: &Target, description: &Description) -> Result<Chosen> {
    let cache = Cache::from_env().map_err(|error| error.into_diagnostic())?;
    let cache = cache.root().join("kernels");
    std::fs::create_dir_all(&cache).map_err(|error| file("write", &cache, &error))?;
    let source = Source::open(&description.kernel(), &cache).map_err(told)?;
    let machine = description.machine();
    let archs = processor::kernels(target, machine)?;
    let kernel = kernel(&source, description, &archs)?;
    let (modules, in_qemu) = modules(&source, &kernel, description)?;
    let (beside, taken) = firmware(&source, machine, &kernel)?;
    let used = used(&source, &kernel, &modules, taken);
    let packages = manifest::packages(&used);
    let of_kernel = source.package(&kernel.path).map(|it| it.name.clone());
    let said = kernel.version.as_deref().unwrap_or("of an unknown version");
    let count = modules.modules.len();
    let text = format!("{said}, {count} modules for {}", machine.title);
    ui.status("Kernel", &text);
    Ok(Chosen {
        source,
        kernel_name: machine.card_kernel(kernel.arch),
        kernel,
        modules,
        root: description.root(),
        in_qemu,
        beside,
        packages,
        of_kernel,
        cache,
    })
}

/// The packages of which something is taken: users may name more.
fn used<'s>(
    source: &'s Source,
    kernel: &Kernel,
    modules: &Picked,
    mut taken: Vec<String>,
) -> Vec<&'s deb::Package> {
    taken.push(kernel.path.clone());
    for module in &modules.modules {
        // It may be compressed there.
        taken.extend(
            source
                .below(&module.path)
                .next()
                .map(|(path, _)| path.to_owned()),
        );
    }
    let firmware = modules.firmware.iter();
    taken.extend(firmware.map(|name| format!("lib/firmware/{name}")));
    let used = taken.iter().filter_map(|path| source.package(path));
    let used: BTreeMap<&str, &deb::Package> = used
        .map(|package| (package.name.as_str(), package))
        .collect();
    used.into_values().collect()
}

/// The first kernel of one of the architectures, best first. If there is none of any, the error is the one for the
/// best.
fn kernel(source: &Source, description: &Description, archs: &[Arch]) -> Result<Kernel> {
    let find = |&arch: &Arch| {
        let choice = Choice {
            name: description.kernel_version(),
            arch: Some(arch),
            prefer: description.machine().kernel_names(arch),
        };
        find(source, &choice)
    };
    let mut first = None;
    for arch in archs {
        match find(arch) {
            Err(error @ Error::KernelFor { .. }) => first = first.or(Some(error)),
            found => return found.map_err(told),
        }
    }
    match first {
        Some(error) => Err(told(error)),
        None => unreachable!("every machine has a kernel"),
    }
}

/// The drivers for the card's machine, and those for QEMU's machine, so that the same card starts there; the latter by
/// name, too.
fn modules(
    source: &Source,
    kernel: &Kernel,
    description: &Description,
) -> Result<(Picked, BTreeSet<String>)> {
    let modules = Modules::open(source, kernel).map_err(told)?;
    let mut in_qemu = Vec::new();
    for name in description.modules() {
        match needs::extra(name) {
            Some(extra) => in_qemu.extend(needs::wanted(extra)),
            None => in_qemu.push(Wanted {
                names: vec![name.clone()],
                why: description.file_name(),
                must: true,
                typed: true,
            }),
        }
    }
    if description.root() == Root::Squashfs {
        in_qemu.extend(needs::wanted(needs::ROOT));
    }
    let virt = needs::machine("qemu-virt").map(Machine::wanted);
    let virt = virt.into_iter().flatten();
    in_qemu.extend(virt.map(|one| Wanted { must: false, ..one }));
    let mut wanted = description.machine().wanted();
    wanted.extend(in_qemu.iter().cloned());
    let picked = modules.pick(&wanted).map_err(told)?;
    if description.root() == Root::Squashfs {
        squashfs::can_be_read(source, &picked, modules.version()).map_err(told)?;
    }
    let in_qemu = modules.pick(&in_qemu).map_err(told)?.modules;
    Ok((picked, in_qemu.into_iter().map(|one| one.name).collect()))
}

/// What the firmware of a Pi reads besides kernel, initramfs and settings, and where that is in the source.
fn firmware(
    source: &Source,
    machine: &Machine,
    kernel: &Kernel,
) -> Result<(BTreeMap<String, Piece>, Vec<String>)> {
    let mut files = BTreeMap::new();
    let mut taken = Vec::new();
    let mut take = |name: &str, path: &str| -> Result<()> {
        taken.push(path.to_owned());
        let content = source.read(path).map_err(told)?;
        files.insert(name.to_owned(), Piece::new(content));
        Ok(())
    };
    for found in boot_files::firmware(source, machine.firmware).map_err(told)? {
        take(&found.name, &found.path)?;
    }
    let mut missing = None;
    let mut any = machine.device_trees.is_empty();
    for tree in machine.device_trees {
        let names = [tree.vendor, tree.mainline];
        match boot_files::device_tree(source, kernel.version.as_deref(), &names) {
            Ok((found, _)) => {
                take(tree.vendor, &found.path)?;
                any = true;
            }
            Err(error) => missing = missing.or(Some(error)),
        }
    }
    match missing {
        Some(error) if !any => return Err(told(error)),
        _ => {}
    }
    if !machine.device_trees.is_empty() {
        for found in boot_files::overlays(source) {
            take(&found.name, &found.path)?;
        }
    }
    Ok((files, taken))
}

/// A program as it is on a card.
#[derive(Clone, Debug)]
pub(crate) struct Program {
    /// In `/bin`.
    pub name: String,
    /// Without symbols.
    pub content: Piece,
    /// Its crates, if cargo has listed them.
    pub crates: Option<Arc<crates::Program>>,
}

impl Program {
    /// Reads a program that was built; its crates are among `known`.
    pub(crate) fn read(path: &Path, known: &[crates::Program]) -> Result<Self> {
        let name = path.file_name().unwrap_or_default().to_string_lossy();
        let crates = known.iter().find(|known| known.name == name);
        Ok(Self {
            name: name.into_owned(),
            content: Piece::new(stripped(path)?),
            crates: crates.cloned().map(Arc::new),
        })
    }

    /// Its row in a manifest.
    pub(crate) fn listed(&self) -> manifest::Program {
        let crates = self.crates.as_ref();
        let features = crates.map(|it| it.features.iter().cloned().collect());
        manifest::Program {
            name: self.name.clone(),
            package: crates.map(|it| it.package.clone()).unwrap_or_default(),
            version: crates.map(|it| it.version.clone()).unwrap_or_default(),
            features: features.unwrap_or_default(),
            size: self.content.bytes.len() as u64,
            sha256: self.content.sha256.clone(),
        }
    }
}

fn stripped(program: &Path) -> Result<Vec<u8>> {
    let content = std::fs::read(program).map_err(|error| file("read", program, &error))?;
    Ok(strip(&content, Strip::All)?)
}

/// What devices of one kind share.
#[derive(Debug)]
pub(crate) struct System {
    pub chosen: Arc<Chosen>,
    /// Kernel, firmware and device trees, by their names on a boot partition, and the root's image if there is one.
    pub boot: BTreeMap<String, Piece>,
    /// The archive with init, modules, drivers' firmware, and programs if these are not in the image.
    pub archive: Piece,
    pub programs: Vec<Program>,
    pub init: Program,
    /// Paths of the modules, in the order in which they are loaded.
    pub modules: Vec<String>,
    /// Those of them that QEMU's machine needs.
    pub modules_in_qemu: Vec<String>,
    /// The user's files that are in the image.
    files: Vec<manifest::File>,
    /// What is in the archive and in the image.
    paths: BTreeSet<String>,
    /// A fingerprint: it changes with any part.
    pub digest: String,
    /// Where archive and image are kept.
    pub kept: Vec<PathBuf>,
}

impl System {
    /// Makes it, with files for the root's image. Compressed parts are kept in the directory `kept`, if there is one:
    /// compressing takes longer than everything else.
    pub(crate) fn make(
        chosen: Arc<Chosen>,
        programs: Vec<Program>,
        init: &Program,
        files: &[Placed],
        kept: Option<&Path>,
    ) -> Result<Self> {
        let mut archive = Tree::new().map_err(told)?;
        let mut image = Tree::default();
        archive
            .file("init", 0o755, &init.content.bytes[..])
            .map_err(told)?;
        for program in &programs {
            let path = format!("bin/{}", program.name);
            let tree = match chosen.root {
                Root::Initramfs => &mut archive,
                Root::Squashfs => &mut image,
            };
            tree.file(&path, 0o755, &program.content.bytes[..])
                .map_err(told)?;
        }
        let files = root::add(&mut image, files)?;
        let (mut modules, mut modules_in_qemu) = (Vec::new(), Vec::new());
        for module in &chosen.modules.modules {
            archive
                .file(&module.path, 0o644, &module.bytes[..])
                .map_err(told)?;
            let path = format!("/{}", module.path);
            if chosen.in_qemu.contains(&module.name) {
                modules_in_qemu.push(path.clone());
            }
            modules.push(path);
        }
        for name in &chosen.modules.firmware {
            // Drivers name more firmware than any device asks for.
            let path = format!("lib/firmware/{name}");
            if chosen.source.has(&path) && !archive.has(&path) {
                let bytes = chosen.source.read(&path).map_err(told)?;
                archive.file(&path, 0o644, bytes).map_err(told)?;
            }
        }
        let paths = archive.paths().chain(image.paths());
        let paths = paths.map(str::to_owned).collect();
        let mut keeper = Keeper::new(kept);
        let piece = |archive: &Tree<'_>| archive.piece(INITRAMFS.as_ref()).map_err(told);
        let archive = Piece::new(keeper.kept(&archive, "gz", is_gzip, piece)?);
        let mut boot = chosen.beside.clone();
        let kernel = chosen.kernel.compressed_in(&chosen.cache).map_err(told)?;
        boot.insert(
            chosen.kernel_name.to_owned(),
            Piece::new(kernel.into_owned()),
        );
        if chosen.root == Root::Squashfs {
            let make = |image: &Tree<'_>| root::image(image, ROOT_IMAGE);
            let image = keeper.kept(&image, "squashfs", is_squashfs, make)?;
            boot.insert(ROOT_IMAGE.to_owned(), Piece::new(image));
        }
        let mut digest = Sha256::new();
        let parts = boot.iter().map(|(name, piece)| (name.as_str(), piece));
        for (name, piece) in parts.chain([(INITRAMFS, &archive)]) {
            digest.update(format!("{name}\0{}\0", piece.sha256));
        }
        Ok(Self {
            digest: hex(&digest.finalize()),
            chosen,
            boot,
            archive,
            programs,
            init: init.clone(),
            modules,
            modules_in_qemu,
            files,
            paths,
            kept: keeper.paths,
        })
    }

    /// The compiler that its programs are from.
    pub(crate) fn rustc(&self) -> String {
        let crates = self.init.crates.as_ref();
        crates.map(|it| it.library.rustc()).unwrap_or_default()
    }

    /// A file of the user's that is in the image.
    pub(crate) fn file(&self, path: &str) -> Option<&manifest::File> {
        let at = |file: &&manifest::File| file.path.strip_prefix('/') == Some(path);
        self.files.iter().find(at)
    }

    /// Whether a path is used by something of the system.
    pub(crate) fn has(&self, path: &str) -> bool {
        self.paths.contains(path)
    }
}

/// Keeps what was compressed, under the digest of its content.
struct Keeper<'a> {
    directory: Option<&'a Path>,
    /// What is used of it.
    paths: Vec<PathBuf>,
}

impl<'a> Keeper<'a> {
    fn new(directory: Option<&'a Path>) -> Self {
        let paths = Vec::new();
        Self { directory, paths }
    }

    /// The compressed form of a tree. `is_whole` checks one that exists already, given the size of the tree as a plain
    /// archive.
    fn kept(
        &mut self,
        tree: &Tree<'_>,
        ending: &str,
        is_whole: fn(&[u8], usize) -> bool,
        make: impl FnOnce(&Tree<'_>) -> Result<Vec<u8>>,
    ) -> Result<Vec<u8>> {
        let Some(directory) = self.directory else {
            return make(tree);
        };
        let mut plain = Vec::new();
        tree.write(&mut plain, Pressing::None, ending.as_ref())
            .map_err(told)?;
        let path = directory.join(format!("{}.{ending}", hex(&Sha256::digest(&plain))));
        self.paths.push(path.clone());
        if let Ok(bytes) = std::fs::read(&path)
            && is_whole(&bytes, plain.len())
        {
            return Ok(bytes);
        }
        drop(plain);
        let bytes = make(tree)?;
        let failed = |error: std::io::Error| file("write", &path, &error);
        std::fs::create_dir_all(directory).map_err(failed)?;
        let mut unfinished = tempfile::NamedTempFile::new_in(directory).map_err(failed)?;
        unfinished.write_all(&bytes).map_err(failed)?;
        unfinished
            .persist(&path)
            .map_err(|error| failed(error.error))?;
        Ok(bytes)
    }
}

/// A gzip file ends with the size of its content: one that a power cut left incomplete does not.
fn is_gzip(bytes: &[u8], size: usize) -> bool {
    bytes.starts_with(&[0x1f, 0x8b]) && bytes.last_chunk() == Some(&(size as u32).to_le_bytes())
}

/// An image says how long it is.
fn is_squashfs(bytes: &[u8], _: usize) -> bool {
    xsys_init::squashfs::check(bytes, bytes.len() as u64).is_ok()
}

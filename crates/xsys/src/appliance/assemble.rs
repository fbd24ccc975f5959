//! From what was built and what the user names to a card's image.
//!
//! The image is a function of its parts: a manifest with the digest of each part stands beside it, and where the
//! manifest would be the same nothing is written.

use std::collections::BTreeMap;
use std::fs::File;
use std::path::{Path, PathBuf};

use xsys_diag::Diagnostic;
use xsys_image::disk::bmap::BlockMap;
use xsys_image::disk::compress::Compression;
use xsys_image::disk::fat::Volume;
use xsys_image::disk::{Content, Disk, Partition, Source as Bytes, Table};
use xsys_image::kernel::image::{Arch, Choice, Kernel, find};
use xsys_image::kernel::initramfs::{Initramfs, Pressing};
use xsys_image::kernel::modules::Modules;
use xsys_image::kernel::pick::{Picked, Wanted};
use xsys_image::kernel::{Source, boot_files, needs};
use xsys_image::strip::{Strip, strip};
use xsys_sysroot::Cache;
use xsys_target::Target;

use super::Image;
use super::description::{Description, Form};
use super::machine::{CMDLINE, CONFIG, INITRAMFS, KERNEL};
use super::manifest::{self, Manifest};
use crate::error::{Failure, Result, file};
use crate::ui::{Ui, bytes};

/// Bytes of the first partition.
const SELECT_SIZE: u64 = 16 << 20;

/// Which system starts, in the words of the Pi's firmware: the second partition, and with `reboot "0 tryboot"` once the
/// third.
const AUTOBOOT: &str = "[all]\ntryboot_a_b=1\nboot_partition=2\n[tryboot]\nboot_partition=3\n";

/// Where the first stage of old Pis has to be.
const FIRST_STAGE: &str = "bootcode.bin";

/// Where the init looks for what it has to do.
const INIT_FILE: &str = "etc/xsys/appliance.json";

/// Files by their paths, for a FAT partition.
pub type Files = BTreeMap<String, Bytes>;

/// What was built.
pub struct Parts<'a> {
    /// The package's name and version.
    pub name: &'a str,
    pub version: String,
    /// At least one.
    pub programs: &'a [PathBuf],
    pub init: &'a Path,
}

/// The kernel and what goes with it.
#[derive(Debug)]
pub struct Chosen {
    source: Source,
    kernel: Kernel,
    modules: Picked,
    /// What lies beside the kernel on a boot partition.
    beside: Files,
    /// Where packages are unpacked.
    cache: PathBuf,
}

/// Finds the kernel that the description means, and the modules and firmware that the machine needs.
pub fn choose(ui: Ui, target: &Target, description: &Description) -> Result<Chosen> {
    let cache = Cache::from_env().map_err(|error| error.into_diagnostic())?;
    let cache = cache.root().join("kernels");
    std::fs::create_dir_all(&cache).map_err(|error| file("write", &cache, &error))?;
    let source = Source::open(&description.kernel(), &cache).map_err(told)?;
    let arch = arch(target)?;
    let machine = description.machine();
    let choice = Choice {
        name: description.kernel_version(),
        arch: Some(arch),
        prefer: machine.kernel_names(arch),
    };
    let kernel = find(&source, &choice).map_err(told)?;
    let modules = modules(&source, &kernel, description)?;
    let beside = firmware_files(&source, description, &kernel, arch)?;
    let said = kernel.version.as_deref().unwrap_or("of an unknown version");
    let count = modules.modules.len();
    let text = format!("{said}, {count} modules for {}", machine.title);
    ui.status("Kernel", &text);
    Ok(Chosen {
        source,
        kernel,
        modules,
        beside,
        cache,
    })
}

/// Makes the image, unless it is there.
pub fn image(chosen: &Chosen, description: &Description, parts: &Parts<'_>) -> Result<Image> {
    let (name, version) = (parts.name, parts.version.as_str());
    let Chosen {
        source,
        kernel,
        modules: picked,
        beside,
        cache,
    } = chosen;
    let archive = initramfs(description, parts, source, picked)?;
    let mut boot = beside.clone();
    boot.insert(
        KERNEL.to_owned(),
        Bytes::Bytes(kernel.compressed_in(cache).map_err(told)?.into_owned()),
    );
    boot.insert(INITRAMFS.to_owned(), Bytes::Bytes(archive));
    let mut select = Files::new();
    select.insert("autoboot.txt".to_owned(), Bytes::Bytes(AUTOBOOT.into()));
    if let Some(first) = boot.get(FIRST_STAGE) {
        select.insert(FIRST_STAGE.to_owned(), first.clone());
    }

    let (_, placed) = disk(name, description, Files::new(), Files::new())
        .layout()
        .map_err(no_disk)?;
    let manifest = Manifest {
        format: manifest::FORMAT,
        name: name.to_owned(),
        version: version.to_owned(),
        machine: description.machine().name.to_owned(),
        xsys: env!("CARGO_PKG_VERSION").to_owned(),
        kernel: kernel.version.clone(),
        modules: manifest::modules(picked),
        partitions: manifest::partitions(&placed),
        select: manifest::parts(&select),
        boot: manifest::parts(&boot),
    };
    let text = manifest.text();
    boot.insert(
        "manifest.json".to_owned(),
        Bytes::Bytes(text.clone().into_bytes()),
    );
    let disk = disk(name, description, select, boot);
    let folder = parts.programs[0].parent().unwrap_or(Path::new(""));
    let out = Out {
        image: folder.join(format!("{name}.img")),
        map: folder.join(format!("{name}.bmap")),
        manifest: folder.join(format!("{name}.manifest.json")),
    };
    out.make(&disk, &text, description.forms())
}

/// The processor that programs of the target run on.
pub fn arch(target: &Target) -> Result<Arch> {
    match (target.os(), target.arch()) {
        ("linux", "aarch64") => Ok(Arch::Arm64),
        ("linux", "arm") => Ok(Arch::Arm),
        _ => Err(Diagnostic::error(format!(
            "an appliance's programs are for Linux on Arm, and `{}` is not",
            target.name
        ))
        .help("build for `aarch64-unknown-linux-musl`: in Cargo.toml `[package.metadata.xsys]` with `target = \"aarch64-unknown-linux-musl\"`")
        .into()),
    }
}

/// The drivers for the card's machine, and those that QEMU's machine needs so that the same card starts there.
fn modules(source: &Source, kernel: &Kernel, description: &Description) -> Result<Picked> {
    let modules = Modules::open(source, kernel).map_err(told)?;
    let mut wanted = description.machine().wanted();
    for name in description.modules() {
        match needs::extra(name) {
            Some(extra) => wanted.extend(needs::wanted(extra)),
            None => wanted.push(Wanted {
                names: vec![name.clone()],
                why: "appliance.toml".to_owned(),
                must: true,
            }),
        }
    }
    if let Some(virt) = needs::machine("qemu-virt") {
        wanted.extend(
            virt.wanted()
                .into_iter()
                .map(|one| Wanted { must: false, ..one }),
        );
    }
    modules.pick(&wanted).map_err(told)
}

/// Whether the user's files can be where they are to be, beside what every appliance has.
pub fn check_files<'a>(
    description: &Description,
    programs: impl Iterator<Item = &'a str>,
) -> Result<()> {
    let mut archive = Initramfs::new().map_err(told)?;
    let ours = ["init".to_owned(), INIT_FILE.to_owned()];
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

/// What the kernel unpacks: the root with everything that runs.
fn initramfs(
    description: &Description,
    parts: &Parts<'_>,
    source: &Source,
    picked: &Picked,
) -> Result<Vec<u8>> {
    let mut archive = Initramfs::new().map_err(told)?;
    archive
        .file("init", 0o755, stripped(parts.init)?)
        .map_err(told)?;
    let mut names = Vec::new();
    for program in parts.programs {
        let name = program
            .file_name()
            .unwrap_or_default()
            .to_string_lossy()
            .into_owned();
        archive
            .file(&format!("bin/{name}"), 0o755, stripped(program)?)
            .map_err(told)?;
        names.push(name);
    }
    let mut order = Vec::new();
    for module in &picked.modules {
        archive
            .file(&module.path, 0o644, module.bytes.clone())
            .map_err(told)?;
        order.push(format!("/{}", module.path));
    }
    for name in &picked.firmware {
        // Drivers name more files than any one device asks for.
        let path = format!("lib/firmware/{name}");
        if source.has(&path) && !archive.has(&path) {
            archive
                .file(&path, 0o644, source.read(&path).map_err(told)?)
                .map_err(told)?;
        }
    }
    let config = description.for_init(&names, &order, &parts.version);
    let config = format!("{config:#}\n");
    archive
        .file(INIT_FILE, 0o644, config.into_bytes())
        .map_err(told)?;
    for (place, from) in description.files() {
        let content = std::fs::read(&from).map_err(|error| file("read", &from, &error))?;
        archive
            .file(place.trim_start_matches('/'), 0o644, content)
            .map_err(told)?;
    }
    let mut bytes = Vec::new();
    archive
        .write(&mut bytes, Pressing::Gzip, Path::new(INITRAMFS))
        .map_err(told)?;
    Ok(bytes)
}

fn stripped(program: &Path) -> Result<Vec<u8>> {
    let content = std::fs::read(program).map_err(|error| file("read", program, &error))?;
    Ok(strip(&content, Strip::All)?)
}

/// What the firmware of a Pi reads besides kernel and initramfs.
fn firmware_files(
    source: &Source,
    description: &Description,
    kernel: &Kernel,
    arch: Arch,
) -> Result<Files> {
    let machine = description.machine();
    let mut files = Files::new();
    let mut config = vec![
        format!("kernel={KERNEL}"),
        format!("initramfs {INITRAMFS} followkernel"),
    ];
    config.push("enable_uart=1".to_owned());
    if arch == Arch::Arm64 {
        config.push("arm_64bit=1".to_owned());
    }
    config.extend(description.config_txt().iter().cloned());
    config.push(String::new());
    files.insert(
        CONFIG.to_owned(),
        Bytes::Bytes(config.join("\n").into_bytes()),
    );
    // The kernel restarts after a panic; the firmware puts the serial port's name in.
    let mut line = "console=tty1 console=serial0,115200 panic=10".to_owned();
    if !description.kernel_arguments().is_empty() {
        line = format!("{line} {}", description.kernel_arguments());
    }
    files.insert(
        CMDLINE.to_owned(),
        Bytes::Bytes(format!("{line}\n").into_bytes()),
    );
    let mut take = |name: &str, path: &str| -> Result<()> {
        let content = source.read(path).map_err(told)?;
        files.insert(name.to_owned(), Bytes::Bytes(content));
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
    Ok(files)
}

fn disk(name: &str, description: &Description, select: Files, boot: Files) -> Disk {
    let fat = |label: &str, size, files| Partition {
        name: label.to_owned(),
        size,
        content: Content::Fat(Volume {
            label: label.to_owned(),
            files,
        }),
    };
    Disk {
        // Every Pi reads it, and the init grows the last partition in it.
        table: Table::Mbr,
        seed: name.to_owned(),
        size: None,
        partitions: vec![
            fat("SELECT", SELECT_SIZE, select),
            fat("BOOT-A", description.boot_size(), boot),
            fat("BOOT-B", description.boot_size(), Files::new()),
            Partition {
                name: "data".to_owned(),
                size: description.data_size(),
                content: Content::Empty,
            },
        ],
    }
}

/// The files that are made.
struct Out {
    image: PathBuf,
    map: PathBuf,
    manifest: PathBuf,
}

impl Out {
    fn make(&self, disk: &Disk, manifest: &str, forms: &[Form]) -> Result<Image> {
        let (size, _) = disk.layout().map_err(no_disk)?;
        let before = std::fs::read_to_string(&self.manifest).unwrap_or_default();
        let whole = std::fs::metadata(&self.image).is_ok_and(|data| data.len() == size);
        let map = std::fs::read_to_string(&self.map).ok();
        let map = map.and_then(|map| BlockMap::parse(&map).ok());
        let compressed = forms.iter().all(|&form| self.compressed(form).is_file());
        if let (true, true, true, Some(map)) = (before == manifest, whole, compressed, &map) {
            return Ok(Image {
                path: self.image.clone(),
                size,
                mapped: map.mapped(),
                unchanged: true,
            });
        }
        // From here on nothing fits together until the manifest is written again.
        let _ = std::fs::remove_file(&self.manifest);
        let map = self.write(disk)?;
        for &form in forms {
            self.compress(form)?;
        }
        std::fs::write(&self.map, map.to_xml())
            .map_err(|error| file("write", &self.map, &error))?;
        std::fs::write(&self.manifest, manifest)
            .map_err(|error| file("write", &self.manifest, &error))?;
        Ok(Image {
            path: self.image.clone(),
            size,
            mapped: map.mapped(),
            unchanged: false,
        })
    }

    /// Beside the place first, so that there is never half an image. Only its owner can read it: files of the user's may be
    /// keys.
    fn write(&self, disk: &Disk) -> Result<BlockMap> {
        let folder = self.image.parent().unwrap_or(Path::new("."));
        let failed = |error: std::io::Error| file("write", &self.image, &error);
        let temporary = tempfile::NamedTempFile::new_in(folder).map_err(failed)?;
        let mut copy = temporary.reopen().map_err(failed)?;
        let written = disk
            .write(temporary.as_file().try_clone().map_err(failed)?)
            .map_err(no_disk)?;
        let map = BlockMap::new(&written, &mut copy).map_err(failed)?;
        temporary
            .persist(&self.image)
            .map_err(|error| failed(error.error))?;
        Ok(map)
    }

    fn compressed(&self, form: Form) -> PathBuf {
        let ending = match form {
            Form::Zstd => "img.zst",
            Form::Xz => "img.xz",
        };
        self.image.with_extension(ending)
    }

    fn compress(&self, form: Form) -> Result<()> {
        let path = self.compressed(form);
        let failed = |error: std::io::Error| file("write", &path, &error);
        let folder = path.parent().unwrap_or(Path::new("."));
        let temporary = tempfile::NamedTempFile::new_in(folder).map_err(failed)?;
        let image = File::open(&self.image).map_err(|error| file("read", &self.image, &error))?;
        let kind = match form {
            Form::Zstd => Compression::Zstd,
            Form::Xz => Compression::Xz,
        };
        kind.compress(image, temporary.as_file()).map_err(failed)?;
        temporary
            .persist(&path)
            .map_err(|error| failed(error.error))?;
        Ok(())
    }
}

/// A line about an image.
pub fn tell(ui: Ui, image: &Image) {
    let what = if image.unchanged { ", unchanged" } else { "" };
    let text = format!(
        "{}  {} of {} to write{what}",
        image.path.display(),
        bytes(image.mapped),
        bytes(image.size)
    );
    ui.status("Image", &text);
}

fn told(error: xsys_image::kernel::Error) -> Failure {
    error.into_diagnostic().into()
}

fn no_disk(error: xsys_image::disk::Error) -> Failure {
    use xsys_image::disk::Error;
    let cause = std::error::Error::source(&error).map(|cause| format!(": {cause}"));
    let problem = Diagnostic::error(format!("{error}{}", cause.unwrap_or_default()));
    match error {
        Error::PartitionTooSmall { .. } => {
            problem.help("make it larger in appliance.toml: `[image]` with `boot = 256` (MiB)")
        }
        _ => problem,
    }
    .into()
}

//! Debian's real kernel packages: what is found in them, how fast, and that nothing needed is missing.
//!
//! `XSYS_TEST_KERNEL` names a directory with `linux-image-*_arm64.deb` and, if wanted,
//! `raspi-firmware_*.deb`; without it there is nothing to test, for packages are not committed.

use std::path::{Path, PathBuf};
use std::time::Instant;

use xsys_image::kernel::Arch;
use xsys_image::kernel::image::Choice;
use xsys_image::kernel::initramfs::Pressing;
use xsys_image::kernel::modules::Modules;
use xsys_image::kernel::tree::Tree;
use xsys_image::kernel::{Error, Source, boot_files, image, needs};

/// The packages, if there are any.
#[expect(clippy::print_stderr, reason = "says why nothing is tested")]
fn packages() -> Option<Vec<PathBuf>> {
    let Some(directory) = std::env::var_os("XSYS_TEST_KERNEL") else {
        eprintln!("skipped: XSYS_TEST_KERNEL names no directory with Debian's kernel packages");
        return None;
    };
    let entries = std::fs::read_dir(&directory).expect("XSYS_TEST_KERNEL can be read");
    let paths = entries.map(|entry| entry.unwrap().path());
    let mut paths: Vec<_> = paths
        .filter(|path| path.extension().is_some_and(|ending| ending == "deb"))
        .collect();
    paths.sort();
    assert!(
        !paths.is_empty(),
        "no package in {}",
        Path::new(&directory).display()
    );
    Some(paths)
}

#[expect(clippy::print_stderr, reason = "figures for whoever looks")]
fn figure(what: &str, since: Instant) {
    eprintln!("{what}: {:.3} s", since.elapsed().as_secs_f64());
}

#[test]
#[expect(clippy::print_stderr, reason = "figures for whoever looks")]
fn everything_is_found_in_debians_packages() {
    let Some(paths) = packages() else { return };
    let cache = tempfile::tempdir().unwrap();
    let start = Instant::now();
    Source::open(&paths, cache.path()).unwrap();
    figure("packages opened for the first time", start);
    let start = Instant::now();
    let source = Source::open(&paths, cache.path()).unwrap();
    figure("and again", start);

    let start = Instant::now();
    let choice = Choice {
        arch: Some(Arch::Arm64),
        ..Choice::default()
    };
    let kernel = image::find(&source, &choice).unwrap();
    figure("kernel found", start);
    let version = kernel.version.clone().unwrap();
    assert_eq!(kernel.page_size, Some(4096));
    assert_eq!(kernel.path, format!("boot/vmlinuz-{version}"));
    let start = Instant::now();
    let compressed = kernel.compressed_in(cache.path()).unwrap();
    figure("kernel compressed", start);
    let start = Instant::now();
    assert_eq!(kernel.compressed_in(cache.path()).unwrap(), compressed);
    figure("and again", start);
    eprintln!(
        "kernel {version}: {} bytes, as gzip {}",
        kernel.bytes().len(),
        compressed.len()
    );
    assert!(compressed.len() < 15 << 20);

    let modules = Modules::open(&source, &kernel).unwrap();
    assert!(modules.count() > 3000);
    let has_firmware = source.has("lib/raspi-firmware/start.elf");
    for machine in &needs::MACHINES {
        let start = Instant::now();
        let picked = modules.pick(&machine.wanted());
        figure(machine.name, start);
        // This kernel is too old for a Pi 5, and says so.
        let picked = match picked {
            Err(error @ Error::Absent { .. }) if machine.name == "raspberry-pi-5" => {
                let text = error.to_string();
                assert!(text.contains("`sdhci_brcmstb` (SD card)"), "{text}");
                continue;
            }
            picked => picked
                .unwrap_or_else(|error| panic!("{}: {}", machine.name, error.into_diagnostic())),
        };
        for module in &picked.modules {
            eprintln!("    {} {}: {}", module.name, module.bytes.len(), module.why);
        }
        for (name, why) in &picked.builtin {
            eprintln!("    {name} (built in): {why}");
        }
        for absent in &picked.left_out {
            eprintln!(
                "    {} (not there): {}",
                absent.names.join(" or "),
                absent.why
            );
        }
        let mut archive = Tree::new().unwrap();
        for module in &picked.modules {
            archive
                .file(&module.path, 0o644, &module.bytes[..])
                .unwrap();
        }
        let mut bytes = Vec::new();
        archive
            .write(&mut bytes, Pressing::Gzip, Path::new("initramfs"))
            .unwrap();
        eprintln!(
            "    {} modules, initramfs of {} bytes",
            picked.modules.len(),
            bytes.len()
        );
        if !machine.kernel_names(Arch::Arm64).is_empty() {
            let names: Vec<_> = machine
                .device_trees
                .iter()
                .map(|tree| tree.mainline)
                .collect();
            for name in names {
                boot_files::device_tree(&source, Some(&version), &[name]).unwrap();
            }
        }
        if has_firmware {
            boot_files::firmware(&source, machine.firmware).unwrap();
        }
    }
    aliases_of_devices_lead_to_their_drivers(&modules);
    for (name, extra) in needs::EXTRAS {
        let picked = modules.pick(&needs::wanted(extra)).unwrap();
        eprintln!("{name}: {:?}", picked.modules);
    }
}

/// The order is one in which each module can be loaded: all that it needs is there before it.
fn aliases_of_devices_lead_to_their_drivers(modules: &Modules<'_>) {
    for (alias, name) in [
        ("of:N*T*Cbrcm,bcm2835-sdhost*", "bcm2835"),
        ("virtio:d00000002v00001AF4", "virtio_blk"),
        ("fs-vfat", "vfat"),
        ("crypto-crc32c", "crc32c_generic"),
        (
            "usb:v0424pEC00d0200dcFFdsc00dp01icFFisc00ipFFin00",
            "smsc95xx",
        ),
    ] {
        let wanted = needs::Need {
            what: "test",
            names: &[],
            must: true,
        };
        let mut wanted = needs::wanted(&[wanted]);
        wanted[0].names.push(alias.to_owned());
        let start = Instant::now();
        let picked = modules.pick(&wanted).unwrap();
        figure(alias, start);
        let mut loaded = Vec::new();
        for module in &picked.modules {
            let info = xsys_image::kernel::modinfo::read(&module.bytes).unwrap();
            let there =
                |need: &String| loaded.contains(&need.replace('-', "_")) || modules.builtin(need);
            assert!(info.depends.iter().all(there), "{}", module.name);
            loaded.push(module.name.clone());
        }
        assert!(loaded.iter().any(|one| one == name), "{alias}: {loaded:?}");
    }
}

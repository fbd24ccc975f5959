//! Appliances of 32 bits: a Pi Zero's, whose processor is an ARMv6, from its card to its data partition in QEMU; and the
//! same programs with a kernel for ARMv7, with network and a power cut. Their root is in SquashFS.
//!
//! Kernels are Debian's for armel and armhf, which `scripts/test` fetches; `XSYS_TEST_KERNEL_ARMEL` and
//! `XSYS_TEST_KERNEL_ARMHF` name the folders. Programs for ARMv6 run on both: the standard library is built once.

use std::path::PathBuf;

use xsys_tests::project::{Musl, Place, find_program, skip};

use crate::appliances::{Machine, page, project};

const TARGET: &str = "arm-unknown-linux-musleabihf";

/// The folder that a variable names.
fn packages(variable: &str) -> Option<PathBuf> {
    let folder = std::env::var_os(variable).map(PathBuf::from);
    let found = folder.filter(|folder| folder.is_dir());
    if found.is_none() {
        skip(
            "arm32",
            &format!("{variable} names no folder with Debian's kernel packages"),
        );
    }
    found.map(|folder| std::path::absolute(folder).unwrap())
}

/// Whether programs for the target can be built and run.
fn is_ready() -> bool {
    if Musl::of(TARGET) == Musl::Nowhere {
        skip("arm32", &format!("run `rustup target add {TARGET}`"));
        return false;
    }
    if find_program("qemu-system-arm").is_none() {
        skip("arm32", "qemu-system-arm is not installed");
        return false;
    }
    true
}

/// A call of xsys, with a musl that rustup does not have if the variable names one.
fn xsys(place: &Place, call: &str) -> std::process::Command {
    let mut command = place.xsys(call);
    Musl::of(TARGET).tell(&mut command);
    command
}

#[test]
fn a_pi_zero_starts_and_its_programs_run_on_armv7() {
    if !is_ready() {
        return;
    }
    let Some(armel) = packages("XSYS_TEST_KERNEL_ARMEL") else {
        return;
    };
    let place = project("zero", "--machine raspberry-pi-zero");
    std::os::unix::fs::symlink(armel, place.path("kernel")).unwrap();
    let description = place.path("appliance.toml");
    let text = std::fs::read_to_string(&description).unwrap();
    let text = text.replace("[image]\n", "[image]\nroot = \"squashfs\"\n");
    std::fs::write(&description, &text).unwrap();
    let mut machine = Machine::start(xsys(&place, "run --release"));
    machine.wait_for("modules for Raspberry Pi Zero");
    machine.wait_for("init: shop-1 0.1.0");
    machine.wait_for("the root is root.squashfs on mmcblk0p2");
    machine.wait_for("/dev/mmcblk0p4: done in");
    machine.wait_for("shop: listening on 0.0.0.0:80");
    machine.cut_power();
    let manifest = place.path(&format!("target/{TARGET}/release/shop.manifest.json"));
    let manifest = std::fs::read_to_string(manifest).unwrap();
    for part in [
        "\"kernel.img\"",
        "\"bcm2708-rpi-zero-w.dtb\"",
        "\"start.elf\"",
    ] {
        assert!(manifest.contains(part), "{part}\n{manifest}");
    }

    // A kernel for ARMv7, and so a machine with a network.
    let Some(armhf) = packages("XSYS_TEST_KERNEL_ARMHF") else {
        return;
    };
    std::fs::remove_file(place.path("kernel")).unwrap();
    std::os::unix::fs::symlink(armhf, place.path("kernel")).unwrap();
    let text = text.replace(
        "machine = \"raspberry-pi-zero\"",
        "machine = \"raspberry-pi-2\"",
    );
    std::fs::write(&description, text).unwrap();
    std::fs::remove_file(place.path(&format!("target/{TARGET}/release/shop.card"))).unwrap();
    let visits = ["visit 1\n", "visit 2\n"];
    for (number, visit) in visits.into_iter().enumerate() {
        let mut machine = Machine::start(xsys(&place, "run --release"));
        let shop = machine.port(80);
        machine.wait_for("the root is root.squashfs on vda2");
        if number == 1 {
            machine.wait_for("power was cut");
        }
        let answer = page(shop, "/");
        assert!(answer.ends_with(visit), "{answer}");
        machine.cut_power();
    }
    std::fs::remove_dir_all(place.folder.parent().unwrap()).unwrap();
}

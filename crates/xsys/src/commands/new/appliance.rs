//! `xsys new NAME --appliance`: a web server as a Linux appliance for a Pi and for QEMU.
//!
//! Program and description are files of their own, written to be read. xsys does not contain a kernel: the description
//! names a directory for it that is not under version control, except for the lock file of what was fetched.

use std::path::Path;

use xsys_image::kernel::needs::{self, Machine};

use crate::appliance::no_machine;
use crate::error::{Result, file};
use crate::fetch;

const PROGRAM: &str = include_str!("../../../appliance/main.rs");
const TEST: &str = include_str!("../../../appliance/test.rs");
const FLEET: &str = include_str!("../../../appliance/fleet.toml");
const DESCRIPTION: &str = include_str!("../../../appliance/appliance.toml");

/// The machine in the unchanged description.
const MACHINE: &str = "raspberry-pi-3";

/// The directory in which the description expects the kernel.
pub(super) const KERNEL: &str = "kernel";

/// The machine that a new project is for.
pub(super) fn machine(name: Option<&str>) -> Result<&'static Machine> {
    let name = name.unwrap_or(MACHINE);
    needs::machine(name).ok_or_else(|| no_machine(name).into())
}

/// Writes the project.
pub(super) fn write(name: &str, machine: &Machine, directory: &Path) -> Result<()> {
    let description = DESCRIPTION
        .replace("NAME", name)
        .replace(
            &format!("\nmachine = \"{MACHINE}\""),
            &format!("\nmachine = \"{}\"", machine.name),
        )
        .replace("linux-image-…-arm64", machine.debian_kernel().0);
    let own = [
        ("tests/appliance.rs", TEST.to_owned()),
        ("appliance.toml", description),
    ];
    write_with(name, machine, &own, directory)
}

/// Writes the project of a fleet.
pub(super) fn write_fleet(name: &str, machine: &Machine, directory: &Path) -> Result<()> {
    let fleet = FLEET.replace("NAME", name);
    let own = [
        ("tests/appliance.rs", TEST.to_owned()),
        ("fleet.toml", fleet),
    ];
    write_with(name, machine, &own, directory)
}

fn write_with(
    name: &str,
    machine: &Machine,
    own: &[(&str, String)],
    directory: &Path,
) -> Result<()> {
    let ours = [
        ("Cargo.toml", manifest(name, machine.target)),
        ("src/main.rs", PROGRAM.to_owned()),
        (
            ".gitignore",
            format!(
                "/target\n/{KERNEL}/*\n!/{KERNEL}/{}\n/secrets\n",
                fetch::FILE
            ),
        ),
    ];
    for (path, text) in ours.iter().chain(own) {
        let path = directory.join(path);
        let parent = path.parent().unwrap_or(directory);
        std::fs::create_dir_all(parent).map_err(|error| file("create", parent, &error))?;
        std::fs::write(&path, text).map_err(|error| file("write", &path, &error))?;
    }
    Ok(())
}

fn manifest(name: &str, target: &str) -> String {
    format!(
        "[package]
name = \"{name}\"
version = \"0.1.0\"
edition = \"2024\"

[package.metadata.xsys]
target = \"{target}\"

[dependencies]

[workspace]
"
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_description_is_one_with_its_comments_too() {
        let directory = tempfile::tempdir().unwrap();
        let directory = directory.path();
        write("shop", machine(None).unwrap(), directory).unwrap();
        let path = directory.join("appliance.toml");
        let description = crate::appliance::Description::read(&path).unwrap();
        assert_eq!(description.kernel(), [directory.join(KERNEL)]);
        assert_eq!(description.ports(), [(8080, 80), (9000, 9000)]);

        let zero = tempfile::tempdir().unwrap();
        write(
            "shop",
            machine(Some("raspberry-pi-zero")).unwrap(),
            zero.path(),
        )
        .unwrap();
        let of_zero = crate::appliance::Description::read(&zero.path().join("appliance.toml"));
        assert_eq!(of_zero.unwrap().machine().name, "raspberry-pi-zero");
        let manifest = std::fs::read_to_string(zero.path().join("Cargo.toml")).unwrap();
        assert!(
            manifest.contains("target = \"arm-unknown-linux-musleabihf\""),
            "{manifest}"
        );

        // The examples in comments are valid, too.
        std::fs::create_dir(directory.join("files")).unwrap();
        std::fs::write(directory.join("files/shop.conf"), "").unwrap();
        let text = std::fs::read_to_string(&path).unwrap();
        let example = |line: &str| line.starts_with("# [") || line.contains(" = ");
        let lines = text.lines().map(|line| match example(line) {
            true => line.trim_start_matches("# "),
            false => line,
        });
        let all: Vec<&str> = lines.collect();
        std::fs::write(&path, all.join("\n")).unwrap();
        let description = crate::appliance::Description::read(&path).unwrap();
        assert_eq!(description.modules(), ["usb-storage"]);
        assert_eq!(description.forms().len(), 1);
        let json = description.for_init(&[], &[], "");
        assert_eq!(json["network"][0]["method"], "static");
    }
}

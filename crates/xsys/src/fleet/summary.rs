//! `fleet.json`: a summary of a fleet, for scripts; and `xsys fleet list`.

use std::path::{Path, PathBuf};

use serde_json::{Value, json};

use super::description::{Device, Fleet};
use super::places::output;
use crate::appliance::imager;
use crate::appliance::output::{open_to_all, private, remove};
use crate::error::Result;
use crate::ui::{bytes, table};

/// Writes it into the fleet's directory, if it has changed, and the list for Raspberry Pi Imager. It contains no
/// digests of images, because images contain secrets; the list contains some, so only its owner can read it.
pub(crate) fn write(fleet: &Fleet, out: &Path) -> Result<()> {
    let devices: Vec<Value> = fleet
        .devices
        .iter()
        .map(|device| one(fleet, device, out))
        .collect();
    let summary = json!({
        "format": 1,
        "name": fleet.name,
        "version": fleet.version,
        "devices": devices,
    });
    let lists = fleet.devices.iter();
    let lists = lists.map(|device| output(fleet, out, &device.name).list());
    let path = out.join(imager::LIST);
    match imager::joined(lists) {
        Some(list) if std::fs::read_to_string(&path).is_ok_and(|before| before == list) => {}
        Some(list) => private(&path, list.as_bytes())?,
        None => remove(&path)?,
    }
    let text = format!("{summary:#}\n");
    let path = out.join("fleet.json");
    match std::fs::read_to_string(&path) {
        Ok(before) if before == text => Ok(()),
        _ => open_to_all(&path, &text),
    }
}

/// A device; paths are relative to the summary.
fn one(fleet: &Fleet, device: &Device, out: &Path) -> Value {
    let output = output(fleet, out, &device.name);
    let made = output.made();
    let relative = |ending: &str| {
        let path = format!("{0}/{0}.{ending}", device.name);
        made.is_some().then_some(path)
    };
    json!({
        "name": device.name,
        "group": device.group,
        "hostname": device.description.hostname(),
        "machine": device.description.machine().name,
        "target": device.target,
        "kernel": device.kernel,
        "programs": device.programs,
        "image": relative("img"),
        "manifest": relative("manifest.json"),
        "size": made.map(|(size, _)| size),
        "to-write": made.map(|(_, mapped)| mapped),
    })
}

/// The devices as JSON.
pub(crate) fn json(fleet: &Fleet, out: &Path) -> Value {
    let devices = fleet.devices.iter().map(|device| one(fleet, device, out));
    devices.collect()
}

/// Longer names of programs would make the table wider than terminals are.
const NAMES: usize = 20;

/// The devices for people. Columns that the file says nothing about are left out; the images' directory is shown once,
/// relative to a directory.
pub(crate) fn text(fleet: &Fleet, out: &Path, directory: &Path) -> String {
    let devices = &fleet.devices;
    let made: Vec<_> = devices
        .iter()
        .map(|device| output(fleet, out, &device.name).made())
        .collect();
    let mut columns = vec![column("device", devices, |device| device.name.clone())];
    if devices.iter().any(|device| device.group.is_some()) {
        columns.push(column("group", devices, |device| {
            device.group.clone().unwrap_or_else(|| "-".to_owned())
        }));
    }
    columns.push(column("machine", devices, |device| {
        device.description.machine().name.to_owned()
    }));
    if devices
        .iter()
        .any(|device| device.kernel != devices[0].kernel)
    {
        columns.push(column("kernel", devices, |device| device.kernel.clone()));
    }
    if devices.iter().any(|device| device.programs.is_some()) {
        columns.push(column("programs", devices, programs));
    }
    let mut images = vec!["image".to_owned()];
    images.extend(made.iter().map(|made| match made {
        Some((_, mapped)) => bytes(*mapped),
        None => "not built".to_owned(),
    }));
    columns.push(images);
    let row = |number: usize| {
        columns
            .iter()
            .map(|column| column[number].clone())
            .collect()
    };
    let rows: Vec<Vec<String>> = (0..=devices.len()).map(row).collect();
    let mut text = table(&rows);
    if made.iter().any(Option::is_some) {
        let path = seen_from(directory, out).join("DEVICE").join("DEVICE.img");
        text.push_str(&format!("\nImages: {}\n", path.display()));
    }
    text
}

/// A path relative to a directory, or unchanged if it is neither below nor near it.
fn seen_from(directory: &Path, path: &Path) -> PathBuf {
    let real = |path: &Path| path.canonicalize().unwrap_or_else(|_| path.to_owned());
    let (directory, real_path) = (real(directory), real(path));
    for (up, above) in directory.ancestors().enumerate() {
        // Paths that go up to the root are not shortened.
        if let Ok(inside) = real_path.strip_prefix(above)
            && above.parent().is_some()
        {
            return PathBuf::from("../".repeat(up)).join(inside);
        }
    }
    path.to_owned()
}

fn column(head: &str, devices: &[Device], cell: impl Fn(&Device) -> String) -> Vec<String> {
    let cells = devices.iter().map(cell);
    std::iter::once(head.to_owned()).chain(cells).collect()
}

fn programs(device: &Device) -> String {
    let Some(names) = &device.programs else {
        return "all".to_owned();
    };
    let text = names.join(", ");
    match text.chars().count() {
        0 => "none".to_owned(),
        1..=NAMES => text,
        _ => format!("{} of them", names.len()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn paths_are_as_they_are_typed() {
        let directory = tempfile::tempdir().unwrap();
        let (inner, out) = (
            directory.path().join("a/b"),
            directory.path().join("target/fleet"),
        );
        std::fs::create_dir_all(&inner).unwrap();
        std::fs::create_dir_all(&out).unwrap();
        let seen = |from: &Path| seen_from(from, &out).display().to_string();
        assert_eq!(seen(directory.path()), "target/fleet");
        assert_eq!(seen(&inner), "../../target/fleet");
        assert_eq!(seen(Path::new("/")), out.display().to_string());
    }

    #[test]
    fn a_list_of_devices_fits_into_a_terminal() {
        let directory = tempfile::tempdir().unwrap();
        let path = directory.path().join("fleet.toml");
        let read = |text: &str| {
            std::fs::write(&path, text).unwrap();
            let fleet = Fleet::read(&path).unwrap();
            let out = directory.path().join("target/fleet");
            super::text(&fleet, &out, directory.path())
        };
        let plain = "[kernels.arm64]\npaths = 'k'\n[devices.shop-1]\n[devices.shop-2]\nmachine = 'raspberry-pi-4'\n";
        let lines = [
            "device  machine         image",
            "shop-1  qemu-virt       not built",
            "shop-2  raspberry-pi-4  not built\n",
        ];
        assert_eq!(read(plain), lines.join("\n"));
        let names: Vec<String> = (0..12)
            .map(|number| format!("'program-{number}'"))
            .collect();
        let wide = format!(
            "[kernels.arm64]\npaths = 'k'\n[kernels.armv7]\npaths = 'l'\n[base]\nkernel = 'arm64'\n[groups.large]\n\
             [devices.shop-of-ulm-0001]\nmachine = 'raspberry-pi-zero-2'\ngroup = 'large'\nprograms = [{}]\n\
             [devices.shop-of-ulm-0002]\nkernel = 'armv7'\nprograms = ['a', 'b']\n{}",
            names.join(", "),
            (0..12)
                .map(|number| format!("[programs.program-{number}]\n"))
                .collect::<String>()
                + "[programs.a]\n[programs.b]\n",
        );
        let text = read(&wide);
        assert!(
            text.lines().all(|line| line.chars().count() <= 80),
            "{text}"
        );
        assert!(text.contains("  arm64   12 of them  not built\n"), "{text}");
        assert!(
            text.contains("-      qemu-virt            armv7   a, b        not built\n"),
            "{text}"
        );
    }
}

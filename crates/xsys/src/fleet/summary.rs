//! `fleet.json`: what there is of a fleet, for scripts; and `xsys fleet list`.

use std::path::Path;

use serde_json::{Value, json};

use super::build::output;
use super::description::{Device, Fleet};
use crate::appliance::imager;
use crate::appliance::output::{open_to_all, private, remove};
use crate::error::Result;
use crate::ui::table;

/// Writes it beside the devices' folders, where it is another than before, and the list for Raspberry Pi Imager. No
/// digest of an image is in it, for images have secrets; in the list there are some, and it is its owner's alone.
pub fn write(fleet: &Fleet, out: &Path) -> Result<()> {
    let devices: Vec<Value> = fleet
        .devices
        .iter()
        .map(|device| one(device, out))
        .collect();
    let summary = json!({
        "format": 1,
        "name": fleet.name,
        "version": fleet.version,
        "devices": devices,
    });
    let lists = fleet.devices.iter();
    let lists = lists.map(|device| output(out, &device.name).list());
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
fn one(device: &Device, out: &Path) -> Value {
    let output = output(out, &device.name);
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
pub fn json(fleet: &Fleet, out: &Path) -> Value {
    let devices = fleet.devices.iter().map(|device| one(device, out));
    devices.collect()
}

/// The devices for people.
pub fn text(fleet: &Fleet, out: &Path) -> String {
    let head = ["device", "group", "machine", "kernel", "programs", "image"];
    let mut rows = vec![head.map(str::to_owned).to_vec()];
    for device in &fleet.devices {
        let output = output(out, &device.name);
        let programs = device.programs.as_ref();
        rows.push(vec![
            device.name.clone(),
            device.group.clone().unwrap_or_else(|| "-".to_owned()),
            device.description.machine().name.to_owned(),
            device.kernel.clone(),
            programs.map_or_else(|| "all".to_owned(), |names| names.join(", ")),
            match output.made() {
                Some(_) => output.image().display().to_string(),
                None => "not built".to_owned(),
            },
        ]);
    }
    table(&rows)
}

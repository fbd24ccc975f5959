//! Directories of devices that were removed from fleet.toml.
//!
//! Nobody would look at them again, and they may contain secrets. A directory is recognised by the state that a build
//! left in it, which names the fleet; files that somebody else put there stay, and are reported.

use std::path::Path;

use super::description::{Device, Fleet};
use super::places::output;
use super::told::names;
use crate::error::Result;
use crate::ui::Ui;

/// Removes them, and reports that.
pub(super) fn sweep(ui: Ui, fleet: &Fleet, out: &Path) -> Result<()> {
    let entries = std::fs::read_dir(out).into_iter().flatten().flatten();
    // A link to a directory elsewhere is the user's work.
    let directories = entries.filter(|entry| entry.file_type().is_ok_and(|kind| kind.is_dir()));
    let mut directories: Vec<String> = directories
        .filter_map(|entry| entry.file_name().into_string().ok())
        // On some file systems names are compared without regard to case.
        .filter(|name| {
            let is = |device: &Device| device.name.eq_ignore_ascii_case(name);
            !fleet.devices.iter().any(is)
        })
        .collect();
    directories.sort();
    let mut gone = Vec::new();
    for name in directories {
        let output = output(fleet, out, &name);
        match output.discard()? {
            None => {}
            Some(left) if left.is_empty() => gone.push(name),
            Some(left) => {
                let text = format!(
                    "images of `{name}`, which is no device any more; in {} stays {}",
                    output.directory.display(),
                    names(&left)
                );
                ui.status("Removed", &text);
            }
        }
    }
    if !gone.is_empty() {
        let text = match gone.len() {
            1 => format!("images of {}, which is no device any more", names(&gone)),
            _ => format!("images of {}, which are no devices any more", names(&gone)),
        };
        ui.status("Removed", &text);
    }
    Ok(())
}

//! Folders of devices that fleet.toml does not have any more.
//!
//! Nobody would look at them again, and they may hold secrets. A folder is known by the state that a build left in it, which
//! says of which fleet it is; what somebody else put there stays, and is named.

use std::path::Path;

use super::description::{Device, Fleet};
use super::places::output;
use super::told::names;
use crate::error::Result;
use crate::ui::Ui;

/// Removes them, and says so.
pub(super) fn sweep(ui: Ui, fleet: &Fleet, out: &Path) -> Result<()> {
    let entries = std::fs::read_dir(out).into_iter().flatten().flatten();
    // A link to a folder elsewhere is the user's work.
    let folders = entries.filter(|entry| entry.file_type().is_ok_and(|kind| kind.is_dir()));
    let mut folders: Vec<String> = folders
        .filter_map(|entry| entry.file_name().into_string().ok())
        // For some file systems, small letters and capitals are the same.
        .filter(|name| {
            let is = |device: &Device| device.name.eq_ignore_ascii_case(name);
            !fleet.devices.iter().any(is)
        })
        .collect();
    folders.sort();
    let mut gone = Vec::new();
    for name in folders {
        let output = output(fleet, out, &name);
        match output.discard()? {
            None => {}
            Some(left) if left.is_empty() => gone.push(name),
            Some(left) => {
                let text = format!(
                    "images of `{name}`, which is no device any more; in {} stays {}",
                    output.folder.display(),
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

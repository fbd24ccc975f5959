//! What the next boot will want to know: why this one ended, and what time it was.
//!
//! Small files in a folder of the data partition. Each is one sector and is overwritten in its place: that
//! works on a full disk too, and a power cut leaves the old text or the new one.

use crate::log;
use std::fs::{self, OpenOptions};
use std::io::{self, Write};
use std::path::{Path, PathBuf};
use std::sync::Mutex;

const SECTOR: usize = 512;
const RUNNING: &str = "running";
const RESET: &str = "reset by the watchdog";
/// Why a machine without its root restarts.
pub(crate) const NO_ROOT: &str = "there was no root";

static FOLDER: Mutex<Option<PathBuf>> = Mutex::new(None);
static LAST: Mutex<String> = Mutex::new(String::new());

/// Why the boot before this one ended. Call once, when the data partition is mounted.
pub(crate) fn begin(mount: &str) -> String {
    let folder = Path::new(mount).join(".xsys");
    let _ = fs::create_dir_all(&folder);
    let last = match fs::read_to_string(folder.join("boot"))
        .as_deref()
        .map(str::trim)
    {
        Err(_) => "this is the first boot with this data partition".into(),
        Ok(RUNNING) => "power was cut, or the machine was reset".into(),
        Ok(text) => text.chars().take(500).collect::<String>(),
    };
    if let Ok(mut shared) = FOLDER.lock() {
        *shared = Some(folder);
    }
    if let Ok(mut shared) = LAST.lock() {
        shared.clone_from(&last);
    }
    end(RUNNING);
    let before = if last.starts_with(RESET) || last.contains(NO_ROOT) {
        resets() + 1
    } else {
        0
    };
    if before > 0 || resets() > 0 {
        store("resets", &before.to_string());
    }
    last
}

/// How often in a row the watchdog has reset the machine before this boot, or it has restarted for want of a root.
pub(crate) fn resets() -> u32 {
    load("resets")
        .and_then(|text| text.parse().ok())
        .unwrap_or(0)
}

/// The machine was well for some time: earlier resets count no more.
pub(crate) fn forget_resets() {
    if resets() > 0 {
        store("resets", "0");
    }
}

/// Notes that the watchdog is not fed any more, should that be the end.
pub(crate) fn not_fed(why: &str) {
    end(&format!("{RESET}: {why}"));
}

pub(crate) fn last() -> String {
    LAST.lock().map(|last| last.clone()).unwrap_or_default()
}

/// Notes how this boot ends, should it end now.
pub(crate) fn end(why: &str) {
    store("boot", why);
}

/// Takes such a note back.
pub(crate) fn goes_on() {
    end(RUNNING);
}

/// Seconds since 1970 that the last boot had reached.
pub(crate) fn stamp() -> Option<u64> {
    load("clock")?.parse().ok()
}

fn load(name: &str) -> Option<String> {
    let folder = FOLDER.lock().ok()?.clone()?;
    Some(
        fs::read_to_string(folder.join(name))
            .ok()?
            .trim()
            .to_string(),
    )
}

pub(crate) fn set_stamp(seconds: u64) {
    store("clock", &seconds.to_string());
}

fn store(name: &str, text: &str) {
    let Ok(Some(folder)) = FOLDER.lock().map(|folder| folder.clone()) else {
        return;
    };
    if let Err(error) = overwrite(&folder.join(name), text) {
        log::say!("cannot write {}: {error}", folder.join(name).display());
    }
}

fn overwrite(path: &Path, text: &str) -> io::Result<()> {
    let text = &text[..text.floor_char_boundary(SECTOR - 1)];
    let mut sector = [b'\n'; SECTOR];
    sector[..text.len()].copy_from_slice(text.as_bytes());
    let mut options = OpenOptions::new();
    let options = options.write(true).create(true).truncate(false);
    let mut file = options.open(path)?;
    file.write_all(&sector)?;
    file.sync_data()
}

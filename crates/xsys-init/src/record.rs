//! What the next boot needs to know: why this one ended, and the time.
//!
//! Small files in a directory of the data partition. Each is one sector and is overwritten in place: that works on a
//! full disk too, and a power cut leaves either the old text or the new one.

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

static DIRECTORY: Mutex<Option<PathBuf>> = Mutex::new(None);
static LAST: Mutex<String> = Mutex::new(String::new());

/// Why the boot before this one ended. Call once, when the data partition is mounted.
pub(crate) fn begin(mount: &str) -> String {
    let directory = Path::new(mount).join(".xsys");
    let _ = fs::create_dir_all(&directory);
    let last = match fs::read_to_string(directory.join("boot"))
        .as_deref()
        .map(str::trim)
    {
        Err(_) => "this is the first boot with this data partition".into(),
        Ok(RUNNING) => "power was cut, or the machine was reset".into(),
        Ok(text) => text.chars().take(500).collect::<String>(),
    };
    if let Ok(mut shared) = DIRECTORY.lock() {
        *shared = Some(directory);
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

/// How many times in a row the watchdog has reset the machine before this boot, or the machine has restarted because
/// its root was missing.
pub(crate) fn resets() -> u32 {
    load("resets")
        .and_then(|text| text.parse().ok())
        .unwrap_or(0)
}

/// The machine has worked for some time: earlier resets no longer count.
pub(crate) fn forget_resets() {
    if resets() > 0 {
        store("resets", "0");
    }
}

/// Records that the watchdog is no longer fed, in case this is the end.
pub(crate) fn not_fed(why: &str) {
    end(&format!("{RESET}: {why}"));
}

pub(crate) fn last() -> String {
    LAST.lock().map(|last| last.clone()).unwrap_or_default()
}

/// Records how this boot ends, in case it ends now.
pub(crate) fn end(why: &str) {
    store("boot", why);
}

/// Removes such a record.
pub(crate) fn goes_on() {
    end(RUNNING);
}

/// Seconds since 1970 that the last boot had reached.
pub(crate) fn stamp() -> Option<u64> {
    load("clock")?.parse().ok()
}

fn load(name: &str) -> Option<String> {
    let directory = DIRECTORY.lock().ok()?.clone()?;
    Some(
        fs::read_to_string(directory.join(name))
            .ok()?
            .trim()
            .to_string(),
    )
}

pub(crate) fn set_stamp(seconds: u64) {
    store("clock", &seconds.to_string());
}

fn store(name: &str, text: &str) {
    let Ok(Some(directory)) = DIRECTORY.lock().map(|directory| directory.clone()) else {
        return;
    };
    if let Err(error) = overwrite(&directory.join(name), text) {
        log::say!("cannot write {}: {error}", directory.join(name).display());
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

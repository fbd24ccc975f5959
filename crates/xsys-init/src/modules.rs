//! Kernel modules, in the order that the image's builder determined.
//!
//! A module that cannot be loaded is logged and skipped: it may be for a device that this machine does not have, and a
//! machine without a network is better than one that stopped. The modules' files take memory and are not needed
//! afterwards, so they are removed.

use crate::log::say;
use crate::sys;
use std::fs::{self, File};
use std::io;
use std::time::Instant;
use xsys_init::config::Config;

/// `ENODEV`.
const NO_DEVICE: i32 = 19;

pub(crate) fn load(config: &Config) {
    // A card for other hardware is also started in QEMU; drivers of that hardware would only take
    // time.
    let compatible = fs::read_to_string("/proc/device-tree/compatible").unwrap_or_default();
    let in_qemu = compatible
        .split('\0')
        .any(|name| name == "linux,dummy-virt");
    let paths = if in_qemu && !config.modules_in_qemu.is_empty() {
        &config.modules_in_qemu
    } else {
        &config.modules
    };
    let begun = Instant::now();
    let mut loaded = 0;
    for path in paths {
        match load_one(path) {
            Ok(()) => loaded += 1,
            // The module looked for its device or processor feature at once: it is for other machines.
            Err(error) if error.raw_os_error() == Some(NO_DEVICE) => {}
            Err(error) => say!("cannot load the module {path}: {}", reason(&error)),
        }
    }
    for path in &config.modules {
        let _ = fs::remove_file(path);
    }
    if loaded > 0 {
        say!(
            "{loaded} kernel modules loaded in {:.1} s",
            begun.elapsed().as_secs_f64()
        );
    }
}

fn load_one(path: &str) -> io::Result<()> {
    let compressed = [".xz", ".zst", ".gz"]
        .iter()
        .any(|ending| path.ends_with(ending));
    match sys::load_module(&File::open(path)?, compressed) {
        // It is built into this kernel or was loaded before.
        Err(error) if error.kind() == io::ErrorKind::AlreadyExists => Ok(()),
        result => result,
    }
}

/// The kernel's errors are terse; two of them have a usual cause.
fn reason(error: &io::Error) -> String {
    match error.raw_os_error() {
        Some(2) => format!("{error}; or a symbol of a module that must be loaded before it"),
        Some(8) => format!("{error}: it is for another kernel or machine"),
        _ => error.to_string(),
    }
}

//! An unwinder in Rust, for a C library that comes without one.
//!
//! std calls `_Unwind_*` (Itanium C++ ABI: Exception Handling, level I) whatever panics do, and a
//! distribution's musl does not have them. rust-src's lock file pins the crate `unwinding`, which is std's
//! unwinder on Xous: the same crate, reading `.eh_frame_hdr` by `dl_iterate_phdr`, serves here. It is a
//! dependency of std's crate `unwind` like any other, checksum included, and shares gimli with std's
//! backtraces.
//!
//! Nothing in `unwind` names it, for there the functions are a library's. `--extern force:` makes
//! the compiler take it along all the same.

use std::path::Path;

use semver::VersionReq;
use xsys_target::Target;

use crate::Error;
use crate::lock::Lock;
use crate::manifest::{Dependency, Package};

/// The crate, which is also what it is called by.
pub(crate) const CRATE: &str = "unwinding";

/// A target that std uses the crate on by itself: cargo downloads it with this one's packages.
pub(crate) const SERVED_BY_STD: &str = "riscv32imac-unknown-xous-elf";

/// The architectures whose registers the crate knows. (32-bit Arm unwinds by tables of its own.)
const ARCHITECTURES: [&str; 5] = ["aarch64", "riscv32", "riscv64", "x86", "x86_64"];

/// What is switched on: finding tables in loaded programs, all of DWARF, and traces that begin at
/// the caller.
const FEATURES: [&str; 5] = [
    "rustc-dep-of-std",
    "unwinder",
    "fde-phdr-dl",
    "dwarf-expr",
    "hide-trace",
];

/// Whether the library's sources have an unwinder for the target.
pub(crate) fn serves(target: &Target, library: &Path) -> Result<bool, Error> {
    if !ARCHITECTURES.contains(&target.arch()) {
        return Ok(false);
    }
    let lock = Lock::load(&library.join("Cargo.lock"))?;
    Ok(lock.find(CRATE, &VersionReq::STAR).is_some())
}

/// What it is to a key; the lock file, which says which version, is part of it anyway.
pub(crate) fn described() -> String {
    format!("{CRATE}[{}]", FEATURES.join(","))
}

/// Makes std's crate `unwind` depend on it, and fits its own dependencies into std.
pub(crate) fn add_to(package: &mut Package) {
    match package.name.as_str() {
        "unwind" => package.dependencies.push(Dependency {
            key: CRATE.to_owned(),
            package: CRATE.to_owned(),
            renamed: false,
            platform: None,
            optional: false,
            features: FEATURES.map(str::to_owned).into(),
            default_features: false,
            public: false,
            path: None,
            requirement: VersionReq::STAR,
        }),
        // With its feature `std` the crate `libc` leaves the C library itself to std, whose only
        // way to it is that crate.
        CRATE => {
            for dependency in &mut package.dependencies {
                dependency.default_features = false;
            }
        }
        _ => {}
    }
}

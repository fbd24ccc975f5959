//! `xsys clean`: `cargo clean`, and files that cargo does not know.

use crate::cli::Call;
use crate::cli::{CargoFlags, CleanArgs};
use crate::driver::clean;
use crate::driver::which::Place;
use crate::error::{Failure, Result};

pub(super) fn run(call: &Call, args: &CleanArgs) -> Result<u8> {
    let flags = CargoFlags::read(&args.cargo);
    let place = Place::find(&call.directory, call.toolchain.as_deref(), &flags)?;
    let part = clean::Part::of(&flags);
    // A broken spec must not prevent everything from being removed.
    let targets = match part {
        clean::Part::Everything => Vec::new(),
        _ => place.targets(&args.what)?,
    };
    clean::clean(&call.ui, &place, &flags, &part, &targets).map_err(Failure::into_build)
}

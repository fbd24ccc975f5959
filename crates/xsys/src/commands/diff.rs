//! `xsys fleet diff`: what differs between two devices or releases.

use std::path::PathBuf;

use serde_json::json;

use crate::appliance::compare::{self, Comparison};
use crate::cli::Call;
use crate::cli::{DiffArgs, ListFormat};
use crate::error::{Failure, Result};
use crate::fleet::description::Fleet;
use crate::fleet::places;
use crate::ui;

/// The exit code of diff: there are differences.
const DIFFERENT: u8 = 1;
const FAILED: u8 = 2;

pub(super) fn run(call: &Call, args: &DiffArgs) -> Result<u8> {
    let compared = compare(call, args).map_err(|failure| Failure {
        code: FAILED,
        ..failure
    })?;
    match args.format {
        ListFormat::Text => ui::answer(&compare::text(&compared)),
        ListFormat::Json => {
            let json = json!({
                "before": args.before.display().to_string(),
                "after": args.after.display().to_string(),
                "equal": compared.is_equal(),
                "gone": compared.gone,
                "new": compared.new,
                "devices": compared.devices,
            });
            ui::answer(&format!("{json:#}"));
        }
    }
    if compared.is_equal() {
        call.ui.status("Equal", "nothing differs that is known");
        return Ok(0);
    }
    Ok(DIFFERENT)
}

fn compare(call: &Call, args: &DiffArgs) -> Result<Comparison> {
    let built = |name: &str| manifest(call, name);
    let before = compare::find(&call.directory, &args.before, &built)?;
    let after = compare::find(&call.directory, &args.after, &built)?;
    Ok(Comparison::of(&before, &after))
}

/// A device of the fleet that the directory belongs to.
fn manifest(call: &Call, name: &str) -> Result<Option<PathBuf>> {
    let Ok(path) = Fleet::find(&call.directory) else {
        return Ok(None);
    };
    let fleet = Fleet::read(&path)?;
    let device = fleet.device(name)?;
    let manifest = places::output(&fleet, &places::out(call, &fleet)?, &device.name).manifest();
    match manifest.is_file() {
        true => Ok(Some(manifest)),
        false => Err(places::not_made(&device.name)),
    }
}

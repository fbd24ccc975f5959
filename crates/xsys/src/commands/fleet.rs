//! `xsys fleet`: many devices from one `fleet.toml`.

use std::path::PathBuf;

use xsys_diag::Diagnostic;

use crate::appliance::{self, machine};
use crate::cli::{
    CargoFlags, FlashArgs, FleetBuildArgs, FleetCheckArgs, FleetCommand, FleetFlashArgs,
    ListFormat, NewArgs,
};
use crate::commands::{Call, diff, flash, new};
use crate::driver::which::Place;
use crate::error::{Failure, Result};
use crate::fleet::build;
use crate::fleet::description::Fleet;
use crate::fleet::prepare::Prepared;
use crate::fleet::summary;
use crate::ui::{Ui, answer};

pub fn run(call: &Call, command: &FleetCommand) -> Result<u8> {
    match command {
        FleetCommand::New(args) => {
            let args = NewArgs {
                path: args.path.clone(),
                board: None,
                target: None,
                appliance: false,
                machine: None,
                fleet: true,
                name: None,
                quiet: false,
            };
            new::run(call, &args)
        }
        FleetCommand::Check(args) => check(call, args),
        FleetCommand::Build(args) => make(call, args),
        FleetCommand::List { format } => list(call, *format),
        FleetCommand::Diff(args) => diff::run(call, args),
        FleetCommand::Flash(args) => flash_device(call, args),
    }
}

fn read(call: &Call) -> Result<Fleet> {
    Fleet::read(&Fleet::find(&call.folder)?)
}

fn check(call: &Call, args: &FleetCheckArgs) -> Result<u8> {
    let fleet = read(call)?;
    let devices = fleet.select(&args.devices)?;
    let prepared = Prepared::new(call, &fleet, &devices, &[])?;
    let (broken, systems) = (prepared.broken.len(), prepared.kinds.len());
    let text = format!(
        "{}: {}, {}, {}",
        fleet.name,
        counted(devices.len(), "device"),
        counted(systems, "system"),
        match broken {
            0 => "no mistakes".to_owned(),
            _ => format!("{} with mistakes", counted(broken, "device")),
        }
    );
    call.ui.status("Checked", &text);
    Ok(u8::from(broken > 0))
}

fn counted(count: usize, what: &str) -> String {
    format!("{count} {what}{}", if count == 1 { "" } else { "s" })
}

fn make(call: &Call, args: &FleetBuildArgs) -> Result<u8> {
    let ui = Ui {
        quiet: call.ui.quiet || args.quiet,
        ..call.ui
    };
    let call = Call { ui, ..call.clone() };
    let fleet = read(&call)?;
    let mut outcome = build::build(&call, &fleet, args)?;
    outcome.tell(&call, &out(&call, &fleet)?);
    Ok(u8::from(!outcome.failed.is_empty()))
}

/// Where cargo puts what it builds, the fleet's images go as well.
pub fn out(call: &Call, fleet: &Fleet) -> Result<PathBuf> {
    let flags = CargoFlags::read(&[]);
    let place = Place::find(fleet.folder(), call.toolchain.as_deref(), &flags)?;
    Ok(place.project.target_dir.join("fleet"))
}

fn list(call: &Call, format: ListFormat) -> Result<u8> {
    let fleet = read(call)?;
    let out = out(call, &fleet)?;
    match format {
        ListFormat::Text => answer(&summary::text(&fleet, &out)),
        ListFormat::Json => answer(&format!("{:#}", summary::json(&fleet, &out))),
    }
    Ok(0)
}

fn flash_device(call: &Call, args: &FleetFlashArgs) -> Result<u8> {
    let fleet = read(call)?;
    let device = fleet.device(&args.name)?;
    let output = build::output(&out(call, &fleet)?, &device.name);
    if output.made().is_none() {
        return Err(not_made(&device.name));
    }
    let args = FlashArgs {
        image: Some(output.image()),
        device: Some(call.folder.join(&args.target)),
        yes: args.yes,
        large: args.large,
        no_verify: args.no_verify,
        list: false,
        json: false,
    };
    flash::run(call, &args)
}

pub fn not_made(device: &str) -> Failure {
    Diagnostic::error(format!("there is no image of `{device}` yet"))
        .help(format!("make it: `xsys fleet build {device}`"))
        .into()
}

/// `xsys run --device NAME`: makes one device's card and boots it in QEMU.
pub fn boot(call: &Call, name: &str) -> Result<u8> {
    let fleet = read(call)?;
    let device = fleet.device(name)?;
    let args = FleetBuildArgs {
        devices: vec![name.to_owned()],
        ..FleetBuildArgs::default()
    };
    let outcome = build::build(call, &fleet, &args)?;
    let Some(image) = outcome.images.get(name) else {
        // What is wrong has been told.
        return Err(Failure::silent(1));
    };
    appliance::tell(call.ui, image);
    machine::boot(call.ui, &device.description, image)
}

//! `xsys fleet`: many devices from one `fleet.toml`.

use xsys_diag::Diagnostic;

use crate::appliance::bench::{Bench, Options};
use crate::appliance::{self, machine};
use crate::cli::{
    BuildArgs, CargoFlags, FlashArgs, FleetBuildArgs, FleetCheckArgs, FleetCommand, FleetFlashArgs,
    ListFormat, NewArgs, TestArgs,
};
use crate::commands::{Call, diff, flash, new};
use crate::error::{Failure, Result};
use crate::fleet::build;
use crate::fleet::description::{FILE, Fleet};
use crate::fleet::places::{is_nobody_elses, not_made, out, output};
use crate::fleet::prepare::Prepared;
use crate::fleet::summary;
use crate::fleet::told::names;
use crate::render;
use crate::ui::{Ui, answer};

pub(super) fn run(call: &Call, command: &FleetCommand) -> Result<u8> {
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
    Fleet::read(&Fleet::find(&call.directory)?)
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
    if let Some(failure) = outcome.unfinished {
        return Err(failure);
    }
    Ok(u8::from(!outcome.failed.is_empty()))
}

fn list(call: &Call, format: ListFormat) -> Result<u8> {
    let fleet = read(call)?;
    let out = out(call, &fleet)?;
    match format {
        ListFormat::Text => answer(&summary::text(&fleet, &out, &call.directory)),
        ListFormat::Json => answer(&format!("{:#}", summary::json(&fleet, &out))),
    }
    Ok(0)
}

fn flash_device(call: &Call, args: &FleetFlashArgs) -> Result<u8> {
    let fleet = read(call)?;
    let device = fleet.device(&args.name)?;
    let output = output(&fleet, &out(call, &fleet)?, &device.name);
    if output.made().is_none() {
        return Err(not_made(&device.name));
    }
    let args = FlashArgs {
        image: Some(output.image()),
        device: Some(call.directory.join(&args.target)),
        yes: args.yes,
        large: args.large,
        no_verify: args.no_verify,
        list: false,
        json: false,
    };
    flash::run(call, &args)
}

/// The meaning of a command's flags for the named devices.
fn build_args(devices: &[String], build: &BuildArgs) -> Result<FleetBuildArgs> {
    let mut args = FleetBuildArgs {
        devices: devices.to_vec(),
        ..FleetBuildArgs::default()
    };
    for flag in CargoFlags::read(&build.cargo).flags {
        let flag = flag.to_string_lossy();
        match &*flag {
            "--offline" => args.offline = true,
            "--locked" => args.locked = true,
            "--frozen" => (args.offline, args.locked) = (true, true),
            "--quiet" | "-q" => args.quiet = true,
            // Unchanged, unless fleet.toml names another profile.
            "--release" | "-r" => {}
            _ => {
                return Err(
                    Diagnostic::error(format!("`{flag}` means nothing with `--device`"))
                        .note("programs of a fleet are built as fleet.toml says")
                        .help("`[programs.NAME]` there has `features`, `profile` and others")
                        .into(),
                );
            }
        }
    }
    Ok(args)
}

/// `xsys run --device NAME`: makes one device's card and boots it in QEMU.
pub(super) fn boot(call: &Call, name: &str, build: &BuildArgs) -> Result<u8> {
    let fleet = read(call)?;
    let device = fleet.device(name)?;
    let args = build_args(&[name.to_owned()], build)?;
    let outcome = build::build(call, &fleet, &args)?;
    let Some(image) = outcome.images.get(name) else {
        // The errors have been reported.
        return Err(Failure::silent(1));
    };
    appliance::tell(call.ui, image);
    machine::boot(call.ui, &device.description, image)
}

/// `xsys test --appliance --device NAME …`: makes the cards of devices, and tests one after the other. If a test fails,
/// the others are still run; the exit code is that of the first failure.
pub(super) fn test(call: &Call, args: &TestArgs) -> Result<u8> {
    let fleet = read(call)?;
    let build = build_args(&args.device, &args.build)?;
    let devices = fleet.select(&args.device)?;
    is_nobody_elses(&fleet, &out(call, &fleet)?)?;
    let prepared = Prepared::new(call, &fleet, &devices, &build.cargo_flags())?;
    if !prepared.broken.is_empty() {
        // The errors have been reported.
        return Err(Failure::silent(1));
    }
    let options = Options {
        keep_data: args.keep_data,
        ready_within: args.time_limit,
        command: CargoFlags::read(&args.build.cargo).program,
    };
    let mut benches = Vec::new();
    for device in devices {
        let bins = prepared.bins(&device.name).unwrap_or_default();
        benches.push((device, Bench::new(&device.description, &bins, &options)?));
    }
    let outcome = build::make(call, &prepared, &build)?;
    let (mut code, mut failed) = (0, Vec::new());
    for (device, bench) in &benches {
        let Some(image) = outcome.images.get(&device.name) else {
            return Err(Failure::silent(1));
        };
        appliance::tell(call.ui, image);
        let tested = bench.run(call.ui, &device.description, image);
        if benches.len() < 2 {
            return tested;
        }
        let ended = tested.unwrap_or_else(|failure| {
            let failure = failure.into_build();
            render::show(&call.ui, &failure.diagnostics);
            failure.code
        });
        if ended != 0 {
            failed.push(device.name.clone());
        }
        code = if code == 0 { ended } else { code };
    }
    let text = match failed.len() {
        0 => format!("{} devices", benches.len()),
        count => format!(
            "{} devices, {count} failed: {}",
            benches.len(),
            names(&failed)
        ),
    };
    call.ui.status("Tested", &text);
    Ok(code)
}

/// No device is named, in the directory of a fleet; a package in it may be an appliance of its own.
pub(super) fn no_device(call: &Call) -> Option<Diagnostic> {
    let directory = call.directory.ancestors().find(|directory| {
        directory.join(FILE).is_file() || directory.join(appliance::FILE).is_file()
    })?;
    if directory.join(appliance::FILE).is_file() {
        return None;
    }
    let fleet = Fleet::read(&directory.join(FILE)).ok()?;
    let all: Vec<String> = fleet.devices.iter().map(|it| it.name.clone()).collect();
    Some(
        Diagnostic::error("no device is named")
            .note(format!("{FILE} has {}", names(&all)))
            .help(format!(
                "name it: `--device {}`; with several of them one is tested after the other",
                all[0]
            )),
    )
}

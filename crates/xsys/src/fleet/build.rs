//! Makes the cards of a fleet.
//!
//! Systems are made once each and kept in memory; devices are stamped from them in parallel. Each device's files are
//! complete or absent at any moment (`appliance/output`), and a lock excludes a second builder.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::sync::{Mutex, PoisonError};

use rayon::prelude::*;
use xsys_diag::Diagnostic;

use super::compile::{self, Compiled};
use super::description::{Device, FILE, Fleet};
use super::places::{self, output};
use super::prepare::{Kind, Prepared};
use super::removed;
use super::summary;
use super::told::{Told, names};
use crate::appliance::Image;
use crate::appliance::output::Lock;
use crate::appliance::revision::Revision;
use crate::appliance::root;
use crate::appliance::stamp::Card;
use crate::appliance::system::System;
use crate::cli::Call;
use crate::cli::FleetBuildArgs;
use crate::error::{Failure, Result, file};
use crate::render;
use crate::ui::{StampProgress, bytes};

/// The result for the devices.
#[derive(Default)]
pub(crate) struct Outcome {
    pub images: BTreeMap<String, Image>,
    pub failed: Vec<String>,
    /// Whether writing the summary, or removing old devices, failed.
    pub unfinished: Option<Failure>,
}

/// Checks the named devices, or all, and makes their cards.
pub(crate) fn build(call: &Call, fleet: &Fleet, args: &FleetBuildArgs) -> Result<Outcome> {
    let devices = fleet.select(&args.devices)?;
    places::is_nobody_elses(fleet, &places::out(call, fleet)?)?;
    let prepared = Prepared::new(call, fleet, &devices, &args.cargo_flags())?;
    make(call, &prepared, args)
}

/// Makes the cards of the devices that were checked.
pub(crate) fn make(call: &Call, prepared: &Prepared<'_>, args: &FleetBuildArgs) -> Result<Outcome> {
    let cargo_flags = args.cargo_flags();
    let fleet = prepared.fleet;
    let out = prepared.out();
    let mut outcome = Outcome {
        failed: prepared.broken.iter().cloned().collect(),
        ..Outcome::default()
    };
    if !prepared.kinds.is_empty() {
        let compiled = compile::compile(call, prepared, &cargo_flags)?;
        std::fs::create_dir_all(&out).map_err(|error| file("create", &out, &error))?;
        let _lock = Lock::take(call.ui, &out.join(".lock"))?;
        stamp(call, prepared, &compiled, args, &out, &mut outcome)?;
        let swept = match args.devices.is_empty() {
            true => removed::sweep(call.ui, fleet, &out),
            false => Ok(()),
        };
        // The results of the devices are reported in any case.
        outcome.unfinished = swept.and_then(|()| summary::write(fleet, &out)).err();
    }
    Ok(outcome)
}

fn stamp(
    call: &Call,
    prepared: &Prepared<'_>,
    compiled: &Compiled,
    args: &FleetBuildArgs,
    out: &Path,
    outcome: &mut Outcome,
) -> Result<()> {
    let pool = rayon::ThreadPoolBuilder::new().num_threads(args.jobs.unwrap_or(0));
    let pool = pool
        .build()
        .map_err(|error| Diagnostic::error(format!("cannot start threads: {error}")))?;
    let kept = out.join(".systems");
    let systems: Vec<(&Kind, System)> = pool.install(|| {
        let kinds: Vec<_> = prepared.kinds.iter().collect();
        let made = kinds.into_par_iter().map(|(kind, (chosen, _))| {
            let programs = kind.programs.iter();
            let programs = programs
                .flat_map(|name| &compiled.programs[&(kind.target.clone(), name.clone())])
                .cloned()
                .collect();
            let init = &compiled.inits[&kind.target];
            let files = root::files(&prepared.alike(kind))?;
            let system = System::make(chosen.clone(), programs, init, &files, Some(&kept))?;
            Ok((kind, system))
        });
        made.collect::<Result<_>>()
    })?;
    let work: Vec<(&Device, &System)> = systems
        .iter()
        .flat_map(|(kind, system)| {
            let devices = prepared.kinds[*kind].1.iter();
            devices.map(move |device| (*device, system))
        })
        .collect();
    if args.devices.is_empty() {
        prune(&kept, systems.iter().map(|(_, system)| system));
    }
    let told = Mutex::new(Told::default());
    let outcome = Mutex::new(outcome);
    let progress = StampProgress::new(call.ui, work.len());
    let version = &prepared.fleet.version;
    let source = Revision::of(&prepared.fleet.directory().join(FILE));
    pool.install(|| {
        work.par_iter().for_each(|(device, system)| {
            progress.start(&device.name);
            let card = Card {
                name: &device.name,
                version,
                description: &device.description,
                system,
                target: &device.target,
                directory: Some(&device.name),
                source: source.as_ref(),
            };
            let output = output(prepared.fleet, out, &device.name);
            let made = output.create().and_then(|()| card.make(&output));
            match made {
                Ok(image) => {
                    progress.done(&device.name, &said(&image));
                    locked(&outcome).images.insert(device.name.clone(), image);
                }
                Err(failure) => {
                    progress.done(&device.name, "failed");
                    locked(&told).add(&device.name, failure.diagnostics);
                    locked(&outcome).failed.push(device.name.clone());
                }
            }
        });
    });
    drop(progress);
    let problems: Vec<Diagnostic> = told
        .into_inner()
        .unwrap_or_else(PoisonError::into_inner)
        .all(work.len())
        .collect();
    render::show(&call.ui, &problems);
    Ok(())
}

fn said(image: &Image) -> String {
    match image.unchanged {
        true => "unchanged".to_owned(),
        false => format!("{} of {} to write", bytes(image.mapped), bytes(image.size)),
    }
}

fn locked<T>(mutex: &Mutex<T>) -> std::sync::MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

/// Removes archives of systems that no device uses any more.
fn prune<'s>(kept: &Path, systems: impl Iterator<Item = &'s System>) {
    let used: Vec<PathBuf> = systems.flat_map(|system| system.kept.clone()).collect();
    for entry in std::fs::read_dir(kept).into_iter().flatten().flatten() {
        if !used.contains(&entry.path()) {
            // If that fails, there is one file too many, no more.
            let _ = std::fs::remove_file(entry.path());
        }
    }
}

impl Outcome {
    /// A one-line summary.
    pub(crate) fn tell(&mut self, call: &Call, out: &Path) {
        self.failed.sort();
        let written = self
            .images
            .values()
            .filter(|image| !image.unchanged)
            .count();
        let unchanged = self.images.len() - written;
        let mut parts = vec![format!("{written} written")];
        if unchanged > 0 {
            parts.push(format!("{unchanged} unchanged"));
        }
        if !self.failed.is_empty() {
            parts.push(format!(
                "{} failed: {}",
                self.failed.len(),
                names(&self.failed)
            ));
        }
        let text = format!("{}  {}", out.display(), parts.join(", "));
        call.ui.status("Fleet", &text);
    }
}

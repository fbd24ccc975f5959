//! Programs and inits of a fleet: each is built once for each target that needs it.
//!
//! Programs that are built alike share a call of cargo. Calls are made one after the other, so that cargo's output
//! stays readable; what they made is read at once, because the next call may overwrite it (a package with other
//! features).

use std::collections::{BTreeMap, BTreeSet};
use std::ffi::OsString;

use clap::Parser;
use xsys_diag::Diagnostic;

use super::prepare::{Prepared, Program};
use crate::appliance::{crates, init, system};
use crate::cli::Call;
use crate::cli::{BuildArgs, Cli, Command};
use crate::driver::cargo;
use crate::driver::plan::Plan;
use crate::error::{Failure, Result};
use crate::linker;
use crate::project::verb::Verb;

/// What was built.
pub(super) struct Compiled {
    /// Executables, by target and name of the program.
    pub programs: BTreeMap<(String, String), Vec<system::Program>>,
    /// By target.
    pub inits: BTreeMap<String, system::Program>,
}

/// Builds what the working devices need.
pub(super) fn compile(
    call: &Call,
    prepared: &Prepared<'_>,
    cargo_flags: &[OsString],
) -> Result<Compiled> {
    let mut needed: BTreeMap<&String, BTreeSet<&String>> = BTreeMap::new();
    for kind in prepared.kinds.keys() {
        let programs = needed.entry(&kind.target).or_default();
        programs.extend(&kind.programs);
    }
    let mut compiled = Compiled {
        programs: BTreeMap::new(),
        inits: BTreeMap::new(),
    };
    for (target, names) in needed {
        let programs = names
            .into_iter()
            .map(|name| (name, &prepared.programs[name]));
        for group in groups(programs) {
            let args = arguments(target, &group, cargo_flags)?;
            let mut built = build(call, prepared, &args)?;
            for (name, program) in group {
                let own = built.extract_if(.., |it| program.bins.contains(&it.name));
                let own: Vec<_> = own.collect();
                compiled
                    .programs
                    .insert((target.clone(), name.clone()), own);
            }
        }
        let init = init::build(call, &prepared.targets[target])?;
        compiled.inits.insert(target.clone(), init);
    }
    Ok(compiled)
}

/// Programs that one call of cargo builds: of one profile, and each package once.
fn groups<'p>(
    programs: impl Iterator<Item = (&'p String, &'p Program)>,
) -> Vec<Vec<(&'p String, &'p Program)>> {
    let mut groups: Vec<Vec<(&String, &Program)>> = Vec::new();
    for (name, program) in programs {
        let fits = |group: &&mut Vec<(&String, &Program)>| {
            group.iter().all(|(_, other)| {
                other.profile == program.profile
                    && other.default_features == program.default_features
                    && other.all == program.all
                    && other.package.name() != program.package.name()
            })
        };
        match groups.iter_mut().find(fits) {
            Some(group) => group.push((name, program)),
            None => groups.push(vec![(name, program)]),
        }
    }
    groups
}

fn arguments(
    target: &str,
    group: &[(&String, &Program)],
    cargo_flags: &[OsString],
) -> Result<BuildArgs> {
    let mut words: Vec<OsString> = ["xsys", "build", "--target", target, "--"]
        .map(OsString::from)
        .to_vec();
    let mut push = |flag: &str, value: &str| words.extend([flag.into(), value.into()]);
    for (number, (_, program)) in group.iter().enumerate() {
        let package = program.package.name();
        if number == 0 {
            push("--profile", &program.profile);
        }
        push("--package", package);
        for feature in &program.features {
            let feature = match feature.contains('/') {
                true => feature.clone(),
                false => format!("{package}/{feature}"),
            };
            push("--features", &feature);
        }
        for bin in program.bins.iter().filter(|_| !program.all) {
            push("--bin", bin);
        }
    }
    if group.iter().any(|(_, program)| !program.default_features) {
        words.push("--no-default-features".into());
    }
    words.extend(cargo_flags.iter().cloned());
    match Cli::try_parse_from(words).map(|cli| cli.command) {
        Ok(Command::Build(mut args)) => {
            args.programs_only = true;
            Ok(args)
        }
        _ => Err(
            Diagnostic::error("the programs cannot be built: cargo's flags are not known").into(),
        ),
    }
}

fn build(call: &Call, prepared: &Prepared<'_>, args: &BuildArgs) -> Result<Vec<system::Program>> {
    let plans = Plan::make(
        &call.ui,
        Verb::Build,
        args,
        call.toolchain.as_deref(),
        prepared.fleet.directory(),
    )?;
    let alone = plans.len() == 1;
    let mut programs = Vec::new();
    for plan in &plans {
        let built = cargo::build(&call.ui, plan, alone)?;
        if built.code != 0 {
            // cargo has reported the error.
            return Err(Failure::silent(built.code));
        }
        let known = crates::of(&call.ui, plan)?;
        for path in &built.programs {
            programs.push(system::Program::read(path, &known)?);
        }
        linker::report::prune_reports(&plan.project.reports());
    }
    Ok(programs)
}

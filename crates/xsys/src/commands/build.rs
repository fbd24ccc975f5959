//! `xsys build`: sysroot, cargo, images, report.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use xsys_diag::Diagnostic;

use crate::appliance::{self, Appliance, bare::Bare};
use crate::cli::BuildArgs;
use crate::cli::Call;
use crate::driver::cargo::{self, Built};
use crate::driver::plan::Plan;
use crate::driver::report::{self, Times};
use crate::error::{Failure, Result};
use crate::images::{self, Output};
use crate::linker;
use crate::project::verb::Verb;
use crate::ui::{self, Ui};

pub(super) fn run(call: &Call, args: &BuildArgs) -> Result<u8> {
    build(call, args).map_err(Failure::into_build)
}

fn build(call: &Call, args: &BuildArgs) -> Result<u8> {
    let mut ui = call.ui;
    let plans = appliance::plans(call, Verb::Build, args)?;
    let alone = plans.len() == 1;
    let mut failure = Failure::silent(0);
    for (plan, appliances) in &plans {
        ui.quiet |= plan.flags.quiet;
        let bare = match plan.project.links(&plan.flags) && !args.programs_only {
            true => Bare::prepare(&plan.project, &plan.target)?,
            false => Vec::new(),
        };
        let done = match cargo::build(&ui, plan, alone)? {
            // cargo has reported the error.
            built if built.code != 0 => Err(Failure::silent(built.code)),
            built => images(&ui, plan, &built)
                .and_then(|()| cards(call, ui, plan, &built, (appliances, &bare))),
        };
        if let Err(mut more) = done {
            failure.diagnostics.append(&mut more.diagnostics);
            failure.code = failure.code.max(more.code);
            if !plan.flags.keep_going {
                break;
            }
        }
    }
    if let Some((plan, _)) = plans.first().filter(|_| !alone) {
        cargo::tell_finished(plan, failure.code == 0);
    }
    if failure.code == 0 {
        Ok(0)
    } else {
        Err(failure)
    }
}

/// Makes the cards of packages that are appliances.
fn cards(
    call: &Call,
    ui: Ui,
    plan: &Plan,
    built: &Built,
    (appliances, bare): (&[Appliance], &[Bare]),
) -> Result<()> {
    let call = Call { ui, ..call.clone() };
    for appliance in appliances {
        if let Some(image) = appliance.make(&call, plan, &built.programs)? {
            appliance::tell(ui, &image);
        }
    }
    for package in bare {
        for image in package.make(&call, plan, &built.programs)? {
            appliance::tell(ui, &image);
        }
    }
    Ok(())
}

/// Makes the images and pages of what was built, and reports them.
fn images(ui: &Ui, plan: &Plan, built: &Built) -> Result<()> {
    let times = Times {
        sysroot: Some(plan.sysroot_time),
        cargo: Some(built.time),
        linker: plan.linker.other(),
    };
    let reports = plan.project.reports();
    let mut problems = Vec::new();
    let mut pages = match pages(plan, built) {
        Ok(pages) => pages,
        Err(problem) => {
            problems.push(problem);
            BTreeMap::new()
        }
    };
    for program in &built.programs {
        let outputs = images::write_all(program, &plan.emits, 0).map(|mut outputs| {
            outputs.append(&mut pages.remove(program).unwrap_or_default());
            outputs
        });
        match outputs {
            Ok(outputs) if plan.flags.wants_json() => {
                ui::answer(&report::to_json(&outputs, &reports, &times).to_string());
            }
            Ok(outputs) => report::tell(ui, &outputs, &reports, &times),
            Err(mut more) => problems.append(&mut more),
        }
    }
    for library in &built.libraries {
        let outputs = [images::library(library)?];
        if plan.flags.wants_json() {
            ui::answer(&report::to_json(&outputs, &reports, &times).to_string());
        } else {
            report::tell(ui, &outputs, &reports, &times);
        }
    }
    linker::report::prune_reports(&reports);
    if problems.is_empty() {
        Ok(())
    } else {
        Err(problems.into())
    }
}

/// What pages load, by the programs that it was made of.
fn pages(
    plan: &Plan,
    built: &Built,
) -> std::result::Result<BTreeMap<PathBuf, Vec<Output>>, Diagnostic> {
    let Some(web) = &plan.web else {
        return Ok(BTreeMap::new());
    };
    let directory = |program| {
        built
            .packages
            .get(program)
            .map_or(Path::new(""), PathBuf::as_path)
    };
    let programs = built.programs.iter();
    let programs: Vec<_> = programs
        .map(|program| (program.as_path(), directory(program)))
        .collect();
    web.make(&programs, &plan.project)
}

//! `xsys build`: sysroot, cargo, images, report.

use crate::appliance::{self, bare::Bare};
use crate::cli::BuildArgs;
use crate::commands::Call;
use crate::driver::cargo::{self, Built};
use crate::driver::emit;
use crate::driver::plan::{Plan, Verb};
use crate::driver::report::{self, Times};
use crate::error::{Failure, Result};
use crate::linker;
use crate::ui::{self, Ui};

pub fn run(call: &Call, args: &BuildArgs) -> Result<u8> {
    build(call, args).map_err(Failure::into_build)
}

fn build(call: &Call, args: &BuildArgs) -> Result<u8> {
    let mut ui = call.ui;
    let plans = Plan::make(
        &ui,
        Verb::Build,
        args,
        call.toolchain.as_deref(),
        &call.folder,
    )?;
    let alone = plans.len() == 1;
    let mut failure = Failure::silent(0);
    for plan in &plans {
        ui.quiet |= plan.flags.quiet;
        let bare = match plan.project.links(&plan.flags) && !args.programs_only {
            true => Bare::prepare(&plan.project, &plan.target)?,
            false => Vec::new(),
        };
        let done = match cargo::build(&ui, plan, alone)? {
            // cargo has told what was wrong.
            built if built.code != 0 => Err(Failure::silent(built.code)),
            built => images(&ui, plan, &built).and_then(|()| cards(call, ui, plan, &built, &bare)),
        };
        if let Err(mut more) = done {
            failure.diagnostics.append(&mut more.diagnostics);
            failure.code = failure.code.max(more.code);
            if !plan.flags.keep_going {
                break;
            }
        }
    }
    if let Some(plan) = plans.first().filter(|_| !alone) {
        cargo::tell_finished(plan, failure.code == 0);
    }
    if failure.code == 0 {
        Ok(0)
    } else {
        Err(failure)
    }
}

/// Makes the cards of packages that are appliances.
fn cards(call: &Call, ui: Ui, plan: &Plan, built: &Built, bare: &[Bare]) -> Result<()> {
    let call = Call { ui, ..call.clone() };
    for appliance in &plan.appliances {
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

/// Makes the images of what was built, and tells what there is now.
fn images(ui: &Ui, plan: &Plan, built: &Built) -> Result<()> {
    let times = Times {
        sysroot: Some(plan.sysroot_time),
        cargo: Some(built.time),
        linker: plan.linker.other(),
    };
    let reports = plan.project.reports();
    let mut problems = Vec::new();
    for program in &built.programs {
        match emit::write_all(program, &plan.emits, 0) {
            Ok(outputs) if plan.flags.wants_json() => {
                ui::answer(&report::to_json(&outputs, &reports, &times).to_string());
            }
            Ok(outputs) => report::tell(ui, &outputs, &reports, &times),
            Err(mut more) => problems.append(&mut more),
        }
    }
    for library in &built.libraries {
        let outputs = [emit::library(library)?];
        if plan.flags.wants_json() {
            ui::answer(&report::to_json(&outputs, &reports, &times).to_string());
        } else {
            report::tell(ui, &outputs, &reports, &times);
        }
    }
    linker::prune_reports(&reports);
    if problems.is_empty() {
        Ok(())
    } else {
        Err(problems.into())
    }
}

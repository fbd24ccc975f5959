//! `xsys build`: sysroot, cargo, images, report.

use crate::cli::BuildArgs;
use crate::commands::Call;
use crate::driver::plan::{Plan, Verb};
use crate::driver::report::{self, Times};
use crate::driver::{cargo, emit};
use crate::error::{Failure, Result};
use crate::linker;
use crate::ui;

pub fn run(call: &Call, args: &BuildArgs) -> Result<u8> {
    build(call, args).map_err(Failure::into_build)
}

fn build(call: &Call, args: &BuildArgs) -> Result<u8> {
    let mut ui = call.ui;
    let plan = Plan::make(
        &ui,
        Verb::Build,
        args,
        call.toolchain.as_deref(),
        &call.folder,
    )?;
    ui.quiet |= plan.flags.quiet;
    let built = cargo::build(&ui, &plan)?;
    if built.code != 0 {
        // cargo has told what was wrong.
        return Err(Failure::silent(built.code));
    }
    let times = Times {
        sysroot: Some(plan.sysroot_time),
        cargo: Some(built.time),
    };
    let reports = plan.project.reports();
    let mut problems = Vec::new();
    for program in &built.programs {
        match emit::write_all(program, &plan.emits, 0) {
            Ok(outputs) if plan.flags.wants_json() => {
                ui::answer(&report::to_json(&outputs, &reports, &times).to_string());
            }
            Ok(outputs) => report::tell(&ui, &outputs, &reports, &times),
            Err(mut more) => problems.append(&mut more),
        }
    }
    linker::prune_reports(&reports);
    if problems.is_empty() {
        Ok(0)
    } else {
        Err(problems.into())
    }
}

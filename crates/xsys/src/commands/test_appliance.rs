//! `xsys test --appliance`: builds an appliance, boots it, and lets a command on this machine test it.

use xsys_diag::Diagnostic;

use crate::appliance;
use crate::appliance::bench::Options;
use crate::cli::{CargoFlags, TestArgs};
use crate::commands::{Call, fleet, run};
use crate::error::{Failure, Result};
use crate::project::verb::Verb;

pub(super) fn run(call: &Call, args: &TestArgs) -> Result<u8> {
    if !args.device.is_empty() {
        return fleet::test(call, args).map_err(Failure::into_build);
    }
    go(call, args).map_err(Failure::into_build)
}

fn go(call: &Call, args: &TestArgs) -> Result<u8> {
    // cargo's flags are for the appliance's programs; arguments after `--` are not passed to them.
    let flags = CargoFlags::read(&args.build.cargo);
    if flags.packages.is_empty()
        && flags.manifest_path.is_none()
        && let Some(problem) = fleet::no_device(call)
    {
        return Err(problem.into());
    }
    let mut build = args.build.clone();
    build.cargo = flags.flags;
    let plan = appliance::plans(call, Verb::Run, &build)?.pop();
    let Some((plan, appliance)) = plan
        .as_ref()
        .and_then(|(plan, appliances)| Some((plan, appliances.last()?)))
    else {
        return Err(Diagnostic::error("there is no appliance to test")
            .note("a package is one by an `appliance.toml` beside its Cargo.toml")
            .help("choose the package with `-p NAME`, or make one: `xsys new NAME --appliance`")
            .into());
    };
    let bench = appliance.bench(&Options {
        keep_data: args.keep_data,
        ready_within: args.time_limit,
        command: flags.program,
    })?;
    let image = run::make_appliance(call, plan, appliance)?;
    appliance.test(call.ui, &image, &bench)
}

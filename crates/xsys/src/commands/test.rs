//! `xsys test` and `bench`: cargo's, run the way the target's programs are run.

use crate::cli::{BuildArgs, WasmArgs};
use crate::commands::{Call, run};
use crate::driver::cargo;
use crate::driver::plan::Plan;
use crate::error::{Failure, Result};
use crate::project::verb::Verb;

/// `time_limit`: the seconds that a test may take, where the command line says so.
pub(super) fn run(
    call: &Call,
    verb: Verb,
    build: &BuildArgs,
    wasm: &WasmArgs,
    time_limit: Option<u64>,
) -> Result<u8> {
    go(call, verb, build, wasm, time_limit).map_err(Failure::into_build)
}

fn go(
    call: &Call,
    verb: Verb,
    build: &BuildArgs,
    wasm: &WasmArgs,
    time_limit: Option<u64>,
) -> Result<u8> {
    let toolchain = call.toolchain.as_deref();
    let plans = Plan::make(&call.ui, verb, build, toolchain, &call.directory)?;
    let mut code = 0;
    for plan in &plans {
        let launch = run::launch(&plan.target, plan)?;
        let wasm = run::engine_options(wasm, &launch)?;
        let mut context = run::context(call, plan, launch, wasm, false, false);
        context.time_limit = time_limit.or(context.time_limit);
        code = code.max(cargo::build_and_run(&call.ui, plan, verb, &context)?);
        if code != 0 && !plan.flags.keep_going {
            break;
        }
    }
    Ok(code)
}

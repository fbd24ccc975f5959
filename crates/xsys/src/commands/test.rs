//! `xsys test`: cargo's tests, run the way the target's programs are run.

use crate::cli::TestArgs;
use crate::commands::{Call, run};
use crate::driver::cargo;
use crate::driver::plan::{Plan, Verb};
use crate::error::{Failure, Result};

pub fn run(call: &Call, args: &TestArgs) -> Result<u8> {
    go(call, args).map_err(Failure::into_build)
}

fn go(call: &Call, args: &TestArgs) -> Result<u8> {
    let plans = Plan::make(
        &call.ui,
        Verb::Test,
        &args.build,
        call.toolchain.as_deref(),
        &call.folder,
    )?;
    let mut code = 0;
    for plan in &plans {
        let launch = run::launch(&plan.target, plan)?;
        let wasm = run::engine_options(&args.wasm, &launch)?;
        let context = run::context(call, plan, launch, wasm, false, false);
        code = code.max(cargo::build_and_run(&call.ui, plan, Verb::Test, &context)?);
        if code != 0 && !plan.flags.keep_going {
            break;
        }
    }
    Ok(code)
}

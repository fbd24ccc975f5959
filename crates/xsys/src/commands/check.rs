//! `xsys check`, `clippy` and `doc`: cargo's, for the target. Nothing is linked or made into images.

use crate::cli::Call;
use crate::cli::{BuildArgs, CompileArgs};
use crate::driver::cargo;
use crate::driver::plan::Plan;
use crate::error::{Failure, Result};
use crate::project::verb::Verb;

pub(super) fn run(call: &Call, verb: Verb, args: CompileArgs) -> Result<u8> {
    go(call, verb, &args.against.into_build(args.cargo)).map_err(Failure::into_build)
}

fn go(call: &Call, verb: Verb, args: &BuildArgs) -> Result<u8> {
    let toolchain = call.toolchain.as_deref();
    let mut code = 0;
    for plan in Plan::make(&call.ui, verb, args, toolchain, &call.directory)? {
        code = code.max(cargo::check(&call.ui, &plan, verb)?);
        if code != 0 && !plan.flags.keep_going {
            break;
        }
    }
    Ok(code)
}

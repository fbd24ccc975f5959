//! `xsys setup`: cargo's configuration, so that plain cargo builds a project for its target.

use xsys_diag::Diagnostic;
use xsys_target::Kind;

use crate::cli::Call;
use crate::cli::{BuildArgs, SetupArgs};
use crate::commands::init::write;
use crate::driver::plain_cargo;
use crate::driver::plan::Plan;
use crate::error::Result;
use crate::project::verb::Verb;
use crate::render;

pub(super) fn run(call: &Call, args: &SetupArgs) -> Result<u8> {
    let build = BuildArgs {
        what: args.what.clone().into(),
        crates: args.crates,
        ..BuildArgs::default()
    };
    let toolchain = call.toolchain.as_deref();
    let plans = Plan::make(&call.ui, Verb::Check, &build, toolchain, &call.directory)?;
    let [plan] = plans.as_slice() else {
        return Err(Diagnostic::error("several targets are named")
            .help("give one: `--board NAME`, `--target TRIPLE` or `--target-spec FILE.json`")
            .into());
    };
    let path = plan.project.workspace_root.join(".cargo/config.toml");
    let text = std::fs::read_to_string(&path).unwrap_or_default();
    let new = plain_cargo::configured(&path, &text, plan)?;
    if !write(call, &path, &text, &new)? {
        call.ui.status("Kept", "everything: nothing is missing");
        return Ok(0);
    }
    call.ui
        .status("Note", "the file names a directory of this machine: `xsys setup` again elsewhere, and for another compiler");
    if plan.target.kind == Kind::Json && !plan.toolchain.rustc.release().contains("nightly") {
        let problem = Diagnostic::warning("cargo takes target-spec files on nightly alone")
            .help("set RUSTC_BOOTSTRAP=1 where plain cargo is called, or use `xsys build`");
        render::show(&call.ui, &[problem]);
    }
    Ok(0)
}

//! Who links what a build runs on this machine itself: build scripts and procedural macros.
//!
//! Problem: cargo builds them for the host, and rustc links for the host with `cc`. On a machine without a C compiler
//! that is the end of nearly every build, whatever its target needs. There `xsys-cc` takes the place of `cc`. With a
//! compiler, or with a linker in the user's settings, everything stays as it is.

use std::process::Command;
use std::sync::Once;

use crate::driver::plan::Plan;
use crate::error::Result;
use crate::own_program::instead_of_cc;
use crate::project::cargo_config::CargoConfig;
use crate::ui::Ui;

/// Makes cargo link for the host with `xsys-cc`, where that is needed; says so once.
pub(crate) fn put(command: &mut Command, ui: &Ui, plan: &Plan) -> Result<()> {
    let host = plan.toolchain.rustc.host();
    // For a build of the host, the target's own linker links these, too.
    if plan.is_for_host() {
        return Ok(());
    }
    let Some(linker) = instead_of_cc(host) else {
        return Ok(());
    };
    let project = &plan.project.directory;
    let config = CargoConfig::load(project, &plan.toolchain.cargo, &plan.flags)?;
    if is_set(&config, host) {
        return Ok(());
    }
    command.env(variable(host), linker);
    static SAID: Once = Once::new();
    SAID.call_once(|| {
        ui.status(
            "Linking",
            "build scripts and procedural macros with xsys-cc, as this machine has no `cc`",
        );
    });
    Ok(())
}

/// The user's settings name a linker for the host.
fn is_set(config: &CargoConfig, host: &str) -> bool {
    config.text(&["target", host, "linker"]).is_some()
        || config.conditional("linker").next().is_some()
}

/// The variable in which cargo finds the linker of a target (the Cargo Book, "Environment Variables").
fn variable(host: &str) -> String {
    let name = host.to_uppercase().replace('-', "_");
    format!("CARGO_TARGET_{name}_LINKER")
}

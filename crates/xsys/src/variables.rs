//! Environment variables between the processes of one command: `xsys` sets them for cargo, and reads them when cargo
//! and rustc call it back as compiler, linker and runner. Programs that are run must not see them.

use std::process::Command;

/// How the runner is to start programs, as JSON.
pub(crate) const RUN: &str = "XSYS_RUN";

/// Names the directory for the linker's reports.
pub(crate) const LINK_REPORT: &str = "XSYS_LINK_REPORT";

/// Names the directory for records of what links were made of.
pub(crate) const LINK_RECORD: &str = "XSYS_LINK_RECORD";

/// Carries `--color` from the command that started cargo.
pub(crate) const COLOR: &str = "XSYS_COLOR";

/// Carries `--error-format` the same way.
pub(crate) const ERROR_FORMAT: &str = "XSYS_ERROR_FORMAT";

/// Names the target of a link for another machine, as build scripts know it.
pub(crate) const TARGET: &str = "XSYS_TARGET";

/// Names a directory where every link leaves its inputs and arguments (`--reproduce`), to examine a link that cargo has
/// asked for. Set by people.
pub(crate) const REPRODUCE: &str = "XSYS_REPRODUCE";

/// Names the real compiler, if cargo is given this program in its place.
pub(crate) const RUSTC: &str = "XSYS_RUSTC";

/// The value of `--target` for which the compiler may use unstable options.
pub(crate) const UNSTABLE_TARGET: &str = "XSYS_UNSTABLE_TARGET";

/// Makes cargo accept its unstable options.
pub(crate) const CARGO_CHANNEL: &str = "__CARGO_TEST_CHANNEL_OVERRIDE_DO_NOT_USE_THIS";

/// The user's wrapper of rustc, which is called after ours.
pub(crate) const RUSTC_WRAPPER: &str = "XSYS_RUSTC_WRAPPER";

/// Names the file with what artifact dependencies for other targets are compiled with.
pub(crate) const ARTIFACTS: &str = "XSYS_ARTIFACTS";

/// Variables that only cargo and xsys may see.
const OURS: [&str; 11] = [
    RUN,
    LINK_REPORT,
    LINK_RECORD,
    COLOR,
    ERROR_FORMAT,
    TARGET,
    RUSTC,
    UNSTABLE_TARGET,
    CARGO_CHANNEL,
    RUSTC_WRAPPER,
    ARTIFACTS,
];

/// Removes them from a program's environment.
pub(crate) fn hide(command: &mut Command) {
    for name in OURS {
        command.env_remove(name);
    }
}

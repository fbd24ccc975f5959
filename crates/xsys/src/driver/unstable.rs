//! Allows unstable options on a stable toolchain, for the target and for nothing else.
//!
//! Target specs need `-Z` options of cargo and of rustc. `RUSTC_BOOTSTRAP=1` around all of cargo would allow them, but
//! proc-macro2 and many others are built again when that variable changes: people who build alternately for a JSON
//! target and for a triple, or for this machine, would compile every procedural macro each time, and build scripts
//! would detect features that do not exist without us. So cargo gets the variable that its own tests use, and rustc is
//! called through this program, which sets the variable for the target only. Targets of artifact dependencies get their
//! own flags in the same way ([`super::artifacts`]).

use std::ffi::{OsStr, OsString};
use std::path::{Path, PathBuf};
use std::process::{Command, ExitCode};

use xsys_diag::Diagnostic;
use xsys_target::Kind;

use crate::driver::artifacts;
use crate::driver::plan::Plan;
use crate::error::{self, Result};
use crate::own_program::link;
use crate::programs::become_it;
use crate::variables;

/// The name of this program as a wrapper.
pub(crate) const WRAPPER_NAME: &str = "xsys-rustc-wrapper";

const BOOTSTRAP: &str = "RUSTC_BOOTSTRAP";

/// Prepares a call of cargo. `by_driver` is for commands with a compiler of their own, such as clippy, which only a
/// wrapper can replace.
pub(crate) fn allow(command: &mut Command, plan: &Plan, by_driver: bool) -> Result<()> {
    if plan.needs_bootstrap() && plan.target.kind == Kind::Json {
        command.env(variables::CARGO_CHANNEL, "nightly");
    }
    let bootstrap = plan.needs_bootstrap() && !plan.toolchain.rustc.is_nightly();
    let directory = plan.project.target_dir.join("xsys");
    if !plan.artifacts.is_empty() {
        let table = plan.artifacts.write(&directory.join("artifacts"))?;
        command.env(variables::ARTIFACTS, table);
        if by_driver {
            wrap(command, &directory.join("bin"))?;
        }
    } else if !bootstrap {
        return Ok(());
    }
    let rustc = plan.toolchain.rustc.program();
    let bin = directory.join("bin");
    match ["rustc", "rustdoc"].map(|name| link(&bin, name)) {
        [Ok(own_rustc), Ok(own_rustdoc)] if !by_driver => {
            command.env("RUSTC", own_rustc).env("RUSTDOC", own_rustdoc);
            command.env(variables::RUSTC, rustc);
            if bootstrap {
                command.env(variables::UNSTABLE_TARGET, as_cargo_names(plan));
            }
        }
        [Err(error), _] if !plan.artifacts.is_empty() => return Err(no_links(&error).into()),
        _ if bootstrap => drop(command.env(BOOTSTRAP, "1")),
        _ => {}
    }
    Ok(())
}

/// Makes cargo call all compilers through this program, and the user's wrapper after it.
fn wrap(command: &mut Command, bin: &Path) -> Result<()> {
    let own = link(bin, WRAPPER_NAME).map_err(|error| no_links(&error))?;
    if let Some(theirs) = std::env::var_os("RUSTC_WRAPPER").filter(|name| !name.is_empty()) {
        command.env(variables::RUSTC_WRAPPER, theirs);
    }
    command.env("RUSTC_WRAPPER", own);
    Ok(())
}

fn no_links(error: &std::io::Error) -> Diagnostic {
    Diagnostic::error("artifact dependencies for another target cannot be built here").note(
        format!(
            "rustc has to be called through a symbolic link to xsys, and there can be none: {}",
            error::reason(error)
        ),
    )
}

/// The value of rustc's `--target`: cargo passes on a file's name with symbolic links resolved.
fn as_cargo_names(plan: &Plan) -> OsString {
    let target = plan.cargo_target();
    match plan.target.kind {
        Kind::Json => Path::new(&target)
            .canonicalize()
            .map_or_else(|_| target.into(), OsString::from),
        Kind::Builtin => target.into(),
    }
}

/// Runs as rustc or rustdoc, depending on the name.
pub(crate) fn main(name: &str, args: &[OsString]) -> ExitCode {
    let ui = crate::ui::Ui::new(None, false);
    let mut args = args.to_vec();
    let rustc = match name {
        // cargo names the compiler; the user's wrapper is called before it.
        WRAPPER_NAME => std::env::var_os(variables::RUSTC_WRAPPER)
            .or_else(|| (!args.is_empty()).then(|| args.remove(0)))
            .map(PathBuf::from),
        _ => std::env::var_os(variables::RUSTC).map(PathBuf::from),
    };
    let Some(rustc) = rustc else {
        let problem = Diagnostic::error(format!(
            "this `{name}` is for cargo when `xsys` has started it"
        ))
        .help("call the toolchain's own compiler");
        crate::render::show(&ui, &[problem]);
        return ExitCode::from(2);
    };
    let program = rustc.with_file_name(format!("{name}{}", std::env::consts::EXE_SUFFIX));
    let program = if name == "rustdoc" { program } else { rustc };
    let redirected = artifacts::redirect(&mut args);
    let mut command = Command::new(&program);
    let target = std::env::var_os(variables::UNSTABLE_TARGET).unwrap_or_default();
    let unstable = redirected.as_ref().is_some_and(|it| it.unstable);
    if unstable || is_for(&args, &target) {
        command.env(BOOTSTRAP, "1");
    }
    command.args(args);
    command.envs(redirected.into_iter().flat_map(|it| it.environment));
    let failed = error::file("start", &program, &become_it(command));
    crate::render::show(&ui, &[failed]);
    ExitCode::FAILURE
}

/// Whether arguments, or those in a response file (one per line), name the target.
fn is_for(args: &[OsString], target: &OsStr) -> bool {
    if target.is_empty() {
        return false;
    }
    let named = |args: &[OsString]| {
        args.iter().enumerate().any(|(at, arg)| {
            let after = at > 0 && args[at - 1] == "--target";
            let mut joined = OsString::from("--target=");
            joined.push(target);
            (after && arg == target) || *arg == joined
        })
    };
    named(args)
        || args.iter().any(|arg| {
            let file = arg.to_str().and_then(|arg| arg.strip_prefix('@'));
            let text = file.and_then(|file| std::fs::read_to_string(file).ok());
            text.is_some_and(|text| named(&text.lines().map(OsString::from).collect::<Vec<_>>()))
        })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_target_is_found_in_all_spellings() {
        let directory = tempfile::tempdir().unwrap();
        let file = directory.path().join("args");
        std::fs::write(&file, "--crate-name\na\n--target\n/a b/t.json\n").unwrap();
        let response = format!("@{}", file.display());
        for (args, expected) in [
            (&["--target", "/a b/t.json"][..], true),
            (&["-v", "--target=/a b/t.json"], true),
            (&["--target", "other.json"], false),
            (&["/a b/t.json"], false),
            (&[response.as_str()], true),
            (&["@nothing"], false),
            (&[], false),
        ] {
            let args: Vec<OsString> = args.iter().map(OsString::from).collect();
            assert_eq!(
                is_for(&args, OsStr::new("/a b/t.json")),
                expected,
                "{args:?}"
            );
        }
    }
}

//! Every wasm target: built with its own standard library, linked and run.
//!
//! A folder of `cases/wasm-targets` is a project, and its `calls.toml` lists what is called there
//! and what comes of it. A call that `needs` a program which is not installed is left out, and the
//! log says so.

use std::path::Path;
use std::process::Command;
use std::sync::Arc;

use libtest_mimic::{Failed, Trial};
use serde::Deserialize;
use wasmparser::{Encoding, Parser, Payload, Validator, WasmFeatures};
use xsys_tests::order::{arguments, neighbours_apart};
use xsys_tests::project::{
    Place, cases, find_program, folders_in, run, rustc_sysroot, skip, without_settings, xsys,
    xsys_in,
};

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Case {
    call: Vec<Call>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
struct Call {
    /// Arguments of xsys, separated by spaces.
    line: String,
    /// Programs that it takes to run this.
    #[serde(default)]
    needs: Vec<String>,
    /// How often it is run: what depends on when threads begin shows by and by.
    #[serde(default = "once")]
    times: u32,
    #[serde(default)]
    code: i32,
    /// All that is printed, after a first line end.
    stdout: Option<String>,
    /// The end of what is printed.
    ends_with: Option<String>,
    /// A file that has to be a valid component.
    component: Option<String>,
    /// Whether that is what `wasm-component-ld` makes of our linker's module.
    #[serde(default)]
    same_as_wasm_component_ld: bool,
}

fn once() -> u32 {
    1
}

fn main() {
    let arguments = arguments();
    let mut trials = Vec::new();
    for name in folders_in(&cases("wasm-targets")) {
        let path = cases("wasm-targets").join(&name).join("calls.toml");
        let text = std::fs::read_to_string(&path)
            .unwrap_or_else(|error| panic!("{}: {error}", path.display()));
        let case: Case =
            toml::from_str(&text).unwrap_or_else(|error| panic!("{}: {error}", path.display()));
        for (at, call) in case.call.into_iter().enumerate() {
            let (title, name) = (format!("{name}::{}", call.line), name.clone());
            let call = Arc::new(call);
            trials.push(Trial::test(title, move || check(&name, at, &call)));
        }
    }
    libtest_mimic::run(&arguments, neighbours_apart(trials)).exit();
}

fn check(name: &str, at: usize, call: &Call) -> Result<(), Failed> {
    for program in &call.needs {
        if find_program(program).is_none() {
            skip(&call.line, &format!("`{program}` is not installed"));
            return Ok(());
        }
    }
    let place = Place::new("wasm-targets", &format!("{name}-{at}"));
    let project = place.copy(&cases("wasm-targets").join(name), "project");
    for _ in 0..call.times {
        let mut command = xsys_in(&project);
        command.args(call.line.split(' '));
        let ran = run(&mut command).ends_with(call.code);
        if let Some(expected) = &call.stdout
            && ran.stdout != *expected
        {
            return Err(format!("printed {:?} instead of {expected:?}", ran.stdout).into());
        }
        if let Some(end) = &call.ends_with
            && !ran.stdout.ends_with(end)
        {
            return Err(format!("printed {:?}", ran.stdout).into());
        }
    }
    if let Some(file) = &call.component {
        let component = read(&project.join(file))?;
        examine(&component)?;
        if call.same_as_wasm_component_ld {
            let target = call.line.rsplit(' ').next().unwrap_or_default();
            compare(&place, &project, target, &component, file)?;
        }
    }
    Ok(())
}

fn read(path: &Path) -> Result<Vec<u8>, Failed> {
    std::fs::read(path).map_err(|error| format!("{}: {error}", path.display()).into())
}

fn examine(component: &[u8]) -> Result<(), Failed> {
    let mut validator = Validator::new_with_features(WasmFeatures::all());
    validator.validate_all(component)?;
    match Parser::new(0).parse_all(component).next() {
        Some(Ok(Payload::Version {
            encoding: Encoding::Component,
            ..
        })) => Ok(()),
        _ => Err("it is no component".into()),
    }
}

/// Builds once more with rustc's own `wasm-component-ld`, which our linker is plugged into, and
/// compares the interfaces.
fn compare(
    place: &Place,
    project: &Path,
    target: &str,
    ours: &[u8],
    file: &str,
) -> Result<(), Failed> {
    let installed = rustc_sysroot().join("lib/rustlib").join(target);
    if !installed.is_dir() {
        skip(
            "wasm-component-ld",
            &format!("run `rustup target add {target}`"),
        );
        return Ok(());
    }
    let linker = xsys().with_file_name(format!("xsys-ld{}", std::env::consts::EXE_SUFFIX));
    let elsewhere = place.path("elsewhere");
    let mut cargo = Command::new("cargo");
    without_settings(&mut cargo);
    cargo
        .current_dir(project)
        .args(["build", "--release", "--target", target, "--target-dir"])
        .arg(&elsewhere)
        .env(
            "RUSTFLAGS",
            format!("-Clink-arg=--wasm-ld-path -Clink-arg={}", linker.display()),
        );
    run(&mut cargo).ends_with(0);
    let theirs = read(&elsewhere.join(file.trim_start_matches("target/")))?;
    examine(&theirs)?;
    let (ours, theirs) = (interface(ours)?, interface(&theirs)?);
    match ours == theirs {
        true => Ok(()),
        false => Err(format!("imports and exports {ours:#?} instead of {theirs:#?}").into()),
    }
}

/// Names, without versions, of what a component itself imports and exports.
fn interface(component: &[u8]) -> Result<Vec<String>, Failed> {
    let mut names = Vec::new();
    let mut depth = 0;
    for payload in Parser::new(0).parse_all(component) {
        match payload? {
            Payload::Version { .. } => depth += 1,
            Payload::End(_) => depth -= 1,
            Payload::ComponentImportSection(imports) if depth == 1 => {
                for import in imports {
                    names.push(format!("import {}", unversioned(import?.name.name)));
                }
            }
            Payload::ComponentExportSection(exports) if depth == 1 => {
                for export in exports {
                    names.push(format!("export {}", unversioned(export?.name.name)));
                }
            }
            _ => {}
        }
    }
    names.sort();
    Ok(names)
}

/// Adapters are as new as the tool that brings them.
fn unversioned(name: &str) -> &str {
    name.split('@').next().unwrap_or(name)
}

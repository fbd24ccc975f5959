//! Mistakes in a project whose tests cannot be built or run here, reported with what to write, before rustc reports
//! something less helpful.
//!
//! Without std there is one way to write tests: `#![no_std]` also in tests, and no `#![no_main]` there, because `main`
//! is the harness's. Crates with a harness of their own (`harness = false`, `#![test_runner]`) are left alone.

use std::collections::BTreeSet;
use std::ffi::OsString;
use std::path::Path;

use cargo_metadata::{Package, Target as CargoTarget, TargetKind};
use wasmparser::{Parser, Payload};
use xsys_diag::{Diagnostic, Source};
use xsys_sysroot::Toolchain;

use super::attributes::{Attribute, Setting, inner};
use crate::cli::CargoFlags;
use crate::error::{Result, file};
use crate::project::{self, Project};
use crate::ui::Ui;
use crate::web;

/// Which of cargo's targets flags ask for.
#[derive(Debug, Default)]
struct Wanted {
    any: bool,
    doc: bool,
    kinds: BTreeSet<&'static str>,
    names: BTreeSet<String>,
}

/// Checks what will be tested on a target without std. Returns additional arguments for cargo: those that leave out the
/// tests in documentation.
pub(crate) fn before(
    ui: &Ui,
    toolchain: &Toolchain,
    project: &Project,
    flags: &CargoFlags,
    machine: &str,
) -> Result<Vec<OsString>> {
    let wanted = Wanted::read(&flags.flags);
    if wanted.doc {
        return Err(no_doc_tests(machine).into());
    }
    let metadata = project::metadata(&project.directory, &toolchain.cargo, flags)?;
    let named = &flags.packages;
    let packages: Vec<&Package> = match metadata.root_package() {
        _ if !named.is_empty() => {
            let is_named = |package: &&Package| named.iter().any(|name| *name == *package.name);
            metadata.packages.iter().filter(is_named).collect()
        }
        Some(package) => vec![package],
        None => metadata.workspace_default_packages(),
    };
    let mut problems = Vec::new();
    for package in &packages {
        for target in package.targets.iter().filter(|target| wanted.has(target)) {
            if !own_harness(package, target) {
                problems.extend(examine(target, machine)?);
            }
        }
    }
    if !problems.is_empty() {
        return Err(problems.into());
    }
    if wanted.any {
        return Ok(Vec::new());
    }
    let documented = |target: &CargoTarget| target.doctest && target.is_lib();
    let any = packages
        .iter()
        .any(|package| package.targets.iter().any(documented));
    if any && !flags.quiet {
        ui.status("Skipping", "tests in documentation: they need std");
    }
    Ok(vec!["--tests".into()])
}

impl Wanted {
    fn read(flags: &[OsString]) -> Self {
        let mut wanted = Self::default();
        let mut words = flags.iter().map(|flag| flag.to_string_lossy());
        while let Some(word) = words.next() {
            let (flag, value) = match word.split_once('=') {
                Some((flag, value)) => (flag.to_owned(), Some(value.to_owned())),
                None => (word.into_owned(), None),
            };
            let kinds: &[&str] = match flag.as_str() {
                "--lib" => &["lib"],
                "--bins" => &["bin"],
                "--tests" | "--all-targets" => &["lib", "bin", "test"],
                "--doc" => {
                    wanted.doc = true;
                    &[]
                }
                "--bin" | "--test" => {
                    let kind = if flag == "--bin" { "bin" } else { "test" };
                    match value.or_else(|| words.next().map(Into::into)) {
                        Some(name) => drop(wanted.names.insert(format!("{kind} {name}"))),
                        None => drop(wanted.kinds.insert(kind)),
                    }
                    &[]
                }
                "--example" | "--examples" | "--bench" | "--benches" => &[],
                _ => continue,
            };
            wanted.any = true;
            wanted.kinds.extend(kinds);
        }
        wanted
    }

    fn has(&self, target: &CargoTarget) -> bool {
        let kind = match target.kind.first() {
            _ if !target.test || !target.required_features.is_empty() => return false,
            Some(TargetKind::Bin) => "bin",
            Some(TargetKind::Test) => "test",
            Some(
                TargetKind::Lib | TargetKind::RLib | TargetKind::StaticLib | TargetKind::CDyLib,
            ) => "lib",
            _ => return false,
        };
        !self.any
            || self.kinds.contains(kind)
            || self.names.contains(&format!("{kind} {}", target.name))
    }
}

/// Whether the manifest switches cargo's harness off.
fn own_harness(package: &Package, target: &CargoTarget) -> bool {
    let text = std::fs::read_to_string(&package.manifest_path).unwrap_or_default();
    let Ok(manifest) = text.parse::<toml::Table>() else {
        return false;
    };
    let off =
        |table: &toml::Value| table.get("harness").and_then(toml::Value::as_bool) == Some(false);
    let (section, named) = match target.kind.first() {
        Some(TargetKind::Bin) => ("bin", true),
        Some(TargetKind::Test) => ("test", true),
        _ => ("lib", false),
    };
    match manifest.get(section) {
        Some(toml::Value::Array(entries)) => entries.iter().any(|entry| {
            let name = entry.get("name").and_then(toml::Value::as_str);
            off(entry) && (!named || name == Some(&target.name))
        }),
        Some(table) => off(table),
        None => false,
    }
}

/// What a target's root file would mean for its tests.
fn examine(target: &CargoTarget, machine: &str) -> Result<Option<Diagnostic>> {
    let path = target.src_path.as_std_path();
    let text = std::fs::read_to_string(path).map_err(|error| file("read", path, &error))?;
    let attributes = inner(&text);
    let source = Source {
        path: path.into(),
        text: text.as_str().into(),
    };
    let framework = ["test_runner", "reexport_test_harness_main"];
    if attributes
        .iter()
        .any(|found| framework.contains(&found.name.as_str()))
    {
        return Ok(None);
    }
    let of = |name: &str| {
        attributes
            .iter()
            .filter(|found| found.name == name)
            .collect::<Vec<_>>()
    };
    let (no_std, no_main) = (of("no_std"), of("no_main"));
    if no_std.iter().all(|found| found.in_tests == Setting::Off) {
        return Ok(Some(needs_std(target, machine, &no_std, &source)));
    }
    let kept = no_main.iter().find(|found| found.in_tests == Setting::On);
    Ok(kept.map(|found| {
        Diagnostic::error(format!("the tests in `{}` have no `main`", short(path)))
            .label(&source, found.span.clone(), "also in tests")
            .note("in tests `main` is the harness's, and so is the panic handler")
            .help("write `#![cfg_attr(not(test), no_main)]`, `#[cfg_attr(not(test), entry)]` above `main` and `#[cfg(not(test))]` above the panic handler")
            .help(format!("or, for a program without tests, put into Cargo.toml:\n[[bin]]\nname = \"{}\"\ntest = false", target.name))
    }))
}

fn needs_std(
    target: &CargoTarget,
    machine: &str,
    switched_off: &[&Attribute],
    source: &Source,
) -> Diagnostic {
    let path = short(target.src_path.as_std_path());
    let problem = Diagnostic::error(format!(
        "the tests in `{path}` need std, which `{machine}` does not have"
    ));
    match switched_off.first() {
        Some(found) => problem
            .label(source, found.span.clone(), "not in tests")
            .help("write `#![no_std]`: the harness of this target works without std"),
        None => problem
            .help(format!("begin `{path}` with `#![no_std]`: the harness of this target works without std"))
            .note("`#[test]`, `#[should_panic]` and `#[ignore]` are the same; each test runs on a machine of its own"),
    }
}

fn no_doc_tests(machine: &str) -> Diagnostic {
    Diagnostic::error(format!(
        "tests in documentation need std, which `{machine}` does not have"
    ))
    .help("test them on this machine: `cargo test --doc`")
}

/// A path as the user would write it.
fn short(path: &Path) -> String {
    let parts: Vec<_> = path.components().rev().take(2).collect();
    let parts: Vec<_> = parts
        .iter()
        .rev()
        .map(|part| part.as_os_str().to_string_lossy())
        .collect();
    parts.join("/")
}

/// Tests that need JavaScript: which runner runs them, in the right version.
pub(crate) fn for_javascript(wasm: &[u8], directory: &Path) -> Option<Diagnostic> {
    let mut bindgen = false;
    for payload in Parser::new(0).parse_all(wasm) {
        if let Ok(Payload::ImportSection(imports)) = payload {
            for import in imports.into_imports().flatten() {
                bindgen |= import.module.starts_with("__wbindgen") || import.module == "wbg";
            }
        }
    }
    if !bindgen {
        return None;
    }
    let workspace = directory
        .ancestors()
        .find(|it| it.join("Cargo.lock").is_file());
    let version = workspace.and_then(|workspace| web::locked(workspace, "wasm-bindgen"));
    let install = web::how_to_install(version.as_deref());
    let problem = Diagnostic::error("these tests are for JavaScript: they use wasm-bindgen")
        .note("`wasm-bindgen-test-runner` runs them, in Node or a browser")
        .help(format!("install it: `{install}`"))
        .help("and name it in `.cargo/config.toml`:\n[target.wasm32-unknown-unknown]\nrunner = \"wasm-bindgen-test-runner\"");
    Some(match version {
        Some(version) => problem.note(format!(
            "its version has to be the one in Cargo.lock, {version}"
        )),
        None => problem,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn flags_say_what_is_tested() {
        for (line, shown) in [
            ("", "false false {} {}"),
            ("--release -p a", "false false {} {}"),
            ("--lib", "true false {\"lib\"} {}"),
            ("--test=a --bin b", "true false {} {\"bin b\", \"test a\"}"),
            ("--doc", "true true {} {}"),
            ("--examples", "true false {} {}"),
            ("--tests", "true false {\"bin\", \"lib\", \"test\"} {}"),
        ] {
            let flags: Vec<OsString> = line.split_whitespace().map(Into::into).collect();
            let Wanted {
                any,
                doc,
                kinds,
                names,
            } = Wanted::read(&flags);
            assert_eq!(format!("{any} {doc} {kinds:?} {names:?}"), shown, "{line}");
        }
    }
}

//! The configuration that makes plain `cargo build` do what `xsys build` does: the target, our linker, and flags that
//! name a published standard library.
//!
//! A configuration's flags also apply in `xsys build`, which has its own: the sysroot, of which rustc accepts only one,
//! is recognised by its path and left out, and a linker called `xsys-ld` is xsys.

use std::path::Path;

use xsys_diag::Diagnostic;
use xsys_target::Kind;

use crate::driver::linking::choice::By;
use crate::driver::linking::rustflags::{Inputs, merge};
use crate::driver::linking::user_flags::is_ours;
use crate::driver::plan::Plan;
use crate::project::manifest_edit;

/// The configuration's text with what the plan needs.
pub(crate) fn configured(path: &Path, text: &str, plan: &Plan) -> Result<String, Diagnostic> {
    let mut document = manifest_edit::parse(path, text)?;
    let not_tables = || {
        Diagnostic::error(format!(
            "`build` and `target.{}` in `{}` are not tables",
            plan.target.name,
            path.display()
        ))
    };
    let build = manifest_edit::table(&mut document, &["build"]).ok_or_else(not_tables)?;
    manifest_edit::set(build, "target", &plan.cargo_target());
    if plan.target.kind == Kind::Json {
        let unstable = manifest_edit::table(&mut document, &["unstable"]).ok_or_else(not_tables)?;
        unstable.insert("json-target-spec", toml_edit::value(true));
    }
    let target = manifest_edit::table(&mut document, &["target", &plan.target.name]);
    let target = target.ok_or_else(not_tables)?;
    let ours = flags(plan);
    if let Some(linker) = linker(plan) {
        manifest_edit::set(target, "linker", &linker);
    }
    let for_docs = ["--sysroot=", "-Zunstable-options"];
    let for_docs = ours
        .iter()
        .filter(|flag| for_docs.iter().any(|known| flag.starts_with(known)));
    manifest_edit::set_list(
        target,
        "rustdocflags",
        &for_docs.cloned().collect::<Vec<_>>(),
    );
    let old = target.get("rustflags").and_then(toml_edit::Item::as_array);
    let old = old
        .into_iter()
        .flatten()
        .filter_map(toml_edit::Value::as_str);
    let users = old.filter(|flag| !ours.iter().any(|ours| ours == flag) && !is_ours(flag));
    let all: Vec<String> = ours
        .iter()
        .cloned()
        .chain(users.map(str::to_owned))
        .collect();
    manifest_edit::set_list(target, "rustflags", &all);
    Ok(document.to_string())
}

fn linker(plan: &Plan) -> Option<String> {
    match &plan.linker.by {
        By::Xsys => Some("xsys-ld".to_owned()),
        By::RustLld(program) | By::Platform(program) => Some(program.display().to_string()),
        By::Users(_) | By::Rustc => None,
    }
}

/// Our flags without the linker, which has a key of its own.
fn flags(plan: &Plan) -> Vec<String> {
    let inputs = Inputs {
        sysroot: &plan.sysroot.path,
        linker: &plan.linker,
        target: &plan.target,
        cpu: None,
        link_args: &plan.link_args,
        trims: &[],
    };
    let mut flags = merge(&[], &inputs);
    flags.retain(|flag| !flag.starts_with("-Clinker="));
    flags
}

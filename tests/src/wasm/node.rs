//! Runs modules in Node, for features that wasmi does not have: threads, exceptions.
//!
//! `//# workers: 3` starts three threads on one memory before the calls of `run` are made; each gets
//! a stack and thread-local data of its own and makes the calls of `worker`. A module that
//! imports from WASI is started as a command, and `stdout` is what it prints; threads that it asks
//! for (`wasi.thread-spawn`) get an instance each.

use std::path::Path;
use std::process::Command;
use std::time::Duration;

use serde_json::{Value, json};
use wasmparser::TypeRef;

use super::engine::{Call, parse};
use super::module::Module;
use crate::link::case::Case;
use crate::project;

/// Longer than any case runs, even on a busy host.
const PATIENCE: Duration = Duration::from_secs(60);

/// Makes all calls of a case; what is wrong.
pub fn run(case: &Case, module: &Module, path: &Path) -> Vec<String> {
    match calls(case, module, path) {
        Ok(problems) => problems,
        Err(problem) => vec![problem],
    }
}

fn calls(case: &Case, module: &Module, path: &Path) -> Result<Vec<String>, String> {
    let script = path.with_extension("mjs");
    std::fs::write(&script, include_str!("node.mjs")).map_err(|e| format!("no script: {e}"))?;
    let list = |key: &str| -> Result<Vec<Value>, String> {
        let calls: Result<Vec<Call>, String> = case.all(key).iter().map(|t| parse(t)).collect();
        let calls = calls?.into_iter();
        Ok(calls
            .map(|call| {
                let arguments: Vec<String> = call.arguments.iter().map(i64::to_string).collect();
                json!({
                    "name": call.name,
                    "types": parameters(module, &call.name),
                    "arguments": arguments,
                    "expected": call.expected,
                })
            })
            .collect())
    };
    let memory = module.imports.iter().find_map(|(_, _, ty)| match ty {
        TypeRef::Memory(ty) => Some(json!({
            "initial": ty.initial,
            "maximum": ty.maximum,
            "shared": ty.shared,
        })),
        _ => None,
    });
    let wasi = module
        .imports
        .iter()
        .any(|(from, ..)| from == "wasi_snapshot_preview1");
    let plan = json!({
        "wasi": wasi,
        "module": path,
        "memory": memory,
        "workers": case.first("workers").and_then(|n| n.parse::<u32>().ok()).unwrap_or(0),
        "run": list("run")?,
        "worker": list("worker")?,
    });
    let mut command = Command::new("node");
    command
        .arg("--no-warnings")
        .arg("--experimental-wasm-memory64")
        // Their calls of WASI crash Node when memory has grown.
        .arg("--no-turbo-fast-api-calls")
        .arg(&script)
        .arg(plan.to_string());
    let ran = project::run_for(&mut command, PATIENCE);
    let mut problems = Vec::new();
    if !wasi {
        problems.extend(ran.stdout.lines().map(str::to_owned));
    } else if ran.stdout.trim_end() != case.all("stdout").join("\n") {
        problems.push(format!("stdout: {}", ran.stdout));
    }
    if ran.code != Some(0) {
        problems.push(format!("node ends with {:?}: {}", ran.code, ran.stderr));
    }
    Ok(problems)
}

/// The types of an exported function's parameters, so that the script knows which are BigInts.
fn parameters(module: &Module, name: &str) -> Vec<String> {
    let function = module.export(name, wasmparser::ExternalKind::Func);
    let ty = function.and_then(|function| module.function_type(function));
    ty.map_or(Vec::new(), |ty| {
        ty.params().iter().map(ToString::to_string).collect()
    })
}

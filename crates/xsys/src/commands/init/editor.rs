//! Settings of rust-analyzer for a project for another machine.
//!
//! rust-analyzer calls `cargo metadata --filter-platform TARGET`, `rustc --print cfg --target TARGET`, and, for build
//! scripts, procedural macros and errors, `cargo check`. The first two need a target that they can read: a triple, or a
//! spec file, for which both want an unstable option that can be set in the environment. The third needs our standard
//! library: it is replaced by `xsys check`, so the settings contain nothing of that library that could become outdated.
//!
//! Without std there is no test harness, so tests are neither checked nor assumed
//! (<https://rust-analyzer.github.io/book/configuration.html>).

use serde_json::{Map, Value, json};
use xsys_target::{CrateSet, Kind};

/// What the settings depend on.
pub(super) struct Facts<'a> {
    pub kind: Kind,
    /// A triple, or the path of the spec, relative to the workspace.
    pub target: &'a str,
    pub crates: CrateSet,
}

/// Settings for other targets than the wanted one, which an earlier `init` may have written; they are changed or
/// removed. Other settings of the user are not touched.
pub(super) fn is_ours(settings: &Map<String, Value>, name: &str) -> bool {
    let value = |name: &str| settings.get(&format!("rust-analyzer.{name}"));
    let Some(name) = name.strip_prefix("rust-analyzer.") else {
        return false;
    };
    value("check.overrideCommand") == Some(&check())
        && match name {
            "cargo.target" => value(name).is_some_and(Value::is_string),
            "cargo.extraEnv" => value(name) == Some(&environment()),
            _ => WITHOUT_STD.contains(&name) && value(name) == Some(&Value::Bool(false)),
        }
}

/// Switched off if there is no std.
const WITHOUT_STD: [&str; 3] = ["cargo.allTargets", "check.allTargets", "cfg.setTest"];

fn check() -> Value {
    json!([
        "xsys",
        "check",
        "--quiet",
        "--workspace",
        "--keep-going",
        "--message-format=json"
    ])
}

fn environment() -> Value {
    json!({ "CARGO_UNSTABLE_JSON_TARGET_SPEC": "true", "RUSTC_BOOTSTRAP": "1" })
}

/// Settings in VS Code's form; other editors use the same names.
pub(super) fn settings(facts: &Facts<'_>) -> Vec<(String, Value)> {
    let target = match facts.kind {
        Kind::Builtin => facts.target.to_owned(),
        // rust-analyzer also calls it in the directory of the standard library's sources.
        Kind::Json => format!("${{workspaceFolder}}/{}", facts.target),
    };
    let mut settings = vec![
        ("cargo.target", json!(target)),
        ("cargo.buildScripts.overrideCommand", check()),
        ("check.overrideCommand", check()),
    ];
    if facts.kind == Kind::Json {
        settings.push(("cargo.extraEnv", environment()));
    }
    if facts.crates != CrateSet::Std {
        settings.extend(WITHOUT_STD.map(|name| (name, json!(false))));
    }
    let full = |(name, value): (&str, Value)| (format!("rust-analyzer.{name}"), value);
    settings.into_iter().map(full).collect()
}

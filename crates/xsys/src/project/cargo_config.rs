//! cargo's configuration, read by cargo itself.
//!
//! Only cargo knows which files count, what they include and how `--config` adds to them
//! (<https://doc.rust-lang.org/cargo/reference/config.html>), so it is asked (`cargo config get`). The rest is done
//! here: environment variables, which come between the files and `--config`, and `target.'cfg(…)'`.

use std::collections::BTreeMap;
use std::ffi::OsString;
use std::path::Path;
use std::process::Command;

use cargo_platform::{Cfg, CfgExpr};
use serde_json::Value;
use xsys_diag::Diagnostic;

use crate::cli::CargoFlags;
use crate::error::reason;

/// The configuration for commands in a directory.
#[derive(Clone, Debug, Default)]
pub(crate) struct CargoConfig {
    /// Files and `--config`.
    merged: Value,
    /// `--config` alone.
    options: Value,
    env: BTreeMap<String, String>,
}

impl CargoConfig {
    /// Asks cargo.
    pub(crate) fn load(
        directory: &Path,
        cargo: &Path,
        flags: &CargoFlags,
    ) -> Result<Self, Diagnostic> {
        let options = config_options(flags, directory);
        let mut all = command(cargo, &options);
        all.current_dir(directory);
        let alone = if options.is_empty() {
            Value::Null
        } else {
            // A directory where no files of the user's are found.
            let nowhere = tempfile::tempdir().map_err(|error| unread(&reason(&error)))?;
            let root = directory.ancestors().last().unwrap_or(directory);
            let mut command = command(cargo, &options);
            command.current_dir(root).env("CARGO_HOME", nowhere.path());
            ask(&mut command)?
        };
        let env = std::env::vars_os().filter_map(|(name, value)| {
            Some((name.into_string().ok()?, value.into_string().ok()?))
        });
        Ok(Self {
            merged: ask(&mut all)?,
            options: alone,
            env: env.collect(),
        })
    }

    /// An environment variable.
    pub(crate) fn env(&self, name: &str) -> Option<&str> {
        self.env.get(name).map(String::as_str)
    }

    /// A variable as processes that cargo starts will see it. `[env]` does not replace variables
    /// that are set, unless it says so.
    pub(crate) fn variable(&self, name: &str) -> Option<OsString> {
        let entry = at(&self.merged, &["env", name]);
        let forced = at(entry, &["force"]).as_bool() == Some(true);
        let table = scalar(entry).or_else(|| scalar(at(entry, &["value"])));
        std::env::var_os(name)
            .filter(|_| !forced)
            .or_else(|| table.map(OsString::from))
    }

    /// A single value: from `--config`, or the environment, or files.
    pub(crate) fn text(&self, key: &[&str]) -> Option<String> {
        scalar(at(&self.options, key))
            .or_else(|| self.env(&variable(key)).map(str::to_owned))
            .or_else(|| scalar(at(&self.merged, key)))
    }

    /// A list of words, even if it is written as one string: the files', the environment's and
    /// those of `--config`, in this order.
    pub(crate) fn words(&self, key: &[&str]) -> Option<Vec<String>> {
        let merged = at(&self.merged, key);
        let env = self.env(&variable(key));
        if merged.is_null() && env.is_none() {
            return None;
        }
        let mut words = split(merged);
        // If `--config` has a string, it has replaced that of the files.
        let of_options = split(at(&self.options, key)).len().min(words.len());
        let place = words.len() - of_options;
        let added = env.unwrap_or_default().split_whitespace();
        words.splice(place..place, added.map(str::to_owned));
        Some(words)
    }

    /// `build.target`: one, or several.
    pub(crate) fn build_targets(&self) -> Vec<String> {
        let key = ["build", "target"];
        if at(&self.merged, &key).is_array() {
            return self.words(&key).unwrap_or_default();
        }
        self.text(&key).into_iter().collect()
    }

    /// The tables `target.'cfg(…)'` that have this key, with their conditions, in cargo's order.
    pub(crate) fn conditional<'a>(
        &'a self,
        key: &'a str,
    ) -> impl Iterator<Item = (&'a str, &'a Value)> + 'a {
        let tables = self.merged.get("target").and_then(Value::as_object);
        let tables: BTreeMap<_, _> = tables.into_iter().flatten().collect();
        tables.into_iter().filter_map(move |(name, table)| {
            let value = table.get(key)?;
            name.starts_with("cfg(").then_some((name.as_str(), value))
        })
    }

    /// A switch of cargo's that is in `[unstable]` or `-Z`.
    pub(crate) fn unstable(&self, name: &str) -> &Value {
        at(&self.merged, &["unstable", name])
    }

    #[cfg(test)]
    pub(crate) fn of(files: &str, options: &str, env: &[(&str, &str)]) -> Self {
        let table = |text: &str| {
            let table: toml::Table = toml::from_str(text).expect("the test's TOML is right");
            serde_json::to_value(table).expect("TOML fits into JSON")
        };
        let mut merged = table(files);
        let options = table(options);
        join(&mut merged, &options);
        Self {
            merged,
            options,
            env: env
                .iter()
                .map(|&(name, value)| (name.to_owned(), value.to_owned()))
                .collect(),
        }
    }
}

/// Whether a condition holds for a target with these cfgs.
pub(crate) fn holds(condition: &str, cfgs: &[Cfg]) -> bool {
    CfgExpr::matches_key(condition, cfgs)
}

/// The words of a list or a string.
pub(crate) fn split(value: &Value) -> Vec<String> {
    match value {
        Value::String(text) => text.split_whitespace().map(str::to_owned).collect(),
        Value::Array(items) => items
            .iter()
            .filter_map(|item| item.as_str().map(str::to_owned))
            .collect(),
        _ => Vec::new(),
    }
}

fn command(cargo: &Path, options: &[OsString]) -> Command {
    let mut command = Command::new(cargo);
    command
        .args([
            "-Zunstable-options",
            "config",
            "get",
            "--format",
            "json-value",
        ])
        .args(options)
        // The command is unstable; what it prints is not.
        .env("RUSTC_BOOTSTRAP", "1");
    command
}

fn ask(command: &mut Command) -> Result<Value, Diagnostic> {
    let output = command
        .output()
        .map_err(|error| unread(&format!("cargo does not start: {}", reason(&error))))?;
    if !output.status.success() {
        let text = String::from_utf8_lossy(&output.stderr);
        let text = text.trim();
        return Err(unread(text.strip_prefix("error: ").unwrap_or(text)));
    }
    serde_json::from_slice(&output.stdout).map_err(|error| unread(&error.to_string()))
}

fn unread(text: &str) -> Diagnostic {
    let (first, rest) = text.split_once('\n').unwrap_or((text, ""));
    let diagnostic = Diagnostic::error(format!("cannot read cargo's configuration: {first}"));
    match rest.trim() {
        "" => diagnostic,
        rest => diagnostic.note(rest),
    }
}

/// The user's `--config`, with absolute paths of files, and the `-Z` flags that may affect them.
fn config_options(flags: &CargoFlags, directory: &Path) -> Vec<OsString> {
    let whole = |text: &str| {
        let path = directory.join(text);
        if !text.is_empty() && path.exists() {
            path.into_os_string()
        } else {
            text.into()
        }
    };
    let mut options = Vec::new();
    let mut rest = flags.flags.iter();
    while let Some(arg) = rest.next() {
        let text = arg.to_string_lossy();
        if text == "--config" {
            let value = rest.next().map(|value| whole(&value.to_string_lossy()));
            options.push(arg.clone());
            options.extend(value);
        } else if let Some(value) = text.strip_prefix("--config=") {
            options.push("--config".into());
            options.push(whole(value));
        }
    }
    options
}

fn at<'a>(value: &'a Value, key: &[&str]) -> &'a Value {
    key.iter()
        .try_fold(value, |value, part| value.get(part))
        .unwrap_or(&Value::Null)
}

fn scalar(value: &Value) -> Option<String> {
    match value {
        Value::String(text) => Some(text.clone()),
        Value::Bool(_) | Value::Number(_) => Some(value.to_string()),
        _ => None,
    }
}

/// The environment variable that stands for a key.
fn variable(key: &[&str]) -> String {
    format!("CARGO_{}", key.join("_"))
        .replace('-', "_")
        .to_uppercase()
}

/// As cargo merges: tables key by key, lists one after the other, anything else replaced.
#[cfg(test)]
fn join(into: &mut Value, from: &Value) {
    match (into, from) {
        (Value::Object(into), Value::Object(from)) => {
            for (key, value) in from {
                join(into.entry(key).or_insert(Value::Null), value);
            }
        }
        (Value::Array(into), Value::Array(from)) => into.extend(from.iter().cloned()),
        (into, from) => *into = from.clone(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lists_are_joined_and_single_values_replaced() {
        let key = ["target", "thumbv7m-none-eabi", "rustflags"];
        let variable = "CARGO_TARGET_THUMBV7M_NONE_EABI_RUSTFLAGS";
        let table = |value: &str| format!("[target.thumbv7m-none-eabi]\nrustflags = {value}");
        for (files, options, env, expected) in [
            (
                "[\"a\"]",
                "[\"c d\"]",
                Some("b"),
                Some(&["a", "b", "c d"][..]),
            ),
            ("\"a b\"", "", Some("c"), Some(&["a", "b", "c"])),
            ("\"a\"", "\"c\"", Some("b"), Some(&["b", "c"])),
            ("", "[\"c\"]", None, Some(&["c"])),
            ("", "", Some(" "), Some(&[])),
            ("", "", None, None),
        ] {
            let text = |value: &str| {
                if value.is_empty() {
                    String::new()
                } else {
                    table(value)
                }
            };
            let env: Vec<_> = env.iter().map(|&value| (variable, value)).collect();
            let config = CargoConfig::of(&text(files), &text(options), &env);
            let words = config.words(&key);
            let words = words
                .as_ref()
                .map(|words| words.iter().map(String::as_str).collect::<Vec<_>>());
            assert_eq!(words.as_deref(), expected, "{files} {options} {env:?}");
        }
        let panic = |files, options, env: &[(&str, &str)]| {
            CargoConfig::of(files, options, env).text(&["profile", "release", "panic"])
        };
        let (abort, unwind) = (
            "profile.release.panic = \"abort\"",
            "profile.release.panic = \"unwind\"",
        );
        let by_env = [("CARGO_PROFILE_RELEASE_PANIC", "immediate-abort")];
        assert_eq!(panic(abort, "", &[]).as_deref(), Some("abort"));
        assert_eq!(
            panic(abort, "", &by_env).as_deref(),
            Some("immediate-abort")
        );
        assert_eq!(panic(abort, unwind, &by_env).as_deref(), Some("unwind"));
    }

    #[test]
    fn files_of_the_command_line_keep_their_meaning_elsewhere() {
        let directory = tempfile::tempdir().unwrap();
        std::fs::write(directory.path().join("extra.toml"), "").unwrap();
        let words = [
            "--config",
            "extra.toml",
            "-q",
            "--config=a.b=1",
            "--config",
            "c=2",
        ];
        let flags = CargoFlags::read(&words.map(OsString::from));
        let extra = directory.path().join("extra.toml").into_os_string();
        let expected = [
            "--config".into(),
            extra,
            "--config".into(),
            "a.b=1".into(),
            "--config".into(),
            "c=2".into(),
        ];
        assert_eq!(config_options(&flags, directory.path()), expected);
    }

    #[test]
    fn variables_are_those_that_processes_see() {
        let config = CargoConfig::of(
            "[env]\nXSYS_T_A = 'a'\nXSYS_T_B = { value = 'b' }\nPATH = 'x'\n\
             CARGO_MANIFEST_DIR = { value = 'c', force = true }",
            "",
            &[],
        );
        let path = std::env::var_os("PATH");
        for (name, expected) in [
            ("XSYS_T_A", Some("a".into())),
            ("XSYS_T_B", Some("b".into())),
            ("XSYS_T_C", None),
            ("PATH", path),
            ("CARGO_MANIFEST_DIR", Some("c".into())),
        ] {
            assert_eq!(config.variable(name), expected, "{name}");
        }
    }
}

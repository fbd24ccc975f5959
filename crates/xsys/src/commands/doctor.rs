//! `xsys doctor`: what is installed, what is missing, how to get it.

use std::path::Path;
use std::process::{Command, Stdio};

use serde_json::json;
use xsys_diag::Diagnostic;
use xsys_sysroot::{Cache, Toolchain};

use crate::cli::Call;
use crate::cli::DoctorArgs;
use crate::error::Result;
use crate::launch::{debian_package, how_to_install};
use crate::programs::find;
use crate::ui::{answer, table};

/// How important something is.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Need {
    /// Nothing works without it.
    Always,
    /// Some targets or commands need it.
    Sometimes,
}

struct Check {
    name: String,
    need: Need,
    /// A version or a path; none if it is missing.
    found: Option<String>,
    /// What it is for, or how to get it.
    text: String,
}

/// QEMU programs that the bundled boards and the common Linux targets use.
const EMULATORS: [&str; 12] = [
    "qemu-system-aarch64",
    "qemu-system-arm",
    "qemu-system-riscv32",
    "qemu-system-riscv64",
    "qemu-system-x86_64",
    "qemu-system-avr",
    "qemu-aarch64",
    "qemu-arm",
    "qemu-riscv64",
    "qemu-mipsel",
    "qemu-ppc64le",
    "qemu-s390x",
];

pub(super) fn run(call: &Call, args: &DoctorArgs) -> Result<u8> {
    let checks = checks(call);
    let broken = checks
        .iter()
        .any(|check| check.need == Need::Always && check.found.is_none());
    if args.json {
        let list: Vec<_> = checks
            .iter()
            .map(|check| {
                json!({
                    "name": check.name,
                    "required": check.need == Need::Always,
                    "found": check.found,
                    "help": check.found.is_none().then_some(&check.text),
                })
            })
            .collect();
        answer(&format!("{:#}", json!(list)));
    } else {
        let rows: Vec<Vec<String>> = checks
            .iter()
            .map(|check| {
                let state = match (&check.found, check.need) {
                    (Some(_), _) => "ok",
                    (None, Need::Always) => "MISSING",
                    (None, Need::Sometimes) => "-",
                };
                vec![
                    state.to_owned(),
                    check.name.clone(),
                    check.found.clone().unwrap_or_else(|| check.text.clone()),
                ]
            })
            .collect();
        answer(&table(&rows));
        if broken {
            answer("\nsomething that every build needs is missing");
        }
    }
    Ok(u8::from(broken))
}

fn checks(call: &Call) -> Vec<Check> {
    let mut checks = Vec::new();
    let get_rust = "install Rust: https://rustup.rs";
    checks.push(tool("rustup", &["--version"], Need::Sometimes, get_rust));
    match Toolchain::detect(&call.directory, call.toolchain.as_deref()) {
        Ok(toolchain) => {
            let rustc = &toolchain.rustc;
            checks.push(Check {
                name: "rustc".to_owned(),
                need: Need::Always,
                found: Some(format!(
                    "{} for {} ({})",
                    rustc.release(),
                    rustc.host(),
                    rustc.program().display()
                )),
                text: String::new(),
            });
            checks.push(tool(
                &toolchain.cargo.display().to_string(),
                &["--version"],
                Need::Always,
                get_rust,
            ));
            if let Some(check) = checks.last_mut() {
                check.name = "cargo".to_owned();
            }
            checks.push(directory(
                "rust-src",
                Need::Always,
                &toolchain.rust_src().join("library"),
                "rustup component add rust-src",
            ));
            for triple in ["x86_64-unknown-linux-musl", "aarch64-unknown-linux-musl"] {
                checks.push(directory(
                    &format!("rust-std {triple}"),
                    Need::Sometimes,
                    &rustc
                        .sysroot()
                        .join("lib/rustlib")
                        .join(triple)
                        .join("lib/self-contained"),
                    &format!("for static Linux programs: rustup target add {triple}"),
                ));
            }
        }
        Err(error) => checks.push(Check {
            name: "rustc".to_owned(),
            need: Need::Always,
            found: None,
            text: no_toolchain(&error.into_diagnostic(), get_rust),
        }),
    }
    checks.push(match Cache::from_env() {
        Ok(cache) => Check {
            name: "cache".to_owned(),
            need: Need::Always,
            found: writable(cache.root()).then(|| cache.root().display().to_string()),
            text: format!(
                "`{}` cannot be written: set XSYS_CACHE_DIR to another directory",
                cache.root().display()
            ),
        },
        Err(error) => Check {
            name: "cache".to_owned(),
            need: Need::Always,
            found: None,
            text: error.into_diagnostic().message,
        },
    });
    for emulator in EMULATORS {
        let found = find(emulator).or_else(|| find(&format!("{emulator}-static")));
        checks.push(Check {
            name: emulator.to_owned(),
            need: Need::Sometimes,
            found: found.map(|path| path.display().to_string()),
            text: format!("to run programs: {}", install(emulator)),
        });
    }
    for (runtime, what) in [("node", "threads"), ("wasmtime", "components")] {
        checks.push(Check {
            name: runtime.to_owned(),
            need: Need::Sometimes,
            found: find(runtime).map(|path| path.display().to_string()),
            text: format!("for wasm {what}: {}", how_to_install(runtime)),
        });
    }
    checks.push(Check {
        name: "wasm engine".to_owned(),
        need: Need::Always,
        found: Some("built in".to_owned()),
        text: String::new(),
    });
    checks
}

/// The remedy if rustup names no compiler: a toolchain that a file or a variable asks for may not
/// be installed.
fn no_toolchain(problem: &Diagnostic, get_rust: &str) -> String {
    let said = problem.notes.join("\n");
    let asked = said
        .split_once("toolchain '")
        .and_then(|(_, rest)| rest.split_once("' is not installed"));
    match asked {
        Some((name, _)) => format!(
            "the toolchain `{name}` that is asked for here is not installed: rustup toolchain install {name} --component rust-src"
        ),
        None => format!("{}; {get_rust}", problem.message),
    }
}

/// A short form for a table.
fn install(emulator: &str) -> String {
    match (debian_package(emulator), std::env::consts::OS) {
        (Some(package), "linux") => format!("sudo apt install {package}"),
        _ => how_to_install(emulator),
    }
}

fn tool(program: &str, args: &[&str], need: Need, text: &str) -> Check {
    let output = Command::new(program)
        .args(args)
        .stdin(Stdio::null())
        .stderr(Stdio::null())
        .output();
    let found = output.ok().filter(|output| output.status.success());
    Check {
        name: program.to_owned(),
        need,
        found: found.map(|output| {
            let text = String::from_utf8_lossy(&output.stdout);
            text.lines().next().unwrap_or_default().to_owned()
        }),
        text: text.to_owned(),
    }
}

fn directory(name: &str, need: Need, path: &Path, text: &str) -> Check {
    Check {
        name: name.to_owned(),
        need,
        found: path.is_dir().then(|| path.display().to_string()),
        text: text.to_owned(),
    }
}

/// Whether files can be created in a directory, or in its nearest existing parent.
fn writable(directory: &Path) -> bool {
    directory
        .ancestors()
        .find(|directory| directory.is_dir())
        .is_some_and(|directory| tempfile::tempfile_in(directory).is_ok())
}

//! `xsys new NAME --target TRIPLE`: a project with a board of its own, for a machine that QEMU has.
//!
//! Which machine a triple gets is data (`machines/machines.toml`), and the programs are files.

use std::path::Path;

use serde::Deserialize;
use xsys_diag::{Diagnostic, did_you_mean};

use crate::error::{Result, file};

const MACHINES: &str = include_str!("../../../machines/machines.toml");

/// The programs, by their names in the table.
const PROGRAMS: [(&str, &str); 4] = [
    ("cortex_m.rs", include_str!("../../../machines/cortex_m.rs")),
    ("armv7a.rs", include_str!("../../../machines/armv7a.rs")),
    ("aarch64.rs", include_str!("../../../machines/aarch64.rs")),
    ("riscv.rs", include_str!("../../../machines/riscv.rs")),
];

/// The end of each program: a panic's message and the tests.
const END: &str = include_str!("../../../machines/end.rs");

#[derive(Deserialize)]
struct Machines {
    machine: Vec<Machine>,
}

/// A row of the table.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Machine {
    pub name: String,
    triples: Vec<String>,
    program: String,
    memory: toml::Table,
    qemu: String,
    args: Vec<String>,
}

fn all() -> Vec<Machine> {
    // Read by a test only.
    toml::from_str::<Machines>(MACHINES).map_or_else(|_| Vec::new(), |machines| machines.machine)
}

/// The machine for a triple.
pub(super) fn find(triple: &str) -> std::result::Result<Machine, Diagnostic> {
    let machines = all();
    let known: Vec<String> = machines.iter().flat_map(|m| m.triples.clone()).collect();
    let found = machines
        .into_iter()
        .find(|machine| machine.triples.iter().any(|name| name == triple));
    found.ok_or_else(|| {
        let problem = Diagnostic::error(format!("no machine is known that `{triple}` is for"))
            .note(format!("there is one for {}", known.join(", ")));
        match did_you_mean(triple, known.iter().map(String::as_str)) {
            Some(close) => problem.help(format!("did you mean `{close}`?")),
            None => problem
                .help("start from a board with `--board NAME` (`xsys board list` shows them), or with `cargo new` and `xsys build --target TRIPLE`"),
        }
    })
}

/// Writes the project.
pub(super) fn write(machine: &Machine, triple: &str, name: &str, directory: &Path) -> Result<()> {
    let program = PROGRAMS
        .iter()
        .find(|(name, _)| *name == machine.program)
        .map_or("", |(_, text)| text);
    for (path, text) in [
        ("Cargo.toml", manifest(name)),
        ("src/main.rs", [program, END].concat()),
        ("board/board.toml", board(machine, triple)),
    ] {
        let path = directory.join(path);
        let parent = path.parent().unwrap_or(directory);
        std::fs::create_dir_all(parent).map_err(|error| file("create", parent, &error))?;
        std::fs::write(&path, text).map_err(|error| file("write", &path, &error))?;
    }
    Ok(())
}

fn manifest(name: &str) -> String {
    format!(
        "[package]
name = \"{name}\"
version = \"0.1.0\"
edition = \"2024\"

[package.metadata.xsys]
board = \"./board\"

[profile.release]
opt-level = \"s\"
debug = \"line-tables-only\"

[dependencies]

[workspace]
"
    )
}

fn board(machine: &Machine, triple: &str) -> String {
    let mut text = format!(
        "description = {}
target = {}
crates = \"core\"

# The layout is made from this, unless there is a `script = \"link.x\"`.
[memory]
",
        toml::Value::from(machine.name.as_str()),
        toml::Value::from(triple),
    );
    for (name, region) in &machine.memory {
        let number = |key: &str| region.get(key).and_then(toml::Value::as_integer);
        text.push_str(&format!(
            "{name} = {{ origin = {:#x}, length = {:#x} }}\n",
            number("origin").unwrap_or(0),
            number("length").unwrap_or(0),
        ));
    }
    let args: Vec<String> = machine
        .args
        .iter()
        .map(|arg| toml::Value::from(arg.as_str()).to_string())
        .collect();
    text.push_str(&format!(
        "
[run]
engine = \"qemu-system\"
program = {}
args = [{}]
",
        toml::Value::from(machine.qemu.as_str()),
        args.join(", ")
    ));
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_table_is_complete() {
        let machines = toml::from_str::<Machines>(MACHINES).unwrap().machine;
        let mut seen = Vec::new();
        for machine in &machines {
            assert!(PROGRAMS.iter().any(|(name, _)| *name == machine.program));
            for triple in &machine.triples {
                assert!(!seen.contains(&triple), "{triple} twice");
                seen.push(triple);
                let directory = tempfile::tempdir().unwrap();
                write(machine, triple, "n", directory.path()).unwrap();
                let board = directory.path().join("board").display().to_string();
                let board = xsys_target::Board::load(&board).unwrap();
                assert!(!board.memory.is_empty() && board.run.is_some());
            }
        }
    }

    #[test]
    fn unknown_triples_are_told_the_known_ones() {
        let problem = find("thumbv7m-none-eabj").unwrap_err();
        assert_eq!(problem.help, ["did you mean `thumbv7m-none-eabi`?"]);
        let problem = find("s390x-unknown-linux-gnu").unwrap_err();
        assert!(problem.notes[0].contains("aarch64-unknown-none"));
    }
}

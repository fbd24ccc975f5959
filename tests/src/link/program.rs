//! Runs linked programs, and links programs that rustc builds.
//!
//! `//# run: 7` executes the image, natively where the machine can, else under QEMU's user mode,
//! and expects the exit code; `//# stdout:` lines are the expected output. `//# machine: arm -M …`
//! runs it on a whole machine instead, which semihosting or a test device must end. `//# program:
//! std` compiles `main.rs` with rustc and this test program as its linker.

use std::path::Path;
use std::process::{Command, ExitCode};
use std::time::Duration;

use xsys_link::{Flavor, link_command_line};

use super::case::Case;
use super::compile::rustc;
use super::image::Image;
use crate::project;

/// Longer than any of these programs runs, even on a busy host.
const PATIENCE: Duration = Duration::from_secs(20);

/// The part of the test program that is a linker: `-flavor gnu …` or `-flavor wasm …`.
pub fn act_as_linker() -> ExitCode {
    let flavor = match std::env::args_os().nth(2) {
        Some(word) if word == "wasm" => Flavor::Wasm,
        _ => Flavor::Gnu,
    };
    let args: Vec<_> = std::env::args_os().skip(3).collect();
    let outcome = link_command_line(flavor, &args);
    for diagnostic in &outcome.diagnostics {
        let text = format!("{diagnostic}\n");
        let _ = std::io::Write::write_all(&mut std::io::stderr(), text.as_bytes());
    }
    match outcome.failed {
        true => ExitCode::FAILURE,
        false => ExitCode::SUCCESS,
    }
}

/// The emulator for a machine; none where the host runs it.
fn emulator(machine: u16, is_64: bool) -> Result<Option<&'static str>, String> {
    let native: &[u16] = match std::env::consts::ARCH {
        "x86_64" if cfg!(target_os = "linux") => &[62],
        "aarch64" if cfg!(target_os = "linux") => &[183],
        _ => &[],
    };
    if native.contains(&machine) {
        return Ok(None);
    }
    Ok(Some(match (machine, is_64) {
        (3, _) => "qemu-i386",
        (62, _) => "qemu-x86_64",
        (40, _) => "qemu-arm",
        (183, _) => "qemu-aarch64",
        (243, true) => "qemu-riscv64",
        (243, false) => "qemu-riscv32",
        _ => return Err(format!("no emulator is known for machine {machine}")),
    }))
}

/// Whether a case cannot run here because a program or a library is not installed.
pub fn missing(case: &Case, target: &str) -> bool {
    if case.first("run").is_none() {
        return false;
    }
    if let Some(machine) = case.first("machine") {
        return project::find_program(&system_emulator(machine)).is_none();
    }
    let machine = match target.split('-').next().unwrap_or_default() {
        "x86_64" => 62,
        "i586" | "i686" => 3,
        "aarch64" => 183,
        name if name.starts_with("riscv") => 243,
        _ => 40,
    };
    let has_emulator = match emulator(machine, !target.starts_with("riscv32")) {
        Ok(Some(program)) => Command::new(program).arg("--version").output().is_ok(),
        Ok(None) => true,
        Err(_) => false,
    };
    let has_library = !case.is_program()
        || rustc()
            .args(["--print", "target-libdir", "--target", target])
            .output()
            .is_ok_and(|o| Path::new(String::from_utf8_lossy(&o.stdout).trim()).exists());
    !has_emulator || !has_library
}

/// The program for the first word of `machine`.
fn system_emulator(machine: &str) -> String {
    let cpu = machine.split_whitespace().next().unwrap_or_default();
    format!("qemu-system-{cpu}")
}

/// A machine with this image as its kernel. Only what the case names is there, and what the guest
/// prints, over semihosting or its first serial port, is the program's output.
fn on_machine(machine: &str, image: &Path) -> Command {
    let mut command = Command::new(system_emulator(machine));
    command
        .args(machine.split_whitespace().skip(1))
        .args(["-display", "none", "-monitor", "none", "-no-reboot"])
        .args(["-chardev", "stdio,id=out,mux=on", "-serial", "chardev:out"])
        .arg("-kernel")
        .arg(image);
    // x86 has no semihosting.
    if ["arm", "aarch64", "riscv"]
        .iter()
        .any(|name| machine.starts_with(name))
    {
        command.args(["-semihosting-config", "enable=on,target=native,chardev=out"]);
    }
    command
}

/// Executes an image. Returns what is wrong.
pub fn run(case: &Case, image: &Path, machine: u16, is_64: bool) -> Result<Vec<String>, String> {
    let mut command = match case.first("machine") {
        Some(machine) => on_machine(machine, image),
        None => match emulator(machine, is_64)? {
            Some(program) => {
                let big = std::fs::read(image).is_ok_and(|bytes| bytes.get(5) == Some(&2));
                let mut command = Command::new(match big {
                    true => format!("{program}eb"),
                    false => program.to_owned(),
                });
                command.arg(image);
                command
            }
            None => Command::new(image),
        },
    };
    let ran = project::run_for(&mut command, PATIENCE);
    let mut problems = Vec::new();
    if ran.code.map(|code| code.to_string()).as_deref() != case.first("run") {
        let ending = match ran.code {
            Some(code) => format!("exit code {code}"),
            None => "killed".to_owned(),
        };
        problems.push(format!("run: {ending}\n{}", ran.stderr));
    }
    let expected = case.all("stdout").join("\n");
    if ran.stdout.trim_end() != expected {
        problems.push(format!("stdout: {}", ran.stdout));
    }
    Ok(problems)
}

/// Builds `main.rs` with rustc and this program as its linker, and runs it.
pub fn check(case: &Case, target: &str, work: &Path) -> Result<(), String> {
    let linker = std::env::current_exe().map_err(|e| format!("who am I: {e}"))?;
    let output = work.join("out.elf");
    let result = rustc()
        .args(["--edition", "2024", "--target", target, "-Awarnings"])
        .arg(format!("-Clinker={}", linker.display()))
        .args(["-Clinker-flavor=gnu-lld", "-Zunstable-options"])
        .args(case.words("rustc"))
        .arg("-o")
        .arg(&output)
        .arg(&case.sources[0])
        .output()
        .map_err(|e| format!("cannot start rustc: {e}"))?;
    if !result.status.success() {
        return Err(String::from_utf8_lossy(&result.stderr).into_owned());
    }
    let bytes = std::fs::read(&output).map_err(|e| format!("there is no output: {e}"))?;
    let image = Image::parse(bytes)?;
    let problems = run(case, &output, image.machine, image.is_64)?;
    if problems.is_empty() {
        Ok(())
    } else {
        Err(problems.join("\n"))
    }
}

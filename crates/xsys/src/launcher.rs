//! A small program that starts `xsys` under another name.
//!
//! `cargo install` cannot make links, and three copies of the whole program would take three times its size. The name
//! by which this program was called is passed on, so that links to `xsys-ld` under other linkers' names work.

use std::ffi::OsString;
use std::io::Write;
use std::path::PathBuf;
use std::process::{Command, ExitCode};

/// The word that tells `xsys` that a name follows.
const AS: &str = "__as";

/// Becomes `xsys`, or on systems without exec starts it and waits.
pub(crate) fn launch() -> ExitCode {
    let mut args = std::env::args_os();
    let name = args.next().unwrap_or_default();
    let program = match beside() {
        Ok(program) => program,
        Err(problem) => return fail(&problem),
    };
    let mut command = Command::new(&program);
    command.arg(AS).arg(name).args(args);
    match run(command) {
        Ok(code) => code,
        Err(error) => fail(&format!("cannot start `{}`: {error}", program.display())),
    }
}

/// The program `xsys` in the directory of this one.
fn beside() -> Result<PathBuf, String> {
    let own = std::env::current_exe().map_err(|error| format!("where is this program? {error}"))?;
    let program = own.with_file_name(format!("xsys{}", std::env::consts::EXE_SUFFIX));
    if program.is_file() {
        return Ok(program);
    }
    Err(format!(
        "`{}` needs the program `xsys` in its directory\n  = help: they are installed together; copy or link both",
        own.display()
    ))
}

#[cfg(unix)]
fn run(mut command: Command) -> std::io::Result<ExitCode> {
    use std::os::unix::process::CommandExt;
    Err(command.exec())
}

#[cfg(not(unix))]
fn run(mut command: Command) -> std::io::Result<ExitCode> {
    let code = command.status()?.code().unwrap_or(1);
    Ok(ExitCode::from(u8::try_from(code & 0xff).unwrap_or(1)))
}

fn fail(problem: &str) -> ExitCode {
    let text = OsString::from(format!("error: {problem}\n"));
    // If stderr is closed, the exit code says enough.
    let _ = std::io::stderr().write_all(text.as_encoded_bytes());
    ExitCode::FAILURE
}

//! The linker's interface as this crate uses it, until the passes behind it are wired up: links
//! go to the `rust-lld` of the toolchain that calls us.

use std::ffi::OsString;
use std::path::PathBuf;
use std::process::Command;

use xsys_diag::Diagnostic;

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Flavor {
    Gnu,
    Wasm,
}

#[derive(Clone, Debug)]
pub struct RegionUsage {
    pub name: String,
    pub origin: u64,
    pub length: u64,
    pub used: u64,
}

#[derive(Clone, Debug, Default)]
pub struct Outcome {
    pub output: Option<PathBuf>,
    pub diagnostics: Vec<Diagnostic>,
    pub stdout: String,
    pub usage: Vec<RegionUsage>,
    pub failed: bool,
}

pub fn link_command_line(flavor: Flavor, args: Vec<OsString>) -> Outcome {
    let failed = |diagnostic| Outcome {
        diagnostics: vec![diagnostic],
        failed: true,
        ..Outcome::default()
    };
    let Ok(print) = Command::new("rustc").args(["--print", "sysroot"]).output() else {
        return failed(Diagnostic::error("cannot find `rust-lld`"));
    };
    let sysroot = PathBuf::from(String::from_utf8_lossy(&print.stdout).trim());
    let host = format!("{}-unknown-linux-gnu", std::env::consts::ARCH);
    let lld = sysroot.join("lib/rustlib").join(host).join("bin/rust-lld");
    let output = args
        .iter()
        .position(|arg| arg == "-o")
        .and_then(|at| args.get(at + 1))
        .map(PathBuf::from);
    let flavor = match flavor {
        Flavor::Gnu => "gnu",
        Flavor::Wasm => "wasm",
    };
    match Command::new(&lld)
        .args(["-flavor", flavor])
        .args(args)
        .output()
    {
        Ok(done) if done.status.success() => Outcome {
            output,
            ..Outcome::default()
        },
        Ok(done) => failed(Diagnostic::error(
            String::from_utf8_lossy(&done.stderr).trim().to_owned(),
        )),
        Err(error) => failed(crate::error::file("run", &lld, &error)),
    }
}

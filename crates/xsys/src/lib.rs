//! The command line of xsys, shared by its programs.
//!
//! One binary has several roles: people call `xsys build`, cargo calls `cargo-xsys xsys build`, rustc calls its linker
//! with `-flavor gnu …` or as it calls `cc`, and cargo calls its runner. The role follows from the program's name and from the first
//! argument, before any other parsing: a linker's command line must never be read as ours.
//!
//! Only this crate prints or ends the process; it does so in [`render`] and [`ui`].

mod appliance;
mod archiver;
mod c_code;
mod cc;
mod children;
mod cli;
mod commands;
mod component;
mod driver;
mod error;
mod fetch;
mod files;
mod flash;
mod fleet;
mod harness;
mod images;
mod launch;
mod linker;
mod own_program;
mod programs;
mod project;
mod render;
mod runner;
mod size;
mod ui;
mod variables;
mod wasm_engine;
mod web;

use std::ffi::OsString;
use std::path::Path;
use std::process::ExitCode;

use xsys_link::Flavor;

/// Runs the role that the arguments (the program's name first) ask for.
pub fn main_with(args: Vec<OsString>) -> ExitCode {
    let args = under_its_name(args);
    let part = Part::of(&args);
    match part {
        Part::Linker(flavor) => linker::main(flavor, args.into_iter().skip(1).collect()),
        Part::CompilerDriver => cc::main(&args[0], &args[1..]),
        Part::ComponentLinker => {
            let mut args: Vec<OsString> = args.into_iter().skip(1).collect();
            args.push(component::FLAG.into());
            linker::main(Some(Flavor::Wasm), args)
        }
        Part::Archiver => archiver::main(args.into_iter().skip(1).collect()),
        Part::Ranlib => archiver::ranlib_main(args.into_iter().skip(1).collect()),
        Part::OtherLinker => linker::other::main(&args),
        Part::Runner => runner::main(args.into_iter().skip(2).collect()),
        Part::Compiler(name) => driver::unstable::main(name, &args[1..]),
        Part::Command { skip } => commands::main(args.into_iter().skip(skip).collect()),
    }
}

/// `xsys __as NAME ARGS…` is a call of NAME: that is how the small programs beside `xsys` call it.
fn under_its_name(mut args: Vec<OsString>) -> Vec<OsString> {
    if args.len() > 2 && args[1] == "__as" {
        args.drain(..2);
    }
    args
}

/// The role of a call.
#[derive(Debug, PartialEq, Eq)]
enum Part {
    /// A linker's command line; the flavor, if the name or `-flavor` says it.
    Linker(Option<Flavor>),
    /// A compiler driver's command line.
    CompilerDriver,
    /// `wasm-component-ld`'s command line.
    ComponentLinker,
    /// The command line of a linker that this program stands in for.
    OtherLinker,
    /// `ar`'s command line, and `ranlib`'s.
    Archiver,
    Ranlib,
    /// `xsys __exec FILE ARGS…`, as cargo's runner.
    Runner,
    /// `rustc` or `rustdoc`, called by cargo for a target that needs unstable options.
    Compiler(&'static str),
    /// A command; its arguments begin after the first `skip`.
    Command {
        skip: usize,
    },
}

impl Part {
    fn of(args: &[OsString]) -> Self {
        let name = args.first().map(Path::new);
        if name.is_some_and(linker::other::is_one) {
            return Self::OtherLinker;
        }
        let name = name
            .and_then(Path::file_name)
            .and_then(|name| name.to_str())
            .map(|name| name.strip_suffix(".exe").unwrap_or(name))
            .unwrap_or_default();
        let first = args.get(1).and_then(|arg| arg.to_str());
        match name {
            // Names that mean any linker take the flavor from `-flavor`.
            "xsys-ld" | "rust-lld" | "lld" | "ld" | "ld.xsys" => Self::Linker(None),
            "ld.lld" => Self::Linker(Some(Flavor::Gnu)),
            "wasm-ld" => Self::Linker(Some(Flavor::Wasm)),
            archiver::AR => Self::Archiver,
            archiver::RANLIB => Self::Ranlib,
            "wasm-component-ld" => Self::ComponentLinker,
            name if cc::is_one(name) => Self::CompilerDriver,
            "rustc" => Self::Compiler("rustc"),
            "rustdoc" => Self::Compiler("rustdoc"),
            driver::unstable::WRAPPER_NAME => Self::Compiler(driver::unstable::WRAPPER_NAME),
            _ => match first {
                Some("-flavor" | "--flavor") => Self::Linker(None),
                Some("__exec") => Self::Runner,
                // Without a flavor: the first argument is rustc's own object or a response file.
                Some(word) if word.ends_with(".o") || word.starts_with('@') => {
                    Self::Linker(Some(Flavor::Gnu))
                }
                // cargo repeats the subcommand's name.
                Some("xsys") if name == "cargo-xsys" => Self::Command { skip: 2 },
                _ => Self::Command { skip: 1 },
            },
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_part_follows_from_name_and_first_argument() {
        for (line, expected) in [
            ("xsys build", Part::Command { skip: 1 }),
            ("/opt/bin/xsys", Part::Command { skip: 1 }),
            ("xsys -flavor gnu a.o", Part::Linker(None)),
            ("cargo-xsys xsys build", Part::Command { skip: 2 }),
            // Started by hand, without cargo.
            ("cargo-xsys build", Part::Command { skip: 1 }),
            ("cargo-xsys -flavor gnu", Part::Linker(None)),
            ("xsys /t/symbols.o a.o", Part::Linker(Some(Flavor::Gnu))),
            ("xsys @/t/arguments", Part::Linker(Some(Flavor::Gnu))),
            ("xsys xsys", Part::Command { skip: 1 }),
            ("/x/xsys-ld a.o", Part::Linker(None)),
            ("xsys-ld.exe build", Part::Linker(None)),
            ("ld.lld build", Part::Linker(Some(Flavor::Gnu))),
            ("/x/xsys-cc -o a a.o", Part::CompilerDriver),
            ("aarch64-linux-gnu-xsys-cc a.o", Part::CompilerDriver),
            ("xsys __as xsys-cc @a", Part::CompilerDriver),
            ("wasm-ld --no-entry", Part::Linker(Some(Flavor::Wasm))),
            ("wasm-component-ld -flavor wasm", Part::ComponentLinker),
            ("xsys __exec a.out", Part::Runner),
            ("/t/xsys/bin/rustc -vV", Part::Compiler("rustc")),
            ("/t/xsys/bin/rustdoc @a", Part::Compiler("rustdoc")),
            ("/c/xsys-ar crs liba.a a.o", Part::Archiver),
            ("xsys-ranlib liba.a", Part::Ranlib),
            (
                "/t/xsys/linkers/0123/rust-lld -flavor gnu",
                Part::OtherLinker,
            ),
            ("/t/xsys/linkers/0123/cc a.o", Part::OtherLinker),
            ("xsys __as /x/xsys-ld a.o", Part::Linker(None)),
            ("xsys __as cargo-xsys xsys build", Part::Command { skip: 2 }),
            ("xsys ld a.o", Part::Command { skip: 1 }),
        ] {
            let args: Vec<OsString> = line.split(' ').map(OsString::from).collect();
            assert_eq!(Part::of(&under_its_name(args)), expected, "{line}");
        }
        assert_eq!(Part::of(&[]), Part::Command { skip: 1 });
    }
}

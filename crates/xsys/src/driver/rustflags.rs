//! The flags that rustc gets: the user's own, and ours that bring in sysroot and linker.
//!
//! Flags set in the environment replace those of configuration files in cargo, so the user's are
//! resolved first, as cargo would, and everything is handed over as `CARGO_ENCODED_RUSTFLAGS`.
//! With `--target`, cargo keeps these away from build scripts and procedural macros.
//!
//! Where paths are remapped (`trim_paths`), a program tells nothing about the machine it was built on;
//! with a remap present cargo keeps the flags out of symbol hashes, so that the same sources give
//! the same bytes in another folder.

use std::ffi::OsString;
use std::path::{Path, PathBuf};
use std::process::{Command, ExitCode};

use cargo_config2::{Config, PathAndArgs, ResolveOptions};
use xsys_diag::Diagnostic;
use xsys_target::{Kind, Rustc, Target};

use crate::driver::linker_choice::Choice;
use crate::driver::own_program;

/// What the user's configuration says about a target.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct UserConfig {
    pub rustflags: Vec<String>,
    pub rustdocflags: Vec<String>,
    pub linker: Option<PathBuf>,
    /// Whether a runner is set; cargo will use it.
    pub runner: Option<String>,
    /// `build.target`.
    pub build_target: Option<String>,
}

/// Reads cargo's configuration for a project's folder, without a target.
pub fn build_targets(folder: &Path, cargo: &Path) -> Result<Vec<String>, Diagnostic> {
    let config = load(folder, cargo, None)?;
    config
        .build_target_for_cli::<_, &str>([])
        .map_err(|error| problem(&error))
}

/// Reads cargo's configuration for a project's folder; `target` is what cargo's `--target` gets.
pub fn user_config(
    folder: &Path,
    cargo: &Path,
    rustc: &Rustc,
    target: &str,
) -> Result<UserConfig, Diagnostic> {
    let config = load(folder, cargo, Some(rustc))?;
    let settings = config.target(target).map_err(|error| problem(&error))?;
    let flags = |flags: Option<cargo_config2::Flags>| flags.map(|flags| flags.flags);
    Ok(UserConfig {
        rustflags: flags(settings.rustflags).unwrap_or_default(),
        rustdocflags: flags(settings.rustdocflags).unwrap_or_default(),
        linker: settings.linker,
        runner: settings.runner.map(|runner| {
            let mut text = runner.path.display().to_string();
            for arg in &runner.args {
                text.push(' ');
                text.push_str(&arg.to_string_lossy());
            }
            text
        }),
        build_target: None,
    })
}

fn load(folder: &Path, cargo: &Path, rustc: Option<&Rustc>) -> Result<Config, Diagnostic> {
    let mut options = ResolveOptions::default().cargo(cargo.as_os_str());
    if let Some(rustc) = rustc {
        options = options.host_triple(rustc.host());
        // `[target.'cfg(…)']` makes the library ask rustc for the target's cfgs, which for custom
        // specs needs unstable options: we stand in between.
        if let Ok(own) = own_program::path() {
            let mut program = PathAndArgs::new(own);
            program.arg("__rustc").arg(rustc.program().as_os_str());
            options = options.rustc(program);
        }
    }
    Config::load_with_options(folder, options).map_err(|error| problem(&error))
}

fn problem(error: &cargo_config2::Error) -> Diagnostic {
    let mut text = error.to_string();
    let mut cause = std::error::Error::source(error);
    while let Some(error) = cause {
        text.push_str(&format!(": {error}"));
        cause = error.source();
    }
    Diagnostic::error(format!("cannot read cargo's configuration: {text}"))
}

/// `xsys __rustc RUSTC ARGS…`
pub fn rustc_main(args: Vec<OsString>) -> ExitCode {
    let Some((rustc, args)) = args.split_first() else {
        return ExitCode::from(2);
    };
    let custom = args
        .iter()
        .any(|arg| arg.to_string_lossy().ends_with(".json"));
    let mut command = Command::new(rustc);
    command.args(args);
    if custom {
        command
            .arg("-Zunstable-options")
            .env("RUSTC_BOOTSTRAP", "1");
    }
    match command.status() {
        Ok(status) if status.success() => ExitCode::SUCCESS,
        _ => ExitCode::FAILURE,
    }
}

/// What our flags are made of.
#[derive(Clone, Debug)]
pub struct Inputs<'a> {
    pub sysroot: &'a Path,
    /// What brings in the linker.
    pub linker: &'a Choice,
    pub target: &'a Target,
    /// The CPU model, where rustc and linker have to be told.
    pub cpu: Option<&'a str>,
    /// Scripts and further arguments for the linker.
    pub link_args: &'a [String],
    /// Flags that replace paths (`trim_paths`). None for rustdoc, where they are unstable.
    pub trims: &'a [String],
}

/// Ours first: where a flag may be given twice, the user's wins.
pub fn merge(user: &[String], ours: &Inputs<'_>) -> Vec<String> {
    let mut flags = vec![format!("--sysroot={}", ours.sysroot.display())];
    if ours.target.kind == Kind::Json {
        flags.push("-Zunstable-options".to_owned());
    }
    if let Some(cpu) = ours.cpu {
        flags.push(format!("-Ctarget-cpu={cpu}"));
        // For the device's memories and start code, as avr-gcc would be called.
        if ours.target.arch() == "avr" && !ours.linker.flags.is_empty() {
            flags.push(format!("-Clink-arg=-mmcu={cpu}"));
        }
    }
    flags.extend_from_slice(ours.trims);
    if !ours.linker.overrides {
        flags.extend_from_slice(&ours.linker.flags);
    }
    flags.extend(ours.link_args.iter().map(|arg| format!("-Clink-arg={arg}")));
    flags.extend_from_slice(user);
    if ours.linker.overrides {
        flags.extend_from_slice(&ours.linker.flags);
    }
    flags
}

/// The linker that the user's flags choose.
pub fn linker(flags: &[String]) -> Option<&str> {
    codegen_option(flags, "linker=")
}

/// The CPU model that the user's flags choose.
pub fn cpu(flags: &[String]) -> Option<String> {
    codegen_option(flags, "target-cpu=").map(str::to_owned)
}

/// The value of a codegen option, in any of rustc's spellings; the last one counts.
fn codegen_option<'a>(flags: &'a [String], name: &str) -> Option<&'a str> {
    let mut after_c = false;
    let mut found = None;
    for flag in flags {
        let joined = flag
            .strip_prefix("-C")
            .or_else(|| flag.strip_prefix("--codegen="));
        let option = match joined {
            Some(rest) => Some(rest.trim_start()),
            None => after_c.then_some(flag.as_str()),
        };
        found = option.and_then(|text| text.strip_prefix(name)).or(found);
        after_c = flag == "-C" || flag == "--codegen";
    }
    found
}

/// cargo's separator between flags, which may have spaces themselves.
pub fn encode(flags: &[String]) -> String {
    flags.join("\x1f")
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::driver::linker_choice::By;
    use xsys_diag::Source;

    fn target(json: bool) -> Target {
        let text = r#"{"arch":"arm","llvm-target":"arm","data-layout":"e","target-pointer-width":32,"linker-flavor":"gnu-lld"}"#;
        let source = Source {
            path: "t.json".into(),
            text: text.into(),
        };
        let mut target = Target::from_json("t".to_owned(), source, None).unwrap();
        if !json {
            target.kind = Kind::Builtin;
        }
        target
    }

    fn words(line: &str) -> Vec<String> {
        line.split_whitespace().map(str::to_owned).collect()
    }

    #[test]
    fn ours_come_first() {
        let trims = words("--remap-path-prefix=/p=. --remap-path-prefix=/t=target");
        let link_args = words("-T/b/link.x -L/b");
        let remapped = "--remap-path-prefix=/p=. --remap-path-prefix=/t=target";
        let linked = "-Clink-arg=-T/b/link.x -Clink-arg=-L/b";
        for (json, overrides, user, expected) in [
            (
                false,
                false,
                "-Ctarget-cpu=x",
                format!("--sysroot=/s {remapped} -Clinker=/x {linked} -Ctarget-cpu=x"),
            ),
            (
                true,
                false,
                "",
                format!("--sysroot=/s -Zunstable-options {remapped} -Clinker=/x {linked}"),
            ),
            // A linker of the command line's comes behind the user's flags.
            (
                false,
                true,
                "-C linker=cc",
                format!("--sysroot=/s {remapped} {linked} -C linker=cc -Clinker=/x"),
            ),
        ] {
            let inputs = Inputs {
                sysroot: Path::new("/s"),
                linker: &Choice {
                    by: By::Xsys,
                    reason: None,
                    flags: words("-Clinker=/x"),
                    overrides,
                },
                cpu: None,
                target: &target(json),
                link_args: &link_args,
                trims: &trims,
            };
            assert_eq!(merge(&words(user), &inputs), words(&expected));
        }
    }

    #[test]
    fn a_chosen_linker_is_seen() {
        for (flags, expected) in [
            ("-Clinker=cc", Some("cc")),
            ("-C linker=cc", Some("cc")),
            ("--codegen linker=cc", Some("cc")),
            ("--codegen=linker=cc", Some("cc")),
            ("-Clinker-flavor=gcc", None),
            ("-Clink-arg=-linker=x", None),
            ("-C opt-level=3 linker=x", None),
            ("", None),
        ] {
            assert_eq!(linker(&words(flags)), expected, "{flags}");
        }
    }

    #[test]
    fn configuration_is_resolved_as_cargo_does() {
        let folder = tempfile::tempdir().unwrap();
        let dot_cargo = folder.path().join(".cargo");
        std::fs::create_dir(&dot_cargo).unwrap();
        std::fs::write(
            dot_cargo.join("config.toml"),
            r#"
            [build]
            target = "thumbv7m-none-eabi"
            rustflags = ["--cfg", "everywhere"]
            [target.thumbv7m-none-eabi]
            rustflags = ["-C", "link-arg=-Tlink.x"]
            runner = "probe run"
            [target.armv7a-none-eabi]
            linker = "/opt/ld"
            "#,
        )
        .unwrap();
        let read = |target: &str, env: &[(&str, &str)]| {
            let options = ResolveOptions::default()
                .cargo("cargo")
                .cargo_home(None::<PathBuf>)
                .host_triple("x86_64-unknown-linux-gnu")
                .env(env.iter().copied());
            let config = Config::load_with_options(folder.path(), options).unwrap();
            let flags = config.rustflags(target).unwrap();
            flags.map_or(String::new(), |flags| flags.flags.join(" "))
        };
        assert_eq!(read("thumbv7m-none-eabi", &[]), "-C link-arg=-Tlink.x");
        assert_eq!(read("riscv32i-unknown-none-elf", &[]), "--cfg everywhere");
        assert_eq!(
            read("thumbv7m-none-eabi", &[("RUSTFLAGS", "-g -O")]),
            "-g -O"
        );
        assert_eq!(
            read(
                "thumbv7m-none-eabi",
                &[
                    ("RUSTFLAGS", "-g"),
                    ("CARGO_ENCODED_RUSTFLAGS", "--cfg\x1fa b")
                ]
            ),
            "--cfg a b"
        );
        assert_eq!(
            build_targets(folder.path(), Path::new("cargo")).unwrap(),
            [std::env::var("CARGO_BUILD_TARGET").unwrap_or("thumbv7m-none-eabi".to_owned())]
        );
    }

    #[test]
    fn flags_with_spaces_survive() {
        assert_eq!(encode(&["a b".to_owned(), "c".to_owned()]), "a b\x1fc");
    }
}

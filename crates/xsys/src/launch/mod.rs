//! How a finished program is started: natively, under QEMU, or in the wasm engine.
//!
//! A board or the project's `run` decides; for plain targets it follows from the target and this
//! machine. Nothing is started here.

pub(crate) mod context;
pub(crate) mod gdb;
mod loader;
pub(crate) mod start;
pub(crate) mod watch;

use serde::{Deserialize, Serialize};
use xsys_diag::Diagnostic;
use xsys_target::{Engine, RunConfig, Spec, Stop, Target};

/// The chosen way to start programs of a target.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) enum Launch {
    /// The program itself.
    Native,
    /// The built-in engine.
    Wasm,
    /// Node, with our host for what the built-in engine lacks.
    Node,
    /// Another program, the first of `programs` that is installed; `args` may contain `{elf}` and
    /// other outputs as placeholders.
    Through {
        programs: Vec<String>,
        args: Vec<String>,
        /// Whether the program's own arguments follow these.
        takes_arguments: bool,
        /// What ends it.
        stop: Option<Stop>,
    },
}

/// What decides whether a program runs natively.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Host<'a> {
    pub arch: &'a str,
    pub os: &'a str,
}

impl Host<'_> {
    pub(crate) fn this() -> Self {
        Self {
            arch: std::env::consts::ARCH,
            os: std::env::consts::OS,
        }
    }

    fn runs(self, spec: &Spec) -> bool {
        spec.os() == self.os
            && (spec.arch() == self.arch || (self.arch == "x86_64" && spec.arch() == "x86"))
    }
}

/// Decides by the project's setting, the board's, or the target alone.
pub(crate) fn decide(
    target: &Target,
    setting: Option<&RunConfig>,
    host: Host<'_>,
) -> Result<Launch, Diagnostic> {
    let board = target.board.as_ref().and_then(|board| board.run.as_ref());
    match setting.or(board) {
        Some(config) => configured(target, config, host),
        None => by_target(target, host),
    }
}

fn configured(target: &Target, config: &RunConfig, host: Host<'_>) -> Result<Launch, Diagnostic> {
    let through = |programs: Vec<String>, takes_arguments| {
        let mut args = config.args.clone();
        if takes_arguments && !args.iter().any(|arg| arg.contains('{')) {
            args.push("{elf}".to_owned());
        }
        Launch::Through {
            programs,
            args,
            takes_arguments,
            stop: config.stop.clone(),
        }
    };
    match (config.engine, &config.program) {
        (Engine::Wasm, _) => Ok(wasm(target)),
        (Engine::Native, _) if host.runs(target) => Ok(Launch::Native),
        // The program is for machines of another kind than the target.
        (Engine::Native | Engine::QemuUser, Some(program)) => Ok(through(
            vec![program.clone(), format!("{program}-static")],
            true,
        )),
        (Engine::Native | Engine::QemuUser, None) => {
            let programs = qemu_user(target)?;
            Ok(through(programs, true))
        }
        (Engine::QemuSystem, Some(program)) => Ok(through(vec![program.clone()], false)),
        (Engine::QemuSystem, None) => Err(Diagnostic::error(
            "`run` with engine `qemu-system` needs a `program`",
        )
        .help(format!("for example `{}`", example(target)))),
    }
}

fn by_target(target: &Target, host: Host<'_>) -> Result<Launch, Diagnostic> {
    if target.is_wasm() {
        return Ok(wasm(target));
    }
    if host.runs(target) {
        return Ok(Launch::Native);
    }
    if target.os() == "linux" {
        return Ok(Launch::Through {
            programs: qemu_user(target)?,
            args: vec!["{elf}".to_owned()],
            takes_arguments: true,
            stop: None,
        });
    }
    Err(Diagnostic::error(format!(
        "nothing says how to run programs for `{}` here",
        target.name
    ))
    .note(format!(
        "its system is `{}` on `{}`; this machine is `{}` on `{}`",
        target.os(),
        target.arch(),
        host.os,
        host.arch
    ))
    .help(format!(
        "use a board (`xsys board list`), or say it in Cargo.toml:\n[package.metadata.xsys]\n{}",
        example(target)
    )))
}

/// A setting that starts a machine of the target's architecture.
fn example(spec: &Spec) -> String {
    let bare = spec.llvm_target();
    let cortex_m = ["v6m", "v7m", "v7em", "v8m"]
        .iter()
        .any(|v| bare.contains(v));
    let (program, machine) = match spec.arch() {
        "arm" if cortex_m => ("arm", "lm3s6965evb"),
        "arm" => ("arm", "virt"),
        "x86_64" => ("x86_64", "q35"),
        "x86" => ("i386", "q35"),
        "avr" => ("avr", "uno"),
        "mips" | "mips32r6" if spec.is_big_endian() => ("mips", "malta"),
        "mips" | "mips32r6" => ("mipsel", "malta"),
        "powerpc" => ("ppc", "ppce500"),
        "powerpc64" => ("ppc64", "pseries"),
        "s390x" => ("s390x", "s390-ccw-virtio"),
        "sparc" => ("sparc", "leon3_generic"),
        "sparc64" => ("sparc64", "niagara"),
        // QEMU uses the same names for aarch64, riscv32, riscv64, loongarch64, m68k, xtensa and
        // others.
        arch => (arch, "virt"),
    };
    let mut args = vec!["-M", machine];
    match spec.arch() {
        // By default this machine has a 32-bit core.
        "aarch64" => args.extend(["-cpu", "max"]),
        // Firmware would be where programs are loaded.
        "riscv32" | "riscv64" => args.extend(["-bios", "none"]),
        _ => {}
    }
    args.extend(["-display", "none", "-serial", "stdio"]);
    if matches!(
        spec.arch(),
        "aarch64" | "arm" | "m68k" | "mips" | "mips32r6" | "riscv32" | "riscv64" | "xtensa"
    ) {
        args.push("-semihosting");
    }
    // What is in an AVR's flash is its firmware.
    args.push(if spec.arch() == "avr" {
        "-bios"
    } else {
        "-kernel"
    });
    args.push("{elf}");
    let args: Vec<String> = args.iter().map(|word| format!("\"{word}\"")).collect();
    format!(
        "run = {{ engine = \"qemu-system\", program = \"qemu-system-{program}\", args = [{}] }}",
        args.join(", ")
    )
}

/// Who runs components.
pub(crate) fn components() -> Launch {
    Launch::Through {
        // Both accept the same arguments.
        programs: ["wasmtime", "jco"].map(str::to_owned).to_vec(),
        args: ["run", "{elf}"].map(str::to_owned).to_vec(),
        takes_arguments: true,
        stop: None,
    }
}

/// Which engine has what programs of a wasm target use.
fn wasm(target: &Target) -> Launch {
    let through = |programs: &[&str], args: &[&str]| Launch::Through {
        programs: programs.iter().map(|&name| name.to_owned()).collect(),
        args: args.iter().map(|&arg| arg.to_owned()).collect(),
        takes_arguments: true,
        stop: None,
    };
    if target.is_emscripten() {
        // emcc makes a script that loads the module beside it.
        return through(&["node"], &["{elf}"]);
    }
    if target.makes_components() {
        return components();
    }
    if target.has_wasm_threads() {
        return Launch::Node;
    }
    Launch::Wasm
}

/// QEMU's user-mode programs for an architecture; distributions ship them under two names.
fn qemu_user(spec: &Spec) -> Result<Vec<String>, Diagnostic> {
    let big = spec.is_big_endian();
    let suffix = match (spec.arch(), big) {
        ("aarch64", false) => "aarch64",
        ("aarch64", true) => "aarch64_be",
        ("arm", false) => "arm",
        ("arm", true) => "armeb",
        ("x86", _) => "i386",
        ("x86_64", _) => "x86_64",
        ("mips" | "mips32r6", true) => "mips",
        ("mips" | "mips32r6", false) => "mipsel",
        ("mips64" | "mips64r6", true) => "mips64",
        ("mips64" | "mips64r6", false) => "mips64el",
        ("powerpc", _) => "ppc",
        ("powerpc64", true) => "ppc64",
        ("powerpc64", false) => "ppc64le",
        ("sparc", _) => "sparc",
        ("sparc64", _) => "sparc64",
        ("riscv32" | "riscv64" | "s390x" | "loongarch64" | "m68k" | "hexagon" | "xtensa", _) => {
            spec.arch()
        }
        (arch, _) => {
            return Err(Diagnostic::error(format!(
                "QEMU has no user mode for architecture `{arch}`"
            ))
            .help("say in `[package.metadata.xsys] run` how programs are run"));
        }
    };
    Ok(vec![
        format!("qemu-{suffix}"),
        format!("qemu-{suffix}-static"),
    ])
}

/// The Debian (and Ubuntu) package that a QEMU program is in.
pub(crate) fn debian_package(program: &str) -> Option<&'static str> {
    let name = program.rsplit('/').next()?;
    let Some(machine) = name.strip_prefix("qemu-system-") else {
        return name.starts_with("qemu-").then_some("qemu-user");
    };
    Some(match machine {
        "aarch64" | "arm" => "qemu-system-arm",
        "x86_64" | "i386" => "qemu-system-x86",
        "mips" | "mipsel" | "mips64" | "mips64el" => "qemu-system-mips",
        "ppc" | "ppc64" => "qemu-system-ppc",
        "sparc" | "sparc64" => "qemu-system-sparc",
        "s390x" => "qemu-system-s390x",
        _ => "qemu-system-misc",
    })
}

/// How to install a program here.
pub(crate) fn how_to_install(program: &str) -> String {
    match program {
        "wasmtime" => return "see https://wasmtime.dev, or take jco from npm".to_owned(),
        "node" => {
            return "your system's package `nodejs`, or https://nodejs.org".to_owned();
        }
        _ => {}
    }
    match (debian_package(program), std::env::consts::OS) {
        (Some(_), "macos") => "brew install qemu".to_owned(),
        (Some(_), "windows") => "winget install SoftwareFreedomConservancy.QEMU".to_owned(),
        (Some(package), _) => {
            format!("sudo apt install {package} (Debian, Ubuntu), or your system's QEMU package")
        }
        (None, _) => format!("install `{program}` and put it on PATH"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use xsys_diag::Source;

    fn target(arch: &str, os: &str, endian: &str) -> Target {
        let text = format!(
            r#"{{"arch":"{arch}","os":"{os}","target-endian":"{endian}","llvm-target":"x","data-layout":"e","target-pointer-width":32}}"#
        );
        let source = Source {
            path: "t.json".into(),
            text: text.into(),
        };
        Target::from_json("t".to_owned(), source, None).unwrap()
    }

    const HOST: Host<'static> = Host {
        arch: "x86_64",
        os: "linux",
    };

    #[test]
    fn plain_targets_run_by_what_they_are() {
        for (arch, os, endian, expected) in [
            ("x86_64", "linux", "little", "native"),
            ("x86", "linux", "little", "native"),
            ("aarch64", "linux", "little", "qemu-aarch64"),
            ("powerpc64", "linux", "little", "qemu-ppc64le"),
            ("powerpc64", "linux", "big", "qemu-ppc64"),
            ("mips", "linux", "little", "qemu-mipsel"),
            ("riscv64", "linux", "little", "qemu-riscv64"),
            ("wasm32", "unknown", "little", "wasm"),
            ("wasm32", "wasi", "little", "wasm"),
            ("wasm64", "unknown", "little", "wasm"),
            (
                "arm",
                "none",
                "little",
                "nothing says how to run programs for `t` here",
            ),
            (
                "x86_64",
                "freebsd",
                "little",
                "nothing says how to run programs for `t` here",
            ),
            (
                "csky",
                "linux",
                "little",
                "QEMU has no user mode for architecture `csky`",
            ),
        ] {
            let shown = match decide(&target(arch, os, endian), None, HOST) {
                Ok(Launch::Native) => "native".to_owned(),
                Ok(Launch::Wasm) => "wasm".to_owned(),
                Ok(Launch::Node) => "node".to_owned(),
                Ok(Launch::Through { programs, args, .. }) => {
                    assert_eq!(args, ["{elf}"]);
                    assert_eq!(programs[1], format!("{}-static", programs[0]));
                    programs[0].clone()
                }
                Err(problem) => problem.message,
            };
            assert_eq!(shown, expected, "{arch} {os} {endian}");
        }
    }

    #[test]
    fn settings_win_over_the_target() {
        let run = |engine, program: Option<&str>, args: &[&str]| {
            let config = RunConfig {
                engine,
                program: program.map(str::to_owned),
                args: args.iter().map(|&arg| arg.to_owned()).collect(),
                stop: None,
            };
            decide(&target("arm", "none", "little"), Some(&config), HOST)
        };
        assert_eq!(
            run(Engine::QemuSystem, Some("qemu-system-arm"), &["-M", "virt"]),
            Ok(Launch::Through {
                programs: vec!["qemu-system-arm".to_owned()],
                args: vec!["-M".to_owned(), "virt".to_owned()],
                takes_arguments: false,
                stop: None,
            })
        );
        assert_eq!(
            run(Engine::QemuUser, None, &["-cpu", "cortex-a7"]),
            Ok(Launch::Through {
                programs: vec!["qemu-arm".to_owned(), "qemu-arm-static".to_owned()],
                args: ["-cpu", "cortex-a7", "{elf}"].map(str::to_owned).to_vec(),
                takes_arguments: true,
                stop: None,
            })
        );
        // Native elsewhere means user-mode emulation.
        assert!(matches!(
            run(Engine::Native, None, &[]),
            Ok(Launch::Through { .. })
        ));
        assert_eq!(run(Engine::Wasm, None, &[]), Ok(Launch::Wasm));
        assert!(run(Engine::QemuSystem, None, &[]).is_err());
    }

    #[test]
    fn examples_are_for_the_architecture() {
        for (arch, program) in [
            ("x86_64", "qemu-system-x86_64"),
            ("aarch64", "qemu-system-aarch64"),
            ("riscv32", "qemu-system-riscv32"),
            ("arm", "qemu-system-arm"),
        ] {
            let problem = decide(&target(arch, "none", "little"), None, HOST).unwrap_err();
            let expected = format!("program = \"{program}\"");
            assert!(problem.help[0].contains(&expected), "{problem}");
        }
    }

    #[test]
    fn packages_are_debians() {
        for (program, package) in [
            ("qemu-system-aarch64", Some("qemu-system-arm")),
            ("qemu-system-riscv32", Some("qemu-system-misc")),
            ("/usr/bin/qemu-system-i386", Some("qemu-system-x86")),
            ("qemu-mipsel", Some("qemu-user")),
            ("probe-rs", None),
        ] {
            assert_eq!(debian_package(program), package);
        }
    }
}

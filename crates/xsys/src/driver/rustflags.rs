//! The flags that rustc gets: the user's own, and ours that bring in sysroot and linker.
//!
//! Flags set in the environment replace those of configuration files in cargo, so the user's are
//! resolved first, as cargo would, and everything is handed over as `CARGO_ENCODED_RUSTFLAGS`.
//! With `--target`, cargo keeps these away from build scripts and procedural macros.
//!
//! Where paths are remapped (`trim_paths`), a program tells nothing about the machine it was built on;
//! with a remap present cargo keeps the flags out of symbol hashes, so that the same sources give
//! the same bytes in another folder.

use std::path::{Path, PathBuf};

use cargo_platform::Cfg;
use serde_json::Value;
use xsys_diag::Diagnostic;
use xsys_target::{Kind, Rustc, Target};

use crate::driver::cargo_config::{CargoConfig, holds, split};
use crate::driver::linker_choice::Choice;
use crate::driver::plain_cargo::without_ours;
use crate::error::{file, reason};

/// What the user's configuration says about a target.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct UserConfig {
    pub rustflags: Vec<String>,
    pub rustdocflags: Vec<String>,
    /// As it is written: cargo knows which folder a relative path means.
    pub linker: Option<PathBuf>,
    /// Whether a runner is set; cargo will use it.
    pub runner: Option<String>,
}

/// Works out what cargo would do for a target.
pub fn user_config(
    config: &CargoConfig,
    rustc: &Rustc,
    target: &Target,
) -> Result<UserConfig, Diagnostic> {
    let mut cfgs = Vec::new();
    // Flags may switch on cfgs that switch on flags; cargo looks twice as well.
    for _ in 0..if conditions(config) { 2 } else { 0 } {
        let flags = flags(config, &target.name, &cfgs, Tool::Rustc);
        cfgs = cfgs_with(rustc, target, &flags)?;
    }
    let setting = |key: &str| setting(config, &target.name, &cfgs, key);
    Ok(UserConfig {
        rustflags: without_ours(flags(config, &target.name, &cfgs, Tool::Rustc)),
        rustdocflags: without_ours(flags(config, &target.name, &cfgs, Tool::Rustdoc)),
        linker: setting("linker").map(PathBuf::from),
        runner: setting("runner"),
    })
}

/// Whose flags are meant.
#[derive(Clone, Copy)]
enum Tool {
    Rustc,
    Rustdoc,
}

impl Tool {
    fn key(self) -> &'static str {
        match self {
            Self::Rustc => "rustflags",
            Self::Rustdoc => "rustdocflags",
        }
    }
}

/// The flags of the first source that has any: the environment, the target's tables, `build`.
fn flags(config: &CargoConfig, target: &str, cfgs: &[Cfg], tool: Tool) -> Vec<String> {
    let key = tool.key();
    let variable = key.to_uppercase();
    if let Some(text) = config.env(&format!("CARGO_ENCODED_{variable}")) {
        let flags = text.split('\x1f').filter(|_| !text.is_empty());
        return flags.map(str::to_owned).collect();
    }
    if let Some(text) = config.env(&variable) {
        return text.split_whitespace().map(str::to_owned).collect();
    }
    let mut flags = config.words(&["target", target, key]).unwrap_or_default();
    for (condition, value) in config.conditional(key) {
        if holds(condition, cfgs) {
            flags.extend(split(value));
        }
    }
    if flags.is_empty() {
        flags = config.words(&["build", key]).unwrap_or_default();
    }
    flags
}

/// A target's own setting, else that of the condition that holds for it.
fn setting(config: &CargoConfig, target: &str, cfgs: &[Cfg], key: &str) -> Option<String> {
    let line = |words: Vec<String>| Some(words.join(" ")).filter(|line| !line.is_empty());
    let own = ["target", target, key];
    config
        .text(&own)
        .or_else(|| config.words(&own).and_then(line))
        .or_else(|| {
            let mut conditional = config.conditional(key);
            let (_, value) = conditional.find(|(condition, _)| holds(condition, cfgs))?;
            match value {
                Value::String(text) => Some(text.clone()),
                list => line(split(list)),
            }
        })
}

/// Whether anything depends on a target's cfgs.
fn conditions(config: &CargoConfig) -> bool {
    ["rustflags", "rustdocflags", "linker", "runner"]
        .iter()
        .any(|key| config.conditional(key).next().is_some())
}

/// A target's cfgs under flags. A spec that has no file yet gets one for the while.
fn cfgs_with(rustc: &Rustc, target: &Target, flags: &[String]) -> Result<Vec<Cfg>, Diagnostic> {
    let ask = |name: &std::ffi::OsStr| {
        let lines = rustc
            .cfg(name, flags)
            .map_err(|error| error.into_diagnostic())?;
        Ok(lines.iter().filter_map(|line| line.parse().ok()).collect())
    };
    if target.kind == Kind::Builtin {
        return ask(target.name.as_ref());
    }
    let folder = tempfile::tempdir().map_err(|error| {
        Diagnostic::error(format!(
            "cannot make a temporary folder: {}",
            reason(&error)
        ))
    })?;
    let path = folder.path().join(format!("{}.json", target.name));
    std::fs::write(&path, target.canonical_json()).map_err(|error| file("write", &path, &error))?;
    ask(path.as_os_str())
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

/// The panic strategy that the user's flags choose.
pub fn panic(flags: &[String]) -> Option<&str> {
    codegen_option(flags, "panic=")
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
    fn one_source_of_flags_counts() {
        let files = r#"
            [build]
            rustflags = ["--cfg", "everywhere"]
            [target.thumbv7m-none-eabi]
            rustflags = ["-C", "link-arg=-Tlink.x"]
            runner = ["probe", "run"]
            [target.'cfg(target_os = "none")']
            rustflags = "-Cbare -Cmetal"
            linker = "b"
            [target.'cfg(target_os = "linux")']
            rustflags = ["-Clinux"]
            "#;
        let cfgs = ["target_os=\"none\""].map(|cfg| cfg.parse::<Cfg>().unwrap());
        let read = |target: &str, options: &str, env: &[(&str, &str)]| {
            let config = CargoConfig::of(files, options, env);
            flags(&config, target, &cfgs, Tool::Rustc).join(" ")
        };
        let thumb = "thumbv7m-none-eabi";
        let joined = "-C link-arg=-Tlink.x -Cbare -Cmetal";
        assert_eq!(read(thumb, "", &[]), joined);
        let more = [("CARGO_TARGET_THUMBV7M_NONE_EABI_RUSTFLAGS", "-Ca -Cb")];
        assert_eq!(
            read(
                thumb,
                "target.thumbv7m-none-eabi.rustflags = [\"-Cz\"]",
                &more
            ),
            "-C link-arg=-Tlink.x -Ca -Cb -Cz -Cbare -Cmetal"
        );
        assert_eq!(read("riscv32i-unknown-none-elf", "", &[]), "-Cbare -Cmetal");
        let of_env = [("RUSTFLAGS", "-g  -O")];
        assert_eq!(read(thumb, "", &of_env), "-g -O");
        let encoded = [
            ("RUSTFLAGS", "-g"),
            ("CARGO_ENCODED_RUSTFLAGS", "--cfg\x1fa b"),
        ];
        assert_eq!(read(thumb, "", &encoded), "--cfg a b");
        let config = CargoConfig::of(files, "", &[]);
        assert_eq!(
            flags(&config, thumb, &[], Tool::Rustc),
            words("-C link-arg=-Tlink.x")
        );
        assert_eq!(
            flags(&config, "other", &[], Tool::Rustc),
            words("--cfg everywhere")
        );
        let one = |key| setting(&config, thumb, &cfgs, key);
        assert_eq!(one("runner").as_deref(), Some("probe run"));
        assert_eq!(one("linker").as_deref(), Some("b"));
        assert_eq!(setting(&config, thumb, &[], "linker"), None);
    }

    #[test]
    fn flags_with_spaces_survive() {
        assert_eq!(encode(&["a b".to_owned(), "c".to_owned()]), "a b\x1fc");
    }
}

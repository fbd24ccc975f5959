//! What the user's flags and cargo's configuration say about a target, read as cargo would read them.
//!
//! Flags set in the environment replace those of configuration files in cargo, so the user's are resolved first, and
//! everything is passed on together ([`super::rustflags`]). What `xsys setup` has written into a configuration is for
//! plain cargo; it is recognised and left out.

use std::path::{Path, PathBuf};

use cargo_platform::Cfg;
use serde_json::Value;
use xsys_diag::Diagnostic;
use xsys_sysroot::Cache;
use xsys_target::{Kind, Rustc, Target};

use crate::error::{file, reason};
use crate::project::cargo_config::{CargoConfig, holds, split};

/// What the user's configuration says about a target.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct UserConfig {
    pub rustflags: Vec<String>,
    pub rustdocflags: Vec<String>,
    /// Unchanged: cargo knows which directory a relative path means.
    pub linker: Option<PathBuf>,
    /// Whether a runner is set; cargo will use it.
    pub runner: Option<String>,
}

/// Computes what cargo would use for a target.
pub(crate) fn user_config(
    config: &CargoConfig,
    rustc: &Rustc,
    target: &Target,
) -> Result<UserConfig, Diagnostic> {
    let mut cfgs = Vec::new();
    // Flags may switch on cfgs that switch on flags; cargo reads them twice as well.
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

/// The compiler that the flags are for: rustc or rustdoc.
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

/// A target's own setting, or that of a condition that holds for it.
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

/// A target's cfgs under flags. A spec without a file gets a temporary one.
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
    let directory = tempfile::tempdir().map_err(|error| {
        Diagnostic::error(format!(
            "cannot make a temporary directory: {}",
            reason(&error)
        ))
    })?;
    let path = directory.path().join(format!("{}.json", target.name));
    std::fs::write(&path, target.canonical_json()).map_err(|error| file("write", &path, &error))?;
    ask(path.as_os_str())
}

/// The linker that the user's flags choose.
pub(crate) fn linker(flags: &[String]) -> Option<&str> {
    codegen_option(flags, "linker=")
}

/// The CPU model that the user's flags choose.
pub(crate) fn cpu(flags: &[String]) -> Option<String> {
    codegen_option(flags, "target-cpu=").map(str::to_owned)
}

/// The panic strategy that the user's flags choose.
pub(crate) fn panic(flags: &[String]) -> Option<&str> {
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

/// A configuration's flags without those that `xsys setup` has written.
pub(crate) fn without_ours(mut flags: Vec<String>) -> Vec<String> {
    if flags.iter().any(|flag| is_ours(flag)) {
        flags.retain(|flag| {
            !is_ours(flag) && !flag.starts_with("-Clinker-flavor=") && flag != "-Zunstable-options"
        });
    }
    flags
}

/// Whether a flag names a standard library in our cache.
pub(crate) fn is_ours(flag: &str) -> bool {
    let Some(path) = flag.strip_prefix("--sysroot=") else {
        return false;
    };
    Cache::from_env().is_ok_and(|cache| Path::new(path).starts_with(cache.root().join("sysroots")))
}

/// Whether a linker in the configuration is xsys itself.
pub(crate) fn is_our_linker(program: &Path) -> bool {
    program.file_stem().is_some_and(|name| name == "xsys-ld")
}

#[cfg(test)]
mod tests {
    use super::*;

    fn words(line: &str) -> Vec<String> {
        line.split_whitespace().map(str::to_owned).collect()
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
}

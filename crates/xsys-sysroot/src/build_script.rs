//! What the build scripts of the standard library would print, without running them.
//!
//! Running a build script means linking a program for the host, which needs a C compiler that people who build for
//! another machine may not have. These scripts only translate facts about the target into cfgs, so the translation is
//! kept here, as one table of (package, cfg, condition). Versions differ in which cfgs their scripts can set. That is
//! read from the script's own text: a row applies only where the script has its cfg, and a cfg without a row is
//! reported instead of being missed silently. A new version of Rust needs new rows and nothing else.
//!
//! Spec: `build.rs` of each package in rust-src (and `configure.rs` of compiler-builtins and libm).

use std::collections::BTreeSet;
use std::path::{Path, PathBuf};

use cargo_platform::Cfg;

use crate::Error;
use crate::manifest::{Package, read};
use crate::settings::OptLevel;

/// What conditions may ask about.
#[derive(Clone, Debug)]
pub(crate) struct Facts {
    /// All cfgs of the target, as rustc prints them.
    pub cfgs: Vec<Cfg>,
    /// The spec's `llvm-target`: scripts look at the triple, and a custom spec's name is not one.
    pub llvm_target: String,
    /// Whether `memcpy` and the like have to come from compiler_builtins.
    pub needs_mem_functions: bool,
    pub opt_level: OptLevel,
    pub nightly: bool,
}

impl Facts {
    fn value(&self, key: &str) -> &str {
        self.cfgs
            .iter()
            .find_map(|cfg| match cfg {
                Cfg::KeyPair(name, value) if name.as_str() == key => Some(value.as_str()),
                _ => None,
            })
            .unwrap_or("")
    }

    fn has(&self, key: &str, value: &str) -> bool {
        self.cfgs.iter().any(
            |cfg| matches!(cfg, Cfg::KeyPair(name, text) if name.as_str() == key && text == value),
        )
    }

    pub(crate) fn flag(&self, key: &str) -> bool {
        self.cfgs
            .iter()
            .any(|cfg| matches!(cfg, Cfg::Name(name) if name.as_str() == key))
    }

    fn arch(&self) -> &str {
        self.value("target_arch")
    }

    fn os(&self) -> &str {
        self.value("target_os")
    }

    fn env(&self) -> &str {
        self.value("target_env")
    }

    fn sub_arch(&self) -> &str {
        self.llvm_target.split('-').next().unwrap_or("")
    }

    /// musl 1.2.3 or newer can be taken for granted: older ones lack the platform.
    fn recent_musl(&self) -> bool {
        let musl = self.env() == "musl" || self.env() == "ohos";
        musl && (matches!(self.arch(), "loongarch64" | "hexagon") || self.env() == "ohos")
    }
}

type Condition = fn(&Facts) -> bool;

/// One cfg that a package's script may set.
struct Row {
    package: &'static str,
    cfg: &'static str,
    when: Condition,
}

const fn row(package: &'static str, cfg: &'static str, when: Condition) -> Row {
    Row { package, cfg, when }
}

fn always(_: &Facts) -> bool {
    true
}

/// For cfgs that only the scripts' own test suites or environment variables switch on.
fn never(_: &Facts) -> bool {
    false
}

fn has_unaligned_access(facts: &Facts) -> bool {
    let arch = facts.arch();
    arch.contains("x86") || arch.contains("aarch64") || arch.contains("bpf")
}

fn has_only_thumb_1(facts: &Facts) -> bool {
    matches!(facts.sub_arch(), "thumbv6m" | "thumbv8m.base")
}

fn is_before_armv6(facts: &Facts) -> bool {
    matches!(facts.sub_arch(), "armv4t" | "armv5te") || facts.llvm_target == "arm-linux-androideabi"
}

fn is_optimized(facts: &Facts) -> bool {
    !matches!(facts.opt_level, OptLevel::O0 | OptLevel::O1)
}

fn has_time64_redirects(facts: &Facts) -> bool {
    facts.recent_musl() && matches!(facts.arch(), "arm" | "mips" | "powerpc" | "x86")
}

fn has_time64_structures(facts: &Facts) -> bool {
    facts.recent_musl() && facts.value("target_pointer_width") == "32"
}

const ROWS: &[Row] = &[
    // compiler_builtins up to 1.96: features set by the script.
    row(
        "compiler_builtins",
        "feature=\"mem-unaligned\"",
        has_unaligned_access,
    ),
    row(
        "compiler_builtins",
        "feature=\"unstable-intrinsics\"",
        always,
    ),
    row("compiler_builtins", "arch_enabled", always),
    row("compiler_builtins", "x86_no_sse", |facts| {
        facts.arch() == "x86" && !facts.has("target_feature", "sse")
    }),
    // From 1.97 on.
    row("compiler_builtins", "mem_unaligned", has_unaligned_access),
    row("compiler_builtins", "x86_no_sse2", |facts| {
        facts.arch() == "x86" && !facts.has("target_feature", "sse2")
    }),
    row("compiler_builtins", "assert_no_panic", never),
    // All versions.
    row("compiler_builtins", "feature=\"mem\"", |facts| {
        facts.needs_mem_functions
    }),
    row("compiler_builtins", "intrinsics_enabled", always),
    row("compiler_builtins", "optimizations_enabled", is_optimized),
    row("compiler_builtins", "f16_enabled", |facts| {
        facts.flag("target_has_reliable_f16")
    }),
    row("compiler_builtins", "f128_enabled", |facts| {
        facts.flag("target_has_reliable_f128")
    }),
    row("compiler_builtins", "thumb", |facts| {
        facts.sub_arch().starts_with("thumb")
    }),
    row("compiler_builtins", "thumb_1", has_only_thumb_1),
    row("compiler_builtins", "kernel_user_helpers", is_before_armv6),
    // libc: the versions of the system libraries that std is made for.
    row("libc", "freebsd10", never),
    row("libc", "freebsd11", never),
    row("libc", "freebsd12", always),
    row("libc", "freebsd13", never),
    row("libc", "freebsd14", never),
    row("libc", "freebsd15", never),
    row("libc", "emscripten_old_stat_abi", never),
    row("libc", "vxworks_lt_25_09", never),
    row("libc", "gnu_file_offset_bits64", never),
    row("libc", "gnu_time_bits64", never),
    row("libc", "libc_deny_warnings", never),
    row("libc", "musl_v1_2_3", Facts::recent_musl),
    row("libc", "musl32_time64", has_time64_structures),
    row("libc", "linux_time_bits64", has_time64_structures),
    row("libc", "musl_redir_time64", has_time64_redirects),
    // `Error` is in core since 1.81.
    row("object", "core_error", always),
    row("std", "backtrace_in_libstd", always),
    row("std", "netbsd10", never),
    row("std", "vxworks_lt_25_09", never),
    row("test", "enable_unstable_features", |facts| facts.nightly),
];

/// What a build script would have printed, as far as the compiler sees it.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct Printed {
    pub cfgs: Vec<String>,
    pub env: Vec<(String, String)>,
    /// cfgs that the script can set and that have no row.
    pub unknown: Vec<String>,
}

/// What the build script of `package` would print for a target.
pub(crate) fn printed(package: &Package, facts: &Facts) -> Result<Printed, Error> {
    let Some(script) = &package.build_script else {
        return Ok(Printed::default());
    };
    let text = with_modules(script)?;
    let mut printed = Printed::default();
    for cfg in settable(&text) {
        let found = ROWS
            .iter()
            .find(|row| row.package == package.name && row.cfg == cfg);
        match found {
            Some(row) if (row.when)(facts) => printed.cfgs.push(cfg),
            Some(_) => {}
            None if package.name == "std" && cfg == "restricted_std" => {
                if is_restricted(&text, facts) {
                    printed.cfgs.push(cfg);
                }
            }
            None => printed.unknown.push(cfg),
        }
    }
    let mut env = |name: &str, value: String| {
        if text.contains(&format!("rustc-env={name}=")) {
            printed.env.push((name.to_owned(), value));
        }
    };
    env("STD_ENV_ARCH", facts.arch().to_owned());
    // Shown by the test suite of compiler_builtins only, but the compiler wants them defined.
    env("CFG_CARGO_FEATURES", "[]".to_owned());
    env("CFG_OPT_LEVEL", facts.opt_level.to_string());
    env("CFG_TARGET_FEATURES", "[]".to_owned());
    Ok(printed)
}

/// The script with the files it includes as modules.
fn with_modules(script: &Path) -> Result<String, Error> {
    let mut text = read(script)?;
    let directory = script.parent().unwrap_or(Path::new(""));
    let mut modules: Vec<PathBuf> = Vec::new();
    let mut path: Option<&str> = None;
    for line in text.lines().map(str::trim) {
        if let Some(rest) = line.strip_prefix("#[path = \"") {
            path = rest.split('"').next();
        } else if let Some(name) = line
            .strip_prefix("mod ")
            .and_then(|rest| rest.strip_suffix(';'))
        {
            modules.push(match path.take() {
                Some(path) => directory.join(path),
                None => directory.join(format!("{name}.rs")),
            });
        } else if !line.starts_with('#') {
            path = None;
        }
    }
    for module in modules {
        text.push_str(&read(&module)?);
    }
    Ok(text)
}

/// The cfgs that a script's text can set: behind `rustc-cfg=`, or as the argument of `set_cfg`.
fn settable(text: &str) -> BTreeSet<String> {
    let mut found = BTreeSet::new();
    for (_, rest) in after(text, "rustc-cfg=") {
        // Quotes are escaped inside the script's own string.
        let rest = rest.replacen("\\\"", "\u{1}", 2);
        let end = rest.find(['"', '\n', '{']).unwrap_or(0);
        let cfg = rest.get(..end).unwrap_or("").replace('\u{1}', "\"");
        if !cfg.is_empty() {
            found.insert(cfg);
        }
    }
    for (_, rest) in after(text, "set_cfg(\"") {
        if let Some((cfg, _)) = rest.split_once('"') {
            found.insert(cfg.to_owned());
        }
    }
    found
}

/// The texts behind each occurrence of `pattern`, up to a length no cfg reaches.
fn after<'a>(text: &'a str, pattern: &'a str) -> impl Iterator<Item = (usize, &'a str)> {
    text.match_indices(pattern).map(move |(at, _)| {
        let start = at + pattern.len();
        let mut end = (start + 200).min(text.len());
        while !text.is_char_boundary(end) {
            end -= 1;
        }
        (start, text.get(start..end).unwrap_or(""))
    })
}

/// Whether std counts as unstable: it does for every system that its script does not list.
fn is_restricted(text: &str, facts: &Facts) -> bool {
    let os = facts.os();
    let listed = after(text, "target_os == \"").any(|(_, rest)| rest.split('"').next() == Some(os));
    let other = matches!(facts.arch(), "wasm32" | "wasm64")
        || os.starts_with("solid")
        || (facts.value("target_vendor") == "fortanix" && facts.env() == "sgx")
        || (facts.value("target_vendor") == "nintendo" && facts.env() == "newlib");
    !listed && !other
}

#[cfg(test)]
#[path = "build_script_tests.rs"]
mod tests;

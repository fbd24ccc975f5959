//! Which linker a build uses, decided before anything is compiled.
//!
//! The order: `--linker`, a linker of the user's own (cargo's configuration or rustflags), xsys's linker if it supports
//! the format and the architecture, the toolchain's `rust-lld` if it does, the platform's own. If it is not xsys's
//! linker, its name is shown each time: nobody should have to find out why an option suddenly means something else.

use std::path::{Path, PathBuf};

use xsys_diag::Diagnostic;
use xsys_sysroot::Toolchain;
use xsys_target::{Kind, Linking, LldFlavor, Target};

use crate::driver::linking::missing;
use crate::driver::linking::question::{Question, is_host};
use crate::driver::linking::user_flags::{self, UserConfig};
use crate::own_program;
use crate::programs::find;
use crate::ui::Ui;

/// A linker.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum By {
    Xsys,
    RustLld(PathBuf),
    /// The platform's own, by name or path.
    Platform(PathBuf),
    /// The user's own, which the user configures.
    Users(PathBuf),
    /// The one that rustc finds by itself.
    Rustc,
}

impl By {
    /// For people and reports.
    pub(crate) fn name(&self) -> String {
        match self {
            Self::Xsys => "xsys".to_owned(),
            Self::RustLld(_) => "rust-lld".to_owned(),
            Self::Platform(program) | Self::Users(program) => program.display().to_string(),
            Self::Rustc => "rustc's own choice".to_owned(),
        }
    }
}

/// A decided linker.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Choice {
    pub by: By,
    /// Why it is not xsys's, for the message.
    pub reason: Option<String>,
    /// Flags for rustc; none if it has them already.
    pub flags: Vec<String>,
    /// Whether they take precedence over a linker that the user's flags name.
    pub overrides: bool,
}

impl Choice {
    fn new(by: By, flags: Vec<String>) -> Self {
        Self {
            by,
            reason: None,
            flags,
            overrides: false,
        }
    }

    /// Used when nothing is linked.
    pub(crate) fn none() -> Self {
        Self::new(By::Rustc, Vec::new())
    }

    fn because(mut self, reason: impl Into<String>) -> Self {
        self.reason = Some(reason.into());
        self
    }

    /// Shows who links, unless it is xsys, even with `--quiet`.
    pub(crate) fn tell(&self, ui: &Ui, target: &Target) {
        if let Some(reason) = &self.reason {
            let text = format!("`{}` for {}, {reason}", self.by.name(), target.name);
            ui.line(&ui.status_text("Linker", &text));
        }
    }

    /// Who links, if not xsys.
    pub(crate) fn other(&self) -> Option<String> {
        (self.by != By::Xsys).then(|| self.by.name())
    }
}

/// Decides.
pub(crate) fn choose(question: &Question<'_>) -> Result<Choice, Diagnostic> {
    let linking = linking(question);
    match question.asked {
        Some(asked) => {
            let mut choice = asked_for(question, &linking, asked)?;
            choice.overrides = true;
            Ok(choice)
        }
        None => match users(question.user) {
            Some(choice) => Ok(choice),
            None => by_target(question, &linking),
        },
    }
}

fn linking(question: &Question<'_>) -> Linking {
    let target = question.target;
    xsys_target::linking(target, &target.name, question.crates)
}

/// A linker that cargo's configuration or rustflags name; rustc uses the last one it is told, and
/// that is the flags'.
fn users(user: &UserConfig) -> Option<Choice> {
    let (program, reason) = match (user_flags::linker(&user.rustflags), &user.linker) {
        (Some(program), _) => (PathBuf::from(program), "as the rustflags say"),
        (None, Some(program)) if user_flags::is_our_linker(program) => return None,
        (None, Some(program)) => (program.clone(), "as cargo's configuration says"),
        (None, None) => return None,
    };
    Some(Choice::new(By::Users(program), Vec::new()).because(reason))
}

fn by_target(question: &Question<'_>, linking: &Linking) -> Result<Choice, Diagnostic> {
    if question.target.is_emscripten() {
        return missing::emcc(question.target).map(|()| {
            Choice::new(By::Rustc, Vec::new()).because("which makes the JavaScript too")
        });
    }
    missing::backend(question.target, question.toolchain)?;
    if linking.needs_platform {
        return platform(question, linking);
    }
    missing::start_files(question, linking)?;
    match (&linking.own, &linking.lld) {
        (Ok(()), _) if linking.start_files.is_empty() => Ok(own(question, linking)),
        (Ok(()), _) => lld(question, linking, "whose start files call for it"),
        (Err(lacks), Ok(_)) => lld(
            question,
            linking,
            &format!("because xsys has no {lacks} yet"),
        ),
        (Err(_), Err(_)) => platform(question, linking),
    }
}

fn asked_for(
    question: &Question<'_>,
    linking: &Linking,
    asked: &str,
) -> Result<Choice, Diagnostic> {
    let reason = "as `--linker` says";
    match asked {
        "xsys" => missing::forbidden(question, linking).map(|()| own(question, linking)),
        "rust-lld" => lld(question, linking, reason),
        "cc" => compiler(question, linking)
            .map(|program| platform_choice(question, program).because(reason))
            .ok_or_else(|| missing::platform(question, linking)),
        program => match find(program) {
            Some(path) => {
                let flags = vec![format!("-Clinker={}", path.display())];
                Ok(Choice::new(By::Users(path), flags).because(reason))
            }
            None => Err(missing::program(program)),
        },
    }
}

fn own(question: &Question<'_>, linking: &Linking) -> Choice {
    let target = question.target;
    let Ok(program) = own_program::path() else {
        return Choice::new(By::Xsys, Vec::new());
    };
    let flavor = own_flavor(target);
    let mut flags = vec![
        format!("-Clinker={}", program.display()),
        format!("-Clinker-flavor={flavor}"),
    ];
    if target.makes_components() {
        flags.push(format!("-Clink-arg={}", crate::component::FLAG));
    }
    // What rustc expects of GNU-like linkers.
    if flavor == "ld" {
        flags.push("-Clink-arg=--gc-sections".to_owned());
    }
    // Cores since v6 fetch little-endian instructions whatever the byte order of data is; compiler
    // drivers know that.
    if target.arch() == "arm" && target.is_big_endian() {
        flags.push("-Clink-arg=--be8".to_owned());
    }
    flags.extend(freestanding(target, linking));
    Choice::new(By::Xsys, flags)
}

/// Only the older spellings of flavors are stable, and rustc accepts them for every target; specs
/// may use the newer ones, which rustc then expects here as well.
fn own_flavor(target: &Target) -> &'static str {
    if wants_unix(target) {
        return "ld";
    }
    lld_flavor(
        target,
        if target.is_wasm() {
            LldFlavor::Wasm
        } else {
            LldFlavor::Gnu
        },
    )
}

/// The flavor of msp430 and Solaris is for linkers that are not GNU's, and does not accept another.
fn wants_unix(target: &Target) -> bool {
    target.kind == Kind::Builtin && target.linker_flavor().starts_with("unix")
}

fn lld_flavor(target: &Target, flavor: LldFlavor) -> &'static str {
    match (flavor, target.kind == Kind::Json) {
        (LldFlavor::Gnu, false) => "ld.lld",
        (LldFlavor::Gnu, true) => "gnu-lld",
        (LldFlavor::Link, false) => "lld-link",
        (LldFlavor::Link, true) => "msvc-lld",
        (LldFlavor::Darwin, false) => "ld64.lld",
        (LldFlavor::Darwin, true) => "darwin-lld",
        (LldFlavor::Wasm, false) => "wasm-ld",
        (LldFlavor::Wasm, true) => "wasm-lld",
    }
}

/// A program without a C library has no start files, and nothing that would apply relocations
/// before `_start`.
fn freestanding(target: &Target, linking: &Linking) -> Vec<String> {
    let mut flags = Vec::new();
    if linking.freestanding {
        // If rustc knows no such objects, it refuses the option.
        let knows = target.string("crt-objects-fallback");
        if knows.is_some_and(|value| value != "false") {
            flags.push("-Clink-self-contained=no".to_owned());
        }
        if target.binary_format() == "elf" && !target.is_wasm() {
            flags.push("-Clink-arg=-no-pie".to_owned());
        }
    }
    flags
}

/// LLVM's linker takes the link.
fn lld(question: &Question<'_>, linking: &Linking, reason: &str) -> Result<Choice, Diagnostic> {
    let target = question.target;
    let flavor = linking
        .lld
        .as_ref()
        .map_err(|lacks| missing::lld_lacks(target, lacks))?;
    let program = rust_lld(question.toolchain)
        .ok_or_else(|| missing::rust_lld(target, question.toolchain))?;
    let mut flags = if wants_unix(target) {
        // That flavor does not say which of its programs is meant, but a name does.
        let wrapper = program.with_file_name("gcc-ld").join("ld.lld");
        vec![
            format!("-Clinker={}", wrapper.display()),
            "-Clinker-flavor=ld".to_owned(),
        ]
    } else {
        vec![
            format!("-Clinker={}", program.display()),
            format!("-Clinker-flavor={}", lld_flavor(target, *flavor)),
        ]
    };
    flags.extend(freestanding(target, linking));
    Ok(Choice::new(By::RustLld(program), flags).because(reason))
}

/// The toolchain's `rust-lld`, or the system's `lld` if a distribution builds Rust without it.
fn rust_lld(toolchain: &Toolchain) -> Option<PathBuf> {
    let rustc = &toolchain.rustc;
    let name = format!("rust-lld{}", std::env::consts::EXE_SUFFIX);
    let installed = rustc
        .sysroot()
        .join("lib/rustlib")
        .join(rustc.host())
        .join("bin")
        .join(name);
    match installed.is_file() {
        true => Some(installed),
        false => ["rust-lld", "lld"].iter().find_map(|name| find(name)),
    }
}

/// The platform's linker takes the link, if it is there.
fn platform(question: &Question<'_>, linking: &Linking) -> Result<Choice, Diagnostic> {
    let target = question.target;
    missing::sanitizer(question)?;
    // Microsoft's environment variables tell where its libraries are.
    if target.env() == "msvc" {
        if question.toolchain.rustc.host().ends_with("windows-msvc") {
            return Ok(Choice::new(By::Rustc, Vec::new()).because("which finds Visual Studio's"));
        }
        if std::env::var_os("LIB").is_some_and(|directories| !directories.is_empty()) {
            return lld(question, linking, "with the libraries that `LIB` names");
        }
    }
    // The SDK's directories are in the flags.
    if linking.lld.is_ok() && target.os() == "fuchsia" {
        missing::start_files(question, linking)?;
        return lld(question, linking, "with the SDK that the rustflags name");
    }
    let Some(program) = compiler(question, linking) else {
        return Err(missing::platform(question, linking));
    };
    let mut choice = platform_choice(question, program);
    if linking.freestanding && target.linker_flavor().ends_with("cc") {
        for arg in ["-nostartfiles", "-static"] {
            choice.flags.push(format!("-Clink-arg={arg}"));
        }
    }
    Ok(choice.because(format!("because {}", linking.platform.brings)))
}

fn platform_choice(question: &Question<'_>, program: PathBuf) -> Choice {
    let mut flags = vec![format!("-Clinker={}", program.display())];
    let target = question.target;
    // A spec may have options for a linker; this is a compiler.
    if target.binary_format() == "elf" && target.linker_flavor() == "gnu-lld" {
        let flavor = match target.kind {
            Kind::Json => "gnu-cc",
            Kind::Builtin => "gcc",
        };
        flags.push(format!("-Clinker-flavor={flavor}"));
    }
    Choice::new(By::Platform(program), flags)
}

/// A compiler for the target: one that is named after it, or the system's own.
fn compiler(question: &Question<'_>, linking: &Linking) -> Option<PathBuf> {
    let named = || linking.platform.programs.iter().find_map(|name| find(name));
    let target = question.target;
    let host = question.toolchain.rustc.host();
    let apple = |name: &str| name.contains("-apple-");
    if is_host(question) || (apple(host) && target.vendor() == "apple") {
        return find("cc")
            .or_else(|| find("gcc"))
            .or_else(|| find("clang"))
            .or_else(named);
    }
    named().or_else(|| {
        let sibling = target.arch() == "x86" && target.os() == "linux" && target.env() == "gnu";
        (sibling && host == "x86_64-unknown-linux-gnu")
            .then(|| find("cc"))?
            .filter(|cc| has_32_bit_start_files(cc))
    })
}

/// Whether the host's compiler can make 32-bit programs as well (Debian's gcc-multilib).
fn has_32_bit_start_files(cc: &Path) -> bool {
    let output = std::process::Command::new(cc)
        .args(["-m32", "-print-file-name=crt1.o"])
        .output();
    output.is_ok_and(|output| {
        Path::new(String::from_utf8_lossy(&output.stdout).trim_end()).is_absolute()
    })
}

//! Messages for a program that cannot be linked: what is missing, and what to do about it.

use std::path::{Path, PathBuf};

use xsys_diag::Diagnostic;
use xsys_sysroot::Toolchain;
use xsys_target::{CrateSet, Kind, Linking, Target};

use crate::driver::linking::question::{Question, is_host};
use crate::programs::find;

/// Architectures whose backends every rustc has; for others rustc is asked.
const BACKENDS: &[&str] = &[
    "aarch64",
    "amdgpu",
    "arm",
    "arm64ec",
    "avr",
    "bpf",
    "hexagon",
    "loongarch32",
    "loongarch64",
    "mips",
    "mips32r6",
    "mips64",
    "mips64r6",
    "msp430",
    "nvptx64",
    "powerpc",
    "powerpc64",
    "riscv32",
    "riscv64",
    "s390x",
    "sparc",
    "sparc64",
    "wasm32",
    "wasm64",
    "x86",
    "x86_64",
];

/// Built-in targets with a static musl that xsys links by itself, as alternatives to those with
/// glibc.
const STATIC_MUSL: &[(&str, &str)] = &[
    ("aarch64-unknown-linux-gnu", "aarch64-unknown-linux-musl"),
    ("arm-unknown-linux-gnueabi", "arm-unknown-linux-musleabi"),
    (
        "arm-unknown-linux-gnueabihf",
        "arm-unknown-linux-musleabihf",
    ),
    (
        "armv7-unknown-linux-gnueabi",
        "armv7-unknown-linux-musleabi",
    ),
    (
        "armv7-unknown-linux-gnueabihf",
        "armv7-unknown-linux-musleabihf",
    ),
    ("i686-unknown-linux-gnu", "i686-unknown-linux-musl"),
    ("x86_64-unknown-linux-gnu", "x86_64-unknown-linux-musl"),
];

/// The platform's linker is needed and missing.
pub(crate) fn platform(question: &Question<'_>, linking: &Linking) -> Diagnostic {
    let target = question.target;
    let mut platform = linking.platform.clone();
    if is_host(question) && target.os() == "linux" {
        platform.programs = vec!["cc".to_owned()];
        platform.package = Some("gcc".to_owned());
    }
    let message = match platform.programs.first() {
        Some(program) => format!(
            "`{}` needs a linker that is not installed: `{program}`",
            target.name
        ),
        None => format!("`{}` cannot be linked with what is installed", target.name),
    };
    let mut problem = Diagnostic::error(message).note(platform.brings);
    if !linking.needs_platform
        && let (Err(own), Err(lld)) = (&linking.own, &linking.lld)
    {
        problem.notes = vec![if own == lld {
            format!("neither xsys's own linker nor `rust-lld` has {own}")
        } else {
            format!("xsys's own linker has no {own}, and `rust-lld` no {lld}")
        }];
    }
    let mut ways: Vec<String> = Vec::new();
    ways.extend(
        platform
            .package
            .as_ref()
            .map(|package| format!("install `{package}` (Debian, Ubuntu)")),
    );
    ways.extend(platform.help.iter().cloned());
    ways.push(name_one(target));
    ways.extend(musl(target));
    if question.crates == CrateSet::Std && links_without_std(question) {
        ways.push(
            "build a program without std, which needs none of it: `--crates alloc`".to_owned(),
        );
    }
    for (at, way) in ways.into_iter().enumerate() {
        let way = way.strip_prefix("or ").unwrap_or(&way);
        problem = problem.help(if at == 0 {
            way.to_owned()
        } else {
            format!("or {way}")
        });
    }
    problem
}

fn name_one(target: &Target) -> String {
    format!(
        "name a linker that you have: `--linker PROGRAM`, or in `.cargo/config.toml`:\n[target.{}]\nlinker = \"PROGRAM\"",
        target.name
    )
}

fn musl(target: &Target) -> Option<String> {
    let (_, musl) = STATIC_MUSL.iter().find(|(gnu, _)| *gnu == target.name)?;
    Some(format!("build static programs: `--target {musl}`"))
}

fn links_without_std(question: &Question<'_>) -> bool {
    let target = question.target;
    let linking = xsys_target::linking(target, &target.name, CrateSet::Core);
    !linking.needs_platform && (linking.own.is_ok() || linking.lld.is_ok())
}

/// Emscripten links with its own driver, in its own environment.
pub(crate) fn emcc(target: &Target) -> Result<(), Diagnostic> {
    if find("emcc").is_some() {
        return Ok(());
    }
    Err(Diagnostic::error(format!(
        "`{}` needs Emscripten's `emcc`, which is not on PATH",
        target.name
    ))
    .note("emcc makes the JavaScript that a program of this target runs in, and links for that")
    .help("install the Emscripten SDK (https://emscripten.org) and put its directory `upstream/emscripten` on PATH")
    .help("without Emscripten: `--target wasm32-unknown-unknown` with wasm-bindgen for browsers, `--target wasm32-wasip1` for programs with files and arguments"))
}

/// A target that rustc lists and that its LLVM cannot compile for.
pub(crate) fn backend(target: &Target, toolchain: &Toolchain) -> Result<(), Diagnostic> {
    if target.kind == Kind::Json || BACKENDS.contains(&target.arch()) {
        return Ok(());
    }
    let rustc = &toolchain.rustc;
    let refused = rustc
        .refuses(&target.name)
        .map_err(|error| error.into_diagnostic())?;
    let Some(reason) = refused else {
        return Ok(());
    };
    let problem = Diagnostic::error(format!(
        "rustc {} cannot compile for `{}`",
        rustc.release(),
        target.name
    ))
    .note(reason);
    Err(match target.arch() {
        "xtensa" => problem
            .note("LLVM's backend for Xtensa is complete in Espressif's toolchain only")
            .help("install that: `cargo install espup && espup install`; then `xsys +esp build`"),
        _ => problem.help("use a toolchain whose LLVM has the architecture"),
    })
}

/// Start files that the spec names have to be in a directory that the flags name.
pub(crate) fn start_files(question: &Question<'_>, linking: &Linking) -> Result<(), Diagnostic> {
    let directories = library_directories(&question.user.rustflags);
    let absent: Vec<&str> = linking
        .start_files
        .iter()
        .filter(|name| {
            !directories
                .iter()
                .any(|directory| directory.join(name).is_file())
        })
        .map(String::as_str)
        .collect();
    let target = question.target;
    let [first, ..] = absent.as_slice() else {
        return Ok(());
    };
    let mut problem = Diagnostic::error(format!(
        "the start file `{first}` of `{}` is not there",
        target.name
    ))
    .note("the target's spec begins every program with it (`pre-link-objects`)")
    .note(linking.platform.brings);
    for help in &linking.platform.help {
        problem = problem.help(help);
    }
    if linking.platform.help.is_empty() {
        problem = problem.help(format!(
            "name its directory:\n[target.{}]\nrustflags = [\"-Lnative=DIR\"]",
            target.name
        ));
    }
    Err(problem)
}

/// The directories of `-L` in flags.
fn library_directories(flags: &[String]) -> Vec<PathBuf> {
    let mut directories = Vec::new();
    let mut rest = flags.iter();
    while let Some(flag) = rest.next() {
        let value = match flag.strip_prefix("-L") {
            Some("") => rest.next().map(String::as_str),
            Some(value) => Some(value),
            None => None,
        };
        directories.extend(value.map(|value| {
            let path = value.split_once('=').map_or(value, |(_, path)| path);
            PathBuf::from(path)
        }));
    }
    directories
}

/// Targets whose programs are instrumented by default need the runtime of the instrumentation.
pub(crate) fn sanitizer(question: &Question<'_>) -> Result<(), Diagnostic> {
    let target = question.target;
    if !xsys_target::sanitizer_runtime(target) {
        return Ok(());
    }
    let directory = question
        .toolchain
        .rustc
        .sysroot()
        .join("lib/rustlib")
        .join(&target.name)
        .join("lib");
    if directory.is_dir() {
        return Ok(());
    }
    let toolchain = question.toolchain.name.as_deref();
    Err(Diagnostic::error(format!(
        "the sanitizer's runtime for `{}` is not installed",
        target.name
    ))
    .note("programs of this target are instrumented, and rust-std for it has the runtime")
    .help(format!(
        "run `rustup target add {}{}`",
        target.name,
        toolchain.map_or(String::new(), |name| format!(" --toolchain {name}"))
    )))
}

/// `--linker=xsys`, and xsys's linker cannot link the target.
pub(crate) fn forbidden(question: &Question<'_>, linking: &Linking) -> Result<(), Diagnostic> {
    let target = question.target;
    let problem = |lacks: &str| {
        Diagnostic::error(format!(
            "xsys's own linker cannot link for `{}`: {lacks}",
            target.name
        ))
    };
    match &linking.own {
        Err(lacks) => {
            let problem = problem(&format!("it has no {lacks} yet"));
            Err(match linking.lld {
                Ok(_) if !linking.needs_platform => problem
                    .help("leave out `--linker=xsys`: the toolchain's `rust-lld` takes the link"),
                _ => problem.note(linking.platform.brings),
            })
        }
        Ok(()) if linking.needs_platform => Err(problem("it makes static programs")
            .note(linking.platform.brings)
            .help("leave out `--linker=xsys`: the platform's linker takes the link, if it is installed")
            .help("or build a program without std, which it links: `--crates alloc`")),
        Ok(()) => Ok(()),
    }
}

/// `--linker=rust-lld`, and LLVM's linker cannot link the target.
pub(crate) fn lld_lacks(target: &Target, lacks: &str) -> Diagnostic {
    Diagnostic::error(format!(
        "`rust-lld` cannot link for `{}`: it has no {lacks}",
        target.name
    ))
    .help("leave out `--linker=rust-lld`")
}

/// A toolchain without it.
pub(crate) fn rust_lld(target: &Target, toolchain: &Toolchain) -> Diagnostic {
    Diagnostic::error(format!(
        "`{}` is linked by `rust-lld`, which the toolchain does not have",
        target.name
    ))
    .note(format!("the toolchain is {}", toolchain.shown()))
    .help("use a toolchain of rustup's, which have it")
    .help("or install your distribution's `lld`")
}

/// `--linker=PROGRAM`, and there is no such program.
pub(crate) fn program(name: &str) -> Diagnostic {
    let problem = Diagnostic::error(format!("there is no linker `{name}`"));
    let problem = match Path::new(name).components().count() {
        1 => problem.note("it is not on PATH"),
        _ => problem,
    };
    problem.help(
        "`--linker` takes `xsys`, `rust-lld`, `cc`, or a program: its name if it is on PATH, else its path",
    )
}

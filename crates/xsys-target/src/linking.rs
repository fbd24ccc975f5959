//! Who can link programs of a target, as far as its spec tells.
//!
//! Problem: a link that cannot succeed must be refused before a standard library is compiled for it. There are three
//! kinds of linkers: xsys's own, LLVM's (`rust-lld`, part of every toolchain), and the platform's, usually a C
//! compiler, which alone has the start files and libraries of hosted programs. Which of them can link follows from
//! object format, architecture and system, by the tables below; what is installed is for the caller to find out.
//!
//! Spec: rustc's `TargetOptions`; LLVM 22's `lld/ELF/Arch`, `lld/COFF`; names of cross compilers are those of Debian,
//! the NDK and the systems' own.

use crate::board::CrateSet;
use crate::spec::Spec;

/// Who can link.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Linking {
    /// Whether xsys's linker can; otherwise what it lacks.
    pub own: Result<(), String>,
    /// Whether LLVM's linker can, and as which of its flavors; otherwise what it lacks.
    pub lld: Result<LldFlavor, String>,
    /// What the platform's own linker is called, and what it brings.
    pub platform: Platform,
    /// Whether only the platform's linker makes programs that run.
    pub needs_platform: bool,
    /// Start files that the spec calls for by name and that are not part of sysroots.
    pub start_files: Vec<String>,
    /// A program without a C library on a system that has one: it begins at its own `_start`.
    pub freestanding: bool,
}

/// The command lines that LLVM's linker understands.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum LldFlavor {
    Gnu,
    Link,
    Darwin,
    Wasm,
}

/// A platform's own linker.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Platform {
    /// Names of programs, best first; empty if the spec's names do not tell.
    pub programs: Vec<String>,
    /// What comes with it.
    pub brings: &'static str,
    /// Debian's package.
    pub package: Option<String>,
    /// Other ways to get it.
    pub help: Vec<String>,
}

/// A row of the platforms' table; the first that fits counts. `{cpu}`, `{env}`, `{llvm}`,
/// `{android}` and `{linker}` are parts of the target's names.
struct Row {
    os: &'static [&'static str],
    env: &'static [&'static str],
    /// Whether programs without a C library need it as well.
    always: bool,
    brings: &'static str,
    programs: &'static [&'static str],
    package: Option<&'static str>,
    help: &'static [&'static str],
}

const ANY: &[&str] = &[];

const ROWS: &[Row] = &[
    Row {
        os: &["linux"],
        env: &["gnu"],
        always: false,
        brings: "glibc and its start files come with a C compiler for the target",
        programs: &["{cpu}-linux-{env}-gcc"],
        package: Some("gcc-{cpu}-linux-{env}"),
        help: &[],
    },
    Row {
        os: &["linux"],
        env: &["musl"],
        always: false,
        brings: "programs of this target load musl when they start, and it comes with a C compiler for the target",
        programs: &["{cpu}-linux-{env}-gcc", "{cpu}-linux-{env}-clang"],
        package: None,
        help: &[
            "or build static programs: write the spec of `xsys target show --json` to a file, with \"crt-static-default\": true, and use it with `--target-spec`",
        ],
    },
    Row {
        os: &["linux"],
        env: &["ohos"],
        always: false,
        brings: "OpenHarmony's C library comes with its SDK",
        programs: &["{llvm}-clang"],
        package: None,
        help: &["put the directory `native/llvm/bin` of the OpenHarmony SDK on PATH"],
    },
    Row {
        os: &["android"],
        env: ANY,
        always: false,
        brings: "Android's C library comes with its NDK",
        programs: &[
            "{android}21-clang",
            "{android}24-clang",
            "{android}26-clang",
            "{android}28-clang",
            "{android}30-clang",
            "{android}33-clang",
            "{android}35-clang",
            "{android}-clang",
        ],
        package: None,
        help: &["put the directory `toolchains/llvm/prebuilt/HOST/bin` of the Android NDK on PATH"],
    },
    Row {
        os: &["windows"],
        env: &["gnu"],
        always: true,
        brings: "start files and import libraries of Windows programs come with MinGW",
        programs: &[
            "{linker}",
            "{cpu}-w64-mingw32-gcc",
            "{cpu}-w64-mingw32-clang",
        ],
        package: Some("gcc-mingw-w64-{cpu}"),
        help: &[],
    },
    Row {
        os: &["windows"],
        env: &["msvc"],
        always: true,
        brings: "start code and import libraries come with Visual Studio's build tools and the Windows SDK",
        programs: &[],
        package: None,
        help: &[
            "build on Windows, or unpack both here (`cargo install xwin`; `xwin splat`) and set the variable `LIB` to their directories: then `rust-lld` links",
        ],
    },
    Row {
        os: &["macos", "ios", "tvos", "watchos", "visionos"],
        env: ANY,
        always: true,
        brings: "the system's libraries come with Xcode",
        programs: &[],
        package: None,
        help: &["build on a Mac"],
    },
    Row {
        os: &["cygwin"],
        env: ANY,
        always: true,
        brings: "start files and libraries come with Cygwin's compiler",
        programs: &["{linker}"],
        package: None,
        help: &[],
    },
    Row {
        os: &["aix"],
        env: ANY,
        always: true,
        brings: "XCOFF programs are linked by AIX's own `ld`",
        programs: &[],
        package: None,
        help: &["build on AIX"],
    },
    Row {
        os: &["cuda"],
        env: ANY,
        always: true,
        brings: "PTX is made of LLVM's bitcode by a linker of its own",
        programs: &["llvm-bitcode-linker"],
        package: None,
        help: &[
            "run `rustup component add llvm-bitcode-linker llvm-tools` for a nightly toolchain",
        ],
    },
    Row {
        os: &["vxworks"],
        env: ANY,
        always: true,
        brings: "VxWorks programs are linked by Wind River's compiler",
        programs: &["wr-c++"],
        package: None,
        help: &["start xsys in the environment of the VxWorks SDK"],
    },
    Row {
        os: &["l4re"],
        env: ANY,
        always: true,
        brings: "L4Re programs are linked by a driver that knows its packages",
        programs: &["l4-bender"],
        package: None,
        help: &["put L4Re's `l4-bender` on PATH"],
    },
    Row {
        os: &["nto"],
        env: ANY,
        always: false,
        brings: "QNX's C library comes with its SDP",
        programs: &["qcc"],
        package: None,
        help: &["start xsys in the environment of the QNX SDP (`source qnxsdp-env.sh`)"],
    },
    Row {
        os: &["nuttx"],
        env: ANY,
        always: false,
        brings: "programs are linked with the system, by its own build",
        programs: &[],
        package: None,
        help: &["make a library for it: `crate-type = [\"staticlib\"]`"],
    },
    Row {
        os: &["fuchsia"],
        env: ANY,
        always: false,
        brings: "start files and libraries come with Fuchsia's SDK",
        programs: &[],
        package: None,
        help: &[
            "name the SDK's directory in the configuration's `rustflags`: `-Lnative=SDK/arch/ARCH/sysroot/lib`; then `rust-lld` links",
        ],
    },
    Row {
        os: ANY,
        env: ANY,
        always: false,
        brings: "its start files and libraries come with a compiler for it",
        programs: &["{linker}", "{llvm}-gcc", "{llvm}-clang"],
        package: None,
        help: &[],
    },
];

/// BPF has no operating system: it is recognised by its architecture.
const BPF: Row = Row {
    os: ANY,
    env: ANY,
    always: true,
    brings: "BPF programs are linked as LLVM's bitcode by a linker of its own",
    programs: &["bpf-linker"],
    package: None,
    help: &["run `cargo install bpf-linker`"],
};

/// Systems whose std brings all that programs link with.
const OWN_RUNTIME: &[&str] = &["motor", "vexos"];

/// Debian's cross compilers (12 and 13); others would be bad advice.
const DEBIAN: &[&str] = &[
    "gcc-aarch64-linux-gnu",
    "gcc-arm-linux-gnueabi",
    "gcc-arm-linux-gnueabihf",
    "gcc-i686-linux-gnu",
    "gcc-loongarch64-linux-gnu",
    "gcc-m68k-linux-gnu",
    "gcc-mingw-w64-i686",
    "gcc-mingw-w64-x86-64",
    "gcc-mips-linux-gnu",
    "gcc-mips64-linux-gnuabi64",
    "gcc-mips64el-linux-gnuabi64",
    "gcc-mipsel-linux-gnu",
    "gcc-mipsisa32r6-linux-gnu",
    "gcc-mipsisa32r6el-linux-gnu",
    "gcc-mipsisa64r6-linux-gnuabi64",
    "gcc-mipsisa64r6el-linux-gnuabi64",
    "gcc-powerpc-linux-gnu",
    "gcc-powerpc64-linux-gnu",
    "gcc-powerpc64le-linux-gnu",
    "gcc-riscv64-linux-gnu",
    "gcc-s390x-linux-gnu",
    "gcc-sparc64-linux-gnu",
    "gcc-x86-64-linux-gnu",
    "gcc-x86-64-linux-gnux32",
];

/// Architectures that LLVM's ELF linker has and xsys's lacks, in words.
const LLD_ONLY: &[(&str, &str)] = &[
    ("amdgpu", "AMD GPUs"),
    ("hexagon", "Hexagon"),
    ("loongarch32", "LoongArch"),
    ("loongarch64", "LoongArch"),
    ("mips", "MIPS"),
    ("mips32r6", "MIPS"),
    ("mips64", "MIPS"),
    ("mips64r6", "MIPS"),
    ("powerpc", "PowerPC"),
    ("powerpc64", "PowerPC"),
    ("s390x", "s390x"),
    ("sparc64", "SPARC"),
    ("x86", "32-bit x86"),
];

/// Architectures that both have.
const BOTH: &[&str] = &[
    "aarch64", "arm", "avr", "msp430", "riscv32", "riscv64", "x86_64",
];

/// Who can link programs with these crates; `name` is what the target is called.
pub fn linking(spec: &Spec, name: &str, crates: CrateSet) -> Linking {
    let row = row(spec);
    let has_c_library = spec.has_libc() && !OWN_RUNTIME.contains(&spec.os());
    let self_contained = spec.is_wasm() || spec.uses_musl_static();
    let start_files = start_files(spec);
    let hosted = crates == CrateSet::Std && has_c_library && !self_contained;
    Linking {
        own: own(spec),
        lld: lld(spec),
        platform: platform(row, spec, name),
        needs_platform: row.always || hosted || sanitizer_runtime(spec),
        start_files,
        freestanding: crates != CrateSet::Std && has_c_library,
    }
}

/// Whether every program of a target is linked with the runtime of a sanitizer, which needs a C
/// library. Others (shadow call stacks, safe stacks) are a matter of code alone.
pub fn sanitizer_runtime(spec: &Spec) -> bool {
    const WITH_RUNTIME: [&str; 5] = ["address", "hwaddress", "leak", "memory", "thread"];
    spec.strings("default-sanitizers")
        .iter()
        .any(|name| WITH_RUNTIME.contains(name))
}

fn row(spec: &Spec) -> &'static Row {
    let (os, env) = (spec.os(), spec.env());
    if spec.arch() == "bpf" {
        return &BPF;
    }
    let fits = |list: &[&str], value: &str| list.is_empty() || list.contains(&value);
    ROWS.iter()
        .find(|row| fits(row.os, os) && fits(row.env, env))
        .unwrap_or(&BPF)
}

/// Whether xsys's own linker fits.
fn own(spec: &Spec) -> Result<(), String> {
    if spec.is_wasm() {
        return Ok(());
    }
    elf(spec)?;
    let (arch, width) = (spec.arch(), spec.pointer_width());
    let named = LLD_ONLY.iter().find(|(name, _)| *name == arch);
    let missing = match arch {
        _ if named.is_some() => named.map_or("", |(_, words)| words).to_owned(),
        _ if !BOTH.contains(&arch) => format!("`{arch}`"),
        "aarch64" | "x86_64" if width == 32 => format!("32-bit pointers on {arch}"),
        "arm" => return no_execute_only(spec),
        _ if spec.is_big_endian() => format!("big-endian {arch}"),
        _ => return no_execute_only(spec),
    };
    Err(missing)
}

/// Options of the spec's own that xsys's linker refuses.
fn no_execute_only(spec: &Spec) -> Result<(), String> {
    let calls_for = spec
        .map()
        .get("pre-link-args")
        .is_some_and(|args| args.to_string().contains("--execute-only"));
    match calls_for {
        true => Err("`--execute-only`, which the spec calls for".to_owned()),
        false => Ok(()),
    }
}

fn elf(spec: &Spec) -> Result<(), String> {
    match spec.binary_format() {
        _ if spec.arch() == "bpf" => Err("BPF output".to_owned()),
        _ if spec.arch() == "nvptx64" => Err("PTX output".to_owned()),
        "elf" => Ok(()),
        "coff" => Err("PE output".to_owned()),
        "mach-o" => Err("Mach-O output".to_owned()),
        "xcoff" => Err("XCOFF output".to_owned()),
        other => Err(format!("`{other}` output")),
    }
}

/// Whether LLVM's linker fits.
fn lld(spec: &Spec) -> Result<LldFlavor, String> {
    if spec.is_wasm() {
        return Ok(LldFlavor::Wasm);
    }
    match spec.binary_format() {
        "coff" if spec.linker_flavor().starts_with("msvc") => return Ok(LldFlavor::Link),
        "coff" => return Ok(LldFlavor::Gnu),
        "mach-o" => return Ok(LldFlavor::Darwin),
        _ => elf(spec)?,
    }
    let arch = spec.arch();
    let known = BOTH.contains(&arch) || LLD_ONLY.iter().any(|(name, _)| *name == arch);
    match (arch, spec.abi()) {
        ("powerpc64", "elfv1") => Err("PowerPC's ELFv1 ABI".to_owned()),
        ("aarch64", _) if spec.pointer_width() == 32 => {
            Err("32-bit pointers on aarch64".to_owned())
        }
        _ if known => Ok(LldFlavor::Gnu),
        _ => Err(format!("`{arch}`")),
    }
}

/// Objects that rustc puts before a program's own for any linker, and that no component contains.
fn start_files(spec: &Spec) -> Vec<String> {
    // MinGW's come with its compiler.
    if spec.binary_format() != "elf" {
        return Vec::new();
    }
    let lists = ["pre-link-objects", "post-link-objects"]
        .iter()
        .filter_map(|key| spec.map().get(*key)?.as_object());
    let mut files: Vec<String> = lists
        .flat_map(|lists| lists.iter())
        .filter(|(kind, _)| kind.ends_with("exe"))
        .filter_map(|(_, files)| files.as_array())
        .flatten()
        .filter_map(|file| file.as_str().map(str::to_owned))
        .collect();
    files.sort();
    files.dedup();
    files
}

fn platform(row: &Row, spec: &Spec, name: &str) -> Platform {
    let words = Words::of(spec, name);
    let mut programs: Vec<String> = row
        .programs
        .iter()
        .filter_map(|program| words.put_into(program))
        .collect();
    programs.dedup();
    Platform {
        programs,
        brings: row.brings,
        package: row
            .package
            .and_then(|package| words.put_into(package))
            .map(|package| package.replace('_', "-"))
            .filter(|package| DEBIAN.contains(&package.as_str())),
        help: row.help.iter().map(|&help| help.to_owned()).collect(),
    }
}

/// The values of a row's placeholders.
struct Words<'a> {
    cpu: &'a str,
    env: &'a str,
    llvm: &'a str,
    android: String,
    linker: Option<&'a str>,
}

impl<'a> Words<'a> {
    fn of(spec: &'a Spec, name: &str) -> Self {
        let llvm = spec.llvm_target();
        let first = llvm.split('-').next().unwrap_or(llvm);
        let cpu = match first {
            _ if first.starts_with("armeb") => "armeb",
            _ if first.starts_with("arm") && spec.arch() == "arm" => "arm",
            _ if first.starts_with("thumb") => "arm",
            "i386" | "i586" => "i686",
            _ => first,
        };
        // A generic name of a compiler says nothing about the target.
        let generic = ["rust-lld", "cc", "gcc", "clang", "ld"];
        Self {
            cpu,
            env: llvm.split_once("linux-").map_or("", |(_, env)| env),
            llvm,
            // The NDK has one name for all 32-bit Arm targets.
            android: match spec.arch() {
                "arm" => "armv7a-linux-androideabi".to_owned(),
                _ => name.to_owned(),
            },
            linker: spec
                .string("linker")
                .filter(|linker| !generic.contains(linker)),
        }
    }

    fn put_into(&self, text: &str) -> Option<String> {
        if text.contains("{linker}") {
            return self.linker.map(str::to_owned);
        }
        Some(
            text.replace("{cpu}", self.cpu)
                .replace("{env}", self.env)
                .replace("{llvm}", self.llvm)
                .replace("{android}", &self.android),
        )
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn told(text: &str, crates: CrateSet) -> String {
        let spec = Spec::new(serde_json::from_str(text).unwrap());
        let linking = linking(&spec, "name", crates);
        if linking.needs_platform {
            return format!("platform {}", linking.platform.programs.join(" "));
        }
        match (&linking.own, &linking.lld) {
            (Ok(()), _) => "xsys".to_owned(),
            (Err(lacks), Ok(flavor)) => format!("{flavor:?} ({lacks})"),
            (Err(_), Err(lacks)) => {
                format!("platform {} ({lacks})", linking.platform.programs.join(" "))
            }
        }
    }

    #[test]
    fn format_architecture_and_system_decide() {
        use CrateSet::{Core, Std};
        let linux = |arch: &str, llvm: &str, more: &str| {
            format!(
                r#"{{"arch":"{arch}","llvm-target":"{llvm}","os":"linux","target-family":["unix"],{more}}}"#
            )
        };
        let gnu = r#""env":"gnu","target-pointer-width":64"#;
        let musl = r#""env":"musl","crt-static-default":true,"crt-static-respected":true"#;
        let x86_64 = "x86_64-unknown-linux-gnu";
        for (spec, crates, expected) in [
            (r#"{"arch":"arm"}"#.to_owned(), Core, "xsys"),
            (r#"{"arch":"wasm32","os":"unknown"}"#.to_owned(), Std, "xsys"),
            (r#"{"arch":"x86"}"#.to_owned(), Core, "Gnu (32-bit x86)"),
            (r#"{"arch":"m68k","linker":"m68k-elf-gcc"}"#.to_owned(), Core, "platform m68k-elf-gcc - - (`m68k`)"),
            (linux("x86_64", x86_64, gnu), Core, "xsys"),
            (linux("x86_64", x86_64, gnu), Std, "platform x86_64-linux-gnu-gcc"),
            (linux("x86_64", x86_64, musl), Std, "xsys"),
            (linux("mips", "mips-unknown-linux-gnu", gnu), Core, "Gnu (MIPS)"),
            (linux("mips", "mips-unknown-linux-gnu", gnu), Std, "platform mips-linux-gnu-gcc"),
            (linux("arm", "armv7-unknown-linux-gnueabihf", gnu), Std, "platform arm-linux-gnueabihf-gcc"),
            (
                linux("aarch64", "aarch64_be-unknown-linux-gnu", r#""env":"gnu","target-endian":"big""#),
                Core,
                "Gnu (big-endian aarch64)",
            ),
            (linux("x86_64", x86_64, r#""target-pointer-width":32"#), Core, "Gnu (32-bit pointers on x86_64)"),
            (
                linux("powerpc64", "powerpc64-unknown-linux-gnu", r#""env":"gnu","abi":"elfv1""#),
                Core,
                "platform powerpc64-linux-gnu-gcc (PowerPC's ELFv1 ABI)",
            ),
            (
                r#"{"arch":"x86_64","os":"uefi","is-like-windows":true,"linker-flavor":"msvc-lld"}"#.to_owned(),
                Std,
                "Link (PE output)",
            ),
            (
                r#"{"arch":"x86_64","os":"windows","env":"gnu","is-like-windows":true,"linker":"gcc","llvm-target":"x86_64-pc-windows-gnu"}"#.to_owned(),
                Core,
                "platform x86_64-w64-mingw32-gcc x86_64-w64-mingw32-clang",
            ),
            (r#"{"arch":"aarch64","os":"macos","is-like-darwin":true}"#.to_owned(), Core, "platform "),
            (r#"{"arch":"bpf"}"#.to_owned(), Core, "platform bpf-linker"),
        ] {
            let expected = expected.replace(" - -", " -gcc -clang");
            assert_eq!(told(&spec, crates), expected, "{spec}");
        }
    }

    #[test]
    fn start_files_are_those_of_programs() {
        for (text, expected) in [
            (
                r#"{"pre-link-objects":{"dynamic-pic-exe":["Scrt1.o"],"dynamic-dylib":["x.o"],"static-pic-exe":["Scrt1.o"]}}"#,
                &["Scrt1.o"][..],
            ),
            (
                r#"{"is-like-windows":true,"pre-link-objects":{"dynamic-pic-exe":["crt2.o"]}}"#,
                &[],
            ),
            ("{}", &[]),
        ] {
            let spec = Spec::new(serde_json::from_str(text).unwrap());
            assert_eq!(
                linking(&spec, "t", CrateSet::Core).start_files,
                expected,
                "{text}"
            );
        }
    }
}

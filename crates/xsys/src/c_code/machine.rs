//! The names of a target for C compilers: the prefixes of GNU's compilers, clang's `--target`, and the flags that a
//! spec implies.
//!
//! Build scripts that use the crate `cc` derive all of this from the target's *name*, which works for the triples that
//! it knows. A custom spec may have any name, so everything is derived from the spec.

use xsys_target::Spec;

/// GNU's compilers for a kind of machine, and the packages that they are in.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct Gnu {
    family: &'static str,
    bare_metal: bool,
    /// The prefix of `-gcc`.
    pub prefixes: &'static [&'static str],
    pub debian: Option<&'static str>,
    pub fedora: Option<&'static str>,
    pub homebrew: Option<&'static str>,
}

const fn linux(
    family: &'static str,
    prefixes: &'static [&'static str],
    debian: &'static str,
    fedora: Option<&'static str>,
    homebrew: Option<&'static str>,
) -> Gnu {
    Gnu {
        family,
        bare_metal: false,
        prefixes,
        debian: Some(debian),
        fedora,
        homebrew,
    }
}

const fn bare(
    family: &'static str,
    prefixes: &'static [&'static str],
    debian: Option<&'static str>,
    fedora: Option<&'static str>,
    homebrew: Option<&'static str>,
) -> Gnu {
    Gnu {
        family,
        bare_metal: true,
        prefixes,
        debian,
        fedora,
        homebrew,
    }
}

#[rustfmt::skip]
const GNU: &[Gnu] = &[
    linux("aarch64", &["aarch64-linux-gnu", "aarch64-unknown-linux-gnu", "aarch64-suse-linux"], "gcc-aarch64-linux-gnu", Some("gcc-aarch64-linux-gnu"), Some("messense/macos-cross-toolchains/aarch64-unknown-linux-musl")),
    linux("armhf", &["arm-linux-gnueabihf", "armv7-unknown-linux-gnueabihf"], "gcc-arm-linux-gnueabihf", Some("gcc-arm-linux-gnu"), Some("messense/macos-cross-toolchains/armv7-unknown-linux-musleabihf")),
    linux("arm", &["arm-linux-gnueabi", "arm-linux-gnu"], "gcc-arm-linux-gnueabi", Some("gcc-arm-linux-gnu"), None),
    linux("x86_64", &["x86_64-linux-gnu", "x86_64-unknown-linux-gnu", "x86_64-suse-linux"], "gcc-x86-64-linux-gnu", Some("gcc-x86_64-linux-gnu"), Some("messense/macos-cross-toolchains/x86_64-unknown-linux-musl")),
    linux("x86", &["i686-linux-gnu", "x86_64-linux-gnu"], "gcc-i686-linux-gnu", None, None),
    linux("riscv64", &["riscv64-linux-gnu", "riscv64-unknown-linux-gnu", "riscv64-suse-linux"], "gcc-riscv64-linux-gnu", Some("gcc-riscv64-linux-gnu"), None),
    linux("powerpc64le", &["powerpc64le-linux-gnu"], "gcc-powerpc64le-linux-gnu", Some("gcc-powerpc64le-linux-gnu"), None),
    linux("powerpc64", &["powerpc64-linux-gnu"], "gcc-powerpc64-linux-gnu", Some("gcc-powerpc64-linux-gnu"), None),
    linux("powerpc", &["powerpc-linux-gnu"], "gcc-powerpc-linux-gnu", None, None),
    linux("s390x", &["s390x-linux-gnu"], "gcc-s390x-linux-gnu", Some("gcc-s390x-linux-gnu"), None),
    linux("mips", &["mips-linux-gnu"], "gcc-mips-linux-gnu", None, None),
    linux("mipsel", &["mipsel-linux-gnu"], "gcc-mipsel-linux-gnu", None, None),
    linux("mips64", &["mips64-linux-gnuabi64"], "gcc-mips64-linux-gnuabi64", None, None),
    linux("mips64el", &["mips64el-linux-gnuabi64"], "gcc-mips64el-linux-gnuabi64", None, None),
    linux("loongarch64", &["loongarch64-linux-gnu", "loongarch64-unknown-linux-gnu"], "gcc-loongarch64-linux-gnu", Some("gcc-loongarch64-linux-gnu"), None),
    linux("sparc64", &["sparc64-linux-gnu"], "gcc-sparc64-linux-gnu", Some("gcc-sparc64-linux-gnu"), None),
    linux("m68k", &["m68k-linux-gnu"], "gcc-m68k-linux-gnu", Some("gcc-m68k-linux-gnu"), None),
    bare("arm", &["arm-none-eabi"], Some("gcc-arm-none-eabi"), Some("arm-none-eabi-gcc-cs"), Some("arm-none-eabi-gcc")),
    bare("armhf", &["arm-none-eabi"], Some("gcc-arm-none-eabi"), Some("arm-none-eabi-gcc-cs"), Some("arm-none-eabi-gcc")),
    bare("aarch64", &["aarch64-none-elf", "aarch64-elf", "aarch64-unknown-none-elf", "aarch64-linux-gnu"], Some("gcc-aarch64-linux-gnu"), Some("gcc-aarch64-linux-gnu"), Some("aarch64-elf-gcc")),
    bare("riscv32", &["riscv32-unknown-elf", "riscv64-unknown-elf", "riscv-none-elf", "riscv64-elf", "riscv64-linux-gnu"], Some("gcc-riscv64-unknown-elf"), Some("gcc-riscv64-linux-gnu"), Some("riscv64-elf-gcc")),
    bare("riscv64", &["riscv64-unknown-elf", "riscv-none-elf", "riscv64-elf", "riscv64-linux-gnu"], Some("gcc-riscv64-unknown-elf"), Some("gcc-riscv64-linux-gnu"), Some("riscv64-elf-gcc")),
    bare("x86_64", &["x86_64-elf", "x86_64-linux-gnu"], Some("gcc-x86-64-linux-gnu"), Some("gcc-x86_64-linux-gnu"), Some("x86_64-elf-gcc")),
    bare("x86", &["i686-elf", "x86_64-elf", "i686-linux-gnu"], Some("gcc-i686-linux-gnu"), None, Some("i686-elf-gcc")),
    bare("avr", &["avr"], Some("gcc-avr"), Some("avr-gcc"), None),
    bare("msp430", &["msp430-elf", "msp430"], Some("gcc-msp430"), None, None),
];

/// The C library that code is compiled for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Libc {
    /// None, or what the compiler brings.
    None,
    Glibc,
    Musl,
    Wasi,
}

/// A target in the terms of C compilers.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct Machine {
    /// GNU's name of the architecture and ABI: `armhf`, `powerpc64le`.
    pub family: &'static str,
    pub libc: Libc,
    pub gnu: Option<&'static Gnu>,
    /// What compilers made for musl are called: `aarch64-linux-musl`.
    pub musl_names: Vec<String>,
    pub gcc_flags: Vec<String>,
    pub clang_flags: Vec<String>,
}

impl Machine {
    /// None for systems whose compilers are found in other ways (Windows, Apple's, Android …).
    pub(crate) fn of(spec: &Spec) -> Option<Self> {
        let bare_metal = spec.os() == "none";
        let libc = match (spec.os(), spec.env()) {
            ("wasi", _) => Libc::Wasi,
            ("linux", "musl") if !spec.is_wasm() => Libc::Musl,
            ("linux", "gnu") => Libc::Glibc,
            _ if bare_metal || spec.is_wasm() && spec.os() == "unknown" => Libc::None,
            _ => return None,
        };
        let family = family(spec)?;
        let own = own_flags(spec);
        let mut gcc_flags = own.clone();
        if spec.arch() == "avr"
            && let Some(cpu) = spec.own_cpu()
        {
            gcc_flags.push(format!("-mmcu={cpu}"));
        }
        if spec.arch() == "x86" {
            gcc_flags.push("-m32".to_owned());
        }
        if spec.llvm_target().starts_with("thumb") {
            gcc_flags.push("-mthumb".to_owned());
        }
        gcc_flags.extend(arm_arch(spec).map(|arch| format!("-march={arch}")));
        let mut clang_flags = vec![format!("--target={}", spec.llvm_target())];
        clang_flags.extend(own);
        Some(Self {
            family,
            libc,
            gnu: GNU
                .iter()
                .find(|row| row.family == family && row.bare_metal == bare_metal),
            musl_names: match libc {
                Libc::Musl => musl_names(family),
                _ => Vec::new(),
            },
            gcc_flags,
            clang_flags,
        })
    }

    /// Code without an operating system has no C library, so there are no headers.
    pub(crate) fn is_freestanding(&self) -> bool {
        self.libc == Libc::None
    }
}

fn family(spec: &Spec) -> Option<&'static str> {
    let big = spec.is_big_endian();
    Some(match spec.arch() {
        "aarch64" if !big => "aarch64",
        "arm" if spec.string("llvm-floatabi") == Some("hard") => "armhf",
        "arm" => "arm",
        "x86_64" => "x86_64",
        "x86" => "x86",
        "riscv64" => "riscv64",
        "riscv32" => "riscv32",
        "powerpc64" if !big => "powerpc64le",
        "powerpc64" => "powerpc64",
        "powerpc" => "powerpc",
        "s390x" => "s390x",
        "mips" if big => "mips",
        "mips" => "mipsel",
        "mips64" if big => "mips64",
        "mips64" => "mips64el",
        "loongarch64" => "loongarch64",
        "sparc64" => "sparc64",
        "m68k" => "m68k",
        "avr" => "avr",
        "msp430" => "msp430",
        "wasm32" => "wasm32",
        "wasm64" => "wasm64",
        _ => return None,
    })
}

/// Names of musl's compilers, and of directories with its headers.
fn musl_names(family: &str) -> Vec<String> {
    let (architectures, ending): (&[&str], _) = match family {
        "armhf" => (&["arm", "armv7"], "musleabihf"),
        "arm" => (&["arm", "armv7"], "musleabi"),
        "x86" => (&["i386", "i686"], "musl"),
        "mips64" | "mips64el" => (&[family], "muslabi64"),
        _ => (&[family], "musl"),
    };
    architectures
        .iter()
        .flat_map(|arch| {
            ["linux", "unknown-linux"].map(|system| format!("{arch}-{system}-{ending}"))
        })
        .collect()
}

/// What the spec says about code and neither a compiler's name nor `--target` implies; the flags
/// are the same for GNU and clang.
fn own_flags(spec: &Spec) -> Vec<String> {
    let features = spec.features();
    let has = |feature: &str| features.contains(&feature);
    let mut flags = Vec::new();
    match spec.arch() {
        "arm" => {
            let hard = spec.string("llvm-floatabi") == Some("hard");
            flags.push(format!(
                "-mfloat-abi={}",
                if hard { "hard" } else { "soft" }
            ));
            if hard && let Some(fpu) = arm_fpu(&features) {
                flags.push(format!("-mfpu={fpu}"));
            }
        }
        "riscv32" | "riscv64" => {
            flags.push(format!("-march={}", riscv_arch(spec.arch(), &features)));
            if let Some(abi) = spec.string("llvm-abiname") {
                flags.push(format!("-mabi={abi}"));
            }
            if spec.string("code-model") == Some("medium") {
                flags.push("-mcmodel=medany".to_owned());
            }
        }
        "aarch64" => {
            if has("-neon") || has("-fp-armv8") || spec.abi() == "softfloat" {
                flags.push("-mgeneral-regs-only".to_owned());
            }
            if has("+strict-align") {
                flags.push("-mstrict-align".to_owned());
            }
        }
        "x86_64" | "x86" => {
            if has("+soft-float") {
                flags.push("-mgeneral-regs-only".to_owned());
            }
            if spec.flag("disable-redzone") == Some(true) && spec.arch() == "x86_64" {
                flags.push("-mno-red-zone".to_owned());
            }
            if spec.string("code-model") == Some("kernel") {
                flags.push("-mcmodel=kernel".to_owned());
            }
        }
        _ => {}
    }
    flags
}

/// GNU's `-march` for the beginning of LLVM's target; otherwise the compiler's default applies, as
/// for the triples of distributions.
fn arm_arch(spec: &Spec) -> Option<&'static str> {
    if spec.arch() != "arm" {
        return None;
    }
    Some(match spec.llvm_target().split('-').next()? {
        "thumbv6m" => "armv6s-m",
        "thumbv7m" => "armv7-m",
        "thumbv7em" if spec.string("llvm-floatabi") == Some("hard") => "armv7e-m+fp",
        "thumbv7em" => "armv7e-m",
        "thumbv8m.base" => "armv8-m.base",
        "thumbv8m.main" if spec.string("llvm-floatabi") == Some("hard") => "armv8-m.main+fp",
        "thumbv8m.main" => "armv8-m.main",
        "armv4t" | "thumbv4t" => "armv4t",
        "armv5te" | "thumbv5te" => "armv5te",
        "armv6" | "armv6k" | "thumbv6" => "armv6",
        "armv7r" => "armv7-r",
        "armv7a" | "armv7" | "thumbv7a" | "thumbv7neon" => "armv7-a",
        "armv8r" => "armv8-r",
        _ => return None,
    })
}

/// The unit that a hard-float spec's features describe, the largest first.
fn arm_fpu(features: &[&str]) -> Option<&'static str> {
    const UNITS: &[(&str, &str)] = &[
        ("+neon", "neon-vfpv3"),
        ("+fp-armv8d16sp", "fpv5-sp-d16"),
        ("+fp-armv8d16", "fpv5-d16"),
        ("+vfp4d16sp", "fpv4-sp-d16"),
        ("+vfp4d16", "vfpv4-d16"),
        ("+vfp3d16", "vfpv3-d16"),
        ("+vfp3", "vfpv3"),
        ("+vfp2", "vfpv2"),
    ];
    UNITS
        .iter()
        .find(|(feature, _)| features.contains(feature))
        .map(|(_, unit)| *unit)
}

/// `rv32imac`, in the order that the names have.
fn riscv_arch(arch: &str, features: &[&str]) -> String {
    let has = |letter: char| features.contains(&format!("+{letter}").as_str());
    let mut name = format!("rv{}", arch.trim_start_matches("riscv"));
    name.push(if has('e') { 'e' } else { 'i' });
    name.extend("mafdc".chars().filter(|&letter| has(letter)));
    name
}

#[cfg(test)]
mod tests {
    use super::*;

    fn machine(spec: serde_json::Value) -> Option<Machine> {
        let serde_json::Value::Object(map) = spec else {
            panic!("a spec is an object");
        };
        Machine::of(&Spec::new(map))
    }

    #[test]
    fn flags_follow_from_the_spec() {
        for (spec, gcc, clang, prefix) in [
            (
                serde_json::json!({"arch": "aarch64", "os": "linux", "env": "musl", "llvm-target": "aarch64-unknown-linux-musl"}),
                "",
                "--target=aarch64-unknown-linux-musl",
                Some("aarch64-linux-gnu"),
            ),
            (
                serde_json::json!({"arch": "arm", "os": "none", "llvm-target": "thumbv7em-none-eabihf", "llvm-floatabi": "hard", "features": "+vfp4d16sp"}),
                "-mfloat-abi=hard -mfpu=fpv4-sp-d16 -mthumb -march=armv7e-m+fp",
                "--target=thumbv7em-none-eabihf -mfloat-abi=hard -mfpu=fpv4-sp-d16",
                Some("arm-none-eabi"),
            ),
            (
                serde_json::json!({"arch": "riscv32", "os": "none", "llvm-target": "riscv32", "llvm-abiname": "ilp32", "features": "+c,+a,+m", "code-model": "medium"}),
                "-march=rv32imac -mabi=ilp32 -mcmodel=medany",
                "--target=riscv32 -march=rv32imac -mabi=ilp32 -mcmodel=medany",
                Some("riscv32-unknown-elf"),
            ),
            (
                serde_json::json!({"arch": "x86_64", "os": "none", "llvm-target": "x86_64-unknown-none-elf", "features": "-mmx,+soft-float", "disable-redzone": true, "code-model": "kernel"}),
                "-mgeneral-regs-only -mno-red-zone -mcmodel=kernel",
                "--target=x86_64-unknown-none-elf -mgeneral-regs-only -mno-red-zone -mcmodel=kernel",
                Some("x86_64-elf"),
            ),
            (
                serde_json::json!({"arch": "avr", "os": "none", "llvm-target": "avr-unknown-unknown", "cpu": "atmega328p"}),
                "-mmcu=atmega328p",
                "--target=avr-unknown-unknown",
                Some("avr"),
            ),
            (
                serde_json::json!({"arch": "wasm32", "os": "unknown", "llvm-target": "wasm32-unknown-unknown"}),
                "",
                "--target=wasm32-unknown-unknown",
                None,
            ),
        ] {
            let machine = machine(spec.clone()).unwrap_or_else(|| panic!("{spec}"));
            assert_eq!(machine.gcc_flags.join(" "), gcc, "{spec}");
            assert_eq!(machine.clang_flags.join(" "), clang, "{spec}");
            let first = machine.gnu.map(|gnu| gnu.prefixes[0]);
            assert_eq!(first, prefix, "{spec}");
        }
    }

    #[test]
    fn other_systems_are_left_to_their_own_ways() {
        for os in ["windows", "macos", "android"] {
            let spec = serde_json::json!({"arch": "x86_64", "os": os, "llvm-target": "x"});
            assert_eq!(machine(spec), None, "{os}");
        }
    }

    #[test]
    fn compilers_for_musl_have_names_of_their_own() {
        assert_eq!(
            musl_names("armhf")[0..2],
            ["arm-linux-musleabihf", "arm-unknown-linux-musleabihf"]
        );
        assert_eq!(musl_names("aarch64")[0], "aarch64-linux-musl");
    }
}

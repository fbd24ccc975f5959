//! The C pieces of a static musl program: start-up objects, `libc.a`, an unwinder.
//!
//! They fit any spec of the same architecture and ABI, so a custom spec gets those of the built-in
//! target next to it. A wasm spec whose system is Linux means WALI, Linux's system calls as imports
//! of a module: its musl is another one, with other start-up objects, and no component has it.

use xsys_target::{Kind, Target};

use crate::kit::{Kit, Wanted};

/// musl as rust-std components have it.
pub(crate) static MUSL: Kit = Kit {
    name: "musl",
    pieces: PIECES,
    needed: NEEDED,
    empty: EMPTY,
    unwinder: Some("libunwind.a"),
    variable: "XSYS_MUSL_DIR",
    own: "such as a distribution's musl-dev",
};

/// WALI's musl, which people build themselves.
pub(crate) static WALI: Kit = Kit {
    name: "WALI's musl",
    pieces: &["crt1-command.o", "crt1-reactor.o", "libc.a"],
    needed: &["crt1-command.o", "libc.a"],
    empty: EMPTY,
    unwinder: None,
    variable: "XSYS_MUSL_DIR",
    own: "built from the WALI project's wali-musl",
};

/// Files that are copied as they are, where they exist.
const PIECES: &[&str] = &[
    "Scrt1.o",
    "crt1.o",
    "crtbegin.o",
    "crtbeginS.o",
    "crtend.o",
    "crtendS.o",
    "crti.o",
    "crtn.o",
    "libc.a",
    "libunwind.a",
    "rcrt1.o",
];

/// Without these no program starts.
const NEEDED: &[&str] = &["crt1.o", "crti.o", "crtn.o", "libc.a"];

/// musl has the functions of these libraries in `libc.a`, but linkers are told `-lm` all the same.
/// A distribution's musl lacks the compiler's own objects, which do nothing in a program without
/// C++ constructors: an empty archive is a valid input in their place.
const EMPTY: &[&str] = &[
    "crtbegin.o",
    "crtbeginS.o",
    "crtend.o",
    "crtendS.o",
    "libcrypt.a",
    "libdl.a",
    "libm.a",
    "libpthread.a",
    "libresolv.a",
    "librt.a",
    // An empty one where there is none, as in WALI.
    "libunwind.a",
    "libutil.a",
    "libxnet.a",
];

/// The pieces that a static musl program for `target` needs.
pub(crate) fn wanted(target: &Target) -> Wanted {
    if target.is_wasm() {
        return Wanted {
            kit: &WALI,
            triples: Vec::new(),
        };
    }
    Wanted {
        kit: &MUSL,
        triples: builtin_triple(target).into_iter().collect(),
    }
}

/// The built-in target whose musl fits.
fn builtin_triple(target: &Target) -> Option<String> {
    if target.kind == Kind::Builtin {
        return Some(target.name.clone());
    }
    let big = target.is_big_endian();
    musl_triple(&Machine {
        arch: target.arch(),
        abi: target.abi(),
        sub_arch: target.llvm_target().split('-').next().unwrap_or(""),
        big_endian: big,
        features: &target.features(),
    })
}

/// What decides the ABI of C code.
struct Machine<'a> {
    arch: &'a str,
    abi: &'a str,
    sub_arch: &'a str,
    big_endian: bool,
    features: &'a [&'a str],
}

fn musl_triple(machine: &Machine<'_>) -> Option<String> {
    let Machine {
        arch,
        abi,
        sub_arch,
        big_endian,
        features,
    } = *machine;
    let name = match (arch, big_endian) {
        ("aarch64", false) if abi != "ilp32" => "aarch64-unknown-linux-musl",
        ("x86_64", _) if abi != "x32" => "x86_64-unknown-linux-musl",
        ("x86", _) => "i686-unknown-linux-musl",
        ("arm", false) => {
            let v7 = sub_arch.starts_with("armv7")
                || sub_arch.starts_with("thumbv7")
                || features.contains(&"+v7");
            return Some(match (v7, abi == "eabihf") {
                (true, true) => "armv7-unknown-linux-musleabihf".to_owned(),
                (true, false) => "armv7-unknown-linux-musleabi".to_owned(),
                (false, true) => "arm-unknown-linux-musleabihf".to_owned(),
                (false, false) if sub_arch.starts_with("armv5te") => {
                    "armv5te-unknown-linux-musleabi".to_owned()
                }
                (false, false) => "arm-unknown-linux-musleabi".to_owned(),
            });
        }
        ("riscv64", _) => "riscv64gc-unknown-linux-musl",
        ("riscv32", _) => "riscv32gc-unknown-linux-musl",
        ("loongarch64", _) => "loongarch64-unknown-linux-musl",
        ("powerpc64", false) => "powerpc64le-unknown-linux-musl",
        ("powerpc64", true) => "powerpc64-unknown-linux-musl",
        ("powerpc", true) => "powerpc-unknown-linux-musl",
        ("s390x", _) => "s390x-unknown-linux-musl",
        ("mips", true) => "mips-unknown-linux-musl",
        ("mips", false) => "mipsel-unknown-linux-musl",
        ("mips64", true) => "mips64-unknown-linux-muslabi64",
        ("mips64", false) => "mips64el-unknown-linux-muslabi64",
        ("hexagon", _) => "hexagon-unknown-linux-musl",
        _ => return None,
    };
    Some(name.to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn triples() {
        let triple = |arch, abi, sub_arch, big_endian, features: &[&str]| {
            musl_triple(&Machine {
                arch,
                abi,
                sub_arch,
                big_endian,
                features,
            })
        };
        for (arch, abi, sub_arch, big, features, expected) in [
            (
                "aarch64",
                "",
                "aarch64",
                false,
                &[][..],
                Some("aarch64-unknown-linux-musl"),
            ),
            ("aarch64", "", "aarch64_be", true, &[], None),
            ("aarch64", "ilp32", "aarch64", false, &[], None),
            (
                "x86_64",
                "",
                "x86_64",
                false,
                &[],
                Some("x86_64-unknown-linux-musl"),
            ),
            ("x86_64", "x32", "x86_64", false, &[], None),
            (
                "x86",
                "",
                "i586",
                false,
                &[],
                Some("i686-unknown-linux-musl"),
            ),
            (
                "arm",
                "eabihf",
                "armv7",
                false,
                &[],
                Some("armv7-unknown-linux-musleabihf"),
            ),
            (
                "arm",
                "eabihf",
                "arm",
                false,
                &["+v7"],
                Some("armv7-unknown-linux-musleabihf"),
            ),
            (
                "arm",
                "eabihf",
                "arm",
                false,
                &["+v6"],
                Some("arm-unknown-linux-musleabihf"),
            ),
            (
                "arm",
                "eabi",
                "armv5te",
                false,
                &[],
                Some("armv5te-unknown-linux-musleabi"),
            ),
            (
                "riscv64",
                "",
                "riscv64",
                false,
                &[],
                Some("riscv64gc-unknown-linux-musl"),
            ),
            (
                "powerpc64",
                "",
                "powerpc64le",
                false,
                &[],
                Some("powerpc64le-unknown-linux-musl"),
            ),
            (
                "mips",
                "",
                "mipsel",
                false,
                &[],
                Some("mipsel-unknown-linux-musl"),
            ),
            ("xtensa", "", "xtensa", false, &[], None),
        ] {
            let found = triple(arch, abi, sub_arch, big, features);
            assert_eq!(found.as_deref(), expected, "{arch} {abi} {sub_arch}");
        }
    }
}

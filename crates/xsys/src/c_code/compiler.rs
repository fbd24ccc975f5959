//! The C compiler for a target: the best that is installed, and the flags it needs.
//!
//! In this order: a compiler for the target's C library; GNU's for the architecture; the host's own if the architecture
//! is the same; clang, which compiles for every target. Compilers that are not for musl would use another library's
//! headers, so these are replaced ([`headers`](super::headers)).

use std::path::{Path, PathBuf};
use std::process::Command;

use super::machine::{Libc, Machine};
use crate::programs::find;

/// A compiler that was found, and how it is called for the target.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Compiler {
    pub program: PathBuf,
    /// The name it was found under.
    pub name: String,
    pub flags: Vec<String>,
    /// Its C++ compiler, if that has a library for the target.
    pub cxx: Option<PathBuf>,
}

/// What is known of this machine.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Host<'a> {
    pub arch: &'a str,
    pub linux: bool,
}

impl Host<'static> {
    pub(crate) fn this() -> Self {
        Self {
            arch: std::env::consts::ARCH,
            linux: cfg!(target_os = "linux"),
        }
    }
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Brand {
    /// Made for the target's C library, whose headers it has.
    OwnLibc,
    Gnu,
    Clang,
}

/// The compiler to use. `headers` are those of the target's C library, for compilers that have
/// others or none.
pub(crate) fn choose(
    machine: &Machine,
    host: Host<'_>,
    headers: Option<&Path>,
) -> Option<Compiler> {
    candidates(machine, host)
        .into_iter()
        .find_map(|(name, brand)| {
            let program = find(&name)?;
            if brand == Brand::Clang && !clang_compiles_for(&program, machine.family) {
                return None;
            }
            if needs_headers(machine, brand) && headers.is_none()
                || brand == Brand::Clang && lacks_glibc(machine)
            {
                return None;
            }
            let flags = flags(machine, brand, &program, headers)?;
            let has_cxx = brand == Brand::OwnLibc || machine.libc == Libc::Glibc;
            let cxx = has_cxx
                .then(|| cxx_name(&name))
                .and_then(|name| find(&name));
            Some(Compiler {
                program,
                name,
                flags,
                cxx,
            })
        })
}

fn needs_headers(machine: &Machine, brand: Brand) -> bool {
    match machine.libc {
        Libc::Musl => brand != Brand::OwnLibc,
        Libc::Wasi => true,
        Libc::None | Libc::Glibc => false,
    }
}

/// Whether clang would find no headers for another machine's programs with glibc: it takes them
/// from GNU's compiler or from the distribution's packages for that machine.
fn lacks_glibc(machine: &Machine) -> bool {
    let prefixes = machine.gnu.map(|gnu| gnu.prefixes).unwrap_or_default();
    machine.libc == Libc::Glibc
        && !prefixes.iter().any(|prefix| {
            Path::new("/usr")
                .join(prefix)
                .join("include/stdio.h")
                .is_file()
                || Path::new("/usr/include").join(prefix).is_dir()
        })
}

fn candidates(machine: &Machine, host: Host<'_>) -> Vec<(String, Brand)> {
    let mut list: Vec<(String, Brand)> = machine
        .musl_names
        .iter()
        .map(|name| (format!("{name}-gcc"), Brand::OwnLibc))
        .collect();
    let same = host.arch == machine.family && host.linux;
    if same && machine.libc == Libc::Musl {
        list.push(("musl-gcc".to_owned(), Brand::OwnLibc));
    }
    let prefixes = machine.gnu.map(|gnu| gnu.prefixes).unwrap_or_default();
    list.extend(
        prefixes
            .iter()
            .map(|prefix| (format!("{prefix}-gcc"), Brand::Gnu)),
    );
    if same {
        list.push(("gcc".to_owned(), Brand::Gnu));
    }
    list.push(("clang".to_owned(), Brand::Clang));
    // Distributions also install these only under names with a version.
    list.extend(
        (14..30)
            .rev()
            .map(|version| (format!("clang-{version}"), Brand::Clang)),
    );
    list
}

fn cxx_name(name: &str) -> String {
    match name.strip_suffix("gcc") {
        Some(prefix) => format!("{prefix}g++"),
        None => name.replacen("clang", "clang++", 1),
    }
}

fn flags(
    machine: &Machine,
    brand: Brand,
    program: &Path,
    headers: Option<&Path>,
) -> Option<Vec<String>> {
    let mut flags = match brand {
        Brand::OwnLibc => return Some(machine.gcc_flags.clone()),
        Brand::Gnu => machine.gcc_flags.clone(),
        Brand::Clang => machine.clang_flags.clone(),
    };
    let foreign_library = match machine.libc {
        Libc::Musl | Libc::Wasi => true,
        // Linux's headers would be used for machines without a system; clang only avoids that for some targets.
        Libc::None if brand == Brand::Clang => !matches!(
            machine.family,
            "arm" | "armhf" | "msp430" | "riscv32" | "riscv64" | "wasm32" | "wasm64"
        ),
        Libc::None => is_for_linux(program),
        Libc::Glibc => false,
    };
    if foreign_library {
        if machine.is_freestanding() {
            flags.push("-ffreestanding".to_owned());
        }
        let include = |directory: &Path| ["-isystem".to_owned(), directory.display().to_string()];
        match brand {
            Brand::Clang => {
                flags.push("-nostdlibinc".to_owned());
                flags.extend(headers.into_iter().flat_map(include));
            }
            _ => {
                flags.push("-nostdinc".to_owned());
                flags.extend(headers.into_iter().flat_map(include));
                flags.extend(include(&own_headers(program)?));
            }
        }
    }
    Some(flags)
}

/// The variable that names clang's library, which generates bindings from headers.
pub(crate) fn clang_flags(machine: &Machine, headers: Option<&Path>) -> Vec<String> {
    flags(machine, Brand::Clang, Path::new("clang"), headers).unwrap_or_default()
}

fn is_for_linux(program: &Path) -> bool {
    let name = program.file_name().unwrap_or_default().to_string_lossy();
    name.contains("linux") || name == "gcc"
}

/// The directory with a GNU compiler's own headers (`stdarg.h`, `stddef.h` …), which belong to the
/// compiler and not to the C library.
fn own_headers(program: &Path) -> Option<PathBuf> {
    let output = Command::new(program)
        .arg("-print-file-name=include")
        .output()
        .ok()?;
    let directory = PathBuf::from(String::from_utf8(output.stdout).ok()?.trim());
    // If there is none, the compiler returns the name unchanged.
    directory.is_absolute().then_some(directory)
}

/// Whether this clang contains the target's code generator (Apple's has only few).
fn clang_compiles_for(program: &Path, family: &str) -> bool {
    let name = match family {
        "armhf" => "arm",
        "powerpc64le" => "ppc64le",
        "powerpc64" => "ppc64",
        "powerpc" => "ppc32",
        "s390x" => "systemz",
        "x86_64" => "x86-64",
        "sparc64" => "sparcv9",
        other => other,
    };
    let Ok(output) = Command::new(program).arg("--print-targets").output() else {
        return false;
    };
    String::from_utf8_lossy(&output.stdout)
        .lines()
        .any(|line| line.split_whitespace().next() == Some(name))
}

#[cfg(test)]
mod tests {
    use super::*;
    use xsys_target::Spec;

    fn machine(spec: serde_json::Value) -> Machine {
        let serde_json::Value::Object(map) = spec else {
            panic!("a spec is an object");
        };
        Machine::of(&Spec::new(map)).unwrap()
    }

    fn names(machine: &Machine, arch: &str) -> Vec<String> {
        let host = Host { arch, linux: true };
        let list = candidates(machine, host).into_iter();
        list.map(|(name, _)| name)
            .filter(|name| !name.starts_with("clang-"))
            .collect()
    }

    #[test]
    fn the_fitting_compiler_comes_first() {
        let musl = machine(
            serde_json::json!({"arch": "aarch64", "os": "linux", "env": "musl", "llvm-target": "aarch64-unknown-linux-musl"}),
        );
        assert_eq!(
            names(&musl, "x86_64"),
            [
                "aarch64-linux-musl-gcc",
                "aarch64-unknown-linux-musl-gcc",
                "aarch64-linux-gnu-gcc",
                "aarch64-unknown-linux-gnu-gcc",
                "aarch64-suse-linux-gcc",
                "clang"
            ]
        );
        let own = names(&musl, "aarch64");
        assert!(own.contains(&"musl-gcc".to_owned()) && own.contains(&"gcc".to_owned()));
        let bare = machine(
            serde_json::json!({"arch": "arm", "os": "none", "llvm-target": "thumbv7m-none-eabi"}),
        );
        assert_eq!(names(&bare, "x86_64"), ["arm-none-eabi-gcc", "clang"]);
    }

    #[test]
    fn clang_has_the_librarys_headers_before_its_own() {
        let musl = machine(
            serde_json::json!({"arch": "aarch64", "os": "linux", "env": "musl", "llvm-target": "aarch64-unknown-linux-musl"}),
        );
        let flags = flags(
            &musl,
            Brand::Clang,
            Path::new("/usr/bin/clang"),
            Some(Path::new("/m")),
        );
        assert_eq!(
            flags.unwrap().join(" "),
            "--target=aarch64-unknown-linux-musl -nostdlibinc -isystem /m"
        );
    }

    #[test]
    fn without_a_system_no_systems_headers_are_seen() {
        for (arch, target, expected) in [
            (
                "aarch64",
                "aarch64-unknown-none",
                " -ffreestanding -nostdlibinc",
            ),
            (
                "x86_64",
                "x86_64-unknown-none-elf",
                " -ffreestanding -nostdlibinc",
            ),
            ("arm", "thumbv7m-none-eabi", " -mfloat-abi=soft"),
        ] {
            let machine =
                machine(serde_json::json!({"arch": arch, "os": "none", "llvm-target": target}));
            let flags = flags(&machine, Brand::Clang, Path::new("clang"), None).unwrap();
            assert_eq!(flags.join(" "), format!("--target={target}{expected}"));
        }
    }

    #[test]
    fn names_of_the_cxx_compiler() {
        for (name, expected) in [
            ("aarch64-linux-gnu-gcc", "aarch64-linux-gnu-g++"),
            ("musl-gcc", "musl-g++"),
            ("gcc", "g++"),
            ("clang-16", "clang++-16"),
        ] {
            assert_eq!(cxx_name(name), expected);
        }
    }
}

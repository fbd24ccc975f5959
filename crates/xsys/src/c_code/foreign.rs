//! Arguments that build scripts pass to the link for another machine and that cannot be right: the host's library
//! directories, and objects that the host's compiler made.
//!
//! Both are noticed in the linker. Its arguments and inputs do not say where they come from, but cargo keeps what a
//! build script printed (`build/CRATE-HASH/output`, beside the directory of the program), and libraries are named after
//! their crates.

use std::collections::BTreeMap;
use std::ffi::OsString;
use std::path::{Component, Path, PathBuf};

use xsys_diag::Diagnostic;

use super::environment::underscored;

/// A directory of the host's libraries in a link's arguments.
#[derive(Debug, Default, PartialEq, Eq)]
struct Given {
    /// Libraries that the same build script asked for.
    libraries: Vec<String>,
    crates: Vec<String>,
}

/// Adds to the linker's messages about the link of a program for `target`.
pub(crate) fn explain(diagnostics: &mut Vec<Diagnostic>, args: &[OsString], target: &str) {
    name_crates(diagnostics, target);
    // First, because it is the cause of the others.
    diagnostics.splice(0..0, host_directories(args, target));
}

/// Warns about the host's library directories among the arguments of a link for `target`.
fn host_directories(args: &[OsString], target: &str) -> Vec<Diagnostic> {
    let mut directories: BTreeMap<String, Given> = BTreeMap::new();
    for directory in library_directories(args) {
        if is_the_hosts(Path::new(&directory), target) {
            directories.entry(directory).or_default();
        }
    }
    if directories.is_empty() {
        return Vec::new();
    }
    for (name, text) in build_scripts(args) {
        for (directory, given) in &mut directories {
            if text.lines().any(|line| hands_over(line, directory)) {
                given.crates.push(name.clone());
                given.libraries.extend(text.lines().filter_map(library));
            }
        }
    }
    directories
        .into_iter()
        .map(|(directory, given)| told(&directory, given, target))
        .collect()
}

fn told(directory: &str, mut given: Given, target: &str) -> Diagnostic {
    given.crates.sort();
    given.crates.dedup();
    given.libraries.sort();
    given.libraries.dedup();
    let message = match given.crates.as_slice() {
        [] => format!(
            "the link for `{target}` is given a directory of this machine's libraries, `{directory}`"
        ),
        crates => format!(
            "the build script of `{}` hands a directory of this machine's libraries, `{directory}`, to the link for `{target}`",
            crates.join("`, `")
        ),
    };
    let mut diagnostic =
        Diagnostic::warning(message).note("the libraries there are for programs of this machine");
    if !given.libraries.is_empty() {
        diagnostic = diagnostic.note(format!("it asks for `{}`", given.libraries.join("`, `")));
    }
    let diagnostic = if given.crates.is_empty() {
        diagnostic.help("the directory comes from rustflags or a build script: take it out there")
    } else {
        diagnostic
            .help("let the crate compile the library along: most have a feature for it (`vendored`, `bundled`, `static`)")
            .help("or name the target's library by the variables that the crate reads, with `PKG_CONFIG_LIBDIR=DIR` instead of this machine's directories for pkg-config")
    };
    diagnostic.code("host-libraries")
}

/// Where a linker is told to look for libraries, and where it is given some.
fn library_directories(args: &[OsString]) -> Vec<String> {
    let mut directories = Vec::new();
    let mut args = args.iter().map(|arg| arg.to_string_lossy());
    while let Some(arg) = args.next() {
        if arg == "-L" || arg == "--library-path" {
            directories.extend(args.next().map(Into::into));
        } else if let Some(directory) = arg
            .strip_prefix("-L")
            .or_else(|| arg.strip_prefix("--library-path="))
        {
            directories.push(directory.to_owned());
        } else if arg.starts_with('/') && (arg.ends_with(".a") || arg.contains(".so")) {
            let directory = Path::new(arg.as_ref()).parent();
            directories.extend(directory.map(|directory| directory.display().to_string()));
        }
    }
    directories
}

/// Whether a directory has libraries for the building machine.
fn is_the_hosts(directory: &Path, target: &str) -> bool {
    const ROOTS: [&str; 6] = [
        "/usr/lib",
        "/usr/lib64",
        "/lib",
        "/lib64",
        "/usr/local",
        "/opt/homebrew",
    ];
    if !ROOTS.iter().any(|root| directory.starts_with(root)) {
        return false;
    }
    let arch = target.split('-').next().unwrap_or(target);
    let is_musl = target.contains("musl");
    !directory.components().any(|component| match component {
        // A distribution's toolchain, with the targets' libraries.
        Component::Normal(name) if name == "rustlib" => true,
        // The distribution's directories for other machines, named after them.
        Component::Normal(name) => {
            let name = name.to_string_lossy();
            let same_arch = name.starts_with(arch)
                || arch.starts_with("arm") && name.starts_with("arm-")
                || arch.starts_with("thumb") && name.starts_with("arm-");
            name.contains('-') && same_arch && (name.contains("musl") || !is_musl)
        }
        _ => false,
    })
}

/// Names of crates and what their build scripts printed, for the build that a link belongs to.
fn build_scripts(args: &[OsString]) -> Vec<(String, String)> {
    let mut words = args.iter();
    let output = words
        .by_ref()
        .find(|arg| *arg == "-o")
        .and_then(|_| words.next())
        .map(PathBuf::from);
    // target/TRIPLE/debug/deps/NAME, and target/TRIPLE/debug/build/CRATE-HASH/output
    let Some(directory) = output.and_then(|path| Some(path.parent()?.parent()?.join("build")))
    else {
        return Vec::new();
    };
    let Ok(entries) = std::fs::read_dir(directory) else {
        return Vec::new();
    };
    entries
        .flatten()
        .filter_map(|entry| {
            let text = std::fs::read_to_string(entry.path().join("output")).ok()?;
            Some((without_hash(entry.file_name().to_str()?)?.to_owned(), text))
        })
        .collect()
}

/// Whether a build script's line gives cargo this directory to search.
fn hands_over(line: &str, directory: &str) -> bool {
    let value = instruction(line, "rustc-link-search");
    let value = value.or_else(|| instruction(line, "rustc-link-arg"));
    value.is_some_and(|value| value.split_once('=').map_or(value, |(_, path)| path) == directory)
        || instruction(line, "rustc-flags").is_some_and(|flags| flags.contains(directory))
}

/// `cargo:KEY=VALUE` or `cargo::KEY=VALUE`.
fn instruction<'a>(line: &'a str, key: &str) -> Option<&'a str> {
    let rest = line.strip_prefix("cargo:")?;
    rest.strip_prefix(':')
        .unwrap_or(rest)
        .strip_prefix(key)?
        .strip_prefix('=')
}

fn library(line: &str) -> Option<String> {
    let value = instruction(line, "rustc-link-lib")?;
    Some(value.rsplit('=').next().unwrap_or(value).to_owned())
}

/// `ring-0a1b2c3d4e5f6071` without what cargo adds.
fn without_hash(name: &str) -> Option<&str> {
    let (name, hash) = name.rsplit_once('-')?;
    let is_hash = hash.len() == 16 && hash.bytes().all(|byte| byte.is_ascii_hexdigit());
    is_hash.then_some(name)
}

/// Adds to errors about objects of another architecture where these come from, and how to name the
/// right compiler.
fn name_crates(diagnostics: &mut [Diagnostic], target: &str) {
    let mut told = Vec::new();
    for diagnostic in diagnostics {
        if diagnostic.code != Some("object-of-another-architecture") {
            continue;
        }
        let Some(name) = diagnostic.message.split('`').nth(1).and_then(crate_of) else {
            continue;
        };
        diagnostic.notes.push(format!(
            "it comes from the crate `{name}`: its build script took the compiler of another machine"
        ));
        if !told.contains(&name) {
            diagnostic.help.push(format!(
                "`CC_{}=PROGRAM` names the compiler for this target; then `cargo clean -p {name}`, or the object stays",
                underscored(target)
            ));
        }
        told.push(name);
    }
}

/// The crate that an input belongs to: by its library's name (`libring-HASH.rlib(a.o)`), or by the
/// directory of its build script's output (`build/ring-HASH/out/libx.a`).
fn crate_of(input: &str) -> Option<String> {
    let path = input.split('(').next().unwrap_or(input);
    let by_directory = path
        .split_once("/build/")
        .and_then(|(_, rest)| without_hash(rest.split('/').next()?));
    let by_name = Path::new(path)
        .file_name()
        .and_then(|name| name.to_str())
        .and_then(|name| without_hash(name.strip_prefix("lib")?.strip_suffix(".rlib")?));
    by_directory.or(by_name).map(str::to_owned)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn host_directories_are_told_from_the_targets() {
        for (directory, target, expected) in [
            (
                "/usr/lib/x86_64-linux-gnu",
                "aarch64-unknown-linux-musl",
                true,
            ),
            ("/usr/lib", "aarch64-unknown-linux-musl", true),
            ("/usr/local/lib", "thumbv7m-none-eabi", true),
            (
                "/usr/lib/x86_64-linux-gnu",
                "x86_64-unknown-linux-musl",
                true,
            ),
            (
                "/usr/lib/x86_64-linux-musl",
                "x86_64-unknown-linux-musl",
                false,
            ),
            (
                "/usr/lib/aarch64-linux-gnu",
                "aarch64-unknown-linux-gnu",
                false,
            ),
            (
                "/usr/lib/aarch64-linux-gnu",
                "aarch64-unknown-linux-musl",
                true,
            ),
            ("/usr/lib/arm-none-eabi/lib", "thumbv7m-none-eabi", false),
            (
                "/usr/lib/rustlib/a-b-c/lib",
                "aarch64-unknown-linux-musl",
                false,
            ),
            ("/p/target/lib", "aarch64-unknown-linux-musl", false),
            (
                "/usr/aarch64-linux-gnu/lib",
                "aarch64-unknown-linux-gnu",
                false,
            ),
        ] {
            assert_eq!(
                is_the_hosts(Path::new(directory), target),
                expected,
                "{directory} {target}"
            );
        }
    }

    #[test]
    fn crates_are_read_from_inputs() {
        for (input, expected) in [
            ("/t/deps/libring-0a1b2c3d4e5f6071.rlib(x.o)", Some("ring")),
            (
                "/t/debug/build/zstd-sys-0a1b2c3d4e5f6071/out/libzstd.a(x.o)",
                Some("zstd-sys"),
            ),
            ("/t/deps/app.0a1b.o", None),
            ("libc.a(x.o)", None),
        ] {
            assert_eq!(crate_of(input).as_deref(), expected, "{input}");
        }
    }

    #[test]
    fn build_scripts_are_found_by_what_they_printed() {
        let temporary = tempfile::tempdir().unwrap();
        let place = temporary.path().join("debug");
        let build = place.join("build/ssl-sys-0a1b2c3d4e5f6071");
        std::fs::create_dir_all(&build).unwrap();
        std::fs::write(
            build.join("output"),
            "cargo:rustc-link-search=native=/usr/lib\ncargo::rustc-link-lib=static=ssl\n",
        )
        .unwrap();
        let output = place.join("deps/app-1").display().to_string();
        let words = |line: &str| -> Vec<OsString> { line.split(' ').map(OsString::from).collect() };
        let told = host_directories(
            &words(&format!(
                "a.o -L/usr/lib -L {} -o {output}",
                place.display()
            )),
            "aarch64-unknown-linux-musl",
        );
        assert_eq!(told.len(), 1);
        assert_eq!(
            told[0].message,
            "the build script of `ssl-sys` hands a directory of this machine's libraries, `/usr/lib`, to the link for `aarch64-unknown-linux-musl`"
        );
        assert!(told[0].notes.contains(&"it asks for `ssl`".to_owned()));
        let told = host_directories(&words("-L /lib a.o"), "x");
        assert!(told[0].message.starts_with("the link for `x` is given"));
        assert_eq!(host_directories(&words("-L/x /y/libz.a"), "x"), []);
    }
}

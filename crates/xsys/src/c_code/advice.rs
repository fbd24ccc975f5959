//! Messages for C code that cannot be compiled, or a C library that is not found: which crates,
//! which packages depend on them, what to install, what to use instead.

use xsys_diag::{Diagnostic, Severity};

use super::graph::{CCrate, Task};
use super::known;
use super::machine::{Libc, Machine};

/// No compiler for the target is installed. An error if the build can only fail.
pub(crate) fn no_compiler(
    crates: &[CCrate],
    machine: &Machine,
    target: &str,
) -> Option<Diagnostic> {
    let compile: Vec<&CCrate> = crates
        .iter()
        .filter(|found| found.does(Task::Compile))
        .collect();
    if compile.is_empty() {
        return None;
    }
    let certain: Vec<&CCrate> = compile
        .iter()
        .copied()
        .filter(|found| known::must_compile(found))
        .collect();
    let mut diagnostic = if certain.is_empty() {
        Diagnostic::warning(format!(
            "{} may compile C code for `{target}`, and no compiler for it is installed",
            listed(&compile)
        ))
    } else {
        Diagnostic::error(format!(
            "{} {} C code for `{target}`, and no compiler for it is installed",
            listed(&certain),
            verb(&certain, "compiles", "compile")
        ))
    };
    diagnostic.notes.extend(reasons(&compile));
    diagnostic.help.extend(install(machine));
    diagnostic.help.push(format!(
        "a compiler of your own is named by `CC_{}=PROGRAM`",
        super::environment::underscored(target)
    ));
    let shown = if certain.is_empty() {
        &compile
    } else {
        &certain
    };
    diagnostic.help.extend(instead(shown));
    Some(diagnostic.code("no-c-compiler"))
}

/// Crates that search for a library for the target that no variable names.
pub(crate) fn no_library(
    crates: &[&CCrate],
    machine: &Machine,
    target: &str,
) -> Option<Diagnostic> {
    if crates.is_empty() {
        return None;
    }
    let mut diagnostic = Diagnostic::error(format!(
        "{} {} for a C library for `{target}`, and nothing says where one is",
        listed(crates),
        verb(crates, "looks", "look")
    ));
    diagnostic.notes.extend(reasons(crates));
    diagnostic
        .notes
        .push("the libraries of this machine are for its own programs".to_owned());
    for found in crates {
        if found.name == "openssl-sys" {
            diagnostic.help.push(
                "the feature `vendored` of `openssl` compiles OpenSSL along with the program"
                    .to_owned(),
            );
        }
    }
    diagnostic.help.extend(instead(crates));
    let directory = machine.musl_names.first().map_or("TARGET", String::as_str);
    diagnostic.help.push(format!(
        "where there is one for the target: `PKG_CONFIG_ALLOW_CROSS=1 PKG_CONFIG_LIBDIR=/usr/lib/{directory}/pkgconfig`, or the variables that the crate's documentation names"
    ));
    Some(diagnostic.code("no-c-library"))
}

/// Whether any of these makes the build fail.
pub(crate) fn any_error(diagnostics: &[Diagnostic]) -> bool {
    diagnostics
        .iter()
        .any(|diagnostic| diagnostic.severity == Severity::Error)
}

/// `` `a`, `b` and `c` ``
pub(crate) fn listed(crates: &[&CCrate]) -> String {
    let mut names: Vec<String> = crates
        .iter()
        .map(|found| format!("`{}`", found.name))
        .collect();
    names.dedup();
    match names.split_last() {
        None => String::new(),
        Some((last, [])) => last.clone(),
        Some((last, rest)) => format!("{} and {last}", rest.join(", ")),
    }
}

fn verb<'a>(crates: &[&CCrate], one: &'a str, several: &'a str) -> &'a str {
    if crates.len() == 1 { one } else { several }
}

/// The packages that depend on the crates.
fn reasons(crates: &[&CCrate]) -> Vec<String> {
    crates
        .iter()
        .filter(|found| found.path.len() > 1)
        .map(|found| {
            let mut path: Vec<String> = found.path.clone();
            if let Some(last) = path.last_mut() {
                *last = format!("{last} {}", found.version);
            }
            path.join(" → ")
        })
        .collect()
}

fn instead(crates: &[&CCrate]) -> Vec<String> {
    crates
        .iter()
        .filter_map(|found| {
            let text = known::instead(&found.name)?;
            Some(format!("without `{}`: {text}", found.name))
        })
        .collect()
}

/// The packages to install, any one of which is enough.
fn install(machine: &Machine) -> Vec<String> {
    let gnu = machine.gnu;
    let package = |of: Option<&str>, clang: &str| match of {
        Some(name) => format!("`{name}` or `{clang}`"),
        None => format!("`{clang}`"),
    };
    let mut text = format!(
        "install a compiler, it is found and used by itself: Debian and Ubuntu have it in {}, Fedora in {}, Homebrew in {}",
        package(gnu.and_then(|gnu| gnu.debian), "clang"),
        package(gnu.and_then(|gnu| gnu.fedora), "clang"),
        package(gnu.and_then(|gnu| gnu.homebrew), "llvm"),
    );
    if machine.libc == Libc::Wasi {
        text.push_str("; with WASI's C library: Debian's `wasi-libc`, Fedora's `wasi-libc-devel`, Homebrew's `wasi-libc`, or the WASI SDK with `WASI_SDK_PATH=DIR`");
    }
    let mut list = vec![text];
    if machine.libc == Libc::Musl && !super::headers::can_be_had(machine) {
        list.push(format!(
            "with musl's headers: in `/usr/include/{}`, or beside the directory that `XSYS_MUSL_DIR` names",
            machine.musl_names.first().map_or("", String::as_str)
        ));
    }
    list
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::collections::BTreeSet;
    use xsys_target::Spec;

    fn machine() -> Machine {
        let spec = serde_json::json!({"arch": "aarch64", "os": "linux", "env": "musl", "llvm-target": "aarch64-unknown-linux-musl"});
        let serde_json::Value::Object(map) = spec else {
            panic!("a spec is an object");
        };
        Machine::of(&Spec::new(map)).unwrap()
    }

    fn found(name: &str, tasks: &[Task]) -> CCrate {
        CCrate {
            name: name.to_owned(),
            version: "1.0.0".to_owned(),
            tasks: BTreeSet::from_iter(tasks.iter().copied()),
            features: Vec::new(),
            build_script: "/no/such/file".into(),
            path: vec!["app".into(), "middle".into(), name.into()],
        }
    }

    #[test]
    fn what_can_only_fail_is_an_error() {
        let crates = [
            found("maybe", &[Task::Compile]),
            found("ring", &[Task::Compile]),
            found("other", &[Task::Find]),
        ];
        let told = no_compiler(&crates, &machine(), "aarch64-unknown-linux-musl").unwrap();
        assert_eq!(
            told.message,
            "`ring` compiles C code for `aarch64-unknown-linux-musl`, and no compiler for it is installed"
        );
        assert!(told.notes.contains(&"app → middle → ring 1.0.0".to_owned()));
        for part in [
            "`gcc-aarch64-linux-gnu` or `clang`",
            "CC_aarch64_unknown_linux_musl=",
            "without `ring`: rustls",
        ] {
            assert!(told.help.iter().any(|help| help.contains(part)), "{told}");
        }
        let told = no_compiler(&crates[..1], &machine(), "t").unwrap();
        assert_eq!(told.severity, Severity::Warning);
        assert_eq!(no_compiler(&crates[2..], &machine(), "t"), None);
    }

    #[test]
    fn libraries_of_the_target_have_to_be_named() {
        let openssl = found("openssl-sys", &[Task::Compile, Task::Find]);
        let told = no_library(&[&openssl], &machine(), "t").unwrap();
        assert!(told.help[0].contains("vendored"), "{told}");
        assert_eq!(no_library(&[], &machine(), "t"), None);
    }

    #[test]
    fn names_are_listed_as_people_do() {
        let (a, b, c) = (found("a", &[]), found("b", &[]), found("c", &[]));
        assert_eq!(listed(&[&a]), "`a`");
        assert_eq!(listed(&[&a, &b, &c]), "`a`, `b` and `c`");
    }
}

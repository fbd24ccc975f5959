//! Small workspaces, each for one rule, and the real library of every installed toolchain.

use std::path::Path;

use super::*;
use crate::toolchain::Toolchain;

/// A library directory made of `(path, text)`.
fn library(files: &[(&str, &str)]) -> tempfile::TempDir {
    let directory = tempfile::tempdir().unwrap();
    let defaults = [
        ("Cargo.toml", "[workspace]\n"),
        ("Cargo.lock", "version = 4\n"),
    ];
    for (path, text) in defaults.iter().chain(files) {
        let path = directory.path().join(path);
        std::fs::create_dir_all(path.parent().unwrap()).unwrap();
        std::fs::write(path, text).unwrap();
    }
    directory
}

fn package(name: &str, rest: &str) -> String {
    format!("[package]\nname = '{name}'\nversion = '0.0.0'\nedition = '2024'\n{rest}")
}

fn linux() -> TargetPlatform {
    let cfgs = ["unix", "target_os=\"linux\"", "target_env=\"musl\""];
    TargetPlatform {
        name: "board".to_owned(),
        cfgs: cfgs.map(|cfg| cfg.parse().unwrap()).into(),
    }
}

fn alloc_set() -> Wanted {
    Wanted {
        crates: CrateSet::Alloc,
        test: false,
        default_features: vec!["compiler-builtins-mem"],
        features: Vec::new(),
        unwinder: false,
    }
}

/// `name[features](dependency=package …)` for each unit in order.
fn lines(units: &[Unit]) -> Vec<String> {
    let line = |unit: &Unit| {
        let features: Vec<&str> = unit.features.iter().map(String::as_str).collect();
        let edges: Vec<String> = unit
            .dependencies
            .iter()
            .map(|edge| {
                let other = &units[edge.unit].package.name;
                let public = if edge.public { "+" } else { "" };
                format!("{}={other}{public}", edge.name)
            })
            .collect();
        format!(
            "{}[{}]({})",
            unit.package.name,
            features.join(" "),
            edges.join(" ")
        )
    };
    units.iter().map(line).collect()
}

fn units(directory: &Path, wanted: &Wanted, platform: &TargetPlatform) -> Vec<String> {
    let sources = Sources::load(directory, None).unwrap();
    match resolve(&sources, wanted, platform).unwrap() {
        Resolution::Units(units) => lines(&units),
        Resolution::Missing(missing) => panic!("missing {missing:?}"),
    }
}

#[test]
fn features_flow_along_edges() {
    let directory = library(&[
        ("core/Cargo.toml", &package("core", "")),
        (
            "b/Cargo.toml",
            &package(
                "builtins",
                "[lib]\nname = 'compiler_builtins'\n[features]\ndefault = ['arch']\narch = []\nmem = []\nextra = []\n\
                 [dependencies]\ncore = { path = '../core', optional = true }\nopt-dep = { path = '../o', optional = true }\n",
            ),
        ),
        (
            "o/Cargo.toml",
            &package("opt-dep", "[features]\nx = []\ny = []\n"),
        ),
        (
            "alloc/Cargo.toml",
            &package(
                "alloc",
                "[dependencies]\ncore = { path = '../core', public = true }\n\
                 builtins = { path = '../b' }\n\
                 [target.'cfg(windows)'.dependencies]\nabsent = { path = '../absent' }\n\
                 [target.'cfg(unix)'.dependencies]\nnick = { path = '../o', package = 'opt-dep', optional = true }\n\
                 [features]\ncompiler-builtins-mem = ['builtins/mem', 'nick?/y']\nwith-nick = ['dep:nick', 'nick/x']\n",
            ),
        ),
    ]);
    let plain = units(directory.path(), &alloc_set(), &linux());
    assert_eq!(
        plain,
        [
            "builtins[arch default mem]()",
            "core[]()",
            "alloc[compiler-builtins-mem](compiler_builtins=builtins core=core+)",
        ]
    );
    // The weak feature takes effect once something else switches the dependency on.
    let wanted = Wanted {
        features: vec!["with-nick".to_owned()],
        ..alloc_set()
    };
    assert_eq!(
        units(directory.path(), &wanted, &linux()),
        [
            "builtins[arch default mem]()",
            "core[]()",
            "opt-dep[x y]()",
            "alloc[compiler-builtins-mem with-nick](compiler_builtins=builtins core=core+ nick=opt-dep)",
        ]
    );
}

#[test]
fn missing_packages_are_collected() {
    let directory = library(&[
        (
            "Cargo.lock",
            "version = 4\n[[package]]\nname = 'cfg-if'\nversion = '1.0.4'\nchecksum = 'aa'\n\
             [[package]]\nname = 'libc'\nversion = '0.2.178'\nchecksum = 'bb'\n",
        ),
        ("core/Cargo.toml", &package("core", "")),
        (
            "alloc/Cargo.toml",
            &package("alloc", "[dependencies]\nlibc = '0.2'\ncfg-if = '1'\n"),
        ),
    ]);
    let sources = Sources::load(directory.path(), None).unwrap();
    let Resolution::Missing(missing) = resolve(&sources, &alloc_set(), &linux()).unwrap() else {
        panic!("nothing missing");
    };
    let names: Vec<&str> = missing
        .iter()
        .map(|package| package.name.as_str())
        .collect();
    assert_eq!(names, ["cfg-if", "libc"]);
}

#[test]
fn what_is_wrong_is_an_error() {
    let cycle = library(&[
        (
            "core/Cargo.toml",
            &package("core", "[dependencies]\nalloc = { path = '../alloc' }\n"),
        ),
        (
            "alloc/Cargo.toml",
            &package("alloc", "[dependencies]\ncore = { path = '../core' }\n"),
        ),
    ]);
    let unpinned = library(&[
        ("core/Cargo.toml", &package("core", "")),
        (
            "alloc/Cargo.toml",
            &package("alloc", "[dependencies]\nlibc = '0.2'\n"),
        ),
    ]);
    let feature = library(&[
        ("core/Cargo.toml", &package("core", "")),
        (
            "alloc/Cargo.toml",
            &package(
                "alloc",
                "[dependencies]\ncore = { path = '../core', features = ['nope'] }\n",
            ),
        ),
    ]);
    for (directory, expected) in [
        (cycle, "depends on itself"),
        (unpinned, "no `libc` that fits"),
        (feature, "no feature `nope`"),
    ] {
        let sources = Sources::load(directory.path(), None).unwrap();
        let error = resolve(&sources, &alloc_set(), &linux()).unwrap_err();
        assert!(error.to_string().contains(expected), "{error}");
    }
}

#[test]
fn an_unknown_feature_gets_a_suggestion() {
    let directory = library(&[
        (
            "core/Cargo.toml",
            &package("core", "[features]\ndebug_refcell = []\n"),
        ),
        (
            "alloc/Cargo.toml",
            &package("alloc", "[features]\noptimize_for_size = []\n"),
        ),
    ]);
    let sources = Sources::load(directory.path(), None).unwrap();
    let wanted = |feature: &str| Wanted {
        features: vec![feature.to_owned()],
        ..alloc_set()
    };
    assert!(resolve(&sources, &wanted("debug_refcell"), &linux()).is_ok());
    let error = resolve(&sources, &wanted("optimise_for_size"), &linux()).unwrap_err();
    let text = error.into_diagnostic().to_string();
    assert!(text.contains("did you mean `optimize_for_size`?"), "{text}");
}

/// The library directories of the toolchains on this machine whose sources are complete, with their
/// compilers.
fn installed() -> Vec<(Toolchain, std::path::PathBuf)> {
    let found = [None, Some("nightly")].into_iter().filter_map(|plus| {
        let toolchain = Toolchain::detect(Path::new("."), plus).ok()?;
        let library = toolchain.rust_src().join("library");
        library
            .join("Cargo.lock")
            .is_file()
            .then_some((toolchain, library))
    });
    found.collect()
}

fn real(toolchain: &Toolchain, triple: &str) -> TargetPlatform {
    let cfgs = toolchain.rustc.cfg(triple, &[]).unwrap();
    TargetPlatform {
        name: triple.to_owned(),
        cfgs: cfgs.iter().map(|cfg| cfg.parse().unwrap()).collect(),
    }
}

/// Names of the units, sorted; those from crates.io may not be on this machine.
fn names(resolution: Resolution) -> Vec<String> {
    let mut names: Vec<String> = match resolution {
        Resolution::Units(units) => units.into_iter().map(|unit| unit.package.name).collect(),
        Resolution::Missing(_) => return vec!["missing".to_owned()],
    };
    names.sort();
    names
}

#[test]
fn the_small_sets_of_every_installed_library() {
    for (toolchain, library) in installed() {
        let sources = Sources::load(&library, None).unwrap();
        for triple in [
            "aarch64-unknown-none",
            "x86_64-unknown-linux-musl",
            "wasm32-unknown-unknown",
        ] {
            let platform = real(&toolchain, triple);
            let set = |crates| {
                let wanted = Wanted {
                    crates,
                    ..alloc_set()
                };
                resolve(&sources, &wanted, &platform).unwrap()
            };
            assert_eq!(names(set(CrateSet::Core)), ["compiler_builtins", "core"]);
            assert_eq!(
                names(set(CrateSet::Alloc)),
                ["alloc", "compiler_builtins", "core"]
            );
            let Resolution::Units(units) = set(CrateSet::Core) else {
                unreachable!("checked above")
            };
            let builtins = units.last().unwrap();
            assert!(builtins.features.contains("mem"), "{triple}: {builtins:?}");
            assert!(
                builtins.features.contains("compiler-builtins"),
                "{triple}: {builtins:?}"
            );
        }
    }
}

#[test]
fn std_of_every_installed_library() {
    let home = crate::sources::cargo_home();
    let base = [
        "alloc",
        "cfg-if",
        "compiler_builtins",
        "core",
        "hashbrown",
        "libc",
        "panic_abort",
        "rustc-demangle",
        "rustc-std-workspace-alloc",
        "rustc-std-workspace-core",
        "std",
        "std_detect",
        "unwind",
    ];
    let backtrace = [
        "addr2line",
        "adler2",
        "gimli",
        "memchr",
        "miniz_oxide",
        "object",
    ];
    for (toolchain, library) in installed() {
        let sources = Sources::load(&library, home.as_deref()).unwrap();
        for (triple, features, more) in [
            (
                "x86_64-unknown-linux-musl",
                vec!["panic-unwind", "backtrace"],
                [&backtrace[..], &["panic_unwind"]].concat(),
            ),
            ("x86_64-unknown-linux-musl", vec![], vec![]),
            (
                "wasm32-unknown-unknown",
                vec!["compiler-builtins-mem"],
                vec!["dlmalloc"],
            ),
        ] {
            let wanted = Wanted {
                crates: CrateSet::Std,
                test: false,
                default_features: features,
                features: Vec::new(),
                unwinder: false,
            };
            let resolution = resolve(&sources, &wanted, &real(&toolchain, triple)).unwrap();
            let mut expected: Vec<&str> = base.iter().copied().chain(more).collect();
            expected.sort_unstable();
            let found = names(resolution);
            // Not every package has been downloaded on every machine.
            if found != ["missing"] {
                assert_eq!(found, expected, "{triple} of {}", toolchain.shown());
            }
        }
    }
}

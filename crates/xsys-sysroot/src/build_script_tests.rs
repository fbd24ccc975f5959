//! The table against texts of scripts, and against the scripts of every installed toolchain.

use std::path::Path;

use super::*;
use crate::toolchain::Toolchain;

fn facts(cfgs: &[&str], llvm_target: &str, needs_mem_functions: bool) -> Facts {
    Facts {
        cfgs: cfgs.iter().map(|cfg| cfg.parse().unwrap()).collect(),
        llvm_target: llvm_target.to_owned(),
        needs_mem_functions,
        opt_level: OptLevel::O3,
        nightly: false,
    }
}

fn aarch64_linux() -> Facts {
    let cfgs = [
        "target_arch=\"aarch64\"",
        "target_os=\"linux\"",
        "target_env=\"musl\"",
        "target_pointer_width=\"64\"",
        "target_has_reliable_f16",
        "target_has_reliable_f128",
    ];
    facts(&cfgs, "aarch64-unknown-linux-musl", false)
}

fn thumbv6m() -> Facts {
    let cfgs = [
        "target_arch=\"arm\"",
        "target_os=\"none\"",
        "target_pointer_width=\"32\"",
    ];
    facts(&cfgs, "thumbv6m-none-eabi", true)
}

fn i586_linux() -> Facts {
    let cfgs = [
        "target_arch=\"x86\"",
        "target_os=\"linux\"",
        "target_env=\"gnu\"",
        "target_pointer_width=\"32\"",
    ];
    facts(&cfgs, "i586-unknown-linux-gnu", false)
}

fn loongarch_musl() -> Facts {
    let cfgs = [
        "target_arch=\"loongarch64\"",
        "target_os=\"linux\"",
        "target_env=\"musl\"",
        "target_pointer_width=\"64\"",
    ];
    facts(&cfgs, "loongarch64-unknown-linux-musl", false)
}

#[test]
fn cfgs_are_found_in_both_styles() {
    let text = r#"
        println!("cargo:rustc-cfg=plain");
        println!("cargo::rustc-cfg=feature=\"mem-unaligned\"");
        println!("cargo:rustc-cfg={cfg}");
        println!("cargo:rustc-check-cfg=cfg(unrelated)");
        set_cfg("called", x);
    "#;
    let expected = ["called", "feature=\"mem-unaligned\"", "plain"];
    assert_eq!(settable(text), expected.map(str::to_owned).into());
}

#[test]
fn conditions() {
    let value = |package: &str, cfg: &str, facts: &Facts| {
        let row = ROWS
            .iter()
            .find(|row| row.package == package && row.cfg == cfg);
        (row.unwrap().when)(facts)
    };
    let builtins = "compiler_builtins";
    for (package, cfg, linux, thumb, i586, loongarch) in [
        (builtins, "mem_unaligned", true, false, true, false),
        (builtins, "feature=\"mem\"", false, true, false, false),
        (builtins, "thumb", false, true, false, false),
        (builtins, "thumb_1", false, true, false, false),
        (builtins, "x86_no_sse2", false, false, true, false),
        (builtins, "f16_enabled", true, false, false, false),
        (builtins, "kernel_user_helpers", false, false, false, false),
        ("libc", "musl_v1_2_3", false, false, false, true),
        ("libc", "musl32_time64", false, false, false, false),
        ("libc", "freebsd12", true, true, true, true),
    ] {
        assert_eq!(value(package, cfg, &aarch64_linux()), linux, "{cfg}, linux");
        assert_eq!(value(package, cfg, &thumbv6m()), thumb, "{cfg}, thumb");
        assert_eq!(value(package, cfg, &i586_linux()), i586, "{cfg}, i586");
        assert_eq!(
            value(package, cfg, &loongarch_musl()),
            loongarch,
            "{cfg}, loongarch"
        );
    }
    let unoptimized = Facts {
        opt_level: OptLevel::O1,
        ..aarch64_linux()
    };
    assert!(value(builtins, "optimizations_enabled", &aarch64_linux()));
    assert!(!value(builtins, "optimizations_enabled", &unoptimized));
}

#[test]
fn std_is_restricted_on_systems_it_does_not_list() {
    let text = "target_os == \"linux\" || target_os == \"uefi\"";
    assert!(!is_restricted(text, &aarch64_linux()));
    assert!(is_restricted(text, &thumbv6m()));
    let wasm = facts(
        &["target_arch=\"wasm32\"", "target_os=\"unknown\""],
        "wasm32",
        true,
    );
    assert!(!is_restricted(text, &wasm));
}

#[test]
fn every_row_is_there_once() {
    let mut names: Vec<_> = ROWS.iter().map(|row| (row.package, row.cfg)).collect();
    names.sort_unstable();
    let count = names.len();
    names.dedup();
    assert_eq!(names.len(), count);
}

#[test]
fn nothing_is_unknown_in_the_installed_libraries() {
    for plus in [None, Some("nightly")] {
        let Ok(toolchain) = Toolchain::detect(Path::new("."), plus) else {
            continue;
        };
        let library = toolchain.rust_src().join("library");
        for (directory, expected) in [
            ("compiler-builtins/compiler-builtins", "intrinsics_enabled"),
            ("std", "backtrace_in_libstd"),
        ] {
            let Ok(package) = Package::load(&library.join(directory)) else {
                continue;
            };
            let printed = printed(&package, &aarch64_linux()).unwrap();
            assert_eq!(printed.unknown, Vec::<String>::new(), "{directory}");
            assert!(
                printed.cfgs.iter().any(|cfg| cfg == expected),
                "{printed:?}"
            );
            assert!(!printed.cfgs.iter().any(|cfg| cfg == "restricted_std"));
            if directory == "std" {
                let arch = ("STD_ENV_ARCH".to_owned(), "aarch64".to_owned());
                assert!(printed.env.contains(&arch));
            }
        }
    }
}

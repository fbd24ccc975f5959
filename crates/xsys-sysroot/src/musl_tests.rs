//! Which built-in target's pieces fit which machine, and what a folder ends up with.

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

#[test]
fn gaps_are_filled_with_empty_archives() {
    let temporary = tempfile::tempdir().unwrap();
    let folder = temporary.path().join("musl");
    std::fs::create_dir(&folder).unwrap();
    for name in NEEDED {
        assert_eq!(lacking(&folder), Some(*name));
        std::fs::write(folder.join(name), format!("real {name}")).unwrap();
    }
    assert_eq!(lacking(&folder), None);
    let cache = Cache::new(temporary.path().join("cache"));
    let musl = musl(folder, "here".to_owned(), &cache).unwrap();
    let installed = temporary.path().join("installed");
    install(&musl, &installed).unwrap();
    let content = |name: &str| std::fs::read_to_string(installed.join(name)).unwrap();
    assert_eq!(content("libc.a"), "real libc.a");
    assert_eq!(content("libm.a"), "!<arch>\n");
    assert_eq!(content("crtbegin.o"), "!<arch>\n");
    assert!(
        !installed.join("rcrt1.o").exists(),
        "not needed by every spec"
    );
}

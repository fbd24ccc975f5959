//! cargo's other verbs, for a target: check, clippy, doc, clean, and whatever `xsys cargo` passes on.

#![cfg(unix)]

use std::path::Path;

use xsys_tests::project::{Place, find_program, run, skip, xsys_in};

/// A program with a build script and a procedural macro among its dependencies.
fn project(place: &Place, name: &str) -> std::path::PathBuf {
    let manifest = "[package]\nname = \"day\"\nversion = \"0.1.0\"\nedition = \"2024\"\n\n\
         [package.metadata.xsys]\nboard = \"riscv32-virt\"\nemit = [\"bin=firmware.img\", \"hex\"]\n\n\
         [dependencies]\n\
         riscv = { version = \"0.16\", features = [\"critical-section-single-hart\"] }\n\
         riscv-rt = { version = \"0.18\", features = [\"memory\"] }\n\n[workspace]\n";
    let source = "#![no_std]\n#![no_main]\n\n/// Documented.\npub fn documented() -> u8 {\n    \
         let x = 1;\n    return x;\n}\n\n#[riscv_rt::entry]\nfn main() -> ! {\n    documented();\n    \
         loop {\n        riscv::asm::wfi();\n    }\n}\n\n#[panic_handler]\n\
         fn panic(_: &core::panic::PanicInfo<'_>) -> ! {\n    loop {}\n}\n";
    place.write(&format!("{name}/Cargo.toml"), manifest);
    place.write(&format!("{name}/src/main.rs"), source);
    place.path(name)
}

fn xsys(folder: &Path, line: &str) -> std::process::Command {
    let mut command = xsys_in(folder);
    command.args(line.split(' '));
    command
}

#[test]
fn all_verbs_work_for_a_target() {
    let place = Place::new("verbs", "a day");
    let project = project(&place, "a project");
    let out = project.join("target/riscv32imac-qemu-none-elf");
    let linked = || out.join("debug/day").exists();

    // Nothing is linked, so a linker that does not exist is no problem.
    let configured = "[target.riscv32imac-qemu-none-elf]\nlinker = \"/no/such/linker\"\n";
    let config = place.write("a project/.cargo/config.toml", configured);
    let ran = run(&mut xsys(&project, "check --message-format json")).ends_with(0);
    assert!(!ran.stderr.contains("/no/such/linker"), "{}", ran.stderr);
    let reasons = |reason: &str| {
        ran.stdout
            .matches(&format!("\"reason\":\"{reason}\""))
            .count()
    };
    assert!(reasons("compiler-artifact") > 5, "{}", ran.stdout);
    assert!(!ran.stdout.contains("xsys-build") && !linked());
    std::fs::remove_file(config).expect("the file is there");

    // What cargo's aliases mean; a second time there is nothing to do.
    run(&mut xsys(&project, "check -q")).ends_with(0);
    let ran = run(&mut xsys(&project, "c")).ends_with(0).tells("Finished");
    assert!(!ran.stderr.contains("Checking"), "{}", ran.stderr);
    if find_program("cargo-clippy").is_some() {
        run(&mut xsys(&project, "clippy"))
            .ends_with(0)
            .tells("needless_return");
        run(&mut xsys(&project, "clippy -- -D clippy::needless_return"))
            .ends_with(101)
            .tells("error: unneeded `return` statement");
    } else {
        skip("clippy for a target", "it is not installed");
    }
    run(&mut xsys(&project, "d --no-deps")).ends_with(0);
    let page = out.join("doc/day/fn.documented.html");
    assert!(page.is_file() && !linked());

    // Other commands of cargo's: with flags of their own, without a target, and unknown ones.
    let ran = run(&mut xsys(&project, "cargo tree --depth 1")).ends_with(0);
    assert!(ran.stdout.contains("riscv-rt v0.18"), "{}", ran.stdout);
    let ran = run(&mut xsys(
        &project,
        "cargo -- metadata --no-deps --format-version 1",
    ));
    assert!(ran.ends_with(0).stdout.starts_with("{\"packages\""));
    run(&mut xsys(
        &project,
        "cargo -- rustc --bin day -- --emit asm",
    ))
    .ends_with(0);
    let assembled = std::fs::read_dir(out.join("debug/deps"))
        .expect("cargo has a folder")
        .flatten()
        .any(|entry| entry.path().extension().is_some_and(|end| end == "s"));
    assert!(assembled && linked());
    run(&mut xsys(&project, "cargo -- no-such-command"))
        .ends_with(101)
        .tells("no such command: `no-such-command`");
    // An extension is told the target in the environment.
    let script = "#!/bin/sh\nshift\nexec \"$CARGO\" build --message-format json \"$@\"\n";
    let extension = place.write("bin/cargo-builds", script);
    std::fs::set_permissions(
        &extension,
        std::os::unix::fs::PermissionsExt::from_mode(0o755),
    )
    .expect("a script can be made executable");
    let path = std::env::var("PATH").unwrap_or_default();
    let path = format!("{}:{path}", place.path("bin").display());
    let ran = run(xsys(&project, "cargo builds --bins").env("PATH", path)).ends_with(0);
    assert!(
        ran.stdout.contains("riscv32imac-qemu-none-elf/debug/day"),
        "{}",
        ran.stdout
    );

    sizes(&project, &out);
    cleaning(&project, &out);
}

/// `size` builds first, like every command that is about a program; what is largest comes first.
fn sizes(project: &Path, out: &Path) {
    let sizes = |line: &str| -> Vec<u64> {
        let ran = run(&mut xsys(project, line)).ends_with(0);
        let items: serde_json::Value = serde_json::from_str(&ran.stdout).expect("it is JSON");
        let items = items.as_array().expect("it is a list").iter();
        items
            .map(|item| item["size"].as_u64().expect("a size"))
            .collect()
    };
    std::fs::remove_file(out.join("debug/day")).expect("it was built");
    for by in ["section", "symbol", "crate", "region"] {
        let built = sizes(&format!("size --json --by {by} --bin day"));
        assert!(
            out.join("debug/day").is_file() && built.len() > 1,
            "{by}: {built:?}"
        );
        assert!(
            built.windows(2).all(|pair| pair[0] >= pair[1]),
            "{by}: {built:?}"
        );
        let file = out.join("debug/day").display().to_string();
        let mut named = xsys_in(project);
        named.args(["size", &file, "--json", "--by", by]);
        let named = run(&mut named).ends_with(0).stdout;
        assert_eq!(
            run(&mut xsys(project, &format!("size --json --by {by}"))).stdout,
            named
        );
    }
    let ran = run(&mut xsys(project, "size --top 1")).ends_with(0);
    assert!(
        ran.stdout.contains(".stack") && ran.stdout.contains(" more]"),
        "{}",
        ran.stdout
    );
    run(&mut xsys(project, "size Cargo.toml --release"))
        .ends_with(1)
        .tells("`--release` is for builds");
    run(&mut xsys(project, "size --bin none"))
        .ends_with(101)
        .tells("no bin target");
}

/// `clean` takes what cargo made and what xsys made beside it.
fn cleaning(project: &Path, out: &Path) {
    run(&mut xsys(project, "build")).ends_with(0);
    let image = out.join("debug/firmware.img");
    assert!(image.is_file() && out.join("debug/day.hex").is_file());

    run(&mut xsys(project, "clean -p day --dry-run")).ends_with(0);
    assert!(image.is_file());
    run(&mut xsys(project, "clean -p riscv")).ends_with(0);
    assert!(image.is_file());
    run(&mut xsys(project, "clean -p day")).ends_with(0);
    assert!(!image.exists() && !out.join("debug/day.hex").exists());
    assert!(!out.join("debug/day").exists() && out.join("debug/deps").is_dir());

    run(&mut xsys(project, "check --release")).ends_with(0);
    assert!(out.join("release").exists());
    run(&mut xsys(project, "clean --release")).ends_with(0);
    assert!(!out.join("release").exists() && out.join("debug").exists());
    run(&mut xsys(project, "clean --doc")).ends_with(0);
    assert!(!out.join("doc").exists());
    run(&mut xsys(project, "clean -p no-such-package")).ends_with(101);
    run(&mut xsys(project, "clean")).ends_with(0);
    assert!(!project.join("target").exists());
}

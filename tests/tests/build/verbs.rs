//! cargo's other verbs, for a target: check, clippy, doc, clean, and whatever `xsys cargo` passes on.

use std::path::Path;
use std::process::Command;

use xsys_tests::project::{Place, Ran, find_program, run, skip, without_settings, xsys_in};

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

    installing(&place, &project);
    sizes(&project, &out);
    what_is_there_for(&project, &out);
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

/// What is in a program, on a page, and what it is there for.
fn what_is_there_for(project: &Path, out: &Path) {
    let file = out.join("debug/day").display().to_string();
    let why = |name: &str| {
        let mut command = xsys_in(project);
        command.args(["why", &file, name]);
        run(&mut command)
    };
    // A function, a section, a crate, an archive.
    let ran = why("day::documented").ends_with(0);
    let mut lines = ran.stdout.lines();
    assert!(
        lines
            .next()
            .is_some_and(|line| line.starts_with("day::documented: "))
    );
    // riscv-rt's script names it.
    let root = lines.next();
    assert_eq!(root, Some("  the linker script names `main`, in"));
    for part in ["which refers to", "    main (", "it is section `.text"] {
        assert!(ran.stdout.contains(part), "{part}: {}", ran.stdout);
    }
    assert!(
        why(".init")
            .ends_with(0)
            .stdout
            .contains("the section .init")
    );
    let ran = why("riscv_rt").ends_with(0);
    assert!(ran.stdout.contains("the crate riscv_rt"), "{}", ran.stdout);
    why("day::documentd")
        .ends_with(1)
        .tells("did you mean `day::documented`?");
    let mut command = xsys_in(project);
    command.args(["size", "--why", "day::documented", "--json"]);
    let found: serde_json::Value =
        serde_json::from_str(&run(&mut command).ends_with(0).stdout).expect("it is JSON");
    let chain = found["chain"].as_array().expect("it is a list");
    assert!(chain[0]["root"].is_string() && chain.len() > 1, "{found}");
    assert!(
        chain[1]["root"].is_null() && chain[1]["crate"].is_string(),
        "{found}"
    );

    // One page, the same each time, with nothing from elsewhere; names are text.
    run(&mut xsys(project, "size --html sizes.html"))
        .ends_with(0)
        .tells("Created sizes.html");
    let read = |name: &str| std::fs::read_to_string(project.join(name)).expect("it is there");
    let page = read("sizes.html");
    for part in [
        "<svg",
        "<details>",
        "<td>.text",
        "riscv_rt",
        "0x80000000<td>CODE",
    ] {
        assert!(
            page.contains(part) || part == "<td>.text" && page.contains(">.text\n"),
            "{part}"
        );
    }
    let here = project.display().to_string();
    for part in ["<script", "http", "src=", "<day::", &here] {
        assert!(!page.contains(part), "{part}");
    }
    let mut command = xsys_in(project);
    command.args(["size", &file, "--html", "again.html"]);
    run(&mut command).ends_with(0);
    assert!(read("again.html") == page);
    run(&mut xsys(project, "size --html x.html --json")).ends_with(2);

    // Another linker's file, and one that was changed since.
    let copy = out.join("debug/copy");
    let mut bytes = std::fs::read(&file).expect("it was built");
    bytes.push(0);
    std::fs::write(&copy, bytes).expect("a file can be written");
    let mut command = xsys_in(project);
    command.arg("why").arg(&copy).arg("main");
    run(&mut command)
        .ends_with(1)
        .tells("nothing is known about how it was linked");
    std::fs::remove_file(copy).expect("it was made here");
}

const BENCHES: &str = "#![cfg_attr(test, feature(test))]
#[cfg(test)]
extern crate test;

pub fn double(number: u64) -> u64 {
    number * 2
}

#[cfg(test)]
mod tests {
    use super::double;

    #[test]
    fn doubles() {
        assert_eq!(double(2), 4);
    }

    #[test]
    #[ignore]
    fn slow() {}

    #[bench]
    fn fast(bencher: &mut test::Bencher) {
        bencher.iter(|| double(test::black_box(4)));
    }
}
";

/// What cargo says and does without us, times aside.
fn without_times(ran: Ran, target: &str) -> (Option<i32>, String) {
    let text = ran.stdout.replace(target, "");
    let lines = text.lines().map(|line| match line.split_once("bench: ") {
        Some((name, _)) => name.to_owned(),
        None => line.split("; finished in").next().unwrap_or("").to_owned(),
    });
    (ran.code, lines.collect::<Vec<_>>().join("\n"))
}

#[test]
fn bench_is_cargos() {
    if cfg!(not(all(target_os = "linux", target_arch = "x86_64"))) {
        skip("bench", "programs for x86-64 Linux run there");
        return;
    }
    let place = Place::new("verbs", "benches");
    place.write(
        "Cargo.toml",
        "[package]\nname = \"speed\"\nversion = \"0.1.0\"\nedition = \"2024\"\n\n[[bench]]\nname = \"own\"\nharness = false\n\n[workspace]\n",
    );
    place.write("src/lib.rs", BENCHES);
    let own = "fn main() {\n    println!(\"own {:?} {}\", std::env::args().skip(1).collect::<Vec<_>>(), speed::double(4));\n}\n";
    place.write("benches/own.rs", own);
    place.write("benches/fast.rs", &BENCHES.replace("pub fn", "fn"));
    for line in [
        "bench",
        "bench --bench own",
        "bench --bench own -- filter",
        "bench fast",
        "bench --lib -- --list",
        "bench --bench fast -- --test",
        "bench --no-run",
        "bench --bench none",
    ] {
        // In one order: who ends first among several is chance.
        let variables = [("RUSTC_BOOTSTRAP", "1"), ("RUST_TEST_THREADS", "1")];
        let (words, more) = line.split_once(" -- ").unwrap_or((line, ""));
        let mut ours = place.xsys(words);
        ours.envs(variables)
            .args(["--target", "x86_64-unknown-linux-musl", "--"])
            .args(more.split_whitespace());
        let ours = run(&mut ours);
        let mut theirs = Command::new("cargo");
        without_settings(&mut theirs);
        theirs
            .args(line.split(' '))
            .current_dir(&place.folder)
            .envs(variables);
        let theirs = run(&mut theirs);
        assert_eq!(
            without_times(ours.clone(), "/x86_64-unknown-linux-musl"),
            without_times(theirs, ""),
            "{line}\n{}",
            ours.stderr
        );
    }
    on_a_machine(&place);
}

/// Without std, where benchmarks run once: what runs, and what is left out, is as with libtest.
fn on_a_machine(place: &Place) {
    if find_program("qemu-system-aarch64").is_none() {
        skip(
            "bench without std",
            "`qemu-system-aarch64` is not installed",
        );
        return;
    }
    let hello = xsys_tests::project::repository().join("sysroots/raspberry-pi-3/hello");
    let project = place.copy(&hello, "machine");
    let main = project.join("src/main.rs");
    let text = std::fs::read_to_string(&main).expect("a board has a program");
    let bench = "\n#[cfg(test)]\nmod benches {\n    extern crate test;\n    #[bench]\n    fn primes(bencher: &mut test::Bencher) {\n        bencher.iter(super::count_primes);\n    }\n}\n";
    let text = text.replacen(
        "#![no_std]",
        "#![no_std]\n#![cfg_attr(test, feature(test))]",
        1,
    );
    std::fs::write(&main, text + bench).expect("a file can be written");
    let bench = |line: &str| {
        let mut command = xsys(&project, line);
        command.env("RUSTC_BOOTSTRAP", "1");
        run(&mut command).ends_with(0).stdout
    };
    let all = bench("bench");
    for part in [
        "test tests::counts_primes ... ignored",
        "test benches::primes ... ok",
        "1 passed; 0 failed; 2 ignored",
    ] {
        assert!(all.contains(part), "{part}\n{all}");
    }
    let one = bench("bench primes -- --exact benches::primes");
    assert!(
        one.contains("running 1 test\ntest benches::primes ... ok"),
        "{one}"
    );
    let tests = bench("bench -- --test");
    assert!(tests.contains("3 passed; 0 failed; 0 ignored"), "{tests}");
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

/// `cargo install` for a target that is named is never one for this machine.
fn installing(place: &Place, project: &Path) {
    let spec = "cargo --board riscv32-virt -- install --debug";
    run(&mut xsys(project, &format!("{spec} hexyl")))
        .ends_with(101)
        .tells("`cargo install` of a package that is not here compiles for this machine only")
        .tells("install --path .");
    let root = place.path("root");
    let line = format!("{spec} --path . --root");
    run(xsys(project, &line).arg(&root)).ends_with(0);
    let program = std::fs::read(root.join("bin/day")).expect("it is installed");
    // EM_RISCV (243), at e_machine.
    assert_eq!(program[18..20], [243, 0]);
}

//! `xsys new --target TRIPLE`: for each machine of the table a project that runs in QEMU; `--appliance`, which
//! `build/appliances.rs` boots.

#![cfg(unix)]

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::process::Command;

use xsys_tests::project::{Place, find_program, run, skip, without_settings, xsys_in};

/// A triple of each program and of each kind of machine that costs a standard library of its own.
const TRIPLES: [(&str, &str, &str); 4] = [
    (
        "thumbv7m-none-eabi",
        "qemu-system-arm",
        "hello from a Cortex-M",
    ),
    (
        "armv7a-none-eabihf",
        "qemu-system-arm",
        "hello from an Armv7-A machine",
    ),
    (
        "aarch64-unknown-none",
        "qemu-system-aarch64",
        "hello from an AArch64 machine",
    ),
    (
        "riscv32imac-unknown-none-elf",
        "qemu-system-riscv32",
        "hello from a RISC-V machine",
    ),
];

#[test]
fn a_triple_gives_a_project_that_runs() {
    let place = Place::outside("new-triples");
    // Side by side: each of them compiles a standard library, runs and waits.
    std::thread::scope(|scope| {
        for (triple, qemu, expected) in TRIPLES {
            let place = &place;
            scope.spawn(move || gives_a_project_that_runs(place, triple, qemu, expected));
        }
    });
    std::fs::remove_dir_all(&place.folder).expect("it was made here");
}

fn gives_a_project_that_runs(place: &Place, triple: &str, qemu: &str, expected: &str) {
    run(&mut place.xsys(&format!("new on-{triple} --target {triple}")))
        .ends_with(0)
        .tells("Created");
    if find_program(qemu).is_none() {
        skip(triple, &format!("`{qemu}` is not installed"));
        return;
    }
    let project = place.path(&format!("on-{triple}"));
    for profile in ["dev", "release"] {
        let mut command = xsys_in(&project);
        command.args(["run", "--profile", profile]);
        let ran = run(&mut command).ends_with(0);
        let hello = format!("{expected}: the squares up to 5 make 55");
        assert_eq!(ran.stdout.trim(), hello, "{triple} {profile}");
        assert!(!ran.stderr.contains("warning"), "{}", ran.stderr);

        let mut command = xsys_in(&project);
        command.args(["test", "--profile", profile]);
        let ran = run(&mut command).ends_with(0);
        let passed = ran.stdout.contains("test tests::squares_add_up ... ok");
        assert!(passed, "{triple} {profile}: {}", ran.stdout);
        assert!(!ran.stderr.contains("warning"), "{}", ran.stderr);
    }
    // It can fail, too.
    let main = project.join("src/main.rs");
    let text = std::fs::read_to_string(&main).expect("a project has a program");
    std::fs::write(&main, text.replace(", 55)", ", 56)")).expect("a file can be written");
    let ran = run(xsys_in(&project).arg("test")).ends_with(101);
    let told = ran.stdout.contains("left: 55") && ran.stdout.contains("1 failed");
    assert!(told, "{triple}: {}", ran.stdout);
}

/// Every file below a folder.
fn files(folder: &Path) -> BTreeMap<PathBuf, String> {
    let mut files = BTreeMap::new();
    for entry in std::fs::read_dir(folder)
        .expect("a folder can be read")
        .flatten()
    {
        let path = entry.path();
        if path.is_dir() {
            files.extend(self::files(&path));
        } else {
            let text = std::fs::read_to_string(&path).expect("all is text");
            files.insert(path, text);
        }
    }
    files
}

const MEMBER: &str = "[package]\nname = \"a\"\nversion = \"0.1.0\"\nedition = \"2024\"\n";

/// A workspace with a member whose manifest has more to say.
fn workspace(name: &str, more: &str) -> Place {
    let place = Place::outside(name);
    let root = format!("[workspace]\nmembers = [\n    \"a\", # first\n]\nresolver = \"3\"\n{more}");
    place.write("Cargo.toml", &root);
    place.write("a/Cargo.toml", MEMBER);
    place.write("a/src/lib.rs", "#![no_std]\n");
    place
}

fn is_whole(folder: &Path, member: bool) {
    let mut command = Command::new("cargo");
    without_settings(&mut command);
    command
        .args(["metadata", "--no-deps", "--format-version", "1"])
        .current_dir(folder);
    let ran = run(&mut command).ends_with(0);
    let own = format!("\"workspace_root\":\"{}\"", folder.display());
    assert_eq!(!ran.stdout.contains(&own), member, "{}", folder.display());
}

#[test]
fn inside_a_workspace_it_becomes_a_member_wherever_it_is() {
    let place = workspace("members", "");
    let root = || std::fs::read_to_string(place.path("Cargo.toml")).expect("it is there");
    // In the folder of a member, where cargo looks first; from there.
    run(xsys_in(&place.path("a")).args(["new", "b", "--board", "raspberry-pi-3"]))
        .ends_with(0)
        .tells("Adding its profiles `dev` and `release` to the workspace");
    let text = root();
    let list = "members = [\n    \"a\", # first\n    \"a/b\",\n]\n";
    assert!(text.contains(list), "{text}");
    assert!(text.contains("[profile.dev]\nopt-level = 1\n"), "{text}");
    is_whole(&place.path("a/b"), true);
    // Profiles that are there stay, and that is told.
    let ran = run(&mut place.xsys("new deep/er/c --target thumbv7m-none-eabi")).ends_with(0);
    ran.tells("Adding `c` as member");
    assert_eq!(root().replace("    \"deep/er/c\",\n", ""), text);
    let ran = run(&mut place.xsys("new uno --board arduino-uno")).ends_with(0);
    let ran = ran.tells("`uno` is built with the workspace's profile `dev`");
    ran.tells("by itself it would have `opt-level = \"s\"`, `lto = true`, `codegen-units = 1`");
    for folder in ["deep/er/c", "uno"] {
        is_whole(&place.path(folder), true);
        let manifest = place.path(folder).join("Cargo.toml");
        let manifest = std::fs::read_to_string(manifest).expect("it is there");
        assert!(!manifest.contains("profile") && !manifest.contains("2 KiB"));
    }
    std::fs::remove_dir_all(&place.folder).expect("it was made here");
}

#[test]
fn what_a_workspace_does_not_take_leaves_nothing() {
    let place = workspace("refused", "exclude = [\"apart\"]\n");
    let before = files(&place.folder);
    // A second `a`; a list that is none.
    run(&mut place.xsys("new deep/er/other --name a --board raspberry-pi-3"))
        .ends_with(1)
        .tells("two packages named `a`");
    assert_eq!(files(&place.folder), before);
    assert!(!place.path("deep").exists(), "folders, too");
    std::fs::create_dir(place.path("empty")).expect("a folder can be made");
    run(&mut place.xsys("new empty --name a --board raspberry-pi-3")).ends_with(1);
    assert_eq!(files(&place.folder), before);
    assert!(place.path("empty").is_dir(), "it was there");
    // One that is left out on purpose is a root of its own, with its profiles.
    let ran = run(&mut place.xsys("new apart -q --board raspberry-pi-3")).ends_with(0);
    assert_eq!(ran.stderr, "");
    is_whole(&place.path("apart"), false);
    let manifest = std::fs::read_to_string(place.path("apart/Cargo.toml")).expect("it is there");
    assert!(manifest.contains("[profile.dev]") && manifest.contains("[workspace]"));
    assert!(place.path("apart/.gitignore").is_file());
    let root = std::fs::read_to_string(place.path("Cargo.toml")).expect("it is there");
    assert_eq!(root, before[&place.path("Cargo.toml")]);
    std::fs::remove_dir_all(&place.folder).expect("it was made here");
}

#[test]
fn an_appliance_is_tested_on_the_host() {
    let place = Place::outside("new-appliance");
    let ran = run(&mut place.xsys("new kiosk --appliance")).ends_with(0);
    ran.tells("an appliance").tells("cd kiosk && xsys run");
    // Packages are not ours to keep; the note of which they are is.
    let ignored = std::fs::read_to_string(place.path("kiosk/.gitignore"));
    let lines = "/target\n/kernel/*\n!/kernel/kernel.lock\n/secrets\n";
    assert_eq!(ignored.expect("it is there"), lines);
    let mut command = Command::new("cargo");
    without_settings(&mut command);
    let ran = run(command.arg("test").current_dir(place.path("kiosk"))).ends_with(0);
    let passed = ran
        .stdout
        .contains("tests::visits_are_counted_and_kept ... ok");
    assert!(passed, "{}", ran.stdout);
    assert!(!ran.stderr.contains("warning"), "{}", ran.stderr);
    run(&mut place.xsys("new a --appliance --board arduino-uno")).ends_with(2);
    run(&mut place.xsys("new a --appliance --target thumbv7m-none-eabi")).ends_with(2);
    std::fs::remove_dir_all(&place.folder).expect("it was made here");
}

#[test]
fn unknown_triples_and_both_at_once_are_mistakes() {
    let place = Place::new("new", "mistakes");
    run(&mut place.xsys("new a --target thumbv7m-none-eabj"))
        .ends_with(1)
        .tells("did you mean `thumbv7m-none-eabi`?");
    run(&mut place.xsys("new a --target thumbv7m-none-eabi --board arduino-uno")).ends_with(2);
    assert!(!place.path("a").exists());
}

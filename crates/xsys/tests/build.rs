//! Whole builds: a board's program from sources to images, twice, in different places.
//!
//! The sysroot (core for AArch64) is built once and kept below cargo's target directory.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::process::{Command, Output};
use std::sync::Mutex;

/// Builds share processors and a cache; one at a time tells more when it fails.
static ONE: Mutex<()> = Mutex::new(());

fn xsys(directory: &Path, args: &[&str]) -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_xsys"));
    command.args(args).current_dir(directory).env(
        "XSYS_CACHE_DIR",
        Path::new(env!("CARGO_TARGET_TMPDIR")).join("cache"),
    );
    // The builder's own settings must not decide what these tests see.
    for name in [
        "CARGO_TARGET_DIR",
        "CARGO_BUILD_TARGET",
        "CARGO_INCREMENTAL",
        "CARGO_TERM_COLOR",
        "RUSTFLAGS",
        "CARGO_ENCODED_RUSTFLAGS",
    ] {
        command.env_remove(name);
    }
    command
}

fn good(command: &mut Command) -> Output {
    let output = command.output().expect("xsys starts");
    assert!(
        output.status.success(),
        "{}\n{}",
        String::from_utf8_lossy(&output.stdout),
        String::from_utf8_lossy(&output.stderr)
    );
    output
}

fn new_project(directory: &Path) -> PathBuf {
    good(&mut xsys(
        directory,
        &["new", "pi", "--board", "raspberry-pi-3"],
    ));
    directory.join("pi")
}

fn images(directory: &Path) -> BTreeMap<String, Vec<u8>> {
    ["pi", "kernel8.img"]
        .map(|name| {
            (
                name.to_owned(),
                std::fs::read(directory.join(name)).expect(name),
            )
        })
        .into()
}

#[test]
fn the_same_project_elsewhere_gives_the_same_bytes() {
    let _one = ONE.lock();
    let (first, second) = (tempfile::tempdir().unwrap(), tempfile::tempdir().unwrap());
    let here = new_project(first.path());
    let deeper = second.path().join("a/deeper/place");
    std::fs::create_dir_all(&deeper).unwrap();
    let there = new_project(&deeper);
    let elsewhere = second.path().join("output");

    good(&mut xsys(&here, &["build", "--release"]));
    good(xsys(&there, &["build", "--release"]).env("CARGO_TARGET_DIR", &elsewhere));

    let place = "raspberry-pi-3/release";
    let one = images(&here.join("target").join(place));
    let other = images(&elsewhere.join(place));
    assert_eq!(one["kernel8.img"], other["kernel8.img"]);
    assert!(one["pi"] == other["pi"], "the ELF files differ");
    for directory in [first.path(), second.path()] {
        let name = directory.file_name().unwrap().as_encoded_bytes();
        let found = one["pi"].windows(name.len()).any(|window| window == name);
        assert!(!found, "the program names the directory it was built in");
    }
}

#[test]
fn programs_learn_outputs_and_memory() {
    let _one = ONE.lock();
    let directory = tempfile::tempdir().unwrap();
    let project = new_project(directory.path());
    let args = [
        "build",
        "--message-format",
        "json",
        "--emit",
        "bin=k.img,hex",
    ];
    for _ in 0..2 {
        // The second time cargo does nothing, and the report is the same.
        let output = good(&mut xsys(&project, &args));
        let lines: Vec<serde_json::Value> = String::from_utf8_lossy(&output.stdout)
            .lines()
            .map(|line| serde_json::from_str(line).expect("JSON alone on stdout"))
            .collect();
        let reason = |name: &str| lines.iter().find(|line| line["reason"] == name);
        assert!(reason("build-finished").is_some());
        let report = reason("xsys-build").expect("our line");
        let outputs = report["outputs"].as_array().unwrap();
        let names: Vec<String> = outputs
            .iter()
            .filter_map(|output| {
                Path::new(output["path"].as_str()?)
                    .file_name()?
                    .to_str()
                    .map(str::to_owned)
            })
            .collect();
        assert_eq!(names, ["pi", "k.img", "pi.hex"]);
        for output in outputs {
            let path = output["path"].as_str().unwrap();
            assert_eq!(
                output["size"].as_u64(),
                Some(std::fs::metadata(path).unwrap().len())
            );
        }
        let regions: Vec<&str> = report["memory"]
            .as_array()
            .unwrap()
            .iter()
            .filter_map(|region| region["name"].as_str())
            .collect();
        assert_eq!(regions, ["IMAGE", "RAM"]);
    }
}

#[test]
fn a_compile_error_is_cargos() {
    let _one = ONE.lock();
    let directory = tempfile::tempdir().unwrap();
    let project = new_project(directory.path());
    std::fs::write(project.join("src/main.rs"), "#![no_std]\nfn main( {}\n").unwrap();
    let output = xsys(&project, &["build"]).output().unwrap();
    assert_eq!(output.status.code(), Some(101));
    let text = String::from_utf8_lossy(&output.stderr).into_owned();
    assert!(text.contains("src/main.rs"), "{text}");
    assert!(!text.contains("Output"), "{text}");
}

#[test]
fn without_an_emulator_the_image_and_the_way_to_run_it_are_told() {
    let _one = ONE.lock();
    let directory = tempfile::tempdir().unwrap();
    let project = new_project(directory.path());
    // A PATH with Rust's programs and nothing else.
    let bin = directory.path().join("bin");
    std::fs::create_dir(&bin).unwrap();
    let path = std::env::var_os("PATH").unwrap();
    for name in ["rustc", "cargo", "rustup"] {
        let found = std::env::split_paths(&path)
            .map(|directory| directory.join(name))
            .find(|file| file.is_file());
        #[cfg(unix)]
        if let Some(found) = found {
            std::os::unix::fs::symlink(found, bin.join(name)).unwrap();
        }
        #[cfg(not(unix))]
        let _ = found;
    }
    if !cfg!(unix) {
        return;
    }
    let output = xsys(&project, &["run"]).env("PATH", &bin).output().unwrap();
    let text = String::from_utf8_lossy(&output.stderr).into_owned();
    assert_eq!(output.status.code(), Some(127), "{text}");
    for part in [
        "`qemu-system-aarch64` is not installed",
        "kernel8.img",
        "qemu-system-arm",
    ] {
        assert!(text.contains(part), "{text}");
    }

    let args = ["run", "--board", "raspberry-pi-3", "--hello"];
    let output = good(xsys(directory.path(), &args).env("PATH", &bin));
    let text = String::from_utf8_lossy(&output.stdout).into_owned();
    let lines: Vec<&str> = text.lines().collect();
    assert!(lines[0].starts_with("the finished image: "), "{text}");
    assert!(
        lines[1].starts_with("run it with: qemu-system-aarch64 "),
        "{text}"
    );
}

#[test]
fn the_boards_program_runs() {
    let _one = ONE.lock();
    let found = Command::new("qemu-system-aarch64")
        .arg("--version")
        .output();
    if found.is_err() {
        return;
    }
    let directory = tempfile::tempdir().unwrap();
    let project = new_project(directory.path());
    let output = good(&mut xsys(&project, &["run", "--release"]));
    let text = String::from_utf8_lossy(&output.stdout).into_owned();
    assert!(text.contains("0 failed"), "{text}");
}

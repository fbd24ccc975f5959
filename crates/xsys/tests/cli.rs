//! The programs as people and tools call them: exit codes, streams, and what is told.
//!
//! Nothing here builds a sysroot.

use std::path::{Path, PathBuf};
use std::process::{Command, Output};

fn xsys(directory: &Path, args: &[&str]) -> Output {
    run(env!("CARGO_BIN_EXE_xsys"), directory, args)
}

fn run(program: &str, directory: &Path, args: &[&str]) -> Output {
    Command::new(program)
        .args(args)
        .current_dir(directory)
        .env("XSYS_CACHE_DIR", directory.join("cache"))
        .env_remove("CARGO_TERM_COLOR")
        .env_remove("CARGO_BUILD_TARGET")
        .output()
        .expect("the program starts")
}

fn stdout(output: &Output) -> String {
    String::from_utf8_lossy(&output.stdout).into_owned()
}

fn stderr(output: &Output) -> String {
    String::from_utf8_lossy(&output.stderr).into_owned()
}

/// A directory of a test's own, outside of any cargo project.
fn directory() -> tempfile::TempDir {
    tempfile::tempdir().expect("a temporary directory")
}

fn project(directory: &Path, extra: &str) {
    std::fs::create_dir_all(directory.join("src")).unwrap();
    std::fs::write(directory.join("src/main.rs"), "fn main() {}\n").unwrap();
    let text =
        format!("[package]\nname = \"p\"\nversion = \"0.1.0\"\nedition = \"2024\"\n{extra}\n");
    std::fs::write(directory.join("Cargo.toml"), text).unwrap();
}

#[test]
fn exit_codes_are_clap_and_cargo_like() {
    let directory = directory();
    for (args, code) in [
        (&["--version"][..], 0),
        (&["--help"], 0),
        (&["build", "--release", "--help"], 0),
        (&[], 2),
        (&["bild"], 2),
        (&["build", "--target", "a", "--board", "b"], 2),
        // No project: a build that failed.
        (&["build", "--board", "raspberry-pi-3"], 101),
        (&["image", "no-such-file", "--format", "bin"], 1),
        (&["size", "no-such-file"], 1),
        (&["board", "show", "raspbery-pi-3"], 1),
        (&["sysroot", "remove", "0123"], 1),
        (&["sysroot", "list"], 0),
        (&["ld"], 1),
        (&["__exec", "a.out"], 2),
    ] {
        let output = xsys(directory.path(), args);
        assert_eq!(
            output.status.code(),
            Some(code),
            "{args:?}: {}",
            stderr(&output)
        );
    }
}

#[test]
fn cargo_starts_the_same_program() {
    let directory = directory();
    let direct = stdout(&xsys(directory.path(), &["--version"]));
    let through = run(
        env!("CARGO_BIN_EXE_cargo-xsys"),
        directory.path(),
        &["xsys", "--version"],
    );
    assert!(direct.starts_with("xsys "), "{direct}");
    assert_eq!(stdout(&through), direct);
}

#[test]
fn names_and_first_arguments_make_a_linker() {
    let directory = directory();
    let message = "unknown linker flavor `pony`";
    let args = ["-flavor", "pony", "a.o"];
    for program in [
        env!("CARGO_BIN_EXE_xsys"),
        env!("CARGO_BIN_EXE_xsys-ld"),
        env!("CARGO_BIN_EXE_cargo-xsys"),
    ] {
        let output = run(program, directory.path(), &args);
        assert_eq!(output.status.code(), Some(1));
        assert!(stderr(&output).contains(message), "{}", stderr(&output));
    }
    // Without `-flavor` the name alone decides: no command line of ours is read.
    let output = run(
        env!("CARGO_BIN_EXE_xsys-ld"),
        directory.path(),
        &["build", "-o", "out"],
    );
    assert_eq!(output.status.code(), Some(1));
    assert!(stderr(&output).contains("`build`"), "{}", stderr(&output));
    assert!(!directory.path().join("out").exists());
}

/// `-o -`: what scripts of other linkers rely on, and no file of that name.
#[test]
fn a_link_goes_to_standard_output() {
    if !cfg!(target_os = "linux") {
        return;
    }
    let directory = directory();
    std::fs::write(
        directory.path().join("lib.rs"),
        "#![no_std]\npub fn one() -> u8 { 1 }\n",
    )
    .unwrap();
    let rustc = ["--crate-type=lib", "--emit=obj", "lib.rs", "-o", "lib.o"];
    let output = run("rustc", directory.path(), &rustc);
    assert!(output.status.success(), "{}", stderr(&output));
    let link = |out: &str| {
        let output = xsys(directory.path(), &["ld", "-r", "lib.o", "-o", out]);
        assert!(output.status.success(), "{}", stderr(&output));
        output.stdout
    };
    assert!(link("whole.o").is_empty());
    let whole = std::fs::read(directory.path().join("whole.o")).unwrap();
    assert!(whole.starts_with(b"\x7fELF") && link("-") == whole);
    assert!(!directory.path().join("-").exists());
}

#[test]
fn mistakes_say_what_to_do() {
    let directory = directory();
    let text = |args: &[&str]| stderr(&xsys(directory.path(), args));
    let no_project = text(&["build", "--board", "raspberry-pi-3"]);
    assert!(
        no_project.contains("error: no Cargo.toml in"),
        "{no_project}"
    );
    assert!(
        no_project.contains("xsys new NAME --board NAME"),
        "{no_project}"
    );

    project(directory.path(), "");
    let no_target = text(&["build"]);
    assert!(
        no_target.starts_with("error: no target given"),
        "{no_target}"
    );
    assert!(no_target.contains("--board NAME"), "{no_target}");
    let unknown = text(&["build", "--board", "raspbery-pi-3"]);
    assert!(
        unknown.contains("did you mean `raspberry-pi-3`?"),
        "{unknown}"
    );
    let emit = text(&["build", "--board", "raspberry-pi-3", "--emit", "bim,hexx"]);
    assert!(emit.contains("did you mean `bin`?"), "{emit}");
    assert!(emit.contains("did you mean `hex`?"), "{emit}");

    project(
        directory.path(),
        "[package.metadata.xsys]\nbord = \"raspberry-pi-3\"",
    );
    let key = text(&["build"]);
    assert!(key.contains("Cargo.toml:6:1"), "{key}");
    assert!(key.contains("did you mean `board`?"), "{key}");
}

#[test]
fn programs_get_json() {
    let directory = directory();
    project(directory.path(), "");
    let output = xsys(directory.path(), &["build", "--error-format", "json"]);
    let line: serde_json::Value = serde_json::from_str(stderr(&output).trim()).unwrap();
    assert_eq!(line["reason"], "xsys-diagnostic");
    assert_eq!(line["level"], "error");
    assert_eq!(line["message"], "no target given");

    for args in [
        &["doctor", "--json"][..],
        &["board", "list", "--json"],
        &["sysroot", "list", "--json"],
        &["target", "list", "--json"],
    ] {
        let output = xsys(directory.path(), args);
        let value: serde_json::Value = serde_json::from_str(&stdout(&output)).unwrap();
        assert!(value.is_array(), "{args:?}");
    }
}

#[test]
fn colour_is_asked_for() {
    let directory = directory();
    let plain = xsys(directory.path(), &["board", "show", "nothing"]);
    assert!(!stderr(&plain).contains('\x1b'));
    let colored = xsys(
        directory.path(),
        &["--color", "always", "board", "show", "nothing"],
    );
    assert!(stderr(&colored).contains('\x1b'));
}

#[test]
fn boards_and_targets_are_explained() {
    let directory = directory();
    let boards = stdout(&xsys(directory.path(), &["board", "list"]));
    assert!(boards.contains("raspberry-pi-3"), "{boards}");
    let board = stdout(&xsys(
        directory.path(),
        &["board", "show", "raspberry-pi-3"],
    ));
    for part in ["bin as kernel8.img", "qemu-system-aarch64", "0x00080000"] {
        assert!(board.contains(part), "{board}");
    }
    let target = stdout(&xsys(
        directory.path(),
        &["target", "show", "--board", "raspberry-pi-3"],
    ));
    assert!(
        target.contains("aarch64, 64 bits, little endian"),
        "{target}"
    );
    // The canonical form is JSON that means the same.
    let json = stdout(&xsys(
        directory.path(),
        &["target", "show", "--json", "--board", "raspberry-pi-3"],
    ));
    let spec: serde_json::Value = serde_json::from_str(&json).unwrap();
    assert_eq!(spec["arch"], "aarch64");

    let path = directory.path().join("mine.json");
    std::fs::write(&path, json.replace("\"arch\"", "\"arhc\"")).unwrap();
    let check = xsys(
        directory.path(),
        &["target", "check", "--target-spec", "mine.json"],
    );
    assert_eq!(check.status.code(), Some(1));
    assert!(stderr(&check).contains("arhc"), "{}", stderr(&check));
}

#[test]
fn a_new_project_names_its_board() {
    let directory = directory();
    let output = xsys(
        directory.path(),
        &["new", "my-pi", "--board", "raspberry-pi-3"],
    );
    assert_eq!(output.status.code(), Some(0), "{}", stderr(&output));
    let read =
        |name: &str| std::fs::read_to_string(directory.path().join("my-pi").join(name)).unwrap();
    let manifest = read("Cargo.toml");
    assert!(manifest.contains("name = \"my-pi\""), "{manifest}");
    assert_eq!(manifest.matches("board = \"raspberry-pi-3\"").count(), 1);
    assert_eq!(read(".gitignore"), "/target\n");
    let again = xsys(
        directory.path(),
        &["new", "my-pi", "--board", "raspberry-pi-3"],
    );
    assert_eq!(again.status.code(), Some(1));
    assert!(stderr(&again).contains("exists already"));
}

#[test]
fn images_and_sizes_of_a_linked_file() {
    // This test's own program is a linked file, if not one that a board would load.
    let Ok(own) = std::env::current_exe() else {
        return;
    };
    if !cfg!(target_os = "linux") {
        return;
    }
    let directory = directory();
    let own = own.display().to_string();
    for (format, start) in [
        ("bin", &b""[..]),
        ("hex", b":"),
        ("srec", b"S0"),
        ("uf2", b"UF2\n"),
    ] {
        let out = directory.path().join(format);
        let output = xsys(
            directory.path(),
            &[
                "image",
                &own,
                "--format",
                format,
                // A chip of nobody's, so that no chip's rules hold.
                "--family",
                "0x12345678",
                "-o",
                &out.display().to_string(),
            ],
        );
        assert_eq!(output.status.code(), Some(0), "{}", stderr(&output));
        let image = std::fs::read(&out).unwrap();
        assert!(!image.is_empty() && image.starts_with(start), "{format}");
    }
    let sizes = xsys(directory.path(), &["size", &own, "--by", "crate", "--json"]);
    let sizes: serde_json::Value = serde_json::from_str(&stdout(&sizes)).unwrap();
    let names: Vec<&str> = sizes
        .as_array()
        .unwrap()
        .iter()
        .filter_map(|item| item["name"].as_str())
        .collect();
    assert!(
        names.contains(&"core") && names.contains(&"std"),
        "{names:?}"
    );
}

#[test]
fn a_linker_of_the_name_works_for_cargo() {
    // What a `linker = "xsys-ld"` in a configuration gets, for a target that comes with rustup.
    let sysroot = Command::new("rustc")
        .args(["--print", "sysroot"])
        .output()
        .unwrap();
    let sysroot = PathBuf::from(String::from_utf8_lossy(&sysroot.stdout).trim());
    let target = "thumbv7m-none-eabi";
    if !sysroot.join("lib/rustlib").join(target).is_dir() {
        return;
    }
    let directory = directory();
    project(
        directory.path(),
        "[profile.dev]\npanic = \"abort\"\n[profile.release]\npanic = \"abort\"",
    );
    let main = "#![no_std]\n#![no_main]\n#[panic_handler]\nfn panic(_: &core::panic::PanicInfo) -> ! { loop {} }\n#[unsafe(no_mangle)]\npub extern \"C\" fn _start() -> ! { loop {} }\n";
    std::fs::write(directory.path().join("src/main.rs"), main).unwrap();
    let script = "ENTRY(_start)\nMEMORY { FLASH : ORIGIN = 0x1000, LENGTH = 64K }\nSECTIONS { .text : { KEEP(*(.text._start)) *(.text .text.*) } > FLASH /DISCARD/ : { *(.ARM.exidx .ARM.exidx.*) } }\n";
    std::fs::write(directory.path().join("link.x"), script).unwrap();
    let output = Command::new("cargo")
        .args(["build", "--target", target])
        .current_dir(directory.path())
        .env_remove("CARGO_TARGET_DIR")
        .env_remove("RUSTFLAGS")
        .env_remove("CARGO_ENCODED_RUSTFLAGS")
        .env(
            "CARGO_TARGET_THUMBV7M_NONE_EABI_LINKER",
            env!("CARGO_BIN_EXE_xsys-ld"),
        )
        .env(
            "CARGO_TARGET_THUMBV7M_NONE_EABI_RUSTFLAGS",
            "-Clink-arg=-Tlink.x",
        )
        .output()
        .unwrap();
    assert!(output.status.success(), "{}", stderr(&output));
    let program = directory.path().join("target").join(target).join("debug/p");
    let content = std::fs::read(program).unwrap();
    assert!(content.starts_with(b"\x7fELF"));
    // `e_entry` with the Thumb bit.
    assert_eq!(content.get(24..28), Some(&0x1001u32.to_le_bytes()[..]));
}

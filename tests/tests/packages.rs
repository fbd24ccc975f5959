//! Several targets, several packages: each is built for what it says, by calls of cargo that mean
//! what cargo's own would.

use xsys_tests::project::{Place, find_program, run, skip};

const PROGRAM: &str = "#![no_std]
#![no_main]
#[panic_handler]
fn panic(_: &core::panic::PanicInfo) -> ! { loop {} }
#[unsafe(no_mangle)]
pub extern \"C\" fn _start() -> ! { common::wait() }
";

const SCRIPT: &str = "ENTRY(_start)\nSECTIONS { . = 0x1000; .text : { *(.text .text.*) } }\n";

fn package(name: &str, more: &str) -> String {
    format!("[package]\nname = \"{name}\"\nversion = \"0.1.0\"\nedition = \"2024\"\n{more}\n")
}

/// A workspace with two machines, a library for both, and a tool for this one.
fn fleet(place: &Place) {
    let common = "[dependencies]\ncommon = { path = \"../common\" }\n";
    place.write(
        "Cargo.toml",
        "[workspace]\nresolver = \"3\"\nmembers = [\"arm\", \"riscv\", \"common\", \"tool\"]\n[workspace.metadata.xsys]\ncrates = \"core\"\nscript = \"link.x\"\n",
    );
    place.write("link.x", SCRIPT);
    place.write(
        "arm/Cargo.toml",
        &package("arm", &format!("[package.metadata.xsys]\ntarget = \"thumbv7m-none-eabi\"\nemit = [\"bin=firmware.img\"]\n[features]\nfast = []\n{common}")),
    );
    place.write("arm/src/bin/one.rs", PROGRAM);
    place.write("arm/src/bin/two.rs", PROGRAM);
    place.write(
        "riscv/Cargo.toml",
        &package("riscv", &format!("[package.metadata.xsys]\ntarget = \"riscv32imac-unknown-none-elf\"\nemit = [\"bin=firmware.img\"]\n{common}")),
    );
    place.write("riscv/src/main.rs", PROGRAM);
    place.write("common/Cargo.toml", &package("common", ""));
    place.write(
        "common/src/lib.rs",
        "#![no_std]\npub fn wait() -> ! { loop {} }\n",
    );
    place.write("tool/Cargo.toml", &package("tool", ""));
    place.write("tool/src/main.rs", "fn main() {}\n");
}

#[test]
fn members_are_built_each_for_its_own_target() {
    let place = Place::new("packages", "fleet");
    fleet(&place);
    let (arm, riscv) = (
        "target/thumbv7m-none-eabi/debug",
        "target/riscv32imac-unknown-none-elf/debug",
    );
    // One member alone, by its binary's name.
    run(&mut place.xsys("build --bin two --features fast")).ends_with(0);
    assert!(place.path(&format!("{arm}/two")).exists());
    assert!(!place.path("target/riscv32imac-unknown-none-elf").exists());

    let ran = run(&mut place.xsys("build"))
        .ends_with(0)
        .tells("tool, which names no target; `cargo build -p tool` builds it for this machine");
    assert!(!ran.stderr.contains("common, which"), "{}", ran.stderr);
    for (file, expected) in [
        // Two programs cannot share an image's name.
        (format!("{arm}/one.img"), true),
        (format!("{arm}/two.img"), true),
        (format!("{arm}/firmware.img"), false),
        (format!("{riscv}/firmware.img"), true),
        ("target/debug/tool".to_owned(), false),
    ] {
        assert_eq!(
            place.path(&file).exists(),
            expected,
            "{file}\n{}",
            ran.stderr
        );
    }
    let again = run(&mut place.xsys("build")).ends_with(0);
    assert!(!again.stderr.contains("Compiling"), "{}", again.stderr);

    // For programs: every output once, and the end once, at the end.
    let told = run(&mut place.xsys("build --message-format json")).ends_with(0);
    let reasons: Vec<String> = told
        .stdout
        .lines()
        .map(|line| {
            let value: serde_json::Value = serde_json::from_str(line).expect("a line of JSON");
            value["reason"].as_str().unwrap_or_default().to_owned()
        })
        .collect();
    let count = |reason: &str| reasons.iter().filter(|it| *it == reason).count();
    assert_eq!((count("xsys-build"), count("build-finished")), (3, 1));
    assert_eq!(reasons.last().map(String::as_str), Some("build-finished"));

    // cargo's rules and words.
    run(&mut place.xsys("run"))
        .ends_with(101)
        .tells("`cargo run` could not determine which binary to run")
        .tells("available binaries: one, riscv, two");
    run(&mut place.xsys("build -p nobody"))
        .ends_with(101)
        .tells("nobody");
    run(&mut place.xsys("build -p tool"))
        .ends_with(101)
        .tells("no target given");

    // A mistake ends it, unless cargo is to go on.
    place.write("arm/src/bin/one.rs", "wrong");
    run(&mut place.xsys("build")).ends_with(101);
    std::fs::remove_file(place.path(&format!("{riscv}/riscv"))).expect("it was built");
    run(&mut place.xsys("build --keep-going")).ends_with(101);
    assert!(place.path(&format!("{riscv}/riscv")).exists());
}

#[test]
fn several_targets_are_built_as_by_cargo() {
    let place = Place::new("packages", "targets");
    place.write(
        "Cargo.toml",
        &package(
            "p",
            "[workspace]\n[package.metadata.xsys]\ncrates = \"core\"\n",
        ),
    );
    place.write("src/main.rs", &PROGRAM.replace("common::wait()", "loop {}"));
    let both = ["thumbv7m-none-eabi", "riscv32imac-unknown-none-elf"];
    let built =
        |place: &Place| both.map(|target| place.path(&format!("target/{target}/debug/p")).exists());
    let line = format!("build --target {} --target={}", both[0], both[1]);
    run(&mut place.xsys(&line)).ends_with(0);
    assert_eq!(built(&place), [true, true]);
    std::fs::remove_dir_all(place.path("target")).expect("it was built");
    place.write(
        ".cargo/config.toml",
        &format!("[build]\ntarget = [\"{}\", \"{}\"]\n", both[0], both[1]),
    );
    run(&mut place.xsys("build")).ends_with(0);
    assert_eq!(built(&place), [true, true]);
    run(&mut place.xsys("run"))
        .ends_with(101)
        .tells("only one `--target` argument is supported");
    run(&mut place.xsys("check")).ends_with(0);
    run(&mut place.xsys("build --target no-such-triple --target thumbv7m-none-eabi"))
        .ends_with(101)
        .tells("no-such-triple");
}

/// cargo's own keys for the target of a package, which only a nightly toolchain takes by itself.
#[test]
fn forced_and_default_targets_are_kept_to() {
    let place = Place::new("packages", "per-package-target");
    let manifest = |key: &str, name: &str| {
        let package = package(
            "p",
            &format!(
                "{key} = \"{name}\"\n[workspace]\n[package.metadata.xsys]\ncrates = \"core\"\n"
            ),
        );
        format!("cargo-features = [\"per-package-target\"]\n{package}")
    };
    place.write("src/main.rs", &PROGRAM.replace("common::wait()", "loop {}"));
    let build = |line: &str| run(place.xsys(line).env("RUSTC_BOOTSTRAP", "1"));
    let program = |target: &str| place.path(&format!("target/{target}/debug/p"));
    let (arm, riscv) = ("thumbv7m-none-eabi", "riscv32imac-unknown-none-elf");
    place.write("Cargo.toml", &manifest("forced-target", arm));
    build(&format!("build --target {riscv}")).ends_with(0);
    assert!(program(arm).exists() && !program(riscv).exists());
    place.write("Cargo.toml", &manifest("default-target", riscv));
    std::fs::remove_file(program(arm)).expect("it was built");
    build("build").ends_with(0);
    assert!(program(riscv).exists() && !program(arm).exists());
    build(&format!("build --target {arm}")).ends_with(0);
    assert!(program(arm).exists());
    place.write("Cargo.toml", &manifest("forced-target", "machine.json"));
    place.write("machine.json", "{}");
    build("build -Zjson-target-spec")
        .ends_with(101)
        .tells("`forced-target` names a target spec");
}

#[test]
fn new_inside_a_workspace_makes_a_member() {
    let place = Place::new("packages", "new");
    place.write(
        "Cargo.toml",
        "# Ours.\n[workspace]\nresolver = \"3\"\nmembers = [\"a\"]\n",
    );
    place.write("a/Cargo.toml", &package("a", ""));
    place.write("a/src/lib.rs", "#![no_std]\n");
    run(&mut place.xsys("new blink --board lm3s6965evb"))
        .ends_with(0)
        .tells("as member of workspace");
    let read = |name: &str| std::fs::read_to_string(place.path(name)).expect("it is there");
    let root = read("Cargo.toml");
    assert!(root.starts_with("# Ours."), "{root}");
    assert!(root.contains("\"blink\""), "{root}");
    let manifest = read("blink/Cargo.toml");
    assert!(!manifest.contains("[workspace]"), "{manifest}");
    assert!(!manifest.contains("[profile"), "{manifest}");
    assert!(manifest.contains("board = \"lm3s6965evb\""), "{manifest}");
    run(&mut place.xsys("new fn --board lm3s6965evb")).ends_with(1);
    run(&mut place.xsys("new a --board lm3s6965evb")).ends_with(1);
    assert_eq!(read("Cargo.toml"), root, "a failure changes nothing");
    if find_program("qemu-system-arm").is_none() {
        skip("a new member runs", "qemu-system-arm is not installed");
        return;
    }
    let ran = run(&mut place.xsys("run -p blink")).ends_with(0);
    assert!(ran.stdout.contains("0 failed"), "{}", ran.stdout);
}

/// The script of the machine that the artifact is for, which holds a value that the outer program can see.
fn artifact_script(value: &str) -> String {
    format!(
        "ENTRY(_start)\nMEMORY {{ FLASH : ORIGIN = 0, LENGTH = 4K }}\nSECTIONS {{ .text : {{ LONG({value}) *(.text .text.*) }} > FLASH }}\n"
    )
}

const INNER: &str = "#![no_std]
#![no_main]
#[panic_handler]
fn panic(_: &core::panic::PanicInfo) -> ! { loop {} }
#[unsafe(no_mangle)]
pub extern \"C\" fn _start() -> ! { loop {} }
";

/// Tells the machine of the ELF file inside, and what its script has put at the beginning of its code.
const OUTER: &str = "fn main() {
    let inner: &[u8] = include_bytes!(env!(\"CARGO_BIN_FILE_INNER\"));
    let machine = u16::from_le_bytes([inner[18], inner[19]]);
    let marks = |text: &[u8; 4]| inner.windows(4).any(|part| part == text);
    println!(\"machine {machine} one {} two {}\", marks(b\"ONE1\"), marks(b\"TWO2\"));
}
";

/// A program for musl with another inside, for a microcontroller.
fn nested(place: &Place, target: &str, section: &str) {
    let dependency = format!(
        "[workspace]\n[{section}]\ninner = {{ path = \"inner\", artifact = \"bin\", target = \"{target}\" }}\n"
    );
    place.write("Cargo.toml", &package("outer", &dependency));
    place.write("src/main.rs", OUTER);
    let metadata = "[package.metadata.xsys]\ncrates = \"core\"\nscript = \"link.x\"\n";
    place.write("inner/Cargo.toml", &package("inner", metadata));
    place.write("inner/src/main.rs", INNER);
    place.write("inner/link.x", &artifact_script("0x31454E4F"));
}

/// rustup's own target, one that rustup has no standard library for, and a spec.
#[test]
fn artifacts_are_made_for_their_own_targets() {
    let musl = "x86_64-unknown-linux-musl";
    for (name, target, machine) in [
        ("installed", "thumbv7m-none-eabi", 40),
        ("built-in", "armv7a-none-eabi", 40),
        ("spec", "my-thumb.json", 40),
    ] {
        let place = Place::new("packages", &format!("artifact of {name}"));
        nested(&place, target, "dependencies");
        let flags = match name {
            "spec" => {
                place.write("my-thumb.json", &thumb_spec());
                "-Zbindeps -Zjson-target-spec"
            }
            _ => "-Zbindeps",
        };
        let call = |verb: &str| {
            let mut command = place.xsys(&format!("{verb} --target {musl} {flags}"));
            run(command.env("RUSTC_BOOTSTRAP", "1")).ends_with(0)
        };
        let first = call("run");
        assert_eq!(
            first.stdout.trim(),
            format!("machine {machine} one true two false"),
            "{name}"
        );
        // What is inside is no output of its own.
        assert_eq!(
            first.stderr.matches("      Output ").count(),
            1,
            "{}",
            first.stderr
        );
        assert!(!call("build").stderr.contains("Compiling"), "{name}");
        place.write("inner/link.x", &artifact_script("0x324F5754"));
        let again = call("run");
        assert!(
            again.stdout.contains("one false two true"),
            "{}",
            again.stdout
        );
        assert!(!call("build").stderr.contains("Compiling"), "{name}");
        if name == "installed" {
            call("check");
            call("clippy");
        }
    }
}

/// Two packages for one machine, each linked as it says itself; a build script reads one of them.
#[test]
fn artifacts_are_linked_as_their_packages_say() {
    let place = Place::new("packages", "artifacts");
    nested(&place, "thumbv7m-none-eabi", "dependencies");
    let path = place.path("Cargo.toml");
    let manifest = std::fs::read_to_string(&path).expect("it was written");
    let more = "[build-dependencies]\nother = { path = \"other\", artifact = \"bin\", target = \"thumbv7m-none-eabi\" }\n";
    place.write("Cargo.toml", &format!("{manifest}{more}"));
    let metadata = "[package.metadata.xsys]\ncrates = \"core\"\nboard = \"./board\"\n";
    place.write("other/Cargo.toml", &package("other", metadata));
    place.write("other/src/main.rs", INNER);
    place.write(
        "other/board/board.toml",
        "description = \"A board\"\ntarget = \"thumbv7m-none-eabi\"\nscript = \"link.x\"\n",
    );
    place.write("other/board/link.x", &artifact_script("0x324F5754"));
    place.write(
        "build.rs",
        "fn main() {
    let path = std::env::var(\"CARGO_BIN_FILE_OTHER\").unwrap();
    let bytes = std::fs::read(&path).unwrap();
    println!(\"cargo::rerun-if-changed={path}\");
    println!(\"cargo::rustc-env=OTHER={}\", bytes.windows(4).any(|part| part == b\"TWO2\"));
}
",
    );
    let outer = OUTER.replace("}\n", "    println!(\"other {}\", env!(\"OTHER\"));\n}\n");
    place.write("src/main.rs", &outer);
    let call = || {
        let mut command = place.xsys("run -Zbindeps --target x86_64-unknown-linux-musl");
        run(command.env("RUSTC_BOOTSTRAP", "1")).ends_with(0).stdout
    };
    let said = call();
    assert!(said.contains("one true two false"), "{said}");
    assert!(said.contains("other true"), "{said}");
    place.write("other/board/link.x", &artifact_script("0x31454E4F"));
    assert!(
        call().contains("other false"),
        "its board's script is edited"
    );
}

fn thumb_spec() -> String {
    let mut command = std::process::Command::new("rustc");
    command
        .args(["-Zunstable-options", "--print", "target-spec-json"])
        .args(["--target", "thumbv7m-none-eabi"])
        .env("RUSTC_BOOTSTRAP", "1");
    run(&mut command).ends_with(0).stdout
}

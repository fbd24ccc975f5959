//! Every target that rustc lists: its programs link, or what is missing is said at once.
//!
//! `docs/targets.md` is the table of what comes out where nothing but a Rust toolchain is
//! installed; `BLESS=1` (or `scripts/target-table`) writes it. That the table is true is shown by
//! linking a program for each target with the very flags that a build would use. The program has
//! no core, so that none has to be compiled.

#![cfg(unix)]

use std::collections::BTreeMap;
use std::ffi::OsStr;
use std::fmt::Write as _;
use std::path::Path;
use std::process::Command;

use rayon::prelude::*;
use serde_json::Value;
use xsys_tests::project::{
    Place, Ran, find_program, path_of, repository, run, rustc_host, rustc_release, rustc_sysroot,
    skip, without_settings,
};

/// All that a build may need of other programs.
const NEEDED: [&str; 3] = ["rustc", "cargo", "rustup"];

/// A program with its own beginning, under the names that systems look for.
const START: &str = r#"#![feature(no_core, lang_items)]
#![allow(internal_features)]
#![no_core]
#![no_main]
#[lang = "pointee_sized"]
pub trait PointeeSized {}
#[lang = "meta_sized"]
pub trait MetaSized: PointeeSized {}
#[lang = "sized"]
pub trait Sized: MetaSized {}
#[lang = "copy"]
pub trait Copy {}
#[no_mangle]
pub extern "C" fn _start() -> ! {
    loop {}
}
#[no_mangle]
pub extern "C" fn efi_main() -> ! {
    loop {}
}
#[no_mangle]
pub extern "C" fn elf_entry() -> ! {
    loop {}
}
// Called by the start code that comes with `-mmcu`.
#[cfg(target_arch = "avr")]
#[no_mangle]
pub extern "C" fn main() -> ! {
    loop {}
}
// A VEX V5 looks for its beginning in a section.
#[no_mangle]
#[cfg_attr(target_os = "vexos", link_section = ".vexide_boot")]
pub extern "C" fn _boot() -> ! {
    loop {}
}
"#;

/// The same with core, as people write it.
const PROGRAM: &str = r#"#![no_std]
#![no_main]
#[panic_handler]
fn panic(_: &core::panic::PanicInfo) -> ! {
    loop {}
}
#[unsafe(no_mangle)]
extern "C" fn _start() -> ! {
    loop {}
}
#[unsafe(no_mangle)]
extern "C" fn efi_main() -> ! {
    loop {}
}
"#;

const MANIFEST: &str = "[package]\nname = \"program\"\nversion = \"0.1.0\"\nedition = \"2024\"\n\
    [profile.dev]\npanic = \"abort\"\n[workspace]\n";

fn project(place: &Place) {
    place.write("Cargo.toml", MANIFEST);
    place.write("src/main.rs", PROGRAM);
}

/// What is said of all targets on a machine without C compilers.
fn survey(place: &Place, path: &OsStr) -> Vec<Value> {
    let ran = run(place
        .xsys("target list --linkers --json")
        .env("PATH", path)
        .env_remove("LIB"))
    .ends_with(0);
    serde_json::from_str(&ran.stdout).expect("the list is JSON")
}

fn text<'a>(value: &'a Value, key: &str) -> &'a str {
    value[key].as_str().unwrap_or_default()
}

fn strings<'a>(value: &'a Value, key: &str) -> Vec<&'a str> {
    let list = value[key].as_array();
    list.map(|list| list.iter().filter_map(Value::as_str).collect())
        .unwrap_or_default()
}

/// Links the program without core for a target, as a build would.
fn links(place: &Place, name: &str, answer: &Value) -> Result<(), String> {
    let mut command = Command::new("rustc");
    command
        .current_dir(&place.folder)
        .args([
            "start.rs",
            "--sysroot=none",
            "-Cpanic=abort",
            "--target",
            name,
        ])
        .args(["-o", &format!("{name}.out")])
        .args(strings(answer, "rustflags"))
        .env("RUSTC_BOOTSTRAP", "1")
        .env("RUSTC_ICE", "0");
    without_settings(&mut command);
    // Compilers for one device each; a build asks for its name.
    match name {
        "avr-none" => {
            command.args(["-Ctarget-cpu=atmega328p", "-Clink-arg=-mmcu=atmega328p"]);
        }
        "amdgcn-amd-amdhsa" => _ = command.arg("-Ctarget-cpu=gfx906"),
        _ => {}
    }
    let ran = run(&mut command);
    match ran.code {
        Some(0) => Ok(()),
        _ => Err(format!("{name} by {}:\n{}", answer["linker"], ran.stderr)),
    }
}

#[test]
fn every_target_links_or_says_what_is_missing() {
    let place = Place::new("targets", "all");
    place.write("start.rs", START);
    let list = survey(&place, &path_of(&place, &NEEDED));
    assert!(list.len() > 300, "{} targets", list.len());

    let failures: Vec<String> = list
        .par_iter()
        .filter_map(|target| {
            let answer = &target["linkers"]["without_std"];
            let name = text(target, "name");
            if answer["linker"].is_string() {
                return links(&place, name, answer).err();
            }
            let helps = !text(answer, "missing").is_empty() && !strings(answer, "help").is_empty();
            (!helps).then(|| format!("{name} neither links nor says what to do"))
        })
        .collect();
    assert!(failures.is_empty(), "{}", failures.join("\n"));

    let page = repository().join("docs/targets.md");
    let expected = table(&list);
    if std::env::var_os("BLESS").is_some() {
        std::fs::write(&page, expected).expect("the page can be written");
        return;
    }
    let written = std::fs::read_to_string(&page).expect("docs/targets.md is there");
    let release = format!("rustc {}", rustc_release());
    if !written.contains(&release) {
        skip("docs/targets.md", &format!("it is not about {release}"));
    } else if !cfg!(all(target_os = "linux", target_arch = "x86_64")) {
        skip("docs/targets.md", "it is about an x86-64 Linux");
    } else {
        assert!(
            written == expected,
            "docs/targets.md is out of date: `BLESS=1` writes it"
        );
    }
}

fn table(list: &[Value]) -> String {
    let mut page = format!(
        "# Targets\n\nWho links programs of the {} targets of rustc {}, on an x86-64 Linux with a \
         Rust toolchain\nand nothing else; `xsys target check TARGET` says it for your machine. \
         Where a compiler is missing,\nhaving it on `PATH` is enough.\n\n\
         `scripts/target-table` writes this page.\n\n\
         | target | format | programs without std | programs with std |\n|---|---|---|---|\n",
        list.len(),
        rustc_release(),
    );
    for target in list {
        let cell = |crates: &str| match &target["linkers"][crates] {
            Value::Null => "no std".to_owned(),
            answer => in_words(text(target, "name"), answer),
        };
        let _ = writeln!(
            page,
            "| {} | {} | {} | {} |",
            text(target, "name"),
            text(target, "format"),
            cell("without_std"),
            cell("with_std"),
        );
    }
    page
}

fn in_words(name: &str, answer: &Value) -> String {
    if answer["linker"].is_string() {
        let linker = text(answer, "linker");
        return match text(answer, "reason") {
            "" => linker.to_owned(),
            reason => format!("{linker}, {reason}"),
        };
    }
    let missing = text(answer, "missing");
    let message = missing
        .strip_prefix(&format!("`{name}` "))
        .unwrap_or(missing);
    let help = strings(answer, "help");
    let first = help.first().copied().unwrap_or_default();
    format!("**{message}**: {}", first.replace('\n', " "))
}

/// Fails unless the call ended as a build does that was refused before it began.
fn refused_at_once(ran: &Ran, message: &str) {
    let Ran {
        code, stderr, line, ..
    } = ran;
    assert_eq!(*code, Some(101), "`{line}`\n{stderr}");
    assert!(
        stderr.contains(message),
        "`{line}` did not say `{message}`\n{stderr}"
    );
    assert!(stderr.contains("= help: "), "`{line}`\n{stderr}");
    assert!(!stderr.contains("Compiling"), "`{line}`\n{stderr}");
}

#[test]
fn what_is_missing_is_said_before_anything_is_compiled() {
    let place = Place::new("targets", "missing");
    project(&place);
    let path = path_of(&place, &NEEDED);
    // One target for each way out.
    let mut kinds = BTreeMap::new();
    for target in survey(&place, &path) {
        for (crates, set) in [("without_std", "core"), ("with_std", "std")] {
            let answer = &target["linkers"][crates];
            if answer["linker"].is_null() && !answer.is_null() {
                let kind = (strings(answer, "notes").join("\n"), set);
                kinds.entry(kind).or_insert_with(|| target.clone());
            }
        }
    }
    assert!(kinds.len() > 10, "{} kinds", kinds.len());
    for ((_, set), target) in kinds {
        let name = text(&target, "name");
        let answer = match set {
            "core" => &target["linkers"]["without_std"],
            _ => &target["linkers"]["with_std"],
        };
        let message = text(answer, "missing");
        let call = |line: String| {
            let mut command = place.xsys(&line);
            command
                .env("PATH", &path)
                .env("XSYS_CACHE_DIR", place.path("cache"))
                .env_remove("LIB");
            command
        };
        let ran = run(&mut call(format!("build --crates {set} --target {name}")));
        refused_at_once(&ran, message);
        // `check` says the same.
        let checked = run(&mut call(format!("target check {name} --crates {set}"))).ends_with(1);
        assert!(checked.stderr.contains(message), "{}", checked.stderr);
        assert!(!checked.stderr.contains("is right"), "{}", checked.stderr);
    }
    assert!(!place.path("cache").exists(), "a sysroot was begun");
}

#[test]
fn rust_lld_takes_what_xsys_cannot_link_and_it_is_said_each_time() {
    let place = Place::new("targets", "uefi");
    project(&place);
    let line = "Linker `rust-lld` for x86_64-unknown-uefi, because xsys has no PE output yet";
    let build = "build --crates core --target x86_64-unknown-uefi";
    for (more, silent) in [("", false), ("", false), (" --quiet", true)] {
        let ran = run(&mut place.xsys(&format!("{build}{more}"))).ends_with(0);
        assert_eq!(ran.stderr.matches(line).count(), 1, "{}", ran.stderr);
        assert_eq!(
            ran.stderr.contains("linked by rust-lld"),
            !silent,
            "{}",
            ran.stderr
        );
    }
    let program = place.path("target/x86_64-unknown-uefi/debug/program.efi");
    let bytes = std::fs::read(&program).expect("the program is there");
    assert_eq!(&bytes[..2], b"MZ");

    let ran = run(&mut place.xsys(&format!("{build} --message-format=json"))).ends_with(0);
    let report = report(&ran);
    assert_eq!(report["linker"], "rust-lld");
    assert_eq!(report["outputs"][0]["path"], program.display().to_string());

    let ran = run(&mut place.xsys(&format!("{build} --linker=xsys")));
    let message =
        "xsys's own linker cannot link for `x86_64-unknown-uefi`: it has no PE output yet";
    refused_at_once(&ran, message);
}

fn report(ran: &Ran) -> Value {
    ran.stdout
        .lines()
        .filter_map(|line| serde_json::from_str::<Value>(line).ok())
        .find(|message| message["reason"] == "xsys-build")
        .expect("a build reports")
}

/// A program for Linux on a 32-bit x86 that tells a word's length by its exit code.
const LINUX: &str = r#"#![no_std]
#![no_main]
#[panic_handler]
fn panic(_: &core::panic::PanicInfo) -> ! {
    loop {}
}
static WORDS: [&str; 2] = ["one", "sixteen letters!"];
#[unsafe(no_mangle)]
extern "C" fn _start() -> ! {
    // Through memory, so that an address that nobody relocated would be missed, and with a copy,
    // which is a call of memcpy.
    let word = WORDS[core::hint::black_box(1)];
    let mut copy = [0u8; 300];
    let length = core::hint::black_box(word.len());
    copy[..length].copy_from_slice(&word.as_bytes()[..length]);
    let written = copy.iter().filter(|&&byte| byte != 0).count();
    unsafe { core::arch::asm!("int 0x80", in("eax") 1, in("ebx") written, options(noreturn)) }
}
"#;

#[test]
fn a_program_without_a_c_library_runs_where_rust_lld_linked_it() {
    let place = Place::new("targets", "linux");
    project(&place);
    place.write("src/main.rs", LINUX);
    let ran = run(&mut place.xsys("build --crates core --target i686-unknown-linux-gnu"))
        .ends_with(0)
        .tells("Linker `rust-lld` for i686-unknown-linux-gnu, because xsys has no 32-bit x86 yet");
    assert!(
        ran.stderr
            .contains("Output target/i686-unknown-linux-gnu/debug/program")
    );
    let Some(qemu) = find_program("qemu-i386") else {
        skip("a 32-bit program", "qemu-i386 is not installed");
        return;
    };
    let program = place.path("target/i686-unknown-linux-gnu/debug/program");
    run(Command::new(qemu).arg(program)).ends_with(16);
}

/// glibc, its start files and its loader come with the platform's compiler, which takes the link where
/// there is one.
#[test]
fn programs_with_glibc_are_linked_by_the_machines_compiler() {
    let triple = format!("{}-unknown-linux-gnu", std::env::consts::ARCH);
    if find_program("cc").is_none() || rustc_host() != triple {
        return skip("programs with glibc", "this machine has no `cc` for them");
    }
    let place = Place::new("targets", "glibc");
    // A std that is compiled in a third of the time.
    let quick = "[package.metadata.xsys.sysroot]\nrustflags = [\"-Copt-level=0\"]\n";
    place.write(
        "Cargo.toml",
        &(MANIFEST.replace("panic = \"abort\"\n", "") + quick),
    );
    let source = "fn main() {\n    let caught = std::panic::catch_unwind(|| panic!(\"once\"));\n    \
                  println!(\"hello, {}\", caught.is_err());\n}\n";
    place.write("src/main.rs", source);
    for _ in 0..2 {
        let ran = run(&mut place.xsys(&format!("run --target {triple}"))).ends_with(0);
        assert_eq!(ran.stdout, "hello, true\n", "{}", ran.stderr);
        let said = ran.stderr.lines().filter(|line| line.contains("Linker `"));
        let said: Vec<&str> = said.collect();
        assert!(
            said.len() == 1 && said[0].contains(&format!("for {triple}, because")),
            "{}",
            ran.stderr
        );
    }
    run(&mut place.xsys(&format!("build --target {triple} --linker=xsys")))
        .ends_with(101)
        .tells("it makes static programs")
        .tells("leave out `--linker=xsys`");
    // Without the C library's start code; then with an own one.
    let mut build = place.xsys(&format!("build --target {triple}"));
    build.env("RUSTFLAGS", "-Clink-arg=-nostartfiles");
    run(&mut build)
        .ends_with(101)
        .tells("has no start code")
        .tells("or define it: `#[unsafe(no_mangle)] extern \"C\" fn _start() -> !`");
    place.write(
        "src/main.rs",
        "#![no_main]\n\nunsafe extern \"C\" {\n    safe fn _exit(code: i32) -> !;\n}\n\n\
         #[unsafe(no_mangle)]\nextern \"C\" fn _start() -> ! {\n    _exit(7)\n}\n",
    );
    run(&mut build).ends_with(0);
    let program = place.path(&format!("target/{triple}/debug/program"));
    run(&mut Command::new(program)).ends_with(7);
}

#[test]
fn a_linker_of_the_users_is_kept_and_named_whichever_way_it_came() {
    let place = Place::new("targets", "users");
    project(&place);
    let lld = rust_lld();
    let lld = lld.display();
    let call = |more: &str| {
        let mut command = place.xsys("build --crates core --target thumbv7m-none-eabi");
        command.args(more.split_whitespace());
        command
    };
    let linked = |ran: Ran, reason: &str| {
        let line = format!("Linker `{lld}` for thumbv7m-none-eabi, {reason}");
        let ran = ran.ends_with(0).tells(&line);
        assert_eq!(
            ran.stderr.matches("      Linker ").count(),
            1,
            "{}",
            ran.stderr
        );
        let program = place.path("target/thumbv7m-none-eabi/debug/program");
        let bytes = std::fs::read(program).expect("the program is there");
        assert!(contains(&bytes, b"LLD"), "another linker linked");
    };
    let flags = format!("-Clinker={lld} -Clink-arg=--no-gc-sections");
    linked(
        run(call("").env("RUSTFLAGS", &flags)),
        "as the rustflags say",
    );
    let variable = "CARGO_TARGET_THUMBV7M_NONE_EABI_LINKER";
    linked(
        run(call("").env(variable, lld.to_string())),
        "as cargo's configuration says",
    );
    linked(
        run(&mut call(&format!("--linker {lld}"))),
        "as `--linker` says",
    );

    // The command line is above all others, in both directions.
    run(call("--linker=rust-lld").env("RUSTFLAGS", "-Clinker=no-such-linker"))
        .ends_with(0)
        .tells("Linker `rust-lld` for thumbv7m-none-eabi, as `--linker` says");
    let ran = run(call("--linker=xsys").env(variable, "no-such-linker")).ends_with(0);
    assert!(!ran.stderr.contains("Linker"), "{}", ran.stderr);

    let ran = run(&mut call("--linker=no-such-linker"));
    refused_at_once(&ran, "there is no linker `no-such-linker`");
}

fn rust_lld() -> std::path::PathBuf {
    let rustlib = rustc_sysroot().join("lib/rustlib");
    let of_hosts = std::fs::read_dir(&rustlib).expect("a toolchain has libraries");
    of_hosts
        .filter_map(|entry| Some(entry.ok()?.path().join("bin/rust-lld")))
        .find(|path| Path::is_file(path))
        .expect("rustup's toolchains have rust-lld")
}

fn contains(bytes: &[u8], part: &[u8]) -> bool {
    bytes.windows(part.len()).any(|window| window == part)
}

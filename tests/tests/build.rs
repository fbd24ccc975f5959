//! The promises about building, each shown by real builds of real projects.
//!
//! Tests that look at how a sysroot comes to be have a cache of their own; the others share one.

#![cfg(unix)]

// What boots machines or builds one standard library alone leaves a processor idle: here there is always something else
// to compile beside it.
#[path = "build/appliance_bench.rs"]
mod appliance_bench;
#[path = "build/appliances.rs"]
mod appliances;
#[path = "build/arm32.rs"]
mod arm32;
#[path = "build/bare_card.rs"]
mod bare_card;
#[path = "build/card.rs"]
mod card;
#[path = "build/fetch.rs"]
mod fetch;
#[path = "build/fleets.rs"]
mod fleets;
#[path = "build/pages.rs"]
mod pages;
#[path = "build/unwinder.rs"]
mod unwinder;
#[path = "build/verbs.rs"]
mod verbs;

use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::time::{Duration, Instant};

use xsys_tests::project::{
    Place, cases, find_program, folders_in, kill_group, own_group, path_of, repository, run, skip,
    xsys, xsys_in,
};
use xsys_tests::project_trace::{Traced, file_name, is_foreign_toolchain};

/// A copy of a board's own program.
fn hello(place: &Place, board: &str, name: &str) -> PathBuf {
    place.copy(
        &repository().join("sysroots").join(board).join("hello"),
        name,
    )
}

/// What a build needs, and nothing else of the machine.
const NEEDED: [&str; 5] = [
    "rustc",
    "cargo",
    "rustup",
    "qemu-system-aarch64",
    "qemu-x86_64",
];

/// Builds and runs a board's program from nothing, with an almost empty `PATH`, watched.
fn without_c(board: &str) {
    let test = format!("no C toolchain for {board}");
    let place = Place::new("build", &format!("no-c-{board}"));
    let project = hello(&place, board, "hello");
    let path = path_of(&place, &NEEDED);
    let cache = place.path("cache");
    let call = |verb: &str| {
        let mut command = xsys_in(&project);
        command
            .args([verb, "--board", board])
            .env("PATH", &path)
            .env("XSYS_CACHE_DIR", &cache);
        command
    };
    let trace = place.path("trace");
    match Traced::new(&call("build"), &trace) {
        Ok(mut traced) => {
            run(&mut traced.command).ends_with(0);
            let programs = traced.programs();
            let foreign: Vec<_> = programs
                .iter()
                .filter(|name| is_foreign_toolchain(name))
                .collect();
            assert!(foreign.is_empty(), "{foreign:?} were started");
            let compilers = programs
                .iter()
                .filter(|name| file_name(name) == "rustc")
                .count();
            assert!(compilers > 2, "the trace shows no build: {programs:?}");
            let own = xsys().display().to_string();
            let links = programs.iter().filter(|name| **name == own).count();
            assert!(links >= 2, "xsys was not its own linker: {programs:?}");
        }
        Err(reason) => {
            skip(&format!("{test}: by looking at every program"), reason);
            run(&mut call("build")).ends_with(0);
        }
    }
    if board == "raspberry-pi-3" && find_program("qemu-system-aarch64").is_none() {
        skip(
            &test,
            "the program is built, but not run: QEMU is not installed",
        );
        return;
    }
    let ran = run(&mut call("run")).ends_with(0);
    assert!(ran.stdout.contains(", 0 failed"), "{}", ran.stdout);
}

#[test]
fn no_c_toolchain_is_needed_for_bare_metal() {
    without_c("raspberry-pi-3");
}

#[cfg(all(target_os = "linux", target_arch = "x86_64"))]
#[test]
fn no_c_toolchain_is_needed_for_linux() {
    without_c("x86_64-linux");
}

/// A compiler that writes down how it is called.
struct Counted {
    rustc: PathBuf,
    log: PathBuf,
}

impl Counted {
    fn new(place: &Place) -> Self {
        use std::os::unix::fs::PermissionsExt;
        let real = xsys_tests::project::rustc_sysroot().join("bin/rustc");
        let log = place.path("rustc.log");
        let script = format!(
            "#!/bin/sh\necho \"$*\" >> '{}'\nexec '{}' \"$@\"\n",
            log.display(),
            real.display()
        );
        let rustc = place.write("rustc", &script);
        std::fs::set_permissions(&rustc, std::fs::Permissions::from_mode(0o755))
            .expect("a script can be made executable");
        Self { rustc, log }
    }

    /// The crates that were compiled since the last question, in order.
    fn compiled(&self) -> Vec<String> {
        let text = std::fs::read_to_string(&self.log).unwrap_or_default();
        let _ = std::fs::remove_file(&self.log);
        text.lines()
            .filter_map(|line| {
                line.split("--crate-name")
                    .nth(1)?
                    .get(1..)?
                    .split(' ')
                    .next()
            })
            // Not crates, but questions of cargo's and of xsys's.
            .filter(|name| !["___", "trial"].contains(name))
            .map(str::to_owned)
            .collect()
    }

    /// Whether the compiler has begun with a crate.
    fn has_begun(&self, crate_name: &str) -> bool {
        std::fs::read_to_string(&self.log)
            .is_ok_and(|log| log.contains(&format!("--crate-name={crate_name} ")))
    }
}

/// A build of the smallest board with a cache and a compiler of the test's own.
fn small_build(project: &Path, cache: &Path, rustc: &Path) -> Command {
    let mut command = xsys_in(project);
    command
        .arg("build")
        .env("XSYS_CACHE_DIR", cache)
        .env("RUSTC", rustc);
    command
}

fn sysroots(cache: &Path) -> Vec<String> {
    folders_in(&cache.join("sysroots"))
}

#[test]
fn two_builds_at_once_compile_the_sysroot_once_and_a_third_not_at_all() {
    let place = Place::new("build", "at-once");
    let counted = Counted::new(&place);
    let cache = place.path("cache");
    let first = hello(&place, "raspberry-pi-3", "first");
    let second = hello(&place, "raspberry-pi-3", "second");
    let build = |project: &Path| {
        let mut command = small_build(project, &cache, &counted.rustc);
        std::thread::spawn(move || run(&mut command))
    };
    for build in [build(&first), build(&second)] {
        build.join().expect("a build ends").ends_with(0);
    }
    let mut compiled = counted.compiled();
    compiled.sort();
    assert_eq!(
        compiled,
        ["compiler_builtins", "core", "hello", "hello", "test"]
    );
    assert_eq!(sysroots(&cache).len(), 1);

    let third = hello(&place, "raspberry-pi-3", "third");
    let ran = run(&mut small_build(&third, &cache, &counted.rustc)).ends_with(0);
    assert!(!ran.stderr.contains("(sysroot)"), "{}", ran.stderr);
    assert_eq!(counted.compiled(), ["hello"]);
}

/// Starts a build and kills it, and all it started, when something has happened.
fn killed_when(mut command: Command, what: &str, happened: impl Fn() -> bool) {
    command
        .stdin(Stdio::null())
        .stdout(Stdio::null())
        .stderr(Stdio::null());
    own_group(&mut command);
    let mut child = command.spawn().expect("xsys starts");
    let start = Instant::now();
    while !happened() {
        assert!(start.elapsed() < Duration::from_secs(300), "never: {what}");
        let ended = child.try_wait().expect("a child can be asked");
        assert!(ended.is_none(), "ended before: {what}");
        std::thread::sleep(Duration::from_millis(20));
    }
    kill_group(child.id());
    let status = child.wait().expect("a child can be waited for");
    assert_eq!(status.code(), None, "it was killed");
}

#[test]
fn a_killed_build_of_a_sysroot_goes_on_and_a_damaged_one_is_made_again() {
    let place = Place::new("build", "killed");
    let counted = Counted::new(&place);
    let cache = place.path("cache");
    let project = hello(&place, "raspberry-pi-3", "hello");
    let build = || small_build(&project, &cache, &counted.rustc);
    killed_when(build(), "core is being compiled", || {
        counted.has_begun("core")
    });
    assert!(sysroots(&cache).is_empty(), "half a sysroot was published");

    // The second crate does not end before the first has.
    let script = std::fs::read_to_string(&counted.rustc).expect("a file can be read");
    let patient = "case \"$*\" in *crate-name=compiler_builtins*) exec sleep 300;; esac\nexec";
    place.write("rustc", &script.replace("exec", patient));
    let staging = cache.join("staging");
    killed_when(build(), "core is finished", || {
        let folders = folders_in(&staging);
        folders.iter().any(|name| {
            let journal = staging.join(name).join("finished");
            std::fs::read_to_string(journal).is_ok_and(|text| text.contains("libcore-"))
        })
    });
    place.write("rustc", &script);
    counted.compiled();
    let ran = run(&mut build()).ends_with(0).tells("1 of 3 crates");
    assert!(!ran.stderr.contains("made again"), "{}", ran.stderr);
    let compiled = || {
        let mut names = counted.compiled();
        names.sort();
        names
    };
    assert_eq!(compiled(), ["compiler_builtins", "hello", "test"]);
    assert_eq!(sysroots(&cache).len(), 1);
    // What the killed one left is gone, and the program that comes of it works.
    assert_eq!(folders_in(&staging), Vec::<String>::new());

    // All is right; then bytes of core change and a file is gone.
    let verify = |more: &str| {
        let mut command = xsys_in(&project);
        let words = format!("sysroot verify {more}");
        command.args(words.split_whitespace());
        run(command.env("XSYS_CACHE_DIR", &cache))
    };
    verify("").ends_with(0).tells("1 of 1 sysroots are whole");
    let crates = cache
        .join("sysroots")
        .join(&sysroots(&cache)[0])
        .join("lib/rustlib/raspberry-pi-3/lib");
    let core = file_in(&crates, "libcore-", ".rlib");
    let mut bytes = std::fs::read(&core).expect("a file can be read");
    let half = bytes.len() / 2;
    bytes[half..half + 400].fill(7);
    std::fs::write(&core, &bytes).expect("a file can be written");
    std::fs::remove_file(file_in(&crates, "libcompiler_builtins-", ".rmeta"))
        .expect("it was there");
    let told = verify("--json").ends_with(1);
    let list: serde_json::Value = serde_json::from_str(&told.stdout).expect("it is JSON");
    assert_eq!(
        list[0]["damaged"].as_array().map(Vec::len),
        Some(2),
        "{list}"
    );
    verify("")
        .ends_with(1)
        .tells("has other contents")
        .tells("is missing");
    verify("no-such-key")
        .ends_with(1)
        .tells("no sysroot has the key");

    let ran = run(&mut build()).ends_with(0).tells("made again");
    assert_eq!(
        ran.stderr.matches("made again").count(),
        1,
        "{}",
        ran.stderr
    );
    // The program as well: what it was linked from is gone.
    assert_eq!(compiled(), ["compiler_builtins", "core", "hello", "test"]);
    verify("").ends_with(0);
    run(&mut build()).ends_with(0);
    assert!(compiled().is_empty());
}

/// The file of a folder whose name begins and ends like this.
fn file_in(folder: &Path, begin: &str, end: &str) -> PathBuf {
    let entries =
        std::fs::read_dir(folder).unwrap_or_else(|error| panic!("{}: {error}", folder.display()));
    let mut paths = entries.flatten().map(|entry| entry.path());
    let found = paths.find(|path| {
        let name = path.file_name().and_then(|name| name.to_str());
        name.is_some_and(|name| name.starts_with(begin) && name.ends_with(end))
    });
    found.unwrap_or_else(|| panic!("no `{begin}…{end}` in {}", folder.display()))
}

/// Programs and images of a build, by file name.
fn results(folder: &Path) -> Vec<(String, Vec<u8>)> {
    let mut files: Vec<(String, Vec<u8>)> = std::fs::read_dir(folder)
        .unwrap_or_else(|error| panic!("{}: {error}", folder.display()))
        .filter_map(|entry| {
            let path = entry.ok()?.path();
            let name = path.file_name()?.to_str()?.to_owned();
            // Dependency files name folders for make.
            (path.is_file() && !name.starts_with('.') && !name.ends_with(".d"))
                .then(|| (name, std::fs::read(&path).expect("a file can be read")))
        })
        .collect();
    files.sort();
    files
}

#[test]
fn the_same_sources_give_the_same_bytes_in_every_folder() {
    for (board, target) in [
        ("raspberry-pi-3", "raspberry-pi-3"),
        ("riscv32-virt", "riscv32imac-qemu-none-elf"),
    ] {
        same_bytes(board, target);
    }
}

#[test]
fn the_same_sources_of_a_linux_program_give_the_same_bytes() {
    same_bytes("x86_64-linux", "x86_64-unknown-linux-musl");
}

fn same_bytes(board: &str, target: &str) {
    let place = Place::new("build", &format!("same-bytes-{board}"));
    let here = hello(&place, board, "here");
    let there = hello(&place, board, "a/place/with spaces/there");
    let elsewhere = place.path("elsewhere");
    for profile in ["release", "debug"] {
        // By default development builds have this machine's paths.
        let flags: &[&str] = if profile == "release" {
            &["--release"]
        } else {
            &["--trim-paths=object"]
        };
        run(xsys_in(&here).arg("build").args(flags)).ends_with(0);
        run(xsys_in(&there)
            .arg("build")
            .args(flags)
            .arg("--target-dir")
            .arg(&elsewhere))
        .ends_with(0);
        let one = results(&here.join("target").join(target).join(profile));
        let other = results(&elsewhere.join(target).join(profile));
        let names = |files: &[(String, Vec<u8>)]| -> Vec<String> {
            files.iter().map(|(name, _)| name.clone()).collect()
        };
        assert_eq!(names(&one), names(&other));
        assert!(
            names(&one).contains(&"hello".to_owned()),
            "{:?}",
            names(&one)
        );
        for ((name, one), (_, other)) in one.iter().zip(&other) {
            assert!(one == other, "{board}: {name} ({profile}) differs");
        }
    }
}

#[test]
fn nightly_works_as_well() {
    let installed = find_program("rustup").map(|rustup| {
        let listed = run(Command::new(rustup).args(["toolchain", "list"]));
        listed
            .stdout
            .lines()
            .any(|line| line.starts_with("nightly"))
    });
    if installed != Some(true) {
        skip(
            "nightly_works_as_well",
            "rustup has no nightly toolchain here",
        );
        return;
    }
    let place = Place::new("build", "nightly");
    let project = hello(&place, "raspberry-pi-3", "hello");
    let ran = run(xsys_in(&project).args(["+nightly", "build", "--release"])).ends_with(0);
    assert!(
        project
            .join("target/raspberry-pi-3/release/kernel8.img")
            .is_file(),
        "{}",
        ran.stderr
    );
    if find_program("qemu-system-aarch64").is_some() {
        let ran = run(xsys_in(&project).args(["+nightly", "run", "--release"])).ends_with(0);
        assert!(ran.stdout.contains(", 0 failed"), "{}", ran.stdout);
    }
}

#[cfg(all(target_os = "linux", target_arch = "x86_64"))]
#[test]
fn as_cargos_linker_it_links_programs_with_rustups_std() {
    let std = xsys_tests::project::rustc_sysroot().join("lib/rustlib/x86_64-unknown-linux-musl");
    if !std.is_dir() {
        skip(
            "as_cargos_linker",
            "run `rustup target add x86_64-unknown-linux-musl`",
        );
        return;
    }
    let place = Place::new("build", "drop-in");
    let project = place.copy(&cases("build").join("drop-in"), "drop-in");
    // As after `cargo install`: `xsys-ld` is in PATH.
    let path = path_of(&place, &["rustc", "cargo", "rustup"]);
    let bin = place.path("bin/xsys-ld");
    std::os::unix::fs::symlink(xsys().with_file_name("xsys-ld"), bin).expect("a link can be made");
    let mut cargo = Command::new("cargo");
    xsys_tests::project::without_settings(&mut cargo);
    cargo.current_dir(&project).env("PATH", &path);
    let mut build = cargo;
    build.arg("build");
    let program = project.join("target/x86_64-unknown-linux-musl/debug/drop-in");
    match Traced::new(&build, &place.path("trace")) {
        Ok(mut traced) => {
            run(&mut traced.command).ends_with(0);
            let programs = traced.programs();
            let links = programs
                .iter()
                .filter(|name| file_name(name) == "xsys-ld")
                .count();
            assert_eq!(links, 1, "{programs:?}");
            let foreign: Vec<_> = programs
                .iter()
                .filter(|name| is_foreign_toolchain(name) && file_name(name) != "xsys-ld")
                .collect();
            assert!(foreign.is_empty(), "{foreign:?} were started");
        }
        Err(reason) => {
            skip("as_cargos_linker: by looking at every program", reason);
            run(&mut build).ends_with(0);
        }
    }
    let ran = run(&mut Command::new(program)).ends_with(0);
    assert_eq!(ran.stdout, "42 unwound\n");
}

#[cfg(all(target_os = "linux", target_arch = "x86_64"))]
mod on_linux {
    use super::*;

    #[test]
    fn code_for_the_host_keeps_the_hosts_settings() {
        let place = Place::new("build", "host-code");
        let project = place.copy(&cases("build").join("host-code"), "project");
        for (flags, said) in [(None, "without"), (Some("--cfg for_the_target"), "with")] {
            let mut command = xsys_in(&project);
            command.args(["run", "-p", "app"]);
            if let Some(flags) = flags {
                command.env("RUSTFLAGS", flags);
            }
            let ran = run(&mut command).ends_with(0);
            assert_eq!(
                ran.stdout,
                format!("x86_64-unknown-linux-musl {said} flags\nthe macro has no flags\n")
            );
        }
    }

    #[test]
    fn cargos_flags_keep_their_meaning() {
        let place = Place::new("build", "flags");
        let project = place.copy(&cases("build").join("workspace"), "workspace");
        let out = place.path("out");
        let call = |line: &str| {
            let mut command = xsys_in(&project);
            command.args(line.split(' ')).arg("--target-dir").arg(&out);
            command
        };
        run(&mut call("build --profile small -p talk")).ends_with(0);
        let small = out.join("x86_64-unknown-linux-musl/small");
        assert!(small.join("talk").is_file());
        assert!(!small.join("count").exists(), "`-p` chooses");
        assert!(
            !project.join("target").exists(),
            "`--target-dir` moves everything"
        );
        let said = |program: &Path| run(&mut Command::new(program)).ends_with(0).stdout;
        assert_eq!(said(&small.join("talk")), "hello\n");
        run(&mut call("build --profile small -p talk --features loud")).ends_with(0);
        assert_eq!(said(&small.join("talk")), "HELLO\n");

        let ran = run(&mut call("build --message-format=json --workspace")).ends_with(0);
        let mut executables = Vec::new();
        let mut reasons = Vec::new();
        for line in ran.stdout.lines() {
            let message: serde_json::Value =
                serde_json::from_str(line).unwrap_or_else(|error| panic!("{error}: {line}"));
            reasons.push(message["reason"].as_str().expect("a reason").to_owned());
            if let Some(file) = message["executable"].as_str() {
                executables.push(file_name(file).to_owned());
            }
        }
        executables.sort();
        assert_eq!(executables, ["count", "talk"]);
        for reason in ["compiler-artifact", "build-finished", "xsys-build"] {
            assert!(reasons.iter().any(|found| found == reason), "{reasons:?}");
        }
        let quiet = run(&mut call("build --quiet --workspace")).ends_with(0);
        assert_eq!((quiet.stdout.as_str(), quiet.stderr.as_str()), ("", ""));
    }

    #[test]
    fn exit_codes_are_the_programs_cargos_and_claps() {
        let place = Place::new("build", "exit-codes");
        let project = place.copy(&cases("build").join("workspace"), "workspace");
        let call = |line: &str| {
            let mut command = xsys_in(&project);
            command.args(line.split(' '));
            run(&mut command)
        };
        assert_eq!(call("run -p count").ends_with(0).stdout, "arguments: []\n");
        let ran = call("run -p count -- a --release c").ends_with(3);
        assert_eq!(ran.stdout, "arguments: [\"a\", \"--release\", \"c\"]\n");
        call("run -p count --no-such-flag").ends_with(1);
        call("build --board x86_64-linux --target x86_64-unknown-linux-musl").ends_with(2);
        place.write("workspace/talk/src/main.rs", "fn main() { wrong }\n");
        call("build -p talk")
            .ends_with(101)
            .tells("cannot find value `wrong`");
        call("run -p talk").ends_with(101);
    }

    #[test]
    fn tests_are_built_and_run_for_the_target() {
        let place = Place::new("build", "tests");
        let project = place.copy(&cases("build").join("workspace"), "workspace");
        let call = |line: &str| {
            let mut command = xsys_in(&project);
            command.args(line.split(' '));
            run(&mut command)
        };
        let ran = call("test -p count").ends_with(0);
        for part in [
            "a_panic_can_be_expected ... ok",
            "tests_are_built_for_the_target ... ok",
        ] {
            assert!(ran.stdout.contains(part), "{}\n{}", ran.stdout, ran.stderr);
        }
        // Unit tests, those of the program, an integration test, the documentation's example.
        assert_eq!(
            ran.stdout.matches("test result: ok").count(),
            4,
            "{}",
            ran.stdout
        );
        let ran = call("test -p count --lib -- --ignored").ends_with(101);
        assert!(ran.stdout.contains("1 failed"), "{}", ran.stdout);
    }
}

//! What a debugger sees of a program on three machines, in both profiles: a breakpoint in a generic
//! function of a dependency, sources, and the way from a panic in core back to `main`; beside it the
//! same commands after plain cargo with the `core` that rustup has.

#![cfg(unix)]

use std::net::TcpListener;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use xsys_tests::project::{
    Place, cases, find_program, repository, run, skip, without_settings, xsys_in,
};

const GDB: &str = "gdb-multiarch";

struct Board {
    name: &'static str,
    /// rustup's target of the same instruction set.
    triple: &'static str,
    machine: &'static [&'static str],
    /// Of a runtime crate; without, the board has a script of its own.
    memory: &'static str,
}

const BOARDS: [Board; 3] = [
    Board {
        name: "lm3s6965evb",
        triple: "thumbv7m-none-eabi",
        machine: &["qemu-system-arm", "-M", "lm3s6965evb"],
        memory: "MEMORY { FLASH : ORIGIN = 0, LENGTH = 256K RAM : ORIGIN = 0x20000000, LENGTH = 64K }",
    },
    Board {
        name: "riscv32-virt",
        triple: "riscv32imac-unknown-none-elf",
        machine: &["qemu-system-riscv32", "-M", "virt", "-bios", "none"],
        memory: "MEMORY { CODE : ORIGIN = 0x80000000, LENGTH = 8M RAM : ORIGIN = 0x80800000, LENGTH = 8M } REGION_ALIAS(\"REGION_TEXT\", CODE); REGION_ALIAS(\"REGION_RODATA\", CODE); REGION_ALIAS(\"REGION_DATA\", RAM); REGION_ALIAS(\"REGION_BSS\", RAM); REGION_ALIAS(\"REGION_HEAP\", RAM); REGION_ALIAS(\"REGION_STACK\", RAM);",
    },
    Board {
        name: "raspberry-pi-3",
        triple: "aarch64-unknown-none",
        machine: &["qemu-system-aarch64", "-M", "raspi3b"],
        memory: "",
    },
];

fn project(place: &Place) -> PathBuf {
    place.copy(&cases("gdb"), "app")
}

/// The functions of a backtrace, innermost first.
fn frames(output: &str) -> Vec<String> {
    let frames = output.lines().filter(|line| line.starts_with('#'));
    frames
        .map(|line| {
            let text = line.split_once(' ').map_or("", |(_, text)| text.trim());
            let text = text.split_once(" in ").map_or(text, |(_, text)| text);
            text.split(" (").next().unwrap_or_default().to_owned()
        })
        .collect()
}

/// Fails unless the functions are among the frames in this order.
#[track_caller]
fn lead_to_main(output: &str, name: &str) {
    let frames = frames(output);
    let mut rest = frames.iter();
    for function in [
        "app::panic",
        "core::panicking::panic_fmt",
        "dep::largest<u16>",
        "app::main",
    ] {
        assert!(
            rest.any(|frame| frame == function),
            "{name}: no `{function}` in its place:\n{output}"
        );
    }
}

/// The same with cargo, rust-lld and rustup's `core`.
fn plain(project: &Path, board: &Board, profile: &[&str]) -> String {
    let mut folder = repository().join("sysroots").join(board.name);
    if !board.memory.is_empty() {
        folder = project.join("memory");
        std::fs::create_dir_all(&folder).expect("a folder");
        std::fs::write(folder.join("memory.x"), board.memory).expect("a file");
    }
    let mut cargo = Command::new("cargo");
    without_settings(&mut cargo);
    cargo
        .current_dir(project)
        .args(["build", "--quiet", "--target", board.triple])
        .args(profile)
        .args(["--target-dir", "plain"])
        .env(
            "CARGO_ENCODED_RUSTFLAGS",
            format!("-Clink-arg=-L{}\x1f-Clink-arg=-Tlink.x", folder.display()),
        );
    run(&mut cargo).ends_with(0);
    let name = if profile.is_empty() {
        "debug"
    } else {
        "release"
    };
    let program = project
        .join("plain")
        .join(board.triple)
        .join(name)
        .join("app");
    let port = TcpListener::bind(("127.0.0.1", 0))
        .and_then(|listener| listener.local_addr())
        .expect("a port")
        .port();
    let mut machine = Command::new(board.machine[0])
        .args(&board.machine[1..])
        .args(["-display", "none", "-serial", "null", "-S", "-gdb"])
        .arg(format!("tcp:127.0.0.1:{port}"))
        .arg("-kernel")
        .arg(&program)
        .stdin(Stdio::null())
        .stderr(Stdio::null())
        .spawn()
        .expect("QEMU starts");
    let ran = run(Command::new(GDB)
        .current_dir(project)
        .args(["-q", "-nx", "-ex"])
        .arg(format!("target remote 127.0.0.1:{port}"))
        .args(["-batch", "-x", "session.gdb"])
        .arg(&program));
    let _ = machine.kill();
    let _ = machine.wait();
    ran.stdout
}

fn session(board: &Board) {
    let test = format!("gdb on {}", board.name);
    for program in [GDB, board.machine[0]] {
        if find_program(program).is_none() {
            return skip(&test, &format!("`{program}` is not installed"));
        }
    }
    let place = Place::new("gdb", board.name);
    let project = project(&place);
    for profile in [&[][..], &["--release"]] {
        let name = format!("{} {}", board.name, profile.join(" "));
        let ran = run(xsys_in(&project)
            .args(["run", "--board", board.name, "--gdb=session.gdb"])
            .args(profile))
        .ends_with(0);
        let ours = ran.stdout;
        assert!(
            ours.contains("Breakpoint 1, dep::largest<u16> (items=..., count=3)"),
            "{name}: {ours}\n{}",
            ran.stderr
        );
        assert!(
            ours.contains("for &item in &items[..count]"),
            "{name}: {ours}"
        );
        assert!(ours.contains("fn main() -> !"), "{name}: {ours}");
        assert!(!ours.contains("No such file"), "{name}: {ours}");
        assert!(
            !ran.stderr.contains("Internal error"),
            "{name}: {}",
            ran.stderr
        );
        lead_to_main(&ours, &name);
        // Nobody loses by coming from there: each of the program's functions is found as well.
        let theirs = frames(&plain(&project, board, profile));
        let found = frames(&ours);
        for frame in theirs
            .iter()
            .filter(|f| f.starts_with("app::") || f.starts_with("dep::"))
        {
            assert!(
                found.contains(frame),
                "{name}: `{frame}` of {theirs:?} is not in {found:?}"
            );
        }
    }
}

#[test]
fn cortex_m3() {
    session(&BOARDS[0]);
}

#[test]
fn riscv32() {
    session(&BOARDS[1]);
}

#[test]
fn aarch64() {
    session(&BOARDS[2]);
}

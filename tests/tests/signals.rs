//! A signal to xsys alone: all that it has started ends with it, and nothing is left behind.

#![cfg(unix)]

use std::os::unix::fs::PermissionsExt;
use std::os::unix::process::ExitStatusExt;
use std::path::Path;
use std::process::{Child, Command, ExitStatus, Stdio};
use std::time::{Duration, Instant};

use xsys_tests::project::{Place, find_program, kill_group, own_group, skip};

/// Longer than anything here takes on a slow machine.
const PATIENCE: Duration = Duration::from_secs(240);

/// A program that was started to be sent a signal. A test that fails ends it.
struct Running(Child);

impl Drop for Running {
    fn drop(&mut self) {
        kill_group(self.0.id());
        let _ = self.0.wait();
    }
}

impl Running {
    fn start(command: &mut Command) -> Self {
        own_group(command.stdin(Stdio::null()).stderr(Stdio::null()));
        Self(command.spawn().expect("xsys starts"))
    }

    /// Sends a signal to this process and to nobody else.
    fn send(&self, signal: &str) {
        let id = self.0.id().to_string();
        let sent = Command::new("kill").args(["-s", signal, &id]).status();
        assert!(sent.expect("kill is there").success());
    }

    fn end(&mut self) -> ExitStatus {
        until(|| self.0.try_wait().expect("a child can be waited for"))
    }
}

/// Asks again and again, until there is an answer.
fn until<T>(mut answer: impl FnMut() -> Option<T>) -> T {
    let start = Instant::now();
    loop {
        if let Some(answer) = answer() {
            return answer;
        }
        assert!(start.elapsed() < PATIENCE, "it never happens");
        std::thread::sleep(Duration::from_millis(5));
    }
}

/// The number that a script has written down.
fn number(path: &Path) -> u32 {
    until(|| std::fs::read_to_string(path).ok()?.trim().parse().ok())
}

/// Whether a process is there and not just waiting to be asked how it ended.
fn is_alive(id: u32) -> bool {
    let stat = std::fs::read_to_string(format!("/proc/{id}/stat")).unwrap_or_default();
    stat.rsplit_once(") ")
        .is_some_and(|(_, rest)| !rest.starts_with('Z'))
}

/// Whether whoever started the tests has this signal ignored, as shells do for what runs in the
/// background: it is ignored in all that is started from here, too.
fn is_ignored(number: i32) -> bool {
    let status = std::fs::read_to_string("/proc/self/status").unwrap_or_default();
    let mask = status.lines().find_map(|line| line.strip_prefix("SigIgn:"));
    mask.and_then(|mask| u64::from_str_radix(mask.trim(), 16).ok())
        .is_some_and(|mask| mask >> (number - 1) & 1 == 1)
}

fn script(place: &Place, name: &str, text: &str) -> String {
    let path = place.write(name, &format!("#!/bin/sh\n{text}\n"));
    let mode = std::fs::Permissions::from_mode(0o755);
    std::fs::set_permissions(&path, mode).expect("a script can be made executable");
    path.display().to_string()
}

fn project(place: &Place) {
    place.write(
        "Cargo.toml",
        "[package]\nname = \"p\"\nversion = \"0.1.0\"\nedition = \"2024\"\n[workspace]\n[package.metadata.xsys]\ntarget = \"x86_64-unknown-linux-musl\"\n",
    );
    place.write("src/main.rs", "fn main() {}\n");
}

/// A compiler that never ends stands for one that takes long.
#[test]
fn a_build_ends_with_its_compilers() {
    for (signal, number_is) in [("TERM", 15), ("INT", 2), ("HUP", 1)] {
        if is_ignored(number_is) {
            continue;
        }
        let place = Place::new("signals", &format!("build {signal}"));
        project(&place);
        let marker = place.path("compiler");
        let text = format!(
            "case \"$*\" in *'--crate-name p '*) echo $$ > '{}'; exec sleep 1000;; esac\nexec \"$@\"",
            marker.display()
        );
        let wrapper = script(&place, "wrapper", &text);
        let mut command = place.xsys("build");
        let mut build = Running::start(command.env("RUSTC_WRAPPER", wrapper));
        let compiler = number(&marker);
        build.send(signal);
        assert_eq!(build.end().signal(), Some(number_is), "{signal}");
        assert!(!is_alive(compiler), "{signal}");
        let program = place.path("target/x86_64-unknown-linux-musl/debug/p");
        assert!(!program.exists(), "{signal}");
    }
}

/// As with cargo, which becomes the program: what a signal means is the program's business.
#[test]
fn signals_reach_the_program() {
    let place = Place::new("signals", "run");
    project(&place);
    let started = place.path("started");
    let text = format!(
        "trap 'exit 7' TERM\necho $$ > '{}'\nwhile :; do sleep 0.01; done",
        started.display()
    );
    let runner = script(&place, "runner", &text);
    let variable = "CARGO_TARGET_X86_64_UNKNOWN_LINUX_MUSL_RUNNER";
    if runner.contains(' ') {
        skip(
            "signals reach the program",
            "the folder has a space in its name",
        );
        return;
    }
    for (signal, code, by) in [("TERM", Some(7), None), ("INT", None, Some(2))] {
        if is_ignored(by.unwrap_or(15)) {
            continue;
        }
        let mut command = place.xsys("run");
        let command = command.env(variable, format!("sh {runner}"));
        let mut run = Running::start(command);
        let program = number(&started);
        run.send(signal);
        let status = run.end();
        assert_eq!((status.code(), status.signal()), (code, by), "{signal}");
        assert!(!is_alive(program), "{signal}");
        std::fs::remove_file(&started).expect("it is there");
    }
}

/// A test that hangs on a machine: neither the machine nor copies of the program stay.
#[test]
fn tests_end_with_their_machines() {
    if find_program("qemu-system-arm").is_none() {
        skip(
            "tests end with their machines",
            "qemu-system-arm is not installed",
        );
        return;
    }
    let place = Place::new("signals", "test");
    place.write(
        "Cargo.toml",
        "[package]\nname = \"p\"\nversion = \"0.1.0\"\nedition = \"2024\"\n[workspace]\n[package.metadata.xsys]\nboard = \"lm3s6965evb\"\n[dependencies]\ncortex-m-rt = \"0.7\"\n",
    );
    place.write(
        "src/main.rs",
        "#![no_std]\n#![cfg_attr(not(test), no_main)]\nuse cortex_m_rt as _;\n#[test]\nfn hangs() { loop { core::hint::spin_loop(); } }\n#[test]\nfn hangs_too() { loop { core::hint::spin_loop(); } }\n",
    );
    let folder = place.path("tmp");
    std::fs::create_dir_all(&folder).expect("a folder can be made");
    let mut command = place.xsys("test");
    let mut test = Running::start(command.env("TMPDIR", &folder).stdout(Stdio::null()));
    let mark = folder.display().to_string();
    let machine = until(|| machine_of(&mark));
    test.send("TERM");
    assert_eq!(test.end().signal(), Some(15));
    assert!(!is_alive(machine));
    assert_eq!(machine_of(&mark), None);
    let left = std::fs::read_dir(&folder).expect("it is there").flatten();
    let left: Vec<_> = left.map(|entry| entry.file_name()).collect();
    let ours = left
        .iter()
        .any(|name| name.to_string_lossy().starts_with("xsys-"));
    assert!(!ours, "{left:?}");
}

/// A machine with a program from this folder.
fn machine_of(folder: &str) -> Option<u32> {
    let processes = std::fs::read_dir("/proc").ok()?.flatten();
    let mut ids = processes.filter_map(|entry| entry.file_name().to_str()?.parse::<u32>().ok());
    ids.find(|id| {
        let words = std::fs::read(format!("/proc/{id}/cmdline")).unwrap_or_default();
        let words = String::from_utf8_lossy(&words);
        words.starts_with("/") && words.contains("qemu-system") && words.contains(folder)
    })
}

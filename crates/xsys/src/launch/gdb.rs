//! `xsys run --gdb`: the program waits at its first instruction, with gdb attached to it.
//!
//! QEMU's machines and its user mode have a stub for gdb; a native program is gdb's own child. gdb is told where
//! sources are that have other names in debug information: the standard library's, and those that `trim-paths` has
//! replaced. With `--gdb=SCRIPT` it executes a file and ends, which is for tests; in each of the three ways a script
//! starts with the program stopped before its first instruction.
//!
//! Without gdb or without a terminal, the machine waits and the command that attaches is shown.

mod farewell;

use std::ffi::{OsStr, OsString};
use std::io::IsTerminal;
use std::net::TcpListener;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

use serde::{Deserialize, Serialize};
use xsys_diag::Diagnostic;
use xsys_sysroot::Toolchain;
use xsys_target::Target;

use crate::children;
use crate::error::{Failure, Result};
use crate::files::absolute;
use crate::launch::Launch;
use crate::programs::{cannot_start, find, quote};
use crate::project::Project;
use crate::ui::Ui;
use crate::variables;

/// How gdb is to be called.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Gdb {
    /// The file that it executes instead of a person's commands.
    script: Option<PathBuf>,
    /// Programs that may support the architecture, best first.
    programs: Vec<String>,
    /// Commands that say where sources are.
    sources: Vec<String>,
    /// The directory with Rust's pretty printers.
    printers: PathBuf,
}

/// Where a program waits.
enum Stub {
    /// A port of this host, for a machine.
    Port(u16),
    /// A socket for user mode, in a directory that is removed with it.
    Socket(tempfile::TempDir),
}

/// What is debugged.
#[derive(Clone, Copy)]
pub(crate) struct Debugged<'a> {
    pub target: &'a Target,
    pub toolchain: &'a Toolchain,
    pub project: &'a Project,
    /// Whether cargo's configuration has a runner of its own.
    pub has_runner: bool,
}

impl Gdb {
    /// The script that the flag names, relative to where xsys was called; empty if it names none. Checked before
    /// anything is built.
    pub(crate) fn script(named: &OsStr, directory: &Path) -> Result<PathBuf> {
        if named.is_empty() {
            return Ok(PathBuf::new());
        }
        let path = directory.join(named);
        if path.is_file() {
            return Ok(path);
        }
        Err(
            Diagnostic::error(format!("there is no file `{}`", path.display()))
                .help(
                    "`--gdb=FILE` executes gdb's commands in FILE; `--gdb` alone lets you type them",
                )
                .into(),
        )
    }

    /// `script` is empty if there is none.
    pub(crate) fn new(script: PathBuf, launch: &Launch, debugged: &Debugged<'_>) -> Result<Self> {
        let debuggable = match launch {
            Launch::Native => !debugged.has_runner,
            Launch::Through { programs, .. } => programs.iter().any(|name| is_qemu(name)),
            Launch::Wasm | Launch::Node => false,
        };
        if !debuggable {
            let problem = Diagnostic::error("`--gdb` is for programs that run natively or in QEMU");
            let problem = match launch {
                Launch::Wasm => {
                    return Err(problem
                        .note("this one runs in the built-in wasm engine, which shows by itself where a trap came from")
                        .into());
                }
                Launch::Node => return Err(problem.note("this one runs in Node").into()),
                Launch::Native => {
                    problem.note("cargo's configuration has a runner of its own for this target")
                }
                Launch::Through { programs, .. } => {
                    problem.note(format!("this one is run by `{}`", programs.join("` or `")))
                }
            };
            return Err(problem
                .help("start it by hand, with the options for debugging that its runner has")
                .into());
        }
        let given = (!script.as_os_str().is_empty()).then_some(script);
        let toolchain = debugged.toolchain;
        Ok(Self {
            script: given,
            programs: programs(debugged.target.arch(), *launch == Launch::Native),
            sources: sources(toolchain, debugged.project),
            printers: toolchain.rustc.sysroot().join("lib/rustlib/etc"),
        })
    }

    /// Runs a session; returns gdb's exit code.
    pub(crate) fn run(
        &self,
        ui: &Ui,
        launch: &Launch,
        program: &Path,
        mut command: Command,
    ) -> Result<u8> {
        variables::hide(&mut command);
        let attended = self.script.is_some() || std::io::stdin().is_terminal();
        let gdb = self.programs.iter().find_map(|name| find(name));
        if *launch == Launch::Native {
            let gdb = gdb.ok_or_else(|| self.missing())?;
            let mut session = self.command(&gdb);
            session.args(["-ex", "starti"]);
            self.finish(&mut session);
            session.arg("--args").arg(command.get_program());
            session.args(command.get_args());
            return wait(session);
        }
        let stub = Stub::open(&mut command)?;
        let (Some(gdb), true) = (gdb, attended) else {
            let name = self.programs.first().map_or("gdb", String::as_str);
            stub.tell(ui, name, program);
            return wait(command);
        };
        let mut session = self.command(&gdb);
        session.args(["-ex", &format!("target remote {}", stub.address())]);
        self.finish(&mut session);
        session.arg(program);
        // A program in user mode uses standard error itself.
        if matches!(stub, Stub::Port(_)) {
            command.stderr(Stdio::piped());
        }
        let mut machine = detached(command)?;
        let told = machine.stderr.take().map(|stderr| {
            std::thread::spawn(|| farewell::without_farewell(stderr, std::io::stderr()))
        });
        stub.wait_for(&mut machine);
        let code = wait(session);
        // gdb has ended, so nothing controls it any more.
        let _ = machine.kill();
        let _ = machine.wait();
        if let Some(told) = told {
            let _ = told.join();
        }
        code
    }

    /// gdb with the arguments that come before the program.
    fn command(&self, gdb: &Path) -> Command {
        let mut command = Command::new(gdb);
        variables::hide(&mut command);
        let printers = self.printers.display();
        command
            .arg("-q")
            .args(["-iex", &format!("add-auto-load-safe-path {printers}")])
            .args(["-iex", "set tcp connect-timeout 10"])
            .env("PYTHONPATH", python_path(&self.printers));
        for line in &self.sources {
            command.args(["-ex", line]);
        }
        command
    }

    fn finish(&self, command: &mut Command) {
        if let Some(script) = &self.script {
            command.arg("-batch").arg("-x").arg(script);
        }
    }

    fn missing(&self) -> Failure {
        let name = self.programs.first().map_or("gdb", String::as_str);
        Diagnostic::error(format!("`{name}` is not installed"))
            .help("install it: sudo apt install gdb (Debian, Ubuntu), or your system's package")
            .into()
    }
}

fn is_qemu(name: &str) -> bool {
    file_name(name).starts_with("qemu-")
}

fn is_machine(name: &str) -> bool {
    file_name(name).starts_with("qemu-system-")
}

fn file_name(name: &str) -> &str {
    name.rsplit(['/', '\\']).next().unwrap_or(name)
}

/// Names of debuggers for an architecture, from distributions and vendors.
fn programs(arch: &str, native: bool) -> Vec<String> {
    let names: &[&str] = match arch {
        _ if native => &["rust-gdb", "gdb", "gdb-multiarch"],
        "arm" => &[
            "gdb-multiarch",
            "arm-none-eabi-gdb",
            "arm-linux-gnueabihf-gdb",
            "gdb",
        ],
        "aarch64" => &[
            "gdb-multiarch",
            "aarch64-none-elf-gdb",
            "aarch64-elf-gdb",
            "aarch64-linux-gnu-gdb",
            "gdb",
        ],
        "riscv32" | "riscv64" => &[
            "gdb-multiarch",
            "riscv64-unknown-elf-gdb",
            "riscv32-unknown-elf-gdb",
            "riscv-none-elf-gdb",
            "riscv64-elf-gdb",
            "gdb",
        ],
        "x86_64" | "x86" => &["gdb-multiarch", "gdb", "x86_64-elf-gdb"],
        "avr" => &["avr-gdb", "gdb-multiarch"],
        _ => &["gdb-multiarch", "gdb"],
    };
    names.iter().map(|&name| name.to_owned()).collect()
}

/// Where sources are that have other names in debug information.
fn sources(toolchain: &Toolchain, project: &Project) -> Vec<String> {
    let mut lines = vec![substitute(
        &format!("/rustc/{}", toolchain.rustc.commit_hash()),
        &toolchain.rust_src(),
    )];
    if let Some(home) = crate::project::trim_paths::cargo_home() {
        lines.push(substitute("/cargo", &home));
    }
    // Trimmed paths are relative to the workspace.
    lines.push(format!("directory {}", word(&project.workspace_root)));
    lines
}

fn substitute(from: &str, to: &Path) -> String {
    format!("set substitute-path {from} {}", word(to))
}

/// A path quoted for gdb.
fn word(path: &Path) -> String {
    let text = path.display().to_string();
    format!("\"{}\"", text.replace('\\', r"\\").replace('"', "\\\""))
}

fn python_path(printers: &Path) -> OsString {
    let mut directories = vec![printers.to_owned()];
    if let Some(before) = std::env::var_os("PYTHONPATH") {
        directories.extend(std::env::split_paths(&before));
    }
    std::env::join_paths(directories).unwrap_or_default()
}

impl Stub {
    /// Makes the emulator wait.
    fn open(command: &mut Command) -> Result<Self> {
        let failed = |error: std::io::Error| {
            Failure::from(Diagnostic::error(format!(
                "cannot make a connection for gdb: {}",
                crate::error::reason(&error)
            )))
        };
        let name = command.get_program().to_string_lossy().into_owned();
        if is_machine(&name) {
            // If another process takes the port in between, QEMU fails with a message of its own.
            let listener = TcpListener::bind(("127.0.0.1", 0)).map_err(failed)?;
            let port = listener.local_addr().map_err(failed)?.port();
            command.args(["-S", "-gdb", &format!("tcp:127.0.0.1:{port}")]);
            return Ok(Self::Port(port));
        }
        let directory = tempfile::Builder::new()
            .prefix("xsys-gdb-")
            .tempdir()
            .map_err(failed)?;
        // Its options come before the program.
        let mut with = Command::new(command.get_program());
        with.arg("-g").arg(directory.path().join("gdb"));
        with.args(command.get_args());
        for (name, value) in command.get_envs() {
            match value {
                Some(value) => with.env(name, value),
                None => with.env_remove(name),
            };
        }
        *command = with;
        Ok(Self::Socket(directory))
    }

    /// The argument of `target remote`.
    fn address(&self) -> String {
        match self {
            Self::Port(port) => format!("127.0.0.1:{port}"),
            Self::Socket(directory) => directory.path().join("gdb").display().to_string(),
        }
    }

    /// gdb retries a port, but not a socket.
    fn wait_for(&self, machine: &mut Child) {
        let Self::Socket(directory) = self else {
            return;
        };
        let (socket, start) = (directory.path().join("gdb"), Instant::now());
        while !socket.exists() && start.elapsed() < Duration::from_secs(10) {
            if matches!(machine.try_wait(), Ok(Some(_)) | Err(_)) {
                return;
            }
            std::thread::sleep(Duration::from_millis(5));
        }
    }

    fn tell(&self, ui: &Ui, gdb: &str, program: &Path) {
        ui.status("Waiting", &format!("for gdb at {}", self.address()));
        let program = absolute(program).display().to_string();
        let attach = format!("target remote {}", self.address());
        ui.status(
            "Attach",
            &format!("with {gdb} {} -ex {}", quote(&program), quote(&attach)),
        );
    }
}

/// Starts the emulator so that a person's interrupt does not reach it.
fn detached(mut command: Command) -> Result<Child> {
    let program = PathBuf::from(command.get_program());
    command.stdin(Stdio::null());
    #[cfg(unix)]
    if std::io::stdin().is_terminal() {
        std::os::unix::process::CommandExt::process_group(&mut command, 0);
    }
    children::spawn(&mut command).map_err(|error| cannot_start(&program, &error))
}

fn wait(mut command: Command) -> Result<u8> {
    let program = PathBuf::from(command.get_program());
    children::outlive_interrupts();
    match children::status(&mut command) {
        Ok(status) => Ok(u8::try_from(status.code().unwrap_or(1) & 0xff).unwrap_or(1)),
        Err(error) => Err(cannot_start(&program, &error)),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn emulators_are_made_to_wait() {
        let mut machine = Command::new("/usr/bin/qemu-system-arm");
        machine.args(["-M", "x"]);
        let stub = Stub::open(&mut machine).unwrap();
        let args: Vec<_> = machine.get_args().collect();
        assert_eq!(args[..4], ["-M", "x", "-S", "-gdb"]);
        assert_eq!(args[4], format!("tcp:{}", stub.address()).as_str());

        let mut user = Command::new("qemu-arm");
        user.args(["./prog", "arg"]).env("A", "b");
        let stub = Stub::open(&mut user).unwrap();
        let args: Vec<_> = user.get_args().collect();
        assert_eq!(args[0], "-g");
        assert_eq!(args[1], stub.address().as_str());
        assert_eq!(args[2..], ["./prog", "arg"]);
        assert_eq!(user.get_envs().count(), 1);
    }

    #[test]
    fn paths_are_words() {
        for (path, expected) in [("/a b", "\"/a b\""), ("/a\"b\\c", "\"/a\\\"b\\\\c\"")] {
            assert_eq!(word(Path::new(path)), expected);
        }
    }
}

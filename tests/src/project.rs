//! The harness of the tests that call xsys as people do: the real program, in projects of its own.
//!
//! Such a test is only useful if it does not depend on the machine, and only fast enough if the
//! expensive part, compiling standard libraries, happens once. So every call gets an environment
//! without cargo's and rustc's settings, every test gets an empty directory ([`Place`]), and all tests
//! share one cache of sysroots below cargo's target directory.

use std::ffi::{OsStr, OsString};
use std::io::Read;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::sync::OnceLock;
use std::time::{Duration, Instant};

/// Longer than any single call takes, even one that builds std on a slow machine.
const PATIENCE: Duration = Duration::from_secs(20 * 60);

/// This repository.
pub fn repository() -> &'static Path {
    Path::new(env!("CARGO_MANIFEST_DIR"))
        .parent()
        .expect("the package is in a workspace")
}

/// The directory of a test suite's cases.
pub fn cases(suite: &str) -> PathBuf {
    repository().join("tests/cases").join(suite)
}

/// cargo's directory of the profile that this test was built with (`target/debug`).
fn profile_dir() -> &'static Path {
    static DIR: OnceLock<PathBuf> = OnceLock::new();
    DIR.get_or_init(|| {
        let own = std::env::current_exe().expect("a test is a file");
        let profile = own.parent().and_then(Path::parent);
        profile.expect("tests are in target/debug/deps").to_owned()
    })
}

/// The directory for files of tests, below cargo's target directory.
pub fn scratch() -> PathBuf {
    let target = profile_dir().parent().expect("profiles are in target");
    target.join("tmp")
}

/// The cache of sysroots that all tests share.
pub fn cache() -> PathBuf {
    scratch().join("cache")
}

/// The program under test, built from the present sources, with the features that `cargo test
/// --workspace` gives the dependencies, or they would be compiled again.
pub fn xsys() -> &'static Path {
    static XSYS: OnceLock<PathBuf> = OnceLock::new();
    XSYS.get_or_init(|| {
        let mut command = Command::new(std::env::var_os("CARGO").unwrap_or("cargo".into()));
        command
            .args(["build", "--quiet", "--workspace", "--bins"])
            .arg("--manifest-path")
            .arg(repository().join("Cargo.toml"))
            .arg("--target-dir")
            .arg(profile_dir().parent().expect("profiles are in target"));
        if profile_dir().ends_with("release") {
            command.arg("--release");
        }
        let ran = run(&mut command);
        assert!(ran.code == Some(0), "xsys does not build:\n{}", ran.stderr);
        profile_dir().join(format!("xsys{}", std::env::consts::EXE_SUFFIX))
    })
}

/// A call of xsys in a directory, to which arguments are added.
pub fn xsys_in(folder: &Path) -> Command {
    let mut command = Command::new(xsys());
    command.current_dir(folder).env("XSYS_CACHE_DIR", cache());
    without_settings(&mut command);
    command
}

/// Removes from a command's environment the variables of this machine's user and of the cargo that
/// started the test, except those that say where toolchains and packages are.
pub fn without_settings(command: &mut Command) {
    for (name, _) in std::env::vars_os() {
        let Some(text) = name.to_str() else { continue };
        let of_cargo = ["BUILD", "ENCODED", "PROFILE", "PKG", "MANIFEST", "TARGET"]
            .iter()
            .any(|part| text.starts_with(&format!("CARGO_{part}")));
        let named = [
            "CARGO",
            "CARGO_INCREMENTAL",
            "CARGO_TERM_COLOR",
            "CARGO_MAKEFLAGS",
            "CLICOLOR_FORCE",
            "LD_LIBRARY_PATH",
            "MAKEFLAGS",
            "RUSTC",
            "RUSTC_WRAPPER",
            "RUSTC_WORKSPACE_WRAPPER",
            "RUSTDOC",
            "RUSTDOCFLAGS",
            "RUSTFLAGS",
            "RUST_BACKTRACE",
            "RUST_TARGET_PATH",
            "XSYS_KERNEL",
        ];
        if of_cargo || named.contains(&text) {
            command.env_remove(&name);
        }
    }
}

/// The result of a finished program.
#[derive(Clone, Debug)]
pub struct Ran {
    /// The call, for messages.
    pub line: String,
    /// None after a signal.
    pub code: Option<i32>,
    pub stdout: String,
    pub stderr: String,
}

impl Ran {
    /// Fails the test unless the program ended like this.
    #[track_caller]
    pub fn ends_with(self, code: i32) -> Self {
        assert!(
            self.code == Some(code),
            "`{}` ended with {:?} instead of {code}\n--- stdout\n{}\n--- stderr\n{}",
            self.line,
            self.code,
            self.stdout,
            self.stderr
        );
        self
    }

    /// Fails the test unless the program printed this to stderr.
    #[track_caller]
    pub fn tells(self, part: &str) -> Self {
        assert!(
            self.stderr.contains(part),
            "`{}` did not say `{part}`\n--- stderr\n{}",
            self.line,
            self.stderr
        );
        self
    }
}

/// Runs a program to its end, or kills it and all it started if it takes too long.
pub fn run(command: &mut Command) -> Ran {
    run_for(command, PATIENCE)
}

/// Runs a program for at most `limit`; one that was killed has no exit code.
pub fn run_for(command: &mut Command, limit: Duration) -> Ran {
    let line = shown(command);
    command
        .stdin(Stdio::null())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped());
    own_group(command);
    let mut child = command
        .spawn()
        .unwrap_or_else(|error| panic!("cannot start `{line}`: {error}"));
    let stdout = reader(child.stdout.take());
    let stderr = reader(child.stderr.take());
    let start = Instant::now();
    let status = loop {
        match child.try_wait().expect("a child can be waited for") {
            Some(status) => break status,
            None if start.elapsed() > limit => {
                kill_group(child.id());
                break child.wait().expect("a child can be waited for");
            }
            None => std::thread::sleep(Duration::from_millis(10)),
        }
    };
    Ran {
        line,
        code: status.code(),
        stdout: stdout.join().expect("a reader ends"),
        stderr: stderr.join().expect("a reader ends"),
    }
}

fn reader(stream: Option<impl Read + Send + 'static>) -> std::thread::JoinHandle<String> {
    std::thread::spawn(move || {
        let mut bytes = Vec::new();
        if let Some(mut stream) = stream {
            // The output before a broken pipe is still useful.
            let _ = stream.read_to_end(&mut bytes);
        }
        String::from_utf8_lossy(&bytes).into_owned()
    })
}

/// Makes a process the first of a group, so that its children can be killed with it.
pub fn own_group(command: &mut Command) {
    #[cfg(unix)]
    std::os::unix::process::CommandExt::process_group(command, 0);
    #[cfg(not(unix))]
    let _ = command;
}

/// Kills a process and its children.
pub fn kill_group(leader: u32) {
    let group = format!("-{leader}");
    let _ = Command::new("kill").args(["-KILL", "--", &group]).status();
}

fn shown(command: &Command) -> String {
    std::iter::once(command.get_program())
        .chain(command.get_args())
        .map(OsStr::to_string_lossy)
        .collect::<Vec<_>>()
        .join(" ")
}

/// A directory of a test's own.
#[derive(Clone, Debug)]
pub struct Place {
    pub folder: PathBuf,
}

impl Place {
    /// An empty directory outside of this repository, below which projects would become members of its workspace. Tests that
    /// were cut leave theirs; the next one removes them.
    pub fn outside(name: &str) -> Self {
        static SWEPT: OnceLock<()> = OnceLock::new();
        let all = std::env::temp_dir();
        SWEPT.get_or_init(|| sweep(&all));
        let folder = all.join(format!("{OUTSIDE}{name}-{}", std::process::id()));
        std::fs::create_dir_all(&folder).expect("a folder can be made");
        Self {
            folder: folder.canonicalize().expect("it was made"),
        }
    }
}

/// The prefix of these directories' names; a process's number follows.
const OUTSIDE: &str = "xsys-test-";

/// Removes directories of processes that are not there any more.
fn sweep(all: &Path) {
    for entry in std::fs::read_dir(all).into_iter().flatten().flatten() {
        let name = entry.file_name().to_string_lossy().into_owned();
        let process = name.strip_prefix(OUTSIDE);
        let process = process.and_then(|rest| rest.rsplit_once('-')?.1.parse::<u32>().ok());
        // Without /proc it is not known which processes exist.
        let gone = |process: u32| {
            Path::new("/proc/self").exists()
                && !Path::new("/proc").join(process.to_string()).exists()
        };
        if process.is_some_and(gone) {
            // It may be another user's.
            let _ = std::fs::remove_dir_all(entry.path());
        }
    }
}

impl Place {
    /// An empty directory with this name; what the last run left there is removed.
    pub fn new(suite: &str, name: &str) -> Self {
        let folder = scratch().join(suite).join(name);
        if folder.exists() {
            std::fs::remove_dir_all(&folder)
                .unwrap_or_else(|error| panic!("{}: {error}", folder.display()));
        }
        std::fs::create_dir_all(&folder)
            .unwrap_or_else(|error| panic!("{}: {error}", folder.display()));
        Self { folder }
    }

    pub fn path(&self, name: &str) -> PathBuf {
        self.folder.join(name)
    }

    /// Writes a file, and the directories above it.
    pub fn write(&self, name: &str, text: &str) -> PathBuf {
        let path = self.path(name);
        std::fs::create_dir_all(path.parent().expect("a file is in a folder"))
            .and_then(|()| std::fs::write(&path, text))
            .unwrap_or_else(|error| panic!("{}: {error}", path.display()));
        path
    }

    /// Puts a copy of a directory here.
    pub fn copy(&self, from: &Path, name: &str) -> PathBuf {
        let to = self.path(name);
        copy_folder(from, &to);
        to
    }

    /// A call of xsys here; words are separated by spaces.
    pub fn xsys(&self, line: &str) -> Command {
        let mut command = xsys_in(&self.folder);
        command.args(line.split_whitespace());
        command
    }
}

/// Copies a directory's files, but no build results.
pub fn copy_folder(from: &Path, to: &Path) {
    try_copy(from, to).unwrap_or_else(|error| panic!("{}: {error}", from.display()));
}

fn try_copy(from: &Path, to: &Path) -> std::io::Result<()> {
    std::fs::create_dir_all(to)?;
    for entry in std::fs::read_dir(from)? {
        let entry = entry?;
        let (path, name) = (entry.path(), entry.file_name());
        if !path.is_dir() {
            std::fs::copy(&path, to.join(name))?;
        } else if name != "target" {
            try_copy(&path, &to.join(name))?;
        }
    }
    Ok(())
}

/// The names of a directory's subfolders, sorted.
pub fn folders_in(folder: &Path) -> Vec<String> {
    let mut names: Vec<String> = std::fs::read_dir(folder)
        .unwrap_or_else(|error| panic!("{}: {error}", folder.display()))
        .filter_map(|entry| {
            let entry = entry.ok()?;
            let name = entry.file_name().into_string().ok()?;
            entry.path().is_dir().then_some(name)
        })
        .collect();
    names.sort();
    names
}

/// A program in `PATH`.
pub fn find_program(name: &str) -> Option<PathBuf> {
    std::env::split_paths(&std::env::var_os("PATH")?)
        .map(|folder| folder.join(name))
        .find(|file| file.is_file())
}

/// A directory with links to only these programs, to be the whole `PATH`.
#[cfg(unix)]
pub fn path_of(place: &Place, programs: &[&str]) -> OsString {
    let bin = place.path("bin");
    std::fs::create_dir_all(&bin).expect("a folder can be made");
    for name in programs {
        if let Some(program) = find_program(name) {
            // Further links are not followed: rustup's proxies depend on the name that they are called by.
            std::os::unix::fs::symlink(program, bin.join(name)).expect("a link can be made");
        }
    }
    bin.into_os_string()
}

/// Prints that something could not be tested here, so that no test is skipped silently.
pub fn skip(test: &str, reason: &str) {
    // Not captured by the test harness, so that it is in the log of every run.
    let line = format!("skipped: {test}: {reason}\n");
    let _ = std::io::Write::write_all(&mut std::io::stderr(), line.as_bytes());
}

/// The directory of the toolchain that xsys uses here.
pub fn rustc_sysroot() -> PathBuf {
    PathBuf::from(ask_rustc(&["--print", "sysroot"]).trim())
}

/// Where a target's musl is.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Musl {
    /// `rustup target add` has brought it.
    Toolchain,
    /// In the directory that `XSYS_TEST_MUSL` names, which `XSYS_MUSL_DIR` has to name.
    Folder(PathBuf),
    Nowhere,
}

impl Musl {
    pub fn of(target: &str) -> Self {
        if rustc_sysroot().join("lib/rustlib").join(target).is_dir() {
            return Self::Toolchain;
        }
        match std::env::var_os("XSYS_TEST_MUSL").map(PathBuf::from) {
            Some(folder) if folder.join(target).is_dir() => Self::Folder(folder),
            _ => Self::Nowhere,
        }
    }

    /// Tells a command.
    pub fn tell(&self, command: &mut Command) {
        if let Self::Folder(folder) = self {
            command.env("XSYS_MUSL_DIR", folder);
        }
    }
}

/// Its release, such as `1.95.0`.
pub fn rustc_release() -> String {
    of_version("release: ")
}

/// The triple of the machine that the compiler runs on.
pub fn rustc_host() -> String {
    of_version("host: ")
}

fn of_version(key: &str) -> String {
    let text = ask_rustc(&["-vV"]);
    let value = text.lines().find_map(|line| line.strip_prefix(key));
    value.expect("rustc tells it").to_owned()
}

fn ask_rustc(arguments: &[&str]) -> String {
    let mut command = Command::new("rustc");
    command.args(arguments);
    without_settings(&mut command);
    run(&mut command).ends_with(0).stdout
}

//! Calls of rustc: every process that this crate starts is started here.
//!
//! Target specs are an unstable feature, and so are the prints that describe them. They work on a stable toolchain with
//! `RUSTC_BOOTSTRAP=1`, which is set for these children only: anywhere else it would change what the user's own crates
//! detect.

use std::ffi::{OsStr, OsString};
use std::io::Write as _;
use std::path::{Path, PathBuf};
use std::process::{Command, Output, Stdio};

use xsys_diag::Diagnostic;

/// rustc could not be asked.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// The program does not start.
    #[error("cannot start `{}`", program.display())]
    Start {
        /// The program.
        program: PathBuf,
        /// Why.
        source: std::io::Error,
    },
    /// It ran and failed.
    #[error("`{command}` failed ({status})")]
    Failed {
        /// The command line.
        command: String,
        /// How it ended.
        status: String,
        /// What it wrote to its error stream.
        stderr: String,
    },
    /// It ran, but its output is not what was expected.
    #[error("`{command}` printed no `{missing}`")]
    Output {
        /// The command line.
        command: String,
        /// What was looked for.
        missing: &'static str,
    },
}

impl Error {
    /// For rendering.
    pub fn into_diagnostic(self) -> Diagnostic {
        let diagnostic = Diagnostic::error(self.to_string());
        match self {
            Error::Start { source, .. } => diagnostic
                .note(source.to_string())
                .help("install Rust with rustup, or point `RUSTC` at a compiler"),
            Error::Failed { stderr, .. } => {
                let text = stderr.trim();
                if text.is_empty() {
                    diagnostic
                } else {
                    diagnostic.note(text)
                }
            }
            Error::Output { .. } => {
                diagnostic.help("check that `RUSTC` and `RUSTC_WRAPPER` name a Rust compiler")
            }
        }
    }
}

/// A Rust compiler: how to call it and what it says about itself.
#[derive(Clone, Debug)]
pub struct Rustc {
    program: PathBuf,
    env: Vec<(OsString, OsString)>,
    dir: Option<PathBuf>,
    sysroot: PathBuf,
    host: String,
    release: String,
    commit_hash: String,
}

impl Rustc {
    /// Asks `program` for its version and sysroot.
    ///
    /// # Errors
    /// If it does not start, fails, or prints something else.
    pub fn new(program: PathBuf) -> Result<Rustc, Error> {
        Rustc::with(program, Vec::new(), None)
    }

    /// The same with environment variables (such as `RUSTUP_TOOLCHAIN`) and a working directory
    /// (rustup's proxies look for `rust-toolchain.toml` there).
    ///
    /// # Errors
    /// As for [`new`](Self::new).
    pub fn with(
        program: PathBuf,
        env: Vec<(OsString, OsString)>,
        dir: Option<PathBuf>,
    ) -> Result<Rustc, Error> {
        let mut rustc = Rustc {
            program,
            env,
            dir,
            sysroot: PathBuf::new(),
            host: String::new(),
            release: String::new(),
            commit_hash: String::new(),
        };
        // With both in one call the sysroot is the last line after the version's fields.
        let arguments = ["-vV", "--print", "sysroot"];
        let version = rustc.print(&arguments[..1])?;
        let field = |name: &'static str| {
            version
                .lines()
                .find_map(|line| line.strip_prefix(name)?.strip_prefix(": "))
                .map(str::to_owned)
                .ok_or_else(|| Error::Output {
                    command: rustc.shown(&arguments[..1]),
                    missing: name,
                })
        };
        let (host, release) = (field("host")?, field("release")?);
        // Compilers built from a tarball say `unknown`; their release still tells them apart.
        let commit_hash = field("commit-hash").unwrap_or_else(|_| "unknown".to_owned());
        let sysroot = PathBuf::from(rustc.print(&arguments[1..])?.trim_end());
        (rustc.host, rustc.release) = (host, release);
        (rustc.commit_hash, rustc.sysroot) = (commit_hash, sysroot);
        Ok(rustc)
    }

    /// The program to call.
    pub fn program(&self) -> &Path {
        &self.program
    }

    /// The toolchain's own sysroot.
    pub fn sysroot(&self) -> &Path {
        &self.sysroot
    }

    /// The triple it runs on.
    pub fn host(&self) -> &str {
        &self.host
    }

    /// Such as `1.95.0` or `1.97.0-nightly`.
    pub fn release(&self) -> &str {
        &self.release
    }

    /// The commit it was built from, or `unknown`.
    pub fn commit_hash(&self) -> &str {
        &self.commit_hash
    }

    /// Whether unstable features are on without being forced.
    pub fn is_nightly(&self) -> bool {
        self.release.ends_with("-nightly") || self.release.ends_with("-dev")
    }

    /// A command that runs this compiler in its working directory with its environment.
    pub fn command(&self) -> Command {
        let mut command = Command::new(&self.program);
        command.envs(self.env.iter().map(|(name, value)| (name, value)));
        if let Some(dir) = &self.dir {
            command.current_dir(dir);
        }
        command
    }

    /// The cfgs of a triple or a spec file under further flags, a line each, as `--print cfg` has
    /// them.
    ///
    /// # Errors
    /// If rustc fails.
    pub fn cfg(&self, target: impl AsRef<OsStr>, flags: &[String]) -> Result<Vec<String>, Error> {
        let mut arguments = vec![
            OsStr::new("-Zunstable-options"),
            OsStr::new("--print"),
            OsStr::new("cfg"),
            OsStr::new("--target"),
            target.as_ref(),
        ];
        arguments.extend(flags.iter().map(OsStr::new));
        Ok(self.print(&arguments)?.lines().map(str::to_owned).collect())
    }

    /// A built-in triple's spec as JSON.
    ///
    /// # Errors
    /// If rustc fails or does not know the triple.
    pub fn target_spec_json(&self, triple: &str) -> Result<String, Error> {
        self.print(&[
            "-Zunstable-options",
            "--print",
            "target-spec-json",
            "--target",
            triple,
        ])
    }

    /// The JSON schema of target specs. Its keys change from release to release.
    ///
    /// # Errors
    /// If rustc fails, for instance because it is too old.
    pub fn schema(&self) -> Result<String, Error> {
        self.print(&["-Zunstable-options", "--print", "target-spec-json-schema"])
    }

    /// All built-in targets' specs: one JSON object, the triples its keys.
    ///
    /// # Errors
    /// If rustc fails.
    pub fn all_target_specs(&self) -> Result<String, Error> {
        self.print(&["-Zunstable-options", "--print", "all-target-specs-json"])
    }

    /// All built-in triples.
    ///
    /// # Errors
    /// If rustc fails.
    pub fn target_list(&self) -> Result<Vec<String>, Error> {
        let list = self.print(&["--print", "target-list"])?;
        Ok(list.lines().map(str::to_owned).collect())
    }

    /// Compiles an empty crate for a spec file and throws the code away. Only code generation
    /// compares the data layout and the CPU with LLVM's. `spec` must be in a directory of its own.
    pub(crate) fn trial(&self, spec: &Path) -> Result<Output, Error> {
        // Even when it writes to standard output, rustc first makes a file in the current directory, and two checks at
        // once would overwrite each other's.
        self.compile_nothing(spec.as_os_str(), &spec.with_file_name("trial.s"))
    }

    fn compile_nothing(&self, target: &OsStr, thrown_away: &Path) -> Result<Output, Error> {
        let arguments = [
            OsStr::new("-Zunstable-options"),
            OsStr::new("--error-format=json"),
            OsStr::new("--crate-type=lib"),
            OsStr::new("--crate-name=trial"),
            OsStr::new("--emit=asm"),
            OsStr::new("-o"),
            thrown_away.as_os_str(),
            OsStr::new("--target"),
            target,
            OsStr::new("-"),
        ];
        self.run(&arguments, b"#![feature(no_core)]\n#![no_core]\n")
    }

    /// Why this compiler generates no code for a built-in triple that it lists; nothing if it does.
    ///
    /// # Errors
    /// If rustc does not start.
    pub fn refuses(&self, triple: &str) -> Result<Option<String>, Error> {
        let failed = |source| Error::Start {
            program: self.program.clone(),
            source,
        };
        let directory = tempfile::tempdir().map_err(failed)?;
        let output = self.compile_nothing(OsStr::new(triple), &directory.path().join("trial.s"))?;
        if output.status.success() {
            return Ok(None);
        }
        let stderr = String::from_utf8_lossy(&output.stderr);
        let told = stderr.lines().find_map(|line| {
            let json: serde_json::Value = serde_json::from_str(line).ok()?;
            Some(json.get("message")?.as_str()?.to_owned())
        });
        Ok(Some(told.unwrap_or_else(|| stderr.trim().to_owned())))
    }

    fn print<S: AsRef<OsStr>>(&self, arguments: &[S]) -> Result<String, Error> {
        let output = self.run(arguments, b"")?;
        if output.status.success() {
            Ok(String::from_utf8_lossy(&output.stdout).into_owned())
        } else {
            Err(Error::Failed {
                command: self.shown(arguments),
                status: output.status.to_string(),
                stderr: String::from_utf8_lossy(&output.stderr).into_owned(),
            })
        }
    }

    fn run<S: AsRef<OsStr>>(&self, arguments: &[S], input: &[u8]) -> Result<Output, Error> {
        let start = |source| Error::Start {
            program: self.program.clone(),
            source,
        };
        let mut child = self
            .command()
            .args(arguments)
            .env("RUSTC_BOOTSTRAP", "1")
            // A spec that makes rustc panic is reported by us; its dump would litter the directory.
            .env("RUSTC_ICE", "0")
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            .spawn()
            .map_err(start)?;
        if let Some(mut stdin) = child.stdin.take() {
            // A compiler that rejects the spec never reads its input: a closed pipe is no problem.
            let _ = stdin.write_all(input);
        }
        child.wait_with_output().map_err(start)
    }

    fn shown<S: AsRef<OsStr>>(&self, arguments: &[S]) -> String {
        let mut text = self.program.display().to_string();
        for argument in arguments {
            text.push(' ');
            text.push_str(&argument.as_ref().to_string_lossy());
        }
        text
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn asks_the_toolchain_under_test() {
        let rustc = Rustc::new("rustc".into()).unwrap();
        assert!(rustc.host().contains('-'), "{}", rustc.host());
        assert!(rustc.sysroot().join("lib").is_dir());
        assert!(rustc.release().split('.').count() == 3);
        assert_eq!(rustc.commit_hash().len(), 40);
        let cfg = rustc.cfg("thumbv7m-none-eabi", &[]).unwrap();
        assert!(cfg.iter().any(|line| line == "target_arch=\"arm\""));
        assert!(
            rustc
                .target_list()
                .unwrap()
                .contains(&"thumbv7m-none-eabi".to_owned())
        );
    }

    #[test]
    fn failures_name_the_command() {
        let error = Rustc::new("/no/such/rustc".into()).unwrap_err();
        assert_eq!(error.to_string(), "cannot start `/no/such/rustc`");
        let rustc = Rustc::new("rustc".into()).unwrap();
        let error = rustc
            .cfg("no-such-triple", &[])
            .unwrap_err()
            .into_diagnostic();
        assert_eq!(
            error.message,
            "`rustc -Zunstable-options --print cfg --target no-such-triple` failed (exit status: 1)"
        );
        assert!(error.notes[0].contains("no-such-triple"));
    }
}

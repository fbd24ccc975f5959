//! Lists all programs that a build starts, by `strace`.
//!
//! "Needs no C compiler and no other linker" can only be shown by looking at every `execve`: a
//! `PATH` without them does not hide the linkers that come inside a toolchain.

use std::path::{Path, PathBuf};
use std::process::Command;

use crate::project::{find_program, run};

/// A wrapped command and where its trace goes.
#[derive(Debug)]
pub struct Traced {
    pub command: Command,
    trace: PathBuf,
}

impl Traced {
    /// Wraps a command; fails with the reason where processes cannot be traced.
    pub fn new(command: &Command, trace: &Path) -> Result<Self, &'static str> {
        let strace = find_program("strace").ok_or("strace is not installed")?;
        // Containers may forbid it.
        let allowed = run(Command::new(&strace).args(["-f", "-o", "/dev/null", "true"]));
        if allowed.code != Some(0) {
            return Err("processes may not be traced here");
        }
        let mut wrapped = Command::new(strace);
        wrapped
            .args(["-f", "-qq", "-s", "4096", "-e", "trace=execve", "-o"])
            .arg(trace)
            .arg(command.get_program())
            .args(command.get_args());
        if let Some(folder) = command.get_current_dir() {
            wrapped.current_dir(folder);
        }
        for (name, value) in command.get_envs() {
            match value {
                Some(value) => wrapped.env(name, value),
                None => wrapped.env_remove(name),
            };
        }
        Ok(Self {
            command: wrapped,
            trace: trace.to_owned(),
        })
    }

    /// After the run: the programs that were started, in order, each as often as it was.
    pub fn programs(&self) -> Vec<String> {
        let text = std::fs::read(&self.trace).expect("strace writes a file");
        programs(&String::from_utf8_lossy(&text))
    }
}

/// Reads lines such as `17 execve("/usr/bin/cc", ["cc"], 0x7ffe /* 20 vars */) = 0`. A call that
/// another process interrupts stands on two lines.
fn programs(text: &str) -> Vec<String> {
    let mut found = Vec::new();
    let mut open: Vec<(&str, &str)> = Vec::new();
    for line in text.lines() {
        let Some((process, call)) = line.split_once(' ') else {
            continue;
        };
        let call = call.trim_start();
        let named = call
            .strip_prefix("execve(\"")
            .and_then(|rest| rest.split_once('"'))
            .map(|(name, _)| name);
        if let Some(name) = named {
            if call.ends_with("<unfinished ...>") {
                open.push((process, name));
            } else if call.ends_with(" = 0") {
                found.push(name.to_owned());
            }
        } else if call.starts_with("<... execve resumed>")
            && let Some(at) = open.iter().position(|(owner, _)| *owner == process)
        {
            let (_, name) = open.remove(at);
            if call.ends_with(" = 0") {
                found.push(name.to_owned());
            }
        }
    }
    found
}

/// The last part of a program's path.
pub fn file_name(program: &str) -> &str {
    program.rsplit('/').next().unwrap_or(program)
}

/// The names of programs that link or compile C.
pub fn is_foreign_toolchain(program: &str) -> bool {
    let name = file_name(program);
    let plain = name.rsplit_once('-').map_or(name, |(_, last)| last);
    let exact = [
        "cc", "c++", "gcc", "g++", "clang", "clang++", "ld", "lld", "gold", "bfd", "mold", "wild",
        "as", "ar", "objcopy", "strip", "collect2", "cc1", "ld64", "tcc",
    ];
    exact.contains(&plain)
        || plain.starts_with("ld.")
        || name.contains("lld")
        || name.starts_with("gcc")
        || name.starts_with("clang")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn calls_are_read_whole_or_interrupted() {
        let text = r#"1 execve("/b/xsys", ["xsys", "build"], 0x7f /* 9 vars */) = 0
2 execve("/a/rustc", ["rustc"], 0x7f /* 9 vars */) = -1 ENOENT (No such file or directory)
2 execve("/b/rustc", ["rustc", "a \"b\""], 0x7f /* 9 vars */ <unfinished ...>
3 execve("/b/cargo", ["cargo"], 0x7f /* 9 vars */ <unfinished ...>
2 <... execve resumed>) = 0
3 <... execve resumed>) = -1 EACCES (Permission denied)
3 --- SIGCHLD {si_signo=SIGCHLD} ---
"#;
        assert_eq!(programs(text), ["/b/xsys", "/b/rustc"]);
    }

    #[test]
    fn other_linkers_and_compilers_are_known() {
        for (program, expected) in [
            ("/usr/bin/cc", true),
            ("x86_64-linux-gnu-gcc", true),
            ("gcc-12", true),
            ("/usr/bin/x86_64-linux-gnu-ld.bfd", true),
            ("/t/lib/rustlib/x/bin/rust-lld", true),
            ("/t/lib/rustlib/x/bin/gcc-ld/ld.lld", true),
            ("wasm-ld", true),
            ("llvm-objcopy", true),
            ("/usr/bin/rustc", false),
            ("/c/cargo", false),
            ("/t/xsys", false),
            ("qemu-system-aarch64", false),
        ] {
            assert_eq!(is_foreign_toolchain(program), expected, "{program}");
        }
    }
}

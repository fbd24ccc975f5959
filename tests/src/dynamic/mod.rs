//! Programs in C and C++ that use shared libraries: a folder of `cases/dynamic` for each.
//!
//! `steps` says how a program is made and run, a line each:
//!
//! ```text
//! # what the case shows
//! variants FLAGS | FLAGS     `@` in the lines below stands for each of these in turn
//! cc ARGS, c++ ARGS          calls the compiler; what it links is linked by xsys
//! run COMMAND                a line of sh, whose output and exit code count
//! fails WORDS                the line before must fail, and say these words
//! only NAME                  the compilers that the case is for (all of them otherwise)
//! differs NAME REASON        with this compiler the dynamic parts are not compared
//! ```
//!
//! Every case is done twice, by our linker and by the compiler's own: both programs must say the same, which is also what
//! `expected` has, and the dynamic parts of all outputs must mean the same (`relation`). The compilers are the system's
//! GCC and clang, and GCC for other machines, whose programs QEMU runs; what is not installed is left out, and said.

mod relation;

use std::fmt::Write as _;
use std::path::{Path, PathBuf};
use std::process::{Command, ExitCode, Output};

use libtest_mimic::{Arguments, Failed, Trial};

/// A compiler for a machine.
#[derive(Clone, Copy)]
struct Toolchain {
    name: &'static str,
    cc: &'static str,
    cxx: &'static str,
    /// What runs programs, before their names.
    runner: &'static str,
}

const TOOLCHAINS: [Toolchain; 5] = [
    Toolchain {
        name: "gcc",
        cc: "gcc",
        cxx: "g++",
        runner: "",
    },
    Toolchain {
        name: "clang",
        cc: "clang",
        cxx: "clang++",
        runner: "",
    },
    Toolchain {
        name: "aarch64",
        cc: "aarch64-linux-gnu-gcc",
        cxx: "aarch64-linux-gnu-g++",
        runner: "qemu-aarch64 -L /usr/aarch64-linux-gnu -E LD_LIBRARY_PATH=.",
    },
    Toolchain {
        name: "riscv64",
        cc: "riscv64-linux-gnu-gcc",
        cxx: "riscv64-linux-gnu-g++",
        runner: "qemu-riscv64 -L /usr/riscv64-linux-gnu -E LD_LIBRARY_PATH=.",
    },
    Toolchain {
        name: "arm",
        cc: "arm-linux-gnueabihf-gcc",
        cxx: "arm-linux-gnueabihf-g++",
        runner: "qemu-arm -L /usr/arm-linux-gnueabihf -E LD_LIBRARY_PATH=.",
    },
];

/// Runs all cases with all compilers. `linker` is a directory with our linker as `ld`.
pub fn run_all(cases: &Path, scratch: &Path, linker: &Path) -> ExitCode {
    let mut folders: Vec<PathBuf> = match std::fs::read_dir(cases) {
        Ok(entries) => entries.flatten().map(|entry| entry.path()).collect(),
        Err(_) => Vec::new(),
    };
    folders.sort();
    let mut trials = Vec::new();
    for folder in folders {
        let steps = std::fs::read_to_string(folder.join("steps")).unwrap_or_default();
        let name = folder.file_name().unwrap_or_default();
        let name = name.to_string_lossy().into_owned();
        for toolchain in TOOLCHAINS {
            let wanted = steps.lines().filter_map(|line| line.strip_prefix("only "));
            let wanted: Vec<&str> = wanted.flat_map(str::split_whitespace).collect();
            if !wanted.is_empty() && !wanted.contains(&toolchain.name) {
                continue;
            }
            let title = format!("{name}@{}", toolchain.name);
            let mut tools = vec![toolchain.cc];
            if steps.contains("c++ ") {
                tools.push(toolchain.cxx);
            }
            tools.extend(toolchain.runner.split_whitespace().next());
            let missing = tools.iter().any(|tool| !is_installed(tool));
            let case = Case {
                folder: folder.clone(),
                work: scratch.join(&title),
                linker: linker.to_owned(),
                toolchain,
                steps: steps.clone(),
            };
            let trial = Trial::test(title, move || case.check().map_err(Failed::from));
            trials.push(trial.with_ignored_flag(missing));
        }
    }
    if trials.is_empty() {
        trials.push(Trial::test("cases", || Err("no case was found".into())));
    }
    libtest_mimic::run(&Arguments::from_args(), trials).exit_code()
}

/// Makes a directory in which `ld` is this program as a linker.
///
/// # Errors
/// The directory cannot be written.
pub fn install_linker(place: &Path) -> Result<(), String> {
    use std::os::unix::fs::PermissionsExt;
    let this = std::env::current_exe().map_err(|error| error.to_string())?;
    let script = format!("#!/bin/sh\nexec '{}' -flavor gnu \"$@\"\n", this.display());
    let file = place.join("ld");
    std::fs::create_dir_all(place)
        .and_then(|()| std::fs::write(&file, script))
        .and_then(|()| std::fs::set_permissions(&file, PermissionsExt::from_mode(0o755)))
        .map_err(|error| format!("cannot write `{}`: {error}", file.display()))
}

fn is_installed(tool: &str) -> bool {
    let paths = std::env::var_os("PATH").unwrap_or_default();
    std::env::split_paths(&paths).any(|dir| dir.join(tool).is_file())
}

struct Case {
    folder: PathBuf,
    work: PathBuf,
    linker: PathBuf,
    toolchain: Toolchain,
    steps: String,
}

impl Case {
    fn check(&self) -> Result<(), String> {
        let expected = std::fs::read_to_string(self.folder.join("expected")).unwrap_or_default();
        let variants = self.steps.lines().find_map(|l| l.strip_prefix("variants "));
        let named = format!("differs {} ", self.toolchain.name);
        let differs = self.steps.lines().any(|line| line.starts_with(&named));
        let mut problems = String::new();
        for (number, flags) in variants.unwrap_or("").split('|').enumerate() {
            let places = ["own", "system"].map(|who| self.work.join(format!("{who}-{number}")));
            let [own, system] = &places;
            let said = self.make(own, flags.trim(), true)?;
            if said != expected {
                let _ = write!(problems, "`{flags}`: it says\n{said}instead of\n{expected}");
                continue;
            }
            let other = self.make(system, flags.trim(), false)?;
            if other != expected {
                let _ = write!(
                    problems,
                    "`{flags}`: by the system's linker it says\n{other}"
                );
            }
            let found = relation::compare(own, system);
            if !found.is_empty() && !differs {
                let _ = write!(problems, "`{flags}`: the dynamic parts differ\n{found}");
            }
        }
        match problems.is_empty() {
            true => Ok(()),
            false => Err(problems),
        }
    }

    /// Makes and runs the program in a directory of its own; what the runs said.
    fn make(&self, place: &Path, flags: &str, ours: bool) -> Result<String, String> {
        let _ = std::fs::remove_dir_all(place);
        copy(&self.folder, place).map_err(|error| format!("cannot copy the case: {error}"))?;
        let mut said = String::new();
        let mut lines = self.steps.lines().peekable();
        while let Some(line) = lines.next() {
            let Some((word, rest)) = line.split_once(' ') else {
                continue;
            };
            let rest = rest.replace('@', flags);
            let fails = lines.next_if(|next| next.starts_with("fails "));
            let command = match word {
                "cc" | "c++" => self.compile(word, &rest, ours),
                "run" if self.toolchain.runner.is_empty() => rest,
                "run" => rest.replace("./", &format!("{} ./", self.toolchain.runner)),
                _ => continue,
            };
            let output = Command::new("sh")
                .args(["-c", &command])
                .current_dir(place)
                .env("LD_LIBRARY_PATH", ".")
                .output()
                .map_err(|error| format!("cannot run sh: {error}"))?;
            let text = String::from_utf8_lossy(&output.stderr).into_owned();
            match fails.map(|line| &line["fails ".len()..]) {
                // The system's linker has other words.
                Some(words) if output.status.success() || ours && !text.contains(words) => {
                    return Err(format!("{command}\ndoes not fail with `{words}`\n{text}"));
                }
                Some(_) => {}
                None if word == "run" => said += &outcome(&output),
                None if !output.status.success() => return Err(format!("{command}\n{text}")),
                None => {}
            }
        }
        Ok(said)
    }

    fn compile(&self, word: &str, arguments: &str, ours: bool) -> String {
        let compiler = match word {
            "cc" => self.toolchain.cc,
            _ => self.toolchain.cxx,
        };
        match ours {
            true => format!("{compiler} -B'{}' {arguments}", self.linker.display()),
            false => format!("{compiler} {arguments}"),
        }
    }
}

fn outcome(output: &Output) -> String {
    let mut text = String::from_utf8_lossy(&output.stdout).into_owned();
    match output.status.code() {
        Some(0) => {}
        Some(code) => text += &format!("exit code {code}\n"),
        None => {
            text += &format!(
                "{}\n{}",
                output.status,
                String::from_utf8_lossy(&output.stderr)
            );
        }
    }
    text
}

fn copy(from: &Path, to: &Path) -> std::io::Result<()> {
    std::fs::create_dir_all(to)?;
    for entry in std::fs::read_dir(from)?.flatten() {
        std::fs::copy(entry.path(), to.join(entry.file_name()))?;
    }
    Ok(())
}

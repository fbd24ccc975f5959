//! A working day: a session of commands and everything that they print, replayed.
//!
//! A good first build is not enough. So a day goes on: an input is edited, the program is built
//! again, tested, debugged, released, cleaned. `day.txt` in the directory of a day is the session as a
//! terminal would show it, and any difference is a failure:
//!
//! ```text
//! # what the next steps are about
//! from SUITE/CASE            the project is that case's
//! needs PROGRAM              else the day is left out
//! $ cd FOLDER                for the steps that follow
//! $ COMMAND                  a line of sh; stdout and stderr as they come, then, after a failure,
//! [exit 101]
//! ```
//!
//! In the output `[..]` stands for any characters and a line `...` for any lines. What differs from
//! one run or machine to the next is removed ([`steady`]). `BLESS=1` writes the output.

use std::path::{Path, PathBuf};
use std::process::Command;
use std::sync::OnceLock;

use regex_lite::Regex;

use crate::project::{Place, cache, find_program, run, without_settings, xsys};
use crate::project_text::{difference, redact};

/// A day as it is written down.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Day {
    /// The case whose project it works on, where it has none of its own.
    pub from: Option<String>,
    pub needs: Vec<String>,
    pub parts: Vec<Part>,
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Part {
    /// A comment or an empty line.
    Text(String),
    Step {
        command: String,
        said: String,
    },
}

impl Day {
    pub fn parse(text: &str) -> Self {
        let mut day = Self::default();
        for line in text.lines() {
            if let Some(command) = line.strip_prefix("$ ") {
                day.parts.push(Part::Step {
                    command: command.to_owned(),
                    said: String::new(),
                });
            } else if let Some(case) = line.strip_prefix("from ") {
                day.from = Some(case.to_owned());
            } else if let Some(program) = line.strip_prefix("needs ") {
                day.needs.push(program.to_owned());
            } else if line.is_empty() || line.starts_with("# ") {
                day.parts.push(Part::Text(line.to_owned()));
            } else if let Some(Part::Step { said, .. }) = day.parts.last_mut() {
                said.push_str(line);
                said.push('\n');
            }
        }
        day
    }

    pub fn text(&self) -> String {
        let mut text = String::new();
        if let Some(case) = &self.from {
            text.push_str(&format!("from {case}\n"));
        }
        for program in &self.needs {
            text.push_str(&format!("needs {program}\n"));
        }
        for part in &self.parts {
            match part {
                Part::Text(line) => text.push_str(&format!("{line}\n")),
                Part::Step { command, said } => text.push_str(&format!("$ {command}\n{said}")),
            }
        }
        text
    }

    /// A program that the day needs and that is not installed.
    pub fn missing(&self) -> Option<&str> {
        let here = |name: &&String| find_program(name).is_none();
        self.needs.iter().find(here).map(String::as_str)
    }
}

/// Replays a day in a place. Returns its real output, and the first step that differs.
pub fn live(day: &Day, place: &Place) -> (Day, Option<String>) {
    let mut real = day.clone();
    let mut surprise = None;
    let mut folder = place.folder.clone();
    for part in &mut real.parts {
        let Part::Step { command, said } = part else {
            continue;
        };
        if let Some(next) = command.strip_prefix("cd ") {
            folder = folder.join(next);
            continue;
        }
        let now = step(command, &folder, place);
        if let Some(text) = difference(said, &now) {
            let told = format!("$ {command}\n{text}\n--- all that was said\n{now}");
            surprise.get_or_insert(told);
            *said = now;
        }
    }
    (real, surprise)
}

fn step(line: &str, folder: &Path, place: &Place) -> String {
    let mut command = shell(&format!("exec 2>&1; {line}"), folder);
    let ran = run(&mut command);
    let mut said = steady(&redact(&ran.stdout, &place.folder));
    if ran.code != Some(0) {
        let code = ran
            .code
            .map_or("signal".to_owned(), |code| code.to_string());
        said.push_str(&format!("[exit {code}]\n"));
    }
    said
}

/// A line of sh, for which `xsys` is the program under test.
pub fn shell(line: &str, folder: &Path) -> Command {
    let mut command = Command::new("sh");
    without_settings(&mut command);
    command
        .args(["-c", line])
        .current_dir(folder)
        .env("PATH", search_path())
        .env("XSYS_CACHE_DIR", cache())
        .env("CARGO_TERM_PROGRESS_WHEN", "never");
    command
}

/// `PATH` with the program under test in front.
fn search_path() -> std::ffi::OsString {
    let own: PathBuf = xsys().parent().expect("a program is in a folder").into();
    let others = std::env::var_os("PATH").unwrap_or_default();
    let all = std::iter::once(own).chain(std::env::split_paths(&others));
    std::env::join_paths(all).expect("folders of PATH go into PATH")
}

/// Lines that are only printed if a cache is empty, or by the second of two processes.
const SOMETIMES: [&str; 9] = [
    "Adding",
    "Blocking",
    "Downloaded",
    "Downloading",
    "Locking",
    "Resume",
    "Sysroot",
    "Updating",
    "Waiting",
];

/// A line that depends on what other calls have left or are doing.
pub fn is_said_sometimes(line: &str) -> bool {
    let word = line.split_whitespace().next().unwrap_or_default();
    line.ends_with(" (sysroot)") || (line.starts_with(' ') && SOMETIMES.contains(&word))
}

/// Crates that are compiled side by side are named in any order, and so are tests.
fn in_any_order(line: &str) -> bool {
    let word = line.split_whitespace().next().unwrap_or_default();
    let of_crates = ["Checking", "Compiling", "Documenting"].contains(&word);
    (of_crates && line.starts_with(' ')) || (line.starts_with("test ") && line.contains(" ... "))
}

/// A text without times, sizes and the order of what happens side by side. Empty lines go: they
/// would end what a step says.
pub fn steady(text: &str) -> String {
    static MEASURED: OnceLock<[(Regex, &str); 11]> = OnceLock::new();
    let measured = MEASURED.get_or_init(|| {
        [
            (r"\b\d+m \d\ds\b", "[time]"),
            // The harness and the system decide how many files there are.
            (r"Removed \d+ files, .* total", "Removed [all] files"),
            (r"\b\d+(\.\d+)? ?(ms|s|min)\b", "[time]"),
            (r" *\b\d+(\.\d+)? (B|KiB|MiB)", " [size]"),
            (r" *\b\d+(\.\d+)? %", " [part] %"),
            (r" *\b\d+ \[part\] %", " [size] [part] %"),
            (r"\b\d+ bytes", "[size]"),
            (r"-[0-9a-f]{16}\b", "-[HASH]"),
            (r"\.[0-9a-f]{32}\b", ".[HASH]"),
            // Of processes and threads of this machine, not of a board.
            (r"\((process )?\d+\)", "([ID])"),
            (r"\b0x0*7f{4}[0-9a-f]{7}\b", "[ADDRESS]"),
        ]
        .map(|(pattern, name)| (Regex::new(pattern).expect("a pattern"), name))
    });
    let mut lines: Vec<String> = Vec::new();
    let mut unordered = 0;
    for line in text.lines() {
        // Said by whichever test of a program panics first.
        let of_backtraces = line.starts_with("note: run with `RUST_BACKTRACE=1`");
        if line.trim().is_empty() || of_backtraces || is_said_sometimes(line) {
            continue;
        }
        let mut line = line.to_owned();
        if line.trim_start().starts_with("= note:  \"") {
            line = "  = note:  [the linker's call]".to_owned();
        }
        for (pattern, name) in measured {
            line = pattern.replace_all(&line, *name).into_owned();
        }
        lines.push(line);
        let end = lines.len();
        unordered = if in_any_order(&lines[end - 1]) {
            unordered + 1
        } else {
            0
        };
        lines[end - unordered..].sort();
    }
    lines.iter().map(|line| format!("{line}\n")).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_day_is_read_and_written() {
        let text = "from link/x\nneeds gdb\n# morning\n$ xsys build\n   Compiling x\n\n$ false\n[exit 1]\n";
        let day = Day::parse(text);
        assert_eq!(day.from.as_deref(), Some("link/x"));
        assert_eq!(day.needs, ["gdb"]);
        let step = |command: &str, said: &str| Part::Step {
            command: command.to_owned(),
            said: said.to_owned(),
        };
        assert_eq!(
            day.parts,
            [
                Part::Text("# morning".to_owned()),
                step("xsys build", "   Compiling x\n"),
                Part::Text(String::new()),
                step("false", "[exit 1]\n"),
            ]
        );
        assert_eq!(day.text(), text);
    }

    #[test]
    fn what_differs_every_time_is_taken_out() {
        for (text, expected) in [
            ("in 0.52s", "in [time]\n"),
            ("took 1m 02s, 12 ms", "took [time], [time]\n"),
            (
                "RAM      120 B of 64.0 KiB  0.2 %",
                "RAM [size] of [size] [part] %\n",
            ),
            (
                "   Compiling b\n   Compiling a\n    Finished\n",
                "   Compiling a\n   Compiling b\n    Finished\n",
            ),
            ("   Compiling core (sysroot)\nx", "x\n"),
            (
                "    Updating index\nUpdating said\n\nx",
                "Updating said\nx\n",
            ),
            ("a-0123456789abcdef.d", "a-[HASH].d\n"),
            (
                "test b ... ok\ntest a ... ok",
                "test a ... ok\ntest b ... ok\n",
            ),
            (
                "0x00007ffff7f98c60 in (process 12)",
                "[ADDRESS] in ([ID])\n",
            ),
        ] {
            assert_eq!(steady(text), expected);
        }
    }
}

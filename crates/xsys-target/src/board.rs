//! Boards: everything xsys must know to build, link, convert and run for one piece of hardware.
//!
//! A board is a directory with a `board.toml`, usually a `target.json` and a linker script, and a
//! project `hello/` that `xsys new` copies. Bundled boards are embedded in the program, a user's
//! own stand on disk; [`BoardDir`] hides the difference. `board.toml` is read into `RawBoard`,
//! where unknown keys are errors, and then checked into [`Board`].

use std::ops::Range;
use std::path::{Component, Path, PathBuf};

use serde::{Deserialize, Serialize};
use toml::Spanned;
use xsys_diag::{Diagnostic, Source, did_you_mean};

pub use crate::bundled::BoardDir;
use crate::bundled::bundled_boards;
use crate::memory::{self, Memory, RawMemories};

/// Which crates of the standard library a program needs.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum CrateSet {
    /// core and compiler_builtins.
    Core,
    /// core, compiler_builtins and alloc.
    Alloc,
    /// core, compiler_builtins, alloc and std.
    Std,
}

impl CrateSet {
    /// As written in manifests.
    pub fn as_str(self) -> &'static str {
        match self {
            CrateSet::Core => "core",
            CrateSet::Alloc => "alloc",
            CrateSet::Std => "std",
        }
    }
}

/// A piece of hardware, real or emulated.
#[derive(Clone, Debug)]
pub struct Board {
    /// The directory's name.
    pub name: String,
    /// Its files.
    pub dir: BoardDir,
    /// One line.
    pub description: String,
    /// What it is compiled for.
    pub target: BoardTarget,
    /// What cargo and build scripts call the target; the board's name unless `board.toml` says
    /// otherwise.
    pub target_name: Option<String>,
    /// The crates that its programs need, if other than what follows from the spec.
    pub crates: Option<CrateSet>,
    /// The linker script, a path in the board's directory.
    pub script: Option<PathBuf>,
    /// Further linker arguments.
    pub link_args: Vec<String>,
    /// Whether the stack goes below the statics, so that an overflow faults.
    pub flip_stack: bool,
    /// What to write beside the ELF file.
    pub emit: Vec<Emit>,
    /// Its memory: for people, for layouts, and to compare scripts with.
    pub memory: Vec<Memory>,
    /// How to run a program.
    pub run: Option<RunConfig>,
}

/// A board's target.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum BoardTarget {
    /// A spec file in the board's directory.
    SpecFile(String),
    /// A triple that rustc knows.
    Triple(String),
}

/// An image to write: `bin=kernel8.img`, or `bin` for a name made from the program's.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Emit {
    /// The image format's name.
    pub format: String,
    /// The file's name, in the directory of the ELF file.
    pub file: Option<String>,
}

impl std::str::FromStr for Emit {
    type Err = String;

    fn from_str(text: &str) -> Result<Emit, String> {
        let (format, file) = match text.split_once('=') {
            Some((format, file)) => (format, Some(file)),
            None => (text, None),
        };
        let plain = |c: char| c.is_ascii_lowercase() || c.is_ascii_digit() || c == '-';
        if format.is_empty() || !format.chars().all(plain) {
            return Err(format!(
                "`{text}` does not begin with an image format's name"
            ));
        }
        if let Some(file) = file
            && !is_file_name(file)
        {
            return Err(format!("`{file}` is not a plain file name"));
        }
        Ok(Emit {
            format: format.to_owned(),
            file: file.map(str::to_owned),
        })
    }
}

/// What executes a program.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Engine {
    /// QEMU emulating a machine.
    QemuSystem,
    /// QEMU emulating Linux system calls.
    QemuUser,
    /// The host itself; another host falls back to QEMU's user emulation.
    Native,
    /// xsys's own WebAssembly engine.
    Wasm,
}

/// How to run a program.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct RunConfig {
    /// What executes it.
    pub engine: Engine,
    /// The emulator's name; absent for `native` and `wasm`.
    pub program: Option<String>,
    /// Its arguments, with `{elf}` and `{NAME}` for files; see [`RunConfig::arguments`].
    pub args: Vec<String>,
    /// When to end it, for machines that cannot switch themselves off.
    pub stop: Option<Stop>,
}

/// Lines of output that end an emulator, by how they begin.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize, Serialize)]
#[serde(deny_unknown_fields)]
pub struct Stop {
    /// The program succeeded.
    pub pass: String,
    /// The program failed.
    pub fail: Option<String>,
}

impl RunConfig {
    /// The arguments with every `{name}` replaced by what `path` says: `elf` is the linked
    /// program, any other name that of an emitted file or of its format.
    pub fn arguments(&self, mut path: impl FnMut(&str) -> Option<String>) -> Vec<String> {
        self.args
            .iter()
            .map(|arg| {
                let mut text = String::new();
                let mut rest = arg.as_str();
                while let Some((before, name, after)) = placeholder(rest) {
                    text.push_str(before);
                    match path(name) {
                        Some(path) => text.push_str(&path),
                        None => text.push_str(&rest[before.len()..rest.len() - after.len()]),
                    }
                    rest = after;
                }
                text + rest
            })
            .collect()
    }
}

/// Splits a text at its first `{name}`: what is before it, the name, what is after it.
fn placeholder(text: &str) -> Option<(&str, &str, &str)> {
    let open = text.find('{')?;
    let close = open + text[open..].find('}')?;
    Some((&text[..open], &text[open + 1..close], &text[close + 1..]))
}

/// Whether a board's name can only be meant as a path.
pub fn is_path(name: &str) -> bool {
    name.contains(['/', '\\']) || name == "." || name == ".."
}

/// A directory's own name. For a path that ends in `..` only the file system knows it.
pub fn directory_name(path: &Path) -> Option<String> {
    let full = std::path::absolute(path).ok()?;
    let name = |path: &Path| Some(path.file_name()?.to_str()?.to_owned());
    name(&full).or_else(|| name(&std::fs::canonicalize(full).ok()?))
}

impl Board {
    /// A bundled board by its name, or the board in a directory.
    ///
    /// # Errors
    /// If there is no such board, or everything that is wrong with its `board.toml`.
    pub fn load(name: &str) -> Result<Board, Vec<Diagnostic>> {
        let one = |problem| vec![problem];
        let path = Path::new(name);
        let is_path = is_path(name) || path.join("board.toml").is_file();
        let (name, dir) = if let Some(dir) = BoardDir::bundled(name) {
            (name.to_owned(), dir)
        } else if is_path {
            let Some(stem) = directory_name(path) else {
                let message = format!("`{}` is not a board's directory", path.display());
                let help = "a board is called as its directory, which needs a name in UTF-8";
                return Err(one(Diagnostic::error(message).help(help)));
            };
            if !path.join("board.toml").is_file() {
                let message = format!("`{}` holds no `board.toml`", path.display());
                return Err(one(Diagnostic::error(message).help(
                    "a board is a directory with a `board.toml` and usually a `target.json`",
                )));
            }
            (stem, BoardDir::Directory(path.to_owned()))
        } else {
            let problem = Diagnostic::error(format!("no board is called `{name}`"));
            let problem = match did_you_mean(name, bundled_boards()) {
                Some(close) => problem.help(format!("did you mean `{close}`?")),
                None => problem,
            };
            let names: Vec<&str> = bundled_boards().collect();
            return Err(one(problem
                .note(format!("the bundled boards are {}", quoted(&names)))
                .help(format!(
                    "a board of your own is named by its directory, such as `--board boards/{name}`"
                ))));
        };
        let source = dir.source("board.toml").map_err(one)?;
        Board::parse(name, dir, &source)
    }

    /// Reads and checks a `board.toml`.
    fn parse(name: String, dir: BoardDir, source: &Source) -> Result<Board, Vec<Diagnostic>> {
        let raw: RawBoard =
            toml::from_str(&source.text).map_err(|error| vec![toml_problem(&error, source)])?;
        let mut problems = Problems {
            source,
            list: Vec::new(),
        };
        let target = target(&raw.target, &dir, &mut problems);
        if let Some(script) = &raw.script {
            problems.board_file(script, &dir, "the linker script");
        }
        let emit: Vec<Emit> = raw
            .emit
            .iter()
            .filter_map(|text| match text.get_ref().parse() {
                Ok(emit) => Some(emit),
                Err(message) => {
                    problems.add(message, text.span(), "here").help.push(
                        "write \"format\" or \"format=file\", for example \"bin=kernel8.img\""
                            .to_owned(),
                    );
                    None
                }
            })
            .collect();
        let (memory, more) = memory::check(raw.memory, source);
        problems.list.extend(more);
        let run = raw.run.map(|run| run_config(run, &emit, &mut problems));
        let (list, target) = (problems.list, target);
        match target {
            Some(target) if list.is_empty() => Ok(Board {
                name,
                dir,
                description: raw.description,
                target,
                target_name: raw.target_name,
                crates: raw.crates,
                script: raw.script.map(|script| script.into_inner().into()),
                link_args: raw.link_args,
                flip_stack: raw.flip_stack,
                emit,
                memory,
                run,
            }),
            _ => Err(list),
        }
    }

    /// The board's scripts: its own, which is in `directory`, and those that `link-args` name.
    pub fn scripts(&self, directory: &Path) -> Vec<String> {
        let own = self.script.iter();
        let own = own.map(|script| directory.join(script).display().to_string());
        let named = self.link_args.iter().filter_map(|arg| script_argument(arg));
        own.chain(named.map(str::to_owned)).collect()
    }

    /// The linker's arguments for this board, except its scripts: the board's own arguments, and `directory`
    /// ([`BoardDir::directory`]) as the last place to search for scripts and what they INCLUDE.
    pub fn linker_arguments(&self, directory: &Path) -> Vec<String> {
        let other = |arg: &&String| script_argument(arg).is_none();
        let mut arguments: Vec<String> = self.link_args.iter().filter(other).cloned().collect();
        if self.flip_stack {
            arguments.push("--flip-stack".to_owned());
        }
        arguments.push(format!("-L{}", directory.display()));
        arguments
    }
}

/// The script that a linker's argument names.
fn script_argument(arg: &str) -> Option<&str> {
    arg.strip_prefix("--script=").or_else(|| {
        let name = arg.strip_prefix("-T")?;
        // `-Ttext=0x100` gives a section's address.
        let address = ["text", "data", "bss", "rodata", "ldata"];
        let is_address = |word: &&str| name.starts_with(*word) && name.contains('=');
        (!name.is_empty() && !address.iter().any(is_address)).then_some(name)
    })
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
struct RawBoard {
    description: String,
    target: Spanned<String>,
    target_name: Option<String>,
    crates: Option<CrateSet>,
    script: Option<Spanned<String>>,
    #[serde(default)]
    link_args: Vec<String>,
    #[serde(default)]
    flip_stack: bool,
    #[serde(default)]
    emit: Vec<Spanned<String>>,
    #[serde(default)]
    memory: RawMemories,
    run: Option<RawRun>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct RawRun {
    engine: Spanned<Engine>,
    program: Option<String>,
    #[serde(default)]
    args: Vec<Spanned<String>>,
    stop: Option<Stop>,
}

struct Problems<'a> {
    source: &'a Source,
    list: Vec<Diagnostic>,
}

impl Problems<'_> {
    fn add(
        &mut self,
        message: impl Into<String>,
        span: Range<usize>,
        label: &str,
    ) -> &mut Diagnostic {
        self.list
            .push(Diagnostic::error(message).label(self.source, span, label));
        let last = self.list.len() - 1;
        &mut self.list[last]
    }

    /// Reports a path that leaves the board's directory or names no file in it.
    fn board_file(&mut self, path: &Spanned<String>, dir: &BoardDir, what: &str) {
        let name = path.get_ref();
        let inside = Path::new(name)
            .components()
            .all(|part| matches!(part, Component::Normal(_) | Component::CurDir));
        if !inside {
            let message = format!("{what} `{name}` is not in the board's directory");
            self.add(
                message,
                path.span(),
                "a path below the directory of `board.toml`",
            );
        } else if !dir.contains(name) {
            self.add(
                format!("{what} `{name}` does not exist"),
                path.span(),
                "no such file",
            );
        }
    }
}

fn target(
    raw: &Spanned<String>,
    dir: &BoardDir,
    problems: &mut Problems<'_>,
) -> Option<BoardTarget> {
    let text = raw.get_ref();
    if text.is_empty() {
        problems.add(
            "the board has no target",
            raw.span(),
            "a `.json` file or a triple",
        );
        return None;
    }
    if text.ends_with(".json") {
        problems.board_file(raw, dir, "the target spec");
        Some(BoardTarget::SpecFile(text.clone()))
    } else {
        Some(BoardTarget::Triple(text.clone()))
    }
}

fn run_config(raw: RawRun, emit: &[Emit], problems: &mut Problems<'_>) -> RunConfig {
    let engine = *raw.engine.get_ref();
    if raw.program.is_none() && matches!(engine, Engine::QemuSystem | Engine::QemuUser) {
        problems
            .add(
                "QEMU needs a `program`",
                raw.engine.span(),
                "this engine starts one",
            )
            .help
            .push("for example `program = \"qemu-system-arm\"`".to_owned());
    }
    let mut known = vec!["elf"];
    for emit in emit {
        known.push(emit.file.as_deref().unwrap_or(&emit.format));
    }
    for arg in &raw.args {
        let mut rest = arg.get_ref().as_str();
        while let Some((_, name, after)) = placeholder(rest) {
            rest = after;
            if known.contains(&name) {
                continue;
            }
            let problem = problems.add(
                format!("`{{{name}}}` names no file of this board"),
                arg.span(),
                "in this argument",
            );
            if let Some(close) = did_you_mean(name, known.iter().copied()) {
                problem.help.push(format!("did you mean `{{{close}}}`?"));
            } else {
                problem.notes.push(format!("known are {}", quoted(&known)));
            }
        }
    }
    RunConfig {
        engine,
        program: raw.program,
        args: raw.args.into_iter().map(Spanned::into_inner).collect(),
        stop: raw.stop,
    }
}

/// Turns toml's error into a diagnostic: its message says what was expected, its span where.
fn toml_problem(error: &toml::de::Error, source: &Source) -> Diagnostic {
    let message = error.message().lines().next().unwrap_or("bad TOML");
    let unknown = message
        .strip_prefix("unknown field `")
        .and_then(|rest| rest.split_once('`'));
    let problem = match unknown {
        Some((name, rest)) => {
            let known: Vec<&str> = rest.split('`').skip(1).step_by(2).collect();
            let problem = Diagnostic::error(format!("unknown key `{name}`"));
            match did_you_mean(name, known.iter().copied()) {
                Some(close) => problem.help(format!("did you mean `{close}`?")),
                None => problem.help(format!("the keys are {}", quoted(&known))),
            }
        }
        None => Diagnostic::error(
            message
                .replace("missing field", "missing key")
                .replace("unknown variant", "unknown value"),
        ),
    };
    match error.span() {
        Some(span) => problem.label(source, span, ""),
        None => problem.label(source, 0..0, ""),
    }
}

fn is_file_name(name: &str) -> bool {
    !name.contains('\\')
        && Path::new(name)
            .components()
            .eq([Component::Normal(name.as_ref())])
}

fn quoted(names: &[&str]) -> String {
    let quoted: Vec<String> = names.iter().map(|name| format!("`{name}`")).collect();
    quoted.join(", ")
}

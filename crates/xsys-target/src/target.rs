//! From what the user wrote to a [`Target`].
//!
//! Cargo calls a custom target by its file's stem: the output directory and `TARGET` in build scripts have that name,
//! and build scripts draw conclusions from it (cortex-m-rt looks for `thumbv7m-…`, riscv-rt parses `riscv32imac-…-…`).
//! The stem of a board's `target.json` would be the same for all boards, so the target is named by the board's
//! `target-name`, or else after the board.

use std::ops::Deref;
use std::path::{Path, PathBuf};

use xsys_diag::{Diagnostic, Source, did_you_mean};

use crate::board::{Board, BoardTarget};
use crate::check;
use crate::json::{self, Value};
use crate::rustc::{Error, Rustc};
use crate::spec::Spec;
use crate::text;

/// What the user asked for.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum What {
    /// `--target-spec FILE.json`.
    SpecFile(PathBuf),
    /// `--target TRIPLE`.
    Triple(String),
    /// `--board NAME`: a bundled board, or the path of a board's directory.
    Board(String),
}

/// Where the spec comes from, which decides what rustc and cargo are given as `--target`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Kind {
    /// A JSON file: they get the canonical form in a file of its own.
    Json,
    /// Built into rustc: they get the triple.
    Builtin,
}

/// A place to run programs. Dereferences to its [`Spec`].
#[derive(Clone, Debug)]
pub struct Target {
    /// The triple, the spec file's stem, or the board's name: what cargo calls it.
    pub name: String,
    /// Custom or built in.
    pub kind: Kind,
    /// What the spec says.
    pub spec: Spec,
    /// The board, if the user named one.
    pub board: Option<Board>,
    /// The spec's text, for messages that point into it; absent for built-in triples.
    pub source: Option<Source>,
}

impl Deref for Target {
    type Target = Spec;

    fn deref(&self) -> &Spec {
        &self.spec
    }
}

impl Target {
    /// Reads the target that is named. The text is checked as JSON and for what xsys itself needs;
    /// whether this rustc accepts it is answered by [`Target::check`].
    ///
    /// # Errors
    /// Everything that is wrong with the spec or the board.
    pub fn load(what: &What, rustc: &Rustc) -> Result<Target, Vec<Diagnostic>> {
        match what {
            What::SpecFile(path) => {
                let text = text::read(path).map_err(|problem| vec![problem])?;
                let name = spec_name(path).map_err(|problem| vec![problem])?;
                if let Some(board) = board_of(path)? {
                    return Target::load(&What::Board(board), rustc);
                }
                let source = Source {
                    path: path.clone(),
                    text,
                };
                Target::from_json(name, source, None)
            }
            What::Triple(triple) => Target::builtin(triple, rustc, None),
            What::Board(name) => {
                let board = Board::load(name)?;
                match board.target.clone() {
                    BoardTarget::Triple(triple) => Target::builtin(&triple, rustc, Some(board)),
                    BoardTarget::SpecFile(file) => {
                        let source = board.dir.source(&file).map_err(|problem| vec![problem])?;
                        let name = spec_name(&source.path).map_err(|problem| vec![problem])?;
                        let name = match (&board.target_name, name.as_str()) {
                            (Some(telling), _) => telling.clone(),
                            (None, "target") => board.name.clone(),
                            (None, _) => name,
                        };
                        Target::from_json(name, source, Some(board))
                    }
                }
            }
        }
    }

    /// A spec's text, already read.
    ///
    /// # Errors
    /// Everything that keeps xsys from reading it.
    pub fn from_json(
        name: String,
        source: Source,
        board: Option<Board>,
    ) -> Result<Target, Vec<Diagnostic>> {
        let node = json::parse(&source)?;
        let problems = check::essentials(&node, &source);
        let (Value::Object(_), serde_json::Value::Object(map)) = (&node.value, node.plain()) else {
            return Err(problems);
        };
        if !problems.is_empty() {
            return Err(problems);
        }
        Ok(Target {
            name,
            kind: Kind::Json,
            spec: Spec::new(map),
            board,
            source: Some(source),
        })
    }

    fn builtin(
        triple: &str,
        rustc: &Rustc,
        board: Option<Board>,
    ) -> Result<Target, Vec<Diagnostic>> {
        let text = match rustc.target_spec_json(triple) {
            Ok(text) => text,
            Err(error @ Error::Start { .. }) => return Err(vec![error.into_diagnostic()]),
            Err(error) => return Err(vec![unknown_triple(triple, rustc, error)]),
        };
        let map = serde_json::from_str(&text).map_err(|error| {
            vec![
                Diagnostic::error(format!("cannot read rustc's spec of `{triple}`"))
                    .note(error.to_string()),
            ]
        })?;
        Ok(Target {
            name: triple.to_owned(),
            kind: Kind::Builtin,
            spec: Spec::new(map),
            board,
            source: None,
        })
    }

    /// Everything in the spec that this rustc will not accept, or accepts with a warning, with
    /// its place in the file. Starts rustc three times (0.1 s); built-in triples are fine by definition.
    ///
    /// # Errors
    /// If rustc cannot be asked.
    pub fn check(&self, rustc: &Rustc) -> Result<Vec<Diagnostic>, Error> {
        match &self.source {
            Some(source) => check::check(&self.name, &self.spec, source, rustc),
            None => Ok(Vec::new()),
        }
    }
}

/// The directory of the board whose spec this file is: a `board.toml` beside it names it. Such a file
/// means the board, so that both ways to say it share one sysroot and one output directory.
fn board_of(path: &Path) -> Result<Option<String>, Vec<Diagnostic>> {
    let directory = match path.parent() {
        Some(directory) if !directory.as_os_str().is_empty() => directory,
        _ => Path::new("."),
    };
    if !directory.join("board.toml").is_file() {
        return Ok(None);
    }
    // The directory's own name is the board's, also where the path is `.`.
    let Some(directory) = directory.canonicalize().ok() else {
        return Ok(None);
    };
    let directory = directory.to_string_lossy().into_owned();
    let board = Board::load(&directory)?;
    let is_its = match &board.target {
        BoardTarget::SpecFile(file) => path.file_name().is_some_and(|name| name == file.as_str()),
        BoardTarget::Triple(_) => false,
    };
    Ok(is_its.then_some(directory))
}

/// The name cargo gives a custom target: the file's stem.
fn spec_name(path: &Path) -> Result<String, Diagnostic> {
    let problem = |message: String| {
        Err(Diagnostic::error(message)
            .help("name the file after the target, for example `my-board.json`"))
    };
    match path.extension() {
        Some(extension) if extension == "json" => {}
        // rustc takes any other name for a built-in triple.
        _ => {
            return problem(format!(
                "the spec file `{}` does not end in `.json`",
                path.display()
            ));
        }
    }
    match path.file_stem().and_then(|stem| stem.to_str()) {
        Some(stem) if !stem.contains(char::is_whitespace) => Ok(stem.to_owned()),
        Some(_) => problem(format!(
            "the spec file's name `{}` has a space in it",
            path.display()
        )),
        None => problem(format!(
            "the spec file's name `{}` is not UTF-8",
            path.display()
        )),
    }
}

fn unknown_triple(triple: &str, rustc: &Rustc, error: Error) -> Diagnostic {
    let known = rustc.target_list().unwrap_or_default();
    if known.iter().any(|name| name == triple) {
        return error.into_diagnostic();
    }
    let problem = Diagnostic::error(format!(
        "rustc {} knows no target `{triple}`",
        rustc.release()
    ));
    match did_you_mean(triple, known.iter().map(String::as_str)) {
        Some(close) => problem.help(format!("did you mean `{close}`?")),
        None => problem.help("`xsys target list` shows all of them"),
    }
}

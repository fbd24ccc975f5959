//! Text → [`Script`]: a recursive-descent parser of the GNU ld manual's chapter "Linker Scripts".
//!
//! Each function reads one construct. After an error the parser skips to the end of the statement
//! and goes on, so that one run reports everything that is wrong; what it did read stays in the
//! tree. If the meaning of a mistake is clear (a forgotten `;`, attributes in the wrong order), it is
//! reported and the statement is read as meant.
//!
//! INCLUDE is resolved here, wherever the manual allows it: the commands of the included file take
//! its place in the tree. Which file a name means is up to the caller's [`Loader`].
//!
//! Depth is bounded everywhere (nested parentheses, long operator chains, chains of INCLUDE), so
//! that no script can exhaust the stack of a later pass that walks the tree.

mod commands;
mod cursor;
#[cfg(test)]
mod dump;
#[cfg(test)]
mod errors_test;
mod expr;
mod inputs;
#[cfg(test)]
mod robust_test;
mod sections;
#[cfg(test)]
mod tree_test;
mod version;
use std::collections::BTreeSet;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use xsys_diag::{Diagnostic, Severity, Source};

use super::ast::{Assignment, Command, Expr, Script, VersionNode};
use super::lex::{self, Mode, Token, TokenKind};

/// Deepest chain of INCLUDEs.
const MAX_INCLUDES: usize = 64;

/// Opens script files by the name that a script or the command line gives.
pub trait Loader {
    /// Opens `name`, which stands in the file `from`.
    fn open(&mut self, name: &str, from: &Path) -> Result<Source, IncludeError>;
}

/// Why a script file cannot be read.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum IncludeError {
    /// No directory has it.
    #[error("cannot find linker script `{name}`")]
    NotFound {
        /// The name that was looked for.
        name: String,
        /// The directories that were searched, in order.
        searched: Vec<PathBuf>,
    },
    /// It is there, but cannot be read or is not text.
    #[error("cannot read linker script `{}`: {reason}", path.display())]
    Unreadable {
        /// The file.
        path: PathBuf,
        /// What the system says.
        reason: String,
    },
}

impl IncludeError {
    /// As a diagnostic without a place.
    pub fn into_diagnostic(self) -> Diagnostic {
        let diagnostic = Diagnostic::error(self.to_string());
        match self {
            IncludeError::NotFound { searched, .. } if searched.is_empty() => diagnostic,
            IncludeError::NotFound { name, searched } => {
                let diagnostic = searched.iter().fold(diagnostic, |diagnostic, folder| {
                    diagnostic.note(format!("searched in `{}`", folder.display()))
                });
                let names: Vec<String> = searched
                    .iter()
                    .flat_map(|folder| crate::input::names_in(folder))
                    .collect();
                match xsys_diag::did_you_mean(&name, names.iter().map(String::as_str)) {
                    Some(close) => diagnostic.help(format!("did you mean `{close}`?")),
                    None => diagnostic.help(
                        "put the file into one of these directories, or name its directory with `-L`",
                    ),
                }
            }
            IncludeError::Unreadable { .. } => diagnostic
                .help("`-T` and INCLUDE take linker scripts; objects are named without `-T`"),
        }
    }
}

/// A loader for texts that include nothing.
struct NoFiles;

impl Loader for NoFiles {
    fn open(&mut self, name: &str, _: &Path) -> Result<Source, IncludeError> {
        Err(IncludeError::NotFound {
            name: name.to_owned(),
            searched: Vec::new(),
        })
    }
}

/// Opens and reads the script `root` and all that it includes.
pub fn parse(root: &Path, loader: &mut dyn Loader) -> (Script, Vec<Diagnostic>) {
    let mut script = Script::default();
    let name = root.to_string_lossy();
    let diagnostics = match loader.open(&name, Path::new("")) {
        Ok(source) => parse_into(&mut script, source, loader),
        Err(error) => vec![error.into_diagnostic()],
    };
    (script, diagnostics)
}

/// Reads `source` and all that it includes; appends its commands to `script`.
pub fn parse_into(script: &mut Script, source: Source, loader: &mut dyn Loader) -> Vec<Diagnostic> {
    let mut commands = Vec::new();
    let mut parser = Parser::new(script, loader);
    if parser.enter(source) {
        parser.commands(&mut commands);
    }
    let diagnostics = parser.diagnostics;
    script.commands.append(&mut commands);
    diagnostics
}

/// Reads a script that includes nothing, such as a built-in one.
pub fn parse_text(name: &str, text: &str) -> (Script, Vec<Diagnostic>) {
    let mut script = Script::default();
    let diagnostics = parse_into(&mut script, text_source(name, text), &mut NoFiles);
    (script, diagnostics)
}

/// Reads a file of `--version-script`. Its text joins `script.sources`.
pub fn parse_versions(script: &mut Script, source: Source) -> (Vec<VersionNode>, Vec<Diagnostic>) {
    let mut loader = NoFiles;
    let mut parser = Parser::new(script, &mut loader);
    let mut nodes = Vec::new();
    if parser.enter(source) {
        nodes = parser.version_nodes(None);
    }
    (nodes, parser.diagnostics)
}

/// Reads one expression; `name` is what diagnostics call its text, such as `--section-start`.
/// The text joins `script.sources`, so that the expression's spans mean something.
///
/// # Errors
/// The diagnostics of the text, if it is not one expression.
pub fn parse_expression(
    script: &mut Script,
    name: &str,
    text: &str,
) -> Result<Expr, Vec<Diagnostic>> {
    parse_whole(script, name, text, |parser| parser.expr())
}

/// Reads the `symbol=expression` of `--defsym`.
///
/// # Errors
/// The diagnostics of the text, if it is not one assignment.
pub fn parse_defsym(script: &mut Script, text: &str) -> Result<Assignment, Vec<Diagnostic>> {
    parse_whole(script, "--defsym", text, |parser| {
        let symbol = parser.name(Mode::Command, "a symbol")?;
        parser.assignment_of(symbol)
    })
}

fn parse_whole<T>(
    script: &mut Script,
    name: &str,
    text: &str,
    read: impl FnOnce(&mut Parser) -> Parsed<T>,
) -> Result<T, Vec<Diagnostic>> {
    let mut loader = NoFiles;
    let mut parser = Parser::new(script, &mut loader);
    let result = if parser.enter(text_source(name, text)) {
        read(&mut parser).and_then(|value| {
            let rest = parser.peek(Mode::Expr);
            match rest.kind {
                TokenKind::End => Ok(value),
                _ => Err(parser.unexpected("the end of the expression", rest)),
            }
        })
    } else {
        Err(Reported)
    };
    let failed = parser
        .diagnostics
        .iter()
        .any(|found| found.severity == Severity::Error);
    match result {
        Ok(value) if !failed => Ok(value),
        _ => Err(parser.diagnostics),
    }
}

fn text_source(name: &str, text: &str) -> Source {
    Source {
        path: PathBuf::from(name),
        text: Arc::from(text),
    }
}

/// An error that is in the diagnostics already; the parser has to skip to where it can go on.
#[derive(Debug)]
struct Reported;

type Parsed<T> = Result<T, Reported>;

struct Parser<'p> {
    script: &'p mut Script,
    loader: &'p mut dyn Loader,
    diagnostics: Vec<Diagnostic>,
    /// Places of bad tokens that have been reported: looking ahead reads a token more than once.
    reported: BTreeSet<(u32, usize)>,
    /// The file being read.
    file: u32,
    text: Arc<str>,
    /// Where the next token is looked for.
    at: usize,
    /// End of the last token taken.
    last_end: usize,
    /// The files that are being read, outermost first.
    chain: Vec<u32>,
    /// Depth of the expression being read.
    nesting: u32,
    /// The file whose end has been reported for an unclosed brace.
    unclosed_file: Option<u32>,
}

impl<'p> Parser<'p> {
    fn new(script: &'p mut Script, loader: &'p mut dyn Loader) -> Self {
        Parser {
            script,
            loader,
            diagnostics: Vec::new(),
            reported: BTreeSet::new(),
            file: 0,
            text: Arc::from(""),
            at: 0,
            last_end: 0,
            chain: Vec::new(),
            nesting: 0,
            unclosed_file: None,
        }
    }

    /// Starts to read a file; false if it is too large for spans.
    fn enter(&mut self, source: Source) -> bool {
        let file = u32::try_from(self.script.sources.len());
        let (Ok(file), Ok(_)) = (file, u32::try_from(source.text.len())) else {
            let path = source.path.display().to_string();
            self.diagnostics.push(Diagnostic::error(format!(
                "linker script `{path}` is larger than 4 GiB"
            )));
            return false;
        };
        self.file = file;
        self.text = source.text.clone();
        // A byte order mark does not belong to the text.
        self.at = if self.text.starts_with('\u{feff}') {
            3
        } else {
            0
        };
        self.last_end = self.at;
        self.script.sources.push(source);
        self.chain.push(file);
        true
    }

    /// `INCLUDE file`: reads the file's content with `read`, as if it stood here.
    fn include(&mut self, read: &mut dyn FnMut(&mut Self)) -> Parsed<()> {
        let name = self.name(Mode::Pattern, "a file name after `INCLUDE`")?;
        self.eat(";");
        if self.chain.len() >= MAX_INCLUDES {
            return Err(self.error(
                name.span,
                format!("more than {MAX_INCLUDES} nested INCLUDEs"),
            ));
        }
        let from = self.script.sources[self.file as usize].path.clone();
        let source = match self.loader.open(&name.text, &from) {
            Ok(source) => source,
            Err(error) => {
                let diagnostic = self.script.label(error.into_diagnostic(), name.span, "");
                self.diagnostics.push(diagnostic);
                return Ok(());
            }
        };
        let sources = &self.script.sources;
        if self
            .chain
            .iter()
            .any(|&file| sources[file as usize].path == source.path)
        {
            let path = source.path.display().to_string();
            self.error_help(
                name.span,
                format!("`{path}` includes itself"),
                "remove this INCLUDE, or the one that led here",
            );
            return Ok(());
        }
        let outer = (self.file, self.text.clone(), self.at, self.last_end);
        if self.enter(source) {
            read(self);
            self.chain.pop();
        }
        (self.file, self.text, self.at, self.last_end) = outer;
        Ok(())
    }

    /// The `;` (or `,`, as GNU ld allows) after a statement. If the next statement follows without it,
    /// reading goes on there.
    fn end_statement(&mut self, what: &str) -> Parsed<()> {
        let token = self.peek(Mode::Command);
        if token.is(";") || token.is(",") {
            self.bump(token);
            return Ok(());
        }
        let plain = token.is_name() || token.is("}") || token.kind == TokenKind::End;
        let message = format!("expected `;` after {what}, found {}", self.describe(token));
        if plain {
            let point = self.span(self.last_end, self.last_end);
            self.error_help(point, message, "add `;`");
            return Ok(());
        }
        Err(self.error(self.token_span(token), message))
    }

    /// Skips to where the next statement may start: after a `;` or a balanced `{ … }`, before a `}`
    /// that closes what surrounds the statement, before a line that starts with one of `starts`.
    fn skip_statement(&mut self, starts: &[&str]) {
        let mut depth = 0_usize;
        let from = self.at;
        loop {
            let token = lex::token(&self.text, self.at, Mode::Command);
            match token.kind {
                TokenKind::End => return,
                TokenKind::Punct("{") => depth += 1,
                TokenKind::Punct("}") if depth == 0 => return,
                TokenKind::Punct("}") => {
                    depth -= 1;
                    if depth == 0 {
                        self.bump(token);
                        self.skip_trailer();
                        return;
                    }
                }
                TokenKind::Punct(";") if depth == 0 => {
                    self.bump(token);
                    return;
                }
                TokenKind::Word
                    if depth == 0
                        && token.start > from
                        && self.starts_line(token)
                        && starts.contains(&self.word(token)) =>
                {
                    return;
                }
                _ => {}
            }
            self.bump(token);
        }
    }

    /// Skips the `>region AT>region :phdr =fill` behind a skipped brace.
    fn skip_trailer(&mut self) {
        loop {
            let token = lex::token(&self.text, self.at, Mode::Command);
            let next = lex::token(&self.text, token.end, Mode::Command);
            match token.kind {
                TokenKind::Punct(">" | ":" | "=") => {
                    self.bump(token);
                    self.bump(next);
                }
                TokenKind::Word if self.word(token) == "AT" && next.is(">") => self.bump(token),
                _ => return,
            }
        }
    }

    pub(super) fn starts_line(&self, token: Token) -> bool {
        let before = self.text.get(..token.start).unwrap_or("");
        before.trim_end_matches([' ', '\t']).ends_with('\n') || before.trim().is_empty()
    }

    /// Reads statements with `read` until the text or the surrounding brace ends; after an error
    /// skips to the next one. `read` returns false where its caller takes over.
    fn statements(
        &mut self,
        open: Option<(Token, &str)>,
        mode: Mode,
        starts: &[&str],
        read: &mut dyn FnMut(&mut Self, Token) -> Parsed<bool>,
    ) {
        loop {
            let token = self.peek(mode);
            match token.kind {
                TokenKind::End => {
                    if let Some((brace, of)) = open {
                        self.unclosed(brace, of);
                    }
                    self.bump(token);
                    return;
                }
                TokenKind::Punct("}") => {
                    self.bump(token);
                    if open.is_some() {
                        return;
                    }
                    self.error_help(
                        self.token_span(token),
                        "unexpected `}`",
                        "nothing is open here: remove it, or look for one `}` too many above",
                    );
                    continue;
                }
                TokenKind::Punct(";") => {
                    self.bump(token);
                    continue;
                }
                _ => {}
            }
            let before = self.at;
            match read(self, token) {
                Ok(true) => {}
                Ok(false) => return,
                Err(Reported) => self.skip_statement(starts),
            }
            if self.at == before && self.peek(mode).start == token.start {
                // Nothing was read and nothing skipped: step over the token.
                let token = self.take(mode);
                if token.kind == TokenKind::End {
                    continue;
                }
            }
        }
    }
}

/// The keyword that was probably meant: in capitals, a typing error away, or with letters swapped.
fn suggest(found: &str, candidates: &[&'static str]) -> Option<&'static str> {
    let upper = found.to_ascii_uppercase();
    let letters = |word: &str| {
        let mut letters = word.as_bytes().to_vec();
        letters.sort_unstable();
        letters
    };
    xsys_diag::did_you_mean(&upper, candidates.iter().copied()).or_else(|| {
        let swapped = |candidate: &&&'static str| letters(candidate) == letters(&upper);
        candidates.iter().find(swapped).copied()
    })
}

/// Top-level commands of a file, for [`Parser::include`].
impl Parser<'_> {
    fn commands(&mut self, out: &mut Vec<Command>) {
        self.statements(
            None,
            Mode::Command,
            commands::NAMES,
            &mut |parser, token| parser.command(token, out).map(|()| true),
        );
    }
}

//! What xsys reports.
//!
//! Every library of the workspace reports problems as [`Diagnostic`]s: data, never text on a stream. Only the `xsys`
//! command renders them (in rustc's look, or as JSON), so that one run can report everything that is wrong, in one
//! order and one style.
//!
//! Style of the texts: lower case, no final period, names in backticks, hexadecimal addresses, the actual value against
//! the limit; what to do about it goes into `help`.

use std::fmt;
use std::ops::Range;
use std::path::PathBuf;
use std::sync::Arc;

/// How bad a problem is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Severity {
    /// The result is usable.
    Warning,
    /// The result cannot be produced.
    Error,
}

/// A text file that labels point into, kept whole so that a renderer can quote its lines.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Source {
    /// The file's path as the user would write it.
    pub path: PathBuf,
    /// The file's text.
    pub text: Arc<str>,
}

/// A place in a text file and what is to be said about it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Label {
    /// The file.
    pub source: Source,
    /// Byte range within the file's text; empty ranges mark a point.
    pub span: Range<usize>,
    /// A few words beside the caret; may be empty.
    pub text: String,
}

/// One problem: a message, the places it is about, notes (facts) and help (what to do).
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Diagnostic {
    /// How bad it is.
    pub severity: Severity,
    /// One line: what is wrong, naming the file where there is no label.
    pub message: String,
    /// Places in text files, the most important first.
    pub labels: Vec<Label>,
    /// Facts that explain the message, a line or several each.
    pub notes: Vec<String>,
    /// What to do about it.
    pub help: Vec<String>,
    /// A name for this kind of problem, for programs that read diagnostics; it does not change when
    /// the message does.
    pub code: Option<&'static str>,
    /// The message as the imitated program words it (wasm-ld in compat mode), for scripts that search for that text.
    pub counterpart: Option<Box<str>>,
}

impl Diagnostic {
    /// A problem that prevents the result.
    pub fn error(message: impl Into<String>) -> Self {
        Self::new(Severity::Error, message.into())
    }

    /// A problem that does not prevent the result.
    pub fn warning(message: impl Into<String>) -> Self {
        Self::new(Severity::Warning, message.into())
    }

    fn new(severity: Severity, message: String) -> Self {
        Self {
            severity,
            message,
            labels: Vec::new(),
            notes: Vec::new(),
            help: Vec::new(),
            code: None,
            counterpart: None,
        }
    }

    /// Adds a place in a text file.
    pub fn label(mut self, source: &Source, span: Range<usize>, text: impl Into<String>) -> Self {
        self.labels.push(Label {
            source: source.clone(),
            span,
            text: text.into(),
        });
        self
    }

    /// Names the kind of problem.
    pub fn code(mut self, code: &'static str) -> Self {
        self.code = Some(code);
        self
    }

    /// Sets the imitated program's wording.
    pub fn counterpart(mut self, text: impl Into<Box<str>>) -> Self {
        self.counterpart = Some(text.into());
        self
    }

    /// Replaces the message by the imitated program's wording, if there is one.
    pub fn imitate(&mut self) {
        if let Some(text) = self.counterpart.take() {
            self.message = text.into();
        }
    }

    /// Adds a fact.
    pub fn note(mut self, text: impl Into<String>) -> Self {
        self.notes.push(text.into());
        self
    }

    /// Adds a remedy.
    pub fn help(mut self, text: impl Into<String>) -> Self {
        self.help.push(text.into());
        self
    }
}

/// The plain form, for logs and tests; people see the rendered one.
impl fmt::Display for Diagnostic {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let word = match self.severity {
            Severity::Warning => "warning",
            Severity::Error => "error",
        };
        write!(f, "{word}: {}", self.message)?;
        for label in &self.labels {
            let (line, column) = line_column(&label.source.text, label.span.start);
            write!(f, "\n  --> {}:{line}:{column}", label.source.path.display())?;
            if !label.text.is_empty() {
                write!(f, ": {}", label.text)?;
            }
        }
        for note in &self.notes {
            write!(f, "\n  = note: {note}")?;
        }
        for help in &self.help {
            write!(f, "\n  = help: {help}")?;
        }
        Ok(())
    }
}

/// Line and column of a byte offset, both counted from 1; columns count characters.
pub fn line_column(text: &str, offset: usize) -> (usize, usize) {
    let before = &text.as_bytes()[..offset.min(text.len())];
    let line = before.iter().filter(|&&byte| byte == b'\n').count() + 1;
    let start = before
        .iter()
        .rposition(|&byte| byte == b'\n')
        .map_or(0, |at| at + 1);
    let column = String::from_utf8_lossy(&before[start..]).chars().count() + 1;
    (line, column)
}

/// The closest of `candidates` to `wanted` by edit distance, if it is close enough to be a
/// misspelling (at most a third of the letters differ).
pub fn did_you_mean<'a>(
    wanted: &str,
    candidates: impl IntoIterator<Item = &'a str>,
) -> Option<&'a str> {
    let limit = (wanted.chars().count() / 3).max(1);
    candidates
        .into_iter()
        .map(|candidate| {
            // Wrong capitals are the commonest mistake.
            let distance = match candidate.eq_ignore_ascii_case(wanted) {
                true => usize::from(candidate != wanted),
                false => edit_distance(wanted, candidate, limit),
            };
            (distance, candidate)
        })
        .filter(|&(distance, _)| distance <= limit)
        .min()
        .map(|(_, candidate)| candidate)
}

/// Edit distance in which two letters that changed places count once (optimal string alignment), or
/// `limit + 1` as soon as the lengths alone exceed the limit.
fn edit_distance(a: &str, b: &str, limit: usize) -> usize {
    let (a, b): (Vec<char>, Vec<char>) = (a.chars().collect(), b.chars().collect());
    if a.len().abs_diff(b.len()) > limit {
        return limit + 1;
    }
    let mut before = vec![0; b.len() + 1];
    let mut row: Vec<usize> = (0..=b.len()).collect();
    for (i, &x) in a.iter().enumerate() {
        let mut next = vec![i + 1; b.len() + 1];
        for (j, &y) in b.iter().enumerate() {
            let substitute = row[j] + usize::from(x != y);
            let mut best = substitute.min(next[j] + 1).min(row[j + 1] + 1);
            if i > 0 && j > 0 && x == b[j - 1] && a[i - 1] == y {
                best = best.min(before[j - 1] + 1);
            }
            next[j + 1] = best;
        }
        before = std::mem::replace(&mut row, next);
    }
    row[b.len()]
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn columns_count_characters() {
        assert_eq!(line_column("ab\nçd", 5), (2, 2));
        assert_eq!(line_column("ab", 99), (1, 3));
    }

    #[test]
    fn suggestions_are_close() {
        assert_eq!(
            did_you_mean("gc-section", ["strip-all", "gc-sections"]),
            Some("gc-sections")
        );
        assert_eq!(did_you_mean("foo", ["barbaz"]), None);
        assert_eq!(did_you_mean("setpu", ["setup", "main"]), Some("setup"));
        assert_eq!(edit_distance("ab", "ba", 3), 1);
        assert_eq!(edit_distance("kitten", "sitting", 9), 3);
    }
}

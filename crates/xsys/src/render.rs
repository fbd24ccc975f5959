//! Diagnostics as people or programs read them: rustc's look, or a line of JSON each.

use annotate_snippets::{AnnotationKind, Group, Level, Renderer, Snippet};
use serde_json::{Value, json};
use xsys_diag::{Diagnostic, Severity, line_column};

use crate::error::Failure;
use crate::ui::Ui;

/// Shows diagnostics on stderr.
pub fn show(ui: &Ui, diagnostics: &[Diagnostic]) {
    for diagnostic in diagnostics {
        if ui.quiet && diagnostic.severity == Severity::Warning {
            continue;
        }
        if ui.json {
            ui.line(&to_json(diagnostic).to_string());
        } else {
            ui.line(&to_text(diagnostic, ui.color));
        }
    }
}

/// Shows a failure and gives its exit code.
pub fn fail(ui: &Ui, failure: &Failure) -> u8 {
    show(ui, &failure.diagnostics);
    failure.code
}

/// The text form, without a line break at its end.
pub fn to_text(diagnostic: &Diagnostic, color: bool) -> String {
    let level = match diagnostic.severity {
        Severity::Error => Level::ERROR,
        Severity::Warning => Level::WARNING,
    };
    let title = level.primary_title(diagnostic.message.as_str());
    let mut group = Group::with_title(title);
    // Labels of one file share a snippet; the first label of all is what the message is about.
    let mut shown = vec![false; diagnostic.labels.len()];
    for first in 0..diagnostic.labels.len() {
        if shown[first] {
            continue;
        }
        let source = &diagnostic.labels[first].source;
        let mut snippet =
            Snippet::source(source.text.as_ref()).path(source.path.display().to_string());
        for (at, label) in diagnostic.labels.iter().enumerate().skip(first) {
            if shown[at] || label.source != *source {
                continue;
            }
            shown[at] = true;
            let kind = if at == 0 {
                AnnotationKind::Primary
            } else {
                AnnotationKind::Context
            };
            let mut annotation = kind.span(inside(&source.text, &label.span));
            if !label.text.is_empty() {
                annotation = annotation.label(label.text.as_str());
            }
            snippet = snippet.annotation(annotation);
        }
        group = group.element(snippet);
    }
    for note in &diagnostic.notes {
        group = group.element(Level::NOTE.message(note.as_str()));
    }
    for help in &diagnostic.help {
        group = group.element(Level::HELP.message(help.as_str()));
    }
    let renderer = if color {
        Renderer::styled()
    } else {
        Renderer::plain()
    };
    renderer.render(&[group])
}

/// The span cut to the text and to whole characters: a wrong span must not take the message with
/// it.
fn inside(text: &str, span: &std::ops::Range<usize>) -> std::ops::Range<usize> {
    let floor = |at: usize| {
        let at = at.min(text.len());
        (0..=at)
            .rev()
            .find(|&at| text.is_char_boundary(at))
            .unwrap_or(0)
    };
    let start = floor(span.start);
    start..floor(span.end).max(start)
}

/// The form for programs: places as bytes and as lines and columns counted from 1.
pub fn to_json(diagnostic: &Diagnostic) -> Value {
    let labels: Vec<Value> = diagnostic
        .labels
        .iter()
        .map(|label| {
            let (line, column) = line_column(&label.source.text, label.span.start);
            let (end_line, end_column) = line_column(&label.source.text, label.span.end);
            json!({
                "file": label.source.path.display().to_string(),
                "byte_start": label.span.start,
                "byte_end": label.span.end,
                "line": line,
                "column": column,
                "end_line": end_line,
                "end_column": end_column,
                "text": label.text,
            })
        })
        .collect();
    json!({
        "reason": "xsys-diagnostic",
        "severity": match diagnostic.severity {
            Severity::Error => "error",
            Severity::Warning => "warning",
        },
        "message": diagnostic.message,
        "labels": labels,
        "notes": diagnostic.notes,
        "help": diagnostic.help,
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use xsys_diag::Source;

    fn example() -> Diagnostic {
        let source = Source {
            path: "link.x".into(),
            text: "MEMORY {\n  RAM : ORIGIN = 0, LENGHT = 1K\n}\n".into(),
        };
        let at = source.text.find("LENGHT").unwrap_or(0);
        Diagnostic::error("unknown attribute `LENGHT`")
            .label(&source, at..at + 6, "not known here")
            .note("a region has an origin and a length")
            .help("did you mean `LENGTH`?")
    }

    #[test]
    fn text_quotes_the_line() {
        let expected = "\
error: unknown attribute `LENGHT`
 --> link.x:2:21
  |
2 |   RAM : ORIGIN = 0, LENGHT = 1K
  |                     ^^^^^^ not known here
  |
  = note: a region has an origin and a length
  = help: did you mean `LENGTH`?";
        assert_eq!(to_text(&example(), false), expected);
        assert!(to_text(&example(), true).contains("\x1b["));
    }

    #[test]
    fn spans_outside_the_text_do_not_panic() {
        let source = Source {
            path: "a".into(),
            text: "ä".into(),
        };
        for span in [1..1, 0..9, 9..12] {
            let diagnostic = Diagnostic::warning("odd").label(&source, span, "");
            assert!(to_text(&diagnostic, false).starts_with("warning: odd"));
        }
    }

    #[test]
    fn json_has_lines_and_columns() {
        let value = to_json(&example());
        assert_eq!(value["severity"], "error");
        assert_eq!(value["labels"][0]["line"], 2);
        assert_eq!(value["labels"][0]["column"], 21);
        assert_eq!(value["labels"][0]["end_column"], 27);
        assert_eq!(value["help"][0], "did you mean `LENGTH`?");
    }
}

//! Renders diagnostics for people (in rustc's look) or programs (a line of JSON each).

use annotate_snippets::{AnnotationKind, Group, Level, Renderer, Snippet};
use serde_json::{Value, json};
use xsys_diag::{Diagnostic, Label, Severity, line_column};

use crate::children;
use crate::error::{Failure, Result};
use crate::ui::Ui;

/// Shows diagnostics on stderr.
pub(crate) fn show(ui: &Ui, diagnostics: &[Diagnostic]) {
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
pub(crate) fn fail(ui: &Ui, failure: &Failure) -> u8 {
    children::stop_if_ending();
    show(ui, &failure.diagnostics);
    failure.code
}

/// The text form, without a line break at its end.
pub(crate) fn to_text(diagnostic: &Diagnostic, color: bool) -> String {
    let level = match diagnostic.severity {
        Severity::Error => Level::ERROR,
        Severity::Warning => Level::WARNING,
    };
    let title = level.primary_title(diagnostic.message.as_str());
    let mut group = Group::with_title(title);
    // Labels of one file share a snippet; the first label is what the message is about.
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

/// The span, limited to the text and to whole characters: a wrong span must not hide the message.
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

/// The form for programs: rustc's (rustc book, "JSON Output"), so that programs that read the
/// compiler's messages can read ours. Offsets are bytes from 0, lines and columns (in characters)
/// count from 1, notes and help are children, and `code` is the name of the kind of problem, if it
/// has one.
pub(crate) fn to_json(diagnostic: &Diagnostic) -> Value {
    let spans: Vec<Value> = diagnostic
        .labels
        .iter()
        .enumerate()
        .map(|(at, label)| span(label, at == 0))
        .collect();
    let child = |level: &str, message: &String| {
        json!({
            "message": message,
            "code": null,
            "level": level,
            "spans": [],
            "children": [],
            "rendered": null,
        })
    };
    let notes = diagnostic.notes.iter().map(|text| child("note", text));
    let helps = diagnostic.help.iter().map(|text| child("help", text));
    json!({
        "$message_type": "diagnostic",
        "reason": "xsys-diagnostic",
        "message": diagnostic.message,
        "code": diagnostic.code.map(|code| json!({ "code": code, "explanation": null })),
        "level": match diagnostic.severity {
            Severity::Error => "error",
            Severity::Warning => "warning",
        },
        "spans": spans,
        "children": notes.chain(helps).collect::<Vec<_>>(),
        "rendered": to_text(diagnostic, false) + "\n",
    })
}

/// A place, with the lines that it touches.
fn span(label: &Label, primary: bool) -> Value {
    let text = label.source.text.as_ref();
    let range = inside(text, &label.span);
    let (line, column) = line_column(text, range.start);
    let (end_line, end_column) = line_column(text, range.end);
    let lines: Vec<Value> = text
        .lines()
        .enumerate()
        .skip(line - 1)
        .take(end_line + 1 - line)
        .map(|(at, text)| {
            let whole = text.chars().count() + 1;
            json!({
                "text": text,
                "highlight_start": if at + 1 == line { column } else { 1 },
                "highlight_end": if at + 1 == end_line { end_column } else { whole },
            })
        })
        .collect();
    json!({
        "file_name": label.source.path.display().to_string(),
        "byte_start": range.start,
        "byte_end": range.end,
        "line_start": line,
        "line_end": end_line,
        "column_start": column,
        "column_end": end_column,
        "is_primary": primary,
        "text": lines,
        "label": (!label.text.is_empty()).then_some(&label.text),
        "suggested_replacement": null,
        "suggestion_applicability": null,
        "expansion": null,
    })
}

/// Shows warnings; fails if there are errors.
pub(crate) fn report_problems(ui: &Ui, problems: Vec<Diagnostic>) -> Result<()> {
    let (errors, warnings): (Vec<_>, Vec<_>) = problems
        .into_iter()
        .partition(|problem| problem.severity == Severity::Error);
    show(ui, &warnings);
    if errors.is_empty() {
        Ok(())
    } else {
        Err(errors.into())
    }
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
    fn json_is_shaped_like_rustcs() {
        let value = to_json(&example().code("script-syntax"));
        assert_eq!(value["$message_type"], "diagnostic");
        assert_eq!(value["level"], "error");
        assert_eq!(value["code"]["code"], "script-syntax");
        assert_eq!(value["spans"][0]["file_name"], "link.x");
        assert_eq!(value["spans"][0]["byte_start"], 29);
        assert_eq!(value["spans"][0]["line_start"], 2);
        assert_eq!(value["spans"][0]["column_start"], 21);
        assert_eq!(value["spans"][0]["column_end"], 27);
        assert_eq!(value["spans"][0]["is_primary"], true);
        assert_eq!(value["spans"][0]["text"][0]["highlight_start"], 21);
        assert_eq!(value["spans"][0]["label"], "not known here");
        assert_eq!(value["children"][0]["level"], "note");
        assert_eq!(value["children"][1]["message"], "did you mean `LENGTH`?");
        assert_eq!(value["rendered"], to_text(&example(), false) + "\n");
        assert_eq!(to_json(&Diagnostic::warning("odd"))["code"], Value::Null);
        assert!(!value.to_string().contains('\n'));
    }

    #[test]
    fn json_spans_may_have_several_lines() {
        let source = Source {
            path: "a".into(),
            text: "one\ntwo\nthree\n".into(),
        };
        let value = to_json(&Diagnostic::error("odd").label(&source, 2..9, ""));
        let text = &value["spans"][0]["text"];
        assert_eq!(text[0]["highlight_end"], 4);
        assert_eq!(text[1]["highlight_start"], 1);
        assert_eq!(text[2]["highlight_end"], 2);
        assert_eq!(value["spans"][0]["label"], Value::Null);
    }
}

//! libtest's own output: its text, its short form, and its JSON, character by character.
//!
//! Spec: `library/test/src/formatters` of rust 1.95.

use std::fmt::Write as _;
use std::io::{IsTerminal, Write};
use std::time::Duration;

use super::options::{Color, Format, Options};
use super::verdict::{Outcome, ShouldPanic, Test, Verdict};

const GREEN: u8 = 32;
const RED: u8 = 31;
const YELLOW: u8 = 33;

/// The length of a line in the short form.
const COLUMNS: usize = 88;

/// What has been reported so far.
pub(super) struct Report<'a> {
    options: &'a Options,
    tests: &'a [Test],
    filtered_out: usize,
    color: bool,
    /// Whether names are only printed with results.
    at_once: bool,
    column: usize,
    ended: usize,
    passed: Vec<(String, String)>,
    failed: Vec<(String, String)>,
    timed_out: Vec<(String, String)>,
    ignored: Vec<Test>,
}

impl<'a> Report<'a> {
    pub(super) fn new(options: &'a Options, tests: &'a [Test], filtered_out: usize) -> Self {
        Self {
            options,
            tests,
            filtered_out,
            color: match options.color {
                Color::Always => true,
                Color::Never => false,
                Color::Auto => !options.nocapture && std::io::stdout().is_terminal(),
            },
            at_once: options.threads() > 1,
            column: 0,
            ended: 0,
            passed: Vec::new(),
            failed: Vec::new(),
            timed_out: Vec::new(),
            ignored: Vec::new(),
        }
    }

    pub(super) fn list(&self) {
        let count = |benchmark| {
            let tests = self.tests.iter();
            tests.filter(|test| test.benchmark == benchmark).count()
        };
        let (tests, benchmarks) = (count(false), count(true));
        if self.options.format() == Format::Json {
            say("{ \"type\": \"suite\", \"event\": \"discovery\" }\n");
        }
        for test in self.tests {
            let kind = if test.benchmark { "benchmark" } else { "test" };
            match self.options.format() {
                Format::Json => say(&discovered(test, kind)),
                _ => say(&format!("{}: {kind}\n", test.name)),
            }
        }
        let ignored = self.tests.iter().filter(|test| test.ignored).count();
        match self.options.format() {
            Format::Terse => {}
            Format::Json => say(&format!(
                "{{ \"type\": \"suite\", \"event\": \"completed\", \"tests\": {tests}, \"benchmarks\": {benchmarks}, \"total\": {}, \"ignored\": {ignored} }}\n",
                tests + benchmarks
            )),
            Format::Pretty => {
                let gap = if self.tests.is_empty() { "" } else { "\n" };
                say(&format!(
                    "{gap}{}, {}\n",
                    plural(tests, "test"),
                    plural(benchmarks, "benchmark")
                ));
            }
        }
    }

    pub(super) fn begin(&self) {
        let count = self.tests.len();
        say(&match self.options.format() {
            Format::Json => format!(
                "{{ \"type\": \"suite\", \"event\": \"started\", \"test_count\": {count} }}\n"
            ),
            _ => format!("\nrunning {}\n", plural(count, "test")),
        });
    }

    pub(super) fn started(&self, test: &Test) {
        match self.options.format() {
            Format::Json => say(&format!(
                "{{ \"type\": \"test\", \"event\": \"started\", \"name\": {} }}\n",
                quoted(&test.name)
            )),
            // It shows which test hangs.
            Format::Pretty if !self.at_once => say(&title(test)),
            _ => {}
        }
    }

    pub(super) fn ended(&mut self, test: &Test, outcome: Outcome) {
        self.ended += 1;
        let text = match self.options.format() {
            Format::Json => self.json(test, &outcome),
            Format::Pretty => self.pretty(test, &outcome),
            Format::Terse => self.terse(test, &outcome),
        };
        say(&text);
        let mut entry = (test.name.clone(), outcome.output);
        match outcome.verdict {
            Verdict::Ok => self.passed.push(entry),
            Verdict::Ignored => self.ignored.push(test.clone()),
            Verdict::Failed => self.failed.push(entry),
            Verdict::FailedBecause(reason) => {
                let _ = write!(entry.1, "note: {reason}");
                self.failed.push(entry);
            }
            Verdict::TimedOut => self.timed_out.push(entry),
        }
    }

    fn pretty(&self, test: &Test, outcome: &Outcome) -> String {
        let mut text = if self.at_once {
            title(test)
        } else {
            String::new()
        };
        text += &match &outcome.verdict {
            Verdict::Ok => self.colored("ok", GREEN),
            Verdict::Ignored => match &test.reason {
                Some(reason) => self.colored(&format!("ignored, {reason}"), YELLOW),
                None => self.colored("ignored", YELLOW),
            },
            Verdict::Failed | Verdict::FailedBecause(_) => self.colored("FAILED", RED),
            Verdict::TimedOut => self.colored("FAILED (time limit exceeded)", RED),
        };
        if self.options.report_time && outcome.verdict != Verdict::Ignored {
            let _ = write!(text, " <{:.3}s>", outcome.time.as_secs_f64());
        }
        text + "\n"
    }

    fn terse(&mut self, test: &Test, outcome: &Outcome) -> String {
        let progress = format!(" {}/{}\n", self.ended, self.tests.len());
        if outcome.verdict.is_failure() {
            let before = match std::mem::take(&mut self.column) {
                0 => String::new(),
                _ => format!(" {}/{}\n", self.ended - 1, self.tests.len()),
            };
            return format!(
                "{before}{} --- {}\n",
                test.name,
                self.colored("FAILED", RED)
            );
        }
        let mut text = match outcome.verdict {
            Verdict::Ignored => self.colored("i", YELLOW),
            _ => self.colored(".", GREEN),
        };
        self.column += 1;
        if self.column % COLUMNS == COLUMNS - 1 {
            text += &progress;
            self.column = 0;
        }
        text
    }

    fn json(&self, test: &Test, outcome: &Outcome) -> String {
        let event = match outcome.verdict {
            Verdict::Ok => "ok",
            Verdict::Ignored => "ignored",
            _ => "failed",
        };
        let mut text = format!(
            "{{ \"type\": \"test\", \"name\": {}, \"event\": \"{event}\"",
            quoted(&test.name)
        );
        if self.options.report_time && outcome.verdict != Verdict::Ignored {
            let _ = write!(text, ", \"exec_time\": {}", outcome.time.as_secs_f64());
        }
        let shown = self.options.show_output || outcome.verdict != Verdict::Ok;
        if shown && !outcome.output.is_empty() {
            let _ = write!(text, ", \"stdout\": {}", quoted(&outcome.output));
        }
        let message = match &outcome.verdict {
            Verdict::FailedBecause(reason) => Some(reason),
            Verdict::Ignored => test.reason.as_ref(),
            _ => None,
        };
        if let Some(message) = message {
            let _ = write!(text, ", \"message\": {}", quoted(message));
        }
        if outcome.verdict == Verdict::TimedOut {
            text += ", \"reason\": \"time limit exceeded\"";
        }
        text + " }\n"
    }

    /// The summary; returns whether all tests passed.
    pub(super) fn finish(&self, time: Duration) -> bool {
        let failures = self.failed.len() + self.timed_out.len();
        let success = failures == 0;
        let counts = [self.passed.len(), failures, self.ignored.len()];
        let seconds = time.as_secs_f64();
        let [passed, failed, ignored] = counts;
        let filtered_out = self.filtered_out;
        if self.options.format() == Format::Json {
            let event = if success { "ok" } else { "failed" };
            say(&format!(
                "{{ \"type\": \"suite\", \"event\": \"{event}\", \"passed\": {passed}, \"failed\": {failed}, \"ignored\": {ignored}, \"measured\": 0, \"filtered_out\": {filtered_out}, \"exec_time\": {seconds} }}\n"
            ));
            return success;
        }
        let mut text = String::new();
        if self.options.show_output {
            text += &section("successes", &self.passed);
        }
        if !self.failed.is_empty() {
            text += &section("failures", &self.failed);
        }
        if !self.timed_out.is_empty() {
            text += &section("failures (time limit exceeded)", &self.timed_out);
        }
        let word = match success {
            true => self.colored("ok", GREEN),
            false => self.colored("FAILED", RED),
        };
        let _ = write!(
            text,
            "\ntest result: {word}. {passed} passed; {failed} failed; {ignored} ignored; 0 measured; {filtered_out} filtered out; finished in {seconds:.2}s\n\n"
        );
        if let ([test], Format::Terse) = (self.ignored.as_slice(), self.options.format())
            && let (Some(reason), 1) = (&test.reason, self.tests.len())
        {
            let _ = write!(text, "test: {}, ignore_message: {reason}\n\n", test.name);
        }
        say(&text);
        success
    }

    fn colored(&self, text: &str, color: u8) -> String {
        match self.color {
            true => format!("\x1b[{color}m{text}\x1b[0m"),
            false => text.to_owned(),
        }
    }
}

/// Outputs and names.
fn section(title: &str, entries: &[(String, String)]) -> String {
    let mut text = format!("\n{title}:\n");
    let outputs: String = entries
        .iter()
        .filter(|(_, output)| !output.is_empty())
        .map(|(name, output)| format!("---- {name} stdout ----\n{output}\n"))
        .collect();
    if !outputs.is_empty() {
        let _ = write!(text, "\n{outputs}");
    }
    let _ = write!(text, "\n{title}:\n");
    let mut names: Vec<&String> = entries.iter().map(|(name, _)| name).collect();
    names.sort();
    for name in names {
        let _ = writeln!(text, "    {name}");
    }
    text
}

fn title(test: &Test) -> String {
    let mode = match test.should_panic {
        _ if test.ignored => "",
        ShouldPanic::No => "",
        _ => " - should panic",
    };
    format!("test {}{mode} ... ", test.name)
}

fn discovered(test: &Test, kind: &str) -> String {
    let [line, column, end_line, end_column] = test.position;
    format!(
        "{{ \"type\": \"{kind}\", \"event\": \"discovered\", \"name\": {}, \"ignore\": {}, \"ignore_message\": {}, \"source_path\": {}, \"start_line\": {line}, \"start_col\": {column}, \"end_line\": {end_line}, \"end_col\": {end_column} }}\n",
        quoted(&test.name),
        test.ignored,
        quoted(test.reason.as_deref().unwrap_or_default()),
        quoted(&test.file),
    )
}

fn plural(count: usize, noun: &str) -> String {
    match count {
        1 => format!("1 {noun}"),
        _ => format!("{count} {noun}s"),
    }
}

fn quoted(text: &str) -> String {
    serde_json::Value::from(text).to_string()
}

/// If the reader closes the pipe, the tests go on, and their exit code counts.
fn say(text: &str) {
    let mut out = std::io::stdout().lock();
    let _ = out.write_all(text.as_bytes()).and_then(|()| out.flush());
}

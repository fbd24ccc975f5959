//! The options of a test program: libtest's, which cargo's users and editors pass after `--`.

use std::num::NonZeroUsize;

use clap::{ArgAction, Parser, ValueEnum};
use xsys_diag::Diagnostic;

use super::failed;
use super::verdict::{ShouldPanic, Test};
use crate::error::Failure;

/// What `xsys test -- …` takes.
#[derive(Clone, Debug, Default, Parser)]
#[command(
    name = "xsys test --",
    no_binary_name = true,
    disable_version_flag = true
)]
pub(super) struct Options {
    /// Run the tests whose names contain one of these
    #[arg(value_name = "FILTERS")]
    pub filters: Vec<String>,
    /// Run ignored and not ignored tests
    #[arg(long)]
    pub include_ignored: bool,
    /// Run only ignored tests
    #[arg(long, conflicts_with = "include_ignored")]
    pub ignored: bool,
    /// List all tests
    #[arg(long)]
    pub list: bool,
    /// Leave tests out whose names contain this; may be repeated
    #[arg(long, value_name = "FILTER")]
    pub skip: Vec<String>,
    /// Filters are whole names
    #[arg(long)]
    pub exact: bool,
    /// Show what tests print as it comes
    #[arg(long, visible_alias = "no-capture")]
    pub nocapture: bool,
    /// Show what passed tests printed, too
    #[arg(long)]
    pub show_output: bool,
    /// How many machines run at a time
    #[arg(long, value_name = "N")]
    pub test_threads: Option<NonZeroUsize>,
    /// A character for each test instead of a line
    #[arg(long, short)]
    pub quiet: bool,
    #[arg(long, value_name = "FORMAT")]
    pub format: Option<Format>,
    #[arg(long, value_name = "WHEN", default_value = "auto")]
    pub color: Color,
    /// `unstable-options` allows those that libtest has on nightly only
    #[arg(short = 'Z', value_name = "FLAG")]
    pub unstable: Vec<String>,
    /// Show how long each test took (unstable)
    #[arg(long)]
    pub report_time: bool,
    /// Start no test after the first failure (unstable)
    #[arg(long)]
    pub fail_fast: bool,
    /// Leave out tests that should panic (unstable)
    #[arg(long)]
    pub exclude_should_panic: bool,
    /// Run tests
    #[arg(long = "test", hide = true, action = ArgAction::SetTrue)]
    pub tests: bool,
    /// Run benchmarks: each once, for an emulator's time says nothing
    #[arg(long, hide = true)]
    pub bench: bool,
    #[arg(long, hide = true)]
    pub force_run_in_process: bool,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub(super) enum Format {
    Pretty,
    Terse,
    Json,
}

#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, ValueEnum)]
pub(super) enum Color {
    #[default]
    Auto,
    Always,
    Never,
}

impl Options {
    /// Refuses the combinations that libtest refuses.
    pub(super) fn checked(mut self) -> Result<Self, Failure> {
        if let Some(other) = self
            .unstable
            .iter()
            .find(|flag| *flag != "unstable-options")
        {
            return Err(failed(
                Diagnostic::error(format!("test programs have no `-Z {other}`"))
                    .help("there is `-Z unstable-options`"),
            ));
        }
        let unstable = match () {
            () if self.format == Some(Format::Json) => Some("--format json"),
            () if self.report_time => Some("--report-time"),
            () if self.fail_fast => Some("--fail-fast"),
            () if self.exclude_should_panic => Some("--exclude-should-panic"),
            () => None,
        };
        if let (Some(option), true) = (unstable, self.unstable.is_empty()) {
            return Err(failed(
                Diagnostic::error(format!("`{option}` is an unstable option of test programs"))
                    .help(format!(
                        "add `-Z unstable-options`: `-- {option} -Z unstable-options`"
                    )),
            ));
        }
        let set = |name| std::env::var(name).is_ok_and(|value| value != "0");
        self.nocapture |= set("RUST_TEST_NOCAPTURE");
        if self.test_threads.is_none() {
            let threads = std::env::var("RUST_TEST_THREADS").ok();
            self.test_threads = threads.and_then(|text| text.parse().ok());
        }
        Ok(self)
    }

    pub(super) fn format(&self) -> Format {
        match self.format {
            Some(format) => format,
            None if self.quiet => Format::Terse,
            None => Format::Pretty,
        }
    }

    /// How many tests run at a time.
    pub(super) fn threads(&self) -> usize {
        let given = self
            .test_threads
            .or_else(|| std::thread::available_parallelism().ok());
        given.map_or(1, NonZeroUsize::get)
    }

    /// The selected tests, some of them to be reported as ignored.
    pub(super) fn chosen(&self, all: Vec<Test>) -> Vec<Test> {
        let meant = |name: &str, filter: &String| match self.exact {
            true => name == filter,
            false => name.contains(filter),
        };
        let mut tests = all;
        tests.retain(|test| {
            let wanted = self.filters.is_empty()
                || self.filters.iter().any(|filter| meant(&test.name, filter));
            let skipped = self.skip.iter().any(|filter| meant(&test.name, filter));
            let panics = self.exclude_should_panic && test.should_panic != ShouldPanic::No;
            wanted && !skipped && !panics && (test.ignored || !self.ignored)
        });
        if self.ignored || self.include_ignored {
            for test in &mut tests {
                test.ignored = false;
            }
        }
        if self.bench && !self.tests {
            // Benchmarks alone run, after the others have been named.
            for test in tests.iter_mut().filter(|test| !test.benchmark) {
                test.ignored = true;
            }
            tests.sort_by_key(|test| test.benchmark);
        }
        tests
    }
}

/// A mistake in the options, with libtest's exit code.
pub(super) fn refused(problem: &clap::Error) -> Failure {
    let text = problem.to_string();
    let mut lines = text.lines();
    let first = lines.next().unwrap_or_default();
    let first = first
        .strip_prefix("error: ")
        .unwrap_or(first)
        .replace('\'', "`");
    failed(
        Diagnostic::error(first)
            .note("options after `--` are those of test programs")
            .help("`xsys test -- --help` shows them"),
    )
}

#[cfg(test)]
mod tests {
    use super::super::verdict::example;
    use super::*;

    fn options(line: &str) -> Options {
        Options::try_parse_from(line.split_whitespace()).unwrap()
    }

    #[test]
    fn filters_choose() {
        let tests = || {
            vec![
                example("math::adds"),
                Test {
                    ignored: true,
                    ..example("math::slow")
                },
                Test {
                    should_panic: ShouldPanic::Yes,
                    ..example("panics")
                },
            ]
        };
        for (line, expected) in [
            ("", "math::adds math::slow(i) panics"),
            ("math", "math::adds math::slow(i)"),
            ("adds pan", "math::adds panics"),
            ("--exact adds", ""),
            ("--exact math::adds", "math::adds"),
            ("--skip math", "panics"),
            ("--ignored", "math::slow"),
            ("--include-ignored math", "math::adds math::slow"),
            ("--exclude-should-panic", "math::adds math::slow(i)"),
            ("nothing", ""),
        ] {
            let chosen = options(line).chosen(tests());
            let names: Vec<String> = chosen
                .iter()
                .map(|test| format!("{}{}", test.name, if test.ignored { "(i)" } else { "" }))
                .collect();
            assert_eq!(names.join(" "), expected, "{line}");
        }
    }

    #[test]
    fn mistakes_are_told() {
        for (line, expected) in [
            (
                "--format json",
                "`--format json` is an unstable option of test programs",
            ),
            ("-Z other", "test programs have no `-Z other`"),
            ("-Zunstable-options --format json", ""),
            ("--nocapture --test-threads=3 -q --show-output", ""),
        ] {
            let message = match options(line).checked() {
                Ok(_) => String::new(),
                Err(failure) => {
                    assert_eq!(failure.code, 101);
                    failure.diagnostics[0].message.clone()
                }
            };
            assert_eq!(message, expected, "{line}");
        }
        for line in [
            "--no-such",
            "--test-threads 0",
            "--ignored --include-ignored",
        ] {
            let problem = Options::try_parse_from(line.split_whitespace()).unwrap_err();
            assert_eq!(refused(&problem).code, 101, "{line}");
        }
    }
}

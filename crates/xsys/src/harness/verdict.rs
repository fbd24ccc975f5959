//! Which results count as passed: libtest's rules, and what else can happen to a machine.

use std::time::Duration;

/// A test as the program lists it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Test {
    /// Its place in the program's list.
    pub number: u32,
    pub name: String,
    pub ignored: bool,
    pub reason: Option<String>,
    pub should_panic: ShouldPanic,
    pub benchmark: bool,
    pub file: String,
    /// First line and column, last line and column.
    pub position: [usize; 4],
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum ShouldPanic {
    No,
    Yes,
    With(String),
}

/// How the run of a test ended.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum End {
    Passed,
    /// It returned an error.
    Failed(String),
    Panicked {
        place: String,
        message: String,
    },
    /// The machine ended by itself, with this code unless a signal ended it.
    Gone(Option<i32>),
    TimeLimit(Duration),
}

/// libtest's kinds of results.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Verdict {
    Ok,
    Ignored,
    Failed,
    FailedBecause(String),
    TimedOut,
}

impl Verdict {
    pub(super) fn is_failure(&self) -> bool {
        !matches!(self, Self::Ok | Self::Ignored)
    }
}

/// A test's result.
#[derive(Clone, Debug)]
pub(super) struct Outcome {
    pub verdict: Verdict,
    /// Its output, and its panic's message.
    pub output: String,
    pub time: Duration,
}

/// Judges a run; `output` is the machine's output.
pub(super) fn judge(test: &Test, end: &End, mut output: String, time: Duration) -> Outcome {
    let mut line = |text: &str| {
        if !output.is_empty() && !output.ends_with('\n') {
            output.push('\n');
        }
        output.push_str(text);
    };
    match end {
        End::Failed(error) => line(&format!("Error: {error}\n")),
        End::Panicked { place, message } => {
            line(&format!(
                "\nthread '{}' panicked at {place}:\n{message}\n",
                test.name
            ));
        }
        End::TimeLimit(limit) => line(&format!(
            "the test did not end within {}\n",
            seconds(*limit)
        )),
        End::Passed | End::Gone(_) => {}
    }
    Outcome {
        verdict: verdict(test, end),
        output,
        time,
    }
}

/// A limit in words.
pub(super) fn seconds(limit: Duration) -> String {
    match limit.as_secs() {
        1 => "1 second".to_owned(),
        seconds => format!("{seconds} seconds"),
    }
}

fn verdict(test: &Test, end: &End) -> Verdict {
    match (&test.should_panic, end) {
        (_, End::TimeLimit(_)) => Verdict::TimedOut,
        (_, End::Gone(Some(code))) => Verdict::FailedBecause(format!(
            "the machine ended with code {code} before the test did"
        )),
        (_, End::Gone(None)) => Verdict::FailedBecause(
            "the machine was ended by a signal before the test did".to_owned(),
        ),
        (ShouldPanic::No, End::Passed) | (ShouldPanic::Yes, End::Panicked { .. }) => Verdict::Ok,
        (ShouldPanic::No, End::Failed(_) | End::Panicked { .. }) => Verdict::Failed,
        (ShouldPanic::With(expected), End::Panicked { message, .. }) => {
            if message.contains(expected) {
                Verdict::Ok
            } else {
                Verdict::FailedBecause(format!(
                    "panic did not contain expected string\n      panic message: {message:?}\n expected substring: {expected:?}"
                ))
            }
        }
        (ShouldPanic::Yes | ShouldPanic::With(_), End::Passed | End::Failed(_)) => {
            let [line, column, ..] = test.position;
            Verdict::FailedBecause(format!(
                "test did not panic as expected at {}:{line}:{column}",
                test.file
            ))
        }
    }
}

#[cfg(test)]
pub(super) fn example(name: &str) -> Test {
    Test {
        number: 0,
        name: name.to_owned(),
        ignored: false,
        reason: None,
        should_panic: ShouldPanic::No,
        benchmark: false,
        file: "src/a.rs".to_owned(),
        position: [3, 4, 5, 6],
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn verdicts_are_libtests() {
        let panicked = |message: &str| End::Panicked {
            place: "src/a.rs:1:2".to_owned(),
            message: message.to_owned(),
        };
        let with = |text: &str| ShouldPanic::With(text.to_owned());
        let limit = End::TimeLimit(Duration::from_secs(1));
        let failed = End::Failed("E".to_owned());
        for (should_panic, end, expected) in [
            (ShouldPanic::No, End::Passed, "Ok"),
            (ShouldPanic::No, panicked("x"), "Failed"),
            (ShouldPanic::No, failed.clone(), "Failed"),
            (ShouldPanic::Yes, panicked("x"), "Ok"),
            (
                ShouldPanic::Yes,
                End::Passed,
                "did not panic as expected at src/a.rs:3:4",
            ),
            (ShouldPanic::Yes, failed, "did not panic as expected"),
            (with("no"), panicked("oh no!"), "Ok"),
            (
                with("no"),
                panicked("oh"),
                "panic message: \\\\\\\"oh\\\\\\\"",
            ),
            (
                ShouldPanic::Yes,
                End::Gone(Some(3)),
                "the machine ended with code 3",
            ),
            (ShouldPanic::Yes, End::Gone(None), "by a signal"),
            (ShouldPanic::Yes, limit.clone(), "TimedOut"),
            (ShouldPanic::No, limit, "TimedOut"),
        ] {
            let test = Test {
                should_panic,
                ..example("a")
            };
            let shown = format!("{:?}", format!("{:?}", verdict(&test, &end)));
            assert!(shown.contains(expected), "{shown} {expected}");
        }
    }

    #[test]
    fn the_panic_stands_behind_the_output() {
        let end = End::Panicked {
            place: "a.rs:1:2".to_owned(),
            message: "boo".to_owned(),
        };
        let outcome = judge(&example("t"), &end, "said".to_owned(), Duration::ZERO);
        assert_eq!(
            outcome.output,
            "said\n\nthread 't' panicked at a.rs:1:2:\nboo\n"
        );
    }
}

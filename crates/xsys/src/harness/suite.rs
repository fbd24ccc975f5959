//! Runs all tests of a program, several at a time.

use std::sync::Mutex;
use std::sync::PoisonError;
use std::sync::mpsc;
use std::time::{Duration, Instant};

use super::machine::Machines;
use super::options::Options;
use super::report::Report;
use super::verdict::{Outcome, Test, Verdict};
use crate::error::Result;

/// Runs them; returns whether all passed.
pub(super) fn run(
    machines: &Machines<'_>,
    options: &Options,
    tests: &[Test],
    report: &mut Report<'_>,
) -> Result<bool> {
    let start = Instant::now();
    report.begin();
    if options.threads() == 1 || tests.len() < 2 {
        for test in tests {
            report.started(test);
            let outcome = one(machines, options, 0, test)?;
            let failed = outcome.verdict.is_failure();
            report.ended(test, outcome);
            if failed && options.fail_fast {
                break;
            }
        }
    } else {
        at_once(machines, options, tests, report)?;
    }
    Ok(report.finish(start.elapsed()))
}

enum Event {
    Started(usize),
    Ended(usize, Result<Outcome>),
}

fn at_once(
    machines: &Machines<'_>,
    options: &Options,
    tests: &[Test],
    report: &mut Report<'_>,
) -> Result<()> {
    let queue = Mutex::new(0..tests.len());
    let next = || queue.lock().unwrap_or_else(PoisonError::into_inner).next();
    let no_more = || *queue.lock().unwrap_or_else(PoisonError::into_inner) = 0..0;
    let (sender, events) = mpsc::channel();
    std::thread::scope(|scope| {
        for worker in 0..options.threads().min(tests.len()) {
            let (sender, next) = (sender.clone(), &next);
            scope.spawn(move || {
                while let Some(at) = next() {
                    // After a failure of the run itself nobody listens.
                    let _ = sender.send(Event::Started(at));
                    let outcome = one(machines, options, worker, &tests[at]);
                    let _ = sender.send(Event::Ended(at, outcome));
                }
            });
        }
        drop(sender);
        for event in &events {
            match event {
                Event::Started(at) => report.started(&tests[at]),
                Event::Ended(at, Ok(outcome)) => {
                    if outcome.verdict.is_failure() && options.fail_fast {
                        no_more();
                    }
                    report.ended(&tests[at], outcome);
                }
                Event::Ended(_, Err(failure)) => {
                    no_more();
                    return Err(failure);
                }
            }
        }
        Ok(())
    })
}

fn one(machines: &Machines<'_>, options: &Options, worker: usize, test: &Test) -> Result<Outcome> {
    if test.ignored {
        return Ok(Outcome {
            verdict: Verdict::Ignored,
            output: String::new(),
            time: Duration::ZERO,
        });
    }
    machines.run(worker, test, options.nocapture)
}

//! Runs compiler calls in parallel, each as soon as it can start.
//!
//! A crate's dependents need its metadata only, which rustc writes long before code generation is
//! through. It says so on its error stream (`--json=artifacts`), and the dependents start then:
//! core's 3 s of code generation overlap with all of alloc.
//!
//! Spec: <https://doc.rust-lang.org/rustc/json.html>, "Artifact notifications".

use std::collections::BTreeSet;
use std::io::{BufRead as _, BufReader};
use std::path::Path;
use std::process::{Child, ChildStderr, Stdio};
use std::sync::mpsc::{Receiver, Sender, channel};
use std::sync::{Arc, Mutex, PoisonError};

use jobserver::{Acquired, Client, HelperThread};
use serde::Deserialize;
use xsys_target::Rustc;

use crate::compile::Call;
use crate::resume::Journal;
use crate::{Error, Progress};

/// A call that failed.
#[derive(Debug)]
pub(crate) struct Failure {
    pub call: usize,
    pub output: String,
}

/// Why a run ended early.
#[derive(Debug)]
pub(crate) enum Stopped {
    Failed(Failure),
    Start(Error),
}

enum Event {
    Metadata(usize),
    Ended(usize, Result<(), String>),
    Token(std::io::Result<Acquired>),
}

/// The number of errors to show; a broken spec yields hundreds of equal ones.
const ERRORS_SHOWN: usize = 10;

struct Run<'a> {
    rustc: &'a Rustc,
    dir: &'a Path,
    calls: &'a [Call],
    jobserver: &'a Client,
    progress: &'a dyn Progress,
    journal: &'a Journal<'a>,
    /// Calls that an earlier, interrupted build has finished.
    finished: Vec<bool>,
    sender: Sender<Event>,
    /// For each call, how many other calls' metadata it still waits for.
    pending: Vec<usize>,
    /// Calls that can start; those with the longest chain of dependents first.
    ready: BTreeSet<(std::cmp::Reverse<u64>, usize)>,
    weight: Vec<u64>,
    has_metadata: Vec<bool>,
    children: Vec<Option<Arc<Mutex<Child>>>>,
    running: usize,
    tokens: Vec<Acquired>,
    requested: usize,
}

/// Runs all calls in `dir` that the journal does not have as finished. Stops everything at the first
/// failure. Returns how many were made.
pub(crate) fn run(
    rustc: &Rustc,
    dir: &Path,
    calls: &[Call],
    jobserver: &Client,
    progress: &dyn Progress,
    journal: &Journal<'_>,
) -> Result<usize, Stopped> {
    let (sender, receiver) = channel();
    let token_sender = sender.clone();
    let helper = jobserver
        .clone()
        .into_helper_thread(move |token| {
            // A token that comes too late is dropped here, which gives it back.
            let _ = token_sender.send(Event::Token(token));
        })
        .map_err(|source| {
            Stopped::Start(Error::Start {
                program: rustc.program().to_owned(),
                source,
            })
        })?;
    let mut run = Run {
        rustc,
        dir,
        calls,
        jobserver,
        progress,
        journal,
        finished: journal.resume(calls),
        sender,
        pending: calls.iter().map(|call| call.waits_for.len()).collect(),
        ready: BTreeSet::new(),
        weight: weights(calls),
        has_metadata: vec![false; calls.len()],
        children: calls.iter().map(|_| None).collect(),
        running: 0,
        tokens: Vec::new(),
        requested: 0,
    };
    let made = run.finished.iter().filter(|&&finished| !finished).count();
    if made < calls.len() {
        progress.message(&format!(
            "going on with a build that was interrupted: {} of {} crates are there",
            calls.len() - made,
            calls.len()
        ));
    }
    progress.start(calls.len());
    let result = run.drive(&receiver, &helper);
    if result.is_err() {
        run.kill();
    }
    progress.finish();
    result.map(|()| made)
}

/// The remaining work from the start of each call to the end of the longest chain of dependents.
fn weights(calls: &[Call]) -> Vec<u64> {
    let mut behind = vec![0_u64; calls.len()];
    let mut weights = vec![0; calls.len()];
    // Dependencies have smaller indexes, so one pass from the end is enough.
    for (index, call) in calls.iter().enumerate().rev() {
        let weight = behind[index].saturating_add(call.cost);
        weights[index] = weight;
        for &other in &call.waits_for {
            if let Some(behind) = behind.get_mut(other) {
                *behind = weight.max(*behind);
            }
        }
    }
    weights
}

impl Run<'_> {
    fn drive(&mut self, receiver: &Receiver<Event>, helper: &HelperThread) -> Result<(), Stopped> {
        let mut left = self.calls.len();
        for index in 0..self.calls.len() {
            if self.finished[index] {
                left -= 1;
                self.progress.unit_finished(&self.calls[index].name);
                self.metadata_is_there(index);
            } else if self.pending[index] == 0 {
                self.make_ready(index);
            }
        }
        while left > 0 {
            self.start_what_may(helper)?;
            // The sender in `self` keeps the channel open.
            let Ok(event) = receiver.recv() else { break };
            match event {
                Event::Metadata(call) => {
                    self.progress.unit_usable(&self.calls[call].name);
                    self.metadata_is_there(call);
                }
                Event::Token(token) => {
                    self.requested = self.requested.saturating_sub(1);
                    // Without a token the build goes on with what it has.
                    self.tokens.extend(token.ok());
                }
                Event::Ended(call, Ok(())) => {
                    left -= 1;
                    self.running -= 1;
                    self.children[call] = None;
                    self.journal.add(&self.calls[call]);
                    self.progress.unit_finished(&self.calls[call].name);
                    self.metadata_is_there(call);
                }
                Event::Ended(call, Err(output)) => {
                    return Err(Stopped::Failed(Failure { call, output }));
                }
            }
            if self.ready.is_empty() {
                self.tokens.truncate(self.running.saturating_sub(1));
            }
        }
        Ok(())
    }

    fn make_ready(&mut self, index: usize) {
        self.ready
            .insert((std::cmp::Reverse(self.weight[index]), index));
    }

    fn metadata_is_there(&mut self, call: usize) {
        if std::mem::replace(&mut self.has_metadata[call], true) {
            return;
        }
        for index in 0..self.calls.len() {
            let waits = self.calls[index].waits_for.iter();
            let satisfied = waits.filter(|&&other| other == call).count();
            if satisfied > 0 {
                self.pending[index] -= satisfied;
                if self.pending[index] == 0 && !self.finished[index] {
                    self.make_ready(index);
                }
            }
        }
    }

    /// Starts ready calls as far as tokens allow and asks for tokens for the rest.
    fn start_what_may(&mut self, helper: &HelperThread) -> Result<(), Stopped> {
        while self.running < 1 + self.tokens.len() {
            let Some((_, index)) = self.ready.pop_first() else {
                break;
            };
            self.start(index).map_err(Stopped::Start)?;
        }
        while self.requested < self.ready.len() {
            helper.request_token();
            self.requested += 1;
        }
        Ok(())
    }

    fn start(&mut self, index: usize) -> Result<(), Error> {
        let call = &self.calls[index];
        let mut command = self.rustc.command();
        command
            .args(&call.arguments)
            .envs(call.env.iter().map(|(name, value)| (name, value)))
            .current_dir(self.dir)
            .stdin(Stdio::null())
            .stdout(Stdio::null())
            .stderr(Stdio::piped());
        self.jobserver.configure(&mut command);
        let mut child = command.spawn().map_err(|source| Error::Start {
            program: self.rustc.program().to_owned(),
            source,
        })?;
        self.progress.unit_started(&call.name);
        self.running += 1;
        let stderr = child.stderr.take();
        let child = Arc::new(Mutex::new(child));
        self.children[index] = Some(child.clone());
        let sender = self.sender.clone();
        std::thread::spawn(move || {
            let output = stderr.map(|stderr| follow(stderr, index, &sender));
            let status = child.lock().unwrap_or_else(PoisonError::into_inner).wait();
            let result = match status {
                Ok(status) if status.success() => Ok(()),
                Ok(status) => Err(format!("{}{status}", output.unwrap_or_default())),
                Err(error) => Err(error.to_string()),
            };
            let _ = sender.send(Event::Ended(index, result));
        });
        Ok(())
    }

    fn kill(&self) {
        for child in self.children.iter().flatten() {
            let mut child = child.lock().unwrap_or_else(PoisonError::into_inner);
            // It fails if the process has already ended, which is what is wanted.
            let _ = child.kill();
            let _ = child.wait();
        }
    }
}

#[derive(Deserialize)]
struct Message {
    #[serde(default)]
    emit: Option<String>,
    #[serde(default)]
    level: Option<String>,
    #[serde(default)]
    rendered: Option<String>,
}

/// Reads rustc's messages to the end: reports metadata, returns the errors.
fn follow(stderr: ChildStderr, index: usize, sender: &Sender<Event>) -> String {
    let mut errors = Errors::default();
    for line in BufReader::new(stderr).split(b'\n').map_while(Result::ok) {
        let line = String::from_utf8_lossy(&line);
        if errors.take(&line) {
            let _ = sender.send(Event::Metadata(index));
        }
    }
    errors.text()
}

/// The part of rustc's output that explains a failure.
#[derive(Default)]
struct Errors {
    text: String,
    count: usize,
}

impl Errors {
    /// Takes one line. Returns whether it says that the metadata is written.
    fn take(&mut self, line: &str) -> bool {
        let Ok(message) = serde_json::from_str::<Message>(line) else {
            // Not JSON: rustc panicked, or the dynamic loader failed.
            self.text.push_str(line);
            self.text.push('\n');
            return false;
        };
        if message.emit.as_deref() == Some("metadata") {
            return true;
        }
        let is_error = message
            .level
            .is_some_and(|level| level.starts_with("error"));
        if let (true, Some(rendered)) = (is_error, message.rendered) {
            self.count += 1;
            if self.count <= ERRORS_SHOWN {
                self.text.push_str(&rendered);
            }
        }
        false
    }

    fn text(mut self) -> String {
        if let Some(more) = self
            .count
            .checked_sub(ERRORS_SHOWN)
            .filter(|&more| more > 0)
        {
            self.text.push_str(&format!("and {more} more errors\n"));
        }
        self.text
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn call(cost: u64, waits_for: &[usize]) -> Call {
        Call {
            name: String::new(),
            file_stem: String::new(),
            arguments: Vec::new(),
            env: Vec::new(),
            waits_for: waits_for.to_vec(),
            cost,
        }
    }

    #[test]
    fn the_longest_chain_weighs_most() {
        let calls = [
            call(10, &[]),
            call(1, &[0]),
            call(5, &[0]),
            call(2, &[1, 2]),
        ];
        assert_eq!(weights(&calls), [17, 3, 7, 2]);
    }

    #[test]
    fn messages_are_told_apart() {
        let mut errors = Errors::default();
        assert!(
            errors.take(r#"{"$message_type":"artifact","artifact":"a.rmeta","emit":"metadata"}"#)
        );
        assert!(!errors.take(r#"{"$message_type":"artifact","artifact":"a.rlib","emit":"link"}"#));
        assert!(!errors.take(r#"{"level":"warning","rendered":"warning: x\n"}"#));
        assert!(!errors.take(r#"{"level":"error: internal compiler error","rendered":"ice\n"}"#));
        assert!(!errors.take("thread 'rustc' panicked"));
        assert_eq!(errors.text(), "ice\nthread 'rustc' panicked\n");
    }

    #[test]
    fn a_wall_of_errors_is_cut() {
        let mut errors = Errors::default();
        for _ in 0..ERRORS_SHOWN + 3 {
            errors.take(r#"{"level":"error","rendered":"error: x\n"}"#);
        }
        assert!(errors.text().ends_with("and 3 more errors\n"));
    }
}

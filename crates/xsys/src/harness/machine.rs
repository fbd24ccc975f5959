//! A machine for each test: it is started with a copy of the program that runs just this test,
//! watched, and switched off when the test has reported its result.

use std::io::{PipeReader, Read, Write};
use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::sync::mpsc::{self, Receiver, RecvTimeoutError, Sender};
use std::time::{Duration, Instant};

use xsys_diag::Diagnostic;

use super::failed;
use super::selection::{Copies, LIST};
use super::verdict::{End, Outcome, Test, judge, seconds};
use super::wire::{Reader, Word};
use crate::children;
use crate::error::{Failure, Result, file};
use crate::images;
use crate::images::emit::Emit;
use crate::launch::context::Context;
use crate::launch::start::{self, Start};
use crate::launch::{self, Launch};
use crate::programs::cannot_start;
use crate::variables;

/// How tests of a program are run.
#[derive(Debug)]
pub(super) struct Machines<'a> {
    context: &'a Context,
    copies: &'a Copies,
    limit: Duration,
}

/// The output of a run.
#[derive(Debug, Default)]
struct Said {
    words: Vec<Word>,
    output: Vec<u8>,
    /// Where the test's own output begins.
    start: Option<usize>,
}

impl Said {
    fn text(&self) -> String {
        // Before that, the machine and the program's start may have printed something.
        let from = self.start.unwrap_or(0);
        String::from_utf8_lossy(self.output.get(from..).unwrap_or_default()).into_owned()
    }

    /// How the test ended, once it is reported.
    fn end(&self) -> Option<End> {
        Some(match self.words.last()? {
            Word::Pass | Word::End => End::Passed,
            Word::Fail(error) => End::Failed(error.clone()),
            Word::Panic { place, message } => End::Panicked {
                place: place.clone(),
                message: message.clone(),
            },
            Word::Start | Word::Listed(_) => return None,
        })
    }
}

impl<'a> Machines<'a> {
    pub(super) fn new(context: &'a Context, copies: &'a Copies, limit: Duration) -> Self {
        Self {
            context,
            copies,
            limit,
        }
    }

    /// Asks the program for the list of its tests.
    pub(super) fn list(&self) -> Result<Vec<Test>> {
        let (said, end) = self.start(0, LIST, false)?;
        if end != End::Passed {
            return Err(failed(self.no_list(&said, &end)));
        }
        let tests = said.words.into_iter().filter_map(|word| match word {
            Word::Listed(test) => Some(test),
            _ => None,
        });
        Ok(tests.collect())
    }

    /// Runs a test.
    pub(super) fn run(&self, worker: usize, test: &Test, show: bool) -> Result<Outcome> {
        let start = Instant::now();
        let (said, end) = self.start(worker, test.number, show)?;
        let text = if show { String::new() } else { said.text() };
        Ok(judge(test, &end, text, start.elapsed()))
    }

    fn start(&self, worker: usize, word: u32, show: bool) -> Result<(Said, End)> {
        let program = self.copies.write(worker, word)?;
        let mut command = self.command(&program)?;
        let cannot = |error| cannot_start(Path::new("the program"), &error);
        let (reader, writer) = std::io::pipe().map_err(cannot)?;
        command
            .stdin(Stdio::null())
            .stdout(writer.try_clone().map_err(cannot)?)
            .stderr(writer);
        variables::hide(&mut command);
        if self.context.launch == Launch::Wasm {
            // The runner is xsys itself.
            command.env(variables::RUN, self.engine());
        }
        let name = command.get_program().to_owned();
        let child = children::spawn(&mut command)
            .map_err(|error| cannot_start(Path::new(&name), &error))?;
        // Dropping the command closes our writing end, so the pipe ends with the program.
        drop(command);
        let mut child = SwitchedOff(child);
        let (sender, pieces) = mpsc::channel();
        std::thread::spawn(move || listen(reader, &sender));
        let (said, end) = watch(&pieces, self.limit, show);
        children::stop_if_ending();
        let end = match end {
            Some(end) => end,
            None => End::Gone(child.0.wait().ok().and_then(|status| status.code())),
        };
        Ok((said, end))
    }

    /// The command that starts the machine with this program.
    fn command(&self, program: &Path) -> Result<Command> {
        let mut emits = Emit::parse_all(self.context.emits.iter().map(String::as_str))?;
        emits.retain(|emit| start::needed(emit, &self.context.launch));
        let outputs = images::write_all(program, &emits, 0)?;
        match start::start(&self.context.launch, program, &[], &outputs)? {
            Start::Here => {
                let own = std::env::current_exe()
                    .map_err(|error| file("find", Path::new("xsys"), &error))?;
                let mut command = Command::new(own);
                command.arg("__exec").arg(program);
                Ok(command)
            }
            // The board's own end marker is for its own program: the harness has another one.
            Start::Program { command, .. } => Ok(*command),
            Start::Missing { program, .. } => Err(Failure {
                diagnostics: vec![not_installed(&program)],
                code: start::NOT_FOUND,
            }),
        }
    }

    /// For the engine: the program, without looking for tests.
    fn engine(&self) -> String {
        let context = Context {
            time_limit: None,
            ..self.context.clone()
        };
        serde_json::to_string(&context).unwrap_or_default()
    }

    /// A program that does not list its tests.
    fn no_list(&self, said: &Said, end: &End) -> Diagnostic {
        let problem = match end {
            End::TimeLimit(limit) => format!(
                "the program did not tell its tests within {}",
                seconds(*limit)
            ),
            End::Panicked { place, message } => {
                format!("the program panicked before its tests, at {place}: {message}")
            }
            End::Gone(Some(code)) => {
                format!("the machine ended with code {code} before the program listed its tests")
            }
            _ => "the machine ended before the program listed its tests".to_owned(),
        };
        let output = said.text();
        let problem = Diagnostic::error(problem);
        match output.trim() {
            "" => problem
                .note("the machine printed nothing")
                .help("the program's start code has to call `main`, which is the tests' here")
                .help("where the machine has no semihosting (or QEMU's `-semihosting` is not among the arguments), say how text gets out:\n#[cfg(test)]\n#[unsafe(no_mangle)]\nfn xsys_test_print(text: &str) { /* to the serial port */ }"),
            text => problem.note(format!("it said:\n{text}")),
        }
    }
}

fn not_installed(emulator: &str) -> Diagnostic {
    Diagnostic::error(format!(
        "`{emulator}` is not installed, so the tests were not run"
    ))
    .help(format!("install it: {}", launch::how_to_install(emulator)))
}

/// A machine that is killed when it is dropped.
struct SwitchedOff(Child);

impl Drop for SwitchedOff {
    fn drop(&mut self) {
        // It may have ended by itself.
        let _ = self.0.kill();
        let _ = self.0.wait();
    }
}

/// Passes on output as it comes, until the program has ended.
fn listen(mut reader: PipeReader, to: &Sender<Vec<u8>>) {
    let mut buffer = [0; 4096];
    while let Ok(count) = reader.read(&mut buffer) {
        if count == 0 || to.send(buffer[..count].to_vec()).is_err() {
            break;
        }
    }
}

/// Listens until the test has ended; returns no end if the program ended before.
fn watch(pieces: &Receiver<Vec<u8>>, limit: Duration, show: bool) -> (Said, Option<End>) {
    let deadline = Instant::now() + limit;
    let mut said = Said::default();
    let mut reader = Reader::default();
    loop {
        let left = deadline.saturating_duration_since(Instant::now());
        let piece = match pieces.recv_timeout(left) {
            Ok(piece) => piece,
            Err(RecvTimeoutError::Timeout) => return (said, Some(End::TimeLimit(limit))),
            Err(RecvTimeoutError::Disconnected) => return (said, None),
        };
        let before = said.output.len();
        let words = reader.read(&piece, &mut said.output);
        if words.contains(&Word::Start) {
            said.start = Some(before);
        }
        if show {
            let mut out = std::io::stdout().lock();
            // A closed reader is no reason to fail a test.
            let _ = out
                .write_all(&said.output[before..])
                .and_then(|()| out.flush());
        }
        said.words.extend(words);
        if let Some(end) = said.end() {
            return (said, Some(end));
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn watched(said: &[&str], limit: u64) -> (String, Option<End>) {
        let (sender, pieces) = mpsc::channel();
        for piece in said {
            sender.send(piece.as_bytes().to_vec()).unwrap();
        }
        if limit > 0 {
            drop(sender);
        }
        let (said, end) = watch(&pieces, Duration::from_millis(limit), false);
        (said.text(), end)
    }

    #[test]
    fn a_word_ends_it() {
        let end = |said: &[&str]| watched(said, 1000);
        assert_eq!(
            end(&["boot\n", "\x1estart\n", "a\n\x1epass\n", "\x1efail\x1fx\n"]),
            ("a\n".to_owned(), Some(End::Passed))
        );
        assert_eq!(
            end(&["\x1estart\n\x1efail\x1fwhy\n"]).1,
            Some(End::Failed("why".to_owned()))
        );
        assert_eq!(end(&["fault\n"]), ("fault\n".to_owned(), None));
        assert_eq!(watched(&[], 0).1, Some(End::TimeLimit(Duration::ZERO)));
    }
}

//! A service: started, logged, restarted, stopped. One thread each, which reads from top to bottom.
//!
//! Events arrive in one channel: the service has ended, it has to stop, its health check failed. A service is a process
//! group: processes that it leaves behind are killed, so that nothing holds its port or its pipe when it is started
//! again.

use crate::children;
use crate::log::{self, say};
use crate::sys::{self, SIGKILL, SIGTERM};
use std::fmt::Write as _;
use std::fs;
use std::io;
use std::os::unix::fs::chown;
use std::os::unix::process::CommandExt;
use std::path::Path;
use std::process::{Command, ExitStatus, Stdio};
use std::sync::mpsc::{Receiver, RecvTimeoutError, Sender, channel};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::thread::{self, JoinHandle};
use std::time::{Duration, Instant};
use xsys_init::backoff::Waits;
use xsys_init::config::{Restart, Service};

pub(crate) struct Supervised {
    pub service: Service,
    state: Mutex<State>,
    notes: Mutex<Sender<Note>>,
    /// The receiver, until the service's thread takes it.
    inbox: Mutex<Option<Receiver<Note>>>,
    /// Copies what the program says into the log.
    reader: Mutex<Option<JoinHandle<()>>>,
}

#[derive(Clone, Debug)]
pub(crate) struct State {
    pub phase: Phase,
    pub pid: i32,
    pub since: Instant,
    /// When the program was last started.
    pub started: Instant,
    pub starts: u32,
    pub last_exit: String,
    pub health: Health,
    /// Whether it has passed its check or has none, or has ended successfully.
    pub ready: bool,
}

#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) enum Phase {
    /// Not yet started.
    New,
    /// Runs, and is not ready yet.
    Starting,
    Running,
    /// Waits before it is started again.
    Waiting,
    Stopping,
    /// Has ended and stays so.
    Ended,
}

#[derive(Clone, Debug, PartialEq)]
pub(crate) enum Health {
    /// There is no check, or no result yet.
    Unknown,
    Passing,
    Failing(String),
}

enum Note {
    Ended(ExitStatus),
    Stop,
    Unhealthy(String),
}

/// Why watching a running service ended.
enum Outcome {
    Ended(ExitStatus),
    Unhealthy,
    Stopped,
}

impl Supervised {
    /// Not started yet.
    pub(crate) fn new(service: Service) -> Supervised {
        let (notes, inbox) = channel();
        let now = Instant::now();
        let state = State {
            phase: Phase::New,
            pid: 0,
            since: now,
            started: now,
            starts: 0,
            last_exit: String::new(),
            health: Health::Unknown,
            ready: false,
        };
        Supervised {
            service,
            state: Mutex::new(state),
            notes: Mutex::new(notes),
            inbox: Mutex::new(Some(inbox)),
            reader: Mutex::new(None),
        }
    }

    /// Starts the thread of this service; the program runs soon after.
    pub(crate) fn start(self: &Arc<Supervised>) {
        let Some(inbox) = self
            .inbox
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
            .take()
        else {
            return;
        };
        let this = Arc::clone(self);
        let thread = thread::Builder::new()
            .name(self.service.name.clone())
            .spawn(move || this.supervise(&inbox));
        if let Err(error) = thread {
            say!("{}: no thread for it: {error}", self.service.name);
            self.set_phase(Phase::Ended);
        }
    }

    pub(crate) fn state(&self) -> State {
        self.lock().clone()
    }

    fn lock(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn set_phase(&self, phase: Phase) {
        let mut state = self.lock();
        state.phase = phase;
        state.since = Instant::now();
    }

    /// From `Starting` to `Running`: it has answered, or its time limit has passed. A later answer counts, too.
    pub(crate) fn set_running(&self, has_answered: bool) {
        let mut state = self.lock();
        if matches!(state.phase, Phase::Starting | Phase::Running) {
            state.phase = Phase::Running;
            state.ready |= has_answered;
        }
    }

    pub(crate) fn set_health(&self, health: Health) {
        self.lock().health = health;
    }

    /// Its check has failed often enough: it is restarted.
    pub(crate) fn restart_unhealthy(&self, why: &str) {
        self.note(Note::Unhealthy(why.into()));
    }

    /// Asks it to stop. Its state says whether it has.
    pub(crate) fn stop(&self) {
        self.note(Note::Stop);
    }

    /// It is never started.
    pub(crate) fn not_started(&self, why: &str) {
        self.lock().last_exit = format!("not started: {why}");
        self.set_phase(Phase::Ended);
    }

    fn note(&self, note: Note) {
        let notes = self.notes.lock().unwrap_or_else(PoisonError::into_inner);
        let _ = notes.send(note);
    }

    fn supervise(self: &Arc<Supervised>, inbox: &Receiver<Note>) {
        let name = &self.service.name;
        let mut waits = Waits::new(self.service.backoff);
        while !self.stopped_within(Duration::ZERO, inbox) {
            let begun = Instant::now();
            let success = match self.spawn() {
                Err(error) => {
                    let why = self.cannot_start(&error);
                    say!("{name}: {why}");
                    self.lock().last_exit = why;
                    false
                }
                Ok(pid) => match self.attend(pid, inbox) {
                    Outcome::Stopped => break,
                    Outcome::Unhealthy => false,
                    Outcome::Ended(status) => status.success(),
                },
            };
            if self.service.restart == Restart::Never
                || success && self.service.restart == Restart::OnFailure
            {
                break;
            }
            self.set_phase(Phase::Waiting);
            let wait = waits.next(begun.elapsed());
            say!("{name}: starts again in {:.1} s", wait.as_secs_f64());
            if self.stopped_within(wait, inbox) {
                break;
            }
        }
        self.set_phase(Phase::Ended);
    }

    fn cannot_start(&self, error: &io::Error) -> String {
        let text = error.to_string();
        let text = text.split(" (os error").next().unwrap_or_default();
        let mut why = format!("cannot start {}: {text}", self.service.command[0]);
        if error.kind() == io::ErrorKind::NotFound {
            // The kernel's error is the same for a missing directory and for a program for another C library.
            let _ = write!(
                why,
                "; is it in the image, static, and is there a directory {}?",
                self.service.directory
            );
        }
        why
    }

    /// Starts the program, with one pipe for both of its outputs.
    fn spawn(self: &Arc<Supervised>) -> io::Result<i32> {
        let service = &self.service;
        make_directory(service);
        let (reader, writer) = io::pipe()?;
        let mut command = Command::new(&service.command[0]);
        command
            .args(&service.command[1..])
            .env_clear()
            .envs(DEFAULTS)
            .envs(service.environment.iter().cloned());
        command
            .current_dir(&service.directory)
            .uid(service.user)
            .gid(service.group)
            .process_group(0);
        command
            .stdin(Stdio::null())
            .stdout(writer.try_clone()?)
            .stderr(writer);
        let this = Arc::clone(self);
        let pid = children::start(&mut command, move |status| this.note(Note::Ended(status)))?;
        // Our ends of the pipe must be closed, or the reader never sees its end.
        drop(command);
        let name = service.name.clone();
        let thread = thread::Builder::new().name(format!("{name} log"));
        let reader = thread.spawn(move || log::copy_lines(&name, reader))?;
        *self.reader.lock().unwrap_or_else(PoisonError::into_inner) = Some(reader);
        let mut state = self.lock();
        state.pid = pid;
        state.starts += 1;
        state.since = Instant::now();
        state.started = state.since;
        state.ready = service.ready.is_none();
        state.phase = if service.ready.is_some() {
            Phase::Starting
        } else {
            Phase::Running
        };
        drop(state);
        say!("{} started as process {pid}", service.name);
        Ok(pid)
    }

    /// Waits for events of the running service; it has ended when this returns.
    fn attend(&self, pid: i32, inbox: &Receiver<Note>) -> Outcome {
        let outcome = match inbox.recv() {
            Ok(Note::Ended(status)) => {
                self.ended(status);
                Outcome::Ended(status)
            }
            Ok(Note::Unhealthy(why)) => {
                say!(
                    "{}: its health check failed ({why}); it is started again",
                    self.service.name
                );
                self.end(pid, inbox);
                self.lock().last_exit = format!("stopped by us: health check failed: {why}");
                Outcome::Unhealthy
            }
            Ok(Note::Stop) | Err(_) => {
                self.end(pid, inbox);
                Outcome::Stopped
            }
        };
        let _ = sys::send_signal(-pid, SIGKILL);
        self.lock().pid = 0;
        outcome
    }

    /// Asks the service to end, then kills it. A process that hangs in the kernel is given up.
    fn end(&self, pid: i32, inbox: &Receiver<Note>) {
        let name = &self.service.name;
        self.set_phase(Phase::Stopping);
        let _ = sys::send_signal(-pid, SIGTERM);
        if self.ended_within(self.service.stop_timeout, inbox) {
            return;
        }
        say!(
            "{name} did not end in {:.1} s; it is killed",
            self.service.stop_timeout.as_secs_f64()
        );
        let _ = sys::send_signal(-pid, SIGKILL);
        if !self.ended_within(Duration::from_secs(5), inbox) {
            say!("{name} cannot be killed: process {pid} hangs in the kernel");
        }
    }

    fn ended_within(&self, time: Duration, inbox: &Receiver<Note>) -> bool {
        let deadline = Instant::now() + time;
        loop {
            match inbox.recv_timeout(deadline.saturating_duration_since(Instant::now())) {
                Ok(Note::Ended(status)) => {
                    self.ended(status);
                    return true;
                }
                Ok(Note::Stop | Note::Unhealthy(_)) => {}
                Err(_) => return false,
            }
        }
    }

    fn ended(&self, status: ExitStatus) {
        // Its last lines should come before this one. Another process may hold the pipe, so the wait is short.
        let reader = self
            .reader
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
            .take();
        let deadline = Instant::now() + Duration::from_millis(100);
        while reader.as_ref().is_some_and(|reader| !reader.is_finished())
            && Instant::now() < deadline
        {
            thread::sleep(Duration::from_millis(1));
        }
        let ran = self.lock().started.elapsed();
        say!(
            "{} ended after {:.1} s: {status}",
            self.service.name,
            ran.as_secs_f64()
        );
        let mut state = self.lock();
        state.last_exit = status.to_string();
        state.ready = status.success();
    }

    fn stopped_within(&self, time: Duration, inbox: &Receiver<Note>) -> bool {
        let deadline = Instant::now() + time;
        loop {
            match inbox.recv_timeout(deadline.saturating_duration_since(Instant::now())) {
                Ok(Note::Stop) | Err(RecvTimeoutError::Disconnected) => return true,
                // Of the previous run.
                Ok(Note::Ended(_) | Note::Unhealthy(_)) => {}
                Err(RecvTimeoutError::Timeout) => return false,
            }
        }
    }
}

const DEFAULTS: [(&str, &str); 3] = [
    ("PATH", "/bin:/sbin:/usr/bin:/usr/sbin"),
    ("HOME", "/tmp"),
    ("LANG", "C.UTF-8"),
];

/// A service's directory, owned by the service if it is created here: nobody else could create one in the data
/// partition.
fn make_directory(service: &Service) {
    let path = Path::new(&service.directory);
    if !path.exists()
        && fs::create_dir_all(path).is_ok()
        && let Err(error) = chown(path, Some(service.user), Some(service.group))
    {
        say!(
            "{}: cannot give it {}: {error}",
            service.name,
            service.directory
        );
    }
}

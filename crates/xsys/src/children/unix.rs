//! Signals and the tree of processes on Unix.

use std::collections::BTreeSet;
use std::os::unix::process::ExitStatusExt;
use std::process::{Command, ExitStatus, Stdio};
use std::sync::PoisonError;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::{Duration, Instant};

use rustix::process::{Pid, Signal, getpgrp, getpid, kill_process};
use signal_hook::consts::{SIGHUP, SIGINT, SIGTERM};
use signal_hook::iterator::Signals;
use signal_hook::low_level::emulate_default_handler;

use super::{ENDING, FORWARDING, GATE, LEFTOVERS};

/// A process that does not end within this time is killed.
const GRACE: Duration = Duration::from_secs(5);

/// How often the remaining processes are checked.
const STEP: Duration = Duration::from_millis(5);

static WATCHING: AtomicBool = AtomicBool::new(false);
static OUTLIVES_INTERRUPTS: AtomicBool = AtomicBool::new(false);

/// Catches the signals that end a command.
pub(crate) fn watch() {
    if WATCHING.swap(true, Ordering::Relaxed) {
        return;
    }
    let ignored = ignored();
    let caught = [SIGHUP, SIGINT, SIGTERM];
    let caught = caught
        .iter()
        .filter(|&&signal| ignored & (1 << (signal - 1)) == 0);
    // If they cannot be caught, nothing changes.
    let Ok(mut signals) = Signals::new(caught) else {
        return;
    };
    std::thread::spawn(move || {
        for signal in signals.forever() {
            handle(signal);
        }
    });
}

/// This process lives on when a person interrupts the program under the debugger.
pub(crate) fn outlive_interrupts() {
    OUTLIVES_INTERRUPTS.store(true, Ordering::Relaxed);
    watch();
}

/// The set of signals that are ignored from outside, if the system tells.
fn ignored() -> u64 {
    let status = std::fs::read_to_string("/proc/self/status").unwrap_or_default();
    let line = status.lines().find_map(|line| line.strip_prefix("SigIgn:"));
    line.and_then(|digits| u64::from_str_radix(digits.trim(), 16).ok())
        .unwrap_or(0)
}

fn handle(signal: i32) {
    if signal == SIGINT && OUTLIVES_INTERRUPTS.load(Ordering::Relaxed) {
        return;
    }
    if !FORWARDING.load(Ordering::Relaxed) {
        end(signal);
    }
    let all = Process::all();
    let own: Vec<&Process> = all.iter().filter(|it| it.parent == own_id()).collect();
    // Only cargo is running, so no program has been started yet that handles signals itself.
    if own.is_empty() || own.iter().any(|child| child.name == "cargo") {
        end(signal);
    }
    if signal == SIGINT && is_in_foreground() {
        return;
    }
    for child in own {
        send(child.id, signal);
    }
}

/// Ends all processes that were started, and then this one.
fn end(signal: i32) -> ! {
    // Forever: nothing is started any more.
    let gate = GATE.lock().unwrap_or_else(PoisonError::into_inner);
    ENDING.store(true, Ordering::Release);
    // Orphans become our children instead of getting lost.
    #[cfg(target_os = "linux")]
    let _ = rustix::process::set_child_subreaper(Some(getpid()));
    let start = Instant::now();
    let mut told = BTreeSet::new();
    loop {
        let left = descendants(&Process::all(), own_id());
        if left.is_empty() {
            break;
        }
        for id in left {
            if start.elapsed() > GRACE {
                send(id, Signal::KILL.as_raw());
            } else if told.insert(id) {
                send(id, signal);
            }
        }
        std::thread::sleep(STEP);
    }
    xsys_link::remove_unfinished();
    for path in LEFTOVERS
        .lock()
        .unwrap_or_else(PoisonError::into_inner)
        .drain(..)
    {
        // Its creator may have removed it already.
        let _ = std::fs::remove_dir_all(&path).or_else(|_| std::fs::remove_file(&path));
    }
    let _ = emulate_default_handler(signal);
    drop(gate);
    std::process::exit(128 + signal);
}

/// Ends in the same way as a child that one of the signals has ended: a terminal has sent it to us, too, and it may
/// arrive soon.
pub(super) fn end_like(status: ExitStatus) {
    let signal = status.signal().unwrap_or(0);
    let is_ours = [SIGHUP, SIGINT, SIGTERM].contains(&signal);
    let outlives = signal == SIGINT && OUTLIVES_INTERRUPTS.load(Ordering::Relaxed);
    if is_ours && !outlives && WATCHING.load(Ordering::Relaxed) {
        end(signal);
    }
}

/// The exit code by which shells tell of a signal.
pub(crate) fn code_of_signal(status: ExitStatus) -> Option<u8> {
    u8::try_from(128 + status.signal()?).ok()
}

fn send(id: i32, signal: i32) {
    let named = [Signal::HUP, Signal::INT, Signal::TERM, Signal::KILL];
    let signal = named.into_iter().find(|known| known.as_raw() == signal);
    if let (Some(pid), Some(signal)) = (Pid::from_raw(id), signal) {
        // It may have ended meanwhile, which is what is wanted.
        let _ = kill_process(pid, signal);
    }
}

fn own_id() -> i32 {
    getpid().as_raw_nonzero().get()
}

/// Whether the terminal sends interrupts to this process.
fn is_in_foreground() -> bool {
    rustix::termios::tcgetpgrp(std::io::stdin()).is_ok_and(|group| group == getpgrp())
}

/// The part of a process's state that matters here.
#[derive(Debug, PartialEq, Eq)]
struct Process {
    id: i32,
    parent: i32,
    /// It has ended, and its parent has not collected it yet.
    is_over: bool,
    name: String,
}

impl Process {
    /// All processes there are.
    fn all() -> Vec<Self> {
        let Ok(entries) = std::fs::read_dir("/proc") else {
            return Self::listed();
        };
        let stats = entries.flatten().filter_map(|entry| {
            let name = entry.file_name();
            name.to_str()?.parse::<i32>().ok()?;
            let text = std::fs::read(entry.path().join("stat")).ok()?;
            Self::of_stat(&String::from_utf8_lossy(&text))
        });
        let all: Vec<Self> = stats.collect();
        match all.is_empty() {
            true => Self::listed(),
            false => all,
        }
    }

    /// A line of `/proc/ID/stat`. The name may contain spaces and brackets.
    fn of_stat(line: &str) -> Option<Self> {
        let (id, rest) = line.split_once(" (")?;
        let (name, rest) = rest.rsplit_once(") ")?;
        let mut words = rest.split(' ');
        let is_over = matches!(words.next()?, "Z" | "X");
        Some(Self {
            id: id.parse().ok()?,
            parent: words.next()?.parse().ok()?,
            is_over,
            name: name.to_owned(),
        })
    }

    /// The same from `ps`, where there is no `/proc`.
    fn listed() -> Vec<Self> {
        let mut command = Command::new("ps");
        command.args(["-A", "-o", "pid=,ppid=,state=,comm="]);
        let Ok(child) = command
            .stdin(Stdio::null())
            .stdout(Stdio::piped())
            .stderr(Stdio::null())
            .spawn()
        else {
            return Vec::new();
        };
        let id = child.id();
        let output = child.wait_with_output().map(|output| output.stdout);
        let text = output.unwrap_or_default();
        let text = String::from_utf8_lossy(&text);
        let rows = text.lines().filter_map(Self::of_row);
        rows.filter(|row| u32::try_from(row.id) != Ok(id)).collect()
    }

    fn of_row(line: &str) -> Option<Self> {
        let mut words = line.split_whitespace();
        let (id, parent) = (words.next()?.parse().ok()?, words.next()?.parse().ok()?);
        let is_over = words.next()?.starts_with('Z');
        let path = words.collect::<Vec<_>>().join(" ");
        Some(Self {
            id,
            parent,
            is_over,
            name: path.rsplit('/').next().unwrap_or_default().to_owned(),
        })
    }
}

/// The descendants of a process.
fn descendants(all: &[Process], root: i32) -> Vec<i32> {
    let mut found = vec![root];
    let mut at = 0;
    while at < found.len() {
        let parent = found[at];
        let children = all.iter().filter(|it| it.parent == parent && !it.is_over);
        found.extend(children.map(|it| it.id));
        at += 1;
    }
    found.split_off(1)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn process(id: i32, parent: i32, is_over: bool, name: &str) -> Process {
        Process {
            id,
            parent,
            is_over,
            name: name.to_owned(),
        }
    }

    #[test]
    fn processes_are_read() {
        assert_eq!(
            Process::of_stat("12 (a) b (c)) S 7 12 12 0 -1"),
            Some(process(12, 7, false, "a) b (c)"))
        );
        assert_eq!(
            Process::of_stat("3 (x) Z 1 0"),
            Some(process(3, 1, true, "x"))
        );
        assert_eq!(Process::of_stat("3 x"), None);
        assert_eq!(
            Process::of_row("  12     7 Ss   /usr/bin/my cargo"),
            Some(process(12, 7, false, "my cargo"))
        );
    }

    #[test]
    fn only_those_below_count() {
        let all = [
            process(9, 5, false, "c"),
            process(2, 1, false, "a"),
            process(5, 2, false, "b"),
            process(6, 2, true, "over"),
            process(7, 1, false, "other"),
        ];
        assert_eq!(descendants(&all, 2), [5, 9]);
        assert!(descendants(&all, 7).is_empty());
    }

    #[test]
    fn this_process_is_found() {
        let all = Process::all();
        assert!(all.iter().any(|it| it.id == own_id()));
        assert!(!Process::listed().is_empty() || !std::path::Path::new("/bin/ps").exists());
    }
}

//! Where lines of the log go: to memory at once, everywhere else through a queue.
//!
//! A service that logs must not wait for a slow serial line, a failing card or an unreachable syslog server, and
//! neither may this process. So each of these sinks has its own thread and a bounded queue; when that is full, lines
//! are dropped for this sink, and their number is logged once there is room again.

use std::fs::{self, File, OpenOptions};
use std::io::{BufRead, BufReader, Read, Write};
use std::net::UdpSocket;
use std::path::{Path, PathBuf};
use std::sync::mpsc::{Receiver, SyncSender, TrySendError, sync_channel};
use std::sync::{Mutex, OnceLock};
use std::thread;
use std::time::{Duration, Instant, SystemTime, UNIX_EPOCH};
use xsys_init::config;
use xsys_init::rate::{Rate, Verdict};
use xsys_init::ring::{Line, Ring};
use xsys_init::syslog;

static RING: Mutex<Ring> = Mutex::new(Ring::new(64 << 10));
static SINKS: Mutex<Vec<Sink>> = Mutex::new(Vec::new());

/// Lines longer than this are cut into several.
const LONGEST: usize = 4096;
/// The source name of the kernel's messages.
pub(crate) const KERNEL: &str = "kernel";
const KERNEL_WARNS: &str = "kernel-warns";
const QUEUE: usize = 512;

struct Sink {
    lines: SyncSender<Message>,
    dropped: u64,
    /// When the number of dropped lines was last logged.
    told_ms: u64,
}

enum Message {
    Line(Line),
    Dropped(u64),
    /// Answered when everything before it is written.
    Flush(SyncSender<()>),
}

/// A line of init itself, formatted as by `println!`.
macro_rules! say {
    ($($text:tt)*) => { $crate::log::line("init", &format!($($text)*)) };
}
pub(crate) use say;

pub(crate) fn line(source: &str, text: &str) {
    let text = text.trim_end().replace(
        |letter: char| letter.is_control() && letter != '\t',
        "\u{fffd}",
    );
    let line = Line {
        uptime_ms: uptime_ms(),
        clock: clock(),
        source: source.into(),
        text,
    };
    if let Ok(mut ring) = RING.lock() {
        ring.push(line.clone());
    }
    let Ok(mut sinks) = SINKS.lock() else { return };
    for sink in &mut *sinks {
        if sink.dropped > 0
            && line.uptime_ms >= sink.told_ms + 1000
            && sink.lines.try_send(Message::Dropped(sink.dropped)).is_ok()
        {
            (sink.dropped, sink.told_ms) = (0, line.uptime_ms);
        }
        if let Err(TrySendError::Full(_)) = sink.lines.try_send(Message::Line(line.clone())) {
            sink.dropped += 1;
        }
    }
}

pub(crate) fn tail(count: usize) -> Vec<Line> {
    RING.lock()
        .map(|ring| ring.tail(count).cloned().collect())
        .unwrap_or_default()
}

/// Every line goes to the console, unless `configure` makes it quiet.
pub(crate) fn to_console() {
    let console = OpenOptions::new().write(true).open("/dev/console");
    let Ok(mut console) = console else { return };
    add("console", move |line| {
        // The kernel has printed its own lines there already.
        if line.source != KERNEL && line.source != KERNEL_WARNS {
            let _ = console.write_all(format!("{}\r\n", line.on_console()).as_bytes());
        }
    });
}

/// Sets up ring and syslog as configured; the file follows when its partition is mounted.
pub(crate) fn configure(log: &config::Log) {
    if let Ok(mut ring) = RING.lock() {
        ring.set_limit(log.ring);
    }
    if !log.serial {
        say!("the log goes on without the console");
        if let Ok(mut sinks) = SINKS.lock() {
            sinks.clear();
        }
    }
    if let Some(server) = log.syslog.clone() {
        to_syslog(server);
    }
}

/// Appends to a file, beginning with the lines of this boot in the ring.
pub(crate) fn to_file(path: &str, limit: u64) {
    let path = PathBuf::from(path);
    let before = tail(usize::MAX);
    let mut file = Rotated::open(path.clone(), limit);
    if let Err(error) = &file.open {
        say!("cannot write the log to {}: {error}", path.display());
    }
    for line in before {
        file.write(&line.written());
    }
    add("log file", move |line| file.write(&line.written()));
}

fn to_syslog(server: String) {
    let hostname = fs::read_to_string("/proc/sys/kernel/hostname")
        .unwrap_or_default()
        .trim()
        .to_string();
    let mut socket: Option<UdpSocket> = None;
    add("syslog", move |line| {
        // The server's name can only be resolved when the network is up; until then its lines are lost.
        if socket.is_none() {
            socket = UdpSocket::bind("[::]:0")
                .or_else(|_| UdpSocket::bind("0.0.0.0:0"))
                .ok();
            if socket
                .as_ref()
                .is_some_and(|socket| socket.connect(&*server).is_err())
            {
                socket = UdpSocket::bind("0.0.0.0:0")
                    .ok()
                    .filter(|socket| socket.connect(&*server).is_ok());
            }
        }
        if let Some(open) = &socket
            && open
                .send(syslog::message(line, &hostname).as_bytes())
                .is_err()
        {
            socket = None;
        }
    });
}

/// Starts a sink's thread.
fn add(name: &str, mut write: impl FnMut(&Line) + Send + 'static) {
    let (lines, queue): (_, Receiver<Message>) = sync_channel(QUEUE);
    let run = move || {
        for message in queue {
            match message {
                Message::Line(line) => write(&line),
                Message::Dropped(count) => {
                    let text = format!(
                        "{count} lines were dropped here: they came faster than they could be written"
                    );
                    write(&Line {
                        uptime_ms: uptime_ms(),
                        clock: clock(),
                        source: "init".into(),
                        text,
                    });
                }
                Message::Flush(done) => {
                    let _ = done.try_send(());
                }
            }
        }
    };
    if thread::Builder::new().name(name.into()).spawn(run).is_ok()
        && let Ok(mut sinks) = SINKS.lock()
    {
        sinks.push(Sink {
            lines,
            dropped: 0,
            told_ms: 0,
        });
    }
}

/// Waits until all sinks have written their queues, for a limited time.
pub(crate) fn flush(longest: Duration) {
    let Ok(sinks) = SINKS.lock() else { return };
    let (done, all_done) = sync_channel(sinks.len());
    let asked = sinks
        .iter()
        .filter(|sink| sink.lines.try_send(Message::Flush(done.clone())).is_ok())
        .count();
    drop(sinks);
    for _ in 0..asked {
        if all_done.recv_timeout(longest).is_err() {
            break;
        }
    }
}

/// Closes files, so that their partition can be unmounted; the console stays.
pub(crate) fn close() {
    flush(Duration::from_secs(2));
    if let Ok(mut sinks) = SINKS.lock() {
        sinks.clear();
    }
    to_console();
}

/// Prints why this program cannot run, and exits.
pub(crate) fn refuse(why: &str) -> ! {
    let _ = writeln!(std::io::stderr(), "init: {why}");
    std::process::exit(2);
}

/// Reads a pipe line by line into the log; ends when nobody can write to it any more.
pub(crate) fn copy_lines(source: &str, pipe: impl Read) {
    let mut pipe = BufReader::new(pipe);
    let mut text = Vec::new();
    let mut rate = Rate::new(Instant::now());
    loop {
        text.clear();
        match pipe
            .by_ref()
            .take(LONGEST as u64)
            .read_until(b'\n', &mut text)
        {
            Ok(0) | Err(_) => return,
            Ok(length) => match rate.line(length, Instant::now()) {
                Verdict::Drop => {}
                Verdict::Pass => line(source, &String::from_utf8_lossy(&text)),
                Verdict::PassAfter(dropped) => {
                    say!("{dropped} lines of {source} were left out: it says too much");
                    line(source, &String::from_utf8_lossy(&text));
                }
            },
        }
    }
}

/// The kernel's own messages, as from `/dev/kmsg`: `priority,number,microseconds,flags;text`.
pub(crate) fn copy_kernel() {
    let Ok(mut kmsg) = File::open("/dev/kmsg") else {
        return;
    };
    let run = move || {
        let mut record = [0u8; 8192];
        loop {
            match kmsg.read(&mut record) {
                Ok(0) => return,
                Ok(length) => {
                    let record = String::from_utf8_lossy(&record[..length]);
                    let (head, text) = record.split_once(';').unwrap_or_default();
                    let priority = head
                        .split(',')
                        .next()
                        .and_then(|number| number.parse::<u32>().ok());
                    // Levels below 5: warnings and worse.
                    let source = if priority.is_some_and(|priority| priority & 7 < 5) {
                        KERNEL_WARNS
                    } else {
                        KERNEL
                    };
                    line(source, text.lines().next().unwrap_or_default());
                }
                // EPIPE: records were overwritten before they were read; the next read goes on behind them.
                Err(error) if error.kind() == std::io::ErrorKind::BrokenPipe => {}
                Err(_) => return,
            }
        }
    };
    let _ = thread::Builder::new().name("kernel log".into()).spawn(run);
}

/// A file with a size limit. A full or read-only partition loses lines, nothing else.
struct Rotated {
    path: PathBuf,
    open: std::io::Result<File>,
    size: u64,
    limit: u64,
}

impl Rotated {
    fn open(path: PathBuf, limit: u64) -> Rotated {
        let _ = path.parent().map(fs::create_dir_all);
        let open = OpenOptions::new().create(true).append(true).open(&path);
        let size = open
            .as_ref()
            .ok()
            .and_then(|file| file.metadata().ok())
            .map_or(0, |data| data.len());
        Rotated {
            path,
            open,
            size,
            limit,
        }
    }

    fn write(&mut self, text: &str) {
        if self.size + text.len() as u64 > self.limit {
            let old = old(&self.path);
            let _ = fs::rename(&self.path, old);
            *self = Rotated::open(self.path.clone(), self.limit);
        }
        if let Ok(file) = &mut self.open
            && file.write_all(format!("{text}\n").as_bytes()).is_ok()
        {
            self.size += text.len() as u64 + 1;
        }
    }
}

fn old(path: &Path) -> PathBuf {
    let mut name = path.as_os_str().to_owned();
    name.push(".old");
    PathBuf::from(name)
}

/// Milliseconds since the kernel's start.
pub(crate) fn uptime_ms() -> u64 {
    static FIRST: OnceLock<(Instant, u64)> = OnceLock::new();
    let (then, uptime) = FIRST.get_or_init(|| {
        let text = fs::read_to_string("/proc/uptime").unwrap_or_default();
        let seconds = text
            .split(' ')
            .next()
            .and_then(|seconds| seconds.parse::<f64>().ok());
        (
            Instant::now(),
            seconds.map_or(0, |seconds| (seconds * 1000.0) as u64),
        )
    });
    uptime + then.elapsed().as_millis() as u64
}

/// Seconds since 1970, if the clock is right.
pub(crate) fn clock() -> u64 {
    SystemTime::now()
        .duration_since(UNIX_EPOCH)
        .map_or(0, |time| time.as_secs())
}

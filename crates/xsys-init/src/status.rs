//! Serves the status page: `/`, `/status.json` and `/log`.
//!
//! It answers anybody in the appliance's network, so it is limited: a few connections at a time, a few seconds and
//! kilobytes each, and no request changes anything.

use crate::clock;
use crate::data;
use crate::interface;
use crate::log::{self, say};
use crate::record;
use crate::service::{Health, Phase, State};
use crate::services;
use crate::sys;
use crate::watchdog;
use std::collections::BTreeMap;
use std::ffi::CString;
use std::fs;
use std::io::Write;
use std::net::{Shutdown, TcpListener, TcpStream};
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::thread;
use std::time::{Duration, Instant};
use xsys_init::config::{Config, Service};
use xsys_init::http;
use xsys_init::page::{self, DataLine, NetworkLine, ServiceLine, Snapshot};
use xsys_init::ring::Line;

const CONNECTIONS: usize = 8;
const REQUEST: usize = 8 << 10;
const TIME: Duration = Duration::from_secs(5);
/// Lines of the log on the page.
const TAIL: usize = 100;

/// Serves from now on. `wrong` has the mistakes in the configuration.
pub(crate) fn start(listen: &str, config: &Config, wrong: Vec<String>) {
    let listen = listen.to_string();
    let about = Snapshot {
        hostname: config.hostname.clone(),
        version: config.version.clone(),
        kernel: fs::read_to_string("/proc/sys/kernel/osrelease")
            .unwrap_or_default()
            .trim()
            .into(),
        problems: wrong,
        // As long as the boot goes on.
        services: config.services.iter().map(not_started).collect(),
        ..Snapshot::default()
    };
    let mount = config.data.as_ref().map(|data| data.mount.clone());
    let run = move || serve(&listen, &Arc::new((about, mount)));
    if let Err(error) = thread::Builder::new().name("status".into()).spawn(run) {
        say!("no thread for the status page: {error}");
    }
}

type About = (Snapshot, Option<String>);

fn serve(listen: &str, about: &Arc<About>) {
    let mut told = false;
    let listener = loop {
        match TcpListener::bind(listen) {
            Ok(listener) => break listener,
            // The address of an interface that does not exist yet.
            Err(error) => {
                if !told {
                    told = true;
                    say!("cannot serve the status page on {listen} yet: {error}");
                }
                thread::sleep(Duration::from_secs(2));
            }
        }
    };
    say!("the status page is on {listen}");
    let open = Arc::new(AtomicUsize::new(0));
    for stream in listener.incoming() {
        let Ok(stream) = stream else {
            thread::sleep(Duration::from_millis(100));
            continue;
        };
        if open.fetch_add(1, Ordering::Relaxed) >= CONNECTIONS {
            open.fetch_sub(1, Ordering::Relaxed);
            continue;
        }
        let (about, counted) = (Arc::clone(about), Arc::clone(&open));
        let answer = move || {
            let _ = answer(stream, &about);
            counted.fetch_sub(1, Ordering::Relaxed);
        };
        if thread::Builder::new()
            .name("status page".into())
            .spawn(answer)
            .is_err()
        {
            open.fetch_sub(1, Ordering::Relaxed);
        }
    }
}

fn answer(mut stream: TcpStream, about: &About) -> std::io::Result<()> {
    stream.set_write_timeout(Some(TIME))?;
    let head = http::read_head(&mut stream, Instant::now() + TIME, REQUEST)?;
    let (status, kind, body) = match http::requested_path(&head) {
        Some("/") => (
            "200 OK",
            "text/html; charset=utf-8",
            page::html(&snapshot(about)),
        ),
        Some("/status.json") => ("200 OK", "application/json", page::json(&snapshot(about))),
        Some("/log") => ("200 OK", "text/plain; charset=utf-8", whole_log()),
        Some(_) => (
            "404 Not Found",
            "text/plain",
            "There are /, /status.json and /log.\n".into(),
        ),
        None => (
            "400 Bad Request",
            "text/plain",
            "GET is answered, nothing else.\n".into(),
        ),
    };
    let headers = format!(
        "HTTP/1.1 {status}\r\nContent-Type: {kind}\r\nContent-Length: {}\r\nCache-Control: no-store\r\n\
         X-Content-Type-Options: nosniff\r\n\
         Content-Security-Policy: default-src 'none'; style-src 'unsafe-inline'\r\nConnection: close\r\n\r\n",
        body.len()
    );
    stream.write_all(headers.as_bytes())?;
    if !head.starts_with("HEAD") {
        // A client that reads a byte a second must not keep the connection forever.
        let deadline = Instant::now() + TIME * 4;
        for part in body.as_bytes().chunks(16 << 10) {
            if Instant::now() > deadline {
                break;
            }
            stream.write_all(part)?;
        }
    }
    stream.shutdown(Shutdown::Write)
}

fn whole_log() -> String {
    log::tail(usize::MAX)
        .iter()
        .map(|line| line.written() + "\n")
        .collect()
}

fn snapshot((about, mount): &About) -> Snapshot {
    let memory = fs::read_to_string("/proc/meminfo").unwrap_or_default();
    let kilobytes = |name: &str| {
        let line = memory.lines().find_map(|line| line.strip_prefix(name));
        line.and_then(|line| line.split_whitespace().next()?.parse::<u64>().ok())
            .unwrap_or(0)
            * 1024
    };
    let mut services: Vec<ServiceLine> = services::all()
        .iter()
        .map(|one| service_line(&one.service, &one.state()))
        .collect();
    if services.is_empty() {
        services.clone_from(&about.services);
    }
    Snapshot {
        uptime_s: log::uptime_ms() / 1000,
        clock: log::clock(),
        clock_state: clock::status(),
        last_boot: record::last(),
        services,
        memory_total: kilobytes("MemTotal:"),
        memory_available: kilobytes("MemAvailable:"),
        data: mount.as_ref().and_then(|mount| data_line(mount)),
        network: network_lines(),
        watchdog: watchdog::status(),
        log: newest(),
        ..about.clone()
    }
}

/// The last lines, without the kernel's routine messages.
fn newest() -> Vec<Line> {
    let mut lines = log::tail(usize::MAX);
    lines.retain(|line| line.source != log::KERNEL);
    lines.split_off(lines.len().saturating_sub(TAIL))
}

fn not_started(service: &Service) -> ServiceLine {
    ServiceLine {
        name: service.name.clone(),
        state: "waits until the data partition is there",
        ..ServiceLine::default()
    }
}

fn service_line(service: &Service, state: &State) -> ServiceLine {
    let (text, bad) = match state.phase {
        Phase::New => ("waits for those before it", false),
        Phase::Starting => ("starting", false),
        Phase::Running => ("running", false),
        Phase::Waiting => ("waits to be started again", true),
        Phase::Stopping => ("stopping", false),
        Phase::Ended => ("ended", false),
    };
    let health = match &state.health {
        Health::Unknown => String::new(),
        Health::Passing => "passing".into(),
        Health::Failing(why) => format!("failing: {why}"),
    };
    // A service without a `ready` check is ready when it is healthy.
    let well = match state.health {
        Health::Unknown => service.ready.is_some() || service.health.is_none(),
        Health::Passing => true,
        Health::Failing(_) => false,
    };
    let ready = match state.phase {
        Phase::Running => state.ready && well,
        Phase::Ended => state.ready,
        _ => false,
    };
    ServiceLine {
        name: service.name.clone(),
        state: text,
        ready,
        bad: bad || matches!(state.health, Health::Failing(_)),
        since_s: state.since.elapsed().as_secs(),
        pid: state.pid,
        restarts: state.starts.saturating_sub(1),
        last_exit: state.last_exit.clone(),
        health,
    }
}

fn data_line(mount: &str) -> Option<DataLine> {
    let status = data::status()?;
    let path = CString::new(mount).ok()?;
    let (free, total) = sys::space(&path).unwrap_or((0, 0));
    let read_only = fs::read_to_string("/proc/mounts")
        .unwrap_or_default()
        .lines()
        .any(|line| {
            let mut words = line.split(' ').skip(1);
            words.next() == Some(mount)
                && words
                    .nth(1)
                    .is_some_and(|flags| flags.split(',').any(|flag| flag == "ro"))
        });
    let state = if read_only {
        format!("{}: READ-ONLY after damage", status.text)
    } else {
        status.text
    };
    Some(DataLine {
        mount: mount.into(),
        state,
        lost: status.lost || read_only,
        free,
        total,
    })
}

fn network_lines() -> Vec<NetworkLine> {
    let mut lines: BTreeMap<String, NetworkLine> = BTreeMap::new();
    for (name, known) in interface::known() {
        lines.entry(name).or_default().state = known.status;
    }
    for (name, address, prefix) in interface::addresses() {
        lines
            .entry(name)
            .or_default()
            .addresses
            .push(format!("{address}/{prefix}"));
    }
    lines
        .into_iter()
        .map(|(interface, line)| NetworkLine { interface, ..line })
        .collect()
}

//! The hardware watchdog: it resets the machine unless it is fed, and it is fed only while everything works.
//!
//! Everything works while no service with a health check counts as failing. A failing service is restarted first; if
//! that helps before the watchdog expires, there is no reset. If this process hangs (on a disk that does not answer) or
//! dies, the watchdog is not fed either.
//!
//! Why it is not fed is recorded in the data partition beforehand: after a reset it is too late.

use crate::log::{self, say};
use crate::record;
use crate::service::Health;
use crate::services;
use crate::sys;
use std::fs::{self, File, OpenOptions};
use std::io::Write;
use std::sync::Mutex;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::thread;
use std::time::{Duration, Instant};
use xsys_init::config::Watchdog;

static STATUS: Mutex<String> = Mutex::new(String::new());
/// The boot itself may take this many seconds: the files of a damaged file system are rescued in
/// it.
const LONGEST_BOOT: u64 = 600;

/// When the first process last showed that it is alive, in seconds since the start.
static ALIVE: AtomicU64 = AtomicU64::new(0);
static DEVICE: Mutex<Option<File>> = Mutex::new(None);
static LEAVING: AtomicBool = AtomicBool::new(false);

/// After this many resets in a row another one will not help: the machine stays up so that it can be inspected.
pub(crate) const ENOUGH: u32 = 5;
/// Working for this long ends such a series.
const A_WHILE: Duration = Duration::from_secs(600);

pub(crate) fn status() -> String {
    STATUS
        .lock()
        .map(|status| status.clone())
        .unwrap_or_default()
}

fn set_status(text: String) {
    if let Ok(mut status) = STATUS.lock() {
        *status = text;
    }
}

/// Feeds the watchdog from now on.
pub(crate) fn start(config: &Watchdog) {
    let config = config.clone();
    let run = move || {
        if let Some(device) = open(&config) {
            let seconds = set_time(&device, &config);
            if let Ok(mut shared) = DEVICE.lock() {
                *shared = Some(device);
            }
            feed_for_ever(seconds);
        }
    };
    if let Err(error) = thread::Builder::new().name("watchdog".into()).spawn(run) {
        say!("no thread for the watchdog: {error}");
    }
}

/// The machine is about to end: from here on it is fed whatever services do.
pub(crate) fn leave() {
    LEAVING.store(true, Ordering::Relaxed);
}

/// The first process is working: it collects children and handles requests every second.
pub(crate) fn alive() {
    ALIVE.store(log::uptime_ms() / 1000, Ordering::Relaxed);
}

/// Switches the watchdog off, if the hardware allows it: a machine that is off must stay off.
pub(crate) fn release() {
    if let Ok(mut device) = DEVICE.lock()
        && let Some(mut device) = device.take()
    {
        let _ = device.write_all(b"V");
    }
}

fn open(config: &Watchdog) -> Option<File> {
    let begun = Instant::now();
    loop {
        match OpenOptions::new().write(true).open(&config.device) {
            Ok(device) => return Some(device),
            // Its driver may be loaded late.
            Err(error) if begun.elapsed() > Duration::from_secs(10) => {
                say!("NO WATCHDOG: cannot open {}: {error}", config.device);
                set_status(format!("none: cannot open {}: {error}", config.device));
                return None;
            }
            Err(_) => thread::sleep(Duration::from_millis(50)),
        }
    }
}

/// Sets the timeout, and returns the one that the hardware chose.
fn set_time(device: &File, config: &Watchdog) -> u32 {
    let wanted = (config.timeout.as_secs() as u32).max(1);
    let seconds = sys::set_watchdog(device, wanted).unwrap_or_else(|error| {
        say!(
            "{} keeps its own time: it does not take {wanted} s: {error}",
            config.device
        );
        wanted
    });
    if last_reset_was_ours() {
        say!("the watchdog has reset this machine before this boot");
    }
    say!("the watchdog resets the machine after {seconds} s without a sign of health");
    seconds
}

fn feed() {
    if let Ok(mut device) = DEVICE.lock()
        && let Some(device) = &mut *device
        && let Err(error) = device.write_all(b"1")
    {
        say!("cannot feed the watchdog: {error}");
    }
}

fn feed_for_ever(seconds: u32) {
    let pause = Duration::from_millis(u64::from(seconds) * 1000 / 4).min(Duration::from_secs(5));
    // A service that has recovered should be noticed before the watchdog expires.
    let hungry_pause = pause.min(Duration::from_millis(100));
    let mut hungry = false;
    let mut well_since = Instant::now();
    loop {
        let sick = failing().filter(|_| !LEAVING.load(Ordering::Relaxed));
        match sick {
            Some(why) if record::resets() >= ENOUGH => {
                well_since = Instant::now();
                feed();
                let text =
                    format!("fed in spite of it, because {ENOUGH} resets did not help: {why}");
                if !status().starts_with("fed in spite") {
                    say!("the watchdog is {text}");
                }
                set_status(text);
            }
            Some(why) => {
                well_since = Instant::now();
                if !hungry {
                    hungry = true;
                    say!("THE WATCHDOG IS NOT FED: {why}");
                    record::not_fed(&why);
                }
                set_status(format!("not fed: {why}"));
            }
            None => {
                feed();
                set_status(format!("fed, resets after {seconds} s"));
                if std::mem::take(&mut hungry) {
                    say!("the watchdog is fed again");
                    if !LEAVING.load(Ordering::Relaxed) {
                        record::goes_on();
                    }
                }
                if well_since.elapsed() > A_WHILE {
                    well_since = Instant::now();
                    record::forget_resets();
                }
            }
        }
        thread::sleep(if hungry { hungry_pause } else { pause });
    }
}

/// Why the machine does not work, if it does not.
fn failing() -> Option<String> {
    let silent = (log::uptime_ms() / 1000).saturating_sub(ALIVE.load(Ordering::Relaxed));
    if silent > LONGEST_BOOT {
        return Some(format!("the first process has hung for {silent} s"));
    }
    services::all()
        .iter()
        .find_map(|service| match service.state().health {
            Health::Failing(why) => Some(format!(
                "the health check of {} fails: {why}",
                service.service.name
            )),
            Health::Unknown | Health::Passing => None,
        })
}

fn last_reset_was_ours() -> bool {
    let status = fs::read_to_string("/sys/class/watchdog/watchdog0/bootstatus").unwrap_or_default();
    let card_reset = 0x20;
    status
        .trim()
        .parse::<u32>()
        .is_ok_and(|status| status & card_reset != 0)
}

//! The hardware watchdog: it resets the machine unless it is fed, and it is fed only while all is well.
//!
//! All is well while no service with a health check counts as failing. A failing service is started again
//! first; if that helps before the watchdog's time is over, there is no reset. Should this process hang or
//! die, nobody feeds either.
//!
//! Why it was not fed is noted in the data partition beforehand: after a reset there is nobody to ask.

use crate::log::say;
use crate::record;
use crate::service::{self, Health};
use crate::sys;
use std::fs::{self, File, OpenOptions};
use std::io::Write;
use std::sync::Mutex;
use std::sync::atomic::{AtomicBool, Ordering};
use std::thread;
use std::time::{Duration, Instant};
use xsys_init::config::Watchdog;

static STATUS: Mutex<String> = Mutex::new(String::new());
static LEAVING: AtomicBool = AtomicBool::new(false);

pub fn status() -> String {
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
pub fn start(config: &Watchdog) {
    let config = config.clone();
    let run = move || {
        let Some(device) = open(&config) else { return };
        feed(device, &config);
    };
    if let Err(error) = thread::Builder::new().name("watchdog".into()).spawn(run) {
        say!("no thread for the watchdog: {error}");
    }
}

/// The machine is about to restart: the last seconds belong to the shutdown.
pub fn leave() {
    LEAVING.store(true, Ordering::Relaxed);
}

fn open(config: &Watchdog) -> Option<File> {
    let begun = Instant::now();
    loop {
        match OpenOptions::new().write(true).open(&config.device) {
            Ok(device) => return Some(device),
            // Its driver may come up late.
            Err(error) if begun.elapsed() > Duration::from_secs(10) => {
                say!("NO WATCHDOG: cannot open {}: {error}", config.device);
                set_status(format!("none: cannot open {}: {error}", config.device));
                return None;
            }
            Err(_) => thread::sleep(Duration::from_millis(50)),
        }
    }
}

fn feed(mut device: File, config: &Watchdog) {
    let wanted = (config.timeout.as_secs() as u32).max(1);
    let seconds = match sys::set_watchdog(&device, wanted) {
        Ok(seconds) => seconds,
        Err(error) => {
            say!(
                "{} keeps its own time: it does not take {wanted} s: {error}",
                config.device
            );
            wanted
        }
    };
    if last_reset_was_ours() {
        say!("the watchdog has reset this machine before this boot");
    }
    say!("the watchdog resets the machine after {seconds} s without a sign of health");
    let pause = Duration::from_millis(u64::from(seconds) * 1000 / 4).min(Duration::from_secs(5));
    let mut hungry = false;
    loop {
        match failing() {
            Some(why) if !LEAVING.load(Ordering::Relaxed) => {
                if !hungry {
                    hungry = true;
                    say!("THE WATCHDOG IS NOT FED: {why}");
                    record::end(&format!("reset by the watchdog: {why}"));
                }
                set_status(format!("not fed: {why}"));
            }
            _ => {
                if hungry {
                    hungry = false;
                    say!("the watchdog is fed again");
                    if !LEAVING.load(Ordering::Relaxed) {
                        record::goes_on();
                    }
                }
                set_status(format!("fed, resets after {seconds} s"));
                if let Err(error) = device.write_all(b"1") {
                    say!("cannot feed the watchdog: {error}");
                }
            }
        }
        // Whoever is well again should be fed before it is too late.
        thread::sleep(if hungry {
            pause.min(Duration::from_millis(100))
        } else {
            pause
        });
    }
}

fn failing() -> Option<String> {
    service::all()
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

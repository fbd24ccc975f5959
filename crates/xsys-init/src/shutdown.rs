//! The end: services stop, file systems are unmounted, the machine restarts or powers off.
//!
//! It is requested by a signal (SIGTERM and Ctrl-Alt-Del restart, SIGUSR2 powers off) or by a file, which a service can
//! write without using signals: `/run/xsys/request` with `restart` or `poweroff`. A machine without its root plans a
//! restart itself.

use crate::children;
use crate::log::{self, say};
use crate::service::{Phase, Supervised};
use crate::services;
use crate::sys::{
    self, MS_RDONLY, MS_REMOUNT, Reboot, SIGCHLD, SIGINT, SIGKILL, SIGTERM, SIGUSR1, SIGUSR2,
};
use crate::watchdog;
use std::fs;
use std::io::Read;
use std::sync::Mutex;
use std::thread;
use std::time::{Duration, Instant};

const REQUEST: &str = "/run/xsys/request";

/// A planned end, and the reason for it.
static PLANNED: Mutex<Option<(Instant, String)>> = Mutex::new(None);

/// Plans a restart.
pub(crate) fn restart_in(wait: Duration, why: String) {
    if let Ok(mut planned) = PLANNED.lock() {
        *planned = Some((Instant::now() + wait, why));
    }
}

/// Handles signals: children are collected here; returns when the machine has to end, and why.
pub(crate) fn wait_for_the_end() -> (Reboot, String) {
    let _ = fs::create_dir_all("/run/xsys");
    let mut signals = match sys::signals_as_bytes(&[SIGCHLD, SIGTERM, SIGINT, SIGUSR1, SIGUSR2]) {
        Ok(signals) => signals,
        Err(error) => {
            // Without signals there is still the request file, and children are collected every
            // second.
            say!("cannot listen to signals: {error}");
            loop {
                thread::sleep(Duration::from_secs(1));
                watchdog::alive();
                children::collect();
                if let Some(request) = request() {
                    return request;
                }
            }
        }
    };
    loop {
        watchdog::alive();
        if let Ok(true) = sys::readable(&signals, 1000) {
            let mut bytes = [0u8; 64];
            let count = signals.read(&mut bytes).unwrap_or(0);
            for &byte in &bytes[..count] {
                match i32::from(byte) {
                    SIGTERM => return (Reboot::Restart, "SIGTERM".into()),
                    SIGINT => return (Reboot::Restart, "Ctrl-Alt-Del or SIGINT".into()),
                    SIGUSR2 => return (Reboot::PowerOff, "SIGUSR2".into()),
                    _ => {}
                }
            }
        }
        children::collect();
        if let Some(request) = request() {
            return request;
        }
    }
}

fn request() -> Option<(Reboot, String)> {
    if let Ok(planned) = PLANNED.lock()
        && let Some((when, why)) = &*planned
        && Instant::now() >= *when
    {
        return Some((Reboot::Restart, why.clone()));
    }
    let text = fs::read_to_string(REQUEST).ok()?;
    let _ = fs::remove_file(REQUEST);
    match text.trim() {
        "restart" | "reboot" => Some((Reboot::Restart, "request of a service".into())),
        "poweroff" => Some((Reboot::PowerOff, "request of a service".into())),
        other => {
            say!(
                "{REQUEST}: `{}` is neither `restart` nor `poweroff`",
                other.chars().take(40).collect::<String>()
            );
            None
        }
    }
}

/// Stops the services, all at the same time.
pub(crate) fn stop() {
    services::stop_all();
    let services = services::all();
    let longest = services
        .iter()
        .map(|service| service.service.stop_timeout)
        .max()
        .unwrap_or_default();
    // A little more than each thread gives its service.
    let deadline = Instant::now() + longest + Duration::from_secs(6);
    // What was not started yet never will be.
    let over = |service: &Supervised| matches!(service.state().phase, Phase::New | Phase::Ended);
    while !services.iter().all(|service| over(service)) && Instant::now() < deadline {
        children::collect();
        thread::sleep(Duration::from_millis(10));
    }
    // All other processes: those that left their group, and the console's shell.
    for (signal, time) in [(SIGTERM, 300), (SIGKILL, 50)] {
        let end = Instant::now() + Duration::from_millis(time);
        while sys::send_signal(-1, signal).is_ok() && Instant::now() < end {
            children::collect();
            thread::sleep(Duration::from_millis(10));
        }
        children::collect();
    }
}

/// Unmounts everything and ends. Nothing here may wait for a disk that does not answer.
pub(crate) fn leave(how: Reboot, mounted: Option<&str>) -> ! {
    say!(
        "{}",
        if how == Reboot::PowerOff {
            "power off"
        } else {
            "restart"
        }
    );
    log::close();
    let mounted = mounted.map(str::to_string);
    let disks = thread::Builder::new().name("disks".into()).spawn(move || {
        sys::sync();
        if let Some(data) = mounted
            && let Err(error) = sys::unmount(&data, 0)
        {
            say!("cannot unmount {data} ({error}); it is closed for writing");
            if let Err(error) = sys::mount_on("none", &data, "none", MS_REMOUNT | MS_RDONLY, "") {
                say!("cannot close {data} either: {error}");
            }
        }
        sys::sync();
    });
    let deadline = Instant::now() + Duration::from_secs(20);
    while disks.as_ref().is_ok_and(|disks| !disks.is_finished()) && Instant::now() < deadline {
        thread::sleep(Duration::from_millis(5));
    }
    log::flush(Duration::from_secs(1));
    if how == Reboot::PowerOff {
        watchdog::release();
    }
    let error = sys::reboot(how);
    say!("the kernel refuses: {error}");
    loop {
        sys::reboot(Reboot::Restart);
        thread::sleep(Duration::from_secs(1));
    }
}

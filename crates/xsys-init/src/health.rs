//! Whether a service is ready, and whether it still works. One thread for each service that has a check.
//!
//! `ready` is asked often until the first success, and the services after this one wait for it, up to its time limit.
//! `health` is asked at intervals for as long as the machine runs: after a number of failures in a row the service
//! counts as failing and is restarted. It counts as failing until a check passes, whatever it does in between, because
//! the watchdog depends on this (see `watchdog.rs`).

use crate::children;
use crate::log::say;
use crate::service::{Health, Phase, Supervised};
use std::io;
use std::os::unix::process::CommandExt;
use std::process::{Command, Stdio};
use std::sync::Arc;
use std::thread;
use std::time::{Duration, Instant};
use xsys_init::config::{Check, Probe, Service};
use xsys_init::http::{self, Url};

/// Waits until a service is ready; after its time limit the boot continues.
pub(crate) fn wait_until_ready(service: &Supervised, check: &Check) {
    let name = &service.service.name;
    let begun = Instant::now();
    while begun.elapsed() < check.timeout {
        let phase = service.state().phase;
        if phase == Phase::Ended {
            return;
        }
        let left = check
            .timeout
            .saturating_sub(begun.elapsed())
            .max(Duration::from_millis(50));
        if phase == Phase::Starting
            && ask(
                &check.probe,
                &service.service,
                left.min(Duration::from_secs(2)),
            )
            .is_ok()
        {
            service.set_running(true);
            say!(
                "{name} is ready after {:.1} s",
                begun.elapsed().as_secs_f64()
            );
            return;
        }
        // Most programs are ready at once; slower ones are asked less often.
        let pause = if begun.elapsed() < Duration::from_secs(1) {
            20
        } else {
            100
        };
        thread::sleep(check.interval.min(Duration::from_millis(pause)));
    }
    say!(
        "{name} is not ready after {:.0} s; the boot goes on",
        check.timeout.as_secs_f64()
    );
    service.set_running(false);
}

/// After a restart nothing waits for it, but its state should say when it is ready.
fn notice_ready(service: &Supervised) {
    let Some(check) = &service.service.ready else {
        return;
    };
    let state = service.state();
    if state.ready || !matches!(state.phase, Phase::Starting | Phase::Running) {
        return;
    }
    if ask(&check.probe, &service.service, Duration::from_secs(1)).is_ok() {
        service.set_running(true);
    } else if state.phase == Phase::Starting && state.started.elapsed() > check.timeout {
        service.set_running(false);
    }
}

/// Starts the thread that checks a service, if it has a check.
pub(crate) fn watch(service: &Arc<Supervised>) {
    if service.service.health.is_none() && service.service.ready.is_none() {
        return;
    }
    let this = Arc::clone(service);
    let thread = thread::Builder::new()
        .name(format!("{} health", service.service.name))
        .spawn(move || look(&this));
    if let Err(error) = thread {
        say!(
            "{}: no thread for its health check: {error}",
            service.service.name
        );
    }
}

fn look(service: &Supervised) {
    let Some(check) = &service.service.health else {
        loop {
            thread::sleep(Duration::from_secs(1));
            notice_ready(service);
        }
    };
    let mut failures = 0;
    let mut counted = Instant::now();
    loop {
        // While the watchdog is about to expire, a recovery should be noticed soon.
        let failing = matches!(service.state().health, Health::Failing(_));
        thread::sleep(if failing {
            check.interval.min(Duration::from_millis(500))
        } else {
            check.interval
        });
        notice_ready(service);
        let before = service.state();
        match before.phase {
            // It ended as intended, or is being stopped by us.
            Phase::Ended | Phase::Stopping => {
                failures = 0;
                if before.phase == Phase::Ended {
                    service.set_health(Health::Unknown);
                }
                continue;
            }
            // `ready` covers a slow start.
            Phase::Starting => continue,
            Phase::New | Phase::Running | Phase::Waiting => {}
        }
        match ask(&check.probe, &service.service, check.timeout) {
            Ok(()) => {
                failures = 0;
                if matches!(before.health, Health::Failing(_)) {
                    say!("{}: its health check passes again", service.service.name);
                }
                service.set_health(Health::Passing);
            }
            Err(error) => {
                // A program that has just been started has the time of one interval.
                let new =
                    before.phase == Phase::Running && before.started.elapsed() < check.interval;
                if new || counted.elapsed() < check.interval {
                    continue;
                }
                counted = Instant::now();
                failures += 1;
                if failures < check.failures {
                    continue;
                }
                failures = 0;
                let why = error.to_string();
                service.set_health(Health::Failing(why.clone()));
                // Only the run that was checked: it may have ended by itself meanwhile.
                let now = service.state();
                if now.phase == Phase::Running && now.starts == before.starts {
                    service.restart_unhealthy(&why);
                }
            }
        }
    }
}

fn ask(probe: &Probe, service: &Service, timeout: Duration) -> io::Result<()> {
    match probe {
        Probe::Http(url) => {
            let url = Url::parse(url).map_err(io::Error::other)?;
            match http::status(&url, timeout)? {
                status if status < 400 => Ok(()),
                status => Err(io::Error::other(format!("status {status}"))),
            }
        }
        Probe::Command(words) => {
            let mut command = Command::new(&words[0]);
            command
                .args(&words[1..])
                .stdin(Stdio::null())
                .stdout(Stdio::null())
                .stderr(Stdio::null());
            command
                .uid(service.user)
                .gid(service.group)
                .current_dir(&service.directory)
                .process_group(0);
            let status = children::run(&mut command, timeout)?;
            if status.success() {
                Ok(())
            } else {
                Err(io::Error::other(status.to_string()))
            }
        }
    }
}

//! A shell on a terminal, for emergencies; only if it is configured.

use crate::children;
use crate::log::say;
use crate::sys;
use std::fs::OpenOptions;
use std::os::unix::fs::OpenOptionsExt;
use std::process::{Command, ExitStatus};
use std::sync::mpsc::{Receiver, channel};
use std::thread;
use std::time::Duration;
use xsys_init::config::Console;

/// O_NOCTTY: it becomes the shell's controlling terminal, not ours.
const NO_CONTROLLING_TERMINAL: i32 = 0o400;

pub(crate) fn start(console: &Console) {
    let console = console.clone();
    say!(
        "{} is started on {}: anybody there has all rights",
        console.program[0],
        console.device
    );
    let run = move || loop {
        if let Err(error) = once(&console) {
            say!("console {}: {error}", console.device);
        }
        thread::sleep(Duration::from_secs(2));
    };
    if let Err(error) = thread::Builder::new()
        .name("console program".into())
        .spawn(run)
    {
        say!("no thread for the console: {error}");
    }
}

fn once(console: &Console) -> std::io::Result<()> {
    let device = format!("/dev/{}", console.device.trim_start_matches("/dev/"));
    let terminal = OpenOptions::new()
        .read(true)
        .write(true)
        .custom_flags(NO_CONTROLLING_TERMINAL)
        .open(device)?;
    let mut command = Command::new(&console.program[0]);
    command
        .args(&console.program[1..])
        .env("TERM", "vt100")
        .env("PATH", "/bin:/sbin:/usr/bin:/usr/sbin");
    command
        .stdin(terminal.try_clone()?)
        .stdout(terminal.try_clone()?)
        .stderr(terminal);
    sys::on_own_terminal(&mut command);
    let (ended, end): (_, Receiver<ExitStatus>) = channel();
    children::start(&mut command, move |status| {
        let _ = ended.send(status);
    })?;
    drop(command);
    let _ = end.recv();
    Ok(())
}

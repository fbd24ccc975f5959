//! `xsys test --appliance`: an appliance's card in QEMU, and a command on this machine that tests it from outside.
//!
//! The command starts when all services are ready, finds the appliance's addresses in its environment, and its exit
//! code becomes ours. The card is a copy with an empty data partition, so that neither an earlier test nor `xsys run`
//! changes what is tested. However the test ends, the machine ends with this process.

mod ready;
mod serial;

use std::ffi::OsString;
use std::io::Read;
use std::net::SocketAddr;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

use xsys_diag::Diagnostic;
use xsys_init::config::Config;

use self::serial::Serial;
use super::Image;
use super::boards;
use super::card::{LOG, TEST_CARD};
use super::description::Description;
use super::machine::{self, Machine};
use crate::children;
use crate::error::{Failure, Result};
use crate::programs::cannot_start;
use crate::ui::Ui;

/// The default time in seconds until an appliance has to be ready.
const READY_WITHIN: u64 = 120;

/// The variable with the first address of the appliance; those of others end with their ports.
const ADDRESS: &str = "XSYS_APPLIANCE";

/// What the command line asks for.
#[derive(Clone, Debug, Default)]
pub(crate) struct Options {
    pub keep_data: bool,
    /// Seconds.
    pub ready_within: Option<u64>,
    pub command: Vec<OsString>,
}

/// A test that is prepared.
#[derive(Debug)]
pub(crate) struct Bench {
    qemu: PathBuf,
    command: Vec<OsString>,
    keep_data: bool,
    ready_within: Duration,
    /// Ports of the appliance, those that the user names first.
    ports: Vec<u16>,
    status: Option<u16>,
    config: Config,
}

impl Bench {
    /// Checks all that can be known before anything is built; `programs` are services if the description has none.
    pub(crate) fn new(
        description: &Description,
        programs: &[String],
        options: &Options,
    ) -> Result<Self> {
        let qemu = machine::qemu()?;
        if boards::fitting(description.machine()) != boards::VIRT {
            let name = description.machine().name;
            return Err(Diagnostic::error(format!("appliances of `{name}` cannot be tested in QEMU"))
                .note("its machine for such kernels has no network")
                .help("test the programs as an appliance of another machine, such as `raspberry-pi-2`: they are the same; `xsys run` boots this one")
                .into());
        }
        let command = match options.command.as_slice() {
            [] => description.test_command(),
            words => words.to_vec(),
        };
        if command.is_empty() {
            return Err(Diagnostic::error("no command is named that tests the appliance")
                .note(format!("`{}` has no `[test]` with a `command`", description.path.display()))
                .help("write it behind `--`, or there: `command = [\"cargo\", \"test\", \"--test\", \"appliance\"]`")
                .into());
        }
        let json = description.for_init(programs, &[], "");
        let (config, _) = xsys_init::config_text::read(&json.to_string());
        let status = config.status.as_deref().and_then(reachable);
        if status.is_none() && !config.log.serial {
            return Err(Diagnostic::error("nothing would show when the appliance is ready")
                .note("it has no status page that can be reached, and its log is not on the serial port")
                .help(format!("in {}: `[status]` with `listen = \"0.0.0.0:9000\"`", description.file_name()))
                .into());
        }
        let mut ports: Vec<u16> = Vec::new();
        for (_, port) in description.ports() {
            if !ports.contains(&port) {
                ports.push(port);
            }
        }
        ports.extend(status.filter(|port| !ports.contains(port)));
        if ports.is_empty() {
            return Err(
                Diagnostic::error("no port of the appliance leads to this machine")
                    .help(format!(
                        "in {}: `[run]` with `ports = [\"8080:80\"]`",
                        description.file_name()
                    ))
                    .into(),
            );
        }
        let seconds = options.ready_within.or(description.ready_within());
        Ok(Self {
            qemu,
            command,
            keep_data: options.keep_data,
            ready_within: Duration::from_secs(seconds.unwrap_or(READY_WITHIN)),
            ports,
            status,
            config,
        })
    }

    /// Boots the card, runs the command, and returns its exit code.
    pub(crate) fn run(&self, ui: Ui, description: &Description, image: &Image) -> Result<u8> {
        let card = machine::card(image, TEST_CARD, self.keep_data)?;
        let ports: Vec<(u16, u16)> = self.ports.iter().map(|&port| (0, port)).collect();
        // Every card starts on this machine, and only this one has a network.
        let virt = (boards::VIRT, card.as_path());
        let machine = machine::machine(self.qemu.clone(), description, virt, &ports)?;
        let mut running = Running::start(machine, &image.path.with_extension(LOG))?;
        let done = self.wait(&mut running).and_then(|after| {
            let text = format!("after {:.1} s: {}", after.as_secs_f64(), self.shown());
            ui.status("Ready", &text);
            self.execute(&running, description)
        });
        let restarts = running.serial.noticed().boots.saturating_sub(1);
        let ended_early = done.is_ok() && running.child.try_wait().is_ok_and(|end| end.is_some());
        running.end();
        children::stop_if_ending();
        if ended_early {
            ui.status("Note", "the machine ended while it was tested");
        } else if restarts > 0 && done.is_ok() {
            ui.status(
                "Note",
                &format!("the appliance has restarted meanwhile ({restarts}×)"),
            );
        }
        let last = running.serial.last();
        let log = running.serial.log.display();
        if !matches!(done, Ok(0)) && !ui.json {
            ui.status("Log", &format!("{log}, which ends so:"));
            last.iter().for_each(|line| ui.line(line));
        } else {
            ui.status("Log", &log.to_string());
        }
        done
    }

    /// The command as it would be typed.
    fn shown(&self) -> String {
        let words = self.command.iter().map(|word| word.to_string_lossy());
        words.collect::<Vec<_>>().join(" ")
    }

    /// Waits until all services are ready.
    fn wait(&self, running: &mut Running) -> Result<Duration> {
        let begun = Instant::now();
        let status = self.status.and_then(|port| running.port(port));
        loop {
            let ended = running.child.try_wait().ok().flatten();
            let noticed = running.serial.noticed();
            if let Some(why) = &noticed.panic {
                return Err(
                    Diagnostic::error(format!("the appliance's kernel panicked: {why}")).into(),
                );
            }
            if noticed.boots > 1 {
                return Err(Diagnostic::error("the appliance restarted before it was ready")
                    .note("its init or its watchdog has the reason: see the log before the restart")
                    .into());
            }
            if let Some(end) = ended {
                drop(noticed);
                return Err(running.no_machine(&end.to_string()));
            }
            let by_lines = status
                .is_none()
                .then(|| ready::by_lines(&self.config, &noticed));
            drop(noticed);
            let waiting = match (by_lines, status) {
                (None, Some(port)) => ready::by_page(port),
                (by_lines, _) => by_lines.unwrap_or_default(),
            };
            if waiting.is_empty() {
                return Ok(begun.elapsed());
            }
            if begun.elapsed() > self.ready_within {
                let seconds = self.ready_within.as_secs();
                let text = format!("the appliance is not ready after {seconds} s");
                let problem = waiting
                    .into_iter()
                    .fold(Diagnostic::error(text), Diagnostic::note);
                return Err(problem
                    .help("the log says more; where it is just slow: `--time-limit SECONDS`")
                    .into());
            }
            std::thread::sleep(Duration::from_millis(50));
        }
    }

    /// Runs the command on this machine.
    fn execute(&self, running: &Running, description: &Description) -> Result<u8> {
        let mut command = Command::new(&self.command[0]);
        command.args(&self.command[1..]);
        command.current_dir(description.directory());
        if let Some(device) = &description.device {
            command.env(format!("{ADDRESS}_DEVICE"), device);
        }
        command.env(format!("{ADDRESS}_LOG"), absolute(&running.serial.log));
        for (index, &(host, guest)) in running.machine.forwarded.iter().enumerate() {
            let address = format!("127.0.0.1:{host}");
            command.env(format!("{ADDRESS}_{guest}"), &address);
            if index == 0 {
                command.env(ADDRESS, &address);
            }
            if self.status == Some(guest) {
                command.env(format!("{ADDRESS}_STATUS"), &address);
            }
        }
        let status = children::status(&mut command)
            .map_err(|error| cannot_start(Path::new(&self.command[0]), &error))?;
        let code = status.code().and_then(|code| u8::try_from(code).ok());
        Ok(code
            .or_else(|| children::code_of_signal(status))
            .unwrap_or(1))
    }
}

/// The port of an address that other machines can reach.
fn reachable(listen: &str) -> Option<u16> {
    let address: SocketAddr = listen.parse().ok()?;
    (!address.ip().is_loopback()).then_some(address.port())
}

fn absolute(path: &Path) -> PathBuf {
    std::path::absolute(path).unwrap_or_else(|_| path.to_owned())
}

/// A running machine; dropping it ends the machine.
struct Running {
    machine: Machine,
    child: Child,
    serial: Serial,
}

impl Running {
    fn start(mut machine: Machine, log: &Path) -> Result<Self> {
        machine
            .command
            .stdin(Stdio::null())
            .stdout(Stdio::piped())
            .stderr(Stdio::piped());
        let mut child = machine.start()?;
        let output = child.stdout.take();
        let output: Box<dyn Read + Send> = match output {
            Some(output) => Box::new(output),
            None => Box::new(std::io::empty()),
        };
        match Serial::read(output, log) {
            Ok(serial) => Ok(Self {
                machine,
                child,
                serial,
            }),
            Err(problem) => {
                let _ = child.kill();
                let _ = child.wait();
                Err(problem)
            }
        }
    }

    /// The port of this machine that leads to one of the appliance.
    fn port(&self, guest: u16) -> Option<u16> {
        let mut forwarded = self.machine.forwarded.iter();
        forwarded
            .find(|(_, to)| *to == guest)
            .map(|(host, _)| *host)
    }

    /// QEMU has ended by itself.
    fn no_machine(&mut self, end: &str) -> Failure {
        // An interrupt may reach it before us.
        std::thread::sleep(Duration::from_millis(200));
        children::stop_if_ending();
        let mut said = String::new();
        if let Some(stderr) = &mut self.child.stderr {
            let _ = stderr.read_to_string(&mut said);
        }
        let problem =
            Diagnostic::error(format!("QEMU ended before the appliance was ready ({end})"));
        let lines = said.trim().lines().map(str::to_owned);
        lines.fold(problem, Diagnostic::note).into()
    }

    fn end(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

impl Drop for Running {
    fn drop(&mut self) {
        self.end();
    }
}

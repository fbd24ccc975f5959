//! `xsys run` for an appliance: its card in QEMU.
//!
//! QEMU has no firmware of a Pi, so we do the firmware's work: which partition starts is read from the card, and
//! kernel, initramfs and command line from that partition. Changes made by the appliance go to a copy of the card,
//! which is kept: a later run replaces the systems on it and keeps the data partition.

use std::fs::File;
use std::io::{Read, Seek, SeekFrom, Write};
use std::net::TcpListener;
use std::path::{Path, PathBuf};
use std::process::{Child, Command};
use std::sync::Arc;

use xsys_diag::Diagnostic;
use xsys_image::disk::fat::Reader;
use xsys_image::disk::part::partitions;
use xsys_image::part::Part;

use super::Image;
use super::boards::{BOARDS, Board};
use super::card::{CARD, CMDLINE, CONFIG, INITRAMFS};
use super::description::Description;
use crate::children;
use crate::error::{Failure, Result, file, reason};
use crate::programs::{cannot_start, find};
use crate::ui::Ui;

/// The size limit of files that are loaded, in bytes.
const LARGEST: u64 = 1 << 30;

/// The program that also has the machines of 32 bits.
const QEMU: &str = "qemu-system-aarch64";

/// What a boot loader passes to QEMU.
struct Loaded {
    /// The files' directory, which exists until the machine ends.
    _directory: tempfile::TempDir,
    kernel: PathBuf,
    initramfs: PathBuf,
    command_line: String,
    device_tree: Option<PathBuf>,
    /// Whether the kernel is one of 64 bits.
    wide: bool,
}

/// A machine that is to start.
pub(crate) struct Machine {
    qemu: PathBuf,
    pub command: Command,
    /// Ports of this machine, and the appliance's ports that they lead to.
    pub forwarded: Vec<(u16, u16)>,
    /// Exists until the machine ends.
    _loaded: Loaded,
}

impl Machine {
    /// Starts QEMU.
    pub(crate) fn start(&mut self) -> Result<Child> {
        let started = children::spawn(&mut self.command);
        started.map_err(|error| cannot_start(&self.qemu, &error))
    }
}

/// Boots the card, and returns when the machine ends.
pub(crate) fn boot(ui: Ui, description: &Description, image: &Image) -> Result<u8> {
    let qemu = qemu()
        .map_err(|problem| problem.note(format!("the image is ready: {}", image.path.display())))?;
    let card = card(image, CARD, true)?;
    let ports = description.ports();
    let kind = description.run_machine();
    let mut machine = machine(qemu, description, (kind, &card), &ports)?;
    for (host, guest) in &machine.forwarded {
        ui.status(
            "Forwarding",
            &format!("127.0.0.1:{host} to port {guest} of the appliance"),
        );
    }
    children::forward_signals();
    let status = children::wait(&mut machine.start()?);
    let status = status.map_err(|error| cannot_start(&machine.qemu, &error))?;
    Ok(u8::try_from(status.code().unwrap_or(1) & 0xff).unwrap_or(1))
}

/// The program that emulates the machine.
pub(crate) fn qemu() -> std::result::Result<PathBuf, Diagnostic> {
    find(QEMU).ok_or_else(|| {
        Diagnostic::error(format!("`{QEMU}` is not installed"))
            .help("install it: sudo apt install qemu-system-arm (Debian, Ubuntu), or your system's package")
    })
}

/// QEMU with a card, doing the firmware's work: `kind` is one of its machines.
pub(crate) fn machine(
    qemu: PathBuf,
    description: &Description,
    (kind, card): (&str, &Path),
    ports: &[(u16, u16)],
) -> Result<Machine> {
    let board = BOARDS.iter().find(|board| board.qemu == kind);
    let loaded = load(card, board)?;
    let mut command = Command::new(&qemu);
    command.args([
        "-M", kind, "-display", "none", "-serial", "stdio", "-monitor", "none",
    ]);
    command.arg("-kernel").arg(&loaded.kernel);
    command.arg("-initrd").arg(&loaded.initramfs);
    command.args(["-append", &loaded.command_line]);
    let mut forwarded = Vec::new();
    match board {
        None => forwarded = virt(&mut command, description, &loaded, card, ports)?,
        Some(board) => raspberry_pi(&mut command, board, &loaded, card)?,
    }
    Ok(Machine {
        qemu,
        command,
        forwarded,
        _loaded: loaded,
    })
}

/// QEMU's machine of virtual devices, with a network. Returns the ports that lead to it.
fn virt(
    command: &mut Command,
    description: &Description,
    loaded: &Loaded,
    card: &Path,
    ports: &[(u16, u16)],
) -> Result<Vec<(u16, u16)>> {
    let processor = match loaded.wide {
        true => "cortex-a72",
        false => "cortex-a15",
    };
    command.args(["-cpu", processor, "-m", &description.memory().to_string()]);
    let mut network = "user,id=net".to_owned();
    let mut forwarded = Vec::new();
    for &(host, guest) in ports {
        let host = match host {
            0 => free_port()?,
            host => is_free(host)?,
        };
        network.push_str(&format!(",hostfwd=tcp:127.0.0.1:{host}-:{guest}"));
        forwarded.push((host, guest));
    }
    command.args([
        "-netdev",
        &network,
        "-device",
        "virtio-net-device,netdev=net",
    ]);
    command.arg("-drive").arg(drive("if=none,id=card", card));
    command.args(["-device", "virtio-blk-device,drive=card"]);
    if description.has_watchdog() {
        command.args(["-device", "i6300esb"]);
    }
    Ok(forwarded)
}

/// A Pi with its card; Linux finds no network in QEMU's Pi.
fn raspberry_pi(command: &mut Command, board: &Board, loaded: &Loaded, card: &Path) -> Result<()> {
    let Some(tree) = &loaded.device_tree else {
        return Err(
            Diagnostic::error("the card has no device tree for this machine")
                .help(format!(
                    "in appliance.toml: `machine = \"{}\"`, or another machine in `[run]`",
                    board.machine
                ))
                .into(),
        );
    };
    command.arg("-dtb").arg(tree);
    command.arg("-drive").arg(drive("if=sd", card));
    Ok(())
}

/// A comma in a file's name is doubled.
fn drive(how: &str, path: &Path) -> String {
    let path = path.display().to_string().replace(',', ",,");
    format!("{how},format=raw,file={path}")
}

/// QEMU's message about an occupied port neither says why nor what to do.
fn is_free(port: u16) -> Result<u16> {
    match TcpListener::bind(("127.0.0.1", port)) {
        Ok(_) => Ok(port),
        Err(error) => Err(Diagnostic::error(format!(
            "port {port} of this machine cannot be forwarded: {}",
            reason(&error)
        ))
        .help("stop the program that listens there, or choose another port in `[run]` of appliance.toml: `ports = [\"0:80\"]` takes a free one")
        .into()),
    }
}

fn free_port() -> Result<u16> {
    let port = TcpListener::bind(("127.0.0.1", 0)).and_then(|listener| listener.local_addr());
    let port = port.map_err(|error| {
        Failure::from(Diagnostic::error(format!(
            "no port is free: {}",
            reason(&error)
        )))
    })?;
    Ok(port.port())
}

/// The card that is used: a copy of the image with another suffix, if wanted with the data of earlier runs.
pub(crate) fn card(image: &Image, ending: &str, keep_data: bool) -> Result<PathBuf> {
    let path = image.path.with_extension(ending);
    let failed = |error: std::io::Error| file("write", &path, &error);
    let mut options = File::options();
    options.read(true).write(true).create(true).truncate(false);
    // The copy has the image's secrets.
    #[cfg(unix)]
    std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
    let mut card = options.open(&path).map_err(failed)?;
    let mut source = File::open(&image.path).map_err(|error| file("read", &image.path, &error))?;
    let (new, old) = (partitions(&mut source), partitions(&mut card));
    let new = new.map_err(|error| file("read", &image.path, &error))?;
    // Data stays if the partitions are the same; the last one may have grown.
    let starts =
        |all: &[std::ops::Range<u64>]| all.iter().map(|part| part.start).collect::<Vec<_>>();
    let same = keep_data && old.is_ok_and(|old| !old.is_empty() && starts(&old) == starts(&new));
    let kept = match (same, new.last()) {
        (true, Some(data)) => data.start,
        _ => {
            card.set_len(0).map_err(failed)?;
            image.size
        }
    };
    // QEMU's card readers accept only sizes that cards have.
    card.set_len(image.size.next_power_of_two())
        .map_err(failed)?;
    // The table stays too: the data partition has grown in it.
    let first = match same {
        true => new.first().map_or(0, |part| part.start),
        false => 0,
    };
    copy(&mut source, &mut card, first..kept).map_err(failed)?;
    Ok(path)
}

/// Copies a range; equal blocks are not written, so that holes stay holes.
fn copy(from: &mut File, to: &mut File, range: std::ops::Range<u64>) -> std::io::Result<()> {
    let (mut new, mut old) = (vec![0; 1 << 20], vec![0; 1 << 20]);
    let mut at = range.start;
    while at < range.end {
        let most = usize::try_from(range.end - at).map_or(new.len(), |left| left.min(new.len()));
        from.seek(SeekFrom::Start(at))?;
        from.read_exact(&mut new[..most])?;
        to.seek(SeekFrom::Start(at))?;
        to.read_exact(&mut old[..most])?;
        if new[..most] != old[..most] {
            to.seek(SeekFrom::Start(at))?;
            to.write_all(&new[..most])?;
        }
        at += most as u64;
    }
    Ok(())
}

/// Does the firmware's work.
fn load(card: &Path, board: Option<&Board>) -> Result<Loaded> {
    let failed = |error: std::io::Error| file("read", card, &error);
    let mut disk = File::open(card).map_err(failed)?;
    let parts = partitions(&mut disk).map_err(failed)?;
    let disk = Arc::new(disk);
    let open = |number: usize| -> Result<Reader<Part>> {
        let Some(range) = parts.get(number - 1) else {
            let missing = format!("it has no partition {number}");
            return Err(failed(std::io::Error::other(missing)).into());
        };
        let length = range.end.saturating_sub(range.start);
        let part = Part::new(Arc::clone(&disk), range.start, length);
        Reader::open(part).map_err(|error| failed(error).into())
    };
    let select = open(1)?.read("autoboot.txt", 512).map_err(failed)?;
    let boot = open(boot_partition(&String::from_utf8_lossy(&select)))?;
    let directory = tempfile::tempdir().map_err(failed)?;
    children::remove_at_end(directory.path().to_owned());
    let take = |name: &str| -> Result<PathBuf> {
        let bytes = boot.read(name, LARGEST).map_err(failed)?;
        let path = directory.path().join(name);
        std::fs::write(&path, bytes).map_err(|error| file("write", &path, &error))?;
        Ok(path)
    };
    let config = boot.read(CONFIG, 1 << 20).map_err(failed)?;
    let config = String::from_utf8_lossy(&config);
    // The last line counts.
    let value = |key: &str| {
        let mut lines = config.lines().rev().map(str::trim);
        lines.find_map(|line| line.strip_prefix(key))
    };
    let wide = value("arm_64bit=") == Some("1");
    let kernel = value("kernel=").unwrap_or_default();
    let (kernel, initramfs) = (take(kernel)?, take(INITRAMFS)?);
    let line = boot.read(CMDLINE, 4096).map_err(failed)?;
    // The firmware replaces the name of the serial port.
    let line = String::from_utf8_lossy(&line)
        .trim()
        .replace("serial0", "ttyAMA0");
    let device_tree = board
        .map(|board| board.device_tree)
        .filter(|tree| boot.read(tree, LARGEST).is_ok())
        .map(take)
        .transpose()?;
    Ok(Loaded {
        kernel,
        initramfs,
        command_line: line + board.map_or("", |board| board.arguments),
        device_tree,
        wide,
        _directory: directory,
    })
}

/// The partition that `autoboot.txt` names for an ordinary start.
fn boot_partition(text: &str) -> usize {
    let mut applies = true;
    let mut number = 2;
    for line in text.lines().map(str::trim) {
        if line.starts_with('[') {
            applies = line == "[all]";
        } else if let (true, Some(value)) = (applies, line.strip_prefix("boot_partition=")) {
            number = value.parse().unwrap_or(number);
        }
    }
    number.max(1)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_port_that_is_taken_is_said() {
        let listener = TcpListener::bind(("127.0.0.1", 0)).unwrap();
        let port = listener.local_addr().unwrap().port();
        let problem = is_free(port).unwrap_err();
        assert!(problem.diagnostics[0].help[0].contains("0:80"));
    }

    #[test]
    fn the_firmwares_file_says_what_starts() {
        let text = "[all]\ntryboot_a_b=1\nboot_partition=3\n[tryboot]\nboot_partition=2\n";
        assert_eq!(boot_partition(text), 3);
        assert_eq!(boot_partition(""), 2);
        assert_eq!(boot_partition("boot_partition=0"), 1);
    }
}

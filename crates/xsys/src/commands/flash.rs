//! `xsys flash`: an image onto a card, or into a file.

use std::fs::{File, OpenOptions};
use std::io::{BufRead, IsTerminal};
use std::path::{Path, PathBuf};

use xsys_diag::Diagnostic;

use crate::cli::Call;
use crate::cli::FlashArgs;
use crate::error::{Failure, Result, file, reason};
use crate::flash::copy::{Error, Image};
use crate::flash::devices::{Disk, Found, Kernel, LARGE};
use crate::ui::{CopyProgress, Ui, answer, bytes, table};

pub(super) fn run(call: &Call, args: &FlashArgs) -> Result<u8> {
    let kernel = Kernel::default();
    let (Some(path), Some(device)) = (&args.image, &args.device) else {
        return list(&kernel, args.json);
    };
    let image = Image::open(path).map_err(problem)?;
    let target = Target::look(&kernel, device, args.large)?;
    target.has_room(&image)?;
    if !args.yes {
        target.ask(call.ui, &image)?;
    }
    let mut open = target.open()?;
    let room = target.disk.as_ref().map(|disk| disk.size);
    let progress = CopyProgress::new(call.ui, "Writing", image.expected());
    let written = image.write(&mut open, device, room, |count| progress.add(count));
    drop(progress);
    let done = written.map_err(problem)?;
    if target.disk.is_none() {
        // The image may end in blocks that are not in its map, and the file may have been longer.
        open.set_len(done.size)
            .map_err(|error| file("write to", device, &error))?;
    }
    if !args.no_verify {
        let progress = CopyProgress::new(call.ui, "Comparing", Some(done.written));
        let compared = image.compare(&mut open, device, |count| progress.add(count));
        drop(progress);
        compared.map_err(problem)?;
    }
    let text = format!(
        "{}: {} of {} written{}",
        device.display(),
        bytes(done.written),
        bytes(done.size),
        match args.no_verify {
            true => "",
            false => ", read back and compared",
        }
    );
    call.ui.status("Flashed", &text);
    Ok(0)
}

/// The disks of this machine.
fn list(kernel: &Kernel, json: bool) -> Result<u8> {
    let disks = kernel.disks();
    if json {
        answer(&serde_json::to_string_pretty(&disks).unwrap_or_default());
        return Ok(0);
    }
    if disks.is_empty() {
        answer("no disk was found that an image can be written to");
        return Ok(0);
    }
    let rows: Vec<Vec<String>> = disks
        .iter()
        .map(|disk| {
            let told = objections(disk, false);
            let told = told
                .first()
                .map_or("can be written to", |problem| problem.message.as_str());
            vec![
                disk.path.display().to_string(),
                bytes(disk.size),
                disk.model.clone(),
                told.replace(&format!("`{}` ", disk.path.display()), ""),
            ]
        })
        .collect();
    answer(table(&rows).trim_end());
    Ok(0)
}

/// The destination: a disk, or a file, which may not exist yet.
struct Target {
    path: PathBuf,
    disk: Option<Disk>,
}

impl Target {
    fn look(kernel: &Kernel, path: &Path, large: bool) -> Result<Self> {
        let disk = match kernel.find(path) {
            Found::Disk(disk) => Some(disk),
            Found::Partition(disk) => {
                let what = format!(
                    "`{}` is a partition, and an image is for a whole disk",
                    path.display()
                );
                let help = format!("name the disk: `{}`", disk.display());
                return Err(Diagnostic::error(what).help(help).into());
            }
            Found::Other if is_file(path) => None,
            Found::Other => {
                let what = format!("`{}` is neither a disk nor a file", path.display());
                let help = "`xsys flash --list` shows the disks";
                return Err(Diagnostic::error(what).help(help).into());
            }
        };
        let problems = disk.as_ref().map(|disk| objections(disk, large));
        match problems.unwrap_or_default() {
            none if none.is_empty() => Ok(Self {
                path: path.to_owned(),
                disk,
            }),
            problems => Err(problems.into()),
        }
    }

    fn has_room(&self, image: &Image) -> Result<()> {
        let (Some(disk), Some(size)) = (&self.disk, image.size) else {
            return Ok(());
        };
        if size <= disk.size {
            return Ok(());
        }
        let what = format!(
            "`{}` has {}, and the image needs {}",
            disk.path.display(),
            bytes(disk.size),
            bytes(size)
        );
        Err(Diagnostic::error(what).help("take a larger card").into())
    }

    /// Shows what will be overwritten, and waits for a yes.
    fn ask(&self, ui: Ui, image: &Image) -> Result<()> {
        let about = match &self.disk {
            Some(disk) if disk.model.is_empty() => bytes(disk.size),
            Some(disk) => format!("{}, {}", disk.model, bytes(disk.size)),
            None if !self.path.exists() => return Ok(()),
            None => "a file".to_owned(),
        };
        if !std::io::stdin().is_terminal() {
            return Err(Diagnostic::error("there is no terminal to ask on")
                .note(format!(
                    "`{}` ({about}) would be overwritten",
                    self.path.display()
                ))
                .help("`--yes` writes without asking")
                .into());
        }
        let size = image.size.map(|size| format!(" ({})", bytes(size)));
        ui.line(&format!(
            "{} is going to be overwritten with {}{}: {about}",
            self.path.display(),
            image.path.display(),
            size.unwrap_or_default()
        ));
        ui.line("Everything on it is lost. Type `yes` to go on:");
        let mut said = String::new();
        let read = std::io::stdin().lock().read_line(&mut said);
        match read {
            Ok(_) if said.trim() == "yes" => Ok(()),
            _ => Err(Diagnostic::error("nothing was written").into()),
        }
    }

    fn open(&self) -> Result<File> {
        let mut options = OpenOptions::new();
        options.read(true).write(true).create(self.disk.is_none());
        #[cfg(target_os = "linux")]
        if self.disk.is_some() {
            // The kernel refuses if the disk has been mounted since.
            let exclusive = rustix::fs::OFlags::EXCL.bits().cast_signed();
            std::os::unix::fs::OpenOptionsExt::custom_flags(&mut options, exclusive);
        }
        options.open(&self.path).map_err(|error| {
            let denied = error.kind() == std::io::ErrorKind::PermissionDenied;
            let problem = file("open", &self.path, &error);
            match denied {
                true => problem.help("disks are written to by administrators: call it with `sudo`"),
                false => problem,
            }
            .into()
        })
    }
}

/// A file, or a name for one.
fn is_file(path: &Path) -> bool {
    match std::fs::metadata(path) {
        Ok(data) => data.is_file(),
        Err(_) => !path.starts_with("/dev"),
    }
}

/// Reasons against writing to a disk.
fn objections(disk: &Disk, large: bool) -> Vec<Diagnostic> {
    let name = disk.path.display();
    let mut problems = Vec::new();
    if disk.system {
        problems.push(
            Diagnostic::error(format!("`{name}` holds the running system"))
                .help("`xsys flash --list` shows the other disks"),
        );
    } else if !disk.used.is_empty() {
        let mut problem = Diagnostic::error(format!("`{name}` is in use"));
        for used in &disk.used {
            problem = problem.note(format!("{} is {}", used.partition, used.how));
        }
        let mounted = disk
            .used
            .iter()
            .find(|used| used.how.starts_with("mounted on "));
        problems.push(match mounted {
            Some(used) => problem.help(format!(
                "if it is the right one: `umount /dev/{}`",
                used.partition
            )),
            None => problem.help("end what uses it first"),
        });
    }
    if disk.read_only {
        problems.push(
            Diagnostic::error(format!("`{name}` is write-protected"))
                .help("cards have a small switch at their side"),
        );
    }
    if disk.size > LARGE && !large {
        problems.push(
            Diagnostic::error(format!(
                "`{name}` has {}, which is more than cards have",
                bytes(disk.size)
            ))
            .note(format!("it is: {}", disk.model))
            .help("`--large` writes to it all the same"),
        );
    }
    problems
}

fn problem(error: Error) -> Failure {
    let ends_early = matches!(
        &error,
        Error::Read { error, .. } if error.kind() == std::io::ErrorKind::UnexpectedEof
    );
    let told = match std::error::Error::source(&error) {
        Some(_) if ends_early => format!("{error} to its end: it has been cut short"),
        Some(source) => match source.downcast_ref::<std::io::Error>() {
            Some(source) => format!("{error}: {}", reason(source)),
            None => format!("{error}: {source}"),
        },
        None => error.to_string(),
    };
    let told = Diagnostic::error(told);
    match error {
        Error::Read { .. } if !ends_early => told,
        Error::Write { .. } => told.note("its content is now neither the old nor the new one"),
        Error::Map { .. } => {
            told.help("make the map again, or remove it: without one everything is written")
        }
        Error::Read { .. } | Error::Short { .. } | Error::Damaged { .. } => told
            .note("the device's content is now neither the old nor the new one")
            .help("make the image again, or fetch it again"),
        Error::NoRoom { .. } => told.help("take a larger card"),
        Error::Differs { .. } => {
            told.help("the card is worn out or smaller than it claims: use another one")
        }
    }
    .into()
}

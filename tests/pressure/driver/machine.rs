//! Machines whose power can be cut, their cards, and what they say.

use std::fs::File;
use std::io::{BufRead, BufReader, Read, Seek, SeekFrom, Write};
use std::net::{TcpListener, TcpStream};
use std::path::PathBuf;
use std::process::{Child, Command, Stdio};
use std::sync::Arc;
use std::sync::mpsc::{Receiver, RecvTimeoutError, channel};
use std::time::{Duration, Instant};

use xsys_image::disk::fat::Reader;
use xsys_image::disk::part::partitions;
use xsys_image::part::Part;
use xsys_tests::project::Place;

/// Longer than anything takes that happens at all, on a loaded machine.
pub(crate) const PATIENCE: Duration = Duration::from_secs(180);

/// What an appliance starts from.
pub(crate) struct Card {
    image: PathBuf,
    folder: PathBuf,
    command_line: String,
    /// Where the data partition begins.
    data: u64,
    /// Where the root's image is, if there is one.
    root: Option<u64>,
}

impl Card {
    /// That of the project, with what is made of it in a folder.
    pub(crate) fn of(place: &Place, folder: &str) -> Self {
        let folder = place.path(folder);
        std::fs::create_dir_all(&folder).expect("a folder can be made");
        let image = place.path("target/aarch64-unknown-linux-musl/release/pressure.img");
        let mut disk = File::open(&image).expect("the image was made");
        let parts = partitions(&mut disk).expect("it has partitions");
        let boot = parts[1].clone();
        let root = root(&mut disk, &boot);
        let boot = Part::new(Arc::new(disk), boot.start, boot.end - boot.start);
        let boot = Reader::open(boot).expect("the second one is FAT");
        let read = |name: &str| boot.read(name, 1 << 30).expect("the system is there");
        for name in ["kernel8.img", "initramfs.gz"] {
            std::fs::write(folder.join(name), read(name)).expect("a file can be written");
        }
        let line = String::from_utf8_lossy(&read("cmdline.txt")).into_owned();
        Self {
            image,
            folder,
            command_line: line.trim().replace("serial0", "ttyAMA0"),
            data: parts[3].start,
            root,
        }
    }

    pub(crate) fn initramfs(&self) -> PathBuf {
        self.folder.join("initramfs.gz")
    }

    fn path(&self) -> PathBuf {
        self.folder.join("card.img")
    }

    /// Begins anew, with an empty data partition.
    pub(crate) fn fresh(&self) {
        let mut from = File::open(&self.image).expect("the image is there");
        let mut to = File::create(self.path()).expect("a card can be made");
        let mut piece = vec![0; 1 << 20];
        loop {
            let length = from.read(&mut piece).expect("the image can be read");
            if length == 0 {
                break;
            }
            match piece[..length].iter().all(|byte| *byte == 0) {
                // Holes stay holes.
                true => to.seek(SeekFrom::Current(length as i64)).map(|_| ()),
                false => to.write_all(&piece[..length]),
            }
            .expect("the card can be written");
        }
        to.set_len(512 << 20).expect("the card can be written");
    }

    /// Writes over a part of the data partition.
    pub(crate) fn damage(&self, at: u64, bytes: &[u8]) {
        self.write(self.data + at, bytes);
    }

    /// Writes over a part of the root's image.
    pub(crate) fn damage_root(&self, at: u64, bytes: &[u8]) {
        self.write(self.root.expect("the root is an image") + at, bytes);
    }

    /// How many bytes the root's image says that it has.
    pub(crate) fn length_of_root(&self) -> u64 {
        let mut bytes = [0; 8];
        let mut card = File::open(self.path()).expect("there is a card");
        card.seek(SeekFrom::Start(
            self.root.expect("the root is an image") + 40,
        ))
        .and_then(|_| card.read_exact(&mut bytes))
        .expect("the card can be read");
        u64::from_le_bytes(bytes)
    }

    fn write(&self, at: u64, bytes: &[u8]) {
        let mut card = File::options()
            .write(true)
            .open(self.path())
            .expect("there is a card");
        card.seek(SeekFrom::Start(at))
            .and_then(|_| card.write_all(bytes))
            .expect("the card can be written");
    }
}

/// Where a SquashFS image begins in a range of a disk: FAT has files in whole sectors.
fn root(disk: &mut File, range: &std::ops::Range<u64>) -> Option<u64> {
    let mut bytes = vec![0; usize::try_from(range.end - range.start).ok()?];
    disk.seek(SeekFrom::Start(range.start)).ok()?;
    disk.read_exact(&mut bytes).ok()?;
    let at = bytes
        .chunks(512)
        .position(|sector| sector.starts_with(b"hsqs"))?;
    Some(range.start + at as u64 * 512)
}

/// How a machine starts.
pub(crate) struct Setup<'a> {
    /// For the kernel's command line.
    pub mode: &'a str,
    pub memory: u32,
    /// Whether anybody is in the network.
    pub network: bool,
    /// What the hardware's clock says.
    pub clock: &'a str,
    /// Whether time passes with instructions (2 ns each), whatever else this machine has to do.
    pub counted: bool,
}

impl Default for Setup<'_> {
    fn default() -> Self {
        Self {
            mode: "none",
            memory: 512,
            network: true,
            clock: "utc",
            counted: false,
        }
    }
}

pub(crate) struct Machine {
    child: Child,
    lines: Receiver<String>,
    pub said: Vec<String>,
    /// Ports that lead to 80 and 9000.
    pub service: u16,
    pub status: u16,
}

impl Machine {
    pub(crate) fn start(card: &Card, setup: &Setup<'_>) -> Self {
        let port = || {
            let listener = TcpListener::bind(("127.0.0.1", 0)).expect("a port is free");
            listener.local_addr().expect("it has an address").port()
        };
        let (service, status) = (port(), port());
        let network = match setup.network {
            true => format!(
                "user,id=net,hostfwd=tcp:127.0.0.1:{service}-:80,hostfwd=tcp:127.0.0.1:{status}-:9000"
            ),
            // A cable into nothing.
            false => "hubport,id=net,hubid=0".to_owned(),
        };
        let drive = format!("if=none,id=card,format=raw,file={}", card.path().display());
        let line = format!("{} pressure={}", card.command_line, setup.mode);
        let mut command = Command::new("qemu-system-aarch64");
        command
            .args(["-M", "virt", "-cpu", "cortex-a72", "-display", "none"])
            .args(["-serial", "stdio", "-monitor", "none"])
            .args(["-m", &setup.memory.to_string()])
            .args(["-rtc", &format!("base={}", setup.clock)])
            .arg("-kernel")
            .arg(card.folder.join("kernel8.img"))
            .arg("-initrd")
            .arg(card.initramfs())
            .args(["-append", &line, "-netdev", &network])
            .args(["-device", "virtio-net-device,netdev=net", "-drive", &drive])
            .args(["-device", "virtio-blk-device,drive=card"])
            .args(["-device", "i6300esb"])
            .stdin(Stdio::null())
            .stdout(Stdio::piped())
            .stderr(Stdio::null());
        if setup.counted {
            command.args(["-icount", "shift=1,sleep=off"]);
        }
        let mut child = command.spawn().expect("QEMU starts");
        let output = child.stdout.take().expect("it is a pipe");
        let (sender, lines) = channel();
        std::thread::spawn(move || {
            for line in BufReader::new(output).split(b'\n').map_while(Result::ok) {
                let line = String::from_utf8_lossy(&line).trim_end().to_owned();
                if sender.send(line).is_err() {
                    break;
                }
            }
        });
        Self {
            child,
            lines,
            said: Vec::new(),
            service,
            status,
        }
    }

    /// Waits for a line with a text.
    pub(crate) fn wait_for(&mut self, text: &str) -> Result<String, String> {
        let start = Instant::now();
        loop {
            match self.next(PATIENCE.saturating_sub(start.elapsed())) {
                Some(line) if line.contains(text) => return Ok(line),
                Some(_) => {}
                None => {
                    let last = self.said.iter().rev().take(3).rev();
                    let last: Vec<&str> = last.map(String::as_str).collect();
                    return Err(format!("no `{text}`; last: {}", last.join(" / ")));
                }
            }
        }
    }

    /// Listens for a while.
    pub(crate) fn listen(&mut self, time: Duration) {
        let start = Instant::now();
        while start.elapsed() < time {
            self.next(time.saturating_sub(start.elapsed()));
        }
    }

    fn next(&mut self, wait: Duration) -> Option<String> {
        match self.lines.recv_timeout(wait) {
            Ok(line) => {
                self.said.push(line.clone());
                Some(line)
            }
            Err(RecvTimeoutError::Timeout) => None,
            Err(RecvTimeoutError::Disconnected) => {
                std::thread::sleep(wait.min(Duration::from_millis(100)));
                None
            }
        }
    }

    pub(crate) fn has_said(&self, text: &str) -> usize {
        self.said.iter().filter(|line| line.contains(text)).count()
    }

    /// A page, asked for until somebody answers.
    pub(crate) fn page(&self, port: u16, path: &str) -> Result<String, String> {
        let start = Instant::now();
        loop {
            let asked = TcpStream::connect(("127.0.0.1", port)).and_then(|mut stream| {
                stream.set_read_timeout(Some(Duration::from_secs(5)))?;
                write!(stream, "GET {path} HTTP/1.0\r\nHost: pressure\r\n\r\n")?;
                let mut text = String::new();
                stream.read_to_string(&mut text)?;
                Ok(text)
            });
            match asked {
                Ok(text) if text.contains("200 OK") => return Ok(text),
                other if start.elapsed() > PATIENCE => {
                    return Err(format!("{path} of port {port}: {other:?}"));
                }
                _ => std::thread::sleep(Duration::from_millis(20)),
            }
        }
    }

    /// All services and the status page answer.
    pub(crate) fn answers(&self) -> Result<String, String> {
        self.page(self.service, "/")?;
        self.page(self.status, "/status.json")
    }

    /// Cuts the power, and returns all that was said.
    pub(crate) fn cut(mut self) -> Vec<String> {
        let _ = self.child.kill();
        let _ = self.child.wait();
        while let Ok(line) = self.lines.recv_timeout(Duration::from_secs(5)) {
            self.said.push(line);
        }
        std::mem::take(&mut self.said)
    }
}

impl Drop for Machine {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

//! An appliance from sources to a page in QEMU: the card is made, booted, its power is cut, and it is booted again.
//!
//! The kernel is Debian's for arm64, which `scripts/test` fetches; `XSYS_TEST_KERNEL` names the folder with its packages.

use std::io::{BufRead, BufReader, Read, Write};
use std::net::TcpStream;
use std::os::unix::fs::PermissionsExt;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::sync::mpsc::{Receiver, channel};
use std::time::{Duration, Instant};

use serde_json::Value;
use sha2::{Digest, Sha256};
use xsys_tests::project::{Place, find_program, run, skip};

use crate::card;

/// Longer than a boot takes on a loaded machine.
pub(crate) const PATIENCE: Duration = Duration::from_secs(300);

/// The folder of Debian's packages with the kernel and the firmware.
pub(crate) fn packages() -> Option<PathBuf> {
    let folder = std::env::var_os("XSYS_TEST_KERNEL").map(PathBuf::from);
    let Some(folder) = folder.filter(|folder| folder.is_dir()) else {
        skip(
            "appliances",
            "XSYS_TEST_KERNEL names no folder with Debian's kernel packages",
        );
        return None;
    };
    if find_program("qemu-system-aarch64").is_none() {
        skip("appliances", "qemu-system-aarch64 is not installed");
        return None;
    }
    Some(std::path::absolute(folder).unwrap())
}

/// A machine that runs, and what it says.
pub(crate) struct Machine {
    child: Child,
    lines: Receiver<String>,
    said: Vec<String>,
}

impl Machine {
    pub(crate) fn start(mut command: Command) -> Self {
        // A group of its own: the power of all of it can be cut.
        std::os::unix::process::CommandExt::process_group(&mut command, 0);
        let child = command
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            .spawn();
        let mut child = child.unwrap();
        let (sender, lines) = channel();
        let outputs: [Box<dyn Read + Send>; 2] = [
            Box::new(child.stdout.take().unwrap()),
            Box::new(child.stderr.take().unwrap()),
        ];
        for output in outputs {
            let sender = sender.clone();
            std::thread::spawn(move || {
                for line in BufReader::new(output).split(b'\n').map_while(Result::ok) {
                    let line = String::from_utf8_lossy(&line).into_owned();
                    if sender.send(line).is_err() {
                        break;
                    }
                }
            });
        }
        Self {
            child,
            lines,
            said: Vec::new(),
        }
    }

    /// Waits for a line with a text.
    #[track_caller]
    pub(crate) fn wait_for(&mut self, text: &str) -> String {
        let start = Instant::now();
        loop {
            let left = PATIENCE.saturating_sub(start.elapsed());
            match self.lines.recv_timeout(left) {
                Ok(line) => {
                    self.said.push(line.clone());
                    if line.contains(text) {
                        return line;
                    }
                }
                Err(error) => panic!("no `{text}`: {error}\n{}", self.said.join("\n")),
            }
        }
    }

    /// The port of this machine that leads to one of the appliance.
    #[track_caller]
    pub(crate) fn port(&mut self, of: u16) -> u16 {
        let line = self.wait_for(&format!("to port {of} of the appliance"));
        let (_, rest) = line.split_once("127.0.0.1:").unwrap();
        rest.split(' ').next().unwrap().parse().unwrap()
    }

    pub(crate) fn id(&self) -> u32 {
        self.child.id()
    }

    pub(crate) fn is_alive(&mut self) -> bool {
        self.child.try_wait().unwrap().is_none()
    }

    pub(crate) fn cut_power(mut self) {
        let group = format!("-{}", self.child.id());
        let _ = Command::new("kill").args(["-KILL", "--", &group]).status();
        let _ = self.child.wait();
    }
}

/// A page, asked for until somebody answers.
#[track_caller]
pub(crate) fn page(port: u16, path: &str) -> String {
    let start = Instant::now();
    loop {
        let asked = TcpStream::connect(("127.0.0.1", port)).and_then(|mut stream| {
            stream.set_read_timeout(Some(Duration::from_secs(20)))?;
            write!(stream, "GET {path} HTTP/1.0\r\nHost: shop\r\n\r\n")?;
            let mut text = String::new();
            stream.read_to_string(&mut text)?;
            Ok(text)
        });
        match asked {
            Ok(text) if text.contains("200 OK") => return text,
            other => assert!(start.elapsed() < PATIENCE, "{path}: {other:?}"),
        }
        std::thread::sleep(Duration::from_millis(300));
    }
}

/// What `xsys new` makes for a Pi 3, with ports that are free.
pub(crate) fn shop(why: &str) -> Place {
    project(why, "")
}

/// The same for a machine that an option names.
pub(crate) fn project(why: &str, option: &str) -> Place {
    let place = Place::outside(&format!("appliances-{why}"));
    let made = run(&mut place.xsys(&format!("new shop --appliance {option}"))).ends_with(0);
    made.tells(" and raspi-firmware go into")
        .tells("Fetched by xsys image fetch-kernel --mirror");
    let place = Place {
        folder: place.path("shop"),
    };
    let description = place.path("appliance.toml");
    let text = std::fs::read_to_string(&description).unwrap();
    let text = text
        .replace("\"8080:80\", \"9000:9000\"", "\"0:80\", \"0:9000\"")
        .replace("hostname = \"shop\"", "hostname = \"shop-1\"")
        .replace("# [image]\n# formats", "[image]\nformats");
    std::fs::write(&description, text).unwrap();
    place
}

/// The manifest and the list of software beside an image.
fn says_what_it_is_made_of(out: &Path) {
    let read = |name: &str| -> Value {
        let text = std::fs::read_to_string(out.join(name)).unwrap();
        let place = out.ancestors().nth(3).unwrap();
        assert!(!text.contains(&*place.to_string_lossy()), "{text}");
        serde_json::from_str(&text).unwrap()
    };
    let manifest = read("shop.manifest.json");
    assert_eq!(manifest["target"], "aarch64-unknown-linux-musl");
    assert_eq!(manifest["packages"][0]["vendor"], "debian");
    assert_eq!(manifest["programs"][0]["package"], "shop");
    assert_eq!(manifest["init"]["package"], "xsys-init");
    let kernel = manifest["kernel"].as_str().unwrap();

    // The compressed image, for Raspberry Pi Imager.
    let list = read("shop.os_list.json");
    let entry = &list["os_list"][0];
    assert_eq!(entry["url"], "shop.img.zst");
    assert_eq!(entry["devices"][0], "pi3-64bit");
    for (name, size, digest) in [
        ("shop.img", "extract_size", "extract_sha256"),
        (
            "shop.img.zst",
            "image_download_size",
            "image_download_sha256",
        ),
    ] {
        let content = std::fs::read(out.join(name)).unwrap();
        assert_eq!(entry[size].as_u64(), Some(content.len() as u64), "{name}");
        let sha256 = Sha256::digest(&content);
        let sha256: String = sha256.iter().map(|byte| format!("{byte:02x}")).collect();
        assert_eq!(entry[digest], sha256, "{name}");
    }
    let mode = std::fs::metadata(out.join("shop.os_list.json")).unwrap();
    assert_eq!(mode.permissions().mode() & 0o777, 0o600);

    let list = read("shop.sbom.json");
    assert_eq!(list["compositions"][0]["aggregate"], "complete");
    let all = list["components"].as_array().unwrap();
    let url = |start: &str| {
        let urls = all.iter().filter_map(|one| one["purl"].as_str());
        urls.filter(|url| url.starts_with(start)).count()
    };
    for start in [
        &format!("pkg:deb/debian/linux-image-{kernel}@"),
        "pkg:deb/debian/raspi-firmware@",
        "pkg:cargo/tinyjson@",
        "pkg:cargo/hashbrown@",
        "pkg:generic/rust-std@1.",
        "pkg:generic/musl@1.",
    ] {
        assert_eq!(url(start), 1, "{start}");
    }
}

#[test]
fn a_shop_survives_a_power_cut() {
    let Some(packages) = packages() else { return };
    let place = shop("power");
    let xsys = |call: &str| place.xsys(call);
    run(&mut xsys("build --release"))
        .ends_with(101)
        .tells("where the kernel is said to be");
    // What takes up space in the program can be seen without a kernel.
    let size = run(&mut xsys("size --release")).ends_with(0);
    assert!(!size.stderr.contains("Kernel"), "{}", size.stderr);
    std::os::unix::fs::symlink(packages, place.path("kernel")).unwrap();
    let built = run(&mut xsys("build --release"));
    assert_eq!(built.code, Some(0), "{}", built.stderr);
    assert!(
        built.stderr.contains("modules for Raspberry Pi 3"),
        "{}",
        built.stderr
    );
    let out = place.path("target/aarch64-unknown-linux-musl/release");
    let image = std::fs::read(out.join("shop.img")).unwrap();
    for name in ["shop.img.zst", "shop.bmap"] {
        assert!(out.join(name).is_file(), "{name}");
    }
    card::others_read_a_new_card(&out, "shop");
    says_what_it_is_made_of(&out);
    std::fs::create_dir(place.path("before")).unwrap();
    for name in ["shop.manifest.json", "shop.sbom.json"] {
        std::fs::copy(out.join(name), place.path("before").join(name)).unwrap();
    }
    // Nothing has changed: nothing is written.
    let again = run(&mut xsys("build --release"));
    assert!(again.stderr.contains("unchanged"), "{}", again.stderr);

    let mut machine = Machine::start(xsys("run --release"));
    let (shop, status) = (machine.port(80), machine.port(9000));
    machine.wait_for("init: shop-1 0.1.0");
    let first = page(shop, "/");
    assert!(first.ends_with("visit 1\n"), "{first}");
    assert!(page(shop, "/healthz").ends_with("well\n"));
    let json = page(status, "/status.json");
    assert!(json.contains("\"hostname\":\"shop-1\""), "{json}");
    machine.cut_power();

    // What runs is a copy: the image is what was built.
    assert!(std::fs::read(out.join("shop.img")).unwrap() == image);

    card::others_read_its_data(&out.join("shop.card"), "/count", b"1\n");

    // The program changes, and so does what the root is; the data stays.
    let description = place.path("appliance.toml");
    let text = std::fs::read_to_string(&description).unwrap();
    let text = text.replace("[image]\n", "[image]\nroot = \"squashfs\"\n");
    std::fs::write(&description, &text).unwrap();
    let source = place.path("src/main.rs");
    let program = std::fs::read_to_string(&source).unwrap();
    let program = program.replace("visit {count}", "welcome {count}");
    std::fs::write(&source, program).unwrap();
    let mut machine = Machine::start(xsys("run --release"));
    let shop = machine.port(80);
    machine.wait_for("the root is root.squashfs on vda2");
    machine.wait_for("power was cut");
    let second = page(shop, "/");
    assert!(second.contains("welcome 2"), "{second}");
    machine.cut_power();
    card::others_read_its_root(&out, "shop");
    let compared = run(&mut xsys(&format!("fleet diff before {}", out.display())));
    assert_eq!(compared.code, Some(1), "{}", compared.stderr);
    let program = "Programs\n  ~ shop  0.1.0, ";
    assert!(compared.stdout.starts_with("shop\n"), "{}", compared.stdout);
    assert!(compared.stdout.contains(program), "{}", compared.stdout);
    assert!(!compared.stdout.contains("Kernel"), "{}", compared.stdout);

    // The same card in a Pi: its own drivers find card and data.
    let text = text.replace("[run]", "[run]\nmachine = \"raspi3b\"");
    std::fs::write(&description, text).unwrap();
    let mut machine = Machine::start(xsys("run --release"));
    machine.wait_for("init: shop-1 0.1.0");
    machine.wait_for("the root is root.squashfs on mmcblk0p2");
    machine.wait_for("/dev/mmcblk0p4");
    machine.wait_for("the boot before: power was cut");
    machine.wait_for("shop: listening on 0.0.0.0:80");
    machine.cut_power();

    // Its image is cut short: that is said, with what can be done without it, and a new start is tried.
    let Some(command) = card::with_a_cut_root(&out.join("shop.card")) else {
        return;
    };
    let mut machine = Machine::start(command);
    machine.wait_for("THERE IS NO ROOT: root.squashfs on vda2: it was cut short: 4096 of ");
    machine.wait_for("the status page is on 0.0.0.0:9000");
    machine.wait_for("init: it restarts in 10 s");
    machine.cut_power();
    std::fs::remove_dir_all(place.folder.parent().unwrap()).unwrap();
}

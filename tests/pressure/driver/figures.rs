//! Sizes and times, with what is aimed at.

use std::process::Command;
use std::time::Instant;

use xsys_image::disk::bmap::BlockMap;
use xsys_tests::project::run;

use super::machine::{Machine, Setup};
use super::{Bench, Outcome, Row};

pub const ALL: &[Row] = &[
    ("size of the init (aim: under 1 MB)", init),
    ("bytes of the image to write (aim: under 30 MB)", image),
    (
        "from the kernel's start to a service's first answer (aim: under 3 s of guest time)",
        answer,
    ),
    (
        "from a changed line to the next boot (aim: seconds)",
        change,
    ),
];

/// Of what the kernel unpacks, the file `init`.
fn init(bench: &Bench) -> Outcome {
    let unpacked = Command::new("gzip")
        .arg("-dc")
        .arg(bench.card.initramfs())
        .output();
    let unpacked = unpacked.map_err(|error| format!("gzip: {error}"))?.stdout;
    let size = member(&unpacked, "init").ok_or("there is no init")?;
    let text = format!("{:.0} KB", size as f64 / 1000.0);
    if size < 1_000_000 {
        Ok(text)
    } else {
        Err(text)
    }
}

/// The size of a file in an archive of cpio's format `newc`.
fn member(archive: &[u8], name: &str) -> Option<u64> {
    let mut at = 0;
    loop {
        let header = archive.get(at..at + 110)?;
        let field = |number: usize| {
            let digits = &header[6 + number * 8..14 + number * 8];
            usize::from_str_radix(std::str::from_utf8(digits).ok()?, 16).ok()
        };
        let (size, length) = (field(6)?, field(11)?);
        let own = archive.get(at + 110..at + 110 + length.checked_sub(1)?)?;
        if own == name.as_bytes() {
            return Some(size as u64);
        }
        if own == b"TRAILER!!!" {
            return None;
        }
        at = ((at + 110 + length).next_multiple_of(4) + size).next_multiple_of(4);
    }
}

fn image(bench: &Bench) -> Outcome {
    let path = "target/aarch64-unknown-linux-musl/release/pressure.bmap";
    let map = std::fs::read_to_string(bench.place.path(path)).map_err(|error| error.to_string())?;
    let size = BlockMap::parse(&map)
        .map_err(|error| error.to_string())?
        .mapped();
    let text = format!("{:.1} MB", size as f64 / 1e6);
    if size < 30_000_000 {
        Ok(text)
    } else {
        Err(text)
    }
}

/// The first boot makes the file system, later ones find it.
fn answer(bench: &Bench) -> Outcome {
    bench.card.fresh();
    let mut times = Vec::new();
    for _ in 0..5 {
        let mut machine = Machine::start(&bench.card, &Setup::default());
        machine.page(machine.service, "/")?;
        let line = machine.wait_for("steady: first answer at ")?;
        let (_, time) = line.split_once("first answer at ").unwrap_or_default();
        times.push(
            time.trim()
                .parse::<f64>()
                .map_err(|error| error.to_string())?,
        );
    }
    let best = times.iter().copied().fold(f64::MAX, f64::min);
    let text = format!("{best:.2} s at best of {times:?}, the first with a file system to make");
    if best < 3.0 { Ok(text) } else { Err(text) }
}

/// As people do it: a line is changed, and `xsys run` is called.
fn change(bench: &Bench) -> Outcome {
    let source = bench.place.path("src/main.rs");
    let text = std::fs::read_to_string(&source).map_err(|error| error.to_string())?;
    let changed = text.replace("steady {}", "changed {}");
    std::fs::write(&source, changed).map_err(|error| error.to_string())?;
    let start = Instant::now();
    let built = run(&mut bench.place.xsys("build --release")).ends_with(0);
    let seconds = start.elapsed().as_secs_f64();
    if built.stderr.contains("unchanged") {
        return Err("the image is the same as before".to_owned());
    }
    let text =
        format!("{seconds:.1} s until the new image is there, to which the boot is to be added");
    if seconds < 10.0 { Ok(text) } else { Err(text) }
}

//! Sizes and times, with what is aimed at.

use std::process::Command;
use std::time::Instant;

use xsys_image::disk::bmap::BlockMap;
use xsys_tests::project::run;

use super::machine::{Machine, Setup};
use super::{Bench, Outcome, Row};

pub(crate) const ALL: &[Row] = &[
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

/// Guest time goes by while the host does other things, so the best of three boots counts: the first makes the file
/// system, the others find it. A fourth one counts time in instructions, but jumps while QEMU waits for the host's disk.
fn answer(bench: &Bench) -> Outcome {
    bench.card.fresh();
    let mut times = Vec::new();
    for counted in [false, false, false, true] {
        let setup = Setup {
            counted,
            ..Setup::default()
        };
        let mut machine = Machine::start(&bench.card, &setup);
        let line = machine.wait_for("steady: first answer at ")?;
        let (_, time) = line.split_once("first answer at ").unwrap_or_default();
        let time = time.trim().parse::<f64>();
        times.push(time.map_err(|error| error.to_string())?);
        machine.answers()?;
    }
    let counted = times.pop().unwrap_or_default();
    let text = format!(
        "{counted:.2} s with 500 million instructions a second; {times:?} s on this machine"
    );
    if times.iter().any(|time| *time < 3.0) {
        Ok(text)
    } else {
        Err(text)
    }
}

/// As people do it: a line is changed, the card is built and booted until all services are ready.
fn change(bench: &Bench) -> Outcome {
    let source = bench.place.path("src/main.rs");
    let text = std::fs::read_to_string(&source).map_err(|error| error.to_string())?;
    let mut times = Vec::new();
    for (word, call) in [
        ("changed", "build --release"),
        ("again", "test --appliance --release -- true"),
    ] {
        let changed = text.replace("steady {}", &format!("{word} {{}}"));
        std::fs::write(&source, changed).map_err(|error| error.to_string())?;
        let start = Instant::now();
        let ran = run(&mut bench.place.xsys(call));
        times.push(start.elapsed().as_secs_f64());
        if ran.code != Some(0) || ran.stderr.contains("unchanged") {
            return Err(format!("`xsys {call}` said {}", ran.stderr));
        }
    }
    let text = format!(
        "{:.1} s until the new image is there, {:.1} s until its services are ready",
        times[0], times[1]
    );
    if times[1] < 20.0 { Ok(text) } else { Err(text) }
}

//! The init of appliances under pressure, in QEMU: what happens in each situation, as a table; then sizes and times.
//!
//! `scripts/test-init-pressure` starts it. It is no test of the suite, because it takes many minutes: services wait before
//! they are started again, watchdogs have their time, and power is cut fifty times. One card is built (`../project`), and
//! each situation begins with a fresh copy of it; the kernel's command line says what its services do.

// It is a program that talks.
#![allow(clippy::print_stdout, clippy::print_stderr)]

mod figures;
mod machine;
mod situations;

use std::path::PathBuf;
use std::process::ExitCode;
use std::time::Instant;

use machine::Card;
use xsys_tests::project::{Place, find_program, repository, run};

/// What happened, or what went wrong.
type Outcome = Result<String, String>;

/// A row of the table: its name, and what makes it.
type Row = (&'static str, fn(&Bench) -> Outcome);

/// All that situations share.
struct Bench {
    place: Place,
    card: Card,
    /// How often power is cut.
    cuts: u32,
    seed: u64,
}

fn main() -> ExitCode {
    let mut wanted = Vec::new();
    let (mut cuts, mut seed) = (50, 1);
    for word in std::env::args().skip(1) {
        match word.split_once('=') {
            Some(("--cuts", number)) => cuts = number.parse().expect("--cuts=NUMBER"),
            Some(("--seed", number)) => seed = number.parse().expect("--seed=NUMBER"),
            // cargo's own.
            None if word == "--bench" => {}
            _ => wanted.push(word),
        }
    }
    let Some(packages) = std::env::var_os("XSYS_TEST_KERNEL").map(PathBuf::from) else {
        eprintln!("XSYS_TEST_KERNEL names no folder with Debian's kernel packages for arm64");
        return ExitCode::FAILURE;
    };
    if find_program("qemu-system-aarch64").is_none() {
        eprintln!("qemu-system-aarch64 is not installed");
        return ExitCode::FAILURE;
    }
    let (place, said) = build(&packages);
    let bench = Bench {
        card: Card::of(&place, "card"),
        place,
        cuts,
        seed,
    };
    let all = situations::ALL.iter().chain(figures::ALL);
    let mut rows = Vec::new();
    for (name, run) in all {
        if !wanted.is_empty() && !wanted.iter().any(|word| name.contains(word.as_str())) {
            continue;
        }
        eprintln!("{name} …");
        let start = Instant::now();
        let outcome = run(&bench);
        let seconds = start.elapsed().as_secs();
        let (what, verdict) = match outcome {
            Ok(what) => (what, "ok"),
            Err(what) => (what, "FAILED"),
        };
        eprintln!("{verdict} after {seconds} s: {what}");
        rows.push((*name, what, verdict));
    }
    println!("\n{}", said.trim());
    println!("\n| situation | what happened | |\n|---|---|---|");
    for (name, what, verdict) in &rows {
        println!("| {name} | {what} | {verdict} |");
    }
    let _ = std::fs::remove_dir_all(&bench.place.folder);
    match rows.iter().all(|(.., verdict)| *verdict == "ok") {
        true => ExitCode::SUCCESS,
        false => ExitCode::FAILURE,
    }
}

/// Builds the card, outside of this repository, where it would be a member of its workspace. Returns what was said of the
/// image, too.
fn build(packages: &std::path::Path) -> (Place, String) {
    let outside = Place::outside("pressure");
    let project = repository().join("tests/pressure/project");
    let place = Place {
        folder: outside.copy(&project, "pressure"),
    };
    let packages = std::path::absolute(packages).expect("a path");
    std::os::unix::fs::symlink(packages, place.path("kernel")).expect("a link can be made");
    let line = card(&place);
    (place, line)
}

/// Makes the card's image of the project; what was said of it.
fn card(place: &Place) -> String {
    let built = run(&mut place.xsys("build --release")).ends_with(0);
    let line = built.stderr.lines().find(|line| line.contains("Image "));
    line.unwrap_or_default().to_owned()
}

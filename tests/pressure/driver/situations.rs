//! Situations that an appliance has to come out of by itself.

use std::time::{Duration, Instant};

use super::machine::{Card, Machine, Setup};
use super::{Bench, Outcome, Row, card};

pub(crate) const ALL: &[Row] = &[
    ("a service that crashes at once", crash),
    ("a service that hangs", hang),
    ("memory used up", memory),
    ("full data partition", full),
    ("no DHCP server", no_dhcp),
    ("clock at 1970", clock),
    ("power cuts during writes", cuts),
    ("damaged data partition", damage),
    ("damaged root", root),
];

fn start(bench: &Bench, mode: &str) -> Machine {
    let setup = Setup {
        mode,
        ..Setup::default()
    };
    Machine::start(&bench.card, &setup)
}

/// What a line says behind a text, as a number.
fn number(line: &str, behind: &str) -> u64 {
    let (_, rest) = line.split_once(behind).unwrap_or_default();
    let digits = rest.split(|letter: char| !letter.is_ascii_digit()).next();
    digits.unwrap_or_default().parse().unwrap_or(0)
}

/// Waits before each new start: 0.2 s, 0.4 s … 30 s.
fn crash(bench: &Bench) -> Outcome {
    bench.card.fresh();
    let mut machine = start(bench, "crash");
    machine.wait_for("victim: starts again in 0.2 s")?;
    machine.wait_for("victim: starts again in 6.4 s")?;
    machine.wait_for("victim: starts again in 12.8 s")?;
    machine.answers()?;
    let ends = machine.has_said("victim ended after");
    match ends {
        7 => Ok(format!(
            "{ends} starts in 13 s, each wait twice the one before; the others answer"
        )),
        _ => Err(format!("{ends} starts instead of 7")),
    }
}

/// Started again, then the watchdog resets; after five resets in a row the machine stays up.
fn hang(bench: &Bench) -> Outcome {
    bench.card.fresh();
    let mut machine = start(bench, "hang");
    for reset in 1..=5 {
        machine.wait_for("checked: its health check failed")?;
        machine.wait_for("THE WATCHDOG IS NOT FED")?;
        machine.wait_for("Booting Linux")?;
        let line = machine.wait_for("the boot before: ")?;
        if !line.contains("reset by the watchdog: the health check of checked fails") {
            return Err(format!("after reset {reset}: {line}"));
        }
    }
    machine.wait_for("the watchdog is fed in spite of it, because 5 resets did not help")?;
    let status = machine.answers()?;
    match status.contains("fed in spite of it") {
        true => Ok("started again, 5 resets by the watchdog with their reason, then the machine stays up and says so".to_owned()),
        false => Err(status),
    }
}

/// The kernel ends the one that eats it, and nobody else.
fn memory(bench: &Bench) -> Outcome {
    bench.card.fresh();
    let setup = Setup {
        mode: "memory",
        memory: 256,
        ..Setup::default()
    };
    let mut machine = Machine::start(&bench.card, &setup);
    for _ in 0..4 {
        machine.wait_for("victim: eats memory")?;
        machine.wait_for("victim ended after")?;
    }
    machine.answers()?;
    let others = machine.has_said("steady ended") + machine.has_said("checked ended");
    match (others, machine.has_said("Kernel panic")) {
        (0, 0) => Ok(
            "ended by the kernel 4 times and started again; no other service ended, all answer"
                .to_owned(),
        ),
        other => Err(format!("other services that ended, panics: {other:?}")),
    }
}

/// Services and status go on, the next boot too, and files can be removed.
fn full(bench: &Bench) -> Outcome {
    bench.card.fresh();
    let mut machine = start(bench, "full");
    let line = machine.wait_for("victim: the disk is full after")?;
    let size = number(&line, "full after ");
    machine.answers()?;
    let status = machine.page(machine.status, "/status.json")?;
    machine.cut();
    let mut machine = start(bench, "full");
    machine.wait_for("power was cut")?;
    let line = machine.wait_for("victim: found")?;
    let found = number(&line, "found ");
    machine.wait_for("victim: there is room again")?;
    machine.answers()?;
    match (found == size, status.contains("\"free\":0")) {
        (true, _) => Ok(format!(
            "after {} MB all answer; power cut, the next boot starts, all bytes are there, there is room again",
            size >> 20
        )),
        other => Err(format!("{found} of {size} bytes are there: {other:?}")),
    }
}

/// Nobody waits for an address.
fn no_dhcp(bench: &Bench) -> Outcome {
    bench.card.fresh();
    let setup = Setup {
        network: false,
        ..Setup::default()
    };
    let mut machine = Machine::start(&bench.card, &setup);
    let ready = machine.wait_for("steady is ready")?;
    machine.wait_for("no DHCP server answers; still asking")?;
    let ready = ready.split(']').next().unwrap_or_default();
    let ready = ready.trim_start_matches('[').trim();
    Ok(format!(
        "services are ready at {ready} s of guest time, as with a server; still asking"
    ))
}

/// Never before a time that has certainly passed, nor much before the last boot's.
fn clock(bench: &Bench) -> Outcome {
    bench.card.fresh();
    let setup = Setup {
        mode: "clock",
        clock: "1970-01-01T00:00:10",
        network: false,
        ..Setup::default()
    };
    let earliest = 1_764_000_000;
    let mut machine = Machine::start(&bench.card, &setup);
    let first = number(&machine.wait_for("victim: the clock says")?, "says ");
    machine.cut();
    let mut machine = Machine::start(&bench.card, &setup);
    let second = number(&machine.wait_for("victim: the clock says")?, "says ");
    // The time is written down every five minutes.
    match first >= earliest && second >= earliest && second + 300 >= first {
        true => Ok(format!(
            "services start at the description's earliest time + {} s; after a power cut at + {} s",
            first - earliest,
            second - earliest
        )),
        false => Err(format!("{first}, then {second}; earliest {earliest}")),
    }
}

/// Random numbers that are the same each time.
struct Random(u64);

impl Random {
    fn new(seed: u64) -> Self {
        // Never zero, and with bits in all places.
        Self(seed.wrapping_mul(0x9e37_79b9_7f4a_7c15) | 1)
    }

    fn next(&mut self) -> u64 {
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 7;
        self.0 ^= self.0 << 17;
        self.0.wrapping_mul(0x2545_f491_4f6c_dd1d) >> 16
    }

    fn below(&mut self, end: u64) -> u64 {
        self.next() % end
    }
}

/// What a boot after a cut has found.
struct Found {
    /// Of the records that were told, how many are missing.
    missing: u64,
    /// Whether the init says that something is or may be lost.
    said: bool,
}

/// Waits for the service that writes, and compares; with how many records are in both of its files.
fn found(machine: &mut Machine, told: u64) -> Result<(Found, u64), String> {
    let line = machine.wait_for("victim: found")?;
    let (records, replaced) = (number(&line, "found "), number(&line, "records, "));
    let said = machine.has_said("STATE LOST") + machine.has_said("perhaps without") > 0;
    let least = records.min(replaced);
    let missing = told.saturating_sub(least);
    Ok((Found { missing, said }, least))
}

/// The last record that is said to be on the disk.
fn told(said: &[String]) -> u64 {
    let lines = said
        .iter()
        .rev()
        .filter(|line| line.contains("victim: told "));
    // A line may have been cut as well.
    lines.map(|line| number(line, "told ")).max().unwrap_or(0)
}

/// At random moments: most while records are written, every fifth during the boot.
fn cuts(bench: &Bench) -> Outcome {
    bench.card.fresh();
    let mut random = Random::new(bench.seed);
    let (mut known, mut kept, mut lost, mut in_boots) = (0, 0, 0, 0);
    let mut longest = Duration::ZERO;
    for cut in 0..bench.cuts {
        let begun = Instant::now();
        let mut machine = start(bench, "write");
        if cut % 5 == 4 {
            machine.listen(Duration::from_millis(random.below(8000)));
            known = known.max(told(&machine.cut()));
            in_boots += 1;
            continue;
        }
        let (found, records) = found(&mut machine, known)?;
        longest = longest.max(begun.elapsed());
        match found {
            Found { missing: 0, .. } => kept += 1,
            Found { said: true, .. } => lost += 1,
            Found { missing, .. } => {
                return Err(format!(
                    "cut {cut}: {missing} of {known} records are gone, and nobody says so"
                ));
            }
        }
        machine.listen(Duration::from_millis(random.below(3000)));
        known = told(&machine.cut()).max(records);
        eprintln!("cut {}: {known} records", cut + 1);
    }
    let mut machine = start(bench, "write");
    let (found, records) = found(&mut machine, known)?;
    if found.missing > 0 && !found.said {
        return Err(format!(
            "{} of {known} records are gone at the end",
            found.missing
        ));
    }
    machine.answers()?;
    Ok(format!(
        "{} cuts ({in_boots} of them during the boot): {} boots found all that was told to be on the disk, {lost} said that \
         something is lost; {records} records at the end; never stuck (longest boot {} s of real time)",
        bench.cuts,
        kept + 1,
        longest.as_secs()
    ))
}

/// Zeros there, as if nobody had made a file system yet.
const EMPTY: &str = "first 64 KB, with zeros";

/// Garbage in different parts of the file system.
fn damage(bench: &Bench) -> Outcome {
    let mut random = Random::new(bench.seed);
    let mut rows = Vec::new();
    let kinds: [(&str, u64, u64, u64); 7] = [
        ("superblock", 1, 0, 1),
        ("descriptors", 1, 1, 2),
        ("tables of inodes", 8, 2, 256),
        ("40 blocks of the first 16 MB", 40, 2, 4096),
        ("400 blocks of the first 64 MB", 400, 0, 16384),
        ("first 8 MB", 2048, 0, 2048),
        (EMPTY, 16, 0, 16),
    ];
    for (name, count, from, to) in kinds {
        bench.card.fresh();
        let mut machine = start(bench, "write");
        machine.wait_for("victim: told 50")?;
        let known = told(&machine.cut());
        for number in 0..count {
            let block = match count == to - from {
                true => from + number,
                false => from + random.below(to - from),
            };
            let garbage = (0..4096).map(|_| random.next() as u8);
            let garbage: Vec<u8> = match name {
                EMPTY => vec![0; 4096],
                _ => garbage.collect(),
            };
            bench.card.damage(block * 4096, &garbage);
        }
        let mut machine = start(bench, "write");
        let (found, _) = found(&mut machine, known).map_err(|why| format!("{name}: {why}"))?;
        machine.answers().map_err(|why| format!("{name}: {why}"))?;
        // Nothing is lost with a superblock that has copies, what is in the journal neither.
        if name == "superblock" && (found.missing > 0 || found.said) {
            return Err(format!(
                "{name}: {} of {known} records are gone",
                found.missing
            ));
        }
        let what = match found {
            Found {
                missing: 0,
                said: false,
            } => "kept",
            Found {
                missing: 0,
                said: true,
            } => "kept, with a warning",
            Found { said: true, .. } => "lost, and said",
            Found { missing, .. } => {
                return Err(format!(
                    "{name}: {missing} of {known} records are gone, and nobody says so"
                ));
            }
        };
        rows.push(format!("{name}: {what}"));
    }
    Ok(rows.join("; "))
}

/// A root on the card of which the beginning, the tables or the programs are garbage. Nothing goes without it but what can be
/// looked at; the machine restarts five times, and then stays up.
fn root(bench: &Bench) -> Outcome {
    let description = bench.place.path("appliance.toml");
    let text = std::fs::read_to_string(&description).expect("it is there");
    let with_root = text.replace("[image]\n", "[image]\nroot = \"squashfs\"\n");
    std::fs::write(&description, with_root).expect("it can be written");
    card(&bench.place);
    let with_root = Card::of(&bench.place, "with-root");
    let mut random = Random::new(bench.seed);
    let mut garbage = || -> Vec<u8> { (0..4096).map(|_| random.next() as u8).collect() };
    let start = |card: &Card| Machine::start(card, &Setup::default());
    with_root.fresh();
    let mut machine = start(&with_root);
    machine.wait_for("the root is root.squashfs")?;
    machine.answers()?;
    let used = with_root.length_of_root();
    machine.cut();

    with_root.fresh();
    with_root.damage_root(used.saturating_sub(500), &garbage()[..400]);
    let mut machine = start(&with_root);
    machine.wait_for("THERE IS NO ROOT: root.squashfs on ")?;
    machine.cut();

    with_root.fresh();
    for at in (4096..used / 2).step_by(20_000) {
        with_root.damage_root(at, &garbage());
    }
    let mut machine = start(&with_root);
    machine.wait_for("steady: starts again in 3.2 s")?;
    machine.page(machine.status, "/status.json")?;
    machine.cut();

    with_root.fresh();
    with_root.damage_root(0, &garbage());
    let mut machine = start(&with_root);
    machine.wait_for("THERE IS NO ROOT: root.squashfs on ")?;
    for wait in [10, 20, 40, 80, 160] {
        machine.wait_for(&format!("it restarts in {wait} s"))?;
        let status = machine.page(machine.status, "/status.json")?;
        if !status.contains("there is no root") {
            return Err(status);
        }
        machine.wait_for("THERE IS NO ROOT: root.squashfs on ")?;
        machine.wait_for("the boot before: restarted: there was no root: ")?;
    }
    machine.wait_for("5 restarts did not help")?;
    Ok("beginning or tables: said, network and status page work, 5 restarts after 10 s to 160 s, then it stays up; programs: \
        tried again and again"
        .to_owned())
}

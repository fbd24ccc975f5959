//! Every board's own program: built in each way that people build it, looked into, and run.
//!
//! The boards are the folders of `sysroots/`, read when the tests start, so a new board is tested
//! without a line here. What its program must print stands in `cases/boards/<board>.txt`; a board
//! without such a file must end with success and print no line that begins with `FAIL`.

use std::path::{Path, PathBuf};
use std::process::Command;
use std::sync::Arc;

use goblin::elf::Elf;
use goblin::elf::header::{EM_AARCH64, EM_ARM, EM_AVR, EM_RISCV, EM_X86_64, ET_DYN, ET_EXEC};
use goblin::elf::program_header::{PF_X, PT_INTERP, PT_LOAD};
use libtest_mimic::{Failed, Trial};
use xsys_tests::order::{arguments, neighbours_apart};
use xsys_tests::project::{
    Musl, Place, Ran, cases, find_program, folders_in, repository, run, skip, xsys_in,
};
use xsys_tests::project_text::difference;

/// What the tests have to know of a board, from its `board.toml`.
struct Board {
    name: String,
    folder: PathBuf,
    /// A file in the folder, or a triple.
    target: String,
    /// What cargo calls it.
    target_name: String,
    /// Flat images and their file names.
    binaries: Vec<String>,
    /// How much of the standard library.
    crates: String,
    /// The emulator.
    program: Option<String>,
    /// Its machine, where it has several.
    machine: Option<String>,
    /// Whether anything here can run it.
    runs: bool,
    /// What its programs for Linux are linked with.
    musl: Option<Musl>,
}

impl Board {
    fn read(name: &str) -> Self {
        let folder = repository().join("sysroots").join(name);
        let text = std::fs::read_to_string(folder.join("board.toml"))
            .unwrap_or_else(|error| panic!("board `{name}`: {error}"));
        let table: toml::Table = text.parse().expect("a board's settings are TOML");
        let binaries = table
            .get("emit")
            .and_then(toml::Value::as_array)
            .into_iter()
            .flatten()
            .filter_map(|emit| emit.as_str()?.strip_prefix("bin="))
            .map(str::to_owned)
            .collect();
        let run = table.get("run");
        let native = run.and_then(|run| run.get("engine")?.as_str()) == Some("native")
            && name.starts_with(std::env::consts::ARCH)
            && cfg!(target_os = "linux");
        let program = run.and_then(|run| run.get("program")?.as_str());
        let target = table["target"].as_str().expect("a board has a target");
        // A file that is called `target.json` says nothing by its name.
        let named = table.get("target-name").and_then(toml::Value::as_str);
        let stem = target.strip_suffix(".json").unwrap_or(target);
        let target_name = named.unwrap_or(if stem == "target" { name } else { stem });
        Self {
            name: name.to_owned(),
            target_name: target_name.to_owned(),
            target: target.to_owned(),
            binaries,
            crates: table["crates"].as_str().unwrap_or_default().to_owned(),
            program: program.filter(|_| !native).map(str::to_owned),
            machine: run.and_then(machine_of).map(str::to_owned),
            runs: run.is_some(),
            musl: target_name.contains("-musl").then(|| Musl::of(target_name)),
            folder,
        }
    }

    fn is_spec(&self) -> bool {
        self.target.ends_with(".json")
    }

    /// A call of xsys in a folder.
    fn xsys_in(&self, folder: &Path) -> Command {
        let mut command = xsys_in(folder);
        if let Some(musl) = &self.musl {
            musl.tell(&mut command);
        }
        command
    }

    /// Why its program cannot be built here, if it cannot.
    fn cannot_build(&self) -> Option<String> {
        let missing = self.musl == Some(Musl::Nowhere);
        missing.then(|| format!("run `rustup target add {}`", self.target_name))
    }

    /// Why its program cannot run here, if it cannot: some boards have no emulator, or only a newer one.
    fn cannot_run(&self) -> Option<String> {
        if !self.runs {
            return Some("no emulator has this board".to_owned());
        }
        let program = self.program.as_ref()?;
        if find_program(program).is_none() {
            return Some(format!("`{program}` is not installed"));
        }
        let machine = self.machine.as_ref()?;
        let known = Command::new(program).args(["-M", "help"]).output().ok()?;
        let known = String::from_utf8_lossy(&known.stdout).into_owned();
        let has = known
            .lines()
            .any(|line| line.split(' ').next() == Some(machine));
        (!has).then(|| format!("this `{program}` has no machine `{machine}`"))
    }
}

/// The machine behind `-M`.
fn machine_of(run: &toml::Value) -> Option<&str> {
    let args = run.get("args")?.as_array()?;
    let at = args.iter().position(|arg| arg.as_str() == Some("-M"))?;
    args.get(at + 1)?.as_str()
}

fn main() {
    let arguments = arguments();
    let mut trials = Vec::new();
    for name in folders_in(&repository().join("sysroots")) {
        let board = Arc::new(Board::read(&name));
        let mut add = |what: &str, test: fn(&Board) -> Result<(), Failed>| {
            let board = Arc::clone(&board);
            let name = format!("{name}::{what}");
            let told = name.clone();
            trials.push(Trial::test(name, move || match board.cannot_build() {
                Some(why) => {
                    skip(&told, &why);
                    Ok(())
                }
                None => test(&board),
            }));
        };
        add("built_for_its_spec", built_for_its_spec);
        add("built_by_its_name", built_by_its_name);
        add("runs", runs);
    }
    libtest_mimic::run(&arguments, neighbours_apart(trials)).exit();
}

/// `--target-spec` (or the triple) with the path of a manifest elsewhere, optimised.
fn built_for_its_spec(board: &Board) -> Result<(), Failed> {
    let place = Place::new("boards", &format!("{}-spec", board.name));
    let mut command = board.xsys_in(repository());
    command.arg("build");
    if board.is_spec() {
        command
            .arg("--target-spec")
            .arg(board.folder.join(&board.target));
    } else {
        command.args(["--target", &board.target]);
    }
    command
        .arg("--manifest-path")
        .arg(board.folder.join("hello/Cargo.toml"))
        .arg("--target-dir")
        .arg(&place.folder)
        .arg("--release");
    let ran = run(&mut command).ends_with(0);
    ran.tells("Output");
    let folder = place.path(&board.target_name).join("release");
    examine(board, &folder)
}

/// `--board` in the project's folder, unoptimised.
fn built_by_its_name(board: &Board) -> Result<(), Failed> {
    let place = Place::new("boards", &format!("{}-name", board.name));
    let project = place.copy(&board.folder.join("hello"), "hello");
    let mut command = board.xsys_in(&project);
    command.args(["build", "--board", &board.name]);
    run(&mut command).ends_with(0).tells("Output");
    let folder = project.join("target").join(&board.target_name);
    examine(board, &folder.join("debug"))?;
    tested(board, &project, &[])
}

/// The tests that a new project has. Where std's harness runs them, another standard library is
/// needed for it: `build.rs` tests that once for all.
fn tested(board: &Board, project: &Path, profile: &[&str]) -> Result<(), Failed> {
    let std_harness = board.crates == "std" && !board.target_name.starts_with("wasm");
    if std_harness {
        let text = std::fs::read_to_string(project.join("src/main.rs"))?;
        return check(text.contains("#[test]"), "a new project has no test");
    }
    if let Some(why) = board.cannot_run() {
        skip(&board.name, &why);
        return Ok(());
    }
    let mut command = board.xsys_in(project);
    command.args(["test", "--board", &board.name]).args(profile);
    let ran = run(&mut command).ends_with(0);
    let passed = ran.stdout.contains("... ok") && ran.stdout.contains("; 0 failed; 0 ignored;");
    check(passed, &format!("{}\n{}", ran.stdout, ran.stderr))
}

/// What `xsys new` makes runs in both profiles.
fn runs(board: &Board) -> Result<(), Failed> {
    let test = format!("{}::runs", board.name);
    if let Some(why) = board.cannot_run() {
        skip(&test, &why);
        return Ok(());
    }
    let place = Place::new("boards", &format!("{}-runs", board.name));
    // What `xsys new` copies; made here it would be a member of this repository's workspace.
    let project = place.copy(&board.folder.join("hello"), "hello");
    for profile in ["dev", "release"] {
        let mut command = board.xsys_in(&project);
        command.args(["run", "--board", &board.name, "--profile", profile]);
        // What is printed on the way is the same for both.
        said(board, &run(&mut command).ends_with(0))
            .map_err(|failed| format!("{profile}: {}", failed.message().unwrap_or_default()))?;
    }
    // Compiled as one unit, start code and tests may clash.
    tested(board, &project, &["--release"])
}

/// The program's own words.
fn said(board: &Board, ran: &Ran) -> Result<(), Failed> {
    let expected = cases("boards").join(format!("{}.txt", board.name));
    let output = ran.stdout.replace('\r', "");
    if let Some(line) = output.lines().find(|line| line.starts_with("FAIL")) {
        return Err(format!("{line}\n{output}").into());
    }
    match std::fs::read_to_string(&expected) {
        Ok(pattern) => match difference(&pattern, &output) {
            Some(difference) => {
                Err(format!("{}: {difference}\n{output}", expected.display()).into())
            }
            None => Ok(()),
        },
        Err(_) if output.trim().is_empty() => Err("the program said nothing".into()),
        Err(_) => Ok(()),
    }
}

/// Looks into what a build left.
fn examine(board: &Board, folder: &Path) -> Result<(), Failed> {
    if board.target_name.starts_with("wasm") {
        let bytes = read(&folder.join("hello.wasm"))?;
        return check(bytes.starts_with(b"\0asm\x01\0\0\0"), "not a wasm module");
    }
    let bytes = read(&folder.join("hello"))?;
    let elf = Elf::parse(&bytes)?;
    let machine = machine(board)?;
    check(
        elf.header.e_machine == machine,
        &format!("machine {} instead of {machine}", elf.header.e_machine),
    )?;
    let kind = elf.header.e_type;
    check(kind == ET_EXEC || kind == ET_DYN, &format!("type {kind}"))?;
    let interpreter = elf
        .program_headers
        .iter()
        .any(|header| header.p_type == PT_INTERP);
    check(
        !interpreter && elf.libraries.is_empty(),
        "needs a dynamic linker",
    )?;

    let loads: Vec<_> = elf
        .program_headers
        .iter()
        .filter(|header| header.p_type == PT_LOAD)
        .collect();
    // The lowest bit of an Arm address says which instruction set is there.
    let entry = elf.entry & if machine == EM_ARM { !1 } else { !0 };
    let first = loads.iter().find(|load| {
        load.p_flags & PF_X != 0 && (load.p_vaddr..load.p_vaddr + load.p_memsz).contains(&entry)
    });
    check(
        first.is_some(),
        &format!("entry {entry:#x} is in no executable segment"),
    )?;
    for (at, one) in loads.iter().enumerate() {
        for other in &loads[at + 1..] {
            check(
                one.p_vaddr + one.p_memsz <= other.p_vaddr
                    || other.p_vaddr + other.p_memsz <= one.p_vaddr,
                &format!("segments overlap: {one:x?} {other:x?}"),
            )?;
        }
    }
    for load in &loads {
        check(load.p_memsz > 0, &format!("an empty segment: {load:x?}"))?;
        check(load.p_filesz <= load.p_memsz, &format!("{load:x?}"))?;
        check(
            load.p_align < 2 || load.p_offset % load.p_align == load.p_vaddr % load.p_align,
            &format!("a segment cannot be mapped: {load:x?}"),
        )?;
        check(
            load.p_offset + load.p_filesz <= bytes.len() as u64,
            &format!("a segment is not in the file: {load:x?}"),
        )?;
    }
    for name in &board.binaries {
        let image = read(&folder.join(name))?;
        check(
            image == flat(&elf, &bytes),
            &format!("{name} is not the flat image"),
        )?;
    }
    Ok(())
}

/// What is in memory after loading, from the first byte to the last that the file has.
fn flat(elf: &Elf<'_>, bytes: &[u8]) -> Vec<u8> {
    let loads: Vec<_> = elf
        .program_headers
        .iter()
        .filter(|header| header.p_type == PT_LOAD && header.p_filesz > 0)
        .collect();
    let start = loads.iter().map(|load| load.p_paddr).min().unwrap_or(0);
    let mut image = Vec::new();
    for load in loads {
        let at = usize::try_from(load.p_paddr - start).expect("an image fits into memory");
        let content = &bytes[load.file_range()];
        let end = at + content.len();
        if image.len() < end {
            image.resize(end, 0);
        }
        image[at..end].copy_from_slice(content);
    }
    image
}

fn machine(board: &Board) -> Result<u16, Failed> {
    let arch = if board.is_spec() {
        let text = std::fs::read_to_string(board.folder.join(&board.target))?;
        let spec: serde_json::Value = serde_json::from_str(&text)?;
        spec["arch"].as_str().unwrap_or_default().to_owned()
    } else {
        board
            .target
            .split('-')
            .next()
            .unwrap_or_default()
            .to_owned()
    };
    match arch.as_str() {
        "aarch64" => Ok(EM_AARCH64),
        "arm" | "armv7" => Ok(EM_ARM),
        "avr" => Ok(EM_AVR),
        "riscv32" | "riscv64" => Ok(EM_RISCV),
        "x86_64" => Ok(EM_X86_64),
        other => Err(format!("tell this test the ELF machine of `{other}`").into()),
    }
}

fn read(path: &Path) -> Result<Vec<u8>, Failed> {
    std::fs::read(path).map_err(|error| format!("{}: {error}", path.display()).into())
}

fn check(passed: bool, reason: &str) -> Result<(), Failed> {
    if passed { Ok(()) } else { Err(reason.into()) }
}

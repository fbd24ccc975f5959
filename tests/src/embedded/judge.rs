//! What must be true of a program that was linked twice, by xsys and by rust-lld.
//!
//! 1. The recorded link, repeated, gives the same bytes as the build.
//! 2. The case's checks hold.
//! 3. Linked without relaxation and without merging strings (linkers order those differently, which
//!    moves every address after them), the image means the same as rust-lld's, except for what the
//!    case lists.
//! 4. Neither the image nor `.text` is larger than rust-lld's.
//! 5. Both run and print what the case says.

use std::path::{Path, PathBuf};
use std::process::Command;
use std::time::Duration;

use goblin::elf::program_header::PT_LOAD;

use crate::link::eval;
use crate::link::image::Image;
use crate::link::oracle::{self, Excuses};
use crate::project::{find_program, run, run_for, skip, xsys, xsys_in};
use crate::project_text::difference;

use super::case::Case;
use super::record::Recorded;

/// Longer than any of the programs runs, even on a busy machine.
const PATIENCE: Duration = Duration::from_secs(120);

/// What is wrong; an error is a problem of the case itself.
pub fn judge(case: &Case, title: &str, recorded: &Recorded) -> Result<Vec<String>, String> {
    let file = |name: &str| recorded.folder.join(name);
    let (ours, theirs) = (file("xsys.elf"), file("lld.elf"));
    let own = xsys().with_file_name("xsys-ld");
    let excuses = Excuses::new(&case.differs);
    let mut problems = Vec::new();

    link(&own, recorded, &ours, &[])?;
    if read(&recorded.elf)? != read(&ours)? {
        problems.push(format!(
            "the recorded link gives other bytes: {} and {}",
            recorded.elf.display(),
            ours.display()
        ));
    }
    let image = Image::parse(read(&ours)?)?;
    for text in &case.check {
        match eval::eval(text, &image) {
            Ok(0) => problems.push(format!("check: {text}: {}", eval::explain(text, &image))),
            Ok(_) => {}
            Err(problem) => problems.push(format!("check: {text}: {problem}")),
        }
    }
    let mut images = vec![("xsys", &ours)];
    if !excuses.has("everything") {
        let rust_lld = oracle::rust_lld()?;
        let (plain, their_plain) = (file("xsys-plain.elf"), file("lld-plain.elf"));
        link(&own, recorded, &plain, &["-O0", "--no-relax"])?;
        link(&rust_lld, recorded, &their_plain, &["-O0", "--no-relax"])?;
        let plain = Image::parse(read(&plain)?)?;
        let their_plain = Image::parse(read(&their_plain)?)?;
        problems.extend(oracle::differences(&excuses, &plain, &their_plain));

        link(&rust_lld, recorded, &theirs, &[])?;
        if !excuses.has("size") {
            problems.extend(sizes(&image, &Image::parse(read(&theirs)?)?));
        }
        images.push(("rust-lld", &theirs));
    }
    if let Some(words) = case.run() {
        problems.extend(runs(case, title, words, &images)?);
    }
    Ok(problems)
}

/// Repeats the recorded link.
fn link(linker: &Path, recorded: &Recorded, output: &Path, more: &[&str]) -> Result<(), String> {
    let ran = run(Command::new(linker)
        .current_dir(&recorded.link)
        .args(["-flavor", "gnu", "@response.txt"])
        .args(more)
        .arg("-o")
        .arg(output));
    match ran.code {
        Some(0) => Ok(()),
        _ => Err(format!("`{}` fails:\n{}", ran.line, ran.stderr)),
    }
}

fn sizes(ours: &Image, theirs: &Image) -> Vec<String> {
    let loaded = |image: &Image| -> u64 {
        let loads = image.segments.iter().filter(|s| s.p_type == PT_LOAD);
        loads.map(|segment| segment.file_size).sum()
    };
    let text = |image: &Image| image.section(".text").map_or(0, |section| section.size);
    [
        ("image", loaded(ours), loaded(theirs)),
        (".text", text(ours), text(theirs)),
    ]
    .into_iter()
    .filter(|(_, ours, theirs)| ours > theirs)
    .map(|(what, ours, theirs)| format!("size of {what}: {ours} bytes, lld {theirs}"))
    .collect()
}

fn runs(
    case: &Case,
    title: &str,
    words: &[String],
    images: &[(&str, &PathBuf)],
) -> Result<Vec<String>, String> {
    let (program, words) = words.split_first().ok_or("`run` names no program")?;
    let Some(program) = find_program(program) else {
        skip(
            title,
            &format!("linked, but not run: `{program}` is not installed"),
        );
        return Ok(Vec::new());
    };
    let mut problems = Vec::new();
    for (linker, elf) in images {
        let bin = elf.with_extension("bin");
        if words.iter().any(|word| word.contains("{bin}")) {
            let mut image = xsys_in(elf.parent().unwrap_or(Path::new(".")));
            image
                .args(["image", "--format", "bin", "-o"])
                .arg(&bin)
                .arg(elf);
            run(&mut image).ends_with(0);
        }
        let words = words.iter().map(|word| {
            word.replace("{elf}", &elf.display().to_string())
                .replace("{bin}", &bin.display().to_string())
        });
        let ran = run_for(Command::new(&program).args(words), PATIENCE);
        let said = ran.stdout.replace('\r', "");
        let wrong = match (ran.code, &case.stdout) {
            (None, _) => Some("it did not end".to_owned()),
            (Some(code), _) if code != case.exit => Some(format!("it ended with {code}")),
            (_, Some(expected)) => difference(expected, &said),
            (_, None) => None,
        };
        if let Some(wrong) = wrong {
            problems.push(format!(
                "linked by {linker}: {wrong}\n`{}`\n{said}{}",
                ran.line, ran.stderr
            ));
        }
    }
    Ok(problems)
}

fn read(path: &Path) -> Result<Vec<u8>, String> {
    std::fs::read(path).map_err(|error| format!("{}: {error}", path.display()))
}

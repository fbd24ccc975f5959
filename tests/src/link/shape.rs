//! Links a case and checks the directives about the image.
//!
//! Every image is linked twice, with one thread and with eight: the bytes must be the same.

use std::ffi::OsString;
use std::path::Path;

use xsys_diag::{Diagnostic, Severity};
use xsys_link::{Flavor, Outcome, link_command_line};

use super::case::Case;
use super::image::Image;
use super::{eval, oracle, program};
use crate::shown;

/// Links and checks; what is wrong. An error is a problem of the case itself.
pub fn link_and_check(case: &Case, words: &[String], work: &Path) -> Result<Vec<String>, String> {
    let shown = shown::problems(case, words, work, "out.elf", |words, output| {
        link(words, work, output, 1)
    })?;
    let output = work.join("out.elf");
    let outcome = link(words, work, &output, 1);
    let mut problems = shown;
    diagnostics(case, &outcome, work, &mut problems);
    if outcome.failed {
        if case.all("expect-error").is_empty() {
            problems.push("the link failed".to_owned());
        }
        if output.exists() {
            problems.push("the link failed and left a file".to_owned());
        }
        return Ok(problems);
    }
    if !case.all("expect-error").is_empty() {
        problems.push("the link did not fail".to_owned());
        return Ok(problems);
    }
    let bytes = std::fs::read(&output).map_err(|e| format!("there is no output: {e}"))?;
    let again = work.join("again.elf");
    link(words, work, &again, 8);
    if std::fs::read(&again).ok().as_ref() != Some(&bytes) {
        problems.push("eight threads give other bytes than one".to_owned());
    }
    let _ = std::fs::remove_file(&again);

    for text in case.all("prints") {
        if !outcome.stdout.contains(text.as_str()) {
            problems.push(format!(
                "`{text}` is not printed; this is:\n{}",
                outcome.stdout
            ));
        }
    }
    let image = Image::parse(bytes)?;
    check_image(case, &image, &mut problems);
    for value in case.all("contains") {
        let (file, text) = value.split_once(' ').ok_or("`contains` is `FILE TEXT`")?;
        let found = std::fs::read_to_string(work.join(file)).map_err(|e| format!("{file}: {e}"))?;
        if !squeeze(&found).contains(&squeeze(text)) {
            problems.push(format!("`{file}` does not contain `{text}`:\n{found}"));
        }
    }
    if case.first("compare").is_some() {
        problems.extend(oracle::compare(case, words, work, &image)?);
    }
    if problems.is_empty() && case.first("run").is_some() {
        problems.extend(program::run(case, &output, image.machine, image.is_64)?);
    }
    Ok(problems)
}

/// Makes what the case's link takes as input (`first`).
pub fn first_links(case: &Case, work: &Path) -> Result<(), String> {
    for (output, words) in case.first_links() {
        let outcome = link(&words, work, &work.join(&output), 1);
        if outcome.failed {
            let said: Vec<String> = outcome.diagnostics.iter().map(|d| d.to_string()).collect();
            return Err(format!("`{output}` cannot be linked:\n{}", said.join("\n")));
        }
    }
    Ok(())
}

/// The text without spaces, which do not count.
fn squeeze(text: &str) -> String {
    text.split_whitespace().collect::<Vec<_>>().join(" ")
}

fn link(words: &[String], work: &Path, output: &Path, threads: usize) -> Outcome {
    let mut args: Vec<OsString> = words
        .iter()
        .map(|word| absolute(word, work).into())
        .collect();
    args.push("-L".into());
    args.push(work.into());
    args.push("-o".into());
    args.push(output.into());
    args.push(format!("--threads={threads}").into());
    link_command_line(Flavor::Gnu, &args)
}

/// The linker runs in the test's process, whose current directory is not the case's: file names get
/// their directory, also after `--option=`.
fn absolute(word: &str, work: &Path) -> String {
    let (option, name) = match word.rsplit_once('=') {
        Some((option, name)) => (format!("{option}="), name),
        None if word.starts_with("-T") && word.len() > 2 => ("-T".to_owned(), &word[2..]),
        None => (String::new(), word),
    };
    let known = [".o", ".a", ".x", ".ld", ".txt", ".map", ".so"];
    if known.iter().any(|ending| name.ends_with(ending)) && !name.contains('/') {
        format!("{option}{}", work.join(name).display())
    } else {
        word.to_owned()
    }
}

fn diagnostics(case: &Case, outcome: &Outcome, work: &Path, problems: &mut Vec<String>) {
    let folder = format!("{}/", work.display());
    let mut found: Vec<(&Diagnostic, String)> = outcome
        .diagnostics
        .iter()
        .map(|d| (d, d.to_string().replace(&folder, "")))
        .collect();
    for (key, severity) in [
        ("expect-error", Severity::Error),
        ("expect-warning", Severity::Warning),
    ] {
        for text in case.all(key) {
            let hit = found
                .iter()
                .any(|(d, shown)| d.severity == severity && shown.contains(text.as_str()));
            if !hit {
                problems.push(format!("nothing says `{text}` ({key})"));
            }
        }
        found.retain(|(d, shown)| {
            d.severity != severity || !case.all(key).iter().any(|t| shown.contains(t.as_str()))
        });
    }
    problems.extend(
        found
            .into_iter()
            .map(|(_, shown)| format!("unexpected: {shown}")),
    );
}

fn check_image(case: &Case, image: &Image, problems: &mut Vec<String>) {
    for text in case.all("check") {
        match eval::eval(text, image) {
            Ok(0) => problems.push(format!("check: {text}: {}", eval::explain(text, image))),
            Ok(_) => {}
            Err(problem) => problems.push(format!("check: {text}: {problem}")),
        }
    }
    for name in case.words("absent") {
        if image.symbols.iter().any(|symbol| symbol.name == name) {
            problems.push(format!("symbol `{name}` is in the image"));
        }
    }
    for name in case.words("present") {
        if image.symbol(&name).is_none() {
            problems.push(format!("symbol `{name}` is not in the image"));
        }
    }
    for name in case.words("no-section") {
        if image.section(&name).is_some() {
            problems.push(format!("section `{name}` is in the image"));
        }
    }
    if let Some(expected) = case.first("sections") {
        let found: Vec<&str> = image.alloc().map(|s| s.name.as_str()).collect();
        if found.join(" ") != expected {
            problems.push(format!("sections: {}", found.join(" ")));
        }
    }
    if let Some(expected) = case.first("segments") {
        let found: Vec<String> = image
            .segments
            .iter()
            .map(|s| {
                format!(
                    "{} {}",
                    oracle::kind_name(s.p_type),
                    oracle::permissions(s.flags)
                )
            })
            .collect();
        if found.join(", ") != expected {
            problems.push(format!("segments: {}", found.join(", ")));
        }
    }
    for value in case.all("bytes") {
        let Some((name, expected)) = value.split_once('=') else {
            problems.push("`bytes` is `SECTION = BYTES`".to_owned());
            continue;
        };
        let found = match image.section(name.trim()) {
            Some(section) => image
                .contents(section)
                .iter()
                .map(|byte| format!("{byte:02x}"))
                .collect::<Vec<_>>()
                .join(" "),
            None => "no such section".to_owned(),
        };
        if found != expected.trim() {
            problems.push(format!("bytes of {}: {found}", name.trim()));
        }
    }
    for value in case.all("string") {
        let Some((place, expected)) = value.split_once('=') else {
            problems.push("`string` is `EXPRESSION = TEXT`".to_owned());
            continue;
        };
        let found = eval::eval(place, image).map(|addr| c_string(image, addr as u64));
        if found.as_deref() != Ok(expected.trim()) {
            problems.push(format!("string: {value}: {found:?}"));
        }
    }
}

fn c_string(image: &Image, addr: u64) -> String {
    let bytes: Vec<u8> = (addr..addr.saturating_add(200))
        .map_while(|at| image.memory::<1>(at))
        .map(|[byte]| byte)
        .take_while(|byte| *byte != 0)
        .collect();
    String::from_utf8_lossy(&bytes).into_owned()
}

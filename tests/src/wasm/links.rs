//! The three links of a case: by rust-lld, by xsys with `--compat=wasm-ld`, and by xsys by default.

use std::ffi::OsString;
use std::path::Path;
use std::process::Command;

use xsys_diag::{Diagnostic, Severity};
use xsys_link::{Flavor, Outcome, link_command_line};

use super::messages::{self, Said};
use super::module::{self, Module};
use super::{c_code, checks, engine, node, relation};
use crate::link::case::Case;
use crate::link::oracle::rust_lld;
use crate::shown;

/// Links and checks; what is wrong. An error is a problem of the case itself.
pub fn link_and_check(case: &Case, words: &[String], work: &Path) -> Result<Vec<String>, String> {
    let shown = shown::problems(case, words, work, "out.wasm", |words, output| {
        link(words, work, output, 1)
    })?;
    let output = work.join("out.wasm");
    let outcome = link(words, work, &output, 1);
    let mut problems = shown;
    diagnostics(case, &outcome, work, &mut problems);
    if outcome.failed {
        let fatal = words.iter().any(|word| word == "--fatal-warnings");
        let warned = fatal && !case.all("expect-warning").is_empty();
        if case.all("expect-error").is_empty() && !warned {
            problems.push("the link failed".to_owned());
        }
        if output.exists() {
            problems.push("the link failed and left a file".to_owned());
        }
        if case.first("compare").is_some() {
            compare(case, words, work, None, &mut problems)?;
        }
        return Ok(problems);
    }
    if !case.all("expect-error").is_empty() {
        problems.push("the link did not fail".to_owned());
        return Ok(problems);
    }
    for text in case.all("prints") {
        if !outcome.stdout.contains(text.as_str()) {
            let said = &outcome.stdout;
            problems.push(format!("`{text}` is not printed; this is:\n{said}"));
        }
    }
    for value in case.all("contains") {
        let (file, text) = value.split_once(' ').ok_or("`contains` is `FILE TEXT`")?;
        let found = std::fs::read_to_string(work.join(file)).map_err(|e| format!("{file}: {e}"))?;
        if !squeeze(&found).contains(&squeeze(text)) {
            problems.push(format!("`{file}` does not contain `{text}`:\n{found}"));
        }
    }
    let bytes = read(&output)?;
    module::validate(&bytes)?;
    same_with_threads(words, work, &output, &bytes, &mut problems);
    let module = Module::parse(bytes)?;
    checks::check(case, &module, &mut problems);
    run(case, &module, &output, "our module", &mut problems);
    problems.extend(c_code::inspect(case, &output)?);
    if case.first("compare").is_some() {
        compare(case, words, work, Some(&module), &mut problems)?;
    }
    Ok(problems)
}

/// Links in the other two ways and compares; without a module if the default link is refused.
fn compare(
    case: &Case,
    words: &[String],
    work: &Path,
    module: Option<&Module>,
    problems: &mut Vec<String>,
) -> Result<(), String> {
    // The module's name in the name section is that of the file.
    let expected_path = work.join("lld").join("out.wasm");
    let compat_path = work.join("compat").join("out.wasm");
    for path in [&expected_path, &compat_path] {
        let folder = path.parent().unwrap_or(work);
        std::fs::create_dir_all(folder).map_err(|e| format!("cannot create a folder: {e}"))?;
    }
    let lld = with_lld(case, words, work, &expected_path)?;
    let compat_words = [&["--compat=wasm-ld".to_owned()], words].concat();
    let outcome = link(&compat_words, work, &compat_path, 1);
    let said = Said::of_outcome(&outcome, work);
    problems.extend(messages::compare(case, &said, &lld));
    let named = |what: &str| {
        let mut reasons = case.all("differs").iter();
        reasons.any(|reason| reason.split(':').next() == Some(what))
    };
    // If only the default mode refuses the link, compat mode does not.
    let refused = !case.all("refused").is_empty() || (module.is_none() && !named("refusal"));
    match (outcome.failed, lld.failed) {
        (false, false) if !refused => {}
        (false, false) => {
            problems.push("rust-lld and `--compat=wasm-ld` refuse nothing".to_owned());
            return Ok(());
        }
        (true, true) if refused => return Ok(()),
        (compat, _) => {
            let (who, said) = match compat {
                true => ("`--compat=wasm-ld` fails", said),
                false => ("rust-lld fails", lld),
            };
            problems.push(format!("{who}:\n{}", said.errors.join("\n")));
            return Ok(());
        }
    }
    let expected = read(&expected_path)?;
    let compat = read(&compat_path)?;
    // If the default mode refuses the link, wasm-ld's module may be invalid.
    if module.is_some() {
        module::validate(&compat)?;
    }
    same_with_threads(&compat_words, work, &compat_path, &compat, problems);
    if !named("bytes") {
        if let Some((section, difference)) = first_difference(&compat, &expected) {
            problems.push(format!(
                "`--compat=wasm-ld` against rust-lld: {section}: {difference}"
            ));
        }
    } else if compat == expected {
        problems.push("`differs: bytes` is not so: the bytes are the same".to_owned());
    }
    let Some(module) = module else { return Ok(()) };
    let expected = Module::parse(expected)?;
    if !case.all("inspect").is_empty() {
        run(
            case,
            &Module::parse(compat)?,
            &compat_path,
            "compat mode's module",
            problems,
        );
        problems.extend(c_code::inspect(case, &compat_path)?);
    }
    if !named("meaning") {
        let found = relation::compare(module, &expected);
        problems.extend(found.into_iter().map(|text| format!("meaning: {text}")));
    }
    if problems.is_empty() && !named("run") {
        run(
            case,
            &expected,
            &expected_path,
            "rust-lld's module",
            problems,
        );
    }
    Ok(())
}

fn run(case: &Case, module: &Module, path: &Path, whose: &str, problems: &mut Vec<String>) {
    let keys = ["run", "worker", "stdout"];
    if keys.iter().all(|key| case.all(key).is_empty()) {
        return;
    }
    let found = match case.first("engine") {
        Some("node") => node::run(case, module, path),
        None => engine::run(case, module),
        Some(other) => vec![format!("there is no engine `{other}`")],
    };
    problems.extend(found.into_iter().map(|text| format!("{whose}: {text}")));
}

fn with_lld(case: &Case, words: &[String], work: &Path, output: &Path) -> Result<Said, String> {
    let result = Command::new(rust_lld()?)
        .current_dir(work)
        .args(["-flavor", "wasm", "-L"])
        .arg(work)
        .args(words.iter().map(|word| absolute(word, work)))
        .args(case.words("lld-args"))
        .arg("-o")
        .arg(output)
        .output()
        .map_err(|e| format!("cannot start rust-lld: {e}"))?;
    Ok(Said::of_lld(&result, work))
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

/// Eight threads must give the bytes that one gives.
fn same_with_threads(
    words: &[String],
    work: &Path,
    output: &Path,
    bytes: &[u8],
    problems: &mut Vec<String>,
) {
    let folder = work.join("again");
    let again = folder.join(output.file_name().unwrap_or_default());
    if std::fs::create_dir_all(&folder).is_ok() {
        link(words, work, &again, 8);
    }
    if std::fs::read(&again).ok().as_deref() != Some(bytes) {
        problems.push("eight threads give other bytes than one".to_owned());
    }
}

/// Links within this process, on a pool with this number of threads.
fn link(words: &[String], work: &Path, output: &Path, threads: usize) -> Outcome {
    // What a case says of threads comes behind, and counts.
    let threads_word = format!("--threads={threads}");
    let mut args: Vec<OsString> = vec!["-L".into(), work.into(), threads_word.into()];
    args.extend(words.iter().map(|word| absolute(word, work).into()));
    args.push("-o".into());
    args.push(output.into());
    match rayon::ThreadPoolBuilder::new().num_threads(threads).build() {
        Ok(pool) => pool.install(|| link_command_line(Flavor::Wasm, &args)),
        Err(_) => link_command_line(Flavor::Wasm, &args),
    }
}

/// The linker runs in the test's process, whose current directory is not the case's: file names get
/// their directory, also after `--option=`.
fn absolute(word: &str, work: &Path) -> String {
    let (option, name) = match word.split_once('=') {
        Some((option, name)) if option.starts_with('-') => (format!("{option}="), name),
        _ => (String::new(), word),
    };
    let known = [".o", ".a", ".wasm", ".txt", ".map"];
    if known.iter().any(|ending| name.ends_with(ending)) && !name.contains('/') {
        format!("{option}{}", work.join(name).display())
    } else {
        word.to_owned()
    }
}

fn read(path: &Path) -> Result<Vec<u8>, String> {
    std::fs::read(path).map_err(|e| format!("there is no `{}`: {e}", path.display()))
}

/// The text without spaces, which do not count.
fn squeeze(text: &str) -> String {
    text.split_whitespace().collect::<Vec<_>>().join(" ")
}

/// The first section in which two modules differ, by name, and how: whole modules are too long for messages.
pub fn first_difference(actual: &[u8], expected: &[u8]) -> Option<(String, String)> {
    if actual == expected {
        return None;
    }
    let (actual, expected) = (sections(actual), sections(expected));
    let names = |sections: &[(String, Vec<u8>)]| {
        let names = sections.iter().map(|(name, _)| name.clone());
        names.collect::<Vec<_>>()
    };
    let (ours, theirs) = (names(&actual), names(&expected));
    if ours != theirs {
        let more = |these: &[String], those: &[String]| {
            let more = these.iter().filter(|name| !those.contains(name));
            more.cloned().collect::<Vec<_>>().join(" ")
        };
        let kind = format!(
            "sections [{}] instead of [{}]",
            more(&ours, &theirs),
            more(&theirs, &ours)
        );
        return Some((kind, format!("{ours:?}, not {theirs:?}")));
    }
    for ((name, actual), (_, expected)) in actual.iter().zip(&expected) {
        if actual != expected {
            let at = actual.iter().zip(expected).position(|(a, b)| a != b);
            let at = at.unwrap_or(actual.len().min(expected.len()));
            let text = format!(
                "at {at:#x}\n  {}\nnot\n  {}",
                excerpt(actual, at),
                excerpt(expected, at)
            );
            return Some((name.clone(), text));
        }
    }
    let text = "the sections' sizes are encoded in another way".to_owned();
    Some(("sizes".to_owned(), text))
}

/// Names and contents of a module's sections.
fn sections(wasm: &[u8]) -> Vec<(String, Vec<u8>)> {
    let payloads = wasmparser::Parser::new(0).parse_all(wasm);
    let sections = payloads.filter_map(|payload| {
        let payload = payload.ok()?;
        let (id, range) = payload.as_section()?;
        let name = match &payload {
            wasmparser::Payload::CustomSection(custom) => format!("custom {}", custom.name()),
            _ => format!("section {id}"),
        };
        Some((
            name,
            wasm.get(range.start as usize..range.end as usize)?.to_vec(),
        ))
    });
    sections.collect()
}

fn excerpt(bytes: &[u8], at: usize) -> String {
    let from = at.saturating_sub(24);
    let to = bytes.len().min(at + 24);
    let shown = &bytes[from..to];
    let hex: Vec<String> = shown.iter().map(|byte| format!("{byte:02x}")).collect();
    let text: String = shown
        .iter()
        .map(|&byte| {
            if (32..127).contains(&byte) {
                char::from(byte)
            } else {
                '.'
            }
        })
        .collect();
    format!("{} |{text}| ({} bytes)", hex.join(" "), bytes.len())
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
    let rest = found.into_iter();
    problems.extend(rest.map(|(_, shown)| format!("unexpected: {shown}")));
}

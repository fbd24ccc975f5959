//! cargo is asked what it would build: `cargo VERB --unit-graph`, with the flags of the command.
//!
//! This takes as long as the start of the build itself, about a tenth of a second, so cargo is only asked if the lock
//! file has a crate that matters, and the answer is kept until something that it depends on changes.

use std::ffi::OsString;
use std::io::{BufRead, BufReader, Read};
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use sha2::{Digest, Sha256};
use xsys_target::Kind;

use super::Build;
use super::graph::{self, CCrate};
use crate::error::{Result, file};
use crate::project::verb::Verb;
use crate::ui::Ui;

/// The crates that use C. None if cargo cannot say: it will report why when it builds.
pub(super) fn ask(ui: &Ui, build: &Build<'_>) -> Result<Vec<CCrate>> {
    let lock = std::fs::read_to_string(build.project.workspace_root.join("Cargo.lock"));
    if let Ok(lock) = &lock
        && !graph::mentions_tools(lock)
    {
        return Ok(Vec::new());
    }
    let kept = lock.ok().and_then(|lock| kept_file(build, &lock));
    if let Some(path) = &kept
        && let Ok(bytes) = std::fs::read(path)
        && let Ok(crates) = serde_json::from_slice(&bytes)
    {
        return Ok(crates);
    }
    let Some(text) = unit_graph(ui, build)? else {
        return Ok(Vec::new());
    };
    let Ok(crates) = graph::crates(&text) else {
        return Ok(Vec::new());
    };
    if let Some(path) = kept {
        // An answer that cannot be kept is asked for again.
        let _ = keep(&path, &crates);
    }
    Ok(crates)
}

fn keep(path: &Path, crates: &[CCrate]) -> std::io::Result<()> {
    let directory = path.parent().unwrap_or(Path::new("."));
    std::fs::create_dir_all(directory)?;
    // One answer per project is enough.
    for old in std::fs::read_dir(directory)?.flatten() {
        let _ = std::fs::remove_file(old.path());
    }
    std::fs::write(path, serde_json::to_vec(crates)?)
}

/// Where the answer to exactly this question is kept. None if it depends on something that is not
/// checked here: packages with a path outside of the workspace.
fn kept_file(build: &Build<'_>, lock: &str) -> Option<PathBuf> {
    let members = &build.project.manifests;
    if local_packages(lock) != members.len() {
        return None;
    }
    let mut hash = Sha256::new();
    let mut add = |bytes: &[u8]| {
        hash.update((bytes.len() as u64).to_le_bytes());
        hash.update(bytes);
    };
    add(lock.as_bytes());
    for manifest in members
        .iter()
        .chain([&build.project.workspace_root.join("Cargo.toml")])
    {
        add(&std::fs::read(manifest).ok()?);
    }
    add(build.verb.name().as_bytes());
    add(build.project.directory.as_os_str().as_encoded_bytes());
    add(build.target.name.as_bytes());
    add(build.target.digest().as_bytes());
    add(build.toolchain.rustc.commit_hash().as_bytes());
    for flag in &build.flags.flags {
        add(flag.as_encoded_bytes());
    }
    for (name, value) in std::env::vars_os() {
        if name.as_encoded_bytes().starts_with(b"CARGO") {
            add(name.as_encoded_bytes());
            add(value.as_encoded_bytes());
        }
    }
    let digest: String = hash.finalize()[..8]
        .iter()
        .map(|byte| format!("{byte:02x}"))
        .collect();
    Some(
        directory(build)
            .join("crates")
            .join(format!("{digest}.json")),
    )
}

/// Packages of a lock file that come neither from a registry nor from a repository.
fn local_packages(lock: &str) -> usize {
    let packages = lock.split("[[package]]").skip(1);
    packages
        .filter(|package| !package.lines().any(|line| line.starts_with("source = ")))
        .count()
}

fn directory(build: &Build<'_>) -> PathBuf {
    build.project.target_dir.join("xsys").join("c-code")
}

/// cargo's answer; None where it has none.
pub(crate) fn unit_graph(ui: &Ui, build: &Build<'_>) -> Result<Option<String>> {
    let mut command = Command::new(&build.toolchain.cargo);
    command
        .current_dir(&build.project.directory)
        .args(question(build))
        .args([
            "--unit-graph",
            "-Zunstable-options",
            "--color=never",
            "--target",
        ])
        .env("RUSTC", build.toolchain.rustc.program())
        .env("RUSTC_BOOTSTRAP", "1")
        .stdin(Stdio::null())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped());
    if let Some(name) = &build.toolchain.name {
        command.env("RUSTUP_TOOLCHAIN", name);
    }
    match build.target.kind {
        Kind::Builtin => command.arg(&build.target.name),
        Kind::Json => command.arg(spec_file(build)?).arg("-Zjson-target-spec"),
    };
    let Ok(mut child) = command.spawn() else {
        return Ok(None);
    };
    let stderr = child.stderr.take();
    let quiet = ui.quiet || build.flags.quiet;
    let ui = *ui;
    let reader = std::thread::spawn(move || {
        for line in stderr
            .into_iter()
            .flat_map(|stderr| BufReader::new(stderr).lines())
        {
            let Ok(line) = line else { break };
            // Problems are reported when cargo builds; downloads are reported now and not again.
            if !quiet && tells_of_downloads(&line) {
                ui.line(&line);
            }
        }
    });
    let mut text = String::new();
    let read = child
        .stdout
        .take()
        .map(|mut stdout| stdout.read_to_string(&mut text));
    let _ = child.wait();
    let _ = reader.join();
    // The exit code says nothing: `cargo run` prints the graph and then fails because there is no
    // program.
    Ok(matches!(read, Some(Ok(_))).then_some(text))
}

/// The command whose units are listed; for an unknown command, what it will most likely build.
fn question(build: &Build<'_>) -> Vec<OsString> {
    let Verb::Other = build.verb else {
        let mut words = vec![build.verb.name().into()];
        words.extend(build.flags.flags.iter().cloned());
        return words;
    };
    vec!["check".into()]
}

/// cargo's status lines about what it fetches, and what it does to the lock file.
fn tells_of_downloads(line: &str) -> bool {
    let (verb, _) = line.trim_start().split_once(' ').unwrap_or((line, ""));
    line.starts_with(' ')
        && [
            "Updating",
            "Downloading",
            "Downloaded",
            "Locking",
            "Adding",
            "Blocking",
        ]
        .contains(&verb)
}

/// The name of the command's own target in the answer.
pub(crate) fn asked_as(build: &Build<'_>) -> Result<PathBuf> {
    if build.target.kind == Kind::Builtin {
        return Ok(PathBuf::from(&build.target.name));
    }
    let path = spec_file(build)?;
    Ok(path.canonicalize().unwrap_or(path))
}

/// The spec as a file of its name, in which cargo can read the target's cfgs; the sysroot's may not
/// exist yet.
fn spec_file(build: &Build<'_>) -> Result<PathBuf> {
    let directory = directory(build);
    let path = directory.join(format!("{}.json", build.target.name));
    let text = build.target.canonical_json();
    if std::fs::read_to_string(&path).is_ok_and(|old| old == text) {
        return Ok(path);
    }
    std::fs::create_dir_all(&directory)
        .and_then(|()| std::fs::write(&path, text))
        .map_err(|error| file("write", &path, &error))?;
    Ok(path)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn members_are_told_from_what_is_fetched() {
        let lock = "version = 4\n\n[[package]]\nname = \"a\"\nversion = \"0.1.0\"\n\n[[package]]\nname = \"b\"\nversion = \"1.0.0\"\nsource = \"registry+x\"\n";
        assert_eq!(local_packages(lock), 1);
        assert_eq!(local_packages(""), 0);
    }

    #[test]
    fn only_what_is_done_once_is_shown() {
        for (line, expected) in [
            ("  Downloaded cc v1.0.0", true),
            (
                "     Locking 3 packages to latest compatible versions",
                true,
            ),
            ("    Updating crates.io index", true),
            ("warning: unused manifest key: x", false),
            ("error: no such command", false),
            ("Downloading", false),
        ] {
            assert_eq!(tells_of_downloads(line), expected, "{line}");
        }
    }
}

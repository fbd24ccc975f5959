//! What a page loads: `emit = ["web=pkg"]`, a directory with a module and the JavaScript around it.
//!
//! Problem: a module that uses wasm-bindgen needs JavaScript that wasm-bindgen's own program generates from what the
//! macros have left in the module. Both must have the same version, and a difference only shows when the page fails. So
//! that program is part of the build: it is looked up and its version compared before anything is compiled, and it runs
//! after cargo (`wasm-bindgen --target web`, <https://wasm-bindgen.github.io/wasm-bindgen/reference/cli.html>).
//!
//! The directory is relative to the package's, where bundlers and servers look. Servers that watch it reload pages when
//! a file changes, so unchanged files are not written, and nothing is generated again from an unchanged module.

use std::collections::BTreeMap;
use std::io::ErrorKind;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};
use wasmparser::{Parser, Payload};
use xsys_diag::Diagnostic;
use xsys_target::Target;

use crate::children;
use crate::error::file;
use crate::files::replace;
use crate::images::Output;
use crate::programs;
use crate::project::Project;

/// The requested directory.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Web {
    directory: PathBuf,
}

/// What a directory was made from, and which files in it are ours.
#[derive(Debug, PartialEq, Eq, Serialize, Deserialize)]
struct Made {
    input: String,
    /// Digests by the names of files, with `/` between directories.
    files: BTreeMap<String, String>,
}

/// Takes `web` out of a list of images.
pub(crate) fn split(list: &[String]) -> Result<(Option<Web>, Vec<&str>), Diagnostic> {
    let (mut web, mut images) = (None, Vec::new());
    for text in list {
        let directory = match text.strip_prefix("web") {
            Some("") => "pkg",
            Some(rest) if rest.starts_with('=') => &rest[1..],
            _ => {
                images.push(text.as_str());
                continue;
            }
        };
        if directory.is_empty() {
            return Err(Diagnostic::error("`web=` names no directory")
                .help("`web=pkg` makes the directory `pkg` beside Cargo.toml"));
        }
        let asked = Web {
            directory: directory.into(),
        };
        if web.replace(asked.clone()).is_some_and(|web| web != asked) {
            return Err(Diagnostic::error("`web` is given for two directories")
                .help("make one, and let both pages load it"));
        }
    }
    Ok((web, images))
}

impl Web {
    /// Reports what can be known before anything is compiled.
    pub(crate) fn check(&self, target: &Target, project: &Project) -> Result<(), Diagnostic> {
        if !target.is_wasm() || target.makes_components() {
            return Err(
                Diagnostic::error(format!("pages load no programs for `{}`", target.name))
                    .help("`web` is for `--target wasm32-unknown-unknown`"),
            );
        }
        match locked(&project.workspace_root, "wasm-bindgen") {
            Some(version) => tool(&version).map(drop),
            None => Ok(()),
        }
    }

    /// Makes the directories for a build's programs, by the directories of their packages; returns what pages load, by
    /// program.
    pub(crate) fn make(
        &self,
        programs: &[(&Path, &Path)],
        project: &Project,
    ) -> Result<BTreeMap<PathBuf, Vec<Output>>, Diagnostic> {
        let mut all = BTreeMap::new();
        let mut plain = None;
        for (program, package) in programs {
            let module = std::fs::read(program).map_err(|error| file("read", program, &error))?;
            if uses_bindgen(&module) {
                let directory = package.join(&self.directory);
                let outputs = make(&module, program, &directory, project)?;
                all.insert(program.to_path_buf(), outputs);
            } else {
                plain.get_or_insert((program, module));
            }
        }
        match plain {
            // Other programs of the package may not be for pages.
            Some((program, module)) if all.is_empty() => Err(without_bindgen(program, &module)),
            _ => Ok(all),
        }
    }
}

/// How to install the program in the version of the crate.
pub(crate) fn how_to_install(version: Option<&str>) -> String {
    match version {
        Some(version) => format!("cargo install wasm-bindgen-cli --version {version} --locked"),
        None => "cargo install wasm-bindgen-cli".to_owned(),
    }
}

/// A package's version in the lock file of a workspace.
pub(crate) fn locked(workspace: &Path, name: &str) -> Option<String> {
    let lock = workspace.join("Cargo.lock");
    let lock: toml::Table = std::fs::read_to_string(lock).ok()?.parse().ok()?;
    let packages = lock.get("package")?.as_array()?;
    let package = packages
        .iter()
        .find(|package| package.get("name").and_then(toml::Value::as_str) == Some(name))?;
    Some(package.get("version")?.as_str()?.to_owned())
}

/// The macros leave their descriptions in a section of this name.
fn uses_bindgen(module: &[u8]) -> bool {
    let mut sections = Parser::new(0).parse_all(module).map_while(Result::ok);
    sections.any(|section| match section {
        Payload::CustomSection(section) => section.name() == "__wasm_bindgen_unstable",
        _ => false,
    })
}

fn without_bindgen(program: &Path, module: &[u8]) -> Diagnostic {
    let name = program.file_name().unwrap_or_default().display();
    let problem = Diagnostic::error(format!(
        "`{name}` does not use wasm-bindgen, so there is no JavaScript to make for it"
    ));
    let wasi = Parser::new(0).parse_all(module).flatten().any(|section| {
        let Payload::ImportSection(imports) = section else {
            return false;
        };
        let mut imports = imports.into_imports().flatten();
        imports.any(|import| import.module.starts_with("wasi_"))
    });
    if wasi {
        return problem
            .note("it is a program for WASI, which `xsys run` runs")
            .help("for pages build a library (`crate-type = [\"cdylib\"]`) for `--target wasm32-unknown-unknown`, with wasm-bindgen");
    }
    problem
        .help("mark what the page calls with `#[wasm_bindgen]`, of the crate wasm-bindgen")
        .help(format!(
            "or leave `web` away and let the page load the module itself: \
             `const {{ instance }} = await WebAssembly.instantiateStreaming(fetch(\"{name}\"))`; \
             what it exports is in `instance.exports`"
        ))
}

/// wasm-bindgen's program, in the version of the project's crate.
fn tool(version: &str) -> Result<PathBuf, Diagnostic> {
    let Some(tool) = programs::find("wasm-bindgen") else {
        return Err(Diagnostic::error(
            "the program `wasm-bindgen` is not installed, which makes the JavaScript for `web`",
        )
        .note(format!(
            "its version has to be the one in Cargo.lock, {version}"
        ))
        .help(format!(
            "install the one that fits: `{}`",
            how_to_install(Some(version))
        )));
    };
    let output = Command::new(&tool)
        .arg("--version")
        .stdin(Stdio::null())
        .output()
        .map_err(|error| file("start", &tool, &error))?;
    let said = String::from_utf8_lossy(&output.stdout);
    let found = said.split_whitespace().nth(1).unwrap_or("unknown");
    if found == version {
        return Ok(tool);
    }
    Err(Diagnostic::error(format!(
        "the program `wasm-bindgen` has version {found}, and the crate in Cargo.lock {version}"
    ))
    .note(format!("the program is `{}`", tool.display()))
    .help(format!(
        "install the one that fits: `{}`",
        how_to_install(Some(version))
    ))
    .help(format!(
        "or take the crate that fits: `cargo update --package wasm-bindgen --precise {found}`"
    )))
}

/// Makes a module's directory, or finds it up to date.
fn make(
    module: &[u8],
    program: &Path,
    directory: &Path,
    project: &Project,
) -> Result<Vec<Output>, Diagnostic> {
    let version = locked(&project.workspace_root, "wasm-bindgen").ok_or_else(|| {
        Diagnostic::error("Cargo.lock does not name wasm-bindgen, which the module was made with")
    })?;
    let tool = tool(&version)?;
    let work = project.target_dir.join("xsys").join("web");
    std::fs::create_dir_all(&work).map_err(|error| file("create", &work, &error))?;
    let stem = program.file_stem().unwrap_or_default().to_string_lossy();
    let record = work.join(format!(
        "{}.json",
        &digest(directory.join(&*stem).display().to_string().as_bytes())[..16]
    ));
    let input = format!("{version} {}", digest(module));
    let before = std::fs::read(&record)
        .ok()
        .and_then(|text| serde_json::from_slice::<Made>(&text).ok());
    if let Some(made) = &before
        && made.input == input
        && made
            .files
            .iter()
            .all(|(name, digest)| is(&directory.join(name), digest))
    {
        return outputs(directory, &stem);
    }

    let fresh = tempfile::tempdir_in(&work).map_err(|error| file("write in", &work, &error))?;
    children::remove_at_end(fresh.path().to_owned());
    bindgen(&tool, program, fresh.path())?;
    let mut files = BTreeMap::new();
    for name in files_in(fresh.path())? {
        let from = fresh.path().join(&name);
        let content = std::fs::read(&from).map_err(|error| file("read", &from, &error))?;
        let (path, digest) = (directory.join(&name), digest(&content));
        if !is(&path, &digest) {
            let parent = path.parent().unwrap_or(directory);
            std::fs::create_dir_all(parent).map_err(|error| file("create", parent, &error))?;
            replace(&path, &content)?;
        }
        files.insert(name, digest);
    }
    // Files of the last module that this one does not have (`snippets/`) are removed; files that
    // somebody has changed stay.
    for (name, digest) in before.iter().flat_map(|made| &made.files) {
        let path = directory.join(name);
        if !files.contains_key(name) && is(&path, digest) {
            std::fs::remove_file(&path).map_err(|error| file("remove", &path, &error))?;
        }
    }
    let text = serde_json::to_vec(&Made { input, files }).unwrap_or_default();
    replace(&record, &text)?;
    outputs(directory, &stem)
}

fn bindgen(tool: &Path, program: &Path, directory: &Path) -> Result<(), Diagnostic> {
    let mut command = Command::new(tool);
    command
        .args(["--target", "web", "--out-dir"])
        .arg(directory)
        .arg(program)
        .stdin(Stdio::null())
        .stdout(Stdio::null())
        .stderr(Stdio::piped());
    let child = children::spawn(&mut command).map_err(|error| file("start", tool, &error))?;
    let output = child
        .wait_with_output()
        .map_err(|error| file("wait for", tool, &error))?;
    children::stop_if_ending();
    if output.status.success() {
        return Ok(());
    }
    let said = String::from_utf8_lossy(&output.stderr);
    Err(
        Diagnostic::error(format!("`wasm-bindgen` takes no `{}`", program.display()))
            .note(format!("it says: {}", said.trim())),
    )
}

/// All files below a directory, by their names from there, in order.
fn files_in(directory: &Path) -> Result<Vec<String>, Diagnostic> {
    let mut files = Vec::new();
    let mut open = vec![(directory.to_owned(), String::new())];
    while let Some((directory, before)) = open.pop() {
        let entries =
            std::fs::read_dir(&directory).map_err(|error| file("read", &directory, &error))?;
        for entry in entries {
            let entry = entry.map_err(|error| file("read", &directory, &error))?;
            let name = format!("{before}{}", entry.file_name().to_string_lossy());
            match entry.path().is_dir() {
                true => open.push((entry.path(), format!("{name}/"))),
                false => files.push(name),
            }
        }
    }
    files.sort();
    Ok(files)
}

/// What the page refers to, and what that loads.
fn outputs(directory: &Path, stem: &str) -> Result<Vec<Output>, Diagnostic> {
    let mut outputs = Vec::new();
    for name in [format!("{stem}.js"), format!("{stem}_bg.wasm")] {
        let path = directory.join(name);
        match std::fs::metadata(&path) {
            Ok(found) => outputs.push(Output {
                path,
                format: "web".to_owned(),
                size: found.len(),
                names: Vec::new(),
            }),
            Err(error) if error.kind() == ErrorKind::NotFound => {}
            Err(error) => return Err(file("read", &path, &error)),
        }
    }
    Ok(outputs)
}

fn is(path: &Path, expected: &str) -> bool {
    std::fs::read(path).is_ok_and(|content| digest(&content) == expected)
}

fn digest(content: &[u8]) -> String {
    let digest = Sha256::digest(content);
    digest.iter().map(|byte| format!("{byte:02x}")).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_directory_is_one_item_of_many() {
        let list = |text: &str| -> Vec<String> { text.split(' ').map(str::to_owned).collect() };
        for (text, directory, images) in [
            ("web", Some("pkg"), vec![]),
            ("web=www/pkg component", Some("www/pkg"), vec!["component"]),
            ("web=a web=a", Some("a"), vec![]),
            ("hex webp=x", None, vec!["hex", "webp=x"]),
        ] {
            let list = list(text);
            let (web, rest) = split(&list).unwrap();
            assert_eq!(
                web.map(|web| web.directory),
                directory.map(PathBuf::from),
                "{text}"
            );
            assert_eq!(rest, images, "{text}");
        }
        for (text, message) in [
            ("web=", "`web=` names no directory"),
            ("web web=other", "`web` is given for two directories"),
        ] {
            assert_eq!(split(&list(text)).unwrap_err().message, message);
        }
    }

    #[test]
    fn the_lock_file_has_the_version() {
        let directory = tempfile::tempdir().unwrap();
        let text = "[[package]]\nname = \"wasm-bindgen\"\nversion = \"0.2.99\"\n";
        std::fs::write(directory.path().join("Cargo.lock"), text).unwrap();
        let version = |name| locked(directory.path(), name);
        assert_eq!(version("wasm-bindgen").as_deref(), Some("0.2.99"));
        assert_eq!(version("other"), None);
    }

    #[test]
    fn files_of_all_directories_are_found() {
        let directory = tempfile::tempdir().unwrap();
        std::fs::create_dir_all(directory.path().join("snippets/a")).unwrap();
        for name in ["x.js", "snippets/a/inline0.js"] {
            std::fs::write(directory.path().join(name), name).unwrap();
        }
        let found = files_in(directory.path()).unwrap();
        assert_eq!(found, ["snippets/a/inline0.js", "x.js"]);
    }
}

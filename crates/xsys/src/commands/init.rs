//! `xsys init`: adds to an existing project the target in its manifest, and the settings of rust-analyzer. Existing
//! settings are kept; a second call changes nothing.

mod editor;
mod jsonc;

use std::path::{Path, PathBuf};

use serde_json::Value;
use xsys_diag::Diagnostic;
use xsys_target::{CrateSet, Kind, Target, What};

use crate::cli::Call;
use crate::cli::{CargoFlags, InitArgs};
use crate::driver::defaults::default_crates;
use crate::driver::which::Place;
use crate::driver::which::{load_target, no_target};
use crate::error::{Result, file};
use crate::files::replace;
use crate::project::manifest_edit;
use crate::render;
use crate::render::report_problems;

pub(super) fn run(call: &Call, args: &InitArgs) -> Result<u8> {
    let flags = CargoFlags {
        manifest_path: args.manifest_path.clone(),
        ..CargoFlags::default()
    };
    let place = Place::find(&call.directory, call.toolchain.as_deref(), &flags)?;
    let named = args.what.what();
    let what = match &named {
        Some(what) => what.clone(),
        None => only(&place)?,
    };
    let target = load_target(&what, &place.toolchain)?;
    if target.source.is_some() {
        let problems = target
            .check(&place.toolchain.rustc)
            .map_err(|error| error.into_diagnostic())?;
        report_problems(&call.ui, problems)?;
    }
    let crates = args
        .crates
        .map(CrateSet::from)
        .or(place.project.settings.crates)
        .or(target.board.as_ref().and_then(|board| board.crates))
        .unwrap_or_else(|| default_crates(&target));
    // Everything is computed before anything is written.
    let mut edits = Vec::new();
    if let Some(what) = &named {
        edits.push(manifest(call, args, &place, what)?);
    }
    edits.extend(editor_settings(call, &place, &what, &target, crates)?);
    let mut changed = false;
    for edit in &edits {
        changed |= write(call, &edit.path, &edit.old, &edit.new)?;
    }
    if !changed {
        call.ui.status("Kept", "everything: nothing is missing");
    }
    Ok(0)
}

/// A file's old and new text.
struct Edit {
    path: PathBuf,
    old: String,
    new: String,
}

/// What the project is for. Editors support one target per workspace.
fn only(place: &Place) -> Result<What> {
    let all = place.what(&Default::default())?;
    match all.as_slice() {
        [] => Err(no_target().into()),
        [what] => Ok(what.clone()),
        several => {
            let names: Vec<String> = several
                .iter()
                .map(|what| match what {
                    What::Board(name) | What::Triple(name) => format!("`{name}`"),
                    What::SpecFile(path) => format!("`{}`", path.display()),
                })
                .collect();
            Err(Diagnostic::error("the project is for several targets, and an editor knows one")
                .note(format!("they are {}", names.join(", ")))
                .help("run `xsys init` in the directory of the member whose target the editor is to know; `xsys check`, which it calls, checks each member for its own")
                .into())
        }
    }
}

/// The target in `[package.metadata.xsys]`, or for all packages in the workspace's.
fn manifest(call: &Call, args: &InitArgs, place: &Place, what: &What) -> Result<Edit> {
    let path = place.manifest(&call.directory, args.manifest_path.as_deref())?;
    let text = std::fs::read_to_string(&path).map_err(|error| file("read", &path, &error))?;
    let mut document = manifest_edit::parse(&path, &text)?;
    let owner = match document.contains_key("package") {
        true => "package",
        false => "workspace",
    };
    let directory = path.parent().unwrap_or(Path::new(""));
    let (key, value) = match what {
        What::Board(name) => ("board", board_name(name, call, directory)),
        What::SpecFile(spec) => (
            "target-spec",
            relative(&call.directory.join(spec), directory),
        ),
        What::Triple(triple) => ("target", triple.clone()),
    };
    let Some(table) = manifest_edit::table(&mut document, &[owner, "metadata", "xsys"]) else {
        return Err(Diagnostic::error(format!(
            "`{owner}.metadata.xsys` in `{}` is not a table",
            path.display()
        ))
        .into());
    };
    for other in ["board", "target-spec", "target"]
        .iter()
        .filter(|other| **other != key)
    {
        table.remove(other);
    }
    manifest_edit::set(table, key, &value);
    if let Some(crates) = args.crates {
        manifest_edit::set(table, "crates", CrateSet::from(crates).as_str());
    }
    Ok(Edit {
        path,
        new: document.to_string(),
        old: text,
    })
}

/// The path of the user's own board from the manifest; its name alone would not find it.
fn board_name(name: &str, call: &Call, directory: &Path) -> String {
    let path = call.directory.join(name);
    let bundled = xsys_target::bundled_boards().any(|board| board == name);
    if bundled || !path.join("board.toml").is_file() {
        return name.to_owned();
    }
    let path = relative(&path, directory);
    if xsys_target::is_path(&path) {
        path
    } else {
        format!("./{path}")
    }
}

/// A path relative to a directory, if it is below it.
fn relative(path: &Path, directory: &Path) -> String {
    let full = |path: &Path| std::fs::canonicalize(path).unwrap_or_else(|_| path.to_owned());
    let (path, directory) = (full(path), full(directory));
    let inside = path.strip_prefix(&directory).unwrap_or(&path);
    match inside.as_os_str().is_empty() {
        true => ".".to_owned(),
        false => inside.display().to_string().replace('\\', "/"),
    }
}

fn editor_settings(
    call: &Call,
    place: &Place,
    what: &What,
    target: &Target,
    crates: CrateSet,
) -> Result<Vec<Edit>> {
    let root = &place.project.workspace_root;
    let (name, spec) = match target.kind {
        Kind::Builtin => (target.name.clone(), None),
        Kind::Json => spec_for_editor(call, root, what, target),
    };
    let facts = editor::Facts {
        kind: target.kind.clone(),
        target: &name,
        crates,
    };
    let path = root.join(".vscode/settings.json");
    let old = std::fs::read_to_string(&path).unwrap_or_default();
    let wanted = editor::settings(&facts);
    let Some(new) = merged(call, &path, &old, &wanted) else {
        return Err(not_json(&path, &wanted).into());
    };
    Ok(spec.into_iter().chain([Edit { path, old, new }]).collect())
}

/// The settings with the wanted ones: those that `init` has written for another target are replaced, those that people
/// have changed are kept.
fn merged(call: &Call, path: &Path, text: &str, wanted: &[(String, Value)]) -> Option<String> {
    let old = jsonc::parse(text)?;
    let mut text = text.to_owned();
    let unwanted = |name: &&String| !wanted.iter().any(|(wanted, _)| wanted == *name);
    for name in old.keys().filter(unwanted) {
        if editor::is_ours(&old, name) {
            text = jsonc::without(&text, name)?;
        }
    }
    let mut missing = Vec::new();
    for (name, value) in wanted {
        match old.get(name) {
            None => missing.push((name.clone(), value.clone())),
            Some(same) if same == value => {}
            Some(_) if editor::is_ours(&old, name) => text = jsonc::replaced(&text, name, value)?,
            Some(theirs) => {
                let problem =
                    Diagnostic::warning(format!("`{name}` in `{}` is kept", path.display()))
                        .note(format!("it is {theirs}"))
                        .help(format!("for this target it should be {value}"));
                render::show(&call.ui, &[problem]);
            }
        }
    }
    jsonc::with(&text, &missing)
}

fn not_json(path: &Path, wanted: &[(String, Value)]) -> Diagnostic {
    let lines: Vec<String> = wanted
        .iter()
        .map(|(name, value)| format!("{}: {value}", Value::from(name.as_str())))
        .collect();
    Diagnostic::error(format!("`{}` cannot be read as JSON", path.display()))
        .note(format!("what rust-analyzer needs:\n{}", lines.join(",\n")))
        .help("fix it, or add these lines by hand")
}

/// Where rust-analyzer finds the spec, relative to the workspace: the project's own file, or a copy
/// of the board's beside the settings.
fn spec_for_editor(
    call: &Call,
    root: &Path,
    what: &What,
    target: &Target,
) -> (String, Option<Edit>) {
    if let What::SpecFile(path) = what {
        let name = relative(&call.directory.join(path), root);
        if Path::new(&name).is_relative() {
            return (name, None);
        }
    }
    let name = format!(".vscode/{}.json", target.name);
    let path = root.join(&name);
    let old = std::fs::read_to_string(&path).unwrap_or_default();
    let new = target.canonical_json();
    (name, Some(Edit { path, old, new }))
}

/// Writes a file if its content changes, and says so.
pub(super) fn write(call: &Call, path: &Path, old: &str, new: &str) -> Result<bool> {
    if old == new {
        return Ok(false);
    }
    let directory: PathBuf = path.parent().unwrap_or(Path::new("")).to_owned();
    std::fs::create_dir_all(&directory).map_err(|error| file("create", &directory, &error))?;
    let verb = if path.exists() { "Changed" } else { "Created" };
    replace(path, new.as_bytes())?;
    let shown = path.strip_prefix(&call.directory).unwrap_or(path);
    call.ui.status(verb, &shown.display().to_string());
    Ok(true)
}

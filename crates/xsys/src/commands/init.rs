//! `xsys init`: gives an existing project what it needs: the target in its manifest, and the settings
//! of rust-analyzer. What is there already stays; a second call changes nothing.

use std::path::{Path, PathBuf};

use serde_json::Value;
use xsys_diag::Diagnostic;
use xsys_target::{CrateSet, Kind, Target, What};

use crate::cli::{CargoFlags, InitArgs};
use crate::commands::Call;
use crate::driver::emit::replace;
use crate::driver::plan::{default_crates, load_target, no_target, report_problems};
use crate::driver::which::Place;
use crate::driver::{editor, jsonc, manifest_edit};
use crate::error::{Result, file};
use crate::render;

pub fn run(call: &Call, args: &InitArgs) -> Result<u8> {
    let flags = CargoFlags {
        manifest_path: args.manifest_path.clone(),
        ..CargoFlags::default()
    };
    let place = Place::find(&call.folder, call.toolchain.as_deref(), &flags)?;
    let named = args.what.what();
    let what = match &named {
        Some(what) => what.clone(),
        None => {
            let mut all = place.what(&Default::default())?;
            if all.is_empty() {
                return Err(no_target().into());
            }
            all.swap_remove(0)
        }
    };
    let target = load_target(&what, &place.toolchain)?;
    if target.source.is_some() {
        let problems = target
            .check(&place.toolchain.rustc)
            .map_err(|error| error.into_diagnostic())?;
        report_problems(&call.ui, problems)?;
    }
    let mut changed = false;
    if let Some(what) = &named {
        changed |= manifest(call, args, &place, what)?;
    }
    let crates = args
        .crates
        .map(CrateSet::from)
        .or(place.project.settings.crates)
        .or(target.board.as_ref().and_then(|board| board.crates))
        .unwrap_or_else(|| default_crates(&target));
    changed |= editor_settings(call, &place, &what, &target, crates)?;
    if !changed {
        call.ui.status("Kept", "everything: nothing is missing");
    }
    Ok(0)
}

/// The target in `[package.metadata.xsys]`, or for all packages in the workspace's.
fn manifest(call: &Call, args: &InitArgs, place: &Place, what: &What) -> Result<bool> {
    let path = place.manifest(&call.folder, args.manifest_path.as_deref())?;
    let text = std::fs::read_to_string(&path).map_err(|error| file("read", &path, &error))?;
    let mut document = manifest_edit::parse(&path, &text)?;
    let owner = match document.contains_key("package") {
        true => "package",
        false => "workspace",
    };
    let folder = path.parent().unwrap_or(Path::new(""));
    let (key, value) = match what {
        What::Board(name) => ("board", board_name(name, call, folder)),
        What::SpecFile(spec) => ("target-spec", relative(&call.folder.join(spec), folder)),
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
    write(call, &path, &text, &document.to_string())
}

/// A board of the user's own by its path from the manifest, which the name of one is not.
fn board_name(name: &str, call: &Call, folder: &Path) -> String {
    let path = call.folder.join(name);
    let bundled = xsys_target::bundled_boards().any(|board| board == name);
    if bundled || !path.join("board.toml").is_file() {
        return name.to_owned();
    }
    let path = relative(&path, folder);
    if xsys_target::is_path(&path) {
        path
    } else {
        format!("./{path}")
    }
}

/// A path as seen from a folder, where it is below it.
fn relative(path: &Path, folder: &Path) -> String {
    let full = |path: &Path| std::fs::canonicalize(path).unwrap_or_else(|_| path.to_owned());
    let (path, folder) = (full(path), full(folder));
    let inside = path.strip_prefix(&folder).unwrap_or(&path);
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
) -> Result<bool> {
    let root = &place.project.workspace_root;
    let (name, mut changed) = match target.kind {
        Kind::Builtin => (target.name.clone(), false),
        Kind::Json => spec_for_editor(call, root, what, target)?,
    };
    let facts = editor::Facts {
        kind: target.kind.clone(),
        target: &name,
        crates,
    };
    let path = root.join(".vscode/settings.json");
    let text = std::fs::read_to_string(&path).unwrap_or_default();
    let wanted = editor::settings(&facts);
    let Some(old) = jsonc::parse(&text) else {
        return Err(not_json(&path, &wanted).into());
    };
    let (known, new): (Vec<_>, Vec<_>) = wanted
        .into_iter()
        .partition(|(name, _)| old.contains_key(name));
    for (name, value) in known.iter().filter(|(name, value)| old[name] != *value) {
        let problem = Diagnostic::warning(format!("`{name}` in `{}` is kept", path.display()))
            .note(format!("it is {}", old[name]))
            .help(format!("for this target it should be {value}"));
        render::show(&call.ui, &[problem]);
    }
    if let Some(text_now) = jsonc::with(&text, &new) {
        changed |= write(call, &path, &text, &text_now)?;
    }
    Ok(changed)
}

fn not_json(path: &Path, wanted: &[(String, Value)]) -> Diagnostic {
    let lines: Vec<String> = wanted
        .iter()
        .map(|(name, value)| format!("{}: {value}", Value::from(name.as_str())))
        .collect();
    Diagnostic::error(format!("`{}` cannot be read as JSON", path.display()))
        .note(format!("what rust-analyzer needs:\n{}", lines.join(",\n")))
        .help("mend it, or add these lines by hand")
}

/// Where rust-analyzer finds the spec, from the workspace: the project's own file, or the board's
/// beside the settings.
fn spec_for_editor(
    call: &Call,
    root: &Path,
    what: &What,
    target: &Target,
) -> Result<(String, bool)> {
    if let What::SpecFile(path) = what {
        let name = relative(&call.folder.join(path), root);
        if Path::new(&name).is_relative() {
            return Ok((name, false));
        }
    }
    let name = format!(".vscode/{}.json", target.name);
    let path = root.join(&name);
    let old = std::fs::read_to_string(&path).unwrap_or_default();
    let changed = write(call, &path, &old, &target.canonical_json())?;
    Ok((name, changed))
}

/// Writes a file if that changes it, and says so.
pub fn write(call: &Call, path: &Path, old: &str, new: &str) -> Result<bool> {
    if old == new {
        return Ok(false);
    }
    let folder: PathBuf = path.parent().unwrap_or(Path::new("")).to_owned();
    std::fs::create_dir_all(&folder).map_err(|error| file("create", &folder, &error))?;
    let verb = if path.exists() { "Changed" } else { "Created" };
    replace(path, new.as_bytes())?;
    let shown = path.strip_prefix(&call.folder).unwrap_or(path);
    call.ui.status(verb, &shown.display().to_string());
    Ok(true)
}

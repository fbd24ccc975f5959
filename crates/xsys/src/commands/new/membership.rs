//! New packages inside a workspace become members, as with `cargo new`.
//!
//! Only cargo knows which workspace a package belongs to: it is asked, and if it says that the list of members lacks
//! the package, the package is added. A member has no workspace and no profiles of its own: cargo refuses the former
//! and ignores the latter. Profiles that a board's program needs (an Arduino's fits its memory only when optimised) are
//! added to the root if it has none of that name.

use std::path::{Path, PathBuf};

use toml_edit::{Array, DocumentMut, Item, Table, TableLike, Value};
use xsys_diag::Diagnostic;

use super::place::Undo;
use crate::cli::CargoFlags;
use crate::error::{Result, file};
use crate::project::manifest_edit;
use crate::project::metadata;

/// A package that has become a member.
#[derive(Debug)]
pub(super) struct Member {
    /// The root's manifest.
    pub root: PathBuf,
    /// Profiles that were added to the root.
    pub profiles: Vec<String>,
    /// Settings of the package's profiles that the root's profiles of the same names lack.
    pub lost: Vec<(String, Vec<String>)>,
}

/// Whether a directory is below a workspace, which may accept new packages.
pub(super) fn is_inside(directory: &Path) -> bool {
    roots(directory).next().is_some()
}

/// Manifests with a workspace in them, the nearest first.
fn roots(directory: &Path) -> impl Iterator<Item = (PathBuf, toml::Table)> {
    directory.ancestors().skip(1).filter_map(|directory| {
        let path = directory.join("Cargo.toml");
        let text = std::fs::read_to_string(&path).ok()?;
        let table: toml::Table = toml::from_str(&text).ok()?;
        let workspace = table.get("workspace")?.as_table()?;
        Some((path, workspace.clone()))
    })
}

/// Makes a package in its directory a member of the workspace around it, if there is one that accepts it.
pub(super) fn join(undo: &mut Undo, directory: &Path, cargo: &Path) -> Result<Option<Member>> {
    let directory =
        &std::fs::canonicalize(directory).map_err(|error| file("find", directory, &error))?;
    let path = directory.join("Cargo.toml");
    let own = std::fs::read_to_string(&path).map_err(|error| file("read", &path, &error))?;
    undo.write(&path, &as_member(manifest_edit::parse(&path, &own)?))?;
    // cargo would search further up if the nearest excludes it, which is not wanted.
    let nearest = roots(directory).next();
    let (manifest, left_out) = match &nearest {
        Some((root, table)) => (Some(root), excludes(root, table, directory)),
        None => (None, false),
    };
    let found = match (left_out, root_of(directory, cargo)) {
        (true, _) => directory.clone(),
        (false, Ok(root)) => root,
        (false, Err(problem)) => {
            add_to_list(undo, manifest.ok_or(problem)?, directory)?;
            root_of(directory, cargo)?
        }
    };
    if found == *directory {
        // A package that the workspace excludes is its own root.
        undo.write(&path, &own)?;
        return Ok(None);
    }
    let root = found;
    give_profiles(undo, &root.join("Cargo.toml"), &own).map(Some)
}

/// The root of the workspace that cargo sees a package in.
fn root_of(directory: &Path, cargo: &Path) -> std::result::Result<PathBuf, Diagnostic> {
    let metadata = metadata(directory, cargo, &CargoFlags::default())?;
    let root = metadata.workspace_root.into_std_path_buf();
    Ok(std::fs::canonicalize(&root).unwrap_or(root))
}

/// `exclude` names directories.
fn excludes(root: &Path, workspace: &toml::Table, directory: &Path) -> bool {
    let base = root.parent().unwrap_or(Path::new(""));
    let list = workspace.get("exclude").and_then(toml::Value::as_array);
    let mut names = list.into_iter().flatten().filter_map(toml::Value::as_str);
    names.any(|name| directory.starts_with(base.join(name)))
}

fn edited(path: &Path) -> Result<DocumentMut> {
    let text = std::fs::read_to_string(path).map_err(|error| file("read", path, &error))?;
    Ok(manifest_edit::parse(path, &text)?)
}

/// Adds a package to a workspace's list of members.
fn add_to_list(undo: &mut Undo, root: &Path, directory: &Path) -> Result<()> {
    let base = root.parent().unwrap_or(Path::new(""));
    let name = directory.strip_prefix(base).unwrap_or(directory);
    let name = name.display().to_string().replace('\\', "/");
    let mut document = edited(root)?;
    let added = manifest_edit::table(&mut document, &["workspace"])
        .and_then(|table| insert(table, &name))
        .is_some();
    if !added {
        let problem = format!("`workspace.members` in `{}` is no list", root.display());
        return Err(Diagnostic::error(problem).into());
    }
    undo.write(root, &document.to_string())
}

/// A sorted list stays sorted, and in a list with one member per line the new one gets a line.
fn insert(workspace: &mut dyn TableLike, name: &str) -> Option<()> {
    let list = workspace
        .entry("members")
        .or_insert_with(|| toml_edit::value(Array::new()))
        .as_array_mut()?;
    let names: Vec<&str> = list.iter().filter_map(Value::as_str).collect();
    let at = match names.is_sorted() {
        true => names.partition_point(|other| *other < name),
        false => list.len(),
    };
    let prefix = |value: &Value| {
        let prefix = value.decor().prefix().and_then(|prefix| prefix.as_str());
        prefix.unwrap_or_default().to_owned()
    };
    let last = list.iter().last().map(prefix).unwrap_or_default();
    let between = last.rfind('\n').map_or(" ", |at| &last[at..]);
    let mut value = Value::from(name);
    // A comment about a member follows it: it is before the next member.
    if let Some(next) = list.get_mut(at) {
        value.decor_mut().set_prefix(prefix(next));
        next.decor_mut().set_prefix(between);
    } else if at > 0 {
        let trailing = list.trailing().as_str().unwrap_or_default().trim_end();
        value.decor_mut().set_prefix(format!("{trailing}{between}"));
        if between.starts_with('\n') {
            list.set_trailing("\n");
        }
    }
    list.insert_formatted(at, value);
    Some(())
}

/// Adds to a root the profiles of a package that it lacks.
fn give_profiles(undo: &mut Undo, root: &Path, own: &str) -> Result<Member> {
    let mut member = Member {
        root: root.to_owned(),
        profiles: Vec::new(),
        lost: Vec::new(),
    };
    let own = manifest_edit::parse(root, own)?;
    let Some(profiles) = own.get("profile").and_then(Item::as_table_like) else {
        return Ok(member);
    };
    let mut document = edited(root)?;
    for (name, item) in profiles.iter() {
        let Some(wanted) = item.as_table_like() else {
            continue;
        };
        let theirs = document.entry("profile").or_insert_with(|| {
            let mut all = Table::new();
            all.set_implicit(true);
            Item::Table(all)
        });
        let Some(theirs) = theirs.as_table_like_mut() else {
            break;
        };
        match theirs.get(name) {
            Some(existing) => {
                let lost = differences(wanted, existing);
                if !lost.is_empty() {
                    member.lost.push((name.to_owned(), lost));
                }
            }
            None => {
                theirs.insert(name, unplaced(item));
                member.profiles.push(name.to_owned());
            }
        }
    }
    if !member.profiles.is_empty() {
        undo.write(root, &document.to_string())?;
    }
    Ok(member)
}

/// What one table has and the other lacks, as lines of TOML.
fn differences(wanted: &dyn TableLike, existing: &Item) -> Vec<String> {
    let text = |item: &Item| match item.as_value() {
        Some(value) => {
            let mut value = value.clone();
            value.decor_mut().clear();
            value.to_string()
        }
        None => "{ … }".to_owned(),
    };
    let wanted = wanted.iter();
    wanted
        .map(|(key, item)| (key, text(item)))
        .filter(|(key, value)| existing.get(key).map(text).as_ref() != Some(value))
        .map(|(key, value)| format!("{key} = {value}"))
        .collect()
}

/// A new table goes to the end: tables of a document remember their position.
fn unplaced(item: &Item) -> Item {
    let mut copy = item.clone();
    if let Some(table) = copy.as_table_mut() {
        table.set_position(None);
        for (_, inner) in table.iter_mut() {
            *inner = unplaced(inner);
        }
    }
    copy
}

/// A manifest without what only a workspace's root may contain.
fn as_member(mut manifest: DocumentMut) -> String {
    for of_root in ["workspace", "profile"] {
        manifest.remove(of_root);
    }
    format!("{}\n", manifest.to_string().trim_end())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_belongs_to_the_root_goes() {
        let text = "# A.\n[package]\nname = \"a\"\n\n# Fast\n# enough.\n[profile.dev]\nopt-level = 1\n\n[profile.dev.package.x]\na = 1\n\n# Few.\n[dependencies]\nb = \"1\"\n\n[workspace]\n";
        let expected = "# A.\n[package]\nname = \"a\"\n\n# Few.\n[dependencies]\nb = \"1\"\n";
        let manifest = manifest_edit::parse(Path::new(""), text).unwrap();
        assert_eq!(as_member(manifest), expected);
    }

    #[test]
    fn lists_of_members_keep_their_shape() {
        for (before, after) in [
            (
                "members = [\"a\", \"c\"]",
                "members = [\"a\", \"b\", \"c\"]",
            ),
            (
                "members = [\"b2\", \"a\"]",
                "members = [\"b2\", \"a\", \"b\"]",
            ),
            ("members = [\"c\"] # all", "members = [\"b\", \"c\"] # all"),
            (
                "members = [\n    \"a\", # first\n]",
                "members = [\n    \"a\", # first\n    \"b\",\n]",
            ),
            (
                "members = [\n    \"a\", # first\n    \"c\", # last\n]",
                "members = [\n    \"a\", # first\n    \"b\",\n    \"c\", # last\n]",
            ),
            ("members = []", "members = [\"b\"]"),
            ("resolver = \"3\"", "resolver = \"3\"\nmembers = [\"b\"]"),
        ] {
            let mut document =
                manifest_edit::parse(Path::new(""), &format!("[workspace]\n{before}\n")).unwrap();
            insert(
                manifest_edit::table(&mut document, &["workspace"]).unwrap(),
                "b",
            )
            .unwrap();
            assert_eq!(document.to_string(), format!("[workspace]\n{after}\n"));
        }
    }

    #[test]
    fn profiles_go_to_roots_that_lack_them() {
        let place = tempfile::tempdir().unwrap();
        let root = place.path().join("Cargo.toml");
        std::fs::write(
            &root,
            "[workspace]\nmembers = []\n\n[profile.release]\nlto = true # ours\n",
        )
        .unwrap();
        let own = "[package]\nname = \"a\"\n\n# Small.\n[profile.dev]\n# Why.\nopt-level = \"s\" # yes\n\n[profile.dev.package.x]\nopt-level = 0\n\n[profile.release]\nlto = true\ndebug = \"line-tables-only\"\n";
        let mut undo = Undo::default();
        let member = give_profiles(&mut undo, &root, own).unwrap();
        undo.keep();
        assert_eq!(member.profiles, ["dev"]);
        let lost = vec!["debug = \"line-tables-only\"".to_owned()];
        assert_eq!(member.lost, [("release".to_owned(), lost)]);
        assert_eq!(
            std::fs::read_to_string(&root).unwrap(),
            "[workspace]\nmembers = []\n\n[profile.release]\nlto = true # ours\n\n# Small.\n[profile.dev]\n# Why.\nopt-level = \"s\" # yes\n\n[profile.dev.package.x]\nopt-level = 0\n"
        );
    }
}

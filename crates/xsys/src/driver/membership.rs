//! New packages inside a workspace: members, as `cargo new` makes them.
//!
//! cargo itself is asked to make the package: it knows which workspace takes it, and adds it to the
//! list of members where no pattern there has it already. A member has no workspace and no profiles
//! of its own: cargo refuses the one and ignores the other.

use std::path::{Path, PathBuf};
use std::process::Command;

use xsys_diag::Diagnostic;

use crate::cli::CargoFlags;
use crate::driver::project::metadata;
use crate::error::{Result, file, reason};

/// Whether a folder is below a workspace, which may take new packages.
pub fn is_inside(folder: &Path) -> bool {
    let has_workspace = |folder: &Path| {
        let text = std::fs::read_to_string(folder.join("Cargo.toml")).ok()?;
        let table: toml::Table = toml::from_str(&text).ok()?;
        Some(table.contains_key("workspace"))
    };
    let above = folder.ancestors().skip(1);
    above.filter_map(has_workspace).any(|found| found)
}

/// Lets cargo make a package. Returns the workspace that it is a member of, if it is one.
pub fn join(folder: &Path, name: &str, cargo: &Path) -> Result<Option<PathBuf>> {
    let verb = if folder.exists() { "init" } else { "new" };
    let output = Command::new(cargo)
        .args([verb, "--quiet", "--vcs", "none", "--name", name])
        .arg(folder)
        .output()
        .map_err(|error| Diagnostic::error(format!("cannot start cargo: {}", reason(&error))))?;
    if !output.status.success() {
        let text = String::from_utf8_lossy(&output.stderr);
        let text = text.trim().trim_start_matches("error: ");
        let (first, rest) = text.split_once('\n').unwrap_or((text, ""));
        let problem = Diagnostic::error(format!("cargo: {first}"));
        return Err(match rest.trim() {
            "" => problem,
            rest => problem.note(rest),
        }
        .into());
    }
    let root = metadata(folder, cargo, &CargoFlags::default())?.workspace_root;
    let own = folder
        .canonicalize()
        .is_ok_and(|folder| folder == root.as_std_path());
    Ok((!own).then(|| root.into_std_path_buf()))
}

/// Takes out of a new member's manifest what only a workspace's root may have.
pub fn settle(folder: &Path) -> Result<()> {
    let path = folder.join("Cargo.toml");
    let text = std::fs::read_to_string(&path).map_err(|error| file("read", &path, &error))?;
    std::fs::write(&path, as_member(&text)).map_err(|error| file("write", &path, &error))?;
    Ok(())
}

fn as_member(manifest: &str) -> String {
    let mut out = String::new();
    let mut of_root = false;
    for line in manifest.lines() {
        if let Some(header) = line.trim().strip_prefix('[') {
            let name = header.trim_start_matches('[').split([']', '.']).next();
            of_root = matches!(name, Some("workspace" | "profile"));
        }
        if !of_root {
            out.push_str(line);
            out.push('\n');
        }
    }
    format!("{}\n", out.trim_end())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_belongs_to_the_root_goes() {
        let text = "[package]\nname = \"a\"\n\n[profile.dev]\nopt-level = 1\n\n[profile.dev.package.x]\na = 1\n\n[dependencies]\nb = \"1\"\n\n[workspace]\n";
        let expected = "[package]\nname = \"a\"\n\n[dependencies]\nb = \"1\"\n";
        assert_eq!(as_member(text), expected);
    }
}

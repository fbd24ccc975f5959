//! What the linker is told besides what rustc tells it.
//!
//! Scripts and options of boards and manifests reach the linker in a response file below the target
//! folder. In rustc's flags they would be part of what cargo compares, and a script of another name
//! would compile every crate again; in a file they are an input of the link like the script itself.

use std::path::{Path, PathBuf};

use xsys_diag::Diagnostic;
use xsys_target::{Kind, Target};

use crate::error::file;
use crate::files::{replace, short_digest};
use crate::project::Project;

/// What stands for the arguments in rustc's flags.
pub(crate) fn stand_in(project: &Project, target: &Target) -> String {
    format!("@{}", file_of(project, target).display())
}

/// A board may be called like a triple, whose programs are linked with other arguments.
pub(crate) fn file_of(project: &Project, target: &Target) -> PathBuf {
    let name = match target.kind {
        Kind::Builtin => target.name.clone(),
        Kind::Json => format!("{}.json", target.name),
    };
    let folder = project.target_dir.join("xsys").join("link-args");
    if project.target_dir.starts_with(&project.workspace_root) {
        return folder.join(name);
    }
    // Several projects may share it, and be built at the same time.
    let root = project.workspace_root.as_os_str().as_encoded_bytes();
    folder.join(format!("{name}-{}", short_digest(&[root])))
}

/// The same for a package that is somebody's artifact: in one build there may be several, each with
/// arguments of its own.
pub(crate) fn file_of_artifact(project: &Project, target: &Target, package: &Path) -> PathBuf {
    let digest = short_digest(&[package.as_os_str().as_encoded_bytes()]);
    let mut name = file_of(project, target).into_os_string();
    name.push(format!("-{digest}"));
    name.into()
}

/// Writes them down, unless they are there.
pub(crate) fn write(path: &Path, args: &[String]) -> Result<(), Diagnostic> {
    let text = response(args);
    if std::fs::read(path).ok().as_deref() == Some(text.as_bytes()) {
        return Ok(());
    }
    let folder = path.parent().unwrap_or(Path::new(""));
    std::fs::create_dir_all(folder).map_err(|error| file("create", folder, &error))?;
    replace(path, text.as_bytes())
}

/// One argument a line, as every reader of response files takes it.
fn response(args: &[String]) -> String {
    let mut text = String::new();
    for arg in args {
        for letter in arg.chars() {
            if letter.is_whitespace() || matches!(letter, '\\' | '"' | '\'') {
                text.push('\\');
            }
            text.push(letter);
        }
        text.push('\n');
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn arguments_are_quoted() {
        let args = ["-T/a b/link.x", "-n", r#"--defsym=x="1""#].map(str::to_owned);
        assert_eq!(
            response(&args),
            "-T/a\\ b/link.x\n-n\n--defsym=x=\\\"1\\\"\n"
        );
        assert_eq!(response(&[]), "");
    }
}

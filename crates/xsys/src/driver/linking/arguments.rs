//! What the linker is told besides rustc's arguments.
//!
//! Scripts and options of boards and manifests reach the linker in a response file below the target directory. In
//! rustc's flags they would be part of what cargo compares, and another script would compile every crate again; in a
//! file they are an input of the link, like the script itself.

use std::path::{Path, PathBuf};

use xsys_diag::Diagnostic;
use xsys_target::{Kind, Target};

use crate::error::file;
use crate::files::{replace, short_digest};
use crate::project::Project;

/// The argument in rustc's flags that names the file.
pub(crate) fn stand_in(project: &Project, target: &Target) -> String {
    format!("@{}", file_of(project, target).display())
}

/// A board may have the name of a triple, whose programs are linked with other arguments.
pub(crate) fn file_of(project: &Project, target: &Target) -> PathBuf {
    let name = match target.kind {
        Kind::Builtin => target.name.clone(),
        Kind::Json => format!("{}.json", target.name),
    };
    let directory = project.target_dir.join("xsys").join("link-args");
    if project.target_dir.starts_with(&project.workspace_root) {
        return directory.join(name);
    }
    // Several projects may share the target directory, and be built at the same time.
    let root = project.workspace_root.as_os_str().as_encoded_bytes();
    directory.join(format!("{name}-{}", short_digest(&[root])))
}

/// The same for a package that is an artifact: one build may have several, each with arguments of
/// its own.
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
    let directory = path.parent().unwrap_or(Path::new(""));
    std::fs::create_dir_all(directory).map_err(|error| file("create", directory, &error))?;
    replace(path, text.as_bytes())
}

/// One argument per line, which every reader of response files accepts.
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

//! Which sources an appliance was made from: git's commit, if the project is in git.
//!
//! A project that is merely in a directory of an unrelated repository has none, and a missing repository is not an
//! error. git is asked about the sources' directory, without the variables that git itself sets (in a hook they are
//! about another call).

use std::path::Path;
use std::process::{Command, Stdio};

use serde::{Deserialize, Serialize};

/// The state of a project's repository.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Revision {
    /// The commit that is checked out.
    pub revision: String,
    /// Whether everything is as committed: nothing changed, and no new files but ignored ones.
    pub clean: bool,
    /// The day of the commit, as its author's clock had it.
    pub date: String,
}

impl Revision {
    /// The revision of the project with this manifest (Cargo.toml, fleet.toml).
    pub(crate) fn of(manifest: &Path) -> Option<Self> {
        let directory = manifest.parent()?;
        let name = manifest.file_name()?.to_str()?;
        let git = |arguments: &[&str]| {
            let mut command = Command::new("git");
            command
                .current_dir(directory)
                .args(["--no-optional-locks", "-c", "core.fsmonitor=false"])
                .args(arguments)
                .env("LC_ALL", "C")
                .stdin(Stdio::null())
                .stderr(Stdio::null());
            for name in ["GIT_DIR", "GIT_WORK_TREE", "GIT_INDEX_FILE", "GIT_PREFIX"] {
                command.env_remove(name);
            }
            let output = command.output().ok()?;
            let text = String::from_utf8_lossy(&output.stdout).into_owned();
            output.status.success().then_some(text)
        };
        git(&["ls-files", "--error-unmatch", "--", name])?;
        let head = git(&["log", "-1", "--no-show-signature", "--format=%H %cs"])?;
        let (revision, date) = head.trim().split_once(' ')?;
        let changes = git(&["status", "--porcelain", "--untracked-files=normal"])?;
        Some(Self {
            revision: revision.to_owned(),
            clean: changes.trim().is_empty(),
            date: date.to_owned(),
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn git(directory: &Path, arguments: &str) -> bool {
        let identity = ["-c", "user.name=a", "-c", "user.email=a@b.c"];
        let words = arguments.split(' ');
        let mut command = Command::new("git");
        command.current_dir(directory).args(identity).args(words);
        command.env("GIT_COMMITTER_DATE", "2026-02-03T12:00:00+0000");
        let output = command.output();
        output.is_ok_and(|output| output.status.success())
    }

    #[test]
    fn a_commit_is_told_with_what_was_changed_since() {
        let directory = tempfile::tempdir().unwrap();
        let top = directory.path().join("shop");
        std::fs::create_dir(&top).unwrap();
        let manifest = top.join("Cargo.toml");
        std::fs::write(&manifest, "").unwrap();
        assert_eq!(Revision::of(&manifest), None, "no repository");
        if !git(&top, "init -q") {
            // Without git there is no revision.
            return;
        }
        assert_eq!(Revision::of(&manifest), None, "no commit");
        std::fs::write(top.join(".gitignore"), "/target\n").unwrap();
        assert!(git(&top, "add .") && git(&top, "commit -q -m first"));
        let first = Revision::of(&manifest).unwrap();
        assert_eq!((first.clean, first.date.as_str()), (true, "2026-02-03"));
        assert_eq!(first.revision.len(), 40);

        std::fs::create_dir(top.join("target")).unwrap();
        std::fs::write(top.join("target/shop.img"), "").unwrap();
        assert!(Revision::of(&manifest).unwrap().clean, "ignored files");
        std::fs::write(top.join("new.rs"), "").unwrap();
        assert!(!Revision::of(&manifest).unwrap().clean, "a new file");
        assert!(git(&top, "add .") && git(&top, "commit -q -m second"));

        // A detached head and a second work tree work as well.
        assert!(git(&top, "checkout -q HEAD~"));
        assert_eq!(Revision::of(&manifest).unwrap(), first);
        assert!(git(&top, "worktree add -q ../other HEAD"));
        let other = Revision::of(&directory.path().join("other/Cargo.toml"));
        assert_eq!(other.as_ref(), Some(&first));
        std::fs::write(top.join("Cargo.toml"), "[package]").unwrap();
        assert!(!Revision::of(&manifest).unwrap().clean, "a changed file");

        // A project in a directory of a repository that does not track it.
        std::fs::create_dir(top.join("target/inner")).unwrap();
        let inner = top.join("target/inner/Cargo.toml");
        std::fs::write(&inner, "").unwrap();
        assert_eq!(Revision::of(&inner), None);
    }
}

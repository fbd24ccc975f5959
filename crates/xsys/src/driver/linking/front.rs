//! The stand-in that rustc is given for another linker: a link to this program under the linker's name.
//!
//! rustc concludes the flavor from the name, so it is kept; the path of the real linker is written next to the link's
//! directory ([`crate::linker::other`] reads it). The path of both below the target directory follows from the linker's
//! path alone, because cargo compares the flags that contain it.
//!
//! On systems without such links (Windows), for linkers that rustc finds by itself, and if the linker is not found,
//! there is no stand-in.

use std::path::{Path, PathBuf};

use xsys_diag::Diagnostic;
use xsys_sysroot::Toolchain;
use xsys_target::Target;

use crate::driver::linking::choice::{By, Choice};
use crate::driver::linking::user_flags::{self, UserConfig};
use crate::driver::which::Place;
use crate::error::file;
use crate::files::replace;
use crate::files::short_digest;
use crate::linker::other::{DIRECTORY, note};
use crate::own_program;
use crate::programs::find;
use crate::project::Project;

/// A link and the linker that it stands for.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Front {
    path: PathBuf,
    program: PathBuf,
}

impl Front {
    /// Puts a stand-in in front of a linker that is not ours; if flags name several, the last one counts.
    pub(crate) fn put(
        choice: &Choice,
        user: &UserConfig,
        target: &Target,
        place: &Place,
        flags: &mut Vec<String>,
    ) -> Vec<Self> {
        let front = Self::of(choice, user, target, place);
        flags.extend(
            front
                .iter()
                .map(|it| format!("-Clinker={}", it.path.display())),
        );
        front.into_iter().collect()
    }

    fn of(choice: &Choice, user: &UserConfig, target: &Target, place: &Place) -> Option<Self> {
        let Place {
            project, toolchain, ..
        } = place;
        // emcc makes several files, and finds its own by their directory.
        if !cfg!(unix) || target.is_emscripten() || matches!(choice.by, By::Xsys | By::Rustc) {
            return None;
        }
        let program = match user_flags::linker(&choice.flags) {
            Some(program) => PathBuf::from(program),
            None => users(user, project)?,
        };
        let name = program.file_name()?;
        if !is_there(&program, toolchain, project) {
            return None;
        }
        let digest = short_digest(&[program.as_os_str().as_encoded_bytes()]);
        let directory = project.target_dir.join(DIRECTORY).join(digest);
        Some(Self {
            path: directory.join(name),
            program,
        })
    }

    /// Creates it, unless it exists.
    pub(crate) fn make(&self) -> Result<(), Diagnostic> {
        let failed = |error: &std::io::Error| file("create", &self.path, error);
        let (Some(directory), Some(name)) = (self.path.parent(), self.path.file_name()) else {
            return Ok(());
        };
        std::fs::create_dir_all(directory).map_err(|error| failed(&error))?;
        let (note, text) = (note(directory), self.program.as_os_str().as_encoded_bytes());
        if std::fs::read(&note).ok().as_deref() != Some(text) {
            replace(&note, text)?;
        }
        own_program::link(directory, &name.to_string_lossy()).map_err(|error| failed(&error))?;
        Ok(())
    }
}

/// The linker of the user's flags or configuration. In a configuration a path with a directory in it is
/// relative to the directory that `.cargo` is in.
fn users(user: &UserConfig, project: &Project) -> Option<PathBuf> {
    if let Some(program) = user_flags::linker(&user.rustflags) {
        return Some(PathBuf::from(program));
    }
    let program = user.linker.as_ref()?;
    if program.is_absolute() || program.components().count() == 1 {
        return Some(program.clone());
    }
    let home = std::env::var_os("CARGO_HOME").map(PathBuf::from);
    let home = home.as_deref().and_then(Path::parent).map(Path::to_owned);
    let home = home.or_else(std::env::home_dir);
    let mut roots = project.directory.ancestors().chain(home.as_deref());
    let has_it = |root: &&Path| find(&root.join(program).to_string_lossy()).is_some();
    roots.find(has_it).map(|root| root.join(program))
}

/// Whether rustc will find it: it also searches the toolchain's own tools, and starts in the
/// workspace's root.
fn is_there(program: &Path, toolchain: &Toolchain, project: &Project) -> bool {
    let is_program = |path: &Path| find(&path.to_string_lossy()).is_some();
    if program.components().count() > 1 {
        return is_program(&project.workspace_root.join(program));
    }
    let rustc = &toolchain.rustc;
    let tools = rustc.sysroot().join("lib/rustlib");
    let tools = tools.join(rustc.host()).join("bin");
    is_program(program) || is_program(&tools.join(program))
}

#[cfg(all(test, unix))]
mod tests {
    use super::*;
    use crate::linker::other::{behind, is_one};

    #[test]
    fn a_link_leads_to_its_program() {
        let directory = tempfile::tempdir().unwrap();
        let front = Front {
            path: directory.path().join(DIRECTORY).join("0123/my cc"),
            program: PathBuf::from("tools/my cc"),
        };
        assert!(is_one(&front.path) && !is_one(&front.program) && !is_one(Path::new("cc")));
        assert!(behind(&front.path).is_err());
        for _ in 0..2 {
            front.make().unwrap();
        }
        assert_eq!(behind(&front.path).unwrap(), front.program);
        let own = crate::own_program::path().unwrap();
        assert_eq!(std::fs::read_link(&front.path).unwrap(), own);
    }
}

//! Finds files by their names.
//!
//! Libraries (`-lfoo`), scripts (`-T`, INCLUDE) and what scripts name (INPUT, GROUP) are looked for
//! in different directories in different orders: GNU ld's manual, "Options" (`-l`, `-L`, `-T`) and
//! "File Commands".
//!
//! Scripts are looked for in the current directory first. A forgotten `memory.x` there would silently be
//! used instead of the one that a build script writes, so [`Found`] also has the files that were not
//! used.

use std::path::{Path, PathBuf};

use xsys_diag::{Diagnostic, did_you_mean};

use super::{InputError, names_in};

/// The directories of a link.
#[derive(Clone, Debug, Default)]
pub struct Search {
    dirs: Vec<PathBuf>,
    sysroot: Option<PathBuf>,
}

/// Which libraries `-l` means.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Libraries {
    /// `libNAME.a`
    Static,
    /// `libNAME.a`, else `libNAME.so`: the output has no dynamic linker unless it needs one.
    StaticFirst,
    /// `libNAME.so`, else `libNAME.a`.
    SharedFirst,
}

/// A file that was found by searching.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Found {
    /// Where it is.
    pub path: PathBuf,
    /// Other files of this name, in directories that come later.
    pub shadowed: Vec<PathBuf>,
    /// Where it was looked for before.
    pub missed: Vec<PathBuf>,
}

/// The first line of scripts that are only for projects without one. No warning says that they are not
/// used.
pub const STAND_IN: &str = "/* Stands in for a script of the project";

impl Found {
    /// A warning, if a file that was not used has other contents than the one that was.
    pub fn shadow_warning(&self) -> Option<Diagnostic> {
        let taken = std::fs::read(&self.path).ok()?;
        let differs = |path: &&PathBuf| {
            std::fs::read(path)
                .is_ok_and(|bytes| bytes != taken && !bytes.starts_with(STAND_IN.as_bytes()))
        };
        let other = self.shadowed.iter().find(differs)?;
        Some(
            Diagnostic::warning(format!(
                "`{}` is used, but another file of this name comes later in the search order",
                self.path.display()
            ))
            .note(format!("not used: `{}`", other.display()))
            .note("the current directory is searched before the directories given with `-L`")
            .help("remove or rename the one that is not meant"),
        )
    }
}

impl Search {
    /// The directories of the options.
    pub fn new(dirs: &[PathBuf], sysroot: Option<&Path>) -> Self {
        Self {
            dirs: dirs.to_vec(),
            sysroot: sysroot.map(Path::to_owned),
        }
    }

    /// Adds a directory that a script names with SEARCH_DIR, after all others.
    pub fn add_script_dir(&mut self, dir: &str) {
        self.dirs
            .push(in_sysroot(self.sysroot.as_deref(), Path::new(dir)));
    }

    /// The directories, in order.
    pub fn dirs(&self) -> &[PathBuf] {
        &self.dirs
    }

    /// Finds what `-lNAME` means; `name` is what follows `-l`.
    ///
    /// # Errors
    /// No directory has a wanted library of this name.
    pub fn library(&self, name: &str, wanted: Libraries) -> Result<PathBuf, InputError> {
        let file = match name.strip_prefix(':') {
            Some(exact) => exact.to_owned(),
            None => format!("lib{name}.a"),
        };
        let shared = format!("lib{name}.so");
        let find = |name: &str| self.dirs.iter().map(|dir| dir.join(name)).find(is_there);
        let found = match wanted {
            _ if name.starts_with(':') => find(&file),
            Libraries::Static => find(&file),
            Libraries::StaticFirst => find(&file).or_else(|| find(&shared)),
            // A directory is searched for both before the next one.
            Libraries::SharedFirst => {
                let both = |dir: &PathBuf| [dir.join(&shared), dir.join(&file)];
                self.dirs.iter().flat_map(both).find(is_there)
            }
        };
        if let Some(path) = found {
            return Ok(path);
        }
        let mut help = Vec::new();
        if wanted == Libraries::Static
            && let Some(path) = find(&shared)
        {
            help.push(format!(
                "there is only a shared library, `{}`; static links need `{file}`",
                path.display()
            ));
        }
        let names: Vec<String> = self.dirs.iter().flat_map(|dir| names_in(dir)).collect();
        let libraries = names.iter().filter(|name| name.ends_with(".a"));
        if let Some(close) = did_you_mean(&file, libraries.map(String::as_str)) {
            let close = match close.strip_prefix("lib").and_then(|s| s.strip_suffix(".a")) {
                Some(stem) if !name.starts_with(':') => format!("-l{stem}"),
                _ => format!("-l:{close}"),
            };
            help.push(format!("did you mean `{close}`"));
        }
        if self.dirs.is_empty() {
            help.push("name the directories to search with `-L`".to_owned());
        }
        Err(InputError::Missing {
            what: format!("library `-l{name}` (`{file}`)"),
            searched: self.dirs.clone(),
            help,
        })
    }

    /// Finds a file that a script names with INPUT, GROUP or STARTUP: `-lNAME`, or a path that is
    /// looked for in the sysroot, beside the script, in the current directory and in the search
    /// directories.
    ///
    /// # Errors
    /// No directory has the file.
    pub fn input(&self, name: &str, script: &Path) -> Result<PathBuf, InputError> {
        if let Some(library) = name.strip_prefix("-l") {
            return self.library(library, Libraries::StaticFirst);
        }
        let path = Path::new(name);
        if name.starts_with('=') || name.starts_with("$SYSROOT") {
            return exactly(in_sysroot(self.sysroot.as_deref(), path));
        }
        let folder = script.parent().unwrap_or(Path::new(""));
        if path.is_absolute() {
            let inside = self
                .sysroot
                .as_deref()
                .filter(|root| is_within(root, folder))
                .and_then(|root| Some(root.join(path.strip_prefix("/").ok()?)))
                .filter(is_there);
            return inside.map_or_else(|| exactly(path.to_owned()), Ok);
        }
        let first = [folder, Path::new("")].into_iter();
        self.first_of(
            first.chain(self.dirs.iter().map(PathBuf::as_path)),
            path,
            "file",
        )
        .map(|found| found.path)
    }

    /// Finds a script that `-T` or INCLUDE names: in the current directory, then in the search
    /// directories.
    ///
    /// # Errors
    /// No directory has the script.
    pub fn script(&self, name: &Path) -> Result<Found, InputError> {
        if name.is_absolute() {
            return exactly(name.to_owned()).map(|path| Found {
                path,
                shadowed: Vec::new(),
                missed: Vec::new(),
            });
        }
        let dirs = self.dirs.iter().map(PathBuf::as_path);
        self.first_of(
            [Path::new("")].into_iter().chain(dirs),
            name,
            "linker script",
        )
    }

    fn first_of<'a>(
        &self,
        dirs: impl Iterator<Item = &'a Path> + Clone,
        name: &Path,
        what: &str,
    ) -> Result<Found, InputError> {
        let mut all = dirs.clone().map(|dir| dir.join(name)).filter(is_there);
        if let Some(path) = all.next() {
            // The same file may be reached by two names.
            let mut seen = vec![path.canonicalize().ok()];
            let mut shadowed = Vec::new();
            for other in all {
                let canonical = other.canonicalize().ok();
                if !seen.contains(&canonical) {
                    seen.push(canonical);
                    shadowed.push(other);
                }
            }
            let missed = dirs.map(|dir| dir.join(name));
            let missed = missed.take_while(|other| *other != path).collect();
            return Ok(Found {
                path,
                shadowed,
                missed,
            });
        }
        let searched: Vec<PathBuf> = dirs
            .map(|dir| {
                if dir.as_os_str().is_empty() {
                    PathBuf::from(".")
                } else {
                    dir.to_owned()
                }
            })
            .collect();
        let names: Vec<String> = searched
            .iter()
            .flat_map(|dir| names_in(&dir.join(name.parent().unwrap_or(Path::new("")))))
            .collect();
        let wanted = name.file_name().unwrap_or_default().to_string_lossy();
        let close = did_you_mean(&wanted, names.iter().map(String::as_str));
        Err(InputError::Missing {
            what: format!("{what} `{}`", name.display()),
            help: close
                .map(|close| format!("did you mean `{}`", name.with_file_name(close).display()))
                .into_iter()
                .collect(),
            searched,
        })
    }
}

/// Replaces a leading `=` or `$SYSROOT` by the sysroot (by nothing, where there is none).
pub fn in_sysroot(sysroot: Option<&Path>, path: &Path) -> PathBuf {
    let Some(text) = path.to_str() else {
        return path.to_owned();
    };
    let Some(rest) = text
        .strip_prefix('=')
        .or_else(|| text.strip_prefix("$SYSROOT"))
    else {
        return path.to_owned();
    };
    let Some(sysroot) = sysroot else {
        return PathBuf::from(rest);
    };
    sysroot.join(rest.trim_start_matches('/'))
}

/// Whether a folder is in another, by whatever names they are called.
fn is_within(root: &Path, folder: &Path) -> bool {
    let real = |path: &Path| match path.as_os_str().is_empty() {
        true => Path::new(".").canonicalize(),
        false => path.canonicalize(),
    };
    match (real(root), real(folder)) {
        (Ok(root), Ok(folder)) => folder.starts_with(root),
        _ => folder.starts_with(root),
    }
}

fn is_there(path: &PathBuf) -> bool {
    std::fs::metadata(path).is_ok_and(|metadata| !metadata.is_dir())
}

/// The path itself, if there is such a file.
fn exactly(path: PathBuf) -> Result<PathBuf, InputError> {
    match std::fs::metadata(&path) {
        Ok(metadata) if metadata.is_dir() => Err(InputError::Directory(path)),
        Ok(_) => Ok(path),
        Err(source) => Err(InputError::from_io(&path, source)),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::fs;

    /// A directory with files in two search directories and a sysroot.
    fn tree() -> (tempfile::TempDir, Search) {
        let dir = tempfile::tempdir().unwrap();
        let root = dir.path();
        for (name, text) in [
            ("a/libone.a", "one in a"),
            ("a/libboth.a", "both in a"),
            ("a/odd.lib", "odd"),
            ("a/same.x", "the same"),
            ("a/memory.x", "in a"),
            ("b/libboth.a", "both in b"),
            ("b/libtwo.a", "two"),
            ("b/libshared.so", "shared"),
            ("b/same.x", "the same"),
            ("b/memory.x", "in b"),
            ("a/link.x", "mine"),
            (
                "b/link.x",
                "/* Stands in for a script of the project: made */",
            ),
            ("sys/lib/libsys.a", "sys"),
            ("sys/lib/group.ld", "GROUP(/lib/libsys.a)"),
        ] {
            fs::create_dir_all(root.join(name).parent().unwrap()).unwrap();
            fs::write(root.join(name), text).unwrap();
        }
        let search = Search::new(
            &[root.join("a"), root.join("b")],
            Some(root.join("sys").as_path()),
        );
        (dir, search)
    }

    #[test]
    fn libraries() {
        let (dir, search) = tree();
        for (name, expected) in [
            ("one", "a/libone.a"),
            ("two", "b/libtwo.a"),
            ("both", "a/libboth.a"),
            (":odd.lib", "a/odd.lib"),
        ] {
            assert_eq!(
                search.library(name, Libraries::Static).unwrap(),
                dir.path().join(expected)
            );
        }
        for (name, expected) in [
            ("tow", vec!["did you mean `-ltwo`"]),
            (":odd.lob", vec![]),
            (
                "shared",
                vec![
                    "there is only a shared library, `DIR/b/libshared.so`; static links need `libshared.a`",
                ],
            ),
        ] {
            let diagnostic = search
                .library(name, Libraries::Static)
                .unwrap_err()
                .into_diagnostic();
            let help: Vec<_> = diagnostic
                .help
                .iter()
                .map(|text| text.replace(&dir.path().display().to_string(), "DIR"))
                .collect();
            assert_eq!(help, expected, "{name}");
            assert!(diagnostic.notes[0].contains("/b"), "{diagnostic}");
        }
        assert!(
            Search::default()
                .library("c", Libraries::Static)
                .unwrap_err()
                .into_diagnostic()
                .help[0]
                .contains("-L")
        );
    }

    #[test]
    fn script_directories_come_last_and_know_the_sysroot() {
        let (dir, mut search) = tree();
        assert!(search.library("sys", Libraries::Static).is_err());
        search.add_script_dir("=/lib");
        assert_eq!(
            search.library("sys", Libraries::Static).unwrap(),
            dir.path().join("sys/lib/libsys.a")
        );
    }

    #[test]
    fn inputs_of_scripts() {
        let (dir, search) = tree();
        let root = dir.path();
        let inside = root.join("sys/lib/group.ld");
        let outside = root.join("a/link.x");
        for (name, script, expected) in [
            ("-ltwo", &outside, "b/libtwo.a"),
            ("libboth.a", &outside, "a/libboth.a"),
            ("libsys.a", &inside, "sys/lib/libsys.a"),
            ("/lib/libsys.a", &inside, "sys/lib/libsys.a"),
            ("=/lib/libsys.a", &outside, "sys/lib/libsys.a"),
            ("$SYSROOT/lib/libsys.a", &outside, "sys/lib/libsys.a"),
        ] {
            assert_eq!(
                search.input(name, script).unwrap(),
                root.join(expected),
                "{name}"
            );
        }
        assert!(search.input("/lib/libsys.a", &outside).is_err());
        // A folder has many names.
        let roundabout = root.join("a/../sys/./lib/group.ld");
        let found = search.input("/lib/libsys.a", &roundabout).unwrap();
        assert_eq!(found, root.join("sys/lib/libsys.a"));
        for name in ["sys/", "b/../sys", "sys/lib/.."] {
            let search = Search::new(&[], Some(&root.join(name)));
            let found = search.input("/lib/libsys.a", &inside).unwrap();
            assert_eq!(found, root.join(name).join("lib/libsys.a"), "{name}");
            let outside = root.join(name).join("../a/link.x");
            assert!(search.input("/lib/libsys.a", &outside).is_err(), "{name}");
        }
        assert!(search.input("nothing.o", &outside).is_err());
    }

    #[test]
    fn shadowed_scripts_are_reported_where_they_differ() {
        let (dir, search) = tree();
        let same = search.script(Path::new("same.x")).unwrap();
        assert_eq!(same.shadowed, [dir.path().join("b/same.x")]);
        assert_eq!(same.shadow_warning(), None);
        assert_eq!(same.missed, [Path::new("same.x")]);
        let stand_in = search.script(Path::new("link.x")).unwrap();
        assert_eq!(stand_in.shadowed, [dir.path().join("b/link.x")]);
        assert_eq!(stand_in.shadow_warning(), None);
        let memory = search.script(Path::new("memory.x")).unwrap();
        assert_eq!(memory.path, dir.path().join("a/memory.x"));
        let warning = memory.shadow_warning().unwrap().to_string();
        assert!(warning.contains("b/memory.x"), "{warning}");
        let missing = search.script(Path::new("memroy.x")).unwrap_err();
        assert_eq!(missing.into_diagnostic().help, ["did you mean `memory.x`"]);
    }

    #[test]
    fn prefixes() {
        let root = Some(Path::new("/target"));
        for (sysroot, path, expected) in [
            (root, "=/lib", "/target/lib"),
            (root, "$SYSROOT/lib", "/target/lib"),
            (root, "=lib", "/target/lib"),
            (Some(Path::new("/target/")), "=/lib", "/target/lib"),
            (root, "/lib", "/lib"),
            (None, "=/lib", "/lib"),
            (None, "lib=x", "lib=x"),
        ] {
            assert_eq!(in_sysroot(sysroot, Path::new(path)), Path::new(expected));
        }
    }
}

//! Where the C library of a system is: its development files, or else the files that programs run with.
//!
//! Problem: a compiler driver knows where `crt1.o` and `libc.so` are because it was configured for one system. Here they are
//! looked for, as Debian, Fedora, Arch and Alpine lay them out: libraries in `lib64`, `lib` or a directory with Debian's
//! multiarch name; GCC's part in `lib/gcc/TRIPLE/VERSION`. Without development packages there is no `libc.so`, but
//! `libc.so.6` is there, where ld.so finds it (`/etc/ld.so.conf`, `ld.so(8)`), and can be linked just as well.

use std::cmp::Reverse;
use std::path::{Path, PathBuf};

use super::machine::Machine;

/// A system's C library.
#[derive(Debug)]
pub(super) struct Library {
    pub(super) musl: bool,
    /// Where libraries are, in the order in which they are searched.
    pub(super) dirs: Vec<PathBuf>,
    /// GCC's directory with `crtbegin.o` and `libgcc.a`.
    pub(super) gcc: Option<PathBuf>,
}

impl Library {
    /// Looks for it below a root; `musl` if the target's name says which one.
    pub(super) fn find(machine: &Machine, root: &Path, musl: Option<bool>) -> Self {
        let inside = |path: &str| root.join(path.trim_start_matches('/'));
        let has = |path: &str| inside(path).exists();
        let musl = musl.unwrap_or_else(|| has(machine.musl) && !has(machine.glibc));
        let mut dirs = Vec::new();
        let mut add = |dir: PathBuf| {
            if dir.is_dir() && !dirs.contains(&dir) {
                dirs.push(dir);
            }
        };
        let tuple = match musl {
            true => machine.multiarch.replace("-gnu", "-musl"),
            false => machine.multiarch.to_owned(),
        };
        // Debian has musl and the C libraries of other machines in directories of their own.
        add(inside(&format!("usr/lib/{tuple}")));
        add(inside(&format!("lib/{tuple}")));
        add(inside(&format!("usr/{tuple}/lib")));
        let own = Machine::host().is_none_or(|host| host == machine) || root != Path::new("/");
        if own {
            for lib in machine.libs {
                add(inside(&format!("usr/{lib}")));
                add(inside(lib));
            }
            for dir in configured(root, Path::new("etc/ld.so.conf"), 0) {
                add(inside(&dir));
            }
            add(inside("usr/local/lib"));
        }
        let gcc = ["usr/lib/gcc", "usr/lib64/gcc", "usr/lib/gcc-cross"]
            .iter()
            .find_map(|dir| newest_gcc(&inside(dir), machine, musl));
        Self { musl, dirs, gcc }
    }

    /// A file of the C library's development package, such as `crt1.o`.
    pub(super) fn file(&self, name: &str) -> Option<PathBuf> {
        let dirs = self.gcc.iter().chain(&self.dirs);
        dirs.map(|dir| dir.join(name)).find(|path| path.is_file())
    }

    /// Whether all start files are there, GCC's among them.
    pub(super) fn is_developed(&self) -> bool {
        self.gcc.is_some() && self.file("crt1.o").is_some() && self.file("crti.o").is_some()
    }

    /// The file that programs run with, for a library without development files: `libm.so.6` for `m`.
    pub(super) fn run_time_file(&self, machine: &Machine, name: &str) -> Option<PathBuf> {
        if self.musl && MUSL_PARTS.contains(&name) {
            let loader = Path::new(machine.musl).file_name()?;
            return self.file(loader.to_str()?);
        }
        let prefix = format!("lib{name}.so.");
        let names = self.dirs.iter().flat_map(|dir| {
            let files = std::fs::read_dir(dir).into_iter().flatten().flatten();
            let mut files: Vec<PathBuf> = files
                .filter(|file| {
                    let name = file.file_name();
                    // `libm.so.6`, not `libfoo.so.6.0.1`, to which it is a link.
                    name.to_str()
                        .and_then(|name| name.strip_prefix(&prefix))
                        .is_some_and(|version| version.bytes().all(|b| b.is_ascii_digit()))
                })
                .map(|file| file.path())
                .collect();
            files.sort_by_key(|path| Reverse(version(&path.to_string_lossy())));
            files
        });
        names.into_iter().find(|path| path.is_file())
    }
}

/// What is one file with musl.
const MUSL_PARTS: &[&str] = &[
    "c", "m", "pthread", "dl", "rt", "util", "resolv", "crypt", "xnet",
];

/// The numbers in a text, for comparisons of versions.
fn version(text: &str) -> Vec<u32> {
    let numbers = text.split(|letter: char| !letter.is_ascii_digit());
    numbers.filter_map(|number| number.parse().ok()).collect()
}

/// The newest of GCC's directories for a machine.
fn newest_gcc(dir: &Path, machine: &Machine, musl: bool) -> Option<PathBuf> {
    let children = |dir: &Path| {
        let found = std::fs::read_dir(dir).into_iter().flatten().flatten();
        found.map(|entry| entry.path()).collect::<Vec<_>>()
    };
    let is_ours = |path: &PathBuf| {
        let name = path.file_name().and_then(|name| name.to_str());
        name.is_some_and(|name| {
            Machine::of_name(name) == Some(machine) && name.contains("musl") == musl
        })
    };
    let versions = children(dir).into_iter().filter(is_ours);
    let mut versions: Vec<PathBuf> = versions.flat_map(|triple| children(&triple)).collect();
    versions.retain(|path| path.join("crtbegin.o").is_file());
    versions.sort_by_key(|path| version(&path.file_name().unwrap_or_default().to_string_lossy()));
    versions.pop()
}

/// The directories of `ld.so.conf`; its `include` takes a name with `*` in the last part.
fn configured(root: &Path, file: &Path, depth: u32) -> Vec<String> {
    let text = std::fs::read_to_string(root.join(file)).unwrap_or_default();
    let mut dirs = Vec::new();
    for line in text.lines() {
        let line = line.split('#').next().unwrap_or_default().trim();
        let Some(pattern) = line.strip_prefix("include").filter(|_| depth < 4) else {
            if line.starts_with('/') {
                dirs.push(line.to_owned());
            }
            continue;
        };
        let pattern = Path::new(pattern.trim());
        let pattern = match pattern.strip_prefix("/") {
            Ok(inside) => inside.to_owned(),
            Err(_) => file.with_file_name("").join(pattern),
        };
        let folder = pattern.parent().unwrap_or(Path::new(""));
        let name = pattern.file_name().and_then(|name| name.to_str());
        let (before, after) = name
            .and_then(|name| name.split_once('*'))
            .unwrap_or_default();
        let entries = std::fs::read_dir(root.join(folder)).into_iter().flatten();
        let mut names: Vec<_> = entries.flatten().map(|entry| entry.file_name()).collect();
        names.sort();
        for found in names {
            let fits = found
                .to_str()
                .is_some_and(|text| text.starts_with(before) && text.ends_with(after));
            if fits {
                dirs.extend(configured(root, &folder.join(&found), depth + 1));
            }
        }
    }
    dirs
}

#[cfg(test)]
mod tests {
    use super::*;

    fn system(files: &[&str]) -> tempfile::TempDir {
        let root = tempfile::tempdir().expect("a directory can be made");
        for file in files {
            let path = root.path().join(file);
            std::fs::create_dir_all(path.parent().expect("it has one")).expect("it can be made");
            std::fs::write(path, "").expect("it can be written");
        }
        root
    }

    #[test]
    fn the_layouts_of_distributions() {
        let machine = Machine::of_name("x86_64").expect("it is known");
        for (files, musl, crt, gcc) in [
            (
                &[
                    "lib64/ld-linux-x86-64.so.2",
                    "usr/lib/x86_64-linux-gnu/crt1.o",
                    "usr/lib/gcc/x86_64-linux-gnu/9/crtbegin.o",
                    "usr/lib/gcc/x86_64-linux-gnu/12/crtbegin.o",
                ][..],
                false,
                Some("usr/lib/x86_64-linux-gnu/crt1.o"),
                Some("usr/lib/gcc/x86_64-linux-gnu/12"),
            ),
            (
                &[
                    "lib64/ld-linux-x86-64.so.2",
                    "usr/lib64/crt1.o",
                    "usr/lib/crt1.o",
                    "usr/lib/gcc/x86_64-redhat-linux/14/crtbegin.o",
                ],
                false,
                Some("usr/lib64/crt1.o"),
                Some("usr/lib/gcc/x86_64-redhat-linux/14"),
            ),
            (
                &[
                    "lib/ld-musl-x86_64.so.1",
                    "usr/lib/crt1.o",
                    "usr/lib/gcc/x86_64-alpine-linux-musl/14.2.0/crtbegin.o",
                ],
                true,
                Some("usr/lib/crt1.o"),
                Some("usr/lib/gcc/x86_64-alpine-linux-musl/14.2.0"),
            ),
            (&["lib/ld-musl-x86_64.so.1"], true, None, None),
        ] {
            let root = system(files);
            let library = Library::find(machine, root.path(), None);
            assert_eq!(library.musl, musl);
            assert_eq!(
                library.file("crt1.o"),
                crt.map(|path| root.path().join(path))
            );
            assert_eq!(library.gcc, gcc.map(|path| root.path().join(path)));
        }
    }

    #[test]
    fn libraries_without_development_files() {
        let machine = Machine::of_name("x86_64").expect("it is known");
        let root = system(&[
            "lib64/ld-linux-x86-64.so.2",
            "usr/lib64/libm.so.6",
            "usr/lib64/libmx.so.7",
            "opt/x/libz.so.1",
            "opt/x/libz.so.1.3",
        ]);
        for (path, text) in [
            ("etc/ld.so.conf", "include ld.so.conf.d/*.conf\n"),
            ("etc/ld.so.conf.d/x.conf", "/opt/x # ours\n"),
        ] {
            let path = root.path().join(path);
            std::fs::create_dir_all(path.parent().expect("it has one")).expect("it can be made");
            std::fs::write(path, text).expect("it can be written");
        }
        let library = Library::find(machine, root.path(), None);
        for (name, expected) in [
            ("m", Some("usr/lib64/libm.so.6")),
            ("z", Some("opt/x/libz.so.1")),
            ("y", None),
        ] {
            let found = library.run_time_file(machine, name);
            assert_eq!(found, expected.map(|path| root.path().join(path)), "{name}");
        }
        let root = system(&["lib/ld-musl-x86_64.so.1"]);
        let library = Library::find(machine, root.path(), None);
        let found = library.run_time_file(machine, "pthread");
        assert_eq!(found, Some(root.path().join("lib/ld-musl-x86_64.so.1")));
    }
}

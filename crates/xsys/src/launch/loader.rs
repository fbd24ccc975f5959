//! The dynamic loader that a Linux program for another machine needs, for QEMU's user mode.
//!
//! Such a program names its loader by an absolute path (ELF's `PT_INTERP`), and QEMU looks for it and for all libraries
//! below a directory first: `-L`, or `QEMU_LD_PREFIX`. Packages of cross compilers contain these files, each
//! distribution in a directory below `/usr` (Debian and Arch `/usr/aarch64-linux-gnu`, Fedora
//! `/usr/aarch64-linux-gnu/sys-root`).

use std::ffi::OsString;
use std::path::{Path, PathBuf};

use object::{Object, ObjectSection};
use xsys_diag::Diagnostic;

/// Debian's packages with loaders for other machines.
const PACKAGES: [(&str, &str); 8] = [
    ("ld-linux-aarch64.so.1", "libc6-arm64-cross"),
    ("ld-linux-armhf.so.3", "libc6-armhf-cross"),
    ("ld-linux.so.3", "libc6-armel-cross"),
    ("ld-linux-riscv64-lp64d.so.1", "libc6-riscv64-cross"),
    ("ld64.so.2", "libc6-ppc64el-cross"),
    ("ld64.so.1", "libc6-s390x-cross"),
    ("ld-linux.so.2", "libc6-i386-cross"),
    ("ld-linux-x86-64.so.2", "libc6-amd64-cross"),
];

/// The directory to pass to QEMU: none if the user names one, or if it is not needed.
pub(super) fn arguments(
    emulator: &Path,
    words: &[String],
    program: &Path,
) -> Result<Vec<OsString>, Diagnostic> {
    let name = emulator.file_name().unwrap_or_default().to_string_lossy();
    let user_mode = name.starts_with("qemu-") && !name.starts_with("qemu-system-");
    let told =
        words.iter().any(|word| word == "-L") || std::env::var_os("QEMU_LD_PREFIX").is_some();
    if !user_mode || told {
        return Ok(Vec::new());
    }
    let content = std::fs::read(program).unwrap_or_default();
    let Some(loader) = loader(&content).filter(|loader| !loader.exists()) else {
        return Ok(Vec::new());
    };
    match prefix(Path::new("/usr"), &loader) {
        Some(prefix) => Ok(vec!["-L".into(), prefix.into()]),
        None => Err(missing(program, &loader)),
    }
}

/// The loader that a program names.
fn loader(content: &[u8]) -> Option<PathBuf> {
    let file = object::File::parse(content).ok()?;
    let text = file.section_by_name(".interp")?.data().ok()?;
    let text = std::str::from_utf8(text).ok()?.trim_end_matches('\0');
    Some(PathBuf::from(text)).filter(|path| path.is_absolute())
}

/// A directory that contains the loader under its absolute path.
fn prefix(usr: &Path, loader: &Path) -> Option<PathBuf> {
    let inside = loader.strip_prefix("/").ok()?;
    let mut directories: Vec<PathBuf> = std::fs::read_dir(usr)
        .ok()?
        .filter_map(|entry| Some(entry.ok()?.path()))
        .collect();
    directories.sort();
    directories
        .into_iter()
        .flat_map(|directory| [directory.join("sys-root"), directory])
        .find(|directory| directory.join(inside).exists())
}

fn missing(program: &Path, loader: &Path) -> Diagnostic {
    let name = loader.file_name().unwrap_or_default().to_string_lossy();
    let problem = Diagnostic::error(format!(
        "`{}` needs `{}` and the libraries that go with it, which are not on this machine",
        program.display(),
        loader.display()
    ));
    let problem = match PACKAGES.iter().find(|(known, _)| *known == name) {
        Some((_, package)) => problem.help(format!(
            "install them: sudo apt install {package} (Debian, Ubuntu), or your system's C library for \
             that machine"
        )),
        None => problem,
    };
    problem
        .help("or say where they are: QEMU_LD_PREFIX=DIR, the directory that stands for `/`")
        .help("or build for a musl target, whose programs need neither")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn loaders_are_found_where_distributions_put_them() {
        let usr = tempfile::tempdir().unwrap();
        let loader = Path::new("/lib/ld-linux-aarch64.so.1");
        assert_eq!(prefix(usr.path(), loader), None);
        for directory in ["b-linux-gnu", "a-linux-gnu/sys-root", "a-linux-gnu"] {
            let directory = usr.path().join(directory);
            std::fs::create_dir_all(directory.join("lib")).unwrap();
            if !directory.ends_with("a-linux-gnu") {
                std::fs::write(directory.join("lib/ld-linux-aarch64.so.1"), "").unwrap();
            }
        }
        let found = prefix(usr.path(), loader);
        assert_eq!(found, Some(usr.path().join("a-linux-gnu/sys-root")));
    }

    #[test]
    fn only_user_mode_is_told() {
        for (emulator, words) in [
            ("qemu-system-arm", &[][..]),
            ("qemu-arm", &["-L"]),
            ("node", &[]),
        ] {
            let words: Vec<String> = words.iter().map(|&word| word.to_owned()).collect();
            let told = arguments(Path::new(emulator), &words, Path::new("/no/such/program"));
            assert_eq!(told, Ok(Vec::new()), "{emulator}");
        }
        let problem = missing(Path::new("p"), Path::new("/lib/ld-linux-armhf.so.3"));
        assert!(problem.help[0].contains("libc6-armhf-cross"), "{problem}");
    }
}

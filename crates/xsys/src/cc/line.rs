//! From what a driver is asked for to the linker's command line.
//!
//! The order is that of GCC's specs (`gcc -dumpspecs`, `link_command`): options, start files, directories, what the command line
//! has in its order, libraries, end files. Without the C library's development package, start files of ours take the place of
//! its own, and libraries that only programs at run time have are linked by their path.

use std::ffi::OsString;
use std::path::{Path, PathBuf};

use super::library::Library;
use super::machine::Machine;
use super::request::{Request, Word};

/// Start files of our own: those that are always linked, and those that are linked if they are needed.
#[derive(Debug, Default)]
pub(super) struct OurFiles {
    pub(super) first: Vec<PathBuf>,
    pub(super) needed: Vec<PathBuf>,
}

/// What is made.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Kind {
    Object,
    Shared,
    Static,
    StaticPie,
    Program,
    Pie,
}

impl Kind {
    fn of(request: &Request) -> Self {
        match request {
            Request {
                relocatable: true, ..
            } => Self::Object,
            Request { shared: true, .. } => Self::Shared,
            Request {
                static_pie: true, ..
            } => Self::StaticPie,
            // `-static -pie` is not position-independent with GCC, and is with clang; nobody loses by GCC's.
            Request {
                is_static: true, ..
            } => Self::Static,
            Request {
                pie: Some(false), ..
            } => Self::Program,
            _ => Self::Pie,
        }
    }

    fn is_program(self) -> bool {
        !matches!(self, Self::Object | Self::Shared)
    }

    fn is_static(self) -> bool {
        matches!(self, Self::Static | Self::StaticPie)
    }

    /// The start files before and after everything else.
    fn start_files(self) -> (&'static [&'static str], &'static [&'static str]) {
        match self {
            Self::Object => (&[], &[]),
            Self::Shared => (&["crti.o", "crtbeginS.o"], &["crtendS.o", "crtn.o"]),
            Self::Static => (
                &["crt1.o", "crti.o", "crtbeginT.o"],
                &["crtend.o", "crtn.o"],
            ),
            Self::StaticPie => (
                &["rcrt1.o", "crti.o", "crtbeginS.o"],
                &["crtendS.o", "crtn.o"],
            ),
            Self::Program => (&["crt1.o", "crti.o", "crtbegin.o"], &["crtend.o", "crtn.o"]),
            Self::Pie => (
                &["Scrt1.o", "crti.o", "crtbeginS.o"],
                &["crtendS.o", "crtn.o"],
            ),
        }
    }
}

/// Whether the link needs start files that the system does not have.
pub(super) fn needs_ours(request: &Request, library: &Library) -> bool {
    let kind = Kind::of(request);
    let wanted = !request.no_start_files && kind != Kind::Object;
    wanted && !library.is_developed()
}

/// Whether a program is made, not a library.
pub(super) fn makes_program(request: &Request) -> bool {
    Kind::of(request).is_program()
}

/// Whether everything is to be in the output.
pub(super) fn makes_static(request: &Request) -> bool {
    let is_static = Kind::of(request).is_static();
    is_static && !(request.no_default_libs && request.no_start_files)
}

/// A command line under construction.
struct Line<'a> {
    machine: &'a Machine,
    library: &'a Library,
    user_dirs: Vec<PathBuf>,
    /// `-Bstatic` holds.
    only_static: bool,
    args: Vec<OsString>,
}

/// The linker's command line.
pub(super) fn line(
    request: &Request,
    machine: &Machine,
    library: &Library,
    ours: &OurFiles,
) -> Vec<OsString> {
    let kind = Kind::of(request);
    let user_dirs = request.prefixes.iter().chain(&request.dirs);
    let mut line = Line {
        machine,
        library,
        user_dirs: user_dirs.map(PathBuf::from).collect(),
        only_static: kind.is_static(),
        args: Vec::new(),
    };
    line.options(request, kind);
    let files = !request.no_start_files && ours.first.is_empty();
    let (start, end) = if files {
        kind.start_files()
    } else {
        (&[][..], &[][..])
    };
    line.files(start);
    line.args.extend(ours.first.iter().map(OsString::from));
    let dirs = request.prefixes.iter().chain(&request.dirs);
    for dir in dirs.map(Path::new).chain(library.gcc.as_deref()) {
        line.directory(dir);
    }
    for dir in &library.dirs {
        line.directory(dir);
    }
    for word in &request.words {
        match word {
            Word::Input(path) => line.args.push(path.clone()),
            Word::Library(name) => line.library(name),
            Word::Linker(word) => {
                match word.as_str() {
                    "-Bstatic" | "-dn" | "-non_shared" => line.only_static = true,
                    "-Bdynamic" | "-dy" | "-call_shared" => line.only_static = kind.is_static(),
                    _ => {}
                }
                line.args.push(word.into());
            }
        }
    }
    if !request.no_default_libs && kind != Kind::Object {
        line.libraries(request, kind);
    }
    if !ours.needed.is_empty() {
        line.word("--start-lib");
        line.args.extend(ours.needed.iter().map(OsString::from));
        line.word("--end-lib");
    }
    line.files(end);
    line.args
}

impl Line<'_> {
    fn word(&mut self, word: &str) {
        self.args.push(word.into());
    }

    fn options(&mut self, request: &Request, kind: Kind) {
        if let Some(sysroot) = &request.sysroot {
            self.word(&format!("--sysroot={sysroot}"));
        }
        if kind != Kind::Object {
            self.word("--build-id");
            self.word("--eh-frame-hdr");
        }
        self.word("-m");
        self.word(self.machine.emulation);
        self.word("--hash-style=gnu");
        let interpreter = match self.library.musl {
            true => self.machine.musl,
            false => self.machine.glibc,
        };
        let words: &[&str] = match kind {
            Kind::Object => &["-r"],
            Kind::Shared => &["-shared"],
            Kind::Static => &["-static"],
            Kind::StaticPie => &["-static", "-pie", "--no-dynamic-linker", "-z", "text"],
            Kind::Program => &["-dynamic-linker", interpreter],
            Kind::Pie => &["-dynamic-linker", interpreter, "-pie"],
        };
        for word in words {
            self.word(word);
        }
        self.word("-o");
        self.word(request.output.as_deref().unwrap_or("a.out"));
    }

    fn directory(&mut self, dir: &Path) {
        let mut word = OsString::from("-L");
        word.push(dir);
        self.args.push(word);
    }

    /// Start files; those that a C library does not have (musl's packages on Debian) are left out.
    fn files(&mut self, names: &[&str]) {
        for name in names {
            let given = self.user_dirs.iter().map(|dir| dir.join(name));
            let found = given.clone().find(|path| path.is_file());
            let found = found.or_else(|| self.library.file(name));
            self.args.extend(found.map(OsString::from));
        }
    }

    /// `-lNAME`, or the file that programs run with if that is all there is.
    fn library(&mut self, name: &str) {
        let exact = name.strip_prefix(':').map(str::to_owned);
        let names = match (exact, self.only_static) {
            (Some(exact), _) => vec![exact],
            (None, true) => vec![format!("lib{name}.a")],
            (None, false) => vec![format!("lib{name}.so"), format!("lib{name}.a")],
        };
        let dirs = || {
            self.user_dirs
                .iter()
                .chain(&self.library.gcc)
                .chain(&self.library.dirs)
        };
        let is_there = dirs().any(|dir| names.iter().any(|name| dir.join(name).is_file()));
        let run_time = (!is_there && !self.only_static)
            .then(|| self.library.run_time_file(self.machine, name))
            .flatten();
        match run_time {
            Some(path) => self.args.push(path.into()),
            None => self.word(&format!("-l{name}")),
        }
    }

    /// The libraries that every program gets.
    fn libraries(&mut self, request: &Request, kind: Kind) {
        let has_libgcc = self.library.file("libgcc.a").is_some();
        let libc = |line: &mut Self| {
            if request.pthread {
                line.library("pthread");
            }
            if !request.no_libc {
                line.library("c");
            }
        };
        if kind.is_static() {
            self.word("--start-group");
            if has_libgcc {
                self.library("gcc");
                self.library("gcc_eh");
            }
            libc(self);
            self.word("--end-group");
            return;
        }
        // What a command line's `-Bstatic` began ends before the system's libraries.
        if std::mem::replace(&mut self.only_static, false) {
            self.word("-Bdynamic");
        }
        self.libgcc(request, has_libgcc);
        libc(self);
        self.libgcc(request, has_libgcc);
    }

    fn libgcc(&mut self, request: &Request, has_libgcc: bool) {
        if request.libgcc_shared == Some(true) {
            self.library("gcc_s");
        }
        if has_libgcc {
            self.library("gcc");
        }
        match request.libgcc_shared {
            Some(true) => {}
            Some(false) if has_libgcc => self.library("gcc_eh"),
            _ if self.library.run_time_file(self.machine, "gcc_s").is_some() => {
                self.word("--push-state");
                self.word("--as-needed");
                self.library("gcc_s");
                self.word("--pop-state");
            }
            _ => {}
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// A system with the named files below `ROOT`, and what the linker is told there.
    fn told(files: &[&str], command: &str) -> String {
        let root = tempfile::tempdir().expect("a directory can be made");
        for file in files {
            let path = root.path().join(file);
            std::fs::create_dir_all(path.parent().expect("it has one")).expect("it can be made");
            std::fs::write(path, "").expect("it can be written");
        }
        let machine = Machine::of_name("x86_64").expect("it is known");
        let library = Library::find(machine, root.path(), None);
        let words: Vec<OsString> = command.split_whitespace().map(OsString::from).collect();
        let (request, diagnostics) = super::super::read::read(&words);
        assert!(diagnostics.is_empty(), "{diagnostics:?}");
        let mut ours = OurFiles::default();
        if needs_ours(&request, &library) {
            ours.first.push("OURS.o".into());
            ours.needed.push("atexit.o".into());
        }
        let args = line(&request, machine, &library, &ours);
        let words: Vec<String> = args
            .iter()
            .map(|arg| arg.to_string_lossy().into_owned())
            .collect();
        let text = words
            .join(" ")
            .replace(&format!("{}/", root.path().display()), "");
        let text = text
            .replace("usr/lib/gcc/x86_64-linux-gnu/12/", "")
            .replace("usr/lib64/crt", "crt")
            .replace("usr/lib64/Scrt", "Scrt")
            .replace("usr/lib64/rcrt", "rcrt");
        text.split(' ')
            .filter(|word| !word.starts_with("-L"))
            .collect::<Vec<_>>()
            .join(" ")
    }

    const DEVELOPED: &[&str] = &[
        "lib64/ld-linux-x86-64.so.2",
        "usr/lib64/crt1.o",
        "usr/lib64/Scrt1.o",
        "usr/lib64/rcrt1.o",
        "usr/lib64/crti.o",
        "usr/lib64/crtn.o",
        "usr/lib64/libc.so",
        "usr/lib64/libc.so.6",
        "usr/lib64/libgcc_s.so.1",
        "usr/lib/gcc/x86_64-linux-gnu/12/crtbegin.o",
        "usr/lib/gcc/x86_64-linux-gnu/12/crtbeginS.o",
        "usr/lib/gcc/x86_64-linux-gnu/12/crtbeginT.o",
        "usr/lib/gcc/x86_64-linux-gnu/12/crtend.o",
        "usr/lib/gcc/x86_64-linux-gnu/12/crtendS.o",
        "usr/lib/gcc/x86_64-linux-gnu/12/libgcc.a",
        "usr/lib/gcc/x86_64-linux-gnu/12/libgcc_s.so",
    ];

    /// As `gcc -###` says for the same words, libraries of plugins and directories aside.
    #[test]
    fn the_lines_are_gccs() {
        let begin = "--build-id --eh-frame-hdr -m elf_x86_64 --hash-style=gnu";
        let loader = "-dynamic-linker /lib64/ld-linux-x86-64.so.2";
        let gcc = "-lgcc --push-state --as-needed -lgcc_s --pop-state";
        for (command, expected) in [
            (
                "h.o -lfoo",
                format!(
                    "{begin} {loader} -pie -o a.out Scrt1.o crti.o crtbeginS.o h.o -lfoo {gcc} -lc {gcc} crtendS.o crtn.o"
                ),
            ),
            (
                "-static h.o",
                format!(
                    "{begin} -static -o a.out crt1.o crti.o crtbeginT.o h.o --start-group -lgcc -lgcc_eh -lc --end-group crtend.o crtn.o"
                ),
            ),
            (
                "-static-pie h.o -o x",
                format!(
                    "{begin} -static -pie --no-dynamic-linker -z text -o x rcrt1.o crti.o crtbeginS.o h.o --start-group -lgcc -lgcc_eh -lc --end-group crtendS.o crtn.o"
                ),
            ),
            (
                "-shared h.o",
                format!(
                    "{begin} -shared -o a.out crti.o crtbeginS.o h.o {gcc} -lc {gcc} crtendS.o crtn.o"
                ),
            ),
            (
                "-no-pie -pthread h.o",
                format!(
                    "{begin} {loader} -o a.out crt1.o crti.o crtbegin.o h.o {gcc} -lpthread -lc {gcc} crtend.o crtn.o"
                ),
            ),
            (
                "-pie -nodefaultlibs h.o",
                format!(
                    "{begin} {loader} -pie -o a.out Scrt1.o crti.o crtbeginS.o h.o crtendS.o crtn.o"
                ),
            ),
            (
                "-nostdlib -Wl,--gc-sections,-z,now h.o",
                format!("{begin} {loader} -pie -o a.out --gc-sections -z now h.o"),
            ),
            (
                "-r h.o",
                "-m elf_x86_64 --hash-style=gnu -r -o a.out h.o".to_owned(),
            ),
            (
                "-nolibc -static-libgcc h.o",
                format!(
                    "{begin} {loader} -pie -o a.out Scrt1.o crti.o crtbeginS.o h.o -lgcc -lgcc_eh -lgcc -lgcc_eh crtendS.o crtn.o"
                ),
            ),
        ] {
            assert_eq!(told(DEVELOPED, command), expected, "{command}");
        }
    }

    #[test]
    fn without_development_files() {
        let bare = &[
            "lib64/ld-linux-x86-64.so.2",
            "usr/lib64/libc.so.6",
            "usr/lib64/libm.so.6",
            "usr/lib64/libgcc_s.so.1",
        ];
        let loader = "--build-id --eh-frame-hdr -m elf_x86_64 --hash-style=gnu -dynamic-linker /lib64/ld-linux-x86-64.so.2 -pie";
        for (command, expected) in [
            (
                "-pie -nodefaultlibs h.o -Wl,-Bstatic a.rlib -Wl,-Bdynamic -lgcc_s -lm -lc",
                format!(
                    "{loader} -o a.out OURS.o h.o -Bstatic a.rlib -Bdynamic usr/lib64/libgcc_s.so.1 usr/lib64/libm.so.6 usr/lib64/libc.so.6 --start-lib atexit.o --end-lib"
                ),
            ),
            (
                "h.o",
                format!(
                    "{loader} -o a.out OURS.o h.o --push-state --as-needed usr/lib64/libgcc_s.so.1 --pop-state usr/lib64/libc.so.6 --push-state --as-needed usr/lib64/libgcc_s.so.1 --pop-state --start-lib atexit.o --end-lib"
                ),
            ),
            ("-nostdlib h.o -lz", format!("{loader} -o a.out h.o -lz")),
        ] {
            assert_eq!(told(bare, command), expected, "{command}");
        }
    }
}

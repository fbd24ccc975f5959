//! `xsys-cc`: the linker under a compiler driver's command line.
//!
//! Problem: rustc and build systems do not call a linker but `cc`, which adds the C library's start files, libraries and
//! directories and calls one. Most machines that have Rust and no `cc` need nothing else of it. So this part reads what gcc and
//! clang take when they link ([`options`], [`read`]), finds the C library ([`library`]), makes what a system without
//! development files lacks ([`start`]) and tells the linker ([`mod@line`]). It compiles nothing, and says who does.

mod library;
mod line;
mod machine;
mod options;
mod read;
mod request;
mod start;

use std::ffi::{OsStr, OsString};
use std::path::{Path, PathBuf};
use std::process::ExitCode;

use xsys_diag::Diagnostic;
use xsys_link::Flavor;
use xsys_sysroot::Cache;

use self::library::Library;
use self::line::OurFiles;
use self::machine::Machine;
use self::request::{Question, Request, Word};
use crate::error::file;
use crate::linker;
use crate::programs;
use crate::render;
use crate::ui::{self, Ui};

/// The name by which the program plays this part; a target's name may stand before it.
pub(crate) const NAME: &str = "xsys-cc";

/// Whether a program's name is ours: `xsys-cc`, `aarch64-linux-gnu-xsys-cc`.
pub(crate) fn is_one(name: &str) -> bool {
    name.strip_suffix(NAME)
        .is_some_and(|before| before.is_empty() || before.ends_with('-'))
}

/// Links as a compiler driver, under the name it was called by.
pub(crate) fn main(name: &OsStr, args: &[OsString]) -> ExitCode {
    let ui = Ui::new(None, false);
    match run(&ui, name, args) {
        Ok(code) => code,
        Err(diagnostics) => {
            render::show(&ui, &diagnostics);
            ExitCode::FAILURE
        }
    }
}

fn run(ui: &Ui, name: &OsStr, args: &[OsString]) -> Result<ExitCode, Vec<Diagnostic>> {
    let args = xsys_link::expand_response_files(args)?;
    let (request, diagnostics) = read::read(&args);
    if !diagnostics.is_empty() {
        return Err(diagnostics);
    }
    let machine = machine_of(&request, name).map_err(|diagnostic| vec![diagnostic])?;
    let root = request.sysroot.as_deref().map_or(Path::new("/"), Path::new);
    let musl = request.target.as_deref().map(|name| name.contains("musl"));
    let library = Library::find(machine, root, musl);
    if let Some(question) = &request.question {
        answer(question, &request, machine, &library);
        return Ok(ExitCode::SUCCESS);
    }
    if let Some((word, what)) = &request.compile {
        return Err(vec![no_compiler(word, what)]);
    }
    if !request
        .words
        .iter()
        .any(|word| !matches!(word, Word::Linker(_)))
    {
        if request.verbose {
            ui.line(&version());
            return Ok(ExitCode::SUCCESS);
        }
        let diagnostic = Diagnostic::error("no input files");
        return Err(vec![diagnostic.help(
            "`xsys-cc` links as `cc` does, such as `xsys-cc main.o -o main`",
        )]);
    }
    let ours = match line::needs_ours(&request, &library) {
        true => our_files(&request, machine).map_err(|diagnostic| vec![diagnostic])?,
        false => OurFiles::default(),
    };
    let args = line::line(&request, machine, &library, &ours);
    if request.verbose {
        let words = args
            .iter()
            .map(|arg| programs::quote(&arg.to_string_lossy()));
        ui.line(&format!(" xsys-ld {}", words.collect::<Vec<_>>().join(" ")));
    }
    if request.only_print {
        return Ok(ExitCode::SUCCESS);
    }
    Ok(linker::main(Some(Flavor::Gnu), args))
}

/// The machine to link for: as the command line, the program's name, or the first object says; else the host's.
fn machine_of(request: &Request, name: &OsStr) -> Result<&'static Machine, Diagnostic> {
    let found = match &request.target {
        Some(target) => match Machine::of_name(target) {
            Some(machine) => Some(machine),
            None => {
                let text = format!("`xsys-cc` does not link for `{target}`");
                return Err(Diagnostic::error(text).note(
                    "it links for Linux on x86_64, aarch64, riscv64 and arm; `xsys build` builds for other targets",
                ));
            }
        },
        None => {
            let name = Path::new(name).file_name().and_then(|name| name.to_str());
            let of_name = Machine::of_name(name.unwrap_or_default());
            of_name.or_else(|| {
                let inputs = request.words.iter().filter_map(|word| match word {
                    Word::Input(path) => Some(Path::new(path)),
                    _ => None,
                });
                inputs.filter_map(Machine::of_object).next()
            })
        }
    };
    let machine = found.or_else(Machine::host);
    match machine {
        Some(machine) if request.bits_64 && !machine.is_64() => {
            Err(Diagnostic::error("`-m64` is for machines of 64 bits"))
        }
        Some(machine) => Ok(machine),
        None => Err(Diagnostic::error(
            "`xsys-cc` does not know the machine to link for: name it with `--target=`",
        )),
    }
}

/// Writes start files of ours into the cache, so that equal links name equal files.
fn our_files(request: &Request, machine: &Machine) -> Result<OurFiles, Diagnostic> {
    let lacking = |text: &str| {
        Diagnostic::error(text).note("the C library's development files (`crt1.o`, `libc.a`) are not installed").help(
            "install them: sudo apt install libc6-dev (Debian, Ubuntu), sudo dnf install glibc-devel glibc-static \
             (Fedora), sudo apk add musl-dev (Alpine)",
        )
    };
    if line::makes_static(request) {
        return Err(lacking(
            "a static program needs the C library's static files",
        ));
    }
    if !machine.has_start_files {
        return Err(lacking(
            "there are no start files of our own for this machine",
        ));
    }
    let cache = Cache::from_env().map_err(|error| error.into_diagnostic())?;
    let made = start::objects(machine, line::makes_program(request));
    let (first, needed) = made.map_err(Diagnostic::error)?;
    let dir = cache
        .root()
        .join("start-files")
        .join(env!("CARGO_PKG_VERSION"))
        .join(machine.name);
    let write = |made: start::Made| -> Result<PathBuf, Diagnostic> {
        let path = dir.join(&made.name);
        if std::fs::read(&path).is_ok_and(|content| content == made.content) {
            return Ok(path);
        }
        let new = dir.join(format!("{}-{}", made.name, std::process::id()));
        std::fs::create_dir_all(&dir).map_err(|error| file("make", &dir, &error))?;
        std::fs::write(&new, &made.content).map_err(|error| file("write", &new, &error))?;
        std::fs::rename(&new, &path).map_err(|error| file("write", &path, &error))?;
        Ok(path)
    };
    Ok(OurFiles {
        first: first.into_iter().map(write).collect::<Result<_, _>>()?,
        needed: needed.into_iter().map(write).collect::<Result<_, _>>()?,
    })
}

fn no_compiler(word: &str, what: &str) -> Diagnostic {
    let diagnostic = Diagnostic::error(format!("`xsys-cc` links, and `{word}` asks for {what}"));
    let others = ["clang", "gcc", "cc"];
    let other = others.iter().find(|name| {
        programs::find(name).is_some_and(|path| {
            let real = path.canonicalize().ok();
            real.is_some() && real != std::env::current_exe().ok()
        })
    });
    match other {
        Some(name) => diagnostic.help(format!("call `{name}` for that; `xsys-cc` links what it makes")),
        None => diagnostic.help(
            "install a compiler: sudo apt install clang (Debian, Ubuntu), sudo dnf install clang (Fedora), sudo apk \
             add clang (Alpine)",
        ),
    }
}

fn version() -> String {
    format!(
        "{NAME} {} (links as GCC and clang do)",
        env!("CARGO_PKG_VERSION")
    )
}

fn answer(question: &Question, request: &Request, machine: &Machine, library: &Library) {
    let dirs = |dirs: &mut dyn Iterator<Item = &Path>| {
        let dirs: Vec<String> = dirs.map(|dir| dir.display().to_string()).collect();
        dirs.join(":")
    };
    let text = match question {
        Question::Version => version(),
        Question::DumpVersion => env!("CARGO_PKG_VERSION").to_owned(),
        Question::Machine => match library.musl {
            true => format!("{}-linux-musl", machine.name),
            false => machine.multiarch.to_owned(),
        },
        Question::SearchDirs => {
            let prefixes = request.prefixes.iter().map(Path::new);
            let system = library
                .gcc
                .iter()
                .chain(&library.dirs)
                .map(PathBuf::as_path);
            format!(
                "install: /\nprograms: =\nlibraries: ={}",
                dirs(&mut prefixes.chain(system))
            )
        }
        Question::Sysroot => request.sysroot.clone().unwrap_or_default(),
        // GCC repeats what it does not find.
        Question::File(name) => {
            let mut given = request.prefixes.iter().map(|dir| Path::new(dir).join(name));
            let found = given
                .find(|path| path.is_file())
                .or_else(|| library.file(name));
            found.map_or_else(|| name.clone(), |path| path.display().to_string())
        }
        Question::Program(name) => name.clone(),
        Question::Help => options::page().trim_end().to_owned(),
    };
    ui::answer(&format!("{text}\n"));
}

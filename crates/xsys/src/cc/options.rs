//! The options of compiler drivers (GCC's manual, "Options for Linking"; clang's command line reference): a table with a
//! row for each option, as the linker has one.
//!
//! A row says how the option is written and what it does: it sets something, its words go to the linker, it is accepted
//! although a link does nothing with it (with the reason), it asks for a compiler, or it is refused because the output would
//! be another one without it. Options that are not here are errors.

use super::request::{Question, Request};

/// How an option takes its value.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Arg {
    /// It has none.
    None,
    /// It follows at once.
    Joined(&'static str),
    /// It follows at once or is the next word.
    Value(&'static str),
    /// It is the next word.
    Next(&'static str),
}

/// What an option does.
pub(super) enum Effect {
    Set(fn(&mut Request, String), &'static str),
    /// The linker has the same option.
    Linker(&'static str),
    Ignore(&'static str),
    Compile(&'static str),
    Refuse(&'static str),
}

pub(super) struct Row {
    pub(super) names: &'static [&'static str],
    pub(super) arg: Arg,
    pub(super) effect: Effect,
}

type Names = &'static [&'static str];

const fn set(names: Names, arg: Arg, set: fn(&mut Request, String), text: &'static str) -> Row {
    Row {
        names,
        arg,
        effect: Effect::Set(set, text),
    }
}

const fn linker(names: Names, arg: Arg, text: &'static str) -> Row {
    Row {
        names,
        arg,
        effect: Effect::Linker(text),
    }
}

const fn ignore(names: Names, arg: Arg, reason: &'static str) -> Row {
    Row {
        names,
        arg,
        effect: Effect::Ignore(reason),
    }
}

const fn compile(names: Names, arg: Arg, what: &'static str) -> Row {
    Row {
        names,
        arg,
        effect: Effect::Compile(what),
    }
}

const fn refuse(names: Names, arg: Arg, reason: &'static str) -> Row {
    Row {
        names,
        arg,
        effect: Effect::Refuse(reason),
    }
}

const COMPILING: &str = "says how code is compiled; objects are compiled already";
const RUNTIME: &str = "needs a run-time library that belongs to a compiler";

/// All options. Exact names go before prefixes, longer prefixes before shorter ones.
#[rustfmt::skip] // a row a line
pub(super) const TABLE: &[Row] = &[
    // Files.
    set(&["-o"], Arg::Value("FILE"), |r, v| r.output = Some(v), "write the output to FILE"),
    set(&["-l"], Arg::Value("NAME"), |r, v| r.library(v), "link a library"),
    set(&["-L"], Arg::Value("DIR"), |r, v| r.dirs.push(v), "search DIR for libraries, before those of the system"),
    set(&["-B"], Arg::Value("DIR"), |r, v| r.prefixes.push(v), "search DIR for start files and libraries first"),
    set(&["--sysroot="], Arg::Joined("DIR"), |r, v| r.sysroot = Some(v), "where the system of the target is"),
    set(&["--sysroot"], Arg::Next("DIR"), |r, v| r.sysroot = Some(v), "where the system of the target is"),
    set(&["--target=", "-target="], Arg::Joined("TARGET"), |r, v| r.target = Some(v), "the machine and the C library to link for"),
    set(&["-target"], Arg::Next("TARGET"), |r, v| r.target = Some(v), "the machine and the C library to link for"),
    // What is made.
    set(&["-shared", "--shared"], Arg::None, |r, _| r.shared = true, "make a shared library"),
    set(&["-pie", "--pie"], Arg::None, |r, _| r.pie = Some(true), "make a position-independent executable, as without any option"),
    set(&["-no-pie", "-nopie", "--no-pie"], Arg::None, |r, _| r.pie = Some(false), "make an executable for fixed addresses"),
    set(&["-static", "--static"], Arg::None, |r, _| r.is_static = true, "link without shared libraries"),
    set(&["-static-pie", "--static-pie"], Arg::None, |r, _| { r.is_static = true; r.static_pie = true }, "the same, and position-independent"),
    set(&["-r", "--relocatable"], Arg::None, |r, _| r.relocatable = true, "make one object out of many"),
    // What is added.
    set(&["-nostartfiles"], Arg::None, |r, _| r.no_start_files = true, "add no start files"),
    set(&["-nodefaultlibs"], Arg::None, |r, _| r.no_default_libs = true, "add no libraries"),
    set(&["-nostdlib", "--no-standard-libraries"], Arg::None, |r, _| { r.no_start_files = true; r.no_default_libs = true }, "add neither"),
    set(&["-nolibc"], Arg::None, |r, _| r.no_libc = true, "add no C library"),
    set(&["-pthread", "-pthreads"], Arg::None, |r, _| r.pthread = true, "add the library for threads"),
    set(&["-static-libgcc"], Arg::None, |r, _| r.libgcc_shared = Some(false), "add the static part of libgcc only"),
    set(&["-shared-libgcc"], Arg::None, |r, _| r.libgcc_shared = Some(true), "add libgcc_s whether it is needed or not"),
    set(&["-rdynamic"], Arg::None, |r, _| r.linker("--export-dynamic"), "export all global symbols"),
    // Words for the linker.
    set(&["-Wl,"], Arg::Joined("WORDS"), |r, v| for word in v.split(',') { r.linker(word) }, "words for the linker, separated by commas"),
    set(&["-Xlinker", "--for-linker"], Arg::Next("WORD"), |r, v| r.linker(&v), "a word for the linker"),
    set(&["--for-linker="], Arg::Joined("WORD"), |r, v| r.linker(&v), "a word for the linker"),
    set(&["-T"], Arg::Value("FILE"), |r, v| { r.linker("-T"); r.linker(&v) }, "use a linker script"),
    set(&["-u"], Arg::Value("SYMBOL"), |r, v| { r.linker("-u"); r.linker(&v) }, "pull SYMBOL from archives"),
    set(&["-e", "--entry"], Arg::Value("SYMBOL"), |r, v| { r.linker("-e"); r.linker(&v) }, "where the program starts"),
    set(&["-z"], Arg::Value("KEYWORD"), |r, v| { r.linker("-z"); r.linker(&v) }, "a keyword for the linker"),
    linker(&["-s", "-S", "-N", "-n", "-t", "-x", "-X", "-Bstatic", "-Bdynamic", "-Bsymbolic"], Arg::None, "as the linker's option of this name"),
    linker(&["-Ttext=", "-Tdata=", "-Tbss="], Arg::Joined("ADDR"), "as the linker's option of this name"),
    // Questions.
    set(&["--version"], Arg::None, |r, _| r.question = Some(Question::Version), "print the version"),
    set(&["-dumpmachine", "--print-target-triple", "-print-target-triple"], Arg::None, |r, _| r.question = Some(Question::Machine), "print the target"),
    set(&["-dumpversion", "-dumpfullversion"], Arg::None, |r, _| r.question = Some(Question::DumpVersion), "print the version's numbers"),
    set(&["-print-search-dirs", "--print-search-dirs"], Arg::None, |r, _| r.question = Some(Question::SearchDirs), "print where libraries are looked for"),
    set(&["-print-file-name=", "--print-file-name="], Arg::Joined("FILE"), |r, v| r.question = Some(Question::File(v)), "print where a file of the C library is"),
    set(&["-print-libgcc-file-name", "--print-libgcc-file-name"], Arg::None, |r, _| r.question = Some(Question::File("libgcc.a".to_owned())), "print where libgcc.a is"),
    set(&["-print-sysroot"], Arg::None, |r, _| r.question = Some(Question::Sysroot), "print the sysroot"),
    set(&["-print-prog-name=", "--print-prog-name="], Arg::Joined("NAME"), |r, v| r.question = Some(Question::Program(v)), "print how a program is called"),
    set(&["--help"], Arg::None, |r, _| r.question = Some(Question::Help), "list the options"),
    set(&["-v", "--verbose"], Arg::None, |r, _| r.verbose = true, "print the linker's command line"),
    set(&["-###"], Arg::None, |r, _| { r.verbose = true; r.only_print = true }, "print it, and do not link"),
    // What a compiler does.
    compile(&["-c"], Arg::None, "compiling"),
    compile(&["-S", "-emit-llvm"], Arg::None, "compiling"),
    compile(&["-E", "-M", "-MM"], Arg::None, "preprocessing"),
    compile(&["-fsyntax-only"], Arg::None, "compiling"),
    compile(&["-x"], Arg::Value("LANGUAGE"), "compiling"),
    compile(&["-"], Arg::None, "compiling"),
    // Not for a linker.
    refuse(&["-fsanitize="], Arg::Joined("NAMES"), RUNTIME),
    refuse(&["-fopenmp", "-fopenacc", "-fprofile-generate", "-fprofile-arcs", "--coverage", "-coverage", "-pg", "-p"], Arg::None, RUNTIME),
    refuse(&["-m32", "-mx32"], Arg::None, "programs of 32 bits on a machine of 64 are not linked"),
    set(&["-m64"], Arg::None, |r, _| r.bits_64 = true, "a machine of 64 bits"),
    ignore(&["-fuse-ld="], Arg::Joined("NAME"), "xsys-cc is a linker itself"),
    ignore(&["-flto", "-fno-lto", "-ffat-lto-objects", "-fuse-linker-plugin", "-fno-use-linker-plugin"], Arg::None, "objects are machine code; others are an error that says so"),
    ignore(&["-flto="], Arg::Joined("N"), "objects are machine code; others are an error that says so"),
    ignore(&["--ld-path="], Arg::Joined("FILE"), "xsys-cc is a linker itself"),
    ignore(&["-Qunused-arguments", "-pipe", "-save-temps", "-no-canonical-prefixes"], Arg::None, "concerns the internals of compilers"),
    ignore(&["-static-libstdc++", "-stdlib=libc++", "-stdlib=libstdc++"], Arg::None, "C++'s library is linked where it is named (`-lstdc++`)"),
    ignore(&["-I", "-D", "-U", "-isystem", "-iquote", "-include", "-idirafter", "-MF", "-MT", "-MQ"], Arg::Value("X"), COMPILING),
    ignore(&["-MD", "-MMD", "-MP", "-ansi", "-pedantic", "-w", "-nostdinc", "-undef"], Arg::None, COMPILING),
    ignore(&["-Xclang", "-Xpreprocessor", "-Xassembler", "-mllvm", "--param", "-arch"], Arg::Next("WORD"), COMPILING),
    ignore(&["-std=", "--param=", "-Wp,", "-Wa,", "-fdebug-prefix-map="], Arg::Joined("X"), COMPILING),
    ignore(&["-O"], Arg::Joined("LEVEL"), "the linker's own level is `-Wl,-O1`"),
    ignore(&["-g"], Arg::Joined("LEVEL"), "debug information is taken from the objects"),
    ignore(&["-W"], Arg::Joined("WARNING"), "warnings of compilers"),
    ignore(&["-f"], Arg::Joined("NAME"), COMPILING),
    ignore(&["-march=", "-mcpu=", "-mtune=", "-mabi=", "-mfpu=", "-mfloat-abi=", "-mcmodel=", "-mtls-dialect="], Arg::Joined("NAME"), "objects say what they are for"),
    ignore(&["-mthumb", "-marm", "-mno-relax", "-mrelax", "-msse", "-msse2", "-mno-outline-atomics", "-moutline-atomics"], Arg::None, COMPILING),
];

/// An option that was recognised: its row, its name, and the value that follows it at once.
pub(super) fn find(word: &str) -> Option<(&'static Row, &'static str, Option<&str>)> {
    let exact = TABLE.iter().find_map(|row| {
        let name = row.names.iter().find(|name| **name == word)?;
        (!matches!(row.arg, Arg::Joined(_)) || name.len() == 2).then_some((row, *name, None))
    });
    exact.or_else(|| {
        TABLE.iter().find_map(|row| {
            let joined = match row.arg {
                Arg::Joined(_) => true,
                // `--entryX` is no option.
                Arg::Value(_) => !word.starts_with("--"),
                _ => false,
            };
            let name = row
                .names
                .iter()
                .find(|name| joined && word.starts_with(**name))?;
            Some((row, *name, Some(&word[name.len()..])))
        })
    })
}

/// The table as a page.
pub(super) fn page() -> String {
    let mut text = String::from(
        "# Options of xsys-cc\n\n\
         What `xsys-cc` takes of the command lines of gcc and clang when they link. Made from the table that the program\n\
         reads (`crates/xsys/src/cc/options.rs`); options that are not here are errors.\n\n\
         | option | state | effect or reason |\n|---|---|---|\n",
    );
    for row in TABLE {
        let names: Vec<String> = row
            .names
            .iter()
            .map(|name| match row.arg {
                Arg::None => (*name).to_owned(),
                Arg::Joined(value) => format!("{name}{value}"),
                Arg::Value(value) | Arg::Next(value) => format!("{name} {value}"),
            })
            .collect();
        let (state, what) = match row.effect {
            Effect::Set(_, text) | Effect::Linker(text) => ("works", text),
            Effect::Ignore(reason) => ("without effect", reason),
            Effect::Compile(what) => ("asks for a compiler", what),
            Effect::Refuse(reason) => ("refused", reason),
        };
        text.push_str(&format!("| `{}` | {state} | {what} |\n", names.join(", ")));
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_page_is_up_to_date() {
        let path = concat!(env!("CARGO_MANIFEST_DIR"), "/../../docs/cc-options.md");
        if std::env::var_os("BLESS").is_some() {
            std::fs::write(path, page()).expect("the page can be written");
        }
        let found = std::fs::read_to_string(path).unwrap_or_default();
        assert!(
            found == page(),
            "docs/cc-options.md is not what the table says; `BLESS=1` writes it"
        );
    }

    #[test]
    fn spellings() {
        for (word, expected) in [
            ("-lm", Some(("-l", Some("m")))),
            ("-l", Some(("-l", None))),
            ("-static-pie", Some(("-static-pie", None))),
            ("-shared-libgcc", Some(("-shared-libgcc", None))),
            ("-O2", Some(("-O", Some("2")))),
            ("-g", Some(("-g", None))),
            ("-Wl,-z,now", Some(("-Wl,", Some("-z,now")))),
            ("-fuse-ld=lld", Some(("-fuse-ld=", Some("lld")))),
            ("-fPIC", Some(("-f", Some("PIC")))),
            ("-fsanitize=address", Some(("-fsanitize=", Some("address")))),
            (
                "-print-file-name=libc.so",
                Some(("-print-file-name=", Some("libc.so"))),
            ),
            ("--unknown", None),
            ("-yolo", None),
        ] {
            let found = find(word).map(|(_, name, value)| (name, value));
            assert_eq!(found, expected, "{word}");
        }
    }
}

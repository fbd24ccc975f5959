//! Options of the linkers that change nothing in a module or an image, so that no case can show them: where inputs are
//! looked for, what is printed, how messages look.
//!
//! Inputs are bytes (`-b binary`), so no compiler is needed.

use std::path::Path;

use xsys_tests::link::oracle::rust_lld;
use xsys_tests::project::{Place, Ran, run};

const OUT: &str = "out.o";

struct Linker {
    place: Place,
}

impl Linker {
    /// With `a.txt`, and `libs/b.txt` in a folder `root`.
    fn new(name: &str) -> Self {
        let place = Place::new("linker-options", name);
        place.write("a.txt", "first");
        place.write("root/libs/b.txt", "second");
        Self { place }
    }

    fn say(&self, words: &str) -> Ran {
        let _ = std::fs::remove_file(self.out());
        run(&mut self.place.xsys(&format!("ld {words}")))
    }

    /// Joins what is named into an object.
    fn join(&self, words: &str) -> Ran {
        self.say(&format!("-m aarch64elf -r -b binary {words} -o {OUT}"))
    }

    fn out(&self) -> std::path::PathBuf {
        self.place.path(OUT)
    }

    fn has(&self, text: &str) -> bool {
        let bytes = std::fs::read(self.out()).unwrap_or_default();
        bytes
            .windows(text.len())
            .any(|part| part == text.as_bytes())
    }
}

#[test]
fn folders_in_which_inputs_are_looked_for() {
    let linker = Linker::new("folders");
    linker.join("a.txt").ends_with(0);
    assert!(linker.has("first"));
    linker.join("-l:b.txt").ends_with(1).tells("b.txt");
    for words in ["-L root/libs -l:b.txt", "--sysroot=root -L =/libs -l:b.txt"] {
        linker.join(words).ends_with(0);
        assert!(linker.has("second"), "{words}");
    }
    // A script in the sysroot means the sysroot's files, by whatever name it was found.
    linker.place.write("root/inside.x", "INPUT(/libs/b.txt)");
    let named = format!("-m aarch64elf -r root/libs/../inside.x -o {OUT}");
    linker
        .say(&format!("{named} --sysroot=./root/libs/.."))
        .tells("libs/../libs/b.txt");
    linker.say(&named).ends_with(1).tells("`/libs/b.txt`");
    linker
        .place
        .write("names.x", "SEARCH_DIR(root/libs) INPUT(-l:b.txt)");
    // The script itself is no binary.
    let joined = format!("-m aarch64elf -r names.x -o {OUT}");
    linker.say(&joined).tells("root/libs/b.txt");
    linker
        .say(&format!("{joined} -nostdlib"))
        .ends_with(1)
        .tells("not found");
}

#[test]
fn inputs_that_others_stand_for() {
    let linker = Linker::new("remapped");
    linker.place.write("map.txt", "*gone.txt a.txt\n");
    linker.join("gone.txt").ends_with(1);
    linker
        .join("--remap-inputs-file=map.txt gone.txt")
        .ends_with(0);
    assert!(linker.has("first"));
}

#[test]
fn threads_change_no_byte() {
    let linker = Linker::new("threads");
    let bytes = |words: &str| {
        linker.join(words).ends_with(0);
        std::fs::read(linker.out()).expect("it was written")
    };
    let one = bytes("a.txt --no-threads");
    assert_eq!(one, bytes("a.txt --threads=3"));
    linker
        .join("a.txt --threads=0")
        .ends_with(1)
        .tells("a number above 0");
}

#[test]
fn what_is_printed_without_a_link() {
    let linker = Linker::new("printed");
    for (words, text) in [
        ("--version", "compatible with GNU linkers"),
        ("-v", "compatible with GNU linkers"),
        ("--help", "supported targets: elf"),
        ("-flavor wasm --version", "xsys-ld"),
        ("-flavor wasm -v", "xsys-ld"),
        ("-flavor wasm --help", "--no-entry"),
    ] {
        let ran = linker.say(words).ends_with(0);
        assert!(ran.stdout.contains(text), "{words}: {}", ran.stdout);
    }
}

#[test]
fn standard_output_is_an_output() {
    let linker = Linker::new("standard-output");
    // An object without anything: its list of symbols is empty.
    let object = "\0asm\u{1}\0\0\0\0\u{9}\u{7}linking\u{2}";
    linker.place.write("a.o", object);
    let wasm = "--no-entry --soname=a a.o";
    for words in [
        "-m aarch64elf -r -b binary a.txt".to_owned(),
        format!("-flavor wasm {wasm}"),
        format!("-flavor wasm --compat=wasm-ld {wasm}"),
    ] {
        let printed = linker.say(&format!("{words} -o -")).ends_with(0).stdout;
        assert!(!linker.place.path("-").exists(), "{words}");
        linker.say(&format!("{words} -o {OUT}")).ends_with(0);
        let file = std::fs::read(linker.out()).expect("it was written");
        assert_eq!(printed, String::from_utf8_lossy(&file), "{words}");
        // rust-lld does the same; what wasm-ld writes is what strict mode writes.
        if words.contains("compat") {
            let mut lld = std::process::Command::new(rust_lld().expect("it is there"));
            lld.current_dir(linker.place.path("."));
            lld.args(format!("-flavor wasm {wasm} -o -").split(' '));
            assert_eq!(printed, run(&mut lld).ends_with(0).stdout);
        }
    }
}

#[test]
fn how_messages_look() {
    let linker = Linker::new("messages");
    let said = linker.say("nowhere.o --error-format=json").ends_with(1);
    let line = format!("{}{}", said.stdout, said.stderr);
    let line = line.lines().find(|line| line.starts_with('{'));
    let value: serde_json::Value = serde_json::from_str(line.unwrap_or_default()).expect("JSON");
    assert!(value.to_string().contains("nowhere.o"), "{value}");
    for (words, coloured) in [
        ("nowhere.o --color-diagnostics", true),
        (
            "nowhere.o --color-diagnostics --no-color-diagnostics",
            false,
        ),
        ("nowhere.o", false),
    ] {
        let said = linker.say(words).ends_with(1);
        assert_eq!(said.stderr.contains('\u{1b}'), coloured, "{words}");
    }
    for words in ["--rsp-quoting=vms", "--vfp11-denorm-fix=scalar"] {
        linker
            .say(&format!("a.txt {words}"))
            .ends_with(1)
            .tells("known values");
    }
    linker
        .say("-flavor wasm a.txt --rsp-quoting=vms")
        .ends_with(1)
        .tells("--rsp-quoting");
    linker
        .say("-flavor wasm a.txt --color-diagnostics=seldom")
        .ends_with(1)
        .tells("`auto`, `always`, `never`");
    assert!(!Path::new(&linker.out()).exists());
}

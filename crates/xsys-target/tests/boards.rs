//! The bundled boards are complete and right, and what is wrong with a board is said with its
//! place.

use std::fs;
use std::path::{Path, PathBuf};

use xsys_diag::Diagnostic;

use xsys_target::{
    Board, BoardDir, BoardTarget, CrateSet, Emit, Engine, Kind, RunConfig, Rustc, Target, What,
    bundled_boards,
};

fn rustc() -> Rustc {
    Rustc::new("rustc".into()).unwrap()
}

fn sysroots() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../../sysroots")
}

#[test]
fn bundled_boards_load_and_their_specs_pass() {
    let nightly = vec![("RUSTUP_TOOLCHAIN".into(), "nightly".into())];
    let mut compilers = vec![rustc()];
    compilers.extend(Rustc::with("rustc".into(), nightly, None));
    let names: Vec<&str> = bundled_boards().collect();
    for name in [
        "aarch64-linux",
        "armv7-linux",
        "lm3s6965evb",
        "raspberry-pi-2",
        "raspberry-pi-3",
        "raspberry-pi-4",
        "raspberry-pi-5",
        "raspberry-pi-zero",
        "riscv32-virt",
        "x86_64-linux",
    ] {
        assert!(names.contains(&name), "{name} is not among {names:?}");
    }
    for name in names {
        for rustc in &compilers {
            let target = Target::load(&What::Board(name.to_owned()), rustc)
                .unwrap_or_else(|problems| panic!("{name}: {problems:?}"));
            assert_eq!(
                target.check(rustc).unwrap(),
                [],
                "{name}, {}",
                rustc.release()
            );
        }
        let board = Board::load(name).unwrap();
        assert!(!board.description.is_empty(), "{name}");
        // No emulator has it.
        assert_eq!(board.run.is_some(), name != "raspberry-pi-5", "{name}");
        for file in ["hello/Cargo.toml", "hello/Cargo.lock", "hello/src/main.rs"] {
            assert!(board.dir.contains(file), "{name} has no {file}");
        }
        let manifest = board.dir.source("hello/Cargo.toml").unwrap().text;
        let metadata = format!("[package.metadata.xsys]\nboard = \"{name}\"\n");
        assert!(manifest.contains(&metadata), "{name}");
        assert!(
            manifest.contains("[workspace]"),
            "{name}: hello is a workspace of its own"
        );
    }
}

#[test]
fn targets_are_named_for_build_scripts_or_after_the_board() {
    for (board, name) in [
        ("raspberry-pi-3", "raspberry-pi-3"),
        ("lm3s6965evb", "thumbv7m-ti-none-eabi"),
        ("riscv32-virt", "riscv32imac-qemu-none-elf"),
        ("aarch64-linux", "aarch64-unknown-linux-musl"),
        ("x86_64-linux", "x86_64-unknown-linux-musl"),
        ("wasm32", "wasm32-unknown-unknown"),
    ] {
        let target = Target::load(&What::Board(board.to_owned()), &rustc()).unwrap();
        assert_eq!((target.name.as_str(), &target.kind), (name, &Kind::Json));
        // The spec file of a board's directory means the board.
        let file = Path::new(env!("CARGO_MANIFEST_DIR"))
            .join("../../sysroots")
            .join(board)
            .join("target.json");
        let by_file = Target::load(&What::SpecFile(file), &rustc()).unwrap();
        assert_eq!(by_file.name, name);
        assert_eq!(by_file.digest(), target.digest());
        assert!(by_file.board.is_some());
    }
}

#[test]
fn a_board_may_have_a_target_of_rustcs() {
    let target = Target::load(&What::Board("armv7-linux".to_owned()), &rustc()).unwrap();
    let name = "armv7-unknown-linux-musleabihf";
    assert_eq!((target.name.as_str(), &target.kind), (name, &Kind::Builtin));
    // The sysroot is that of the target.
    let plain = Target::load(&What::Triple(name.to_owned()), &rustc()).unwrap();
    assert_eq!(target.digest(), plain.digest());
}

#[test]
fn linux_boards_share_one_program() {
    for file in ["hello/src/main.rs", "hello/src/checks.rs"] {
        let text = |board| BoardDir::bundled(board).unwrap().source(file).unwrap().text;
        for other in ["armv7-linux", "x86_64-linux"] {
            assert_eq!(text("aarch64-linux"), text(other), "{file}");
        }
    }
}

#[test]
fn embedded_boards_are_those_on_disk_without_build_output() {
    for name in bundled_boards() {
        let embedded = BoardDir::bundled(name).unwrap();
        let disk = BoardDir::Directory(sysroots().join(name));
        let files = embedded.files().unwrap();
        assert_eq!(
            files,
            disk.files().unwrap(),
            "{name}: touch crates/xsys-target/build.rs"
        );
        for file in files {
            assert_eq!(
                embedded.read(&file).unwrap(),
                disk.read(&file).unwrap(),
                "{name}/{file}"
            );
            assert!(!format!("/{file}").contains("/target/"), "{name}/{file}");
        }
    }
}

/// `cargo package` finds the boards through these links.
#[cfg(unix)]
#[test]
fn links_for_the_package_lead_to_the_boards() {
    let links = Path::new(env!("CARGO_MANIFEST_DIR")).join("boards");
    let mut linked: Vec<_> = fs::read_dir(&links)
        .unwrap()
        .map(|entry| entry.unwrap().file_name())
        .collect();
    linked.sort();
    let boards: Vec<&str> = bundled_boards().collect();
    assert_eq!(linked, boards, "run scripts/link-boards");
    for name in boards {
        let embedded = BoardDir::bundled(name).unwrap();
        for file in embedded.files().unwrap() {
            let linked = match &*file {
                "hello/Cargo.toml" => "hello/Cargo.toml.in",
                same => same,
            };
            assert_eq!(
                fs::read(links.join(name).join(linked)).ok().as_deref(),
                embedded.read(&file).ok().as_deref(),
                "{name}/{file}: run scripts/link-boards"
            );
        }
    }
}

#[test]
fn writing_out_touches_only_what_differs() {
    let directory = tempfile::tempdir().unwrap();
    let board = BoardDir::bundled("raspberry-pi-3").unwrap();
    let place = board.directory(directory.path()).unwrap();
    assert_eq!(place, directory.path().join("raspberry-pi-3"));
    assert_eq!(
        board.write_to("", &place).unwrap(),
        0,
        "everything is there"
    );
    fs::write(place.join("link.x"), "changed").unwrap();
    fs::create_dir_all(place.join("hello/target/debug")).unwrap();
    fs::write(place.join("hello/target/debug/hello"), "built").unwrap();
    assert_eq!(board.write_to("", &place).unwrap(), 1);
    assert_eq!(
        fs::read(place.join("link.x")).unwrap(),
        *board.read("link.x").unwrap()
    );
    assert_eq!(
        BoardDir::Directory(place).files().unwrap(),
        board.files().unwrap()
    );

    let project = directory.path().join("new");
    assert!(board.write_to("hello/", &project).unwrap() > 2);
    assert!(project.join("src/main.rs").is_file() && !project.join("link.x").exists());
}

/// A board's directory with these files.
fn board(files: &[(&str, &str)]) -> (tempfile::TempDir, String) {
    let root = tempfile::tempdir().unwrap();
    let directory = root.path().join("mine");
    fs::create_dir(&directory).unwrap();
    for (name, text) in files {
        fs::write(directory.join(name), text).unwrap();
    }
    let path = directory.to_str().unwrap().to_owned();
    (root, path)
}

#[test]
fn boards_from_disk() {
    let (_root, path) = board(&[
        (
            "board.toml",
            "description = \"mine\"\ntarget = \"thumbv6m-none-eabi\"\ncrates = \"alloc\"\n\
             script = \"my.x\"\nlink-args = [\"--nmagic\"]\nemit = [\"hex\", \"bin=a.img\"]\n\
             [memory]\nRAM = { origin = 0x2000_0000, length = 16 }\n\
             [run]\nengine = \"qemu-user\"\nprogram = \"q\"\nargs = [\"-d={a.img}\", \"{elf}\", \"{hex}\"]\n",
        ),
        ("my.x", "SECTIONS {}"),
    ]);
    let board = Board::load(&path).unwrap();
    assert_eq!(board.name, "mine");
    assert_eq!(
        board.target,
        BoardTarget::Triple("thumbv6m-none-eabi".to_owned())
    );
    assert_eq!(board.crates, Some(CrateSet::Alloc));
    assert_eq!(board.memory[0].origin, 0x2000_0000);
    assert_eq!(
        board.linker_arguments(Path::new("/b")),
        ["--nmagic", "-L/b"]
    );
    assert_eq!(board.scripts(Path::new("/b")), ["/b/my.x"]);
    assert_eq!(
        board.emit,
        [
            Emit {
                format: "hex".to_owned(),
                file: None
            },
            Emit {
                format: "bin".to_owned(),
                file: Some("a.img".to_owned())
            },
        ]
    );
    let run = board.run.unwrap();
    assert_eq!(run.engine, Engine::QemuUser);
    assert_eq!(
        run.arguments(|name| (name != "hex").then(|| format!("/out/{name}"))),
        ["-d=/out/a.img", "/out/elf", "{hex}"]
    );

    let target = Target::load(&What::Board(path), &rustc()).unwrap();
    assert_eq!(
        (target.name.as_str(), target.kind),
        ("thumbv6m-none-eabi", Kind::Builtin)
    );
    assert_eq!(target.spec.arch(), "arm");
}

#[test]
fn placeholders_are_replaced_once_and_braces_may_stay() {
    let run = |arg: &str| RunConfig {
        engine: Engine::Native,
        program: None,
        args: vec![arg.to_owned()],
        stop: None,
    };
    for (arg, expected) in [
        ("{elf}", "<{elf}>"),
        ("a{elf}b{elf}", "a<{elf}>b<{elf}>"),
        ("{", "{"),
        ("}{", "}{"),
        ("ü{elf}", "ü<{elf}>"),
        ("{other}{elf}", "{other}<{elf}>"),
    ] {
        let path = |name: &str| (name == "elf").then(|| "<{elf}>".to_owned());
        assert_eq!(run(arg).arguments(path), [expected]);
    }
}

#[test]
fn mistakes_in_board_toml_have_places() {
    let start = "description = \"x\"\n";
    let cases: &[(&str, &[&str])] = &[
        (
            "target = \"t\"\nscrip = \"a\"",
            &["error: unknown key `scrip`\n  --> board.toml:3:1\n  = help: did you mean `script`?"],
        ),
        (
            "target = \"t\"\nxyz = 1",
            &[
                "error: unknown key `xyz`\n  --> board.toml:3:1\n  = help: the keys are `description`, `target`, `target-name`, `crates`, `script`, `link-args`, `flip-stack`, `emit`, `memory`, `run`",
            ],
        ),
        (
            "crates = \"core\"",
            &["error: missing key `target`\n  --> board.toml:1:1"],
        ),
        (
            "target = 7",
            &["error: invalid type: integer `7`, expected a string\n  --> board.toml:2:10"],
        ),
        (
            "target = \"t\"\ncrates = \"stdd\"",
            &[
                "error: unknown value `stdd`, expected one of `core`, `alloc`, `std`\n  --> board.toml:3:10",
            ],
        ),
        (
            "target = \"no.json\"",
            &[
                "error: the target spec `no.json` does not exist\n  --> board.toml:2:10: no such file",
            ],
        ),
        (
            "target = \"../no.json\"",
            &[
                "error: the target spec `../no.json` is not in the board's directory\n  --> board.toml:2:10: a path below the directory of `board.toml`",
            ],
        ),
        (
            "target = \"\"\nscript = \"/l.x\"\nemit = [\"bin=a/b\", \"Bin\", \"bin=..\"]",
            &[
                "error: the board has no target\n  --> board.toml:2:10: a `.json` file or a triple",
                "error: the linker script `/l.x` is not in the board's directory\n  --> board.toml:3:10: a path below the directory of `board.toml`",
                "error: `a/b` is not a plain file name\n  --> board.toml:4:9: here\n  = help: write \"format\" or \"format=file\", for example \"bin=kernel8.img\"",
                "error: `Bin` does not begin with an image format's name\n  --> board.toml:4:20: here\n  = help: write \"format\" or \"format=file\", for example \"bin=kernel8.img\"",
                "error: `..` is not a plain file name\n  --> board.toml:4:27: here\n  = help: write \"format\" or \"format=file\", for example \"bin=kernel8.img\"",
            ],
        ),
        (
            "target = \"t\"\nmemory.ROM = { origin = 1 }",
            &["error: missing key `length`\n  --> board.toml:3:14"],
        ),
        (
            "target = \"t\"\nemit = [\"hex\"]\nrun = { engine = \"qemu-system\", args = [\"{hxe}\", \"{img}\"] }",
            &[
                "error: QEMU needs a `program`\n  --> board.toml:4:18: this engine starts one\n  = help: for example `program = \"qemu-system-arm\"`",
                "error: `{hxe}` names no file of this board\n  --> board.toml:4:41: in this argument\n  = help: did you mean `{hex}`?",
                "error: `{img}` names no file of this board\n  --> board.toml:4:50: in this argument\n  = note: known are `elf`, `hex`",
            ],
        ),
        (
            "target = ",
            &[
                "error: string values must be quoted, expected literal string\n  --> board.toml:2:10",
            ],
        ),
    ];
    for (text, expected) in cases {
        let (_root, path) = board(&[("board.toml", &format!("{start}{text}"))]);
        let found: Vec<String> = Board::load(&path)
            .unwrap_err()
            .iter()
            .map(|problem| problem.to_string().replace(&format!("{path}/"), ""))
            .collect();
        assert_eq!(found, *expected, "{text}");
    }
}

fn load(what: What) -> Vec<String> {
    let problems = Target::load(&what, &rustc()).unwrap_err();
    let text = |problem: &Diagnostic| problem.to_string().replace(rustc().release(), "VERSION");
    problems.iter().map(text).collect()
}

#[test]
fn names_that_lead_nowhere() {
    assert_eq!(
        load(What::Triple("thumbv7m-none-eab".to_owned())),
        [
            "error: rustc VERSION knows no target `thumbv7m-none-eab`\n  = help: did you mean `thumbv7m-none-eabi`?"
        ]
    );
    let unknown = load(What::Board("raspbery-pi-3".to_owned()));
    assert!(
        unknown[0].starts_with("error: no board is called `raspbery-pi-3`\n  = note: the bundled boards are `aarch64-linux`, "),
        "{unknown:?}"
    );
    assert!(
        unknown[0].ends_with("\n  = help: did you mean `raspberry-pi-3`?\n  = help: a board of your own is named by its directory, such as `--board boards/raspbery-pi-3`"),
        "{unknown:?}"
    );
    assert_eq!(
        load(What::Board("./nowhere".to_owned())),
        [
            "error: `./nowhere` holds no `board.toml`\n  = help: a board is a directory with a `board.toml` and usually a `target.json`"
        ]
    );
    assert_eq!(
        load(What::SpecFile("/no/such.json".into())),
        ["error: cannot read `/no/such.json`\n  = note: No such file or directory (os error 2)"]
    );
    let (_root, path) = board(&[("spec.txt", "{}"), ("a b.json", "{}"), ("list.json", "[]")]);
    let file = |name: &str| load(What::SpecFile(Path::new(&path).join(name)));
    assert!(file("spec.txt")[0].contains("does not end in `.json`"));
    assert!(file("a b.json")[0].contains("has a space in it"));
    assert!(file("list.json")[0].contains("error: a target spec is a JSON object"));
}

//! What a program depends on besides its sources, and what its linker says about it.
//!
//! An edited script links again, and only that; a warning is shown once, whoever reads it.

#![cfg(unix)]

use std::path::Path;

use xsys_tests::project::{Place, Ran, find_program, run, skip, xsys};

const TARGET: &str = "thumbv7m-none-eabi";

/// A package with two programs, an example and a dependency, linked by a script that includes another.
fn project(place: &Place) {
    place.write(
        "Cargo.toml",
        "[package]\nname = \"relinked\"\nversion = \"0.1.0\"\nedition = \"2024\"\n\
         [workspace]\n\
         [dependencies]\ndependency = { path = \"dependency\" }\n\
         [package.metadata.xsys]\ncrates = \"core\"\nscript = \"my scripts/link.x\"\n\
         emit = [\"bin\"]\n",
    );
    place.write(
        "dependency/Cargo.toml",
        "[package]\nname = \"dependency\"\nversion = \"0.1.0\"\nedition = \"2024\"\n",
    );
    place.write(
        "dependency/src/lib.rs",
        "#![no_std]\npub fn seven() -> u32 { 7 }\n",
    );
    let program = "#![no_std]\n#![no_main]\n\
        #[unsafe(no_mangle)]\npub extern \"C\" fn _start() -> ! {\n    \
        core::hint::black_box(dependency::seven());\n    loop {}\n}\n\
        #[panic_handler]\nfn panicked(_: &core::panic::PanicInfo) -> ! { loop {} }\n";
    for name in ["src/bin/one.rs", "src/bin/two.rs", "examples/three.rs"] {
        place.write(name, program);
    }
    place.write(
        "my scripts/link.x",
        "INCLUDE memory.x\nENTRY(_start)\nSECTIONS {\n  .text : { *(.text .text.*) } > FLASH\n  \
         /DISCARD/ : { *(.ARM.*) }\n}\n",
    );
    memory(place, "memory.x", "0x80000", "256K");
}

fn memory(place: &Place, name: &str, origin: &str, length: &str) {
    place.write(
        name,
        &format!(
            "MEMORY {{ FLASH : ORIGIN = {origin}, LENGTH = {length} }}\n_stack_start = 0x10;\n"
        ),
    );
}

fn build(place: &Place, more: &str) -> Ran {
    run(&mut place.xsys(&format!("build --target {TARGET} {more}"))).ends_with(0)
}

/// The packages that cargo has compiled.
fn compiled(ran: &Ran) -> Vec<&str> {
    let lines = ran.stderr.lines().map(str::trim_start);
    lines
        .filter_map(|line| line.strip_prefix("Compiling ")?.split(' ').next())
        .filter(|name| !["core", "compiler_builtins", "test"].contains(name))
        .collect()
}

fn entry(program: &Path) -> u32 {
    let bytes = std::fs::read(program).expect("the program is there");
    u32::from_le_bytes(bytes[24..28].try_into().expect("an ELF header"))
}

const WARNING: &str = "the stack starts at 0x10, which is in no memory region";

#[test]
fn an_edited_input_of_the_linker_links_again_and_nothing_else() {
    let place = Place::new("inputs", "relink it");
    project(&place);
    let one = place.path(&format!("target/{TARGET}/debug/one"));
    assert_eq!(compiled(&build(&place, "")), ["dependency", "relinked"]);
    assert_eq!(entry(&one) >> 16, 8);
    assert!(compiled(&build(&place, "")).is_empty());

    // Written again with the same text: nothing depends on the time.
    memory(&place, "memory.x", "0x80000", "256K");
    assert!(compiled(&build(&place, "")).is_empty());

    // An included file: both programs and their images.
    memory(&place, "memory.x", "0x300000", "4K");
    let ran = build(&place, "").tells("of 4.0 KiB");
    assert_eq!(compiled(&ran), ["relinked"]);
    assert_eq!(entry(&one) >> 16, 0x30);
    assert!(!ran.stderr.contains("256.0 KiB"), "{}", ran.stderr);
    assert!(compiled(&build(&place, "")).is_empty());

    // The script itself, and an example.
    build(&place, "--example three");
    let script = std::fs::read_to_string(place.path("my scripts/link.x")).expect("it is there");
    place.write("my scripts/link.x", &format!("{script}ASSERT(1, \"\")\n"));
    let ran = build(&place, "--example three --bins");
    assert_eq!(compiled(&ran), ["relinked"]);
    assert!(compiled(&build(&place, "--example three --bins")).is_empty());

    // Another script, named by the manifest; another option, named by the configuration.
    let manifest = std::fs::read_to_string(place.path("Cargo.toml")).expect("it is there");
    place.write("other.x", &script.replace("memory.x", "other-memory.x"));
    memory(&place, "other-memory.x", "0x400000", "8K");
    place.write(
        "Cargo.toml",
        &manifest.replace("my scripts/link.x", "other.x"),
    );
    assert_eq!(
        compiled(&build(&place, "").tells("of 8.0 KiB")),
        ["relinked"]
    );
    assert_eq!(entry(&one) >> 16, 0x40);

    // A program whose record is gone with it; a script that is gone.
    assert!(std::fs::remove_file(&one).is_ok());
    assert!(compiled(&build(&place, "")).is_empty() && one.is_file());
    std::fs::remove_file(place.path("other-memory.x")).expect("it was there");
    run(&mut place.xsys(&format!("build --target {TARGET}")))
        .ends_with(101)
        .tells("other-memory.x");
    memory(&place, "other-memory.x", "0x500000", "8K");
    build(&place, "");
    assert_eq!(entry(&one) >> 16, 0x50);
}

/// Edits each input of a link by another's linker. `call` builds; options are handed on to that linker
/// with `before` in front of them.
fn edited_for_another_linker(place: &Place, target: &str, before: &str, call: &dyn Fn() -> Ran) {
    let script = std::fs::read_to_string(place.path("my scripts/link.x")).expect("it is there");
    let script = format!("{script}INCLUDE part.x\n");
    place.write("my scripts/link.x", &script);
    place.write("parts/part.x", "part = 1;\n");
    place.write("parts/my list", "{ global: *; };\n");
    place.write(
        "build.rs",
        &format!(
            "fn main() {{\n    println!(\"cargo::rerun-if-changed=build.rs\");\n    \
             println!(\"cargo::rustc-link-arg-bins={before}-Lparts\");\n    \
             println!(\"cargo::rustc-link-arg-bins={before}--version-script=parts/my list\");\n}}\n"
        ),
    );
    let build = || call().ends_with(0);
    let one = place.path(&format!("target/{target}/debug/one"));
    assert_eq!(compiled(&build()).len(), 2);
    assert_eq!(entry(&one) >> 16, 8);
    let edits = [
        (
            "INCLUDEd",
            "memory.x",
            "MEMORY { FLASH : ORIGIN = 0x300000, LENGTH = 4K }\n".to_owned(),
        ),
        (
            "the metadata's",
            "my scripts/link.x",
            format!("{script}ASSERT(1, \"\")\n"),
        ),
        ("found through -L", "parts/part.x", "part = 2;\n".to_owned()),
        ("a list", "parts/my list", "{ global: *;  };\n".to_owned()),
        ("one that comes first", "part.x", "part = 3;\n".to_owned()),
    ];
    for (what, name, text) in &edits {
        assert!(compiled(&build()).is_empty(), "before {what}");
        place.write(name, text);
        assert_eq!(compiled(&build()), ["relinked"], "{what}");
    }
    assert_eq!(entry(&one) >> 16, 0x30);
    // Written again with the same text; a record that is lost; a link that fails.
    place.write("part.x", "part = 3;\n");
    assert!(compiled(&build()).is_empty());
    std::fs::remove_dir_all(place.path("target/xsys/link-records")).expect("there are records");
    assert_eq!(compiled(&build()), ["relinked"]);
    place.write("part.x", "ASSERT(0, \"not so\")\n");
    call().ends_with(101).tells("not so");
    std::fs::remove_file(place.path("part.x")).expect("it was there");
    assert_eq!(compiled(&build()), ["relinked"]);
    assert!(compiled(&build()).is_empty());
}

#[test]
fn edited_inputs_of_rust_lld_link_again() {
    let place = Place::new("inputs", "rust-lld");
    project(&place);
    let call = |more: &str| run(&mut place.xsys(&format!("build --target {TARGET} {more}")));
    edited_for_another_linker(&place, TARGET, "", &|| call("--linker=rust-lld"));
    // In turns with ours.
    call("").ends_with(0);
    for more in ["--linker=rust-lld", "", "--linker=rust-lld", ""] {
        assert!(compiled(&call(more).ends_with(0)).is_empty(), "{more}");
    }

    // A linker of the user's own, which is a script and as such an input.
    let config = format!("[target.{TARGET}]\nlinker = \"tools/my ld\"\n");
    place.write(".cargo/config.toml", &config);
    let rustlib = xsys_tests::project::rustc_sysroot().join("lib/rustlib");
    let lld = format!("{}/*/bin/rust-lld", rustlib.display());
    let script = format!("#!/bin/sh\nexec {lld} \"$@\"\n");
    let program = |text: &str| {
        use std::os::unix::fs::PermissionsExt;
        place.write("tools/my ld", text);
        let mode = std::fs::Permissions::from_mode(0o755);
        std::fs::set_permissions(place.path("tools/my ld"), mode).expect("it can be set");
    };
    program(&script);
    let build = || call("").ends_with(0);
    build().tells("Linker `tools/my ld` for");
    assert!(compiled(&build()).is_empty());
    place.write("parts/part.x", "part = 4;\n");
    assert_eq!(compiled(&build()), ["relinked"]);
    assert!(compiled(&build()).is_empty());
    program(&format!("{script}# It is another one.\n"));
    assert_eq!(compiled(&build()), ["relinked"]);
    assert!(compiled(&build()).is_empty());
    program("#!/bin/sh\nkill -SEGV $$\n");
    call("").ends_with(101).tells("signal: 11");
}

#[test]
fn edited_inputs_of_a_compiler_that_links_link_again() {
    let compiler = "aarch64-linux-gnu-gcc";
    if find_program(compiler).is_none() {
        return skip(
            "a compiler links",
            &format!("`{compiler}` is not installed"),
        );
    }
    let place = Place::new("inputs", "compiler");
    project(&place);
    let manifest = std::fs::read_to_string(place.path("Cargo.toml")).expect("it is there");
    let profile = "[profile.dev]\npanic = \"abort\"\n";
    place.write("Cargo.toml", &format!("{manifest}{profile}"));
    let target = "aarch64-unknown-linux-gnu";
    let call = || {
        let line = format!("build --target {target} --linker={compiler}");
        let flags = "-Clink-arg=-nostartfiles -Clink-arg=-static -Clink-arg=-Wl,--build-id=none";
        run(place.xsys(&line).env("RUSTFLAGS", flags))
    };
    edited_for_another_linker(&place, target, "-Wl,", &call);
}

#[test]
fn a_warning_of_the_linker_is_shown_once_and_again_when_nothing_was_linked() {
    let place = Place::new("inputs", "warnings");
    project(&place);
    let count = |text: &str| text.matches(WARNING).count();
    for _ in 0..2 {
        // Two programs share the script and its mistake.
        let ran = build(&place, "").tells(" --> memory.x:2:1");
        assert_eq!(count(&ran.stderr), 1, "{}", ran.stderr);
    }
    // As rustc's warnings are with cargo's `--quiet`.
    assert_eq!(count(&build(&place, "--quiet").stderr), 1);

    let ran = build(&place, "--message-format json");
    assert_eq!(count(&ran.stderr), 0, "{}", ran.stderr);
    let lines = ran.stdout.lines();
    let values: Vec<serde_json::Value> = lines
        .map(|line| serde_json::from_str(line).expect("a line of JSON each"))
        .collect();
    let ours: Vec<_> = values
        .iter()
        .filter(|value| value["reason"] == "xsys-diagnostic")
        .collect();
    assert_eq!(ours.len(), 1, "{ours:?}");
    assert_eq!(ours[0]["level"], "warning");
    assert_eq!(ours[0]["spans"][0]["file_name"], "memory.x");
    assert_eq!(ours[0]["spans"][0]["line_start"], 2);
    let program = ours[0]["program"].as_str().expect("a program is named");
    assert!(program.ends_with("debug/one") || program.ends_with("debug/two"));

    let mut command = place.xsys("--error-format=json build --target");
    let ran = run(command.arg(TARGET)).ends_with(0);
    let line = ran.stderr.lines().find(|line| line.contains(WARNING));
    let value: serde_json::Value =
        serde_json::from_str(line.expect("it is told")).expect("it is JSON");
    assert_eq!(value["code"]["code"], "stack-outside");

    // What an option of the linker asks for is an answer, too.
    place.write(
        ".cargo/config.toml",
        &format!("[target.{TARGET}]\nrustflags = [\"-Clink-arg=--why-live=_start\"]\n"),
    );
    build(&place, "--bin one").tells("`_start`\n");
    build(&place, "--bin one").tells("`_start`\n");

    // The linker by itself, as plain cargo calls it, speaks as ever.
    let object = format!("target/{TARGET}/debug/one");
    let mut plain = std::process::Command::new(xsys().with_file_name("xsys-ld"));
    plain
        .current_dir(&place.folder)
        .args(["--just-symbols", &object]);
    plain.args(["-T", "my scripts/link.x", "-o", "out"]);
    let ran = run(&mut plain);
    assert_eq!(count(&ran.stderr), 1, "{}", ran.stderr);
}

#[test]
fn builds_in_turns_compile_nothing_again() {
    let place = Place::new("inputs", "turns");
    place.write(
        "Cargo.toml",
        "[package]\nname = \"turns\"\nversion = \"0.1.0\"\nedition = \"2024\"\n\
         [workspace]\n[dependencies]\nmacros = { path = \"macros\" }\n\
         [package.metadata.xsys]\ncrates = \"core\"\n",
    );
    place.write(
        "src/main.rs",
        "#![no_std]\n#![no_main]\n#[unsafe(no_mangle)]\n#[unsafe(link_section = \".text.boot\")]\n\
         pub extern \"C\" fn _start() -> ! { loop { core::hint::black_box(macros::seven!()); } }\n\
         #[panic_handler]\nfn panicked(_: &core::panic::PanicInfo) -> ! { loop {} }\n",
    );
    // As proc-macro2 and many others do.
    place.write(
        "macros/Cargo.toml",
        "[package]\nname = \"macros\"\nversion = \"0.1.0\"\nedition = \"2024\"\n\
         [lib]\nproc-macro = true\n",
    );
    place.write(
        "macros/build.rs",
        "fn main() {\n    println!(\"cargo::rerun-if-changed=build.rs\");\n    \
         println!(\"cargo::rerun-if-env-changed=RUSTC_BOOTSTRAP\");\n}\n",
    );
    place.write(
        "macros/src/lib.rs",
        "#[proc_macro]\npub fn seven(_: proc_macro::TokenStream) -> proc_macro::TokenStream {\n    \
         \"7\".parse().expect(\"a number\")\n}\n",
    );
    let board = || run(&mut place.xsys("build --board raspberry-pi-3")).ends_with(0);
    let triple = || build(&place, "");
    let by_cargo = || {
        let mut command = std::process::Command::new(xsys().with_file_name("cargo-xsys"));
        command
            .current_dir(&place.folder)
            .env("XSYS_CACHE_DIR", xsys_tests::project::cache());
        command.args(["xsys", "build", "--board", "raspberry-pi-3"]);
        xsys_tests::project::without_settings(&mut command);
        run(&mut command).ends_with(0)
    };
    let host = || {
        let mut command = std::process::Command::new("cargo");
        command
            .current_dir(&place.folder)
            .args(["build", "-p", "macros"]);
        xsys_tests::project::without_settings(&mut command);
        run(&mut command).ends_with(0)
    };
    assert_eq!(compiled(&board()), ["macros", "turns"]);
    // What is compiled for the host serves all targets.
    assert_eq!(compiled(&triple()), ["turns"]);
    host();
    for build in [
        &board as &dyn Fn() -> Ran,
        &by_cargo,
        &triple,
        &host,
        &board,
        &by_cargo,
    ] {
        let ran = build();
        assert!(compiled(&ran).is_empty(), "{}\n{}", ran.line, ran.stderr);
    }
    // Nothing of how it is done reaches programs' build scripts.
    place.write(
        "build.rs",
        "fn main() { assert!(std::env::var_os(\"RUSTC_BOOTSTRAP\").is_none()); }\n",
    );
    board();
}

#[test]
fn a_renamed_spec_does_not_compile_core_again() {
    let place = Place::new("inputs", "renamed");
    place.write(
        "Cargo.toml",
        "[package]\nname = \"renamed\"\nversion = \"0.1.0\"\nedition = \"2024\"\n\
         [workspace]\n[dependencies]\ndependency = { path = \"dependency\" }\n\
         # Names of symbols have a hash with the target's name in it.\n\
         [profile.release]\nstrip = true\n",
    );
    place.write(
        "dependency/Cargo.toml",
        "[package]\nname = \"dependency\"\nversion = \"0.1.0\"\nedition = \"2024\"\n",
    );
    place.write(
        "dependency/src/lib.rs",
        "#![no_std]\npub fn sum(list: &[u8]) -> u32 { list.iter().map(|&n| u32::from(n)).sum() }\n",
    );
    place.write(
        "src/main.rs",
        "#![no_std]\n#![no_main]\n#[unsafe(no_mangle)]\npub extern \"C\" fn _start() -> ! {\n    \
         core::hint::black_box(dependency::sum(core::hint::black_box(&[1, 2])));\n    loop {}\n}\n\
         #[panic_handler]\nfn panicked(_: &core::panic::PanicInfo) -> ! { loop {} }\n",
    );
    let board = xsys_tests::project::repository().join("sysroots/raspberry-pi-3/target.json");
    let spec = std::fs::read_to_string(board).expect("the board has a spec");
    let program = |name: &str| {
        place.write(&format!("{name}.json"), &spec);
        let line = format!("build --release --crates core --target-spec {name}.json");
        let ran = run(&mut place.xsys(&line)).ends_with(0);
        let file = place.path(&format!("target/{name}/release/renamed"));
        (ran, std::fs::read(file).expect("the program is there"))
    };
    let (_, first) = program("raspberry-pi-3");
    let long = "a-name-of-my-own-that-is-quite-a-bit-longer";
    for name in ["pi", long, "pi"] {
        let (ran, bytes) = program(name);
        assert!(!ran.stderr.contains("(sysroot)"), "{}", ran.stderr);
        assert!(bytes == first, "`{name}` gives another program");
    }
}

#[test]
fn members_with_scripts_of_their_own_are_linked_each_for_itself() {
    let place = Place::new("inputs", "members");
    place.write(
        "Cargo.toml",
        "[workspace]\nresolver = \"3\"\nmembers = [\"one\", \"two\"]\n",
    );
    for (name, origin) in [("one", "0x10000"), ("two", "0x20000")] {
        place.write(
            &format!("{name}/Cargo.toml"),
            &format!(
                "[package]\nname = \"{name}\"\nversion = \"0.1.0\"\nedition = \"2024\"\n\
                 [package.metadata.xsys]\ntarget = \"{TARGET}\"\ncrates = \"core\"\nscript = \"link.x\"\n"
            ),
        );
        place.write(
            &format!("{name}/src/main.rs"),
            "#![no_std]\n#![no_main]\n#[unsafe(no_mangle)]\npub extern \"C\" fn _start() -> ! { loop {} }\n\
             #[panic_handler]\nfn panicked(_: &core::panic::PanicInfo) -> ! { loop {} }\n",
        );
        place.write(
            &format!("{name}/link.x"),
            "INCLUDE origin.x\nENTRY(_start)\nSECTIONS { .text begin : { *(.text .text.*) } }\n",
        );
        // Beside the script, not where the linker starts.
        place.write(&format!("{name}/origin.x"), &format!("begin = {origin};\n"));
    }
    let build = || run(&mut place.xsys("build")).ends_with(0);
    let entries = || {
        ["one", "two"]
            .map(|name| entry(&place.path(&format!("target/{TARGET}/debug/{name}"))) >> 16)
    };
    let mut first: Vec<String> = compiled(&build())
        .iter()
        .map(|&name| name.to_owned())
        .collect();
    first.sort();
    assert_eq!(
        (first, entries()),
        (vec!["one".to_owned(), "two".to_owned()], [1, 2])
    );
    assert!(compiled(&build()).is_empty());
    place.write("two/origin.x", "begin = 0x30000;\n");
    assert_eq!(compiled(&build()), ["two"]);
    assert_eq!(entries(), [1, 3]);
    assert!(compiled(&build()).is_empty());
}

#[test]
fn a_program_that_nothing_can_start_is_an_error_whose_advice_helps() {
    let place = Place::new("inputs", "dead");
    place.write(
        "Cargo.toml",
        "[package]\nname = \"dead\"\nversion = \"0.1.0\"\nedition = \"2024\"\n[workspace]\n\
         [package.metadata.xsys]\ncrates = \"core\"\n",
    );
    let program = |entry: &str| {
        let text = format!(
            "#![no_std]\n#![no_main]\n#[unsafe(no_mangle)]\npub extern \"C\" fn {entry}() -> ! {{ loop {{}} }}\n\
             #[panic_handler]\nfn panicked(_: &core::panic::PanicInfo) -> ! {{ loop {{}} }}\n"
        );
        place.write("src/main.rs", &text);
        run(&mut place.xsys(&format!("build --target {TARGET}")))
    };
    program("begin")
        .ends_with(101)
        .tells("error: the image has no code")
        .tells("nothing defines the entry symbol `_start`")
        .tells("define it: `#[unsafe(no_mangle)] extern \"C\" fn _start() -> !`");
    let dead = place.path(&format!("target/{TARGET}/debug/dead"));
    assert!(!dead.exists());
    program("_start").ends_with(0);
    // Data and helpers for somebody else's program.
    let config = format!("[target.{TARGET}]\nrustflags = [\"-Clink-arg=-e0\"]\n");
    place.write(".cargo/config.toml", &config);
    program("begin").ends_with(0);
}

/// Without a record nobody knows what a program was made of.
#[test]
fn a_program_without_a_record_is_linked_again_and_once() {
    let place = Place::new("inputs", "lost records");
    project(&place);
    build(&place, "");
    let one = place.path(&format!("target/{TARGET}/debug/one"));
    let records = place.path("target/xsys/link-records");
    let first = std::fs::read_dir(&records).expect("there are records");
    let first = first.flatten().next().expect("there is one").path();
    type Loss = fn(&Path, &Path);
    let losses: [(&str, &str, Loss); 3] = [
        ("all", "0x70000", |folder, _| {
            let all = folder.parent().expect("it is in a folder");
            std::fs::remove_dir_all(all).expect("it can be removed");
        }),
        ("one", "0x60000", |_, record| {
            std::fs::remove_file(record).expect("it can be removed");
        }),
        ("damaged", "0x50000", |_, record| {
            std::fs::write(record, "{").expect("it can be written");
        }),
    ];
    for (what, origin, lose) in losses {
        lose(&records, &first);
        memory(&place, "memory.x", origin, "256K");
        assert_eq!(compiled(&build(&place, "")), ["relinked"], "{what}");
        let start = u32::from_str_radix(&origin[2..], 16).expect("a number");
        assert_eq!(entry(&one) & !1, start, "{what}");
        assert!(compiled(&build(&place, "")).is_empty(), "{what}");
    }
}

/// cargo keeps them apart below `deps`, and so must what their linkers are told.
#[test]
fn projects_of_one_name_share_a_target_folder() {
    let place = Place::new("inputs", "shared");
    let origins = [("a", "0x10000"), ("b", "0x20000")];
    for (name, origin) in origins {
        let own = Place {
            folder: place.path(name),
        };
        project(&own);
        memory(&own, "memory.x", origin, "256K");
    }
    let call = |name: &str| {
        let own = Place {
            folder: place.path(name),
        };
        let mut command = own.xsys(&format!("build --target {TARGET} --bin one"));
        command.env("CARGO_TARGET_DIR", place.path("target"));
        run(&mut command).ends_with(0)
    };
    std::thread::scope(|scope| {
        for (name, _) in &origins {
            scope.spawn(|| call(name));
        }
    });
    let program = place.path(&format!("target/{TARGET}/debug/one"));
    for (name, origin) in origins {
        assert!(compiled(&call(name)).is_empty(), "{name}");
        let start = u32::from_str_radix(&origin[2..], 16).expect("a number");
        assert_eq!(entry(&program) & !1, start, "{name}");
        let image = std::fs::metadata(program.with_extension("bin"));
        assert!(image.is_ok_and(|image| image.len() < 4096), "{name}");
    }
}

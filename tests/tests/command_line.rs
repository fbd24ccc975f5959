//! What people type and what they read: small things that are wrong for everybody who meets them.

#![cfg(unix)]

use std::path::Path;
use std::process::Command;

use xsys_tests::link::case::Case;
use xsys_tests::link::compile;
use xsys_tests::link::oracle::rust_lld;
use xsys_tests::project::{
    Place, Ran, find_program, repository, run, rustc_sysroot, skip, xsys_in,
};

fn xsys(folder: &Path, line: &str) -> Ran {
    run(xsys_in(folder).args(line.split(' ')))
}

#[test]
fn folders_are_named_in_every_way() {
    let place = Place::new("command-line", "folders");
    let board = place.copy(&repository().join("sysroots/riscv32-virt"), "my-board");
    std::fs::create_dir(board.join("boards")).expect("a folder can be made");
    for (folder, name) in [
        (&board, "."),
        (&board.join("hello"), ".."),
        (&board.join("hello"), "./.."),
        (&board, "boards/.."),
        (&place.folder, "my-board"),
    ] {
        let ran = xsys(folder, &format!("board show {name}")).ends_with(0);
        assert!(
            ran.stdout.starts_with("board    my-board"),
            "{name}: {}",
            ran.stdout
        );
        xsys(folder, &format!("target show {name}")).ends_with(0);
    }
    // In a manifest `..` is the folder above it, wherever the command is given.
    let manifest = std::fs::read_to_string(board.join("hello/Cargo.toml")).expect("it is there");
    let manifest = manifest.replace("board = \"riscv32-virt\"", "board = \"..\"");
    place.write("my-board/hello/Cargo.toml", &manifest);
    let ran = xsys(&board.join("hello/src"), "target show").ends_with(0);
    assert!(
        ran.stdout.contains("riscv32imac-qemu-none-elf"),
        "{}",
        ran.stdout
    );
}

#[test]
fn a_target_needs_no_flag() {
    let place = Place::new("command-line", "targets");
    let ran = xsys(&place.folder, "target show thumbv7m-none-eabi").ends_with(0);
    assert!(ran.stdout.contains("LLVM target"), "{}", ran.stdout);
    place.copy(&repository().join("sysroots/raspberry-pi-3"), "pi");
    std::fs::rename(place.path("pi/target.json"), place.path("pi.json")).expect("it is there");
    xsys(&place.folder, "target check pi.json")
        .ends_with(0)
        .tells("pi is right");
    xsys(&place.folder, "target check raspberry-pi-3").ends_with(0);
    xsys(&place.folder, "target check nothing-known").ends_with(1);
    xsys(&place.folder, "target check")
        .ends_with(1)
        .tells("no target given");
    xsys(&place.folder, "target check pi.json --board raspberry-pi-3").ends_with(2);
}

#[test]
fn mistakes_are_json_for_whom_it_may_concern() {
    let place = Place::new("command-line", "usage");
    for line in [
        "--error-format=json bild",
        "sysroot list --jsn --error-format json",
        "--error-format json new",
    ] {
        let ran = xsys(&place.folder, line).ends_with(2);
        let lines: Vec<serde_json::Value> = ran
            .stderr
            .lines()
            .map(|line| serde_json::from_str(line).expect("every line is JSON"))
            .collect();
        assert_eq!(lines.len(), 1, "{}", ran.stderr);
        assert_eq!(lines[0]["level"], "error");
    }
    let ran = xsys(&place.folder, "--error-format=json --help").ends_with(0);
    assert!(ran.stdout.contains("Usage:"), "{}", ran.stdout);
    xsys(&place.folder, "bild -- --error-format json")
        .ends_with(2)
        .tells("error: unrecognized");
}

#[test]
fn projects_have_names_that_cargo_takes() {
    let place = Place::new("command-line", "names");
    // Not a member of the workspace that the tests are in.
    place.write("Cargo.toml", "[workspace]\nresolver = \"3\"\n");
    for name in ["fn", "test", "build", "_", "2nd"] {
        let ran = xsys(
            &place.folder,
            &format!("new a --board riscv32-virt --name {name}"),
        );
        let ran = ran.ends_with(1).tells("cannot be a package's name");
        assert!(!place.path("a").exists(), "{}", ran.stderr);
    }
    xsys(&place.folder, "new async --board riscv32-virt")
        .ends_with(1)
        .tells("Rust keyword");
    xsys(&place.folder, "new async --board riscv32-virt --name a").ends_with(0);
}

/// Rows of `sysroot list` that would look the same say what is different.
#[test]
fn sysroots_can_be_told_apart() {
    let place = Place::new("command-line", "sysroots");
    let write = |key: &str, target: &str, panic: &str, flags: &str| {
        let manifest = format!(
            r#"{{"inputs":{{"target":"{target}","crates":"core","rustc":{{"release":"1.95.0","commit":"c"}},"settings":{{"panic":"{panic}","cpu":null}},"flags":[{flags}]}},"files":[]}}"#
        );
        place.write(&format!("cache/sysroots/{key}/manifest.json"), &manifest);
    };
    write(&"a1".repeat(32), "one", "abort", "");
    write(&"b2".repeat(32), "one", "unwind", "");
    write(
        &"c3".repeat(32),
        "one",
        "abort",
        "\"-Cforce-frame-pointers=yes\"",
    );
    write(&"d4".repeat(32), "two", "abort", "");
    let mut command = xsys_in(&place.folder);
    command
        .args(["sysroot", "list"])
        .env("XSYS_CACHE_DIR", place.path("cache"));
    let ran = run(&mut command).ends_with(0);
    let row = |key: &str| {
        ran.stdout
            .lines()
            .find(|line| line.starts_with(key))
            .unwrap_or("")
    };
    assert!(row("a1").ends_with("  panic abort"), "{}", ran.stdout);
    assert!(row("b2").ends_with("  panic unwind"), "{}", ran.stdout);
    assert!(
        row("c3").ends_with("  -Cforce-frame-pointers=yes, panic abort"),
        "{}",
        ran.stdout
    );
    assert!(
        !row("d4").contains("panic") && !row("d4").is_empty(),
        "{}",
        ran.stdout
    );
}

#[test]
fn libraries_are_outputs() {
    let place = Place::new("command-line", "libraries");
    place.write(
        "Cargo.toml",
        "[package]\nname = \"lib\"\nversion = \"0.1.0\"\nedition = \"2024\"\n\n[lib]\n\
         crate-type = [\"staticlib\", \"rlib\"]\n\n[package.metadata.xsys]\n\
         target = \"thumbv7m-none-eabi\"\ncrates = \"core\"\nemit = [\"bin\"]\n\n[profile.dev]\npanic = \"abort\"\n\n[workspace]\n",
    );
    place.write(
        "src/lib.rs",
        "#![no_std]\n#[panic_handler]\nfn panic(_: &core::panic::PanicInfo<'_>) -> ! {\n    loop {}\n}\n",
    );
    for _ in 0..2 {
        xsys(&place.folder, "build")
            .ends_with(0)
            .tells("Output target/thumbv7m-none-eabi/debug/liblib.a");
    }
    let ran = xsys(&place.folder, "build --message-format json").ends_with(0);
    let report = ran.stdout.lines().find(|line| line.contains("xsys-build"));
    let report: serde_json::Value =
        serde_json::from_str(report.expect("there is a report")).expect("it is JSON");
    assert_eq!(report["outputs"][0]["format"], "staticlib");
    // What is named twice is one mistake, in its place.
    let manifest = std::fs::read_to_string(place.path("Cargo.toml")).expect("it is there");
    place.write(
        "Cargo.toml",
        &manifest.replace("crates =", "board = \"arduino-uno\"\ncrates ="),
    );
    xsys(&place.folder, "build")
        .ends_with(101)
        .tells("`board` and `target` exclude each other");
}

/// A dynamic program for another machine finds its loader and its libraries.
#[cfg(target_os = "linux")]
#[test]
fn foreign_libraries_are_found() {
    for program in ["aarch64-linux-gnu-gcc", "qemu-aarch64"] {
        if find_program(program).is_none() {
            return skip(
                "dynamic programs for AArch64",
                &format!("`{program}` is not installed"),
            );
        }
    }
    if std::env::consts::ARCH == "aarch64" {
        return skip("dynamic programs for AArch64", "this is such a machine");
    }
    let place = Place::new("command-line", "loader");
    place.write(
        "Cargo.toml",
        "[package]\nname = \"gnu\"\nversion = \"0.1.0\"\nedition = \"2024\"\n\n[package.metadata.xsys]\n\
         target = \"aarch64-unknown-linux-gnu\"\ncrates = \"core\"\n\n[profile.dev]\npanic = \"abort\"\n\n[workspace]\n",
    );
    place.write(
        "src/main.rs",
        "#![no_std]\n#![no_main]\n\n#[link(name = \"c\")]\nunsafe extern \"C\" {\n    fn puts(text: *const u8) -> i32;\n}\n\n\
         #[unsafe(no_mangle)]\nextern \"C\" fn main() -> i32 {\n    unsafe { puts(c\"hello\".as_ptr().cast()) };\n    0\n}\n\n\
         #[panic_handler]\nfn panic(_: &core::panic::PanicInfo<'_>) -> ! {\n    loop {}\n}\n\n\
         #[unsafe(no_mangle)]\nextern \"C\" fn other() -> ! {\n    loop {}\n}\n",
    );
    let call = |prefix: Option<&str>| {
        let mut command = xsys_in(&place.folder);
        command.arg("run").env(
            "CARGO_TARGET_AARCH64_UNKNOWN_LINUX_GNU_LINKER",
            "aarch64-linux-gnu-gcc",
        );
        if let Some(prefix) = prefix {
            command.env("QEMU_LD_PREFIX", prefix);
        }
        run(&mut command)
    };
    let ran = call(None).ends_with(0).tells("QEMU_LD_PREFIX");
    assert_eq!(ran.stdout, "hello\n");
    // A linker that finds no entry takes whatever comes first, and rustc hides that it says so.
    let dead = |verb: &str, arguments: &str| {
        let mut command = xsys_in(&place.folder);
        command.arg(verb).env("RUSTFLAGS", arguments).env(
            "CARGO_TARGET_AARCH64_UNKNOWN_LINUX_GNU_LINKER",
            "aarch64-linux-gnu-gcc",
        );
        run(&mut command)
    };
    for (verb, code) in [("build", 101), ("run", 1), ("build", 101)] {
        dead(verb, "-Clink-arg=-nostartfiles")
            .ends_with(code)
            .tells("has no start code");
    }
    // As the help says.
    dead("build", "").ends_with(0);
    dead("build", "-Clink-arg=-nostartfiles -Clink-arg=-Wl,-e,other").ends_with(0);
    // Who says it has the say.
    let ran = call(Some("/no/such/folder"));
    assert!(
        ran.code != Some(0) && !ran.stderr.contains("Libraries"),
        "{}",
        ran.stderr
    );
}

#[test]
fn shells_and_man_know_the_grammar() {
    let place = Place::new("command-line", "shells");
    for (shell, sign) in [
        ("bash", "complete -F _xsys"),
        ("zsh", "#compdef xsys"),
        ("fish", "complete -c xsys"),
        ("powershell", "Register-ArgumentCompleter"),
        ("elvish", "edit:completion"),
    ] {
        let ran = xsys(&place.folder, &format!("completions {shell}")).ends_with(0);
        assert!(
            ran.stdout.contains(sign) && ran.stdout.contains("sysroot"),
            "{shell}"
        );
        place.write(shell, &ran.stdout);
        if shell == "bash" {
            let script = "source ./bash && COMP_WORDS=(xsys compl) COMP_CWORD=1 && _xsys xsys compl xsys; \
                          echo ${COMPREPLY[@]}";
            let mut command = std::process::Command::new("bash");
            command.args(["-c", script]).current_dir(&place.folder);
            assert_eq!(run(&mut command).ends_with(0).stdout, "completions\n");
        } else if ["zsh", "fish"].contains(&shell) && find_program(shell).is_some() {
            let mut command = std::process::Command::new(shell);
            run(command.args(["-n", shell]).current_dir(&place.folder)).ends_with(0);
        }
    }
    let ran = xsys(&place.folder, "man").ends_with(0);
    assert!(ran.stdout.contains(".TH xsys 1"), "{}", ran.stdout);
    xsys(&place.folder, "man -o pages").ends_with(0);
    for (page, part) in [
        ("xsys.1", "xsys\\-build(1)"),
        ("xsys-build.1", "\\-\\-emit"),
        ("xsys-sysroot-list.1", "\\-\\-json"),
    ] {
        let text = std::fs::read_to_string(place.path("pages").join(page)).expect("it is there");
        assert!(text.contains(part), "{page}: {text}");
    }
}

/// The names are small programs that become the big one.
#[test]
fn one_program_has_all_names() {
    let place = Place::new("command-line", "names of programs");
    let xsys = xsys_tests::project::xsys();
    let beside = |name: &str| xsys.with_file_name(name);
    let size = |path: &Path| std::fs::metadata(path).expect("it was built").len();
    for name in ["cargo-xsys", "xsys-ld", "xsys-cc"] {
        assert!(
            size(&beside(name)) * 4 < size(xsys),
            "{name} is {}",
            size(&beside(name))
        );
    }
    let says = |program: &Path, line: &str| {
        let mut command = std::process::Command::new(program);
        xsys_tests::project::without_settings(&mut command);
        run(command.args(line.split(' ')).current_dir(&place.folder))
    };
    let ran = says(&beside("cargo-xsys"), "xsys --version").ends_with(0);
    assert!(ran.stdout.starts_with("xsys 0."), "{}", ran.stdout);
    let link = |name: &str| {
        let link = place.path(name);
        std::os::unix::fs::symlink(beside("xsys-ld"), &link).expect("a link can be made");
        link
    };
    says(&beside("xsys-ld"), "-flavor gnu")
        .ends_with(1)
        .tells("no input files");
    says(&link("ld.lld"), "nothing.o")
        .ends_with(1)
        .tells("`nothing.o`");
    says(&link("wasm-ld"), "--no-entry -o x.wasm").ends_with(1);
    // Alone it is nothing.
    std::fs::copy(beside("xsys-ld"), place.path("xsys-ld")).expect("a file can be copied");
    says(&place.path("xsys-ld"), "a.o")
        .ends_with(1)
        .tells("needs the program `xsys` in its directory");
}

/// What a variable has a wasm link leave is all that rust-lld needs for the same module.
#[test]
fn a_wasm_link_leaves_its_inputs_where_a_variable_says() {
    let place = Place::new("command-line", "reproduce-wasm");
    let work = place.path("w");
    let case = repository().join("tests/cases/wasm/archive-lazy");
    let case = Case::load(&case, &xsys_tests::wasm::case::WASM).expect("the case is there");
    std::fs::create_dir_all(&work).expect("folders can be made");
    compile::objects(&case, &case.targets[0], &work, &place.path("objects")).expect("it compiles");
    let line =
        "ld -flavor wasm --compat=wasm-ld main.o b.o c.o --no-entry --export-dynamic -o out.wasm";
    for (variable, value, archive) in [
        ("LLD_REPRODUCE", "link.tar", "link.tar"),
        ("XSYS_REPRODUCE", "kept", "kept/out.wasm.tar"),
    ] {
        run(xsys_in(&work).args(line.split(' ')).env(variable, value)).ends_with(0);
        let archive = work.join(archive);
        let file = std::fs::File::open(&archive).expect("the archive is there");
        let folder = place.path(variable);
        let unpacked = tar::Archive::new(file).unpack(&folder);
        unpacked.expect("it is an archive");
        let folder = folder.join(archive.file_stem().unwrap_or_default());
        let mut again = std::process::Command::new(rust_lld().expect("the toolchain has it"));
        again.current_dir(&folder);
        run(again.args(["-flavor", "wasm", "@response.txt"])).ends_with(0);
        let read = |folder: &Path| std::fs::read(folder.join("out.wasm")).expect("it is linked");
        assert!(read(&folder) == read(&work), "{variable}: other bytes");
    }
}

/// Cargo's own command, with `xsys-cc` as linker, where there is no compiler, no linker, no start file and no header:
/// build scripts, procedural macros and programs are linked, loaded and run.
#[test]
#[cfg(target_os = "linux")]
fn a_machine_that_has_rust_and_xsys_alone() {
    let name = "a_machine_that_has_rust_and_xsys_alone";
    let may = |command: &mut Command| command.output().is_ok_and(|output| output.status.success());
    if !may(Command::new("unshare").args(["-rm", "mount", "-t", "tmpfs", "none", "/mnt"])) {
        return skip(
            name,
            "this system lets nobody make a mount namespace (`unshare -rm`)",
        );
    }
    if !matches!(std::env::consts::ARCH, "x86_64" | "aarch64") {
        return skip(
            name,
            "there are start files of our own for x86_64 and aarch64 only",
        );
    }
    let place = Place::outside("bare-machine");
    place.copy(&repository().join("tests/cases/bare/host"), "project");
    place.copy(
        &repository().join("tests/cases/bare/firmware"),
        "project/firmware",
    );
    let call = |words: &[&str]| {
        let mut command = Command::new("unshare");
        command
            .arg("-rm")
            .arg(repository().join("tests/bare/enter"));
        command.arg(place.path("root")).arg(rustc_sysroot());
        command
            .arg(xsys_tests::project::xsys().with_file_name(""))
            .arg(place.path("project"));
        run(command.args(words))
    };
    let manifest = "--manifest-path=/project/Cargo.toml";
    let ran = call(&["/toolchain/bin/cargo", "run", "--quiet", manifest]).ends_with(0);
    assert_eq!(
        ran.stdout,
        "Machine build-script true 1 true true 1 0\nthe end\n"
    );
    // xsys links the host's part of a board's program, and says so.
    let manifest = "--manifest-path=/project/firmware/Cargo.toml";
    let words = ["build", "--target", "thumbv7m-none-eabi", manifest];
    let ran = call(&[&["/xsys/xsys"][..], &words].concat()).ends_with(0);
    ran.tells("build scripts and procedural macros with xsys-cc");
    let program = "project/firmware/target/thumbv7m-none-eabi/debug/firmware";
    assert!(place.path(program).is_file());
    // What is asked of a compiler is told from what is asked of a linker.
    let ran = call(&["/xsys/xsys-cc", "-c", "main.c"]).ends_with(1);
    ran.tells("`-c` asks for compiling")
        .tells("install a compiler");
    let ran = call(&["/xsys/xsys-cc", "-static", "/project/Cargo.toml"]).ends_with(1);
    ran.tells("a static program needs the C library's static files")
        .tells("libc6-dev");
}

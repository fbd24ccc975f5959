//! `xsys init` and `setup`: what an existing project is given, and that editors and plain cargo can
//! live with it.

#![cfg(unix)]

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::process::Command;

use serde_json::Value;
use xsys_tests::project::{
    Place, Ran, repository, run, rustc_sysroot, without_settings, xsys, xsys_in,
};

fn call(folder: &Path, line: &str) -> Ran {
    run(xsys_in(folder).args(line.split(' ')))
}

/// A project as people have them: a build script and a procedural macro among the dependencies,
/// comments, and settings of their own.
fn project(place: &Place) -> PathBuf {
    place.write(
        "a project/Cargo.toml",
        "# Mine.\n[package]\nname = \"mine\" # its name\nversion = \"0.1.0\"\nedition = \"2024\"\n\n\
         [dependencies] # few\nriscv = { version = \"0.16\", features = [\"critical-section-single-hart\"] }\n\
         riscv-rt = { version = \"0.18\", features = [\"memory\"] }\n\n[workspace]\n",
    );
    place.write(
        "a project/src/main.rs",
        "#![no_std]\n#![no_main]\n\n#[riscv_rt::entry]\nfn main() -> ! {\n    let unused = 1;\n    \
         loop {\n        riscv::asm::wfi();\n    }\n}\n\n#[panic_handler]\n\
         fn panic(_: &core::panic::PanicInfo<'_>) -> ! {\n    loop {}\n}\n",
    );
    place.write(
        "a project/.vscode/settings.json",
        "// Mine.\n{\n  \"editor.rulers\": [100], // wide\n  \"rust-analyzer.cfg.setTest\": true,\n}\n",
    );
    place.path("a project")
}

fn files(folder: &Path) -> BTreeMap<PathBuf, Vec<u8>> {
    let mut files = BTreeMap::new();
    let mut folders = vec![folder.to_owned()];
    while let Some(folder) = folders.pop() {
        for entry in std::fs::read_dir(folder)
            .expect("a folder can be read")
            .flatten()
        {
            let path = entry.path();
            if !path.is_dir() {
                files.insert(
                    path.clone(),
                    std::fs::read(path).expect("a file can be read"),
                );
            } else if entry.file_name() != "target" {
                folders.push(path);
            }
        }
    }
    files
}

/// A program as rust-analyzer starts it: in the project's folder, with the settings' environment.
fn started(program: &Path, folder: &Path, settings: &Value) -> Command {
    let mut command = Command::new(program);
    without_settings(&mut command);
    let path = std::env::var("PATH").unwrap_or_default();
    let own = xsys().parent().expect("a program is in a folder").display();
    command
        .current_dir(folder)
        .env("PATH", format!("{own}:{path}"))
        .env("XSYS_CACHE_DIR", xsys_tests::project::cache());
    let environment = settings["rust-analyzer.cargo.extraEnv"].as_object();
    for (name, value) in environment.into_iter().flatten() {
        command.env(name, value.as_str().expect("variables are text"));
    }
    command
}

fn reasons(ran: &Ran, reason: &str) -> Vec<Value> {
    let messages = ran.stdout.lines().map(|line| {
        serde_json::from_str::<Value>(line).unwrap_or_else(|_| panic!("no JSON: {line}"))
    });
    messages
        .filter(|message| message["reason"] == reason)
        .collect()
}

/// What rust-analyzer asks before it knows a project (its crate `project-model`), and then on every
/// save.
fn as_rust_analyzer(folder: &Path) {
    let text = std::fs::read_to_string(folder.join(".vscode/settings.json")).expect("it is there");
    // The comments are those that the test has put there.
    let text = text
        .replace("// Mine.", "")
        .replace("// wide", "")
        .replace(",\n}", "\n}");
    let settings: Value = serde_json::from_str(&text).expect("it is JSON");
    let target = settings["rust-analyzer.cargo.target"]
        .as_str()
        .expect("a target");
    let target = target.replace("${workspaceFolder}", &folder.display().to_string());
    let tool = |name: &str| rustc_sysroot().join("bin").join(name);

    let mut metadata = started(&tool("cargo"), folder, &settings);
    metadata.args(["metadata", "--format-version", "1", "--manifest-path"]);
    metadata
        .arg(folder.join("Cargo.toml"))
        .args(["--filter-platform", &target]);
    assert!(run(&mut metadata).ends_with(0).stdout.contains("riscv-rt"));

    // Also in the folder of the standard library's sources.
    for place in [folder, rustc_sysroot().as_path()] {
        let mut cfg = started(&tool("rustc"), place, &settings);
        cfg.args([
            "-Z",
            "unstable-options",
            "--print",
            "cfg",
            "-O",
            "--target",
            &target,
        ])
        .env("RUSTC_BOOTSTRAP", "1");
        let ran = run(&mut cfg).ends_with(0);
        assert!(
            ran.stdout.contains("target_arch=\"riscv32\""),
            "{}",
            ran.stdout
        );
    }

    for name in [
        "cargo.buildScripts.overrideCommand",
        "check.overrideCommand",
    ] {
        let words = settings[format!("rust-analyzer.{name}")]
            .as_array()
            .expect("a command");
        let words: Vec<&str> = words.iter().filter_map(Value::as_str).collect();
        let mut check = started(Path::new(words[0]), folder, &settings);
        let ran = run(check.args(&words[1..])).ends_with(0);
        let scripts = reasons(&ran, "build-script-executed");
        assert!(
            scripts.iter().any(|script| script["out_dir"].is_string()),
            "{}",
            ran.stdout
        );
        let artifacts = reasons(&ran, "compiler-artifact");
        let is_macro = |artifact: &&Value| artifact["target"]["kind"][0] == "proc-macro";
        let library = artifacts
            .iter()
            .find(is_macro)
            .expect("a procedural macro is built");
        let file = library["filenames"][0].as_str().expect("it is a file");
        assert!(Path::new(file).is_file(), "{file}");
        let messages = reasons(&ran, "compiler-message");
        let unused = messages
            .iter()
            .find(|message| message["message"]["code"]["code"] == "unused_variables");
        let span = &unused.expect("the warning is there")["message"]["spans"][0]["file_name"];
        assert!(
            folder.join(span.as_str().expect("a path")).is_file(),
            "{span}"
        );
    }
}

#[test]
fn rust_analyzer_understands_what_init_writes() {
    let place = Place::new("init", "editor");
    let folder = project(&place);
    call(&folder, "init").ends_with(1).tells("no target given");
    call(&folder, "init no-such-board-or-target").ends_with(1);
    let ran = call(&folder, "init riscv32-virt").ends_with(0);
    // What the user has decided stays, and is told.
    assert!(
        ran.stderr.contains("`rust-analyzer.cfg.setTest`"),
        "{}",
        ran.stderr
    );
    let manifest = std::fs::read_to_string(folder.join("Cargo.toml")).expect("it is there");
    for part in [
        "# Mine.",
        "name = \"mine\" # its name",
        "[dependencies] # few",
        "[package.metadata.xsys]\nboard = \"riscv32-virt\"\n",
    ] {
        assert!(manifest.contains(part), "{manifest}");
    }
    let settings =
        std::fs::read_to_string(folder.join(".vscode/settings.json")).expect("it is there");
    assert!(
        settings.contains("  \"editor.rulers\": [100], // wide\n"),
        "{settings}"
    );
    as_rust_analyzer(&folder);

    // Again, there is nothing to do.
    let before = files(&folder);
    for line in ["init riscv32-virt", "init"] {
        call(&folder, line).ends_with(0).tells("nothing is missing");
        assert!(before == files(&folder), "{line}");
    }
    // A folder of a board, from inside the project, is found again from everywhere.
    place.copy(
        &repository().join("sysroots/riscv32-virt"),
        "a project/boards/own",
    );
    call(&folder.join("src"), "init ../boards/own").ends_with(0);
    let manifest = std::fs::read_to_string(folder.join("Cargo.toml")).expect("it is there");
    assert!(manifest.contains("board = \"boards/own\""), "{manifest}");
    call(&folder.join("src"), "target show").ends_with(0);
}

#[test]
fn another_target_is_the_editors_too() {
    let place = Place::new("init", "another");
    let folder = project(&place);
    let settings = || {
        let text = std::fs::read_to_string(folder.join(".vscode/settings.json"));
        text.expect("it is there")
    };
    let target = || {
        let text = settings();
        let line = text.lines().find(|line| line.contains("cargo.target"));
        line.expect("there is a target").trim().to_owned()
    };
    call(&folder, "init riscv32-virt").ends_with(0);
    let first = settings();
    call(&folder, "init thumbv7m-none-eabi").ends_with(0);
    assert_eq!(
        target(),
        "\"rust-analyzer.cargo.target\": \"thumbv7m-none-eabi\","
    );
    assert!(!settings().contains("JSON_TARGET_SPEC"), "{}", settings());
    assert!(settings().contains("// wide") && settings().contains("cfg.setTest\": true"));
    // With std there are tests.
    call(&folder, "init x86_64-unknown-linux-musl").ends_with(0);
    assert!(!settings().contains("allTargets"), "{}", settings());
    // Edited by hand, without being told.
    let manifest = folder.join("Cargo.toml");
    let text = std::fs::read_to_string(&manifest).expect("it is there");
    let text = text.replace(
        "target = \"x86_64-unknown-linux-musl\"",
        "board = \"riscv32-virt\"",
    );
    std::fs::write(&manifest, text).expect("a file can be written");
    call(&folder, "init").ends_with(0);
    let sorted = |text: &str| {
        let mut lines: Vec<String> = text.lines().map(|line| line.trim().to_owned()).collect();
        lines.sort();
        lines
    };
    assert_eq!(sorted(&settings()), sorted(&first));
    as_rust_analyzer(&folder);
    // What cannot be read is not half done.
    place.write("a project/.vscode/settings.json", "{ \"a\": ");
    let before = files(&folder);
    let ran = call(&folder, "init arduino-uno").ends_with(1);
    ran.tells("cannot be read as JSON");
    assert!(before == files(&folder));
}

#[test]
fn an_editor_knows_one_target() {
    let place = Place::new("init", "several");
    place.write(
        "Cargo.toml",
        "[workspace]\nresolver = \"3\"\nmembers = [\"a\", \"b\"]\n",
    );
    for (name, board) in [("a", "riscv32-virt"), ("b", "lm3s6965evb")] {
        let manifest = format!(
            "[package]\nname = \"{name}\"\nversion = \"0.1.0\"\nedition = \"2024\"\n\n[package.metadata.xsys]\nboard = \"{board}\"\n"
        );
        place.write(&format!("{name}/Cargo.toml"), &manifest);
        place.write(&format!("{name}/src/lib.rs"), "#![no_std]\n");
    }
    let ran = call(&place.folder, "init").ends_with(1);
    ran.tells("they are `riscv32-virt`, `lm3s6965evb`");
    assert!(!place.path(".vscode").exists());
    // As the help says.
    for (name, target) in [("b", "thumbv7m"), ("a", "riscv32imac")] {
        call(&place.path(name), "init").ends_with(0);
        let text = std::fs::read_to_string(place.path(".vscode/settings.json"));
        let text = text.expect("it is there");
        assert!(text.contains(&format!(".vscode/{target}")), "{text}");
    }
}

#[test]
fn plain_cargo_works_after_setup() {
    let place = Place::new("init", "cargo");
    place.write(
        "p/Cargo.toml",
        "[package]\nname = \"plain\"\nversion = \"0.1.0\"\nedition = \"2024\"\n\n[profile.dev]\npanic = \"abort\"\n\n[workspace]\n",
    );
    place.write(
        "p/src/main.rs",
        "#![no_std]\n#![no_main]\n\n#[unsafe(no_mangle)]\nextern \"C\" fn _start() -> ! {\n    loop {}\n}\n\n\
         #[panic_handler]\nfn panic(_: &core::panic::PanicInfo<'_>) -> ! {\n    loop {}\n}\n",
    );
    place.write(
        "p/.cargo/config.toml",
        "# Mine.\n[target.thumbv7m-none-eabi]\nrustflags = [\"-Clink-arg=-Ttext=0x1000\", \"--cfg\", \"mine\"]\n",
    );
    let folder = place.path("p");
    call(&folder, "setup --target thumbv7m-none-eabi --crates core").ends_with(0);
    let config =
        || std::fs::read_to_string(folder.join(".cargo/config.toml")).expect("it is there");
    let first = config();
    assert!(
        first.starts_with("# Mine.\n") && first.contains("linker = \"xsys-ld\""),
        "{first}"
    );
    let path = xsys()
        .parent()
        .expect("a program is in a folder")
        .display()
        .to_string();
    let path = format!("{path}:{}", std::env::var("PATH").unwrap_or_default());
    for line in [
        "check --workspace --message-format=json --keep-going",
        "build",
        "doc",
    ] {
        let mut cargo = Command::new(rustc_sysroot().join("bin/cargo"));
        without_settings(&mut cargo);
        cargo
            .args(line.split(' '))
            .current_dir(&folder)
            .env("PATH", &path);
        run(&mut cargo).ends_with(0);
    }
    let linked =
        std::fs::read(folder.join("target/thumbv7m-none-eabi/debug/plain")).expect("linked");
    assert_eq!(
        goblin::elf::Elf::parse(&linked)
            .expect("ELF")
            .header
            .e_entry
            & !1,
        0x1000
    );
    // xsys itself is not disturbed by it, and does not do it twice.
    let ran = call(&folder, "build --crates core").ends_with(0);
    assert!(!ran.stderr.contains("Linker"), "{}", ran.stderr);
    call(&folder, "setup --target thumbv7m-none-eabi --crates core")
        .ends_with(0)
        .tells("nothing is missing");
    assert_eq!(config(), first);
}

//! Flags and profiles reach what they must: the program as cargo hands them out, and core, alloc
//! and std as `-Zbuild-std` does. Judged by cargo's own calls of rustc, and by the code in the
//! finished programs.

#![cfg(unix)]

use std::path::Path;
use std::process::Command;

use object::{Object, ObjectSection, ObjectSymbol};
use xsys_tests::project::{Place, Ran, run, without_settings, xsys_in};

const PROGRAM: &str = "#![no_std]
#![no_main]
use core::fmt::Write;
struct Port;
impl Write for Port {
    fn write_str(&mut self, text: &str) -> core::fmt::Result {
        for byte in text.bytes() {
            unsafe { core::ptr::write_volatile(0xb8000 as *mut u8, byte) }
        }
        Ok(())
    }
}
#[panic_handler]
fn panic(_: &core::panic::PanicInfo) -> ! { loop {} }
#[unsafe(no_mangle)]
pub extern \"C\" fn _start() -> ! {
    let _ = write!(Port, \"{:?}\", Some(1u32));
    loop {}
}
";

fn manifest(top: &str, bottom: &str) -> String {
    format!(
        "{top}\n[package]\nname = \"probe\"\nversion = \"0.1.0\"\nedition = \"2024\"\n[workspace]\n{bottom}"
    )
}

/// A wrapper of rustc that writes down how the crate `probe` is compiled, an argument a line.
fn listening(place: &Place) {
    use std::os::unix::fs::PermissionsExt;
    let script = format!(
        "#!/bin/sh\ncase \"$*\" in *'--crate-name probe '*) printf '%s\\n' \"$@\" > '{}' ;; esac\nexec \"$@\"\n",
        place.path("calls").display(),
    );
    let path = place.write("listen", &script);
    std::fs::set_permissions(&path, std::fs::Permissions::from_mode(0o755))
        .expect("a script can be made a program");
}

/// What a command gives rustc at the end of its command line, after what is cargo's own.
fn flags_of(place: &Place, command: &mut Command) -> Vec<String> {
    let calls = place.path("calls");
    let _ = std::fs::remove_file(&calls);
    let _ = std::fs::remove_dir_all(place.path("w/p/target"));
    let ran = run(command.env("RUSTC_WRAPPER", place.path("listen")));
    let text = std::fs::read_to_string(&calls)
        .unwrap_or_else(|_| panic!("`{}` compiled nothing:\n{}", ran.line, ran.stderr));
    let words: Vec<String> = text.lines().map(str::to_owned).collect();
    let own = words
        .iter()
        .rposition(|word| word.starts_with("dependency="));
    words[own.map_or(0, |at| at + 1)..].to_vec()
}

#[test]
fn the_program_gets_its_flags_as_from_cargo() {
    let place = Place::new("flags", "as-from-cargo");
    listening(&place);
    let project = place.path("w/p");
    place.write("w/p/Cargo.toml", &manifest("", ""));
    place.write("w/p/src/main.rs", PROGRAM);
    let outer = "[target.thumbv7m-none-eabi]\nrustflags = [\"-Aunused\"]\n[build]\nrustflags = [\"-Anonstandard_style\"]";
    let inner = "[target.thumbv7m-none-eabi]\nrustflags = [\"-A\", \"dead_code\"]\n[target.'cfg(target_os = \"none\")']\nrustflags = \"-Aunused_mut -Aunused_parens\"\n[target.'cfg(unix)']\nrustflags = [\"-Anothing\"]";
    let home = "[target.thumbv7m-none-eabi]\nrustflags = [\"-Aunused_labels\"]";
    let file = "target.'cfg(target_arch = \"arm\")'.rustflags = [\"-Aunused_imports\"]\nbuild.target-dir = \"target\"";
    let option = "target.thumbv7m-none-eabi.rustflags=[\"-Aunused_macros\"]";
    let by_name = (
        "CARGO_TARGET_THUMBV7M_NONE_EABI_RUSTFLAGS",
        "-Aunused_doc_comments  -Aunused_must_use",
    );
    let by_build = ("CARGO_BUILD_RUSTFLAGS", "-Adeprecated");
    let build_alone = "[build]\nrustflags = [\"-Adead_code\"]";
    type Case<'a> = (
        &'a str,
        &'a str,
        &'a str,
        &'a [(&'a str, &'a str)],
        &'a [&'a str],
    );
    let cases: [Case; 7] = [
        (
            outer,
            inner,
            home,
            &[by_name, by_build],
            &["--config", option, "--config", "../../extra.toml"],
        ),
        (
            "",
            build_alone,
            "",
            &[by_build],
            &["--config=build.rustflags=[\"-Aunused\"]"],
        ),
        (
            "",
            "[build]\nrustflags = \"-Adead_code\"",
            "",
            &[by_build],
            &[],
        ),
        (
            "",
            "[build]\nrustflags = \"-Adead_code\"",
            "",
            &[by_build],
            &["--config", "build.rustflags='-Aunused'"],
        ),
        (
            outer,
            inner,
            home,
            &[("RUSTFLAGS", " -Adeprecated  -Aunused ")],
            &["--config", option],
        ),
        // The standard library gets such a cfg as well, and would be built for this test alone.
        (
            outer,
            build_alone,
            "",
            &[("CARGO_ENCODED_RUSTFLAGS", "-Adeprecated\x1f-A\x1fdead_code")],
            &[],
        ),
        (
            "",
            "",
            "",
            &[("CARGO_ENCODED_RUSTFLAGS", ""), ("RUSTFLAGS", "-Aunused")],
            &[],
        ),
    ];
    for (outer, inner, home, env, options) in cases {
        place.write("w/.cargo/config.toml", outer);
        place.write("w/p/.cargo/config.toml", inner);
        place.write("home/config.toml", home);
        place.write("extra.toml", file);
        let prepared = |mut command: Command| {
            without_settings(&mut command);
            command
                .current_dir(&project)
                .args(["check", "--target", "thumbv7m-none-eabi"])
                .args(options)
                .env("CARGO_HOME", place.path("home"))
                .envs(env.iter().copied());
            command
        };
        let of_cargo = flags_of(&place, &mut prepared(Command::new("cargo")));
        let mut xsys = prepared(xsys_in(&project));
        let of_xsys = flags_of(&place, xsys.args(["--crates", "core"]));
        assert!(of_xsys[0].starts_with("--sysroot="), "{of_xsys:?}");
        assert!(
            of_xsys.ends_with(&of_cargo),
            "{inner} {env:?} {options:?}\ncargo: {of_cargo:?}\nxsys: {of_xsys:?}"
        );
        let ours = &of_xsys[..of_xsys.len() - of_cargo.len()];
        assert!(!ours.iter().any(|flag| flag.starts_with("-A")), "{ours:?}");
    }
}

/// A spec without a code model and with the host's way to panic.
fn machine() -> String {
    let mut command = Command::new("rustc");
    without_settings(&mut command);
    command
        .env("RUSTC_BOOTSTRAP", "1")
        .args(["-Zunstable-options", "--print", "target-spec-json"])
        .args(["--target", "x86_64-unknown-none"]);
    let text = run(&mut command).ends_with(0).stdout;
    let mut spec: serde_json::Value = serde_json::from_str(&text).expect("a spec is JSON");
    let fields = spec.as_object_mut().expect("a spec is an object");
    for key in ["metadata", "code-model", "panic-strategy"] {
        fields.remove(key);
    }
    spec.to_string()
}

const HIGH: &str = "ENTRY(_start)
SECTIONS {
  . = 0xffffffff80100000;
  .text : { *(.text .text.*) }
  .rodata : { *(.rodata .rodata.*) }
  .data : { *(.data .data.*) }
  .bss : { *(.bss .bss.*) }
}
";

/// Where the compiler's calls in a verbose build found the standard library, and how often the
/// library itself was compiled by cargo.
fn sysroots(ran: &Ran) -> Vec<String> {
    let words = ran.stderr.split_whitespace();
    let mut found: Vec<String> = words
        .filter_map(|word| word.strip_prefix("--sysroot="))
        .map(|word| word.trim_end_matches('`').to_owned())
        .collect();
    found.sort();
    found.dedup();
    found
}

/// The first bytes of a function whose name has this in it.
fn code_of(program: &Path, part: &str) -> Vec<u8> {
    let bytes = std::fs::read(program).expect("there is a program");
    let file = object::File::parse(&*bytes).expect("it is an ELF file");
    let mut symbols = file.symbols();
    let symbol = symbols
        .find(|symbol| symbol.name().is_ok_and(|name| name.contains(part)))
        .unwrap_or_else(|| panic!("no `{part}` in {}", program.display()));
    let index = symbol.section_index().expect("it is defined");
    let section = file.section_by_index(index).expect("it is there");
    let code = section
        .data_range(symbol.address(), 8)
        .expect("it can be read");
    code.expect("it has code").to_vec()
}

/// One standard library, by cargo's `build-std`, by flags under a condition, and for the panic
/// strategy that any of five places says.
#[test]
fn a_kernel_in_high_memory_has_its_core() {
    let place = Place::new("flags", "kernel");
    place.write("machine.json", &machine());
    place.write("kernel.ld", HIGH);
    place.write("src/main.rs", PROGRAM);
    let metadata =
        "[package.metadata.xsys]\ntarget-spec = \"machine.json\"\nscript = \"kernel.ld\"\n";
    let by_manifest = "[profile.dev]\npanic = \"abort\"\n";
    let inherited = "[profile.dev]\npanic = \"abort\"\n[profile.mine]\ninherits = \"dev\"\n";
    let config = "[target.'cfg(target_os = \"none\")']
rustflags = [\"-C\", \"code_model=kernel\", \"-Crelocation-model=static\", \"-Cforce-frame-pointers=yes\", \"-Awarnings\"]
[unstable]
build-std = [\"core\"]
build-std-features = [\"compiler-builtins-mem\"]
";
    let by_file = "[profile.dev]\npanic = \"abort\"\n";
    let by_env = ("CARGO_PROFILE_DEV_PANIC", "abort");
    let by_option = "profile.dev.panic=\"abort\"";
    let by_flag = (
        "RUSTFLAGS",
        "-Ccode-model=kernel -Crelocation-model=static -Cforce-frame-pointers=yes -C panic=abort",
    );
    type Case<'a> = (&'a str, &'a str, Option<(&'a str, &'a str)>, &'a [&'a str]);
    let cases: [Case; 6] = [
        (by_manifest, "", None, &[]),
        (inherited, "", None, &["--profile", "mine"]),
        ("", by_file, None, &[]),
        ("", "", Some(by_env), &[]),
        ("", "", None, &["--config", by_option]),
        ("", "", Some(by_flag), &[]),
    ];
    let mut all = Vec::new();
    for (profile, file, env, options) in cases {
        place.write("Cargo.toml", &manifest("", &format!("{metadata}{profile}")));
        place.write(".cargo/config.toml", &format!("{config}{file}"));
        let mut command = place.xsys("build -v");
        let ran = run(command.args(options).envs(env)).ends_with(0);
        let own = ran.stderr.matches("--crate-name core ").count();
        assert_eq!(own, 0, "cargo built core once more:\n{}", ran.stderr);
        all.extend(sysroots(&ran));
        let folder = if options.first() == Some(&"--profile") {
            "mine"
        } else {
            "debug"
        };
        let program = place.path(&format!("target/machine/{folder}/probe"));
        // push rbp; mov rbp, rsp
        let start = code_of(&program, "pad_integral");
        assert!(start.starts_with(&[0x55, 0x48, 0x89, 0xe5]), "{start:x?}");
    }
    all.sort();
    all.dedup();
    assert_eq!(all.len(), 1, "one standard library: {all:?}");
    // What is linked high up was found there.
    let text = std::fs::read(place.path("target/machine/debug/probe")).expect("a program");
    let file = object::File::parse(&*text).expect("an ELF file");
    assert!(file.entry() >= 0xffff_ffff_8010_0000, "{:x}", file.entry());
    // cargo is content with what stands for build-std, too.
    let ran = run(place.xsys("build").envs([by_flag]))
        .ends_with(0)
        .tells("Finished");
    assert!(!ran.stderr.contains("Compiling"), "{}", ran.stderr);
}

/// `-x` takes a feature out of core, too; `immediate-abort` needs a core of its own.
#[test]
fn a_feature_that_is_off_is_off_in_core() {
    let place = Place::new("flags", "feature-off");
    let profile = "[profile.dev]\npanic = \"immediate-abort\"\n[package.metadata.xsys.sysroot]\nrustflags = [\"-C\", \"target_feature=-zca\"]\n";
    place.write(
        "Cargo.toml",
        &manifest("cargo-features = [\"panic-immediate-abort\"]", profile),
    );
    place.write("src/main.rs", PROGRAM);
    let mut command = place.xsys("build -v --crates core --target riscv32imac-unknown-none-elf");
    command
        .env("RUSTC_BOOTSTRAP", "1")
        .args(["--config", "build.rustflags=['-Ctarget-feature=-c']"]);
    let ran = run(&mut command).ends_with(0);
    let sysroot = sysroots(&ran).pop().expect("a standard library was used");
    let folder = Path::new(&sysroot).join("lib/rustlib/riscv32imac-unknown-none-elf/lib");
    let manifest = std::fs::read_to_string(Path::new(&sysroot).join("manifest.json"))
        .expect("it says what it is");
    assert!(
        manifest.contains("\"panic\": \"immediate-abort\""),
        "{manifest}"
    );
    let files = std::fs::read_dir(folder).expect("it has crates");
    let core = files
        .map(|entry| entry.expect("a file").path())
        .find(|path| {
            path.to_string_lossy().contains("libcore-")
                && path.extension().is_some_and(|end| end == "rlib")
        })
        .expect("core is one of them");
    let bytes = std::fs::read(core).expect("core can be read");
    let archive = object::read::archive::ArchiveFile::parse(&*bytes).expect("it is an archive");
    let mut seen = 0;
    for member in archive.members() {
        let member = member.expect("a member");
        // The rest is the compiler's metadata.
        if !member.name().ends_with(b".o") {
            continue;
        }
        let member = member.data(&*bytes).expect("its bytes");
        let Ok(file) = object::File::parse(member) else {
            continue;
        };
        let object::FileFlags::Elf { e_flags, .. } = file.flags() else {
            continue;
        };
        assert_eq!(
            e_flags & object::elf::EF_RISCV_RVC,
            object::elf::FileFlags(0),
            "compressed instructions"
        );
        seen += 1;
    }
    assert!(seen > 0, "core has no objects");

    place.write("src/main.rs", "");
    let wrong = "[package.metadata.xsys.sysroot]\nrustflags = [\"-Clink-arg=-x\"]\n";
    place.write("Cargo.toml", &crate::manifest("", wrong));
    run(&mut place.xsys("build --crates core --target riscv32imac-unknown-none-elf"))
        .ends_with(101)
        .tells("`-Clink-arg=-x` does not change the standard library's code");
}

/// Runner, linker and environment from `--config` and from a file of it.
#[test]
fn options_for_cargo_are_heeded() {
    let place = Place::new("flags", "options");
    let metadata = "[package.metadata.xsys]\ntarget = \"thumbv7m-none-eabi\"\ncrates = \"core\"\n";
    place.write("Cargo.toml", &manifest("", metadata));
    place.write(
        "src/main.rs",
        &PROGRAM.replace("{:?}\", Some(1u32)", "{}\", env!(\"GREETING\")"),
    );
    place.write(
        "more.toml",
        "env.GREETING = \"hello\"\ntarget.'cfg(target_arch = \"arm\")'.runner = [\"echo\", \"run:\"]\n",
    );
    place.write(
        "link.x",
        "ENTRY(_start)\nSECTIONS { . = 0x1000; .text : { *(.text .text.*) } }\n",
    );
    let script = "target.thumbv7m-none-eabi.rustflags=['-Clink-arg=-Tlink.x']";
    let call = |line: &str, option: &str| {
        let mut command = place.xsys(line);
        command.args(["--config", "more.toml", "--config", script]);
        if !option.is_empty() {
            command.args(["--config", option]);
        }
        run(&mut command)
    };
    let ran = call("run", "").ends_with(0);
    assert!(
        ran.stdout
            .starts_with("run: target/thumbv7m-none-eabi/debug/probe"),
        "{}",
        ran.stdout
    );
    let program = std::fs::read(place.path("target/thumbv7m-none-eabi/debug/probe"));
    let program = program.expect("a program");
    assert!(program.windows(5).any(|part| part == b"hello"));
    call("build", "target.thumbv7m-none-eabi.linker='no-such-linker'")
        .ends_with(101)
        .tells("`no-such-linker` for thumbv7m-none-eabi, as cargo's configuration says");
}

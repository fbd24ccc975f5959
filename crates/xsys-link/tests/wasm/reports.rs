//! Options that tell about a link, and those that change names: the same text and the same bytes as
//! `rust-lld`, where it has the option.

use std::ffi::OsString;

use xsys_link::wasm::command::link_command_line;

use crate::compile::{Objects, text};

fn objects() -> Objects {
    let objects = Objects::new(&[
        (
            "main",
            r#"
            unsafe extern "C" { safe fn twice(x: u32) -> u32; safe fn host(x: u64); static mut shared: u32; }
            #[unsafe(no_mangle)] pub static mut COUNTS: [u32; 4] = [1, 2, 3, 4];
            #[unsafe(no_mangle)] pub static mut ZEROS: [u32; 40] = [0; 40];
            #[unsafe(no_mangle)] pub static FUNCTIONS: [unsafe extern "C" fn(u32) -> u32; 2] = [twice, run];
            #[unsafe(no_mangle)] pub extern "C" fn dead(x: u32) -> u32 { x * 3 }
            #[unsafe(no_mangle)] pub extern "C" fn run(x: u32) -> u32 {
                host(7);
                unsafe {
                    shared += x;
                    COUNTS[(x & 3) as usize] += 1;
                    ZEROS[(x & 31) as usize] += "some text".as_bytes()[(x & 7) as usize] as u32;
                    twice(x) + FUNCTIONS[(x & 1) as usize](x) + shared + ZEROS[3]
                }
            }
            #[unsafe(link_section = ".init_array")]
            #[used]
            static FIRST: extern "C" fn() = start;
            extern "C" fn start() { unsafe { ZEROS[3] += 1 } }
            "#,
        ),
        (
            "more",
            r#"
            #[unsafe(no_mangle)] pub static mut shared: u32 = 5;
            #[unsafe(no_mangle)] #[inline(never)] pub extern "C" fn twice(x: u32) -> u32 { x.wrapping_mul(2) }
            #[unsafe(no_mangle)] pub extern "C" fn other() -> u32 { twice(5) + 4 }
            "#,
        ),
        (
            "wrap",
            r#"
            unsafe extern "C" { safe fn __real_twice(x: u32) -> u32; }
            #[unsafe(no_mangle)] pub extern "C" fn __wrap_twice(x: u32) -> u32 { __real_twice(x) + 100 }
            "#,
        ),
    ]);
    objects.archive("lib.a", &["more.o", "wrap.o"]);
    objects
}

/// What rust-lld and we print for a line, with what is left in `report` if the line writes it.
fn both(objects: &Objects, line: &str) -> [(String, Vec<u8>); 2] {
    let report = objects.path("report");
    let take = || std::fs::read_to_string(&report).unwrap_or_default();
    let (stdout, module) = objects.oracle_output(line);
    let expected = (stdout + &take(), module);
    let _ = std::fs::remove_file(&report);
    let linked = objects.link(&format!(
        "--compat=wasm-ld {line} -o oracle.wasm --no-demangle"
    ));
    let linked = linked.unwrap_or_else(|problems| panic!("{line}: {}", text(&problems)));
    let actual = (linked.stdout + &take(), linked.bytes);
    [actual, expected]
}

#[test]
fn the_same_as_rust_lld_prints() {
    let objects = objects();
    let base = "--no-entry --allow-undefined --export=run";
    for line in [
        "--print-map main.o more.o",
        "-M main.o lib.a --import-memory",
        "-M main.o lib.a --no-gc-sections --no-merge-data-segments -O0",
        "--trace main.o lib.a",
        "-t lib.a main.o -u other",
        "-y twice -y __stack_pointer main.o lib.a",
        "--trace-symbol=shared --trace-symbol shared more.o main.o",
        "--print-gc-sections main.o more.o",
        "--why-extract=- main.o lib.a",
        "--why-extract=- -u other lib.a",
        "--wrap=twice main.o more.o wrap.o",
        "--wrap=twice main.o lib.a --print-gc-sections -M",
        "--wrap twice --wrap=nothing main.o lib.a --export=twice",
        "--wrap=twice main.o more.o",
        "--build-id=0x12ab34 main.o more.o",
        "--build-id=sha1 main.o more.o",
        "--build-id --strip-all main.o more.o",
        "--build-id=none main.o more.o",
    ] {
        let [actual, expected] = both(&objects, &format!("{base} {line}"));
        assert_eq!(actual.0, expected.0, "{line}");
        assert!(actual.1 == expected.1, "{line}: other bytes");
    }
}

#[test]
fn wrapped_functions_run() {
    let objects = objects();
    let run = |line: &str| {
        let linked = objects.link(&format!(
            "--no-entry --allow-undefined --export=other {line}"
        ));
        let linked = linked.unwrap_or_else(|problems| panic!("{line}: {}", text(&problems)));
        crate::rules::call(&linked.bytes, "other").unwrap()
    };
    assert_eq!(run("more.o"), 14);
    // The definition's own file is redirected too.
    assert_eq!(run("more.o wrap.o --wrap=twice"), 114);
    assert_eq!(run("lib.a -u other --wrap=twice"), 114);
    assert_eq!(run("more.o --wrap=nothing"), 14);
}

#[test]
fn why_a_function_is_kept() {
    let objects = objects();
    let line = "--no-entry --allow-undefined --export=run main.o lib.a";
    for (name, expected) in [
        (
            "twice",
            "`twice`\n  lib.a(more.o):(twice), which is referred to by\n  main.o:(run) is exported\n",
        ),
        ("run", "`run`\n  main.o:(run) is exported\n"),
        (
            "dead",
            "`dead`\n  nothing refers to main.o:(dead): it is not in the output\n",
        ),
        ("host", "`host`: no file defines it\n"),
        (
            "ZEROS",
            "`ZEROS`\n  main.o:(.bss.ZEROS), which is referred to by\n  main.o:(run) is exported\n",
        ),
    ] {
        let linked = objects.link(&format!("{line} --why-live={name}")).unwrap();
        assert_eq!(linked.stdout, expected);
    }
    let linked = objects.link(&format!("{line} --no-gc-sections --why-live=dead"));
    assert!(
        linked
            .unwrap()
            .stdout
            .contains("there is no `--gc-sections`")
    );
}

#[test]
fn maps_give_offsets_of_the_file() {
    let objects = objects();
    let linked = objects
        .link("--no-entry --allow-undefined --export=run main.o more.o -M")
        .unwrap();
    let row = linked.stdout.lines().find(|row| row.ends_with(" COUNTS"));
    let numbers: Vec<usize> = row
        .unwrap()
        .split_whitespace()
        .take(3)
        .map(|number| usize::from_str_radix(number, 16).unwrap())
        .collect();
    let contents = &linked.bytes[numbers[1]..numbers[1] + numbers[2]];
    assert_eq!(contents, [1, 0, 0, 0, 2, 0, 0, 0, 3, 0, 0, 0, 4, 0, 0, 0]);
    let rows = linked.stdout.lines().filter(|row| row.contains("removing"));
    assert_eq!(rows.count(), 0);
}

#[test]
fn an_archive_of_the_link_repeats_it() {
    let objects = objects();
    let at = |name: &str| objects.path(name).display().to_string();
    std::fs::write(objects.path("allowed"), "host\n").unwrap();
    let link = |words: &[String]| {
        let words: Vec<OsString> = words.iter().map(OsString::from).collect();
        let outcome = link_command_line(&words);
        assert!(!outcome.failed, "{}", text(&outcome.diagnostics));
        std::fs::read(outcome.output.unwrap()).unwrap()
    };
    let line = [
        "--no-entry".into(),
        "--export=run".into(),
        at("main.o"),
        at("lib.a"),
        format!("--allow-undefined-file={}", at("allowed")),
        "-o".into(),
        at("first.wasm"),
        format!("--reproduce={}", at("link.tar")),
    ];
    let first = link(&line);
    let tar = std::fs::read(objects.path("link.tar")).unwrap();
    let folder = tempfile::tempdir().unwrap();
    tar::Archive::new(&tar[..]).unpack(folder.path()).unwrap();
    let response = std::fs::read_to_string(folder.path().join("link/response.txt")).unwrap();
    // Relative to the unpacked folder: here, made absolute again.
    let root = folder.path().join("link").display().to_string();
    let words: Vec<String> = response
        .lines()
        .map(|word| {
            let relative = at("")[1..].to_owned();
            word.replace(&relative, &format!("{root}/{relative}"))
        })
        .map(|word| match word.as_str() {
            "first.wasm" => format!("{root}/first.wasm"),
            _ => word,
        })
        .collect();
    assert!(link(&words) == first);
}

#[test]
fn threads_and_limits() {
    let objects = objects();
    let at = |name: &str| OsString::from(objects.path(name));
    let link = |extra: &[&str]| {
        let mut words: Vec<OsString> = extra.iter().map(OsString::from).collect();
        words.extend(["--no-entry".into(), "--export=run".into(), "-o".into()]);
        words.extend([at("out.wasm"), at("main.o")]);
        link_command_line(&words)
    };
    // `twice`, `host` and `shared` are missing.
    let count = |extra: &[&str]| link(extra).diagnostics.len();
    assert_eq!(count(&[]), 3);
    assert_eq!(count(&["--error-limit=1"]), 2);
    assert_eq!(count(&["--error-limit", "0"]), 3);
    let mut outputs = Vec::new();
    for threads in ["--threads=1", "--threads=8"] {
        assert!(!link(&[threads, "--allow-undefined"]).failed);
        outputs.push(std::fs::read(objects.path("out.wasm")).unwrap());
    }
    assert!(outputs[0] == outputs[1]);
}

//! Byte for byte the same as `rust-lld`, for what rustc passes and for options that users add.
//!
//! rustc links with `rust-lld` itself, tells its command line, and leaves the objects behind; the
//! same command line then goes through our linker.

use std::ffi::OsString;

use crate::compile::{Objects, link_words, rustc, text, validate};

const PROGRAM: &str = r#"
use std::collections::HashMap;
use std::fmt::Write;

#[unsafe(no_mangle)]
pub static TABLE: [u16; 3] = [1, 2, 3];

#[unsafe(no_mangle)]
pub extern "C" fn count(text_len: usize) -> usize {
    let text = "one two two three three three".repeat(text_len);
    let mut counts: HashMap<&str, usize> = HashMap::new();
    for word in text.split(' ') {
        *counts.entry(word).or_default() += 1;
    }
    let mut out = String::new();
    for (word, count) in &counts {
        write!(out, "{word}{count}{:?}", 0.5f64 * *count as f64).unwrap();
    }
    out.len()
}

fn main() {
    println!("{}", count(3));
    let shapes: Vec<Box<dyn Fn(u64) -> u64>> = vec![Box::new(|x| x + 1), Box::new(|x| x * 2)];
    std::process::exit(shapes.iter().fold(1, |value, shape| shape(value)) as i32);
}
"#;

/// Compiles the program, links it twice, compares.
fn same(args: &[&str]) {
    let folder = tempfile::tempdir().unwrap();
    std::fs::write(folder.path().join("program.rs"), PROGRAM).unwrap();
    let fixed = [
        "program.rs",
        "-o",
        "program.wasm",
        "--print=link-args",
        "-Csave-temps",
    ];
    let output = rustc(folder.path(), &[&fixed[..], args].concat());
    let line = String::from_utf8(output.stdout).unwrap();
    let words = quoted(&line);
    let from = words.iter().position(|word| word == "-flavor").unwrap() + 2;
    let words = [&["--compat=wasm-ld".into()], &words[from..]].concat();
    let linked = link_words(folder.path(), &words)
        .unwrap_or_else(|problems| panic!("{args:?}: {}", text(&problems)));
    assert_eq!(linked.warnings, [], "{args:?}");
    validate(&linked.bytes);
    let expected = std::fs::read(folder.path().join("program.wasm")).unwrap();
    compare(&linked.bytes, &expected, &format!("{args:?}"));
}

/// The words of a command line that is printed with each word in double quotes.
pub(crate) fn quoted(line: &str) -> Vec<OsString> {
    let mut words = Vec::new();
    let mut letters = line.chars();
    while letters.by_ref().any(|letter| letter == '"') {
        let mut word = String::new();
        while let Some(letter) = letters.next().filter(|&letter| letter != '"') {
            let letter = if letter == '\\' {
                letters.next()
            } else {
                Some(letter)
            };
            word.extend(letter);
        }
        words.push(word.into());
    }
    words
}

/// Tells the first section that differs: whole modules are too long for messages.
pub(crate) fn compare(actual: &[u8], expected: &[u8], what: &str) {
    if actual == expected {
        return;
    }
    let sections = |wasm: &[u8]| -> Vec<(u8, Vec<u8>)> {
        let payloads = wasmparser::Parser::new(0).parse_all(wasm);
        let sections = payloads.filter_map(|payload| payload.ok()?.as_section());
        sections
            .map(|(id, range)| (id, wasm[range.start as usize..range.end as usize].to_vec()))
            .collect()
    };
    for (actual, expected) in sections(actual).iter().zip(sections(expected)) {
        assert_eq!(actual.0, expected.0, "{what}: order of sections");
        let pairs = actual.1.iter().zip(&expected.1);
        let at = pairs.into_iter().position(|(a, b)| a != b);
        assert!(
            *actual == expected,
            "{what}: section {} differs at {at:?}, {} bytes instead of {}",
            actual.0,
            actual.1.len(),
            expected.1.len(),
        );
    }
    panic!("{what}: not the same number of sections");
}

#[test]
fn programs() {
    for args in [
        &["-Copt-level=0", "-g"][..],
        &["-Copt-level=1", "-Cdebuginfo=1"],
        &["-Copt-level=3"],
        &["-Copt-level=s", "-Cstrip=symbols", "-Clto", "-Cpanic=abort"],
        &["-Copt-level=z", "-Cstrip=debuginfo"],
        &["-O", "-Clink-dead-code"],
        &["-O", "-Cstrip=symbols", "-Clink-arg=--compress-relocations"],
        &[
            "-O",
            "-Ctarget-feature=-bulk-memory",
            "-Clink-arg=--no-check-features",
        ],
    ] {
        same(args);
    }
}

#[test]
fn libraries_for_javascript() {
    for args in [
        &["--crate-type=cdylib", "-Copt-level=0", "-g"][..],
        &["--crate-type=cdylib", "-Copt-level=3", "-Clto=fat"],
    ] {
        same(args);
    }
}

#[test]
fn options_that_users_add() {
    for option in [
        "--export-all",
        "--export-dynamic",
        "--export-table",
        "--growable-table",
        "--import-memory",
        "--import-table",
        "--no-stack-first",
        "--global-base=2097152",
        "--no-merge-data-segments",
        "--initial-memory=10485760",
        "--max-memory=104857600",
        "--no-gc-sections",
        "--export-memory=other",
        "--table-base=5",
        "--extra-features=atomics",
        "--no-growable-memory",
        "--keep-section=target_features",
        "--strip-all",
        "-zstack-size=65536",
        "--export-if-defined=TABLE",
        "--soname=name",
    ] {
        let option = format!("-Clink-arg={option}");
        same(&["--crate-type=cdylib", "-O", "-Cstrip=debuginfo", &option]);
    }
}

#[test]
fn objects_without_std() {
    let objects = Objects::new(&[
        (
            "init",
            r#"
            #[unsafe(link_section = ".init_array")]
            #[used]
            static FIRST: extern "C" fn() = start;
            static mut READY: u32 = 0;
            extern "C" fn start() { unsafe { READY += 1 } }
            #[unsafe(no_mangle)] pub extern "C" fn ready(by: u32) -> u32 { unsafe { READY + by } }
            "#,
        ),
        (
            "weak",
            r#"
            unsafe extern "C" {
                #[linkage = "extern_weak"] static absent: Option<extern "C" fn(u32)>;
                static mut there: u32;
            }
            #[unsafe(no_mangle)] pub extern "C" fn is_absent() -> bool { unsafe { absent.is_none() } }
            #[unsafe(no_mangle)] pub extern "C" fn get() -> u32 { unsafe { there } }
            "#,
        ),
        (
            "data",
            r#"
            #[unsafe(no_mangle)] #[linkage = "weak"] pub static mut there: u32 = 7;
            #[unsafe(no_mangle)] pub static text: &[u8] = b"bytes";
            #[unsafe(no_mangle)] pub static mut zeros: [u64; 100] = [0; 100];
            "#,
        ),
        (
            "other",
            r#"
            #[unsafe(no_mangle)] pub static mut there: u32 = 9;
            #[link(wasm_import_module = "host")]
            unsafe extern "C" { #[link_name = "tell me"] safe fn tell(value: u64) -> f32; }
            #[unsafe(no_mangle)] pub extern "C" fn told() -> f32 { tell(1) + tell(2) }
            unsafe extern "C" { safe static __heap_base: u8; safe static __data_end: u8; }
            #[unsafe(no_mangle)] pub extern "C" fn heap() -> *const u8 { &raw const __heap_base }
            #[unsafe(no_mangle)] pub extern "C" fn data() -> *const u8 { &raw const __data_end }
            "#,
        ),
    ]);
    objects.archive("lib.a", &["init.o", "weak.o", "data.o", "other.o"]);
    for line in [
        "--no-entry --export=ready init.o",
        "--no-entry --export-all init.o",
        "--entry=ready init.o data.o",
        "--no-entry --export=is_absent --export=get weak.o data.o",
        "--no-entry --export=get weak.o data.o other.o",
        "--no-entry --export=get weak.o other.o data.o -O0",
        "--no-entry --export=get weak.o lib.a",
        "--no-entry --export=told --export=heap --export=data other.o",
        "--no-entry --export-dynamic data.o --export-memory=m --strip-all",
        "--no-entry --export=zeros --export=text data.o --import-memory=a,b --max-memory=1048576",
        "--no-entry --whole-archive lib.a --no-whole-archive --allow-multiple-definition --no-gc-sections",
        "--no-entry -u told --export-if-defined=told --export-if-defined=nothing lib.a",
        "--no-entry --export=get --start-lib weak.o data.o --end-lib",
        "--no-entry --unresolved-symbols=ignore-all --export=get weak.o",
        "--no-entry --export=__wasm_call_ctors --export=ready init.o",
    ] {
        let expected = objects.oracle(line);
        let expected = expected.unwrap_or_else(|| panic!("{line}: rust-lld refuses"));
        // The module is named after the output.
        let linked = objects.link(&format!(
            "--compat=wasm-ld {line} -o oracle.wasm --no-demangle"
        ));
        let linked = linked.unwrap_or_else(|problems| panic!("{line}: {}", text(&problems)));
        compare(&linked.bytes, &expected, line);
    }
}

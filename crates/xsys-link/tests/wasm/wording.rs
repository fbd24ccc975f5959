//! In strict mode messages begin with wasm-ld's words, because scripts search for them.

use std::ffi::OsString;

use xsys_link::wasm::command::link_command_line;

use crate::compile::Objects;

/// The messages of rust-lld and ours for a line, each once and sorted: there one missing symbol is told as often as
/// it is referred to.
fn both(objects: &Objects, line: &str) -> [Vec<String>; 2] {
    let words = line.split_whitespace();
    let words = words.map(
        |word| match word.ends_with(".o") && !word.starts_with('-') {
            true => objects.path(word).into_os_string(),
            false => OsString::from(word),
        },
    );
    let mut words: Vec<OsString> = words.collect();
    words.push("-o".into());
    words.push(objects.path("out.wasm").into_os_string());
    let expected = objects.oracle_messages(&words);
    words.push("--compat=wasm-ld".into());
    let outcome = link_command_line(&words);
    let actual = outcome.diagnostics.iter().map(|problem| {
        let text = problem.to_string();
        text.lines().next().unwrap_or_default().to_owned()
    });
    let sorted = |mut list: Vec<String>| {
        list.sort();
        list.dedup();
        list
    };
    [sorted(actual.collect()), sorted(expected)]
}

#[test]
fn messages_begin_as_wasm_ld_does() {
    let objects = Objects::new(&[
        (
            "main",
            r#"
            unsafe extern "C" { safe fn helper(x: u32); static data: u32; safe fn _ZN3foo3barEi(); }
            #[unsafe(no_mangle)] pub extern "C" fn _start() {
                helper(1);
                helper(unsafe { data });
                _ZN3foo3barEi();
            }
            "#,
        ),
        (
            "again",
            r#"#[unsafe(no_mangle)] pub extern "C" fn _start() {}"#,
        ),
        (
            "kind",
            r#"#[unsafe(no_mangle)] pub static helper: u32 = 1;"#,
        ),
        (
            "types",
            r#"#[unsafe(no_mangle)] pub extern "C" fn helper(_: u64) {}"#,
        ),
    ]);
    let mut differences = Vec::new();
    for line in [
        "main.o",
        "main.o --warn-unresolved-symbols",
        "main.o again.o --allow-undefined",
        "main.o again.o --allow-undefined --noinhibit-exec",
        "main.o kind.o --allow-undefined",
        "main.o types.o --allow-undefined",
        "again.o --export=nothing",
        "again.o --entry=nothing",
        "again.o -z now",
        "again.o -z now --fatal-warnings",
        "again.o --no-such-option",
        "again.o --start-lib --start-lib --end-lib",
        "again.o --end-lib",
        "again.o -r --shared-memory",
        "again.o -r --entry=x",
        "again.o -r --undefined=x",
        "again.o -r --gc-sections",
        "again.o -r --global-base=1024",
        "again.o --import-table --export-table",
        "again.o --compress-relocations",
        "again.o --no-growable-memory --max-memory=655360",
        "again.o -mwasm64",
        "again.o --initial-memory=3",
        "again.o --max-memory=3",
        "again.o --max-memory=4295032832",
        "again.o --global-base=16",
        "again.o -z stack-size=100",
        "again.o --shared-memory --max-memory=65536",
        "again.o --features=nothing",
        "",
    ] {
        let [actual, expected] = both(&objects, line);
        if actual != expected {
            differences.push((line, actual, expected));
        }
    }
    assert!(differences.is_empty(), "{differences:#?}");
}

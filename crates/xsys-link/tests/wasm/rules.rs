//! Rules of symbol resolution, told by what modules do and by what is said about mistakes.

use crate::compile::{Objects, text};

/// Calls an export without parameters.
pub(crate) fn call(wasm: &[u8], name: &str) -> Result<i32, String> {
    let engine = wasmi::Engine::default();
    let module = wasmi::Module::new(&engine, wasm).map_err(|error| error.to_string())?;
    let mut store = wasmi::Store::new(&engine, ());
    let linker = wasmi::Linker::new(&engine);
    let instance = linker
        .instantiate_and_start(&mut store, &module)
        .map_err(|error| error.to_string())?;
    let function = instance
        .get_typed_func::<(), i32>(&store, name)
        .map_err(|error| error.to_string())?;
    function
        .call(&mut store, ())
        .map_err(|error| error.to_string())
}

fn sources() -> Objects {
    let objects = Objects::new(&[
        (
            "user",
            r#"
            unsafe extern "C" { safe fn answer() -> i32; }
            #[unsafe(no_mangle)] pub extern "C" fn run() -> i32 { answer() + 1 }
            #[unsafe(no_mangle)] pub extern "C" fn unused_with_missing() { }
            "#,
        ),
        (
            "one",
            r#"#[unsafe(no_mangle)] pub extern "C" fn answer() -> i32 { 41 }"#,
        ),
        (
            "two",
            r#"#[unsafe(no_mangle)] pub extern "C" fn answer() -> i32 { 1 }"#,
        ),
        (
            "weak",
            r#"#[unsafe(no_mangle)] #[linkage = "weak"] pub extern "C" fn answer() -> i32 { 6 }"#,
        ),
        (
            "other_type",
            r#"#[unsafe(no_mangle)] pub extern "C" fn answer(x: i64) -> i32 { x as i32 }"#,
        ),
        (
            "variable",
            r#"#[unsafe(no_mangle)] pub static answer: i32 = 5;"#,
        ),
        (
            "pointer",
            r#"
            unsafe extern "C" { fn answer(); }
            #[unsafe(no_mangle)] pub extern "C" fn run() -> i32 { answer as *const () as i32 }
            "#,
        ),
        (
            "dead",
            r#"
            unsafe extern "C" { safe fn missing(); }
            #[unsafe(no_mangle)] pub extern "C" fn never() { missing() }
            #[unsafe(no_mangle)] pub extern "C" fn run() -> i32 { 3 }
            "#,
        ),
    ]);
    objects.archive("one.a", &["two.o"]);
    objects.archive("other.a", &["other_type.o", "weak.o"]);
    objects
}

#[test]
fn definitions_are_chosen() {
    let objects = sources();
    for (line, expected) in [
        ("user.o one.o", 42),
        ("one.o user.o", 42),
        ("weak.o user.o one.o", 42),
        ("one.o user.o weak.o", 42),
        ("user.o weak.o one.a", 7),
        ("one.a user.o", 2),
        ("user.o one.o one.a", 42),
        ("user.o two.o one.o --allow-multiple-definition", 2),
        // An address is an address, whatever the declared type.
        ("pointer.o one.o", 1),
        // What is dropped may refer to what is missing.
        ("dead.o", 3),
    ] {
        let linked = objects.link(&format!("{line} --no-entry --export=run"));
        let linked = linked.unwrap_or_else(|problems| panic!("{line}: {}", text(&problems)));
        assert_eq!(text(&linked.warnings), "", "{line}");
        assert_eq!(call(&linked.bytes, "run"), Ok(expected), "{line}");
    }
}

#[test]
fn mistakes_are_explained() {
    let objects = sources();
    for (line, expected) in [
        (
            "user.o",
            &[
                "error: undefined symbol: `answer`",
                "referenced by `run` in user.o",
                "wasm_import_module",
            ][..],
        ),
        (
            "user.o one.o two.o",
            &[
                "error: symbol `answer` is defined twice",
                "first defined in one.o",
                "defined again in two.o",
            ],
        ),
        (
            "user.o variable.o",
            &[
                "error: symbol `answer` is a function and a variable",
                "a variable in variable.o",
            ],
        ),
        (
            "one.o --export=answr",
            &[
                "exported symbol `answr` is not defined",
                "did you mean `answer`?",
            ],
        ),
        (
            "one.o --entry=go",
            &["entry point `go` is not defined", "`--no-entry`"],
        ),
        (
            "one.o -z stack-size=1000",
            &["stack size 1000 is not a multiple of 16", "use 1008"],
        ),
        (
            "one.o --initial-memory=65536 --max-memory=65536 -zstack-size=131072",
            &["initial memory too small: 65536 bytes, 131072 needed"],
        ),
        (
            "one.o -lnothing",
            &["library `-lnothing` (`libnothing.a`) not found"],
        ),
        ("one.o --shared", &["option `--shared` is not supported"]),
        (
            "one.o --features=mutable-globals",
            &["is not in `--features`", "one.o uses it"],
        ),
    ] {
        let entry = if line.contains("entry") {
            ""
        } else {
            "--no-entry --export-if-defined=run"
        };
        let problems = objects.link(&format!("{line} {entry}"));
        let problems = text(&problems.err().unwrap_or_else(|| panic!("{line}: links")));
        for part in expected {
            assert!(
                problems.contains(part),
                "{line}: no `{part}` in\n{problems}"
            );
        }
    }
}

#[test]
fn everything_is_reported_in_one_run() {
    let objects = sources();
    let problems = objects.link("user.o dead.o --no-entry --export=never -zstack-size=9");
    let problems = text(&problems.unwrap_err());
    assert!(problems.contains("`run` is defined twice"), "{problems}");
    let problems = objects.link("user.o --no-entry --export=run -zstack-size=9");
    let problems = text(&problems.unwrap_err());
    for part in ["undefined symbol: `answer`", "stack size 9"] {
        assert!(problems.contains(part), "{problems}");
    }
}

#[test]
fn calls_of_another_type_trap() {
    let objects = sources();
    for line in [
        "user.o other_type.o",
        "other_type.o user.o",
        "user.o other.a",
    ] {
        let linked = objects.link(&format!("{line} --no-entry --export=run"));
        let linked = linked.unwrap_or_else(|problems| panic!("{line}: {}", text(&problems)));
        let warnings = text(&linked.warnings);
        for part in [
            "warning: function `answer` is declared with different types",
            "called as `() -> i32` by `run` in user.o",
            "defined as `(i64) -> i32` in",
        ] {
            assert!(warnings.contains(part), "{line}: {warnings}");
        }
        let trap = call(&linked.bytes, "run").unwrap_err();
        assert!(trap.contains("unreachable"), "{line}: {trap}");
        let fatal = objects.link(&format!("{line} --no-entry --export=run --fatal-warnings"));
        assert!(fatal.is_err(), "{line}");
    }
}

#[test]
fn undefined_functions_can_be_forgiven() {
    let objects = sources();
    let run = |extra: &str| objects.link(&format!("user.o --no-entry --export=run {extra}"));
    let imports = |wasm: &[u8]| -> Vec<String> {
        let engine = wasmi::Engine::default();
        let module = wasmi::Module::new(&engine, wasm).unwrap();
        let names = module.imports();
        names
            .map(|import| format!("{}.{}", import.module(), import.name()))
            .collect()
    };
    let names = tempfile::NamedTempFile::new().unwrap();
    std::fs::write(names.path(), "# provided by the host\nanswer\n").unwrap();
    let file = format!("--allow-undefined-file={}", names.path().display());
    for option in ["--allow-undefined", "--import-undefined", &file] {
        let linked = run(option).unwrap();
        assert_eq!(imports(&linked.bytes), ["env.answer"], "{option}");
        assert!(linked.warnings.is_empty());
    }
    for (option, warned) in [
        ("--unresolved-symbols=ignore-all", false),
        ("--warn-unresolved-symbols", true),
    ] {
        let linked = run(option).unwrap();
        assert_eq!(
            text(&linked.warnings).contains("undefined symbol: `answer`"),
            warned
        );
        assert!(imports(&linked.bytes).is_empty());
        assert!(
            call(&linked.bytes, "run")
                .unwrap_err()
                .contains("unreachable")
        );
    }
}

#[test]
fn reports() {
    let objects = sources();
    let linked = objects.link("user.o one.a --no-entry --export=run --trace --print-gc-sections");
    let out = linked.unwrap().stdout;
    assert_eq!(
        out,
        "user.o\none.a(two.o)\nremoving unused section user.o:(unused_with_missing)\n\
         removing unused section <internal>:(__wasm_call_ctors)\n"
    );
}

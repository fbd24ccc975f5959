//! Command lines and the options that they stand for.

use std::ffi::OsString;
use std::path::Path;

use super::*;

/// Words as a shell would pass them.
fn split(line: &str) -> Vec<OsString> {
    line.split_whitespace().map(OsString::from).collect()
}

fn parse(line: &str) -> Result<WasmOptions, String> {
    let words: Vec<OsString> = split(line);
    WasmOptions::parse(&words).map_err(|problems| {
        let texts: Vec<String> = problems.iter().map(ToString::to_string).collect();
        texts.join("\n")
    })
}

#[test]
fn what_rustc_passes() {
    let options = parse(
        "--export add --export=__heap_base -z stack-size=1048576 --stack-first \
         --allow-undefined --no-demangle --no-entry a.o lib.rlib -L dir -o out.wasm \
         --gc-sections --no-entry -O3 --strip-debug",
    )
    .unwrap();
    assert_eq!(options.exports, ["add", "__heap_base"]);
    assert_eq!(options.memory.stack_size, 1_048_576);
    assert_eq!(options.unresolved, Unresolved::Ignore);
    assert!(options.import_undefined && options.strip_debug && !options.demangle);
    assert_eq!(options.entry, None);
    assert_eq!(options.inputs.len(), 2);
    assert_eq!(options.optimize, 3);
    assert_eq!(options.output, Path::new("out.wasm"));
    assert_eq!(options.search, [Path::new("dir")]);
}

#[test]
fn every_spelling() {
    for line in ["-O2", "-O 2", "--O=2", "-O=2"] {
        assert_eq!(parse(line).unwrap().optimize, 2, "{line}");
    }
    for line in ["-zstack-size=32", "-z stack-size=32", "-z stack-size=0x20"] {
        assert_eq!(parse(line).unwrap().memory.stack_size, 32, "{line}");
    }
    for line in ["--entry go", "--entry=go", "-entry=go", "-e go", "-ego"] {
        assert_eq!(parse(line).unwrap().entry.as_deref(), Some("go"), "{line}");
    }
    for line in ["--import-memory=m,n", "-import-memory=m,n"] {
        let import = parse(line).unwrap().memory.import;
        assert_eq!(import, Some(("m".into(), "n".into())), "{line}");
    }
    let options = parse("--import-memory -mwasm32 --lto-O2 -lto-CGO3 -s -E").unwrap();
    assert_eq!(options.memory.import, Some(("env".into(), "memory".into())));
    assert_eq!(options.memory64, Some(false));
    assert!(options.strip_all && options.export_dynamic);
}

#[test]
fn state_of_inputs() {
    let options =
        parse("a.o --whole-archive b.a -lc --no-whole-archive --start-lib d.o --end-lib e.o")
            .unwrap();
    let state: Vec<_> = options
        .inputs
        .iter()
        .map(|input| (input.whole_archive, input.lazy))
        .collect();
    let expected = [
        (false, false),
        (true, false),
        (true, false),
        (false, true),
        (false, false),
    ];
    assert_eq!(state, expected);
    assert_eq!(options.inputs[2].what, InputName::Library("c".into()));
}

#[test]
fn mistakes() {
    for (line, expected) in [
        (
            "--gc-section",
            "unknown option `--gc-section`\n  = help: did you mean `--gc-sections`?",
        ),
        (
            "--stack-first=1",
            "option `--stack-first=1` takes no value\n  = help: leave out `=1`",
        ),
        ("-O", "option `-O` needs a value"),
        ("-O x", "option `-O`: `x` is not a number"),
        (
            "--initial-memory=64K",
            "option `--initial-memory=64K`: `64K` is not a number",
        ),
        ("-l", "option `-l` needs a value"),
    ] {
        let text = parse(line).unwrap_err();
        assert!(text.contains(expected), "{line}: {text}");
    }
}

#[test]
fn response_files() {
    let dir = tempfile::tempdir().unwrap();
    let inner = dir.path().join("inner");
    std::fs::write(&inner, "-o 'a b' \"c\\\"d\"\ne\\ f").unwrap();
    let options = parse(&format!("@{}", inner.display())).unwrap();
    assert_eq!(options.output, Path::new("a b"));
    let files: Vec<_> = options
        .inputs
        .iter()
        .map(|input| input.what.clone())
        .collect();
    assert_eq!(
        files,
        [
            InputName::File("c\"d".into()),
            InputName::File("e f".into())
        ]
    );
    let looping = dir.path().join("loop");
    std::fs::write(&looping, format!("@{}", looping.display())).unwrap();
    let text = parse(&format!("@{}", looping.display())).unwrap_err();
    assert!(text.contains("includes itself"), "{text}");
}

#[test]
fn spellings_of_reports() {
    for line in ["--Map=m", "-Map=m", "--Map m", "-Map m"] {
        let map = parse(line).unwrap().reports.map;
        assert_eq!(map, Some(MapTo::File("m".into())), "{line}");
    }
    for line in ["-M", "--print-map", "--Map=-"] {
        assert_eq!(parse(line).unwrap().reports.map, Some(MapTo::Stdout));
    }
    for line in ["-y a", "-ya", "--trace-symbol=a", "--trace-symbol a"] {
        assert_eq!(parse(line).unwrap().reports.trace_symbols, ["a"], "{line}");
    }
    for (line, expected) in [
        ("--build-id", BuildId::Fast),
        ("--build-id=tree", BuildId::Sha1),
        ("--build-id=0x12aB", BuildId::Hex(vec![0x12, 0xab])),
        ("--build-id --build-id=none", BuildId::None),
    ] {
        assert_eq!(parse(line).unwrap().build_id, expected, "{line}");
    }
    let options = parse("--wrap=a --wrap b --wrap=a --threads=3 --error-limit 5").unwrap();
    let names: Vec<&str> = options.wrap.iter().map(|wrap| wrap.wrap.as_str()).collect();
    assert_eq!(names, ["__wrap_a", "__wrap_b"]);
    assert_eq!((options.threads, options.error_limit), (Some(3), 5));
    let help = parse("--help").unwrap().only_say.unwrap();
    assert!(
        help.contains("-r") && help.contains("--export-memory[=VALUE]"),
        "{help}"
    );
}

#[test]
fn values_in_the_manner_of_wasm_ld() {
    let strict = |words: &str| parse(&format!("--compat=wasm-ld -o out {words}"));
    assert_eq!(strict("-e=run").unwrap().entry.as_deref(), Some("=run"));
    assert_eq!(parse("-e=run").unwrap().entry.as_deref(), Some("run"));
    let memory = |words: &str| strict(words).unwrap().memory;
    assert_eq!(memory("--initial-memory=-1").initial, u64::MAX);
    assert_eq!(memory("--max-memory=x --max-memory=7").max, 7);
    for (word, size) in [
        ("0x10", 16),
        ("0b10", 2),
        ("0o10", 8),
        ("010", 8),
        ("10", 10),
    ] {
        assert_eq!(memory(&format!("-z stack-size={word}")).stack_size, size);
    }
    assert!(strict("--Map=a --Map=").unwrap().reports.map.is_none());
    assert_eq!(
        strict("-M --Map=a").unwrap().reports.map,
        Some(MapTo::Stdout)
    );
    for (words, expected) in [
        ("-O=2", "-O=2: number expected, but got '=2'"),
        ("-O +2", "number expected"),
        ("--max-memory=7 --max-memory=x", "number expected"),
        ("-z stack-size=09", "invalid stack-size: 09"),
        ("--build-id=", "unknown --build-id style: "),
        (
            "--color-diagnostics=foo",
            "unknown option: --color-diagnostics=foo",
        ),
        ("--export", "--export: missing argument"),
        ("--", "unknown argument: --"),
    ] {
        let said = strict(words).map_or_else(|text| text, |options| format!("{options:?}"));
        assert!(said.contains(expected), "{words}: {said}");
    }
    let said = parse("--compat=wasm-ld a.o").unwrap_err();
    assert!(said.contains("no output file specified"), "{said}");
}

#[test]
fn relocatable_outputs() {
    for line in ["-r", "--relocatable", "-relocatable"] {
        let options = parse(line).unwrap();
        assert!(options.relocatable && !options.gc_sections && !options.merge_data_segments);
        assert_eq!(options.entry, None);
        assert!(!options.shortens() && !options.folds() && !options.prunes_debug());
    }
    for line in ["-q", "--emit-relocs"] {
        let options = parse(line).unwrap();
        assert!(options.emit_relocs && options.gc_sections && !options.shortens());
    }
    assert!(
        parse("-r --merge-data-segments")
            .unwrap()
            .merge_data_segments
    );
    assert!(parse("-r --no-entry --no-gc-sections").is_ok());
}

#[test]
fn long_response_files() {
    let dir = tempfile::tempdir().unwrap();
    let file = dir.path().join("args");
    let lines: String = (0..2000).map(|at| format!("--export=name{at}\n")).collect();
    std::fs::write(&file, lines + "C:\\\\a.o").unwrap();
    let options = parse(&format!("@{}", file.display())).unwrap();
    assert_eq!(options.exports.len(), 2000);
    assert_eq!(options.inputs[0].what, InputName::File("C:\\a.o".into()));
    std::fs::write(&file, "C:\\a.o \"b c.o\"").unwrap();
    let options = parse(&format!("--rsp-quoting=windows @{}", file.display())).unwrap();
    let names: Vec<_> = options
        .inputs
        .iter()
        .map(|input| input.what.clone())
        .collect();
    assert_eq!(
        names,
        [
            InputName::File("C:\\a.o".into()),
            InputName::File("b c.o".into())
        ]
    );
}

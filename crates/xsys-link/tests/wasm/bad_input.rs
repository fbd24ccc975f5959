//! Broken files are refused by name, and never bring the linker down.

use xsys_link::wasm::{WasmInput, WasmOptions, link};

use crate::compile::{Objects, rustc, text, validate};

fn object() -> Objects {
    let objects = Objects::new(&[(
        "object",
        r#"
        #[unsafe(no_mangle)] pub static mut counter: [u32; 2] = [1, 2];
        static NAMES: [&str; 2] = ["one", "two"];
        unsafe extern "C" { fn hook(value: u32) -> u32; }
        #[unsafe(no_mangle)] pub extern "C" fn run(at: usize) -> usize {
            let step: extern "C" fn(usize) -> usize = step;
            unsafe { counter[0] += hook(counter[1]); }
            core::hint::black_box(step)(NAMES[at & 1].len())
        }
        #[unsafe(no_mangle)] pub extern "C" fn step(at: usize) -> usize { at + 1 }
        "#,
    )]);
    objects.archive("object.a", &["object.o"]);
    objects
}

/// Links one file's bytes under a name, with all of it kept.
fn attempt(name: &str, bytes: &[u8]) -> Result<Vec<u8>, String> {
    attempt_with("--no-gc-sections", name, bytes)
}

/// Likewise, with an option.
fn attempt_with(option: &str, name: &str, bytes: &[u8]) -> Result<Vec<u8>, String> {
    let words = ["--no-entry", "--export-all", "--allow-undefined", option];
    let options = WasmOptions::parse(&words.map(Into::into)).unwrap();
    let input = WasmInput {
        path: name.into(),
        bytes,
        whole_archive: true,
        lazy: false,
    };
    let linked = link(&options, vec![input]);
    linked
        .map(|linked| linked.bytes)
        .map_err(|problems| text(&problems))
}

#[test]
fn files_cut_short() {
    let objects = object();
    for name in ["object.o", "object.a"] {
        let bytes = objects.bytes(name);
        validate(&attempt(name, &bytes).expect("the whole file links"));
        let mut refused = 0;
        for length in 0..bytes.len() {
            if let Err(problems) = attempt(name, &bytes[..length]) {
                assert!(problems.contains(name), "{length}: {problems}");
                refused += 1;
            }
        }
        // Some lengths end between sections and lose only names or producers.
        assert!(
            refused > bytes.len() / 2,
            "{name}: {refused} of {}",
            bytes.len()
        );
    }
}

#[test]
fn flipped_bytes() {
    let objects = object();
    for name in ["object.o", "object.a"] {
        let bytes = objects.bytes(name);
        let mut refused = 0;
        for at in 0..bytes.len() {
            for flip in [0x01, 0x40, 0x80, 0xff] {
                let mut broken = bytes.clone();
                broken[at] ^= flip;
                // Either is fine; not coming back is not.
                refused += usize::from(attempt(name, &broken).is_err());
            }
        }
        assert!(refused > 0);
    }
}

/// Relocations of debug information are checked by whoever reads them: the parser where they are copied,
/// pruning where it looks at entries, nobody where they are left out. The verdict is the same.
#[test]
fn broken_relocations_of_debug_information() {
    let folder = tempfile::tempdir().unwrap();
    let source =
        "#![no_std]\n#[unsafe(no_mangle)] pub extern \"C\" fn run(at: u32) -> u32 { at + 1 }";
    std::fs::write(folder.path().join("object.rs"), source).unwrap();
    rustc(
        folder.path(),
        &["object.rs", "--crate-type=lib", "--emit=obj", "-g"],
    );
    let bytes = std::fs::read(folder.path().join("object.o")).unwrap();
    let (mut refused, mut linked) = (0, 0);
    for section in wasmparser::Parser::new(0).parse_all(&bytes) {
        let wasmparser::Payload::CustomSection(custom) = section.unwrap() else {
            continue;
        };
        if !custom.name().starts_with("reloc..debug_") {
            continue;
        }
        let range =
            custom.data_offset() as usize..custom.data_offset() as usize + custom.data().len();
        // The first two numbers say which section is meant, and how many entries follow.
        for at in range.skip(2) {
            for flip in [0x01, 0x40, 0x80] {
                let mut broken = bytes.clone();
                broken[at] ^= flip;
                let pruned = attempt_with("--prune-debug", "object.o", &broken);
                let copied = attempt_with("--no-prune-debug", "object.o", &broken);
                match (&pruned, &copied) {
                    (Ok(pruned), Ok(copied)) => {
                        validate(pruned);
                        validate(copied);
                        linked += 1;
                    }
                    (Err(problem), Err(same)) => {
                        assert_eq!(problem, same);
                        assert!(problem.contains("cannot link `object.o`: "), "{problem}");
                        refused += 1;
                    }
                    _ => panic!("{at:#x} ^ {flip:#x}: {pruned:?} and {copied:?}"),
                }
                validate(&attempt_with("--strip-debug", "object.o", &broken).unwrap());
            }
        }
    }
    assert!(refused > 50 && linked > 50, "{refused} {linked}");
}

#[test]
fn a_flood_of_a_count_is_refused() {
    // A section that claims four billion items must not be believed before they are there.
    for id in [1, 2, 3, 4, 6, 7, 10, 11, 13] {
        let mut bytes = b"\0asm\x01\0\0\0".to_vec();
        bytes.extend([id, 5, 0xff, 0xff, 0xff, 0xff, 0x0f]);
        let problems = attempt("flood.o", &bytes).unwrap_err();
        assert!(problems.contains("cannot link `flood.o`: "), "{problems}");
    }
}

#[test]
fn finished_modules_are_not_objects() {
    let problems = attempt("done.wasm", b"\0asm\x01\0\0\0").unwrap_err();
    assert!(
        problems.contains("cannot link `done.wasm`: it is a finished wasm module"),
        "{problems}"
    );
}

/// An object with so many sections of units, each with one, and as many sections of strings.
fn many_sections(count: u32) -> Vec<u8> {
    use wasm_encoder::{
        CodeSection, CustomSection, Encode, Function, FunctionSection, Instruction, Module,
        TypeSection,
    };
    let encode = |numbers: &[u32]| {
        let mut bytes = Vec::new();
        numbers.iter().for_each(|number| number.encode(&mut bytes));
        bytes
    };
    let mut module = Module::new();
    let mut types = TypeSection::new();
    types.ty().function([], []);
    let mut functions = FunctionSection::new();
    functions.function(0);
    let mut code = CodeSection::new();
    let mut body = Function::new([]);
    body.instruction(&Instruction::End);
    code.function(&body);
    module.section(&types).section(&functions).section(&code);
    let mut sections = 3;
    let mut custom = |module: &mut Module, name: &str, data: &[u8]| {
        module.section(&CustomSection {
            name: name.into(),
            data: data.into(),
        });
        sections += 1;
        sections - 1
    };
    // A unit without children: its name, where its code starts.
    let abbrevs = [1, 0x11, 0, 0x03, 0x0e, 0x11, 0x01, 0, 0, 0];
    let abbrevs = custom(&mut module, ".debug_abbrev", &abbrevs);
    let unit = [16, 0, 0, 0, 4, 0, 0, 0, 0, 0, 4, 1, 0, 0, 0, 0, 0, 0, 0, 0];
    let units: Vec<u32> = (0..count)
        .map(|_| custom(&mut module, ".debug_info", &unit))
        .collect();
    // The function; then sections.
    let mut symbols = encode(&[2 + count, 0, 0x20, 0, 1]);
    symbols.push(b'f');
    symbols.extend(encode(&[3, 0, abbrevs]));
    for number in 0..count {
        let name = format!("name {number}\0");
        let section = custom(&mut module, ".debug_str", name.as_bytes());
        symbols.extend(encode(&[3, 0, section]));
    }
    let mut linking = encode(&[2, 8, symbols.len() as u32]);
    linking.extend(symbols);
    custom(&mut module, "linking", &linking);
    for (number, unit) in (0..).zip(units) {
        // Two offsets in sections, one in a function.
        let relocs = [unit, 3, 9, 6, 1, 0, 9, 12, 2 + number, 0, 8, 16, 0, 0];
        custom(&mut module, "reloc..debug_info", &encode(&relocs));
    }
    module.finish()
}

#[test]
fn thousands_of_sections_take_little_memory() {
    let bytes = many_sections(8000);
    let linked = attempt("many.o", &bytes).unwrap();
    validate(&linked);
    let strings = linked.windows(6).filter(|text| text == b"\0name ");
    assert_eq!(strings.count(), 7999, "every name, behind another one");
    // What each section has for each other one would be gigabytes.
    if let Ok(status) = std::fs::read_to_string("/proc/self/status") {
        let line = status.lines().find(|line| line.starts_with("VmHWM:"));
        let peak: u64 = line
            .unwrap()
            .split_whitespace()
            .nth(1)
            .unwrap()
            .parse()
            .unwrap();
        assert!(peak < 700_000, "{peak} KiB");
    }
}

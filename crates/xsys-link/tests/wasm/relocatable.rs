//! `-r` and `--emit-relocs`: the bytes of `rust-lld`, and objects that link into what their
//! originals link into.

use crate::compile::{Objects, text};

fn objects() -> Objects {
    let objects = Objects::new(&[
        (
            "main",
            r#"
            unsafe extern "C" { safe fn twice(x: u32) -> u32; safe fn host(x: u64); static mut shared: u32; }
            #[link(wasm_import_module = "outside")]
            unsafe extern "C" { #[link_name = "tell me"] safe fn tell(value: u64) -> u32; }
            #[unsafe(no_mangle)] pub static mut COUNTS: [u32; 4] = [1, 2, 3, 4];
            #[unsafe(no_mangle)] pub static mut ZEROS: [u32; 40] = [0; 40];
            #[unsafe(no_mangle)] pub static FUNCTIONS: [unsafe extern "C" fn(u32) -> u32; 2] = [twice, run];
            #[unsafe(no_mangle)] pub extern "C" fn dead(x: u32) -> u32 { x * 3 + tell(1) }
            #[unsafe(no_mangle)] pub extern "C" fn run(x: u32) -> u32 {
                host(7);
                unsafe {
                    shared += x;
                    COUNTS[(x & 3) as usize] += 1;
                    ZEROS[(x & 31) as usize] += "some text".as_bytes()[(x & 7) as usize] as u32;
                    twice(x) + FUNCTIONS[(x & 1) as usize](x) + shared + ZEROS[3] + tell(2)
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
            unsafe extern "C" { static __heap_base: u8; }
            #[unsafe(no_mangle)] pub extern "C" fn other() -> u32 {
                unsafe { shared += twice(5) + 4; shared + (&raw const __heap_base as usize as u32 & 15) }
            }
            unsafe extern "C" { #[linkage = "extern_weak"] static absent: Option<extern "C" fn(u32)>; }
            #[unsafe(no_mangle)] pub extern "C" fn is_absent() -> bool { unsafe { absent.is_none() } }
            "#,
        ),
        (
            "groups",
            r#"
            core::arch::global_asm!(
                ".functype inline_one () -> (i32)",
                ".section .text.inline_one,\"G\",@,inline_one,comdat",
                ".weak inline_one", ".type inline_one,@function",
                "inline_one:", ".functype inline_one () -> (i32)",
                "i32.const inline_data", "i32.load 0", "end_function",
                ".section .data.inline_data,\"G\",@,inline_one,comdat",
                ".weak inline_data", ".type inline_data,@object",
                "inline_data:", ".int32 17", ".size inline_data, 4",
                ".section .rodata.str.a,\"S\",@", ".globl text_a", ".type text_a,@object",
                "text_a:", ".asciz \"hello, there\"", ".size text_a, 13",
                ".section .rodata.str.b,\"S\",@", ".globl text_b", ".type text_b,@object",
                "text_b:", ".asciz \"there\"", ".size text_b, 6",
                ".section .custom_section.mine,\"\",@", ".ascii \"noted\"",
            );
            unsafe extern "C" { safe fn inline_one() -> u32; static text_a: u8; static text_b: u8; }
            #[unsafe(no_mangle)] pub extern "C" fn grouped() -> u32 {
                unsafe { inline_one() + text_a as u32 + text_b as u32 }
            }
            "#,
        ),
        (
            "groups2",
            r#"
            core::arch::global_asm!(
                ".functype inline_one () -> (i32)",
                ".section .text.inline_one,\"G\",@,inline_one,comdat",
                ".weak inline_one", ".type inline_one,@function",
                "inline_one:", ".functype inline_one () -> (i32)",
                "i32.const inline_data", "i32.load 0", "end_function",
                ".section .data.inline_data,\"G\",@,inline_one,comdat",
                ".weak inline_data", ".type inline_data,@object",
                "inline_data:", ".int32 17", ".size inline_data, 4",
            );
            unsafe extern "C" { safe fn inline_one() -> u32; }
            #[unsafe(no_mangle)] pub extern "C" fn grouped2() -> u32 { inline_one() + 1 }
            "#,
        ),
    ]);
    objects.archive("lib.a", &["more.o", "groups.o"]);
    objects
}

fn ours(objects: &Objects, line: &str, to: &str) -> Vec<u8> {
    let linked = objects.link(&format!(
        "--compat=wasm-ld {line} -o oracle.wasm --no-demangle"
    ));
    let linked = linked.unwrap_or_else(|problems| panic!("{line}: {}", text(&problems)));
    std::fs::write(objects.path(to), &linked.bytes).unwrap();
    linked.bytes
}

#[test]
fn the_same_bytes_as_rust_lld() {
    let objects = objects();
    for line in [
        "-r main.o more.o",
        "-r main.o lib.a",
        "-r more.o main.o --strip-debug",
        "--relocatable more.o groups.o",
        "-r groups.o more.o -O0",
        "-r groups.o main.o --merge-data-segments",
        "-r main.o more.o groups.o --strip-all",
        "--no-entry --export=grouped --strip-all groups.o",
        "-r main.o more.o --import-memory",
        "-r main.o more.o --build-id=0x1234",
        "--emit-relocs --no-entry --export=run main.o more.o",
        "--emit-relocs --no-entry --export=run --export=dead main.o lib.a",
        "--emit-relocs --no-entry --export=other more.o --strip-all",
    ] {
        let line = format!("{line} --allow-undefined");
        let (_, expected) = objects.oracle_output(&line);
        let actual = ours(&objects, &line, "ours.wasm");
        crate::oracle::compare(&actual, &expected, &line);
    }
}

/// Linking the object made of others gives what linking the others gives.
#[test]
fn objects_are_linked_again() {
    let objects = objects();
    for (parts, rest) in [
        ("main.o more.o", ""),
        ("more.o groups.o", "main.o"),
        ("groups.o groups2.o", "main.o more.o"),
        ("main.o", "more.o groups2.o"),
    ] {
        let base = "--no-entry --allow-undefined --export=other --export-if-defined=grouped \
                    --export=run --export-if-defined=grouped2 --export-if-defined=is_absent";
        let linked = objects.link(&format!("-r {parts}")).unwrap();
        std::fs::write(objects.path("joined.o"), &linked.bytes).unwrap();
        // wasm-ld understands what we have joined, too.
        let theirs = objects.oracle(&format!("{base} joined.o {rest}")).unwrap();
        let ours = ours(&objects, &format!("{base} joined.o {rest}"), "again.wasm");
        crate::oracle::compare(&ours, &theirs, parts);
        let direct = objects.link(&format!("{base} {parts} {rest}")).unwrap();
        let again = objects.link(&format!("{base} joined.o {rest}")).unwrap();
        assert_eq!(shape(&again.bytes), shape(&direct.bytes), "{parts}");
    }
    let alone = "more.o groups.o groups2.o";
    let linked = objects.link(&format!("-r {alone}")).unwrap();
    std::fs::write(objects.path("joined.o"), &linked.bytes).unwrap();
    let exports = "--export=other --export=grouped --export=grouped2 --export=is_absent";
    let linked = objects
        .link(&format!("--no-entry {exports} joined.o"))
        .unwrap();
    for (name, expected) in [
        ("other", 19),
        ("grouped", 17 + 104 + 116),
        ("grouped2", 18),
        ("is_absent", 1),
    ] {
        assert_eq!(
            crate::rules::call(&linked.bytes, name),
            Ok(expected),
            "{name}"
        );
    }
}

/// Numbers of things in a module, and what it exports.
fn shape(wasm: &[u8]) -> Vec<String> {
    let mut found = Vec::new();
    for payload in wasmparser::Parser::new(0).parse_all(wasm) {
        match payload.unwrap() {
            wasmparser::Payload::ExportSection(exports) => {
                let mut names: Vec<String> = exports
                    .into_iter()
                    .map(|export| export.unwrap().name.to_owned())
                    .collect();
                names.sort();
                found.extend(names);
            }
            wasmparser::Payload::CodeSectionStart { count, size, .. } => {
                found.push(format!("{count} functions of {size} bytes"));
            }
            wasmparser::Payload::DataSection(data) => {
                let sizes: usize = data.into_iter().map(|data| data.unwrap().data.len()).sum();
                found.push(format!("{sizes} bytes of data"));
            }
            wasmparser::Payload::ImportSection(imports) => {
                found.push(format!("{} imports", imports.count()));
            }
            _ => {}
        }
    }
    found
}

/// What wasm-ld loses and we keep.
#[test]
fn nothing_is_lost() {
    let objects = Objects::new(&[(
        "named",
        r#"
        core::arch::global_asm!(
            ".globl inside", ".type inside,@function", "inside:",
            ".functype inside () -> (i32)", "i32.const 3", "end_function",
            ".export_name inside, outside",
        );
        "#,
    )]);
    let linked = objects.link("-r named.o").unwrap();
    std::fs::write(objects.path("joined.o"), &linked.bytes).unwrap();
    let linked = objects.link("--no-entry joined.o").unwrap();
    assert_eq!(crate::rules::call(&linked.bytes, "outside"), Ok(3));
}

#[test]
fn what_does_not_go_together() {
    let objects = objects();
    for (line, expected) in [
        (
            "-r --entry=run main.o",
            "`--relocatable` and `--entry` cannot go together",
        ),
        (
            "-r --gc-sections main.o",
            "`--relocatable` and `--gc-sections`",
        ),
        ("-r -u x main.o", "`--relocatable` and `--undefined`"),
        (
            "-r --global-base=1024 main.o",
            "`--relocatable` and `--global-base`",
        ),
        (
            "-r --compress-relocations main.o",
            "`--relocatable` and `--compress-relocations`",
        ),
        (
            "--emit-relocs --compress-relocations main.o",
            "`--emit-relocs` and `--compress-relocations`",
        ),
        (
            "--import-table --export-table main.o",
            "`--import-table` and `--export-table`",
        ),
        ("--build-id=uuid main.o", "a random build id"),
        ("--build-id=12 main.o", "`12` is not known"),
    ] {
        let problems = text(&objects.link(line).unwrap_err());
        assert!(problems.contains(expected), "{line}: {problems}");
    }
    // An option that is taken back does no harm.
    assert!(
        objects
            .link("-r --gc-sections --no-gc-sections main.o")
            .is_ok()
    );
}

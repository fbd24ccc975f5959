//! Folding of equal functions and constants, told by what the program can see of it.

use crate::compile::{Objects, text};
use crate::rules::call;

/// What two crates have in common, each with its own copy.
const COMMON: &str = r#"
    #[inline(never)] fn leaf(x: i32) -> i32 { (x ^ 0x55aa).wrapping_mul(77).rotate_left(5) }
    #[inline(never)] fn caller(x: i32) -> i32 { leaf(x).wrapping_add(leaf(x + 1)) }
    #[inline(never)] fn even(x: u32) -> bool { x == 0 || odd(core::hint::black_box(x - 1)) }
    #[inline(never)] fn odd(x: u32) -> bool { x != 0 && even(core::hint::black_box(x - 1)) }
    #[inline(never)] fn pointed(x: i32) -> i32 { x.wrapping_mul(1234567) ^ 99 }
    static NAMED: [i32; 4] = [1, 2, 3, 4];
    fn message() -> &'static str { core::hint::black_box("the same words in two crates") }
    trait Shape { fn area(&self) -> i32; fn sides(&self) -> i32; }
    struct Square(i32);
    impl Shape for Square {
        fn area(&self) -> i32 { self.0 * self.0 }
        fn sides(&self) -> i32 { 4 }
    }
    fn shape(square: &Square) -> &dyn Shape { core::hint::black_box(square) }
"#;

fn crate_source(letter: char) -> String {
    format!(
        r#"{COMMON}
        #[unsafe(no_mangle)] pub extern "C" fn calls_{letter}() -> i32 {{
            let word = core::hint::black_box(7);
            caller(word) + even(10) as i32 + odd(core::hint::black_box(4)) as i32
                + shape(&Square(word)).area() + shape(&Square(word)).sides()
        }}
        #[unsafe(no_mangle)] pub extern "C" fn pointer_{letter}() -> i32 {{
            core::hint::black_box(pointed as fn(i32) -> i32) as usize as i32
        }}
        #[unsafe(no_mangle)] pub extern "C" fn direct_{letter}() -> i32 {{ pointed(core::hint::black_box(3)) }}
        #[unsafe(no_mangle)] pub extern "C" fn named_{letter}() -> i32 {{
            core::hint::black_box(NAMED.as_ptr()) as usize as i32
        }}
        #[unsafe(no_mangle)] pub extern "C" fn words_{letter}() -> i32 {{ message().as_ptr() as usize as i32 }}
        #[unsafe(no_mangle)] pub extern "C" fn equal_{letter}(x: i32) -> i32 {{ x + 3 }}
        "#
    )
}

const USER: &str = r#"
    unsafe extern "C" {
        safe fn calls_a() -> i32; safe fn calls_b() -> i32;
        safe fn pointer_a() -> i32; safe fn pointer_b() -> i32;
        safe fn direct_a() -> i32; safe fn direct_b() -> i32;
        safe fn named_a() -> i32; safe fn named_b() -> i32;
        safe fn words_a() -> i32; safe fn words_b() -> i32;
    }
    fn called(at: i32) -> i32 {
        let f: fn(i32) -> i32 = unsafe { core::mem::transmute(at as usize) };
        core::hint::black_box(f)(3)
    }
    #[unsafe(no_mangle)] pub extern "C" fn same_results() -> i32 {
        (calls_a() == calls_b() && direct_a() == direct_b() && called(pointer_a()) == direct_a()) as i32
    }
    #[unsafe(no_mangle)] pub extern "C" fn result() -> i32 { calls_a() }
    #[unsafe(no_mangle)] pub extern "C" fn same_pointers() -> i32 { (pointer_a() == pointer_b()) as i32 }
    #[unsafe(no_mangle)] pub extern "C" fn same_statics() -> i32 { (named_a() == named_b()) as i32 }
    #[unsafe(no_mangle)] pub extern "C" fn same_words() -> i32 { (words_a() == words_b()) as i32 }
"#;

const LINE: &str = "user.o a.o b.o --no-entry --export=same_results --export=result \
                    --export=same_pointers --export=same_statics --export=same_words \
                    --export=equal_a --export=equal_b";

fn objects() -> Objects {
    let (a, b) = (crate_source('a'), crate_source('b'));
    Objects::new(&[("user", USER), ("a", &a), ("b", &b)])
}

/// Names of the functions that the module contains.
fn functions(wasm: &[u8]) -> Vec<String> {
    let mut names = Vec::new();
    for payload in wasmparser::Parser::new(0).parse_all(wasm) {
        let Ok(wasmparser::Payload::CustomSection(section)) = payload else {
            continue;
        };
        if let wasmparser::KnownCustom::Name(reader) = section.as_known() {
            for part in reader.into_iter().flatten() {
                if let wasmparser::Name::Function(map) = part {
                    let found = map.into_iter().flatten();
                    names.extend(found.map(|naming| naming.name.to_owned()));
                }
            }
        }
    }
    names
}

#[test]
fn what_the_program_sees() {
    let objects = objects();
    let plain = objects.link(&format!("{LINE} --icf=none")).unwrap();
    let folded = objects
        .link(LINE)
        .unwrap_or_else(|problems| panic!("{}", text(&problems)));
    let results = |wasm: &[u8]| call(wasm, "result").unwrap();
    assert_eq!(results(&plain.bytes), results(&folded.bytes));
    for (name, in_plain, in_folded) in [
        ("same_results", 1, 1),
        // Pointers to two functions differ, and so do two statics; constants have no address.
        ("same_pointers", 0, 0),
        ("same_statics", 0, 0),
        ("same_words", 0, 1),
    ] {
        assert_eq!(call(&plain.bytes, name), Ok(in_plain), "{name}");
        assert_eq!(call(&folded.bytes, name), Ok(in_folded), "{name}");
    }
}

#[test]
fn what_is_left() {
    let objects = objects();
    let plain = objects.link(&format!("{LINE} --icf=none")).unwrap();
    let folded = objects.link(LINE).unwrap();
    let count = |wasm: &[u8], what: &str| {
        let names = functions(wasm);
        names.iter().filter(|name| name.contains(what)).count()
    };
    for (what, before, after) in [
        ("leaf", 2, 1),
        ("caller", 2, 1),
        // They refer to each other, so neither is equal before the other is.
        ("even", 2, 1),
        ("odd", 2, 1),
        ("pointed", 2, 2),
        // Exports stay, and nothing takes their place.
        ("equal_", 2, 2),
        // Their vtables point at methods, which keep their addresses.
        ("calls_", 2, 2),
        ("words_", 2, 1),
        ("pointer_", 2, 2),
        ("named_", 2, 2),
    ] {
        assert_eq!(count(&plain.bytes, what), before, "{what} before");
        assert_eq!(count(&folded.bytes, what), after, "{what} after");
    }
    let compat = objects
        .link(&format!("{LINE} --compat=wasm-ld -o out.wasm"))
        .unwrap();
    assert_eq!(functions(&compat.bytes), functions(&plain.bytes));
}

#[test]
fn equal_but_for_what_they_refer_to() {
    let objects = Objects::new(&[(
        "a",
        r#"
        #[inline(never)] fn one() -> i32 { core::hint::black_box(1) }
        #[inline(never)] fn two() -> i32 { core::hint::black_box(2) }
        #[inline(never)] fn calls_one() -> i32 { one() + 5 }
        #[inline(never)] fn calls_two() -> i32 { two() + 5 }
        #[inline(never)] fn deep_one(n: i32) -> i32 { if n == 0 { calls_one() } else { deep_one(core::hint::black_box(n - 1)) + 1 } }
        #[inline(never)] fn deep_two(n: i32) -> i32 { if n == 0 { calls_two() } else { deep_two(core::hint::black_box(n - 1)) + 1 } }
        static A: i32 = 10; static B: i32 = 20;
        #[inline(never)] fn read_a() -> i32 { unsafe { core::ptr::read_volatile(&A) } }
        #[inline(never)] fn read_b() -> i32 { unsafe { core::ptr::read_volatile(&B) } }
        #[unsafe(no_mangle)] pub extern "C" fn run() -> i32 {
            deep_one(3) * 10000 + deep_two(3) * 1000 + read_a() * 3 + read_b()
        }
        "#,
    )]);
    let linked = objects.link("a.o --no-entry --export=run").unwrap();
    assert_eq!(call(&linked.bytes, "run"), Ok(90000 + 10000 + 50));
}

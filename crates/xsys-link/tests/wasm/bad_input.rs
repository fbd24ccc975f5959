//! Broken files are refused by name, and never bring the linker down.

use xsys_link::wasm::{WasmInput, WasmOptions, link};

use crate::compile::{Objects, text, validate};

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
    let words = [
        "--no-entry",
        "--export-all",
        "--allow-undefined",
        "--no-gc-sections",
    ];
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

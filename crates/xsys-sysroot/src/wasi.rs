//! The C pieces of WASI programs: wasi-libc and its start-up objects.
//!
//! There is one for each generation of the interface, because the library's imports differ, and
//! one for threads. A custom spec says which by `env` and its features, as the built-in ones do.
//! WASI 0.3 has no rust-std of its own yet: rustc's target for it is that of 0.2 under another
//! name, and so is its C library.

use xsys_target::{Kind, Spec, Target};

use crate::kit::{Kit, Wanted};

/// wasi-libc as rust-std components have it.
pub(crate) static WASI: Kit = Kit {
    name: "wasi-libc",
    pieces: &["crt1-command.o", "crt1-reactor.o", "libc.a"],
    needed: &["crt1-command.o", "libc.a"],
    empty: &[],
    unwinder: None,
    variable: "XSYS_WASI_DIR",
    own: "such as a sysroot's `lib` directory of the WASI SDK",
};

/// The pieces that a program for `target` needs.
pub(crate) fn wanted(target: &Target) -> Wanted {
    let mut triples = triples(target);
    if target.kind == Kind::Builtin && !triples.contains(&target.name) {
        triples.insert(0, target.name.clone());
    }
    Wanted {
        kit: &WASI,
        triples,
    }
}

fn triples(spec: &Spec) -> Vec<String> {
    let threads = spec.features().contains(&"+atomics");
    let names: &[&str] = match (spec.env(), threads) {
        ("p2", _) => &["wasm32-wasip2"],
        ("p3", _) => &["wasm32-wasip3", "wasm32-wasip2"],
        (_, true) => &["wasm32-wasip1-threads"],
        (_, false) => &["wasm32-wasip1"],
    };
    // There is no wasi-libc for 64-bit memories.
    match spec.arch() {
        "wasm32" => names.iter().map(|&name| name.to_owned()).collect(),
        _ => Vec::new(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_spec_says_which_generation() {
        for (env, features, arch, expected) in [
            ("p1", "", "wasm32", &["wasm32-wasip1"][..]),
            ("", "", "wasm32", &["wasm32-wasip1"]),
            ("p1", "+atomics", "wasm32", &["wasm32-wasip1-threads"]),
            ("p2", "+simd128", "wasm32", &["wasm32-wasip2"]),
            ("p3", "", "wasm32", &["wasm32-wasip3", "wasm32-wasip2"]),
            ("p1", "", "wasm64", &[]),
        ] {
            let text = serde_json::json!({ "arch": arch, "env": env, "features": features });
            let spec = Spec::new(text.as_object().unwrap().clone());
            assert_eq!(triples(&spec), expected, "{env} {features} {arch}");
        }
    }
}

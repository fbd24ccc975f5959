//! A wasm target with threads: `--threads`.
//!
//! WebAssembly's threads are made by the host, one instance each around a shared memory. What is
//! needed on our side: code and standard library with atomic instructions (`+atomics` makes std's
//! locks wait and its thread-local data per thread), and a module that imports its memory as shared
//! and lets the host set up a thread's stack and thread-local data.
//!
//! rustc has such a target for WASI only. Here it is made from one without threads, as a spec: a
//! feature on the command line would warn for every crate, and std's crates must be others anyhow.
//!
//! Spec: tool-conventions, `Linking.md` (thread-local storage); the exports are those that
//! wasm-bindgen looks for, and the stack pointer for hosts that start threads themselves.

use serde_json::{Value, json};
use xsys_diag::Diagnostic;

use crate::spec::Spec;
use crate::target::{Kind, Target};

/// What the code is compiled with: atomic instructions, memory that is initialised once, and
/// globals that hosts can set.
const FEATURES: [&str; 3] = ["+atomics", "+bulk-memory", "+mutable-globals"];

/// What the linker is told. A shared memory has a maximum: 1 GiB, as rustc's own target with threads
/// has it; `-Clink-arg=--max-memory=BYTES` sets another.
const LINK_ARGS: [&str; 9] = [
    "--shared-memory",
    "--import-memory",
    "--max-memory=1073741824",
    "--export=__heap_base",
    "--export=__stack_pointer",
    "--export=__wasm_init_tls",
    "--export=__tls_size",
    "--export=__tls_align",
    "--export=__tls_base",
];

impl Target {
    /// The same target with threads; the error says why there is none.
    ///
    /// # Errors
    /// If the target cannot have threads.
    pub fn with_threads(self) -> Result<Target, Diagnostic> {
        let refused = |reason: &str, help: &str| {
            let problem =
                Diagnostic::error(format!("no `--threads` for `{}`: {reason}", self.name));
            Err(problem.help(help))
        };
        if !self.is_wasm() {
            return refused(
                "it is no wasm target",
                "leave the flag out: whether a target has threads is std's matter",
            );
        }
        if self.has_wasm_threads() {
            return Ok(self);
        }
        if self.is_emscripten() {
            return refused(
                "Emscripten has threads of its own kind",
                "pass `-Clink-arg=-pthread` and build std with atomics, or use wasm32-unknown-unknown",
            );
        }
        if self.makes_components() {
            return refused(
                "components have no threads",
                "use `--target wasm32-wasip1-threads`",
            );
        }
        if self.uses_wasi_libc() {
            return refused(
                "its C library is built without threads",
                "use `--target wasm32-wasip1-threads`",
            );
        }
        if self.cpu() == "mvp" {
            return refused(
                "it stands for WebAssembly 1.0, which has no atomics",
                "use `--target wasm32-unknown-unknown --threads`",
            );
        }
        Ok(Target {
            kind: Kind::Json,
            spec: threaded(&self.spec),
            ..self
        })
    }
}

fn threaded(spec: &Spec) -> Spec {
    let mut map = spec.map().clone();
    let mut features: Vec<&str> = spec.features();
    features.extend(
        FEATURES
            .iter()
            .filter(|name| !spec.features().contains(name)),
    );
    map.insert("features".to_owned(), features.join(",").into());
    map.remove("singlethread");
    let args = map
        .entry("pre-link-args")
        .or_insert_with(|| json!({}))
        .as_object_mut();
    if let Some(flavors) = args {
        let list = flavors
            .entry("wasm-lld")
            .or_insert_with(|| json!([]))
            .as_array_mut();
        if let Some(list) = list {
            list.extend(LINK_ARGS.iter().map(|&arg| Value::from(arg)));
        }
    }
    Spec::new(map)
}

#[cfg(test)]
mod tests {
    use super::*;
    use xsys_diag::Source;

    fn target(members: &str) -> Target {
        let text = format!(
            r#"{{"arch":"wasm32","llvm-target":"w","data-layout":"e","target-pointer-width":32{members}}}"#
        );
        let source = Source {
            path: "t.json".into(),
            text: text.into(),
        };
        Target::from_json("t".to_owned(), source, None).unwrap()
    }

    #[test]
    fn the_spec_gets_features_and_arguments() {
        let plain = target(
            r#","os":"unknown","singlethread":true,"features":"+simd128,+bulk-memory",
            "pre-link-args":{"wasm-lld":["--stack-first"]}"#,
        );
        let digest = plain.digest();
        let threaded = plain.with_threads().unwrap();
        assert_eq!(
            threaded.features(),
            ["+simd128", "+bulk-memory", "+atomics", "+mutable-globals"]
        );
        assert!(threaded.has_wasm_threads() && threaded.flag("singlethread").is_none());
        let args = threaded.map()["pre-link-args"]["wasm-lld"].clone();
        assert_eq!(args[0], "--stack-first");
        assert_eq!(args.as_array().unwrap().len(), 1 + LINK_ARGS.len());
        assert_ne!(threaded.digest(), digest);
        // Doing it twice changes nothing.
        let again = threaded.clone().with_threads().unwrap();
        assert_eq!(again.digest(), threaded.digest());
    }

    #[test]
    fn targets_that_cannot_have_threads_say_so() {
        for (members, expected) in [
            (r#","os":"wasi","env":"p2""#, "components have no threads"),
            (r#","os":"wasi","env":"p1""#, "wasm32-wasip1-threads"),
            (r#","os":"emscripten""#, "Emscripten"),
            (r#","cpu":"mvp""#, "WebAssembly 1.0"),
        ] {
            let problem = target(members).with_threads().unwrap_err().to_string();
            assert!(problem.contains(expected), "{problem}");
        }
    }
}

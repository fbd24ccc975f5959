//! What a target spec says: a typed view with rustc's defaults, and the canonical form.
//!
//! rustc mixes a hash of the JSON file's bytes into every crate it compiles, so a sysroot made
//! with one file is refused (E0461) for another that says the same in other words. xsys therefore
//! always hands rustc the canonical form: keys sorted at every level, no white space, no key whose
//! value is `null` (rustc reads that as absent) and no `metadata` (it describes, and changes no
//! code). Keys that merely repeat a default stay: defaults change between releases. Two files
//! with the same canonical form share one sysroot.
//!
//! Specification: `rustc -Zunstable-options --print target-spec-json-schema`; the defaults are
//! those of `TargetOptions` in rustc's `rustc_target::spec`.

use std::collections::BTreeMap;

use serde_json::{Map, Value};
use sha2::{Digest as _, Sha256};

use crate::board::CrateSet;

/// What a panic does.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum PanicStrategy {
    /// The stack is unwound.
    Unwind,
    /// The program ends after the message.
    Abort,
    /// The program ends without a message.
    ImmediateAbort,
}

/// A target spec, whoever wrote it: the user, a board, or rustc for a built-in triple.
#[derive(Clone, Debug, PartialEq)]
pub struct Spec {
    map: Map<String, Value>,
}

impl Spec {
    /// From the object of a spec file.
    pub fn new(map: Map<String, Value>) -> Spec {
        Spec { map }
    }

    /// All keys and values as given.
    pub fn map(&self) -> &Map<String, Value> {
        &self.map
    }

    /// See the head of this file.
    pub fn canonical_json(&self) -> String {
        let kept = self.map.iter().filter(|(key, _)| *key != "metadata");
        sorted(kept).to_string()
    }

    /// sha256 of the canonical form, in hexadecimal.
    pub fn digest(&self) -> String {
        let hash = Sha256::digest(self.canonical_json());
        hash.iter().map(|byte| format!("{byte:02x}")).collect()
    }

    /// A string's value.
    pub fn string(&self, key: &str) -> Option<&str> {
        self.map.get(key)?.as_str()
    }

    /// A boolean's value.
    pub fn flag(&self, key: &str) -> Option<bool> {
        self.map.get(key)?.as_bool()
    }

    /// A number's value.
    pub fn number(&self, key: &str) -> Option<u64> {
        self.map.get(key)?.as_u64()
    }

    /// The strings of a list, or a single string as a list of one.
    pub fn strings(&self, key: &str) -> Vec<&str> {
        match self.map.get(key) {
            Some(Value::Array(items)) => items.iter().filter_map(Value::as_str).collect(),
            Some(Value::String(one)) => vec![one],
            _ => Vec::new(),
        }
    }

    /// A list per key, such as `pre-link-objects-fallback`'s per kind of output.
    fn strings_of(&self, key: &str, inner: &str) -> Vec<&str> {
        self.map
            .get(key)
            .and_then(|lists| lists.get(inner)?.as_array())
            .map(|items| items.iter().filter_map(Value::as_str).collect())
            .unwrap_or_default()
    }

    /// `aarch64`, `arm`, `riscv32`, `wasm32`, …
    pub fn arch(&self) -> &str {
        self.string("arch").unwrap_or("")
    }

    /// The triple LLVM generates code for.
    pub fn llvm_target(&self) -> &str {
        self.string("llvm-target").unwrap_or("")
    }

    /// `none` on bare metal.
    pub fn os(&self) -> &str {
        self.string("os").unwrap_or("none")
    }

    /// `musl`, `gnu`, …; often empty.
    pub fn env(&self) -> &str {
        self.string("env").unwrap_or("")
    }

    /// `unknown` by default.
    pub fn vendor(&self) -> &str {
        self.string("vendor").unwrap_or("unknown")
    }

    /// `eabi`, `eabihf`, …; often empty.
    pub fn abi(&self) -> &str {
        self.string("abi").unwrap_or("")
    }

    /// The CPU model LLVM tunes and generates for.
    pub fn cpu(&self) -> &str {
        self.string("cpu").unwrap_or("generic")
    }

    /// Whether rustc has to be told a CPU model on its command line (`-Ctarget-cpu`), whatever the
    /// spec says: AVR's are so different that objects carry their number.
    pub fn needs_cpu(&self) -> bool {
        self.arch() == "avr" || self.flag("need-explicit-cpu") == Some(true)
    }

    /// The CPU model that the spec itself names.
    pub fn own_cpu(&self) -> Option<&str> {
        self.string("cpu").filter(|&cpu| cpu != "generic")
    }

    /// In bits; 0 if the spec does not say.
    pub fn pointer_width(&self) -> u64 {
        self.number("target-pointer-width").unwrap_or(0)
    }

    /// Whether the most significant byte comes first.
    pub fn is_big_endian(&self) -> bool {
        self.string("target-endian") == Some("big")
    }

    /// `unix`, `windows`, `wasm`, …
    pub fn families(&self) -> Vec<&str> {
        self.strings("target-family")
    }

    /// The features the spec switches on (`+x`) and off (`-x`), in order.
    pub fn features(&self) -> Vec<&str> {
        let list = self.string("features").unwrap_or("");
        list.split(',').filter(|name| !name.is_empty()).collect()
    }

    /// The spec's panic strategy; a profile may choose `abort` on top of `unwind`.
    pub fn panic_strategy(&self) -> PanicStrategy {
        match self.string("panic-strategy") {
            Some("abort") => PanicStrategy::Abort,
            Some("immediate-abort") => PanicStrategy::ImmediateAbort,
            _ => PanicStrategy::Unwind,
        }
    }

    /// `static`, `pic`, …
    pub fn relocation_model(&self) -> &str {
        self.string("relocation-model").unwrap_or("pic")
    }

    /// Which command line the linker is given: `gnu-lld`, `wasm-lld`, `gnu-cc`, …
    pub fn linker_flavor(&self) -> &str {
        self.string("linker-flavor").unwrap_or("gnu-cc")
    }

    /// What follows an executable's name, with its dot.
    pub fn exe_suffix(&self) -> &str {
        self.string("exe-suffix").unwrap_or("")
    }

    /// `elf`, `wasm`, `coff`, `mach-o` or `xcoff`.
    pub fn binary_format(&self) -> &str {
        let like = |key| self.flag(key) == Some(true);
        match self.string("binary-format") {
            Some(format) => format,
            None if self.is_wasm() => "wasm",
            None if like("is-like-darwin") => "mach-o",
            None if like("is-like-windows") => "coff",
            None if like("is-like-aix") => "xcoff",
            None => "elf",
        }
    }

    /// The widest atomic operation in bits; 0 is none.
    pub fn max_atomic_width(&self) -> u64 {
        self.number("max-atomic-width")
            .unwrap_or(self.pointer_width())
    }

    /// Whether atomics can do more than load and store.
    pub fn has_atomic_cas(&self) -> bool {
        self.flag("atomic-cas").unwrap_or(true)
    }

    /// Whether rustc links programs for it, not only libraries.
    pub fn has_programs(&self) -> bool {
        self.flag("executables") != Some(false)
    }

    /// Whether it has libraries that are linked when programs start or later.
    pub fn has_dynamic_linking(&self) -> bool {
        self.flag("dynamic-linking") == Some(true)
    }

    /// WebAssembly.
    pub fn is_wasm(&self) -> bool {
        matches!(self.arch(), "wasm32" | "wasm64") || self.flag("is-like-wasm") == Some(true)
    }

    /// No operating system.
    pub fn is_bare_metal(&self) -> bool {
        self.os() == "none"
    }

    /// Whether std's sources have an implementation for this operating system. The list is that of
    /// std's build script; on everything else std either fails to compile or is `restricted_std`.
    pub fn has_std_os(&self) -> bool {
        let os = self.os();
        STD_OS.contains(&os)
            || os.starts_with("solid")
            // wasm32v1-none is the one for programs without std.
            || (self.is_wasm() && !self.is_bare_metal())
            || (self.vendor() == "fortanix" && self.env() == "sgx")
            || (self.vendor() == "nintendo" && self.env() == "newlib")
    }

    /// Whether a C library comes with the platform, so that `memcpy` and the like exist.
    pub fn has_libc(&self) -> bool {
        let os = self.os();
        let own_runtime = matches!(os, "none" | "unknown" | "uefi" | "xous" | "cuda" | "hermit")
            || os == "zkvm"
            || (self.vendor() == "fortanix" && self.env() == "sgx");
        !own_runtime && (self.has_std_os() || !self.families().is_empty())
    }

    /// Whether compiler_builtins must bring `memcpy`, `memset`, `memcmp` and the like. Its build script guesses from
    /// the triple's name, which a custom spec may choose freely. Programs without std have no C library, even where the
    /// platform has one. Where there is one, its functions win, because these are weak.
    pub fn needs_mem_functions(&self, crates: CrateSet) -> bool {
        !self.has_libc() || crates != CrateSet::Std
    }

    /// Linux programs linked statically with musl.
    pub fn uses_musl_static(&self) -> bool {
        self.os() == "linux"
            && self.env() == "musl"
            && self.flag("crt-static-default") == Some(true)
            && self.flag("crt-static-respected") == Some(true)
    }

    /// WASI programs: their system calls go through wasi-libc.
    pub fn uses_wasi_libc(&self) -> bool {
        self.os() == "wasi" && self.is_wasm()
    }

    /// WASI from 0.2 on, where programs are components.
    pub fn makes_components(&self) -> bool {
        self.uses_wasi_libc() && !matches!(self.env(), "" | "p1")
    }

    /// A wasm target whose programs share their memory between threads.
    pub fn has_wasm_threads(&self) -> bool {
        self.is_wasm() && self.features().contains(&"+atomics")
    }

    /// Emscripten, whose own driver links: the JavaScript around a program is made at that moment.
    pub fn is_emscripten(&self) -> bool {
        self.is_wasm() && self.os() == "emscripten"
    }

    /// Start-up objects that rustc takes from the sysroot's `self-contained` directory for a static
    /// executable: those before and those after the inputs.
    pub fn self_contained_crt(&self) -> (Vec<&str>, Vec<&str>) {
        let kind = if self.flag("static-position-independent-executables") == Some(true) {
            "static-pic-exe"
        } else {
            "static-nopic-exe"
        };
        (
            self.strings_of("pre-link-objects-fallback", kind),
            self.strings_of("post-link-objects-fallback", kind),
        )
    }
}

/// `target_os` values in rust-src's `library/std/build.rs`.
const STD_OS: &[&str] = &[
    "aix",
    "android",
    "cygwin",
    "dragonfly",
    "emscripten",
    "espidf",
    "freebsd",
    "fuchsia",
    "haiku",
    "hermit",
    "hurd",
    "illumos",
    "ios",
    "l4re",
    "linux",
    "macos",
    "motor",
    "netbsd",
    "nto",
    "nuttx",
    "openbsd",
    "redox",
    "rtems",
    "solaris",
    "teeos",
    "trusty",
    "tvos",
    "uefi",
    "vexos",
    "visionos",
    "vita",
    "vxworks",
    "wasi",
    "watchos",
    "windows",
    "xous",
    "zkvm",
];

/// An object with sorted keys, without nulls. serde_json's own map keeps the order of insertion
/// in this workspace, so sorting is all it takes.
fn sorted<'a>(members: impl Iterator<Item = (&'a String, &'a Value)>) -> Value {
    let ordered: BTreeMap<&String, &Value> = members.collect();
    ordered
        .into_iter()
        .filter(|(_, value)| !value.is_null())
        .map(|(key, value)| (key.clone(), canonical(value)))
        .collect::<Map<String, Value>>()
        .into()
}

fn canonical(value: &Value) -> Value {
    match value {
        Value::Object(map) => sorted(map.iter()),
        Value::Array(items) => items.iter().map(canonical).collect(),
        other => other.clone(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn spec(text: &str) -> Spec {
        Spec::new(serde_json::from_str(text).unwrap())
    }

    #[test]
    fn equal_meaning_is_equal_bytes() {
        let canonical = r#"{"arch":"arm","llvm-args":["b","a"],"stack-probes":{"a":1,"kind":"x"}}"#;
        for text in [
            canonical,
            r#"{"stack-probes":{"kind":"x","a":1},"llvm-args":["b","a"],"arch":"arm"}"#,
            r#"{ "metadata": {"tier": 2}, "cpu": null, "arch": "\u0061rm",
                 "llvm-args": ["b", "a"], "stack-probes": {"kind": "x", "a": 1, "b": null} }"#,
        ] {
            assert_eq!(spec(text).canonical_json(), canonical);
        }
        assert_ne!(
            spec(canonical).digest(),
            spec(r#"{"arch":"arm"}"#).digest(),
            "other content, other digest"
        );
        assert_eq!(
            spec("{}").digest(),
            "44136fa355b3678a1146ad16f7e8649e94fb4fc21fe77e8310c060f61caaff8a"
        );
    }

    #[test]
    fn defaults_are_those_of_rustc() {
        let spec = spec("{\"target-pointer-width\": 32}");
        assert_eq!((spec.os(), spec.env(), spec.cpu()), ("none", "", "generic"));
        assert_eq!(spec.panic_strategy(), PanicStrategy::Unwind);
        assert_eq!(spec.relocation_model(), "pic");
        assert_eq!(spec.linker_flavor(), "gnu-cc");
        assert_eq!(spec.max_atomic_width(), 32);
        assert_eq!(spec.binary_format(), "elf");
        assert!(spec.has_atomic_cas() && !spec.is_big_endian());
    }

    #[test]
    fn platforms() {
        // (spec, has std, has libc, needs mem, static musl, binary format)
        let cases = [
            (r#"{"arch":"arm"}"#, false, false, false, "elf"),
            (
                r#"{"arch":"aarch64","os":"linux","env":"musl","target-family":["unix"],
                    "crt-static-default":true,"crt-static-respected":true}"#,
                true,
                true,
                true,
                "elf",
            ),
            (
                r#"{"arch":"x86_64","os":"linux","env":"gnu","target-family":"unix"}"#,
                true,
                true,
                false,
                "elf",
            ),
            (
                r#"{"arch":"wasm32","os":"unknown"}"#,
                true,
                false,
                false,
                "wasm",
            ),
            (
                r#"{"arch":"wasm32","os":"wasi"}"#,
                true,
                true,
                false,
                "wasm",
            ),
            (r#"{"arch":"wasm32"}"#, false, false, false, "wasm"),
            (
                r#"{"arch":"x86_64","os":"uefi","is-like-windows":true}"#,
                true,
                false,
                false,
                "coff",
            ),
            (
                r#"{"arch":"riscv32","os":"myos"}"#,
                false,
                false,
                false,
                "elf",
            ),
        ];
        for (text, std, libc, musl, format) in cases {
            let spec = spec(text);
            assert_eq!(spec.has_std_os(), std, "{text}");
            assert_eq!(spec.has_libc(), libc, "{text}");
            assert_eq!(spec.needs_mem_functions(CrateSet::Std), !libc, "{text}");
            assert_eq!(spec.uses_musl_static(), musl, "{text}");
            assert_eq!(spec.binary_format(), format, "{text}");
        }
    }

    #[test]
    fn lists() {
        let spec = spec(
            r#"{"features":"+v8a,,-neon","target-family":"unix",
                "static-position-independent-executables":true,
                "pre-link-objects-fallback":{"static-pic-exe":["rcrt1.o","crti.o"]},
                "post-link-objects-fallback":{"static-pic-exe":["crtn.o"]}}"#,
        );
        assert_eq!(spec.features(), ["+v8a", "-neon"]);
        assert_eq!(spec.families(), ["unix"]);
        assert_eq!(
            spec.self_contained_crt(),
            (vec!["rcrt1.o", "crti.o"], vec!["crtn.o"])
        );
    }
}

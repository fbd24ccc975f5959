//! Crates that are known to need C, and what can be used instead: a table.
//!
//! For other crates the build script is searched: if it calls the compiler unconditionally, it can
//! only fail without one.

use super::graph::{CCrate, Task};

/// When a crate's build script needs a compiler.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Need {
    /// Always compiles.
    Always,
    /// Compiles if this feature is on; otherwise it looks for a library.
    Feature(&'static str),
    /// Compiles unless this feature is on.
    Unless(&'static str),
    /// Looks for a library, and fails if there is none.
    Library,
}

struct Known {
    name: &'static str,
    need: Need,
    /// What to use instead, or which feature avoids C.
    instead: &'static str,
}

const fn row(name: &'static str, need: Need, instead: &'static str) -> Known {
    Known {
        name,
        need,
        instead,
    }
}

use Need::{Always, Feature, Library, Unless};

#[rustfmt::skip]
const KNOWN: &[Known] = &[
    row("alsa-sys", Library, ""),
    row("aws-lc-fips-sys", Always, "rustls with a provider in Rust, such as `rustls-rustcrypto`"),
    row("aws-lc-sys", Always, "rustls with a provider in Rust, such as `rustls-rustcrypto`"),
    row("blake3", Unless("pure"), "its feature `pure`"),
    row("boring-sys", Always, "rustls with a provider in Rust, such as `rustls-rustcrypto`"),
    row("bzip2-sys", Always, "`bzip2` from 0.6 on, which is in Rust by default"),
    row("curl-sys", Always, "an HTTP client in Rust: `ureq`, or `reqwest` with `rustls`"),
    row("fontconfig-sys", Library, "`fontdb`"),
    row("freetype-sys", Always, "`skrifa`"),
    row("hidapi", Library, "its feature `linux-native-basic-udev`"),
    row("libbz2-sys", Always, "`bzip2` from 0.6 on, which is in Rust by default"),
    row("libdbus-sys", Feature("vendored"), "`zbus`"),
    row("libgit2-sys", Always, "`gix`"),
    row("liblzma-sys", Always, "`lzma-rust2`"),
    row("libmimalloc-sys", Always, "an allocator in Rust, such as `talc`"),
    row("librocksdb-sys", Always, "a store in Rust, such as `fjall` or `redb`"),
    row("libsodium-sys", Library, "the crates of RustCrypto and dalek"),
    row("libsodium-sys-stable", Library, "the crates of RustCrypto and dalek"),
    row("libsqlite3-sys", Feature("bundled"), "a store in Rust, such as `redb`"),
    row("libssh2-sys", Always, "`russh`"),
    row("libudev-sys", Library, "`nusb` for USB, `serialport` without its default features"),
    row("libusb1-sys", Feature("vendored"), "`nusb`"),
    row("libz-ng-sys", Always, "the feature `zlib-rs` of `flate2`"),
    row("libz-sys", Always, "the feature `rust_backend` or `zlib-rs` of `flate2`"),
    row("lmdb-master-sys", Always, "a store in Rust, such as `redb`"),
    row("lmdb-sys", Always, "a store in Rust, such as `redb`"),
    row("lua-src", Always, "a language in Rust, such as `rhai`"),
    row("lz4-sys", Always, "`lz4_flex`"),
    row("lzma-sys", Always, "`lzma-rust2`"),
    row("mlua-sys", Feature("vendored"), "a language in Rust, such as `rhai`"),
    row("mozjpeg-sys", Always, "`image` or `zune-jpeg`"),
    row("onig_sys", Always, "`fancy-regex` (for `syntect` its feature `default-fancy`)"),
    row("openssl-sys", Feature("vendored"), "rustls with a provider in Rust, such as `rustls-rustcrypto`; crates with `native-tls` by default mostly have a feature for rustls"),
    row("psm", Always, ""),
    row("ring", Always, "rustls with a provider in Rust, such as `rustls-rustcrypto`; for digests and signatures the crates of RustCrypto and dalek"),
    row("rquickjs-sys", Always, "`boa_engine`"),
    row("secp256k1-sys", Always, "`k256`"),
    row("snmalloc-sys", Always, "an allocator in Rust, such as `talc`"),
    row("tikv-jemalloc-sys", Always, "an allocator in Rust, such as `talc`"),
    row("tree-sitter", Always, ""),
    row("zstd-sys", Always, "`ruzstd`"),
];

fn known(name: &str) -> Option<&'static Known> {
    KNOWN.iter().find(|row| row.name == name)
}

/// What can be used instead of a crate, if the table has it.
pub(crate) fn instead(name: &str) -> Option<&'static str> {
    known(name)
        .map(|row| row.instead)
        .filter(|text| !text.is_empty())
}

/// Whether the crate's build can only fail without a C compiler.
pub(crate) fn must_compile(found: &CCrate) -> bool {
    if !found.does(Task::Compile) {
        return false;
    }
    let on = |feature: &str| found.features.iter().any(|name| name == feature);
    match known(&found.name).map(|row| row.need) {
        Some(Always) => true,
        Some(Feature(feature)) => on(feature),
        Some(Unless(feature)) => !on(feature),
        Some(Library) => false,
        None => std::fs::read_to_string(&found.build_script)
            .is_ok_and(|text| goes_straight_to_the_compiler(&text)),
    }
}

/// Whether the crate's build can only fail if the system has no such library for the target.
/// Variables that people set tell whether a search may succeed.
pub(crate) fn must_find(found: &CCrate) -> bool {
    let off = |feature: &str| found.features.iter().all(|name| name != feature);
    match known(&found.name).map(|row| row.need) {
        // Its build script panics; others continue and leave the error to the linker.
        Some(Feature(feature)) => found.name == "openssl-sys" && off(feature),
        Some(Library) => true,
        _ => false,
    }
}

/// A build script that calls the compiler unconditionally.
fn goes_straight_to_the_compiler(text: &str) -> bool {
    let code: String = text
        .lines()
        .map(|line| line.split("//").next().unwrap_or(line))
        .collect::<Vec<_>>()
        .join("\n");
    let calls = ["cc::Build", "cmake::", "autotools::", "Build::new()"];
    let decides = |word: &str| {
        code.split(|c: char| !(c.is_alphanumeric() || c == '_'))
            .any(|found| found == word)
    };
    calls.iter().any(|call| code.contains(call))
        && ![
            "if",
            "match",
            "cfg",
            "var",
            "var_os",
            "try_compile",
            "return",
        ]
        .into_iter()
        .any(decides)
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::collections::BTreeSet;

    fn found(name: &str, task: Task, features: &[&str]) -> CCrate {
        CCrate {
            name: name.to_owned(),
            version: "1.0.0".to_owned(),
            tasks: BTreeSet::from([task]),
            features: features.iter().map(|&name| name.to_owned()).collect(),
            build_script: "/no/such/file".into(),
            path: Vec::new(),
        }
    }

    #[test]
    fn features_decide() {
        for (name, features, compiles, finds) in [
            ("ring", &[][..], true, false),
            ("blake3", &[], true, false),
            ("blake3", &["pure"], false, false),
            ("libsqlite3-sys", &["bundled"], true, false),
            ("libsqlite3-sys", &[], false, false),
            ("openssl-sys", &["vendored"], true, false),
            ("openssl-sys", &[], false, true),
            ("somebody-sys", &[], false, false),
        ] {
            let found = found(name, Task::Compile, features);
            assert_eq!(must_compile(&found), compiles, "{name} {features:?}");
            assert_eq!(must_find(&found), finds, "{name} {features:?}");
        }
    }

    #[test]
    fn simple_build_scripts_are_understood() {
        for (text, expected) in [
            (
                "fn main() { cc::Build::new().file(\"a.c\").compile(\"a\"); }",
                true,
            ),
            (
                "// if there is none\nfn main() { cc::Build::new().compile(\"a\"); }",
                true,
            ),
            (
                "fn main() { if cfg!(unix) { cc::Build::new().compile(\"a\"); } }",
                false,
            ),
            (
                "fn main() { let _ = cc::Build::new().try_compile(\"a\"); }",
                false,
            ),
            (
                "fn main() { std::env::var(\"X\").ok(); cc::Build::new(); }",
                false,
            ),
            ("fn main() { }", false),
        ] {
            assert_eq!(goes_straight_to_the_compiler(text), expected, "{text}");
        }
    }

    #[test]
    fn the_table_is_sorted() {
        assert!(KNOWN.is_sorted_by(|a, b| a.name < b.name));
        assert_eq!(instead("psm"), None);
        assert!(instead("zstd-sys").is_some());
    }
}

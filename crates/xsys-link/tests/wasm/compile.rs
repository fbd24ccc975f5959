//! Objects for the tests, from the installed rustc.

use std::ffi::OsString;
use std::path::{Path, PathBuf};
use std::process::{Command, Output};

use xsys_diag::Diagnostic;
use xsys_link::wasm::{Linked, WasmInput, WasmOptions, link};

pub(crate) const TARGET: &str = "wasm32-unknown-unknown";

/// Runs rustc in a folder.
pub(crate) fn rustc(folder: &Path, args: &[&str]) -> Output {
    let output = Command::new(std::env::var_os("RUSTC").unwrap_or_else(|| "rustc".into()))
        .current_dir(folder)
        // Weak symbols and the like are only for nightly by name.
        .env("RUSTC_BOOTSTRAP", "1")
        .args(["--target", TARGET, "--edition", "2024", "-Awarnings"])
        .args(args)
        .output()
        .expect("rustc can be started");
    assert!(
        output.status.success(),
        "rustc {args:?} failed:\n{}",
        String::from_utf8_lossy(&output.stderr)
    );
    output
}

/// A folder with objects compiled from snippets that need neither core nor std at run time.
pub(crate) struct Objects {
    folder: tempfile::TempDir,
}

impl Objects {
    /// Compiles `(name, source)` to `name.o`, each a crate of its own.
    pub(crate) fn new(sources: &[(&str, &str)]) -> Self {
        let folder = tempfile::tempdir().expect("a temporary folder");
        for (name, source) in sources {
            let text =
                format!("#![no_std]\n#![feature(linkage, asm_experimental_arch)]\n{source}\n");
            let file = format!("{name}.rs");
            std::fs::write(folder.path().join(&file), text).expect("a source file");
            rustc(
                folder.path(),
                &[
                    &file,
                    "--crate-type=lib",
                    "--emit=obj",
                    "-O",
                    "-Ccodegen-units=1",
                ],
            );
        }
        Self { folder }
    }

    /// The path of `name`.
    pub(crate) fn path(&self, name: &str) -> PathBuf {
        self.folder.path().join(name)
    }

    /// The bytes of `name`.
    pub(crate) fn bytes(&self, name: &str) -> Vec<u8> {
        std::fs::read(self.path(name)).expect("a file of the test")
    }

    /// Makes an archive without a symbol table out of members.
    pub(crate) fn archive(&self, name: &str, members: &[&str]) {
        let mut out = b"!<arch>\n".to_vec();
        for member in members {
            let bytes = self.bytes(member);
            let head = format!(
                "{:<16}{:<12}{:<6}{:<6}{:<8}{:<10}`\n",
                format!("{member}/"),
                0,
                0,
                0,
                644,
                bytes.len()
            );
            out.extend(head.into_bytes());
            out.extend(&bytes);
            if bytes.len() % 2 == 1 {
                out.push(b'\n');
            }
        }
        std::fs::write(self.path(name), out).expect("an archive");
    }

    /// Links with our linker; the line's words without a dash are files of the folder.
    pub(crate) fn link(&self, line: &str) -> Result<Linked, Vec<Diagnostic>> {
        let linked = link_words(self.folder.path(), &self.words(line));
        if let Ok(linked) = &linked {
            validate(&linked.bytes);
        }
        linked
    }

    /// Links with `rust-lld`; `None` where it refuses.
    pub(crate) fn oracle(&self, line: &str) -> Option<Vec<u8>> {
        let output = Command::new(rust_lld())
            .current_dir(self.folder.path())
            .args(["-flavor", "wasm", "--no-demangle", "-o", "oracle.wasm"])
            .args(self.words(line))
            .output()
            .expect("rust-lld can be started");
        output.status.success().then(|| self.bytes("oracle.wasm"))
    }

    /// Links with `rust-lld`, which must work: what it prints, and the module.
    pub(crate) fn oracle_output(&self, line: &str) -> (String, Vec<u8>) {
        let output = Command::new(rust_lld())
            .current_dir(self.folder.path())
            .args(["-flavor", "wasm", "--no-demangle", "-o", "oracle.wasm"])
            .args(self.words(line))
            .output()
            .expect("rust-lld can be started");
        let errors = String::from_utf8_lossy(&output.stderr);
        assert!(output.status.success(), "{line}: rust-lld says {errors}");
        let stdout = String::from_utf8_lossy(&output.stdout).into_owned();
        (stdout, self.bytes("oracle.wasm"))
    }

    /// The first lines of rust-lld's errors and warnings.
    pub(crate) fn oracle_messages(&self, words: &[OsString]) -> Vec<String> {
        let output = Command::new(rust_lld())
            .args(["-flavor", "wasm"])
            .args(words)
            .output()
            .expect("rust-lld can be started");
        let errors = String::from_utf8_lossy(&output.stderr).into_owned();
        let lines = errors
            .lines()
            .filter_map(|line| line.strip_prefix("rust-lld: "));
        lines.map(str::to_owned).collect()
    }

    fn words(&self, line: &str) -> Vec<OsString> {
        line.split_whitespace().map(OsString::from).collect()
    }
}

/// The toolchain's own linker.
fn rust_lld() -> PathBuf {
    let output = Command::new(std::env::var_os("RUSTC").unwrap_or_else(|| "rustc".into()))
        .args(["--print", "sysroot"])
        .output()
        .expect("rustc can be started");
    let sysroot = PathBuf::from(String::from_utf8_lossy(&output.stdout).trim());
    let hosts = std::fs::read_dir(sysroot.join("lib/rustlib")).expect("a toolchain");
    let paths = hosts.flatten().map(|host| host.path().join("bin/rust-lld"));
    let found = paths.into_iter().find(|path| path.is_file());
    found.expect("the toolchain has a rust-lld")
}

/// Links by command line, in a folder.
pub(crate) fn link_words(folder: &Path, words: &[OsString]) -> Result<Linked, Vec<Diagnostic>> {
    let options = WasmOptions::parse(words)?;
    let found = options.find_inputs()?;
    let contents: Vec<Vec<u8>> = found
        .iter()
        .map(|(path, _)| std::fs::read(folder.join(path)).expect("an input"))
        .collect();
    let inputs = found
        .iter()
        .zip(&contents)
        .map(|((path, input), bytes)| WasmInput {
            path: path.clone(),
            bytes,
            whole_archive: input.whole_archive,
            lazy: input.lazy,
        });
    link(&options, inputs.collect())
}

/// Every output must be a valid module.
pub(crate) fn validate(wasm: &[u8]) {
    wasmparser::Validator::new_with_features(wasmparser::WasmFeatures::all())
        .validate_all(wasm)
        .expect("a valid module");
}

/// Messages as one text.
pub(crate) fn text(problems: &[Diagnostic]) -> String {
    let texts: Vec<String> = problems.iter().map(ToString::to_string).collect();
    texts.join("\n")
}

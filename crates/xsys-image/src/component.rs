//! Components: a linked module wrapped in the types that its WIT world gives it.
//!
//! The linker keeps the `component-type` custom sections of the objects, which describe what the
//! module imports and exports in terms of WIT; wit-component lifts and lowers accordingly. A module
//! that still calls WASI 0.1 (`wasi_snapshot_preview1`) gets an adapter that speaks 0.2 for it.
//!
//! Spec: the component model's `Binary.md` and `BuildTargets.md`; the choices are those of
//! `wasm-component-ld`.

use std::path::PathBuf;

use wasi_preview1_component_adapter_provider as provided;
use wasmparser::{Parser, Payload};
use wit_component::{ComponentEncoder, StringEncoding, embed_component_metadata};
use wit_parser::{Resolve, WorldId};
use xsys_diag::Diagnostic;

use crate::Error;

/// Which of the adapters for WASI 0.1 a component gets if it needs one.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Adapter {
    /// For programs: `_start` becomes `wasi:cli/run`.
    Command,
    /// For libraries.
    Reactor,
    /// For handlers of HTTP requests.
    Proxy,
    /// None: an import of WASI 0.1 is an error.
    None,
}

impl Adapter {
    /// The names that command lines use.
    pub const NAMES: [(&'static str, Self); 4] = [
        ("command", Self::Command),
        ("reactor", Self::Reactor),
        ("proxy", Self::Proxy),
        ("none", Self::None),
    ];

    fn module(self) -> Option<&'static [u8]> {
        match self {
            Self::Command => Some(provided::WASI_SNAPSHOT_PREVIEW1_COMMAND_ADAPTER),
            Self::Reactor => Some(provided::WASI_SNAPSHOT_PREVIEW1_REACTOR_ADAPTER),
            Self::Proxy => Some(provided::WASI_SNAPSHOT_PREVIEW1_PROXY_ADAPTER),
            Self::None => None,
        }
    }
}

/// How strings cross the component's boundary.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Strings {
    #[default]
    Utf8,
    Utf16,
    /// Latin-1, or UTF-16 for strings that Latin-1 cannot hold.
    CompactUtf16,
}

impl Strings {
    /// The names that command lines use.
    pub const NAMES: [(&'static str, Self); 3] = [
        ("utf8", Self::Utf8),
        ("utf16", Self::Utf16),
        ("compact-utf16", Self::CompactUtf16),
    ];
}

/// What there is to choose; the default is what `wasm-component-ld` does by itself.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Options {
    /// The adapter for WASI 0.1; by default it depends on whether the module has a `_start`.
    pub wasi: Option<Adapter>,
    /// Further adapters: the module name that they stand for, and their bytes.
    pub adapters: Vec<(String, Vec<u8>)>,
    /// WIT files or directories whose worlds count beside those that the module brings.
    pub wit: Vec<PathBuf>,
    /// How the worlds in `wit` pass strings.
    pub strings: Strings,
    /// Whether the result is validated.
    pub validate: bool,
    /// Whether imports that differ only in compatible versions are merged.
    pub merge_versions: bool,
    /// Whether names from before the component model's build targets are refused.
    pub reject_legacy_names: bool,
    /// Whether adapters take memory by growing it instead of asking the module.
    pub realloc_by_growing: bool,
}

impl Default for Options {
    fn default() -> Self {
        Self {
            wasi: None,
            adapters: Vec::new(),
            wit: Vec::new(),
            strings: Strings::Utf8,
            validate: true,
            merge_versions: true,
            reject_legacy_names: false,
            realloc_by_growing: false,
        }
    }
}

/// Makes a component of a module.
///
/// # Errors
/// If no component can be made from the module.
pub fn write(module: &[u8], options: &Options) -> Result<Vec<u8>, Error> {
    let is_command = examine(module)?;
    let wasi = options.wasi.unwrap_or(match is_command {
        true => Adapter::Command,
        false => Adapter::Reactor,
    });
    encode(module, wasi, options).map_err(|error| {
        // The last cause is the reason; the others say where.
        Error::NoComponent(error.chain().map(ToString::to_string).collect())
    })
}

/// Whether the module is a program.
///
/// # Errors
/// If the bytes are not a module, or are a component already.
fn examine(module: &[u8]) -> Result<bool, Error> {
    // The parser's own message lists the bytes' numeric values.
    match module.get(..4) {
        Some(b"\0asm") => {}
        Some(b"\x7fELF") => return Err(Error::NotWasm("it is an ELF file".to_owned())),
        Some(magic) => {
            return Err(Error::NotWasm(format!(
                "it begins with the bytes {magic:02x?}"
            )));
        }
        None => return Err(Error::NotWasm("it is too short".to_owned())),
    }
    let mut is_command = false;
    for payload in Parser::new(0).parse_all(module) {
        match payload.map_err(|error| Error::NotWasm(error.message().to_owned()))? {
            Payload::Version {
                encoding: wasmparser::Encoding::Component,
                ..
            } => {
                return Err(Error::NotWasm("it is a component already".to_owned()));
            }
            Payload::ExportSection(exports) => {
                is_command = exports
                    .into_iter()
                    .flatten()
                    .any(|export| export.name == "_start");
            }
            _ => {}
        }
    }
    Ok(is_command)
}

fn encode(module: &[u8], wasi: Adapter, options: &Options) -> anyhow::Result<Vec<u8>> {
    let mut module = module.to_vec();
    if let Some((resolve, world)) = worlds(&options.wit)? {
        let strings = match options.strings {
            Strings::Utf8 => StringEncoding::UTF8,
            Strings::Utf16 => StringEncoding::UTF16,
            Strings::CompactUtf16 => StringEncoding::CompactUTF16,
        };
        embed_component_metadata(&mut module, &resolve, world, strings, false)?;
    }
    let mut encoder = ComponentEncoder::default();
    encoder
        .reject_legacy_names(options.reject_legacy_names)
        .realloc_via_memory_grow(options.realloc_by_growing)
        .validate(options.validate)
        .merge_imports_based_on_semver(options.merge_versions)
        .module(&module)?;
    if let Some(adapter) = wasi.module() {
        encoder.adapter(provided::WASI_SNAPSHOT_PREVIEW1_ADAPTER_NAME, adapter)?;
    }
    for (name, adapter) in &options.adapters {
        encoder.adapter(name, adapter)?;
    }
    encoder.encode()
}

/// The worlds of all WIT files as one.
fn worlds(files: &[PathBuf]) -> anyhow::Result<Option<(Resolve, WorldId)>> {
    let mut merged: Option<(Resolve, WorldId)> = None;
    for file in files {
        let mut resolve = Resolve::default();
        let (package, _) = resolve.push_path(file)?;
        let world = resolve.select_world(&[package], None)?;
        merged = Some(match merged {
            None => (resolve, world),
            Some((mut all, into)) => {
                let world = all.merge(resolve)?.map_world(world, Default::default())?;
                all.merge_worlds(world, into, &mut Default::default())?;
                (all, into)
            }
        });
    }
    Ok(merged)
}

/// What to do about a module that no component can be made of.
pub(crate) fn help(diagnostic: Diagnostic) -> Diagnostic {
    let text = diagnostic.message.clone();
    if text.contains("wasm-bindgen") || text.contains("__wbindgen") {
        return diagnostic
            .help("modules for wasm-bindgen are for JavaScript; describe the interface in WIT and use wit-bindgen");
    }
    if text.contains("`env`") {
        return diagnostic
            .note("imports of `env` are symbols that nothing defined")
            .help("define them, or declare them as imports of the WIT world");
    }
    diagnostic
        .note("every import and export of the module has to be in a WIT world that it names in a `component-type` section, or come from WASI 0.1")
        .help("generate the bindings with wit-bindgen, build for `wasm32-wasip2`, or use the module without a component")
}

#[cfg(test)]
mod tests {
    use super::*;
    use wasmparser::{Validator, WasmFeatures};

    const EMPTY: &[u8] = b"\0asm\x01\0\0\0";

    /// (module (memory (export "memory") 1) (func (export "cabi_realloc") (param i32 i32 i32 i32)
    /// (result i32) unreachable) (func (export "add") (param i32 i32) (result i32) local.get 0
    /// local.get 1 i32.add))
    fn adder() -> Vec<u8> {
        let mut module = EMPTY.to_vec();
        let mut section = |id: u8, bytes: &[u8]| {
            module.push(id);
            module.push(u8::try_from(bytes.len()).unwrap());
            module.extend(bytes);
        };
        section(
            1,
            b"\x02\x60\x04\x7f\x7f\x7f\x7f\x01\x7f\x60\x02\x7f\x7f\x01\x7f",
        );
        section(3, b"\x02\x00\x01");
        section(5, b"\x01\x00\x01");
        section(
            7,
            b"\x03\x06memory\x02\x00\x0ccabi_realloc\x00\x00\x03add\x00\x01",
        );
        section(10, b"\x02\x03\x00\x00\x0b\x07\x00\x20\x00\x20\x01\x6a\x0b");
        module
    }

    #[test]
    fn a_module_and_its_world_make_a_valid_component() {
        let directory = std::env::temp_dir().join(format!("xsys-component-{}", std::process::id()));
        std::fs::create_dir_all(&directory).unwrap();
        let wit = directory.join("adder.wit");
        std::fs::write(
            &wit,
            "package test:adder; world adder { export add: func(a: s32, b: s32) -> s32; }",
        )
        .unwrap();
        let options = Options {
            wit: vec![wit],
            ..Options::default()
        };
        let component = write(&adder(), &options).unwrap();
        std::fs::remove_dir_all(&directory).unwrap();
        Validator::new_with_features(WasmFeatures::all())
            .validate_all(&component)
            .unwrap();
        let error = write(&component, &Options::default()).unwrap_err();
        assert_eq!(
            error.to_string(),
            "not a wasm module: it is a component already"
        );
    }

    #[test]
    fn what_is_no_module_is_told() {
        for bytes in [&b""[..], b"\x7fELF", b"\0asm", &EMPTY[..7]] {
            assert!(matches!(
                write(bytes, &Options::default()),
                Err(Error::NotWasm(_))
            ));
        }
        let module = adder();
        for end in 8..module.len() {
            // An error or a component; never a panic.
            let _ = write(&module[..end], &Options::default());
        }
    }

    #[test]
    fn imports_that_no_world_has_are_told() {
        let mut module = EMPTY.to_vec();
        // (type (func)) (import "env" "missing" (func (type 0)))
        module.extend(b"\x01\x04\x01\x60\x00\x00\x02\x0f\x01\x03env\x07missing\x00\x00");
        let error = write(&module, &Options::default()).unwrap_err();
        let text = error.into_diagnostic().to_string();
        assert!(text.contains("`env`"), "{text}");
        assert!(text.contains("symbols that nothing defined"), "{text}");
    }
}

//! Objects for any ELF target, from rustc alone.
//!
//! Assembler goes into a `no_core` crate that consists of one `global_asm!`: no library of the
//! target has to be installed, and the target's own assembler syntax and flags apply (AT&T on x86,
//! as usual in assembler files). Objects are kept by the hash of all that they depend on, so that
//! a second run compiles nothing.

use std::path::{Path, PathBuf};
use std::process::Command;
use std::sync::OnceLock;

use sha2::{Digest, Sha256};

use super::case::Case;
use crate::wasm::c_code;

/// Compiles a case's sources into `work`; the objects' names.
pub fn objects(
    case: &Case,
    target: &str,
    work: &Path,
    cache: &Path,
) -> Result<Vec<String>, String> {
    let mut names = Vec::new();
    for source in &case.sources {
        let stem = source
            .file_stem()
            .map(|stem| stem.to_string_lossy().into_owned())
            .unwrap_or_default();
        let file = source
            .file_name()
            .map(|name| name.to_string_lossy().into_owned())
            .unwrap_or_default();
        let name = format!("{stem}.o");
        if c_code::is_c(source) {
            let kept = c_code::object(source, &case.flags_for("clang", &file), cache)?;
            std::fs::copy(&kept, work.join(&name)).map_err(|e| format!("{name}: {e}"))?;
            names.push(name);
            continue;
        }
        let mut flags = case.flags_for("rustc", &file);
        // An object for another machine.
        let other = flags.iter().position(|flag| flag.starts_with("--target="));
        let other = other.map(|at| flags.remove(at));
        let other = other
            .as_deref()
            .and_then(|flag| flag.strip_prefix("--target="));
        let target = other.unwrap_or(target);
        let text = std::fs::read_to_string(source).map_err(|e| format!("{file}: {e}"))?;
        let text = match file.ends_with(".s") {
            true => wrap(&text, target),
            false => text,
        };
        let kept = cached(&stem, &text, &flags, target, cache)?;
        std::fs::copy(&kept, work.join(&name)).map_err(|e| format!("{name}: {e}"))?;
        names.push(name);
    }
    Ok(names)
}

/// Copies files that are not sources into the directory of the link.
pub fn copy_rest(case: &Case, work: &Path) -> Result<(), String> {
    for path in &case.others {
        if let Some(name) = path.file_name() {
            std::fs::copy(path, work.join(name)).map_err(|e| format!("{}: {e}", path.display()))?;
        }
    }
    Ok(())
}

fn wrap(text: &str, target: &str) -> String {
    let is_x86 = ["x86_64", "i586", "i686"]
        .iter()
        .any(|p| target.starts_with(p));
    let options = if is_x86 { "raw, att_syntax" } else { "raw" };
    // Where inline assembler is not stable yet.
    let feature = match target.split('-').next() {
        Some("avr" | "msp430") => ", asm_experimental_arch",
        Some(arch) if arch.starts_with("wasm") => ", asm_experimental_arch",
        _ => "",
    };
    format!(
        "#![feature(no_core, rustc_attrs{feature})]\n#![no_core]\n\
         #[rustc_builtin_macro]\nmacro_rules! global_asm {{ () => {{}} }}\n\
         global_asm!(r####\"{text}\"####, options({options}));\n"
    )
}

fn cached(
    stem: &str,
    text: &str,
    flags: &[String],
    target: &str,
    cache: &Path,
) -> Result<PathBuf, String> {
    let parts = [rustc_version(), target, &flags.join(" "), text, stem];
    kept(&parts, cache, |object| {
        let source = object.with_extension("rs");
        // If it cannot be written, rustc reports that it is missing.
        let _ = std::fs::write(&source, text);
        let mut command = rustc();
        command
            .args(["--edition", "2024", "--target", target])
            .args(["--crate-type", "lib", "--emit", "obj"])
            .args(["-Ccodegen-units=1", "-Awarnings", "-Cpanic=abort"])
            .args(["--crate-name", &stem.replace('-', "_")])
            .args(flags)
            .arg("-o")
            .arg(object)
            .arg(&source);
        command
    })
}

/// The object that `parts` determine; the compiler is called at most once for it.
pub fn kept(
    parts: &[&str],
    cache: &Path,
    compiler: impl FnOnce(&Path) -> Command,
) -> Result<PathBuf, String> {
    let mut hash = Sha256::new();
    for part in parts {
        hash.update(part.as_bytes());
        hash.update([0]);
    }
    let key: String = hash.finalize()[..12]
        .iter()
        .map(|byte| format!("{byte:02x}"))
        .collect();
    let object = cache.join(format!("{key}.o"));
    if object.exists() {
        return Ok(object);
    }
    std::fs::create_dir_all(cache).map_err(|e| format!("cannot create a folder: {e}"))?;
    // The same source may be compiled by two tests at once: each writes its own file.
    let fresh = cache.join(format!("{key}-{:?}.o", std::thread::current().id()));
    let mut command = compiler(&fresh);
    let output = command
        .output()
        .map_err(|e| format!("cannot start a compiler: {e}"))?;
    let _ = std::fs::remove_file(fresh.with_extension("rs"));
    if !output.status.success() {
        return Err(format!(
            "the compiler fails: {command:?}\n{}",
            String::from_utf8_lossy(&output.stderr)
        ));
    }
    std::fs::rename(&fresh, &object).map_err(|e| format!("cannot keep an object: {e}"))?;
    Ok(object)
}

/// rustc, with unstable features allowed whatever its channel.
pub fn rustc() -> Command {
    let mut command = Command::new(std::env::var_os("RUSTC").unwrap_or_else(|| "rustc".into()));
    command.env("RUSTC_BOOTSTRAP", "1");
    command
}

fn rustc_version() -> &'static str {
    static VERSION: OnceLock<String> = OnceLock::new();
    VERSION.get_or_init(|| match rustc().arg("-vV").output() {
        Ok(output) => String::from_utf8_lossy(&output.stdout).into_owned(),
        Err(_) => String::new(),
    })
}

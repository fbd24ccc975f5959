//! Damaged and hostile shared libraries as inputs: whatever the bytes are, a link ends with an output or with an error,
//! never with a panic, a hang or a half-written file.
//!
//! `XSYS_HOSTILE_SECONDS` makes the search longer than its fixed number of rounds, `XSYS_HOSTILE_SEED` another one.

mod damage;

use std::ffi::OsString;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::time::{Duration, Instant};

use damage::Damage;
use xsys_link::{Flavor, link_command_line};

/// Functions, variables, thread-locals and an indirect function, for both sides.
const LIBRARY: &str = r#"
    .globl f, g, v, w, t
    .type f, @function
f:  call g@PLT
    ret
    .type g, @gnu_indirect_function
g:  mov f@GOTPCREL(%rip), %rax
    ret
    .data
    .type v, @object
    .size v, 8
v:  .quad w
    .type w, @object
    .size w, 4
w:  .long 3
    .section .tdata, "awT"
    .type t, @object
    .size t, 4
t:  .long 5
"#;

const PROGRAM: &str = r#"
    .globl _start
_start:
    call f@PLT
    lea g(%rip), %rax
    mov v@GOTPCREL(%rip), %rax
    mov w(%rip), %eax
    mov t@gottpoff(%rip), %rax
    .data
    .quad f, v
"#;

fn assemble(folder: &Path, name: &str, text: &str) -> PathBuf {
    let (source, object) = (folder.join("source.rs"), folder.join(name));
    let body = format!("#![no_std]\ncore::arch::global_asm!({text:?}, options(att_syntax));");
    fs::write(&source, body).unwrap();
    let status = Command::new("rustc")
        .args(["--edition=2024", "--crate-type=lib", "--emit=obj"])
        .args(["--target=x86_64-unknown-linux-gnu", "-o"])
        .arg(&object)
        .arg(&source)
        .status()
        .unwrap();
    assert!(status.success());
    object
}

/// The words, and a file among them.
fn link(words: &[&str], files: &[&Path], output: &Path) -> bool {
    let _ = fs::remove_file(output);
    let mut args: Vec<OsString> = words.iter().map(OsString::from).collect();
    args.extend(files.iter().map(OsString::from));
    args.extend([OsString::from("-o"), output.into()]);
    let outcome = link_command_line(Flavor::Gnu, &args);
    assert!(!outcome.crashed, "{:?}", outcome.diagnostics);
    if outcome.failed {
        assert!(
            !outcome.diagnostics.is_empty(),
            "a failure without a reason"
        );
        assert!(!output.exists(), "a failed link left an output");
    }
    !outcome.failed
}

fn setup(name: &str) -> (PathBuf, PathBuf, Vec<u8>) {
    let folder = Path::new(env!("CARGO_TARGET_TMPDIR")).join(name);
    fs::create_dir_all(&folder).unwrap();
    let library = assemble(&folder, "library.o", LIBRARY);
    let program = assemble(&folder, "program.o", PROGRAM);
    let versions = folder.join("versions");
    fs::write(&versions, "V1 { f; v; }; V2 { g; w; t; } V1;").unwrap();
    let whole = folder.join("whole.so");
    let script = format!("--version-script={}", versions.display());
    assert!(link(
        &["-shared", "-soname=libw.so", &script],
        &[&library],
        &whole
    ));
    let bytes = fs::read(whole).unwrap();
    (folder, program, bytes)
}

#[test]
fn truncated_libraries_end_in_a_result() {
    let (folder, program, bytes) = setup("hostile-shared-truncated");
    let (file, output) = (folder.join("cut.so"), folder.join("out"));
    fs::write(&file, &bytes).unwrap();
    assert!(link(&[], &[&program, &file], &output));
    for length in (0..bytes.len()).step_by(bytes.len() / 200) {
        fs::write(&file, &bytes[..length]).unwrap();
        assert!(
            !link(&[], &[&program, &file], &output),
            "{length} of {} bytes link",
            bytes.len()
        );
    }
}

#[test]
fn flipped_bytes_end_in_a_result() {
    let (folder, program, bytes) = setup("hostile-shared-flipped");
    let (file, output) = (folder.join("flipped.so"), folder.join("out"));
    let number = |name: &str| std::env::var(name).ok().and_then(|text| text.parse().ok());
    let seconds = number("XSYS_HOSTILE_SECONDS").map(Duration::from_secs);
    let seed = number("XSYS_HOSTILE_SEED").unwrap_or(0x9e37_79b9_7f4a_7c15);
    let mut damage = Damage(seed | 1);
    let begin = Instant::now();
    let mut round = 0u64;
    while round < 700 || seconds.is_some_and(|time| begin.elapsed() < time) {
        let mut bad = bytes.clone();
        for _ in 0..1 + damage.next(6) {
            let at = damage.next(bad.len());
            bad[at] = match damage.next(4) {
                0 => 0xff,
                1 => 0,
                2 => 0x80,
                _ => damage.next(256) as u8,
            };
        }
        fs::write(&file, &bad).unwrap();
        let words: &[&str] = match round % 3 {
            0 => &[],
            1 => &["-pie", "--dynamic-linker=/x", "--as-needed"],
            _ => &["-shared", "-z", "now"],
        };
        link(words, &[&program, &file], &output);
        round += 1;
    }
}

//! Damaged and hostile ELF objects and archives: whatever the bytes are, a link ends with an output or
//! with an error that names the file, never with a panic, a hang or a half-written file.

mod damage;

use std::ffi::OsString;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use damage::Damage;
use xsys_link::{Flavor, link_command_line};

/// An object with code, data, strings, thread-locals, a COMDAT group and unwind tables.
const SOURCE: &str = r#"
#![no_std]
#![feature(thread_local)]
use core::fmt::Write;
#[thread_local]
static mut COUNT: u32 = 7;
static WORDS: [&str; 3] = ["one", "two", "three"];
pub struct Sink(pub usize);
impl Write for Sink {
    fn write_str(&mut self, text: &str) -> core::fmt::Result {
        self.0 += text.len();
        Ok(())
    }
}
#[unsafe(no_mangle)]
pub extern "C" fn _start() -> usize {
    let mut sink = Sink(0);
    let count = unsafe { COUNT += 1; COUNT };
    for word in WORDS {
        let _ = write!(sink, "{word} {count}");
    }
    sink.0
}
#[panic_handler]
fn panic(_: &core::panic::PanicInfo) -> ! {
    loop {}
}
"#;

fn object(folder: &Path) -> Vec<u8> {
    let source = folder.join("hostile.rs");
    let object = folder.join("hostile.o");
    fs::write(&source, SOURCE).unwrap();
    let status = Command::new("rustc")
        .env("RUSTC_BOOTSTRAP", "1")
        .args([
            "--edition=2024",
            "--crate-type=lib",
            "--emit=obj",
            "-Copt-level=1",
            "-g",
        ])
        .args(["-Ccodegen-units=1", "-o"])
        .arg(&object)
        .arg(&source)
        .status()
        .unwrap();
    assert!(status.success());
    fs::read(object).unwrap()
}

/// Links one file; the result only has to be a result.
fn link(file: &Path, output: &Path) -> bool {
    let _ = fs::remove_file(output);
    let args: Vec<OsString> = vec![
        file.into(),
        "--gc-sections".into(),
        "--eh-frame-hdr".into(),
        "--unresolved-symbols=ignore-all".into(),
        "-o".into(),
        output.into(),
    ];
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

fn folder(name: &str) -> PathBuf {
    let folder = Path::new(env!("CARGO_TARGET_TMPDIR")).join(name);
    fs::create_dir_all(&folder).unwrap();
    folder
}

#[test]
fn truncated_objects_are_refused() {
    let folder = folder("hostile-truncated");
    let bytes = object(&folder);
    let (file, output) = (folder.join("cut.o"), folder.join("out"));
    assert!({
        fs::write(&file, &bytes).unwrap();
        link(&file, &output)
    });
    for length in (0..bytes.len()).step_by(bytes.len() / 300) {
        fs::write(&file, &bytes[..length]).unwrap();
        assert!(
            !link(&file, &output),
            "{length} of {} bytes link",
            bytes.len()
        );
    }
}

#[test]
fn flipped_bytes_end_in_a_result() {
    let folder = folder("hostile-flipped");
    let bytes = object(&folder);
    let (file, output) = (folder.join("flipped.o"), folder.join("out"));
    let mut damage = Damage(0x9e37_79b9_7f4a_7c15);
    // Headers and tables decide most: half of the damage goes into the last part, where they are.
    for round in 0..1500 {
        let mut bad = bytes.clone();
        for _ in 0..1 + damage.next(4) {
            let at = if round % 2 == 0 {
                damage.next(bad.len())
            } else {
                bad.len() - 1 - damage.next(bad.len() / 4)
            };
            bad[at] = match damage.next(4) {
                0 => 0xff,
                1 => 0,
                2 => 0x80,
                _ => damage.next(256) as u8,
            };
        }
        fs::write(&file, &bad).unwrap();
        link(&file, &output);
    }
}

#[test]
fn damaged_archives_end_in_a_result() {
    let folder = folder("hostile-archive");
    let bytes = object(&folder);
    let archive = folder.join("lib.a");
    let mut builder = ar::Builder::new(Vec::new());
    builder
        .append(
            &ar::Header::new(b"member.o".to_vec(), bytes.len() as u64),
            &bytes[..],
        )
        .unwrap();
    let whole = builder.into_inner().unwrap();
    let output = folder.join("out");
    let mut damage = Damage(42);
    for _ in 0..300 {
        let mut bad = whole.clone();
        bad.truncate(damage.next(whole.len()) + 1);
        for _ in 0..damage.next(3) {
            let at = damage.next(bad.len().min(200));
            bad[at] = damage.next(256) as u8;
        }
        fs::write(&archive, &bad).unwrap();
        link(&archive, &output);
    }
}

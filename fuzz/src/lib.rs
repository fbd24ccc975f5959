//! What the fuzz targets do with their bytes: a whole link, and what must hold after it.
//!
//! The linker's own tests include this file, too, and run what fuzzing has found
//! (`crates/xsys-link/tests/hostile`).
//!
//! The linker is entered where users enter it, with files and a command line, because most of what
//! hostile bytes can break lies behind the parsers: in resolution, layout and relocation.

pub(crate) mod wasm;

use std::ffi::OsString;
use std::fs;
use std::path::{Path, PathBuf};

use xsys_link::{Flavor, link_command_line};

/// Bytes that no output of a fuzzed link may exceed.
const LARGEST: u64 = (256 << 20) + (16 << 15);

/// A folder for one process's inputs and outputs.
pub(crate) struct Bench {
    folder: PathBuf,
}

impl Bench {
    /// A folder of this process's own, in memory where the system has such a place.
    pub(crate) fn new(name: &str) -> Self {
        let memory = Path::new("/dev/shm");
        let parent = match memory.is_dir() {
            true => memory.to_path_buf(),
            false => std::env::temp_dir(),
        };
        let folder = parent.join(format!("xsys-{name}-{}", std::process::id()));
        fs::create_dir_all(&folder).expect("a folder for the inputs");
        Self { folder }
    }

    /// Writes an input and gives its path.
    pub(crate) fn file(&self, name: &str, bytes: &[u8]) -> PathBuf {
        let path = self.folder.join(name);
        fs::write(&path, bytes).expect("a file for the input");
        path
    }

    /// Links, and checks that a failure has a reason and leaves nothing behind. Gives the path of
    /// the output, if there is one.
    pub(crate) fn link(&self, flavor: Flavor, args: &[&str], files: &[&Path]) -> Option<PathBuf> {
        let output = self.folder.join("out");
        let _ = fs::remove_file(&output);
        let mut words: Vec<OsString> = args.iter().map(OsString::from).collect();
        words.extend(files.iter().map(|file| file.as_os_str().to_owned()));
        words.extend(["--threads=1", "-o"].map(OsString::from));
        words.push(output.clone().into());
        let outcome = link_command_line(flavor, &words);
        assert!(!outcome.crashed, "{:?}", outcome.diagnostics);
        if outcome.failed {
            assert!(
                !outcome.diagnostics.is_empty(),
                "a failure without a reason"
            );
            assert!(!output.exists(), "a failed link left an output");
            return None;
        }
        if let Ok(file) = fs::metadata(&output) {
            // Inputs are small; an output that is not would be a way to fill disks.
            assert!(file.len() <= LARGEST, "an output of {} bytes", file.len());
        }
        output.exists().then_some(output)
    }
}

impl Default for Bench {
    fn default() -> Self {
        Self::new("fuzz")
    }
}

impl Drop for Bench {
    fn drop(&mut self) {
        // What stays behind is no reason to fail.
        let _ = fs::remove_dir_all(&self.folder);
    }
}

/// Command lines that reach different passes; the first byte of an input chooses one.
pub(crate) const COMMAND_LINES: &[&[&str]] = &[
    &[
        "--gc-sections",
        "--eh-frame-hdr",
        "--unresolved-symbols=ignore-all",
    ],
    &[
        "--unresolved-symbols=ignore-all",
        "-Map=/dev/null",
        "--cref",
    ],
    &[
        "--gc-sections",
        "--print-gc-sections",
        "-static",
        "-pie",
        "--unresolved-symbols=ignore-all",
    ],
    &[
        "-T",
        "region.x",
        "--print-memory-usage",
        "--unresolved-symbols=ignore-all",
    ],
    &["-r"],
    &["--emit-relocs", "--unresolved-symbols=ignore-all"],
    &[
        "--strip-all",
        "--build-id",
        "--unresolved-symbols=ignore-all",
    ],
    &[
        "--icf=all",
        "--gc-sections",
        "--unresolved-symbols=ignore-all",
    ],
];

/// The script that `region.x` in a command line stands for.
pub(crate) const REGIONS: &str = "
MEMORY { FLASH (rx) : ORIGIN = 0x1000, LENGTH = 64K  RAM (rw) : ORIGIN = 0x20000000, LENGTH = 64K }
ENTRY(_start)
SECTIONS {
  .text : { KEEP(*(.init)) *(.text .text.*) } > FLASH
  .rodata : ALIGN(4) { *(.rodata .rodata.*) } > FLASH
  .data : { _sdata = .; *(SORT_BY_ALIGNMENT(.data .data.*)) _edata = .; } > RAM AT> FLASH
  .bss (NOLOAD) : { *(.bss .bss.* COMMON) } > RAM
  /DISCARD/ : { *(.comment) }
  ASSERT(_edata >= _sdata, \"order\")
}
";

/// The object that a fuzzed script places: sections of several kinds, a relocation between them, a
/// common symbol (x86_64).
const PLACED: &[u8] = include_bytes!("../fuzz_targets/script-input.o");

/// Bytes as a linker script: lexer, parser, evaluator and layout.
pub(crate) fn script(bench: &Bench, data: &[u8]) {
    let object = bench.file("placed.o", PLACED);
    let script = bench.file("script.x", data);
    bench.link(Flavor::Gnu, &["-T"], &[&script, &object]);
}

/// Bytes as an ELF object, alone in a link; the first one chooses the command line. `false`: they
/// are something else.
pub(crate) fn object(bench: &Bench, data: &[u8]) -> bool {
    let Some((first, bytes)) = data.split_first() else {
        return false;
    };
    // Anything else would be read as a linker script.
    if !bytes.starts_with(b"\x7fELF") {
        return false;
    }
    let words = COMMAND_LINES[usize::from(*first) % COMMAND_LINES.len()];
    let region = bench.folder.join("region.x");
    if words.contains(&"region.x") && !region.exists() {
        bench.file("region.x", REGIONS.as_bytes());
    }
    let region = region.display().to_string();
    let words: Vec<&str> = words
        .iter()
        .map(|word| if *word == "region.x" { &*region } else { word })
        .collect();
    let file = bench.file("input.o", bytes);
    bench.link(Flavor::Gnu, &words, &[&file]);
    true
}

/// Bytes as an archive, asked for by symbol and taken whole. `false`: they are something else.
pub(crate) fn archive(bench: &Bench, data: &[u8]) -> bool {
    if !data.starts_with(b"!<arch>\n") && !data.starts_with(b"!<thin>\n") {
        return false;
    }
    let file = bench.file("input.a", data);
    let asked = [
        "--unresolved-symbols=ignore-all",
        "--undefined=helper",
        "--undefined=start",
        "--undefined=_start",
        "--undefined=main",
    ];
    bench.link(Flavor::Gnu, &asked, &[&file]);
    bench.link(
        Flavor::Gnu,
        &["--unresolved-symbols=ignore-all", "--whole-archive"],
        &[&file],
    );
    true
}

//! What fuzzing has found stays found: every file below `hostile/` ends in an image or in an error.
//!
//! The folders are named after the fuzz targets, whose code runs here, too.

#[path = "../../../fuzz/src/lib.rs"]
mod bench;

use std::fs;
use std::path::{Path, PathBuf};

fn findings(kind: &str) -> Vec<(PathBuf, Vec<u8>)> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR"))
        .join("tests/hostile")
        .join(kind);
    let mut files: Vec<PathBuf> = fs::read_dir(folder)
        .unwrap()
        .map(|entry| entry.unwrap().path())
        .collect();
    files.sort();
    assert!(!files.is_empty());
    files
        .into_iter()
        .map(|file| {
            let bytes = fs::read(&file).unwrap();
            (file, bytes)
        })
        .collect()
}

#[test]
fn scripts() {
    let bench = bench::Bench::new("scripts");
    for (_, bytes) in findings("script") {
        bench::script(&bench, &bytes);
    }
}

#[test]
fn objects() {
    let bench = bench::Bench::new("objects");
    for (file, bytes) in findings("object") {
        assert!(bench::object(&bench, &bytes), "{}", file.display());
    }
}

#[test]
fn archives() {
    let bench = bench::Bench::new("archives");
    for (file, bytes) in findings("archive") {
        assert!(bench::archive(&bench, &bytes), "{}", file.display());
    }
}

#[test]
fn wasm() {
    let bench = bench::Bench::new("wasm");
    for (file, bytes) in findings("wasm") {
        assert!(bench::wasm::link(&bench, &bytes), "{}", file.display());
    }
}

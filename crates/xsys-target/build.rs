//! Lists the bundled boards for `src/bundled.rs`: a table of every file below `sysroots/`.
//!
//! A package has the same files in `boards/`. There a board's `hello/Cargo.toml` is called `Cargo.toml.in`, for cargo
//! packages no directory that is a package itself (`scripts/link-boards` makes the links that it follows).
//!
//! Directories called `target` are build output of the boards' example projects: they are neither
//! embedded nor watched, or building an example would rebuild xsys.

use std::env;
use std::fmt::Write as _;
use std::fs;
use std::path::{Path, PathBuf};

fn main() {
    let manifest = PathBuf::from(env::var_os("CARGO_MANIFEST_DIR").expect("cargo sets it"));
    let root = match manifest.join("../../sysroots").canonicalize() {
        Ok(repository) => repository,
        Err(_) => manifest.join("boards"),
    };
    println!("cargo::rerun-if-changed=build.rs");

    let mut table = String::from("static BOARDS: &[(&str, &[File])] = &[\n");
    for board in entries(&root) {
        if !board.join("board.toml").is_file() {
            continue;
        }
        let mut files = Vec::new();
        walk(&board, "", &mut files);
        files.sort();
        let name = board.file_name().and_then(|name| name.to_str());
        writeln!(
            table,
            "    ({:?}, &[",
            name.expect("a board's name is UTF-8")
        )
        .unwrap();
        for (name, path) in files {
            println!("cargo::rerun-if-changed={}", path.display());
            let path = path.to_str().expect("a board's path is UTF-8");
            writeln!(table, "        ({name:?}, include_bytes!({path:?})),").unwrap();
        }
        table.push_str("    ]),\n");
    }
    table.push_str("];\n");

    let out = PathBuf::from(env::var_os("OUT_DIR").expect("cargo sets it")).join("boards.rs");
    fs::write(out, table).expect("the build directory can be written");
}

/// Collects the files below a directory. Directories are watched too, so that new files are noticed,
/// but not those in which cargo may put a `target`: cargo would watch that with them.
fn walk(directory: &Path, prefix: &str, files: &mut Vec<(String, PathBuf)>) {
    let start = files.len();
    for path in entries(directory) {
        let name = path.file_name().and_then(|name| name.to_str());
        let name = name.expect("a board's files have UTF-8 names");
        if path.is_dir() {
            if name != "target" {
                walk(&path, &format!("{prefix}{name}/"), files);
            }
        } else {
            let name = if name == "Cargo.toml.in" {
                "Cargo.toml"
            } else {
                name
            };
            files.push((format!("{prefix}{name}"), path));
        }
    }
    if !files[start..]
        .iter()
        .any(|(name, _)| name.ends_with("Cargo.toml"))
    {
        println!("cargo::rerun-if-changed={}", directory.display());
    }
}

fn entries(directory: &Path) -> Vec<PathBuf> {
    let Ok(entries) = fs::read_dir(directory) else {
        return Vec::new();
    };
    let mut paths: Vec<PathBuf> = entries.flatten().map(|entry| entry.path()).collect();
    paths.sort();
    paths
}

//! Lists the sources of the appliances' init for `src/appliance/init.rs`: xsys carries them and builds them for
//! whatever machine an appliance is for.

use std::env;
use std::fmt::Write as _;
use std::fs;
use std::path::{Path, PathBuf};

fn main() {
    let manifest = PathBuf::from(env::var_os("CARGO_MANIFEST_DIR").expect("cargo sets it"));
    let root = manifest.join("../xsys-init");
    let root = root.canonicalize().unwrap_or(root);
    println!("cargo::rerun-if-changed=build.rs");
    println!("cargo::rerun-if-changed={}", root.join("src").display());
    let mut table = String::from("&[\n");
    let mut files = vec![root.join("Cargo.toml")];
    files.extend(sources(&root.join("src")));
    for path in files {
        println!("cargo::rerun-if-changed={}", path.display());
        let name = path.strip_prefix(&root).expect("the file is in the folder");
        let name = name.to_str().expect("names of sources are UTF-8");
        let path = path.to_str().expect("the path of the sources is UTF-8");
        writeln!(table, "    ({name:?}, include_str!({path:?})),").unwrap();
    }
    table.push_str("]\n");
    let out = PathBuf::from(env::var_os("OUT_DIR").expect("cargo sets it"));
    fs::write(out.join("init_sources.rs"), table).expect("the output folder can be written to");
}

/// The files of a folder without folders, sorted.
fn sources(folder: &Path) -> Vec<PathBuf> {
    let entries = fs::read_dir(folder).expect("the init's sources are there");
    let mut files: Vec<PathBuf> = entries
        .map(|entry| entry.expect("a folder can be read").path())
        .filter(|path| path.is_file())
        .collect();
    files.sort();
    files
}

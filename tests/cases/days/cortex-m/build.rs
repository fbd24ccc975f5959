//! The usual build script of a cortex-m-rt project: memory.x where the linker finds it, and a
//! constant from a file.

use std::{env, fs, path::PathBuf};

fn main() {
    let out = PathBuf::from(env::var_os("OUT_DIR").unwrap());
    fs::copy("memory.x", out.join("memory.x")).unwrap();
    let rate: u32 = fs::read_to_string("rate.txt").unwrap().trim().parse().unwrap();
    fs::write(out.join("rate.rs"), format!("pub const RATE: u32 = {rate};\n")).unwrap();
    println!("cargo:rustc-link-search={}", out.display());
    println!("cargo:rustc-link-arg-bins=-Tlink.x");
    println!("cargo:rerun-if-changed=memory.x");
    println!("cargo:rerun-if-changed=rate.txt");
}

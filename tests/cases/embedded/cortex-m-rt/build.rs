//! Each processor's board has its own memory; link.x includes `memory.x`.

use std::path::PathBuf;
use std::{env, fs};

fn main() {
    let target = env::var("TARGET").unwrap();
    let core = target.split('-').next().unwrap();
    let memory = format!("memory/{core}.x");
    let out = PathBuf::from(env::var("OUT_DIR").unwrap());
    fs::copy(&memory, out.join("memory.x")).expect("every processor has a layout");
    println!("cargo:rustc-link-search={}", out.display());
    println!("cargo:rustc-link-arg=-Tlink.x");
    println!("cargo:rustc-check-cfg=cfg(small)");
    if core == "thumbv6m" {
        println!("cargo:rustc-cfg=small");
    }
    println!("cargo:rerun-if-changed=memory");
}

//! Runs on the machine that builds: must know the target, and must not be built like it.

use std::env::var;

fn main() {
    println!("cargo::rustc-check-cfg=cfg(for_the_target)");
    assert_ne!(var("HOST"), var("TARGET"));
    assert_eq!(var("CARGO_CFG_TARGET_ENV").as_deref(), Ok("musl"));
    assert!(!cfg!(for_the_target), "flags of the target reached the build script");
    println!("cargo::rustc-env=BUILT_FOR={}", var("TARGET").unwrap());
}

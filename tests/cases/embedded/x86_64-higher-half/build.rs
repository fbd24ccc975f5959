fn main() {
    println!("cargo:rustc-link-arg=-Tkernel.ld");
    println!("cargo:rustc-link-search={}", std::env::var("CARGO_MANIFEST_DIR").unwrap());
    println!("cargo:rerun-if-changed=kernel.ld");
}

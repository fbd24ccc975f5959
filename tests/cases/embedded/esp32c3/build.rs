//! esp-hal brings all scripts.

fn main() {
    println!("cargo:rustc-link-arg=-Tlinkall.x");
}

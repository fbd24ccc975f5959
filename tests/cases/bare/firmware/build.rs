//! A program of the host that runs while the firmware is built.

fn main() {
    println!("cargo::rustc-env=MADE_BY=build-script");
}

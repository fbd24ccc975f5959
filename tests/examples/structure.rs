//! Prints the structure of all crates: files, arrows, circles, public items, long functions; or every arrow by
//! itself; or what breaks rules, in the form of `tests/tidy.toml`.
//! `cargo run -p xsys-tests --example structure [-- --all | --arrows | --broken]`
#![allow(clippy::print_stdout)] // that is what it is for

use xsys_tests::house;

fn main() {
    let all = std::env::args().any(|argument| argument == "--all");
    let arrows = std::env::args().any(|argument| argument == "--arrows");
    let crates = house::crates();
    if std::env::args().any(|argument| argument == "--broken") {
        print!("{}", house::table::broken(&crates));
    } else if arrows {
        print!("{}", house::table::arrows(&crates));
    } else {
        print!("{}", house::table::text(&crates, all));
    }
}

//! Prints the structure of all crates: files, arrows, circles, public items, long functions; or every arrow by itself.
//! `cargo run -p xsys-tests --example structure [-- --all | --arrows]`
#![allow(clippy::print_stdout)] // that is what it is for

use xsys_tests::house;

fn main() {
    let all = std::env::args().any(|argument| argument == "--all");
    let arrows = std::env::args().any(|argument| argument == "--arrows");
    let crates = house::crates();
    if arrows {
        print!("{}", house::table::arrows(&crates));
    } else {
        print!("{}", house::table::text(&crates, all));
    }
}

//! Ends with the number of its arguments.

use std::process::ExitCode;

fn main() -> ExitCode {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    println!("arguments: {arguments:?}");
    ExitCode::from(arguments.len() as u8)
}

//! A program for small Linux machines that checks the standard library it is built with.
//!
//! Everything a service needs and a broken toolchain breaks first: threads, thread-local values
//! with destructors, hash maps (they need random numbers), files, sockets, time, unwinding and
//! backtraces. Prints a line for each and ends with the number of failed checks.

mod checks;

use std::process::ExitCode;

fn main() -> ExitCode {
    println!(
        "hello from {} {}, {} bit, process {}",
        std::env::consts::ARCH,
        std::env::consts::OS,
        usize::BITS,
        std::process::id()
    );
    let mut failed = 0;
    for (name, check) in checks::ALL {
        match check() {
            Ok(detail) => println!("ok   {name}: {detail}"),
            Err(reason) => {
                println!("FAIL {name}: {reason}");
                failed += 1;
            }
        }
    }
    println!("{} checks, {failed} failed", checks::ALL.len());
    ExitCode::from(failed)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn checks_pass() {
        for (name, check) in checks::ALL {
            let outcome = check();
            assert!(outcome.is_ok(), "{name}: {outcome:?}");
        }
    }
}

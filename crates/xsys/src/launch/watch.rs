//! Emulators that do not end by themselves: their output tells when to stop them.
//!
//! A microcontroller has no system to exit to, and not every emulator offers another way. A board
//! can name lines of output that end the run, one for success and one for failure.

use std::io::{Read, Write};
use std::process::{Command, Stdio};

use xsys_target::Stop;

use crate::children;
use crate::error::Result;
use crate::programs::cannot_start;
use crate::variables;

/// Only the beginning of longer lines is compared.
const LONGEST: usize = 4096;

/// Runs a command until a line of its output begins with one of the two texts; 0 for success, 1 for
/// failure, its own code if it ends before.
pub(crate) fn until(mut command: Command, stop: &Stop) -> Result<u8> {
    variables::hide(&mut command);
    let program = std::path::PathBuf::from(command.get_program());
    children::watch();
    let mut child = children::spawn(command.stdout(Stdio::piped()))
        .map_err(|error| cannot_start(&program, &error))?;
    let verdict = child
        .stdout
        .take()
        .and_then(|output| read(output, std::io::stdout(), stop));
    if verdict.is_some() {
        // Killing it loses nothing: all output that matters has been read.
        let _ = child.kill();
    }
    let status = children::wait(&mut child);
    Ok(match (verdict, status) {
        (Some(passed), _) => u8::from(!passed),
        (None, Ok(status)) => u8::try_from(status.code().unwrap_or(1) & 0xff).unwrap_or(1),
        (None, Err(_)) => 1,
    })
}

/// Copies the output as it comes; returns whether the line that ends it means success.
fn read(mut from: impl Read, mut to: impl Write, stop: &Stop) -> Option<bool> {
    let mut line = Vec::new();
    let mut buffer = [0; 1024];
    loop {
        let count = match from.read(&mut buffer) {
            Ok(0) | Err(_) => return None,
            Ok(count) => count,
        };
        let (mut verdict, mut used) = (None, count);
        for (at, &byte) in buffer[..count].iter().enumerate() {
            if byte == b'\n' {
                verdict = judge(&line, stop);
                line.clear();
                if verdict.is_some() {
                    used = at + 1;
                    break;
                }
            } else if line.len() < LONGEST {
                line.push(byte);
            }
        }
        // A closed reader is no reason to stop the program.
        let _ = to.write_all(&buffer[..used]).and_then(|()| to.flush());
        if verdict.is_some() {
            return verdict;
        }
    }
}

fn judge(line: &[u8], stop: &Stop) -> Option<bool> {
    if line.starts_with(stop.pass.as_bytes()) {
        return Some(true);
    }
    let fail = stop.fail.as_ref()?;
    line.starts_with(fail.as_bytes()).then_some(false)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_line_ends_it() {
        let stop = Stop {
            pass: "passed".to_owned(),
            fail: Some("FAIL".to_owned()),
        };
        for (output, verdict, shown) in [
            ("a\r\npassed\r\nb\n", Some(true), "a\r\npassed\r\n"),
            ("FAIL x\npassed\n", Some(false), "FAIL x\n"),
            ("not passed\npass", None, "not passed\npass"),
            ("", None, ""),
        ] {
            let mut copy = Vec::new();
            assert_eq!(read(output.as_bytes(), &mut copy, &stop), verdict);
            assert_eq!(copy, shown.as_bytes());
        }
    }
}

//! What a machine writes to its standard error while gdb uses the terminal.
//!
//! When gdb ends a session, QEMU prints `QEMU: Terminated via GDBstub` at the same moment as gdb's own message, often
//! in the middle of gdb's line. QEMU's line is left out. Everything else (a program's semihosting output, QEMU's own
//! errors) is passed on at once.

use std::io::{Read, Write};

/// The beginning of QEMU's line; its errors have the program's name in front.
const NAME: &[u8] = b"qemu-system-";
const FAREWELL: &[u8] = b"QEMU: Terminated via GDBstub";

/// Copies until the machine ends, or one side is closed.
pub(super) fn without_farewell(mut machine: impl Read, mut terminal: impl Write) {
    let mut held: Vec<u8> = Vec::new();
    let mut buffer = [0; 4096];
    loop {
        let count = match machine.read(&mut buffer) {
            Ok(0) | Err(_) => break,
            Ok(count) => count,
        };
        held.extend_from_slice(&buffer[..count]);
        let ready = settled(&held);
        let rest = held.split_off(ready);
        if write(&mut terminal, &held).is_err() {
            return;
        }
        held = rest;
    }
    let _ = write(&mut terminal, &held);
}

/// How many bytes can be passed on: all except a last line that may become QEMU's.
fn settled(bytes: &[u8]) -> usize {
    let start = bytes
        .iter()
        .rposition(|&b| b == b'\n')
        .map_or(0, |at| at + 1);
    let last = &bytes[start..];
    let may_become = last.starts_with(NAME) || NAME.starts_with(last);
    if may_become { start } else { bytes.len() }
}

fn write(terminal: &mut impl Write, bytes: &[u8]) -> std::io::Result<()> {
    for line in bytes.split_inclusive(|&b| b == b'\n') {
        let farewell = line.starts_with(NAME) && line.trim_ascii_end().ends_with(FAREWELL);
        if !farewell {
            terminal.write_all(line)?;
        }
    }
    terminal.flush()
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Reads one piece at a time, as they come out of a pipe.
    struct Pieces(Vec<&'static str>);

    impl Read for Pieces {
        fn read(&mut self, buffer: &mut [u8]) -> std::io::Result<usize> {
            if self.0.is_empty() {
                return Ok(0);
            }
            let piece = self.0.remove(0).as_bytes();
            buffer[..piece.len()].copy_from_slice(piece);
            Ok(piece.len())
        }
    }

    #[test]
    fn only_the_farewell_is_left_out() {
        let mut told = Vec::new();
        without_farewell(
            Pieces(vec![
                "qemu-system-arm: warning: old\n",
                "qemu-sys",
                "tem-arm: QEMU: Terminated via GDBstub\nbye",
                "\nqemu",
            ]),
            &mut told,
        );
        let told = String::from_utf8(told).unwrap();
        assert_eq!(told, "qemu-system-arm: warning: old\nbye\nqemu");
    }

    #[test]
    fn a_prompt_is_not_held_back() {
        assert_eq!(settled(b"name? "), 6);
        assert_eq!(settled(b"one\nqemu-system-arm: QEMU: Term"), 4);
        assert_eq!(settled(b"one\n"), 4);
    }
}

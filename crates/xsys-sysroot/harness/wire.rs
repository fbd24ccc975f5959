//! What a program tells `xsys test`: lines that begin with a byte no test prints.
//!
//! ```text
//! RS list US flags US name US why ignored US expected panic US file US line US column US line US column LF
//! RS end LF
//! RS start LF
//! RS pass LF
//! RS fail US what the test returned LF
//! RS panic US place US message LF
//! ```
//!
//! RS is 0x1e, US is 0x1f. In texts, control characters and `\` are `\` and two hexadecimal digits.
//! `flags` are letters: `i` ignored, `p` should panic, `e` with a message, `b` a benchmark. Numbers and
//! texts are written without `core::fmt`, whose tables would not fit an ATmega's memory.

use core::fmt;

use crate::machine;
use crate::types::{ShouldPanic, TestDescAndFn, TestFn};

const BEGIN: &str = "\x1e";
const NEXT: &str = "\x1f";
const END: &str = "\n";

pub fn listed(test: &TestDescAndFn) {
    let desc = &test.desc;
    machine::print(BEGIN);
    machine::print("list");
    machine::print(NEXT);
    if desc.ignore {
        machine::print("i");
    }
    let expected = match desc.should_panic {
        ShouldPanic::No => "",
        ShouldPanic::Yes => {
            machine::print("p");
            ""
        }
        ShouldPanic::YesWithMessage(message) => {
            machine::print("pe");
            message
        }
    };
    if let TestFn::StaticBenchFn(_) = test.testfn {
        machine::print("b");
    }
    let reason = desc.ignore_message.unwrap_or("");
    for part in [desc.name.as_slice(), reason, expected, desc.source_file] {
        machine::print(NEXT);
        text(part);
    }
    for part in [desc.start_line, desc.start_col, desc.end_line, desc.end_col] {
        machine::print(NEXT);
        number(part);
    }
    machine::print(END);
}

pub fn finished() {
    word("end");
}

pub fn started() {
    word("start");
}

pub fn passed() {
    word("pass");
}

fn word(word: &str) {
    machine::print(BEGIN);
    machine::print(word);
    machine::print(END);
}

/// A test that returned an error.
pub fn failed(error: &dyn fmt::Debug) {
    machine::print(BEGIN);
    machine::print("fail");
    machine::print(NEXT);
    let _ = fmt::write(&mut Escaped, format_args!("{error:?}"));
    machine::print(END);
}

/// A panic, with its message in a form that costs what this processor can afford.
pub fn panicked(file: &str, line: u32, column: u32, message: Message<'_>) {
    machine::print(BEGIN);
    machine::print("panic");
    machine::print(NEXT);
    text(file);
    machine::print(":");
    number(line as usize);
    machine::print(":");
    number(column as usize);
    machine::print(NEXT);
    match message {
        Message::Text(message) => text(message),
        #[cfg(not(any(target_arch = "avr", target_arch = "msp430", xsys_std)))]
        Message::Formatted(message) => {
            let _ = fmt::write(&mut Escaped, format_args!("{message}"));
        }
    }
    machine::print(END);
}

#[derive(Clone, Copy)]
pub enum Message<'a> {
    Text(&'a str),
    #[cfg(not(any(target_arch = "avr", target_arch = "msp430", xsys_std)))]
    Formatted(&'a dyn fmt::Display),
}

/// Writes formatted text.
struct Escaped;

impl fmt::Write for Escaped {
    fn write_str(&mut self, part: &str) -> fmt::Result {
        text(part);
        Ok(())
    }
}

// Nothing below may panic: the message would be formatted.

fn text(text: &str) {
    let mut rest = text;
    let special = |byte: &u8| *byte < b' ' || *byte == b'\\' || *byte == 0x7f;
    while let Some(at) = rest.as_bytes().iter().position(special) {
        machine::print(rest.get(..at).unwrap_or_default());
        let byte = rest.as_bytes().get(at).copied().unwrap_or_default();
        machine::print("\\");
        digit(byte >> 4);
        digit(byte & 15);
        rest = rest.get(at + 1..).unwrap_or_default();
    }
    machine::print(rest);
}

fn digit(value: u8) {
    let at = usize::from(value);
    machine::print("0123456789abcdef".get(at..=at).unwrap_or_default());
}

fn number(number: usize) {
    if number > 9 {
        self::number(number / 10);
    }
    digit((number % 10) as u8);
}

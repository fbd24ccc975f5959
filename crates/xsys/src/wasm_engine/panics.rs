//! A panic's message, read from a program's memory after it ended.
//!
//! Without an operating system, std cannot print a panic's message. But [`record`](super::record) keeps the arguments
//! of `core::panicking::panic_fmt` and of the panic handler: the addresses of a `core::fmt::Arguments` and a
//! `core::panic::Location`. Their layouts are not specified (these are of Rust 1.93 and later), so every field is
//! checked before it is used.

use crate::wasm_engine::record::{PANIC_ARGUMENTS, PANIC_FMT, PANIC_HANDLER};
use crate::wasm_engine::symbols::Symbols;

/// Longer messages are truncated.
const LONGEST: usize = 2000;

/// What is known of a panic.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) struct Panic {
    pub file: String,
    pub line: u32,
    pub column: u32,
    pub message: Option<String>,
}

/// A program's memory and the size of its pointers.
struct Remains<'a> {
    memory: &'a [u8],
    word: u64,
    symbols: &'a Symbols<'a>,
}

/// The last panic, from the memory of the calls and the program's own.
pub(super) fn last<'a>(
    calls: &[u8],
    memory: &'a [u8],
    is_64: bool,
    symbols: &'a Symbols<'a>,
) -> Option<Panic> {
    let remains = Remains {
        memory,
        word: if is_64 { 8 } else { 4 },
        symbols,
    };
    let kept = |place: u32| -> Option<Vec<u64>> {
        let start = place as usize;
        let bytes = calls.get(start..start + 8 * PANIC_ARGUMENTS)?;
        Some(bytes.chunks_exact(8).map(number).collect())
    };
    remains
        .of_panic_fmt(&kept(PANIC_FMT)?)
        .or_else(|| remains.of_handler(&kept(PANIC_HANDLER)?))
}

fn number(bytes: &[u8]) -> u64 {
    let mut word = [0; 8];
    let len = bytes.len().min(8);
    word[..len].copy_from_slice(&bytes[..len]);
    u64::from_le_bytes(word)
}

impl Remains<'_> {
    /// `panic_fmt(fmt: Arguments, caller: &Location)`: two words by value, and an address.
    fn of_panic_fmt(&self, arguments: &[u64]) -> Option<Panic> {
        let (at, mut panic) = arguments
            .iter()
            .enumerate()
            .find_map(|(at, &addr)| Some((at, self.location(addr)?)))?;
        panic.message = match (at, arguments) {
            (2, &[template, values, ..]) => self.message(template, values),
            // By address, as some code generators pass it.
            (1, &[addr, ..]) => self.message_at(addr),
            _ => None,
        };
        Some(panic)
    }

    /// `panic_impl(info: &PanicInfo)`, which contains the addresses of both.
    fn of_handler(&self, arguments: &[u64]) -> Option<Panic> {
        let info = *arguments.first()?;
        let fields = [self.word(info)?, self.word(info.checked_add(self.word)?)?];
        let at = (0..2).find(|&at| self.location(fields[at]).is_some())?;
        let mut panic = self.location(fields[at])?;
        panic.message = self.message_at(fields[1 - at]);
        Some(panic)
    }

    fn bytes(&self, addr: u64, len: u64) -> Option<&[u8]> {
        let start = usize::try_from(addr).ok()?;
        let end = usize::try_from(addr.checked_add(len)?).ok()?;
        self.memory.get(start..end)
    }

    fn word(&self, addr: u64) -> Option<u64> {
        self.bytes(addr, self.word).map(number)
    }

    fn text(&self, addr: u64, len: u64) -> Option<&str> {
        if len > LONGEST as u64 {
            return None;
        }
        std::str::from_utf8(self.bytes(addr, len)?).ok()
    }

    /// A `Location`: the file's name, line and column.
    fn location(&self, addr: u64) -> Option<Panic> {
        if addr == 0 {
            return None;
        }
        let file = self.text(self.word(addr)?, self.word(addr + self.word)?)?;
        let line = number(self.bytes(addr + 2 * self.word, 4)?);
        let column = number(self.bytes(addr + 2 * self.word + 4, 4)?);
        let plausible = file.len() > 3
            && file.ends_with(".rs")
            && !file.contains(char::is_control)
            && (1..=1_000_000).contains(&line)
            && (1..=100_000).contains(&column);
        plausible.then(|| Panic {
            file: file.to_owned(),
            line: line as u32,
            column: column as u32,
            message: None,
        })
    }

    fn message_at(&self, addr: u64) -> Option<String> {
        self.message(self.word(addr)?, self.word(addr.checked_add(self.word)?)?)
    }

    /// `Arguments`: a text and its length (with the lowest bit set), or a template and values.
    fn message(&self, template: u64, values: u64) -> Option<String> {
        if values & 1 == 1 {
            let text = self.text(template, values >> 1)?;
            return (!text.is_empty()).then(|| text.to_owned());
        }
        let mut message = String::new();
        let mut at = template;
        let mut next = 0;
        let mut take = |len: u64| {
            let bytes = self.bytes(at, len)?;
            at += len;
            Some(bytes)
        };
        while message.len() < LONGEST {
            let head = number(take(1)?);
            match head {
                // Nothing could be read: there is no message to show.
                0 => return message.contains(char::is_alphanumeric).then_some(message),
                1..=0x7f => message.push_str(std::str::from_utf8(take(head)?).ok()?),
                0x80 => {
                    let len = number(take(2)?);
                    message.push_str(std::str::from_utf8(take(len)?).ok()?);
                }
                0xc0.. => {
                    for (bit, len) in [(1, 4), (2, 2), (4, 2)] {
                        if head & bit != 0 {
                            take(len)?;
                        }
                    }
                    if head & 8 != 0 {
                        next = number(take(2)?);
                    }
                    message.push_str(&self.value(values, next).unwrap_or("…".to_owned()));
                    next += 1;
                }
                _ => return None,
            }
        }
        message.truncate(message.floor_char_boundary(LONGEST));
        Some(message)
    }

    /// A formatted value, if it is a number or a text: recognised by its formatter.
    fn value(&self, values: u64, index: u64) -> Option<String> {
        let entry = values.checked_add(index.checked_mul(2 * self.word)?)?;
        self.formatted(self.word(entry)?, self.word(entry + self.word)?)
    }

    fn formatted(&self, addr: u64, formatter: u64) -> Option<String> {
        let name = self.symbols.name(self.symbols.element(0, formatter)?);
        let is = |ty: &str| {
            ["Display", "Debug"].iter().any(|kind| {
                name.ends_with(&format!("core::fmt::{kind} for {ty}>::fmt"))
                    || name == format!("<{ty} as core::fmt::{kind}>::fmt")
            })
        };
        let quoted = name.contains("Debug");
        let text = |ptr: u64| {
            let text = self.text(self.word(ptr)?, self.word(ptr + self.word)?)?;
            Some(match quoted {
                true => format!("{text:?}"),
                false => text.to_owned(),
            })
        };
        let (size, signed) = match () {
            () if is("usize") => (self.word, false),
            () if is("isize") => (self.word, true),
            () if is("u8") => (1, false),
            () if is("u16") => (2, false),
            () if is("u32") => (4, false),
            () if is("u64") => (8, false),
            () if is("i8") => (1, true),
            () if is("i16") => (2, true),
            () if is("i32") => (4, true),
            () if is("i64") => (8, true),
            // The value is a `&str` that the argument points to.
            () if is("str") || is("&str") => return text(addr),
            () if is("alloc::string::String") => return text(addr + self.word),
            // The error of `unwrap`: an address, and a table in which the formatter comes after
            // three other entries.
            () if is("&dyn core::fmt::Debug") => {
                let table = self.word(addr + self.word)?;
                return self.concrete(self.word(addr)?, self.word(table + 3 * self.word)?);
            }
            () => return None,
        };
        let value = number(self.bytes(addr, size)?);
        Some(match signed {
            true => {
                let unused = 64 - 8 * size as u32;
                ((value << unused).cast_signed() >> unused).to_string()
            }
            false => value.to_string(),
        })
    }

    /// Behind a `dyn`; the depth is limited.
    fn concrete(&self, addr: u64, formatter: u64) -> Option<String> {
        let name = self.symbols.name(self.symbols.element(0, formatter)?);
        match name.contains("&dyn ") {
            true => None,
            false => self.formatted(addr, formatter),
        }
    }
}

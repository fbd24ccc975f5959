//! The language of `//# check:`: arithmetic over a linked image.
//!
//! Numbers, symbols (their values), `entry`, the operators of C without assignment, and:
//!
//! - `addr(.s)` `size(.s)` `align(.s)` `load(.s)` `offset(.s)` `flags(.s)` `type(.s)`
//!   `entsize(.s)` `index(.s)` `link(.s)`: a section's fields
//! - `bind(x)` `kind(x)` `visibility(x)` `symsize(x)` `section(x)`: a symbol's fields
//! - `u8(a)` `u16(a)` `u32(a)` `u64(a)` `word(a)`, `s8(a)` `s32(a)` …: memory at an address
//! - `tls_offset(x)`: a thread-local symbol's offset from the thread pointer
//! - `fde(x)` `fde_size(x)`: start and size of the function that .eh_frame_hdr finds for an address
//! - `exidx(x)` `exidx_word(x)`: start and second word of the entry that covers an address

use super::image::{Image, Symbol};
use super::unwind;

/// Evaluates; the value (0 and 1 for conditions) or why there is none.
pub fn eval(text: &str, image: &Image) -> Result<i128, String> {
    let mut parser = Parser {
        tokens: lex(text)?,
        at: 0,
        image,
    };
    let value = parser.binary(0)?;
    match parser.tokens.get(parser.at) {
        None => Ok(value),
        Some(token) => Err(format!("`{token}` is not expected there")),
    }
}

fn lex(text: &str) -> Result<Vec<String>, String> {
    let mut tokens = Vec::new();
    let chars: Vec<char> = text.chars().collect();
    let mut at = 0;
    let is_word = |c: char| c.is_alphanumeric() || "_.$@".contains(c);
    while let Some(&c) = chars.get(at) {
        if c.is_whitespace() {
            at += 1;
            continue;
        }
        let start = at;
        if is_word(c) {
            while chars.get(at).is_some_and(|&c| is_word(c)) {
                at += 1;
            }
        } else {
            let pair: String = chars.iter().skip(at).take(2).collect();
            let double = ["==", "!=", "<=", ">=", "<<", ">>", "&&", "||"].contains(&pair.as_str());
            at += if double { 2 } else { 1 };
            if !double && !"+-*/%&|^<>()!~".contains(c) {
                return Err(format!("`{c}` is not expected"));
            }
        }
        tokens.push(chars[start..at].iter().collect());
    }
    Ok(tokens)
}

struct Parser<'i> {
    tokens: Vec<String>,
    at: usize,
    image: &'i Image,
}

const LEVELS: [&[&str]; 8] = [
    &["||"],
    &["&&"],
    &["==", "!=", "<", "<=", ">", ">="],
    &["|", "^"],
    &["&"],
    &["<<", ">>"],
    &["+", "-"],
    &["*", "/", "%"],
];

impl Parser<'_> {
    fn binary(&mut self, level: usize) -> Result<i128, String> {
        let Some(operators) = LEVELS.get(level) else {
            return self.unary();
        };
        let mut left = self.binary(level + 1)?;
        while let Some(operator) = self
            .tokens
            .get(self.at)
            .filter(|token| operators.contains(&token.as_str()))
            .cloned()
        {
            self.at += 1;
            let right = self.binary(level + 1)?;
            left = combine(&operator, left, right)?;
        }
        Ok(left)
    }

    fn unary(&mut self) -> Result<i128, String> {
        let token = self.next()?;
        match token.as_str() {
            "-" => Ok(-self.unary()?),
            "~" => Ok(!self.unary()?),
            "!" => Ok(i128::from(self.unary()? == 0)),
            "(" => {
                let value = self.binary(0)?;
                self.expect(")")?;
                Ok(value)
            }
            "entry" => Ok(self.image.entry.into()),
            "e_type" => Ok(self.image.e_type.into()),
            "e_flags" => Ok(self.image.e_flags.into()),
            _ if token.starts_with(|c: char| c.is_ascii_digit()) => number(&token),
            _ if self.tokens.get(self.at).is_some_and(|t| t == "(") => self.call(&token),
            _ => Ok(self.symbol(&token)?.value.into()),
        }
    }

    fn next(&mut self) -> Result<String, String> {
        let token = self.tokens.get(self.at).cloned();
        self.at += 1;
        token.ok_or_else(|| "the expression ends too early".to_owned())
    }

    /// A section's name up to the bracket; it may contain a minus.
    fn name(&mut self) -> Result<String, String> {
        let mut name = self.next()?;
        while self.tokens.get(self.at).is_some_and(|token| token != ")") {
            name += &self.next()?;
        }
        Ok(name)
    }

    fn expect(&mut self, wanted: &str) -> Result<(), String> {
        let found = self.next()?;
        if found == wanted {
            Ok(())
        } else {
            Err(format!("`{wanted}` is expected, not `{found}`"))
        }
    }

    fn symbol(&self, name: &str) -> Result<&Symbol, String> {
        self.image
            .symbol(name)
            .ok_or_else(|| format!("the image has no symbol `{name}`"))
    }

    fn call(&mut self, function: &str) -> Result<i128, String> {
        self.expect("(")?;
        let value = match function {
            "addr" | "size" | "align" | "load" | "offset" | "flags" | "type" | "entsize"
            | "index" | "link" => {
                let name = self.name()?;
                let at = self.image.sections.iter().position(|s| s.name == name);
                let index = at.ok_or_else(|| format!("the image has no section `{name}`"))?;
                let section = &self.image.sections[index];
                match function {
                    "addr" => section.addr.into(),
                    "size" => section.size.into(),
                    "align" => section.align.into(),
                    "offset" => section.offset.into(),
                    "flags" => section.flags.into(),
                    "type" => section.sh_type.into(),
                    "entsize" => section.entsize.into(),
                    "index" => index as i128,
                    "link" => section.link.into(),
                    _ => self
                        .image
                        .load_addr(section)
                        .ok_or_else(|| format!("no segment loads `{name}`"))?
                        .into(),
                }
            }
            "bind" | "kind" | "visibility" | "symsize" | "section" | "tls_offset" => {
                let name = self.next()?;
                let symbol = self.symbol(&name)?;
                match function {
                    "bind" => symbol.bind.into(),
                    "kind" => symbol.kind.into(),
                    "visibility" => symbol.visibility.into(),
                    "symsize" => symbol.size.into(),
                    "section" => symbol.section as i128,
                    _ => tls_offset(self.image, symbol)?,
                }
            }
            "fde" | "fde_size" => {
                let pc = self.binary(0)?;
                let (start, size) = unwind::frame(self.image, pc as u64)?;
                if function == "fde" {
                    start.into()
                } else {
                    size.into()
                }
            }
            "exidx" | "exidx_word" => {
                let pc = self.binary(0)?;
                let (start, word) = unwind::exidx(self.image, pc as u64)?;
                if function == "exidx" {
                    start.into()
                } else {
                    word.into()
                }
            }
            _ => {
                let (size, signed) = width(function, self.image.is_64)
                    .ok_or_else(|| format!("there is no function `{function}`"))?;
                let addr = self.binary(0)?;
                let value = self
                    .image
                    .number(addr as u64, size)
                    .ok_or_else(|| format!("nothing is loaded at {addr:#x}"))?;
                let shift = 64 - 8 * size as u32;
                match signed {
                    true => i128::from((value << shift).cast_signed() >> shift),
                    false => value.into(),
                }
            }
        };
        self.expect(")")?;
        Ok(value)
    }
}

fn width(function: &str, is_64: bool) -> Option<(usize, bool)> {
    Some(match function {
        "word" => (if is_64 { 8 } else { 4 }, false),
        "u8" => (1, false),
        "u16" => (2, false),
        "u32" => (4, false),
        "u64" => (8, false),
        "s8" => (1, true),
        "s16" => (2, true),
        "s32" => (4, true),
        "s64" => (8, true),
        _ => return None,
    })
}

/// Variant I (Arm, AArch64: a control block of two words precedes; RISC-V: none) and variant II
/// (x86: the block ends at the thread pointer) of "ELF Handling For Thread-Local Storage".
fn tls_offset(image: &Image, symbol: &Symbol) -> Result<i128, String> {
    let segment = image
        .segments
        .iter()
        .find(|segment| segment.p_type == goblin::elf::program_header::PT_TLS)
        .ok_or("the image has no PT_TLS")?;
    let align = i128::from(segment.align.max(1));
    let up = |value: i128| (value + align - 1) / align * align;
    let own = i128::from(symbol.value);
    Ok(match image.machine {
        3 | 62 => own - up(i128::from(segment.size)),
        40 => own + up(8),
        183 => own + up(16),
        _ => own,
    })
}

fn number(token: &str) -> Result<i128, String> {
    let parsed = match token.strip_prefix("0x") {
        Some(hex) => i128::from_str_radix(hex, 16),
        None => token.parse(),
    };
    parsed.map_err(|_| format!("`{token}` is no number"))
}

fn combine(operator: &str, a: i128, b: i128) -> Result<i128, String> {
    Ok(match operator {
        "||" => i128::from(a != 0 || b != 0),
        "&&" => i128::from(a != 0 && b != 0),
        "==" => i128::from(a == b),
        "!=" => i128::from(a != b),
        "<" => i128::from(a < b),
        "<=" => i128::from(a <= b),
        ">" => i128::from(a > b),
        ">=" => i128::from(a >= b),
        "|" => a | b,
        "^" => a ^ b,
        "&" => a & b,
        "<<" => a << b.clamp(0, 120),
        ">>" => a >> b.clamp(0, 120),
        "+" => a + b,
        "-" => a - b,
        "*" => a * b,
        "/" | "%" if b == 0 => return Err("division by zero".to_owned()),
        "/" => a / b,
        _ => a % b,
    })
}

/// The values of both sides of a condition, for the message.
pub fn explain(text: &str, image: &Image) -> String {
    for operator in ["==", "!=", "<=", ">=", " < ", " > "] {
        if let Some((left, right)) = text.split_once(operator)
            && let (Ok(left), Ok(right)) = (eval(left, image), eval(right, image))
        {
            return format!("{left:#x} against {right:#x}");
        }
    }
    "it is false".to_owned()
}

//! Types.
//!
//! Spec: the Itanium C++ ABI, 5.1.5.

use super::node::{Id, Node, Qualifiers, RefQualifier};
use super::parse::Parser;

/// The types with a letter.
fn builtin(letter: u8) -> Option<&'static str> {
    Some(match letter {
        b'v' => "void",
        b'w' => "wchar_t",
        b'b' => "bool",
        b'c' => "char",
        b'a' => "signed char",
        b'h' => "unsigned char",
        b's' => "short",
        b't' => "unsigned short",
        b'i' => "int",
        b'j' => "unsigned int",
        b'l' => "long",
        b'm' => "unsigned long",
        b'x' => "long long",
        b'y' => "unsigned long long",
        b'n' => "__int128",
        b'o' => "unsigned __int128",
        b'f' => "float",
        b'd' => "double",
        b'e' => "long double",
        b'g' => "__float128",
        b'z' => "...",
        _ => return None,
    })
}

/// The types with a `D` and a letter.
fn second_builtin(letter: u8) -> Option<&'static str> {
    Some(match letter {
        b'd' => "decimal64",
        b'e' => "decimal128",
        b'f' => "decimal32",
        b'h' => "half",
        b'i' => "char32_t",
        b's' => "char16_t",
        b'u' => "char8_t",
        b'a' => "auto",
        b'c' => "decltype(auto)",
        b'n' => "std::nullptr_t",
        _ => return None,
    })
}

impl<'a> Parser<'a> {
    pub(super) fn cv_qualifiers(&mut self) -> Qualifiers {
        Qualifiers {
            is_restrict: self.eat("r"),
            is_volatile: self.eat("V"),
            is_const: self.eat("K"),
        }
    }

    pub(super) fn ty(&mut self) -> Option<Id> {
        self.deeper(Self::ty_inside)
    }

    fn ty_inside(&mut self) -> Option<Id> {
        let (first, second) = (self.look(0), self.look(1));
        if let Some(name) = builtin(first) {
            self.skip(1);
            return Some(self.text(name));
        }
        let ty = match (first, second) {
            (b'r' | b'V' | b'K', _) => {
                let behind = self
                    .rest
                    .iter()
                    .position(|letter| !matches!(letter, b'r' | b'V' | b'K'));
                let behind = behind.unwrap_or(self.rest.len());
                let is_function = match self.look(behind) {
                    b'F' => true,
                    b'D' => matches!(self.look(behind + 1), b'o' | b'O' | b'w' | b'x'),
                    _ => false,
                };
                match is_function {
                    true => self.function()?,
                    false => self.qualified()?,
                }
            }
            (b'U', _) => self.qualified()?,
            (b'u', _) => {
                self.skip(1);
                let mut name = self.source_name()?;
                if self.eat("I") {
                    // `__remove_cv(T)` and the like.
                    let of = self.ty()?;
                    self.expect("E")?;
                    name = self.make(Node::VendorCall(name, vec![of]));
                }
                name
            }
            (b'F', _) => self.function()?,
            (b'D', b'F' | b'B' | b'U') => return self.number_of_bits(second),
            (b'D', letter) if second_builtin(letter).is_some() => {
                self.skip(2);
                return Some(self.text(second_builtin(letter)?));
            }
            (b'D', _) => self.with_d(second)?,
            (b'A', _) => self.array()?,
            (b'M', _) => {
                self.skip(1);
                let class = self.ty()?;
                let member = self.ty()?;
                self.make(Node::MemberPointer { class, member })
            }
            (b'T', b's' | b'u' | b'e') => self.class_or_enum()?,
            (b'T', _) => {
                let param = self.template_param()?;
                match self.takes_args && self.look(0) == b'I' {
                    true => {
                        self.subs.push(param);
                        let args = self.template_args(false)?;
                        self.make(Node::Templated(param, args))
                    }
                    false => param,
                }
            }
            (b'P' | b'R' | b'O' | b'C' | b'G', _) => {
                self.skip(1);
                let inner = self.ty()?;
                self.make(match first {
                    b'P' => Node::Pointer(inner),
                    b'R' => Node::Reference(inner, false),
                    b'O' => Node::Reference(inner, true),
                    b'C' => Node::Suffixed(inner, " complex"),
                    _ => Node::Suffixed(inner, " imaginary"),
                })
            }
            (b'S', letter) if letter != b't' && letter != 0 => {
                let (name, is_substitution) = self.unscoped_name(None, true)?;
                if self.look(0) == b'I' && (!is_substitution || self.takes_args) {
                    if !is_substitution {
                        self.subs.push(name);
                    }
                    let args = self.template_args(false)?;
                    self.make(Node::Templated(name, args))
                } else if is_substitution {
                    return Some(name);
                } else {
                    name
                }
            }
            _ => self.class_or_enum()?,
        };
        self.subs.push(ty);
        Some(ty)
    }

    /// `_Float16`, `_BitInt(7)` and the like: types with a number of bits, which are not substitution candidates.
    fn number_of_bits(&mut self, letter: u8) -> Option<Id> {
        self.skip(2);
        if letter == b'F' {
            if self.eat("16b") {
                return Some(self.text("std::bfloat16_t"));
            }
            let bits = self.number(false);
            if bits.is_empty() {
                return None;
            }
            self.expect("_")?;
            return Some(self.make(Node::Float(bits)));
        }
        let bits = match self.look(0).is_ascii_digit() {
            true => {
                let bits = self.number(false);
                self.text(bits)
            }
            false => self.expr()?,
        };
        self.expect("_")?;
        Some(self.make(Node::BitInt(bits, letter == b'B')))
    }

    /// The types that begin with `D` and this letter.
    fn with_d(&mut self, letter: u8) -> Option<Id> {
        match letter {
            b't' | b'T' => self.decltype(),
            b'v' => self.vector(),
            b'p' => {
                self.skip(2);
                let inner = self.ty()?;
                Some(self.make(Node::Expansion(inner)))
            }
            b'o' | b'O' | b'w' | b'x' => self.function(),
            b'k' | b'K' => {
                self.skip(2);
                let constraint = self.name(None)?;
                let kind = match letter {
                    b'k' => " auto",
                    _ => " decltype(auto)",
                };
                Some(self.make(Node::Suffixed(constraint, kind)))
            }
            _ => self.class_or_enum(),
        }
    }

    fn class_or_enum(&mut self) -> Option<Id> {
        let word = match (self.look(0), self.look(1)) {
            (b'T', b's') => Some("struct "),
            (b'T', b'u') => Some("union "),
            (b'T', b'e') => Some("enum "),
            _ => None,
        };
        if word.is_some() {
            self.skip(2);
        }
        let name = self.name(None)?;
        Some(match word {
            Some(word) => self.make(Node::Elaborated(word, name)),
            None => name,
        })
    }

    fn qualified(&mut self) -> Option<Id> {
        self.deeper(Self::qualified_inside)
    }

    fn qualified_inside(&mut self) -> Option<Id> {
        if self.eat("U") {
            let length = self.number(false).parse().ok()?;
            let word = self.take(length).filter(|word| !word.is_empty())?;
            if let Some(protocol) = word.strip_prefix("objcproto") {
                let digits = protocol.bytes().take_while(u8::is_ascii_digit).count();
                let name = &protocol[digits..];
                if protocol[..digits].parse() != Ok(name.len()) {
                    return None;
                }
                let inner = self.qualified()?;
                return Some(self.make(Node::ObjcProtocol(inner, name)));
            }
            let args = match self.look(0) {
                b'I' => Some(self.template_args(false)?),
                _ => None,
            };
            let inner = self.qualified()?;
            return Some(self.make(Node::VendorQualified(inner, word, args)));
        }
        let qualifiers = self.cv_qualifiers();
        let inner = self.ty()?;
        Some(match qualifiers.any() {
            true => self.make(Node::Qualified(inner, qualifiers)),
            false => inner,
        })
    }

    pub(super) fn decltype(&mut self) -> Option<Id> {
        if !self.eat("Dt") {
            self.expect("DT")?;
        }
        let expr = self.expr()?;
        self.expect("E")?;
        Some(self.make(Node::Enclosed("decltype", expr)))
    }

    fn array(&mut self) -> Option<Id> {
        self.expect("A")?;
        let mut length = None;
        if self.look(0).is_ascii_digit() {
            let digits = self.number(false);
            length = Some(self.text(digits));
            self.expect("_")?;
        } else if !self.eat("_") {
            length = Some(self.expr()?);
            self.expect("_")?;
        }
        let element = self.ty()?;
        Some(self.make(Node::Array(element, length)))
    }

    fn vector(&mut self) -> Option<Id> {
        self.expect("Dv")?;
        if matches!(self.look(0), b'1'..=b'9') {
            let digits = self.number(false);
            let length = self.text(digits);
            self.expect("_")?;
            if self.eat("p") {
                return Some(self.make(Node::PixelVector(length)));
            }
            let element = self.ty()?;
            return Some(self.make(Node::Vector(element, Some(length))));
        }
        let mut length = None;
        if !self.eat("_") {
            length = Some(self.expr()?);
            self.expect("_")?;
        }
        let element = self.ty()?;
        Some(self.make(Node::Vector(element, length)))
    }

    fn function(&mut self) -> Option<Id> {
        let qualifiers = self.cv_qualifiers();
        let exceptions = if self.eat("Do") {
            Some(self.text("noexcept"))
        } else if self.eat("DO") {
            let expr = self.expr()?;
            self.expect("E")?;
            Some(self.make(Node::Noexcept(expr)))
        } else if self.eat("Dw") {
            let list = self.until("E", Self::ty)?;
            Some(self.make(Node::Throws(list)))
        } else {
            None
        };
        self.eat("Dx");
        self.expect("F")?;
        self.eat("Y");
        let ret = self.ty()?;
        let mut reference = RefQualifier::None;
        let mut params = Vec::new();
        loop {
            if self.eat("E") {
                break;
            }
            if self.eat("v") {
                continue;
            }
            if self.eat("RE") {
                reference = RefQualifier::LValue;
                break;
            }
            if self.eat("OE") {
                reference = RefQualifier::RValue;
                break;
            }
            params.push(self.ty()?);
        }
        Some(self.make(Node::Function {
            ret,
            params,
            qualifiers,
            reference,
            exceptions,
        }))
    }
}

//! The basics of the parser, encodings, special names and substitutions.
//!
//! Spec: the Itanium C++ ABI, 5.1.2, 5.1.4 and 5.1.10. Productions that only LLVM knows (blocks, friends) are
//! read as well.

use super::node::{Id, Node, Qualifiers, RefQualifier, Standard};

/// How deeply productions may be nested. Real names stay below 60.
pub(super) const DEPTH: u32 = 400;

/// A name that is being read.
pub(super) struct Parser<'a> {
    pub(super) rest: &'a [u8],
    pub(super) nodes: Vec<Node<'a>>,
    pub(super) subs: Vec<Id>,
    /// The arguments of template parameters, by level: first those of the entity, then those of lambdas.
    pub(super) params: Vec<Vec<Id>>,
    /// Parameters whose arguments come later in the name: number, and argument once it is read.
    pub(super) forwards: Vec<(usize, Option<Id>)>,
    /// Whether template arguments belong to the type that is being read.
    pub(super) takes_args: bool,
    /// Whether a template parameter's arguments may follow.
    pub(super) permits_forward: bool,
    /// Whether template parameters are not replaced, as after `requires`.
    pub(super) names_params: bool,
    /// At which level a lambda's parameters are `auto`.
    pub(super) lambda_level: usize,
    /// How many parameters without names there were, by kind.
    pub(super) invented: [usize; 3],
    pub(super) depth: u32,
}

/// What was read of a function's name that its type depends on.
#[derive(Default)]
pub(super) struct NameState {
    pub(super) without_return: bool,
    pub(super) ends_with_args: bool,
    pub(super) qualifiers: Qualifiers,
    pub(super) reference: RefQualifier,
    pub(super) explicit_object: bool,
}

impl<'a> Parser<'a> {
    pub(super) fn new(name: &'a str) -> Self {
        Parser {
            rest: name.as_bytes(),
            nodes: Vec::new(),
            subs: Vec::new(),
            params: Vec::new(),
            forwards: Vec::new(),
            takes_args: true,
            permits_forward: false,
            names_params: false,
            lambda_level: usize::MAX,
            invented: [0; 3],
            depth: 0,
        }
    }

    pub(super) fn make(&mut self, node: Node<'a>) -> Id {
        self.nodes.push(node);
        self.nodes.len() as Id - 1
    }

    pub(super) fn text(&mut self, text: &'a str) -> Id {
        self.make(Node::Text(text))
    }

    /// The letter `ahead` places further on; 0 after the end.
    pub(super) fn look(&self, ahead: usize) -> u8 {
        self.rest.get(ahead).copied().unwrap_or(0)
    }

    pub(super) fn eat(&mut self, text: &str) -> bool {
        match self.rest.strip_prefix(text.as_bytes()) {
            Some(rest) => {
                self.rest = rest;
                true
            }
            None => false,
        }
    }

    pub(super) fn expect(&mut self, text: &str) -> Option<()> {
        self.eat(text).then_some(())
    }

    pub(super) fn skip(&mut self, count: usize) {
        self.rest = self.rest.get(count..).unwrap_or_default();
    }

    /// The next `count` letters.
    pub(super) fn take(&mut self, count: usize) -> Option<&'a str> {
        let (taken, rest) = self.rest.split_at_checked(count)?;
        let text = std::str::from_utf8(taken).ok()?;
        self.rest = rest;
        Some(text)
    }

    /// A production within another one.
    pub(super) fn deeper<T>(&mut self, read: impl FnOnce(&mut Self) -> Option<T>) -> Option<T> {
        self.depth += 1;
        let result = match self.depth <= DEPTH {
            true => read(self),
            false => None,
        };
        self.depth -= 1;
        result
    }

    /// Things of a kind until the letter.
    pub(super) fn until(
        &mut self,
        end: &str,
        mut read: impl FnMut(&mut Self) -> Option<Id>,
    ) -> Option<Vec<Id>> {
        let mut list = Vec::new();
        while !self.eat(end) {
            list.push(read(self)?);
        }
        Some(list)
    }

    /// Digits, with an `n` before them where a negative number is allowed; empty where there are none.
    pub(super) fn number(&mut self, negative: bool) -> &'a str {
        let sign = usize::from(negative && self.look(0) == b'n');
        let digits = self.rest[sign.min(self.rest.len())..]
            .iter()
            .take_while(|letter| letter.is_ascii_digit())
            .count();
        match digits {
            0 => "",
            _ => self.take(sign + digits).unwrap_or_default(),
        }
    }

    pub(super) fn count(&mut self) -> Option<usize> {
        self.number(false).parse().ok()
    }

    /// `_`, or a number in base 36 and `_`: how many come before it.
    pub(super) fn sequence_number(&mut self) -> Option<usize> {
        let mut number = 0usize;
        while let letter @ (b'0'..=b'9' | b'A'..=b'Z') = self.look(0) {
            let digit = match letter {
                b'0'..=b'9' => letter - b'0',
                _ => letter - b'A' + 10,
            };
            number = number.checked_mul(36)?.checked_add(usize::from(digit))?;
            self.skip(1);
        }
        Some(number)
    }

    /// The whole name.
    pub(super) fn mangled(&mut self) -> Option<Id> {
        if self.eat("_Z") || self.eat("__Z") {
            let mut name = self.encoding()?;
            if self.look(0) == b'.' {
                let suffix = self.take(self.rest.len())?;
                name = self.make(Node::Clone(name, suffix));
            }
            return self.rest.is_empty().then_some(name);
        }
        if self.eat("___Z") || self.eat("____Z") {
            let name = self.encoding()?;
            self.expect("_block_invoke")?;
            let required = self.eat("_");
            if self.number(false).is_empty() && required {
                return None;
            }
            if self.look(0) == b'.' {
                self.rest = &[];
            }
            let block = Node::About("invocation function for block in ", name);
            let block = self.make(block);
            return self.rest.is_empty().then_some(block);
        }
        None
    }

    pub(super) fn encoding(&mut self) -> Option<Id> {
        let params = std::mem::take(&mut self.params);
        let result = self.deeper(Self::encoding_inside);
        self.params = params;
        result
    }

    pub(super) fn encoding_inside(&mut self) -> Option<Id> {
        if matches!(self.look(0), b'G' | b'T') {
            return self.special_name();
        }
        let mut state = NameState::default();
        let first_forward = self.forwards.len();
        let name = self.name(Some(&mut state))?;
        for at in first_forward..self.forwards.len() {
            let number = self.forwards[at].0;
            let meaning = *self.params.first()?.get(number)?;
            self.forwards[at].1 = Some(meaning);
        }
        if self.at_end_of_encoding() {
            return Some(name);
        }
        let mut attributes = None;
        if self.eat("Ua9enable_ifI") {
            let list = self.until("E", Self::template_arg)?;
            attributes = Some(self.make(Node::EnableIf(list)));
        }
        let mut ret = None;
        if !state.without_return && state.ends_with_args {
            ret = Some(self.ty()?);
        }
        let mut params = Vec::new();
        if !self.eat("v") {
            loop {
                let param = self.ty()?;
                let object = std::mem::take(&mut state.explicit_object);
                params.push(match object {
                    true => self.make(Node::ExplicitObject(param)),
                    false => param,
                });
                if self.at_end_of_encoding() || self.look(0) == b'Q' {
                    break;
                }
            }
        }
        let requires = match self.eat("Q") {
            true => Some(self.constraint()?),
            false => None,
        };
        Some(self.make(Node::Encoding {
            ret,
            name,
            params,
            attributes,
            requires,
            qualifiers: state.qualifiers,
            reference: state.reference,
        }))
    }

    pub(super) fn at_end_of_encoding(&self) -> bool {
        matches!(self.look(0), 0 | b'E' | b'.' | b'_')
    }

    pub(super) fn special_name(&mut self) -> Option<Id> {
        let about = |text, of| Node::About(text, of);
        let code = [self.look(0), self.look(1)];
        let node = match &code {
            b"TA" => {
                self.skip(2);
                about("template parameter object for ", self.template_arg()?)
            }
            b"TV" | b"TT" | b"TI" | b"TS" => {
                self.skip(2);
                let text = match code[1] {
                    b'V' => "vtable for ",
                    b'T' => "VTT for ",
                    b'I' => "typeinfo for ",
                    _ => "typeinfo name for ",
                };
                about(text, self.ty()?)
            }
            b"Tc" => {
                self.skip(2);
                self.call_offset()?;
                self.call_offset()?;
                about("covariant return thunk to ", self.encoding()?)
            }
            b"TC" => {
                self.skip(2);
                let within = self.ty()?;
                if self.number(true).is_empty() {
                    return None;
                }
                self.expect("_")?;
                let of = self.ty()?;
                Node::ConstructionVtable { of, within }
            }
            b"TW" | b"TH" => {
                self.skip(2);
                let name = self.name(None)?;
                about(
                    match code[1] {
                        b'W' => "thread-local wrapper routine for ",
                        _ => "thread-local initialization routine for ",
                    },
                    name,
                )
            }
            [b'T', kind] => {
                let text = match kind {
                    b'v' => "virtual thunk to ",
                    _ => "non-virtual thunk to ",
                };
                self.skip(1);
                self.call_offset()?;
                about(text, self.encoding()?)
            }
            b"GV" => {
                self.skip(2);
                about("guard variable for ", self.name(None)?)
            }
            b"GR" => {
                self.skip(2);
                let name = self.name(None)?;
                let number = self.rest;
                self.sequence_number()?;
                let numbered = self.rest.len() != number.len();
                if !self.eat("_") && numbered {
                    return None;
                }
                about("reference temporary for ", name)
            }
            b"GI" => {
                self.skip(2);
                let mut module = None;
                while self.look(0) == b'W' {
                    module = Some(self.module_part(module)?);
                }
                about("initializer for module ", module?)
            }
            _ => return None,
        };
        Some(self.make(node))
    }

    /// How far a thunk moves `this`.
    pub(super) fn call_offset(&mut self) -> Option<()> {
        let is_virtual = match self.look(0) {
            b'h' => false,
            b'v' => true,
            _ => return None,
        };
        self.skip(1);
        for _ in 0..1 + usize::from(is_virtual) {
            if self.number(true).is_empty() {
                return None;
            }
            self.expect("_")?;
        }
        Some(())
    }

    pub(super) fn substitution(&mut self) -> Option<Id> {
        self.expect("S")?;
        let kind = match self.look(0) {
            b'a' => Standard::Allocator,
            b'b' => Standard::BasicString,
            b's' => Standard::String,
            b'i' => Standard::IStream,
            b'o' => Standard::OStream,
            b'd' => Standard::IOStream,
            b'_' => {
                self.skip(1);
                return self.subs.first().copied();
            }
            b'0'..=b'9' | b'A'..=b'Z' => {
                let number = self.sequence_number()?;
                self.expect("_")?;
                return self.subs.get(number.checked_add(1)?).copied();
            }
            _ => return None,
        };
        self.skip(1);
        let name = self.make(Node::Standard(kind));
        let tagged = self.abi_tags(name)?;
        if tagged != name {
            self.subs.push(tagged);
        }
        Some(tagged)
    }
}

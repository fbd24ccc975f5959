//! Writes a name exactly as LLVM does, since name sections must be the same as wasm-ld's.

use super::node::{Id, LambdaShape, Node, ParamKind, Precedence, Qualifiers, RefQualifier};
use super::parse::Parser;

/// The longest text of a name: with substitutions a short name can have an exponentially long text.
const LENGTH: usize = 1 << 20;

/// How deeply nested nodes are written.
pub(super) const DEPTH: u32 = 400;

/// A name that is being written.
pub(super) struct Printer<'p, 'a> {
    pub(super) parser: &'p Parser<'a>,
    pub(super) out: String,
    /// Which element of packs is written, and how many there are.
    pub(super) index: usize,
    pub(super) count: usize,
    /// How many parentheses are open in the template arguments: at 0 a `>` would end them.
    pub(super) parens: u32,
    pub(super) depth: u32,
    /// The text is too long or too deeply nested.
    pub(super) failed: bool,
}

/// No pack was met.
const UNSET: usize = usize::MAX;

impl<'p, 'a> Printer<'p, 'a> {
    pub(super) fn new(parser: &'p Parser<'a>) -> Self {
        Printer {
            parser,
            out: String::new(),
            index: UNSET,
            count: UNSET,
            parens: 1,
            depth: 0,
            failed: false,
        }
    }

    pub(super) fn node(&self, id: Id) -> &'p Node<'a> {
        &self.parser.nodes[id as usize]
    }

    pub(super) fn add(&mut self, text: &str) {
        self.out.push_str(text);
    }

    pub(super) fn open(&mut self, letter: char) {
        self.parens += 1;
        self.out.push(letter);
    }

    pub(super) fn close(&mut self, letter: char) {
        self.parens -= 1;
        self.out.push(letter);
    }

    pub(super) fn print(&mut self, id: Id) {
        self.left(id);
        if self.behind(id).anything {
            self.right(id);
        }
    }

    /// Writes elements with commas; an element that expands to nothing gets none.
    pub(super) fn list(&mut self, list: &[Id]) {
        let mut first = true;
        for &element in list {
            let before = self.out.len();
            if !first {
                self.add(", ");
            }
            let behind_comma = self.out.len();
            self.operand(element, Precedence::Comma, false);
            if self.out.len() == behind_comma {
                self.out.truncate(before);
                continue;
            }
            first = false;
        }
    }

    /// Writes an expression, in parentheses if it binds less strongly than `precedence`.
    pub(super) fn operand(&mut self, id: Id, precedence: Precedence, strictly: bool) {
        let parens = match strictly {
            true => self.parser.precedence(id) > precedence,
            false => self.parser.precedence(id) >= precedence,
        };
        if parens {
            self.open('(');
        }
        self.print(id);
        if parens {
            self.close(')');
        }
    }

    pub(super) fn qualifiers(&mut self, qualifiers: Qualifiers) {
        if qualifiers.is_const {
            self.add(" const");
        }
        if qualifiers.is_volatile {
            self.add(" volatile");
        }
        if qualifiers.is_restrict {
            self.add(" restrict");
        }
    }

    pub(super) fn reference(&mut self, reference: RefQualifier) {
        match reference {
            RefQualifier::None => {}
            RefQualifier::LValue => self.add(" &"),
            RefQualifier::RValue => self.add(" &&"),
        }
    }

    /// The current element of a pack.
    pub(super) fn element(&mut self, list: &[Id]) -> Option<Id> {
        if self.count == UNSET {
            self.count = list.len();
            self.index = 0;
        }
        list.get(self.index).copied()
    }

    /// An expansion: its pattern, written once for each element.
    pub(super) fn expand(&mut self, inner: Id) {
        let (index, count) = (self.index, self.count);
        (self.index, self.count) = (UNSET, UNSET);
        let before = self.out.len();
        self.print(inner);
        if self.count == UNSET {
            self.add("...");
        } else if self.count == 0 {
            self.out.truncate(before);
        } else {
            for at in 1..self.count {
                self.add(", ");
                self.index = at;
                self.print(inner);
            }
        }
        (self.index, self.count) = (index, count);
    }

    /// The type after all aliases.
    pub(super) fn meaning(&mut self, mut id: Id) -> Id {
        for _ in 0..DEPTH {
            id = match self.node(id) {
                Node::Forward(at) => match self.parser.forwards[*at].1 {
                    Some(meaning) => meaning,
                    None => return id,
                },
                Node::ParamPack(list) => match self.element(list) {
                    Some(element) => element,
                    None => return id,
                },
                _ => return id,
            };
        }
        id
    }

    /// Collapses references (`&` of `&&` is `&`): the type that is referred to, and the kind of reference.
    pub(super) fn collapsed(&mut self, id: Id, rvalue: bool) -> (Id, bool) {
        let (mut inner, mut rvalue) = (id, rvalue);
        for _ in 0..DEPTH {
            let meaning = self.meaning(inner);
            let Node::Reference(next, is_rvalue) = *self.node(meaning) else {
                break;
            };
            inner = next;
            rvalue &= is_rvalue;
        }
        (inner, rvalue)
    }

    pub(super) fn left(&mut self, id: Id) {
        self.depth += 1;
        if self.depth > DEPTH || self.out.len() > LENGTH {
            self.failed = true;
        }
        if !self.failed {
            self.left_inside(id);
        }
        self.depth -= 1;
    }

    pub(super) fn left_inside(&mut self, id: Id) {
        match self.node(id) {
            Node::Text(text) => self.add(text),
            Node::About(text, of) => {
                self.add(text);
                self.print(*of);
            }
            Node::ConstructionVtable { of, within } => {
                self.add("construction vtable for ");
                self.print(*of);
                self.add("-in-");
                self.print(*within);
            }
            Node::Nested(scope, name) => {
                self.print(*scope);
                self.add("::");
                self.print(*name);
            }
            Node::Friend(scope, name) => {
                self.print(*scope);
                self.add("::friend ");
                self.print(*name);
            }
            Node::ModuleName {
                parent,
                name,
                partition,
            } => {
                if let Some(parent) = parent {
                    self.print(*parent);
                }
                if parent.is_some() || *partition {
                    self.add(if *partition { ":" } else { "." });
                }
                self.print(*name);
            }
            Node::InModule { module, name } => {
                self.print(*name);
                self.add("@");
                self.print(*module);
            }
            Node::Templated(name, args) => {
                self.print(*name);
                self.print(*args);
            }
            Node::Args(args) => self.args(args),
            Node::ArgPack(list) => self.list(list),
            Node::ParamPack(list) => {
                if let Some(element) = self.element(list) {
                    self.left(element);
                }
            }
            Node::Expansion(inner) => self.expand(*inner),
            Node::LambdaExpr(lambda) => {
                self.add("[]");
                if let Node::Lambda { shape, .. } = self.node(*lambda) {
                    self.lambda(shape);
                }
                self.add("{...}");
            }
            Node::Declared(arg) => self.print(*arg),
            Node::Encoding { ret, name, .. } => {
                if let Some(ret) = ret {
                    self.left(*ret);
                    if !self.behind(*ret).anything {
                        self.add(" ");
                    }
                }
                self.print(*name);
            }
            Node::EnableIf(list) => {
                self.add(" [enable_if:");
                self.list(list);
                self.add("]");
            }
            Node::Forward(at) => {
                if let Some(meaning) = self.parser.forwards[*at].1 {
                    self.left(meaning);
                }
            }
            Node::Clone(name, suffix) => {
                self.print(*name);
                self.add(" (");
                self.add(suffix);
                self.add(")");
            }
            Node::ExplicitObject(param) => {
                self.add("this ");
                self.print(*param);
            }
            Node::Bindings(names) => {
                self.open('[');
                self.list(names);
                self.close(']');
            }
            _ => self.special_name(id),
        }
    }

    /// Names with a form that is not in any source: special names, blocks and the like.
    fn special_name(&mut self, id: Id) {
        match self.node(id) {
            Node::Tagged(name, tag) => {
                self.left(*name);
                self.add("[abi:");
                self.add(tag);
                self.add("]");
            }
            Node::Standard(kind) => {
                self.add("std::");
                self.add(kind.short());
            }
            Node::StandardInFull(kind) => {
                self.add("std::");
                self.add(kind.template());
                self.add("<char, std::char_traits<char>");
                if kind.short() == "string" {
                    self.add(", std::allocator<char>");
                }
                self.add(">");
            }
            Node::CtorDtor { base, dtor } => {
                if *dtor {
                    self.add("~");
                }
                let name = self.base_name(*base);
                self.add(name);
            }
            Node::Unnamed(count) => {
                self.add("'unnamed");
                self.add(count);
                self.add("'");
            }
            Node::Lambda { count, shape } => {
                self.add("'lambda");
                self.add(count);
                self.add("'");
                self.lambda(shape);
            }
            Node::Conversion(ty) => {
                self.add("operator ");
                self.print(*ty);
            }
            Node::LiteralOperator(name) => {
                self.add("operator\"\" ");
                self.print(*name);
            }
            _ => self.type_left(id),
        }
    }

    /// The part of a type that is written before the declared name.
    fn type_left(&mut self, id: Id) {
        match self.node(id) {
            Node::Qualified(inner, qualifiers) => {
                self.left(*inner);
                self.qualifiers(*qualifiers);
            }
            Node::VendorQualified(inner, word, args) => {
                self.print(*inner);
                self.add(" ");
                self.add(word);
                if let Some(args) = args {
                    self.print(*args);
                }
            }
            Node::ObjcProtocol(inner, protocol) => {
                self.print(*inner);
                self.add("<");
                self.add(protocol);
                self.add(">");
            }
            Node::Suffixed(inner, suffix) => {
                self.left(*inner);
                self.add(suffix);
            }
            Node::Pointer(inner) => self.pointer(*inner),
            Node::Reference(inner, rvalue) => {
                let (inner, rvalue) = self.collapsed(*inner, *rvalue);
                self.left(inner);
                let behind = self.behind(inner);
                if behind.array {
                    self.add(" ");
                }
                if behind.array || behind.function {
                    self.add("(");
                }
                self.add(if rvalue { "&&" } else { "&" });
            }
            Node::MemberPointer { class, member } => {
                self.left(*member);
                let behind = self.behind(*member);
                match behind.array || behind.function {
                    true => self.add("("),
                    false => self.add(" "),
                }
                self.print(*class);
                self.add("::*");
            }
            Node::Array(element, _) => self.left(*element),
            Node::Function { ret, .. } => {
                self.left(*ret);
                self.add(" ");
            }
            Node::Noexcept(expr) => {
                self.add("noexcept");
                self.open('(');
                self.print(*expr);
                self.close(')');
            }
            Node::Throws(list) => {
                self.add("throw");
                self.open('(');
                self.list(list);
                self.close(')');
            }
            Node::Vector(element, length) => {
                self.print(*element);
                self.add(" vector[");
                if let Some(length) = length {
                    self.print(*length);
                }
                self.add("]");
            }
            Node::PixelVector(length) => {
                self.add("pixel vector[");
                self.print(*length);
                self.add("]");
            }
            Node::Float(bits) => {
                self.add("_Float");
                self.add(bits);
            }
            Node::BitInt(bits, signed) => {
                if !signed {
                    self.add("unsigned ");
                }
                self.add("_BitInt");
                self.open('(');
                self.operand(*bits, Precedence::Default, false);
                self.close(')');
            }
            Node::Elaborated(word, name) => {
                self.add(word);
                self.print(*name);
            }
            _ => self.declaration_or_expression(id),
        }
    }

    pub(super) fn declaration_or_expression(&mut self, id: Id) {
        match self.node(id) {
            Node::ParamName(kind, number) => {
                self.add(match kind {
                    ParamKind::Type => "$T",
                    ParamKind::Value => "$N",
                    ParamKind::Template => "$TT",
                });
                if *number > 0 {
                    let number = (number - 1).to_string();
                    self.add(&number);
                }
            }
            Node::TypeParam(_) => self.add("typename "),
            Node::ConstrainedParam(constraint, _) => {
                self.print(*constraint);
                self.add(" ");
            }
            Node::ValueParam(_, ty) => {
                self.left(*ty);
                if !self.behind(*ty).anything {
                    self.add(" ");
                }
            }
            Node::TemplateParam(_, params, requires) => {
                let parens = std::mem::replace(&mut self.parens, 0);
                self.add("template<");
                self.list(params);
                if let Some(requires) = requires {
                    self.add(" requires ");
                    self.print(*requires);
                }
                self.add("> typename ");
                self.parens = parens;
            }
            Node::PackParam(param) => {
                self.left(*param);
                self.add("...");
            }
            _ => self.expression(id),
        }
    }

    pub(super) fn pointer(&mut self, inner: Id) {
        if let Some(protocol) = self.objc_protocol(inner) {
            self.add("id<");
            self.add(protocol);
            self.add(">");
            return;
        }
        self.left(inner);
        let behind = self.behind(inner);
        if behind.array {
            self.add(" ");
        }
        if behind.array || behind.function {
            self.add("(");
        }
        self.add("*");
    }

    /// `objc_object` with a protocol is written `id<protocol>` where a pointer refers to it.
    pub(super) fn objc_protocol(&self, inner: Id) -> Option<&'a str> {
        let Node::ObjcProtocol(object, protocol) = self.node(inner) else {
            return None;
        };
        matches!(self.node(*object), Node::Text("objc_object")).then_some(protocol)
    }

    pub(super) fn args(&mut self, args: &[Id]) {
        let parens = std::mem::replace(&mut self.parens, 0);
        self.add("<");
        self.list(args);
        self.add(">");
        self.parens = parens;
    }

    pub(super) fn lambda(&mut self, shape: &LambdaShape) {
        if !shape.template.is_empty() {
            let parens = std::mem::replace(&mut self.parens, 0);
            self.add("<");
            self.list(&shape.template);
            self.add(">");
            self.parens = parens;
        }
        if let Some(requires) = shape.first {
            self.add(" requires ");
            self.print(requires);
            self.add(" ");
        }
        self.open('(');
        self.list(&shape.params);
        self.close(')');
        if let Some(requires) = shape.second {
            self.add(" requires ");
            self.print(requires);
        }
    }

    /// The name of a constructor's class.
    pub(super) fn base_name(&self, mut id: Id) -> &'a str {
        loop {
            id = match self.node(id) {
                Node::Text(text) => return text,
                Node::Nested(_, name)
                | Node::Friend(_, name)
                | Node::InModule { name, .. }
                | Node::Templated(name, _)
                | Node::Tagged(name, _) => *name,
                Node::Forward(at) => match self.parser.forwards[*at].1 {
                    Some(meaning) => meaning,
                    None => return "",
                },
                Node::Standard(kind) => return kind.short(),
                Node::StandardInFull(kind) => return kind.template(),
                _ => return "",
            };
        }
    }
}

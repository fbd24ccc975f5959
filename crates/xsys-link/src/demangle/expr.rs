//! Expressions in `decltype`, array bounds and template arguments.
//!
//! Spec: the Itanium C++ ABI, 5.1.6.

use super::node::{FloatKind, Id, Node, Precedence, Requirement};
use super::operators::{self, OperatorForm};
use super::parse::Parser;

impl<'a> Parser<'a> {
    pub(super) fn expr(&mut self) -> Option<Id> {
        self.deeper(Self::expr_inside)
    }

    /// What follows `requires`: template parameters are not replaced there.
    pub(super) fn constraint(&mut self) -> Option<Id> {
        let names_params = std::mem::replace(&mut self.names_params, true);
        let constraint = self.expr();
        self.names_params = names_params;
        constraint
    }

    fn exprs(&mut self, end: &str) -> Option<Vec<Id>> {
        self.until(end, Self::expr)
    }

    fn expr_inside(&mut self) -> Option<Id> {
        let global = self.eat("gs");
        let code = [self.look(0), self.look(1)];
        if let Some(operator) = operators::find(&code) {
            self.skip(2);
            return self.operation(operator, global);
        }
        match &code {
            b"L\0" => return None,
            [b'L', _] => return self.primary(),
            [b'T', _] => return self.template_param(),
            [b'f', next] => {
                return match next {
                    b'p' => self.function_param(),
                    b'L' if self.look(2).is_ascii_digit() => self.function_param(),
                    _ => self.fold(),
                };
            }
            _ => {}
        }
        let node = match &code {
            b"il" => {
                self.skip(2);
                Node::InitList(None, self.until("E", Self::braced)?)
            }
            b"tl" => {
                self.skip(2);
                let ty = self.ty()?;
                Node::InitList(Some(ty), self.until("E", Self::braced)?)
            }
            b"mc" => {
                self.skip(2);
                let ty = self.ty()?;
                let expr = self.expr()?;
                // The text does not show by how much.
                self.number(true);
                self.expect("E")?;
                Node::MemberConversion { ty, expr }
            }
            b"nx" => {
                self.skip(2);
                Node::Enclosed("noexcept ", self.expr()?)
            }
            b"so" => {
                self.skip(2);
                let ty = self.ty()?;
                let expr = self.expr()?;
                let offset = self.number(true);
                while self.eat("_") {
                    self.number(false);
                }
                self.eat("p");
                self.expect("E")?;
                Node::Subobject { ty, expr, offset }
            }
            b"sp" => {
                self.skip(2);
                Node::Expansion(self.expr()?)
            }
            b"sZ" => {
                self.skip(2);
                Node::SizeofPack(match self.look(0) {
                    b'T' => self.template_param()?,
                    _ => self.function_param()?,
                })
            }
            b"sP" => {
                self.skip(2);
                let list = self.until("E", Self::template_arg)?;
                let list = self.make(Node::ArgPack(list));
                Node::Enclosed("sizeof... ", list)
            }
            b"tr" => {
                self.skip(2);
                Node::Text("throw")
            }
            b"tw" => {
                self.skip(2);
                Node::Throw(self.expr()?)
            }
            b"rq" | b"rQ" => self.requires()?,
            [b'u', _] => self.vendor_call()?,
            _ => return self.unresolved_name(global),
        };
        Some(self.make(node))
    }

    fn vendor_call(&mut self) -> Option<Node<'a>> {
        self.skip(1);
        let name = self.source_name()?;
        let args = match &self.nodes[name as usize] {
            Node::Text("__uuidof") if self.look(0) == b't' => {
                self.skip(1);
                vec![self.ty()?]
            }
            Node::Text("__uuidof") if self.look(0) == b'z' => {
                self.skip(1);
                vec![self.expr()?]
            }
            _ => self.until("E", Self::template_arg)?,
        };
        Some(Node::VendorCall(name, args))
    }

    fn operation(&mut self, operator: &operators::Operator, global: bool) -> Option<Id> {
        let (text, precedence) = (operator.text, operator.precedence);
        let node = match operator.shape {
            OperatorForm::Binary => {
                let left = self.expr()?;
                let right = self.expr()?;
                Node::Binary(left, text, right, precedence)
            }
            OperatorForm::Prefix => Node::Prefix(text, self.expr()?, precedence),
            OperatorForm::Postfix => match self.eat("_") {
                true => Node::Prefix(text, self.expr()?, precedence),
                false => Node::Postfix(self.expr()?, text, precedence),
            },
            OperatorForm::Subscript => {
                let base = self.expr()?;
                let index = self.expr()?;
                Node::Subscript(base, index)
            }
            OperatorForm::Member(_) => {
                let object = self.expr()?;
                let member = self.expr()?;
                Node::Member(object, text, member, precedence)
            }
            OperatorForm::New => {
                let placement = self.exprs("_")?;
                let ty = self.ty()?;
                let init = match self.eat("pi") {
                    true => self.exprs("E")?,
                    false => {
                        self.expect("E")?;
                        Vec::new()
                    }
                };
                Node::New {
                    global,
                    array: text.ends_with(']'),
                    placement,
                    ty,
                    init,
                }
            }
            OperatorForm::Delete => Node::Delete {
                global,
                array: text.ends_with(']'),
                operand: self.expr()?,
            },
            OperatorForm::Call => {
                let callee = self.expr()?;
                let args = self.exprs("E")?;
                let parens = operator.code == b"cp";
                Node::Call {
                    callee,
                    args,
                    parens,
                }
            }
            OperatorForm::Conversion => {
                let takes_args = std::mem::replace(&mut self.takes_args, false);
                let ty = self.ty();
                self.takes_args = takes_args;
                let ty = ty?;
                let list = match self.eat("_") {
                    true => self.exprs("E")?,
                    false => vec![self.expr()?],
                };
                Node::ConversionCall(ty, list)
            }
            OperatorForm::Conditional => {
                let condition = self.expr()?;
                let then = self.expr()?;
                Node::Conditional(condition, then, self.expr()?)
            }
            OperatorForm::NamedCast => {
                let ty = self.ty()?;
                Node::NamedCast(text, ty, self.expr()?)
            }
            OperatorForm::Of(is_type) => Node::Enclosed(
                text,
                match is_type {
                    true => self.ty()?,
                    false => self.expr()?,
                },
            ),
            OperatorForm::NameOnly => return None,
        };
        Some(self.make(node))
    }

    fn function_param(&mut self) -> Option<Id> {
        if self.eat("fpT") {
            return Some(self.text("this"));
        }
        if self.eat("fp") {
            self.cv_qualifiers();
        } else {
            self.expect("fL")?;
            if self.number(false).is_empty() {
                return None;
            }
            self.expect("p")?;
            self.cv_qualifiers();
        }
        let number = self.number(false);
        self.expect("_")?;
        Some(self.make(Node::Param(number)))
    }

    fn fold(&mut self) -> Option<Id> {
        let (left, with_init) = match self.look(1) {
            b'l' => (true, false),
            b'L' => (true, true),
            b'r' => (false, false),
            b'R' => (false, true),
            _ => return None,
        };
        self.skip(2);
        let operator = operators::find(&[self.look(0), self.look(1)])?;
        let fits = operator.shape == OperatorForm::Binary
            || (matches!(operator.shape, OperatorForm::Member(_)) && operator.text.ends_with('*'));
        if !fits {
            return None;
        }
        self.skip(2);
        let mut pack = self.expr()?;
        let mut init = match with_init {
            true => Some(self.expr()?),
            false => None,
        };
        if left && let Some(second) = init.as_mut() {
            std::mem::swap(&mut pack, second);
        }
        Some(self.make(Node::Fold {
            left,
            operator: operator.text,
            pack,
            init,
        }))
    }

    fn braced(&mut self) -> Option<Id> {
        let node = match (self.look(0), self.look(1)) {
            (b'd', b'i') => {
                self.skip(2);
                Node::Designated {
                    element: self.source_name()?,
                    init: self.deeper(Self::braced)?,
                    is_array: false,
                }
            }
            (b'd', b'x') => {
                self.skip(2);
                Node::Designated {
                    element: self.expr()?,
                    init: self.deeper(Self::braced)?,
                    is_array: true,
                }
            }
            (b'd', b'X') => {
                self.skip(2);
                let first = self.expr()?;
                let last = self.expr()?;
                Node::Range(first, last, self.deeper(Self::braced)?)
            }
            _ => return self.expr(),
        };
        Some(self.make(node))
    }

    fn requires(&mut self) -> Option<Node<'a>> {
        let with_params = self.look(1) == b'Q';
        self.skip(2);
        let mut params = Vec::new();
        if with_params {
            loop {
                params.push(self.ty()?);
                if self.eat("_") {
                    break;
                }
            }
        }
        let mut list = Vec::new();
        loop {
            let requirement = match self.look(0) {
                b'X' => {
                    self.skip(1);
                    let expr = self.expr()?;
                    let is_noexcept = self.eat("N");
                    let constraint = match self.eat("R") {
                        true => Some(self.name(None)?),
                        false => None,
                    };
                    Requirement::Expression {
                        expr,
                        is_noexcept,
                        constraint,
                    }
                }
                b'T' => {
                    self.skip(1);
                    Requirement::Type(self.ty()?)
                }
                b'Q' => {
                    self.skip(1);
                    Requirement::Nested(self.constraint()?)
                }
                _ => return None,
            };
            list.push(requirement);
            if self.eat("E") {
                break;
            }
        }
        Some(Node::Requires(params, list))
    }

    // Unresolved names: their meaning depends on template arguments.

    fn unresolved_name(&mut self, global: bool) -> Option<Id> {
        if self.eat("srN") {
            let mut so_far = self.unresolved_type()?;
            if self.look(0) == b'I' {
                let args = self.template_args(false)?;
                so_far = self.make(Node::Templated(so_far, args));
            }
            while !self.eat("E") {
                let level = self.simple_id()?;
                so_far = self.make(Node::Nested(so_far, level));
            }
            let base = self.base_unresolved_name()?;
            return Some(self.make(Node::Nested(so_far, base)));
        }
        if !self.eat("sr") {
            let name = self.base_unresolved_name()?;
            return Some(match global {
                true => self.make(Node::Global(name)),
                false => name,
            });
        }
        let so_far = if self.look(0).is_ascii_digit() {
            let mut so_far = self.simple_id()?;
            if global {
                so_far = self.make(Node::Global(so_far));
            }
            while !self.eat("E") {
                let level = self.simple_id()?;
                so_far = self.make(Node::Nested(so_far, level));
            }
            so_far
        } else {
            let ty = self.unresolved_type()?;
            match self.look(0) {
                b'I' => {
                    let args = self.template_args(false)?;
                    self.make(Node::Templated(ty, args))
                }
                _ => ty,
            }
        };
        let base = self.base_unresolved_name()?;
        Some(self.make(Node::Nested(so_far, base)))
    }

    fn unresolved_type(&mut self) -> Option<Id> {
        let ty = match self.look(0) {
            b'T' => self.template_param()?,
            b'D' => self.decltype()?,
            _ => return self.substitution(),
        };
        self.subs.push(ty);
        Some(ty)
    }

    fn simple_id(&mut self) -> Option<Id> {
        let name = self.source_name()?;
        self.with_args(name)
    }

    fn with_args(&mut self, name: Id) -> Option<Id> {
        match self.look(0) {
            b'I' => {
                let args = self.template_args(false)?;
                Some(self.make(Node::Templated(name, args)))
            }
            _ => Some(name),
        }
    }

    fn base_unresolved_name(&mut self) -> Option<Id> {
        if self.look(0).is_ascii_digit() {
            return self.simple_id();
        }
        if self.eat("dn") {
            let name = match self.look(0).is_ascii_digit() {
                true => self.simple_id()?,
                false => self.unresolved_type()?,
            };
            return Some(self.make(Node::Destructor(name)));
        }
        self.eat("on");
        let name = self.operator_name(None)?;
        self.with_args(name)
    }

    /// A constant, the address of something, a lambda.
    pub(super) fn primary(&mut self) -> Option<Id> {
        self.expect("L")?;
        let ty = match self.look(0) {
            b'w' => "wchar_t",
            b'c' => "char",
            b'a' => "signed char",
            b'h' => "unsigned char",
            b's' => "short",
            b't' => "unsigned short",
            b'i' => "",
            b'j' => "u",
            b'l' => "l",
            b'm' => "ul",
            b'x' => "ll",
            b'y' => "ull",
            b'n' => "__int128",
            b'o' => "unsigned __int128",
            b'b' => {
                for (text, meaning) in [("b0E", "false"), ("b1E", "true")] {
                    if self.eat(text) {
                        return Some(self.text(meaning));
                    }
                }
                return None;
            }
            letter @ (b'f' | b'd' | b'e') => {
                self.skip(1);
                let (kind, digits) = match letter {
                    b'f' => (FloatKind::Float, 8),
                    b'd' => (FloatKind::Double, 16),
                    _ => (FloatKind::LongDouble, 20),
                };
                let text = self.take(digits)?;
                let hex = |letter: u8| matches!(letter, b'0'..=b'9' | b'a'..=b'f');
                if !text.bytes().all(hex) {
                    return None;
                }
                self.expect("E")?;
                return Some(self.make(Node::FloatLiteral(kind, text)));
            }
            b'_' => {
                self.expect("_Z")?;
                let name = self.encoding()?;
                self.expect("E")?;
                return Some(name);
            }
            b'A' => {
                let ty = self.ty()?;
                self.expect("E")?;
                return Some(self.make(Node::StringLiteral(ty)));
            }
            b'D' if self.look(1) == b'n' => {
                self.skip(2);
                self.eat("0");
                self.expect("E")?;
                return Some(self.text("nullptr"));
            }
            b'T' => return None,
            b'U' => {
                if self.look(1) != b'l' {
                    return None;
                }
                let lambda = self.unnamed_type()?;
                self.expect("E")?;
                return Some(self.make(Node::LambdaExpr(lambda)));
            }
            _ => {
                let ty = self.ty()?;
                let number = self.number(true);
                if number.is_empty() {
                    return None;
                }
                self.expect("E")?;
                return Some(self.make(Node::Cast(ty, number)));
            }
        };
        self.skip(1);
        let number = self.number(true);
        if number.is_empty() {
            return None;
        }
        self.expect("E")?;
        Some(self.make(Node::Integer(ty, number)))
    }

    /// How strongly an expression binds.
    pub(super) fn precedence(&self, id: Id) -> Precedence {
        match self.nodes[id as usize] {
            Node::Binary(_, _, _, precedence)
            | Node::Prefix(_, _, precedence)
            | Node::Postfix(_, _, precedence)
            | Node::Member(_, _, _, precedence) => precedence,
            Node::Subscript(..)
            | Node::NamedCast(..)
            | Node::Call { .. }
            | Node::InitList(Some(_), _) => Precedence::Postfix,
            Node::Conditional(..) => Precedence::Conditional,
            Node::New { .. } | Node::Delete { .. } => Precedence::Unary,
            Node::ConversionCall(..) | Node::MemberConversion { .. } => Precedence::Cast,
            _ => Precedence::Primary,
        }
    }
}

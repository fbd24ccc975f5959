//! Expressions as text, with parentheses where LLVM writes them.

use super::float;
use super::node::{FloatKind, Id, Node, Precedence, Requirement};
use super::print::Printer;

impl Printer<'_, '_> {
    pub(super) fn call(&mut self, args: &[Id]) {
        self.open('(');
        self.list(args);
        self.close(')');
    }

    pub(super) fn expression(&mut self, id: Id) {
        let own = self.parser.precedence(id);
        match self.node(id) {
            Node::Binary(left, operator, right, precedence) => {
                let within = self.parens == 0 && matches!(*operator, ">" | ">>");
                if within {
                    self.open('(');
                }
                let assigns = *precedence == Precedence::Assign;
                let first = if assigns {
                    Precedence::OrIf
                } else {
                    *precedence
                };
                self.operand(*left, first, !assigns);
                if *operator != "," {
                    self.add(" ");
                }
                self.add(operator);
                self.add(" ");
                self.operand(*right, *precedence, assigns);
                if within {
                    self.close(')');
                }
            }
            Node::Prefix(operator, inner, precedence) => {
                self.add(operator);
                self.operand(*inner, *precedence, false);
            }
            Node::Postfix(inner, operator, precedence) => {
                self.operand(*inner, *precedence, true);
                self.add(operator);
            }
            Node::Subscript(base, index) => {
                self.operand(*base, own, false);
                self.open('[');
                self.operand(*index, Precedence::Default, false);
                self.close(']');
            }
            Node::Member(object, operator, member, precedence) => {
                self.operand(*object, *precedence, true);
                self.add(operator);
                self.operand(*member, *precedence, false);
            }
            Node::Conditional(condition, then, other) => {
                self.operand(*condition, own, false);
                self.add(" ? ");
                self.operand(*then, Precedence::Default, false);
                self.add(" : ");
                self.operand(*other, Precedence::Assign, true);
            }
            Node::Enclosed(word, inner) => {
                self.add(word);
                self.open('(');
                self.operand(*inner, Precedence::Default, false);
                self.close(')');
            }
            Node::SizeofPack(pack) => {
                self.add("sizeof...");
                self.open('(');
                self.expand(*pack);
                self.close(')');
            }
            Node::Throw(inner) => {
                self.add("throw ");
                self.print(*inner);
            }
            _ => self.call_or_cast(id),
        }
    }

    fn call_or_cast(&mut self, id: Id) {
        match self.node(id) {
            Node::NamedCast(word, ty, inner) => {
                self.add(word);
                let parens = std::mem::replace(&mut self.parens, 0);
                self.add("<");
                // LLVM leaves out what stands behind a name of the type.
                self.left(*ty);
                self.add(">");
                self.parens = parens;
                self.open('(');
                self.operand(*inner, Precedence::Default, false);
                self.close(')');
            }
            Node::Call {
                callee,
                args,
                parens,
            } => {
                if *parens {
                    self.open('(');
                }
                self.print(*callee);
                if *parens {
                    self.close(')');
                }
                self.call(args);
            }
            Node::VendorCall(callee, args) => {
                self.print(*callee);
                self.call(args);
            }
            Node::New {
                global,
                array,
                placement,
                ty,
                init,
            } => {
                self.add(if *global { "::new" } else { "new" });
                self.add(if *array { "[]" } else { "" });
                if !placement.is_empty() {
                    self.call(placement);
                }
                self.add(" ");
                self.print(*ty);
                if !init.is_empty() {
                    self.call(init);
                }
            }
            Node::Delete {
                global,
                array,
                operand,
            } => {
                self.add(if *global { "::delete" } else { "delete" });
                self.add(if *array { "[]" } else { "" });
                self.add(" ");
                self.print(*operand);
            }
            Node::ConversionCall(ty, args) => {
                self.open('(');
                self.print(*ty);
                self.close(')');
                self.call(args);
            }
            Node::MemberConversion { ty, expr } => {
                self.open('(');
                self.print(*ty);
                self.close(')');
                self.open('(');
                self.print(*expr);
                self.close(')');
            }
            _ => self.list_or_fold(id),
        }
    }

    fn list_or_fold(&mut self, id: Id) {
        match self.node(id) {
            Node::InitList(ty, list) => {
                if let Some(ty) = ty {
                    self.print(*ty);
                }
                self.add("{");
                self.list(list);
                self.add("}");
            }
            Node::Designated {
                element,
                init,
                is_array,
            } => {
                if *is_array {
                    self.add("[");
                    self.print(*element);
                    self.add("]");
                } else {
                    self.add(".");
                    self.print(*element);
                }
                self.designated(*init);
            }
            Node::Range(first, last, init) => {
                self.add("[");
                self.print(*first);
                self.add(" ... ");
                self.print(*last);
                self.add("]");
                self.designated(*init);
            }
            Node::Fold {
                left,
                operator,
                pack,
                init,
            } => self.fold(*left, operator, *pack, *init),
            _ => self.operand_alone(id),
        }
    }

    /// Names and literals.
    fn operand_alone(&mut self, id: Id) {
        match self.node(id) {
            Node::Param(number) => {
                self.add("fp");
                self.add(number);
            }
            Node::Global(name) => {
                self.add("::");
                self.print(*name);
            }
            Node::Destructor(name) => {
                self.add("~");
                self.left(*name);
            }
            Node::Integer(ty, number) => {
                if ty.len() > 3 {
                    self.open('(');
                    self.add(ty);
                    self.close(')');
                }
                self.number(number);
                if ty.len() <= 3 {
                    self.add(ty);
                }
            }
            Node::Cast(ty, number) => {
                self.open('(');
                self.print(*ty);
                self.close(')');
                self.number(number);
            }
            Node::FloatLiteral(kind, digits) => {
                let text = match kind {
                    FloatKind::Float => float::single(digits),
                    FloatKind::Double => float::double(digits),
                    FloatKind::LongDouble => float::long_double(digits),
                };
                self.add(&text);
            }
            Node::StringLiteral(ty) => {
                self.add("\"<");
                self.print(*ty);
                self.add(">\"");
            }
            Node::Requires(params, list) => self.requires(params, list),
            Node::Subobject { ty, expr, offset } => {
                self.print(*expr);
                self.add(".<");
                self.print(*ty);
                self.add(" at offset ");
                self.number(if offset.is_empty() { "0" } else { offset });
                self.add(">");
            }
            _ => {}
        }
    }

    pub(super) fn number(&mut self, number: &str) {
        match number.strip_prefix('n') {
            Some(rest) => {
                self.add("-");
                self.add(rest);
            }
            None => self.add(number),
        }
    }

    pub(super) fn designated(&mut self, init: Id) {
        if !matches!(self.node(init), Node::Designated { .. } | Node::Range(..)) {
            self.add(" = ");
        }
        self.print(init);
    }

    pub(super) fn fold(&mut self, left: bool, operator: &str, pack: Id, init: Option<Id>) {
        self.open('(');
        if !left || init.is_some() {
            match init.filter(|_| left) {
                Some(init) => self.operand(init, Precedence::Cast, true),
                None => self.fold_pack(pack),
            }
            self.add(" ");
            self.add(operator);
            self.add(" ");
        }
        self.add("...");
        if left || init.is_some() {
            self.add(" ");
            self.add(operator);
            self.add(" ");
            match init.filter(|_| !left) {
                Some(init) => self.operand(init, Precedence::Cast, true),
                None => self.fold_pack(pack),
            }
        }
        self.close(')');
    }

    pub(super) fn fold_pack(&mut self, pack: Id) {
        self.open('(');
        self.expand(pack);
        self.close(')');
    }

    pub(super) fn requires(&mut self, params: &[Id], list: &[Requirement]) {
        self.add("requires");
        if !params.is_empty() {
            self.add(" ");
            self.call(params);
        }
        self.add(" ");
        self.open('{');
        for requirement in list {
            match requirement {
                Requirement::Expression {
                    expr,
                    is_noexcept,
                    constraint,
                } => {
                    self.add(" ");
                    let braces = *is_noexcept || constraint.is_some();
                    if braces {
                        self.open('{');
                    }
                    self.print(*expr);
                    if braces {
                        self.close('}');
                    }
                    if *is_noexcept {
                        self.add(" noexcept");
                    }
                    if let Some(constraint) = constraint {
                        self.add(" -> ");
                        self.print(*constraint);
                    }
                    self.add(";");
                }
                Requirement::Type(ty) => {
                    self.add(" typename ");
                    self.print(*ty);
                    self.add(";");
                }
                Requirement::Nested(constraint) => {
                    self.add(" requires ");
                    self.print(*constraint);
                    self.add(";");
                }
            }
        }
        self.add(" ");
        self.close('}');
    }
}

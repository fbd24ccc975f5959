//! The part of a type that is written after the declared name: `(int)` of a function, `[3]` of an array.

use super::node::{Id, Node};
use super::print::{DEPTH, Printer};

/// The part of a type that is written after the declared name.
#[derive(Clone, Copy, Default)]
pub(super) struct Right {
    pub(super) anything: bool,
    pub(super) array: bool,
    pub(super) function: bool,
}

impl Printer<'_, '_> {
    pub(super) fn behind(&mut self, id: Id) -> Right {
        self.depth += 1;
        let found = match self.depth <= DEPTH {
            true => self.behind_inside(id),
            false => {
                self.failed = true;
                Right::default()
            }
        };
        self.depth -= 1;
        found
    }

    pub(super) fn behind_inside(&mut self, id: Id) -> Right {
        match self.node(id) {
            Node::Qualified(inner, _) => self.behind(*inner),
            Node::Pointer(inner)
            | Node::Reference(inner, _)
            | Node::MemberPointer { member: inner, .. } => Right {
                anything: self.behind(*inner).anything,
                ..Right::default()
            },
            Node::Array(..) => Right {
                anything: true,
                array: true,
                function: false,
            },
            Node::Function { .. } | Node::Encoding { .. } => Right {
                anything: true,
                array: false,
                function: true,
            },
            Node::ParamPack(list) => match self.element(list) {
                Some(element) => self.behind(element),
                None => Right::default(),
            },
            Node::Forward(at) => match self.parser.forwards[*at].1 {
                Some(meaning) => self.behind(meaning),
                None => Right::default(),
            },
            Node::TypeParam(_)
            | Node::ConstrainedParam(..)
            | Node::ValueParam(..)
            | Node::TemplateParam(..)
            | Node::PackParam(_) => Right {
                anything: true,
                ..Right::default()
            },
            _ => Right::default(),
        }
    }

    pub(super) fn right(&mut self, id: Id) {
        self.depth += 1;
        if self.depth > DEPTH {
            self.failed = true;
        }
        if !self.failed {
            self.right_inside(id);
        }
        self.depth -= 1;
    }

    pub(super) fn right_inside(&mut self, id: Id) {
        match self.node(id) {
            Node::Qualified(inner, _) => self.right(*inner),
            Node::ParamPack(list) => {
                if let Some(element) = self.element(list) {
                    self.right(element);
                }
            }
            Node::Forward(at) => {
                if let Some(meaning) = self.parser.forwards[*at].1 {
                    self.right(meaning);
                }
            }
            Node::Pointer(inner) if self.objc_protocol(*inner).is_some() => {}
            Node::Pointer(inner) => self.end_of_pointer(*inner),
            Node::MemberPointer { member: inner, .. } => self.end_of_pointer(*inner),
            Node::Reference(inner, rvalue) => {
                let (inner, _) = self.collapsed(*inner, *rvalue);
                self.end_of_pointer(inner);
            }
            Node::Array(element, length) => {
                if !self.out.ends_with(']') {
                    self.add(" ");
                }
                self.open('[');
                if let Some(length) = length {
                    self.print(*length);
                }
                self.close(']');
                self.right(*element);
            }
            Node::Function {
                ret,
                params,
                qualifiers,
                reference,
                exceptions,
            } => {
                self.open('(');
                self.list(params);
                self.close(')');
                self.right(*ret);
                self.qualifiers(*qualifiers);
                self.reference(*reference);
                if let Some(exceptions) = exceptions {
                    self.add(" ");
                    self.print(*exceptions);
                }
            }
            Node::Encoding {
                ret,
                params,
                attributes,
                requires,
                qualifiers,
                reference,
                ..
            } => {
                self.open('(');
                self.list(params);
                self.close(')');
                if let Some(ret) = ret {
                    self.right(*ret);
                }
                self.qualifiers(*qualifiers);
                self.reference(*reference);
                if let Some(attributes) = attributes {
                    self.print(*attributes);
                }
                if let Some(requires) = requires {
                    self.add(" requires ");
                    self.print(*requires);
                }
            }
            Node::TypeParam(name)
            | Node::ConstrainedParam(_, name)
            | Node::TemplateParam(name, ..) => self.print(*name),
            Node::ValueParam(name, ty) => {
                self.print(*name);
                self.right(*ty);
            }
            Node::PackParam(param) => self.right(*param),
            _ => {}
        }
    }

    pub(super) fn end_of_pointer(&mut self, inner: Id) {
        let behind = self.behind(inner);
        if behind.array || behind.function {
            self.add(")");
        }
        self.right(inner);
    }
}

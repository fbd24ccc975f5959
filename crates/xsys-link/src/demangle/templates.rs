//! Templates: parameters, their declarations, arguments.
//!
//! Spec: the Itanium C++ ABI, 5.1.5.9 to 5.1.7.

use super::node::{Id, Node, ParamKind};
use super::parse::Parser;

impl<'a> Parser<'a> {
    pub(super) fn template_param(&mut self) -> Option<Id> {
        let start = self.rest;
        self.expect("T")?;
        let mut level = 0;
        if self.eat("L") {
            level = self.count()?.checked_add(1)?;
            self.expect("_")?;
        }
        let mut number = 0;
        if !self.eat("_") {
            number = self.count()?.checked_add(1)?;
            self.expect("_")?;
        }
        if self.names_params {
            let name = &start[..start.len() - self.rest.len() - 1];
            return Some(self.text(std::str::from_utf8(name).ok()?));
        }
        if self.permits_forward && level == 0 {
            self.forwards.push((number, None));
            let at = self.forwards.len() - 1;
            return Some(self.make(Node::Forward(at)));
        }
        if let Some(&meaning) = self.params.get(level).and_then(|list| list.get(number)) {
            return Some(meaning);
        }
        if self.lambda_level == level && level <= self.params.len() {
            if level == self.params.len() {
                self.params.push(Vec::new());
            }
            return Some(self.text("auto"));
        }
        None
    }

    pub(super) fn is_param_declaration(&self) -> bool {
        self.look(0) == b'T' && matches!(self.look(1), b'y' | b'p' | b't' | b'n' | b'k')
    }

    /// A name for a parameter that has none.
    pub(super) fn invent(&mut self, kind: ParamKind, listed: bool) -> Id {
        let count = &mut self.invented[kind as usize];
        let number = *count;
        *count += 1;
        let name = self.make(Node::ParamName(kind, number));
        if listed && let Some(level) = self.params.last_mut() {
            level.push(name);
        }
        name
    }

    pub(super) fn param_declaration(&mut self, listed: bool) -> Option<Id> {
        self.deeper(|parser| parser.param_declaration_inside(listed))
    }

    pub(super) fn param_declaration_inside(&mut self, listed: bool) -> Option<Id> {
        let node = if self.eat("Ty") {
            Node::TypeParam(self.invent(ParamKind::Type, listed))
        } else if self.eat("Tk") {
            let constraint = self.name(None)?;
            Node::ConstrainedParam(constraint, self.invent(ParamKind::Type, listed))
        } else if self.eat("Tn") {
            let name = self.invent(ParamKind::Value, listed);
            Node::ValueParam(name, self.ty()?)
        } else if self.eat("Tt") {
            let name = self.invent(ParamKind::Template, listed);
            let depth = self.params.len();
            self.params.push(Vec::new());
            let mut inner = Vec::new();
            let mut requires = None;
            while !self.eat("E") {
                inner.push(self.param_declaration(true)?);
                if self.eat("Q") {
                    requires = Some(self.constraint()?);
                    self.expect("E")?;
                    break;
                }
            }
            self.params.truncate(depth);
            Node::TemplateParam(name, inner, requires)
        } else if self.eat("Tp") {
            Node::PackParam(self.param_declaration(listed)?)
        } else {
            return None;
        };
        Some(self.make(node))
    }

    pub(super) fn template_args(&mut self, of_entity: bool) -> Option<Id> {
        self.deeper(|parser| parser.template_args_inside(of_entity))
    }

    pub(super) fn template_args_inside(&mut self, of_entity: bool) -> Option<Id> {
        self.expect("I")?;
        let mut meanings = Vec::new();
        let mut args = Vec::new();
        while !self.eat("E") {
            // The arguments of the entity itself cannot refer to each other.
            if of_entity {
                self.params.clear();
            }
            let arg = self.template_arg()?;
            args.push(arg);
            if of_entity {
                let plain = match self.nodes[arg as usize] {
                    Node::Declared(inner) => inner,
                    _ => arg,
                };
                meanings.push(match &self.nodes[plain as usize] {
                    Node::ArgPack(list) => {
                        let pack = Node::ParamPack(list.clone());
                        self.make(pack)
                    }
                    _ => arg,
                });
                if self.look(0) == b'Q' {
                    self.params = vec![meanings.clone()];
                }
            }
            if self.eat("Q") {
                // Constraints on the arguments are not shown.
                self.constraint()?;
                self.expect("E")?;
                break;
            }
        }
        if of_entity {
            self.params = vec![meanings];
        }
        Some(self.make(Node::Args(args)))
    }

    pub(super) fn template_arg(&mut self) -> Option<Id> {
        self.deeper(|parser| match (parser.look(0), parser.look(1)) {
            (b'X', _) => {
                parser.skip(1);
                let expr = parser.expr()?;
                parser.expect("E")?;
                Some(expr)
            }
            (b'J', _) => {
                parser.skip(1);
                let list = parser.until("E", Self::template_arg)?;
                Some(parser.make(Node::ArgPack(list)))
            }
            (b'L', b'Z') => {
                parser.skip(2);
                let name = parser.encoding()?;
                parser.expect("E")?;
                Some(name)
            }
            (b'L', _) => parser.primary(),
            _ if parser.is_param_declaration() => {
                parser.param_declaration(false)?;
                let arg = parser.template_arg()?;
                Some(parser.make(Node::Declared(arg)))
            }
            _ => parser.ty(),
        })
    }
}

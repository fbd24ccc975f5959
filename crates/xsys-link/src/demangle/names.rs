//! Names: in scopes, in functions, of constructors, operators and lambdas.
//!
//! Spec: the Itanium C++ ABI, 5.1.3, 5.1.6 and 5.1.8.

use super::node::{Id, LambdaShape, Node, Qualifiers, RefQualifier};
use super::operators::{self, OperatorForm};
use super::parse::{NameState, Parser};

impl<'a> Parser<'a> {
    pub(super) fn name(&mut self, state: Option<&mut NameState>) -> Option<Id> {
        self.deeper(|parser| parser.name_inside(state))
    }

    pub(super) fn name_inside(&mut self, mut state: Option<&mut NameState>) -> Option<Id> {
        match self.look(0) {
            b'N' => return self.nested_name(state),
            b'Z' => return self.local_name(state),
            _ => {}
        }
        let (name, is_substitution) = match (self.look(0), self.look(1)) {
            (b'S', other) if other != b't' => self.unscoped_name(state.as_deref_mut(), true)?,
            _ => self.unscoped_name(state.as_deref_mut(), false)?,
        };
        if self.look(0) == b'I' {
            if !is_substitution {
                self.subs.push(name);
            }
            let args = self.template_args(state.is_some())?;
            if let Some(state) = state {
                state.ends_with_args = true;
            }
            return Some(self.make(Node::Templated(name, args)));
        }
        (!is_substitution).then_some(name)
    }

    /// A name in no scope or in `std`; `true` when it is a substitution alone.
    pub(super) fn unscoped_name(
        &mut self,
        state: Option<&mut NameState>,
        may_be_substitution: bool,
    ) -> Option<(Id, bool)> {
        let std = match self.eat("St") {
            true => Some(self.text("std")),
            false => None,
        };
        let mut module = None;
        if self.look(0) == b'S' {
            let found = self.substitution()?;
            if matches!(self.nodes[found as usize], Node::ModuleName { .. }) {
                module = Some(found);
            } else if may_be_substitution && std.is_none() {
                return Some((found, true));
            } else {
                return None;
            }
        }
        Some((self.unqualified_name(state, std, module)?, false))
    }

    /// `W` or `WP` and a name: a part of a module's name.
    pub(super) fn module_part(&mut self, parent: Option<Id>) -> Option<Id> {
        self.expect("W")?;
        let partition = self.eat("P");
        let name = self.source_name()?;
        let part = self.make(Node::ModuleName {
            parent,
            name,
            partition,
        });
        self.subs.push(part);
        Some(part)
    }

    pub(super) fn unqualified_name(
        &mut self,
        state: Option<&mut NameState>,
        scope: Option<Id>,
        mut module: Option<Id>,
    ) -> Option<Id> {
        while self.look(0) == b'W' {
            module = Some(self.module_part(module)?);
        }
        let is_friend = scope.is_some() && self.eat("F");
        self.eat("L");
        let mut name = match self.look(0) {
            b'1'..=b'9' => self.source_name()?,
            b'U' => self.unnamed_type()?,
            b'D' if self.look(1) == b'C' => {
                self.skip(2);
                let names = self.until("E", Self::source_name)?;
                self.make(Node::Bindings(names))
            }
            b'C' | b'D' => {
                let scope = scope?;
                return self.ctor_dtor(state, scope, module);
            }
            _ => self.operator_name(state)?,
        };
        if let Some(module) = module {
            name = self.make(Node::InModule { module, name });
        }
        name = self.abi_tags(name)?;
        Some(match scope {
            Some(scope) if is_friend => self.make(Node::Friend(scope, name)),
            Some(scope) => self.make(Node::Nested(scope, name)),
            None => name,
        })
    }

    pub(super) fn ctor_dtor(
        &mut self,
        state: Option<&mut NameState>,
        mut scope: Id,
        module: Option<Id>,
    ) -> Option<Id> {
        if let Node::Standard(kind) = self.nodes[scope as usize]
            && kind.is_instance()
        {
            scope = self.make(Node::StandardInFull(kind));
        }
        let (base, dtor) = match (self.look(0), self.look(1)) {
            (b'C', b'I') if matches!(self.look(2), b'1'..=b'5') => {
                self.skip(3);
                // The class that it is inherited from.
                self.name(None)?;
                (scope, false)
            }
            (b'C', b'1'..=b'5') => {
                self.skip(2);
                (scope, false)
            }
            (b'D', b'0' | b'1' | b'2' | b'4' | b'5') => {
                self.skip(2);
                (scope, true)
            }
            _ => return None,
        };
        if let Some(state) = state {
            state.without_return = true;
        }
        let mut name = self.make(Node::CtorDtor { base, dtor });
        if let Some(module) = module {
            name = self.make(Node::InModule { module, name });
        }
        name = self.abi_tags(name)?;
        Some(self.make(Node::Nested(scope, name)))
    }

    pub(super) fn source_name(&mut self) -> Option<Id> {
        let length = self.count()?;
        if length == 0 {
            return None;
        }
        let name = self.take(length)?;
        Some(match name.starts_with("_GLOBAL__N") {
            true => self.text("(anonymous namespace)"),
            false => self.text(name),
        })
    }

    pub(super) fn abi_tags(&mut self, mut name: Id) -> Option<Id> {
        while self.eat("B") {
            let length = self.count().filter(|&length| length > 0)?;
            let tag = self.take(length)?;
            name = self.make(Node::Tagged(name, tag));
        }
        Some(name)
    }

    /// `Ut`, `Ul` and `Ub`: types and blocks that have no name in the source.
    pub(super) fn unnamed_type(&mut self) -> Option<Id> {
        if self.eat("Ut") {
            let count = self.number(false);
            self.expect("_")?;
            return Some(self.make(Node::Unnamed(count)));
        }
        if self.eat("Ul") {
            let (level, depth) = (self.lambda_level, self.params.len());
            self.lambda_level = depth;
            let lambda = self.lambda();
            self.lambda_level = level;
            self.params.truncate(depth);
            return lambda;
        }
        if self.eat("Ub") {
            self.number(false);
            self.expect("_")?;
            return Some(self.text("'block-literal'"));
        }
        None
    }

    pub(super) fn lambda(&mut self) -> Option<Id> {
        self.params.push(Vec::new());
        let mut template = Vec::new();
        while self.is_param_declaration() {
            template.push(self.param_declaration(true)?);
        }
        if template.is_empty() {
            self.params.pop();
        }
        let first = match self.eat("Q") {
            true => Some(self.constraint()?),
            false => None,
        };
        let mut params = Vec::new();
        if !self.eat("v") {
            loop {
                params.push(self.ty()?);
                if matches!(self.look(0), b'E' | b'Q') {
                    break;
                }
            }
        }
        let second = match self.eat("Q") {
            true => Some(self.constraint()?),
            false => None,
        };
        self.expect("E")?;
        let count = self.number(false);
        self.expect("_")?;
        let shape = LambdaShape {
            template,
            first,
            params,
            second,
        };
        Some(self.make(Node::Lambda { count, shape }))
    }

    pub(super) fn operator_name(&mut self, state: Option<&mut NameState>) -> Option<Id> {
        let code = [self.look(0), self.look(1)];
        if let Some(operator) = operators::find(&code) {
            match operator.shape {
                OperatorForm::Conversion => {
                    self.skip(2);
                    let (takes_args, permits) = (self.takes_args, self.permits_forward);
                    self.takes_args = false;
                    self.permits_forward |= state.is_some();
                    let ty = self.ty();
                    (self.takes_args, self.permits_forward) = (takes_args, permits);
                    if let Some(state) = state {
                        state.without_return = true;
                    }
                    let ty = ty?;
                    return Some(self.make(Node::Conversion(ty)));
                }
                OperatorForm::NamedCast | OperatorForm::Of(_) | OperatorForm::Member(false) => {
                    return None;
                }
                _ => {}
            }
            self.skip(2);
            let name = match operator.text.as_bytes()[0].is_ascii_alphabetic() {
                true => "operator ",
                false => "operator",
            };
            let text = self.text(operator.text);
            return Some(self.make(Node::About(name, text)));
        }
        if self.eat("li") {
            let name = self.source_name()?;
            return Some(self.make(Node::LiteralOperator(name)));
        }
        if code[0] == b'v' && code[1].is_ascii_digit() {
            self.skip(2);
            let name = self.source_name()?;
            return Some(self.make(Node::Conversion(name)));
        }
        None
    }

    pub(super) fn nested_name(&mut self, mut state: Option<&mut NameState>) -> Option<Id> {
        self.expect("N")?;
        let object = self.eat("H");
        let mut qualifiers = Qualifiers::default();
        let mut reference = RefQualifier::None;
        if !object {
            qualifiers = self.cv_qualifiers();
            if self.eat("O") {
                reference = RefQualifier::RValue;
            } else if self.eat("R") {
                reference = RefQualifier::LValue;
            }
        }
        if let Some(state) = state.as_deref_mut() {
            state.explicit_object = object;
            (state.qualifiers, state.reference) = (qualifiers, reference);
        }
        let mut so_far: Option<Id> = None;
        while !self.eat("E") {
            if let Some(state) = state.as_deref_mut() {
                state.ends_with_args = false;
            }
            let next = match (self.look(0), self.look(1)) {
                (b'T', _) => match so_far {
                    Some(_) => return None,
                    None => self.template_param()?,
                },
                (b'I', _) => {
                    let name = so_far?;
                    if matches!(self.nodes[name as usize], Node::Templated(..)) {
                        return None;
                    }
                    let args = self.template_args(state.is_some())?;
                    if let Some(state) = state.as_deref_mut() {
                        state.ends_with_args = true;
                    }
                    self.make(Node::Templated(name, args))
                }
                (b'D', b't' | b'T') => match so_far {
                    Some(_) => return None,
                    None => self.decltype()?,
                },
                (first, second) => {
                    let mut module = None;
                    if first == b'S' {
                        let found = match second {
                            b't' => {
                                self.skip(2);
                                self.text("std")
                            }
                            _ => self.substitution()?,
                        };
                        if matches!(self.nodes[found as usize], Node::ModuleName { .. }) {
                            module = Some(found);
                        } else if so_far.is_some() {
                            return None;
                        } else {
                            so_far = Some(found);
                            continue;
                        }
                    }
                    self.unqualified_name(state.as_deref_mut(), so_far, module)?
                }
            };
            so_far = Some(next);
            self.subs.push(next);
            self.eat("M");
        }
        let name = so_far?;
        self.subs.pop()?;
        Some(name)
    }

    /// Something within a function. As in LLVM, names after it cannot refer to the parameters of its template and
    /// stay mangled if they do.
    pub(super) fn local_name(&mut self, state: Option<&mut NameState>) -> Option<Id> {
        let params = self.params.clone();
        let name = self.local_name_inside(state);
        self.params = params;
        name
    }

    pub(super) fn local_name_inside(&mut self, state: Option<&mut NameState>) -> Option<Id> {
        self.expect("Z")?;
        let scope = self.encoding()?;
        self.expect("E")?;
        if self.eat("s") {
            self.discriminator();
            let entity = self.text("string literal");
            return Some(self.make(Node::Nested(scope, entity)));
        }
        if self.eat("d") {
            self.number(true);
            self.expect("_")?;
            let entity = self.name(state)?;
            return Some(self.make(Node::Nested(scope, entity)));
        }
        let entity = self.name(state)?;
        self.discriminator();
        Some(self.make(Node::Nested(scope, entity)))
    }

    /// The number of a thing among those of its name in a function, which the text does not show.
    pub(super) fn discriminator(&mut self) {
        let digits = |rest: &[u8]| {
            rest.iter()
                .take_while(|letter| letter.is_ascii_digit())
                .count()
        };
        match (self.look(0), self.look(1)) {
            (b'_', b'0'..=b'9') => self.skip(2),
            (b'_', b'_') => {
                let length = digits(&self.rest[2..]);
                if self.look(2 + length) == b'_' {
                    self.skip(3 + length);
                }
            }
            (b'0'..=b'9', _) if digits(self.rest) == self.rest.len() => self.rest = &[],
            _ => {}
        }
    }
}

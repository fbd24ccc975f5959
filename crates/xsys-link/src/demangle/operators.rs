//! Operators, in names and in expressions.
//!
//! Spec: the Itanium C++ ABI, 5.1.3 "Operator Encodings".

use super::node::Precedence;

/// How an operator is written.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum OperatorForm {
    Prefix,
    Postfix,
    Binary,
    Subscript,
    /// Between an object and a member; `true` when functions can have the name.
    Member(bool),
    New,
    Delete,
    Call,
    /// A conversion.
    Conversion,
    Conditional,
    /// `co_await` and the like, which are not used in expressions.
    NameOnly,
    NamedCast,
    /// `sizeof` and the like, of a type (`true`) or an expression.
    Of(bool),
}

/// An operator.
pub(super) struct Operator {
    pub(super) code: &'static [u8; 2],
    pub(super) shape: OperatorForm,
    pub(super) precedence: Precedence,
    pub(super) text: &'static str,
}

const fn row(
    code: &'static [u8; 2],
    shape: OperatorForm,
    precedence: Precedence,
    text: &'static str,
) -> Operator {
    Operator {
        code,
        shape,
        precedence,
        text,
    }
}

/// All operators.
pub(super) static OPERATORS: &[Operator] = &{
    use OperatorForm::{
        Binary, Call, Conditional, Conversion, Delete, Member, NameOnly, NamedCast, New, Of,
        Postfix, Prefix, Subscript,
    };
    use Precedence::*;
    [
        row(b"aN", Binary, Assign, "&="),
        row(b"aS", Binary, Assign, "="),
        row(b"aa", Binary, AndIf, "&&"),
        row(b"ad", Prefix, Unary, "&"),
        row(b"an", Binary, And, "&"),
        row(b"at", Of(true), Unary, "alignof "),
        row(b"aw", NameOnly, Primary, "co_await"),
        row(b"az", Of(false), Unary, "alignof "),
        row(b"cc", NamedCast, Precedence::Postfix, "const_cast"),
        row(b"cl", Call, Precedence::Postfix, "()"),
        row(b"cm", Binary, Comma, ","),
        row(b"co", Prefix, Unary, "~"),
        row(b"cp", Call, Precedence::Postfix, "()"),
        row(b"cv", Conversion, Cast, ""),
        row(b"dV", Binary, Assign, "/="),
        row(b"da", Delete, Unary, "delete[]"),
        row(b"dc", NamedCast, Precedence::Postfix, "dynamic_cast"),
        row(b"de", Prefix, Unary, "*"),
        row(b"dl", Delete, Unary, "delete"),
        row(b"ds", Member(false), PtrMem, ".*"),
        row(b"dt", Member(false), Precedence::Postfix, "."),
        row(b"dv", Binary, Multiplicative, "/"),
        row(b"eO", Binary, Assign, "^="),
        row(b"eo", Binary, Xor, "^"),
        row(b"eq", Binary, Equality, "=="),
        row(b"ge", Binary, Relational, ">="),
        row(b"gt", Binary, Relational, ">"),
        row(b"ix", Subscript, Precedence::Postfix, "[]"),
        row(b"lS", Binary, Assign, "<<="),
        row(b"le", Binary, Relational, "<="),
        row(b"ls", Binary, Shift, "<<"),
        row(b"lt", Binary, Relational, "<"),
        row(b"mI", Binary, Assign, "-="),
        row(b"mL", Binary, Assign, "*="),
        row(b"mi", Binary, Additive, "-"),
        row(b"ml", Binary, Multiplicative, "*"),
        row(b"mm", Postfix, Precedence::Postfix, "--"),
        row(b"na", New, Unary, "new[]"),
        row(b"ne", Binary, Equality, "!="),
        row(b"ng", Prefix, Unary, "-"),
        row(b"nt", Prefix, Unary, "!"),
        row(b"nw", New, Unary, "new"),
        row(b"oR", Binary, Assign, "|="),
        row(b"oo", Binary, OrIf, "||"),
        row(b"or", Binary, Ior, "|"),
        row(b"pL", Binary, Assign, "+="),
        row(b"pl", Binary, Additive, "+"),
        row(b"pm", Member(true), PtrMem, "->*"),
        row(b"pp", Postfix, Precedence::Postfix, "++"),
        row(b"ps", Prefix, Unary, "+"),
        row(b"pt", Member(true), Precedence::Postfix, "->"),
        row(b"qu", Conditional, Precedence::Conditional, "?"),
        row(b"rM", Binary, Assign, "%="),
        row(b"rS", Binary, Assign, ">>="),
        row(b"rc", NamedCast, Precedence::Postfix, "reinterpret_cast"),
        row(b"rm", Binary, Multiplicative, "%"),
        row(b"rs", Binary, Shift, ">>"),
        row(b"sc", NamedCast, Precedence::Postfix, "static_cast"),
        row(b"ss", Binary, Spaceship, "<=>"),
        row(b"st", Of(true), Unary, "sizeof "),
        row(b"sz", Of(false), Unary, "sizeof "),
        row(b"te", Of(false), Precedence::Postfix, "typeid "),
        row(b"ti", Of(true), Precedence::Postfix, "typeid "),
    ]
};

/// The operator with a code.
pub(super) fn find(code: &[u8]) -> Option<&'static Operator> {
    OPERATORS.iter().find(|operator| operator.code == code)
}

//! The tree of a mangled name.
//!
//! Spec: the Itanium C++ ABI, chapter 5.1. Nodes live in one list and refer to each other by number, because
//! substitutions let several places share a part.

/// The number of a node.
pub(super) type Id = u32;

/// `const`, `volatile`, `restrict`, of a type or a member function.
#[derive(Clone, Copy, Default, PartialEq, Eq)]
pub(super) struct Qualifiers {
    pub(super) is_const: bool,
    pub(super) is_volatile: bool,
    pub(super) is_restrict: bool,
}

impl Qualifiers {
    pub(super) fn any(self) -> bool {
        self != Qualifiers::default()
    }
}

/// The ref-qualifier of a member function: none, `&` or `&&`.
#[derive(Clone, Copy, Default, PartialEq, Eq)]
pub(super) enum RefQualifier {
    #[default]
    None,
    LValue,
    RValue,
}

/// How strongly an expression binds, the strongest first.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Precedence {
    Primary,
    Postfix,
    Unary,
    Cast,
    PtrMem,
    Multiplicative,
    Additive,
    Shift,
    Spaceship,
    Relational,
    Equality,
    And,
    Xor,
    Ior,
    AndIf,
    OrIf,
    Conditional,
    Assign,
    Comma,
    Default,
}

/// `Sa`, `Sb`, `Ss`, `Si`, `So`, `Sd`.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum Standard {
    Allocator,
    BasicString,
    String,
    IStream,
    OStream,
    IOStream,
}

impl Standard {
    /// The name that the letter stands for.
    pub(super) fn short(self) -> &'static str {
        match self {
            Standard::Allocator => "allocator",
            Standard::BasicString => "basic_string",
            Standard::String => "string",
            Standard::IStream => "istream",
            Standard::OStream => "ostream",
            Standard::IOStream => "iostream",
        }
    }

    /// The template's name.
    pub(super) fn template(self) -> &'static str {
        match self {
            Standard::Allocator => "allocator",
            Standard::BasicString | Standard::String => "basic_string",
            Standard::IStream => "basic_istream",
            Standard::OStream => "basic_ostream",
            Standard::IOStream => "basic_iostream",
        }
    }

    /// Whether it stands for an instance of the template.
    pub(super) fn is_instance(self) -> bool {
        !matches!(self, Standard::Allocator | Standard::BasicString)
    }
}

/// A kind of template parameter that has no name in the source.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum ParamKind {
    Type,
    Value,
    Template,
}

/// One line of a `requires` expression.
pub(super) enum Requirement {
    Expression {
        expr: Id,
        is_noexcept: bool,
        constraint: Option<Id>,
    },
    Type(Id),
    Nested(Id),
}

/// A part of a name.
pub(super) enum Node<'a> {
    Text(&'a str),
    /// A description, and the name that it is for: `vtable for X`.
    About(&'static str, Id),
    ConstructionVtable {
        of: Id,
        within: Id,
    },
    Nested(Id, Id),
    Friend(Id, Id),
    ModuleName {
        parent: Option<Id>,
        name: Id,
        partition: bool,
    },
    InModule {
        module: Id,
        name: Id,
    },
    Templated(Id, Id),
    Args(Vec<Id>),
    /// Arguments that belong to one parameter.
    ArgPack(Vec<Id>),
    /// The arguments of a pack, one of which is written at a time.
    ParamPack(Vec<Id>),
    Expansion(Id),
    /// An argument whose parameter's declaration is known.
    Declared(Id),
    Tagged(Id, &'a str),
    Standard(Standard),
    StandardInFull(Standard),
    CtorDtor {
        base: Id,
        dtor: bool,
    },
    Unnamed(&'a str),
    Lambda {
        count: &'a str,
        shape: LambdaShape,
    },
    Bindings(Vec<Id>),
    Conversion(Id),
    LiteralOperator(Id),
    Qualified(Id, Qualifiers),
    VendorQualified(Id, &'a str, Option<Id>),
    ObjcProtocol(Id, &'a str),
    Suffixed(Id, &'static str),
    Pointer(Id),
    Reference(Id, bool),
    MemberPointer {
        class: Id,
        member: Id,
    },
    Array(Id, Option<Id>),
    Function {
        ret: Id,
        params: Vec<Id>,
        qualifiers: Qualifiers,
        reference: RefQualifier,
        exceptions: Option<Id>,
    },
    Noexcept(Id),
    Throws(Vec<Id>),
    Encoding {
        ret: Option<Id>,
        name: Id,
        params: Vec<Id>,
        attributes: Option<Id>,
        requires: Option<Id>,
        qualifiers: Qualifiers,
        reference: RefQualifier,
    },
    EnableIf(Vec<Id>),
    Vector(Id, Option<Id>),
    PixelVector(Id),
    Float(&'a str),
    BitInt(Id, bool),
    Elaborated(&'static str, Id),
    /// A template parameter whose argument comes later in the name: its place in the list of these.
    Forward(usize),
    Clone(Id, &'a str),
    ExplicitObject(Id),

    // Declarations of template parameters.
    ParamName(ParamKind, usize),
    TypeParam(Id),
    ConstrainedParam(Id, Id),
    ValueParam(Id, Id),
    TemplateParam(Id, Vec<Id>, Option<Id>),
    PackParam(Id),

    // Expressions.
    Binary(Id, &'static str, Id, Precedence),
    Prefix(&'static str, Id, Precedence),
    Postfix(Id, &'static str, Precedence),
    Subscript(Id, Id),
    Member(Id, &'static str, Id, Precedence),
    Conditional(Id, Id, Id),
    /// A word with an argument in parentheses.
    Enclosed(&'static str, Id),
    SizeofPack(Id),
    NamedCast(&'static str, Id, Id),
    Call {
        callee: Id,
        args: Vec<Id>,
        parens: bool,
    },
    New {
        global: bool,
        array: bool,
        placement: Vec<Id>,
        ty: Id,
        init: Vec<Id>,
    },
    Delete {
        global: bool,
        array: bool,
        operand: Id,
    },
    ConversionCall(Id, Vec<Id>),
    MemberConversion {
        ty: Id,
        expr: Id,
    },
    InitList(Option<Id>, Vec<Id>),
    Designated {
        element: Id,
        init: Id,
        is_array: bool,
    },
    Range(Id, Id, Id),
    Fold {
        left: bool,
        operator: &'static str,
        pack: Id,
        init: Option<Id>,
    },
    Throw(Id),
    Param(&'a str),
    Global(Id),
    Destructor(Id),
    Integer(&'static str, &'a str),
    Cast(Id, &'a str),
    FloatLiteral(FloatKind, &'a str),
    StringLiteral(Id),
    LambdaExpr(Id),
    Requires(Vec<Id>, Vec<Requirement>),
    Subobject {
        ty: Id,
        expr: Id,
        offset: &'a str,
    },
    /// Vendors' types and expressions: a name with arguments in parentheses.
    VendorCall(Id, Vec<Id>),
}

/// The parts of a lambda that the text shows.
pub(super) struct LambdaShape {
    pub(super) template: Vec<Id>,
    pub(super) first: Option<Id>,
    pub(super) params: Vec<Id>,
    pub(super) second: Option<Id>,
}

/// The format of a floating-point number.
#[derive(Clone, Copy)]
pub(super) enum FloatKind {
    Float,
    Double,
    LongDouble,
}

//! Evaluates expressions during layout.
//!
//! The rules are the GNU ld manual's ("Expressions in Linker Scripts", "The Section of an
//! Expression") with lld's deviations where embedded projects rely on them: a value is either
//! absolute or an offset into an output section; arithmetic on two values of one section stays in
//! that section where that makes sense, everything else works on addresses.
//!
//! | expression | value |
//! |---|---|
//! | number | absolute, inside output sections too (lld; GNU ld takes it for an offset there) |
//! | `.`, `ADDR(s)` | relative to the output section |
//! | `r + n`, `n + r`, `r - n` | relative to `r`'s section |
//! | `r - r`, `n - r` | a number, the distance of the addresses, whichever their sections |
//! | `r + r` | a number, the sum of the addresses (lld refuses) |
//! | `& \| ^` | on addresses; relative if one side is, or if both are in the same section (lld refuses two sides) |
//! | `* / % << >>`, `- ~ !`, comparisons, `&& \|\|` | on addresses; a number |
//! | `ALIGN(r, n)` | the *address* is aligned, the result stays relative |
//! | `MAX`, `MIN` | compare addresses, give the chosen side as it is |
//! | `c ? a : b` | the chosen side as it is |
//! | `ABSOLUTE(x)`, `LOADADDR(s)` | a number |
//!
//! All arithmetic is unsigned and wraps at 64 bits, `>>`, `/` and `<` included; shifting by 64 or
//! more gives 0. `&&`, `||` and `? :` evaluate only what they need.
//!
//! As in lld: `SIZEOF` of a section that does not exist is 0, `ALIGN(0)` and `ALIGN(x, 0)` change
//! nothing, `DATA_SEGMENT_ALIGN(m, c)` is `ALIGN(m)`, `DATA_SEGMENT_RELRO_END(o, x)` aligns `x` to
//! the page size whatever `o` is, `DATA_SEGMENT_END(x)` is `x`, and the value of `ASSERT(…)` is `.`.
//! Unlike lld, `SEGMENT_START` honours `-Ttext-segment` and its relatives.

use xsys_diag::Diagnostic;

use super::ast::{BinaryOp, Expr, ExprKind, Script, Span, UnaryOp};

/// Index of an output section, in order of creation.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct OutputId(pub u32);

/// The value of an expression.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Value {
    /// `None`: `value` is absolute; else an offset from that output section's address.
    pub section: Option<OutputId>,
    /// Number or offset.
    pub value: u64,
}

/// What expressions can use of an output section.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct SectionFacts {
    /// Which one.
    pub id: OutputId,
    /// VMA.
    pub addr: u64,
    /// LMA.
    pub load_addr: u64,
    /// Bytes.
    pub size: u64,
    /// Bytes, a power of two.
    pub align: u64,
}

/// Where names in an expression get their values.
pub trait Scope {
    /// The location counter: section-relative inside an output section.
    fn dot(&self) -> Value;
    /// A symbol's current value; `None` if it is undefined.
    fn symbol(&self, name: &str) -> Option<Value>;
    /// `DEFINED(name)`: defined by an input or by an earlier assignment.
    fn is_defined(&self, name: &str) -> bool;
    /// An output section by name; `None` if the script and the inputs have none.
    fn section(&self, name: &str) -> Option<SectionFacts>;
    /// An output section's address.
    fn address(&self, section: OutputId) -> u64;
    /// A memory region's (ORIGIN, LENGTH); aliases are resolved.
    fn region(&self, name: &str) -> Option<(u64, u64)>;
    /// Bytes of the ELF header and the program headers.
    fn size_of_headers(&self) -> u64;
    /// `CONSTANT(MAXPAGESIZE)`
    fn max_page_size(&self) -> u64;
    /// `CONSTANT(COMMONPAGESIZE)`
    fn common_page_size(&self) -> u64;
    /// `-Ttext=…` and relatives, for `SEGMENT_START`.
    fn segment_start(&self, segment: &str) -> Option<u64>;
    /// Names for suggestions: symbols, sections and regions that exist.
    fn known_names(&self) -> Vec<String>;
    /// A hint on what defines a symbol.
    fn origin_of(&self, _symbol: &str) -> Option<String> {
        None
    }
}

/// Why an expression has no value.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[expect(missing_docs, reason = "the messages say it")]
pub enum EvalError {
    #[error("symbol `{name}` is not defined")]
    UndefinedSymbol { name: String, span: Span },
    #[error("section `{name}` is not defined")]
    UndefinedSection { name: String, span: Span },
    #[error("memory region `{name}` is not declared")]
    UndefinedRegion { name: String, span: Span },
    #[error("division by zero")]
    DivisionByZero { span: Span },
    #[error("alignment {value:#x} is not a power of two")]
    BadAlignment { value: u64, span: Span },
    #[error("unknown constant `{name}`")]
    UnknownConstant { name: String, span: Span },
    #[error("assertion failed: {message}")]
    Assertion { message: String, span: Span },
}

impl EvalError {
    /// The place of the failing part.
    pub fn span(&self) -> Span {
        match self {
            EvalError::UndefinedSymbol { span, .. }
            | EvalError::UndefinedSection { span, .. }
            | EvalError::UndefinedRegion { span, .. }
            | EvalError::DivisionByZero { span }
            | EvalError::BadAlignment { span, .. }
            | EvalError::UnknownConstant { span, .. }
            | EvalError::Assertion { span, .. } => *span,
        }
    }

    /// As a diagnostic that quotes the script.
    pub fn into_diagnostic(self, script: &Script, scope: &dyn Scope) -> Diagnostic {
        let diagnostic = script.label(Diagnostic::error(self.to_string()), self.span(), "");
        let name = match &self {
            EvalError::UndefinedSymbol { name, .. }
            | EvalError::UndefinedSection { name, .. }
            | EvalError::UndefinedRegion { name, .. } => name,
            EvalError::UnknownConstant { .. } => {
                return diagnostic.help("the constants are `MAXPAGESIZE` and `COMMONPAGESIZE`");
            }
            EvalError::BadAlignment { value, .. } => {
                return match value.checked_next_power_of_two() {
                    Some(next) => diagnostic.help(format!("the next power of two is {next:#x}")),
                    None => diagnostic,
                };
            }
            EvalError::DivisionByZero { span } => {
                let divisor = script.text(*span);
                return diagnostic.help(format!(
                    "`{divisor}` is 0 here; where that may be, test it: `{divisor} ? … / {divisor} : 0`"
                ));
            }
            EvalError::Assertion { .. } => return diagnostic,
        };
        let mut known = scope.known_names();
        known.sort();
        // Not the symbol that is being assigned: `PROVIDE(DefaultHandler = DefaultHandler_)`.
        let bare = name.trim_end_matches('_');
        let others = known.iter().map(String::as_str);
        let others = others.filter(|other| other.trim_end_matches('_') != bare);
        let origin = match &self {
            EvalError::UndefinedSymbol { name, .. } => scope.origin_of(name),
            _ => None,
        };
        match xsys_diag::did_you_mean(name, others) {
            Some(close) => diagnostic.help(format!("did you mean `{close}`?")),
            None if origin.is_some() => diagnostic.help(origin.unwrap_or_default()),
            None => diagnostic.help(match &self {
                EvalError::UndefinedSymbol { .. } => {
                    "define it in the program or in a script; `DEFINED(…)` asks whether it is"
                }
                EvalError::UndefinedSection { .. } => {
                    "no rule and no input makes this section; of such sections only `SIZEOF` is known: 0"
                }
                _ => "declare it in MEMORY",
            }),
        }
    }
}

impl Value {
    /// A number.
    pub fn absolute(value: u64) -> Value {
        Value {
            section: None,
            value,
        }
    }

    /// An offset into an output section.
    pub fn relative(section: OutputId, value: u64) -> Value {
        Value {
            section: Some(section),
            value,
        }
    }

    /// The address (or number) that the value stands for.
    pub fn address(self, scope: &dyn Scope) -> u64 {
        match self.section {
            Some(section) => scope.address(section).wrapping_add(self.value),
            None => self.value,
        }
    }

    /// The value in `section` whose address is `address`.
    fn at(section: Option<OutputId>, address: u64, scope: &dyn Scope) -> Value {
        let base = section.map_or(0, |section| scope.address(section));
        Value {
            section,
            value: address.wrapping_sub(base),
        }
    }
}

/// The value of an expression in a scope.
///
/// # Errors
/// A name is not defined, a number is invalid, or an assertion fails.
pub fn eval(expr: &Expr, scope: &dyn Scope) -> Result<Value, EvalError> {
    match &expr.kind {
        ExprKind::Number(value) => Ok(Value::absolute(*value)),
        ExprKind::Symbol(name) => match scope.symbol(name) {
            Some(value) => Ok(value),
            None => Err(EvalError::UndefinedSymbol {
                name: name.to_string(),
                span: expr.span,
            }),
        },
        ExprKind::Dot => Ok(scope.dot()),
        ExprKind::Unary(op, operand) => {
            let value = eval(operand, scope)?.address(scope);
            Ok(Value::absolute(match op {
                UnaryOp::Neg => value.wrapping_neg(),
                UnaryOp::BitNot => !value,
                UnaryOp::Not => u64::from(value == 0),
            }))
        }
        ExprKind::Binary(op, left, right) => binary(*op, left, right, scope),
        ExprKind::Ternary(condition, yes, no) => {
            let chosen = if address(condition, scope)? != 0 {
                yes
            } else {
                no
            };
            eval(chosen, scope)
        }
        ExprKind::Max(left, right) => extreme(left, right, scope, |left, right| left >= right),
        ExprKind::Min(left, right) => extreme(left, right, scope, |left, right| left <= right),
        ExprKind::Align(..)
        | ExprKind::DataSegmentAlign(..)
        | ExprKind::DataSegmentRelroEnd(..) => aligned(expr, scope),
        ExprKind::DataSegmentEnd(value) => eval(value, scope),
        ExprKind::SegmentStart(segment, default) => match scope.segment_start(&segment.text) {
            Some(start) => Ok(Value::absolute(start)),
            None => eval(default, scope),
        },
        ExprKind::Assert(condition, message) => {
            if address(condition, scope)? == 0 {
                return Err(EvalError::Assertion {
                    message: message.clone(),
                    span: expr.span,
                });
            }
            Ok(Value::absolute(scope.dot().address(scope)))
        }
        ExprKind::Absolute(value) => Ok(Value::absolute(address(value, scope)?)),
        ExprKind::Log2Ceil(value) => {
            let value = address(value, scope)?;
            let bits = u64::BITS - value.saturating_sub(1).leading_zeros();
            Ok(Value::absolute(u64::from(bits)))
        }
        _ => fact(expr, scope),
    }
}

/// An expression's value as an address or number.
///
/// # Errors
/// As for [`eval`].
pub fn address(expr: &Expr, scope: &dyn Scope) -> Result<u64, EvalError> {
    Ok(eval(expr, scope)?.address(scope))
}

/// Expressions without operands.
fn fact(expr: &Expr, scope: &dyn Scope) -> Result<Value, EvalError> {
    let section = |name: &super::ast::Name| {
        scope
            .section(&name.text)
            .ok_or_else(|| EvalError::UndefinedSection {
                name: name.text.to_string(),
                span: name.span,
            })
    };
    let region = |name: &super::ast::Name| {
        scope
            .region(&name.text)
            .ok_or_else(|| EvalError::UndefinedRegion {
                name: name.text.to_string(),
                span: name.span,
            })
    };
    Ok(match &expr.kind {
        ExprKind::Addr(name) => Value::relative(section(name)?.id, 0),
        ExprKind::LoadAddr(name) => Value::absolute(section(name)?.load_addr),
        ExprKind::AlignOf(name) => Value::absolute(section(name)?.align),
        ExprKind::SizeOf(name) => {
            Value::absolute(scope.section(&name.text).map_or(0, |section| section.size))
        }
        ExprKind::Origin(name) => Value::absolute(region(name)?.0),
        ExprKind::Length(name) => Value::absolute(region(name)?.1),
        ExprKind::Defined(name) => Value::absolute(u64::from(scope.is_defined(&name.text))),
        ExprKind::Constant(name) => Value::absolute(match &*name.text {
            "MAXPAGESIZE" => scope.max_page_size(),
            "COMMONPAGESIZE" => scope.common_page_size(),
            _ => {
                return Err(EvalError::UnknownConstant {
                    name: name.text.to_string(),
                    span: name.span,
                });
            }
        }),
        // SIZEOF_HEADERS: everything else is in `eval`.
        _ => Value::absolute(scope.size_of_headers()),
    })
}

fn binary(op: BinaryOp, left: &Expr, right: &Expr, scope: &dyn Scope) -> Result<Value, EvalError> {
    match op {
        BinaryOp::And => {
            let both = address(left, scope)? != 0 && address(right, scope)? != 0;
            return Ok(Value::absolute(u64::from(both)));
        }
        BinaryOp::Or => {
            let either = address(left, scope)? != 0 || address(right, scope)? != 0;
            return Ok(Value::absolute(u64::from(either)));
        }
        _ => {}
    }
    let (a, b) = (eval(left, scope)?, eval(right, scope)?);
    apply(op, a, b, right.span, scope)
}

/// Applies an operator that needs both sides; for `symbol += value` and its relatives, too.
/// `right` is the place of the right-hand side.
///
/// # Errors
/// Division by zero.
pub fn apply(
    op: BinaryOp,
    a: Value,
    b: Value,
    right: Span,
    scope: &dyn Scope,
) -> Result<Value, EvalError> {
    let (x, y) = (a.address(scope), b.address(scope));
    let shift = |shifted: fn(u64, u32) -> Option<u64>| {
        u32::try_from(y)
            .ok()
            .and_then(|bits| shifted(x, bits))
            .unwrap_or(0)
    };
    let divided = |divide: fn(u64, u64) -> Option<u64>| {
        divide(x, y).ok_or(EvalError::DivisionByZero { span: right })
    };
    // The section of a result that is computed on addresses and stays relative.
    let shared = match (a.section, b.section) {
        (Some(one), Some(other)) if one != other => None,
        (one, other) => one.or(other),
    };
    let number = match op {
        BinaryOp::Add if a.section.is_some() && b.section.is_some() => x.wrapping_add(y),
        BinaryOp::Add => return Ok(Value::at(shared, x.wrapping_add(y), scope)),
        BinaryOp::Sub if b.section.is_none() => {
            return Ok(Value::at(a.section, x.wrapping_sub(y), scope));
        }
        BinaryOp::Sub => x.wrapping_sub(y),
        BinaryOp::BitAnd => return Ok(Value::at(shared, x & y, scope)),
        BinaryOp::BitOr => return Ok(Value::at(shared, x | y, scope)),
        BinaryOp::BitXor => return Ok(Value::at(shared, x ^ y, scope)),
        BinaryOp::Mul => x.wrapping_mul(y),
        BinaryOp::Div => divided(u64::checked_div)?,
        BinaryOp::Rem => divided(u64::checked_rem)?,
        BinaryOp::Shl => shift(u64::checked_shl),
        BinaryOp::Shr => shift(u64::checked_shr),
        BinaryOp::Lt => u64::from(x < y),
        BinaryOp::Le => u64::from(x <= y),
        BinaryOp::Gt => u64::from(x > y),
        BinaryOp::Ge => u64::from(x >= y),
        BinaryOp::Eq => u64::from(x == y),
        BinaryOp::Ne => u64::from(x != y),
        BinaryOp::And => u64::from(x != 0 && y != 0),
        BinaryOp::Or => u64::from(x != 0 || y != 0),
    };
    Ok(Value::absolute(number))
}

fn extreme(
    left: &Expr,
    right: &Expr,
    scope: &dyn Scope,
    first: fn(u64, u64) -> bool,
) -> Result<Value, EvalError> {
    let (a, b) = (eval(left, scope)?, eval(right, scope)?);
    Ok(match first(a.address(scope), b.address(scope)) {
        true => a,
        false => b,
    })
}

fn aligned(expr: &Expr, scope: &dyn Scope) -> Result<Value, EvalError> {
    let (value, align, span) = match &expr.kind {
        ExprKind::Align(None, align) | ExprKind::DataSegmentAlign(align, _) => {
            (scope.dot(), address(align, scope)?, align.span)
        }
        ExprKind::Align(Some(value), align) => {
            (eval(value, scope)?, address(align, scope)?, align.span)
        }
        ExprKind::DataSegmentRelroEnd(_, value) => {
            (eval(value, scope)?, scope.max_page_size(), expr.span)
        }
        _ => return eval(expr, scope),
    };
    align_up(value, align, span, scope)
}

/// The next value whose address is a multiple of `align`; `span` is where the alignment stands.
///
/// # Errors
/// The alignment is not a power of two.
pub fn align_up(
    value: Value,
    align: u64,
    span: Span,
    scope: &dyn Scope,
) -> Result<Value, EvalError> {
    if align == 0 {
        return Ok(value);
    }
    if !align.is_power_of_two() {
        return Err(EvalError::BadAlignment { value: align, span });
    }
    let mask = align - 1;
    let up = value.address(scope).wrapping_add(mask) & !mask;
    Ok(Value::at(value.section, up, scope))
}

/// The bytes that a fill value repeats ("Output Section Fill"): a plain hexadecimal number stands
/// for its digits, however many; every other value for its low four bytes, the highest first.
///
/// # Errors
/// As for [`eval`].
pub fn fill_pattern(fill: &Expr, script: &Script, scope: &dyn Scope) -> Result<Vec<u8>, EvalError> {
    let text = script.text(fill.span);
    let digits = text.strip_prefix("0x").or(text.strip_prefix("0X"));
    if let (ExprKind::Number(_), Some(digits)) = (&fill.kind, digits)
        && !digits.is_empty()
        && digits.bytes().all(|digit| digit.is_ascii_hexdigit())
    {
        // An odd first digit is a byte of its own.
        let padded = "0".repeat(digits.len() % 2) + digits;
        let bytes = (0..padded.len()).step_by(2);
        return Ok(bytes
            .filter_map(|at| u8::from_str_radix(padded.get(at..at + 2)?, 16).ok())
            .collect());
    }
    let value = address(fill, scope)?;
    Ok(value.to_be_bytes()[4..].to_vec())
}

/// Calls `visit` for an expression and all its parts, outermost first.
pub fn walk<'e>(expr: &'e Expr, visit: &mut dyn FnMut(&'e Expr)) {
    visit(expr);
    match &expr.kind {
        ExprKind::Unary(_, a)
        | ExprKind::Absolute(a)
        | ExprKind::Align(None, a)
        | ExprKind::Log2Ceil(a)
        | ExprKind::SegmentStart(_, a)
        | ExprKind::DataSegmentEnd(a)
        | ExprKind::Assert(a, _) => walk(a, visit),
        ExprKind::Binary(_, a, b)
        | ExprKind::Align(Some(a), b)
        | ExprKind::Max(a, b)
        | ExprKind::Min(a, b)
        | ExprKind::DataSegmentAlign(a, b)
        | ExprKind::DataSegmentRelroEnd(a, b) => {
            walk(a, visit);
            walk(b, visit);
        }
        ExprKind::Ternary(a, b, c) => {
            walk(a, visit);
            walk(b, visit);
            walk(c, visit);
        }
        ExprKind::Number(_)
        | ExprKind::Symbol(_)
        | ExprKind::Dot
        | ExprKind::Addr(_)
        | ExprKind::LoadAddr(_)
        | ExprKind::SizeOf(_)
        | ExprKind::AlignOf(_)
        | ExprKind::SizeOfHeaders
        | ExprKind::Origin(_)
        | ExprKind::Length(_)
        | ExprKind::Defined(_)
        | ExprKind::Constant(_) => {}
    }
}

/// The symbols whose values an expression may need, in order, with repetitions; not those in `DEFINED`.
pub fn symbols_used(expr: &Expr) -> Vec<&str> {
    let mut names = Vec::new();
    walk(expr, &mut |part| {
        if let ExprKind::Symbol(name) = &part.kind {
            names.push(&**name);
        }
    });
    names
}

/// The symbols whose values an expression always needs: not those in branches of `? :`.
pub fn symbols_needed(expr: &Expr) -> Vec<&str> {
    let mut names = Vec::new();
    let mut left = vec![expr];
    while let Some(expr) = left.pop() {
        match &expr.kind {
            ExprKind::Symbol(name) => names.push(&**name),
            ExprKind::Ternary(condition, ..) => left.push(condition),
            ExprKind::Binary(BinaryOp::And | BinaryOp::Or, first, _) => left.push(first),
            ExprKind::Unary(_, a) | ExprKind::Absolute(a) | ExprKind::Log2Ceil(a) => left.push(a),
            ExprKind::Binary(_, a, b)
            | ExprKind::Align(Some(a), b)
            | ExprKind::Max(a, b)
            | ExprKind::Min(a, b) => left.extend([&**b, &**a]),
            _ => {}
        }
    }
    names
}

/// Whether an expression depends on the location counter.
pub fn uses_dot(expr: &Expr) -> bool {
    let mut found = false;
    walk(expr, &mut |part| {
        found |= matches!(
            part.kind,
            ExprKind::Dot
                | ExprKind::Align(None, _)
                | ExprKind::DataSegmentAlign(..)
                | ExprKind::Assert(..)
        );
    });
    found
}

//! What an expression is worth at a given moment of the layout.
//!
//! The rules are the GNU ld manual's ("Expressions in Linker Scripts", "The Section of an
//! Expression") with lld's deviations where embedded projects rely on them: a value is either
//! absolute or an offset into an output section; arithmetic on two values of one section stays in
//! that section where that makes sense, everything else works on addresses.

use super::ast::{Name, Span};

/// Index of an output section in layout order of creation.
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

/// What the layout knows of an output section while it evaluates.
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
    /// Names for "did you mean": symbols, sections and regions that exist.
    fn known_names(&self) -> Vec<String>;
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
    #[error("{message}")]
    Assertion { message: String, span: Span },
}

#[expect(dead_code, reason = "placeholder until the evaluator lands")]
fn placeholder(_: &Name) {}

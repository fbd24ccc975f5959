//! What a linker script says, as a tree.
//!
//! The tree covers the whole language of the GNU ld manual (chapter "Linker Scripts"), so that
//! later passes can explain what they do not support instead of failing to read it. Names follow
//! the manual. Every node that a diagnostic may be about carries a [`Span`].

use std::sync::Arc;

/// A byte range in one of the script files of a link.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Default, Hash)]
pub struct Span {
    /// Index into [`Script::sources`].
    pub file: u32,
    /// First byte.
    pub start: u32,
    /// One past the last byte.
    pub end: u32,
}

/// A name with its place.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Name {
    /// The text without quotes.
    pub text: Arc<str>,
    /// Where it stands.
    pub span: Span,
}

/// All scripts of a link, in the order in which they were read.
#[derive(Debug, Default)]
pub struct Script {
    /// Which of the files is the built-in layout, where the user has none.
    pub built_in: Option<u32>,
    /// The files that spans point into (INCLUDEd ones too).
    pub sources: Vec<xsys_diag::Source>,
    /// The commands; INCLUDE is already replaced by what it brought in.
    pub commands: Vec<Command>,
}

impl Script {
    /// The file that a span points into.
    pub fn source(&self, span: Span) -> Option<&xsys_diag::Source> {
        self.sources.get(span.file as usize)
    }

    /// The text of a span, as it stands in its file.
    pub fn text(&self, span: Span) -> &str {
        self.source(span)
            .and_then(|source| source.text.get(span.start as usize..span.end as usize))
            .unwrap_or("")
    }

    /// Adds a span's place to a diagnostic.
    pub fn label(
        &self,
        diagnostic: xsys_diag::Diagnostic,
        span: Span,
        text: impl Into<String>,
    ) -> xsys_diag::Diagnostic {
        match self.source(span) {
            Some(source) => diagnostic.label(source, span.start as usize..span.end as usize, text),
            None => diagnostic,
        }
    }
}

/// A command at the top level of a script.
#[derive(Clone, Debug)]
pub enum Command {
    /// `ENTRY(symbol)`
    Entry(Name),
    /// `EXTERN(symbol …)`
    Extern(Vec<Name>),
    /// `OUTPUT(file)`
    Output(Name),
    /// `OUTPUT_FORMAT(default[, big, little])`
    OutputFormat {
        default: Name,
        big: Option<Name>,
        little: Option<Name>,
    },
    /// `OUTPUT_ARCH(name)`
    OutputArch(Name),
    /// `TARGET(name)`
    Target(Name),
    /// `SEARCH_DIR(path)`
    SearchDir(Name),
    /// `INPUT(file …)`
    Input(Vec<InputFile>),
    /// `GROUP(file …)`
    Group(Vec<InputFile>),
    /// `STARTUP(file)`
    Startup(Name),
    /// `MEMORY { … }`
    Memory(Vec<Region>),
    /// `REGION_ALIAS(alias, region)`
    RegionAlias { alias: Name, region: Name },
    /// `PHDRS { … }`
    Phdrs(Vec<Phdr>),
    /// `SECTIONS { … }`
    Sections(Vec<SectionsItem>),
    /// `SECTIONS { … } INSERT AFTER|BEFORE section`: where the preceding SECTIONS go
    Insert { after: bool, section: Name },
    /// `symbol = expression` and its relatives
    Assign(Assignment),
    /// `ASSERT(expression, message)`
    Assert(Assert),
    /// `OVERWRITE_SECTIONS { … }` (lld): descriptions that take the place of those of the same name
    Overwrite(Vec<OutputSectionDef>),
    /// `VERSION { … }`
    Version(Vec<VersionNode>),
    /// A file of `--dynamic-list` or `--export-dynamic-symbol-list`.
    SymbolList {
        /// Other files of a process may replace these symbols of a shared library.
        replaceable: bool,
        /// The list, as versions without names.
        nodes: Vec<VersionNode>,
    },
    /// `NOCROSSREFS(…)` and `NOCROSSREFS_TO(…)`
    NoCrossRefs { sections: Vec<Name>, to_first: bool },
    /// `FORCE_COMMON_ALLOCATION`, `INHIBIT_COMMON_ALLOCATION`, `FORCE_GROUP_ALLOCATION`, `LD_FEATURE(…)`
    Flag(Name),
}

/// `NAME { global: …; local: …; } PARENT;`, in VERSION and in version script files alike.
#[derive(Clone, Debug)]
pub struct VersionNode {
    /// The version; `None` for the anonymous node.
    pub name: Option<Name>,
    /// Symbols that stay visible.
    pub global: Vec<VersionPattern>,
    /// Symbols that become local.
    pub local: Vec<VersionPattern>,
    /// Versions that this one builds on.
    pub parents: Vec<Name>,
    /// The whole node.
    pub span: Span,
}

/// A symbol pattern of a version node.
#[derive(Clone, Debug)]
pub struct VersionPattern {
    /// The pattern; in double quotes it is a plain name.
    pub pattern: Name,
    /// It is a name, without wildcards.
    pub exact: bool,
    /// Inside `extern "C++" { … }`: names are compared demangled.
    pub demangled: bool,
}

/// A file named by INPUT or GROUP.
#[derive(Clone, Debug)]
pub struct InputFile {
    /// A path, or `-lname`.
    pub name: Name,
    /// Inside AS_NEEDED( … ).
    pub as_needed: bool,
}

/// One line of `MEMORY`.
#[derive(Clone, Debug)]
pub struct Region {
    /// The region's name.
    pub name: Name,
    /// Attributes after `(`, such as `rwx!a`; empty if absent.
    pub attributes: String,
    /// `ORIGIN = …` (also `org`, `o`)
    pub origin: Expr,
    /// `LENGTH = …` (also `len`, `l`)
    pub length: Expr,
}

/// One line of `PHDRS`.
#[derive(Clone, Debug)]
pub struct Phdr {
    /// The name that `:phdr` refers to.
    pub name: Name,
    /// `PT_LOAD` and friends, or a number.
    pub p_type: Expr,
    /// Includes the ELF file header.
    pub filehdr: bool,
    /// Includes the program headers.
    pub phdrs: bool,
    /// `AT(address)`
    pub at: Option<Expr>,
    /// `FLAGS(number)`
    pub flags: Option<Expr>,
}

/// An item inside `SECTIONS { … }`.
#[derive(Clone, Debug)]
pub enum SectionsItem {
    /// A symbol assignment between output sections.
    Assign(Assignment),
    /// An assertion between output sections.
    Assert(Assert),
    /// `ENTRY(symbol)` is allowed here too.
    Entry(Name),
    /// An output section description.
    Output(Box<OutputSectionDef>),
    /// `OVERLAY … { … }`
    Overlay(Box<Overlay>),
    /// `CLASS(name) { … }` (lld): input sections that wait for a section that refers to the class
    Class(SectionClass),
}

/// `CLASS(name) { input section descriptions }`
#[derive(Clone, Debug)]
pub struct SectionClass {
    /// The class's name.
    pub name: Name,
    /// What it takes.
    pub patterns: Vec<InputPattern>,
}

/// `name [address] [(type)] : [AT(lma)] [ALIGN(n)] [SUBALIGN(n)] [constraint] { … } [>region] [AT>region] [:phdr …] [=fill]`
#[derive(Clone, Debug)]
pub struct OutputSectionDef {
    /// The section's name; `/DISCARD/` is special.
    pub name: Name,
    /// The address expression before the colon.
    pub addr: Option<Expr>,
    /// The parenthesised type.
    pub kind: Option<SectionKind>,
    /// `AT(load address)`
    pub at: Option<Expr>,
    /// `ALIGN(n)` after the colon
    pub align: Option<Expr>,
    /// `ALIGN_WITH_INPUT`
    pub align_with_input: bool,
    /// `SUBALIGN(n)`
    pub subalign: Option<Expr>,
    /// `ONLY_IF_RO` or `ONLY_IF_RW`
    pub constraint: Option<Constraint>,
    /// What the braces hold.
    pub items: Vec<SectionItem>,
    /// `>region`
    pub region: Option<Name>,
    /// `AT>region`
    pub load_region: Option<Name>,
    /// `:phdr …`
    pub phdrs: Vec<Name>,
    /// `=fill`
    pub fill: Option<Expr>,
    /// From the name to the last modifier.
    pub span: Span,
}

/// The type in parentheses before an output section's colon.
#[derive(Clone, Debug)]
pub enum SectionKind {
    /// `(NOLOAD)`, perhaps in `(READONLY (NOLOAD))`: takes addresses, is not loaded.
    NoLoad { read_only: bool },
    /// `(DSECT)`, `(COPY)`, `(INFO)`, `(OVERLAY)`: not allocated.
    NonAlloc,
    /// `(READONLY)`
    ReadOnly,
    /// `(TYPE = expression)`, perhaps `(READONLY (TYPE = expression))`
    Type { value: Expr, read_only: bool },
}

/// `ONLY_IF_RO` and `ONLY_IF_RW`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Constraint {
    /// Create the section only if all its inputs are read-only.
    OnlyIfReadOnly,
    /// Create the section only if one of its inputs is writable.
    OnlyIfReadWrite,
}

/// `OVERLAY [start] : [NOCROSSREFS] [AT(lma)] { sections } [>region] [AT>region] [:phdr] [=fill]`
#[derive(Clone, Debug)]
pub struct Overlay {
    /// Common start address.
    pub start: Option<Expr>,
    /// No references between the sections.
    pub no_cross_refs: bool,
    /// Load address of the first section.
    pub at: Option<Expr>,
    /// The sections, which share their address.
    pub sections: Vec<OutputSectionDef>,
    /// `>region`
    pub region: Option<Name>,
    /// `AT>region`
    pub load_region: Option<Name>,
    /// `:phdr …`
    pub phdrs: Vec<Name>,
    /// `=fill`
    pub fill: Option<Expr>,
    /// The whole command.
    pub span: Span,
}

/// An item inside an output section's braces.
#[derive(Clone, Debug)]
pub enum SectionItem {
    /// A symbol assignment.
    Assign(Assignment),
    /// An assertion.
    Assert(Assert),
    /// `BYTE`, `SHORT`, `LONG`, `QUAD`, `SQUAD`: `size` bytes of the value.
    Data { size: u8, value: Expr, span: Span },
    /// `ASCIZ "text"` (with the terminating zero) and `ASCII (size) "text"`
    Bytes(Vec<u8>),
    /// `FILL(expression)`: what gaps hold from here on.
    Fill(Expr),
    /// An input section description.
    Input(InputPattern),
    /// `CLASS(name)`: what the class holds and no section before this one took.
    Class(Name),
    /// `CONSTRUCTORS` and `CREATE_OBJECT_SYMBOLS`: mean nothing for ELF.
    Constructors(Span),
    /// `LINKER_VERSION`
    LinkerVersion(Span),
}

/// `[KEEP(] file-pattern ( section patterns ) [)]`
#[derive(Clone, Debug)]
pub struct InputPattern {
    /// Wrapped in KEEP: roots for garbage collection.
    pub keep: bool,
    /// `[archive:]file`, with wildcards.
    pub file: FilePattern,
    /// Files excluded from the whole pattern: `EXCLUDE_FILE(…) *(.text)`.
    pub exclude: Vec<FilePattern>,
    /// `SORT_BY_NAME(file-pattern)(…)`: the order of the matching files.
    pub file_sort: Sort,
    /// `REVERSE(file-pattern)(…)`
    pub file_reverse: bool,
    /// Sections, in the order in which they stand; a file without a list stands for all its
    /// sections, `*`.
    pub sections: Vec<SectionPattern>,
    /// The whole pattern.
    pub span: Span,
    /// `INPUT_SECTION_FLAGS(A & !B)`: required and forbidden `sh_flags` bits
    pub flags: Option<(u64, u64)>,
}

/// A file name pattern: `archive:file`, `archive:`, `:file` or `file`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct FilePattern {
    /// `None`: any archive or none; `Some("")`: only files outside archives.
    pub archive: Option<Glob>,
    /// `None`: any member.
    pub file: Option<Glob>,
}

/// Section name patterns that are gathered in one pass over the inputs: `*(.a .b)` mixes both,
/// `*(.a) *(.b)` does not. Each carries its own sorting and exclusions.
#[derive(Clone, Debug)]
pub struct SectionPattern {
    /// The name pattern.
    pub name: Glob,
    /// Outer sort, then inner sort.
    pub sort: [Sort; 2],
    /// `REVERSE(…)`
    pub reverse: bool,
    /// `EXCLUDE_FILE(…)` before the name.
    pub exclude: Vec<FilePattern>,
    /// Where it stands.
    pub span: Span,
}

/// How matching input sections are ordered.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Default)]
pub enum Sort {
    /// As `--sort-section` says (default: input order).
    #[default]
    Default,
    /// `SORT_NONE`
    None,
    /// `SORT`, `SORT_BY_NAME`
    Name,
    /// `SORT_BY_ALIGNMENT`: largest first
    Alignment,
    /// `SORT_BY_INIT_PRIORITY`
    InitPriority,
}

/// A wildcard pattern: `*`, `?`, `[a-z]`, `[!a]`, `\` quotes. `/` is not special.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Glob {
    /// The pattern as written.
    pub text: Arc<str>,
    /// The fast path, found once by `Glob::new`.
    pub(super) shape: GlobShape,
}

/// `symbol op expression;`
#[derive(Clone, Debug)]
pub struct Assignment {
    /// The symbol, or `.`.
    pub symbol: Name,
    /// `None` for `=`, else the operator of `+=` and its relatives.
    pub op: Option<BinaryOp>,
    /// The right-hand side.
    pub value: Expr,
    /// PROVIDE, HIDDEN, PROVIDE_HIDDEN.
    pub provide: bool,
    /// STV_HIDDEN.
    pub hidden: bool,
    /// The whole assignment.
    pub span: Span,
}

/// `ASSERT(expression, message)`
#[derive(Clone, Debug)]
pub struct Assert {
    /// Must not be 0.
    pub condition: Expr,
    /// What to say.
    pub message: String,
    /// The whole command.
    pub span: Span,
}

/// An expression with its place.
#[derive(Clone, Debug)]
pub struct Expr {
    /// What it is.
    pub kind: ExprKind,
    /// Where it stands.
    pub span: Span,
}

/// What an expression computes ("Expressions in Linker Scripts").
#[derive(Clone, Debug)]
pub enum ExprKind {
    /// A number; suffixes K and M are applied.
    Number(u64),
    /// A symbol.
    Symbol(Arc<str>),
    /// `.`
    Dot,
    /// `-x`, `~x`, `!x`
    Unary(UnaryOp, Box<Expr>),
    /// `a op b`
    Binary(BinaryOp, Box<Expr>, Box<Expr>),
    /// `c ? a : b`
    Ternary(Box<Expr>, Box<Expr>, Box<Expr>),
    /// `ABSOLUTE(x)`
    Absolute(Box<Expr>),
    /// `ALIGN(n)` (of `.`) and `ALIGN(x, n)`; `BLOCK(n)` and `NEXT(n)` are the same as `ALIGN(n)`
    Align(Option<Box<Expr>>, Box<Expr>),
    /// `ADDR(section)`
    Addr(Name),
    /// `LOADADDR(section)`
    LoadAddr(Name),
    /// `SIZEOF(section)`
    SizeOf(Name),
    /// `ALIGNOF(section)`
    AlignOf(Name),
    /// `SIZEOF_HEADERS`
    SizeOfHeaders,
    /// `ORIGIN(region)`
    Origin(Name),
    /// `LENGTH(region)`
    Length(Name),
    /// `DEFINED(symbol)`
    Defined(Name),
    /// `CONSTANT(MAXPAGESIZE | COMMONPAGESIZE)`
    Constant(Name),
    /// `MAX(a, b)`
    Max(Box<Expr>, Box<Expr>),
    /// `MIN(a, b)`
    Min(Box<Expr>, Box<Expr>),
    /// `LOG2CEIL(x)`
    Log2Ceil(Box<Expr>),
    /// `SEGMENT_START(segment, default)`
    SegmentStart(Name, Box<Expr>),
    /// `DATA_SEGMENT_ALIGN(maxpagesize, commonpagesize)`
    DataSegmentAlign(Box<Expr>, Box<Expr>),
    /// `DATA_SEGMENT_RELRO_END(offset, x)`
    DataSegmentRelroEnd(Box<Expr>, Box<Expr>),
    /// `DATA_SEGMENT_END(x)`
    DataSegmentEnd(Box<Expr>),
    /// `ASSERT(condition, message)` used as an expression
    Assert(Box<Expr>, String),
}

/// Unary operators.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum UnaryOp {
    /// `-`
    Neg,
    /// `~`
    BitNot,
    /// `!`
    Not,
}

/// Binary operators, with C's precedence.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[expect(missing_docs, reason = "the names are the operators'")]
pub enum BinaryOp {
    Mul,
    Div,
    Rem,
    Add,
    Sub,
    Shl,
    Shr,
    Lt,
    Le,
    Gt,
    Ge,
    Eq,
    Ne,
    BitAnd,
    BitXor,
    BitOr,
    And,
    Or,
}

/// How a pattern is matched.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum GlobShape {
    /// No wildcard: equality.
    Literal,
    /// `*`
    Any,
    /// One `*`, at the end: the length of what stands before it.
    Prefix(usize),
    /// One `*`, at the start.
    Suffix,
    /// Everything else.
    General,
}

//! What goes into an output section: input patterns, data, fill, assignments ("Input Section
//! Description", "Output Section Data" in the GNU ld manual).

use crate::script::ast::{FilePattern, Glob, InputPattern, SectionItem, SectionPattern, Sort};
use crate::script::lex::{self, Mode, Token, TokenKind};

use super::{Parsed, Parser, suggest};

/// Commands that may start a statement inside an output section.
const NAMES: &[&str] = &[
    "ASCII",
    "ASCIZ",
    "ASSERT",
    "BYTE",
    "CLASS",
    "CONSTRUCTORS",
    "CREATE_OBJECT_SYMBOLS",
    "EXCLUDE_FILE",
    "FILL",
    "HIDDEN",
    "INCLUDE",
    "INPUT_SECTION_FLAGS",
    "KEEP",
    "LINKER_VERSION",
    "LONG",
    "PROVIDE",
    "PROVIDE_HIDDEN",
    "QUAD",
    "REVERSE",
    "SHORT",
    "SORT",
    "SORT_BY_ALIGNMENT",
    "SORT_BY_INIT_PRIORITY",
    "SORT_BY_NAME",
    "SORT_NONE",
    "SQUAD",
];

/// Commands that take patterns in brackets.
const SORTS: &[(&str, Option<Sort>)] = &[
    ("SORT", Some(Sort::Name)),
    ("SORT_BY_NAME", Some(Sort::Name)),
    ("SORT_BY_ALIGNMENT", Some(Sort::Alignment)),
    ("SORT_BY_INIT_PRIORITY", Some(Sort::InitPriority)),
    ("SORT_NONE", Some(Sort::None)),
    ("REVERSE", None),
];

/// `sh_flags` bits by name (gABI, "Section Attribute Flags", and the processor supplements).
const SECTION_FLAGS: &[(&str, u64)] = &[
    ("SHF_WRITE", 0x1),
    ("SHF_ALLOC", 0x2),
    ("SHF_EXECINSTR", 0x4),
    ("SHF_MERGE", 0x10),
    ("SHF_STRINGS", 0x20),
    ("SHF_INFO_LINK", 0x40),
    ("SHF_LINK_ORDER", 0x80),
    ("SHF_OS_NONCONFORMING", 0x100),
    ("SHF_GROUP", 0x200),
    ("SHF_TLS", 0x400),
    ("SHF_COMPRESSED", 0x800),
    ("SHF_GNU_RETAIN", 0x20_0000),
    ("SHF_GNU_MBIND", 0x100_0000),
    ("SHF_EXCLUDE", 0x8000_0000),
    ("SHF_ARM_PURECODE", 0x2000_0000),
    ("SHF_AARCH64_PURECODE", 0x2000_0000),
    ("SHF_X86_64_LARGE", 0x1000_0000),
    ("SHF_PPC_VLE", 0x1000_0000),
    ("SHF_MIPS_GPREL", 0x1000_0000),
    ("SHF_MASKOS", 0x0ff0_0000),
    ("SHF_MASKPROC", 0xf000_0000),
];

impl Parser<'_> {
    /// The items of an output section up to its closing brace (or, for an included file, its end).
    pub(super) fn items(&mut self, open: Option<(Token, &str)>, out: &mut Vec<SectionItem>) {
        self.statements(open, Mode::Item, NAMES, &mut |parser, token| {
            if open.is_some_and(|(brace, of)| parser.next_section_starts(token, brace, of)) {
                return Ok(false);
            }
            parser.item(token, out).map(|()| true)
        });
    }

    /// `.data : {` inside a section: the brace above is not closed.
    fn next_section_starts(&mut self, token: Token, brace: Token, of: &str) -> bool {
        let after = lex::token(&self.text, token.end, Mode::Command);
        if !token.is_name() || !after.is(":") {
            return false;
        }
        let message = format!("output section {} inside `{of}`", self.describe(token));
        self.error_help(self.token_span(token), message, "add `}` before it");
        self.add_label(self.token_span(brace), "still open");
        true
    }

    fn item(&mut self, first: Token, out: &mut Vec<SectionItem>) -> Parsed<()> {
        if !first.is_name() {
            self.bump(first);
            return Err(self.unexpected("an input section pattern or an assignment", first));
        }
        if lex::assignment(&self.text, first.end).is_some() {
            self.bump(first);
            let symbol = self.name_of(first);
            let assignment = self.assignment_of(symbol)?;
            out.push(SectionItem::Assign(assignment));
            return self.end_statement("the assignment");
        }
        let word = self.word(first).to_owned();
        let size = match word.as_str() {
            "BYTE" => 1,
            "SHORT" => 2,
            "LONG" => 4,
            "QUAD" | "SQUAD" => 8,
            "FILL" => {
                self.bump(first);
                let value = self.parenthesised_fill()?;
                out.push(SectionItem::Fill(value));
                return Ok(());
            }
            "ASCII" | "ASCIZ" => {
                self.bump(first);
                let bytes = self.string(&word)?;
                out.push(SectionItem::Bytes(bytes));
                return Ok(());
            }
            "ASSERT" => {
                self.bump(first);
                let assert = self.assert(first.start)?;
                out.push(SectionItem::Assert(assert));
                return Ok(());
            }
            "PROVIDE" | "HIDDEN" | "PROVIDE_HIDDEN" => {
                self.bump(first);
                let assignment = self.provide(&word, first.start)?;
                out.push(SectionItem::Assign(assignment));
                return self.end_statement(&format!("`{word}(…)`"));
            }
            "CONSTRUCTORS" => {
                self.bump(first);
                out.push(SectionItem::Constructors(self.token_span(first)));
                return Ok(());
            }
            "LINKER_VERSION" => {
                self.bump(first);
                out.push(SectionItem::LinkerVersion(self.token_span(first)));
                return Ok(());
            }
            "INCLUDE" => {
                self.bump(first);
                return self.include(&mut |parser| parser.items(None, out));
            }
            "CREATE_OBJECT_SYMBOLS" => {
                self.bump(first);
                self.warn(
                    self.token_span(first),
                    "`CREATE_OBJECT_SYMBOLS` has no effect",
                    "it is meant for a.out files: remove it",
                );
                out.push(SectionItem::Constructors(self.token_span(first)));
                return Ok(());
            }
            "CLASS" => {
                self.bump(first);
                let name = self.parenthesised_name("CLASS", "a section class")?;
                out.push(SectionItem::Class(name));
                return Ok(());
            }
            _ => return self.pattern_item(first, &word, out),
        };
        self.bump(first);
        let value = self.parenthesised_expr(&word)?;
        let span = self.span_from(first.start);
        out.push(SectionItem::Data { size, value, span });
        Ok(())
    }

    /// What follows ASCIZ (a text and its zero) or ASCII (a text, or `(size)` and a text that is
    /// cut or filled with zeros to that size). The text has C's escapes.
    fn string(&mut self, word: &str) -> Parsed<Vec<u8>> {
        let open = self.peek(Mode::Command);
        let mut size = None;
        let mut bracket = false;
        if open.is("(") {
            self.bump(open);
            if word == "ASCII"
                && lex::token(&self.text, self.at, Mode::Expr).kind != TokenKind::Quoted
            {
                size = Some(self.text_size()?);
            } else {
                bracket = true;
            }
        }
        let name = self.name(
            Mode::Pattern,
            &format!("a text in double quotes after `{word}`"),
        )?;
        if bracket {
            self.expect(")", &format!("to close `{word}(`"))?;
        }
        let mut bytes = unescape(name.text.as_bytes());
        match size {
            Some(size) if bytes.len() >= size => {
                let message = format!(
                    "the text takes {} bytes with its zero, `ASCII` has room for {size}",
                    bytes.len() + 1
                );
                self.warn(
                    name.span,
                    message,
                    "the text is cut off; make the size larger",
                );
                bytes.truncate(size.saturating_sub(1));
                bytes.resize(size, 0);
            }
            Some(size) => bytes.resize(size, 0),
            None if word == "ASCIZ" => bytes.push(0),
            None => {}
        }
        Ok(bytes)
    }

    /// `size )` after `ASCII (`.
    fn text_size(&mut self) -> Parsed<usize> {
        const LARGEST: u64 = 1 << 20;
        let token = self.take(Mode::Expr);
        let TokenKind::Number(size) = token.kind else {
            return Err(self.unexpected("the size of the text as a number", token));
        };
        self.expect(")", "to close `ASCII (`")?;
        if size > LARGEST {
            let message = format!("a text of {size} bytes is larger than {LARGEST} bytes");
            return Err(self.error_help(
                self.token_span(token),
                message,
                "reserve memory with `. += …` instead",
            ));
        }
        Ok(size as usize)
    }

    /// An input section description, perhaps in KEEP.
    fn pattern_item(&mut self, first: Token, word: &str, out: &mut Vec<SectionItem>) -> Parsed<()> {
        let after = lex::token(&self.text, first.end, Mode::Item);
        if after.is("(") && first.kind == TokenKind::Word {
            let shouted = word
                .bytes()
                .all(|byte| byte.is_ascii_uppercase() || byte == b'_');
            let close = suggest(word, NAMES).filter(|&close| close != word);
            // A file pattern's list cannot start like this: `NAME(*(`.
            let inner = lex::token(&self.text, after.end, Mode::Pattern);
            let call = inner.kind == TokenKind::Word
                && lex::token(&self.text, inner.end, Mode::Pattern).is("(")
                && !NAMES.contains(&self.word(inner));
            if shouted && !NAMES.contains(&word) && (close.is_some() || call) {
                let message = format!("unknown command `{word}`");
                let help = close.map_or(String::new(), |close| format!("did you mean `{close}`?"));
                return Err(self.error_help(self.token_span(first), message, help));
            }
        }
        let keep = word == "KEEP" && after.is("(");
        if keep {
            self.bump(first);
            self.bump(after);
        }
        // `SORT(CONSTRUCTORS)` of older default scripts.
        if word == "SORT" && after.is("(") {
            let inner = lex::token(&self.text, after.end, Mode::Item);
            if self.word(inner) == "CONSTRUCTORS" {
                self.bump(inner);
                self.expect(")", "to close `SORT(`")?;
                out.push(SectionItem::Constructors(self.span_from(first.start)));
                return Ok(());
            }
        }
        let mut pattern = self.input_pattern()?;
        if keep {
            self.expect(")", "to close `KEEP(`")?;
            pattern.keep = true;
        }
        pattern.span = self.span_from(first.start);
        out.push(SectionItem::Input(pattern));
        Ok(())
    }

    /// `[INPUT_SECTION_FLAGS(…)] [EXCLUDE_FILE(…)] file [( sections )]`
    fn input_pattern(&mut self) -> Parsed<InputPattern> {
        let start = self.peek(Mode::Item).start;
        let mut flags = None;
        let mut exclude = Vec::new();
        let (mut file_sort, mut file_reverse) = (Sort::Default, false);
        let mut open_sorts = 0;
        let name = loop {
            let token = self.peek(Mode::Item);
            let bracket = lex::token(&self.text, token.end, Mode::Item).is("(");
            match self.word(token) {
                "INPUT_SECTION_FLAGS" if bracket => {
                    self.bump(token);
                    flags = Some(self.section_flags()?);
                }
                "EXCLUDE_FILE" if bracket => {
                    self.bump(token);
                    self.exclusions(&mut exclude)?;
                }
                "KEEP" if bracket => {
                    return Err(self.error(self.token_span(token), "`KEEP` inside `KEEP`"));
                }
                word if bracket && SORTS.iter().any(|&(name, _)| name == word) => {
                    match SORTS.iter().find(|&&(name, _)| name == word) {
                        Some(&(_, Some(sort))) => file_sort = sort,
                        _ => file_reverse = true,
                    }
                    self.bump(token);
                    self.expect("(", "after a sort command")?;
                    open_sorts += 1;
                }
                _ => break self.name(Mode::Item, "a file pattern")?,
            }
        };
        for _ in 0..open_sorts {
            self.expect(")", "to close the sort command")?;
        }
        let mut sections = Vec::new();
        if self.next_is("(") {
            let open = self.take(Mode::Item);
            self.section_list(Sorting::default(), &mut sections)?;
            let close = self.peek(Mode::Item);
            if !close.is(")") {
                let reported = self.unexpected("a section pattern or `)`", close);
                self.add_label(self.token_span(open), "opened here");
                return Err(reported);
            }
            self.bump(close);
            if sections.is_empty() {
                let span = self.span(open.start, close.end);
                self.error_help(
                    span,
                    "empty list of section patterns",
                    "`(*)` means all sections",
                );
            }
        } else {
            if name.text.starts_with('.') && self.script.text(name.span).starts_with('.') {
                self.warn(
                    name.span,
                    format!("`{}` alone means a file of that name", name.text),
                    format!("write `*({})` for the section", name.text),
                );
            }
            sections.push(SectionPattern {
                name: Glob::new("*"),
                sort: [Sort::Default; 2],
                reverse: false,
                exclude: Vec::new(),
                span: name.span,
            });
        }
        Ok(InputPattern {
            keep: false,
            file: FilePattern::new(&name.text),
            exclude,
            file_sort,
            file_reverse,
            sections,
            span: self.span_from(start),
            flags,
        })
    }

    /// Section patterns up to a closing bracket, which stays.
    fn section_list(&mut self, sorting: Sorting, out: &mut Vec<SectionPattern>) -> Parsed<()> {
        let mut exclude = Vec::new();
        loop {
            let token = self.peek(Mode::Pattern);
            if token.is(",") {
                self.bump(token);
                continue;
            }
            if !token.is_name() {
                return Ok(());
            }
            let word = self.word(token).to_owned();
            let bracket = lex::token(&self.text, token.end, Mode::Pattern).is("(");
            self.bump(token);
            if !bracket {
                out.push(SectionPattern {
                    name: Glob::new(token.text(&self.text)),
                    sort: [sorting.outer, sorting.inner],
                    reverse: sorting.reverse,
                    exclude: std::mem::take(&mut exclude),
                    span: self.token_span(token),
                });
                continue;
            }
            if word == "EXCLUDE_FILE" {
                self.exclusions(&mut exclude)?;
                continue;
            }
            let Some(&(_, sort)) = SORTS.iter().find(|&&(name, _)| name == word) else {
                return Err(self.unknown_in_list(token, &word));
            };
            let Some(inner) = sorting.nested(sort) else {
                let message = "more than two nested sorts".to_owned();
                return Err(self.error(self.token_span(token), message));
            };
            self.expect("(", &format!("after `{word}`"))?;
            let from = out.len();
            self.section_list(inner, out)?;
            self.expect(")", &format!("to close `{word}(`"))?;
            // `EXCLUDE_FILE(a.o) SORT(.x)` is the same as `SORT(EXCLUDE_FILE(a.o) .x)`.
            let excluded = std::mem::take(&mut exclude);
            for pattern in out.iter_mut().skip(from) {
                pattern.exclude.extend(excluded.iter().cloned());
            }
        }
    }

    fn unknown_in_list(&mut self, token: Token, word: &str) -> super::Reported {
        let span = self.token_span(token);
        if word == "KEEP" {
            return self.error_help(span, "`KEEP` inside a section list", "write `KEEP(*(…))`");
        }
        let mut names: Vec<&'static str> = SORTS.iter().map(|&(name, _)| name).collect();
        names.push("EXCLUDE_FILE");
        let help = match suggest(word, &names) {
            Some(close) => format!("did you mean `{close}`?"),
            None => format!("is a `)` missing before `{word}`?"),
        };
        self.error_help(
            span,
            format!("unexpected `(` after section pattern `{word}`"),
            help,
        )
    }

    /// `( file pattern … )` after EXCLUDE_FILE.
    fn exclusions(&mut self, out: &mut Vec<FilePattern>) -> Parsed<()> {
        self.expect("(", "after `EXCLUDE_FILE`")?;
        while !self.eat(")") {
            if self.eat(",") {
                continue;
            }
            let name = self.name(Mode::Pattern, "a file pattern or `)` in `EXCLUDE_FILE(`")?;
            out.push(FilePattern::new(&name.text));
        }
        Ok(())
    }

    /// `( A & !B & … )` after INPUT_SECTION_FLAGS: required and forbidden bits.
    fn section_flags(&mut self) -> Parsed<(u64, u64)> {
        self.expect("(", "after `INPUT_SECTION_FLAGS`")?;
        let (mut required, mut forbidden) = (0, 0);
        loop {
            let mut token = self.take(Mode::Expr);
            let negated = token.is("!");
            if negated {
                token = self.take(Mode::Expr);
            }
            let bits = match token.kind {
                TokenKind::Number(value) => value,
                TokenKind::Word => self.section_flag(token),
                _ => return Err(self.unexpected("a section flag", token)),
            };
            *if negated {
                &mut forbidden
            } else {
                &mut required
            } |= bits;
            let next = self.take(Mode::Expr);
            match next.kind {
                TokenKind::Punct("&") => {}
                TokenKind::Punct(")") => return Ok((required, forbidden)),
                _ => return Err(self.unexpected("`&` or `)` after a section flag", next)),
            }
        }
    }

    fn section_flag(&mut self, token: Token) -> u64 {
        let word = token.text(&self.text).to_owned();
        if let Some(&(_, bits)) = SECTION_FLAGS.iter().find(|&&(name, _)| name == word) {
            return bits;
        }
        self.error(
            self.token_span(token),
            format!("unknown section flag `{word}`"),
        );
        let names: Vec<&'static str> = SECTION_FLAGS.iter().map(|&(name, _)| name).collect();
        match suggest(&word, &names) {
            Some(close) => self.add_help(format!("did you mean `{close}`?")),
            None => self.add_help("flags can be given as numbers, too"),
        }
        0
    }
}

/// The sort commands around a section pattern.
#[derive(Clone, Copy, Default)]
struct Sorting {
    outer: Sort,
    inner: Sort,
    reverse: bool,
}

impl Sorting {
    /// With one more command inside; `None` if there is no room for it.
    fn nested(self, sort: Option<Sort>) -> Option<Sorting> {
        match sort {
            None => (!self.reverse).then_some(Sorting {
                reverse: true,
                ..self
            }),
            Some(sort) if self.outer == Sort::Default => Some(Sorting {
                outer: sort,
                ..self
            }),
            Some(sort) if self.inner == Sort::Default => Some(Sorting {
                inner: sort,
                ..self
            }),
            Some(_) => None,
        }
    }
}

/// C's escapes: `\n`, `\t`, `\r`, `\\`, `\"`, and octal `\ooo`; others stand for themselves.
fn unescape(text: &[u8]) -> Vec<u8> {
    let mut out = Vec::with_capacity(text.len());
    let mut bytes = text.iter().copied().peekable();
    while let Some(byte) = bytes.next() {
        if byte != b'\\' {
            out.push(byte);
            continue;
        }
        match bytes.next() {
            Some(b'n') => out.push(b'\n'),
            Some(b't') => out.push(b'\t'),
            Some(b'r') => out.push(b'\r'),
            Some(digit @ b'0'..=b'7') => {
                let mut value = digit - b'0';
                for _ in 0..2 {
                    let Some(next) = bytes.next_if(|next| (b'0'..=b'7').contains(next)) else {
                        break;
                    };
                    value = value.wrapping_mul(8).wrapping_add(next - b'0');
                }
                out.push(value);
            }
            Some(other) => out.push(other),
            None => out.push(b'\\'),
        }
    }
    out
}

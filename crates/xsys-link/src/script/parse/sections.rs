//! SECTIONS: output section descriptions, overlays, and the statements between them ("SECTIONS",
//! "Output Section Attributes", "Overlay Description" in the GNU ld manual).

use crate::script::ast::{
    Constraint, Expr, Name, OutputSectionDef, Overlay, SectionClass, SectionItem, SectionKind,
    SectionsItem,
};
use crate::script::lex::{self, Mode, Token, TokenKind};

use super::{Parsed, Parser, commands, suggest};

/// Commands that may start a statement in SECTIONS.
const NAMES: &[&str] = &[
    "ASSERT",
    "CLASS",
    "ENTRY",
    "HIDDEN",
    "INCLUDE",
    "OVERLAY",
    "PROVIDE",
    "PROVIDE_HIDDEN",
];

/// The attributes between the colon and the brace, in this order.
const ATTRIBUTES: &[&str] = &[
    "AT",
    "ALIGN",
    "ALIGN_WITH_INPUT",
    "SUBALIGN",
    "ONLY_IF_RO",
    "ONLY_IF_RW",
    "ONLY_IF_SPECIAL",
    "SPECIAL",
];

/// What follows a section's closing brace.
#[derive(Default)]
struct Trailer {
    region: Option<Name>,
    load_region: Option<Name>,
    phdrs: Vec<Name>,
    fill: Option<Expr>,
}

impl Parser<'_> {
    /// The content of SECTIONS up to its closing brace (or, for an included file, its end).
    pub(super) fn sections(&mut self, open: Option<Token>, out: &mut Vec<SectionsItem>) {
        let open = open.map(|open| (open, "SECTIONS {"));
        self.statements(open, Mode::Command, NAMES, &mut |parser, token| {
            parser.sections_item(token, out).map(|()| true)
        });
    }

    fn sections_item(&mut self, first: Token, out: &mut Vec<SectionsItem>) -> Parsed<()> {
        if !first.is_name() {
            self.bump(first);
            return Err(self.unexpected("an output section or an assignment", first));
        }
        self.bump(first);
        if lex::assignment(&self.text, first.end).is_some() {
            let symbol = self.name_of(first);
            let assignment = self.assignment_of(symbol)?;
            out.push(SectionsItem::Assign(assignment));
            return self.end_statement("the assignment");
        }
        let word = self.word(first).to_owned();
        let bracket = self.next_is("(");
        match word.as_str() {
            "ENTRY" if bracket => {
                let name = self.parenthesised_name("ENTRY", "a symbol")?;
                out.push(SectionsItem::Entry(name));
            }
            "ASSERT" if bracket => {
                let assert = self.assert(first.start)?;
                out.push(SectionsItem::Assert(assert));
            }
            "PROVIDE" | "HIDDEN" | "PROVIDE_HIDDEN" if bracket => {
                let assignment = self.provide(&word, first.start)?;
                out.push(SectionsItem::Assign(assignment));
                return self.end_statement(&format!("`{word}(…)`"));
            }
            "INCLUDE" => return self.include(&mut |parser| parser.sections(None, out)),
            "CLASS" if bracket => {
                let class = self.section_class(first)?;
                out.push(SectionsItem::Class(class));
            }
            "OVERLAY" => {
                let overlay = self.overlay(first)?;
                out.push(SectionsItem::Overlay(Box::new(overlay)));
            }
            word if bracket && (word == "KEEP" || word.contains(['*', '?'])) => {
                let span = self.token_span(first);
                let message = "input section pattern outside of an output section";
                let help = format!("write `.name : {{ {word}(…) }}`");
                return Err(self.error_help(span, message, help));
            }
            word if commands::NAMES.contains(&word) => {
                let message = format!("`{word}` inside `SECTIONS`");
                let span = self.token_span(first);
                return Err(self.error_help(
                    span,
                    message,
                    format!("put `{word}` at the top level"),
                ));
            }
            word => {
                let known = bracket
                    && word
                        .bytes()
                        .all(|byte| byte.is_ascii_uppercase() || byte == b'_');
                if let Some(close) = suggest(word, NAMES).filter(|_| known) {
                    let message = format!("unknown command `{word}`");
                    let span = self.token_span(first);
                    return Err(self.error_help(span, message, format!("did you mean `{close}`?")));
                }
                let name = self.name_of(first);
                let section = self.output_section(name)?;
                out.push(SectionsItem::Output(Box::new(section)));
            }
        }
        Ok(())
    }

    /// An output section description, its name read.
    fn output_section(&mut self, name: Name) -> Parsed<OutputSectionDef> {
        let start = name.span.start as usize;
        let mut section = empty_section(name);
        let shown = section.name.text.to_string();
        self.address_and_kind(&mut section)?;
        let colon = self.peek(Mode::Command);
        if colon.is(":") {
            self.bump(colon);
        } else if colon.is("{") {
            let point = self.span(self.last_end, self.last_end);
            self.error_help(
                point,
                format!("expected `:` after output section `{shown}`, found `{{`"),
                "add `:`",
            );
        } else {
            return Err(self.unexpected(&format!("`:` after output section `{shown}`"), colon));
        }
        self.attributes(&mut section)?;
        let open = self.expect("{", &format!("to open output section `{shown}`"))?;
        self.items(Some((open, &format!("{shown} : {{"))), &mut section.items);
        let trailer = self.trailer(&format!("output section `{shown}`"))?;
        section.region = trailer.region;
        section.load_region = trailer.load_region;
        section.phdrs = trailer.phdrs;
        section.fill = trailer.fill;
        section.span = self.span_from(start);
        if let (Some(at), Some(region)) = (&section.at, &section.load_region) {
            let (at, span) = (at.span, region.span);
            let message = format!("output section `{shown}` has two load addresses");
            self.error_help(span, message, "keep `AT(…)` or `AT>`");
            self.add_label(at, "the other is here");
        }
        Ok(section)
    }

    /// `{ output section descriptions }` after OVERWRITE_SECTIONS.
    pub(super) fn overwrite_sections(&mut self) -> Parsed<Vec<OutputSectionDef>> {
        let open = self.expect("{", "after `OVERWRITE_SECTIONS`")?;
        let mut out = Vec::new();
        let open = Some((open, "OVERWRITE_SECTIONS {"));
        self.statements(open, Mode::Command, NAMES, &mut |parser, token| {
            parser.bump(token);
            if !token.is_name() || lex::assignment(&parser.text, token.end).is_some() {
                return Err(parser.unexpected("an output section", token));
            }
            let name = parser.name_of(token);
            let section = parser.output_section(name)?;
            out.push(section);
            Ok(true)
        });
        Ok(out)
    }

    /// `(name) { input section descriptions }` after CLASS.
    fn section_class(&mut self, first: Token) -> Parsed<SectionClass> {
        let name = self.parenthesised_name("CLASS", "the class's name")?;
        let shown = format!("CLASS({}) {{", name.text);
        let open = self.expect("{", &format!("to open `CLASS({})`", name.text))?;
        let mut items = Vec::new();
        self.items(Some((open, &shown)), &mut items);
        let mut patterns = Vec::new();
        for item in items {
            match item {
                SectionItem::Input(pattern) => patterns.push(pattern),
                _ => {
                    let message = format!(
                        "section class `{}` holds something other than input section patterns",
                        name.text
                    );
                    self.error_help(
                        self.token_span(first),
                        message,
                        "put symbols and data into the output section that refers to the class",
                    );
                    break;
                }
            }
        }
        Ok(SectionClass { name, patterns })
    }

    /// `[address] [(type)]` before the colon.
    fn address_and_kind(&mut self, section: &mut OutputSectionDef) -> Parsed<()> {
        if self.section_type_follows().is_none() {
            let token = self.peek(Mode::Expr);
            if token.is(":") || token.is("{") {
                return Ok(());
            }
            if token.is("(") {
                self.check_kind(token);
            }
            section.addr = Some(self.expr()?);
        }
        if self.next_is("(") {
            section.kind = Some(self.kind()?);
        }
        Ok(())
    }

    /// `(NOLAOD)` would be read as an address.
    fn check_kind(&mut self, open: Token) {
        let word = lex::token(&self.text, open.end, Mode::Command);
        let after = lex::token(&self.text, word.end, Mode::Command);
        let close = suggest(self.word(word), super::expr::SECTION_TYPES);
        if let (true, Some(close)) = (after.is(")"), close) {
            let message = format!("unknown section type {}", self.describe(word));
            self.error_help(
                self.token_span(word),
                message,
                format!("did you mean `{close}`?"),
            );
        }
    }

    /// `(NOLOAD)` and its relatives.
    fn kind(&mut self) -> Parsed<SectionKind> {
        self.expect("(", "before the section type")?;
        let token = self.take(Mode::Command);
        let word = self.word(token).to_owned();
        let kind = match word.as_str() {
            "NOLOAD" => SectionKind::NoLoad { read_only: false },
            "DSECT" | "COPY" | "INFO" | "OVERLAY" => SectionKind::NonAlloc,
            "READONLY" if self.eat("(") => {
                let inner = self.take(Mode::Command);
                let kind = match self.word(inner) {
                    "NOLOAD" => SectionKind::NoLoad { read_only: true },
                    "TYPE" => {
                        self.expect("=", "after `TYPE`")?;
                        SectionKind::Type {
                            value: self.expr()?,
                            read_only: true,
                        }
                    }
                    _ => return Err(self.unexpected("`TYPE` or `NOLOAD` in `READONLY(`", inner)),
                };
                self.expect(")", "to close `READONLY(`")?;
                kind
            }
            "READONLY" => SectionKind::ReadOnly,
            "TYPE" => {
                self.expect("=", "after `TYPE`")?;
                SectionKind::Type {
                    value: self.expr()?,
                    read_only: false,
                }
            }
            word => {
                let close = suggest(word, super::expr::SECTION_TYPES);
                let message = format!("unknown section type {}", self.describe(token));
                let help = match close {
                    Some(close) => format!("did you mean `{close}`?"),
                    None => "the types are `NOLOAD`, `READONLY`, `INFO`, `COPY`, `DSECT`, `OVERLAY` and `TYPE = …`".to_owned(),
                };
                return Err(self.error_help(self.token_span(token), message, help));
            }
        };
        self.expect(")", "to close the section type")?;
        Ok(kind)
    }

    /// The attributes between the colon and the brace.
    fn attributes(&mut self, section: &mut OutputSectionDef) -> Parsed<()> {
        let mut last: Option<(usize, &str)> = None;
        loop {
            let token = self.peek(Mode::Command);
            if token.is("(") && self.section_type_follows().is_some() {
                let kind = self.kind()?;
                let span = self.span_from(token.start);
                let text = self.script.text(span).to_owned();
                self.error_help(
                    span,
                    format!("`{text}` after the colon"),
                    "the type stands before the colon",
                );
                section.kind = Some(kind);
                continue;
            }
            if token.kind != TokenKind::Word {
                return Ok(());
            }
            let word = self.word(token).to_owned();
            let Some(rank) = ATTRIBUTES.iter().position(|&name| name == word) else {
                self.unknown_attribute(token, &word, &section.name);
                continue;
            };
            self.bump(token);
            match last {
                Some((before, name)) if before == rank => {
                    self.error(self.token_span(token), format!("`{name}` given twice"));
                }
                Some((before, name)) if before > rank => {
                    let message = format!("`{word}` after `{name}`");
                    self.error_help(
                        self.token_span(token),
                        message,
                        "the order is `AT(…) ALIGN(…) SUBALIGN(…)`, then the constraint",
                    );
                }
                _ => {}
            }
            last = Some((rank, ATTRIBUTES[rank]));
            match ATTRIBUTES[rank] {
                "AT" => section.at = Some(self.parenthesised_expr("AT")?),
                "ALIGN" => section.align = Some(self.parenthesised_expr("ALIGN")?),
                "SUBALIGN" => section.subalign = Some(self.parenthesised_expr("SUBALIGN")?),
                "ALIGN_WITH_INPUT" => section.align_with_input = true,
                "ONLY_IF_RO" => section.constraint = Some(Constraint::OnlyIfReadOnly),
                "ONLY_IF_RW" => section.constraint = Some(Constraint::OnlyIfReadWrite),
                // GNU ld accepts the word and ignores it.
                _ => {}
            }
        }
    }

    /// Reports an attribute and skips its argument.
    fn unknown_attribute(&mut self, token: Token, word: &str, section: &Name) {
        self.bump(token);
        let message = format!(
            "unknown attribute `{word}` of output section `{}`",
            section.text
        );
        self.error(self.token_span(token), message);
        if let Some(close) = suggest(word, ATTRIBUTES) {
            self.add_help(format!("did you mean `{close}`?"));
        }
        let mut depth = 0_usize;
        while self.next_is("(") || depth > 0 {
            let token = self.peek(Mode::Command);
            match token.kind {
                TokenKind::Punct("(") => depth += 1,
                TokenKind::Punct(")") => depth -= 1,
                TokenKind::Punct("{" | "}" | ";") | TokenKind::End => return,
                _ => {}
            }
            self.bump(token);
            if depth == 0 {
                return;
            }
        }
    }

    /// `[>region] [AT>region] [:phdr …] [=fill]`, perhaps followed by a comma.
    fn trailer(&mut self, of: &str) -> Parsed<Trailer> {
        const ORDER: [&str; 4] = [">region", "AT>region", ":phdr", "=fill"];
        let mut trailer = Trailer::default();
        let mut last = 0;
        loop {
            let token = self.peek(Mode::Command);
            let rank = match token.kind {
                TokenKind::Punct(">") => 0,
                TokenKind::Word if self.word(token) == "AT" && self.load_region_follows(token) => 1,
                TokenKind::Punct(":") => 2,
                TokenKind::Punct("=") => 3,
                TokenKind::Punct(",") => {
                    self.bump(token);
                    return Ok(trailer);
                }
                _ => return Ok(trailer),
            };
            self.bump(token);
            let taken = match rank {
                0 => trailer.region.is_some(),
                1 => trailer.load_region.is_some(),
                3 => trailer.fill.is_some(),
                _ => false,
            };
            if taken {
                self.error(
                    self.token_span(token),
                    format!("`{}` of {of} given twice", ORDER[rank]),
                );
            } else if rank < last {
                let message = format!("`{}` of {of} after `{}`", ORDER[rank], ORDER[last]);
                self.error_help(
                    self.token_span(token),
                    message,
                    "the order is `>region AT>region :phdr =fill`",
                );
            }
            last = last.max(rank);
            match rank {
                0 => trailer.region = Some(self.name(Mode::Command, "a memory region after `>`")?),
                1 => {
                    self.expect(">", "after `AT`")?;
                    trailer.load_region =
                        Some(self.name(Mode::Command, "a memory region after `AT>`")?);
                }
                2 => trailer
                    .phdrs
                    .push(self.name(Mode::Command, "a program header after `:`")?),
                _ => trailer.fill = Some(self.fill()?),
            }
        }
    }

    fn load_region_follows(&self, at: Token) -> bool {
        lex::token(&self.text, at.end, Mode::Command).is(">")
    }

    /// A fill value. A hexadecimal number is a pattern there and may be of any length ("Output
    /// Section Fill"); the tree then holds its last 64 bits and the span its text.
    fn fill(&mut self) -> Parsed<Expr> {
        let token = lex::token(&self.text, self.at, Mode::Expr);
        if token.kind == TokenKind::Bad(lex::BadToken::TooLarge) {
            let digits = token.text(&self.text);
            let low = digits.get(digits.len().saturating_sub(16)..).unwrap_or("");
            if let (Some("0x" | "0X"), Ok(value)) = (digits.get(..2), u64::from_str_radix(low, 16))
            {
                self.bump(token);
                let kind = crate::script::ast::ExprKind::Number(value);
                return Ok(Expr {
                    kind,
                    span: self.token_span(token),
                });
            }
        }
        self.operand()
    }

    /// `( fill )` after FILL.
    pub(super) fn parenthesised_fill(&mut self) -> Parsed<Expr> {
        self.expect("(", "after `FILL`")?;
        let token = lex::token(&self.text, self.at, Mode::Expr);
        let value = match token.kind {
            TokenKind::Bad(lex::BadToken::TooLarge) => self.fill()?,
            _ => self.expr()?,
        };
        self.expect(")", "to close `FILL(`")?;
        Ok(value)
    }

    /// `OVERLAY [start] : [NOCROSSREFS] [AT(lma)] { sections } trailer`
    fn overlay(&mut self, first: Token) -> Parsed<Overlay> {
        let mut overlay = Overlay {
            start: None,
            no_cross_refs: false,
            at: None,
            sections: Vec::new(),
            region: None,
            load_region: None,
            phdrs: Vec::new(),
            fill: None,
            span: self.token_span(first),
        };
        if !self.next_is(":") {
            overlay.start = Some(self.expr()?);
        }
        self.expect(":", "after `OVERLAY`")?;
        loop {
            let token = self.peek(Mode::Command);
            match self.word(token) {
                "NOCROSSREFS" => {
                    self.bump(token);
                    overlay.no_cross_refs = true;
                }
                "AT" => {
                    self.bump(token);
                    overlay.at = Some(self.parenthesised_expr("AT")?);
                }
                _ => break,
            }
        }
        let open = self.expect("{", "to open `OVERLAY`")?;
        let sections = &mut overlay.sections;
        self.statements(
            Some((open, "OVERLAY {")),
            Mode::Command,
            &[],
            &mut |parser, token| {
                let section = parser.overlay_section(token)?;
                sections.push(section);
                Ok(true)
            },
        );
        let trailer = self.trailer("`OVERLAY`")?;
        overlay.region = trailer.region;
        overlay.load_region = trailer.load_region;
        overlay.phdrs = trailer.phdrs;
        overlay.fill = trailer.fill;
        overlay.span = self.span_from(first.start);
        Ok(overlay)
    }

    /// `name { items } [:phdr …] [=fill]`
    fn overlay_section(&mut self, first: Token) -> Parsed<OutputSectionDef> {
        self.bump(first);
        if !first.is_name() {
            return Err(self.unexpected("a section of the overlay", first));
        }
        let mut section = empty_section(self.name_of(first));
        let shown = section.name.text.to_string();
        if self.next_is(":") {
            let token = self.take(Mode::Command);
            let message = format!("`:` after overlay section `{shown}`");
            self.error_help(
                self.token_span(token),
                message,
                "sections of an overlay have no colon: remove it",
            );
        }
        let open = self.expect("{", &format!("to open overlay section `{shown}`"))?;
        self.items(Some((open, &format!("{shown} {{"))), &mut section.items);
        let trailer = self.trailer(&format!("overlay section `{shown}`"))?;
        for region in trailer.region.iter().chain(&trailer.load_region) {
            let message = format!(
                "memory region `{}` for a section of an overlay",
                region.text
            );
            self.error_help(
                region.span,
                message,
                "put the region behind the overlay's closing brace",
            );
        }
        section.phdrs = trailer.phdrs;
        section.fill = trailer.fill;
        section.span = self.span_from(first.start);
        Ok(section)
    }
}

fn empty_section(name: Name) -> OutputSectionDef {
    let span = name.span;
    OutputSectionDef {
        name,
        addr: None,
        kind: None,
        at: None,
        align: None,
        align_with_input: false,
        subalign: None,
        constraint: None,
        items: Vec::new(),
        region: None,
        load_region: None,
        phdrs: Vec::new(),
        fill: None,
        span,
    }
}

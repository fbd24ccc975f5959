//! Commands at the top level of a script: entry point, files, memory, program headers, assignments
//! ("Simple Linker Script Commands", "MEMORY", "PHDRS", "VERSION" in the GNU ld manual).

use crate::script::ast::{Assert, Assignment, BinaryOp, Command, InputFile, Name, Phdr, Region};
use crate::script::lex::{self, Mode, Token, TokenKind};

use super::{Parsed, Parser, suggest};

/// Every command that may start a statement at the top level.
pub(super) const NAMES: &[&str] = &[
    "ASSERT",
    "ENTRY",
    "EXTERN",
    "FORCE_COMMON_ALLOCATION",
    "FORCE_GROUP_ALLOCATION",
    "GROUP",
    "HIDDEN",
    "INCLUDE",
    "INHIBIT_COMMON_ALLOCATION",
    "INPUT",
    "INSERT",
    "LD_FEATURE",
    "MEMORY",
    "NOCROSSREFS",
    "NOCROSSREFS_TO",
    "OUTPUT",
    "OUTPUT_ARCH",
    "OUTPUT_FORMAT",
    "OVERWRITE_SECTIONS",
    "PHDRS",
    "PROVIDE",
    "PROVIDE_HIDDEN",
    "REGION_ALIAS",
    "SEARCH_DIR",
    "SECTIONS",
    "STARTUP",
    "TARGET",
    "VERSION",
];

/// A command of one name in parentheses, and what that name is.
type SingleName = (&'static str, &'static str, fn(Name) -> Command);

const ONE_NAME: [SingleName; 6] = [
    ("ENTRY", "a symbol", Command::Entry),
    ("OUTPUT", "a file name", Command::Output),
    ("OUTPUT_ARCH", "an architecture", Command::OutputArch),
    ("TARGET", "a format", Command::Target),
    ("SEARCH_DIR", "a path", Command::SearchDir),
    ("STARTUP", "a file name", Command::Startup),
];

impl Parser<'_> {
    /// One command that starts with `first`.
    pub(super) fn command(&mut self, first: Token, out: &mut Vec<Command>) -> Parsed<()> {
        if !first.is_name() {
            self.bump(first);
            return Err(self.unexpected("a command", first));
        }
        if lex::assignment(&self.text, first.end).is_some() {
            self.bump(first);
            let symbol = self.name_of(first);
            let assignment = self.assignment_of(symbol)?;
            out.push(Command::Assign(assignment));
            return self.end_statement("the assignment");
        }
        let word = self.word(first).to_owned();
        self.bump(first);
        if let Some((_, what, command)) = ONE_NAME.iter().find(|(name, ..)| *name == word) {
            let name = self.parenthesised_name(&word, what)?;
            out.push(command(name));
            return Ok(());
        }
        match word.as_str() {
            "EXTERN" => {
                let names = self.names("EXTERN", "a symbol")?;
                out.push(Command::Extern(names));
            }
            "OUTPUT_FORMAT" => {
                let command = self.output_format()?;
                out.push(command);
            }
            "INPUT" | "GROUP" => {
                let command = self.inputs(&word)?;
                out.push(command);
            }
            "MEMORY" => {
                let open = self.expect("{", "after `MEMORY`")?;
                let mut regions = Vec::new();
                self.regions(Some(open), &mut regions);
                out.push(Command::Memory(regions));
            }
            "REGION_ALIAS" => {
                let command = self.region_alias()?;
                out.push(command);
            }
            "PHDRS" => {
                let command = self.phdrs()?;
                out.push(command);
            }
            "SECTIONS" => {
                let open = self.expect("{", "after `SECTIONS`")?;
                let mut items = Vec::new();
                self.sections(Some(open), &mut items);
                out.push(Command::Sections(items));
            }
            "INSERT" => {
                let command = self.insert()?;
                out.push(command);
            }
            "ASSERT" => {
                let assert = self.assert(first.start)?;
                out.push(Command::Assert(assert));
            }
            "PROVIDE" | "HIDDEN" | "PROVIDE_HIDDEN" => {
                let assignment = self.provide(&word, first.start)?;
                out.push(Command::Assign(assignment));
                return self.end_statement(&format!("`{word}(…)`"));
            }
            "OVERWRITE_SECTIONS" => {
                let sections = self.overwrite_sections()?;
                out.push(Command::Overwrite(sections));
            }
            "VERSION" => {
                let open = self.expect("{", "after `VERSION`")?;
                let nodes = self.version_nodes(Some((open, "VERSION {")));
                out.push(Command::Version(nodes));
            }
            "NOCROSSREFS" | "NOCROSSREFS_TO" => {
                let sections = self.names(&word, "an output section")?;
                out.push(Command::NoCrossRefs {
                    sections,
                    to_first: word == "NOCROSSREFS_TO",
                });
            }
            "FORCE_COMMON_ALLOCATION" | "INHIBIT_COMMON_ALLOCATION" | "FORCE_GROUP_ALLOCATION" => {
                let name = self.name_of(first);
                out.push(Command::Flag(name));
            }
            "LD_FEATURE" => self.feature()?,
            "INCLUDE" => return self.include(&mut |parser| parser.commands(out)),
            _ => return Err(self.unknown_command(first)),
        }
        Ok(())
    }

    fn inputs(&mut self, word: &str) -> Parsed<Command> {
        self.expect("(", &format!("after `{word}`"))?;
        let mut files = Vec::new();
        self.input_files(word, false, &mut files)?;
        Ok(match word {
            "INPUT" => Command::Input(files),
            _ => Command::Group(files),
        })
    }

    fn region_alias(&mut self) -> Parsed<Command> {
        self.expect("(", "after `REGION_ALIAS`")?;
        let alias = self.name(Mode::Pattern, "the alias")?;
        self.expect(",", "between alias and region")?;
        let region = self.name(Mode::Pattern, "a memory region")?;
        self.expect(")", "to close `REGION_ALIAS(`")?;
        Ok(Command::RegionAlias { alias, region })
    }

    fn phdrs(&mut self) -> Parsed<Command> {
        let open = self.expect("{", "after `PHDRS`")?;
        let mut phdrs = Vec::new();
        self.statements(
            Some((open, "PHDRS {")),
            Mode::Command,
            &[],
            &mut |parser, token| {
                let phdr = parser.phdr(token)?;
                phdrs.push(phdr);
                Ok(true)
            },
        );
        Ok(Command::Phdrs(phdrs))
    }

    fn insert(&mut self) -> Parsed<Command> {
        let token = self.take(Mode::Command);
        let after = match self.word(token) {
            "AFTER" => true,
            "BEFORE" => false,
            _ => return Err(self.unexpected("`AFTER` or `BEFORE` after `INSERT`", token)),
        };
        let section = self.name(Mode::Command, "an output section")?;
        self.eat(";");
        Ok(Command::Insert { after, section })
    }

    fn feature(&mut self) -> Parsed<()> {
        let name = self.parenthesised_name("LD_FEATURE", "a feature")?;
        // The feature makes numbers in sections absolute, which they always are here.
        if &*name.text != "SANE_EXPR" {
            let message = format!("unknown linker feature `{}`", name.text);
            self.error_help(name.span, message, "the one feature is `SANE_EXPR`");
        }
        Ok(())
    }

    fn unknown_command(&mut self, first: Token) -> super::Reported {
        let shown = self.describe(first);
        let word = first.text(&self.text).to_owned();
        let span = self.token_span(first);
        let next = self.peek(Mode::Expr);
        if self.next_is(":") || next.is("{") && suggest(&word, NAMES).is_none() {
            return self.error_help(
                span,
                format!("output section {shown} outside of `SECTIONS`"),
                "put it into `SECTIONS { … }`",
            );
        }
        let help = match suggest(&word, NAMES) {
            Some(name) => format!("did you mean `{name}`?"),
            None if next.is("(") || next.is("{") => String::new(),
            None => format!("an assignment is written `{word} = …;`"),
        };
        self.error_help(span, format!("unknown command {shown}"), help)
    }

    /// `( name name, name … )`
    fn names(&mut self, after: &str, what: &str) -> Parsed<Vec<Name>> {
        self.expect("(", &format!("after `{after}`"))?;
        let mut names = Vec::new();
        loop {
            if self.eat(")") {
                return Ok(names);
            }
            if self.eat(",") {
                continue;
            }
            names.push(self.name(Mode::Pattern, &format!("{what} or `)`"))?);
        }
    }

    fn output_format(&mut self) -> Parsed<Command> {
        self.expect("(", "after `OUTPUT_FORMAT`")?;
        let default = self.name(Mode::Pattern, "a format")?;
        let (mut big, mut little) = (None, None);
        if self.eat(",") {
            big = Some(self.name(Mode::Pattern, "the big-endian format")?);
            self.expect(",", "before the little-endian format")?;
            little = Some(self.name(Mode::Pattern, "the little-endian format")?);
        }
        self.expect(")", "to close `OUTPUT_FORMAT(`")?;
        Ok(Command::OutputFormat {
            default,
            big,
            little,
        })
    }

    /// The files of INPUT or GROUP up to the closing bracket.
    fn input_files(
        &mut self,
        after: &str,
        as_needed: bool,
        out: &mut Vec<InputFile>,
    ) -> Parsed<()> {
        loop {
            if self.eat(")") {
                return Ok(());
            }
            if self.eat(",") {
                continue;
            }
            let name = self.name(Mode::Pattern, &format!("a file name or `)` in `{after}(`"))?;
            if &*name.text == "AS_NEEDED" && self.next_is("(") {
                if as_needed {
                    return Err(self.error(name.span, "`AS_NEEDED` inside `AS_NEEDED`"));
                }
                self.eat("(");
                self.input_files("AS_NEEDED", true, out)?;
            } else {
                out.push(InputFile { name, as_needed });
            }
        }
    }

    /// The lines of MEMORY.
    fn regions(&mut self, open: Option<Token>, out: &mut Vec<Region>) {
        let open = open.map(|open| (open, "MEMORY {"));
        self.statements(open, Mode::Command, NAMES, &mut |parser, token| {
            if parser.word(token) == "INCLUDE" {
                parser.bump(token);
                parser.include(&mut |parser| parser.regions(None, out))?;
            } else {
                let region = parser.region(token)?;
                out.push(region);
            }
            Ok(true)
        });
    }

    /// `name [(attributes)] : ORIGIN = origin, LENGTH = length`
    fn region(&mut self, first: Token) -> Parsed<Region> {
        if !first.is_name() {
            self.bump(first);
            return Err(self.unexpected("the name of a memory region", first));
        }
        self.bump(first);
        let name = self.name_of(first);
        let mut attributes = String::new();
        if self.eat("(") {
            while !self.eat(")") {
                let part = self.name(Mode::Pattern, "attributes or `)`")?;
                let wrong = part
                    .text
                    .chars()
                    .find(|letter| !"rwxailRWXAIL!".contains(*letter));
                if let Some(letter) = wrong {
                    self.error_help(
                        part.span,
                        format!("unknown attribute `{letter}` of memory region `{}`", name.text),
                        "the attributes are `r`, `w`, `x`, `a`, `i`, `l`, and `!` before those to exclude",
                    );
                }
                attributes.push_str(&part.text);
            }
        }
        self.expect(":", &format!("after memory region `{}`", name.text))?;
        let origin = self.region_value(&name, "ORIGIN", &["ORIGIN", "org", "o"])?;
        self.eat(",");
        let length = self.region_value(&name, "LENGTH", &["LENGTH", "len", "l"])?;
        Ok(Region {
            name,
            attributes,
            origin,
            length,
        })
    }

    fn region_value(
        &mut self,
        region: &Name,
        keyword: &'static str,
        spellings: &[&str],
    ) -> Parsed<crate::script::ast::Expr> {
        let token = self.take(Mode::Command);
        if !spellings.contains(&self.word(token)) {
            let wanted = format!("`{keyword} =` of memory region `{}`", region.text);
            let reported = self.unexpected(&wanted, token);
            if suggest(token.text(&self.text), &[keyword]).is_some() {
                self.add_help(format!("did you mean `{keyword}`?"));
            }
            return Err(reported);
        }
        self.expect(
            "=",
            &format!("after `{}`", token.text(&self.text).to_owned()),
        )?;
        self.expr()
    }

    /// `name type [FILEHDR] [PHDRS] [AT(address)] [FLAGS(flags)];`
    fn phdr(&mut self, first: Token) -> Parsed<Phdr> {
        if !first.is_name() {
            self.bump(first);
            return Err(self.unexpected("the name of a program header", first));
        }
        self.bump(first);
        let name = self.name_of(first);
        if self.next_is(";") {
            let token = self.peek(Mode::Command);
            return Err(self.unexpected(
                &format!("the type of program header `{}`", name.text),
                token,
            ));
        }
        let p_type = self.operand()?;
        let mut phdr = Phdr {
            name,
            p_type,
            filehdr: false,
            phdrs: false,
            at: None,
            flags: None,
        };
        loop {
            let token = self.peek(Mode::Command);
            match self.word(token) {
                "FILEHDR" => phdr.filehdr = true,
                "PHDRS" => phdr.phdrs = true,
                "AT" => {
                    self.bump(token);
                    phdr.at = Some(self.parenthesised_expr("AT")?);
                    continue;
                }
                "FLAGS" => {
                    self.bump(token);
                    phdr.flags = Some(self.parenthesised_expr("FLAGS")?);
                    continue;
                }
                _ => break,
            }
            self.bump(token);
        }
        let token = self.peek(Mode::Command);
        let close = suggest(self.word(token), &["FILEHDR", "PHDRS", "AT", "FLAGS"]);
        if let (TokenKind::Word, Some(keyword)) = (token.kind, close) {
            let message = format!(
                "unknown attribute {} of program header `{}`",
                self.describe(token),
                phdr.name.text
            );
            return Err(self.error_help(
                self.token_span(token),
                message,
                format!("did you mean `{keyword}`?"),
            ));
        }
        let what = format!("program header `{}`", phdr.name.text);
        self.end_statement(&what)?;
        Ok(phdr)
    }

    /// The operator and value of an assignment to `symbol`, which has been read.
    pub(super) fn assignment_of(&mut self, symbol: Name) -> Parsed<Assignment> {
        let Some(operator) = lex::assignment(&self.text, self.at) else {
            let token = self.peek(Mode::Expr);
            return Err(self.unexpected(&format!("`=` after `{}`", symbol.text), token));
        };
        self.bump(operator);
        let op = match operator.text(&self.text) {
            "+=" => Some(BinaryOp::Add),
            "-=" => Some(BinaryOp::Sub),
            "*=" => Some(BinaryOp::Mul),
            "/=" => Some(BinaryOp::Div),
            "<<=" => Some(BinaryOp::Shl),
            ">>=" => Some(BinaryOp::Shr),
            "&=" => Some(BinaryOp::BitAnd),
            "|=" => Some(BinaryOp::BitOr),
            "^=" => Some(BinaryOp::BitXor),
            _ => None,
        };
        let value = self.expr()?;
        let span = self.span_from(symbol.span.start as usize);
        Ok(Assignment {
            symbol,
            op,
            value,
            provide: false,
            hidden: false,
            span,
        })
    }

    /// `( symbol = value )` after PROVIDE, HIDDEN or PROVIDE_HIDDEN.
    pub(super) fn provide(&mut self, word: &str, start: usize) -> Parsed<Assignment> {
        self.expect("(", &format!("after `{word}`"))?;
        let symbol = self.name(Mode::Command, "a symbol")?;
        if &*symbol.text == "." {
            self.error(
                symbol.span,
                format!("the location counter cannot be in `{word}`"),
            );
        }
        let mut assignment = self.assignment_of(symbol)?;
        if assignment.op.is_some() {
            self.error_help(
                assignment.span,
                format!("`{word}` takes a plain `=`"),
                "write the operation out",
            );
        }
        self.expect(")", &format!("to close `{word}(`"))?;
        assignment.provide = word != "HIDDEN";
        assignment.hidden = word != "PROVIDE";
        assignment.span = self.span_from(start);
        Ok(assignment)
    }

    /// `( condition, "message" )` after ASSERT; a `;` may follow.
    pub(super) fn assert(&mut self, start: usize) -> Parsed<Assert> {
        let (condition, message) = self.assert_arguments()?;
        let span = self.span_from(start);
        self.eat(";");
        Ok(Assert {
            condition,
            message,
            span,
        })
    }

    pub(super) fn assert_arguments(&mut self) -> Parsed<(crate::script::ast::Expr, String)> {
        self.expect("(", "after `ASSERT`")?;
        let condition = self.expr()?;
        if self.next_is(")") {
            let token = self.peek(Mode::Command);
            let reported = self.unexpected("`,` and a message", token);
            self.add_help("write `ASSERT(condition, \"what is wrong\")`");
            return Err(reported);
        }
        self.expect(",", "after the condition of `ASSERT`")?;
        let message = self.name(Mode::Pattern, "a message in double quotes")?;
        self.expect(")", "to close `ASSERT(`")?;
        Ok((condition, message.text.to_string()))
    }
}

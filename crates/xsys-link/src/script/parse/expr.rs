//! Expressions ("Expressions in Linker Scripts" in the GNU ld manual): C's operators with C's
//! precedence, the location counter, and the built-in functions.
//!
//! Two bounds keep the tree shallow: brackets, unary operators and conditionals nest at most
//! [`MAX_NESTING`] deep, and a chain such as `1+1+…` makes a tree at most [`MAX_HEIGHT`] high.

use std::sync::Arc;

use crate::script::ast::{BinaryOp, Expr, ExprKind, Name, UnaryOp};
use crate::script::lex::{self, Mode, Token, TokenKind};

use super::{Parsed, Parser, Reported, suggest};

/// Deepest nesting of brackets, unary operators and conditionals.
pub(super) const MAX_NESTING: u32 = 128;
/// Highest expression tree.
pub(super) const MAX_HEIGHT: u32 = 512;

/// The functions of expressions.
pub(super) const FUNCTIONS: &[&str] = &[
    "ABSOLUTE",
    "ADDR",
    "ALIGN",
    "ALIGNOF",
    "ASSERT",
    "BLOCK",
    "CONSTANT",
    "DATA_SEGMENT_ALIGN",
    "DATA_SEGMENT_END",
    "DATA_SEGMENT_RELRO_END",
    "DEFINED",
    "LENGTH",
    "LOADADDR",
    "LOG2CEIL",
    "MAX",
    "MIN",
    "NEXT",
    "ORIGIN",
    "SEGMENT_START",
    "SIZEOF",
];

/// The types that may stand in brackets before an output section's colon.
pub(super) const SECTION_TYPES: &[&str] = &[
    "NOLOAD", "DSECT", "COPY", "INFO", "OVERLAY", "READONLY", "TYPE",
];

/// An expression and the height of its tree.
struct Tree {
    expr: Expr,
    height: u32,
}

impl Parser<'_> {
    /// A whole expression.
    pub(super) fn expr(&mut self) -> Parsed<Expr> {
        Ok(self.ternary()?.expr)
    }

    /// `( expression )` after a command.
    pub(super) fn parenthesised_expr(&mut self, after: &str) -> Parsed<Expr> {
        self.expect("(", &format!("after `{after}`"))?;
        let expr = self.expr()?;
        self.expect(")", &format!("to close `{after}(`"))?;
        Ok(expr)
    }

    /// An expression without binary operators, for places where the next token could be taken for one:
    /// `=0x90 /DISCARD/ : …`.
    pub(super) fn operand(&mut self) -> Parsed<Expr> {
        Ok(self.unary()?.expr)
    }

    /// Runs `read` one level deeper.
    fn deeper(&mut self, read: impl FnOnce(&mut Self) -> Parsed<Tree>) -> Parsed<Tree> {
        if self.nesting >= MAX_NESTING {
            let token = self.peek(Mode::Expr);
            let message = format!("expression nested deeper than {MAX_NESTING} levels");
            return Err(self.error(self.token_span(token), message));
        }
        self.nesting += 1;
        let result = read(self);
        self.nesting -= 1;
        result
    }

    fn tree(&mut self, kind: ExprKind, start: usize, below: u32) -> Parsed<Tree> {
        let expr = Expr {
            kind,
            span: self.span_from(start),
        };
        if below >= MAX_HEIGHT {
            let message = format!("expression with more than {MAX_HEIGHT} operators in a row");
            return Err(self.error_help(expr.span, message, "split it over several symbols"));
        }
        Ok(Tree {
            expr,
            height: below + 1,
        })
    }

    fn ternary(&mut self) -> Parsed<Tree> {
        self.deeper(|parser| {
            let condition = parser.binary()?;
            let question = parser.peek(Mode::Expr);
            if !question.is("?") {
                return Ok(condition);
            }
            parser.bump(question);
            let start = condition.expr.span.start as usize;
            let yes = parser.ternary()?;
            parser.expect(":", "between the values of `? :`")?;
            let no = parser.ternary()?;
            let below = condition.height.max(yes.height).max(no.height);
            let kind = ExprKind::Ternary(
                Box::new(condition.expr),
                Box::new(yes.expr),
                Box::new(no.expr),
            );
            parser.tree(kind, start, below)
        })
    }

    /// Operators with precedence, with stacks of our own instead of a function per level.
    fn binary(&mut self) -> Parsed<Tree> {
        let mut operands = vec![self.unary()?];
        let mut operators: Vec<BinaryOp> = Vec::new();
        loop {
            let token = self.peek(Mode::Expr);
            let next = operator(token);
            while let Some(&last) = operators.last() {
                if next.is_some_and(|next| precedence(next) > precedence(last)) {
                    break;
                }
                operators.pop();
                let (Some(right), Some(left)) = (operands.pop(), operands.pop()) else {
                    return Err(Reported);
                };
                let joined = self.join(last, left, right)?;
                operands.push(joined);
            }
            let Some(next) = next else {
                return operands.pop().ok_or(Reported);
            };
            self.bump(token);
            operators.push(next);
            operands.push(self.unary()?);
        }
    }

    fn join(&mut self, op: BinaryOp, left: Tree, right: Tree) -> Parsed<Tree> {
        let below = left.height.max(right.height);
        let (start, end) = (left.expr.span.start as usize, right.expr.span.end);
        let kind = ExprKind::Binary(op, Box::new(left.expr), Box::new(right.expr));
        let mut tree = self.tree(kind, start, below)?;
        tree.expr.span.end = end;
        Ok(tree)
    }

    fn unary(&mut self) -> Parsed<Tree> {
        let token = self.peek(Mode::Expr);
        let op = match token.kind {
            TokenKind::Punct("-") => Some(UnaryOp::Neg),
            TokenKind::Punct("~") => Some(UnaryOp::BitNot),
            TokenKind::Punct("!") => Some(UnaryOp::Not),
            TokenKind::Punct("+") => None,
            _ => return self.primary(token),
        };
        self.bump(token);
        self.deeper(|parser| {
            let operand = parser.unary()?;
            match op {
                None => Ok(operand),
                Some(op) => {
                    let kind = ExprKind::Unary(op, Box::new(operand.expr));
                    parser.tree(kind, token.start, operand.height)
                }
            }
        })
    }

    fn primary(&mut self, token: Token) -> Parsed<Tree> {
        match token.kind {
            TokenKind::Number(value) => {
                self.bump(token);
                self.check_octal(token, value);
                self.tree(ExprKind::Number(value), token.start, 0)
            }
            TokenKind::Punct("(") => {
                self.bump(token);
                let mut inner = self.ternary()?;
                self.expect(")", "to close `(`")?;
                inner.expr.span = self.span_from(token.start);
                Ok(inner)
            }
            TokenKind::Quoted => {
                self.bump(token);
                let text = Arc::from(token.text(&self.text));
                self.tree(ExprKind::Symbol(text), token.start, 0)
            }
            TokenKind::Word => {
                self.bump(token);
                self.named(token)
            }
            _ => Err(self.unexpected("an expression", token)),
        }
    }

    /// lld reads `010` as ten.
    fn check_octal(&mut self, token: Token, value: u64) {
        let text = token.text(&self.text);
        if value > 7 && text.starts_with('0') && text.bytes().all(|byte| byte.is_ascii_digit()) {
            let message = format!("`{text}` is octal: {value}");
            let decimal = text.trim_start_matches('0').to_owned();
            self.warn(
                self.token_span(token),
                message,
                format!("write `{decimal}` for the decimal number, or `{value:#x}`"),
            );
        }
    }

    /// A symbol, `.`, SIZEOF_HEADERS or a function.
    fn named(&mut self, token: Token) -> Parsed<Tree> {
        let word = token.text(&self.text).to_owned();
        let kind = match word.as_str() {
            "." => ExprKind::Dot,
            "SIZEOF_HEADERS" | "sizeof_headers" => ExprKind::SizeOfHeaders,
            name if FUNCTIONS.contains(&name) => return self.function(token, &word),
            name => {
                let bracket = self.peek(Mode::Expr);
                if bracket.is("(") && self.section_type_follows().is_none() {
                    let message = format!("unknown function `{name}`");
                    let reported = self.error(self.token_span(token), message);
                    if let Some(close) = suggest(name, FUNCTIONS) {
                        self.add_help(format!("did you mean `{close}`?"));
                    }
                    return Err(reported);
                }
                ExprKind::Symbol(Arc::from(name))
            }
        };
        self.tree(kind, token.start, 0)
    }

    /// The word in `(NOLOAD)` and its relatives, if that is what follows.
    pub(super) fn section_type_follows(&self) -> Option<&'static str> {
        let open = lex::token(&self.text, self.at, Mode::Command);
        let word = lex::token(&self.text, open.end, Mode::Command);
        let after = lex::token(&self.text, word.end, Mode::Command);
        let found = SECTION_TYPES
            .iter()
            .find(|&&name| name == self.word(word))?;
        let closed = match *found {
            "TYPE" => after.is("="),
            "READONLY" => after.is(")") || after.is("("),
            _ => after.is(")"),
        };
        (open.is("(") && closed).then_some(found)
    }

    fn function(&mut self, token: Token, word: &str) -> Parsed<Tree> {
        self.expect("(", &format!("after `{word}`"))?;
        let mut below = 0;
        let kind = match word {
            "ADDR" => ExprKind::Addr(self.argument_name("an output section")?),
            "LOADADDR" => ExprKind::LoadAddr(self.argument_name("an output section")?),
            "SIZEOF" => ExprKind::SizeOf(self.argument_name("an output section")?),
            "ALIGNOF" => ExprKind::AlignOf(self.argument_name("an output section")?),
            "ORIGIN" => ExprKind::Origin(self.argument_name("a memory region")?),
            "LENGTH" => ExprKind::Length(self.argument_name("a memory region")?),
            "DEFINED" => ExprKind::Defined(self.argument_name("a symbol")?),
            "CONSTANT" => ExprKind::Constant(self.constant_name()?),
            "ABSOLUTE" => ExprKind::Absolute(self.argument(&mut below)?),
            "BLOCK" | "NEXT" => ExprKind::Align(None, self.argument(&mut below)?),
            "LOG2CEIL" => ExprKind::Log2Ceil(self.argument(&mut below)?),
            "DATA_SEGMENT_END" => ExprKind::DataSegmentEnd(self.argument(&mut below)?),
            "ALIGN" => {
                let first = self.argument(&mut below)?;
                if self.eat(",") {
                    ExprKind::Align(Some(first), self.argument(&mut below)?)
                } else {
                    ExprKind::Align(None, first)
                }
            }
            "MAX" => {
                let first = self.first_argument(word, &mut below)?;
                ExprKind::Max(first, self.argument(&mut below)?)
            }
            "MIN" => {
                let first = self.first_argument(word, &mut below)?;
                ExprKind::Min(first, self.argument(&mut below)?)
            }
            "DATA_SEGMENT_ALIGN" => {
                let first = self.first_argument(word, &mut below)?;
                ExprKind::DataSegmentAlign(first, self.argument(&mut below)?)
            }
            "DATA_SEGMENT_RELRO_END" => {
                let first = self.first_argument(word, &mut below)?;
                ExprKind::DataSegmentRelroEnd(first, self.argument(&mut below)?)
            }
            "SEGMENT_START" => {
                let name = self.argument_name("a segment")?;
                self.expect(",", "after the segment of `SEGMENT_START`")?;
                ExprKind::SegmentStart(name, self.argument(&mut below)?)
            }
            _ => {
                let condition = self.first_argument(word, &mut below)?;
                let message = self.name(Mode::Pattern, "a message in double quotes")?;
                ExprKind::Assert(condition, message.text.to_string())
            }
        };
        self.expect(")", &format!("to close `{word}(`"))?;
        self.tree(kind, token.start, below)
    }

    fn argument_name(&mut self, what: &str) -> Parsed<Name> {
        self.name(Mode::Pattern, what)
    }

    fn constant_name(&mut self) -> Parsed<Name> {
        let name = self.argument_name("`MAXPAGESIZE` or `COMMONPAGESIZE`")?;
        const NAMES: &[&str] = &["MAXPAGESIZE", "COMMONPAGESIZE"];
        if !NAMES.contains(&&*name.text) {
            let help = match suggest(&name.text, NAMES) {
                Some(close) => format!("did you mean `{close}`?"),
                None => "the constants are `MAXPAGESIZE` and `COMMONPAGESIZE`".to_owned(),
            };
            self.error_help(name.span, format!("unknown constant `{}`", name.text), help);
        }
        Ok(name)
    }

    fn argument(&mut self, below: &mut u32) -> Parsed<Box<Expr>> {
        let tree = self.ternary()?;
        *below = tree.height.max(*below);
        Ok(Box::new(tree.expr))
    }

    fn first_argument(&mut self, function: &str, below: &mut u32) -> Parsed<Box<Expr>> {
        let argument = self.argument(below)?;
        self.expect(",", &format!("after the first argument of `{function}`"))?;
        Ok(argument)
    }
}

fn operator(token: Token) -> Option<BinaryOp> {
    let TokenKind::Punct(text) = token.kind else {
        return None;
    };
    Some(match text {
        "*" => BinaryOp::Mul,
        "/" => BinaryOp::Div,
        "%" => BinaryOp::Rem,
        "+" => BinaryOp::Add,
        "-" => BinaryOp::Sub,
        "<<" => BinaryOp::Shl,
        ">>" => BinaryOp::Shr,
        "<" => BinaryOp::Lt,
        "<=" => BinaryOp::Le,
        ">" => BinaryOp::Gt,
        ">=" => BinaryOp::Ge,
        "==" => BinaryOp::Eq,
        "!=" => BinaryOp::Ne,
        "&" => BinaryOp::BitAnd,
        "^" => BinaryOp::BitXor,
        "|" => BinaryOp::BitOr,
        "&&" => BinaryOp::And,
        "||" => BinaryOp::Or,
        _ => return None,
    })
}

fn precedence(op: BinaryOp) -> u8 {
    match op {
        BinaryOp::Mul | BinaryOp::Div | BinaryOp::Rem => 10,
        BinaryOp::Add | BinaryOp::Sub => 9,
        BinaryOp::Shl | BinaryOp::Shr => 8,
        BinaryOp::Lt | BinaryOp::Le | BinaryOp::Gt | BinaryOp::Ge => 7,
        BinaryOp::Eq | BinaryOp::Ne => 6,
        BinaryOp::BitAnd => 5,
        BinaryOp::BitXor => 4,
        BinaryOp::BitOr => 3,
        BinaryOp::And => 2,
        BinaryOp::Or => 1,
    }
}

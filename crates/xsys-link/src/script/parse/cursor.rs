//! Takes tokens for the parser, and reports tokens that were not expected.
//!
//! Bad tokens (a stray character, an unclosed quote, a malformed number) are reported here and skipped
//! or repaired, so that the grammar never sees them.

use std::sync::Arc;

use xsys_diag::Diagnostic;

use crate::script::ast::{Name, Span};
use crate::script::lex::{self, BadToken, Mode, Token, TokenKind};

use super::{Parsed, Parser, Reported};

impl Parser<'_> {
    // Tokens

    /// The next token. Bad tokens are reported here, once, and skipped or repaired.
    pub(super) fn peek(&mut self, mode: Mode) -> Token {
        let mut at = self.at;
        loop {
            let token = lex::token(&self.text, at, mode);
            let TokenKind::Bad(problem) = token.kind else {
                return token;
            };
            if self.reported.insert((self.file, token.start)) {
                self.bad_token(token, problem);
            }
            match problem {
                BadToken::Number | BadToken::TooLarge => {
                    return Token {
                        kind: TokenKind::Number(0),
                        ..token
                    };
                }
                BadToken::Quote => {
                    return Token {
                        kind: TokenKind::Quoted,
                        ..token
                    };
                }
                BadToken::Character | BadToken::Comment | BadToken::SlashComment => at = token.end,
            }
        }
    }

    pub(super) fn bad_token(&mut self, token: Token, problem: BadToken) {
        let text = self
            .text
            .get(token.start..token.end)
            .unwrap_or("")
            .to_owned();
        let span = self.span(token.start, token.end);
        let opening = |length| self.span(token.start, token.start + length);
        let (span, message, help) = match problem {
            BadToken::Character => (
                span,
                format!(
                    "unexpected character {:?}",
                    text.chars().next().unwrap_or(' ')
                ),
                "a name with other characters than letters, digits, `_`, `.` and `$` needs double quotes",
            ),
            BadToken::Quote => (
                opening(1),
                "this `\"` is never closed".to_owned(),
                "add the closing `\"`",
            ),
            BadToken::Comment => (
                opening(2),
                "this comment is never closed".to_owned(),
                "add `*/`",
            ),
            BadToken::SlashComment => (
                opening(2),
                "`//` does not start a comment in a linker script".to_owned(),
                "write `/* … */`, or `#` for the rest of the line",
            ),
            BadToken::Number => (
                span,
                format!("`{text}` is not a number"),
                number_help(&text),
            ),
            BadToken::TooLarge => (span, format!("`{text}` does not fit into 64 bits"), ""),
        };
        self.error_help(span, message, help);
    }

    pub(super) fn take(&mut self, mode: Mode) -> Token {
        let token = self.peek(mode);
        self.bump(token);
        token
    }

    pub(super) fn bump(&mut self, token: Token) {
        self.at = token.end;
        if token.kind != TokenKind::End {
            self.last_end = token.end;
        }
    }

    /// Takes a bracket, `;`, `,` or another single character if it is next.
    pub(super) fn eat(&mut self, punct: &str) -> bool {
        let token = self.peek(Mode::Command);
        let found = token.is(punct);
        if found {
            self.bump(token);
        }
        found
    }

    pub(super) fn next_is(&mut self, punct: &str) -> bool {
        self.peek(Mode::Command).is(punct)
    }

    /// Takes the bracket or other single character that must come next.
    pub(super) fn expect(&mut self, punct: &str, place: &str) -> Parsed<Token> {
        let token = self.peek(Mode::Command);
        if token.is(punct) {
            self.bump(token);
            return Ok(token);
        }
        let reported = self.unexpected(&format!("`{punct}` {place}"), token);
        let next_statement = token.kind == TokenKind::End
            || matches!(token.kind, TokenKind::Punct(";" | "{" | "}"))
            || (token.is_name() && self.starts_line(token));
        if token.is("=") && matches!(punct, ")" | ",") {
            self.add_help("comparison is written `==`");
        } else if punct == ")" && next_statement {
            self.add_help("add `)`");
        }
        Err(reported)
    }

    /// Takes the name that must come next.
    pub(super) fn name(&mut self, mode: Mode, what: &str) -> Parsed<Name> {
        let token = self.peek(mode);
        if !token.is_name() {
            return Err(self.unexpected(what, token));
        }
        self.bump(token);
        Ok(self.name_of(token))
    }

    pub(super) fn name_of(&self, token: Token) -> Name {
        Name {
            text: Arc::from(token.text(&self.text)),
            span: self.token_span(token),
        }
    }

    /// `( name )` after a command or function.
    pub(super) fn parenthesised_name(&mut self, after: &str, what: &str) -> Parsed<Name> {
        self.expect("(", &format!("after `{after}`"))?;
        let name = self.name(Mode::Pattern, what)?;
        self.expect(")", &format!("to close `{after}(`"))?;
        Ok(name)
    }

    /// The word's text, if the token is an unquoted word.
    pub(super) fn word(&self, token: Token) -> &str {
        match token.kind {
            TokenKind::Word => token.text(&self.text),
            _ => "",
        }
    }

    // Places and reports

    pub(super) fn span(&self, start: usize, end: usize) -> Span {
        let offset = |at: usize| u32::try_from(at).unwrap_or(u32::MAX);
        Span {
            file: self.file,
            start: offset(start),
            end: offset(end),
        }
    }

    pub(super) fn token_span(&self, token: Token) -> Span {
        self.span(token.start, token.end)
    }

    /// From `start` to the last token taken.
    pub(super) fn span_from(&self, start: usize) -> Span {
        self.span(start, self.last_end.max(start))
    }

    pub(super) fn error(&mut self, span: Span, message: impl Into<String>) -> Reported {
        self.error_help(span, message, "")
    }

    pub(super) fn error_help(
        &mut self,
        span: Span,
        message: impl Into<String>,
        help: impl Into<String>,
    ) -> Reported {
        let mut diagnostic = self.script.label(Diagnostic::error(message), span, "");
        let help = help.into();
        if !help.is_empty() {
            diagnostic = diagnostic.help(help);
        }
        self.diagnostics.push(diagnostic);
        Reported
    }

    pub(super) fn warn(&mut self, span: Span, message: impl Into<String>, help: impl Into<String>) {
        let diagnostic = self.script.label(Diagnostic::warning(message), span, "");
        self.diagnostics.push(diagnostic.help(help));
    }

    /// Adds to the last report.
    pub(super) fn add_help(&mut self, help: impl Into<String>) {
        if let Some(last) = self.diagnostics.last_mut() {
            last.help.push(help.into());
        }
    }

    pub(super) fn add_label(&mut self, span: Span, text: &str) {
        if let Some(last) = self.diagnostics.pop() {
            let last = self.script.label(last, span, text);
            self.diagnostics.push(last);
        }
    }

    pub(super) fn unexpected(&mut self, wanted: &str, found: Token) -> Reported {
        let message = format!("expected {wanted}, found {}", self.describe(found));
        self.error(self.token_span(found), message)
    }

    /// A token as messages name it.
    pub(super) fn describe(&self, token: Token) -> String {
        if token.kind == TokenKind::End {
            return "the end of the file".to_owned();
        }
        let text = self.text.get(token.start..token.end).unwrap_or("");
        let line = text.lines().next().unwrap_or("");
        let short: String = line.chars().take(40).collect();
        let dots = if short.len() < text.len() { "…" } else { "" };
        format!("`{short}{dots}`")
    }

    /// Reports that a brace is never closed; there is one report for all braces around it.
    pub(super) fn unclosed(&mut self, open: Token, of: &str) {
        let end = self.span(self.text.len(), self.text.len());
        if self.unclosed_file != Some(self.file) {
            self.unclosed_file = Some(self.file);
            let message = format!("expected `}}` to close `{of}`, found the end of the file");
            self.error_help(end, message, "add `}`");
        }
        self.add_label(self.token_span(open), "opened here");
    }
}

fn number_help(text: &str) -> &'static str {
    let bytes = text.as_bytes();
    match bytes {
        [digits @ .., b'g' | b'G'] if digits.iter().all(u8::is_ascii_digit) => {
            "only the suffixes `K` and `M` exist: a gigabyte is `1024M`"
        }
        [.., b'B'] | [.., b'b']
            if bytes.len() > 2 && bytes[bytes.len() - 2].is_ascii_alphabetic() =>
        {
            "the suffixes are `K` and `M` alone"
        }
        [b'0', b'0'..=b'9', ..] => "a leading zero means octal",
        _ => "numbers are decimal, `0x…`, octal with a leading zero, with `K` or `M` behind",
    }
}

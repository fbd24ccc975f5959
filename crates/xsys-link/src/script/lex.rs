//! Tokens of the linker-script language, which depend on where they stand.
//!
//! `a-b*c` is arithmetic in an expression, but one name in a list of files; the colon belongs to the
//! name in `foo.o:bar`, but not in `.text:{`. GNU ld switches its lexer between states. Here the parser
//! asks for the token at a position in a [`Mode`], and the lexer has no state, so that looking ahead
//! is simple.
//!
//! Deviations from GNU ld, all shared with lld: `/` and `-` are operators in expressions (GNU ld
//! reads `x/2` as a name there), `,` separates patterns, `^` is an operator. From lld: numbers follow
//! the GNU manual (`010` is eight; `1fh`, `17o`, `9d`, `101b`, `$1f` are read), and an assignment
//! needs no spaces (`x=y-2;`). `//name = 1;` at the start of a statement is a comment: to both linkers
//! it defines a symbol of that strange name, and scripts use it to comment lines out.

/// Where a token is read.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Mode {
    /// Expressions: names, numbers, operators.
    Expr,
    /// Names of commands, symbols, output sections, regions: neither `:` nor `=` belongs to them,
    /// and they end before an assignment operator.
    Command,
    /// The same inside an output section, where `lib.a:file.o` is a name.
    Item,
    /// File names and patterns: everything but white space, brackets, `;`, `,` and quotes.
    Pattern,
}

/// What a token is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum TokenKind {
    /// The end of the text.
    End,
    /// A name or pattern.
    Word,
    /// A name in double quotes.
    Quoted,
    /// A number, in expressions only.
    Number(u64),
    /// An operator or bracket.
    Punct(&'static str),
    /// Something that is not a token.
    Bad(BadToken),
}

/// Why something is not a token.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum BadToken {
    /// A byte that begins no token.
    Character,
    /// A quote that is never closed; the token is the rest of the line.
    Quote,
    /// A comment that is never closed; the token is the rest of the text.
    Comment,
    /// `// …`; the token is the rest of the line.
    SlashComment,
    /// A word that starts like a number but is not one.
    Number,
    /// A number that takes more than 64 bits.
    TooLarge,
}

/// A token: what it is and which bytes it takes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Token {
    pub kind: TokenKind,
    pub start: usize,
    pub end: usize,
}

impl Token {
    pub(super) fn is(&self, punct: &str) -> bool {
        matches!(self.kind, TokenKind::Punct(text) if text == punct)
    }

    pub(super) fn is_name(&self) -> bool {
        matches!(self.kind, TokenKind::Word | TokenKind::Quoted)
    }

    /// The token's text without quotes.
    pub(super) fn text<'t>(&self, text: &'t str) -> &'t str {
        let whole = text.get(self.start..self.end).unwrap_or("");
        match self.kind {
            TokenKind::Quoted => whole.trim_matches('"'),
            _ => whole,
        }
    }
}

/// Longest first: the first that fits is the token.
const OPERATORS: &[&str] = &[
    "<<=", ">>=", "<<", ">>", "<=", ">=", "==", "!=", "&&", "||", "+=", "-=", "*=", "/=", "&=",
    "|=", "^=", "(", ")", "{", "}", ",", ";", ":", "?", "~", "!", "+", "-", "*", "/", "%", "<",
    ">", "&", "|", "^", "=", "[", "]",
];

/// Operators that assign.
const ASSIGNMENTS: &[&str] = &["<<=", ">>=", "+=", "-=", "*=", "/=", "&=", "|=", "^=", "="];

/// The token at or after `at`.
pub(super) fn token(text: &str, at: usize, mode: Mode) -> Token {
    let bytes = text.as_bytes();
    let mut at = at;
    let start = loop {
        match skip_blank(text, at) {
            Err(start) => return bad(BadToken::Comment, start, text.len()),
            // Both linkers take `//name = value;` for an assignment to a symbol `//name`, so that
            // it works as a comment. No script means that symbol.
            Ok(start)
                if matches!(mode, Mode::Command | Mode::Item)
                    && bytes[start..].starts_with(b"//")
                    && bytes
                        .get(start + 2)
                        .is_some_and(|byte| !byte.is_ascii_whitespace()) =>
            {
                at = line_end(text, start);
            }
            Ok(start) => break start,
        }
    };
    let Some(&first) = bytes.get(start) else {
        return Token {
            kind: TokenKind::End,
            start,
            end: start,
        };
    };
    if first == b'"' {
        return quoted(text, start);
    }
    if bytes[start..].starts_with(b"//") && mode != Mode::Pattern {
        let end = line_end(text, start);
        return bad(BadToken::SlashComment, start, end);
    }
    if mode == Mode::Expr && (first.is_ascii_digit() || first == b'$' && digit_at(bytes, start + 1))
    {
        return number(text, start);
    }
    let end = word_end(bytes, start, mode);
    if end > start {
        return Token {
            kind: TokenKind::Word,
            start,
            end,
        };
    }
    let rest = &text[start..];
    match OPERATORS
        .iter()
        .find(|&&operator| rest.starts_with(operator))
    {
        // Outside expressions `>=` or `{{` are two tokens.
        Some(operator) if mode != Mode::Expr => Token {
            kind: TokenKind::Punct(first_byte(operator)),
            start,
            end: start + 1,
        },
        Some(operator) => Token {
            kind: TokenKind::Punct(operator),
            start,
            end: start + operator.len(),
        },
        None => bad(BadToken::Character, start, start + 1),
    }
}

/// The assignment operator at or after `at`, if one stands there.
pub(super) fn assignment(text: &str, at: usize) -> Option<Token> {
    let start = skip_blank(text, at).ok()?;
    let rest = &text[start..];
    let operator = ASSIGNMENTS
        .iter()
        .find(|&&operator| rest.starts_with(operator))?;
    if rest.starts_with("==") {
        return None;
    }
    Some(Token {
        kind: TokenKind::Punct(operator),
        start,
        end: start + operator.len(),
    })
}

/// Skips white space and comments: `/* … */` and, at any place where a token may start, `# …`.
/// An unclosed comment gives its start back as the error.
fn skip_blank(text: &str, at: usize) -> Result<usize, usize> {
    let bytes = text.as_bytes();
    let mut at = at.min(text.len());
    loop {
        match bytes.get(at) {
            Some(byte) if byte.is_ascii_whitespace() || *byte == 0x0b => at += 1,
            Some(b'#') => at = line_end(text, at),
            Some(b'/') if bytes.get(at + 1) == Some(&b'*') => match text[at + 2..].find("*/") {
                Some(length) => at += length + 4,
                None => return Err(at),
            },
            _ => return Ok(at),
        }
    }
}

fn line_end(text: &str, at: usize) -> usize {
    text[at..]
        .find('\n')
        .map_or(text.len(), |length| at + length)
}

fn bad(problem: BadToken, start: usize, end: usize) -> Token {
    Token {
        kind: TokenKind::Bad(problem),
        start,
        end,
    }
}

/// A name in quotes may span lines, as messages of assertions do.
fn quoted(text: &str, start: usize) -> Token {
    match text[start + 1..].find('"') {
        Some(length) => Token {
            kind: TokenKind::Quoted,
            start,
            end: start + length + 2,
        },
        None => bad(BadToken::Quote, start, line_end(text, start)),
    }
}

fn digit_at(bytes: &[u8], at: usize) -> bool {
    bytes.get(at).is_some_and(u8::is_ascii_digit)
}

fn first_byte(operator: &'static str) -> &'static str {
    operator.get(..1).unwrap_or(operator)
}

/// Where the word that starts at `start` ends; `start` itself if none does.
fn word_end(bytes: &[u8], start: usize, mode: Mode) -> usize {
    let mut end = start;
    while let Some(&byte) = bytes.get(end) {
        let next = bytes.get(end + 1);
        let belongs = match byte {
            b'a'..=b'z' | b'A'..=b'Z' | b'0'..=b'9' | b'_' | b'.' | b'$' | b'\\' | 0x80.. => true,
            _ if mode == Mode::Expr => false,
            _ if mode == Mode::Pattern => {
                !byte.is_ascii_control()
                    && !matches!(byte, b' ' | b'(' | b')' | b'{' | b'}' | b';' | b',' | b'"')
            }
            b'+' | b'-' | b'^' if next == Some(&b'=') => false,
            b'*' if next == Some(&b'=') => false,
            b'/' if next == Some(&b'=') => false,
            b'/' if next == Some(&b'*') => mode == Mode::Item,
            b':' => mode == Mode::Item,
            b'+' | b'-' | b'^' | b'*' | b'/' | b'~' | b'[' | b']' | b'?' | b'!' | b'@' | b'%' => {
                true
            }
            _ => false,
        };
        if !belongs {
            break;
        }
        end += 1;
    }
    end
}

/// "Constants" in the manual: `0x` and a trailing `h` or `x` or leading `$` mean hexadecimal, a leading zero
/// or a trailing `o` octal, a trailing `b` binary, a trailing `d` decimal; `K` and `M` multiply.
fn number(text: &str, start: usize) -> Token {
    let length = text[start..]
        .bytes()
        .position(|byte| {
            !(byte.is_ascii_alphanumeric() || matches!(byte, b'_' | b'.' | b'$' | 0x80..))
        })
        .unwrap_or(text.len() - start);
    let end = start + length;
    let kind = match value(&text[start..end]) {
        Ok(value) => TokenKind::Number(value),
        Err(problem) => TokenKind::Bad(problem),
    };
    Token { kind, start, end }
}

fn value(word: &str) -> Result<u64, BadToken> {
    let (radix, rest) = match word.as_bytes() {
        [b'$', ..] => (16, &word[1..]),
        [b'0', b'x' | b'X', ..] => (16, &word[2..]),
        [.., b'h' | b'H' | b'x' | b'X'] => return digits(&word[..word.len() - 1], 16),
        [.., b'o' | b'O'] => return digits(&word[..word.len() - 1], 8),
        [.., b'b' | b'B'] => return digits(&word[..word.len() - 1], 2),
        [.., b'd' | b'D'] => return digits(&word[..word.len() - 1], 10),
        [b'0', _, ..] => (8, &word[1..]),
        _ => (10, word),
    };
    let (rest, shift) = match rest.as_bytes() {
        [.., b'k' | b'K'] => (&rest[..rest.len() - 1], 10),
        [.., b'm' | b'M'] => (&rest[..rest.len() - 1], 20),
        _ => (rest, 0),
    };
    if rest.is_empty() && radix == 8 {
        // `0K`
        return Ok(0);
    }
    let value = digits(rest, radix)?;
    if value.leading_zeros() < shift && value != 0 {
        return Err(BadToken::TooLarge);
    }
    Ok(value << shift)
}

fn digits(text: &str, radix: u32) -> Result<u64, BadToken> {
    if text.is_empty() || !text.chars().all(|digit| digit.is_digit(radix)) {
        return Err(BadToken::Number);
    }
    u64::from_str_radix(text, radix).map_err(|_| BadToken::TooLarge)
}

#[cfg(test)]
mod tests {
    use super::*;

    /// All tokens of a text in one mode, in a short form.
    fn dump(text: &str, mode: Mode) -> String {
        let mut out = Vec::new();
        let mut at = 0;
        loop {
            let token = token(text, at, mode);
            at = token.end;
            let shown = &text[token.start..token.end];
            out.push(match token.kind {
                TokenKind::End => return out.join(" "),
                TokenKind::Word => format!("w:{shown}"),
                TokenKind::Quoted => format!("q:{}", token.text(text)),
                TokenKind::Number(value) => format!("n:{value}"),
                TokenKind::Punct(punct) => punct.to_owned(),
                TokenKind::Bad(problem) => format!("{problem:?}"),
            });
        }
    }

    #[test]
    fn expressions() {
        for (text, expected) in [
            ("a+b-c*d/e%f", "w:a + w:b - w:c * w:d / w:e % w:f"),
            (".+4", "w:. + n:4"),
            (".text.a-x", "w:.text.a - w:x"),
            ("a<<=b>>=c<<d>>e", "w:a <<= w:b >>= w:c << w:d >> w:e"),
            ("a<=b>=c==d!=e", "w:a <= w:b >= w:c == w:d != w:e"),
            (
                "a&&b||c&d|e^~f!g",
                "w:a && w:b || w:c & w:d | w:e ^ ~ w:f ! w:g",
            ),
            ("a?b:c", "w:a ? w:b : w:c"),
            ("1/*c*/+#x\n2", "n:1 + n:2"),
            ("\"a b\"+$x", "q:a b + w:$x"),
            ("x//y\n1", "w:x SlashComment n:1"),
            ("\u{1}", "Character"),
            ("/*", "Comment"),
            ("\"ab\nc", "Quote w:c"),
        ] {
            assert_eq!(dump(text, Mode::Expr), expected, "{text}");
        }
    }

    #[test]
    fn numbers() {
        for (text, expected) in [
            ("0 7 10", "n:0 n:7 n:10"),
            ("010 0K 00", "n:8 n:0 n:0"),
            ("0x1F 0X1f 0x10K 0x1M", "n:31 n:31 n:16384 n:1048576"),
            ("4K 4k 2M 2m", "n:4096 n:4096 n:2097152 n:2097152"),
            ("1fh 17o 9d 101b $1f", "n:31 n:15 n:9 n:5 n:31"),
            ("0x1b 0x1d", "n:27 n:29"),
            ("0xffffffffffffffff", "n:18446744073709551615"),
            (
                "0x1ffffffffffffffff 99999999999999999999",
                "TooLarge TooLarge",
            ),
            ("17592186044416M 16M", "TooLarge n:16777216"),
            (
                "08 12x 1.5 0x 0xg 12y 3b",
                "Number n:18 Number Number Number Number Number",
            ),
        ] {
            assert_eq!(dump(text, Mode::Expr), expected, "{text}");
        }
    }

    #[test]
    fn commands() {
        for (text, expected) in [
            (".text:{", "w:.text : {"),
            ("x=y", "w:x = w:y"),
            (".+=4;", "w:. + = w:4 ;"),
            ("/DISCARD/ : {", "w:/DISCARD/ : {"),
            ("a-b+c", "w:a-b+c"),
            (">RAM AT>ROM :a :b", "> w:RAM w:AT > w:ROM : w:a : w:b"),
            ("a/*x*/b", "w:a w:b"),
            ("MEMORY{", "w:MEMORY {"),
            ("//x = 1;\n//y\nz", "w:z"),
            ("// x\ny", "SlashComment w:y"),
            ("\u{feff}é", "w:\u{feff}é"),
        ] {
            assert_eq!(dump(text, Mode::Command), expected, "{text}");
        }
    }

    #[test]
    fn items_and_patterns() {
        for (text, expected) in [
            ("*lib.a:f-1.o(.text)", "w:*lib.a:f-1.o ( w:.text )"),
            ("d/*.o(", "w:d/*.o ("),
            ("x+=1", "w:x + = w:1"),
            ("KEEP(*(.a))", "w:KEEP ( w:* ( w:.a ) )"),
        ] {
            assert_eq!(dump(text, Mode::Item), expected, "{text}");
        }
        for (text, expected) in [
            (".text.[a-z]*,.b=c d~?", "w:.text.[a-z]* , w:.b=c w:d~?"),
            ("-lc /lib/x+y.so;", "w:-lc w:/lib/x+y.so ;"),
            ("//srv/a /* c */ a/*b*/", "w://srv/a w:a/*b*/"),
            ("rwx!a", "w:rwx!a"),
        ] {
            assert_eq!(dump(text, Mode::Pattern), expected, "{text}");
        }
    }

    #[test]
    fn assignments() {
        for (text, expected) in [
            (" = 1", Some("=")),
            ("==1", None),
            ("<<=1", Some("<<=")),
            ("/*c*/-=1", Some("-=")),
            (": {", None),
        ] {
            let found = assignment(text, 0).map(|token| token.text(text).to_owned());
            assert_eq!(found.as_deref(), expected, "{text}");
        }
    }
}

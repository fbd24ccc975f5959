//! Version nodes: which symbols are exported, and their versions ("VERSION Command" in the GNU ld
//! manual). `VERSION { … }` in a linker script and the file of `--version-script` have the same
//! language.

use crate::script::ast::{Name, VersionNode, VersionPattern};
use crate::script::lex::{Mode, Token, TokenKind};

use super::{Parsed, Parser};

/// Where a pattern of a node goes.
#[derive(Clone, Copy, PartialEq)]
enum PatternScope {
    Global,
    Local,
}

impl Parser<'_> {
    /// Version nodes up to the closing brace or, in a file of their own, its end.
    pub(super) fn version_nodes(&mut self, open: Option<(Token, &str)>) -> Vec<VersionNode> {
        let mut nodes: Vec<VersionNode> = Vec::new();
        self.statements(open, Mode::Pattern, &[], &mut |parser, token| {
            let node = parser.version_node(token)?;
            let mixed = !nodes.is_empty()
                && (node.name.is_none() || nodes.iter().any(|n| n.name.is_none()));
            if mixed {
                parser.error_help(
                    node.span,
                    "a version without a name beside other versions",
                    "name all versions, or keep one node only",
                );
            }
            for parent in &node.parents {
                if !nodes
                    .iter()
                    .any(|n| n.name.as_ref().is_some_and(|n| n.text == parent.text))
                {
                    let message = format!("version `{}` is not defined above", parent.text);
                    parser.error_help(
                        parent.span,
                        message,
                        "a version builds on versions that stand before it",
                    );
                }
            }
            nodes.push(node);
            Ok(true)
        });
        nodes
    }

    /// `[name] { patterns } [parent …];`
    fn version_node(&mut self, first: Token) -> Parsed<VersionNode> {
        let name = first.is_name().then(|| self.name_of(first));
        if first.is_name() {
            self.bump(first);
        }
        let mut node = VersionNode {
            name,
            global: Vec::new(),
            local: Vec::new(),
            parents: Vec::new(),
            span: self.token_span(first),
        };
        let open = self.expect("{", "to open a version")?;
        let mut scope = PatternScope::Global;
        self.version_patterns(open, None, &mut scope, &mut node)?;
        loop {
            let token = self.peek(Mode::Pattern);
            if !token.is_name() {
                break;
            }
            self.bump(token);
            node.parents.push(self.name_of(token));
        }
        node.span = self.span_from(first.start);
        self.end_statement("the version")?;
        Ok(node)
    }

    /// Patterns, `global:`, `local:` and `extern "C++" { … }` up to the closing brace; `language` is
    /// that of the `extern` around them, which does not nest.
    fn version_patterns(
        &mut self,
        open: Token,
        language: Option<&str>,
        scope: &mut PatternScope,
        node: &mut VersionNode,
    ) -> Parsed<()> {
        loop {
            let token = self.take(Mode::Pattern);
            match token.kind {
                TokenKind::Punct("}") => return Ok(()),
                TokenKind::Punct(";") => continue,
                TokenKind::End => {
                    self.unclosed(open, "{");
                    return Err(super::Reported);
                }
                TokenKind::Word | TokenKind::Quoted => {}
                _ => return Err(self.unexpected("a symbol pattern or `}`", token)),
            }
            let written = self.word(token).to_owned();
            // `global:`, `global :` and `local:*` are tokens of different lengths.
            let label = ["global", "local"].into_iter().find(|label| {
                let rest = written.strip_prefix(label);
                rest.is_some_and(|rest| rest.starts_with(':') && !rest.starts_with("::"))
                    || (written == *label && self.next_is(":"))
            });
            if let Some(label) = label {
                if written == label {
                    self.eat(":");
                } else {
                    self.at = token.start + label.len() + 1;
                }
                *scope = match label {
                    "local" => PatternScope::Local,
                    _ => PatternScope::Global,
                };
                continue;
            }
            if written == "extern" && language.is_none() {
                let language = self.name(Mode::Pattern, "a language in double quotes")?;
                let known = ["C", "C++", "Java"].contains(&&*language.text);
                if !known {
                    self.error_help(
                        language.span,
                        format!("unknown language `{}`", language.text),
                        "the languages are `C`, `C++` and `Java`",
                    );
                }
                let open = self.expect("{", "after the language")?;
                self.version_patterns(open, Some(&language.text), scope, node)?;
                self.eat(";");
                continue;
            }
            let demangled = language.is_some_and(|language| language != "C");
            let pattern = self.version_pattern(token, demangled);
            match scope {
                PatternScope::Global => node.global.push(pattern),
                PatternScope::Local => node.local.push(pattern),
            }
            if self.next_is("}") {
                continue;
            }
            // Without a `;` the next pattern is read anyway.
            let _ = self.expect(";", "after a symbol pattern");
        }
    }

    fn version_pattern(&mut self, token: Token, demangled: bool) -> VersionPattern {
        let pattern: Name = self.name_of(token);
        VersionPattern {
            exact: token.kind == TokenKind::Quoted || !pattern.text.contains(['*', '?', '[']),
            pattern,
            demangled,
        }
    }
}

//! No text makes the parser panic, loop, or run out of stack.

use super::{parse_expression, parse_text};
use crate::script::ast::Script;

/// Endless nesting or chains are errors and do not overflow the stack.
#[test]
fn depth_is_bounded() {
    let many = 100_000;
    for (text, expected) in [
        ("(".repeat(many), "nested deeper than 128 levels"),
        ("-".repeat(many), "nested deeper than 128 levels"),
        ("1?".repeat(many), "nested deeper than 128 levels"),
        ("ABSOLUTE(".repeat(many), "nested deeper than 128 levels"),
        ("1+".repeat(many) + "1", "more than 512 operators in a row"),
    ] {
        let (_, found) = parse_text("t", &format!("x = {text};"));
        assert!(
            found.iter().any(|report| report.message.contains(expected)),
            "{expected}: {found:?}"
        );
    }
    for text in [
        "{".repeat(many),
        "SECTIONS { ".repeat(many),
        format!("SECTIONS {{ .a : {{ *({}", "SORT(".repeat(many)),
        format!("SECTIONS {{ .a : {{ {}", "KEEP(".repeat(many)),
        format!("SECTIONS {{ .a : {{ {}", "SORT(".repeat(many)),
        format!("GROUP({}", "AS_NEEDED(".repeat(many)),
        "# x\n//y\n".repeat(many) + "}",
    ] {
        let (_, found) = parse_text("t", &text);
        assert!(!found.is_empty());
    }
}

/// The deepest nesting that is allowed fits the stack of a test's thread, in parsing and dropping.
#[test]
fn allowed_depth_works() {
    for text in [
        "(".repeat(120) + "1" + &")".repeat(120),
        "-".repeat(120) + "1",
        "1+".repeat(500) + "1",
        "1 ? 2 : ".repeat(100) + "3",
    ] {
        let mut script = Script::default();
        let expr = parse_expression(&mut script, "e", &text).expect("within bounds");
        assert!(!super::dump::expr(&expr).is_empty());
    }
}

/// Random words in random order may be reported, but cause neither panic nor endless loop.
#[test]
fn token_soup() {
    const WORDS: &[&str] = &[
        "SECTIONS",
        "MEMORY",
        "PHDRS",
        "ENTRY",
        "ASSERT",
        "PROVIDE",
        "INCLUDE",
        "OVERLAY",
        "INSERT",
        "AFTER",
        "VERSION",
        "KEEP",
        "SORT",
        "EXCLUDE_FILE",
        "INPUT_SECTION_FLAGS",
        "AT",
        "ALIGN",
        "SUBALIGN",
        "NOLOAD",
        "TYPE",
        "READONLY",
        "BYTE",
        "FILL",
        "ASCIZ",
        "GROUP",
        "AS_NEEDED",
        "ORIGIN",
        "LENGTH",
        "SIZEOF",
        "MAX",
        "DEFINED",
        "CONSTANT",
        "/DISCARD/",
        "COMMON",
        "*",
        ".text",
        ".",
        "x",
        "lib.a:b.o",
        "0x10",
        "4K",
        "08",
        "99999999999999999999",
        "\"q r\"",
        "\"",
        "(",
        ")",
        "{",
        "}",
        "{",
        "}",
        "(",
        ")",
        ";",
        ",",
        ":",
        "=",
        "+=",
        "<<=",
        "==",
        "+",
        "-",
        "/",
        "*",
        "%",
        "<<",
        ">",
        "<",
        "&&",
        "||",
        "!",
        "~",
        "?",
        "[",
        "]",
        "/*",
        "*/",
        "//",
        "#",
        "\n",
        "\n",
        "é",
        "\u{1}",
        "@",
        "$",
        "'",
        "\\",
    ];
    let mut state = 0x9e37_79b9_7f4a_7c15_u64;
    let mut next = |below: usize| {
        // xorshift64
        state ^= state << 13;
        state ^= state >> 7;
        state ^= state << 17;
        (state % below as u64) as usize
    };
    let mut reported = 0;
    for round in 0..4000 {
        let mut text = match round % 4 {
            0 => String::new(),
            1 => "SECTIONS { ".to_owned(),
            2 => "SECTIONS { .a : { ".to_owned(),
            _ => "x = ".to_owned(),
        };
        for _ in 0..next(40) {
            text += WORDS[next(WORDS.len())];
            if next(3) > 0 {
                text.push(' ');
            }
        }
        let (script, found) = parse_text("soup", &text);
        reported += usize::from(!found.is_empty());
        for report in &found {
            for label in &report.labels {
                let span = label.span.clone();
                assert!(label.source.text.get(span).is_some(), "{text:?}: {report}");
            }
        }
        assert!(super::dump::script(&script).len() < 100_000);
    }
    assert!(reported > 3000, "{reported}");
}

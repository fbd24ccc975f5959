//! Values of expressions in a fixed layout, and what is said where there is none.

use super::ast::{Expr, Script};
use super::eval::*;
use super::parse::parse_expression;

/// Inside `.data` (0x2010 of 0x2000, 0x80 bytes, loaded at 0x9000); `.text` is at 0x1000.
struct Fixed;

const TEXT: OutputId = OutputId(0);
const DATA: OutputId = OutputId(1);

impl Scope for Fixed {
    fn dot(&self) -> Value {
        Value::relative(DATA, 0x11)
    }
    fn symbol(&self, name: &str) -> Option<Value> {
        Some(match name {
            "t" => Value::relative(TEXT, 4),
            "t2" => Value::relative(TEXT, 0x24),
            "d" => Value::relative(DATA, 8),
            "n" => Value::absolute(0x30),
            _ => return None,
        })
    }
    fn is_defined(&self, name: &str) -> bool {
        self.symbol(name).is_some()
    }
    fn section(&self, name: &str) -> Option<SectionFacts> {
        let (id, load_addr) = match name {
            ".text" => (TEXT, 0x1000),
            ".data" => (DATA, 0x9000),
            _ => return None,
        };
        Some(SectionFacts {
            id,
            addr: self.address(id),
            load_addr,
            size: 0x80,
            align: 16,
        })
    }
    fn address(&self, section: OutputId) -> u64 {
        if section == TEXT { 0x1000 } else { 0x2000 }
    }
    fn region(&self, name: &str) -> Option<(u64, u64)> {
        (name == "RAM").then_some((0x2000, 0x1000))
    }
    fn size_of_headers(&self) -> u64 {
        0x120
    }
    fn max_page_size(&self) -> u64 {
        0x1000
    }
    fn common_page_size(&self) -> u64 {
        0x400
    }
    fn segment_start(&self, segment: &str) -> Option<u64> {
        (segment == "text-segment").then_some(0x40_0000)
    }
    fn known_names(&self) -> Vec<String> {
        ["t", "t2", ".text", "RAM"].map(str::to_owned).to_vec()
    }
}

fn parsed(text: &str) -> (Script, Expr) {
    let mut script = Script::default();
    match parse_expression(&mut script, "expr", text) {
        Ok(expr) => (script, expr),
        Err(found) => panic!("{text}: {found:?}"),
    }
}

/// `0x10`, `.text+0x4`, or the error's message.
fn shown(text: &str) -> String {
    let (_, expr) = parsed(text);
    match eval(&expr, &Fixed) {
        Ok(Value { section, value }) => match section {
            None => format!("{value:#x}"),
            Some(TEXT) => format!(".text+{value:#x}"),
            Some(_) => format!(".data+{value:#x}"),
        },
        Err(error) => error.to_string(),
    }
}

#[test]
fn values() {
    for (text, expected) in [
        ("1 + 2 * 3", "0x7"),
        ("(1 + 2) * 3", "0x9"),
        ("10 - 2 - 3", "0x5"),
        ("1 << 2 + 1", "0x8"),
        ("7 / 2 + 7 % 4", "0x6"),
        ("6 & 3 | 8 ^ 1", "0xb"),
        ("1 == 1 && 2 != 3 || 0", "0x1"),
        ("2 < 1", "0x0"),
        ("2 >= 2", "0x1"),
        ("-1", "0xffffffffffffffff"),
        ("-1 >> 60", "0xf"),
        ("1 << 64", "0x0"),
        ("1 << 63", "0x8000000000000000"),
        ("1 >> 0x100000001", "0x0"),
        ("3 - 4 < 0", "0x0"),
        ("~0xf & 0xff", "0xf0"),
        ("!5 + !0", "0x1"),
        ("0xffffffffffffffff + 2", "0x1"),
        ("1 ? 2 : 1 / 0", "0x2"),
        ("0 ? 1 : 0 ? 2 : 3", "0x3"),
        ("0 && 1 / 0", "0x0"),
        ("1 || 1 / 0", "0x1"),
        ("5 && n", "0x1"),
        (".", ".data+0x11"),
        (". + 1", ".data+0x12"),
        ("1 + .", ".data+0x12"),
        ("t + n", ".text+0x34"),
        ("t - 8", ".text+0xfffffffffffffffc"),
        ("t2 - t", "0x20"),
        ("d - t", "0x1004"),
        ("0x3000 - t", "0x1ffc"),
        ("t + d", "0x300c"),
        ("(t + t2) / 2", "0x1014"),
        ("t2 & ~0xf", ".text+0x20"),
        ("t & t2", ".text+0x4"),
        ("t | t2", ".text+0x24"),
        ("t & d", "0x0"),
        ("t ^ d", "0x300c"),
        ("0xff & t2", ".text+0xfffffffffffff024"),
        ("t * 2", "0x2008"),
        ("t == 0x1004", "0x1"),
        ("t < d", "0x1"),
        ("-t", "0xffffffffffffeffc"),
        ("!t", "0x0"),
        ("n ? t : d", ".text+0x4"),
        ("ALIGN(16)", ".data+0x20"),
        ("ALIGN(0)", ".data+0x11"),
        ("ALIGN(0x1000)", ".data+0x1000"),
        ("ALIGN(t, 0x800)", ".text+0x800"),
        ("ALIGN(n, 0x20)", "0x40"),
        ("BLOCK(8)", ".data+0x18"),
        ("NEXT(4)", ".data+0x14"),
        ("ABSOLUTE(.)", "0x2011"),
        ("ADDR(.text)", ".text+0x0"),
        ("ADDR(.text) + SIZEOF(.text)", ".text+0x80"),
        ("LOADADDR(.data)", "0x9000"),
        ("SIZEOF(.none)", "0x0"),
        ("ALIGNOF(.data)", "0x10"),
        ("SIZEOF_HEADERS", "0x120"),
        ("ORIGIN(RAM) + LENGTH(RAM)", "0x3000"),
        ("DEFINED(t) + DEFINED(none)", "0x1"),
        ("CONSTANT(MAXPAGESIZE)", "0x1000"),
        ("CONSTANT(COMMONPAGESIZE)", "0x400"),
        ("MAX(t, d)", ".data+0x8"),
        ("MIN(t, d)", ".text+0x4"),
        ("MAX(1, 2) + MIN(3, 4)", "0x5"),
        ("LOG2CEIL(0) + LOG2CEIL(1)", "0x0"),
        ("LOG2CEIL(2)", "0x1"),
        ("LOG2CEIL(5)", "0x3"),
        ("LOG2CEIL(0x8000000000000001)", "0x40"),
        ("SEGMENT_START(\"text-segment\", 0x10000)", "0x400000"),
        ("SEGMENT_START(ldata-segment, 0x10000)", "0x10000"),
        ("DATA_SEGMENT_ALIGN(0x1000, 0x400)", ".data+0x1000"),
        ("DATA_SEGMENT_RELRO_END(24, .)", ".data+0x1000"),
        ("DATA_SEGMENT_END(.)", ".data+0x11"),
        ("ASSERT(1, \"no\")", "0x2011"),
        ("ASSERT(t > d, \"t is low\")", "assertion failed: t is low"),
        ("none", "symbol `none` is not defined"),
        ("ADDR(.none)", "section `.none` is not defined"),
        ("LOADADDR(.none)", "section `.none` is not defined"),
        ("ALIGNOF(.none)", "section `.none` is not defined"),
        ("ORIGIN(ROM)", "memory region `ROM` is not declared"),
        ("LENGTH(ROM)", "memory region `ROM` is not declared"),
        ("1 / 0", "division by zero"),
        ("1 % (n - n)", "division by zero"),
        ("ALIGN(12)", "alignment 0xc is not a power of two"),
        ("ALIGN(n, 3)", "alignment 0x3 is not a power of two"),
    ] {
        assert_eq!(shown(text), expected, "{text}");
    }
}

#[test]
fn errors_show_their_place() {
    for (text, expected) in [
        (
            "1 + tt",
            "error: symbol `tt` is not defined\n  --> expr:1:5\n  = help: did you mean `t`?",
        ),
        (
            "n + ADDR(.txt)",
            "error: section `.txt` is not defined\n  --> expr:1:10\n  = help: did you mean `.text`?",
        ),
        (
            "1 / (n - n)",
            "error: division by zero\n  --> expr:1:5\n  = help: `(n - n)` is 0 here; where that may be, test it: `(n - n) ? … / (n - n) : 0`",
        ),
        (
            "ALIGN(., 6)",
            "error: alignment 0x6 is not a power of two\n  --> expr:1:10\n  = help: the next power of two is 0x8",
        ),
    ] {
        let (script, expr) = parsed(text);
        let error = eval(&expr, &Fixed).expect_err(text);
        assert_eq!(error.into_diagnostic(&script, &Fixed).to_string(), expected);
    }
}

#[test]
fn fills() {
    for (text, expected) in [
        ("0x90", &[0x90][..]),
        ("0xAAAA", &[0xaa, 0xaa]),
        ("0x0090", &[0x00, 0x90]),
        ("0x123", &[0x01, 0x23]),
        ("(0x90)", &[0, 0, 0, 0x90]),
        ("144", &[0, 0, 0, 0x90]),
        ("0x90 + 1", &[0, 0, 0, 0x91]),
        ("0x1K", &[0, 0, 4, 0]),
        ("-1", &[0xff, 0xff, 0xff, 0xff]),
    ] {
        let (script, expr) = parsed(text);
        assert_eq!(
            fill_pattern(&expr, &script, &Fixed).as_deref(),
            Ok(expected),
            "{text}"
        );
    }
}

#[test]
fn parts() {
    let (_, expr) = parsed("a + MAX(b, ALIGN(c, 4)) ? -d : DEFINED(e) + SIZEOF(.f)");
    assert_eq!(symbols_used(&expr), ["a", "b", "c", "d"]);
    for (text, expected) in [
        (".", true),
        ("1 + ALIGN(4)", true),
        ("ALIGN(x, 4)", false),
        ("ALIGN(., 4)", true),
        ("ADDR(.text)", false),
        ("DATA_SEGMENT_ALIGN(1, 2)", true),
    ] {
        assert_eq!(uses_dot(&parsed(text).1), expected, "{text}");
    }
}

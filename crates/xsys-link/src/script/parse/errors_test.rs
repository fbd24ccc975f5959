//! Mistakes in scripts: what is said, where, and that reading goes on.

use super::{parse_defsym, parse_expression, parse_text};
use crate::script::ast::Script;

/// Every report as `line:column message | help`, errors and warnings alike.
fn reports(text: &str) -> Vec<String> {
    let (_, found) = parse_text("t", text);
    found
        .iter()
        .map(|report| {
            let label = &report.labels[0];
            let (line, column) = xsys_diag::line_column(&label.source.text, label.span.start);
            let help: String = report
                .help
                .iter()
                .map(|help| format!(" | {help}"))
                .collect();
            format!("{line}:{column} {}{help}", report.message)
        })
        .collect()
}

#[test]
fn messages() {
    let table: &[(&str, &[&str])] = &[
        (
            "x = 1",
            &["1:6 expected `;` after the assignment, found the end of the file | add `;`"],
        ),
        (
            "x = 1 y = 2;",
            &["1:6 expected `;` after the assignment, found `y` | add `;`"],
        ),
        ("x = ;", &["1:5 expected an expression, found `;`"]),
        (
            "x = (1 + 2;",
            &["1:11 expected `)` to close `(`, found `;` | add `)`"],
        ),
        ("x = 1 +;", &["1:8 expected an expression, found `;`"]),
        (
            "x = 1));\ny = ;",
            &[
                "1:6 expected `;` after the assignment, found `)`",
                "2:5 expected an expression, found `;`",
            ],
        ),
        (
            "x 1;",
            &["1:1 unknown command `x` | an assignment is written `x = …;`"],
        ),
        (
            "SECTION { }",
            &["1:1 unknown command `SECTION` | did you mean `SECTIONS`?"],
        ),
        (
            "memory { }",
            &["1:1 unknown command `memory` | did you mean `MEMORY`?"],
        ),
        (
            "ENTYR(a)",
            &["1:1 unknown command `ENTYR` | did you mean `ENTRY`?"],
        ),
        (
            "foo",
            &["1:1 unknown command `foo` | an assignment is written `foo = …;`"],
        ),
        (
            ".text : { *(.text) }",
            &["1:1 output section `.text` outside of `SECTIONS` | put it into `SECTIONS { … }`"],
        ),
        (
            "ENTRY main;",
            &["1:7 expected `(` after `ENTRY`, found `main`"],
        ),
        (
            "ENTRY(main",
            &["1:11 expected `)` to close `ENTRY(`, found the end of the file | add `)`"],
        ),
        (
            "ENTRY()\nEXTERN(x)\nENTRY(;",
            &[
                "1:7 expected a symbol, found `)`",
                "3:7 expected a symbol, found `;`",
            ],
        ),
        (
            "}",
            &[
                "1:1 unexpected `}` | nothing is open here: remove it, or look for one `}` too many above",
            ],
        ),
        (
            "SECTIONS {\n .text : { *(.text)",
            &["2:20 expected `}` to close `.text : {`, found the end of the file | add `}`"],
        ),
        (
            "SECTIONS {\n .a : { *(.a)\n .b : { *(.b) }\n}",
            &["3:2 output section `.b` inside `.a : {` | add `}` before it"],
        ),
        (
            "SECTIONS { .text { *(.text) } .b : { } }",
            &["1:17 expected `:` after output section `.text`, found `{` | add `:`"],
        ),
        (
            "SECTIONS { .text : ALIGN(4) AT(5) { } }",
            &[
                "1:29 `AT` after `ALIGN` | the order is `AT(…) ALIGN(…) SUBALIGN(…)`, then the constraint",
            ],
        ),
        (
            "SECTIONS { .text : SUBALIGN(4) ALIGN(5) ALIGN(6) { } }",
            &[
                "1:32 `ALIGN` after `SUBALIGN` | the order is `AT(…) ALIGN(…) SUBALIGN(…)`, then the constraint",
                "1:41 `ALIGN` given twice",
            ],
        ),
        (
            "SECTIONS { .text : ALGIN(4) { } }",
            &["1:20 unknown attribute `ALGIN` of output section `.text` | did you mean `ALIGN`?"],
        ),
        (
            "SECTIONS { .text : FOO { } }",
            &["1:20 unknown attribute `FOO` of output section `.text`"],
        ),
        (
            "SECTIONS { .bss : (NOLOAD) { } }",
            &["1:19 `(NOLOAD)` after the colon | the type stands before the colon"],
        ),
        (
            "SECTIONS { .bss (NOLAOD) : { } }",
            &["1:18 unknown section type `NOLAOD` | did you mean `NOLOAD`?"],
        ),
        (
            "SECTIONS { .a : { } AT>ROM >RAM }",
            &[
                "1:28 `>region` of output section `.a` after `AT>region` | the order is `>region AT>region :phdr =fill`",
            ],
        ),
        (
            "SECTIONS { .a : { } >RAM >ROM }",
            &["1:26 `>region` of output section `.a` given twice"],
        ),
        (
            "SECTIONS { .a : { } > }",
            &["1:23 expected a memory region after `>`, found `}`"],
        ),
        (
            "SECTIONS { .a : { x = . } .b : { } }",
            &["1:24 expected `;` after the assignment, found `}` | add `;`"],
        ),
        (
            "SECTIONS { .a : { KEPT(*(.x)) *(.y) } }",
            &["1:19 unknown command `KEPT`"],
        ),
        (
            "SECTIONS { .a : { *(KEEP(.x)) *(.y) } }",
            &["1:21 `KEEP` inside a section list | write `KEEP(*(…))`"],
        ),
        (
            "SECTIONS { .a : { *(.x } }",
            &["1:24 expected a section pattern or `)`, found `}`"],
        ),
        (
            "SECTIONS { .a : { *(.x SROT(.y)) } }",
            &["1:24 unexpected `(` after section pattern `SROT` | did you mean `SORT`?"],
        ),
        (
            "SECTIONS { .a : { *(.x (.y)) } }",
            &["1:21 unexpected `(` after section pattern `.x` | is a `)` missing before `.x`?"],
        ),
        (
            "SECTIONS { .a : { *() } }",
            &["1:20 empty list of section patterns | `(*)` means all sections"],
        ),
        (
            "SECTIONS { .a : { .text } }",
            &["1:19 `.text` alone means a file of that name | write `*(.text)` for the section"],
        ),
        (
            "SECTIONS { .a : { KEEP(KEEP(*(.x))) } }",
            &["1:24 `KEEP` inside `KEEP`"],
        ),
        (
            "SECTIONS { .a : { *(SORT(SORT(SORT(.x)))) } }",
            &["1:31 more than two nested sorts"],
        ),
        (
            "SECTIONS { .a : { INPUT_SECTION_FLAGS(SHF_WIRTE) *(.x) } }",
            &["1:39 unknown section flag `SHF_WIRTE` | did you mean `SHF_WRITE`?"],
        ),
        (
            "SECTIONS { .a : { LONG 4 } }",
            &["1:24 expected `(` after `LONG`, found `4`"],
        ),
        (
            "SECTIONS { KEEP(*(.x)) .b : { } }",
            &[
                "1:12 input section pattern outside of an output section | write `.name : { KEEP(…) }`",
            ],
        ),
        (
            "SECTIONS { *(.text) }",
            &["1:12 input section pattern outside of an output section | write `.name : { *(…) }`"],
        ),
        (
            "SECTIONS { MEMORY { } .b : { } }",
            &["1:12 `MEMORY` inside `SECTIONS` | put `MEMORY` at the top level"],
        ),
        (
            "SECTIONS { PROVDE(x = 1); .b : { } }",
            &["1:12 unknown command `PROVDE` | did you mean `PROVIDE`?"],
        ),
        (
            "x = ALGIN(4);",
            &["1:5 unknown function `ALGIN` | did you mean `ALIGN`?"],
        ),
        ("x = foo(4);", &["1:5 unknown function `foo`"]),
        (
            "x = ALIGN;",
            &["1:10 expected `(` after `ALIGN`, found `;`"],
        ),
        (
            "x = CONSTANT(PAGESIZE);",
            &[
                "1:14 unknown constant `PAGESIZE` | the constants are `MAXPAGESIZE` and `COMMONPAGESIZE`",
            ],
        ),
        (
            "x = MAX(1);",
            &["1:10 expected `,` after the first argument of `MAX`, found `)`"],
        ),
        (
            "x = SIZEOF .text;",
            &["1:12 expected `(` after `SIZEOF`, found `.text`"],
        ),
        (
            "x = 1 ? 2;",
            &["1:10 expected `:` between the values of `? :`, found `;`"],
        ),
        (
            "x = 12abcg;",
            &[
                "1:5 `12abcg` is not a number | numbers are decimal, `0x…`, octal with a leading zero, with `K` or `M` behind",
            ],
        ),
        (
            "x = 4G;",
            &[
                "1:5 `4G` is not a number | only the suffixes `K` and `M` exist: a gigabyte is `1024M`",
            ],
        ),
        (
            "x = 08;",
            &["1:5 `08` is not a number | a leading zero means octal"],
        ),
        (
            "x = 010;",
            &["1:5 `010` is octal: 8 | write `10` for the decimal number, or `0x8`"],
        ),
        (
            "x = 0x10000000000000000;",
            &["1:5 `0x10000000000000000` does not fit into 64 bits"],
        ),
        (
            "x = 1 ` 2;",
            &[
                "1:7 unexpected character '`' | a name with other characters than letters, digits, `_`, `.` and `$` needs double quotes",
                "1:6 expected `;` after the assignment, found `2` | add `;`",
                "1:9 unknown command `2` | an assignment is written `2 = …;`",
            ],
        ),
        (
            "// hello\nx = 1;",
            &[
                "1:1 `//` does not start a comment in a linker script | write `/* … */`, or `#` for the rest of the line",
            ],
        ),
        (
            "x = 1; // one\ny = 2;",
            &[
                "1:8 `//` does not start a comment in a linker script | write `/* … */`, or `#` for the rest of the line",
            ],
        ),
        ("/* never", &["1:1 this comment is never closed | add `*/`"]),
        (
            "ENTRY(\"a",
            &[
                "1:7 this `\"` is never closed | add the closing `\"`",
                "1:9 expected `)` to close `ENTRY(`, found the end of the file | add `)`",
            ],
        ),
        (
            "ASSERT(x = 1, \"m\")",
            &[
                "1:10 expected `,` after the condition of `ASSERT`, found `=` | comparison is written `==`",
            ],
        ),
        (
            "ASSERT(x)",
            &[
                "1:9 expected `,` and a message, found `)` | write `ASSERT(condition, \"what is wrong\")`",
            ],
        ),
        (
            "ASSERT(x, m n)",
            &["1:13 expected `)` to close `ASSERT(`, found `n`"],
        ),
        (
            "PROVIDE(x += 1);",
            &["1:9 `PROVIDE` takes a plain `=` | write the operation out"],
        ),
        (
            "PROVIDE(. = 1);",
            &["1:9 the location counter cannot be in `PROVIDE`"],
        ),
        (
            "PROVIDE(x = 1)",
            &["1:15 expected `;` after `PROVIDE(…)`, found the end of the file | add `;`"],
        ),
        (
            "PROVIDE x = 1;",
            &["1:9 expected `(` after `PROVIDE`, found `x`"],
        ),
        (
            "MEMORY { RAM (rwz) : ORIGIN = 0, LENGTH = 1 }",
            &[
                "1:15 unknown attribute `z` of memory region `RAM` | the attributes are `r`, `w`, `x`, `a`, `i`, `l`, and `!` before those to exclude",
            ],
        ),
        (
            "MEMORY { RAM : ORIGN = 0, LENGTH = 1\n ROM : ORIGIN = 0, LENGTH = 1 }",
            &[
                "1:16 expected `ORIGIN =` of memory region `RAM`, found `ORIGN` | did you mean `ORIGIN`?",
            ],
        ),
        (
            "MEMORY { RAM ORIGIN = 0, LENGTH = 1 }",
            &["1:14 expected `:` after memory region `RAM`, found `ORIGIN`"],
        ),
        (
            "MEMORY { RAM : LENGTH = 1, ORIGIN = 0 }",
            &["1:16 expected `ORIGIN =` of memory region `RAM`, found `LENGTH`"],
        ),
        (
            "MEMORY {",
            &["1:9 expected `}` to close `MEMORY {`, found the end of the file | add `}`"],
        ),
        (
            "REGION_ALIAS(A)",
            &["1:15 expected `,` between alias and region, found `)`"],
        ),
        (
            "PHDRS { text PT_LOAD }",
            &["1:21 expected `;` after program header `text`, found `}` | add `;`"],
        ),
        (
            "PHDRS { text; }",
            &["1:13 expected the type of program header `text`, found `;`"],
        ),
        (
            "PHDRS { text PT_LOAD FLAG(5); data PT_LOAD; }",
            &["1:22 unknown attribute `FLAG` of program header `text` | did you mean `FLAGS`?"],
        ),
        (
            "INSERT .text;",
            &["1:8 expected `AFTER` or `BEFORE` after `INSERT`, found `.text`"],
        ),
        (
            "SECTIONS { } INSERT AFTER;",
            &["1:26 expected an output section, found `;`"],
        ),
        (
            "OUTPUT_FORMAT(a, b)",
            &["1:19 expected `,` before the little-endian format, found `)`"],
        ),
        (
            "VERSION { a {",
            &["1:14 expected `}` to close `{`, found the end of the file | add `}`"],
        ),
        (
            "VERSION { a { b; } c; d { e f; }; { }; }",
            &[
                "1:20 version `c` is not defined above | a version builds on versions that stand before it",
                "1:29 expected `;` after a symbol pattern, found `f`",
                "1:35 a version without a name beside other versions | name all versions, or keep one node only",
            ],
        ),
        (
            "LD_FEATURE(x)",
            &["1:12 unknown linker feature `x` | the one feature is `SANE_EXPR`"],
        ),
        (
            "SECTIONS { .a : AT(1) { } > R AT> S }",
            &["1:35 output section `.a` has two load addresses | keep `AT(…)` or `AT>`"],
        ),
        (
            "SECTIONS { CLASS(c) { x = 1; } }",
            &[
                "1:12 section class `c` holds something other than input section patterns | put symbols and data into the output section that refers to the class",
            ],
        ),
        (
            "SECTIONS { .a : { ASCII (3) \"abc\" ASCII (9999999) \"\" } }",
            &[
                "1:29 the text takes 4 bytes with its zero, `ASCII` has room for 3 | the text is cut off; make the size larger",
                "1:42 a text of 9999999 bytes is larger than 1048576 bytes | reserve memory with `. += …` instead",
            ],
        ),
        (
            "NOCROSSREFS(.a {",
            &["1:16 expected an output section or `)`, found `{`"],
        ),
        (
            "GROUP(AS_NEEDED(a AS_NEEDED(b)))",
            &["1:19 `AS_NEEDED` inside `AS_NEEDED`"],
        ),
        (
            "SECTIONS { OVERLAY : { .a : { } } }",
            &[
                "1:27 `:` after overlay section `.a` | sections of an overlay have no colon: remove it",
            ],
        ),
        (
            "SECTIONS { OVERLAY : { .a { } > RAM } }",
            &[
                "1:33 memory region `RAM` for a section of an overlay | put the region behind the overlay's closing brace",
            ],
        ),
        (
            "SECTIONS { .a : { CREATE_OBJECT_SYMBOLS } }",
            &[
                "1:19 `CREATE_OBJECT_SYMBOLS` has no effect | it is meant for a.out files: remove it",
            ],
        ),
        (
            "INCLUDE none.x",
            &["1:9 cannot find linker script `none.x`"],
        ),
        (
            "x = ;\nENTRY(a b)\nSECTIONS {\n  .a : { *(.b }\n  .c 5 { }\n  y = 3\n}\nFOO(1)",
            &[
                "1:5 expected an expression, found `;`",
                "2:9 expected `)` to close `ENTRY(`, found `b`",
                "4:15 expected a section pattern or `)`, found `}`",
                "5:7 expected `:` after output section `.c`, found `{` | add `:`",
                "6:8 expected `;` after the assignment, found `}` | add `;`",
                "8:1 unknown command `FOO`",
            ],
        ),
        (
            "ENTRY(a\nSECTIONS { .a : { *(.x) } }",
            &["2:1 expected `)` to close `ENTRY(`, found `SECTIONS` | add `)`"],
        ),
    ];
    for (text, expected) in table {
        assert_eq!(&reports(text), expected, "{text}");
    }
}

#[test]
fn unclosed_braces_show_where_they_open() {
    let (_, found) = parse_text("t", "SECTIONS {\n  .a : {\n    *(.a)\n");
    assert_eq!(
        found[0].to_string(),
        "error: expected `}` to close `.a : {`, found the end of the file\n  --> t:4:1\n  \
         --> t:2:8: opened here\n  --> t:1:10: opened here\n  = help: add `}`"
    );
    assert_eq!(found.len(), 1);
}

#[test]
fn mended_statements_stay_in_the_tree() {
    for (text, expected) in [
        ("x = 1\ny = 2;", "x = 1\ny = 2"),
        ("x = ;\ny = 2;", "y = 2"),
        (
            "SECTIONS { .a : ALIGN(4) AT(5) { *(.a) } >R }",
            "sections [.a at=5 align=4 {*(.a)} >R]",
        ),
        (
            "SECTIONS { .a : { *(.a) .b : { *(.b) } > R }",
            "sections [.a {*(.a)}, .b {*(.b)} >R]",
        ),
        (
            "SECTIONS { .a : { *(.a ; *(.b) } .c 1 2 : { *(.c) } > R .d : { } }",
            "sections [.a {*(.b)}, .d {}]",
        ),
        ("ENTRY(a\nSECTIONS { .a : { } }", "sections [.a {}]"),
        (
            "MEMORY { A : ORIGN = 0, LENGTH = 1;\n B : ORIGIN = 1, LENGTH = 1 }",
            "memory [B 1 1]",
        ),
    ] {
        let (script, found) = parse_text("t", text);
        assert!(!found.is_empty(), "{text}");
        assert_eq!(super::dump::script(&script), expected, "{text}");
    }
}

#[test]
fn single_expressions() {
    for (text, expected) in [
        (
            "1 + ",
            "error: expected an expression, found the end of the file\n  --> e:1:5",
        ),
        (
            "1 2",
            "error: expected the end of the expression, found `2`\n  --> e:1:3",
        ),
        (
            "",
            "error: expected an expression, found the end of the file\n  --> e:1:1",
        ),
        (
            "1z",
            "error: `1z` is not a number\n  --> e:1:1\n  = help: numbers are decimal, `0x…`, octal with a leading zero, with `K` or `M` behind",
        ),
    ] {
        let found = parse_expression(&mut Script::default(), "e", text).expect_err(text);
        assert_eq!(found[0].to_string(), expected, "{text}");
        assert_eq!(found.len(), 1, "{text}");
    }
    let found = parse_defsym(&mut Script::default(), "x").expect_err("no value");
    assert_eq!(
        found[0].to_string(),
        "error: expected `=` after `x`, found the end of the file\n  --> --defsym:1:2"
    );
}

//! Every construct of the language: the tree it makes, in the form of [`dump`](super::dump).

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use xsys_diag::Source;

use super::{IncludeError, Loader, dump, parse, parse_defsym, parse_expression, parse_text};
use crate::script::ast::Script;

fn check(text: &str, expected: &str) {
    let (script, found) = parse_text("t.x", text);
    assert!(found.is_empty(), "{text}: {found:#?}");
    assert_eq!(dump::script(&script), expected, "{text}");
}

/// The items of an output section.
fn check_items(text: &str, expected: &str) {
    check(
        &format!("SECTIONS {{ .t : {{ {text} }} }}"),
        &format!("sections [.t {{{expected}}}]"),
    );
}

/// The content of SECTIONS.
fn check_sections(text: &str, expected: &str) {
    check(
        &format!("SECTIONS {{ {text} }}"),
        &format!("sections [{expected}]"),
    );
}

#[test]
fn expressions() {
    for (text, expected) in [
        ("1+2*3-4", "(- (+ 1 (* 2 3)) 4)"),
        ("a << 1 + 2 & 3 == 4", "(& (<< a (+ 1 2)) (== 3 4))"),
        ("a | b ^ c & d", "(| a (^ b (& c d)))"),
        ("a || b && c", "(|| a (&& b c))"),
        ("a < b == c >= d", "(== (< a b) (>= c d))"),
        ("10 - 2 - 3", "(- (- 10 2) 3)"),
        ("a ? b : c ? d : e", "(? a b (? c d e))"),
        ("-a + ~b * !c", "(+ (neg a) (* (~ b) (! c)))"),
        ("+ - 1", "(neg 1)"),
        ("(.)", "."),
        (".+4", "(+ . 4)"),
        ("\"odd name\" + 1", "(+ odd name 1)"),
        ("ALIGN(8)", "(align 8)"),
        ("ALIGN(., 1 << 4)", "(align . (<< 1 4))"),
        ("BLOCK(8) + NEXT(4)", "(+ (align 8) (align 4))"),
        ("ABSOLUTE(.)", "(absolute .)"),
        (
            "ADDR(.text.a-b) - LOADADDR(.data)",
            "(- (addr .text.a-b) (loadaddr .data))",
        ),
        (
            "SIZEOF(\".a b\") + ALIGNOF(.c)",
            "(+ (sizeof .a b) (alignof .c))",
        ),
        ("SIZEOF_HEADERS + sizeof_headers", "(+ headers headers)"),
        ("ORIGIN(RAM)+LENGTH(RAM)", "(+ (origin RAM) (length RAM))"),
        ("DEFINED(x) ? x : 0", "(? (defined x) x 0)"),
        ("CONSTANT(MAXPAGESIZE)", "(constant MAXPAGESIZE)"),
        ("MAX(1, MIN(2, 3))", "(max 1 (min 2 3))"),
        ("LOG2CEIL(5)", "(log2ceil 5)"),
        (
            "SEGMENT_START(\"text-segment\", 1)",
            "(segment text-segment 1)",
        ),
        ("SEGMENT_START(text-segment, 1)", "(segment text-segment 1)"),
        ("DATA_SEGMENT_ALIGN(1, 2)", "(data_align 1 2)"),
        ("DATA_SEGMENT_RELRO_END(1, .)", "(relro_end 1 .)"),
        ("DATA_SEGMENT_END(.)", "(data_end .)"),
        ("ASSERT(a, \"b\")", "(assert a \"b\")"),
        ("0x10K + 2M", "(+ 0x4000 0x200000)"),
        ("ADDR /* c */ ( .x )", "(addr .x)"),
    ] {
        let mut script = Script::default();
        match parse_expression(&mut script, "e", text) {
            Ok(expr) => assert_eq!(dump::expr(&expr), expected, "{text}"),
            Err(found) => panic!("{text}: {found:#?}"),
        }
    }
}

#[test]
fn spans_cover_their_text() {
    let mut script = Script::default();
    let text = "  a + ( b * 2 )  ";
    let expr = parse_expression(&mut script, "e", text).expect("parses");
    assert_eq!(script.text(expr.span), "a + ( b * 2 )");
    let assign = parse_defsym(&mut script, "x=y+1").expect("parses");
    assert_eq!(assign.span.file, 1);
    assert_eq!(script.text(assign.span), "x=y+1");
    let (script, _) = parse_text("t", "SECTIONS { .a : { *(.b) } > R  .c : {} }");
    let crate::script::ast::Command::Sections(items) = &script.commands[0] else {
        panic!("SECTIONS");
    };
    let crate::script::ast::SectionsItem::Output(section) = &items[0] else {
        panic!("an output section");
    };
    assert_eq!(script.text(section.span), ".a : { *(.b) } > R");
}

#[test]
fn commands() {
    for (text, expected) in [
        ("ENTRY(_start)", "entry _start"),
        ("ENTRY ( \"a b\" ) ;", "entry a b"),
        ("EXTERN(a b, c)", "extern a b c"),
        ("OUTPUT(a-b.out)", "output a-b.out"),
        ("OUTPUT_FORMAT(elf32-littlearm)", "format elf32-littlearm"),
        ("OUTPUT_FORMAT(\"a\", \"b\", \"c\")", "format a b c"),
        ("OUTPUT_ARCH(i386:x86-64)", "arch i386:x86-64"),
        ("TARGET(binary)", "target binary"),
        (
            "SEARCH_DIR(\"=/usr/lib\"); SEARCH_DIR(/a/b)",
            "search =/usr/lib\nsearch /a/b",
        ),
        ("STARTUP(crt0.o)", "startup crt0.o"),
        ("INPUT(a.o -lc, /x/libm.so.6)", "input a.o -lc /x/libm.so.6"),
        (
            "GROUP ( a.a AS_NEEDED ( b.so c.so ) d.a )",
            "group a.a ?b.so ?c.so d.a",
        ),
        ("REGION_ALIAS(\"A\", B);", "alias A B"),
        ("x = 1; y=x-2; . = 0;", "x = 1\ny = (- x 2)\n. = 0"),
        ("x+=1;x-=1;x*=2;x/=2;", "x += 1\nx -= 1\nx *= 2\nx /= 2"),
        (
            "x<<=1; x>>=1; x&=1; x|=1; x^=1;",
            "x <<= 1\nx >>= 1\nx &= 1\nx |= 1\nx ^= 1",
        ),
        ("\"a-b\" = c, d = e;", "a-b = c\nd = e"),
        (
            "PROVIDE(a = b); HIDDEN(c=d); PROVIDE_HIDDEN(e = .);",
            "provide a = b\nhidden c = d\nprovide_hidden e = .",
        ),
        (
            "ASSERT(a <= b, \"two\nlines\") ASSERT(1, \"\");",
            "assert (<= a b) \"two\\nlines\"\nassert 1 \"\"",
        ),
        (
            "VERSION { V1 { global: a; \"}\"; local: *; }; }",
            "version [V1 global =a =} local *]",
        ),
        (
            "VERSION { { a; local:*; }; }",
            "version [- global =a local *]",
        ),
        (
            "VERSION { V1 { global : a?; extern \"C++\" { \"f(int)\"; g::*; }; }; V2 { } V1; }",
            "version [V1 global a? =c++:f(int) c++:g::* local, V2 global local <V1]",
        ),
        (
            "OVERWRITE_SECTIONS { .a : { KEEP(*(.a)) } > R .b : { } }",
            "overwrite [.a {keep *(.a)} >R, .b {}]",
        ),
        (
            "SECTIONS { CLASS(c) { *(.x) KEEP(*(SORT(.y))) } .a : { CLASS(c) } }",
            "sections [class c {*(.x); keep *(name^.y)}, .a {class c}]",
        ),
        (
            "SECTIONS { .a (READONLY (NOLOAD)) : SPECIAL { } .b : ONLY_IF_SPECIAL { } } LD_FEATURE(\"SANE_EXPR\")",
            "sections [.a (ro noload) {}, .b {}]",
        ),
        (
            "NOCROSSREFS(.a .b) NOCROSSREFS_TO(.c .d)",
            "nocrossrefs .a .b\nnocrossrefs_to .c .d",
        ),
        (
            "FORCE_COMMON_ALLOCATION INHIBIT_COMMON_ALLOCATION",
            "flag FORCE_COMMON_ALLOCATION\nflag INHIBIT_COMMON_ALLOCATION",
        ),
        (
            "SECTIONS { } INSERT AFTER .text; SECTIONS{} INSERT BEFORE .data",
            "sections []\ninsert after .text\nsections []\ninsert before .data",
        ),
        ("# line\n/* a */ //off = 1;\nENTRY(a)", "entry a"),
        ("\u{feff}ENTRY(a)", "entry a"),
        ("", ""),
    ] {
        check(text, expected);
    }
}

#[test]
fn memory_and_phdrs() {
    check(
        "MEMORY { FLASH (rx!w) : ORIGIN = 0x08000000, LENGTH = 128K - 4
           RAM(rwx):org=0x20000000,len=16K
           \"a b\" : o = 1 l = 2 }",
        "memory [FLASH(rx!w) 0x8000000 (- 0x20000 4), RAM(rwx) 0x20000000 0x4000, a b 1 2]",
    );
    check(
        "MEMORY { A (r w ! x) : ORIGIN = 0, LENGTH = 1 }",
        "memory [A(rw!x) 0 1]",
    );
    check(
        "PHDRS { headers PT_PHDR PHDRS; text PT_LOAD FILEHDR PHDRS AT(0x1000) FLAGS(4 | 1); x 0x60000000; }",
        "phdrs [headers PT_PHDR phdrs, text PT_LOAD filehdr phdrs at=0x1000 flags=(| 4 1), x 0x60000000]",
    );
}

#[test]
fn output_sections() {
    for (text, expected) in [
        (".text : { }", ".text {}"),
        (".text:{*(.text)}", ".text {*(.text)}"),
        (".text 0x1000 : { }", ".text @0x1000 {}"),
        (".text ORIGIN(A) + 4 : { }", ".text @(+ (origin A) 4) {}"),
        (
            ".text DEFINED(a) ? a : 4 : { }",
            ".text @(? (defined a) a 4) {}",
        ),
        (".data ALIGN(4) : { }", ".data @(align 4) {}"),
        (".data (.) : { }", ".data @. {}"),
        (".bss (NOLOAD) : { }", ".bss (noload) {}"),
        (".bss _end (NOLOAD) : { }", ".bss @_end (noload) {}"),
        (
            ".bss ORIGIN(R) (NOLOAD) : { }",
            ".bss @(origin R) (noload) {}",
        ),
        (
            ".a (INFO) : {} .b (COPY) : {} .c (DSECT) : {} .d (OVERLAY) : {}",
            ".a (info) {}, .b (info) {}, .c (info) {}, .d (info) {}",
        ),
        (".a (READONLY) : { }", ".a (ro) {}"),
        (".a (TYPE = SHT_NOTE) : { }", ".a (type SHT_NOTE) {}"),
        (".a 4 (READONLY (TYPE = 7)) : { }", ".a @4 (ro type 7) {}"),
        (
            ".a : AT(1) ALIGN(2) SUBALIGN(4) ONLY_IF_RO { }",
            ".a at=1 align=2 subalign=4 if_ro {}",
        ),
        (
            ".a : AT ( ADDR(.b) ) ALIGN_WITH_INPUT ONLY_IF_RW { }",
            ".a at=(addr .b) with_input if_rw {}",
        ),
        (
            ".a : { } > RAM AT> ROM :text :data =0x90909090",
            ".a {} >RAM AT>ROM :text :data =0x90909090",
        ),
        (
            ".a:{}>RAM AT>ROM:text:data=0",
            ".a {} >RAM AT>ROM :text :data =0",
        ),
        (".a : { } AT >ROM, .b : {}", ".a {} AT>ROM, .b {}"),
        (
            ".a : { } =0x90 /DISCARD/ : { *(.x) }",
            ".a {} =0x90, /DISCARD/ {*(.x)}",
        ),
        (".a : { } =(1 + 2)", ".a {} =(+ 1 2)"),
        (
            ".a : { } =0x00112233445566778899aabbccddeeff",
            ".a {} =0x8899aabbccddeeff",
        ),
        ("/DISCARD/:{*(.x)}", "/DISCARD/ {*(.x)}"),
        ("\".a b\" : { }", ".a b {}"),
        (".=ALIGN(4);.+=8;", ". = (align 4), . += 8"),
        ("x = .; PROVIDE(y = x);", "x = ., provide y = x"),
        ("ENTRY(a) ASSERT(1, \"m\")", "entry a, assert 1 \"m\""),
        (". = ASSERT(a, \"m\");", ". = (assert a \"m\")"),
        (
            "OVERLAY 0x1000 : NOCROSSREFS AT (0x4000) { .o1 { *(.a) } .o2 { *(.b) } :x =0 } >RAM AT>ROM :y =1",
            "overlay @0x1000 nocrossrefs at=0x4000 [.o1 {*(.a)}, .o2 {*(.b)} :x =0] >RAM AT>ROM :y =1",
        ),
        ("OVERLAY : { .o { } }", "overlay [.o {}]"),
    ] {
        check_sections(text, expected);
    }
}

#[test]
fn items() {
    for (text, expected) in [
        ("*(.text .text.*)", "*(.text .text.*)"),
        ("*(.text, .data)", "*(.text .data)"),
        ("*(*)", "*(*)"),
        ("*(COMMON)", "*(COMMON)"),
        ("*(\".a b\")", "*(.a b)"),
        ("foo.o (.a) bar-1.o(.b)", "foo.o(.a); bar-1.o(.b)"),
        ("foo.o bar.o(.b)", "foo.o(*); bar.o(.b)"),
        ("d/*.o(.a)", "d/*.o(.a)"),
        ("*lib.a:file.o(.text)", "*lib.a:file.o(.text)"),
        (
            "lib.a:(.text) :file.o(.text)",
            "lib.a:(.text); :file.o(.text)",
        ),
        ("\"a b.o\"(.text)", "a b.o(.text)"),
        ("KEEP(*(.a))", "keep *(.a)"),
        (
            "KEEP (*crt0.o (.a .b)) KEEP(foo.o)",
            "keep *crt0.o(.a .b); keep foo.o(*)",
        ),
        ("*(EXCLUDE_FILE(*a.o *b.o) .x .y)", "*(-*a.o -*b.o .x .y)"),
        ("EXCLUDE_FILE(*a.o l.a:b.o) *(.x)", "-*a.o -l.a:b.o *(.x)"),
        ("KEEP(EXCLUDE_FILE(*a.o) *(.x))", "keep -*a.o *(.x)"),
        ("*(SORT(.x.*))", "*(name^.x.*)"),
        (
            "*(SORT_BY_NAME(.x) SORT_BY_ALIGNMENT(.y) SORT_BY_INIT_PRIORITY(.z.*) SORT_NONE(.w) .v)",
            "*(name^.x align^.y init^.z.* none^.w .v)",
        ),
        (
            "*(SORT_BY_NAME(SORT_BY_ALIGNMENT(.x)) SORT_BY_ALIGNMENT(SORT_BY_NAME(.y)))",
            "*(name^align^.x align^name^.y)",
        ),
        ("KEEP(*(SORT_BY_NAME(.x.*)))", "keep *(name^.x.*)"),
        ("*(SORT(EXCLUDE_FILE(*a.o) .x))", "*(-*a.o name^.x)"),
        ("*(EXCLUDE_FILE(*a.o) SORT(.x))", "*(-*a.o name^.x)"),
        (
            "*(REVERSE(.x) REVERSE(SORT(.y)) SORT(REVERSE(.z)))",
            "*(reverse^.x name^reverse^.y name^reverse^.z)",
        ),
        (
            "SORT_BY_NAME(*)(.x) REVERSE(SORT(*.o))(.y)",
            "name^*(.x); name^reverse^*.o(.y)",
        ),
        (
            "INPUT_SECTION_FLAGS(SHF_MERGE & !SHF_STRINGS & 0x2) *(.x)",
            "[0x12 !0x20] *(.x)",
        ),
        (
            "KEEP(INPUT_SECTION_FLAGS(!SHF_WRITE) *(.x))",
            "keep [0x0 !0x1] *(.x)",
        ),
        (
            "BYTE(1) SHORT(2); LONG(. - 4) QUAD(x); SQUAD(-1)",
            "data1 1; data2 2; data4 (- . 4); data8 x; data8 (neg 1)",
        ),
        (
            "ASCII \"a\\tb\" ASCIZ(\"c\\0\\101\\\\\")",
            "bytes a\\tb; bytes c\\x00A\\\\\\x00",
        ),
        (
            "ASCII (4) \"ab\" ASCII (0x3) \"\"",
            "bytes ab\\x00\\x00; bytes \\x00\\x00\\x00",
        ),
        (
            "FILL(0x90) FILL(0xdeadbeef00000000deadbeef);",
            "fill 0x90; fill 0xdeadbeef",
        ),
        (
            "CONSTRUCTORS SORT(CONSTRUCTORS) LINKER_VERSION",
            "constructors; constructors; linker_version",
        ),
        (
            ". = ALIGN(4); .+=4; x=.; y -= 1;",
            ". = (align 4); . += 4; x = .; y -= 1",
        ),
        (
            "PROVIDE_HIDDEN(a = .); ASSERT(. < 4, \"m\")",
            "provide_hidden a = .; assert (< . 4) \"m\"",
        ),
        ("*(.a);;*(.b);", "*(.a); *(.b)"),
        ("LONG(x)*(.a)", "data4 x; *(.a)"),
    ] {
        check_items(text, expected);
    }
}

/// Files in memory.
struct Files(BTreeMap<&'static str, &'static str>);

impl Loader for Files {
    fn open(&mut self, name: &str, _: &Path) -> Result<Source, IncludeError> {
        match self.0.get(name) {
            Some(&text) => Ok(Source {
                path: PathBuf::from(name),
                text: text.into(),
            }),
            None => Err(IncludeError::NotFound {
                name: name.to_owned(),
                searched: vec![PathBuf::from("."), PathBuf::from("out")],
            }),
        }
    }
}

fn load(files: &[(&'static str, &'static str)]) -> (String, String) {
    let mut loader = Files(files.iter().copied().collect());
    let (script, found) = parse(Path::new("root.x"), &mut loader);
    let found: Vec<String> = found.iter().map(ToString::to_string).collect();
    (dump::script(&script), found.join("\n"))
}

#[test]
fn includes() {
    let (tree, found) = load(&[
        (
            "root.x",
            "INCLUDE mem.x\nSECTIONS { INCLUDE \"sec.x\"; .t : { *(.a) INCLUDE in.x *(.c) } }\nENTRY(a)",
        ),
        (
            "mem.x",
            "MEMORY { A : ORIGIN = 0, LENGTH = 1 INCLUDE more.x } EXTERN(x)",
        ),
        ("more.x", "B : ORIGIN = 1, LENGTH = 2"),
        ("sec.x", ".s : { }"),
        ("in.x", "y = .; *(.b)"),
    ]);
    assert_eq!(found, "");
    assert_eq!(
        tree,
        "memory [A 0 1, B 1 2]\nextern x\nsections [.s {}, .t {*(.a); y = .; *(.b); *(.c)}]\nentry a"
    );
}

#[test]
fn include_errors() {
    let (tree, found) = load(&[("root.x", "ENTRY(a)\nINCLUDE none.x\nEXTERN(b)")]);
    assert_eq!(tree, "entry a\nextern b");
    assert_eq!(
        found,
        "error: cannot find linker script `none.x`\n  --> root.x:2:9\n  = note: searched in `.`\n  \
         = note: searched in `out`\n  = help: put the file into one of these directories, or name its \
         directory with `-L`"
    );
    let (_, found) = load(&[("root.x", "INCLUDE a.x"), ("a.x", "\n INCLUDE root.x")]);
    assert_eq!(
        found,
        "error: `root.x` includes itself\n  --> a.x:2:10\n  = help: remove this INCLUDE, or the one that led here"
    );
    let (tree, found) = load(&[
        ("root.x", "SECTIONS { INCLUDE a.x .b : { } }"),
        ("a.x", ".a : { *(.a) } }"),
    ]);
    assert_eq!(tree, "sections [.a {*(.a)}, .b {}]");
    assert!(
        found.starts_with("error: unexpected `}`\n  --> a.x:1:16"),
        "{found}"
    );
    let (_, found) = load(&[]);
    assert!(
        found.starts_with("error: cannot find linker script `root.x`"),
        "{found}"
    );
}

/// Each file includes another one.
struct Endless(usize);

impl Loader for Endless {
    fn open(&mut self, name: &str, _: &Path) -> Result<Source, IncludeError> {
        self.0 += 1;
        let text = format!("INCLUDE f{}.x", self.0).into();
        Ok(Source {
            path: PathBuf::from(name),
            text,
        })
    }
}

#[test]
fn include_depth_is_bounded() {
    let (_, found) = parse(Path::new("f0.x"), &mut Endless(0));
    assert_eq!(found.len(), 1);
    assert_eq!(
        found[0].to_string(),
        "error: more than 64 nested INCLUDEs\n  --> f63.x:1:9"
    );
}

/// The shape of what runtimes for microcontrollers ship.
#[test]
fn a_whole_script() {
    let (script, found) = parse_text(
        "link.x",
        r#"
/* memory of the board */
MEMORY
{
  BOOT  (rx)  : ORIGIN = 0x10000000, LENGTH = 0x100
  FLASH (rx)  : ORIGIN = 0x10000100, LENGTH = 2048K - 0x100
  RAM   (rwx) : ORIGIN = 0x20000000, LENGTH = 256K
}
REGION_ALIAS("CODE", FLASH);
EXTERN(RESET);
ENTRY(start);
PROVIDE(handler = default_handler);
PROVIDE(stack_top = ORIGIN(RAM) + LENGTH(RAM));
SECTIONS
{
  .vectors ORIGIN(FLASH) :
  {
    vectors = .;
    LONG(stack_top & 0xFFFFFFF8);
    KEEP(*(.vectors.reset));
    . = ALIGN(256);
  } > CODE
  PROVIDE(text_start = ADDR(.vectors) + SIZEOF(.vectors));
  .text text_start :
  {
    *(.text.first);
    *(.text .text.*);
  } > CODE =0x00be
  .data : ALIGN(4)
  {
    data_start = .;
    *(.data .data.*);
    . = ALIGN(4);
    data_end = .;
  } > RAM AT> FLASH
  data_load = LOADADDR(.data);
  .bss (NOLOAD) : ALIGN(4)
  {
    *(.bss .bss.* COMMON);
    . = ALIGN(4);
  } > RAM
  .log (INFO) : { . = 1; *(.log.*); }
  /DISCARD/ : { *(.ARM.exidx .ARM.exidx.*); }
}
ASSERT(ORIGIN(FLASH) % 4 == 0, "
flash must be aligned");
ASSERT(SIZEOF(.vectors) <= 0x200, "too many vectors")
SECTIONS { .boot : { KEEP(*(.boot)) } > BOOT } INSERT BEFORE .text;
"#,
    );
    assert!(found.is_empty(), "{found:#?}");
    assert_eq!(
        dump::script(&script),
        "memory [BOOT(rx) 0x10000000 0x100, FLASH(rx) 0x10000100 (- 0x200000 0x100), RAM(rwx) 0x20000000 0x40000]
alias CODE FLASH
extern RESET
entry start
provide handler = default_handler
provide stack_top = (+ (origin RAM) (length RAM))
sections [.vectors @(origin FLASH) {vectors = .; data4 (& stack_top 0xfffffff8); keep *(.vectors.reset); . = (align 0x100)} >CODE, provide text_start = (+ (addr .vectors) (sizeof .vectors)), .text @text_start {*(.text.first); *(.text .text.*)} >CODE =0xbe, .data align=4 {data_start = .; *(.data .data.*); . = (align 4); data_end = .} >RAM AT>FLASH, data_load = (loadaddr .data), .bss (noload) align=4 {*(.bss .bss.* COMMON); . = (align 4)} >RAM, .log (info) {. = 1; *(.log.*)}, /DISCARD/ {*(.ARM.exidx .ARM.exidx.*)}]
assert (== (% (origin FLASH) 4) 0) \"\\nflash must be aligned\"
assert (<= (sizeof .vectors) 0x200) \"too many vectors\"
sections [.boot {keep *(.boot)} >BOOT]
insert before .text"
    );
}

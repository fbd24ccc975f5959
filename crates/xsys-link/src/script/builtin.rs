//! The default layouts, as linker scripts.
//!
//! There is one layout engine, for users' scripts and for the default layouts. These follow lld's
//! order (headers, notes, relocations, `.rodata`, unwind tables; `.text`; TLS and what RELRO
//! protects; `.data`, `.bss`) and its addresses: where permissions change, the next section goes to
//! the next page at the same offset within the page, so that file and memory stay congruent without
//! padding the file. Program headers are made from the sections' flags by a later pass.
//!
//! Symbols such as `_end` are PROVIDEd, with the names that GNU ld and lld define. They are offsets
//! from a section, so that they move with a position-independent image.
//!
//! What a machine adds (unwind tables of its own, small data) comes as [`Additions`].

/// The kind of output.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum LayoutKind {
    /// A Linux executable at a fixed address.
    Static,
    /// A Linux executable that relocates itself, or any file that a dynamic linker completes.
    Dynamic,
    /// `-r`: an object file.
    Relocatable,
}

/// How segments lie in memory and file.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Default)]
pub enum Segments {
    /// `--nmagic`, `--omagic`: one after the other.
    Unpaged,
    /// The default: each on a page of its own in memory, without padding in the file.
    #[default]
    Packed,
    /// `-z separate-code`: code shares no page of the file with anything else.
    SeparateCode,
    /// `-z separate-loadable-segments`: nor does any other segment.
    Separate,
}

/// The options that a default layout depends on.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct BuiltinOptions {
    /// Where the image starts: `--image-base` or the architecture's default; 0 for static-pie.
    pub image_base: u64,
    /// How segments are separated.
    pub segments: Segments,
    /// The ELF header and the program headers are part of the image.
    pub headers: bool,
    /// `-z relro`
    pub relro: bool,
    /// `-z now`: `.got.plt` is protected, too.
    pub now: bool,
    /// Relocations have addends: `.rela.dyn`, `__rela_iplt_start`; else `.rel.dyn`, `__rel_iplt_start`.
    pub rela: bool,
    /// `--no-rosegment`: read-only data shares the segment of code.
    pub one_readonly_segment: bool,
    /// `-z keep-text-section-prefix`: `.text.hot` and so on are sections.
    pub text_prefixes: bool,
    /// Sections of the machine.
    pub additions: Additions,
}

/// Output sections of one machine alone, as lines of SECTIONS.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Additions {
    /// After the unwind tables: others.
    pub read_only: &'static str,
    /// After `.data`.
    pub data: &'static str,
    /// Rules at the beginning of `.bss`.
    pub bss: &'static str,
    /// The last section of initialised data.
    pub last_data: &'static str,
}

impl Default for Additions {
    fn default() -> Self {
        Self {
            read_only: "",
            data: "",
            bss: "",
            last_data: ".data",
        }
    }
}

/// The default script for a kind of image.
pub fn builtin(kind: LayoutKind, facts: &BuiltinOptions) -> String {
    match kind {
        LayoutKind::Relocatable => RELOCATABLE.to_owned(),
        LayoutKind::Static | LayoutKind::Dynamic => executable(kind, facts),
    }
}

/// No rules: which sections are joined depends on more than names (`elf::place::relocatable`).
const RELOCATABLE: &str = "SECTIONS { }\n";

fn executable(kind: LayoutKind, facts: &BuiltinOptions) -> String {
    let dynamic = kind == LayoutKind::Dynamic;
    // If code starts a page of its own, so does the section after it.
    let next_segment = boundary(facts.segments);
    let mut out = String::from("ENTRY(_start)\nSECTIONS {\n");
    out += &start(facts);
    if dynamic {
        out += "  .interp : { *(.interp) }\n";
    }
    out += "  .note.gnu.build-id : { *(.note.gnu.build-id) }\n";
    out += "  .note.gnu.property : { *(.note.gnu.property) }\n";
    out += &dynamic_relocations(dynamic, facts.rela);
    out += READ_ONLY;
    out += facts.additions.read_only;
    if !facts.one_readonly_segment {
        out += next_segment;
    }
    if facts.text_prefixes {
        for prefix in TEXT_PREFIXES {
            out += &format!("  .text.{prefix} : {{ *(.text.{prefix} .text.{prefix}.*) }}\n");
        }
    }
    out += TEXT;
    out += next_segment;
    out += &protected(dynamic, facts);
    out += DATA;
    out += facts.additions.data;
    let bss = facts.additions.bss;
    out += &format!("  .bss : {{ {bss}*(.bss .bss.*) *(COMMON) }}\n");
    out += &places(facts);
    out += "  /DISCARD/ : { *(.note.GNU-stack .gnu_debuglink .gnu.lto_*) }\n}\n";
    out
}

/// The image's base, and the headers if they are part of it.
fn start(facts: &BuiltinOptions) -> String {
    let base = facts.image_base;
    let mut out = format!("  . = SEGMENT_START(\"text-segment\", {base:#x});\n");
    if facts.headers {
        out += "  PROVIDE_HIDDEN(__ehdr_start = .);\n";
        out += "  PROVIDE_HIDDEN(__dso_handle = .);\n";
    }
    out += "  PROVIDE_HIDDEN(__executable_start = .);\n";
    if facts.headers {
        out += "  . = . + SIZEOF_HEADERS;\n";
    }
    out
}

/// The statement between segments of different permissions.
fn boundary(segments: Segments) -> &'static str {
    match segments {
        Segments::Unpaged => "",
        Segments::Packed => {
            "  . = ALIGN(CONSTANT(MAXPAGESIZE)) + (. & (CONSTANT(MAXPAGESIZE) - 1));\n"
        }
        Segments::SeparateCode | Segments::Separate => "  . = ALIGN(CONSTANT(MAXPAGESIZE));\n",
    }
}

/// The tables that an image needs to relocate itself, and those of IFUNCs, which static startup
/// code applies between two symbols.
fn dynamic_relocations(dynamic: bool, rela: bool) -> String {
    let rel = if rela { "rela" } else { "rel" };
    if dynamic {
        return format!(
            "  .dynsym : {{ *(.dynsym) }}
  .gnu.version : {{ *(.gnu.version) }}
  .gnu.version_d : {{ *(.gnu.version_d) }}
  .gnu.version_r : {{ *(.gnu.version_r) }}
  .gnu.hash : {{ *(.gnu.hash) }}
  .hash : {{ *(.hash) }}
  .dynstr : {{ *(.dynstr) }}
  .{rel}.dyn : {{ *(.{rel}.dyn) *(.{rel}.iplt) }}
  .{rel}.plt : {{ *(.{rel}.plt) }}
  .relr.dyn : {{ *(.relr.dyn) }}
"
        );
    }
    format!(
        "  .{rel}.dyn : {{
    *(.{rel}.dyn)
    PROVIDE_HIDDEN(__{rel}_iplt_start = .);
    *(.{rel}.iplt) *(.{rel}.plt)
    PROVIDE_HIDDEN(__{rel}_iplt_end = .);
  }}
"
    )
}

const READ_ONLY: &str = "\
  .rodata : { *(.rodata .rodata.* .srodata .srodata.* .gnu.linkonce.r.*) }
  .eh_frame_hdr : { *(.eh_frame_hdr) }
  .eh_frame : { KEEP(*(.eh_frame .eh_frame.*)) }
  .gcc_except_table : { *(.gcc_except_table .gcc_except_table.*) }
";

/// Prefixes of sections in which compilers put code by how often it runs.
const TEXT_PREFIXES: [&str; 6] = ["hot", "unknown", "unlikely", "startup", "exit", "split"];

const TEXT: &str = "\
  .text : { *(.text .text.* .gnu.linkonce.t.*) }
  .init : { KEEP(*(SORT_NONE(.init))) }
  .fini : { KEEP(*(SORT_NONE(.fini))) }
  .plt : { *(.plt) *(.iplt) }
";

/// Thread-local data and what RELRO makes read-only after startup.
fn protected(dynamic: bool, facts: &BuiltinOptions) -> String {
    let mut out = String::from(
        "  .tdata : { *(.tdata .tdata.* .gnu.linkonce.td.*) }
  .tbss : { *(.tbss .tbss.* .gnu.linkonce.tb.*) *(.tcommon) }
",
    );
    out += &array("preinit", "*(.preinit_array)", "");
    // Old compilers' lists of pointers are called by the same start-up code. Those of start-up files have marks at both ends.
    out += &array(
        "init",
        "*(SORT_BY_INIT_PRIORITY(.init_array.*) SORT_BY_INIT_PRIORITY(.ctors.*))",
        "    KEEP(*(.init_array EXCLUDE_FILE(*crtbegin.o *crtbegin?.o *crtend.o *crtend?.o) .ctors))\n",
    );
    out += &array(
        "fini",
        "*(SORT_BY_INIT_PRIORITY(.fini_array.*) SORT_BY_INIT_PRIORITY(.dtors.*))",
        "    KEEP(*(.fini_array EXCLUDE_FILE(*crtbegin.o *crtbegin?.o *crtend.o *crtend?.o) .dtors))\n",
    );
    out += "  .data.rel.ro : { *(.data.rel.ro .data.rel.ro.*) *(.bss.rel.ro .bss.rel.ro.*) }\n";
    if dynamic {
        out += "  .dynamic : { PROVIDE_HIDDEN(_DYNAMIC = .); *(.dynamic) }\n";
    }
    out += "  .got : { *(.got) *(.igot) }\n";
    let plt = "  .got.plt : { *(.got.plt) *(.igot.plt) }\n";
    let end = protected_end(facts.segments);
    match (
        facts.relro && facts.segments != Segments::Unpaged,
        facts.now,
    ) {
        (true, true) => out + plt + &end,
        (true, false) => out + &end + plt,
        (false, _) => out + plt,
    }
}

/// What follows that which is protected, if there is any, is on another page.
fn protected_end(segments: Segments) -> String {
    const PROTECTED: [&str; 7] = [
        ".tdata",
        ".preinit_array",
        ".init_array",
        ".fini_array",
        ".data.rel.ro",
        ".dynamic",
        ".got",
    ];
    let sizes = PROTECTED.map(|name| format!("SIZEOF({name})")).join(" + ");
    let next = match segments {
        Segments::Unpaged | Segments::Packed => {
            "ALIGN(CONSTANT(MAXPAGESIZE)) + (. & (CONSTANT(MAXPAGESIZE) - 1))"
        }
        Segments::SeparateCode | Segments::Separate => "ALIGN(CONSTANT(MAXPAGESIZE))",
    };
    format!("  . = {sizes} > 0 ? {next} : .;\n")
}

fn array(name: &str, first: &str, rest: &str) -> String {
    format!(
        "  .{name}_array (TYPE = SHT_{}_ARRAY) : {{
    PROVIDE_HIDDEN(__{name}_array_start = .);
    KEEP({first})
{rest}    PROVIDE_HIDDEN(__{name}_array_end = .);
  }}
",
        name.to_uppercase()
    )
}

const DATA: &str = "\
  .data : { *(.data .data.* .gnu.linkonce.d.*) }
";

/// The symbols that mark ends; the names without an underscore belong to C programs, which is why
/// they must only be PROVIDEd.
fn places(facts: &BuiltinOptions) -> String {
    let mut out = String::new();
    let mut mark = |names: &[&str], value: &str| {
        for name in names {
            out += &format!("  PROVIDE({name} = {value});\n");
        }
    };
    let end = |section: &str| format!("ADDR({section}) + SIZEOF({section})");
    mark(&["__etext", "_etext", "etext"], &end(".text"));
    mark(&["_edata", "edata"], &end(facts.additions.last_data));
    mark(&["__bss_start"], "ADDR(.bss)");
    mark(&["_end", "end"], &end(".bss"));
    out
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::script::ast::{Command, SectionItem, SectionsItem};
    use crate::script::parse::parse_text;

    const SMALL_DATA: Additions = Additions {
        read_only: "",
        data: "  .sdata : { *(.sdata) }\n",
        bss: "*(.sbss) ",
        last_data: ".sdata",
    };

    const UNWIND: Additions = Additions {
        read_only: "  .index : { PROVIDE_HIDDEN(index_start = .); *(.index) }\n",
        data: "",
        bss: "",
        last_data: ".data",
    };

    fn facts(additions: Additions) -> BuiltinOptions {
        BuiltinOptions {
            image_base: 0x20_0000,
            segments: Segments::Packed,
            headers: true,
            relro: true,
            now: false,
            rela: true,
            one_readonly_segment: false,
            text_prefixes: false,
            additions,
        }
    }

    /// Names of the output sections and of the provided symbols, in order.
    fn summary(kind: LayoutKind, facts: &BuiltinOptions) -> (Vec<String>, Vec<String>) {
        let text = builtin(kind, facts);
        let (script, found) = parse_text("built-in", &text);
        assert!(found.is_empty(), "{found:?} in\n{text}");
        let (mut sections, mut symbols) = (Vec::new(), Vec::new());
        for command in &script.commands {
            let Command::Sections(items) = command else {
                continue;
            };
            for item in items {
                match item {
                    SectionsItem::Assign(assign) if assign.provide => {
                        symbols.push(assign.symbol.text.to_string());
                    }
                    SectionsItem::Output(section) => {
                        sections.push(section.name.text.to_string());
                        for item in &section.items {
                            if let SectionItem::Assign(assign) = item
                                && assign.provide
                            {
                                symbols.push(assign.symbol.text.to_string());
                            }
                        }
                    }
                    _ => {}
                }
            }
        }
        (sections, symbols)
    }

    #[test]
    fn every_combination_parses() {
        let kinds = [
            LayoutKind::Static,
            LayoutKind::Dynamic,
            LayoutKind::Relocatable,
        ];
        let machines = [UNWIND, SMALL_DATA, Additions::default()];
        let segments = [
            Segments::Unpaged,
            Segments::Packed,
            Segments::SeparateCode,
            Segments::Separate,
        ];
        for kind in kinds {
            for machine in machines {
                for segments in segments {
                    for bits in 0..16 {
                        let facts = BuiltinOptions {
                            segments,
                            headers: bits & 1 != 0,
                            relro: bits & 2 != 0,
                            now: bits & 4 != 0,
                            rela: bits & 8 != 0,
                            ..facts(machine)
                        };
                        let (sections, _) = summary(kind, &facts);
                        assert_eq!(
                            sections.contains(&".text".to_owned()),
                            kind != LayoutKind::Relocatable
                        );
                    }
                }
            }
        }
    }

    #[test]
    fn order_of_sections() {
        let (sections, _) = summary(LayoutKind::Static, &facts(Additions::default()));
        assert_eq!(
            sections.join(" "),
            ".note.gnu.build-id .note.gnu.property .rela.dyn .rodata .eh_frame_hdr .eh_frame .gcc_except_table .text \
             .init .fini .plt .tdata .tbss .preinit_array .init_array .fini_array .data.rel.ro .got \
             .got.plt .data .bss /DISCARD/"
        );
        let (sections, _) = summary(LayoutKind::Dynamic, &facts(SMALL_DATA));
        assert_eq!(
            sections.join(" "),
            ".interp .note.gnu.build-id .note.gnu.property .dynsym .gnu.version .gnu.version_d .gnu.version_r .gnu.hash .hash .dynstr .rela.dyn .rela.plt .relr.dyn .rodata \
             .eh_frame_hdr .eh_frame .gcc_except_table .text .init .fini .plt .tdata .tbss \
             .preinit_array .init_array .fini_array .data.rel.ro .dynamic .got .got.plt .data \
             .sdata .bss /DISCARD/"
        );
    }

    #[test]
    fn symbols() {
        let (_, symbols) = summary(LayoutKind::Static, &facts(UNWIND));
        assert_eq!(
            symbols.join(" "),
            "__ehdr_start __dso_handle __executable_start __rela_iplt_start __rela_iplt_end \
             index_start __preinit_array_start __preinit_array_end \
             __init_array_start __init_array_end __fini_array_start __fini_array_end __etext _etext \
             etext _edata edata __bss_start _end end"
        );
        let rel = BuiltinOptions {
            rela: false,
            ..facts(UNWIND)
        };
        let (_, symbols) = summary(LayoutKind::Static, &rel);
        assert!(symbols.contains(&"__rel_iplt_start".to_owned()));
        let (_, symbols) = summary(LayoutKind::Dynamic, &rel);
        assert!(!symbols.iter().any(|name| name.contains("iplt")));
        assert!(symbols.contains(&"_DYNAMIC".to_owned()));
    }

    #[test]
    fn boundaries() {
        let count = |segments, what: &str| {
            let facts = BuiltinOptions {
                segments,
                ..facts(Additions::default())
            };
            builtin(LayoutKind::Static, &facts).matches(what).count()
        };
        let packed = "ALIGN(CONSTANT(MAXPAGESIZE)) + (. &";
        let whole = "ALIGN(CONSTANT(MAXPAGESIZE));";
        assert_eq!(
            (
                count(Segments::Packed, packed),
                count(Segments::Packed, whole)
            ),
            (3, 0)
        );
        assert_eq!(
            (
                count(Segments::Separate, packed),
                count(Segments::Separate, whole)
            ),
            (0, 2)
        );
        assert_eq!(
            (
                count(Segments::SeparateCode, packed),
                count(Segments::SeparateCode, whole)
            ),
            (0, 2)
        );
        assert_eq!(
            (
                count(Segments::Unpaged, packed),
                count(Segments::Unpaged, whole)
            ),
            (0, 0)
        );
        assert_eq!(count(Segments::Unpaged, "SIZEOF(.data.rel.ro)"), 0);
    }
}

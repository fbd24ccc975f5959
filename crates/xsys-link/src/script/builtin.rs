//! What a link without `-T` means, said in the linker-script language.
//!
//! There is one layout engine; the default layouts go the same way as a user's script. They follow
//! lld's order (headers, notes, relocations, `.rodata`, unwind tables; `.text`; TLS and what RELRO
//! protects; `.data`, `.bss`) and its addresses: where permissions change, the next section goes to
//! the next page at the same offset within the page, so that file and memory stay congruent without
//! padding the file. Program headers are made from the sections' flags by a later pass.
//!
//! Symbols that mark places are PROVIDEd, by the names that GNU ld and lld define. Those that
//! programs may relocate (`_end`) are written as offsets from a section, so that they stay right in
//! a position-independent image.
//!
//! AVR has two address spaces and no script to fall back on in lld; its layout is avr-libc's.

/// What is being linked.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Kind {
    /// A Linux executable at a fixed address.
    Static,
    /// A Linux executable that relocates itself.
    StaticPie,
    /// An image for a machine without an operating system.
    BareMetal,
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

/// What else a default layout depends on.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Facts {
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
    /// Architectures with sections of their own.
    pub machine: Machine,
    /// The device's memories, if it is known.
    pub avr: Option<AvrMemory>,
}

/// Sizes of an AVR device's memories in bytes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct AvrMemory {
    /// Program memory.
    pub flash: u32,
    /// First address of the RAM in its own address space.
    pub ram_start: u32,
    /// RAM.
    pub ram: u32,
    /// EEPROM.
    pub eeprom: u32,
}

/// Architectures with sections of their own.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Machine {
    /// Unwind tables in `.ARM.exidx`.
    Arm,
    /// Small data around `__global_pointer$`.
    RiscV,
    /// Flash and RAM in two address spaces.
    Avr,
    /// None of these.
    Other,
}

/// The default script for a kind of image.
pub fn builtin(kind: Kind, facts: &Facts) -> String {
    match kind {
        Kind::Relocatable => RELOCATABLE.to_owned(),
        Kind::BareMetal if facts.machine == Machine::Avr => avr(facts.avr),
        Kind::Static | Kind::StaticPie | Kind::BareMetal => executable(kind, facts),
    }
}

/// No rules: what is joined depends on more than names (`elf::relocatable`).
const RELOCATABLE: &str = "SECTIONS { }\n";

fn executable(kind: Kind, facts: &Facts) -> String {
    let pie = kind == Kind::StaticPie;
    // Code has two neighbours: what follows it starts a page of its own whenever code does.
    let next_segment = boundary(facts.segments);
    let mut out = String::from("ENTRY(_start)\nSECTIONS {\n");
    out += &start(facts);
    out += "  .note.gnu.build-id : { *(.note.gnu.build-id) }\n";
    out += &dynamic_relocations(pie, facts.rela);
    out += READ_ONLY;
    if facts.machine == Machine::Arm {
        out += ARM_UNWIND;
    }
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
    out += &protected(pie, facts);
    out += DATA;
    if facts.machine == Machine::RiscV {
        out += RISCV_SMALL_DATA;
    }
    out += match facts.machine {
        Machine::RiscV => "  .bss : { *(.sbss .sbss.*) *(.bss .bss.*) *(COMMON) }\n",
        _ => "  .bss : { *(.bss .bss.*) *(COMMON) }\n",
    };
    out += &places(facts);
    out += "  /DISCARD/ : { *(.note.GNU-stack .gnu_debuglink .gnu.lto_*) }\n}\n";
    out
}

/// The image's base, and the headers if they are part of it.
fn start(facts: &Facts) -> String {
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

/// What stands between segments of different permissions.
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
fn dynamic_relocations(pie: bool, rela: bool) -> String {
    let rel = if rela { "rela" } else { "rel" };
    if pie {
        return format!(
            "  .dynsym : {{ *(.dynsym) }}
  .gnu.hash : {{ *(.gnu.hash) }}
  .hash : {{ *(.hash) }}
  .dynstr : {{ *(.dynstr) }}
  .{rel}.dyn : {{ *(.{rel}.dyn) *(.{rel}.iplt) *(.{rel}.plt) }}
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

const ARM_UNWIND: &str = "\
  .ARM.extab : { *(.ARM.extab .ARM.extab.*) }
  .ARM.exidx : {
    PROVIDE_HIDDEN(__exidx_start = .);
    *(.ARM.exidx .ARM.exidx.*)
    PROVIDE_HIDDEN(__exidx_end = .);
  }
";

/// What compilers put apart by how often it runs.
const TEXT_PREFIXES: [&str; 6] = ["hot", "unknown", "unlikely", "startup", "exit", "split"];

const TEXT: &str = "\
  .text : { *(.text .text.* .gnu.linkonce.t.*) }
  .init : { KEEP(*(SORT_NONE(.init))) }
  .fini : { KEEP(*(SORT_NONE(.fini))) }
  .plt : { *(.plt) *(.iplt) }
";

/// Thread-local data and what RELRO makes read-only after startup.
fn protected(pie: bool, facts: &Facts) -> String {
    let mut out = String::from(
        "  .tdata : { *(.tdata .tdata.* .gnu.linkonce.td.*) }
  .tbss : { *(.tbss .tbss.* .gnu.linkonce.tb.*) *(.tcommon) }
",
    );
    out += &array("preinit", "*(.preinit_array)", "");
    out += &array(
        "init",
        "*(SORT_BY_INIT_PRIORITY(.init_array.*))",
        "    KEEP(*(.init_array))\n",
    );
    out += &array(
        "fini",
        "*(SORT_BY_INIT_PRIORITY(.fini_array.*))",
        "    KEEP(*(.fini_array))\n",
    );
    out += "  .data.rel.ro : { *(.data.rel.ro .data.rel.ro.*) *(.bss.rel.ro .bss.rel.ro.*) }\n";
    if pie {
        out += "  .dynamic : { PROVIDE_HIDDEN(_DYNAMIC = .); *(.dynamic) }\n";
    }
    out += "  .got : { *(.got) *(.igot) }\n";
    let plt = "  .got.plt : { *(.got.plt) *(.igot.plt) }\n";
    let end = "  . = DATA_SEGMENT_RELRO_END(0, .);\n";
    match (
        facts.relro && facts.segments != Segments::Unpaged,
        facts.now,
    ) {
        (true, true) => out + plt + end,
        (true, false) => out + end + plt,
        (false, _) => out + plt,
    }
}

fn array(name: &str, first: &str, rest: &str) -> String {
    format!(
        "  .{name}_array : {{
    PROVIDE_HIDDEN(__{name}_array_start = .);
    KEEP({first})
{rest}    PROVIDE_HIDDEN(__{name}_array_end = .);
  }}
"
    )
}

const DATA: &str = "\
  .data : { *(.data .data.* .gnu.linkonce.d.*) }
";

const RISCV_SMALL_DATA: &str = "\
  .sdata : {
    PROVIDE(__global_pointer$ = . + 0x800);
    *(.srodata.cst*) *(.sdata .sdata.* .gnu.linkonce.s.*)
  }
";

/// The symbols that mark ends; the names without an underscore belong to C programs, which is why
/// they must only be PROVIDEd.
fn places(facts: &Facts) -> String {
    let last = match facts.machine {
        Machine::RiscV => ".sdata",
        _ => ".data",
    };
    let mut out = String::new();
    let mut mark = |names: &[&str], value: &str| {
        for name in names {
            out += &format!("  PROVIDE({name} = {value});\n");
        }
    };
    let end = |section: &str| format!("ADDR({section}) + SIZEOF({section})");
    mark(&["__etext", "_etext", "etext"], &end(".text"));
    mark(&["_edata", "edata"], &end(last));
    mark(&["__bss_start"], "ADDR(.bss)");
    mark(&["_end", "end"], &end(".bss"));
    out
}

/// Program memory at 0, RAM at 0x800000 plus the device's offset, `.data` loaded after `.text`.
/// The sizes are the device's; symbols, which startup code or `--defsym` may define, override them.
fn avr(memory: Option<AvrMemory>) -> String {
    let memory = memory.unwrap_or(AvrMemory {
        flash: 0x2_0000,
        ram_start: 0x100,
        ram: 0xffa0,
        eeprom: 0x1_0000,
    });
    let region = |name: &str, flags: &str, symbol: &str, origin: u32, length: u32| {
        let (o, l) = (
            format!("__{symbol}_REGION_ORIGIN__"),
            format!("__{symbol}_REGION_LENGTH__"),
        );
        format!(
            "  {name} ({flags}) :
    ORIGIN = DEFINED({o}) ? {o} : {origin:#x},
    LENGTH = DEFINED({l}) ? {l} : {length:#x}
"
        )
    };
    let mut out = String::from("ENTRY(__vectors)\nMEMORY {\n");
    out += &region("text", "rx", "TEXT", 0, memory.flash);
    let ram = 0x80_0000 + memory.ram_start;
    out += &region("data", "rw!x", "DATA", ram, memory.ram);
    out += &region("eeprom", "rw!x", "EEPROM", 0x81_0000, memory.eeprom);
    out + AVR_LAYOUT
}

const AVR_LAYOUT: &str = "\
  fuse (rw!x) : ORIGIN = 0x820000, LENGTH = 1K
  lock (rw!x) : ORIGIN = 0x830000, LENGTH = 1K
  signature (rw!x) : ORIGIN = 0x840000, LENGTH = 1K
}
SECTIONS {
  .text : {
    KEEP(*(.vectors))
    *(.progmem.gcc* .progmem .progmem.*)
    . = ALIGN(2);
    __trampolines_start = .;
    *(.trampolines .trampolines*)
    __trampolines_end = .;
    *(.jumptables .jumptables*)
    *(.lowtext .lowtext*)
    __ctors_start = .;
    KEEP(*(SORT(.ctors .ctors.*)))
    __ctors_end = .;
    __dtors_start = .;
    KEEP(*(SORT(.dtors .dtors.*)))
    __dtors_end = .;
    PROVIDE(__init = .);
    KEEP(*(.init0 .init0.*)) KEEP(*(.init1 .init1.*)) KEEP(*(.init2 .init2.*))
    KEEP(*(.init3 .init3.*)) KEEP(*(.init4 .init4.*)) KEEP(*(.init5 .init5.*))
    KEEP(*(.init6 .init6.*)) KEEP(*(.init7 .init7.*)) KEEP(*(.init8 .init8.*))
    KEEP(*(.init9 .init9.*))
    *(.text .text.*)
    . = ALIGN(2);
    KEEP(*(.fini9 .fini9.*)) KEEP(*(.fini8 .fini8.*)) KEEP(*(.fini7 .fini7.*))
    KEEP(*(.fini6 .fini6.*)) KEEP(*(.fini5 .fini5.*)) KEEP(*(.fini4 .fini4.*))
    KEEP(*(.fini3 .fini3.*)) KEEP(*(.fini2 .fini2.*)) KEEP(*(.fini1 .fini1.*))
    KEEP(*(.fini0 .fini0.*))
    . = ALIGN(2);
  } > text
  PROVIDE(_etext = ADDR(.text) + SIZEOF(.text));
  .data : {
    PROVIDE(__data_start = .);
    *(.data .data.*)
    *(.rodata .rodata.*)
    . = ALIGN(2);
    PROVIDE(__data_end = .);
  } > data AT> text
  PROVIDE(_edata = ADDR(.data) + SIZEOF(.data));
  PROVIDE(__data_load_start = LOADADDR(.data));
  PROVIDE(__data_load_end = LOADADDR(.data) + SIZEOF(.data));
  .bss ADDR(.data) + SIZEOF(.data) (NOLOAD) : {
    PROVIDE(__bss_start = .);
    *(.bss .bss.*)
    *(COMMON)
    PROVIDE(__bss_end = .);
  } > data
  .noinit ADDR(.bss) + SIZEOF(.bss) (NOLOAD) : {
    PROVIDE(__noinit_start = .);
    *(.noinit .noinit.*)
    PROVIDE(__noinit_end = .);
  } > data
  PROVIDE(_end = ADDR(.noinit) + SIZEOF(.noinit));
  PROVIDE(__heap_start = ADDR(.noinit) + SIZEOF(.noinit));
  PROVIDE(__stack = ORIGIN(data) + LENGTH(data) - 1);
  .eeprom : { KEEP(*(.eeprom*)) } > eeprom
  .fuse : { KEEP(*(.fuse)) KEEP(*(.lfuse)) KEEP(*(.hfuse)) KEEP(*(.efuse)) } > fuse
  .lock : { KEEP(*(.lock*)) } > lock
  .signature : { KEEP(*(.signature*)) } > signature
}
";

#[cfg(test)]
mod tests {
    use super::*;
    use crate::script::ast::{Command, SectionItem, SectionsItem};
    use crate::script::parse::parse_text;

    fn facts(machine: Machine) -> Facts {
        Facts {
            image_base: 0x20_0000,
            segments: Segments::Packed,
            headers: true,
            relro: true,
            now: false,
            rela: true,
            one_readonly_segment: false,
            text_prefixes: false,
            machine,
            avr: None,
        }
    }

    /// Names of the output sections and of the provided symbols, in order.
    fn summary(kind: Kind, facts: &Facts) -> (Vec<String>, Vec<String>) {
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
            Kind::Static,
            Kind::StaticPie,
            Kind::BareMetal,
            Kind::Relocatable,
        ];
        let machines = [Machine::Arm, Machine::RiscV, Machine::Avr, Machine::Other];
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
                        let facts = Facts {
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
                            kind != Kind::Relocatable
                        );
                    }
                }
            }
        }
    }

    #[test]
    fn order_of_sections() {
        let (sections, _) = summary(Kind::Static, &facts(Machine::Other));
        assert_eq!(
            sections.join(" "),
            ".note.gnu.build-id .rela.dyn .rodata .eh_frame_hdr .eh_frame .gcc_except_table .text \
             .init .fini .plt .tdata .tbss .preinit_array .init_array .fini_array .data.rel.ro .got \
             .got.plt .data .bss /DISCARD/"
        );
        let (sections, _) = summary(Kind::StaticPie, &facts(Machine::RiscV));
        assert_eq!(
            sections.join(" "),
            ".note.gnu.build-id .dynsym .gnu.hash .hash .dynstr .rela.dyn .relr.dyn .rodata \
             .eh_frame_hdr .eh_frame .gcc_except_table .text .init .fini .plt .tdata .tbss \
             .preinit_array .init_array .fini_array .data.rel.ro .dynamic .got .got.plt .data \
             .sdata .bss /DISCARD/"
        );
    }

    #[test]
    fn symbols() {
        let (_, symbols) = summary(Kind::BareMetal, &facts(Machine::Arm));
        assert_eq!(
            symbols.join(" "),
            "__ehdr_start __dso_handle __executable_start __rela_iplt_start __rela_iplt_end \
             __exidx_start __exidx_end __preinit_array_start __preinit_array_end \
             __init_array_start __init_array_end __fini_array_start __fini_array_end __etext _etext \
             etext _edata edata __bss_start _end end"
        );
        let rel = Facts {
            rela: false,
            ..facts(Machine::Arm)
        };
        let (_, symbols) = summary(Kind::Static, &rel);
        assert!(symbols.contains(&"__rel_iplt_start".to_owned()));
        let (_, symbols) = summary(Kind::StaticPie, &rel);
        assert!(!symbols.iter().any(|name| name.contains("iplt")));
        assert!(symbols.contains(&"_DYNAMIC".to_owned()));
    }

    #[test]
    fn boundaries() {
        let count = |segments, what: &str| {
            let facts = Facts {
                segments,
                ..facts(Machine::Other)
            };
            builtin(Kind::Static, &facts).matches(what).count()
        };
        let packed = "ALIGN(CONSTANT(MAXPAGESIZE)) + (. &";
        let whole = "ALIGN(CONSTANT(MAXPAGESIZE));";
        assert_eq!(
            (
                count(Segments::Packed, packed),
                count(Segments::Packed, whole)
            ),
            (2, 0)
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
        assert_eq!(count(Segments::Unpaged, "RELRO_END"), 0);
    }
}

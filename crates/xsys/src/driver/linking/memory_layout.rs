//! Linker scripts made from `[memory]`, for projects and boards that have none.
//!
//! Problem: the addresses of a chip's memories are all that differs between the scripts of most programs without an
//! operating system. So a directory with two files is made: `memory.x`, which the scripts of runtime crates
//! (cortex-m-rt, riscv-rt, aarch32-rt) include, and `link.x`, a layout under the name that those crates give theirs.
//! The directory is searched last: a crate's own `link.x` and a project's own `memory.x` are found first.
//!
//! Spec: GNU ld manual, "MEMORY"; Armv7-M Architecture Reference Manual, B1.5 (the vector table is at the beginning of
//! memory).

use std::fmt::Write;
use std::path::{Path, PathBuf};

use xsys_link::STAND_IN;
use xsys_sysroot::Cache;
use xsys_target::{Memory, Role, Spec, region_for};

use crate::error::{Result, file};
use crate::files::replace;
use crate::files::short_digest;

/// What the linker compares scripts with.
pub(crate) const MACHINE: &str = "machine.txt";

/// The directory with the scripts for these memories.
///
/// It is named after the directory of the file with the table, not by its contents: a changed table then changes files
/// that links read, and no flag that would compile everything again.
pub(crate) fn directory(
    memories: &[Memory],
    owner: &Path,
    spec: &Spec,
    cache: &Cache,
) -> Result<PathBuf> {
    let mut files = vec![
        (MACHINE, machine(memories)),
        ("memory.x", memory_x(memories)),
    ];
    files.extend(link_x(memories, spec).map(|layout| ("link.x", layout)));
    let owner = owner.to_string_lossy();
    let boards = cache.root().join("boards");
    let digest = short_digest(&[owner.as_bytes(), spec.llvm_target().as_bytes()]);
    let directory = boards.join(format!("memory-{digest}"));
    std::fs::create_dir_all(&directory).map_err(|error| file("write", &directory, &error))?;
    for (name, text) in &files {
        let path = directory.join(name);
        // Files that links of other builds are reading are not replaced if they are equal.
        if std::fs::read(&path).ok().as_deref() != Some(text.as_bytes()) {
            replace(&path, text.as_bytes())?;
        }
    }
    Ok(directory)
}

/// The file that has the table.
fn described_in(memories: &[Memory]) -> &str {
    memories.first().map_or("", |memory| {
        // Without the line number.
        memory.place.rsplit_once(':').map_or("", |(file, _)| file)
    })
}

fn machine(memories: &[Memory]) -> String {
    memories
        .iter()
        .map(|memory| {
            format!(
                "{}={:#x}+{:#x}@{}\n",
                memory.name, memory.origin, memory.length, memory.place
            )
        })
        .collect()
}

/// Whether a layout can be made at all: AVR's is built in, and MSP430's vectors come from the runtime crate.
pub(crate) fn has_layout(spec: &Spec) -> bool {
    spec.is_bare_metal() && !spec.is_wasm() && !matches!(spec.arch(), "avr" | "msp430")
}

/// The regions, and the names by which runtime crates call those for code and for variables.
fn memory_x(memories: &[Memory]) -> String {
    let mut out = heading(memories);
    out.push_str("MEMORY\n{\n");
    let code = region_for(memories, Role::Code).map_or("", |memory| &memory.name);
    let variables = region_for(memories, Role::Variables).map_or("", |memory| &memory.name);
    for memory in memories {
        let access = if memory.name == code && code != variables {
            "rx"
        } else {
            "rwx"
        };
        let _ = writeln!(
            out,
            "  {} ({access}) : ORIGIN = {:#x}, LENGTH = {:#x}",
            memory.name, memory.origin, memory.length
        );
    }
    out.push_str("}\n");
    for (aliases, region) in [(CODE_NAMES, code), (VARIABLE_NAMES, variables)] {
        for alias in aliases {
            if !memories.iter().any(|memory| memory.name == *alias) {
                let _ = writeln!(out, "REGION_ALIAS(\"{alias}\", {region});");
            }
        }
    }
    out
}

/// The name of cortex-m-rt, riscv-rt and aarch32-rt for the memory of code.
const CODE_NAMES: &[&str] = &["FLASH", "REGION_TEXT", "REGION_RODATA", "VECTORS", "CODE"];
/// And for that of variables.
const VARIABLE_NAMES: &[&str] = &[
    "RAM",
    "REGION_DATA",
    "REGION_BSS",
    "REGION_HEAP",
    "REGION_STACK",
    "DATA",
    "STACKS",
];

fn heading(memories: &[Memory]) -> String {
    let name = Path::new(described_in(memories)).file_name();
    let name = name.unwrap_or_default().display();
    format!("{STAND_IN}: made from `[memory]` in {name}. */\n")
}

/// A layout: code first, constants, then variables, whose initial values are loaded after the constants.
fn link_x(memories: &[Memory], spec: &Spec) -> Option<String> {
    if !has_layout(spec) {
        return None;
    }
    let code = &region_for(memories, Role::Code)?.name;
    let variables = &region_for(memories, Role::Variables)?.name;
    let load = if code == variables {
        String::new()
    } else {
        format!(" AT> {code}")
    };
    let mut out = heading(memories);
    out.push_str("INCLUDE memory.x\n");
    if has_vector_table(spec) {
        out.push_str("ENTRY(Reset)\nPROVIDE(Reset = DEFINED(_start) ? _start : 0);\n");
    } else {
        out.push_str("ENTRY(_start)\n");
    }
    let _ = writeln!(out, "SECTIONS\n{{");
    if has_vector_table(spec) {
        let _ = writeln!(
            out,
            "  .vector_table ORIGIN({code}) :
  {{
    KEEP(*(.vector_table .vector_table.* .vectors .vectors.* .isr_vector .isr_vector.*))
  }} > {code}"
        );
    }
    let _ = write!(
        out,
        "  .text :
  {{
    KEEP(*(.multiboot .multiboot.* .multiboot2 .multiboot2.* .multiboot_header .multiboot2_header))
    KEEP(*(.text.boot .text.boot.* .boot .boot.* .text._start .text.start .text.entry .init .init.*))
    *(.text .text.*)
  }} > {code}
  .rodata : ALIGN(16)
  {{
    PROVIDE(__etext = .); PROVIDE(_etext = .); PROVIDE(etext = .);
    *(.rodata .rodata.* .srodata .srodata.*)
  }} > {code}
  .init_array : ALIGN(8)
  {{
    PROVIDE(__init_array_start = .);
    KEEP(*(SORT_BY_INIT_PRIORITY(.init_array.*)))
    KEEP(*(.init_array))
    PROVIDE(__init_array_end = .);
  }} > {code}
  .ARM.extab : {{ *(.ARM.extab .ARM.extab.*) }} > {code}
  .ARM.exidx :
  {{
    PROVIDE(__exidx_start = .);
    *(.ARM.exidx .ARM.exidx.*)
    PROVIDE(__exidx_end = .);
  }} > {code}
  .eh_frame : ALIGN(8) {{ *(.eh_frame_hdr) *(.eh_frame .eh_frame.*) }} > {code}
  .data : ALIGN(16)
  {{
    PROVIDE(__data_start = .); PROVIDE(__sdata = .); PROVIDE(_sdata = .);
    *(.data .data.*)
    . = ALIGN(8);
    PROVIDE(__global_pointer$ = . + 0x800);
    *(.sdata .sdata.*)
    *(.got .got.*)
    . = ALIGN(16);
    PROVIDE(__data_end = .); PROVIDE(__edata = .); PROVIDE(_edata = .); PROVIDE(edata = .);
  }} > {variables}{load}
  PROVIDE(__data_load = LOADADDR(.data));
  PROVIDE(__data_load_start = LOADADDR(.data));
  PROVIDE(__sidata = LOADADDR(.data));
  PROVIDE(_sidata = LOADADDR(.data));
  .bss (NOLOAD) : ALIGN(16)
  {{
    PROVIDE(__bss_start = .); PROVIDE(__sbss = .); PROVIDE(_sbss = .);
    *(.sbss .sbss.*)
    *(.bss .bss.*)
    *(COMMON)
    . = ALIGN(16);
    PROVIDE(__bss_end = .); PROVIDE(__ebss = .); PROVIDE(_ebss = .);
  }} > {variables}
  .uninit (NOLOAD) : ALIGN(16) {{ *(.uninit .uninit.* .noinit .noinit.*) . = ALIGN(16); }} > {variables}
  PROVIDE(__heap_start = ADDR(.uninit) + SIZEOF(.uninit));
  PROVIDE(__sheap = __heap_start); PROVIDE(_heap_start = __heap_start);
  PROVIDE(end = __heap_start); PROVIDE(_end = __heap_start); PROVIDE(__end = __heap_start);
}}
/* Stacks grow down from the end. */
PROVIDE(__stack_top = (ORIGIN({variables}) + LENGTH({variables})) & ~15);
"
    );
    for name in STACK_NAMES {
        let _ = writeln!(out, "PROVIDE({name} = __stack_top);");
    }
    Some(out)
}

const STACK_NAMES: [&str; 6] = [
    "_stack_top",
    "_stack_start",
    "__stack_start",
    "__stack",
    "_estack",
    "__StackTop",
];

/// Arm's M profile starts from a vector table, not from an instruction.
fn has_vector_table(spec: &Spec) -> bool {
    let name = spec.llvm_target();
    let profile = ["v6m", "v7m", "v7em", "v8m"];
    spec.arch() == "arm" && profile.iter().any(|text| name.contains(text))
}

#[cfg(test)]
mod tests {
    use super::*;
    use xsys_diag::Source;
    use xsys_target::{Target, check_memory};

    fn spec(arch: &str, llvm_target: &str, os: &str) -> Spec {
        let text = format!(
            r#"{{"arch":"{arch}","os":"{os}","llvm-target":"{llvm_target}","data-layout":"e","target-pointer-width":32}}"#
        );
        let source = Source {
            path: "t.json".into(),
            text: text.into(),
        };
        let target = Target::from_json("t".to_owned(), source, None).unwrap();
        target.spec.clone()
    }

    fn memories(text: &str) -> Vec<Memory> {
        let source = Source {
            path: "/b/board.toml".into(),
            text: text.into(),
        };
        check_memory(toml::from_str(text).unwrap(), &source).0
    }

    const TWO: &str =
        "FLASH = { origin = 0, length = 0x40000 }\nRAM = { origin = 0x20000000, length = 0x10000 }";

    #[test]
    fn regions_have_the_names_that_runtimes_use() {
        let text = memory_x(&memories(TWO));
        assert!(
            text.starts_with("/* Stands in for a script of the project"),
            "{text}"
        );
        assert!(
            text.contains("FLASH (rx) : ORIGIN = 0x0, LENGTH = 0x40000"),
            "{text}"
        );
        assert!(text.contains("REGION_ALIAS(\"REGION_TEXT\", FLASH);"));
        assert!(text.contains("REGION_ALIAS(\"REGION_STACK\", RAM);"));
        assert!(!text.contains("REGION_ALIAS(\"FLASH\""));
        let text = memory_x(&memories("DDR = { origin = 0x80000000, length = 0x10000 }"));
        assert!(text.contains("DDR (rwx)"), "{text}");
        assert!(text.contains("REGION_ALIAS(\"FLASH\", DDR);"), "{text}");
        assert!(text.contains("REGION_ALIAS(\"RAM\", DDR);"), "{text}");
    }

    #[test]
    fn layouts_are_for_machines_without_a_system() {
        for (arch, llvm, os, vectors, load) in [
            ("arm", "thumbv7m-none-eabi", "none", Some(true), true),
            ("arm", "armv7a-none-eabi", "none", Some(false), true),
            ("riscv32", "riscv32", "none", Some(false), true),
            ("avr", "avr-unknown-unknown", "none", None, true),
            ("aarch64", "aarch64-unknown-linux-musl", "linux", None, true),
        ] {
            let text = link_x(&memories(TWO), &spec(arch, llvm, os));
            let found = text
                .as_ref()
                .map(|text| text.contains(".vector_table ORIGIN(FLASH)"));
            assert_eq!(found, vectors, "{llvm}");
            if let Some(text) = text {
                assert_eq!(text.contains("> RAM AT> FLASH"), load);
            }
        }
        let one = memories("RAM = { origin = 0x40000000, length = 0x10000 }");
        let text = link_x(&one, &spec("aarch64", "aarch64-unknown-none", "none")).unwrap();
        assert!(!text.contains("AT>") && text.contains("} > RAM"), "{text}");
    }
}

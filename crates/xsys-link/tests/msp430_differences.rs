//! Differences of two symbols as GNU's assembler for MSP430 writes them: `SYM_DIFF` names what to
//! subtract, the relocation after it, at the same place, the rest.
//!
//! LLVM's assembler cannot write these, so an object of its own is changed: of each pair of words the
//! first one's relocation becomes a `SYM_DIFF` at the second. `msp430-rt`'s start code is built so.

use std::ffi::OsString;
use std::fs;
use std::path::Path;
use std::process::Command;

use object::elf::{FileHeader32, R_MSP430_16_BYTE};
use object::read::elf::{FileHeader as _, SectionHeader as _};
use object::{LittleEndian, Object as _, ObjectSection as _, U32};
use xsys_link::{Flavor, link_command_line};

const SYM_DIFF: u32 = 10;

const SOURCE: &str = r#"
#![feature(no_core, rustc_attrs, asm_experimental_arch)]
#![no_core]
#[rustc_builtin_macro]
macro_rules! global_asm { () => {} }
global_asm!("
    .section .text.start, \"ax\"
    .globl start
start:
    nop
    nop
    .globl end
end:
    ret
    .section .rodata.table, \"a\"
    .globl table
table:
    .word start
    .word end
    .word end
    .word start - 1
    .word end
    .section .debug_x, \"\"
    .word start
    .word end + 2
", options(raw));
"#;

fn object(folder: &Path) -> Vec<u8> {
    let (source, object) = (folder.join("main.rs"), folder.join("main.o"));
    fs::write(&source, SOURCE).unwrap();
    let status = Command::new("rustc")
        .env("RUSTC_BOOTSTRAP", "1")
        .args(["--edition=2024", "--crate-type=lib", "--emit=obj"])
        .args(["--target=msp430-none-elf", "-Cpanic=abort", "-Awarnings"])
        .arg("-o")
        .arg(&object)
        .arg(&source)
        .status()
        .unwrap();
    assert!(status.success());
    fs::read(object).unwrap()
}

/// Moves every relocation whose place is divisible by 4 to the next word, as a `SYM_DIFF`.
fn subtract_first_of_each_pair(object: &mut [u8]) -> usize {
    let mut places = Vec::new();
    {
        let data = &*object;
        let header = FileHeader32::<LittleEndian>::parse(data).unwrap();
        let sections = header.sections(LittleEndian, data).unwrap();
        for section in sections.iter() {
            let Some((relocs, _)) = section.rela(LittleEndian, data).unwrap() else {
                continue;
            };
            let start = section.sh_offset(LittleEndian) as usize;
            for (index, reloc) in relocs.iter().enumerate() {
                let (offset, info) = (reloc.r_offset.get(LittleEndian), reloc.r_info);
                let info = info.get(LittleEndian);
                // The last word of the table is no pair's.
                if info & 0xff == R_MSP430_16_BYTE.0 && offset % 4 == 0 && offset < 8 {
                    places.push((start + index * 12, offset + 2, info & !0xff | SYM_DIFF));
                }
            }
        }
    }
    for &(at, offset, info) in &places {
        for (at, value) in [(at, offset), (at + 4, info)] {
            let bytes = U32::<LittleEndian>::new(LittleEndian, value);
            object[at..at + 4].copy_from_slice(object::bytes_of(&bytes));
        }
    }
    places.len()
}

#[test]
fn differences_are_computed() {
    let folder = tempfile::tempdir().unwrap();
    let mut bytes = object(folder.path());
    assert_eq!(subtract_first_of_each_pair(&mut bytes), 3);
    let path = |name: &str| folder.path().join(name);
    fs::write(path("main.o"), &bytes).unwrap();
    fs::write(
        path("link.x"),
        "ENTRY(start) SECTIONS { .text 0xc000 : { *(.text.start) } .rodata : { *(.rodata.table) } }",
    )
    .unwrap();
    let args: Vec<OsString> = vec![
        path("main.o").into(),
        "-T".into(),
        path("link.x").into(),
        "-o".into(),
        path("main.elf").into(),
    ];
    let outcome = link_command_line(Flavor::Gnu, &args);
    assert!(!outcome.failed, "{:?}", outcome.diagnostics);
    let image = fs::read(path("main.elf")).unwrap();
    let image = object::File::parse(&*image).unwrap();
    let words = |name: &str| -> Vec<u16> {
        let section = image.section_by_name(name).unwrap();
        let data = section.data().unwrap();
        data.chunks_exact(2)
            .map(|word| u16::from_le_bytes([word[0], word[1]]))
            .collect()
    };
    // end - start; start - 1 - end; end alone: a difference ends with its pair.
    assert_eq!(words(".rodata"), [0, 4, 0, 0xfffb, 0xc004]);
    assert_eq!(words(".debug_x"), [0, 6]);
}

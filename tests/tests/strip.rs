//! `xsys strip`: what is loaded stays as it is, on every kind of machine.

#![cfg(unix)]

use std::path::{Path, PathBuf};
use std::process::Command;

use goblin::elf::Elf;
use goblin::elf::program_header::PT_LOAD;
use xsys_tests::project::{Place, run, rustc_sysroot, skip, without_settings};

/// A program with a local and a global symbol, data, and debug information.
const SOURCE: &str = "#![feature(no_core, rustc_attrs, asm_experimental_arch)]\n#![no_core]\n\
    #![allow(internal_features)]\n#[rustc_builtin_macro]\nmacro_rules! global_asm { () => {} }\n\
    global_asm!(\".globl _start\\n_start:\\nlocal:\\nCODE\\n.data\\n.globl datum\\ndatum: .4byte 7\\n\
    .section .debug_info,\\\"\\\",%progbits\\n.ascii \\\"secret\\\"\\n.section .mine,\\\"\\\",%progbits\\n\
    .ascii \\\"kept\\\"\\n\", options(raw));\n";

/// Links such a program with the toolchain's own linker, which knows more machines than ours.
fn program(place: &Place, triple: &str, code: &str) -> PathBuf {
    let source = place.write(&format!("{triple}.rs"), &SOURCE.replace("CODE", code));
    let object = place.path(&format!("{triple}.o"));
    let mut rustc = Command::new("rustc");
    without_settings(&mut rustc);
    rustc
        .args(["--crate-type=lib", "--emit=obj", "--target", triple, "-o"])
        .arg(&object)
        .arg(source)
        .env("RUSTC_BOOTSTRAP", "1");
    run(&mut rustc).ends_with(0);
    let output = place.path(triple);
    let host = std::fs::read_dir(rustc_sysroot().join("lib/rustlib"))
        .expect("a toolchain has this folder")
        .flatten()
        .map(|entry| entry.path().join("bin/rust-lld"))
        .find(|linker| linker.is_file())
        .expect("a toolchain has its linker");
    let mut link = Command::new(host);
    link.args(["-flavor", "gnu", "--emit-relocs", "-o"])
        .arg(&output)
        .arg(object);
    run(&mut link).ends_with(0);
    output
}

/// The segments that are loaded, as they are in the file.
fn loaded(path: &Path) -> Vec<(u64, u64, Vec<u8>)> {
    let content = std::fs::read(path).expect("the file is there");
    let elf = Elf::parse(&content).expect("it is an ELF file");
    // Headers say where the section table is, which has moved.
    let headers = (elf.header.e_ehsize as usize).max(64);
    let loads = elf
        .program_headers
        .iter()
        .filter(|segment| segment.p_type == PT_LOAD);
    loads
        .map(|segment| {
            let range = segment.file_range();
            let start = if range.start == 0 {
                headers
            } else {
                range.start
            };
            let bytes = content[start.min(range.end)..range.end].to_vec();
            (segment.p_vaddr, segment.p_memsz, bytes)
        })
        .collect()
}

fn names(path: &Path) -> (Vec<String>, Vec<String>) {
    let content = std::fs::read(path).expect("the file is there");
    let elf = Elf::parse(&content).expect("it is an ELF file");
    let sections = elf.section_headers.iter().skip(1);
    let sections = sections.filter_map(|section| elf.shdr_strtab.get_at(section.sh_name));
    let symbols = elf
        .syms
        .iter()
        .filter_map(|symbol| elf.strtab.get_at(symbol.st_name));
    let text = |names: &mut dyn Iterator<Item = &str>| {
        names
            .filter(|name| !name.is_empty())
            .map(str::to_owned)
            .collect()
    };
    (
        text(&mut sections.into_iter()),
        text(&mut symbols.into_iter()),
    )
}

#[test]
fn machines_of_every_kind() {
    let place = Place::new("strip", "a folder");
    for (triple, code) in [
        (
            "x86_64-unknown-none",
            "mov $60, %eax\\nmov $7, %edi\\nsyscall",
        ),
        ("aarch64-unknown-none", "b ."),
        ("thumbv7m-none-eabi", "b ."),
        ("riscv32imac-unknown-none-elf", "j ."),
        ("powerpc-unknown-linux-gnu", "b ."),
        ("s390x-unknown-linux-gnu", "j ."),
        ("mips-unknown-linux-gnu", "nop"),
    ] {
        let code = if triple.starts_with("x86") {
            // Attributes of the crate choose the syntax.
            format!(".att_syntax\\n{code}\\n.intel_syntax noprefix")
        } else {
            code.to_owned()
        };
        let full = program(&place, triple, &code);
        let before = loaded(&full);
        let (sections, symbols) = names(&full);
        assert!(
            sections.iter().any(|name| name == ".debug_info"),
            "{triple}: {sections:?}"
        );
        assert!(
            symbols.iter().any(|name| name == "local"),
            "{triple}: {symbols:?}"
        );

        let strip = |line: &str| run(&mut place.xsys(line)).ends_with(0);
        strip(&format!("strip -g {triple} -o no-debug"));
        let (sections, symbols) = names(&place.path("no-debug"));
        assert!(
            !sections.iter().any(|name| name.starts_with(".debug")),
            "{triple}: {sections:?}"
        );
        assert!(
            symbols.iter().any(|name| name == "local"),
            "{triple}: {symbols:?}"
        );
        assert_eq!(loaded(&place.path("no-debug")), before, "{triple}");

        strip(&format!("strip {triple}"));
        let (sections, symbols) = names(&full);
        assert!(symbols.is_empty(), "{triple}: {symbols:?}");
        for (name, there) in [
            (".symtab", false),
            (".strtab", false),
            (".debug_info", false),
            (".mine", true),
        ] {
            assert_eq!(
                sections.iter().any(|known| known == name),
                there,
                "{triple}: {sections:?}"
            );
        }
        assert!(
            !sections.iter().any(|name| name.starts_with(".rel")),
            "{triple}: {sections:?}"
        );
        assert_eq!(loaded(&full), before, "{triple}");
        // Again there is nothing to do.
        strip(&format!("strip {triple} -o again"));
        let read = |path: &Path| std::fs::read(path).expect("the file is there");
        assert!(read(&full) == read(&place.path("again")), "{triple}");
        assert!(
            read(&full).windows(6).all(|bytes| bytes != b"secret"),
            "{triple}"
        );
    }
    if cfg!(all(target_os = "linux", target_arch = "x86_64")) {
        run(&mut Command::new(place.path("x86_64-unknown-none"))).ends_with(7);
    } else {
        skip("a stripped program runs", "it is one for Linux on x86-64");
    }
    run(&mut place.xsys("strip x86_64-unknown-none.o x86_64-unknown-none.rs"))
        .ends_with(1)
        .tells("cannot strip `x86_64-unknown-none.o`: it is an object, not a linked file")
        .tells("cannot strip `x86_64-unknown-none.rs`");
    run(&mut place.xsys("strip a b -o c"))
        .ends_with(1)
        .tells("`--output` is for one file");
}

/// A dynamic, position-independent program of the system's own linker: this test.
#[cfg(target_os = "linux")]
#[test]
fn programs_of_other_linkers_still_run() {
    use std::os::unix::fs::PermissionsExt;
    let place = Place::new("strip", "dynamic");
    let own = std::env::current_exe().expect("a test is a file");
    std::fs::copy(own, place.path("test")).expect("a file can be copied");
    std::os::unix::fs::symlink("test", place.path("link")).expect("a link can be made");
    let before = loaded(&place.path("test"));
    run(&mut place.xsys("strip link")).ends_with(0);
    assert!(place.path("link").is_symlink());
    assert_eq!(loaded(&place.path("test")), before);
    let rights = std::fs::metadata(place.path("test"))
        .expect("it is there")
        .permissions();
    assert_eq!(rights.mode() & 0o111, 0o111);
    let ran = run(Command::new(place.path("test")).arg("--list")).ends_with(0);
    assert!(ran.stdout.contains("programs_of_other_linkers_still_run"));
}

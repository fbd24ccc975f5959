//! Whose linker script a link gets, and layouts that are made from `[memory]`: by real builds.

#![cfg(unix)]

use std::path::Path;

use goblin::elf::Elf;
use xsys_tests::project::{Place, Ran, find_program, run, skip};

/// A program for a Cortex-M3 that ends the emulator: it fails unless variables have their first values.
const PROGRAM: &str = r#"#![no_std]
#![no_main]

use core::sync::atomic::{AtomicU32, Ordering};

static INITIALISED: AtomicU32 = AtomicU32::new(0x5eed);
static CLEARED: [AtomicU32; 3] = [const { AtomicU32::new(0) }; 3];

unsafe extern "C" {
    static mut __data_start: u32;
    static __data_end: u32;
    static __data_load: u32;
    static mut __bss_start: u32;
    static __bss_end: u32;
    static __stack_top: u32;
}

#[repr(C)]
union Entry {
    stack: *const u32,
    code: extern "C" fn() -> !,
}
unsafe impl Sync for Entry {}

#[used]
#[unsafe(no_mangle)]
#[unsafe(link_section = ".vector_table")]
static VECTORS: [Entry; 2] = [Entry { stack: &raw const __stack_top }, Entry { code: start }];

#[unsafe(no_mangle)]
extern "C" fn start() -> ! {
    unsafe {
        let (mut to, mut from) = (&raw mut __data_start, &raw const __data_load);
        while to.cast_const() < &raw const __data_end {
            to.write_volatile(from.read_volatile());
            (to, from) = (to.add(1), from.add(1));
        }
        let mut to = &raw mut __bss_start;
        while to.cast_const() < &raw const __bss_end {
            to.write_volatile(0);
            to = to.add(1);
        }
    }
    INITIALISED.fetch_add(1, Ordering::Relaxed);
    CLEARED[1].fetch_add(1, Ordering::Relaxed);
    let sum = INITIALISED.load(Ordering::Relaxed) + CLEARED[1].load(Ordering::Relaxed);
    leave(sum == 0x5eed + 2)
}

fn leave(good: bool) -> ! {
    // Semihosting: SYS_EXIT with ADP_Stopped_ApplicationExit or a run-time error.
    let reason = if good { 0x20026 } else { 0x20023 };
    unsafe { core::arch::asm!("bkpt #0xab", in("r0") 0x18, in("r1") reason, options(noreturn)) }
}

#[panic_handler]
fn panic(_: &core::panic::PanicInfo<'_>) -> ! {
    leave(false)
}
"#;

const BOARD: &str = r#"description = "A Cortex-M3 of which only the memory is known"
target = "thumbv7m-none-eabi"
crates = "core"

[memory]
FLASH = { origin = 0, length = 0x40000 }
RAM = { origin = 0x20000000, length = 0x10000 }

[run]
engine = "qemu-system"
program = "qemu-system-arm"
args = ["-M", "lm3s6965evb", "-display", "none", "-semihosting-config", "enable=on,target=native", "-kernel", "{elf}"]
"#;

/// A project with a board of its own.
fn project(name: &str) -> Place {
    let place = Place::new("scripts", name);
    place.write(
        "Cargo.toml",
        "[package]\nname = \"bare\"\nversion = \"0.1.0\"\nedition = \"2024\"\n\n[package.metadata.xsys]\nboard = \"./my board\"\n\n[profile.dev]\npanic = \"abort\"\n\n[workspace]\n",
    );
    place.write("src/main.rs", PROGRAM);
    place.write("my board/board.toml", BOARD);
    place
}

fn symbol(program: &Path, name: &str) -> Option<u64> {
    let bytes = std::fs::read(program).expect("the program is there");
    let elf = Elf::parse(&bytes).expect("it is ELF");
    elf.syms
        .iter()
        .find(|symbol| elf.strtab.get_at(symbol.st_name) == Some(name))
        .map(|symbol| symbol.st_value)
}

fn build(place: &Place) -> Ran {
    run(&mut place.xsys("build")).ends_with(0)
}

#[test]
fn memory_is_enough() {
    let place = project("memory");
    let program = place.path("target/thumbv7m-none-eabi/debug/bare");
    build(&place).tells("FLASH");
    assert_eq!(symbol(&program, "VECTORS").map(|at| at & !1), Some(0));
    if find_program("qemu-system-arm").is_some() {
        run(&mut place.xsys("run")).ends_with(0);
        run(&mut place.xsys("run --release")).ends_with(0);
    } else {
        skip(
            "a program with a made layout",
            "qemu-system-arm is not installed",
        );
    }

    // Other memory, another layout: nothing is said in flags, and yet it is linked again.
    let moved = BOARD.replace("origin = 0x20000000", "origin = 0x20004000");
    place.write("my board/board.toml", &moved);
    build(&place);
    assert_eq!(
        symbol(&program, "__bss_start").map(|at| at >> 12),
        Some(0x20004)
    );

    // The project knows better than the board.
    let manifest = std::fs::read_to_string(place.path("Cargo.toml")).expect("it is there");
    let manifest = manifest.replace(
        "[profile.dev]",
        "[package.metadata.xsys.memory]\nALL = { origin = 0x20008000, length = 0x8000 }\n\n[profile.dev]",
    );
    place.write("Cargo.toml", &manifest);
    build(&place).tells("ALL");
    assert_eq!(symbol(&program, "VECTORS"), Some(0x2000_8000));

    for (memory, expected) in [
        (
            "A = { origin = 0, length = 0 }",
            "memory region `A` is empty",
        ),
        (
            "A = { origin = 0, length = 9 }\nB = { origin = 8, length = 9 }",
            "memory regions `A` and `B` overlap",
        ),
    ] {
        place.write(
            "my board/board.toml",
            &format!("description = \"x\"\ntarget = \"thumbv7m-none-eabi\"\n[memory]\n{memory}\n"),
        );
        run(&mut place.xsys("build"))
            .ends_with(101)
            .tells(expected)
            .tells("board.toml");
    }
}

#[test]
fn scripts_that_disagree_with_the_memory_are_named() {
    let place = project("disagree");
    // cortex-m-rt's way: a memory.x of the project, which the made layout includes.
    place.write(
        "memory.x",
        "MEMORY\n{\n  FLASH : ORIGIN = 0, LENGTH = 512K\n  RAM : ORIGIN = 0x20000000, LENGTH = 16K\n}\n",
    );
    let ran = build(&place);
    for part in [
        "memory region `FLASH` (0x0..0x80000) is not in the machine's memory",
        "memory.x:3",
        "FLASH 0x0..0x40000",
        "board.toml:6",
    ] {
        ran.clone().tells(part);
    }
    assert!(!ran.stderr.contains("region `RAM`"), "{}", ran.stderr);

    // Without MEMORY the sections tell.
    std::fs::remove_file(place.path("memory.x")).expect("it is there");
    place.write(
        "far.ld",
        "ENTRY(start)\n__stack_top = 0x20001000;\n__data_load = 0x30000000;\nSECTIONS {\n  .text 0x30000000 : { KEEP(*(.vector_table)) *(.text .text.* .rodata .rodata.* .ARM.ex*) }\n  .data : { __data_start = .; *(.data .data.*) __data_end = .; }\n  .bss : { __bss_start = .; *(.bss .bss.*) __bss_end = .; }\n}\n",
    );
    place.write(
        "build.rs",
        "fn main() { println!(\"cargo:rustc-link-arg=-Tfar.ld\"); }\n",
    );
    build(&place).tells("section `.text` (0x30000000..");
}

#[test]
fn a_boards_script_steps_back() {
    let place = project("steps-back");
    let script = |start: &str, mark: &str| {
        format!(
            "ENTRY(start)\n{mark} = 1;\n__stack_top = 0x20001000;\nSECTIONS {{\n  .text {start} : {{ KEEP(*(.vector_table)) *(.text .text.* .rodata .rodata.* .ARM.ex*) }}\n  .data 0x20000000 : {{ __data_start = .; *(.data .data.*) __data_end = .; }}\n  __data_load = LOADADDR(.data);\n  .bss : {{ __bss_start = .; *(.bss .bss.*) __bss_end = .; }}\n}}\n"
        )
    };
    place.write("my board/board.x", &script("0x1000", "of_the_board"));
    place.write(
        "my board/board.toml",
        &BOARD.replace("[memory]", "script = \"board.x\"\n[memory]"),
    );
    place.write("kernel.ld", &script("0x2000", "of_the_project"));
    place.write(
        "extra.x",
        "SECTIONS { .extra : { KEEP(*(.extra)) } } INSERT AFTER .text;\nadded = 7;\n",
    );
    let program = place.path("target/thumbv7m-none-eabi/debug/bare");
    let of_board = |place: &Place| {
        build(place);
        let board = symbol(&program, "of_the_board").is_some();
        assert_eq!(symbol(&program, "of_the_project").is_none(), board);
        assert_ne!(
            symbol(&program, "__bss_start"),
            symbol(&program, "__bss_end")
        );
        board
    };
    assert!(of_board(&place));

    // By a build script, in the spellings that there are.
    for (arguments, board) in [
        (&["--script=kernel.ld"][..], false),
        (&["-T", "kernel.ld"], false),
        (&["kernel.ld"], false),
        (&["-Textra.x"], true),
        (&["-Textra.x", "-Tkernel.ld"], false),
    ] {
        let lines: String = arguments
            .iter()
            .map(|arg| format!("    println!(\"cargo:rustc-link-arg-bins={arg}\");\n"))
            .collect();
        place.write("build.rs", &format!("fn main() {{\n{lines}}}\n"));
        assert_eq!(of_board(&place), board, "{arguments:?}");
        let added = symbol(&program, "added") == Some(7);
        assert_eq!(added, arguments.contains(&"-Textra.x"), "{arguments:?}");
    }
    std::fs::remove_file(place.path("build.rs")).expect("it is there");

    // By a configuration.
    for flags in [
        "[\"-Clink-arg=-Tkernel.ld\"]",
        "[\"-C\", \"link-args=--script kernel.ld\"]",
    ] {
        place.write(
            ".cargo/config.toml",
            &format!("[target.thumbv7m-none-eabi]\nrustflags = {flags}\n"),
        );
        assert!(!of_board(&place), "{flags}");
    }
    std::fs::remove_file(place.path(".cargo/config.toml")).expect("it is there");

    // By the metadata.
    let manifest = std::fs::read_to_string(place.path("Cargo.toml")).expect("it is there");
    let manifest = manifest.replace("[profile", "script = \"kernel.ld\"\n\n[profile");
    place.write("Cargo.toml", &manifest);
    assert!(!of_board(&place));
}

#[test]
fn images_never_replace_anything() {
    let place = project("images");
    let manifest = std::fs::read_to_string(place.path("Cargo.toml")).expect("it is there");
    let program = place.path("target/thumbv7m-none-eabi/debug/bare");
    let is_linked = || std::fs::read(&program).is_ok_and(|bytes| bytes.starts_with(b"\x7fELF"));
    for (emit, expected) in [
        (
            "\"bin=bare\"",
            "the `bin` image would replace the linked file",
        ),
        (
            "\"bin=BARE\"",
            "the `bin` image would replace the linked file",
        ),
        ("\"bin=a\", \"hex=a\"", "two images have the name `a`"),
    ] {
        let text = manifest.replace("[profile", &format!("emit = [{emit}]\n\n[profile"));
        place.write("Cargo.toml", &text);
        run(&mut place.xsys("build")).ends_with(101).tells(expected);
        assert!(is_linked(), "{emit}");
    }
    place.write("Cargo.toml", &manifest);
    let image = |output: &str| {
        let mut command = place.xsys("image --format bin");
        command.arg(&program).arg("-o").arg(place.path(output));
        run(&mut command)
    };
    std::os::unix::fs::symlink(&program, place.path("link")).expect("a link can be made");
    image("link")
        .ends_with(1)
        .tells("would replace the linked file");
    image("target/thumbv7m-none-eabi/debug/../debug/bare").ends_with(1);
    assert!(is_linked());
    image("fresh.bin").ends_with(0);
    // And again: an image may take the place of its older self.
    image("fresh.bin").ends_with(0);

    // A layout that forgets `AT>`.
    let layout = "MEMORY { FLASH : ORIGIN = 0, LENGTH = 256K RAM : ORIGIN = 0x20000000, LENGTH = 64K }\nENTRY(start)\n__stack_top = 0x20001000; __data_load = 0;\nSECTIONS {\n  .text : { KEEP(*(.vector_table)) *(.text .text.* .rodata .rodata.* .ARM.ex*) } > FLASH\n  .data : { __data_start = .; *(.data .data.*) __data_end = .; } > RAM\n  .bss : { __bss_start = .; *(.bss .bss.*) __bss_end = .; } > RAM\n}\n";
    place.write("forgets.x", layout);
    let text = manifest.replace(
        "[profile",
        "script = \"forgets.x\"\nemit = [\"bin\"]\n\n[profile",
    );
    place.write("Cargo.toml", &text);
    run(&mut place.xsys("build"))
        .ends_with(101)
        .tells("between `.text`")
        .tells("`.data` (loaded at 0x20000000)")
        .tells(".data : { … } > RAM AT> FLASH");
    // The advice is followed.
    place.write(
        "forgets.x",
        &layout.replace("} > RAM\n  .bss", "} > RAM AT> FLASH\n  .bss"),
    );
    build(&place).tells("bare.bin");
}

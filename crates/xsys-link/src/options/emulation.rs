//! The names that `-m` takes.
//!
//! An emulation of GNU ld says which machine, which class and which byte order the output has
//! (and, in GNU ld, which default script, which here follows from the machine). rustc passes none
//! with `-flavor gnu`; gcc and clang always do. Names: GNU ld's `ld/configure.tgt`.

use object::elf;

/// What an emulation's name stands for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Emulation {
    /// As given to `-m`.
    pub name: &'static str,
    /// `EM_*`
    pub machine: u16,
    /// ELFCLASS64
    pub is_64: bool,
    /// ELFDATA2MSB
    pub big_endian: bool,
}

const fn row(name: &'static str, machine: elf::Machine, bits: u8, order: u8) -> Emulation {
    Emulation {
        name,
        machine: machine.0,
        is_64: bits == 64,
        big_endian: order == b'B',
    }
}

/// All emulations.
pub const EMULATIONS: &[Emulation] = &[
    row("aarch64elf", elf::EM_AARCH64, 64, b'L'),
    row("aarch64elfb", elf::EM_AARCH64, 64, b'B'),
    row("aarch64elf32", elf::EM_AARCH64, 32, b'L'),
    row("aarch64elf32b", elf::EM_AARCH64, 32, b'B'),
    row("aarch64linux", elf::EM_AARCH64, 64, b'L'),
    row("aarch64linuxb", elf::EM_AARCH64, 64, b'B'),
    row("aarch64linux32", elf::EM_AARCH64, 32, b'L'),
    row("aarch64linux32b", elf::EM_AARCH64, 32, b'B'),
    row("aarch64_elf64_le_vec", elf::EM_AARCH64, 64, b'L'),
    row("armelf", elf::EM_ARM, 32, b'L'),
    row("armelfb", elf::EM_ARM, 32, b'B'),
    row("armelf_linux_eabi", elf::EM_ARM, 32, b'L'),
    row("armelfb_linux_eabi", elf::EM_ARM, 32, b'B'),
    row("armelf_linux", elf::EM_ARM, 32, b'L'),
    row("elf32_x86_64", elf::EM_X86_64, 32, b'L'),
    row("elf_x86_64", elf::EM_X86_64, 64, b'L'),
    row("elf_x86_64_fbsd", elf::EM_X86_64, 64, b'L'),
    row("elf_i386", elf::EM_386, 32, b'L'),
    row("elf_i386_fbsd", elf::EM_386, 32, b'L'),
    row("elf_iamcu", elf::EM_IAMCU, 32, b'L'),
    row("elf32lriscv", elf::EM_RISCV, 32, b'L'),
    row("elf32lriscv_ilp32", elf::EM_RISCV, 32, b'L'),
    row("elf32lriscv_ilp32f", elf::EM_RISCV, 32, b'L'),
    row("elf64lriscv", elf::EM_RISCV, 64, b'L'),
    row("elf64lriscv_lp64", elf::EM_RISCV, 64, b'L'),
    row("elf64lriscv_lp64f", elf::EM_RISCV, 64, b'L'),
    row("elf32briscv", elf::EM_RISCV, 32, b'B'),
    row("elf64briscv", elf::EM_RISCV, 64, b'B'),
    row("elf32loongarch", elf::EM_LOONGARCH, 32, b'L'),
    row("elf64loongarch", elf::EM_LOONGARCH, 64, b'L'),
    row("elf32ebmip", elf::EM_MIPS, 32, b'B'),
    row("elf32elmip", elf::EM_MIPS, 32, b'L'),
    row("elf32btsmip", elf::EM_MIPS, 32, b'B'),
    row("elf32ltsmip", elf::EM_MIPS, 32, b'L'),
    row("elf32btsmipn32", elf::EM_MIPS, 32, b'B'),
    row("elf32ltsmipn32", elf::EM_MIPS, 32, b'L'),
    row("elf64btsmip", elf::EM_MIPS, 64, b'B'),
    row("elf64ltsmip", elf::EM_MIPS, 64, b'L'),
    row("elf32ppc", elf::EM_PPC, 32, b'B'),
    row("elf32ppclinux", elf::EM_PPC, 32, b'B'),
    row("elf32lppc", elf::EM_PPC, 32, b'L'),
    row("elf32lppclinux", elf::EM_PPC, 32, b'L'),
    row("elf64ppc", elf::EM_PPC64, 64, b'B'),
    row("elf64lppc", elf::EM_PPC64, 64, b'L'),
    row("elf_s390", elf::EM_S390, 32, b'B'),
    row("elf64_s390", elf::EM_S390, 64, b'B'),
    row("elf32_sparc", elf::EM_SPARC, 32, b'B'),
    row("elf64_sparc", elf::EM_SPARCV9, 64, b'B'),
    row("m68kelf", elf::EM_68K, 32, b'B'),
    row("m68kelfnbsd", elf::EM_68K, 32, b'B'),
    row("hexagonelf", elf::EM_HEXAGON, 32, b'L'),
    row("msp430elf", elf::EM_MSP430, 32, b'L'),
    row("msp430X", elf::EM_MSP430, 32, b'L'),
    row("elf32xtensa", elf::EM_XTENSA, 32, b'L'),
    row("csky_elf", elf::EM_CSKY, 32, b'L'),
    row("avr1", elf::EM_AVR, 32, b'L'),
    row("avr2", elf::EM_AVR, 32, b'L'),
    row("avr25", elf::EM_AVR, 32, b'L'),
    row("avr3", elf::EM_AVR, 32, b'L'),
    row("avr31", elf::EM_AVR, 32, b'L'),
    row("avr35", elf::EM_AVR, 32, b'L'),
    row("avr4", elf::EM_AVR, 32, b'L'),
    row("avr5", elf::EM_AVR, 32, b'L'),
    row("avr51", elf::EM_AVR, 32, b'L'),
    row("avr6", elf::EM_AVR, 32, b'L'),
    row("avrtiny", elf::EM_AVR, 32, b'L'),
    row("avrxmega1", elf::EM_AVR, 32, b'L'),
    row("avrxmega2", elf::EM_AVR, 32, b'L'),
    row("avrxmega3", elf::EM_AVR, 32, b'L'),
    row("avrxmega4", elf::EM_AVR, 32, b'L'),
    row("avrxmega5", elf::EM_AVR, 32, b'L'),
    row("avrxmega6", elf::EM_AVR, 32, b'L'),
    row("avrxmega7", elf::EM_AVR, 32, b'L'),
];

/// The emulation of that name.
pub fn find(name: &str) -> Option<&'static Emulation> {
    EMULATIONS.iter().find(|row| row.name == name)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_are_unique() {
        let mut names: Vec<_> = EMULATIONS.iter().map(|row| row.name).collect();
        names.sort_unstable();
        let count = names.len();
        names.dedup();
        assert_eq!(names.len(), count);
    }

    #[test]
    fn names_tell_class_and_order() {
        for (name, expected) in [
            ("elf_x86_64", (elf::EM_X86_64, true, false)),
            ("elf32_x86_64", (elf::EM_X86_64, false, false)),
            ("aarch64elfb", (elf::EM_AARCH64, true, true)),
            ("elf32btsmip", (elf::EM_MIPS, false, true)),
            ("elf64lppc", (elf::EM_PPC64, true, false)),
        ] {
            let row = find(name).expect(name);
            assert_eq!(
                (elf::Machine(row.machine), row.is_64, row.big_endian),
                expected,
                "{name}"
            );
        }
        assert_eq!(find("elf_x86-64"), None);
    }
}

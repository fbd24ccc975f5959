//! Names that OUTPUT_FORMAT, TARGET and OUTPUT_ARCH take.
//!
//! GNU ld names formats and architectures after its BFD library; scripts carry these names, although
//! the objects say the same. A contradiction means that the wrong script or the wrong objects were
//! taken. Spec: GNU ld manual, "Commands Dealing with Object File Formats"; names as in
//! `bfd/targets.c` and `bfd/archures.c`.

use object::elf;

/// What a format's name stands for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Format {
    /// Its name.
    pub name: &'static str,
    /// `EM_*`
    pub machine: u16,
    /// ELFCLASS64
    pub is_64: bool,
    /// ELFDATA2MSB
    pub big_endian: bool,
}

const fn row(name: &'static str, machine: elf::Machine, bits: u8, order: u8) -> Format {
    Format {
        name,
        machine: machine.0,
        is_64: bits == 64,
        big_endian: order == b'B',
    }
}

const FORMATS: &[Format] = &[
    row("elf32-avr", elf::EM_AVR, 32, b'L'),
    row("elf32-bigarm", elf::EM_ARM, 32, b'B'),
    row("elf32-bigmips", elf::EM_MIPS, 32, b'B'),
    row("elf32-hexagon", elf::EM_HEXAGON, 32, b'L'),
    row("elf32-i386", elf::EM_386, 32, b'L'),
    row("elf32-i386-freebsd", elf::EM_386, 32, b'L'),
    row("elf32-iamcu", elf::EM_IAMCU, 32, b'L'),
    row("elf32-littlearm", elf::EM_ARM, 32, b'L'),
    row("elf32-littlemips", elf::EM_MIPS, 32, b'L'),
    row("elf32-littleriscv", elf::EM_RISCV, 32, b'L'),
    row("elf32-loongarch", elf::EM_LOONGARCH, 32, b'L'),
    row("elf32-m68k", elf::EM_68K, 32, b'B'),
    row("elf32-msp430", elf::EM_MSP430, 32, b'L'),
    row("elf32-powerpc", elf::EM_PPC, 32, b'B'),
    row("elf32-powerpcle", elf::EM_PPC, 32, b'L'),
    row("elf32-s390", elf::EM_S390, 32, b'B'),
    row("elf32-sparc", elf::EM_SPARC, 32, b'B'),
    row("elf32-tradbigmips", elf::EM_MIPS, 32, b'B'),
    row("elf32-tradlittlemips", elf::EM_MIPS, 32, b'L'),
    row("elf32-x86-64", elf::EM_X86_64, 32, b'L'),
    row("elf32-xtensa-be", elf::EM_XTENSA, 32, b'B'),
    row("elf32-xtensa-le", elf::EM_XTENSA, 32, b'L'),
    row("elf64-aarch64", elf::EM_AARCH64, 64, b'L'),
    row("elf64-bigaarch64", elf::EM_AARCH64, 64, b'B'),
    row("elf64-littleaarch64", elf::EM_AARCH64, 64, b'L'),
    row("elf64-littleriscv", elf::EM_RISCV, 64, b'L'),
    row("elf64-loongarch", elf::EM_LOONGARCH, 64, b'L'),
    row("elf64-powerpc", elf::EM_PPC64, 64, b'B'),
    row("elf64-powerpcle", elf::EM_PPC64, 64, b'L'),
    row("elf64-s390", elf::EM_S390, 64, b'B'),
    row("elf64-sparc", elf::EM_SPARCV9, 64, b'B'),
    row("elf64-tradbigmips", elf::EM_MIPS, 64, b'B'),
    row("elf64-tradlittlemips", elf::EM_MIPS, 64, b'L'),
    row("elf64-x86-64", elf::EM_X86_64, 64, b'L'),
    row("elf64-x86-64-freebsd", elf::EM_X86_64, 64, b'L'),
];

/// Formats that are no ELF files: an image tool makes them from one.
const IMAGES: &[&str] = &["binary", "ihex", "srec", "symbolsrec", "tekhex", "verilog"];

/// The format of a name.
pub fn find(name: &str) -> Option<&'static Format> {
    FORMATS.iter().find(|format| format.name == name)
}

/// Whether a name is that of an image format.
pub fn is_image(name: &str) -> bool {
    IMAGES.contains(&name)
}

/// The names of a machine's formats.
pub fn names_for(machine: (u16, bool)) -> impl Iterator<Item = &'static str> {
    let of = move |format: &&Format| (format.machine, format.is_64) == machine;
    FORMATS.iter().filter(of).map(|format| format.name)
}
/// The `EM_*` that an architecture of OUTPUT_ARCH stands for, and its class if the name tells;
/// `None` for names that this linker does not know.
pub fn architecture(name: &str) -> Option<(u16, Option<bool>)> {
    let family = name.split(':').next().unwrap_or(name);
    let (machine, is_64) = match family {
        "i386" => match name {
            "i386:x86-64" | "i386:x86-64:intel" => (elf::EM_X86_64, Some(true)),
            "i386:x64-32" => (elf::EM_X86_64, Some(false)),
            _ => (elf::EM_386, Some(false)),
        },
        "aarch64" => (elf::EM_AARCH64, None),
        "avr" => (elf::EM_AVR, None),
        "hexagon" => (elf::EM_HEXAGON, None),
        "loongarch64" => (elf::EM_LOONGARCH, Some(true)),
        "loongarch32" => (elf::EM_LOONGARCH, Some(false)),
        "m68k" => (elf::EM_68K, None),
        "mips" => (elf::EM_MIPS, None),
        "msp430" | "MSP430" => (elf::EM_MSP430, None),
        "riscv" => match name {
            "riscv:rv32" => (elf::EM_RISCV, Some(false)),
            "riscv:rv64" => (elf::EM_RISCV, Some(true)),
            _ => (elf::EM_RISCV, None),
        },
        _ if family.starts_with("arm") => (elf::EM_ARM, None),
        _ => return None,
    };
    Some((machine.0, is_64))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_are_sorted() {
        assert!(FORMATS.iter().map(|format| format.name).is_sorted());
    }

    #[test]
    fn architectures_tell_class_where_they_can() {
        for (name, expected) in [
            ("arm", Some((elf::EM_ARM, None))),
            ("armv7e-m", Some((elf::EM_ARM, None))),
            ("riscv", Some((elf::EM_RISCV, None))),
            ("riscv:rv32", Some((elf::EM_RISCV, Some(false)))),
            ("i386:x86-64", Some((elf::EM_X86_64, Some(true)))),
            ("i386", Some((elf::EM_386, Some(false)))),
            ("z80", None),
        ] {
            let expected = expected.map(|(machine, class)| (machine.0, class));
            assert_eq!(architecture(name), expected, "{name}");
        }
    }
}

//! Machines that cannot be linked for. Their names are here so that messages can use them instead of numbers.
//!
//! Names: GNU ld's `ld/configure.tgt`, `bfd/targets.c` and `bfd/archures.c`.

use object::elf;

use super::machine::{Machine, Variant, variant};

/// One of them.
pub(super) struct NamedMachine {
    machine: elf::Machine,
    name: Option<&'static str>,
    emulations: &'static [Variant],
    formats: &'static [Variant],
    /// Names of OUTPUT_ARCH before a colon, and the class if they tell.
    architectures: &'static [(&'static str, Option<bool>)],
}

impl Machine for NamedMachine {
    fn number(&self) -> u16 {
        self.machine.0
    }

    fn name(&self, _is_64: bool) -> Option<&'static str> {
        self.name
    }

    fn emulations(&self) -> &'static [Variant] {
        self.emulations
    }

    fn formats(&self) -> &'static [Variant] {
        self.formats
    }

    fn architecture(&self, name: &str) -> Option<Option<bool>> {
        let family = name.split(':').next().unwrap_or(name);
        let mut known = self.architectures.iter();
        let found = known.find(|(own, _)| *own == name || *own == family)?;
        Some(found.1)
    }
}

/// All of them.
pub(super) static KNOWN: [NamedMachine; 13] = [
    NamedMachine {
        machine: elf::EM_386,
        name: Some("x86 (32 bits)"),
        emulations: &[
            variant("elf_i386", 32, b'L'),
            variant("elf_i386_fbsd", 32, b'L'),
        ],
        formats: &[
            variant("elf32-i386", 32, b'L'),
            variant("elf32-i386-freebsd", 32, b'L'),
        ],
        architectures: &[("i386", Some(false))],
    },
    NamedMachine {
        machine: elf::EM_IAMCU,
        name: None,
        emulations: &[variant("elf_iamcu", 32, b'L')],
        formats: &[variant("elf32-iamcu", 32, b'L')],
        architectures: &[],
    },
    NamedMachine {
        machine: elf::EM_LOONGARCH,
        name: Some("loongarch"),
        emulations: &[
            variant("elf32loongarch", 32, b'L'),
            variant("elf64loongarch", 64, b'L'),
        ],
        formats: &[
            variant("elf32-loongarch", 32, b'L'),
            variant("elf64-loongarch", 64, b'L'),
        ],
        architectures: &[("loongarch32", Some(false)), ("loongarch64", Some(true))],
    },
    NamedMachine {
        machine: elf::EM_MIPS,
        name: Some("mips"),
        emulations: &[
            variant("elf32ebmip", 32, b'B'),
            variant("elf32elmip", 32, b'L'),
            variant("elf32btsmip", 32, b'B'),
            variant("elf32ltsmip", 32, b'L'),
            variant("elf32btsmipn32", 32, b'B'),
            variant("elf32ltsmipn32", 32, b'L'),
            variant("elf64btsmip", 64, b'B'),
            variant("elf64ltsmip", 64, b'L'),
        ],
        formats: &[
            variant("elf32-bigmips", 32, b'B'),
            variant("elf32-littlemips", 32, b'L'),
            variant("elf32-tradbigmips", 32, b'B'),
            variant("elf32-tradlittlemips", 32, b'L'),
            variant("elf64-tradbigmips", 64, b'B'),
            variant("elf64-tradlittlemips", 64, b'L'),
        ],
        architectures: &[("mips", None)],
    },
    NamedMachine {
        machine: elf::EM_PPC,
        name: Some("powerpc"),
        emulations: &[
            variant("elf32ppc", 32, b'B'),
            variant("elf32ppclinux", 32, b'B'),
            variant("elf32lppc", 32, b'L'),
            variant("elf32lppclinux", 32, b'L'),
        ],
        formats: &[
            variant("elf32-powerpc", 32, b'B'),
            variant("elf32-powerpcle", 32, b'L'),
        ],
        architectures: &[],
    },
    NamedMachine {
        machine: elf::EM_PPC64,
        name: Some("powerpc64"),
        emulations: &[
            variant("elf64ppc", 64, b'B'),
            variant("elf64lppc", 64, b'L'),
        ],
        formats: &[
            variant("elf64-powerpc", 64, b'B'),
            variant("elf64-powerpcle", 64, b'L'),
        ],
        architectures: &[],
    },
    NamedMachine {
        machine: elf::EM_S390,
        name: Some("s390x"),
        emulations: &[
            variant("elf_s390", 32, b'B'),
            variant("elf64_s390", 64, b'B'),
        ],
        formats: &[
            variant("elf32-s390", 32, b'B'),
            variant("elf64-s390", 64, b'B'),
        ],
        architectures: &[],
    },
    NamedMachine {
        machine: elf::EM_SPARC,
        name: Some("sparc"),
        emulations: &[variant("elf32_sparc", 32, b'B')],
        formats: &[variant("elf32-sparc", 32, b'B')],
        architectures: &[],
    },
    NamedMachine {
        machine: elf::EM_SPARCV9,
        name: Some("sparc"),
        emulations: &[variant("elf64_sparc", 64, b'B')],
        formats: &[variant("elf64-sparc", 64, b'B')],
        architectures: &[],
    },
    NamedMachine {
        machine: elf::EM_68K,
        name: Some("m68k"),
        emulations: &[
            variant("m68kelf", 32, b'B'),
            variant("m68kelfnbsd", 32, b'B'),
        ],
        formats: &[variant("elf32-m68k", 32, b'B')],
        architectures: &[("m68k", None)],
    },
    NamedMachine {
        machine: elf::EM_HEXAGON,
        name: Some("hexagon"),
        emulations: &[variant("hexagonelf", 32, b'L')],
        formats: &[variant("elf32-hexagon", 32, b'L')],
        architectures: &[("hexagon", None)],
    },
    NamedMachine {
        machine: elf::EM_XTENSA,
        name: None,
        emulations: &[variant("elf32xtensa", 32, b'L')],
        formats: &[
            variant("elf32-xtensa-be", 32, b'B'),
            variant("elf32-xtensa-le", 32, b'L'),
        ],
        architectures: &[],
    },
    NamedMachine {
        machine: elf::EM_CSKY,
        name: None,
        emulations: &[variant("csky_elf", 32, b'L')],
        formats: &[],
        architectures: &[],
    },
];

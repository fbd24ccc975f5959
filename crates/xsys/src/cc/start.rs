//! Start files of our own, for machines without the C library's development package.
//!
//! Problem: `crt1.o`, `crti.o`, `crtbegin.o` and `libc_nonshared.a` are not in a system's run-time packages, and no
//! program for glibc or musl starts without what is in them. So little is in them that it is made here:
//! - `_start` calls `__libc_start_main(main, argc, argv, init, fini, rtld_fini, stack_end)` (System V ABI of the
//!   machine, "Process Initialization"; LSB, `__libc_start_main`). `init` calls what is in `.init_array`: glibc before
//!   2.34 expects that of the program, later ones call it in place of doing it themselves, and musl looks at neither.
//!   `fini` is null: the dynamic linker runs `.fini_array`.
//! - `__dso_handle` tells `__cxa_atexit` which file asks (Itanium C++ ABI, 3.3.6.3).
//! - `atexit`, `at_quick_exit` and `pthread_atfork` add that handle; the functions around `stat` were versioned wrappers
//!   until glibc 2.33. Each is an object of its own behind the C library, linked only if that does not define it.

use object::write::{Object, Relocation, Symbol, SymbolId, SymbolSection};
use object::{
    Architecture, BinaryFormat, Endianness, RelocationFlags, SectionKind, SymbolFlags, SymbolKind,
    SymbolScope, elf,
};

use super::machine::Machine;

/// Code of one function: its bytes, and at which offset which relocation refers to which symbol.
struct Code {
    bytes: Vec<u8>,
    relocs: &'static [(u64, elf::RelocationType, &'static str, i64)],
}

/// An object file, and what it is called.
pub(super) struct Made {
    pub(super) name: String,
    pub(super) content: Vec<u8>,
}

const X86_START: &[u8] = &[
    0x31, 0xed, // xor ebp, ebp
    0x49, 0x89, 0xd1, // mov r9, rdx
    0x5e, // pop rsi
    0x48, 0x89, 0xe2, // mov rdx, rsp
    0x48, 0x83, 0xe4, 0xf0, // and rsp, -16
    0x50, 0x54, // push rax; push rsp
    0x45, 0x31, 0xc0, // xor r8d, r8d
    0x48, 0x8d, 0x0d, 0, 0, 0, 0, // lea rcx, [init]
    0x48, 0x8b, 0x3d, 0, 0, 0, 0, // mov rdi, [main in the GOT]
    0xff, 0x15, 0, 0, 0, 0,    // call [__libc_start_main in the GOT]
    0xf4, // hlt
];
const X86_INIT: &[u8] = &[
    0x53, 0x55, // push rbx; push rbp
    0x41, 0x54, 0x41, 0x55, 0x41, 0x56, // push r12; push r13; push r14
    0x41, 0x89, 0xfc, // mov r12d, edi
    0x49, 0x89, 0xf5, // mov r13, rsi
    0x49, 0x89, 0xd6, // mov r14, rdx
    0x48, 0x8d, 0x1d, 0, 0, 0, 0, // lea rbx, [__init_array_start]
    0x48, 0x8d, 0x2d, 0, 0, 0, 0, // lea rbp, [__init_array_end]
    0x48, 0x39, 0xeb, 0x73, 0x11, // 1: cmp rbx, rbp; jae 2f
    0x44, 0x89, 0xe7, // mov edi, r12d
    0x4c, 0x89, 0xee, // mov rsi, r13
    0x4c, 0x89, 0xf2, // mov rdx, r14
    0xff, 0x13, // call [rbx]
    0x48, 0x83, 0xc3, 0x08, 0xeb, 0xea, // add rbx, 8; jmp 1b
    0x41, 0x5e, 0x41, 0x5d, 0x41, 0x5c, 0x5d, 0x5b, 0xc3, // 2: pop …; ret
];
const ARM64_START: &[u32] = &[
    0xd280_001d, // mov x29, #0
    0xd280_001e, // mov x30, #0
    0xaa00_03e5, // mov x5, x0
    0xf940_03e1, // ldr x1, [sp]
    0x9100_23e2, // add x2, sp, #8
    0x9100_03e6, // mov x6, sp
    0x9000_0000, // adrp x0, main in the GOT
    0xf940_0000, // ldr x0, [x0]
    0x9000_0003, // adrp x3, init
    0x9100_0063, // add x3, x3
    0xd280_0004, // mov x4, #0
    0x9400_0000, // bl __libc_start_main
    0xd420_7d00, // brk #1000
];
const ARM64_INIT: &[u32] = &[
    0xa9bc_7bfd, // stp x29, x30, [sp, #-64]!
    0x9100_03fd, // mov x29, sp
    0xa901_53f3, // stp x19, x20, [sp, #16]
    0xa902_5bf5, // stp x21, x22, [sp, #32]
    0xf900_1bf7, // str x23, [sp, #48]
    0x2a00_03f5, // mov w21, w0
    0xaa01_03f6, // mov x22, x1
    0xaa02_03f7, // mov x23, x2
    0x9000_0013, // adrp x19, __init_array_start
    0x9100_0273, // add x19, x19
    0x9000_0014, // adrp x20, __init_array_end
    0x9100_0294, // add x20, x20
    0xeb14_027f, // 1: cmp x19, x20
    0x5400_00e2, // b.hs 2f
    0xf840_8663, // ldr x3, [x19], #8
    0x2a15_03e0, // mov w0, w21
    0xaa16_03e1, // mov x1, x22
    0xaa17_03e2, // mov x2, x23
    0xd63f_0060, // blr x3
    0x17ff_fff9, // b 1b
    0xf940_1bf7, // 2: ldr x23, [sp, #48]
    0xa942_5bf5, // ldp x21, x22, [sp, #32]
    0xa941_53f3, // ldp x19, x20, [sp, #16]
    0xa8c4_7bfd, // ldp x29, x30, [sp], #64
    0xd65f_03c0, // ret
];

/// A function of `libc_nonshared.a`, and the one of the C library that it calls.
struct Forward {
    name: &'static str,
    to: &'static str,
    /// What is added to the arguments.
    adds: Adds,
}

#[derive(Clone, Copy)]
enum Adds {
    /// A null pointer and the handle behind the first argument.
    NullAndHandle,
    /// The handle as the second or the fourth argument.
    HandleSecond,
    HandleFourth,
    /// The version of `struct stat` before two arguments, or before four.
    VersionOfTwo,
    VersionOfFour,
}

#[rustfmt::skip] // a row a line
const FORWARDS: &[Forward] = &[
    Forward { name: "atexit", to: "__cxa_atexit", adds: Adds::NullAndHandle },
    Forward { name: "at_quick_exit", to: "__cxa_at_quick_exit", adds: Adds::HandleSecond },
    Forward { name: "pthread_atfork", to: "__register_atfork", adds: Adds::HandleFourth },
    Forward { name: "stat", to: "__xstat", adds: Adds::VersionOfTwo },
    Forward { name: "stat64", to: "__xstat64", adds: Adds::VersionOfTwo },
    Forward { name: "lstat", to: "__lxstat", adds: Adds::VersionOfTwo },
    Forward { name: "lstat64", to: "__lxstat64", adds: Adds::VersionOfTwo },
    Forward { name: "fstat", to: "__fxstat", adds: Adds::VersionOfTwo },
    Forward { name: "fstat64", to: "__fxstat64", adds: Adds::VersionOfTwo },
    Forward { name: "fstatat", to: "__fxstatat", adds: Adds::VersionOfFour },
    Forward { name: "fstatat64", to: "__fxstatat64", adds: Adds::VersionOfFour },
];

/// The instructions of a forwarding function; the last one jumps.
fn forward(machine: &Machine, adds: Adds) -> Vec<u8> {
    if machine.elf == elf::EM_AARCH64 {
        let words: &[u32] = match adds {
            Adds::NullAndHandle => &[0x9000_0002, 0x9100_0042, 0xd280_0001, 0x1400_0000],
            Adds::HandleSecond => &[0x9000_0001, 0x9100_0021, 0x1400_0000],
            Adds::HandleFourth => &[0x9000_0003, 0x9100_0063, 0x1400_0000],
            Adds::VersionOfTwo => &[0xaa01_03e2, 0xaa00_03e1, 0x5280_0000, 0x1400_0000],
            Adds::VersionOfFour => &[
                0x2a03_03e4,
                0xaa02_03e3,
                0xaa01_03e2,
                0x2a00_03e1,
                0x5280_0000,
                0x1400_0000,
            ],
        };
        return words.iter().flat_map(|word| word.to_le_bytes()).collect();
    }
    let bytes: &[u8] = match adds {
        Adds::NullAndHandle => &[0x48, 0x8d, 0x15, 0, 0, 0, 0, 0x31, 0xf6, 0xe9, 0, 0, 0, 0],
        Adds::HandleSecond => &[0x48, 0x8d, 0x35, 0, 0, 0, 0, 0xe9, 0, 0, 0, 0],
        Adds::HandleFourth => &[0x48, 0x8d, 0x0d, 0, 0, 0, 0, 0xe9, 0, 0, 0, 0],
        Adds::VersionOfTwo => &[
            0x48, 0x89, 0xf2, 0x48, 0x89, 0xfe, 0xbf, 1, 0, 0, 0, 0xe9, 0, 0, 0, 0,
        ],
        Adds::VersionOfFour => &[
            0x41, 0x89, 0xc8, 0x48, 0x89, 0xd1, 0x48, 0x89, 0xf2, 0x89, 0xfe, 0xbf, 1, 0, 0, 0,
            0xe9, 0, 0, 0, 0,
        ],
    };
    bytes.to_vec()
}

/// The objects that a program (or else a library) gets first, and those that are linked where they are needed.
pub(super) fn objects(machine: &Machine, program: bool) -> Result<(Vec<Made>, Vec<Made>), String> {
    let mut first = vec![handle(machine)?];
    if program {
        first.push(start(machine)?);
    }
    let needed = FORWARDS
        .iter()
        .map(|function| forwarding(machine, function));
    Ok((first, needed.collect::<Result<_, _>>()?))
}

fn start(machine: &Machine) -> Result<Made, String> {
    let arm = machine.elf == elf::EM_AARCH64;
    let words = |words: &[u32]| words.iter().flat_map(|word| word.to_le_bytes()).collect();
    let (start, init) = if arm {
        let start = Code {
            bytes: words(ARM64_START),
            relocs: &[
                (0x18, elf::R_AARCH64_ADR_GOT_PAGE, "main", 0),
                (0x1c, elf::R_AARCH64_LD64_GOT_LO12_NC, "main", 0),
                (0x20, elf::R_AARCH64_ADR_PREL_PG_HI21, INIT, 0),
                (0x24, elf::R_AARCH64_ADD_ABS_LO12_NC, INIT, 0),
                (0x2c, elf::R_AARCH64_CALL26, "__libc_start_main", 0),
            ],
        };
        let init = Code {
            bytes: words(ARM64_INIT),
            relocs: &[
                (
                    0x20,
                    elf::R_AARCH64_ADR_PREL_PG_HI21,
                    "__init_array_start",
                    0,
                ),
                (
                    0x24,
                    elf::R_AARCH64_ADD_ABS_LO12_NC,
                    "__init_array_start",
                    0,
                ),
                (0x28, elf::R_AARCH64_ADR_PREL_PG_HI21, "__init_array_end", 0),
                (0x2c, elf::R_AARCH64_ADD_ABS_LO12_NC, "__init_array_end", 0),
            ],
        };
        (start, init)
    } else {
        let start = Code {
            bytes: X86_START.to_vec(),
            relocs: &[
                (0x15, elf::R_X86_64_PC32, INIT, -4),
                (0x1c, elf::R_X86_64_REX_GOTPCRELX, "main", -4),
                (0x22, elf::R_X86_64_GOTPCRELX, "__libc_start_main", -4),
            ],
        };
        let init = Code {
            bytes: X86_INIT.to_vec(),
            relocs: &[
                (0x14, elf::R_X86_64_PC32, "__init_array_start", -4),
                (0x1b, elf::R_X86_64_PC32, "__init_array_end", -4),
            ],
        };
        (start, init)
    };
    let mut file = File::new(machine);
    file.function(INIT, SymbolScope::Linkage, &init)?;
    file.function("_start", SymbolScope::Dynamic, &start)?;
    file.finish("crt1.o".to_owned())
}

/// Our function that runs `.init_array`.
const INIT: &str = "__xsys_init_array";

fn handle(machine: &Machine) -> Result<Made, String> {
    let mut file = File::new(machine);
    let section = file.object.add_section(
        Vec::new(),
        b".data.rel.ro".to_vec(),
        SectionKind::ReadOnlyDataWithRel,
    );
    let symbol = file.symbol("__dso_handle", SymbolScope::Linkage, SymbolKind::Data);
    let (data, absolute) = ([0; 8], machine.absolute);
    let at = file.object.add_symbol_data(symbol, section, &data, 8);
    file.relocate(section, at, absolute, symbol, 0)?;
    file.finish("dso-handle.o".to_owned())
}

fn forwarding(machine: &Machine, function: &Forward) -> Result<Made, String> {
    let bytes = forward(machine, function.adds);
    let jump = bytes.len() as u64 - 4;
    let with_handle = matches!(
        function.adds,
        Adds::NullAndHandle | Adds::HandleSecond | Adds::HandleFourth
    );
    let mut file = File::new(machine);
    let (arm, scope) = (machine.elf == elf::EM_AARCH64, SymbolScope::Linkage);
    let relocs: &[(u64, elf::RelocationType, &str, i64)] = if arm {
        &[
            (jump, elf::R_AARCH64_JUMP26, function.to, 0),
            (0, elf::R_AARCH64_ADR_PREL_PG_HI21, "__dso_handle", 0),
            (4, elf::R_AARCH64_ADD_ABS_LO12_NC, "__dso_handle", 0),
        ]
    } else {
        &[
            (jump, elf::R_X86_64_PLT32, function.to, -4),
            (3, elf::R_X86_64_PC32, "__dso_handle", -4),
        ]
    };
    let relocs = if with_handle { relocs } else { &relocs[..1] };
    file.code(function.name, scope, &bytes, relocs)?;
    file.finish(format!("{}.o", function.name))
}

/// An object under construction.
struct File {
    object: Object<'static>,
}

impl File {
    fn new(machine: &Machine) -> Self {
        let architecture = match machine.elf {
            elf::EM_AARCH64 => Architecture::Aarch64,
            _ => Architecture::X86_64,
        };
        let mut object = Object::new(BinaryFormat::Elf, architecture, Endianness::Little);
        // Nothing here is executed on the stack.
        object.add_section(Vec::new(), b".note.GNU-stack".to_vec(), SectionKind::Other);
        Self { object }
    }

    fn symbol(&mut self, name: &str, scope: SymbolScope, kind: SymbolKind) -> SymbolId {
        if let Some(known) = self.object.symbol_id(name.as_bytes()) {
            return known;
        }
        self.object.add_symbol(Symbol {
            name: name.as_bytes().to_vec(),
            value: 0,
            size: 0,
            kind,
            scope,
            weak: false,
            section: SymbolSection::Undefined,
            flags: SymbolFlags::None,
        })
    }

    fn function(&mut self, name: &str, scope: SymbolScope, code: &Code) -> Result<(), String> {
        self.code(name, scope, &code.bytes, code.relocs)
    }

    fn code(
        &mut self,
        name: &str,
        scope: SymbolScope,
        bytes: &[u8],
        relocs: &[(u64, elf::RelocationType, &str, i64)],
    ) -> Result<(), String> {
        let section = self.object.add_section(
            Vec::new(),
            format!(".text.{name}").into_bytes(),
            SectionKind::Text,
        );
        let symbol = self.symbol(name, scope, SymbolKind::Text);
        let at = self.object.add_symbol_data(symbol, section, bytes, 16);
        for &(offset, r_type, to, addend) in relocs {
            let to = self.symbol(to, SymbolScope::Unknown, SymbolKind::Unknown);
            self.relocate(section, at + offset, r_type, to, addend)?;
        }
        Ok(())
    }

    fn relocate(
        &mut self,
        section: object::write::SectionId,
        offset: u64,
        r_type: elf::RelocationType,
        symbol: SymbolId,
        addend: i64,
    ) -> Result<(), String> {
        let relocation = Relocation {
            offset,
            symbol,
            addend,
            flags: RelocationFlags::Elf { r_type },
        };
        let added = self.object.add_relocation(section, relocation);
        added.map_err(|error| error.to_string())
    }

    fn finish(self, name: String) -> Result<Made, String> {
        let content = self.object.write().map_err(|error| error.to_string())?;
        Ok(Made { name, content })
    }
}

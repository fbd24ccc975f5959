//! The kind of a file, by its first bytes, never by its name.
//!
//! Linkers get all sorts of files from build systems. Kinds that cannot be linked are recognised for
//! the sake of messages: a shared library, bitcode and an object of another system need different
//! advice.

use std::path::Path;

use xsys_diag::Diagnostic;

/// What a file is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum FileKind {
    /// ET_REL
    ElfObject,
    /// ET_DYN; may be a position-independent executable.
    ElfShared,
    /// ET_EXEC
    ElfExec,
    /// ELF of another type.
    ElfOther,
    /// `!<arch>`
    Archive,
    /// `!<thin>`: members are files beside it.
    ThinArchive,
    /// A wasm module, linkable or not.
    Wasm,
    /// A WebAssembly component.
    WasmComponent,
    /// A wasm module or component in text form.
    WasmText,
    /// LLVM bitcode, bare or wrapped.
    LlvmBitcode,
    /// Mach-O object, executable or universal file.
    MachO,
    /// A COFF object.
    Coff,
    /// A Windows program or DLL.
    Pe,
    /// An archive of AIX.
    AixArchive,
    /// Readable text: a linker script, if anything.
    Text,
    /// No bytes at all.
    Empty,
    /// Nothing known.
    Unknown,
}

impl FileKind {
    /// Recognises a file.
    pub fn of(bytes: &[u8]) -> Self {
        let starts = |magic: &[u8]| bytes.starts_with(magic);
        match bytes {
            [] => Self::Empty,
            [0x7f, b'E', b'L', b'F', ..] => elf_kind(bytes),
            // Version 13, layer 1 (Component Model, "Binary Format").
            [0, b'a', b's', b'm', 0x0d, 0, 1, 0, ..] => Self::WasmComponent,
            [0, b'a', b's', b'm', ..] => Self::Wasm,
            [b'B', b'C', 0xc0, 0xde, ..] | [0xde, 0xc0, 0x17, 0x0b, ..] => Self::LlvmBitcode,
            [0xfe, 0xed, 0xfa, 0xce | 0xcf, ..]
            | [0xce | 0xcf, 0xfa, 0xed, 0xfe, ..]
            // Java classes share the magic number; their fourth pair is a version from 45 on.
            | [0xca, 0xfe, 0xba, 0xbe, 0, 0, 0, 0..=44, ..] => Self::MachO,
            [b'M', b'Z', ..] if bytes.len() > 64 => Self::Pe,
            // Machine (x86-64, i386, ARM64, ARMNT), or the two words of a "bigobj".
            [0x64, 0x86, ..] | [0x4c, 0x01, ..] | [0x64, 0xaa, ..] | [0xc4, 0x01, ..]
            | [0, 0, 0xff, 0xff, ..]
                if bytes.len() >= 20 =>
            {
                Self::Coff
            }
            _ if starts(b"!<arch>\n") => Self::Archive,
            _ if starts(b"!<thin>\n") => Self::ThinArchive,
            _ if starts(b"<bigaf>\n") || starts(b"<aiaff>\n") => Self::AixArchive,
            _ if is_text(bytes) => match opens_wasm_text(bytes) {
                true => Self::WasmText,
                false => Self::Text,
            },
            _ => Self::Unknown,
        }
    }

    /// The kind in words, with an article.
    pub fn describe(self) -> &'static str {
        match self {
            Self::ElfObject => "an ELF object",
            Self::ElfShared => "an ELF shared library or position-independent executable",
            Self::ElfExec => "an ELF executable",
            Self::ElfOther => "an ELF file that is not an object",
            Self::Archive => "an archive",
            Self::ThinArchive => "a thin archive",
            Self::Wasm => "a wasm module",
            Self::WasmComponent => "a WebAssembly component",
            Self::WasmText => "a wasm module in text form",
            Self::LlvmBitcode => "LLVM bitcode",
            Self::MachO => "a Mach-O file",
            Self::Coff => "a COFF object",
            Self::Pe => "a Windows program",
            Self::AixArchive => "an AIX archive",
            Self::Text => "text",
            Self::Empty => "empty",
            Self::Unknown => "of an unknown format",
        }
    }

    /// Why an ELF link cannot take the file; `None` if it can.
    pub fn refuse_for_elf(self, path: &Path) -> Option<Diagnostic> {
        let help = match self {
            Self::ElfObject | Self::Archive | Self::ThinArchive | Self::Text => return None,
            Self::ElfShared => {
                "the output is linked statically; pass the static library (`.a`) instead"
            }
            Self::ElfExec => {
                "to take only the addresses of its symbols, pass `--just-symbols` before it"
            }
            Self::LlvmBitcode => {
                "compile it to machine code first: without `-Clinker-plugin-lto`, `-flto` or \
                 `--emit=llvm-bc`"
            }
            Self::Wasm | Self::WasmComponent | Self::WasmText => {
                "for a wasm link, pass `-flavor wasm` first"
            }
            Self::MachO | Self::Coff | Self::Pe | Self::AixArchive => {
                "it was built for another system; build it for the target of this link"
            }
            Self::Empty => "it may have been cut off while it was written; build it again",
            Self::ElfOther | Self::Unknown => {
                "inputs are ELF objects, archives of them, and linker scripts"
            }
        };
        Some(self.refusal(path, help))
    }

    /// Why a wasm link cannot take the file; `None` if it can.
    pub fn refuse_for_wasm(self, path: &Path) -> Option<Diagnostic> {
        let help = match self {
            Self::Wasm | Self::Archive | Self::ThinArchive => return None,
            Self::ElfObject
            | Self::ElfShared
            | Self::ElfExec
            | Self::ElfOther
            | Self::MachO
            | Self::Coff
            | Self::Pe
            | Self::AixArchive => {
                "it was built for another machine: compile it for the wasm target; C code needs a \
                 clang that knows wasm (`CC_wasm32_unknown_unknown=clang` for the crate `cc`)"
            }
            Self::LlvmBitcode => {
                "there is no code generator in the linker: compile without \
                 `-Clinker-plugin-lto` and `-flto`; `lto = \"fat\"` in the profile has rustc \
                 itself optimise across crates"
            }
            Self::WasmComponent => {
                "components are finished programs: link the objects that it was made of"
            }
            Self::WasmText => {
                "text carries no symbols to link by: write the function in Rust, or in the \
                 assembler of `global_asm!`"
            }
            Self::Empty => "it may have been cut off while it was written; build it again",
            _ => "inputs are wasm objects and archives of them",
        };
        Some(self.refusal(path, help))
    }

    fn refusal(self, path: &Path, help: &str) -> Diagnostic {
        let refusal = Diagnostic::error(format!(
            "cannot link `{}`: it is {}",
            path.display(),
            self.describe()
        ))
        .help(help);
        match self {
            Self::ElfObject | Self::MachO | Self::Coff => {
                refusal.code("object-of-another-architecture")
            }
            _ => refusal,
        }
    }
}

/// Tells objects, executables and shared libraries apart (gABI, "ELF Header": `e_type` stands at
/// offset 16, its byte order at offset 5).
fn elf_kind(bytes: &[u8]) -> FileKind {
    let e_type = match (bytes.get(5), bytes.get(16), bytes.get(17)) {
        (Some(2), Some(&high), Some(&low)) | (Some(_), Some(&low), Some(&high)) => {
            u16::from_be_bytes([high, low])
        }
        _ => return FileKind::ElfOther,
    };
    match e_type {
        1 => FileKind::ElfObject,
        2 => FileKind::ElfExec,
        3 => FileKind::ElfShared,
        _ => FileKind::ElfOther,
    }
}

/// Whether the beginning could be a script: no control characters but white space.
fn is_text(bytes: &[u8]) -> bool {
    bytes
        .iter()
        .take(1024)
        .all(|&byte| byte >= b' ' && byte != 0x7f || matches!(byte, b'\t'..=b'\r'))
}

/// Whether a text begins as a module or component does (WebAssembly specification, "Text Format").
fn opens_wasm_text(bytes: &[u8]) -> bool {
    let mut rest = bytes.trim_ascii_start();
    while rest.starts_with(b";;") {
        let end = rest.iter().position(|&byte| byte == b'\n');
        rest = rest[end.unwrap_or(rest.len())..].trim_ascii_start();
    }
    rest.starts_with(b"(module") || rest.starts_with(b"(component")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn magic_numbers() {
        let elf = |order: u8, e_type: [u8; 2]| {
            let mut bytes = b"\x7fELF\x02".to_vec();
            bytes.extend([order; 11]);
            bytes.extend(e_type);
            bytes
        };
        let padded = |magic: &[u8]| {
            let mut bytes = magic.to_vec();
            bytes.resize(100, 0);
            bytes
        };
        for (bytes, expected) in [
            (elf(1, [1, 0]), FileKind::ElfObject),
            (elf(2, [0, 1]), FileKind::ElfObject),
            (elf(1, [2, 0]), FileKind::ElfExec),
            (elf(2, [0, 3]), FileKind::ElfShared),
            (elf(1, [4, 0]), FileKind::ElfOther),
            (b"\x7fELF\x02".to_vec(), FileKind::ElfOther),
            (b"!<arch>\n".to_vec(), FileKind::Archive),
            (b"!<thin>\n".to_vec(), FileKind::ThinArchive),
            (b"!<arch>".to_vec(), FileKind::Text),
            (b"\0asm\x01\0\0\0".to_vec(), FileKind::Wasm),
            (b"\0asm\x0d\0\x01\0".to_vec(), FileKind::WasmComponent),
            (b"(module)".to_vec(), FileKind::WasmText),
            (b";; a\n ;; b\n(component $x".to_vec(), FileKind::WasmText),
            (b";; (module".to_vec(), FileKind::Text),
            (b"BC\xc0\xde".to_vec(), FileKind::LlvmBitcode),
            (b"\xde\xc0\x17\x0b".to_vec(), FileKind::LlvmBitcode),
            (b"\xcf\xfa\xed\xfe".to_vec(), FileKind::MachO),
            (b"\xca\xfe\xba\xbe\0\0\0\x02".to_vec(), FileKind::MachO),
            (b"\xca\xfe\xba\xbe\0\0\0\x41".to_vec(), FileKind::Unknown),
            (padded(b"d\x86"), FileKind::Coff),
            (padded(b"MZ"), FileKind::Pe),
            (b"MZ_SIZE = 4;".to_vec(), FileKind::Text),
            (b"SECTIONS { } /* \xc3\xa9 */\r\n".to_vec(), FileKind::Text),
            (b"\0\0\0\0".to_vec(), FileKind::Unknown),
            (Vec::new(), FileKind::Empty),
        ] {
            assert_eq!(FileKind::of(&bytes), expected, "{bytes:x?}");
        }
    }

    #[test]
    fn refusals_name_the_file_and_the_way_out() {
        let path = Path::new("x");
        assert!(FileKind::ElfObject.refuse_for_elf(path).is_none());
        assert!(FileKind::Wasm.refuse_for_wasm(path).is_none());
        assert_eq!(
            FileKind::LlvmBitcode
                .refuse_for_elf(path)
                .unwrap()
                .to_string(),
            "error: cannot link `x`: it is LLVM bitcode\n  = help: compile it to machine code \
             first: without `-Clinker-plugin-lto`, `-flto` or `--emit=llvm-bc`"
        );
    }
}

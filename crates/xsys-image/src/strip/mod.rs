//! Linked files without what only people and debuggers read.
//!
//! Everything that a loader reads stays where it is, byte for byte: bytes covered by a program header do not move, and
//! section numbers, which a dynamic symbol table contains, do not change. That is why this works for any architecture:
//! no relocation and no instruction is looked at.

mod elf;
mod fields;
mod wasm;

use xsys_diag::Diagnostic;

/// What is removed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Strip {
    /// Debug information.
    Debug,
    /// Debug information and symbols that no loader needs.
    All,
}

/// A linked ELF file or wasm module without these parts.
///
/// # Errors
/// If the bytes are neither, or are damaged.
pub fn strip(content: &[u8], strip: Strip) -> Result<Vec<u8>, Diagnostic> {
    if content.starts_with(b"\x7fELF") {
        elf::strip(content, strip)
    } else if content.starts_with(b"\0asm") {
        wasm::strip(content, strip)
    } else {
        Err(Diagnostic::error(
            "it is neither an ELF file nor a wasm module",
        ))
    }
}

/// Sections of debug information, as compilers and binutils name them.
fn is_debug(name: &str) -> bool {
    const BEGINNINGS: [&str; 5] = [".debug_", ".zdebug_", ".gnu.debuglto_", ".stab", ".line"];
    BEGINNINGS
        .iter()
        .any(|beginning| name.starts_with(beginning))
        || name == ".gdb_index"
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::test_elf::Elf;

    /// Damage is an error, or another file, but nothing worse.
    #[test]
    fn damaged_files_are_harmless() {
        for (wide, big) in [(false, false), (true, false), (false, true), (true, true)] {
            let elf = Elf::new(0x100)
                .class(wide, big)
                .load(0x100, 0x100, &[7; 40])
                .section(0x100, 16)
                .build();
            for end in 0..elf.len() {
                let _ = strip(&elf[..end], Strip::All);
            }
            for at in 4..elf.len() {
                for value in [0, 1, 0x7f, 0xff] {
                    let mut elf = elf.clone();
                    elf[at] = value;
                    let _ = strip(&elf, Strip::All);
                    let _ = strip(&elf, Strip::Debug);
                }
            }
        }
    }

    #[test]
    fn names_and_debug_information_of_modules_go() {
        let custom = |name: &str| {
            let mut section = vec![0, name.len() as u8 + 3, name.len() as u8];
            section.extend(name.bytes());
            section.extend([1, 2]);
            section
        };
        let module = |sections: &[Vec<u8>]| {
            let mut module = b"\0asm\x01\0\0\0".to_vec();
            module.extend(sections.concat());
            module
        };
        let types = vec![1, 1, 0];
        let (name, debug, producers) = (custom("name"), custom(".debug_info"), custom("producers"));
        let all = [types.clone(), name.clone(), debug, producers.clone()];
        let full = module(&all);
        for (what, rest) in [
            (Strip::All, vec![types.clone(), producers.clone()]),
            (Strip::Debug, vec![types.clone(), name, producers]),
        ] {
            assert_eq!(strip(&full, what).unwrap(), module(&rest));
        }
        for (content, message) in [
            (module(&[types, custom("linking")]), "it is an object"),
            (full[..full.len() - 1].to_vec(), "the wasm file is corrupt"),
            (b"\0asm\x0d\0\x01\0".to_vec(), "it is a component"),
            (b"MZ".to_vec(), "it is neither"),
        ] {
            let problem = strip(&content, Strip::All).unwrap_err();
            assert!(problem.message.starts_with(message), "{problem}");
        }
    }
}

//! BE8: big-endian data with little-endian instructions.
//!
//! Problem: big-endian ARM objects hold their code big-endian. Cores since ARMv6 always fetch
//! instructions little-endian, so the linker swaps the bytes of code once it is relocated: of words in
//! ARM code and of halfwords in Thumb code, but not of data between them. Mapping symbols (`$a`, `$t`,
//! `$d`) tell which is which. They are read only in links with `--be8`.
//!
//! Spec: AAELF32, "Mapping symbols", "ELF Header" (EF_ARM_BE8).

use object::Endianness;
use xsys_diag::Diagnostic;

use super::Core;
use crate::elf::arch::machine::Link;

/// The size of the units whose bytes are swapped; 1 for data.
type Unit = usize;

/// The units of what follows a mapping symbol.
pub(super) fn unit(name: &[u8]) -> Option<Unit> {
    let unit = match name.get(..2)? {
        b"$a" => 4,
        b"$t" => 2,
        b"$d" => 1,
        _ => return None,
    };
    matches!(name.get(2), None | Some(b'.')).then_some(unit)
}

/// Reverses the bytes of each unit; an incomplete unit at the end stays.
pub(super) fn swap(bytes: &mut [u8], unit: Unit) {
    if unit > 1 {
        bytes.chunks_exact_mut(unit).for_each(<[u8]>::reverse);
    }
}

/// Reports a byte order that does not fit the core or the options.
pub(super) fn check(link: &Link<'_>, diagnostics: &mut Vec<Diagnostic>) {
    let big = link.endian == Endianness::Big;
    if link.options.be8 && !big {
        diagnostics.push(
            Diagnostic::error("`--be8` is for big-endian objects, but these are little-endian")
                .help("leave it out, or build for a big-endian target (`armebv7r-none-eabi`)"),
        );
    }
    let core = link
        .attributes
        .map_or(Core::V7, super::attributes::arm_core);
    if big && !link.options.be8 && !matches!(core, Core::V4T | Core::V5T) {
        diagnostics.push(
            Diagnostic::error(
                "big-endian programs for this core need `--be8`: it fetches instructions little-endian",
            )
            .note("instructions that are big-endian like the data (BE32) ended with ARMv6")
            .help("pass `--be8` (rustc: `-Clink-arg=--be8`)"),
        );
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn units() {
        for (name, expected) in [
            ("$a", Some(4)),
            ("$t.7", Some(2)),
            ("$d", Some(1)),
            ("$ab", None),
            ("$x", None),
            ("$", None),
        ] {
            assert_eq!(unit(name.as_bytes()), expected, "{name}");
        }
    }
}

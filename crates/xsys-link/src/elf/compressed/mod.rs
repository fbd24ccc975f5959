//! Compressed debug sections: read from objects, written into images.
//!
//! Problem: debug information is most of a development build's bytes, and compilers (`-gz`,
//! `-Zdebuginfo-compression`) and distributions compress it. Relocations are about the contents that
//! come out of it, so sections of inputs are expanded before anything else looks at them
//! ([`read`]), and those of the output are compressed last, when every byte is known ([`write`](mod@write)).
//!
//! Spec: gABI "Section Compression" (`SHF_COMPRESSED`, `Elf_Chdr`); RFC 1950 (zlib), RFC 8878
//! (Zstandard); the older `.zdebug_*` of GNU binutils.

mod read;
mod write;

pub(crate) use read::expand;
pub(crate) use write::compress;

/// How contents are compressed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Format {
    /// `ELFCOMPRESS_ZLIB`
    Zlib,
    /// `ELFCOMPRESS_ZSTD`
    Zstd,
}

impl Format {
    fn number(self) -> u32 {
        match self {
            Self::Zlib => 1,
            Self::Zstd => 2,
        }
    }

    fn of_number(number: u32) -> Option<Self> {
        [Self::Zlib, Self::Zstd]
            .into_iter()
            .find(|format| format.number() == number)
    }
}

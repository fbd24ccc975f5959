//! Linked files to the images that boards, their loaders and other hosts take.
//!
//! A linker's output says where every byte belongs (program headers, `p_paddr`); boot ROMs,
//! flashers and firmware want those bytes in forms of their own. [`load`] reads what is to be
//! loaded, once and checked; each format is one file that turns this into bytes. Nothing of that
//! touches the file system; what systems are made of does ([`disk`] images, and [`kernel`]: where a Linux
//! appliance's kernel and modules come from).
//!
//! Formats: [`bin`] (flat), [`hex`] (Intel HEX), [`srec`] (Motorola S-records), [`uf2`] (UF2); of
//! wasm modules, [`component`].

pub mod bin;
pub mod component;
pub mod digest;
pub mod disk;
pub mod hex;
pub mod kernel;
pub mod load;
pub mod packing;
pub mod part;
pub mod srec;
pub mod strip;
pub mod uf2;

#[cfg(test)]
mod test_elf;

use std::fmt;
use std::str::FromStr;

use xsys_diag::{Diagnostic, did_you_mean};

/// The forms an image can take.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Format {
    /// The linked file itself, unchanged.
    Elf,
    /// Memory contents from the lowest to the highest load address.
    Bin,
    /// Intel HEX text.
    Hex,
    /// Motorola S-record text.
    Srec,
    /// Microsoft's UF2 blocks for USB mass-storage boot loaders.
    Uf2,
    /// A component around a wasm module.
    Component,
}

impl Format {
    /// Every format, in the order in which help texts list them.
    pub const ALL: [Self; 6] = [
        Self::Elf,
        Self::Bin,
        Self::Hex,
        Self::Srec,
        Self::Uf2,
        Self::Component,
    ];

    /// The name people type.
    pub fn name(self) -> &'static str {
        match self {
            Self::Elf => "elf",
            Self::Bin => "bin",
            Self::Hex => "hex",
            Self::Srec => "srec",
            Self::Uf2 => "uf2",
            Self::Component => "component",
        }
    }

    /// The ending of files in this format, without the dot.
    pub fn extension(self) -> &'static str {
        match self {
            Self::Component => "component.wasm",
            other => other.name(),
        }
    }
}

impl fmt::Display for Format {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())
    }
}

impl FromStr for Format {
    type Err = Error;

    fn from_str(text: &str) -> Result<Self, Error> {
        // The second names are those of objcopy and of the vendors' tools.
        match text.to_ascii_lowercase().as_str() {
            "elf" => Ok(Self::Elf),
            "bin" | "binary" | "raw" => Ok(Self::Bin),
            "hex" | "ihex" => Ok(Self::Hex),
            "srec" | "s19" | "mot" => Ok(Self::Srec),
            "uf2" => Ok(Self::Uf2),
            "component" => Ok(Self::Component),
            _ => Err(Error::UnknownFormat(text.to_owned())),
        }
    }
}

/// What a writer needs to know besides the ELF file.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Options {
    /// The byte between pieces in formats that have no gaps.
    pub fill: u8,
    /// Large gaps are intended; formats without addresses fill them.
    pub gaps: bool,
    /// Which boot loader a UF2 file is for.
    pub family: Option<uf2::Family>,
}

/// Why there is no image.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Error {
    #[error("not an ELF file: {0}")]
    NotElf(String),
    #[error("the ELF file is corrupt: {0}")]
    Corrupt(String),
    #[error("the ELF file has nothing to load")]
    Empty,
    #[error(
        "two segments load to the same addresses: 0x{first_start:x}..0x{first_end:x} \
         and 0x{second_start:x}..0x{second_end:x}"
    )]
    Overlap {
        first_start: u64,
        first_end: u64,
        second_start: u64,
        second_end: u64,
    },
    #[error(
        "a gap of {} between `{before}` (ends at 0x{from:x}) and `{after}` (loaded at 0x{to:x}), for {} of content",
        size(to - from), size(*content)
    )]
    Gap {
        from: u64,
        to: u64,
        before: String,
        after: String,
        content: u64,
    },
    #[error(
        "section `{section}` is loaded into RAM (0x{start:x}..0x{end:x}) beside a program in flash"
    )]
    RamBesideFlash {
        section: String,
        start: u64,
        end: u64,
    },
    #[error(
        "section `{section}` at 0x{start:x}..0x{end:x} is outside of what an {chip} can be given"
    )]
    OutsideChip {
        chip: &'static str,
        section: String,
        start: u64,
        end: u64,
        ram: bool,
    },
    #[error("load address 0x{addr:x} does not fit format `{format}`, whose highest is 0x{limit:x}")]
    AddressTooHigh {
        format: Format,
        addr: u64,
        limit: u64,
    },
    #[error("a `uf2` image needs a family: which chip's boot loader it is for")]
    NoFamily,
    #[error("unknown UF2 family `{0}`")]
    UnknownFamily(String),
    #[error("not a wasm module: {0}")]
    NotWasm(String),
    #[error("no component can be made of the module: {}", .0.join(": "))]
    NoComponent(Vec<String>),
    #[error("unknown image format `{0}`")]
    UnknownFormat(String),
}

impl Error {
    /// The error as it is shown to people, with the way out.
    pub fn into_diagnostic(self) -> Diagnostic {
        let diagnostic = Diagnostic::error(self.to_string());
        match self {
            Self::NotElf(_) => diagnostic.help("images are made from linked ELF files, such as `target/<target>/release/<name>`"),
            Self::Corrupt(_) => diagnostic.help("link the program again; the file may have been cut short"),
            Self::Empty => diagnostic.help("an object file or a program without sections cannot be an image; check the linker script and `--gc-sections` with its ENTRY"),
            Self::Overlap { .. } => diagnostic.help("check `AT>` and `AT()` in the linker script: every section needs a load address of its own"),
            Self::Gap { from, to, ref after, .. } => {
                let diagnostic = diagnostic
                    .note("a file without addresses would be filled up that far")
                    .help(format!("if `{after}` is for RAM and copied there at start, its first values belong into flash: in the linker script `{after} : {{ … }} > RAM AT> FLASH`, with the names of your regions"))
                    .help("formats with addresses have no gaps: `hex`, `srec` or `uf2`");
                if to - from <= load::MAX_GAP {
                    diagnostic.help("if the gap is meant: `bin-gaps` (or `bin-gaps=FILE`) in place of `bin`")
                } else {
                    diagnostic
                }
            }
            Self::RamBesideFlash { ref section, .. } => diagnostic
                .note("the boot loader writes flash or RAM, never both from one file; what is in RAM at start was copied there by the program")
                .help(format!("give the section a load address in flash: in the linker script `{section} : {{ … }} > RAM AT> FLASH`, with the names of your regions")),
            Self::OutsideChip { ram: true, .. } => diagnostic
                .help("this family is for flash; programs that run in RAM are of the family `rp2350-arm-s` or `rp2350-riscv`"),
            Self::OutsideChip { chip, .. } => diagnostic
                .note(if chip == "RP2040" {
                    "flash is at 0x10000000..0x11000000, RAM at 0x20000000..0x20042000"
                } else {
                    "flash is at 0x10000000..0x12000000, RAM at 0x20000000..0x20082000"
                })
                .help("check MEMORY (memory.x) and the family: the file may be for another chip"),
            Self::AddressTooHigh { .. } => diagnostic.help("use `bin`, which holds no addresses"),
            Self::NoFamily => diagnostic.help(format!("give one of {}, or a number such as 0xe48bff56", uf2::Family::names().collect::<Vec<_>>().join(", "))),
            Self::UnknownFamily(ref name) => {
                let diagnostic = diagnostic.help(format!("known: {}; or a number such as 0xe48bff56", uf2::Family::names().collect::<Vec<_>>().join(", ")));
                match did_you_mean(name, uf2::Family::names()) {
                    Some(close) => diagnostic.help(format!("did you mean `{close}`?")),
                    None => diagnostic,
                }
            }
            Self::NotWasm(_) => diagnostic.help("components are made from linked modules, such as `target/wasm32-unknown-unknown/release/<name>.wasm`"),
            Self::NoComponent(_) => component::help(diagnostic),
            Self::UnknownFormat(ref name) => {
                let known = Format::ALL.map(Format::name);
                match did_you_mean(name, known) {
                    Some(close) => diagnostic.help(format!("did you mean `{close}`?")),
                    None => diagnostic.help(format!("formats: {}", known.join(", "))),
                }
            }
        }
    }
}

/// A size with its unit, for people.
fn size(bytes: u64) -> String {
    match bytes {
        0..1024 => format!("{bytes} B"),
        1024..0x10_0000 => format!("{:.1} KiB", bytes as f64 / 1024.0),
        _ => format!("{:.1} MiB", bytes as f64 / 1_048_576.0),
    }
}

/// Turns a linked file into an image.
pub fn write(format: Format, elf: &[u8], options: &Options) -> Result<Vec<u8>, Error> {
    match format {
        Format::Elf => load::read(elf).map(|_| elf.to_vec()),
        Format::Bin => bin::write(elf, options),
        Format::Hex => hex::write(elf, options),
        Format::Srec => srec::write(elf, options),
        Format::Uf2 => uf2::write(elf, options),
        Format::Component => component::write(elf, &component::Options::default()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn formats_have_names_and_second_names() {
        for format in Format::ALL {
            assert_eq!(format.name().parse::<Format>(), Ok(format));
        }
        assert_eq!("S19".parse::<Format>(), Ok(Format::Srec));
        assert_eq!("ihex".parse::<Format>(), Ok(Format::Hex));
        let error = "ufa".parse::<Format>().unwrap_err();
        assert_eq!(
            error.into_diagnostic().to_string(),
            "error: unknown image format `ufa`\n  = help: did you mean `uf2`?"
        );
    }

    #[test]
    fn no_prefix_of_a_file_panics() {
        let elf = test_elf::Elf::new(0x8000)
            .load(0x8000, 0x8000, b"hello, world")
            .section(0x8000, 5)
            .section(0x8005, 7)
            .build();
        let options = Options {
            family: Some(uf2::Family(1)),
            ..Options::default()
        };
        let of_elf = Format::ALL.map(|format| (format, format != Format::Component));
        for (format, _) in of_elf.into_iter().filter(|(_, of_elf)| *of_elf) {
            assert!(write(format, &elf, &options).is_ok(), "{format}");
            for end in 0..elf.len() {
                // A cut inside the section table or the data must be an error or the same image,
                // never a panic.
                let _ = write(format, &elf[..end], &options);
            }
            // Every byte of the headers set to its extreme.
            for at in 0..elf.len() {
                for byte in [0, 0x7f, 0xff] {
                    let mut broken = elf.clone();
                    broken[at] = byte;
                    let _ = write(format, &broken, &options);
                }
            }
        }
        assert!(matches!(
            write(Format::Bin, &elf[..10], &options),
            Err(Error::NotElf(_))
        ));
        assert!(matches!(
            write(Format::Bin, &elf[..70], &options),
            Err(Error::Corrupt(_))
        ));
    }
}

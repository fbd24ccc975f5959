//! A linked image as the checks see it: sections, segments, symbols, memory.
//!
//! Read with goblin, so that the linker's own view of ELF is not checked against itself.

use goblin::elf::{Elf, program_header, section_header};

/// An output section.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Section {
    pub name: String,
    pub sh_type: u32,
    pub flags: u64,
    pub addr: u64,
    pub offset: u64,
    pub size: u64,
    pub align: u64,
    pub entsize: u64,
    pub link: u32,
    pub info: u32,
}

/// A program header.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Segment {
    pub p_type: u32,
    pub flags: u32,
    pub addr: u64,
    pub load_addr: u64,
    pub offset: u64,
    pub file_size: u64,
    pub size: u64,
    pub align: u64,
}

/// A symbol.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Symbol {
    pub name: String,
    pub value: u64,
    pub size: u64,
    pub kind: u8,
    pub bind: u8,
    pub visibility: u8,
    pub section: usize,
}

/// The image.
#[derive(Debug)]
pub struct Image {
    pub bytes: Vec<u8>,
    pub is_64: bool,
    pub little: bool,
    pub machine: u16,
    pub e_type: u16,
    pub e_flags: u32,
    pub entry: u64,
    pub sections: Vec<Section>,
    pub segments: Vec<Segment>,
    pub symbols: Vec<Symbol>,
}

impl Image {
    /// Parses an output file.
    pub fn parse(bytes: Vec<u8>) -> Result<Image, String> {
        let elf = Elf::parse(&bytes).map_err(|e| format!("the output is no ELF file: {e}"))?;
        let sections = elf
            .section_headers
            .iter()
            .map(|header| Section {
                name: elf
                    .shdr_strtab
                    .get_at(header.sh_name)
                    .unwrap_or("?")
                    .to_owned(),
                sh_type: header.sh_type,
                flags: header.sh_flags,
                addr: header.sh_addr,
                offset: header.sh_offset,
                size: header.sh_size,
                align: header.sh_addralign,
                entsize: header.sh_entsize,
                link: header.sh_link,
                info: header.sh_info,
            })
            .collect();
        let segments = elf
            .program_headers
            .iter()
            .map(|header| Segment {
                p_type: header.p_type,
                flags: header.p_flags,
                addr: header.p_vaddr,
                load_addr: header.p_paddr,
                offset: header.p_offset,
                file_size: header.p_filesz,
                size: header.p_memsz,
                align: header.p_align,
            })
            .collect();
        let symbols = elf
            .syms
            .iter()
            .skip(1)
            .map(|symbol| Symbol {
                name: elf.strtab.get_at(symbol.st_name).unwrap_or("?").to_owned(),
                value: symbol.st_value,
                size: symbol.st_size,
                kind: symbol.st_type(),
                bind: symbol.st_bind(),
                visibility: symbol.st_visibility(),
                section: symbol.st_shndx,
            })
            .collect();
        let (is_64, little) = (elf.is_64, elf.little_endian);
        let header = elf.header;
        Ok(Image {
            is_64,
            little,
            machine: header.e_machine,
            e_type: header.e_type,
            e_flags: header.e_flags,
            entry: header.e_entry,
            sections,
            segments,
            symbols,
            bytes,
        })
    }

    /// A section by name.
    pub fn section(&self, name: &str) -> Option<&Section> {
        self.sections.iter().find(|section| section.name == name)
    }

    /// Sections that occupy memory, in file order.
    pub fn alloc(&self) -> impl Iterator<Item = &Section> {
        self.sections
            .iter()
            .filter(|s| s.flags & u64::from(section_header::SHF_ALLOC) != 0)
    }

    /// A symbol by name; global ones first. Undefined ones do not count.
    pub fn symbol(&self, name: &str) -> Option<&Symbol> {
        let mut named = self
            .symbols
            .iter()
            .filter(|s| s.name == name && s.section != 0);
        let first = named.next()?;
        if first.bind != 0 {
            return Some(first);
        }
        Some(named.find(|s| s.bind != 0).unwrap_or(first))
    }

    /// A section's bytes in the file; none for NOBITS.
    pub fn contents(&self, section: &Section) -> &[u8] {
        if section.sh_type == section_header::SHT_NOBITS {
            return &[];
        }
        let start = section.offset as usize;
        self.bytes
            .get(start..start.saturating_add(section.size as usize))
            .unwrap_or(&[])
    }

    /// `N` bytes of memory: from the section at the address, else from a segment.
    pub fn memory<const N: usize>(&self, addr: u64) -> Option<[u8; N]> {
        let mut out = [0; N];
        for section in self.alloc() {
            if section.flags & u64::from(section_header::SHF_TLS) != 0
                && section.sh_type == section_header::SHT_NOBITS
            {
                continue;
            }
            let Some(at) = addr.checked_sub(section.addr) else {
                continue;
            };
            if at.checked_add(N as u64)? > section.size {
                continue;
            }
            if section.sh_type != section_header::SHT_NOBITS {
                let bytes = self.contents(section);
                out.copy_from_slice(bytes.get(at as usize..at as usize + N)?);
            }
            return Some(out);
        }
        for segment in &self.segments {
            if segment.p_type != program_header::PT_LOAD {
                continue;
            }
            let Some(at) = addr.checked_sub(segment.addr) else {
                continue;
            };
            if at.checked_add(N as u64)? > segment.file_size {
                continue;
            }
            let start = (segment.offset + at) as usize;
            out.copy_from_slice(self.bytes.get(start..start + N)?);
            return Some(out);
        }
        None
    }

    /// An unsigned number of `size` bytes in memory.
    pub fn number(&self, addr: u64, size: usize) -> Option<u64> {
        let bytes: Vec<u8> = (0..size as u64)
            .map(|at| self.memory::<1>(addr.checked_add(at)?).map(|[byte]| byte))
            .collect::<Option<_>>()?;
        let fold = |acc: u64, byte: &u8| acc << 8 | u64::from(*byte);
        Some(match self.little {
            true => bytes.iter().rev().fold(0, fold),
            false => bytes.iter().fold(0, fold),
        })
    }

    /// The load address of a section, from the segment that holds it.
    pub fn load_addr(&self, section: &Section) -> Option<u64> {
        let segment = self.segments.iter().find(|segment| {
            segment.p_type == program_header::PT_LOAD
                && section.addr >= segment.addr
                && section.addr + section.size <= segment.addr + segment.size
        })?;
        Some(section.addr - segment.addr + segment.load_addr)
    }
}

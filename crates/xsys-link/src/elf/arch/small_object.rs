//! Makes ELF objects for code that the linker adds to programs.
//!
//! Problem: start code and compiler helpers that no input defines are linked as objects, so that
//! garbage collection, scripts and relocations treat them like all inputs. Spec: System V gABI, "Object
//! Files".

use object::elf;

/// The machine and flags of an object.
#[derive(Clone, Copy, Debug)]
pub(super) struct ObjectKind {
    /// `e_machine`
    pub machine: u16,
    /// `e_flags`
    pub e_flags: u32,
}

/// A code section under construction.
#[derive(Default)]
pub(super) struct Code {
    /// Its name.
    pub name: String,
    /// Its contents.
    pub bytes: Vec<u8>,
    /// Offset, type, symbol.
    relocs: Vec<(u32, u32, String)>,
}

impl Code {
    /// An empty section.
    pub(super) fn new(name: impl Into<String>) -> Self {
        Self {
            name: name.into(),
            ..Self::default()
        }
    }

    /// The present offset.
    pub(super) fn here(&self) -> u32 {
        self.bytes.len() as u32
    }

    /// Appends two bytes.
    pub(super) fn word(&mut self, insn: u16) {
        self.bytes.extend_from_slice(&insn.to_le_bytes());
    }

    /// Changes two bytes.
    pub(super) fn patch(&mut self, at: u32, insn: u16) {
        let at = at as usize;
        if let Some(place) = self.bytes.get_mut(at..at + 2) {
            place.copy_from_slice(&insn.to_le_bytes());
        }
    }

    /// A relocation at the present offset.
    pub(super) fn reloc(&mut self, r_type: u32, symbol: &str) {
        self.relocs.push((self.here(), r_type, symbol.to_owned()));
    }
}

/// A name, the index of the section that defines it, its offset there, its binding.
pub(super) type DefinedSymbol = (String, usize, u32, elf::SymbolBind);

/// ELF32, little-endian: the code sections, their relocations, symbols and names.
pub(super) fn write(kind: ObjectKind, sections: &[Code], defined: &[DefinedSymbol]) -> Vec<u8> {
    let mut file = File::new();
    let (symbols, names) = file.symbols(sections, defined);
    // Null, code, relocations, symbols, strings.
    let symbol_table = 2 * sections.len() as u32 + 1;
    for code in sections {
        let fields = SectionFields {
            sh_type: elf::SHT_PROGBITS.0,
            flags: (elf::SHF_ALLOC.0 | elf::SHF_EXECINSTR.0) as u32,
            align: 2,
            ..SectionFields::default()
        };
        file.section(&code.name, &code.bytes, fields);
    }
    for (code, number) in sections.iter().zip(1..) {
        let fields = SectionFields {
            sh_type: elf::SHT_RELA.0,
            link: symbol_table,
            info: number,
            align: 4,
            entsize: 12,
            ..SectionFields::default()
        };
        let name = format!(".rela{}", code.name);
        file.section(&name, &relocations(code, &names), fields);
    }
    let fields = SectionFields {
        sh_type: elf::SHT_SYMTAB.0,
        link: symbol_table + 1,
        info: 1,
        align: 4,
        entsize: 16,
        ..SectionFields::default()
    };
    file.section(".symtab", &symbols, fields);
    file.finish(kind)
}

/// What a section header says besides the name, the place and the size.
#[derive(Default)]
struct SectionFields {
    sh_type: u32,
    flags: u32,
    link: u32,
    info: u32,
    align: u32,
    entsize: u32,
}

/// The file under construction.
struct File {
    /// The file header, which is written last, and the contents of the sections so far.
    bytes: Vec<u8>,
    headers: Vec<[u32; 10]>,
    /// Names of symbols and sections.
    strings: Vec<u8>,
}

impl File {
    fn new() -> Self {
        Self {
            bytes: vec![0; 52],
            headers: vec![[0; 10]],
            strings: vec![0],
        }
    }

    fn intern(&mut self, text: &str) -> u32 {
        let at = self.strings.len() as u32;
        self.strings.extend_from_slice(text.as_bytes());
        self.strings.push(0);
        at
    }

    /// The symbol table, and the names of its entries in their order: what is defined, and what relocations name.
    fn symbols<'n>(
        &mut self,
        sections: &'n [Code],
        defined: &'n [DefinedSymbol],
    ) -> (Vec<u8>, Vec<&'n str>) {
        let mut table = vec![0; 16];
        let mut names: Vec<&str> = vec![""];
        let mut add = |name: u32, value: u32, bind: elf::SymbolBind, section: u16| {
            table.extend_from_slice(&name.to_le_bytes());
            table.extend_from_slice(&value.to_le_bytes());
            table.extend_from_slice(&[0; 4]);
            table.extend_from_slice(&[bind.0 << 4, 0]);
            table.extend_from_slice(&section.to_le_bytes());
        };
        for (name, section, value, bind) in defined {
            add(self.intern(name), *value, *bind, *section as u16 + 1);
            names.push(name);
        }
        for (_, _, name) in sections.iter().flat_map(|code| &code.relocs) {
            if !names.contains(&name.as_str()) {
                add(self.intern(name), 0, elf::STB_GLOBAL, 0);
                names.push(name);
            }
        }
        (table, names)
    }

    fn section(&mut self, name: &str, content: &[u8], fields: SectionFields) {
        let name = self.intern(name);
        self.add(name, content, fields);
    }

    fn add(&mut self, name: u32, content: &[u8], fields: SectionFields) {
        let at = self.place(content);
        self.headers.push([
            name,
            fields.sh_type,
            fields.flags,
            0,
            at,
            content.len() as u32,
            fields.link,
            fields.info,
            fields.align,
            fields.entsize,
        ]);
    }

    /// Appends what is to be aligned to a word; its offset.
    fn place(&mut self, content: &[u8]) -> u32 {
        let aligned = self.bytes.len().next_multiple_of(4);
        self.bytes.resize(aligned, 0);
        self.bytes.extend_from_slice(content);
        aligned as u32
    }

    /// Adds the names, the section headers and the file header.
    fn finish(mut self, kind: ObjectKind) -> Vec<u8> {
        let name = self.intern(".strtab");
        let strings = std::mem::take(&mut self.strings);
        let fields = SectionFields {
            sh_type: elf::SHT_STRTAB.0,
            align: 1,
            ..SectionFields::default()
        };
        self.add(name, &strings, fields);
        let words = self.headers.iter().flatten();
        let table: Vec<u8> = words.flat_map(|word| word.to_le_bytes()).collect();
        let at = self.place(&table);
        let count = self.headers.len() as u16;
        let mut bytes = self.bytes;
        bytes[..7].copy_from_slice(b"\x7fELF\x01\x01\x01");
        bytes[20] = 1;
        bytes[32..36].copy_from_slice(&at.to_le_bytes());
        bytes[36..40].copy_from_slice(&kind.e_flags.to_le_bytes());
        for (at, value) in [
            (16, elf::ET_REL.0),
            (18, kind.machine),
            (40, 52),
            (46, 40),
            (48, count),
            (50, count - 1),
        ] {
            bytes[at..at + 2].copy_from_slice(&value.to_le_bytes());
        }
        bytes
    }
}

/// The relocations of a section, whose symbols are numbered as in `names`.
fn relocations(code: &Code, names: &[&str]) -> Vec<u8> {
    let mut table = Vec::new();
    for (offset, r_type, name) in &code.relocs {
        let symbol = names.iter().position(|known| known == name).unwrap_or(0);
        for word in [*offset, (symbol as u32) << 8 | r_type, 0] {
            table.extend_from_slice(&word.to_le_bytes());
        }
    }
    table
}

//! Objects that the linker makes for itself.
//!
//! Problem: start code and compiler helpers that no input brings go the way of all inputs, as ELF
//! objects, so that garbage collection, scripts and relocations treat them alike. Spec: System V
//! gABI, "Object Files".

use object::elf;

/// What the objects are for.
#[derive(Clone, Copy, Debug)]
pub(super) struct Kind {
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

    /// A relocation of what comes next.
    pub(super) fn reloc(&mut self, r_type: u32, symbol: &str) {
        self.relocs.push((self.here(), r_type, symbol.to_owned()));
    }
}

/// A name, the index of the section that defines it, its offset there, its binding.
pub(super) type Definition = (String, usize, u32, elf::SymbolBind);

/// ELF32, little-endian: the code sections, their relocations, symbols and names.
pub(super) fn write(kind: Kind, sections: &[Code], defined: &[Definition]) -> Vec<u8> {
    let mut strings = vec![0];
    let mut intern = |text: &str| {
        let at = strings.len() as u32;
        strings.extend_from_slice(text.as_bytes());
        strings.push(0);
        at
    };
    let mut symbols = vec![0; 16];
    let mut names: Vec<&str> = vec![""];
    let mut add = |name: u32, value: u32, bind: elf::SymbolBind, section: u16| {
        symbols.extend_from_slice(&name.to_le_bytes());
        symbols.extend_from_slice(&value.to_le_bytes());
        symbols.extend_from_slice(&[0; 4]);
        symbols.extend_from_slice(&[bind.0 << 4, 0]);
        symbols.extend_from_slice(&section.to_le_bytes());
    };
    for (name, section, value, bind) in defined {
        add(intern(name), *value, *bind, *section as u16 + 1);
        names.push(name);
    }
    for (_, _, name) in sections.iter().flat_map(|code| &code.relocs) {
        if !names.contains(&name.as_str()) {
            add(intern(name), 0, elf::STB_GLOBAL, 0);
            names.push(name);
        }
    }

    // Null, code, relocations, symbols, strings.
    let count = sections.len();
    let symbol_table = 2 * count as u32 + 1;
    let mut bytes = vec![0; 52];
    let mut headers = vec![[0; 10]];
    let mut place = |content: &[u8]| {
        bytes.resize(bytes.len().next_multiple_of(4), 0);
        let at = bytes.len() as u32;
        bytes.extend_from_slice(content);
        (at, content.len() as u32)
    };
    let code_flags = (elf::SHF_ALLOC.0 | elf::SHF_EXECINSTR.0) as u32;
    for code in sections {
        let (at, size) = place(&code.bytes);
        headers.push([intern(&code.name), 1, code_flags, 0, at, size, 0, 0, 2, 0]);
    }
    for (index, code) in sections.iter().enumerate() {
        let mut table = Vec::new();
        for (offset, r_type, name) in &code.relocs {
            let symbol = names.iter().position(|known| known == name).unwrap_or(0);
            for word in [*offset, (symbol as u32) << 8 | r_type, 0] {
                table.extend_from_slice(&word.to_le_bytes());
            }
        }
        let (at, size) = place(&table);
        let (name, to) = (intern(&format!(".rela{}", code.name)), index as u32 + 1);
        headers.push([
            name,
            elf::SHT_RELA.0,
            0,
            0,
            at,
            size,
            symbol_table,
            to,
            4,
            12,
        ]);
    }
    let (at, size) = place(&symbols);
    let name = intern(".symtab");
    headers.push([
        name,
        elf::SHT_SYMTAB.0,
        0,
        0,
        at,
        size,
        symbol_table + 1,
        1,
        4,
        16,
    ]);
    let name = intern(".strtab");
    let (at, size) = place(&strings);
    headers.push([name, elf::SHT_STRTAB.0, 0, 0, at, size, 0, 0, 1, 0]);

    let table: Vec<u8> = headers
        .iter()
        .flatten()
        .flat_map(|w| w.to_le_bytes())
        .collect();
    let (at, _) = place(&table);
    bytes[..7].copy_from_slice(b"\x7fELF\x01\x01\x01");
    let half = |bytes: &mut Vec<u8>, at: usize, value: u16| {
        bytes[at..at + 2].copy_from_slice(&value.to_le_bytes());
    };
    half(&mut bytes, 16, elf::ET_REL.0);
    half(&mut bytes, 18, kind.machine);
    bytes[20] = 1;
    bytes[32..36].copy_from_slice(&at.to_le_bytes());
    bytes[36..40].copy_from_slice(&kind.e_flags.to_le_bytes());
    half(&mut bytes, 40, 52);
    half(&mut bytes, 46, 40);
    half(&mut bytes, 48, headers.len() as u16);
    half(&mut bytes, 50, headers.len() as u16 - 1);
    bytes
}

//! A few AVR instructions, and objects made of them.
//!
//! Problem: what the linker adds to a program (start code, compiler helpers) goes the way of all
//! inputs, as an ELF object. Encodings: "AVR Instruction Set Manual" (DS40002198).

use object::elf;

use super::rules::r;

/// Instructions without their operands.
#[rustfmt::skip]
pub mod op {
    // Two registers.
    pub const ADD: u16 = 0x0c00;
    pub const ADC: u16 = 0x1c00;
    pub const AND: u16 = 0x2000;
    pub const EOR: u16 = 0x2400;
    pub const OR: u16 = 0x2800;
    pub const MOV: u16 = 0x2c00;
    pub const MUL: u16 = 0x9c00;
    pub const CPC: u16 = 0x0400;
    // One register.
    pub const COM: u16 = 0x9400;
    pub const NEG: u16 = 0x9401;
    pub const LSR: u16 = 0x9406;
    pub const ROR: u16 = 0x9407;
    pub const PUSH: u16 = 0x920f;
    pub const POP: u16 = 0x900f;
    /// Skips the next instruction where bit 7 is clear.
    pub const SBRC_7: u16 = 0xfc07;
    /// `sbci rD, 255` with the register's number less 16.
    pub const SBCI_255: u16 = 0x4f0f;
    // Branches.
    pub const BRCC: u16 = 0xf400;
    pub const BRNE: u16 = 0xf401;
    pub const BRPL: u16 = 0xf402;
    pub const RJMP: u16 = 0xc000;
    pub const RET: u16 = 0x9508;
}

/// A section under construction.
#[derive(Default)]
pub struct Code {
    name: &'static str,
    bytes: Vec<u8>,
    /// Offset, type, symbol.
    relocs: Vec<(u32, u32, String)>,
}

impl Code {
    pub fn new(name: &'static str) -> Self {
        Self {
            name,
            ..Self::default()
        }
    }

    pub fn here(&self) -> u32 {
        self.bytes.len() as u32
    }

    pub fn word(&mut self, insn: u16) {
        self.bytes.extend_from_slice(&insn.to_le_bytes());
    }

    pub fn reloc(&mut self, r_type: u32, symbol: &str) {
        self.relocs.push((self.here(), r_type, symbol.to_owned()));
    }

    /// `ldi rD, part(symbol)`
    pub fn load(&mut self, register: u16, r_type: u32, symbol: &str) {
        self.reloc(r_type, symbol);
        self.one(0xe000, register - 16);
    }

    /// `cpi rD, lo8(symbol)`
    pub fn compare(&mut self, register: u16, symbol: &str) {
        self.reloc(r::LO8_LDI, symbol);
        self.one(0x3000, register - 16);
    }

    /// An instruction with two registers.
    pub fn two(&mut self, op: u16, d: u16, r: u16) {
        self.word(op | (r & 0x10) << 5 | d << 4 | r & 0xf);
    }

    /// An instruction with one register.
    pub fn one(&mut self, op: u16, d: u16) {
        self.word(op | d << 4);
    }

    /// `movw`: two registers at once.
    pub fn pair(&mut self, d: u16, r: u16) {
        self.word(0x0100 | (d / 2) << 4 | (r / 2));
    }

    /// A branch back to an offset.
    pub fn back(&mut self, op: u16, to: u32) {
        let words = (to as i32 - self.here() as i32 - 2) / 2;
        self.word(op | (words as u16 & 0x7f) << 3);
    }

    /// A branch over what `body` writes.
    pub fn over(&mut self, op: u16, body: impl FnOnce(&mut Self)) {
        let at = self.bytes.len();
        self.word(op);
        body(self);
        let words = (self.bytes.len() - at - 2) / 2;
        let insn = op | (words as u16 & 0x7f) << 3;
        self.bytes[at..at + 2].copy_from_slice(&insn.to_le_bytes());
    }

    /// `out port, rR`
    pub fn out(&mut self, port: u16, register: u16) {
        self.word(0xb800 | (port & 0x30) << 5 | register << 4 | port & 0xf);
    }

    /// A jump or a call to a symbol, in the long form or in the short one.
    pub fn go(&mut self, symbol: &str, long: bool, call: bool) {
        if long {
            self.reloc(r::CALL, symbol);
            self.word(if call { 0x940e } else { 0x940c });
            self.word(0);
        } else {
            self.reloc(r::PCREL_13, symbol);
            self.word(if call { 0xd000 } else { op::RJMP });
        }
    }

    /// A loop over X up to a symbol, whose upper half `limit` holds: the test comes first.
    pub fn until(&mut self, end: &str, limit: u16, body: impl FnOnce(&mut Self)) {
        let jump = self.bytes.len();
        self.word(op::RJMP);
        let start = self.here();
        body(self);
        let length = (self.here() - start) / 2;
        self.bytes[jump..jump + 2].copy_from_slice(&(op::RJMP | length as u16).to_le_bytes());
        self.compare(26, end);
        self.two(op::CPC, 27, limit);
        self.back(op::BRNE, start);
    }
}

/// A name, the index of the section that defines it, its offset there, its binding.
pub type Definition = (String, usize, u32, elf::SymbolBind);

/// ELF32, little-endian: the code sections, their relocations, symbols and names.
pub fn write(arch: u8, sections: &[Code], defined: &[Definition]) -> Vec<u8> {
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
        headers.push([intern(code.name), 1, code_flags, 0, at, size, 0, 0, 2, 0]);
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
    half(&mut bytes, 18, elf::EM_AVR.0);
    bytes[20] = 1;
    bytes[32..36].copy_from_slice(&at.to_le_bytes());
    bytes[36] = arch | super::RELAX_PREPARED as u8;
    half(&mut bytes, 40, 52);
    half(&mut bytes, 46, 40);
    half(&mut bytes, 48, headers.len() as u16);
    half(&mut bytes, 50, headers.len() as u16 - 1);
    bytes
}

//! Line-number programs: which sequences of rows describe functions that stay.
//!
//! Spec: DWARF 5, section 6.2. With a section for each function, LLVM writes a sequence for each,
//! and a sequence starts from scratch: leaving some out does not touch the others.

use super::cursor::Cursor;
use super::targets::{Ascending, Reloc, Target};

/// The parts of a program's unit that stay, and where the unit ends.
pub struct Program {
    /// Spans of the section.
    pub kept: Vec<(u32, u32)>,
    /// The end.
    pub end: u32,
}

/// Goes through the program at `offset`. `None` when it is not understood.
pub fn read(bytes: &[u8], relocs: &[Reloc], offset: u32, address_size: u8) -> Option<Program> {
    let mut cursor = Cursor::new(bytes, offset as usize);
    let length = cursor.u32()?;
    if length >= 0xffff_fff0 {
        return None;
    }
    let end = cursor.pos().checked_add(length as usize)?;
    let bytes = bytes.get(..end)?;
    let mut cursor = Cursor::new(bytes, cursor.pos());
    let version = cursor.number(2)?;
    match version {
        2..=4 => {}
        5 => cursor.skip(2)?,
        _ => return None,
    }
    let header_length = cursor.u32()? as usize;
    let program = cursor.pos().checked_add(header_length)?;
    cursor.skip(if version >= 4 { 5 } else { 4 })?;
    let opcode_base = cursor.u8()?.max(1);
    let lengths = cursor.take(usize::from(opcode_base) - 1)?;
    if program < cursor.pos() || program > end {
        return None;
    }
    let first = relocs.partition_point(|reloc| (reloc.at as usize) < program);
    let mut relocs = Ascending::new(&relocs[first..]);
    let mut cursor = Cursor::new(bytes, program);
    let mut kept = vec![(offset, program as u32)];
    let mut start = program;
    let mut keep = |from: usize, to: usize| match kept.last_mut() {
        Some(last) if last.1 as usize == from => last.1 = to as u32,
        _ => kept.push((from as u32, to as u32)),
    };
    // What a sequence's addresses say about it.
    let mut stays = None;
    while !cursor.at_end() {
        let opcode = cursor.u8()?;
        if opcode >= opcode_base {
            continue;
        }
        match opcode {
            0 => {
                let length = usize::try_from(cursor.uleb()?).ok()?;
                let from = cursor.pos();
                cursor.skip(length)?;
                match bytes.get(from) {
                    Some(1) => {
                        if stays.unwrap_or(true) {
                            keep(start, cursor.pos());
                        }
                        start = cursor.pos();
                        stays = None;
                    }
                    Some(2) => {
                        if length != usize::from(address_size) + 1 {
                            return None;
                        }
                        let live = relocs
                            .at(from + 1)
                            .is_none_or(|reloc| reloc.target != Target::Gone);
                        stays = Some(stays.unwrap_or(false) || live);
                    }
                    // A file that is declared in passing is there for later sequences too.
                    Some(3) => return None,
                    _ => {}
                }
            }
            // The only one with an operand that is not LEB128.
            9 => cursor.skip(2)?,
            _ => {
                for _ in 0..*lengths.get(usize::from(opcode) - 1)? {
                    cursor.skip_leb()?;
                }
            }
        }
    }
    if start < end {
        keep(start, end);
    }
    Some(Program {
        kept,
        end: end as u32,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn program(sequences: &[u8]) -> Vec<u8> {
        let header = [
            // Instruction size, operations, statement, line base and range, opcode base.
            1, 1, 1, 0xfb, 14, 13, 0, 1, 1, 1, 1, 0, 0, 0, 1, 0, 0, 1, // No folders, no files.
            0, 0,
        ];
        let mut bytes = vec![0, 0, 0, 0, 4, 0];
        bytes.extend((header.len() as u32).to_le_bytes());
        bytes.extend(header);
        bytes.extend(sequences);
        let length = bytes.len() as u32 - 4;
        bytes[..4].copy_from_slice(&length.to_le_bytes());
        bytes
    }

    const SEQUENCE: [u8; 13] = [0, 5, 2, 0, 0, 0, 0, 0x14, 2, 5, 0, 1, 1];

    #[test]
    fn sequences_of_dropped_functions_go() {
        let bytes = program(&[SEQUENCE, SEQUENCE, SEQUENCE].concat());
        let start = bytes.len() as u32 - 39;
        let reloc = |number: u32, target| Reloc {
            at: start + number * 13 + 3,
            addend: 0,
            target,
        };
        let relocs = [
            reloc(0, Target::Function(0)),
            reloc(1, Target::Gone),
            reloc(2, Target::Function(2)),
        ];
        let found = read(&bytes, &relocs, 0, 4).unwrap();
        assert_eq!(found.kept, [(0, start + 13), (start + 26, start + 39)]);
        assert_eq!(found.end as usize, bytes.len());
    }

    #[test]
    fn broken_programs_are_refused() {
        let bytes = program(&SEQUENCE);
        for cut in 1..bytes.len() {
            assert!(read(&bytes[..cut], &[], 0, 4).is_none(), "{cut}");
        }
        let mut long = program(&SEQUENCE);
        long[6] = 0xff;
        assert!(read(&long, &[], 0, 4).is_none());
    }
}

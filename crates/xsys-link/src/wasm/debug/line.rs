//! Line-number programs: keeps the sequences that describe live functions, with new addresses if code has moved.
//!
//! Spec: DWARF 5, section 6.2. With a section for each function, LLVM writes a sequence for each. A sequence does not
//! depend on those before it, so they can be left out.

use super::Sections;
use super::cursor::Cursor;
use super::spans::Spans;
use super::targets::{Ascending, FileView, Origin, Reloc, Target};

const COPY: u8 = 1;
const ADVANCE_PC: u8 = 2;
const CONST_ADD_PC: u8 = 8;
const FIXED_ADVANCE_PC: u8 = 9;
const END_SEQUENCE: u8 = 1;
const SET_ADDRESS: u8 = 2;
const DEFINE_FILE: u8 = 3;

/// What is kept of line-number programs.
#[derive(Debug, Default)]
pub(super) struct Programs {
    /// Spans of the input, with space for new bytes in between.
    pub spans: Spans,
    /// Ranges of `bytes` with their new offsets.
    pub fresh: Vec<(u32, u32, u32)>,
    /// New bytes.
    pub bytes: Vec<u8>,
}

/// The header of a program.
struct Header<'a> {
    /// Start and end of the program.
    program: usize,
    end: usize,
    opcode_base: u8,
    line_range: u8,
    /// Whether instructions are one byte long, with one operation each.
    simple: bool,
    address_size: u8,
    /// The number of operands of each standard opcode.
    lengths: &'a [u8],
}

fn header(bytes: &[u8], offset: u32, address_size: u8) -> Option<Header<'_>> {
    let mut cursor = Cursor::new(bytes, offset as usize);
    let length = cursor.u32().filter(|&length| length < 0xffff_fff0)?;
    let end = cursor.pos().checked_add(length as usize)?;
    let mut cursor = Cursor::new(bytes.get(..end)?, cursor.pos());
    let version = cursor.number(2)?;
    match version {
        2..=4 => {}
        5 => cursor.skip(2)?,
        _ => return None,
    }
    let header_length = cursor.u32()? as usize;
    let program = cursor.pos().checked_add(header_length)?;
    let mut simple = cursor.u8()? == 1;
    if version >= 4 {
        simple &= cursor.u8()? == 1;
    }
    // `default_is_stmt` and `line_base`.
    cursor.skip(2)?;
    let line_range = cursor.u8()?;
    let opcode_base = cursor.u8()?.max(1);
    let lengths = cursor.take(usize::from(opcode_base) - 1)?;
    (cursor.pos() <= program && program <= end).then_some(Header {
        program,
        end,
        opcode_base,
        line_range,
        simple,
        address_size,
        lengths,
    })
}

impl Programs {
    /// Adds what is kept of the program at `offset`; returns its end. `None` if it cannot be parsed.
    pub(super) fn add(
        &mut self,
        sections: &Sections<'_, '_>,
        section: u32,
        offset: u32,
        address_size: u8,
    ) -> Option<u32> {
        let (bytes, relocs) = (sections.data(section), sections.relocs(section));
        let header = header(bytes, offset, address_size)?;
        let kept = sequences(bytes, relocs, &header)?;
        self.spans.push(offset, header.program as u32);
        for (from, to) in kept {
            match sections.view.moves() {
                false => drop(self.spans.push(from, to)),
                true => self.rewrite(&sections.view, bytes, relocs, &header, from, to)?,
            }
        }
        Some(header.end as u32)
    }

    fn append(&mut self, bytes: &[u8]) {
        let at = self.spans.reserve(bytes.len() as u32);
        let from = self.bytes.len() as u32;
        self.bytes.extend_from_slice(bytes);
        let to = self.bytes.len() as u32;
        match self.fresh.last_mut() {
            Some(last) if last.2 == from && last.0 + (last.2 - last.1) == at => last.2 = to,
            _ => self.fresh.push((at, from, to)),
        }
    }

    /// Rewrites sequences for new addresses.
    fn rewrite(
        &mut self,
        view: &FileView<'_, '_>,
        bytes: &[u8],
        relocs: &[Reloc],
        header: &Header<'_>,
        from: u32,
        to: u32,
    ) -> Option<()> {
        if !header.simple || header.line_range == 0 {
            return None;
        }
        let first = relocs.partition_point(|reloc| reloc.at < from);
        let mut relocs = Ascending::new(&relocs[first..]);
        let mut cursor = Cursor::new(bytes.get(..to as usize)?, from as usize);
        let mut rows = Rows {
            header,
            pending: 0,
            out: Vec::new(),
        };
        let mut origin = Origin::Unknown;
        let advance = |origin: &mut Origin, by: u64| {
            let moved = view.distance(*origin, by)?;
            if let Origin::Function(_, offset) = origin {
                *offset = u32::try_from(u64::from(*offset).checked_add(by)?).ok()?;
            }
            Some(moved)
        };
        let step = (255 - header.opcode_base) / header.line_range;
        while !cursor.at_end() {
            let at = cursor.pos();
            let opcode = cursor.u8()?;
            if let Some(special) = opcode.checked_sub(header.opcode_base) {
                let by = u64::from(special / header.line_range);
                rows.pending += advance(&mut origin, by)?;
                rows.special(special % header.line_range);
                continue;
            }
            match opcode {
                0 => {
                    let length = usize::try_from(cursor.uleb()?).ok()?;
                    let operand = cursor.pos();
                    cursor.skip(length)?;
                    if bytes.get(operand) == Some(&SET_ADDRESS) {
                        // The address has a relocation.
                        rows.pending = 0;
                        origin = Origin::of(relocs.at(operand + 1));
                        self.append(&std::mem::take(&mut rows.out));
                        self.spans.push(at as u32, cursor.pos() as u32);
                    } else {
                        rows.flush();
                        rows.out.extend_from_slice(bytes.get(at..cursor.pos())?);
                    }
                }
                COPY => {
                    rows.flush();
                    rows.out.push(opcode);
                }
                ADVANCE_PC => rows.pending += advance(&mut origin, cursor.uleb()?)?,
                CONST_ADD_PC => rows.pending += advance(&mut origin, step.into())?,
                FIXED_ADVANCE_PC => rows.pending += advance(&mut origin, cursor.number(2)?)?,
                _ => {
                    for _ in 0..*header.lengths.get(usize::from(opcode) - 1)? {
                        cursor.skip_leb()?;
                    }
                    rows.out.extend_from_slice(bytes.get(at..cursor.pos())?);
                }
            }
        }
        rows.flush();
        self.append(&rows.out);
        Some(())
    }
}

/// A sequence that is being written.
struct Rows<'h> {
    header: &'h Header<'h>,
    /// How much the address has to advance before the next row.
    pending: u64,
    out: Vec<u8>,
}

impl Rows<'_> {
    /// Advances the address.
    fn flush(&mut self) {
        if self.pending > 0 {
            self.out.push(ADVANCE_PC);
            crate::wasm::leb::uleb(&mut self.out, self.pending);
            self.pending = 0;
        }
    }

    /// Writes a row that advances the line like special opcodes with this remainder.
    fn special(&mut self, remainder: u8) {
        let base = self.header.opcode_base;
        let range = u64::from(self.header.line_range);
        let code = |by: u64| {
            let code = by.checked_mul(range)? + u64::from(base) + u64::from(remainder);
            u8::try_from(code).ok()
        };
        let step = u64::from((255 - base) / self.header.line_range);
        let rest = self.pending.checked_sub(step).and_then(code);
        if let Some(code) = code(self.pending) {
            self.out.push(code);
        } else if let Some(code) = rest.filter(|_| base > CONST_ADD_PC) {
            self.out.extend([CONST_ADD_PC, code]);
        } else {
            self.flush();
            self.out.extend(code(0));
        }
        self.pending = 0;
    }
}

impl Header<'_> {
    /// The least size of an instruction, by opcode: one, or two if a LEB128 number follows. 0 for other instructions.
    fn sizes(&self) -> [u8; 256] {
        let mut sizes = [1; 256];
        sizes[0] = 0;
        for (opcode, &count) in (1..usize::from(self.opcode_base)).zip(self.lengths) {
            sizes[opcode] = match count {
                _ if opcode == usize::from(FIXED_ADVANCE_PC) => 0,
                0 | 1 => 1 + count,
                _ => 0,
            };
        }
        sizes
    }
}

/// Skips instructions with at most one number of one byte, which are nearly all.
fn usual(bytes: &[u8], mut at: usize, sizes: &[u8; 256]) -> usize {
    while let Some(window) = bytes.get(at..).and_then(<[u8]>::first_chunk) {
        let [opcode, first, second, third] = *window;
        let size = sizes[usize::from(opcode)];
        if size == 1 {
            at += 1;
        } else if size == 2 && first < 0x80 {
            at += 2;
        } else if size == 2 && second < 0x80 {
            at += 3;
        } else if size == 2 && third < 0x80 {
            at += 4;
        } else {
            break;
        }
    }
    at
}

/// The sequences of a program that are kept.
fn sequences(bytes: &[u8], relocs: &[Reloc], header: &Header<'_>) -> Option<Vec<(u32, u32)>> {
    let bytes = bytes.get(..header.end)?;
    let first = relocs.partition_point(|reloc| (reloc.at as usize) < header.program);
    let mut relocs = Ascending::new(&relocs[first..]);
    let mut cursor = Cursor::new(bytes, header.program);
    let mut kept: Vec<(u32, u32)> = Vec::new();
    let mut start = header.program;
    let mut keep = |from: usize, to: usize| match kept.last_mut() {
        Some(last) if last.1 as usize == from => last.1 = to as u32,
        _ => kept.push((from as u32, to as u32)),
    };
    // Whether the sequence describes live code, if that is known.
    let mut stays = None;
    let sizes = header.sizes();
    loop {
        cursor = Cursor::new(bytes, usual(bytes, cursor.pos(), &sizes));
        if cursor.at_end() {
            break;
        }
        let opcode = cursor.u8()?;
        if opcode >= header.opcode_base {
            continue;
        }
        match opcode {
            0 => {
                let length = usize::try_from(cursor.uleb()?).ok()?;
                let from = cursor.pos();
                cursor.skip(length)?;
                match bytes.get(from) {
                    Some(&END_SEQUENCE) => {
                        if stays.unwrap_or(true) {
                            keep(start, cursor.pos());
                        }
                        start = cursor.pos();
                        stays = None;
                    }
                    Some(&SET_ADDRESS) => {
                        if length != usize::from(header.address_size) + 1 {
                            return None;
                        }
                        let live = relocs
                            .at(from + 1)
                            .is_none_or(|reloc| reloc.target != Target::Gone);
                        stays = Some(stays.unwrap_or(false) || live);
                    }
                    // Later sequences can use a file that is defined here.
                    Some(&DEFINE_FILE) => return None,
                    _ => {}
                }
            }
            // This is the only operand that is not LEB128.
            FIXED_ADVANCE_PC => cursor.skip(2)?,
            _ => {
                for _ in 0..*header.lengths.get(usize::from(opcode) - 1)? {
                    cursor.skip_leb()?;
                }
            }
        }
    }
    if start < header.end {
        keep(start, header.end);
    }
    Some(kept)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn program(sequences: &[u8]) -> Vec<u8> {
        let header = [
            // Instruction size, operations, statement, line base and range, opcode base.
            1, 1, 1, 0xfb, 14, 13, 0, 1, 1, 1, 1, 0, 0, 0, 1, 0, 0,
            1, // No directories, no files.
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
    fn usual_instructions_are_as_long_as_others() {
        let bytes = program(&[]);
        let header = header(&bytes, 0, 4).unwrap();
        let sizes = header.sizes();
        // Copy, advances by numbers of one to four bytes, a special opcode.
        let code = [
            1, 2, 5, 3, 0xff, 0x7f, 3, 0x80, 0x80, 1, 14, 5, 0x80, 0x80, 0x80, 1, 20, 20, 20, 20,
        ];
        assert_eq!(usual(&code, 0, &sizes), 11);
        assert_eq!(usual(&code, 16, &sizes), 17);
        for opcode in [0, 9] {
            assert_eq!(usual(&[1, opcode, 1, 1, 1, 1, 1], 0, &sizes), 1);
        }
        assert_eq!(usual(&[12, 1, 10, 11, 1, 1, 1], 0, &sizes), 4);
    }

    #[test]
    fn sequences_of_dropped_functions_go() {
        let bytes = program(&[SEQUENCE, SEQUENCE, SEQUENCE].concat());
        let start = bytes.len() as u32 - 39;
        let reloc = |number: u32, target| Reloc {
            at: start + number * 13 + 3,
            addend: 0,
            target,
            index: 0,
            ty: wasmparser::RelocationType::FunctionOffsetI32,
        };
        let relocs = [
            reloc(0, Target::Function(0)),
            reloc(1, Target::Gone),
            reloc(2, Target::Function(2)),
        ];
        let header = header(&bytes, 0, 4).unwrap();
        let found = sequences(&bytes, &relocs, &header).unwrap();
        assert_eq!(found, [(start, start + 13), (start + 26, start + 39)]);
        assert_eq!(header.end, bytes.len());
    }

    #[test]
    fn rows_take_the_shortest_form() {
        let bytes = program(&SEQUENCE);
        let header = header(&bytes, 0, 4).unwrap();
        for (pending, remainder, expected) in [
            (0, 5, &[18u8][..]),
            (3, 5, &[60]),
            (17, 3, &[254]),
            (17, 5, &[8, 18]),
            (34, 3, &[8, 254]),
            (200, 5, &[2, 0xc8, 1, 18]),
        ] {
            let mut rows = Rows {
                header: &header,
                pending,
                out: Vec::new(),
            };
            rows.special(remainder);
            assert_eq!(rows.out, expected, "{pending} {remainder}");
            assert_eq!(rows.pending, 0);
        }
    }

    #[test]
    fn broken_programs_are_refused() {
        let bytes = program(&SEQUENCE);
        for cut in 1..bytes.len() {
            assert!(header(&bytes[..cut], 0, 4).is_none(), "{cut}");
        }
        let mut long = program(&SEQUENCE);
        long[6] = 0xff;
        assert!(header(&long, 0, 4).is_none());
        let open = program(&SEQUENCE[..5]);
        assert!(sequences(&open, &[], &header(&open, 0, 4).unwrap()).is_none());
    }
}

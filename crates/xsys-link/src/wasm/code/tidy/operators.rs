//! Instructions, as far as their structure matters: how long each one is, and by how much it changes the height of
//! the operand stack.
//!
//! Spec: core specification, "Binary Format, Instructions", with the extensions of version 3.0 that compilers emit. A
//! function that contains any other instruction is not changed.

/// Reads a body.
pub(super) struct Cursor<'a> {
    bytes: &'a [u8],
    /// Offset of the next byte.
    pub at: usize,
}

impl<'a> Cursor<'a> {
    pub(super) fn new(bytes: &'a [u8]) -> Self {
        Self { bytes, at: 0 }
    }

    pub(super) fn is_done(&self) -> bool {
        self.at >= self.bytes.len()
    }

    #[inline]
    pub(super) fn byte(&mut self) -> Option<u8> {
        let byte = *self.bytes.get(self.at)?;
        self.at += 1;
        Some(byte)
    }

    /// Skips an integer of up to 64 bits.
    #[inline]
    pub(super) fn skip_number(&mut self) -> Option<()> {
        while self.byte()? & 0x80 != 0 {}
        Some(())
    }

    /// Reads an unsigned integer of up to 32 bits.
    #[inline]
    pub(super) fn number(&mut self) -> Option<u32> {
        let byte = self.byte()?;
        if byte < 0x80 {
            return Some(u32::from(byte));
        }
        let (mut value, mut shift) = (u64::from(byte & 0x7f), 7);
        loop {
            let byte = self.byte()?;
            value |= u64::from(byte & 0x7f) << shift;
            shift += 7;
            if byte < 0x80 {
                return u32::try_from(value).ok();
            }
            if shift > 28 {
                return None;
            }
        }
    }

    pub(super) fn skip(&mut self, count: usize) -> Option<()> {
        self.at = self.at.checked_add(count)?;
        (self.at <= self.bytes.len()).then_some(())
    }

    /// Skips alignment and offset of a memory access.
    #[inline]
    fn skip_access(&mut self) -> Option<()> {
        // If bit 6 is set, an index of a memory follows.
        (self.number()? < 64).then_some(())?;
        self.skip_number()
    }
}

/// The immediate operands of an opcode.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Operands {
    Unknown,
    None,
    Number,
    Access,
    Bytes4,
    Bytes8,
}

/// Operands of one-byte opcodes, and how they change the height of the stack.
const PLAIN: [(Operands, i8); 256] = plain();

const fn plain() -> [(Operands, i8); 256] {
    let mut table = [(Operands::Unknown, 0); 256];
    let mut opcode = 0;
    while opcode < 256 {
        table[opcode] = match opcode as u8 {
            0x01 => (Operands::None, 0),
            0x1a => (Operands::None, -1),
            0x1b => (Operands::None, -2),
            0x20 | 0x23 => (Operands::Number, 1),
            0x21 | 0x24 => (Operands::Number, -1),
            0x22 | 0x25 => (Operands::Number, 0),
            0x26 => (Operands::Number, -2),
            0x28..=0x35 => (Operands::Access, 0),
            0x36..=0x3e => (Operands::Access, -2),
            0x3f => (Operands::Number, 1),
            0x40 => (Operands::Number, 0),
            0x41 | 0x42 => (Operands::Number, 1),
            0x43 => (Operands::Bytes4, 1),
            0x44 => (Operands::Bytes8, 1),
            // Tests, and unary arithmetic and conversions.
            0x45 | 0x50 | 0x67..=0x69 | 0x79..=0x7b | 0x8b..=0x91 | 0x99..=0x9f => {
                (Operands::None, 0)
            }
            0xa7..=0xc4 => (Operands::None, 0),
            // Comparisons and binary arithmetic.
            0x46..=0x4f | 0x51..=0x66 | 0x6a..=0x78 | 0x7c..=0x8a | 0x92..=0x98 | 0xa0..=0xa6 => {
                (Operands::None, -1)
            }
            0xd0 | 0xd2 => (Operands::Number, 1),
            0xd1 => (Operands::None, 0),
            _ => (Operands::Unknown, 0),
        };
        opcode += 1;
    }
    table
}

/// What [`skip_run`] needs to know about an opcode.
#[derive(Clone, Copy)]
struct Short {
    /// Bits of the instruction's first four bytes; if all are zero, its operands have one byte each.
    bits: u32,
    /// Its length in that case. Zero if it is part of the structure, or has operands other than integers.
    length: u8,
    change: i8,
}

/// The highest bit of each byte.
const TOPS: u64 = 0x8080_8080_8080_8080;
/// Bits of an alignment that is followed by an index of a memory, or has more than one byte.
const ODD_ACCESS: u32 = 0xc000;

static SHORT: [Short; 256] = short();

const fn short() -> [Short; 256] {
    let mut table = [Short {
        bits: 0xff,
        length: 0,
        change: 0,
    }; 256];
    let mut opcode = 0;
    while opcode < 256 {
        let (operands, change) = PLAIN[opcode];
        let short = &mut table[opcode];
        short.change = change;
        match operands {
            Operands::None => (short.bits, short.length) = (0, 1),
            // The only byte of the integer ends it.
            Operands::Number => (short.bits, short.length) = (0x8000, 2),
            // So does that of the offset.
            Operands::Access => (short.bits, short.length) = (0x80_0000 | ODD_ACCESS, 3),
            Operands::Bytes4 | Operands::Bytes8 | Operands::Unknown => {}
        }
        opcode += 1;
    }
    // Other opcodes are recognised because they are not zero. `unreachable` is, so the three bytes behind it decide. If
    // these are zero, too, it is skipped; the last of such a run is not.
    table[0] = Short {
        bits: 0xffff_ff00,
        length: 1,
        change: 0,
    };
    table
}

/// Skips the most common instructions: those that consist of an opcode and at most two integers, which are seven of
/// ten. Returns the rest, which starts with an instruction of another kind. `last` becomes the length of the last
/// instruction; `height` is updated.
///
/// Megabytes of code go through this loop, so it only looks at eight bytes at a time.
#[inline(always)]
pub(super) fn skip_run<'b>(mut rest: &'b [u8], last: &mut usize, height: &mut i64) -> &'b [u8] {
    while let Some(bytes) = rest.first_chunk::<8>() {
        let word = u64::from_le_bytes(*bytes);
        let short = &SHORT[usize::from(word as u8)];
        let mut length = usize::from(short.length & 3);
        if word as u32 & short.bits != 0 {
            let odd = length == 3 && word as u32 & ODD_ACCESS != 0;
            if length < 2 || odd {
                break;
            }
            // The last integer is the one whose end has to be found.
            let ends = !word & (TOPS << (8 * (length - 1)));
            if ends == 0 {
                break;
            }
            length = ends.trailing_zeros() as usize / 8 + 1;
        }
        *height += i64::from(short.change);
        *last = length;
        rest = &rest[length..];
    }
    rest
}

/// Skips the operands of an instruction that is neither a call nor part of the structure. Returns how much the stack
/// grows; `None` if the instruction is unknown.
#[inline]
pub(super) fn skip_plain(cursor: &mut Cursor<'_>, opcode: u8) -> Option<i32> {
    let (operands, change) = PLAIN[opcode as usize];
    match operands {
        Operands::None => {}
        Operands::Number => cursor.skip_number()?,
        Operands::Access => cursor.skip_access()?,
        Operands::Bytes4 => cursor.skip(4)?,
        Operands::Bytes8 => cursor.skip(8)?,
        Operands::Unknown => return skip_prefixed(cursor, opcode),
    }
    Some(i32::from(change))
}

fn skip_prefixed(cursor: &mut Cursor<'_>, opcode: u8) -> Option<i32> {
    match opcode {
        // `select` with a type.
        0x1c => {
            for _ in 0..cursor.number()? {
                one_byte_type(cursor.byte()?)?;
            }
            Some(-2)
        }
        0xfc => {
            let (numbers, change) = match cursor.number()? {
                0..=7 => (0, 0),
                8 | 10 | 12 | 14 => (2, -3),
                9 | 13 => (1, 0),
                11 | 17 => (1, -3),
                15 => (1, -1),
                16 => (1, 1),
                _ => return None,
            };
            for _ in 0..numbers {
                cursor.skip_number()?;
            }
            Some(change)
        }
        0xfd => skip_vector(cursor),
        _ => None,
    }
}

fn skip_vector(cursor: &mut Cursor<'_>) -> Option<i32> {
    let opcode = cursor.number()?;
    match opcode {
        0..=11 | 92 | 93 => cursor.skip_access()?,
        12 | 13 => cursor.skip(16)?,
        21..=34 => cursor.skip(1)?,
        84..=91 => {
            cursor.skip_access()?;
            cursor.skip(1)?;
        }
        _ => {}
    }
    Some(match opcode {
        // Loads, lane extraction, tests, unary arithmetic and conversions.
        0..=10 | 15..=22 | 24 | 25 | 27 | 29 | 31 | 33 | 77 | 83 | 92..=100 => 0,
        103..=106 | 116 | 117 | 122 | 124..=129 | 131 | 132 | 135..=138 | 148 => 0,
        160 | 161 | 163 | 164 | 167..=170 | 192 | 193 | 195 | 196 | 199..=202 => 0,
        224 | 225 | 227 | 236 | 237 | 239 | 248..=255 => 0,
        12 => 1,
        11 | 82 | 88..=91 => -2,
        // Unassigned numbers, and newer instructions.
        154 | 162 | 165 | 166 | 175 | 176 | 178..=180 | 187 | 194 | 197 | 198 => return None,
        207 | 208 | 210..=212 | 226 | 238 | 256.. => return None,
        _ => -1,
    })
}

/// Accepts a value type that is encoded in one byte.
pub(super) fn one_byte_type(byte: u8) -> Option<()> {
    matches!(byte, 0x68..=0x7f).then_some(())
}

#[cfg(test)]
mod tests {
    use super::*;
    use wasmparser::{BinaryReader, ModuleArity, Operator, OperatorsReader};

    struct NoModule;

    impl ModuleArity for NoModule {
        fn tag_type_arity(&self, _: u32) -> Option<(u32, u32)> {
            None
        }
        fn type_index_of_function(&self, _: u32) -> Option<u32> {
            None
        }
        fn sub_type_at(&self, _: u32) -> Option<&wasmparser::SubType> {
            None
        }
        fn func_type_of_cont_type(
            &self,
            _: &wasmparser::ContType,
        ) -> Option<&wasmparser::FuncType> {
            None
        }
        fn sub_type_of_ref_type(&self, _: &wasmparser::RefType) -> Option<&wasmparser::SubType> {
            None
        }
        fn control_stack_height(&self) -> u32 {
            0
        }
        fn label_block(&self, _: u32) -> Option<(wasmparser::BlockType, wasmparser::FrameKind)> {
            None
        }
    }

    /// An instruction whose operand bytes are valid for any kind of operand.
    fn sample(opcode: &[u8]) -> Vec<u8> {
        let mut bytes = opcode.to_vec();
        bytes.extend([0; 24]);
        bytes
    }

    fn check(opcode: &[u8]) -> bool {
        let bytes = sample(opcode);
        let mut cursor = Cursor::new(&bytes);
        let first = cursor.byte().unwrap();
        let Some(change) = skip_plain(&mut cursor, first) else {
            return false;
        };
        let mut reader = OperatorsReader::new(BinaryReader::new(&bytes, 0));
        let operator: Operator<'_> = reader
            .read()
            .unwrap_or_else(|error| panic!("{opcode:02x?} is taken for an instruction: {error}"));
        let (pops, pushes) = operator.operator_arity(&NoModule).unwrap();
        let expected = pushes as i32 - pops as i32;
        assert_eq!(change, expected, "{operator:?}");
        let length = reader.original_position() as usize;
        assert_eq!(cursor.at, length, "{operator:?}");
        let bytes = &bytes[..length + 7];
        let (mut last, mut height) = (0, 0);
        let rest = skip_run(bytes, &mut last, &mut height);
        if rest.len() != bytes.len() {
            // The instruction is followed by `unreachable`.
            let expected = (7, length, i64::from(expected));
            assert_eq!((rest.len(), last, height), expected, "{operator:?}");
        }
        true
    }

    #[test]
    fn the_table_agrees_with_the_parser() {
        let mut known = 0;
        for opcode in 0..=255u8 {
            // For these opcodes, operands of zeros are not valid.
            if !matches!(opcode, 0x1c | 0xd0 | 0xfc | 0xfd) {
                known += u32::from(check(&[opcode]));
            }
        }
        for sub in 0..=20u8 {
            known += u32::from(check(&[0xfc, sub]));
        }
        for sub in 0..=255u8 {
            let number = match sub {
                0..=127 => vec![0xfd, sub],
                _ => vec![0xfd, sub & 0x7f | 0x80, 1],
            };
            known += u32::from(check(&number));
        }
        assert!(known > 400, "{known}");
    }

    #[test]
    fn runs_end_where_something_is_unusual() {
        for (bytes, skipped, last, change) in [
            // Integers of two bytes, so that instructions have seven and eight bytes.
            (&[0x20, 0, 0x41, 0x80, 1, 0x45, 0x0b][..], 6, 1, 2),
            (
                &[0x42, 0x80, 0x80, 0x80, 0x80, 0x80, 0x80, 1, 0x0b],
                8,
                8,
                1,
            ),
            (
                &[0x42, 0x80, 0x80, 0x80, 0x80, 0x80, 0x80, 0x80, 1],
                0,
                0,
                0,
            ),
            // An offset of two bytes, an alignment with an index of a memory, and an alignment of two bytes.
            (&[0x41, 0, 0x28, 2, 0x80, 1, 0x0b], 6, 4, 1),
            (&[0x41, 0, 0x28, 0x42, 0, 0, 0x0b], 2, 2, 1),
            (&[0x41, 0, 0x28, 0x82, 0, 0, 0x0b], 2, 2, 1),
            (&[0x41, 0, 0x45, 0x02, 0x40, 0x0b, 0x0b], 3, 1, 1),
            (&[0x41, 0, 0x41, 1, 0x36, 2, 4, 0x0b, 0, 0, 0], 7, 3, 0),
            (&[0x43, 0, 0, 0, 0, 0x1a], 0, 0, 0),
            (&[0x00, 0x0b], 0, 0, 0),
            (&[0x00, 0x00, 0x00, 0x00, 0x00, 0x0b], 2, 1, 0),
        ] {
            // Padding, because eight bytes are read at a time.
            let bytes = [bytes, &[0x0b; 8]].concat();
            let (mut length, mut height) = (0, 0);
            let rest = skip_run(&bytes, &mut length, &mut height);
            let found = (bytes.len() - rest.len(), length, height);
            assert_eq!(found, (skipped, last, change), "{bytes:02x?}");
        }
        let end = [0x1a; 7];
        assert_eq!(skip_run(&end, &mut 0, &mut 0), end);
    }

    #[test]
    fn odd_bytes() {
        for bytes in [
            &[0x41, 0x80][..],
            &[0x28, 0x40, 0, 0],
            &[0x43, 0],
            &[0x1c, 1, 0x63],
        ] {
            let mut cursor = Cursor::new(bytes);
            let opcode = cursor.byte().unwrap();
            assert_eq!(skip_plain(&mut cursor, opcode), None, "{bytes:02x?}");
        }
        let mut cursor = Cursor::new(&[0xff, 0xff, 0xff, 0xff, 0x1f]);
        assert_eq!(cursor.number(), None);
        let mut cursor = Cursor::new(&[0xff, 0xff, 0xff, 0xff, 0x0f]);
        assert_eq!(cursor.number(), Some(u32::MAX));
    }
}

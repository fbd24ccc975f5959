//! DWARF expressions: finds operations that refer to an entry of the unit, or to an address by index.
//!
//! Spec: DWARF 5, section 7.7.1; `DW_OP_WASM_location` is from WebAssembly's "DWARF for WebAssembly"; the operations
//! above 0xf0 are GNU extensions that DWARF 5 adopted.

use super::cursor::Cursor;

/// An operand that matters for pruning.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Operand {
    /// A base type, as an offset in the unit, in a LEB128 number of `len` bytes at `at`.
    Type {
        /// Its position in the expression.
        at: usize,
        /// Its length.
        len: usize,
        /// Its value.
        value: u64,
    },
    /// An index in `.debug_addr`.
    Address(u64),
}

/// Whether an expression is just `DW_OP_fbreg`, as for variables in code that is not optimised.
#[inline]
pub(super) fn is_frame_field(bytes: &[u8]) -> bool {
    match bytes {
        [0x91, head @ .., last] => *last < 0x80 && head.iter().all(|&byte| byte >= 0x80),
        _ => false,
    }
}

/// Reads an expression. `None` if it is cut off, or contains an unknown operation or one that refers to entries in a
/// way that is not supported.
#[inline]
pub(super) fn scan(bytes: &[u8], address_size: u8, mut each: impl FnMut(Operand)) -> Option<()> {
    let mut cursor = Cursor::new(bytes, 0);
    while !cursor.at_end() {
        match cursor.u8()? {
            // `DW_OP_fbreg`, registers, literals: nearly all operations are of these.
            0x91 | 0x70..=0x8f => cursor.skip_leb()?,
            0x30..=0x6f => {}
            0x03 => cursor.skip(usize::from(address_size))?,
            0x06 | 0x12..=0x14 | 0x16..=0x22 | 0x24..=0x27 | 0x29..=0x2e => {}
            0x96 | 0x97 | 0x9b | 0x9c | 0x9f | 0xe0 | 0xf0 => {}
            0x08 | 0x09 | 0x15 | 0x94 | 0x95 => cursor.skip(1)?,
            0x0a | 0x0b | 0x28 | 0x2f => cursor.skip(2)?,
            0x0c | 0x0d => cursor.skip(4)?,
            0x0e | 0x0f => cursor.skip(8)?,
            0x10 | 0x11 | 0x23 | 0x90 | 0x93 => cursor.skip_leb()?,
            0x92 | 0x9d => {
                cursor.skip_leb()?;
                cursor.skip_leb()?;
            }
            0x9e => {
                let length = cursor.uleb()?;
                cursor.skip(usize::try_from(length).ok()?)?;
            }
            0xa1 | 0xa2 | 0xfb => each(Operand::Address(cursor.uleb()?)),
            // The length of an expression, which follows.
            0xa3 | 0xf3 => cursor.skip_leb()?,
            0xa4 | 0xf4 => {
                each(type_operand(&mut cursor)?);
                let length = cursor.u8()?;
                cursor.skip(usize::from(length))?;
            }
            0xa5 | 0xf5 => {
                cursor.skip_leb()?;
                each(type_operand(&mut cursor)?);
            }
            0xa6 | 0xa7 | 0xf6 => {
                cursor.skip(1)?;
                each(type_operand(&mut cursor)?);
            }
            0xa8 | 0xa9 | 0xf7 | 0xf9 => each(type_operand(&mut cursor)?),
            0xed => match cursor.u8()? {
                0..=2 | 4 => cursor.skip_leb()?,
                3 => cursor.skip(4)?,
                _ => return None,
            },
            _ => return None,
        }
    }
    Some(())
}

fn type_operand(cursor: &mut Cursor<'_>) -> Option<Operand> {
    let at = cursor.pos();
    let value = cursor.uleb()?;
    let len = cursor.pos() - at;
    Some(Operand::Type { at, len, value })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn operands() {
        let check = |bytes: &[u8], expected: Option<&[Operand]>| {
            let mut found = Vec::new();
            let result = scan(bytes, 4, |operand| found.push(operand));
            assert_eq!(result.map(|()| &found[..]), expected, "{bytes:x?}");
        };
        let ty = |at, len, value| Operand::Type { at, len, value };
        check(&[0x91, 0x8c, 0x01], Some(&[]));
        check(&[0x03, 1, 2, 3, 4], Some(&[]));
        check(&[0x03, 1, 2, 3], None);
        check(&[0xed, 0, 2, 0x9f], Some(&[]));
        check(&[0xed, 3, 1, 0, 0, 0, 0x9f], Some(&[]));
        check(&[0xa8, 0xaa, 0x80, 0], Some(&[ty(1, 3, 0x2a)]));
        check(&[0xa3, 3, 0xa5, 0, 0x2a, 0x9f], Some(&[ty(4, 1, 0x2a)]));
        check(&[0xa1, 7], Some(&[Operand::Address(7)]));
        check(&[0x99, 0, 0, 0, 0], None);
        check(&[], Some(&[]));
    }
}

//! Reads numbers from bytes. Every read fails if there are not enough bytes.

/// A position in bytes.
#[derive(Clone, Copy, Debug)]
pub(super) struct Cursor<'a> {
    bytes: &'a [u8],
    pos: usize,
}

impl<'a> Cursor<'a> {
    /// Starts at `pos`, which may be past the end: then every read fails.
    pub(super) fn new(bytes: &'a [u8], pos: usize) -> Self {
        Self { bytes, pos }
    }

    /// The position.
    pub(super) fn pos(&self) -> usize {
        self.pos
    }

    /// Whether nothing is left.
    pub(super) fn at_end(&self) -> bool {
        self.pos >= self.bytes.len()
    }

    /// Skips `count` bytes.
    #[inline]
    pub(super) fn skip(&mut self, count: usize) -> Option<()> {
        let to = self.pos.checked_add(count)?;
        (to <= self.bytes.len()).then(|| self.pos = to)
    }

    /// The next `count` bytes.
    #[inline]
    pub(super) fn take(&mut self, count: usize) -> Option<&'a [u8]> {
        let from = self.pos;
        self.skip(count)?;
        self.bytes.get(from..self.pos)
    }

    /// One byte.
    #[inline]
    pub(super) fn u8(&mut self) -> Option<u8> {
        let byte = *self.bytes.get(self.pos)?;
        self.pos += 1;
        Some(byte)
    }

    /// A little-endian number of 1, 2, 3, 4 or 8 bytes.
    #[inline]
    pub(super) fn number(&mut self, width: usize) -> Option<u64> {
        let bytes = self.take(width)?;
        let mut whole = [0; 8];
        whole.get_mut(..width)?.copy_from_slice(bytes);
        Some(u64::from_le_bytes(whole))
    }

    /// Four bytes.
    #[inline]
    pub(super) fn u32(&mut self) -> Option<u32> {
        let bytes = self.bytes.get(self.pos..self.pos.checked_add(4)?)?;
        self.pos += 4;
        Some(u32::from_le_bytes(bytes.try_into().ok()?))
    }

    /// An unsigned LEB128 number.
    #[inline]
    pub(super) fn uleb(&mut self) -> Option<u64> {
        let first = self.u8()?;
        if first < 0x80 {
            return Some(u64::from(first));
        }
        let mut value = u64::from(first & 0x7f);
        let mut shift = 7;
        loop {
            let byte = self.u8()?;
            let part = u64::from(byte & 0x7f);
            // Padding may follow, but no bits beyond the 64th.
            if part != 0 && (shift > 63 || (shift == 63 && part > 1)) {
                return None;
            }
            if shift < 64 {
                value |= part << shift;
            }
            shift += 7;
            if byte < 0x80 {
                return Some(value);
            }
            if shift > 140 {
                return None;
            }
        }
    }

    /// Skips a LEB128 number, signed or unsigned.
    #[inline]
    pub(super) fn skip_leb(&mut self) -> Option<()> {
        while self.u8()? >= 0x80 {}
        Some(())
    }

    /// Skips a string with its NUL.
    #[inline]
    pub(super) fn skip_text(&mut self) -> Option<()> {
        let rest = self.bytes.get(self.pos..)?;
        self.pos += memchr::memchr(0, rest)? + 1;
        Some(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers() {
        for (bytes, expected) in [
            (&[0x7fu8][..], Some(0x7f)),
            (&[0xe5, 0x8e, 0x26], Some(624_485)),
            (&[0x80, 0x80, 0x00], Some(0)),
            (&[0x80, 0x80], None),
            (&[], None),
            (
                &[0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 1],
                Some(u64::MAX),
            ),
            (
                &[0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 2],
                None,
            ),
        ] {
            assert_eq!(Cursor::new(bytes, 0).uleb(), expected, "{bytes:x?}");
        }
        assert_eq!(Cursor::new(&[1, 2, 3], 0).number(3), Some(0x03_02_01));
        assert_eq!(Cursor::new(&[1, 2, 3], 1).number(4), None);
        assert_eq!(Cursor::new(&[1, 2, 3], usize::MAX).number(4), None);
        let mut text = Cursor::new(b"ab\0c", 0);
        assert_eq!((text.skip_text(), text.pos()), (Some(()), 3));
        assert_eq!(text.skip_text(), None);
    }
}

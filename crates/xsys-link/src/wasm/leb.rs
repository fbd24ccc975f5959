//! LEB128, the variable-length integers of WebAssembly (core specification, "Values").
//!
//! Fields that a linker fills in have their full width (five bytes for 32 bits, ten for 64), so that any value fits
//! without moving what follows.

/// Appends an unsigned number in its shortest form.
#[inline]
pub(super) fn uleb(out: &mut Vec<u8>, value: u64) {
    // Most numbers are indexes and addresses, which are short.
    let [first, second, third, ..] = septets(value);
    match value {
        0..0x80 => out.push(first),
        0x80..0x4000 => out.extend_from_slice(&[first | 0x80, second]),
        0x4000..0x20_0000 => out.extend_from_slice(&[first | 0x80, second | 0x80, third]),
        _ => long_uleb(out, value),
    }
}

/// Appends a signed number in its shortest form.
#[inline]
pub(super) fn sleb(out: &mut Vec<u8>, value: i64) {
    let [first, second, third, fourth] = septets(value as u64);
    match value {
        -0x40..0x40 => out.push(first),
        -0x2000..0x2000 => out.extend_from_slice(&[first | 0x80, second]),
        -0x10_0000..0x10_0000 => out.extend_from_slice(&[first | 0x80, second | 0x80, third]),
        -0x800_0000..0x800_0000 => {
            out.extend_from_slice(&[first | 0x80, second | 0x80, third | 0x80, fourth]);
        }
        _ => long_sleb(out, value),
    }
}

/// The lowest 28 bits, seven in each byte.
fn septets(value: u64) -> [u8; 4] {
    [0, 7, 14, 21].map(|shift| (value >> shift) as u8 & 0x7f)
}

fn long_uleb(out: &mut Vec<u8>, mut value: u64) {
    loop {
        let byte = (value & 0x7f) as u8;
        value >>= 7;
        if value == 0 {
            out.push(byte);
            return;
        }
        out.push(byte | 0x80);
    }
}

fn long_sleb(out: &mut Vec<u8>, mut value: i64) {
    loop {
        let byte = (value & 0x7f) as u8;
        value >>= 7;
        if (value == 0 && byte & 0x40 == 0) || (value == -1 && byte & 0x40 != 0) {
            out.push(byte);
            return;
        }
        out.push(byte | 0x80);
    }
}

/// Length of an unsigned number's shortest form.
pub(super) fn uleb_len(value: u64) -> usize {
    ((64 - value.leading_zeros()).max(1) as usize).div_ceil(7)
}

/// Length of a signed number's shortest form.
pub(super) fn sleb_len(value: i64) -> usize {
    let magnitude = if value < 0 { !value } else { value };
    ((65 - magnitude.leading_zeros()) as usize).div_ceil(7)
}

/// Encodes an unsigned number in exactly the length of the field.
pub(super) fn uleb_padded(field: &mut [u8], mut value: u64) {
    if let Some((last, head)) = field.split_last_mut() {
        for byte in head {
            *byte = (value & 0x7f) as u8 | 0x80;
            value >>= 7;
        }
        *last = (value & 0x7f) as u8;
    }
}

/// Encodes a signed number in exactly the length of the field.
pub(super) fn sleb_padded(field: &mut [u8], mut value: i64) {
    if let Some((last, head)) = field.split_last_mut() {
        for byte in head {
            *byte = (value & 0x7f) as u8 | 0x80;
            value >>= 7;
        }
        *last = (value & 0x7f) as u8;
    }
}

/// Decodes an unsigned 32-bit number at `at` and advances `at`. `None` if it is cut off or too large.
#[inline]
pub(super) fn read_uleb32(bytes: &[u8], at: &mut usize) -> Option<u32> {
    let mut value = 0u32;
    let mut shift = 0;
    loop {
        let byte = *bytes.get(*at)?;
        *at += 1;
        let bits = u32::from(byte & 0x7f);
        if shift == 28 && bits > 0xf {
            return None;
        }
        value |= bits << shift;
        if byte & 0x80 == 0 {
            return Some(value);
        }
        shift += 7;
        if shift > 28 {
            return None;
        }
    }
}

/// Bytes that can be indexed without bounds checks.
pub(super) type Window = [u8; 32];

/// Decodes a number of at most five bytes at `at` of a window and advances `at`. `None` if it is longer. This is not
/// a loop because numbers that follow each other in a file mostly have the same lengths: that way the processor
/// predicts each branch.
#[inline(always)]
pub(super) fn read_within(window: &Window, at: &mut usize) -> Option<u64> {
    let byte = |number: usize| u64::from(window[(*at + number) % 32]);
    let bits = |number: usize| (byte(number) & 0x7f) << (7 * number);
    let mut value = bits(0);
    let mut length = 1;
    if byte(0) >= 0x80 {
        value |= bits(1);
        length = 2;
        if byte(1) >= 0x80 {
            value |= bits(2);
            length = 3;
            if byte(2) >= 0x80 {
                value |= bits(3);
                length = 4;
                if byte(3) >= 0x80 {
                    value |= bits(4);
                    length = 5;
                    if byte(4) >= 0x80 {
                        return None;
                    }
                }
            }
        }
    }
    *at += length;
    Some(value)
}

/// Decodes a signed number of up to 64 bits at `at` and advances `at`. `None` if it is cut off or too long.
#[inline]
pub(super) fn read_sleb(bytes: &[u8], at: &mut usize) -> Option<i64> {
    let mut value = 0i64;
    let mut shift = 0;
    loop {
        let byte = *bytes.get(*at)?;
        *at += 1;
        value |= i64::from(byte & 0x7f) << shift;
        shift += 7;
        if byte & 0x80 == 0 {
            let unused = 64u32.saturating_sub(shift);
            return Some(value << unused >> unused);
        }
        if shift >= 70 {
            return None;
        }
    }
}

/// Appends a length-prefixed string.
pub(super) fn string(out: &mut Vec<u8>, text: &str) {
    uleb(out, text.len() as u64);
    out.extend_from_slice(text.as_bytes());
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn shortest_forms() {
        for (value, expected) in [
            (0u64, &[0u8][..]),
            (127, &[0x7f]),
            (128, &[0x80, 1]),
            (624_485, &[0xe5, 0x8e, 0x26]),
            (u64::from(u32::MAX), &[0xff, 0xff, 0xff, 0xff, 0x0f]),
        ] {
            let mut out = Vec::new();
            uleb(&mut out, value);
            assert_eq!(out, expected, "{value}");
            assert_eq!(uleb_len(value), expected.len(), "{value}");
        }
        for (value, expected) in [
            (0i64, &[0u8][..]),
            (63, &[0x3f]),
            (64, &[0xc0, 0]),
            (-64, &[0x40]),
            (-65, &[0xbf, 0x7f]),
            (-123_456, &[0xc0, 0xbb, 0x78]),
        ] {
            let mut out = Vec::new();
            sleb(&mut out, value);
            assert_eq!(out, expected, "{value}");
            assert_eq!(sleb_len(value), expected.len(), "{value}");
        }
        assert_eq!(sleb_len(i64::MIN), 10);
        assert_eq!(uleb_len(u64::MAX), 10);
    }

    #[test]
    fn short_numbers_are_like_long_ones() {
        for shift in 0..63 {
            for value in [
                1i64 << shift,
                (1 << shift) - 1,
                -(1 << shift),
                -(1 << shift) - 1,
            ] {
                let (mut short, mut long) = (Vec::new(), Vec::new());
                uleb(&mut short, value as u64);
                sleb(&mut short, value);
                long_uleb(&mut long, value as u64);
                long_sleb(&mut long, value);
                assert_eq!(short, long, "{value:#x}");
            }
        }
    }

    #[test]
    fn what_was_written_is_read() {
        for value in [0u32, 1, 127, 128, 300_000, u32::MAX] {
            let mut out = Vec::new();
            uleb(&mut out, u64::from(value));
            let mut at = 0;
            assert_eq!(read_uleb32(&out, &mut at), Some(value));
            assert_eq!(at, out.len());
            assert_eq!(read_uleb32(&out[..out.len() - 1], &mut 0), None);
        }
        for value in [0, 63, 64, -64, -65, i64::from(i32::MIN), i64::MIN, i64::MAX] {
            let mut out = Vec::new();
            sleb(&mut out, value);
            let mut at = 0;
            assert_eq!(read_sleb(&out, &mut at), Some(value));
            assert_eq!(at, out.len());
        }
        assert_eq!(read_uleb32(&[0xff, 0xff, 0xff, 0xff, 0x1f], &mut 0), None);
        assert_eq!(read_uleb32(&[0x80; 6], &mut 0), None);
        assert_eq!(read_sleb(&[0x80; 12], &mut 0), None);
    }

    #[test]
    fn padded_forms_fill_the_field() {
        let mut field = [0; 5];
        uleb_padded(&mut field, 1);
        assert_eq!(field, [0x81, 0x80, 0x80, 0x80, 0]);
        uleb_padded(&mut field, u64::from(u32::MAX));
        assert_eq!(field, [0xff, 0xff, 0xff, 0xff, 0x0f]);
        sleb_padded(&mut field, -1);
        assert_eq!(field, [0xff, 0xff, 0xff, 0xff, 0x7f]);
        let mut field = [0; 10];
        sleb_padded(&mut field, i64::MIN);
        assert_eq!(field[8..], [0x80, 0x7f]);
    }
}

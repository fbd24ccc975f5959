//! Damage as it happens and as it is made on purpose: the same number gives the same damage.

/// Numbers that look random and are not (xorshift).
#[derive(Clone, Debug)]
pub(crate) struct Numbers(u64);

impl Numbers {
    pub(crate) fn new(seed: u64) -> Self {
        // Neighbouring seeds shall have nothing in common; zero would stay zero.
        let mut numbers = Self(seed.wrapping_mul(0x9e37_79b9_7f4a_7c15) | 1);
        numbers.next();
        numbers
    }

    pub(crate) fn next(&mut self) -> u64 {
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 7;
        self.0 ^= self.0 << 17;
        self.0
    }

    /// One below `end`, which is not 0.
    pub(crate) fn below(&mut self, end: usize) -> usize {
        (self.next() % end as u64) as usize
    }
}

/// Values that break what was not thought of.
const NASTY: [u64; 14] = [
    0,
    1,
    2,
    0x7f,
    0x80,
    0xff,
    0x7fff,
    0x8000,
    0xffff,
    0x7fff_ffff,
    0x8000_0000,
    0xffff_ffff,
    i64::MAX as u64,
    u64::MAX,
];

/// Damages a file in one to five places.
pub(crate) fn damage(bytes: &mut Vec<u8>, numbers: &mut Numbers) {
    for _ in 0..=numbers.below(5) {
        one(bytes, numbers);
    }
}

fn one(bytes: &mut Vec<u8>, numbers: &mut Numbers) {
    if bytes.is_empty() {
        bytes.push(numbers.next() as u8);
        return;
    }
    let len = bytes.len();
    // Headers are what most depends on.
    let at = match numbers.below(3) {
        0 => numbers.below(len.min(640)),
        _ => numbers.below(len),
    };
    match numbers.below(10) {
        0 => bytes.truncate(at),
        1 => bytes[at] ^= 1 << numbers.below(8),
        2 => bytes[at] = numbers.next() as u8,
        3..=5 => number(bytes, at, numbers),
        6 => digits(bytes, at, numbers),
        7 => {
            let end = at + numbers.below((len - at).min(600)) + 1;
            bytes.drain(at..end);
        }
        8 => {
            let end = at + numbers.below((len - at).min(600)) + 1;
            let piece = bytes[at..end].to_vec();
            let to = numbers.below(len);
            bytes.splice(to..to, piece);
        }
        _ => {
            // A piece over another, such as one entry of a table over the next.
            let size = (numbers.below(64) + 1).min(len - at);
            let to = numbers.below(len - size + 1);
            bytes.copy_within(at..at + size, to);
        }
    }
}

/// A number of one to eight bytes becomes a nasty one, or nearly what it was.
fn number(bytes: &mut [u8], at: usize, numbers: &mut Numbers) {
    let size = 1 << numbers.below(4);
    // Fields are aligned, mostly.
    let at = match numbers.below(2) {
        0 => at,
        _ => at / size * size,
    };
    let Some(field) = bytes.get_mut(at..at + size) else {
        return;
    };
    let little = numbers.below(4) > 0;
    let value = match numbers.below(3) {
        0 => {
            let mut whole = [0; 8];
            whole[..size].copy_from_slice(field);
            let by = numbers.below(5) as u64;
            u64::from_le_bytes(whole).wrapping_add(by).wrapping_sub(2)
        }
        _ => NASTY[numbers.below(NASTY.len())],
    };
    let whole = value.to_le_bytes();
    field.copy_from_slice(&whole[..size]);
    if !little {
        field.reverse();
    }
}

/// A number in digits becomes another: sizes in tar and ar, block maps, TOML.
fn digits(bytes: &mut [u8], at: usize, numbers: &mut Numbers) {
    let rest = &mut bytes[at..];
    let Some(start) = rest.iter().position(u8::is_ascii_digit) else {
        return;
    };
    let run = rest[start..]
        .iter_mut()
        .take_while(|byte| byte.is_ascii_digit());
    let kind = numbers.below(4);
    for digit in run {
        *digit = match kind {
            0 => b'0',
            1 => b'7',
            2 => b'9',
            _ => b'0' + numbers.below(10) as u8,
        };
    }
}

/// Where a file is cut: everywhere in a short one and at its start, else at some places.
pub(crate) fn cuts(len: usize, most: usize) -> Vec<usize> {
    let step = (len / most.max(1)).max(1);
    let early = 0..len.min(most / 2);
    let mut cuts: Vec<usize> = early.chain((0..len).step_by(step)).collect();
    cuts.extend(len.checked_sub(1));
    cuts.sort_unstable();
    cuts.dedup();
    cuts
}

//! The hash of strings in `DenseMap`s of LLVM 22.
//!
//! Problem: wasm-ld iterates over such a map when it makes functions, so their order depends on the hash. It is
//! CityHash64 (Geoff Pike and Jyrki Alakuijala) with a fixed seed; strings of more than 64 bytes are hashed in a
//! different way.

const K0: u64 = 0xc3a5_c85c_97cb_3127;
const K1: u64 = 0xb492_b66f_be98_f273;
const K2: u64 = 0x9ae1_6a3b_2f90_404f;
const K3: u64 = 0xc949_d7c7_509e_6557;
const SEED: u64 = 0xff51_afd7_ed55_8ccd;
/// Block size of long strings.
const BLOCK: usize = 64;

/// The hash of a string.
pub(super) fn hash(text: &[u8]) -> u64 {
    let size = text.len() as u64;
    let word = |at: usize| fetch(text, at, 8);
    let from_end = |back: usize| fetch(text, text.len() - back, 8);
    match text.len() {
        0 => K2 ^ SEED,
        1..=3 => {
            let [first, middle, last] = [0, text.len() / 2, text.len() - 1].map(|at| text[at]);
            let low = u64::from(first) + (u64::from(middle) << 8);
            let high = size + (u64::from(last) << 2);
            shift_mix(low.wrapping_mul(K2) ^ high.wrapping_mul(K3) ^ SEED).wrapping_mul(K2)
        }
        4..=8 => {
            let (first, last) = (fetch(text, 0, 4), fetch(text, text.len() - 4, 4));
            join(size + (first << 3), SEED ^ last)
        }
        9..=16 => {
            let (first, last) = (word(0), from_end(8));
            let turned = last.wrapping_add(size).rotate_right(text.len() as u32);
            join(SEED ^ first, turned) ^ last
        }
        17..=32 => {
            let a = word(0).wrapping_mul(K1);
            let b = word(8);
            let c = from_end(8).wrapping_mul(K2);
            let d = from_end(16).wrapping_mul(K0);
            let low = a.wrapping_sub(b).rotate_right(43);
            let low = low
                .wrapping_add((c ^ SEED).rotate_right(30))
                .wrapping_add(d);
            let high = a.wrapping_add((b ^ K3).rotate_right(20)).wrapping_sub(c);
            join(low, high.wrapping_add(size).wrapping_add(SEED))
        }
        33..=BLOCK => {
            let start = word(0).wrapping_add(size.wrapping_add(from_end(16)).wrapping_mul(K0));
            let (first, second) = ends(start, [word(8), word(16), word(24)]);
            let start = word(16).wrapping_add(from_end(32));
            let (third, fourth) = ends(start, [from_end(24), from_end(16), from_end(8)]);
            let left = first.wrapping_add(fourth).wrapping_mul(K2);
            let right = third.wrapping_add(second).wrapping_mul(K0);
            let mixed = shift_mix(left.wrapping_add(right));
            let mixed = SEED ^ mixed.wrapping_mul(K0);
            shift_mix(mixed.wrapping_add(second)).wrapping_mul(K2)
        }
        _ => {
            let mut state = State::new();
            for block in text.chunks_exact(BLOCK) {
                state.mix(block);
            }
            if !text.len().is_multiple_of(BLOCK) {
                state.mix(&text[text.len() - BLOCK..]);
            }
            state.finish(size)
        }
    }
}

/// Reads `width` bytes as a little-endian number.
fn fetch(text: &[u8], at: usize, width: usize) -> u64 {
    let bytes = text[at..at + width].iter().rev();
    bytes.fold(0, |number, &byte| number << 8 | u64::from(byte))
}

fn shift_mix(value: u64) -> u64 {
    value ^ (value >> 47)
}

/// Combines two numbers into one.
fn join(low: u64, high: u64) -> u64 {
    const FACTOR: u64 = 0x9ddf_ea08_eb38_2d69;
    let first = shift_mix((low ^ high).wrapping_mul(FACTOR));
    shift_mix((high ^ first).wrapping_mul(FACTOR)).wrapping_mul(FACTOR)
}

/// One half of the hash of a string of 33 to 64 bytes.
fn ends(start: u64, [second, third, last]: [u64; 3]) -> (u64, u64) {
    let turned = start.wrapping_add(last).rotate_right(52);
    let sum = start.rotate_right(37);
    let both = start.wrapping_add(second);
    let sum = sum.wrapping_add(both.rotate_right(7));
    let all = both.wrapping_add(third);
    let other = turned.wrapping_add(all.rotate_right(31)).wrapping_add(sum);
    (all.wrapping_add(last), other)
}

/// The state while a long string is hashed.
struct State([u64; 7]);

impl State {
    fn new() -> Self {
        let (fourth, fifth) = (SEED.wrapping_mul(K1), shift_mix(SEED));
        Self([
            0,
            SEED,
            join(SEED, K1),
            (SEED ^ K1).rotate_right(49),
            fourth,
            fifth,
            join(fourth, fifth),
        ])
    }

    fn mix(&mut self, block: &[u8]) {
        let word = |at: usize| fetch(block, at, 8);
        let h = &mut self.0;
        let sum = |numbers: &[u64]| numbers.iter().fold(0u64, |sum, &n| sum.wrapping_add(n));
        h[0] = sum(&[h[0], h[1], h[3], word(8)])
            .rotate_right(37)
            .wrapping_mul(K1);
        h[1] = sum(&[h[1], h[4], word(48)])
            .rotate_right(42)
            .wrapping_mul(K1);
        h[0] ^= h[6];
        h[1] = sum(&[h[1], h[3], word(40)]);
        h[2] = sum(&[h[2], h[5]]).rotate_right(33).wrapping_mul(K1);
        h[3] = h[4].wrapping_mul(K1);
        h[4] = sum(&[h[0], h[5]]);
        (h[3], h[4]) = mix_half(&block[..32], h[3], h[4]);
        h[5] = sum(&[h[2], h[6]]);
        h[6] = sum(&[h[1], word(16)]);
        (h[5], h[6]) = mix_half(&block[32..], h[5], h[6]);
        h.swap(0, 2);
    }

    fn finish(&self, size: u64) -> u64 {
        let h = &self.0;
        let side = |a: u64, b: u64, mixed: u64, more: u64| {
            let mixed = shift_mix(mixed).wrapping_mul(K1);
            join(a, b).wrapping_add(mixed).wrapping_add(more)
        };
        join(side(h[3], h[5], h[1], h[2]), side(h[4], h[6], size, h[0]))
    }
}

fn mix_half(half: &[u8], a: u64, b: u64) -> (u64, u64) {
    let word = |at: usize| fetch(half, at, 8);
    let first = a.wrapping_add(word(0));
    let last = word(24);
    let turned = b.wrapping_add(first).wrapping_add(last).rotate_right(21);
    let all = first.wrapping_add(word(8)).wrapping_add(word(16));
    let other = turned
        .wrapping_add(all.rotate_right(44))
        .wrapping_add(first);
    (all.wrapping_add(last), other)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn texts_of_all_lengths_have_llvms_hashes() {
        let long = "x".repeat(128);
        for (text, expected) in [
            ("", 0x65b0_c5ec_c2c5_cc82),
            ("g", 0x522f_64e1_4f06_f2ef),
            ("_start", 0xddb8_9098_dbb9_b34d),
            ("memcpy_long", 0x38b7_1bd8_c77a_e2be),
            ("a_name_of_seventeen_on", 0x498f_5c9b_ea50_7cf3),
            (
                "a_name_that_has_more_than_thirty_two_letters",
                0x3a6e_bacd_fca4_fccf,
            ),
            (
                "_ZN4core3fmt5write17h0123456789abcdefE_and_more_than_sixty_four_letters_in_all",
                0xca6b_123b_b130_64b1,
            ),
            (&long, 0xf99e_cd66_e7af_be10),
        ] {
            assert_eq!(hash(text.as_bytes()), expected, "{text}");
        }
    }
}

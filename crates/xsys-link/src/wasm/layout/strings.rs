//! Merges strings that end with NUL, as ELF linkers do for `SHF_STRINGS`.
//!
//! Data segments have a flag for this in the `linking` section. Custom sections have no flags: `.debug_str` and
//! `.debug_line_str` are known by name. A string that is the end of another one shares its bytes.

use hashbrown::HashMap;

/// Strings of several inputs in one table, each string once.
#[derive(Debug, Default)]
pub struct MergedStrings {
    /// The table.
    pub bytes: Vec<u8>,
    /// For each input, the old and the new offset of each string, ascending.
    pieces: Vec<Vec<(u32, u32)>>,
}

impl MergedStrings {
    /// Merges the inputs' strings.
    pub fn build(inputs: &[&[u8]]) -> Self {
        let mut numbers: HashMap<&[u8], u32, foldhash::fast::FixedState> = HashMap::default();
        let mut strings: Vec<&[u8]> = Vec::new();
        let mut pieces: Vec<Vec<(u32, u32)>> = Vec::with_capacity(inputs.len());
        for input in inputs {
            let mut list = Vec::new();
            let mut at = 0u32;
            for string in input.split_inclusive(|&byte| byte == 0) {
                let number = *numbers.entry(string).or_insert_with(|| {
                    strings.push(string);
                    strings.len() as u32 - 1
                });
                list.push((at, number));
                at += string.len() as u32;
            }
            pieces.push(list);
        }
        let (bytes, places) = with_tails(&strings);
        for piece in pieces.iter_mut().flatten() {
            piece.1 = places[piece.1 as usize];
        }
        Self { bytes, pieces }
    }

    /// The new offset of an offset in an input.
    pub fn place(&self, input: usize, offset: u64) -> u64 {
        let Some(list) = self.pieces.get(input) else {
            return 0;
        };
        let after = list.partition_point(|&(from, _)| u64::from(from) <= offset);
        match after.checked_sub(1).and_then(|at| list.get(at)) {
            // An addend may lead to the middle of a string.
            Some(&(from, to)) => u64::from(to).wrapping_add(offset - u64::from(from)),
            None => offset,
        }
    }
}

/// Builds the table. Sorted by their reversed bytes, descending, a string comes right behind those that end with it.
fn with_tails(strings: &[&[u8]]) -> (Vec<u8>, Vec<u32>) {
    let mut order: Vec<u32> = (0..strings.len() as u32).collect();
    order.sort_unstable_by(|&a, &b| {
        let (a, b) = (strings[a as usize], strings[b as usize]);
        b.iter().rev().cmp(a.iter().rev())
    });
    let mut bytes: Vec<u8> = Vec::new();
    let mut places = vec![0; strings.len()];
    let mut previous: &[u8] = &[];
    for number in order {
        let string = strings[number as usize];
        if previous.ends_with(string) {
            places[number as usize] = (bytes.len() - string.len()) as u32;
            continue;
        }
        places[number as usize] = bytes.len() as u32;
        bytes.extend_from_slice(string);
        previous = string;
    }
    (bytes, places)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn equal_strings_and_tails() {
        let inputs: [&[u8]; 2] = [b"foobar\0bar\0", b"bar\0x\0"];
        let tails = MergedStrings::build(&inputs);
        assert_eq!(tails.bytes, b"x\0foobar\0");
        assert_eq!(
            [tails.place(0, 0), tails.place(0, 8), tails.place(1, 4)],
            [2, 6, 0]
        );
        assert_eq!(tails.place(1, 1), 6);
    }

    #[test]
    fn odd_inputs() {
        let merged = MergedStrings::build(&[b"", b"open end"]);
        assert_eq!(merged.bytes, b"open end");
        assert_eq!((merged.place(0, 3), merged.place(9, 3)), (3, 0));
    }
}

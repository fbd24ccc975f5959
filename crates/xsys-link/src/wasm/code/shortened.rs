//! Bodies with shortest indexes and addresses, and how offsets within them have changed.
//!
//! [`shorten`](crate::wasm::relocate::shorten) makes them.

use crate::wasm::ids::FileId;

/// The bodies of a module with shortest numbers.
#[derive(Debug)]
pub struct Shortened {
    /// By file.
    pub files: Vec<FileCode>,
}

/// The live bodies of one file, back to back.
#[derive(Debug, Default)]
pub struct FileCode {
    /// With their size fields.
    pub bytes: Vec<u8>,
    /// Where each function's body starts in `bytes`, one more for the end. Dropped ones are empty.
    pub starts: Vec<u32>,
    /// Where each function's moves start in `moves`, one more for the end; empty without maps.
    pub maps: Vec<u32>,
    /// Ascending within each function.
    pub moves: Vec<Move>,
}

/// From this offset of the input body on, behind its size field, so many bytes are missing.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Move {
    /// The offset.
    pub from: u32,
    /// How many, with those before.
    pub removed: u32,
}

impl Shortened {
    /// A live function's body with its size field.
    pub fn body(&self, file: FileId, function: u32) -> &[u8] {
        let code = &self.files[file.0 as usize];
        let (from, to) = (function as usize, function as usize + 1);
        &code.bytes[code.starts[from] as usize..code.starts[to] as usize]
    }

    /// Length of a live function's size field.
    pub fn size_len(&self, file: FileId, function: u32) -> u64 {
        let field = self.body(file, function).iter();
        field.take_while(|&&byte| byte & 0x80 != 0).count() as u64 + 1
    }

    /// Where an offset of the input body has gone; both count from the end of the size field.
    pub fn moved(&self, file: FileId, function: u32, offset: u64) -> u64 {
        let code = &self.files[file.0 as usize];
        let (from, to) = (function as usize, function as usize + 1);
        let (Some(&from), Some(&to)) = (code.maps.get(from), code.maps.get(to)) else {
            return offset;
        };
        let moves = &code.moves[from as usize..to as usize];
        let after = moves.partition_point(|step| u64::from(step.from) <= offset);
        let before = after.checked_sub(1).and_then(|last| moves.get(last));
        let moved = offset - before.map_or(0, |step| u64::from(step.removed));
        // LLVM has rows in the middle of padded numbers, which end earlier now.
        match moves.get(after) {
            Some(next) => moved.min(u64::from(next.from - next.removed)),
            None => moved,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn offsets_follow_what_was_removed() {
        let step = |from, removed| Move { from, removed };
        let shortened = Shortened {
            files: vec![FileCode {
                bytes: vec![0; 300],
                starts: vec![0, 0, 300],
                maps: vec![0, 0, 2],
                moves: vec![step(6, 4), step(20, 7)],
            }],
        };
        let file = FileId(0);
        for (offset, expected) in [
            (0, 0),
            (1, 1),
            (5, 2),
            (6, 2),
            (19, 13),
            (20, 13),
            (400, 393),
        ] {
            assert_eq!(shortened.moved(file, 1, offset), expected, "{offset}");
        }
        assert_eq!(shortened.moved(file, 0, 9), 9, "a function without moves");
    }
}

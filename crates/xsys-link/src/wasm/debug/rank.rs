//! A set of offsets that also numbers them: a bit for each offset, and a count for each 64 of them.

/// The set.
#[derive(Debug, Default)]
pub struct Ranks {
    bits: Vec<u64>,
    sums: Vec<u32>,
    count: usize,
}

impl Ranks {
    /// Removes all offsets. Then offsets below `size` can be inserted.
    pub fn clear(&mut self, size: usize) {
        self.bits.clear();
        self.bits.resize(size.div_ceil(64), 0);
    }

    /// Inserts an offset; one that is too large is ignored.
    #[inline]
    pub fn insert(&mut self, offset: u32) {
        if let Some(word) = self.bits.get_mut(offset as usize / 64) {
            *word |= 1 << (offset % 64);
        }
    }

    /// Numbers the offsets, when all have been inserted.
    pub fn finish(&mut self) {
        let mut sum = 0;
        self.sums.clear();
        self.sums.extend(self.bits.iter().map(|word| {
            let before = sum;
            sum += word.count_ones();
            before
        }));
        self.count = sum as usize;
    }

    /// The number of offsets.
    pub fn count(&self) -> usize {
        self.count
    }

    /// An offset's number.
    #[inline]
    pub fn number(&self, offset: u32) -> Option<u32> {
        let word = *self.bits.get(offset as usize / 64)?;
        let bit = 1u64 << (offset % 64);
        let before = (word & (bit - 1)).count_ones();
        (word & bit != 0).then(|| self.sums[offset as usize / 64] + before)
    }

    /// The offsets, ascending.
    pub fn iter(&self) -> impl Iterator<Item = u32> + '_ {
        self.bits.iter().enumerate().flat_map(|(at, &word)| {
            let mut rest = word;
            std::iter::from_fn(move || {
                let bit = (rest != 0).then(|| rest.trailing_zeros())?;
                rest &= rest - 1;
                Some(at as u32 * 64 + bit)
            })
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_follow_the_order() {
        let mut set = Ranks::default();
        set.insert(7);
        set.clear(200);
        for offset in [199, 3, 64, 3, 63, 1000] {
            set.insert(offset);
        }
        set.finish();
        assert_eq!(set.count(), 4);
        assert_eq!(set.iter().collect::<Vec<_>>(), [3, 63, 64, 199]);
        let numbers: Vec<_> = [3, 63, 64, 199, 4, 1000]
            .iter()
            .map(|&offset| set.number(offset))
            .collect();
        assert_eq!(numbers, [Some(0), Some(1), Some(2), Some(3), None, None]);
    }
}

//! Random damage that is the same in every run.

/// xorshift: the same damage every time.
pub(crate) struct Damage(pub u64);

impl Damage {
    pub(crate) fn next(&mut self, below: usize) -> usize {
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 7;
        self.0 ^= self.0 << 17;
        (self.0 % below as u64) as usize
    }
}

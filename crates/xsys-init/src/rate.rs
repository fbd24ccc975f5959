//! Limits how much a service may log: a program that complains without end must not wear out a card, nor push all other
//! lines out of the ring.

use std::time::{Duration, Instant};

pub struct Rate {
    begun: Instant,
    spent: usize,
    dropped: u64,
}

/// What to do with a line.
#[derive(Debug, PartialEq)]
pub enum Verdict {
    Pass,
    Drop,
    /// It passes, and this many were dropped before it.
    PassAfter(u64),
}

impl Rate {
    const WINDOW: Duration = Duration::from_secs(10);
    /// Bytes for each window; a line costs its length and what stands before it.
    const BYTES: usize = 256 << 10;
    const LINE: usize = 64;

    pub fn new(now: Instant) -> Rate {
        Rate {
            begun: now,
            spent: 0,
            dropped: 0,
        }
    }

    pub fn line(&mut self, length: usize, now: Instant) -> Verdict {
        if now.duration_since(self.begun) >= Rate::WINDOW {
            self.begun = now;
            self.spent = 0;
        }
        if self.spent >= Rate::BYTES {
            self.dropped += 1;
            return Verdict::Drop;
        }
        self.spent += length + Rate::LINE;
        match std::mem::take(&mut self.dropped) {
            0 => Verdict::Pass,
            dropped => Verdict::PassAfter(dropped),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_flood_is_cut_and_counted() {
        let begun = Instant::now();
        let mut rate = Rate::new(begun);
        let passed = (0..10_000)
            .filter(|_| rate.line(36, begun) == Verdict::Pass)
            .count();
        assert_eq!(passed, Rate::BYTES.div_ceil(100));
        let later = begun + Rate::WINDOW;
        assert_eq!(
            rate.line(36, later),
            Verdict::PassAfter(10_000 - passed as u64)
        );
        assert_eq!(rate.line(36, later), Verdict::Pass);
    }
}

//! How long to wait before the next attempt: twice as long every time, up to a limit, and from the start again once an
//! attempt lasted for a while.

use crate::config::Backoff;
use std::time::Duration;

pub struct Waits {
    range: Backoff,
    next: Duration,
}

impl Waits {
    /// An attempt that lasted this long did not fail at once.
    const A_WHILE: Duration = Duration::from_secs(60);

    pub fn new(range: Backoff) -> Waits {
        Waits {
            range,
            next: range.first,
        }
    }

    /// The wait after an attempt that lasted for `ran`.
    pub fn next(&mut self, ran: Duration) -> Duration {
        if ran >= Waits::A_WHILE.max(self.range.most) {
            self.next = self.range.first;
        }
        let wait = self.next;
        self.next = (wait * 2).min(self.range.most);
        wait
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn longer_and_longer() {
        let range = Backoff {
            first: Duration::from_secs(1),
            most: Duration::from_secs(5),
        };
        let mut waits = Waits::new(range);
        let seconds: Vec<_> = [0, 0, 0, 0, 59, 60, 0]
            .map(|ran| waits.next(Duration::from_secs(ran)).as_secs())
            .into();
        assert_eq!(seconds, [1, 2, 4, 5, 5, 1, 2]);
    }
}

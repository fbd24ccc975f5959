//! The newest lines of the log, in memory, limited in bytes.

use std::collections::VecDeque;

/// A line: when, from whom, what.
#[derive(Clone, Debug, PartialEq)]
pub struct Line {
    /// Time since the kernel's start. It never jumps, unlike the clock when the first time server answers.
    pub uptime_ms: u64,
    /// Seconds since 1970, if that was known.
    pub clock: u64,
    pub source: String,
    pub text: String,
}

impl Line {
    /// What a line takes besides its text.
    const OVERHEAD: usize = size_of::<Line>();

    fn cost(&self) -> usize {
        Line::OVERHEAD + self.source.len() + self.text.len()
    }

    /// The line as written to the file and on the page.
    pub fn written(&self) -> String {
        format!("{} {}: {}", utc(self.clock), self.source, self.text)
    }

    /// The line as written to the serial port, in the kernel's form.
    pub fn on_console(&self) -> String {
        let (seconds, ms) = (self.uptime_ms / 1000, self.uptime_ms % 1000);
        format!("[{seconds:5}.{ms:03}] {}: {}", self.source, self.text)
    }
}

pub struct Ring {
    lines: VecDeque<Line>,
    size: usize,
    limit: usize,
}

impl Ring {
    pub const fn new(limit: usize) -> Ring {
        Ring {
            lines: VecDeque::new(),
            size: 0,
            limit,
        }
    }

    pub fn set_limit(&mut self, limit: usize) {
        self.limit = limit;
        self.shrink();
    }

    pub fn push(&mut self, line: Line) {
        self.size += line.cost();
        self.lines.push_back(line);
        self.shrink();
    }

    fn shrink(&mut self) {
        while self.size > self.limit
            && let Some(line) = self.lines.pop_front()
        {
            self.size -= line.cost();
        }
    }

    /// The last lines, oldest first.
    pub fn tail(&self, count: usize) -> impl Iterator<Item = &Line> {
        self.lines.range(self.lines.len().saturating_sub(count)..)
    }
}

/// `2026-11-30T08:40:00Z`. Howard Hinnant's `civil_from_days`.
pub fn utc(seconds: u64) -> String {
    let days = (seconds / 86_400) as i64 + 719_468;
    let era = days / 146_097;
    let of_era = days % 146_097;
    let year_of_era = (of_era - of_era / 1460 + of_era / 36_524 - of_era / 146_096) / 365;
    let of_year = of_era - (365 * year_of_era + year_of_era / 4 - year_of_era / 100);
    let shifted = (5 * of_year + 2) / 153;
    let day = of_year - (153 * shifted + 2) / 5 + 1;
    let month = if shifted < 10 {
        shifted + 3
    } else {
        shifted - 9
    };
    let year = year_of_era + era * 400 + i64::from(month <= 2);
    let (hour, minute, second) = (seconds / 3600 % 24, seconds / 60 % 60, seconds % 60);
    format!("{year:04}-{month:02}-{day:02}T{hour:02}:{minute:02}:{second:02}Z")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn dates() {
        for (seconds, expected) in [
            (0, "1970-01-01T00:00:00Z"),
            (951_782_400, "2000-02-29T00:00:00Z"),
            (1_764_000_000, "2025-11-24T16:00:00Z"),
            (4_102_444_799, "2099-12-31T23:59:59Z"),
        ] {
            assert_eq!(utc(seconds), expected);
        }
    }

    #[test]
    fn the_oldest_lines_go() {
        let line = |text: &str| Line {
            uptime_ms: 1,
            clock: 0,
            source: "a".into(),
            text: text.into(),
        };
        let mut ring = Ring::new(2 * (Line::OVERHEAD + 4));
        for text in ["one", "two", "six"] {
            ring.push(line(text));
        }
        assert_eq!(
            ring.tail(9)
                .map(|line| line.text.as_str())
                .collect::<Vec<_>>(),
            ["two", "six"]
        );
        assert_eq!(ring.tail(1).count(), 1);
        ring.push(line(&"x".repeat(4096)));
        assert_eq!(ring.tail(9).count(), 0);
    }
}

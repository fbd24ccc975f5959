//! Which of two versions of a Debian package is newer (Debian Policy, 5.6.12).

use std::cmp::Ordering;

/// Compares `[epoch:]upstream[-revision]`.
pub(super) fn compare(one: &str, other: &str) -> Ordering {
    let (one, other) = (Parts::of(one), Parts::of(other));
    let epochs = one.epoch.cmp(&other.epoch);
    epochs
        .then_with(|| part(one.upstream, other.upstream))
        .then_with(|| part(one.revision, other.revision))
}

struct Parts<'a> {
    epoch: u64,
    upstream: &'a str,
    revision: &'a str,
}

impl<'a> Parts<'a> {
    fn of(version: &'a str) -> Self {
        let (epoch, rest) = version.split_once(':').unwrap_or(("0", version));
        let (upstream, revision) = rest.rsplit_once('-').unwrap_or((rest, "0"));
        Self {
            epoch: epoch.parse().unwrap_or(0),
            upstream,
            revision,
        }
    }
}

/// Text and numbers alternate. `~` sorts before the end, the end before letters, letters before the rest.
fn part(one: &str, other: &str) -> Ordering {
    let (mut one, mut other) = (one.as_bytes(), other.as_bytes());
    while !one.is_empty() || !other.is_empty() {
        let texts = loop {
            let order = (rank(one.first()), rank(other.first()));
            match order {
                (0, 0) => break Ordering::Equal,
                (a, b) if a != b => break a.cmp(&b),
                _ => (one, other) = (&one[1..], &other[1..]),
            }
        };
        let numbers = texts.then_with(|| number(&mut one).cmp(&number(&mut other)));
        if numbers != Ordering::Equal {
            return numbers;
        }
    }
    Ordering::Equal
}

/// Digits and the end count as 0, and `~` is less than that.
fn rank(byte: Option<&u8>) -> i32 {
    match byte {
        None => 0,
        Some(byte) if byte.is_ascii_digit() => 0,
        Some(b'~') => -1,
        Some(byte) if byte.is_ascii_alphabetic() => i32::from(*byte),
        Some(byte) => i32::from(*byte) + 256,
    }
}

/// Takes the digits at the start: their number without leading zeros, and the digits, so that no number is too large.
fn number<'a>(text: &mut &'a [u8]) -> (usize, &'a [u8]) {
    let count = text.iter().take_while(|byte| byte.is_ascii_digit()).count();
    let (digits, rest) = text.split_at(count);
    *text = rest;
    let zeros = digits.iter().take_while(|byte| **byte == b'0').count();
    (count - zeros, &digits[zeros..])
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn newer_and_older() {
        for (older, newer) in [
            ("6.1.99-1", "6.1.140-1"),
            ("6.1.140-1", "6.1.140-2"),
            ("6.1.140-1~bpo11+1", "6.1.140-1"),
            ("1.0~rc1", "1.0"),
            ("1.0", "1.0a"),
            ("1.0a", "1.0+b"),
            ("9.9", "1:0.1"),
            ("1:6.6.31-1+rpt1", "1:6.6.51-1+rpt3"),
            ("1.20220830+ds-1", "1.20240924+ds-1"),
            ("1.2", "1.99999999999999999999999999"),
        ] {
            assert_eq!(compare(older, newer), Ordering::Less, "{older} {newer}");
            assert_eq!(compare(newer, older), Ordering::Greater, "{older} {newer}");
        }
        for (one, other) in [("1.01", "1.1"), ("0:1", "1"), ("1", "1-0"), ("", "")] {
            assert_eq!(compare(one, other), Ordering::Equal, "{one} {other}");
        }
    }
}

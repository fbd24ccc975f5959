//! Names and aliases of modules, compared as modprobe compares them.
//!
//! `-` and `_` are the same in names; the aliases in modules are patterns as shells have them, for
//! example `of:N*T*Cbrcm,bcm2835-sdhost`.

/// A module's name in the form in which it is compared.
pub(crate) fn normal(name: &str) -> String {
    name.replace('-', "_")
}

/// Whether it has wildcards.
pub(crate) fn is_pattern(text: &str) -> bool {
    text.contains(['*', '?', '['])
}

/// Whether the text matches the pattern: `*`, `?`, `[a-z]`, `[!a-z]`.
pub(crate) fn matches(pattern: &str, text: &str) -> bool {
    let (pattern, text) = (pattern.as_bytes(), text.as_bytes());
    let (mut at, mut to) = (0, 0);
    // The last `*`, and how much of the text it has taken: the only place to backtrack to.
    let mut star = None;
    loop {
        if pattern.get(at) == Some(&b'*') {
            at += 1;
            star = Some((at, to));
            continue;
        }
        let step = match text.get(to) {
            Some(byte) => one(&pattern[at.min(pattern.len())..], *byte),
            None if at >= pattern.len() => return true,
            None => None,
        };
        match (step, star) {
            (Some(step), _) => {
                at += step;
                to += 1;
            }
            (None, Some((after, taken))) if taken < text.len() => {
                star = Some((after, taken + 1));
                (at, to) = (after, taken + 1);
            }
            _ => return false,
        }
    }
}

/// The length of the part of the pattern that matches the byte.
fn one(pattern: &[u8], byte: u8) -> Option<usize> {
    let same = |a: u8, b: u8| a == b || matches!((a, b), (b'-', b'_') | (b'_', b'-'));
    match *pattern.first()? {
        b'?' => Some(1),
        b'[' => {
            let not = matches!(pattern.get(1), Some(b'!' | b'^'));
            let from = if not { 2 } else { 1 };
            // A `]` in the first place is one of the characters.
            let end = pattern
                .iter()
                .skip(from + 1)
                .position(|byte| *byte == b']')?;
            let end = from + 1 + end;
            let mut set = &pattern[from..end];
            let mut found = false;
            while let [first, rest @ ..] = set {
                match rest {
                    [b'-', last, rest @ ..] => {
                        found |= (*first..=*last).contains(&byte);
                        set = rest;
                    }
                    _ => {
                        found |= same(*first, byte);
                        set = rest;
                    }
                }
            }
            (found != not).then_some(end + 1)
        }
        literal => same(literal, byte).then_some(1),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn patterns_are_those_of_shells() {
        let device = "of:NmmcT(null)Cbrcm,bcm2835-sdhost";
        for (pattern, text) in [
            ("of:N*T*Cbrcm,bcm2835-sdhost", device),
            ("of:N*T*Cbrcm,bcm2835_sdhost*", device),
            ("*", ""),
            ("**", "a"),
            ("a*b*c", "a_b_b_c"),
            ("usb:v0424p[eE][cC]00*", "usb:v0424pEC00d"),
            ("pci:v[0-9]x", "pci:v5x"),
            ("a[!b]c", "axc"),
            ("a[]]c", "a]c"),
            ("?", "x"),
            ("", ""),
        ] {
            assert!(matches(pattern, text), "{pattern} {text}");
        }
        for (pattern, text) in [
            (
                "of:N*T*Cbrcm,bcm2835-sdhost",
                "of:NmmcTCbrcm,bcm2835-sdhost2",
            ),
            ("a*b", "a"),
            ("a[!b]c", "abc"),
            ("a[b", "ab"),
            ("[", "["),
            ("?", ""),
            ("", "a"),
            ("a", ""),
        ] {
            assert!(!matches(pattern, text), "{pattern} {text}");
        }
        // Patterns that take exponential time in simple matchers.
        let stars = "*a".repeat(200);
        assert!(!matches(&stars, &"b".repeat(2000)));
    }
}

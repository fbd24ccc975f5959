//! Which sections and files a wildcard pattern means ("Input Section Wildcards" in the GNU ld
//! manual).
//!
//! `*` stands for any run of bytes, `?` for one byte, `[a-z]` for a set (`[!…]` and `[^…]` for its
//! complement), `\` takes the next byte literally. `/` is an ordinary byte, as in lld and as GNU ld
//! has it outside file names. Names are bytes: a section's name need not be UTF-8.
//!
//! A link matches every input section against every pattern of its script, so almost all patterns
//! take a path without a loop over the pattern (`.text`, `.text.*`, `*`); the rest backtracks to
//! the last `*` only, which bounds the work by the product of both lengths.

use std::sync::Arc;

use super::ast::{FilePattern, Glob, GlobShape};

impl Glob {
    /// A pattern from its text.
    pub fn new(text: impl Into<Arc<str>>) -> Glob {
        let text = text.into();
        let bytes = text.as_bytes();
        let special = |&byte: &u8| matches!(byte, b'*' | b'?' | b'[' | b'\\');
        let shape = match bytes.iter().position(special) {
            None => GlobShape::Literal,
            Some(at) if bytes[at] != b'*' => GlobShape::General,
            Some(0) if bytes.len() == 1 => GlobShape::Any,
            Some(at) if at + 1 == bytes.len() => GlobShape::Prefix(at),
            Some(0) if !bytes[1..].iter().any(special) => GlobShape::Suffix,
            Some(_) => GlobShape::General,
        };
        Glob { text, shape }
    }

    /// Whether the pattern means `name`.
    pub fn matches(&self, name: &[u8]) -> bool {
        let pattern = self.text.as_bytes();
        match self.shape {
            GlobShape::Literal => name == pattern,
            GlobShape::Any => true,
            GlobShape::Prefix(length) => name.starts_with(&pattern[..length]),
            GlobShape::Suffix => name.ends_with(&pattern[1..]),
            GlobShape::General => general(pattern, name),
        }
    }

    /// Whether the pattern means exactly one name: its text.
    pub fn is_literal(&self) -> bool {
        self.shape == GlobShape::Literal
    }

    /// What every matching name starts with.
    pub fn literal_prefix(&self) -> &str {
        let end = self.text.find(['*', '?', '[', '\\']);
        &self.text[..end.unwrap_or(self.text.len())]
    }
}

/// Matches with at most one `*` to go back to: an earlier one could only give up bytes that the
/// later one is free to take.
fn general(pattern: &[u8], name: &[u8]) -> bool {
    let (mut at, mut byte) = (0, 0);
    let mut retry: Option<(usize, usize)> = None;
    loop {
        if pattern.get(at) == Some(&b'*') {
            at += 1;
            retry = Some((at, byte));
            continue;
        }
        let step = match (at < pattern.len(), name.get(byte)) {
            (false, None) => return true,
            (true, Some(&value)) => one(pattern, at, value),
            _ => None,
        };
        match (step, retry) {
            (Some(next), _) => (at, byte) = (next, byte + 1),
            (None, Some((after_star, taken))) if taken < name.len() => {
                retry = Some((after_star, taken + 1));
                (at, byte) = (after_star, taken + 1);
            }
            _ => return false,
        }
    }
}

/// Matches one byte against the pattern element at `at`, which is not `*`: where the next element
/// starts, or `None`.
fn one(pattern: &[u8], at: usize, value: u8) -> Option<usize> {
    match pattern[at] {
        b'?' => Some(at + 1),
        b'\\' if at + 1 < pattern.len() => (pattern[at + 1] == value).then_some(at + 2),
        b'[' => match set(pattern, at, value) {
            Some((true, next)) => Some(next),
            Some((false, _)) => None,
            // A bracket that nothing closes is a byte like any other.
            None => (value == b'[').then_some(at + 1),
        },
        literal => (literal == value).then_some(at + 1),
    }
}

/// Whether `value` is in the set that starts at `at`, and where the set ends; `None` if it does not.
fn set(pattern: &[u8], at: usize, value: u8) -> Option<(bool, usize)> {
    let mut i = at + 1;
    let negated = matches!(pattern.get(i), Some(b'!' | b'^'));
    i += usize::from(negated);
    let first = i;
    let mut found = false;
    loop {
        let low = *pattern.get(i)?;
        // `]` right after the opening is a member.
        if low == b']' && i > first {
            return Some((found != negated, i + 1));
        }
        let (low, after) = member(pattern, i)?;
        let ranged = pattern.get(after) == Some(&b'-')
            && pattern.get(after + 1).is_some_and(|&byte| byte != b']');
        let (high, after) = if ranged {
            member(pattern, after + 1)?
        } else {
            (low, after)
        };
        found |= (low..=high).contains(&value);
        i = after;
    }
}

/// A set's member at `at`, with `\` resolved, and what follows it.
fn member(pattern: &[u8], at: usize) -> Option<(u8, usize)> {
    match *pattern.get(at)? {
        b'\\' => Some((*pattern.get(at + 1)?, at + 2)),
        byte => Some((byte, at + 1)),
    }
}

impl FilePattern {
    /// A pattern from its text: `archive:file`, `archive:`, `:file` or `file`.
    pub fn new(text: &str) -> FilePattern {
        let part = |text: &str| (!text.is_empty()).then(|| Glob::new(text));
        match text.split_once(':') {
            None => FilePattern {
                archive: None,
                file: Some(Glob::new(text)),
            },
            Some((archive, file)) => FilePattern {
                archive: Some(Glob::new(archive)),
                file: part(file),
            },
        }
    }

    /// Whether the pattern means the file `file`, or the member `file` of `archive`.
    ///
    /// `archive:file`, `archive:` and `:file` are the manual's: the file within the archive, the
    /// whole archive, the file outside any archive. A plain pattern is matched against the file's
    /// path, and for a member both against the member's name (GNU ld) and against `archive:member`
    /// (lld), so that `*crt0.o` and `*libm*` mean what they mean in either. Paths are compared as
    /// they were given on the command line; `*` crosses `/`.
    pub fn matches(&self, archive: Option<&str>, file: &str) -> bool {
        let fits = |name: &str| {
            self.file
                .as_ref()
                .is_none_or(|glob| glob.matches(name.as_bytes()))
        };
        match (&self.archive, archive) {
            (Some(pattern), None) => pattern.text.is_empty() && fits(file),
            (Some(pattern), Some(archive)) => {
                !pattern.text.is_empty() && pattern.matches(archive.as_bytes()) && fits(file)
            }
            (None, None) => fits(file),
            // A literal without a colon cannot mean a name with one.
            (None, Some(_)) if self.file.as_ref().is_some_and(Glob::is_literal) => fits(file),
            (None, Some(archive)) => fits(file) || fits(&format!("{archive}:{file}")),
        }
    }

    /// Whether the pattern means every file: `*`.
    pub fn is_any(&self) -> bool {
        self.archive.is_none()
            && self
                .file
                .as_ref()
                .is_none_or(|glob| glob.shape == GlobShape::Any)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn globs() {
        let table: &[(&str, &[&str], &[&str])] = &[
            (".text", &[".text"], &[".text.a", "text", ""]),
            ("*", &["", ".text", "a/b"], &[]),
            (".text.*", &[".text.", ".text.a.b"], &[".text", ".texta"]),
            ("*.o", &[".o", "a.o", "d/a.o"], &["a.oo", "o"]),
            (".t?xt", &[".text", ".t.xt"], &[".txt", ".teext"]),
            (".[dt]ata", &[".data", ".tata"], &[".cata", ".[dt]ata"]),
            ("[a-c]x", &["ax", "bx", "cx"], &["dx", "-x"]),
            ("[!a-c]x", &["dx", "-x"], &["ax", "x"]),
            ("[^a]", &["b"], &["a", ""]),
            ("[]a]", &["]", "a"], &["b"]),
            ("[!]a]", &["b"], &["]", "a"]),
            ("[a-]", &["a", "-"], &["b"]),
            ("[\\]]", &["]"], &["\\"]),
            ("[ab", &["[ab"], &["a"]),
            ("a\\*b", &["a*b"], &["axb"]),
            ("a\\", &["a\\"], &["a"]),
            ("a*b*c", &["abc", "axbxc", "abbcbc"], &["ab", "abcd"]),
            ("*a*", &["a", "bab"], &["", "b"]),
            ("**", &["", "x"], &[]),
            ("?*", &["x", "xy"], &[""]),
            (
                ".gnu.linkonce.[tr].*",
                &[".gnu.linkonce.t.x"],
                &[".gnu.linkonce.d.x"],
            ),
        ];
        for &(pattern, yes, no) in table {
            let glob = Glob::new(pattern);
            for name in yes {
                assert!(glob.matches(name.as_bytes()), "`{pattern}` means `{name}`");
            }
            for name in no {
                assert!(
                    !glob.matches(name.as_bytes()),
                    "`{pattern}` is not `{name}`"
                );
            }
        }
    }

    #[test]
    fn names_need_not_be_text() {
        assert!(Glob::new(".x?").matches(b".x\xff"));
        assert!(Glob::new(".x*y").matches(b".x\xff\xfey"));
    }

    #[test]
    fn shapes() {
        for (pattern, literal, prefix) in [
            (".text", true, ".text"),
            (".text*", false, ".text"),
            ("*", false, ""),
            ("a[bc]", false, "a"),
            ("a\\*", false, "a"),
        ] {
            let glob = Glob::new(pattern);
            assert_eq!(glob.is_literal(), literal, "{pattern}");
            assert_eq!(glob.literal_prefix(), prefix, "{pattern}");
        }
    }

    /// The fast paths are the general one.
    #[test]
    fn shapes_agree() {
        let parts = ["", "*", "?", "a", "b", "[ab]", "[!a]", "\\*"];
        let names = ["", "a", "b", "ab", "ba", "aab", "*", "a*", "ba*b", "abab"];
        for a in parts {
            for b in parts {
                for c in parts {
                    let glob = Glob::new(format!("{a}{b}{c}"));
                    for name in names {
                        assert_eq!(
                            glob.matches(name.as_bytes()),
                            general(glob.text.as_bytes(), name.as_bytes()),
                            "`{}` and `{name}`",
                            glob.text
                        );
                    }
                }
            }
        }
    }

    #[test]
    fn many_stars_stay_cheap() {
        let pattern = Glob::new("*a".repeat(200) + "b");
        assert!(!pattern.matches("a".repeat(20_000).as_bytes()));
    }

    #[test]
    fn files() {
        let table: &[(&str, Option<&str>, &str, bool)] = &[
            ("*", None, "d/a.o", true),
            ("*", Some("lib.a"), "a.o", true),
            ("a.o", None, "a.o", true),
            ("a.o", None, "d/a.o", false),
            ("d/a.o", None, "d/a.o", true),
            ("d/a.o", None, "e/d/a.o", false),
            ("*crt0.o", None, "/lib/crt0.o", true),
            ("*crt0.o", Some("libc.a"), "crt0.o", true),
            ("*libcore-*", Some("/s/libcore-12.rlib"), "core.o", true),
            (
                "*libcore-*.rlib",
                Some("/s/libcore-12.rlib"),
                "core.o",
                false,
            ),
            ("*.rlib:*", Some("x.rlib"), "core.o", true),
            ("lib.a:b.o", Some("lib.a"), "b.o", true),
            ("lib.a:b.o", Some("lib.a"), "c.o", false),
            ("lib.a:b.o", Some("d/lib.a"), "b.o", false),
            ("*lib.a:b.o", Some("d/lib.a"), "b.o", true),
            ("lib.a:", Some("lib.a"), "c.o", true),
            ("lib.a:", None, "lib.a", false),
            (":b.o", None, "b.o", true),
            (":b.o", Some("lib.a"), "b.o", false),
            ("*lib?.a:c*", Some("/x/lib1.a"), "c.o", true),
            ("b.o", Some("lib.a"), "c.o", false),
        ];
        for &(pattern, archive, file, expected) in table {
            assert_eq!(
                FilePattern::new(pattern).matches(archive, file),
                expected,
                "`{pattern}` and {archive:?} `{file}`"
            );
        }
        assert!(FilePattern::new("*").is_any());
        assert!(!FilePattern::new("*:*").is_any());
    }
}

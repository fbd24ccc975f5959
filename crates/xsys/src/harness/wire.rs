//! Reads what a program under test reports: lines of the harness among the machine's other output.
//!
//! The other side is `harness/wire.rs` of `xsys-sysroot`, where the format is described.

use super::verdict::{ShouldPanic, Test};

const BEGIN: u8 = 0x1e;
const NEXT: char = '\x1f';

/// A line of the harness.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Word {
    Listed(Test),
    /// The list is complete.
    End,
    /// The test begins.
    Start,
    Pass,
    /// The test returned an error.
    Fail(String),
    Panic {
        place: String,
        message: String,
    },
}

/// Splits the machine's output as it comes.
#[derive(Debug, Default)]
pub(super) struct Reader {
    /// The beginning of an incomplete line of the harness.
    line: Option<Vec<u8>>,
    listed: u32,
}

impl Reader {
    /// Appends other output to `output`, and returns lines of the harness.
    pub(super) fn read(&mut self, bytes: &[u8], output: &mut Vec<u8>) -> Vec<Word> {
        let mut words = Vec::new();
        for &byte in bytes {
            match (&mut self.line, byte) {
                (None, BEGIN) => self.line = Some(Vec::new()),
                // Serial ports end lines with CR and LF.
                (None, b'\r') => {}
                (None, _) => output.push(byte),
                (Some(line), b'\n') => {
                    let line = String::from_utf8_lossy(line).into_owned();
                    self.line = None;
                    words.extend(self.word(line.trim_end_matches('\r')));
                }
                (Some(line), _) => line.push(byte),
            }
        }
        words
    }

    fn word(&mut self, line: &str) -> Option<Word> {
        let mut parts = line.split(NEXT);
        let kind = parts.next()?;
        let mut text = || Some(unescaped(parts.next()?));
        Some(match kind {
            "end" => Word::End,
            "start" => Word::Start,
            "pass" => Word::Pass,
            "fail" => Word::Fail(text()?),
            "panic" => Word::Panic {
                place: text()?,
                message: text()?,
            },
            "list" => {
                let number = self.listed;
                self.listed += 1;
                let flags = text()?;
                let has = |flag| flags.contains(flag);
                let name = text()?;
                let reason = text()?;
                let expected = text()?;
                let file = text()?;
                let mut position = [0; 4];
                for place in &mut position {
                    *place = text()?.parse().ok()?;
                }
                Word::Listed(Test {
                    number,
                    name,
                    ignored: has('i'),
                    reason: Some(reason).filter(|reason| !reason.is_empty()),
                    should_panic: match (has('p'), has('e')) {
                        (false, _) => ShouldPanic::No,
                        (true, false) => ShouldPanic::Yes,
                        (true, true) => ShouldPanic::With(expected),
                    },
                    benchmark: has('b'),
                    file,
                    position,
                })
            }
            _ => return None,
        })
    }
}

/// `\` and two hexadecimal digits are a byte.
fn unescaped(text: &str) -> String {
    let mut out = Vec::new();
    let mut bytes = text.as_bytes().iter();
    while let Some(&byte) = bytes.next() {
        let digits = bytes.as_slice().get(..2);
        let value = (byte == b'\\')
            .then_some(digits)
            .flatten()
            .and_then(|digits| u8::from_str_radix(std::str::from_utf8(digits).ok()?, 16).ok());
        match value {
            Some(value) => {
                out.push(value);
                bytes.nth(1);
            }
            None => out.push(byte),
        }
    }
    String::from_utf8_lossy(&out).into_owned()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lines_of_ours_are_told_apart() {
        let said =
            b"boot\r\n\x1estart\nhe\x1epanic\x1fsrc/a.rs:1:2\x1fone\\0atwo \\5c\r\nllo\n\x1epa";
        // However the output is split.
        for size in [1, 3, said.len()] {
            let (mut reader, mut output, mut words) = (Reader::default(), Vec::new(), Vec::new());
            for part in said.chunks(size) {
                words.extend(reader.read(part, &mut output));
            }
            assert_eq!(output, b"boot\nhello\n");
            assert_eq!(
                words,
                [
                    Word::Start,
                    Word::Panic {
                        place: "src/a.rs:1:2".to_owned(),
                        message: "one\ntwo \\".to_owned(),
                    }
                ]
            );
        }
    }

    #[test]
    fn tests_are_listed_in_order() {
        let (mut reader, mut output) = (Reader::default(), Vec::new());
        let words = reader.read(
            b"\x1elist\x1f\x1fa::b\x1f\x1f\x1fa.rs\x1f1\x1f2\x1f3\x1f4\n\x1elist\x1fipe\x1fc\x1fslow\x1fno\x1fa.rs\x1f5\x1f6\x1f7\x1f8\n\x1eend\n\x1eunknown\n",
            &mut output,
        );
        let [Word::Listed(first), Word::Listed(second), Word::End] = words.as_slice() else {
            panic!("{words:?}");
        };
        assert_eq!((first.number, first.name.as_str()), (0, "a::b"));
        assert_eq!((first.ignored, &first.reason), (false, &None));
        assert_eq!(second.number, 1);
        assert_eq!(second.reason.as_deref(), Some("slow"));
        assert_eq!(second.should_panic, ShouldPanic::With("no".to_owned()));
        assert_eq!(second.position, [5, 6, 7, 8]);
    }

    #[test]
    fn escapes() {
        for (text, expected) in [
            ("a", "a"),
            ("\\5c\\0a", "\\\n"),
            ("\\", "\\"),
            ("\\zz", "\\zz"),
        ] {
            assert_eq!(unescaped(text), expected);
        }
    }
}

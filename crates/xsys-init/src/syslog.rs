//! Lines for a syslog server: RFC 5424 over UDP (RFC 5426).

use crate::ring::{Line, utc};

/// `<priority>1 time host program - - - text`. Facility 3 (daemons), severity 6 (informational); the text
/// is UTF-8 behind a byte order mark.
pub fn message(line: &Line, hostname: &str) -> String {
    let priority = 3 * 8 + 6;
    let (host, program) = (word(hostname, 255), word(&line.source, 48));
    format!(
        "<{priority}>1 {} {host} {program} - - - \u{feff}{}",
        utc(line.clock),
        line.text
    )
}

/// Header fields are printable ASCII without spaces; `-` stands for none.
fn word(text: &str, longest: usize) -> String {
    let word: String = text
        .chars()
        .map(|letter| {
            if letter.is_ascii_graphic() {
                letter
            } else {
                '_'
            }
        })
        .collect();
    if word.is_empty() {
        "-".into()
    } else {
        word.chars().take(longest).collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_message() {
        let line = Line {
            uptime_ms: 0,
            clock: 0,
            source: "my shop".into(),
            text: "grüezi".into(),
        };
        assert_eq!(
            message(&line, ""),
            "<30>1 1970-01-01T00:00:00Z - my_shop - - - \u{feff}grüezi"
        );
    }
}

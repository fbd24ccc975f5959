//! Debian's control files, of which a mirror's lists consist: lines `Package: name` and so on, and an empty line
//! between packages.
//!
//! Lists have 50 MB and 60,000 packages, so they are read as a stream, of which the caller keeps what it wants.

use std::collections::BTreeMap;
use std::io::{self, BufRead, Read};

/// Longer than any existing line: some packages' dependencies name thousands of others.
const LONGEST: u64 = 1 << 20;
/// The fields that are used.
const FIELDS: [&str; 9] = [
    "Package",
    "Version",
    "Architecture",
    "Depends",
    "Filename",
    "Size",
    "SHA256",
    "Components",
    "Acquire-By-Hash",
];

/// The fields of one package.
pub(super) type Stanza = BTreeMap<&'static str, String>;

/// Calls `each` with every package of a list.
pub(super) fn read(list: impl BufRead, mut each: impl FnMut(Stanza)) -> io::Result<()> {
    let mut list = list;
    let mut stanza = Stanza::new();
    let mut field = None;
    let mut line = Vec::new();
    loop {
        line.clear();
        let count = list.by_ref().take(LONGEST).read_until(b'\n', &mut line)?;
        if count as u64 == LONGEST {
            return Err(io::Error::other("a line has no end"));
        }
        let text = String::from_utf8_lossy(&line);
        let text = text.trim_end_matches(['\n', '\r']);
        if text.is_empty() {
            if !stanza.is_empty() {
                each(std::mem::take(&mut stanza));
            }
            field = None;
            if count == 0 {
                return Ok(());
            }
        } else if text.starts_with([' ', '\t']) {
            if let Some(value) = field.and_then(|field| stanza.get_mut(field)) {
                value.push('\n');
                value.push_str(text.trim());
            }
        } else if let Some((name, value)) = text.split_once(':') {
            let known = FIELDS.iter().find(|known| known.eq_ignore_ascii_case(name));
            field = known.copied();
            if let Some(field) = field {
                stanza.insert(field, value.trim().to_owned());
            }
        } else {
            return Err(io::Error::other("it is not a list of packages"));
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn fields_lines_and_packages() {
        let text = "Package: a\nVersion: 1\nSHA256:\n 12 34 b\n 56 78 c\nTags: x,\n y\n\n\npackage: b\r\nSize: 5";
        let mut found = Vec::new();
        read(text.as_bytes(), |stanza| found.push(stanza)).unwrap();
        assert_eq!(found.len(), 2);
        assert_eq!(found[0]["SHA256"], "\n12 34 b\n56 78 c");
        assert_eq!(found[0].len(), 3);
        assert_eq!(found[1]["Package"], "b");
        assert_eq!(found[1]["Size"], "5");
        assert!(read(&b"<html>"[..], |_| {}).is_err());
        let long = "Package: ".to_owned() + &"a".repeat(2 << 20);
        assert!(read(long.as_bytes(), |_| {}).is_err());
    }
}

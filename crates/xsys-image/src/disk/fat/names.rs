//! Names of files: each has a short one of eight and three letters, and a long one where the two differ.

use std::collections::BTreeMap;

use super::super::{Error, Source};

/// A directory with what is in it, by name.
#[derive(Debug, Default)]
pub(super) struct Directory<'a> {
    pub entries: BTreeMap<String, Entry<'a>>,
}

#[derive(Debug)]
pub(super) enum Entry<'a> {
    File(&'a Source),
    Directory(Directory<'a>),
}

/// Deeper than any sensible tree.
const DEEPEST: usize = 32;

impl<'a> Directory<'a> {
    /// The tree that paths describe.
    pub(super) fn new(files: &'a BTreeMap<String, Source>) -> Result<Self, Error> {
        let mut root = Self::default();
        for (path, source) in files {
            let parts: Vec<&str> = path.split('/').collect();
            let refused = parts.len() > DEEPEST || parts.iter().any(|part| !is_name(part));
            if refused {
                return Err(Error::FileName(path.clone()));
            }
            root.add(&parts, source)
                .ok_or_else(|| Error::SameFile(path.clone()))?;
        }
        Ok(root)
    }

    /// None if something else has that name already.
    fn add(&mut self, parts: &[&str], source: &'a Source) -> Option<()> {
        let [name, rest @ ..] = parts else {
            return None;
        };
        // Names are compared without regard to case.
        let known = self
            .entries
            .keys()
            .find(|key| key.eq_ignore_ascii_case(name));
        let key = known.cloned().unwrap_or_else(|| (*name).to_owned());
        if rest.is_empty() {
            let before = self.entries.insert(key, Entry::File(source));
            return before.is_none().then_some(());
        }
        let entry = self.entries.entry(key);
        match entry.or_insert_with(|| Entry::Directory(Self::default())) {
            Entry::Directory(directory) => directory.add(rest, source),
            Entry::File(_) => None,
        }
    }
}

/// Whether a file can have that name.
fn is_name(name: &str) -> bool {
    let forbidden = |c: char| c < ' ' || "\"*/:<>?\\|".contains(c);
    let length = name.encode_utf16().count();
    (1..=255).contains(&length) && !name.ends_with(['.', ' ']) && !name.contains(forbidden)
}

/// The short names of a directory's entries: eight letters and three, with spaces behind.
pub(super) fn short_names<'a>(names: impl Iterator<Item = &'a String>) -> Vec<[u8; 11]> {
    let names: Vec<&String> = names.collect();
    // Names that are short as they are keep theirs, whatever else is made of the others.
    let mut taken: Vec<[u8; 11]> = names.iter().filter_map(|name| exact(name)).collect();
    names
        .iter()
        .map(|name| {
            exact(name).unwrap_or_else(|| {
                let short = numbered(name, &taken);
                taken.push(short);
                short
            })
        })
        .collect()
}

/// Whether the short name is the whole name, so that no long one is needed.
pub(super) fn is_short(name: &str, short: &[u8; 11]) -> bool {
    let base = String::from_utf8_lossy(&short[..8]);
    let ending = String::from_utf8_lossy(&short[8..]);
    let (base, ending) = (base.trim_end(), ending.trim_end());
    match ending.is_empty() {
        true => name == base,
        false => name == format!("{base}.{ending}"),
    }
}

/// The short name of a name that has at most eight and three letters.
fn exact(name: &str) -> Option<[u8; 11]> {
    let (base, ending) = name.rsplit_once('.').unwrap_or((name, ""));
    let fits = (1..=8).contains(&base.len()) && ending.len() <= 3;
    let right = |text: &str| {
        text.bytes()
            .all(|byte| letter(byte) == Some(byte.to_ascii_uppercase()))
    };
    (fits && right(base) && right(ending)).then(|| join(base.as_bytes(), ending.as_bytes()))
}

/// A short name for a longer one, with a number that nobody else has.
fn numbered(name: &str, taken: &[[u8; 11]]) -> [u8; 11] {
    let (base, ending) = name.rsplit_once('.').unwrap_or((name, ""));
    let letters = |text: &str| -> Vec<u8> { text.bytes().filter_map(letter).collect() };
    let (base, ending) = (letters(base), letters(ending));
    let ending = &ending[..ending.len().min(3)];
    (1..)
        .map(|number: u32| {
            let tail = format!("~{number}");
            let kept = base.len().min(8 - tail.len());
            join(&[&base[..kept], tail.as_bytes()].concat(), ending)
        })
        .find(|short| !taken.contains(short))
        .unwrap_or_default()
}

/// A letter of a short name; none where such a name cannot have it.
fn letter(byte: u8) -> Option<u8> {
    let allowed = byte.is_ascii_alphanumeric() || b"$%'-_@~`!(){}^#&".contains(&byte);
    allowed.then(|| byte.to_ascii_uppercase())
}

fn join(base: &[u8], ending: &[u8]) -> [u8; 11] {
    let mut name = [b' '; 11];
    name[..base.len()].copy_from_slice(base);
    name[8..8 + ending.len()].copy_from_slice(ending);
    name.make_ascii_uppercase();
    name
}

/// The entries of a long name, as they stand before the entry itself: 13 letters each, the last ones first.
pub(super) fn long_entries(name: &str, short: &[u8; 11]) -> Vec<[u8; 32]> {
    let mut units: Vec<u16> = name.encode_utf16().collect();
    let pieces = units.len().div_ceil(13);
    if !units.len().is_multiple_of(13) {
        units.push(0);
    }
    units.resize(pieces * 13, 0xffff);
    let sum = short
        .iter()
        .fold(0_u8, |sum, &byte| sum.rotate_right(1).wrapping_add(byte));
    let mut entries: Vec<[u8; 32]> = Vec::new();
    for (number, piece) in (1_u8..).zip(units.chunks(13)) {
        let mut entry = [0; 32];
        entry[0] = number;
        entry[11] = 0x0f;
        entry[13] = sum;
        let places = (1..11)
            .step_by(2)
            .chain((14..26).step_by(2))
            .chain([28, 30]);
        for (place, unit) in places.zip(piece) {
            entry[place..place + 2].copy_from_slice(&unit.to_le_bytes());
        }
        entries.push(entry);
    }
    if let Some(last) = entries.last_mut() {
        last[0] |= 0x40;
    }
    entries.reverse();
    entries
}

#[cfg(test)]
mod tests {
    use super::*;

    fn short(names: &[&str]) -> Vec<String> {
        let names: Vec<String> = names.iter().map(|name| (*name).to_owned()).collect();
        let short = short_names(names.iter());
        short
            .iter()
            .map(|name| String::from_utf8_lossy(name).into_owned())
            .collect()
    }

    #[test]
    fn short_names_are_different() {
        assert_eq!(
            short(&[
                "config.txt",
                "CONFIG~1.TXT",
                "config.text",
                "config file.txt",
                ".hidden",
                "a+b",
                "é"
            ]),
            [
                "CONFIG  TXT",
                "CONFIG~1TXT",
                "CONFIG~1TEX",
                "CONFIG~2TXT",
                "~1      HID",
                "AB~1       ",
                "~1         ",
            ]
        );
        let many: Vec<String> = (0..200).map(|at| format!("bcm2710-rpi-{at}.dtb")).collect();
        let mut made = short_names(many.iter());
        made.sort_unstable();
        made.dedup();
        assert_eq!(made.len(), 200);
    }

    #[test]
    fn long_names_are_cut_into_pieces() {
        let entries = long_entries("abcdefghijklmn", b"ABCDEF~1   ");
        assert_eq!(entries.len(), 2);
        assert_eq!((entries[0][0], entries[1][0]), (0x42, 1));
        assert_eq!(entries[0][1..7], [b'n', 0, 0, 0, 0xff, 0xff]);
        assert_eq!(long_entries("abcdefghijklm", b"ABCDEF~1   ").len(), 1);
    }
}

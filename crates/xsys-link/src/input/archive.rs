//! Archives: many objects in one file, with an index of the symbols they define.
//!
//! The format is older than its standards: a 60-byte text header before each member, and three
//! dialects of long names and symbol indexes (System V and GNU, BSD and Darwin, and both with
//! 64-bit offsets). GNU's thin archives hold only headers; the members are files elsewhere.
//! References: `ar(5)` of FreeBSD, gABI ("Archive File"), LLVM's `llvm-ar` manual.
//!
//! A link uses few members of large archives, so members are only read when they are needed: the
//! index gives offsets, and [`Archive::member`] goes straight there. Every number comes from the file
//! and is checked when it is used; errors name the offset.

use std::path::{Path, PathBuf};

use super::InputError;
use super::map::FileStore;

const HEADER: usize = 60;
const FIRST: u64 = 8;

/// An archive in memory.
#[derive(Clone, Copy, Debug)]
pub struct Archive<'a> {
    /// The archive's path.
    pub path: &'a Path,
    data: &'a [u8],
    thin: bool,
    /// GNU's table of long names (`//`).
    names: &'a [u8],
    index: Index<'a>,
    first: u64,
}

/// The symbol index, unread.
#[derive(Clone, Copy, Debug)]
struct Index<'a> {
    form: IndexForm,
    /// The numbers.
    entries: &'a [u8],
    /// The names.
    names: &'a [u8],
    /// Where the index begins, for messages.
    offset: u64,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum IndexForm {
    None,
    /// Big-endian member offsets of this many bytes; names follow one another.
    Gnu(usize),
    /// Little-endian pairs of name offset and member offset, of this many bytes each.
    Bsd(usize),
}

/// A member of an archive.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Member<'a> {
    /// Its name, for thin archives the path as written in the archive.
    pub name: &'a [u8],
    /// Where its header stands: what the index calls it, and unique within the archive.
    pub offset: u64,
    /// Where its bytes are.
    pub data: MemberData<'a>,
}

/// Where a member's bytes are.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum MemberData<'a> {
    /// In the archive.
    Inline(&'a [u8]),
    /// In this file.
    File(PathBuf),
}

impl<'a> Member<'a> {
    /// The member's bytes; opens the file of a thin archive's member.
    ///
    /// # Errors
    /// The file of a thin archive's member cannot be read.
    pub fn bytes(&self, store: &'a FileStore) -> Result<&'a [u8], InputError> {
        match &self.data {
            MemberData::Inline(bytes) => Ok(bytes),
            MemberData::File(path) => match store.open(path) {
                Ok(file) => Ok(file.bytes()),
                Err(InputError::Missing { what, searched, .. }) => Err(InputError::Missing {
                    what: format!("{what}, a member of a thin archive,"),
                    searched,
                    help: vec![
                        "a thin archive only names its members: keep the files where they were when it was made, or make it again"
                            .to_owned(),
                    ],
                }),
                Err(error) => Err(error),
            },
        }
    }

    /// Crate metadata in an rlib: an object without anything to link.
    pub fn is_rust_metadata(&self) -> bool {
        self.name == b"lib.rmeta"
    }
}

/// A member's header.
struct Header<'a> {
    /// The 16 bytes of the name field.
    field: &'a [u8],
    /// Where the contents begin.
    start: u64,
    /// How long they are.
    size: u64,
}

impl<'a> Archive<'a> {
    /// Reads an archive's special members: the index and the table of long names.
    ///
    /// # Errors
    /// The archive's structure is broken.
    pub fn parse(path: &'a Path, data: &'a [u8]) -> Result<Self, InputError> {
        let mut archive = Self {
            path,
            data,
            thin: data.starts_with(b"!<thin>\n"),
            names: &[],
            index: Index {
                form: IndexForm::None,
                entries: &[],
                names: &[],
                offset: 0,
            },
            first: FIRST,
        };
        if !archive.thin && !data.starts_with(b"!<arch>\n") {
            return Err(archive.broken(0, "no archive header"));
        }
        // Special members come first; GNU writes the index before the names, Windows tools write
        // two indexes.
        while archive.first < archive.len() {
            let at = archive.first;
            let header = archive.header(at)?;
            let (name, start) = match header.field {
                field if field.starts_with(b"#1/") => archive.bsd_name(&header, at)?,
                field => (field.trim_ascii_end(), header.start),
            };
            let end = header.start + header.size;
            let contents = match name {
                b"/" | b"//" | b"/SYM64/" => archive.slice(start, end, at)?,
                b"__.SYMDEF" | b"__.SYMDEF SORTED" | b"__.SYMDEF_64" | b"__.SYMDEF_64 SORTED" => {
                    archive.slice(start, end, at)?
                }
                _ => break,
            };
            match name {
                b"//" => archive.names = contents,
                _ if archive.index.form != IndexForm::None => {}
                b"/" => archive.index = archive.gnu_index(contents, 4, start)?,
                b"/SYM64/" => archive.index = archive.gnu_index(contents, 8, start)?,
                name if name.starts_with(b"__.SYMDEF_64") => {
                    archive.index = archive.bsd_index(contents, 8, start)?;
                }
                _ => archive.index = archive.bsd_index(contents, 4, start)?,
            }
            archive.first = end.next_multiple_of(2);
        }
        Ok(archive)
    }

    /// Whether the members are files elsewhere.
    pub fn is_thin(&self) -> bool {
        self.thin
    }

    /// Whether there is an index; without one, the members' own symbols have to be read.
    pub fn has_index(&self) -> bool {
        self.index.form != IndexForm::None
    }

    /// The index: each symbol with the offset of the member that defines it.
    pub fn symbols(&self) -> Symbols<'a> {
        Symbols {
            archive: *self,
            at: 0,
            name_at: 0,
        }
    }

    /// All members with something to link, in order; crate metadata is left out.
    pub fn members(&self) -> Members<'a> {
        Members {
            archive: *self,
            at: self.first,
        }
    }

    /// The member whose header stands at `offset`, as the index says.
    ///
    /// # Errors
    /// There is no valid member header at `offset`.
    pub fn member(&self, offset: u64) -> Result<Member<'a>, InputError> {
        self.read_member(offset).map(|(member, _)| member)
    }

    /// The member at `offset`, and where the next one begins.
    fn read_member(&self, offset: u64) -> Result<(Member<'a>, u64), InputError> {
        let header = self.header(offset)?;
        let end = header.start + header.size;
        let special = matches!(header.field.trim_ascii_end(), b"/" | b"//" | b"/SYM64/");
        let (name, start) = match header.field {
            field if special => (field.trim_ascii_end(), header.start),
            field if field.starts_with(b"#1/") => self.bsd_name(&header, offset)?,
            field if field.starts_with(b"/") => (self.gnu_name(field, offset)?, header.start),
            field => {
                let name = field.trim_ascii_end();
                (name.strip_suffix(b"/").unwrap_or(name), header.start)
            }
        };
        let (data, next) = if self.thin && !special {
            (MemberData::File(self.beside(name, offset)?), header.start)
        } else {
            (
                MemberData::Inline(self.slice(start, end, offset)?),
                end.next_multiple_of(2),
            )
        };
        let member = Member { name, offset, data };
        Ok((member, next))
    }

    fn header(&self, at: u64) -> Result<Header<'a>, InputError> {
        let header = usize::try_from(at)
            .ok()
            .filter(|_| at >= FIRST)
            .and_then(|start| self.data.get(start..start.checked_add(HEADER)?))
            .ok_or_else(|| self.broken(at, "the file ends within a member's header"))?;
        if &header[58..] != b"`\n" {
            return Err(self.broken(at, "no member header"));
        }
        let size = number(&header[48..58])
            .ok_or_else(|| self.broken(at, "a member's size is not a number"))?;
        Ok(Header {
            field: &header[..16],
            start: at + HEADER as u64,
            size,
        })
    }

    /// A name after `#1/`: the contents begin with it. Returns the name and where the rest begins.
    fn bsd_name(&self, header: &Header<'a>, at: u64) -> Result<(&'a [u8], u64), InputError> {
        let length = number(&header.field[3..])
            .filter(|&length| length <= header.size)
            .ok_or_else(|| self.broken(at, "the length of a member's name is wrong"))?;
        let start = header.start + length;
        let name = self.slice(header.start, start, at)?;
        let end = name.iter().position(|&byte| byte == 0);
        Ok((&name[..end.unwrap_or(name.len())], start))
    }

    /// A name after `/`: its offset in the table of names.
    fn gnu_name(&self, field: &[u8], at: u64) -> Result<&'a [u8], InputError> {
        if field.contains(&b':') {
            return Err(self.broken(
                at,
                "thin archives within thin archives are not supported: a member is another \
                 archive's",
            ));
        }
        let tail = number(&field[1..])
            .and_then(|start| self.names.get(usize::try_from(start).ok()?..))
            .ok_or_else(|| self.broken(at, "a member's long name is missing"))?;
        let end = tail.iter().position(|&byte| matches!(byte, b'\n' | 0));
        let name = &tail[..end.unwrap_or(tail.len())];
        Ok(name.strip_suffix(b"/").unwrap_or(name))
    }

    /// The file of a thin archive's member; relative to the archive.
    fn beside(&self, name: &[u8], at: u64) -> Result<PathBuf, InputError> {
        let name = std::str::from_utf8(name)
            .map_err(|_| self.broken(at, "a member's path is not UTF-8"))?;
        Ok(self.path.parent().unwrap_or(Path::new("")).join(name))
    }

    fn gnu_index(
        &self,
        contents: &'a [u8],
        width: usize,
        at: u64,
    ) -> Result<Index<'a>, InputError> {
        let too_short = || self.broken(at, "the symbol index is cut off");
        let (count, rest) = contents.split_at_checked(width).ok_or_else(too_short)?;
        let bytes = usize::try_from(big_endian(count))
            .ok()
            .and_then(|count| count.checked_mul(width))
            .ok_or_else(too_short)?;
        let (entries, names) = rest.split_at_checked(bytes).ok_or_else(too_short)?;
        Ok(Index {
            form: IndexForm::Gnu(width),
            entries,
            names,
            offset: at,
        })
    }

    fn bsd_index(
        &self,
        contents: &'a [u8],
        width: usize,
        at: u64,
    ) -> Result<Index<'a>, InputError> {
        let too_short = || self.broken(at, "the symbol index is cut off");
        // Both tables are preceded by their size in bytes.
        let table = |bytes: &'a [u8]| {
            let (size, rest) = bytes.split_at_checked(width)?;
            rest.split_at_checked(usize::try_from(little_endian(size)).ok()?)
        };
        let (entries, rest) = table(contents).ok_or_else(too_short)?;
        let (names, _) = table(rest).ok_or_else(too_short)?;
        Ok(Index {
            form: IndexForm::Bsd(width),
            entries,
            names,
            offset: at,
        })
    }

    fn slice(&self, start: u64, end: u64, at: u64) -> Result<&'a [u8], InputError> {
        let range = usize::try_from(start).ok().zip(usize::try_from(end).ok());
        range
            .and_then(|(start, end)| self.data.get(start..end))
            .ok_or_else(|| {
                let have = self.len().saturating_sub(start);
                let need = end.saturating_sub(start);
                self.broken(
                    at,
                    format!("the file ends within a member ({have:#x} of {need:#x} bytes)"),
                )
            })
    }

    fn len(&self) -> u64 {
        self.data.len() as u64
    }

    fn broken(&self, offset: u64, what: impl Into<String>) -> InputError {
        InputError::Archive {
            path: self.path.to_owned(),
            offset,
            what: what.into(),
        }
    }
}

/// The symbols of an archive's index, with the offsets of their members.
#[derive(Clone, Debug)]
pub struct Symbols<'a> {
    archive: Archive<'a>,
    at: usize,
    name_at: usize,
}

impl<'a> Symbols<'a> {
    fn read(&mut self) -> Option<Result<(&'a [u8], u64), InputError>> {
        let index = self.archive.index;
        let mut word = |width: usize| {
            let word = index.entries.get(self.at..self.at + width)?;
            self.at += width;
            Some(word)
        };
        let (start, member) = match index.form {
            IndexForm::None => return None,
            IndexForm::Gnu(width) => (self.name_at, big_endian(word(width)?)),
            IndexForm::Bsd(width) => {
                let name = usize::try_from(little_endian(word(width)?)).unwrap_or(usize::MAX);
                (name, little_endian(word(width)?))
            }
        };
        let name = index.names.get(start..).and_then(|tail| {
            let end = memchr::memchr(0, tail)?;
            self.name_at = start + end + 1;
            Some(&tail[..end])
        });
        let Some(name) = name else {
            // Reported once.
            self.at = index.entries.len();
            return Some(Err(self
                .archive
                .broken(index.offset, "the names of the symbol index are cut off")));
        };
        Some(Ok((name, member)))
    }
}

impl<'a> Iterator for Symbols<'a> {
    type Item = Result<(&'a [u8], u64), InputError>;

    fn next(&mut self) -> Option<Self::Item> {
        self.read()
    }

    fn size_hint(&self) -> (usize, Option<usize>) {
        let index = &self.archive.index;
        let left = index.entries.len().saturating_sub(self.at);
        match index.form {
            IndexForm::None => (0, Some(0)),
            IndexForm::Gnu(width) => (0, Some(left / width)),
            IndexForm::Bsd(width) => (0, Some(left / width / 2)),
        }
    }
}

/// The members of an archive.
#[derive(Clone, Debug)]
pub struct Members<'a> {
    archive: Archive<'a>,
    at: u64,
}

impl<'a> Iterator for Members<'a> {
    type Item = Result<Member<'a>, InputError>;

    fn next(&mut self) -> Option<Self::Item> {
        while self.at < self.archive.len() {
            match self.archive.read_member(self.at) {
                Ok((member, next)) => {
                    self.at = next;
                    let special = matches!(member.name, b"/" | b"//" | b"/SYM64/" | b"");
                    if !special && !member.is_rust_metadata() {
                        return Some(Ok(member));
                    }
                }
                Err(error) => {
                    self.at = u64::MAX;
                    return Some(Err(error));
                }
            }
        }
        None
    }
}

/// A decimal number padded with spaces.
fn number(field: &[u8]) -> Option<u64> {
    std::str::from_utf8(field.trim_ascii()).ok()?.parse().ok()
}

fn big_endian(bytes: &[u8]) -> u64 {
    bytes
        .iter()
        .fold(0, |value, &byte| value << 8 | u64::from(byte))
}

fn little_endian(bytes: &[u8]) -> u64 {
    bytes
        .iter()
        .rev()
        .fold(0, |value, &byte| value << 8 | u64::from(byte))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn member(name: &str, contents: &[u8]) -> Vec<u8> {
        let mut bytes = format!(
            "{name:<16}{:<12}{:<6}{:<6}{:<8}{:<10}`\n",
            0,
            0,
            0,
            644,
            contents.len()
        )
        .into_bytes();
        bytes.extend(contents);
        if bytes.len() % 2 == 1 {
            bytes.push(b'\n');
        }
        bytes
    }

    fn archive(magic: &str, members: &[Vec<u8>]) -> Vec<u8> {
        let mut bytes = magic.as_bytes().to_vec();
        bytes.extend(members.concat());
        bytes
    }

    /// Lists symbols and members of an archive, errors included.
    fn show(bytes: &[u8]) -> Vec<String> {
        let archive = match Archive::parse(Path::new("dir/x.a"), bytes) {
            Ok(archive) => archive,
            Err(error) => return vec![error.to_string()],
        };
        let text = |bytes: &[u8]| String::from_utf8_lossy(bytes).into_owned();
        let symbols = archive.symbols().map(|symbol| match symbol {
            Ok((name, at)) => match archive.member(at) {
                Ok(member) => format!("{} in {}", text(name), text(member.name)),
                Err(error) => format!("{}: {error}", text(name)),
            },
            Err(error) => error.to_string(),
        });
        let members = archive.members().map(|member| match member {
            Ok(member) => match member.data {
                MemberData::Inline(data) => format!("{}: {}", text(member.name), text(data)),
                MemberData::File(path) => format!("{} -> {}", text(member.name), path.display()),
            },
            Err(error) => error.to_string(),
        });
        symbols.chain(members).collect()
    }

    const LONG: &str = "a_very_long_name.o/\nlib.rmeta/\n";

    #[test]
    fn gnu() {
        let names = member("//", LONG.as_bytes());
        for width in [4, 8] {
            let name = if width == 4 { "/" } else { "/SYM64/" };
            let word = |value: usize| value.to_be_bytes()[8 - width..].to_vec();
            let table_size = 60 + (3 * width + 8);
            let first = 8 + table_size + names.len();
            let second = first + member("a.o/", b"one").len();
            let index = [word(2), word(first), word(second), b"sym\0fun\0".to_vec()].concat();
            let bytes = archive(
                "!<arch>\n",
                &[
                    member(name, &index),
                    names.clone(),
                    member("a.o/", b"one"),
                    member("/0", b"two"),
                    member("lib.rmeta/", b"x"),
                    member("/20", b"x"),
                ],
            );
            assert_eq!(
                show(&bytes),
                [
                    "sym in a.o",
                    "fun in a_very_long_name.o",
                    "a.o: one",
                    "a_very_long_name.o: two"
                ]
            );
        }
    }

    #[test]
    fn bsd() {
        for width in [4_usize, 8] {
            let title: &[u8] = if width == 4 {
                b"__.SYMDEF SORTED\0\0\0\0"
            } else {
                b"__.SYMDEF_64\0\0\0\0\0\0\0\0"
            };
            let word = |value: usize| value.to_le_bytes()[..width].to_vec();
            let size = 20 + 4 * width + 8;
            let index = [
                title.to_vec(),
                word(2 * width),
                word(4),
                word(8 + 60 + size),
                word(8),
                b"xxx\0sym\0".to_vec(),
            ]
            .concat();
            let bytes = archive(
                "!<arch>\n",
                &[
                    member("#1/20", &index),
                    member("#1/8", b"b b.o\0\0\0data"),
                    member("c.o", b"more"),
                ],
            );
            assert_eq!(show(&bytes), ["sym in b b.o", "b b.o: data", "c.o: more"]);
        }
    }

    #[test]
    fn thin() {
        let names = member("//", b"sub/a.o/\n/abs/b.o/\n");
        let entry = |name: &str| {
            let mut header = member(name, b"ab");
            header.truncate(60);
            header
        };
        let bytes = archive(
            "!<thin>\n",
            &[names, entry("/0"), entry("/9"), entry("c.o/")],
        );
        assert_eq!(
            show(&bytes),
            [
                "sub/a.o -> dir/sub/a.o",
                "/abs/b.o -> /abs/b.o",
                "c.o -> dir/c.o"
            ]
        );
    }

    #[test]
    fn empty_and_without_index() {
        assert!(show(b"!<arch>\n").is_empty());
        let bytes = archive("!<arch>\n", &[member("a.o/", b"odd"), member("b.o/", b"b")]);
        assert_eq!(show(&bytes), ["a.o: odd", "b.o: b"]);
        assert!(!Archive::parse(Path::new(""), &bytes).unwrap().has_index());
        // Some archivers leave out the last padding byte.
        assert_eq!(show(&bytes[..bytes.len() - 1]), ["a.o: odd", "b.o: b"]);
    }

    #[test]
    fn broken_archives_say_where() {
        let good = archive("!<arch>\n", &[member("a.o/", b"abcd")]);
        let mut bad_size = good.clone();
        bad_size[8 + 48] = b'x';
        let mut bad_end = good.clone();
        bad_end[8 + 58] = b'x';
        let index = |bytes: &[u8]| archive("!<arch>\n", &[member("/", bytes)]);
        for (bytes, expected) in [
            (b"!<arc".to_vec(), vec!["no archive header at offset 0x0"]),
            (
                good[..40].to_vec(),
                vec!["the file ends within a member's header at offset 0x8"],
            ),
            (
                good[..70].to_vec(),
                vec!["the file ends within a member (0x2 of 0x4 bytes) at offset 0x8"],
            ),
            (
                bad_size,
                vec!["a member's size is not a number at offset 0x8"],
            ),
            (bad_end, vec!["no member header at offset 0x8"]),
            (
                archive("!<arch>\n", &[member("/7", b"")]),
                vec!["a member's long name is missing at offset 0x8"],
            ),
            (
                archive("!<arch>\n", &[member("#1/9", b"abc")]),
                vec!["the length of a member's name is wrong at offset 0x8"],
            ),
            (
                index(b"\0\0\0\x09"),
                vec!["the symbol index is cut off at offset 0x44"],
            ),
            (
                index(b"\xff\xff\xff\xff\0\0"),
                vec!["the symbol index is cut off at offset 0x44"],
            ),
            (
                index(b"\0\0\0\x02\0\0\0\x08\0\0\0\x08sym"),
                vec!["the names of the symbol index are cut off at offset 0x44"],
            ),
        ] {
            let expected: Vec<_> = expected
                .iter()
                .map(|text| format!("broken archive `dir/x.a`: {text}"))
                .collect();
            assert_eq!(show(&bytes), expected);
        }
    }

    #[test]
    fn an_index_that_points_nowhere() {
        for at in [0_u8, 1, 200] {
            let bytes = archive(
                "!<arch>\n",
                &[member("/", &[0, 0, 0, 1, 0, 0, 0, at, b's', 0])],
            );
            assert!(show(&bytes)[0].starts_with("s: broken archive"), "{at}");
        }
    }

    #[test]
    fn no_cut_off_archive_panics() {
        let names = member("//", LONG.as_bytes());
        let index = member("/", b"\0\0\0\x01\0\0\0\x08sym\0");
        let bytes = archive(
            "!<arch>\n",
            &[index, names, member("/0", b"two"), member("#1/3", b"abcd")],
        );
        for end in 0..bytes.len() {
            show(&bytes[..end]);
            let mut changed = bytes.clone();
            changed[end] ^= 0xff;
            show(&changed);
        }
    }
}

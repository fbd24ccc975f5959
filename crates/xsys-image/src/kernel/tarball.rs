//! The files of a tar archive, listed without unpacking it.
//!
//! A package's files are read where they are in its unpacked archive: nothing is created on disk
//! under names that a package chose. Names are checked all the same: a package with paths that lead
//! out of it is not trusted with a kernel.

use std::fs::File;
use std::io::{self, Read, Seek};
use std::path::Path;
use std::sync::Arc;

use super::error::{Error, Fault};
use super::files::{Files, Item, Kind, Stream};
use crate::part::Part;

/// More entries than any package of Debian has (texlive-fonts-extra: 90,000).
const MOST_ENTRIES: usize = 500_000;
/// The most bytes that a name may have, as Linux has it.
const LONGEST: u64 = 4096;

/// An archive that was listed.
#[derive(Debug)]
pub(crate) struct Tarball {
    file: Arc<File>,
    /// By path.
    entries: Vec<(String, Place)>,
    stamp: String,
}

#[derive(Clone, Debug)]
enum Place {
    File { start: u64, size: u64 },
    Link(String),
}

impl Tarball {
    /// Lists the archive that the file consists of; the stamp is the package's digest.
    pub(crate) fn read(file: File, stamp: &str) -> Result<Self, Fault> {
        let entries = list(&file)?;
        Ok(Self {
            file: Arc::new(file),
            entries,
            stamp: stamp.to_owned(),
        })
    }
}

impl Files for Tarball {
    fn list(&self) -> Result<Vec<Item>, Error> {
        let item = |(path, place): &(String, Place)| Item {
            path: path.clone(),
            kind: match place {
                Place::File { size, .. } => Kind::File { size: *size },
                Place::Link(target) => Kind::Link {
                    target: target.clone(),
                },
            },
        };
        Ok(self.entries.iter().map(item).collect())
    }

    fn open(&self, path: &str) -> io::Result<Box<dyn Stream>> {
        let found = self
            .entries
            .binary_search_by(|(name, _)| name.as_str().cmp(path));
        match found.map(|at| &self.entries[at].1) {
            Ok(Place::File { start, size }) => {
                Ok(Box::new(Part::new(Arc::clone(&self.file), *start, *size)))
            }
            _ => Err(io::ErrorKind::NotFound.into()),
        }
    }

    fn stamp(&self) -> Option<String> {
        Some(self.stamp.clone())
    }
}

fn list(mut file: &File) -> Result<Vec<(String, Place)>, Fault> {
    let len = file.seek(io::SeekFrom::End(0)).map_err(tar)?;
    file.rewind().map_err(tar)?;
    let mut archive = tar::Archive::new(file);
    let mut entries = Vec::new();
    // Long names come in entries of their own before the entry that they are for.
    let mut long = Long::default();
    let mut count = 0;
    // Raw, because the crate allocates as much memory for long names as the archive claims.
    for entry in archive.entries_with_seek().map_err(tar)?.raw(true) {
        let mut entry = entry.map_err(tar)?;
        count += 1;
        if count > MOST_ENTRIES {
            return Err(Fault::TooMany(MOST_ENTRIES));
        }
        let header = entry.header();
        let kind = header.entry_type();
        if let tar::EntryType::GNULongName
        | tar::EntryType::GNULongLink
        | tar::EntryType::XHeader
        | tar::EntryType::XGlobalHeader = kind
        {
            long.read(kind, entry.size(), &mut entry)?;
            continue;
        }
        let Long { name, link } = std::mem::take(&mut long);
        let name = name.unwrap_or_else(|| header.path_bytes().into_owned());
        let name = text(name)?;
        let path = clean(&name).ok_or_else(|| Fault::Escapes(name.clone()))?;
        let (start, size) = (entry.raw_file_position(), entry.size());
        if start.checked_add(size).is_none_or(|end| end > len) {
            return Err(Fault::Truncated(path));
        }
        let target = || {
            let target = link.or_else(|| Some(header.link_name_bytes()?.into_owned()));
            text(target.unwrap_or_default())
        };
        match kind {
            tar::EntryType::Regular | tar::EntryType::Continuous => {
                entries.push((path, Place::File { start, size }));
            }
            tar::EntryType::Symlink => {
                let target = target()?;
                match resolve(&path, &target) {
                    Some(to) => entries.push((path, Place::Link(to))),
                    None => return Err(Fault::LinkLeaves(path, target)),
                }
            }
            tar::EntryType::Link => {
                let target = target()?;
                match clean(&target) {
                    Some(to) => entries.push((path, Place::Link(to))),
                    None => return Err(Fault::LinkLeaves(path, target)),
                }
            }
            tar::EntryType::Directory => {}
            // Devices and pipes are left out.
            tar::EntryType::Char | tar::EntryType::Block | tar::EntryType::Fifo => {}
            other => {
                let kind = char::from(other.as_byte()).escape_default();
                return Err(Fault::Tar(format!(
                    "`{path}` is of the unknown kind `{kind}`"
                )));
            }
        }
    }
    // Of two with one name, unpacking would keep the later one.
    entries.reverse();
    entries.sort_by(|(one, _), (other, _)| one.cmp(other));
    entries.dedup_by(|(later, _), (first, _)| later == first);
    Ok(entries)
}

/// Names that did not fit into the header of their entry.
#[derive(Default)]
struct Long {
    name: Option<Vec<u8>>,
    link: Option<Vec<u8>>,
}

impl Long {
    fn read(
        &mut self,
        kind: tar::EntryType,
        size: u64,
        entry: &mut impl Read,
    ) -> Result<(), Fault> {
        // A list of properties can be longer than a name, but not much.
        if size > 16 * LONGEST {
            return Err(Fault::Tar("a name is too long".to_owned()));
        }
        let mut bytes = Vec::new();
        let read = entry.read_to_end(&mut bytes).map_err(tar)?;
        if read as u64 != size {
            return Err(Fault::Truncated("its list of files".to_owned()));
        }
        match kind {
            tar::EntryType::GNULongName => self.name = Some(until_nul(bytes)),
            tar::EntryType::GNULongLink => self.link = Some(until_nul(bytes)),
            tar::EntryType::XHeader => {
                for property in tar::PaxExtensions::new(&bytes) {
                    let property = property.map_err(tar)?;
                    match property.key_bytes() {
                        b"path" => self.name = Some(property.value_bytes().to_vec()),
                        b"linkpath" => self.link = Some(property.value_bytes().to_vec()),
                        // Only needed for files above 8 GiB, and a way to show different archives
                        // to different readers.
                        b"size" => {
                            return Err(Fault::Tar("a size is given twice".to_owned()));
                        }
                        _ => {}
                    }
                }
            }
            _ => {}
        }
        Ok(())
    }
}

fn until_nul(mut bytes: Vec<u8>) -> Vec<u8> {
    bytes.truncate(memchr::memchr(0, &bytes).unwrap_or(bytes.len()));
    bytes
}

fn text(bytes: Vec<u8>) -> Result<String, Fault> {
    if bytes.len() as u64 > LONGEST {
        return Err(Fault::Tar("a name is too long".to_owned()));
    }
    String::from_utf8(bytes).map_err(|_| Fault::Tar("a name is not UTF-8".to_owned()))
}

fn tar(error: io::Error) -> Fault {
    match error.kind() {
        io::ErrorKind::UnexpectedEof => Fault::Truncated("its list of files".to_owned()),
        _ => Fault::Tar(error.to_string()),
    }
}

/// A name in an archive as a path from its top, if it stays below: no `..`, not absolute.
pub(crate) fn clean(name: &str) -> Option<String> {
    if name.starts_with('/') || name.contains('\0') {
        return None;
    }
    let parts = name.split('/').filter(|part| !matches!(*part, "" | "."));
    let parts: Vec<_> = parts.collect();
    (!parts.contains(&"..")).then(|| parts.join("/"))
}

/// Where a symbolic link leads, from the top; absolute ones start there.
pub(crate) fn resolve(link: &str, target: &str) -> Option<String> {
    if target.contains('\0') || target.is_empty() {
        return None;
    }
    let mut parts: Vec<_> = match target.starts_with('/') {
        true => Vec::new(),
        false => Path::new(link)
            .parent()?
            .to_str()?
            .split('/')
            .filter(|part| !part.is_empty())
            .collect(),
    };
    for part in target.split('/') {
        match part {
            "" | "." => {}
            ".." => {
                parts.pop()?;
            }
            part => parts.push(part),
        }
    }
    Some(parts.join("/"))
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::io::Write;

    fn listed(bytes: &[u8]) -> Result<Tarball, Fault> {
        let mut file = tempfile::tempfile().unwrap();
        file.write_all(bytes).unwrap();
        Tarball::read(file, "")
    }

    /// A header with any name, as `tar` itself would not write it.
    fn entry(kind: tar::EntryType, name: &str, link: &str, size: u64) -> Vec<u8> {
        let mut header = tar::Header::new_gnu();
        header.as_old_mut().name[..name.len()].copy_from_slice(name.as_bytes());
        header.as_old_mut().linkname[..link.len()].copy_from_slice(link.as_bytes());
        header.set_entry_type(kind);
        header.set_size(size);
        header.set_mode(0o644);
        header.set_cksum();
        header.as_bytes().to_vec()
    }

    #[test]
    fn long_names_links_and_doubles() {
        let mut builder = tar::Builder::new(Vec::new());
        let mut add = |name: &str, bytes: &[u8]| {
            let mut header = tar::Header::new_gnu();
            header.set_size(bytes.len() as u64);
            header.set_mode(0o644);
            builder.append_data(&mut header, name, bytes).unwrap();
        };
        let long = format!("lib/{}/file", "x".repeat(200));
        add(&long, b"long");
        add("boot/a", b"first");
        add("boot/a", b"second");
        let mut header = tar::Header::new_gnu();
        header.set_entry_type(tar::EntryType::Symlink);
        header.set_size(0);
        builder
            .append_link(&mut header, "vmlinuz", "./boot/../boot/a")
            .unwrap();
        let tarball = listed(&builder.into_inner().unwrap()).unwrap();
        let mut text = String::new();
        tarball
            .open(&long)
            .unwrap()
            .read_to_string(&mut text)
            .unwrap();
        tarball
            .open("boot/a")
            .unwrap()
            .read_to_string(&mut text)
            .unwrap();
        assert_eq!(text, "longsecond");
        let items = tarball.list().unwrap();
        assert_eq!(items.len(), 3);
        let to = "boot/a".to_owned();
        assert_eq!(items[2].kind, Kind::Link { target: to });
        assert!(tarball.open("boot/b").is_err());
    }

    #[test]
    fn hostile_names_links_and_sizes_are_errors() {
        use tar::EntryType as Is;
        let fault = |bytes: Vec<u8>| listed(&bytes).unwrap_err().to_string();
        for name in ["../etc/passwd", "/etc/passwd", "a/../../b", "./.."] {
            let text = fault(entry(Is::Regular, name, "", 0));
            assert!(text.contains(name) && text.contains("outside"), "{text}");
        }
        for (name, target) in [("a", ".."), ("a/b", "../../c"), ("a", "../a")] {
            let text = fault(entry(Is::Symlink, name, target, 0));
            assert!(text.contains("leads to"), "{text}");
        }
        let text = fault(entry(Is::Link, "a", "/etc/passwd", 0));
        assert!(text.contains("leads to `/etc/passwd`"), "{text}");
        let text = fault(entry(Is::Regular, "boot/big", "", 1 << 40));
        assert!(text.contains("ends within `boot/big`"), "{text}");
        let text = fault(entry(Is::GNULongName, "././@LongLink", "", 1 << 32));
        assert!(
            text.contains("ends within") || text.contains("damaged"),
            "{text}"
        );
        let mut long = entry(Is::GNULongName, "././@LongLink", "", 1 << 20);
        long.resize(512 + (1 << 20), b'a');
        assert!(fault(long).contains("too long"));
        let mut header = entry(Is::Regular, "boot/a", "", 0);
        header[0] = b'c';
        assert!(fault(header).contains("checksum"));
        let many = entry(Is::Directory, "a", "", 0).repeat(3);
        assert_eq!(listed(&many).unwrap().entries.len(), 0);
    }

    #[test]
    fn changed_bytes_never_panic() {
        let mut bytes = entry(tar::EntryType::Regular, "boot/a", "", 5);
        bytes.extend(b"hello");
        bytes.resize(2048, 0);
        for at in 0..512 {
            for byte in [0, b'7', 0x80, 0xff] {
                let mut broken = bytes.clone();
                broken[at] = byte;
                let _ = listed(&broken);
            }
        }
        for end in 0..1024 {
            let _ = listed(&bytes[..end]);
        }
    }
}

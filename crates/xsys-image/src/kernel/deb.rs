//! Debian packages: an `ar` archive of a version, a `control.tar` and a `data.tar`.
//!
//! A kernel's package of 60 MB unpacks to 350 MB, of which an image takes a tenth. It is unpacked
//! once, as a stream, into one file of a cache (an ordinary tar archive, named by the package's
//! digest); files are read from there. So the next build starts at once, memory stays small, and no
//! path of the package ever becomes a path of this machine.

use std::fs::File;
use std::io::{BufWriter, Read, Write};
use std::path::{Path, PathBuf};
use std::sync::Arc;

use sha2::{Digest, Sha256};

use super::error::{Error, Fault};
use super::kept::in_use;
use super::tarball::{Tarball, clean};
use crate::digest::hex;
use crate::packing::Packing;
use crate::part::Part;

/// What a package may unpack to at least, however it is compressed.
const SMALL: u64 = 256 << 20;
/// The largest ratio of unpacked to packed size in larger packages; in Debian's it is 6, rarely 20.
const MOST_RATIO: u64 = 100;
/// All of a package's control files. Lists of digests are the largest.
const CONTROL_LIMIT: u64 = 64 << 20;

/// What a package says of itself.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Package {
    /// The file, as the user named it.
    pub path: PathBuf,
    /// `Package:` of its control file.
    pub name: String,
    /// `Version:`.
    pub version: String,
    /// `Architecture:`, such as `arm64` or `all`.
    pub architecture: String,
    /// `Maintainer:`, if it says so.
    pub maintainer: Option<String>,
    /// The digest of the whole file, in hexadecimal.
    pub sha256: String,
}

impl Package {
    /// The distribution that it is from, as package URLs name it.
    pub fn vendor(&self) -> &'static str {
        let maintainer = self.maintainer.as_deref().unwrap_or_default();
        let is_of = |domain: &str| maintainer.contains(domain);
        if is_of("ubuntu.com>") {
            "ubuntu"
        } else if is_of("raspberrypi.com>") || is_of("raspberrypi.org>") {
            "raspberrypi"
        } else {
            "debian"
        }
    }
}

/// A member of an `ar` archive.
struct Member {
    name: String,
    start: u64,
    size: u64,
}

/// Opens a package; its files are in `cache` afterwards.
pub(crate) fn open(path: &Path, cache: &Path) -> Result<(Package, Tarball), Error> {
    let broken = |fault| Error::Package {
        path: path.to_owned(),
        fault,
    };
    let file = Arc::new(File::open(path).map_err(Error::read(path))?);
    let len = file.metadata().map_err(Error::read(path))?.len();
    let members = members(&file, len).map_err(broken)?;
    let control = tar_of(&members, "control").map_err(broken)?;
    let data = tar_of(&members, "data").map_err(broken)?;
    let text = control_file(&file, control).map_err(broken)?;
    let maintainer = line(&text, "Maintainer").map(str::to_owned);
    let field = |name| field(&text, name).ok_or_else(|| broken(Fault::Control(name)));
    let package = Package {
        maintainer,
        path: path.to_owned(),
        name: field("Package")?,
        version: field("Version")?,
        architecture: field("Architecture")?,
        sha256: digest(&file, len).map_err(Error::read(path))?,
    };
    let kept = cache.join(format!("{}.tar", package.sha256));
    if let Ok(tar) = File::open(&kept)
        && let Ok(tarball) = Tarball::read(tar, &package.sha256)
    {
        in_use(&kept);
        return Ok((package, tarball));
    }
    let tarball = unpack(&file, data, &package, cache, &kept)?;
    Ok((package, tarball))
}

/// Unpacks the files' archive to `kept`, which exists only when it is complete and valid.
fn unpack(
    file: &Arc<File>,
    (data, packing): (&Member, Packing),
    package: &Package,
    cache: &Path,
    kept: &Path,
) -> Result<Tarball, Error> {
    let broken = |fault| Error::Package {
        path: package.path.clone(),
        fault,
    };
    std::fs::create_dir_all(cache).map_err(Error::write(cache))?;
    let unfinished = tempfile::NamedTempFile::new_in(cache).map_err(Error::write(cache))?;
    let mut out = BufWriter::with_capacity(1 << 20, unfinished);
    let limit = data.size.saturating_mul(MOST_RATIO).max(SMALL);
    let mut reader = packing.reader(data.part(file));
    let mut buffer = vec![0; 256 * 1024];
    let mut total = 0;
    loop {
        let read = match reader.read(&mut buffer) {
            Ok(0) => break,
            Ok(read) => read,
            Err(error) => return Err(broken(data.fault(&error))),
        };
        total += read as u64;
        if total > limit {
            return Err(broken(Fault::Bomb {
                member: data.name.clone(),
                limit: limit >> 20,
            }));
        }
        out.write_all(&buffer[..read]).map_err(Error::write(kept))?;
    }
    let unfinished = out
        .into_inner()
        .map_err(|error| Error::write(kept)(error.into_error()))?;
    let listed = unfinished
        .reopen()
        .map_err(Error::read(unfinished.path()))?;
    let tarball = Tarball::read(listed, &package.sha256).map_err(broken)?;
    // Synced, so that a power cut never leaves a file of that name without its content.
    let synced = unfinished.as_file().sync_all();
    synced.map_err(Error::write(kept))?;
    // If another process was faster, its file has the same content. If the file cannot be renamed
    // (on Windows, while another process reads it), the open one can still be read.
    if let Err(error) = unfinished.persist(kept)
        && !kept.exists()
    {
        return Err(Error::write(kept)(error.error));
    }
    Ok(tarball)
}

impl Member {
    fn part(&self, file: &Arc<File>) -> Part {
        Part::new(Arc::clone(file), self.start, self.size)
    }

    fn fault(&self, error: &std::io::Error) -> Fault {
        Fault::Unpack {
            member: self.name.clone(),
            cause: error.to_string(),
        }
    }
}

/// The members of the `ar` archive. Names of packages' members are short: no tables of long names,
/// of which crates for `ar` take as much memory as they are told.
fn members(file: &Arc<File>, len: u64) -> Result<Vec<Member>, Fault> {
    let mut magic = Vec::new();
    let read = Part::new(Arc::clone(file), 0, 8.min(len)).read_to_end(&mut magic);
    if read.is_err() || magic != b"!<arch>\n" {
        return Err(Fault::NotAr);
    }
    let mut members: Vec<Member> = Vec::new();
    let mut at = 8;
    while at < len {
        let mut header = [0; 60];
        Part::new(Arc::clone(file), at, 60)
            .read_exact(&mut header)
            .map_err(|_| match members.last() {
                Some(before) => Fault::Truncated(format!("what follows {}", before.name)),
                None => Fault::Truncated("its first header".to_owned()),
            })?;
        let text = std::str::from_utf8(&header).ok();
        let text = text.filter(|text| text.is_ascii() && text.ends_with("`\n"));
        let text = text.ok_or(Fault::Header(at))?;
        let name = text[..16].trim_end().trim_end_matches('/');
        let size: u64 = text[48..58]
            .trim_end()
            .parse()
            .map_err(|_| Fault::Header(at))?;
        if name.is_empty() || name.contains(char::is_control) {
            return Err(Fault::Header(at));
        }
        let start = at + 60;
        if size > len - start.min(len) {
            return Err(Fault::Truncated(name.to_owned()));
        }
        if members.iter().any(|member| member.name == name) {
            return Err(Fault::Twice(name.to_owned()));
        }
        members.push(Member {
            name: name.to_owned(),
            start,
            size,
        });
        // Three are usual; signatures may follow.
        if members.len() > 32 {
            return Err(Fault::TooMany(32));
        }
        at = start + size + size % 2;
    }
    let version = members
        .first()
        .filter(|first| first.name == "debian-binary");
    let version = version.ok_or(Fault::Lacks("debian-binary"))?;
    let mut text = String::new();
    let read = version.part(file).take(16).read_to_string(&mut text);
    match read.is_ok() && text.starts_with("2.") {
        true => Ok(members),
        false => Err(Fault::Version(text.trim().escape_debug().to_string())),
    }
}

fn tar_of<'m>(members: &'m [Member], which: &'static str) -> Result<(&'m Member, Packing), Fault> {
    let is = |member: &&Member| {
        let rest = member.name.strip_prefix(which);
        rest.is_some_and(|rest| rest.starts_with(".tar"))
    };
    let mut found = members.iter().filter(is);
    let member = found.next().ok_or(Fault::Lacks(which))?;
    if found.next().is_some() {
        return Err(Fault::Twice(format!("{which}.tar")));
    }
    let (stem, packing) = Packing::of_name(&member.name);
    match stem.strip_prefix(which) == Some(".tar") {
        true => Ok((member, packing)),
        false => Err(Fault::Compression(member.name.clone())),
    }
}

/// The text of `control` in `control.tar`.
fn control_file(file: &Arc<File>, (member, packing): (&Member, Packing)) -> Result<String, Fault> {
    let reader = packing.reader(member.part(file)).take(CONTROL_LIMIT);
    let mut archive = tar::Archive::new(reader);
    let entries = archive.entries().map_err(|error| member.fault(&error))?;
    for entry in entries.raw(true).take(1000) {
        let entry = entry.map_err(|error| member.fault(&error))?;
        let name = entry.path_bytes().into_owned();
        let name = String::from_utf8(name).ok().and_then(|name| clean(&name));
        if name.as_deref() == Some("control") {
            let mut text = String::new();
            let read = entry.take(1 << 20).read_to_string(&mut text);
            return match read {
                Ok(read) if read < 1 << 20 => Ok(text),
                _ => Err(Fault::ControlText),
            };
        }
    }
    Err(Fault::Lacks("control"))
}

/// A field of the control file that must be one word.
fn field(text: &str, name: &str) -> Option<String> {
    let value = line(text, name)?;
    let word = !value.is_empty() && value.chars().all(|char| char.is_ascii_graphic());
    word.then(|| value.to_owned())
}

fn line<'t>(text: &'t str, name: &str) -> Option<&'t str> {
    text.lines().find_map(|line| {
        let (key, value) = line.split_once(':')?;
        key.eq_ignore_ascii_case(name).then(|| value.trim())
    })
}

fn digest(file: &Arc<File>, len: u64) -> std::io::Result<String> {
    let mut hasher = Sha256::new();
    let mut part = Part::new(Arc::clone(file), 0, len);
    let mut buffer = vec![0; 256 * 1024];
    loop {
        match part.read(&mut buffer)? {
            0 => break,
            read => hasher.update(&buffer[..read]),
        }
    }
    Ok(hex(&hasher.finalize()))
}

/// Packages for tests.
#[cfg(test)]
pub(crate) mod test {
    use super::*;
    use crate::packing::pack;

    pub(crate) fn ar(members: &[(&str, &[u8])]) -> Vec<u8> {
        let mut bytes = b"!<arch>\n".to_vec();
        for (name, content) in members {
            bytes.extend(
                format!(
                    "{name:<16}{:<12}0     0     100644  {:<10}`\n",
                    0,
                    content.len()
                )
                .bytes(),
            );
            bytes.extend(*content);
            if content.len() % 2 == 1 {
                bytes.push(b'\n');
            }
        }
        bytes
    }

    pub(crate) fn tar(files: &[(&str, &[u8])]) -> Vec<u8> {
        let mut builder = tar::Builder::new(Vec::new());
        for (name, bytes) in files {
            let mut header = tar::Header::new_gnu();
            header.set_size(bytes.len() as u64);
            header.set_mode(0o644);
            builder
                .append_data(&mut header, format!("./{name}"), *bytes)
                .unwrap();
        }
        builder.into_inner().unwrap()
    }

    pub(crate) fn deb(packing: Packing, files: &[(&str, &[u8])]) -> Vec<u8> {
        let ending = match packing {
            Packing::Plain => "",
            Packing::Gzip => ".gz",
            Packing::Xz => ".xz",
            Packing::Zstd => ".zst",
        };
        let control = "Package: linux-image-test\nVersion: 6.1-1\nArchitecture: arm64\n";
        let control = pack(packing, &tar(&[("control", control.as_bytes())]));
        ar(&[
            ("debian-binary", b"2.0\n"),
            (&format!("control.tar{ending}"), &control),
            (&format!("data.tar{ending}"), &pack(packing, &tar(files))),
        ])
    }
}

#[cfg(test)]
mod tests {
    use super::test::{ar, deb, tar};
    use super::*;
    use crate::kernel::files::Files;
    use crate::packing::pack;

    fn opened(bytes: &[u8]) -> Result<(Package, Tarball), Error> {
        let directory = tempfile::tempdir().unwrap();
        let path = directory.path().join("test.deb");
        std::fs::write(&path, bytes).unwrap();
        let cache = directory.path().join("cache");
        let result = open(&path, &cache);
        if result.is_err() {
            let left = std::fs::read_dir(&cache).map_or(0, Iterator::count);
            assert_eq!(left, 0, "nothing is left of a broken package");
        }
        result
    }

    #[test]
    fn every_packing_is_read_once() {
        for packing in [Packing::Plain, Packing::Gzip, Packing::Xz, Packing::Zstd] {
            let directory = tempfile::tempdir().unwrap();
            let path = directory.path().join("test.deb");
            std::fs::write(&path, deb(packing, &[("boot/a", b"hello")])).unwrap();
            for _ in 0..2 {
                let (package, tarball) = open(&path, directory.path()).unwrap();
                assert_eq!(package.name, "linux-image-test");
                assert_eq!(package.version, "6.1-1");
                assert_eq!(package.architecture, "arm64");
                assert_eq!(package.sha256.len(), 64);
                let mut text = String::new();
                tarball
                    .open("boot/a")
                    .unwrap()
                    .read_to_string(&mut text)
                    .unwrap();
                assert_eq!(text, "hello");
            }
            assert_eq!(std::fs::read_dir(directory.path()).unwrap().count(), 2);
        }
    }

    #[test]
    fn what_is_wrong_is_said() {
        let message = |bytes: &[u8]| opened(bytes).unwrap_err().to_string();
        let good = deb(Packing::Xz, &[("boot/a", b"hello")]);
        assert!(message(b"hello").contains("not an `ar` archive"));
        assert!(message(&good[..30]).contains("ends within"));
        assert!(message(&good[..good.len() - 1]).contains("ends within `data.tar.xz`"));
        let control = tar(&[("control", b"Package: a\nVersion: 1\n")]);
        let data = tar(&[("boot/a", b"")]);
        let of = |members: &[(&str, &[u8])]| message(&ar(members));
        let version = ("debian-binary", &b"2.0\n"[..]);
        let data = ("data.tar", &data[..]);
        assert!(of(&[version, data]).contains("has no `control.tar`"));
        assert!(of(&[version, ("control.tar", &control), data]).contains("no `Architecture`"));
        assert!(of(&[version, ("control.tar.lzma", &control), data]).contains("not known"));
        assert!(of(&[version, data, data]).contains("more than one"));
        assert!(of(&[("debian-binary", b"3.0\n"), data]).contains("`3.0`, not 2.0"));
        assert!(of(&[version, ("control.tar.xz", &control), data]).contains("cannot be unpacked"));
        // Its size field claims more bytes than there are.
        let mut lies = good.clone();
        lies[8 + 48..8 + 58].copy_from_slice(b"9999999999");
        assert!(message(&lies).contains("ends within `debian-binary`"));
    }

    #[test]
    fn a_bomb_is_defused() {
        let control = "Package: a\nVersion: 1\nArchitecture: all\n";
        let control = tar(&[("control", control.as_bytes())]);
        let zeros = pack(Packing::Gzip, &vec![0; 1 << 20]);
        // Gzip may be repeated: 300 MiB of nothing in 300 KiB.
        let bomb = ar(&[
            ("debian-binary", b"2.0\n"),
            ("control.tar", &control),
            ("data.tar.gz", &zeros.repeat(300)),
        ]);
        let error = opened(&bomb).unwrap_err().into_diagnostic().to_string();
        assert!(error.contains("more than 256 MiB"), "{error}");
        assert!(error.contains("nothing was unpacked"), "{error}");
    }

    #[test]
    fn cut_and_changed_packages_never_panic() {
        let good = deb(Packing::Gzip, &[("boot/a", b"hello")]);
        for end in (0..good.len()).step_by(7) {
            assert!(opened(&good[..end]).is_err(), "{end}");
        }
        for at in (0..good.len()).step_by(3) {
            let mut broken = good.clone();
            broken[at] ^= 0x41;
            let _ = opened(&broken);
        }
    }
}

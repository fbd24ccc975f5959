//! Where a kernel, its modules, device trees and firmware come from: one view over all that the
//! user names.
//!
//! Packages, directories and single files are laid over each other, the later over the earlier. Paths in
//! this view are those of an installed system from its top, without `usr/` before `lib/`: packages
//! of distributions with merged `/usr` and of others look the same.

use std::collections::BTreeMap;
use std::collections::btree_map::Entry;
use std::fmt;
use std::io::{self, Read};
use std::path::{Path, PathBuf};

use sha2::{Digest, Sha256};

use super::boot_partition::BootPartition;
use super::deb::{self, Package};
use super::directory::{Directory, Single};
use super::error::Error;
use super::files::{FILE_LIMIT, Files, Kind, Stream, installed};
use crate::digest::hex;

/// As many links in a row as Linux follows.
const MOST_LINKS: usize = 40;

/// All that the user names.
pub struct Source {
    cache: Option<PathBuf>,
    origins: Vec<PathBuf>,
    packages: Vec<Package>,
    trees: Vec<Box<dyn Files>>,
    files: BTreeMap<String, Place>,
}

/// Where a file of the view is.
#[derive(Clone, Debug)]
struct Place {
    tree: usize,
    /// Its path there.
    path: String,
    size: u64,
    /// It is another file's second name.
    link: bool,
}

impl fmt::Debug for Source {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Source")
            .field("origins", &self.origins)
            .field("files", &self.files.len())
            .finish_non_exhaustive()
    }
}

impl Source {
    /// A view without files.
    pub fn empty() -> Self {
        Self {
            cache: None,
            origins: Vec::new(),
            packages: Vec::new(),
            trees: Vec::new(),
            files: BTreeMap::new(),
        }
    }

    /// Opens directories, packages, disk images and single files. Packages are unpacked into `cache`, once.
    ///
    /// # Errors
    /// If one of them cannot be read or used.
    pub fn open(paths: &[PathBuf], cache: &Path) -> Result<Self, Error> {
        let mut source = Self::empty();
        for path in paths {
            source.add(path, cache)?;
        }
        Ok(source)
    }

    /// Lays a directory, package, disk image or file over what is there.
    ///
    /// # Errors
    /// If it cannot be read or used.
    pub fn add(&mut self, path: &Path, cache: &Path) -> Result<(), Error> {
        self.cache = Some(cache.to_owned());
        let meta = path.metadata().map_err(Error::read(path))?;
        if meta.is_dir() {
            return self.add_tree(path, Box::new(Directory::new(path)?));
        }
        let unknown = |what| Error::Unknown {
            path: path.to_owned(),
            what,
        };
        if !meta.is_file() {
            return Err(unknown("it is neither a directory nor a file"));
        }
        let name = path.file_name().unwrap_or_default().to_string_lossy();
        if name.ends_with(".deb") {
            let (package, tarball) = deb::open(path, cache)?;
            self.add_tree(path, Box::new(tarball))?;
            self.packages.push(package);
            return Ok(());
        }
        if [".img.xz", ".img.gz", ".img.zst", ".zip", ".rpm", ".tar"]
            .iter()
            .any(|ending| name.ends_with(ending))
        {
            return Err(unknown("unpack it first"));
        }
        // A kernel of a Pi has the same ending as a disk.
        if name.ends_with(".img")
            && let Some(partition) = BootPartition::find(path)?
        {
            return self.add_tree(path, Box::new(partition));
        }
        self.add_tree(path, Box::new(Single::new(path, &name, meta.len())))
    }

    /// Lays any tree over what is there; `origin` is what the user calls it.
    ///
    /// # Errors
    /// If its links form a circle.
    pub fn add_tree(&mut self, origin: &Path, tree: Box<dyn Files>) -> Result<(), Error> {
        let number = self.trees.len();
        let items = tree.list()?;
        let kinds: BTreeMap<&str, &Kind> = items
            .iter()
            .map(|item| (item.path.as_str(), &item.kind))
            .collect();
        for item in &items {
            let mut path = item.path.as_str();
            let mut hops = 0;
            // Links to missing files or to directories are left out; a circle of links is an error.
            let size = loop {
                match kinds.get(path) {
                    Some(Kind::File { size }) => break Some(*size),
                    Some(Kind::Link { target }) => path = target,
                    None => break None,
                }
                hops += 1;
                if hops > MOST_LINKS {
                    return Err(Error::Link {
                        path: item.path.clone(),
                        origin: origin.to_owned(),
                    });
                }
            };
            if let Some(size) = size {
                let place = Place {
                    tree: number,
                    path: path.to_owned(),
                    size,
                    link: hops > 0,
                };
                self.files.insert(installed(&item.path).to_owned(), place);
            }
        }
        self.origins.push(origin.to_owned());
        self.trees.push(tree);
        Ok(())
    }

    /// What the user named, in order.
    pub fn origins(&self) -> &[PathBuf] {
        &self.origins
    }

    /// The packages among it.
    pub fn packages(&self) -> &[Package] {
        &self.packages
    }

    /// Every file with its size, sorted by path.
    pub fn files(&self) -> impl Iterator<Item = (&str, u64)> {
        self.files
            .iter()
            .map(|(path, place)| (path.as_str(), place.size))
    }

    /// The files whose paths begin like that.
    pub fn below<'s>(&'s self, prefix: &'s str) -> impl Iterator<Item = (&'s str, u64)> {
        self.files
            .range(prefix.to_owned()..)
            .take_while(move |(path, _)| path.starts_with(prefix))
            .map(|(path, place)| (path.as_str(), place.size))
    }

    /// The file is there.
    pub fn has(&self, path: &str) -> bool {
        self.files.contains_key(path)
    }

    /// The path is a second name of a file.
    pub fn is_link(&self, path: &str) -> bool {
        self.files.get(path).is_some_and(|place| place.link)
    }

    /// What the user named that has the file.
    pub fn origin(&self, path: &str) -> Option<&Path> {
        let place = self.files.get(path)?;
        Some(&self.origins[place.tree])
    }

    /// The package that has the file.
    pub fn package(&self, path: &str) -> Option<&Package> {
        let origin = self.origin(path)?;
        self.packages.iter().find(|package| package.path == origin)
    }

    /// Opens a file.
    ///
    /// # Errors
    /// If there is no such file, or it cannot be read.
    pub fn stream(&self, path: &str) -> Result<Box<dyn Stream>, Error> {
        let Some(place) = self.files.get(path) else {
            return Err(Error::NoFile {
                path: path.to_owned(),
                origins: self.origins.clone(),
            });
        };
        let opened = self.trees[place.tree].open(&place.path);
        opened.map_err(|source| self.failed(path, source))
    }

    /// Reads a file as a whole.
    ///
    /// # Errors
    /// If there is no such file, or it cannot be read.
    pub fn read(&self, path: &str) -> Result<Vec<u8>, Error> {
        let stream = self.stream(path)?;
        let mut bytes = Vec::new();
        let read = stream.take(FILE_LIMIT + 1).read_to_end(&mut bytes);
        let size = read.map_err(|source| self.failed(path, source))? as u64;
        match size > FILE_LIMIT {
            true => Err(Error::TooLarge {
                path: path.to_owned(),
                size: self.files[path].size,
                limit: FILE_LIMIT,
            }),
            false => Ok(bytes),
        }
    }

    /// Where to cache what was computed from the files below a path: the path changes with any of the files. None if
    /// nothing can be cached.
    pub(crate) fn kept(&self, prefix: &str, ending: &str) -> Option<PathBuf> {
        let mut digest = Sha256::new();
        let mut stamps: BTreeMap<usize, String> = BTreeMap::new();
        for (path, place) in self
            .files
            .iter()
            .filter(|(path, _)| path.starts_with(prefix))
        {
            let stamp = match stamps.entry(place.tree) {
                Entry::Occupied(known) => known.into_mut(),
                Entry::Vacant(new) => new.insert(self.trees[place.tree].stamp()?),
            };
            digest.update(format!("{path}\0{}\0{}\0{stamp}\0", place.path, place.size));
        }
        let name = format!("{}.{ending}", hex(&digest.finalize()));
        Some(self.cache.as_ref()?.join(name))
    }

    /// An error while reading a file of the view, under the names that the user knows.
    pub(crate) fn failed(&self, path: &str, source: io::Error) -> Error {
        let origin = self.origin(path).unwrap_or(Path::new(""));
        let path = match origin.file_name() {
            Some(name) if path == name => origin.to_owned(),
            _ => origin.join(path),
        };
        Error::Read { path, source }
    }
}

#[cfg(test)]
pub(crate) mod test {
    use super::super::files::Item;
    use super::*;
    use std::io::Cursor;

    /// A tree in memory.
    pub(crate) struct Memory(pub BTreeMap<String, Vec<u8>>);

    impl Files for Memory {
        fn list(&self) -> Result<Vec<Item>, Error> {
            let item = |(path, bytes): (&String, &Vec<u8>)| Item {
                path: path.clone(),
                kind: Kind::File {
                    size: bytes.len() as u64,
                },
            };
            Ok(self.0.iter().map(item).collect())
        }

        fn open(&self, path: &str) -> io::Result<Box<dyn Stream>> {
            match self.0.get(path) {
                Some(bytes) => Ok(Box::new(Cursor::new(bytes.clone()))),
                None => Err(io::ErrorKind::NotFound.into()),
            }
        }
    }

    pub(crate) fn memory<'a>(files: impl IntoIterator<Item = (&'a str, Vec<u8>)>) -> Source {
        let files = files
            .into_iter()
            .map(|(path, bytes)| (path.to_owned(), bytes));
        let mut source = Source::empty();
        source
            .add_tree(Path::new("test"), Box::new(Memory(files.collect())))
            .unwrap();
        source
    }
}

#[cfg(test)]
mod tests {
    use super::super::files::Item;
    use super::*;
    use crate::kernel::deb::test::deb;
    use crate::packing::Packing;

    #[test]
    fn packages_directories_and_files_are_laid_over_each_other() {
        let directory = tempfile::tempdir().unwrap();
        let at = |name: &str| directory.path().join(name);
        let package = deb(
            Packing::Gzip,
            &[("boot/vmlinuz-1", b"old"), ("usr/lib/modules/1/a.ko", b"a")],
        );
        std::fs::write(at("one.deb"), package).unwrap();
        std::fs::create_dir_all(at("two/lib/modules/1")).unwrap();
        std::fs::create_dir_all(at("two/boot")).unwrap();
        std::fs::create_dir_all(at("two").join("home")).unwrap();
        std::fs::write(at("two/lib/modules/1/b.ko"), "b").unwrap();
        std::fs::write(at("two/boot/vmlinuz-1"), "new").unwrap();
        std::fs::write(at("two").join("home").join("diary"), "dear").unwrap();
        std::fs::write(at("Image"), "image").unwrap();
        let paths = [at("one.deb"), at("two"), at("Image")];
        let source = Source::open(&paths, &at("cache")).unwrap();
        let files: Vec<_> = source.files().map(|(path, _)| path).collect();
        let wanted = [
            "Image",
            "boot/vmlinuz-1",
            "lib/modules/1/a.ko",
            "lib/modules/1/b.ko",
        ];
        assert_eq!(files, wanted);
        assert_eq!(source.read("boot/vmlinuz-1").unwrap(), b"new");
        assert_eq!(source.read("lib/modules/1/a.ko").unwrap(), b"a");
        assert_eq!(source.read("Image").unwrap(), b"image");
        assert_eq!(source.below("lib/modules/").count(), 2);
        assert_eq!(source.origin("Image"), Some(&*at("Image")));
        assert_eq!(source.packages().len(), 1);
        let package = source.package("lib/modules/1/a.ko").unwrap();
        assert_eq!(package.vendor(), "debian");
        assert_eq!(source.package("boot/vmlinuz-1"), None);
        let error = source.read("boot/x.dtb").unwrap_err();
        assert!(
            error
                .into_diagnostic()
                .to_string()
                .contains("device trees are")
        );
    }

    #[test]
    fn what_is_no_source_is_said() {
        let directory = tempfile::tempdir().unwrap();
        let zip = directory.path().join("a.zip");
        std::fs::write(&zip, "").unwrap();
        let missing = directory.path().join("missing");
        for (path, text) in [(zip, "unpack it first"), (missing, "check the path")] {
            let error = Source::open(&[path], directory.path()).unwrap_err();
            let text_of = error.into_diagnostic().to_string();
            assert!(text_of.contains(text), "{text_of}");
        }
    }

    #[test]
    fn links_in_a_circle_are_a_mistake() {
        struct Circle;
        impl Files for Circle {
            fn list(&self) -> Result<Vec<Item>, Error> {
                let link = |path: &str, target: &str| Item {
                    path: path.to_owned(),
                    kind: Kind::Link {
                        target: target.to_owned(),
                    },
                };
                Ok(vec![link("boot/a", "boot/b"), link("boot/b", "boot/a")])
            }
            fn open(&self, _: &str) -> io::Result<Box<dyn Stream>> {
                Err(io::ErrorKind::NotFound.into())
            }
        }
        let added = Source::empty().add_tree(Path::new("circle.deb"), Box::new(Circle));
        let text = added.unwrap_err().into_diagnostic().to_string();
        assert!(text.contains("replace the link"), "{text}");
    }

    #[cfg(unix)]
    #[test]
    fn links_are_followed_within_a_directory_only() {
        use std::os::unix::fs::symlink;
        let directory = tempfile::tempdir().unwrap();
        let top = directory.path().join("top");
        std::fs::create_dir_all(top.join("boot")).unwrap();
        std::fs::write(top.join("boot/vmlinuz-1"), "kernel").unwrap();
        std::fs::write(directory.path().join("secret"), "secret").unwrap();
        symlink("boot/vmlinuz-1", top.join("vmlinuz")).unwrap();
        symlink("../../secret", top.join("boot/outside")).unwrap();
        symlink("circle", top.join("circle")).unwrap();
        symlink("nowhere", top.join("dangling")).unwrap();
        symlink(".", top.join("boot/directory")).unwrap();
        let source = Source::open(&[top], directory.path()).unwrap();
        let files: Vec<_> = source.files().map(|(path, _)| path).collect();
        assert_eq!(files, ["boot/vmlinuz-1", "vmlinuz"]);
        assert!(source.is_link("vmlinuz") && !source.is_link("boot/vmlinuz-1"));
        assert_eq!(source.read("vmlinuz").unwrap(), b"kernel");
    }
}

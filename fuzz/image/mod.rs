//! What `xsys-image` reads of others: packages, kernels, modules, images and maps, whole and damaged.
//!
//! A format is a good file, the ways in which it is wrapped, and a reader. Damage is done to the file or to what it is
//! wrapped in, with checksums put right, so that it reaches the code behind them. A reader may say no or give
//! something; it must not panic, take long or take much memory, and where a format has a digest over everything, what it
//! gives must be right.
//!
//! The fuzz target `image` and the tests of xsys-image (`tests/hostile_images.rs`) are the same code.

pub(crate) mod damage;
pub(crate) mod seeds;

use std::collections::BTreeMap;
use std::fs;
use std::io::{self, Cursor, Read};
use std::path::{Path, PathBuf};

use fatfs::FatType;
use xsys_image::disk::bmap::{BlockMap, Mapped};
use xsys_image::disk::compress::Compression;
use xsys_image::kernel::files::{Files, Item, Kind, Stream};
use xsys_image::kernel::modules::Modules;
use xsys_image::kernel::{Error, Source, boot_files, image, modinfo, needs};

use damage::{Numbers, damage};

/// More than comes out of any input here by right.
const LIMIT: u64 = 64 << 20;

/// Wraps a file.
pub(crate) type Wrap = fn(&[u8]) -> Vec<u8>;

/// A format.
pub(crate) struct Format {
    pub name: &'static str,
    /// A good file, unwrapped.
    pub good: fn() -> Vec<u8>,
    /// Puts right after damage what would hide it, such as checksums.
    pub right: fn(&mut [u8]),
    /// What the file is wrapped in; the first is nothing.
    pub wraps: &'static [Wrap],
    /// Reads it; `Err` is a no.
    pub read: fn(&Bench, &[u8]) -> Result<(), String>,
    /// No strict beginning of it is read without an error, in any wrap.
    pub whole_or_error: bool,
}

/// All of them.
pub(crate) const FORMATS: &[Format] = &[
    Format {
        name: "arm64",
        good: seeds::arm64,
        right: |_| {},
        wraps: &[
            <[u8]>::to_vec,
            seeds::gzip,
            seeds::xz,
            seeds::zstd,
            |kernel| seeds::efi(&seeds::gzip(kernel)),
            |kernel| seeds::efi(&seeds::zstd(kernel)),
        ],
        read: |_, bytes| kernel(bytes),
        whole_or_error: true,
    },
    Format {
        name: "arm",
        good: || seeds::arm(&seeds::gzip(b"..Linux version 6.1 (gcc)")),
        right: |_| {},
        wraps: &[<[u8]>::to_vec, seeds::gzip],
        read: |_, bytes| kernel(bytes),
        whole_or_error: true,
    },
    Format {
        name: "x86",
        good: seeds::x86,
        right: |_| {},
        wraps: &[<[u8]>::to_vec],
        read: |_, bytes| kernel(bytes),
        whole_or_error: true,
    },
    Format {
        name: "deb",
        good: seeds::tar,
        right: seeds::sum_tar,
        wraps: &[
            |tar| seeds::deb("", tar),
            |tar| seeds::deb(".gz", &seeds::gzip(tar)),
            |tar| seeds::deb(".xz", &seeds::xz(tar)),
            |tar| seeds::deb(".zst", &seeds::zstd(tar)),
        ],
        read: |bench, bytes| everything(bench, "test.deb", bytes),
        whole_or_error: true,
    },
    Format {
        name: "module",
        good: || {
            seeds::module(&[
                "name=a",
                "alias=of:N*T*Ca,b",
                "depends=b,c",
                "softdep=pre: d post: a",
                "firmware=a.bin",
            ])
        },
        right: |_| {},
        wraps: &[<[u8]>::to_vec, seeds::gzip, seeds::xz, seeds::zstd],
        read: |_, bytes| module(bytes),
        whole_or_error: true,
    },
    Format {
        name: "builtin",
        good: || b"kernel/fs/fat/vfat.ko\nkernel/drivers/block/virtio_blk.ko\n".to_vec(),
        right: |_| {},
        wraps: &[<[u8]>::to_vec],
        read: |_, bytes| builtin(bytes),
        whole_or_error: false,
    },
    Format {
        name: "fat12",
        good: || seeds::fat(FatType::Fat12),
        right: |_| {},
        wraps: &[<[u8]>::to_vec, seeds::mbr, seeds::gpt],
        read: |bench, bytes| everything(bench, "pi.img", bytes),
        whole_or_error: false,
    },
    Format {
        name: "fat16",
        good: || seeds::fat(FatType::Fat16),
        right: |_| {},
        wraps: &[<[u8]>::to_vec, seeds::mbr],
        read: |bench, bytes| everything(bench, "pi.img", bytes),
        whole_or_error: false,
    },
    Format {
        name: "fat32",
        good: seeds::fat32,
        right: |_| {},
        wraps: &[<[u8]>::to_vec, seeds::mbr],
        read: |bench, bytes| everything(bench, "pi.img", bytes),
        whole_or_error: false,
    },
    Format {
        name: "compressed image",
        good: compressible,
        right: |_| {},
        wraps: &[seeds::xz, seeds::zstd],
        read: |_, bytes| expand(bytes),
        whole_or_error: true,
    },
    Format {
        name: "block map",
        good: || map().to_xml().into_bytes(),
        right: |_| {},
        wraps: &[<[u8]>::to_vec],
        read: |_, bytes| block_map(bytes),
        whole_or_error: true,
    },
];

impl Format {
    /// The damaged file that belongs to a number.
    pub(crate) fn damaged(&self, good: &[u8], number: u64) -> Vec<u8> {
        let mut numbers = Numbers::new(number);
        let wrap = self.wraps[numbers.below(self.wraps.len())];
        let mut bytes = good.to_vec();
        // Inside, outside, or both.
        let place = numbers.below(3);
        if place != 0 {
            damage(&mut bytes, &mut numbers);
            if numbers.below(8) > 0 {
                (self.right)(&mut bytes);
            }
        }
        let mut bytes = wrap(&bytes);
        if place != 1 {
            damage(&mut bytes, &mut numbers);
        }
        bytes
    }
}

/// A folder for one process's inputs, in memory where the system has such a place.
pub(crate) struct Bench {
    folder: tempfile::TempDir,
}

impl Default for Bench {
    fn default() -> Self {
        let memory = Path::new("/dev/shm");
        let folder = match memory.is_dir() {
            true => tempfile::tempdir_in(memory),
            false => tempfile::tempdir(),
        };
        Self {
            folder: folder.expect("a folder for the inputs"),
        }
    }
}

impl Bench {
    fn cache(&self) -> PathBuf {
        self.folder.path().join("cache")
    }
}

/// Opens a package or an image, reads every file in it, and looks for what a build looks for.
fn everything(bench: &Bench, name: &str, bytes: &[u8]) -> Result<(), String> {
    let path = bench.folder.path().join(name);
    fs::write(&path, bytes).expect("a file for the input");
    let cache = bench.cache();
    let opened = Source::open(&[path], &cache);
    let result = opened.map_err(told).and_then(|source| {
        let paths: Vec<String> = source.files().map(|(path, _)| path.to_owned()).collect();
        assert!(paths.len() < 10_000, "{} files", paths.len());
        for path in &paths {
            source.read(path).map_err(told)?;
        }
        look(&source)
    });
    // What was unpacked is of no use to anybody.
    let _ = fs::remove_dir_all(cache);
    result
}

/// What a build does with its source.
fn look(source: &Source) -> Result<(), String> {
    let trees = boot_files::device_trees(source, Some(seeds::RELEASE));
    for tree in &trees {
        let bytes = source.read(&tree.path).map_err(told)?;
        let _ = boot_files::check_device_tree(&tree.path, &bytes);
    }
    boot_files::overlays(source);
    let kernel = image::find(source, &image::Choice::default()).map_err(told)?;
    let modules = match Modules::open(source, &kernel) {
        Ok(modules) => modules,
        // Boot partitions have none.
        Err(Error::NoModules { .. }) => return Ok(()),
        Err(error) => return Err(told(error)),
    };
    let wanted = needs::Need {
        what: "test",
        names: &["a", "of:N*T*", "vfat"],
        must: true,
    };
    modules.pick(&needs::wanted(&[wanted])).map_err(told)?;
    Ok(())
}

/// An error has a message, and the way out can be shown.
fn told(error: Error) -> String {
    let text = error.to_string();
    let diagnostic = error.into_diagnostic();
    assert!(
        !text.is_empty() && text.len() < 100_000,
        "{} bytes",
        text.len()
    );
    assert_eq!(diagnostic.message, text);
    text
}

fn kernel(bytes: &[u8]) -> Result<(), String> {
    let source = memory([("Image", bytes.to_vec())]);
    let kernel = image::find(&source, &image::Choice::default()).map_err(told)?;
    assert!(kernel.bytes().len() as u64 <= LIMIT);
    kernel.compressed();
    Ok(())
}

fn module(bytes: &[u8]) -> Result<(), String> {
    let folder = format!("lib/modules/{}/kernel", seeds::RELEASE);
    let packing = xsys_image::packing::Packing::of_bytes(bytes);
    let ending = match packing {
        xsys_image::packing::Packing::Plain => "",
        xsys_image::packing::Packing::Gzip => ".gz",
        xsys_image::packing::Packing::Xz => ".xz",
        xsys_image::packing::Packing::Zstd => ".zst",
    };
    let _ = modinfo::read(bytes);
    let path = format!("{folder}/a.ko{ending}");
    let others = ["b", "c", "d"].map(|name| {
        let own = format!("name={name}");
        (format!("{folder}/{name}.ko"), seeds::module(&[&own]))
    });
    let kernel = ("boot/vmlinuz-6.1".to_owned(), seeds::arm64());
    let files = others.into_iter().chain([kernel, (path, bytes.to_vec())]);
    look(&memory(files))
}

fn builtin(bytes: &[u8]) -> Result<(), String> {
    let folder = format!("lib/modules/{}", seeds::RELEASE);
    look(&memory([
        ("boot/vmlinuz-6.1".to_owned(), seeds::arm64()),
        (format!("{folder}/a.ko"), seeds::module(&["name=a"])),
        (format!("{folder}/modules.builtin"), bytes.to_vec()),
        (format!("{folder}/modules.builtin.modinfo"), bytes.to_vec()),
    ]))
}

fn compressible() -> Vec<u8> {
    let mut image = vec![0; 40_000];
    for (at, byte) in image[10_000..12_000].iter_mut().enumerate() {
        *byte = (at % 251) as u8;
    }
    image
}

/// xz and zstd have checksums: what comes out is what went in, or there is an error. Damage inside was wrapped again.
fn expand(bytes: &[u8]) -> Result<(), String> {
    let kind = Compression::of_content(bytes);
    if kind == Compression::None {
        return Err("not compressed".to_owned());
    }
    let told = |error: io::Error| error.to_string();
    let reader = kind.expand(bytes);
    let count = io::copy(&mut reader.take(LIMIT), &mut io::sink()).map_err(told)?;
    match count < LIMIT {
        true => Ok(()),
        // A card has no limit that could be known here; what is too large is seen when it is written.
        false => Err("more than anybody asked for".to_owned()),
    }
}

fn map() -> BlockMap {
    let mapped = |blocks| Mapped {
        blocks,
        digest: "ab".repeat(32),
    };
    BlockMap {
        size: 9 * 4096 + 5,
        block: 4096,
        ranges: vec![mapped(0..1), mapped(4..7), mapped(9..10)],
    }
}

/// A map has a digest over everything.
fn block_map(bytes: &[u8]) -> Result<(), String> {
    let text = String::from_utf8_lossy(bytes);
    let read = BlockMap::parse(&text).map_err(|error| error.to_string())?;
    assert_eq!(read, map());
    assert_eq!(read.mapped(), 4 * 4096 + 5);
    Ok(())
}

/// A tree in memory.
struct Memory(BTreeMap<String, Vec<u8>>);

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

/// A source of files in memory.
pub(crate) fn memory<T: Into<String>>(files: impl IntoIterator<Item = (T, Vec<u8>)>) -> Source {
    let files = files.into_iter().map(|(path, bytes)| (path.into(), bytes));
    let mut source = Source::empty();
    let added = source.add_tree(Path::new("test"), Box::new(Memory(files.collect())));
    added.expect("files in memory can be listed");
    source
}

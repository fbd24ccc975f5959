//! Why a kernel, a module or an initramfs cannot be had: the messages, and what to do about them.
//!
//! Packages and directories come from elsewhere, so that every error names the file that the user gave,
//! what is wrong with it, and the way out.

use std::io;
use std::path::{Path, PathBuf};

use xsys_diag::{Diagnostic, did_you_mean};

use super::arch::Arch;

/// What is wrong with a package.
#[derive(Debug, thiserror::Error)]
pub enum Fault {
    #[error("it is not an `ar` archive")]
    NotAr,
    #[error("it ends within `{0}`")]
    Truncated(String),
    #[error("the header of its member at byte {0} is damaged")]
    Header(u64),
    #[error("it has no `{0}.tar`")]
    Lacks(&'static str),
    #[error("it has more than one `{0}`")]
    Twice(String),
    #[error("its format is `{0}`, not 2.0")]
    Version(String),
    #[error("`{0}` is compressed in a way that is not known")]
    Compression(String),
    #[error("`{member}` cannot be unpacked: {cause}")]
    Unpack { member: String, cause: String },
    #[error("`{member}` unpacks to more than {limit} MiB, which is no package of files any more")]
    Bomb { member: String, limit: u64 },
    #[error("its control file has no `{0}`")]
    Control(&'static str),
    #[error("its control file is not text of a usual size")]
    ControlText,
    #[error("its list of files is damaged: {0}")]
    Tar(String),
    #[error("its file `{0}` would lie outside of the place where the package is unpacked")]
    Escapes(String),
    #[error("its link `{0}` leads to `{1}`, outside of the package")]
    LinkLeaves(String, String),
    #[error("it lists more than {0} files")]
    TooMany(usize),
}

/// A module that is wanted and that no source has.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Absent {
    /// One name, or several alternatives.
    pub names: Vec<String>,
    /// Who wants it.
    pub why: String,
    /// A module with a similar name.
    pub close: Option<String>,
}

/// Why there is no kernel, no modules or no initramfs.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    #[error("cannot read `{}`: {source}", path.display())]
    Read { path: PathBuf, source: io::Error },
    #[error("cannot write `{}`: {source}", path.display())]
    Write { path: PathBuf, source: io::Error },
    #[error("`{}` cannot be a source of a kernel: {what}", path.display())]
    Unknown { path: PathBuf, what: &'static str },
    #[error("`{}` is not a package that can be read: {fault}", path.display())]
    Package { path: PathBuf, fault: Fault },
    #[error("`{path}` in `{}` leads in a circle or outside", origin.display())]
    Link { path: String, origin: PathBuf },
    #[error("`{path}` is in none of {}", list(.origins))]
    NoFile { path: String, origins: Vec<PathBuf> },
    #[error("`{path}` of {size} bytes is larger than anything of its kind ({limit} bytes)")]
    TooLarge { path: String, size: u64, limit: u64 },
    #[error("`{path}` is damaged: {cause}")]
    Damaged { path: String, cause: String },
    #[error("there is no kernel {}in {}", asked(.wanted), list(.origins))]
    NoKernel {
        wanted: Option<String>,
        origins: Vec<PathBuf>,
        found: Vec<String>,
    },
    #[error("there are {} kernels to choose from", .0.len())]
    SeveralKernels(Vec<String>),
    #[error("the kernel `{path}` is for {is}, not for {wanted}")]
    KernelFor {
        path: String,
        is: Arch,
        wanted: Arch,
    },
    #[error("there are no modules for the kernel {version}")]
    NoModules { version: String, found: Vec<String> },
    #[error("the kernel {version} lacks what is needed: {}", lacking(.absent))]
    Absent {
        version: String,
        absent: Vec<Absent>,
        builtin_known: bool,
    },
    #[error("modules need each other in a circle: {}", .0.join(" -> "))]
    Circle(Vec<String>),
    #[error("module `{0}` needs a chain of more than {1} modules")]
    TooDeep(String, usize),
    #[error("module `{module}` is for `{is}`, the kernel is `{kernel}`")]
    Vermagic {
        module: String,
        is: String,
        kernel: String,
    },
    #[error("the SquashFS of kernel `{0}` cannot read gzip")]
    SquashfsWithoutGzip(String),
    #[error("two things are to be `/{0}` in the root")]
    Twice(String),
    #[error("`/{0}` cannot be a path in the root")]
    InitramfsPath(String),
    #[error("`{path}` cannot be in the root: {cause}")]
    InitramfsFile { path: String, cause: &'static str },
}

impl Error {
    /// A function for `map_err` around reading a file.
    pub(crate) fn read(path: &Path) -> impl FnOnce(io::Error) -> Self {
        let path = path.to_owned();
        move |source| Self::Read { path, source }
    }

    /// A function for `map_err` around writing a file.
    pub(crate) fn write(path: &Path) -> impl FnOnce(io::Error) -> Self {
        let path = path.to_owned();
        move |source| Self::Write { path, source }
    }

    pub(crate) fn damaged(path: &str, cause: impl ToString) -> Self {
        Self::Damaged {
            path: path.to_owned(),
            cause: cause.to_string(),
        }
    }

    /// The error as it is shown to people, with the way out.
    pub fn into_diagnostic(self) -> Diagnostic {
        let diagnostic = Diagnostic::error(self.to_string());
        match self {
            Self::Read { source, .. } if source.kind() == io::ErrorKind::NotFound => diagnostic
                .help("check the path; relative ones start at the file that names them"),
            Self::Read { .. } => diagnostic,
            Self::Write { .. } => diagnostic.help("check that the directory exists, belongs to you and has room"),
            Self::Unknown { .. } => diagnostic
                .help("name a directory (an unpacked package, a build's INSTALL_MOD_PATH, a boot partition), a `.deb` file, a disk image (`.img`) or a kernel file"),
            Self::Package { fault, .. } => match fault {
                Fault::NotAr | Fault::Version(_) | Fault::Lacks(_) => diagnostic
                    .help("packages are Debian's `.deb` files, such as `linux-image-*_arm64.deb`; of other formats, unpack the files and name the directory"),
                Fault::Compression(_) => diagnostic
                    .note("known are none, gzip, xz and zstd")
                    .help("unpack the package (`dpkg-deb -x FILE DIR`) and name the directory"),
                Fault::Escapes(_) | Fault::LinkLeaves(..) | Fault::Bomb { .. } | Fault::TooMany(_) => diagnostic
                    .note("packages of Debian's archive are never like that; nothing was unpacked")
                    .help("take the package from a source that you trust"),
                _ => diagnostic.help("download the package again and compare its digest with the archive's list"),
            },
            Self::Link { .. } => diagnostic.help("replace the link by the file itself"),
            Self::NoFile { path, .. } if ["bootcode", "start", "fixup"].iter().any(|start| path.starts_with(start)) => diagnostic
                .help("a Pi's firmware is in Debian's package `raspi-firmware`, and on every boot partition of Raspberry Pi OS: name one of them as a source too"),
            Self::NoFile { path, .. } => match path.rsplit_once('.') {
                Some((_, "dtb" | "dtbo")) => diagnostic
                    .help("device trees are in the kernel's package (`usr/lib/linux-image-*`) or on the boot partition: name it as a source too"),
                _ => diagnostic.help("name the package or directory that has the file as a source too"),
            },
            Self::TooLarge { .. } | Self::Damaged { .. } => diagnostic
                .help("take the file from its source again; it may have been cut short or changed"),
            Self::NoKernel { wanted: Some(_), found, .. } if !found.is_empty() => diagnostic
                .help(format!("choose one that is there: {}", list(&found))),
            Self::NoKernel { .. } => diagnostic
                .note("looked for `boot/vmlinuz-*`, `vmlinuz*`, `Image`, `zImage`, `bzImage` and `kernel*.img`")
                .help("name a kernel package (`linux-image-*.deb`), the directory of one, a boot partition or the kernel's file"),
            Self::SeveralKernels(found) => {
                let first = found.first().cloned().unwrap_or_default();
                let first = first.split(' ').next().unwrap_or_default().to_owned();
                found.into_iter().fold(diagnostic, |diagnostic, one| diagnostic.note(one))
                    .help(format!("choose one by its version or by its path, such as `{first}`, as `kernel-version` in appliance.toml"))
            }
            Self::KernelFor { .. } => diagnostic
                .help("take the kernel's package for the machine's architecture, or name the machine that this kernel is for"),
            Self::NoModules { found, .. } if found.is_empty() => diagnostic
                .note("looked for `lib/modules/VERSION` and `usr/lib/modules/VERSION`")
                .help("name the directory or package with the kernel's modules as a source too"),
            Self::NoModules { found, .. } => diagnostic
                .note(format!("there are modules for {}", list(&found)))
                .help("kernel and modules must be of one build: take both from the same package"),
            Self::Absent { absent, builtin_known, .. } => {
                let mut diagnostic = diagnostic;
                for one in &absent {
                    if let Some(close) = &one.close {
                        diagnostic = diagnostic.help(format!("did you mean `{close}`?"));
                    }
                }
                if !builtin_known {
                    diagnostic = diagnostic.note("there is no `modules.builtin` beside the modules: what is built into the kernel is not known");
                }
                diagnostic.help("take a kernel that was configured for this machine, or name a source with the missing modules")
            }
            Self::Circle(_) | Self::TooDeep(..) => diagnostic
                .help("the kernel could not load them either: take the modules from their source again"),
            Self::Vermagic { .. } => diagnostic
                .help("kernel and modules must be of one build: take both from the same package"),
            Self::SquashfsWithoutGzip(_) => diagnostic
                .help("take a kernel with `CONFIG_SQUASHFS_ZLIB=y`, or leave the root in the initramfs"),
            Self::Twice(_) => diagnostic.help("leave one of them out, or give it another path"),
            Self::InitramfsPath(_) => diagnostic
                .help("paths are absolute, without `.`, `..` and NUL, of at most 4095 bytes, 255 in each name"),
            Self::InitramfsFile { .. } => diagnostic.help("put large files on the data partition"),
        }
    }
}

/// Names for a sentence; a long list is cut.
fn list<T: AsRef<std::ffi::OsStr>>(names: &[T]) -> String {
    let shown = names
        .iter()
        .take(8)
        .map(|name| format!("`{}`", Path::new(name).display()));
    let mut text = shown.collect::<Vec<_>>().join(", ");
    if names.len() > 8 {
        text += &format!(" and {} more", names.len() - 8);
    }
    text
}

fn asked(wanted: &Option<String>) -> String {
    wanted
        .as_ref()
        .map(|name| format!("`{name}` "))
        .unwrap_or_default()
}

fn lacking(absent: &[Absent]) -> String {
    let one = |one: &Absent| {
        let names: Vec<_> = one.names.iter().map(|name| format!("`{name}`")).collect();
        format!("{} ({})", names.join(" or "), one.why)
    };
    absent.iter().map(one).collect::<Vec<_>>().join(", ")
}

/// A name of `known` that may have been meant.
pub(crate) fn close<'a>(name: &str, known: impl IntoIterator<Item = &'a str>) -> Option<String> {
    did_you_mean(name, known).map(|name| name.to_string())
}

//! Why something cannot be fetched, and what to do about it.

use std::io;
use std::path::PathBuf;

use xsys_diag::Diagnostic;

use crate::error::{file, reason};

#[derive(Debug, thiserror::Error)]
pub enum Error {
    #[error("`{0}` is not an address that can be fetched")]
    Address(String),
    #[error("`{url}` cannot be reached: {cause}")]
    Unreachable { url: String, cause: String },
    #[error("`{url}` is answered with {status}")]
    Status { url: String, status: u16 },
    #[error("`{0}` leads from address to address without an end")]
    Redirects(String),
    #[error("https needs curl or wget, and neither is installed")]
    NoHttps,
    #[error("`{url}` has ended after {at} of {size} bytes")]
    Short { url: String, at: u64, size: u64 },
    #[error("`{url}` has more than the {size} bytes that it should have")]
    Long { url: String, size: u64 },
    #[error("`{url}` has the wrong content: its SHA-256 is {is}, not {wanted}")]
    Digest {
        url: String,
        is: String,
        wanted: String,
    },
    #[error("`{name}` does not have the digest of `--sha256`: the mirror has {is}, not {wanted}")]
    Pin {
        name: String,
        is: String,
        wanted: String,
    },
    #[error("`{url}` is damaged: {cause}")]
    Damaged { url: String, cause: String },
    #[error("the mirror's list has no digest of `{list}`")]
    NoList { list: String, has: Vec<String> },
    #[error("there is no package `{name}` for {arch} in {suites}")]
    NoPackage {
        name: String,
        arch: String,
        suites: String,
        close: Vec<String>,
    },
    #[error("cannot {doing} `{}`: {}", path.display(), reason(error))]
    File {
        doing: &'static str,
        path: PathBuf,
        error: io::Error,
    },
    #[error("`{}` is not a lock file of this xsys: {cause}", path.display())]
    Lock { path: PathBuf, cause: String },
}

impl From<Error> for Diagnostic {
    fn from(error: Error) -> Self {
        let problem = Self::error(error.to_string());
        match error {
            Error::Address(_) => problem.help("write an address with http:// or https://"),
            Error::Unreachable { .. } | Error::Short { .. } => problem
                .help("check the address and the network, and repeat the command: it continues where it stopped"),
            Error::Status { status: 404, .. } => problem
                .help("check mirror and suite; mirrors remove packages when newer ones come: `--update` looks for these"),
            Error::Status { .. } | Error::Redirects(_) => problem.help("try another mirror"),
            Error::NoHttps => problem.help("install curl or wget, or name a mirror with http://: digests are compared in both cases"),
            Error::Long { .. } | Error::Digest { .. } | Error::Damaged { .. } => problem
                .note("nothing of it was kept")
                .help("call again; if it stays so try another mirror, or `--update` if the mirror replaced the file"),
            Error::Pin { .. } => problem.note("nothing was fetched").help("find out which version the digest is for"),
            Error::NoList { has, .. } if !has.is_empty() => problem.help(format!("choose `--arch` and `--component` from what is there: {}", has.join(", "))),
            Error::NoList { .. } => problem.help("check mirror and suite: the list is empty"),
            Error::NoPackage { close, .. } if !close.is_empty() => problem.help(format!("did you mean `{}`?", close.join("`, `"))),
            Error::NoPackage { .. } => problem.help("check the name, `--suite`, `--arch` and `--component`"),
            Error::File { doing, path, error } => {
                let problem = file(doing, &path, &error);
                match error.kind() {
                    io::ErrorKind::StorageFull | io::ErrorKind::QuotaExceeded => {
                        problem.help("free some space and repeat the command: it continues where it stopped")
                    }
                    _ => problem,
                }
            }
            Error::Lock { .. } => problem.help("remove it: it is made again"),
        }
    }
}

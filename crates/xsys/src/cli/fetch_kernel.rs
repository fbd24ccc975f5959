//! `xsys image fetch-kernel`'s arguments.

use std::path::PathBuf;

use clap::Args;

#[derive(Debug, Args)]
pub(crate) struct FetchKernelArgs {
    /// Packages of the mirror, such as linux-image-arm64 and raspi-firmware, or addresses of files; without any, what
    /// the lock file says
    #[arg(value_name = "NAME")]
    pub names: Vec<String>,
    /// A mirror of Debian or of a system made from it, such as `https://deb.debian.org/debian`
    #[arg(long, value_name = "URL")]
    pub mirror: Option<String>,
    /// The mirror's suite, such as bookworm, or one of another mirror: https://MIRROR/dists/SUITE; may be repeated, and
    /// the newest package is taken
    #[arg(long = "suite", value_name = "NAME", requires = "mirror")]
    pub suites: Vec<String>,
    /// What the packages are for, in Debian's words
    #[arg(long, value_name = "NAME", default_value = "arm64")]
    pub arch: String,
    /// Parts of the mirror instead of main and non-free-firmware; may be repeated
    #[arg(long = "component", value_name = "NAME", requires = "mirror")]
    pub components: Vec<String>,
    /// The directory that the files go into, beside a lock file
    #[arg(long, value_name = "DIR", default_value = "kernel")]
    pub to: PathBuf,
    /// A digest that you know: of a package, a file, or the mirror's list (`Release`); the name may be left out where
    /// there is only one file
    #[arg(long = "sha256", value_name = "NAME=DIGEST")]
    pub digests: Vec<String>,
    /// Ask the mirror again, and take what is the newest there now
    #[arg(long)]
    pub update: bool,
}

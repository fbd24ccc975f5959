//! `xsys flash`'s arguments.

use std::path::PathBuf;

use clap::Args;

#[derive(Debug, Args)]
pub(crate) struct FlashArgs {
    /// The image: .img, .img.zst or .img.xz; a .bmap beside it is used
    #[arg(required_unless_present = "list")]
    pub image: Option<PathBuf>,
    /// The whole disk that it is written to, or a file
    #[arg(required_unless_present = "list")]
    pub device: Option<PathBuf>,
    /// Do not ask
    #[arg(short, long)]
    pub yes: bool,
    /// Write to this disk although it is larger than cards usually are
    #[arg(long)]
    pub large: bool,
    /// Do not read back what was written
    #[arg(long)]
    pub no_verify: bool,
    /// Show the disks that an image can be written to
    #[arg(long, conflicts_with_all = ["image", "device", "yes", "large", "no_verify"])]
    pub list: bool,
    /// The list as JSON
    #[arg(long, requires = "list")]
    pub json: bool,
}

//! `xsys ld` and `xsys cc`: command lines of other programs, which clap hands on as they are.

use std::ffi::OsString;

use clap::Args;

#[derive(Debug, Args)]
pub(crate) struct LdArgs {
    /// A linker's command line
    #[arg(
        trailing_var_arg = true,
        allow_hyphen_values = true,
        value_name = "ARGS"
    )]
    pub args: Vec<OsString>,
}

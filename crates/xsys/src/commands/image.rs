//! `xsys image`: images of a linked ELF file, without a build.

use std::path::Path;

use xsys_diag::Diagnostic;
use xsys_sysroot::Toolchain;
use xsys_target::What;

use crate::cli::{ImageArgs, ImageCommand};
use crate::commands::{Call, fetch_kernel};
use crate::driver::defaults::board_emits;
use crate::driver::report::{self, Times};
use crate::driver::which::load_target;
use crate::error::Result;
use crate::files;
use crate::images;
use crate::images::emit::Emit;
use crate::images::places;

pub(super) fn run(call: &Call, args: &ImageArgs) -> Result<u8> {
    let elf = match (&args.command, &args.file) {
        (Some(ImageCommand::FetchKernel(args)), _) => return fetch_kernel::run(call, args),
        (None, Some(file)) => file,
        // Such a command line was refused before.
        (None, None) => return Ok(0),
    };
    let mut emits = match &args.board {
        Some(name) => {
            let toolchain = Toolchain::detect(&call.directory, call.toolchain.as_deref())
                .map_err(|error| error.into_diagnostic())?;
            board_emits(&load_target(&What::Board(name.clone()), &toolchain)?)?
        }
        None => {
            let texts: Vec<String> = args
                .format
                .iter()
                .map(|format| match &args.family {
                    Some(family) if format == "uf2" => format!("uf2-{family}"),
                    _ => format.clone(),
                })
                .collect();
            Emit::parse_all(texts.iter().map(String::as_str))?
        }
    };
    if let Some(name) = &args.board
        && emits.is_empty()
    {
        return Err(Diagnostic::error(format!("the board `{name}` loads no images")).into());
    }
    let outputs = match &args.output {
        Some(path) => {
            let [emit] = emits.as_mut_slice() else {
                return Err(Diagnostic::error("`--output` is for one image")
                    .help("leave it out, or give one `--format`")
                    .into());
            };
            vec![write_to(elf, emit, args.fill, path)?]
        }
        None => {
            let mut outputs = images::write_all(elf, &emits, args.fill)?;
            // The ELF file was there before.
            outputs.remove(0);
            outputs
        }
    };
    report::tell(&call.ui, &outputs, Path::new(""), &Times::default());
    Ok(0)
}

fn write_to(elf: &Path, emit: &Emit, fill: u8, path: &Path) -> Result<images::Output> {
    let content = std::fs::read(elf).map_err(|error| crate::error::file("read", elf, &error))?;
    let problems = places::check(elf, &[(emit, path.to_owned())]);
    if !problems.is_empty() {
        return Err(problems.into());
    }
    let image = xsys_image::write(emit.format, &content, &emit.options(fill))
        .map_err(|error| images::no_image(emit, elf, error))?;
    files::replace(path, &image)?;
    Ok(images::Output {
        path: path.to_owned(),
        format: emit.format.name().to_owned(),
        size: image.len() as u64,
        names: Vec::new(),
    })
}

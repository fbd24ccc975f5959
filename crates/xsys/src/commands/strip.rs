//! `xsys strip`: linked files without symbols and debug information.

use std::io::Write;
use std::path::Path;

use xsys_diag::Diagnostic;
use xsys_image::strip::{Strip, strip};

use crate::cli::Call;
use crate::cli::StripArgs;
use crate::error::{Result, file};
use crate::files::is_special;
use crate::ui::bytes;

pub(super) fn run(call: &Call, args: &StripArgs) -> Result<u8> {
    if args.output.is_some() && args.files.len() > 1 {
        return Err(Diagnostic::error("`--output` is for one file")
            .help("leave it out: each file is replaced")
            .into());
    }
    let what = match args.strip_debug {
        true => Strip::Debug,
        false => Strip::All,
    };
    let mut problems = Vec::new();
    for path in &args.files {
        let to = args.output.as_deref().unwrap_or(path);
        match one(path, to, what) {
            Ok((before, after)) => call.ui.status(
                "Stripped",
                &format!("{}  {} of {}", to.display(), bytes(after), bytes(before)),
            ),
            Err(problem) => problems.push(problem),
        }
    }
    if problems.is_empty() {
        Ok(0)
    } else {
        Err(problems.into())
    }
}

/// Sizes before and after.
fn one(from: &Path, to: &Path, what: Strip) -> std::result::Result<(u64, u64), Diagnostic> {
    let content = std::fs::read(from).map_err(|error| file("read", from, &error))?;
    let stripped = strip(&content, what).map_err(|mut problem| {
        problem.message = format!("cannot strip `{}`: {}", from.display(), problem.message);
        problem
    })?;
    replace(from, to, &stripped).map_err(|error| file("write", to, &error))?;
    Ok((content.len() as u64, stripped.len() as u64))
}

/// Writes a file in one step, with the permissions of the original.
fn replace(from: &Path, to: &Path, content: &[u8]) -> std::io::Result<()> {
    if is_special(to) {
        return std::fs::write(to, content);
    }
    let rights = std::fs::metadata(from)?.permissions();
    // A link's destination is replaced.
    let to = std::fs::canonicalize(to).unwrap_or_else(|_| to.to_owned());
    let directory = to.parent().filter(|directory| *directory != Path::new(""));
    let mut temporary = tempfile::NamedTempFile::new_in(directory.unwrap_or(Path::new(".")))?;
    temporary.write_all(content)?;
    temporary.as_file().set_permissions(rights)?;
    temporary.persist(to).map_err(|error| error.error)?;
    Ok(())
}

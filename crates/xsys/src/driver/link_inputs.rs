//! Prepares the inputs of links before cargo starts: the linker's arguments are written down, links to this program
//! under other linkers' names exist, and programs that were linked from other inputs are removed.

use std::path::{Path, PathBuf};

use xsys_diag::Diagnostic;

use crate::driver::linking::arguments::{file_of, write};
use crate::driver::linking::choice::By;
use crate::driver::lost_records;
use crate::driver::plan::Plan;
use crate::linker::record;

/// Writes down the arguments for our linker and removes programs that were linked from other inputs than the present
/// ones. Called right before cargo starts: packages of one target may have different boards, and the file is for those
/// that are built next.
pub(crate) fn prepare(plan: &Plan) -> Result<(), Diagnostic> {
    let path = file_of(&plan.project, &plan.target);
    if plan.linker.by == By::Xsys {
        write(&path, &plan.link_args)?;
    }
    for (path, args) in &plan.responses {
        write(path, args)?;
    }
    for front in &plan.fronts {
        front.make()?;
    }
    let own = canonical(&path);
    let members = &plan.project.members;
    record::remove_stale(&plan.project.link_records(), &|record, input| {
        let built_now = members.is_empty()
            || record
                .package
                .as_ref()
                .is_none_or(|package| members.iter().any(|member| member.name() == package));
        built_now || canonical(input) != own
    });
    lost_records::remove(plan);
    Ok(())
}

fn canonical(path: &Path) -> PathBuf {
    path.canonicalize().unwrap_or_else(|_| path.to_owned())
}

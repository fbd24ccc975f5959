//! Whole embedded programs: built by `xsys build`, linked by xsys, run, compared with rust-lld.
//!
//! Problem: a linker may pass every small case and still fail with a runtime's script and the
//! objects, archives and flags that rustc passes. So real projects are built as their authors
//! would build them, with a standard library made for the target; the link is recorded
//! (`--reproduce`) and repeated with rust-lld. The two images must mean the same, xsys's must not be
//! larger, and both must run under QEMU and say the same.
//!
//! - [`case`]: what `case.toml` says
//! - [`record`]: the build, and the link that came of it
//! - [`judge`]: what must be true of the images

pub mod case;
pub mod judge;
pub mod record;

use std::process::ExitCode;
use std::sync::Arc;

use libtest_mimic::{Failed, Trial};

use crate::order::{arguments, neighbours_apart};
use crate::project::{cases, folders_in};
use case::Case;

/// Runs the cases that the command line selects: a test for each variant and profile.
pub fn run_all() -> ExitCode {
    let arguments = arguments();
    let root = cases("embedded");
    let mut trials = Vec::new();
    for name in folders_in(&root) {
        let found = match Case::load_all(&root.join(&name)) {
            Ok(found) => found,
            Err(problem) => {
                trials.push(Trial::test(name, move || Err(problem.into())));
                continue;
            }
        };
        for case in found {
            let case = Arc::new(case);
            for profile in case.profiles.clone() {
                let title = format!("{}::{profile}", case.title);
                let (case, name) = (Arc::clone(&case), title.clone());
                trials.push(Trial::test(title, move || {
                    run_case(&case, &profile, &name).map_err(Failed::from)
                }));
            }
        }
    }
    if trials.is_empty() {
        trials.push(Trial::test("cases", || Err("no case was found".into())));
    }
    libtest_mimic::run(&arguments, neighbours_apart(trials)).exit_code()
}

fn run_case(case: &Case, profile: &str, title: &str) -> Result<(), String> {
    let recorded = record::build(case, profile, title)?;
    let problems = judge::judge(case, title, &recorded)?;
    if problems.is_empty() {
        Ok(())
    } else {
        Err(problems.join("\n"))
    }
}

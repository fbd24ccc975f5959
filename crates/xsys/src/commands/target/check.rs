//! `xsys target check`: whether a spec is right, and whether its programs can be linked.
//!
//! What a build would refuse is refused here, with the same messages; it also reports what would
//! happen with other sets of crates.

use xsys_diag::{Diagnostic, Severity};
use xsys_sysroot::Toolchain;
use xsys_target::{CrateSet, What};

use crate::cli::Call;
use crate::driver::defaults::default_crates;
use crate::driver::linking::choice;
use crate::driver::linking::question::Question;
use crate::driver::linking::survey;
use crate::driver::which::load_target;
use crate::error::Result;
use crate::render;
use crate::ui::answer;

pub(super) fn run(
    call: &Call,
    toolchain: &Toolchain,
    what: &What,
    crates: Option<CrateSet>,
    as_json: bool,
) -> Result<u8> {
    let target = load_target(what, toolchain)?;
    let mut problems = target
        .check(&toolchain.rustc)
        .map_err(|error| error.into_diagnostic())?;
    let is_right = !has_errors(&problems);
    let user = survey::user_config(&call.directory, toolchain, &target);
    let survey = survey::survey(&target, &user, toolchain);
    if is_right {
        let crates = crates
            .or(target.board.as_ref().and_then(|board| board.crates))
            .unwrap_or_else(|| default_crates(&target));
        let choice = choice::choose(&Question {
            target: &target,
            crates,
            asked: None,
            user: &user,
            toolchain,
        });
        problems.extend(choice.err());
    }
    if as_json {
        let mut told = survey.to_json(&target);
        told["right"] = is_right.into();
        answer(&told.to_string());
    }
    render::show(&call.ui, &problems);
    if is_right && !as_json {
        let release = toolchain.rustc.release();
        // The errors have been reported.
        if problems.is_empty() {
            let text = format!("{} is right for rustc {release}", target.name);
            call.ui.status("Checked", &text);
        }
        for (crates, answer) in &survey.rows {
            let words = match answer {
                Err(problem) if is_said(&problems, problem) => "missing, as said above".to_owned(),
                _ => survey::in_words(answer),
            };
            let text = format!("{crates}: {words}");
            call.ui.status("Linker", &text);
        }
    }
    Ok(u8::from(has_errors(&problems)))
}

fn is_said(problems: &[Diagnostic], problem: &Diagnostic) -> bool {
    problems.iter().any(|said| said.message == problem.message)
}

fn has_errors(problems: &[Diagnostic]) -> bool {
    problems
        .iter()
        .any(|problem| problem.severity == Severity::Error)
}

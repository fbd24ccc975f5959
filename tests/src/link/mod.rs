//! Cases for the ELF linker: inputs in assembler or Rust, and what must be true of the linked image.
//!
//! Problem: a linker is right if programs run and if images mean the same as another linker's, for
//! every instruction set, on a machine that has no C toolchain. So rustc assembles the inputs
//! (`no_core` crates need no library of the target), the linker runs inside the test, and its image
//! is read back with a parser that shares no code with it, compared with rust-lld's and executed.
//!
//! The format of the cases is explained by a case of its own: `tests/cases/link/readme`.

pub mod archive;
pub mod case;
pub mod compile;
pub mod eval;
pub mod image;
pub mod oracle;
pub mod program;
pub mod relations;
pub mod shape;
pub mod unwind;

use std::path::{Path, PathBuf};
use std::process::ExitCode;
use std::sync::Arc;

use libtest_mimic::{Failed, Trial};

use crate::order::arguments;

use case::Case;

/// Runs the cases that the command line selects.
pub fn run_all(cases: &Path, scratch: &Path) -> ExitCode {
    let arguments = arguments();
    let mut folders: Vec<PathBuf> = match std::fs::read_dir(cases) {
        Ok(entries) => entries.flatten().map(|entry| entry.path()).collect(),
        Err(_) => Vec::new(),
    };
    folders.retain(|folder| folder.is_dir());
    folders.sort();
    let mut trials = Vec::new();
    for folder in folders {
        let name = folder
            .file_name()
            .map(|name| name.to_string_lossy().into_owned())
            .unwrap_or_default();
        match Case::load(&folder, &case::ELF) {
            Ok(case) => {
                let case = Arc::new(case);
                for target in case.targets.clone() {
                    let title = match case.targets.len() {
                        1 => name.clone(),
                        _ => format!("{name}@{target}"),
                    };
                    let missing = program::missing(&case, &target);
                    let (case, work) = (case.clone(), scratch.join(&title));
                    let cache = scratch.join("objects");
                    trials.push(
                        Trial::test(title, move || {
                            run_case(&case, &target, &work, &cache).map_err(Failed::from)
                        })
                        .with_ignored_flag(missing),
                    );
                }
            }
            Err(problem) => trials.push(Trial::test(name, move || Err(problem.into()))),
        }
    }
    if trials.is_empty() {
        trials.push(Trial::test("cases", || Err("no case was found".into())));
    }
    libtest_mimic::run(&arguments, trials).exit_code()
}

/// Links one case for one target and checks what came out; the problems as text.
fn run_case(case: &Case, target: &str, work: &Path, cache: &Path) -> Result<(), String> {
    let _ = std::fs::remove_dir_all(work);
    std::fs::create_dir_all(work).map_err(|e| format!("cannot create a folder: {e}"))?;
    if case.is_program() {
        return program::check(case, target, work);
    }
    let objects = compile::objects(case, target, work, cache)?;
    archive::write_all(case, work)?;
    compile::copy_rest(case, work)?;
    shape::first_links(case, work)?;
    let words = case.link_words(&objects);
    let problems = shape::link_and_check(case, &words, work)?;
    if problems.is_empty() {
        Ok(())
    } else {
        Err(problems.join("\n"))
    }
}

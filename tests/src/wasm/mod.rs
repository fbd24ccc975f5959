//! Cases for the wasm linker: inputs in assembler or Rust, and what must be true of the linked module.
//!
//! Problem: a linked module is right if it runs as it should and means the same as rust-lld's. So
//! every case is linked three times: by rust-lld; by xsys with `--compat=wasm-ld`, which must give
//! rust-lld's bytes; and by xsys by default, which may give a smaller module that means the same
//! ([`relation`]).
//!
//! The format of the cases is explained by a case of its own: `tests/cases/wasm/readme`.

pub mod c_code;
pub mod case;
pub mod checks;
pub mod engine;
pub mod flow;
pub mod links;
pub mod messages;
pub mod module;
pub mod node;
pub mod relation;

use std::path::{Path, PathBuf};
use std::process::ExitCode;
use std::sync::Arc;

use libtest_mimic::{Failed, Trial};

use crate::link::case::Case;
use crate::link::{archive, compile};
use crate::order::arguments;

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
        let case = match Case::load(&folder, &case::WASM) {
            Ok(case) => Arc::new(case),
            Err(problem) => {
                trials.push(Trial::test(name, move || Err(problem.into())));
                continue;
            }
        };
        for target in case.targets.clone() {
            let title = match case.targets.len() {
                1 => name.clone(),
                _ => format!("{name}@{target}"),
            };
            let missing = case::missing(&case, &target);
            let (case, work) = (case.clone(), scratch.join(&title));
            let cache = scratch.join("objects");
            let test = move || run_case(&case, &target, &work, &cache).map_err(Failed::from);
            trials.push(Trial::test(title, test).with_ignored_flag(missing));
        }
    }
    trials.extend(crate::wasm_diff::trials(scratch));
    if trials.is_empty() {
        trials.push(Trial::test("cases", || Err("no case was found".into())));
    }
    libtest_mimic::run(&arguments, trials).exit_code()
}

/// Links one case for one target and checks what came out; the problems as text.
fn run_case(case: &Case, target: &str, work: &Path, cache: &Path) -> Result<(), String> {
    let _ = std::fs::remove_dir_all(work);
    std::fs::create_dir_all(work).map_err(|e| format!("cannot create a folder: {e}"))?;
    let words = if case.is_program() {
        case::program_words(case, target, work)?
    } else {
        let objects = compile::objects(case, target, work, cache)?;
        compile::copy_rest(case, work)?;
        archive::write_all(case, work)?;
        match c_code::is_program(case) {
            true => c_code::program_words(case, &case.link_words(&objects), work)?,
            false => case::with_places(case.link_words(&objects), target)?,
        }
    };
    links::first_links(case, work)?;
    let problems = links::link_and_check(case, &words, work)?;
    match problems.is_empty() {
        true => Ok(()),
        false => Err(problems.join("\n")),
    }
}

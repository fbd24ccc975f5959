//! Who would link a target's programs: what `xsys target` shows without building anything.

use std::path::Path;

use serde_json::{Value, json};
use xsys_diag::Diagnostic;
use xsys_sysroot::Toolchain;
use xsys_target::{CrateSet, Target};

use crate::cli::CargoFlags;
use crate::driver::linking::choice::{Choice, choose};
use crate::driver::linking::question::Question;
use crate::driver::linking::user_flags::{self, UserConfig};
use crate::project::cargo_config::CargoConfig;

/// What cargo's configuration in a directory says about a target, as far as that is known without a
/// sysroot: mistakes in it are reported by a build.
pub(crate) fn user_config(directory: &Path, toolchain: &Toolchain, target: &Target) -> UserConfig {
    CargoConfig::load(directory, &toolchain.cargo, &CargoFlags::default())
        .and_then(|config| user_flags::user_config(&config, &toolchain.rustc, target))
        .unwrap_or_default()
}

/// Who links a target's programs, for each set of crates that they may be built with.
pub(crate) struct Survey {
    pub rows: Vec<(&'static str, Result<Choice, Diagnostic>)>,
}

/// What `target check`, `show` and `list` print.
pub(crate) fn survey(target: &Target, user: &UserConfig, toolchain: &Toolchain) -> Survey {
    let answer = |crates| {
        let mut choice = choose(&Question {
            target,
            crates,
            asked: None,
            user,
            toolchain,
        })?;
        if !target.has_programs() {
            let because = choice.reason.map(|reason| format!("{reason}; "));
            choice.reason = Some(because.unwrap_or_default() + "libraries only");
        }
        Ok(choice)
    };
    let mut rows = vec![("without std", answer(CrateSet::Core))];
    if target.has_std_os() && !(target.is_wasm() && target.is_bare_metal()) {
        rows.push(("with std", answer(CrateSet::Std)));
    }
    Survey { rows }
}

impl Survey {
    pub(crate) fn to_json(&self, target: &Target) -> Value {
        let rows = self
            .rows
            .iter()
            .map(|(crates, answer)| (crates.replace(' ', "_"), to_json(answer)));
        json!({
            "name": target.name,
            "format": target.binary_format(),
            "linkers": rows.collect::<serde_json::Map<_, _>>(),
        })
    }
}

/// A one-line answer.
pub(crate) fn in_words(answer: &Result<Choice, Diagnostic>) -> String {
    match answer {
        Ok(choice) => match &choice.reason {
            Some(reason) => format!("{}, {reason}", choice.by.name()),
            None => choice.by.name(),
        },
        Err(problem) => format!("missing: {}", problem.message),
    }
}

fn to_json(answer: &Result<Choice, Diagnostic>) -> Value {
    match answer {
        Ok(choice) => json!({
            "linker": choice.by.name(),
            "reason": choice.reason,
            "rustflags": choice.flags,
        }),
        Err(problem) => json!({
            "linker": null,
            "missing": problem.message,
            "notes": problem.notes,
            "help": problem.help,
        }),
    }
}

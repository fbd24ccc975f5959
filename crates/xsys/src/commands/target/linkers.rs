//! `xsys target list --linkers`: every target that rustc knows, and who would link its programs
//! here.

use serde_json::{Map, Value};
use xsys_diag::Diagnostic;
use xsys_sysroot::Toolchain;
use xsys_target::{Kind, Spec, Target};

use crate::driver::linking::survey::{self, Survey};
use crate::driver::linking::user_flags::UserConfig;
use crate::error::Result;
use crate::ui::{answer, table};

pub(super) fn run(toolchain: &Toolchain, filter: Option<&str>, as_json: bool) -> Result<u8> {
    let targets: Vec<Target> = targets(toolchain)?
        .into_iter()
        .filter(|target| filter.is_none_or(|part| target.name.contains(part)))
        .collect();
    let surveys = targets
        .iter()
        .map(|target| survey::survey(target, &UserConfig::default(), toolchain));
    let rows = targets.iter().zip(surveys);
    if as_json {
        let list: Vec<Value> = rows
            .map(|(target, survey)| survey.to_json(target))
            .collect();
        answer(&Value::from(list).to_string());
    } else {
        let mut lines = vec![
            ["target", "format", "without std", "with std"]
                .map(str::to_owned)
                .to_vec(),
        ];
        lines.extend(rows.map(|(target, survey)| line(target, &survey)));
        answer(&table(&lines));
    }
    Ok(u8::from(targets.is_empty()))
}

/// In rustc's order; all specs are printed at once.
fn targets(toolchain: &Toolchain) -> Result<Vec<Target>> {
    let rustc = &toolchain.rustc;
    let told = rustc
        .target_list()
        .and_then(|names| Ok((names, rustc.all_target_specs()?)));
    let (names, specs) = told.map_err(|error| error.into_diagnostic())?;
    let mut specs: Map<String, Value> = serde_json::from_str(&specs)
        .map_err(|error| Diagnostic::error("cannot read rustc's specs").note(error.to_string()))?;
    Ok(names
        .into_iter()
        .filter_map(|name| match specs.remove(&name)? {
            Value::Object(map) => Some(Target {
                name,
                kind: Kind::Builtin,
                spec: Spec::new(map),
                board: None,
                source: None,
            }),
            _ => None,
        })
        .collect())
}

fn line(target: &Target, survey: &Survey) -> Vec<String> {
    let mut cells = vec![target.name.clone(), target.binary_format().to_owned()];
    cells.extend(survey.rows.iter().map(|(_, answer)| match answer {
        Ok(choice) => choice.by.name(),
        Err(_) => "-".to_owned(),
    }));
    cells
}

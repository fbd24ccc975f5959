//! Advice that is followed: a folder of `cases/advice` is a situation, what is said about it, and what holds
//! after somebody has done what was said.
//!
//! `case.toml` has two calls of xsys. `[before]` runs in a copy of the folder `before`; its output must contain
//! each text of `says`, the advice among them. Then the folder `after` is copied over it and the files in `remove`
//! go: that is the advice, followed. `[after]` must end as it says, and none of `says` may be said again. What is
//! said then can be followed too: `[[then]]` are more calls, each after its folder `then-1`, `then-2` and so on was
//! copied over what is there, if there is one. So one project goes from mistake to mistake without a build. Some
//! advice is for programs that need QEMU or crates; `needs` names programs without which a case is skipped.
//!
//! Most advice needs no project and is followed in `cases/errors`. `advice.toml` says of every other help in
//! the sources why nobody follows it: a new one needs a case or a reason. Notes are facts: each must be
//! shown by a case of some suite, or `notes.toml` says why none shows it.

use std::collections::BTreeMap;
use std::path::Path;

use serde::Deserialize;
use xsys_tests::helps;
use xsys_tests::project::{
    Place, Ran, cases, copy_folder, find_program, folders_in, repository, run, skip,
};

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Case {
    #[serde(default)]
    needs: Vec<String>,
    #[serde(default)]
    remove: Vec<String>,
    before: Call,
    after: Call,
    #[serde(default)]
    then: Vec<Call>,
}

impl Case {
    /// All calls, with the folders that go before them.
    fn calls(&self) -> Vec<(String, &Call)> {
        let mut calls = vec![
            ("before".to_owned(), &self.before),
            ("after".to_owned(), &self.after),
        ];
        let then = self.then.iter().enumerate();
        calls.extend(then.map(|(number, call)| (format!("then-{}", number + 1), call)));
        calls
    }
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Call {
    call: String,
    exit: i32,
    #[serde(default)]
    says: Vec<String>,
}

impl Call {
    fn run(&self, place: &Place) -> Result<Ran, String> {
        let mut command = place.xsys(&self.call);
        if place.path("rust-toolchain.toml").exists() {
            // The cargo that runs this test would have the last word otherwise.
            command.env_remove("RUSTUP_TOOLCHAIN");
        }
        let ran = run(&mut command);
        let output = format!("{}{}", ran.stdout, ran.stderr);
        if ran.code != Some(self.exit) {
            return Err(format!(
                "`{}` ended with {:?}\n{output}",
                self.call, ran.code
            ));
        }
        match self.says.iter().find(|text| !output.contains(*text)) {
            Some(text) => Err(format!("`{}` does not say `{text}`\n{output}", self.call)),
            None => Ok(ran),
        }
    }
}

fn follow(name: &str, folder: &Path) -> Result<(), String> {
    let text = std::fs::read_to_string(folder.join("case.toml")).map_err(|e| e.to_string())?;
    let case: Case = toml::from_str(&text).map_err(|error| error.to_string())?;
    if let Some(missing) = case.needs.iter().find(|name| find_program(name).is_none()) {
        skip(name, &format!("`{missing}` is not installed"));
        return Ok(());
    }
    let place = Place::new("advice", name);
    let mut said: &[String] = &[];
    for (step, call) in case.calls() {
        let step_folder = folder.join(&step);
        if step_folder.is_dir() {
            copy_folder(&step_folder, &place.folder);
        }
        let remove = case.remove.iter().filter(|_| step == "after");
        for file in remove {
            std::fs::remove_file(place.path(file)).map_err(|error| format!("{file}: {error}"))?;
        }
        let ran = call
            .run(&place)
            .map_err(|error| format!("{step}: {error}"))?;
        let again = said
            .iter()
            .find(|text| ran.stderr.contains(*text) || ran.stdout.contains(*text));
        if let Some(text) = again {
            return Err(format!("{step}: `{text}` is said again\n{}", ran.stderr));
        }
        said = &call.says;
    }
    Ok(())
}

#[test]
fn advice_leads_out() {
    let root = cases("advice");
    let failed: Vec<String> = folders_in(&root)
        .iter()
        .filter_map(|name| {
            let problem = follow(name, &root.join(name)).err()?;
            Some(format!("{name}: {problem}"))
        })
        .collect();
    assert!(failed.is_empty(), "{}", failed.join("\n"));
}

/// The table of helps that are not followed.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Table {
    reason: Vec<Reason>,
    computed: Vec<String>,
    said: Vec<Reason>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Reason {
    why: String,
    helps: Vec<String>,
}

/// What the cases of this suite show, as parts of helps and notes: all that is followed, or the last call's too.
fn shown_here(and_last: bool) -> Vec<String> {
    let mut texts = Vec::new();
    let root = cases("advice");
    for name in folders_in(&root) {
        let text = std::fs::read_to_string(root.join(name).join("case.toml")).unwrap();
        let case: Case = toml::from_str(&text).unwrap();
        let mut calls = case.calls();
        if !and_last {
            calls.pop();
        }
        texts.extend(calls.into_iter().flat_map(|(_, call)| call.says.clone()));
    }
    // Of a short text nobody knows whose part it is.
    texts.retain(|text| text.len() > 12);
    texts
}

#[test]
fn every_help_is_followed_or_has_a_reason() {
    let file = repository().join("tests/advice.toml");
    let table: Table = toml::from_str(&std::fs::read_to_string(file).unwrap()).unwrap();
    let sources = helps::all();
    let said: Vec<String> = helps::said()
        .into_iter()
        .filter_map(|(help, followed)| followed.then_some(help))
        .collect();
    let parts = shown_here(false);
    let is_followed = |text: &String| {
        said.iter().any(|said| helps::is_made_of(said, text))
            || parts.iter().any(|part| text.contains(part.as_str()))
    };
    let mut problems = Vec::new();
    let excused: Vec<&String> = table
        .reason
        .iter()
        .flat_map(|reason| &reason.helps)
        .collect();
    for (text, file) in &sources.texts {
        match (is_followed(text), excused.contains(&text)) {
            (false, false) => problems.push(format!("{file}: no case follows `{text}`")),
            (true, true) => problems.push(format!("advice.toml: `{text}` is followed")),
            _ => {}
        }
    }
    for text in excused {
        if !sources.texts.contains_key(text) {
            problems.push(format!("advice.toml: nobody says `{text}`"));
        }
    }
    for reason in &table.reason {
        assert!(!reason.why.is_empty() && !reason.helps.is_empty());
    }
    let computed: Vec<&String> = sources.computed.iter().collect();
    if computed != table.computed.iter().collect::<Vec<_>>() {
        problems.push(format!("advice.toml: computed = {computed:#?}"));
    }
    assert!(problems.is_empty(), "{}", problems.join("\n"));
}

/// What a case shows without following it is in the table as well: by its text in the sources, or, where that
/// is in a table of theirs, as it is said.
#[test]
fn every_help_that_is_shown_is_followed_or_has_a_reason() {
    let file = repository().join("tests/advice.toml");
    let table: Table = toml::from_str(&std::fs::read_to_string(file).unwrap()).unwrap();
    let texts = |rows: &[Reason]| -> Vec<String> {
        let helps = rows.iter().flat_map(|row| &row.helps);
        helps
            .filter_map(|help| help.lines().next().map(str::to_owned))
            .collect()
    };
    let (sources, shown) = (texts(&table.reason), texts(&table.said));
    let mut said = BTreeMap::new();
    for (help, followed) in helps::said() {
        let line = help.lines().next().unwrap_or_default().to_owned();
        *said.entry(line).or_insert(false) |= followed;
    }
    let mut problems = Vec::new();
    for help in said
        .iter()
        .filter(|(_, followed)| !**followed)
        .map(|(help, _)| help)
    {
        if !shown.contains(help) && !sources.iter().any(|text| helps::is_made_of(help, text)) {
            problems.push(format!(
                "tests/cases/errors shows and does not follow `{help}`"
            ));
        }
    }
    for help in shown.iter().filter(|help| said.get(*help) != Some(&false)) {
        problems.push(format!(
            "advice.toml: no case shows `{help}`, or one follows it"
        ));
    }
    assert!(problems.is_empty(), "{}", problems.join("\n"));
}

/// The table of notes that no case shows.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Unseen {
    reason: Vec<UnseenReason>,
    computed: Vec<String>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct UnseenReason {
    why: String,
    notes: Vec<String>,
}

#[test]
fn every_note_is_shown_or_has_a_reason() {
    let file = repository().join("tests/notes.toml");
    let table: Unseen = toml::from_str(&std::fs::read_to_string(file).unwrap()).unwrap();
    let (sources, shown, parts) = (helps::notes(), helps::shown_notes(), shown_here(true));
    let excused: Vec<&String> = table.reason.iter().flat_map(|row| &row.notes).collect();
    let mut problems = Vec::new();
    for (text, file) in &sources.texts {
        let is_shown = shown.iter().any(|note| helps::is_made_of(note, text))
            || parts.iter().any(|part| text.contains(part.as_str()));
        match (is_shown, excused.contains(&text)) {
            (false, false) => problems.push(format!("{file}: no case shows `{text}`")),
            (true, true) => problems.push(format!("notes.toml: `{text}` is shown")),
            _ => {}
        }
    }
    for text in excused {
        if !sources.texts.contains_key(text) {
            problems.push(format!("notes.toml: nobody says `{text}`"));
        }
    }
    assert!(table.reason.iter().all(|row| !row.why.is_empty()));
    let computed: Vec<&String> = sources.computed.iter().collect();
    if computed != table.computed.iter().collect::<Vec<_>>() {
        problems.push(format!("notes.toml: computed = {computed:#?}"));
    }
    assert!(problems.is_empty(), "{}", problems.join("\n"));
}

//! `xsys size`: what takes up the space in a linked file, what has changed, and why it is there.

use std::path::{Path, PathBuf};

use serde_json::{Value, json};
use xsys_diag::Diagnostic;

use crate::appliance;
use crate::cli::{SizeArgs, SizeBy};
use crate::commands::{Call, why};
use crate::driver::cargo;
use crate::error::{Failure, Result, file};
use crate::files::replace;
use crate::linker;
use crate::project::verb::Verb;
use crate::size::compare::{Change, changes};
use crate::size::{self, By, Item, Sizes};
use crate::ui::{answer, bytes, table};

pub(super) fn run(call: &Call, args: SizeArgs) -> Result<u8> {
    let file = match &args.file {
        Some(file) if args.cargo.is_empty() => file.clone(),
        Some(_) => {
            let flags: Vec<_> = args
                .cargo
                .iter()
                .map(|flag| flag.to_string_lossy())
                .collect();
            let flags = flags.join(" ");
            return Err(
                Diagnostic::error(format!("`{flags}` is for builds, and a file is given"))
                    .help("leave out one of them")
                    .into(),
            );
        }
        None => built(call, &args).map_err(Failure::into_build)?,
    };
    match &args.html {
        Some(out) => page(call, &file, out),
        None => look(&file, &args),
    }
}

/// Writes the page with all views.
fn page(call: &Call, path: &Path, out: &Path) -> Result<u8> {
    let content = read(path)?;
    let name = path.file_name().unwrap_or_default().to_string_lossy();
    let regions =
        linker::report::known_about(path, &content).map_or(Vec::new(), |report| report.regions);
    let text =
        size::html::page(&name, &content, &regions).map_err(|problem| about(path, problem))?;
    let out = call.directory.join(out);
    replace(&out, text.as_bytes())?;
    let shown = out.strip_prefix(&call.directory).unwrap_or(&out).display();
    call.ui.status("Created", &shown.to_string());
    Ok(0)
}

/// The program that the project's build makes.
fn built(call: &Call, args: &SizeArgs) -> Result<PathBuf> {
    let build = args.as_build();
    let mut programs = Vec::new();
    for (plan, _) in appliance::plans(call, Verb::Build, &build)? {
        let built = cargo::build(&call.ui, &plan, true)?;
        if built.code != 0 {
            return Err(Failure::silent(built.code));
        }
        programs.extend(built.programs);
    }
    match programs.as_slice() {
        [program] => Ok(program.clone()),
        [] => Err(Diagnostic::error("the build makes no program")
            .help("a linked file can be named: `xsys size FILE`")
            .into()),
        _ => {
            let names: Vec<String> = programs
                .iter()
                .map(|program| format!("`{}`", program.display()))
                .collect();
            Err(Diagnostic::error("the build makes several programs")
                .note(names.join(", "))
                .help("choose one with `--bin NAME`, `-p PACKAGE` or `--target TRIPLE`")
                .into())
        }
    }
}

fn look(file: &Path, args: &SizeArgs) -> Result<u8> {
    let content = read(file)?;
    if let Some(name) = &args.why {
        let (value, text) =
            why::about(file, &content, name, args.top).map_err(|problem| about(file, problem))?;
        match args.json {
            true => answer(&format!("{value:#}")),
            false => answer(&text),
        }
        return Ok(0);
    }
    let by = match args.by {
        SizeBy::Section => By::Section,
        SizeBy::Symbol => By::Symbol,
        SizeBy::Crate => By::Crate,
        SizeBy::Region => By::Region,
    };
    let measure = |path: &Path, content: &[u8]| {
        size::measure(content, by).map_err(|problem| about(path, problem))
    };
    let sizes = measure(file, &content)?;
    let (value, text) = match &args.diff {
        Some(old) => {
            let before = measure(old, &read(old)?)?;
            let changes = changes(&before.items, &sizes.items);
            let total = |sizes: &Sizes| sizes.items.iter().map(|item| item.size).sum();
            (
                changes_json(&changes),
                changes_text(&changes, args.top, total(&before), total(&sizes)),
            )
        }
        None => (items_json(&sizes.items), text(&sizes, args.top)),
    };
    match args.json {
        true => answer(&format!("{value:#}")),
        false => answer(&text),
    }
    Ok(0)
}

fn read(path: &Path) -> Result<Vec<u8>> {
    Ok(std::fs::read(path).map_err(|error| file("read", path, &error))?)
}

fn about(path: &Path, mut problem: Diagnostic) -> Diagnostic {
    problem.message = format!("`{}`: {}", path.display(), problem.message);
    problem
}

fn items_json(items: &[Item]) -> Value {
    let item = |item: &Item| {
        json!({
            "name": item.name,
            "kind": item.kind.name(),
            "addr": item.addr,
            "size": item.size,
        })
    };
    items.iter().map(item).collect()
}

fn changes_json(changes: &[Change]) -> Value {
    let change = |change: &Change| {
        json!({
            "name": change.name,
            "kind": change.kind.name(),
            "before": change.before,
            "after": change.after,
        })
    };
    changes.iter().map(change).collect()
}

fn text(sizes: &Sizes, top: usize) -> String {
    let items = &sizes.items;
    let total: u64 = items.iter().map(|item| item.size).sum();
    let percent = |size: u64| {
        if total == 0 {
            0.0
        } else {
            size as f64 * 100.0 / total as f64
        }
    };
    let (shown, rest) = items.split_at(size::shown(items.len(), top));
    let mut rows = Vec::new();
    let mut row = |size: u64, addr: Option<u64>, name: &str| {
        rows.push(vec![
            format!("{size:>10}"),
            format!("{:>5.1} %", percent(size)),
            addr.map_or(String::new(), |addr| format!("0x{addr:x}")),
            name.to_owned(),
        ]);
    };
    for item in shown {
        row(item.size, item.addr, &item.name);
    }
    if !rest.is_empty() {
        let size = rest.iter().map(|item| item.size).sum();
        row(size, None, &format!("[{} more]", rest.len()));
    }
    let debug: u64 = items
        .iter()
        .filter(|item| item.kind == size::Kind::Debug)
        .map(|item| item.size)
        .sum();
    if debug != 0 {
        row(debug, None, "of this debug information");
    }
    row(total, None, &format!("in all, {}", bytes(total)));
    let mut text = table(&rows);
    for note in &sizes.notes {
        text.push_str(&format!("note: {note}\n"));
    }
    text
}

fn changes_text(changes: &[Change], top: usize, before: u64, after: u64) -> String {
    let row = |difference: i128, before: u64, after: u64, name: String| {
        vec![
            format!("{difference:>+10}"),
            format!("{before:>10}"),
            format!("{after:>10}"),
            name,
        ]
    };
    let (shown, rest) = changes.split_at(size::shown(changes.len(), top));
    let mut rows: Vec<Vec<String>> = shown
        .iter()
        .map(|change| {
            let name = match (change.before, change.after) {
                (0, _) => format!("{} (new)", change.name),
                (_, 0) => format!("{} (gone)", change.name),
                _ => change.name.clone(),
            };
            row(change.difference(), change.before, change.after, name)
        })
        .collect();
    if !rest.is_empty() {
        rows.push(row(
            rest.iter().map(Change::difference).sum(),
            rest.iter().map(|change| change.before).sum(),
            rest.iter().map(|change| change.after).sum(),
            format!("[{} more]", rest.len()),
        ));
    }
    let difference = i128::from(after) - i128::from(before);
    rows.push(row(difference, before, after, "in all".to_owned()));
    table(&rows)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_largest_are_shown_and_the_rest_is_added_up() {
        let item = |name: &str, size| Item {
            name: name.to_owned(),
            kind: size::Kind::Code,
            addr: Some(0x100),
            size,
        };
        let items = vec![item("a", 600), item("b", 300), item("c", 60), item("d", 40)];
        let sizes = Sizes::from(items);
        let expected = "
       600   60.0 %  0x100  a
       300   30.0 %  0x100  b
       100   10.0 %         [2 more]
      1000  100.0 %         in all, 1000 B
";
        assert_eq!(text(&sizes, 2), expected.trim_start_matches('\n'));
        assert_eq!(text(&sizes, 0).lines().count(), 5);
        assert!(text(&Sizes::default(), 0).contains("0.0 %"));
    }

    #[test]
    fn changes_have_signs() {
        let change = |name: &str, before, after| Change {
            name: name.to_owned(),
            kind: size::Kind::Code,
            before,
            after,
        };
        let changes = [change("a", 0, 50), change("b", 30, 0), change("c", 5, 6)];
        let expected = "
       +50           0          50  a (new)
       -30          30           0  b (gone)
        +1           5           6  [1 more]
       +21         100         121  in all
";
        assert_eq!(
            changes_text(&changes, 2, 100, 121),
            expected.trim_start_matches('\n')
        );
    }
}

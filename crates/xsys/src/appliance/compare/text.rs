//! Differences for people: a line each, at most 80 columns wide.
//!
//! What is there on both sides has `~`, what is new `+`, what is gone `-`. Where both values do not fit into a line, each has
//! one of its own.

use std::fmt::Write;

use super::{Comparison, Differences, Row};
use crate::ui::bytes;

const WIDTH: usize = 80;

/// Names up to here make a column.
const NAME_WIDTH: usize = 30;

/// Devices that differ in the same way are told of once.
pub fn text(compared: &Comparison) -> String {
    let mut out = String::new();
    if !compared.gone.is_empty() {
        wrapped(&mut out, "Only before: ", &compared.gone.join(", "));
    }
    if !compared.new.is_empty() {
        wrapped(&mut out, "Only after: ", &compared.new.join(", "));
    }
    let mut told: Vec<(&Differences, Vec<&str>)> = Vec::new();
    for (name, differences) in &compared.devices {
        match told.iter_mut().find(|(known, _)| *known == differences) {
            Some((_, names)) => names.push(name),
            None => told.push((differences, vec![name])),
        }
    }
    for (differences, names) in told {
        if !out.is_empty() {
            out.push('\n');
        }
        let count = match names.len() {
            1 => String::new(),
            count => format!("{count} devices: "),
        };
        wrapped(&mut out, &count, &names.join(", "));
        out.push_str(&rows(differences));
    }
    out
}

/// The rows, part by part.
fn rows(differences: &Differences) -> String {
    let mut out = String::new();
    let mut rows = differences.rows.as_slice();
    while let Some(first) = rows.first() {
        let count = rows.iter().take_while(|row| row.part == first.part).count();
        let (these, rest) = rows.split_at(count);
        rows = rest;
        let _ = writeln!(out, "{}", first.part.title());
        let widths = these.iter().map(|row| row.name.chars().count());
        let width = widths
            .filter(|width| *width <= NAME_WIDTH)
            .max()
            .unwrap_or(0);
        for row in these {
            line(&mut out, row, width);
        }
    }
    if !differences.not_compared.is_empty() {
        out.push_str("Not compared, because of the secrets in them\n");
        wrapped(&mut out, "    ", &differences.not_compared.join(", "));
    }
    out
}

fn line(out: &mut String, row: &Row, width: usize) {
    let name = &row.name;
    let (sign, text) = match (&row.before, &row.after) {
        (Some(before), Some(after)) if before == after => {
            ('~', format!("{after}, other content{}", growth(row)))
        }
        (Some(before), Some(after)) => ('~', format!("{before} → {after}{}", growth(row))),
        (Some(before), None) => ('-', before.clone()),
        (None, after) => ('+', after.clone().unwrap_or_default()),
    };
    let short = format!("  {sign} {name:width$}  {text}");
    if short.chars().count() <= WIDTH {
        let _ = writeln!(out, "{}", short.trim_end());
        return;
    }
    wrapped(out, &format!("  {sign} "), name);
    match (&row.before, &row.after) {
        (Some(before), Some(after)) if before != after => {
            wrapped(out, "      ", before);
            wrapped(out, "    → ", &format!("{after}{}", growth(row)));
        }
        _ => wrapped(out, "      ", &text),
    }
}

/// How much larger or smaller it is.
fn growth(row: &Row) -> String {
    match (row.size_before, row.size_after) {
        (Some(before), Some(after)) if after > before => format!(" (+{})", bytes(after - before)),
        (Some(before), Some(after)) if after < before => format!(" (-{})", bytes(before - after)),
        _ => String::new(),
    }
}

/// Text after a first piece, in as many lines as it needs; broken at spaces, where there are any.
pub fn wrapped(out: &mut String, first: &str, text: &str) {
    let room = WIDTH - first.chars().count();
    let indent = " ".repeat(WIDTH - room);
    let mut start = first;
    let mut rest: Vec<char> = text.chars().collect();
    loop {
        let mut end = rest.len().min(room);
        if rest.len() > room {
            let space = rest[..=room].iter().rposition(|letter| *letter == ' ');
            end = space.filter(|at| *at > 0).unwrap_or(room);
        }
        let line: String = rest.drain(..end).collect();
        let _ = writeln!(out, "{start}{}", line.trim_end());
        while rest.first() == Some(&' ') {
            rest.remove(0);
        }
        if rest.is_empty() {
            return;
        }
        start = &indent;
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::appliance::compare::Part;

    #[test]
    fn lines_are_as_wide_as_terminals() {
        let row = |name: &str, before: Option<&str>, after: Option<&str>| {
            let own = |text: &str| text.to_owned();
            Row::new(Part::Settings, name, before.map(own), after.map(own))
        };
        let long = "\"word\", ".repeat(12);
        let differences = Differences {
            rows: vec![
                row("hostname", Some("\"a\""), Some("\"b\"")),
                row("services.shop.command", Some(&long), Some("[]")),
                row("time.earliest", None, Some("5")),
                row(&"n".repeat(90), Some("1"), None),
            ],
            not_compared: vec!["/etc/shop.key".to_owned()],
        };
        let text = rows(&differences);
        assert!(
            text.lines().all(|line| line.chars().count() <= WIDTH),
            "{text}"
        );
        let start = "Settings\n  ~ hostname               \"a\" → \"b\"\n  ~ services.shop.command\n      \"word\"";
        assert!(text.starts_with(start), "{text}");
        assert!(
            text.contains("\n    → []\n  + time.earliest          5\n"),
            "{text}"
        );
        assert!(text.ends_with("in them\n    /etc/shop.key\n"), "{text}");
    }
}

//! Prints differences: a line each, at most 80 columns wide.
//!
//! What is on both sides is marked `~`, what is new `+`, what is gone `-`. If both values do not fit into one line,
//! each has its own.

use std::fmt::Write;

use super::Comparison;
use super::groups::{Group, Merged, groups};

const WIDTH: usize = 80;

/// Names up to this length make a column.
const NAME_WIDTH: usize = 30;

/// Devices that differ in the same way are listed once.
pub(crate) fn text(compared: &Comparison) -> String {
    let mut out = String::new();
    if !compared.gone.is_empty() {
        wrapped(&mut out, "Only before: ", &compared.gone.join(", "));
    }
    if !compared.new.is_empty() {
        wrapped(&mut out, "Only after: ", &compared.new.join(", "));
    }
    for group in groups(&compared.devices) {
        if !out.is_empty() {
            out.push('\n');
        }
        let count = match group.devices.len() {
            1 => String::new(),
            count => format!("{count} devices: "),
        };
        wrapped(&mut out, &count, &group.devices.join(", "));
        out.push_str(&rows(&group));
    }
    // A manifest may come from anybody: a terminal would execute some characters as commands.
    out.replace(
        |letter: char| letter.is_control() && letter != '\n',
        "\u{fffd}",
    )
}

/// The rows, part by part.
fn rows(group: &Group<'_>) -> String {
    let mut out = String::new();
    let mut rows = group.rows.as_slice();
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
    if !group.not_compared.is_empty() {
        out.push_str("Not compared, because of the secrets in them\n");
        wrapped(&mut out, "    ", &group.not_compared.join(", "));
    }
    out
}

fn line(out: &mut String, row: &Merged, width: usize) {
    let (name, growth) = (&row.name, &row.growth);
    let (sign, text) = match (&row.before, &row.after) {
        (Some(before), Some(after)) if before == after => {
            ('~', format!("{after}, other content{growth}"))
        }
        (Some(before), Some(after)) => ('~', format!("{before} → {after}{growth}")),
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
            wrapped(out, "    → ", &format!("{after}{growth}"));
        }
        _ => wrapped(out, "      ", &text),
    }
}

/// Wraps text after a first piece; breaks at spaces, if there are any.
pub(super) fn wrapped(out: &mut String, first: &str, text: &str) {
    let room = WIDTH - first.chars().count();
    let indent = " ".repeat(WIDTH - room);
    let mut start = first;
    let letters: Vec<char> = text.chars().collect();
    let mut rest = letters.as_slice();
    loop {
        let mut end = rest.len().min(room);
        if rest.len() > room {
            let space = rest[..=room].iter().rposition(|letter| *letter == ' ');
            end = space.filter(|at| *at > 0).unwrap_or(room);
        }
        let (line, after) = rest.split_at(end);
        let line: String = line.iter().collect();
        let _ = writeln!(out, "{start}{}", line.trim_end());
        let spaces = after.iter().take_while(|letter| **letter == ' ').count();
        rest = &after[spaces..];
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
            Merged {
                part: Part::Settings,
                name: own(name),
                before: before.map(own),
                after: after.map(own),
                growth: String::new(),
            }
        };
        let long = "\"word\", ".repeat(12);
        let not_compared = ["/etc/shop.key".to_owned()];
        let group = Group {
            devices: Vec::new(),
            rows: vec![
                row("hostname", Some("\"a\""), Some("\"b\"")),
                row("services.shop.command", Some(&long), Some("[]")),
                row("time.earliest", None, Some("5")),
                row(&"n".repeat(90), Some("1"), None),
            ],
            not_compared: &not_compared,
        };
        let text = rows(&group);
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

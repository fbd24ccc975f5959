//! Prints the structure as tables.

use std::fmt::Write as _;
use std::path::Path;

use super::{Crate, rules};

/// Files, lines, arrows, circles, public items and long functions of each crate; with `all`, each circle's arrows.
pub fn text(crates: &[Crate], all: bool) -> String {
    let mut out = String::new();
    for one in crates {
        let lines: usize = one.files.iter().map(|file| file.lines).sum();
        let public: usize = one.files.iter().map(|file| file.public).sum();
        let _ = writeln!(
            out,
            "{}: {} files, {lines} lines, {} arrows, {public} public items",
            one.name,
            one.files.len(),
            one.arrows.len(),
        );
        let circles = one.circles();
        let sizes: Vec<String> = circles.iter().map(|c| c.len().to_string()).collect();
        if !sizes.is_empty() {
            let _ = writeln!(out, "  circles of {} files", sizes.join(", "));
        }
        for circle in &circles {
            let names: Vec<String> = circle.iter().map(|p| p.display().to_string()).collect();
            let _ = writeln!(out, "    {}", names.join(" "));
            if all {
                inside(one, circle, &mut out);
            }
        }
        let against = rules::against_the_order(one);
        if !against.is_empty() {
            let _ = writeln!(
                out,
                "  {} arrows against the order of folders",
                against.len()
            );
            for line in against.iter().filter(|_| all) {
                let _ = writeln!(out, "    {line}");
            }
        }
    }
    let mut functions: Vec<(usize, String)> = crates
        .iter()
        .flat_map(|one| one.files.iter().map(move |file| (one, file)))
        .flat_map(|(one, file)| {
            let place = format!("{}/src/{}", one.name, file.path.display());
            file.functions
                .iter()
                .map(move |f| (f.lines, format!("{place}:{} {}", f.line, f.name)))
        })
        .collect();
    functions.sort_by(|a, b| b.0.cmp(&a.0).then_with(|| a.1.cmp(&b.1)));
    let long = functions.iter().filter(|(lines, _)| *lines > 100).count();
    let _ = writeln!(
        out,
        "functions: {}, of which {long} have more than 100 lines",
        functions.len()
    );
    for (lines, place) in functions.iter().take(if all { long } else { 10 }) {
        let _ = writeln!(out, "  {lines:4} {place}");
    }
    out
}

/// What breaks rules, as `tests/tidy.toml` lists it.
pub fn broken(crates: &[Crate]) -> String {
    let found = rules::found(crates);
    let mut out = String::new();
    for (name, rows) in [
        ("files", found.files),
        ("functions", found.functions),
        ("circles", found.circles),
        ("machines", found.machines),
        ("headless", found.headless),
    ] {
        let _ = writeln!(out, "\n[{name}]");
        for (row, measure) in rows {
            let _ = writeln!(out, "\"{row}\" = {measure}");
        }
    }
    out
}

/// Every arrow: crate, file, line, file, and the path that is written there.
pub fn arrows(crates: &[Crate]) -> String {
    let mut out = String::new();
    for one in crates {
        for arrow in &one.arrows {
            let (from, to) = (&one.files[arrow.from], &one.files[arrow.to]);
            let _ = writeln!(
                out,
                "{} {}:{} {} {}",
                one.name,
                from.path.display(),
                arrow.line,
                to.path.display(),
                arrow.path
            );
        }
    }
    out
}

fn inside(one: &Crate, circle: &[&Path], out: &mut String) {
    for arrow in &one.arrows {
        let (from, to) = (&one.files[arrow.from], &one.files[arrow.to]);
        let related = from.module.starts_with(&to.module) || to.module.starts_with(&from.module);
        if circle.contains(&&*from.path) && circle.contains(&&*to.path) && !related {
            let _ = writeln!(
                out,
                "      {}:{} → {} ({})",
                from.path.display(),
                arrow.line,
                to.path.display(),
                arrow.path
            );
        }
    }
}

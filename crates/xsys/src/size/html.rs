//! `xsys size --html`: all views of a file's sizes on one page.
//!
//! The page is self-contained: no scripts, no fonts, no network. Foldable parts are `details` elements, and the map of
//! crates consists of rectangles with fixed places. Names come from symbol tables and may contain anything, so all of
//! them are escaped. The same file gives the same page.

use std::collections::BTreeMap;
use std::fmt::Write;

use xsys_diag::Diagnostic;

use super::treemap::{self, Rect};
use super::{By, Item, crate_of, largest_first, measure};
use crate::linker::report::Region;
use crate::ui::bytes;

/// Rows of one table; the remaining ones are added up.
const ROWS: usize = 500;

/// The size of the map, in the units of its view box.
const MAP: Rect = Rect {
    x: 0.0,
    y: 0.0,
    width: 1200.0,
    height: 640.0,
};

const STYLE: &str = "\
body{font:14px/1.45 system-ui,sans-serif;margin:2em auto;max-width:1200px;padding:0 1em;color:#222;background:#fff}
h1{font-size:1.5em;overflow-wrap:anywhere}h2{font-size:1.15em;margin-top:2em}
table{border-collapse:collapse;width:100%}td,th{padding:.15em .6em;text-align:right;vertical-align:top}
th{font-weight:600;border-bottom:1px solid #bbb}td:last-child,th:last-child{text-align:left;width:100%;overflow-wrap:anywhere}
tr:nth-child(even) td{background:#f6f6f6}
td.bar{background:linear-gradient(#cfe0f5,#cfe0f5) no-repeat left center}
summary{cursor:pointer;padding:.15em 0}summary b{display:inline-block;min-width:7em;text-align:right;margin-right:.8em}
details details,details table{margin-left:1.5em;width:calc(100% - 1.5em)}
svg{width:100%;height:auto}svg rect{stroke:#fff}svg text{font-size:11px;pointer-events:none}svg .c{font-size:14px;font-weight:600}
@media(prefers-color-scheme:dark){body{color:#ddd;background:#1b1b1b}tr:nth-child(even) td{background:#262626}svg text{fill:#111}}
";

/// The page for a linked file. `regions`: the memories of its machine, if they are known.
pub(crate) fn page(name: &str, content: &[u8], regions: &[Region]) -> Result<String, Diagnostic> {
    let sections = measure(content, By::Section)?;
    // A file without symbols has no crates.
    let symbols = measure(content, By::Symbol);
    let segments = measure(content, By::Region)?;
    let total = sum(&sections.items);
    let mut out = format!(
        "<!DOCTYPE html>\n<html lang=\"en\">\n<head>\n<meta charset=\"utf-8\">\n<meta name=\"viewport\" content=\"width=device-width\">\n<title>{0}: sizes</title>\n<style>\n{STYLE}</style>\n</head>\n<body>\n<h1>{0}</h1>\n<p>{1} in all ({total} bytes)</p>\n",
        escaped(name),
        bytes(total)
    );
    if !regions.is_empty() {
        out += "<h2>Memory</h2>\n";
        out += &memory(regions);
    }
    match symbols {
        Ok(symbols) => {
            let crates = by_crate(symbols.items, total);
            out += "<h2>Crates</h2>\n";
            out += &map(&crates);
            out += &folded(&crates, total);
            notes(&mut out, &symbols.notes);
        }
        Err(problem) => {
            let _ = writeln!(
                out,
                "<p>No crates and symbols: {}</p>",
                escaped(&problem.message)
            );
        }
    }
    out += "<h2>Sections</h2>\n";
    out += &table(&sections.items, total);
    notes(&mut out, &sections.notes);
    out += "<h2>Loaded or reserved as one piece</h2>\n";
    out += &table(&segments.items, sum(&segments.items));
    notes(&mut out, &segments.notes);
    out += "</body>\n</html>\n";
    Ok(out)
}

fn sum(items: &[Item]) -> u64 {
    items
        .iter()
        .fold(0, |sum: u64, item| sum.saturating_add(item.size))
}

fn notes(out: &mut String, notes: &[String]) {
    for note in notes {
        let _ = writeln!(out, "<p>{}</p>", escaped(note));
    }
}

/// Symbols below the crates that define them, the largest first, and bytes without a symbol.
fn by_crate(symbols: Vec<Item>, total: u64) -> Vec<(String, u64, Vec<Item>)> {
    let named = sum(&symbols);
    let mut crates: BTreeMap<String, Vec<Item>> = BTreeMap::new();
    for item in symbols {
        crates
            .entry(crate_of(&item.name).to_owned())
            .or_default()
            .push(item);
    }
    let mut crates: Vec<(String, u64, Vec<Item>)> = crates
        .into_iter()
        .map(|(name, mut items)| {
            largest_first(&mut items);
            (name, sum(&items), items)
        })
        .collect();
    if total > named {
        crates.push(("[without a symbol]".to_owned(), total - named, Vec::new()));
    }
    crates.sort_by(|a, b| b.1.cmp(&a.1).then_with(|| a.0.cmp(&b.0)));
    crates
}

fn memory(regions: &[Region]) -> String {
    let mut out = String::from("<table>\n<tr><th>used<th>of<th>part<th>from<th>name\n");
    for region in regions {
        let _ = writeln!(
            out,
            "<tr><td>{}<td>{}<td>{}<td>0x{:x}<td>{}",
            bytes(region.used),
            bytes(region.length),
            percent(region.used, region.length),
            region.origin,
            escaped(&region.name)
        );
    }
    out + "</table>\n"
}

fn table(items: &[Item], total: u64) -> String {
    let mut out = String::from("<table>\n<tr><th>bytes<th>part<th>address<th>name\n");
    let (shown, rest) = items.split_at(items.len().min(ROWS));
    for item in shown {
        let address = item
            .addr
            .map_or(String::new(), |addr| format!("0x{addr:x}"));
        let _ = writeln!(
            out,
            "<tr><td>{}<td>{}<td>{address}<td class=\"bar\" style=\"background-size:{:.2}% 60%\">{}",
            item.size,
            percent(item.size, total),
            share(item.size, total),
            escaped(&item.name)
        );
    }
    if !rest.is_empty() {
        let size = sum(rest);
        let _ = writeln!(
            out,
            "<tr><td>{size}<td>{}<td><td>{} more",
            percent(size, total),
            rest.len()
        );
    }
    out + "</table>\n"
}

fn folded(crates: &[(String, u64, Vec<Item>)], total: u64) -> String {
    let mut out = String::new();
    for (name, size, items) in crates {
        let _ = writeln!(
            out,
            "<details><summary><b>{}</b>{} {}</summary>",
            bytes(*size),
            escaped(name),
            percent(*size, total)
        );
        if !items.is_empty() {
            out += &table(items, *size);
        }
        out += "</details>\n";
    }
    out
}

/// Crates as areas, and in each its largest symbols.
fn map(crates: &[(String, u64, Vec<Item>)]) -> String {
    let crates: Vec<_> = crates.iter().filter(|(_, size, _)| *size > 0).collect();
    let sizes: Vec<u64> = crates.iter().map(|(_, size, _)| *size).collect();
    let mut out = format!(
        "<svg viewBox=\"0 0 {} {}\" role=\"img\" aria-label=\"Crates as areas\">\n",
        MAP.width, MAP.height
    );
    for (at, ((name, size, items), rect)) in
        crates.iter().zip(treemap::layout(&sizes, MAP)).enumerate()
    {
        // Neighbouring areas get different hues.
        let hue = at * 137 % 360;
        area(
            &mut out,
            rect,
            hue,
            72,
            &format!("{name}: {}", bytes(*size)),
        );
        let head = Rect {
            height: rect.height.min(20.0),
            ..rect
        };
        label(&mut out, head, "c", name);
        let body = Rect {
            y: rect.y + head.height,
            height: rect.height - head.height,
            ..rect
        };
        if body.height > 12.0 && body.width > 12.0 {
            symbols(&mut out, items, *size, body, hue);
        }
    }
    out + "</svg>\n"
}

fn symbols(out: &mut String, items: &[Item], size: u64, body: Rect, hue: usize) {
    // Symbols smaller than a dot share one area with the rest.
    let smallest = (size as f64 * 16.0 / (body.width * body.height)).max(1.0) as u64;
    let shown = items.iter().take_while(|item| item.size >= smallest);
    let shown: Vec<&Item> = shown.take(ROWS).collect();
    let mut sizes: Vec<u64> = shown.iter().map(|item| item.size).collect();
    let rest = size.saturating_sub(sizes.iter().sum());
    if rest > 0 {
        sizes.push(rest);
    }
    for (at, rect) in treemap::layout(&sizes, body).into_iter().enumerate() {
        let Some(item) = shown.get(at) else { continue };
        let title = format!("{}: {}", item.name, bytes(item.size));
        area(out, rect, hue, 84, &title);
        label(out, rect, "", &item.name);
    }
}

fn area(out: &mut String, rect: Rect, hue: usize, lightness: usize, title: &str) {
    let _ = writeln!(
        out,
        "<rect x=\"{:.1}\" y=\"{:.1}\" width=\"{:.1}\" height=\"{:.1}\" fill=\"hsl({hue},55%,{lightness}%)\"><title>{}</title></rect>",
        rect.x,
        rect.y,
        rect.width,
        rect.height,
        escaped(title)
    );
}

/// As much of a name as fits.
fn label(out: &mut String, rect: Rect, class: &str, name: &str) {
    let letter = if class.is_empty() { 6.0 } else { 8.0 };
    let room = (rect.width / letter) as usize;
    if rect.height < 13.0 || room < 4 {
        return;
    }
    let text: String = name.chars().take(room).collect();
    let _ = writeln!(
        out,
        "<text x=\"{:.1}\" y=\"{:.1}\" class=\"{class}\">{}</text>",
        rect.x + 3.0,
        rect.y + 12.0,
        escaped(&text)
    );
}

fn share(size: u64, total: u64) -> f64 {
    if total == 0 {
        return 0.0;
    }
    size as f64 * 100.0 / total as f64
}

fn percent(size: u64, total: u64) -> String {
    format!("{:.1} %", share(size, total))
}

/// Escapes a text for every place in a page; characters that no page may contain are replaced by a
/// mark.
fn escaped(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    for letter in text.chars() {
        match letter {
            '&' => out += "&amp;",
            '<' => out += "&lt;",
            '>' => out += "&gt;",
            '"' => out += "&quot;",
            '\'' => out += "&#39;",
            letter if letter.is_control() => out.push('\u{fffd}'),
            letter => out.push(letter),
        }
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_are_text() {
        let evil = "</title><script>alert('x')</script>\u{0}";
        let escaped = escaped(evil);
        assert!(!escaped.contains(['<', '>', '\'', '\u{0}']), "{escaped}");
        let item = |name: &str, size| Item {
            name: name.to_owned(),
            kind: super::super::Kind::Code,
            addr: Some(16),
            size,
        };
        let items = vec![
            item(evil, 900),
            item("core::fmt::write", 100),
            item("a::b", 5),
        ];
        let crates = by_crate(items.clone(), 1100);
        let names: Vec<&str> = crates.iter().map(|(name, ..)| name.as_str()).collect();
        assert_eq!(names, ["[not Rust]", "core", "[without a symbol]", "a"]);
        for text in [map(&crates), folded(&crates, 1100), table(&items, 1100)] {
            assert!(!text.contains("<script"), "{text}");
            assert!(text.contains("&lt;script&gt;"), "{text}");
        }
        assert!(map(&[]).contains("<svg") && percent(1, 0) == "0.0 %");
    }
}

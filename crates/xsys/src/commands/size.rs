//! `xsys size`: what takes up the space in a linked file.

use serde_json::json;

use crate::cli::{SizeArgs, SizeBy};
use crate::error::{Result, file};
use crate::size::{self, Item};
use crate::ui::{answer, bytes, table};

pub fn run(args: &SizeArgs) -> Result<u8> {
    let content = std::fs::read(&args.file).map_err(|error| file("read", &args.file, &error))?;
    let items = match args.by {
        SizeBy::Section => size::by_section(&content),
        SizeBy::Symbol => size::by_symbol(&content),
        SizeBy::Crate => size::by_crate(&content),
        SizeBy::Region => size::by_segment(&content),
    };
    let items = items.map_err(|mut problem| {
        problem.message = format!("`{}`: {}", args.file.display(), problem.message);
        problem
    })?;
    if args.json {
        let list: Vec<_> = items
            .iter()
            .map(|item| json!({ "name": item.name, "addr": item.addr, "size": item.size }))
            .collect();
        answer(&format!("{:#}", json!(list)));
    } else {
        answer(&text(&items, args.top));
    }
    Ok(0)
}

fn text(items: &[Item], top: usize) -> String {
    let total: u64 = items.iter().map(|item| item.size).sum();
    let percent = |size: u64| {
        if total == 0 {
            0.0
        } else {
            size as f64 * 100.0 / total as f64
        }
    };
    let shown = if top == 0 {
        items.len()
    } else {
        top.min(items.len())
    };
    let (shown, rest) = items.split_at(shown);
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
    row(total, None, &format!("in all, {}", bytes(total)));
    table(&rows)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_largest_are_shown_and_the_rest_is_added_up() {
        let item = |name: &str, size| Item {
            name: name.to_owned(),
            addr: Some(0x100),
            size,
        };
        let items = [item("a", 600), item("b", 300), item("c", 60), item("d", 40)];
        let expected = "
       600   60.0 %  0x100  a
       300   30.0 %  0x100  b
       100   10.0 %         [2 more]
      1000  100.0 %         in all, 1000 B
";
        assert_eq!(text(&items, 2), expected.trim_start_matches('\n'));
        assert_eq!(text(&items, 0).lines().count(), 5);
        assert!(text(&[], 0).contains("0.0 %"));
    }
}

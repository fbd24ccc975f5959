//! Edits `Cargo.toml` and cargo's configuration: comments, order and spacing of the user's are kept.

use std::path::Path;

use toml_edit::{Array, DocumentMut, Item, Table, Value};
use xsys_diag::Diagnostic;

pub(crate) fn parse(path: &Path, text: &str) -> Result<DocumentMut, Diagnostic> {
    text.parse().map_err(|error: toml_edit::TomlError| {
        Diagnostic::error(format!("`{}` is no TOML", path.display())).note(error.to_string())
    })
}

/// A table at a path, created if it is missing; its parents get no header of their own.
pub(crate) fn table<'a>(
    document: &'a mut DocumentMut,
    path: &[&str],
) -> Option<&'a mut dyn toml_edit::TableLike> {
    let mut item: &mut Item = document.as_item_mut();
    for (at, name) in path.iter().enumerate() {
        let table = item.as_table_like_mut()?;
        item = table.entry(name).or_insert_with(|| {
            let mut table = Table::new();
            table.set_implicit(at + 1 < path.len());
            Item::Table(table)
        });
    }
    item.as_table_like_mut()
}

/// Sets a key unless it has that value; its comments stay.
pub(crate) fn set(table: &mut dyn toml_edit::TableLike, key: &str, text: &str) {
    if table.get(key).and_then(Item::as_str) == Some(text) {
        return;
    }
    match table.get_mut(key).and_then(Item::as_value_mut) {
        Some(value) => {
            let decor = value.decor().clone();
            *value = Value::from(text);
            *value.decor_mut() = decor;
        }
        None => {
            table.insert(key, toml_edit::value(text));
        }
    }
}

/// Sets a list, one line per member.
pub(crate) fn set_list(table: &mut dyn toml_edit::TableLike, key: &str, list: &[String]) {
    let old = table.get(key).and_then(Item::as_array);
    let same = old.is_some_and(|old| {
        let old: Vec<Option<&str>> = old.iter().map(Value::as_str).collect();
        old == list
            .iter()
            .map(|text| Some(text.as_str()))
            .collect::<Vec<_>>()
    });
    if same {
        return;
    }
    let mut array = Array::new();
    for text in list {
        let mut value = Value::from(text.as_str());
        value.decor_mut().set_prefix("\n    ");
        array.push_formatted(value);
    }
    array.set_trailing_comma(true);
    array.set_trailing("\n");
    table.insert(key, toml_edit::value(array));
}

#[cfg(test)]
mod tests {
    use super::*;

    fn named(text: &str) -> String {
        let mut document = parse(Path::new("Cargo.toml"), text).unwrap();
        let table = table(&mut document, &["package", "metadata", "xsys"]).unwrap();
        table.remove("target-spec");
        set(table, "board", "b");
        document.to_string()
    }

    #[test]
    fn manifests_keep_what_they_have() {
        for (text, expected) in [
            (
                "# mine\n[package]\nname = \"x\" # name\n\n[dependencies]\na = \"1\"\n",
                "# mine\n[package]\nname = \"x\" # name\n\n[package.metadata.xsys]\nboard = \"b\"\n\n[dependencies]\na = \"1\"\n",
            ),
            (
                "[package]\n[package.metadata.xsys] # ours\ncrates = \"core\" # small\nboard = \"old\" # which\n",
                "[package]\n[package.metadata.xsys] # ours\ncrates = \"core\" # small\nboard = \"b\" # which\n",
            ),
            (
                "[package]\nmetadata.xsys = { target-spec = \"t.json\" }\n",
                "[package]\nmetadata.xsys = { board = \"b\" }\n",
            ),
        ] {
            let text = named(text);
            let same = text.split_whitespace().eq(expected.split_whitespace());
            assert!(same, "{text}\n{expected}");
            assert_eq!(named(&text), text);
        }
    }

    #[test]
    fn lists_have_a_line_for_each() {
        let mut document = parse(Path::new("c"), "").unwrap();
        let list = ["-a".to_owned(), "-b c".to_owned()];
        set_list(
            table(&mut document, &["target", "x"]).unwrap(),
            "rustflags",
            &list,
        );
        let text = "[target.x]\nrustflags = [\n    \"-a\",\n    \"-b c\",\n]\n";
        assert_eq!(document.to_string(), text);
        set_list(
            table(&mut document, &["target", "x"]).unwrap(),
            "rustflags",
            &list,
        );
        assert_eq!(document.to_string(), text);
        assert!(parse(Path::new("c"), "a = ").is_err());
    }
}

//! Where in a file a key is: for messages about values that were read long before.

use std::ops::Range;

use toml::de::{DeTable, DeValue};

/// The place of the value under a path such as `services[1].restart`, or of its nearest existing parent.
pub(super) fn place(table: &DeTable<'_>, path: &str) -> Range<usize> {
    let mut found = 0..0;
    let mut table = Some(table);
    let mut list = None;
    for part in path.replace('[', ".[").split('.') {
        let index = part
            .strip_prefix('[')
            .and_then(|part| part.strip_suffix(']'));
        let next = match index.map(str::parse::<usize>) {
            Some(Ok(at)) => list.and_then(|list: &toml::de::DeArray<'_>| list.get(at)),
            _ => table.and_then(|table| table.get(part)),
        };
        let Some(next) = next else { break };
        found = next.span();
        (table, list) = match next.get_ref() {
            DeValue::Table(table) => (Some(table), None),
            DeValue::Array(list) => (None, Some(list)),
            _ => (None, None),
        };
    }
    found
}

/// The place of the key itself: of a table in a table.
pub(super) fn key(table: &DeTable<'_>, outer: &str, name: &str) -> Range<usize> {
    let inner = table
        .get(outer)
        .and_then(|value| value.get_ref().as_table());
    let found = inner.and_then(|inner| inner.get_key_value(name));
    found.map_or_else(|| place(table, outer), |(key, _)| key.span())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn paths_lead_to_values() {
        let text = "a = 1\n[[s]]\nx = 2\n[[s]]\nx = { y = [3, 4] }\n[f]\n\"/etc/a.b\" = 5\n";
        let table = DeTable::parse(text).unwrap();
        let table = table.get_ref();
        for (path, said) in [
            ("a", "1"),
            ("s[0].x", "2"),
            ("s[1].x.y[1]", "4"),
            ("s[0].missing", "[[s]]"),
            ("nothing", ""),
        ] {
            assert_eq!(&text[place(table, path)], said, "{path}");
        }
        assert_eq!(&text[key(table, "f", "/etc/a.b")], "\"/etc/a.b\"");
    }
}

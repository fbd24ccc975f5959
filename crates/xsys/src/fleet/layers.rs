//! Merges the tables that describe a device: `[base]`, its group's, its own. Later ones override earlier ones.
//!
//! The tables keep the place of each key in the file, and so does the result: a message about a device points at the
//! responsible line, wherever that is.

use toml::Spanned;
use toml::de::{DeTable, DeValue};

/// Tables whose entries are replaced as a whole: half a file or secret makes no sense.
const WHOLE: [&str; 2] = ["files", "secrets"];

/// Lays a table over another: tables are merged key by key, everything else is replaced.
pub(super) fn lay(over: &DeTable<'static>, under: &mut DeTable<'static>) {
    for (key, value) in over {
        let whole = WHOLE.contains(&key.get_ref().as_ref());
        match (under.get_mut(key).map(Spanned::get_mut), value.get_ref()) {
            (Some(DeValue::Table(under)), DeValue::Table(over)) if whole => {
                for (key, value) in over {
                    replace(under, key.clone(), value.clone());
                }
            }
            (Some(DeValue::Table(under)), DeValue::Table(over)) => lay(over, under),
            _ => replace(under, key.clone(), value.clone()),
        }
    }
}

/// The key gets the new place.
fn replace(
    table: &mut DeTable<'static>,
    key: Spanned<std::borrow::Cow<'static, str>>,
    value: Spanned<DeValue<'static>>,
) {
    table.remove(&key);
    table.insert(key, value);
}

#[cfg(test)]
mod tests {
    use super::*;

    fn laid(tables: &[&'static str]) -> toml::Table {
        let mut all = DeTable::new();
        for text in tables {
            lay(DeTable::parse(text).unwrap().get_ref(), &mut all);
        }
        let all = Spanned::new(0..0, all);
        let deserializer = toml::de::Deserializer::from(all);
        serde::Deserialize::deserialize(deserializer).unwrap()
    }

    #[test]
    fn tables_are_merged_and_the_rest_is_replaced() {
        let table = laid(&[
            "a = 1\nlist = [1, 2]\n[log]\nring = 5\nfile = 'x'\n[variables.shop]\ncity = 'Ulm'",
            "list = [3]\n[log]\nring = 6",
            "a = 2\n[variables.shop]\nfloor = 1",
        ]);
        assert_eq!(table["a"].as_integer(), Some(2));
        assert_eq!(table["list"].as_array().unwrap().len(), 1);
        assert_eq!(table["log"]["ring"].as_integer(), Some(6));
        assert_eq!(table["log"]["file"].as_str(), Some("x"));
        assert_eq!(table["variables"]["shop"]["city"].as_str(), Some("Ulm"));
        assert_eq!(table["variables"]["shop"]["floor"].as_integer(), Some(1));
    }

    #[test]
    fn files_and_secrets_are_replaced_as_wholes() {
        let table = laid(&[
            "[files]\na = { text = 'x', mode = 0o600 }\nb = 'b'\n[secrets]\nt = { env = 'T' }",
            "[files]\na = 'a'\n[secrets]\nt = { file = 't' }",
        ]);
        assert_eq!(table["files"]["a"].as_str(), Some("a"));
        assert_eq!(table["files"]["b"].as_str(), Some("b"));
        assert_eq!(table["secrets"]["t"].as_table().unwrap().len(), 1);
    }

    #[test]
    fn places_are_those_of_the_last() {
        let text = "[a]\nx = 1\n[b]\nx = 22";
        let root = DeTable::parse(text).unwrap();
        let table = |name: &str| match root.get_ref().get(name).unwrap().get_ref() {
            DeValue::Table(table) => table.clone(),
            _ => unreachable!(),
        };
        let mut all = table("a");
        lay(&table("b"), &mut all);
        let (key, value) = all.get_key_value("x").unwrap();
        assert_eq!((&text[key.span()], &text[value.span()]), ("x", "22"));
        assert!(key.span().start > 8);
    }
}

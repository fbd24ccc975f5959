//! What distinguishes sysroots that have the same target, crates and compiler.
//!
//! Their keys' inputs are JSON that grows with the program, so nothing here depends on its contents: the values that
//! differ within a group are shown with their names.

use std::collections::{BTreeMap, BTreeSet};

use serde_json::Value;

/// For each set of inputs in a group, what is not the same in all of them; nothing for a single
/// one.
pub(super) fn differences(group: &[&Value]) -> Vec<String> {
    let facts: Vec<BTreeSet<String>> = group.iter().map(|inputs| facts(inputs)).collect();
    let mut counts: BTreeMap<&str, usize> = BTreeMap::new();
    for fact in facts.iter().flatten() {
        *counts.entry(fact).or_default() += 1;
    }
    facts
        .iter()
        .map(|facts| {
            let own = facts.iter().map(String::as_str);
            let own = own.filter(|fact| counts[fact] < group.len());
            own.collect::<Vec<_>>().join(", ")
        })
        .collect()
}

/// `name value` for each value; each member of a list counts as one.
fn facts(inputs: &Value) -> BTreeSet<String> {
    let mut facts = BTreeSet::new();
    collect("", inputs, &mut facts);
    facts
}

fn collect(name: &str, value: &Value, facts: &mut BTreeSet<String>) {
    match value {
        Value::Null | Value::Bool(false) => {}
        Value::Bool(true) => {
            facts.insert(name.to_owned());
        }
        Value::Number(number) => {
            facts.insert(format!("{name} {number}"));
        }
        Value::String(text) => {
            // Flags need no name.
            let fact = match text.starts_with('-') {
                true => text.clone(),
                false => format!("{name} {}", short(text)),
            };
            facts.insert(fact);
        }
        Value::Array(list) => list.iter().for_each(|value| collect(name, value, facts)),
        Value::Object(map) => map
            .iter()
            .for_each(|(name, value)| collect(name, value, facts)),
    }
}

/// Digests are shortened.
fn short(text: &str) -> &str {
    let is_digest = text.len() >= 40 && text.bytes().all(|byte| byte.is_ascii_hexdigit());
    if is_digest { &text[..8] } else { text }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn only_what_differs_is_shown() {
        let inputs = |panic: &str, test: bool, spec: &str, flags: &[&str]| {
            json!({
                "target": "t", "spec": spec, "settings": { "panic": panic, "test": test, "cpu": null },
                "flags": flags,
            })
        };
        let digest = "0123456789abcdef0123456789abcdef01234567";
        let list = [
            inputs("abort", false, digest, &["-Ca", "-Cb"]),
            inputs("unwind", true, digest, &["-Ca"]),
            inputs("abort", false, &digest.replace('0', "9"), &["-Ca"]),
        ];
        let group: Vec<&Value> = list.iter().collect();
        assert_eq!(
            differences(&group),
            [
                "-Cb, panic abort, spec 01234567",
                "panic unwind, spec 01234567, test",
                "panic abort, spec 91234567"
            ]
        );
        assert_eq!(differences(&group[..1]), [""]);
        assert_eq!(differences(&[]), Vec::<String>::new());
    }
}

//! Settings as names and values: `network.eth0.method` and `"dhcp"`.
//!
//! Members of a list are identified by their names, so that an additional service does not change all that follow it.

use serde_json::Value;

use super::Facts;
use crate::appliance::manifest::Manifest;

/// Keys that identify members of lists.
const NAMES: [&str; 2] = ["name", "interface"];

/// Facts that are elsewhere in a manifest.
const ELSEWHERE: [&str; 4] = ["format", "modules", "modules-in-qemu", "version"];

pub(super) fn facts(manifest: &Manifest) -> Facts {
    let mut facts = Facts::new();
    if let Value::Object(settings) = &manifest.settings {
        for (key, value) in settings {
            if !ELSEWHERE.contains(&key.as_str()) {
                add(&mut facts, key, value);
            }
        }
    }
    let mut add_text = |name: &str, text: String| {
        if !text.is_empty() {
            facts.insert(name.to_owned(), text);
        }
    };
    add_text("config-txt", manifest.config_txt.join(" | "));
    add_text("kernel-arguments", manifest.command_line.clone());
    facts
}

fn add(facts: &mut Facts, name: &str, value: &Value) {
    match value {
        Value::Object(table) => {
            for (key, value) in table {
                add(facts, &format!("{name}.{key}"), value);
            }
        }
        Value::Array(list) if list.iter().any(Value::is_object) => {
            for (number, member) in list.iter().enumerate() {
                let called = NAMES.iter().find_map(|key| member.get(key)?.as_str());
                let mut inner = match called {
                    Some(called) => format!("{name}.{called}"),
                    None => format!("{name}[{number}]"),
                };
                // Members of the same name are numbered.
                let same = format!("{inner}.");
                let next = facts.range(same.clone()..).next();
                if next.is_some_and(|(known, _)| known.starts_with(&same)) {
                    inner = format!("{inner}[{number}]");
                }
                let mut member = member.clone();
                if let (Value::Object(member), Some(_)) = (&mut member, called) {
                    // These are in the facts' names.
                    member.retain(|key, _| !NAMES.contains(&key.as_str()));
                }
                add(facts, &inner, &member);
            }
        }
        Value::Array(list) => {
            let list: Vec<String> = list.iter().map(Value::to_string).collect();
            facts.insert(name.to_owned(), format!("[{}]", list.join(", ")));
        }
        value => {
            facts.insert(name.to_owned(), value.to_string());
        }
    }
}

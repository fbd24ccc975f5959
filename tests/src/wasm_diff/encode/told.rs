//! Sections with information that linking does not need: `name`, `producers`, `target_features`.
//!
//! Spec: tool-conventions, `ProducersSection.md`, and `Linking.md`, "Target Features Section".

use super::numbers::{string, uleb};
use super::{Object, Writer};

impl Writer<'_> {
    pub(super) fn name_section(&self) -> Vec<u8> {
        let mut map = Vec::new();
        uleb(&mut map, self.spaces[0].len() as u64);
        for (number, symbol) in self.spaces[0].iter().enumerate() {
            uleb(&mut map, number as u64);
            string(&mut map, &format!("{} (named)", symbol.name));
        }
        let mut out = Vec::new();
        string(&mut out, "name");
        out.push(1);
        uleb(&mut out, map.len() as u64);
        out.extend(map);
        out
    }
}

pub(super) fn producers(object: &Object) -> Option<Vec<u8>> {
    let mut fields: Vec<&str> = object
        .producers
        .iter()
        .map(|[field, ..]| field.as_str())
        .collect();
    fields.dedup();
    if fields.is_empty() {
        return None;
    }
    let mut out = Vec::new();
    string(&mut out, "producers");
    uleb(&mut out, fields.len() as u64);
    for name in fields {
        string(&mut out, name);
        let values = object.producers.iter().filter(|[field, ..]| field == name);
        uleb(&mut out, values.clone().count() as u64);
        for [_, tool, version] in values {
            string(&mut out, tool);
            string(&mut out, version);
        }
    }
    Some(out)
}

pub(super) fn features(object: &Object) -> Option<Vec<u8>> {
    if object.features.is_empty() {
        return None;
    }
    let mut out = Vec::new();
    string(&mut out, "target_features");
    uleb(&mut out, object.features.len() as u64);
    for (prefix, name) in &object.features {
        out.push(*prefix);
        string(&mut out, name);
    }
    Some(out)
}

//! Conditions over a module: what it imports and exports, its limits, contents and names.

use wasmparser::{ExternalKind, TypeRef};

use super::module::Module;
use crate::link::case::Case;

/// Checks every condition of a case.
pub fn check(case: &Case, module: &Module, problems: &mut Vec<String>) {
    let lists = [
        ("imports", imports(module)),
        ("exports", exports(module)),
        ("memory", memories(module)),
        ("tables", tables(module)),
        ("tags", tags(module)),
        ("segments", segments(module)),
    ];
    for (key, found) in lists {
        if case.first(key).is_some() {
            let expected = case.all(key).join(", ");
            let found = found.join(", ");
            if found != expected {
                problems.push(format!("{key}: {found}"));
            }
        }
    }
    if let Some(expected) = case.first("start") {
        let found = module.start.map(|function| module.function_name(function));
        let found = found.unwrap_or_else(|| "none".to_owned());
        if found != expected {
            problems.push(format!("start: {found}"));
        }
    }
    for value in case.all("value") {
        let Some((name, expected)) = value.split_once(" = ") else {
            problems.push("`value` is `EXPORT = NUMBER`".to_owned());
            continue;
        };
        let found = exported_value(module, name);
        if found.is_none() || found != number(expected) {
            problems.push(format!("value of {name}: {found:?}, {found:#x?}"));
        }
    }
    for value in case.all("calls") {
        let Some((name, expected)) = value.split_once('=') else {
            problems.push("`calls` is `FUNCTION = FUNCTIONS`".to_owned());
            continue;
        };
        let Some(function) = module.function_named(name.trim()) else {
            problems.push(format!("calls: no function is called `{}`", name.trim()));
            continue;
        };
        let called = module.calls(function);
        let found: Vec<String> = called.iter().map(|&f| module.function_name(f)).collect();
        if found.join(" ") != expected.trim() {
            problems.push(format!("calls of {}: {}", name.trim(), found.join(" ")));
        }
    }
    for name in case.words("present") {
        if module.function_named(&name).is_none() {
            problems.push(format!("function `{name}` is not in the module"));
        }
    }
    for name in case.words("absent") {
        if module.function_named(&name).is_some() {
            problems.push(format!("function `{name}` is in the module"));
        }
    }
    let has = |name: &str| module.customs.iter().any(|(known, _)| known == name);
    let has = |name: &str| has(name) || (name == "name" && !module.function_names.is_empty());
    for name in case.all("custom") {
        if !has(name) {
            problems.push(format!("section `{name}` is not in the module"));
        }
    }
    for name in case.all("no-custom") {
        if has(name) {
            problems.push(format!("section `{name}` is in the module"));
        }
    }
    for value in case.all("bytes") {
        let Some((name, expected)) = value.split_once('=') else {
            problems.push("`bytes` is `SEGMENT = BYTES`".to_owned());
            continue;
        };
        let found = contents(module, name.trim()).map(|bytes| {
            let hex: Vec<String> = bytes.iter().map(|byte| format!("{byte:02x}")).collect();
            hex.join(" ")
        });
        let found = found.unwrap_or_else(|| "there is no such segment or section".to_owned());
        if found != expected.trim() {
            problems.push(format!("bytes of {}: {found}", name.trim()));
        }
    }
}

fn imports(module: &Module) -> Vec<String> {
    let imports = module.imports.iter();
    imports
        .map(|(from, name, ty)| {
            let kind = match ty {
                TypeRef::Func(_) | TypeRef::FuncExact(_) => "function",
                TypeRef::Table(_) => "table",
                TypeRef::Memory(_) => "memory",
                TypeRef::Global(_) => "global",
                TypeRef::Tag(_) => "tag",
            };
            format!("{kind} {from}.{name}")
        })
        .collect()
}

fn exports(module: &Module) -> Vec<String> {
    let exports = module.exports.iter();
    exports
        .map(|(name, kind, _)| {
            let kind = match kind {
                ExternalKind::Table => "table",
                ExternalKind::Memory => "memory",
                ExternalKind::Global => "global",
                ExternalKind::Tag => "tag",
                _ => "function",
            };
            format!("{kind} {name}")
        })
        .collect()
}

fn memories(module: &Module) -> Vec<String> {
    let memories = module.memories.iter();
    memories
        .map(|m| Module::limits(m.initial, m.maximum, m.shared, m.memory64))
        .collect()
}

fn tables(module: &Module) -> Vec<String> {
    let tables = module.tables.iter();
    tables
        .map(|t| Module::limits(t.initial, t.maximum, t.shared, t.table64))
        .collect()
}

fn tags(module: &Module) -> Vec<String> {
    let tags = module.tags.iter();
    tags.map(|&ty| {
        let ty = &module.types[ty as usize];
        let names: Vec<String> = ty.params().iter().map(ToString::to_string).collect();
        format!("({})", names.join(" "))
    })
    .collect()
}

fn segments(module: &Module) -> Vec<String> {
    let segments = module.data.iter().enumerate();
    segments
        .map(|(number, (at, bytes))| {
            let name = module.data_names.get(&(number as u32));
            let name = name.map_or("?", String::as_str);
            match at {
                Some(at) => format!("{name} {at:#x}+{}", bytes.len()),
                None => format!("{name} passive+{}", bytes.len()),
            }
        })
        .collect()
}

fn contents<'m>(module: &'m Module, name: &str) -> Option<&'m [u8]> {
    let mut customs = module.customs.iter();
    if let Some((_, bytes)) = customs.find(|(known, _)| known == name) {
        return Some(bytes);
    }
    let mut names = module.data_names.iter();
    let (number, _) = names.find(|(_, known)| *known == name)?;
    module
        .data
        .get(*number as usize)
        .map(|(_, bytes)| bytes.as_slice())
}

/// The value of an exported global.
fn exported_value(module: &Module, name: &str) -> Option<i64> {
    let index = module.export(name, ExternalKind::Global)?;
    module.globals.get(index as usize)?.1
}

/// A decimal or hexadecimal number.
pub fn number(text: &str) -> Option<i64> {
    let text = text.trim();
    let (negative, digits) = match text.strip_prefix('-') {
        Some(rest) => (true, rest),
        None => (false, text),
    };
    let value = match digits.strip_prefix("0x") {
        Some(hex) => i64::from_str_radix(hex, 16).ok()?,
        None => digits.parse().ok()?,
    };
    Some(if negative { -value } else { value })
}

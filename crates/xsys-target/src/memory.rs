//! `[memory]`: regions of memory by name, first address and length.
//!
//! `board.toml` and a project's metadata have the same table. Layouts are made from it and scripts are compared with
//! it, so it is checked here: an empty region, one that wraps around and two that overlap are mistakes. Each region
//! keeps its line in the file, so that later errors can point to it.

use std::collections::BTreeMap;
use std::ops::Range;

use serde::Deserialize;
use toml::Spanned;
use xsys_diag::{Diagnostic, Source, line_column};

/// A memory region.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Memory {
    /// Such as `FLASH`.
    pub name: String,
    /// Its first address.
    pub origin: u64,
    /// Its size in bytes.
    pub length: u64,
    /// File and line that say so.
    pub place: String,
}

/// What a region is for, judged by its name.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Role {
    /// Code and constants, and what variables begin with.
    Code,
    /// Variables and the stack.
    Variables,
}

/// The table as written in the file.
pub type RawMemories = BTreeMap<String, Spanned<RawMemory>>;

/// A region as written in the file.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct RawMemory {
    origin: u64,
    length: u64,
}

impl Memory {
    /// The address after the last byte.
    pub fn end(&self) -> u64 {
        self.origin.saturating_add(self.length)
    }

    fn role(&self) -> Role {
        let name = self.name.to_uppercase();
        let variables = ["RAM", "TCM", "DATA", "STACK"];
        if variables.iter().any(|word| name.contains(word)) && !name.contains("ITCM") {
            Role::Variables
        } else {
            Role::Code
        }
    }
}

/// The region for code or for variables: the largest whose name says so, else the largest of all.
pub fn region_for(memories: &[Memory], role: Role) -> Option<&Memory> {
    let usual = |memory: &&Memory| match role {
        Role::Code => memory.name == "FLASH",
        Role::Variables => memory.name == "RAM",
    };
    let largest = |memories: &mut dyn Iterator<Item = &'_ Memory>| {
        memories
            .map(|memory| (memory.length, memory.name.clone()))
            .max()
            .map(|(_, name)| name)
    };
    let name = memories
        .iter()
        .find(usual)
        .map(|memory| memory.name.clone())
        .or_else(|| largest(&mut memories.iter().filter(|memory| memory.role() == role)))
        .or_else(|| largest(&mut memories.iter()))?;
    memories.iter().find(|memory| memory.name == name)
}

/// Checks a table that stands in `source`.
pub fn check(raw: RawMemories, source: &Source) -> (Vec<Memory>, Vec<Diagnostic>) {
    let mut problems = Vec::new();
    let mut found: Vec<(Memory, Range<usize>)> = Vec::new();
    for (name, region) in raw {
        let span = region.span();
        let RawMemory { origin, length } = region.into_inner();
        let (line, _) = line_column(&source.text, span.start);
        let wrong = |message: String, label: &str| {
            Diagnostic::error(message).label(source, span.clone(), label)
        };
        let plain = |c: char| c.is_ascii_alphanumeric() || c == '_';
        if !name.chars().all(plain) || name.starts_with(|c: char| c.is_ascii_digit()) {
            problems.push(
                wrong(format!("`{name}` cannot name a memory region"), "here")
                    .help("linker scripts take letters, digits and `_`, and no digit in front"),
            );
            continue;
        }
        if length == 0 {
            problems.push(wrong(
                format!("memory region `{name}` is empty"),
                "length 0",
            ));
            continue;
        }
        if origin.checked_add(length - 1).is_none() {
            let text = format!("memory region `{name}` ends above the last address");
            problems.push(wrong(text, "origin and length add up to more than 64 bits"));
            continue;
        }
        let memory = Memory {
            name,
            origin,
            length,
            place: format!("{}:{line}", source.path.display()),
        };
        let overlapping = found
            .iter()
            .find(|(other, _)| other.origin < memory.end() && memory.origin < other.end());
        if let Some((other, first)) = overlapping {
            problems.push(
                wrong(
                    format!(
                        "memory regions `{}` and `{}` overlap",
                        other.name, memory.name
                    ),
                    &format!("{:#x}..{:#x}", memory.origin, memory.end()),
                )
                .label(
                    source,
                    first.clone(),
                    format!("{:#x}..{:#x}", other.origin, other.end()),
                )
                .help("each address belongs to one region"),
            );
        }
        found.push((memory, span));
    }
    (
        found.into_iter().map(|(memory, _)| memory).collect(),
        problems,
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(text: &str) -> (Vec<Memory>, Vec<Diagnostic>) {
        let source = Source {
            path: "board.toml".into(),
            text: text.into(),
        };
        check(toml::from_str(text).unwrap(), &source)
    }

    #[test]
    fn roles_follow_names() {
        for (names, code, variables) in [
            (&["FLASH", "RAM"][..], "FLASH", "RAM"),
            (&["CODE", "RAM"], "CODE", "RAM"),
            (&["RAM"], "RAM", "RAM"),
            (&["ONLY"], "ONLY", "ONLY"),
            (&["ITCM", "DTCM", "FLASH"], "FLASH", "DTCM"),
            (&["BOOT", "FLASH", "CCMRAM", "RAM"], "FLASH", "RAM"),
        ] {
            let text: String = names
                .iter()
                .enumerate()
                .map(|(at, name)| {
                    format!("{name} = {{ origin = {}, length = 0x1000 }}\n", at * 0x1000)
                })
                .collect();
            let (memories, problems) = read(&text);
            assert!(problems.is_empty(), "{problems:?}");
            let name = |role| region_for(&memories, role).unwrap().name.as_str();
            assert_eq!((name(Role::Code), name(Role::Variables)), (code, variables));
        }
    }

    #[test]
    fn impossible_regions_are_mistakes() {
        for (text, expected) in [
            (
                "A = { origin = 1, length = 0 }",
                "memory region `A` is empty",
            ),
            (
                "A = { origin = 0, length = 9 }\nB = { origin = 8, length = 9 }",
                "memory regions `A` and `B` overlap",
            ),
            (
                "\"A B\" = { origin = 0, length = 9 }",
                "`A B` cannot name a memory region",
            ),
        ] {
            let (_, problems) = read(text);
            assert_eq!(problems.len(), 1);
            assert_eq!(problems[0].message, expected);
        }
        let (memories, problems) =
            read("\nA = { origin = 0, length = 9 }\nB = { origin = 9, length = 1 }");
        assert!(problems.is_empty());
        assert_eq!(memories[1].place, "board.toml:3");
    }
}

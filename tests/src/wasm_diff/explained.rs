//! Why the two linkers may differ: the differences that are known and stay.
//!
//! Each row has a name that `docs/wasm-compat.md` explains, and a test that is as narrow as it can be: what it lets pass is not looked at again.

use super::model::Link;
use super::verdict::{Links, Outcome};

/// rust-lld ended by a signal.
pub const CRASH: &str = "rust-lld crashes";

/// A difference that stays.
#[derive(Debug)]
pub struct Explained {
    /// Its name, as in the documents.
    pub name: &'static str,
    /// Whether a link shows it: the link, what came of it, and in which way that differs.
    holds: fn(&Link, &Links, &str) -> bool,
}

/// All of them, but that rust-lld crashes.
pub const TABLE: &[Explained] = &[
    Explained {
        name: "functions defined twice with two types",
        holds: |_, _, way| {
            way.starts_with("only default mode refuses:") && way.ends_with("is defined twice")
        },
    },
    Explained {
        name: "types that rust-lld does not compare",
        holds: |_, _, way| {
            way.starts_with("only default mode refuses:") && way.ends_with("has two types")
        },
    },
    Explained {
        name: "relocations that are counted only",
        holds: |_, links, way| {
            let lld = match &links.lld {
                Outcome::Module(bytes) => bytes,
                _ => return false,
            };
            way.starts_with("bytes: custom reloc.") && counts_too_many(lld)
        },
    },
    Explained {
        name: "data with addresses from run time",
        holds: |link, _, way| {
            let mut words = link.options.iter().flatten();
            words.any(|word| word == "--unresolved-symbols=import-dynamic")
                && way.starts_with("only strict mode refuses: the address of is not known")
        },
    },
];

/// Whether a module has a relocation section with fewer entries than it says.
fn counts_too_many(module: &[u8]) -> bool {
    let payloads = wasmparser::Parser::new(0).parse_all(module).flatten();
    payloads.into_iter().any(|payload| match payload {
        wasmparser::Payload::CustomSection(section) => match section.as_known() {
            wasmparser::KnownCustom::Reloc(relocs) => {
                relocs.entries().into_iter().any(|entry| entry.is_err())
            }
            _ => false,
        },
        _ => false,
    })
}

/// The first row that holds.
pub(super) fn reason(link: &Link, links: &Links, way: &str) -> Option<&'static str> {
    let mut rows = TABLE.iter();
    rows.find(|row| (row.holds)(link, links, way))
        .map(|row| row.name)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn documents_have_every_row() {
        let page = include_str!("../../../docs/wasm-compat.md");
        let rows = page.lines().filter_map(|line| line.strip_prefix("| "));
        let names: Vec<&str> = rows
            .filter_map(|row| row.split(" | ").next())
            .skip_while(|name| *name != "difference")
            .skip(1)
            .collect();
        let known = TABLE.iter().map(|row| row.name);
        let known: Vec<&str> = [CRASH].into_iter().chain(known).collect();
        assert_eq!(names, known);
    }
}

//! The differences between the two linkers that are known and stay.
//!
//! Each row has a name that `docs/wasm-compat.md` explains, and a test that is as narrow as possible: a difference
//! that it accepts is not examined further.

use super::model::{Group, Input, Link, Object, Piece, What, flag};
use super::verdict::{Links, Outcome};
use xsys_link::demangle::readable;

/// rust-lld ended by a signal.
pub const CRASH: &str = "rust-lld crashes";

/// A difference that stays.
#[derive(Debug)]
pub struct Explained {
    /// Its name, as in the documents.
    pub name: &'static str,
    /// Whether a link shows it: the link, its results, and how they differ.
    holds: fn(&Link, &Links, &str) -> bool,
}

/// All of them, but that rust-lld crashes.
pub const TABLE: &[Explained] = &[
    Explained {
        name: "functions defined twice with two types",
        holds: |link, _, way| {
            let finaliser = way.ends_with("takes parameters or has results");
            way.starts_with("only default mode refuses:")
                && (way.ends_with("is defined twice")
                    || (finaliser && first_finaliser_counts(link)))
        },
    },
    Explained {
        name: "weak and strong functions of two types",
        holds: |link, links, way| match &links.usual {
            Outcome::Refused(said) => {
                way.starts_with("only default mode refuses:") && strong_ones_need(link, said)
            }
            _ => false,
        },
    },
    Explained {
        name: "features that are asked for and forbidden",
        holds: |link, _, way| {
            let mut words = link.options.iter().flatten();
            words.any(|word| word.contains("features="))
                && way.starts_with("only default mode refuses:")
                && way.ends_with("feature is used and forbidden")
        },
    },
    Explained {
        name: "globals and tables that are forgiven",
        holds: |link, _, way| {
            let mut words = link.options.iter().flatten();
            words.any(|word| word.contains("unresolved-symbols"))
                && (way == "only default mode refuses: mutable global is imported"
                    || (way
                        == "only default mode refuses: table is imported, but calls through table"
                        && lacks_a_table(link)))
        },
    },
    Explained {
        name: "names of groups that another file had first",
        holds: |link, links, way| match &links.usual {
            Outcome::Refused(said) => {
                way.starts_with("only default mode refuses:") && lost_in_group(link, said)
            }
            _ => false,
        },
    },
    Explained {
        name: "fixed addresses",
        holds: |link, links, way| match &links.usual {
            Outcome::Refused(said) => {
                way.starts_with("only default mode refuses:") && kept_by_number(link, said)
            }
            _ => false,
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
        name: "damaged objects",
        holds: |link, _, way| {
            let what = way
                .strip_prefix("only compat mode refuses: ")
                .or_else(|| way.strip_prefix("only default mode refuses: "));
            // Instructions that have lost their relocations contain indexes of the object.
            is_damaged(link)
                && (way == "only default mode's module is not valid"
                    || what.is_some_and(|what| DAMAGE.iter().any(|known| what.starts_with(known))))
        },
    },
];

/// What is said of damaged objects that rust-lld takes: names that are not UTF-8, relocations whose fields overlap,
/// numbers that are too large for their type, unknown types, functions without code, members that nothing needs.
const DAMAGE: &[&str] = &[
    "malformed UTF- encoding",
    "its relocations overlap or are not in order",
    "invalid u at offset",
    "invalid value type at offset",
    "it declares functions but has no code section",
    "cannot link : it is of an unknown format",
];

/// Whether bytes of an object were overwritten.
fn is_damaged(link: &Link) -> bool {
    let mut inputs = link.inputs.clone();
    let mut objects = inputs.iter_mut().flat_map(|input| input.objects_mut());
    objects.any(|object| !object.damage.is_empty())
}

/// Whether the first of several functions `__wasm_call_dtors` is the one that is meant.
fn first_finaliser_counts(link: &Link) -> bool {
    let mut words = link.options.iter().flatten();
    let mut inputs = link.inputs.clone();
    let objects = inputs.iter_mut().flat_map(|input| input.objects_mut());
    let finalisers = objects.filter(|object| {
        object.symbols.iter().any(|symbol| {
            let function = matches!(symbol.what, What::Function { body: Some(_), .. });
            function && symbol.name == "__wasm_call_dtors" && symbol.flags & flag::LOCAL == 0
        })
    });
    let several = finalisers.count() > 1;
    several && words.any(|word| word == "--allow-multiple-definition" || word == "muldefs")
}

/// Whether all that is said to be undefined is needed by a function that is also defined with another type, one of
/// them weakly.
fn strong_ones_need(link: &Link, said: &str) -> bool {
    let mut inputs = link.inputs.clone();
    let objects: Vec<Object> = inputs
        .iter_mut()
        .flat_map(|input| input.objects_mut().to_vec())
        .collect();
    let defined = |object: &Object| {
        let symbols = object.symbols.iter().filter_map(|symbol| {
            let What::Function {
                signature,
                body: Some(_),
                ..
            } = &symbol.what
            else {
                return None;
            };
            let shared = symbol.flags & flag::LOCAL == 0;
            shared.then(|| (symbol.name.clone(), *signature, symbol.flags & flag::WEAK))
        });
        symbols.collect::<Vec<_>>()
    };
    let defined: Vec<(String, usize, u32)> = objects.iter().flat_map(defined).collect();
    let two = defined.iter().filter(|(name, signature, weak)| {
        let mut others = defined.iter();
        others.any(|other| other.0 == *name && other.1 != *signature && other.2 != *weak)
    });
    let mut needed: Vec<String> = two.map(|(name, ..)| name.clone()).collect();
    let mut at = 0;
    while let Some(name) = needed.get(at).cloned() {
        for user in objects.iter().flat_map(|object| uses(object, &name)) {
            if !needed.contains(&user) {
                needed.push(user);
            }
        }
        at += 1;
    }
    let mut errors = said.lines().filter(|line| line.starts_with("error: "));
    errors.all(|line| {
        missing_name(line).is_some_and(|name| needed.iter().any(|known| readable(known) == name))
    })
}

/// What the symbols of a name refer to.
fn uses(object: &Object, name: &str) -> Vec<String> {
    let mut relocs: Vec<u32> = Vec::new();
    for symbol in object.symbols.iter().filter(|symbol| symbol.name == name) {
        match &symbol.what {
            What::Function { body, .. } => {
                relocs.extend(body.iter().flatten().filter_map(|piece| match piece {
                    Piece::Use(reloc) => Some(reloc.symbol),
                    _ => None,
                }));
            }
            What::Alias(of) => relocs.push(*of),
            What::Data(Some((segment, ..))) => {
                let segments = object.segments.iter().filter(|known| known.id == *segment);
                let found = segments.flat_map(|segment| segment.relocs.iter());
                relocs.extend(found.map(|reloc| reloc.symbol));
            }
            _ => {}
        }
    }
    let symbols = relocs.iter().filter_map(|&id| object.symbol(id));
    symbols.map(|symbol| symbol.name.clone()).collect()
}

/// The name in an error that says that it is not defined, or not known before run time.
fn missing_name(error: &str) -> Option<&str> {
    let forms = [
        ("error: undefined symbol: `", "`"),
        ("error: exported symbol `", "` is not defined"),
        (
            " need more than the address of `",
            "`, which is only known at run time",
        ),
        (
            " needs the relative address of `",
            "`, which is not defined",
        ),
        ("error: the address of `", "` is not known before run time"),
    ];
    let mut found = forms.iter().filter_map(|(before, after)| {
        let (_, rest) = error.split_once(before)?;
        rest.strip_suffix(after)
    });
    found.next()
}

/// Whether an object refers to a table and does not say where it is imported from.
fn lacks_a_table(link: &Link) -> bool {
    let mut inputs = link.inputs.clone();
    let mut objects = inputs.iter_mut().flat_map(|input| input.objects_mut());
    objects.any(|object| {
        object.symbols.iter().any(|symbol| {
            let What::Table { defined, from, .. } = &symbol.what else {
                return false;
            };
            !defined && from.is_none()
        })
    })
}

/// Whether all that is said to be undefined is an end of the first segment of an object that has fixed addresses: for
/// wasm-ld these are addresses in that segment, so that it stays.
fn kept_by_number(link: &Link, said: &str) -> bool {
    let mut inputs = link.inputs.clone();
    let objects: Vec<Object> = inputs
        .iter_mut()
        .flat_map(|input| input.objects_mut().to_vec())
        .collect();
    let mut errors = said.lines().filter(|line| line.starts_with("error: "));
    errors.all(|line| {
        let section = missing_name(line).and_then(|name| {
            name.strip_prefix("__start_")
                .or_else(|| name.strip_prefix("__stop_"))
        });
        objects.iter().any(|object| {
            let mut symbols = object.symbols.iter();
            object.segments.first().map(|first| first.name.as_str()) == section
                && section.is_some()
                && symbols.any(|symbol| matches!(symbol.what, What::Absolute(_)))
        })
    })
}

/// Whether all names that are said to be undefined are in a group whose other copy, which another file has, lacks them.
fn lost_in_group(link: &Link, said: &str) -> bool {
    let mut inputs = link.inputs.clone();
    let objects: Vec<Object> = inputs
        .iter_mut()
        .flat_map(|input| input.objects_mut().to_vec())
        .collect();
    // Of a group that another file had first, wasm-ld keeps segments that are to be retained.
    let retained = |name: &str| {
        let section = name
            .strip_prefix("__start_")
            .or_else(|| name.strip_prefix("__stop_"));
        objects.iter().any(|object| {
            let mut segments = object
                .segments
                .iter()
                .filter(|s| Some(s.name.as_str()) == section);
            segments.any(|segment| {
                let mut groups = object.groups.iter();
                groups.any(|group| group.segments.contains(&segment.id))
            })
        })
    };
    // What a stub library lists may need others.
    let needs = link.inputs.iter().flat_map(|input| match input {
        Input::Stub(lines) => lines.as_slice(),
        _ => &[],
    });
    let needs: Vec<&(String, Vec<String>)> = needs.collect();
    let lost = |name: &str| {
        retained(name)
            || objects.iter().any(|object| {
                let groups = names_in_groups(object).filter(|(known, _)| readable(known) == name);
                groups.into_iter().any(|(name, group)| {
                    objects.iter().any(|other| {
                        let same = |known: &Group| known.name == group.name;
                        other.groups.iter().any(same)
                            && !names_in_groups(other).any(|(known, _)| known == name)
                    })
                })
            })
    };
    let needed = |name: &str| {
        let mut needs = needs.iter();
        needs.any(|(known, others)| lost(known) && others.iter().any(|other| other == name))
    };
    let errors = said.lines().filter(|line| line.starts_with("error: "));
    let names: Vec<Option<&str>> = errors.map(missing_name).collect();
    !names.is_empty()
        && names
            .into_iter()
            .all(|name| name.is_some_and(|name| lost(name) || needed(name)))
}

/// The names that an object defines for all in a group, with the group.
fn names_in_groups(object: &Object) -> impl Iterator<Item = (&str, &Group)> {
    let symbols = object.symbols.iter();
    let symbols = symbols.filter(|symbol| symbol.flags & flag::LOCAL == 0);
    symbols.flat_map(|symbol| {
        let holds = |group: &&Group| match &symbol.what {
            What::Data(Some((segment, ..))) => group.segments.contains(segment),
            What::Function { .. } => group.functions.contains(&symbol.id),
            What::Alias(of) => group.functions.contains(of),
            _ => false,
        };
        let groups = object.groups.iter().filter(holds);
        groups.map(|group| (symbol.name.as_str(), group))
    })
}

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

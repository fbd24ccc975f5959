//! Why a part of an ELF image is in it: the shortest chain of references from a root to it.
//!
//! The linker has stored why each section is in the image (`linker/reasons`). The part may be a function or variable, a
//! section, a crate, an object file or a member of an archive. If it has several sections in the image, the one that is
//! nearest to a root is shown.

use std::cmp::Reverse;
use std::collections::BTreeSet;

use xsys_diag::{Diagnostic, did_you_mean};

use super::readable;
use crate::linker::reasons::Section;

/// Why a part is in the image.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Why {
    /// What kind of part it is: `the crate`, a symbol's name.
    pub what: String,
    /// Its bytes in the image, and the number of its sections.
    pub size: u64,
    pub sections: usize,
    /// From a root to it.
    pub chain: Vec<Link>,
    /// Other things that the name could have meant, the largest first.
    pub others: Vec<String>,
}

/// A section of the chain.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Link {
    /// Why it is a root; none if the section before refers to it.
    pub root: Option<String>,
    /// Its symbols, demangled, or its name.
    pub name: String,
    pub section: String,
    pub file: String,
    pub member: Option<String>,
    pub owner: String,
    pub size: u64,
}

/// Finds what a name means, and why it is there.
pub(crate) fn why(sections: &[Section], name: &str) -> Result<Why, Diagnostic> {
    let names: Vec<String> = sections.iter().map(title).collect();
    let symbols: Vec<Vec<String>> = sections
        .iter()
        .map(|section| section.symbols.iter().map(|it| readable(it)).collect())
        .collect();
    let found = |test: &dyn Fn(usize, &Section) -> bool| -> Vec<usize> {
        let all = sections.iter().enumerate();
        all.filter(|(at, section)| test(*at, section))
            .map(|(at, _)| at)
            .collect()
    };
    // A part with this name, or else one whose name contains it.
    let symbol = found(&|at, section| {
        section
            .symbols
            .iter()
            .chain(&symbols[at])
            .any(|it| it == name)
    });
    if !symbol.is_empty() {
        return Ok(one_of(sections, &names, name, symbol));
    }
    for (what, parts) in [
        ("the section", found(&|_, section| section.section == name)),
        ("the crate", found(&|_, section| section.owner == name)),
        ("the file", found(&|_, section| section.file == name)),
        (
            "the member",
            found(&|_, section| section.member.as_deref() == Some(name)),
        ),
    ] {
        if !parts.is_empty() {
            return Ok(nearest(sections, &names, format!("{what} {name}"), &parts));
        }
    }
    let part = found(&|at, _| symbols[at].iter().any(|it| it.contains(name)));
    if !part.is_empty() {
        return Ok(one_of(sections, &names, name, part));
    }
    let within = |text: &str| text.contains(name);
    let part = found(&|_, section| {
        within(&section.section)
            || within(&section.file)
            || section.member.as_deref().is_some_and(within)
    });
    match part.is_empty() {
        false => Ok(one_of(sections, &names, name, part)),
        true => Err(unknown(sections, &symbols, name)),
    }
}

fn unknown(sections: &[Section], symbols: &[Vec<String>], name: &str) -> Diagnostic {
    let crates: BTreeSet<&str> = sections.iter().map(|it| it.owner.as_str()).collect();
    let known = symbols.iter().flatten().map(String::as_str).chain(crates);
    let problem = Diagnostic::error(format!(
        "no symbol, section, crate or file `{name}` is in the image"
    ));
    match did_you_mean(name, known) {
        Some(close) => problem.help(format!("did you mean `{close}`?")),
        None => {
            problem.help("`xsys size --by symbol` lists the symbols; a part of a name is enough")
        }
    }
}

/// The name to show for a section: its symbols.
fn title(section: &Section) -> String {
    match section.symbols.first() {
        Some(name) => readable(name),
        None => section.section.clone(),
    }
}

/// The largest of several, with the others' names.
fn one_of(sections: &[Section], names: &[String], name: &str, mut found: Vec<usize>) -> Why {
    // If several match, whole names come before parts of names.
    found.sort_by_key(|&at| (names[at] != name, Reverse(sections[at].size), at));
    let first = found[0];
    let mut others: Vec<String> = Vec::new();
    for &at in &found[1..] {
        if names[at] != names[first] && !others.contains(&names[at]) {
            others.push(names[at].clone());
        }
    }
    let mut symbols = sections[first].symbols.iter().map(|it| readable(it));
    // A section may have several symbols, and this one need not be the first.
    let what = symbols
        .find(|it| it.contains(name))
        .unwrap_or_else(|| names[first].clone());
    Why {
        what,
        size: sections[first].size,
        sections: 1,
        chain: chain(sections, names, first),
        others,
    }
}

/// The section that is nearest to a root.
fn nearest(sections: &[Section], names: &[String], what: String, parts: &[usize]) -> Why {
    let chains = parts.iter().map(|&at| chain(sections, names, at));
    Why {
        what,
        size: parts.iter().map(|&at| sections[at].size).sum(),
        sections: parts.len(),
        chain: chains.min_by_key(Vec::len).unwrap_or_default(),
        others: Vec::new(),
    }
}

fn chain(sections: &[Section], names: &[String], wanted: usize) -> Vec<Link> {
    let mut chain = Vec::new();
    let mut at = Some(wanted);
    // A modified record may contain a circle.
    while let Some((place, section)) = at
        .filter(|_| chain.len() <= sections.len())
        .and_then(|at| Some((at, sections.get(at)?)))
    {
        chain.push(Link {
            root: section.root.clone(),
            name: names[place].clone(),
            section: section.section.clone(),
            file: section.file.clone(),
            member: section.member.clone(),
            owner: section.owner.clone(),
            size: section.size,
        });
        at = section.from.map(|from| from as usize);
    }
    chain.reverse();
    chain
}

#[cfg(test)]
mod tests {
    use super::*;

    fn section(name: &str, owner: &str, size: u64, from: Option<u32>) -> Section {
        Section {
            section: format!(".text.{name}"),
            file: format!("lib{owner}-1.rlib"),
            member: Some(format!("{owner}.o")),
            owner: owner.to_owned(),
            symbols: vec![name.to_owned()],
            size,
            root: from.is_none().then(|| format!("the entry `{name}` is")),
            from,
        }
    }

    #[test]
    fn everything_that_has_a_name_can_be_asked_for() {
        let sections = [
            section("_start", "app", 10, None),
            section("run", "app", 20, Some(0)),
            section("write", "core", 300, Some(1)),
            section("write_small", "core", 5, Some(2)),
        ];
        let told = |name: &str| {
            let found = why(&sections, name).unwrap();
            let chain: Vec<&str> = found.chain.iter().map(|link| link.name.as_str()).collect();
            format!(
                "{} {} {}: {}",
                found.what,
                found.sections,
                found.size,
                chain.join(" ")
            )
        };
        assert_eq!(told("write"), "write 1 300: _start run write");
        assert_eq!(told("core"), "the crate core 2 305: _start run write");
        assert_eq!(
            told(".text.write_small"),
            "the section .text.write_small 1 5: _start run write write_small"
        );
        assert_eq!(told("libapp-1.rlib"), "the file libapp-1.rlib 2 30: _start");
        assert_eq!(told("core.o"), "the member core.o 2 305: _start run write");
        assert_eq!(
            told("_sma"),
            "write_small 1 5: _start run write write_small"
        );
        assert_eq!(why(&sections, "rit").unwrap().others, ["write_small"]);
        let problem = why(&sections, "wriet").unwrap_err();
        assert_eq!(problem.help, ["did you mean `write`?"]);
        // A circle ends.
        let mut circle = sections.clone();
        circle[0].from = Some(1);
        assert!(why(&circle, "write").unwrap().chain.len() > 3);
    }
}

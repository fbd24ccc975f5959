//! Which rule of the script takes a section, and in which order a rule's sections stand.
//!
//! Rules are tried in script order and the first that matches wins. Spec: GNU ld manual, "Input
//! Section Basics", "Input Section Wildcards", "KEEP".

use object::elf;
use rayon::prelude::*;
use xsys_diag::Diagnostic;

use super::described::{Described, RuleTarget};
use super::{Outline, Sections, SyntheticKind};
use crate::elf::ids::SectionId;
use crate::elf::names::Map;
use crate::elf::object::ObjectFile;
use crate::elf::symbols::resolve::Resolution;
use crate::options::{ElfOptions, SortSection};
use crate::script::ast::{Constraint, InputPattern, Script, Sort};

/// The index of the section pattern that takes the section, if any does.
fn pattern_matches<'f>(
    pattern: &InputPattern,
    file: impl FnOnce() -> Option<&'f ObjectFile<'f>>,
    section: &Outline<'_>,
) -> Option<usize> {
    if let Some((required, forbidden)) = pattern.flags
        && (section.flags & required != required || section.flags & forbidden != 0)
    {
        return None;
    }
    // Section names decide most cases and are cheaper to compare than file names.
    let mut matching = pattern
        .sections
        .iter()
        .enumerate()
        .filter(|(_, p)| p.name.matches(section.name))
        .peekable();
    let &(first, decides) = matching.peek()?;
    // Nearly all patterns mean every file: then the file's name is not needed.
    if pattern.file.is_any() && pattern.exclude.is_empty() && decides.exclude.is_empty() {
        return Some(first);
    }
    let file = file();
    let path = file.map_or("<linker>".into(), |file| file.name.path.to_string_lossy());
    let (archive, file) = match file.and_then(|file| file.name.member) {
        Some(member) => (Some(&*path), member),
        None => (None, &*path),
    };
    if !pattern.file.matches(archive, file)
        || pattern.exclude.iter().any(|p| p.matches(archive, file))
    {
        return None;
    }
    matching
        .find(|(_, p)| !p.exclude.iter().any(|p| p.matches(archive, file)))
        .map(|(index, _)| index)
}

/// The file that patterns see for a section: for a common symbol the file that declares it, for other
/// sections made by the linker none.
fn file_of<'r, 'a>(
    resolution: &'r Resolution<'a>,
    sections: &Sections,
    id: SectionId,
) -> Option<&'r ObjectFile<'a>> {
    let file = match sections.origin(id) {
        Some((file, _)) => file,
        None => match sections.synthetic(id)?.kind {
            SyntheticKind::Common(symbol) => resolution.definition_entry(symbol)?.0,
            _ => return None,
        },
    };
    resolution.files.get(file.0 as usize)
}

/// Where a rule stands: output section description or class, item, section pattern.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct RulePosition {
    pub home: RuleTarget,
    pub item: u32,
    pub pattern: u32,
}

/// Which rule of the script takes each input section. Matched before garbage collection, which
/// needs to know what KEEP covers and what `/DISCARD/` takes.
pub(crate) struct Matches<'s> {
    described: Described<'s>,
    /// By [`SectionId`]; only input sections.
    pub rules: Vec<Option<RulePosition>>,
}

impl Matches<'_> {
    /// The section's rule is inside KEEP.
    pub(crate) fn is_kept(&self, id: SectionId) -> bool {
        self.rules[id.0 as usize].is_some_and(|rule| {
            let pattern = self.described.pattern(rule.home, rule.item);
            pattern.is_some_and(|pattern| pattern.keep)
        })
    }

    /// A rule of the script takes the section and keeps it.
    pub(crate) fn has_place(&self, id: SectionId) -> bool {
        self.rules[id.0 as usize].is_some() && !self.is_discarded(id)
    }

    /// The script discards the section.
    pub(crate) fn is_discarded(&self, id: SectionId) -> bool {
        self.rules[id.0 as usize].is_some_and(|rule| self.described.discards(rule.home))
    }
}

/// Tries the script's rules on every input section.
pub(crate) fn match_inputs<'s>(
    resolution: &Resolution<'_>,
    sections: &Sections,
    script: &'s Script,
    diagnostics: &mut Vec<Diagnostic>,
) -> Matches<'s> {
    let described = Described::gather(script, diagnostics);
    let all: Vec<SectionId> = (0..sections.input_count() as u32).map(SectionId).collect();
    let enabled = vec![true; described.defs.len()];
    let rules = match_rules(resolution, sections, &all, &described, &enabled);
    Matches { described, rules }
}

pub(crate) fn match_rules(
    resolution: &Resolution<'_>,
    sections: &Sections,
    candidates: &[SectionId],
    described: &Described<'_>,
    enabled: &[bool],
) -> Vec<Option<RulePosition>> {
    let patterns = described.patterns(enabled);
    let by_beginning = ByBeginning::new(patterns.iter().map(|(_, _, pattern)| *pattern));
    candidates
        .par_iter()
        .with_min_len(256)
        .map(|&id| {
            let section = sections.outline(resolution, id);
            by_beginning
                .candidates(section.name)
                .iter()
                .find_map(|&at| {
                    let (home, item, pattern) = patterns[at as usize];
                    let file = || file_of(resolution, sections, id);
                    pattern_matches(pattern, file, &section).map(|index| RulePosition {
                        home,
                        item,
                        pattern: index as u32,
                    })
                })
        })
        .collect()
}

/// ONLY_IF_RO and ONLY_IF_RW: a description whose inputs do not meet it takes nothing, and its
/// inputs are free for later rules. Returns whether one was newly disabled.
pub(crate) fn disable_unmet_constraints(
    resolution: &Resolution<'_>,
    sections: &Sections,
    candidates: &[SectionId],
    rules: &[Option<RulePosition>],
    described: &Described<'_>,
    enabled: &mut [bool],
) -> bool {
    for (index, (def, _)) in described.defs.iter().enumerate() {
        let Some(constraint) = def.constraint else {
            continue;
        };
        let any_writable = candidates.iter().zip(rules).any(|(&id, rule)| {
            rule.is_some_and(|r| r.home == RuleTarget::Output(index as u32))
                && sections.outline(resolution, id).flags & elf::SHF_WRITE.0 != 0
        });
        let met = (constraint == Constraint::OnlyIfReadWrite) == any_writable;
        // One at a time: a later description may get the inputs that this one loses.
        if enabled[index] && !met {
            enabled[index] = false;
            return true;
        }
    }
    false
}

/// Orders the sections that one input section description took: unsorted patterns share input order,
/// each sorted pattern is sorted by itself.
pub(crate) fn sort_inputs(
    resolution: &Resolution<'_>,
    sections: &Sections,
    pattern: &InputPattern,
    mut taken: Vec<(u32, SectionId)>,
    options: &ElfOptions,
) -> Vec<SectionId> {
    let default = match options.layout.sort_section {
        SortSection::None => Sort::None,
        SortSection::Name => Sort::Name,
        SortSection::Alignment => Sort::Alignment,
    };
    let sorts = |index: u32| {
        pattern
            .sections
            .get(index as usize)
            .map_or([Sort::None; 2], |p| match p.sort {
                [Sort::None, _] => [Sort::None; 2],
                sort => sort.map(|s| if s == Sort::Default { default } else { s }),
            })
    };
    let is_sorted = |index: u32| sorts(index).iter().any(|s| *s != Sort::None);
    let by_priority = |index: u32| sorts(index).contains(&Sort::InitPriority);
    // A run of unsorted patterns counts as one group, named by its first member. So does one of patterns that are sorted
    // by priority, for old initialisers (.ctors.N) and new ones share one order (GNU ld does it, lld does not).
    let mut group = Vec::new();
    for index in 0..pattern.sections.len() as u32 {
        let both = |holds: &dyn Fn(u32) -> bool| holds(index) && holds(index - 1);
        let joins = index > 0 && (both(&|i| !is_sorted(i)) || both(&by_priority));
        group.push(if joins {
            group[index as usize - 1]
        } else {
            index
        });
    }
    taken.sort_by_key(|&(index, id)| (group[index as usize], id));
    sort_files(resolution, sections, pattern, &mut taken);
    let mut out: Vec<SectionId> = Vec::with_capacity(taken.len());
    for run in taken.chunk_by_mut(|a, b| group[a.0 as usize] == group[b.0 as usize]) {
        let index = run[0].0;
        let [outer, inner] = sorts(index);
        let compare = |sort: Sort, a: SectionId, b: SectionId| {
            let (x, y) = (
                sections.outline(resolution, a),
                sections.outline(resolution, b),
            );
            match sort {
                Sort::Name => x.name.cmp(y.name),
                Sort::Alignment => y.align.cmp(&x.align),
                Sort::InitPriority => init_priority(x.name).cmp(&init_priority(y.name)),
                Sort::Default | Sort::None => std::cmp::Ordering::Equal,
            }
        };
        run.sort_by(|a, b| compare(outer, a.1, b.1).then_with(|| compare(inner, a.1, b.1)));
        if pattern.sections[index as usize].reverse {
            run.reverse();
        }
        out.extend(run.iter().map(|(_, id)| *id));
    }
    out
}

/// `SORT_BY_NAME(*)(…)` and `REVERSE(*)(…)`: the order of files, in which each file's sections keep
/// theirs.
fn sort_files(
    resolution: &Resolution<'_>,
    sections: &Sections,
    pattern: &InputPattern,
    taken: &mut [(u32, SectionId)],
) {
    let by_name = pattern.file_sort == Sort::Name;
    if !by_name && !pattern.file_reverse {
        return;
    }
    let name = |id: SectionId| {
        file_of(resolution, sections, id).map(|file| (file.name.path, file.name.member))
    };
    let position = |id: SectionId| sections.origin(id).map(|(file, _)| file);
    taken.sort_by(|&(_, a), &(_, b)| {
        let order = match by_name {
            true => name(a).cmp(&name(b)),
            false => position(a).cmp(&position(b)),
        };
        match pattern.file_reverse {
            true => order.reverse(),
            false => order,
        }
    });
}

/// `.init_array.N` and `.ctors.N` (which counts down from 65535); no number comes last.
fn init_priority(name: &[u8]) -> u32 {
    let text = String::from_utf8_lossy(name);
    let Some(number) = text.rsplit('.').next().and_then(|n| n.parse::<u32>().ok()) else {
        return 65536;
    };
    if text.starts_with(".ctors") || text.starts_with(".dtors") {
        65535u32.saturating_sub(number)
    } else {
        number
    }
}

/// Rules by the first letters of the names that they take. A default layout has some sixty rules and
/// a link a hundred thousand sections; three letters leave a handful of rules to try.
struct ByBeginning {
    /// Rules that could take names with this beginning, in script order.
    rules: Map<[u8; BEGINNING], Vec<u32>>,
    /// Rules for names with any other beginning.
    others: Vec<u32>,
}

const BEGINNING: usize = 3;

impl ByBeginning {
    fn new<'p>(patterns: impl Iterator<Item = &'p InputPattern> + Clone) -> Self {
        let beginning = |prefix: &[u8]| prefix.get(..BEGINNING)?.try_into().ok();
        let fixed = |pattern: &'p InputPattern| {
            pattern
                .sections
                .iter()
                .map(move |p| beginning(p.name.literal_prefix().as_ref()))
        };
        let mut rules: Map<[u8; BEGINNING], Vec<u32>> = Map::default();
        for key in patterns.clone().flat_map(fixed).flatten() {
            rules.entry(key).or_default();
        }
        let mut others = Vec::new();
        for (at, pattern) in patterns.enumerate() {
            let any = fixed(pattern).any(|key| key.is_none());
            if any {
                others.push(at as u32);
            }
            for (key, list) in &mut rules {
                if any || fixed(pattern).any(|own| own.as_ref() == Some(key)) {
                    list.push(at as u32);
                }
            }
        }
        Self { rules, others }
    }

    fn candidates(&self, name: &[u8]) -> &[u32] {
        let key = name.get(..BEGINNING).and_then(|key| key.try_into().ok());
        key.and_then(|key: [u8; BEGINNING]| self.rules.get(&key))
            .unwrap_or(&self.others)
    }
}

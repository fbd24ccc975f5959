//! The order of sections that describe others (SHF_LINK_ORDER).
//!
//! Problem: such a section (metadata of one function, say) is found by its position. So in their
//! output section they must be in the same order as the sections that they are linked to.
//! Spec: gABI, "Section Attribute Flags", SHF_LINK_ORDER.

use object::elf;

use crate::elf::ids::SectionId;
use crate::elf::layout::placement::{Item, Placement};
use crate::elf::names::Map;
use crate::elf::sections::Sections;
use crate::elf::sections::described::Statement;
use crate::elf::symbols::resolve::Resolution;

/// Puts the linked sections of each output section into the order of those they are linked to.
/// Other sections keep their places.
pub(super) fn sort_linked(
    resolution: &Resolution<'_>,
    sections: &Sections,
    placement: &mut Placement<'_>,
) {
    let target = |id: SectionId| -> Option<SectionId> {
        let section = sections.input(resolution, id)?;
        if section.flags & elf::SHF_LINK_ORDER.0 == 0 {
            return None;
        }
        let (file, _) = sections.origin(id)?;
        let count = resolution.files[file.0 as usize].sections.len();
        (section.link != 0 && (section.link as usize) < count)
            .then(|| sections.id(file, section.link))
    };
    let concerned: Vec<usize> = (0..placement.outputs.len())
        .filter(|&index| {
            let mut inputs = placement.outputs[index].inputs();
            inputs.any(|id| target(id).is_some())
        })
        .collect();
    if concerned.is_empty() {
        return;
    }
    let mut position: Map<SectionId, usize> = Map::default();
    for statement in &placement.statements {
        if let Statement::Section(output) = statement {
            for id in placement.output(*output).inputs() {
                let next = position.len();
                position.insert(id, next);
            }
        }
    }
    for index in concerned {
        let items = &mut placement.outputs[index].items;
        let lists = || {
            items.iter().filter_map(|item| match item {
                Item::Inputs(ids) => Some(ids),
                _ => None,
            })
        };
        let mut linked: Vec<SectionId> = lists()
            .flatten()
            .copied()
            .filter(|id| target(*id).is_some())
            .collect();
        linked.sort_by_key(|id| {
            let at = target(*id).and_then(|target| position.get(&target));
            at.copied().unwrap_or(usize::MAX)
        });
        let mut sorted = linked.into_iter();
        for item in items {
            let Item::Inputs(ids) = item else { continue };
            for id in ids.iter_mut().filter(|id| target(**id).is_some()) {
                *id = sorted.next().unwrap_or(*id);
            }
        }
    }
}

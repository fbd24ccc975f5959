//! Which input sections of `-r` make one output section.
//!
//! Sections of one name are joined, as in GNU ld and lld, unless that would change their meaning:
//!
//! - members of groups are kept or dropped with their group;
//! - sections that describe others (SHF_LINK_ORDER) can be joined only if those are;
//! - strings or constants of different sizes or alignments could no longer be merged;
//! - aligned code that relaxation in front of it could misalign keeps a section of its own.
//!
//! Output sections are in the order of their first inputs. Spec: gABI, "Section Groups",
//! SHF_LINK_ORDER, SHF_MERGE.

use object::elf;

use super::PlaceContext;
use crate::elf::ids::SectionId;
use crate::elf::layout::placement::{Item, OutputSection, Placement};
use crate::elf::names::Map;
use crate::elf::sections::SyntheticKind;
use crate::elf::sections::described::Statement;
use crate::script::eval::OutputId;

/// Sections of one key are joined.
#[derive(PartialEq, Eq, Hash)]
enum Key {
    Alone(SectionId),
    Named {
        name: Vec<u8>,
        /// Flags, entry size and alignment of mergeable sections.
        merge: Option<(u64, u64, u64)>,
        /// The output section of what the section describes.
        describes: Option<usize>,
    },
}

/// Places what no rule of a script takes (all sections, where there is no script).
pub(super) fn place<'s>(
    given: &PlaceContext<'_, 's, '_>,
    orphans: &[SectionId],
    placement: &mut Placement<'s>,
    statements: &mut Vec<Statement<'s>>,
) {
    let (resolution, sections) = (given.resolution, given.sections);
    let mut output_of: Map<SectionId, usize> = Map::default();
    let mut by_key: Map<Key, usize> = Map::default();
    for (index, output) in placement.outputs.iter().enumerate() {
        output_of.extend(output.inputs().map(|id| (id, index)));
        let key = Key::Named {
            name: output.name.clone().into_bytes(),
            merge: None,
            describes: None,
        };
        by_key.entry(key).or_insert(index);
    }
    let described = |id: SectionId| -> Option<SectionId> {
        let section = sections.input(resolution, id)?;
        let linked = section.flags & elf::SHF_LINK_ORDER.0 != 0 && section.link != 0;
        let (file, _) = sections.origin(id)?;
        let count = resolution.files[file.0 as usize].sections.len();
        (linked && (section.link as usize) < count).then(|| sections.id(file, section.link))
    };
    let mut first: Vec<(SectionId, usize)> = Vec::new();
    // Sections are placed before those that describe them.
    let (plain, describing): (Vec<SectionId>, Vec<SectionId>) =
        orphans.iter().partition(|id| described(**id).is_none());
    for id in plain.into_iter().chain(describing) {
        let outline = sections.outline(resolution, id);
        let mergeable = outline.flags & elf::SHF_MERGE.0 != 0;
        let name = match sections.synthetic(id).map(|s| s.kind) {
            Some(SyntheticKind::Common(_)) => b".bss",
            _ => outline.name,
        };
        let e_flags = sections
            .origin(id)
            .map_or(0, |(file, _)| resolution.files[file.0 as usize].e_flags);
        let is_code = outline.flags & elf::SHF_EXECINSTR.0 != 0;
        let in_group = outline.flags & elf::SHF_GROUP.0 != 0;
        let key = if in_group && !given.options.layout.force_group_allocation
            || is_code && !given.arch.survives_shrinking(outline.align, e_flags)
        {
            Key::Alone(id)
        } else {
            Key::Named {
                name: name.to_vec(),
                merge: mergeable.then_some((outline.flags, outline.entsize, outline.align)),
                describes: described(id).and_then(|other| output_of.get(&other).copied()),
            }
        };
        let index = *by_key.entry(key).or_insert_with(|| {
            placement.outputs.push(OutputSection {
                name: String::from_utf8_lossy(name).into_owned(),
                def: None,
                items: Vec::new(),
                sh_type: elf::SHT_NULL.0,
                flags: 0,
                align: 1,
                entsize: 0,
                present: false,
                overlay: None,
            });
            first.push((id, placement.outputs.len() - 1));
            placement.outputs.len() - 1
        });
        output_of.insert(id, index);
        let output = &mut placement.outputs[index];
        match output.items.last_mut() {
            Some(Item::Inputs(ids)) => ids.push(id),
            _ => output.items.push(Item::Inputs(vec![id])),
        }
    }
    first.sort_unstable();
    let placed = first
        .into_iter()
        .map(|(_, index)| Statement::Section(OutputId(index as u32)));
    statements.extend(placed);
}

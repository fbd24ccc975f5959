//! The section groups of `-r`.
//!
//! Problem: many files have the same COMDAT group, and the final link keeps one copy. So an object
//! made of such files must have the group, too. Of the COMDAT groups with one signature the first is
//! kept; other groups are all kept, and the members of a group stay sections of their own.
//!
//! Spec: gABI "Section Groups": the header of a group precedes those of its members, `sh_info` is
//! the symbol whose name is the signature.

use object::elf;

use crate::elf::ids::FileId;
use crate::elf::layout::Addresses;
use crate::elf::object::SymbolPlace;
use crate::elf::sections::refs::SymRef;
use crate::options::ElfOptions;
use crate::script::eval::OutputId;

/// A group of the output.
pub(crate) struct OutputGroup<'a> {
    /// The symbol that names it.
    pub signature: SymRef,
    /// The signature's name, where only the group defines the symbol.
    pub own_name: Option<&'a [u8]>,
    /// GRP_COMDAT, or nothing.
    pub flags: u32,
    /// Members that are in the output.
    pub members: Vec<OutputId>,
}

/// The groups that are in the output, in input order; none in an image.
pub(crate) fn kept<'a>(
    addresses: &Addresses<'_, 'a>,
    options: &ElfOptions,
) -> Vec<OutputGroup<'a>> {
    let mut out = Vec::new();
    if options.kind.is_image() || options.layout.force_group_allocation {
        return out;
    }
    let resolution = addresses.resolution;
    for (file, object) in resolution.files.iter().enumerate() {
        let file = FileId(file as u32);
        for group in &object.groups {
            let members: Vec<OutputId> = group
                .members
                .iter()
                .filter(|member| (**member as usize) < object.sections.len())
                .filter(|member| !resolution.is_discarded(file, **member))
                .filter_map(|&member| {
                    let id = addresses.sections.id(file, member);
                    addresses.layout.output_of[id.0 as usize]
                })
                .collect();
            if members.is_empty() {
                continue;
            }
            let entry = object.symbols.get(group.symbol as usize);
            // A signature that is not a symbol otherwise is defined by assemblers in the group section itself.
            let is_own = resolution.global(file, group.symbol).is_none()
                && match entry.place {
                    SymbolPlace::Section(section) => object
                        .sections
                        .get(section as usize)
                        .is_some_and(|s| s.sh_type == elf::SHT_GROUP.0),
                    _ => true,
                };
            out.push(OutputGroup {
                signature: SymRef::of(resolution, file, group.symbol),
                own_name: is_own.then_some(group.signature),
                flags: if group.comdat { elf::GRP_COMDAT.0 } else { 0 },
                members,
            });
        }
    }
    out
}

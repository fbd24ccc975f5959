//! Outputs that keep relocations: `-r` and `--emit-relocs`.
//!
//! Problem: `-r` makes one object out of many, and a later link must treat it as it would have
//! treated the many: sections keep their names and bytes, groups stay groups, and a relocation against
//! a symbol or section of an input refers to the same thing in the output. `--emit-relocs` adds such
//! relocations to a finished image, for tools that rewrite it.
//!
//! `-r` runs the same passes as every link, without those for images: no GOT, no merged strings, no
//! thunks, no relaxation, no segments. What is special to it is here:
//!
//! - `orphans`: which input sections make one output section;
//! - `groups`: the COMDAT groups that survived, with their members;
//! - [`relocs`]: the relocation tables, with the output's symbol indexes and addends;
//! - [`addends`]: addends that stand in section contents (REL).
//!
//! Spec: gABI "Relocation", "Section Groups"; GNU ld manual, `-r`, `--emit-relocs`.

pub(super) mod addends;
pub(super) mod relocs;

use super::layout::Addresses;
use crate::script::eval::OutputId;

/// The output section that the inputs of a SHF_LINK_ORDER section describe.
pub(super) fn linked_output(addresses: &Addresses<'_, '_>, id: OutputId) -> Option<OutputId> {
    let mut inputs = addresses.layout.placement.output(id).inputs();
    inputs.find_map(|input| {
        let (file, _) = addresses.sections.origin(input)?;
        let section = addresses.sections.input(addresses.resolution, input)?;
        let linked = addresses.sections.id(file, section.link);
        *addresses.layout.output_of.get(linked.0 as usize)?
    })
}

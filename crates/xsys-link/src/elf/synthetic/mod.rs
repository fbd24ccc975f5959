//! The sections that the linker makes.
//!
//! Problem: GOT, IPLT, dynamic relocations, unwind tables, notes and common symbols must exist
//! before placement, because scripts name them like any other input section. Their sizes are fixed
//! here; their bytes are made when everything has an address.
//!
//! Each file is for one section, or several that belong together: whether it is needed, its size and header, and
//! its contents. They refer to each other by [`SyntheticKind`], whatever a script calls their output sections.

pub(crate) mod build_id;
pub(crate) mod cmse;
pub(crate) mod common;
pub(crate) mod dynamic;
pub(crate) mod dynsym;
pub(crate) mod eh_frame;
pub(crate) mod exidx;
pub(crate) mod got;
pub(crate) mod groups;
pub(crate) mod interp;
pub(crate) mod iplt;
pub(crate) mod plt;
pub(crate) mod property;
pub(crate) mod put;
pub(crate) mod relocations;
pub(crate) mod scan;
pub(crate) mod symtab;

use self::dynsym::DynamicSymbols;
use self::eh_frame::EhFramePlan;
use self::exidx::ExidxPlan;
use self::scan::Demands;
use super::arch::Arch;
use super::consts::SHT_ATTRIBUTES;
use super::ids::{SectionId, SymbolId};
use super::live::gc::Live;
use super::load::properties::Properties;
use super::names::Map;
use super::sections::frames::Frames;
use super::sections::{Sections, Synthetic, SyntheticKind};
use super::symbols::resolve::Resolution;
use crate::options::ElfOptions;
use crate::script::ast::Script;

/// What later passes need to know of the synthetic sections besides their ids.
#[derive(Default)]
pub(crate) struct Synthesised {
    /// `.eh_frame`
    pub eh_frame: EhFramePlan,
    /// `.dynamic`
    pub dynamic: Vec<dynamic::DynamicEntry>,
    /// `.dynsym` and what belongs to it.
    pub symbols: DynamicSymbols,
    /// The memory of common symbols, and of copies of libraries' variables.
    pub commons: Map<SymbolId, SectionId>,
    /// The contents of `.ARM.exidx`, without addresses.
    pub exidx: ExidxPlan,
    /// Secure entry functions.
    pub gateways: self::cmse::Gateways,
    /// Merged build attributes: section name and contents.
    pub attributes: Option<(String, Vec<u8>)>,
    /// What the whole image is made for.
    pub properties: Properties,
}

/// The results of earlier passes that the sizes of synthetic sections depend on.
#[derive(Clone, Copy)]
pub(crate) struct SynthesisContext<'n> {
    /// What lives.
    pub live: &'n Live,
    /// Unwind records.
    pub frames: &'n Frames,
    /// GOT slots and IPLT entries.
    pub demands: &'n Demands,
    /// Versions.
    pub script: &'n Script,
}

/// Bytes of an address.
fn word(arch: &dyn Arch) -> u64 {
    if arch.is_64() { 8 } else { 4 }
}

/// Makes all synthetic sections.
pub(crate) fn synthesise(
    arch: &dyn Arch,
    resolution: &Resolution<'_>,
    sections: &mut Sections,
    needs: SynthesisContext<'_>,
    (attributes, properties): (Option<(String, Vec<u8>)>, Properties),
    options: &ElfOptions,
) -> Synthesised {
    let demands = needs.demands;
    let image = options.kind.is_image();
    let pic = options.kind.is_pic();
    let mut out = Synthesised::default();
    got::add(arch, sections, demands);
    iplt::add(arch, sections, demands);
    if pic || options.kind.is_dynamic() {
        out.commons = common::add_copies(resolution, sections, demands);
        interp::add(arch, sections, options);
        plt::add(arch, sections, demands);
        let (count, relatives) = relocations::count(demands, resolution, sections, options.kind);
        // The table's address and size are taken from this part, even where the other, of IFUNCs, is all there is.
        if count > 0 || !demands.iplt.is_empty() || !options.kind.is_dynamic() {
            relocations::add_dynamic(arch, sections, count);
        }
        relocations::add_irelatives(arch, sections, demands, true);
        relocations::add_plt(arch, sections, demands);
        out.symbols =
            DynamicSymbols::gather(arch, resolution, sections, demands, needs.script, options);
        let given = dynamic::DynamicContext {
            arch,
            demands,
            symbols: &out.symbols,
            relatives,
            relocations: count > 0 || !demands.iplt.is_empty(),
        };
        out.dynamic = dynamic::entries(given, resolution, sections, options);
        dynamic::add(arch, sections, &out.dynamic);
        out.symbols.add(arch, sections);
    } else {
        relocations::add_irelatives(arch, sections, demands, false);
    }
    if image {
        let (live, frames) = (needs.live, needs.frames);
        let header = options.layout.eh_frame_hdr;
        out.eh_frame = eh_frame::add(arch, resolution, sections, (live, frames), header);
    }
    // The section type means something else on other machines.
    if image && arch.has_unwind_index() {
        out.exidx = ExidxPlan::gather(resolution, sections, needs.live);
        out.exidx.add(sections);
    }
    if let Some((name, bytes)) = &attributes {
        add_attributes(sections, name, bytes);
    }
    out.attributes = attributes;
    property::add(arch, sections, &properties);
    out.properties = properties;
    build_id::add(sections, &options.layout.build_id);
    if image || options.symbols.define_common {
        let commons = common::add(resolution, sections, options.symbols.sort_common);
        out.commons.extend(commons);
    }
    out
}

fn add_attributes(sections: &mut Sections, name: &str, bytes: &[u8]) {
    sections.add(Synthetic {
        kind: SyntheticKind::Attributes,
        name: name.to_owned(),
        sh_type: SHT_ATTRIBUTES,
        flags: 0,
        align: 1,
        entsize: 0,
        size: bytes.len() as u64,
        link: None,
    });
}

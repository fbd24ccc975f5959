//! Writes the synthetic sections: each file in `synthetic` makes the bytes of its section, and this one passes it
//! what it needs.

use object::elf;
use xsys_diag::Diagnostic;

use super::Image;
use crate::elf::assign::errata;
use crate::elf::ids::SectionId;
use crate::elf::object::Reloc;
use crate::elf::sections::SyntheticKind;
use crate::elf::synthetic::dynsym::WriteContext;
use crate::elf::synthetic::put::Words;
use crate::elf::synthetic::{
    build_id, dynamic, eh_frame, got, interp, iplt, plt, property, relocations,
};

impl Image<'_, '_> {
    pub(super) fn synthetic(
        &self,
        kind: SyntheticKind,
        id: SectionId,
        out: &mut [u8],
        problems: &mut Vec<Diagnostic>,
    ) {
        let (addresses, arch, words) = (self.addresses(), self.arch(), self.words());
        let demands = self.relocator.demands;
        match kind {
            SyntheticKind::Got => got::write(words, out, &self.relocator.got_words()),
            SyntheticKind::Iplt => iplt::write(arch, addresses, out),
            SyntheticKind::IpltGot => iplt::write_slots(words, addresses, demands, out),
            SyntheticKind::RelaIplt => {
                relocations::write_irelatives(arch, words, addresses, demands, out);
            }
            SyntheticKind::RelaDyn => {
                let ids = self.relocated_sections();
                let entries = self.relocator.dynamic_relocations(&ids, &self.made.symbols);
                relocations::write_all(arch, words, out, entries.into_iter());
            }
            SyntheticKind::Dynamic => {
                words.put_all(out, dynamic::words(&self.made.dynamic, addresses));
            }
            SyntheticKind::Interp => interp::write(arch, self.options, out),
            SyntheticKind::Plt => plt::write(arch, addresses, out),
            SyntheticKind::PltGot => plt::write_slots(arch, words, addresses, out),
            SyntheticKind::RelaPlt => {
                let given = (demands, &self.made.symbols);
                relocations::write_plt(arch, words, addresses, given, out);
            }
            SyntheticKind::DynSym
            | SyntheticKind::DynStr
            | SyntheticKind::Hash
            | SyntheticKind::GnuHash
            | SyntheticKind::VersionSymbols
            | SyntheticKind::VersionsDefined
            | SyntheticKind::VersionsNeeded => {
                let symbols = &self.made.symbols;
                let given = WriteContext {
                    arch,
                    addresses,
                    demands,
                    options: self.options,
                };
                symbols.write(kind, words, given, out);
            }
            SyntheticKind::Common(_) => {}
            SyntheticKind::EhFrame => self.with_eh_frame(|writer| {
                writer.write(out, problems);
            }),
            SyntheticKind::EhFrameHdr => {
                self.with_eh_frame(|writer| writer.write_header(out, problems));
            }
            SyntheticKind::Exidx => {
                let how = (self.options.machine.merge_exidx_entries, self.endian);
                self.made.exidx.write(addresses, how, out, problems);
            }
            SyntheticKind::Merged(index) => {
                for (offset, entry) in &addresses.merge.merged[index as usize].entries {
                    out[*offset as usize..][..entry.len()].copy_from_slice(entry);
                }
            }
            SyntheticKind::BuildId => build_id::write(words, out),
            SyntheticKind::Property => property::write(words, &self.made.properties, out),
            SyntheticKind::Attributes => {
                if let Some((_, bytes)) = &self.made.attributes {
                    out.copy_from_slice(bytes);
                }
            }
            SyntheticKind::Gateways => {
                if let Some(start) = addresses.of_section(id, 0) {
                    let gateways = &self.made.gateways;
                    gateways.write(arch, addresses, out, start, problems);
                }
            }
            SyntheticKind::Thunks(group) => self.thunks(group, id, out),
        }
    }

    fn words(&self) -> Words {
        Words {
            is_64: self.arch().is_64(),
            endian: self.endian,
        }
    }

    /// Placed sections in memory that have relocations.
    fn relocated_sections(&self) -> Vec<SectionId> {
        let addresses = self.addresses();
        let is_placed = |id: &SectionId| {
            addresses.layout.output_of[id.0 as usize].is_some()
                && addresses
                    .sections
                    .input(addresses.resolution, *id)
                    .is_some_and(|s| s.flags & elf::SHF_ALLOC.0 != 0 && !s.relocs.is_empty())
        };
        let ids = (0..addresses.sections.input_count() as u32).map(SectionId);
        ids.filter(is_placed).collect()
    }

    fn with_eh_frame(&self, work: impl FnOnce(&eh_frame::Writer<'_, '_, '_>)) {
        let relocate = |id: SectionId,
                        relocs: &mut dyn Iterator<Item = Reloc>,
                        (from, place): (u64, u64),
                        bytes: &mut [u8],
                        problems: &mut Vec<Diagnostic>| {
            self.relocator
                .record(id, relocs, from, place, bytes, problems);
        };
        work(&eh_frame::Writer {
            plan: &self.made.eh_frame,
            frames: self.frames,
            addresses: self.addresses(),
            words: self.words(),
            relocate: &relocate,
        });
    }

    fn thunks(&self, group: u32, id: SectionId, out: &mut [u8]) {
        let (addresses, arch) = (self.addresses(), self.arch());
        errata::write(arch, addresses, id, out);
        for thunk in &addresses.layout.thunk_groups[group as usize].thunks {
            let size = arch.thunk_size(thunk.form);
            let Some(at) = addresses.of_section(id, thunk.offset) else {
                continue;
            };
            let target = crate::elf::assign::thunks::branch_target(
                arch,
                addresses,
                self.relocator.demands,
                thunk.target,
                thunk.addend,
            );
            if let Some(target) = target {
                let place = &mut out[thunk.offset as usize..][..size];
                arch.write_thunk(thunk.form, place, at, target);
            }
        }
    }

    /// Where in the file the build id is.
    pub(super) fn build_id_place(&self) -> Option<u64> {
        let addresses = self.addresses();
        let id = addresses.sections.find(SyntheticKind::BuildId)?;
        let output = addresses.layout.output_of[id.0 as usize]?;
        let section = self.plan.offsets[output.0 as usize];
        Some(section + addresses.layout.offsets[id.0 as usize] + build_id::HEADER)
    }

    /// Fills the build id in.
    pub(super) fn build_id(&self, bytes: &mut [u8]) {
        let Some(at) = self.build_id_place() else {
            return;
        };
        let digest = build_id::of(bytes, &self.options.layout.build_id);
        if let Some(place) = bytes.get_mut(at as usize..at as usize + digest.len()) {
            place.copy_from_slice(&digest);
        }
    }
}

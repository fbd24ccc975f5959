//! The bytes of the sections that the linker makes.
//!
//! Spec: psABIs (GOT, PLT), gABI "Dynamic Section", LSB "Exception Frames", EHABI index tables.

use object::Endian;
use object::elf;
use rayon::prelude::*;
use xsys_diag::Diagnostic;

use super::Image;
use crate::elf::assign::detours;
use crate::elf::ids::SectionId;
use crate::elf::object::eh_frame;
use crate::elf::object::eh_frame::{Format, RecordKind};
use crate::elf::sections::SyntheticKind;
use crate::elf::synthetic::exidx;
use crate::options::BuildId;

impl Image<'_, '_> {
    pub(super) fn synthetic(
        &self,
        kind: SyntheticKind,
        id: SectionId,
        out: &mut [u8],
        problems: &mut Vec<Diagnostic>,
    ) {
        let addresses = self.addresses();
        let arch = self.arch();
        let word = self.word();
        match kind {
            SyntheticKind::Got => {
                for (at, value) in self.relocator.got_words() {
                    self.put_word(out, at as usize, value);
                }
            }
            SyntheticKind::Iplt => {
                let (Some(addr), Some(slots)) = (
                    addresses.of_section(id, 0),
                    addresses.synthetic(SyntheticKind::IpltGot),
                ) else {
                    return;
                };
                let size = arch.plt_entry_size();
                for (index, entry) in out.chunks_exact_mut(size).enumerate() {
                    let index = index as u64;
                    arch.write_plt_entry(
                        entry,
                        addr + index * size as u64,
                        slots + index * word as u64,
                    );
                }
            }
            SyntheticKind::IpltGot => {
                // Resolvers' addresses: REL relocations take their addend from here.
                for (index, symbol) in self.relocator.demands.iplt.iter().enumerate() {
                    self.put_word(
                        out,
                        index * word,
                        addresses.of_symbol(*symbol, 0).unwrap_or(0),
                    );
                }
            }
            SyntheticKind::RelaIplt => {
                let slots = addresses.synthetic(SyntheticKind::IpltGot).unwrap_or(0);
                let entries: Vec<(u64, u64)> = self
                    .relocator
                    .demands
                    .iplt
                    .iter()
                    .enumerate()
                    .map(|(index, symbol)| {
                        (
                            slots + (index * word) as u64,
                            addresses.of_symbol(*symbol, 0).unwrap_or(0),
                        )
                    })
                    .collect();
                self.put_dynamic(out, &entries, arch.dynamic().irelative);
            }
            SyntheticKind::RelaDyn => {
                let ids: Vec<SectionId> = (0..addresses.sections.input_count() as u32)
                    .map(SectionId)
                    .filter(|id| self.is_placed(*id))
                    .collect();
                let entries = self.relocator.relatives(&ids);
                self.put_dynamic(out, &entries, arch.dynamic().relative);
            }
            SyntheticKind::Dynamic => {
                let entries = crate::elf::synthetic::dynamic::entries(
                    arch,
                    addresses,
                    self.made,
                    self.options,
                );
                for (index, (tag, value)) in entries.into_iter().enumerate() {
                    self.put_word(out, 2 * index * word, tag);
                    self.put_word(out, (2 * index + 1) * word, value);
                }
            }
            SyntheticKind::Hash => {
                for (index, value) in crate::elf::synthetic::dynamic::hash_words()
                    .into_iter()
                    .enumerate()
                {
                    out[4 * index..][..4].copy_from_slice(&self.endian.write_u32(value));
                }
            }
            SyntheticKind::DynSym | SyntheticKind::DynStr | SyntheticKind::Common(_) => {}
            SyntheticKind::EhFrame => {
                self.eh_frame(id, out, problems);
            }
            SyntheticKind::EhFrameHdr => self.eh_frame_hdr(id, out, problems),
            SyntheticKind::Exidx => self.exidx(id, out, problems),
            SyntheticKind::Merged(index) => {
                for (offset, entry) in &addresses.merge.merged[index as usize].entries {
                    out[*offset as usize..][..entry.len()].copy_from_slice(entry);
                }
            }
            SyntheticKind::BuildId => {
                let descsz = out.len() as u32 - 16; // what it describes comes last
                out[..4].copy_from_slice(&self.endian.write_u32(4));
                out[4..8].copy_from_slice(&self.endian.write_u32(descsz));
                out[8..12].copy_from_slice(&self.endian.write_u32(3)); // NT_GNU_BUILD_ID
                out[12..16].copy_from_slice(b"GNU\0");
            }
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
            SyntheticKind::Thunks(group) => {
                detours::write(arch, addresses, id, out);
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
                        arch.write_thunk(
                            thunk.form,
                            &mut out[thunk.offset as usize..][..size],
                            at,
                            target,
                        );
                    }
                }
            }
        }
    }

    fn is_placed(&self, id: SectionId) -> bool {
        let addresses = self.addresses();
        addresses.layout.output_of[id.0 as usize].is_some()
            && addresses
                .sections
                .input(addresses.resolution, id)
                .is_some_and(|s| s.flags & elf::SHF_ALLOC.0 != 0 && !s.relocs.is_empty())
    }

    fn put_word(&self, out: &mut [u8], at: usize, value: u64) {
        if self.arch().is_64() {
            out[at..at + 8].copy_from_slice(&self.endian.write_u64(value));
        } else {
            out[at..at + 4].copy_from_slice(&self.endian.write_u32(value as u32));
        }
    }

    /// Relocations without symbols: RELA holds the value, REL finds it at the place.
    fn put_dynamic(&self, out: &mut [u8], entries: &[(u64, u64)], r_type: u32) {
        let word = self.word();
        let rela = self.arch().dynamic().rela;
        let size = if rela { 3 * word } else { 2 * word };
        for (entry, &(place, value)) in out.chunks_exact_mut(size).zip(entries) {
            self.put_word(entry, 0, place);
            self.put_word(entry, word, u64::from(r_type));
            if rela {
                self.put_word(entry, 2 * word, value);
            }
        }
    }

    /// Relocated unwind records; returns (function, FDE) addresses.
    fn eh_frame(
        &self,
        id: SectionId,
        out: &mut [u8],
        problems: &mut Vec<Diagnostic>,
    ) -> Vec<(u64, u64)> {
        let addresses = self.addresses();
        let Some(addr) = addresses.of_section(id, 0) else {
            return Vec::new();
        };
        let format = Format {
            is_64: self.arch().is_64(),
            endian: self.endian,
        };
        let mut table = Vec::with_capacity(self.made.eh_frame.frames);
        for planned in &self.made.eh_frame.records {
            let input = &self.frames.inputs[planned.input as usize];
            let Some(section) = addresses
                .sections
                .input(addresses.resolution, input.section)
            else {
                continue;
            };
            let record = &input.records[planned.record as usize];
            let (from, size) = (record.record.offset as usize, record.record.size as usize);
            let at = planned.offset as usize;
            out[at..at + size].copy_from_slice(&section.data[from..from + size]);
            if let RecordKind::Fde { .. } = record.record.kind {
                eh_frame::set_cie_pointer(out, planned.offset, planned.cie, self.endian);
            }
            let relocs = record
                .relocs
                .clone()
                .map(|index| section.relocs.get(index as usize));
            let place = addr + u64::from(planned.offset);
            self.relocator.record(
                input.section,
                relocs,
                from as u64,
                place,
                &mut out[at..at + size],
                problems,
            );
            if let RecordKind::Fde { cie } = record.record.kind {
                let cie = &input.records[cie as usize].record;
                let cie_bytes = &section.data[cie.offset as usize..][..cie.size as usize];
                let pc = eh_frame::fde_encoding(cie_bytes, format.is_64).and_then(|encoding| {
                    eh_frame::read_pc(&out[at..at + size], place, encoding, format)
                });
                match pc {
                    Ok(pc) => table.push((pc, place)),
                    Err(error) => problems.push(Diagnostic::error(format!(
                        "cannot index `.eh_frame`: {error}"
                    ))),
                }
            }
        }
        table
    }

    /// The table is made from a second, private copy of `.eh_frame`, so that both sections can be
    /// written at the same time.
    fn eh_frame_hdr(&self, id: SectionId, out: &mut [u8], problems: &mut Vec<Diagnostic>) {
        let addresses = self.addresses();
        let (Some(header), Some(frame_id)) = (
            addresses.of_section(id, 0),
            addresses.sections.find(SyntheticKind::EhFrame),
        ) else {
            return;
        };
        let Some(frame) = addresses.of_section(frame_id, 0) else {
            return;
        };
        let mut copy = vec![0; self.made.eh_frame.size as usize];
        // Problems are reported by the section itself.
        let mut table = self.eh_frame(frame_id, &mut copy, &mut Vec::new());
        let format = Format {
            is_64: self.arch().is_64(),
            endian: self.endian,
        };
        if let Err(error) = eh_frame::write_header(out, header, frame, &mut table, format) {
            problems.push(Diagnostic::error(format!(
                "cannot write `.eh_frame_hdr`: {error}"
            )));
        }
    }

    fn exidx(&self, id: SectionId, out: &mut [u8], problems: &mut Vec<Diagnostic>) {
        let addresses = self.addresses();
        let Some(addr) = addresses.of_section(id, 0) else {
            return;
        };
        let code_end = self.made.coverage.end(addresses);
        let merge = self.options.machine.merge_exidx_entries;
        let entries = self.made.coverage.entries(merge, addresses, problems);
        let result = exidx::encode(&entries, code_end as u32, out, addr as u32, self.endian);
        if let Err(error) = result {
            let far = matches!(error, exidx::Error::TooFar { .. });
            let problem = Diagnostic::error(format!("cannot write `.ARM.exidx`: {error}"));
            problems.push(match far {
                true => problem.help("place `.ARM.exidx` in the middle of the code, or discard it with `.ARM.extab` if nothing unwinds (`panic = \"abort\"`)"),
                false => problem,
            });
        }
    }

    /// The build id is a hash of the finished file; `--build-id=0x…` is taken as it is.
    pub(super) fn build_id(&self, bytes: &mut [u8]) {
        let addresses = self.addresses();
        let Some(id) = addresses.sections.find(SyntheticKind::BuildId) else {
            return;
        };
        let Some(output) = addresses.layout.output_of[id.0 as usize] else {
            return;
        };
        let at =
            self.plan.offsets[output.0 as usize] + addresses.layout.offsets[id.0 as usize] + 16;
        let digest = match &self.options.build_id {
            BuildId::Hex(hex) => hex.clone(),
            kind => {
                let length = match kind {
                    BuildId::Fast => 8,
                    BuildId::Md5 => 16,
                    _ => 20,
                };
                let mut digest = content_digest(bytes);
                digest.truncate(length);
                digest
            }
        };
        if let Some(place) = bytes.get_mut(at as usize..at as usize + digest.len()) {
            place.copy_from_slice(&digest);
        }
    }
}

/// SHA-256 over the SHA-256 of 1 MiB blocks, so that all cores take part. Nothing depends on which
/// hash it is, only that equal files and no others get equal ids.
fn content_digest(bytes: &[u8]) -> Vec<u8> {
    use sha2::{Digest, Sha256};
    let blocks: Vec<_> = bytes.par_chunks(1 << 20).map(Sha256::digest).collect();
    let mut hasher = Sha256::new();
    for block in blocks {
        hasher.update(block);
    }
    hasher.finalize().to_vec()
}

//! Computes the value of every live relocation and writes it to its place.
//!
//! Problem: there are millions of relocations, so sections are relocated in parallel, directly in the
//! output. A value that does not fit is an error that names both ends, the value and the limits.
//!
//! Spec: the formulas are the psABIs'; see `arch`.

pub(super) mod code_ranges;
mod debug;
mod in_place;
mod lengths;
mod problems;
mod slots;

use super::layout::tls::Tls;
use lengths::Lengths;
use object::elf;
pub(super) use problems::NoValue;
use problems::{Limit, unreachable_patch};
use xsys_diag::Diagnostic;

use self::code_ranges::CodeRanges;
use super::arch::deltas::Deltas;
use super::arch::{Arch, Base, BranchTarget, Range, Relative, RelocRule, Site, TlsVariant};
use super::assign::errata;
use super::assign::relax::global_pointer;
use super::assign::thunks::{branch_target, stand_in};
use super::ids::FileId;
use super::ids::SectionId;
use super::layout::Addresses;
use super::layout::segments::FilePlan;
use super::object::{Reloc, Section};
use super::sections::SyntheticKind;
use super::sections::refs::{KnownBy, SymRef, ValueSource};
use super::synthetic::plt;
use super::synthetic::scan::{Decided, Demands, SlotKind, TLS_LD, decide};
use crate::crash::WorkingOn;
use crate::options::{ElfOptions, OutputKind};

/// Everything a value may depend on.
pub(super) struct Relocator<'r, 'a> {
    /// The instruction set.
    pub arch: &'r dyn Arch,
    /// Addresses.
    pub addresses: Addresses<'r, 'a>,
    /// GOT slots and IPLT entries.
    pub demands: &'r Demands,
    /// The thread-local template.
    pub tls: Tls,
    /// What is made.
    pub kind: OutputKind,
    /// Address of the GOT.
    pub got: Option<u64>,
    /// The global pointer, where the architecture has one.
    pub gp: Option<u64>,
    /// Which bytes are code, where its byte order differs from that of data.
    pub code: Option<&'r CodeRanges>,
    /// Loadable segments as (address, size), for segment-relative relocations.
    pub loads: Vec<(u64, u64)>,
    /// `-z dead-reloc-in-nonalloc`: what references to dropped sections read as, by section.
    pub dead: &'r [(String, u64)],
}

impl<'r, 'a> Relocator<'r, 'a> {
    /// What values depend on in a finished layout.
    pub(super) fn new(
        arch: &'r dyn Arch,
        addresses: Addresses<'r, 'a>,
        demands: &'r Demands,
        plan: &FilePlan,
        options: &'r ElfOptions,
        code: Option<&'r CodeRanges>,
    ) -> Self {
        let tls = plan.find(elf::PT_TLS.0);
        Self {
            arch,
            addresses,
            demands,
            tls: tls.map(Tls::of).unwrap_or_default(),
            kind: options.kind,
            got: addresses.synthetic(SyntheticKind::Got),
            gp: global_pointer(arch, &addresses),
            code,
            loads: plan.load_ranges(),
            dead: &options.z.dead_reloc_in_nonalloc,
        }
    }
}

impl<'a> Relocator<'_, 'a> {
    /// Copies an object's section into the output and relocates it. `out` is its place.
    pub(super) fn section(&self, id: SectionId, out: &mut [u8], diagnostics: &mut Vec<Diagnostic>) {
        let Some((file, index)) = self.addresses.sections.origin(id) else {
            return;
        };
        let object = &self.addresses.resolution.files[file.0 as usize];
        let _guard = WorkingOn(&object.name);
        let section = &object.sections[index as usize];
        self.copy(id, section, out);
        if !self.addresses.layout.erratum_patches.is_empty() {
            for place in errata::leave(self.arch, &self.addresses, id, out) {
                diagnostics.push(unreachable_patch(place));
            }
        }
        self.relocated(id, file, section, out, diagnostics);
        if let Some(code) = self.code {
            code.turn(id, out);
        }
    }

    fn relocated(
        &self,
        id: SectionId,
        file: FileId,
        section: &Section<'a>,
        out: &mut [u8],
        diagnostics: &mut Vec<Diagnostic>,
    ) {
        if section.relocs.is_empty() {
            return;
        }
        if section.flags & elf::SHF_ALLOC.0 != 0 {
            self.allocated(id, file, section, out, diagnostics);
            if section.flags & elf::SHF_EXECINSTR.0 != 0 {
                self.avoid_errata(id, section, out, diagnostics);
            }
        } else {
            self.debug(id, file, section, out, diagnostics);
        }
    }

    fn avoid_errata(
        &self,
        id: SectionId,
        section: &Section<'_>,
        out: &mut [u8],
        diagnostics: &mut Vec<Diagnostic>,
    ) {
        let Some(p) = self.addresses.of_section(id, 0) else {
            return;
        };
        let is_code = |offset| section.relocs.iter().any(|r| r.offset == offset);
        for place in self.arch.avoid_errata(out, p, &is_code) {
            diagnostics.push(
                Diagnostic::warning(format!(
                    "the instructions at {place:#x} may fail on cores with erratum 843419"
                ))
                .note("what they refer to is more than 1 MiB away, so that ADR cannot replace ADRP")
                .help("place code and data closer together, or add another function in front"),
            );
        }
    }

    /// Copies the bytes, without those that relaxation removed.
    fn copy(&self, id: SectionId, section: &Section<'_>, out: &mut [u8]) {
        let Some(deltas) = self.addresses.layout.deltas.get(&id) else {
            let len = section.data.len().min(out.len());
            out[..len].copy_from_slice(&section.data[..len]);
            return;
        };
        let mut to = 0usize;
        for range in deltas.kept(section.data.len() as u64) {
            let (Some(part), Some(rest)) = (section.data.get(range), out.get_mut(to..)) else {
                return;
            };
            let length = part.len().min(rest.len());
            rest[..length].copy_from_slice(&part[..length]);
            to += length;
        }
    }

    fn allocated(
        &self,
        id: SectionId,
        file: FileId,
        section: &Section<'a>,
        out: &mut [u8],
        diagnostics: &mut Vec<Diagnostic>,
    ) {
        let (resolution, sections) = (self.addresses.resolution, self.addresses.sections);
        let deltas = self.addresses.layout.deltas.get(&id);
        let (starts, mut whole) = (self.arch.in_place_starts(), None);
        let mut lengths = Lengths::new(self.arch.uleb128_pair());
        let mut changes = deltas.map_or(&[][..], Deltas::changes).iter().peekable();
        let mut skip = false;
        let mut subtrahend = 0;
        for (index, reloc) in section.relocs.iter().enumerate() {
            if std::mem::take(&mut skip) {
                continue;
            }
            let Ok(mut decided) = decide(
                self.arch, resolution, sections, file, section, reloc, self.kind,
            ) else {
                continue;
            };
            skip = decided.rewrite.as_ref().is_some_and(|r| r.skip_next);
            if let Some(change) = changes.next_if(|c| c.reloc == index as u32) {
                decided.relax(change);
            }
            let p = match self.addresses.of_section(id, reloc.offset) {
                Some(p) => p,
                None => continue,
            };
            let place = deltas.map_or(reloc.offset, |deltas| deltas.map(reloc.offset)) as usize;
            if decided.rule.base == Base::Nothing && decided.rewrite.is_none() {
                self.marker(decided.site, p, place, out);
                continue;
            }
            if place + usize::from(decided.rule.size) > out.len() {
                continue;
            }
            if decided.rule.base == Base::Subtrahend {
                subtrahend = self.addresses.of_symbol(decided.symbol, 0).unwrap_or(0);
                continue;
            }
            if starts.contains(&reloc.r_type) {
                let served =
                    self.relax_in_place(section, index, &decided, (place, p), &mut whole, out);
                if served > 0 {
                    skip = served > 1;
                    continue;
                }
            }
            let value = match self.value(id, file, section, &decided, index as u32, p) {
                Ok(value) => value.less(std::mem::take(&mut subtrahend)),
                Err(problem) => {
                    diagnostics.push(self.unresolved(id, &decided, problem));
                    continue;
                }
            };
            if let Some(found) = lengths.check(reloc, value.number, place, out) {
                diagnostics.push(self.too_long(id, reloc.offset, found));
            }
            if let Err(range) = self.write(&decided, place, out, value) {
                diagnostics.push(self.out_of_range(id, &decided, value, range));
            }
        }
    }

    /// R_RISCV_ALIGN leaves some padding: it becomes NOPs.
    fn marker(&self, site: Site, p: u64, place: usize, out: &mut [u8]) {
        if let Some((kept, _)) = self.arch.align_padding(site, p)
            && let Some(padding) = out.get_mut(place..place + kept as usize)
        {
            self.arch.write_padding(padding);
        }
    }

    fn write(
        &self,
        decided: &Decided,
        place: usize,
        out: &mut [u8],
        value: RelocValue,
    ) -> Result<(), Limit> {
        let rule = decided.rule;
        if let Some(target) = value.branch
            && !self.arch.enters(rule.r_type, target)
        {
            return Err(Limit::State);
        }
        if let Some(rewrite) = &decided.rewrite {
            let site = Site {
                offset: place,
                ..decided.site
            };
            return self
                .arch
                .apply_rewrite(rewrite, site, out, value.number)
                .map_err(Limit::Range);
        }
        if !rule.range.contains(value.number) {
            return Err(Limit::Range(rule.range));
        }
        if rule.align > 1
            && !(value.number as u64).is_multiple_of(u64::from(rule.align))
            && !value.has_mode_bit
        {
            return Err(Limit::Align(rule.align));
        }
        if !self.arch.encodable(rule, value.number) {
            return Err(Limit::Encoding);
        }
        match value.branch {
            Some(target) => self
                .arch
                .encode_branch(rule, out, place, value.number, target),
            None => self.arch.encode(rule, out, place, value.number),
        }
        Ok(())
    }

    /// `relative(base(S) + A)` of a decided relocation.
    fn value(
        &self,
        id: SectionId,
        file: FileId,
        section: &Section<'a>,
        decided: &Decided,
        index: u32,
        p: u64,
    ) -> Result<RelocValue, NoValue> {
        let (rule, symbol, a) = (decided.rule, decided.symbol, decided.site.addend);
        let mut branch = None;
        let absolute = match rule.base {
            Base::Nothing => 0,
            Base::PairedHigh => {
                return self
                    .paired_high(id, file, section, symbol)
                    .map(RelocValue::plain);
            }
            // The dynamic linker adds the symbol's address.
            Base::Symbol | Base::Branch
                if self.kind.is_dynamic()
                    && self.is_word(rule)
                    && self.known_by(symbol) == KnownBy::DynamicLinker
                    && (self.kind.is_pic() || section.flags & elf::SHF_WRITE.0 != 0) =>
            {
                a as u64
            }
            Base::Symbol if self.arch.takes_plt_entry(rule.r_type) => {
                self.code_address(symbol, a).ok_or(NoValue::Dropped)?
            }
            Base::Symbol => match stand_in(self.arch, &self.addresses, self.demands, symbol) {
                Some(entry) => entry.wrapping_add_signed(a),
                None => self
                    .addresses
                    .of_symbol(symbol, a)
                    .ok_or(NoValue::Dropped)?,
            },
            Base::Branch => {
                let target = self.branch(id, index, symbol, decided.site, p)?;
                branch = Some(target);
                target.addr
            }
            Base::GotBase => self.got.unwrap_or(0).wrapping_add_signed(a),
            Base::Got => self
                .slot((SlotKind::Address, symbol))?
                .wrapping_add_signed(a),
            Base::GotTp => self
                .slot((SlotKind::TpOffset, symbol))?
                .wrapping_add_signed(a),
            Base::GotTlsGd => self.slot((SlotKind::TlsGd, symbol))?.wrapping_add_signed(a),
            Base::GotTlsLd => self.slot(TLS_LD)?.wrapping_add_signed(a),
            Base::GotTlsDesc if !self.kind.is_dynamic() => return Err(NoValue::TlsDescriptor),
            Base::GotTlsDesc => self
                .slot((SlotKind::TlsDesc, symbol))?
                .wrapping_add_signed(a),
            Base::TpOffset => self.tp_offset(symbol, a)?,
            Base::DtpOffset => self.dtp_offset(symbol, a)?,
            Base::Subtrahend => 0,
            Base::Size => {
                let size = symbol
                    .entry(self.addresses.resolution)
                    .map_or(0, |(_, entry)| entry.size);
                size.wrapping_add_signed(a)
            }
        };
        let mut number = self.relative(rule, absolute, p);
        if self.arch.segment_relative(rule.r_type) {
            let s = self.addresses.of_symbol(symbol, 0).unwrap_or(0);
            let start = self
                .loads
                .iter()
                .find(|(at, size)| s >= *at && s - at <= *size)
                .map_or(0, |(at, _)| *at);
            number = number.wrapping_sub(start);
        }
        let number = if self.arch.is_64() {
            number as i64
        } else {
            // 32-bit machines compute modulo 2^32.
            i64::from(number as u32 as i32)
        };
        // A 32-bit address above 2 GiB is a positive number where the field is unsigned.
        let number = match rule.range {
            Range::Unsigned(_) if !self.arch.is_64() => i64::from(number as u32),
            _ => number,
        };
        Ok(RelocValue {
            number,
            branch,
            has_mode_bit: branch.is_some(),
        })
    }

    /// S + A of a function that is only called: its PLT entry if it is another file's.
    fn code_address(&self, symbol: SymRef, a: i64) -> Option<u64> {
        let entry = plt::entry(self.arch, &self.addresses, self.demands, symbol)
            .or_else(|| stand_in(self.arch, &self.addresses, self.demands, symbol));
        match entry {
            Some(entry) => Some(entry.wrapping_add_signed(a)),
            None => self.addresses.of_symbol(symbol, a),
        }
    }

    fn relative(&self, rule: &RelocRule, address: u64, p: u64) -> u64 {
        const PAGE: u64 = 0xfff;
        match rule.relative {
            Relative::Zero => address,
            Relative::Place => address.wrapping_sub(p),
            Relative::Page => (address & !PAGE).wrapping_sub(p & !PAGE),
            Relative::GotBase => address.wrapping_sub(self.got.unwrap_or(0)),
            Relative::GotPage => address.wrapping_sub(self.got.unwrap_or(0) & !PAGE),
            Relative::GlobalPointer => address.wrapping_sub(self.gp.unwrap_or(0)),
            Relative::PlaceAlign4 => address.wrapping_sub(p & !3),
        }
    }

    /// Where a branch goes: its thunk, its IPLT entry or its symbol. A branch to an undefined weak
    /// symbol goes to the next instruction (AAELF32 and AAELF64 say so, elsewhere it never runs).
    fn branch(
        &self,
        id: SectionId,
        index: u32,
        symbol: SymRef,
        site: Site,
        p: u64,
    ) -> Result<BranchTarget, NoValue> {
        if let Some(&(group, thunk)) = self.addresses.layout.thunk_of.get(&(id, index)) {
            let thunk = self.addresses.layout.thunk_groups[group as usize].thunks[thunk as usize];
            let home = self.addresses.layout.thunk_sections[group as usize];
            let at = self
                .addresses
                .of_section(home, thunk.offset)
                .ok_or(NoValue::Dropped)?;
            let bias = self.arch.branch_bias(site.r_type);
            let addr = at
                .wrapping_add(self.arch.thunk_entry(thunk.form))
                .wrapping_sub(bias);
            return Ok(BranchTarget {
                addr,
                is_function: true,
            });
        }
        if let Some(target) = branch_target(
            self.arch,
            &self.addresses,
            self.demands,
            symbol,
            site.addend,
        ) {
            return Ok(target);
        }
        match symbol.value_source(self.addresses.resolution, self.addresses.sections) {
            ValueSource::UndefinedWeak | ValueSource::Undefined | ValueSource::Imported(_) => {
                Ok(BranchTarget {
                    addr: self
                        .arch
                        .undefined_weak_branch(site, p)
                        .unwrap_or(site.addend as u64),
                    is_function: false,
                })
            }
            _ => Err(NoValue::Dropped),
        }
    }

    /// The full value of the high part that a RISC-V low part completes: the low part's symbol
    /// labels the instruction that carries it.
    fn paired_high(
        &self,
        id: SectionId,
        file: FileId,
        section: &Section<'a>,
        label: SymRef,
    ) -> Result<i64, NoValue> {
        let (resolution, sections) = (self.addresses.resolution, self.addresses.sections);
        let ValueSource::Section(home, offset) = label.value_source(resolution, sections) else {
            return Err(NoValue::NoHighPart);
        };
        if home != id {
            return Err(NoValue::NoHighPart);
        }
        // Nearly all tables are sorted by offset; the linear search is for those that are not.
        let count = section.relocs.len();
        let start = partition(count, |at| section.relocs.get(at).offset < offset);
        let sorted = (start..count)
            .map(|at| (at, section.relocs.get(at)))
            .take_while(|(_, r)| r.offset == offset);
        let is_high = |r: &Reloc| {
            self.arch.rule(r.r_type).is_some_and(|rule| {
                rule.relative == Relative::Place
                    && !matches!(rule.base, Base::Nothing | Base::PairedHigh)
            })
        };
        let high = sorted.clone().find(|(_, r)| is_high(r)).or_else(|| {
            section
                .relocs
                .iter()
                .enumerate()
                .find(|(_, r)| r.offset == offset && is_high(r))
        });
        let Some((at, high)) = high else {
            return Err(NoValue::NoHighPart);
        };
        let mut decided = decide(
            self.arch, resolution, sections, file, section, high, self.kind,
        )
        .map_err(|_| NoValue::NoHighPart)?;
        let deltas = self.addresses.layout.deltas.get(&id);
        if let Some(change) = deltas.and_then(|deltas| deltas.change_of(at as u32)) {
            decided.relax(change);
        }
        let p = self
            .addresses
            .of_section(id, offset)
            .ok_or(NoValue::Dropped)?;
        self.value(id, file, section, &decided, at as u32, p)
            .map(|value| value.number)
    }

    fn slot(&self, key: (SlotKind, SymRef)) -> Result<u64, NoValue> {
        let offset = self
            .demands
            .slot_offsets
            .get(&key)
            .copied()
            .ok_or(NoValue::NoSlot)?;
        Ok(self.got.ok_or(NoValue::NoSlot)? + offset)
    }

    /// S + A as an offset from the thread pointer ("ELF Handling For Thread-Local Storage").
    pub(super) fn tp_offset(&self, symbol: SymRef, addend: i64) -> Result<u64, NoValue> {
        if matches!(
            symbol.value_source(self.addresses.resolution, self.addresses.sections),
            ValueSource::UndefinedWeak
        ) {
            return Ok(addend as u64);
        }
        let s = self
            .addresses
            .of_symbol(symbol, addend)
            .ok_or(NoValue::Dropped)?;
        Ok(self.tls.tp_offset(self.arch, s))
    }

    fn dtp_offset(&self, symbol: SymRef, addend: i64) -> Result<u64, NoValue> {
        let bias = match self.arch.tls() {
            TlsVariant::One { dtp_bias, .. } => dtp_bias,
            TlsVariant::Two => 0,
        };
        let s = self
            .addresses
            .of_symbol(symbol, addend)
            .ok_or(NoValue::Dropped)?;
        Ok(s.wrapping_sub(self.tls.addr).wrapping_sub(bias))
    }

    /// Relocates a record of `.eh_frame` or an entry of `.ARM.exidx`, which stands at `addr` in the
    /// output: `bytes` is its copy, `start` its offset in the input section.
    pub(super) fn record(
        &self,
        id: SectionId,
        relocs: impl Iterator<Item = Reloc>,
        start: u64,
        addr: u64,
        bytes: &mut [u8],
        diagnostics: &mut Vec<Diagnostic>,
    ) {
        let Some((file, index)) = self.addresses.sections.origin(id) else {
            return;
        };
        let section = &self.addresses.resolution.files[file.0 as usize].sections[index as usize];
        for reloc in relocs {
            let (resolution, sections) = (self.addresses.resolution, self.addresses.sections);
            let Ok(decided) = decide(
                self.arch, resolution, sections, file, section, reloc, self.kind,
            ) else {
                continue;
            };
            let place = reloc.offset.wrapping_sub(start);
            if decided.rule.base == Base::Nothing
                || place + u64::from(decided.rule.size) > bytes.len() as u64
            {
                continue;
            }
            let p = addr.wrapping_add(place);
            let result = self
                .value(id, file, section, &decided, u32::MAX, p)
                .map_err(|problem| self.unresolved(id, &decided, problem));
            match result {
                Ok(value) => {
                    if let Err(limit) = self.write(&decided, place as usize, bytes, value) {
                        diagnostics.push(self.out_of_range(id, &decided, value, limit));
                    }
                }
                Err(diagnostic) => diagnostics.push(diagnostic),
            }
        }
    }
}

/// A value that is about to be written.
#[derive(Clone, Copy)]
struct RelocValue {
    number: i64,
    branch: Option<BranchTarget>,
    /// Branch targets may have the mode bit set, which does not make them misaligned.
    has_mode_bit: bool,
}

impl RelocValue {
    /// The value minus an address (MSP430 SYM_DIFF).
    fn less(self, subtrahend: u64) -> Self {
        Self {
            number: self.number.wrapping_sub_unsigned(subtrahend),
            ..self
        }
    }

    fn plain(number: i64) -> Self {
        Self {
            number,
            branch: None,
            has_mode_bit: false,
        }
    }
}

/// First index in `0..count` for which `before` is false.
fn partition(count: usize, before: impl Fn(usize) -> bool) -> usize {
    let (mut low, mut high) = (0, count);
    while low < high {
        let middle = low + (high - low) / 2;
        if before(middle) {
            low = middle + 1
        } else {
            high = middle
        }
    }
    low
}

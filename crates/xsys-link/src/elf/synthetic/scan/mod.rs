//! Finds what live relocations need: GOT slots, IPLT entries, dynamic relocations.
//!
//! Problem: sizes must be known before addresses are. The scan looks at every relocation of the live,
//! allocated sections once, in parallel, and asks the architecture which sequences a static link can
//! rewrite; the others need slots. It also finds undefined symbols, since only live references are
//! errors.

pub(crate) mod imports;
mod problems;

use imports::{ImportUse, Imports};
pub(crate) use problems::check_required;
use problems::{Reporter, ScanProblem, What};

use object::elf;
use rayon::prelude::*;
use xsys_diag::Diagnostic;

use crate::crash::WorkingOn;
use crate::elf::arch::{Arch, Base, BranchTarget, Range, Relative, RelocRule, Rewrite, Site};
use crate::elf::ids::FileId;
use crate::elf::ids::{SectionId, SymbolId};
use crate::elf::live::gc::{Live, Reason};
use crate::elf::names::{Map, is_c_identifier};
use crate::elf::object::{Reloc, Section};
use crate::elf::sections::Sections;
use crate::elf::sections::refs::{KnownBy, STT_GNU_IFUNC, SymRef, ValueSource};
use crate::elf::symbols::resolve::Resolution;
use crate::options::{ElfOptions, OutputKind};

/// What a GOT slot holds.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub(crate) enum SlotKind {
    /// The symbol's address.
    Address,
    /// Its offset from the thread pointer.
    TpOffset,
    /// Two words: module 1 and its offset in the TLS block.
    TlsGd,
    /// Two words: module 1 and 0; one pair serves all symbols.
    TlsLd,
    /// Two words: a TLS descriptor, a function and its argument.
    TlsDesc,
}

/// The contents of the GOT and the IPLT.
#[derive(Default)]
pub(crate) struct Demands {
    /// GOT slots in the order in which they are first needed.
    pub slots: Vec<(SlotKind, SymRef)>,
    /// Offset of each slot in the GOT, in bytes.
    pub slot_offsets: Map<(SlotKind, SymRef), u64>,
    /// Bytes of all slots.
    pub got_size: u64,
    /// IFUNCs, in IPLT order.
    pub iplt: Vec<SymRef>,
    /// Index of each IFUNC in `iplt`.
    pub iplt_index: Map<SymRef, u32>,
    /// Absolute words in sections that move with a position-independent image.
    pub relative_words: u64,
    /// Some of these words are in sections that are not writable (DT_TEXTREL).
    pub changes_text: bool,
    /// `_GLOBAL_OFFSET_TABLE_` is referred to.
    pub got_base: bool,
    /// With `--gc-sections`: each place that is referred to in a section that can be merged, sorted.
    pub pieces: Vec<(SectionId, u32)>,
    /// Sections that carry markers: where an instruction may become shorter, or padding stands.
    pub marked: Vec<SectionId>,
    /// What branches may need thunks for.
    pub branches: Branches,
    /// Symbols of other files.
    pub imports: Imports,
}

impl Demands {
    /// The offsets in a section that can be merged to which live relocations refer.
    pub(crate) fn pieces_of(&self, id: SectionId) -> &[(SectionId, u32)] {
        let start = self.pieces.partition_point(|&(other, _)| other < id);
        let end = self.pieces.partition_point(|&(other, _)| other <= id);
        &self.pieces[start..end]
    }
}

/// The properties of live branches that thunks depend on.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct Branches {
    /// Bits of the shortest signed distance, of branches in whole words (shorter ones take no
    /// thunks); `None` if there is no branch.
    pub shortest: Option<u8>,
    /// One of them cannot enter its target's instruction set state by itself.
    pub changes_state: bool,
    /// One of them goes to a fixed address or one that a script assigns, which may be anywhere.
    pub leaves_code: bool,
}

impl Branches {
    fn join(&mut self, other: Self) {
        self.shortest = match (self.shortest, other.shortest) {
            (Some(a), Some(b)) => Some(a.min(b)),
            (a, b) => a.or(b),
        };
        self.changes_state |= other.changes_state;
        self.leaves_code |= other.leaves_code;
    }
}

/// The module-independent name of the one TlsLd pair.
pub(crate) const TLS_LD: (SlotKind, SymRef) = (SlotKind::TlsLd, SymRef::Local(FileId(u32::MAX), 0));

/// A relocation with everything that both the scan and the writer decide about it.
pub(crate) struct Decided {
    /// The relocation as the architecture sees it.
    pub site: Site,
    /// Its symbol.
    pub symbol: SymRef,
    /// The formula: the rule in the table, or that of the rewrite.
    pub rule: &'static RelocRule,
    /// The sequence is replaced.
    pub rewrite: Option<Rewrite>,
}

impl Decided {
    /// Applies what relaxation has decided during layout.
    pub(crate) fn relax(&mut self, change: &crate::elf::arch::deltas::Change) {
        self.rule = change.rewrite.rule;
        self.rewrite = Some(change.rewrite);
    }
}

/// Why a relocation cannot be decided.
pub(crate) enum Undecidable {
    /// The architecture has no such relocation.
    UnknownType,
    /// The place lies outside the section.
    OutOfBounds,
}

/// Decides one relocation of an allocated section; `None` for those that a linker ignores.
#[inline]
pub(crate) fn decide(
    arch: &dyn Arch,
    resolution: &Resolution<'_>,
    sections: &Sections,
    file: FileId,
    section: &Section<'_>,
    reloc: Reloc,
    kind: OutputKind,
) -> Result<Decided, Undecidable> {
    let rule = arch.rule(reloc.r_type).ok_or(Undecidable::UnknownType)?;
    let offset = usize::try_from(reloc.offset).map_err(|_| Undecidable::OutOfBounds)?;
    let end = offset
        .checked_add(usize::from(rule.size))
        .ok_or(Undecidable::OutOfBounds)?;
    if end > section.data.len() {
        return Err(Undecidable::OutOfBounds);
    }
    let addend = reloc
        .addend
        .unwrap_or_else(|| arch.implicit_addend(rule, section.data, offset));
    let site = Site {
        r_type: reloc.r_type,
        offset,
        addend,
    };
    let symbol = SymRef::of(resolution, file, reloc.symbol);
    let rewrite = if may_rewrite(rule) {
        arch.rewrite(site, symbol.facts(resolution, sections, kind), section.data)
    } else {
        None
    };
    Ok(Decided {
        site,
        symbol,
        rule: rewrite.as_ref().map_or(rule, |r| r.rule),
        rewrite,
    })
}

/// Plain addresses are never rewritten unless they are markers or calls (x86-64's call to
/// `__tls_get_addr` goes with its partner; weak branches become NOPs).
#[inline]
fn may_rewrite(rule: &RelocRule) -> bool {
    !(rule.base == Base::Symbol && rule.relative == Relative::Zero)
}

#[derive(Default)]
struct SectionScan {
    slots: Vec<(SlotKind, SymRef)>,
    iplt: Vec<SymRef>,
    relative_words: u64,
    changes_text: bool,
    got_base: bool,
    pieces: Vec<(SectionId, u32)>,
    marked: bool,
    branches: Branches,
    imports: Vec<(SymbolId, ImportUse)>,
    import_words: u64,
    problems: Vec<ScanProblem>,
}

/// Scans all live, allocated sections.
pub(crate) fn scan(
    arch: &dyn Arch,
    resolution: &Resolution<'_>,
    sections: &Sections,
    live: &Live,
    options: &ElfOptions,
    diagnostics: &mut Vec<Diagnostic>,
) -> Demands {
    let ids: Vec<SectionId> = (0..sections.input_count() as u32)
        .map(SectionId)
        .filter(|&id| {
            sections.input(resolution, id).is_some_and(|s| {
                let looked_at = match s.name == UNWIND {
                    true => options.kind.is_dynamic(),
                    false => live.contains(id),
                };
                looked_at && s.flags & elf::SHF_ALLOC.0 != 0 && !s.relocs.is_empty()
            })
        })
        .collect();
    // The live sections of which only entries that something refers to are kept.
    let merged: Vec<bool> = match options.layout.gc_sections {
        true => (0..sections.input_count() as u32)
            .map(|id| is_cut(resolution, sections, SectionId(id), live))
            .collect(),
        false => Vec::new(),
    };
    let scanner = Scanner {
        arch,
        resolution,
        sections,
        merged: &merged,
        kind: options.kind,
        copy_relocs: options.dynamic.copy_relocs,
    };
    let scans: Vec<SectionScan> = ids
        .par_iter()
        .with_min_len(64)
        .map(|&id| scanner.section(id))
        .collect();

    let mut out = Demands::default();
    let word = if arch.is_64() { 8 } else { 4 };
    let mut problems = Vec::new();
    let mut known = Map::default();
    for (id, scan) in ids.into_iter().zip(scans) {
        for slot in scan.slots {
            out.slot_offsets.entry(slot).or_insert_with(|| {
                let offset = out.got_size;
                out.slots.push(slot);
                out.got_size += word
                    * if matches!(
                        slot.0,
                        SlotKind::TlsGd | SlotKind::TlsLd | SlotKind::TlsDesc
                    ) {
                        2
                    } else {
                        1
                    };
                offset
            });
        }
        for symbol in scan.iplt {
            out.iplt_index.entry(symbol).or_insert_with(|| {
                out.iplt.push(symbol);
                out.iplt.len() as u32 - 1
            });
        }
        out.relative_words += scan.relative_words;
        out.changes_text |= scan.changes_text;
        out.got_base |= scan.got_base;
        out.pieces.extend(scan.pieces);
        if scan.marked && arch.shortening().is_some() {
            out.marked.push(id);
        }
        out.branches.join(scan.branches);
        out.imports
            .join(scan.imports, scan.import_words, &mut known);
        problems.extend(scan.problems.into_iter().map(|problem| (id, problem)));
    }
    out.pieces.par_sort_unstable();
    out.pieces.dedup();
    let reporter = Reporter {
        arch,
        resolution,
        sections,
        options,
    };
    reporter.report(problems, diagnostics);
    out
}

/// Whether only those entries of a section are kept that something refers to: it is in memory, can be
/// merged, and is live only because of references.
pub(crate) fn is_cut(
    resolution: &Resolution<'_>,
    sections: &Sections,
    id: SectionId,
    live: &Live,
) -> bool {
    sections.input(resolution, id).is_some_and(|section| {
        section.flags & elf::SHF_ALLOC.0 != 0
            && section.flags & elf::SHF_MERGE.0 != 0
            && matches!(live.reason(id), Reason::ReferredBy(_))
            // Code that walks from `__start_x` to `__stop_x` needs all of it.
            && !is_c_identifier(section.name)
    })
}

/// The unwind records, which the linker writes again from all inputs.
const UNWIND: &[u8] = b".eh_frame";

/// What the scans of all sections share.
struct Scanner<'s, 'a> {
    arch: &'s dyn Arch,
    resolution: &'s Resolution<'a>,
    sections: &'s Sections,
    /// The sections of which only entries that something refers to are kept.
    merged: &'s [bool],
    kind: OutputKind,
    /// `-z copyreloc`
    copy_relocs: bool,
}

impl Scanner<'_, '_> {
    fn section(&self, id: SectionId) -> SectionScan {
        let mut out = SectionScan::default();
        let (resolution, sections) = (self.resolution, self.sections);
        let Some((file, index)) = sections.origin(id) else {
            return out;
        };
        let object = &resolution.files[file.0 as usize];
        let _guard = WorkingOn(&object.name);
        let section = &object.sections[index as usize];
        let mut skip = false;
        let unwind = section.name == UNWIND;
        for reloc in section.relocs.iter() {
            if std::mem::take(&mut skip) {
                continue;
            }
            // Of unwind records only the personality routines of other files matter.
            if unwind && !self.is_import(SymRef::of(resolution, file, reloc.symbol)) {
                continue;
            }
            let (arch, kind) = (self.arch, self.kind);
            match decide(arch, resolution, sections, file, section, reloc, kind) {
                Ok(decided) => {
                    skip = decided.rewrite.as_ref().is_some_and(|r| r.skip_next);
                    self.relocation(&decided, section, reloc, &mut out);
                }
                Err(undecidable) => out.problems.push(ScanProblem {
                    offset: reloc.offset,
                    what: match undecidable {
                        Undecidable::UnknownType => What::UnknownType(reloc.r_type),
                        Undecidable::OutOfBounds => What::OutOfBounds,
                    },
                }),
            }
        }
        out
    }

    #[inline]
    fn relocation(
        &self,
        decided: &Decided,
        section: &Section<'_>,
        reloc: Reloc,
        out: &mut SectionScan,
    ) {
        let (rule, symbol) = (decided.rule, decided.symbol);
        let problem = |what| ScanProblem {
            offset: reloc.offset,
            what,
        };
        if matches!(rule.base, Base::Nothing | Base::PairedHigh) {
            out.marked |= rule.base == Base::Nothing;
            return;
        }
        let home = symbol.value_source(self.resolution, self.sections);
        let known_by = symbol.known_by(self.resolution, home, self.kind);
        if known_by == KnownBy::Nobody && rule.base != Base::GotBase {
            out.problems.push(problem(What::Undefined(symbol)));
        }
        match home {
            // Exception tables of a group may stay behind when the group is discarded.
            ValueSource::Discarded if section.name != b".gcc_except_table" => {
                out.problems.push(problem(What::Discarded(symbol)));
                return;
            }
            ValueSource::Section(target, value) => self.target(decided, target, value, out),
            _ => {}
        }
        if known_by == KnownBy::DynamicLinker
            && let Some(what) = self.import(decided, section, out)
        {
            out.problems.push(problem(what));
            return;
        }
        if self.kind.is_shared() && rule.base == Base::TpOffset {
            out.problems.push(problem(What::NotPic(rule, symbol)));
        }
        if rule.base == Base::Branch {
            self.branch(decided, home, &mut out.branches);
        }
        if is_tls(rule.base)
            && let ValueSource::Section(id, _) = home
            && self.sections.outline(self.resolution, id).flags & elf::SHF_TLS.0 == 0
        {
            out.problems.push(problem(What::NotTls(rule, symbol)));
        }
        match rule.base {
            Base::Got => out.slots.push((SlotKind::Address, symbol)),
            Base::GotTp => out.slots.push((SlotKind::TpOffset, symbol)),
            Base::GotTlsGd => out.slots.push((SlotKind::TlsGd, symbol)),
            Base::GotTlsLd => out.slots.push(TLS_LD),
            Base::GotTlsDesc if self.kind.is_dynamic() => {
                out.slots.push((SlotKind::TlsDesc, symbol))
            }
            Base::GotBase => out.got_base = true,
            Base::Symbol | Base::Branch
                if known_by == KnownBy::StartUp && rule.relative == Relative::Zero =>
            {
                let word = if self.arch.is_64() { 8 } else { 4 };
                if rule.size == word {
                    out.relative_words += 1;
                    if section.flags & elf::SHF_WRITE.0 == 0 {
                        out.changes_text = true;
                        out.problems.push(problem(What::ReadOnly(rule, symbol)));
                    }
                } else if !low_bits_only(rule) {
                    out.problems.push(problem(What::NotPic(rule, symbol)));
                }
            }
            _ => {}
        }
        if rule.relative == Relative::GotBase || rule.relative == Relative::GotPage {
            out.got_base = true;
        }
    }

    /// A reference to `value` in a section.
    #[inline]
    fn target(&self, decided: &Decided, target: SectionId, value: u64, out: &mut SectionScan) {
        let kind = decided.symbol.kind(self.resolution);
        let known_by = decided.symbol.known_by(
            self.resolution,
            ValueSource::Section(target, value),
            self.kind,
        );
        // Calls of a function that may be replaced go through the PLT, whatever it is here.
        if kind == STT_GNU_IFUNC && known_by != KnownBy::DynamicLinker {
            out.iplt.push(decided.symbol);
        }
        if self.merged.get(target.0 as usize) == Some(&true) {
            // The addend chooses the entry only if the symbol is the section's.
            let addend = match kind == elf::STT_SECTION.0 {
                true => decided.site.addend,
                false => 0,
            };
            // Offsets beyond 32 bits are in no section that is merged.
            if let Ok(offset) = u32::try_from(value.wrapping_add_signed(addend)) {
                out.pieces.push((target, offset));
            }
        }
    }

    #[inline]
    fn branch(&self, decided: &Decided, home: ValueSource, branches: &mut Branches) {
        let rule = decided.rule;
        if rule.size == 4
            && let Range::Signed(bits) = rule.range
        {
            branches.shortest = Some(branches.shortest.unwrap_or(bits).min(bits));
        }
        branches.leaves_code |= matches!(home, ValueSource::Absolute(_) | ValueSource::Assigned(_));
        if self.arch.changes_state() && !branches.changes_state {
            let (arch, resolution) = (self.arch, self.resolution);
            branches.changes_state =
                changes_state(arch, resolution, decided.symbol, home, decided.site.r_type);
        }
    }
}

/// Whether a branch needs a thunk wherever its target is. Symbols that get their values during layout
/// have no known state here; IFUNCs have that of their IPLT entries.
fn changes_state(
    arch: &dyn Arch,
    resolution: &Resolution<'_>,
    symbol: SymRef,
    home: ValueSource,
    r_type: u32,
) -> bool {
    let addr = match home {
        ValueSource::Section(_, value) | ValueSource::Absolute(value) => value,
        ValueSource::Assigned(_) | ValueSource::Common(_) | ValueSource::Imported(_) => {
            return true;
        }
        ValueSource::UndefinedWeak | ValueSource::Undefined | ValueSource::Discarded => {
            return false;
        }
    };
    let target = BranchTarget {
        addr,
        is_function: true,
    };
    let kind = symbol.kind(resolution);
    kind == STT_GNU_IFUNC || !arch.enters(r_type, target) && kind == elf::STT_FUNC.0
}

/// Whether a relocation is for thread-local variables.
#[inline]
fn is_tls(base: Base) -> bool {
    matches!(
        base,
        Base::TpOffset
            | Base::DtpOffset
            | Base::GotTp
            | Base::GotTlsGd
            | Base::GotTlsLd
            | Base::GotTlsDesc
    )
}

/// Page offsets (`LO12` and relatives) do not change when an image moves by whole pages.
fn low_bits_only(rule: &RelocRule) -> bool {
    rule.range == Range::Any && rule.size == 4
}

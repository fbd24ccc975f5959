//! Which sections the image needs.
//!
//! Problem: rustc puts every function and every static into a section of its own and relies on the
//! linker to drop what nothing refers to. A section is live if it is a root or if a live section's
//! relocation refers to it. For each section the reason is kept, which `xsys why` shows.
//!
//! Roots: the entry point, `-u`, EXTERN, names in script expressions, KEEP, SHF_GNU_RETAIN,
//! initialisers and notes. Spec: GNU ld manual, `--gc-sections`, "KEEP"; gABI, SHF_GNU_RETAIN and
//! SHF_LINK_ORDER.

use crate::elf::names::is_c_identifier;
use std::collections::VecDeque;

use crate::elf::names::Map;

use object::elf;

use crate::elf::ids::SectionId;
use crate::elf::ids::{FileId, SymbolId};
use crate::elf::sections::frames::{Frames, target_section};
use crate::elf::sections::matching::Matches;
use crate::elf::sections::{Sections, is_linked};
use crate::elf::symbols::resolve::{Definition, Resolution};
use crate::elf::symbols::script_symbols::ScriptSymbols;
use crate::options::ElfOptions;
use crate::script::ast::Glob;

/// SHF_GNU_RETAIN (1 << 21)
pub(crate) const RETAIN: u64 = 1 << 21;

/// The live sections and why they are live.
pub(crate) struct Live {
    live: Vec<bool>,
    /// For each section what marked it live, by [`SectionId`].
    reasons: Vec<Reason>,
    /// Something live refers to the unwind records as such, as start-up files do that register them: then the section
    /// is in the image even if no record is.
    pub refers_to_frames: bool,
}

/// Why a section lives.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Reason {
    /// It is not live, or garbage collection is off.
    Dead,
    /// It is a root by itself: KEEP, RETAIN, an initialiser, a note.
    Root,
    /// A root symbol is defined in it.
    Symbol(SymbolId),
    /// A live section refers to it.
    ReferredBy(SectionId),
}

impl Live {
    /// Why a section is live.
    pub(crate) fn reason(&self, id: SectionId) -> Reason {
        let reason = self.reasons.get(id.0 as usize).copied();
        reason.unwrap_or(if self.contains(id) {
            Reason::Root
        } else {
            Reason::Dead
        })
    }

    /// Whether a section is in the image.
    #[inline]
    pub(crate) fn contains(&self, id: SectionId) -> bool {
        self.live.get(id.0 as usize).copied().unwrap_or(true)
    }
}

/// Marks the live sections.
pub(crate) fn mark(
    resolution: &Resolution<'_>,
    sections: &Sections,
    frames: &Frames,
    matches: &Matches<'_>,
    script_symbols: &ScriptSymbols<'_>,
    options: &ElfOptions,
) -> Live {
    let mut marker = Marker {
        resolution,
        sections,
        frames,
        live: vec![false; sections.input_count()],
        reasons: vec![
            Reason::Dead;
            if options.layout.gc_sections {
                sections.input_count()
            } else {
                0
            }
        ],
        work: VecDeque::new(),
        dependents: dependents(resolution, sections),
        named: None,
        matches,
        start_stop_gc: options.z.start_stop_gc,
        shortest: options.reports.keep_reasons > 0 || !options.reports.why_live.is_empty(),
        refers_to_frames: false,
    };
    marker.roots(script_symbols, options);
    marker.propagate();
    Live {
        live: marker.live,
        reasons: marker.reasons,
        refers_to_frames: marker.refers_to_frames,
    }
}

struct Marker<'m, 'a> {
    resolution: &'m Resolution<'a>,
    sections: &'m Sections,
    frames: &'m Frames,
    live: Vec<bool>,
    reasons: Vec<Reason>,
    work: VecDeque<SectionId>,
    /// Reasons are wanted: then sections are visited first in, first out, so that the path from a
    /// root is a shortest one. Otherwise last in, first out, which finds the data that was just read in
    /// the cache.
    shortest: bool,
    dependents: Map<SectionId, Vec<SectionId>>,
    /// Sections whose names are C identifiers, made when the first `__start_` is met.
    named: Option<Map<&'m [u8], Vec<SectionId>>>,
    matches: &'m Matches<'m>,
    /// `-z start-stop-gc`
    start_stop_gc: bool,
    refers_to_frames: bool,
}

/// Sections that are live if another one is: SHF_LINK_ORDER sections depend on the section that
/// they describe, and the members of a group on each other.
fn dependents(resolution: &Resolution<'_>, sections: &Sections) -> Map<SectionId, Vec<SectionId>> {
    let mut out: Map<SectionId, Vec<SectionId>> = Map::default();
    for (file, object) in resolution.files.iter().enumerate() {
        let file = FileId(file as u32);
        for (index, section) in object.sections.iter().enumerate() {
            if section.flags & elf::SHF_LINK_ORDER.0 != 0
                && (section.link as usize) < object.sections.len()
            {
                out.entry(sections.id(file, section.link))
                    .or_default()
                    .push(sections.id(file, index as u32));
            }
        }
        for group in &object.groups {
            let members: Vec<u32> = group
                .members
                .iter()
                .copied()
                .filter(|&m| (m as usize) < object.sections.len())
                .collect();
            for (&a, &b) in members.iter().zip(members.iter().cycle().skip(1)) {
                out.entry(sections.id(file, a))
                    .or_default()
                    .push(sections.id(file, b));
            }
        }
    }
    out
}

impl<'m> Marker<'m, '_> {
    fn roots(&mut self, script_symbols: &ScriptSymbols<'_>, options: &ElfOptions) {
        for (file, object) in self.resolution.files.iter().enumerate() {
            let file = FileId(file as u32);
            for (index, section) in object.sections.iter().enumerate() {
                let index = index as u32;
                if !is_linked(section)
                    || self.resolution.is_discarded(file, index)
                    || section.name == b".eh_frame"
                {
                    continue;
                }
                let id = self.sections.id(file, index);
                let root = !options.layout.gc_sections
                    || is_root(section.name, section.sh_type, section.flags)
                    || self.matches.is_kept(id);
                if root {
                    self.mark(id, Reason::Root);
                } else if section.flags & elf::SHF_ALLOC.0 == 0
                    && section.flags & elf::SHF_LINK_ORDER.0 == 0
                {
                    // Debug sections are kept, but what they describe is not kept for them.
                    let in_group = section.flags & elf::SHF_GROUP.0 != 0;
                    if !in_group && !self.matches.is_discarded(id) {
                        self.live[id.0 as usize] = true;
                    }
                }
            }
        }
        if !options.layout.gc_sections {
            return;
        }
        let names = options
            .symbols
            .undefined
            .iter()
            .chain(&options.symbols.require_defined)
            .chain(&options.symbols.entry);
        let called = [&options.symbols.init, &options.symbols.fini];
        let called = called.into_iter().filter(|_| options.kind.is_dynamic());
        let names = names.chain(called).map(|n| n.as_bytes());
        let entry = options
            .symbols
            .entry
            .is_none()
            .then(|| script_symbols.entry.unwrap_or("_start").as_bytes());
        for name in names
            .chain(entry)
            .chain(script_symbols.wanted.iter().copied())
        {
            self.mark_name(name);
        }
        for (index, assignment) in script_symbols.assignments.iter().enumerate() {
            if !assignment.provide || self.resolution.provided[index] {
                assignment.uses.iter().for_each(|name| self.mark_name(name));
            }
        }
        if options.machine.cmse_implib {
            // Non-secure code calls them.
            for id in 0..self.resolution.symbols.len() as u32 {
                let name = self.resolution.symbol(SymbolId(id)).name;
                if name.starts_with(crate::elf::consts::CMSE_SPECIAL) {
                    self.mark_symbol(SymbolId(id));
                }
            }
        }
        for (id, symbol) in self.resolution.symbols.iter().enumerate() {
            if symbol.exported {
                self.mark_symbol(SymbolId(id as u32));
            }
        }
        let all_exported = options.symbols.export_dynamic && !options.kind.is_dynamic();
        if all_exported || options.symbols.gc_keep_exported {
            for (id, symbol) in self.resolution.symbols.iter().enumerate() {
                // Symbols of default or protected visibility can be used from outside (gABI).
                let visible = symbol.visibility == elf::STV_DEFAULT.0
                    || symbol.visibility == elf::STV_PROTECTED.0;
                if visible && !symbol.local {
                    self.mark_symbol(SymbolId(id as u32));
                }
            }
        }
        for pattern in &options.symbols.undefined_glob {
            let glob = Glob::new(pattern.as_str());
            for (id, symbol) in self.resolution.symbols.iter().enumerate() {
                if glob.matches(symbol.name) {
                    self.mark_symbol(SymbolId(id as u32));
                }
            }
        }
    }

    fn mark_name(&mut self, name: &[u8]) {
        if let Some(id) = self.resolution.find(name) {
            self.mark_symbol(id);
        }
    }

    fn mark_symbol(&mut self, id: SymbolId) {
        if let Definition::Object { file, index } = self.resolution.symbol(id).definition
            && let Some(section) = target_section(self.resolution, self.sections, file, index)
        {
            self.mark(section, Reason::Symbol(id));
        }
    }

    fn mark(&mut self, id: SectionId, reason: Reason) {
        let Some(section) = self.sections.input(self.resolution, id) else {
            return;
        };
        if section.name == b".eh_frame" {
            self.refers_to_frames = true;
            return;
        }
        if self.live[id.0 as usize] || !is_linked(section) || self.matches.is_discarded(id) {
            return;
        }
        self.live[id.0 as usize] = true;
        if let Some(slot) = self.reasons.get_mut(id.0 as usize) {
            *slot = reason;
        }
        self.work.push_back(id);
    }

    fn next(&mut self) -> Option<SectionId> {
        match self.shortest {
            true => self.work.pop_front(),
            false => self.work.pop_back(),
        }
    }

    fn propagate(&mut self) {
        while let Some(id) = self.next() {
            let Some((file, index)) = self.sections.origin(id) else {
                continue;
            };
            let section = &self.resolution.files[file.0 as usize].sections[index as usize];
            if section.flags & elf::SHF_ALLOC.0 != 0 {
                for reloc in section.relocs.iter() {
                    self.follow(id, file, reloc.symbol);
                }
            }
            if let Some(dependents) = self.dependents.get(&id) {
                for dependent in dependents.clone() {
                    self.mark(dependent, Reason::ReferredBy(id));
                }
            }
            if let Some(records) = self.frames.by_function.get(&id) {
                for &(input, record) in records {
                    self.follow_frame(id, input, record);
                }
            }
        }
    }

    fn follow(&mut self, from: SectionId, file: FileId, symbol: u32) {
        if let Some(target) = target_section(self.resolution, self.sections, file, symbol) {
            self.mark(target, Reason::ReferredBy(from));
        } else if let Some(id) = self.resolution.global(file, symbol)
            && !self.start_stop_gc
        {
            let name = self.resolution.symbol(id).name;
            if let Some(name) = name
                .strip_prefix(b"__start_")
                .or_else(|| name.strip_prefix(b"__stop_"))
            {
                self.mark_named(from, name);
            }
        }
    }

    /// An FDE keeps its LSDA, its CIE keeps the personality routine.
    fn follow_frame(&mut self, from: SectionId, input: u32, record: u32) {
        let frames = self.frames;
        let input = &frames.inputs[input as usize];
        let Some((file, index)) = self.sections.origin(input.section) else {
            return;
        };
        let relocs = self.resolution.files[file.0 as usize].sections[index as usize].relocs;
        let fde = &input.records[record as usize];
        // The first relocation is the function itself.
        for at in fde.relocs.clone().skip(1) {
            self.follow(from, file, relocs.get(at as usize).symbol);
        }
        if let crate::elf::object::eh_frame::RecordKind::Fde { cie } = fde.record.kind {
            for at in input.records[cie as usize].relocs.clone() {
                self.follow(from, file, relocs.get(at as usize).symbol);
            }
        }
    }

    /// `__start_x` and `__stop_x` keep all sections named `x`.
    fn mark_named(&mut self, from: SectionId, name: &[u8]) {
        let (resolution, sections) = (self.resolution, self.sections);
        let named = self.named.get_or_insert_with(|| {
            let mut named: Map<&[u8], Vec<SectionId>> = Map::default();
            for (file, object) in resolution.files.iter().enumerate() {
                for (index, section) in object.sections.iter().enumerate() {
                    let (file, index) = (FileId(file as u32), index as u32);
                    if is_c_identifier(section.name) && !resolution.is_discarded(file, index) {
                        named
                            .entry(section.name)
                            .or_default()
                            .push(sections.id(file, index));
                    }
                }
            }
            named
        });
        for id in named.get(name).cloned().unwrap_or_default() {
            self.mark(id, Reason::ReferredBy(from));
        }
    }
}

/// Sections that are run or read although no relocation refers to them.
fn is_root(name: &[u8], sh_type: u32, flags: u64) -> bool {
    let kind = [
        elf::SHT_INIT_ARRAY.0,
        elf::SHT_FINI_ARRAY.0,
        elf::SHT_PREINIT_ARRAY.0,
        elf::SHT_NOTE.0,
    ];
    // A note in a group, or one that describes another section, depends on that.
    let bound = flags & (elf::SHF_GROUP.0 | elf::SHF_LINK_ORDER.0) != 0;
    (kind.contains(&sh_type) && !(sh_type == elf::SHT_NOTE.0 && bound))
        || flags & RETAIN != 0
        || [&b".ctors"[..], b".dtors", b".init", b".fini", b".jcr"]
            .iter()
            .any(|root| {
                name.strip_prefix(*root)
                    .is_some_and(|rest| rest.is_empty() || rest[0] == b'.')
            })
}

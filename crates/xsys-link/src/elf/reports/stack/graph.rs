//! The call graph, from the relocations of the image.
//!
//! Problem: the stack that a program needs is that of its deepest chain of calls. A branch from one
//! function to another is a call (a tail call frees its caller's frame first, so counting both is
//! safe). Code that forms a function's address is assumed to call it. Function pointers in data may be
//! called by any code that can reach the data: those functions are listed, not counted.
//!
//! Functions are identified by final addresses: then aliases in scripts are the function itself, and
//! Arm's mode bit is within its first instruction.

use super::StackContext;
use object::elf;

use super::sizes;
use crate::elf::arch::{Base, Relative};
use crate::elf::ids::FileId;
use crate::elf::ids::SectionId;
use crate::elf::object::{Section, SymbolPlace};
use crate::elf::sections::refs::ValueSource;
use crate::elf::synthetic::scan::{Decided, decide};
use xsys_diag::Diagnostic;

/// Sections of interrupt vectors: those of cortex-m-rt, ST's CMSIS packages and AVR, and their parts.
const VECTORS: [&[u8]; 3] = [b".vector_table", b".isr_vector", b".vectors"];

/// A function in the image.
pub(super) struct Function<'a> {
    addr: u64,
    /// Where the next one or the section's end is.
    end: u64,
    /// Its mangled name.
    pub name: &'a [u8],
    /// Bytes of stack, if known.
    pub frame: Option<u64>,
}

/// How a node refers to another.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum EdgeKind {
    /// A branch.
    Call,
    /// Its address.
    Address,
}

/// The functions, and after them a node for each section, which stands for data.
pub(super) struct Graph<'a> {
    /// By address.
    pub functions: Vec<Function<'a>>,
    /// From, kind and to, sorted.
    edges: Vec<(u32, EdgeKind, u32)>,
    /// Functions in vector tables.
    pub handlers: Vec<u32>,
    /// Functions in `.init_array` and the like.
    pub initialisers: Vec<u32>,
}

impl<'a> Graph<'a> {
    /// Gathers functions, their frames and their calls.
    pub(super) fn build(scene: &StackContext<'_, 'a>, diagnostics: &mut Vec<Diagnostic>) -> Self {
        let mut graph = Graph {
            functions: functions(scene),
            edges: Vec::new(),
            handlers: Vec::new(),
            initialisers: Vec::new(),
        };
        for (address, size) in sizes::read(scene, diagnostics) {
            if let Some((function, true)) = graph.at(address) {
                let frame = &mut graph.functions[function as usize].frame;
                *frame = Some(frame.unwrap_or(0).max(size));
            }
        }
        let sections = scene.addresses.sections;
        for id in (0..sections.input_count() as u32).map(SectionId) {
            graph.references(scene, id);
        }
        for list in [&mut graph.handlers, &mut graph.initialisers] {
            list.sort_unstable();
            list.dedup();
        }
        graph.edges.sort_unstable();
        graph.edges.dedup();
        graph
    }

    /// The function around an address, and whether it starts there.
    pub(super) fn at(&self, addr: u64) -> Option<(u32, bool)> {
        let index = self.functions.partition_point(|f| f.addr <= addr);
        let index = index.checked_sub(1)?;
        let function = &self.functions[index];
        let starts = addr - function.addr <= 1;
        (starts || addr < function.end).then_some((index as u32, starts))
    }

    /// What a node refers to.
    pub(super) fn edges(&self, from: u32) -> &[(u32, EdgeKind, u32)] {
        let start = self.edges.partition_point(|edge| edge.0 < from);
        let rest = &self.edges[start..];
        &rest[..rest.partition_point(|edge| edge.0 == from)]
    }

    /// The functions that a function calls or takes the address of.
    pub(super) fn callees(&self, from: u32) -> impl Iterator<Item = (EdgeKind, u32)> {
        let functions = self.functions.len() as u32;
        self.edges(from)
            .iter()
            .filter(move |edge| edge.2 < functions)
            .map(|edge| (edge.1, edge.2))
    }

    /// Adds the references of one section.
    fn references(&mut self, scene: &StackContext<'_, 'a>, id: SectionId) {
        let addresses = &scene.addresses;
        let (resolution, sections) = (addresses.resolution, addresses.sections);
        let (Some((file, _)), Some(section)) =
            (sections.origin(id), sections.input(resolution, id))
        else {
            return;
        };
        let placed = addresses.layout.output_of.get(id.0 as usize).copied();
        if section.flags & elf::SHF_ALLOC.0 == 0 || placed.flatten().is_none() {
            return;
        }
        let is_code = section.flags & elf::SHF_EXECINSTR.0 != 0;
        let is_vectors = is_named(section, &VECTORS);
        let is_list = section.sh_type == elf::SHT_INIT_ARRAY.0
            || section.sh_type == elf::SHT_PREINIT_ARRAY.0
            || is_named(section, &[b".ctors"]);
        let data = self.functions.len() as u32;
        for reloc in section.relocs.iter() {
            let Ok(decided) = decide(
                scene.arch, resolution, sections, file, section, reloc, scene.kind,
            ) else {
                continue;
            };
            if !matches!(decided.rule.base, Base::Symbol | Base::Branch | Base::Got) {
                continue;
            }
            let target = target(scene, &decided).and_then(|addr| self.at(addr));
            match target {
                Some((to, true)) if is_vectors => self.handlers.push(to),
                Some((to, true)) if is_list => self.initialisers.push(to),
                _ if is_vectors || is_list => {}
                Some((to, starts)) => {
                    let kind = match decided.rule.base {
                        Base::Branch => EdgeKind::Call,
                        _ => EdgeKind::Address,
                    };
                    if !is_code && starts {
                        self.edges.push((data + id.0, EdgeKind::Address, to));
                    }
                    let place = addresses.of_section(id, reloc.offset).filter(|_| is_code);
                    let Some((from, _)) = place.and_then(|place| self.at(place)) else {
                        continue;
                    };
                    // Labels inside of a function are its own loops and tables.
                    let calls_itself = kind == EdgeKind::Call
                        && decided.symbol.kind(resolution) == elf::STT_FUNC.0;
                    if (from != to || calls_itself) && (starts || kind == EdgeKind::Call) {
                        self.edges.push((from, kind, to));
                    }
                }
                None => {
                    let ValueSource::Section(to, _) =
                        decided.symbol.value_source(resolution, sections)
                    else {
                        continue;
                    };
                    let place = addresses.of_section(id, reloc.offset).filter(|_| is_code);
                    let from = match place {
                        Some(place) => self.at(place).map(|(from, _)| from),
                        None => Some(data + id.0),
                    };
                    if let Some(from) = from {
                        self.edges.push((from, EdgeKind::Address, data + to.0));
                    }
                }
            }
        }
    }
}

/// The address that a relocation is about.
fn target(scene: &StackContext<'_, '_>, decided: &Decided) -> Option<u64> {
    let addresses = &scene.addresses;
    let home = decided
        .symbol
        .value_source(addresses.resolution, addresses.sections);
    let addend = match home {
        ValueSource::Undefined
        | ValueSource::UndefinedWeak
        | ValueSource::Discarded
        | ValueSource::Common(_) => return None,
        // The addend of a section's own symbol says which function it is.
        _ if decided.symbol.kind(addresses.resolution) == elf::STT_SECTION.0 => {
            let lead = match decided.rule.relative {
                Relative::Place => scene.arch.branch_bias(decided.rule.r_type),
                _ => 0,
            };
            decided.site.addend.wrapping_add_unsigned(lead)
        }
        _ => 0,
    };
    addresses.of_symbol(decided.symbol, addend)
}

/// Whether a section has one of the names, or is a part of such a section.
fn is_named(section: &Section<'_>, names: &[&[u8]]) -> bool {
    names.iter().any(|name| {
        let rest = section.name.strip_prefix(*name);
        rest.is_some_and(|rest| rest.is_empty() || rest[0] == b'.')
    })
}

/// All functions by address, one for each place: symbols of type STT_FUNC, and assembler's global labels.
fn functions<'a>(scene: &StackContext<'_, 'a>) -> Vec<Function<'a>> {
    let addresses = &scene.addresses;
    let (resolution, sections) = (addresses.resolution, addresses.sections);
    let mut found = Vec::new();
    for (file, object) in resolution.files.iter().enumerate() {
        let file = FileId(file as u32);
        let mode = crate::elf::arch::mode_bit(object.machine);
        for index in 1..object.symbols.len() {
            let symbol = object.symbols.get(index);
            let SymbolPlace::Section(at) = symbol.place else {
                continue;
            };
            let Some(section) = object.sections.get(at as usize) else {
                continue;
            };
            let marked = symbol.kind() == elf::STT_FUNC.0;
            let label = symbol.kind() == elf::STT_NOTYPE.0 && index >= object.first_global;
            if section.flags & elf::SHF_EXECINSTR.0 == 0
                || !(marked || label)
                || resolution.is_discarded(file, at)
            {
                continue;
            }
            let id = sections.id(file, at);
            let addr = addresses.of_section(id, symbol.value & !if marked { mode } else { 0 });
            let end = addresses.of_section(id, section.size);
            if let (Some(addr), Some(end)) = (addr, end) {
                found.push((addr, !marked, object.symbols.name(&symbol), end));
            }
        }
    }
    found.sort_unstable();
    found.dedup_by_key(|one| one.0);
    let next: Vec<u64> = found.iter().skip(1).map(|one| one.0).collect();
    let next = next.into_iter().chain([u64::MAX]);
    found
        .into_iter()
        .zip(next)
        .map(|((addr, _, name, end), next)| Function {
            addr,
            end: end.min(next),
            name,
            frame: None,
        })
        .collect()
}

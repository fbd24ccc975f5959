//! `--flip-stack`: the stack below the statics instead of above them.
//!
//! Problem: runtimes start the stack at the end of RAM and put statics at its beginning, so a stack
//! that grows too far silently overwrites statics. With the two exchanged it leaves RAM, which
//! faults. The flip-link wrapper does so by linking twice and editing `memory.x` in between, and
//! therefore cannot read arithmetic there; here it is part of the layout's fixed point.
//!
//! Which region is meant follows from the stack's initial value: a symbol of `STACK_TOPS` (or the one
//! that the option names) that the script assigns. After each walk the region's sections are known
//! by size; in the next one they begin so far behind the region's origin that they end where the
//! stack began, and the stack begins where they begin:
//!
//! ```text
//! before   origin | .data .bss .uninit | free … stack |  end
//! after    origin | free … stack | .data .bss .uninit |  end
//! ```
//!
//! - ORIGIN and LENGTH keep their values; explicit addresses at the region's beginning move along.
//! - A section called `.stack` is the stack itself, and goes below the statics.
//! - Symbols of `STACK_LIMITS` that would lie above the stack become the region's origin.
//! - Load addresses in other regions are not touched. Code that runs from the region cannot move:
//!   then nothing is done, and a warning says so.

use object::elf;
use xsys_diag::Diagnostic;

use super::Walker;
use crate::elf::consts::HEAPS;
use crate::elf::consts::{STACK_LIMITS, STACK_TOPS};
use crate::elf::ids::SymbolId;
use crate::elf::symbols::resolve::Definition;
use crate::script::ast::ExprKind;
use crate::script::eval::{OutputId, Value};

/// The stack's alignment, the largest of all ABIs.
const STACK_ALIGN: u64 = 16;

/// Walks in which statics may still move up; later they only move down, so that the walks come to an end.
const FREE_WALKS: usize = 8;

/// The state of the flip between walks.
#[derive(Default)]
pub(super) struct Flip {
    tops: Vec<SymbolId>,
    limits: Vec<SymbolId>,
    /// The output section that is the stack.
    section: Option<OutputId>,
    /// The region, once it is known.
    region: Option<usize>,
    /// Where statics have to end.
    end: u64,
    /// How far statics are moved.
    pub(super) shift: u64,
    /// The stack section's size, if it does not fill the room below the statics.
    fixed: Option<u64>,
    /// Why nothing is done.
    refused: Option<Diagnostic>,
}

impl Walker<'_, '_, '_> {
    /// Prepares the flip, if the options want one.
    pub(super) fn plan_flip(&self) -> Option<Flip> {
        let wanted = self.facts.options.layout.flip_stack.as_ref()?;
        let assigned = |name: &str| {
            let id = self.facts.resolution.find(name.as_bytes())?;
            let definition = self.facts.resolution.symbol(id).definition;
            (definition == Definition::Script).then_some(id)
        };
        let own = wanted.as_deref();
        let tops: Vec<SymbolId> = own
            .into_iter()
            .chain(STACK_TOPS)
            .filter_map(assigned)
            .collect();
        let section = self.layout.placement.outputs.iter().position(|output| {
            (output.name == ".stack" || output.name.starts_with(".stack."))
                && output.present
                && output.is_alloc()
                && (output.sh_type == elf::SHT_NOBITS.0 || output.inputs().next().is_none())
        });
        let mut flip = Flip {
            limits: STACK_LIMITS.into_iter().filter_map(assigned).collect(),
            section: section.map(|index| OutputId(index as u32)),
            ..Flip::default()
        };
        let missing = own.filter(|name| assigned(name).is_none());
        if missing.is_some() || tops.is_empty() {
            let what = match missing {
                Some(name) => format!("no script assigns the symbol `{name}`"),
                None => "no script assigns a known symbol for the stack's start".to_owned(),
            };
            let diagnostic = Diagnostic::error(format!("`--flip-stack`: {what}"))
                .note(format!("known symbols: {}", STACK_TOPS.map(|name| format!("`{name}`")).join(", ")))
                .help("name the symbol from which the runtime sets the stack pointer: `--flip-stack=SYMBOL`");
            flip.refused = Some(diagnostic.code("flip-stack"));
        }
        flip.tops = tops;
        Some(flip)
    }

    /// Takes over what the walk found. Returns whether the next one will be different.
    pub(super) fn step_flip(&mut self, walk: usize) -> bool {
        // Symbols that are assigned further down have their values from the second walk on.
        if walk == 0 {
            return self.flip.is_some();
        }
        let Some(mut flip) = self.flip.take() else {
            return false;
        };
        let before = (flip.region, flip.shift, flip.fixed);
        if flip.refused.is_none() && flip.region.is_none() {
            self.find_region(&mut flip);
        }
        if let Some(index) = flip.region {
            let region = &self.layout.regions[index];
            let room = flip
                .end
                .saturating_sub(region.origin)
                .saturating_sub(region.used());
            let align = self.region_align(index, &flip);
            let mut shift = room - room % align;
            if walk >= FREE_WALKS {
                shift = shift.min(flip.shift);
            }
            flip.shift = shift;
        }
        let changed = before != (flip.region, flip.shift, flip.fixed);
        self.flip = Some(flip);
        changed
    }

    /// The region that the stack is in, unless something forbids changing it.
    fn find_region(&self, flip: &mut Flip) {
        let top = flip.tops[0];
        let name = crate::elf::names::demangle(self.facts.resolution.symbol(top).name);
        let Some(value) = self.layout.values.get(&top).map(|v| self.absolute(*v)) else {
            return;
        };
        // A stack with a section is where that is.
        let placed = flip
            .section
            .and_then(|id| self.layout.extents[id.0 as usize].region);
        let found = placed.or_else(|| {
            self.layout
                .regions
                .iter()
                .position(|region| value > region.origin && value - region.origin <= region.length)
        });
        let Some(index) = found else {
            let what = if self.layout.regions.is_empty() {
                "the script has no MEMORY".to_owned()
            } else {
                format!("`{name}` is {value:#x}, which is in no memory region")
            };
            flip.refused = Some(
                Diagnostic::error(format!("`--flip-stack`: {what}"))
                    .help("the stack and the statics must share a region of MEMORY, and the sections must be placed with `> REGION`")
                    .code("flip-stack"),
            );
            return;
        };
        let region = &self.layout.regions[index];
        if let Some(why) = self.cannot_move(index, flip) {
            flip.refused = Some(
                Diagnostic::warning(format!(
                    "`--flip-stack` has no effect: `{}` holds more than statics and the stack",
                    region.name
                ))
                .note(why)
                .help("place the statics in a region of their own, or protect the stack in another way (MPU, PMP)")
                .code("flip-stack"),
            );
            return;
        }
        // Where the script keeps something free above the stack, it stays free.
        let statics_end = region.cursor;
        flip.end = if flip.section.is_none() && value >= statics_end {
            value
        } else {
            region.origin.saturating_add(region.length)
        };
        flip.region = Some(index);
    }

    fn cannot_move(&self, region: usize, flip: &Flip) -> Option<String> {
        let outputs = &self.layout.placement.outputs;
        outputs
            .iter()
            .zip(&self.layout.extents)
            .enumerate()
            .filter(|(index, (output, extent))| {
                extent.region == Some(region)
                    && extent.size > 0
                    && output.is_alloc()
                    && flip.section != Some(OutputId(*index as u32))
            })
            .find_map(|(_, (output, extent))| {
                let stays = extent.load_region.is_none_or(|load| load == region)
                    && !extent.explicit_load
                    && output.sh_type != elf::SHT_NOBITS.0;
                if stays && output.flags & elf::SHF_EXECINSTR.0 != 0 {
                    return Some(format!(
                        "code is loaded into it and runs from there: section `{}`",
                        output.name
                    ));
                }
                output.name.contains("dummy").then(|| {
                    format!(
                        "section `{}` is for memory that is also mapped at another address",
                        output.name
                    )
                })
            })
    }

    /// The largest alignment in a region, so that moving by it changes no gap.
    fn region_align(&self, region: usize, flip: &Flip) -> u64 {
        self.layout
            .extents
            .iter()
            .enumerate()
            .filter(|(index, extent)| {
                extent.region == Some(region) && flip.section != Some(OutputId(*index as u32))
            })
            .map(|(_, extent)| extent.align)
            .max()
            .unwrap_or(1)
            .max(STACK_ALIGN)
    }

    /// The room for the stack once the statics have moved: from the region's origin to the stack's start.
    fn room(&self) -> Option<(u64, u64)> {
        let flip = self.flip.as_ref()?;
        let region = self.layout.regions.get(flip.region?)?;
        Some((region.origin, region.start()))
    }

    /// Moves the regions that were just declared.
    pub(super) fn shift_regions(&mut self) {
        let Some((index, shift)) = self
            .flip
            .as_ref()
            .and_then(|flip| Some((flip.region?, flip.shift)))
        else {
            return;
        };
        if let Some(region) = self.layout.regions.get_mut(index) {
            region.shift = shift;
            region.cursor = region.start();
        }
    }

    /// Whether this output section is the stack of a flip that has not been refused.
    pub(super) fn is_stack_section(&self, id: OutputId) -> bool {
        self.flip
            .as_ref()
            .is_some_and(|flip| flip.refused.is_none() && flip.section == Some(id))
    }

    /// Whether a fixed address is in the room for the stack. Such a section does not move the region's
    /// cursor, or the statics would seem to fill the region; [`report_flip`](Self::report_flip) reports it.
    pub(super) fn is_in_the_stack(&self, region: usize, addr: u64) -> bool {
        let flipped = self.flip.as_ref().and_then(|flip| flip.region);
        flipped == Some(region)
            && self
                .room()
                .is_some_and(|(origin, top)| addr >= origin && addr < top)
    }

    /// Where the stack section begins: at the region's origin, until it is known to have a size of its own.
    pub(super) fn stack_section_start(&self, id: OutputId, align: u64) -> Option<u64> {
        let flip = self.flip.as_ref()?;
        let (origin, top) = self.room().filter(|_| flip.section == Some(id))?;
        let Some(size) = flip.fixed else {
            return Some(origin);
        };
        let at = top.saturating_sub(size).max(origin);
        Some(at - at % align.max(1))
    }

    /// Called after the stack section: notes its size if it does not fill the room.
    pub(super) fn end_stack_section(&mut self, id: OutputId) {
        let Some((_, top)) = self.room() else { return };
        let extent = self.layout.extents[id.0 as usize];
        if let Some(flip) = &mut self.flip
            && extent.addr.wrapping_add(extent.size) != top
        {
            flip.fixed = Some(extent.size);
        }
    }

    /// `.` in the stack section does not move beyond the stack.
    pub(super) fn limit_dot(&self, to: u64) -> u64 {
        let Some(current) = self.current.filter(|id| self.is_stack_section(*id)) else {
            return to;
        };
        let start = self.layout.extents[current.0 as usize].addr;
        match self.room() {
            Some((origin, top)) if start >= origin && start <= top && to > top => {
                let region = self.flip.as_ref().and_then(|flip| flip.region);
                let end = region.map_or(u64::MAX, |index| {
                    let region = &self.layout.regions[index];
                    region.origin.saturating_add(region.length)
                });
                // Only an assignment up to the region's end stands for the room; any other size has to fit.
                if to == end { top.max(self.dot) } else { to }
            }
            _ => to,
        }
    }

    /// An explicit address at the region's beginning moves along, unless it is a plain number.
    pub(super) fn flipped_address(&self, addr: u64, expr: &ExprKind) -> u64 {
        match self.room() {
            Some((origin, top))
                if addr >= origin && addr < top && !matches!(expr, ExprKind::Number(_)) =>
            {
                addr.wrapping_add(top - origin)
            }
            _ => addr,
        }
    }

    /// The value of a symbol that says where the stack is.
    pub(super) fn flipped_symbol(&self, id: SymbolId, value: Value) -> Value {
        let (Some(flip), Some((origin, top))) = (&self.flip, self.room()) else {
            return value;
        };
        let at = self.absolute(value);
        let Some(region) = flip.region.and_then(|index| self.layout.regions.get(index)) else {
            return value;
        };
        let above = at > top && at <= region.origin.saturating_add(region.length);
        if above && flip.tops.contains(&id) {
            Value::absolute(top)
        } else if above && flip.limits.contains(&id) {
            Value::absolute(origin)
        } else {
            value
        }
    }

    /// Reports what the finished flip leaves: too little room, or sections in it.
    pub(super) fn report_flip(&mut self) {
        let Some(flip) = &self.flip else { return };
        let mut out = Vec::new();
        if let Some(refused) = &flip.refused {
            out.push(refused.clone());
        } else if let Some((origin, top)) = self.room() {
            let region = flip.region.map(|index| &self.layout.regions[index]);
            let name = region.map_or("", |region| region.name.as_str());
            let full = region.is_some_and(|region| region.used() > region.length - region.shift);
            if top == origin && !full {
                out.push(
                    Diagnostic::error(format!(
                        "`--flip-stack`: statics fill `{name}`, nothing is left for the stack"
                    ))
                    .note(format!(
                        "they take {:#x} bytes from {origin:#x} on",
                        region.map_or(0, |r| r.used())
                    ))
                    .help("make statics smaller (`xsys size --by symbol` lists them)")
                    .code("flip-stack"),
                );
            }
            if let Some(id) = flip.section {
                let extent = self.layout.extents[id.0 as usize];
                if extent.size > top - origin {
                    out.push(
                        Diagnostic::error(format!(
                            "`{}` does not fit below the statics in `{name}`",
                            self.layout.placement.output(id).name
                        ))
                        .note(format!(
                            "it has {:#x} bytes, {:#x} are left",
                            extent.size,
                            top - origin
                        ))
                        .help("make the stack or the statics smaller")
                        .code("flip-stack"),
                    );
                }
            }
            for (index, output) in self.layout.placement.outputs.iter().enumerate() {
                let extent = self.layout.extents[index];
                let inside = extent.addr < top && extent.addr.saturating_add(extent.size) > origin;
                if output.is_alloc()
                    && output.present
                    && extent.size > 0
                    && inside
                    && flip.section != Some(OutputId(index as u32))
                {
                    out.push(
                        Diagnostic::error(format!(
                            "section `{}` has a fixed address in the room for the stack",
                            output.name
                        ))
                        .note(format!(
                            "it is at {:#x}, the stack has {origin:#x} to {top:#x}",
                            extent.addr
                        ))
                        .help(format!(
                            "place it with `> {name}` only, or reserve its memory in MEMORY"
                        ))
                        .code("flip-stack"),
                    );
                }
            }
            let end = flip.end;
            for heap in HEAPS {
                let Some(id) = self.facts.resolution.find(heap.as_bytes()) else {
                    continue;
                };
                let symbol = self.facts.resolution.symbol(id);
                let at = self
                    .layout
                    .values
                    .get(&id)
                    .map(|value| self.absolute(*value));
                let at_the_end =
                    at.is_some_and(|at| at >= top && at <= end && end - at < top - origin);
                if symbol.referenced && symbol.definition == Definition::Script && at_the_end {
                    let at = at.unwrap_or_default();
                    out.push(
                        Diagnostic::warning(format!("`--flip-stack` leaves {} bytes for a heap that begins at `{heap}`", end - at))
                            .note(format!("`{heap}` is {at:#x}, `{name}` ends at {end:#x}"))
                            .help("make the heap a static (`static mut HEAP: [MaybeUninit<u8>; N]`), which then has its room among the statics")
                            .code("flip-stack"),
                    );
                }
            }
        }
        if let Some(report) = &mut self.report {
            report.extend(out);
        }
    }
}

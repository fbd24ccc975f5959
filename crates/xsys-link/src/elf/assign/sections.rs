//! One output section: its address, its regions, and its contents one after the other.
//!
//! Spec: GNU ld manual, "Output Section Description", "Output Section LMA", "Output Section
//! Region". Where GNU ld and lld differ, lld is followed.

use object::elf;
use xsys_diag::Diagnostic;

use super::Walker;
use crate::elf::ids::SectionId;
use crate::elf::layout::placement::Item;
use crate::elf::layout::{DataWrite, Extent};
use crate::script::ast::{Expr, ExprKind, OutputSectionDef, SectionKind};
use crate::script::eval::{EvalError, OutputId, fill_pattern};

impl<'f> Walker<'_, 'f, '_> {
    /// Lays out an output section: its address, its load address, its contents.
    pub(super) fn output_section(&mut self, id: OutputId, cursor: &mut Cursor) {
        if !self.layout.placement.outputs[id.0 as usize].is_in_output() {
            // Symbols of a description that produced nothing are still wanted.
            return self.absent_section(id);
        }
        let open = self.open(id, cursor);
        self.begin(&open, cursor);
        self.begin_load(&open, cursor);
        if let Some(expr) = open.def.and_then(|def| def.fill.as_ref()) {
            self.fill_with(id, 0, expr);
        }
        self.current = Some(id);
        self.fill_section(id, open.def);
        self.current = None;
        self.close(&open, cursor);
    }

    /// What is known of a section before it has an address. Sets `.` to the cursor of its region.
    fn open(&mut self, id: OutputId, cursor: &mut Cursor) -> Open<'f> {
        let index = id.0 as usize;
        let output = &self.layout.placement.outputs[index];
        let (def, overlay) = (output.def, output.overlay);
        // In an object every section is at 0.
        let in_object = self.facts.options.kind.is_object();
        let (alloc, tbss) = (output.is_alloc() && !in_object, output.is_tbss());
        let dot_before = self.dot;
        let (region, load_region) = if alloc {
            self.regions_of(id, cursor)
        } else {
            (None, None)
        };
        let goes_on = region == cursor.region && cursor.load_region.is_none();
        if alloc {
            cursor.region = region;
            cursor.load_region = load_region;
        } else {
            self.dot = 0;
        }
        if let Some(region) = region {
            self.dot = self.layout.regions[region].cursor;
        }
        if tbss && let Some(at) = cursor.tbss {
            self.dot = at;
        }
        // SUBALIGN replaces the alignment of the inputs.
        let natural = match def.and_then(|def| def.subalign.as_ref()) {
            Some(expr) => self.alignment(expr),
            None => self.layout.placement.outputs[index].align,
        };
        let align = self.section_align(def, natural);
        Open {
            id,
            def,
            overlay,
            alloc,
            tbss,
            is_stack: self.is_stack_section(id),
            region,
            load_region,
            goes_on,
            align,
            // What is not in memory has no address, whatever the script says (defmt's `.defmt 1 (INFO)`).
            explicit: def.and_then(|def| def.addr.as_ref()).filter(|_| alloc),
            dot_before,
            region_before: region.map(|region| self.layout.regions[region].cursor),
            from: self.dot,
        }
    }

    /// Moves `.` to the section's address.
    fn begin(&mut self, open: &Open<'f>, cursor: &mut Cursor) {
        let index = open.id.0 as usize;
        if let Some(start) = self.stack_section_start(open.id, open.align) {
            self.dot = start;
        } else if let Some(expr) = open.explicit {
            self.dot = self.number(expr);
            self.dot = self.flipped_address(self.dot, &expr.kind);
        } else if let Some((overlay, position)) = open.overlay
            && position > 0
            && let Some(before) = &cursor.overlay
            && before.which == overlay
        {
            self.dot = before.start;
        }
        if let Some(start) = self.option_start(index) {
            self.dot = start;
        } else if open.explicit.is_none() || open.def.is_some_and(|d| d.align.is_some()) {
            let aligned = self.dot.checked_next_multiple_of(open.align);
            self.dot = aligned.unwrap_or(self.dot);
        }
        if let Some(region) = open.region {
            let at = &mut self.layout.regions[region].cursor;
            *at = match open.explicit.is_none() && !open.is_stack {
                true => at.wrapping_add(self.dot.saturating_sub(open.from)),
                false => self.dot,
            };
        }
        if let Some((which, 0)) = open.overlay {
            cursor.overlay = Some(OverlayCursor {
                which,
                start: self.dot,
                end: self.dot,
                load: 0,
            });
        }
        let addr = self.dot;
        if let Some(expr) = open.explicit
            && !addr.is_multiple_of(open.align)
        {
            self.misplaced(index, addr, open.align, expr);
        }
        let extent = &mut self.layout.extents[index];
        *extent = Extent {
            addr,
            align: open.align,
            region: open.region,
            load_region: open.load_region,
            // AT() may ask for the section's own size, which the walk before this one found.
            size: extent.size,
            ..Extent::default()
        };
    }

    /// The load address keeps its distance from the VMA until something says otherwise.
    fn begin_load(&mut self, open: &Open<'f>, cursor: &mut Cursor) {
        let index = open.id.0 as usize;
        let addr = self.dot;
        if let Some(expr) = open.def.and_then(|def| def.at.as_ref()) {
            cursor.load_offset = self.number(expr).wrapping_sub(addr);
            self.layout.extents[index].explicit_load = true;
        } else if let Some(load_region) = open.load_region {
            let at = self.layout.regions[load_region].cursor;
            // ALIGN_WITH_INPUT: VMA and LMA keep their distance, both move as the VMA does.
            let at = match open.def.is_some_and(|def| def.align_with_input) {
                true => at.wrapping_add(addr.wrapping_sub(open.from)),
                false => at.checked_next_multiple_of(open.align).unwrap_or(at),
            };
            self.layout.regions[load_region].cursor = at;
            cursor.load_offset = at.wrapping_sub(addr);
        } else if let (Some((_, position)), Some(before)) = (open.overlay, &cursor.overlay)
            && position > 0
        {
            let load = before.load.checked_next_multiple_of(open.align);
            cursor.load_offset = load.unwrap_or(before.load).wrapping_sub(addr);
            self.layout.extents[index].explicit_load = true;
        } else if !open.goes_on {
            cursor.load_offset = 0;
        }
        let extent = &mut self.layout.extents[index];
        extent.size = 0;
        if open.alloc {
            extent.load_addr = addr.wrapping_add(cursor.load_offset);
        }
    }

    /// What the section leaves to the next one: `.` and the cursor of its region.
    fn close(&mut self, open: &Open<'f>, cursor: &mut Cursor) {
        let index = open.id.0 as usize;
        if open.alloc && !open.is_stack {
            self.last = Some(open.id);
        }
        // The sections of an overlay share their address; the next section comes after the longest.
        if let (Some(_), Some(before)) = (open.overlay, &mut cursor.overlay) {
            let extent = &self.layout.extents[index];
            before.load = extent.load_addr.wrapping_add(extent.size);
            before.end = before.end.max(self.dot);
            self.dot = before.end;
        }
        if let Some(SectionKind::Type { value, .. }) = open.def.and_then(|d| d.kind.as_ref()) {
            let named = match &value.kind {
                ExprKind::Symbol(name) => section_type(name),
                _ => None,
            };
            let sh_type = named.unwrap_or_else(|| self.number(value) as u32);
            self.layout.placement.outputs[index].sh_type = sh_type;
        }
        let region = open.region.zip(open.region_before);
        if open.is_stack {
            // The statics go on as if it were not there.
            self.end_stack_section(open.id);
            self.dot = open.dot_before;
            if let Some((region, before)) = region {
                self.layout.regions[region].cursor = before;
            }
        } else if !open.alloc {
            self.dot = open.dot_before;
        } else if open.tbss {
            cursor.tbss = Some(self.dot);
            self.dot = open.dot_before;
            if let Some(region) = open.region {
                // Thread-local zeros take no memory here: every thread gets its own.
                let size = self.layout.extents[index].size;
                let cursor = &mut self.layout.regions[region].cursor;
                *cursor = cursor.wrapping_sub(size);
            }
        } else {
            cursor.tbss = None;
            if let Some((region, before)) = region
                && self.is_in_the_stack(region, self.layout.extents[index].addr)
            {
                self.layout.regions[region].cursor = before;
            }
        }
    }

    /// Warns of an address that is not a multiple of `sh_addralign`, as the gABI requires. The section still
    /// gets the address that the script gives.
    fn misplaced(&mut self, index: usize, addr: u64, align: u64, expr: &Expr) {
        let name = &self.layout.placement.outputs[index].name;
        let Some(report) = &mut self.report else {
            return;
        };
        let text = format!(
            "section `{name}` is at {addr:#x}, which is not a multiple of its alignment {align:#x}"
        );
        let diagnostic = Diagnostic::warning(text);
        let diagnostic = self.facts.script.label(diagnostic, expr.span, "");
        report.push(diagnostic.help(format!(
            "the next multiple is {:#x}",
            addr.checked_next_multiple_of(align).unwrap_or(0)
        )));
    }

    /// `--section-start` and `-Ttext` override the script.
    fn option_start(&self, index: usize) -> Option<u64> {
        let name = &self.layout.placement.outputs[index].name;
        self.facts
            .options
            .layout
            .section_start
            .iter()
            .find(|(n, _)| n == name)
            .map(|(_, at)| *at)
    }

    fn section_align(&mut self, def: Option<&'f OutputSectionDef>, natural: u64) -> u64 {
        let asked = match def.and_then(|d| d.align.as_ref()) {
            Some(expr) => self.alignment(expr),
            None => 1,
        };
        natural.max(asked)
    }

    /// The value of ALIGN or SUBALIGN; 0 means none.
    fn alignment(&mut self, expr: &Expr) -> u64 {
        let value = self.number(expr);
        if value == 0 || value.is_power_of_two() {
            return value.max(1);
        }
        self.eval_problem(EvalError::BadAlignment {
            value,
            span: expr.span,
        });
        1
    }

    /// Walks an output section's contents.
    fn fill_section(&mut self, id: OutputId, def: Option<&'f OutputSectionDef>) {
        let subalign = def
            .and_then(|d| d.subalign.as_ref())
            .map(|e| match self.number(e) {
                value if value.is_power_of_two() => value,
                _ => 1,
            });
        let items = std::mem::take(&mut self.layout.placement.outputs[id.0 as usize].items);
        for item in &items {
            match item {
                Item::Inputs(ids) => {
                    for &input in ids {
                        self.input_section(id, input, subalign);
                    }
                }
                Item::Assign(assignment) => self.assignment(assignment),
                Item::Assert(assert) => self.assertion(assert),
                Item::Data { size, value, span } => {
                    if self.report.is_some() {
                        let offset = self.layout.extents[id.0 as usize].size;
                        let value = self.number(value);
                        self.layout.data.push(DataWrite {
                            output: id,
                            offset,
                            size: *size,
                            value,
                        });
                        self.note_command(*span, self.dot, u64::from(*size));
                    }
                    self.advance(id, u64::from(*size));
                }
                Item::Bytes(bytes) => {
                    if self.report.is_some() {
                        let offset = self.layout.extents[id.0 as usize].size;
                        self.layout.texts.push((id, offset, bytes.to_vec()));
                    }
                    self.advance(id, bytes.len() as u64);
                }
                Item::Fill(expr) => {
                    let offset = self.layout.extents[id.0 as usize].size;
                    self.fill_with(id, offset, expr);
                }
            }
        }
        self.layout.placement.outputs[id.0 as usize].items = items;
    }

    /// FILL and `=fill`, noted in the last walk.
    fn fill_with(&mut self, id: OutputId, from: u64, expr: &Expr) {
        if self.report.is_none() {
            return;
        }
        match fill_pattern(expr, self.facts.script, self) {
            Ok(pattern) => self.layout.fills.push((id, from, pattern)),
            Err(error) => self.eval_problem(error),
        }
    }

    fn input_section(&mut self, id: OutputId, input: SectionId, subalign: Option<u64>) {
        let outline = self.sections.outline(self.facts.resolution, input);
        let align = subalign.unwrap_or(outline.align);
        let size = self.layout.size(input, outline.size);
        let at = self.dot.checked_next_multiple_of(align).unwrap_or(self.dot);
        self.advance(id, at - self.dot);
        self.layout.offsets[input.0 as usize] =
            at.wrapping_sub(self.layout.extents[id.0 as usize].addr);
        self.advance(id, size);
    }

    /// Moves the location counter and the region cursors.
    pub(super) fn advance(&mut self, id: OutputId, bytes: u64) {
        self.dot = self.dot.wrapping_add(bytes);
        let extent = &mut self.layout.extents[id.0 as usize];
        extent.size = self.dot.wrapping_sub(extent.addr);
        let (region, load_region) = (extent.region, extent.load_region);
        let loaded = self.layout.placement.outputs[id.0 as usize].sh_type != elf::SHT_NOBITS.0;
        if let Some(region) = region {
            let cursor = &mut self.layout.regions[region].cursor;
            *cursor = cursor.wrapping_add(bytes);
        }
        // Zeros that are not in the file take no load memory, unless the regions are one.
        if let Some(load_region) = load_region.filter(|l| Some(*l) != region)
            && loaded
        {
            let cursor = &mut self.layout.regions[load_region].cursor;
            *cursor = cursor.wrapping_add(bytes);
        }
    }

    fn absent_section(&mut self, id: OutputId) {
        self.layout.extents[id.0 as usize] = Extent {
            addr: self.dot,
            load_addr: self.dot,
            align: 1,
            ..Extent::default()
        };
        let items = std::mem::take(&mut self.layout.placement.outputs[id.0 as usize].items);
        for item in &items {
            match item {
                Item::Assign(assignment) if &*assignment.symbol.text != "." => {
                    self.assignment(assignment)
                }
                Item::Assert(assert) => self.assertion(assert),
                _ => {}
            }
        }
        self.layout.placement.outputs[id.0 as usize].items = items;
    }

    /// The memory region and the load region of an allocated section.
    fn regions_of(&mut self, id: OutputId, cursor: &Cursor) -> (Option<usize>, Option<usize>) {
        let output = &self.layout.placement.outputs[id.0 as usize];
        let (def, flags) = (output.def, output.flags);
        let load_region = def.and_then(|d| d.load_region.as_ref()).and_then(|name| {
            let known = self.aliases.get(&*name.text).copied();
            if known.is_none() {
                self.unknown_region(name);
            }
            known
        });
        if let Some(name) = def.and_then(|d| d.region.as_ref()) {
            let known = self.aliases.get(&*name.text).copied();
            if known.is_none() {
                self.unknown_region(name);
            }
            return (known, load_region);
        }
        if self.layout.regions.is_empty() {
            return (None, load_region);
        }
        // An orphan continues the regions of the section before it.
        if def.is_none() && cursor.region.is_some() {
            return (cursor.region, cursor.load_region);
        }
        // GNU ld manual, MEMORY: sections without a region go to one whose attributes fit.
        let fits = self
            .layout
            .regions
            .iter()
            .position(|region| attributes_fit(&region.attributes, flags));
        if def.is_some_and(|d| d.addr.is_some()) {
            return (fits.filter(|_| false), load_region);
        }
        (fits.or(cursor.region), load_region)
    }
}

/// The names that `TYPE = …` knows.
fn section_type(name: &str) -> Option<u32> {
    Some(match name {
        "SHT_PROGBITS" => elf::SHT_PROGBITS.0,
        "SHT_STRTAB" => elf::SHT_STRTAB.0,
        "SHT_NOTE" => elf::SHT_NOTE.0,
        "SHT_NOBITS" => elf::SHT_NOBITS.0,
        "SHT_INIT_ARRAY" => elf::SHT_INIT_ARRAY.0,
        "SHT_FINI_ARRAY" => elf::SHT_FINI_ARRAY.0,
        "SHT_PREINIT_ARRAY" => elf::SHT_PREINIT_ARRAY.0,
        _ => return None,
    })
}

/// An output section that is being laid out: what the script says of it, and the state before it.
struct Open<'f> {
    id: OutputId,
    def: Option<&'f OutputSectionDef>,
    /// The OVERLAY that it belongs to: (which one, position in it).
    overlay: Option<(u32, u32)>,
    /// It takes addresses.
    alloc: bool,
    tbss: bool,
    /// The section that `--flip-stack` moves.
    is_stack: bool,
    region: Option<usize>,
    load_region: Option<usize>,
    /// It is in the region of the section before it, which had no load region: so it is loaded after that.
    goes_on: bool,
    align: u64,
    /// The address that the script gives.
    explicit: Option<&'f Expr>,
    /// `.` before the section.
    dot_before: u64,
    /// The cursor of its region before the section.
    region_before: Option<u64>,
    /// Where it would begin without alignment and explicit addresses.
    from: u64,
}

/// The state that is passed from one output section to the next.
#[derive(Default)]
pub(super) struct Cursor {
    region: Option<usize>,
    load_region: Option<usize>,
    /// LMA − VMA.
    load_offset: u64,
    /// End of the thread-local zeros so far.
    tbss: Option<u64>,
    /// The OVERLAY being laid out.
    overlay: Option<OverlayCursor>,
}

/// The state of an OVERLAY.
struct OverlayCursor {
    which: u32,
    /// The address that its sections share.
    start: u64,
    /// The end of the longest so far.
    end: u64,
    /// Where the next one is loaded.
    load: u64,
}

/// Whether a section with these flags may go into a region by its attributes ("MEMORY Command").
fn attributes_fit(attributes: &str, flags: u64) -> bool {
    let has = |c: char| match c.to_ascii_lowercase() {
        'r' => flags & elf::SHF_WRITE.0 == 0,
        'w' => flags & elf::SHF_WRITE.0 != 0,
        'x' => flags & elf::SHF_EXECINSTR.0 != 0,
        'a' => flags & elf::SHF_ALLOC.0 != 0,
        _ => false,
    };
    let (mut fits, mut inverted) = (false, false);
    for c in attributes.chars() {
        if c == '!' {
            inverted = !inverted;
        } else if has(c) {
            if inverted {
                return false;
            }
            fits = true;
        }
    }
    fits
}

//! The entries of a file's units, with what they refer to, and which of them are roots.
//!
//! Spec: DWARF 5, sections 7.5.1 (unit headers) and 7.5.2 (entries).
//!
//! Entries of several sections are numbered together ([`super::unit`]).

use super::Sections;
use super::abbrev::Abbrevs;
use super::constants::ut;
use super::cursor::Cursor;
use super::expression::{self, Operand};
use super::layout::REFERENCES;
use super::lists;
use super::step::{Base, Step, Width, skip};
use super::targets::{Ascending, Reloc, Target};
use super::unit::{Bases, Die, Edge, GONE, Info, Kind, ROOT, Unit, address, section_target};

/// Few entries are smaller than this.
const GRAIN: u32 = 4;
/// No entry.
const NONE: u32 = u32::MAX;

/// All entries of a file.
#[derive(Debug, Default)]
pub(super) struct Tree {
    /// Sections with units.
    pub infos: Vec<Info>,
    /// Units.
    pub units: Vec<Unit>,
    /// Entries.
    pub dies: Vec<Die>,
    /// What entries refer to.
    pub edges: Vec<Edge>,
    /// For each [`GRAIN`] bytes in which an entry starts, the number of the last such entry.
    starts: Vec<u32>,
    /// Abbreviations.
    pub abbrevs: Abbrevs,
    /// Whether location lists may refer to base types.
    pub typed_lists: bool,
}

impl Tree {
    /// Reads the units of all sections of a file. Earlier results are removed. `None` if something is unknown.
    /// is not understood.
    pub(super) fn read(&mut self, sections: &Sections<'_, '_>) -> Option<()> {
        self.infos.clear();
        self.units.clear();
        self.dies.clear();
        self.edges.clear();
        self.abbrevs.clear();
        self.typed_lists = sections.named(".debug_loclists").next().is_some();
        let mut size = 0u32;
        for section in sections
            .named(".debug_info")
            .chain(sections.named(".debug_types"))
        {
            self.infos.push(Info {
                section,
                base: size,
                units: (0, 0),
            });
            size = size.checked_add(u32::try_from(sections.data(section).len()).ok()?)?;
        }
        let grains = (size / GRAIN) as usize + 1;
        self.starts.resize(self.starts.len().max(grains), 0);
        for at in 0..self.infos.len() {
            let first = self.units.len();
            self.read_section(sections, at)?;
            self.infos[at].units = (first, self.units.len());
        }
        for edge in &mut self.edges {
            edge.target = number(&self.starts, &self.dies, edge.target)?;
        }
        Some(())
    }

    fn read_section(&mut self, sections: &Sections<'_, '_>, info: usize) -> Option<()> {
        let section = self.infos[info].section;
        let bytes = sections.data(section);
        let old_types = sections.view.name(section) == ".debug_types";
        let mut relocs = Ascending::new(sections.relocs(section));
        let mut at = 0;
        while at < bytes.len() {
            let mut unit = header(bytes, at, old_types, &mut relocs)?;
            unit.info = info;
            let abbrevs = sections.data(unit.abbrevs.0);
            unit.table = self.abbrevs.compile(
                unit.abbrevs.0,
                abbrevs,
                unit.abbrevs.1,
                unit.version,
                unit.address_size,
            )?;
            at = unit.end as usize;
            self.read_bases(sections, &mut unit, relocs)?;
            self.read_entries(sections, &mut unit, &mut relocs)?;
            self.units.push(unit);
        }
        Some(())
    }

    /// Reads what indexes count from. That may be specified behind attributes with such indexes.
    fn read_bases(
        &self,
        sections: &Sections<'_, '_>,
        unit: &mut Unit,
        mut relocs: Ascending<'_>,
    ) -> Option<()> {
        if unit.version < 5 {
            return Some(());
        }
        let section = self.infos[unit.info].section;
        let bytes = sections.data(section).get(..unit.end as usize)?;
        let mut cursor = Cursor::new(bytes, unit.first as usize);
        let table = self.abbrevs.table(unit.table);
        let shape = table.get(cursor.uleb()?)?;
        for &step in table.keep(shape) {
            let at = cursor.pos();
            if let Step::Base(base) = step {
                let found = section_target(relocs.at(at)?)?;
                match base {
                    Base::Addresses => unit.bases.addresses = Some(found),
                    Base::RangeLists => unit.bases.ranges = Some(found),
                    Base::LocationLists => unit.bases.locations = Some(found),
                    Base::StringOffsets => {}
                }
            }
            skip(step, &mut cursor)?;
        }
        Some(())
    }

    /// A function of its own, so that the compiler keeps the loop's variables in registers.
    #[inline(never)]
    fn read_entries(
        &mut self,
        sections: &Sections<'_, '_>,
        unit: &mut Unit,
        relocs: &mut Ascending<'_>,
    ) -> Option<()> {
        let Tree {
            infos,
            dies,
            edges,
            starts,
            abbrevs,
            ..
        } = self;
        let Info { section, base, .. } = infos[unit.info];
        let whole = sections.data(section);
        let bytes = whole.get(..unit.end as usize)?;
        let table = abbrevs.table(unit.table);
        let moves = sections.view.moves();
        let (start, size) = (unit.offset, unit.end - unit.offset);
        let mut pos = unit.first as usize;
        // The entry whose children are being read.
        let mut inside = NONE;
        unit.dies.0 = dies.len() as u32;
        loop {
            let number = dies.len() as u32;
            let (code, attributes) = match *bytes.get(pos)? {
                code @ ..0x80 => (u64::from(code), pos + 1),
                _ => long_code(bytes, pos)?,
            };
            if code == 0 {
                // Rewriting relies on terminators of one byte.
                let die = dies.get_mut(inside as usize)?;
                if attributes != pos + 1 {
                    return None;
                }
                pos = attributes;
                die.end = number;
                die.tail = base + pos as u32;
                if die.parent == inside {
                    break;
                }
                inside = die.parent;
                continue;
            }
            let shape = table.get(code)?;
            let offset = base + pos as u32;
            let mut die = Die {
                offset,
                parent: if inside == NONE { number } else { inside },
                end: number + 1,
                tail: 0,
                edges: edges.len() as u32,
                flags: shape.flags(moves),
                kind: shape.kind,
            };
            *starts.get_mut((offset / GRAIN) as usize)? = number;
            let usual = shape.layout.as_ref();
            match usual.and_then(|layout| layout.find(bytes, attributes)) {
                Some(usual) => {
                    let [first, second] = usual.references;
                    let edge = |(from, value)| Edge {
                        at: base + from as u32,
                        target: (base + start).wrapping_add(value),
                        width: Some(Width::Fixed(4)),
                    };
                    // Entries have no, one or, rarely, two references; branches would be unpredictable.
                    let mut inner = usual.count == 0 || first.1 < size;
                    edges.push(edge(first));
                    edges.truncate(die.edges as usize + usual.count);
                    if usual.count == REFERENCES {
                        inner &= second.1 < size;
                        edges.push(edge(second));
                    }
                    if !inner {
                        return None;
                    }
                    pos = usual.end;
                }
                None => {
                    let steps = table.find(shape);
                    let mut cursor = Cursor::new(bytes, attributes);
                    die.flags |=
                        read_attributes(sections, unit, infos, steps, &mut cursor, relocs, edges)?;
                    pos = cursor.pos();
                }
            }
            die.tail = base + pos as u32;
            dies.push(die);
            inside = if shape.children { number } else { inside };
            if inside == NONE {
                break;
            }
        }
        unit.tree_end = pos as u32;
        unit.dies.1 = dies.len() as u32;
        let padding = bytes.get(pos..)?;
        let proper = dies.get(unit.dies.0 as usize)?.kind == Kind::Unit;
        (proper && padding.iter().all(|&byte| byte == 0)).then_some(())
    }

    /// The number of the entry at an offset.
    #[inline]
    pub(super) fn number(&self, offset: u32) -> Option<u32> {
        number(&self.starts, &self.dies, offset)
    }

    /// What the entries of a section refer to.
    pub(super) fn edges_of(&self, info: &Info) -> &[Edge] {
        let from = self.edges.partition_point(|edge| edge.at < info.base);
        let units = &self.units[info.units.0..info.units.1];
        let end = units.last().map_or(info.base, |unit| info.base + unit.end);
        let to = self.edges.partition_point(|edge| edge.at < end);
        &self.edges[from..to]
    }

    /// What an entry refers to.
    #[inline]
    pub(super) fn edges(&self, number: u32) -> &[Edge] {
        &self.edges[self.first_edge(number)..self.first_edge(number + 1)]
    }

    /// The index in `edges` of the first reference of an entry or of one behind it.
    #[inline]
    pub(super) fn first_edge(&self, number: u32) -> usize {
        let die = self.dies.get(number as usize);
        die.map_or(self.edges.len(), |die| die.edges as usize)
    }
}

#[inline]
fn number(starts: &[u32], dies: &[Die], offset: u32) -> Option<u32> {
    // If no entry starts here, this number means nothing.
    let last = *starts.get((offset / GRAIN) as usize)?;
    (0..GRAIN).find_map(|back| {
        let number = last.checked_sub(back)?;
        (dies.get(number as usize)?.offset == offset).then_some(number)
    })
}

/// A code of more than one byte at `pos`, and its end.
#[cold]
fn long_code(bytes: &[u8], pos: usize) -> Option<(u64, usize)> {
    let mut cursor = Cursor::new(bytes, pos);
    Some((cursor.uleb()?, cursor.pos()))
}

/// Reads an entry's attributes step by step. Returns its flags.
#[inline(never)]
fn read_attributes(
    sections: &Sections<'_, '_>,
    unit: &Unit,
    infos: &[Info],
    steps: &[Step],
    cursor: &mut Cursor<'_>,
    relocs: &mut Ascending<'_>,
    edges: &mut Vec<Edge>,
) -> Option<u8> {
    let base = infos[unit.info].base;
    let mut code_stays = Code::default();
    let mut flags = 0;
    for &step in steps {
        match step {
            Step::Skip(count) => cursor.skip(count as usize)?,
            Step::Leb => cursor.skip_leb()?,
            Step::Text => cursor.skip_text()?,
            Step::Block(width) => {
                let length = width.read(cursor)?;
                cursor.skip(usize::try_from(length).ok()?)?;
            }
            Step::Reference(width) => {
                let from = cursor.pos();
                let value = u32::try_from(width.read(cursor)?).ok()?;
                let target = unit.offset.checked_add(value)?;
                if target >= unit.end {
                    return None;
                }
                edges.push(Edge {
                    at: base + from as u32,
                    target: base + target,
                    width: Some(width.exact(cursor.pos() - from)),
                });
            }
            Step::FarReference => {
                let (section, offset) = section_target(relocs.at(cursor.pos())?)?;
                let info = infos.iter().find(|info| info.section == section)?;
                if offset as usize >= sections.data(section).len() {
                    return None;
                }
                edges.push(Edge {
                    at: base + cursor.pos() as u32,
                    target: info.base + offset,
                    width: None,
                });
                cursor.skip(4)?;
            }
            Step::Expression(width) | Step::Location(width) => {
                let located = matches!(step, Step::Location(_));
                flags |= read_expression(
                    sections,
                    (unit, base),
                    (width, located),
                    cursor,
                    relocs,
                    edges,
                )?;
            }
            Step::LowPc(width) => {
                code_stays.start(relocs.at(cursor.pos()));
                cursor.skip(usize::from(width))?;
            }
            Step::LowPcIndex(width) => {
                let index = width.read(cursor)?;
                code_stays.start(address(sections, unit, index));
            }
            Step::Ranges => {
                let (section, offset) = section_target(relocs.at(cursor.pos())?)?;
                code_stays.list(lists::any_stays(sections, unit, section, offset)?);
                cursor.skip(4)?;
            }
            Step::RangesIndex => {
                let (section, base) = unit.bases.ranges?;
                let index = cursor.uleb()?;
                let offset = lists::indexed(sections, section, base, index)?;
                code_stays.list(lists::any_stays(sections, unit, section, offset)?);
            }
            Step::Sibling(_)
            | Step::Length(_)
            | Step::Elsewhere
            | Step::LocationsIndex
            | Step::Base(_) => return None,
        }
    }
    if code_stays.verdict() {
        flags |= ROOT;
    }
    Some(flags)
}

/// Reads an expression with its length. If it is the location of a variable (`located`), returns whether that is
/// live.
fn read_expression(
    sections: &Sections<'_, '_>,
    (unit, base): (&Unit, u32),
    (width, located): (Width, bool),
    cursor: &mut Cursor<'_>,
    relocs: &mut Ascending<'_>,
    edges: &mut Vec<Edge>,
) -> Option<u8> {
    let length = usize::try_from(width.read(cursor)?).ok()?;
    let from = cursor.pos();
    let expression = cursor.take(length)?;
    if expression::is_frame_field(expression) {
        return Some(0);
    }
    let mut stays = None;
    if located {
        for reloc in relocs.within(from, from + length) {
            match reloc.target {
                Target::Data | Target::Function(_) => stays = Some(true),
                Target::Gone => stays = stays.or(Some(false)),
                _ => {}
            }
        }
    }
    let mut missing = false;
    expression::scan(expression, unit.address_size, |operand| match operand {
        // Zero is the generic type, which has no entry.
        Operand::Type { value: 0, .. } => {}
        Operand::Type { at, len, value } => {
            let value = u32::try_from(value).ok();
            let target = value.and_then(|value| unit.offset.checked_add(value));
            match target.filter(|&target| target < unit.end) {
                Some(target) => edges.push(Edge {
                    at: base + (from + at) as u32,
                    target: base + target,
                    width: Some(Width::Leb.exact(len)),
                }),
                None => missing = true,
            }
        }
        Operand::Address(index) => match address(sections, unit, index).map(|reloc| reloc.target) {
            Some(Target::Data | Target::Function(_)) => stays = Some(true),
            Some(Target::Gone) => stays = stays.or(Some(false)),
            _ => {}
        },
    })?;
    if missing {
        return None;
    }
    Some(match stays {
        Some(true) if located => ROOT,
        Some(false) if located => GONE,
        _ => 0,
    })
}

/// Finds out whether the code that an entry describes is live.
#[derive(Default)]
struct Code {
    start: Option<bool>,
    list: Option<bool>,
}

impl Code {
    fn start(&mut self, reloc: Option<&Reloc>) {
        // A unit with a range list starts at 0, without a relocation.
        self.start = Some(match reloc {
            Some(reloc) => reloc.target != Target::Gone,
            None => true,
        });
    }

    fn list(&mut self, stays: bool) {
        self.list = Some(stays);
    }

    fn verdict(&self) -> bool {
        self.list.or(self.start).unwrap_or(false)
    }
}

/// Reads a unit's header.
fn header(bytes: &[u8], at: usize, old_types: bool, relocs: &mut Ascending<'_>) -> Option<Unit> {
    let mut cursor = Cursor::new(bytes, at);
    let length = cursor.u32()?;
    // The last sixteen values are reserved, one of them for 64-bit DWARF.
    if length >= 0xffff_fff0 {
        return None;
    }
    let end = cursor.pos().checked_add(length as usize)?;
    if end > bytes.len() {
        return None;
    }
    let version = cursor.number(2)? as u16;
    let (mut is_type, address_size, abbrev_at);
    match version {
        2..=4 => {
            abbrev_at = cursor.pos();
            cursor.skip(4)?;
            address_size = cursor.u8()?;
            is_type = old_types;
        }
        5 => {
            let kind = cursor.u8()?;
            address_size = cursor.u8()?;
            abbrev_at = cursor.pos();
            cursor.skip(4)?;
            is_type = match kind {
                ut::COMPILE | ut::PARTIAL => false,
                ut::TYPE => true,
                _ => return None,
            };
        }
        _ => return None,
    }
    if !matches!(address_size, 4 | 8) {
        return None;
    }
    let abbrevs = section_target(relocs.at(abbrev_at)?)?;
    is_type |= old_types;
    if is_type {
        cursor.skip(12)?;
    }
    Some(Unit {
        info: 0,
        offset: at as u32,
        first: cursor.pos() as u32,
        tree_end: 0,
        end: end as u32,
        version,
        address_size,
        is_type,
        table: 0,
        abbrevs,
        dies: (0, 0),
        bases: Bases::default(),
    })
}

//! ELF: the file up to the end of what is loaded stays; behind it the sections that are kept are set
//! anew.
//!
//! Spec: gABI, "Sections" and "Symbol Table". What goes is what GNU strip takes: symbol tables that
//! are not loaded, their strings, debug information, and relocations that refer to either.

use std::collections::BTreeMap;
use std::ops::Range;

use xsys_diag::Diagnostic;

use super::fields::{self as f, Field, Shape};
use super::{Strip, is_debug};

const ALLOC: u64 = 2;
const SYMTAB: u64 = 2;
const STRTAB: u64 = 3;
const RELA: u64 = 4;
const NOBITS: u64 = 8;
const REL: u64 = 9;
const SYMTAB_SHNDX: u64 = 18;
/// Section numbers from here on have special meanings (gABI, SHN_LORESERVE).
const RESERVED: u64 = 0xff00;

struct Section<'a> {
    header: &'a [u8],
    name: &'a str,
    kind: u64,
    flags: u64,
    link: usize,
    info: usize,
    /// Where its bytes are; empty if it has none.
    range: Range<usize>,
    content: &'a [u8],
}

struct File<'a> {
    shape: Shape,
    content: &'a [u8],
    sections: Vec<Section<'a>>,
    names: usize,
    /// The end of everything that must not move.
    end: usize,
    /// The end of everything that must not change.
    covered: Vec<Range<usize>>,
}

pub(super) fn strip(content: &[u8], strip: Strip) -> Result<Vec<u8>, Diagnostic> {
    let shape = Shape::of(content).ok_or_else(corrupt)?;
    match shape.get(content, f::E_TYPE).ok_or_else(corrupt)? {
        2 | 3 => {}
        1 => {
            return Err(Diagnostic::error("it is an object, not a linked file")
                .note("linkers need its symbols")
                .help("strip the program that is linked from it"));
        }
        _ => return Err(Diagnostic::error("it is an ELF file, but not a program")),
    }
    if shape.get(content, f::E_SHOFF) == Some(0) {
        // No sections: nothing to strip.
        return Ok(content.to_vec());
    }
    let file = File::read(shape, content).ok_or_else(corrupt)?;
    file.without(strip).ok_or_else(corrupt)
}

fn corrupt() -> Diagnostic {
    Diagnostic::error("the ELF file is corrupt: a header leads outside the file")
}

impl<'a> File<'a> {
    fn read(shape: Shape, content: &'a [u8]) -> Option<Self> {
        let number = |field: Field| usize::try_from(shape.get(content, field)?).ok();
        let (count, names) = (number(f::E_SHNUM)?, number(f::E_SHSTRNDX)?);
        let table = content.get(number(f::E_SHOFF)?..)?;
        let headers = table.chunks_exact(shape.section_size()).take(count);
        // Also where the count does not fit its field: that many sections no linked file has.
        if headers.len() != count || count == 0 || names >= count {
            return None;
        }
        let mut sections: Vec<Section<'a>> = headers
            .map(|header| section(shape, content, header))
            .collect::<Option<_>>()?;
        let strings = sections[names].content;
        for section in &mut sections {
            let at = usize::try_from(shape.get(section.header, f::SH_NAME)?).ok()?;
            let name = strings.get(at..)?.split(|byte| *byte == 0).next()?;
            section.name = std::str::from_utf8(name).unwrap_or_default();
        }
        let mut file = Self {
            shape,
            content,
            sections,
            names,
            end: 0,
            covered: Vec::new(),
        };
        file.covered = file.fixed()?;
        file.end = file.covered.iter().map(|range| range.end).max()?;
        (file.end <= content.len()).then_some(file)
    }

    /// Headers, segments and sections that are loaded.
    fn fixed(&self) -> Option<Vec<Range<usize>>> {
        let (shape, content) = (self.shape, self.content);
        let number = |header: &[u8], field| usize::try_from(shape.get(header, field)?).ok();
        let start = number(content, f::E_PHOFF)?;
        let (count, size) = (
            number(content, f::E_PHNUM)?,
            number(content, f::E_PHENTSIZE)?,
        );
        let header = 0..shape.header_size();
        let mut fixed = Vec::from([header]);
        if count > 0 {
            let table = start..start.checked_add(count.checked_mul(size)?)?;
            for header in content.get(table.clone())?.chunks_exact(size.max(1)) {
                let at = number(header, f::P_OFFSET)?;
                let length = number(header, f::P_FILESZ)?;
                if length > 0 {
                    fixed.push(at..at.checked_add(length)?);
                }
            }
            fixed.push(table);
        }
        let loaded = self
            .sections
            .iter()
            .filter(|section| section.flags & ALLOC != 0);
        fixed.extend(loaded.map(|section| section.range.clone()));
        fixed.retain(|range| !range.is_empty());
        Some(fixed)
    }

    /// Which sections go.
    fn removed(&self, strip: Strip) -> Vec<bool> {
        let mut removed: Vec<bool> = self
            .sections
            .iter()
            .map(|section| {
                let symbols = matches!(section.kind, SYMTAB | SYMTAB_SHNDX) && strip == Strip::All;
                section.flags & ALLOC == 0 && (symbols || is_debug(section.name))
            })
            .collect();
        for (at, section) in self.sections.iter().enumerate() {
            let refers = matches!(section.kind, REL | RELA) && section.flags & ALLOC == 0;
            let to = [section.link, section.info];
            if refers
                && to
                    .iter()
                    .any(|&to| to != 0 && removed.get(to) == Some(&true))
            {
                removed[at] = true;
            }
        }
        // A string table goes with the last table that uses it.
        for at in 0..self.sections.len() {
            let section = &self.sections[at];
            if section.kind == STRTAB && section.flags & ALLOC == 0 && at != self.names {
                let mut users =
                    (0..self.sections.len()).filter(|&user| self.sections[user].link == at);
                let has_user = self.sections.iter().any(|user| user.link == at);
                removed[at] = has_user && users.all(|user| removed[user]);
            }
        }
        removed
    }

    fn without(&self, strip: Strip) -> Option<Vec<u8>> {
        let removed = self.removed(strip);
        let numbers = self.numbers(&removed);
        let mut out = self.content.get(..self.end)?.to_vec();
        self.erase(&mut out, &removed);

        // Kept sections behind what is loaded, in their order in the file.
        let mut order: Vec<usize> = (0..self.sections.len())
            .filter(|&at| !removed[at])
            .collect();
        order.sort_by_key(|&at| (self.sections[at].range.start, at));
        let (strings, name_places) = self.strings(&removed);
        let mut placed: BTreeMap<usize, (usize, usize, usize)> = BTreeMap::new();
        for at in order {
            let section = &self.sections[at];
            let stays = section.range.end <= self.end && !section.range.is_empty();
            if section.kind == NOBITS || section.flags & ALLOC != 0 || section.range.is_empty() {
                continue;
            }
            let (bytes, info) = match section.kind {
                _ if at == self.names => (strings.clone(), section.info),
                SYMTAB => self.symbols(section, &removed, &numbers),
                _ if stays => continue,
                _ => (section.content.to_vec(), section.info),
            };
            let align = usize::try_from(self.shape.get(section.header, f::SH_ADDRALIGN)?).ok()?;
            align_to(&mut out, align);
            placed.insert(at, (out.len(), bytes.len(), info));
            out.extend(bytes);
        }

        align_to(&mut out, 8);
        let table = out.len();
        for (at, section) in self.sections.iter().enumerate() {
            let Some(number) = numbers[at] else { continue };
            let place = table + number * self.shape.section_size();
            if out.len() < place + self.shape.section_size() {
                out.resize(place + self.shape.section_size(), 0);
            }
            if removed[at] {
                continue;
            }
            let mut header = section.header.to_vec();
            self.shape
                .put(&mut header, f::SH_NAME, name_places[at] as u64);
            let link = numbers.get(section.link).copied().flatten();
            self.shape
                .put(&mut header, f::SH_LINK, link.unwrap_or(0) as u64);
            if let Some(&(offset, size, info)) = placed.get(&at) {
                self.shape.put(&mut header, f::SH_OFFSET, offset as u64);
                self.shape.put(&mut header, f::SH_SIZE, size as u64);
                self.shape.put(&mut header, f::SH_INFO, info as u64);
            } else if section.range.end > self.end || section.kind == NOBITS {
                let offset = section.range.start.min(self.end);
                self.shape.put(&mut header, f::SH_OFFSET, offset as u64);
            }
            if matches!(section.kind, REL | RELA) {
                let info = numbers.get(section.info).copied().flatten();
                self.shape
                    .put(&mut header, f::SH_INFO, info.unwrap_or(0) as u64);
            }
            out[place..place + header.len()].copy_from_slice(&header);
        }
        let count = (out.len() - table) / self.shape.section_size();
        self.shape.put(&mut out, f::E_SHOFF, table as u64);
        self.shape.put(&mut out, f::E_SHNUM, count as u64);
        let names = numbers[self.names]?;
        self.shape.put(&mut out, f::E_SHSTRNDX, names as u64);
        Some(out)
    }

    /// The new number of each section that stays. If numbers of loaded sections are used by loaded
    /// symbols, sections before one of them leave a gap.
    fn numbers(&self, removed: &[bool]) -> Vec<Option<usize>> {
        let first = removed.iter().position(|&removed| removed);
        let is_loaded = |section: &Section<'_>| section.flags & ALLOC != 0;
        let last_loaded = self.sections.iter().rposition(is_loaded);
        let extended = self
            .sections
            .iter()
            .any(|section| section.kind == SYMTAB_SHNDX);
        if first < last_loaded && first.is_some() || extended {
            return (0..removed.len()).map(Some).collect();
        }
        let mut next = 0;
        removed
            .iter()
            .map(|&removed| {
                let number = (!removed).then_some(next);
                next += usize::from(!removed);
                number
            })
            .collect()
    }

    /// Zeros where something was that goes, between things that stay.
    fn erase(&self, out: &mut [u8], removed: &[bool]) {
        let kept = self
            .sections
            .iter()
            .zip(removed)
            .filter(|(_, removed)| !**removed);
        let kept: Vec<Range<usize>> = kept
            .map(|(section, _)| section.range.clone())
            .chain(self.covered.iter().cloned())
            .collect();
        for (section, _) in self
            .sections
            .iter()
            .zip(removed)
            .filter(|(_, removed)| **removed)
        {
            for at in section.range.start..section.range.end.min(out.len()) {
                if !kept.iter().any(|range| range.contains(&at)) {
                    out[at] = 0;
                }
            }
        }
    }

    /// A new table of section names, and where each name is.
    fn strings(&self, removed: &[bool]) -> (Vec<u8>, Vec<usize>) {
        let mut table = vec![0];
        let mut known = BTreeMap::from([("", 0)]);
        let mut places = vec![0; self.sections.len()];
        for (at, section) in self.sections.iter().enumerate() {
            if removed[at] {
                continue;
            }
            places[at] = *known.entry(section.name).or_insert_with(|| {
                let place = table.len();
                table.extend(section.name.bytes());
                table.push(0);
                place
            });
        }
        (table, places)
    }

    /// A symbol table without the local symbols of sections that go, and how many are local.
    fn symbols(
        &self,
        section: &Section<'_>,
        removed: &[bool],
        numbers: &[Option<usize>],
    ) -> (Vec<u8>, usize) {
        let size = self.shape.symbol_size();
        let referred = self.sections.iter().zip(removed).any(|(user, &removed)| {
            let relocations = matches!(user.kind, REL | RELA);
            relocations && !removed && std::ptr::eq(self.sections[user.link].header, section.header)
        });
        let mut table = Vec::with_capacity(section.content.len());
        let mut locals = 0;
        for (at, symbol) in section.content.chunks_exact(size).enumerate() {
            let number = self.shape.get(symbol, f::ST_SHNDX).unwrap_or(0);
            let is_local = at < section.info;
            let home = usize::try_from(number).ok().filter(|_| number < RESERVED);
            let gone = home.is_some_and(|home| removed.get(home) == Some(&true));
            if gone && is_local && !referred {
                continue;
            }
            let mut symbol = symbol.to_vec();
            if let Some(new) = home.and_then(|home| numbers.get(home).copied().flatten()) {
                self.shape.put(&mut symbol, f::ST_SHNDX, new as u64);
            }
            locals += usize::from(is_local);
            table.extend(symbol);
        }
        (table, locals)
    }
}

fn section<'a>(shape: Shape, content: &'a [u8], header: &'a [u8]) -> Option<Section<'a>> {
    let number = |field| usize::try_from(shape.get(header, field)?).ok();
    let kind = shape.get(header, f::SH_TYPE)?;
    let start = number(f::SH_OFFSET)?;
    let length = if matches!(kind, NOBITS | 0) {
        0
    } else {
        number(f::SH_SIZE)?
    };
    let range = start..start.checked_add(length)?;
    Some(Section {
        header,
        name: "",
        kind,
        flags: shape.get(header, f::SH_FLAGS)?,
        link: number(f::SH_LINK)?,
        info: number(f::SH_INFO)?,
        content: if length == 0 {
            &[]
        } else {
            content.get(range.clone())?
        },
        range,
    })
}

fn align_to(out: &mut Vec<u8>, align: usize) {
    // Alignments are powers of two, and no section needs more than a page of the largest kind.
    let align = align.clamp(1, 1 << 16);
    out.resize(out.len().next_multiple_of(align), 0);
}

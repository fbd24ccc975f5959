//! GNU properties: what all objects of a program have in common, in one note.
//!
//! Problem: a processor checks where indirect branches land (IBT, BTI) and where functions return to (SHSTK, GCS) only
//! in programs that are made for it as a whole. Each object says in `.note.gnu.property` what it is made for; the
//! image may only say what all of them say. Other properties (instruction set levels) are joined.
//!
//! Spec: "Linux Extensions to gABI", Program Property; psABIs of x86-64 and AArch64, "Program Property": a property's
//! number says how it is merged. Options: as GNU ld and lld mean them.

use std::collections::BTreeMap;
use std::ops::RangeInclusive;

use object::{Endian, Endianness};
use xsys_diag::{Diagnostic, Severity};

use crate::elf::arch::FeatureMarks;
use crate::elf::object::ObjectFile;
use crate::options::MarkOptions;

/// The section.
pub(crate) const NAME: &str = ".note.gnu.property";

/// NT_GNU_PROPERTY_TYPE_0
pub(crate) const NOTE_TYPE: u32 = 5;

/// The properties of an image, by number.
pub(crate) type Properties = BTreeMap<u32, u32>;

/// How a property's values are merged.
#[derive(Clone, Copy, PartialEq)]
enum Merge {
    /// Bits that all objects have; one without the property has none.
    And,
    /// Bits that any object has.
    Or,
    /// Bits that any object has, where all have the property.
    OrOfAll,
}

/// Numbers for all machines, and x86's.
const EVERYWHERE: [(RangeInclusive<u32>, Merge); 2] = [
    (0xb000_0000..=0xb000_7fff, Merge::And),
    (0xb000_8000..=0xb000_ffff, Merge::Or),
];
const X86: [(RangeInclusive<u32>, Merge); 3] = [
    (0xc000_0002..=0xc000_7fff, Merge::And),
    (0xc000_8000..=0xc000_ffff, Merge::Or),
    (0xc001_0000..=0xc001_7fff, Merge::OrOfAll),
];

/// How a property is merged; `None` for one whose meaning is not known, which the image does not claim.
fn merge_of(number: u32, marks: &FeatureMarks) -> Option<Merge> {
    if number == marks.number {
        return Some(Merge::And);
    }
    let own: &[(RangeInclusive<u32>, Merge)] = if marks.x86_numbers { &X86 } else { &[] };
    let mut ranges = EVERYWHERE.iter().chain(own);
    let found = ranges.find(|(range, _)| range.contains(&number))?;
    Some(found.1)
}

/// The properties of an image made of these objects.
pub(super) fn merge(
    files: &[ObjectFile<'_>],
    machine: u16,
    marks: &FeatureMarks,
    options: &MarkOptions,
    diagnostics: &mut Vec<Diagnostic>,
) -> Properties {
    let mut merged: Option<Properties> = None;
    // Files of which only the symbols are used are not in the image, and converted data is not code.
    let objects = files.iter();
    let objects = objects.filter(|file| file.machine == machine && !file.sections.is_empty());
    for file in objects {
        let mut own = match read(file, marks) {
            Ok(own) => own,
            Err(problem) => {
                diagnostics.push(problem);
                continue;
            }
        };
        let features = own.entry(marks.number).or_default();
        *features |= check(file, *features, marks, options, diagnostics);
        merged = Some(match merged {
            None => own,
            Some(so_far) => join(&so_far, &own, marks),
        });
    }
    let mut merged = merged.unwrap_or_default();
    let features = merged.entry(marks.number).or_default();
    for mark in marks.marks {
        match options.whole.iter().find(|whole| whole.mark == mark.name) {
            Some(whole) if whole.on => *features |= mark.bit,
            Some(_) => *features &= !mark.bit,
            None => {}
        }
    }
    merged.retain(|_, value| *value != 0);
    merged
}

/// Reports options about marks that a machine does not have. Returns whether they all fit.
pub(super) fn check_options(
    marks: Option<&FeatureMarks>,
    machine: &str,
    options: &MarkOptions,
    diagnostics: &mut Vec<Diagnostic>,
) -> bool {
    let has = |name: &str| {
        let mut marks = marks.into_iter().flat_map(|marks| marks.marks);
        marks.any(|mark| mark.name == name)
    };
    let forced = options.forced.iter().chain(&options.whole);
    let forced = forced.map(|force| (force.keyword, force.mark));
    let reports = options.reports.iter();
    let reports = reports.map(|report| (report.keyword, report.marks[0]));
    let mut fits = true;
    for (keyword, mark) in forced.chain(reports).filter(|(_, mark)| !has(mark)) {
        fits = false;
        let message = format!("`-z {keyword}` is not for {machine}, which has no {mark}");
        diagnostics.push(Diagnostic::error(message));
    }
    fits
}

/// The properties of two sets of objects together.
fn join(left: &Properties, right: &Properties, marks: &FeatureMarks) -> Properties {
    let numbers = left.keys().chain(right.keys());
    let joined = numbers.filter_map(|number| {
        let (a, b) = (left.get(number), right.get(number));
        let value = match (merge_of(*number, marks)?, a, b) {
            (Merge::And, Some(a), Some(b)) => a & b,
            (Merge::Or | Merge::OrOfAll, Some(a), Some(b)) => a | b,
            (Merge::Or, a, b) => *a.or(b)?,
            (Merge::And | Merge::OrOfAll, ..) => return None,
        };
        Some((*number, value))
    });
    joined.collect()
}

/// Reports the marks that an object should have and has not. Returns those that the options give it.
fn check(
    file: &ObjectFile<'_>,
    features: u32,
    marks: &FeatureMarks,
    options: &MarkOptions,
    diagnostics: &mut Vec<Diagnostic>,
) -> u32 {
    let mut forced = 0;
    for mark in marks.marks.iter().filter(|mark| features & mark.bit == 0) {
        let mut reports = options.reports.iter();
        let report = reports.find(|report| report.marks.contains(&mark.name));
        let force = options.forced.iter().find(|force| force.mark == mark.name);
        let told = match (report, force) {
            (Some(report), _) => Some((report.severity, report.keyword)),
            (None, Some(force)) => Some((Severity::Warning, force.keyword)),
            (None, None) => None,
        };
        if force.is_some() {
            forced |= mark.bit;
        }
        if let Some((severity, keyword)) = told {
            let message = format!(
                "`{}` is not marked as made for {} (`-z {keyword}`)",
                file.name, mark.name
            );
            diagnostics.push(match severity {
                Severity::Error => Diagnostic::error(message),
                _ => Diagnostic::warning(message),
            });
        }
    }
    forced
}

/// The properties of one object; several values of one number are joined.
fn read(file: &ObjectFile<'_>, marks: &FeatureMarks) -> Result<Properties, Diagnostic> {
    let mut out = Properties::new();
    for section in &file.sections {
        if section.name != NAME.as_bytes() || section.sh_type != object::elf::SHT_NOTE.0 {
            continue;
        }
        let notes = Notes {
            data: section.data,
            endian: file.endian,
            align: if section.align == 8 { 8 } else { 4 },
            word: if file.is_64 { 8 } else { 4 },
        };
        notes.read(marks, &mut out).map_err(|(at, what)| {
            Diagnostic::error(format!(
                "`{}` is damaged: {what} at {at:#x} in section `{NAME}`",
                file.name
            ))
        })?;
    }
    Ok(out)
}

/// The contents of a section of notes.
struct Notes<'n> {
    data: &'n [u8],
    endian: Endianness,
    /// Bytes to whose multiple names and descriptions are padded.
    align: usize,
    /// The same for properties.
    word: usize,
}

/// Where something is wrong, and what.
type Damage = (usize, &'static str);

impl Notes<'_> {
    fn word_at(&self, at: usize) -> Option<usize> {
        let bytes: [u8; 4] = self.data.get(at..at.checked_add(4)?)?.try_into().ok()?;
        usize::try_from(self.endian.read_u32(bytes)).ok()
    }

    fn read(&self, marks: &FeatureMarks, out: &mut Properties) -> Result<(), Damage> {
        let mut at = 0;
        while at < self.data.len() {
            let short = (at, "a note is cut off");
            let header = |index: usize| self.word_at(at + 4 * index).ok_or(short);
            let (name_size, size, note_type) = (header(0)?, header(1)?, header(2)?);
            let name_end = (at + 12).checked_add(name_size).ok_or(short)?;
            let name = self.data.get(at + 12..name_end).ok_or(short)?;
            let start = name_end.next_multiple_of(self.align);
            let end = start.checked_add(size).ok_or(short)?;
            if end > self.data.len() {
                return Err(short);
            }
            if name == b"GNU\0" && note_type == NOTE_TYPE as usize {
                self.properties(start, end, marks, out)?;
            }
            at = end.next_multiple_of(self.align);
        }
        Ok(())
    }

    /// The properties of one note.
    fn properties(
        &self,
        mut at: usize,
        end: usize,
        marks: &FeatureMarks,
        out: &mut Properties,
    ) -> Result<(), Damage> {
        while at < end {
            let short = (at, "a property is cut off");
            if end - at < 8 {
                return Err(short);
            }
            let number = self.word_at(at).ok_or(short)? as u32;
            let size = self.word_at(at + 4).ok_or(short)?;
            at += 8;
            if size > end - at {
                return Err(short);
            }
            if merge_of(number, marks).is_some() {
                if size != 4 {
                    return Err((at - 8, "a property has another size than four bytes"));
                }
                *out.entry(number).or_default() |= self.word_at(at).ok_or(short)? as u32;
            }
            at += size.next_multiple_of(self.word);
        }
        Ok(())
    }
}

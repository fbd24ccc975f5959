//! Relocations of sections that are not in memory: debug information.
//!
//! Problem: nearly all relocations of a build with debug information are here, millions of plain
//! words, so the loop does little for each: a rule is looked up only when the type changes, and the
//! search for a string begins at the last one, since tables refer to them in order. There are no
//! instruction sequences and no range checks. A reference to something that was dropped reads as a
//! tombstone. That is 0, as in other linkers. But where an image begins at 0 (the flash of many
//! Cortex-M) a debugger would confuse dead functions with the code there, so the tombstone is the
//! highest address.
//!
//! Spec: DWARF 5, section 7.5 (what 0 means in which list), DWARF issue 200609.1 (reserved address);
//! the formulas are the psABIs'.

use xsys_diag::Diagnostic;

use super::{Lengths, Relocator};
use crate::elf::arch::{Base, Relative, RelocRule};
use crate::elf::assign::thunks::stand_in;
use crate::elf::ids::FileId;
use crate::elf::ids::SectionId;
use crate::elf::layout::MergeCache;
use crate::elf::object::Section;
use crate::elf::sections::refs::SymRef;
use crate::script::ast::Glob;

/// The largest dead function that is expected: images that begin below this would be confused with it.
const LOW: u64 = 1 << 16;

/// The value of a reference to something that is not in the image.
fn tombstone(section: &[u8], asked: &[(String, u64)], low: bool) -> u64 {
    let by_option = asked
        .iter()
        .rev()
        .find(|(name, _)| Glob::new(name.as_str()).matches(section));
    if let Some((_, value)) = by_option {
        return *value;
    }
    match section {
        // 0 ends these lists, so dead entries must be something else.
        b".debug_loc" | b".debug_ranges" => 1,
        b".debug_names" => u64::MAX,
        name if low && name.starts_with(b".debug_") => u64::MAX,
        _ => 0,
    }
}

impl Relocator<'_, '_> {
    /// Relocates a debug section in the output.
    pub(super) fn debug(
        &self,
        id: SectionId,
        file: FileId,
        section: &Section<'_>,
        out: &mut [u8],
        diagnostics: &mut Vec<Diagnostic>,
    ) {
        // Values that several relocations compute together (lengths, on RISC-V) have no tombstone.
        let low = self.arch.uleb128_pair().is_none()
            && self.loads.iter().any(|&(address, _)| address < LOW);
        let tombstone = tombstone(section.name, self.dead, low);
        let resolution = self.addresses.resolution;
        let ifuncs = !self.demands.iplt.is_empty();
        let mut rule: Option<&RelocRule> = None;
        let mut near = MergeCache::default();
        let mut subtrahend = 0;
        let mut lengths = Lengths::new(self.arch.uleb128_pair());
        for reloc in section.relocs.iter() {
            if rule.is_none_or(|rule| rule.r_type != reloc.r_type) {
                rule = self.arch.rule(reloc.r_type);
            }
            let Some(rule) = rule.filter(|rule| rule.base != Base::Nothing) else {
                continue;
            };
            let Ok(offset) = usize::try_from(reloc.offset) else {
                continue;
            };
            if offset.saturating_add(usize::from(rule.size)) > out.len() {
                continue;
            }
            let a = reloc
                .addend
                .unwrap_or_else(|| self.arch.implicit_addend(rule, section.data, offset));
            let symbol = SymRef::of(resolution, file, reloc.symbol);
            let s = match rule.base {
                Base::Subtrahend => {
                    subtrahend = self.addresses.of_symbol(symbol, 0).unwrap_or(0);
                    continue;
                }
                Base::DtpOffset => self.dtp_offset(symbol, a).ok(),
                Base::TpOffset => self.tp_offset(symbol, a).ok(),
                Base::Size => symbol
                    .entry(resolution)
                    .map(|(_, entry)| entry.size.wrapping_add_signed(a)),
                _ if ifuncs => stand_in(self.arch, &self.addresses, self.demands, symbol)
                    .map(|entry| entry.wrapping_add_signed(a))
                    .or_else(|| self.addresses.of_symbol(symbol, a)),
                _ => self.addresses.of_symbol_cached(symbol, a, &mut near),
            };
            let value = match s {
                Some(s) if rule.relative == Relative::Zero => s,
                Some(s) => {
                    let p = self.addresses.of_section(id, reloc.offset).unwrap_or(0);
                    self.relative(rule, s, p)
                }
                None => tombstone,
            };
            let value = value.wrapping_sub(std::mem::take(&mut subtrahend));
            if let Some(found) = lengths.check(reloc, value as i64, offset, out) {
                diagnostics.push(self.too_long(id, reloc.offset, found));
            }
            self.arch.encode(rule, out, offset, value as i64);
        }
    }
}

//! Which code has an entry in `.ARM.exidx`, and how much room the table needs.
//!
//! Problem: an entry covers all addresses up to the next one. So code without unwind data needs an
//! entry that says so, or it would be unwound with its neighbour's instructions. And neighbours with
//! equal instructions share one entry, so the table's size depends on which functions are
//! neighbours: the layout asks for it after every walk.
//!
//! Spec: "Exception Handling ABI for the Arm Architecture" (EHABI32), 2024Q3, 5.

use object::{Endian as _, Endianness, elf};
use xsys_diag::Diagnostic;

use crate::elf::consts::SHT_ARM_EXIDX;
use crate::elf::ids::FileId;
use crate::elf::ids::SectionId;
use crate::elf::layout::Addresses;
use crate::elf::live::gc::Live;
use crate::elf::names::Map;
use crate::elf::object::exidx::{self, ExidxEntry, Unwind};
use crate::elf::sections::describe::describe_place;
use crate::elf::sections::refs::{SymRef, ValueSource};
use crate::elf::sections::{Sections, Synthetic, SyntheticKind, is_linked};
use crate::elf::symbols::resolve::Resolution;

const R_ARM_PREL31: u32 = 42;

/// The entries of all live code.
#[derive(Default)]
pub(crate) struct ExidxPlan {
    entries: Vec<Planned>,
    /// Code without an entry of its own.
    bare: Vec<SectionId>,
    /// Errors in the inputs' tables.
    pub problems: Vec<Diagnostic>,
}

/// An entry of an input table.
struct Planned {
    code: SectionId,
    offset: u64,
    unwind: Description,
}

/// What the second word of an entry says.
#[derive(Clone, Copy)]
enum Description {
    Word(Unwind),
    /// An entry of `.ARM.extab`, by symbol and addend.
    Table(SymRef, i64),
}

impl ExidxPlan {
    /// Adds the table, if there is any entry.
    pub(super) fn add(&self, sections: &mut Sections) {
        if self.entries.is_empty() {
            return;
        }
        sections.add(Synthetic {
            kind: SyntheticKind::Exidx,
            name: ".ARM.exidx".to_owned(),
            sh_type: SHT_ARM_EXIDX,
            flags: elf::SHF_ALLOC.0 | elf::SHF_LINK_ORDER.0,
            align: 4,
            entsize: 0,
            // The sentinel; the layout finds the rest.
            size: exidx::ENTRY as u64,
            link: None,
        });
    }

    /// The code that has entries in input tables.
    pub(crate) fn code(&self) -> impl Iterator<Item = SectionId> {
        self.entries.iter().map(|entry| entry.code)
    }

    /// Writes the table.
    pub(crate) fn write(
        &self,
        addresses: &Addresses<'_, '_>,
        (merge, endian): (bool, Endianness),
        out: &mut [u8],
        problems: &mut Vec<Diagnostic>,
    ) {
        let Some(addr) = addresses.synthetic(SyntheticKind::Exidx) else {
            return;
        };
        let code_end = self.end(addresses);
        let entries = self.entries(merge, addresses, problems);
        let result = exidx::encode(&entries, code_end as u32, out, addr as u32, endian);
        if let Err(error) = result {
            let far = matches!(error, exidx::Error::TooFar { .. });
            let problem = Diagnostic::error(format!("cannot write `.ARM.exidx`: {error}"));
            problems.push(match far {
                true => problem.help("place `.ARM.exidx` in the middle of the code, or discard it with `.ARM.extab` if nothing unwinds (`panic = \"abort\"`)"),
                false => problem,
            });
        }
    }

    /// Reads the live tables.
    pub(crate) fn gather(resolution: &Resolution<'_>, sections: &Sections, live: &Live) -> Self {
        let mut out = Self::default();
        let mut bare: Vec<SectionId> = Vec::new();
        let code = elf::SHF_ALLOC.0 | elf::SHF_EXECINSTR.0;
        for (file, object) in resolution.files.iter().enumerate() {
            let file = FileId(file as u32);
            for (index, section) in object.sections.iter().enumerate() {
                let id = sections.id(file, index as u32);
                if section.flags & elf::SHF_ALLOC.0 == 0
                    || section.size == 0
                    || !live.contains(id)
                    || resolution.is_discarded(file, index as u32)
                    || !is_linked(section)
                {
                    continue;
                }
                if section.sh_type == SHT_ARM_EXIDX {
                    out.read(resolution, sections, file, id);
                } else if section.flags & code == code && section.sh_type == elf::SHT_PROGBITS.0 {
                    bare.push(id);
                }
            }
        }
        if out.entries.is_empty() {
            return out;
        }
        let covered: Map<SectionId, ()> = out.entries.iter().map(|e| (e.code, ())).collect();
        bare.retain(|id| !covered.contains_key(id));
        out.bare = bare;
        out
    }

    fn read(
        &mut self,
        resolution: &Resolution<'_>,
        sections: &Sections,
        file: FileId,
        id: SectionId,
    ) {
        let Some(section) = sections.input(resolution, id) else {
            return;
        };
        let endian = resolution.files[file.0 as usize].endian;
        let word = |at: usize| -> u32 {
            let bytes = section.data.get(at..).and_then(|rest| rest.first_chunk());
            bytes.map_or(0, |bytes| endian.read_u32(*bytes))
        };
        let count = section.data.len() / exidx::ENTRY;
        let mut functions: Vec<Option<(SymRef, i64)>> = vec![None; count];
        let mut tables = functions.clone();
        for reloc in section.relocs.iter() {
            let Ok(offset) = usize::try_from(reloc.offset) else {
                continue;
            };
            // The others are only there to keep personality routines live.
            if reloc.r_type != R_ARM_PREL31 {
                continue;
            }
            let list = match offset % exidx::ENTRY {
                0 => &mut functions,
                4 => &mut tables,
                _ => continue,
            };
            if let Some(slot) = list.get_mut(offset / exidx::ENTRY) {
                let implicit = || i64::from((word(offset) << 1).cast_signed() >> 1);
                *slot = Some((
                    SymRef::of(resolution, file, reloc.symbol),
                    reloc.addend.unwrap_or_else(implicit),
                ));
            }
        }
        let mut problem = |offset: u64, what: String, help: &str| {
            let place = describe_place(resolution, sections, id, offset);
            self.problems.push(
                Diagnostic::error(what)
                    .note(format!("in {place}"))
                    .help(help),
            );
        };
        if !section.data.len().is_multiple_of(exidx::ENTRY) {
            let error = exidx::Error::Size(section.data.len());
            problem(
                0,
                error.to_string(),
                "the object is damaged; build it again",
            );
        }
        for (index, (function, table)) in functions.into_iter().zip(tables).enumerate() {
            let at = index * exidx::ENTRY;
            let home = function.map(|(symbol, addend)| {
                let home = symbol.value_source(resolution, sections);
                (home, addend)
            });
            let Some((ValueSource::Section(code, value), addend)) = home else {
                // Its function was discarded with its group.
                if !matches!(home, Some((ValueSource::Discarded, _))) {
                    problem(
                        at as u64,
                        "an unwind entry belongs to no function".to_owned(),
                        "the first word of an entry needs a relocation `R_ARM_PREL31` against the function's section",
                    );
                }
                continue;
            };
            if sections.outline(resolution, code).size == 0 {
                continue;
            }
            let unwind = match (table, exidx::without_table(word(at + 4))) {
                (Some((symbol, addend)), _) => Description::Table(symbol, addend),
                (None, Some(unwind)) => Description::Word(unwind),
                (None, None) => {
                    problem(
                        at as u64 + 4,
                        "an unwind entry has neither instructions nor a relocation to a table"
                            .to_owned(),
                        "the object is damaged; build it again",
                    );
                    continue;
                }
            };
            self.entries.push(Planned {
                code,
                // Function symbols carry the Thumb bit, the table does not.
                offset: value.wrapping_add_signed(addend) & !1,
                unwind,
            });
        }
    }

    /// The entries by address, with equal neighbours merged if `merge` is set. `table` gives the addresses
    /// of entries in `.ARM.extab`; without them all such entries count as different.
    fn arranged(
        &self,
        merge: bool,
        address: impl Fn(SectionId, u64) -> Option<u64>,
        mut table: impl FnMut(SymRef, i64) -> u32,
    ) -> Vec<ExidxEntry> {
        let planned = self.entries.iter().filter_map(|entry| {
            let function = address(entry.code, entry.offset)? as u32;
            let unwind = match entry.unwind {
                Description::Word(unwind) => unwind,
                Description::Table(symbol, addend) => Unwind::Table(table(symbol, addend)),
            };
            Some(ExidxEntry { function, unwind })
        });
        let mut entries: Vec<ExidxEntry> = planned.collect();
        let bare = self.bare.iter().filter_map(|&code| {
            Some(ExidxEntry {
                function: address(code, 0)? as u32,
                unwind: Unwind::Cannot,
            })
        });
        entries.extend(bare);
        exidx::arrange(&mut entries, merge);
        entries
    }

    /// Bytes of the table at the present addresses.
    pub(crate) fn size(&self, merge: bool, address: impl Fn(SectionId, u64) -> Option<u64>) -> u64 {
        exidx::size(self.arranged(merge, address, |_, _| 0).len()) as u64
    }

    /// The end of the last function, where the sentinel goes: thunks and other code of the linker after
    /// it have no entries.
    fn end(&self, addresses: &Addresses<'_, '_>) -> u64 {
        let codes = self.entries.iter().map(|entry| entry.code);
        let ends = codes.chain(self.bare.iter().copied()).filter_map(|code| {
            let size = addresses.sections.outline(addresses.resolution, code).size;
            Some(addresses.of_section(code, 0)?.wrapping_add(size))
        });
        ends.max().unwrap_or(0)
    }

    /// The finished entries.
    fn entries(
        &self,
        merge: bool,
        addresses: &Addresses<'_, '_>,
        problems: &mut Vec<Diagnostic>,
    ) -> Vec<ExidxEntry> {
        let address = |code, offset| addresses.of_section(code, offset);
        self.arranged(merge, address, |symbol, addend| {
            let found = addresses.of_symbol(symbol, addend);
            if found.is_none() {
                let name = crate::elf::names::demangle(symbol.name(addresses.resolution));
                problems.push(
                    Diagnostic::error(format!(
                        "`{name}` is not in the image, but unwind entries refer to it"
                    ))
                    .help("keep it, or discard `.ARM.exidx` as well"),
                );
            }
            found.unwrap_or(0) as u32
        })
    }
}

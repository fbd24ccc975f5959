//! The result of `place`: output sections and their contents in layout order, without addresses.

use crate::elf::sections::described::Statement;
use object::elf;

use crate::elf::ids::SectionId;
use crate::script::ast::{Assert, Assignment, Expr, OutputSectionDef, Span};
use crate::script::eval::OutputId;

/// An output section before it has an address.
pub(crate) struct OutputSection<'s> {
    /// Its name.
    pub name: String,
    /// The script's description; `None` for orphans.
    pub def: Option<&'s OutputSectionDef>,
    /// What it holds, in order.
    pub items: Vec<Item<'s>>,
    /// `sh_type`
    pub sh_type: u32,
    /// `sh_flags`
    pub flags: u64,
    /// Largest alignment of its inputs, in bytes.
    pub align: u64,
    /// `sh_entsize`, if all inputs agree.
    pub entsize: u64,
    /// It is in the output (not removed as empty).
    pub present: bool,
    /// The OVERLAY that it belongs to: (which one, position in it).
    pub overlay: Option<(u32, u32)>,
}

impl OutputSection<'_> {
    /// Neither removed as empty nor what the script discards.
    pub(crate) fn is_in_output(&self) -> bool {
        self.present && self.name != "/DISCARD/"
    }

    /// SHF_ALLOC.
    pub(crate) fn is_alloc(&self) -> bool {
        self.flags & elf::SHF_ALLOC.0 != 0
    }

    /// `.tbss`: takes no addresses of its own.
    pub(crate) fn is_tbss(&self) -> bool {
        self.flags & elf::SHF_TLS.0 != 0 && self.sh_type == elf::SHT_NOBITS.0
    }

    /// All input sections in order.
    pub(crate) fn inputs(&self) -> impl Iterator<Item = SectionId> + '_ {
        self.items
            .iter()
            .flat_map(|item| match item {
                Item::Inputs(ids) => ids.as_slice(),
                _ => &[],
            })
            .copied()
    }
}

/// A piece of an output section.
pub(crate) enum Item<'s> {
    /// Input sections.
    Inputs(Vec<SectionId>),
    /// `symbol = …` or `. = …`
    Assign(&'s Assignment),
    /// `ASSERT`
    Assert(&'s Assert),
    /// `BYTE` and relatives
    Data {
        size: u8,
        value: &'s Expr,
        /// The whole command.
        span: Span,
    },
    /// `ASCIZ`
    Bytes(&'s [u8]),
    /// `FILL`
    Fill(&'s Expr),
}

/// The result: what goes where, in layout order.
pub(crate) struct Placement<'s> {
    /// Statements in layout order.
    pub statements: Vec<Statement<'s>>,
    /// Output sections; the index is [`OutputId`].
    pub outputs: Vec<OutputSection<'s>>,
    /// Sections that a rule or an option dropped.
    pub dropped: Vec<bool>,
}

impl Placement<'_> {
    /// An output section.
    pub(crate) fn output(&self, id: OutputId) -> &OutputSection<'_> {
        &self.outputs[id.0 as usize]
    }
}

//! Where the entries of mergeable sections are in the output.

use crate::elf::ids::SectionId;

/// Stands for the place of an entry that nothing refers to.
pub(crate) const DROPPED: u32 = u32::MAX;

/// A merged section: its bytes stay in the inputs until they are written.
pub(crate) struct Merged<'a> {
    /// Unique entries as (offset in the output, bytes).
    pub entries: Vec<(u64, &'a [u8])>,
    /// Bytes in all.
    pub size: u64,
}

/// Where one input section's entries went.
pub(crate) struct MergedInput {
    /// The merged section, by index.
    pub merged: u32,
    /// Start of each entry in the input, ascending, and its offset in the merged section.
    pieces: Vec<(u32, u32)>,
}

impl MergedInput {
    /// The entries of one input, in the merged section `merged`.
    pub(crate) fn new(merged: u32, pieces: Vec<(u32, u32)>) -> Self {
        Self { merged, pieces }
    }

    /// Maps an offset in the input section to one in the merged section; `None` if its entry is not
    /// in the image.
    pub(crate) fn map(&self, offset: u64) -> Option<u64> {
        self.map_from(offset, &mut 0)
    }

    /// [`map`](Self::map) that first tries the entry `last` and those after it, and sets `last` to the
    /// entry that it found.
    #[inline]
    pub(crate) fn map_from(&self, offset: u64, last: &mut usize) -> Option<u64> {
        const STEPS: usize = 4;
        let starts_by = |&(start, _): &(u32, u32)| u64::from(start) <= offset;
        let behind = self.pieces.get(*last..).unwrap_or_default();
        let step = behind
            .iter()
            .take(STEPS)
            .take_while(|p| starts_by(p))
            .count();
        let end = match step {
            1..STEPS => *last + step,
            _ => self.pieces.partition_point(starts_by),
        };
        let index = end.checked_sub(1)?;
        *last = index;
        let (start, to) = self.pieces[index];
        if to == DROPPED {
            return None;
        }
        Some(u64::from(to) + (offset - u64::from(start)))
    }
}

/// The result of the pass.
#[derive(Default)]
pub(crate) struct MergedSections<'a> {
    /// The merged sections.
    pub merged: Vec<Merged<'a>>,
    /// Their ids, and behind them that of `.eh_frame`, whose inputs are mapped in the same way.
    pub ids: Vec<SectionId>,
    inputs: Vec<MergedInput>,
    /// For each input section its position in `inputs` plus 1, since every relocation needs it.
    index: Vec<u32>,
}

impl MergedSections<'_> {
    /// Where a section's entries went, if it was merged.
    #[inline]
    pub(crate) fn get(&self, id: SectionId) -> Option<&MergedInput> {
        let position = *self.index.get(id.0 as usize)?;
        self.inputs.get((position as usize).checked_sub(1)?)
    }

    /// Enters a merged input section.
    pub(crate) fn insert(&mut self, id: SectionId, input: MergedInput) {
        let at = id.0 as usize;
        if self.index.len() <= at {
            self.index.resize(at + 1, 0);
        }
        self.inputs.push(input);
        self.index[at] = self.inputs.len() as u32;
    }
}

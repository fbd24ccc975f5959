//! Refuses an image that is far larger than its inputs, before it fills the disk.
//!
//! Problem: one wrong number (`. = . + 0x10000000000`, an alignment of a gibibyte in a damaged
//! object) makes an image of terabytes out of a few bytes. Nobody wants that file, and writing it may
//! bring down the machine.

use xsys_diag::Diagnostic;

use crate::elf::layout::Layout;
use crate::elf::layout::segments::FilePlan;
use crate::elf::symbols::resolve::Resolution;

/// Outputs up to this many bytes are always accepted: whole flash images are made with `. =`.
const UNQUESTIONED: u64 = 256 << 20;

/// The largest ratio of larger outputs to all inputs.
const PROPORTION: u64 = 16;

/// Refuses a file of `total` bytes if its inputs cannot be the reason for its size.
pub(crate) fn check(
    resolution: &Resolution<'_>,
    layout: &Layout<'_>,
    plan: &FilePlan,
    total: u64,
) -> Result<(), Diagnostic> {
    if total <= UNQUESTIONED {
        return Ok(());
    }
    let inputs: u64 = resolution
        .files
        .iter()
        .flat_map(|file| &file.sections)
        .map(|section| section.data.len() as u64)
        .sum();
    if total / PROPORTION <= inputs {
        return Ok(());
    }
    let mut diagnostic = Diagnostic::error(format!(
        "the output would be {total} bytes, but all inputs together are {inputs}"
    ));
    // The largest part of the file is to blame: a section, or the gap before one.
    let mut placed: Vec<(u64, u64, &str, u64)> = layout
        .in_order()
        .into_iter()
        .filter(|&id| layout.placement.output(id).sh_type != object::elf::SHT_NOBITS.0)
        .map(|id| {
            let extent = &layout.extents[id.0 as usize];
            let name = layout.placement.output(id).name.as_str();
            (plan.offsets[id.0 as usize], extent.size, name, extent.align)
        })
        .collect();
    placed.sort_unstable();
    let mut end = 0;
    let mut largest = (0, String::new());
    for (offset, size, name, align) in placed {
        let gap = offset.saturating_sub(end);
        if gap > largest.0 {
            let note = format!(
                "{gap} bytes of it lie before `{name}`, at file offset {offset:#x} because of its \
                 address and its alignment of {align:#x}"
            );
            largest = (gap, note);
        }
        if size > largest.0 {
            largest = (size, format!("section `{name}` alone is {size:#x} bytes"));
        }
        end = end.max(offset.saturating_add(size));
    }
    if largest.0 > 0 {
        diagnostic = diagnostic.note(largest.1);
    }
    Err(diagnostic.help(
        "look for a wrong number in an assignment to `.` or in an alignment; \
         memory that need not be in the file belongs into a `(NOLOAD)` section",
    ))
}

//! Checks of every image: sections that overlap, or are outside of the address space.
//!
//! Spec: GNU ld manual, `--check-sections`.

use object::elf;
use xsys_diag::Diagnostic;

use crate::elf::layout::Layout;
use crate::options::ElfOptions;

/// Sections that end where addresses of 32 bits do not reach.
pub(crate) fn address_space(layout: &Layout<'_>, is_64: bool, diagnostics: &mut Vec<Diagnostic>) {
    const END: u64 = 1 << 32;
    if is_64 {
        return;
    }
    for (output, extent) in layout.placement.outputs.iter().zip(&layout.extents) {
        let end = extent.addr.checked_add(extent.size);
        if output.present && output.is_alloc() && extent.size > 0 && end.is_none_or(|e| e > END) {
            diagnostics.push(
                Diagnostic::error(format!(
                    "section `{}` ends outside of the address space",
                    output.name
                ))
                .note(format!(
                    "it has {:#x} bytes at {:#x}; addresses of this machine end at {:#x}",
                    extent.size,
                    extent.addr,
                    END - 1
                ))
                .help("make it smaller, or check its address in the script")
                .code("address-space"),
            );
        }
    }
}

/// Sections that share addresses, at run time or in load memory.
pub(crate) fn overlaps(
    layout: &Layout<'_>,
    options: &ElfOptions,
    diagnostics: &mut Vec<Diagnostic>,
) {
    if !options.layout.check_sections || options.kind.is_object() {
        return;
    }
    let order: Vec<_> = layout
        .in_order()
        .into_iter()
        .filter(|id| {
            let output = layout.placement.output(*id);
            output.is_alloc() && !output.is_tbss() && layout.extents[id.0 as usize].size > 0
        })
        .collect();
    for what in ["address", "load address"] {
        let mut ranges: Vec<(u64, u64, &str)> = order
            .iter()
            .filter(|id| {
                what == "address" || layout.placement.output(**id).sh_type != elf::SHT_NOBITS.0
            })
            // Sections of one OVERLAY share their addresses on purpose.
            .filter(|id| {
                what != "address"
                    || layout
                        .placement
                        .output(**id)
                        .overlay
                        .is_none_or(|(_, at)| at == 0)
            })
            .map(|id| {
                let extent = layout.extents[id.0 as usize];
                let start = if what == "address" {
                    extent.addr
                } else {
                    extent.load_addr
                };
                (
                    start,
                    start.saturating_add(extent.size),
                    layout.placement.output(*id).name.as_str(),
                )
            })
            .collect();
        ranges.sort_unstable();
        for pair in ranges.windows(2) {
            let ((start, end, name), (next, next_end, next_name)) = (pair[0], pair[1]);
            if next < end {
                diagnostics.push(
                    Diagnostic::error(format!("sections `{name}` and `{next_name}` overlap by {what}"))
                        .note(format!("`{name}` is at {start:#x} to {end:#x}"))
                        .note(format!("`{next_name}` is at {next:#x} to {next_end:#x}"))
                        .help("check the addresses and regions that the script gives to both; `--no-check-sections` turns this off"),
                );
            }
        }
    }
}

//! Contents that a script loses silently: values that are not in the image, and images that do not fit
//! their memory.
//!
//! A `(NOLOAD)` section has addresses but no bytes in the file, so its values are lost: right for memory
//! that survives a reset, wrong for a table that a rule took by accident. And `AT(…)` takes any address:
//! unlike `AT> REGION` it is not counted in a region, so an image that has grown beyond its flash is
//! written to another device, or not at all.
//!
//! Spec: GNU ld manual, "Output Section Type", "Output Section LMA".

use object::elf;
use xsys_diag::Diagnostic;

use crate::elf::layout::placement::OutputSection;
use crate::elf::layout::{Addresses, Extent};
use crate::script::ast::{Script, SectionKind};

/// Runs both checks.
pub(crate) fn check(
    addresses: &Addresses<'_, '_>,
    script: &Script,
    diagnostics: &mut Vec<Diagnostic>,
) {
    let layout = addresses.layout;
    for (output, extent) in layout.placement.outputs.iter().zip(&layout.extents) {
        if !output.present || extent.size == 0 || !output.is_alloc() {
            continue;
        }
        let found = values(addresses, output).or_else(|| outside(addresses, output, extent));
        diagnostics.extend(found.map(|problem| match output.def {
            Some(def) => script.label(problem, def.name.span, ""),
            None => problem,
        }));
    }
}

/// Values in a section that is not loaded.
fn values(addresses: &Addresses<'_, '_>, output: &OutputSection<'_>) -> Option<Diagnostic> {
    let kind = output.def?.kind.as_ref()?;
    if !matches!(kind, SectionKind::NoLoad { .. }) {
        return None;
    }
    let mut with_values = output.inputs().filter_map(|id| {
        let input = addresses.sections.input(addresses.resolution, id)?;
        let (file, _) = addresses.sections.origin(id)?;
        let loaded = input.sh_type != elf::SHT_NOBITS.0;
        let has_value = input.data.iter().any(|byte| *byte != 0);
        (loaded && has_value).then(|| {
            let file = &addresses.resolution.files[file.0 as usize];
            (
                String::from_utf8_lossy(input.name).into_owned(),
                file.name.to_string(),
            )
        })
    });
    let (section, file) = with_values.next()?;
    let problem = Diagnostic::warning(format!(
        "the values of `{section}` are lost: `{}` is not loaded",
        output.name
    ))
    .note(format!("`{section}` of {file} has bytes that are not zero"));
    let problem = match with_values.count() {
        0 => problem,
        1 => problem.note("another section's are lost with them"),
        more => problem.note(format!("those of {more} other sections are lost with them")),
    };
    Some(
        problem
            .help("leave out `(NOLOAD)` and store the section: `} > RAM AT> FLASH`")
            .help("or let the rules take only what has no values")
            .code("values-not-loaded"),
    )
}

/// The warning for an image that begins in a region and ends outside of it.
fn outside(
    addresses: &Addresses<'_, '_>,
    output: &OutputSection<'_>,
    extent: &Extent,
) -> Option<Diagnostic> {
    let by_at = extent.explicit_load || extent.load_addr != extent.addr;
    if output.sh_type == elf::SHT_NOBITS.0 || !by_at || extent.load_region.is_some() {
        return None;
    }
    let regions = &addresses.layout.regions;
    let start = extent.load_addr;
    let last = start.checked_add(extent.size - 1)?;
    let holds = |at: u64| {
        regions
            .iter()
            .any(|region| at.wrapping_sub(region.origin) < region.length)
    };
    // A section that begins at the end of a region was pushed out of it.
    let region = regions.iter().find(|region| {
        let at = start.wrapping_sub(region.origin);
        region.length > 0 && at <= region.length && !(at == region.length && holds(start))
    })?;
    if holds(last) {
        return None;
    }
    let end = region.origin.saturating_add(region.length);
    Some(
        Diagnostic::warning(format!(
            "the image of `{}` leaves `{}` by {} bytes",
            output.name,
            region.name,
            last - end + 1
        ))
        .note(format!(
            "it is stored at {start:#x} to {:#x}, and `{}` ends at {end:#x}",
            last + 1,
            region.name
        ))
        .note("`AT(…)` gives an address and counts in no region")
        .help(format!(
            "write `AT> {}` instead: it counts, and what does not fit is an error",
            region.name
        ))
        .code("image-leaves-region"),
    )
}

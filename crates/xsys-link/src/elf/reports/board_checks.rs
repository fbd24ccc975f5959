//! Mistakes in a board's script that are valid as such, but make programs that do not run.
//!
//! Problem: a program links without errors but does nothing if its vector table is not where the core
//! looks, if its stack pointer starts outside of RAM, or if its initial values are loaded directly into
//! RAM. These mistakes are found in the finished layout, for scripts with MEMORY only. They are warnings
//! if a boot loader may make them right; a vector table where a Cortex-M core does not look for it is an
//! error, unless the script gives it an address.
//!
//! Spec: Armv7-M Architecture Reference Manual, B1.5 ("exception vector table") and B3.2.5 (VTOR);
//! GNU ld manual, "MEMORY", "Output Section LMA".

use object::elf;
use xsys_diag::{Diagnostic, Severity};

use crate::elf::arch::VectorTable;
use crate::elf::consts::STACK_TOPS;
use crate::elf::layout::placement::OutputSection;
use crate::elf::layout::{Addresses, Extent, Layout};
use crate::elf::symbols::resolve::Definition;
use crate::script::ast::{Assignment, Command, Script, SectionItem, SectionsItem, Span};

/// Sections that hold a Cortex-M vector table: cortex-m-rt's and CMSIS's names.
const TABLES: [&str; 2] = [".vector_table", ".isr_vector"];

/// Words in the names of sections that have to come before the vector table on some chips.
const BEFORE_TABLES: [&str; 7] = ["boot", "head", "fcb", "ivt", "conf", "start", "image"];

/// Runs these checks, where the script has MEMORY.
pub(crate) fn check(
    addresses: &Addresses<'_, '_>,
    script: &Script,
    vectors: VectorTable,
    diagnostics: &mut Vec<Diagnostic>,
) {
    let layout = addresses.layout;
    if layout.regions.is_empty() {
        return;
    }
    if vectors != VectorTable::None {
        let table = layout
            .placement
            .outputs
            .iter()
            .zip(&layout.extents)
            .find(|(output, _)| TABLES.contains(&output.name.as_str()));
        if let Some((output, extent)) = table {
            let mut problems = Vec::new();
            vector_table(layout, script, output, extent, &mut problems);
            if vectors == VectorTable::Read {
                for problem in &mut problems {
                    problem.severity = Severity::Error;
                }
            }
            diagnostics.append(&mut problems);
            initial_values(layout, script, extent, diagnostics);
        }
    }
    stack_start(addresses, script, diagnostics);
}

/// The table has to be at the start of its region and aligned as VTOR demands.
fn vector_table(
    layout: &Layout<'_>,
    script: &Script,
    output: &OutputSection<'_>,
    extent: &Extent,
    diagnostics: &mut Vec<Diagnostic>,
) {
    let name = &output.name;
    let labelled = |diagnostic: Diagnostic| match output.def {
        Some(def) => script.label(diagnostic, def.name.span, ""),
        None => diagnostic,
    };
    if extent.size == 0 || !output.present {
        if output.def.is_some() {
            diagnostics.push(labelled(
                Diagnostic::warning(format!("the vector table `{name}` is empty"))
                    .note("no input that lives has a section that its rules take")
                    .help("the table needs a section of a matching name, KEEP around the rule, and an object that is linked: `#[unsafe(link_section = \"…\")]` and `#[used]`")
                    .help(format!("leave `{name}` out of the script if another image has the table"))
                    .code("vector-table-empty"),
            ));
        }
        return;
    }
    let needed = extent
        .size
        .checked_next_power_of_two()
        .unwrap_or(u64::MAX)
        .max(128);
    if !extent.addr.is_multiple_of(needed) {
        diagnostics.push(labelled(
            Diagnostic::warning(format!(
                "the vector table `{name}` is at {:#x}, which is not a multiple of {needed:#x}",
                extent.addr
            ))
            .note(format!(
                "its {:#x} bytes need that alignment: the core ignores the low bits of VTOR",
                extent.size
            ))
            .help(format!(
                "describe it as `{name} : ALIGN({needed:#x}) {{ … }}`"
            ))
            .code("vector-table-misaligned"),
        ));
    }
    let explicit = output.def.is_some_and(|def| def.addr.is_some());
    let Some(region) = extent.region.map(|index| &layout.regions[index]) else {
        return;
    };
    if explicit || extent.addr == region.start() {
        return;
    }
    let first = layout
        .placement
        .outputs
        .iter()
        .zip(&layout.extents)
        .filter(|(_, other)| {
            other.region == extent.region && other.size > 0 && other.addr < extent.addr
        })
        .min_by_key(|(_, other)| other.addr);
    let meant =
        first.is_some_and(|(other, _)| BEFORE_TABLES.iter().any(|word| other.name.contains(word)));
    if let Some((other, _)) = first
        && !meant
    {
        diagnostics.push(labelled(
            Diagnostic::warning(format!(
                "the vector table `{name}` is not at the start of `{}`",
                region.name
            ))
            .note(format!(
                "it is at {:#x}, `{}` begins at {:#x} with `{}`",
                extent.addr,
                region.name,
                region.start(),
                other.name
            ))
            .help(format!(
                "describe `{name}` before `{}` in SECTIONS",
                other.name
            ))
            .help(format!(
                "where the program or a boot loader sets VTOR, give the table its address: `{name} {:#x} : {{ … }}`",
                extent.addr.checked_next_multiple_of(needed).unwrap_or(extent.addr)
            ))
            .code("vector-table-not-first"),
        ));
    }
}

/// Initial values must be stored where they survive a reset.
fn initial_values(
    layout: &Layout<'_>,
    script: &Script,
    table: &Extent,
    diagnostics: &mut Vec<Diagnostic>,
) {
    let in_region = |addr: u64| {
        layout
            .regions
            .iter()
            .any(|region| addr.wrapping_sub(region.origin) < region.length)
    };
    for (output, extent) in layout.placement.outputs.iter().zip(&layout.extents) {
        let stored = output.present
            && output.is_alloc()
            && extent.size > 0
            && output.sh_type != elf::SHT_NOBITS.0
            && output.flags & elf::SHF_WRITE.0 != 0;
        let Some(region) = extent.region.filter(|_| stored) else {
            continue;
        };
        let name = &output.name;
        let labelled = |diagnostic: Diagnostic| match output.def {
            Some(def) => script.label(diagnostic, def.name.span, ""),
            None => diagnostic,
        };
        let rom = table.region.filter(|rom| *rom != region);
        let here =
            extent.load_addr == extent.addr && extent.load_region.is_none_or(|load| load == region);
        if let Some(rom) = rom
            && here
        {
            let (ram, rom) = (&layout.regions[region].name, &layout.regions[rom].name);
            diagnostics.push(labelled(
                Diagnostic::warning(format!("the initial values of `{name}` are loaded into `{ram}`, where they are lost at reset"))
                    .note(format!("its load address is its address, {:#x}", extent.addr))
                    .help(format!("store them in `{rom}`, from where the start-up code copies them: `}} > {ram} AT> {rom}`"))
                    .code("load-address-in-ram"),
            ));
        } else if !in_region(extent.load_addr) {
            diagnostics.push(labelled(
                Diagnostic::warning(format!(
                    "the load address of `{name}`, {:#x}, is in no memory region",
                    extent.load_addr
                ))
                .help("the address in `AT(…)` must be in a region that the image is written to; `AT> REGION` counts by itself")
                .code("load-address-outside"),
            ));
        }
    }
}

/// The stack pointer's first value must be in writable memory, and not inside statics.
fn stack_start(addresses: &Addresses<'_, '_>, script: &Script, diagnostics: &mut Vec<Diagnostic>) {
    let layout = addresses.layout;
    let top = STACK_TOPS.iter().find_map(|name| {
        let id = addresses.resolution.find(name.as_bytes())?;
        let by_script = addresses.resolution.symbol(id).definition == Definition::Script;
        let value = addresses.assigned(id).filter(|_| by_script)?;
        Some((*name, value))
    });
    let Some((name, top)) = top else { return };
    let region = layout
        .regions
        .iter()
        .find(|region| top > region.origin && top - region.origin <= region.length);
    let label = |diagnostic: Diagnostic| match assigned_at(script, name) {
        Some(span) => script.label(diagnostic, span, ""),
        None => diagnostic,
    };
    let cannot_write = |attributes: &str| {
        !attributes.is_empty()
            && !attributes.contains('!')
            && !attributes.to_ascii_lowercase().contains('w')
    };
    match region {
        None => diagnostics.push(label(
            Diagnostic::warning(format!(
                "the stack starts at {top:#x}, which is in no memory region"
            ))
            .note(format!(
                "`{name}` is the stack pointer's first value; it grows down from there"
            ))
            .help("usually it is `ORIGIN(RAM) + LENGTH(RAM)`; check both in MEMORY")
            .code("stack-outside"),
        )),
        Some(region) if cannot_write(&region.attributes) => diagnostics.push(label(
            Diagnostic::warning(format!(
                "the stack starts in `{}`, which cannot be written",
                region.name
            ))
            .note(format!(
                "`{name}` is {top:#x}, the region has the attributes ({})",
                region.attributes
            ))
            .help("use the end of the region for RAM, or add `w` to the attributes")
            .code("stack-read-only"),
        )),
        Some(_) => {
            let inside =
                layout
                    .placement
                    .outputs
                    .iter()
                    .zip(&layout.extents)
                    .find(|(output, extent)| {
                        output.present
                            && output.is_alloc()
                            && !output.is_tbss()
                            && !output.name.contains("stack")
                            && top > extent.addr
                            && top - extent.addr < extent.size
                    });
            if let Some((output, extent)) = inside {
                diagnostics.push(label(
                    Diagnostic::warning(format!("the stack starts inside section `{}` and overwrites it", output.name))
                        .note(format!(
                            "`{name}` is {top:#x}, the section is at {:#x} to {:#x}",
                            extent.addr,
                            extent.addr.saturating_add(extent.size)
                        ))
                        .help("start the stack behind the sections, or use `--flip-stack`, which places it below them")
                        .code("stack-in-section"),
                ));
            }
        }
    }
}

/// Where the script assigns a symbol last.
fn assigned_at(script: &Script, name: &str) -> Option<Span> {
    let mut found = None;
    let mut look = |assignment: &Assignment| {
        if &*assignment.symbol.text == name {
            found = Some(assignment.symbol.span);
        }
    };
    for command in &script.commands {
        match command {
            Command::Assign(assignment) => look(assignment),
            Command::Sections(items) => {
                for item in items {
                    match item {
                        SectionsItem::Assign(assignment) => look(assignment),
                        SectionsItem::Output(def) => {
                            for item in &def.items {
                                if let SectionItem::Assign(assignment) = item {
                                    look(assignment);
                                }
                            }
                        }
                        _ => {}
                    }
                }
            }
            _ => {}
        }
    }
    found
}

//! Checks that scripts only use memory that the machine has.
//!
//! Problem: a script's MEMORY may be wrong. If it is known what the machine has (`--machine-memory`), a
//! warning shows a region that goes beyond it, or a section that a script without MEMORY places outside
//! of it, with both places: one of the two is wrong, and only people know which.
//!
//! Empty regions elsewhere (EEPROM, fuses) are accepted: the option need not list all memories.

use std::fmt::Write;

use xsys_diag::Diagnostic;

use crate::elf::layout::{Layout, Region};
use crate::options::{ElfOptions, MachineMemory, OutputKind};
use crate::script::ast::{Command, Script, Span};

/// Compares the layout with the machine.
pub(crate) fn check(layout: &Layout<'_>, script: &Script, options: &ElfOptions) -> Vec<Diagnostic> {
    let machine = &options.layout.machine_memory;
    if machine.is_empty() || options.kind != OutputKind::Static {
        return Vec::new();
    }
    if layout.regions.is_empty() {
        return section_outside(layout, script, machine)
            .into_iter()
            .collect();
    }
    let wrong = layout
        .regions
        .iter()
        .filter(|region| region.length > 0 && disagrees(region, machine));
    wrong
        .map(|region| region_outside(region, script, machine))
        .collect()
}

/// Whether all addresses exist; regions of the machine may adjoin.
fn exists(machine: &[MachineMemory], mut start: u64, end: u64) -> bool {
    while start < end {
        let covering = machine
            .iter()
            .find(|memory| memory.origin <= start && start < memory.end());
        match covering {
            Some(memory) => start = memory.end(),
            None => return false,
        }
    }
    true
}

fn disagrees(region: &Region, machine: &[MachineMemory]) -> bool {
    let end = region.origin.saturating_add(region.length);
    let meets = |memory: &MachineMemory| {
        memory.name == region.name || (memory.origin < end && region.origin < memory.end())
    };
    !exists(machine, region.origin, end) && (region.used() > 0 || machine.iter().any(meets))
}

fn region_outside(region: &Region, script: &Script, machine: &[MachineMemory]) -> Diagnostic {
    let end = region.origin.saturating_add(region.length);
    let problem = Diagnostic::warning(format!(
        "memory region `{}` ({:#x}..{end:#x}) is not in the machine's memory",
        region.name, region.origin
    ));
    let problem = match declared_at(script, &region.name) {
        Some(span) => script.label(problem, span, "the script's"),
        None => problem,
    };
    finish(problem, machine)
}

fn section_outside(
    layout: &Layout<'_>,
    script: &Script,
    machine: &[MachineMemory],
) -> Option<Diagnostic> {
    let all = layout.placement.outputs.iter().zip(&layout.extents);
    let (output, extent) = all.into_iter().find(|(output, extent)| {
        let here = |addr: u64| exists(machine, addr, addr.saturating_add(extent.size));
        // With virtual memory only load addresses say where something is.
        output.present
            && output.is_alloc()
            && !output.is_tbss()
            && extent.size > 0
            && !here(extent.load_addr)
    })?;
    let problem = Diagnostic::warning(format!(
        "section `{}` ({:#x}..{:#x}) is not in the machine's memory",
        output.name,
        extent.load_addr,
        extent.load_addr.saturating_add(extent.size)
    ));
    let problem = match output.def {
        Some(def) => script.label(problem, def.name.span, "placed here"),
        None => problem,
    };
    Some(finish(problem, machine))
}

/// Adds the memories of the machine, and where they are specified.
fn finish(problem: Diagnostic, machine: &[MachineMemory]) -> Diagnostic {
    let mut text = "the machine has".to_owned();
    for memory in machine {
        let _ = write!(
            text,
            "\n{} {:#x}..{:#x} ({})",
            memory.name,
            memory.origin,
            memory.end(),
            memory.place
        );
    }
    problem
        .note(text)
        .help("correct the one that is wrong; without a script of your own the layout is made from `[memory]`")
        .code("outside-machine-memory")
}

fn declared_at(script: &Script, name: &str) -> Option<Span> {
    script.commands.iter().find_map(|command| match command {
        Command::Memory(regions) => regions
            .iter()
            .find(|region| &*region.name.text == name)
            .map(|region| region.name.span),
        _ => None,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn adjoining_memories_are_one() {
        let machine: Vec<MachineMemory> = ["A=0x100+0x100@b.toml:1", "B=0x200+0x10@b.toml:2"]
            .iter()
            .map(|text| text.parse().unwrap())
            .collect();
        for (start, end, expected) in [
            (0x100, 0x200, true),
            (0x100, 0x210, true),
            (0x180, 0x208, true),
            (0xff, 0x110, false),
            (0x100, 0x211, false),
            (0x300, 0x301, false),
            (0x300, 0x300, true),
        ] {
            assert_eq!(
                exists(&machine, start, end),
                expected,
                "{start:#x}..{end:#x}"
            );
        }
    }

    #[test]
    fn memories_are_read() {
        let memory: MachineMemory = "RAM=0x20000000+0x4000@/a b/board.toml:7".parse().unwrap();
        assert_eq!((memory.name.as_str(), memory.end()), ("RAM", 0x2000_4000));
        assert_eq!(memory.place, "/a b/board.toml:7");
        for wrong in ["RAM", "RAM=1", "RAM=1+2", "RAM=x+1@y", "=1+2@y"] {
            assert!(wrong.parse::<MachineMemory>().is_err(), "{wrong}");
        }
    }
}

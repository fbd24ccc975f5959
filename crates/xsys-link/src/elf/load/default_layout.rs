//! The layout of links without one: the default script (`--default-script`), else a built-in one.
//!
//! Problem: a board, like an emulation of GNU ld, has a layout that any layout of the project replaces, and
//! whether a build script passes `-T` is known only when the link begins. But not every script is a layout:
//! one that INSERTs into the default, or only assigns symbols, adds to it.
//!
//! Spec: GNU ld manual, "Options" (`-dT`) and "INSERT": a script given with `-T` replaces the default unless
//! it contains INSERT. Here it replaces the default only if it has a SECTIONS command of its own, so that
//! scripts without one keep the default.

use std::path::Path;

use xsys_diag::{Diagnostic, Source};

use crate::elf::arch::{self, Arch};
use crate::options::{ElfOptions, OutputKind, SeparateCode};
use crate::script::ast::{Command, Script, SectionsItem};
use crate::script::builtin;
use crate::script::overlay;
use crate::script::parse::{IncludeError, Loader, parse_into};

/// Whether commands describe where sections go, and do not only INSERT into another script's
/// description.
pub(super) fn has_layout(commands: &[Command]) -> bool {
    commands.iter().enumerate().any(|(index, command)| {
        let inserted = matches!(commands.get(index + 1), Some(Command::Insert { .. }));
        matches!(command, Command::Sections(_)) && !inserted
    })
}

/// Reads a layout and puts its commands before those of the user's scripts.
pub(super) fn read_before(
    script: &mut Script,
    source: Source,
    loader: &mut dyn Loader,
) -> Vec<Diagnostic> {
    let own = std::mem::take(&mut script.commands);
    let problems = parse_into(script, source, loader);
    // An ENTRY in the user's scripts overrides that of the default layout.
    if own.iter().any(is_entry) {
        script.commands.retain(|command| !is_entry(command));
    }
    script.commands.extend(own);
    problems
}

fn is_entry(command: &Command) -> bool {
    match command {
        Command::Entry(_) => true,
        Command::Sections(items) => items.iter().any(|i| matches!(i, SectionsItem::Entry(_))),
        _ => false,
    }
}

/// Adds the built-in layout where the user's scripts have none: no `-T`, or only ones that INSERT
/// into it.
pub(crate) fn complete_script(
    script: &mut Script,
    arch: &dyn Arch,
    options: &ElfOptions,
    diagnostics: &mut Vec<Diagnostic>,
) {
    overlay::expand(script);
    if has_layout(&script.commands) {
        return;
    }
    let has_phdrs = script
        .commands
        .iter()
        .any(|c| matches!(c, Command::Phdrs(_)));
    let unpaged = options.layout.nmagic || options.layout.omagic;
    let kind = match options.kind {
        OutputKind::Relocatable => builtin::LayoutKind::Relocatable,
        OutputKind::StaticPie
        | OutputKind::DynamicExec
        | OutputKind::DynamicPie
        | OutputKind::Shared => builtin::LayoutKind::Dynamic,
        OutputKind::Static => builtin::LayoutKind::Static,
    };
    let facts = builtin::BuiltinOptions {
        image_base: options.layout.image_base.unwrap_or(match options.kind {
            OutputKind::Static | OutputKind::DynamicExec => {
                // Headers are at the start of a page, or they are in no segment.
                let page = options.z.max_page_size.unwrap_or(1).max(1);
                arch.image_base().next_multiple_of(page)
            }
            _ => 0,
        }),
        segments: match options.z.separate_code {
            _ if unpaged => builtin::Segments::Unpaged,
            SeparateCode::None => builtin::Segments::Packed,
            SeparateCode::Code => builtin::Segments::SeparateCode,
            SeparateCode::Loadable => builtin::Segments::Separate,
        },
        headers: !unpaged && !has_phdrs,
        relro: options.z.relro.unwrap_or(true),
        now: options.z.now,
        rela: arch.dynamic().rela,
        one_readonly_segment: !options.layout.rosegment,
        text_prefixes: options.z.keep_text_section_prefix,
        additions: arch.layout_additions(),
    };
    let own = arch::machine(arch.machine())
        .filter(|_| kind != builtin::LayoutKind::Relocatable)
        .and_then(|machine| machine.layout(&options.machine));
    script.built_in = u32::try_from(script.sources.len()).ok();
    let source = Source {
        path: "built-in linker script".into(),
        text: own.unwrap_or_else(|| builtin::builtin(kind, &facts)).into(),
    };
    diagnostics.extend(read_before(script, source, &mut NoIncludes));
}

/// Built-in scripts include nothing.
struct NoIncludes;

impl Loader for NoIncludes {
    fn open(&mut self, name: &str, _from: &Path) -> Result<Source, IncludeError> {
        Err(IncludeError::NotFound {
            name: name.to_owned(),
            searched: Vec::new(),
        })
    }
}

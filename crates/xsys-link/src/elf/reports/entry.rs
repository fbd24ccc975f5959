//! The warning for an entry symbol that nothing defines.
//!
//! Spec: GNU ld manual, "Setting the Entry Point".

use xsys_diag::Diagnostic;

use crate::elf::symbols::hints::{for_symbol, similar_symbol};
use crate::elf::symbols::resolve::Resolution;
use crate::options::ElfOptions;
use crate::script::ast::{Command, Script, SectionsItem, Span};

/// The warning for an entry that is neither a symbol of the image nor a number.
pub(crate) fn undefined(
    resolution: &Resolution<'_>,
    script: &Script,
    options: &ElfOptions,
    name: &str,
) -> Diagnostic {
    let mut diagnostic = Diagnostic::warning(format!(
        "the entry symbol `{name}` is not defined; the entry address is 0"
    ))
    .code("entry-undefined");
    if options.symbols.entry.is_none()
        && let Some(span) = named_at(script, name)
    {
        diagnostic = script.label(diagnostic, span, "named here");
    }
    match similar_symbol(resolution, name) {
        Some(close) => diagnostic.help(format!("did you mean `{close}`?")),
        None => match for_symbol(name) {
            Some(origin) => diagnostic.help(origin),
            None => {
                diagnostic.help("define it, or name another one with `-e` or ENTRY in the script")
            }
        },
    }
}

/// Where ENTRY names it.
fn named_at(script: &Script, entry: &str) -> Option<Span> {
    script.commands.iter().find_map(|command| match command {
        Command::Entry(name) if &*name.text == entry => Some(name.span),
        Command::Sections(items) => items.iter().find_map(|item| match item {
            SectionsItem::Entry(name) if &*name.text == entry => Some(name.span),
            _ => None,
        }),
        _ => None,
    })
}
